/**
 * @file models/getting.c  One model file while it is being fetched; see getting.h
 */
#include "models/getting.h"

#include "models/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    BLOCK = 1 << 20,
    SPARE_BYTES = 32 << 20, /* disk space that is left free: the store needs some */
};

static int make_folder(const char *path, struct errbuf *why)
{
    if (mkdir(path, 0755) && errno != EEXIST)
        return err_set(why, uv_translate_sys_error(errno), "cannot make %.300s: %s", path,
                       strerror(errno));
    return 0;
}

static int make_folders(const struct models_config *config, struct errbuf *why)
{
    char dir[MODELS_PATH_MAX];
    int n = snprintf(dir, sizeof(dir), "%s/models", config->data_dir);
    int err;

    if (n >= (int)sizeof(dir))
        return err_set(why, UV_ENAMETOOLONG, "the path of the data folder is too long");
    err = make_folder(config->data_dir, why);
    return err ? err : make_folder(dir, why);
}

int getting_open(struct getting *g, const struct models_config *config,
                 const struct model_entry *entry, struct errbuf *why)
{
    int err;

    *g = (struct getting){.config = config, .entry = entry, .size = -1, .err = why};
    if (entry->sha256) {
        snprintf(g->sha256, sizeof(g->sha256), "%s", entry->sha256);
        g->size = entry->bytes;
    }
    err = models_path(g->path, config->data_dir, entry);
    if (!err)
        err = make_folders(config, why);
    if (err)
        return err;
    if (snprintf(g->part, sizeof(g->part), "%s.part", g->path) >= (int)sizeof(g->part))
        return err_set(why, UV_ENAMETOOLONG, "the path of the data folder is too long");
    g->to = fopen(g->part, "ab");
    if (!g->to)
        return err_set(why, uv_translate_sys_error(errno), "cannot write %.300s: %s", g->part,
                       strerror(errno));
    if (flock(fileno(g->to), LOCK_EX | LOCK_NB)) {
        fclose(g->to);
        g->to = NULL;
        return err_set(why, UV_EBUSY, "%s is being got already", entry->name);
    }
    fseek(g->to, 0, SEEK_END);
    g->have = ftell(g->to);
    return 0;
}

void getting_close(struct getting *g)
{
    struct stat st;

    if (!g->to)
        return;
    fflush(g->to);
    if (!fstat(fileno(g->to), &st) && !st.st_size)
        unlink(g->part);
    fclose(g->to);
    g->to = NULL;
}

int getting_space(struct getting *g, int64_t bytes)
{
    struct statvfs fs;
    int64_t more;

    if (bytes <= 0 || fstatvfs(fileno(g->to), &fs))
        return 0;
    more = bytes + SPARE_BYTES - (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
    if (more > 0)
        return err_set(g->err, UV_ENOSPC,
                       "%s needs %.0f MB more than the disk has free; free some space, or choose "
                       "another folder with --data",
                       g->entry->name, (double)more / 1e6);
    return 0;
}

int getting_restart(struct getting *g)
{
    fflush(g->to);
    if (ftruncate(fileno(g->to), 0))
        return err_set(g->err, uv_translate_sys_error(errno), "cannot write %.300s: %s", g->part,
                       strerror(errno));
    rewind(g->to);
    g->have = 0;
    return 0;
}

int getting_take(const void *data, size_t n, void *getting)
{
    struct getting *g = getting;

    if (fwrite(data, 1, n, g->to) != n)
        return err_set(g->err, UV_ENOSPC, "cannot write %.300s: %s", g->part, strerror(errno));
    g->have += (int64_t)n;
    return getting_tell(g, MODELS_UNPACKING, g->have, g->size);
}

int getting_tell(struct getting *g, enum models_step step, int64_t done, int64_t total)
{
    const struct models_progress p = {g->entry->name, step, done, total};

    if (g->config->progress && g->config->progress(&p, g->config->arg))
        return err_set(g->err, UV_ECANCELED, "%s was not wanted any more", g->entry->name);
    return 0;
}

/* ---- is it right? ------------------------------------------------------------------------- */

int models_sum(const char *path, char sum[static SHA256_TEXT + 1], struct getting *g,
               struct errbuf *why)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    FILE *f = fopen(path, "rb");
    char *block = malloc(BLOCK);
    unsigned len = 0;
    int64_t done = 0;
    bool ok = md && f && block && EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    int err = 0;
    size_t n;

    while (ok && !err && (n = fread(block, 1, BLOCK, f)) > 0) {
        ok = EVP_DigestUpdate(md, block, n);
        done += (int64_t)n;
        if (g)
            err = getting_tell(g, MODELS_CHECKING, done, g->size);
    }
    ok = ok && !ferror(f) && EVP_DigestFinal_ex(md, digest, &len);
    for (unsigned i = 0; ok && i < len; i++)
        snprintf(sum + (size_t)2 * i, 3, "%02x", digest[i]);
    free(block);
    if (f)
        fclose(f);
    EVP_MD_CTX_free(md);
    if (err)
        return err;
    return ok ? 0 : err_set(why, UV_EIO, "cannot read %.300s", path);
}

int getting_verify(struct getting *g)
{
    char sum[SHA256_TEXT + 1] = "";
    int err = 0;

    if (fflush(g->to) || fsync(fileno(g->to)))
        return err_set(g->err, UV_ENOSPC, "cannot write %.300s: %s", g->part, strerror(errno));
    if (g->sha256[0]) {
        err = models_sum(g->part, sum, g, g->err);
        if (err)
            return err;
        if (strcmp(sum, g->sha256) != 0)
            err = err_set(g->err, UV_EILSEQ,
                          "%s is damaged: its SHA-256 is %s and should be %s; it was removed",
                          g->entry->name, sum, g->sha256);
    }
    if (!err && g->config->check)
        err = g->config->check(g->entry, g->part, g->err);
    if (err)
        getting_restart(g);
    return err;
}

int getting_finish(struct getting *g)
{
    int err = getting_verify(g);

    if (!err && rename(g->part, g->path))
        err = err_set(g->err, uv_translate_sys_error(errno), "cannot name it %.300s: %s", g->path,
                      strerror(errno));
    return err;
}

/* ---- files in memory ---------------------------------------------------------------------- */

int mapped_open(struct mapped *m, const char *path, struct errbuf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *data = MAP_FAILED;

    *m = (struct mapped){0};
    if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    else if (fd >= 0)
        errno = EINVAL;
    if (data == MAP_FAILED)
        err_set(why, uv_translate_sys_error(errno), "cannot read %.300s: %s", path,
                strerror(errno));
    if (fd >= 0)
        close(fd);
    if (data == MAP_FAILED)
        return UV_EINVAL;
    m->data = data;
    m->len = (size_t)st.st_size;
    return 0;
}

void mapped_close(struct mapped *m)
{
    if (m->data)
        munmap(m->data, m->len);
    *m = (struct mapped){0};
}

int models_convert_into(struct getting *g, const char *model, const char *vocabulary)
{
    struct mapped weights = {0}, words = {0};
    int err = mapped_open(&weights, model, g->err);

    if (!err)
        err = mapped_open(&words, vocabulary, g->err);
    if (!err)
        err = getting_restart(g);
    if (!err) {
        const struct convert_source from = {weights.data, weights.len, words.data, words.len};

        err = models_convert(&from, getting_take, g, g->err);
    }
    mapped_close(&weights);
    mapped_close(&words);
    return err;
}

/**
 * @file models/import.c  Models from files and folders that are already here; see models.h
 *
 * A file is identified by its SHA-256, which is computed only if its size is in the catalogue. Each
 * member of an archive is treated like a file. CTranslate2's model.bin, whole or in parts, is
 * converted, and the result is identified.
 */
#include "models/getting.h"

#include "models/archive.h"
#include "models/convert.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DEPTH_MAX = 4, /* nested folders: models--NAME/snapshots/HASH/model.bin */
    VOCABULARY_MAX = 8 << 20,
    PARTS_MAX = 16,
};

#define MODEL_MAX ((uint64_t)4 << 30)

struct import {
    const struct models_config *config;
    const char *as;
    void (*got)(const char *name, void *arg);
    void *arg;
    size_t found;
    struct errbuf *err;
    /* Parts of a model and its vocabulary, taken out of archives into our own folder. */
    char model[MODELS_PATH_MAX + 32];
    char words[MODELS_PATH_MAX + 32];
    int parts; /* so far; -1: a whole model.bin */
    bool has_words;
};

/* ---- whose bytes are these? --------------------------------------------------------------- */

static const struct model_entry *first_entry(const struct models_config *config)
{
    return config->catalogue ? config->catalogue : models_known;
}

static bool size_is_known(const struct models_config *config, uint64_t bytes)
{
    for (const struct model_entry *e = first_entry(config); e->name; e++) {
        if (e->sha256 && (uint64_t)e->bytes == bytes)
            return true;
    }
    return false;
}

static const struct model_entry *entry_of(const struct models_config *config, const char *sum)
{
    for (const struct model_entry *e = first_entry(config); e->name; e++) {
        if (e->sha256 && !strcmp(e->sha256, sum))
            return e;
    }
    return NULL;
}

/* ---- a place for what is not yet known ---------------------------------------------------- */

/* A placeholder name that is not in the catalogue, for what is unpacked or converted. */
static int open_unknown(struct getting *g, struct import *im)
{
    static const struct model_entry unknown = {.name = "import", .file = "import.tmp"};
    int err = getting_open(g, im->config, &unknown, im->err);

    return err ? err : getting_restart(g);
}

/* Gives an unidentified .part its name: the catalogue's, or the person's. */
static int name_it(struct getting *g, struct import *im)
{
    const struct model_entry own = {.name = im->as};
    const struct model_entry *entry;
    char sum[SHA256_TEXT + 1], path[MODELS_PATH_MAX];
    int err;

    if (fflush(g->to))
        return err_set(im->err, UV_ENOSPC, "cannot write %.300s: the disk is full", g->part);
    err = models_sum(g->part, sum, g, im->err);
    if (err)
        return err;
    entry = entry_of(im->config, sum);
    if (!entry && !im->as)
        return err_set(im->err, UV_ENOENT,
                       "it is no file that the catalogue knows; to keep it under a name of your "
                       "own: --as NAME");
    if (!entry)
        entry = &own;
    if (im->config->check)
        err = im->config->check(entry, g->part, im->err);
    if (!err)
        err = models_path(path, im->config->data_dir, entry);
    if (!err && rename(g->part, path))
        err = err_set(im->err, uv_translate_sys_error(errno), "cannot name it %.300s: %s", path,
                      strerror(errno));
    if (err)
        return err;
    im->found++;
    if (im->got)
        im->got(entry->name, im->arg);
    return 0;
}

/* Names the file, or discards it. */
static int close_named(struct getting *g, struct import *im, int err)
{
    if (!err)
        err = name_it(g, im);
    if (err && g->to)
        getting_restart(g);
    getting_close(g);
    return err;
}

static int import_ct2(struct import *im, const char *model, const char *vocabulary)
{
    struct getting g;
    int err = open_unknown(&g, im);

    if (!err)
        err = models_convert_into(&g, model, vocabulary);
    return close_named(&g, im, err);
}

static int import_bytes(struct import *im, const void *data, size_t len)
{
    struct getting g;
    int err = open_unknown(&g, im);

    if (!err)
        err = getting_space(&g, (int64_t)len);
    if (!err)
        err = getting_take(data, len, &g);
    return close_named(&g, im, err);
}

/* ---- archives ----------------------------------------------------------------------------- */

static int to_file(const void *data, size_t n, void *file)
{
    return fwrite(data, 1, n, file) == n ? 0 : UV_ENOSPC;
}

static int unpack_to(struct import *im, const struct archive *a, const struct archive_member *m,
                     const char *path, const char *mode)
{
    FILE *f = fopen(path, mode);
    int err;

    if (!f)
        return err_set(im->err, uv_translate_sys_error(errno), "cannot write %.300s: %s", path,
                       strerror(errno));
    err = archive_read(a, m, MODEL_MAX, to_file, f, im->err);
    if (fclose(f) || err == UV_ENOSPC)
        err = err_set(im->err, UV_ENOSPC, "cannot write %.300s: the disk is full", path);
    return err;
}

static int import_member(struct import *im, const struct archive *a, const struct archive_member *m)
{
    struct getting g;
    int err = open_unknown(&g, im);

    if (!err)
        err = getting_space(&g, (int64_t)m->bytes);
    if (!err)
        err = archive_read(a, m, MODEL_MAX, getting_take, &g, im->err);
    if (!err)
        err = name_it(&g, im);
    if (err && g.to)
        getting_restart(&g);
    getting_close(&g);
    return err == UV_ENOENT ? 0 : err; /* its size is in the catalogue, but it is another file */
}

/* "model.bin" is -1, "model.bin.part2" is 2, any other name is 0. */
static int part_of(const char *name)
{
    const char *file = strrchr(name, '/');
    int n = 0;

    file = file ? file + 1 : name;
    if (!strcmp(file, "model.bin"))
        return -1;
    return sscanf(file, "model.bin.part%2d", &n) == 1 && n > 0 && n <= PARTS_MAX ? n : 0;
}

static bool is_vocabulary(const char *name)
{
    const char *file = strrchr(name, '/');

    file = file ? file + 1 : name;
    return !strcmp(file, "vocabulary.txt") || !strcmp(file, "vocabulary.json");
}

static int look_at_member(struct import *im, const struct archive *a,
                          const struct archive_member *m)
{
    int part = part_of(m->name);
    int err = 0;

    if (part && (part == -1 || part == im->parts + 1)) {
        err = unpack_to(im, a, m, im->model, part > 1 ? "ab" : "wb");
        im->parts = part;
    } else if (is_vocabulary(m->name) && m->bytes <= VOCABULARY_MAX) {
        err = unpack_to(im, a, m, im->words, "wb");
        im->has_words = !err;
    } else if (size_is_known(im->config, m->bytes)) {
        err = import_member(im, a, m);
    }
    return err;
}

static int import_archive(struct import *im, const struct mapped *file)
{
    struct archive *a = NULL;
    int err = archive_open(&a, file->data, file->len, im->err);

    for (size_t i = 0; !err && i < archive_count(a); i++)
        err = look_at_member(im, a, archive_at(a, i));
    archive_close(a);
    return err;
}

/* After all archives were looked at: imports the model that they hold together. */
static int import_parts(struct import *im)
{
    int err = 0;

    if (im->parts && im->has_words)
        err = import_ct2(im, im->model, im->words);
    else if (im->parts)
        err = err_set(im->err, UV_ENOENT, "a model.bin without its vocabulary.txt is of no use");
    return err;
}

/* ---- files and folders -------------------------------------------------------------------- */

static int import_file(struct import *im, const char *path)
{
    struct mapped file;
    int err = mapped_open(&file, path, im->err);

    if (err)
        return err;
    if (file.len > 4 && !memcmp(file.data, "PK\003\004", 4))
        err = import_archive(im, &file);
    else if (size_is_known(im->config, file.len) || im->as)
        err = import_bytes(im, file.data, file.len);
    mapped_close(&file);
    return err;
}

static int import_folder(struct import *im, const char *path, int depth)
{
    char at[MODELS_PATH_MAX], words[MODELS_PATH_MAX] = "", model[MODELS_PATH_MAX] = "";
    DIR *d = opendir(path);
    const struct dirent *e;
    int err = 0;

    while (!err && d && (e = readdir(d)) != NULL) {
        struct stat st;

        if (e->d_name[0] == '.' ||
            snprintf(at, sizeof(at), "%s/%s", path, e->d_name) >= (int)sizeof(at) || stat(at, &st))
            continue;
        if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
            err = import_folder(im, at, depth + 1);
        else if (is_vocabulary(at))
            strcpy(words, at);
        else if (part_of(at) == -1)
            strcpy(model, at);
        else if (S_ISREG(st.st_mode) && size_is_known(im->config, (uint64_t)st.st_size))
            err = import_file(im, at);
        if (err == UV_ENOENT)
            err = 0; /* its size is in the catalogue, but it is another file */
    }
    if (d)
        closedir(d);
    if (!err && model[0] && words[0])
        err = import_ct2(im, model, words);
    return err;
}

static int import_path(struct import *im, const char *path)
{
    struct stat st;

    if (stat(path, &st))
        return err_set(im->err, uv_translate_sys_error(errno), "cannot read %.300s: %s", path,
                       strerror(errno));
    return S_ISDIR(st.st_mode) ? import_folder(im, path, 0) : import_file(im, path);
}

static bool is_name(const char *as)
{
    return *as && strlen(as) <= 48 &&
           strspn(as, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               strlen(as) &&
           as[0] != '.';
}

int models_import(const struct models_config *config, const char *const *paths, size_t count,
                  const char *as, void (*got)(const char *name, void *arg), void *arg,
                  struct errbuf *why)
{
    struct import im = {.config = config, .as = as, .got = got, .arg = arg, .err = why};
    struct getting place;
    int err = 0;

    if (as && (!is_name(as) || models_find_entry(config, as)))
        return err_set(why, UV_EINVAL,
                       "\"%.60s\" cannot be the name of a model of your own: letters, digits, "
                       "\".\", \"-\" and \"_\", and none of the catalogue's",
                       as);
    err = open_unknown(&place, &im); /* creates the folder */
    getting_close(&place);
    if (err)
        return err;
    snprintf(im.model, sizeof(im.model), "%.4000s/models/import.model", config->data_dir);
    snprintf(im.words, sizeof(im.words), "%.4000s/models/import.words", config->data_dir);
    for (size_t i = 0; !err && i < count; i++)
        err = import_path(&im, paths[i]);
    if (!err)
        err = import_parts(&im);
    unlink(im.model);
    unlink(im.words);
    if (!err && !im.found)
        err = err_set(why, UV_ENOENT,
                      "nothing in there is known; what can be imported: interviewd models list");
    return err;
}

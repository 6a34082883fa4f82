/**
 * @file models/models_get.c  Downloading a model file; see models.h
 *
 * First a HEAD request tells size and checksum, then small files beside the model are asked for
 * when it did not; then the file itself, resumed from its .part as often as it takes.
 */
#include "models/models.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    SHA256_TEXT = 64,
    BESIDE_MAX = 64 << 10, /* of a checksum file, in bytes */
    TRIES = 6,             /* in a row without a byte more */
    CONNECT_S = 20,
    STALL_S = 30, /* less than a byte a second for so long: try again */
    BAR = 24,
    MODEL_BYTES_MAX_GB = 8,
};

struct download {
    const struct models_config *config;
    const char *name;
    char url[2048];
    char path[MODELS_PATH_MAX];
    char part[MODELS_PATH_MAX];
    char sha256[SHA256_TEXT + 1]; /* expected; "" unknown */
    int64_t size;                 /* of the whole file; -1 unknown */
    int64_t have;                 /* bytes in the part */
    FILE *to;
    uint64_t started; /* [ms] */
    int64_t at_start;
    uint64_t drawn; /* [ms] */
    int tenth;      /* last one told when stderr is no terminal */
    bool write_failed;
    struct errbuf *err;
};

/* ---- what is told ------------------------------------------------------------------------- */

static void draw(struct download *d, bool last)
{
    uint64_t now = clock_mono_ms();
    double seconds = (double)(now - d->started + 1) / 1000.0;
    double speed = (double)(d->have - d->at_start) / seconds / 1e6;
    double part = d->size > 0 ? (double)d->have / (double)d->size : 0.0;
    int full = part < 1.0 ? (int)(part * BAR) : BAR;
    int left = speed > 0.01 ? (int)((double)(d->size - d->have) / 1e6 / speed) : 0;

    if (!last && now - d->drawn < 100)
        return;
    d->drawn = now;
    fprintf(stderr, "\r%s [%.*s%*s] %3.0f %%  %.1f of %.1f MB  %.1f MB/s  %d:%02d left   ", d->name,
            full, "########################", BAR - full, "", part * 100.0, (double)d->have / 1e6,
            (double)(d->size > 0 ? d->size : d->have) / 1e6, speed, left / 60, left % 60);
    if (last)
        fputc('\n', stderr);
}

static void tell(struct download *d, bool last)
{
    int tenth = d->size > 0 ? (int)(d->have * 10 / d->size) : 0;

    if (isatty(STDERR_FILENO)) {
        draw(d, last);
    } else if (tenth > d->tenth || last) {
        d->tenth = tenth;
        fprintf(stderr, "%s: %.1f of %.1f MB\n", d->name, (double)d->have / 1e6,
                (double)(d->size > 0 ? d->size : d->have) / 1e6);
    }
}

/* ---- checksums ---------------------------------------------------------------------------- */

static bool is_sha256(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEF") >= SHA256_TEXT &&
           !strchr("0123456789abcdefABCDEF", text[SHA256_TEXT] ? text[SHA256_TEXT] : 'x');
}

static void take_sha256(char *to, const char *from)
{
    for (int i = 0; i < SHA256_TEXT; i++)
        to[i] = from[i] >= 'A' && from[i] <= 'F' ? (char)(from[i] + 32) : from[i];
    to[SHA256_TEXT] = '\0';
}

/* "HASH" or lines of "HASH  [*]FILE" as sha256sum writes them. */
static bool find_sum(const char *text, const char *file, char *to)
{
    size_t n = strlen(file);

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        const char *name;

        line += *line == '\n';
        if (!is_sha256(line))
            continue;
        name = line + SHA256_TEXT;
        name += strspn(name, " \t*");
        if (!*name || *name == '\n' || *name == '\r' ||
            (!strncmp(name, file, n) && (!name[n] || name[n] == '\n' || name[n] == '\r'))) {
            take_sha256(to, line);
            return true;
        }
    }
    return false;
}

static int sum_file(const char *path, char *to, struct errbuf *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    FILE *f = fopen(path, "rb");
    char *block = malloc(1 << 20);
    bool ok = md && f && block && EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    size_t n;

    while (ok && (n = fread(block, 1, 1 << 20, f)) > 0)
        ok = EVP_DigestUpdate(md, block, n);
    ok = ok && !ferror(f) && EVP_DigestFinal_ex(md, digest, &len);
    for (unsigned i = 0; ok && i < len; i++)
        snprintf(to + 2 * i, 3, "%02x", digest[i]);
    free(block);
    if (f)
        fclose(f);
    EVP_MD_CTX_free(md);
    return ok ? 0 : err_set(err, UV_EIO, "cannot read %.300s again", path);
}

/* ---- requests ----------------------------------------------------------------------------- */

static CURL *request(const char *url)
{
    CURL *c = curl_easy_init();

    if (!c)
        return NULL;
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "interviewd");
    return c;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
    static const char linked[] = "x-linked-etag:";
    struct download *d = arg;
    char line[256];
    const char *value;

    if (size * n < sizeof(line) && size * n > sizeof(linked) &&
        !strncasecmp(data, linked, sizeof(linked) - 1)) {
        memcpy(line, data, size * n);
        line[size * n] = '\0';
        value = line + sizeof(linked) - 1;
        value += strspn(value, " \"");
        if (is_sha256(value))
            take_sha256(d->sha256, value);
    }
    return size * n;
}

static size_t on_text(char *data, size_t size, size_t n, void *arg)
{
    return buf_append(arg, data, size * n) ? 0 : size * n;
}

/* A small file; "" when it is not there. */
static void fetch_text(const char *url, struct buf *to)
{
    CURL *c = request(url);

    buf_clear(to);
    if (!c)
        return;
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_text);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, to);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
    if (curl_easy_perform(c) != CURLE_OK)
        buf_clear(to);
    curl_easy_cleanup(c);
}

static void look_beside(struct download *d)
{
    char url[2200];
    char file[256];
    struct buf text;
    const char *slash;

    buf_init(&text, BESIDE_MAX);
    snprintf(file, sizeof(file), "ggml-%.200s.bin", d->name);
    snprintf(url, sizeof(url), "%s.sha256", d->url);
    fetch_text(url, &text);
    if (!text.len || !find_sum(text.data, file, d->sha256)) {
        slash = strrchr(d->url, '/');
        snprintf(url, sizeof(url), "%.*s/SHA256SUMS", (int)(slash - d->url), d->url);
        fetch_text(url, &text);
        if (text.len)
            find_sum(text.data, file, d->sha256);
    }
    buf_release(&text);
}

static int failed(struct download *d, CURL *c, CURLcode rc)
{
    long status = 0;

    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    if (rc == CURLE_HTTP_RETURNED_ERROR && status == 404)
        return err_set(d->err, UV_ENOENT, "there is no %.300s", d->url);
    if (rc == CURLE_HTTP_RETURNED_ERROR)
        return err_set(d->err, UV_EPROTO, "%.300s: the server answers %ld", d->url, status);
    return err_set(d->err, UV_EIO, "%.300s: %s", d->url, curl_easy_strerror(rc));
}

/* Size and checksum, before anything is downloaded. */
static int ask(struct download *d)
{
    CURL *c = request(d->url);
    curl_off_t size = -1;
    CURLcode rc;
    int code = 0;

    if (!c)
        return err_set(d->err, UV_ENOMEM, "not enough memory");
    curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, d);
    rc = curl_easy_perform(c);
    if (rc == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    else
        code = failed(d, c, rc);
    curl_easy_cleanup(c);
    d->size = size > 0 ? (int64_t)size : -1;
    if (!code && !d->sha256[0])
        look_beside(d);
    return code;
}

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
    struct download *d = arg;

    if (d->have + (int64_t)(size * n) > (int64_t)MODEL_BYTES_MAX_GB << 30 ||
        fwrite(data, 1, size * n, d->to) != size * n) {
        d->write_failed = true;
        return 0;
    }
    d->have += (int64_t)(size * n);
    tell(d, false);
    return size * n;
}

/* One request for what is missing. 0: all is there; UV_EAGAIN: try again from where it stands. */
static int fetch_rest(struct download *d)
{
    CURL *c = request(d->url);
    CURLcode rc;
    long status = 0;
    int code = 0;

    if (!c)
        return err_set(d->err, UV_ENOMEM, "not enough memory");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, d);
    curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)d->have);
    rc = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    if (fflush(d->to))
        d->write_failed = true;
    if (d->write_failed) {
        code = err_set(d->err, UV_ENOSPC, "cannot write %.300s: %s", d->part, strerror(errno));
    } else if (rc == CURLE_RANGE_ERROR || status == 416) { /* cannot be resumed: once more, whole */
        code = ftruncate(fileno(d->to), 0) ? UV_EIO : UV_EAGAIN;
        rewind(d->to);
        d->have = d->at_start = 0;
    } else if (rc != CURLE_OK) {
        code = failed(d, c, rc);
        if (rc != CURLE_HTTP_RETURNED_ERROR || status >= 500)
            code = UV_EAGAIN;
    }
    curl_easy_cleanup(c);
    return code;
}

static int fetch(struct download *d)
{
    int tries = 0;
    int code;

    do {
        int64_t before = d->have;

        code = fetch_rest(d);
        if (!code && d->size > 0 && d->have < d->size)
            code = UV_EAGAIN;
        tries = d->have > before ? 1 : tries + 1;
        if (code == UV_EAGAIN && tries < TRIES)
            usleep(100000u << tries);
    } while (code == UV_EAGAIN && tries < TRIES);
    tell(d, true);
    if (code == UV_EAGAIN)
        code = err_set(d->err, UV_EIO,
                       "%.200s: the connection breaks again and again; what arrived is kept, the "
                       "same command goes on from there",
                       d->url);
    return code;
}

/* ---- the file ----------------------------------------------------------------------------- */

static int make_folder(const char *path, struct errbuf *err)
{
    if (mkdir(path, 0755) && errno != EEXIST)
        return err_set(err, uv_translate_sys_error(errno), "cannot make %.300s: %s", path,
                       strerror(errno));
    return 0;
}

static int open_part(struct download *d)
{
    char dir[MODELS_PATH_MAX];
    int n = snprintf(dir, sizeof(dir), "%s/models", d->config->data_dir);
    int code;

    if (n >= (int)sizeof(dir) - 256)
        return err_set(d->err, UV_ENAMETOOLONG, "the path of the data folder is too long");
    snprintf(d->path, sizeof(d->path), "%.3800s/ggml-%.64s.bin", dir, d->name);
    snprintf(d->part, sizeof(d->part), "%.3900s.part", d->path);
    code = make_folder(d->config->data_dir, d->err);
    if (!code)
        code = make_folder(dir, d->err);
    if (code)
        return code;
    d->to = fopen(d->part, "ab");
    if (!d->to)
        return err_set(d->err, uv_translate_sys_error(errno), "cannot write %.300s: %s", d->part,
                       strerror(errno));
    if (flock(fileno(d->to), LOCK_EX | LOCK_NB))
        return err_set(d->err, UV_EBUSY, "%s is being downloaded already", d->name);
    fseek(d->to, 0, SEEK_END);
    d->have = d->at_start = ftell(d->to);
    return 0;
}

static int check_space(const struct download *d)
{
    struct statvfs fs;

    if (d->size < 0 || fstatvfs(fileno(d->to), &fs))
        return 0;
    if ((int64_t)fs.f_bavail * (int64_t)fs.f_frsize < d->size - d->have)
        return err_set(d->err, UV_ENOSPC, "%s needs %.0f MB more than the disk has free", d->name,
                       (double)(d->size - d->have - (int64_t)fs.f_bavail * (int64_t)fs.f_frsize) /
                           1e6);
    return 0;
}

/* Is the part what was promised, and a model? A wrong one is removed. */
static int verify(struct download *d)
{
    char sum[2 * EVP_MAX_MD_SIZE + 1] = "";
    int code = 0;

    if (d->sha256[0]) {
        code = sum_file(d->part, sum, d->err);
        if (code)
            return code;
        if (strcmp(sum, d->sha256) != 0)
            code = err_set(d->err, UV_EILSEQ,
                           "%s is damaged: its SHA-256 is %s and should be %s; it was removed",
                           d->name, sum, d->sha256);
    }
    if (!code && d->config->check)
        code = d->config->check(d->part, d->err);
    if (code)
        unlink(d->part);
    return code;
}

static int get(struct download *d, bool unverified)
{
    int code = ask(d);

    if (!code && !d->sha256[0] && !unverified)
        code = err_set(d->err, UV_EPROTO,
                       "no checksum is published beside %.200s; to take the file as it is: "
                       "interviewd models get %s --unverified",
                       d->url, d->name);
    if (!code)
        code = open_part(d);
    if (!code)
        code = check_space(d);
    if (!code && !(d->size > 0 && d->have == d->size))
        code = fetch(d);
    if (!code)
        code = verify(d);
    if (!code && rename(d->part, d->path))
        code = err_set(d->err, uv_translate_sys_error(errno), "cannot name it %.300s: %s", d->path,
                       strerror(errno));
    return code;
}

int models_get(const struct models_config *config, const char *name, bool unverified,
               struct errbuf *err)
{
    const char *url = config->url && *config->url ? config->url : MODELS_URL_DEFAULT;
    struct download d = {.config = config,
                         .name = name,
                         .size = -1,
                         .started = clock_mono_ms(),
                         .tenth = -1,
                         .err = err};
    int64_t there = 0;
    struct stat st;
    int code;

    if (!models_entry(name))
        return err_set(err, UV_ENOENT, "no model is called \"%.60s\"; see: interviewd models list",
                       name);
    if (strlen(url) > 1500)
        return err_set(err, UV_ENAMETOOLONG, "the address of the mirror is too long");
    snprintf(d.url, sizeof(d.url), "%.*s/ggml-%s.bin",
             (int)(strlen(url) - (url[strlen(url) - 1] == '/')), url, name);
    snprintf(d.path, sizeof(d.path), "%.3800s/models/ggml-%s.bin", config->data_dir, name);
    if (!stat(d.path, &st))
        there = st.st_size;
    if (there) {
        fprintf(stderr, "%s is here already (%s)\n", name, d.path);
        return 0;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    code = get(&d, unverified);
    if (d.to)
        fclose(d.to);
    if (!code)
        fprintf(stderr, "%s: %s, %s\n", name, d.sha256[0] ? "checksum is right" : "NOT VERIFIED",
                d.path);
    return code;
}

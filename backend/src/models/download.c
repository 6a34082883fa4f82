/**
 * @file models/download.c  A model file from an address; see models.h
 *
 * A HEAD request gives the size and the checksum; if it does not, small checksum files beside the
 * model are fetched. Then comes the file itself, resumed from its .part as often as needed.
 */
#include "models/getting.h"

#include "base/buffer.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BESIDE_MAX = 64 << 10, /* limit of a checksum file [bytes] */
    TRIES = 6,             /* in a row without a single new byte */
    CONNECT_S = 10,
    STALL_S = 30, /* less than a byte a second for this long: try again */
    MODEL_BYTES_MAX_GB = 8,
};

struct download {
    struct getting *g;
    char url[2048];
    char told[SHA256_TEXT + 1]; /* by the server; "": none */
    bool write_failed;
    bool too_long;
    int err; /* why progress() stopped it */
};

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
            take_sha256(d->told, value);
    }
    return size * n;
}

static size_t on_text(char *data, size_t size, size_t n, void *arg)
{
    return buf_append(arg, data, size * n) ? 0 : size * n;
}

/* Fetches a small file; "" if it is not there. */
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
    const char *slash = strrchr(d->url, '/');
    char url[2200];
    struct buf text;

    buf_init(&text, BESIDE_MAX);
    snprintf(url, sizeof(url), "%s.sha256", d->url);
    fetch_text(url, &text);
    if (!text.len || !find_sum(text.data, slash + 1, d->told)) {
        snprintf(url, sizeof(url), "%.*s/SHA256SUMS", (int)(slash - d->url), d->url);
        fetch_text(url, &text);
        if (text.len)
            find_sum(text.data, slash + 1, d->told);
    }
    buf_release(&text);
}

/* The host part of an address. */
static void host_of(const char *url, char *to, size_t size)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    snprintf(to, size, "%.*s", (int)strcspn(host, "/"), host);
}

static int failed(struct download *d, CURL *c, CURLcode rc)
{
    struct models_run *run = d->g->config->run;
    long status = 0;

    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    if (rc == CURLE_HTTP_RETURNED_ERROR && status == 404)
        return err_set(d->g->err, UV_ENOENT, "there is no %.300s", d->url);
    if (rc == CURLE_HTTP_RETURNED_ERROR)
        return err_set(d->g->err, UV_EPROTO, "%.300s: the server answers %ld", d->url, status);
    if (run && (rc == CURLE_COULDNT_CONNECT || rc == CURLE_COULDNT_RESOLVE_HOST ||
                rc == CURLE_COULDNT_RESOLVE_PROXY || rc == CURLE_OPERATION_TIMEDOUT ||
                rc == CURLE_RECV_ERROR || rc == CURLE_SSL_CONNECT_ERROR))
        host_of(d->url, run->unreachable, sizeof(run->unreachable));
    return err_set(d->g->err, UV_EIO, "%.300s: %s", d->url, curl_easy_strerror(rc));
}

/* Compares what the server says about the file with what we know. */
static int compare(struct download *d, int64_t size)
{
    struct getting *g = d->g;

    if (!d->told[0] && !g->sha256[0])
        look_beside(d);
    if (g->entry->sha256 &&
        ((d->told[0] && strcmp(d->told, g->sha256) != 0) || (size > 0 && size != g->entry->bytes)))
        return err_set(g->err, UV_EILSEQ,
                       "%.300s is another file than %s: its %s is not the published one", d->url,
                       g->entry->name, size != g->entry->bytes ? "size" : "SHA-256");
    if (!g->entry->sha256) {
        memcpy(g->sha256, d->told, sizeof(g->sha256));
        g->size = size > 0 ? size : -1;
    }
    if (!g->sha256[0] && !g->config->unverified)
        return err_set(g->err, UV_EPROTO,
                       "no checksum is published beside %.200s; to take the file as it is: "
                       "interviewd models get %s --unverified",
                       d->url, g->entry->name);
    return 0;
}

/* Asks for size and checksum before anything is downloaded. */
static int ask(struct download *d)
{
    CURL *c = request(d->url);
    curl_off_t size = -1;
    CURLcode rc;
    int err = 0;

    if (!c)
        return err_set(d->g->err, UV_ENOMEM, "not enough memory");
    curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, d);
    rc = curl_easy_perform(c);
    if (rc == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    else
        err = failed(d, c, rc);
    curl_easy_cleanup(c);
    return err ? err : compare(d, size);
}

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
    struct download *d = arg;
    struct getting *g = d->g;
    int64_t most = g->size > 0 ? g->size : (int64_t)MODEL_BYTES_MAX_GB << 30;

    if (g->have + (int64_t)(size * n) > most) {
        d->too_long = true;
        return 0;
    }
    if (fwrite(data, 1, size * n, g->to) != size * n) {
        d->write_failed = true;
        return 0;
    }
    g->have += (int64_t)(size * n);
    return size * n;
}

static int on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up)
{
    struct download *d = arg;

    (void)total;
    (void)now;
    (void)up_total;
    (void)up;
    d->err = getting_tell(d->g, MODELS_DOWNLOADING, d->g->have, d->g->size);
    return d->err != 0;
}

/* What the end of a request means. 0: the file is complete; UV_EAGAIN: continue from what has
 * arrived. */
static int ended(struct download *d, CURL *c, CURLcode rc)
{
    struct getting *g = d->g;
    long status = 0;
    int err;

    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    if (fflush(g->to))
        d->write_failed = true;
    if (d->write_failed)
        return err_set(g->err, UV_ENOSPC, "cannot write %.300s: %s", g->part, strerror(errno));
    if (d->err)
        return d->err;
    if (d->too_long || rc == CURLE_RANGE_ERROR || status == 416) {
        err = getting_restart(g); /* cannot be resumed: start again from the beginning */
        return err ? err : d->too_long ? UV_EILSEQ : UV_EAGAIN;
    }
    if (rc == CURLE_OK)
        return g->size > 0 && g->have < g->size ? UV_EAGAIN : 0;
    err = failed(d, c, rc);
    return rc != CURLE_HTTP_RETURNED_ERROR || status >= 500 ? UV_EAGAIN : err;
}

/* One request for the missing rest. */
static int fetch_rest(struct download *d)
{
    CURL *c = request(d->url);
    int err;

    if (!c)
        return err_set(d->g->err, UV_ENOMEM, "not enough memory");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, d);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, d);
    curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)d->g->have);
    err = ended(d, c, curl_easy_perform(c));
    curl_easy_cleanup(c);
    return err;
}

static int fetch(struct download *d)
{
    int tries = 0;
    int err;

    do {
        int64_t before = d->g->have;

        d->too_long = false;
        err = fetch_rest(d);
        tries = d->g->have > before ? 1 : tries + 1;
        if (err == UV_EAGAIN && tries < TRIES)
            usleep(100000u << tries);
    } while (err == UV_EAGAIN && tries < TRIES);
    if (err == UV_EAGAIN)
        err = err_set(d->g->err, UV_EIO,
                      "%.200s: the connection breaks again and again; what arrived is kept, the "
                      "same command goes on from there",
                      d->url);
    if (err == UV_EILSEQ)
        err_set(d->g->err, err, "%.300s is larger than %s is", d->url, d->g->entry->name);
    return err;
}

/* The mirror's address if there is a mirror, else the publisher's. */
static int address(struct download *d, const struct model_source *source)
{
    const char *mirror = d->g->config->url;
    const char *base = mirror && *mirror ? mirror : MODELS_URL_DEFAULT;
    const char *file = strrchr(d->g->path, '/') + 1;
    size_t n = strlen(base);
    int len;

    if (source->url && !(mirror && *mirror))
        len = snprintf(d->url, sizeof(d->url), "%s", source->url);
    else
        len = snprintf(d->url, sizeof(d->url), "%.*s/%s", (int)(n - (base[n - 1] == '/')), base,
                       file);
    if (len >= (int)sizeof(d->url) - 64)
        return err_set(d->g->err, UV_ENAMETOOLONG, "the address of the mirror is too long");
    return 0;
}

int models_download(struct getting *g, const struct model_source *source)
{
    const struct models_run *run = g->config->run;
    struct download d = {.g = g};
    char host[sizeof(run->unreachable)];
    int err = address(&d, source);

    if (err)
        return err;
    host_of(d.url, host, sizeof(host));
    if (run && !strcmp(run->unreachable, host))
        return err_set(g->err, UV_EIO, "%s does not answer", host);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    err = getting_tell(g, MODELS_DOWNLOADING, g->have, g->size);
    if (!err)
        err = ask(&d);
    if (!err && g->size > 0 && g->have > g->size)
        err = getting_restart(g);
    if (!err)
        err = getting_space(g, g->size - g->have);
    if (!err && !(g->size > 0 && g->have == g->size))
        err = fetch(&d);
    return err;
}

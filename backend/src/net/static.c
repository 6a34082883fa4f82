/**
 * @file net/static.c  The exported web app, served from its folder
 *
 * Runs on the read lane: a file is read whole (from the page cache, as a rule) and sent. Names
 * with a content hash (/_next/static/) may be kept for a year; all else is asked for again with
 * its ETag. Files with a `.gz` beside them go out compressed. Pages carry a content security
 * policy that names the hash of each inline script they contain, so nothing injected can run.
 */
#include "net/static.h"

#include "net/net_internal.h"
#include "net/range.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MAX = 32 << 20,
    POLICY_MAX = 6 << 10,
    POLICIES_MAX = 64, /* pages whose policy is remembered */
};

struct policy {
    char rel[SITE_PATH_MAX];
    int64_t mtime;
    int64_t size;
    char *text;
};

struct site {
    char *root; /* absolute, without symbolic links; NULL: the folder is not there */
    uv_mutex_t lock;
    struct policy policies[POLICIES_MAX]; /* {lock} */
    int policy_count;                     /* {lock} */
    int policy_next;                      /* {lock} */
};

static const char no_site[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Interview Assistant</title>"
    "<body style=\"font:16px/1.5 system-ui;margin:15vh auto;max-width:34rem;padding:0 1rem\">"
    "<h1>The server is running</h1><p>Its web page has not been built yet. Run "
    "<code>scripts/run.sh</code>, or <code>npm ci &amp;&amp; npm run build</code> in "
    "<code>frontend/</code>, then reload this page.</p></body></html>";

static const char not_found[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Not found</title>"
    "<body style=\"font:16px/1.5 system-ui;margin:15vh auto;max-width:34rem;padding:0 1rem\">"
    "<h1>Nothing here</h1><p><a href=\"/\">Back to the start</a></p></body></html>";

/* --------------------------------------------------------------- files */

static void full_path(const struct site *site, const char *rel, char path[static PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s%s%s", site->root, *rel ? "/" : "", rel);
}

static enum site_kind look(const char *rel, void *arg)
{
    char path[PATH_MAX];
    struct stat st;

    full_path(arg, rel, path);
    if (stat(path, &st))
        return SITE_NOTHING;
    if (S_ISDIR(st.st_mode))
        return SITE_FOLDER;
    return S_ISREG(st.st_mode) ? SITE_FILE : SITE_NOTHING;
}

/* Opened, unless a symbolic link on the way leads out of the site. */
static int open_inside(const struct site *site, const char *rel, struct stat *st)
{
    char path[PATH_MAX];
    char real[PATH_MAX];
    size_t len = strlen(site->root);
    int fd;

    full_path(site, rel, path);
    if (!realpath(path, real))
        return -errno;
    if (strncmp(real, site->root, len) != 0 || real[len] != '/')
        return UV_ENOENT;
    fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    if (fstat(fd, st) || !S_ISREG(st->st_mode) || st->st_size > FILE_MAX) {
        close(fd);
        return UV_ENOENT;
    }
    return fd;
}

static int read_all(int fd, size_t size, struct buf *out)
{
    char *to;
    ssize_t n = 0;

    buf_clear(out);
    to = buf_reserve(out, size);
    while (to && out->len < size && (n = read(fd, to + out->len, size - out->len)) > 0)
        out->len += (size_t)n;
    buf_seal(out);
    return !to ? out->err : n < 0 ? -errno : 0;
}

/* -------------------------------------------------------------- policy */

static void add_hash(struct buf *out, const char *script, size_t len)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned char text[64];
    unsigned int n = 0;

    if (!EVP_Digest(script, len, hash, &n, EVP_sha256(), NULL))
        return;
    EVP_EncodeBlock(text, hash, (int)n);
    buf_printf(out, " 'sha256-%s'", (const char *)text);
}

/* " 'sha256-…'" for each <script> with its text in the page. */
static void inline_scripts(struct buf *out, const char *html)
{
    const char *p = html;

    while ((p = strstr(p, "<script")) != NULL) {
        const char *tag = p;
        const char *body = strchr(p, '>');
        const char *end = body ? strstr(body, "</script") : NULL;
        const char *src;

        if (!end)
            return;
        src = memmem(tag, (size_t)(body - tag), " src=", 5);
        body++;
        if (!src && end > body)
            add_hash(out, body, (size_t)(end - body));
        p = end;
    }
}

static char *policy_make(const char *html)
{
    struct buf text;

    buf_init(&text, POLICY_MAX);
    buf_puts(&text, "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'");
    inline_scripts(&text, html);
    buf_puts(&text, "; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src "
                    "'self' blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src "
                    "'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
                    "frame-ancestors 'none'");
    if (text.err) {
        buf_release(&text);
        return NULL;
    }
    return buf_steal(&text, NULL);
}

/* {lock} */
static struct policy *policy_find(struct site *site, const char *rel, const struct stat *st)
{
    for (int i = 0; i < site->policy_count; i++) {
        struct policy *p = &site->policies[i];

        if (p->mtime == st->st_mtim.tv_sec && p->size == st->st_size && strcmp(p->rel, rel) == 0)
            return p;
    }
    return NULL;
}

/* {lock} Takes text. */
static void policy_keep(struct site *site, const char *rel, const struct stat *st, char *text)
{
    struct policy *p = &site->policies[site->policy_next];

    site->policy_next = (site->policy_next + 1) % POLICIES_MAX;
    if (site->policy_count < POLICIES_MAX)
        site->policy_count++;
    free(p->text);
    snprintf(p->rel, sizeof(p->rel), "%s", rel);
    p->mtime = st->st_mtim.tv_sec;
    p->size = st->st_size;
    p->text = text;
}

static void set_policy(struct site *site, const char *rel, const struct stat *st, int fd,
                       struct http_response *res)
{
    struct policy *p;
    struct buf html;
    char *text = NULL;

    uv_mutex_lock(&site->lock);
    p = policy_find(site, rel, st);
    if (p) {
        http_set_header(res, "Content-Security-Policy", p->text);
    }
    uv_mutex_unlock(&site->lock);
    if (p)
        return;
    buf_init(&html, FILE_MAX + 1);
    if (read_all(fd, (size_t)st->st_size, &html) == 0)
        text = policy_make(html.len ? html.data : "");
    buf_release(&html);
    lseek(fd, 0, SEEK_SET);
    http_set_header(res, "Content-Security-Policy",
                    text ? text : "default-src 'self'; frame-ancestors 'none'");
    if (!text)
        return;
    uv_mutex_lock(&site->lock);
    policy_keep(site, rel, st, text);
    uv_mutex_unlock(&site->lock);
}

/* Sharing a tab comes with its picture, and Chromium holds every request for a picture against
 * `camera` too, not only `display-capture`: camera=() would be a violation in the console each
 * time. The page never asks for a camera, and the browser would ask the person if it did. */
static void page_headers(struct http_response *res)
{
    http_set_header(res, "Referrer-Policy", "same-origin");
    http_set_header(res, "X-Frame-Options", "DENY");
    http_set_header(res, "Permissions-Policy",
                    "microphone=(self), display-capture=(self), camera=(self), geolocation=()");
    http_set_header(res, "Cross-Origin-Opener-Policy", "same-origin");
}

/* -------------------------------------------------------------- answer */

static bool is_page(const char *type)
{
    return strncmp(type, "text/html", 9) == 0;
}

static void set_etag(struct http_response *res, const struct stat *st, bool gz, char tag[static 64])
{
    snprintf(tag, 64, "\"%llx-%llx%s\"",
             (unsigned long long)st->st_mtim.tv_sec * 1000000000ULL +
                 (unsigned long long)st->st_mtim.tv_nsec,
             (unsigned long long)st->st_size, gz ? "-gz" : "");
    http_set_header(res, "ETag", tag);
}

static void set_caching(struct http_response *res, const char *rel)
{
    bool hashed = strncmp(rel, "_next/static/", 13) == 0;

    http_set_header(res, "Cache-Control",
                    hashed ? "public, max-age=31536000, immutable" : "no-cache");
    http_set_header(res, "Vary", "Accept-Encoding");
}

/* The compressed twin, if the client takes it and it is not older than the file. */
static int open_gz(const struct site *site, const char *rel, const struct stat *plain,
                   const char *accept, struct stat *st)
{
    char gz[SITE_PATH_MAX + 4];
    int fd;

    if (!accepts_gzip(accept))
        return UV_ENOENT;
    snprintf(gz, sizeof(gz), "%s.gz", rel);
    fd = open_inside(site, gz, st);
    if (fd >= 0 && st->st_mtim.tv_sec < plain->st_mtim.tv_sec) {
        close(fd);
        return UV_ENOENT;
    }
    return fd;
}

static int send_file(struct site *site, const struct http_request *req, struct http_response *res,
                     const char *rel, int status)
{
    struct stat st;
    struct stat gz_st;
    char tag[64];
    int fd = open_inside(site, rel, &st);
    int gz;
    int err = 0;

    if (fd < 0)
        return fd;
    res->status = status;
    res->type = site_type(rel);
    set_caching(res, rel);
    if (is_page(res->type)) {
        set_policy(site, rel, &st, fd, res);
        page_headers(res);
    } else { /* a worker's script brings its policy along, and a picture may be opened by itself */
        http_set_header(res, "Content-Security-Policy",
                        "default-src 'self'; base-uri 'none'; object-src 'none'; "
                        "frame-ancestors 'none'");
    }
    gz = open_gz(site, rel, &st, http_header(req, "accept-encoding"), &gz_st);
    if (gz >= 0)
        http_set_header(res, "Content-Encoding", "gzip");
    set_etag(res, gz >= 0 ? &gz_st : &st, gz >= 0, tag);
    if (status == 200 && http_has_tag(req, tag))
        res->status = 304;
    else
        err = gz >= 0 ? read_all(gz, (size_t)gz_st.st_size, &res->body)
                      : read_all(fd, (size_t)st.st_size, &res->body);
    if (gz >= 0)
        close(gz);
    close(fd);
    return err ? err : http_apply_range(req, res);
}

/* Who looks at pages says so; a program gets what it can read. */
static bool wants_page(const struct http_request *req)
{
    const char *accept = http_header(req, "accept");

    return accept && strstr(accept, "text/html") != NULL;
}

static int plain_page(struct http_response *res, int status, const char *html)
{
    page_headers(res);
    http_set_header(res, "Cache-Control", "no-cache");
    http_set_header(res, "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    return http_reply_bytes(res, status, "text/html; charset=utf-8", html, strlen(html));
}

/* It is there, and cannot be read at the moment: that is not 404. */
static bool is_trouble(int err)
{
    return err == UV_ENOMEM || err == UV_EMFILE || err == UV_ENFILE || err == UV_EIO;
}

int site_serve(struct site *site, const struct http_request *req, struct http_response *res)
{
    char rel[SITE_PATH_MAX];
    int err;

    if (!site->root && strcmp(req->path, "/") != 0 && !wants_page(req))
        return http_problem(res, req, 404, NULL, NULL, NULL);
    if (!site->root)
        return plain_page(res, strcmp(req->path, "/") == 0 ? 503 : 404, no_site);
    err = site_resolve(req->path, look, site, rel);
    if (!err)
        err = send_file(site, req, res, rel, 200);
    if (!err || is_trouble(err))
        return err;
    buf_clear(&res->headers);
    if (!wants_page(req))
        return http_problem(res, req, 404, NULL, NULL, NULL);
    if (send_file(site, req, res, "404.html", 404) == 0)
        return 0;
    buf_clear(&res->headers);
    return plain_page(res, 404, not_found);
}

/* ------------------------------------------------------------ lifetime */

int site_open(struct site **sp, const char *root)
{
    struct site *site;

    if (!root)
        return 0;
    site = calloc(1, sizeof(*site));
    if (!site || uv_mutex_init(&site->lock)) {
        free(site);
        return UV_ENOMEM;
    }
    site->root = realpath(root, NULL);
    *sp = site;
    return 0;
}

void site_close(struct site *site)
{
    if (!site)
        return;
    for (int i = 0; i < site->policy_count; i++)
        free(site->policies[i].text);
    uv_mutex_destroy(&site->lock);
    free(site->root);
    free(site);
}

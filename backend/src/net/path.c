/**
 * @file net/path.c  From an address to a file of the exported site
 */
#include "net/static.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

static bool segment_ok(const char *seg, size_t len)
{
    if (len == 0 || (seg[0] == '.' && strncmp(seg, ".well-known", len) != 0))
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)seg[i] < 0x20 || seg[i] == '\\' || seg[i] == 0x7f)
            return false;
    }
    return true;
}

static bool append(char *rel, size_t *used, const char *seg, size_t len)
{
    size_t slash = *used ? 1 : 0;

    if (*used + slash + len + 1 > SITE_PATH_MAX)
        return false;
    if (slash)
        rel[*used] = '/';
    memcpy(rel + *used + slash, seg, len);
    *used += slash + len;
    rel[*used] = '\0';
    return true;
}

/* Add one segment, or the placeholder beside it. */
static int step(char *rel, size_t *used, const char *seg, size_t len, site_look_fn *look, void *arg,
                enum site_kind *kind)
{
    static const char stand_in[] = "placeholder";
    size_t before = *used;

    if (!append(rel, used, seg, len))
        return UV_ENOENT;
    *kind = look(rel, arg);
    if (*kind != SITE_NOTHING)
        return 0;
    *used = before;
    if (!append(rel, used, stand_in, sizeof(stand_in) - 1))
        return UV_ENOENT;
    *kind = look(rel, arg);
    return *kind == SITE_FOLDER ? 0 : UV_ENOENT;
}

int site_resolve(const char *path, site_look_fn *look, void *arg, char rel[static SITE_PATH_MAX])
{
    enum site_kind kind = SITE_FOLDER;
    size_t used = 0;
    int err;

    rel[0] = '\0';
    if (*path != '/')
        return UV_EINVAL;
    while (*++path) {
        size_t len = strcspn(path, "/");

        if (!segment_ok(path, len))
            return UV_EINVAL;
        if (kind != SITE_FOLDER)
            return UV_ENOENT; /* something below a file */
        err = step(rel, &used, path, len, look, arg, &kind);
        if (err)
            return err;
        path += len;
        if (!*path)
            break;
    }
    if (kind == SITE_FILE)
        return 0;
    if (!append(rel, &used, "index.html", 10) || look(rel, arg) != SITE_FILE)
        return UV_ENOENT;
    return 0;
}

const char *site_type(const char *rel)
{
    static const struct {
        const char *ext;
        const char *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".txt", "text/plain; charset=utf-8"},
        {".xml", "application/xml"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".webp", "image/webp"},
        {".avif", "image/avif"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".woff", "font/woff"},
        {".wasm", "application/wasm"},
        {".wav", "audio/wav"},
        {".mp3", "audio/mpeg"},
        {".pdf", "application/pdf"},
    };
    size_t len = strlen(rel);

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t n = strlen(types[i].ext);

        if (len > n && strcasecmp(rel + len - n, types[i].ext) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

/* One element of the list, e.g. "gzip;q=0.5". */
static bool element_allows(const char *el, size_t len, const char *name)
{
    size_t n = strlen(name);
    const char *q;

    if (len < n || strncasecmp(el, name, n) != 0 ||
        (len > n && el[n] != ';' && el[n] != ' ' && el[n] != '\t'))
        return false;
    for (q = el + n; q + 2 < el + len; q++) {
        if ((q[0] == 'q' || q[0] == 'Q') && q[1] == '=')
            return strtod(q + 2, NULL) > 0;
    }
    return true;
}

bool accepts_gzip(const char *header)
{
    while (header && *header) {
        size_t len;

        header += strspn(header, ", \t");
        len = strcspn(header, ",");
        if (element_allows(header, len, "gzip") || element_allows(header, len, "x-gzip"))
            return true;
        header += len;
    }
    return false;
}

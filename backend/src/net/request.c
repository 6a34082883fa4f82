/**
 * @file net/request.c  What a client asked: copied out of the connection, then only read
 *
 * The connection's own header table is shared and may be gone when a worker looks at it, so all
 * of it is copied once. Query values arrive here already decoded by the parser.
 */
#include "net/inner.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "net/address.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Method and path arrive as one token a method on HTTP/1, and as two on HTTP/2. */
static const struct {
    enum lws_token_indexes token;
    const char *name;
} methods[] = {
    {WSI_TOKEN_GET_URI, "GET"},       {WSI_TOKEN_POST_URI, "POST"},
    {WSI_TOKEN_PUT_URI, "PUT"},       {WSI_TOKEN_PATCH_URI, "PATCH"},
    {WSI_TOKEN_DELETE_URI, "DELETE"}, {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
    {WSI_TOKEN_HEAD_URI, "HEAD"},
};

/* Headers the parser does not know by number but somebody here may ask for (HTTP/1 only). */
static const char *const extra[] = {
    "x-request-id:", "sec-fetch-site:", "last-event-id:", "idempotency-key:", "x-forwarded-proto:"};

/* ------------------------------------------------------------- copying */

char *text_take(struct http_request_inner *text, size_t n)
{
    char *to = text->text + text->text_len;

    if (text->text_len + n > HEADER_BYTES_MAX)
        return NULL;
    text->text_len += n;
    return to;
}

static int pairs_add(struct pairs *p, const char *name, const char *value)
{
    if (p->n == HEADERS_MAX)
        return UV_E2BIG;
    p->at[p->n++] = (struct pair){name, value};
    return 0;
}

const char *pairs_get(const struct pairs *pairs, const char *name)
{
    for (int i = 0; i < pairs->n; i++) {
        if (text_equal_nocase(pairs->at[i].name, name))
            return pairs->at[i].value;
    }
    return NULL;
}

/* "content-type:" -> "content-type" */
static const char *copy_name(struct http_request_inner *text, const char *name)
{
    size_t len = strlen(name);
    char *to;

    while (len && (name[len - 1] == ':' || name[len - 1] == ' '))
        len--;
    to = text_take(text, len + 1);
    if (!to)
        return NULL;
    memcpy(to, name, len);
    to[len] = '\0';
    return to;
}

static bool is_plain_header(int token)
{
    switch (token) {
    case WSI_TOKEN_GET_URI:
    case WSI_TOKEN_POST_URI:
    case WSI_TOKEN_PUT_URI:
    case WSI_TOKEN_PATCH_URI:
    case WSI_TOKEN_DELETE_URI:
    case WSI_TOKEN_OPTIONS_URI:
    case WSI_TOKEN_HEAD_URI:
    case WSI_TOKEN_CONNECT:
    case WSI_TOKEN_HTTP:
    case WSI_TOKEN_HTTP_URI_ARGS:
    case WSI_TOKEN_HTTP_COLON_AUTHORITY:
    case WSI_TOKEN_HTTP_COLON_METHOD:
    case WSI_TOKEN_HTTP_COLON_PATH:
    case WSI_TOKEN_HTTP_COLON_SCHEME:
    case WSI_TOKEN_HTTP_COLON_STATUS:
    case WSI_TOKEN_COLON_PROTOCOL:
        return false;
    default:
        return true;
    }
}

static int copy_header(struct txn *t, int token)
{
    int len = lws_hdr_total_length(t->wsi, (enum lws_token_indexes)token);
    const unsigned char *name = lws_token_to_string((enum lws_token_indexes)token);
    const char *copied;
    char *value;

    if (len <= 0 || !name)
        return 0;
    copied = copy_name(&t->text, (const char *)name);
    value = text_take(&t->text, (size_t)len + 1);
    if (!copied || !value)
        return UV_E2BIG;
    if (lws_hdr_copy(t->wsi, value, len + 1, (enum lws_token_indexes)token) < 0)
        return UV_EINVAL;
    return pairs_add(&t->text.headers, copied, value);
}

static int copy_extra(struct txn *t, const char *name)
{
    int name_len = (int)strlen(name);
    int len = lws_hdr_custom_length(t->wsi, name, name_len);
    const char *copied;
    char *value;

    if (len <= 0)
        return 0;
    copied = copy_name(&t->text, name);
    value = text_take(&t->text, (size_t)len + 1);
    if (!copied || !value)
        return UV_E2BIG;
    if (lws_hdr_custom_copy(t->wsi, value, len + 1, name, name_len) < 0)
        return UV_EINVAL;
    return pairs_add(&t->text.headers, copied, value);
}

static int copy_headers(struct txn *t)
{
    int err = 0;

    for (int token = 0; token < WSI_TOKEN_COUNT && !err; token++) {
        if (is_plain_header(token))
            err = copy_header(t, token);
    }
    for (size_t i = 0; i < sizeof(extra) / sizeof(extra[0]) && !err && !t->h2; i++)
        err = copy_extra(t, extra[i]);

    /* HTTP/2 says :authority where HTTP/1 says Host */
    if (!err && t->h2 && !pairs_get(&t->text.headers, "host")) {
        int len = lws_hdr_total_length(t->wsi, WSI_TOKEN_HTTP_COLON_AUTHORITY);
        char *value = len > 0 ? text_take(&t->text, (size_t)len + 1) : NULL;

        if (value && lws_hdr_copy(t->wsi, value, len + 1, WSI_TOKEN_HTTP_COLON_AUTHORITY) >= 0)
            err = pairs_add(&t->text.headers, "host", value);
    }
    return err;
}

static int copy_query(struct txn *t)
{
    int err = 0;
    int len;

    for (int i = 0; !err; i++) {
        char *equals;
        char *text;

        len = lws_hdr_fragment_length(t->wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (len <= 0)
            break;
        text = text_take(&t->text, (size_t)len + 1);
        if (!text)
            return UV_E2BIG;
        if (lws_hdr_copy_fragment(t->wsi, text, len + 1, WSI_TOKEN_HTTP_URI_ARGS, i) < 0)
            return UV_EINVAL;
        equals = strchr(text, '=');
        if (equals)
            *equals = '\0';
        err = pairs_add(&t->text.query, text, equals ? equals + 1 : "");
    }
    return err;
}

/* ---------------------------------------------------------- first line */

static const char *method_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(methods[i].name, name) == 0)
            return methods[i].name;
    }
    return NULL;
}

static int read_path(struct txn *t, enum lws_token_indexes token)
{
    size_t len = (size_t)lws_hdr_total_length(t->wsi, token);

    if (len >= sizeof(t->text.path))
        return UV_ENAMETOOLONG;
    if (lws_hdr_copy(t->wsi, t->text.path, (int)sizeof(t->text.path), token) < 0)
        return UV_EINVAL;
    t->req.path = t->text.path;
    return t->text.path[0] == '/' && utf8_valid(t->text.path, len) ? 0 : UV_EINVAL;
}

static int read_first_line(struct txn *t)
{
    char name[16] = "";

    if (t->h2) {
        if (lws_hdr_copy(t->wsi, name, sizeof(name), WSI_TOKEN_HTTP_COLON_METHOD) < 0)
            return UV_EINVAL;
        t->req.method = strcmp(name, "CONNECT") == 0 ? "GET" : method_by_name(name);
        return t->req.method ? read_path(t, WSI_TOKEN_HTTP_COLON_PATH) : UV_ENOTSUP;
    }
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (lws_hdr_total_length(t->wsi, methods[i].token)) {
            t->req.method = methods[i].name;
            return read_path(t, methods[i].token);
        }
    }
    return UV_ENOTSUP;
}

static void read_version(struct txn *t)
{
    char version[12] = "";

    if (!t->h2 && lws_hdr_copy(t->wsi, version, sizeof(version), WSI_TOKEN_HTTP) > 0)
        t->http10 = strcmp(version, "HTTP/1.1") != 0;
    else if (!t->h2)
        t->http10 = true;
}

static void read_peer(struct txn *t)
{
    static const char unknown[] = "unknown";
    char peer[64] = "";
    char *to;

    lws_get_peer_simple(lws_get_network_wsi(t->wsi), peer, sizeof(peer));
    to = text_take(&t->text, strlen(peer) + 1);
    if (to)
        memcpy(to, peer, strlen(peer) + 1);
    t->req.peer = to && *to ? to : unknown;
    t->req.peer_loopback = address_is_loopback(t->req.peer);
    t->req.tls = t->server->tls;
}

int request_read(struct txn *t)
{
    int err = read_first_line(t);

    read_version(t);
    read_peer(t);
    if (!err)
        err = copy_headers(t);
    if (!err)
        err = copy_query(t);
    if (!t->req.method)
        t->req.method = "GET";
    if (!t->req.path)
        t->req.path = "";
    t->head_only = strcmp(t->req.method, "HEAD") == 0;
    return err;
}

/* ------------------------------------------------------------ lifetime */

struct txn *txn_new(struct http_server *s, struct lws *wsi)
{
    struct txn *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->text.text = malloc(HEADER_BYTES_MAX);
    if (!t->text.text) {
        free(t);
        return NULL;
    }
    t->server = s;
    t->wsi = wsi;
    t->h2 = lws_get_network_wsi(wsi) != wsi;
    t->req.app = s->app;
    t->req.inner = &t->text;
    id_new(t->req.id);
    link_init(&t->in_list);
    buf_init(&t->in, HTTP_BODY_DEFAULT_MAX);
    buf_init(&t->out, LWS_PRE + RESPONSE_HEADERS_MAX + H1_INLINE);
    reply_init(&t->res);
    t->req.server = s;
    t->res.ticket = ++s->tickets;
    return t;
}

void txn_free(struct txn *t)
{
    if (!t)
        return;
    link_del(&t->in_list);
    buf_release(&t->in);
    buf_release(&t->out);
    reply_release(&t->res);
    free(t->text.text);
    free(t);
}

/* -------------------------------------------------------------- public */

const char *http_header(const struct http_request *req, const char *name)
{
    return pairs_get(&req->inner->headers, name);
}

const char *http_query(const struct http_request *req, const char *name)
{
    const struct pairs *q = &req->inner->query;

    for (int i = 0; i < q->n; i++) {
        if (strcmp(q->at[i].name, name) == 0)
            return q->at[i].value;
    }
    return NULL;
}

const char *http_param(const struct http_request *req, const char *name)
{
    for (int i = 0; i < req->inner->param_count; i++) {
        if (strcmp(req->inner->params[i].name, name) == 0)
            return req->inner->params[i].value;
    }
    return NULL;
}

const char *http_cookie(const struct http_request *req, const char *name)
{
    const char *p = http_header(req, "cookie");
    size_t name_len = strlen(name);

    while (p && *p) {
        size_t len;

        p += strspn(p, "; \t");
        len = strcspn(p, ";");
        if (len > name_len && p[name_len] == '=' && strncmp(p, name, name_len) == 0) {
            text_copy(req->inner->cookie, sizeof(req->inner->cookie), p + name_len + 1,
                      len - name_len - 1);
            return req->inner->cookie;
        }
        p += len;
    }
    return NULL;
}

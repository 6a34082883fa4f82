/**
 * @file net/request.c  What a client asked: one struct from first byte to answer
 *
 * The header's text is read into the txn itself (http1.c, h2.c) and stays there: nothing is copied
 * for the handler, and nothing is cut.
 */
#include "net/net_internal.h"

#include "base/id.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Others are 501: nobody here knows them. TRACE and QUERY are known, and allowed nowhere. */
static const char *const methods[] = {"GET",     "POST", "PUT",   "PATCH", "DELETE",
                                      "OPTIONS", "HEAD", "TRACE", "QUERY"};

struct kept {
    struct kept *next;
    char text[];
};

/* ------------------------------------------------------------ lifetime */

struct txn *txn_new(struct http_server *s, struct conn *c)
{
    struct txn *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->server = s;
    t->conn = c;
    t->req.app = s->app;
    t->req.server = s;
    t->req.inner = &t->inner;
    t->req.method = "GET";
    t->req.path = "";
    id_new(t->req.id);
    link_init(&t->in_list);
    buf_init(&t->in, HTTP_BODY_DEFAULT_MAX);
    buf_init(&t->piece, HTTP_BODY_DEFAULT_MAX);
    reply_init(&t->res);
    t->res.ticket = ++s->tickets;
    return t;
}

void txn_free(struct txn *t)
{
    if (!t)
        return;
    link_del(&t->in_list);
    intake_drop(t);
    t->server->bodies -= t->in.len + t->piece.len;
    buf_release(&t->in);
    buf_release(&t->piece);
    reply_release(&t->res);
    head_release(&t->inner.head);
    free(t->inner.param_text);
    free(t->inner.cookies);
    for (struct kept *k = t->inner.kept, *next; k; k = next) {
        next = k->next;
        free(k);
    }
    free(t);
}

/* A copy, NUL-terminated, that lives as long as the request. */
const char *request_keep(struct http_request_inner *in, const char *text, size_t len)
{
    struct kept *k = malloc(sizeof(*k) + len + 1);

    if (!k)
        return NULL;
    k->next = in->kept;
    in->kept = k;
    memcpy(k->text, text, len);
    k->text[len] = '\0';
    return k->text;
}

/* ---------------------------------------------------------------- body */

bool txn_has_room(const struct txn *t, uint64_t len)
{
    return len <= t->server->config.bodies_max - t->server->bodies;
}

int txn_take_body(struct txn *t, const void *data, size_t len)
{
    if (len > t->body_max || t->came > t->body_max - len)
        return 413;
    t->in.max = t->body_max;
    if (!txn_has_room(t, len) || buf_append(&t->in, data, len))
        return 503;
    t->came += len;
    t->server->bodies += len;
    return 0;
}

/* ------------------------------------------------------------- reading */

static const char *method_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(methods[i], name) == 0)
            return methods[i];
    }
    return NULL;
}

/* Of two, a proxy may believe one and we the other. Those that frame a request, and Host, are
 * looked at where they are read. */
static const char *twice(const struct head *h)
{
    static const char *const once[] = {"authorization", "content-type", "origin",
                                       "sec-websocket-key", "sec-websocket-version"};

    for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
        int n = 0;

        for (int f = 0; f < h->count; f++)
            n += text_equal_nocase(h->text + h->field[f].name, once[i]);
        if (n > 1)
            return once[i];
    }
    return NULL;
}

static int check_expect(const struct txn *t)
{
    const struct head *h = &t->inner.head;

    for (int i = 0; i < h->count && !t->http10; i++) {
        if (strcmp(h->text + h->field[i].name, "expect") == 0 &&
            !text_equal_nocase(h->text + h->field[i].value, "100-continue"))
            return 417;
    }
    return 0;
}

/* A Host that is none is refused also where the address, or a proxy, names another one (RFC 9112
 * section 3.2): whoever stands between us and the client may have gone by it. */
static bool host_is_wrong(const struct txn *t)
{
    const char *field = head_get(&t->inner.head, "host");

    return (field && !authority_valid(field)) || (!t->req.host && !t->http10);
}

static int check_once(struct txn *t)
{
    const char *name = twice(&t->inner.head);
    char why[96];

    if (!name)
        return 0;
    snprintf(why, sizeof(why), "The header field %s may come once only.", name);
    t->why = request_keep(&t->inner, why, strlen(why));
    return 400;
}

int request_read(struct txn *t)
{
    struct http_request_inner *in = &t->inner;
    const char *method = method_by_name(in->head.text + in->head.method);

    if (method)
        t->req.method = method;
    t->head_only = method && strcmp(method, "HEAD") == 0;
    peer_read(t);
    if (t->conn->redirects) { /* reading it changes it */
        const char *address = in->head.text + in->head.target;

        in->address = *address == '/' ? request_keep(in, address, strlen(address)) : "/";
    }
    if (target_read(in->head.text + in->head.target, &in->target))
        return method ? 400 : 501;
    t->req.path = in->target.path;
    if (!method)
        return 501;
    if (strcmp(t->req.path, "*") == 0 && strcmp(method, "OPTIONS") != 0)
        return 400;
    if (in->target.https && !t->req.tls)
        return 421;   /* RFC 9110 section 7.4 */
    if (!t->req.host) /* no proxy says otherwise */
        t->req.host = in->target.authority ? in->target.authority : head_get(&in->head, "host");
    if (host_is_wrong(t))
        return 400;
    return check_once(t) ? 400 : check_expect(t);
}

/* -------------------------------------------------------------- public */

const char *http_header(const struct http_request *req, const char *name)
{
    const struct head *h = &req->inner->head;

    for (int i = 0; i < h->count; i++) {
        const char *have = h->text + h->field[i].name;

        if ((have[0] | 0x20) == (name[0] | 0x20) && text_equal_nocase(have, name))
            return h->text + h->field[i].value;
    }
    return NULL;
}

const char *http_query(const struct http_request *req, const char *name)
{
    return target_query(&req->inner->target, name);
}

const char *http_param(const struct http_request *req, const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < req->inner->param_count; i++) {
        const struct param *p = &req->inner->params[i];

        if (p->name_len == len && memcmp(p->name, name, len) == 0)
            return p->value;
    }
    return NULL;
}

/* "a=b; c=d" -> "a=b\0c=d\0\0" */
static char *split_cookies(const char *header)
{
    char *all = calloc(1, strlen(header) + 2);
    char *to = all;

    while (all && *header) {
        size_t len;

        header += strspn(header, "; \t");
        len = strcspn(header, ";");
        memcpy(to, header, len);
        to += len ? len + 1 : 0;
        header += len;
    }
    return all;
}

const char *http_cookie(const struct http_request *req, const char *name)
{
    const char *header = http_header(req, "cookie");
    size_t len = strlen(name);

    if (header && !req->inner->cookies)
        req->inner->cookies = split_cookies(header);
    for (const char *at = req->inner->cookies; at && *at; at += strlen(at) + 1) {
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return at + len + 1;
    }
    return NULL;
}

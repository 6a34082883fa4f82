/**
 * @file net/later.c  Answers that come after their handler has returned
 *
 * A waiting request stays in the server's list and is found by its ticket, so nobody outside holds
 * a pointer to it. An answer may come before the handler's return has reached the loop thread: it
 * is then kept in the txn, because the worker may still be looking at the response.
 */
#include "net/net_internal.h"

int http_reply_later(struct http_response *res, uint64_t *ticket)
{
    res->later = true;
    *ticket = res->ticket;
    return 0;
}

void http_later_on_gone(struct http_response *res, void (*fn)(void *arg), void *arg)
{
    res->on_gone = fn;
    res->gone_arg = arg;
}

static struct txn *find(struct http_server *s, uint64_t ticket)
{
    for (struct link *l = s->txns.next; l != &s->txns; l = l->next) {
        struct txn *t = LINK_OF(l, struct txn, in_list);

        if (t->res.ticket == ticket)
            return t;
    }
    return NULL;
}

static void fill(struct txn *t)
{
    struct about before = txn_about(t);
    int err;

    t->res.later = false;
    t->res.on_gone = NULL;
    err = t->fill(&t->req, &t->res, t->fill_arg);
    t->fill = NULL;
    about_set(before);
    txn_filled(t, err);
    txn_handled(t);
}

int http_answer_later(struct http_server *server, uint64_t ticket,
                      int (*fn)(const struct http_request *req, struct http_response *res,
                                void *arg),
                      void *arg)
{
    struct txn *t = find(server, ticket);

    if (!t || t->fill || (t->state != TXN_WAITING && t->state != TXN_WORKING))
        return UV_ENOENT;
    if (!t->conn || t->conn->dead) { /* the client left while the handler was still at work */
        t->res.on_gone = NULL;       /* this is how the caller hears of it */
        return UV_ENOENT;
    }
    t->fill = fn;
    t->fill_arg = arg;
    if (t->state == TXN_WAITING)
        fill(t);
    return 0;
}

void later_handled(struct txn *t)
{
    t->state = TXN_WAITING;
    if (t->fill)
        fill(t);
    else if (!t->h2 && (t->conn->eof || t->conn->hung_up))
        h1_eof(t->conn); /* it may have left while the handler ran */
}

void later_gone(struct txn *t)
{
    struct http_response nowhere;

    if (t->fill) { /* promised to run */
        reply_init(&nowhere);
        t->fill(&t->req, &nowhere, t->fill_arg);
        reply_release(&nowhere);
        t->fill = NULL;
    } else if (t->res.later && t->res.on_gone) {
        t->res.on_gone(t->res.gone_arg);
    }
    t->res.on_gone = NULL;
}

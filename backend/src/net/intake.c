/**
 * @file net/intake.c  Bodies that are handed on in pieces
 *
 *     [who is it?] -> begin -> body -> piece with a worker -> body -> … -> the rest -> handler
 *
 * While a worker has a piece, nothing more of the sender is read but what was on its way (HTTP/1:
 * what the connection keeps; HTTP/2: the stream's window), so a body costs two pieces of memory
 * however long it is and however slow the disk.
 */
#include "net/net_internal.h"

#include "base/clock.h"

#include <stdlib.h>

static const struct http_intake *intake_of(const struct txn *t)
{
    return t->req.route ? t->req.route->intake : NULL;
}

int intake_begin(struct txn *t)
{
    int err = intake_of(t)->begin(&t->req, &t->res, t->length, &t->upload);

    if (err < 0)
        reply_error(t, err);
    return err;
}

bool intake_is_due(const struct txn *t)
{
    return t->upload && t->in.len >= PIECE;
}

static void store_piece(void *arg)
{
    struct txn *t = arg;
    struct about before = txn_about(t);

    t->verdict = intake_of(t)->take(&t->req, &t->res, t->upload, t->piece.data, t->piece.len);
    about_set(before);
}

/* The rest of the body is not read, so the answer is the connection's last. */
static void refuse(struct txn *t, int err)
{
    t->close_after = true;
    t->req.received_us = clock_mono_us();
    if (err < 0)
        reply_error(t, err);
    txn_answer(t);
}

static void stored(int err, void *arg)
{
    struct txn *t = arg;
    struct http_server *s = t->server;

    s->bodies -= t->piece.len;
    buf_clear(&t->piece);
    if (!txn_came_back(t)) {
        server_unref(s);
        return;
    }
    t->state = TXN_BODY;
    if (err || t->verdict)
        refuse(t, err ? UV_EAGAIN : t->verdict);
    else if (t->h2)
        h2_stored(t);
    else
        h1_stored(t);
    server_unref(s);
}

void intake_store(struct txn *t)
{
    struct buf spare = t->piece;

    t->piece = t->in;
    t->in = spare;
    t->state = TXN_STORING;
    if (!txn_give(t, LANE_INTAKE, store_piece, stored)) {
        t->state = TXN_BODY;
        refuse(t, UV_EAGAIN);
    }
}

void intake_whole(struct txn *t)
{
    t->whole = true;
    if (t->upload && t->in.len)
        intake_store(t);
    else
        txn_dispatch(t);
}

/* ------------------------------------------------------------------------------ dropping */

struct dropping {
    const struct http_intake *intake;
    void *upload;
};

static void drop(void *arg)
{
    struct dropping *d = arg;

    d->intake->drop(d->upload);
    d->upload = NULL;
}

static void dropped(int err, void *arg)
{
    if (err)
        drop(arg); /* the lanes have closed: there is no other thread for it */
    free(arg);
}

void intake_drop(struct txn *t)
{
    struct dropping *d;

    if (!t->upload)
        return;
    d = malloc(sizeof(*d));
    if (d) {
        *d = (struct dropping){intake_of(t), t->upload};
        if (!lane_submit(t->server->lanes, LANE_INTAKE, drop, dropped, d)) {
            t->upload = NULL;
            return;
        }
        free(d);
    }
    intake_of(t)->drop(t->upload);
    t->upload = NULL;
}

/**
 * @file blob/log.c  Logs: blobs that grow, each piece sealed and synced separately
 */
#include "blob/blob_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PIECES = 256 };

struct blob_log {
    struct blob_store *store;
    void *inner;
    char id[ID_TEXT_MAX];
    struct seal_key key;
    uint32_t number; /* of the next piece */
    int err;
    unsigned char stored[LOG_LENGTH + BLOB_SEALED];
};

void log_name(char name[static BLOB_NAME_MAX], const char *id, uint32_t number)
{
    snprintf(name, BLOB_NAME_MAX, "%s.%u.l", id, (unsigned)number);
}

static void log_free(struct blob_log *l)
{
    seal_key_wipe(&l->key);
    free(l);
}

int blob_log_create(struct blob_log **lp, struct blob_store *store, const char *id,
                    struct errbuf *why)
{
    int err = blob_check_id(id, why);
    struct blob_log *l;

    if (err)
        return err;
    l = calloc(1, sizeof(*l));
    if (!l)
        return err_set(why, UV_ENOMEM, "out of memory");
    l->store = store;
    memcpy(l->id, id, sizeof(l->id));
    seal_key_now(store->seal, &l->key);
    err = store->driver->create(store->inner, id, BLOB_GROWING, &l->inner, why);
    if (err) {
        log_free(l);
        return err;
    }
    err = store->driver->append(l->inner, log_magic, BLOB_MAGIC, why);
    if (!err)
        err = store->driver->append(l->inner, l->key.id, SEAL_ID_LEN, why);
    if (err) {
        store->driver->abandon(l->inner);
        log_free(l);
        return err;
    }
    *lp = l;
    return 0;
}

int blob_log_append(struct blob_log *l, const void *data, size_t len, struct errbuf *why)
{
    const struct blob_driver *driver = l->store->driver;
    size_t sealed = len + SEAL_MORE;
    char name[BLOB_NAME_MAX];

    if (l->err)
        return err_set(why, l->err, "this recording could not be stored before");
    if (!len || len > BLOB_CHUNK || l->number == UINT32_MAX)
        return err_set(why, UV_EINVAL, "a piece of a recording has 1 to %d bytes", BLOB_CHUNK);
    for (int i = 0; i < LOG_LENGTH; i++)
        l->stored[i] = (unsigned char)(sealed >> (8 * i));
    log_name(name, l->id, l->number);
    l->err = seal_bytes(l->store->seal, &l->key, name, "blob", data, len, l->stored + LOG_LENGTH);
    if (l->err)
        return err_set(why, l->err, "a recording cannot be encrypted");
    l->err = driver->append(l->inner, l->stored, LOG_LENGTH + sealed, why);
    if (!l->err)
        l->err = driver->sync(l->inner, why);
    l->number++;
    return l->err;
}

void blob_log_close(struct blob_log *l)
{
    if (!l)
        return;
    l->store->driver->leave(l->inner);
    log_free(l);
}

/* ------------------------------------------------------------------------------- reading */

/* false: incomplete, or no piece can have that length. */
static bool read_length(const unsigned char from[LOG_LENGTH], uint64_t left, uint32_t *len)
{
    uint32_t sealed = 0;

    for (int i = 0; i < LOG_LENGTH; i++)
        sealed |= (uint32_t)from[i] << (8 * i);
    *len = sealed - SEAL_MORE;
    return sealed > SEAL_MORE && sealed <= BLOB_SEALED && sealed <= left;
}

int log_pieces(const struct blob_store *store, void *reader, uint64_t stored,
               struct blob_piece **pieces, uint32_t *count, struct errbuf *why)
{
    uint64_t at = BLOB_HEAD, clear = 0;
    uint32_t n = 0, room = FIRST_PIECES, len;
    struct blob_piece *list = malloc(room * sizeof(*list));
    int err = list ? 0 : err_set(why, UV_ENOMEM, "out of memory");

    while (!err && stored - at >= LOG_LENGTH) {
        unsigned char length[LOG_LENGTH];

        err = store->driver->read(reader, at, length, LOG_LENGTH, why);
        at += LOG_LENGTH;
        if (err || !read_length(length, stored - at, &len))
            break;
        if (n == room) {
            struct blob_piece *more = realloc(list, (room *= 2) * sizeof(*more));

            if (!more) {
                err = err_set(why, UV_ENOMEM, "out of memory");
                break;
            }
            list = more;
        }
        list[n++] = (struct blob_piece){.at = clear, .stored = at, .len = len};
        clear += len;
        at += len + SEAL_MORE;
    }
    if (err) {
        free(list);
        return err;
    }
    *pieces = list;
    *count = n;
    return 0;
}

/* ---- ending a log --------------------------------------------------------------------------- */

/* Copies all pieces, and appends tail's bytes to the last one. */
static int copy(struct blob_store *store, const char *id, struct blob_writer *w,
                int (*tail)(const void *last, size_t len, struct buf *more, void *arg), void *arg,
                struct errbuf *why)
{
    struct blob_reader *r = NULL;
    unsigned char *piece = malloc(BLOB_CHUNK);
    struct buf more;
    int64_t len = 0;
    int err = piece ? blob_open_as(&r, store, id, BLOB_LOG, why)
                    : err_set(why, UV_ENOMEM, "out of memory");

    buf_init(&more, BLOB_CHUNK);
    if (!err && !blob_pieces(r))
        err = err_set(why, UV_EOF, "nothing was recorded");
    for (uint32_t i = 0; !err && i < blob_pieces(r); i++) {
        len = blob_piece(r, i, piece, why);
        err = len < 0 ? (int)len : blob_append(w, piece, (size_t)len, why);
    }
    if (!err && tail)
        err = tail(piece, (size_t)len, &more, arg);
    if (!err && more.len)
        err = blob_append(w, more.data, more.len, why);
    blob_close(r);
    buf_release(&more);
    if (piece)
        explicit_bzero(piece, BLOB_CHUNK);
    free(piece);
    return err;
}

int blob_log_end(struct blob_store *store, const char *id,
                 int (*tail)(const void *last, size_t len, struct buf *more, void *arg), void *arg,
                 uint64_t *size, struct errbuf *why)
{
    struct blob_writer *w = NULL;
    int err = blob_check_id(id, why);

    if (err)
        return err;
    err = store->driver->erase(store->inner, id, BLOB_UNCLAIMED, NULL);
    if (err && err != UV_ENOENT)
        return err_set(why, err, "what was left of a recording cannot be removed");
    err = blob_create(&w, store, id, why);
    if (!err)
        err = copy(store, id, w, tail, arg, why);
    if (err) {
        blob_abandon(w);
        return err;
    }
    return blob_commit(w, size, why);
}

int blob_log_drop(struct blob_store *store, const char *id, struct errbuf *why)
{
    int err = blob_check_id(id, why);

    return err ? err : store->driver->erase(store->inner, id, BLOB_LOG, why);
}

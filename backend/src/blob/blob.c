/**
 * @file blob/blob.c  Blobs: finds the driver, and seals the data in chunks
 */
#include "blob/blob_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char before_ids[] = "IVDBLOB1";
static const char magic[] = "IVDBLOB2";
const char log_magic[BLOB_MAGIC + 1] = "IVDBLOG1";

enum { NO_CHUNK = -1 };

static const struct blob_driver *const drivers[] = {
    &blob_files,
};

struct blob_writer {
    struct blob_store *store;
    void *inner;
    char id[ID_TEXT_MAX];
    struct seal_key key;
    uint32_t chunk; /* number of the chunk being filled */
    size_t filled;
    uint64_t size;
    int err;
    unsigned char clear[BLOB_CHUNK];
    unsigned char sealed[BLOB_SEALED];
};

struct blob_reader {
    struct blob_store *store;
    void *inner;
    char id[ID_TEXT_MAX];
    struct seal_key key;
    bool named; /* the header contains the key's name, and is BLOB_HEAD long */
    uint64_t size;
    uint32_t chunks;
    struct blob_piece *pieces; /* the chunks of a log; NULL: a blob */
    int64_t chunk;             /* the one in clear[], or NO_CHUNK */
    unsigned char clear[BLOB_CHUNK];
    unsigned char sealed[BLOB_SEALED];
};

int blob_store_open(struct blob_store **sp, const char *driver, const struct blob_params *params,
                    const struct seal *seal, struct errbuf *why)
{
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        struct blob_store *store;
        int err;

        if (strcmp(drivers[i]->name, driver) != 0)
            continue;
        store = calloc(1, sizeof(*store));
        if (!store)
            return err_set(why, UV_ENOMEM, "out of memory");
        store->driver = drivers[i];
        store->seal = seal;
        err = drivers[i]->open(&store->inner, params, why);
        if (err)
            free(store);
        else
            *sp = store;
        return err;
    }
    return err_set(why, UV_ENOENT, "there is nothing called \"%s\" to keep recordings in", driver);
}

void blob_store_close(struct blob_store *store)
{
    if (!store)
        return;
    store->driver->close(store->inner);
    free(store);
}

int blob_check_id(const char *id, struct errbuf *why)
{
    return id_valid(id) ? 0 : err_set(why, UV_EINVAL, "that is no id of a recording");
}

/* The name that is authenticated with a chunk. */
static void name_chunk(char name[static BLOB_NAME_MAX], const char *id, uint32_t chunk, bool last)
{
    snprintf(name, BLOB_NAME_MAX, "%s.%u.%c", id, (unsigned)chunk, last ? 'z' : 'a');
}

/* ------------------------------------------------------------------------------- writing */

/* Its content was private. */
static void writer_free(struct blob_writer *w)
{
    explicit_bzero(w->clear, sizeof(w->clear));
    seal_key_wipe(&w->key);
    free(w);
}

static int create(struct blob_writer **wp, struct blob_store *store, const char *id,
                  enum blob_put put, struct errbuf *why)
{
    int err = blob_check_id(id, why);
    struct blob_writer *w;

    if (err)
        return err;
    w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(why, UV_ENOMEM, "out of memory");
    w->store = store;
    seal_key_now(store->seal, &w->key);
    memcpy(w->id, id, sizeof(w->id));
    err = store->driver->create(store->inner, id, put, &w->inner, why);
    if (err) {
        writer_free(w);
        return err;
    }
    err = store->driver->append(w->inner, magic, BLOB_MAGIC, why);
    if (!err)
        err = store->driver->append(w->inner, w->key.id, SEAL_ID_LEN, why);
    if (err)
        blob_abandon(w);
    else
        *wp = w;
    return err;
}

int blob_create(struct blob_writer **wp, struct blob_store *store, const char *id,
                struct errbuf *why)
{
    return create(wp, store, id, BLOB_NEW, why);
}

static int write_chunk(struct blob_writer *w, bool last, struct errbuf *why)
{
    char name[BLOB_NAME_MAX];
    int err;

    name_chunk(name, w->id, w->chunk, last);
    err = seal_bytes(w->store->seal, &w->key, name, "blob", w->clear, w->filled, w->sealed);
    if (err)
        return err_set(why, err, "a recording cannot be encrypted");
    err = w->store->driver->append(w->inner, w->sealed, w->filled + SEAL_MORE, why);
    w->chunk++;
    w->filled = 0;
    return err;
}

int blob_append(struct blob_writer *w, const void *data, size_t len, struct errbuf *why)
{
    const unsigned char *from = data;

    while (!w->err && len) {
        size_t n = BLOB_CHUNK - w->filled < len ? BLOB_CHUNK - w->filled : len;

        if (!n) { /* full, and more follows */
            w->err = w->chunk == UINT32_MAX ? UV_EFBIG : write_chunk(w, false, why);
            continue;
        }
        memcpy(w->clear + w->filled, from, n);
        w->filled += n;
        w->size += n;
        from += n;
        len -= n;
    }
    return w->err;
}

int blob_commit(struct blob_writer *w, uint64_t *size, struct errbuf *why)
{
    int err = w->err ? err_set(why, w->err, "the recording was not stored whole")
                     : write_chunk(w, true, why);

    if (err) {
        blob_abandon(w);
        return err;
    }
    err = w->store->driver->commit(w->inner, why);
    if (!err && size)
        *size = w->size;
    writer_free(w);
    return err;
}

void blob_abandon(struct blob_writer *w)
{
    if (!w)
        return;
    w->store->driver->abandon(w->inner);
    writer_free(w);
}

/* ------------------------------------------------------------------------------- reading */

static size_t head_len(const struct blob_reader *r)
{
    return r->named ? (size_t)BLOB_HEAD : (size_t)BLOB_MAGIC;
}

/* The number of chunks and the length, from the stored size. */
static int measure(struct blob_reader *r, uint64_t stored, struct errbuf *why)
{
    uint64_t head = head_len(r);
    uint64_t body = stored - head;
    uint64_t chunks = (body + BLOB_SEALED - 1) / BLOB_SEALED;

    if (stored < head + SEAL_MORE || chunks > UINT32_MAX ||
        body - (chunks - 1) * BLOB_SEALED < SEAL_MORE)
        return err_set(why, UV_EILSEQ, "a recording is damaged: its length cannot be");
    r->chunks = (uint32_t)chunks;
    r->size = body - chunks * SEAL_MORE;
    return 0;
}

static uint64_t chunk_at(const struct blob_reader *r, uint32_t chunk)
{
    return r->pieces ? r->pieces[chunk].at : (uint64_t)chunk * BLOB_CHUNK;
}

static size_t chunk_len(const struct blob_reader *r, uint32_t chunk)
{
    uint64_t left = r->size - chunk_at(r, chunk);

    if (r->pieces)
        return r->pieces[chunk].len;
    return left < BLOB_CHUNK ? (size_t)left : (size_t)BLOB_CHUNK;
}

/* The chunk that contains the byte at this offset. */
static uint32_t chunk_of(const struct blob_reader *r, uint64_t offset)
{
    uint32_t low = 0, high = r->chunks - 1;

    if (!r->pieces)
        return (uint32_t)(offset / BLOB_CHUNK);
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;

        if (r->pieces[middle].at <= offset)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int read_chunk(struct blob_reader *r, uint32_t chunk, struct errbuf *why)
{
    uint64_t at = r->pieces ? r->pieces[chunk].stored : head_len(r) + (uint64_t)chunk * BLOB_SEALED;
    size_t len = chunk_len(r, chunk);
    char name[BLOB_NAME_MAX];
    int err;

    if (r->chunk == (int64_t)chunk)
        return 0;
    r->chunk = NO_CHUNK;
    err = r->store->driver->read(r->inner, at, r->sealed, len + SEAL_MORE, why);
    if (err)
        return err;
    if (r->pieces)
        log_name(name, r->id, chunk);
    else
        name_chunk(name, r->id, chunk, chunk == r->chunks - 1);
    err = unseal_bytes(r->store->seal, &r->key, name, "blob", r->sealed, len + SEAL_MORE, r->clear);
    if (err)
        return err_set(why, err, "a recording is damaged, or was sealed with another key");
    r->chunk = (int64_t)chunk;
    return 0;
}

/* The header has no key name: which key opens the first chunk? */
static int try_keys(struct blob_reader *r)
{
    int err = UV_EILSEQ;

    for (size_t i = 0; err == UV_EILSEQ && !seal_key_at(r->store->seal, i, &r->key); i++)
        err = read_chunk(r, 0, NULL);
    if (err == UV_EILSEQ) /* damaged; reading will report it */
        err = seal_key_at(r->store->seal, 0, &r->key);
    return err;
}

static int read_head(struct blob_reader *r, enum blob_form form, uint64_t stored,
                     struct errbuf *why)
{
    char head[BLOB_HEAD] = "";
    int err = stored < BLOB_HEAD
                  ? err_set(why, UV_EILSEQ, "a recording is damaged: its length cannot be")
                  : r->store->driver->read(r->inner, 0, head, BLOB_HEAD, why);

    if (err)
        return err;
    r->named = memcmp(head, form == BLOB_LOG ? log_magic : magic, BLOB_MAGIC) == 0;
    if (!r->named && (form == BLOB_LOG || memcmp(head, before_ids, BLOB_MAGIC) != 0))
        return err_set(why, UV_EILSEQ, "a recording is damaged from its first bytes on");
    if (form == BLOB_LOG)
        err = log_pieces(r->store, r->inner, stored, &r->pieces, &r->chunks, why);
    else
        err = measure(r, stored, why);
    if (err || !r->named)
        return err ? err : try_keys(r);
    if (r->pieces && r->chunks)
        r->size = r->pieces[r->chunks - 1].at + r->pieces[r->chunks - 1].len;
    return seal_key_find(r->store->seal, head + BLOB_MAGIC, &r->key)
               ? err_set(why, UV_EILSEQ, "a recording was sealed with a key that is not here")
               : 0;
}

int blob_open_as(struct blob_reader **rp, struct blob_store *store, const char *id,
                 enum blob_form form, struct errbuf *why)
{
    struct blob_reader *r = calloc(1, sizeof(*r));
    uint64_t stored = 0;
    int err;

    if (!r)
        return err_set(why, UV_ENOMEM, "out of memory");
    r->store = store;
    r->chunk = NO_CHUNK;
    memcpy(r->id, id, sizeof(r->id));
    err = store->driver->find(store->inner, id, form, &r->inner, &stored, why);
    if (err) {
        free(r);
        return err;
    }
    err = read_head(r, form, stored, why);
    if (err)
        blob_close(r);
    else
        *rp = r;
    return err;
}

/* Tries the forms in the reverse of the order in which one becomes the next, so that a change
 * meanwhile is not missed. */
int blob_open(struct blob_reader **rp, struct blob_store *store, const char *id, struct errbuf *why)
{
    int err = blob_check_id(id, why);

    if (err)
        return err;
    err = UV_ENOENT;
    for (enum blob_form form = BLOB_CLAIMED; form <= BLOB_LOG && err == UV_ENOENT; form++)
        err = blob_open_as(rp, store, id, form, why);
    return err;
}

uint64_t blob_size(const struct blob_reader *r)
{
    return r->size;
}

int64_t blob_read(struct blob_reader *r, uint64_t offset, void *to, size_t len, struct errbuf *why)
{
    size_t done = 0;

    if (offset >= r->size)
        return 0;
    if (len > r->size - offset)
        len = (size_t)(r->size - offset);
    while (done < len) {
        uint32_t chunk = chunk_of(r, offset + done);
        size_t from = (size_t)(offset + done - chunk_at(r, chunk));
        size_t n =
            chunk_len(r, chunk) - from < len - done ? chunk_len(r, chunk) - from : len - done;
        int err = read_chunk(r, chunk, why);

        if (err)
            return err;
        memcpy((char *)to + done, r->clear + from, n);
        done += n;
    }
    return (int64_t)done;
}

uint32_t blob_pieces(const struct blob_reader *r)
{
    return r->chunks;
}

int64_t blob_piece(struct blob_reader *r, uint32_t number, void *to, struct errbuf *why)
{
    return blob_read(r, chunk_at(r, number), to, chunk_len(r, number), why);
}

void blob_close(struct blob_reader *r)
{
    if (!r)
        return;
    r->store->driver->release(r->inner);
    free(r->pieces);
    explicit_bzero(r->clear, sizeof(r->clear));
    seal_key_wipe(&r->key);
    free(r);
}

/* ---------------------------------------------------------------------------- a new key */

/* If there is only one key, data without a key name is sealed with that one. */
static bool is_fresh(const struct blob_reader *r)
{
    struct seal_key now;
    bool fresh;

    seal_key_now(r->store->seal, &now);
    fresh = r->named ? !memcmp(now.id, r->key.id, SEAL_ID_LEN)
                     : seal_key_at(r->store->seal, 1, &now) == UV_ENOENT;
    seal_key_wipe(&now);
    return fresh;
}

int blob_is_fresh(struct blob_store *store, const char *id, bool *fresh, struct errbuf *why)
{
    struct blob_reader *r = NULL;
    int err = blob_open(&r, store, id, why);

    if (err)
        return err;
    *fresh = is_fresh(r);
    blob_close(r);
    return 0;
}

static int copy_chunks(struct blob_reader *r, struct blob_writer *w, struct errbuf *why)
{
    int err = 0;

    for (uint32_t i = 0; i < r->chunks && !err; i++) {
        err = read_chunk(r, i, why);
        if (!err)
            err = blob_append(w, r->clear, chunk_len(r, i), why);
    }
    return err;
}

int blob_reseal(struct blob_store *store, const char *id, struct errbuf *why)
{
    struct blob_reader *r = NULL;
    struct blob_writer *w = NULL;
    int err = blob_open(&r, store, id, why);

    if (err)
        return err;
    if (!is_fresh(r) && !r->pieces) {
        err = create(&w, store, id, BLOB_AGAIN, why);
        if (!err)
            err = copy_chunks(r, w, why);
        if (err)
            blob_abandon(w);
        else
            err = blob_commit(w, NULL, why);
    }
    blob_close(r);
    return err;
}

/* ---- all blobs ----------------------------------------------------------------------------- */

int blob_claim(struct blob_store *store, const char *id, struct errbuf *why)
{
    int err = blob_check_id(id, why);

    return err ? err : store->driver->claim(store->inner, id, why);
}

/* Erases all forms, even if one of them fails. */
int blob_erase(struct blob_store *store, const char *id, struct errbuf *why)
{
    int err = blob_check_id(id, why), found = UV_ENOENT;

    if (err)
        return err;
    for (int form = BLOB_LOG; form >= BLOB_CLAIMED; form--) {
        struct errbuf reason = {""};
        int one = store->driver->erase(store->inner, id, (enum blob_form)form, &reason);

        if (one && one != UV_ENOENT)
            err = err_set(why, one, "%s", reason.text);
        else if (!one)
            found = 0;
    }
    if (!err && found)
        return err_set(why, found, "there is no such recording");
    return err;
}

int blob_list(struct blob_store *store, int (*fn)(const char *id, enum blob_form form, void *arg),
              void *arg, struct errbuf *why)
{
    return store->driver->list(store->inner, fn, arg, why);
}

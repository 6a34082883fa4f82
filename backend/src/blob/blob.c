/**
 * @file blob/blob.c  Blobs: finds the driver, and seals what goes through in chunks
 *
 * As stored: "IVDBLOB2" and the name of the key (auth/seal.h), then each chunk as seal_bytes()
 * makes it; from before keys had names, "IVDBLOB1" and the chunks. All chunks but the last are
 * full, so where one lies, and how long the whole is, follow from the stored size alone.
 */
#include "blob/blob.h"

#include "auth/seal.h"
#include "base/id.h"
#include "blob/driver.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char before_ids[] = "IVDBLOB1";
static const char magic[] = "IVDBLOB2";

enum {
    MAGIC = sizeof(magic) - 1,
    HEAD = MAGIC + SEAL_ID_LEN,
    SEALED_CHUNK = BLOB_CHUNK + SEAL_MORE,
    CHUNK_NAME_MAX = ID_TEXT_MAX + 16,
    NO_CHUNK = -1,
};

static const struct blob_driver *const drivers[] = {
    &blob_files,
};

struct blob_store {
    const struct blob_driver *driver;
    void *inner;
    const struct seal *seal;
};

struct blob_writer {
    struct blob_store *store;
    void *inner;
    char id[ID_TEXT_MAX];
    struct seal_key key;
    uint32_t chunk; /* the one that is being filled */
    size_t filled;
    uint64_t size;
    int err;
    unsigned char clear[BLOB_CHUNK];
    unsigned char sealed[SEALED_CHUNK];
};

struct blob_reader {
    struct blob_store *store;
    void *inner;
    char id[ID_TEXT_MAX];
    struct seal_key key;
    bool named; /* the key's name is in the head, and the head is HEAD long */
    uint64_t size;
    uint32_t chunks;
    int64_t chunk; /* the one in clear[], or NO_CHUNK */
    unsigned char clear[BLOB_CHUNK];
    unsigned char sealed[SEALED_CHUNK];
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

static int check_id(const char *id, struct errbuf *why)
{
    return id_valid(id) ? 0 : err_set(why, UV_EINVAL, "that is no id of a recording");
}

/* What is authenticated with a chunk besides the field's name. */
static void name_chunk(char name[static CHUNK_NAME_MAX], const char *id, uint32_t chunk, bool last)
{
    snprintf(name, CHUNK_NAME_MAX, "%s.%u.%c", id, (unsigned)chunk, last ? 'z' : 'a');
}

/* ------------------------------------------------------------------------------- writing */

/* What was in it was private. */
static void writer_free(struct blob_writer *w)
{
    explicit_bzero(w->clear, sizeof(w->clear));
    seal_key_wipe(&w->key);
    free(w);
}

/* again: one that is there, in its place when it is committed. */
static int create(struct blob_writer **wp, struct blob_store *store, const char *id, bool again,
                  struct errbuf *why)
{
    int err = check_id(id, why);
    struct blob_writer *w;

    if (err)
        return err;
    w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(why, UV_ENOMEM, "out of memory");
    w->store = store;
    seal_key_now(store->seal, &w->key);
    memcpy(w->id, id, sizeof(w->id));
    err = store->driver->create(store->inner, id, again, &w->inner, why);
    if (err) {
        writer_free(w);
        return err;
    }
    err = store->driver->append(w->inner, magic, MAGIC, why);
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
    return create(wp, store, id, false, why);
}

static int write_chunk(struct blob_writer *w, bool last, struct errbuf *why)
{
    char name[CHUNK_NAME_MAX];
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

        if (!n) { /* full, and not the last: there is more */
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
    return r->named ? (size_t)HEAD : (size_t)MAGIC;
}

/* How many chunks, and how long, from what is stored. */
static int measure(struct blob_reader *r, uint64_t stored, struct errbuf *why)
{
    uint64_t head = head_len(r);
    uint64_t body = stored - head;
    uint64_t chunks = (body + SEALED_CHUNK - 1) / SEALED_CHUNK;

    if (stored < head + SEAL_MORE || chunks > UINT32_MAX ||
        body - (chunks - 1) * SEALED_CHUNK < SEAL_MORE)
        return err_set(why, UV_EILSEQ, "a recording is damaged: its length cannot be");
    r->chunks = (uint32_t)chunks;
    r->size = body - chunks * SEAL_MORE;
    return 0;
}

static size_t chunk_len(const struct blob_reader *r, uint32_t chunk)
{
    uint64_t left = r->size - (uint64_t)chunk * BLOB_CHUNK;

    return left < BLOB_CHUNK ? (size_t)left : (size_t)BLOB_CHUNK;
}

static int read_chunk(struct blob_reader *r, uint32_t chunk, struct errbuf *why)
{
    uint64_t at = head_len(r) + (uint64_t)chunk * SEALED_CHUNK;
    size_t len = chunk_len(r, chunk);
    char name[CHUNK_NAME_MAX];
    int err;

    if (r->chunk == (int64_t)chunk)
        return 0;
    r->chunk = NO_CHUNK;
    err = r->store->driver->read(r->inner, at, r->sealed, len + SEAL_MORE, why);
    if (err)
        return err;
    name_chunk(name, r->id, chunk, chunk == r->chunks - 1);
    err = unseal_bytes(r->store->seal, &r->key, name, "blob", r->sealed, len + SEAL_MORE, r->clear);
    if (err)
        return err_set(why, err, "a recording is damaged, or was sealed with another key");
    r->chunk = (int64_t)chunk;
    return 0;
}

/* Without a name in the head: which of the keys opens the first chunk? */
static int try_keys(struct blob_reader *r)
{
    int err = UV_EILSEQ;

    for (size_t i = 0; err == UV_EILSEQ && !seal_key_at(r->store->seal, i, &r->key); i++)
        err = read_chunk(r, 0, NULL);
    if (err == UV_EILSEQ) /* damaged, which reading tells */
        err = seal_key_at(r->store->seal, 0, &r->key);
    return err;
}

static int read_head(struct blob_reader *r, uint64_t stored, struct errbuf *why)
{
    char head[HEAD] = "";
    int err = stored < HEAD
                  ? err_set(why, UV_EILSEQ, "a recording is damaged: its length cannot be")
                  : r->store->driver->read(r->inner, 0, head, HEAD, why);

    if (err)
        return err;
    r->named = memcmp(head, magic, MAGIC) == 0;
    if (!r->named && memcmp(head, before_ids, MAGIC) != 0)
        return err_set(why, UV_EILSEQ, "a recording is damaged from its first bytes on");
    err = measure(r, stored, why);
    if (err || !r->named)
        return err ? err : try_keys(r);
    return seal_key_find(r->store->seal, head + MAGIC, &r->key)
               ? err_set(why, UV_EILSEQ, "a recording was sealed with a key that is not here")
               : 0;
}

int blob_open(struct blob_reader **rp, struct blob_store *store, const char *id, struct errbuf *why)
{
    int err = check_id(id, why);
    struct blob_reader *r;
    uint64_t stored = 0;

    if (err)
        return err;
    r = calloc(1, sizeof(*r));
    if (!r)
        return err_set(why, UV_ENOMEM, "out of memory");
    r->store = store;
    r->chunk = NO_CHUNK;
    memcpy(r->id, id, sizeof(r->id));
    err = store->driver->find(store->inner, id, &r->inner, &stored, why);
    if (err) {
        free(r);
        return err;
    }
    err = read_head(r, stored, why);
    if (err)
        blob_close(r);
    else
        *rp = r;
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
        uint64_t at = offset + done;
        uint32_t chunk = (uint32_t)(at / BLOB_CHUNK);
        size_t from = (size_t)(at % BLOB_CHUNK);
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

void blob_close(struct blob_reader *r)
{
    if (!r)
        return;
    r->store->driver->release(r->inner);
    explicit_bzero(r->clear, sizeof(r->clear));
    seal_key_wipe(&r->key);
    free(r);
}

/* ---------------------------------------------------------------------------- a new key */

/* Where there is one key only, it is that one also without its name. */
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
    if (!is_fresh(r)) {
        err = create(&w, store, id, true, why);
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

/* --------------------------------------------------------------------------- all of them */

int blob_erase(struct blob_store *store, const char *id, struct errbuf *why)
{
    int err = check_id(id, why);

    return err ? err : store->driver->erase(store->inner, id, why);
}

int blob_list(struct blob_store *store, int (*fn)(const char *id, void *arg), void *arg,
              struct errbuf *why)
{
    return store->driver->list(store->inner, fn, arg, why);
}

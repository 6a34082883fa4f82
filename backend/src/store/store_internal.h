/**
 * @file store/store_internal.h  The store as its own files see it; private to store/
 *
 * Each kind of record has its file: users.c, sessions.c and recordings.c check what comes in and
 * hand it to the driver, a read to `driver` and a write to `writer`.
 */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include "store/driver.h"
#include "store/record.h"

struct store {
    const struct store_driver *driver;
    void *db;
    const struct store_driver *writer; /* the same two, or the way over to the lane that writes */
    void *writer_db;
    struct on_lane *on_lane;
    void (*watcher)(const struct store_written *written, void *arg);
    void *watcher_arg;
};

/** Passes err on, having told the watcher of a write that worked: what failed changed nothing. */
int store_tell(struct store *store, int err, const char *user_id, const char *session_id);

/** An id that is looked up: a malformed one names nothing, UV_ENOENT. */
int store_check_id(const char *id, const char *what, struct errbuf *why);
/** The id of something to be stored: a malformed one is the caller's mistake, UV_EINVAL. */
int store_check_own_id(const char *id, const char *what, struct errbuf *why);
/** 1..STORE_PAGE_MAX. */
int store_check_page(size_t limit, struct errbuf *why);
/** NULL, empty, or an id. */
int store_check_cursor(const char *cursor, struct errbuf *why);

#endif

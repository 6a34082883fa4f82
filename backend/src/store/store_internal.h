/**
 * @file store/store_internal.h  The store's internals; private to store/
 *
 * Each kind of record has its file: users.c, sessions.c and recordings.c check the arguments and
 * call the driver: `driver` to read and `writer` to write.
 */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include "store/driver.h"
#include "store/record.h"

struct store {
    const struct store_driver *driver;
    void *db;
    const struct store_driver *writer; /* the same two, or those that run on the writing lane */
    void *writer_db;
    struct on_lane *on_lane;
    void (*watcher)(const struct store_written *written, void *arg);
    void *watcher_arg;
};

/** Returns err; tells the watcher about a successful write (a failed one changed nothing). */
int store_tell(struct store *store, int err, const char *user_id, const char *session_id);

/** For an id to look up: a malformed one names nothing, UV_ENOENT. */
int store_check_id(const char *id, const char *what, struct errbuf *why);
/** For the id of something to store: a malformed one is the caller's mistake, UV_EINVAL. */
int store_check_own_id(const char *id, const char *what, struct errbuf *why);
/** 1..STORE_PAGE_MAX. */
int store_check_page(size_t limit, struct errbuf *why);
/** NULL, empty, or an id. */
int store_check_cursor(const char *cursor, struct errbuf *why);

#endif

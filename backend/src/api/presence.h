/**
 * @file api/presence.h  Open sockets, by user and sign-in
 *
 *     presence_open(&presence, loop, &limits);
 *     presence_join(presence, &entry);                    // a socket signed in
 *     accounts_watch(accounts, presence_signed_out, presence);
 *     ...                                                 // entry.on_signed_out(entry.arg)
 *     presence_leave(&entry);
 *
 * When a sign-in ends, on_signed_out is soon called for each of its sockets, on the loop thread.
 * The entry has then already left, so it may be freed in there, and others too.
 *
 * Threads    Loop thread only, except presence_signed_out(): any.
 * Errors     presence_join() and presence_listen(): UV_EMFILE: the user has reached the limit;
 *            presence_listen() also for an entry that has not joined.
 * Ownership  Entries belong to the caller and stay where they are between join and leave.
 */
#ifndef API_PRESENCE_H
#define API_PRESENCE_H

#include "base/id.h"

#include <stdbool.h>

struct loop;
struct presence;

struct presence_limits {
    int sockets_per_user; /**< 0: no limit */
    int lines_per_user;   /**< Recogniser streams at the same time; 0: no limit */
};

struct presence_entry {
    char user[ID_TEXT_MAX];
    char family[ID_TEXT_MAX];
    void (*on_signed_out)(void *arg);
    void *arg;

    struct presence *in; /**< NULL: not joined. The rest is private */
    struct presence_entry *next, **at;
    bool counts, listens;
};

int presence_open(struct presence **pp, struct loop *loop, const struct presence_limits *limits);
void presence_close(struct presence *p); /**< NULL is allowed; every entry must have left */

int presence_join(struct presence *p, struct presence_entry *entry);
/** Something else that ends with its sign-in, such as an event stream: it counts against no
 *  limit. */
void presence_follow(struct presence *p, struct presence_entry *entry);
void presence_leave(struct presence_entry *entry); /**< Also allowed if it has not joined */

/** Takes one of its user's recogniser streams until it leaves; calling it again does no harm. */
int presence_listen(struct presence_entry *entry);

/** A sign-in ended: notifies its sockets. p is a struct presence. */
void presence_signed_out(const char *user_id, const char *family, void *p);

#endif

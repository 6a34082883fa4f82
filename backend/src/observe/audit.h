/**
 * @file observe/audit.h  Who touched which record, who was refused, and when
 *
 *     audit_open("<data>/audit.jsonl", &why);
 *     audit(&(struct audit_event){.user = user, .action = "read", .kind = "session", ...});
 *     ...
 *     n = 20;
 *     audit_read(user, 0, events, &n, &more);              // the newest of this user
 *     audit_read(user, events[n - 1].number, events, ...); // and those before
 *
 * JSON lines, one an event: number, time, user, action, kind, id, status, requestId, address,
 * agent. Names and ids only: never what a record says, and of the browser only a short hash.
 * Numbers count on across restarts, so the order is known whatever the clock did. A line that a
 * crash cut off is ended at the next start and read over.
 *
 * At AUDIT_FILE_MAX the file becomes audit.1.jsonl, that one audit.2.jsonl and so on; what was in
 * the AUDIT_FILESth is gone then: whoever must keep it longer copies the numbered ones in time.
 * The files belong to their owner alone (0600).
 *
 * audit_forget() makes somebody's lines nobody's: who, of what, and from where become stars of the
 * same length, in place, so that it needs no room on the disk. What happened, when, and how it
 * ended stays, under its number.
 *
 * Threads    Any but the loop thread: it waits for the disk (the line is written before it
 *            returns). Before audit_open() and after audit_close() calls do nothing.
 */
#ifndef OBSERVE_AUDIT_H
#define OBSERVE_AUDIT_H

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AUDIT_FORGOTTEN = 64,     /**< Users whose late lines are known as nobody's, the latest */
    AUDIT_FILE_MAX = 8 << 20, /**< [bytes] */
    AUDIT_FILES = 4,          /**< The one that is written, and those before it */
    AUDIT_WORD_MAX = 32,      /**< Longest action or kind and NUL; the rest is cut */
    AUDIT_ADDRESS_MAX = 64,
    AUDIT_AGENT_MAX = 17,
};

/** NULL texts are "". */
struct audit_event {
    const char *user;   /**< "": nobody who is known */
    const char *action; /**< "read", "list", "login", "token_reused" … */
    const char *kind;   /**< What of: "session", "user" … */
    const char *id;     /**< Which; "": none */
    int status;         /**< As HTTP tells how it ended: 200 done, 401, 404 and 429 refused … */
    const char *request_id;
    const char *address; /**< Where from */
    const char *agent;   /**< Hash of the program that asked */
};

/** One that was read back. */
struct audit_entry {
    int64_t number;
    char time[CLOCK_TEXT_MAX];
    char action[AUDIT_WORD_MAX];
    char kind[AUDIT_WORD_MAX];
    char id[ID_TEXT_MAX];
    int status;
    char request_id[ID_TEXT_MAX];
    char address[AUDIT_ADDRESS_MAX];
    char agent[AUDIT_AGENT_MAX];
};

int audit_open(const char *path, struct errbuf *why);

/** 0, or the error of the write: a caller that must not act unseen can refuse then. */
int audit(const struct audit_event *event);

/** The user's events before that number (0: the newest), newest first: at most *count, and how
 *  many there are. more: there are older ones. 0 or a negative UV_E* code. */
int audit_read(const char *user, int64_t before, struct audit_entry *entries, size_t *count,
               bool *more);

/** The user was erased: no line names them any more, whether written before or later on by this run
 *  of the program (a request that was under way). 0, or the first error; the rest is done then. */
int audit_forget(const char *user);
void audit_close(void);

#endif

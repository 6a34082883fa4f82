/**
 * @file observe/audit.h  Who touched which record, who was refused, and when
 *
 *     audit_open("<data>/audit.jsonl", &why);
 *     audit(&(struct audit_event){.user = user, .action = "read", .kind = "session", ...});
 *     ...
 *     n = 20;
 *     audit_read(user, 0, events, &n, &more);              // the newest of this user
 *     audit_read(user, events[n - 1].number, events, ...); // and older ones
 *
 * One JSON line for each event: number, time, user, action, kind, id, status, requestId, address,
 * agent. Only names and ids: never the content of a record, and only a short hash of the browser.
 * Numbering continues across restarts, so the order is known even if the clock was changed. A line
 * that a crash cut off is terminated at the next start and skipped when reading.
 *
 * At AUDIT_FILE_MAX the file becomes audit.1.jsonl, that one audit.2.jsonl and so on, and the
 * oldest of AUDIT_FILES is removed: if you must keep events longer, copy the numbered files in
 * time. Only the owner can read the files (0600).
 *
 * audit_forget() makes a person's lines anonymous: who, which record and from where are overwritten
 * in place with as many stars, so that it needs no disk space. What happened, when and with which
 * result stays, under its number.
 *
 * Threads    Any but the loop thread: a call waits for the disk (the line is written before it
 *            returns). Calls before audit_open() and after audit_close() do nothing.
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
    AUDIT_FORGOTTEN = 64,     /**< Latest erased users whose later lines are anonymous too */
    AUDIT_FILE_MAX = 8 << 20, /**< [bytes] */
    AUDIT_FILES = 4,          /**< The current file and the older ones */
    AUDIT_WORD_MAX = 32,      /**< Longest action or kind and NUL; the rest is cut off */
    AUDIT_ADDRESS_MAX = 64,
    AUDIT_AGENT_MAX = 17,
};

/** A NULL text means "". */
struct audit_event {
    const char *user;   /**< "": unknown */
    const char *action; /**< "read", "list", "login", "token_reused" … */
    const char *kind;   /**< Kind of record: "session", "user" … */
    const char *id;     /**< Its id; "": none */
    int status;         /**< HTTP status of the result: 200 done, 401, 404 and 429 refused … */
    const char *request_id;
    const char *address; /**< Of the client */
    const char *agent;   /**< Hash of the client's user agent */
};

/** An event that was read back. */
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

/** 0, or the error of the write: a caller whose action must be recorded can then refuse it. */
int audit(const struct audit_event *event);

/** The user's events before that number (0: from the newest), newest first. *count is the most to
 *  return, and then the number returned. more: there are older ones. 0 or a negative UV_E* code. */
int audit_read(const char *user, int64_t before, struct audit_entry *entries, size_t *count,
               bool *more);

/** Call when the user was erased: no line names them any more, neither those already written nor
 *  those that this process writes later (for a request that was still running). Returns 0 or the
 *  first error; the rest is still done. */
int audit_forget(const char *user);
void audit_close(void);

#endif

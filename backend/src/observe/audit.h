/**
 * @file observe/audit.h  Who touched which record, and when
 *
 *     audit_open("<data>/audit.jsonl", &err);
 *     audit(user, "read", "session", session_id, request_id);
 *
 * Append-only JSON lines, one a call: time, user, action, kind, id, requestId. Names and ids only:
 * never what a record says. The file belongs to its owner alone (0600) and is never shortened by
 * us; whoever runs the server rotates it.
 *
 * Threads    Any but the loop thread: it waits for the disk (the line is written before it
 *            returns). Before audit_open() and after audit_close() calls do nothing.
 */
#ifndef OBSERVE_AUDIT_H
#define OBSERVE_AUDIT_H

#include "base/error.h"

int audit_open(const char *path, struct errbuf *err);

/** 0, or the error of the write: a caller that must not act unseen can refuse then. */
int audit(const char *user, const char *action, const char *kind, const char *id,
          const char *request_id);
void audit_close(void);

#endif

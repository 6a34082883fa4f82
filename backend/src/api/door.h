/**
 * @file api/door.h  The local admin socket: how `interviewd admin` talks to the running server
 *
 *     door_open(&door, app, path, why);        // <data>/admin.sock, in the server
 *     door_ask(path, words, count, &out, &err);   // in the command
 *
 * A Unix socket in the data folder, which only its owner can enter; in addition the kernel says who
 * connects, and only the user who runs the server and root are accepted. A line of JSON,
 * {"words":[…]}, is answered by one, {"code":0,"text":"…"}. So only one process writes, and its
 * view of ended sign-ins, running interviews and the audit log is always right
 * (docs/architecture/decisions/0025-the-server-does-what-admin-asks.md).
 *
 * Threads    door_open() and door_close(): the loop thread. door_ask() blocks: no server's thread.
 * Errors     door_open(): those of the system. door_ask(): UV_ENOENT or UV_ECONNREFUSED: nobody is
 *            there.
 * Limits     DOOR_LINE_MAX a question, DOOR_GUESTS_MAX at a time, DOOR_WITHIN_MS for a question.
 */
#ifndef API_DOOR_H
#define API_DOOR_H

#include "base/buffer.h"
#include "base/error.h"

struct app;
struct door;

#define DOOR_NAME "admin.sock" /**< In the data folder */

enum {
    DOOR_LINE_MAX = 4 << 10, /**< [bytes] */
    DOOR_WORDS_MAX = 8,
    DOOR_GUESTS_MAX = 8,
    DOOR_WITHIN_MS = 5000,
};

int door_open(struct door **dp, const struct app *app, const char *path, struct errbuf *why);
void door_close(struct door *door); /**< NULL is allowed */

/** result: of the command. */
int door_ask(const char *path, const char *const *words, size_t count, struct buf *out, int *result,
             struct errbuf *why);

#endif

/**
 * @file api/events.h  A stream of server-sent events that accepts data before it has started
 *
 *     events_open(&job->events, server, ticket, on_gone, job);     // answers the ticket
 *     events_say(job->events, "delta", data, len);
 *     events_end(job->events);
 *
 * The header is sent a little after events_open(); events until then are queued. It contains
 * X-Accel-Buffering: no, so that a proxy (nginx) passes each event on at once.
 *
 * Threads    Loop thread only.
 * Errors     events_open: UV_ENOENT: the client has already left (gone is not called); UV_ENOMEM.
 * Ownership  The caller's until events_end(), or until gone was called, which may happen inside
 *            events_open(). If more than EVENTS_WAITING_MAX is queued before the start, it ends
 *            like a client that left.
 */
#ifndef API_EVENTS_H
#define API_EVENTS_H

#include "net/http.h"

enum { EVENTS_WAITING_MAX = 8 << 20 }; /**< [bytes] */

struct events;

int events_open(struct events **ep, struct http_server *server, uint64_t ticket,
                void (*gone)(void *arg), void *arg);
/** event: its type; NULL: none. data contains no newline. */
void events_say(struct events *e, const char *event, const char *data, size_t len);
void events_end(struct events *e); /**< Sends what is queued; gone is not called. NULL is allowed */

#endif

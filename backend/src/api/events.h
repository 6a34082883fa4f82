/**
 * @file api/events.h  A stream of server-sent events that may be written before it has begun
 *
 *     events_open(&job->events, server, ticket, on_gone, job);     // answers the ticket
 *     events_say(job->events, "delta", data, len);
 *     events_end(job->events);
 *
 * The header goes out a little after events_open(); what is said until then waits. It says
 * X-Accel-Buffering: no, so that a proxy (nginx) hands each event on at once.
 *
 * Threads    Loop thread only.
 * Errors     events_open: UV_ENOENT the client has left already (gone does not run); UV_ENOMEM.
 * Ownership  The caller's until events_end(), or until gone ran: that may happen inside
 *            events_open() too. More than EVENTS_WAITING_MAX before it begins ends it as gone.
 */
#ifndef API_EVENTS_H
#define API_EVENTS_H

#include "net/http.h"

enum { EVENTS_WAITING_MAX = 8 << 20 }; /**< [bytes] */

struct events;

int events_open(struct events **ep, struct http_server *server, uint64_t ticket,
                void (*gone)(void *arg), void *arg);
/** event: its type; NULL: none is said. data holds no line break. */
void events_say(struct events *e, const char *event, const char *data, size_t len);
void events_end(struct events *e); /**< After what was said; gone does not run. NULL is allowed */

#endif

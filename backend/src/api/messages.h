/**
 * @file api/messages.h  Events of an interview, as the JSON of both WebSockets
 *
 * The only place that writes the messages that docs/api/openapi.yaml calls WsTranscribe… and
 * WsLlm…: sockets, server-sent events and `interviewd ask --json` all send these. Messages of
 * clients are parsed in api/ws_messages.h.
 *
 *     struct buf msg;
 *     buf_init(&msg, MESSAGE_MAX);
 *     message_write(&msg, event);
 *     ... msg.data, msg.len; msg.err says whether it worked
 *
 * Threads    Any; pure.
 */
#ifndef API_MESSAGES_H
#define API_MESSAGES_H

#include "base/buffer.h"
#include "live/event.h"
#include "net/http.h"

#include <jansson.h>

enum { MESSAGE_MAX = 4 << 20 }; /**< Longest message [bytes] */

json_t *message_of(const struct live_event *event); /**< A new reference; NULL: out of memory */
void message_write(struct buf *out, const struct live_event *event);

/** code: one of WsErrorCode. */
void message_error(struct buf *out, const char *code, const char *message);

/** How a message is queued for a slow receiver: see ws_send(). */
struct message_delivery {
    enum ws_kind kind;
    uint32_t key;
};
struct message_delivery message_delivery(const struct live_event *event);

/** ws_handlers.merge: appends a newer delta of the same generation to an unsent older one. */
bool message_merge(struct buf *older, const char *newer, size_t len);

#endif

/**
 * @file live/messages.h  The messages of both WebSockets, as text
 *
 * The one place that writes what protocol.md and docs/api/openapi.yaml call WsTranscribe… and
 * WsLlm…; sockets, server-sent events and `interviewd ask --json` all send these.
 *
 *     struct buf msg;
 *     buf_init(&msg, MESSAGE_MAX);
 *     message_partial(&msg, utterance, res, start_ms, end_ms);
 *     ... msg.data, msg.len; msg.err says whether it worked
 *
 * Threads    Any; pure.
 */
#ifndef LIVE_MESSAGES_H
#define LIVE_MESSAGES_H

#include "answer/answer.h"
#include "asr/engine.h"
#include "base/buffer.h"
#include "ground/question.h"
#include "live/asr_session.h"

#include <jansson.h>

enum { MESSAGE_MAX = 4 << 20 }; /**< Longest message, [bytes] */

/** heard: samples a channel that a line which can be resumed has; negative: it cannot be. */
void message_ready(struct buf *out, const char *engine, const char *model, int64_t heard);
void message_partial(struct buf *out, uint32_t utterance, const struct asr_result *res,
                     uint64_t start_ms, uint64_t end_ms);
void message_final(struct buf *out, uint32_t utterance, const struct asr_result *res,
                   uint64_t start_ms, uint64_t end_ms, uint64_t latency_ms);
void message_turn(struct buf *out, uint32_t utterance, enum turn_state state,
                  const struct question *question);
/** code: one of WsErrorCode. */
void message_error(struct buf *out, const char *code, const char *message);

struct message_started {
    const char *generation_id;
    int question_number; /**< 0: null (no session) */
    const char *question;
    const char *provider;
    const char *model;
    bool eager;
};

void message_started(struct buf *out, const struct message_started *started);
void message_outline(struct buf *out, const char *generation_id, const char *question,
                     enum question_kind kind, const struct llm_point *points, size_t count);
void message_delta(struct buf *out, const char *generation_id, const char *text, size_t len);
/** transcript_id NULL: nothing was kept. */
void message_finish(struct buf *out, const char *generation_id, enum answer_finish finish,
                    const char *transcript_id, const struct answer_latency *latency);

/** The same parts as values, for what is stored beside a pair. */
json_t *message_points(const char *question, const struct llm_point *points, size_t count);
json_t *message_latency(const struct answer_latency *latency);

/** ws_handlers.merge: fold a newer delta of the same generation into an unsent older one. */
bool message_merge(struct buf *older, const char *newer, size_t len);

#endif

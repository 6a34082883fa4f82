/**
 * @file live/messages.c  The messages of both WebSockets, as text
 */
#include "live/messages.h"

#include "base/json.h"

#include <string.h>

static json_t *message(const char *type)
{
    json_t *msg = json_object();

    json_set_str(msg, "type", type);
    return msg;
}

static void set_int(json_t *msg, const char *key, uint64_t value)
{
    json_object_set_new(msg, key, json_integer((json_int_t)value));
}

static void finish(struct buf *out, json_t *msg)
{
    json_write(out, msg);
    json_decref(msg);
}

/* ------------------------------------------------------------------ /ws/transcribe */

void message_ready(struct buf *out, const char *engine, const char *model, int64_t heard)
{
    json_t *msg = message("ready");

    json_set_str(msg, "engine", engine);
    json_set_str(msg, "model", model);
    if (heard >= 0)
        json_object_set_new(msg, "heardSamples", json_integer(heard));
    finish(out, msg);
}

void message_partial(struct buf *out, uint32_t utterance, const struct asr_result *res,
                     uint64_t start_ms, uint64_t end_ms)
{
    json_t *msg = message("partial");

    set_int(msg, "utterance", utterance);
    json_set_str(msg, "text", res->text);
    set_int(msg, "stable", res->stable);
    json_object_set_new(msg, "isFinal", json_false());
    set_int(msg, "startMs", start_ms);
    set_int(msg, "endMs", end_ms);
    finish(out, msg);
}

/* Word times count from the utterance's first sample; on the wire from the connection's. */
static json_t *words(const struct asr_result *res, uint64_t start_ms)
{
    json_t *list = json_array();

    for (size_t i = 0; i < res->word_count; i++) {
        const struct asr_word *w = &res->words[i];
        json_t *word = json_object();

        json_set_str(word, "text", w->text);
        set_int(word, "startMs", start_ms + w->start_ms);
        set_int(word, "endMs", start_ms + w->end_ms);
        json_object_set_new(word, "confidence", json_thousandths((double)w->confidence));
        json_array_append_new(list, word);
    }
    return list;
}

void message_final(struct buf *out, uint32_t utterance, const struct asr_result *res,
                   uint64_t start_ms, uint64_t end_ms, uint64_t latency_ms)
{
    json_t *msg = message("final");

    set_int(msg, "utterance", utterance);
    json_set_str(msg, "text", res->text);
    json_object_set_new(msg, "isFinal", json_true());
    set_int(msg, "startMs", start_ms);
    set_int(msg, "endMs", end_ms);
    json_object_set_new(msg, "confidence", json_thousandths((double)res->confidence));
    json_set_str(msg, "language", res->language);
    json_object_set_new(msg, "words", words(res, start_ms));
    set_int(msg, "latencyMs", latency_ms);
    finish(out, msg);
}

void message_turn(struct buf *out, uint32_t utterance, enum turn_state state,
                  const struct question *question)
{
    static const char *const names[] = {
        [TURN_EAGER] = "eager", [TURN_ENDED] = "ended", [TURN_RESUMED] = "resumed"};
    json_t *msg = message("turn");

    set_int(msg, "utterance", utterance);
    json_set_str(msg, "state", names[state]);
    json_object_set_new(msg, "question", json_boolean(question->is_question));
    if (question->is_question)
        json_set_str(msg, "kind", question_kind_name(question->kind));
    finish(out, msg);
}

void message_error(struct buf *out, const char *code, const char *text)
{
    json_t *msg = message("error");

    json_set_str(msg, "code", code);
    json_set_str(msg, "message", text);
    finish(out, msg);
}

/* ------------------------------------------------------------------ /ws/llm-stream */

void message_started(struct buf *out, const struct message_started *s)
{
    json_t *msg = message("started");

    json_set_str(msg, "generationId", s->generation_id);
    if (s->question_number > 0)
        set_int(msg, "questionNumber", (uint64_t)s->question_number);
    else
        json_object_set_new(msg, "questionNumber", json_null());
    json_set_str(msg, "question", s->question);
    json_set_str(msg, "provider", s->provider);
    json_set_str(msg, "model", s->model ? s->model : "");
    json_object_set_new(msg, "eager", json_boolean(s->eager));
    finish(out, msg);
}

json_t *message_points(const char *question, const struct llm_point *points, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct llm_point *p = &points[i];
        json_t *point = json_object();
        json_t *source = json_object();

        json_set_str(point, "text", p->text);
        if (p->label)
            json_set_str(point, "label", p->label);
        json_set_str(source, "field", p->field ? p->field : "question");
        json_set_str(source, "quote", p->field ? p->quote : question);
        json_object_set_new(point, "source", source);
        json_array_append_new(list, point);
    }
    return list;
}

void message_outline(struct buf *out, const char *generation_id, const char *question,
                     enum question_kind kind, const struct llm_point *points, size_t count)
{
    json_t *msg = message("outline");

    json_set_str(msg, "generationId", generation_id);
    json_set_str(msg, "kind", question_kind_name(kind));
    json_object_set_new(msg, "points", message_points(question, points, count));
    finish(out, msg);
}

void message_delta(struct buf *out, const char *generation_id, const char *text, size_t len)
{
    json_t *msg = message("delta");

    json_set_str(msg, "generationId", generation_id);
    json_set_text(msg, "delta", text, len);
    json_object_set_new(msg, "finish", json_false());
    finish(out, msg);
}

/* Null where the stage did not happen (openapi: Latency). */
static void set_stage(json_t *obj, const char *key, int64_t ms)
{
    json_object_set_new(obj, key, ms < 0 ? json_null() : json_integer((json_int_t)ms));
}

json_t *message_latency(const struct answer_latency *latency)
{
    json_t *obj = json_object();

    set_stage(obj, "finalMs", latency->final_ms);
    set_stage(obj, "outlineMs", latency->outline_ms);
    set_stage(obj, "firstTokenMs", latency->first_token_ms);
    set_stage(obj, "totalMs", latency->total_ms);
    return obj;
}

void message_finish(struct buf *out, const char *generation_id, enum answer_finish reason,
                    const char *transcript_id, const struct answer_latency *latency)
{
    json_t *msg = message("delta");

    json_set_str(msg, "generationId", generation_id);
    json_set_str(msg, "delta", "");
    json_object_set_new(msg, "finish", json_true());
    json_set_str(msg, "finishReason", answer_finish_name(reason));
    json_set_str(msg, "transcriptId", transcript_id);
    json_object_set_new(msg, "latency", message_latency(latency));
    finish(out, msg);
}

bool message_merge(struct buf *older, const char *newer, size_t len)
{
    json_t *a = json_parse(older->data, older->len);
    json_t *b = json_parse(newer, len);
    const char *one = json_str(a, "delta");
    const char *two = json_str(b, "delta");
    const char *id = json_str(a, "generationId");
    const char *other = json_str(b, "generationId");
    bool merged = false;
    struct buf text;

    buf_init(&text, MESSAGE_MAX);
    if (one && two && id && other && !strcmp(id, other) && !json_flag(a, "finish", true) &&
        !json_flag(b, "finish", true) && !buf_puts(&text, one) && !buf_puts(&text, two)) {
        struct buf whole;

        buf_init(&whole, MESSAGE_MAX);
        message_delta(&whole, id, text.data, text.len);
        merged = !whole.err;
        if (merged) {
            buf_clear(older);
            merged = !buf_append(older, whole.data, whole.len);
        }
        buf_release(&whole);
    }
    buf_release(&text);
    json_decref(a);
    json_decref(b);
    return merged;
}

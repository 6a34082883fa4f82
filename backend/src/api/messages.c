/**
 * @file api/messages.c  Events of an interview, as the JSON of both WebSockets
 */
#include "api/messages.h"

#include "base/json.h"
#include "live/transcript_writer.h"

#include <inttypes.h>
#include <stdio.h>
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

static void write_and_release(struct buf *out, json_t *msg)
{
    json_write(out, msg);
    json_decref(msg);
}

/* ------------------------------------------------------------------ /ws/transcribe */

static json_t *listening(const struct live_event *event)
{
    json_t *msg = message("ready");

    json_set_str(msg, "engine", event->listening.engine);
    json_set_str(msg, "model", event->listening.model);
    if (event->listening.heard >= 0)
        json_object_set_new(msg, "heardSamples", json_integer(event->listening.heard));
    return msg;
}

static void set_speaker(json_t *msg, enum voice_who who, float voice)
{
    json_set_str(msg, "speaker", voice_who_name(who));
    if (voice >= 0)
        json_object_set_new(msg, "voice", json_thousandths((double)voice));
}

/* For a socket that hears everybody. */
static void set_line(json_t *msg, const struct live_event *event)
{
    if (event->line)
        set_int(msg, "line", event->line);
}

static json_t *partial(const struct live_event *event)
{
    const struct live_words *w = &event->words;
    json_t *msg = message("partial");

    set_line(msg, event);
    set_int(msg, "utterance", w->utterance);
    json_set_str(msg, "text", w->result->text);
    set_int(msg, "stable", w->result->stable);
    json_object_set_new(msg, "isFinal", json_false());
    set_int(msg, "startMs", w->start_ms);
    set_int(msg, "endMs", w->end_ms);
    set_speaker(msg, w->who, w->voice);
    return msg;
}

static json_t *timed_words(const struct asr_result *res)
{
    json_t *list = json_array();

    for (size_t i = 0; i < res->word_count; i++) {
        const struct asr_word *w = &res->words[i];
        json_t *word = json_object();

        json_set_str(word, "text", w->text);
        set_int(word, "startMs", w->start_ms);
        set_int(word, "endMs", w->end_ms);
        json_object_set_new(word, "confidence", json_confidence((double)w->confidence));
        json_array_append_new(list, word);
    }
    return list;
}

static json_t * final(const struct live_event *event)
{
    const struct live_words *w = &event->words;
    json_t *msg = message("final");

    set_line(msg, event);
    set_int(msg, "utterance", w->utterance);
    json_set_str(msg, "text", w->result->text);
    json_object_set_new(msg, "isFinal", json_true());
    set_int(msg, "startMs", w->start_ms);
    set_int(msg, "endMs", w->end_ms);
    json_object_set_new(msg, "confidence", json_confidence((double)w->result->confidence));
    json_set_str(msg, "language", w->result->language);
    json_object_set_new(msg, "words", timed_words(w->result));
    set_int(msg, "latencyMs", w->latency_ms);
    set_speaker(msg, w->who, w->voice);
    return msg;
}

static json_t *turn(const struct live_event *event)
{
    static const char *const states[] = {
        [TURN_EAGER] = "eager", [TURN_ENDED] = "ended", [TURN_RESUMED] = "resumed"};
    const struct live_turn *t = &event->turn;
    json_t *msg = message("turn");

    set_line(msg, event);
    set_int(msg, "utterance", t->utterance);
    json_set_str(msg, "state", states[t->state]);
    json_object_set_new(msg, "question", json_boolean(t->question.is_question));
    if (t->question.is_question)
        json_set_str(msg, "kind", question_kind_name(t->question.kind));
    if (t->p >= 0)
        json_object_set_new(msg, "p", json_thousandths((double)t->p));
    set_speaker(msg, t->who, t->voice);
    return msg;
}

static json_t *error(const char *code, const char *text)
{
    json_t *msg = message("error");

    json_set_str(msg, "code", code);
    json_set_str(msg, "message", text);
    return msg;
}

void message_error(struct buf *out, const char *code, const char *text)
{
    write_and_release(out, error(code, text));
}

static json_t *trouble(const struct live_event *event)
{
    static const char *const codes[] = {
        [LIVE_PROVIDER_FAILED] = "provider_failed",
        [LIVE_OVERLOADED] = "overloaded",
        [LIVE_UNAVAILABLE] = "unavailable",
        [LIVE_BAD_AUDIO] = "bad_audio",
        [LIVE_INTERNAL] = "internal",
    };

    return error(codes[event->error.code], event->error.why);
}

/* ------------------------------------------------------------------ /ws/llm-stream */

static json_t *replaced(const struct answer_left *left, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *one = json_object();

        json_set_str(one, "provider", left[i].provider);
        json_set_str(one, "why", left[i].why);
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *thinking(const struct live_event *event)
{
    json_t *msg = message("thinking");

    json_set_str(msg, "generationId", event->thinking.generation_id);
    return msg;
}

static json_t *started(const struct live_event *event)
{
    json_t *msg = message("started");

    json_set_str(msg, "generationId", event->started.generation_id);
    if (event->started.question_number > 0)
        set_int(msg, "questionNumber", (uint64_t)event->started.question_number);
    else
        json_object_set_new(msg, "questionNumber", json_null());
    json_set_str(msg, "question", event->started.question);
    json_set_str(msg, "provider", event->started.provider);
    json_set_str(msg, "model", event->started.model ? event->started.model : "");
    json_object_set_new(msg, "eager", json_boolean(event->started.eager));
    if (event->started.p > 0)
        json_object_set_new(msg, "probability", json_thousandths((double)event->started.p));
    if (event->started.transcript_id)
        json_set_str(msg, "transcriptId", event->started.transcript_id);
    if (event->started.heard)
        json_set_str(msg, "heard", event->started.heard);
    if (event->started.left_count)
        json_object_set_new(msg, "replaced",
                            replaced(event->started.left, event->started.left_count));
    return msg;
}

static json_t *outline(const struct live_event *event)
{
    json_t *msg = message("outline");

    json_set_str(msg, "generationId", event->outline.generation_id);
    json_set_str(msg, "kind", question_kind_name(event->outline.kind));
    json_object_set_new(
        msg, "points",
        transcript_points(event->outline.question, event->outline.points, event->outline.count));
    if (event->outline.shown)
        transcript_set_shown(msg, event->outline.shown);
    return msg;
}

static json_t *delta(const char *generation_id, const char *text, size_t len)
{
    json_t *msg = message("delta");

    json_set_str(msg, "generationId", generation_id);
    json_set_text(msg, "delta", text, len);
    json_object_set_new(msg, "finish", json_false());
    return msg;
}

static json_t *check(const struct live_event *event)
{
    json_t *msg = message("check");

    json_set_str(msg, "generationId", event->check.generation_id);
    json_object_set_new(msg, "unsupported",
                        transcript_unsupported(event->check.unsupported, event->check.count));
    return msg;
}

static json_t *finished(const struct live_event *event)
{
    json_t *msg = message("delta");

    json_set_str(msg, "generationId", event->finished.generation_id);
    json_set_str(msg, "delta", "");
    json_object_set_new(msg, "finish", json_true());
    json_set_str(msg, "finishReason", answer_finish_name(event->finished.finish));
    json_set_str(msg, "transcriptId", event->finished.transcript_id);
    json_object_set_new(msg, "latency", transcript_latency(&event->finished.latency));
    if (event->finished.discarded)
        set_int(msg, "eagerDiscarded", (uint64_t)event->finished.discarded);
    return msg;
}

static json_t *recording(const struct live_event *event)
{
    json_t *msg = message("recording");

    json_object_set_new(msg, "on", json_boolean(event->recording.on));
    json_set_str(msg, "audioId", event->recording.audio_id);
    set_int(msg, "durationMs", event->recording.duration_ms);
    json_set_str(msg, "why", event->recording.why);
    return msg;
}

static json_t *lines(const struct live_event *event)
{
    json_t *msg = message("listening");
    json_t *list = json_array();

    for (size_t i = 0; i < event->lines.count; i++) {
        const struct live_line *line = &event->lines.at[i];
        json_t *one = json_object();

        set_int(one, "line", line->id);
        json_set_str(one, "speaker", line->candidate ? "candidate" : "interviewer");
        json_set_str(one, "listener", line->listener[0] ? line->listener : NULL);
        json_array_append_new(list, one);
    }
    json_object_set_new(msg, "lines", list);
    return msg;
}

/* ----------------------------------------------------------------------- any event */

json_t *message_of(const struct live_event *event)
{
    switch (event->kind) {
    case LIVE_LISTENING:
        return listening(event);
    case LIVE_PARTIAL:
        return partial(event);
    case LIVE_FINAL:
        return final(event);
    case LIVE_TURN:
        return turn(event);
    case LIVE_STARTED:
        return started(event);
    case LIVE_OUTLINE:
        return outline(event);
    case LIVE_DELTA:
        return delta(event->delta.generation_id, event->delta.text, event->delta.len);
    case LIVE_CHECK:
        return check(event);
    case LIVE_THINKING:
        return thinking(event);
    case LIVE_FINISHED:
        return finished(event);
    case LIVE_RECORDING:
        return recording(event);
    case LIVE_LINES:
        return lines(event);
    case LIVE_ERROR:
        return trouble(event);
    }
    return NULL;
}

void message_write(struct buf *out, const struct live_event *event)
{
    write_and_release(out, message_of(event));
}

/* FNV-1a, 32 bits; 0 is no key. */
static uint32_t key_of(const char *generation_id)
{
    uint32_t hash = 2166136261u;

    for (; *generation_id; generation_id++)
        hash = (hash ^ (unsigned char)*generation_id) * 16777619u;
    return hash ? hash : 1;
}

/* Utterances are numbered per line. */
static uint32_t key_of_words(const struct live_event *event)
{
    char line[2 * 21 + 2];

    if (!event->line)
        return event->words.utterance;
    snprintf(line, sizeof(line), "%" PRIu64 "/%" PRIu32, event->line, event->words.utterance);
    return key_of(line);
}

struct message_delivery message_delivery(const struct live_event *event)
{
    switch (event->kind) {
    case LIVE_PARTIAL:
        return (struct message_delivery){WS_REPLACE, key_of_words(event)};
    case LIVE_FINAL: /* the key of its partials: after this, an unsent partial is not worth
                        sending */
        return (struct message_delivery){WS_KEEP, key_of_words(event)};
    case LIVE_DELTA:
        return (struct message_delivery){WS_MERGE, key_of(event->delta.generation_id)};
    case LIVE_CHECK: /* each one contains everything: only the newest is worth sending */
        return (struct message_delivery){WS_REPLACE, key_of(event->check.generation_id)};
    case LIVE_LINES: /* likewise */
        return (struct message_delivery){WS_REPLACE, key_of("listening")};
    default:
        return (struct message_delivery){WS_KEEP, 0};
    }
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
        write_and_release(&whole, delta(id, text.data, text.len));
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

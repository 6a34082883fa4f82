/**
 * @file live/exchange.c  One question of an interview, from being asked to being stored
 *
 * Two things must come together before a pair is whole: the answer's end, and the final text of
 * the question (an eager answer starts before that is known). asked_settle() looks whether both
 * are there. Each stage's time is taken here, counted from the last voiced sample of the question
 * or, when it was typed, from the request (openapi: Latency).
 */
#include "live/live_internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "live/messages.h"
#include "observe/log.h"
#include "observe/metrics.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_TEXT_MAX = 1 << 20 }; /* longest answer kept, [bytes] */

/* ------------------------------------------------------------------- result copy */

static char *copy_text(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void drop_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void result_free(struct kept_result *kept)
{
    if (!kept)
        return;
    for (size_t i = 0; i < kept->r.point_count; i++) {
        drop_text(kept->points[i].text);
        drop_text(kept->points[i].label);
        drop_text(kept->points[i].field);
        drop_text(kept->points[i].quote);
    }
    free(kept->points);
    drop_text(kept->r.why);
    drop_text(kept->r.text);
    drop_text(kept->r.provider);
    drop_text(kept->r.model);
    free(kept);
}

static struct kept_result *result_copy(const struct answer_result *r)
{
    struct kept_result *kept = calloc(1, sizeof(*kept));

    if (!kept)
        return NULL;
    kept->r = *r;
    kept->r.why = copy_text(r->why ? r->why : "");
    kept->r.text = strndup(r->text ? r->text : "", r->len);
    kept->r.provider = copy_text(r->provider ? r->provider : "");
    kept->r.model = copy_text(r->model ? r->model : "");
    kept->points = calloc(r->point_count + 1, sizeof(*kept->points));
    kept->r.points = kept->points;
    kept->r.point_count = kept->points ? r->point_count : 0;
    for (size_t i = 0; i < kept->r.point_count; i++) {
        kept->points[i].text = copy_text(r->points[i].text);
        kept->points[i].label = copy_text(r->points[i].label);
        kept->points[i].field = copy_text(r->points[i].field);
        kept->points[i].quote = copy_text(r->points[i].quote);
    }
    return kept;
}

/* ------------------------------------------------------------------------ memory */

void asked_free(struct asked *asked)
{
    answer_close(asked->answer);
    result_free(asked->result);
    buf_release(&asked->started);
    buf_release(&asked->outline);
    buf_release(&asked->text);
    free(asked->question);
    free(asked);
}

/* Forget what was told and is not the current one. */
static void sweep(struct live *live)
{
    struct asked **at = &live->asks;

    while (*at) {
        struct asked *asked = *at;

        if (asked->told && asked != live->asked) {
            *at = asked->next;
            asked_free(asked);
        } else {
            at = &asked->next;
        }
    }
}

/* ---------------------------------------------------------------------- latency */

static uint64_t base_us(const struct asked *asked)
{
    return asked->speech_end_us ? asked->speech_end_us : asked->asked_us;
}

static int64_t stage_ms(const struct asked *asked, uint64_t at)
{
    uint64_t base = base_us(asked);

    if (!at)
        return -1;
    return at > base ? (int64_t)((at - base) / 1000) : 0;
}

static struct answer_latency latency_of(const struct asked *asked)
{
    return (struct answer_latency){
        .final_ms = stage_ms(asked, asked->final_us),
        .outline_ms = stage_ms(asked, asked->outline_us),
        .first_token_ms = stage_ms(asked, asked->first_us),
        .total_ms = stage_ms(asked, asked->end_us),
    };
}

/* ------------------------------------------------------------- storing and telling */

static void tell_end(struct asked *asked, const char *transcript_id)
{
    struct answer_latency latency = latency_of(asked);
    struct live *live = asked->live;
    struct buf msg;

    buf_init(&msg, MESSAGE_MAX);
    if (asked->result->r.finish == ANSWER_ERROR) {
        message_error(&msg, "provider_failed", asked->result->r.why);
        live_broadcast(live, &msg, WS_KEEP, 0);
        buf_clear(&msg);
    }
    message_finish(&msg, asked->generation_id, asked->result->r.finish, transcript_id, &latency);
    live_broadcast(live, &msg, WS_KEEP, 0);
    buf_release(&msg);

    asked->told = true;
    sweep(live);
    live_settle(live);
}

/* Names an asked across the time a write takes: it may be gone by then. */
struct ticket {
    struct live *live;
    char generation_id[ID_TEXT_MAX];
};

static void on_stored(int err, void *arg)
{
    struct ticket *ticket = arg;
    struct asked *asked = ticket->live->asks;

    while (asked && strcmp(asked->generation_id, ticket->generation_id))
        asked = asked->next;
    free(ticket);
    if (asked)
        tell_end(asked, err ? NULL : asked->transcript_id);
}

static struct keep_pair pair_of(const struct asked *asked)
{
    return (struct keep_pair){
        .transcript_id = asked->transcript_id,
        .session_id = asked->live->brief.session_id,
        .number = asked->number,
        .question = asked->question,
        .answer = asked->result ? asked->result->r.text : "",
        .timestamp = asked->timestamp,
        .confidence = asked->confidence,
        .response_s = asked->end_us ? (double)stage_ms(asked, asked->end_us) / 1000 : 0,
        .result = asked->result ? &asked->result->r : NULL,
    };
}

static void store_answer(struct asked *asked)
{
    struct answer_latency latency = latency_of(asked);
    struct keep_pair pair = pair_of(asked);
    struct ticket *ticket = calloc(1, sizeof(*ticket));

    asked->storing = true;
    pair.latency = &latency;
    live_remember(asked->live, asked->question, asked->result->r.text);
    if (!ticket) {
        tell_end(asked, NULL);
        return;
    }
    ticket->live = asked->live;
    memcpy(ticket->generation_id, asked->generation_id, ID_TEXT_MAX);
    if (!live_deps(asked->live)->keep || keep_pair(asked->live->keep, &pair, on_stored, ticket)) {
        free(ticket);
        tell_end(asked, NULL);
    }
}

/* The question is safe on the disk before its answer is there. */
static void store_question(struct asked *asked)
{
    struct keep_pair pair = pair_of(asked);

    if (live_deps(asked->live)->keep && !asked->result)
        keep_pair(asked->live->keep, &pair, NULL, NULL);
}

static void asked_settle(struct asked *asked)
{
    if (!asked->result || asked->told || asked->storing)
        return;
    if (asked->dropped)
        tell_end(asked, NULL);
    else if (asked->confirmed)
        store_answer(asked);
}

/* --------------------------------------------------------------- the answer's events */

static void on_started(const char *generation_id, const char *provider, const char *model,
                       void *arg)
{
    struct asked *asked = arg;
    struct message_started started = {
        .generation_id = generation_id,
        .question_number = asked->number,
        .question = asked->question,
        .provider = provider,
        .model = model,
        .eager = asked->eager,
    };

    buf_clear(&asked->started);
    message_started(&asked->started, &started);
    live_broadcast(asked->live, &asked->started, WS_KEEP, 0);
}

static void on_outline(const char *generation_id, enum question_kind kind,
                       const struct llm_point *points, size_t n, void *arg)
{
    struct asked *asked = arg;

    asked->outline_us = clock_mono_us();
    buf_clear(&asked->outline);
    message_outline(&asked->outline, generation_id, asked->question, kind, points, n);
    live_broadcast(asked->live, &asked->outline, WS_KEEP, 0);
}

static uint32_t key_of(const char *generation_id)
{
    uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */

    for (; *generation_id; generation_id++)
        hash = (hash ^ (unsigned char)*generation_id) * 16777619u;
    return hash ? hash : 1;
}

static void on_delta(const char *generation_id, const char *text, size_t len, void *arg)
{
    struct asked *asked = arg;
    struct buf msg;

    if (!asked->first_us)
        asked->first_us = clock_mono_us();
    buf_append(&asked->text, text, len);
    buf_init(&msg, MESSAGE_MAX);
    message_delta(&msg, generation_id, text, len);
    live_broadcast(asked->live, &msg, WS_MERGE, key_of(generation_id));
    buf_release(&msg);
}

static void on_finished(const char *generation_id, const struct answer_result *res, void *arg)
{
    struct asked *asked = arg;

    (void)generation_id;
    asked->answer = NULL; /* gone when this returns */
    asked->end_us = clock_mono_us();
    metric_add(METRIC_ANSWERS, answer_finish_name(res->finish), 1);
    if (asked->first_us)
        metric_observe(METRIC_FIRST_TOKEN_SECONDS, res->provider,
                       (double)(asked->first_us - asked->asked_us) / 1e6);
    asked->result = result_copy(res);
    if (!asked->result) {
        asked->told = true;
        return;
    }
    asked_settle(asked);
}

static const struct answer_handlers answer_events = {
    .on_started = on_started,
    .on_outline = on_outline,
    .on_delta = on_delta,
    .on_finished = on_finished,
};

/* -------------------------------------------------------------------------- asking */

bool asked_running(const struct asked *asked)
{
    return asked->answer != NULL;
}

struct asked *live_current(struct live *live, const char *generation_id)
{
    struct asked *asked = live->asked;

    return asked && generation_id[0] && !strcmp(asked->generation_id, generation_id) ? asked : NULL;
}

/* It gives way: in place (its number and row go to the next), or for a question of its own. */
static void give_way(struct asked *asked, bool in_place)
{
    asked->dropped = in_place || !asked->confirmed;
    if (asked->answer) {
        answer_supersede(asked->answer);
    } else if (asked->result && !asked->told && !asked->storing) {
        asked->result->r.finish = ANSWER_SUPERSEDED;
        asked_settle(asked);
    }
}

void asked_withdraw(struct asked *asked)
{
    struct live *live = asked->live;

    if (asked->number == live->brief.questions && !asked->confirmed)
        live->brief.questions--;
    if (live->asked == asked)
        live->asked = NULL;
    if (asked->told)
        sweep(live);
    else
        give_way(asked, true);
}

static void set_question(struct asked *asked, const char *text)
{
    char *question = strdup(text);

    if (!question)
        return;
    free(asked->question);
    asked->question = question;
}

/* The person went on with a question whose answer stands: its row gets all of the words. */
static void reword(struct asked *asked, const char *text)
{
    struct answer_latency latency = latency_of(asked);
    struct keep_pair pair;

    if (asked->dropped || !strcmp(asked->question, text))
        return;
    set_question(asked, text);
    pair = pair_of(asked);
    if (asked->result)
        pair.latency = &latency;
    if (live_deps(asked->live)->keep)
        keep_pair(asked->live->keep, &pair, NULL, NULL);
}

void asked_confirm(struct asked *asked, const struct asked_words *words)
{
    if (asked->confirmed) {
        reword(asked, words->question);
        return;
    }
    asked->confirmed = true;
    asked->confidence = words->confidence;
    asked->speech_end_us = words->speech_end_us;
    asked->final_us = words->final_us;
    set_question(asked, words->question);
    store_question(asked);
    asked_settle(asked);
}

static struct asked *asked_make(struct live *live, const struct asked_input *in)
{
    struct asked *asked = calloc(1, sizeof(*asked));

    if (!asked)
        return NULL;
    asked->question = strdup(in->question);
    if (!asked->question) {
        free(asked);
        return NULL;
    }
    asked->live = live;
    asked->eager = in->eager;
    asked->confirmed = !in->eager;
    asked->confidence = in->confidence;
    asked->speech_end_us = in->speech_end_us;
    asked->final_us = in->final_us;
    asked->asked_us = clock_mono_us();
    asked->timestamp = clock_unix_ms();
    buf_init(&asked->started, MESSAGE_MAX);
    buf_init(&asked->outline, MESSAGE_MAX);
    buf_init(&asked->text, ANSWER_TEXT_MAX);
    return asked;
}

/* Take over the place of an earlier one, or get a new number. */
static void take_place(struct asked *asked, const struct asked *old, const struct kept_line *line)
{
    if (old) {
        asked->number = old->number;
        memcpy(asked->transcript_id, old->transcript_id, ID_TEXT_MAX);
        asked->timestamp = old->timestamp;
    } else {
        asked->number = ++asked->live->brief.questions;
        id_new(asked->transcript_id);
    }
    if (!old && line && line->transcript_id[0]) {
        memcpy(asked->transcript_id, line->transcript_id, ID_TEXT_MAX);
        asked->timestamp = line->timestamp;
    }
}

static int ask_answerer(struct asked *asked, const struct asked_input *in, struct errbuf *err)
{
    const struct live_brief *b = &asked->live->brief;
    struct answer_ask ask = {
        .question = asked->question,
        .provider = in->provider ? in->provider : (b->provider[0] ? b->provider : NULL),
        .model = in->model ? in->model : (!in->provider && b->model[0] ? b->model : NULL),
        .eager = in->eager,
        .owner = b->user_id,
        .session = b->session_id,
        .question_number = asked->number,
        .speech_end_us = in->speech_end_us,
        .final_us = in->final_us,
        .history = b->history,
        .history_count = b->history_count,
    };
    int code = answer_ask(live_deps(asked->live)->answerer, b->briefing, &ask, &answer_events,
                          asked, &asked->answer, err);

    if (!code)
        text_copy(asked->generation_id, ID_TEXT_MAX, answer_id(asked->answer),
                  strlen(answer_id(asked->answer)));
    return code;
}

int asked_start(struct live *live, const struct asked_input *in, struct asked **askedp,
                struct errbuf *err)
{
    struct asked *old = live_current(live, in->replaces ? in->replaces : "");
    struct asked *asked;
    int code;

    if (live->stopping)
        return err_set(err, UV_ECANCELED, "the server is going away");
    asked = asked_make(live, in);
    if (!asked)
        return UV_ENOMEM;
    take_place(asked, old, in->line);
    code = ask_answerer(asked, in, err);
    if (code) {
        if (!old)
            live->brief.questions--;
        asked_free(asked);
        return code;
    }

    asked->next = live->asks;
    live->asks = asked;
    if (live->asked) {
        struct asked *before = live->asked;

        live->asked = asked;
        give_way(before, before == old);
        sweep(live);
    }
    live->asked = asked;
    if (asked->confirmed)
        store_question(asked);
    if (askedp)
        *askedp = asked;
    return 0;
}

int live_ask(struct live *live, const struct live_ask *ask, char generation_id[ID_TEXT_MAX],
             struct errbuf *err)
{
    struct asked_input in = {
        .question = ask->question,
        .provider = ask->provider,
        .model = ask->model,
        .confidence = 1,
    };
    struct asked *asked;
    int code = asked_start(live, &in, &asked, err);

    if (!code && generation_id)
        memcpy(generation_id, asked->generation_id, ID_TEXT_MAX);
    return code;
}

bool live_interrupt(struct live *live)
{
    if (!live->asked || !live->asked->answer)
        return false;
    answer_interrupt(live->asked->answer);
    return true;
}

void live_keep_line(struct live *live, const struct line_words *words, struct kept_line *line)
{
    struct keep_pair pair = {
        .transcript_id = line->transcript_id,
        .session_id = live->brief.session_id,
        .number = live->brief.questions + 1, /* of the question that follows */
        .question = words->text,
        .answer = "",
        .confidence = words->confidence,
        .line = words->candidate ? STORE_CANDIDATE : STORE_INTERVIEWER,
    };

    if (!live_deps(live)->keep)
        return;
    if (!line->transcript_id[0]) {
        id_new(line->transcript_id);
        line->timestamp = clock_unix_ms();
    }
    pair.timestamp = line->timestamp;
    if (keep_pair(live->keep, &pair, NULL, NULL))
        log_error("interview", "words could not be kept: no memory");
}

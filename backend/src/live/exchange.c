/**
 * @file live/exchange.c  One question of an interview, from being asked to being stored
 *
 * Two things must come together before a pair is whole: the answer's end, and the final text of
 * the question (an eager answer starts before that is known). exchange_finish_if_ready() looks
 * whether both are there. Each stage's time is taken here, counted from the last voiced sample of
 * the question or, when it was typed, from the request (openapi: Latency).
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

static void result_free(struct result_copy *kept)
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

static struct result_copy *result_copy(const struct answer_result *r)
{
    struct result_copy *kept = calloc(1, sizeof(*kept));

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

void exchange_free(struct exchange *exchange)
{
    answer_close(exchange->answer);
    result_free(exchange->result);
    buf_release(&exchange->started);
    buf_release(&exchange->outline);
    buf_release(&exchange->text);
    free(exchange->question);
    free(exchange);
}

/* Forget what was told and is not the current one. */
static void sweep(struct live *live)
{
    struct exchange **at = &live->exchanges;

    while (*at) {
        struct exchange *exchange = *at;

        if (exchange->told && exchange != live->current) {
            *at = exchange->next;
            exchange_free(exchange);
        } else {
            at = &exchange->next;
        }
    }
}

/* ---------------------------------------------------------------------- latency */

static uint64_t base_us(const struct exchange *exchange)
{
    return exchange->speech_end_us ? exchange->speech_end_us : exchange->asked_us;
}

static int64_t stage_ms(const struct exchange *exchange, uint64_t at)
{
    uint64_t base = base_us(exchange);

    if (!at)
        return -1;
    return at > base ? (int64_t)((at - base) / 1000) : 0;
}

static struct answer_latency latency_of(const struct exchange *exchange)
{
    return (struct answer_latency){
        .final_ms = stage_ms(exchange, exchange->final_us),
        .outline_ms = stage_ms(exchange, exchange->outline_us),
        .first_token_ms = stage_ms(exchange, exchange->first_us),
        .total_ms = stage_ms(exchange, exchange->end_us),
    };
}

/* ------------------------------------------------------------- storing and telling */

static void tell_end(struct exchange *exchange, const char *transcript_id)
{
    struct answer_latency latency = latency_of(exchange);
    struct live *live = exchange->live;
    struct buf msg;

    buf_init(&msg, MESSAGE_MAX);
    if (exchange->result->r.finish == ANSWER_ERROR) {
        message_error(&msg, "provider_failed", exchange->result->r.why);
        live_broadcast(live, &msg, WS_KEEP, 0);
        buf_clear(&msg);
    }
    message_finish(&msg, exchange->generation_id, exchange->result->r.finish, transcript_id,
                   &latency);
    live_broadcast(live, &msg, WS_KEEP, 0);
    buf_release(&msg);

    exchange->told = true;
    sweep(live);
    live_end_if_over(live);
}

/* Names an exchange across the time a write takes: it may be gone by then. */
struct ticket {
    struct live *live;
    char generation_id[ID_TEXT_MAX];
};

static void on_stored(int err, void *arg)
{
    struct ticket *ticket = arg;
    struct exchange *exchange = ticket->live->exchanges;

    while (exchange && strcmp(exchange->generation_id, ticket->generation_id))
        exchange = exchange->next;
    free(ticket);
    if (exchange)
        tell_end(exchange, err ? NULL : exchange->transcript_id);
}

static struct transcript_pair pair_of(const struct exchange *exchange)
{
    return (struct transcript_pair){
        .transcript_id = exchange->transcript_id,
        .session_id = exchange->live->context.session_id,
        .number = exchange->number,
        .question = exchange->question,
        .answer = exchange->result ? exchange->result->r.text : "",
        .timestamp = exchange->timestamp,
        .confidence = exchange->confidence,
        .response_s = exchange->end_us ? (double)stage_ms(exchange, exchange->end_us) / 1000 : 0,
        .result = exchange->result ? &exchange->result->r : NULL,
    };
}

static void store_answer(struct exchange *exchange)
{
    struct answer_latency latency = latency_of(exchange);
    struct transcript_pair pair = pair_of(exchange);
    struct ticket *ticket = calloc(1, sizeof(*ticket));

    exchange->storing = true;
    pair.latency = &latency;
    live_remember(exchange->live, exchange->question, exchange->result->r.text);
    if (!ticket) {
        tell_end(exchange, NULL);
        return;
    }
    ticket->live = exchange->live;
    memcpy(ticket->generation_id, exchange->generation_id, ID_TEXT_MAX);
    if (!live_deps(exchange->live)->keep ||
        transcript_write(exchange->live->writer, &pair, on_stored, ticket)) {
        free(ticket);
        tell_end(exchange, NULL);
    }
}

/* The question is safe on the disk before its answer is there. */
static void store_question(struct exchange *exchange)
{
    struct transcript_pair pair = pair_of(exchange);

    if (live_deps(exchange->live)->keep && !exchange->result)
        transcript_write(exchange->live->writer, &pair, NULL, NULL);
}

static void exchange_finish_if_ready(struct exchange *exchange)
{
    if (!exchange->result || exchange->told || exchange->storing)
        return;
    if (exchange->dropped)
        tell_end(exchange, NULL);
    else if (exchange->confirmed)
        store_answer(exchange);
}

/* --------------------------------------------------------------- the answer's events */

static void on_started(const char *generation_id, const char *provider, const char *model,
                       void *arg)
{
    struct exchange *exchange = arg;
    struct message_started started = {
        .generation_id = generation_id,
        .question_number = exchange->number,
        .question = exchange->question,
        .provider = provider,
        .model = model,
        .eager = exchange->eager,
    };

    buf_clear(&exchange->started);
    message_started(&exchange->started, &started);
    live_broadcast(exchange->live, &exchange->started, WS_KEEP, 0);
}

static void on_outline(const char *generation_id, enum question_kind kind,
                       const struct llm_point *points, size_t n, void *arg)
{
    struct exchange *exchange = arg;

    exchange->outline_us = clock_mono_us();
    buf_clear(&exchange->outline);
    message_outline(&exchange->outline, generation_id, exchange->question, kind, points, n);
    live_broadcast(exchange->live, &exchange->outline, WS_KEEP, 0);
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
    struct exchange *exchange = arg;
    struct buf msg;

    if (!exchange->first_us)
        exchange->first_us = clock_mono_us();
    buf_append(&exchange->text, text, len);
    buf_init(&msg, MESSAGE_MAX);
    message_delta(&msg, generation_id, text, len);
    live_broadcast(exchange->live, &msg, WS_MERGE, key_of(generation_id));
    buf_release(&msg);
}

static void on_finished(const char *generation_id, const struct answer_result *res, void *arg)
{
    struct exchange *exchange = arg;

    (void)generation_id;
    exchange->answer = NULL; /* gone when this returns */
    exchange->end_us = clock_mono_us();
    metric_add(METRIC_ANSWERS, answer_finish_name(res->finish), 1);
    if (exchange->first_us)
        metric_observe(METRIC_FIRST_TOKEN_SECONDS, res->provider,
                       (double)(exchange->first_us - exchange->asked_us) / 1e6);
    exchange->result = result_copy(res);
    if (!exchange->result) {
        exchange->told = true;
        return;
    }
    exchange_finish_if_ready(exchange);
}

static const struct answer_handlers answer_events = {
    .on_started = on_started,
    .on_outline = on_outline,
    .on_delta = on_delta,
    .on_finished = on_finished,
};

/* -------------------------------------------------------------------------- asking */

bool exchange_running(const struct exchange *exchange)
{
    return exchange->answer != NULL;
}

struct exchange *live_current(struct live *live, const char *generation_id)
{
    struct exchange *exchange = live->current;

    return exchange && generation_id[0] && !strcmp(exchange->generation_id, generation_id)
               ? exchange
               : NULL;
}

/* It gives way: in place (its number and row go to the next), or for a question of its own. */
static void give_way(struct exchange *exchange, bool in_place)
{
    exchange->dropped = in_place || !exchange->confirmed;
    if (exchange->answer) {
        answer_supersede(exchange->answer);
    } else if (exchange->result && !exchange->told && !exchange->storing) {
        exchange->result->r.finish = ANSWER_SUPERSEDED;
        exchange_finish_if_ready(exchange);
    }
}

void exchange_withdraw(struct exchange *exchange)
{
    struct live *live = exchange->live;

    if (exchange->number == live->context.questions && !exchange->confirmed)
        live->context.questions--;
    if (live->current == exchange)
        live->current = NULL;
    if (exchange->told)
        sweep(live);
    else
        give_way(exchange, true);
}

static void set_question(struct exchange *exchange, const char *text)
{
    char *question = strdup(text);

    if (!question)
        return;
    free(exchange->question);
    exchange->question = question;
}

/* The person went on with a question whose answer stands: its row gets all of the words. */
static void reword(struct exchange *exchange, const char *text)
{
    struct answer_latency latency = latency_of(exchange);
    struct transcript_pair pair;

    if (exchange->dropped || !strcmp(exchange->question, text))
        return;
    set_question(exchange, text);
    pair = pair_of(exchange);
    if (exchange->result)
        pair.latency = &latency;
    if (live_deps(exchange->live)->keep)
        transcript_write(exchange->live->writer, &pair, NULL, NULL);
}

void exchange_confirm(struct exchange *exchange, const struct exchange_words *words)
{
    if (exchange->confirmed) {
        reword(exchange, words->question);
        return;
    }
    exchange->confirmed = true;
    exchange->confidence = words->confidence;
    exchange->speech_end_us = words->speech_end_us;
    exchange->final_us = words->final_us;
    set_question(exchange, words->question);
    store_question(exchange);
    exchange_finish_if_ready(exchange);
}

static struct exchange *exchange_make(struct live *live, const struct exchange_input *in)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (!exchange)
        return NULL;
    exchange->question = strdup(in->question);
    if (!exchange->question) {
        free(exchange);
        return NULL;
    }
    exchange->live = live;
    exchange->eager = in->eager;
    exchange->confirmed = !in->eager;
    exchange->confidence = in->confidence;
    exchange->speech_end_us = in->speech_end_us;
    exchange->final_us = in->final_us;
    exchange->asked_us = clock_mono_us();
    exchange->timestamp = clock_unix_ms();
    buf_init(&exchange->started, MESSAGE_MAX);
    buf_init(&exchange->outline, MESSAGE_MAX);
    buf_init(&exchange->text, ANSWER_TEXT_MAX);
    return exchange;
}

/* Take over the place of an earlier one, or get a new number. */
static void take_place(struct exchange *exchange, const struct exchange *old,
                       const struct remark *remark)
{
    if (old) {
        exchange->number = old->number;
        memcpy(exchange->transcript_id, old->transcript_id, ID_TEXT_MAX);
        exchange->timestamp = old->timestamp;
    } else {
        exchange->number = ++exchange->live->context.questions;
        id_new(exchange->transcript_id);
    }
    if (!old && remark && remark->transcript_id[0]) {
        memcpy(exchange->transcript_id, remark->transcript_id, ID_TEXT_MAX);
        exchange->timestamp = remark->timestamp;
    }
}

static int ask_answerer(struct exchange *exchange, const struct exchange_input *in,
                        struct errbuf *err)
{
    const struct session_context *b = &exchange->live->context;
    struct answer_ask ask = {
        .question = exchange->question,
        .provider = in->provider ? in->provider : (b->provider[0] ? b->provider : NULL),
        .model = in->model ? in->model : (!in->provider && b->model[0] ? b->model : NULL),
        .eager = in->eager,
        .owner = b->user_id,
        .session = b->session_id,
        .question_number = exchange->number,
        .speech_end_us = in->speech_end_us,
        .final_us = in->final_us,
        .history = b->history,
        .history_count = b->history_count,
    };
    int code = answer_ask(live_deps(exchange->live)->answerer, b->index, &ask, &answer_events,
                          exchange, &exchange->answer, err);

    if (!code)
        text_copy(exchange->generation_id, ID_TEXT_MAX, answer_id(exchange->answer),
                  strlen(answer_id(exchange->answer)));
    return code;
}

int exchange_start(struct live *live, const struct exchange_input *in, struct exchange **exchangep,
                   struct errbuf *err)
{
    struct exchange *old = live_current(live, in->replaces ? in->replaces : "");
    struct exchange *exchange;
    int code;

    if (live->stopping)
        return err_set(err, UV_ECANCELED, "the server is going away");
    exchange = exchange_make(live, in);
    if (!exchange)
        return UV_ENOMEM;
    take_place(exchange, old, in->remark);
    code = ask_answerer(exchange, in, err);
    if (code) {
        if (!old)
            live->context.questions--;
        exchange_free(exchange);
        return code;
    }

    exchange->next = live->exchanges;
    live->exchanges = exchange;
    if (live->current) {
        struct exchange *before = live->current;

        live->current = exchange;
        give_way(before, before == old);
        sweep(live);
    }
    live->current = exchange;
    if (exchange->confirmed)
        store_question(exchange);
    if (exchangep)
        *exchangep = exchange;
    return 0;
}

int live_ask(struct live *live, const struct live_ask *ask, char generation_id[ID_TEXT_MAX],
             struct errbuf *err)
{
    struct exchange_input in = {
        .question = ask->question,
        .provider = ask->provider,
        .model = ask->model,
        .confidence = 1,
    };
    struct exchange *exchange;
    int code = exchange_start(live, &in, &exchange, err);

    if (!code && generation_id)
        memcpy(generation_id, exchange->generation_id, ID_TEXT_MAX);
    return code;
}

bool live_interrupt(struct live *live)
{
    if (!live->current || !live->current->answer)
        return false;
    answer_interrupt(live->current->answer);
    return true;
}

void live_keep_remark(struct live *live, const struct remark_words *words, struct remark *remark)
{
    struct transcript_pair pair = {
        .transcript_id = remark->transcript_id,
        .session_id = live->context.session_id,
        .number = live->context.questions + 1, /* of the question that follows */
        .question = words->text,
        .answer = "",
        .confidence = words->confidence,
        .line = words->candidate ? STORE_CANDIDATE : STORE_INTERVIEWER,
    };

    if (!live_deps(live)->keep)
        return;
    if (!remark->transcript_id[0]) {
        id_new(remark->transcript_id);
        remark->timestamp = clock_unix_ms();
    }
    pair.timestamp = remark->timestamp;
    if (transcript_write(live->writer, &pair, NULL, NULL))
        log_error("interview", "words could not be kept: no memory");
}

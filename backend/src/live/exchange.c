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
#include "observe/log.h"
#include "observe/metrics.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_TEXT_MAX = 1 << 20 }; /* longest answer kept, [bytes] */

/* ------------------------------------------------------------------- the outline, copied */

static char *copy_text(const char *text)
{
    return text ? strdup(text) : NULL;
}

static void drop_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void points_free(struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->point_count; i++) {
        drop_text(exchange->points[i].text);
        drop_text(exchange->points[i].label);
        drop_text(exchange->points[i].field);
        drop_text(exchange->points[i].quote);
    }
    free(exchange->points);
    exchange->points = NULL;
    exchange->point_count = 0;
}

static void points_copy(struct exchange *exchange, const struct llm_point *points, size_t count)
{
    points_free(exchange);
    exchange->points = calloc(count + 1, sizeof(*exchange->points));
    for (size_t i = 0; exchange->points && i < count; i++) {
        exchange->points[i] = (struct llm_point){
            .text = copy_text(points[i].text),
            .label = copy_text(points[i].label),
            .field = copy_text(points[i].field),
            .quote = copy_text(points[i].quote),
        };
        exchange->point_count++;
    }
}

/* ------------------------------------------------------------------------ memory */

void exchange_free(struct exchange *exchange)
{
    answer_close(exchange->answer);
    points_free(exchange);
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

static struct answer_latency latency_of(const struct exchange *exchange)
{
    return answer_latency(&exchange->times, exchange->speech_end_us, exchange->final_us);
}

/* ------------------------------------------------------------- storing and telling */

static void tell_end(struct exchange *exchange, const char *transcript_id)
{
    struct live *live = exchange->live;

    if (exchange->finish == ANSWER_ERROR)
        live_broadcast(live, &(struct live_event){
                                 .kind = LIVE_ERROR,
                                 .error = {.code = LIVE_PROVIDER_FAILED, .why = exchange->why}});
    live_broadcast(live, &(struct live_event){.kind = LIVE_FINISHED,
                                              .finished = {.generation_id = exchange->generation_id,
                                                           .finish = exchange->finish,
                                                           .transcript_id = transcript_id,
                                                           .latency = latency_of(exchange)}});
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
    struct transcript_pair pair = {
        .transcript_id = exchange->transcript_id,
        .session_id = exchange->live->context.session_id,
        .number = exchange->number,
        .question = exchange->question,
        .answer = exchange->ended && exchange->text.data ? exchange->text.data : "",
        .timestamp = exchange->timestamp,
        .confidence = exchange->confidence,
        .quality = -1,
    };

    if (!exchange->ended)
        return pair;
    pair.ended = true;
    pair.latency = latency_of(exchange);
    pair.response_s = (double)pair.latency.total_ms / 1000;
    pair.quality = exchange->quality;
    pair.kind = exchange->kind;
    pair.points = exchange->points;
    pair.point_count = exchange->point_count;
    pair.provider = exchange->provider;
    pair.model = exchange->model;
    pair.finish = exchange->finish;
    return pair;
}

static void store_answer(struct exchange *exchange)
{
    struct transcript_pair pair = pair_of(exchange);
    struct ticket *ticket = calloc(1, sizeof(*ticket));

    exchange->storing = true;
    live_remember(exchange->live, exchange->question, pair.answer);
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

    if (live_deps(exchange->live)->keep && !exchange->ended)
        transcript_write(exchange->live->writer, &pair, NULL, NULL);
}

static void exchange_finish_if_ready(struct exchange *exchange)
{
    if (!exchange->ended || exchange->told || exchange->storing)
        return;
    if (exchange->dropped)
        tell_end(exchange, NULL);
    else if (exchange->confirmed)
        store_answer(exchange);
}

/* --------------------------------------------------------------- the answer's events */

struct live_event exchange_started(const struct exchange *exchange)
{
    return (struct live_event){.kind = LIVE_STARTED,
                               .started = {.generation_id = exchange->generation_id,
                                           .question_number = exchange->number,
                                           .question = exchange->question,
                                           .provider = exchange->provider,
                                           .model = exchange->model,
                                           .eager = exchange->eager}};
}

struct live_event exchange_outlined(const struct exchange *exchange)
{
    return (struct live_event){.kind = LIVE_OUTLINE,
                               .outline = {.generation_id = exchange->generation_id,
                                           .question = exchange->question,
                                           .kind = exchange->kind,
                                           .points = exchange->points,
                                           .count = exchange->point_count}};
}

struct live_event exchange_delta(const struct exchange *exchange, const char *text, size_t len)
{
    return (struct live_event){
        .kind = LIVE_DELTA,
        .delta = {.generation_id = exchange->generation_id, .text = text, .len = len}};
}

static void on_started(struct exchange *exchange, const struct answer_event *event)
{
    struct live_event told;

    text_copy(exchange->provider, sizeof(exchange->provider), event->started.provider,
              strlen(event->started.provider));
    text_copy(exchange->model, sizeof(exchange->model), event->started.model,
              strlen(event->started.model));
    exchange->started = true;
    told = exchange_started(exchange);
    live_broadcast(exchange->live, &told);
}

static void on_outline(struct exchange *exchange, const struct answer_event *event)
{
    struct live_event told;

    exchange->kind = event->outline.kind;
    exchange->times.outline_us = event->at_us;
    points_copy(exchange, event->outline.points, event->outline.count);
    exchange->outlined = true;
    told = exchange_outlined(exchange);
    live_broadcast(exchange->live, &told);
}

static void on_delta(struct exchange *exchange, const struct answer_event *event)
{
    struct live_event told = exchange_delta(exchange, event->delta.text, event->delta.len);

    if (!exchange->times.first_us)
        exchange->times.first_us = event->at_us;
    buf_append(&exchange->text, event->delta.text, event->delta.len);
    live_broadcast(exchange->live, &told);
}

static void on_finished(struct exchange *exchange, const struct answer_result *res)
{
    exchange->answer = NULL; /* gone when this returns */
    exchange->times = res->times;
    metric_add(METRIC_ANSWERS, answer_finish_name(res->finish), 1);
    if (res->times.first_us)
        metric_observe(METRIC_FIRST_TOKEN_SECONDS, res->provider,
                       (double)(res->times.first_us - res->times.asked_us) / 1e6);
    exchange->ended = true;
    exchange->finish = res->finish;
    exchange->quality = res->quality;
    exchange->kind = res->kind;
    text_copy(exchange->why, sizeof(exchange->why), res->why, strlen(res->why));
    text_copy(exchange->provider, sizeof(exchange->provider), res->provider, strlen(res->provider));
    text_copy(exchange->model, sizeof(exchange->model), res->model, strlen(res->model));
    if (!exchange->outlined)
        points_copy(exchange, res->points, res->point_count);
    exchange_finish_if_ready(exchange);
}

static void on_event(const struct answer_event *event, void *arg)
{
    switch (event->kind) {
    case ANSWER_STARTED:
        on_started(arg, event);
        break;
    case ANSWER_OUTLINE:
        on_outline(arg, event);
        break;
    case ANSWER_DELTA:
        on_delta(arg, event);
        break;
    case ANSWER_FINISHED:
        on_finished(arg, event->finished);
        break;
    }
}

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
    } else if (exchange->ended && !exchange->told && !exchange->storing) {
        exchange->finish = ANSWER_SUPERSEDED;
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
    struct transcript_pair pair;

    if (exchange->dropped || !strcmp(exchange->question, text))
        return;
    set_question(exchange, text);
    pair = pair_of(exchange);
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
    exchange->timestamp = clock_unix_ms();
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
        .classified = in->classified,
        .owner = b->user_id,
        .session = b->session_id,
        .history = b->history,
        .history_count = b->history_count,
    };
    int code = answer_ask(live_deps(exchange->live)->answerer, b->index, &ask, on_event, exchange,
                          &exchange->answer, err);

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
        .quality = -1,
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

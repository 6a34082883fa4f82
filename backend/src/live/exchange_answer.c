/**
 * @file live/exchange_answer.c  The answer to a question: what the answerer tells of it, kept and
 *                               passed on
 *
 * Each stage's time counts from the last voiced sample of the question or, when it was typed, from
 * the request (openapi: Latency).
 */
#include "live/live_internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "observe/metrics.h"
#include "observe/trace.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------- copies */

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
    explicit_bzero(&exchange->shown, sizeof(exchange->shown));
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

static void left_free(struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->left_count; i++) {
        drop_text(exchange->left[i].provider);
        drop_text(exchange->left[i].why);
    }
    free(exchange->left);
    exchange->left = NULL;
    exchange->left_count = 0;
}

static void left_copy(struct exchange *exchange, const struct answer_left *left, size_t count)
{
    left_free(exchange);
    exchange->left = calloc(count + 1, sizeof(*exchange->left));
    for (size_t i = 0; exchange->left && i < count; i++)
        exchange->left[exchange->left_count++] =
            (struct answer_left){copy_text(left[i].provider), copy_text(left[i].why)};
}

void exchange_answer_release(struct exchange *exchange)
{
    points_free(exchange);
    left_free(exchange);
    buf_release(&exchange->text);
}

/* ---------------------------------------------------------------------------- as events */

struct live_event exchange_started(const struct exchange *exchange)
{
    return (struct live_event){
        .kind = LIVE_STARTED,
        .started = {.generation_id = exchange->generation_id,
                    .question_number = exchange->number,
                    .question = exchange->question,
                    .provider = exchange->provider,
                    .model = exchange->model,
                    .eager = exchange->ahead,
                    .p = exchange->p,
                    .transcript_id =
                        live_deps(exchange->live)->keep ? exchange->row.transcript_id : NULL,
                    .heard = exchange_has_other_words(exchange) ? exchange->heard : NULL,
                    .left = exchange->left,
                    .left_count = exchange->left_count}};
}

struct live_event exchange_outlined(const struct exchange *exchange)
{
    return (struct live_event){.kind = LIVE_OUTLINE,
                               .outline = {.generation_id = exchange->generation_id,
                                           .question = exchange->question,
                                           .kind = exchange->kind,
                                           .points = exchange->points,
                                           .count = exchange->point_count,
                                           .shown = &exchange->shown}};
}

struct live_event exchange_delta(const struct exchange *exchange, const char *text, size_t len)
{
    return (struct live_event){
        .kind = LIVE_DELTA,
        .delta = {.generation_id = exchange->generation_id, .text = text, .len = len}};
}

struct live_event exchange_checked(const struct exchange *exchange)
{
    return (struct live_event){.kind = LIVE_CHECK,
                               .check = {.generation_id = exchange->generation_id,
                                         .unsupported = exchange->unsupported,
                                         .count = exchange->unsupported_count}};
}

/* ---- events of the answerer ------------------------------------------------------------------ */

static void take_finished(struct exchange *exchange, const struct answer_result *res)
{
    exchange->answer = NULL; /* gone after this returns */
    exchange->times = res->times;
    metric_add(METRIC_ANSWERS, 1, answer_finish_name(res->finish));
    exchange->ended = true;
    exchange->finish = res->finish;
    exchange->quality = res->quality;
    exchange->kind = res->kind;
    text_copy(exchange->why, sizeof(exchange->why), res->why, strlen(res->why));
    text_copy(exchange->provider, sizeof(exchange->provider), res->provider, strlen(res->provider));
    text_copy(exchange->model, sizeof(exchange->model), res->model, strlen(res->model));
    if (!exchange->outlined)
        points_copy(exchange, res->points, res->point_count);
}

void exchange_on_answer(const struct answer_event *event, void *arg)
{
    struct exchange *exchange = arg;

    switch (event->kind) {
    case ANSWER_STARTED:
        text_copy(exchange->provider, sizeof(exchange->provider), event->started.provider,
                  strlen(event->started.provider));
        text_copy(exchange->model, sizeof(exchange->model), event->started.model,
                  strlen(event->started.model));
        left_copy(exchange, event->started.left, event->started.left_count);
        buf_clear(&exchange->text); /* what an earlier provider said is void */
        exchange->unsupported_count = 0;
        exchange->started = true;
        exchange->event = exchange_started(exchange);
        exchange_happened(exchange, CONVERSATION_PROGRESS, event->at_us);
        break;
    case ANSWER_OUTLINE:
        exchange->kind = event->outline.kind;
        exchange->told = event->outline.told;
        exchange->times.outline_us = event->at_us;
        points_copy(exchange, event->outline.points, event->outline.count);
        if (event->outline.shown)
            exchange->shown = *event->outline.shown;
        exchange->outlined = true;
        exchange->event = exchange_outlined(exchange);
        exchange_happened(exchange, CONVERSATION_PROGRESS, event->at_us);
        break;
    case ANSWER_DELTA:
        buf_append(&exchange->text, event->delta.text, event->delta.len);
        exchange->event = exchange_delta(exchange, event->delta.text, event->delta.len);
        exchange_happened(exchange, CONVERSATION_STREAMED, event->at_us);
        break;
    case ANSWER_CHECK:
        exchange->unsupported_count = event->check.count;
        memcpy(exchange->unsupported, event->check.unsupported,
               event->check.count * sizeof(*exchange->unsupported));
        exchange->event = exchange_checked(exchange);
        exchange_happened(exchange, CONVERSATION_PROGRESS, event->at_us);
        break;
    case ANSWER_THINKING:
        exchange->event = (struct live_event){
            .kind = LIVE_THINKING, .thinking = {.generation_id = exchange->generation_id}};
        exchange_happened(exchange, CONVERSATION_PROGRESS, event->at_us);
        break;
    case ANSWER_FINISHED:
        take_finished(exchange, event->finished);
        exchange_happened(exchange, CONVERSATION_ANSWERED, event->at_us);
        break;
    }
}

/* ------------------------------------------------------------------------------ its end */

/* What an eager answer had before the question was complete took the person no time. */
static double since_question(const struct exchange *exchange, uint64_t at_us)
{
    uint64_t from = exchange->final_us ? exchange->final_us : exchange->times.asked_us;

    return at_us > from ? (double)(at_us - from) / 1e6 : 0;
}

static void measure(const struct exchange *exchange)
{
    const struct answer_times *times = &exchange->times;

    if (exchange->finish == ANSWER_SUPERSEDED)
        return;
    if (times->outline_us)
        metric_observe(METRIC_OUTLINE_SECONDS, since_question(exchange, times->outline_us), NULL);
    if (times->first_us)
        metric_observe(METRIC_FIRST_TOKEN_SECONDS, since_question(exchange, times->first_us),
                       exchange->provider);
    if (times->end_us && exchange->finish != ANSWER_INTERRUPTED)
        metric_observe(METRIC_FINISHED_SECONDS, since_question(exchange, times->end_us),
                       exchange->provider);
}

/* From the end of the words, or from asking, until everything is stored. */
static void record(const struct exchange *exchange)
{
    const struct answer_times *times = &exchange->times;
    struct span span = {.trace = exchange->trace, .name = "question", .end_us = clock_mono_us()};

    span.start_us = exchange->speech_end_us && exchange->speech_end_us < times->asked_us
                        ? exchange->speech_end_us
                        : times->asked_us;
    span_fact(&span, "interviewd.session_id", exchange->live->context.session_id);
    span_fact(&span, "interviewd.kind", question_kind_name(exchange->kind));
    span_number(&span, "interviewd.question_number", exchange->number);
    trace_step(&span.trace, "hear", exchange->speech_end_us, exchange->final_us);
    trace_step(&span.trace, "store", times->end_us, span.end_us);
    trace_record(&span);
}

void exchange_tell_end(struct exchange *exchange, const struct conversation_action *action)
{
    if (action->superseded)
        exchange->finish = ANSWER_SUPERSEDED;
    measure(exchange);
    record(exchange);
    if (exchange->finish == ANSWER_ERROR)
        live_tell(exchange->live, &(struct live_event){.kind = LIVE_ERROR,
                                                       .error = {.code = LIVE_PROVIDER_FAILED,
                                                                 .why = exchange->why}});
    live_tell(exchange->live,
              &(struct live_event){
                  .kind = LIVE_FINISHED,
                  .finished = {.generation_id = exchange->generation_id,
                               .finish = exchange->finish,
                               .transcript_id = action->ok ? exchange->row.transcript_id : NULL,
                               .discarded = live_discarded(exchange->live),
                               .latency = exchange_latency(exchange)}});
}

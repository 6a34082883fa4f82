/**
 * @file live/exchange.c  One question of an interview: asked, its words, its row, what is stored
 *
 * conversation.c decides what happens; here it is performed: asking the answerer, and keeping and
 * writing words, times and rows. exchange_answer.c handles the answer.
 */
#include "live/live_internal.h"

#include "answer/user_chain.h"
#include "base/about.h"
#include "base/clock.h"
#include "base/text.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/trace.h"

#include <stdlib.h>
#include <string.h>

static const float UNSURE_BELOW = 0.55f; /* the recogniser's confidence in a whole question */

enum {
    ANSWER_TEXT_MAX = 1 << 20, /* longest answer kept [bytes] */
    OFFER_TEXT_MAX = 16 * 1024,
};

/* ------------------------------------------------------------------------------- memory */

struct exchange *exchange_find(struct live *live, uint64_t id)
{
    struct exchange *exchange = live->exchanges;

    while (exchange && exchange->id != id)
        exchange = exchange->next;
    return exchange;
}

void exchange_free(void *arg)
{
    struct exchange *exchange = arg;

    exchange_answer_release(exchange);
    free(exchange->question);
    free(exchange->heard);
    free(exchange);
}

static void exchange_forget(struct exchange *exchange)
{
    struct exchange **at = &exchange->live->exchanges;

    while (*at != exchange)
        at = &(*at)->next;
    *at = exchange->next;
    loop_free_later(live_deps(exchange->live)->loop, exchange, exchange_free);
}

/* Returns the previous value. */
static struct about about_exchange(const struct exchange *exchange)
{
    struct about about = about_get();

    about.trace = exchange->trace;
    about.session = exchange->live->context.session_id;
    about.generation = exchange->generation_id;
    return about_set(about);
}

void exchange_happened(struct exchange *exchange, enum conversation_event_kind kind, uint64_t at_us)
{
    struct about before = about_exchange(exchange);

    live_step(exchange->live,
              &(struct conversation_event){.kind = kind, .exchange = exchange->id, .at_us = at_us});
    about_set(before);
}

/* ----------------------------------------------------------------------- what is stored */

struct answer_latency exchange_latency(const struct exchange *exchange)
{
    return answer_latency(&exchange->times, exchange->speech_end_us, exchange->final_us);
}

bool exchange_has_other_words(const struct exchange *exchange)
{
    return exchange->heard && strcmp(exchange->heard, exchange->question) != 0;
}

static struct transcript_pair pair_of(const struct exchange *exchange)
{
    struct transcript_pair pair = {
        .transcript_id = exchange->row.transcript_id,
        .session_id = exchange->live->context.session_id,
        .number = exchange->number,
        .question = exchange->question,
        .heard = exchange_has_other_words(exchange) ? exchange->heard : NULL,
        .outdated = exchange->outdated,
        .answer = exchange->text.data && exchange->text.len ? exchange->text.data : "",
        .timestamp = exchange->row.timestamp,
        .confidence = exchange->confidence,
        .speaker = exchange->spoken ? voice_who_name(exchange->who) : NULL,
        .voice = exchange->voice,
        .speech_ms = exchange->speech_ms,
        .audio_url = exchange->audio[0] ? exchange->audio : NULL,
        .quality = -1,
        .unsupported = exchange->unsupported,
        .unsupported_count = exchange->unsupported_count,
        .shown = exchange->outlined ? &exchange->shown : NULL,
        .unfinished = !exchange->ended,
    };

    if (!exchange->ended)
        return pair;
    pair.ended = true;
    pair.latency = exchange_latency(exchange);
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

/* With the current words of a speaker who continues, unless that is NULL. */
static void keep_so_far(struct exchange *exchange, struct speaker *speaker)
{
    struct transcript_pair pair = pair_of(exchange);

    if (speaker)
        pair.question = speaker_running_words(speaker);
    pair.unfinished = true;
    if (live_deps(exchange->live)->keep)
        transcript_write(exchange->live->writer, &pair, NULL, NULL);
}

static void store(struct exchange *exchange)
{
    struct transcript_pair pair = pair_of(exchange);

    if (live_deps(exchange->live)->keep &&
        transcript_write(exchange->live->writer, &pair, NULL, NULL))
        log_error("live", "a question could not be kept: no memory");
}

/* Identifies an exchange during a write: it may be gone afterwards. */
struct ticket {
    struct live *live;
    uint64_t exchange;
};

static void on_stored(int err, void *arg)
{
    struct ticket *ticket = arg;

    if (exchange_find(ticket->live, ticket->exchange))
        live_step(ticket->live, &(struct conversation_event){.kind = CONVERSATION_STORED,
                                                             .exchange = ticket->exchange,
                                                             .ok = !err});
    free(ticket);
}

/* The story that the answer is based on counts as told. */
static void offer(struct exchange *exchange)
{
    struct buf text;

    buf_init(&text, OFFER_TEXT_MAX);
    for (size_t i = 0; i < exchange->point_count; i++)
        if (exchange->points[i].quote)
            buf_printf(&text, "%s ", exchange->points[i].quote);
    memory_offered(exchange->live->context.memory,
                   &(struct memory_offer){.number = exchange->number,
                                          .question = exchange->question,
                                          .kind = exchange->kind,
                                          .story = exchange->told,
                                          .text = text.data && text.len ? text.data : NULL});
    buf_release(&text);
}

static void store_answer(struct exchange *exchange)
{
    struct transcript_pair pair = pair_of(exchange);
    struct ticket *ticket = malloc(sizeof(*ticket));

    memory_shown(exchange->live->context.memory, pair.answer, exchange->number);
    offer(exchange);
    if (ticket)
        *ticket = (struct ticket){.live = exchange->live, .exchange = exchange->id};
    if (ticket && live_deps(exchange->live)->keep &&
        !transcript_write(exchange->live->writer, &pair, on_stored, ticket))
        return;
    free(ticket);
    exchange_happened(exchange, CONVERSATION_STORED, 0); /* ok: false, it is not stored */
}

/* -------------------------------------------------------------------------------- words */

static void set_words(struct exchange *exchange, const struct said_words *words)
{
    char *question = strdup(words->asked);

    if (!question)
        return;
    free(exchange->question);
    exchange->question = question;
}

static void set_facts(struct exchange *exchange, const struct said_words *words)
{
    exchange->confidence = words->confidence;
    exchange->p = words->p;
    exchange->speech_end_us = words->speech_end_us;
    exchange->final_us = words->final_us;
    exchange->speech_ms = words->whole_ms;
    exchange->spoken = true;
    exchange->who = words->who;
    exchange->voice = words->voice;
}

bool exchange_correct(struct exchange *exchange, const char *text, const char *heard)
{
    char *question = exchange->ahead && !exchange->confirmed ? NULL : strdup(text);
    char *before = question ? strdup(heard) : NULL;

    if (!before) {
        free(question);
        return false;
    }
    free(exchange->question);
    free(exchange->heard);
    exchange->question = question;
    exchange->heard = before;
    exchange->outdated = strcmp(question, before) != 0;
    return true;
}

void live_again_release(struct live_again *again)
{
    text_wipe(again->heard);
    again->heard = NULL;
}

/* The question that is asked again: its row, and who said it and when. */
static int take_again(struct exchange *exchange, const struct live_again *again)
{
    text_copy(exchange->row.transcript_id, ID_TEXT_MAX, again->transcript_id,
              strlen(again->transcript_id));
    exchange->row.timestamp = again->timestamp;
    exchange->confidence = again->confidence;
    exchange->speech_ms = again->speech_ms;
    exchange->spoken = again->spoken;
    exchange->who = again->who;
    exchange->voice = again->voice;
    memcpy(exchange->audio, again->audio, sizeof(exchange->audio));
    exchange->heard = again->heard ? strdup(again->heard) : NULL;
    return again->heard && !exchange->heard ? UV_ENOMEM : 0;
}

/* Words around the question form a remark before it. */
static void keep_aside(struct exchange *exchange, const struct said_words *words)
{
    struct transcript_pair pair = {
        .session_id = exchange->live->context.session_id,
        .number = exchange->number,
        .question = words->aside,
        .answer = "",
        .quality = -1,
        .confidence = words->confidence,
        .line = STORE_INTERVIEWER,
        .speaker = voice_who_name(words->who),
        .voice = words->voice,
        .timestamp = exchange->row.timestamp - 1,
    };

    if (!live_deps(exchange->live)->keep)
        return;
    if (!exchange->aside.transcript_id[0])
        id_new(exchange->aside.transcript_id);
    pair.transcript_id = exchange->aside.transcript_id;
    if (transcript_write(exchange->live->writer, &pair, NULL, NULL))
        log_error("live", "words could not be kept: no memory");
}

/* Words around it that were not already around the question that it replaces. */
static bool is_new_aside(const struct exchange *exchange, const struct said_words *words)
{
    return words->aside[0] && !exchange->aside.transcript_id[0];
}

/* Its final words are known. words NULL: typed. */
static void hear_question(struct exchange *exchange, const struct said_words *words)
{
    struct memory *memory = exchange->live->context.memory;

    if (exchange->ahead && !exchange->confirmed)
        metric_add(METRIC_EAGER, 1, "kept");
    exchange->confirmed = true;
    if (words)
        recording_url(exchange->live, words, true, exchange->audio);
    if (words && words->aside[0]) {
        if (is_new_aside(exchange, words))
            memory_heard(memory, MEMORY_INTERVIEWER, words->aside, 0);
        keep_aside(exchange, words);
    }
    memory_heard(memory, MEMORY_INTERVIEWER, exchange->question, exchange->number);
}

/* ------------------------------------------------------------------------------- asking */

static struct exchange *exchange_make(struct live *live, uint64_t id, const char *question)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    if (!exchange)
        return NULL;
    exchange->question = strdup(question);
    if (!exchange->question) {
        free(exchange);
        return NULL;
    }
    exchange->live = live;
    exchange->id = id;
    exchange->number = conversation_exchange(&live->conversation, id)->number;
    exchange->confidence = 1;
    buf_init(&exchange->text, ANSWER_TEXT_MAX);
    exchange->next = live->exchanges;
    live->exchanges = exchange;
    return exchange;
}

/* The row of the question that it replaces, of the remark that began it, or a new one. */
static void take_row(struct exchange *exchange, const struct conversation_action *action,
                     struct speaker *speaker)
{
    const struct exchange *old = exchange_find(exchange->live, action->other);

    if (old) {
        exchange->row = old->row;
        exchange->aside = old->aside;
    } else if (action->row) {
        exchange->row = *speaker_row(speaker);
    } else {
        id_new(exchange->row.transcript_id);
        exchange->row.timestamp = clock_unix_ms();
    }
}

/* The provider that the session was started with, unless its user has dropped it since. */
static bool has_own_provider(struct live *live)
{
    const char *name = live->context.provider;

    user_chain_renew(&live->chain);
    return *name && (!live->chain || user_chain_find(live->chain, name) != SIZE_MAX);
}

static int ask_answerer(struct exchange *exchange, const struct live_ask *ask,
                        const struct said_words *words, struct errbuf *why)
{
    const struct session_context *b = &exchange->live->context;
    bool own = has_own_provider(exchange->live);
    struct answer_ask in = {
        .chain = exchange->live->chain,
        .question = exchange->question,
        .provider = ask->provider ? ask->provider : (own ? b->provider : NULL),
        .model = ask->model ? ask->model
                            : (!ask->provider && b->model[0] && (own || !b->provider[0]) ? b->model
                                                                                         : NULL),
        .classified = words ? &words->question : NULL,
        .owner = b->user_id,
        .session = b->session_id,
        .memory = b->memory,
        .preamble = words && is_new_aside(exchange, words) ? words->aside : NULL,
        .heard = words ? words->heard : NULL,
        .number = exchange->number,
        .unsure = exchange->confidence > 0 && exchange->confidence < UNSURE_BELOW,
    };
    struct about before;
    int err;

    exchange->trace = trace_here();
    before = about_exchange(exchange);
    err = answer_ask(live_deps(exchange->live)->answerer, b->index, &in, exchange_on_answer,
                     exchange, &exchange->answer, why);
    about_set(before);
    if (!err)
        text_copy(exchange->generation_id, ID_TEXT_MAX, answer_id(exchange->answer),
                  strlen(answer_id(exchange->answer)));
    return err;
}

static void ask(struct live *live, const struct conversation_action *action)
{
    struct speaker *speaker = speaker_find(live, action->speaker);
    const struct said_words *words = speaker ? speaker_words(speaker) : NULL;
    const struct live_ask spoken = {.question = words ? words->asked : NULL};
    const struct live_ask *in = words ? &spoken : live->typed->ask;
    struct exchange *exchange = exchange_make(live, action->exchange, in->question);
    struct errbuf why = {""};
    int err = UV_ENOMEM;

    if (exchange) {
        exchange->ahead = action->ahead;
        take_row(exchange, action, speaker);
        if (words)
            set_facts(exchange, words);
        if (action->ahead)
            exchange->speech_end_us = exchange->final_us = 0;
        if (action->other || (!words && in->again))
            memory_forget(live->context.memory, exchange->number);
        err = !words && in->again ? take_again(exchange, in->again) : 0;
        if (!err)
            err = ask_answerer(exchange, in, words, &why);
        if (!err && !action->ahead)
            hear_question(exchange, words);
    }
    if (!exchange)
        err_set(&why, err, "no memory for another question");
    if (!words) {
        live->typed->err = err;
        if (live->typed->why)
            *live->typed->why = why;
        if (!err && live->typed->generation_id)
            memcpy(live->typed->generation_id, exchange->generation_id, ID_TEXT_MAX);
    }
    live_step(live,
              &(struct conversation_event){.kind = err ? CONVERSATION_REFUSED : CONVERSATION_ASKED,
                                           .exchange = action->exchange});
    speaker = speaker_find(live, action->speaker);
    if (speaker && err)
        speaker_tell_error(speaker, LIVE_PROVIDER_FAILED, why.text);
}

/* ---- actions -------------------------------------------------------------------------------- */

void exchange_perform(struct live *live, const struct conversation_action *action)
{
    struct exchange *exchange = exchange_find(live, action->exchange);
    struct speaker *speaker = speaker_find(live, action->speaker);
    struct about before;

    if (action->kind == DO_ASK) {
        ask(live, action);
        return;
    }
    if (!exchange)
        return;
    before = about_exchange(exchange);
    switch (action->kind) {
    case DO_SUPERSEDE:
        answer_supersede(exchange->answer);
        break;
    case DO_INTERRUPT:
        answer_interrupt(exchange->answer);
        break;
    case DO_CONFIRM:
        set_words(exchange, speaker_words(speaker));
        set_facts(exchange, speaker_words(speaker));
        hear_question(exchange, speaker_words(speaker));
        break;
    case DO_REWORD:
        set_words(exchange, speaker_words(speaker));
        exchange->speech_ms = speaker_words(speaker)->whole_ms;
        hear_question(exchange, speaker_words(speaker));
        store(exchange);
        break;
    case DO_STORE_QUESTION:
        store(exchange);
        break;
    case DO_STORE_ANSWER:
        store_answer(exchange);
        break;
    case DO_KEEP:
        keep_so_far(exchange, speaker);
        break;
    case DO_ERASE:
        transcript_erase(live->writer, live->context.session_id, exchange->row.transcript_id);
        break;
    case DO_TELL:
        live_tell(live, &exchange->event);
        break;
    case DO_TELL_END:
        exchange_tell_end(exchange, action);
        break;
    case DO_FORGET:
        exchange_forget(exchange);
        break;
    default:
        log_error("live", "an action (%d) that no exchange performs", (int)action->kind);
        break;
    }
    about_set(before);
}

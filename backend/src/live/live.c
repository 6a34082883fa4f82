/**
 * @file live/live.c  Live interviews: the registry, joining and leaving, listeners, steps
 */
#include "live/live_internal.h"

#include "answer/user_chain.h"
#include "base/about.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "observe/metrics.h"

#include <stdlib.h>
#include <string.h>

struct live_registry {
    struct live_deps deps;
    struct live *first;
    struct known_voices *known;
    struct recording *recordings; /* incomplete ones, even of interviews that are over */
    void (*on_shut)(void *arg);   /* set while shutting down */
    void *shut_arg;
};

const struct live_deps *live_deps(const struct live *live)
{
    return &live->registry->deps;
}

/* ------------------------------------------------------------------------- steps */

static void live_unhook(struct live *live);
static void catch_up(struct live *live, uint64_t exchange);

static void perform(struct live *live, const struct conversation_action *action)
{
    if (action->kind == DO_END)
        live_unhook(live);
    else if (action->kind == DO_CATCH_UP)
        catch_up(live, action->exchange);
    else if (action->kind == DO_REFUSE && !action->speaker)
        live->typed->err =
            err_set(live->typed->why, UV_EAGAIN, "too many questions at once; wait for an answer");
    else if (action->exchange)
        exchange_perform(live, action);
    else
        speaker_perform(live, action);
}

static void on_tick(void *arg)
{
    live_step(arg,
              &(struct conversation_event){.kind = CONVERSATION_TICK, .at_us = clock_mono_us()});
}

static void watch_unwritten(struct live *live)
{
    bool unwritten = live_deps(live)->keep && conversation_unwritten(&live->conversation);

    if (unwritten == live->ticking)
        return;
    live->ticking = unwritten;
    if (unwritten)
        timer_start(live->tick, KEEP_TICK_MS, KEEP_TICK_MS);
    else
        timer_stop(live->tick);
}

int live_discarded(const struct live *live)
{
    return live->context.discarded + live->conversation.discarded;
}

static void count_discarded(struct live *live)
{
    int more = live->conversation.discarded - live->discarded;

    if (!more)
        return;
    live->discarded += more;
    metric_add(METRIC_EAGER, more, "discarded");
    transcript_count_discarded(live->writer, live->context.user_id, live->context.session_id,
                               live_discarded(live));
}

/* An action may call a handler that causes the next event at once. That step is then taken inside
 * this one, on a consistent state; the remaining actions may find that their object is gone. */
static bool take_step(struct live *live, const struct conversation_event *event)
{
    struct conversation *c = &live->conversation;
    struct conversation_actions actions;

    if (!conversation_step(c, event, &actions)) {
        log_error("live", "what happened (%d) cannot happen now", (int)event->kind);
        return false;
    }
    for (size_t i = 0; i < actions.count; i++)
        perform(live, &actions.at[i]);
    if (c->life == CONVERSATION_OVER)
        return true;
    count_discarded(live);
    watch_unwritten(live);
    /* Nothing went to the writer, because nothing is stored or because of a lack of memory. */
    if (c->writing && !transcript_writer_busy(live->writer))
        live_step(live, &(struct conversation_event){.kind = CONVERSATION_WRITTEN});
    if (c->life != CONVERSATION_OVER)
        lines_watch(live);
    return true;
}

bool live_step(struct live *live, const struct conversation_event *event)
{
    struct about about = about_get();
    struct about before = about;
    bool taken;

    about.session = live->context.session_id;
    about_set(about);
    taken = take_step(live, event);
    about_set(before);
    return taken;
}

/* ---------------------------------------------------------------------- registry */

int live_registry_open(struct live_registry **rp, const struct live_deps *deps)
{
    struct live_registry *reg = calloc(1, sizeof(*reg));

    if (!reg)
        return UV_ENOMEM;
    reg->deps = *deps;
    *rp = reg;
    return 0;
}

size_t live_count(const struct live_registry *reg)
{
    size_t n = 0;

    for (const struct live *live = reg->first; live; live = live->next)
        n++;
    return n;
}

void live_each(const struct live_registry *reg,
               void (*fn)(const char *user_id, const char *session_id, void *arg), void *arg)
{
    for (const struct live *live = reg->first; live; live = live->next)
        fn(live->context.user_id, live->context.session_id, arg);
}

static void shut_if_empty(struct live_registry *reg)
{
    void (*done)(void *) = reg->on_shut;

    if (!done || reg->first || reg->recordings)
        return;
    reg->on_shut = NULL;
    done(reg->shut_arg);
}

/* Everybody has left, or is leaving now; a running answer is interrupted and stored as it is. */
void live_registry_shutdown(struct live_registry *reg, void (*done)(void *arg), void *arg)
{
    struct live *next;

    reg->on_shut = done;
    reg->shut_arg = arg;
    for (struct live *live = reg->first; live; live = next) {
        const struct conversation_event hold = {.kind = CONVERSATION_JOINED};
        const struct conversation_event shutdown = {.kind = CONVERSATION_SHUTDOWN};
        const struct conversation_event release = {.kind = CONVERSATION_LEFT};

        next = live->next;
        transcript_writer_hurry(live->writer);
        live_step(live, &hold); /* keeps it while its last speaker goes */
        while (live->speakers)
            speaker_give_up(live->speakers);
        live_step(live, &shutdown);
        live_step(live, &release);
    }
    shut_if_empty(reg);
}

static void live_free(void *arg)
{
    struct live *live = arg;

    known_voices_release(live->known);
    user_chain_close(live->chain);
    session_context_release(&live->context);
    free(live);
}

/* Nothing happens in it any more; it is freed at the end of the turn. */
static void live_unhook(struct live *live)
{
    struct live_registry *reg = live->registry;
    struct loop *loop = reg->deps.loop;
    struct live **at = &reg->first;

    while (*at != live)
        at = &(*at)->next;
    *at = live->next;
    live->conversation.life = CONVERSATION_OVER;
    timer_close(live->tick);
    live->tick = NULL;
    recording_leave(live);
    while (live->speakers) {
        struct speaker *speaker = live->speakers;

        speaker_unhook(speaker);
    }
    while (live->exchanges) {
        struct exchange *exchange = live->exchanges;

        live->exchanges = exchange->next;
        answer_close(exchange->answer);
        loop_free_later(loop, exchange, exchange_free);
    }
    transcript_writer_close(live->writer);
    loop_free_later(loop, live, live_free);
    shut_if_empty(reg);
}

static void registry_free(void *arg)
{
    struct live_registry *reg = arg;

    known_voices_close(&reg->known);
    free(reg);
}

void live_registry_close(struct live_registry *reg)
{
    if (!reg)
        return;
    reg->on_shut = NULL;
    while (reg->first)
        live_unhook(reg->first);
    recording_forget_all(&reg->recordings);
    loop_free_later(reg->deps.loop, reg, registry_free);
}

/* ------------------------------------------------------------- joining and leaving */

struct live *live_find(struct live_registry *reg, const char *user_id, const char *session_id)
{
    for (struct live *live = reg->first; live; live = live->next) {
        if (!strcmp(live->context.session_id, session_id) &&
            !strcmp(live->context.user_id, user_id))
            return live;
    }
    return NULL;
}

/* A stored voice is known from the beginning. */
static int know_voices(struct live *live)
{
    const struct session_context *context = &live->context;

    live->known = known_voices_hold(&live->registry->known, context->user_id, context->session_id);
    if (!live->known)
        return UV_ENOMEM;
    live->voices = known_voices_book(live->known);
    if (context->voice_ms && !voice_known(live->voices, VOICE_CANDIDATE))
        voice_learn(live->voices, VOICE_CANDIDATE, context->voice, context->voice_ms);
    return 0;
}

static void on_written(void *arg)
{
    live_step(arg, &(struct conversation_event){.kind = CONVERSATION_WRITTEN});
}

/* A choice made meanwhile applies from the next question on. */
static int choose_chain(struct live *live, const struct session_context *context)
{
    struct user_chain *chain = NULL;
    int err =
        user_chain_open(&chain, live->registry->deps.answerer, context->user_id, context->choice);

    if (err)
        return err;
    user_chain_close(live->chain);
    live->chain = chain;
    return 0;
}

static int live_make(struct live_registry *reg, struct session_context *context,
                     struct live **livep)
{
    struct live *live = calloc(1, sizeof(*live));
    int err;

    if (!live)
        return UV_ENOMEM;
    live->registry = reg;
    err = timer_open(&live->tick, reg->deps.loop, on_tick, live);
    if (!err && !context->memory) /* of no session that was stored */
        err = memory_open(&context->memory);
    if (!err)
        err = transcript_writer_open(&live->writer, &reg->deps, on_written, live);
    if (!err) {
        live->context = *context;
        err = know_voices(live);
    }
    if (!err && live->context.choice) {
        err = choose_chain(live, &live->context);
    }
    if (err) {
        timer_close(live->tick);
        transcript_writer_close(live->writer);
        known_voices_release(live->known);
        free(live);
        return err;
    }
    *context = (struct session_context){0};
    conversation_init(&live->conversation, live->context.questions);
    live->next = reg->first;
    reg->first = live;
    *livep = live;
    return 0;
}

int live_join(struct live_registry *reg, struct session_context *context, struct live **livep)
{
    struct live *live = live_find(reg, context->user_id, context->session_id);
    bool made = false;

    if (reg->on_shut)
        return UV_ECANCELED;
    if (live && context->choice) {
        int err = choose_chain(live, context);

        if (err)
            return err;
    }
    if (!live) {
        int err = live_make(reg, context, &live);

        if (err)
            return err;
        made = true;
    }
    live_step(live, &(struct conversation_event){.kind = CONVERSATION_JOINED});
    if (made && reg->deps.answerer)
        answerer_warm(reg->deps.answerer, live->chain, live->context.index);
    *livep = live;
    return 0;
}

void live_leave(struct live *live)
{
    live_step(live, &(struct conversation_event){.kind = CONVERSATION_LEFT});
}

/* ------------------------------------------------------------------------- asking */

int live_ask(struct live *live, const struct live_ask *ask, char generation_id[ID_TEXT_MAX],
             struct errbuf *why)
{
    struct typed_ask typed = {.ask = ask, .generation_id = generation_id, .why = why};
    struct typed_ask *outer = live->typed;
    struct conversation_event typed_event = {.kind = CONVERSATION_TYPED};

    if (live->conversation.life != CONVERSATION_OPEN)
        return err_set(why, UV_ECANCELED, "the server is going away");
    live->typed = &typed;
    if (ask->again) {
        typed_event.number = ask->again->number;
        for (const struct exchange *e = live->exchanges; e; e = e->next)
            if (!strcmp(e->row.transcript_id, ask->again->transcript_id))
                typed_event.exchange = e->id;
    }
    live_step(live, &typed_event);
    live->typed = outer;
    return typed.err;
}

bool live_interrupt(struct live *live)
{
    const struct conversation_exchange *e =
        conversation_exchange(&live->conversation, live->conversation.current);
    bool runs = e && (e->phase == PHASE_AHEAD || e->phase == PHASE_ANSWERING);

    live_step(live, &(struct conversation_event){.kind = CONVERSATION_INTERRUPT});
    return runs;
}

/* -------------------------------------------------------------------- recording */

static void recording_gone(void *arg)
{
    shut_if_empty(arg);
}

int live_record(struct live *live, const char *wording, struct errbuf *why)
{
    struct live_event event;

    if (live->conversation.life != CONVERSATION_OPEN)
        return err_set(why, UV_ECANCELED, "the server is going away");
    if (!live->recording)
        return recording_begin(live, &live->registry->recordings, wording, recording_gone,
                               live->registry, why);
    if (recording_event(live, &event))
        live_tell(live, &event);
    return 0;
}

void live_stop_recording(struct live *live)
{
    recording_stop(live);
}

void live_correct(struct live *live, const char *transcript_id, int number, const char *before,
                  const char *text, const char *heard)
{
    struct exchange *found = NULL;

    memory_correct(live->context.memory, before, text, number);
    for (struct exchange *e = live->exchanges; e; e = e->next)
        if (!strcmp(e->row.transcript_id, transcript_id))
            found = e;
    if (!found || !exchange_correct(found, text, heard))
        return;
    live_step(live,
              &(struct conversation_event){.kind = CONVERSATION_CORRECTED, .exchange = found->id});
}

/* -------------------------------------------------------------------- listeners */

void live_tell(struct live *live, const struct live_event *event)
{
    struct live_listener *next;

    /* A slow receiver may unlisten from inside its handler: it is freed at the end of the turn. */
    for (struct live_listener *l = live->listeners; l; l = next) {
        next = l->next;
        if (!l->closed)
            l->on_event(event, l->arg);
    }
}

/* What the current answer contains so far, for somebody who joins in the middle. */
static void catch_up(struct live *live, uint64_t id)
{
    const struct exchange *exchange = exchange_find(live, id);
    struct live_listener *l = live->newcomer;
    struct live_event event;

    if (!exchange || !exchange->started)
        return;
    event = exchange_started(exchange);
    l->on_event(&event, l->arg);
    if (exchange->outlined && !l->closed) {
        event = exchange_outlined(exchange);
        l->on_event(&event, l->arg);
    }
    if (exchange->text.len && !l->closed) {
        event = exchange_delta(exchange, exchange->text.data, exchange->text.len);
        l->on_event(&event, l->arg);
    }
    if (exchange->unsupported_count && !l->closed) {
        event = exchange_checked(exchange);
        l->on_event(&event, l->arg);
    }
}

int live_listen(struct live *live, live_event_fn *on_event, void *arg, struct live_listener **lp)
{
    struct live_listener *l = calloc(1, sizeof(*l));
    struct live_event recording, listening;
    struct lines lines;

    if (!l)
        return UV_ENOMEM;
    *l = (struct live_listener){
        .next = live->listeners, .live = live, .on_event = on_event, .arg = arg};
    live->listeners = l;
    *lp = l;
    if (recording_event(live, &recording))
        on_event(&recording, arg);
    if (lines_event(live, &lines, &listening) && !l->closed)
        on_event(&listening, arg);
    if (l->closed)
        return 0;
    live->newcomer = l;
    live_step(live, &(struct conversation_event){.kind = CONVERSATION_LISTENED});
    live->newcomer = NULL;
    return 0;
}

void live_unlisten(struct live_listener *listener)
{
    struct live_listener **at;

    if (!listener || listener->closed)
        return;
    for (at = &listener->live->listeners; *at != listener; at = &(*at)->next)
        ;
    *at = listener->next;
    listener->closed = true;
    loop_free_later(live_deps(listener->live)->loop, listener, free);
}

/* ------------------------------------------------------------------------ voices */

int live_teach_voice(struct live_registry *reg, const char *user_id, const char *session_id,
                     const float voice[VOICE_DIMENSIONS], uint32_t ms)
{
    struct known_voices *known = known_voices_hold(&reg->known, user_id, session_id);

    if (!known)
        return UV_ENOMEM;
    voice_forget(known_voices_book(known), VOICE_CANDIDATE);
    voice_learn(known_voices_book(known), VOICE_CANDIDATE, voice, ms);
    known_voices_release(known);
    return 0;
}

uint64_t live_voice_ms(struct live_registry *reg, const char *user_id, const char *session_id)
{
    struct known_voices *known = known_voices_find(reg->known, user_id, session_id);

    return known ? known_voices_book(known)->voices[VOICE_CANDIDATE].ms : 0;
}

void live_forget_voices(struct live_registry *reg, const char *user_id, const char *session_id)
{
    known_voices_forget(&reg->known, user_id, session_id);
}

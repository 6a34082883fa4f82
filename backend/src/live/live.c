/**
 * @file live/live.c  Live interviews: the registry, joining and leaving, listeners
 */
#include "live/live_internal.h"

#include <stdlib.h>
#include <string.h>

struct live_registry {
    struct live_deps deps;
    struct live *first;
    void (*on_shut)(void *arg); /* set while shutting down */
    void *shut_arg;
};

const struct live_deps *live_deps(const struct live *live)
{
    return &live->registry->deps;
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

static void shut_if_empty(struct live_registry *reg)
{
    void (*done)(void *) = reg->on_shut;

    if (!done || reg->first)
        return;
    reg->on_shut = NULL;
    done(reg->shut_arg);
}

/* Everybody has left, or leaves now; what runs is interrupted and stored with what it has. */
void live_registry_shutdown(struct live_registry *reg, void (*done)(void *arg), void *arg)
{
    struct live *next;

    reg->on_shut = done;
    reg->shut_arg = arg;
    for (struct live *live = reg->first; live; live = next) {
        next = live->next;
        live->stopping = true;
        live->joined++; /* keeps it while its answer ends */
        while (live->speakers)
            speaker_give_up(live->speakers);
        if (live->current && !live->current->confirmed)
            exchange_withdraw(live->current);
        live_interrupt(live);
        live_leave(live);
    }
    shut_if_empty(reg);
}

static void live_free(struct live *live)
{
    struct exchange *next;

    for (struct exchange *exchange = live->exchanges; exchange; exchange = next) {
        next = exchange->next;
        exchange_free(exchange);
    }
    transcript_writer_close(live->writer);
    session_context_release(&live->context);
    free(live);
}

void live_registry_close(struct live_registry *reg)
{
    struct live *next;

    if (!reg)
        return;
    for (struct live *live = reg->first; live; live = next) {
        next = live->next;
        live_free(live);
    }
    free(reg);
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

static void on_kept(void *arg)
{
    live_end_if_over(arg);
}

static int live_make(struct live_registry *reg, struct session_context *context,
                     struct live **livep)
{
    struct live *live = calloc(1, sizeof(*live));
    int err;

    if (!live)
        return UV_ENOMEM;
    err = transcript_writer_open(&live->writer, &reg->deps, on_kept, live);
    if (err) {
        free(live);
        return err;
    }
    live->context = *context;
    *context = (struct session_context){0};
    live->registry = reg;
    live->next = reg->first;
    reg->first = live;
    *livep = live;
    return 0;
}

int live_join(struct live_registry *reg, struct session_context *context, struct live **livep)
{
    struct live *live = live_find(reg, context->user_id, context->session_id);

    if (reg->on_shut)
        return UV_ECANCELED;
    if (!live) {
        int err = live_make(reg, context, &live);

        if (err)
            return err;
    }
    live->joined++;
    *livep = live;
    return 0;
}

void live_leave(struct live *live)
{
    live->joined--;
    live_end_if_over(live);
}

static bool all_told(const struct live *live)
{
    for (const struct exchange *exchange = live->exchanges; exchange; exchange = exchange->next) {
        if (!exchange->told)
            return false;
    }
    return true;
}

void live_end_if_over(struct live *live)
{
    struct live_registry *reg = live->registry;
    struct live **at = &reg->first;

    if (live->joined > 0 || transcript_writer_busy(live->writer))
        return;
    /* Nobody will say the final text of a question that was only looked ahead to. */
    if (live->current && !live->current->confirmed && !live->current->told) {
        exchange_withdraw(live->current);
        return;
    }
    if (!all_told(live))
        return;

    while (*at != live)
        at = &(*at)->next;
    *at = live->next;
    live_free(live);
    shut_if_empty(reg);
}

void live_remember(struct live *live, const char *question, const char *answer)
{
    struct session_context *b = &live->context;
    struct answer_pair pair = {strdup(question), strdup(answer)};

    if (!b->history)
        b->history = calloc(ANSWER_HISTORY_MAX, sizeof(*b->history));
    if (!b->history || !pair.question || !pair.answer) {
        answer_pair_release(&pair);
        return;
    }
    if (b->history_count == ANSWER_HISTORY_MAX) {
        answer_pair_release(&b->history[0]);
        memmove(b->history, b->history + 1, (ANSWER_HISTORY_MAX - 1) * sizeof(*b->history));
        b->history_count--;
    }
    b->history[b->history_count++] = pair;
}

/* -------------------------------------------------------------------- listeners */

void live_broadcast(struct live *live, const struct live_event *event)
{
    struct live_listener *next;

    for (struct live_listener *l = live->listeners; l; l = next) {
        next = l->next; /* a receiver that lags may unlisten from inside its handler */
        l->on_event(event, l->arg);
    }
}

/* What has been said of the running answer so far, for somebody who comes in the middle. */
static void catch_up(struct live_listener *l)
{
    const struct exchange *exchange = l->live->current;
    struct live_event event;

    if (!exchange || exchange->told || exchange->dropped || !exchange->started)
        return;
    event = exchange_started(exchange);
    l->on_event(&event, l->arg);
    if (exchange->outlined) {
        event = exchange_outlined(exchange);
        l->on_event(&event, l->arg);
    }
    if (exchange->text.len) {
        event = exchange_delta(exchange, exchange->text.data, exchange->text.len);
        l->on_event(&event, l->arg);
    }
}

int live_listen(struct live *live, live_event_fn *on_event, void *arg, struct live_listener **lp)
{
    struct live_listener *l = calloc(1, sizeof(*l));

    if (!l)
        return UV_ENOMEM;
    *l = (struct live_listener){
        .next = live->listeners, .live = live, .on_event = on_event, .arg = arg};
    live->listeners = l;
    *lp = l;
    catch_up(l);
    return 0;
}

void live_unlisten(struct live_listener *listener)
{
    struct live_listener **at;

    if (!listener)
        return;
    for (at = &listener->live->listeners; *at != listener; at = &(*at)->next)
        ;
    *at = listener->next;
    free(listener);
}

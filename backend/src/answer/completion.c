/**
 * @file answer/completion.c  Passing a client's own messages to the chain of providers
 */
#include "answer/completion.h"

#include "answer/answer_internal.h"
#include "answer/spoken.h"
#include "answer/user_chain.h"
#include "base/clock.h"
#include "base/text.h"
#include "loop/loop.h"
#include "observe/metrics.h"

#include <stdlib.h>
#include <string.h>

enum { THINKING_MAX_MS = 120000 }; /* in total; then a model that only thinks is given up */

/* Exactly 0 would leave the choice to the provider: drivers do not send 0. */
static const double TEMPERATURE_LEAST = 1e-6;

struct completion {
    struct answerer *a;
    struct user_chain *chain; /* held */
    struct completion *next;
    struct completion *prev;
    struct completion_handlers h;
    void *arg;
    struct llm_message *messages; /* owned, with their texts */
    size_t message_count;
    char *model_asked;
    int max_tokens;
    double temperature;
    struct buf draft; /* the built-in answer; empty if it is not asked */
    struct answer_link *order[ANSWER_PROVIDERS_MAX];
    size_t order_count;
    size_t at;
    struct llm_gen *gen;
    struct loop_timer *deadline; /* for the first word, then for each next one; or to move on */
    uint64_t asked_ms;
    char model[LLM_HABIT_NAME_MAX];
    bool leaving; /* deadline will ask the next one */
    bool begun;
    bool closed;
    int err;
    struct buf why; /* what each failed provider said */
};

static void completion_free(void *arg)
{
    struct completion *c = arg;

    for (size_t i = 0; i < c->message_count; i++)
        text_wipe((char *)(uintptr_t)c->messages[i].text);
    free(c->messages);
    free(c->model_asked);
    if (c->draft.data)
        explicit_bzero(c->draft.data, c->draft.cap);
    buf_release(&c->draft);
    buf_release(&c->why);
    user_chain_close(c->chain);
    free(c);
}

static struct answer_link *current(const struct completion *c)
{
    return c->order[c->at];
}

void completion_close(struct completion *c)
{
    if (!c || c->closed)
        return;
    c->closed = true;
    if (c->gen && !c->begun)
        breaker_abandon(&current(c)->breaker);
    llm_cancel(c->gen);
    c->gen = NULL;
    timer_close(c->deadline);
    if (c->prev)
        c->prev->next = c->next;
    else
        c->a->completions = c->next;
    if (c->next)
        c->next->prev = c->prev;
    loop_free_later(c->a->loop, c, completion_free);
}

static void end(struct completion *c, const struct completion_end *e)
{
    completion_close(c);
    c->h.on_end(e, c->arg);
}

/* ------------------------------------------------------------------------- one provider */

/** The next one is asked from the timer, because we may be inside a handler of the client. */
static void leave(struct completion *c, int err, const char *why)
{
    c->err = err;
    buf_printf(&c->why, "%s%s", c->why.len ? "; " : "", why);
    c->leaving = true;
    timer_start(c->deadline, 0, 0);
}

static void on_start(const char *model, void *arg)
{
    struct completion *c = arg;

    text_copy(c->model, sizeof(c->model), model, strlen(model));
}

static void on_delta(const char *text, size_t len, void *arg)
{
    struct completion *c = arg;

    if (!c->begun) {
        c->begun = true;
        breaker_success(&current(c)->breaker);
        if (!current(c)->provider.driver->plain)
            answer_measured(current(c), clock_mono_ms() - c->asked_ms);
        metric_observe(METRIC_PROVIDER_FIRST_TOKEN, (double)(clock_mono_ms() - c->asked_ms) / 1e3,
                       current(c)->provider.name);
        c->h.on_begin(current(c)->provider.name, c->model, c->arg);
    }
    if (c->closed)
        return;
    timer_start(c->deadline, c->a->stall_ms, 0);
    c->h.on_text(text, len, c->arg);
}

/** It is alive: wait that long again, though not for ever. */
static void on_thinking(void *arg)
{
    struct completion *c = arg;
    uint64_t more =
        current(c)->provider.local ? c->a->local_first_token_max_ms : c->a->first_token_max_ms;

    if (clock_mono_ms() - c->asked_ms + more < THINKING_MAX_MS)
        timer_start(c->deadline, c->begun ? c->a->stall_ms : more, 0);
}

static void on_take_back(void *arg)
{
    struct completion *c = arg;

    if (c->begun)
        c->h.on_void(c->arg);
}

static void on_end(const struct llm_end *e, void *arg)
{
    struct completion *c = arg;
    struct answer_link *l = current(c);

    c->gen = NULL;
    if (e->prompt_tokens)
        metric_add(METRIC_PROVIDER_TOKENS, e->prompt_tokens, l->provider.name, "prompt");
    if (e->answer_tokens)
        metric_add(METRIC_PROVIDER_TOKENS, e->answer_tokens, l->provider.name, "answer");
    if (!e->err && c->begun) {
        end(c, &(struct completion_end){.why = "",
                                        .length = e->finish == LLM_LENGTH,
                                        .prompt_tokens = e->prompt_tokens,
                                        .answer_tokens = e->answer_tokens});
        return;
    }
    /* a refused request says nothing about the provider's health */
    if (e->err == UV_EINVAL || e->err == UV_E2BIG || (l->provider.local && !e->retry_after_ms))
        breaker_abandon(&l->breaker);
    else
        breaker_failure(&l->breaker, clock_mono_ms(), e->retry_after_ms);
    metric_add(METRIC_PROVIDER_ERRORS, 1, l->provider.name, chain_failure_kind(e->err));
    if (c->begun)
        end(c, &(struct completion_end){.err = e->err, .why = e->why});
    else
        leave(c, e->err ? e->err : UV_EPROTO,
              e->err ? e->why : "the provider ended without a word");
}

static int ask_provider(struct completion *c, struct errbuf *why)
{
    static const struct llm_handlers handlers = {.on_start = on_start,
                                                 .on_delta = on_delta,
                                                 .on_thinking = on_thinking,
                                                 .on_take_back = on_take_back,
                                                 .on_end = on_end};
    struct answer_link *l = current(c);
    const char *model = c->model_asked ? c->model_asked : l->provider.model;
    const struct llm_habit *habit = llm_habit_of(l->provider.habits, model ? model : "");
    uint64_t wait = l->provider.local ? c->a->local_first_token_max_ms : c->a->first_token_max_ms;
    struct llm_request req = {.messages = c->messages,
                              .message_count = c->message_count,
                              .draft = c->draft.data,
                              .model = c->model_asked,
                              .max_tokens = c->max_tokens,
                              .context = chain_context(&l->provider, habit),
                              .temperature = c->temperature};
    int err;

    text_copy(c->model, sizeof(c->model), model ? model : "", model ? strlen(model) : 0);
    breaker_begin(&l->breaker);
    metric_add(METRIC_PROVIDER_REQUESTS, 1, l->provider.name);
    c->asked_ms = clock_mono_ms();
    err = llm_start(c->a->loop, answer_link_client(c->a, l), &l->provider, &req, &handlers, c,
                    &c->gen, why);
    if (err) {
        breaker_abandon(&l->breaker);
        return err;
    }
    if (l->provider.driver->first_token_ms > wait)
        wait = l->provider.driver->first_token_ms;
    timer_start(c->deadline, wait, 0);
    return 0;
}

/* ---------------------------------------------------------------------------- the chain */

static void on_deadline(void *arg)
{
    struct completion *c = arg;
    struct errbuf why = {""};
    int err;

    if (!c->leaving) {
        llm_cancel(c->gen);
        c->gen = NULL;
        breaker_failure(&current(c)->breaker, clock_mono_ms(), 0);
        metric_add(METRIC_PROVIDER_ERRORS, 1, current(c)->provider.name,
                   chain_failure_kind(UV_ETIMEDOUT));
        err_set(&why, UV_ETIMEDOUT,
                c->begun ? "%s stopped in the middle of the answer" : "%s gave no word in time",
                current(c)->provider.name);
        if (c->begun) {
            end(c, &(struct completion_end){.err = UV_ETIMEDOUT, .why = why.text});
            return;
        }
        leave(c, UV_ETIMEDOUT, why.text);
        return;
    }
    c->leaving = false;
    if (c->at + 1 < c->order_count) {
        c->at++;
        err = ask_provider(c, &why);
        if (err)
            leave(c, err, why.text);
        return;
    }
    end(c, &(struct completion_end){.err = c->err, .why = c->why.data ? c->why.data : ""});
}

static bool is_plain(const struct answer_link *l)
{
    return l->provider.driver->plain;
}

/** Is there a language model, skipped or not? */
static bool has_models(const struct user_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        if (answer_link_there(chain->links[i]) && !is_plain(chain->links[i]))
            return true;
    return false;
}

/** The built-in answer is at the end of every order. It only stays if it is wanted. */
static int choose(struct completion *c, const struct completion_ask *ask, struct errbuf *why)
{
    c->order_count = answer_order(c->chain, ask->provider, c->order);
    if (ask->provider) {
        if (!c->order_count || strcmp(c->order[0]->provider.name, ask->provider) != 0)
            return err_set(why, UV_EINVAL, "no answer provider is called %s here", ask->provider);
        c->order_count = 1;
    } else if (c->order_count > 1) {
        c->order_count -= is_plain(c->order[c->order_count - 1]);
    } else if (has_models(c->chain)) {
        return err_set(why, UV_EAGAIN, "every answer provider failed a moment ago and rests");
    }
    return 0;
}

/** The built-in answer to the user's last message. */
static int write_draft(struct completion *c)
{
    const char *last = "";
    struct outline outline;
    enum question_kind kind;
    int err;

    if (!is_plain(c->order[0]))
        return 0;
    for (size_t i = 0; i < c->message_count; i++)
        if (c->messages[i].role == LLM_USER)
            last = c->messages[i].text;
    kind = question_classify(last).kind;
    err = outline_compose(&outline, NULL, last, kind);
    if (!err)
        err = spoken_compose(&c->draft, NULL, last, &outline);
    outline_release(&outline);
    return err;
}

static int copy_messages(struct completion *c, const struct completion_ask *ask)
{
    c->messages = calloc(ask->message_count, sizeof(*c->messages));
    if (!c->messages)
        return UV_ENOMEM;
    for (size_t i = 0; i < ask->message_count; i++) {
        char *text = strdup(ask->messages[i].text);

        if (!text)
            return UV_ENOMEM;
        c->messages[c->message_count++] =
            (struct llm_message){.role = ask->messages[i].role, .text = text};
    }
    c->model_asked = ask->model ? strdup(ask->model) : NULL;
    return ask->model && !c->model_asked ? UV_ENOMEM : 0;
}

int completion_start(struct completion **cp, struct answerer *a, const struct completion_ask *ask,
                     const struct completion_handlers *h, void *arg, struct errbuf *why)
{
    struct completion *c;
    struct errbuf refused = {""};
    int err;

    if (!ask->message_count)
        return err_set(why, UV_EINVAL, "there is no message");
    c = calloc(1, sizeof(*c));
    if (!c)
        return err_set(why, UV_ENOMEM, "out of memory");
    c->a = a;
    c->chain = user_chain_ref(ask->chain ? ask->chain : a->operators);
    c->h = *h;
    c->arg = arg;
    c->max_tokens = ask->max_tokens > 0 ? ask->max_tokens : COMPLETION_TOKENS;
    c->temperature = ask->temperature > 0 ? ask->temperature : TEMPERATURE_LEAST;
    buf_init(&c->draft, SPOKEN_BYTES_MAX);
    buf_init(&c->why, ANSWER_PROVIDERS_MAX * (size_t)ERR_TEXT_MAX);
    c->next = a->completions;
    if (c->next)
        c->next->prev = c;
    a->completions = c;
    err = choose(c, ask, why);
    if (!err && (copy_messages(c, ask) || write_draft(c) ||
                 timer_open(&c->deadline, a->loop, on_deadline, c)))
        err = err_set(why, UV_ENOMEM, "out of memory");
    if (err) {
        completion_close(c);
        return err;
    }
    err = ask_provider(c, &refused);
    if (err)
        leave(c, err, refused.text);
    *cp = c;
    return 0;
}

/**
 * @file answer/chain.c  The chain of providers: whom to ask, how long to wait, and what to do on
 * failure
 *
 *     start -> (words) -> end
 *       |  \-- slow and local: the built-in answer stands until the first word
 *       +----- failed, silent, or what it said was not worth it: leave -> next
 *
 * The reason why each provider was given up is kept for the person. It is also logged, once until
 * the provider answers again, but without the provider's own words, which may quote the question.
 */
#include "answer/answer_internal.h"

#include "base/about.h"
#include "base/clock.h"
#include "base/text.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "observe/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    THINKING_TOLD_MS = 2000,
    THINKING_MAX_MS = 120000,  /* in total; then a model that only thinks is given up */
    THINKING_STAND_MS = 15000, /* after this long with only thoughts the built-in answer stands
                                  in */
    GOOD_WORDS = 60,           /* if there are this many before a loop or a stop, the answer ends
                                  there */
    ALIVE_MAX_MS = 30000,      /* for a server that only keeps the connection open */
    AWAY_MS = 1000,            /* for a server on this machine whose port is closed */
    AWAY_STEP_MS = 200,
};

static const double TEMPERATURE = 0.4;

/* ---- failures ------------------------------------------------------------------------------ */

/* kind: as in METRIC_PROVIDER_ERRORS. The last one stands for every other code. */
static const struct failure {
    int err;
    const char *kind;
    const char *word;
} failures[] = {
    {UV_EACCES, "key_refused", "it refuses the key"},
    {UV_ENOENT, "not_found", "it has no such model, or the address is wrong"},
    {UV_EAGAIN, "overloaded", "it is overloaded, rate limited or failing"},
    {UV_ETIMEDOUT, "timeout", "it gave no word in time"},
    {UV_ECONNREFUSED, "unreachable", "nothing listens at its address"},
    {UV_EAI_NONAME, "unknown_host", "its address has an unknown name"},
    {UV_ECONNRESET, "broke_off", "it broke off"},
    {UV_EPROTO, "protocol", "its reply was not understood"},
    {UV_E2BIG, "too_long", "the question and its profile are too long for it"},
    {0, "refused", "it did not answer the request"},
};

static const struct failure *failure_of(int err)
{
    const struct failure *f = failures;

    while (f->err && f->err != err)
        f++;
    return f;
}

const char *chain_failure_kind(int err)
{
    return failure_of(err)->kind;
}

/* Returns the previous value. */
static struct about about_answer(const struct answer *x)
{
    return about_set((struct about){.request = about_get().request,
                                    .session = x->session[0] ? x->session : NULL,
                                    .generation = x->id,
                                    .trace = x->trace});
}

static void log_left(const struct answer *x, int err)
{
    struct answer_link *l = answer_current(x);
    struct about before;
    const char *word = failure_of(err)->word;

    if (!strcmp(l->logged, word))
        return;
    text_copy(l->logged, sizeof(l->logged), word, strlen(word));
    before = about_answer(x);
    log_warn("answer", "%s was left: %s", l->provider.name, word);
    about_set(before);
}

static void log_back(const struct answer *x)
{
    struct answer_link *l = answer_current(x);
    struct about before = about_answer(x);

    if (l->logged[0])
        log_info("answer", "%s answers again", l->provider.name);
    l->logged[0] = '\0';
    about_set(before);
}

static void remember_left(struct answer *x, const char *provider, const char *why)
{
    char *own = x->left_count < ANSWER_LEFT_MAX ? strdup(why) : NULL;

    if (own)
        x->left[x->left_count++] = (struct answer_left){.provider = provider, .why = own};
}

/* --------------------------------------------------------------- the span of a provider */

static void begin_asking(struct answer *x)
{
    struct span *span = &x->asking;

    *span = (struct span){
        .trace = trace_child(&x->trace), .kind = SPAN_CLIENT, .start_us = clock_mono_us()};
    span_name(span, "ask %s", answer_current(x)->provider.name);
    span_fact(span, "interviewd.provider", answer_current(x)->provider.name);
    span_fact(span, "interviewd.model", x->model);
}

static void end_asking(struct answer *x, int err)
{
    if (!x->asking.start_us)
        return;
    x->asking.end_us = clock_mono_us();
    x->asking.failed = err != 0 && err != UV_ECANCELED;
    if (x->asking.failed)
        span_fact(&x->asking, "error.type", failure_of(err)->kind);
    trace_record(&x->asking);
    x->asking.start_us = 0;
}

/** A provider on this machine costs nothing to ask: it is never skipped unless it asks for it. */
static void failed(struct answer *x, int err, uint64_t retry_after_ms)
{
    struct answer_link *l = answer_current(x);

    metric_add(METRIC_PROVIDER_ERRORS, 1, l->provider.name, failure_of(err)->kind);
    end_asking(x, err);
    /* a refused request says nothing about the provider's health */
    if (err == UV_EINVAL || err == UV_E2BIG || (l->provider.local && !retry_after_ms))
        breaker_abandon(&l->breaker);
    else
        breaker_failure(&l->breaker, clock_mono_ms(), retry_after_ms);
}

/* -------------------------------------------------------------------------------- words */

static void on_start(const char *model, void *arg)
{
    struct answer *x = arg;

    text_copy(x->model, sizeof(x->model), model, strlen(model));
}

/** The words so far are void. */
static void start_over(struct answer *x)
{
    if (x->text.data)
        explicit_bzero(x->text.data, x->text.len);
    buf_clear(&x->text);
    check_void(x);
    x->moved = true;
}

static void stop_standing(struct answer *x)
{
    timer_stop(x->standing);
    llm_cancel(x->stand);
    x->stand = NULL;
    if (x->stands)
        start_over(x);
    x->stands = false;
}

/** The first word arrived. false: somebody closed the answer in a handler. */
static bool first_word(struct answer *x, uint64_t now)
{
    stop_standing(x);
    /* A very fast provider may be ahead of the tick: the order of events stays the same. */
    if (x->moved || !x->outlined)
        answer_progress(x);
    if (x->state >= ENDING)
        return false;
    x->state = STREAMING;
    if (!x->times.first_us)
        x->times.first_us = now;
    trace_step(&x->asking.trace, "until its first word", x->asking.start_us, now);
    metric_observe(METRIC_PROVIDER_FIRST_TOKEN, (double)(clock_mono_ms() - x->begun_ms) / 1e3,
                   answer_current(x)->provider.name);
    breaker_success(&answer_current(x)->breaker);
    answer_measured(answer_current(x), clock_mono_ms() - x->asked_ms);
    log_back(x);
    return true;
}

static void say(struct answer *x, const char *text, size_t len, uint64_t now)
{
    if (buf_append(&x->text, text, len)) {
        answer_end(x, ANSWER_LENGTH, "");
        return;
    }
    answer_tell(x, (struct answer_event){
                       .kind = ANSWER_DELTA, .at_us = now, .delta = {.text = text, .len = len}});
}

/** Cuts off a model that only repeats itself or its instructions. */
static void watch(struct answer *x, const char *text, size_t len)
{
    const char *name = answer_current(x)->provider.name;
    enum guard_finding found = guard_feed(&x->guard, text, len);
    char why[ANSWER_WHY_MAX];

    if (found == GUARD_FINE)
        return;
    if (x->guard.kept >= GOOD_WORDS) {
        answer_end(x, ANSWER_LENGTH, "");
        return;
    }
    llm_cancel(x->gen);
    x->gen = NULL;
    snprintf(why, sizeof(why),
             found == GUARD_LOOP ? "%s repeated itself" : "%s repeated what it was told", name);
    chain_leave(x, UV_EINVAL, why);
}

static void on_delta(const char *text, size_t len, void *arg)
{
    struct answer *x = arg;
    uint64_t now = clock_mono_us();

    if (x->leaving) /* it was cut off */
        return;
    if (x->state < STREAMING && !first_word(x, now))
        return;
    x->thinking_ms = 0;
    timer_start(x->deadline, x->a->stall_ms, 0);
    say(x, text, len, now);
    if (x->state != STREAMING || answer_current(x)->provider.driver->plain)
        return;
    check_words(x, false);
    if (x->state == STREAMING)
        watch(x, text, len);
}

/** How long to wait for a provider that shows signs of life but sends no words. */
static void wait_on(struct answer *x, uint64_t max_ms)
{
    uint64_t waited = clock_mono_ms() - x->begun_ms;
    uint64_t more = x->a->first_token_max_ms;

    if (answer_current(x)->provider.local)
        more = x->a->local_first_token_max_ms;
    if (x->state == STREAMING)
        more = x->a->stall_ms;
    else if (waited + more > max_ms)
        more = max_ms > waited ? max_ms - waited : 1;
    timer_start(x->deadline, more, 0);
}

static void on_thinking(void *arg)
{
    struct answer *x = arg;
    uint64_t now = clock_mono_ms();

    wait_on(x, THINKING_MAX_MS);
    if (x->state < STREAMING && !x->stand && !x->stands && answer_current(x)->provider.local &&
        now - x->begun_ms < THINKING_STAND_MS)
        timer_start(x->standing, x->a->stand_ms, 0);
    if (x->thinking_ms && now - x->thinking_ms < THINKING_TOLD_MS)
        return;
    x->thinking_ms = now;
    if (!x->outlined)
        answer_progress(x);
    if (x->state >= ENDING)
        return;
    answer_tell(x, (struct answer_event){.kind = ANSWER_THINKING, .at_us = clock_mono_us()});
}

static void on_alive(void *arg)
{
    struct answer *x = arg;
    const struct llm_provider *p = &answer_current(x)->provider;

    if (x->state < STREAMING && !p->local && !x->thinking_ms)
        wait_on(x,
                ALIVE_MAX_MS > x->a->first_token_max_ms ? ALIVE_MAX_MS : x->a->first_token_max_ms);
}

static void on_take_back(void *arg)
{
    struct answer *x = arg;

    if (x->state != STREAMING)
        return;
    start_over(x);
    answer_progress(x);
}

/* ------------------------------------------------------------------------------ its end */

/** A server on this machine that was there a moment ago may be restarting: it is tried for a
 *  second, and one that says that it is loading its model is given as long as a model may take. One
 *  that was away before is not waited for. */
static bool may_be_back(struct answer *x, const struct llm_end *e)
{
    const struct answer_link *l = answer_current(x);
    uint64_t waited = clock_mono_ms() - x->begun_ms;
    bool away = e->err == UV_ECONNREFUSED && !l->logged[0] && waited < AWAY_MS;
    bool loads = e->err == UV_EAGAIN && strcasestr(e->why, "loading model") &&
                 waited < x->a->local_first_token_max_ms;

    if (!l->provider.local || x->state == STREAMING || !(away || loads))
        return false;
    breaker_abandon(&answer_current(x)->breaker);
    x->again = true;
    timer_start(x->deadline, AWAY_STEP_MS, 0);
    return true;
}

/** The words reported for this question are void; listeners learn that with the next word. */
static void begin_anew(struct answer *x)
{
    if (x->text.len && !x->stands)
        start_over(x);
    if (x->state == STREAMING)
        x->state = ASKED;
}

/** The prompt is too long for the model: the same provider is asked again at once, with a shorter
 *  one. If a provider claims of every prompt that it read only a part, it counts differently. */
static bool made_shorter(struct answer *x, const struct llm_end *e)
{
    struct llm_habit *habit = llm_habit_of(answer_current(x)->provider.habits, x->model);
    char why[ANSWER_WHY_MAX];

    if (e->err != UV_E2BIG)
        return false;
    if (x->fits >= ANSWER_FITS_MAX) {
        habit->counts_new = x->state == STREAMING;
        return false;
    }
    habit->fit = chain_shorter(e, x->fitted, habit->context || habit->fit);
    x->fits++;
    snprintf(why, sizeof(why),
             x->text.len && !x->stands
                 ? "%s read only a part of %d tokens: it was asked again with less"
                 : "%s does not take %d tokens: it was asked again with less",
             answer_current(x)->provider.name, x->fitted);
    remember_left(x, answer_current(x)->provider.name, why);
    breaker_abandon(&answer_current(x)->breaker);
    begin_anew(x);
    x->moved = !x->stands;
    x->again = true;
    timer_start(x->deadline, 0, 0);
    return true;
}

static void count_tokens(const struct answer_link *l, const struct llm_end *e)
{
    if (e->prompt_tokens > 0)
        metric_add(METRIC_PROVIDER_TOKENS, e->prompt_tokens, l->provider.name, "prompt");
    if (e->answer_tokens > 0)
        metric_add(METRIC_PROVIDER_TOKENS, e->answer_tokens, l->provider.name, "answer");
}

static void on_end(const struct llm_end *e, void *arg)
{
    struct answer *x = arg;
    bool first = x->state < STREAMING;

    x->gen = NULL;
    count_tokens(answer_current(x), e);
    end_asking(x, e->err);
    if (may_be_back(x, e) || made_shorter(x, e))
        return;
    if ((!e->err || e->err == UV_E2BIG) && !first && x->text.len) {
        answer_end(x, e->finish == LLM_LENGTH ? ANSWER_LENGTH : ANSWER_STOP, "");
        return;
    }
    failed(x, e->err, e->retry_after_ms);
    if (first || !x->text.len) {
        chain_leave(x, e->err, e->err ? e->why : "the provider ended without a word");
    } else {
        log_left(x, e->err);
        answer_end(x, ANSWER_ERROR, e->why);
    }
}

/* ---- the built-in answer stands in -------------------------------------------------------- */

static void on_stand_delta(const char *text, size_t len, void *arg)
{
    struct answer *x = arg;
    uint64_t now = clock_mono_us();

    if (!x->times.first_us)
        x->times.first_us = now;
    say(x, text, len, now);
}

static void on_stand_end(const struct llm_end *e, void *arg)
{
    struct answer *x = arg;

    (void)e;
    x->stand = NULL;
    if (!x->gen && !x->leaving && !x->again) /* the provider has failed meanwhile: this is the
                                                answer */
        answer_end(x, ANSWER_STOP, "");
}

void chain_stand(void *arg)
{
    static const struct llm_handlers handlers = {.on_delta = on_stand_delta,
                                                 .on_end = on_stand_end};
    struct answer *x = arg;
    struct llm_request req = {.draft = x->draft.data};
    struct errbuf why = {""};

    if (x->stands || x->state >= STREAMING ||
        llm_start(x->a->loop, NULL, &x->a->links[x->a->count - 1].provider, &req, &handlers, x,
                  &x->stand, &why))
        return;
    x->stands = true;
    answer_progress(x);
}

/* ------------------------------------------------------------------------------- asking */

/** How long this one may take to its first word. */
static uint64_t first_word_within(const struct answer *x, const struct llm_provider *p)
{
    uint64_t wait = x->a->first_token_max_ms;

    if (p->local)
        return x->a->local_first_token_max_ms;
    return p->driver->first_token_ms > wait ? p->driver->first_token_ms : wait;
}

/** Is the beginning of this prompt being read now? Then wait for that, on the same connection,
 *  because reading it twice would take longer. Reading for another profile is cancelled. */
static bool awaits_warm(struct answer *x, const struct answer_link *l)
{
    struct answerer *a = x->a;

    x->awaits_warm = a->warm.gen && a->warm.link == l && a->warm.index == x->b && !x->model_asked;
    if (x->awaits_warm) {
        x->again = true;
        timer_start(x->deadline, first_word_within(x, &l->provider), 0);
    } else if (l->provider.local && !l->provider.driver->plain) {
        chain_cool(a);
    }
    return x->awaits_warm;
}

static int ask_provider(struct answer *x, struct errbuf *why)
{
    static const struct llm_handlers handlers = {.on_start = on_start,
                                                 .on_delta = on_delta,
                                                 .on_thinking = on_thinking,
                                                 .on_alive = on_alive,
                                                 .on_take_back = on_take_back,
                                                 .on_end = on_end};
    struct answer_link *l = answer_current(x);
    /* A requested model belongs to the requested provider (or the first). */
    const char *model = x->at == 0 ? x->model_asked : NULL;
    const char *shown = model ? model : l->provider.model ? l->provider.model : "";
    struct llm_habit *habit = llm_habit_of(l->provider.habits, shown);
    int context = chain_context(&l->provider, habit);
    int fit = chain_fit(context, habit);
    struct llm_request req = {
        .draft = x->draft.data,
        .kind = question_kind_name(x->kind),
        .question = x->question,
        .model = model,
        .max_tokens = chain_length(x->a, fit, habit->millions),
        .context = context,
        .temperature = TEMPERATURE,
    };
    struct about before;
    int err = 0;

    if (!l->provider.driver->plain || !x->prompt.count) /* our own driver only says what is known
                                                           already */
        err = chain_prompt(x, habit, fit);
    if (err)
        return err_set(why, err, "the question cannot be prepared: %s", uv_strerror(err));
    text_copy(x->model, sizeof(x->model), shown, strlen(shown));
    if (awaits_warm(x, l))
        return 0;
    req.messages = x->prompt.messages;
    req.message_count = x->prompt.count;
    breaker_begin(&l->breaker);
    x->thinking_ms = 0;
    x->again = false;
    metric_add(METRIC_PROVIDER_REQUESTS, 1, l->provider.name);
    x->asked_ms = clock_mono_ms();
    begin_asking(x);
    before = about_set((struct about){.trace = x->asking.trace});
    err = llm_start(x->a->loop, answer_link_client(x->a, l), &l->provider, &req, &handlers, x,
                    &x->gen, why);
    about_set(before);
    if (err) {
        failed(x, err, 0);
        return err;
    }
    timer_start(x->deadline, first_word_within(x, &l->provider), 0);
    return 0;
}

void chain_deadline(void *arg)
{
    struct answer *x = arg;
    const char *name = answer_current(x)->provider.name;
    struct errbuf refused = {""};
    char why[ANSWER_WHY_MAX];
    int err;

    if (x->again) {
        if (x->awaits_warm)
            chain_cool(x->a); /* it takes too long */
        err = ask_provider(x, &refused);
        if (err)
            chain_leave(x, err, refused.text);
        return;
    }
    llm_cancel(x->gen);
    x->gen = NULL;
    failed(x, UV_ETIMEDOUT, 0);
    if (x->state == STREAMING) {
        snprintf(why, sizeof(why), "%s stopped in the middle of the answer", name);
        if (answer_current(x)->provider.local && x->guard.count < GOOD_WORDS) {
            chain_leave(x, UV_ETIMEDOUT,
                        why); /* the machine is too busy: the built-in one is better */
            return;
        }
        log_left(x, UV_ETIMEDOUT);
        answer_end(x, ANSWER_ERROR, why);
        return;
    }
    snprintf(why, sizeof(why),
             x->thinking_ms ? "%s thought for too long" : "%s gave no word in time", name);
    chain_leave(x, UV_ETIMEDOUT, why);
}

/* ---- moving on ------------------------------------------------------------------------------- */

int chain_start(struct answer *x, struct errbuf *why)
{
    const struct llm_provider *p = &answer_current(x)->provider;
    int err;

    x->begun_ms = clock_mono_ms();
    x->fits = 0;
    err = ask_provider(x, why);
    if (!err && p->local && !p->driver->plain && !x->stands)
        timer_start(x->standing, x->a->stand_ms, 0);
    return err;
}

/* We may be inside a handler of the client, from which no call can be started. */
void chain_leave(struct answer *x, int err, const char *why)
{
    timer_stop(x->deadline);
    timer_stop(x->standing);
    end_asking(x, err);
    text_copy(x->why, sizeof(x->why), why, strlen(why));
    remember_left(x, answer_current(x)->provider.name, why);
    log_left(x, err);
    x->leaving = true;
    timer_start(x->tick, 0, 0);
}

/** The built-in answer exists already: it becomes the answer now, or as soon as it is complete.
 *  This and the reason are reported like for any other provider, together with the words so far. */
static void keep_standing(struct answer *x)
{
    x->at = x->order_count - 1;
    text_copy(x->model, sizeof(x->model), answer_teller(x)->model, strlen(answer_teller(x)->model));
    answer_progress(x);
    if (x->state < ENDING && x->text.len)
        answer_tell(x, (struct answer_event){.kind = ANSWER_DELTA,
                                             .at_us = clock_mono_us(),
                                             .delta = {.text = x->text.data, .len = x->text.len}});
    if (x->state < ENDING && !x->stand)
        answer_end(x, ANSWER_STOP, "");
}

void chain_next(struct answer *x)
{
    struct errbuf why = {""};
    int err;

    x->leaving = false;
    while (x->at + 1 < x->order_count) {
        x->at++;
        if (!breaker_allows(&answer_current(x)->breaker, clock_mono_ms()))
            continue;
        if (answer_current(x)->provider.driver->plain && x->stands) {
            keep_standing(x);
            return;
        }
        err = chain_start(x, &why);
        if (err) {
            text_copy(x->why, sizeof(x->why), why.text, strlen(why.text));
            remember_left(x, answer_current(x)->provider.name, why.text);
            log_left(x, err);
            continue;
        }
        begin_anew(x);
        x->moved = !x->stands; /* while the built-in answer stands in, it is the one that answers */
        return;
    }
    memcpy(why.text, x->why, sizeof(why.text));
    answer_end(x, ANSWER_ERROR, why.text);
}

void chain_stop(struct answer *x)
{
    if (x->gen && x->state < STREAMING)
        breaker_abandon(&answer_current(x)->breaker);
    end_asking(x, UV_ECANCELED);
    llm_cancel(x->gen);
    llm_cancel(x->stand);
    x->gen = x->stand = NULL;
    x->again = x->awaits_warm = false;
    timer_stop(x->deadline);
    timer_stop(x->standing);
}

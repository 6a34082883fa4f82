/**
 * @file answer/answer.c  The chain of providers, the clocks, and what happens when one fails
 *
 *     ASKED --tick--> (started, outline) --first delta--> STREAMING --end--> ENDING
 *                          ^      |                                       |
 *                          +------+ the next provider                (finished)
 *
 * The provider is called from within answer_ask(), before anything is reported: the request is on
 * its way while the outline is shown. Events leave from timers and from the drivers' own events.
 */
#include "answer/answer.h"

#include "answer/breaker.h"
#include "answer/outline.h"
#include "answer/prompt.h"
#include "answer/quality.h"
#include "answer/spoken.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "ground/grounding.h"
#include "ground/similar.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROVIDERS_MAX = 16,
    ANSWER_BYTES_MAX = 256 * 1024, /* a longer answer is cut here: finish "length" */
    WHY_MAX = ERR_TEXT_MAX,
    BREAKER_FAILURES = 3,
    BREAKER_REST_MS = 30000,
    FIRST_TOKEN_MAX_MS = 8000,
    MAX_TOKENS = 400,
};

static const double TEMPERATURE = 0.4;

struct link {
    struct llm_provider provider;
    struct breaker breaker;
};

struct answerer {
    struct loop *loop;
    struct http_client *client;
    struct link links[PROVIDERS_MAX];
    struct llm_provider providers[PROVIDERS_MAX]; /* the same, for answerer_providers() */
    size_t count;
    uint64_t first_token_max_ms;
    int max_tokens;
    struct answer *running; /* a list */
};

struct profile_index {
    struct grounding *g;
    unsigned refs;
};

enum state { ASKED, STREAMING, ENDING, CLOSED };

struct answer {
    struct answerer *a;
    struct profile_index *b;
    struct answer *next;
    struct answer *prev;
    answer_event_fn *on_event;
    void *arg;
    char id[ID_TEXT_MAX];
    char owner[64];
    char session[64];
    char *question;
    char *model_asked; /* NULL: each provider's own */
    struct outline outline;
    struct buf draft; /* the built-in answer */
    struct prompt prompt;
    enum question_kind kind;
    struct memory_story told; /* the place that the outline stands on */
    enum state state;
    size_t order[PROVIDERS_MAX];
    size_t order_count;
    size_t at; /* in order: the one that runs */
    struct llm_gen *gen;
    struct loop_timer *tick;     /* first reports, moving on, the end: never from inside a call */
    struct loop_timer *deadline; /* for the first token */
    bool leaving;                /* tick is to ask the next provider */
    bool moved;                  /* tick is to report a new provider */
    bool outlined;
    struct buf text;
    char model[128];
    char why[WHY_MAX];
    enum answer_finish finish;
    struct answer_times times;
};

const char *answer_finish_name(enum answer_finish finish)
{
    static const char *const names[] = {"stop", "length", "interrupted", "superseded", "error"};

    return names[finish];
}

static void wipe_text(const char **text)
{
    char *own = (char *)(uintptr_t)*text;

    if (own)
        explicit_bzero(own, strlen(own));
    free(own);
    *text = NULL;
}

void answer_pair_release(struct answer_pair *pair)
{
    if (!pair)
        return;
    wipe_text(&pair->question);
    wipe_text(&pair->answer);
}

/* ---------------------------------------------------------------------------------- profile index
 */

int profile_index_open(struct profile_index **bp, const struct grounding_input *input)
{
    struct profile_index *b = calloc(1, sizeof(*b));
    int err;

    if (!b)
        return UV_ENOMEM;
    b->refs = 1;
    err = grounding_open(&b->g, input);
    if (err) {
        free(b);
        return err;
    }
    similar_index(b->g, false);
    *bp = b;
    return 0;
}

struct profile_index *profile_index_ref(struct profile_index *b)
{
    if (b)
        __atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
    return b;
}

void profile_index_unref(struct profile_index *b)
{
    if (!b || __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL))
        return;
    grounding_free(b->g);
    free(b);
}

/* ---------------------------------------------------------------------------------- answerer */

static void add_link(struct answerer *a, const struct llm_provider *p,
                     const struct answerer_config *config)
{
    int failures = config->breaker_failures ? config->breaker_failures : BREAKER_FAILURES;
    uint64_t rest = config->breaker_rest_ms ? config->breaker_rest_ms : BREAKER_REST_MS;

    a->providers[a->count] = *p;
    a->links[a->count].provider = *p;
    breaker_init(&a->links[a->count++].breaker, failures, rest);
}

int answerer_open(struct answerer **ap, struct loop *loop, struct http_client *client,
                  const struct answerer_config *config, struct errbuf *why)
{
    static const struct llm_provider outline = {.name = "outline", .model = "outline"};
    struct answerer *a;
    struct llm_provider last = outline;

    if (config->provider_count >= PROVIDERS_MAX)
        return err_set(why, UV_EINVAL, "more than %d answer providers", PROVIDERS_MAX - 1);
    a = calloc(1, sizeof(*a));
    if (!a)
        return err_set(why, UV_ENOMEM, "out of memory");
    a->loop = loop;
    a->client = client;
    a->max_tokens = config->max_tokens ? config->max_tokens : MAX_TOKENS;
    a->first_token_max_ms =
        config->first_token_max_ms ? config->first_token_max_ms : FIRST_TOKEN_MAX_MS;
    for (size_t i = 0; i < config->provider_count; i++)
        if (strcmp(config->providers[i].driver->name, "outline") != 0)
            add_link(a, &config->providers[i], config);
    last.driver = llm_driver_find("outline");
    add_link(a, &last, config);
    *ap = a;
    return 0;
}

const struct llm_provider *answerer_providers(const struct answerer *a, size_t *count)
{
    *count = a->count;
    return a->providers;
}

static size_t find_link(const struct answerer *a, const char *name)
{
    size_t i = 0;

    while (i < a->count && strcmp(a->links[i].provider.name, name) != 0)
        i++;
    return i;
}

bool answerer_available(const struct answerer *a, const char *provider)
{
    size_t i = find_link(a, provider);

    return i < a->count && breaker_allows(&a->links[i].breaker, clock_mono_ms());
}

void answerer_close(struct answerer *a)
{
    if (!a)
        return;
    for (struct answer *next, *x = a->running; x; x = next) {
        next = x->next;
        answer_close(x);
    }
    free(a);
}

static bool matches(const struct answer *x, const char *owner, const char *id, const char *session)
{
    return strcmp(x->owner, owner ? owner : "") == 0 && (!id || strcmp(x->id, id) == 0) &&
           (!session || strcmp(x->session, session) == 0) && x->state < ENDING;
}

size_t answerer_interrupt(struct answerer *a, const char *owner, const char *generation_id,
                          const char *session)
{
    size_t n = 0;

    for (struct answer *x = a->running; x; x = x->next) {
        if (!matches(x, owner, generation_id, session))
            continue;
        answer_interrupt(x);
        n++;
    }
    return n;
}

/* ------------------------------------------------------------------------------------- ending */

static void answer_free(void *arg)
{
    struct answer *x = arg;

    outline_release(&x->outline);
    prompt_release(&x->prompt);
    if (x->text.data)
        explicit_bzero(x->text.data, x->text.cap);
    buf_release(&x->text);
    if (x->draft.data)
        explicit_bzero(x->draft.data, x->draft.cap);
    buf_release(&x->draft);
    if (x->question)
        explicit_bzero(x->question, strlen(x->question));
    free(x->question);
    free(x->model_asked);
    profile_index_unref(x->b);
    free(x);
}

/** Out of the list, its timers closed: nothing happens to it any more. The memory goes at the end
 *  of the turn, so that whoever is on the stack may still look at the state. */
static void unhook(struct answer *x)
{
    x->state = CLOSED;
    if (x->prev)
        x->prev->next = x->next;
    else
        x->a->running = x->next;
    if (x->next)
        x->next->prev = x->prev;
    timer_close(x->tick);
    timer_close(x->deadline);
    x->tick = x->deadline = NULL;
    loop_free_later(x->a->loop, x, answer_free);
}

static void tell(struct answer *x, struct answer_event event)
{
    event.generation_id = x->id;
    x->on_event(&event, x->arg);
}

static struct link *current(const struct answer *x)
{
    return &x->a->links[x->order[x->at]];
}

/** Stop the provider, keep what arrived; ANSWER_FINISHED follows from the tick. */
static void end(struct answer *x, enum answer_finish finish, const char *why)
{
    if (x->state >= ENDING)
        return;
    if (x->gen) {
        if (x->state < STREAMING)
            breaker_abandon(&current(x)->breaker);
        llm_cancel(x->gen);
        x->gen = NULL;
    }
    x->state = ENDING;
    x->finish = finish;
    text_copy(x->why, sizeof(x->why), why, strlen(why));
    timer_stop(x->deadline);
    timer_start(x->tick, 0, 0);
}

static int64_t since_ms(uint64_t from_us, uint64_t to_us)
{
    if (!from_us || !to_us)
        return -1;
    return to_us > from_us ? (int64_t)((to_us - from_us + 500) / 1000) : 0;
}

/** Everything counts from the last voiced sample, or from the asking when it was typed. */
struct answer_latency answer_latency(const struct answer_times *times, uint64_t speech_end_us,
                                     uint64_t final_us)
{
    uint64_t origin = speech_end_us ? speech_end_us : times->asked_us;

    return (struct answer_latency){
        .final_ms = since_ms(speech_end_us, final_us),
        .outline_ms = since_ms(origin, times->outline_us),
        .first_token_ms = since_ms(origin, times->first_us),
        .total_ms = since_ms(origin, times->end_us),
    };
}

static int quality_of(const struct answer *x, const char *text)
{
    struct quality q;

    quality_score(&q, &(struct quality_input){.question = x->question,
                                              .kind = x->kind,
                                              .answer = text,
                                              .grounding = x->b ? x->b->g : NULL});
    return q.total;
}

static void report_finished(struct answer *x)
{
    const char *text = x->text.data ? x->text.data : "";
    struct answer_result res = {
        .finish = x->finish,
        .why = x->why,
        .text = text,
        .len = x->text.len,
        .provider = current(x)->provider.name,
        .model = x->model,
        .points = x->outline.points,
        .point_count = x->outline.count,
        .kind = x->kind,
        .quality = -1,
    };

    x->times.end_us = clock_mono_us();
    res.times = x->times;
    if (x->text.len)
        res.quality = quality_of(x, text);
    tell(x, (struct answer_event){
                .kind = ANSWER_FINISHED, .at_us = x->times.end_us, .finished = &res});
    if (x->state != CLOSED)
        unhook(x);
}

/* ---------------------------------------------------------------------------------- the chain */

static void move_on(struct answer *x, const char *why);

static void on_start(const char *model, void *arg)
{
    struct answer *x = arg;

    text_copy(x->model, sizeof(x->model), model, strlen(model));
}

static void report_progress(struct answer *x);

static void on_delta(const char *text, size_t len, void *arg)
{
    struct answer *x = arg;
    uint64_t now = clock_mono_us();

    if (x->state == ASKED) {
        /* A very fast provider may beat the tick: the order on the wire stays the same. */
        if (x->moved || !x->outlined)
            report_progress(x);
        if (x->state >= ENDING)
            return;
        x->state = STREAMING;
        x->times.first_us = now;
        breaker_success(&current(x)->breaker);
        timer_stop(x->deadline);
    }
    if (buf_append(&x->text, text, len)) {
        end(x, ANSWER_LENGTH, "");
        return;
    }
    tell(x, (struct answer_event){
                .kind = ANSWER_DELTA, .at_us = now, .delta = {.text = text, .len = len}});
}

static void on_end(const struct llm_end *e, void *arg)
{
    struct answer *x = arg;
    bool first = x->state < STREAMING;

    x->gen = NULL;
    if (!e->err && x->text.len) {
        end(x, e->finish == LLM_LENGTH ? ANSWER_LENGTH : ANSWER_STOP, "");
        return;
    }
    if (e->err != UV_EINVAL) /* a refused request says nothing about the provider's health */
        breaker_failure(&current(x)->breaker, clock_mono_ms(), e->retry_after_ms);
    else
        breaker_abandon(&current(x)->breaker);
    if (first)
        move_on(x, e->err ? e->why : "the provider ended without a word");
    else
        end(x, ANSWER_ERROR, e->why);
}

static void on_deadline(void *arg)
{
    struct answer *x = arg;
    char why[WHY_MAX];

    snprintf(why, sizeof(why), "%s gave no word in time", current(x)->provider.name);
    llm_cancel(x->gen);
    x->gen = NULL;
    breaker_failure(&current(x)->breaker, clock_mono_ms(), 0);
    move_on(x, why);
}

/** Ask the provider at x->at. */
static int start_provider(struct answer *x, struct errbuf *why)
{
    static const struct llm_handlers handlers = {
        .on_start = on_start, .on_delta = on_delta, .on_end = on_end};
    struct link *l = current(x);
    /* A model that was asked for belongs to the provider that was asked for (or the first). */
    const char *model = x->at == 0 ? x->model_asked : NULL;
    struct llm_request req = {
        .messages = x->prompt.messages,
        .message_count = x->prompt.count,
        .draft = x->draft.data,
        .kind = question_kind_name(x->kind),
        .question = x->question,
        .model = model,
        .max_tokens = x->a->max_tokens,
        .temperature = TEMPERATURE,
    };
    const char *shown = model ? model : l->provider.model ? l->provider.model : "";
    uint64_t wait = x->a->first_token_max_ms;
    int err;

    if (l->provider.driver->first_token_ms > wait)
        wait = l->provider.driver->first_token_ms;
    text_copy(x->model, sizeof(x->model), shown, strlen(shown));
    breaker_begin(&l->breaker);
    err = llm_start(x->a->loop, x->a->client, &l->provider, &req, &handlers, x, &x->gen, why);
    if (err)
        breaker_failure(&l->breaker, clock_mono_ms(), 0);
    else
        timer_start(x->deadline, wait, 0);
    return err;
}

/** Leave the provider that failed. The next is asked from the tick: we may stand inside a handler
 *  of the client, which starts no call from there. */
static void move_on(struct answer *x, const char *why)
{
    timer_stop(x->deadline);
    text_copy(x->why, sizeof(x->why), why, strlen(why));
    x->leaving = true;
    timer_start(x->tick, 0, 0);
}

/** Ask the next provider, or end the answer when none is left. */
static void start_next(struct answer *x)
{
    struct errbuf why = {""};

    x->leaving = false;
    while (x->at + 1 < x->order_count) {
        x->at++;
        if (!breaker_allows(&current(x)->breaker, clock_mono_ms()))
            continue;
        if (start_provider(x, &why)) {
            text_copy(x->why, sizeof(x->why), why.text, strlen(why.text));
            continue;
        }
        x->moved = true;
        return;
    }
    memcpy(why.text, x->why, sizeof(why.text));
    end(x, ANSWER_ERROR, why.text);
}

/** Tell who answers, and the outline the first time. A handler may end or close it in there. */
static void report_progress(struct answer *x)
{
    x->moved = false;
    tell(x, (struct answer_event){
                .kind = ANSWER_STARTED,
                .at_us = clock_mono_us(),
                .started = {.provider = current(x)->provider.name, .model = x->model}});
    if (x->state == CLOSED || x->outlined)
        return;
    x->outlined = true;
    x->times.outline_us = clock_mono_us();
    tell(x, (struct answer_event){.kind = ANSWER_OUTLINE,
                                  .at_us = x->times.outline_us,
                                  .outline = {.kind = x->kind,
                                              .points = x->outline.points,
                                              .count = x->outline.count,
                                              .told = x->told,
                                              .shown = &x->outline.shown}});
}

static void on_tick(void *arg)
{
    struct answer *x = arg;

    if (!x->outlined)
        report_progress(x);
    if (x->leaving && x->state < ENDING)
        start_next(x);
    if (x->moved && x->state < ENDING)
        report_progress(x);
    if (x->state == ENDING)
        report_finished(x);
}

/* ------------------------------------------------------------------------------------- asking */

/** The asked-for provider first, then the rest of the chain; resting ones are left out. */
static void choose_order(struct answer *x, const char *provider)
{
    struct answerer *a = x->a;
    uint64_t now = clock_mono_ms();
    size_t asked = provider ? find_link(a, provider) : a->count;

    if (asked < a->count)
        x->order[x->order_count++] = asked;
    for (size_t i = 0; i < a->count; i++)
        if (i != asked && (breaker_allows(&a->links[i].breaker, now) || i + 1 == a->count))
            x->order[x->order_count++] = i;
}

static int check_ask(const struct answerer *a, const struct answer_ask *ask, struct errbuf *why)
{
    size_t len = ask->question ? strlen(ask->question) : 0;

    if (len == 0 || strspn(ask->question, " \t\r\n") == len)
        return err_set(why, UV_EINVAL, "there is no question");
    if (len > PROMPT_QUESTION_MAX * 4u || !utf8_valid(ask->question, len) ||
        utf8_count(ask->question, len) > PROMPT_QUESTION_MAX)
        return err_set(why, UV_EINVAL, "a question has at most %d characters", PROMPT_QUESTION_MAX);
    if (ask->provider && *ask->provider && find_link(a, ask->provider) == a->count)
        return err_set(why, UV_EINVAL, "no answer provider is called %s here", ask->provider);
    return 0;
}

/* A question that goes on with what was told is looked for with the one it follows: "and how did
 * they react" finds nothing, and the story must be the same. "Another example" asks that one again.
 */
static char *question_to_find(struct answer *x, const struct answer_ask *ask,
                              const struct memory_follow *f)
{
    char *both = NULL;

    x->kind = ask->classified ? ask->classified->kind : question_classify(x->question).kind;
    if (f->is == FOLLOW_NOTHING)
        return strdup(x->question);
    x->kind = f->kind;
    if (f->is == FOLLOW_ANOTHER)
        return strdup(f->question);
    return asprintf(&both, "%s %s", f->question, x->question) < 0 ? NULL : both;
}

static int prepare(struct answer *x, const struct answer_ask *ask)
{
    const struct grounding *g = x->b ? x->b->g : NULL;
    struct memory_follow follow;
    char *find;
    int err;

    x->question = strdup(ask->question);
    x->model_asked = ask->model && *ask->model ? strdup(ask->model) : NULL;
    if (!x->question || (ask->model && *ask->model && !x->model_asked))
        return UV_ENOMEM;
    follow = memory_follow(ask->memory, x->question);
    find = question_to_find(x, ask, &follow);
    if (!find)
        return UV_ENOMEM;
    err = outline_compose_after(&x->outline, g, find, x->kind, ask->memory, &follow);
    if (!err)
        err = spoken_compose(&x->draft, g, find, &x->outline);
    free(find);
    x->told = (struct memory_story){.first = x->outline.told.first, .end = x->outline.told.end};
    if (!err)
        err = prompt_build(&x->prompt, g, x->question, x->kind, x->outline.points, x->outline.count,
                           ask->history, ask->history_count, ask->memory);
    if (!err)
        err = timer_open(&x->tick, x->a->loop, on_tick, x);
    if (!err)
        err = timer_open(&x->deadline, x->a->loop, on_deadline, x);
    return err;
}

static void remember(struct answer *x, const struct answer_ask *ask)
{
    id_new(x->id);
    if (ask->owner)
        text_copy(x->owner, sizeof(x->owner), ask->owner, strlen(ask->owner));
    if (ask->session)
        text_copy(x->session, sizeof(x->session), ask->session, strlen(ask->session));
    x->times.asked_us = clock_mono_us();
}

int answer_ask(struct answerer *a, struct profile_index *b, const struct answer_ask *ask,
               answer_event_fn *on_event, void *arg, struct answer **answerp, struct errbuf *why)
{
    struct errbuf refused = {""};
    struct answer *x;
    int err = check_ask(a, ask, why);

    if (err)
        return err;
    x = calloc(1, sizeof(*x));
    if (!x)
        return err_set(why, UV_ENOMEM, "out of memory");
    x->a = a;
    x->b = profile_index_ref(b);
    x->on_event = on_event;
    x->arg = arg;
    x->next = a->running;
    if (x->next)
        x->next->prev = x;
    a->running = x;
    buf_init(&x->text, ANSWER_BYTES_MAX);
    buf_init(&x->draft, SPOKEN_BYTES_MAX);
    remember(x, ask);
    err = prepare(x, ask);
    if (err) {
        unhook(x);
        return err_set(why, err, "the question cannot be prepared: %s", uv_strerror(err));
    }
    choose_order(x, ask->provider && *ask->provider ? ask->provider : NULL);
    timer_start(x->tick, 0, 0);
    if (start_provider(x, &refused))
        move_on(x, refused.text);
    *answerp = x;
    return 0;
}

const char *answer_id(const struct answer *answer)
{
    return answer->id;
}

void answer_interrupt(struct answer *answer)
{
    end(answer, ANSWER_INTERRUPTED, "");
}

void answer_supersede(struct answer *answer)
{
    end(answer, ANSWER_SUPERSEDED, "");
}

void answer_close(struct answer *answer)
{
    if (!answer || answer->state == CLOSED)
        return;
    if (answer->gen) {
        if (answer->state < STREAMING)
            breaker_abandon(&current(answer)->breaker);
        llm_cancel(answer->gen);
        answer->gen = NULL;
    }
    unhook(answer);
}

/**
 * @file answer/answer.c  Answers from the question to their end; chain.c chooses the provider
 *
 *     ASKED --tick--> (started, outline) --first delta--> STREAMING --end--> ENDING
 *                          ^      |                                       |
 *                          +------+ the next provider                (finished)
 *
 * The provider is called from within answer_ask(), before anything is reported: the request is on
 * its way while the outline is shown. Events leave from timers and from the drivers' own events.
 */
#include "answer/answer_internal.h"

#include "answer/completion.h"
#include "answer/quality.h"
#include "answer/spoken.h"
#include "answer/user_chain.h"
#include "base/clock.h"
#include "base/text.h"
#include "ground/grounding.h"
#include "ground/places.h"
#include "ground/similar.h"
#include "loop/loop.h"
#include "observe/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BREAKER_FAILURES = 3,
    BREAKER_REST_MS = 30000,
    FIRST_TOKEN_MAX_MS = 8000,
    LOCAL_FIRST_TOKEN_MAX_MS = 60000, /* a slow machine reads a few dozen tokens a second */
    STAND_MS = 2500, /* after this long without a word from a local model the built-in answer is
                        shown */
    STALL_MS = 10000,
    MAX_TOKENS = 400,
};

const char *answer_finish_name(enum answer_finish finish)
{
    static const char *const names[] = {"stop", "length", "interrupted", "superseded", "error"};

    return names[finish];
}

static void wipe_text(const char *text)
{
    char *own = (char *)(uintptr_t)text;

    text_wipe(own);
}

/* ---------------------------------------------------------------------------------- profile index
 */

int profile_index_open(struct profile_index **bp, const struct grounding_input *input)
{
    struct profile_index *b = calloc(1, sizeof(*b));
    int err;

    if (!b)
        return UV_ENOMEM;
    atomic_init(&b->refs, 1);
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
        atomic_fetch_add(&b->refs, 1);
    return b;
}

void profile_index_unref(struct profile_index *b)
{
    if (!b || atomic_fetch_sub(&b->refs, 1) > 1)
        return;
    grounding_free(b->g);
    free(b);
}

static bool is_of(const struct passage *p, const char *quote, size_t len)
{
    return p->field == GROUND_CONTEXT &&
           (memmem(p->text, p->len, quote, len) || memmem(quote, len, p->text, p->len));
}

struct memory_story profile_index_place(const struct profile_index *b, const char *quote)
{
    size_t n = b ? grounding_count(b->g) : 0;
    struct place *places = n && *quote ? calloc(n, sizeof(*places)) : NULL;
    size_t count = places ? places_find(b->g, places) : 0;
    struct memory_story found = {.end = 0};

    for (size_t i = 0; i < count && !found.end; i++)
        for (size_t k = places[i].first; k < places[i].end && !found.end; k++)
            if (is_of(grounding_passage(b->g, k), quote, strlen(quote)))
                found = (struct memory_story){.first = places[i].first, .end = places[i].end};
    free(places);
    return found;
}

/* ---------------------------------------------------------------------------------- answerer */

static void add_link(struct answerer *a, const struct llm_provider *p)
{
    struct answer_link *l = &a->links[a->count];

    l->provider = *p;
    l->provider.habits = &l->habits;
    a->providers[a->count++] = l->provider;
    l->pace.typical_ms = -1;
    breaker_init(&l->breaker, a->breaker_failures, a->breaker_rest_ms);
}

int answerer_open(struct answerer **ap, struct loop *loop, struct http_client *client,
                  const struct answerer_config *config, struct errbuf *why)
{
    static const struct llm_provider outline = {.name = "outline", .model = "outline"};
    struct answerer *a;
    struct llm_provider last = outline;
    int err;

    if (config->provider_count >= ANSWER_PROVIDERS_MAX)
        return err_set(why, UV_EINVAL, "more than %d answer providers", ANSWER_PROVIDERS_MAX - 1);
    a = calloc(1, sizeof(*a));
    if (!a)
        return err_set(why, UV_ENOMEM, "out of memory");
    a->loop = loop;
    a->client = client;
    a->breaker_failures = config->breaker_failures ? config->breaker_failures : BREAKER_FAILURES;
    a->breaker_rest_ms = config->breaker_rest_ms ? config->breaker_rest_ms : BREAKER_REST_MS;
    a->max_tokens = config->max_tokens ? config->max_tokens : MAX_TOKENS;
    a->first_token_max_ms =
        config->first_token_max_ms ? config->first_token_max_ms : FIRST_TOKEN_MAX_MS;
    a->local_first_token_max_ms = config->local_first_token_max_ms
                                      ? config->local_first_token_max_ms
                                      : LOCAL_FIRST_TOKEN_MAX_MS;
    a->stand_ms = config->stand_ms ? config->stand_ms : STAND_MS;
    a->stall_ms = config->stall_ms ? config->stall_ms : STALL_MS;
    for (size_t i = 0; i < config->provider_count; i++)
        if (strcmp(config->providers[i].driver->name, "outline") != 0)
            add_link(a, &config->providers[i]);
    last.driver = llm_driver_find("outline");
    add_link(a, &last);
    for (size_t i = 0; i < config->usual_count && i < ANSWER_PROVIDERS_MAX; i++)
        a->usual[a->usual_count++] = config->usual[i];
    err = user_chain_try(&a->operators, a, &(struct choice){0});
    if (err) {
        free(a);
        return err_set(why, err, "out of memory");
    }
    *ap = a;
    return 0;
}

const struct llm_provider *answerer_providers(const struct answerer *a, size_t *count)
{
    *count = a->count;
    return a->providers;
}

void answer_link_learn(struct answer_link *l, const struct llm_facts *facts)
{
    struct llm_habit *habit;

    l->found = true;
    if (!facts->model[0] || !facts->chosen)
        return;
    if (l->provider.any_model && strcmp(l->model, facts->model) != 0) {
        text_copy(l->model, sizeof(l->model), facts->model, strlen(facts->model));
        l->provider.model = l->model;
        log_info("answer", "%s answers with the model %s", l->provider.name, l->model);
    }
    habit = llm_habit_of(l->provider.habits, l->provider.model);
    if (facts->context)
        habit->context = facts->context;
    if (facts->millions)
        habit->millions = facts->millions;
}

void answerer_learn(struct answerer *a, size_t i, const struct llm_facts *facts)
{
    answer_link_learn(&a->links[i], facts);
    a->providers[i].model = a->links[i].provider.model;
}

void answer_measured(struct answer_link *l, uint64_t first_ms)
{
    struct answer_pace *p = &l->pace;

    p->last_ms = (int64_t)first_ms;
    p->typical_ms = p->count ? (3 * p->typical_ms + p->last_ms) / 4 : p->last_ms;
    p->at = clock_unix_ms();
    p->count++;
}

bool answer_link_there(const struct answer_link *l)
{
    return !l->provider.finds || (l->own ? l->base : l)->found;
}

struct http_client *answer_link_client(const struct answerer *a, const struct answer_link *l)
{
    return l->client ? l->client : a->client;
}

bool answerer_has(const struct answerer *a, size_t i)
{
    return answer_link_there(&a->links[i]);
}

void answerer_warm(struct answerer *a, struct user_chain *chain, struct profile_index *b)
{
    chain_warm(chain ? chain : a->operators, b);
}

size_t answer_link_find(const struct answerer *a, const char *name)
{
    size_t i = 0;

    while (i < a->count && strcmp(a->links[i].provider.name, name) != 0)
        i++;
    return i;
}

bool answerer_available(const struct answerer *a, const char *provider)
{
    size_t i = answer_link_find(a, provider);

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
    while (a->completions)
        completion_close(a->completions);
    chain_cool(a);
    user_chain_close_all(a);
    user_chain_close(a->operators);
    loop_free_later(a->loop, a, free); /* after the chains */
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

static void said_release(struct answer_said *said)
{
    for (size_t i = 0; i < said->line_count; i++)
        wipe_text(said->lines[i].text);
    for (size_t i = 0; i < said->fact_count; i++)
        wipe_text(said->facts[i]);
    free(said->lines);
    free(said->facts);
    wipe_text(said->heard);
    wipe_text(said->story);
}

static char *copy(const char *text, bool *failed)
{
    char *own = text ? strdup(text) : NULL;

    *failed |= text && !own;
    return own;
}

static void copy_line(struct answer_said *said, const struct memory_line *line, bool *failed)
{
    struct memory_line own = *line;

    own.text = copy(line->text, failed);
    if (own.text)
        said->lines[said->line_count++] = own;
}

/** The lines of memory, without the question itself if it is already among them. */
static int said_copy(struct answer_said *said, const struct answer_ask *ask,
                     const struct memory_follow *follow)
{
    struct memory_line lines[MEMORY_LINES_MAX];
    size_t n = ask->memory ? memory_dialogue(ask->memory, lines) : 0;
    size_t told = 0;
    const struct memory_fact *facts = ask->memory ? memory_facts(ask->memory, &told) : NULL;
    bool failed;

    said->unsure = ask->unsure;
    said->number = ask->number;
    said->lines = calloc(n + 1, sizeof(*said->lines));
    said->facts = calloc(told + 1, sizeof(*said->facts));
    failed = !said->lines || !said->facts;
    for (size_t i = 0; !failed && i < n; i++)
        if (!ask->number || lines[i].question != ask->number)
            copy_line(said, &lines[i], &failed);
    if (!failed && ask->preamble)
        copy_line(said, &(struct memory_line){.who = MEMORY_INTERVIEWER, .text = ask->preamble},
                  &failed);
    for (size_t i = 0; !failed && i < told; i++) {
        said->facts[i] = copy(facts[i].text, &failed);
        said->fact_count++;
    }
    said->heard = copy(ask->heard, &failed);
    said->story = copy(follow->is == FOLLOW_ON ? follow->text : NULL, &failed);
    return failed ? UV_ENOMEM : 0;
}

static void answer_free(void *arg)
{
    struct answer *x = arg;

    outline_release(&x->outline);
    prompt_release(&x->prompt);
    guard_close(&x->guard);
    claims_close(x->known);
    said_release(&x->said);
    if (x->text.data)
        explicit_bzero(x->text.data, x->text.cap);
    buf_release(&x->text);
    if (x->draft.data)
        explicit_bzero(x->draft.data, x->draft.cap);
    buf_release(&x->draft);
    text_wipe(x->question);
    free(x->model_asked);
    for (size_t i = 0; i < x->left_count; i++)
        wipe_text(x->left[i].why);
    profile_index_unref(x->b);
    user_chain_close(x->chain);
    free(x);
}

/** Removes it from the list and closes its timers: nothing happens to it any more. It is freed at
 *  the end of the turn, so that code on the stack may still look at its state. */
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
    timer_close(x->standing);
    x->tick = x->deadline = x->standing = NULL;
    loop_free_later(x->a->loop, x, answer_free);
}

void answer_tell(struct answer *x, struct answer_event event)
{
    event.generation_id = x->id;
    x->on_event(&event, x->arg);
}

struct answer_link *answer_current(const struct answer *x)
{
    return x->order[x->at];
}

const struct llm_provider *answer_teller(const struct answer *x)
{
    return x->stands ? &x->a->links[x->a->count - 1].provider : &answer_current(x)->provider;
}

void answer_end(struct answer *x, enum answer_finish finish, const char *why)
{
    if (x->state >= ENDING)
        return;
    chain_stop(x);
    x->state = ENDING;
    x->finish = finish;
    text_copy(x->why, sizeof(x->why), why, strlen(why));
    timer_start(x->tick, 0, 0);
}

static int64_t since_ms(uint64_t from_us, uint64_t to_us)
{
    if (!from_us || !to_us)
        return -1;
    return to_us > from_us ? (int64_t)((to_us - from_us + 500) / 1000) : 0;
}

/** All times are relative to the last voiced sample or, for a typed question, to the call. */
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

static void record(const struct answer *x)
{
    struct span span = {.trace = x->trace,
                        .name = "answer",
                        .start_us = x->times.asked_us,
                        .end_us = x->times.end_us,
                        .failed = x->finish == ANSWER_ERROR};

    span_fact(&span, "interviewd.finish", answer_finish_name(x->finish));
    span_fact(&span, "interviewd.provider", answer_teller(x)->name);
    span_fact(&span, "interviewd.generation_id", x->id);
    trace_step(&x->trace, "outline", x->times.asked_us, x->times.outline_us);
    trace_record(&span);
}

static void report_finished(struct answer *x)
{
    const char *text = x->text.data ? x->text.data : "";
    struct answer_result res = {
        .finish = x->finish,
        .why = x->why,
        .text = text,
        .len = x->text.len,
        .provider = answer_teller(x)->name,
        .model = x->stands ? answer_teller(x)->model : x->model,
        .points = x->outline.points,
        .point_count = x->outline.count,
        .kind = x->kind,
        .quality = -1,
    };

    if (x->finish != ANSWER_SUPERSEDED && !answer_teller(x)->driver->plain)
        check_words(x, true);
    if (x->state == CLOSED)
        return;
    x->times.end_us = clock_mono_us();
    record(x);
    res.times = x->times;
    if (x->text.len)
        res.quality = quality_of(x, text);
    answer_tell(x, (struct answer_event){
                       .kind = ANSWER_FINISHED, .at_us = x->times.end_us, .finished = &res});
    if (x->state != CLOSED)
        unhook(x);
}

void answer_progress(struct answer *x)
{
    x->moved = false;
    answer_tell(x, (struct answer_event){
                       .kind = ANSWER_STARTED,
                       .at_us = clock_mono_us(),
                       .started = {.provider = answer_teller(x)->name,
                                   .model = x->stands ? answer_teller(x)->model : x->model,
                                   .left = x->left,
                                   .left_count = x->left_count}});
    if (x->state == CLOSED || x->outlined)
        return;
    x->outlined = true;
    x->times.outline_us = clock_mono_us();
    answer_tell(x, (struct answer_event){.kind = ANSWER_OUTLINE,
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
        answer_progress(x);
    if (x->leaving && x->state < ENDING)
        chain_next(x);
    if (x->moved && x->state < ENDING)
        answer_progress(x);
    if (x->state == ENDING)
        report_finished(x);
}

/* ------------------------------------------------------------------------------------- asking */

size_t answer_order(const struct user_chain *chain, const char *provider,
                    struct answer_link *order[static ANSWER_PROVIDERS_MAX])
{
    uint64_t now = clock_mono_ms();
    size_t asked = provider ? user_chain_find(chain, provider) : SIZE_MAX;
    size_t n = 0;

    if (asked < chain->count)
        order[n++] = chain->links[asked];
    for (size_t i = 0; i < chain->count; i++)
        if (i != asked && answer_link_there(chain->links[i]) &&
            (breaker_allows(&chain->links[i]->breaker, now) || i + 1 == chain->count))
            order[n++] = chain->links[i];
    return n;
}

static int check_ask(const struct user_chain *chain, const struct answer_ask *ask,
                     struct errbuf *why)
{
    size_t len = ask->question ? strlen(ask->question) : 0;

    if (len == 0 || strspn(ask->question, " \t\r\n") == len)
        return err_set(why, UV_EINVAL, "there is no question");
    if (len > PROMPT_QUESTION_MAX * 4u || !utf8_valid(ask->question, len) ||
        utf8_count(ask->question, len) > PROMPT_QUESTION_MAX)
        return err_set(why, UV_EINVAL, "a question has at most %d characters", PROMPT_QUESTION_MAX);
    if (ask->provider && *ask->provider && user_chain_find(chain, ask->provider) == SIZE_MAX)
        return err_set(why, UV_EINVAL, "no answer provider is called %s here", ask->provider);
    return 0;
}

/* A follow-up question is searched for together with the question that it follows: "and how did
 * they react" alone finds nothing, and the story must stay the same. "Another example" asks the
 * earlier question again. */
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
        err = said_copy(&x->said, ask, &follow);
    if (!err)
        err = timer_open(&x->tick, x->a->loop, on_tick, x);
    if (!err)
        err = timer_open(&x->deadline, x->a->loop, chain_deadline, x);
    if (!err)
        err = timer_open(&x->standing, x->a->loop, chain_stand, x);
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
    struct user_chain *chain = ask->chain ? ask->chain : a->operators;
    struct errbuf refused = {""};
    struct answer *x;
    int err = check_ask(chain, ask, why);

    if (err)
        return err;
    x = calloc(1, sizeof(*x));
    if (!x)
        return err_set(why, UV_ENOMEM, "out of memory");
    x->a = a;
    x->chain = user_chain_ref(chain);
    x->b = profile_index_ref(b);
    x->on_event = on_event;
    x->arg = arg;
    x->next = a->running;
    if (x->next)
        x->next->prev = x;
    a->running = x;
    buf_init(&x->text, ANSWER_BYTES_MAX);
    buf_init(&x->draft, SPOKEN_BYTES_MAX);
    x->trace = trace_here();
    remember(x, ask);
    err = prepare(x, ask);
    if (err) {
        unhook(x);
        return err_set(why, err, "the question cannot be prepared: %s", uv_strerror(err));
    }
    x->order_count =
        answer_order(chain, ask->provider && *ask->provider ? ask->provider : NULL, x->order);
    timer_start(x->tick, 0, 0);
    err = chain_start(x, &refused);
    if (err)
        chain_leave(x, err, refused.text);
    *answerp = x;
    return 0;
}

const char *answer_id(const struct answer *answer)
{
    return answer->id;
}

void answer_interrupt(struct answer *answer)
{
    answer_end(answer, ANSWER_INTERRUPTED, "");
}

void answer_supersede(struct answer *answer)
{
    answer_end(answer, ANSWER_SUPERSEDED, "");
}

void answer_close(struct answer *answer)
{
    if (!answer || answer->state == CLOSED)
        return;
    chain_stop(answer);
    unhook(answer);
}

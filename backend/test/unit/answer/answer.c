/**
 * @file test/unit/answer/answer.c  The chain: outline first, then whoever gives the first word
 *
 * Real loop, real client, real drivers; the services are support/providers.py.
 */
#include "cmocka_all.h"

#include "answer/answer.h"
#include "loop/loop.h"
#include "net/client.h"
#include "support/stand_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 20000 };

struct fixture {
    struct stand_in service;
    struct loop *loop;
    struct http_client *client;
    struct profile_index *index;
};

struct run {
    struct fixture *f;
    struct answerer *a;
    struct answer *answer;
    char order[64]; /* s: started, o: outline, d: first delta, f: finished */
    char providers[8][32];
    int started;
    int thinking;
    int deltas;
    int checks;
    struct claim unsupported[CLAIMS_MAX];
    size_t unsupported_count;
    const struct memory *memory;
    size_t points;
    int finished;
    enum answer_finish finish;
    char text[4096];
    char why[512];
    char model[64];
    char provider[32];
    struct answer_latency latency;
    uint64_t last_us;
    int quality;
    int interrupt_at; /* in the nth delta */
    int close_at;
    char close_in; /* the first event of this kind, as noted in order */
    bool interrupt_at_start;
    bool keep_loop;
};

static void note(struct run *r, char c)
{
    size_t n = strlen(r->order);

    if (n + 1 < sizeof(r->order) && (c != 'd' || n == 0 || r->order[n - 1] != 'd'))
        r->order[n] = c;
}

/* Whoever is told may close it. true: it is gone. */
static bool closes(struct run *r, char c)
{
    if (r->close_in != c)
        return false;
    r->close_in = '\0';
    answer_close(r->answer);
    r->answer = NULL;
    loop_stop(r->f->loop);
    return true;
}

static void on_started(const char *id, const char *provider, const char *model, void *arg)
{
    struct run *r = arg;

    assert_string_equal(id, answer_id(r->answer));
    note(r, 's');
    snprintf(r->providers[r->started++ % 8], 32, "%s", provider);
    snprintf(r->model, sizeof(r->model), "%s", model);
    if (r->interrupt_at_start)
        answer_interrupt(r->answer);
    closes(r, 's');
}

static void on_outline(const struct llm_point *points, size_t n, void *arg)
{
    struct run *r = arg;

    assert_true(points[0].text != NULL);
    note(r, 'o');
    r->points = n;
    closes(r, 'o');
}

static void on_delta(size_t len, void *arg)
{
    struct run *r = arg;

    assert_true(len > 0);
    note(r, 'd');
    r->deltas++;
    if (r->deltas == r->interrupt_at)
        answer_interrupt(r->answer);
    if (r->deltas == r->close_at) {
        answer_close(r->answer);
        r->answer = NULL;
        loop_stop(r->f->loop);
    }
}

static void on_finished(const struct answer_result *res, void *arg)
{
    struct run *r = arg;

    note(r, 'f');
    r->finished++;
    r->finish = res->finish;
    r->latency = answer_latency(&res->times, 0, 0);
    r->quality = res->quality;
    snprintf(r->text, sizeof(r->text), "%.*s", (int)res->len, res->text);
    snprintf(r->why, sizeof(r->why), "%s", res->why);
    snprintf(r->provider, sizeof(r->provider), "%s", res->provider);
    r->answer = NULL;
    if (!r->keep_loop)
        loop_stop(r->f->loop);
}

static void on_event(const struct answer_event *event, void *arg)
{
    struct run *r = arg;

    assert_true(event->at_us >= r->last_us); /* in order */
    r->last_us = event->at_us;
    switch (event->kind) {
    case ANSWER_STARTED:
        on_started(event->generation_id, event->started.provider, event->started.model, arg);
        break;
    case ANSWER_OUTLINE:
        on_outline(event->outline.points, event->outline.count, arg);
        break;
    case ANSWER_DELTA:
        on_delta(event->delta.len, arg);
        break;
    case ANSWER_CHECK:
        r->checks++;
        assert_true(r->deltas > 0 && !r->finished);
        r->unsupported_count = event->check.count;
        memcpy(r->unsupported, event->check.unsupported,
               event->check.count * sizeof(*r->unsupported));
        closes(r, 'c');
        break;
    case ANSWER_THINKING:
        r->thinking++;
        break;
    case ANSWER_FINISHED:
        on_finished(event->finished, arg);
        break;
    }
}

static void out_of_patience(void *arg)
{
    (void)arg;
    fail_msg("nothing happened for %d ms", PATIENCE_MS);
}

static void run_loop(struct fixture *f)
{
    struct loop_timer *patience;

    assert_int_equal(timer_open(&patience, f->loop, out_of_patience, NULL), 0);
    timer_start(patience, PATIENCE_MS, 0);
    loop_run(f->loop);
    timer_close(patience);
}

/** A chain of up to two remote providers, by the model names that choose their behaviour. */
static struct answerer *open_chain(struct fixture *f, const char *groq, const char *ollama,
                                   uint64_t first_token_ms)
{
    static struct llm_provider chain[2];
    struct answerer_config config = {.providers = chain,
                                     .breaker_failures = 2,
                                     .breaker_rest_ms = 60000,
                                     .first_token_max_ms = first_token_ms};
    struct answerer *a = NULL;
    struct errbuf err = {""};

    if (groq)
        chain[config.provider_count++] = (struct llm_provider){.name = "groq",
                                                               .driver = llm_driver_find("openai"),
                                                               .url = f->service.url_openai,
                                                               .api_key = "k",
                                                               .model = groq};
    if (ollama)
        chain[config.provider_count++] = (struct llm_provider){.name = "ollama",
                                                               .driver = llm_driver_find("ollama"),
                                                               .url = f->service.url_ollama,
                                                               .model = ollama};
    assert_int_equal(answerer_open(&a, f->loop, f->client, &config, &err), 0);
    return a;
}

static void start(struct run *r, const char *provider, const char *model)
{
    struct answer_ask ask = {.question = "tell me about a time you led a migration",
                             .provider = provider,
                             .model = model,
                             .owner = "u1",
                             .session = "s1",
                             .memory = r->memory};
    struct errbuf err = {""};

    assert_int_equal(answer_ask(r->a, r->f->index, &ask, on_event, r, &r->answer, &err), 0);
    assert_string_equal(r->order, ""); /* nothing from inside */
}

static struct run ask(struct fixture *f, const char *groq, const char *ollama)
{
    struct run r = {.f = f, .a = open_chain(f, groq, ollama, 0)};

    start(&r, NULL, NULL);
    run_loop(f);
    answerer_close(r.a);
    assert_int_equal(r.finished, 1);
    return r;
}

static void the_outline_comes_first_then_the_words(void **state)
{
    struct run r = ask(*state, "ok", NULL);

    assert_string_equal(r.order, "sodf");
    assert_int_equal(r.finish, ANSWER_STOP);
    assert_string_equal(r.provider, "groq");
    assert_true(r.points >= 3);
    assert_true(strlen(r.text) > 20);
    assert_true(r.quality > 0);
    assert_true(r.latency.outline_ms >= 0 && r.latency.first_token_ms >= 0);
    assert_true(r.latency.total_ms >= r.latency.first_token_ms);
    assert_int_equal(r.latency.final_ms, -1);
}

static void assert_claim(const struct run *r, size_t i, const char *text, enum claim_kind kind)
{
    const struct claim *c = &r->unsupported[i];

    assert_in_range(i, 0, r->unsupported_count - 1);
    assert_in_range(c->end, c->start, strlen(r->text));
    assert_int_equal(c->end - c->start, strlen(text));
    assert_memory_equal(r->text + c->start, text, strlen(text));
    assert_int_equal(c->kind, kind);
}

static void what_nothing_supports_is_told_while_it_streams(void **state)
{
    struct run r = ask(*state, "invents-0", NULL);

    assert_int_equal(r.unsupported_count, 5); /* "2." only counts */
    assert_claim(&r, 0, "Maya", CLAIM_NAME);
    assert_claim(&r, 1, "11", CLAIM_NUMBER);
    assert_claim(&r, 2, "Initech", CLAIM_EMPLOYER);
    assert_claim(&r, 3, "37", CLAIM_NUMBER);
    assert_claim(&r, 4, "Dana", CLAIM_NAME);
    assert_true(r.checks >= 5); /* each as it came, not all at the end */
}

static void what_was_said_before_supports_an_answer(void **state)
{
    struct fixture *f = *state;
    struct memory *memory = NULL;
    struct run r = {
        .f = f,
        .a = open_chain(f, "invents-0", NULL, 0),
    };

    assert_int_equal(memory_open(&memory), 0);
    memory_heard(memory, MEMORY_INTERVIEWER, "We are eleven, and Maya leads us.", 0);
    memory_heard(memory, MEMORY_CANDIDATE, "I was at Initech.", 0);
    memory_shown(memory, "Dana said that it was 37 percent.", 1); /* nobody said it */
    r.memory = memory;
    start(&r, NULL, NULL);
    run_loop(f);
    answerer_close(r.a);
    memory_free(memory);
    assert_int_equal(r.unsupported_count, 2);
    assert_claim(&r, 0, "37", CLAIM_NUMBER);
    assert_claim(&r, 1, "Dana", CLAIM_NAME);
}

static void the_built_in_answer_is_not_doubted(void **state)
{
    struct run r = ask(*state, NULL, NULL);

    assert_int_equal(r.checks, 0);
}

static void without_any_provider_the_outline_is_the_answer(void **state)
{
    struct run r = ask(*state, NULL, NULL);

    assert_string_equal(r.order, "sodf");
    assert_string_equal(r.provider, "outline");
    assert_non_null(strstr(r.text, "I led the migration"));
}

static void a_failure_before_the_first_word_moves_on(void **state)
{
    static const char *const models[] = {"status-500", "status-401", "garbage",
                                         "reset",      "empty",      "limited"};

    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        struct run r = ask(*state, models[i], "ok");

        if (strcmp(r.provider, "ollama") != 0)
            fail_msg("%s: answered by %s: %s", models[i], r.provider, r.why);
        assert_string_equal(r.providers[0], "groq");
        assert_int_equal(r.finish, ANSWER_STOP);
        assert_int_equal(r.started, 2);
        assert_string_equal(r.order, "sosdf");
    }
}

static void when_all_fail_the_outline_answers(void **state)
{
    struct run r = ask(*state, "status-503", "missing");

    assert_int_equal(r.started, 3);
    assert_string_equal(r.provider, "outline");
    assert_int_equal(r.finish, ANSWER_STOP);
}

static void after_the_first_word_a_failure_ends_with_what_came(void **state)
{
    struct run r = ask(*state, "break", "ok");

    assert_int_equal(r.finish, ANSWER_ERROR);
    assert_string_equal(r.provider, "groq");
    assert_true(strlen(r.text) > 0);
    assert_true(*r.why);
}

static void a_limit_of_length_is_told(void **state)
{
    assert_int_equal(ask(*state, "length", NULL).finish, ANSWER_LENGTH);
}

static void who_gives_no_word_in_time_is_left(void **state)
{
    struct fixture *f = *state;
    struct run r = {.f = f, .a = open_chain(f, "slow-60000", NULL, 150)};

    start(&r, NULL, NULL);
    run_loop(f);
    answerer_close(r.a);
    assert_string_equal(r.provider, "outline");
    assert_string_equal(r.order, "sosdf");
}

static void a_breaker_leaves_a_failing_provider_out(void **state)
{
    struct fixture *f = *state;
    struct answerer *a = open_chain(f, "status-500", "ok", 0);
    int tried = 0;

    for (int i = 0; i < 4; i++) {
        struct run r = {.f = f, .a = a};

        start(&r, NULL, NULL);
        run_loop(f);
        tried += strcmp(r.providers[0], "groq") == 0;
        assert_string_equal(r.provider, "ollama");
    }
    assert_int_equal(tried, 2);
    assert_false(answerer_available(a, "groq"));
    assert_true(answerer_available(a, "ollama"));
    answerer_close(a);
}

static void an_interrupt_keeps_what_came(void **state)
{
    struct fixture *f = *state;
    struct run r = {.f = f, .a = open_chain(f, "endless", NULL, 0), .interrupt_at = 3};

    start(&r, NULL, NULL);
    run_loop(f);
    assert_int_equal(r.finish, ANSWER_INTERRUPTED);
    assert_int_equal(r.deltas, 3);
    assert_string_equal(r.text, "word1 word2 word3 ");
    assert_int_equal(r.finished, 1);
    r = (struct run){.f = f, .a = r.a, .interrupt_at_start = true};
    start(&r, NULL, NULL);
    run_loop(f);
    assert_int_equal(r.finish, ANSWER_INTERRUPTED);
    assert_string_equal(r.order, "sof");
    answerer_close(r.a);
}

static void owner_and_session_find_what_to_interrupt(void **state)
{
    struct fixture *f = *state;
    struct run r = {.f = f, .a = open_chain(f, "endless", NULL, 0)};

    start(&r, NULL, NULL);
    assert_int_equal(answerer_interrupt(r.a, "someone else", NULL, "s1"), 0);
    assert_int_equal(answerer_interrupt(r.a, "u1", NULL, "s2"), 0);
    assert_int_equal(answerer_interrupt(r.a, "u1", answer_id(r.answer), NULL), 1);
    assert_int_equal(answerer_interrupt(r.a, "u1", NULL, "s1"), 0); /* told already */
    run_loop(f);
    assert_int_equal(r.finish, ANSWER_INTERRUPTED);
    r = (struct run){.f = f, .a = r.a};
    start(&r, NULL, NULL);
    answer_supersede(r.answer);
    run_loop(f);
    assert_int_equal(r.finish, ANSWER_SUPERSEDED);
    answerer_close(r.a);
}

static void closing_calls_nobody(void **state)
{
    struct fixture *f = *state;
    struct run r = {.f = f, .a = open_chain(f, "endless", NULL, 0), .close_at = 2};

    start(&r, NULL, NULL);
    run_loop(f);
    assert_int_equal(r.finished, 0);
    assert_int_equal(r.deltas, 2);
    r = (struct run){.f = f, .a = r.a};
    start(&r, NULL, NULL);
    answerer_close(r.a); /* with one that runs */
    assert_string_equal(r.order, "");
    answer_close(NULL);
    answerer_close(NULL);
}

/* In any event, and whether its provider is quick or slow, fails or moves on. */
static void who_is_told_may_close_in_every_event(void **state)
{
    static const char *const models[] = {"ok", "slow-60000", "status-500", NULL};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        struct answerer *a = open_chain(f, models[i], NULL, 0);

        for (const char *c = "so"; *c; c++) {
            struct run r = {.f = f, .a = a, .close_in = *c};

            start(&r, NULL, NULL);
            run_loop(f);
            for (int turns = 0; turns < 20; turns++) /* nothing comes after it */
                uv_run(loop_uv(f->loop), UV_RUN_NOWAIT);
            assert_string_equal(r.order, *c == 's' ? "s" : "so");
        }
        answerer_close(a);
    }
}

static void the_asked_for_provider_and_model_come_first(void **state)
{
    struct fixture *f = *state;
    struct run r = {.f = f, .a = open_chain(f, "ok", "missing", 0)};
    size_t count;

    start(&r, "ollama", "ok");
    run_loop(f);
    assert_string_equal(r.provider, "ollama");
    assert_string_equal(r.model, "ok");
    assert_string_equal(answerer_providers(r.a, &count)[2].name, "outline");
    assert_int_equal(count, 3);
    answerer_close(r.a);
}

static void bad_questions_are_refused(void **state)
{
    struct fixture *f = *state;
    struct answerer *a = open_chain(f, NULL, NULL, 0);
    struct answer *answer = NULL;
    struct errbuf err = {""};
    static char long_text[20000];
    struct answer_ask asks[] = {{.question = NULL},
                                {.question = "  \n"},
                                {.question = "a\xff"},
                                {.question = long_text},
                                {.question = "why", .provider = "nobody"}};

    memset(long_text, 'x', sizeof(long_text) - 1);
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
        assert_int_equal(answer_ask(a, NULL, &asks[i], on_event, NULL, &answer, &err), UV_EINVAL);
    assert_null(answer);
    answerer_close(a);
}

static void many_answers_run_beside_each_other(void **state)
{
    enum { MANY = 20 };
    struct fixture *f = *state;
    struct answerer *a = open_chain(f, "ok", NULL, 0);
    static struct run runs[MANY];
    struct loop_timer *patience;
    int left = MANY;

    memset(runs, 0, sizeof(runs));
    for (int i = 0; i < MANY; i++) {
        runs[i] = (struct run){.f = f, .a = a, .keep_loop = true};
        start(&runs[i], NULL, NULL);
    }
    assert_int_equal(timer_open(&patience, f->loop, out_of_patience, NULL), 0);
    timer_start(patience, PATIENCE_MS, 0);
    while (left) {
        uv_run(loop_uv(f->loop), UV_RUN_ONCE);
        left = 0;
        for (int i = 0; i < MANY; i++)
            left += !runs[i].finished;
    }
    timer_close(patience);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(runs[i].finish, ANSWER_STOP);
    answerer_close(a);
}

static int setup(void **state)
{
    static const char *const skills[] = {"PostgreSQL"};
    struct fixture *f = calloc(1, sizeof(*f));
    struct errbuf err = {""};

    *state = f;
    if (!stand_in_open(&f->service) || loop_open(&f->loop, &err) ||
        http_client_open(&f->client, f->loop, &err))
        return -1;
    return profile_index_open(
        &f->index, &(struct grounding_input){
                       .role = "Engineer",
                       .years_experience = 5,
                       .skills = skills,
                       .skill_count = 1,
                       .context = "- Led the migration to PostgreSQL, cutting cost by 20 %."});
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    profile_index_unref(f->index);
    http_client_close(f->client);
    loop_close(f->loop);
    stand_in_close(&f->service);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_outline_comes_first_then_the_words),
        cmocka_unit_test(what_nothing_supports_is_told_while_it_streams),
        cmocka_unit_test(what_was_said_before_supports_an_answer),
        cmocka_unit_test(the_built_in_answer_is_not_doubted),
        cmocka_unit_test(without_any_provider_the_outline_is_the_answer),
        cmocka_unit_test(a_failure_before_the_first_word_moves_on),
        cmocka_unit_test(when_all_fail_the_outline_answers),
        cmocka_unit_test(after_the_first_word_a_failure_ends_with_what_came),
        cmocka_unit_test(a_limit_of_length_is_told),
        cmocka_unit_test(who_gives_no_word_in_time_is_left),
        cmocka_unit_test(a_breaker_leaves_a_failing_provider_out),
        cmocka_unit_test(an_interrupt_keeps_what_came),
        cmocka_unit_test(owner_and_session_find_what_to_interrupt),
        cmocka_unit_test(closing_calls_nobody),
        cmocka_unit_test(who_is_told_may_close_in_every_event),
        cmocka_unit_test(the_asked_for_provider_and_model_come_first),
        cmocka_unit_test(bad_questions_are_refused),
        cmocka_unit_test(many_answers_run_beside_each_other),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

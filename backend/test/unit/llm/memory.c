/**
 * @file test/unit/llm/memory.c  A driver when memory runs out, at each allocation in turn
 *
 * It may fail to start, or end with an error; it ends once, an end without an error comes after
 * every word, and everything is given back (the sanitizer looks). The services are stood in for by
 * support/providers.py.
 */
#include "cmocka_all.h"

#include "llm/driver.h"
#include "llm/provider_probe.h"
#include "loop/loop.h"
#include "net/client.h"
#include "support/failing.h"
#include "support/stand_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 10000, TEXT_MAX = 4096 };

struct fixture {
    struct stand_in service;
    struct loop *loop;
    struct http_client *client;
    struct loop_timer *patience;

    /* what is tried */
    struct llm_provider provider;
    int cancel_at; /* in the nth delta */

    /* what came of it */
    struct llm_gen *gen;
    char text[TEXT_MAX];
    char whole[TEXT_MAX]; /* as it was when nothing failed */
    int starts;
    int deltas;
    int ends;
    int err;
    int names;
    int all_names;
};

static void out_of_patience(void *arg)
{
    (void)arg;
    fail_msg("nothing happened for %d ms", PATIENCE_MS);
}

static void run_loop(struct fixture *f)
{
    timer_start(f->patience, PATIENCE_MS, 0);
    loop_run(f->loop);
    timer_stop(f->patience);
}

/* -------------------------------------------------------------------------------- answers */

static void on_start(const char *model, void *arg)
{
    struct fixture *f = arg;

    assert_true(*model);
    f->starts++;
}

static void on_delta(const char *text, size_t len, void *arg)
{
    struct fixture *f = arg;

    assert_int_equal(f->ends, 0);
    assert_true(strlen(f->text) + len < TEXT_MAX);
    strncat(f->text, text, len);
    if (++f->deltas == f->cancel_at) {
        llm_cancel(f->gen);
        f->gen = NULL;
        loop_stop(f->loop);
    }
}

static void on_end(const struct llm_end *end, void *arg)
{
    struct fixture *f = arg;

    assert_true(!end->err == !*end->why);
    f->ends++;
    f->err = end->err;
    f->gen = NULL;
    loop_stop(f->loop);
}

static void ask(void *arg)
{
    static const struct llm_handlers handlers = {
        .on_start = on_start, .on_delta = on_delta, .on_end = on_end};
    static const struct llm_message messages[] = {
        {LLM_SYSTEM, "Be brief."}, {LLM_USER, "Why?"}, {LLM_ASSISTANT, "So."}, {LLM_USER, "Why?"}};
    struct fixture *f = arg;
    const struct llm_request req = {.messages = messages,
                                    .message_count = 4,
                                    .draft = "I would say it in a few words of my own.",
                                    .question = "Why?",
                                    .max_tokens = 100};
    struct errbuf why = {""};
    int e;

    f->text[0] = '\0';
    f->starts = f->deltas = f->ends = f->err = 0;
    e = llm_start(f->loop, f->client, &f->provider, &req, &handlers, f, &f->gen, &why);
    assert_int_equal(f->starts + f->deltas + f->ends, 0);
    if (e) {
        assert_true(why.text[0]);
        return;
    }
    run_loop(f);
    assert_true(f->starts <= 1);
    if (f->cancel_at && f->deltas == f->cancel_at)
        assert_int_equal(f->ends, 0);
    else
        assert_int_equal(f->ends, 1);
    if (f->err || f->cancel_at)
        return;
    assert_true(f->deltas > 0);
    if (!f->whole[0])
        memcpy(f->whole, f->text, sizeof(f->whole));
    assert_string_equal(f->text, f->whole); /* no word is missing from what ended well */
}

static void each(struct fixture *f, const char *driver, const char *model, int cancel_at)
{
    bool ollama = strcmp(driver, "ollama") == 0;

    f->provider =
        (struct llm_provider){.name = driver,
                              .driver = llm_driver_find(driver),
                              .url = ollama ? f->service.url_ollama : f->service.url_openai,
                              .api_key = ollama ? NULL : "k",
                              .model = model};
    f->cancel_at = cancel_at;
    f->whole[0] = '\0';
    failing_each(ask, f);
}

static void an_answer_is_whole_or_says_that_it_is_not(void **state)
{
    each(*state, "openai", "ok", 0);
    each(*state, "ollama", "ok", 0);
    each(*state, "outline", "outline", 0);
}

static void a_service_that_does_not_stream_is_no_other(void **state)
{
    each(*state, "openai", "whole", 0);
}

static void a_refusal_stays_one(void **state)
{
    static const char *const models[] = {"status-500", "limited", "break", "garbage"};

    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        each(*state, "openai", models[i], 0);
        assert_true(((struct fixture *)*state)->err);
    }
    each(*state, "ollama", "missing", 0);
    assert_true(((struct fixture *)*state)->err);
}

static void a_cancel_gives_back_what_was_taken_by_then(void **state)
{
    each(*state, "openai", "endless", 2);
    each(*state, "ollama", "ok", 2);
    each(*state, "outline", "outline", 2);
}

/* --------------------------------------------------------------------------------- models */

static void on_model(const char *name, int err, void *arg)
{
    struct fixture *f = arg;

    assert_int_equal(f->ends, 0);
    if (name) {
        assert_true(*name);
        f->names++;
        return;
    }
    f->ends++;
    f->err = err;
    loop_stop(f->loop);
}

static void list_models(void *arg)
{
    struct fixture *f = arg;

    f->ends = f->err = f->names = 0;
    if (f->provider.driver->models(f->client, &f->provider, on_model, f))
        return;
    run_loop(f);
    assert_int_equal(f->ends, 1);
    if (f->err)
        return;
    if (!f->all_names)
        f->all_names = f->names;
    assert_true(f->names > 0);
    assert_int_equal(f->names, f->all_names); /* a list that ended well is a whole one */
}

static void a_list_of_models_is_whole_or_says_that_it_is_not(void **state)
{
    static const char *const drivers[] = {"openai", "ollama"};
    struct fixture *f = *state;

    for (int i = 0; i < 2; i++) {
        f->provider =
            (struct llm_provider){.name = drivers[i],
                                  .driver = llm_driver_find(drivers[i]),
                                  .url = i ? f->service.url_ollama : f->service.url_openai,
                                  .api_key = i ? NULL : "k",
                                  .model = "ok"};
        f->all_names = 0;
        failing_each(list_models, f);
    }
}

static void on_probed(void *arg)
{
    struct fixture *f = arg;

    f->ends++;
    loop_stop(f->loop);
}

/* Who could not be asked is silent, or not known; nobody is called well who was not asked. */
static void look(void *arg)
{
    struct fixture *f = arg;
    const struct llm_provider providers[] = {
        f->provider, {.name = "outline", .driver = llm_driver_find("outline"), .model = "outline"}};
    struct llm_probe *probe = NULL;
    struct llm_probed known;

    f->ends = 0;
    if (llm_probe_open(&probe, f->loop, f->client, providers, 2))
        return;
    llm_probe_look(probe, on_probed, f);
    run_loop(f);
    assert_int_equal(f->ends, 1);
    known = llm_probe_get(probe, 0);
    assert_true(known.state != LLM_PROBE_ANSWERS || known.models > 0);
    assert_true(known.state != LLM_PROBE_SILENT || known.err);
    assert_int_equal(llm_probe_get(probe, 1).state, LLM_PROBE_ANSWERS);
    llm_probe_close(probe);
}

static void who_answers_is_known_or_not(void **state)
{
    struct fixture *f = *state;

    f->provider = (struct llm_provider){.name = "ollama",
                                        .driver = llm_driver_find("ollama"),
                                        .url = f->service.url_ollama,
                                        .model = "ok"};
    failing_each(look, f);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct errbuf err = {""};

    *state = f;
    return !stand_in_open(&f->service) || loop_open(&f->loop, &err) ||
           http_client_open(&f->client, f->loop, &err) ||
           timer_open(&f->patience, f->loop, out_of_patience, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    timer_close(f->patience);
    http_client_close(f->client);
    loop_close(f->loop);
    stand_in_close(&f->service);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_whole_or_says_that_it_is_not),
        cmocka_unit_test(a_service_that_does_not_stream_is_no_other),
        cmocka_unit_test(a_refusal_stays_one),
        cmocka_unit_test(a_cancel_gives_back_what_was_taken_by_then),
        cmocka_unit_test(a_list_of_models_is_whole_or_says_that_it_is_not),
        cmocka_unit_test(who_answers_is_known_or_not),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

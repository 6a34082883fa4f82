/**
 * @file test/unit/llm/drivers.c  Both remote drivers and the built-in one, over real sockets
 *
 * The services are stood in for by support/providers.py; the model's name chooses what it does.
 */
#include "cmocka_all.h"

#include "base/clock.h"
#include "llm/driver.h"
#include "loop/loop.h"
#include "net/client.h"
#include "support/stand_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, LOOKS = 200 };

static const char answer[] = "I led the migration myself. - We measured first. - Latency fell by "
                             "40 %. - I would do it again.";

struct fixture {
    struct stand_in provider;
    struct loop *loop;
    struct http_client *client;
};

struct run {
    struct fixture *f;
    struct llm_gen *gen;
    struct loop_timer *patience;
    char text[4096];
    size_t len;
    int starts;
    int deltas;
    int ends;
    int err;
    enum llm_finish finish;
    uint64_t retry_ms;
    char why[ERR_TEXT_MAX];
    int cancel_at; /* cancel inside the nth delta */
    char names[4][64];
    int name_count;
};

static void on_start(const char *model, void *arg)
{
    struct run *r = arg;

    assert_true(*model);
    r->starts++;
}

static void on_delta(const char *text, size_t len, void *arg)
{
    struct run *r = arg;

    assert_true(r->len + len < sizeof(r->text));
    memcpy(r->text + r->len, text, len);
    r->len += len;
    r->text[r->len] = '\0';
    if (++r->deltas == r->cancel_at) {
        llm_cancel(r->gen);
        r->gen = NULL;
        loop_stop(r->f->loop);
    }
}

static void on_end(const struct llm_end *end, void *arg)
{
    struct run *r = arg;

    r->ends++;
    r->err = end->err;
    r->finish = end->finish;
    r->retry_ms = end->retry_after_ms;
    snprintf(r->why, sizeof(r->why), "%s", end->why);
    r->gen = NULL;
    loop_stop(r->f->loop);
}

static void out_of_patience(void *arg)
{
    (void)arg;
    fail_msg("nothing happened for %d ms", PATIENCE_MS);
}

static const struct llm_handlers handlers = {
    .on_start = on_start, .on_delta = on_delta, .on_end = on_end};

static void loop_until_stopped(struct run *r)
{
    assert_int_equal(timer_open(&r->patience, r->f->loop, out_of_patience, r), 0);
    timer_start(r->patience, PATIENCE_MS, 0);
    loop_run(r->f->loop);
    timer_close(r->patience);
}

static struct llm_provider provider(const struct fixture *f, const char *driver)
{
    bool ollama = strcmp(driver, "ollama") == 0;

    return (struct llm_provider){.name = ollama ? "ollama" : "groq",
                                 .driver = llm_driver_find(driver),
                                 .url = ollama ? f->provider.url_ollama : f->provider.url_openai,
                                 .api_key = ollama ? NULL : "test-key",
                                 .model = "ok"};
}

static struct run ask_with(struct fixture *f, const struct llm_provider *p, const char *model,
                           int cancel_at)
{
    static const struct llm_message messages[] = {{LLM_SYSTEM, "Be brief."}, {LLM_USER, "Why?"}};
    struct run r = {.f = f, .cancel_at = cancel_at};
    struct llm_request req = {.messages = messages, .message_count = 2, .model = model};
    struct errbuf err = {""};

    assert_int_equal(llm_start(f->loop, f->client, p, &req, &handlers, &r, &r.gen, &err), 0);
    assert_int_equal(r.starts + r.deltas + r.ends, 0); /* nothing from inside llm_start() */
    loop_until_stopped(&r);
    return r;
}

static struct run ask(struct fixture *f, const char *driver, const char *model)
{
    struct llm_provider p = provider(f, driver);

    return ask_with(f, &p, model, 0);
}

static void expect_answer(const struct run *r, const char *text)
{
    assert_string_equal(r->why, "");
    assert_int_equal(r->err, 0);
    assert_int_equal(r->ends, 1);
    assert_string_equal(r->text, text);
}

static void answers_stream_from_both_protocols(void **state)
{
    static const char *const models[] = {"ok", "comments", "crumbs", "open", "slow-300"};

    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        struct run r = ask(*state, "openai", models[i]);

        expect_answer(&r, answer);
        assert_int_equal(r.starts, 1);
        assert_true(r.deltas > 5);
    }
    for (size_t i = 0; i < 3; i++) {
        struct run r = ask(*state, "ollama", (const char *const[]){"ok", "crumbs", "slow-300"}[i]);

        expect_answer(&r, answer);
    }
}

static void characters_of_several_bytes_arrive_whole(void **state)
{
    static const char text[] = "Gr\xc3\xbc\xc3\x9f"
                               "e aus \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x8e\xa4 e\xcc\x81";
    struct run r = ask(*state, "openai", "utf8");

    expect_answer(&r, text);
    r = ask(*state, "ollama", "utf8");
    expect_answer(&r, text);
}

static void a_server_that_does_not_stream_is_understood(void **state)
{
    struct run r = ask(*state, "openai", "whole");

    expect_answer(&r, answer);
}

static void the_reason_of_the_end_is_told(void **state)
{
    assert_int_equal(ask(*state, "openai", "length").finish, LLM_LENGTH);
    assert_int_equal(ask(*state, "ollama", "length").finish, LLM_LENGTH);
    assert_int_equal(ask(*state, "openai", "filter").finish, LLM_FAILED);
}

static void each_refusal_has_its_code_and_sentence(void **state)
{
    static const struct {
        const char *driver;
        const char *model;
        int err;
        const char *says;
    } cases[] = {
        {"openai", "status-400", UV_EINVAL, "refused the request"},
        {"openai", "status-401", UV_EACCES, "refuses the key"},
        {"openai", "status-403", UV_EACCES, "refuses the key"},
        {"openai", "status-404", UV_ENOENT, "status-404"},
        {"openai", "status-413", UV_EINVAL, "too large"},
        {"openai", "status-429", UV_EAGAIN, "rate limited"},
        {"openai", "status-500", UV_EAGAIN, "overloaded or failing"},
        {"openai", "status-503", UV_EAGAIN, "over capacity"},
        {"openai", "object-error", UV_EAGAIN, "overloaded"},
        {"openai", "mid-error", UV_EAGAIN, "over capacity"},
        {"openai", "garbage", UV_EPROTO, "protocol"},
        {"openai", "break", UV_ECONNRESET, ""},
        {"openai", "reset", UV_ECONNRESET, ""},
        {"ollama", "missing", UV_ENOENT, "ollama pull missing"},
        {"ollama", "status-500", UV_EAGAIN, "terminated"},
        {"ollama", "mid-error", UV_EAGAIN, "while running the model"},
        {"ollama", "garbage", UV_EPROTO, "protocol"},
        {"ollama", "break", UV_ECONNRESET, ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct run r = ask(*state, cases[i].driver, cases[i].model);

        if (r.err != cases[i].err || !strstr(r.why, cases[i].says))
            fail_msg("%s %s: %s, \"%s\"", cases[i].driver, cases[i].model, uv_strerror(r.err),
                     r.why);
        assert_int_equal(r.ends, 1);
        assert_int_equal(r.finish, LLM_FAILED);
        assert_true(*r.why);
        assert_null(strstr(r.why, "gsk_")); /* what a service says about a key stays unsaid */
        assert_null(strstr(r.why, "test-key"));
    }
}

static void words_before_a_break_are_kept(void **state)
{
    struct run r = ask(*state, "openai", "break");

    assert_true(r.len > 0);
    assert_memory_equal(r.text, answer, r.len);
    r = ask(*state, "ollama", "mid-error");
    assert_true(r.len > 0);
}

static void a_rate_limit_says_how_long(void **state)
{
    assert_int_equal(ask(*state, "openai", "limited").retry_ms, 7000);
    assert_int_equal(ask(*state, "openai", "status-503").retry_ms, 2000);
}

static void a_provider_that_is_not_there_is_refused(void **state)
{
    struct fixture *f = *state;
    struct llm_provider p = provider(f, "ollama");
    struct run r;

    p.url = "http://127.0.0.1:1";
    r = ask_with(f, &p, "ok", 0);
    assert_int_equal(r.err, UV_ECONNREFUSED);
    assert_non_null(strstr(r.why, "ollama serve"));
}

/** When did the client of the latest request for this model close? 0: not yet. */
static int64_t closed_ns(struct fixture *f, const char *model)
{
    json_t *log = stand_in_log(&f->provider);
    int64_t closed = 0;
    json_t *entry;
    size_t i;

    json_array_foreach(log, i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "model")), model) == 0)
            closed = json_integer_value(json_object_get(entry, "closedNs"));
    }
    json_decref(log);
    return closed;
}

/** The loop does not run any more: only what llm_cancel() itself did can close the connection. */
static void a_cancel_closes_the_connection_before_it_returns(void **state)
{
    static const char *const drivers[] = {"openai", "ollama"};
    struct fixture *f = *state;

    for (size_t i = 0; i < 2; i++) {
        struct llm_provider p = provider(f, drivers[i]);
        struct run r = ask_with(f, &p, "endless", 3);
        uint64_t cancelled_us = clock_mono_us();
        int64_t closed = 0;

        for (int k = 0; k < LOOKS && !closed; k++) {
            usleep(5000);
            closed = closed_ns(f, "endless");
        }
        assert_true(closed > 0);
        print_message("# %s: closed %.1f ms after the cancel\n", drivers[i],
                      (double)(closed / 1000 - (int64_t)cancelled_us) / 1000);
        assert_int_equal(r.ends, 0);
        assert_int_equal(r.deltas, 3);
    }
}

static void a_cancel_before_the_first_word_closes_too(void **state)
{
    struct fixture *f = *state;
    struct llm_provider p = provider(f, "openai");
    struct llm_request req = {.model = "slow-60000"};
    static const struct llm_message message = {LLM_USER, "Why?"};
    struct run r = {.f = f};
    struct errbuf err = {""};
    int64_t closed = 0;

    req.messages = &message;
    req.message_count = 1;
    assert_int_equal(llm_start(f->loop, f->client, &p, &req, &handlers, &r, &r.gen, &err), 0);
    for (int k = 0; k < LOOKS; k++) { /* until the request is there */
        uv_run(loop_uv(f->loop), UV_RUN_NOWAIT);
        usleep(1000);
    }
    llm_cancel(r.gen);
    for (int k = 0; k < LOOKS && !closed; k++) {
        usleep(5000);
        closed = closed_ns(f, "slow-60000");
    }
    assert_true(closed > 0);
    assert_int_equal(r.ends + r.deltas, 0);
    llm_cancel(NULL);
}

static void requests_say_what_the_protocol_wants(void **state)
{
    struct fixture *f = *state;
    json_t *log;
    json_t *last;
    json_t *body;

    ask(f, "openai", "ok");
    log = stand_in_log(&f->provider);
    last = json_array_get(log, json_array_size(log) - 1);
    body = json_object_get(last, "body");
    assert_string_equal(json_string_value(json_object_get(last, "path")),
                        "/openai/v1/chat/completions");
    assert_true(json_is_true(json_object_get(last, "key")));
    assert_true(json_is_true(json_object_get(body, "stream")));
    assert_int_equal(json_array_size(json_object_get(body, "messages")), 2);
    json_decref(log);
    ask(f, "ollama", "ok");
    log = stand_in_log(&f->provider);
    last = json_array_get(log, json_array_size(log) - 1);
    assert_string_equal(json_string_value(json_object_get(last, "path")), "/api/chat");
    assert_false(json_is_true(json_object_get(last, "key")));
    json_decref(log);
}

static void on_name(const char *name, int err, void *arg)
{
    struct run *r = arg;

    if (name) {
        snprintf(r->names[r->name_count++ % 4], 64, "%s", name);
        return;
    }
    r->ends++;
    r->err = err;
    loop_stop(r->f->loop);
}

static void models_are_listed(void **state)
{
    struct fixture *f = *state;
    struct llm_provider p = provider(f, "openai");
    struct run r = {.f = f};

    assert_int_equal(p.driver->models(f->client, &p, on_name, &r), 0);
    loop_until_stopped(&r);
    assert_int_equal(r.name_count, 2);
    assert_string_equal(r.names[0], "ok");
    p = provider(f, "ollama");
    r = (struct run){.f = f};
    assert_int_equal(p.driver->models(f->client, &p, on_name, &r), 0);
    loop_until_stopped(&r);
    assert_string_equal(r.names[0], "ok:latest");
    p.url = "http://127.0.0.1:1";
    r = (struct run){.f = f};
    assert_int_equal(p.driver->models(f->client, &p, on_name, &r), 0);
    loop_until_stopped(&r);
    assert_int_equal(r.name_count, 0);
    assert_int_equal(r.err, UV_ECONNREFUSED);
}

static void a_list_under_way_ends_with_the_client(void **state)
{
    struct fixture *f = *state;
    struct http_client *client;
    struct errbuf err = {""};
    struct llm_provider p = provider(f, "openai");
    struct run r = {.f = f};
    char url[96];

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/silent/v1", f->provider.port);
    p.url = url;
    assert_int_equal(http_client_open(&client, f->loop, &err), 0);
    assert_int_equal(p.driver->models(client, &p, on_name, &r), 0);
    assert_int_equal(r.err, 0);
    http_client_close(client);
    assert_int_equal(r.name_count, 0);
    assert_int_equal(r.err, UV_ECANCELED);
    loop_run(f->loop); /* on_name stopped it: what the client closed is run out */
}

static void a_key_that_would_add_a_header_is_refused(void **state)
{
    struct fixture *f = *state;
    struct llm_provider p = provider(f, "openai");
    struct llm_request req = {.model = "ok"};
    struct run r = {.f = f};
    struct errbuf err = {""};

    p.api_key = "key\r\nX-Evil: 1";
    assert_int_equal(llm_start(f->loop, f->client, &p, &req, &handlers, &r, &r.gen, &err),
                     UV_EINVAL);
    assert_null(strstr(err.text, "Evil"));
}

static void the_outline_says_its_draft_a_few_words_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct llm_provider p = {.name = "outline", .driver = llm_driver_find("outline")};
    struct llm_request req = {
        .draft = "I led the migration to PostgreSQL. So I cut latency by 40 %, which "
                 "nobody had asked for. [context]"};
    struct run r = {.f = f};
    struct errbuf err = {""};

    assert_int_equal(llm_start(f->loop, NULL, &p, &req, &handlers, &r, &r.gen, &err), 0);
    assert_int_equal(r.deltas, 0);
    loop_until_stopped(&r);
    expect_answer(&r, req.draft);
    assert_true(r.deltas > 3);
    r = (struct run){.f = f, .cancel_at = 2};
    assert_int_equal(llm_start(f->loop, NULL, &p, &req, &handlers, &r, &r.gen, &err), 0);
    loop_until_stopped(&r);
    assert_int_equal(r.deltas, 2);
    assert_int_equal(r.ends, 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct errbuf err = {""};

    *state = f;
    if (!stand_in_open(&f->provider))
        return -1;
    if (loop_open(&f->loop, &err) || http_client_open(&f->client, f->loop, &err))
        return -1;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    http_client_close(f->client);
    loop_close(f->loop);
    stand_in_close(&f->provider);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_stream_from_both_protocols),
        cmocka_unit_test(characters_of_several_bytes_arrive_whole),
        cmocka_unit_test(a_server_that_does_not_stream_is_understood),
        cmocka_unit_test(the_reason_of_the_end_is_told),
        cmocka_unit_test(each_refusal_has_its_code_and_sentence),
        cmocka_unit_test(words_before_a_break_are_kept),
        cmocka_unit_test(a_rate_limit_says_how_long),
        cmocka_unit_test(a_provider_that_is_not_there_is_refused),
        cmocka_unit_test(a_cancel_closes_the_connection_before_it_returns),
        cmocka_unit_test(a_cancel_before_the_first_word_closes_too),
        cmocka_unit_test(requests_say_what_the_protocol_wants),
        cmocka_unit_test(models_are_listed),
        cmocka_unit_test(a_list_under_way_ends_with_the_client),
        cmocka_unit_test(a_key_that_would_add_a_header_is_refused),
        cmocka_unit_test(the_outline_says_its_draft_a_few_words_at_a_time),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

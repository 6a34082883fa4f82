/**
 * @file test/unit/llm/exact.c  Each reply of a service, byte for byte, and what becomes of it
 *
 * And what is asked: the request's line, its headers and its body.
 */
#include "cmocka_all.h"

#include "base/buffer.h"
#include "base/json.h"
#include "llm/driver.h"
#include "loop/loop.h"
#include "net/client.h"
#include "support/canned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, TEXT_BYTES = 1024, KEEPS = 16 << 10 };

#define JSON   "Content-Type: application/json\r\n"
#define STREAM "Content-Type: Text/Event-Stream; charset=utf-8\r\n"
#define OK     "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define CHUNK  "Transfer-Encoding: chunked\r\n"
#define WORD(text, finish)                                                                         \
    "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"},\"finish_reason\":" finish "}]}"    \
    "\n\n"

struct run {
    struct loop *loop;
    struct http_client *client;
    struct llm_gen *gen;
    int starts;
    int ends;
    int err;
    enum llm_finish finish;
    uint64_t retry_ms;
    char text[TEXT_BYTES];
    char why[ERR_TEXT_MAX];
    char model[64];
};

static void on_start(const char *model, void *arg)
{
    struct run *r = arg;

    assert_int_equal(r->starts++, 0);
    snprintf(r->model, sizeof(r->model), "%s", model);
}

static void on_delta(const char *text, size_t len, void *arg)
{
    struct run *r = arg;
    size_t have = strlen(r->text);

    assert_int_equal(r->starts, 1); /* never a word before */
    assert_true(len > 0 && have + len < sizeof(r->text));
    memcpy(r->text + have, text, len);
}

static void on_end(const struct llm_end *end, void *arg)
{
    struct run *r = arg;

    r->ends++;
    r->err = end->err;
    r->finish = end->finish;
    r->retry_ms = end->retry_after_ms;
    snprintf(r->why, sizeof(r->why), "%s", end->why);
    loop_stop(r->loop);
}

static const struct llm_handlers handlers = {
    .on_start = on_start, .on_delta = on_delta, .on_end = on_end};

static void out_of_patience(void *arg)
{
    (void)arg;
    fail_msg("no end within %d ms", PATIENCE_MS);
}

static void open_run(struct run *r)
{
    struct errbuf err = {""};

    *r = (struct run){0};
    assert_int_equal(loop_open(&r->loop, &err), 0);
    assert_int_equal(http_client_open(&r->client, r->loop, &err), 0);
}

static void close_run(struct run *r)
{
    http_client_close(r->client);
    assert_int_equal(loop_close(r->loop), 0);
}

/** Asks a service that replies so; r says what came of it, the request is returned: free() it. */
static char *ask(struct run *r, const char *driver, const char *path,
                 const struct llm_request *request, const char *key, const char *reply, size_t len)
{
    struct loop_timer *patience;
    struct llm_provider p = {.name = strcmp(driver, "ollama") == 0 ? "ollama" : "groq",
                             .driver = llm_driver_find(driver),
                             .api_key = key,
                             .model = "m1"};
    struct errbuf err = {""};
    struct canned c;
    char url[128];

    open_run(r);
    canned_open(&c, reply, len);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", c.port, path);
    p.url = url;
    assert_int_equal(llm_start(r->loop, r->client, &p, request, &handlers, r, &r->gen, &err), 0);
    assert_int_equal(timer_open(&patience, r->loop, out_of_patience, NULL), 0);
    timer_start(patience, PATIENCE_MS, 0);
    loop_run(r->loop);
    timer_close(patience);
    close_run(r);
    canned_close(&c);
    assert_int_equal(r->ends, 1);
    return c.request;
}

struct reply_case {
    const char *driver;
    const char *reply;
    const char *text;
    int err;
    enum llm_finish finish;
    const char *why;
    uint64_t retry_ms;
};

static void check_reply(const struct reply_case *x, const char *reply, size_t len)
{
    static const struct llm_message message = {LLM_USER, "Why?"};
    const struct llm_request request = {.messages = &message, .message_count = 1};
    struct run r;

    free(ask(&r, x->driver, "", &request, "secret-key", reply, len));
    if (strcmp(r.text, x->text) != 0 || r.err != x->err || r.finish != x->finish ||
        strcmp(r.why, x->why) != 0 || r.retry_ms != x->retry_ms)
        fail_msg("%s\n%.300s\n-> \"%s\", %d (%s), finish %d, retry %d", x->driver, reply, r.text,
                 r.err, r.why, (int)r.finish, (int)r.retry_ms);
    if (*x->text)
        assert_string_equal(r.model, "m1");
    assert_null(strstr(r.why, "secret"));
}

static const char no_completion[] = "the provider's reply is not of the chat/completions protocol";
static const char web_page[] =
    "groq answers with a web page: is its address right, or is there a sign-in in front?";
static const char no_events[] = "the provider's stream is not of the chat/completions protocol";
static const char no_ollama[] = "the reply is not of Ollama's protocol: is the address right?";

static void replies_of_chat_completions(void **state)
{
    static const struct reply_case cases[] = {
        {"openai",
         OK JSON
         "\r\n{\"choices\":[{\"message\":{\"content\":\"Hi\"},\"finish_reason\":\"length\"}]}",
         "Hi", 0, LLM_LENGTH, "", 0},
        {"openai", OK JSON "\r\n{\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}", "Hi", 0,
         LLM_STOP, "", 0},
        {"openai",
         OK JSON "\r\n{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"content_"
                 "filter\"}]}",
         "x", UV_EINVAL, LLM_FAILED, "the provider's content filter stopped the answer", 0},
        {"openai", OK JSON "\r\n{}", "", UV_EPROTO, LLM_FAILED, no_completion, 0},
        {"openai", OK JSON "\r\n<html>", "", UV_EPROTO, LLM_FAILED, web_page, 0},
        {"openai", OK "\r\n", "", UV_EPROTO, LLM_FAILED, no_completion, 0},
        {"openai",
         OK JSON "\r\n{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}", "",
         UV_EAGAIN, LLM_FAILED, "groq is rate limited: slow down", 0},
        {"openai", OK JSON "\r\n{\"error\":\"boom\"}", "", UV_EAGAIN, LLM_FAILED,
         "groq is overloaded or failing (HTTP 500): boom", 0},
        {"openai", OK JSON "\r\n{\"error\":{}}", "", UV_EAGAIN, LLM_FAILED,
         "groq is overloaded or failing (HTTP 500): the provider reported an error without saying "
         "which",
         0},
        {"openai", "HTTP/1.1 429 No\r\nx-ratelimit-reset-requests: 2m59.56s\r\n\r\n", "", UV_EAGAIN,
         LLM_FAILED, "groq is rate limited", 179560},
        {"openai",
         "HTTP/1.1 429 No\r\nx-ratelimit-reset-requests: 2m59.56s\r\nRetry-After: 3\r\n\r\n", "",
         UV_EAGAIN, LLM_FAILED, "groq is rate limited", 3000},
        {"openai", "HTTP/1.1 503 No\r\nx-ratelimit-reset-requests: 2m59.56s\r\n\r\n", "", UV_EAGAIN,
         LLM_FAILED, "groq is overloaded or failing (HTTP 503)", 0},
        {"openai", "HTTP/1.1 404 No\r\n\r\n", "", UV_ENOENT, LLM_FAILED,
         "groq does not know the model m1 or the address is wrong: not found", 0},
        {"openai", "HTTP/1.1 404 No\r\n\r\n{\"message\":\"gone\"}", "", UV_ENOENT, LLM_FAILED,
         "groq does not know the model m1 or the address is wrong: gone", 0},
        {"openai", "HTTP/1.1 422 No\r\n\r\n{\"detail\":\"no\\u0007pe\"}", "", UV_EINVAL, LLM_FAILED,
         "groq refused the request (HTTP 422): no pe", 0},
        {"openai", "HTTP/1.1 401 No\r\n\r\n{\"error\":\"secret-key is wrong\"}", "", UV_EACCES,
         LLM_FAILED, "groq refuses the key (HTTP 401): check it in the settings", 0},
        {"openai", "HTTP/1.1 504 No\r\n\r\n", "", UV_ETIMEDOUT, LLM_FAILED,
         "groq refused the request (HTTP 504)", 0},
        {"openai", OK STREAM "\r\n" WORD("Hi", "null") WORD(" you", "\"stop\""), "Hi you", 0,
         LLM_STOP, "", 0},
        {"openai", OK STREAM "\r\n" WORD("Hi", "null"), "Hi", UV_ECONNRESET, LLM_FAILED,
         "groq broke off in the middle of the answer", 0},
        {"openai", OK STREAM "\r\n" WORD("Hi", "null") "data: [DONE]\n\n" WORD(" late", "null"),
         "Hi", 0, LLM_STOP, "", 0},
        {"openai", OK STREAM "\r\n" WORD("Hi", "\"content_filter\"") "data: [DONE]\n\n", "Hi",
         UV_EINVAL, LLM_FAILED, "the provider's content filter stopped the answer", 0},
        {"openai", OK STREAM "\r\n" WORD("a\xff\xc3", "\"stop\""), "a\xef\xbf\xbd\xef\xbf\xbd", 0,
         LLM_STOP, "", 0},
        {"openai", OK STREAM "\r\n" WORD("Hi", "null") "data: <p>\n\n" WORD(" you", "\"stop\""),
         "Hi you", 0, LLM_STOP, "", 0}, /* a ping, or what else people send */
        {"openai",
         OK STREAM "Retry-After: 9\r\n\r\n" WORD(
             "Hi", "null") "data: {\"error\":{\"message\":"
                           "\"full\",\"type\":\"rate_limit_exceeded\"}}\n\n" WORD(" late", "null"),
         "Hi", UV_EAGAIN, LLM_FAILED, "groq is rate limited: full", 9000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_reply(&cases[i], cases[i].reply, strlen(cases[i].reply));
}

/** After its last word the answer is whole, however the connection ends. */
static void a_cut_after_the_last_word_is_no_failure(void **state)
{
    static const char event[] = WORD("Hi", "\"length\"");
    char reply[512];

    (void)state;
    snprintf(reply, sizeof(reply), OK STREAM CHUNK "\r\n%zx\r\n%s\r\n", strlen(event), event);
    check_reply(&(struct reply_case){"openai", reply, "Hi", 0, LLM_LENGTH, "", 0}, reply,
                strlen(reply));
}

static void replies_of_ollama(void **state)
{
#define LINE(text, done) "{\"message\":{\"content\":\"" text "\"},\"done\":" done "}"
    static const struct reply_case cases[] = {
        {"ollama", OK "\r\n" LINE("Hi", "false") "\r\n\n  \r\n" LINE(" you", "true") " \r\n",
         "Hi you", 0, LLM_STOP, "", 0},
        {"ollama", OK "\r\n" LINE("Hi", "true"), "Hi", 0, LLM_STOP, "", 0}, /* no end of line */
        {"ollama", OK "\r\n" LINE("Hi", "true") "\n" LINE(" late", "false") "\n", "Hi", 0, LLM_STOP,
         "", 0},
        {"ollama", OK "\r\n" LINE("Hi", "false") "\n", "Hi", UV_ECONNRESET, LLM_FAILED,
         "ollama broke off in the middle of the answer", 0},
        {"ollama", OK "\r\n", "", UV_ECONNRESET, LLM_FAILED,
         "ollama broke off in the middle of the answer", 0},
        {"ollama", OK "\r\n" LINE("Hi", "false") "\n{\"error\":\"model 'x' not found\"}\n", "Hi",
         UV_ENOENT, LLM_FAILED, "ollama has no model m1: get it with `ollama pull m1`", 0},
        {"ollama", OK "\r\n{\"error\":\"page not found\",\"done\":true}", "", UV_EAGAIN, LLM_FAILED,
         "ollama failed (HTTP 200): page not found", 0},
        {"ollama", OK "\r\n{\"error\":\"the model is out of memory\"}\n" LINE("x", "true") "\n", "",
         UV_EAGAIN, LLM_FAILED, "ollama failed (HTTP 200): the model is out of memory", 0},
        {"ollama", OK "\r\n" LINE("Hi", "false") "\n[]\n" LINE("x", "true") "\n", "Hi", UV_EPROTO,
         LLM_FAILED, no_ollama, 0},
        {"ollama", OK "\r\n" LINE("a\xff", "true") "\n", "a\xef\xbf\xbd", 0, LLM_STOP, "", 0},
        {"ollama", "HTTP/1.1 500 No\r\n\r\n{\"error\":\"boom\"}", "", UV_EAGAIN, LLM_FAILED,
         "ollama failed (HTTP 500): boom", 0},
        {"ollama", "HTTP/1.1 500 No\r\n\r\n", "", UV_EAGAIN, LLM_FAILED, "ollama failed (HTTP 500)",
         0},
        {"ollama", "HTTP/1.1 400 No\r\n\r\n" LINE("Hi", "true"), "", UV_EINVAL, LLM_FAILED,
         "ollama failed (HTTP 400)", 0},
        {"ollama", "HTTP/1.1 404 No\r\n\r\n", "", UV_ENOENT, LLM_FAILED,
         "ollama has no model m1: get it with `ollama pull m1`", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_reply(&cases[i], cases[i].reply, strlen(cases[i].reply));
}

/** head, then count bytes, then tail. */
static void check_long(const struct reply_case *x, const char *head, size_t count, const char *tail)
{
    struct buf reply;

    buf_init(&reply, 8 << 20);
    buf_puts(&reply, head);
    for (size_t i = 0; i < count; i++)
        buf_putc(&reply, 'x');
    buf_puts(&reply, tail);
    assert_int_equal(reply.err, 0);
    check_reply(x, reply.data, reply.len);
    buf_release(&reply);
}

static void what_is_too_long_is_cut_or_refused(void **state)
{
    static const char error[] = "HTTP/1.1 400 No\r\n\r\n{\"error\":\"nope\",\"x\":\"";
    static const size_t around = sizeof("{\"error\":\"nope\",\"x\":\"\"}") - 1;
    struct reply_case whole = {
        "openai", "", "", UV_EINVAL, LLM_FAILED, "groq refused the request (HTTP 400): nope", 0};
    struct reply_case cut = whole;
    struct reply_case line = {"ollama", "", "", UV_EPROTO, LLM_FAILED, no_ollama, 0};
    struct reply_case event = {"openai", "", "", UV_EPROTO, LLM_FAILED, no_events, 0};

    (void)state;
    check_long(&whole, error, KEEPS - around, "\"}");
    cut.why = "groq refused the request (HTTP 400)"; /* no longer JSON */
    check_long(&cut, error, KEEPS - around + 1, "\"}");
    check_long(&cut, error, 4 * KEEPS, "\"}");
    whole.driver = cut.driver = "ollama";
    whole.why = "ollama failed (HTTP 400): nope";
    cut.why = "ollama failed (HTTP 400)";
    check_long(&whole, error, KEEPS - around, "\"}");
    check_long(&cut, error, KEEPS - around + 1, "\"}");
    check_long(&cut, error, 4 * KEEPS, "\"}");
    check_long(&line, OK "\r\n{\"x\":\"", (1 << 20) + 1, "\"}\n");
    check_long(&event, OK STREAM "\r\ndata: {\"x\":\"", (1 << 20) + 1, "\"}\n\n");
}

/* -------------------------------------------------------------------------- what is asked */

struct request_case {
    const char *driver;
    const char *path; /* of the provider's address */
    const char *key;
    const char *model;
    double temperature;
    int max_tokens;
    const char *line;
    const char *body;
};

#define MESSAGES                                                                                   \
    "\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\","            \
    "\"content\":\"Why?\"},{\"role\":\"assistant\",\"content\":\"So.\"}]"
#define OPENAI "\"stream\":true,\"stream_options\":{\"include_usage\":true}," MESSAGES
#define OLLAMA "\"stream\":true,\"think\":false,\"keep_alive\":\"30m\"," MESSAGES

static void each_protocol_is_asked_in_its_way(void **state)
{
    static const struct request_case cases[] = {
        {"openai", "/v1//", "k", NULL, 0.25, 7, "POST /v1/chat/completions HTTP/1.1",
         "{\"model\":\"m1\",\"max_tokens\":7,\"temperature\":0.25," OPENAI "}"},
        {"openai", "", NULL, "other", 0, 0, "POST /v1/chat/completions HTTP/1.1",
         "{\"model\":\"other\",\"max_tokens\":400," OPENAI "}"},
        {"openai", "/api.openai.com", "k", "o3", 0.5, -1, "POST /api.openai.com/chat/completions ",
         "{\"model\":\"o3\",\"max_completion_tokens\":400,\"reasoning_effort\":\"low\"," OPENAI
         "}"},
        {"openai", "/api.groq.com", "k", "gpt-5-mini", 0.5, 1, "POST /api.groq.com/chat/",
         "{\"model\":\"gpt-5-mini\",\"max_completion_tokens\":1,\"reasoning_effort\":\"low\","
         "\"reasoning_format\":\"hidden\"," OPENAI "}"},
        {"openai", "", "k", "o", 0.5, 1, "POST /v1/chat/",
         "{\"model\":\"o\",\"max_tokens\":1,\"temperature\":0.5," OPENAI "}"},
        {"openai", "", "k", "o0", 0.5, 1, "POST /v1/chat/",
         "{\"model\":\"o0\",\"max_tokens\":1,\"temperature\":0.5," OPENAI "}"},
        {"openai", "", "k", "o1", 0.5, 1, "POST /v1/chat/",
         "{\"model\":\"o1\",\"max_tokens\":1,\"reasoning_effort\":\"low\"," OPENAI "}"},
        {"openai", "", "k", "o9", 0.5, 1, "POST /v1/chat/",
         "{\"model\":\"o9\",\"max_tokens\":1," OPENAI "}"},
        {"openai", "", "k", "x1", 0.5, 1, "POST /v1/chat/",
         "{\"model\":\"x1\",\"max_tokens\":1,\"temperature\":0.5," OPENAI "}"},
        {"openai", "", "k", "", 0.5, 1, "POST /v1/chat/",
         "{\"model\":\"m1\",\"max_tokens\":1,\"temperature\":0.5," OPENAI "}"},
        {"ollama", "/", NULL, NULL, 0.25, 7, "POST /api/chat HTTP/1.1",
         "{\"model\":\"m1\",\"options\":{\"num_predict\":7,\"temperature\":0.25}," OLLAMA "}"},
        {"ollama", "", NULL, "other", 0, 0, "POST /api/chat HTTP/1.1",
         "{\"model\":\"other\",\"options\":{\"num_predict\":400}," OLLAMA "}"},
    };
    static const struct llm_message messages[] = {
        {LLM_SYSTEM, "Be brief."}, {LLM_USER, "Why?"}, {LLM_ASSISTANT, "So."}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct request_case *x = &cases[i];
        const struct llm_request request = {.messages = messages,
                                            .message_count = 3,
                                            .model = x->model,
                                            .temperature = x->temperature,
                                            .max_tokens = x->max_tokens};
        static const char reply[] = "HTTP/1.1 400 No\r\n\r\n";
        struct run r;
        char *asked = ask(&r, x->driver, x->path, &request, x->key, reply, strlen(reply));
        json_t *body = json_loads(strstr(asked, "\r\n\r\n") + 4, 0, NULL);
        json_t *want = json_loads(x->body, 0, NULL);

        assert_memory_equal(asked, x->line, strlen(x->line));
        assert_non_null(want);
        if (!json_equal(body, want))
            fail_msg("%s", asked);
        assert_non_null(strcasestr(asked, "\r\nContent-Type: application/json\r\n"));
        assert_int_equal(strstr(asked, "\r\nAuthorization: Bearer k\r\n") != NULL,
                         x->key != NULL && strcmp(x->driver, "openai") == 0);
        assert_int_equal(strstr(asked, "Authorization") != NULL,
                         x->key != NULL && strcmp(x->driver, "openai") == 0);
        assert_int_equal(strstr(asked, "\r\nAccept: text/event-stream\r\n") != NULL,
                         strcmp(x->driver, "openai") == 0);
        json_decref(body);
        json_decref(want);
        free(asked);
    }
}

static int try_start(struct run *r, struct llm_provider p, const char *model, struct errbuf *err)
{
    static const struct llm_message message = {LLM_USER, "Why?"};
    const struct llm_request request = {.messages = &message, .message_count = 1, .model = model};

    return llm_start(r->loop, r->client, &p, &request, &handlers, r, &r->gen, err);
}

static void what_cannot_be_asked_is_told_at_once(void **state)
{
    const struct llm_driver *openai = llm_driver_find("openai");
    static const struct llm_message message = {LLM_USER, "Why?"};
    const struct llm_request request = {.messages = &message, .message_count = 1};
    struct llm_provider p = {.name = "p", .driver = openai, .url = "http://x", .model = "m"};
    struct errbuf err = {""};
    char long_url[1100], key[1100];
    struct run r;

    (void)state;
    open_run(&r);
    p.model = NULL;
    assert_int_equal(try_start(&r, p, NULL, &err), UV_EINVAL);
    assert_string_equal(err.text, "p has no address or no model");
    p.model = "";
    assert_int_equal(try_start(&r, p, "", &err), UV_EINVAL);
    p.model = "m";
    p.url = NULL;
    assert_int_equal(try_start(&r, p, NULL, &err), UV_EINVAL);
    memset(long_url, 'u', sizeof(long_url) - 1);
    long_url[sizeof(long_url) - 1] = '\0';
    p.url = long_url;
    assert_int_equal(try_start(&r, p, NULL, &err), UV_EINVAL);
    assert_string_equal(err.text, "the address of p is too long");
    p.url = "http://127.0.0.1:1";
    for (const char *bad = "\n \x7f\x01"; *bad; bad++) {
        snprintf(key, sizeof(key), "k%c", *bad);
        p.api_key = key;
        assert_int_equal(try_start(&r, p, NULL, &err), UV_EINVAL);
        assert_string_equal(err.text, "the key of p holds characters that no key has");
        assert_int_equal(openai->models(r.client, &p, NULL, NULL), UV_EINVAL);
    }
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    assert_int_equal(try_start(&r, p, NULL, &err), UV_EINVAL);

    p.api_key = NULL;
    assert_int_equal(llm_start(NULL, r.client, &p, &request, &handlers, &r, &r.gen, &err),
                     UV_EINVAL);
    assert_int_equal(llm_start(r.loop, r.client, NULL, &request, &handlers, &r, &r.gen, &err),
                     UV_EINVAL);
    assert_int_equal(llm_start(r.loop, r.client, &p, NULL, &handlers, &r, &r.gen, &err), UV_EINVAL);
    assert_int_equal(llm_start(r.loop, r.client, &p, &request, NULL, &r, &r.gen, &err), UV_EINVAL);
    assert_int_equal(llm_start(r.loop, r.client, &p, &request, &handlers, &r, NULL, &err),
                     UV_EINVAL);
    assert_int_equal(llm_start(r.loop, NULL, &p, &request, &handlers, &r, &r.gen, &err), UV_EINVAL);
    p.driver = NULL;
    assert_int_equal(llm_start(r.loop, r.client, &p, &request, &handlers, &r, &r.gen, &err),
                     UV_EINVAL);
    assert_int_equal(r.ends, 0);
    close_run(&r);
}

/* -------------------------------------------------------------------------- the list of models */

struct list_run {
    struct loop *loop;
    char names[128];
    int ends;
    int err;
};

static void on_name(const char *name, int err, void *arg)
{
    struct list_run *l = arg;

    assert_int_equal(l->ends, 0);
    if (name) {
        strncat(l->names, name, sizeof(l->names) - strlen(l->names) - 1);
        strncat(l->names, ",", sizeof(l->names) - strlen(l->names) - 1);
        return;
    }
    l->ends++;
    l->err = err;
    loop_stop(l->loop);
}

static void lists_of_models(void **state)
{
    static const struct {
        const char *driver;
        const char *reply;
        const char *names;
        int err;
        const char *line;
    } cases[] = {
        {"openai", OK "\r\n{\"data\":[{\"id\":\"a\"},{\"no\":1},{\"id\":\"b\"}]}", "a,b,", 0,
         "GET /v1/models HTTP/1.1"},
        {"openai", OK "\r\n", "", UV_EPROTO, "GET /v1/models"},
        {"openai", OK "\r\n<html>", "", UV_EPROTO, "GET /v1/models"},
        {"openai", "HTTP/1.1 401 No\r\n\r\n{\"data\":[{\"id\":\"a\"}]}", "", UV_EACCES,
         "GET /v1/models"},
        {"openai", "HTTP/1.1 201 No\r\n\r\n{\"data\":[{\"id\":\"a\"}]}", "a,", 0, "GET /v1/models"},
        {"openai", "HTTP/1.1 200 No\r\nContent-Length: 99\r\n\r\n{\"data\":[{\"id\":\"a\"}]}", "",
         UV_ECONNRESET, "GET /v1/models"},
        {"ollama", OK "\r\n{\"models\":[{\"name\":\"l:latest\"}]}", "l:latest,", 0,
         "GET /api/tags HTTP/1.1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct llm_provider p = {
            .name = "p", .driver = llm_driver_find(cases[i].driver), .api_key = "k"};
        struct loop_timer *patience;
        struct canned c;
        struct run r;
        struct list_run l = {0};
        char url[64];

        open_run(&r);
        l.loop = r.loop;
        canned_open(&c, cases[i].reply, strlen(cases[i].reply));
        snprintf(url, sizeof(url), "http://127.0.0.1:%d", c.port);
        p.url = url;
        assert_int_equal(p.driver->models(r.client, &p, on_name, &l), 0);
        assert_int_equal(timer_open(&patience, r.loop, out_of_patience, NULL), 0);
        timer_start(patience, PATIENCE_MS, 0);
        loop_run(r.loop);
        timer_close(patience);
        close_run(&r);
        canned_close(&c);
        assert_string_equal(l.names, cases[i].names);
        assert_int_equal(l.err, cases[i].err);
        assert_memory_equal(c.request, cases[i].line, strlen(cases[i].line));
        assert_int_equal(strstr(c.request, "Authorization: Bearer k\r\n") != NULL,
                         strcmp(cases[i].driver, "openai") == 0);
        canned_release(&c);
    }
}

/* ---------------------------------------------------------------------- the built-in outline */

struct pieces {
    struct run r;
    char all[TEXT_BYTES];
};

static void on_piece(const char *text, size_t len, void *arg)
{
    struct pieces *p = arg;

    on_delta(text, len, &p->r);
    snprintf(p->all + strlen(p->all), sizeof(p->all) - strlen(p->all), "%.*s|", (int)len, text);
}

static void the_outline_leaves_three_words_at_a_time(void **state)
{
    static const struct {
        const char *draft;
        const char *pieces;
    } cases[] = {
        {"One two three four.\nFive  six seven", "One two three| four.\nFive  six| seven|"},
        {"One two three", "One two three|"},
        {" One", " One|"},
        {"One\n", "One\n|"},
        {NULL, "There is nothing| to say this| from yet: add| a profile.|"},
        {"", "There is nothing| to say this| from yet: add| a profile.|"},
    };
    static const struct llm_handlers piece_handlers = {
        .on_start = on_start, .on_delta = on_piece, .on_end = on_end};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct llm_provider p = {.name = "outline", .driver = llm_driver_find("outline")};
        const struct llm_request request = {.draft = cases[i].draft};
        struct pieces x = {.all = ""};
        struct errbuf err = {""};

        open_run(&x.r);
        assert_int_equal(
            llm_start(x.r.loop, NULL, &p, &request, &piece_handlers, &x, &x.r.gen, &err), 0);
        loop_run(x.r.loop);
        assert_string_equal(x.all, cases[i].pieces);
        assert_string_equal(x.r.model, "outline");
        assert_int_equal(x.r.err, 0);
        assert_int_equal(x.r.finish, LLM_STOP);
        close_run(&x.r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_of_chat_completions),
        cmocka_unit_test(a_cut_after_the_last_word_is_no_failure),
        cmocka_unit_test(replies_of_ollama),
        cmocka_unit_test(what_is_too_long_is_cut_or_refused),
        cmocka_unit_test(each_protocol_is_asked_in_its_way),
        cmocka_unit_test(what_cannot_be_asked_is_told_at_once),
        cmocka_unit_test(lists_of_models),
        cmocka_unit_test(the_outline_leaves_three_words_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/**
 * @file llm/openai.c  Groq, OpenAI and every server that speaks chat/completions
 *
 *     POST <url>/chat/completions   {"model", "messages", "stream": true, ...}  ->  events
 *     GET  <url>/models             {"data": [{"id": ...}]}
 *
 * OpenAI API reference, "Create chat completion"; Groq documentation, "OpenAI compatibility" and
 * "Rate limits" (retry-after, x-ratelimit-*). Others follow it more or less: events are recognised
 * by their form rather than by their content type, each line of data counts by itself, anything
 * that is not JSON (pings) is skipped, and a 2xx with one object, or lines of objects, is accepted
 * too. If a server refuses a field, it is omitted and the question is asked again; the provider's
 * habits remember it (llm/habits.h).
 */
#include "llm/driver_internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/loop.h"
#include "net/client.h"
#include "net/sse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AFTER_FINISH_MS = 300, /* for usage and [DONE] after the last word */
};

enum shape { UNKNOWN, EVENTS, OBJECTS, OTHER };

struct openai {
    struct llm_wire wire; /* first, so that the two pointers convert */
    struct sse sse;
    enum shape shape;
    struct buf part; /* JSON that spans several lines of data */
    enum { GOING, FINISHED, DONE, BROKEN, REPORTED } outcome;
    enum llm_finish finish;
    bool filtered;
    bool refused;
    bool started;
    size_t understood; /* chunks in the protocol */
    size_t strange;    /* events of another kind */
    unsigned sent;     /* enum llm_field */
    int read;          /* tokens of the prompt, as counted by the service */
    uint64_t retry_ms;
};

static bool ask_again(struct openai *s);

static void openai_release(void *state)
{
    struct openai *s = state;

    sse_release(&s->sse);
    buf_release(&s->part);
    llm_wire_release(&s->wire);
    free(s);
}

static void finish(struct openai *s, int err, enum llm_finish how, const char *why)
{
    llm_emit_end(s->wire.gen, err, err ? LLM_FAILED : how, err ? s->retry_ms : 0, why);
}

static const char *title(const struct openai *s)
{
    return s->wire.gen->provider->name;
}

/* -------------------------------------------------------------------------------- requesting */

static bool at_service(const struct openai *s, const char *host)
{
    const char *url = s->wire.gen->provider->url;

    return url && strstr(url, host) != NULL;
}

/** OpenAI's reasoning models only accept their default temperature. */
static bool fixed_temperature(const char *model)
{
    return (model[0] == 'o' && model[1] >= '1' && model[1] <= '9') ||
           strncmp(model, "gpt-5", 5) == 0;
}

/** Asks for less thinking with the service's own parameter; unknown servers with that of vLLM and
 *  llama.cpp, and only for a model that was seen thinking or whose name says so. */
static bool ask_for_less(const struct openai *s, json_t *obj)
{
    const struct llm_wire *w = &s->wire;
    const char *effort = strcasestr(w->model, "qwen") ? "none" : "low";

    if (!w->gen->habit->thinks && !llm_name_thinks(w->model))
        return false;
    if (at_service(s, "openrouter.ai")) {
        json_object_set_new(obj, "reasoning",
                            json_pack("{s:s,s:b}", "effort", "low", "exclude", 1));
    } else if (at_service(s, "groq.com")) {
        json_set_str(obj, "reasoning_effort", effort);
        if (!strcasestr(w->model, "gpt-oss"))
            json_set_str(obj, "reasoning_format", "hidden");
    } else if (w->gen->provider->local || !fixed_temperature(w->model)) {
        json_object_set_new(obj, "chat_template_kwargs", json_pack("{s:b}", "enable_thinking", 0));
    } else {
        json_set_str(obj, "reasoning_effort", "low");
    }
    return true;
}

static void set_length(struct openai *s, json_t *obj)
{
    const struct llm_habit *habit = s->wire.gen->habit;
    bool other = habit->without & LLM_FIELD_OTHER_MAX;
    bool named = (at_service(s, "openai.com") || at_service(s, "groq.com") ||
                  at_service(s, ".azure.com")) != other;

    if (habit->without & LLM_FIELD_MAX)
        return;
    s->sent |= LLM_FIELD_MAX;
    json_object_set_new(obj, named ? "max_completion_tokens" : "max_tokens",
                        json_integer(s->wire.max_tokens));
}

static json_t *body_of(struct openai *s)
{
    const struct llm_wire *w = &s->wire;
    unsigned without = w->gen->habit->without;
    json_t *obj = json_object();

    s->sent = LLM_FIELD_STREAM & ~without;
    json_set_str(obj, "model", w->model);
    json_object_set_new(obj, "messages", llm_wire_messages(w));
    if (!(without & LLM_FIELD_SYSTEM))
        s->sent |= LLM_FIELD_SYSTEM;
    json_object_set_new(obj, "stream", json_boolean(s->sent & LLM_FIELD_STREAM));
    set_length(s, obj);
    if (w->temperature > 0 && !fixed_temperature(w->model) && !(without & LLM_FIELD_TEMPERATURE)) {
        json_object_set_new(obj, "temperature", json_real(w->temperature));
        s->sent |= LLM_FIELD_TEMPERATURE;
    }
    if (!(without & LLM_FIELD_STREAM_OPTIONS) && (s->sent & LLM_FIELD_STREAM)) {
        json_object_set_new(obj, "stream_options", json_pack("{s:b}", "include_usage", 1));
        s->sent |= LLM_FIELD_STREAM_OPTIONS;
    }
    if (!(without & LLM_FIELD_REASONING) && ask_for_less(s, obj))
        s->sent |= LLM_FIELD_REASONING;
    return obj;
}

/* ---- receiving ------------------------------------------------------------------------------ */

static void begin(struct openai *s)
{
    if (s->started)
        return;
    s->started = true;
    llm_emit_start(s->wire.gen, s->wire.model);
}

/** An error inside a 200 reply, as the status that it should have had. */
static int status_of(const struct llm_chunk *chunk)
{
    static const char *const limited[] = {"rate_limit_exceeded", "insufficient_quota", "429",
                                          "tokens", "requests"};

    if (chunk->status)
        return chunk->status;
    for (size_t i = 0; chunk->code && i < sizeof(limited) / sizeof(limited[0]); i++)
        if (strcmp(chunk->code, limited[i]) == 0)
            return 429;
    return chunk->code && strcmp(chunk->code, "invalid_api_key") == 0 ? 401 : 500;
}

static void on_report(struct openai *s, const struct llm_chunk *chunk)
{
    s->outcome = REPORTED;
    s->wire.status = status_of(chunk);
    buf_clear(&s->wire.body);
    buf_puts(&s->wire.body, chunk->error);
}

static void on_chunk(struct openai *s, const struct llm_chunk *chunk)
{
    struct llm_gen *gen = s->wire.gen;

    if (chunk->error) {
        on_report(s, chunk);
        return;
    }
    s->understood += chunk->len || chunk->done || chunk->thought || chunk->refused;
    if (chunk->prompt_tokens)
        s->read = gen->prompt_tokens = chunk->prompt_tokens;
    if (chunk->answer_tokens)
        gen->answer_tokens = chunk->answer_tokens;
    s->refused |= chunk->refused;
    if (chunk->done && !chunk->json) {
        s->outcome = DONE;
        return;
    }
    if (chunk->thought && !llm_emit_thinking(gen))
        return;
    if (chunk->done && s->outcome < FINISHED) { /* usage, [DONE] and even words may still follow */
        s->outcome = FINISHED;
        s->finish = chunk->finish;
        s->filtered = chunk->filtered;
    }
    if (s->outcome == FINISHED)
        timer_start(s->wire.after, AFTER_FINISH_MS, 0);
    if (chunk->len) {
        begin(s);
        llm_emit_delta(gen, chunk->text, chunk->len);
    }
}

/** One line of JSON. false: not JSON, or an object of another kind. */
static bool take_json(struct openai *s, const char *text, size_t len)
{
    struct llm_chunk chunk;
    struct buf clean;
    int err;

    buf_init(&clean, 3 * (size_t)LLM_LINE_MAX);
    err = llm_mend_json(&clean, text, len);
    if (!err)
        err = openai_parse_chunk(clean.data ? clean.data : "", clean.len, &chunk);
    s->part.err = s->part.err ? s->part.err : clean.err;
    buf_release(&clean);
    if (err)
        return false;
    on_chunk(s, &chunk);
    llm_chunk_release(&chunk);
    return true;
}

/** {"message": "model crashed"} in an event named error. */
static void take_error(struct openai *s, const char *data, size_t len)
{
    char said[ERR_TEXT_MAX / 2];

    if (!llm_error_sentence(data, len, said, sizeof(said)))
        text_copy(said, sizeof(said), data, len);
    on_report(s, &(struct llm_chunk){.error = said});
}

static void on_event(const char *event, const char *data, size_t len, void *arg)
{
    struct openai *s = arg;

    if (s->wire.gen->closed || s->outcome > FINISHED)
        return;
    if (!strcmp(event, "error") && !memmem(data, len, "\"choices\"", 9)) {
        take_error(s, data, len);
        return;
    }
    if (take_json(s, data, len)) {
        buf_clear(&s->part);
        return;
    }
    if (s->part.err) { /* words are missing */
        s->outcome = BROKEN;
        return;
    }
    s->strange += len > 0;
    if (s->part.len)
        buf_putc(&s->part, '\n');
    else if (!len || *data != '{')
        return; /* a ping or something similar */
    if (buf_append(&s->part, data, len))
        s->outcome = BROKEN;
    else if (take_json(s, s->part.data, s->part.len))
        buf_clear(&s->part);
}

/* ------------------------------------------------------------------------------------ ending */

static void end_well(struct openai *s)
{
    struct llm_gen *gen = s->wire.gen;
    char why[ERR_TEXT_MAX];

    if (s->part.len || s->part.err) { /* words may be missing */
        finish(s, UV_EPROTO, LLM_FAILED,
               "the provider's stream is not of the chat/completions protocol");
        return;
    }
    if (!llm_emit_rest(gen))
        return;
    if (llm_wire_needs_room(&s->wire, s->finish) && ask_again(s))
        return;
    s->wire.well = true;
    if (gen->provider->local && llm_wire_was_cut(&s->wire, s->read)) {
        finish(s, UV_E2BIG, LLM_FAILED, "it read only a part of the question and its profile");
        return;
    }
    if (s->finish == LLM_FAILED && s->filtered) {
        finish(s, UV_EINVAL, LLM_FAILED, "the provider's content filter stopped the answer");
    } else if (s->finish == LLM_FAILED) {
        snprintf(why, sizeof(why), "%s failed in the middle of the answer", title(s));
        finish(s, UV_EAGAIN, LLM_FAILED, why);
    } else if (!gen->shown && (s->refused || gen->thought)) {
        snprintf(why, sizeof(why), "%s %s", title(s),
                 s->refused ? "refuses to answer this" : "thought, and then said nothing");
        finish(s, UV_EINVAL, LLM_FAILED, why);
    } else {
        finish(s, 0, s->finish, NULL);
    }
}

/** The meaning of a refusal's sentence, if its status does not say it. */
static void say_refusal(struct openai *s, int err, const char *said, char *why, size_t size)
{
    const char *dots = *said ? ": " : "";

    if (err == UV_EACCES) /* a service's message about a key may quote the key */
        snprintf(why, size, "%s refuses the key (HTTP %d): check it in the settings", title(s),
                 s->wire.status);
    else if (err == UV_ENOENT)
        snprintf(why, size, "%.64s does not know the model %.120s or the address is wrong: %s",
                 title(s), s->wire.model, *said ? said : "not found");
    else if (err == UV_E2BIG)
        snprintf(why, size, "the question and its profile are too long for %.64s%s%s", title(s),
                 dots, said);
    else if (s->wire.status >= 300 && s->wire.status < 400)
        snprintf(why, size, "%s sends us on to another address (HTTP %d): set that one", title(s),
                 s->wire.status);
    else if (s->wire.status == 429)
        snprintf(why, size, "%s is rate limited%s%s", title(s), dots, said);
    else if (err == UV_EAGAIN)
        snprintf(why, size, "%s is overloaded or failing (HTTP %d)%s%s", title(s), s->wire.status,
                 dots, said);
    else
        snprintf(why, size, "%s refused the request (HTTP %d)%s%s", title(s), s->wire.status, dots,
                 said);
}

/** An HTTP error, or an error inside a stream, as a sentence that says what to do. */
static void end_refused(struct openai *s)
{
    const char *body = s->wire.body.data ? s->wire.body.data : "";
    int err = llm_status_error(s->wire.status);
    char said[ERR_TEXT_MAX / 2] = "";
    char why[ERR_TEXT_MAX];
    int context = 0;

    if (s->outcome == REPORTED)
        text_copy(said, sizeof(said), body, s->wire.body.len);
    else
        llm_error_sentence(body, s->wire.body.len, said, sizeof(said));
    if ((err == UV_EINVAL || err == UV_EAGAIN) &&
        llm_overflowed(body, s->wire.body.len, &context)) {
        err = UV_E2BIG;
        s->wire.gen->fits = context;
        if (context)
            s->wire.gen->habit->context = context;
    }
    say_refusal(s, err, said, why, sizeof(why));
    finish(s, err, LLM_FAILED, why);
}

/** Omits what was refused, or completes the address in the other way, and asks again. */
static bool mend(struct openai *s)
{
    struct llm_habit *habit = s->wire.gen->habit;
    const char *body = s->wire.body.data ? s->wire.body.data : "";
    int status = s->wire.status;
    int context;
    unsigned refused;

    if ((status == 404 || status == 405) && !strcasestr(body, "model"))
        return llm_endpoint_other(s->wire.gen->provider) && ask_again(s);
    if ((status != 400 && status != 422 && status != 500) ||
        llm_overflowed(body, s->wire.body.len, &context))
        return false;
    refused = llm_refused_fields(body, s->wire.body.len, s->sent);
    if (status == 500)
        refused &= LLM_FIELD_SYSTEM; /* a template that raises an error: no other field is meant */
    if ((refused & LLM_FIELD_MAX) && !(habit->without & LLM_FIELD_OTHER_MAX)) {
        habit->without |= LLM_FIELD_OTHER_MAX;
        refused &= ~(unsigned)LLM_FIELD_MAX;
        habit->without |= refused;
        return ask_again(s);
    }
    habit->without |= refused;
    return refused && ask_again(s);
}

/** A 2xx that is not a stream: a whole answer, an error in an object, or a web page. */
static void end_object(struct openai *s)
{
    struct buf *body = &s->wire.body;
    char why[ERR_TEXT_MAX];

    if (s->shape == OBJECTS && body->len)
        take_json(s, body->data, body->len);
    if (s->outcome == REPORTED) {
        end_refused(s);
    } else if (s->understood) {
        end_well(s);
    } else if (s->shape == OTHER && memchr(body->data, '<', body->len)) {
        snprintf(why, sizeof(why),
                 "%s answers with a web page: is its address right, or is there a sign-in in "
                 "front?",
                 title(s));
        finish(s, UV_EPROTO, LLM_FAILED, why);
    } else {
        finish(s, UV_EPROTO, LLM_FAILED,
               "the provider's reply is not of the chat/completions protocol");
    }
}

/** It accepted the question and then disconnected without an event: llama-cpp-python's server only
 *  then notices that a prompt is too long, and does not say so. */
static bool broke_off_at_once(const struct openai *s)
{
    return s->wire.gen->provider->local && s->shape == EVENTS && s->outcome == GOING &&
           !s->understood && !s->strange;
}

static void end_broken_off(struct openai *s)
{
    char why[ERR_TEXT_MAX];

    snprintf(why, sizeof(why),
             "%s broke off before the first word, as if the question were too long", title(s));
    finish(s, UV_E2BIG, LLM_FAILED, why);
}

static void end_events(struct openai *s)
{
    char text[ERR_TEXT_MAX];

    sse_feed(&s->sse, "\n\n", 2, on_event, s); /* a last event without an empty line */
    if (s->wire.gen->closed)
        return;
    if (s->outcome == REPORTED) {
        end_refused(s);
    } else if (s->outcome == FINISHED || s->outcome == DONE) {
        end_well(s);
    } else if (broke_off_at_once(s)) {
        end_broken_off(s);
    } else if (!s->understood && s->strange) {
        finish(s, UV_EPROTO, LLM_FAILED,
               "the provider's stream is not of the chat/completions protocol");
    } else {
        snprintf(text, sizeof(text), "%s broke off in the middle of the answer", title(s));
        finish(s, UV_ECONNRESET, LLM_FAILED, text);
    }
}

static void on_after(void *arg)
{
    end_well(arg);
}

/* ----------------------------------------------------------------------------- the transport */

static void on_headers(struct http_call *call, int status, void *arg)
{
    struct openai *s = arg;
    const char *type = http_call_header(call, "content-type");
    int64_t now = clock_unix_ms();

    s->wire.status = status;
    s->retry_ms = llm_retry_ms(http_call_header(call, "retry-after"), now);
    if (!s->retry_ms && status == 429)
        s->retry_ms = llm_retry_ms(http_call_header(call, "x-ratelimit-reset-requests"), now);
    s->shape = UNKNOWN;
    if (status / 100 == 2 && type && strncasecmp(type, "text/event-stream", 17) == 0)
        s->shape = EVENTS;
    if (s->shape == EVENTS)
        begin(s);
}

/** What does a body with the wrong content type look like? */
static enum shape shape_of(const struct buf *body)
{
    const char *p = body->data, *end;

    if (body->len < 3)
        return UNKNOWN;
    end = p + body->len;
    if (memcmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    while (p < end && strchr(" \t\r\n", *p))
        p++;
    if (p == end)
        return UNKNOWN;
    if (strchr("deir:", *p)) /* data, event, id, retry, a comment */
        return EVENTS;
    return *p == '{' ? OBJECTS : OTHER;
}

/** Lines with complete objects are processed as they come; an object may also span lines. */
static void take_lines(struct openai *s)
{
    struct buf *body = &s->wire.body;
    size_t from = 0;

    while (from < body->len && !s->wire.gen->closed && s->outcome <= FINISHED) {
        const char *nl = memchr(body->data + from, '\n', body->len - from);
        size_t len = nl ? (size_t)(nl - body->data) : 0;
        size_t last = len;

        if (!nl)
            return;
        while (last && strchr(" \r\t", body->data[last - 1]))
            last--;
        from = len + 1;
        if (last && body->data[last - 1] == '}' && take_json(s, body->data, last)) {
            if (s->outcome == REPORTED)
                return; /* the body now contains its sentence */
            buf_consume(body, len + 1);
            from = 0;
        }
    }
}

static void finish_if_ready(struct openai *s, int err)
{
    if (s->wire.gen->closed)
        return;
    if (s->outcome == DONE)
        timer_start(s->wire.after, LLM_AFTER_DONE_MS, 0);
    else if (s->outcome == REPORTED)
        end_refused(s);
    else if (err || s->outcome == BROKEN)
        finish(s, UV_EPROTO, LLM_FAILED,
               "the provider's stream is not of the chat/completions protocol");
}

static void keep(struct openai *s, const char *data, size_t len)
{
    size_t max = s->wire.status / 100 == 2 ? LLM_LINE_MAX : LLM_ERROR_BODY_MAX;
    size_t room = s->wire.body.len < max ? max - s->wire.body.len : 0;

    buf_append(&s->wire.body, data, len < room ? len : room);
}

static void on_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    struct openai *s = arg;
    struct buf *body = &s->wire.body;
    int err = 0;

    (void)call;
    if (s->wire.status / 100 != 2) {
        keep(s, data, len);
        return;
    }
    if (s->outcome == DONE || !llm_emit_alive(s->wire.gen))
        return;
    if (s->shape == EVENTS) {
        err = sse_feed(&s->sse, data, len, on_event, s);
        finish_if_ready(s, err);
        return;
    }
    keep(s, data, len);
    if (s->shape == UNKNOWN)
        s->shape = shape_of(body);
    if (s->shape == EVENTS) {
        err = sse_feed(&s->sse, body->data, body->len, on_event, s);
        if (s->outcome != REPORTED)
            buf_clear(body);
    } else if (s->shape == OBJECTS) {
        take_lines(s);
    }
    finish_if_ready(s, err);
}

static void on_done(struct http_call *call, int err, const char *why, void *arg)
{
    struct openai *s = arg;
    char text[ERR_TEXT_MAX];

    if (err == UV_ECONNRESET && broke_off_at_once(s)) {
        end_broken_off(s);
    } else if (err && s->outcome != FINISHED && s->outcome != DONE) {
        snprintf(text, sizeof(text), "%s: %s", title(s), why && *why ? why : uv_strerror(err));
        finish(s, err, LLM_FAILED, text);
    } else if (s->wire.status / 100 == 3 && llm_wire_redirect(&s->wire, call)) {
        if (!ask_again(s))
            end_refused(s);
    } else if (s->wire.status / 100 != 2) {
        if (s->outcome == REPORTED || !mend(s))
            end_refused(s);
    } else if (s->shape == EVENTS) {
        end_events(s);
    } else {
        end_object(s);
    }
}

/* ------------------------------------------------------------------------------------ driver */

static int post(struct openai *s, struct errbuf *why)
{
    static const struct http_call_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_done = on_done};
    const struct llm_provider *p = s->wire.gen->provider;
    bool follows = s->wire.status / 100 == 3; /* the address was set by the redirection */
    char key[LLM_KEY_HEADER_MAX] = "";
    const char *headers[] = {"Content-Type: application/json", "Accept: text/event-stream",
                             p->api_key ? key : NULL, NULL};
    int err;

    if (p->api_key && llm_key_header(key, sizeof(key), p))
        return err_set(why, UV_EINVAL, "the key of %s holds characters that no key has", p->name);
    err = llm_wire_post(&s->wire, follows ? NULL : "/chat/completions", headers, body_of(s),
                        &handlers, why);
    explicit_bzero(key, sizeof(key));
    return err;
}

/** The same question again, in another form. Its old call is over or is abandoned. */
static bool ask_again(struct openai *s)
{
    struct errbuf why = {""};

    if (++s->wire.tries > LLM_TRIES_MAX)
        return false;
    http_call_cancel(s->wire.call);
    s->wire.call = NULL;
    timer_stop(s->wire.after);
    sse_release(&s->sse);
    sse_init(&s->sse);
    s->sse.by_line = true;
    buf_clear(&s->part);
    s->shape = UNKNOWN;
    s->outcome = GOING;
    s->finish = LLM_STOP;
    s->understood = s->strange = 0;
    s->read = 0;
    s->retry_ms = 0;
    return post(s, &why) == 0;
}

static int openai_start(struct llm_gen *gen, const struct llm_request *req, struct errbuf *why)
{
    struct openai *s;
    int err = llm_wire_new(&s, sizeof(*s), gen, req, on_after, why);

    if (err)
        return err;
    sse_init(&s->sse);
    s->sse.by_line = true;
    buf_init(&s->part, LLM_LINE_MAX);
    err = post(s, why);
    if (err) {
        timer_close(s->wire.after);
        openai_release(s);
    } else {
        gen->state = s;
    }
    return err;
}

static int openai_models(struct http_client *client, const struct llm_provider *p,
                         void (*fn)(const char *name, int err, void *arg), void *arg)
{
    char key[LLM_KEY_HEADER_MAX] = "";
    const char *headers[] = {p->api_key ? key : NULL, NULL};
    int err;

    if (p->api_key && llm_key_header(key, sizeof(key), p))
        return UV_EINVAL;
    err = llm_list_start(client, p, "/models", headers, "data", "id", fn, arg);
    explicit_bzero(key, sizeof(key));
    return err;
}

const struct llm_driver llm_driver_openai = {
    .name = "openai",
    .lists_all = true,
    .start = openai_start,
    .cancel = llm_wire_cancel,
    .release = openai_release,
    .models = openai_models,
};

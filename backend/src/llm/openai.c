/**
 * @file llm/openai.c  Groq, OpenAI and every server that speaks chat/completions
 *
 *     POST <url>/chat/completions   {"model", "messages", "stream": true, ...}  ->  events
 *     GET  <url>/models             {"data": [{"id": ...}]}
 *
 * OpenAI API reference, "Create chat completion"; Groq documentation, "OpenAI compatibility" and
 * "Rate limits" (retry-after, x-ratelimit-*). A server that answers 200 with a JSON object instead
 * of events is understood too: its error, or its whole answer at once.
 */
#include "llm/driver_inner.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "net/client.h"
#include "net/sse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_HEADER_MAX = 1024 };

struct openai {
    struct llm_wire wire; /* first, so that the two pointers convert */
    struct sse sse;
    struct buf body; /* of an error, or of an answer that is no stream */
    bool events;
    enum { GOING, FINISHED, DONE, BROKEN, REPORTED } outcome;
    enum llm_finish finish;
    uint64_t retry_ms;
};

static void openai_release(void *state)
{
    struct openai *s = state;

    sse_release(&s->sse);
    if (s->body.data)
        explicit_bzero(s->body.data, s->body.cap);
    buf_release(&s->body);
    free(s);
}

static void finish(struct openai *s, int err, enum llm_finish how, const char *why)
{
    llm_emit_end(s->wire.gen, err, err ? LLM_FAILED : how, err ? s->retry_ms : 0, why);
}

/* -------------------------------------------------------------------------------- requesting */

static bool names_service(const struct llm_provider *p, const char *host)
{
    return p->url && strstr(p->url, host) != NULL;
}

/** OpenAI's reasoning models take no temperature but their own. */
static bool fixed_temperature(const char *model)
{
    return (model[0] == 'o' && model[1] >= '1' && model[1] <= '9') ||
           strncmp(model, "gpt-5", 5) == 0;
}

static json_t *body_of(const struct openai *s, const struct llm_request *req)
{
    const struct llm_provider *p = s->wire.gen->provider;
    bool named = names_service(p, "openai.com") || names_service(p, "groq.com");
    int max = req->max_tokens > 0 ? req->max_tokens : LLM_MAX_TOKENS_DEFAULT;
    json_t *obj = json_object();

    json_set_str(obj, "model", s->wire.model);
    json_object_set_new(obj, "messages", llm_messages_json(req));
    json_object_set_new(obj, "stream", json_true());
    json_object_set_new(obj, named ? "max_completion_tokens" : "max_tokens", json_integer(max));
    if (req->temperature > 0 && !fixed_temperature(s->wire.model))
        json_object_set_new(obj, "temperature", json_real(req->temperature));
    json_object_set_new(obj, "stream_options", json_pack("{s:b}", "include_usage", 1));
    return obj;
}

static int key_header(char *to, size_t size, const struct llm_provider *p)
{
    const char *key = p->api_key ? p->api_key : "";

    for (const char *c = key; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return UV_EINVAL; /* a header of its own could hide in it */
    return snprintf(to, size, "Authorization: Bearer %s", key) < (int)size ? 0 : UV_EINVAL;
}

/* -------------------------------------------------------------------------------- listening */

static void on_chunk(struct openai *s, const struct llm_chunk *chunk)
{
    if (chunk->error) {
        bool limited = chunk->code && strcmp(chunk->code, "rate_limit_exceeded") == 0;

        s->outcome = REPORTED;
        s->wire.status = limited ? 429 : 500;
        buf_clear(&s->body);
        buf_puts(&s->body, chunk->error);
        return;
    }
    if (chunk->done && chunk->json) {
        s->outcome = FINISHED; /* usage and [DONE] may still follow */
        s->finish = chunk->finish;
    } else if (chunk->done) {
        s->outcome = DONE;
    }
    if (chunk->len)
        llm_emit_delta(s->wire.gen, chunk->text, chunk->len);
}

static void on_event(const char *event, const char *data, size_t len, void *arg)
{
    struct openai *s = arg;
    struct llm_chunk chunk;
    struct buf clean;
    int err;

    (void)event;
    if (s->wire.gen->closed || s->outcome > FINISHED)
        return;
    buf_init(&clean, 3 * (size_t)SSE_EVENT_MAX);
    err = llm_put_clean(&clean, data, len);
    if (!err)
        err = openai_parse_chunk(clean.data ? clean.data : "", clean.len, &chunk);
    buf_release(&clean);
    if (err) {
        s->outcome = BROKEN;
        return;
    }
    on_chunk(s, &chunk);
    llm_chunk_release(&chunk);
}

static void end_well(struct openai *s)
{
    if (s->finish == LLM_FAILED)
        finish(s, UV_EINVAL, LLM_FAILED, "the provider's content filter stopped the answer");
    else
        finish(s, 0, s->finish, NULL);
}

static const char *title(const struct openai *s)
{
    return s->wire.gen->provider->name;
}

/** An HTTP error, or an error inside a stream, as a sentence that says what to do. */
static void end_refused(struct openai *s)
{
    int err = llm_status_error(s->wire.status);
    char said[ERR_TEXT_MAX / 2] = "";
    char why[ERR_TEXT_MAX];
    const char *body = s->body.data ? s->body.data : "";

    if (s->outcome == REPORTED)
        text_copy(said, sizeof(said), body, s->body.len);
    else
        llm_error_sentence(body, s->body.len, said, sizeof(said));
    if (err == UV_EACCES) /* what a service says about a key may quote it */
        snprintf(why, sizeof(why), "%s refuses the key (HTTP %d): check it in the settings",
                 title(s), s->wire.status);
    else if (err == UV_ENOENT)
        snprintf(why, sizeof(why),
                 "%.64s does not know the model %.120s or the address is wrong: %s", title(s),
                 s->wire.model, *said ? said : "not found");
    else if (s->wire.status == 429)
        snprintf(why, sizeof(why), "%s is rate limited%s%s", title(s), *said ? ": " : "", said);
    else if (err == UV_EAGAIN)
        snprintf(why, sizeof(why), "%s is overloaded or failing (HTTP %d)%s%s", title(s),
                 s->wire.status, *said ? ": " : "", said);
    else
        snprintf(why, sizeof(why), "%s refused the request (HTTP %d)%s%s", title(s), s->wire.status,
                 *said ? ": " : "", said);
    finish(s, err, LLM_FAILED, why);
}

/** 200, but no events: a whole answer, or an error in an object. */
static void end_object(struct openai *s)
{
    struct llm_chunk chunk;

    if (openai_parse_chunk(s->body.data ? s->body.data : "", s->body.len, &chunk) ||
        (!chunk.error && !chunk.text)) {
        llm_chunk_release(&chunk);
        finish(s, UV_EPROTO, LLM_FAILED,
               "the provider's reply is not of the chat/completions protocol");
        return;
    }
    if (chunk.error || llm_emit_start(s->wire.gen, s->wire.model))
        on_chunk(s, &chunk);
    llm_chunk_release(&chunk);
    if (s->outcome == REPORTED)
        end_refused(s);
    else
        end_well(s);
}

static void on_headers(struct http_call *call, int status, void *arg)
{
    struct openai *s = arg;
    const char *type = http_call_header(call, "content-type");
    int64_t now = clock_unix_ms();

    s->wire.status = status;
    s->events = status == 200 && type && strncasecmp(type, "text/event-stream", 17) == 0;
    s->retry_ms = llm_retry_ms(http_call_header(call, "retry-after"), now);
    if (!s->retry_ms && status == 429)
        s->retry_ms = llm_retry_ms(http_call_header(call, "x-ratelimit-reset-requests"), now);
    if (s->events)
        llm_emit_start(s->wire.gen, s->wire.model);
}

static void on_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    struct openai *s = arg;
    int err;

    (void)call;
    if (!s->events) {
        size_t max = s->wire.status == 200 ? LLM_LINE_MAX : LLM_ERROR_BODY_MAX;

        if (s->body.len < max)
            buf_append(&s->body, data, len < max - s->body.len ? len : max - s->body.len);
        return;
    }
    err = sse_feed(&s->sse, data, len, on_event, s);
    if (s->outcome == DONE)
        end_well(s);
    else if (s->outcome == REPORTED)
        end_refused(s);
    else if (err || s->outcome == BROKEN)
        finish(s, UV_EPROTO, LLM_FAILED,
               "the provider's stream is not of the chat/completions protocol");
}

static void on_done(struct http_call *call, int err, const char *why, void *arg)
{
    struct openai *s = arg;
    char text[ERR_TEXT_MAX];

    (void)call;
    if (err && s->outcome != FINISHED) {
        snprintf(text, sizeof(text), "%s: %s", title(s), why && *why ? why : uv_strerror(err));
        finish(s, err, LLM_FAILED, text);
    } else if (s->wire.status != 200) {
        end_refused(s);
    } else if (!s->events) {
        end_object(s);
    } else if (s->outcome == FINISHED) {
        end_well(s);
    } else {
        snprintf(text, sizeof(text), "%s broke off in the middle of the answer", title(s));
        finish(s, UV_ECONNRESET, LLM_FAILED, text);
    }
}

/* ------------------------------------------------------------------------------------ driver */

static int post(struct openai *s, const struct llm_request *req, struct errbuf *err)
{
    static const struct http_call_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_done = on_done};
    const struct llm_provider *p = s->wire.gen->provider;
    char key[KEY_HEADER_MAX] = "";
    const char *headers[] = {"Content-Type: application/json", "Accept: text/event-stream",
                             p->api_key ? key : NULL, NULL};
    int rc;

    if (p->api_key && key_header(key, sizeof(key), p))
        return err_set(err, UV_EINVAL, "the key of %s holds characters that no key has", p->name);
    rc = llm_wire_post(&s->wire, "/chat/completions", headers, body_of(s, req), &handlers, err);
    explicit_bzero(key, sizeof(key));
    return rc;
}

static int openai_start(struct llm_gen *gen, const struct llm_request *req, struct errbuf *err)
{
    struct openai *s;
    int rc = llm_wire_new(&s, sizeof(*s), gen, req, err);

    if (rc)
        return rc;
    sse_init(&s->sse);
    buf_init(&s->body, LLM_LINE_MAX + 1);
    rc = post(s, req, err);
    if (rc)
        openai_release(s);
    else
        gen->state = s;
    return rc;
}

static int openai_models(struct http_client *client, const struct llm_provider *p,
                         void (*fn)(const char *name, int err, void *arg), void *arg)
{
    char key[KEY_HEADER_MAX] = "";
    const char *headers[] = {p->api_key ? key : NULL, NULL};
    int rc;

    if (p->api_key && key_header(key, sizeof(key), p))
        return UV_EINVAL;
    rc = llm_list_start(client, p, "/models", headers, "data", "id", fn, arg);
    explicit_bzero(key, sizeof(key));
    return rc;
}

const struct llm_driver llm_driver_openai = {
    .name = "openai",
    .start = openai_start,
    .cancel = llm_wire_cancel,
    .release = openai_release,
    .models = openai_models,
};

/**
 * @file llm/ollama.c  Ollama on this machine or another, by its own protocol
 *
 *     POST <url>/api/chat   {"model", "messages", "stream": true, "options"}  ->  lines of JSON
 *     GET  <url>/api/tags   {"models": [{"name": ...}]}
 *
 * Ollama API documentation, "Generate a chat completion" and "List local models". The first
 * question after a pause waits while the model loads; .first_token_ms gives it that time, and
 * keep_alive keeps the model loaded between the questions of an interview.
 */
#include "llm/driver_inner.h"

#include "base/json.h"
#include "base/text.h"
#include "net/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOAD_MS = 30000 };

static const char keep_alive[] = "30m";

struct ollama {
    struct llm_wire wire; /* first, so that the two pointers convert */
    struct buf line;      /* of the stream, or the body of an error */
    enum { GOING, DONE, BROKEN, REPORTED } outcome;
    enum llm_finish finish;
};

static void ollama_release(void *state)
{
    struct ollama *s = state;

    if (s->line.data)
        explicit_bzero(s->line.data, s->line.cap);
    buf_release(&s->line);
    free(s);
}

static void finish(struct ollama *s, int err, const char *why)
{
    llm_emit_end(s->wire.gen, err, err ? LLM_FAILED : s->finish, 0, why);
}

static void end_refused(struct ollama *s)
{
    int err = s->wire.status == 200 ? UV_EAGAIN : llm_status_error(s->wire.status);
    const char *name = s->wire.gen->provider->name;
    char said[ERR_TEXT_MAX / 2] = "";
    char why[ERR_TEXT_MAX];

    if (s->outcome == REPORTED)
        text_copy(said, sizeof(said), s->line.data ? s->line.data : "", s->line.len);
    else
        llm_error_sentence(s->line.data ? s->line.data : "", s->line.len, said, sizeof(said));
    if (err == UV_ENOENT || (strstr(said, "not found") && strstr(said, "model"))) {
        err = UV_ENOENT;
        snprintf(why, sizeof(why), "%.64s has no model %.120s: get it with `ollama pull %.120s`",
                 name, s->wire.model, s->wire.model);
    } else {
        snprintf(why, sizeof(why), "%.64s failed (HTTP %d)%s%s", name, s->wire.status,
                 *said ? ": " : "", said);
    }
    finish(s, err, why);
}

static void on_line(struct ollama *s, const char *line, size_t len)
{
    struct llm_chunk chunk;
    struct buf clean;
    int err;

    while (len && (line[len - 1] == '\r' || line[len - 1] == ' '))
        len--;
    if (!len)
        return;
    buf_init(&clean, 3 * (size_t)LLM_LINE_MAX);
    err = llm_put_clean(&clean, line, len);
    if (!err)
        err = ollama_parse_line(clean.data, clean.len, &chunk);
    buf_release(&clean);
    if (err) {
        s->outcome = BROKEN;
        return;
    }
    if (chunk.done && !chunk.error) {
        s->outcome = DONE;
        s->finish = chunk.finish;
    }
    if (chunk.error) {
        s->outcome = REPORTED;
        buf_clear(&s->line);
        buf_puts(&s->line, chunk.error);
    } else if (chunk.len) {
        llm_emit_delta(s->wire.gen, chunk.text, chunk.len);
    }
    llm_chunk_release(&chunk);
}

/** Cut what arrived into lines; a part of one waits in s->line. */
static void feed(struct ollama *s, const char *data, size_t len)
{
    while (len && !s->wire.gen->closed && s->outcome == GOING) {
        const char *nl = memchr(data, '\n', len);
        size_t n = nl ? (size_t)(nl - data) : len;

        if (buf_append(&s->line, data, n)) {
            s->outcome = BROKEN;
            return;
        }
        data += n + (nl != NULL);
        len -= n + (nl != NULL);
        if (nl) {
            struct buf whole = s->line;

            buf_init(&s->line, LLM_LINE_MAX);
            on_line(s, whole.data ? whole.data : "", whole.len);
            buf_release(&whole);
        }
    }
}

static void settle(struct ollama *s)
{
    if (s->outcome == DONE)
        finish(s, 0, NULL);
    else if (s->outcome == REPORTED)
        end_refused(s);
    else if (s->outcome == BROKEN)
        finish(s, UV_EPROTO, "the reply is not of Ollama's protocol: is the address right?");
}

static void on_headers(struct http_call *call, int status, void *arg)
{
    struct ollama *s = arg;

    (void)call;
    s->wire.status = status;
    if (status == 200)
        llm_emit_start(s->wire.gen, s->wire.model);
}

static void on_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    struct ollama *s = arg;

    (void)call;
    if (s->wire.status != 200) {
        size_t room = s->line.len < LLM_ERROR_BODY_MAX ? LLM_ERROR_BODY_MAX - s->line.len : 0;

        buf_append(&s->line, data, len < room ? len : room);
        return;
    }
    feed(s, data, len);
    settle(s);
}

static void on_done(struct http_call *call, int err, const char *why, void *arg)
{
    struct ollama *s = arg;
    const char *name = s->wire.gen->provider->name;
    char text[ERR_TEXT_MAX];

    (void)call;
    if (err == UV_ECONNREFUSED) {
        snprintf(text, sizeof(text), "%s does not answer: start it with `ollama serve`", name);
        finish(s, err, text);
    } else if (err) {
        snprintf(text, sizeof(text), "%s: %s", name, why && *why ? why : uv_strerror(err));
        finish(s, err, text);
    } else if (s->wire.status != 200) {
        end_refused(s);
    } else {
        feed(s, "\n", 1); /* a last line without its end */
        if (s->outcome == GOING) {
            snprintf(text, sizeof(text), "%s broke off in the middle of the answer", name);
            finish(s, UV_ECONNRESET, text);
        } else {
            settle(s);
        }
    }
}

static json_t *body_of(const struct ollama *s, const struct llm_request *req)
{
    int max = req->max_tokens > 0 ? req->max_tokens : LLM_MAX_TOKENS_DEFAULT;
    json_t *options = json_object();
    json_t *obj = json_object();

    json_object_set_new(options, "num_predict", json_integer(max));
    if (req->temperature > 0)
        json_object_set_new(options, "temperature", json_real(req->temperature));
    json_set_str(obj, "model", s->wire.model);
    json_object_set_new(obj, "messages", llm_messages_json(req));
    json_object_set_new(obj, "stream", json_true());
    json_object_set_new(obj, "options", options);
    json_set_str(obj, "keep_alive", keep_alive);
    return obj;
}

static int ollama_start(struct llm_gen *gen, const struct llm_request *req, struct errbuf *err)
{
    static const struct http_call_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_done = on_done};
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    struct ollama *s;
    int rc = llm_wire_new(&s, sizeof(*s), gen, req, err);

    if (rc)
        return rc;
    buf_init(&s->line, LLM_LINE_MAX);
    rc = llm_wire_post(&s->wire, "/api/chat", headers, body_of(s, req), &handlers, err);
    if (rc)
        ollama_release(s);
    else
        gen->state = s;
    return rc;
}

static int ollama_models(struct http_client *client, const struct llm_provider *p,
                         void (*fn)(const char *name, int err, void *arg), void *arg)
{
    return llm_list_start(client, p, "/api/tags", NULL, "models", "name", fn, arg);
}

const struct llm_driver llm_driver_ollama = {
    .name = "ollama",
    .first_token_ms = LOAD_MS,
    .lists_all = true,
    .start = ollama_start,
    .cancel = llm_wire_cancel,
    .release = ollama_release,
    .models = ollama_models,
};

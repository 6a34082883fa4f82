/**
 * @file llm/ollama.c  Ollama on this machine or another, with its own protocol
 *
 *     POST <url>/api/chat   {"model", "messages", "stream": true, "options"}  ->  lines of JSON
 *     GET  <url>/api/tags   {"models": [{"name": ...}]}
 *
 * Ollama API documentation, "Generate a chat completion" and "List local models". The first
 * question after a pause waits while the model loads; .first_token_ms gives it that time, and
 * keep_alive keeps the model loaded between the questions of an interview.
 */
#include "llm/driver_internal.h"

#include "base/json.h"
#include "base/text.h"
#include "loop/loop.h"
#include "net/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOAD_MS = 30000 };

static const char keep_alive[] = "30m";

struct ollama {
    struct llm_wire wire; /* first, so that the two pointers convert; .body: a line, or an error */
    enum { GOING, DONE, BROKEN, REPORTED } outcome;
    enum llm_finish finish;
    unsigned sent; /* enum llm_field */
    int read;      /* tokens of the prompt, as counted by it */
    bool started;
};

static void ollama_release(void *state)
{
    struct ollama *s = state;

    llm_wire_release(&s->wire);
    free(s);
}

static bool ask_again(struct ollama *s);

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
    int context;

    if (s->outcome == REPORTED)
        text_copy(said, sizeof(said), s->wire.body.data ? s->wire.body.data : "", s->wire.body.len);
    else
        llm_error_sentence(s->wire.body.data ? s->wire.body.data : "", s->wire.body.len, said,
                           sizeof(said));
    if (err == UV_ENOENT || (strstr(said, "not found") && strstr(said, "model"))) {
        err = UV_ENOENT;
        snprintf(why, sizeof(why), "%.64s has no model %.120s: get it with `ollama pull %.120s`",
                 name, s->wire.model, s->wire.model);
    } else if (llm_overflowed(said, strlen(said), &context)) {
        err = UV_E2BIG;
        s->wire.gen->fits = context;
        snprintf(why, sizeof(why), "the question and its profile are too long for %.64s: %s", name,
                 said);
    } else {
        snprintf(why, sizeof(why), "%.64s failed (HTTP %d)%s%s", name, s->wire.status,
                 *said ? ": " : "", said);
    }
    finish(s, err, why);
}

static void on_line(struct ollama *s, const char *line, size_t len)
{
    struct llm_gen *gen = s->wire.gen;
    struct llm_chunk chunk;
    struct buf clean;
    int err;

    while (len && (line[len - 1] == '\r' || line[len - 1] == ' '))
        len--;
    if (!len)
        return;
    buf_init(&clean, 3 * (size_t)LLM_LINE_MAX);
    err = llm_mend_json(&clean, line, len);
    if (!err)
        err = ollama_parse_line(clean.data ? clean.data : "", clean.len, &chunk);
    buf_release(&clean);
    if (err) {
        s->outcome = BROKEN;
        return;
    }
    if (chunk.done && !chunk.error) {
        s->outcome = DONE;
        s->finish = chunk.finish;
        s->read = gen->prompt_tokens = chunk.prompt_tokens;
        gen->answer_tokens = chunk.answer_tokens;
    }
    if (chunk.error) {
        s->outcome = REPORTED;
        buf_clear(&s->wire.body);
        buf_puts(&s->wire.body, chunk.error);
    } else if ((!chunk.thought || llm_emit_thinking(gen)) && chunk.len) {
        llm_emit_delta(gen, chunk.text, chunk.len);
    }
    llm_chunk_release(&chunk);
}

/** Splits what arrived into lines; an incomplete one waits in s->wire.body. */
static void feed(struct ollama *s, const char *data, size_t len)
{
    while (len && !s->wire.gen->closed && s->outcome == GOING) {
        const char *nl = memchr(data, '\n', len);
        size_t n = nl ? (size_t)(nl - data) : len;

        if (buf_append(&s->wire.body, data, n)) {
            s->outcome = BROKEN;
            return;
        }
        data += n + (nl != NULL);
        len -= n + (nl != NULL);
        if (nl) {
            struct buf whole = s->wire.body;

            buf_init(&s->wire.body, LLM_LINE_MAX);
            on_line(s, whole.data ? whole.data : "", whole.len);
            buf_release(&whole);
        }
    }
}

static void end_well(struct ollama *s)
{
    char why[ERR_TEXT_MAX];

    if (!llm_emit_rest(s->wire.gen))
        return;
    if (llm_wire_needs_room(&s->wire, s->finish) && ask_again(s))
        return;
    s->wire.well = true;
    if (llm_wire_was_cut(&s->wire, s->read)) {
        finish(s, UV_E2BIG, "it read only a part of the question and its profile");
        return;
    }
    if (s->wire.gen->shown || !s->wire.gen->thought) {
        finish(s, 0, NULL);
        return;
    }
    snprintf(why, sizeof(why), "%s thought, and then said nothing", s->wire.gen->provider->name);
    finish(s, UV_EINVAL, why);
}

static void on_after(void *arg)
{
    end_well(arg);
}

static void finish_if_ready(struct ollama *s)
{
    if (s->wire.gen->closed)
        return;
    if (s->outcome == DONE)
        timer_start(s->wire.after, LLM_AFTER_DONE_MS, 0);
    else if (s->outcome == REPORTED)
        end_refused(s);
    else if (s->outcome == BROKEN)
        finish(s, UV_EPROTO, "the reply is not of Ollama's protocol: is the address right?");
}

/** Omits what was refused and asks again. */
static bool mend(struct ollama *s)
{
    const char *body = s->wire.body.data ? s->wire.body.data : "";
    unsigned refused;

    if (s->wire.status != 400 && s->wire.status != 422)
        return false;
    refused = llm_refused_fields(body, s->wire.body.len, s->sent);
    s->wire.gen->habit->without |= refused;
    return refused && ask_again(s);
}

static void on_headers(struct http_call *call, int status, void *arg)
{
    struct ollama *s = arg;

    (void)call;
    s->wire.status = status;
    if (status == 200 && !s->started)
        llm_emit_start(s->wire.gen, s->wire.model);
    s->started |= status == 200;
}

static void on_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    struct ollama *s = arg;

    (void)call;
    if (s->wire.status != 200) {
        size_t room =
            s->wire.body.len < LLM_ERROR_BODY_MAX ? LLM_ERROR_BODY_MAX - s->wire.body.len : 0;

        buf_append(&s->wire.body, data, len < room ? len : room);
        return;
    }
    if (s->outcome == DONE || !llm_emit_alive(s->wire.gen))
        return;
    feed(s, data, len);
    finish_if_ready(s);
}

static void on_done(struct http_call *call, int err, const char *why, void *arg)
{
    struct ollama *s = arg;
    const char *name = s->wire.gen->provider->name;
    char text[ERR_TEXT_MAX];

    if (s->outcome == DONE) {
        end_well(s);
    } else if (err == UV_ECONNREFUSED) {
        snprintf(text, sizeof(text), "%s does not answer: start it with `ollama serve`", name);
        finish(s, err, text);
    } else if (err) {
        snprintf(text, sizeof(text), "%s: %s", name, why && *why ? why : uv_strerror(err));
        finish(s, err, text);
    } else if (s->wire.status / 100 == 3 && llm_wire_redirect(&s->wire, call)) {
        if (!ask_again(s))
            end_refused(s);
    } else if (s->wire.status != 200) {
        if (!mend(s))
            end_refused(s);
    } else {
        feed(s, "\n", 1); /* a last line without a newline */
        if (s->wire.gen->closed)
            return;
        if (s->outcome == GOING) {
            snprintf(text, sizeof(text), "%s broke off in the middle of the answer", name);
            finish(s, UV_ECONNRESET, text);
        } else if (s->outcome == DONE) {
            end_well(s);
        } else {
            finish_if_ready(s);
        }
    }
}

/** Thinking takes time in which nothing is said. gpt-oss only supports levels. */
static void ask_for_less(struct ollama *s, json_t *obj)
{
    if (s->wire.gen->habit->without & LLM_FIELD_REASONING)
        return;
    s->sent |= LLM_FIELD_REASONING;
    if (strcasestr(s->wire.model, "gpt-oss"))
        json_set_str(obj, "think", "low");
    else
        json_object_set_new(obj, "think", json_false());
}

static json_t *body_of(struct ollama *s)
{
    const struct llm_wire *w = &s->wire;
    json_t *options = json_object();
    json_t *obj = json_object();

    s->sent = LLM_FIELD_SYSTEM;
    json_object_set_new(options, "num_predict", json_integer(w->max_tokens));
    if (w->temperature > 0)
        json_object_set_new(options, "temperature", json_real(w->temperature));
    if (w->context > 0) /* the same throughout an interview: another size reloads the model */
        json_object_set_new(options, "num_ctx", json_integer(w->context));
    json_set_str(obj, "model", w->model);
    json_object_set_new(obj, "messages", llm_wire_messages(w));
    json_object_set_new(obj, "stream", json_true());
    json_object_set_new(obj, "options", options);
    json_set_str(obj, "keep_alive", keep_alive);
    ask_for_less(s, obj);
    return obj;
}

static int post(struct ollama *s, struct errbuf *why)
{
    static const struct http_call_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_done = on_done};
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    bool follows = s->wire.status / 100 == 3;

    return llm_wire_post(&s->wire, follows ? NULL : "/api/chat", headers, body_of(s), &handlers,
                         why);
}

static bool ask_again(struct ollama *s)
{
    struct errbuf why = {""};

    if (++s->wire.tries > LLM_TRIES_MAX)
        return false;
    http_call_cancel(s->wire.call);
    s->wire.call = NULL;
    timer_stop(s->wire.after);
    s->outcome = GOING;
    s->finish = LLM_STOP;
    s->read = 0;
    return post(s, &why) == 0;
}

static int ollama_start(struct llm_gen *gen, const struct llm_request *req, struct errbuf *why)
{
    struct ollama *s;
    int err = llm_wire_new(&s, sizeof(*s), gen, req, on_after, why);

    if (err)
        return err;
    err = post(s, why);
    if (err) {
        timer_close(s->wire.after);
        ollama_release(s);
    } else {
        gen->state = s;
    }
    return err;
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

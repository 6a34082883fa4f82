/**
 * @file llm/http_request.c  One question to a remote provider: asking, asking again, giving up
 *
 * The same for every driver that uses HTTP; the drivers read the answers.
 */
#include "llm/driver_internal.h"

#include "base/json.h"
#include "base/text.h"
#include "loop/loop.h"
#include "net/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CUT_BYTES = 6,  /* of a prompt per counted token: English has four, nothing has six */
    KEPT_BYTES = 5, /* of the last message, likewise at most: it is always kept */
    CUT_NEW = 2048, /* for an answer and what was said since */
    CUT_MIN = 1024, /* shorter prompts are not truncated, and their counts say little [bytes] */
};

int llm_wire_new(void *wp, size_t size, struct llm_gen *gen, const struct llm_request *req,
                 void (*after)(void *state), struct errbuf *why)
{
    const char *model = req->model && *req->model ? req->model : gen->provider->model;
    struct llm_wire *w;

    if (!gen->client || !gen->provider->url || !model || !*model)
        return err_set(why, UV_EINVAL, "%s has no address or no model", gen->provider->name);
    w = calloc(1, size);
    if (w)
        w->messages = llm_messages_json(req);
    if (!w || !w->messages || timer_open(&w->after, gen->loop, after, w)) {
        if (w)
            json_decref(w->messages);
        free(w);
        return err_set(why, UV_ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < req->message_count; i++)
        w->bytes += w->last = strlen(req->messages[i].text);
    w->gen = gen;
    text_copy(w->model, sizeof(w->model), model, strlen(model));
    w->max_tokens = req->max_tokens > 0 ? req->max_tokens : LLM_MAX_TOKENS_DEFAULT;
    w->context = req->context;
    w->temperature = req->temperature;
    buf_init(&w->body, LLM_LINE_MAX + 1);
    llm_gen_model(gen, w->model);
    memcpy(wp, &w, sizeof(w));
    return 0;
}

bool llm_wire_needs_room(struct llm_wire *w, enum llm_finish finish)
{
    if (finish != LLM_LENGTH || w->gen->shown || !w->gen->thought ||
        w->max_tokens >= LLM_THINKING_TOKENS)
        return false;
    w->max_tokens = LLM_THINKING_TOKENS;
    return true;
}

bool llm_wire_was_cut(const struct llm_wire *w, int read)
{
    struct llm_habit *habit = w->gen->habit;
    size_t bytes = read > 0 ? (size_t)read * CUT_BYTES : 0;

    /* a count below the last message's size counts something else */
    if (read <= 0 || (size_t)read * KEPT_BYTES < w->last || w->bytes < CUT_MIN || habit->counts_new)
        return false;
    if (bytes >= w->bytes) {
        habit->whole = w->bytes > habit->whole ? w->bytes : habit->whole;
        return false;
    }
    /* all but the newest message was counted a moment ago: now it was in the cache */
    habit->counts_new = habit->whole && w->bytes <= habit->whole + w->last + CUT_NEW;
    w->gen->fits = habit->counts_new ? 0 : read + w->max_tokens;
    return !habit->counts_new;
}

void llm_wire_release(struct llm_wire *w)
{
    if (w->body.data)
        explicit_bzero(w->body.data, w->body.cap);
    buf_release(&w->body);
    json_decref(w->messages);
    w->messages = NULL;
}

/** Puts the system's text before the user's first message. */
static json_t *without_system(const json_t *messages)
{
    json_t *all = json_array();
    const char *system = "";
    const json_t *m;
    size_t i;

    json_array_foreach(messages, i, m)
    {
        const char *role = json_str(m, "role");
        json_t *copy;
        struct buf text;

        if (role && !strcmp(role, "system")) {
            system = json_str(m, "content");
            continue;
        }
        copy = json_copy((json_t *)(uintptr_t)m);
        if (*system) {
            buf_init(&text, LLM_BODY_MAX);
            buf_printf(&text, "%s\n\n%s", system, json_str(m, "content"));
            json_set_text(copy, "content", text.data ? text.data : "", text.len);
            buf_release(&text);
            system = "";
        }
        json_array_append_new(all, copy);
    }
    return all;
}

json_t *llm_wire_messages(const struct llm_wire *w)
{
    if (w->gen->habit->without & LLM_FIELD_SYSTEM)
        return without_system(w->messages);
    return json_incref(w->messages);
}

int llm_wire_post(struct llm_wire *w, const char *path, const char *const *headers, json_t *obj,
                  const struct http_call_handlers *handlers, struct errbuf *why)
{
    const char *name = w->gen->provider->name;
    struct about before;
    struct buf body;
    int err = 0;

    if (path && llm_endpoint(w->url, sizeof(w->url), w->gen->provider, path)) {
        json_decref(obj);
        return err_set(why, UV_EINVAL, "the address of %s is too long", name);
    }
    w->status = 0;
    w->well = false;
    buf_clear(&w->body);
    buf_init(&body, LLM_BODY_MAX);
    json_write(&body, obj);
    json_decref(obj);
    err = body.err;
    before = about_set((struct about){.trace = w->gen->trace});
    if (!err)
        err = http_call_start(
            w->gen->client,
            &(struct http_call_request){.method = "POST",
                                        .url = w->url,
                                        .headers = headers,
                                        .body = body.data,
                                        .body_len = body.len,
                                        .connect_timeout_ms = LLM_CONNECT_TIMEOUT_MS,
                                        .idle_timeout_ms = w->gen->provider->local
                                                               ? LLM_LOCAL_IDLE_TIMEOUT_MS
                                                               : LLM_IDLE_TIMEOUT_MS},
            handlers, w, &w->call);
    about_set(before);
    if (body.data)
        explicit_bzero(body.data, body.len);
    buf_release(&body);
    return err ? err_set(why, err, "%s cannot be asked: %s", name, uv_strerror(err)) : 0;
}

bool llm_wire_redirect(struct llm_wire *w, const struct http_call *call)
{
    const char *location = http_call_header(call, "location");
    char next[LLM_URL_MAX];

    if (w->status < 300 || w->status > 308 || !location || w->hops >= LLM_HOPS_MAX ||
        llm_follow(next, sizeof(next), w->url, location))
        return false;
    w->hops++;
    memcpy(w->url, next, sizeof(w->url));
    return true;
}

void llm_wire_cancel(struct llm_gen *gen)
{
    struct llm_wire *w = gen->state;

    if (!w)
        return;
    timer_close(w->after);
    w->after = NULL;
    if (w->well)
        http_call_let_go(w->call);
    else
        http_call_cancel(w->call);
    w->call = NULL;
}

/**
 * @file api/compat_chat.c  POST /v1/chat/completions: a program's own messages through the chain
 *
 *     posted -> begun -> (events, once there is a word) -> ended: answered and freed
 *
 * A failure before the first word is an HTTP error, even for a stream, so that clients try again.
 * Nothing is stored, and nothing is added to the messages.
 */
#include "answer/completion.h"
#include "answer/user_chain.h"
#include "api/compat.h"
#include "api/events.h"
#include "api/presence.h"
#include "api/providers.h"
#include "api/reply.h"
#include "api/stop_words.h"
#include "api/validate.h"
#include "auth/accounts.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGES_MAX = 512,
    BODY_MAX = 2 << 20,
    ANSWER_MAX = 1 << 20,
    TOKENS_MAX = 32768,
    STOP_LETTERS = STOP_WORD_BYTES / 4 - 1,
    WAIT_MAX_MS = 300000,
    TOKEN_BYTES = 4, /* per English token; used if a provider does not count */
};

/* One request. A worker creates and posts it; from then on it belongs to the loop. */
struct chat {
    const struct app *app;
    struct http_server *server;
    uint64_t ticket;
    struct token_claims claims;
    struct presence_entry who;     /* ends it together with the sign-in that made the request */
    char wanted[COMPAT_MODEL_MAX]; /* the requested model */
    struct compat_model model;
    struct choice *choice;
    struct user_chain *chain;
    bool unknown;                              /* there is no such model */
    struct llm_message messages[MESSAGES_MAX]; /* owns its texts */
    size_t message_count;
    size_t bytes;
    int max_tokens;
    double temperature;
    bool wants_stream;
    bool wants_usage;
    struct stop_words stop;

    char id[ID_TEXT_MAX];
    int64_t created;
    char answered_by[COMPAT_MODEL_MAX];
    struct completion *completion;
    struct loop_timer *late;
    struct events *events; /* of a stream, once it has begun */
    struct buf text;
    size_t told; /* bytes of the answer sent so far */
    bool gone;   /* the client has left */
    bool begun;
    int err;
    struct errbuf why;
    const char *finish; /* finish_reason */
    int prompt_tokens, answer_tokens;
};

static void chat_free(void *arg)
{
    struct chat *c = arg;

    for (size_t i = 0; i < c->message_count; i++) {
        char *text = (char *)(uintptr_t)c->messages[i].text;

        text_wipe(text);
    }
    if (c->text.data)
        explicit_bzero(c->text.data, c->text.cap);
    buf_release(&c->text);
    providers_choice_free(c->choice);
    user_chain_close(c->chain);
    free(c);
}

/* Closes everything that it has on the loop; its memory is freed at the end of the turn. */
static void chat_close(struct chat *c)
{
    presence_leave(&c->who);
    completion_close(c->completion);
    c->completion = NULL;
    timer_close(c->late);
    c->late = NULL;
    loop_free_later(c->app->loop, c, chat_free);
}

/* -------------------------------------------------------------------------------- answers */

static json_t *usage_json(const struct chat *c)
{
    bool counted = c->prompt_tokens && c->answer_tokens;
    int prompt = c->prompt_tokens ? c->prompt_tokens : (int)(c->bytes / TOKEN_BYTES) + 1;
    int answer = c->answer_tokens ? c->answer_tokens : (int)(c->told / TOKEN_BYTES) + 1;
    json_t *obj = json_pack("{s:i, s:i, s:i}", "prompt_tokens", prompt, "completion_tokens", answer,
                            "total_tokens", prompt + answer);

    if (!counted)
        json_object_set_new(obj, "estimated", json_true());
    return obj;
}

static json_t *completion_json(const struct chat *c, const char *object, json_t *choices)
{
    json_t *obj = json_object();

    json_object_set_new(obj, "id", json_sprintf("chatcmpl-%s", c->id));
    json_set_str(obj, "object", object);
    json_object_set_new(obj, "created", json_integer(c->created / 1000));
    json_set_str(obj, "model", c->answered_by);
    json_object_set_new(obj, "choices", choices);
    return obj;
}

static json_t *choice_json(const char *member, json_t *message, const char *finish)
{
    json_t *choice = json_object(), *choices = json_array();

    json_object_set_new(choice, "index", json_integer(0));
    json_object_set_new(choice, member, message);
    json_object_set_new(choice, "logprobs", json_null());
    json_set_str(choice, "finish_reason", finish);
    json_array_append_new(choices, choice);
    return choices;
}

static int reply_completion(const struct http_request *req, struct http_response *res,
                            const struct chat *c)
{
    json_t *message = json_object(), *obj;

    (void)req;
    json_set_str(message, "role", "assistant");
    json_set_text(message, "content", c->text.data ? c->text.data : "", c->text.len);
    json_object_set_new(message, "refusal", json_null());
    obj = completion_json(c, "chat.completion", choice_json("message", message, c->finish));
    json_object_set_new(obj, "usage", usage_json(c));
    return http_reply_json(res, 200, obj);
}

static int reply_error(const struct http_request *req, struct http_response *res,
                       const struct chat *c)
{
    switch (c->err) {
    case UV_EACCES: /* ours: the sign-in ended. A provider's becomes 502 */
        return http_problem(res, req, 401, "unauthorized", "This sign-in was ended.", NULL);
    case UV_EINVAL:
        return http_problem(res, req, 400, "bad_request", c->why.text, NULL);
    case UV_E2BIG:
        return http_problem(res, req, 400, "context_length_exceeded", c->why.text, NULL);
    case UV_ENOENT:
        if (c->unknown)
            return compat_no_model(req, res, c->wanted);
        return http_problem(res, req, 404, "model_not_found", c->why.text, NULL);
    case UV_EAGAIN:
        http_set_header(res, "Retry-After", "5");
        return http_problem(res, req, 503, "overloaded", c->why.text, NULL);
    default:
        return http_problem(res, req, 502, "provider_failed",
                            c->why.text[0] ? c->why.text : "No answer provider gave a word.", NULL);
    }
}

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct chat *c = arg;
    int err = c->err ? reply_error(req, res, c) : reply_completion(req, res, c);

    chat_close(c);
    return err;
}

static void answer(struct chat *c)
{
    if (c->gone || http_answer_later(c->server, c->ticket, fill, c))
        chat_close(c);
}

/* ------------------------------------------------------------------------- loop: a stream */

static void say(struct chat *c, json_t *obj)
{
    struct buf out;

    buf_init(&out, ANSWER_MAX * 8);
    if (c->wants_usage && !json_object_get(obj, "usage"))
        json_object_set_new(obj, "usage", json_null());
    if (!json_write(&out, obj))
        events_say(c->events, NULL, out.data, out.len);
    json_decref(obj);
    buf_release(&out);
}

static void say_delta(struct chat *c, json_t *delta, const char *finish)
{
    say(c, completion_json(c, "chat.completion.chunk", choice_json("delta", delta, finish)));
}

static void finish_stream(struct chat *c)
{
    static const char done[] = "[DONE]";
    json_t *error;

    if (c->err) {
        error = json_pack("{s:s, s:n, s:s}", "type", "server_error", "param", "code",
                          "provider_failed");
        json_set_text(error, "message", c->why.text, strlen(c->why.text));
        say(c, json_pack("{s:o}", "error", error));
    } else {
        say_delta(c, json_object(), c->finish);
        if (c->wants_usage) {
            json_t *obj = completion_json(c, "chat.completion.chunk", json_array());

            json_object_set_new(obj, "usage", usage_json(c));
            say(c, obj);
        }
        events_say(c->events, NULL, done, sizeof(done) - 1);
    }
    events_end(c->events);
    c->events = NULL;
    chat_close(c);
}

static void finish(struct chat *c, int err, const char *why)
{
    c->err = err;
    text_copy(c->why.text, sizeof(c->why.text), why, strlen(why));
    presence_leave(&c->who); /* from here on nothing else may end it */
    if (c->late)
        timer_stop(c->late);
    completion_close(c->completion);
    c->completion = NULL;
    if (c->events)
        finish_stream(c);
    else
        answer(c);
}

static void on_stream_gone(void *arg)
{
    struct chat *c = arg;

    c->events = NULL;
    c->gone = true;
    chat_close(c);
}

static void begin_stream(struct chat *c)
{
    int err = events_open(&c->events, c->server, c->ticket, on_stream_gone, c);

    if (err && !c->gone) {
        c->gone = true;
        chat_close(c);
    } else if (c->events) {
        say_delta(c, json_pack("{s:s, s:s}", "role", "assistant", "content", ""), NULL);
    }
}

/* ---- loop: events ------------------------------------------------------------------------ */

static void on_begin(const char *provider, const char *model, void *arg)
{
    struct chat *c = arg;

    compat_model_id(c->answered_by, provider, model);
    if (c->wants_stream)
        begin_stream(c);
}

static void tell(struct chat *c, const char *text, size_t len)
{
    json_t *delta;

    c->told += len;
    if (!c->events) {
        buf_append(&c->text, text, len);
        return;
    }
    delta = json_object();
    json_set_text(delta, "content", text, len);
    say_delta(c, delta, NULL);
}

static void on_text(const char *text, size_t len, void *arg)
{
    struct chat *c = arg;
    struct buf out;
    bool over;

    if (!c->stop.count) {
        tell(c, text, len);
        return;
    }
    buf_init(&out, len + STOP_WORD_BYTES);
    over = stop_words_feed(&c->stop, text, len, &out);
    if (out.len)
        tell(c, out.data, out.len);
    buf_release(&out);
    if (over) {
        c->finish = "stop";
        finish(c, 0, "");
    }
}

static void on_void(void *arg)
{
    struct chat *c = arg;

    buf_clear(&c->text); /* what was already streamed cannot be taken back */
    c->stop.held_len = 0;
}

static void on_end(const struct completion_end *e, void *arg)
{
    struct chat *c = arg;
    struct buf out;

    c->completion = NULL;
    buf_init(&out, STOP_WORD_BYTES);
    stop_words_end(&c->stop, &out);
    if (!e->err && out.len)
        tell(c, out.data, out.len);
    buf_release(&out);
    c->finish = e->length ? "length" : "stop";
    c->prompt_tokens = e->prompt_tokens;
    c->answer_tokens = e->answer_tokens;
    finish(c, e->err == UV_EACCES ? UV_EPROTO : e->err, e->why);
}

static void on_late(void *arg)
{
    finish(arg, UV_EAGAIN, "The answer takes too long.");
}

static void on_signed_out(void *arg)
{
    finish(arg, UV_EACCES, "This sign-in was ended.");
}

static void follow_sign_in(struct chat *c)
{
    memcpy(c->who.user, c->claims.user, sizeof(c->who.user));
    memcpy(c->who.family, c->claims.family, sizeof(c->who.family));
    c->who.on_signed_out = on_signed_out;
    c->who.arg = c;
    if (c->app->presence)
        presence_follow(c->app->presence, &c->who);
}

static int start(struct chat *c, struct errbuf *why)
{
    static const struct completion_handlers handlers = {
        .on_begin = on_begin, .on_text = on_text, .on_void = on_void, .on_end = on_end};
    int err = user_chain_open(&c->chain, c->app->answerer, c->claims.user, c->choice);
    struct completion_ask ask = {
        .chain = c->chain,
        .messages = c->messages,
        .message_count = c->message_count,
        .max_tokens = c->max_tokens,
        .temperature = c->temperature,
    };

    c->unknown = !err && !compat_model_find(c->chain, c->wanted, &c->model);
    if (c->unknown)
        return UV_ENOENT;
    ask.provider = c->model.provider[0] ? c->model.provider : NULL;
    ask.model = c->model.model[0] ? c->model.model : NULL;
    if (!err)
        err = timer_open(&c->late, c->app->loop, on_late, c);
    if (!err)
        err = timer_start(c->late, WAIT_MAX_MS, 0);
    return err ? err : completion_start(&c->completion, c->app->answerer, &ask, &handlers, c, why);
}

static void begin(void *arg)
{
    struct chat *c = arg;
    struct errbuf why = {""};
    int err = 0;

    if (c->gone) {
        chat_close(c);
        return;
    }
    c->begun = true;
    if (accounts_has_ended(c->app->accounts, &c->claims))
        err = err_set(&why, UV_EACCES, "This sign-in was ended.");
    follow_sign_in(c);
    if (!err)
        err = start(c, &why);
    if (err)
        finish(c, err, why.text);
}

static void on_gone(void *arg)
{
    struct chat *c = arg;

    c->gone = true;
    if (c->begun)
        chat_close(c);
}

/* ------------------------------------------------------------------------------- the body */

/* Unsupported parameters that would change the answer are refused; those that only tune it are
 * ignored. */
static const char *refused_param(const json_t *body, const char **why)
{
    static const char no_tools[] =
        "tools are not offered here: this server answers in words. Send the request without them";
    static const struct {
        const char *name;
        const char *why;
    } params[] = {{"tools", no_tools},
                  {"functions", no_tools},
                  {"function_call", no_tools},
                  {"audio", "answers are text here"},
                  {"web_search_options", "nothing is searched here"}};
    const json_t *format = json_object_get(body, "response_format");
    const json_t *n = json_object_get(body, "n"), *choice = json_object_get(body, "tool_choice");
    const json_t *logprobs = json_object_get(body, "logprobs");
    const char *type = json_str(format, "type"), *chosen = json_string_value(choice);

    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        const json_t *value = json_object_get(body, params[i].name);

        if (!value || json_is_null(value) || (json_is_array(value) && !json_array_size(value)))
            continue;
        *why = params[i].why;
        return params[i].name;
    }
    *why = no_tools;
    if (choice && !json_is_null(choice) &&
        (!chosen || (strcmp(chosen, "none") != 0 && strcmp(chosen, "auto") != 0)))
        return "tool_choice";
    *why = "only text is written here";
    if (format && !json_is_null(format) && (!type || strcmp(type, "text") != 0))
        return "response_format";
    *why = "must be 1: one answer is given";
    if (n && !json_is_null(n) && (!json_is_number(n) || json_number_value(n) - 1 != 0))
        return "n";
    *why = "probabilities are not told here";
    return logprobs && !json_is_null(logprobs) && !json_is_false(logprobs) ? "logprobs" : NULL;
}

static bool role_of(const char *name, enum llm_role *role)
{
    static const struct {
        const char *name;
        enum llm_role role;
    } roles[] = {{"system", LLM_SYSTEM},
                 {"developer", LLM_SYSTEM},
                 {"user", LLM_USER},
                 {"assistant", LLM_ASSISTANT}};

    for (size_t i = 0; name && i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(roles[i].name, name) == 0) {
            *role = roles[i].role;
            return true;
        }
    }
    return false;
}

/* A text, or the joined texts of its parts. NULL: it contains something else. */
static char *content_text(const json_t *content)
{
    struct buf out;
    const json_t *part;
    size_t i;
    char *text;

    if (json_is_string(content))
        return strdup(json_string_value(content));
    if (!json_is_array(content))
        return NULL;
    buf_init(&out, BODY_MAX);
    json_array_foreach(content, i, part)
    {
        const char *type = json_str(part, "type"), *piece = json_str(part, "text");

        if (!type || strcmp(type, "text") != 0 || !piece) {
            buf_release(&out);
            return NULL;
        }
        buf_puts(&out, piece);
    }
    text = out.err ? NULL : buf_steal(&out, NULL);
    buf_release(&out);
    return text;
}

static const char *read_messages(struct chat *c, const json_t *list)
{
    const json_t *message;
    size_t i;

    if (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > MESSAGES_MAX)
        return "must be 1 to 512 messages";
    json_array_foreach(list, i, message)
    {
        enum llm_role role;
        char *text;

        if (!role_of(json_str(message, "role"), &role) || json_object_get(message, "tool_calls"))
            return "each message is of the role system, developer, user or assistant; tools are "
                   "not offered here";
        text = content_text(json_object_get(message, "content"));
        if (!text)
            return "the content of each message is a text, or a list of parts of type text";
        c->bytes += strlen(text);
        c->messages[c->message_count++] = (struct llm_message){.role = role, .text = text};
    }
    return NULL;
}

static const char *read_stop(struct chat *c, const json_t *stop)
{
    size_t count = json_is_array(stop) ? json_array_size(stop) : stop && !json_is_null(stop);

    if (count > STOP_WORDS_MAX)
        return "must be at most 4 texts";
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_is_array(stop) ? json_array_get(stop, i) : stop;
        const char *word = json_string_value(one);

        if (!word || !*word || utf8_count(word, strlen(word)) > STOP_LETTERS)
            return "each must be a text of 1 to 63 characters";
        text_copy(c->stop.words[c->stop.count++], STOP_WORD_BYTES, word, strlen(word));
    }
    return NULL;
}

/* A number in that range, or absent. */
static bool read_number(const json_t *body, const char *name, double least, double most,
                        double otherwise, double *value)
{
    const json_t *given = json_object_get(body, name);

    *value = otherwise;
    if (!given || json_is_null(given))
        return true;
    if (!json_is_number(given))
        return false;
    *value = json_number_value(given);
    return *value >= least && *value <= most;
}

static bool read_count(const json_t *body, const char *name, int *count)
{
    double value;

    if (!read_number(body, name, 1, TOKENS_MAX, *count, &value))
        return false;
    *count = (int)value;
    return !(value > *count);
}

/* true, false, null or absent. */
static bool read_switch(const json_t *object, const char *name, bool *on)
{
    const json_t *given = json_object_get(object, name);

    *on = json_is_true(given);
    return !given || json_is_null(given) || json_is_boolean(given);
}

/* NULL, or the invalid parameter and why. */
static const char *read_body(struct chat *c, const json_t *body, const char **why)
{
    const char *param = refused_param(body, why);
    const json_t *options = json_object_get(body, "stream_options");

    if (param)
        return param;
    *why = read_messages(c, json_object_get(body, "messages"));
    if (*why)
        return "messages";
    *why = read_stop(c, json_object_get(body, "stop"));
    if (*why)
        return "stop";
    *why = "must be 0 to 2";
    if (!read_number(body, "temperature", 0, 2, 1, &c->temperature))
        return "temperature";
    *why = "must be 1 to 32768";
    if (!read_count(body, "max_tokens", &c->max_tokens))
        return "max_tokens";
    if (!read_count(body, "max_completion_tokens", &c->max_tokens))
        return "max_completion_tokens";
    *why = "must be true or false";
    if (!read_switch(body, "stream", &c->wants_stream))
        return "stream";
    *why = "must be an object; include_usage in it is true or false";
    if ((options && !json_is_object(options) && !json_is_null(options)) ||
        !read_switch(options, "include_usage", &c->wants_usage))
        return "stream_options";
    *why = "must be a text";
    options = json_object_get(body, "model");
    return options && (!json_is_string(options) || !json_string_length(options)) ? "model" : NULL;
}

static int load_choice(const struct http_request *req, struct http_response *res, struct chat *c,
                       const char *model)
{
    struct errbuf why = {""};
    int err = providers_choice(c->app, c->claims.user, &c->choice, &why);

    text_copy(c->wanted, sizeof(c->wanted), model, strlen(model));
    return err ? reply_failed(req, res, err, &why, "user") : 0;
}

/* 0 to go on; 1 if res holds the answer. */
static int read_request(const struct http_request *req, struct http_response *res, struct chat *c)
{
    const char *model, *param, *why = NULL;
    json_t *body;
    int err = validate_json(req, res, &body);

    if (err)
        return err;
    if (!json_is_object(body)) {
        json_decref(body);
        compat_refuse(req, res, "", "must be an object");
        return 1;
    }
    param = read_body(c, body, &why);
    model = json_str(body, "model") ? json_str(body, "model") : "auto";
    if (param)
        compat_refuse(req, res, param, why);
    else if (strlen(model) >= sizeof(c->wanted))
        compat_no_model(req, res, model);
    else
        err = request_who(req, &c->claims); /* it may have expired meanwhile */
    if (err)
        http_problem(res, req, 401, "unauthorized", NULL, NULL);
    else if (!res->status)
        err = load_choice(req, res, c, model);
    err = res->status != 0;
    json_decref(body);
    return err;
}

static int post_chat(const struct http_request *req, struct http_response *res)
{
    struct chat *c = calloc(1, sizeof(*c));
    int err;

    if (!c)
        return UV_ENOMEM;
    c->app = app_of(req);
    c->server = req->server;
    c->created = clock_unix_ms();
    id_new(c->id);
    buf_init(&c->text, ANSWER_MAX);
    err = read_request(req, res, c);
    if (err) {
        chat_free(c);
        return err > 0 ? 0 : err;
    }
    http_reply_later(res, &c->ticket);
    http_later_on_gone(res, on_gone, c);
    err = loop_post(c->app->loop, begin, c);
    if (err)
        chat_free(c);
    return err;
}

const struct http_route api_compat_chat_routes[] = {
    {"POST", "/v1/chat/completions", post_chat, .flags = ROUTE_AUTH, .types = HTTP_JSON,
     .body_max = BODY_MAX, .problem = compat_problem},
    {.method = NULL},
};

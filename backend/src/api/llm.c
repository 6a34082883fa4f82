/**
 * @file api/llm.c  Answers over REST: generate, interrupt, models
 *
 * Handlers run on workers, answers on the loop. A handler posts a struct generation to the loop
 * and either waits for its end (JSON) or gives it to a stream (server-sent events). Both forms are
 * made of the messages that /ws/llm-stream sends (live/messages.h). With a session, the
 * question goes to its live interview, so that its sockets hear of it and the pair is kept.
 */
#include "answer/answer.h"
#include "api/reply.h"
#include "api/validate.h"
#include "base/json.h"
#include "base/text.h"
#include "live/live.h"
#include "live/messages.h"
#include "llm/provider.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUESTION_MAX = 4000,
    WAIT_MAX_S = 300,         /* for one answer; then 503 */
    INTERRUPT_WAIT_MS = 5000, /* for the loop to hear of it; then 503 */
    MODELS_WAIT_MS = 8000,    /* for all lists, which are asked at once; each ends after 5 s */
    NAMES_MAX = 64,           /* models listed of one provider */
    ANSWER_MAX = 1 << 20,
};

struct generation {
    const struct app *app;
    char user[HTTP_USER_MAX];
    char session[ID_TEXT_MAX]; /* "": none */
    char *question;
    char *provider;
    char *model;
    struct session_context context;

    /* loop thread */
    char id[ID_TEXT_MAX];
    struct answer *answer;
    struct live *live;
    struct live_listener *listener;
    struct http_stream *stream; /* NULL: somebody waits for JSON */
    bool ended;

    /* {lock}: between the two */
    uv_mutex_t lock;
    uv_cond_t wake;
    int refs;
    bool done;
    int err;
    struct errbuf why;
    json_t *started;
    json_t *outline;
    json_t *finish;
    struct buf text;
};

/* -------------------------------------------------------------------------------- lifetime */

static void wipe_string(char *s)
{
    if (s)
        explicit_bzero(s, strlen(s));
    free(s);
}

static void generation_unref(struct generation *g)
{
    int left;

    uv_mutex_lock(&g->lock);
    left = --g->refs;
    uv_mutex_unlock(&g->lock);
    if (left)
        return;
    wipe_string(g->question);
    free(g->provider);
    free(g->model);
    if (g->session[0])
        session_context_release(&g->context);
    json_decref(g->started);
    json_decref(g->outline);
    json_decref(g->finish);
    buf_release(&g->text);
    uv_cond_destroy(&g->wake);
    uv_mutex_destroy(&g->lock);
    free(g);
}

static struct generation *generation_new(const struct http_request *req, const json_t *body)
{
    struct generation *g = calloc(1, sizeof(*g));
    const char *session = json_str(body, "sessionId");
    const char *provider = json_str(body, "provider");
    const char *model = json_str(body, "model");

    if (!g)
        return NULL;
    g->app = app_of(req);
    g->refs = 1;
    uv_mutex_init(&g->lock);
    uv_cond_init(&g->wake);
    buf_init(&g->text, ANSWER_MAX);
    snprintf(g->user, sizeof(g->user), "%s", req->user);
    text_copy(g->session, sizeof(g->session), session ? session : "",
              session ? strlen(session) : 0);
    g->question = strdup(json_str(body, "question"));
    g->provider = provider ? strdup(provider) : NULL;
    g->model = model ? strdup(model) : NULL;
    return g;
}

/* ----------------------------------------------------------------------- loop: the messages */

/** Last step on the loop: tell who waits, or end the stream. */
static void settle(struct generation *g)
{
    if (g->stream)
        http_stream_end(g->stream);
    g->stream = NULL;
    uv_mutex_lock(&g->lock);
    g->done = true;
    uv_cond_signal(&g->wake);
    uv_mutex_unlock(&g->lock);
    generation_unref(g);
}

/** Outside every handler of the interview: give it back. */
static void leave(void *arg)
{
    struct generation *g = arg;

    live_unlisten(g->listener);
    g->listener = NULL;
    if (g->live)
        live_leave(g->live);
    g->live = NULL;
    settle(g);
}

static void end(struct generation *g, int err, const char *why)
{
    if (g->ended)
        return;
    g->ended = true;
    g->err = err;
    text_copy(g->why.text, sizeof(g->why.text), why, strlen(why));
    if (loop_post(g->app->loop, leave, g))
        leave(g);
}

static void keep(json_t **slot, json_t *msg)
{
    json_decref(*slot);
    *slot = json_incref(msg);
}

static void stream_message(struct generation *g, const char *type, const char *text, size_t len)
{
    struct buf out;

    buf_init(&out, MESSAGE_MAX + 64);
    buf_printf(&out, "event: %s\ndata: ", type);
    buf_append(&out, text, len);
    buf_puts(&out, "\n\n");
    if (!out.err)
        http_stream_write(g->stream, out.data, out.len);
    buf_release(&out);
}

/** One message of our generation, in the order of the wire. */
static void take(struct generation *g, const char *text, size_t len)
{
    json_t *msg = json_parse(text, len);
    const char *type = json_str(msg, "type");
    const char *id = json_str(msg, "generationId");
    const char *delta = json_str(msg, "delta");
    bool finish = json_flag(msg, "finish", false);

    if (type && id && strcmp(id, g->id) == 0 && !g->ended) {
        if (g->stream)
            stream_message(g, type, text, len);
        if (strcmp(type, "started") == 0)
            keep(&g->started, msg);
        else if (strcmp(type, "outline") == 0)
            keep(&g->outline, msg);
        else if (delta && !g->stream)
            buf_puts(&g->text, delta);
        if (finish) {
            keep(&g->finish, msg);
            end(g, 0, "");
        }
    }
    json_decref(msg);
}

static void on_message(const char *text, size_t len, enum ws_kind kind, uint32_t key, void *arg)
{
    (void)kind;
    (void)key;
    take(arg, text, len);
}

/* ------------------------------------------------------------------ loop: without a session */

static void send_and_release(struct generation *g, struct buf *msg)
{
    if (!msg->err)
        take(g, msg->data, msg->len);
    buf_release(msg);
}

static void on_started(const char *id, const char *provider, const char *model, void *arg)
{
    struct generation *g = arg;
    struct buf msg;

    buf_init(&msg, MESSAGE_MAX);
    message_started(&msg, &(struct message_started){.generation_id = id,
                                                    .question = g->question,
                                                    .provider = provider,
                                                    .model = model});
    send_and_release(g, &msg);
}

static void on_outline(const char *id, enum question_kind kind, const struct llm_point *points,
                       size_t n, void *arg)
{
    struct generation *g = arg;
    struct buf msg;

    buf_init(&msg, MESSAGE_MAX);
    message_outline(&msg, id, g->question, kind, points, n);
    send_and_release(g, &msg);
}

static void on_delta(const char *id, const char *text, size_t len, void *arg)
{
    struct buf msg;

    buf_init(&msg, MESSAGE_MAX);
    message_delta(&msg, id, text, len);
    send_and_release(arg, &msg);
}

static void on_finished(const char *id, const struct answer_result *res, void *arg)
{
    struct generation *g = arg;
    struct buf msg;

    g->answer = NULL;
    buf_init(&msg, MESSAGE_MAX);
    message_finish(&msg, id, res->finish, NULL, &res->latency);
    send_and_release(g, &msg);
}

static int begin_alone(struct generation *g, struct errbuf *err)
{
    static const struct answer_handlers handlers = {.on_started = on_started,
                                                    .on_outline = on_outline,
                                                    .on_delta = on_delta,
                                                    .on_finished = on_finished};
    struct answer_ask ask = {
        .question = g->question, .provider = g->provider, .model = g->model, .owner = g->user};
    int e = answer_ask(g->app->answerer, NULL, &ask, &handlers, g, &g->answer, err);

    if (!e)
        text_copy(g->id, sizeof(g->id), answer_id(g->answer), strlen(answer_id(g->answer)));
    return e;
}

static int begin_live(struct generation *g, struct errbuf *err)
{
    struct live_ask ask = {.question = g->question, .provider = g->provider, .model = g->model};
    int e = live_join(g->app->live, &g->context, &g->live);

    if (!e)
        e = live_listen(g->live, on_message, g, &g->listener);
    return e ? e : live_ask(g->live, &ask, g->id, err);
}

static void begin(void *arg)
{
    struct generation *g = arg;
    struct errbuf err = {""};
    int e = g->session[0] ? begin_live(g, &err) : begin_alone(g, &err);

    if (e)
        end(g, e, err.text);
}

/** The reader of the stream went away: that interrupts. */
static void on_gone(void *arg)
{
    struct generation *g = arg;

    g->stream = NULL;
    if (g->ended)
        return;
    if (g->live)
        live_interrupt(g->live);
    answer_close(g->answer);
    g->answer = NULL;
    end(g, UV_ECANCELED, "");
}

static void on_stream(struct http_stream *stream, void *arg)
{
    struct generation *g = arg;

    g->stream = stream;
    http_stream_on_gone(stream, on_gone, g);
    begin(g);
}

/* -------------------------------------------------------------------------------- generate */

static void wait_done(struct generation *g)
{
    uint64_t until = uv_hrtime() + (uint64_t)WAIT_MAX_S * 1000000000u;

    uv_mutex_lock(&g->lock);
    while (!g->done) {
        uint64_t now = uv_hrtime();

        if (now >= until || uv_cond_timedwait(&g->wake, &g->lock, until - now) == UV_ETIMEDOUT)
            break;
    }
    uv_mutex_unlock(&g->lock);
}

static void copy_member(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    json_object_set_new(to, key, value ? json_incref(value) : json_null());
}

static json_t *generation_json(const struct generation *g)
{
    static const char *const started[] = {"generationId", "questionNumber", "question", "provider",
                                          "model"};
    static const char *const outline[] = {"kind", "points"};
    static const char *const finish[] = {"finishReason", "transcriptId", "latency"};
    json_t *obj = json_object();

    for (size_t i = 0; i < sizeof(started) / sizeof(started[0]); i++)
        copy_member(obj, g->started, started[i]);
    for (size_t i = 0; i < sizeof(outline) / sizeof(outline[0]); i++)
        copy_member(obj, g->outline, outline[i]);
    for (size_t i = 0; i < sizeof(finish) / sizeof(finish[0]); i++)
        copy_member(obj, g->finish, finish[i]);
    json_set_text(obj, "answer", g->text.data ? g->text.data : "", g->text.len);
    return obj;
}

static int reply_generation(const struct http_request *req, struct http_response *res,
                            const struct generation *g)
{
    const char *reason = json_str(g->finish, "finishReason");

    if (!g->done)
        return http_problem(res, req, 503, "overloaded", "The answer takes too long.", NULL);
    if (g->err == UV_EINVAL) {
        validate_refuse(req, res, g->provider ? "/provider" : "/question", g->why.text);
        return 0;
    }
    if (g->err)
        return reply_failed(req, res, g->err, &g->why, "session");
    if (g->text.len == 0 && reason && strcmp(reason, "error") == 0)
        return http_problem(res, req, 502, "provider_failed",
                            "No answer provider gave a word; try again or check the settings.",
                            NULL);
    return http_reply_json(res, 200, generation_json(g));
}

static bool wants_stream(const struct http_request *req, const json_t *body)
{
    const char *accept = http_header(req, "accept");

    return json_flag(body, "stream", accept && strstr(accept, "text/event-stream"));
}

static bool provider_known(const struct app *app, const char *name)
{
    size_t n;
    const struct llm_provider *p = answerer_providers(app->answerer, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].name, name) == 0)
            return true;
    return false;
}

static int load_context(struct generation *g, struct errbuf *err)
{
    const struct app *app = g->app;
    struct live_deps deps = {.loop = app->loop,
                             .lanes = app->lanes,
                             .store = app->store,
                             .seal = app->seal,
                             .answerer = app->answerer,
                             .hub = app->hub,
                             .keep = true};
    int e = g->session[0] ? session_context_load(&deps, g->user, g->session, &g->context, err) : 0;

    if (e)
        g->session[0] = '\0'; /* nothing to release */
    return e;
}

static int run_generation(const struct http_request *req, struct http_response *res,
                          struct generation *g, bool stream)
{
    struct errbuf err = {""};
    int e = load_context(g, &err);

    if (e)
        return reply_failed(req, res, e, &err, "session");
    g->refs++; /* the loop's */
    if (stream) {
        http_set_header(res, "Cache-Control", "no-store");
        return http_reply_stream(res, "text/event-stream", on_stream, g);
    }
    e = loop_post(g->app->loop, begin, g);
    if (e) {
        g->refs--;
        return http_problem(res, req, 503, "shutting_down", "The server is going away.", NULL);
    }
    wait_done(g);
    return reply_generation(req, res, g);
}

static int post_generate(const struct http_request *req, struct http_response *res)
{
    static const struct field fields[] = {
        {"sessionId", FIELD_TEXT, .min = 1, .max = ID_TEXT_MAX - 1},
        {"question", FIELD_TEXT, .min = 1, .max = QUESTION_MAX,
         .flags = FIELD_REQUIRED | FIELD_TRIM},
        {"provider", FIELD_TEXT, .min = 1, .max = 64},
        {"model", FIELD_TEXT, .min = 1, .max = 128},
        {"stream", FIELD_SWITCH, .flags = 0},
        {.name = NULL}};
    struct generation *g;
    json_t *body;
    const char *provider;
    int e;

    if (validate_body(req, res, fields, 0, &body))
        return 0;
    provider = json_str(body, "provider");
    if (provider && !provider_known(app_of(req), provider)) {
        json_decref(body);
        validate_refuse(req, res, "/provider", "No provider of this name is configured.");
        return 0;
    }
    g = generation_new(req, body);
    if (!g || !g->question) {
        json_decref(body);
        return UV_ENOMEM;
    }
    e = run_generation(req, res, g, wants_stream(req, body));
    json_decref(body);
    generation_unref(g);
    return e;
}

/* ------------------------------------------------------------- work on the loop, waited for */

/* Held by the worker that waits and by the loop that works: the worker may give up first. */
struct errand {
    const struct app *app;
    char user[HTTP_USER_MAX];
    char generation[ID_TEXT_MAX]; /* "": none */
    char session[ID_TEXT_MAX];    /* "": none */

    /* {lock} */
    uv_mutex_t lock;
    uv_cond_t wake;
    int refs;
    bool done;
    size_t interrupted;
    json_t *items;
    size_t waiting; /* loop thread: lists that are still to come */
};

static struct errand *errand_new(const struct http_request *req)
{
    struct errand *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    x->app = app_of(req);
    x->refs = 1;
    snprintf(x->user, sizeof(x->user), "%s", req->user);
    uv_mutex_init(&x->lock);
    uv_cond_init(&x->wake);
    return x;
}

static void errand_unref(struct errand *x)
{
    int left;

    uv_mutex_lock(&x->lock);
    left = --x->refs;
    uv_mutex_unlock(&x->lock);
    if (left)
        return;
    json_decref(x->items);
    uv_cond_destroy(&x->wake);
    uv_mutex_destroy(&x->lock);
    free(x);
}

/** On the loop: whoever waits may go on; the loop's hold ends. */
static void errand_done(struct errand *x)
{
    uv_mutex_lock(&x->lock);
    x->done = true;
    uv_cond_signal(&x->wake);
    uv_mutex_unlock(&x->lock);
    errand_unref(x);
}

static void interrupt_on_loop(void *arg)
{
    struct errand *x = arg;
    const char *generation = x->generation[0] ? x->generation : NULL;
    const char *session = x->session[0] ? x->session : NULL;
    struct live *live = session && x->app->live ? live_find(x->app->live, x->user, session) : NULL;

    x->interrupted = answerer_interrupt(x->app->answerer, x->user, generation, session);
    if (!x->interrupted && live)
        x->interrupted = live_interrupt(live);
    errand_done(x);
}

/** Have fn done on the loop. 0, or UV_ETIMEDOUT: it did not end in time (and may yet). */
static int run_errand(struct errand *x, void (*fn)(void *arg), uint64_t wait_ms)
{
    uint64_t until = uv_hrtime() + wait_ms * 1000000u;
    int e;

    x->refs++; /* the loop's */
    e = loop_post(x->app->loop, fn, x);
    if (e) {
        x->refs--;
        return e;
    }
    uv_mutex_lock(&x->lock);
    while (!x->done && !e) {
        uint64_t now = uv_hrtime();

        e = now >= until ? UV_ETIMEDOUT : uv_cond_timedwait(&x->wake, &x->lock, until - now);
    }
    e = x->done ? 0 : UV_ETIMEDOUT;
    uv_mutex_unlock(&x->lock);
    return e;
}

static int reply_late(const struct http_request *req, struct http_response *res, int e)
{
    if (e != UV_ETIMEDOUT)
        return http_problem(res, req, 503, "shutting_down", "The server is going away.", NULL);
    return http_problem(res, req, 503, "overloaded", "The server is too busy for this now.", NULL);
}

static void copy_id(char to[static ID_TEXT_MAX], const char *id)
{
    text_copy(to, ID_TEXT_MAX, id ? id : "", id ? strlen(id) : 0);
}

static int post_interrupt(const struct http_request *req, struct http_response *res)
{
    static const struct field fields[] = {
        {"generationId", FIELD_TEXT, .min = 1, .max = ID_TEXT_MAX - 1},
        {"sessionId", FIELD_TEXT, .min = 1, .max = ID_TEXT_MAX - 1},
        {.name = NULL}};
    struct errand *x;
    json_t *body;
    int e;

    if (validate_body(req, res, fields, BODY_NOT_EMPTY, &body))
        return 0;
    if (json_str(body, "generationId") && json_str(body, "sessionId")) {
        json_decref(body);
        validate_refuse(req, res, "/sessionId", "Give either generationId or sessionId.");
        return 0;
    }
    x = errand_new(req);
    if (!x) {
        json_decref(body);
        return UV_ENOMEM;
    }
    copy_id(x->generation, json_str(body, "generationId"));
    copy_id(x->session, json_str(body, "sessionId"));
    json_decref(body);
    e = run_errand(x, interrupt_on_loop, INTERRUPT_WAIT_MS);
    e = e ? reply_late(req, res, e)
          : http_reply_json(res, 202,
                            json_pack("{s:I}", "interrupted", (json_int_t)x->interrupted));
    errand_unref(x);
    return e;
}

/* ---------------------------------------------------------------------------------- models */

struct listing {
    struct errand *errand;
    const struct llm_provider *provider;
    json_t *names;
};

static json_t *model_info(const struct llm_provider *p, const char *model, bool available,
                          const char *note)
{
    const struct llm_preset *preset = llm_preset_find(p->name);

    return json_pack("{s:s, s:s, s:b, s:b, s:s}", "provider", p->name, "model", model ? model : "",
                     "available", available, "local", preset && preset->local, "note", note);
}

static const char *list_note(int err)
{
    switch (err) {
    case UV_EACCES:
        return "the key was refused";
    case UV_ECONNREFUSED:
        return "nothing answers at its address";
    case UV_ETIMEDOUT:
        return "it did not answer in time";
    case UV_EAGAIN:
        return "it is overloaded or failing";
    default:
        return uv_strerror(err);
    }
}

static void on_name(const char *name, int err, void *arg)
{
    struct listing *l = arg;
    struct errand *x = l->errand;

    if (name) {
        if (json_array_size(l->names) < NAMES_MAX)
            json_array_append_new(l->names, model_info(l->provider, name, true, ""));
        return;
    }
    if (err && err != UV_ECANCELED)
        json_array_append_new(l->names,
                              model_info(l->provider, l->provider->model, false, list_note(err)));
    free(l);
    if (--x->waiting == 0)
        errand_done(x);
}

static void list_on_loop(void *arg)
{
    struct errand *x = arg;
    size_t n;
    const struct llm_provider *p = answerer_providers(x->app->answerer, &n);

    x->waiting = 1;
    for (size_t i = 0; i < n; i++) {
        struct listing *l = calloc(1, sizeof(*l));
        json_t *names = json_array();

        json_array_append_new(x->items, names);
        if (p[i].driver->models && l) {
            *l = (struct listing){.errand = x, .provider = &p[i], .names = names};
            x->waiting++;
            if (p[i].driver->models(x->app->client, &p[i], on_name, l) == 0)
                continue;
            x->waiting--;
        }
        json_array_append_new(names, model_info(&p[i], p[i].model, !p[i].driver->models,
                                                p[i].driver->models ? "it cannot be asked" : ""));
        free(l);
    }
    if (--x->waiting == 0)
        errand_done(x);
}

static int get_models(const struct http_request *req, struct http_response *res)
{
    struct errand *x = errand_new(req);
    json_t *flat;
    json_t *names;
    size_t i;
    int e;

    if (!x)
        return UV_ENOMEM;
    x->items = json_array();
    e = run_errand(x, list_on_loop, MODELS_WAIT_MS);
    if (e) {
        errand_unref(x);
        return reply_late(req, res, e);
    }
    flat = json_array();
    json_array_foreach(x->items, i, names)
    {
        json_array_extend(flat, names);
    }
    errand_unref(x);
    return http_reply_json(res, 200, json_pack("{s:o}", "items", flat));
}

const struct http_route api_llm_routes[] = {
    {"POST", "/api/v1/llm/generate", post_generate, .flags = ROUTE_AUTH},
    {"POST", "/api/v1/llm/interrupt", post_interrupt, .flags = ROUTE_AUTH},
    {"GET", "/api/v1/llm/models", get_models, .flags = ROUTE_AUTH},
    {.method = NULL}};

/**
 * @file api/llm.c  Answers over REST: generate and interrupt
 *
 * Nothing here waits: a handler takes a ticket, posts its request to the loop and returns, and the
 * loop answers the ticket later (net/http.h). If the client leaves meanwhile, its generation is
 * interrupted. JSON and server-sent events are made from the messages of /ws/llm-stream
 * (api/messages.h). With a session the question goes to its live interview, so that its sockets see
 * it and the exchange is stored.
 */
#include "answer/user_chain.h"
#include "api/events.h"
#include "api/messages.h"
#include "api/presence.h"
#include "api/providers.h"
#include "api/reply.h"
#include "api/sessions.h"
#include "api/validate.h"
#include "auth/accounts.h"
#include "base/json.h"
#include "base/text.h"
#include "live/live.h"
#include "llm/provider.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUESTION_MAX = 4000,
    WAIT_MAX_MS = 300000, /* for an answer as JSON; then 503 */
    ANSWER_MAX = 1 << 20,
};

/*
 * One question over REST. Its worker makes it and posts it; from then on it is the loop's:
 *
 *     posted -> begun -> ended -> left: the ticket is answered, or the stream ended, and it is
 * freed
 *
 * A client may leave at any point.
 */
struct generation {
    const struct app *app;
    struct http_server *server;
    uint64_t ticket;
    bool wants_stream;
    char user[HTTP_USER_MAX];
    struct token_claims claims;
    struct presence_entry who; /* ends it together with the sign-in that made the request */
    char session[ID_TEXT_MAX]; /* "": none */
    char *question;
    char *provider;
    char *model;
    struct session_context context;
    struct choice *choice; /* for a question without a session */
    struct user_chain *chain;
    struct live_again again; /* .transcript_id "": a new question */

    char id[ID_TEXT_MAX];
    struct answer *answer; /* for a question without a session */
    struct live *live;
    struct live_listener *listener;
    struct loop_timer *late;
    struct events *events; /* for a stream; its ticket is used up */
    bool gone;             /* the client has left */
    bool begun;
    bool ended;
    int err;
    struct errbuf why;
    json_t *started;
    json_t *outline;
    json_t *check;
    json_t *finish;
    struct buf text; /* the answer */
};

/* -------------------------------------------------------------------------------- lifetime */

static void generation_free(struct generation *g)
{
    presence_leave(&g->who);
    timer_close(g->late);
    text_wipe(g->question);
    live_again_release(&g->again);
    free(g->provider);
    free(g->model);
    if (g->session[0])
        session_context_release(&g->context);
    providers_choice_free(g->choice);
    user_chain_close(g->chain);
    json_decref(g->started);
    json_decref(g->outline);
    json_decref(g->check);
    json_decref(g->finish);
    if (g->text.data)
        explicit_bzero(g->text.data, g->text.len);
    buf_release(&g->text);
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
    g->server = req->server;
    buf_init(&g->text, ANSWER_MAX);
    snprintf(g->user, sizeof(g->user), "%s", req->user);
    text_copy(g->session, sizeof(g->session), session ? session : "",
              session ? strlen(session) : 0);
    g->question = strdup(json_str(body, "question"));
    g->provider = provider ? strdup(provider) : NULL;
    g->model = model ? strdup(model) : NULL;
    if (!g->question || (provider && !g->provider) || (model && !g->model)) {
        g->session[0] = '\0';
        generation_free(g);
        return NULL;
    }
    return g;
}

/* ------------------------------------------------------------------------- loop: its end */

static int fill(const struct http_request *req, struct http_response *res, void *arg);

/** Outside every handler of the interview: releases it, then answers the client. */
static void leave(void *arg)
{
    struct generation *g = arg;

    live_unlisten(g->listener);
    g->listener = NULL;
    if (g->live)
        live_leave(g->live);
    g->live = NULL;
    if (!g->gone && !g->events && !http_answer_later(g->server, g->ticket, fill, g))
        return; /* it frees it */
    events_end(g->events);
    generation_free(g);
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

/** The client no longer waits: tells the provider to stop. */
static void give_up(struct generation *g, int err)
{
    if (g->ended)
        return;
    if (g->live)
        answerer_interrupt(g->app->answerer, g->user, g->id, NULL);
    answer_close(g->answer);
    g->answer = NULL;
    end(g, err, "");
}

static void on_late(void *arg)
{
    give_up(arg, UV_ETIMEDOUT);
}

static void on_signed_out(void *arg)
{
    give_up(arg, UV_EACCES);
}

static void follow_sign_in(struct generation *g)
{
    memcpy(g->who.user, g->claims.user, sizeof(g->who.user));
    memcpy(g->who.family, g->claims.family, sizeof(g->who.family));
    g->who.on_signed_out = on_signed_out;
    g->who.arg = g;
    if (g->app->presence)
        presence_follow(g->app->presence, &g->who);
}

/** The client left, before the answer or in the middle of its stream. */
static void on_gone(void *arg)
{
    struct generation *g = arg;

    g->gone = true;
    g->events = NULL;
    if (g->begun)
        give_up(g, UV_ECANCELED);
}

/* ----------------------------------------------------------------------- loop: the messages */

static void keep(json_t **slot, const struct live_event *event)
{
    json_decref(*slot);
    *slot = message_of(event);
}

static void stream_event(struct generation *g, const char *type, const struct live_event *event)
{
    struct buf out;

    if (!g->events)
        return;
    buf_init(&out, MESSAGE_MAX);
    message_write(&out, event);
    if (!out.err)
        events_say(g->events, type, out.data, out.len);
    buf_release(&out);
}

static bool is_ours(const struct generation *g, const char *generation_id)
{
    return !g->ended && strcmp(generation_id, g->id) == 0;
}

/** Events of our generation, in the order of the wire. */
static void on_event(const struct live_event *event, void *arg)
{
    struct generation *g = arg;

    if (event->kind == LIVE_STARTED && is_ours(g, event->started.generation_id)) {
        if (g->wants_stream)
            stream_event(g, "started", event);
        else
            buf_clear(&g->text); /* what an earlier provider said is void */
        json_decref(g->check);
        g->check = NULL;
        keep(&g->started, event);
    } else if (event->kind == LIVE_OUTLINE && is_ours(g, event->outline.generation_id)) {
        if (g->wants_stream)
            stream_event(g, "outline", event);
        keep(&g->outline, event);
    } else if (event->kind == LIVE_CHECK && is_ours(g, event->check.generation_id)) {
        if (g->wants_stream)
            stream_event(g, "check", event);
        keep(&g->check, event);
    } else if (event->kind == LIVE_THINKING && is_ours(g, event->thinking.generation_id)) {
        if (g->wants_stream)
            stream_event(g, "thinking", event);
    } else if (event->kind == LIVE_DELTA && is_ours(g, event->delta.generation_id)) {
        if (g->wants_stream)
            stream_event(g, "delta", event);
        else
            buf_append(&g->text, event->delta.text, event->delta.len);
    } else if (event->kind == LIVE_FINISHED && is_ours(g, event->finished.generation_id)) {
        if (g->wants_stream)
            stream_event(g, "delta", event);
        keep(&g->finish, event);
        end(g, 0, "");
    }
}

/* ------------------------------------------------------------------ loop: without a session */

static void on_answer(const struct answer_event *event, void *arg)
{
    struct generation *g = arg;
    struct live_event told;

    switch (event->kind) {
    case ANSWER_STARTED:
        told = (struct live_event){.kind = LIVE_STARTED,
                                   .started = {.generation_id = g->id,
                                               .question = g->question,
                                               .provider = event->started.provider,
                                               .model = event->started.model,
                                               .left = event->started.left,
                                               .left_count = event->started.left_count}};
        break;
    case ANSWER_OUTLINE:
        told = (struct live_event){.kind = LIVE_OUTLINE,
                                   .outline = {.generation_id = g->id,
                                               .question = g->question,
                                               .kind = event->outline.kind,
                                               .points = event->outline.points,
                                               .count = event->outline.count,
                                               .shown = event->outline.shown}};
        break;
    case ANSWER_DELTA:
        told = (struct live_event){
            .kind = LIVE_DELTA,
            .delta = {.generation_id = g->id, .text = event->delta.text, .len = event->delta.len}};
        break;
    case ANSWER_CHECK:
        told = (struct live_event){.kind = LIVE_CHECK,
                                   .check = {.generation_id = g->id,
                                             .unsupported = event->check.unsupported,
                                             .count = event->check.count}};
        break;
    case ANSWER_THINKING:
        told = (struct live_event){.kind = LIVE_THINKING, .thinking = {.generation_id = g->id}};
        break;
    case ANSWER_FINISHED:
        g->answer = NULL;
        told = (struct live_event){
            .kind = LIVE_FINISHED,
            .finished = {.generation_id = g->id,
                         .finish = event->finished->finish,
                         .latency = answer_latency(&event->finished->times, 0, 0)}};
        break;
    default:
        return;
    }
    on_event(&told, g);
}

static int begin_alone(struct generation *g, struct errbuf *why)
{
    int err = user_chain_open(&g->chain, g->app->answerer, g->user, g->choice);
    struct answer_ask ask = {.chain = g->chain,
                             .question = g->question,
                             .provider = g->provider,
                             .model = g->model,
                             .owner = g->user};

    if (!err)
        err = answer_ask(g->app->answerer, NULL, &ask, on_answer, g, &g->answer, why);

    if (!err)
        text_copy(g->id, sizeof(g->id), answer_id(g->answer), strlen(answer_id(g->answer)));
    return err;
}

static int begin_live(struct generation *g, struct errbuf *why)
{
    struct live_ask ask = {.question = g->question,
                           .provider = g->provider,
                           .model = g->model,
                           .again = g->again.transcript_id[0] ? &g->again : NULL};
    int err = live_join(g->app->live, &g->context, &g->live);

    if (!err)
        err = live_listen(g->live, on_event, g, &g->listener);
    return err ? err : live_ask(g->live, &ask, g->id, why);
}

/** A stream is answered as soon as it is certain that there will be one. */
static int begin_reply(struct generation *g)
{
    int err;

    if (!g->wants_stream) {
        err = timer_open(&g->late, g->app->loop, on_late, g);
        return err ? err : timer_start(g->late, WAIT_MAX_MS, 0);
    }
    err = events_open(&g->events, g->server, g->ticket, on_gone, g);
    if (err == UV_ENOENT)
        g->gone = true;
    return err;
}

static void begin(void *arg)
{
    struct generation *g = arg;
    struct errbuf why = {""};
    int err;

    if (g->gone) {
        generation_free(g);
        return;
    }
    g->begun = true;
    if (accounts_has_ended(g->app->accounts, &g->claims)) {
        end(g, UV_EACCES, "");
        return;
    }
    follow_sign_in(g);
    err = g->session[0] ? begin_live(g, &why) : begin_alone(g, &why);
    if (!err)
        err = begin_reply(g);
    if (err)
        end(g, err, why.text);
}

/* -------------------------------------------------------------------------------- generate */

static void copy_member(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    json_object_set_new(to, key, value ? json_incref(value) : json_null());
}

static json_t *generation_json(const struct generation *g)
{
    static const char *const started[] = {"generationId", "questionNumber", "question", "provider",
                                          "model"};
    static const char *const outline[] = {"kind", "points", "lead", "keys", "fits"};
    static const char *const finish[] = {"finishReason", "transcriptId", "latency"};
    json_t *obj = json_object();

    for (size_t i = 0; i < sizeof(started) / sizeof(started[0]); i++)
        copy_member(obj, g->started, started[i]);
    for (size_t i = 0; i < sizeof(outline) / sizeof(outline[0]); i++)
        copy_member(obj, g->outline, outline[i]);
    for (size_t i = 0; i < sizeof(finish) / sizeof(finish[0]); i++)
        copy_member(obj, g->finish, finish[i]);
    if (json_object_get(g->started, "replaced"))
        copy_member(obj, g->started, "replaced");
    if (json_array_size(json_object_get(g->check, "unsupported")))
        copy_member(obj, g->check, "unsupported");
    json_set_text(obj, "answer", g->text.data ? g->text.data : "", g->text.len);
    return obj;
}

static int reply_generation(const struct http_request *req, struct http_response *res,
                            const struct generation *g)
{
    const char *reason = json_str(g->finish, "finishReason");

    if (g->err == UV_ETIMEDOUT)
        return http_problem(res, req, 503, "overloaded", "The answer takes too long.", NULL);
    if (g->err == UV_ECANCELED)
        return http_problem(res, req, 503, "shutting_down", "The server is going away.", NULL);
    if (g->err == UV_EACCES) {
        http_set_header(res, "WWW-Authenticate", "Bearer");
        return http_problem(res, req, 401, "unauthorized", "This sign-in was ended.", NULL);
    }
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

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    int err = reply_generation(req, res, arg);

    generation_free(arg);
    return err;
}

static bool wants_stream(const struct http_request *req, const json_t *body)
{
    const char *accept = http_header(req, "accept");

    return json_flag(body, "stream", accept && strstr(accept, "text/event-stream"));
}

static int load_context(struct generation *g, struct errbuf *why)
{
    const struct app *app = g->app;
    struct live_deps deps = {.loop = app->loop,
                             .lanes = app->lanes,
                             .store = app->store,
                             .seal = app->seal,
                             .answerer = app->answerer,
                             .hub = app->hub,
                             .keep = true};
    int err =
        g->session[0] ? session_context_load(&deps, g->user, g->session, &g->context, why) : 0;

    if (err) {
        g->session[0] = '\0'; /* nothing to release */
        return err;
    }
    if (g->session[0] && !g->again.transcript_id[0])
        err = store_session_resume(app->store, g->user, g->session, why);
    return err ? err
               : providers_choice(app, g->user, g->session[0] ? &g->context.choice : &g->choice,
                                  why);
}

static int post_to_loop(const struct http_request *req, struct http_response *res,
                        struct generation *g)
{
    struct errbuf why = {""};
    int err = request_who(req, &g->claims);

    if (err) { /* it has expired since the first check */
        g->session[0] = '\0';
        generation_free(g);
        return UV_EACCES;
    }
    err = load_context(g, &why);

    if (err) {
        generation_free(g);
        return reply_failed(req, res, err, &why, "session");
    }
    http_reply_later(res, &g->ticket);
    http_later_on_gone(res, on_gone, g);
    err = loop_post(g->app->loop, begin, g);
    if (err)
        generation_free(g);
    return err;
}

/* A question to be asked again in its old place. 1: answered. */
static int find_again(const struct http_request *req, struct http_response *res, const json_t *body,
                      struct generation *g)
{
    const char *id = json_str(body, "transcriptId");
    char session[ID_TEXT_MAX];
    struct errbuf why = {""};
    int err = id ? transcript_again(app_of(req), req->user, id, &g->again, session, &why) : 0;

    if (!id)
        return 0;
    if (err == UV_EINVAL)
        return validate_refuse(req, res, "/transcriptId", "must be that of a question");
    if (err) {
        reply_failed(req, res, err, &why, "transcript");
        return 1;
    }
    if (g->session[0] && strcmp(g->session, session) != 0)
        return validate_refuse(req, res, "/transcriptId", "must be of the session");
    memcpy(g->session, session, sizeof(g->session));
    return 0;
}

static int post_generate(const struct http_request *req, struct http_response *res)
{
    static const struct field fields[] = {{"sessionId", FIELD_ID, .max = ID_TEXT_MAX - 1},
                                          {"question", FIELD_TEXT, .min = 1, .max = QUESTION_MAX,
                                           .flags = FIELD_REQUIRED | FIELD_TRIM},
                                          {"provider", FIELD_TEXT, .min = 1, .max = 64},
                                          {"model", FIELD_TEXT, .min = 1, .max = 128},
                                          {"transcriptId", FIELD_ID, .max = ID_TEXT_MAX - 1},
                                          {"stream", FIELD_SWITCH, .flags = 0},
                                          {.name = NULL}};
    struct generation *g;
    json_t *body;

    if (validate_body(req, res, fields, 0, &body))
        return 0;
    g = generation_new(req, body);
    if (g)
        g->wants_stream = wants_stream(req, body);
    if (g && find_again(req, res, body, g)) {
        g->session[0] = '\0'; /* nothing to release */
        generation_free(g);
        json_decref(body);
        return 0;
    }
    json_decref(body);
    return g ? post_to_loop(req, res, g) : UV_ENOMEM;
}

/* ------------------------------------------------------------------------------- interrupt */

struct interruption {
    const struct app *app;
    struct http_server *server;
    uint64_t ticket;
    char user[HTTP_USER_MAX];
    char generation[ID_TEXT_MAX]; /* "": none */
    char session[ID_TEXT_MAX];    /* "": none */
    size_t interrupted;
    bool gone; /* the client has left, or the server with it */
};

static void interruption_gone(void *arg)
{
    ((struct interruption *)arg)->gone = true;
}

static int fill_interrupted(const struct http_request *req, struct http_response *res, void *arg)
{
    struct interruption *x = arg;
    json_int_t n = (json_int_t)x->interrupted;

    (void)req;
    free(x);
    return http_reply_json(res, 202, json_pack("{s:I}", "interrupted", n));
}

static void interrupt_on_loop(void *arg)
{
    struct interruption *x = arg;
    const char *generation = x->generation[0] ? x->generation : NULL;
    const char *session = x->session[0] ? x->session : NULL;
    struct live *live = session && x->app->live ? live_find(x->app->live, x->user, session) : NULL;

    x->interrupted = answerer_interrupt(x->app->answerer, x->user, generation, session);
    if (!x->interrupted && live)
        x->interrupted = live_interrupt(live);
    if (x->gone || http_answer_later(x->server, x->ticket, fill_interrupted, x))
        free(x);
}

static void copy_id(char to[static ID_TEXT_MAX], const char *id)
{
    text_copy(to, ID_TEXT_MAX, id ? id : "", id ? strlen(id) : 0);
}

static int post_interrupt(const struct http_request *req, struct http_response *res)
{
    static const struct field fields[] = {{"generationId", FIELD_ID, .max = ID_TEXT_MAX - 1},
                                          {"sessionId", FIELD_ID, .max = ID_TEXT_MAX - 1},
                                          {.name = NULL}};
    struct interruption *x;
    json_t *body;
    int err;

    if (validate_body(req, res, fields, BODY_NOT_EMPTY, &body))
        return 0;
    if (json_str(body, "generationId") && json_str(body, "sessionId")) {
        json_decref(body);
        validate_refuse(req, res, "/sessionId", "Give either generationId or sessionId.");
        return 0;
    }
    x = calloc(1, sizeof(*x));
    if (!x) {
        json_decref(body);
        return UV_ENOMEM;
    }
    x->app = app_of(req);
    x->server = req->server;
    snprintf(x->user, sizeof(x->user), "%s", req->user);
    copy_id(x->generation, json_str(body, "generationId"));
    copy_id(x->session, json_str(body, "sessionId"));
    json_decref(body);
    http_reply_later(res, &x->ticket);
    http_later_on_gone(res, interruption_gone, x);
    err = loop_post(x->app->loop, interrupt_on_loop, x);
    if (err)
        free(x);
    return err;
}

const struct http_route api_llm_routes[] = {
    {"POST", "/api/v1/llm/generate", post_generate, .flags = ROUTE_AUTH, .types = HTTP_JSON},
    {"POST", "/api/v1/llm/interrupt", post_interrupt, .flags = ROUTE_AUTH, .types = HTTP_JSON},
    {.method = NULL},
};

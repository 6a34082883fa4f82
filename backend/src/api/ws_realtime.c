/**
 * @file api/ws_realtime.c  WS /v1/realtime: the events of OpenAI's realtime transcription
 *
 * The same hearing as /ws/transcribe (live/asr_session.h) without a session of ours: nothing is
 * asked, answered or kept. A socket has one ear at a time, made for its settings with the first
 * audio; other settings, and a buffer that is cleared, make another one, while the one before tells
 * the rest of what it was given. Each utterance is an item with an id of its own.
 *
 *     SIGNING_IN -> OPEN -> CLOSED
 *
 * A personal key is looked up by a worker; what comes meanwhile waits.
 */
#include "api/sockets.h"

#include "api/app.h"
#include "api/presence.h"
#include "api/realtime.h"
#include "api/socket.h"
#include "api/ws_messages.h"
#include "asr/nets.h"
#include "audio/g711.h"
#include "auth/accounts.h"
#include "auth/api_keys.h"
#include "auth/ratelimit.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "net/address.h"
#include "observe/log.h"
#include "observe/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char path[] = "/v1/realtime";
static const char key_protocol[] = "openai-insecure-api-key.";

enum {
    MESSAGE_MAX = 512 << 10, /* 8 s of samples: what the loop takes at a time, [bytes] */
    WAITING_MAX = 1 << 20,   /* while a key is looked up, [bytes] */
    EVENT_MAX = 1 << 20,     /* of ours, [bytes] */
    KEY_MAX = TOKEN_TEXT_MAX,
    NAME_MAX_LEN = ID_TEXT_MAX + 8, /* "item_" and an id */
};

/* What was said in one go. */
struct item {
    struct item *next;
    uint32_t utterance;
    char id[NAME_MAX_LEN];
    uint64_t begin_ms; /* of its audio, in the socket's time */
    uint64_t end_ms;
    bool committed;  /* its end was told: its words are owed */
    struct buf told; /* of its words */
};

/* A hearing with certain settings. */
struct ear {
    struct ear *next;
    struct realtime *rt;
    struct asr_session *hearing;
    bool commits;     /* the client says where an utterance ends */
    bool cleared;     /* what is not committed is of no interest any more */
    uint64_t base_ms; /* audio of this socket before it */
    struct item *items;
};

struct waiting {
    struct waiting *next;
    size_t len;
    char data[];
};

enum state { SIGNING_IN, OPEN, CLOSED };

struct realtime {
    struct app *app;
    struct ws *ws; /* NULL once it is gone */
    uint64_t id;   /* in app->sockets */
    enum state state;
    enum realtime_dialect dialect;
    char name[NAME_MAX_LEN]; /* of the session */
    struct presence_entry who;
    int64_t expires_at; /* of the access token, [ms] since 1970; 0: a key, which does not */
    struct loop_timer *timer;
    char peer[64];
    struct realtime_settings settings;
    struct ear *ear;  /* the one that hears now; NULL: none */
    struct ear *ears; /* all of them */
    uint64_t fed;     /* samples at .fed_rate, */
    uint64_t fed_ms;  /* behind so much audio at other rates */
    bool has_odd;     /* half a sample waits */
    unsigned char odd;
    bool committing; /* the client's own commit: nobody stopped speaking */
    char last_item[NAME_MAX_LEN];
    struct waiting *first, **last;
    size_t waiting_bytes;
};

/* -------------------------------------------------------------------------------- telling */

static void new_name(char to[static NAME_MAX_LEN], const char *prefix)
{
    char id[ID_TEXT_MAX];

    id_new(id);
    snprintf(to, NAME_MAX_LEN, "%s_%s", prefix, id);
}

/* event: with all but what every event has; stolen. */
static void tell(struct realtime *rt, const char *type, json_t *event)
{
    char id[NAME_MAX_LEN];
    struct buf out;

    new_name(id, "event");
    json_set_str(event, "type", type);
    json_set_str(event, "event_id", id);
    buf_init(&out, EVENT_MAX);
    if (rt->ws && !json_write(&out, event))
        ws_send(rt->ws, out.data, out.len, WS_KEEP, 0);
    buf_release(&out);
    json_decref(event);
}

struct trouble {
    const char *type; /* NULL: invalid_request_error */
    const char *code;
    const char *param; /* (optional) */
    const char *event; /* (optional) of the client */
};

static void tell_error(struct realtime *rt, const struct trouble *t, const char *message)
{
    json_t *error = json_object();

    json_set_str(error, "type", t->type ? t->type : "invalid_request_error");
    json_set_str(error, "code", t->code);
    json_set_text(error, "message", message, strlen(message));
    json_set_str(error, "param", t->param);
    json_set_str(error, "event_id", t->event);
    tell(rt, "error", json_pack("{s:o}", "error", error));
}

static void drop_waiting(struct realtime *rt)
{
    struct waiting *next;

    for (struct waiting *w = rt->first; w; w = next) {
        next = w->next;
        free(w);
    }
    rt->first = NULL;
    rt->last = &rt->first;
    rt->waiting_bytes = 0;
}

/* An error that is the last word. */
static void end_with(struct realtime *rt, const struct trouble *t, const char *message, int close)
{
    if (rt->state == CLOSED)
        return;
    tell_error(rt, t, message);
    rt->state = CLOSED;
    timer_stop(rt->timer);
    presence_leave(&rt->who);
    drop_waiting(rt);
    if (rt->ws)
        ws_close(rt->ws, close, t->code);
}

static void tell_session(struct realtime *rt, bool created)
{
    static const char *const types[2][2] = {
        [REALTIME_GA] = {"session.updated", "session.created"},
        [REALTIME_BETA] = {"transcription_session.updated", "transcription_session.created"},
    };

    tell(rt, types[rt->dialect][created],
         json_pack("{s:o}", "session",
                   realtime_write(&rt->settings, rt->dialect, rt->name, rt->expires_at / 1000)));
}

/* -------------------------------------------------------------------------------- items */

static struct item *find_item(const struct ear *ear, uint32_t utterance)
{
    struct item *item = ear->items;

    while (item && item->utterance != utterance)
        item = item->next;
    return item;
}

static void drop_item(struct ear *ear, struct item *item)
{
    struct item **at = &ear->items;

    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    buf_release(&item->told);
    free(item);
}

static void tell_delta(struct ear *ear, const struct item *item, const char *text, size_t len)
{
    json_t *event = json_pack("{s:s, s:i}", "item_id", item->id, "content_index", 0);

    json_set_text(event, "delta", text, len);
    tell(ear->rt, "conversation.item.input_audio_transcription.delta", event);
}

/* Words that will not change, as far as they were not told. */
static void tell_words(struct ear *ear, struct item *item, const char *text, size_t len)
{
    size_t told = item->told.len;

    len = utf8_floor(text, strlen(text), len);
    if (len <= told || (told && memcmp(text, item->told.data, told) != 0))
        return;
    if (!buf_append(&item->told, text + told, len - told))
        tell_delta(ear, item, text + told, len - told);
}

static json_t *message_item(const struct item *item)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[{s:s, s:n}]}", "id", item->id, "object",
                     "realtime.item", "type", "message", "status", "completed", "role", "user",
                     "content", "type", "input_audio", "transcript");
}

static void tell_item(struct realtime *rt, const struct item *item, const char *type)
{
    json_t *event = json_pack("{s:o}", "item", message_item(item));

    json_set_str(event, "previous_item_id", rt->last_item[0] ? rt->last_item : NULL);
    tell(rt, type, event);
}

static void commit(struct ear *ear, struct item *item)
{
    struct realtime *rt = ear->rt;
    json_t *event;

    item->committed = true;
    if (!ear->commits && !rt->committing)
        tell(
            rt, "input_audio_buffer.speech_stopped",
            json_pack("{s:s, s:I}", "item_id", item->id, "audio_end_ms", (json_int_t)item->end_ms));
    event = json_pack("{s:s}", "item_id", item->id);
    json_set_str(event, "previous_item_id", rt->last_item[0] ? rt->last_item : NULL);
    tell(rt, "input_audio_buffer.committed", event);
    if (rt->dialect == REALTIME_BETA) {
        tell_item(rt, item, "conversation.item.created");
    } else {
        tell_item(rt, item, "conversation.item.added");
        tell_item(rt, item, "conversation.item.done");
    }
    memcpy(rt->last_item, item->id, sizeof(rt->last_item));
}

/* -------------------------------------------------------------------------------- an ear */

static void ear_close(struct ear *ear)
{
    struct realtime *rt = ear->rt;
    struct ear **at = &rt->ears;

    while (*at != ear)
        at = &(*at)->next;
    *at = ear->next;
    if (rt->ear == ear)
        rt->ear = NULL;
    asr_session_close(ear->hearing);
    while (ear->items)
        drop_item(ear, ear->items);
    loop_free_later(rt->app->loop, ear, free);
}

static void on_begin(uint32_t utterance, uint64_t audio_ms, void *arg)
{
    struct ear *ear = arg;
    struct item *item = calloc(1, sizeof(*item));

    if (!item) {
        end_with(ear->rt, &(struct trouble){.type = "server_error", .code = "internal"},
                 "out of memory", SOCKET_CLOSE_FAILED);
        return;
    }
    item->utterance = utterance;
    item->begin_ms = item->end_ms = ear->base_ms + audio_ms;
    buf_init(&item->told, EVENT_MAX);
    new_name(item->id, "item");
    item->next = ear->items;
    ear->items = item;
    if (!ear->commits)
        tell(ear->rt, "input_audio_buffer.speech_started",
             json_pack("{s:s, s:I}", "item_id", item->id, "audio_start_ms",
                       (json_int_t)item->begin_ms));
}

static void on_end(uint32_t utterance, uint64_t end_ms, void *arg)
{
    struct ear *ear = arg;
    struct item *item = find_item(ear, utterance);

    if (!item || ear->cleared || ear->rt->state == CLOSED)
        return;
    item->end_ms = ear->base_ms + end_ms;
    commit(ear, item);
}

static void on_partial(uint32_t utterance, const struct asr_result *res, uint64_t start_ms,
                       uint64_t end_ms, void *arg)
{
    struct ear *ear = arg;
    struct item *item = find_item(ear, utterance);

    (void)start_ms, (void)end_ms;
    /* Before its commit, the client does not know of an item whose end it tells itself. */
    if (item && (item->committed || (!ear->commits && !ear->cleared)))
        tell_words(ear, item, res->text, res->stable);
}

static void on_final(const struct asr_session_final *final, void *arg)
{
    struct ear *ear = arg;
    struct item *item = find_item(ear, final->utterance);
    const char *text = final->result->text;
    uint64_t ms;
    json_t *event;

    if (!item)
        return;
    if (item->committed) {
        ms = item->end_ms > item->begin_ms ? item->end_ms - item->begin_ms : 0;
        tell_words(ear, item, text, strlen(text));
        event =
            json_pack("{s:s, s:i, s:{s:s, s:o}}", "item_id", item->id, "content_index", 0, "usage",
                      "type", "duration", "seconds", json_thousandths((double)ms / 1000.0));
        json_set_text(event, "transcript", text, strlen(text));
        tell(ear->rt, "conversation.item.input_audio_transcription.completed", event);
    }
    drop_item(ear, item);
}

static void on_error(int err, const char *message, void *arg)
{
    struct ear *ear = arg;
    const struct trouble trouble = {.type = "server_error",
                                    .code = err == UV_EAGAIN ? "overloaded" : "unavailable"};

    for (const struct item *item = ear->items; item; item = item->next) {
        json_t *event;

        if (!item->committed)
            continue;
        event = json_pack("{s:s, s:i, s:{s:s, s:s, s:s}}", "item_id", item->id, "content_index", 0,
                          "error", "type", trouble.type, "code", trouble.code, "message", message);
        tell(ear->rt, "conversation.item.input_audio_transcription.failed",
             event ? event : json_object());
    }
    end_with(ear->rt, &trouble, message,
             err == UV_EAGAIN || err == UV_ENOBUFS ? SOCKET_CLOSE_FULL : SOCKET_CLOSE_FAILED);
}

static void on_done(void *arg)
{
    ear_close(arg);
}

static const struct asr_session_handlers hears = {
    .on_begin = on_begin,
    .on_end = on_end,
    .on_partial = on_partial,
    .on_final = on_final,
    .on_error = on_error,
    .on_done = on_done,
};

static bool open_ear(struct realtime *rt)
{
    struct asr_session_params params = realtime_hearing(&rt->settings, rt->app->nets);
    struct errbuf why = {""};
    struct ear *ear;
    int err;

    if (rt->ear)
        return true;
    if (presence_listen(&rt->who)) {
        end_with(rt, &(struct trouble){.type = "rate_limit_error", .code = "rate_limit_exceeded"},
                 "As many streams of this user are heard as may be at a time.", SOCKET_CLOSE_FULL);
        return false;
    }
    asr_nets_look(rt->app->nets);
    ear = calloc(1, sizeof(*ear));
    err =
        ear ? asr_session_open(&ear->hearing, rt->app->hub, &params, &hears, ear, &why) : UV_ENOMEM;
    if (err) {
        free(ear);
        end_with(rt, &(struct trouble){.type = "server_error", .code = "unavailable"},
                 why.text[0] ? why.text : uv_strerror(err), SOCKET_CLOSE_FAILED);
        return false;
    }
    ear->rt = rt;
    ear->commits = rt->settings.turns == REALTIME_COMMIT;
    ear->base_ms = rt->fed_ms;
    ear->next = rt->ears;
    rt->ears = rt->ear = ear;
    rt->fed = 0;
    return true;
}

/* It tells the rest of what it was given; the next audio is for another one. */
static void retire_ear(struct realtime *rt)
{
    struct ear *ear = rt->ear;

    rt->has_odd = false;
    if (!ear)
        return;
    rt->ear = NULL;
    rt->fed_ms += rt->fed * 1000 / (uint64_t)realtime_rate(&rt->settings);
    rt->fed = 0;
    asr_session_stop(ear->hearing);
}

/* ----------------------------------------------------------------------- what clients say */

static void on_update(struct realtime *rt, const json_t *msg, enum realtime_dialect dialect)
{
    struct realtime_settings next = rt->settings;
    struct realtime_complaint why;

    if (!realtime_read(rt->app, json_object_get(msg, "session"), dialect, &next, &why)) {
        tell_error(rt,
                   &(struct trouble){.code = "invalid_value",
                                     .param = why.param,
                                     .event = json_str(msg, "event_id")},
                   why.text);
        return;
    }
    retire_ear(rt);
    rt->dialect = dialect;
    rt->settings = next;
    tell_session(rt, false);
}

/* len bytes of a message into samples: bytes has room for one more before it. */
static size_t to_samples(struct realtime *rt, const unsigned char *bytes, size_t len, int16_t *pcm)
{
    size_t n = 0;

    if (rt->settings.format != REALTIME_PCM16) {
        g711_decode(rt->settings.format == REALTIME_MU_LAW ? G711_MU : G711_A, bytes, len, pcm);
        return len;
    }
    if (rt->has_odd && len) {
        pcm[n++] = (int16_t)(rt->odd | bytes[0] << 8);
        bytes++;
        len--;
        rt->has_odd = false;
    }
    for (; len >= 2; bytes += 2, len -= 2)
        pcm[n++] = (int16_t)(bytes[0] | bytes[1] << 8);
    if (len) {
        rt->odd = bytes[0];
        rt->has_odd = true;
    }
    return n;
}

static void on_append(struct realtime *rt, const json_t *msg)
{
    const struct trouble bad = {
        .code = "invalid_value", .param = "audio", .event = json_str(msg, "event_id")};
    const char *text = json_str(msg, "audio");
    size_t len = text ? strlen(text) : 0;
    unsigned char *bytes = malloc(ws_base64_room(len));
    int16_t *pcm = malloc((len + 1) * sizeof(*pcm));
    int n = text && bytes && pcm ? ws_base64_decode(text, len, bytes) : -1;

    if (n < 0) {
        tell_error(rt, &bad, "audio must be base64 (RFC 4648) of samples");
    } else if (n && open_ear(rt)) {
        size_t samples = to_samples(rt, bytes, (size_t)n, pcm);

        rt->fed += samples;
        if (samples) /* what it refuses it has told (on_error) */
            asr_session_feed(rt->ear->hearing, pcm, samples);
    }
    free(bytes);
    free(pcm);
}

static bool has_open_item(const struct ear *ear)
{
    for (const struct item *item = ear ? ear->items : NULL; item; item = item->next)
        if (!item->committed)
            return true;
    return false;
}

static void on_commit(struct realtime *rt, const json_t *msg)
{
    if (!has_open_item(rt->ear)) {
        tell_error(rt,
                   &(struct trouble){.code = "input_audio_buffer_commit_empty",
                                     .event = json_str(msg, "event_id")},
                   "There is nothing to commit: no audio came, or nobody speaks in it.");
        return;
    }
    rt->committing = true;
    asr_session_end_utterance(rt->ear->hearing);
    rt->committing = false;
}

static void on_clear(struct realtime *rt)
{
    if (rt->ear)
        rt->ear->cleared = true;
    retire_ear(rt);
    tell(rt, "input_audio_buffer.cleared", json_object());
}

static void on_message(struct realtime *rt, const json_t *msg)
{
    const char *type = json_str(msg, "type");
    const struct trouble unknown = {
        .code = "unknown_event", .param = "type", .event = json_str(msg, "event_id")};

    if (!type)
        tell_error(rt, &unknown, "An event is one JSON object with a type.");
    else if (!strcmp(type, "input_audio_buffer.append"))
        on_append(rt, msg);
    else if (!strcmp(type, "input_audio_buffer.commit"))
        on_commit(rt, msg);
    else if (!strcmp(type, "input_audio_buffer.clear"))
        on_clear(rt);
    else if (!strcmp(type, "session.update"))
        on_update(rt, msg, REALTIME_GA);
    else if (!strcmp(type, "transcription_session.update"))
        on_update(rt, msg, REALTIME_BETA);
    else
        tell_error(rt, &unknown,
                   "Here is transcription alone: session.update, transcription_session.update, "
                   "input_audio_buffer.append, .commit and .clear are taken.");
}

/* -------------------------------------------------------------------------------- signing in */

static void on_signed_out(void *arg)
{
    end_with(arg, &(struct trouble){.code = "invalid_api_key"}, "This key or sign-in was ended.",
             SOCKET_CLOSE_SIGN_IN);
}

static void on_expired(void *arg)
{
    end_with(arg, &(struct trouble){.code = "session_expired"},
             "The access token has expired; a personal key does not.", SOCKET_CLOSE_SIGN_IN);
}

static void refuse(struct realtime *rt)
{
    end_with(rt, &(struct trouble){.code = "invalid_api_key"},
             "The key is not one of this server's, or was ended. It goes into Authorization: "
             "Bearer, or the subprotocol openai-insecure-api-key.",
             SOCKET_CLOSE_SIGN_IN);
}

static void sign_in(struct realtime *rt, const struct token_claims *claims, bool is_key)
{
    memcpy(rt->who.user, claims->user, sizeof(rt->who.user));
    memcpy(rt->who.family, claims->family, sizeof(rt->who.family));
    rt->who.on_signed_out = on_signed_out;
    rt->who.arg = rt;
    if (presence_join(rt->app->presence, &rt->who)) {
        end_with(rt, &(struct trouble){.type = "rate_limit_error", .code = "rate_limit_exceeded"},
                 "Too many sockets of this user are open.", SOCKET_CLOSE_FULL);
        return;
    }
    if (!is_key) {
        int64_t left = claims->expires_at - clock_unix_ms();

        rt->expires_at = claims->expires_at;
        timer_start(rt->timer, left > 0 ? (uint64_t)left : 0, 0);
    }
    rt->state = OPEN;
    tell_session(rt, true);
}

static void take(struct realtime *rt, const char *text, size_t len)
{
    json_t *msg = json_parse(text, len);

    on_message(rt, msg);
    json_decref(msg);
}

static void take_waiting(struct realtime *rt)
{
    while (rt->first && rt->state == OPEN) {
        struct waiting *w = rt->first;

        rt->first = w->next;
        if (!rt->first)
            rt->last = &rt->first;
        rt->waiting_bytes -= w->len;
        take(rt, w->data, w->len);
        free(w);
    }
}

/* A key on its way to a worker and back. */
struct check {
    struct app *app;
    uint64_t socket;
    char peer[64];
    char key[KEY_MAX];
    struct token_claims claims;
    bool limited;
    int err;
};

static void look_up(void *arg)
{
    struct check *c = arg;
    struct ratelimit *limit = c->app->stranger_limit;
    struct ratelimit_state state;
    char address[64];

    c->err = api_key_verify(c->app->accounts, c->key, strlen(c->key), clock_unix_ms(), &c->claims);
    explicit_bzero(c->key, sizeof(c->key));
    if (!c->err)
        return;
    address_network(c->peer, address); /* who tries keys is slowed down */
    c->limited = limit && !ratelimit_take(limit, address, clock_mono_ms(), &state);
}

static void looked_up(int err, void *arg)
{
    struct check *c = arg;
    struct realtime *rt = slots_get(&c->app->sockets, c->socket);

    if (!rt || rt->state != SIGNING_IN) {
        ; /* nobody wants it any more */
    } else if (err || (c->err && c->err != UV_EACCES)) {
        end_with(rt, &(struct trouble){.type = "server_error", .code = "unavailable"},
                 "The key cannot be looked up just now.", SOCKET_CLOSE_FULL);
    } else if (c->limited) {
        end_with(rt, &(struct trouble){.type = "rate_limit_error", .code = "rate_limit_exceeded"},
                 "That was too often; wait a little.", SOCKET_CLOSE_FULL);
    } else if (c->err) {
        refuse(rt);
    } else {
        sign_in(rt, &c->claims, true);
        take_waiting(rt);
    }
    explicit_bzero(c, sizeof(*c));
    free(c);
}

static void check_key(struct realtime *rt, const char *key)
{
    struct token_claims claims;
    struct check *c;

    if (!api_key_is(key)) {
        if (accounts_verify(rt->app->accounts, key, strlen(key), clock_unix_ms(), &claims))
            refuse(rt);
        else
            sign_in(rt, &claims, false);
        return;
    }
    c = calloc(1, sizeof(*c));
    if (c) {
        c->app = rt->app;
        c->socket = rt->id;
        snprintf(c->peer, sizeof(c->peer), "%s", rt->peer);
        text_copy(c->key, sizeof(c->key), key, strlen(key));
    }
    if (!c || lane_submit(rt->app->lanes, LANE_REQUEST, look_up, looked_up, c)) {
        free(c);
        end_with(rt, &(struct trouble){.type = "server_error", .code = "overloaded"},
                 "The server is busy; try again in a moment.", SOCKET_CLOSE_FULL);
    }
}

/* Of the Authorization header; a browser, which can set none, offers it as a subprotocol. */
static bool find_key(const struct http_request *req, char key[static KEY_MAX])
{
    const char *bearer = http_header(req, "authorization");
    const char *offered = http_header(req, "sec-websocket-protocol");
    const char *at = NULL;
    size_t len;

    if (bearer && !strncasecmp(bearer, "Bearer ", 7))
        at = bearer + 7 + strspn(bearer + 7, " ");
    else if (offered && (at = strstr(offered, key_protocol)))
        at += sizeof(key_protocol) - 1;
    len = at ? strcspn(at, ", \t") : 0;
    if (!len || len >= KEY_MAX)
        return false;
    text_copy(key, KEY_MAX, at, len);
    return true;
}

/* -------------------------------------------------------------------------------- the route */

static bool is_beta(const struct http_request *req)
{
    const char *header = http_header(req, "openai-beta");
    const char *offered = http_header(req, "sec-websocket-protocol");

    return (header && strstr(header, "realtime=v1")) ||
           (offered && strstr(offered, "openai-beta.realtime-v1"));
}

/* What its address names: the model, unless it is one that speaks and only its intent counts. */
static bool take_address(struct realtime *rt, const struct http_request *req)
{
    const char *model = http_query(req, "model"), *intent = http_query(req, "intent");

    if (!model || !*model)
        return true;
    if (strlen(model) < sizeof(rt->settings.model) && compat_hears(rt->app, model)) {
        text_copy(rt->settings.model, sizeof(rt->settings.model), model, strlen(model));
        return true;
    }
    return intent && !strcmp(intent, "transcription");
}

static void begin(struct realtime *rt, const struct http_request *req)
{
    char key[KEY_MAX] = "";

    if (!rt->app->hub)
        end_with(rt, &(struct trouble){.type = "server_error", .code = "unavailable"},
                 "No recogniser is set up.", SOCKET_CLOSE_FAILED);
    else if (!find_key(req, key))
        refuse(rt);
    else if (!take_address(rt, req))
        end_with(rt, &(struct trouble){.code = "model_not_found", .param = "model"},
                 "Nothing of that name hears here; whisper-1 is whatever does, and "
                 "GET /v1/models lists what there is.",
                 SOCKET_CLOSE_RULES);
    else
        check_key(rt, key);
    explicit_bzero(key, sizeof(key));
}

static int on_open(struct ws *ws, const struct http_request *req, void *arg, void **ctx)
{
    struct app *app = arg;
    struct realtime *rt = calloc(1, sizeof(*rt));

    if (!rt)
        return SOCKET_CLOSE_FAILED;
    *rt = (struct realtime){.app = app, .ws = ws, .settings = realtime_defaults()};
    rt->last = &rt->first;
    rt->id = slots_add(&app->sockets, rt);
    if (!rt->id || timer_open(&rt->timer, app->loop, on_expired, rt)) {
        slots_drop(&app->sockets, rt->id);
        free(rt);
        return SOCKET_CLOSE_FAILED;
    }
    new_name(rt->name, "sess");
    rt->dialect = is_beta(req) ? REALTIME_BETA : REALTIME_GA;
    snprintf(rt->peer, sizeof(rt->peer), "%s", req->peer ? req->peer : "");
    ws_set_message_max(ws, MESSAGE_MAX);
    metric_add(METRIC_WS_CONNECTIONS, 1, path);
    *ctx = rt;
    begin(rt, req);
    return 0;
}

static void wait_for_turn(struct realtime *rt, const char *text, size_t len)
{
    struct waiting *w;

    w = rt->waiting_bytes + len > WAITING_MAX ? NULL : malloc(sizeof(*w) + len);
    if (!w) {
        end_with(rt, &(struct trouble){.type = "server_error", .code = "overloaded"},
                 "Too much was sent before session.created.", SOCKET_CLOSE_FULL);
        return;
    }
    *w = (struct waiting){.len = len};
    memcpy(w->data, text, len);
    *rt->last = w;
    rt->last = &w->next;
    rt->waiting_bytes += len;
}

static void on_text(struct ws *ws, const char *text, size_t len, void *ctx)
{
    struct realtime *rt = ctx;

    (void)ws;
    if (rt->state == SIGNING_IN)
        wait_for_turn(rt, text, len);
    else if (rt->state == OPEN)
        take(rt, text, len);
}

static void on_binary(struct ws *ws, const void *data, size_t len, void *ctx)
{
    (void)ws, (void)data, (void)len;
    end_with(ctx, &(struct trouble){.code = "unknown_event"},
             "Audio comes as input_audio_buffer.append; binary messages are not taken.",
             SOCKET_CLOSE_RULES);
}

static void realtime_free(void *arg)
{
    struct realtime *rt = arg;

    explicit_bzero(&rt->settings, sizeof(rt->settings)); /* a prompt tells of its speaker */
    free(rt);
}

static void on_close(struct ws *ws, int code, void *ctx)
{
    struct realtime *rt = ctx;
    char text[12];

    (void)ws;
    snprintf(text, sizeof(text), "%d", code);
    metric_add(METRIC_WS_CONNECTIONS, -1, path);
    metric_add(METRIC_WS_CLOSED, 1, path, code >= 1000 && code <= 1015 ? text : "other");
    rt->ws = NULL;
    rt->state = CLOSED;
    slots_drop(&rt->app->sockets, rt->id);
    timer_close(rt->timer);
    presence_leave(&rt->who);
    while (rt->ears)
        ear_close(rt->ears);
    drop_waiting(rt);
    loop_free_later(rt->app->loop, rt, realtime_free);
}

const struct ws_handlers ws_realtime_handlers = {
    .on_open = on_open,
    .on_text = on_text,
    .on_binary = on_binary,
    .on_close = on_close,
};

/**
 * @file asr/openai.c  A remote recogniser: POST {base}/audio/transcriptions
 *
 * The protocol of OpenAI's "Create transcription" (API reference, Audio), which Groq, speaches,
 * LocalAI and whisper.cpp's server (at /inference) speak too. An utterance is collected and sent as
 * a WAV file when it ends; there are no partials. `verbose_json` returns words and confidence; a
 * server that refuses it is asked for `json` from then on.
 *
 * A call that failed for a reason that may pass (no connection, 429 with a short wait, 5xx) is
 * repeated here once or twice: transcribing twice does no harm. Longer failures are left to the
 * hub, which has the audio.
 */
#include "asr/engine.h"
#include "asr/openai_answer.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"
#include "net/client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORKERS = 8,
    UTTERANCE_MAX = 10 * 60 * ASR_SAMPLE_RATE, /* samples: 19 MB; services accept 25 */
    REQUEST_MAX = 24 << 20,
    REPLY_MAX = 4 << 20,
    PROMPT_MAX = 800, /* bytes of vocabulary: Whisper reads 224 tokens */
    CONNECT_MS = 3000,
    IDLE_MS = 5000, /* without a byte, in addition to what the length of the audio allows */
    FREE_MS = 5000, /* of audio: beyond it, a quarter of its length is allowed */
    TOTAL_MS = 30000,
    TRIES = 3,
    BACKOFF_MS = 250,          /* doubled each time */
    PAUSE_STEP_MS = 50,        /* while waiting, an interruption is noticed within this time */
    RETRY_AFTER_MAX_MS = 2000, /* no longer wait is acceptable: somebody is listening */
    WAV_HEADER = 44,
};

static const char boundary[] = "----interviewd-7b1f0c94e2a845d6";

struct asr_model {
    struct http_client *http;
    char *url;           /**< The full address */
    char *name;          /**< Of the model */
    char *authorization; /**< Header line; NULL without a key */
    atomic_bool plain;   /**< The server does not know verbose_json */
};

struct asr_stream {
    struct asr_model *model;
    char language[ASR_LANGUAGE_MAX];
    char prompt[PROMPT_MAX];
    char *translate_url; /**< Address for translation; NULL: not translating */
    int16_t *pcm;
    size_t n, cap;
    struct openai_answer answer;
    struct http_stop stop;
};

/* ---------------------------------------------------------------- model */

static bool openai_available(const struct asr_model_params *params, struct errbuf *why)
{
    if (params->url && params->url[0] && params->http)
        return true;
    err_set(why, UV_ENOENT,
            "no address of a transcription service is set "
            "(INTERVIEWD_ASR_URL, or a Groq or OpenAI key)");
    return false;
}

static char *join(const char *a, const char *b)
{
    size_t n = strlen(a);
    struct buf out;

    while (n > 0 && a[n - 1] == '/')
        n--;
    buf_init(&out, 8192);
    buf_append(&out, a, n);
    buf_puts(&out, b);
    return buf_steal(&out, NULL);
}

/** The full address of the call. Most people give a base (".../v1"); an address that already names
 *  the call (".../inference", ".../audio/transcriptions?api-version=...") is used unchanged. */
static char *address_of(const char *url)
{
    static const char *const calls[] = {"/transcriptions", "/inference", "/transcribe", "/asr",
                                        "/stt"};
    size_t n = strcspn(url, "#");

    if (strchr(url, '?'))
        return strndup(url, n);
    while (n > 0 && url[n - 1] == '/')
        n--;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        size_t len = strlen(calls[i]);

        if (n > len && strncmp(url + n - len, calls[i], len) == 0)
            return strndup(url, strcspn(url, "#"));
    }
    return join(url, "/audio/transcriptions");
}

static char *bearer(const char *key)
{
    struct buf out;

    if (!key || !key[0])
        return NULL;
    buf_init(&out, 8192);
    buf_printf(&out, "Authorization: Bearer %s", key);
    return buf_steal(&out, NULL);
}

static void openai_unload(struct asr_model *m)
{
    if (!m)
        return;
    free(m->url);
    free(m->name);
    free(m->authorization);
    free(m);
}

/** The service is not called yet: it may start later, and a call would cost money. */
static int openai_load(struct asr_model **mp, const struct asr_model_params *params,
                       struct errbuf *why)
{
    struct asr_model *m;

    if (!openai_available(params, why))
        return UV_ENOENT;
    m = calloc(1, sizeof(*m));
    if (!m)
        return err_set(why, UV_ENOMEM, "no memory for the transcription service");
    m->http = params->http;
    m->url = address_of(params->url);
    m->name = strdup(params->name && params->name[0] ? params->name : "whisper-1");
    m->authorization = bearer(params->api_key);
    if (!m->url || !m->name) {
        openai_unload(m);
        return err_set(why, UV_ENOMEM, "no memory for the transcription service");
    }
    *mp = m;
    return 0;
}

static const char *openai_describe(const struct asr_model *m)
{
    return m->name;
}

/* ---------------------------------------------------------------- stream */

/* The text that could have come before, then the words to expect. */
static void join_vocabulary(struct asr_stream *st, const struct asr_params *params)
{
    size_t used = 0;

    if (params->prompt)
        text_copy(st->prompt, sizeof(st->prompt), params->prompt, strlen(params->prompt));
    used = strlen(st->prompt);
    for (size_t i = 0; i < params->vocabulary_count; i++) {
        size_t len = strlen(params->vocabulary[i]);

        if (used + len + 3 > sizeof(st->prompt))
            break;
        used += (size_t)snprintf(st->prompt + used, sizeof(st->prompt) - used, "%s%s",
                                 used ? ", " : "", params->vocabulary[i]);
    }
}

/* Translating has its own address next to ".../transcriptions"; whisper.cpp's server has one
 * address for both, and a field. */
static char *translate_address(const char *url)
{
    static const char call[] = "/transcriptions";
    const char *at = strstr(url, call);
    struct buf out;

    if (!at)
        return strdup(url);
    buf_init(&out, 8192);
    buf_append(&out, url, (size_t)(at - url));
    buf_puts(&out, "/translations");
    buf_puts(&out, at + strlen(call));
    return buf_steal(&out, NULL);
}

static int openai_open(struct asr_stream **sp, struct asr_model *model,
                       const struct asr_params *params, struct errbuf *why)
{
    struct asr_stream *st = calloc(1, sizeof(*st));

    if (!st)
        return err_set(why, UV_ENOBUFS, "no memory to hear another voice");
    st->model = model;
    if (params && params->language && strcmp(params->language, "auto") != 0)
        snprintf(st->language, sizeof(st->language), "%.*s", (int)strcspn(params->language, "-_"),
                 params->language);
    if (params)
        join_vocabulary(st, params);
    if (params && params->translate) {
        st->translate_url = translate_address(model->url);
        if (!st->translate_url) {
            free(st);
            return err_set(why, UV_ENOBUFS, "no memory to hear another voice");
        }
    }
    *sp = st;
    return 0;
}

static void openai_close(struct asr_stream *st)
{
    if (!st)
        return;
    openai_answer_release(&st->answer);
    free(st->translate_url);
    free(st->pcm);
    free(st);
}

static void openai_interrupt(struct asr_stream *st)
{
    http_fetch_stop(st->model->http, &st->stop);
}

static int openai_begin(struct asr_stream *st, struct errbuf *why)
{
    (void)why;
    openai_answer_release(&st->answer);
    st->n = 0;
    return 0;
}

static int openai_feed(struct asr_stream *st, const int16_t *pcm, size_t n, struct errbuf *why)
{
    if (st->n + n > UTTERANCE_MAX)
        return err_set(why, UV_E2BIG, "an utterance of more than ten minutes cannot be sent");
    if (st->n + n > st->cap) {
        size_t cap = st->cap ? st->cap : ASR_SAMPLE_RATE * 4;
        int16_t *more;

        while (cap < st->n + n)
            cap *= 2;
        more = realloc(st->pcm, cap * sizeof(*more));
        if (!more)
            return err_set(why, UV_ENOMEM, "no memory for what is being said");
        st->pcm = more;
        st->cap = cap;
    }
    memcpy(st->pcm + st->n, pcm, n * sizeof(*pcm));
    st->n += n;
    return 0;
}

/* ---------------------------------------------------------------- the request */

static void put_le(struct buf *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_putc(out, (char)(value >> (8 * i) & 0xFF));
}

static void put_wav(struct buf *out, const int16_t *pcm, size_t n)
{
    uint32_t bytes = (uint32_t)(n * 2);

    buf_puts(out, "RIFF");
    put_le(out, WAV_HEADER - 8 + bytes, 4);
    buf_puts(out, "WAVEfmt ");
    put_le(out, 16, 4);
    put_le(out, 1, 2); /* PCM */
    put_le(out, 1, 2); /* mono */
    put_le(out, ASR_SAMPLE_RATE, 4);
    put_le(out, ASR_SAMPLE_RATE * 2, 4);
    put_le(out, 2, 2);
    put_le(out, 16, 2);
    buf_puts(out, "data");
    put_le(out, bytes, 4);
    buf_append(out, pcm, n * sizeof(*pcm)); /* all supported machines are little-endian */
}

static void put_field(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary,
               name, value);
}

static void put_request(struct buf *out, const struct asr_stream *st, bool plain)
{
    put_field(out, "model", st->model->name);
    put_field(out, "response_format", plain ? "json" : "verbose_json");
    if (!plain && !st->translate_url) {
        put_field(out, "timestamp_granularities[]", "segment");
        put_field(out, "timestamp_granularities[]", "word");
    }
    put_field(out, "temperature", "0");
    if (st->language[0])
        put_field(out, "language", st->language);
    if (st->translate_url)
        put_field(out, "translate", "true");
    if (st->prompt[0])
        put_field(out, "prompt", st->prompt);
    buf_printf(out,
               "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"utterance.wav\""
               "\r\nContent-Type: audio/wav\r\n\r\n",
               boundary);
    put_wav(out, st->pcm, st->n);
    buf_printf(out, "\r\n--%s--\r\n", boundary);
}

/** How long the service may be silent while it works on the audio. */
static uint64_t patience_ms(const struct asr_stream *st)
{
    size_t audio_ms = st->n / (ASR_SAMPLE_RATE / 1000);
    size_t more = audio_ms > FREE_MS ? (audio_ms - FREE_MS) / 4 : 0;

    return IDLE_MS + (more < TOTAL_MS - IDLE_MS ? more : TOTAL_MS - IDLE_MS);
}

static int post(struct asr_stream *st, bool plain, struct http_reply *reply, struct errbuf *why)
{
    const char *headers[4] = {NULL};
    struct http_call_request req = {.method = "POST",
                                    .url = st->translate_url ? st->translate_url : st->model->url,
                                    .headers = headers,
                                    .connect_timeout_ms = CONNECT_MS,
                                    .idle_timeout_ms = patience_ms(st),
                                    .total_timeout_ms = TOTAL_MS};
    char type[128];
    struct buf body;
    int err;

    snprintf(type, sizeof(type), "Content-Type: multipart/form-data; boundary=%s", boundary);
    headers[0] = type;
    headers[1] = st->model->authorization;
    buf_init(&body, REQUEST_MAX);
    put_request(&body, st, plain);
    req.body = body.data;
    req.body_len = body.len;
    err = body.err ? err_set(why, body.err, "no memory to send what was said")
                   : http_fetch(st->model->http, &req, REPLY_MAX, &st->stop, reply, why);
    buf_release(&body);
    return err;
}

/* ---------------------------------------------------------------- the answer */

/** The service's own error message, for the person; never for a refused key, because some services
 *  quote it. */
static const char *complaint(const struct http_reply *reply, char text[static 200])
{
    json_t *root = json_parse(reply->body.data ? reply->body.data : "", reply->body.len);
    const json_t *error = json_object_get(root, "error");
    const char *message =
        json_is_string(error) ? json_string_value(error) : json_str(error, "message");

    snprintf(text, 200, "%.190s", message ? message : "no reason given");
    json_decref(root);
    return text;
}

static int status_error(const struct asr_model *m, const struct http_reply *reply,
                        struct errbuf *why)
{
    char text[200];

    if (reply->status == 401 || reply->status == 403)
        return err_set(why, UV_EACCES, "the transcription service refused the key");
    if (reply->status == 404)
        return err_set(why, UV_ENOENT,
                       "the transcription service does not know the address or the model %.80s",
                       m->name);
    if (reply->status == 413)
        return err_set(why, UV_E2BIG, "the utterance is too long for the transcription service");
    if (reply->status == 429)
        return err_set(why, UV_EAGAIN, "the transcription service's rate limit is reached");
    if (reply->status >= 500)
        return err_set(why, UV_EPROTO, "the transcription service failed (HTTP %d)", reply->status);
    return err_set(why, UV_EINVAL, "the transcription service refused the audio (HTTP %d: %s)",
                   reply->status, complaint(reply, text));
}

static int take_answer(struct asr_stream *st, const struct http_reply *reply,
                       struct asr_result *res, struct errbuf *why)
{
    struct openai_asked asked = {.language = st->language,
                                 .prompt = st->prompt,
                                 .audio_ms = (uint32_t)(st->n / (ASR_SAMPLE_RATE / 1000))};
    int err;

    openai_answer_release(&st->answer);
    err = openai_answer_read(&st->answer, reply->body.data, reply->body.len, &asked, why);
    if (err)
        return err;
    *res = (struct asr_result){.text = st->answer.text,
                               .stable = strlen(st->answer.text),
                               .confidence = st->answer.confidence,
                               .words = st->answer.words,
                               .word_count = st->answer.word_count};
    memcpy(res->language, st->answer.language, sizeof(res->language));
    if (st->translate_url)
        strcpy(res->language, "en");
    return 0;
}

/* ---------------------------------------------------------------- finishing */

static bool may_pass(int err, const struct http_reply *reply, uint64_t *wait_ms)
{
    if (err) /* after a timeout enough time has passed */
        return err == UV_ECONNRESET || err == UV_ECONNREFUSED;
    if (reply->status == 429 && reply->retry_after_ms > *wait_ms)
        *wait_ms = reply->retry_after_ms;
    return reply->status == 429 ? *wait_ms <= RETRY_AFTER_MAX_MS
                                : reply->status >= 500 && reply->status != 501;
}

/** A 400 for verbose_json means: ask for json from now on. */
static bool wants_plain(struct asr_stream *st, const struct http_reply *reply)
{
    char text[200];

    if (st->model->plain || (reply->status != 400 && reply->status != 422))
        return false;
    complaint(reply, text);
    if (!strstr(text, "response_format") && !strstr(text, "verbose_json") &&
        !strstr(text, "timestamp_granularities"))
        return false;
    st->model->plain = true;
    return true;
}

static void pause_for(const struct asr_stream *st, uint64_t ms)
{
    for (; ms > 0 && !st->stop.set; ms -= ms < PAUSE_STEP_MS ? ms : PAUSE_STEP_MS)
        uv_sleep(ms < PAUSE_STEP_MS ? (unsigned)ms : PAUSE_STEP_MS);
}

static int ask(struct asr_stream *st, struct asr_result *res, struct errbuf *why)
{
    uint64_t backoff = BACKOFF_MS;
    int err = UV_ECANCELED;

    for (int left = TRIES; left > 0 && !st->stop.set;) {
        struct http_reply reply = {0};
        uint64_t wait = backoff;
        bool again;

        err = post(st, st->model->plain, &reply, why);
        if (!err && wants_plain(st, &reply)) {
            buf_release(&reply.body);
            continue;
        }
        again = --left > 0 && may_pass(err, &reply, &wait);
        if (!err && reply.status / 100 != 2)
            err = status_error(st->model, &reply, why);
        else if (!err)
            err = take_answer(st, &reply, res, why);
        buf_release(&reply.body);
        if (!err || !again)
            return err;
        pause_for(st, wait);
        backoff *= 2;
    }
    return st->stop.set ? err_set(why, UV_ECANCELED, "the transcription was interrupted") : err;
}

static int openai_finish(struct asr_stream *st, struct asr_result *res, struct errbuf *why)
{
    int err;

    *res = (struct asr_result){.text = ""};
    if (st->n < ASR_SAMPLE_RATE / 10) /* services refuse less than 0.1 s, and it contains no
                                         speech */
        return 0;
    err = ask(st, res, why);
    st->n = 0;
    return err;
}

extern const struct asr_engine asr_openai;
const struct asr_engine asr_openai = {
    .name = "openai",
    .remote = true,
    .workers = WORKERS,
    .available = openai_available,
    .load = openai_load,
    .unload = openai_unload,
    .describe = openai_describe,
    .open = openai_open,
    .begin = openai_begin,
    .feed = openai_feed,
    .finish = openai_finish,
    .interrupt = openai_interrupt,
    .close = openai_close,
};

/**
 * @file api/voices.c  The candidate's voice: a phrase before the interview, keeping the voice, and
 * speaking times
 *
 * A phrase is only accepted together with the consent text that the person agreed to. That text and
 * the time are stored with the session; the voice stays in memory as long as the session needs it.
 * Only if the person asks for it is the voice stored, sealed, for later interviews. No voice ever
 * leaves the server.
 */
#include "api/voices.h"

#include "api/app.h"
#include "api/reply.h"
#include "api/validate.h"
#include "asr/nets.h"
#include "asr/voices/phrase.h"
#include "audio/decode.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "live/live.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

enum {
    PHRASE_BYTES_MAX = 8 << 20,
    PHRASE_MS_MAX = 60000,
    WORDING_MAX = 2000, /* [bytes] */
};

#define CONSENT "voiceConsent" /* in a session's metadata */

/* A request that alternates between the store, which may block, and the loop, where the voices
 * are. */
struct voice_job {
    const struct app *app;
    struct http_server *server;
    uint64_t ticket;
    char user[ID_TEXT_MAX];
    char session[ID_TEXT_MAX];
    json_t *consent; /* the consent for this session, or NULL */
    json_t *kept;    /* what is known about the stored voice, or NULL */
    uint64_t known_ms;

    /* a phrase */
    bool keep;
    char agreed_at[CLOCK_TEXT_MAX];
    int64_t agreed_ms;
    size_t n;
    float voice[VOICE_DIMENSIONS];
    const char *wrong; /* an error sentence, instead of an answer */
    int16_t speech[];
};

static struct voice_job *job_make(const struct http_request *req, size_t samples)
{
    const char *session = http_param(req, "id");
    struct voice_job *job = calloc(1, sizeof(*job) + samples * sizeof(*job->speech));

    if (!job)
        return NULL;
    job->app = app_of(req);
    job->server = req->server;
    text_copy(job->user, sizeof(job->user), req->user, strlen(req->user));
    text_copy(job->session, sizeof(job->session), session, strlen(session));
    return job;
}

static void job_free(struct voice_job *job)
{
    json_decref(job->consent);
    json_decref(job->kept);
    explicit_bzero(job->voice, sizeof(job->voice));
    explicit_bzero(job->speech, job->n * sizeof(*job->speech));
    free(job);
}

/* ------------------------------------------------------------------------------- answers */

static json_t *or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

static json_t *kept_json(const struct store_voice *kept)
{
    char agreed_at[CLOCK_TEXT_MAX];

    clock_format(kept->agreed_at, agreed_at);
    return json_pack("{s:I,s:s,s:s}", "speechMs", (json_int_t)kept->speech_ms, "agreedAt",
                     agreed_at, "wording", kept->wording);
}

static int fill(const struct http_request *req, struct http_response *res, void *arg)
{
    struct voice_job *job = arg;
    int err;

    if (job->wrong)
        err = http_problem(res, req, 503, "unavailable", job->wrong, NULL);
    else
        err =
            http_reply_json(res, 200,
                            json_pack("{s:b,s:I,s:o,s:o}", "known", job->known_ms >= VOICE_KNOWN_MS,
                                      "speechMs", (json_int_t)job->known_ms, "consent",
                                      or_null(job->consent), "kept", or_null(job->kept)));
    job_free(job);
    return err;
}

static void answer(void *arg)
{
    struct voice_job *job = arg;

    if (!job->wrong && job->app->live)
        job->known_ms = live_voice_ms(job->app->live, job->user, job->session);
    if (http_answer_later(job->server, job->ticket, fill, job))
        job_free(job);
}

static int answer_later(struct http_response *res, struct voice_job *job, void (*fn)(void *arg))
{
    int err;

    http_reply_later(res, &job->ticket);
    err = loop_post(job->app->loop, fn, job);
    if (err)
        job_free(job);
    return err;
}

/* From the store: the consent of this session, and the user's stored voice. */
static int look_up(struct voice_job *job, struct errbuf *why)
{
    struct store *store = job->app->store;
    struct store_session session;
    struct store_voice kept;
    json_t *metadata;
    int err = store_session_get(store, job->user, job->session, &session, why);

    if (err)
        return err;
    metadata = session.metadata ? json_parse(session.metadata, strlen(session.metadata)) : NULL;
    job->consent = json_incref(json_object_get(metadata, CONSENT));
    json_decref(metadata);
    store_session_release(&session);
    err = store_voice_get(store, job->user, &kept, why);
    if (err == UV_ENOENT)
        return 0;
    if (!err) {
        job->kept = kept_json(&kept);
        store_voice_release(&kept);
    }
    return err;
}

static int get_voice(const struct http_request *req, struct http_response *res)
{
    struct voice_job *job = job_make(req, 0);
    struct errbuf why = {""};
    int err = job ? look_up(job, &why) : UV_ENOMEM;

    if (!err)
        return answer_later(res, job, answer);
    if (job)
        job_free(job);
    return reply_failed(req, res, err, &why, "session");
}

/* ------------------------------------------------------------------------------ a phrase */

static void teach(struct voice_job *job)
{
    uint32_t ms = (uint32_t)(job->n / 16);

    if (!job->app->live ||
        live_teach_voice(job->app->live, job->user, job->session, job->voice, ms))
        job->wrong = "The voice could not be learned; try again in a moment.";
    answer(job);
}

static void keep_voice(void *arg)
{
    struct voice_job *job = arg;
    char text[VOICE_TEXT_MAX], wording[WORDING_MAX + 1];
    struct store_voice kept = {.voice = text, .wording = wording, .agreed_at = job->agreed_ms};
    struct errbuf why = {""};

    memcpy(kept.user_id, job->user, sizeof(kept.user_id));
    snprintf(wording, sizeof(wording), "%s", json_str(job->consent, "wording"));
    kept.speech_ms = (int64_t)(job->n / 16);
    voice_write(job->voice, text);
    if (sealed_voice_put(job->app->store, job->app->seal, &kept, &why))
        job->wrong = "The voice could not be kept; nothing of it was learned.";
    explicit_bzero(text, sizeof(text));
    json_decref(job->kept);
    job->kept = kept_json(&kept);
}

static void voice_kept(int err, void *arg)
{
    struct voice_job *job = arg;

    if (err)
        job->wrong = "The server is going away.";
    if (job->wrong)
        answer(job);
    else
        teach(job);
}

static void on_judged(const struct judgement *j, void *arg)
{
    struct voice_job *job = arg;

    memcpy(job->voice, j->voice, sizeof(job->voice));
    if (!j->has_voice)
        job->wrong = "The voice could not be learned; try again in a moment.";
    if (job->wrong || !job->keep)
        job->wrong ? answer(job) : teach(job);
    else if (lane_submit(job->app->lanes, LANE_STORE, keep_voice, voice_kept, job))
        voice_kept(UV_EAGAIN, job);
}

static void begin(void *arg)
{
    struct voice_job *job = arg;
    struct nets_job *judged;

    asr_nets_look(job->app->nets);
    if (!asr_nets_voices(job->app->nets))
        job->wrong = "Voices cannot be told apart here yet: `interviewd models get voices` gets "
                     "what that needs (17 MB).";
    else if (asr_nets_judge(job->app->nets, job->speech, job->n, JUDGE_VOICE, on_judged, job,
                            &judged))
        job->wrong = "Too much is being heard at once; try again in a moment.";
    else
        return;
    answer(job);
}

/* Called by the store while nobody else changes the session. */
static int note_consent(struct store_session *s, void *arg)
{
    const struct voice_job *job = arg;
    json_t *metadata = s->metadata ? json_parse(s->metadata, strlen(s->metadata)) : NULL;
    char *text;

    if (!metadata)
        metadata = json_pack("{s:n, s:n, s:s}", "llmProvider", "model", "language", "en");
    json_object_set(metadata, CONSENT, job->consent);
    text = json_dumps(metadata, JSON_COMPACT);
    json_decref(metadata);
    if (!text)
        return UV_ENOMEM;
    free(s->metadata);
    s->metadata = text;
    return 0;
}

static bool is_blank(const struct http_part *part)
{
    for (size_t i = 0; i < part->len; i++) {
        if (part->data[i] != ' ' && part->data[i] != '\n' && part->data[i] != '\r')
            return false;
    }
    return true;
}

/* The fields of the form. 0, or 1 when res is filled. */
static int read_form(const struct http_request *req, struct http_response *res,
                     struct http_part *file, struct http_part *wording, bool *keep)
{
    struct http_part part;

    if (http_multipart(req, "consent", wording) || is_blank(wording))
        return validate_refuse(req, res, "/consent",
                               "must be the words that the person agreed to; without them no voice "
                               "is learned");
    if (wording->len > WORDING_MAX || !utf8_valid(wording->data, wording->len))
        return validate_refuse(req, res, "/consent", "must be a text of at most 2000 bytes");
    if (http_multipart(req, "file", file) || !file->len)
        return validate_refuse(req, res, "/file", "is missing");
    *keep = false;
    if (http_multipart(req, "keep", &part))
        return 0;
    *keep = part.len == 4 && !memcmp(part.data, "true", 4);
    if (!*keep && (part.len != 5 || memcmp(part.data, "false", 5) != 0))
        return validate_refuse(req, res, "/keep", "must be true or false");
    return 0;
}

/* Extracts its speech. 0, or 1 if res is filled. */
static int take_speech(const struct http_request *req, struct http_response *res,
                       const struct http_part *file, struct voice_job *job)
{
    struct errbuf why = {""};
    struct pcm pcm = {0};
    int err = audio_decode_bytes(file->data, file->len, &pcm, &why);

    if (err == UV_EINVAL || err == UV_E2BIG)
        return validate_refuse(req, res, "/file", why.text);
    if (err) {
        http_problem(res, req, 503, "unavailable", why.text, NULL);
        return 1;
    }
    if (pcm.duration_ms <= PHRASE_MS_MAX)
        job->n = voice_phrase(pcm.samples, pcm.n, job->speech, VOICE_PHRASE_MOST);
    err = pcm.duration_ms > PHRASE_MS_MAX;
    pcm_release(&pcm);
    if (err)
        return validate_refuse(req, res, "/file", "is longer than a minute");
    if (job->n < VOICE_PHRASE_LEAST)
        return validate_refuse(req, res, "/file",
                               "has less than 3 s of speech; say a whole sentence or two");
    return 0;
}

static int take_phrase(const struct http_request *req, struct http_response *res,
                       const struct http_part *file, struct voice_job *job)
{
    struct store_session session;
    struct errbuf why = {""};
    int err = store_session_get(job->app->store, job->user, job->session, &session, &why);

    if (!err)
        store_session_release(&session);
    if (err)
        return reply_failed(req, res, err, &why, "session");
    if (take_speech(req, res, file, job))
        return 0;
    err = store_session_change(job->app->store, job->user, job->session, note_consent, job,
                               &session, &why);
    if (err)
        return reply_failed(req, res, err, &why, "session");
    store_session_release(&session);
    json_decref(job->consent);
    job->consent = NULL;
    err = look_up(job, &why);
    return err ? reply_failed(req, res, err, &why, "session") : 1;
}

static int put_voice(const struct http_request *req, struct http_response *res)
{
    struct http_part file, wording;
    struct voice_job *job;
    bool keep;
    int err;

    if (read_form(req, res, &file, &wording, &keep))
        return 0;
    job = job_make(req, VOICE_PHRASE_MOST);
    if (!job)
        return UV_ENOMEM;
    job->keep = keep;
    job->agreed_ms = clock_unix_ms();
    clock_format(job->agreed_ms, job->agreed_at);
    job->consent =
        json_pack("{s:s,s:s%}", "agreedAt", job->agreed_at, "wording", wording.data, wording.len);
    err = job->consent ? take_phrase(req, res, &file, job) : UV_ENOMEM;
    if (err == 1)
        return answer_later(res, job, begin);
    job_free(job);
    return err;
}

/* ---------------------------------------------------------------------------- forgetting */

struct forgetting {
    struct live_registry *live;
    char user[ID_TEXT_MAX];
    char session[ID_TEXT_MAX]; /* "": all sessions of the user */
};

static void forget(void *arg)
{
    struct forgetting *f = arg;

    live_forget_voices(f->live, f->user, f->session[0] ? f->session : NULL);
    free(f);
}

int voices_forget(const struct app *app, const char *user, const char *session)
{
    struct forgetting *f = app->live ? calloc(1, sizeof(*f)) : NULL;

    if (!f)
        return app->live ? UV_ENOMEM : 0;
    f->live = app->live;
    text_copy(f->user, sizeof(f->user), user, strlen(user));
    if (session)
        text_copy(f->session, sizeof(f->session), session, strlen(session));
    if (!loop_post(app->loop, forget, f))
        return 0;
    free(f);
    return UV_ECANCELED;
}

static int delete_voice(const struct http_request *req, struct http_response *res)
{
    const char *id = http_param(req, "id");
    struct store_session session;
    struct errbuf why = {""};
    int err = store_session_get(app_of(req)->store, req->user, id, &session, &why);

    if (err)
        return reply_failed(req, res, err, &why, "session");
    store_session_release(&session);
    err = voices_forget(app_of(req), req->user, id);
    return err ? err : http_reply_empty(res, 204);
}

static int get_kept_voice(const struct http_request *req, struct http_response *res)
{
    struct store_voice kept;
    struct errbuf why = {""};
    int err = store_voice_get(app_of(req)->store, req->user, &kept, &why);
    json_t *body;

    if (err == UV_ENOENT)
        return http_reply_empty(res, 204);
    if (err)
        return reply_failed(req, res, err, &why, "voice");
    body = kept_json(&kept);
    store_voice_release(&kept);
    return http_reply_json(res, 200, body);
}

static int delete_kept_voice(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err = store_voice_erase(app_of(req)->store, req->user, &why);

    if (err)
        return reply_failed(req, res, err, &why, "voice");
    err = voices_forget(app_of(req), req->user, NULL);
    return err ? err : http_reply_empty(res, 204);
}

/* -------------------------------------------------------------------------------- shares */

struct share {
    int64_t ms[VOICE_WHOS];
    int64_t all;
};

static void add_share(struct share *share, const struct app *app, struct store_transcript *t)
{
    enum voice_who who = VOICE_WHOS;
    json_t *detail, *metrics;
    const char *name;
    int64_t ms;

    if (sealed_transcript_open(app->seal, t, NULL))
        return;
    detail = t->detail ? json_parse(t->detail, strlen(t->detail)) : NULL;
    metrics = t->metrics ? json_parse(t->metrics, strlen(t->metrics)) : NULL;
    name = json_str(detail, "speaker");
    ms = (int64_t)json_num(metrics, "speechMs", 0);
    for (enum voice_who i = VOICE_UNKNOWN; name && i < VOICE_WHOS; i++) {
        if (!strcmp(name, voice_who_name(i)))
            who = i;
    }
    if (who < VOICE_WHOS && ms > 0) {
        share->ms[who] += ms;
        share->all += ms;
    }
    json_decref(detail);
    json_decref(metrics);
}

static int sum_shares(const struct http_request *req, struct share *share, struct errbuf *why)
{
    const struct app *app = app_of(req);
    char cursor[STORE_CURSOR_MAX] = "";
    struct store_list list;

    do {
        int err = store_transcript_list(app->store, req->user, http_param(req, "id"), false,
                                        STORE_PAGE_MAX, cursor[0] ? cursor : NULL, &list, why);

        if (err)
            return err;
        for (size_t i = 0; i < list.count; i++)
            add_share(share, app, (struct store_transcript *)list.items + i);
        memcpy(cursor, list.next, sizeof(cursor));
        store_list_release(&list, STORE_KIND_TRANSCRIPT);
    } while (cursor[0]);
    return 0;
}

static int get_talk(const struct http_request *req, struct http_response *res)
{
    struct share share = {.all = 0};
    struct errbuf why = {""};
    int err = sum_shares(req, &share, &why);
    json_t *items;

    if (err)
        return reply_failed(req, res, err, &why, "session");
    items = json_array();
    for (enum voice_who i = VOICE_UNKNOWN; i < VOICE_WHOS; i++) {
        if (share.ms[i])
            json_array_append_new(
                items, json_pack("{s:s,s:I,s:o}", "speaker", voice_who_name(i), "speechMs",
                                 (json_int_t)share.ms[i], "share",
                                 json_thousandths((double)share.ms[i] / (double)share.all)));
    }
    return http_reply_json(
        res, 200, json_pack("{s:I,s:o}", "speechMs", (json_int_t)share.all, "speakers", items));
}

const struct http_route api_voices_routes[] = {
    {"GET", "/api/v1/sessions/{id}/voice", get_voice, .flags = ROUTE_AUTH},
    {"PUT", "/api/v1/sessions/{id}/voice", put_voice, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
     .body_max = PHRASE_BYTES_MAX},
    {"DELETE", "/api/v1/sessions/{id}/voice", delete_voice, .flags = ROUTE_AUTH},
    {"GET", "/api/v1/sessions/{id}/talk", get_talk, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"GET", "/api/v1/voice", get_kept_voice, .flags = ROUTE_AUTH},
    {"DELETE", "/api/v1/voice", delete_kept_voice, .flags = ROUTE_AUTH | ROUTE_LANE_STORE},
    {.method = NULL},
};

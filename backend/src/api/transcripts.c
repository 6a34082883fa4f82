/**
 * @file api/transcripts.c  Questions and answers: reading, correcting, subtitles
 *
 * A correction changes the text, never what was recognised: that stays beside it (`heard`). It is
 * made in the store first; a running interview is told on the loop, and writes a question that it
 * still holds once more, so that nothing older overwrites the new words.
 */
#include "api/forms.h"
#include "api/reply.h"
#include "api/sessions.h"
#include "api/validate.h"
#include "base/json.h"
#include "export/record.h"
#include "live/live.h"
#include "loop/loop.h"
#include "store/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS_MAX = 20000,  /* longest correction, in characters */
    LETTERS_PER_S = 15, /* for typed text: a reader's pace, as in export/srt.c */
    LEAST_MS = 1000,
};

int api_list_transcripts(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    const char *order = http_query(req, "order");
    struct errbuf why = {""};
    struct store_list list;
    struct page page;
    bool newest;
    int err;

    if (order && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0) {
        validate_refuse(req, res, "order", "must be one of desc, asc");
        return 0;
    }
    if (validate_page(req, res, &page))
        return 0;
    newest = !order || order[0] == 'd';
    err = store_transcript_list(app->store, req->user, http_param(req, "id"), newest, page.limit,
                                page.cursor, &list, &why);
    return reply_list(req, res, STORE_KIND_TRANSCRIPT, err, &list, &why);
}

/* ---- reading ------------------------------------------------------------------------------ */

static int read_transcript(const struct app *app, const char *user, const char *id,
                           struct store_transcript *t, struct errbuf *why)
{
    int err = store_transcript_get(app->store, user, id, t, why);

    if (err)
        return err;
    err = sealed_transcript_open(app->seal, t, why);
    if (err)
        store_transcript_release(t);
    return err ? UV_EIO : 0;
}

static json_t *parse(const char *text)
{
    json_t *value = text && text[0] ? json_parse(text, strlen(text)) : NULL;

    return value ? value : json_object();
}

/* What was said, from its own beginning; a displayed answer was said by nobody. */
static int reply_subtitles(struct http_response *res, const struct store_transcript *t,
                           enum transcript_form form)
{
    json_t *metrics = parse(t->metrics);
    char *text = strdup(t->question ? t->question : "");
    double ms = json_num(metrics, "speechMs", 0);
    struct transcript_segment segment = {.text = text};
    struct transcript whole = {.segments = &segment, .segment_count = text && *text ? 1 : 0};
    int err = text ? 0 : UV_ENOMEM;

    json_decref(metrics);
    for (char *p = text; p && *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    if (!err && ms <= 0)
        ms = 1000.0 * (double)strlen(text) / LETTERS_PER_S;
    segment.end_ms = ms < LEAST_MS ? LEAST_MS : (uint64_t)ms;
    if (!err)
        err = reply_form(res, &whole, form);
    free(text);
    return err;
}

static int get_transcript(const struct http_request *req, struct http_response *res)
{
    enum transcript_form form;
    struct store_transcript t;
    struct errbuf why = {""};
    int err;

    if (read_form(req, res, &form))
        return 0;
    err = read_transcript(app_of(req), req->user, http_param(req, "id"), &t, &why);
    if (err)
        return reply_failed(req, res, err, &why, "transcript");
    if (form == FORM_JSON)
        record_transcript(reply_json(res, 200), &t);
    else
        err = reply_subtitles(res, &t, form);
    store_transcript_release(&t);
    return err;
}

int transcript_again(const struct app *app, const char *user, const char *id,
                     struct live_again *again, char session_id[static ID_TEXT_MAX],
                     struct errbuf *why)
{
    struct store_transcript t;
    json_t *detail, *metrics;
    const char *speaker;
    int err = read_transcript(app, user, id, &t, why);

    if (err)
        return err;
    detail = parse(t.detail);
    metrics = parse(t.metrics);
    speaker = json_str(detail, "speaker");
    *again = (struct live_again){
        .number = t.question_number,
        .timestamp = t.timestamp,
        .speech_ms = (uint64_t)json_num(metrics, "speechMs", 0),
        .confidence = (float)json_num(metrics, "confidence", 0),
        .spoken = speaker != NULL,
        .voice = (float)json_num(detail, "voice", -1),
    };
    for (enum voice_who who = VOICE_UNKNOWN; speaker && who < VOICE_WHOS; who++)
        if (!strcmp(speaker, voice_who_name(who)))
            again->who = who;
    memcpy(again->transcript_id, t.id, sizeof(again->transcript_id));
    snprintf(again->audio, sizeof(again->audio), "%s", t.audio_url ? t.audio_url : "");
    memcpy(session_id, t.session_id, ID_TEXT_MAX);
    again->heard = strdup(json_str(detail, "heard") ? json_str(detail, "heard")
                          : t.question              ? t.question
                                                    : "");
    json_decref(detail);
    json_decref(metrics);
    err = t.line != STORE_QUESTION ? UV_EINVAL : again->heard ? 0 : UV_ENOMEM;
    store_transcript_release(&t);
    if (err)
        live_again_release(again);
    return err;
}

/* ---- correcting --------------------------------------------------------------------------- */

struct correction {
    const struct app *app;
    char user_id[ID_TEXT_MAX];
    char session_id[ID_TEXT_MAX];
    char transcript_id[ID_TEXT_MAX];
    int number; /* 0: not a question */
    char *text;
    char *before;
    char *heard;
};

static void correction_free(struct correction *c)
{
    char *texts[] = {c->text, c->before, c->heard};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i])
            explicit_bzero(texts[i], strlen(texts[i]));
        free(texts[i]);
    }
    free(c);
}

/* The detail keeps what was recognised while it differs, and says whether the answer belongs to
 * other words than the present ones. */
static char *note_heard(const struct store_transcript *t, const char *text, char **heard)
{
    json_t *detail = parse(t->detail);
    const char *first = json_str(detail, "heard");
    char *dump;

    *heard = strdup(first ? first : t->question ? t->question : "");
    if (*heard && strcmp(*heard, text) != 0) {
        json_set_str(detail, "heard", *heard);
        if (t->line == STORE_QUESTION && t->answer && t->answer[0])
            json_object_set_new(detail, "answerOutdated", json_true());
    } else {
        json_object_del(detail, "heard");
        json_object_del(detail, "answerOutdated");
    }
    dump = json_dumps(detail, JSON_COMPACT);
    json_decref(detail);
    return dump;
}

/* Called by the store while nobody else changes it, and maybe more than once. */
static int correct(struct store_transcript *t, void *arg)
{
    struct correction *c = arg;
    char *question = strdup(c->text);
    char *detail;

    free(c->before);
    free(c->heard);
    c->before = strdup(t->question ? t->question : "");
    detail = note_heard(t, c->text, &c->heard);
    if (!question || !detail || !c->before || !c->heard) {
        free(question);
        free(detail);
        return UV_ENOMEM;
    }
    if (!strcmp(c->before, c->text)) { /* nothing changes: the answer still belongs to it */
        free(question);
        free(detail);
        return 0;
    }
    free(t->question);
    free(t->detail);
    t->question = question;
    t->detail = detail;
    return 0;
}

static void tell_live(void *arg)
{
    struct correction *c = arg;
    struct live *live = c->app->live ? live_find(c->app->live, c->user_id, c->session_id) : NULL;

    if (live)
        live_correct(live, c->transcript_id, c->number, c->before, c->text, c->heard);
    correction_free(c);
}

static int patch_transcript(const struct http_request *req, struct http_response *res)
{
    static const struct field fields[] = {
        {"question", FIELD_TEXT, .min = 1, .max = WORDS_MAX, .flags = FIELD_REQUIRED | FIELD_TRIM},
        {.name = NULL}};
    const struct app *app = app_of(req);
    struct correction *c = calloc(1, sizeof(*c));
    struct store_transcript t;
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (!c)
        return UV_ENOMEM;
    if (validate_body(req, res, fields, 0, &body)) {
        correction_free(c);
        return 0;
    }
    c->app = app;
    c->text = strdup(json_str(body, "question"));
    json_decref(body);
    err = c->text ? sealed_transcript_change(app->store, app->seal, req->user,
                                             http_param(req, "id"), correct, c, &t, &why)
                  : UV_ENOMEM;
    if (err) {
        correction_free(c);
        return reply_failed(req, res, err, &why, "transcript");
    }
    record_transcript(reply_json(res, 200), &t);
    memcpy(c->user_id, req->user, sizeof(c->user_id));
    memcpy(c->session_id, t.session_id, sizeof(c->session_id));
    memcpy(c->transcript_id, t.id, sizeof(c->transcript_id));
    c->number = t.line == STORE_QUESTION ? t.question_number : 0;
    store_transcript_release(&t);
    if (!strcmp(c->before, c->text) || loop_post(app->loop, tell_live, c))
        correction_free(c);
    return 0;
}

const struct http_route api_transcripts_routes[] = {
    {"GET", "/api/v1/transcripts/{id}", get_transcript, .flags = ROUTE_AUTH},
    {"PATCH", "/api/v1/transcripts/{id}", patch_transcript, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .types = HTTP_JSON},
    {.method = NULL},
};

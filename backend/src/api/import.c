/**
 * @file api/import.c  POST /api/v1/sessions/import: importing a session that was exported as JSON
 *
 * The body is an export in format `json`. Everything is kept except the ids, which are new (the
 * session may still exist, or belong to somebody else), and recordings, which are not part of the
 * file. A profile that the user already has is used; else the file's is added.
 */
#include "answer/claims.h"
#include "answer/outline.h"
#include "api/profiles.h"
#include "api/reply.h"
#include "api/sessions.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/json.h"
#include "export/record.h"
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 1 << 20, /* longest answer, in characters */
    SHORT_MAX = 128,    /* longest name or label, in characters */
    POINTS_MAX = 64,
    NUMBER_MAX = 1000000,
    MS_MAX = 86400000,
    DURATION_MAX = 30 * 86400, /* [s] */
};

/* Stands for the process that was to finish what was cut off. */
#define CUT_OFF "imported"

/* ---- schema ------------------------------------------------------------------------------ */

static const struct field source_fields[] = {
    {"field", FIELD_CHOICE,
     .choices = "name|role|yearsExperience|skills|industry|context|jobDescription|question",
     .flags = FIELD_REQUIRED},
    {"quote", FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_REQUIRED},
    {.name = NULL},
};

static const struct field point_fields[] = {
    {"text", FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_REQUIRED},
    {"label", FIELD_TEXT, .max = SHORT_MAX},
    {"source", FIELD_OBJECT, .members = source_fields, .flags = FIELD_REQUIRED},
    {.name = NULL},
};

#define STAGE(name)                                                                                \
    {                                                                                              \
        name, FIELD_NUMBER, .max = MS_MAX, .flags = FIELD_NULLABLE                                 \
    }

static const struct field latency_fields[] = {
    STAGE("finalMs"), STAGE("outlineMs"), STAGE("firstTokenMs"), STAGE("totalMs"), {.name = NULL}};

static const struct field metrics_fields[] = {
    {"responseTime", FIELD_NUMBER, .max = MS_MAX, .flags = FIELD_REQUIRED},
    {"wordCount", FIELD_NUMBER, .max = TEXT_MAX, .flags = FIELD_REQUIRED},
    {"confidence", FIELD_NUMBER, .max = 1, .flags = FIELD_REQUIRED | FIELD_NULLABLE},
    {"qualityScore", FIELD_NUMBER, .max = 100, .flags = FIELD_REQUIRED | FIELD_NULLABLE},
    {"speechMs", FIELD_NUMBER, .max = MS_MAX},
    {.name = NULL},
};

static const struct field key_fields[] = {
    {"text", FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_REQUIRED},
    {"number", FIELD_TEXT, .max = SHORT_MAX, .flags = FIELD_REQUIRED | FIELD_NULLABLE},
    {.name = NULL},
};

static const struct field span_fields[] = {
    {"start", FIELD_NUMBER, .max = TEXT_MAX, .flags = FIELD_REQUIRED},
    {"end", FIELD_NUMBER, .min = 1, .max = TEXT_MAX, .flags = FIELD_REQUIRED},
    {"why", FIELD_CHOICE, .choices = "number|name|employer", .flags = FIELD_REQUIRED},
    {.name = NULL},
};

static const struct field transcript_fields[] = {
    {"id", FIELD_ID, .max = 64},
    {"sessionId", FIELD_ID, .max = 64},
    {"questionNumber", FIELD_NUMBER, .min = 1, .max = NUMBER_MAX, .flags = FIELD_REQUIRED},
    {"question", FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_REQUIRED},
    {"answer", FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_REQUIRED},
    {"timestamp", FIELD_TIME, .flags = FIELD_REQUIRED},
    {"metrics", FIELD_OBJECT, .members = metrics_fields, .flags = FIELD_REQUIRED},
    {"audioUrl", FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_NULLABLE},
    {"isQuestion", FIELD_SWITCH, .flags = 0},
    {"heard", FIELD_TEXT, .max = TEXT_MAX},
    {"answerOutdated", FIELD_SWITCH, .flags = 0},
    {"speaker", FIELD_CHOICE, .choices = "interviewer|interviewer2|candidate|unknown"},
    {"voice", FIELD_NUMBER, .max = 1},
    {"kind", FIELD_CHOICE,
     .choices = "behavioral|technical|design|situational|motivational|background|logistics|"
                "small_talk|closing|other"},
    {"outline", FIELD_OBJECTS, .members = point_fields, .items_max = POINTS_MAX},
    {"lead", FIELD_TEXT, .max = TEXT_MAX},
    {"keys", FIELD_OBJECTS, .members = key_fields, .items_max = OUTLINE_KEYS_MAX},
    {"fits", FIELD_SWITCH, .flags = 0},
    {"unsupported", FIELD_OBJECTS, .members = span_fields, .items_max = CLAIMS_MAX},
    {"provider", FIELD_TEXT, .max = SHORT_MAX, .flags = FIELD_NULLABLE},
    {"model", FIELD_TEXT, .max = SHORT_MAX, .flags = FIELD_NULLABLE},
    {"finishReason", FIELD_CHOICE, .choices = "stop|length|interrupted|superseded|error"},
    {"latency", FIELD_OBJECT, .members = latency_fields},
    {"cutOff", FIELD_SWITCH, .flags = 0},
    {"unreadable", FIELD_SWITCH, .flags = 0},
    {.name = NULL},
};

static const struct field consent_fields[] = {
    {"agreedAt", FIELD_TIME, .flags = FIELD_REQUIRED},
    {"wording", FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_REQUIRED},
    {.name = NULL},
};

static const struct field metadata_fields[] = {
    {"llmProvider", FIELD_TEXT, .max = SHORT_MAX, .flags = FIELD_NULLABLE},
    {"model", FIELD_TEXT, .max = SHORT_MAX, .flags = FIELD_NULLABLE},
    {"language", FIELD_LANGUAGE, .flags = 0},
    {"eagerDiscarded", FIELD_NUMBER, .min = 1, .max = NUMBER_MAX},
    {"voiceConsent", FIELD_OBJECT, .members = consent_fields},
    {.name = NULL},
};

static const struct field session_fields[] = {
    {"id", FIELD_ID, .max = 64},
    {"userId", FIELD_ID, .max = 64},
    {"profileId", FIELD_TEXT, .max = 64, .flags = FIELD_NULLABLE},
    {"jobDescription", FIELD_TEXT, .max = SESSION_JOB_MAX, .bytes_max = SESSION_JOB_MAX},
    {"status", FIELD_CHOICE, .choices = "active|completed|abandoned", .flags = FIELD_REQUIRED},
    {"createdAt", FIELD_TIME, .flags = FIELD_REQUIRED},
    {"completedAt", FIELD_TIME, .flags = FIELD_NULLABLE},
    {"duration", FIELD_NUMBER, .max = DURATION_MAX},
    {"questionCount", FIELD_NUMBER, .max = NUMBER_MAX},
    {"title", FIELD_TEXT, .max = SESSION_TITLE_MAX, .flags = FIELD_TRIM},
    {"metadata", FIELD_OBJECT, .members = metadata_fields},
    {"unreadable", FIELD_SWITCH, .flags = 0},
    {.name = NULL},
};

static const struct field profile_fields[] = {
    {"id", FIELD_ID, .max = 64},
    PROFILE_FIELDS(FIELD_REQUIRED),
    {"createdAt", FIELD_TIME, .flags = 0},
    {"updatedAt", FIELD_TIME, .flags = 0},
    {"unreadable", FIELD_SWITCH, .flags = 0},
    {.name = NULL},
};

static const struct field fields[] = {
    {"exportedAt", FIELD_TIME, .flags = 0},
    {"session", FIELD_OBJECT, .members = session_fields, .flags = FIELD_REQUIRED},
    {"profile", FIELD_OBJECT, .members = profile_fields, .flags = FIELD_NULLABLE},
    {"transcripts", FIELD_OBJECTS, .members = transcript_fields,
     .items_max = SESSION_TRANSCRIPTS_MAX, .flags = FIELD_REQUIRED},
    {.name = NULL},
};

/* ------------------------------------------------------------------------------- the records */

struct import {
    struct store_session session;
    struct store_profile profile;
    bool has_profile; /* to be added */
    struct store_transcript *transcripts;
    size_t count;
};

static void import_release(struct import *in)
{
    for (size_t i = 0; i < in->count; i++)
        store_transcript_release(&in->transcripts[i]);
    free(in->transcripts);
    store_profile_release(&in->profile);
    store_session_release(&in->session);
}

static int64_t time_of(const json_t *from, const char *name)
{
    const char *text = json_str(from, name);
    int64_t time = 0;

    return text && clock_parse(text, &time) == 0 ? time : 0;
}

static char *copy_text(const json_t *from, const char *name)
{
    const char *text = json_str(from, name);

    return strdup(text ? text : "");
}

static char *copy_json(const json_t *from, const char *name)
{
    const json_t *value = json_object_get(from, name);

    return value ? json_dumps(value, JSON_COMPACT) : strdup("{}");
}

static int read_session(struct store_session *s, const json_t *from, const char *user)
{
    s->created_at = time_of(from, "createdAt");
    id_new_at(s->id, s->created_at); /* so that it sorts among the sessions of its day */
    memcpy(s->user_id, user, sizeof(s->user_id));
    session_read_status(json_str(from, "status"), &s->status); /* valid, because it was validated */
    s->completed_at = time_of(from, "completedAt");
    s->job_description = copy_text(from, "jobDescription");
    s->title = copy_text(from, "title");
    s->metadata = copy_json(from, "metadata");
    return s->job_description && s->title && s->metadata ? 0 : UV_ENOMEM;
}

/* Everything except question, answer and metrics. */
static char *read_detail(const json_t *from)
{
    json_t *detail = json_object();
    const json_t *speaker = json_object_get(from, "speaker");
    char *text;

    if (speaker)
        json_object_set(detail, "speaker", (json_t *)(uintptr_t)speaker);
    for (const char *const *name = record_details; *name; name++) {
        json_t *value = json_object_get(from, *name);

        if (value)
            json_object_set(detail, *name, value);
    }
    if (json_is_true(json_object_get(from, "cutOff")))
        json_set_str(detail, "unfinished", CUT_OFF);
    text = json_dumps(detail, JSON_COMPACT);
    json_decref(detail);
    return text;
}

static enum store_line line_of(const json_t *from)
{
    const json_t *question = json_object_get(from, "isQuestion");
    const char *speaker = json_str(from, "speaker");

    if (!question || json_is_true(question))
        return STORE_QUESTION;
    return speaker && strcmp(speaker, "candidate") == 0 ? STORE_CANDIDATE : STORE_INTERVIEWER;
}

static int read_transcript(struct store_transcript *t, const json_t *from, const char *session)
{
    const json_t *metrics = json_object_get(from, "metrics");

    id_new(t->id);
    memcpy(t->session_id, session, sizeof(t->session_id));
    t->question_number = (int)json_num(from, "questionNumber", 1);
    t->timestamp = time_of(from, "timestamp");
    t->ended_at = t->timestamp + (int64_t)json_num(metrics, "speechMs", 0) +
                  (int64_t)(1000 * json_num(metrics, "responseTime", 0));
    t->line = line_of(from);
    t->question = copy_text(from, "question");
    t->answer = copy_text(from, "answer");
    t->metrics = copy_json(from, "metrics");
    t->detail = read_detail(from);
    if (json_str(from, "provider") && !(t->provider = strdup(json_str(from, "provider"))))
        return UV_ENOMEM;
    return t->question && t->answer && t->metrics && t->detail ? 0 : UV_ENOMEM;
}

static int read_transcripts(struct import *in, const json_t *list)
{
    int err = 0;

    in->transcripts = calloc(json_array_size(list) + 1, sizeof(*in->transcripts));
    if (!in->transcripts)
        return UV_ENOMEM;
    for (size_t i = 0; i < json_array_size(list) && !err; i++)
        err =
            read_transcript(&in->transcripts[in->count++], json_array_get(list, i), in->session.id);
    return err;
}

/* The user's own profile if it still exists; else the file's, if there is one. */
static int read_profile(const struct http_request *req, struct import *in, const json_t *body,
                        struct errbuf *why)
{
    const char *id = json_str(json_object_get(body, "session"), "profileId");
    json_t *from = json_object_get(body, "profile");
    int err = id && id_valid(id)
                  ? store_profile_get(app_of(req)->store, req->user, id, &in->profile, why)
                  : UV_ENOENT;

    if (!err) {
        memcpy(in->session.profile_id, in->profile.id, sizeof(in->profile.id));
        return 0;
    }
    if (err != UV_ENOENT || !json_is_object(from))
        return err == UV_ENOENT ? 0 : err;
    id_new(in->profile.id);
    memcpy(in->profile.user_id, req->user, sizeof(in->profile.user_id));
    err = profile_fill(&in->profile, from);
    in->profile.created_at = time_of(from, "createdAt");
    in->profile.updated_at = time_of(from, "updatedAt");
    in->has_profile = true;
    memcpy(in->session.profile_id, in->profile.id, sizeof(in->profile.id));
    return err;
}

/* ------------------------------------------------------------------------------- the request */

static int refuse(const struct http_request *req, struct http_response *res, int err,
                  const struct errbuf *why)
{
    if (err == UV_ERANGE)
        return profile_refuse_more(req, res);
    if (err == UV_EEXIST) {
        validate_refuse(req, res, "/transcripts", "two questions have the same number");
        return 0;
    }
    return reply_failed(req, res, err, why, "session");
}

static int keep(const struct http_request *req, struct http_response *res, const struct import *in)
{
    const struct app *app = app_of(req);
    struct store_session kept;
    struct errbuf why = {""};
    int err = sealed_session_import(app->store, app->seal, in->has_profile ? &in->profile : NULL,
                                    PROFILES_MAX, &in->session, in->transcripts, in->count, &why);

    if (!err)
        err = sealed_session_get(app->store, app->seal, req->user, in->session.id, &kept, &why);
    if (err)
        return refuse(req, res, err, &why);
    reply_location(res, "sessions", kept.id);
    record_session(reply_json(res, 201), &kept);
    store_session_release(&kept);
    return 0;
}

int api_import_session(const struct http_request *req, struct http_response *res)
{
    struct import in = {.count = 0};
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (validate_body(req, res, fields, 0, &body))
        return 0;
    err = read_session(&in.session, json_object_get(body, "session"), req->user);
    if (!err)
        err = read_profile(req, &in, body, &why);
    if (!err)
        err = read_transcripts(&in, json_object_get(body, "transcripts"));
    json_decref(body);
    if (err)
        reply_failed(req, res, err, &why, "session");
    else
        err = keep(req, res, &in);
    import_release(&in);
    return 0;
}

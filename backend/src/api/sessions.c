/**
 * @file api/sessions.c  Interviews: create, list, change, delete
 */
#include "api/sessions.h"
#include "api/models.h"
#include "api/recordings.h"
#include "api/reply.h"
#include "api/validate.h"
#include "api/voices.h"
#include "base/clock.h"
#include "base/json.h"
#include "export/record.h"
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

enum { IMPORT_MAX = 32 << 20 }; /* a file of an interview, [bytes] */

#define SHARED_FIELDS                                                                              \
    {"title", FIELD_TEXT, .max = SESSION_TITLE_MAX, .flags = FIELD_TRIM},                          \
        {"profileId", FIELD_TEXT, .max = 64, .flags = FIELD_NULLABLE},                             \
        {"jobDescription", FIELD_TEXT, .max = SESSION_JOB_MAX, .bytes_max = SESSION_JOB_MAX},      \
        {"language", FIELD_LANGUAGE, .flags = 0},                                                  \
        {"llmProvider", FIELD_TEXT, .max = 64, .flags = FIELD_NULLABLE},                           \
    {                                                                                              \
        "model", FIELD_TEXT, .max = 128, .flags = FIELD_NULLABLE                                   \
    }

static const struct field begin_fields[] = {SHARED_FIELDS, {.name = NULL}};
static const struct field change_fields[] = {
    {"status", FIELD_CHOICE, .choices = "active|completed|abandoned"},
    SHARED_FIELDS,
    {.name = NULL},
};

bool session_read_status(const char *text, enum store_status *status)
{
    for (enum store_status s = STORE_ACTIVE; s <= STORE_ABANDONED; s++) {
        if (strcmp(text, record_status(s)) == 0) {
            *status = s;
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------------ begin, change */

static int set_metadata(struct store_session *s, const json_t *body)
{
    static const char *const names[] = {"llmProvider", "model", "language"};
    json_t *metadata = s->metadata ? json_parse(s->metadata, strlen(s->metadata)) : NULL;
    char *text;

    if (!metadata)
        metadata = json_pack("{s:n, s:n, s:s}", "llmProvider", "model", "language", "en");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_t *value = json_object_get(body, names[i]);

        if (value)
            json_object_set(metadata, names[i], value);
    }
    text = json_dumps(metadata, JSON_COMPACT);
    json_decref(metadata);
    free(s->metadata);
    s->metadata = text;
    return text ? 0 : UV_ENOMEM;
}

/* A requested change, validated as far as possible without the session. */
struct change {
    const json_t *body;
    char profile_id[ID_TEXT_MAX]; /* the new one if body has one; "" for none */
    int64_t now;
};

/* The profile must exist and belong to the user. 1: answered. */
static int find_profile(const struct http_request *req, struct http_response *res,
                        struct change *change)
{
    struct store_profile profile;
    struct errbuf why = {""};
    const char *id = json_str(change->body, "profileId");
    int err;

    if (!id || !*id)
        return 0;
    err = store_profile_get(app_of(req)->store, req->user, id, &profile, &why);
    if (err == UV_ENOENT)
        return validate_refuse(req, res, "/profileId", "there is no such profile");
    if (err) {
        reply_failed(req, res, err, &why, "profile");
        return 1;
    }
    memcpy(change->profile_id, profile.id, sizeof(change->profile_id));
    store_profile_release(&profile);
    return 0;
}

static void set_status(struct store_session *s, enum store_status status, int64_t now)
{
    s->status = status;
    if (status == STORE_ACTIVE)
        s->completed_at = 0;
    else if (!s->completed_at)
        s->completed_at = now > s->created_at ? now : s->created_at;
}

/* Replaces *field by text, if there is one. */
static int set_text(char **field, const char *text)
{
    char *copy = text ? strdup(text) : *field;

    if (!copy && text)
        return UV_ENOMEM;
    if (text)
        free(*field);
    *field = copy;
    return 0;
}

/* Applies body to s; called by the store while nobody else changes it. */
static int apply(struct store_session *s, void *arg)
{
    const struct change *change = arg;
    const json_t *body = change->body;
    const char *status = json_str(body, "status");
    enum store_status wanted;
    int err;

    if (json_object_get(body, "profileId"))
        memcpy(s->profile_id, change->profile_id, sizeof(s->profile_id));
    err = set_text(&s->job_description, json_str(body, "jobDescription"));
    if (!err)
        err = set_text(&s->title, json_str(body, "title"));
    if (err)
        return err;
    if (status && session_read_status(status, &wanted))
        set_status(s, wanted, change->now);
    return set_metadata(s, body);
}

/* A chosen language may need a model that is not here yet. */
static void bring_ear(const struct app *app, const json_t *body)
{
    const char *language = json_str(body, "language");

    if (language)
        hearing_chosen(app, language);
}

static int post_session(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct change change = {.now = clock_unix_ms()};
    struct store_session s = {.created_at = change.now};
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (validate_body(req, res, begin_fields, 0, &body))
        return 0;
    change.body = body;
    id_new(s.id);
    memcpy(s.user_id, req->user, sizeof(s.user_id));
    err = find_profile(req, res, &change);
    if (!err) {
        err = apply(&s, &change);
        if (!err)
            err = sealed_session_put(app->store, app->seal, &s, &why);
        if (err) {
            reply_failed(req, res, err, &why, "session");
        } else {
            reply_location(res, "sessions", s.id);
            record_session(reply_json(res, 201), &s);
            bring_ear(app, body);
        }
    }
    store_session_release(&s);
    json_decref(body);
    return 0;
}

/* A missing session is reported before errors in the body. */
static void refuse_body(const struct http_request *req, struct http_response *res)
{
    struct store_session s;
    struct errbuf why = {""};
    int err = store_session_get(app_of(req)->store, req->user, http_param(req, "id"), &s, &why);

    if (err)
        reply_failed(req, res, err, &why, "session");
    else
        store_session_release(&s);
}

static int change_session(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct change change = {.now = clock_unix_ms()};
    struct store_session s;
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (validate_body(req, res, change_fields, BODY_NOT_EMPTY, &body)) {
        refuse_body(req, res);
        return 0;
    }
    change.body = body;
    if (!find_profile(req, res, &change)) {
        err = sealed_session_change(app->store, app->seal, req->user, http_param(req, "id"), apply,
                                    &change, &s, &why);
        if (err) {
            reply_failed(req, res, err, &why, "session");
        } else {
            record_session(reply_json(res, 200), &s);
            bring_ear(app, body);
            if (s.status != STORE_ACTIVE)
                voices_forget(app_of(req), req->user, s.id);
            store_session_release(&s);
        }
    }
    json_decref(body);
    return 0;
}

/* ------------------------------------------------------------------------ get and delete */

static int get_sessions(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct session_filter filter;
    struct errbuf why = {""};
    struct store_list list;
    struct page page;
    int err;

    if (session_filter_read(req, res, &filter) || validate_page(req, res, &page))
        return 0;
    err = store_session_list(app->store, req->user, &filter.store, page.limit, page.cursor, &list,
                             &why);
    return reply_list(req, res, STORE_KIND_SESSION, err, &list, &why);
}

static int get_session(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct store_session s;
    struct errbuf why = {""};
    int err = sealed_session_get(app->store, app->seal, req->user, http_param(req, "id"), &s, &why);

    if (err)
        return reply_failed(req, res, err, &why, "session");
    record_session(reply_json(res, 200), &s);
    store_session_release(&s);
    return 0;
}

static int delete_session(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err = store_session_erase(app_of(req)->store, req->user, http_param(req, "id"), &why);

    if (err)
        return reply_failed(req, res, err, &why, "session");
    voices_forget(app_of(req), req->user, http_param(req, "id"));
    recordings_clean(app_of(req));
    return http_reply_empty(res, 204);
}

const struct http_route api_sessions_routes[] = {
    {"GET", "/api/v1/sessions", get_sessions, .flags = ROUTE_AUTH},
    {"POST", "/api/v1/sessions", post_session, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .types = HTTP_JSON},
    {"POST", "/api/v1/sessions/create", post_session, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .types = HTTP_JSON},
    {"GET", "/api/v1/sessions/{id}", get_session, .flags = ROUTE_AUTH},
    {"PUT", "/api/v1/sessions/{id}", change_session, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .types = HTTP_JSON},
    {"PATCH", "/api/v1/sessions/{id}", change_session, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .types = HTTP_JSON},
    {"DELETE", "/api/v1/sessions/{id}", delete_session, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {"GET", "/api/v1/sessions/{id}/transcripts", api_list_transcripts, .flags = ROUTE_AUTH},
    {"POST", "/api/v1/sessions/{id}/export", api_export_session,
     .flags = ROUTE_AUTH | ROUTE_LANE_READ, .types = HTTP_JSON},
    {"POST", "/api/v1/sessions/import", api_import_session, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .body_max = IMPORT_MAX, .types = HTTP_JSON},
    {"GET", "/api/v1/sessions/{id}/timeline", api_session_timeline,
     .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};

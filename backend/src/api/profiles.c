/**
 * @file api/profiles.c  Profiles of candidates
 */
#include "api/profiles.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/json.h"
#include "export/record.h"
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

static const struct field whole_fields[] = {PROFILE_FIELDS(FIELD_REQUIRED), {.name = NULL}};
static const struct field change_fields[] = {PROFILE_FIELDS(0), {.name = NULL}};

static int set(char **field, char *fresh)
{
    if (!fresh)
        return UV_ENOMEM;
    free(*field);
    *field = fresh;
    return 0;
}

static int set_text(char **field, const json_t *body, const char *name)
{
    const char *text = json_str(body, name);

    return text ? set(field, strdup(text)) : 0;
}

/* Copies the members of body; called by the store while nobody else changes the profile. */
static int apply(struct store_profile *p, void *arg)
{
    const json_t *body = arg;
    const json_t *skills = json_object_get(body, "skills");
    int err = set_text(&p->name, body, "name");

    if (!err)
        err = set_text(&p->role, body, "role");
    if (!err && skills)
        err = set(&p->skills, json_dumps(skills, JSON_COMPACT));
    if (!err)
        err = set_text(&p->industry, body, "industry");
    if (!err)
        err = set_text(&p->context, body, "context");
    p->years_experience = json_num(body, "yearsExperience", p->years_experience);
    p->updated_at = clock_unix_ms();
    return err;
}

/* Writes a whole profile: the members of body, and defaults for absent ones. */
static int replace(struct store_profile *p, void *body)
{
    char **texts[] = {&p->name, &p->role, &p->industry, &p->context};
    int err = set(&p->skills, strdup("[]"));

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !err; i++)
        err = set(texts[i], strdup(""));
    p->years_experience = 0;
    return err ? err : apply(p, body);
}

int profile_fill(struct store_profile *p, json_t *body)
{
    return replace(p, body);
}

int profile_refuse_more(const struct http_request *req, struct http_response *res)
{
    return http_problem(res, req, 409, "conflict",
                        "You have 200 profiles, which is the most; delete one first.", NULL);
}

static int post_profile(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct store_profile profile = {.created_at = 0};
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (validate_body(req, res, whole_fields, 0, &body))
        return 0;
    id_new(profile.id);
    memcpy(profile.user_id, req->user, sizeof(profile.user_id));
    err = profile_fill(&profile, body);
    profile.created_at = profile.updated_at;
    if (!err)
        err = sealed_profile_add(app->store, app->seal, &profile, PROFILES_MAX, &why);
    if (err == UV_ERANGE) {
        profile_refuse_more(req, res);
    } else if (err) {
        reply_failed(req, res, err, &why, "user");
    } else {
        reply_location(res, "profiles", profile.id);
        record_profile(reply_json(res, 201), &profile);
    }
    store_profile_release(&profile);
    json_decref(body);
    return 0;
}

static int get_profiles(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct errbuf why = {""};
    struct store_list list;
    struct page page;
    int err;

    if (validate_page(req, res, &page))
        return 0;
    err = store_profile_list(app->store, req->user, page.limit, page.cursor, &list, &why);
    return reply_list(req, res, STORE_KIND_PROFILE, err, &list, &why);
}

static int get_profile(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct store_profile profile;
    struct errbuf why = {""};
    int err =
        sealed_profile_get(app->store, app->seal, req->user, http_param(req, "id"), &profile, &why);

    if (err)
        return reply_failed(req, res, err, &why, "profile");
    record_profile(reply_json(res, 200), &profile);
    store_profile_release(&profile);
    return 0;
}

/* A missing profile is reported before errors in the body. */
static void refuse_body(const struct http_request *req, struct http_response *res)
{
    struct store_profile p;
    struct errbuf why = {""};
    int err = store_profile_get(app_of(req)->store, req->user, http_param(req, "id"), &p, &why);

    if (err)
        reply_failed(req, res, err, &why, "profile");
    else
        store_profile_release(&p);
}

static int change(const struct http_request *req, struct http_response *res, bool whole)
{
    const struct app *app = app_of(req);
    struct store_profile profile;
    struct errbuf why = {""};
    json_t *body;
    int err;

    if (validate_body(req, res, whole ? whole_fields : change_fields, whole ? 0 : BODY_NOT_EMPTY,
                      &body)) {
        refuse_body(req, res);
        return 0;
    }
    err = sealed_profile_change(app->store, app->seal, req->user, http_param(req, "id"),
                                whole ? replace : apply, body, &profile, &why);
    json_decref(body);
    if (err)
        return reply_failed(req, res, err, &why, "profile");
    record_profile(reply_json(res, 200), &profile);
    store_profile_release(&profile);
    return 0;
}

static int put_profile(const struct http_request *req, struct http_response *res)
{
    return change(req, res, true);
}

static int patch_profile(const struct http_request *req, struct http_response *res)
{
    return change(req, res, false);
}

static int delete_profile(const struct http_request *req, struct http_response *res)
{
    struct errbuf why = {""};
    int err = store_profile_erase(app_of(req)->store, req->user, http_param(req, "id"), &why);

    return err ? reply_failed(req, res, err, &why, "profile") : http_reply_empty(res, 204);
}

const struct http_route api_profiles_routes[] = {
    {"GET", "/api/v1/profiles", get_profiles, .flags = ROUTE_AUTH},
    {"POST", "/api/v1/profiles", post_profile, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .types = HTTP_JSON},
    {"GET", "/api/v1/profiles/{id}", get_profile, .flags = ROUTE_AUTH},
    {"PUT", "/api/v1/profiles/{id}", put_profile, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .types = HTTP_JSON},
    {"PATCH", "/api/v1/profiles/{id}", patch_profile, .flags = ROUTE_AUTH | ROUTE_LANE_STORE,
     .types = HTTP_JSON},
    {"DELETE", "/api/v1/profiles/{id}", delete_profile, .flags = ROUTE_AUTH | ROUTE_LANE_STORE},
    {.method = NULL},
};

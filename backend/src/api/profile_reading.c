/**
 * @file api/profile_reading.c  POST /api/v1/profiles/preview and /profiles/{id}/match
 *
 * Shows what ground/ understands of a profile before it is relied on: who a résumé is about and
 * which stories it tells, and how much of a job posting a profile covers. Nothing is stored.
 */
#include "api/profiles.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/json.h"
#include "ground/match.h"
#include "ground/resume.h"
#include "ground/similar.h"
#include "ground/story.h"
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------------------------------------ as JSON */

static json_t *text_of(const char *text, size_t len)
{
    json_t *holder = json_object();
    json_t *value;

    json_set_text(holder, "text", text, len);
    value = json_incref(json_object_get(holder, "text"));
    json_decref(holder);
    return value;
}

/* The part of a field from its first passage to its last. */
static json_t *place_text(const struct grounding *g, const struct place *place)
{
    const struct passage *a = grounding_passage(g, place->first);
    const struct passage *b = grounding_passage(g, place->end - 1);

    return text_of(a->text, (size_t)(b->text + b->len - a->text));
}

static json_t *heading_text(const struct grounding *g, int heading)
{
    const struct passage *h = heading >= 0 ? grounding_passage(g, (size_t)heading) : NULL;

    return h ? text_of(h->text, h->len) : json_null();
}

/* ----------------------------------------------------------------------------- a preview */

static json_t *story_json(const struct grounding *g, const struct place *place)
{
    static const char *const names[STORY_PARTS] = {"situation", "task", "action", "result"};
    json_t *parts = json_array();
    json_t *missing = json_array();
    struct story s;

    story_tell(&s, g, place, place->first);
    for (size_t i = 0; i < s.count; i++) {
        const struct story_run *r = &s.runs[i];
        json_t *part = json_object();

        json_object_set_new(part, "part", json_string(names[r->part]));
        json_object_set_new(part, "text",
                            text_of(grounding_passage(g, r->passage)->text + r->at, r->len));
        json_array_append_new(parts, part);
    }
    for (int part = 0; part < STORY_PARTS; part++)
        if (!story_tells(&s, (enum story_part)part))
            json_array_append_new(missing, json_string(names[part]));
    return json_pack("{so so so so}", "heading", heading_text(g, s.heading), "text",
                     place_text(g, place), "parts", parts, "missing", missing);
}

static json_t *stories_json(const struct grounding *g)
{
    struct place *places = calloc(grounding_count(g) + 1, sizeof(*places));
    size_t n = places ? places_find(g, places) : 0;
    json_t *stories = places ? json_array() : NULL;

    for (size_t k = 0; k < n; k++)
        if (story_is(g, &places[k]))
            json_array_append_new(stories, story_json(g, &places[k]));
    free(places);
    return stories;
}

static int this_year(void)
{
    time_t now = (time_t)(clock_unix_ms() / 1000);
    struct tm tm;

    gmtime_r(&now, &tm);
    return tm.tm_year + 1900;
}

static json_t *preview_json(const struct grounding *g, const char *context)
{
    struct resume *r = malloc(sizeof(*r));
    json_t *skills = json_array();
    json_t *whole = NULL;

    if (r) {
        resume_read(r, context, this_year());
        for (size_t i = 0; i < r->skill_count; i++)
            json_array_append_new(skills, text_of(r->skills[i], strlen(r->skills[i])));
        whole = json_pack("{so so so sO so}", "name", text_of(r->name, strlen(r->name)), "role",
                          text_of(r->role, strlen(r->role)), "yearsExperience",
                          r->years < 0 ? json_null() : json_integer(r->years), "skills", skills,
                          "stories", stories_json(g));
        explicit_bzero(r, sizeof(*r));
    }
    json_decref(skills);
    free(r);
    return whole;
}

/* NULL: out of memory. */
static int answer(const struct http_request *req, struct http_response *res, json_t *whole)
{
    struct errbuf why = {"a profile could not be read: out of memory"};

    return whole ? http_reply_json(res, 200, whole)
                 : reply_failed(req, res, UV_ENOMEM, &why, "profile");
}

static int post_preview(const struct http_request *req, struct http_response *res)
{
    static const struct field fields[] = {{"context", FIELD_TEXT, .max = PROFILE_CONTEXT_MAX,
                                           .bytes_max = PROFILE_CONTEXT_MAX,
                                           .flags = FIELD_REQUIRED},
                                          {.name = NULL}};
    struct grounding_input in = {.years_experience = -1};
    struct grounding *g = NULL;
    json_t *whole = NULL;
    json_t *body;

    if (validate_body(req, res, fields, 0, &body))
        return 0;
    in.context = json_str(body, "context");
    if (!grounding_open(&g, &in))
        whole = preview_json(g, in.context);
    grounding_free(g);
    json_decref(body);
    return answer(req, res, whole);
}

/* ------------------------------------------------------------------------------- a match */

static json_t *source_json(const struct grounding *g, const struct match *m)
{
    const struct passage *p;

    if (m->found == MATCH_NOTHING)
        return json_null();
    p = grounding_passage(g, m->place.first);
    return json_pack("{ss so so}", "field", ground_field_name(p->field), "heading",
                     heading_text(g, p->heading), "quote", place_text(g, &m->place));
}

static json_t *match_json(const struct grounding *g)
{
    static const char *const names[] = {"nothing", "mention", "story"};
    struct match found[MATCH_MAX];
    size_t n = match_posting(g, found, MATCH_MAX);
    json_t *requirements = json_array();
    size_t covered = 0;

    for (size_t i = 0; i < n; i++) {
        const struct match *m = &found[i];
        const char *text = grounding_passage(g, m->asked)->text + m->at;

        covered += m->found != MATCH_NOTHING;
        json_array_append_new(requirements,
                              json_pack("{so ss so}", "text", text_of(text, m->len), "found",
                                        names[m->found], "source", source_json(g, m)));
    }
    return json_pack("{so si si ss}", "requirements", requirements, "total", (int)n, "covered",
                     (int)covered, "by", grounding_points(g) ? "meaning" : "words");
}

/* Compares everything in a profile with the posting; NULL: out of memory. */
static json_t *match_profile(const struct store_profile *profile, const char *job)
{
    json_t *skills = profile->skills ? json_parse(profile->skills, strlen(profile->skills)) : NULL;
    size_t count = json_array_size(skills);
    const char **list = calloc(count + 1, sizeof(*list));
    struct grounding_input in = {
        .role = profile->role,
        .years_experience = profile->years_experience > 0 ? (int)profile->years_experience : -1,
        .skills = list,
        .industry = profile->industry,
        .context = profile->context,
        .job_description = job};
    struct grounding *g = NULL;
    json_t *whole = NULL;

    for (size_t i = 0; list && i < count; i++)
        if (json_is_string(json_array_get(skills, i)))
            list[in.skill_count++] = json_string_value(json_array_get(skills, i));
    if (list && !grounding_open(&g, &in)) {
        similar_index(g, true);
        whole = match_json(g);
    }
    grounding_free(g);
    free(list);
    json_decref(skills);
    return whole;
}

static int post_match(const struct http_request *req, struct http_response *res)
{
    static const struct field fields[] = {{"jobDescription", FIELD_TEXT, .max = PROFILE_CONTEXT_MAX,
                                           .bytes_max = PROFILE_CONTEXT_MAX,
                                           .flags = FIELD_REQUIRED},
                                          {.name = NULL}};
    const struct app *app = app_of(req);
    struct store_profile profile;
    struct errbuf why = {""};
    json_t *body;
    int err =
        sealed_profile_get(app->store, app->seal, req->user, http_param(req, "id"), &profile, &why);

    if (err)
        return reply_failed(req, res, err, &why, "profile");
    if (!validate_body(req, res, fields, 0, &body)) {
        answer(req, res, match_profile(&profile, json_str(body, "jobDescription")));
        json_decref(body);
    }
    store_profile_release(&profile);
    return 0;
}

const struct http_route api_profile_reading_routes[] = {
    {"POST", "/api/v1/profiles/preview", post_preview, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
     .types = HTTP_JSON},
    {"POST", "/api/v1/profiles/{id}/match", post_match, .flags = ROUTE_AUTH | ROUTE_LANE_DECODE,
     .types = HTTP_JSON},
    {.method = NULL},
};

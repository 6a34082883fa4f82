/**
 * @file api/progress.c  GET /api/v1/analytics/progress: a user's progress, session by session
 *
 * Computed from the transcripts at each request; nothing of it is stored.
 */
#include "api/progress.h"

#include "api/reply.h"
#include "api/validate.h"
#include "base/clock.h"
#include "ground/terms.h"
#include "store/sealed.h"

#include <string.h>

enum { SPEECH_LEAST_MS = 5000 }; /* less says nothing about the pace */

/* Filler words, folded (ä is a). Recognisers omit many of them. */
static const char *const fillers[] = {
    "ah", "ahm", "eh", "em",  "er",   "erm",  "euh",       "hm",       "hmm",      "mhm",
    "mm", "uh",  "um", "uhm", "este", "like", "basically", "actually", "literally"};

struct spoken {
    int64_t words, fillers;
    double ms;
    double scores;
    int64_t scored;
    json_t *kinds;
};

static void count_word(const struct term *term, void *arg)
{
    struct spoken *spoken = arg;

    spoken->words++;
    for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
        spoken->fillers += !strcmp(term->word, fillers[i]);
}

static void add_said(struct spoken *spoken, const struct store_transcript *t)
{
    json_t *metrics = t->metrics ? json_parse(t->metrics, strlen(t->metrics)) : NULL;
    json_t *detail = t->detail && t->detail[0] ? json_parse(t->detail, strlen(t->detail)) : NULL;
    double ms = json_num(metrics, "speechMs", 0);
    double score = json_num(metrics, "qualityScore", -1);
    const char *kind = json_str(detail, "kind");

    if (t->line == STORE_CANDIDATE && t->question && ms > 0) {
        spoken->ms += ms;
        words_each(t->question, strlen(t->question), count_word, spoken);
    }
    if (t->line == STORE_QUESTION && score >= 0) {
        spoken->scores += score;
        spoken->scored++;
    }
    if (t->line == STORE_QUESTION && kind)
        json_object_set_new(spoken->kinds, kind,
                            json_integer((json_int_t)json_int(spoken->kinds, kind, 0) + 1));
    json_decref(metrics);
    json_decref(detail);
}

static int add_session(const struct app *app, const char *user, const char *session_id,
                       struct spoken *spoken, struct errbuf *why)
{
    char cursor[STORE_CURSOR_MAX] = "";
    int err;

    do {
        struct store_list list = {0};

        err = store_transcript_list(app->store, user, session_id, false, STORE_PAGE_MAX, cursor,
                                    &list, why);
        for (size_t i = 0; i < list.count && !err; i++) {
            struct store_transcript *t = (struct store_transcript *)list.items + i;

            err = sealed_transcript_open(app->seal, t, why);
            if (!err)
                add_said(spoken, t);
        }
        memcpy(cursor, list.next, sizeof(cursor));
        store_list_release(&list, STORE_KIND_TRANSCRIPT);
    } while (!err && cursor[0]);
    return err == UV_ENOENT ? 0 : err; /* erased meanwhile */
}

static json_t *write_progress(const struct store_session *s, struct spoken *spoken)
{
    bool enough = spoken->ms >= SPEECH_LEAST_MS && spoken->words > 0;
    char created[CLOCK_TEXT_MAX];
    json_t *item = json_object();

    clock_format(s->created_at, created);
    json_set_str(item, "sessionId", s->id);
    json_set_str(item, "title", s->title ? s->title : "");
    json_set_str(item, "createdAt", created);
    json_object_set_new(item, "duration", json_integer(s->duration));
    json_object_set_new(item, "questions", json_integer(s->question_count));
    json_object_set_new(item, "wordsPerMinute",
                        enough ? json_thousandths((double)spoken->words * 60000 / spoken->ms)
                               : json_null());
    json_object_set_new(
        item, "fillersPer100Words",
        enough ? json_thousandths(100.0 * (double)spoken->fillers / (double)spoken->words)
               : json_null());
    json_object_set_new(item, "averageScore",
                        spoken->scored ? json_thousandths(spoken->scores / (double)spoken->scored)
                                       : json_null());
    json_object_set_new(item, "kinds", spoken->kinds);
    return item;
}

int progress_of(const struct app *app, struct store_session *session, json_t **item,
                struct errbuf *why)
{
    struct spoken spoken = {.kinds = json_object()};
    int err = sealed_session_open(app->seal, session, why);

    if (!err)
        err = add_session(app, session->user_id, session->id, &spoken, why);
    if (err)
        json_decref(spoken.kinds);
    else
        *item = write_progress(session, &spoken);
    return err;
}

static int get_progress(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct errbuf why = {""};
    struct store_list list;
    struct page page;
    json_t *root, *items;
    int err;

    if (validate_page(req, res, &page))
        return 0;
    err = store_session_list(app->store, req->user, NULL, page.limit, page.cursor, &list, &why);
    if (err)
        return reply_failed(req, res, err, &why, "session");
    root = json_object();
    items = json_array();
    for (size_t i = 0; i < list.count && !err; i++) {
        struct store_session *s = (struct store_session *)list.items + i;
        json_t *item = NULL;

        err = progress_of(app, s, &item, &why);
        if (!err)
            json_array_append_new(items, item);
    }
    json_object_set_new(root, "items", items);
    json_set_str(root, "nextCursor", list.next[0] ? list.next : NULL);
    store_list_release(&list, STORE_KIND_SESSION);
    if (!err)
        return http_reply_json(res, 200, root);
    json_decref(root);
    return reply_failed(req, res, err, &why, "session");
}

const struct http_route api_progress_routes[] = {
    {"GET", "/api/v1/analytics/progress", get_progress, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};

/**
 * @file api/timeline.c  GET /api/v1/sessions/{id}/timeline: where the time of each question was
 * spent
 *
 * Made from what is stored with every exchange: nothing is measured here.
 */
#include "api/reply.h"
#include "api/sessions.h"
#include "base/json.h"
#include "export/record.h"
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

enum { STAGES = 4 };

/* In the order in which they are usually reached; the names of Latency without their "Ms". */
static const char *const stages[STAGES][2] = {{"final", "finalMs"},
                                              {"outline", "outlineMs"},
                                              {"firstToken", "firstTokenMs"},
                                              {"total", "totalMs"}};

/* The milliseconds of one stage over all questions that reached it. */
struct times {
    double *ms;
    size_t n;
};

static void add_question(json_t *items, const struct store_transcript *t,
                         const struct store_session *session, struct times times[static STAGES])
{
    json_t *detail = t->detail && t->detail[0] ? json_parse(t->detail, strlen(t->detail)) : NULL;
    json_t *metrics = t->metrics ? json_parse(t->metrics, strlen(t->metrics)) : NULL;
    const json_t *latency = json_object_get(detail, "latency");
    json_t *reached = json_array();
    json_t *item = json_object();
    int64_t since = t->timestamp - session->created_at;

    json_set_str(item, "transcriptId", t->id);
    json_object_set_new(item, "questionNumber", json_integer(t->question_number));
    json_object_set_new(item, "sinceStartMs", json_integer(since > 0 ? (json_int_t)since : 0));
    json_object_set_new(item, "speechMs",
                        json_integer((json_int_t)json_num(metrics, "speechMs", 0)));
    for (size_t i = 0; i < STAGES; i++) {
        double ms = json_num(latency, stages[i][1], -1);

        if (ms < 0)
            continue;
        times[i].ms[times[i].n++] = ms;
        json_array_append_new(reached, json_pack("{s:s, s:f}", "stage", stages[i][0], "atMs", ms));
    }
    json_object_set_new(item, "stages", reached);
    json_set_str(item, "provider",
                 json_str(detail, "provider") ? json_str(detail, "provider") : "");
    json_array_append_new(items, item);
    json_decref(metrics);
    json_decref(detail);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Nearest rank: the smallest value that at least this share of them does not exceed. */
static double share_of(const struct times *t, double share)
{
    double rank = share * (double)t->n;
    size_t i = (size_t)rank;

    return t->ms[(double)i < rank || i == 0 ? i : i - 1];
}

static json_t *summary(struct times times[static STAGES])
{
    json_t *list = json_array();

    for (size_t i = 0; i < STAGES; i++) {
        struct times *t = &times[i];

        if (!t->n)
            continue;
        qsort(t->ms, t->n, sizeof(*t->ms), by_size);
        json_array_append_new(list, json_pack("{s:s, s:I, s:f, s:f, s:f}", "stage", stages[i][0],
                                              "count", (json_int_t)t->n, "p50Ms", share_of(t, 0.5),
                                              "p90Ms", share_of(t, 0.9), "maxMs", t->ms[t->n - 1]));
    }
    return list;
}

static int reply(struct http_response *res, const struct store_session *session,
                 const struct session_said *said)
{
    double *ms = calloc(STAGES * (said->n + 1), sizeof(*ms));
    struct times times[STAGES];
    json_t *items, *root;

    if (!ms)
        return UV_ENOMEM;
    items = json_array();
    root = json_object();
    for (size_t i = 0; i < STAGES; i++)
        times[i] = (struct times){ms + i * (said->n + 1), 0};
    for (size_t i = 0; i < said->n; i++)
        if (said->at[i].line == STORE_QUESTION)
            add_question(items, &said->at[i], session, times);
    json_set_str(root, "sessionId", session->id);
    json_object_set_new(root, "stages", summary(times));
    json_object_set_new(root, "items", items);
    free(ms);
    return http_reply_json(res, 200, root);
}

int api_session_timeline(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct session_said said = {NULL, 0};
    struct store_session session;
    struct errbuf why = {""};
    int err =
        sealed_session_get(app->store, app->seal, req->user, http_param(req, "id"), &session, &why);

    if (err)
        return reply_failed(req, res, err, &why, "session");
    err = session_said_load(app_of(req), req->user, http_param(req, "id"), &said, &why);
    err = err ? reply_failed(req, res, err, &why, "session") : reply(res, &session, &said);
    session_said_release(&said);
    store_session_release(&session);
    return err;
}

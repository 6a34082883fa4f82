/**
 * @file api/export.c  A session as a file
 */
#include "export/export.h"

#include "api/reply.h"
#include "api/sessions.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/json.h"
#include "store/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSCRIPTS_MAX = 2000 }; /* in one file; a day of interviewing has a few hundred */

static const struct field fields[] = {
    {"format", FIELD_CHOICE, .choices = "pdf|json|md", .flags = FIELD_REQUIRED},
    {.name = NULL},
};

struct pairs {
    struct store_transcript *at;
    size_t n;
};

static void release(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++)
        store_transcript_release(&pairs->at[i]);
    free(pairs->at);
}

/* Moves the records of a page to the end of pairs. */
static int take(struct pairs *pairs, struct store_list *list)
{
    struct store_transcript *more =
        realloc(pairs->at, (pairs->n + list->count + 1) * sizeof(*more));

    if (!more)
        return UV_ENOMEM;
    pairs->at = more;
    if (list->count)
        memcpy(more + pairs->n, list->items, list->count * sizeof(*more));
    pairs->n += list->count;
    list->count = 0;
    return 0;
}

static int load_pairs(const struct http_request *req, struct pairs *pairs, struct errbuf *why)
{
    const struct app *app = app_of(req);
    char cursor[STORE_CURSOR_MAX] = "";
    int err = 0;

    do {
        struct store_list list;

        err = store_transcript_list(app->store, req->user, http_param(req, "id"), false,
                                    STORE_PAGE_MAX, cursor, &list, why);
        if (err)
            return err;
        memcpy(cursor, list.next, sizeof(cursor));
        err = take(pairs, &list);
        store_list_release(&list, STORE_KIND_TRANSCRIPT);
    } while (!err && cursor[0] && pairs->n < TRANSCRIPTS_MAX);

    for (size_t i = 0; i < pairs->n && !err; i++)
        err = sealed_transcript_open(app->seal, &pairs->at[i], why);
    return err;
}

static int write_file(const struct http_request *req, struct http_response *res,
                      const struct export_format *format, const struct export_doc *doc,
                      struct errbuf *why)
{
    char name[64];
    char disposition[96];
    int err;

    res->status = 200;
    res->type = format->type;
    buf_clear(&res->body);
    err = format->write(doc, &res->body, why);
    if (err)
        return reply_failed(req, res, err, why, "session");
    export_filename(doc, format, name, sizeof(name));
    snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"", name);
    return http_set_header(res, "Content-Disposition", disposition);
}

int api_export_session(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct store_profile profile = {.id = ""};
    struct pairs pairs = {NULL, 0};
    struct store_session session;
    struct errbuf why = {""};
    struct export_doc doc = {
        .session = &session, .exported_at = clock_unix_ms(), .process = id_of_process()};
    const struct export_format *format;
    json_t *body;
    int err;

    err =
        sealed_session_get(app->store, app->seal, req->user, http_param(req, "id"), &session, &why);
    if (err)
        return reply_failed(req, res, err, &why, "session");
    if (validate_body(req, res, fields, 0, &body)) {
        store_session_release(&session);
        return 0;
    }
    format = export_find(json_str(body, "format"));
    json_decref(body);

    if (session.profile_id[0])
        err = sealed_profile_get(app->store, app->seal, req->user, session.profile_id, &profile,
                                 &why);
    if (err == UV_ENOENT)
        err = 0; /* deleted in between */
    if (!err)
        err = load_pairs(req, &pairs, &why);
    doc.profile = profile.id[0] ? &profile : NULL;
    doc.transcripts = pairs.at;
    doc.transcript_count = pairs.n;
    if (err)
        reply_failed(req, res, err, &why, "session");
    else
        err = write_file(req, res, format, &doc, &why);

    release(&pairs);
    store_profile_release(&profile);
    store_session_release(&session);
    return 0;
}

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

static const struct field fields[] = {
    {"format", FIELD_CHOICE, .choices = "pdf|json|md|docx|srt", .flags = FIELD_REQUIRED},
    {"utcOffset", FIELD_TEXT, .min = 6, .max = 6},
    {.name = NULL},
};

/* How far the reader's clock is from UTC, "+05:30", in minutes: some islands are 14 hours ahead. */
static bool read_offset(const char *text, int *minutes)
{
    static const char form[] = "+00:00"; /* 0 stands for any digit */

    for (size_t i = 0; form[i]; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9'
                           : text[i] != form[i] && !(i == 0 && text[0] == '-'))
            return false;
    *minutes = atoi(text + 1) * 60 + atoi(text + 4);
    if (atoi(text + 4) > 59 || *minutes > 14 * 60)
        return false;
    if (text[0] == '-')
        *minutes = -*minutes;
    return true;
}

void session_said_release(struct session_said *said)
{
    for (size_t i = 0; i < said->n; i++)
        store_transcript_release(&said->at[i]);
    free(said->at);
}

/* Moves the records of a page to the end of said. */
static int take(struct session_said *said, struct store_list *list)
{
    struct store_transcript *more = realloc(said->at, (said->n + list->count + 1) * sizeof(*more));

    if (!more)
        return UV_ENOMEM;
    said->at = more;
    if (list->count)
        memcpy(more + said->n, list->items, list->count * sizeof(*more));
    said->n += list->count;
    list->count = 0;
    return 0;
}

int session_said_load(const struct app *app, const char *user, const char *session,
                      struct session_said *said, struct errbuf *why)
{
    char cursor[STORE_CURSOR_MAX] = "";
    int err = 0;

    do {
        struct store_list list;

        err = store_transcript_list(app->store, user, session, false, STORE_PAGE_MAX, cursor, &list,
                                    why);
        if (err)
            return err;
        memcpy(cursor, list.next, sizeof(cursor));
        err = take(said, &list);
        store_list_release(&list, STORE_KIND_TRANSCRIPT);
    } while (!err && cursor[0]);

    for (size_t i = 0; i < said->n && !err; i++)
        err = sealed_transcript_open(app->seal, &said->at[i], why);
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
    struct session_said said = {NULL, 0};
    struct store_session session;
    struct errbuf why = {""};
    struct export_doc doc = {
        .session = &session, .exported_at = clock_unix_ms(), .process = id_of_process()};
    const struct export_format *format;
    const char *offset;
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
    offset = json_str(body, "utcOffset");
    if (offset && !read_offset(offset, &doc.utc_offset)) {
        validate_refuse(req, res, "/utcOffset", "must be like +05:30, at most 14 hours");
        json_decref(body);
        store_session_release(&session);
        return 0;
    }
    json_decref(body);

    if (session.profile_id[0])
        err = sealed_profile_get(app->store, app->seal, req->user, session.profile_id, &profile,
                                 &why);
    if (err == UV_ENOENT)
        err = 0; /* deleted in between */
    if (!err)
        err = session_said_load(app, req->user, session.id, &said, &why);
    doc.profile = profile.id[0] ? &profile : NULL;
    doc.transcripts = said.at;
    doc.transcript_count = said.n;
    if (err)
        reply_failed(req, res, err, &why, "session");
    else
        err = write_file(req, res, format, &doc, &why);

    session_said_release(&said);
    store_profile_release(&profile);
    store_session_release(&session);
    return 0;
}

/**
 * @file api/transcripts.c  The pairs of question and answer
 */
#include "api/reply.h"
#include "api/sessions.h"
#include "api/validate.h"
#include "export/record.h"
#include "store/sealed.h"

#include <string.h>

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

static int get_transcript(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct store_transcript t;
    struct errbuf why = {""};
    int err = store_transcript_get(app->store, req->user, http_param(req, "id"), &t, &why);

    if (err)
        return reply_failed(req, res, err, &why, "transcript");
    err = sealed_transcript_open(app->seal, &t, &why);
    if (err)
        reply_failed(req, res, UV_EIO, &why, "transcript");
    else
        record_transcript(reply_json(res, 200), &t);
    store_transcript_release(&t);
    return 0;
}

const struct http_route api_transcripts_routes[] = {
    {"GET", "/api/v1/transcripts/{id}", get_transcript, .flags = ROUTE_AUTH},
    {.method = NULL},
};

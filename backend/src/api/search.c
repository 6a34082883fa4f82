/**
 * @file api/search.c  GET /api/v1/search: sessions by the words in them
 *
 * A page of sessions, newest first, each with the lines that contain most of the words, and their
 * surrounding text. The index finds them; everything shown is read from the store.
 */
#include "search/search.h"

#include "api/reply.h"
#include "api/sessions.h"
#include "api/validate.h"
#include "base/text.h"
#include "export/record.h"
#include "store/sealed.h"

#include <stdlib.h>
#include <string.h>

static void write_match(struct buf *out, bool first, const char *transcript, int number,
                        const char *field, const struct search_excerpt *e)
{
    buf_puts(out, first ? "{\"transcriptId\":" : ",{\"transcriptId\":");
    record_text(out, transcript);
    if (transcript)
        buf_printf(out, ",\"questionNumber\":%d", number);
    else
        buf_puts(out, ",\"questionNumber\":null");
    buf_printf(out, ",\"field\":\"%s\",\"excerpt\":", field);
    record_text(out, e->text);
    buf_puts(out, ",\"marks\":[");
    for (size_t i = 0; i < e->mark_count; i++)
        buf_printf(out, "%s{\"start\":%zu,\"end\":%zu}", i ? "," : "", e->marks[i].start,
                   e->marks[i].end);
    buf_puts(out, "]}");
}

/* The one of two texts that contains more of the words. true: written. */
static bool write_better(struct buf *out, bool first, const struct index_query *query,
                         const char *transcript, int number, const char *const fields[static 2],
                         const char *const texts[static 2])
{
    struct search_excerpt excerpts[2];
    size_t has[2];
    bool second;

    for (size_t i = 0; i < 2; i++)
        has[i] = search_excerpt(query, texts[i] ? texts[i] : "", &excerpts[i]);
    second = has[1] > has[0];
    if (has[second])
        write_match(out, first, transcript, number, fields[second], &excerpts[second]);
    explicit_bzero(excerpts, sizeof(excerpts));
    return has[second] > 0;
}

static int write_line(const struct http_request *req, struct buf *out, bool *first,
                      const struct index_query *query, const char *id, struct errbuf *why)
{
    struct store_transcript t;
    int err = store_transcript_get(app_of(req)->store, req->user, id, &t, why);

    if (err)
        return err == UV_ENOENT ? 0 : err; /* erased since */
    err = sealed_transcript_open(app_of(req)->seal, &t, why);
    if (!err &&
        write_better(out, *first, query, t.id, t.question_number,
                     (const char *[]){t.line == STORE_QUESTION ? "question" : "line", "answer"},
                     (const char *[]){t.question, t.answer}))
        *first = false;
    store_transcript_release(&t);
    return err;
}

static int write_hit(const struct http_request *req, struct buf *out,
                     const struct store_session *session, const struct index_hit *hit,
                     const struct index_query *query, struct errbuf *why)
{
    bool first = true;
    int err = 0;

    buf_puts(out, "{\"session\":");
    record_session(out, session);
    buf_puts(out, ",\"matches\":[");
    if (hit->head &&
        write_better(out, first, query, NULL, 0, (const char *[]){"title", "jobDescription"},
                     (const char *[]){session->title, session->job_description}))
        first = false;
    for (size_t i = 0; i < hit->line_count && !err; i++)
        err = write_line(req, out, &first, query, hit->lines[i], why);
    buf_puts(out, "]}");
    return err;
}

/* Has the provider of the filter answered in it? The store finds those begun in its millisecond. */
static int is_answered(const struct http_request *req, const char *provider,
                       const struct store_session *s, bool *is, struct errbuf *why)
{
    const struct store_session_filter filter = {.status = STORE_ANY,
                                                .from = s->created_at,
                                                .until = s->created_at + 1,
                                                .provider = provider};
    struct store_list list = {0};
    int err =
        store_session_list(app_of(req)->store, req->user, &filter, STORE_PAGE_MAX, "", &list, why);

    *is = false;
    for (size_t i = 0; i < list.count && !err; i++)
        *is |= !strcmp(((const struct store_session *)list.items)[i].id, s->id);
    if (!err)
        store_list_release(&list, STORE_KIND_SESSION);
    return err;
}

static bool passes(const struct session_filter *filter, const struct store_session *s)
{
    const struct store_session_filter *f = &filter->store;

    if ((f->status != STORE_ANY && s->status != f->status) || s->created_at < f->from ||
        (f->until && s->created_at >= f->until))
        return false;
    for (size_t i = 0; i < f->profile_count; i++)
        if (!strcmp(f->profiles[i], s->profile_id))
            return true;
    return !f->profiles;
}

/* A page of results after the cursor that pass the filter. */
static int write_page(const struct http_request *req, struct buf *out,
                      const struct search_found *found, const struct session_filter *filter,
                      const struct page *page, struct errbuf *why)
{
    const char *last = NULL;
    bool more = false;
    size_t n = 0;
    int err = 0;

    buf_puts(out, "{\"items\":[");
    for (size_t i = 0; i < found->found.count && !err && !more; i++) {
        const struct index_hit *hit = &found->found.hits[i];
        struct store_session session;
        bool is;

        if (page->cursor[0] && strcmp(hit->session_id, page->cursor) >= 0)
            continue;
        err = store_session_get(app_of(req)->store, req->user, hit->session_id, &session, why);
        if (err == UV_ENOENT) { /* erased since */
            err = 0;
            continue;
        }
        is = !err && passes(filter, &session);
        if (is && filter->store.provider) {
            err = is_answered(req, filter->store.provider, &session, &is, why);
            if (err)
                store_session_release(&session);
        }
        if (!err && is) {
            more = n == page->limit;
            err = more ? 0 : sealed_session_open(app_of(req)->seal, &session, why);
            if (!err && !more) {
                buf_puts(out, n++ ? "," : "");
                last = hit->session_id;
                err = write_hit(req, out, &session, hit, &found->query, why);
            }
        }
        if (!err)
            store_session_release(&session);
    }
    buf_puts(out, "],\"nextCursor\":");
    record_text(out, more ? last : NULL);
    buf_printf(out, ",\"complete\":%s}", found->complete ? "true" : "false");
    return err;
}

static int get_search(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    const char *query = http_query(req, "q");
    struct session_filter filter;
    struct search_found found;
    struct errbuf why = {""};
    struct page page;
    int err;

    if (!app->search)
        return http_problem(res, req, 503, "unavailable", "Nothing can be searched here.", NULL);
    if (!query || !*query || !utf8_valid(query, strlen(query)) ||
        utf8_count(query, strlen(query)) > SEARCH_QUERY_MAX) {
        validate_refuse(req, res, "q", "must have 1 to 200 characters");
        return 0;
    }
    if (session_filter_read(req, res, &filter) || validate_page(req, res, &page))
        return 0;
    if (page.cursor[0] && !id_valid(page.cursor)) {
        validate_refuse(req, res, "cursor", "must be the nextCursor of the page before");
        return 0;
    }
    err = search_find(app->search, req->user, query, &found, &why);
    if (!err)
        err = write_page(req, reply_json(res, 200), &found, &filter, &page, &why);
    search_found_release(&found);
    return err ? reply_failed(req, res, err, &why, "session") : 0;
}

const struct http_route api_search_routes[] = {
    {"GET", "/api/v1/search", get_search, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};

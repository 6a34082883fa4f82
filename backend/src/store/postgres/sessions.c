/**
 * @file store/postgres/sessions.c  Profiles, sessions, and what was said in them
 */
#include "base/buffer.h"
#include "store/postgres/records.h"
#include "store/postgres/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROFILES_TEXT_MAX = 64 << 10 }; /* ids of a filter, [bytes] */

/* ----------------------------------------------------------------------------- profiles */

static const char too_many_profiles[] = "the user has as many profiles as there may be";

int postgres_profile_put(void *db, const struct store_profile *profile, struct errbuf *why)
{
    return rows_put(db, PROFILE_PUT, &store_record_profile, profile, UV_ENOENT, why);
}

int postgres_profile_add(void *db, const struct store_profile *profile, size_t most,
                         struct errbuf *why)
{
    return rows_put_within(db, PROFILE_ADD, profile->user_id, &store_record_profile, profile,
                           (int64_t)most, too_many_profiles, why);
}

int postgres_profile_get(void *db, const char *user_id, const char *id,
                         struct store_profile *profile, struct errbuf *why)
{
    return rows_get(db, PROFILE_GET, id, user_id, &store_record_profile, profile, why);
}

int postgres_profile_list(void *db, const char *user_id, size_t limit, const char *cursor,
                          struct store_list *list, struct errbuf *why)
{
    return rows_list_newest(db, PROFILE_LIST, &store_record_profile, user_id, limit, cursor, list,
                            why);
}

int postgres_profile_list_clear(void *db, const char *after, struct store_list *list,
                                struct errbuf *why)
{
    struct call call;

    call_begin(&call, PROFILE_LIST_CLEAR);
    call_text(&call, after);
    return rows_list(db, false, &call, &store_record_profile_owner, STORE_PAGE_MAX, list, why);
}

int postgres_profile_count(void *db, const char *user_id, size_t *count, struct errbuf *why)
{
    int64_t n = 0;
    int err = rows_number(db, PROFILE_COUNT, user_id, &n, why);

    if (!err)
        *count = (size_t)n;
    return err;
}

int postgres_profile_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return rows_run(db, PROFILE_ERASE, id, user_id, UV_ENOENT, why);
}

/* ----------------------------------------------------------------------------- sessions */

int postgres_session_put(void *db, const struct store_session *session, struct errbuf *why)
{
    return rows_put(db, SESSION_PUT, &store_record_session, session, UV_ENOENT, why);
}

int postgres_session_get(void *db, const char *user_id, const char *id,
                         struct store_session *session, struct errbuf *why)
{
    return rows_get(db, SESSION_GET, id, user_id, &store_record_session, session, why);
}

/* The filter's profiles as the text of an array: {id,id}. Ids have letters and digits alone. */
static int write_profiles(const struct store_session_filter *filter, struct buf *text)
{
    buf_printf(text, "{");
    for (size_t i = 0; i < filter->profile_count; i++)
        if (id_valid(filter->profiles[i])) /* what is none names nothing */
            buf_printf(text, "%s%s", text->len > 1 ? "," : "", filter->profiles[i]);
    buf_printf(text, "}");
    return text->err;
}

static void call_given(struct call *call, bool given, int64_t number)
{
    call_int(call, number);
    if (!given)
        call->values[call->count - 1] = NULL;
}

static int list_filtered(struct pg_db *db, const char *user_id,
                         const struct store_session_filter *filter, size_t limit,
                         const char *cursor, struct store_list *list, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct buf profiles;
    struct call call;
    bool more = false;
    int err = 0;

    buf_init(&profiles, PROFILES_TEXT_MAX);
    if (filter->profiles && write_profiles(filter, &profiles))
        err = err_set(why, UV_ENOMEM, "out of memory");
    call_begin(&call, SESSION_LIST_FILTERED);
    call_text(&call, user_id);
    call_text(&call, cursor && cursor[0] ? cursor : "~"); /* after every id */
    call_int(&call, (int64_t)limit + 1);
    call_given(&call, filter->status != STORE_ANY, filter->status);
    call_given(&call, filter->from, filter->from);
    call_given(&call, filter->until, filter->until);
    call_text(&call, filter->profiles ? profiles.data : NULL);
    call_text(&call, filter->provider);
    if (!err)
        err = db_ask(db, false, &call, 1, &replies, why);
    if (!err)
        err = read_list(&replies, 0, &store_record_session, limit, list, &more, why);
    if (!err)
        rows_set_next(list, &store_record_session, more);
    replies_release(&replies);
    buf_release(&profiles);
    return err;
}

int postgres_session_list(void *db, const char *user_id, const struct store_session_filter *filter,
                          size_t limit, const char *cursor, struct store_list *list,
                          struct errbuf *why)
{
    bool all = filter->status == STORE_ANY && !filter->from && !filter->until &&
               !filter->profiles && !filter->provider;

    if (all)
        return rows_list_newest(db, SESSION_LIST, &store_record_session, user_id, limit, cursor,
                                list, why);
    return list_filtered(db, user_id, filter, limit, cursor, list, why);
}

int postgres_session_resume(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return rows_run(db, SESSION_RESUME, id, user_id, UV_ENOENT, why);
}

int postgres_session_abandon(void *db, int64_t before, size_t limit, struct store_list *list,
                             struct errbuf *why)
{
    struct call call;

    call_begin(&call, SESSION_ABANDON);
    call_int(&call, before);
    return rows_list(db, true, &call, &store_record_session, limit, list, why);
}

int postgres_session_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return rows_run(db, SESSION_ERASE, id, user_id, UV_ENOENT, why);
}

/* ------------------------------------------------------------- a session from elsewhere */

static int write_part(struct conn *conn, struct call *calls, size_t n, int none,
                      const char *sentence, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    int err = conn_run(conn, calls, n, &replies, why);

    for (size_t i = 0; i < n && !err; i++)
        if (calls[i].index != USER_LOCK && calls[i].index != BEGIN && !reply_changed(&replies, i))
            err = err_set(why, none, "%s", sentence);
    replies_release(&replies);
    return err;
}

static int import_profile(struct conn *conn, const struct store_profile *profile, size_t most,
                          struct errbuf *why)
{
    struct call calls[2];

    call_begin(&calls[0], USER_LOCK);
    call_text(&calls[0], profile->user_id);
    call_begin(&calls[1], PROFILE_ADD);
    call_record(&calls[1], &store_record_profile, profile);
    call_int(&calls[1], (int64_t)most);
    return write_part(conn, calls, 2, UV_ERANGE, too_many_profiles, why);
}

static int import_transcripts(struct conn *conn, const struct store_transcript *transcripts,
                              size_t count, struct errbuf *why)
{
    struct call *calls = calloc(CALLS_MAX, sizeof(*calls));
    int err = calls ? 0 : err_set(why, UV_ENOMEM, "out of memory");

    for (size_t done = 0; done < count && !err;) {
        size_t n = count - done < CALLS_MAX ? count - done : CALLS_MAX;

        for (size_t i = 0; i < n; i++) {
            call_begin(&calls[i], TRANSCRIPT_WRITE);
            call_record(&calls[i], &store_record_transcript, &transcripts[done + i]);
        }
        err = write_part(conn, calls, n, UV_ENOENT, "there is no such record", why);
        done += n;
    }
    free(calls);
    return err;
}

static int finish_import(struct conn *conn, const char *id, struct errbuf *why)
{
    struct call calls[2];

    call_begin(&calls[0], SESSION_RECOUNT);
    call_text(&calls[0], id);
    call_begin(&calls[1], COMMIT);
    return conn_run(conn, calls, 2, NULL, why);
}

static int import(struct conn *conn, const struct store_profile *profile, size_t most,
                  const struct store_session *session, const struct store_transcript *transcripts,
                  size_t count, struct errbuf *why)
{
    struct call call;
    int err;

    call_begin(&call, BEGIN);
    err = conn_run(conn, &call, 1, NULL, why);
    if (!err && profile)
        err = import_profile(conn, profile, most, why);
    call_begin(&call, SESSION_PUT);
    call_record(&call, &store_record_session, session);
    if (!err)
        err = write_part(conn, &call, 1, UV_ENOENT, "there is no such record", why);
    if (!err)
        err = import_transcripts(conn, transcripts, count, why);
    return err ? err : finish_import(conn, session->id, why);
}

int postgres_session_import(void *db, const struct store_profile *profile, size_t most,
                            const struct store_session *session,
                            const struct store_transcript *transcripts, size_t count,
                            struct errbuf *why)
{
    bool again = true;
    int err = 0;

    for (int tries = 0; again; tries++) {
        struct conn *conn = NULL;

        if ((err = conn_take(db, &conn, why)))
            return err;
        err = import(conn, profile, most, session, transcripts, count, why);
        again = conn_again(conn, err, tries);
        conn_done(conn);
    }
    return err;
}

/* -------------------------------------------------------------------------- transcripts */

int postgres_transcript_put(void *db, struct store_transcript *transcript, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call call;
    int err;

    call_begin(&call, TRANSCRIPT_PUT);
    call_record(&call, &store_record_transcript, transcript);
    err = db_ask(db, true, &call, 1, &replies, why);
    if (!err && !reply_rows(&replies, 0))
        err = err_set(why, UV_ENOENT, "there is no such record");
    if (!err) {
        transcript->question_number = (int)reply_int(&replies, 0, 0, 0);
        snprintf(transcript->user_id, sizeof(transcript->user_id), "%s",
                 reply_text(&replies, 0, 0, 1));
    }
    replies_release(&replies);
    return err;
}

int postgres_transcript_erase(void *db, const char *session_id, const char *id,
                              char user_id[static ID_TEXT_MAX], struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call call;
    int err;

    call_begin(&call, TRANSCRIPT_ERASE);
    call_text(&call, session_id);
    call_text(&call, id);
    err = db_ask(db, true, &call, 1, &replies, why);
    if (!err && !reply_rows(&replies, 0))
        err = err_set(why, UV_ENOENT, "there is no such record");
    if (!err)
        snprintf(user_id, ID_TEXT_MAX, "%s", reply_text(&replies, 0, 0, 0));
    replies_release(&replies);
    return err;
}

int postgres_transcript_get(void *db, const char *user_id, const char *id,
                            struct store_transcript *transcript, struct errbuf *why)
{
    return rows_get(db, TRANSCRIPT_GET, id, user_id, &store_record_transcript, transcript, why);
}

/* Whose session it is is asked in the same round trip. */
int postgres_transcript_list(void *db, const char *user_id, const char *session_id,
                             bool newest_first, size_t limit, const char *cursor,
                             struct store_list *list, struct errbuf *why)
{
    bool more = cursor && cursor[0];
    struct replies replies = {.count = 0};
    struct call calls[2];
    int err;

    call_begin(&calls[0], SESSION_OWNED);
    call_text(&calls[0], session_id);
    call_text(&calls[0], user_id);
    call_begin(&calls[1], newest_first ? more ? TRANSCRIPT_NEWEST_MORE : TRANSCRIPT_NEWEST
                          : more       ? TRANSCRIPT_LIST_MORE
                                       : TRANSCRIPT_LIST);
    call_text(&calls[1], session_id);
    call_text(&calls[1], more ? cursor : NULL);
    call_int(&calls[1], (int64_t)limit + 1);
    err = db_ask(db, false, calls, 2, &replies, why);
    if (!err && !reply_rows(&replies, 0))
        err = err_set(why, UV_ENOENT, "there is no such session");
    if (!err)
        err = read_list(&replies, 1, &store_record_transcript, limit, list, &more, why);
    if (!err)
        rows_set_next(list, &store_record_transcript, more);
    replies_release(&replies);
    return err;
}

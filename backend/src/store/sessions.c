/**
 * @file store/sessions.c  Profiles, sessions, and what was said in them
 */
#include "store/store_internal.h"

#include <string.h>

/* A driver changes any kind of record with one function; here each kind gets its own type back, and
 * its required texts are checked. */
struct change {
    int (*profile)(struct store_profile *profile, void *arg);
    int (*session)(struct store_session *session, void *arg);
    int (*transcript)(struct store_transcript *transcript, void *arg);
    void *arg;
};

/* ----------------------------------------------------------------------------- profiles */

static int check_profile(const struct store_profile *profile, struct errbuf *why)
{
    int err = store_check_own_id(profile->id, "profile", why);

    if (!err)
        err = store_check_id(profile->user_id, "user", why);
    if (!err && (!profile->name || !profile->role || !profile->skills || !profile->industry))
        err = err_set(why, UV_EINVAL, "a profile has a name, role, skills and industry");
    return err;
}

int store_profile_put(struct store *store, const struct store_profile *profile, struct errbuf *why)
{
    int err = check_profile(profile, why);

    return err ? err : store->writer->profile_put(store->writer_db, profile, why);
}

int store_profile_add(struct store *store, const struct store_profile *profile, size_t most,
                      struct errbuf *why)
{
    int err = check_profile(profile, why);

    return err ? err : store->writer->profile_add(store->writer_db, profile, most, why);
}

int store_profile_get(struct store *store, const char *user_id, const char *id,
                      struct store_profile *profile, struct errbuf *why)
{
    int err = store_check_id(id, "profile", why);

    return err ? err : store->driver->profile_get(store->db, user_id, id, profile, why);
}

int store_profile_list(struct store *store, const char *user_id, size_t limit, const char *cursor,
                       struct store_list *list, struct errbuf *why)
{
    int err = store_check_page(limit, why);

    if (!err)
        err = store_check_cursor(cursor, why);
    return err ? err : store->driver->profile_list(store->db, user_id, limit, cursor, list, why);
}

int store_profile_list_clear(struct store *store, const char *after, struct store_list *list,
                             struct errbuf *why)
{
    return store->driver->profile_list_clear(store->db, after, list, why);
}

int store_profile_count(struct store *store, const char *user_id, size_t *count, struct errbuf *why)
{
    return store->driver->profile_count(store->db, user_id, count, why);
}

int store_profile_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why)
{
    int err = store_check_id(id, "profile", why);

    return err ? err : store->writer->profile_erase(store->writer_db, user_id, id, why);
}

static int change_profile(void *record, void *arg)
{
    const struct change *change = arg;
    struct store_profile *p = record;
    int err = change->profile(p, change->arg);

    return err || (p->name && p->role && p->skills && p->industry) ? err : UV_ENOMEM;
}

int store_profile_change(struct store *store, const char *user_id, const char *id,
                         int (*fn)(struct store_profile *profile, void *arg), void *arg,
                         struct store_profile *profile, struct errbuf *why)
{
    struct change change = {.profile = fn, .arg = arg};
    int err = store_check_id(id, "profile", why);

    return err ? err
               : store->writer->change(store->writer_db, STORE_KIND_PROFILE, user_id, id,
                                       change_profile, &change, profile, why);
}

void store_profile_release(struct store_profile *profile)
{
    record_release(&store_record_profile, profile);
}

/* ----------------------------------------------------------------------------- sessions */

static int check_session(const struct store_session *session, struct errbuf *why)
{
    int err = store_check_own_id(session->id, "session", why);

    if (!err)
        err = store_check_id(session->user_id, "user", why);
    if (!err && session->profile_id[0])
        err = store_check_id(session->profile_id, "profile", why);
    if (!err &&
        (!session->metadata || session->status < STORE_ACTIVE || session->status > STORE_ABANDONED))
        err = err_set(why, UV_EINVAL, "a session has metadata and a status");
    return err;
}

int store_session_put(struct store *store, const struct store_session *session, struct errbuf *why)
{
    int err = check_session(session, why);

    if (!err)
        err = store->writer->session_put(store->writer_db, session, why);
    return store_tell(store, err, session->user_id, session->id);
}

int store_session_get(struct store *store, const char *user_id, const char *id,
                      struct store_session *session, struct errbuf *why)
{
    int err = store_check_id(id, "session", why);

    return err ? err : store->driver->session_get(store->db, user_id, id, session, why);
}

int store_session_list(struct store *store, const char *user_id,
                       const struct store_session_filter *filter, size_t limit, const char *cursor,
                       struct store_list *list, struct errbuf *why)
{
    static const struct store_session_filter all = {.status = STORE_ANY};
    int err = store_check_page(limit, why);

    filter = filter ? filter : &all;
    for (size_t i = 0; i < filter->profile_count && !err; i++)
        err = store_check_id(filter->profiles[i], "profile", why);

    if (!err)
        err = store_check_cursor(cursor, why);
    return err ? err
               : store->driver->session_list(store->db, user_id, filter, limit, cursor, list, why);
}

int store_session_resume(struct store *store, const char *user_id, const char *id,
                         struct errbuf *why)
{
    int err = store_check_id(id, "session", why);

    return err ? err : store->writer->session_resume(store->writer_db, user_id, id, why);
}

int store_session_abandon(struct store *store, int64_t before, size_t limit,
                          struct store_list *list, struct errbuf *why)
{
    int err = store_check_page(limit, why);

    return err ? err : store->writer->session_abandon(store->writer_db, before, limit, list, why);
}

int store_session_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why)
{
    int err = store_check_id(id, "session", why);

    if (!err)
        err = store->writer->session_erase(store->writer_db, user_id, id, why);
    return store_tell(store, err, user_id, id);
}

static int change_session(void *record, void *arg)
{
    const struct change *change = arg;
    struct store_session *session = record;
    int err = change->session(session, change->arg);

    return err || session->metadata ? err : UV_ENOMEM;
}

int store_session_change(struct store *store, const char *user_id, const char *id,
                         int (*fn)(struct store_session *session, void *arg), void *arg,
                         struct store_session *session, struct errbuf *why)
{
    struct change change = {.session = fn, .arg = arg};
    int err = store_check_id(id, "session", why);

    if (!err)
        err = store->writer->change(store->writer_db, STORE_KIND_SESSION, user_id, id,
                                    change_session, &change, session, why);
    return store_tell(store, err, user_id, id);
}

void store_session_release(struct store_session *session)
{
    record_release(&store_record_session, session);
}

/* -------------------------------------------------------------------------- transcripts */

static int check_transcript(const struct store_transcript *transcript, struct errbuf *why)
{
    int err = store_check_own_id(transcript->id, "transcript", why);

    if (!err)
        err = store_check_id(transcript->session_id, "session", why);
    if (!err && (transcript->line < STORE_QUESTION || transcript->line > STORE_CANDIDATE))
        err = err_set(why, UV_EINVAL, "that is no kind of transcript");
    if (!err && (!transcript->metrics || transcript->question_number < 0))
        err = err_set(why, UV_EINVAL, "a transcript has metrics and no negative number");
    return err;
}

int store_transcript_put(struct store *store, struct store_transcript *transcript,
                         struct errbuf *why)
{
    int err = check_transcript(transcript, why);

    if (!err)
        err = store->writer->transcript_put(store->writer_db, transcript, why);
    return store_tell(store, err, transcript->user_id, transcript->session_id);
}

int store_transcript_erase(struct store *store, const char *session_id, const char *id,
                           struct errbuf *why)
{
    char user_id[ID_TEXT_MAX] = "";
    int err = store_check_id(id, "transcript", why);

    if (!err)
        err = store_check_id(session_id, "session", why);
    if (!err)
        err = store->writer->transcript_erase(store->writer_db, session_id, id, user_id, why);
    return store_tell(store, err, user_id, session_id);
}

int store_transcript_get(struct store *store, const char *user_id, const char *id,
                         struct store_transcript *transcript, struct errbuf *why)
{
    int err = store_check_id(id, "transcript", why);

    return err ? err : store->driver->transcript_get(store->db, user_id, id, transcript, why);
}

int store_transcript_list(struct store *store, const char *user_id, const char *session_id,
                          bool newest_first, size_t limit, const char *cursor,
                          struct store_list *list, struct errbuf *why)
{
    int err = store_check_page(limit, why);

    if (!err)
        err = store_check_cursor(cursor, why);
    if (!err)
        err = store_check_id(session_id, "session", why);
    return err ? err
               : store->driver->transcript_list(store->db, user_id, session_id, newest_first, limit,
                                                cursor, list, why);
}

static int change_transcript(void *record, void *arg)
{
    const struct change *change = arg;
    struct store_transcript *transcript = record;
    int err = change->transcript(transcript, change->arg);

    return err || transcript->metrics ? err : UV_ENOMEM;
}

int store_transcript_change(struct store *store, const char *user_id, const char *id,
                            int (*fn)(struct store_transcript *transcript, void *arg), void *arg,
                            struct store_transcript *transcript, struct errbuf *why)
{
    struct change change = {.transcript = fn, .arg = arg};
    int err = store_check_id(id, "transcript", why);

    if (!err)
        err = store->writer->change(store->writer_db, STORE_KIND_TRANSCRIPT, user_id, id,
                                    change_transcript, &change, transcript, why);
    return store_tell(store, err, user_id, err ? "" : transcript->session_id);
}

void store_transcript_release(struct store_transcript *transcript)
{
    record_release(&store_record_transcript, transcript);
}

/* ---- imported sessions ------------------------------------------------------------------- */

int store_session_import(struct store *store, const struct store_profile *profile, size_t most,
                         const struct store_session *session,
                         const struct store_transcript *transcripts, size_t count,
                         struct errbuf *why)
{
    int err = check_session(session, why);

    if (!err && profile)
        err = check_profile(profile, why);
    for (size_t i = 0; i < count && !err; i++) {
        err = check_transcript(&transcripts[i], why);
        if (!err && (strcmp(transcripts[i].session_id, session->id) != 0 ||
                     transcripts[i].question_number == 0))
            err = err_set(why, UV_EINVAL, "a transcript is imported with its session and number");
    }
    if (!err)
        err = store->writer->session_import(store->writer_db, profile, most, session, transcripts,
                                            count, why);
    return store_tell(store, err, session->user_id, session->id);
}

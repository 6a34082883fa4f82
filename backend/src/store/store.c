/**
 * @file store/store.c  The store: finds the driver and checks what goes in
 */
#include "store/store.h"

#include "base/text.h"
#include "store/driver.h"
#include "store/on_lane.h"
#include "store/record.h"

#include <stdlib.h>
#include <string.h>

static const struct store_driver *const drivers[] = {
    &store_sqlite,
};

struct store {
    const struct store_driver *driver;
    void *db;
    const struct store_driver *writer; /* the same two, or the way over to the lane that writes */
    void *writer_db;
    struct on_lane *on_lane;
    void (*watcher)(const struct store_written *written, void *arg);
    void *watcher_arg;
};

int store_open(struct store **sp, const char *driver, const struct store_params *params,
               struct errbuf *why)
{
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        struct store *store;
        int err;

        if (strcmp(drivers[i]->name, driver) != 0)
            continue;
        store = calloc(1, sizeof(*store));
        if (!store)
            return err_set(why, UV_ENOMEM, "out of memory");
        store->driver = drivers[i];
        err = drivers[i]->open(&store->db, params, why);
        if (err) {
            free(store);
            return err;
        }
        store->writer = store->driver;
        store->writer_db = store->db;
        *sp = store;
        return 0;
    }
    return err_set(why, UV_ENOENT, "there is no store \"%s\"", driver);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_use_lanes(store, NULL);
    store->driver->close(store->db);
    free(store);
}

int store_use_lanes(struct store *store, struct lanes *lanes)
{
    on_lane_close(store->on_lane);
    store->on_lane = NULL;
    store->writer = store->driver;
    store->writer_db = store->db;
    if (!lanes)
        return 0;
    if (on_lane_open(&store->on_lane, store->driver, store->db, lanes))
        return UV_ENOMEM;
    store->writer = &store_on_lane;
    store->writer_db = store->on_lane;
    return 0;
}

void store_watch(struct store *store, void (*fn)(const struct store_written *written, void *arg),
                 void *arg)
{
    store->watcher = fn;
    store->watcher_arg = arg;
}

/* Passes err on: what failed changed nothing. */
static int tell(struct store *store, int err, const char *user_id, const char *session_id)
{
    if (!err && store->watcher)
        store->watcher(&(struct store_written){user_id, session_id}, store->watcher_arg);
    return err;
}

int store_migrate(struct store *store, int *from, int *to, struct errbuf *why)
{
    int was = 0;
    int is = 0;
    int err = store->driver->migrate(store->db, &was, &is, why);

    if (!err && from)
        *from = was;
    if (!err && to)
        *to = is;
    return err;
}

int store_ping(struct store *store, struct errbuf *why)
{
    return store->driver->ping(store->db, why);
}

void store_health(struct store *store, struct store_health *health)
{
    static const struct store_health healths[] = {
        [STORE_SOUND] = {STORE_SOUND, "ok", "", ""},
        [STORE_FULL] = {STORE_FULL, "storage_full",
                        "There is no room left for the database: nothing new is stored.",
                        "Free some space on the disk of the data folder; deleting interviews and "
                        "profiles works meanwhile, and storing goes on by itself."},
        [STORE_READ_ONLY] = {STORE_READ_ONLY, "read_only",
                             "The database may not be written: nothing new is stored.",
                             "Give the data folder and its files back to the user who runs the "
                             "server, or mount its disk writable."},
        [STORE_FAILING] = {STORE_FAILING, "disk_failing",
                           "The disk of the database reports errors.",
                           "Make a backup of the data folder now, and look at the disk "
                           "(dmesg, smartctl)."},
        [STORE_DAMAGED] = {STORE_DAMAGED, "damaged",
                           "Some of the database is damaged and cannot be read.",
                           "Stop the server and put a backup of interview.db back, or rescue what "
                           "can be read: docs/guides/backup.md says how."},
        [STORE_LOST] = {STORE_LOST, "lost",
                        "The database was deleted or replaced while the server runs: nothing new "
                        "is stored.",
                        "Put the right files back into the data folder and restart the server."},
        [STORE_OUTDATED] = {STORE_OUTDATED, "schema",
                            "The database has not the schema that this version needs.",
                            "Run interviewd migrate, or the version that wrote the database."},
    };

    *health = healths[store->driver->fault(store->db)];
}

int store_probe(struct store *store, struct errbuf *why)
{
    return store_fact_put(store, "probe", "", why);
}

/* ------------------------------------------------------------------------------- checks */

static int check_id(const char *id, const char *what, struct errbuf *why)
{
    return id_valid(id) ? 0 : err_set(why, UV_ENOENT, "there is no such %s", what);
}

static int check_own_id(const char *id, const char *what, struct errbuf *why)
{
    return id_valid(id) ? 0 : err_set(why, UV_EINVAL, "the %s has no id", what);
}

static int check_page(size_t limit, struct errbuf *why)
{
    if (limit < 1 || limit > STORE_PAGE_MAX)
        return err_set(why, UV_EINVAL, "a page has 1 to %d records", STORE_PAGE_MAX);
    return 0;
}

static int check_cursor(const char *cursor, struct errbuf *why)
{
    if (!cursor || !cursor[0] || id_valid(cursor))
        return 0;
    return err_set(why, UV_EINVAL, "that is not a cursor of a page before");
}

/* ----------------------------------------------------------------------------- changes */

/* A driver changes any kind of record with one function; here each kind gets its type back, and
 * what may not change is put back. */
struct change {
    int (*user)(struct store_user *user, void *arg);
    int (*profile)(struct store_profile *profile, void *arg);
    int (*session)(struct store_session *session, void *arg);
    int (*transcript)(struct store_transcript *transcript, void *arg);
    void *arg;
};

static int change_user(void *record, void *arg)
{
    const struct change *change = arg;
    struct store_user *user = record;
    int err = change->user(user, change->arg);

    return err || (user->display_name && user->settings && user->subscription) ? err : UV_ENOMEM;
}

static int change_profile(void *record, void *arg)
{
    const struct change *change = arg;
    struct store_profile *p = record;
    int err = change->profile(p, change->arg);

    return err || (p->name && p->role && p->skills && p->industry) ? err : UV_ENOMEM;
}

static int change_session(void *record, void *arg)
{
    const struct change *change = arg;
    struct store_session *session = record;
    int err = change->session(session, change->arg);

    return err || session->metadata ? err : UV_ENOMEM;
}

static int change_transcript(void *record, void *arg)
{
    const struct change *change = arg;
    struct store_transcript *transcript = record;
    int err = change->transcript(transcript, change->arg);

    return err || transcript->metrics ? err : UV_ENOMEM;
}

int store_user_change(struct store *store, const char *id,
                      int (*fn)(struct store_user *user, void *arg), void *arg,
                      struct store_user *user, struct errbuf *why)
{
    struct change change = {.user = fn, .arg = arg};
    int err = check_id(id, "user", why);

    return err ? err
               : store->writer->change(store->writer_db, STORE_KIND_USER, NULL, id, change_user,
                                       &change, user, why);
}

int store_profile_change(struct store *store, const char *user_id, const char *id,
                         int (*fn)(struct store_profile *profile, void *arg), void *arg,
                         struct store_profile *profile, struct errbuf *why)
{
    struct change change = {.profile = fn, .arg = arg};
    int err = check_id(id, "profile", why);

    return err ? err
               : store->writer->change(store->writer_db, STORE_KIND_PROFILE, user_id, id,
                                       change_profile, &change, profile, why);
}

int store_session_change(struct store *store, const char *user_id, const char *id,
                         int (*fn)(struct store_session *session, void *arg), void *arg,
                         struct store_session *session, struct errbuf *why)
{
    struct change change = {.session = fn, .arg = arg};
    int err = check_id(id, "session", why);

    if (!err)
        err = store->writer->change(store->writer_db, STORE_KIND_SESSION, user_id, id,
                                    change_session, &change, session, why);
    return tell(store, err, user_id, id);
}

int store_transcript_change(struct store *store, const char *user_id, const char *id,
                            int (*fn)(struct store_transcript *transcript, void *arg), void *arg,
                            struct store_transcript *transcript, struct errbuf *why)
{
    struct change change = {.transcript = fn, .arg = arg};
    int err = check_id(id, "transcript", why);

    if (!err)
        err = store->writer->change(store->writer_db, STORE_KIND_TRANSCRIPT, user_id, id,
                                    change_transcript, &change, transcript, why);
    return tell(store, err, user_id, err ? "" : transcript->session_id);
}

/* ------------------------------------------------------------------------------- users */

int store_user_put(struct store *store, const struct store_user *user, struct errbuf *why)
{
    int err = check_own_id(user->id, "user", why);

    if (!err && (!user->display_name || !user->settings || !user->subscription))
        err = err_set(why, UV_EINVAL, "a user has a name, settings and a subscription");
    return err ? err : store->writer->user_put(store->writer_db, user, why);
}

int store_user_get(struct store *store, const char *id, struct store_user *user, struct errbuf *why)
{
    int err = check_id(id, "user", why);

    return err ? err : store->driver->user_get(store->db, id, user, why);
}

int store_user_by_email(struct store *store, const char *email, struct store_user *user,
                        struct errbuf *why)
{
    return store->driver->user_by_email(store->db, email, user, why);
}

int store_user_local(struct store *store, struct store_user *user, struct errbuf *why)
{
    return store->driver->user_local(store->db, user, why);
}

int store_user_list(struct store *store, size_t limit, const char *cursor, struct store_list *list,
                    struct errbuf *why)
{
    int err = check_page(limit, why);

    if (!err)
        err = check_cursor(cursor, why);
    return err ? err
               : store->driver->user_list(store->db, limit, cursor && cursor[0] ? cursor : NULL,
                                          list, why);
}

int store_user_erase(struct store *store, const char *id, int64_t expires_at,
                     struct store_list *ended, struct errbuf *why)
{
    int err = check_id(id, "user", why);

    if (!err)
        err = store->writer->user_erase(store->writer_db, id, expires_at, ended, why);
    return tell(store, err, id, NULL);
}

int store_scrub(struct store *store, struct errbuf *why)
{
    return store->writer->scrub(store->writer_db, why);
}

int store_user_password(struct store *store, const char *id, const char *password, const char *keep,
                        int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    int err = check_id(id, "user", why);

    if (!err && !password)
        err = err_set(why, UV_EINVAL, "there is no password");
    return err ? err
               : store->writer->user_password(store->writer_db, id, password, keep, expires_at,
                                              ended, why);
}

int store_reset_put(struct store *store, const struct store_reset *reset, struct errbuf *why)
{
    int err = check_id(reset->user_id, "user", why);

    if (!err && strlen(reset->hash) != sizeof(reset->hash) - 1)
        err = err_set(why, UV_EINVAL, "there is no hash");
    return err ? err : store->writer->reset_put(store->writer_db, reset, why);
}

int store_reset_use(struct store *store, const char *hash, int64_t now, const char *password,
                    int64_t expires_at, char user_id[static ID_TEXT_MAX], struct store_list *ended,
                    struct errbuf *why)
{
    if (!password)
        return err_set(why, UV_EINVAL, "there is no password");
    return store->writer->reset_use(store->writer_db, hash, now, password, expires_at, user_id,
                                    ended, why);
}

int store_photo_put(struct store *store, const struct store_photo *photo, struct errbuf *why)
{
    int err = check_id(photo->user_id, "user", why);

    if (!err && (!photo->type || !photo->photo))
        err = err_set(why, UV_EINVAL, "a photo has a type and its bytes");
    return err ? err : store->writer->photo_put(store->writer_db, photo, why);
}

int store_photo_get(struct store *store, const char *user_id, struct store_photo *photo,
                    struct errbuf *why)
{
    int err = check_id(user_id, "photo", why);

    return err ? err : store->driver->photo_get(store->db, user_id, photo, why);
}

int store_photo_erase(struct store *store, const char *user_id, struct errbuf *why)
{
    int err = check_id(user_id, "photo", why);

    return err ? err : store->writer->photo_erase(store->writer_db, user_id, why);
}

/* ----------------------------------------------------------------------- refresh tokens */

static int check_refresh(const struct store_refresh *token, struct errbuf *why)
{
    if (strlen(token->hash) != sizeof(token->hash) - 1 || !id_valid(token->family))
        return err_set(why, UV_EINVAL, "a refresh token has a hash and a family");
    return check_id(token->user_id, "user", why);
}

int store_api_key_add(struct store *store, const struct store_api_key *key, size_t most,
                      struct errbuf *why)
{
    int err = check_id(key->id, "key", why);

    if (!err && (!key->label || !key->hash[0]))
        err = err_set(why, UV_EINVAL, "a key has a label and a hash");
    return err ? err : store->writer->api_key_add(store->writer_db, key, most, why);
}

int store_api_key_get(struct store *store, const char *hash, struct store_api_key *key,
                      struct errbuf *why)
{
    return store->driver->api_key_get(store->db, hash, key, why);
}

int store_api_key_list(struct store *store, const char *user_id, struct store_list *list,
                       struct errbuf *why)
{
    int err = check_id(user_id, "user", why);

    return err ? err : store->driver->api_key_list(store->db, user_id, list, why);
}

int store_api_key_used(struct store *store, const char *hash, int64_t now, struct errbuf *why)
{
    return store->writer->api_key_used(store->writer_db, hash, now, why);
}

int store_api_key_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why)
{
    int err = check_id(id, "key", why);

    return err ? err : store->writer->api_key_erase(store->writer_db, user_id, id, why);
}

int store_refresh_put(struct store *store, const struct store_refresh *token, struct errbuf *why)
{
    int err = check_refresh(token, why);

    return err ? err : store->writer->refresh_put(store->writer_db, token, why);
}

int store_refresh_get(struct store *store, const char *hash, struct store_refresh *token,
                      struct errbuf *why)
{
    return store->driver->refresh_get(store->db, hash, token, why);
}

int store_refresh_rotate(struct store *store, const char *old, const struct store_refresh *fresh,
                         int64_t now, struct errbuf *why)
{
    int err = check_refresh(fresh, why);

    return err ? err : store->writer->refresh_rotate(store->writer_db, old, fresh, now, why);
}

int store_refresh_revoke(struct store *store, const char *family, int64_t expires_at,
                         struct errbuf *why)
{
    return store->writer->refresh_revoke(store->writer_db, family, expires_at, why);
}

int store_refresh_prune(struct store *store, int64_t now, struct errbuf *why)
{
    return store->writer->refresh_prune(store->writer_db, now, why);
}

int store_sign_in_list(struct store *store, const char *user_id, int64_t now,
                       struct store_list *list, struct errbuf *why)
{
    int err = check_id(user_id, "user", why);

    return err ? err : store->driver->sign_in_list(store->db, user_id, now, list, why);
}

int store_sign_in_end(struct store *store, const char *user_id, const char *family,
                      int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    int err = check_id(user_id, "user", why);

    if (!err)
        err = check_id(family, "sign-in", why);
    return err ? err
               : store->writer->sign_in_end(store->writer_db, user_id, family, expires_at, ended,
                                            why);
}

int store_sign_in_end_others(struct store *store, const char *user_id, const char *keep,
                             int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    int err = check_id(user_id, "user", why);

    return err ? err
               : store->writer->sign_in_end_others(store->writer_db, user_id, keep, expires_at,
                                                   ended, why);
}

int store_ended_list(struct store *store, int64_t now, struct store_list *ended, struct errbuf *why)
{
    return store->driver->ended_list(store->db, now, ended, why);
}

/* ----------------------------------------------------------------------------- profiles */

static int check_profile(const struct store_profile *profile, struct errbuf *why)
{
    int err = check_own_id(profile->id, "profile", why);

    if (!err)
        err = check_id(profile->user_id, "user", why);
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
    int err = check_id(id, "profile", why);

    return err ? err : store->driver->profile_get(store->db, user_id, id, profile, why);
}

int store_profile_list(struct store *store, const char *user_id, size_t limit, const char *cursor,
                       struct store_list *list, struct errbuf *why)
{
    int err = check_page(limit, why);

    if (!err)
        err = check_cursor(cursor, why);
    return err ? err : store->driver->profile_list(store->db, user_id, limit, cursor, list, why);
}

int store_profile_count(struct store *store, const char *user_id, size_t *count, struct errbuf *why)
{
    return store->driver->profile_count(store->db, user_id, count, why);
}

int store_profile_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why)
{
    int err = check_id(id, "profile", why);

    return err ? err : store->writer->profile_erase(store->writer_db, user_id, id, why);
}

/* ----------------------------------------------------------------------------- sessions */

static int check_session(const struct store_session *session, struct errbuf *why)
{
    int err = check_own_id(session->id, "session", why);

    if (!err)
        err = check_id(session->user_id, "user", why);
    if (!err && session->profile_id[0])
        err = check_id(session->profile_id, "profile", why);
    if (!err &&
        (!session->metadata || session->status < STORE_ACTIVE || session->status > STORE_ABANDONED))
        err = err_set(why, UV_EINVAL, "a session has metadata and a status");
    return err;
}

static int check_transcript(const struct store_transcript *transcript, struct errbuf *why)
{
    int err = check_own_id(transcript->id, "transcript", why);

    if (!err)
        err = check_id(transcript->session_id, "session", why);
    if (!err && (transcript->line < STORE_QUESTION || transcript->line > STORE_CANDIDATE))
        err = err_set(why, UV_EINVAL, "that is no kind of transcript");
    if (!err && (!transcript->metrics || transcript->question_number < 0))
        err = err_set(why, UV_EINVAL, "a transcript has metrics and no negative number");
    return err;
}

int store_session_put(struct store *store, const struct store_session *session, struct errbuf *why)
{
    int err = check_session(session, why);

    if (!err)
        err = store->writer->session_put(store->writer_db, session, why);
    return tell(store, err, session->user_id, session->id);
}

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
    return tell(store, err, session->user_id, session->id);
}

int store_session_get(struct store *store, const char *user_id, const char *id,
                      struct store_session *session, struct errbuf *why)
{
    int err = check_id(id, "session", why);

    return err ? err : store->driver->session_get(store->db, user_id, id, session, why);
}

int store_session_list(struct store *store, const char *user_id,
                       const struct store_session_filter *filter, size_t limit, const char *cursor,
                       struct store_list *list, struct errbuf *why)
{
    static const struct store_session_filter all = {.status = STORE_ANY};
    int err = check_page(limit, why);

    filter = filter ? filter : &all;
    for (size_t i = 0; i < filter->profile_count && !err; i++)
        err = check_id(filter->profiles[i], "profile", why);

    if (!err)
        err = check_cursor(cursor, why);
    return err ? err
               : store->driver->session_list(store->db, user_id, filter, limit, cursor, list, why);
}

int store_session_resume(struct store *store, const char *user_id, const char *id,
                         struct errbuf *why)
{
    int err = check_id(id, "session", why);

    return err ? err : store->writer->session_resume(store->writer_db, user_id, id, why);
}

int store_session_abandon(struct store *store, int64_t before, size_t limit,
                          struct store_list *list, struct errbuf *why)
{
    int err = check_page(limit, why);

    return err ? err : store->writer->session_abandon(store->writer_db, before, limit, list, why);
}

int store_session_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why)
{
    int err = check_id(id, "session", why);

    if (!err)
        err = store->writer->session_erase(store->writer_db, user_id, id, why);
    return tell(store, err, user_id, id);
}

/* -------------------------------------------------------------------------- transcripts */

int store_transcript_put(struct store *store, struct store_transcript *transcript,
                         struct errbuf *why)
{
    int err = check_transcript(transcript, why);

    if (!err)
        err = store->writer->transcript_put(store->writer_db, transcript, why);
    return tell(store, err, transcript->user_id, transcript->session_id);
}

int store_transcript_erase(struct store *store, const char *session_id, const char *id,
                           struct errbuf *why)
{
    char user_id[ID_TEXT_MAX] = "";
    int err = check_id(id, "transcript", why);

    if (!err)
        err = check_id(session_id, "session", why);
    if (!err)
        err = store->writer->transcript_erase(store->writer_db, session_id, id, user_id, why);
    return tell(store, err, user_id, session_id);
}

int store_transcript_get(struct store *store, const char *user_id, const char *id,
                         struct store_transcript *transcript, struct errbuf *why)
{
    int err = check_id(id, "transcript", why);

    return err ? err : store->driver->transcript_get(store->db, user_id, id, transcript, why);
}

int store_transcript_list(struct store *store, const char *user_id, const char *session_id,
                          bool newest_first, size_t limit, const char *cursor,
                          struct store_list *list, struct errbuf *why)
{
    int err = check_page(limit, why);

    if (!err)
        err = check_cursor(cursor, why);
    if (!err)
        err = check_id(session_id, "session", why);
    return err ? err
               : store->driver->transcript_list(store->db, user_id, session_id, newest_first, limit,
                                                cursor, list, why);
}

/* ------------------------------------------------------------------------------- voices */

int store_voice_put(struct store *store, const struct store_voice *voice, struct errbuf *why)
{
    int err = check_own_id(voice->user_id, "user", why);

    if (!err && (!voice->wording || !voice->voice || voice->speech_ms <= 0))
        err = err_set(why, UV_EINVAL, "a voice needs its speech and what was agreed to");
    return err ? err : store->writer->voice_put(store->writer_db, voice, why);
}

int store_voice_get(struct store *store, const char *user_id, struct store_voice *voice,
                    struct errbuf *why)
{
    int err = check_id(user_id, "user", why);

    return err ? err : store->driver->voice_get(store->db, user_id, voice, why);
}

int store_voice_erase(struct store *store, const char *user_id, struct errbuf *why)
{
    int err = check_id(user_id, "user", why);

    return err ? err : store->writer->voice_erase(store->writer_db, user_id, why);
}

/* --------------------------------------------------------------------------- recordings */

int store_recording_add(struct store *store, const struct store_recording *recording,
                        int64_t bytes_max, struct errbuf *why)
{
    int err = check_own_id(recording->id, "recording", why);

    if (!err)
        err = check_id(recording->user_id, "user", why);
    if (!err && recording->session_id[0])
        err = check_id(recording->session_id, "session", why);
    if (!err && (!recording->format || recording->bytes <= 0 || recording->duration_ms < 0 ||
                 recording->quality < STORE_SOUND_GOOD || recording->quality > STORE_SOUND_CLIPPED))
        err = err_set(why, UV_EINVAL, "a recording has a format and a length");
    return err ? err : store->writer->recording_add(store->writer_db, recording, bytes_max, why);
}

int store_recording_get(struct store *store, const char *user_id, const char *id,
                        struct store_recording *recording, struct errbuf *why)
{
    int err = check_id(id, "recording", why);

    return err ? err : store->driver->recording_get(store->db, user_id, id, recording, why);
}

int store_recording_list(struct store *store, const char *user_id, const char *session_id,
                         size_t limit, struct store_list *list, struct errbuf *why)
{
    int err = check_page(limit, why);

    if (!err)
        err = check_id(session_id, "session", why);
    return err ? err
               : store->driver->recording_list(store->db, user_id, session_id, limit, list, why);
}

int store_recording_finish(struct store *store, const struct store_recording *recording,
                           struct errbuf *why)
{
    return store->writer->recording_finish(store->writer_db, recording, why);
}

int store_recording_growing(struct store *store, size_t limit, struct store_list *list,
                            struct errbuf *why)
{
    int err = check_page(limit, why);

    return err ? err : store->driver->recording_growing(store->db, limit, list, why);
}

int store_recording_of_user(struct store *store, const char *user_id, size_t limit,
                            const char *cursor, struct store_list *list, struct errbuf *why)
{
    int err = check_id(user_id, "user", why);

    if (!err)
        err = check_page(limit, why);
    if (!err)
        err = check_cursor(cursor, why);
    return err ? err
               : store->driver->recording_of_user(store->db, user_id, limit,
                                                  cursor && cursor[0] ? cursor : NULL, list, why);
}

int store_recording_bytes(struct store *store, const char *user_id, int64_t *bytes,
                          struct errbuf *why)
{
    return store->driver->recording_bytes(store->db, user_id, bytes, why);
}

int store_recording_known(struct store *store, const char *id, struct errbuf *why)
{
    int err = check_id(id, "recording", why);

    return err ? err : store->driver->recording_known(store->db, id, why);
}

int store_recording_all(struct store *store, const char *after, size_t limit,
                        struct store_list *list, struct errbuf *why)
{
    int err = check_page(limit, why);

    return err ? err : store->driver->recording_all(store->db, after, limit, list, why);
}

int store_recording_each(struct store *store,
                         int (*fn)(const struct store_recording *recording, void *arg,
                                   struct errbuf *why),
                         void *arg, struct errbuf *why)
{
    char after[ID_TEXT_MAX] = "";
    size_t last = STORE_PAGE_MAX;
    int err = 0;

    while (!err && last == STORE_PAGE_MAX) {
        struct store_list list = {0};

        err = store_recording_all(store, after, STORE_PAGE_MAX, &list, why);
        if (err)
            break;
        last = list.count;
        for (size_t i = 0; i < list.count && !err; i++) {
            const struct store_recording *r = (const struct store_recording *)list.items + i;

            memcpy(after, r->id, sizeof(after));
            err = fn(r, arg, why);
        }
        store_list_release(&list, STORE_KIND_RECORDING);
    }
    return err;
}

int store_recording_erase(struct store *store, const char *user_id, const char *id,
                          struct errbuf *why)
{
    int err = check_id(id, "recording", why);

    return err ? err : store->writer->recording_erase(store->writer_db, user_id, id, why);
}

int store_recording_expire(struct store *store, int64_t now, size_t limit, struct store_list *list,
                           struct errbuf *why)
{
    int err = check_page(limit, why);

    return err ? err : store->writer->recording_expire(store->writer_db, now, limit, list, why);
}

int store_erased_list(struct store *store, size_t limit, struct store_list *list,
                      struct errbuf *why)
{
    int err = check_page(limit, why);

    return err ? err : store->driver->erased_list(store->db, limit, list, why);
}

int store_erased_gone(struct store *store, const char *id, struct errbuf *why)
{
    return store->writer->erased_gone(store->writer_db, id, why);
}

/* ----------------------------------------------------------------------- transcriptions */

int store_transcription_add(struct store *store, const struct store_transcription *t,
                            size_t waiting_max, struct errbuf *why)
{
    int err = check_own_id(t->id, "transcription", why);

    if (!err)
        err = check_id(t->user_id, "user", why);
    if (!err)
        err = check_id(t->recording_id, "recording", why);
    if (!err && (!t->language || t->state != STORE_WAITING))
        err =
            err_set(why, UV_EINVAL, "a transcription that is asked for waits, and has a language");
    return err ? err : store->writer->transcription_add(store->writer_db, t, waiting_max, why);
}

int store_transcription_get(struct store *store, const char *user_id, const char *id,
                            struct store_transcription *t, struct errbuf *why)
{
    int err = check_id(id, "transcription", why);

    return err ? err : store->driver->transcription_get(store->db, user_id, id, t, why);
}

int store_transcription_list(struct store *store, const char *user_id, size_t limit,
                             const char *cursor, struct store_list *list, struct errbuf *why)
{
    int err = check_id(user_id, "user", why);

    if (!err)
        err = check_page(limit, why);
    if (!err)
        err = check_cursor(cursor, why);
    return err ? err
               : store->driver->transcription_list(store->db, user_id, limit,
                                                   cursor && cursor[0] ? cursor : NULL, list, why);
}

int store_transcription_next(struct store *store, struct store_transcription *t, struct errbuf *why)
{
    return store->driver->transcription_next(store->db, t, why);
}

int store_transcription_finish(struct store *store, const struct store_transcription *t,
                               struct errbuf *why)
{
    bool whole = t->state == STORE_DONE ? t->result != NULL : t->error != NULL;
    int err = check_id(t->id, "transcription", why);

    if (!err && (t->state <= STORE_WAITING || t->state > STORE_FAILED || !whole))
        err = err_set(why, UV_EINVAL, "a transcription ends with a result or an error");
    return err ? err : store->writer->transcription_finish(store->writer_db, t, why);
}

int store_transcription_erase(struct store *store, const char *user_id, const char *id,
                              struct errbuf *why)
{
    int err = check_id(id, "transcription", why);

    return err ? err : store->writer->transcription_erase(store->writer_db, user_id, id, why);
}

/* ------------------------------------------------------------------------------ figures */

int store_figures(struct store *store, enum store_figures what, const char *user_id, int64_t from,
                  int64_t to, struct store_list *list, struct errbuf *why)
{
    if (from < 0 || to < from || to - from >= STORE_FIGURE_DAYS_MAX)
        return err_set(why, UV_EINVAL, "figures are of 1 to %d days", STORE_FIGURE_DAYS_MAX);
    return store->driver->figures(store->db, what, user_id, from, to, list, why);
}

int store_figures_recount(struct store *store, struct errbuf *why)
{
    return store->writer->figures_recount(store->writer_db, why);
}

/* -------------------------------------------------------------------------------- facts */

int store_fact_get(struct store *store, const char *name, char **value, struct errbuf *why)
{
    return store->driver->fact_get(store->db, name, value, why);
}

int store_fact_put(struct store *store, const char *name, const char *value, struct errbuf *why)
{
    return store->writer->fact_put(store->writer_db, name, value, why);
}

int store_fact_claim(struct store *store, const char *name, const char *value, char **is,
                     struct errbuf *why)
{
    return store->writer->fact_claim(store->writer_db, name, value, is, why);
}

int store_samples(struct store *store, size_t limit, struct store_sample *samples, size_t *n,
                  struct errbuf *why)
{
    return store->driver->samples(store->db, limit, samples, n, why);
}

int store_copy(struct store *store, const char *path, struct errbuf *why)
{
    return store->driver->copy(store->db, path, why);
}

/* --------------------------------------------------------------------- texts sealed anew */

const char *store_sealed_field(struct store *store, size_t i)
{
    return store->driver->sealed_field(i);
}

int store_sealed_stale(struct store *store, size_t i, const char *fresh, const char *after,
                       size_t limit, struct store_sample *samples, size_t *n, struct errbuf *why)
{
    if (!store->driver->sealed_field(i) || limit < 1 || limit > STORE_RESEAL_MAX)
        return err_set(why, UV_EINVAL, "there is no such field, or it is too much at once");
    return store->driver->sealed_stale(store->db, i, fresh, after, limit, samples, n, why);
}

int store_sealed_rest(struct store *store, const char *fresh, int64_t *rest, struct errbuf *why)
{
    return store->driver->sealed_rest(store->db, fresh, rest, why);
}

int store_sealed_replace(struct store *store, const struct store_sample *was, char *const *now,
                         size_t n, struct errbuf *why)
{
    if (n > STORE_RESEAL_MAX)
        return err_set(why, UV_EINVAL, "it is too much at once");
    return store->writer->sealed_replace(store->writer_db, was, now, n, why);
}

/* ------------------------------------------------------------------------------- memory */

void store_user_release(struct store_user *user)
{
    record_release(&store_record_user, user);
}

void store_api_key_release(struct store_api_key *key)
{
    record_release(&store_record_api_key, key);
}

void store_photo_release(struct store_photo *photo)
{
    record_release(&store_record_photo, photo);
}

void store_profile_release(struct store_profile *profile)
{
    record_release(&store_record_profile, profile);
}

void store_session_release(struct store_session *session)
{
    record_release(&store_record_session, session);
}

void store_transcript_release(struct store_transcript *transcript)
{
    record_release(&store_record_transcript, transcript);
}

void store_voice_release(struct store_voice *voice)
{
    record_release(&store_record_voice, voice);
}

void store_recording_release(struct store_recording *recording)
{
    record_release(&store_record_recording, recording);
}

void store_transcription_release(struct store_transcription *t)
{
    record_release(&store_record_transcription, t);
}

void store_list_release(struct store_list *list, enum store_kind kind)
{
    static const struct record *const records[] = {
        [STORE_KIND_PROFILE] = &store_record_profile,
        [STORE_KIND_SESSION] = &store_record_session,
        [STORE_KIND_TRANSCRIPT] = &store_record_transcript,
        [STORE_KIND_USER] = &store_record_user,
        [STORE_KIND_RECORDING] = &store_record_recording,
        [STORE_KIND_API_KEY] = &store_record_api_key,
        [STORE_KIND_TRANSCRIPTION] = &store_record_transcription,
    };

    for (size_t i = 0; i < list->count; i++)
        record_release(records[kind], (char *)list->items + i * records[kind]->size);
    free(list->items);
    *list = (struct store_list){0};
}

/**
 * @file store/driver.h  What every database provides; only store/ includes this
 *
 * A driver is a const table. The files of the store (store_internal.h) check the arguments (ids,
 * limits, required texts), so a driver gets sane input: limit is 1..STORE_PAGE_MAX, a cursor is
 * NULL or has the right form, records have their required texts. To add one: a file beside
 * sqlite.c or a folder, its migrations in migrations/<name>/, a line in the list in store.c, and
 * how it is opened in test/conformance/store.c, which must pass unchanged.
 *
 * Threads    Any number of threads at the same time on one store.
 * Errors     Those of store.h.
 */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "store/store.h"

struct store_migration {
    int version;
    const char *name;
    const char *sql;
};

struct store_driver {
    const char *name;

    int (*open)(void **dbp, const struct store_params *params, struct errbuf *why);
    void (*close)(void *db);
    int (*migrate)(void *db, int *from, int *to, struct errbuf *why);
    int (*ping)(void *db, struct errbuf *why);
    enum store_fault (*fault)(void *db); /* does not block */
    uint64_t (*round_trips)(void *db);   /* (optional) to a server since it was opened */

    /* Reads, calls fn and writes in one transaction; see store_user_change(). user_id is NULL for a
     * user. */
    int (*change)(void *db, enum store_kind kind, const char *user_id, const char *id,
                  int (*fn)(void *record, void *arg), void *arg, void *record, struct errbuf *why);

    int (*user_put)(void *db, const struct store_user *user, struct errbuf *why);
    int (*user_get)(void *db, const char *id, struct store_user *user, struct errbuf *why);
    int (*user_by_email)(void *db, const char *email, struct store_user *user, struct errbuf *why);
    int (*user_local)(void *db, struct store_user *user, struct errbuf *why);
    int (*user_list)(void *db, size_t limit, const char *cursor, struct store_list *list,
                     struct errbuf *why);
    int (*user_erase)(void *db, const char *id, int64_t expires_at, struct store_list *ended,
                      struct errbuf *why);
    int (*scrub)(void *db, struct errbuf *why);
    int (*user_password)(void *db, const char *id, const char *password, const char *keep,
                         int64_t expires_at, struct store_list *ended, struct errbuf *why);

    int (*reset_put)(void *db, const struct store_reset *reset, struct errbuf *why);
    int (*reset_use)(void *db, const char *hash, int64_t now, const char *password,
                     int64_t expires_at, char *user_id, struct store_list *ended,
                     struct errbuf *why);
    int (*photo_put)(void *db, const struct store_photo *photo, struct errbuf *why);
    int (*photo_get)(void *db, const char *user_id, struct store_photo *photo, struct errbuf *why);
    int (*photo_erase)(void *db, const char *user_id, struct errbuf *why);

    int (*choice_put)(void *db, const struct store_choice *choice, struct errbuf *why);
    int (*choice_get)(void *db, const char *user_id, struct store_choice *choice,
                      struct errbuf *why);

    int (*api_key_add)(void *db, const struct store_api_key *key, size_t most, struct errbuf *why);
    int (*api_key_get)(void *db, const char *hash, struct store_api_key *key, struct errbuf *why);
    int (*api_key_list)(void *db, const char *user_id, struct store_list *list, struct errbuf *why);
    int (*api_key_used)(void *db, const char *hash, int64_t now, struct errbuf *why);
    int (*api_key_erase)(void *db, const char *user_id, const char *id, struct errbuf *why);

    int (*passkey_add)(void *db, const struct store_passkey *passkey, size_t most,
                       struct errbuf *why);
    int (*passkey_get)(void *db, const char *credential, struct store_passkey *passkey,
                       struct errbuf *why);
    int (*passkey_list)(void *db, const char *user_id, struct store_list *list, struct errbuf *why);
    int (*passkey_used)(void *db, const char *id, int64_t count, int64_t now, struct errbuf *why);
    int (*passkey_rename)(void *db, const char *user_id, const char *id, const char *name,
                          struct errbuf *why);
    int (*passkey_erase)(void *db, const char *user_id, const char *id, struct errbuf *why);

    int (*refresh_put)(void *db, const struct store_refresh *token, struct errbuf *why);
    int (*refresh_get)(void *db, const char *hash, struct store_refresh *token, struct errbuf *why);
    int (*refresh_rotate)(void *db, const char *old, const struct store_refresh *fresh, int64_t now,
                          struct errbuf *why);
    int (*refresh_revoke)(void *db, const char *family, int64_t expires_at, struct errbuf *why);
    int (*refresh_prune)(void *db, int64_t now, struct errbuf *why);
    int (*sign_in_list)(void *db, const char *user_id, int64_t now, struct store_list *list,
                        struct errbuf *why);
    int (*sign_in_end)(void *db, const char *user_id, const char *family, int64_t expires_at,
                       struct store_list *ended, struct errbuf *why);
    int (*sign_in_end_others)(void *db, const char *user_id, const char *keep, int64_t expires_at,
                              struct store_list *ended, struct errbuf *why);
    int (*ended_list)(void *db, int64_t now, struct store_list *ended, struct errbuf *why);

    int (*profile_put)(void *db, const struct store_profile *profile, struct errbuf *why);
    int (*profile_add)(void *db, const struct store_profile *profile, size_t most,
                       struct errbuf *why);
    int (*profile_get)(void *db, const char *user_id, const char *id, struct store_profile *profile,
                       struct errbuf *why);
    int (*profile_list)(void *db, const char *user_id, size_t limit, const char *cursor,
                        struct store_list *list, struct errbuf *why);
    int (*profile_list_clear)(void *db, const char *after, struct store_list *list,
                              struct errbuf *why);
    int (*profile_count)(void *db, const char *user_id, size_t *count, struct errbuf *why);
    int (*profile_erase)(void *db, const char *user_id, const char *id, struct errbuf *why);

    int (*session_put)(void *db, const struct store_session *session, struct errbuf *why);
    int (*session_import)(void *db, const struct store_profile *profile, size_t most,
                          const struct store_session *session,
                          const struct store_transcript *transcripts, size_t count,
                          struct errbuf *why);
    int (*session_get)(void *db, const char *user_id, const char *id, struct store_session *session,
                       struct errbuf *why);
    int (*session_list)(void *db, const char *user_id, const struct store_session_filter *filter,
                        size_t limit, const char *cursor, struct store_list *list,
                        struct errbuf *why); /* filter is never NULL */
    int (*session_resume)(void *db, const char *user_id, const char *id, struct errbuf *why);
    int (*session_abandon)(void *db, int64_t before, size_t limit, struct store_list *list,
                           struct errbuf *why);
    int (*session_erase)(void *db, const char *user_id, const char *id, struct errbuf *why);

    /* user_id: the owner of the session */
    int (*transcript_erase)(void *db, const char *session_id, const char *id,
                            char user_id[static ID_TEXT_MAX], struct errbuf *why);
    int (*transcript_put)(void *db, struct store_transcript *transcript, struct errbuf *why);
    int (*transcript_get)(void *db, const char *user_id, const char *id,
                          struct store_transcript *transcript, struct errbuf *why);
    int (*transcript_list)(void *db, const char *user_id, const char *session_id, bool newest_first,
                           size_t limit, const char *cursor, struct store_list *list,
                           struct errbuf *why);

    int (*voice_put)(void *db, const struct store_voice *voice, struct errbuf *why);
    int (*voice_get)(void *db, const char *user_id, struct store_voice *voice, struct errbuf *why);
    int (*voice_erase)(void *db, const char *user_id, struct errbuf *why);

    int (*recording_add)(void *db, const struct store_recording *recording, int64_t bytes_max,
                         struct errbuf *why);
    int (*recording_get)(void *db, const char *user_id, const char *id,
                         struct store_recording *recording, struct errbuf *why);
    int (*recording_list)(void *db, const char *user_id, const char *session_id, size_t limit,
                          struct store_list *list, struct errbuf *why);
    int (*recording_finish)(void *db, const struct store_recording *recording, struct errbuf *why);
    int (*recording_growing)(void *db, size_t limit, struct store_list *list, struct errbuf *why);
    int (*recording_of_user)(void *db, const char *user_id, size_t limit, const char *cursor,
                             struct store_list *list, struct errbuf *why);
    int (*recording_bytes)(void *db, const char *user_id, int64_t *bytes, struct errbuf *why);
    int (*recording_known)(void *db, const char *id, struct errbuf *why);
    int (*recording_all)(void *db, const char *after, size_t limit, struct store_list *list,
                         struct errbuf *why);
    int (*recording_erase)(void *db, const char *user_id, const char *id, struct errbuf *why);
    int (*recording_expire)(void *db, int64_t now, size_t limit, struct store_list *list,
                            struct errbuf *why);
    int (*erased_list)(void *db, size_t limit, struct store_list *list, struct errbuf *why);
    int (*erased_gone)(void *db, const char *id, struct errbuf *why);

    int (*transcription_add)(void *db, const struct store_transcription *t, size_t waiting_max,
                             struct errbuf *why);
    int (*transcription_get)(void *db, const char *user_id, const char *id,
                             struct store_transcription *t, struct errbuf *why);
    int (*transcription_list)(void *db, const char *user_id, size_t limit, const char *cursor,
                              struct store_list *list, struct errbuf *why);
    int (*transcription_next)(void *db, struct store_transcription *t, struct errbuf *why);
    int (*transcription_finish)(void *db, const struct store_transcription *t, struct errbuf *why);
    int (*transcription_erase)(void *db, const char *user_id, const char *id, struct errbuf *why);

    int (*figures)(void *db, enum store_figures what, const char *user_id, int64_t from, int64_t to,
                   struct store_list *list, struct errbuf *why);
    int (*figures_recount)(void *db, struct errbuf *why);

    int (*fact_get)(void *db, const char *name, char **value, struct errbuf *why);
    int (*fact_put)(void *db, const char *name, const char *value, struct errbuf *why);
    int (*fact_claim)(void *db, const char *name, const char *value, char **is, struct errbuf *why);
    int (*samples)(void *db, size_t limit, struct store_sample *samples, size_t *n,
                   struct errbuf *why);

    int (*copy)(void *db, const char *path, struct errbuf *why);

    const char *(*sealed_field)(size_t i);
    int (*sealed_stale)(void *db, size_t field, const char *fresh, const char *after, size_t limit,
                        struct store_sample *samples, size_t *n, struct errbuf *why);
    int (*sealed_rest)(void *db, const char *fresh, int64_t *rest, struct errbuf *why);
    int (*sealed_replace)(void *db, const struct store_sample *was, char *const *now, size_t n,
                          struct errbuf *why);
};

extern const struct store_driver store_sqlite;

#endif

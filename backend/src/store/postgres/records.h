/**
 * @file store/postgres/records.h  What each kind of record gives the table of the driver
 *
 * Private to store/postgres/. What the functions do is said at the call of the same name in
 * store/store.h; store/driver.h says what a driver may count on.
 */
#ifndef STORE_POSTGRES_RECORDS_H
#define STORE_POSTGRES_RECORDS_H

#include "store/store.h"

int postgres_user_put(void *db, const struct store_user *user, struct errbuf *why);
int postgres_user_get(void *db, const char *id, struct store_user *user, struct errbuf *why);
int postgres_user_by_email(void *db, const char *email, struct store_user *user,
                           struct errbuf *why);
int postgres_user_local(void *db, struct store_user *user, struct errbuf *why);
int postgres_user_list(void *db, size_t limit, const char *cursor, struct store_list *list,
                       struct errbuf *why);
int postgres_user_erase(void *db, const char *id, int64_t expires_at, struct store_list *ended,
                        struct errbuf *why);
int postgres_scrub(void *db, struct errbuf *why);
int postgres_user_password(void *db, const char *id, const char *password, const char *keep,
                           int64_t expires_at, struct store_list *ended, struct errbuf *why);

int postgres_reset_put(void *db, const struct store_reset *reset, struct errbuf *why);
int postgres_reset_use(void *db, const char *hash, int64_t now, const char *password,
                       int64_t expires_at, char *user_id, struct store_list *ended,
                       struct errbuf *why);
int postgres_photo_put(void *db, const struct store_photo *photo, struct errbuf *why);
int postgres_photo_get(void *db, const char *user_id, struct store_photo *photo,
                       struct errbuf *why);
int postgres_photo_erase(void *db, const char *user_id, struct errbuf *why);

int postgres_choice_put(void *db, const struct store_choice *choice, struct errbuf *why);
int postgres_choice_get(void *db, const char *user_id, struct store_choice *choice,
                        struct errbuf *why);

int postgres_api_key_add(void *db, const struct store_api_key *key, size_t most,
                         struct errbuf *why);
int postgres_api_key_get(void *db, const char *hash, struct store_api_key *key, struct errbuf *why);
int postgres_api_key_list(void *db, const char *user_id, struct store_list *list,
                          struct errbuf *why);
int postgres_api_key_used(void *db, const char *hash, int64_t now, struct errbuf *why);
int postgres_api_key_erase(void *db, const char *user_id, const char *id, struct errbuf *why);

int postgres_passkey_add(void *db, const struct store_passkey *passkey, size_t most,
                         struct errbuf *why);
int postgres_passkey_get(void *db, const char *credential, struct store_passkey *passkey,
                         struct errbuf *why);
int postgres_passkey_list(void *db, const char *user_id, struct store_list *list,
                          struct errbuf *why);
int postgres_passkey_used(void *db, const char *id, int64_t count, int64_t now, struct errbuf *why);
int postgres_passkey_rename(void *db, const char *user_id, const char *id, const char *name,
                            struct errbuf *why);
int postgres_passkey_erase(void *db, const char *user_id, const char *id, struct errbuf *why);

int postgres_refresh_put(void *db, const struct store_refresh *token, struct errbuf *why);
int postgres_refresh_get(void *db, const char *hash, struct store_refresh *token,
                         struct errbuf *why);
int postgres_refresh_rotate(void *db, const char *old, const struct store_refresh *fresh,
                            int64_t now, struct errbuf *why);
int postgres_refresh_revoke(void *db, const char *family, int64_t expires_at, struct errbuf *why);
int postgres_refresh_prune(void *db, int64_t now, struct errbuf *why);
int postgres_sign_in_list(void *db, const char *user_id, int64_t now, struct store_list *list,
                          struct errbuf *why);
int postgres_sign_in_end(void *db, const char *user_id, const char *family, int64_t expires_at,
                         struct store_list *ended, struct errbuf *why);
int postgres_sign_in_end_others(void *db, const char *user_id, const char *keep, int64_t expires_at,
                                struct store_list *ended, struct errbuf *why);
int postgres_ended_list(void *db, int64_t now, struct store_list *ended, struct errbuf *why);

int postgres_profile_put(void *db, const struct store_profile *profile, struct errbuf *why);
int postgres_profile_add(void *db, const struct store_profile *profile, size_t most,
                         struct errbuf *why);
int postgres_profile_get(void *db, const char *user_id, const char *id,
                         struct store_profile *profile, struct errbuf *why);
int postgres_profile_list(void *db, const char *user_id, size_t limit, const char *cursor,
                          struct store_list *list, struct errbuf *why);
int postgres_profile_list_clear(void *db, const char *after, struct store_list *list,
                                struct errbuf *why);
int postgres_profile_count(void *db, const char *user_id, size_t *count, struct errbuf *why);
int postgres_profile_erase(void *db, const char *user_id, const char *id, struct errbuf *why);

int postgres_session_put(void *db, const struct store_session *session, struct errbuf *why);
int postgres_session_import(void *db, const struct store_profile *profile, size_t most,
                            const struct store_session *session,
                            const struct store_transcript *transcripts, size_t count,
                            struct errbuf *why);
int postgres_session_get(void *db, const char *user_id, const char *id,
                         struct store_session *session, struct errbuf *why);
int postgres_session_list(void *db, const char *user_id, const struct store_session_filter *filter,
                          size_t limit, const char *cursor, struct store_list *list,
                          struct errbuf *why);
int postgres_session_resume(void *db, const char *user_id, const char *id, struct errbuf *why);
int postgres_session_abandon(void *db, int64_t before, size_t limit, struct store_list *list,
                             struct errbuf *why);
int postgres_session_erase(void *db, const char *user_id, const char *id, struct errbuf *why);

int postgres_transcript_erase(void *db, const char *session_id, const char *id,
                              char user_id[static ID_TEXT_MAX], struct errbuf *why);
int postgres_transcript_put(void *db, struct store_transcript *transcript, struct errbuf *why);
int postgres_transcript_get(void *db, const char *user_id, const char *id,
                            struct store_transcript *transcript, struct errbuf *why);
int postgres_transcript_list(void *db, const char *user_id, const char *session_id,
                             bool newest_first, size_t limit, const char *cursor,
                             struct store_list *list, struct errbuf *why);

int postgres_voice_put(void *db, const struct store_voice *voice, struct errbuf *why);
int postgres_voice_get(void *db, const char *user_id, struct store_voice *voice,
                       struct errbuf *why);
int postgres_voice_erase(void *db, const char *user_id, struct errbuf *why);

int postgres_recording_add(void *db, const struct store_recording *recording, int64_t bytes_max,
                           struct errbuf *why);
int postgres_recording_get(void *db, const char *user_id, const char *id,
                           struct store_recording *recording, struct errbuf *why);
int postgres_recording_list(void *db, const char *user_id, const char *session_id, size_t limit,
                            struct store_list *list, struct errbuf *why);
int postgres_recording_finish(void *db, const struct store_recording *recording,
                              struct errbuf *why);
int postgres_recording_growing(void *db, size_t limit, struct store_list *list, struct errbuf *why);
int postgres_recording_of_user(void *db, const char *user_id, size_t limit, const char *cursor,
                               struct store_list *list, struct errbuf *why);
int postgres_recording_bytes(void *db, const char *user_id, int64_t *bytes, struct errbuf *why);
int postgres_recording_known(void *db, const char *id, struct errbuf *why);
int postgres_recording_all(void *db, const char *after, size_t limit, struct store_list *list,
                           struct errbuf *why);
int postgres_recording_erase(void *db, const char *user_id, const char *id, struct errbuf *why);
int postgres_recording_expire(void *db, int64_t now, size_t limit, struct store_list *list,
                              struct errbuf *why);
int postgres_erased_list(void *db, size_t limit, struct store_list *list, struct errbuf *why);
int postgres_erased_gone(void *db, const char *id, struct errbuf *why);

int postgres_transcription_add(void *db, const struct store_transcription *t, size_t waiting_max,
                               struct errbuf *why);
int postgres_transcription_get(void *db, const char *user_id, const char *id,
                               struct store_transcription *t, struct errbuf *why);
int postgres_transcription_list(void *db, const char *user_id, size_t limit, const char *cursor,
                                struct store_list *list, struct errbuf *why);
int postgres_transcription_next(void *db, struct store_transcription *t, struct errbuf *why);
int postgres_transcription_finish(void *db, const struct store_transcription *t,
                                  struct errbuf *why);
int postgres_transcription_erase(void *db, const char *user_id, const char *id, struct errbuf *why);

int postgres_figures(void *db, enum store_figures what, const char *user_id, int64_t from,
                     int64_t to, struct store_list *list, struct errbuf *why);
int postgres_figures_recount(void *db, struct errbuf *why);

int postgres_fact_get(void *db, const char *name, char **value, struct errbuf *why);
int postgres_fact_put(void *db, const char *name, const char *value, struct errbuf *why);
int postgres_fact_claim(void *db, const char *name, const char *value, char **is,
                        struct errbuf *why);
int postgres_samples(void *db, size_t limit, struct store_sample *samples, size_t *n,
                     struct errbuf *why);

int postgres_copy(void *db, const char *path, struct errbuf *why);
const char *postgres_sealed_field(size_t i);
int postgres_sealed_stale(void *db, size_t field, const char *fresh, const char *after,
                          size_t limit, struct store_sample *samples, size_t *n,
                          struct errbuf *why);
int postgres_sealed_rest(void *db, const char *fresh, int64_t *rest, struct errbuf *why);
int postgres_sealed_replace(void *db, const struct store_sample *was, char *const *now, size_t n,
                            struct errbuf *why);

#endif

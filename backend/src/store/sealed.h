/**
 * @file store/sealed.h  Records with their sensitive fields in clear
 *
 * The one place that knows which fields of a record are sealed and under which name:
 * profile.context, .name, .role, .skills, .industry, session.jobDescription, session.title,
 * transcript.question, .answer, .detail, voice.voice, user.photo, user.choice,
 * apiKey.label, transcription.result.
 *
 *     sealed_profile_get(store, seal, user_id, id, &profile, why);
 *     sealed_session_change(store, seal, user_id, id, rename, title, &session, why);
 *
 * A field that cannot be opened, since its bytes were damaged or moved, is NULL in the record and
 * the record is marked unreadable: the rest of it, and the records beside it, are still there.
 * Name, role, skills and industry of a profile are "" or "[]" then.
 *
 * Threads    Request workers; calls block.
 * Errors     The store's own; UV_ENOMEM.
 * Ownership  As in store/store.h. put never changes the texts of what it is given.
 */
#ifndef STORE_SEALED_H
#define STORE_SEALED_H

#include "auth/seal.h"
#include "store/store.h"

/** Is anything sealed in the store already? */
int sealed_any(struct store *store, bool *any, struct errbuf *why);
/** Is what is stored sealed with this key? The first key that asks becomes the one. UV_EILSEQ: it
 *  is another key, and nothing was changed. */
int sealed_check(struct store *store, const struct seal *seal, struct errbuf *why);
/** Is what sealed_check() looks at sealed by the key that seals now? */
int sealed_check_is_fresh(struct store *store, const struct seal *seal, bool *fresh,
                          struct errbuf *why);
/** Seal that with it. Do so after everything else has been sealed: it says that nothing needs an
 *  older key, and that the process that seals knows the new one. */
int sealed_check_renew(struct store *store, const struct seal *seal, struct errbuf *why);

int sealed_profile_get(struct store *store, const struct seal *seal, const char *user_id,
                       const char *id, struct store_profile *profile, struct errbuf *why);
int sealed_profile_open(const struct seal *seal, struct store_profile *profile, struct errbuf *why);
int sealed_profile_add(struct store *store, const struct seal *seal,
                       const struct store_profile *profile, size_t most, struct errbuf *why);
/** As store_profile_change(), fn sees clear text. What fn leaves alone stays sealed as it was,
 *  also what could not be opened. *profile comes back in clear. */
int sealed_profile_change(struct store *store, const struct seal *seal, const char *user_id,
                          const char *id, int (*fn)(struct store_profile *profile, void *arg),
                          void *arg, struct store_profile *profile, struct errbuf *why);
/** Seal what versions before schema 14 left of profiles in clear, and overwrite it on the disk. It
 *  may be cut off at any moment: what is left is readable, and the next call does it. *done: how
 *  many there were. */
int sealed_profiles_finish(struct store *store, const struct seal *seal, size_t *done,
                           struct errbuf *why);

int sealed_session_get(struct store *store, const struct seal *seal, const char *user_id,
                       const char *id, struct store_session *session, struct errbuf *why);
int sealed_session_open(const struct seal *seal, struct store_session *session, struct errbuf *why);
int sealed_session_put(struct store *store, const struct seal *seal,
                       const struct store_session *session, struct errbuf *why);
/** As sealed_profile_change(). */
int sealed_session_change(struct store *store, const struct seal *seal, const char *user_id,
                          const char *id, int (*fn)(struct store_session *session, void *arg),
                          void *arg, struct store_session *session, struct errbuf *why);

/** As store_session_import(), all in clear. */
int sealed_session_import(struct store *store, const struct seal *seal,
                          const struct store_profile *profile, size_t most,
                          const struct store_session *session,
                          const struct store_transcript *transcripts, size_t count,
                          struct errbuf *why);

/** voice->voice in clear. */
int sealed_voice_put(struct store *store, const struct seal *seal, const struct store_voice *voice,
                     struct errbuf *why);
/** UV_EILSEQ: it is there and cannot be opened. */
int sealed_voice_get(struct store *store, const struct seal *seal, const char *user_id,
                     struct store_voice *voice, struct errbuf *why);

/** key->label in clear. */
int sealed_api_key_add(struct store *store, const struct seal *seal,
                       const struct store_api_key *key, size_t most, struct errbuf *why);
/** As store_api_key_list(); a label that cannot be opened is empty. */
int sealed_api_key_list(struct store *store, const struct seal *seal, const char *user_id,
                        struct store_list *list, struct errbuf *why);

int sealed_passkey_add(struct store *store, const struct seal *seal,
                       const struct store_passkey *passkey, size_t most, struct errbuf *why);
/** As store_passkey_list(); a name that cannot be opened is empty. */
int sealed_passkey_list(struct store *store, const struct seal *seal, const char *user_id,
                        struct store_list *list, struct errbuf *why);
int sealed_passkey_rename(struct store *store, const struct seal *seal, const char *user_id,
                          const char *id, char *name, struct errbuf *why);

/** photo->photo in clear (base64url); get as sealed_voice_get(). */
int sealed_photo_put(struct store *store, const struct seal *seal, const struct store_photo *photo,
                     struct errbuf *why);
int sealed_photo_get(struct store *store, const struct seal *seal, const char *user_id,
                     struct store_photo *photo, struct errbuf *why);

/** choice->choice in clear; get as sealed_voice_get(). */
int sealed_choice_put(struct store *store, const struct seal *seal,
                      const struct store_choice *choice, struct errbuf *why);
int sealed_choice_get(struct store *store, const struct seal *seal, const char *user_id,
                      struct store_choice *choice, struct errbuf *why);

/** t->result in clear; UV_EILSEQ: it is there and cannot be opened. */
int sealed_transcription_get(struct store *store, const struct seal *seal, const char *user_id,
                             const char *id, struct store_transcription *t, struct errbuf *why);
int sealed_transcription_finish(struct store *store, const struct seal *seal,
                                const struct store_transcription *t, struct errbuf *why);

/** As sealed_profile_change(). */
int sealed_transcript_change(struct store *store, const struct seal *seal, const char *user_id,
                             const char *id,
                             int (*fn)(struct store_transcript *transcript, void *arg), void *arg,
                             struct store_transcript *transcript, struct errbuf *why);
/** Gives the transcript its question_number when that is 0. */
int sealed_transcript_put(struct store *store, const struct seal *seal,
                          struct store_transcript *transcript, struct errbuf *why);
int sealed_transcript_open(const struct seal *seal, struct store_transcript *transcript,
                           struct errbuf *why);

#endif

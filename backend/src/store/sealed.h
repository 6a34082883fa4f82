/**
 * @file store/sealed.h  Records with their sensitive fields in clear
 *
 * The only place that knows which fields of a record are sealed, and under which names:
 * profile.context, .name, .role, .skills, .industry, session.jobDescription, session.title,
 * transcript.question, .answer, .detail, voice.voice, user.photo, user.choice, server.hearing,
 * apiKey.label, transcription.result.
 *
 *     sealed_profile_get(store, seal, user_id, id, &profile, why);
 *     sealed_session_change(store, seal, user_id, id, rename, title, &session, why);
 *
 * A field that cannot be opened, because its bytes were damaged or moved, is NULL in the record,
 * and the record is marked unreadable: the rest of it and all other records can still be read.
 * Name, role, skills and industry of a profile are then "" or "[]".
 *
 * Threads    Request workers; calls block.
 * Errors     The store's own; UV_ENOMEM.
 * Ownership  Those of store/store.h. put never changes the texts that it is given.
 */
#ifndef STORE_SEALED_H
#define STORE_SEALED_H

#include "auth/seal.h"
#include "store/store.h"

/** Is anything sealed in the store already? */
int sealed_any(struct store *store, bool *any, struct errbuf *why);
/** Is the stored data sealed with this key? The first key to ask becomes the one. UV_EILSEQ: it is
 *  another key, and nothing was changed. */
int sealed_check(struct store *store, const struct seal *seal, struct errbuf *why);
/** Is the field that sealed_check() looks at sealed with the current key? */
int sealed_check_is_fresh(struct store *store, const struct seal *seal, bool *fresh,
                          struct errbuf *why);
/** Seals that field with the current key. Call this after everything else was resealed: it says
 *  that no older key is needed, and that the sealing process knows the new one. */
int sealed_check_renew(struct store *store, const struct seal *seal, struct errbuf *why);

int sealed_profile_get(struct store *store, const struct seal *seal, const char *user_id,
                       const char *id, struct store_profile *profile, struct errbuf *why);
int sealed_profile_open(const struct seal *seal, struct store_profile *profile, struct errbuf *why);
int sealed_profile_add(struct store *store, const struct seal *seal,
                       const struct store_profile *profile, size_t most, struct errbuf *why);
/** Like store_profile_change(), but fn sees clear text. Fields that fn leaves alone stay sealed as
 *  they were, even unreadable ones. *profile is returned in clear. */
int sealed_profile_change(struct store *store, const struct seal *seal, const char *user_id,
                          const char *id, int (*fn)(struct store_profile *profile, void *arg),
                          void *arg, struct store_profile *profile, struct errbuf *why);
/** Seals what versions before schema 14 left of profiles in clear, and overwrites it on disk. May
 *  be interrupted at any time: the rest stays readable, and the next call continues. *done: how
 *  many there were. */
int sealed_profiles_finish(struct store *store, const struct seal *seal, size_t *done,
                           struct errbuf *why);

int sealed_session_get(struct store *store, const struct seal *seal, const char *user_id,
                       const char *id, struct store_session *session, struct errbuf *why);
int sealed_session_open(const struct seal *seal, struct store_session *session, struct errbuf *why);
int sealed_session_put(struct store *store, const struct seal *seal,
                       const struct store_session *session, struct errbuf *why);
/** Like sealed_profile_change(). */
int sealed_session_change(struct store *store, const struct seal *seal, const char *user_id,
                          const char *id, int (*fn)(struct store_session *session, void *arg),
                          void *arg, struct store_session *session, struct errbuf *why);

/** Like store_session_import(), everything in clear. */
int sealed_session_import(struct store *store, const struct seal *seal,
                          const struct store_profile *profile, size_t most,
                          const struct store_session *session,
                          const struct store_transcript *transcripts, size_t count,
                          struct errbuf *why);

/** voice->voice in clear. */
int sealed_voice_put(struct store *store, const struct seal *seal, const struct store_voice *voice,
                     struct errbuf *why);
/** UV_EILSEQ: it exists but cannot be opened. */
int sealed_voice_get(struct store *store, const struct seal *seal, const char *user_id,
                     struct store_voice *voice, struct errbuf *why);

/** key->label in clear. */
int sealed_api_key_add(struct store *store, const struct seal *seal,
                       const struct store_api_key *key, size_t most, struct errbuf *why);
/** Like store_api_key_list(); a label that cannot be opened is empty. */
int sealed_api_key_list(struct store *store, const struct seal *seal, const char *user_id,
                        struct store_list *list, struct errbuf *why);

int sealed_passkey_add(struct store *store, const struct seal *seal,
                       const struct store_passkey *passkey, size_t most, struct errbuf *why);
/** Like store_passkey_list(); a name that cannot be opened is empty. */
int sealed_passkey_list(struct store *store, const struct seal *seal, const char *user_id,
                        struct store_list *list, struct errbuf *why);
int sealed_passkey_rename(struct store *store, const struct seal *seal, const char *user_id,
                          const char *id, char *name, struct errbuf *why);

/** photo->photo in clear (base64url); get is like sealed_voice_get(). */
int sealed_photo_put(struct store *store, const struct seal *seal, const struct store_photo *photo,
                     struct errbuf *why);
int sealed_photo_get(struct store *store, const struct seal *seal, const char *user_id,
                     struct store_photo *photo, struct errbuf *why);

/** choice->choice in clear; get is like sealed_voice_get(). */
int sealed_choice_put(struct store *store, const struct seal *seal,
                      const struct store_choice *choice, struct errbuf *why);
int sealed_choice_get(struct store *store, const struct seal *seal, const char *user_id,
                      struct store_choice *choice, struct errbuf *why);

/** The recogniser chosen for this server, in the form of api/recogniser.h; "": none. The caller
 *  wipes *text. UV_ENOENT: none was ever chosen; UV_EILSEQ: it cannot be opened. */
int sealed_hearing_put(struct store *store, const struct seal *seal, const char *text,
                       struct errbuf *why);
int sealed_hearing_get(struct store *store, const struct seal *seal, char **text,
                       struct errbuf *why);

/** t->result in clear; UV_EILSEQ: it exists but cannot be opened. */
int sealed_transcription_get(struct store *store, const struct seal *seal, const char *user_id,
                             const char *id, struct store_transcription *t, struct errbuf *why);
int sealed_transcription_finish(struct store *store, const struct seal *seal,
                                const struct store_transcription *t, struct errbuf *why);

/** Like sealed_profile_change(). */
int sealed_transcript_change(struct store *store, const struct seal *seal, const char *user_id,
                             const char *id,
                             int (*fn)(struct store_transcript *transcript, void *arg), void *arg,
                             struct store_transcript *transcript, struct errbuf *why);
/** Assigns the transcript's question_number if that is 0. */
int sealed_transcript_put(struct store *store, const struct seal *seal,
                          struct store_transcript *transcript, struct errbuf *why);
int sealed_transcript_open(const struct seal *seal, struct store_transcript *transcript,
                           struct errbuf *why);

#endif

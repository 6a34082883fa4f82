/**
 * @file store/store.h  What is kept: users, profiles, sessions, transcripts, voices, recordings
 *
 *     struct store *store;
 *     store_open(&store, "sqlite", &(struct store_params){.path = "data/interview.db"}, why);
 *     store_migrate(store, why);
 *     store_profile_put(store, &profile, why);
 *
 * The store knows nothing of secrets: profile context and job description arrive here as sealed
 * text (auth/seal.h) and passwords as argon2id strings. Every write that returned 0 is on the
 * disk and survives kill -9. The same conformance suite (test/conformance/store) runs on every
 * driver.
 *
 * Threads    Any worker; calls block. Never the loop thread.
 * Errors     0; UV_ENOENT nothing there (or not this owner's); UV_EEXIST unique key taken;
 *            UV_EAGAIN busy, try again; UV_ENOSPC disk full; UV_EROFS may not write; UV_ENOTSUP
 *            written by a newer version; UV_EINVAL a value or cursor that cannot be; UV_EIO and
 *            others. Each with a sentence.
 * Changes    put writes a record whole: for one that was just made. What is there already is
 *            changed with <record>_change(): read, changed and written in one transaction, so that
 *            two who change different fields at once both get their way, and what was erased in
 *            between stays erased.
 * Ownership  Records are filled with strings the caller frees through <record>_release(); lists
 *            through store_list_release(). What is passed in is borrowed.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/error.h"
#include "base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lanes;
struct store;

enum {
    STORE_PAGE_MAX = 100,           /**< Most records one list call returns */
    STORE_CURSOR_MAX = ID_TEXT_MAX, /**< Longest cursor and NUL, [bytes] */
    STORE_PAUSE_MS = 600000,        /**< A longer silence is no part of an interview */
};

enum store_role { STORE_ROLE_USER, STORE_ROLE_ADMIN };

struct store_user {
    char id[ID_TEXT_MAX];
    char *email; /**< Lower case, unique; NULL for the local owner of single-user mode */
    char *display_name;
    char *password;     /**< argon2id encoded; NULL: cannot sign in by password */
    char *photo_url;    /**< NULL when there is none */
    char *settings;     /**< JSON object: preferredLLM, audioDevice, language, voiceId … */
    char *subscription; /**< JSON object: tier, expiresAt */
    int64_t created_at; /**< Times everywhere: [ms] since 1970 UTC */
    enum store_role role;
    int64_t disabled_at; /**< 0: may sign in */
};

/** One sign-in on one device; every refresh rotates to a new row of the same family. */
struct store_refresh {
    char hash[65]; /**< SHA-256 of the token, hex: the token itself is never stored */
    char family[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    int64_t expires_at;
    int64_t used_at;  /**< 0: not yet rotated */
    int64_t began_at; /**< When the sign-in began; 0: not known */
    int64_t seen_at;  /**< When this token was given out */
    char address[46]; /**< Where to; "" when not known. As text an IPv6 address has 45 characters */
    char program[64]; /**< What the sign-in is used with: "Firefox on Linux" */
};

/** Sets another password once; the newest of a user alone. */
struct store_reset {
    char user_id[ID_TEXT_MAX];
    char hash[65]; /**< As of a refresh token */
    int64_t expires_at;
};

struct store_photo {
    char user_id[ID_TEXT_MAX];
    char *type;  /**< "image/png" … */
    char *photo; /**< base64url, sealed */
    int64_t updated_at;
};

/** Which language models answer the user, in which order, and with which keys of their own. */
struct store_choice {
    char user_id[ID_TEXT_MAX];
    char *choice; /**< JSON (answer/choice.h), sealed */
    int64_t updated_at;
};

/** What one of the user's programs signs in with. */
struct store_api_key {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char hash[65];   /**< SHA-256 of the key, hex: the key itself is never stored */
    char prefix[16]; /**< How it begins */
    char *label;     /**< Sealed; what the user calls it */
    int64_t created_at;
    int64_t used_at; /**< 0: never */
};

/** A public key of the user's, with which a browser signs in: auth/passkey.h. */
struct store_passkey {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char *credential; /**< The id that its device knows it by, base64url; unique */
    char *rp_id;      /**< The name of the site it is for */
    int alg;          /**< COSE */
    char *public_key; /**< base64url */
    int64_t count;    /**< Signature counter, as the device last reported it; 0: it has none */
    int synced;       /**< 1: it may be on several devices */
    char *transports; /**< How its device is reached, "internal hybrid"; "": not known */
    char *name;       /**< Sealed; what the user calls it */
    int64_t created_at;
    int64_t used_at; /**< 0: never */
};

/** A sign-in that was ended while its access tokens may still be in use. */
struct store_ended {
    char family[ID_TEXT_MAX];
    int64_t expires_at; /**< When the last of those tokens expires */
};

struct store_profile {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char *name; /**< Sealed, as role, skills and industry: never NULL */
    char *role;
    double years_experience; /**< 0..80 */
    char *skills;            /**< JSON array of strings */
    char *industry;
    char *context; /**< Sealed; NULL or "" when empty */
    int64_t created_at;
    int64_t updated_at;
    int clear;       /**< 1: those four are in clear, as older versions wrote them */
    bool unreadable; /**< Something of it is damaged, and left out here; never stored */
};

enum store_status { STORE_ACTIVE, STORE_COMPLETED, STORE_ABANDONED, STORE_ANY };

struct store_session {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char profile_id[ID_TEXT_MAX]; /**< "" when none */
    char *job_description;        /**< Sealed; NULL or "" when empty */
    enum store_status status;
    int64_t created_at;
    int64_t completed_at; /**< 0 while it runs */
    int duration; /**< Of what was said, without pauses of STORE_PAUSE_MS; the store counts it
                     itself, [s] */
    int question_count;
    char *metadata; /**< JSON object: llmProvider, model, language, eagerDiscarded */
    char *title;    /**< What its owner calls it; sealed; NULL: nothing */
    bool unreadable;
};

/** What a transcript holds: a question with its answer, or words that wanted none. */
enum store_line { STORE_QUESTION, STORE_INTERVIEWER, STORE_CANDIDATE };

struct store_transcript {
    char id[ID_TEXT_MAX];
    char session_id[ID_TEXT_MAX];
    int question_number; /**< From 1; the store assigns it when 0. Of a line that is no question:
                              the number of the question that follows it */
    char *question;      /**< What was said; sealed, as the answer: it is private too */
    char *answer;
    int64_t timestamp; /**< When it began to be said, or was typed */
    char *provider;    /**< Who answered; NULL: nobody yet */
    int64_t ended_at;  /**< When its last word was said or its answer had ended; 0: timestamp */
    char *metrics; /**< JSON object: responseTime, wordCount, confidence, qualityScore, latency … */
    char *detail; /**< JSON object: kind, outline points, provider, model, finishReason; sealed */
    char *audio_url; /**< NULL when not kept */
    enum store_line line;
    bool unreadable;
    char user_id[ID_TEXT_MAX]; /**< Whose session it is of: put says it; never stored */
};

/** The voice of a person who asked to keep theirs. */
struct store_voice {
    char user_id[ID_TEXT_MAX];
    char *wording; /**< What they agreed to, as they read it */
    int64_t agreed_at;
    int64_t speech_ms; /**< Of speech it was learned from */
    char *voice;       /**< Sealed */
};

enum store_quality { STORE_SOUND_GOOD, STORE_SOUND_SILENT, STORE_SOUND_CLIPPED };

/** What is known of a recording; its sound is a blob of the same id (blob/blob.h). */
struct store_recording {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char session_id[ID_TEXT_MAX]; /**< "" when it belongs to none; of the same user */
    char *format;                 /**< As the decoder says: "matroska,webm / opus" */
    int64_t bytes;
    int64_t duration_ms;
    enum store_quality quality;
    int64_t created_at;
    int64_t expires_at; /**< Then it is erased */
    char *wording;      /**< Of a live interview: what its owner agreed to, as they read it */
    int64_t agreed_at;
    int growing; /**< 1: it goes on, or was cut off; bytes and duration_ms are those of its start */
};

enum store_work { STORE_WAITING, STORE_DONE, STORE_FAILED };

/** A recording that is transcribed in the background. */
struct store_transcription {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char recording_id[ID_TEXT_MAX];
    char *language; /**< As it was asked for */
    enum store_work state;
    char *result; /**< JSON as POST transcribe answers; sealed; NULL until it is done */
    char *error;  /**< A sentence; NULL unless it failed */
    int64_t created_at;
    int64_t finished_at; /**< 0 while it waits */
};

/** A page of records, newest first. next is the cursor for the following page, "" at the end. */
struct store_list {
    void *items; /**< Array of the asked-for record */
    size_t count;
    char next[STORE_CURSOR_MAX];
};

struct store_params {
    const char *path;       /**< sqlite: database file; its folder is made when it is not there */
    uint64_t bytes_max;     /**< sqlite: largest database file, [bytes]; 0: what the disk holds */
    uint64_t reserve_bytes; /**< sqlite: room kept so that deleting works on a full disk; 0: none */
    int inspect_ms;         /**< Look for damage at open, for this long at most; 0: not */
    const char *url;        /**< others: connection string */
};

/** What keeps a store from doing all of its work. */
enum store_fault {
    STORE_SOUND,
    STORE_FULL,      /**< No room left: nothing new is stored, deleting works */
    STORE_READ_ONLY, /**< May not be written any more */
    STORE_FAILING,   /**< The disk reports errors */
    STORE_DAMAGED,   /**< Some of it cannot be read */
    STORE_LOST,      /**< Deleted or replaced while open: writes are refused */
    STORE_OUTDATED,  /**< Not migrated, or by a newer version */
};

struct store_health {
    enum store_fault fault;
    const char *code; /**< "ok", "storage_full", "read_only", "disk_failing", "damaged", "lost" … */
    const char *what; /**< A sentence without paths or names, for anybody who asks */
    const char *help; /**< The way out */
};

enum { STORE_RESERVE = 16 << 20 }; /**< What a server keeps for deletions, [bytes] */

/* ------------------------------------------------------------------------- the store itself */

int store_open(struct store **sp, const char *driver, const struct store_params *params,
               struct errbuf *why);
void store_close(struct store *store);

/** From now on all writes run on LANE_STORE while their caller waits, so that one thread writes.
 *  NULL: they run on the caller's thread again. Not while others use the store. 0 or UV_ENOMEM. */
int store_use_lanes(struct store *store, struct lanes *lanes);

/** Bring the schema to the newest version; says from and to. Safe to run twice, and by two
 *  processes at once. */
int store_migrate(struct store *store, int *from, int *to, struct errbuf *why);
int store_ping(struct store *store, struct errbuf *why); /**< Can it answer now? */
/** Its state, as far as its use has shown. Any thread, the loop thread too: looks at file names and
 *  one cached page, writes nothing. A fault that goes away by itself (full, read-only, failing) is
 *  over after the next write that succeeds: store_probe(). */
void store_health(struct store *store, struct store_health *health);
/** Write something that changes nothing. */
int store_probe(struct store *store, struct errbuf *why);

/** Something of a person was changed. */
struct store_written {
    const char *user_id;
    const char *session_id; /**< What was said in it or what it is; NULL: the user was erased */
};
/** fn is told of each write, on the thread that called for it and before that call returns. NULL:
 *  nobody. Not while others use the store. */
void store_watch(struct store *store, void (*fn)(const struct store_written *written, void *arg),
                 void *arg);

/* ------------------------------------------------------------------------------------ users */

int store_user_put(struct store *store, const struct store_user *user, struct errbuf *why);
/** fn gets the record as it is stored now and changes what it means to: a text is freed and
 *  replaced by one on the heap; id, owner and created_at are left alone. It runs inside the
 *  transaction and maybe more than once: it calls no store and changes nothing but its record. A
 *  code other than 0 gives up and comes back. On success *user is as stored; release it. */
int store_user_change(struct store *store, const char *id,
                      int (*fn)(struct store_user *user, void *arg), void *arg,
                      struct store_user *user, struct errbuf *why);
int store_user_get(struct store *store, const char *id, struct store_user *user,
                   struct errbuf *why);
int store_user_by_email(struct store *store, const char *email, struct store_user *user,
                        struct errbuf *why);
/** The owner of single-user mode, if there is one. */
int store_user_local(struct store *store, struct store_user *user, struct errbuf *why);
/** Newest first. */
int store_user_list(struct store *store, size_t limit, const char *cursor, struct store_list *list,
                    struct errbuf *why);
/** Erases the user and everything that hangs on it, and ends its sign-ins, in one transaction.
 *  expires_at: of the last access token that may be out. ended: struct store_ended; free(items). */
int store_user_erase(struct store *store, const char *id, int64_t expires_at,
                     struct store_list *ended, struct errbuf *why);
/** Overwrite what was erased on the disk too: SQLite's log still has the old pages, so it is
 *  started anew. UV_EAGAIN when somebody reads for longer than a few seconds; the next call does it
 *  then. */
int store_scrub(struct store *store, struct errbuf *why);
/** A new password; ends every sign-in of the user but `keep` (a family), in one transaction. */
int store_user_password(struct store *store, const char *id, const char *password, const char *keep,
                        int64_t expires_at, struct store_list *ended, struct errbuf *why);

/** A token for a user who has forgotten the password; replaces the one before. */
int store_reset_put(struct store *store, const struct store_reset *reset, struct errbuf *why);
/** As store_user_password() for the user whom the token is for, whose id is put into user_id. Ends
 *  all their sign-ins and uses up the token, in one transaction. UV_ENOENT: no such token, it has
 *  expired, or its user is disabled. */
int store_reset_use(struct store *store, const char *hash, int64_t now, const char *password,
                    int64_t expires_at, char user_id[static ID_TEXT_MAX], struct store_list *ended,
                    struct errbuf *why);

/** One a user; replaces the one before. */
int store_photo_put(struct store *store, const struct store_photo *photo, struct errbuf *why);
int store_photo_get(struct store *store, const char *user_id, struct store_photo *photo,
                    struct errbuf *why);
int store_photo_erase(struct store *store, const char *user_id, struct errbuf *why);

/** One a user; replaces the one before. */
int store_choice_put(struct store *store, const struct store_choice *choice, struct errbuf *why);
int store_choice_get(struct store *store, const char *user_id, struct store_choice *choice,
                     struct errbuf *why);

/** A new one, unless the user has `most` already: UV_ERANGE. */
int store_api_key_add(struct store *store, const struct store_api_key *key, size_t most,
                      struct errbuf *why);
/** By the hash of the key; UV_ENOENT also when its user is disabled. */
int store_api_key_get(struct store *store, const char *hash, struct store_api_key *key,
                      struct errbuf *why);
/** Newest first, at most STORE_PAGE_MAX, no pages: struct store_api_key;
 *  store_list_release(list, STORE_KIND_API_KEY). */
int store_api_key_list(struct store *store, const char *user_id, struct store_list *list,
                       struct errbuf *why);
int store_api_key_used(struct store *store, const char *hash, int64_t now, struct errbuf *why);
int store_api_key_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why);

/** A new one, unless the user has `most` already: UV_ERANGE. UV_EEXIST: that credential is there.
 */
int store_passkey_add(struct store *store, const struct store_passkey *passkey, size_t most,
                      struct errbuf *why);
int store_passkey_get(struct store *store, const char *credential, struct store_passkey *passkey,
                      struct errbuf *why);
/** Newest first, all of them. */
int store_passkey_list(struct store *store, const char *user_id, struct store_list *list,
                       struct errbuf *why);
/** It was used, and this is its device's counter now. UV_ENOENT: it is gone, or its counter was as
 *  high before; of two requests with the same counter, one gets this. */
int store_passkey_used(struct store *store, const char *id, int64_t count, int64_t now,
                       struct errbuf *why);
/** name: sealed. */
int store_passkey_rename(struct store *store, const char *user_id, const char *id, const char *name,
                         struct errbuf *why);
int store_passkey_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why);

int store_refresh_put(struct store *store, const struct store_refresh *token, struct errbuf *why);
int store_refresh_get(struct store *store, const char *hash, struct store_refresh *token,
                      struct errbuf *why);
/** Mark `old` used and add `fresh` in one transaction; UV_EEXIST when `old` was used before. */
int store_refresh_rotate(struct store *store, const char *old, const struct store_refresh *fresh,
                         int64_t now, struct errbuf *why);
/** Ends the sign-in: its refresh tokens go, and its name is kept until expires_at. */
int store_refresh_revoke(struct store *store, const char *family, int64_t expires_at,
                         struct errbuf *why);
/** Forget the tokens and the ended sign-ins that expired before now. */
int store_refresh_prune(struct store *store, int64_t now, struct errbuf *why);
/** The newest token of each sign-in of the user that has not expired, last seen first, at most
 *  STORE_PAGE_MAX: struct store_refresh, no pages; free(items). */
int store_sign_in_list(struct store *store, const char *user_id, int64_t now,
                       struct store_list *list, struct errbuf *why);
/** As store_user_erase() ends them: the one family of the user, or all but keep. ended is empty
 * where there was nothing to end. */
int store_sign_in_end(struct store *store, const char *user_id, const char *family,
                      int64_t expires_at, struct store_list *ended, struct errbuf *why);
int store_sign_in_end_others(struct store *store, const char *user_id, const char *keep,
                             int64_t expires_at, struct store_list *ended, struct errbuf *why);
/** All ended sign-ins that have not expired now: struct store_ended, no pages; free(items). */
int store_ended_list(struct store *store, int64_t now, struct store_list *ended,
                     struct errbuf *why);

/* --------------------------------------------------------------------------------- profiles */

int store_profile_put(struct store *store, const struct store_profile *profile, struct errbuf *why);
/** A new one, unless the user has `most` already: UV_ERANGE. */
int store_profile_add(struct store *store, const struct store_profile *profile, size_t most,
                      struct errbuf *why);
/** As store_user_change(). */
int store_profile_change(struct store *store, const char *user_id, const char *id,
                         int (*fn)(struct store_profile *profile, void *arg), void *arg,
                         struct store_profile *profile, struct errbuf *why);
int store_profile_get(struct store *store, const char *user_id, const char *id,
                      struct store_profile *profile, struct errbuf *why);
int store_profile_list(struct store *store, const char *user_id, size_t limit, const char *cursor,
                       struct store_list *list, struct errbuf *why);
/** How many the user has. */
int store_profile_count(struct store *store, const char *user_id, size_t *count,
                        struct errbuf *why);
/** Sessions held with it stay, without a profile. */
/** Those in clear, ordered by id and from after on ("" at first), at most STORE_PAGE_MAX: struct
 *  store_profile with id and user_id alone; free(items). */
int store_profile_list_clear(struct store *store, const char *after, struct store_list *list,
                             struct errbuf *why);
int store_profile_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why);

/* --------------------------------------------------------------------------------- sessions */

/** put inserts or replaces, all but question_count and duration, which the store keeps itself; a
 *  replace by another user_id is UV_ENOENT. */
int store_session_put(struct store *store, const struct store_session *session, struct errbuf *why);
/** As store_user_change(). */
int store_session_change(struct store *store, const char *user_id, const char *id,
                         int (*fn)(struct store_session *session, void *arg), void *arg,
                         struct store_session *session, struct errbuf *why);
int store_session_get(struct store *store, const char *user_id, const char *id,
                      struct store_session *session, struct errbuf *why);
/** A session that was kept somewhere else, with all that was said in it: all of it or nothing.
 *  profile, if not NULL, is added with it, as store_profile_add(). The numbers of the transcripts
 *  stay; UV_EEXIST: two questions have the same. */
int store_session_import(struct store *store, const struct store_profile *profile, size_t most,
                         const struct store_session *session,
                         const struct store_transcript *transcripts, size_t count,
                         struct errbuf *why);
/** Which sessions a list has. */
struct store_session_filter {
    enum store_status status;    /**< STORE_ANY: whichever */
    int64_t from;                /**< Begun then or later; 0: whenever */
    int64_t until;               /**< Begun before; 0: whenever */
    const char *const *profiles; /**< Held with one of these; NULL: whichever */
    size_t profile_count;
};
/** filter: NULL for all. */
int store_session_list(struct store *store, const char *user_id,
                       const struct store_session_filter *filter, size_t limit, const char *cursor,
                       struct store_list *list, struct errbuf *why);
/** Somebody has joined it: an abandoned session becomes active again. UV_ENOENT. */
int store_session_resume(struct store *store, const char *user_id, const char *id,
                         struct errbuf *why);
/** Mark active sessions as abandoned in which nothing has happened since `before`, at most limit;
 *  they ended when the last word was said. list: the sessions as they are then; no pages. */
int store_session_abandon(struct store *store, int64_t before, size_t limit,
                          struct store_list *list, struct errbuf *why);
int store_session_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why);

/* ------------------------------------------------------------------------------ transcripts */

/** Insert or replace, and keep the session's question_count and duration true, in one transaction.
 *  When question_number is 0 it becomes the next of the session and is written back. Only
 *  questions count, and only their numbers are unique. A line may become a question. */
int store_transcript_put(struct store *store, struct store_transcript *transcript,
                         struct errbuf *why);
/** Erase one that was kept while it was being said, and came to nothing. UV_ENOENT: none there. */
int store_transcript_erase(struct store *store, const char *session_id, const char *id,
                           struct errbuf *why);
int store_transcript_get(struct store *store, const char *user_id, const char *id,
                         struct store_transcript *transcript, struct errbuf *why);
/** As store_user_change(); question_number and session_id are left alone too. */
int store_transcript_change(struct store *store, const char *user_id, const char *id,
                            int (*fn)(struct store_transcript *transcript, void *arg), void *arg,
                            struct store_transcript *transcript, struct errbuf *why);
/** A session's questions and lines by question_number, then time: as said, or with newest_first
 *  the reverse. */
int store_transcript_list(struct store *store, const char *user_id, const char *session_id,
                          bool newest_first, size_t limit, const char *cursor,
                          struct store_list *list, struct errbuf *why);

/* --------------------------------------------------------------------------------- voices */

/** One a user; replaces the one before. */
int store_voice_put(struct store *store, const struct store_voice *voice, struct errbuf *why);
int store_voice_get(struct store *store, const char *user_id, struct store_voice *voice,
                    struct errbuf *why);
int store_voice_erase(struct store *store, const char *user_id, struct errbuf *why);

/* ------------------------------------------------------------------------------ recordings */

/** A new one, unless the user's would then have more than bytes_max together: UV_ERANGE. */
int store_recording_add(struct store *store, const struct store_recording *recording,
                        int64_t bytes_max, struct errbuf *why);
int store_recording_get(struct store *store, const char *user_id, const char *id,
                        struct store_recording *recording, struct errbuf *why);
/** Those of a session, oldest first, at most limit; no pages. */
int store_recording_list(struct store *store, const char *user_id, const char *session_id,
                         size_t limit, struct store_list *list, struct errbuf *why);
/** One that grew is whole: bytes, duration_ms and quality of it. UV_ENOENT: it was erased. */
int store_recording_finish(struct store *store, const struct store_recording *recording,
                           struct errbuf *why);
/** Recordings of any user that still grow, at most limit; no pages. */
int store_recording_growing(struct store *store, size_t limit, struct store_list *list,
                            struct errbuf *why);
/** Newest first. */
int store_recording_of_user(struct store *store, const char *user_id, size_t limit,
                            const char *cursor, struct store_list *list, struct errbuf *why);
/** The size of all of the user's recordings, [bytes]. */
int store_recording_bytes(struct store *store, const char *user_id, int64_t *bytes,
                          struct errbuf *why);
/** Does any user have one with that id? UV_ENOENT. */
int store_recording_known(struct store *store, const char *id, struct errbuf *why);
/** Call fn with each recording of every user, in order of id; a result other than 0 ends it and is
 *  returned. */
int store_recording_each(struct store *store,
                         int (*fn)(const struct store_recording *recording, void *arg,
                                   struct errbuf *why),
                         void *arg, struct errbuf *why);
/** Recordings of every user with ids behind `after` ("" at first), in order of id; at most limit,
 *  no pages. */
int store_recording_all(struct store *store, const char *after, size_t limit,
                        struct store_list *list, struct errbuf *why);
int store_recording_erase(struct store *store, const char *user_id, const char *id,
                          struct errbuf *why);
/** Erase those that have expired by now, at most limit. list: what they were; no pages. */
int store_recording_expire(struct store *store, int64_t now, size_t limit, struct store_list *list,
                           struct errbuf *why);

/** A recording that was erased, by itself or with its session or user, and whose blob may still be
 *  there: it stays in the list until it is told to be gone. */
struct store_erased {
    char id[ID_TEXT_MAX];
};
/** At most limit of them; no pages; free(items). */
int store_erased_list(struct store *store, size_t limit, struct store_list *list,
                      struct errbuf *why);
int store_erased_gone(struct store *store, const char *id, struct errbuf *why);

/* -------------------------------------------------------------------------- transcriptions */

/** A new one that waits, unless the user has waiting_max of those: UV_ERANGE. */
int store_transcription_add(struct store *store, const struct store_transcription *t,
                            size_t waiting_max, struct errbuf *why);
int store_transcription_get(struct store *store, const char *user_id, const char *id,
                            struct store_transcription *t, struct errbuf *why);
/** Newest first, results sealed. */
int store_transcription_list(struct store *store, const char *user_id, size_t limit,
                             const char *cursor, struct store_list *list, struct errbuf *why);
/** The one that has waited longest, of any user. UV_ENOENT: none waits. */
int store_transcription_next(struct store *store, struct store_transcription *t,
                             struct errbuf *why);
/** Store how one that waited has ended: state, result, error and time. UV_ENOENT: it no longer
 *  waits. */
int store_transcription_finish(struct store *store, const struct store_transcription *t,
                               struct errbuf *why);
int store_transcription_erase(struct store *store, const char *user_id, const char *id,
                              struct errbuf *why);

/* ---------------------------------------------------------------------------------- facts */

/** Fact: the time of the newest sign-in, [ms] since 1970 as text. */
#define STORE_FACT_CLOCK "clock.newest"
/** Fact: how many recordings the last start found that this database does not know. */
#define STORE_FACT_UNKNOWN_AUDIO "audio.unknown"
/** Fact: not empty: the next start erases those. */
#define STORE_FACT_FORGET_AUDIO "audio.forget_unknown"
/** Fact: not empty: no profile of an older version lies anywhere in clear any more. */
#define STORE_FACT_PROFILES_SEALED "profiles.sealed"

/** What the program remembers of itself, by name: *value is the caller's; UV_ENOENT. */
int store_fact_get(struct store *store, const char *name, char **value, struct errbuf *why);
int store_fact_put(struct store *store, const char *name, const char *value, struct errbuf *why);
/** Put value unless there is one; *is, the caller's, is the one that holds from now on. When
 *  several come at once, the first one's holds. */
int store_fact_claim(struct store *store, const char *name, const char *value, char **is,
                     struct errbuf *why);

/** A sealed field, whichever: to tell whether a key is the right one. */
struct store_sample {
    char id[ID_TEXT_MAX]; /**< Of its record */
    char field[32];       /**< As in store/sealed.h: "profile.context" … */
    char *text;           /**< Sealed; the caller's */
};

/** At most limit of them, of every kind that there is. */
int store_samples(struct store *store, size_t limit, struct store_sample *samples, size_t *n,
                  struct errbuf *why);

/** Copy all of it, as it is at one moment, into a new file while others use it: everything that was
 *  acknowledged before is in the copy. UV_EIO also when the file is there already. */
int store_copy(struct store *store, const char *path, struct errbuf *why);

/* --------------------------------------------------------------------- texts sealed anew */

enum { STORE_RESEAL_MAX = 32 }; /**< Most texts of one call, and of one transaction */

/** The sealed fields of all kinds of records, one after the other; NULL behind the last. */
const char *store_sealed_field(struct store *store, size_t i);
/** Texts of field i that do not begin with fresh, ordered by the id of their record and from after
 *  on ("" at first); at most limit. Each text is the caller's. */
int store_sealed_stale(struct store *store, size_t i, const char *fresh, const char *after,
                       size_t limit, struct store_sample *samples, size_t *n, struct errbuf *why);
/** How many texts look sealed and hold no fresh, also where no sealed field is known. Reads all of
 *  the store. */
int store_sealed_rest(struct store *store, const char *fresh, int64_t *rest, struct errbuf *why);
/** Each text that is still as it was becomes the new one; all of them or none. */
int store_sealed_replace(struct store *store, const struct store_sample *was, char *const *now,
                         size_t n, struct errbuf *why);

/* -------------------------------------------------------------------------------- figures */

/** What happened in the sessions that began on one day, in UTC. */
struct store_day {
    int64_t day; /**< Since 1970 */
    int64_t sessions;
    int64_t users;
    int64_t said;    /**< Sessions in which something was said */
    int64_t seconds; /**< How long those were */
    int64_t questions;
};

enum { STORE_SHARE_NAME_MAX = 64 };

/** How often somebody answered, or with which profile sessions were held, on such a day. */
struct store_share {
    int64_t day;
    char user_id[ID_TEXT_MAX];       /**< Of a profile; else "" */
    char name[STORE_SHARE_NAME_MAX]; /**< The provider, or the profile's id */
    int64_t count;
};

enum store_figures { STORE_DAYS, STORE_PROVIDERS, STORE_PROFILES };

enum {
    STORE_FIGURE_DAYS_MAX = 366, /**< Asked for at once */
    STORE_FIGURES_MAX = 10000,   /**< Rows told; the newest */
};

/** Newest day first, days without anything left out: struct store_day or struct store_share; no
 *  pages; free(items). user_id: NULL for everybody. They change with every session and answer that
 *  is written or erased, and always equal a recount. */
int store_figures(struct store *store, enum store_figures what, const char *user_id, int64_t from,
                  int64_t to, struct store_list *list, struct errbuf *why);
/** Count them anew from what is stored. */
int store_figures_recount(struct store *store, struct errbuf *why);

/* --------------------------------------------------------------------------------- memory */

void store_user_release(struct store_user *user);
void store_photo_release(struct store_photo *photo);
void store_choice_release(struct store_choice *choice);
void store_api_key_release(struct store_api_key *key);
void store_passkey_release(struct store_passkey *passkey);
void store_profile_release(struct store_profile *profile);
void store_session_release(struct store_session *session);
void store_transcript_release(struct store_transcript *transcript);
void store_voice_release(struct store_voice *voice);
void store_recording_release(struct store_recording *recording);
void store_transcription_release(struct store_transcription *t);

enum store_kind {
    STORE_KIND_PROFILE,
    STORE_KIND_SESSION,
    STORE_KIND_TRANSCRIPT,
    STORE_KIND_USER,
    STORE_KIND_RECORDING,
    STORE_KIND_API_KEY,
    STORE_KIND_TRANSCRIPTION,
    STORE_KIND_PASSKEY,
};
void store_list_release(struct store_list *list, enum store_kind kind);

#endif

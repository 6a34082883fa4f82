/**
 * @file store/store.h  The database: users, profiles, sessions, transcripts, voices, recordings
 *
 *     struct store *store;
 *     store_open(&store, "sqlite", &(struct store_params){.path = "data/interview.db"}, why);
 *     store_open(&store, "postgres", &(struct store_params){.url = "postgres://…"}, why); // or
 *     store_migrate(store, why);
 *     store_profile_put(store, &profile, why);
 *
 * The store never sees secrets: profile context and job description arrive here as sealed text
 * (auth/seal.h), and passwords as argon2id strings. A write that has returned 0 is on disk and
 * survives kill -9. The same conformance suite (test/conformance/store) runs on every driver.
 *
 * Threads    Any worker; calls block. Never the loop thread.
 * Errors     0; UV_ENOENT: not found (or not this owner's); UV_EEXIST: unique key taken;
 *            UV_EAGAIN: busy, try again; UV_ENOTCONN: the database server is away, and a write that
 *            was under way may have been done or not; UV_ENOSPC: disk full; UV_EROFS: no permission
 *            to write; UV_ENOTSUP: written by a newer version; UV_EINVAL: invalid value or cursor;
 *            UV_EIO and others. Each with a sentence.
 * Changes    put writes a whole record: use it for new ones. Existing records are changed with
 *            <record>_change(), which reads, changes and writes in one transaction, so that two
 *            concurrent changes of different fields both take effect, and a record erased in
 *            between stays erased.
 * Ownership  Records are filled with strings the caller frees through <record>_release(); lists
 *            through store_list_release(). Arguments are borrowed.
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
    STORE_PAGE_MAX = 100,           /**< Most records in one page of a list */
    STORE_CURSOR_MAX = ID_TEXT_MAX, /**< Longest cursor, with NUL [bytes] */
    STORE_PAUSE_MS = 600000,        /**< A longer silence is not part of an interview */
};

enum store_role { STORE_ROLE_USER, STORE_ROLE_ADMIN };

struct store_user {
    char id[ID_TEXT_MAX];
    char *email; /**< Lower case, unique; NULL for the local owner of single-user mode */
    char *display_name;
    char *password;     /**< argon2id encoded; NULL: no sign-in by password */
    char *photo_url;    /**< NULL if there is none */
    char *settings;     /**< JSON object: preferredLLM, audioDevice, language, voiceId … */
    char *subscription; /**< JSON object: tier, expiresAt */
    int64_t created_at; /**< Times everywhere: [ms] since 1970 UTC */
    enum store_role role;
    int64_t disabled_at; /**< 0: not disabled */
};

/** One sign-in on one device; every refresh rotates to a new row of the same family. */
struct store_refresh {
    char hash[65]; /**< SHA-256 of the token, in hex: the token itself is never stored */
    char family[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    int64_t expires_at;
    int64_t used_at;  /**< 0: not yet rotated */
    int64_t began_at; /**< When the sign-in began; 0: unknown */
    int64_t seen_at;  /**< When this token was issued */
    char address[46]; /**< The client's address; "": unknown. As text an IPv6 address has 45
                           characters */
    char program[64]; /**< The client: "Firefox on Linux" */
};

/** A token to set a new password once; only the newest of a user counts. */
struct store_reset {
    char user_id[ID_TEXT_MAX];
    char hash[65]; /**< Like that of a refresh token */
    int64_t expires_at;
};

struct store_photo {
    char user_id[ID_TEXT_MAX];
    char *type;  /**< "image/png" … */
    char *photo; /**< base64url, sealed */
    int64_t updated_at;
};

/** Which language models answer the user, in which order, and with which of the user's own keys. */
struct store_choice {
    char user_id[ID_TEXT_MAX];
    char *choice; /**< JSON (answer/choice.h), sealed */
    int64_t updated_at;
};

/** A key with which one of the user's programs signs in. */
struct store_api_key {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char hash[65];   /**< SHA-256 of the key, in hex: the key itself is never stored */
    char prefix[16]; /**< Its first characters */
    char *label;     /**< Sealed; the user's name for it */
    int64_t created_at;
    int64_t used_at; /**< 0: never */
};

/** A public key of the user, with which a browser signs in: auth/passkey.h. */
struct store_passkey {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char *credential; /**< The device's id for it, base64url; unique */
    char *rp_id;      /**< The site that it is for */
    int alg;          /**< COSE algorithm */
    char *public_key; /**< base64url */
    int64_t count;    /**< Signature counter last reported by the device; 0: it has none */
    int synced;       /**< 1: it may exist on several devices */
    char *transports; /**< How its device is reached, "internal hybrid"; "": unknown */
    char *name;       /**< Sealed; the user's name for it */
    int64_t created_at;
    int64_t used_at; /**< 0: never */
};

/** A sign-in that was ended although some of its access tokens may still be valid. */
struct store_ended {
    char family[ID_TEXT_MAX];
    int64_t expires_at; /**< When the last of those tokens expires */
};

struct store_profile {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char *name; /**< Sealed, like role, skills and industry; never NULL */
    char *role;
    double years_experience; /**< 0..80 */
    char *skills;            /**< JSON array of strings */
    char *industry;
    char *context; /**< Sealed; NULL or "" if empty */
    int64_t created_at;
    int64_t updated_at;
    int clear;       /**< 1: those four are in clear, as older versions wrote them */
    bool unreadable; /**< Part of it is damaged, and omitted here; never stored */
};

enum store_status { STORE_ACTIVE, STORE_COMPLETED, STORE_ABANDONED, STORE_ANY };

struct store_session {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char profile_id[ID_TEXT_MAX]; /**< "" if there is none */
    char *job_description;        /**< Sealed; NULL or "" if empty */
    enum store_status status;
    int64_t created_at;
    int64_t completed_at; /**< 0 while active */
    int duration; /**< Time spent talking, without pauses of STORE_PAUSE_MS; maintained by the store
                       [s] */
    int question_count;
    char *metadata; /**< JSON object: llmProvider, model, language, eagerDiscarded */
    char *title;    /**< The owner's title; sealed; NULL: none */
    bool unreadable;
};

/** What a transcript contains: a question with its answer, or a remark that needed none. */
enum store_line { STORE_QUESTION, STORE_INTERVIEWER, STORE_CANDIDATE };

struct store_transcript {
    char id[ID_TEXT_MAX];
    char session_id[ID_TEXT_MAX];
    int question_number; /**< From 1; assigned by the store if 0. For a remark: the number of the
                              question that follows */
    char *question;      /**< What was said; sealed, because it is as private as the answer */
    char *answer;
    int64_t timestamp; /**< When the person began to say it, or when it was typed */
    char *provider;    /**< The provider that answered; NULL: none yet */
    int64_t ended_at;  /**< When its last word was said, or its answer ended; 0: timestamp */
    char *metrics; /**< JSON object: responseTime, wordCount, confidence, qualityScore, latency … */
    char *detail; /**< JSON object: kind, outline points, provider, model, finishReason; sealed */
    char *audio_url; /**< NULL if not kept */
    enum store_line line;
    bool unreadable;
    char user_id[ID_TEXT_MAX]; /**< The owner of its session: put sets it; never stored */
};

/** The voice of a person who asked to keep it. */
struct store_voice {
    char user_id[ID_TEXT_MAX];
    char *wording; /**< The consent text that they agreed to */
    int64_t agreed_at;
    int64_t speech_ms; /**< Length of the speech that it was learned from */
    char *voice;       /**< Sealed */
};

enum store_quality { STORE_SOUND_GOOD, STORE_SOUND_SILENT, STORE_SOUND_CLIPPED };

/** The record of a recording; its sound is the blob of the same id (blob/blob.h). */
struct store_recording {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char session_id[ID_TEXT_MAX]; /**< "" if it belongs to none; of the same user */
    char *format;                 /**< As reported by the decoder: "matroska,webm / opus" */
    int64_t bytes;
    int64_t duration_ms;
    enum store_quality quality;
    int64_t created_at;
    int64_t expires_at; /**< When it will be erased */
    char *wording;      /**< For a live interview: the consent text that its owner agreed to */
    int64_t agreed_at;
    int growing; /**< 1: it is still growing, or was cut off; bytes and duration_ms are those at its
                      start */
};

enum store_work { STORE_WAITING, STORE_DONE, STORE_FAILED };

/** A recording that is being transcribed in the background. */
struct store_transcription {
    char id[ID_TEXT_MAX];
    char user_id[ID_TEXT_MAX];
    char recording_id[ID_TEXT_MAX];
    char *language; /**< As requested */
    enum store_work state;
    char *result; /**< JSON in the form that POST transcribe returns; sealed; NULL until done */
    char *error;  /**< A sentence; NULL unless it failed */
    int64_t created_at;
    int64_t finished_at; /**< 0 while waiting */
};

/** A page of records, newest first. next is the cursor of the following page, "" at the end. */
struct store_list {
    void *items; /**< Array of the requested records */
    size_t count;
    char next[STORE_CURSOR_MAX];
};

struct store_params {
    const char *path;       /**< sqlite: database file; its folder is created if missing */
    uint64_t bytes_max;     /**< sqlite: largest database file [bytes]; 0: no limit */
    uint64_t reserve_bytes; /**< sqlite: reserve so that deleting works on a full disk; 0: none */
    int inspect_ms;         /**< Look for damage when opening, for at most this long; 0: don't */
    int answer_ms;          /**< postgres: longest wait for an answer [ms]; 0: 30 s */
    const char *url;        /**< postgres: its address, postgres://user@host/database?sslmode=… */
};

/** What keeps a store from working fully. */
enum store_fault {
    STORE_SOUND,
    STORE_FULL,      /**< No room left: nothing new is stored, but deleting works */
    STORE_READ_ONLY, /**< It cannot be written any more */
    STORE_FAILING,   /**< The disk reports errors */
    STORE_DAMAGED,   /**< Parts of it cannot be read */
    STORE_LOST,      /**< Deleted or replaced while open: writes are refused */
    STORE_OUTDATED,  /**< Not migrated, or written by a newer version */
    STORE_AWAY,      /**< Its server cannot be reached */
};

struct store_health {
    enum store_fault fault;
    const char *code; /**< "ok", "storage_full", "read_only", "disk_failing", "damaged", "lost" … */
    const char *what; /**< A sentence without paths or names, for anybody */
    const char *help; /**< How to fix it */
};

enum { STORE_RESERVE = 16 << 20 }; /**< The reserve that a server keeps for deletions [bytes] */

/* ------------------------------------------------------------------------- the store itself */

int store_open(struct store **sp, const char *driver, const struct store_params *params,
               struct errbuf *why);
void store_close(struct store *store);

/** From now on all writes run on LANE_STORE while their callers wait, so that only one thread
 *  writes. NULL: they run on the caller's thread again. Not while others use the store. 0 or
 *  UV_ENOMEM. */
int store_use_lanes(struct store *store, struct lanes *lanes);

/** Bring the schema to the newest version; sets from and to. Safe to run twice, and by two
 *  processes at once. */
int store_migrate(struct store *store, int *from, int *to, struct errbuf *why);
int store_ping(struct store *store, struct errbuf *why); /**< Does it answer? */
/** Its state, as far as it showed during use. Any thread, including the loop thread: looks at file
 *  names and one cached page, writes nothing. A fault that can go away by itself (full, read-only,
 *  failing) ends with the next successful write: store_probe(). */
void store_health(struct store *store, struct store_health *health);
/** Writes something that changes nothing. */
int store_probe(struct store *store, struct errbuf *why);
/** How often a server was asked since it was opened; 0 where the database is a file. */
uint64_t store_round_trips(struct store *store);

/** Something that belongs to a person was changed. */
struct store_written {
    const char *user_id;
    const char *session_id; /**< The session that was changed, itself or its transcripts; NULL: the
                                 user was erased */
};
/** fn is called for each write, on the caller's thread and before the call returns. NULL: stop. Not
 *  while others use the store. */
void store_watch(struct store *store, void (*fn)(const struct store_written *written, void *arg),
                 void *arg);

/* ------------------------------------------------------------------------------------ users */

int store_user_put(struct store *store, const struct store_user *user, struct errbuf *why);
/** fn gets the record as stored and changes what it wants: a text is freed and replaced by one on
 *  the heap; id, owner and created_at must not change. It runs inside the transaction, maybe more
 *  than once, so it must not call the store or change anything but its record. A code other than 0
 *  cancels the change and is returned. On success *user is the stored record; release it. */
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
/** Erases the user and everything that belongs to them, and ends their sign-ins, in one
 *  transaction. expires_at: when the last access token that may be valid expires. ended: struct
 *  store_ended; free(items). */
int store_user_erase(struct store *store, const char *id, int64_t expires_at,
                     struct store_list *ended, struct errbuf *why);
/** Overwrites erased data on disk as well: SQLite's log still has the old pages, so it is
 *  restarted. UV_EAGAIN if somebody reads for longer than a few seconds; call again later. */
int store_scrub(struct store *store, struct errbuf *why);
/** A new password; ends every sign-in of the user except `keep` (a family), in one transaction. */
int store_user_password(struct store *store, const char *id, const char *password, const char *keep,
                        int64_t expires_at, struct store_list *ended, struct errbuf *why);

/** A token for a user who has forgotten the password; replaces the previous one. */
int store_reset_put(struct store *store, const struct store_reset *reset, struct errbuf *why);
/** Like store_user_password() for the token's user, whose id is written to user_id. Ends all their
 *  sign-ins and uses up the token, in one transaction. UV_ENOENT: there is no such token, it has
 *  expired, or its user is disabled. */
int store_reset_use(struct store *store, const char *hash, int64_t now, const char *password,
                    int64_t expires_at, char user_id[static ID_TEXT_MAX], struct store_list *ended,
                    struct errbuf *why);

/** One per user; replaces the previous one. */
int store_photo_put(struct store *store, const struct store_photo *photo, struct errbuf *why);
int store_photo_get(struct store *store, const char *user_id, struct store_photo *photo,
                    struct errbuf *why);
int store_photo_erase(struct store *store, const char *user_id, struct errbuf *why);

/** One per user; replaces the previous one. */
int store_choice_put(struct store *store, const struct store_choice *choice, struct errbuf *why);
int store_choice_get(struct store *store, const char *user_id, struct store_choice *choice,
                     struct errbuf *why);

/** Adds one, unless the user already has `most`: UV_ERANGE. */
int store_api_key_add(struct store *store, const struct store_api_key *key, size_t most,
                      struct errbuf *why);
/** By the hash of the key; UV_ENOENT also if its user is disabled. */
int store_api_key_get(struct store *store, const char *hash, struct store_api_key *key,
                      struct errbuf *why);
/** Newest first, at most STORE_PAGE_MAX, no pages: struct store_api_key; store_list_release(list,
 *  STORE_KIND_API_KEY). */
int store_api_key_list(struct store *store, const char *user_id, struct store_list *list,
                       struct errbuf *why);
int store_api_key_used(struct store *store, const char *hash, int64_t now, struct errbuf *why);
int store_api_key_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why);

/** Adds one, unless the user already has `most`: UV_ERANGE. UV_EEXIST: that credential exists. */
int store_passkey_add(struct store *store, const struct store_passkey *passkey, size_t most,
                      struct errbuf *why);
int store_passkey_get(struct store *store, const char *credential, struct store_passkey *passkey,
                      struct errbuf *why);
/** Newest first, all of them. */
int store_passkey_list(struct store *store, const char *user_id, struct store_list *list,
                       struct errbuf *why);
/** It was used, and this is its device's counter now. UV_ENOENT: it is gone, or its counter was
 *  already that high; of two requests with the same counter one gets this. */
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
/** Marks `old` as used and adds `fresh` in one transaction; UV_EEXIST if `old` was used before. */
int store_refresh_rotate(struct store *store, const char *old, const struct store_refresh *fresh,
                         int64_t now, struct errbuf *why);
/** Ends the sign-in: removes its refresh tokens, and remembers it until expires_at. */
int store_refresh_revoke(struct store *store, const char *family, int64_t expires_at,
                         struct errbuf *why);
/** Removes the tokens and the ended sign-ins that expired before now. */
int store_refresh_prune(struct store *store, int64_t now, struct errbuf *why);
/** The newest token of each of the user's sign-ins that has not expired, last seen first, at most
 *  STORE_PAGE_MAX: struct store_refresh, no pages; free(items). */
int store_sign_in_list(struct store *store, const char *user_id, int64_t now,
                       struct store_list *list, struct errbuf *why);
/** Ends sign-ins like store_user_erase(): one family of the user, or all but keep. ended is empty
 *  if there was nothing to end. */
int store_sign_in_end(struct store *store, const char *user_id, const char *family,
                      int64_t expires_at, struct store_list *ended, struct errbuf *why);
int store_sign_in_end_others(struct store *store, const char *user_id, const char *keep,
                             int64_t expires_at, struct store_list *ended, struct errbuf *why);
/** All ended sign-ins whose tokens have not expired: struct store_ended, no pages; free(items). */
int store_ended_list(struct store *store, int64_t now, struct store_list *ended,
                     struct errbuf *why);

/* --------------------------------------------------------------------------------- profiles */

int store_profile_put(struct store *store, const struct store_profile *profile, struct errbuf *why);
/** Adds one, unless the user already has `most`: UV_ERANGE. */
int store_profile_add(struct store *store, const struct store_profile *profile, size_t most,
                      struct errbuf *why);
/** Like store_user_change(). */
int store_profile_change(struct store *store, const char *user_id, const char *id,
                         int (*fn)(struct store_profile *profile, void *arg), void *arg,
                         struct store_profile *profile, struct errbuf *why);
int store_profile_get(struct store *store, const char *user_id, const char *id,
                      struct store_profile *profile, struct errbuf *why);
int store_profile_list(struct store *store, const char *user_id, size_t limit, const char *cursor,
                       struct store_list *list, struct errbuf *why);
/** How many profiles the user has. */
int store_profile_count(struct store *store, const char *user_id, size_t *count,
                        struct errbuf *why);
/** Sessions that used it stay, without a profile. */
/** Profiles in clear, ordered by id, those after `after` ("" at first), at most STORE_PAGE_MAX:
 *  struct store_profile with only id and user_id; free(items). */
int store_profile_list_clear(struct store *store, const char *after, struct store_list *list,
                             struct errbuf *why);
int store_profile_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why);

/* --------------------------------------------------------------------------------- sessions */

/** put inserts or replaces everything except question_count and duration, which the store
 *  maintains; replacing a session of another user_id is UV_ENOENT. */
int store_session_put(struct store *store, const struct store_session *session, struct errbuf *why);
/** Like store_user_change(). */
int store_session_change(struct store *store, const char *user_id, const char *id,
                         int (*fn)(struct store_session *session, void *arg), void *arg,
                         struct store_session *session, struct errbuf *why);
int store_session_get(struct store *store, const char *user_id, const char *id,
                      struct store_session *session, struct errbuf *why);
/** A session from elsewhere, with its transcripts: all of it or nothing. profile, if not NULL, is
 *  added with it, as by store_profile_add(). The numbers of the transcripts are kept; UV_EEXIST:
 *  two questions have the same. */
int store_session_import(struct store *store, const struct store_profile *profile, size_t most,
                         const struct store_session *session,
                         const struct store_transcript *transcripts, size_t count,
                         struct errbuf *why);
/** Which sessions a list contains. */
struct store_session_filter {
    enum store_status status;    /**< STORE_ANY: all */
    int64_t from;                /**< Begun at that time or later; 0: any */
    int64_t until;               /**< Begun before that time; 0: any */
    const char *const *profiles; /**< Held with one of these profiles; NULL: any */
    size_t profile_count;
    const char *provider; /**< That answered at least one of its questions; NULL: any */
};
/** filter: NULL for all. */
int store_session_list(struct store *store, const char *user_id,
                       const struct store_session_filter *filter, size_t limit, const char *cursor,
                       struct store_list *list, struct errbuf *why);
/** Somebody joined it: an abandoned session becomes active again. UV_ENOENT. */
int store_session_resume(struct store *store, const char *user_id, const char *id,
                         struct errbuf *why);
/** Marks active sessions in which nothing has happened since `before` as abandoned, at most limit;
 *  their end is when the last word was said. list: the sessions afterwards; no pages. */
int store_session_abandon(struct store *store, int64_t before, size_t limit,
                          struct store_list *list, struct errbuf *why);
int store_session_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why);

/* ------------------------------------------------------------------------------ transcripts */

/** Inserts or replaces, and updates the session's question_count and duration, in one transaction.
 *  If question_number is 0 it becomes the next one of the session and is written back. Only
 *  questions count, and only their numbers are unique. A remark may become a question. */
int store_transcript_put(struct store *store, struct store_transcript *transcript,
                         struct errbuf *why);
/** Erases one that was stored while it was being said, and came to nothing. UV_ENOENT: not
 *  found. */
int store_transcript_erase(struct store *store, const char *session_id, const char *id,
                           struct errbuf *why);
int store_transcript_get(struct store *store, const char *user_id, const char *id,
                         struct store_transcript *transcript, struct errbuf *why);
/** Like store_user_change(); question_number and session_id must not change either. */
int store_transcript_change(struct store *store, const char *user_id, const char *id,
                            int (*fn)(struct store_transcript *transcript, void *arg), void *arg,
                            struct store_transcript *transcript, struct errbuf *why);
/** A session's questions and remarks by question_number, then time: as said, or in reverse with
 *  newest_first. */
int store_transcript_list(struct store *store, const char *user_id, const char *session_id,
                          bool newest_first, size_t limit, const char *cursor,
                          struct store_list *list, struct errbuf *why);

/* --------------------------------------------------------------------------------- voices */

/** One per user; replaces the previous one. */
int store_voice_put(struct store *store, const struct store_voice *voice, struct errbuf *why);
int store_voice_get(struct store *store, const char *user_id, struct store_voice *voice,
                    struct errbuf *why);
int store_voice_erase(struct store *store, const char *user_id, struct errbuf *why);

/* ------------------------------------------------------------------------------ recordings */

/** Adds one, unless the user's recordings would then take more than bytes_max: UV_ERANGE. */
int store_recording_add(struct store *store, const struct store_recording *recording,
                        int64_t bytes_max, struct errbuf *why);
int store_recording_get(struct store *store, const char *user_id, const char *id,
                        struct store_recording *recording, struct errbuf *why);
/** The recordings of a session, oldest first, at most limit; no pages. */
int store_recording_list(struct store *store, const char *user_id, const char *session_id,
                         size_t limit, struct store_list *list, struct errbuf *why);
/** A growing recording is complete: sets bytes, duration_ms and quality. UV_ENOENT: it was
 *  erased. */
int store_recording_finish(struct store *store, const struct store_recording *recording,
                           struct errbuf *why);
/** Recordings of any user that are still growing, at most limit; no pages. */
int store_recording_growing(struct store *store, size_t limit, struct store_list *list,
                            struct errbuf *why);
/** Newest first. */
int store_recording_of_user(struct store *store, const char *user_id, size_t limit,
                            const char *cursor, struct store_list *list, struct errbuf *why);
/** Total size of the user's recordings [bytes]. */
int store_recording_bytes(struct store *store, const char *user_id, int64_t *bytes,
                          struct errbuf *why);
/** Does any user have a recording with that id? UV_ENOENT. */
int store_recording_known(struct store *store, const char *id, struct errbuf *why);
/** Calls fn with every recording of every user, in order of id; a result other than 0 stops and is
 *  returned. */
int store_recording_each(struct store *store,
                         int (*fn)(const struct store_recording *recording, void *arg,
                                   struct errbuf *why),
                         void *arg, struct errbuf *why);
/** Recordings of every user with ids after `after` ("" at first), in order of id; at most limit, no
 *  pages. */
int store_recording_all(struct store *store, const char *after, size_t limit,
                        struct store_list *list, struct errbuf *why);
int store_recording_erase(struct store *store, const char *user_id, const char *id,
                          struct errbuf *why);
/** Erases those that have expired, at most limit. list: the erased records; no pages. */
int store_recording_expire(struct store *store, int64_t now, size_t limit, struct store_list *list,
                           struct errbuf *why);

/** A recording that was erased, by itself or with its session or user, whose blob may still exist:
 *  it stays in the list until it is reported as gone. */
struct store_erased {
    char id[ID_TEXT_MAX];
};
/** At most limit of them; no pages; free(items). */
int store_erased_list(struct store *store, size_t limit, struct store_list *list,
                      struct errbuf *why);
int store_erased_gone(struct store *store, const char *id, struct errbuf *why);

/* -------------------------------------------------------------------------- transcriptions */

/** Adds a waiting one, unless the user already has waiting_max of those: UV_ERANGE. */
int store_transcription_add(struct store *store, const struct store_transcription *t,
                            size_t waiting_max, struct errbuf *why);
int store_transcription_get(struct store *store, const char *user_id, const char *id,
                            struct store_transcription *t, struct errbuf *why);
/** Newest first, results sealed. */
int store_transcription_list(struct store *store, const char *user_id, size_t limit,
                             const char *cursor, struct store_list *list, struct errbuf *why);
/** The one that has waited longest, of any user. UV_ENOENT: none is waiting. */
int store_transcription_next(struct store *store, struct store_transcription *t,
                             struct errbuf *why);
/** Stores the outcome of a waiting one: state, result, error and time. UV_ENOENT: it no longer
 *  waits. */
int store_transcription_finish(struct store *store, const struct store_transcription *t,
                               struct errbuf *why);
int store_transcription_erase(struct store *store, const char *user_id, const char *id,
                              struct errbuf *why);

/* ---------------------------------------------------------------------------------- facts */

/** Fact: the time of the newest sign-in, [ms] since 1970, as text. */
#define STORE_FACT_CLOCK "clock.newest"
/** Fact: how many recordings the last start found that are not in this database. */
#define STORE_FACT_UNKNOWN_AUDIO "audio.unknown"
/** Fact: if not empty, the next start erases those. */
#define STORE_FACT_FORGET_AUDIO "audio.forget_unknown"
/** Fact: if not empty, no profile of an older version exists in clear any more. */
#define STORE_FACT_PROFILES_SEALED "profiles.sealed"

/** What the program remembers about itself, by name: *value belongs to the caller; UV_ENOENT. */
int store_fact_get(struct store *store, const char *name, char **value, struct errbuf *why);
int store_fact_put(struct store *store, const char *name, const char *value, struct errbuf *why);
/** Stores value unless there is one already; *is, which the caller frees, is the value in force
 *  from now on. If several come at once, the first one wins. */
int store_fact_claim(struct store *store, const char *name, const char *value, char **is,
                     struct errbuf *why);

/** Any sealed field, to test whether a key is the right one. */
struct store_sample {
    char id[ID_TEXT_MAX]; /**< Of its record */
    char field[32];       /**< As in store/sealed.h: "profile.context" … */
    char *text;           /**< Sealed; belongs to the caller */
};

/** At most limit of them, of every existing kind. */
int store_samples(struct store *store, size_t limit, struct store_sample *samples, size_t *n,
                  struct errbuf *why);

/** Copies the whole database as of one moment to a new file, while others use it: everything that
 *  was acknowledged before is in the copy. UV_EIO also if the file exists. */
int store_copy(struct store *store, const char *path, struct errbuf *why);

/* ---- resealing --------------------------------------------------------------------------- */

enum { STORE_RESEAL_MAX = 32 }; /**< Most texts per call, and per transaction */

/** The sealed fields of all kinds of records, one by one; NULL after the last. */
const char *store_sealed_field(struct store *store, size_t i);
/** Texts of field i that do not begin with fresh, ordered by the id of their record, those after
 *  `after` ("" at first); at most limit. Each text belongs to the caller. */
int store_sealed_stale(struct store *store, size_t i, const char *fresh, const char *after,
                       size_t limit, struct store_sample *samples, size_t *n, struct errbuf *why);
/** How many texts look sealed but do not contain fresh, even outside the known sealed fields. Reads
 *  the whole store. */
int store_sealed_rest(struct store *store, const char *fresh, int64_t *rest, struct errbuf *why);
/** Replaces each text that has not changed since by the new one; all of them or none. */
int store_sealed_replace(struct store *store, const struct store_sample *was, char *const *now,
                         size_t n, struct errbuf *why);

/* -------------------------------------------------------------------------------- figures */

/** What happened in the sessions that began on one day, UTC. */
struct store_day {
    int64_t day; /**< Days since 1970 */
    int64_t sessions;
    int64_t users;
    int64_t said;    /**< Sessions in which something was said */
    int64_t seconds; /**< Total length of those */
    int64_t questions;
};

enum { STORE_SHARE_NAME_MAX = 64 };

/** How often somebody answered, or how often a profile was used, on such a day. */
struct store_share {
    int64_t day;
    char user_id[ID_TEXT_MAX];       /**< The owner of a profile; else "" */
    char name[STORE_SHARE_NAME_MAX]; /**< The provider, or the profile's id */
    int64_t count;
};

enum store_figures { STORE_DAYS, STORE_PROVIDERS, STORE_PROFILES };

enum {
    STORE_FIGURE_DAYS_MAX = 366, /**< Most days in one query */
    STORE_FIGURES_MAX = 10000,   /**< Most rows returned; the newest */
};

/** Newest day first, without empty days: struct store_day or struct store_share; no pages;
 *  free(items). user_id: NULL for everybody. Updated with every session and answer that is written
 *  or erased; always equal to a recount. */
int store_figures(struct store *store, enum store_figures what, const char *user_id, int64_t from,
                  int64_t to, struct store_list *list, struct errbuf *why);
/** Counts them again from the stored records. */
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

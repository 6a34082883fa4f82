/**
 * @file live/records.h  Records with their sensitive fields in clear
 *
 * The one place that knows which fields of a record are sealed and under which name:
 * profile.context, session.jobDescription, transcript.question, .answer and .detail.
 *
 *     records_profile_get(store, seal, user_id, id, &profile, err);
 *     records_transcript_put(store, seal, &transcript, err);
 *
 * Threads    Request workers; calls block.
 * Errors     The store's own; UV_EILSEQ when a field was sealed with another key.
 * Ownership  As in store/store.h. put never changes the texts of what it is given.
 */
#ifndef LIVE_RECORDS_H
#define LIVE_RECORDS_H

#include "auth/seal.h"
#include "store/store.h"

int records_profile_get(struct store *store, const struct seal *seal, const char *user_id,
                        const char *id, struct store_profile *profile, struct errbuf *err);
int records_profile_open(const struct seal *seal, struct store_profile *profile,
                         struct errbuf *err);
int records_profile_put(struct store *store, const struct seal *seal,
                        const struct store_profile *profile, struct errbuf *err);

int records_session_get(struct store *store, const struct seal *seal, const char *user_id,
                        const char *id, struct store_session *session, struct errbuf *err);
int records_session_open(const struct seal *seal, struct store_session *session,
                         struct errbuf *err);
int records_session_put(struct store *store, const struct seal *seal,
                        const struct store_session *session, struct errbuf *err);

/** Gives the transcript its question_number when that is 0. */
int records_transcript_put(struct store *store, const struct seal *seal,
                           struct store_transcript *transcript, struct errbuf *err);
int records_transcript_open(const struct seal *seal, struct store_transcript *transcript,
                            struct errbuf *err);

#endif

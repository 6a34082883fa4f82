/**
 * @file export/record.h  Records as the API's JSON
 *
 * Written directly into a buffer: a page of sessions is the most frequent answer of the server, and
 * building a tree of values only to discard it would cost more than the query. The schemas are
 * those of docs/api/openapi.yaml (Session, Profile, Transcript, User).
 *
 * Threads    Any; no state.
 * Errors     Kept in out->err (base/buffer.h): check once at the end.
 * Ownership  Everything is borrowed. Sensitive fields are passed in clear.
 */
#ifndef EXPORT_RECORD_H
#define EXPORT_RECORD_H

#include "base/buffer.h"
#include "store/store.h"

void record_user(struct buf *out, const struct store_user *user);
void record_profile(struct buf *out, const struct store_profile *profile);
void record_session(struct buf *out, const struct store_session *session);
void record_transcript(struct buf *out, const struct store_transcript *transcript);

/** The members of a transcript that come from its detail, besides `speaker`; ends with NULL. */
extern const char *const record_details[];

/** A JSON string with its quotes; malformed UTF-8 becomes U+FFFD. NULL is null. */
void record_text(struct buf *out, const char *text);
/** "2026-05-14T09:26:53.589Z", or null if 0. */
void record_time(struct buf *out, int64_t unix_ms);

/** "admin" or "user": the local owner is an administrator. */
const char *record_role(const struct store_user *user);
const char *record_status(enum store_status status); /**< "active" … */

#endif

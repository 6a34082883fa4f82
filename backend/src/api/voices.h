/**
 * @file api/voices.h  Voices that are known of running interviews, forgotten
 *
 * Threads    Any worker: it happens on the loop, soon.
 */
#ifndef API_VOICES_H
#define API_VOICES_H

struct http_request;

/** Those of the session, NULL: of all sessions of who asks. What is kept in the store stays.
 *  UV_ENOMEM, UV_ECANCELED. */
int voices_forget(const struct http_request *req, const char *session);

#endif

/**
 * @file api/voices.h  Forgetting the voices that running interviews know
 *
 * Threads    Any worker: it happens on the loop, soon.
 */
#ifndef API_VOICES_H
#define API_VOICES_H

struct app;

/** Those of the session, NULL: of all sessions of the user. What is kept in the store stays.
 *  UV_ENOMEM, UV_ECANCELED. */
int voices_forget(const struct app *app, const char *user, const char *session);

#endif

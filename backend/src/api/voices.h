/**
 * @file api/voices.h  Forgetting the voices that running interviews know
 *
 * Threads    Any worker: it happens soon, on the loop.
 */
#ifndef API_VOICES_H
#define API_VOICES_H

struct app;

/** Those of the session; NULL: of all the user's sessions. What is in the store stays. UV_ENOMEM,
 *  UV_ECANCELED. */
int voices_forget(const struct app *app, const char *user, const char *session);

#endif

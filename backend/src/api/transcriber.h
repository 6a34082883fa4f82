/**
 * @file api/transcriber.h  Transcribing recordings in the background, one after the other
 *
 *     transcriber_open(&t, app, why);       // goes on with what an earlier run left
 *     transcriber_wake(t);                  // something new waits in the store
 *     transcriber_stop(t);                  // before the hub and the lanes
 *     transcriber_close(t);                 // after both, before the loop
 *
 * Requests wait in the store (store_transcription_add()), so that they survive a restart; only the
 * progress of the current one is kept here. One at a time, because live interviews need the
 * recogniser more than somebody who waits anyway. A failure caused by the recording or its language
 * is final; after any other (no line is free, the recogniser's server is unreachable) it is tried
 * TRANSCRIBER_TRIES times before giving up.
 *
 * Threads    Open, stop and close: the loop thread; the rest: any.
 */
#ifndef API_TRANSCRIBER_H
#define API_TRANSCRIBER_H

#include "base/error.h"

#include <stdbool.h>

struct app;
struct transcriber;

enum { TRANSCRIBER_TRIES = 10 };

int transcriber_open(struct transcriber **tp, const struct app *app, struct errbuf *why);
void transcriber_stop(struct transcriber *t);  /**< NULL is allowed, here and below */
void transcriber_close(struct transcriber *t); /**< Frees */

void transcriber_wake(struct transcriber *t);

/** It was erased from the store: if it is the current one, it is stopped. */
void transcriber_forget(struct transcriber *t, const char *id);

/** Is it the current one? Then how much of it is done, 0..1. */
bool transcriber_progress(struct transcriber *t, const char *id, double *done);

#endif

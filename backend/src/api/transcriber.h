/**
 * @file api/transcriber.h  Recordings that are transcribed in the background, one after the other
 *
 *     transcriber_open(&t, app, why);       // goes on with what an earlier run left
 *     transcriber_wake(t);                  // something new waits in the store
 *     transcriber_stop(t);                  // before the hub and the lanes
 *     transcriber_close(t);                 // after both, before the loop
 *
 * What is asked for waits in the store (store_transcription_add()), so that it survives everything;
 * how far the one at work has come is known here alone. One at a time, because live interviews need
 * the recogniser more than somebody who waits anyway. A failure caused by the recording or its
 * language is final; anything else (no line is free, the recogniser's server is away) is tried
 * again TRANSCRIBER_TRIES times before it is given up.
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

/** It was erased from the store: if it is the one at work, that ends. */
void transcriber_forget(struct transcriber *t, const char *id);

/** Is it the one at work? Then how much of it is heard, 0..1. */
bool transcriber_progress(struct transcriber *t, const char *id, double *done);

#endif

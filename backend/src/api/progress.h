/**
 * @file api/progress.h  A user's progress, computed from the transcript of a session
 *
 * Threads    Request workers, and the thread that makes an archive.
 */
#ifndef API_PROGRESS_H
#define API_PROGRESS_H

#include "base/json.h"
#include "store/store.h"

struct app;

/** ProgressItem of the API. The session was read and opened by the caller. */
int progress_of(const struct app *app, struct store_session *session, json_t **item,
                struct errbuf *why);

#endif

/**
 * @file api/progress.h  How somebody comes along, counted out of what was said in a session
 *
 * Threads    Request workers, and where an archive is made.
 */
#ifndef API_PROGRESS_H
#define API_PROGRESS_H

#include "base/json.h"
#include "store/store.h"

struct app;

/** ProgressItem of the contract. The session is as it was read, and is opened. */
int progress_of(const struct app *app, struct store_session *session, json_t **item,
                struct errbuf *why);

#endif

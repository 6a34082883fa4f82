/**
 * @file api/sessions.h  Handlers below /sessions/{id} that have files of their own
 */
#ifndef API_SESSIONS_H
#define API_SESSIONS_H

#include "net/http.h"
#include "store/store.h"

int api_list_transcripts(const struct http_request *req, struct http_response *res);
int api_export_session(const struct http_request *req, struct http_response *res);
int api_import_session(const struct http_request *req, struct http_response *res);
int api_session_timeline(const struct http_request *req, struct http_response *res);

enum {
    SESSION_JOB_MAX = 65536, /**< Job description, in bytes and in characters */
    SESSION_TITLE_MAX = 120,
    SESSION_TRANSCRIPTS_MAX = 50000, /**< Imported at once; two hours have some 20,000 lines */
};

struct app;

/** Parses a status name; false: unknown. */
bool session_read_status(const char *text, enum store_status *status);

enum { FILTER_PROFILES_MAX = 256 }; /**< More than a user may have */

/** The filter of a request: status, from, to, profileId and role in its query. */
struct session_filter {
    struct store_session_filter store;
    const char *profiles[FILTER_PROFILES_MAX];
    char ids[FILTER_PROFILES_MAX][ID_TEXT_MAX];
};

/** 1: answered. */
int session_filter_read(const struct http_request *req, struct http_response *res,
                        struct session_filter *filter);

struct live_again;
/** The question with that id and its session, for asking it again. UV_EINVAL: it is not a question.
 *  On a worker; live_again_release() if it succeeded. */
int transcript_again(const struct app *app, const char *user, const char *id,
                     struct live_again *again, char session_id[static ID_TEXT_MAX],
                     struct errbuf *why);

/** All transcripts of one of the user's sessions, in clear, oldest first. */
struct session_said {
    struct store_transcript *at;
    size_t n;
};

int session_said_load(const struct app *app, const char *user, const char *session,
                      struct session_said *said, struct errbuf *why);
void session_said_release(struct session_said *said); /**< After a failure too */

#endif

/**
 * @file api/sessions.h  Handlers below /sessions/{id} that stand in files of their own
 */
#ifndef API_SESSIONS_H
#define API_SESSIONS_H

#include "net/http.h"

int api_list_transcripts(const struct http_request *req, struct http_response *res);
int api_export_session(const struct http_request *req, struct http_response *res);

#endif

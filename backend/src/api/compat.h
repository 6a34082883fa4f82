/**
 * @file api/compat.h  The routes under /v1, for programs written for OpenAI's API
 *
 * They use this server as it is: base address http://127.0.0.1:8080/v1, an access token or a
 * personal key as the API key. What is heard and answered is what api/hear.h and
 * answer/completion.h do; here is only how that API writes it (OpenAI API reference, "Audio",
 * "Chat Completions", "Models", "Error codes").
 *
 * Threads    Request workers; compat_problem() also the loop thread.
 */
#ifndef API_COMPAT_H
#define API_COMPAT_H

#include "net/http.h"

struct app;
struct user_chain;

/** http_route.problem of all of them: {"error": {message, type, param, code}}. A field that is
 *  not right is 400 here; the whole body is 422 as elsewhere. */
void compat_problem(struct http_response *res, int status, const char *code, const char *detail,
                    const json_t *fields);

/** An unsupported parameter: 400. Returns 0. */
int compat_refuse(const struct http_request *req, struct http_response *res, const char *param,
                  const char *message);
/** 404 model_not_found, saying where the available ones are listed. Returns 0. */
int compat_no_model(const struct http_request *req, struct http_response *res, const char *model);

enum { COMPAT_MODEL_MAX = 320 }; /**< An id of a model and NUL [bytes] */

/** Is this the id of a recogniser here? The ids of OpenAI's own recognisers are accepted, for
 *  clients that know no others. */
bool compat_hears(const struct app *app, const char *model);

/** "groq/llama-3.3-70b-versatile"; "outline" for the built-in answer. */
void compat_model_id(char to[static COMPAT_MODEL_MAX], const char *provider, const char *model);

/** The parts of an id. "auto": both "", the chain. false: there is no such provider here. */
struct compat_model {
    char provider[64];
    char model[256]; /**< "": the provider's own */
};
bool compat_model_find(const struct user_chain *chain, const char *id, struct compat_model *found);

#endif

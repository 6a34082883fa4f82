/**
 * @file api/reply.h  Answers that the resources of this folder have in common
 *
 * Threads    Request workers.
 */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "api/app.h"
#include "auth/token.h"
#include "store/store.h"

/** The running server. */
static inline const struct app *app_of(const struct http_request *req)
{
    return req->app;
}

/** Begins a JSON answer that is written directly into the returned buffer. */
struct buf *reply_json(struct http_response *res, int status);

/** A page of records: {"items":[…],"nextCursor":…}, with their sealed fields opened, or the error
 *  if e is not 0. Releases the list. Returns 0. */
int reply_list(const struct http_request *req, struct http_response *res, enum store_kind kind,
               int e, struct store_list *list, struct errbuf *why);

/** An error of the store or of a sealed field: 404 "There is no such <what>.", 409, 422 for a
 *  cursor, 503 with Retry-After, 507 on a full disk; anything else is logged and becomes 500.
 *  Returns 0. */
int reply_failed(const struct http_request *req, struct http_response *res, int err,
                 const struct errbuf *why, const char *what);

/** Answers for a recording that could not be decoded: 415, 413, or 503 without a decoder; returns
 *  0. Any other err is returned unchanged, and nothing is answered. */
int reply_undecodable(const struct http_request *req, struct http_response *res, int err,
                      const struct errbuf *why);

/** The verified access token of a request. 0, or as accounts_verify(). */
int request_claims(const struct http_request *req, struct token_claims *claims);
/** The same, also for a personal key, which is looked up: it blocks. */
int request_who(const struct http_request *req, struct token_claims *claims);

/** May the signed-in user do things that affect everybody? The local owner may; with accounts,
 *  administrators and the users in the setting `operators`. */
bool request_is_operator(const struct http_request *req);

/** Did its client connect over TLS? Then cookies can be Secure, and its own origin is https. */
bool request_is_secure(const struct http_request *req);

/** Is it certain that no page of another site sent it? Only then does a cookie count. */
bool request_is_of_page(const struct http_request *req);

int reply_location(struct http_response *res, const char *collection, const char *id);

#endif

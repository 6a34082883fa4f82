/**
 * @file api/providers_internal.h  One request about a user's providers; private to api/providers*.c
 *
 * A worker loads the choice and puts into it what the request says; then the visit is the loop's,
 * which answers its ticket.
 */
#ifndef API_PROVIDERS_INTERNAL_H
#define API_PROVIDERS_INTERNAL_H

#include "answer/choice.h"
#include "api/app.h"

#include <jansson.h>

struct visit {
    const struct app *app;
    struct http_server *server;
    uint64_t ticket;
    char user[ID_TEXT_MAX];
    struct choice *choice;
    const char *name; /* of the provider it is about; NULL: of all */
};

void visit_free(struct visit *v); /* NULL is allowed */
/** About the provider of the address, with the body's key, model and url in the choice. 1: it is
 *  answered; else *vp and *body are the caller's. */
int visit_provider(const struct http_request *req, struct http_response *res, unsigned flags,
                   struct visit **vp, json_t **body);

#endif

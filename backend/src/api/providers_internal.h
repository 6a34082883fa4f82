/**
 * @file api/providers_internal.h  One request about a user's providers; private to api/providers*.c
 *
 * A worker loads the choice and applies the request to it; then the visit belongs to the loop,
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
    const char *name; /* the provider it is about; NULL: all */
};

void visit_free(struct visit *v); /* NULL is allowed */
/** For the provider in the address, with the body's key, model and url applied to the choice. 1:
 *  answered; else *vp and *body belong to the caller. */
int visit_provider(const struct http_request *req, struct http_response *res, unsigned flags,
                   struct visit **vp, json_t **body);

#endif

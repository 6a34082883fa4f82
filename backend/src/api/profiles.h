/**
 * @file api/profiles.h  A profile as it comes over the wire
 *
 * Threads    Request workers.
 */
#ifndef API_PROFILES_H
#define API_PROFILES_H

#include "api/validate.h"
#include "store/store.h"

enum {
    PROFILES_MAX = 200,          /**< Of one user */
    PROFILE_CONTEXT_MAX = 65536, /**< In bytes and in characters */
};

/** What a person says of themself, for a table of fields. name_flags: FIELD_REQUIRED, or 0. */
#define PROFILE_FIELDS(name_flags)                                                                 \
    {"name", FIELD_TEXT, .min = 1, .max = 120, .flags = (name_flags) | FIELD_TRIM},                \
        {"role", FIELD_TEXT, .max = 120, .flags = FIELD_TRIM},                                     \
        {"yearsExperience", FIELD_NUMBER, .min = 0, .max = 80},                                    \
        {"skills", FIELD_TEXTS, .min = 1, .max = 64, .items_max = 100, .flags = FIELD_TRIM},       \
        {"industry", FIELD_TEXT, .max = 120, .flags = FIELD_TRIM},                                 \
    {                                                                                              \
        "context", FIELD_TEXT, .max = PROFILE_CONTEXT_MAX, .bytes_max = PROFILE_CONTEXT_MAX        \
    }

/** These members of body, with defaults for what is not there, into p; updated_at is now. */
int profile_fill(struct store_profile *p, json_t *body);

/** 409: there are as many as there may be. Returns 0. */
int profile_refuse_more(const struct http_request *req, struct http_response *res);

#endif

/**
 * @file api/profiles.h  Profiles in requests
 *
 * Threads    Request workers.
 */
#ifndef API_PROFILES_H
#define API_PROFILES_H

#include "api/validate.h"
#include "store/store.h"

enum {
    PROFILES_MAX = 200,          /**< Per user */
    PROFILE_CONTEXT_MAX = 65536, /**< In bytes and in characters */
};

/** The fields about the person, for a table of fields. name_flags: FIELD_REQUIRED, or 0. */
#define PROFILE_FIELDS(name_flags)                                                                 \
    {"name", FIELD_TEXT, .min = 1, .max = 120, .flags = (name_flags) | FIELD_TRIM},                \
        {"role", FIELD_TEXT, .max = 120, .flags = FIELD_TRIM},                                     \
        {"yearsExperience", FIELD_NUMBER, .min = 0, .max = 80},                                    \
        {"skills", FIELD_TEXTS, .min = 1, .max = 64, .items_max = 100, .flags = FIELD_TRIM},       \
        {"industry", FIELD_TEXT, .max = 120, .flags = FIELD_TRIM},                                 \
    {                                                                                              \
        "context", FIELD_TEXT, .max = PROFILE_CONTEXT_MAX, .bytes_max = PROFILE_CONTEXT_MAX        \
    }

/** Copies these members of body, with defaults for absent ones, to p; updated_at is now. */
int profile_fill(struct store_profile *p, json_t *body);

/** 409: the limit is reached. Returns 0. */
int profile_refuse_more(const struct http_request *req, struct http_response *res);

#endif

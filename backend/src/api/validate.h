/**
 * @file api/validate.h  Validating request bodies, field by field
 *
 *     static const struct field fields[] = {
 *         {"name", FIELD_TEXT, .min = 1, .max = 120, .flags = FIELD_REQUIRED | FIELD_TRIM},
 *         {"skills", FIELD_TEXTS, .min = 1, .max = 64, .items_max = 100, .flags = FIELD_TRIM},
 *         {NULL}};
 *     json_t *body;
 *     if (validate_body(req, res, fields, 0, &body))
 *         return 0;                                    // answered with 400 or 422
 *
 * Texts with FIELD_TRIM are trimmed in body; members that are not in the table are refused.
 *
 * Threads    Request workers.
 * Errors     0 to go on; 1 if res holds the answer.
 * Ownership  body is the caller's: json_decref().
 */
#ifndef API_VALIDATE_H
#define API_VALIDATE_H

#include "net/http.h"

#include <stdbool.h>
#include <stddef.h>

enum field_kind {
    FIELD_TEXT,     /**< min..max code points */
    FIELD_TEXTS,    /**< Array of such texts, at most items_max */
    FIELD_NUMBER,   /**< min..max */
    FIELD_SWITCH,   /**< true or false */
    FIELD_CHOICE,   /**< One of "a|b|c" */
    FIELD_EMAIL,    /**< name@domain */
    FIELD_LANGUAGE, /**< en, en-GB, auto */
    FIELD_ID,       /**< 1..max of A-Z a-z 0-9 _ - */
    FIELD_TIME,     /**< RFC 3339, not before 1970 */
    FIELD_OBJECT,   /**< Members in .members */
    FIELD_OBJECTS,  /**< Array of such objects, at most items_max */
};

enum {
    FIELD_REQUIRED = 1 << 0,
    FIELD_NULLABLE = 1 << 1,
    FIELD_TRIM = 1 << 2,

    BODY_OPTIONAL = 1 << 0,  /**< An absent body counts as {} */
    BODY_NOT_EMPTY = 1 << 1, /**< At least one member */
};

struct field {
    const char *name;
    enum field_kind kind;
    size_t min;
    size_t max;
    size_t bytes_max; /**< 0: no limit except max */
    size_t items_max;
    const char *choices;
    const struct field *members;
    unsigned flags;
};

int validate_body(const struct http_request *req, struct http_response *res,
                  const struct field *fields, unsigned flags, json_t **body);

/** The body as any JSON, for handlers that parse it themselves. */
int validate_json(const struct http_request *req, struct http_response *res, json_t **body);

/** limit (1..100, default 20) and cursor of a list ("" if absent). */
struct page {
    size_t limit;
    const char *cursor;
};

int validate_page(const struct http_request *req, struct http_response *res, struct page *page);

bool validate_is_language(const char *text); /**< en, en-GB, auto */

/** One bad field: 422. Returns 1. */
int validate_refuse(const struct http_request *req, struct http_response *res, const char *field,
                    const char *message);

#endif

/**
 * @file fuzz/body.c  Bodies of requests, against a table with every kind of field
 *
 * Held: a body is either taken, and then keeps to the table, or answered with a problem that is
 * JSON. The body is bounded by the server before it comes here.
 */
#include "api/validate.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field inner[] = {
    {"theme", FIELD_CHOICE, .choices = "system|light|dark"},
    {"on", FIELD_SWITCH, .flags = FIELD_NULLABLE},
    {.name = NULL},
};
static const struct field fields[] = {
    {"name", FIELD_TEXT, .min = 1, .max = 12, .flags = FIELD_REQUIRED | FIELD_TRIM},
    {"skills", FIELD_TEXTS, .min = 1, .max = 4, .items_max = 3, .flags = FIELD_TRIM},
    {"years", FIELD_NUMBER, .min = 0, .max = 80},
    {"email", FIELD_EMAIL, .max = 30, .flags = FIELD_TRIM},
    {"language", FIELD_LANGUAGE, .flags = 0},
    {"settings", FIELD_OBJECT, .members = inner},
    {.name = NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_request req = {.body = (const char *)data, .body_len = size, .id = "r"};
    struct http_response res = {.status = 0};
    json_t *body = NULL;

    buf_init(&res.body, 1 << 20);
    buf_init(&res.headers, 8 << 10);
    if (!validate_body(&req, &res, fields, 0, &body)) {
        if (!json_str(body, "name") || !json_str(body, "name")[0] || json_object_size(body) > 6)
            abort();
        json_decref(body);
    } else {
        json_t *problem = json_parse(res.body.data, res.body.len);

        if (!problem || (res.status != 400 && res.status != 422))
            abort();
        json_decref(problem);
    }
    buf_release(&res.body);
    buf_release(&res.headers);
    return 0;
}

/**
 * @file api/validate.c  Validating request bodies, field by field
 */
#include "api/validate.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    POINTER_MAX = 256, /* longest JSON pointer in an answer, [bytes] */
    ERRORS_MAX = 20,   /* further ones are not listed */
    PAGE_DEFAULT = 20,
    PAGE_MAX = 100,
};

struct check {
    json_t *errors;
};

static void complain(struct check *c, const char *pointer, const char *message)
{
    if (json_array_size(c->errors) < ERRORS_MAX)
        json_array_append_new(c->errors,
                              json_pack("{s:s%, s:s}", "field", pointer,
                                        utf8_floor(pointer, strlen(pointer), POINTER_MAX),
                                        "message", message));
}

/* ------------------------------------------------------------------------------- values */

/* Unicode white space that people paste: ASCII's, the no-break space, and the zero-width one. */
static size_t space_at(const char *p, size_t len)
{
    if (len >= 1 && isspace((unsigned char)*p))
        return 1;
    if (len >= 2 && memcmp(p, "\xc2\xa0", 2) == 0)
        return 2;
    if (len >= 3 && (memcmp(p, "\xef\xbb\xbf", 3) == 0 || memcmp(p, "\xe2\x80\x8b", 3) == 0))
        return 3;
    return 0;
}

static json_t *trimmed(const char *text, size_t len)
{
    size_t n;

    while ((n = space_at(text, len))) {
        text += n;
        len -= n;
    }
    for (bool again = true; again && len;) {
        again = false;
        for (size_t back = 1; back <= 3 && back <= len && !again; back++) {
            if (space_at(text + len - back, back) == back) {
                len -= back;
                again = true;
            }
        }
    }
    return json_stringn(text, len);
}

static void check_length(struct check *c, const struct field *f, const char *pointer,
                         const json_t *value)
{
    const char *text = json_string_value(value);
    size_t bytes = json_string_length(value);
    size_t n = utf8_count(text, bytes);
    char message[80];

    if (n < f->min && f->min == f->max)
        snprintf(message, sizeof(message), "must be %zu characters", f->min);
    else if (n < f->min || n > f->max)
        snprintf(message, sizeof(message),
                 f->min ? "must be %zu to %zu characters" : "must be %.0zuat most %zu characters",
                 f->min, f->max);
    else if (f->bytes_max && bytes > f->bytes_max)
        snprintf(message, sizeof(message), "must be at most %zu bytes", f->bytes_max);
    else
        return;
    complain(c, pointer, message);
}

/* One "@" with something on both sides, a dot in the domain, no spaces. Whether the mailbox exists,
 * only a mail could show. */
static bool is_email(const char *text)
{
    const char *at = strchr(text, '@');
    const char *dot = at ? strrchr(at, '.') : NULL;

    if (!at || at == text || at - text > 64 || !dot || dot == at + 1 || !dot[1])
        return false;
    if (strchr(at + 1, '@') || strstr(text, "..") || text[0] == '.' || at[-1] == '.')
        return false;
    for (const char *p = text; *p; p++)
        if (isspace((unsigned char)*p) || iscntrl((unsigned char)*p) || strchr("<>()[],;:\\\"", *p))
            return false;
    return true;
}

bool validate_is_language(const char *text)
{
    size_t n = 0;

    if (strcmp(text, "auto") == 0)
        return true;
    while (text[n] >= 'a' && text[n] <= 'z')
        n++;
    if (n < 2 || n > 3)
        return false;
    text += n;
    return !*text || (text[0] == '-' && isupper((unsigned char)text[1]) &&
                      isupper((unsigned char)text[2]) && !text[3]);
}

static bool is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);

    for (const char *p = choices; *p; p += strcspn(p, "|"), p += *p == '|')
        if (strcspn(p, "|") == len && strncmp(p, text, len) == 0)
            return true;
    return false;
}

static void check_choice(struct check *c, const struct field *f, const char *pointer,
                         const char *text)
{
    char message[160] = "must be one of ";
    size_t n = strlen(message);

    if (is_choice(f->choices, text))
        return;
    for (const char *p = f->choices; *p && n < sizeof(message) - 3; p++) {
        message[n++] = *p == '|' ? ',' : *p;
        if (*p == '|')
            message[n++] = ' ';
    }
    message[n] = '\0';
    complain(c, pointer, message);
}

static bool has_too_many(struct check *c, const struct field *f, const char *pointer,
                         const json_t *array)
{
    char message[64];

    if (json_array_size(array) <= f->items_max)
        return false;
    snprintf(message, sizeof(message), "must have at most %zu items", f->items_max);
    complain(c, pointer, message);
    return true;
}

static void check_texts(struct check *c, const struct field *f, const char *pointer, json_t *array)
{
    char item[POINTER_MAX + 32];

    if (has_too_many(c, f, pointer, array))
        return;
    for (size_t i = 0; i < json_array_size(array); i++) {
        json_t *value = json_array_get(array, i);

        snprintf(item, sizeof(item), "%s/%zu", pointer, i);
        if (!json_is_string(value)) {
            complain(c, item, "must be text");
            continue;
        }
        if (f->flags & FIELD_TRIM) {
            value = trimmed(json_string_value(value), json_string_length(value));
            json_array_set_new(array, i, value);
        }
        check_length(c, f, item, value);
    }
}

static void check_number(struct check *c, const struct field *f, const char *pointer,
                         const json_t *value)
{
    double n = json_number_value(value);
    char message[64];

    if (n >= (double)f->min && n <= (double)f->max)
        return;
    snprintf(message, sizeof(message), "must be %zu to %zu", f->min, f->max);
    complain(c, pointer, message);
}

static void check_members(struct check *c, const struct field *fields, const char *pointer,
                          json_t *object);

static void check_objects(struct check *c, const struct field *f, const char *pointer,
                          json_t *array)
{
    char item[POINTER_MAX + 32];

    if (has_too_many(c, f, pointer, array))
        return;
    for (size_t i = 0; i < json_array_size(array); i++) {
        json_t *value = json_array_get(array, i);

        snprintf(item, sizeof(item), "%s/%zu", pointer, i);
        if (json_is_object(value))
            check_members(c, f->members, item, value);
        else
            complain(c, item, "must be an object");
    }
}

static const char *wanted(const struct field *f)
{
    switch (f->kind) {
    case FIELD_TEXTS:
        return "must be a list of texts";
    case FIELD_NUMBER:
        return "must be a number";
    case FIELD_SWITCH:
        return "must be true or false";
    case FIELD_OBJECT:
        return "must be an object";
    case FIELD_OBJECTS:
        return "must be a list of objects";
    case FIELD_TEXT:
    case FIELD_TIME:
    case FIELD_CHOICE:
    case FIELD_EMAIL:
    case FIELD_LANGUAGE:
    case FIELD_ID:
        break;
    }
    return "must be text";
}

static bool has_kind(const struct field *f, const json_t *value)
{
    switch (f->kind) {
    case FIELD_TEXTS:
        return json_is_array(value);
    case FIELD_NUMBER:
        return json_is_number(value);
    case FIELD_SWITCH:
        return json_is_boolean(value);
    case FIELD_OBJECT:
        return json_is_object(value);
    case FIELD_OBJECTS:
        return json_is_array(value);
    case FIELD_TEXT:
    case FIELD_TIME:
    case FIELD_CHOICE:
    case FIELD_EMAIL:
    case FIELD_LANGUAGE:
    case FIELD_ID:
        break;
    }
    return json_is_string(value);
}

static bool is_id(const char *text, size_t max)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_-";
    size_t len = strlen(text);

    return len > 0 && len <= max && strspn(text, letters) == len;
}

static void check_value(struct check *c, const struct field *f, const char *pointer, json_t *object)
{
    json_t *value = json_object_get(object, f->name);
    int64_t time;

    if (json_is_null(value) && f->flags & FIELD_NULLABLE)
        return;
    if (!has_kind(f, value)) {
        complain(c, pointer, wanted(f));
        return;
    }
    if (json_is_string(value) && f->flags & FIELD_TRIM) {
        value = trimmed(json_string_value(value), json_string_length(value));
        json_object_set_new(object, f->name, value);
    }
    switch (f->kind) {
    case FIELD_TEXT:
        check_length(c, f, pointer, value);
        break;
    case FIELD_TEXTS:
        check_texts(c, f, pointer, value);
        break;
    case FIELD_NUMBER:
        check_number(c, f, pointer, value);
        break;
    case FIELD_CHOICE:
        check_choice(c, f, pointer, json_string_value(value));
        break;
    case FIELD_EMAIL:
        if (json_string_length(value) > f->max || !is_email(json_string_value(value)))
            complain(c, pointer, "must be an e-mail address");
        break;
    case FIELD_LANGUAGE:
        if (!validate_is_language(json_string_value(value)))
            complain(c, pointer, "must be a language such as en or en-GB, or auto");
        break;
    case FIELD_ID:
        if (!is_id(json_string_value(value), f->max))
            complain(c, pointer, "must be an id");
        break;
    case FIELD_TIME:
        if (clock_parse(json_string_value(value), &time) || time < 0)
            complain(c, pointer, "must be a time such as 2026-01-31T23:59:59Z");
        break;
    case FIELD_OBJECT:
        check_members(c, f->members, pointer, value);
        break;
    case FIELD_OBJECTS:
        check_objects(c, f, pointer, value);
        break;
    case FIELD_SWITCH:
        break;
    }
}

/* RFC 6901: "~" and "/" inside a name are written ~0 and ~1. */
static void point(char pointer[static POINTER_MAX], const char *base, const char *name)
{
    size_t n = (size_t)snprintf(pointer, POINTER_MAX, "%.*s/", POINTER_MAX / 2, base);

    for (; *name && n < POINTER_MAX - 3; name++) {
        if (*name == '~' || *name == '/') {
            pointer[n++] = '~';
            pointer[n++] = *name == '~' ? '0' : '1';
        } else {
            pointer[n++] = *name;
        }
    }
    pointer[utf8_floor(pointer, n, n)] = '\0';
}

static void check_members(struct check *c, const struct field *fields, const char *pointer,
                          json_t *object)
{
    char at[POINTER_MAX];
    const char *name;
    json_t *value;

    for (const struct field *f = fields; f->name; f++) {
        point(at, pointer, f->name);
        if (json_object_get(object, f->name))
            check_value(c, f, at, object);
        else if (f->flags & FIELD_REQUIRED)
            complain(c, at, "is required");
    }
    json_object_foreach(object, name, value)
    {
        const struct field *f = fields;

        while (f->name && strcmp(f->name, name) != 0)
            f++;
        if (f->name)
            continue;
        point(at, pointer, name);
        complain(c, at, "is not known here");
    }
}

/* ------------------------------------------------------------------------------- bodies */

static int refuse(const struct http_request *req, struct http_response *res, json_t *errors)
{
    size_t n = json_array_size(errors);
    char detail[64];

    snprintf(detail, sizeof(detail),
             n == 1 ? "%zu field is not right." : "%zu fields are not right.", n);
    http_problem(res, req, 422, "invalid_fields", detail, errors);
    return 1;
}

int validate_refuse(const struct http_request *req, struct http_response *res, const char *field,
                    const char *message)
{
    return refuse(req, res, json_pack("[{s:s, s:s}]", "field", field, "message", message));
}

static int parse(const struct http_request *req, struct http_response *res, unsigned flags,
                 json_t **body)
{
    json_error_t why;
    char detail[160];
    char *near;

    if (!req->body_len && flags & BODY_OPTIONAL) {
        *body = json_object();
        return *body ? 0 : UV_ENOMEM;
    }
    if (!req->body_len) {
        http_problem(res, req, 400, "invalid_json", "The body is empty; it must be JSON.", NULL);
        return 1;
    }
    *body = json_read(req->body, req->body_len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (*body)
        return 0;
    if (json_starved()) {
        http_problem(res, req, 503, "overloaded", NULL, NULL);
        return 1;
    }
    if (json_error_code(&why) == json_error_numeric_overflow) /* it is valid JSON (RFC 8259 section
                                                                 6) */
        return validate_refuse(req, res, "", "holds a number that is too large");
    near = strstr(why.text, " near '"); /* after it comes text from the body itself */
    if (near)
        *near = '\0';
    snprintf(detail, sizeof(detail), "The body is not JSON: line %d, column %d: %.80s.", why.line,
             why.column, why.text);
    http_problem(res, req, 400, "invalid_json", detail, NULL);
    return 1;
}

int validate_json(const struct http_request *req, struct http_response *res, json_t **body)
{
    return parse(req, res, 0, body);
}

int validate_body(const struct http_request *req, struct http_response *res,
                  const struct field *fields, unsigned flags, json_t **body)
{
    struct check c = {.errors = NULL};
    json_t *object = NULL;
    int err = parse(req, res, flags, &object);

    if (err)
        return err;
    c.errors = json_array();
    if (!json_is_object(object))
        complain(&c, "", "must be an object");
    else if (flags & BODY_NOT_EMPTY && json_object_size(object) == 0)
        complain(&c, "", "must have at least one member");
    else
        check_members(&c, fields, "", object);

    if (json_array_size(c.errors)) {
        json_decref(object);
        return refuse(req, res, c.errors);
    }
    json_decref(c.errors);
    *body = object;
    return 0;
}

int validate_page(const struct http_request *req, struct http_response *res, struct page *page)
{
    const char *limit = http_query(req, "limit");
    const char *cursor = http_query(req, "cursor");
    int64_t n = PAGE_DEFAULT;

    if (limit && !text_to_int64(limit, 1, PAGE_MAX, &n))
        return validate_refuse(req, res, "limit", "must be 1 to 100");
    if (cursor && !*cursor)
        return validate_refuse(req, res, "cursor", "must be the nextCursor of the page before");
    *page = (struct page){(size_t)n, cursor ? cursor : ""};
    return 0;
}

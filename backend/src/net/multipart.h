/**
 * @file net/multipart.h  multipart/form-data as a pure function (RFC 7578, RFC 2046 section 5.1)
 *
 *     struct multipart mp;
 *     if (multipart_init(&mp, content_type, body, len) == 0)
 *         while ((rc = multipart_next(&mp, &part)) == 0)
 *             ...
 *     // rc is UV_EOF after the closing boundary, UV_EINVAL for anything malformed or cut off
 *
 * Threads    None of its own.
 * Ownership  Everything in a raw_part points into the body; nothing is copied or NUL-terminated.
 */
#ifndef NET_MULTIPART_H
#define NET_MULTIPART_H

#include <stddef.h>

enum { BOUNDARY_MAX = 70 }; /* RFC 2046 section 5.1.1 */

struct span {
    const char *at; /**< NULL: absent */
    size_t len;
};

struct raw_part {
    struct span name;
    struct span filename;
    struct span type;
    struct span data;
};

struct multipart {
    char delimiter[4 + BOUNDARY_MAX + 1]; /* CR LF - - boundary */
    size_t delimiter_len;
    const char *at;
    const char *end;
};

int multipart_init(struct multipart *mp, const char *content_type, const char *body, size_t len);
int multipart_next(struct multipart *mp, struct raw_part *part);

#endif

/**
 * @file net/multipart.h  multipart/form-data as a pure function (RFC 7578, RFC 2046 section 5.1)
 *
 *     struct multipart mp;
 *     if (multipart_init(&mp, content_type, body, len) == 0)
 *         while ((rc = multipart_next(&mp, &part)) == 0)
 *             ...
 *     // rc is UV_EOF after the closing boundary, UV_EINVAL for anything malformed or cut off
 *
 * and the same for a body that is never held whole, fed in pieces of any size:
 *
 *     struct form form;
 *     if (form_init(&form, content_type, on_part, on_data, arg) == 0)
 *         err = form_feed(&form, bytes, n);           // as often as there are more
 *     err = form_end(&form);                          // UV_EINVAL: it was cut off
 *
 * Both take the same bodies and find the same in them (fuzz/multipart.c).
 *
 * Threads    None of its own.
 * Ownership  Everything in a raw_part points into the body; nothing is copied or NUL-terminated.
 *            What form_feed() tells is good during the call.
 */
#ifndef NET_MULTIPART_H
#define NET_MULTIPART_H

#include <stddef.h>

enum {
    BOUNDARY_MAX = 70,         /* RFC 2046 section 5.1.1 */
    PART_HEADER_MAX = 4 << 10, /* of one part; longer is UV_EINVAL [bytes] */
};

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

struct form {
    char delimiter[4 + BOUNDARY_MAX + 1]; /* CR LF - - boundary */
    size_t delimiter_len;
    int state;
    size_t matched; /* of the delimiter, by the bytes before this one */
    size_t unsent;  /* of those, the first that are no data: the CR LF of what came before */
    char header[PART_HEADER_MAX];
    size_t header_len;
    int err;
    int (*on_part)(const struct raw_part *part, void *arg);
    int (*on_data)(const char *data, size_t len, void *arg);
    void *arg;
};

/** on_part: a part begins (its data is not there yet); on_data: more of it. A code other than 0
 *  ends the reading and comes back. UV_EINVAL: that is not the content type of a form. */
int form_init(struct form *form, const char *content_type,
              int (*on_part)(const struct raw_part *part, void *arg),
              int (*on_data)(const char *data, size_t len, void *arg), void *arg);
int form_feed(struct form *form, const char *bytes, size_t len);
int form_end(const struct form *form);

#endif

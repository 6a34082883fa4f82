/**
 * @file net/http1.h  HTTP/1.x requests as a pure function over bytes (RFC 9112)
 *
 *     struct http1 p;
 *     struct head head;
 *
 *     http1_reset(&p); head_init(&head);
 *     for (;;)
 *         switch (http1_next(&p, &head, &at, end, &piece)) {
 *         case HTTP1_MORE: return;  // every byte was taken; come back with more
 *         case HTTP1_HEAD: ...      // head is whole; p.length, p.chunked say what follows
 *         case HTTP1_BODY: ...      // piece points into the caller's bytes
 *         case HTTP1_END:  ...      // the request is over; http1_reset() for the next one
 *         case HTTP1_BAD:  ...      // answer p.status; the connection cannot be used again
 *         }
 *
 * It may be fed in pieces of any size: the events, and the pieces put together, are the same. What
 * it takes is what the RFC's grammar allows and nothing else: lines end with CR LF, no line is
 * folded, a name is directly followed by its colon, a body has one length. Whoever reads more
 * leniently than the proxy in front of him reads another request than the proxy did.
 *
 * Threads    None of its own.
 * Errors     HTTP1_BAD: 400, 414 (the target), 431 (the fields), 501 (a coding), 505 (a version).
 * Ownership  The caller owns the head and may take it away after HTTP1_HEAD; NULL is then right.
 */
#ifndef NET_HTTP1_H
#define NET_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HEAD_TARGET_MAX = 8 << 10,  /**< First line; longer is 414, [bytes] */
    HEAD_FIELDS_MAX = 16 << 10, /**< All header fields together; more is 431, [bytes] */
    HEAD_COUNT_MAX = 100,       /**< Header fields; more is 431 */
    TRAILER_MAX = 4 << 10,      /**< Trailer fields and chunk extensions of a request, [bytes] */
};

/** The text of a request's first line and header: every part NUL-terminated, names in lower case.
 *  Parts are offsets into text, because it moves while it grows. */
struct head {
    char *text;
    uint32_t len;
    uint32_t cap;
    uint16_t method;
    uint16_t target;
    uint16_t count;
    struct head_field {
        uint16_t name;
        uint16_t value;
    } field[HEAD_COUNT_MAX];
};

void head_init(struct head *h);
void head_release(struct head *h);
/** The first field of this (lower-case) name, or NULL. */
const char *head_get(const struct head *h, const char *name);
/** Is this (lower-case) token in the list of that name? A list may be spread over several fields
 *  (RFC 9110 section 5.3). */
bool head_lists(const struct head *h, const char *name, const char *token);
/** Append len bytes and a NUL; their offset, or UV_ENOMEM. For HTTP/2, which has no lines. */
int head_text(struct head *h, const char *text, size_t len);
/** Append the text that lies at this offset once more; the same. */
int head_again(struct head *h, uint16_t at);
/** Go on with the text that was appended last. 0 or UV_ENOMEM. */
int head_extend(struct head *h, const char *text, size_t len);
/** 0, or UV_E2BIG when there are too many. */
int head_add(struct head *h, uint16_t name, uint16_t value);

struct http1 {
    uint8_t state;
    uint8_t minor;   /**< HTTP/1.minor; 1 until the first line was read */
    bool chunked;    /**< The body comes in chunks; its length is not known */
    bool has_length; /**< Content-Length was given */
    uint8_t hosts;   /* Host fields seen */
    uint8_t digits;  /* of the chunk size */
    uint16_t status; /**< After HTTP1_BAD */
    uint32_t fields; /* where the header fields begin in head->text */
    uint32_t line;   /* where the current line begins in head->text */
    uint32_t extra;  /* bytes of chunk extensions and trailers so far */
    uint64_t length; /**< Of the body when has_length, else 0 */
    uint64_t left;   /* of the body, or of the chunk */
    const char *why; /**< After HTTP1_BAD: a sentence for a person */
};

enum http1_event { HTTP1_MORE, HTTP1_HEAD, HTTP1_BODY, HTTP1_END, HTTP1_BAD };

struct piece {
    const char *at;
    size_t len;
};

void http1_reset(struct http1 *p);
bool http1_begun(const struct http1 *p); /**< Has a byte of a request been seen? */
enum http1_event http1_next(struct http1 *p, struct head *head, const char **at, const char *end,
                            struct piece *piece);

/** A comma-separated list ("close, Upgrade"): is this (lower-case) token in it? NULL is empty. */
bool list_has(const char *list, const char *token);
bool is_token(const char *text, size_t len); /**< RFC 9110 section 5.6.2, not empty */

#endif

/**
 * @file net/range.h  Parts of a content and its tag: Range, If-Range, If-None-Match (RFC 9110
 * sections 13, 14)
 *
 * Threads    Any.
 */
#ifndef NET_RANGE_H
#define NET_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct http_request;
struct http_response;

/**
 * One byte range of a representation of size bytes. 0 and the first and last byte; UV_ENOENT when
 * the header is absent, another unit, several ranges or malformed (answer 200 with everything);
 * UV_ERANGE when it lies outside (answer 416).
 */
int range_parse(const char *header, uint64_t size, uint64_t *first, uint64_t *last);

/**
 * Turn a complete 200 response into a 206 or 416 when the request asks for a range. Call it last:
 * If-Range is compared with the ETag (a strong one) or Last-Modified that the response carries by
 * then. For any handler whose content has an identity, such as a recording.
 */
int http_apply_range(const struct http_request *req, struct http_response *res);

/** Does the client have it already (If-None-Match)? Then 304 will do. tag: with its quotes. */
bool http_has_tag(const struct http_request *req, const char *tag);

#endif

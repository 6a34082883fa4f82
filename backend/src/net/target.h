/**
 * @file net/target.h  What a request's address means, as pure functions (RFC 9112 section 3.2)
 *
 * An address is taken apart and decoded exactly once, in place. Nothing is normalised: no dots are
 * resolved, no slashes joined. An escaped slash can be read in two ways, so a path that has one is
 * marked and names nothing.
 *
 * Threads    Any.
 */
#ifndef NET_TARGET_H
#define NET_TARGET_H

#include <stdbool.h>
#include <stddef.h>

struct target {
    const char *path;  /**< Decoded; "*" for OPTIONS * */
    const char *query; /* fields, decoded; see target_query() */
    size_t query_len;
    const char *authority; /**< Of http://authority/path, or NULL */
    bool https;            /**< It began with https:// */
    bool slash_hidden;     /**< The path held %2F */
};

/** May this stand in an address as it is? Browsers escape what may not (WHATWG URL, section 1.3).
 */
static inline bool target_char(unsigned char c)
{
    return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '#';
}

/** text is what stood in the first line, and is changed. 0, or UV_EINVAL: no such form, an escape
 *  that is none, a NUL or another control character in the path, not UTF-8. */
int target_read(char *text, struct target *out);

/** The value of the first field of this name; "" when it has none, NULL when there is no such. */
const char *target_query(const struct target *t, const char *name);

/** host or host:port, and nothing else (RFC 9110 section 4.2.3: no user, no path)? */
bool authority_valid(const char *text);

#endif

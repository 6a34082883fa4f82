/**
 * @file net/static.h  Which file answers a path: a pure function, so that it can be fuzzed
 *
 * Rules, in order, segment by segment: a folder or file of that name; otherwise, where a folder is
 * wanted, its sibling `placeholder` (the export's stand-in for a dynamic segment, so
 * /interview/<id>/ is answered by /interview/placeholder/). A folder means its index.html.
 *
 * Threads    Any.
 */
#ifndef NET_STATIC_H
#define NET_STATIC_H

#include <stdbool.h>
#include <stddef.h>

enum { SITE_PATH_MAX = 1024 };

enum site_kind { SITE_NOTHING, SITE_FILE, SITE_FOLDER };

/** What is at rel ("" is the root; no leading slash)? */
typedef enum site_kind site_look_fn(const char *rel, void *arg);

/** 0 and rel of a file, UV_ENOENT, or UV_EINVAL for a path that is none of ours: "..", hidden
 *  names, backslashes, control characters, two slashes in a row. */
int site_resolve(const char *path, site_look_fn *look, void *arg, char rel[static SITE_PATH_MAX]);

const char *site_type(const char *rel); /**< Content-Type by extension */

/** Does an Accept-Encoding header allow gzip (RFC 9110 section 12.5.3)? */
bool accepts_gzip(const char *header);

#endif

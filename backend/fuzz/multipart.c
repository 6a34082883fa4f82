/**
 * @file fuzz/multipart.c  Forms: every part lies inside the body. First line: Content-Type
 */
#include "net/multipart.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct span s, const char *body, size_t len)
{
    if (s.at && (s.at < body || s.len > len || s.at > body + len - s.len))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nl = size ? memchr(data, '\n', size) : NULL;
    struct multipart mp;
    struct raw_part part;
    char *type;
    char *body;
    size_t len;

    if (!nl)
        return 0;
    type = strndup((const char *)data, (size_t)(nl - data));
    len = size - (size_t)(nl + 1 - data);
    body = malloc(len ? len : 1); /* a copy of its own, so that reading past it is seen */
    memcpy(body, nl + 1, len);
    if (multipart_init(&mp, type, body, len) == 0) {
        while (multipart_next(&mp, &part) == 0) {
            inside(part.name, body, len);
            inside(part.filename, body, len);
            inside(part.type, body, len);
            inside(part.data, body, len);
        }
    }
    free(body);
    free(type);
    return 0;
}

/**
 * @file fuzz/net_headers.c  Range, Accept-Encoding, Host and Origin
 */
#include "net/address.h"
#include "net/range.h"
#include "net/static.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    uint64_t whole = size * 7;
    uint64_t first;
    uint64_t last;

    if (range_parse(text, whole, &first, &last) == 0 && (first > last || last >= whole))
        abort();
    accepts_gzip(text);
    host_is_loopback(text);
    if (origin_is_same(text, "localhost:8080", false) && strcasestr(text, "localhost") == NULL)
        abort();
    free(text);
    return 0;
}

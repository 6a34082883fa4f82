/**
 * @file fuzz/archive.c  Zip archives: any bytes are an archive or refused
 *
 * Held: no name leads out of its folder, a member is never longer than it says nor than is wanted,
 * and a refusal has a sentence.
 */
#include "models/archive.h"

#include <stdlib.h>
#include <string.h>

enum { WANTED = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(const void *data, size_t n, void *arg)
{
    size_t *bytes = arg;

    if (n && ((const volatile char *)data)[n - 1] == 1)
        *bytes += 0;
    *bytes += n;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct archive *a = NULL;
    struct errbuf err = {""};

    if (archive_open(&a, data, size, &err)) {
        if (!err.text[0])
            abort();
        return 0;
    }
    for (size_t i = 0; i < archive_count(a) && i < 8; i++) {
        const struct archive_member *m = archive_at(a, i);
        size_t bytes = 0;
        int code = archive_read(a, m, WANTED, count, &bytes, &err);

        if (m->name[0] == '/' || !strncmp(m->name, "../", 3) || strstr(m->name, "/../"))
            abort();
        if (bytes > m->bytes || bytes > WANTED || (!code && bytes != m->bytes))
            abort();
    }
    archive_close(a);
    return 0;
}

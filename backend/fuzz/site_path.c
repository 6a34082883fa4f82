/**
 * @file fuzz/site_path.c  Paths: what comes out never climbs, hides or starts at the root
 */
#include "net/static.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum site_kind look(const char *rel, void *arg)
{
    size_t len = strlen(rel);

    (void)arg;
    if (strstr(rel, "..") && (strstr(rel, "/../") || strncmp(rel, "../", 3) == 0))
        abort();
    return len % 3 == 0 ? SITE_FILE : len % 3 == 1 ? SITE_FOLDER : SITE_NOTHING;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = strndup((const char *)data, size);
    char rel[SITE_PATH_MAX];

    if (site_resolve(path, look, NULL, rel) == 0) {
        if (rel[0] == '/' || strstr(rel, "/../") || strlen(rel) >= SITE_PATH_MAX)
            abort();
        site_type(rel);
    }
    free(path);
    return 0;
}

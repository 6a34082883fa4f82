/**
 * @file test/support/profile.c  The profiles that answers are tested on
 */
#include "cmocka_all.h"

#include "support/profile.h"

#include <stdio.h>
#include <stdlib.h>

json_t *profile_load(const char *name)
{
    static const char *const folders[] = {"profiles", "backend/test/data/interview/profiles"};
    const char *root = getenv("INTERVIEWD_SOURCE_ROOT");
    json_t *profile = NULL;

    for (size_t i = 0; !profile && i < 2; i++) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%s/%s.json", root ? root : ".", folders[i], name);
        profile = json_load_file(path, 0, NULL);
    }
    assert_non_null(profile);
    return profile;
}

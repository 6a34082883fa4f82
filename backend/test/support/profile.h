/**
 * @file test/support/profile.h  The profiles that answers are tested on
 *
 * The example profiles (profiles/) and those made for tests (test/data/interview/profiles).
 *
 * Errors     The test fails when there is no such profile.
 * Ownership  The caller's: json_decref().
 */
#ifndef TEST_SUPPORT_PROFILE_H
#define TEST_SUPPORT_PROFILE_H

#include <jansson.h>

json_t *profile_load(const char *name);

#endif

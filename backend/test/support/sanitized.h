/**
 * @file test/support/sanitized.h  Is this test built under a sanitizer?
 *
 * Sanitized code runs about ten times slower, and the tenth seed of a noise finds a bad address or
 * a race no better than the first. The ordinary build runs every seed.
 *
 *     for (unsigned seed = 1; seed <= (SANITIZED ? 1 : 3); seed++)
 */
#ifndef TEST_SANITIZED_H
#define TEST_SANITIZED_H

#include "base/sanitized.h"

#endif

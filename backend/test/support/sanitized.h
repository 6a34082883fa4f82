/**
 * @file test/support/sanitized.h  Is this test built under a sanitizer?
 *
 * There every line takes about ten times as long, and what is looked for is a wrong address or a
 * race, which the tenth seed of a noise shows no better than the first. The ordinary build runs the
 * whole of each list.
 *
 *     for (unsigned seed = 1; seed <= (SANITIZED ? 1 : 3); seed++)
 */
#ifndef TEST_SANITIZED_H
#define TEST_SANITIZED_H

#include "base/sanitized.h"

#endif

/**
 * @file test/support/scratch.h  A temporary folder for one test
 *
 *     char dir[SCRATCH_MAX];
 *     scratch_make(dir);  ...  scratch_remove(dir);
 */
#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H

#include <stddef.h>
#include <stdint.h>

enum { SCRATCH_MAX = 128 };

void scratch_make(char dir[static SCRATCH_MAX]);
void scratch_remove(const char *dir); /**< And everything in it */

/** dir/name, in one of a few static places. */
const char *scratch_path(const char *dir, const char *name);
void scratch_write(const char *path, const char *text);
/** The whole file, NUL-terminated: free(). NULL when it cannot be read. */
char *scratch_read(const char *path, size_t *len);

/** A literal for a record's text that is never changed. */
#define LITERAL(text) ((char *)(uintptr_t)(text))

#endif

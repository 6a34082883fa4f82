/**
 * @file observe/process.h  What the system says about this process, and which build it is
 *
 * Threads    Any.
 * Source     proc(5); the note that the linker writes (ld --build-id).
 */
#ifndef OBSERVE_PROCESS_H
#define OBSERVE_PROCESS_H

#include <stddef.h>
#include <stdint.h>

enum { BUILD_ID_MAX = 41 }; /**< 20 bytes in hexadecimal digits and NUL */

/** The linker's hash over the whole program: the same id means the same code. "": none. */
const char *build_id(void);
const char *build_compiler(void); /**< "gcc 12.2.0" */
const char *build_version(void);

/** Sets the process_* metrics and the build info. */
void process_measure(void);

#endif

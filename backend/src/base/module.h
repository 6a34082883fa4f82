/**
 * @file base/module.h  Code that is only loaded when first needed
 *
 * Some libraries cost megabytes as soon as they are linked (pango). Code that needs them is built
 * as a shared module beside the executable and opened at first use.
 *
 *     const struct opus_module *m = module_open("interviewd-opus", "opus_module", why);
 *
 * Looked for in $INTERVIEWD_MODULES, then beside the executable, one folder up (tests), and in
 * ../lib/interviewd. In meson: `modules += {'interviewd-pdf': [files('pdf.c'), [deps]]}`.
 *
 * Threads    Any. A module stays open until the program ends.
 * Errors     NULL and a sentence, meaning UV_ENOSYS: the module is missing or incompatible.
 */
#ifndef BASE_MODULE_H
#define BASE_MODULE_H

#include "base/error.h"

#include <limits.h>
#include <stddef.h>

/** Is the module there? Does not load it. 0 or UV_ENOSYS. */
int module_find(const char *name, struct errbuf *why);

/** The path of one of our programs, which are next to the modules, or UV_ENOSYS. */
int program_find(const char *name, char path[PATH_MAX], struct errbuf *why);

/** The address of a symbol in a module; NULL if unavailable. */
void *module_open(const char *name, const char *symbol, struct errbuf *why);

/** The folder of the running program, without a slash at the end: 0 or UV_ENOENT. */
int exe_folder(char *folder, size_t size);

#endif

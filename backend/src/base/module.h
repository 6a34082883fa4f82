/**
 * @file base/module.h  Code that is loaded only when it is first needed
 *
 * Some libraries cost megabytes the moment they are linked (pango). What needs
 * them is built as a shared module beside the executable and opened at first use.
 *
 *     const struct opus_module *m = module_open("interviewd-opus", "opus_module", why);
 *
 * Looked for in $INTERVIEWD_MODULES, then beside the executable, one folder up (tests), and in
 * ../lib/interviewd. In meson: `modules += {'interviewd-pdf': [files('pdf.c'), [deps]]}`.
 *
 * Threads    Any. A module stays open until the program ends.
 * Errors     NULL and a sentence with UV_ENOSYS's meaning: the module is missing or does not fit.
 */
#ifndef BASE_MODULE_H
#define BASE_MODULE_H

#include "base/error.h"

#include <limits.h>
#include <stddef.h>

/** Whether a module is there, without loading it: 0 or UV_ENOSYS. */
int module_find(const char *name, struct errbuf *why);

/** A program of ours that lies where modules do: its path, or UV_ENOSYS. */
int program_find(const char *name, char path[PATH_MAX], struct errbuf *why);

/** The address of a symbol in a module; NULL if it cannot be had. */
void *module_open(const char *name, const char *symbol, struct errbuf *why);

/** The folder the running program lies in, without a slash at its end: 0 or UV_ENOENT. */
int exe_folder(char *folder, size_t size);

#endif

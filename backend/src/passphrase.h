/**
 * @file passphrase.h  A passphrase, from the terminal without echo or from a file
 *
 * Threads    Main thread; waits for the person.
 * Errors     UV_EINVAL: too short, too long, or the two do not match; UV_ENOTTY: there is no
 *            terminal; others from the file. With a sentence.
 */
#ifndef PASSPHRASE_H
#define PASSPHRASE_H

#include "auth/key_copy.h"

#include <stdbool.h>

/** file: NULL asks on the terminal, twice for a new one. Wipe text after use. */
int passphrase_read(char text[static PASSPHRASE_MAX], const char *file, bool new_one,
                    struct errbuf *why);

#endif

/**
 * @file auth/password.h  Passwords: argon2id, in its encoded form
 *
 *     password_hash("correct horse", encoded);            // -> "$argon2id$v=19$m=19456,t=2,p=1$…"
 *     password_check(encoded, "correct horse");           // 0
 *     password_outdated(encoded)                          // hash it again: outdated
 *
 * RFC 9106 with the parameters of the OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, one
 * lane). One call takes some tens of milliseconds and 19 MiB, so it has its own worker threads, at
 * low priority: a flood of sign-ins takes a bounded amount of memory and only slows sign-ins.
 *
 * Threads    The hash lane (loop/lanes.h; a worker of another lane aborts), or a thread outside the
 *            lanes.
 * Errors     UV_EACCES: not the password. UV_EINVAL: not an argon2id string. UV_ENOMEM.
 */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

enum { PASSWORD_TEXT_MAX = 128 }; /**< Encoded form and NUL [bytes] */

int password_hash(const char *password, char encoded[static PASSWORD_TEXT_MAX]);
int password_check(const char *encoded, const char *password);
bool password_outdated(const char *encoded);

/** Why it is easy to guess, as the end of a sentence that begins with "is"; NULL: it is not.
 *  Refused is what attackers try first: the most common passwords and words (libzxcvbn's lists,
 *  also with 0 for o), keyboard rows and number sequences, dates, repetitions, and the words of
 *  about (NULL-terminated, may be NULL): name and e-mail. The measure is the number of guesses it
 *  takes (Wheeler, "zxcvbn: low-budget password strength estimation", USENIX Security 2016). Takes
 *  some milliseconds for the longest. */
const char *password_weakness(const char *password, const char *const *about);

/** Takes as long as a check and always fails: for an unknown e-mail. */
int password_check_nobody(const char *password);

#endif

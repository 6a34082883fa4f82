/**
 * @file auth/ended.h  Sign-ins that are over while access tokens of them are still out
 *
 *     ended_open(&ended);
 *     ended_add(ended, family, expires_at, now);
 *     if (ended_has(ended, claims.family, claims.issued_at)) ... 401
 *
 * An access token is believed without a look into the store, so what was ended must be known in
 * memory, until the last token of it has expired. At most ENDED_MAX are remembered one by one. When
 * that many are over at the same time, all tokens issued until then are refused instead: users who
 * are still signed in get a new one by auth/refresh, and nobody else does.
 *
 * Threads    Any; a look-up takes less than a microsecond, so the loop thread may ask.
 * Errors     ended_add(): none; without memory it falls back on refusing all, as above.
 */
#ifndef AUTH_ENDED_H
#define AUTH_ENDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENDED_MAX = 1 << 17 }; /**< 8 MiB when there are as many */

struct ended;

int ended_open(struct ended **ep);
void ended_close(struct ended *ended); /**< NULL is allowed */

/** Times in [ms] since 1970. */
void ended_add(struct ended *ended, const char *family, int64_t expires_at, int64_t now);
bool ended_has(struct ended *ended, const char *family, int64_t issued_at);

/** Tokens issued until then are refused, whatever their family: a new one must be later. 0: none */
int64_t ended_all_until(struct ended *ended);

#endif

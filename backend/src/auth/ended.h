/**
 * @file auth/ended.h  Sign-ins that have ended while some of their access tokens have not expired
 *
 *     ended_open(&ended);
 *     ended_add(ended, family, expires_at, now);
 *     if (ended_has(ended, claims.family, claims.issued_at)) ... 401
 *
 * An access token is verified without the store, so ended sign-ins must be remembered in memory
 * until their last token has expired. At most ENDED_MAX are remembered individually. Beyond that,
 * all tokens issued so far are refused instead: users who are still signed in get a new one through
 * auth/refresh, and nobody else does.
 *
 * Threads    Any; a lookup takes less than a microsecond, so the loop thread may do it.
 * Errors     ended_add(): none; if there is no memory it falls back to refusing all, as above.
 */
#ifndef AUTH_ENDED_H
#define AUTH_ENDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENDED_MAX = 1 << 17 }; /**< 8 MiB if full */

struct ended;

int ended_open(struct ended **ep);
void ended_close(struct ended *ended); /**< NULL is allowed */

/** Times in [ms] since 1970. */
void ended_add(struct ended *ended, const char *family, int64_t expires_at, int64_t now);
bool ended_has(struct ended *ended, const char *family, int64_t issued_at);

/** Tokens issued until then are refused, whatever their family: a new one must be later. 0:
 *  none. */
int64_t ended_all_until(struct ended *ended);

#endif

/**
 * @file auth/challenge.h  Challenges: random numbers made here, each for one purpose and one use
 *
 *     challenge_new(challenges, "passkey", user, now, text);
 *     challenge_spend(challenges, text, "passkey", user, now);      // 0 once
 *
 * A challenge is 128 random bits and its expiry time, authenticated with a key that lives as long
 * as the process (WebAuthn level 2 section 13.4.3 asks for that many bits). So making one stores
 * nothing: a client that asks for many takes no room from others, and challenges from before a
 * restart are void. Only those that were used and have not expired are remembered, at most
 * CHALLENGES_MAX.
 *
 * Threads    Any.
 * Errors     UV_EACCES: not made here, for another purpose or user, or already used. UV_ETIMEDOUT:
 *            expired. UV_EBUSY: too many were used in the last minutes.
 */
#ifndef AUTH_CHALLENGE_H
#define AUTH_CHALLENGE_H

#include <stdint.h>

enum {
    CHALLENGE_S = 300,       /**< Lifetime [s] */
    CHALLENGES_MAX = 8192,   /**< Used ones that are remembered */
    CHALLENGE_TEXT_MAX = 76, /**< 56 bytes as base64url, and NUL */
};

struct challenges;

int challenges_open(struct challenges **cp);          /**< 0 or UV_ENOMEM */
void challenges_close(struct challenges *challenges); /**< NULL is allowed */

/** user: the owner; "" for somebody who has not signed in. */
int challenge_new(const struct challenges *challenges, const char *purpose, const char *user,
                  int64_t now, char text[static CHALLENGE_TEXT_MAX]);
int challenge_spend(struct challenges *challenges, const char *text, const char *purpose,
                    const char *user, int64_t now);

#endif

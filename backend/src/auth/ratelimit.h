/**
 * @file auth/ratelimit.h  Token buckets: how often somebody may do something
 *
 *     ratelimit_open(&limit, "default", 100, 60);                  // 100 in 60 s, burst 100
 *     if (!ratelimit_take(limit, user_id, clock_mono_ms(), &state))
 *         ... 429, state.retry_s
 *
 * A bucket fills evenly and holds at most its quota. Buckets are found by a keyed hash of the key
 * text in a table of fixed size; if a row is full, the bucket that was idle longest is reused (it
 * is full again, or nearly so).
 *
 * Threads    Any.
 */
#ifndef AUTH_RATELIMIT_H
#define AUTH_RATELIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RATELIMIT_BUCKETS = 4096 }; /**< Keys remembered at the same time */

struct ratelimit;

struct ratelimit_state {
    int quota;     /**< Requests per window */
    int window_s;  /**< [s] */
    int remaining; /**< Whole requests left now */
    int reset_s;   /**< Until the bucket is full again [s] */
    int retry_s;   /**< Until the next request is allowed; 0 if this one was [s] */
};

int ratelimit_open(struct ratelimit **lp, const char *name, int quota, int window_s);
void ratelimit_close(struct ratelimit *limit); /**< NULL is allowed */

/** true: allowed. A NULL limit always allows. */
bool ratelimit_take(struct ratelimit *limit, const char *key, uint64_t now_ms,
                    struct ratelimit_state *state);
const char *ratelimit_name(const struct ratelimit *limit);

#endif

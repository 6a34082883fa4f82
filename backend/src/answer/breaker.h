/**
 * @file answer/breaker.h  Skipping a provider that keeps failing
 *
 * The circuit breaker of M. Nygard, "Release It!", 2nd edition 2018, section "Circuit Breaker":
 * closed until `failures` in a row, then open for `rest_ms`, then half open: one call may try;
 * success closes it, failure opens it again.
 *
 *     if (breaker_allows(&b, now)) {
 *         breaker_begin(&b);
 *         ... breaker_success(&b) or breaker_failure(&b, now, retry_after_ms)
 *     }
 *
 * Threads    Not thread-safe. Pure: the caller passes the time in [ms].
 */
#ifndef ANSWER_BREAKER_H
#define ANSWER_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct breaker {
    int failures_max;
    uint64_t rest_ms;
    int failures;
    bool open;
    bool trying; /**< Half open, and one call is in progress */
    uint64_t open_until_ms;
};

void breaker_init(struct breaker *b, int failures_max, uint64_t rest_ms);
bool breaker_allows(const struct breaker *b, uint64_t now_ms);
void breaker_begin(struct breaker *b);
void breaker_success(struct breaker *b);
/** retry_after_ms: how long the provider asked us to wait; 0: not given. */
void breaker_failure(struct breaker *b, uint64_t now_ms, uint64_t retry_after_ms);
void breaker_abandon(struct breaker *b); /**< The call was stopped by us: no verdict */

#endif

/**
 * @file answer/breaker.c  Closed, open, half open
 */
#include "answer/breaker.h"

void breaker_init(struct breaker *b, int failures_max, uint64_t rest_ms)
{
    *b = (struct breaker){.failures_max = failures_max, .rest_ms = rest_ms};
}

bool breaker_allows(const struct breaker *b, uint64_t now_ms)
{
    return !b->open || (now_ms >= b->open_until_ms && !b->trying);
}

void breaker_begin(struct breaker *b)
{
    b->trying = b->open;
}

void breaker_success(struct breaker *b)
{
    b->failures = 0;
    b->open = false;
    b->trying = false;
}

void breaker_failure(struct breaker *b, uint64_t now_ms, uint64_t retry_after_ms)
{
    uint64_t rest = retry_after_ms ? retry_after_ms : b->rest_ms;

    b->failures++;
    if (b->trying || b->failures >= b->failures_max || retry_after_ms) {
        b->open = true;
        b->open_until_ms = now_ms + rest;
    }
    b->trying = false;
}

void breaker_abandon(struct breaker *b)
{
    b->trying = false;
}

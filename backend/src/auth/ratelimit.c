/**
 * @file auth/ratelimit.c  Token buckets: how often somebody may do something
 *
 * Sets of WAYS buckets, found by a keyed hash (SipHash would do; keyed FNV with a random seed and
 * a final mix is enough here, since a collision only shares a bucket).
 * A level is counted in units of 1/window_ms of a request: then each millisecond adds exactly
 * `quota` units, and nothing is lost to rounding, however often it is called.
 */
#include "auth/ratelimit.h"

#include "base/id.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    WAYS = 8,
    SETS = RATELIMIT_BUCKETS / WAYS,
};

struct bucket {
    uint64_t key; /* 0: free */
    uint64_t at_ms;
    int64_t level; /* in 1/window_ms of a request */
};

struct ratelimit {
    uv_mutex_t lock;
    const char *name;
    int quota;
    int window_s;
    uint64_t seed;
    struct bucket buckets[SETS][WAYS]; /* {lock} */
};

int ratelimit_open(struct ratelimit **lp, const char *name, int quota, int window_s)
{
    struct ratelimit *limit;

    if (quota < 1 || window_s < 1)
        return UV_EINVAL;
    limit = calloc(1, sizeof(*limit));
    if (!limit)
        return UV_ENOMEM;
    uv_mutex_init(&limit->lock);
    limit->name = name;
    limit->quota = quota;
    limit->window_s = window_s;
    random_bytes(&limit->seed, sizeof(limit->seed));
    *lp = limit;
    return 0;
}

void ratelimit_close(struct ratelimit *limit)
{
    if (!limit)
        return;
    uv_mutex_destroy(&limit->lock);
    free(limit);
}

const char *ratelimit_name(const struct ratelimit *limit)
{
    return limit->name;
}

static uint64_t hash(uint64_t seed, const char *key)
{
    uint64_t h = seed;

    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    return h ? h : 1;
}

/* Units in one request; and in a full bucket. */
static int64_t one(const struct ratelimit *limit)
{
    return (int64_t)limit->window_s * 1000;
}

static int64_t full(const struct ratelimit *limit)
{
    return limit->quota * one(limit);
}

static struct bucket *find(struct ratelimit *limit, uint64_t key, uint64_t now_ms)
{
    struct bucket *set = limit->buckets[key % SETS];
    struct bucket *oldest = &set[0];

    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].key == 0 || (oldest->key && set[i].at_ms < oldest->at_ms))
            oldest = &set[i];
    }
    *oldest = (struct bucket){key, now_ms, full(limit)};
    return oldest;
}

static void fill(const struct ratelimit *limit, struct bucket *b, uint64_t now_ms)
{
    uint64_t passed = now_ms > b->at_ms ? now_ms - b->at_ms : 0;

    if (passed >= (uint64_t)one(limit)) /* a whole window has passed */
        b->level = full(limit);
    else
        b->level += (int64_t)passed * limit->quota;
    if (b->level > full(limit))
        b->level = full(limit);
    if (passed)
        b->at_ms = now_ms;
}

/* Seconds, rounded up, until that many more units are available. */
static int wait_s(const struct ratelimit *limit, int64_t parts)
{
    int64_t second = 1000LL * limit->quota;

    return parts <= 0 ? 0 : (int)((parts + second - 1) / second);
}

bool ratelimit_take(struct ratelimit *limit, const char *key, uint64_t now_ms,
                    struct ratelimit_state *state)
{
    struct bucket *b;
    bool yes;

    if (!limit) {
        *state = (struct ratelimit_state){0};
        return true;
    }
    uv_mutex_lock(&limit->lock);
    b = find(limit, hash(limit->seed, key), now_ms);
    fill(limit, b, now_ms);
    yes = b->level >= one(limit);
    if (yes)
        b->level -= one(limit);
    *state = (struct ratelimit_state){
        .quota = limit->quota,
        .window_s = limit->window_s,
        .remaining = (int)(b->level / one(limit)),
        .reset_s = wait_s(limit, full(limit) - b->level),
        .retry_s = yes ? 0 : wait_s(limit, one(limit) - b->level),
    };
    uv_mutex_unlock(&limit->lock);
    return yes;
}

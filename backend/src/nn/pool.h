/**
 * @file nn/pool.h  A small thread pool for the kernels: parallel loops, nothing else
 *
 *     struct nn_pool *pool;
 *     nn_pool_open(&pool, 2, &why);
 *     nn_pool_run(pool, n_panels, multiply_panel, &args);    // returns when all chunks are done
 *     nn_pool_close(pool);
 *
 * The chunks of one loop are handed out one by one from an atomic counter, so a thread that lost
 * its core to another program delays at most the chunk it holds. Helpers wait for work by watching
 * a word for a few microseconds (NN_SPIN_US) and then sleep in the kernel (futex); a pool that is
 * not used costs nothing. If helpers keep arriving late because the machine is busy, the pool stops
 * calling them for a while and the caller works alone (see nn_pool_set_adaptive).
 *
 * Threads    A pool serves one caller at a time: nn_pool_run is never called by two threads at
 *            once, nor from inside a chunk. Different pools are independent.
 * Errors     Only opening can fail. If fewer threads can be started than asked for, the pool still
 *            works.
 */
#ifndef NN_POOL_H
#define NN_POOL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    NN_THREADS_MAX = 64, /**< Most threads of one pool, the caller included */
    NN_SPIN_US = 30,     /**< Longest busy wait of a helper for the next loop [us] */
};

struct nn_pool;

/** One chunk of a loop. `worker` is 0 (the caller) .. threads - 1, for per-thread scratch. */
typedef void nn_chunk_fn(void *arg, int chunk, int worker);

/**
 * Start threads - 1 helpers; the caller of nn_pool_run is the remaining thread.
 *
 * @param threads 1 .. NN_THREADS_MAX; 0: one per core this process may use
 */
int nn_pool_open(struct nn_pool **poolp, int threads, struct errbuf *why);

/** Ends the helpers and waits for them. NULL is allowed. */
void nn_pool_close(struct nn_pool *pool);

/** Threads that may take part, the caller included. */
int nn_pool_threads(const struct nn_pool *pool);

/** Calls fn for every chunk 0 .. chunks - 1, in any order, and returns when all are done. */
void nn_pool_run(struct nn_pool *pool, int chunks, nn_chunk_fn *fn, void *arg);

/**
 * What helpers prefetch while they wait for the next loop: helper i (1 ..) the `bytes` bytes from
 * from + i * step on, which is its likely share of what is read next. Stays in force until the next
 * call; the addresses are only prefetched, never read, and may be invalid by then.
 */
void nn_pool_fetch(struct nn_pool *pool, const void *from, size_t step, size_t bytes);

/**
 * Whether the pool may fall back to the caller alone while the machine is busy (default: true). It
 * decides by the time that the caller spent waiting for helpers.
 */
void nn_pool_set_adaptive(struct nn_pool *pool, bool adaptive);

#endif

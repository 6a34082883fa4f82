/**
 * @file nn/pool.c  Parallel loops over a few parked helper threads
 *
 * A loop is published by storing its description and then adding one to `epoch`; helpers watch that
 * word, first spinning for NN_SPIN_US and then in futex(2). Chunks are claimed from one atomic word
 * (`ticket`) that carries the loop's number and how many chunks are unclaimed, so a helper that
 * wakes up late finds either chunks of the current loop or none, never those of another.
 */
#include "nn/pool.h"

#include "loop/wait.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE = 64,         /* bytes of a cache line */
    LATE_US = 300,     /* a loop is late if helpers keep it waiting longer than this, and ... */
    LATE_SHARE = 4,    /* ... for more than this share (a quarter) of the loop */
    LATE_MAX = 2,      /* this many late loops in close succession mean a busy machine */
    FORGET_LOOPS = 64, /* punctual loops after which lateness is forgotten */
    SOLO_MIN_MS = 25,  /* then the caller works alone for this long, */
    SOLO_MAX_MS = 800, /* doubled each time it happens again */
};

struct helper {
    struct nn_pool *pool;
    pthread_t thread;
    int index;
};

struct nn_pool {
    int threads;
    bool adaptive;
    int late;            /* recent late loops */
    int punctual;        /* loops since the last late one */
    int solo_ms;         /* how long to work alone next time */
    uint64_t solo_until; /* monotonic time [ns] */
    struct helper helpers[NN_THREADS_MAX];

    /* The current loop: written by the caller while no chunk can be claimed. */
    nn_chunk_fn *fn;
    void *arg;
    int chunks;

    /* What helpers prefetch while they wait: written by the caller before a loop is published. */
    _Atomic uintptr_t ahead;
    _Atomic size_t ahead_step, ahead_bytes;

    _Alignas(64) _Atomic uint32_t epoch;  /* loops published; helpers wait for a change */
    _Alignas(64) _Atomic uint64_t ticket; /* loop number << 32 | chunks not claimed */
    _Alignas(64) _Atomic uint32_t left;   /* chunks not finished; the caller waits for 0 */
    _Atomic int parked;                   /* helpers asleep in the kernel */
    _Atomic int waiting;                  /* 1 while the caller is asleep in the kernel */
    _Atomic bool quit;
};

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void futex_wait(_Atomic uint32_t *word, uint32_t seen)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Claims a chunk of loop `number`; -1 if none is left. */
static int claim(struct nn_pool *pool, uint32_t number)
{
    uint64_t seen = atomic_load(&pool->ticket);

    for (;;) {
        uint32_t unclaimed = (uint32_t)seen;

        if ((uint32_t)(seen >> 32) != number || unclaimed == 0)
            return -1;
        if (atomic_compare_exchange_weak(&pool->ticket, &seen, seen - 1))
            return pool->chunks - (int)unclaimed; /* stable while a claimed chunk is unfinished */
    }
}

static void work(struct nn_pool *pool, uint32_t number, int worker)
{
    int chunk;

    while ((chunk = claim(pool, number)) >= 0) {
        pool->fn(pool->arg, chunk, worker);
        if (atomic_fetch_sub(&pool->left, 1) == 1 && atomic_load(&pool->waiting) > 0)
            futex_wake(&pool->left);
    }
}

/* Waits until *word is no longer `seen`: spins for a moment, then sleeps. */
static void wait_change(_Atomic uint32_t *word, uint32_t seen, _Atomic int *asleep)
{
    uint64_t end = now_ns() + NN_SPIN_US * 1000u;

    while (now_ns() < end) {
        for (int i = 0; i < 32; i++) {
            if (atomic_load_explicit(word, memory_order_acquire) != seen)
                return;
            relax();
        }
    }
    atomic_fetch_add(asleep, 1);
    while (atomic_load(word) == seen)
        futex_wait(word, seen);
    atomic_fetch_sub(asleep, 1);
}

/* Prefetches a few lines at a time, until the next loop is published. */
static void fetch_ahead(const struct nn_pool *pool, uint32_t seen, int index)
{
    uintptr_t at = atomic_load_explicit(&pool->ahead, memory_order_relaxed);
    size_t step = atomic_load_explicit(&pool->ahead_step, memory_order_relaxed);
    size_t bytes = atomic_load_explicit(&pool->ahead_bytes, memory_order_relaxed);

    at += (size_t)index * step;
    for (size_t i = 0; i < bytes; i += 4 * LINE) {
        if (atomic_load_explicit(&pool->epoch, memory_order_relaxed) != seen)
            return;
        for (size_t k = 0; k < 4 * LINE; k += LINE)
            __builtin_prefetch((const char *)at + i + k, 0, 2);
    }
}

static void *helper_main(void *arg)
{
    struct helper *h = arg;
    struct nn_pool *pool = h->pool;
    uint32_t seen = 0;

    for (;;) {
        wait_change(&pool->epoch, seen, &pool->parked);
        if (atomic_load(&pool->quit))
            return NULL;
        seen = atomic_load(&pool->epoch);
        work(pool, seen, h->index);
        fetch_ahead(pool, seen, h->index);
    }
}

static int usable_cores(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    return CPU_COUNT(&set);
}

int nn_pool_open(struct nn_pool **poolp, int threads, struct errbuf *why)
{
    struct nn_pool *pool;

    if (threads == 0)
        threads = usable_cores() < NN_THREADS_MAX ? usable_cores() : NN_THREADS_MAX;
    if (threads < 1 || threads > NN_THREADS_MAX)
        return err_set(why, UV_EINVAL, "threads must be between 1 and %d", NN_THREADS_MAX);
    pool = aligned_alloc(64, (sizeof(*pool) + 63) / 64 * 64);
    if (!pool)
        return err_set(why, UV_ENOMEM, "out of memory for the thread pool");
    *pool = (struct nn_pool){.threads = 1, .adaptive = true, .solo_ms = SOLO_MIN_MS};
    for (int i = 1; i < threads; i++) {
        pool->helpers[i] = (struct helper){.pool = pool, .index = i};
        if (pthread_create(&pool->helpers[i].thread, NULL, helper_main, &pool->helpers[i]) != 0)
            break;
        pool->threads++;
    }
    *poolp = pool;
    return 0;
}

void nn_pool_close(struct nn_pool *pool)
{
    if (!pool)
        return;
    atomic_store(&pool->quit, true);
    atomic_fetch_add(&pool->epoch, 1);
    futex_wake(&pool->epoch);
    for (int i = 1; i < pool->threads; i++)
        wait_gone(&pool->helpers[i].thread, "a helper to leave");
    free(pool);
}

int nn_pool_threads(const struct nn_pool *pool)
{
    return pool->threads;
}

void nn_pool_fetch(struct nn_pool *pool, const void *from, size_t step, size_t bytes)
{
    atomic_store_explicit(&pool->ahead, (uintptr_t)from, memory_order_relaxed);
    atomic_store_explicit(&pool->ahead_step, step, memory_order_relaxed);
    atomic_store_explicit(&pool->ahead_bytes, bytes, memory_order_relaxed);
}

void nn_pool_set_adaptive(struct nn_pool *pool, bool adaptive)
{
    pool->adaptive = adaptive;
    pool->late = pool->punctual = 0;
    pool->solo_until = 0;
    pool->solo_ms = SOLO_MIN_MS;
}

/* Keeps score of late helpers, and does without them for a while if it happens repeatedly. */
static void judge(struct nn_pool *pool, uint64_t took, uint64_t waited, uint64_t now)
{
    if (waited < LATE_US * 1000u || waited < took / LATE_SHARE) {
        if (++pool->punctual < FORGET_LOOPS)
            return;
        pool->late = 0;
        pool->solo_ms = SOLO_MIN_MS;
        return;
    }
    pool->punctual = 0;
    if (++pool->late < LATE_MAX)
        return;
    pool->late = LATE_MAX - 1; /* one more late loop is enough */
    pool->solo_until = now + (uint64_t)pool->solo_ms * 1000000u;
    pool->solo_ms = pool->solo_ms * 2 < SOLO_MAX_MS ? pool->solo_ms * 2 : SOLO_MAX_MS;
}

static void await_helpers(struct nn_pool *pool, uint64_t started)
{
    uint32_t left = atomic_load(&pool->left);
    uint64_t begin = now_ns();

    while (left != 0) {
        wait_change(&pool->left, left, &pool->waiting);
        left = atomic_load(&pool->left);
    }
    if (pool->adaptive) {
        uint64_t end = now_ns();

        judge(pool, end - started, end - begin, end);
    }
}

void nn_pool_run(struct nn_pool *pool, int chunks, nn_chunk_fn *fn, void *arg)
{
    uint64_t started;
    uint32_t number;

    if (chunks <= 1 || pool->threads == 1 || (started = now_ns()) < pool->solo_until) {
        for (int i = 0; i < chunks; i++)
            fn(arg, i, 0);
        return;
    }
    pool->fn = fn;
    pool->arg = arg;
    pool->chunks = chunks;
    number = atomic_load(&pool->epoch) + 1;
    atomic_store(&pool->left, (uint32_t)chunks);
    atomic_store(&pool->ticket, (uint64_t)number << 32 | (uint32_t)chunks);
    atomic_store(&pool->epoch, number);
    if (atomic_load(&pool->parked) > 0)
        futex_wake(&pool->epoch);
    work(pool, number, 0);
    await_helpers(pool, started);
}

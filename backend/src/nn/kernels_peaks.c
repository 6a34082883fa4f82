/**
 * @file nn/kernels_peaks.c  What the machine can do at best, to express speed as a share of the
 * peak
 */
#include "nn/kernels_isa.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_MIN = 256 << 20, /* bytes; several times the caches of most machines */
    READ_MAX = 1280 << 20,
    READ_CACHES = 4, /* times the size of the last-level cache, if the system reports it */
    FIRST_ROUNDS = 20000,
    READ_CHUNKS = 256,
    HUGE_PAGE = 2 << 20,
};

struct peak_loop {
    double (*run)(long rounds);
    long rounds;
    double done[NN_THREADS_MAX];
};

struct read_loop {
    const struct nn_isa *isa;
    const uint8_t *p;
    size_t chunk; /* bytes */
    _Atomic uint64_t sum;
};

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void peak_chunk(void *arg, int chunk, int worker)
{
    struct peak_loop *l = arg;

    (void)worker;
    l->done[chunk] = l->run(l->rounds);
}

/* Operations per second of all threads together: the best of many short loops. */
static double measure(struct nn *nn, int ms, double (*run)(long))
{
    struct peak_loop l = {.run = run, .rounds = FIRST_ROUNDS};
    int threads = nn_pool_threads(nn->pool);
    double end = now() + ms * 1e-3;
    double best = 0;

    while (now() < end) {
        double begin = now(), took, ops = 0;

        nn_pool_run(nn->pool, threads, peak_chunk, &l);
        took = now() - begin;
        for (int i = 0; i < threads; i++)
            ops += l.done[i];
        best = ops / took > best ? ops / took : best;
        if (took < 2e-3)
            l.rounds *= 2;
    }
    return best * 1e-9;
}

static void read_chunk(void *arg, int chunk, int worker)
{
    struct read_loop *l = arg;

    (void)worker;
    l->sum += l->isa->read(l->p + (size_t)chunk * l->chunk, l->chunk);
}

/* So much that a cache holds little of it until the next round. */
static size_t bytes_to_read(void)
{
    long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
    size_t bytes = cache > 0 ? READ_CACHES * (size_t)cache : 0;

    bytes = bytes > READ_MAX ? READ_MAX : bytes < READ_MIN ? READ_MIN : bytes;
    return bytes / HUGE_PAGE * HUGE_PAGE;
}

static double measure_read(struct nn *nn, int ms)
{
    size_t bytes = bytes_to_read();
    struct read_loop l = {.isa = nn->isa, .chunk = bytes / READ_CHUNKS};
    uint8_t *p = aligned_alloc(HUGE_PAGE, bytes);
    double end, best = 0;

    if (!p)
        return 0;
    madvise(p, bytes, MADV_HUGEPAGE); /* allocated faster, and read without TLB misses */
    memset(p, 1, bytes);
    l.p = p;
    end = now() + ms * 1e-3;
    do {
        double begin = now();

        nn_pool_run(nn->pool, READ_CHUNKS, read_chunk, &l);
        begin = (double)bytes / (now() - begin);
        best = begin > best ? begin : best;
    } while (now() < end);
    free(p);
    return best * 1e-9;
}

void nn_measure_peaks(struct nn *nn, int ms, struct nn_peaks *out)
{
    const struct nn_isa *isa = nn->isa;

    nn_pool_set_adaptive(nn->pool, false);
    out->f32_gops = measure(nn, ms, isa->peak_f32);
    out->int8_gops = isa->peak_int8 ? measure(nn, ms, isa->peak_int8) : 0;
    out->int16_gops = isa->peak_int16 ? measure(nn, ms, isa->peak_int16) : 0;
    out->read_gbytes = measure_read(nn, ms);
    nn_pool_set_adaptive(nn->pool, true);
}

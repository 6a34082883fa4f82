/**
 * @file nn/kernels.c  Contexts: choice of instruction set, scratch memory, small helpers
 *
 * To add an instruction set: write kernels_NAME.c with a struct nn_isa, list it in `all`, and give
 * it its flags in meson.build. The unit tests pick it up from nn_isa_available().
 */
#include "nn/kernels_isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PEAK_BLOCK = 1024
}; /* logits compared as one block before the exact position is looked
      for */

/* Best first; "plain" runs everywhere. */
static const struct nn_isa *const all[] = {
#ifdef NN_HAVE_AVX512VNNI
    &nn_isa_avx512vnni,
#endif
#ifdef NN_HAVE_AVXVNNI
    &nn_isa_avxvnni,
#endif
#ifdef NN_HAVE_AVX2
    &nn_isa_avx2,
#endif
#ifdef NN_HAVE_NEON
    &nn_isa_neon,
#endif
    &nn_isa_plain,
};

enum { N_ISA = sizeof(all) / sizeof(all[0]) };

const char *nn_isa_available(int n)
{
    for (int i = 0; i < N_ISA; i++) {
        if (all[i]->usable() && n-- == 0)
            return all[i]->name;
    }
    return NULL;
}

static const struct nn_isa *choose(const char *name)
{
    if (!name || !*name)
        name = nn_isa_available(0);
    for (int i = 0; i < N_ISA; i++) {
        if (strcmp(all[i]->name, name) == 0 && all[i]->usable())
            return all[i];
    }
    return NULL;
}

int nn_open(struct nn **wkp, int threads, const char *isa, struct errbuf *why)
{
    struct nn *nn = calloc(1, sizeof(*nn));
    int err;

    if (!nn)
        return err_set(why, UV_ENOMEM, "out of memory for the speech kernels");
    if (!isa)
        isa = getenv("INTERVIEWD_KERNELS");
    nn->isa = choose(isa);
    if (!nn->isa) {
        free(nn);
        return err_set(why, UV_ENOTSUP, "this processor or build has no '%s' kernels", isa);
    }
    err = nn_pool_open(&nn->pool, threads, why);
    if (err != 0) {
        free(nn);
        return err;
    }
    *wkp = nn;
    return 0;
}

void nn_close(struct nn *nn)
{
    if (!nn)
        return;
    nn_pool_close(nn->pool);
    free(nn->shared.data);
    free(nn->between.data);
    free(nn->heads.data);
    free(nn->gates.data);
    for (int i = 0; i < NN_THREADS_MAX; i++)
        free(nn->workers[i].data);
    free(nn);
}

const char *nn_isa(const struct nn *nn)
{
    return nn->isa->name;
}

struct nn_pool *nn_pool_of(struct nn *nn)
{
    return nn->pool;
}

float *nn_floats(size_t n)
{
    return aligned_alloc(64, align64(n * sizeof(float)));
}

bool nn_starved(struct nn *nn)
{
    return atomic_exchange(&nn->starved, false);
}

void *nn_scratch_need(struct nn *nn, struct nn_scratch *s, size_t bytes)
{
    if (bytes <= s->bytes)
        return s->data;
    bytes = (bytes + bytes / 4 + 4095) / 4096 * 4096;
    free(s->data);
    s->bytes = 0;
    s->data = aligned_alloc(64, bytes);
    if (s->data)
        s->bytes = bytes;
    else
        atomic_store(&nn->starved, true);
    return s->data;
}

/* ---- rows -------------------------------------------------------------------------------- */

struct norm_job {
    struct nn *nn;
    struct nn_norm all;
};

static void norm_rows(void *arg, int chunk, int worker)
{
    const struct norm_job *j = arg;
    struct nn_norm t = j->all;
    size_t first = (size_t)(chunk * NN_NORM_ROWS);

    (void)worker;
    t.x += first * t.ldx;
    t.y += first * t.ldy;
    t.n = t.n - (int)first < NN_NORM_ROWS ? t.n - (int)first : NN_NORM_ROWS;
    j->nn->isa->layer_norm(&t);
}

void nn_layer_norm(struct nn *nn, const float *x, int n, int dim, const float *weight,
                   const float *bias, float *y)
{
    size_t ld = (size_t)dim;
    struct norm_job j = {nn, {x, ld, n, dim, weight, bias, y, ld}};

    nn_pool_run(nn->pool, (n + NN_NORM_ROWS - 1) / NN_NORM_ROWS, norm_rows, &j);
}

struct peak_job {
    struct nn *nn;
    const float *x;
    int count, step;
    float top[NN_THREADS_MAX];
    int at[NN_THREADS_MAX];
    double sum[NN_THREADS_MAX];
};

/* Index of the largest value: whole blocks are compared first, in loops that vectorise. */
static int find_largest(const float *x, int count)
{
    float top = -INFINITY;
    int at = 0;

    for (int i = 0; i < count; i += PEAK_BLOCK) {
        int n = count - i < PEAK_BLOCK ? count - i : PEAK_BLOCK;
        float lane[16], largest = -INFINITY;

        for (int k = 0; k < 16; k++)
            lane[k] = -INFINITY;
        for (int c = 0; c + 16 <= n; c += 16) {
            for (int k = 0; k < 16; k++)
                lane[k] = x[i + c + k] > lane[k] ? x[i + c + k] : lane[k];
        }
        for (int k = 0; k < 16; k++)
            largest = lane[k] > largest ? lane[k] : largest;
        for (int c = n / 16 * 16; c < n; c++)
            largest = x[i + c] > largest ? x[i + c] : largest;
        if (largest > top) {
            top = largest;
            at = i;
        }
    }
    while (at + 1 < count && x[at] < top)
        at++;
    return at;
}

static void find_top(void *arg, int chunk, int worker)
{
    struct peak_job *j = arg;
    int begin = chunk * j->step;
    int count = j->count - begin < j->step ? j->count - begin : j->step;
    const float *x = j->x + begin;
    int at = find_largest(x, count);

    (void)worker;
    j->at[chunk] = begin + at;
    j->top[chunk] = x[at];
    j->sum[chunk] = x[at] > -INFINITY ? j->nn->isa->sum_exp(x, count, x[at]) : 0;
}

void nn_logits_peak(struct nn *nn, const float *x, int count, struct nn_peak *out)
{
    struct peak_job j = {.nn = nn, .x = x, .count = count};
    int chunks = count > 4096 ? nn_pool_threads(nn->pool) : 1;
    int best = 0;
    double sum = 0;

    j.step = (count + chunks - 1) / chunks;
    chunks = (count + j.step - 1) / j.step;
    nn_pool_run(nn->pool, chunks, find_top, &j);
    for (int i = 1; i < chunks; i++)
        best = j.top[i] > j.top[best] ? i : best;
    for (int i = 0; i < chunks; i++)
        sum += j.top[i] > -INFINITY ? j.sum[i] * exp(j.top[i] - j.top[best]) : 0;
    out->top = j.at[best];
    out->top_value = j.top[best];
    out->logsumexp = j.top[best] + (float)log(sum);
}

/**
 * @file asr/whisper/kernels.c  Contexts: choice of instruction set, scratch memory, small things
 *
 * To add an instruction set: write kernels_NAME.c with a struct wk_isa, list it in `all`, and give
 * it its flags in meson.build. The unit tests pick it up from wk_isa_available().
 */
#include "asr/whisper/kernels_isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEAK_BLOCK = 1024 }; /* logits compared before their place is looked for */

/* Best first; "plain" runs everywhere. */
static const struct wk_isa *const all[] = {
#ifdef WK_HAVE_AVX512VNNI
    &wk_isa_avx512vnni,
#endif
#ifdef WK_HAVE_AVXVNNI
    &wk_isa_avxvnni,
#endif
#ifdef WK_HAVE_AVX2
    &wk_isa_avx2,
#endif
#ifdef WK_HAVE_NEON
    &wk_isa_neon,
#endif
    &wk_isa_plain,
};

enum { N_ISA = sizeof(all) / sizeof(all[0]) };

const char *wk_isa_available(int n)
{
    for (int i = 0; i < N_ISA; i++) {
        if (all[i]->usable() && n-- == 0)
            return all[i]->name;
    }
    return NULL;
}

static const struct wk_isa *choose(const char *name)
{
    if (!name || !*name)
        name = wk_isa_available(0);
    for (int i = 0; i < N_ISA; i++) {
        if (strcmp(all[i]->name, name) == 0 && all[i]->usable())
            return all[i];
    }
    return NULL;
}

int wk_open(struct wk **wkp, int threads, const char *isa, struct errbuf *err)
{
    struct wk *wk = calloc(1, sizeof(*wk));
    int rc;

    if (!wk)
        return err_set(err, UV_ENOMEM, "out of memory for the speech kernels");
    if (!isa)
        isa = getenv("INTERVIEWD_KERNELS");
    wk->isa = choose(isa);
    if (!wk->isa) {
        free(wk);
        return err_set(err, UV_ENOTSUP, "this processor or build has no '%s' kernels", isa);
    }
    rc = wk_pool_open(&wk->pool, threads, err);
    if (rc != 0) {
        free(wk);
        return rc;
    }
    *wkp = wk;
    return 0;
}

void wk_close(struct wk *wk)
{
    if (!wk)
        return;
    wk_pool_close(wk->pool);
    free(wk->shared.data);
    free(wk->between.data);
    free(wk->heads.data);
    for (int i = 0; i < WK_THREADS_MAX; i++)
        free(wk->workers[i].data);
    free(wk);
}

const char *wk_isa(const struct wk *wk)
{
    return wk->isa->name;
}

struct wk_pool *wk_pool_of(struct wk *wk)
{
    return wk->pool;
}

float *wk_floats(size_t n)
{
    return aligned_alloc(64, align64(n * sizeof(float)));
}

void *wk_scratch_need(struct wk_scratch *s, size_t bytes)
{
    if (bytes <= s->bytes)
        return s->data;
    bytes = (bytes + bytes / 4 + 4095) / 4096 * 4096;
    free(s->data);
    s->data = aligned_alloc(64, bytes);
    if (!s->data)
        abort(); /* documented in kernels.h: the arithmetic cannot fail */
    s->bytes = bytes;
    return s->data;
}

/* ---- rows -------------------------------------------------------------------------------- */

struct norm_job {
    struct wk *wk;
    struct wk_norm all;
};

static void norm_rows(void *arg, int chunk, int worker)
{
    const struct norm_job *j = arg;
    struct wk_norm t = j->all;
    size_t first = (size_t)(chunk * WK_NORM_ROWS);

    (void)worker;
    t.x += first * t.ldx;
    t.y += first * t.ldy;
    t.n = t.n - (int)first < WK_NORM_ROWS ? t.n - (int)first : WK_NORM_ROWS;
    j->wk->isa->layer_norm(&t);
}

void wk_layer_norm(struct wk *wk, const float *x, int n, int dim, const float *weight,
                   const float *bias, float *y)
{
    size_t ld = (size_t)dim;
    struct norm_job j = {wk, {x, ld, n, dim, weight, bias, y, ld}};

    wk_pool_run(wk->pool, (n + WK_NORM_ROWS - 1) / WK_NORM_ROWS, norm_rows, &j);
}

struct peak_job {
    struct wk *wk;
    const float *x;
    int count, step;
    float top[WK_THREADS_MAX];
    int at[WK_THREADS_MAX];
    double sum[WK_THREADS_MAX];
};

/* Where the largest value is: blocks are compared first, in loops that become vectors. */
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
    j->sum[chunk] = x[at] > -INFINITY ? j->wk->isa->sum_exp(x, count, x[at]) : 0;
}

void wk_logits_peak(struct wk *wk, const float *x, int count, struct wk_peak *out)
{
    struct peak_job j = {.wk = wk, .x = x, .count = count};
    int chunks = count > 4096 ? wk_pool_threads(wk->pool) : 1;
    int best = 0;
    double sum = 0;

    j.step = (count + chunks - 1) / chunks;
    chunks = (count + j.step - 1) / j.step;
    wk_pool_run(wk->pool, chunks, find_top, &j);
    for (int i = 1; i < chunks; i++)
        best = j.top[i] > j.top[best] ? i : best;
    for (int i = 0; i < chunks; i++)
        sum += j.top[i] > -INFINITY ? j.sum[i] * exp(j.top[i] - j.top[best]) : 0;
    out->top = j.at[best];
    out->top_value = j.top[best];
    out->logsumexp = j.top[best] + (float)log(sum);
}

/**
 * @file bench/nn_kernels.c  How near the kernels come to what the machine can do
 *
 *     nn_kernels [--threads N] [--isa NAME] [--ms MS] [--rows N] [--type q8_0]
 *
 * Prints the peaks (register-only loops, reading memory), then for the layer shapes of each
 * Whisper model: many rows (the encoder at --rows frames) in GOP/s and percent of the peak of the
 * arithmetic used, one row (the decoder) in GB/s and percent of the memory bandwidth, and
 * attention, and a whole block of the encoder. Every figure is the best of repeated runs for about
 * --ms milliseconds. One-row matrices are visited in a round larger than the caches. With one
 * thread its own processor time is taken, so that other programs' time slices do not count.
 */
#include "nn_random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum {
    ROUND_BYTES = 192 << 20, /* weights visited before one is visited again */
    MATRICES_MAX = 256,
};

struct bench {
    struct nn *nn;
    struct nn_peaks peaks;
    int ms, rows;
};

static clockid_t clock_used = CLOCK_MONOTONIC;

static double now(void)
{
    struct timespec ts;

    clock_gettime(clock_used, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static double peak_of(const struct bench *b, const char *arithmetic)
{
    if (strcmp(arithmetic, "int8") == 0)
        return b->peaks.int8_gops;
    return strcmp(arithmetic, "int16") == 0 ? b->peaks.int16_gops : b->peaks.f32_gops;
}

static void many_rows(struct bench *b, enum nn_type type, int rows, int cols)
{
    struct nn_matrix *m = random_matrix(b->nn, type, rows, cols);
    float *x = random_floats((size_t)b->rows * (size_t)cols);
    float *y = random_floats((size_t)b->rows * (size_t)rows);
    const char *arithmetic = nn_linear_arithmetic(b->nn, m, b->rows);
    double end = now() + b->ms * 1e-3, best = 1e9, gops;

    while (now() < end) {
        double begin = now();

        nn_linear(b->nn, &(struct nn_linear){.w = m, .x = x, .n = b->rows, .y = y});
        begin = now() - begin;
        best = begin < best ? begin : best;
    }
    gops = 2e-9 * rows * cols * b->rows / best;
    printf("  %-5s [%4d x %4d] x [%4d x %4d]  %-5s %8.1f GOP/s  %3.0f %% of peak\n",
           nn_type_name(type), b->rows, cols, rows, cols, arithmetic, gops,
           100 * gops / peak_of(b, arithmetic));
    nn_matrix_free(m);
    free(x), free(y);
}

static void few_rows(struct bench *b, enum nn_type type, int n, int rows, int cols)
{
    struct nn_matrix *m[MATRICES_MAX];
    float *x = random_floats((size_t)n * (size_t)cols);
    float *y = random_floats((size_t)n * (size_t)rows);
    double end, best = 1e9;
    size_t bytes = 0;
    int count = 0;

    while (count < MATRICES_MAX && bytes < ROUND_BYTES) {
        m[count] = random_matrix(b->nn, type, rows, cols);
        bytes += nn_matrix_bytes(m[count++]);
    }
    end = now() + b->ms * 1e-3;
    while (now() < end) {
        double begin = now();

        for (int i = 0; i < count; i++)
            nn_linear(b->nn, &(struct nn_linear){.w = m[i], .x = x, .n = n, .y = y});
        begin = now() - begin;
        best = begin < best ? begin : best;
    }
    printf("  %-5s [%4d x %4d] x [%5d x %4d] %8.1f GB/s  %3.0f %% of bandwidth%s\n",
           nn_type_name(type), n, cols, rows, cols, (double)bytes / best * 1e-9,
           (double)bytes / best * 1e-7 / b->peaks.read_gbytes,
           bytes < ROUND_BYTES ? " (round fits caches)" : "");
    for (int i = 0; i < count; i++)
        nn_matrix_free(m[i]);
    free(x), free(y);
}

static void attention(struct bench *b, int heads)
{
    size_t width = (size_t)heads * 64;
    float *qkv = random_floats((size_t)b->rows * 3 * width);
    float *out = random_floats((size_t)b->rows * width);
    double end = now() + b->ms * 1e-3, best = 1e9, gops;

    while (now() < end) {
        double begin = now();

        nn_encoder_attention(b->nn, qkv, b->rows, heads, 64, out);
        begin = now() - begin;
        best = begin < best ? begin : best;
    }
    gops = 4e-9 * b->rows * b->rows * (double)width / best;
    printf("  self-attention, %d heads, %d frames    %8.2f ms  %8.1f GOP/s  %3.0f %% of f32 peak\n",
           heads, b->rows, best * 1e3, gops, 100 * gops / b->peaks.f32_gops);
    free(qkv), free(out);
}

/* A block of the encoder: its weights, and rows in and out. */
struct block {
    struct nn_matrix *qkv, *out, *up, *down;
    float *x, *seen, *bias;
    int dim;
};

static void run_block(struct bench *b, const struct block *k)
{
    nn_self_attention(b->nn,
                      &(struct nn_linear){.w = k->qkv,
                                          .x = k->x,
                                          .n = b->rows,
                                          .ln_weight = k->bias,
                                          .ln_bias = k->bias,
                                          .bias = k->bias},
                      k->dim / 64, 64, NULL, k->seen);
    nn_linear(b->nn, &(struct nn_linear){
                         .w = k->out, .x = k->seen, .n = b->rows, .bias = k->bias, .y = k->x});
    nn_linear_pair(b->nn,
                   &(struct nn_linear){.w = k->up,
                                       .x = k->x,
                                       .n = b->rows,
                                       .ln_weight = k->bias,
                                       .ln_bias = k->bias,
                                       .bias = k->bias,
                                       .gelu = true},
                   &(struct nn_linear){.w = k->down, .n = b->rows, .bias = k->bias, .y = k->x});
}

/* The peak of the mix: products in their type, attention in its own; see asr/whisper/timing.h. */
static void encoder_block(struct bench *b, enum nn_type type, int dim)
{
    struct block k = {.dim = dim,
                      .qkv = random_matrix(b->nn, type, 3 * dim, dim),
                      .out = random_matrix(b->nn, type, dim, dim),
                      .up = random_matrix(b->nn, type, 4 * dim, dim),
                      .down = random_matrix(b->nn, type, dim, 4 * dim),
                      .x = random_floats((size_t)b->rows * (size_t)dim),
                      .seen = random_floats((size_t)b->rows * (size_t)dim),
                      .bias = random_floats(4 * (size_t)dim)};
    double products = 24e-9 * b->rows * dim * dim, scores = 4e-9 * b->rows * b->rows * dim;
    double end = now() + b->ms * 1e-3, best = 1e9, ideal;

    while (now() < end) {
        double begin = now();

        run_block(b, &k);
        begin = now() - begin;
        best = begin < best ? begin : best;
    }
    ideal = products / peak_of(b, nn_linear_arithmetic(b->nn, k.qkv, b->rows)) +
            scores / peak_of(b, nn_encoder_attention_arithmetic(b->nn));
    printf("  encoder block, %d frames %21.2f ms  %8.1f GOP/s  %3.0f %% of the mix's peak\n",
           b->rows, best * 1e3, (products + scores) / best, 100 * ideal / best);
    nn_matrix_free(k.qkv), nn_matrix_free(k.out), nn_matrix_free(k.up), nn_matrix_free(k.down);
    free(k.x), free(k.seen), free(k.bias);
}

static void cached_attention(struct bench *b, int heads, int n)
{
    size_t width = (size_t)heads * 64;
    float *rows = random_floats((size_t)n * width);
    float *out = random_floats(width);
    struct nn_kv kv[MATRICES_MAX];
    double end, best = 1e9;
    size_t bytes = 0;
    int count = 0;

    while (count < MATRICES_MAX && bytes < ROUND_BYTES) {
        if (nn_kv_init(&kv[count], heads, 64, n, false, NULL) != 0)
            exit(1);
        nn_kv_store(b->nn, &kv[count], 0, n, rows, width, rows, width);
        bytes += nn_kv_bytes(&kv[count++]);
    }
    end = now() + b->ms * 1e-3;
    while (now() < end) {
        double begin = now();

        for (int i = 0; i < count; i++)
            nn_attention(b->nn,
                         &(struct nn_attention){.q = rows,
                                                .ldq = width,
                                                .n = 1,
                                                .kv = &kv[i],
                                                .causal_from = -1,
                                                .out = out,
                                                .ldo = width},
                         1);
        begin = now() - begin;
        best = begin < best ? begin : best;
    }
    printf("  cross-attention, %d heads, %d frames   %8.1f us  %8.1f GB/s  %3.0f %% of bandwidth\n",
           heads, n, best * 1e6 / count, (double)bytes / best * 1e-9,
           (double)bytes / best * 1e-7 / b->peaks.read_gbytes);
    for (int i = 0; i < count; i++)
        nn_kv_release(&kv[i]);
    free(rows), free(out);
}

static void model(struct bench *b, const char *name, int dim, int vocab, enum nn_type type)
{
    printf("%s\n", name);
    many_rows(b, type, 3 * dim, dim);
    many_rows(b, type, dim, dim);
    many_rows(b, type, 4 * dim, dim);
    many_rows(b, type, dim, 4 * dim);
    attention(b, dim / 64);
    encoder_block(b, type, dim);
    few_rows(b, type, 1, 3 * dim, dim);
    few_rows(b, type, 1, dim, dim);
    few_rows(b, type, 1, 4 * dim, dim);
    few_rows(b, type, 1, dim, 4 * dim);
    few_rows(b, type, 1, vocab, dim);
    few_rows(b, type, 5, 4 * dim, dim);
    cached_attention(b, dim / 64, b->rows);
    fflush(stdout);
}

/* ---- types that are not used -------------------------------------------------------------- */

#if defined(__x86_64__)

/* A register of CPUID leaf 7: 0 EAX .. 3 EDX. */
static unsigned cpuid_7(unsigned sub, int at)
{
    unsigned r[4] = {0};

    __get_cpuid_count(7, sub, &r[0], &r[1], &r[2], &r[3]);
    return r[at];
}

#define TWELVE(op)                                                                                 \
    op " %%zmm12,%%zmm13,%%zmm0\n" op " %%zmm12,%%zmm13,%%zmm1\n" op                               \
       " %%zmm12,%%zmm13,%%zmm2\n" op " %%zmm12,%%zmm13,%%zmm3\n" op                               \
       " %%zmm12,%%zmm13,%%zmm4\n" op " %%zmm12,%%zmm13,%%zmm5\n" op                               \
       " %%zmm12,%%zmm13,%%zmm6\n" op " %%zmm12,%%zmm13,%%zmm7\n" op                               \
       " %%zmm12,%%zmm13,%%zmm8\n" op " %%zmm12,%%zmm13,%%zmm9\n" op                               \
       " %%zmm12,%%zmm13,%%zmm10\n" op " %%zmm12,%%zmm13,%%zmm11\n"

/* Seconds of `rounds` times twelve independent instructions of a kind. */
#define LOOP(name, op, feature)                                                                    \
    __attribute__((target("avx512f," feature))) static double name(long rounds)                    \
    {                                                                                              \
        double begin = now();                                                                      \
                                                                                                   \
        __asm__ volatile(                                                                          \
            "vpxorq %%zmm12,%%zmm12,%%zmm12\nvpxorq %%zmm13,%%zmm13,%%zmm13\n1:\n" TWELVE(         \
                op) "dec %0\njnz 1b\n"                                                             \
            : "+r"(rounds)                                                                         \
            :                                                                                      \
            : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",      \
              "xmm10", "xmm11", "xmm12", "xmm13", "cc");                                           \
        return now() - begin;                                                                      \
    }

LOOP(bf16_loop, "vdpbf16ps", "avx512bf16")
LOOP(f16_loop, "vfmadd231ph", "avx512fp16")

/* What the kernels do without, and why: both do 64 operations, as 16-bit integers do. */
static void peaks_not_used(const struct bench *b)
{
    enum { ROUNDS = 20000, TIMES = 50, BF16 = 1 << 5, F16 = 1 << 23 };
    const struct {
        const char *name;
        double (*loop)(long);
        bool there;
    } kinds[] = {{"bf16 dot products", bf16_loop, cpuid_7(1, 0) & BF16},
                 {"f16 sums", f16_loop, cpuid_7(0, 3) & F16}};

    for (int k = 0; k < 2; k++) {
        double best = 1e9;

        for (int i = 0; kinds[k].there && i < TIMES; i++) {
            double took = kinds[k].loop(ROUNDS);

            best = took < best ? took : best;
        }
        if (kinds[k].there)
            printf("not used: %s, %.0f GFLOP/s one thread; 16-bit integers %.0f\n", kinds[k].name,
                   ROUNDS * 12 * 64e-9 / best,
                   b->peaks.int16_gops / nn_pool_threads(nn_pool_of(b->nn)));
    }
}

#else

static void peaks_not_used(const struct bench *b)
{
    (void)b;
}

#endif

static enum nn_type type_named(const char *name)
{
    for (int t = 0; t <= NN_Q12; t++) {
        if (nn_type_known(t) && strcmp(nn_type_name((enum nn_type)t), name) == 0)
            return (enum nn_type)t;
    }
    fprintf(stderr, "no weight type '%s'\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int dim, vocab;
    } models[] = {
        {"tiny", 384, 51865}, {"base", 512, 51865}, {"small", 768, 51865}, {"large", 1280, 51866}};
    struct bench b = {.ms = 60, .rows = 256};
    const char *isa = NULL, *only = NULL;
    enum nn_type type = NN_Q8_0;
    int threads = 2;
    struct errbuf err;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--threads") == 0)
            threads = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--isa") == 0)
            isa = argv[i + 1];
        else if (strcmp(argv[i], "--ms") == 0)
            b.ms = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--rows") == 0)
            b.rows = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--type") == 0)
            type = type_named(argv[i + 1]);
        else if (strcmp(argv[i], "--model") == 0)
            only = argv[i + 1];
    }
    if (nn_open(&b.nn, threads, isa, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    clock_used = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    nn_measure_peaks(b.nn, b.ms * 2, &b.peaks);
    printf(
        "%s, %d threads: f32 %.0f GFLOP/s, int16 %.0f GOP/s, int8 %.0f GOP/s, memory %.1f GB/s\n",
        nn_isa(b.nn), threads, b.peaks.f32_gops, b.peaks.int16_gops, b.peaks.int8_gops,
        b.peaks.read_gbytes);
    peaks_not_used(&b);
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (!only || strcmp(only, models[i].name) == 0)
            model(&b, models[i].name, models[i].dim, models[i].vocab, type);
    }
    nn_close(b.nn);
    return 0;
}

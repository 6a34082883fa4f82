/**
 * @file test/unit/nn/attention.c  Attention, norms and sums of every instruction set
 */
#include "fixture.h"
#include "support/sanitized.h"

/* One row over n keys and values at distance ld, in double precision. */
static void attend(const float *q, const float *k, const float *v, size_t ld, int n, int dim,
                   double *out, double *probs)
{
    double top = -1e300, sum = 0;

    for (int t = 0; t < n; t++) {
        probs[t] = 0;
        for (int d = 0; d < dim; d++)
            probs[t] += (double)q[d] * (double)k[(size_t)t * ld + (size_t)d] / sqrt(dim);
        top = fmax(top, probs[t]);
    }
    for (int t = 0; t < n; t++)
        sum += probs[t] = exp(probs[t] - top);
    memset(out, 0, (size_t)dim * sizeof(double));
    for (int t = 0; t < n; t++) {
        probs[t] /= sum;
        for (int d = 0; d < dim; d++)
            out[d] += probs[t] * (double)v[(size_t)t * ld + (size_t)d];
    }
}

static void check_encoder(struct nn *nn, int n, int heads, int dim, float loud)
{
    size_t width = (size_t)(heads * dim);
    float *qkv = random_floats((size_t)n * 3 * width);
    float *out = random_floats((size_t)n * width);
    double want[NN_HEAD_DIM_MAX], *probs = malloc((size_t)n * sizeof(double));
    int step = n > 1000 ? 37 : n > 50 ? 7 : 1; /* every place in a tile, not every tile */

    for (size_t i = 0; i < (size_t)n * 3 * width; i++)
        qkv[i] *= i % (3 * width) < 2 * width ? loud : 1.0f;
    nn_encoder_attention(nn, qkv, n, heads, dim, out);
    for (int i = 0; i < n; i += step) {
        for (int h = 0; h < heads; h++) {
            const float *q = qkv + (size_t)i * 3 * width + (size_t)(h * dim);
            const float *k = qkv + width + (size_t)(h * dim);

            attend(q, k, k + width, 3 * width, n, dim, want, probs);
            for (int d = 0; d < dim; d++)
                assert_float_equal(out[(size_t)i * width + (size_t)(h * dim + d)], want[d],
                                   loud > 1 ? 0.03 : 4e-3);
        }
    }
    free(qkv), free(out), free(probs);
}

static void the_encoder_attends_to_every_frame(void **state)
{
    static const int ns[] = {1, 2, 15, 16, 17, 33, 100, 257};
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);

        for (int i = 0; i < 8; i++) {
            check_encoder(nn, ns[i], 3, 32, 1.0f);
            check_encoder(nn, ns[i], 2, 64, 1.0f);
            check_encoder(nn, ns[i], 1, 48, 4.0f);
            check_encoder(nn, ns[i], 1, 128, 1.0f);
        }
        check_encoder(nn, SANITIZED ? 449 : 1500, 1, 64, 1.0f);
        nn_close(nn);
    }
}

/* Three rows of heads * dim, as from a layer, all in one call and one after the other. */
static void check_self_attention(const char *isa, int threads, int n, int heads, enum nn_type type)
{
    enum { DIM = 64 };
    struct nn *nn = open_kernels(isa, threads);
    int width = heads * DIM;
    size_t count = (size_t)(n * width);
    float *x = random_floats(count), *bias = random_floats((size_t)(3 * width));
    float *qkv = random_floats(3 * count), *want = random_floats(count);
    float *got = random_floats(count);
    struct nn_matrix *w = random_matrix(nn, type, 3 * width, width);
    struct nn_linear l = {.w = w, .x = x, .n = n, .bias = bias, .y = qkv};

    nn_linear(nn, &l);
    nn_encoder_attention(nn, qkv, n, heads, DIM, want);
    l.y = NULL;
    nn_self_attention(nn, &l, heads, DIM, NULL, got);
    for (size_t i = 0; i < count; i++)
        assert_float_equal(got[i], want[i], 1e-5 * (1 + fabs((double)want[i])));
    nn_matrix_free(w);
    nn_close(nn);
    free(x), free(bias), free(qkv), free(want), free(got);
}

static void heads_done_in_one_go_equal_those_done_in_steps(void **state)
{
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        check_self_attention(isa, 1, 100, 3, NN_Q5_0);
        check_self_attention(isa, 2, 49, 6, NN_Q4_0);
        check_self_attention(isa, 2, 16, 6, NN_F16);
        check_self_attention(isa, 2, 5, 6, NN_Q8_0); /* few rows */
        check_self_attention(isa, 2, 33, 2, NN_F32); /* too few heads for that */
    }
}

/* n live rows, with those of another sequence of `all` rows kept behind them, against attention
 * over both written one behind the other. */
static void check_kept(const char *isa, int threads, int n, int all, int heads, int dim)
{
    struct nn *nn = open_kernels(isa, threads);
    int width = heads * dim;
    size_t row = 3 * (size_t)width, count = (size_t)(n * width);
    float *x = random_floats(count), *behind = random_floats((size_t)all * row);
    float *qkv = random_floats((size_t)all * row), *got = random_floats(count);
    double want[NN_HEAD_DIM_MAX], *probs = malloc((size_t)all * sizeof(double));
    struct nn_matrix *w = random_matrix(nn, NN_F32, 3 * width, width);
    struct nn_kept *kept = NULL;
    struct errbuf err = {""};

    assert_int_equal(nn_kept_open(&kept, nn, behind, all, heads, dim, &err), 0);
    assert_true(nn_kept_bytes(kept) >= 4 * (size_t)all * (size_t)width);
    memcpy(qkv, behind, (size_t)all * row * sizeof(float));
    for (size_t i = 0; i < count; i++)
        x[i] /= sqrtf((float)width); /* what comes out is as large as what is kept */
    nn_linear(nn, &(struct nn_linear){.w = w, .x = x, .n = n, .y = qkv});
    nn_self_attention(nn, &(struct nn_linear){.w = w, .x = x, .n = n}, heads, dim, kept, got);
    for (int i = 0; i<n; i += n> 50 ? 7 : 1) {
        for (int h = 0; h < heads; h++) {
            const float *q = qkv + (size_t)i * row + (size_t)(h * dim);
            const float *k = qkv + width + (size_t)(h * dim);

            attend(q, k, k + width, row, all, dim, want, probs);
            for (int d = 0; d < dim; d++)
                assert_float_equal(got[(size_t)i * (size_t)width + (size_t)(h * dim + d)], want[d],
                                   6e-3);
        }
    }
    nn_kept_close(kept);
    nn_matrix_free(w);
    nn_close(nn);
    free(x), free(behind), free(qkv), free(got), free(probs);
}

static void rows_see_what_is_kept_behind_them(void **state)
{
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        check_kept(isa, 1, 16, 100, 3, 64);
        check_kept(isa, 2, 64, 200, 6, 64);                        /* whole tiles of keys */
        check_kept(isa, 2, 80, 1500 / (SANITIZED ? 5 : 1), 2, 64); /* too few heads for one go */
        check_kept(isa, 2, 49, 60, 3, 32);                         /* both end within one tile */
        check_kept(isa, 1, 100, 100, 3, 64);                       /* nothing left to see */
    }
}

static void check_cache(struct nn *nn, int n, int dim, bool f32, bool causal)
{
    enum { HEADS = 3 };
    size_t width = (size_t)(HEADS * dim);
    int rows = causal ? (n < 5 ? n : 5) : 2 + n % 4;
    float *k = random_floats((size_t)n * width), *v = random_floats((size_t)n * width);
    float *q = random_floats((size_t)rows * width), *out = random_floats((size_t)rows * width);
    float *got_probs = random_floats((size_t)(HEADS * rows * n));
    double want[NN_HEAD_DIM_MAX], *probs = malloc((size_t)n * sizeof(double));
    double tol = f32 ? 1e-4 : 3e-3;
    struct nn_attention it = {.q = q,
                              .ldq = width,
                              .n = rows,
                              .out = out,
                              .ldo = width,
                              .probs = got_probs,
                              .causal_from = causal ? n - rows : -1};
    struct nn_kv kv;

    assert_int_equal(nn_kv_init(&kv, HEADS, dim, n + 3, f32, NULL), 0);
    nn_kv_store(nn, &kv, 0, n / 2, k, width, v, width);
    nn_kv_store(nn, &kv, n / 2, n - n / 2, k + (size_t)(n / 2) * width, width,
                v + (size_t)(n / 2) * width, width);
    assert_int_equal(kv.n, n);
    it.kv = &kv;
    if (causal) { /* forget the last rows, and store them while looking */
        kv.n = n - rows;
        memset(out, 0, sizeof(float) * (size_t)rows * width);
        nn_kv_store(nn, &kv, n - rows, rows, q, width, q, width);
        kv.n = n - rows;
        it.k = k + (size_t)(n - rows) * width;
        it.v = v + (size_t)(n - rows) * width;
        it.ldkv = width;
    }
    nn_attention(nn, &it, 1);
    assert_int_equal(kv.n, n);
    for (int i = 0; i < rows * HEADS; i++) {
        size_t at = (size_t)(i / HEADS) * width + (size_t)(i % HEADS * dim);
        size_t col = (size_t)(i % HEADS * dim);
        int seen = causal ? n - rows + i / HEADS + 1 : n;

        attend(q + at, k + col, v + col, width, seen, dim, want, probs);
        for (int d = 0; d < dim; d++)
            assert_float_equal(out[at + (size_t)d], want[d], tol);
        for (int t = 0; t < n; t++)
            assert_float_equal(got_probs[(i % HEADS * rows + i / HEADS) * n + t],
                               t < seen ? probs[t] : 0, tol);
    }
    nn_kv_release(&kv);
    free(k), free(v), free(q), free(out), free(got_probs), free(probs);
}

static void the_decoder_attends_to_its_cache(void **state)
{
    static const int ns[] = {1,   2,   15,  16,  17,  31,  32,  33,  64,  100, 130,
                             190, 220, 250, 288, 310, 340, 384, 385, 448, 800, 1500};
    enum { N = sizeof(ns) / sizeof(ns[0]) };
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);

        for (int i = 0; i < N * 4; i++) {
            check_cache(nn, ns[i / 4], 64, i % 2, i / 2 % 2);
            check_cache(nn, ns[i / 4], 32, i % 2, i / 2 % 2);
            check_cache(nn, ns[i / 4], 16, i % 2, i / 2 % 2);
        }
        nn_close(nn);
    }
}

/* Rows that see the same positions, together and one after the other. */
static void check_together(struct nn *nn, int n, int dim, bool f32)
{
    enum { HEADS = 3, ROWS = NN_SMALL_BATCH };
    size_t width = (size_t)(HEADS * dim);
    float *k = random_floats((size_t)n * width), *v = random_floats((size_t)n * width);
    float *q = random_floats(ROWS * width), *alone = random_floats(ROWS * width);
    float *out = random_floats(ROWS * width);
    struct nn_kv kv;
    struct nn_attention it = {
        .q = q, .ldq = width, .n = 1, .kv = &kv, .causal_from = -1, .ldo = width};

    assert_int_equal(nn_kv_init(&kv, HEADS, dim, n, f32, NULL), 0);
    nn_kv_store(nn, &kv, 0, n, k, width, v, width);
    for (int i = 0; i < ROWS; i++) {
        it.q = q + (size_t)i * width;
        it.out = alone + (size_t)i * width;
        nn_attention(nn, &it, 1);
    }
    it.q = q;
    it.out = out;
    for (it.n = 1; it.n <= ROWS; it.n++) {
        memset(out, 0, ROWS * width * sizeof(float));
        nn_attention(nn, &it, 1);
        assert_memory_equal(out, alone, (size_t)it.n * width * sizeof(float));
    }
    nn_kv_release(&kv);
    free(k), free(v), free(q), free(alone), free(out);
}

static void rows_together_get_what_each_gets_alone(void **state)
{
    static const int ns[] = {1, 32, 33, 64, 65, 100, 400, 1500};
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 1 + k % 2);

        for (size_t i = 0; i < 2 * sizeof(ns) / sizeof(ns[0]); i++) {
            check_together(nn, ns[i / 2], 64, i % 2);
            check_together(nn, ns[i / 2], 48, i % 2);
        }
        nn_close(nn);
    }
}

/* A cache filled from a layer, and one filled from the layer's rows, answer alike. */
static void check_fill(const char *isa, int heads, enum nn_type type, bool f32)
{
    enum { DIM = 64, N = 49 };
    struct nn *nn = open_kernels(isa, 2);
    int width = heads * DIM;
    float *x = random_floats((size_t)(N * width)), *rows = random_floats((size_t)(2 * N * width));
    float *q = random_floats((size_t)width), *out = random_floats(2 * (size_t)width);
    struct nn_matrix *w = random_matrix(nn, type, 2 * width, width);
    struct nn_linear l = {.w = w, .x = x, .n = N, .y = rows};
    struct nn_kv kv[2];

    for (int i = 0; i < 2; i++)
        assert_int_equal(nn_kv_init(&kv[i], heads, DIM, N, f32, NULL), 0);
    nn_linear(nn, &l);
    nn_kv_store(nn, &kv[0], 0, N, rows, 2 * (size_t)width, rows + width, 2 * (size_t)width);
    nn_kv_fill(nn, &kv[1], &l);
    assert_int_equal(kv[1].n, N);
    for (int i = 0; i < 2; i++)
        nn_attention(nn,
                     &(struct nn_attention){.q = q,
                                            .ldq = (size_t)width,
                                            .n = 1,
                                            .kv = &kv[i],
                                            .causal_from = -1,
                                            .out = out + i * width,
                                            .ldo = (size_t)width},
                     1);
    for (int i = 0; i < width; i++)
        assert_float_equal(out[i], out[width + i], 1e-5 * (1 + fabs((double)out[i])));
    nn_kv_release(&kv[0]), nn_kv_release(&kv[1]);
    nn_matrix_free(w);
    nn_close(nn);
    free(x), free(rows), free(q), free(out);
}

static void a_cache_filled_from_a_layer_holds_its_rows(void **state)
{
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        check_fill(isa, 6, NN_Q5_1, false);
        check_fill(isa, 6, NN_F16, true);
        check_fill(isa, 2, NN_Q8_0, false); /* too few heads to do one after the other */
    }
}

static void a_copied_cache_answers_like_the_original(void **state)
{
    enum { HEADS = 2, DIM = 32, W = HEADS * DIM, N = 21 };
    struct nn *nn = open_kernels(NULL, 1);
    float *k = random_floats(N * W), *v = random_floats(N * W), *q = random_floats(W);
    float a[W], b[W];
    struct nn_kv from, to;
    struct nn_attention it = {.q = q, .ldq = W, .n = 1, .causal_from = -1, .ldo = W};

    (void)state;
    assert_int_equal(nn_kv_init(&from, HEADS, DIM, 30, false, NULL), 0);
    assert_int_equal(nn_kv_init(&to, HEADS, DIM, 100, false, NULL), 0);
    nn_kv_store(nn, &from, 0, N, k, W, v, W);
    nn_kv_copy(&to, &from, N - 2);
    from.n = N - 2;
    it.kv = &from, it.out = a;
    nn_attention(nn, &it, 1);
    it.kv = &to, it.out = b;
    nn_attention(nn, &it, 1);
    for (int i = 0; i < W; i++)
        assert_float_equal(a[i], b[i], 1e-6);
    nn_kv_release(&from);
    nn_kv_release(&to);
    nn_kv_release(NULL);
    free(k), free(v), free(q);
    nn_close(nn);
}

static void senseless_caches_are_refused(void **state)
{
    struct nn_kv kv = {.heads = 77};

    (void)state;
    assert_int_equal(nn_kv_init(&kv, 0, 64, 10, false, NULL), UV_EINVAL);
    assert_int_equal(nn_kv_init(&kv, 1, 40, 10, false, NULL), UV_EINVAL);
    assert_int_equal(nn_kv_init(&kv, 1, 64, 0, false, NULL), UV_EINVAL);
    assert_int_equal(nn_kv_init(&kv, 1, 256, 10, false, NULL), UV_EINVAL);
    assert_int_equal(kv.heads, 77);
}

static void check_norm(struct nn *nn, int dim)
{
    float *x = random_floats((size_t)dim), *w = random_floats((size_t)dim);
    float *b = random_floats((size_t)dim);
    double mean = 0, var = 0;
    float *y = malloc((size_t)dim * sizeof(float));

    for (int i = 0; i < dim; i++)
        mean += (double)(x[i] += 10.0f) / dim;
    for (int i = 0; i < dim; i++)
        var += ((double)x[i] - mean) * ((double)x[i] - mean) / dim;
    nn_layer_norm(nn, x, 1, dim, w, b, y);
    for (int i = 0; i < dim; i++)
        assert_float_equal(
            y[i], ((double)x[i] - mean) / sqrt(var + 1e-5) * (double)w[i] + (double)b[i], 1e-4);
    free(x), free(w), free(b), free(y);
}

static void layer_norm_centres_and_scales(void **state)
{
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 1);

        for (int i = 0; i < 6; i++)
            check_norm(nn, (int[]){3, 16, 64, 96, 100, 1280}[i]);
        nn_close(nn);
    }
}

static void the_peak_of_logits_is_exact(void **state)
{
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);

        for (int i = 0; i < 4; i++) {
            int count = (int[]){1, 37, 5000, 51865}[i];
            float *x = random_floats((size_t)count);
            struct nn_peak peak;
            double sum = 0;

            for (int c = 0; c < count; c++)
                x[c] = c % 5 == 1 ? -INFINITY : x[c] * 3.0f;
            x[count / 2] = 20.0f;
            for (int c = 0; c < count; c++)
                sum += exp((double)x[c]);
            nn_logits_peak(nn, x, count, &peak);
            assert_int_equal(peak.top, count / 2);
            assert_float_equal(peak.top_value, 20.0, 0);
            assert_float_equal(peak.logsumexp, log(sum), 1e-4);
            free(x);
        }
        nn_close(nn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_encoder_attends_to_every_frame),
        cmocka_unit_test(heads_done_in_one_go_equal_those_done_in_steps),
        cmocka_unit_test(rows_see_what_is_kept_behind_them),
        cmocka_unit_test(the_decoder_attends_to_its_cache),
        cmocka_unit_test(rows_together_get_what_each_gets_alone),
        cmocka_unit_test(a_cache_filled_from_a_layer_holds_its_rows),
        cmocka_unit_test(a_copied_cache_answers_like_the_original),
        cmocka_unit_test(senseless_caches_are_refused),
        cmocka_unit_test(layer_norm_centres_and_scales),
        cmocka_unit_test(the_peak_of_logits_is_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/**
 * @file test/unit/nn/linear.c  Packing and linear layers of every instruction set
 *
 * Each result is compared with a product in double precision over the weights as the file
 * format defines them. The tolerance belongs to the arithmetic: see expect().
 */
#include "fixture.h"

#include <stdio.h>
#include <sys/mman.h>

/* A random layer and its exact answer. */
struct layer {
    enum nn_type type;
    int rows, cols, n;
    uint8_t *tensor;
    float *w, *x;
    struct nn_matrix *m;
};

static void layer_make(struct layer *l, struct nn *nn, enum nn_type type, int rows, int cols, int n)
{
    size_t count = (size_t)rows * (size_t)cols;
    struct nn_part part = {.type = type, .rows = rows};

    *l = (struct layer){.type = type, .rows = rows, .cols = cols, .n = n};
    part.data = l->tensor = random_tensor(type, count);
    l->w = malloc(count * sizeof(float));
    for (size_t i = 0; i < count; i++)
        l->w[i] = tensor_value(type, l->tensor, i);
    l->x = random_floats((size_t)n * (size_t)cols);
    assert_int_equal(nn_matrix_pack(&l->m, nn, &part, 1, cols, NULL), 0);
}

static void layer_release(struct layer *l)
{
    free(l->tensor);
    free(l->w);
    free(l->x);
    nn_matrix_free(l->m);
}

static double exact(const struct layer *l, int i, int r, double *size)
{
    double sum = 0;

    *size = 0;
    for (int c = 0; c < l->cols; c++) {
        double p = (double)l->x[i * l->cols + c] * (double)l->w[r * l->cols + c];

        sum += p;
        *size += p * p;
    }
    *size = sqrt(*size) + 1e-3;
    return sum;
}

/* Errors of quantised products add like a random walk: compare with the root of the squares. */
static double tolerance(const char *arithmetic)
{
    if (strcmp(arithmetic, "int8") == 0)
        return 0.10;
    return strcmp(arithmetic, "int16") == 0 ? 2e-3 : 1e-4;
}

/* Packing rounds weights that are asked for in 12 bits, by 3e-4 of their deviation. */
static double rounding(enum nn_type type)
{
    return type == NN_Q12 ? 2e-3 : 0;
}

/* Every row and every output of many is looked at, but not each output of each row: a product of
 * them all in double precision takes far longer than what is tested. */
static void check(struct nn *nn, struct layer *l, bool exactly)
{
    double tol =
        rounding(l->type) + (exactly ? 1e-5 : tolerance(nn_linear_arithmetic(nn, l->m, l->n)));
    float *y = random_floats((size_t)l->n * (size_t)l->rows);
    size_t inputs = (size_t)l->n * (size_t)l->cols * sizeof(float);
    float *x = malloc(inputs); /* nothing lies behind the last one */
    int step = l->n > 100 ? 7 : 1;

    memcpy(x, l->x, inputs);
    nn_linear(nn, &(struct nn_linear){.w = l->m, .x = x, .n = l->n, .y = y, .exact = exactly});
    for (int i = 0; i < l->n; i++) {
        for (int r = i % step; r < l->rows; r += step) {
            double size, want = exact(l, i, r, &size);
            double got = (double)y[i * l->rows + r];

            if (!(fabs(got - want) <= tol * size))
                fail_msg("%s %s %dx%d n=%d row %d out %d: %g, expected %g +- %g", nn_isa(nn),
                         nn_type_name(l->type), l->rows, l->cols, l->n, i, r, got, want,
                         tol * size);
        }
    }
    free(x), free(y);
}

static void every_type_and_odd_size_multiplies_rightly(void **state)
{
    static const int rows[] = {1, 16, 40, 83};
    static const int cols[] = {32, 96, 160, 384};
    static const int ns[] = {1, 2, 3, 5, 8, 9, 13, 31};
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);

        for (size_t i = 0; i < N_TYPES * 4 * 4; i++) {
            struct layer l;

            layer_make(&l, nn, all_types[i / 16], rows[i / 4 % 4], cols[i % 4], ns[7]);
            for (size_t j = 0; j < 8; j++) { /* the first of its inputs, and more and more */
                l.n = ns[j];
                check(nn, &l, false);
            }
            layer_release(&l);
        }
        nn_close(nn);
    }
}

/* Drafts and beams rest on it: what is heard does not depend on how many rows go together. */
static void few_rows_together_are_multiplied_as_one_is(void **state)
{
    enum { ROWS = 83, COLS = 160 };
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);
        float *x = random_floats(NN_SMALL_BATCH * COLS);

        for (int t = 0; t < N_TYPES; t++) {
            float alone[NN_SMALL_BATCH * ROWS], y[NN_SMALL_BATCH * ROWS];
            struct nn_matrix *w = random_matrix(nn, all_types[t], ROWS, COLS);

            for (int i = 0; i < NN_SMALL_BATCH; i++)
                nn_linear(nn,
                          &(struct nn_linear){
                              .w = w, .x = x + (size_t)i * COLS, .n = 1, .y = alone + i * ROWS});
            for (int n = 1; n <= NN_SMALL_BATCH; n++) {
                nn_linear(nn, &(struct nn_linear){.w = w, .x = x, .n = n, .y = y});
                assert_memory_equal(y, alone, (size_t)n * ROWS * sizeof(float));
            }
            nn_matrix_free(w);
        }
        free(x);
        nn_close(nn);
    }
}

static void more_rows_than_a_tile_are_all_there(void **state)
{
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);

        for (int t = 0; t < N_TYPES; t++) {
            struct layer l;

            layer_make(&l, nn, all_types[t], 48, 1056, 501);
            check(nn, &l, false);
            layer_release(&l);
        }
        nn_close(nn);
    }
}

static void floats_may_have_any_number_of_columns(void **state)
{
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);

        for (int i = 0; i < 18; i++) {
            struct layer l;

            layer_make(&l, nn, (enum nn_type[]){NN_F32, NN_F16, NN_Q12}[i % 3], 20,
                       (int[]){1, 7, 240}[i / 3 % 3], i / 9 ? 11 : 2);
            check(nn, &l, false);
            layer_release(&l);
        }
        nn_close(nn);
    }
}

static void exact_products_quantise_nothing(void **state)
{
    struct nn *nn = open_kernels(NULL, 2);

    (void)state;
    for (int t = 0; t < 2 * N_TYPES; t++) {
        struct layer l;

        layer_make(&l, nn, all_types[t / 2], 50, 192, t % 2 ? 3 : 20);
        check(nn, &l, true);
        layer_release(&l);
    }
    nn_close(nn);
}

/* A channel far larger than the others must not drown them all. */
static void outliers_cost_only_their_own_group(void **state)
{
    enum { ROWS = 16, COLS = 1024, AT = 5 };
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 1);

        for (int n = 1; n < 40; n += 38) {
            struct nn_part part = {.type = NN_Q8_0, .rows = ROWS};
            struct layer l;
            double error = 0, size;
            float *y = malloc((size_t)n * ROWS * sizeof(float));

            layer_make(&l, nn, NN_Q8_0, ROWS, COLS, n);
            for (int i = 0; i < n; i++)
                l.x[i * COLS + AT] = 200.0f;
            for (int r = 0; r < ROWS; r++) {
                l.w[r * COLS + AT] = 0;
                l.tensor[(size_t)r * COLS / 32 * 34 + 2 + AT] = 0;
            }
            part.data = l.tensor;
            nn_matrix_free(l.m);
            assert_int_equal(nn_matrix_pack(&l.m, nn, &part, 1, COLS, NULL), 0);
            nn_linear(nn, &(struct nn_linear){.w = l.m, .x = l.x, .n = n, .y = y});
            for (int i = 0; i < ROWS * n; i++)
                error += fabs((double)y[i] - exact(&l, i / ROWS, i % ROWS, &size));
            /* Products have a deviation of about 32; a group is 32 columns of few rows, and at most
             * 512 of many: half of these. One scale for all would cost about 11. */
            assert_true(error / (ROWS * n) < (n == 1 ? 4.0 : 9.5));
            layer_release(&l);
            free(y);
        }
        nn_close(nn);
    }
}

static double gelu(double x)
{
    return 0.5 * x * (1 + tanh(0.7978845608028654 * x * (1 + 0.044715 * x * x)));
}

/* Through a layer that changes nothing, so that only GELU is seen. */
static void gelu_is_exact_from_end_to_end(void **state)
{
    enum { DIM = 64, N = 66 };
    const float far[] = {-3e38f, -1e4f, -50.0f, 50.0f, 1e4f, 3e38f, 0.0f, -0.0f};
    float *w = calloc(DIM * DIM, sizeof(*w)), *x = malloc(DIM * N * sizeof(*x));
    float *y = malloc(DIM * N * sizeof(*y));
    struct nn_part part = {.type = NN_F32, .data = w, .rows = DIM};
    struct nn_matrix *m;
    const char *isa;

    (void)state;
    for (int i = 0; i < DIM; i++)
        w[i * DIM + i] = 1;
    for (int i = 0; i < DIM * N; i++)
        x[i] = 12.0f * (float)(i - DIM * N / 2) / (DIM * N / 2);
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 1);

        assert_int_equal(nn_matrix_pack(&m, nn, &part, 1, DIM, NULL), 0);
        nn_linear(nn, &(struct nn_linear){.w = m, .x = x, .n = N, .gelu = true, .y = y});
        for (int i = 0; i < DIM * N; i++)
            assert_float_equal(y[i], gelu((double)x[i]), 1e-5);
        for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
            float one[DIM] = {far[i]};

            nn_linear(nn, &(struct nn_linear){.w = m, .x = one, .n = 1, .gelu = true, .y = y});
            if (far[i] > 0 ? y[0] != far[i] : !(fabsf(y[0]) < 1e-30f))
                fail_msg("%s: GELU of %g is %g", isa, (double)far[i], (double)y[0]);
        }
        nn_matrix_free(m);
        nn_close(nn);
    }
    free(w), free(x), free(y);
}

static void bias_gelu_norm_and_residual_are_applied_in_order(void **state)
{
    enum { ROWS = 21, COLS = 64, LDX = 70, LDY = 30, N = 13 };
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);

        for (int n = 1; n <= N; n += 4) {
            float *x = random_floats(LDX * N), *y = random_floats(LDY * N);
            float *lw = random_floats(COLS), *lb = random_floats(COLS), *b = random_floats(ROWS);
            float *res = random_floats(LDY * N), *normal = random_floats(COLS * N);
            float *plain = random_floats(ROWS * N);
            struct layer l;

            layer_make(&l, nn, NN_F32, ROWS, COLS, n);
            for (int i = 0; i < n; i++)
                nn_layer_norm(nn, x + i * LDX, 1, COLS, lw, lb, normal + i * COLS);
            nn_linear(nn, &(struct nn_linear){.w = l.m, .x = normal, .n = n, .y = plain});
            nn_linear(nn, &(struct nn_linear){.w = l.m,
                                              .x = x,
                                              .ldx = LDX,
                                              .n = n,
                                              .ln_weight = lw,
                                              .ln_bias = lb,
                                              .bias = b,
                                              .gelu = true,
                                              .residual = res,
                                              .ldr = LDY,
                                              .y = y,
                                              .ldy = LDY});
            for (int i = 0; i < n * ROWS; i++) {
                double want = gelu((double)plain[i] + (double)b[i % ROWS]) +
                              (double)res[i / ROWS * LDY + i % ROWS];

                assert_float_equal(y[i / ROWS * LDY + i % ROWS], want, 1e-3);
            }
            layer_release(&l);
            free(x), free(y), free(lw), free(lb), free(b), free(res), free(normal), free(plain);
        }
        nn_close(nn);
    }
}

/* `wide` values a row between two layers of `narrow` values, as one pair and as two layers. */
static void check_pair(struct nn *nn, enum nn_type type, int narrow, int wide, int n)
{
    size_t ends = (size_t)(n * narrow), middle = (size_t)(n * wide);
    float *x = random_floats(ends), *between = random_floats(middle), *want = random_floats(ends);
    float *got = random_floats(ends), *bias = random_floats((size_t)wide);
    struct nn_matrix *up = random_matrix(nn, type, wide, narrow);
    struct nn_matrix *down = random_matrix(nn, type, narrow, wide);
    struct nn_linear first = {
        .w = up, .x = x, .n = n, .bias = bias, .gelu = true, .y = between, .ldy = (size_t)wide};
    struct nn_linear second = {
        .w = down, .x = between, .n = n, .bias = bias, .residual = x, .y = want};

    nn_linear(nn, &first);
    nn_linear(nn, &second);
    first.y = NULL, second.x = NULL, second.y = got;
    nn_linear_pair(nn, &first, &second);
    for (size_t i = 0; i < ends; i++)
        assert_float_equal(got[i], want[i], 1e-5 * (1 + fabs((double)want[i])));
    nn_matrix_free(up), nn_matrix_free(down);
    free(x), free(between), free(want), free(got), free(bias);
}

static void a_pair_of_layers_equals_one_after_the_other(void **state)
{
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);

        for (int i = 0; i < N_TYPES; i++) {
            check_pair(nn, all_types[i], 64, 1024, 100);
            check_pair(nn, all_types[i], 64, 256, 49);
            check_pair(nn, all_types[i], 64, 608, 49); /* the last part is a short one */
            check_pair(nn, all_types[i], 32, 96, 9);
            check_pair(nn, all_types[i], 32, 96, 3); /* few rows */
        }
        nn_close(nn);
    }
}

static void stacked_parts_equal_the_parts(void **state)
{
    struct nn *nn = open_kernels(NULL, 2);

    (void)state;
    for (int t = 0; t < N_TYPES; t++) {
        enum { COLS = 64, A = 20, B = 7, C = 37 };
        enum nn_type type = all_types[t];
        uint8_t *a = random_tensor(type, A * COLS), *b = random_tensor(type, B * COLS);
        uint8_t *c = random_tensor(type, C * COLS);
        struct nn_part parts[] = {{type, a, A}, {type, b, B}, {type, c, C}};
        struct nn_matrix *m;
        float row[COLS];

        assert_int_equal(nn_matrix_pack(&m, nn, parts, 3, COLS, NULL), 0);
        assert_int_equal(nn_matrix_rows(m), A + B + C);
        for (int r = 0; r < A + B + C; r++) {
            const uint8_t *from = r < A ? a : r < A + B ? b : c;
            int at = r < A ? r : r < A + B ? r - A : r - A - B;

            nn_matrix_row(m, r, row);
            for (int i = 0; i < COLS; i++)
                assert_float_equal(row[i], tensor_value(type, from, (size_t)(at * COLS + i)),
                                   1e-6 + rounding(type));
        }
        nn_matrix_free(m);
        free(a), free(b), free(c);
    }
    nn_close(nn);
}

/* What of this process lies in memory and belongs to a file, in [kB]. */
static long file_pages(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[128];
    long kb = -1;

    while (f && kb < 0 && fgets(line, sizeof(line), f))
        sscanf(line, "RssFile: %ld", &kb);
    if (f)
        fclose(f);
    return kb;
}

/* Emulators ignore madvise: then there is nothing to be seen of it. */
static bool pages_can_be_given_back(uint8_t *map, size_t bytes)
{
    volatile uint8_t sum = 0;
    long all;

    for (size_t i = 0; i < bytes; i += 4096)
        sum = (uint8_t)(sum + map[i]);
    all = file_pages();
    madvise(map, bytes, MADV_DONTNEED);
    return file_pages() < all - (long)(bytes / 2048);
}

static void packing_a_mapped_file_gives_its_pages_back(void **state)
{
    enum { ROWS = 24000, COLS = 384, HEAD = 100 };
    size_t bytes = nn_type_bytes(NN_Q8_0, (size_t)ROWS * COLS);
    uint8_t *t = random_tensor(NN_Q8_0, (size_t)ROWS * COLS);
    struct nn *nn = open_kernels(NULL, 2);
    struct nn_part parts[2] = {{NN_Q8_0, t, 9000}, {NN_Q8_0, NULL, ROWS - 9000}};
    struct nn_matrix *a, *b;
    FILE *f = tmpfile();
    float x[COLS], y[COLS];
    bool gives_back;
    uint8_t *map;
    long before;

    (void)state;
    assert_int_equal(fwrite(t, 1, HEAD, f) + fwrite(t, 1, bytes, f), HEAD + bytes);
    fflush(f);
    map = mmap(NULL, HEAD + bytes, PROT_READ, MAP_PRIVATE, fileno(f), 0);
    assert_true(map != MAP_FAILED);
    parts[1].data = t + bytes / ROWS * 9000;
    assert_int_equal(nn_matrix_pack(&a, nn, parts, 2, COLS, NULL), 0);
    parts[0].data = map + HEAD;
    parts[1].data = map + HEAD + bytes / ROWS * 9000;
    gives_back = pages_can_be_given_back(map, HEAD + bytes);
    before = file_pages();
    assert_int_equal(nn_matrix_pack_mapped(&b, nn, parts, 2, COLS, NULL), 0);
    if (gives_back)
        assert_true(file_pages() < before + 4096); /* of 9.6 MB; an emulator reads its own */
    for (int r = 0; r < ROWS; r += 7) {
        nn_matrix_row(a, r, x);
        nn_matrix_row(b, r, y);
        assert_memory_equal(x, y, sizeof(x));
    }
    nn_matrix_free(a);
    nn_matrix_free(b);
    nn_close(nn);
    munmap(map, HEAD + bytes);
    fclose(f);
    free(t);
}

static void packing_keeps_the_size_of_the_file(void **state)
{
    struct nn *nn = open_kernels(NULL, 2);

    (void)state;
    for (int t = 0; t < N_TYPES; t++) {
        struct layer l;

        layer_make(&l, nn, all_types[t], 384, 1536, 1);
        assert_true(nn_matrix_bytes(l.m) <= nn_type_bytes(l.type, 384 * 1536) + 24 * 64);
        if (l.type == NN_Q12)
            assert_int_equal(nn_matrix_bytes(l.m), 384 * 1536 / 32 * 50);
        layer_release(&l);
    }
    nn_close(nn);
}

/* Blocks of very different sizes side by side, down to the least numbers of f16. */
static void q12_bits_are_wrong_by_half_a_step_of_their_block(void **state)
{
    enum { ROWS = 19, COLS = 240, BLOCKS = (COLS + 31) / 32 };
    uint8_t *t = random_tensor(NN_F16, ROWS * COLS);
    struct nn *nn = open_kernels(NULL, 1);
    struct nn_part part = {NN_Q12, t, ROWS};
    struct nn_matrix *m;
    float got[COLS];

    (void)state;
    for (int i = 0; i < ROWS * COLS; i++)
        put_half(t + 2 * i, ldexpf(get_half(t + 2 * i), -3 * (i / 32 % 9)));
    assert_int_equal(nn_matrix_pack(&m, nn, &part, 1, COLS, NULL), 0);
    for (int r = 0; r < ROWS; r++) {
        const uint8_t *row = t + 2 * r * COLS;

        nn_matrix_row(m, r, got);
        for (int b = 0; b < BLOCKS; b++) {
            int end = 32 * b + 32 < COLS ? 32 * b + 32 : COLS;
            float top = 0, step;

            for (int c = 32 * b; c < end; c++)
                top = fmaxf(top, fabsf(get_half(row + 2 * c)));
            step = top / 2047 * 1.001f + 0x1p-24f; /* a scale is an f16 too */
            for (int c = 32 * b; c < end; c++)
                assert_float_equal(got[c], get_half(row + 2 * c), 0.5f * step + 1e-6f * top);
        }
    }
    nn_matrix_free(m);
    nn_close(nn);
    free(t);
}

static void what_is_no_number_becomes_one(void **state)
{
    struct nn *nn = open_kernels(NULL, 1);
    uint16_t t[2][32] = {{0x7c00, 0xfc00, 0x7e00, 0x3c00}, {0xffff, 0x3c00, 0xbc00}};
    struct nn_part part = {NN_Q12, t, 2};
    struct nn_matrix *m;
    float row[32];

    (void)state;
    assert_int_equal(nn_matrix_pack(&m, nn, &part, 1, 32, NULL), 0);
    for (int r = 0; r < 2; r++) {
        nn_matrix_row(m, r, row);
        for (int c = 0; c < 32; c++)
            assert_true(isfinite(row[c]));
    }
    nn_matrix_free(m);
    nn_close(nn);
}

static void a_convolution_is_a_product_of_overlapping_rows(void **state)
{
    enum { IN = 80, OUT = 24, FRAMES = 21, STRIDE = 2, N = (FRAMES + 1) / 2 };
    const char *isa;

    (void)state;
    for (int k = 0; (isa = nn_isa_available(k)); k++) {
        struct nn *nn = open_kernels(isa, 2);
        uint8_t *kernel = random_tensor(NN_F16, OUT * IN * 3);
        float *x = random_floats((FRAMES + 2) * IN);
        float y[N * OUT];
        struct nn_matrix *m;

        memset(x, 0, IN * sizeof(float));
        memset(x + (FRAMES + 1) * IN, 0, IN * sizeof(float));
        assert_int_equal(nn_conv_pack(&m, nn, NN_F16, kernel, OUT, IN, NULL), 0);
        nn_linear(nn, &(struct nn_linear){.w = m, .x = x, .ldx = STRIDE * IN, .n = N, .y = y});
        for (int i = 0; i < N * OUT; i++) {
            double want = 0;

            for (int c = 0; c < IN * 3; c++)
                want += (double)tensor_value(NN_F16, kernel, (size_t)(i % OUT * IN * 3 + c)) *
                        (double)x[(i / OUT * STRIDE + c % 3) * IN + c / 3];
            assert_float_equal(y[i], want, 0.05);
        }
        nn_matrix_free(m);
        free(kernel), free(x);
        nn_close(nn);
    }
}

static void senseless_tensors_are_refused(void **state)
{
    struct nn *nn = open_kernels(NULL, 1);
    struct nn_matrix *m = NULL;
    uint8_t *t = random_tensor(NN_F32, 64);
    struct nn_part parts[] = {{NN_F32, t, 2}, {NN_F16, t, 2}};
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(nn_matrix_pack(&m, nn, parts, 2, 32, &err), UV_EINVAL);
    assert_string_equal(err.text, "tensors of different types cannot be stacked");
    parts[0] = (struct nn_part){NN_Q4_0, t, 1};
    assert_int_equal(nn_matrix_pack(&m, nn, parts, 1, 33, &err), UV_EINVAL);
    parts[0] = (struct nn_part){NN_F32, t, 0};
    assert_int_equal(nn_matrix_pack(&m, nn, parts, 1, 32, &err), UV_EINVAL);
    parts[0] = (struct nn_part){(enum nn_type)4, t, 1};
    assert_int_equal(nn_matrix_pack(&m, nn, parts, 1, 32, &err), UV_EINVAL);
    assert_int_equal(nn_conv_pack(&m, nn, NN_Q8_0, t, 1, 32, &err), UV_EINVAL);
    assert_false(nn_type_known(4));
    assert_false(nn_type_known(-1));
    assert_false(nn_type_known(1000));
    assert_null(m);
    free(t);
    nn_close(nn);
}

static void halves_round_to_the_nearest(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 0x10000; h++) {
        uint16_t from = (uint16_t)h, back;
        float f;

        if ((from & 0x7c00) == 0x7c00 && (from & 0x3ff))
            continue; /* not a number */
        nn_f16_to_f32(&from, &f, 1);
        nn_f32_to_f16(&f, &back, 1);
        assert_int_equal(from, back);
    }
    for (int i = 0; i < 4; i++) {
        float f = (float[]){1.00048828125f, 1.00146484375f, 65520.0f, 1e-9f}[i];
        uint16_t h;

        nn_f32_to_f16(&f, &h, 1);
        assert_int_equal(h, ((uint16_t[]){0x3c00, 0x3c02, 0x7c00, 0})[i]);
    }
}

static void unknown_kernels_are_refused(void **state)
{
    struct nn *nn = NULL;
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(nn_open(&nn, 1, "abacus", &err), UV_ENOTSUP);
    assert_string_equal(err.text, "this processor or build has no 'abacus' kernels");
    assert_null(nn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_odd_size_multiplies_rightly),
        cmocka_unit_test(few_rows_together_are_multiplied_as_one_is),
        cmocka_unit_test(more_rows_than_a_tile_are_all_there),
        cmocka_unit_test(floats_may_have_any_number_of_columns),
        cmocka_unit_test(exact_products_quantise_nothing),
        cmocka_unit_test(outliers_cost_only_their_own_group),
        cmocka_unit_test(gelu_is_exact_from_end_to_end),
        cmocka_unit_test(bias_gelu_norm_and_residual_are_applied_in_order),
        cmocka_unit_test(a_pair_of_layers_equals_one_after_the_other),
        cmocka_unit_test(stacked_parts_equal_the_parts),
        cmocka_unit_test(packing_a_mapped_file_gives_its_pages_back),
        cmocka_unit_test(packing_keeps_the_size_of_the_file),
        cmocka_unit_test(q12_bits_are_wrong_by_half_a_step_of_their_block),
        cmocka_unit_test(what_is_no_number_becomes_one),
        cmocka_unit_test(a_convolution_is_a_product_of_overlapping_rows),
        cmocka_unit_test(senseless_tensors_are_refused),
        cmocka_unit_test(halves_round_to_the_nearest),
        cmocka_unit_test(unknown_kernels_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

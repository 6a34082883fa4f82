/**
 * @file test/unit/nn/layers.c  Curves and recurrent layers of every instruction set
 *
 * Compared with the definitions in double precision, over random weights.
 */
#include "fixture.h"
#include "support/sanitized.h"

#include <stdio.h>

enum { LONGEST = 1000 };

static double define(enum nn_curve which, double x)
{
    switch (which) {
    case NN_SIGMOID:
        return 1 / (1 + exp(-x));
    case NN_TANH:
        return tanh(x);
    case NN_GELU:
        return 0.5 * x * (1 + erf(x / sqrt(2)));
    default:
        return x > 0 ? x : 0;
    }
}

/* From -120, where exponentials end, to 120, and any number of values. */
static void test_curves_follow_their_definitions(void **state)
{
    (void)state;
    for (int i = 0; nn_isa_available(i); i++) {
        struct nn *nn = open_kernels(nn_isa_available(i), 2);

        for (enum nn_curve which = NN_SIGMOID; which <= NN_RELU; which++) {
            for (int n = 1; n <= LONGEST; n += n < 40 ? 1 : 480) {
                float x[LONGEST + 1], y[LONGEST + 1];

                for (int k = 0; k <= n; k++) {
                    float wide = rng_normal() * 30;

                    x[k] = k % 3 ? wide / 15 : wide > 120 ? 120 : wide < -120 ? -120 : wide;
                }
                memcpy(y, x, sizeof(float) * (size_t)(n + 1));
                nn_curve(nn, which, y, (size_t)n);
                for (int k = 0; k < n; k++) {
                    double right = define(which, (double)x[k]);

                    assert_true(fabs((double)y[k] - right) <= 4e-7 * (1 + fabs(right)));
                }
                assert_true(y[n] == x[n]);
            }
        }
        nn_close(nn);
    }
}

static void test_softmax_adds_up_to_one(void **state)
{
    float x[] = {-INFINITY, 1, 3, 90, 89};

    (void)state;
    nn_softmax(x, 5);
    assert_true(x[0] == 0 && fabsf(x[3] - 0.7310586f) < 1e-6f);
    assert_true(fabsf(x[0] + x[1] + x[2] + x[3] + x[4] - 1) < 1e-6f);
}

struct cell {
    int in, size;
    float *wi, *wh, *bi, *bh;
};

/* One step of one sequence in double precision. */
static void define_step(const struct cell *l, const float *x, double *h, double *c)
{
    int n = l->size;
    double *g = calloc((size_t)(4 * n), sizeof(*g));

    for (int r = 0; r < 4 * n; r++) {
        g[r] = (double)l->bi[r] + (double)l->bh[r];
        for (int k = 0; k < l->in; k++)
            g[r] += (double)l->wi[r * l->in + k] * (double)x[k];
        for (int k = 0; k < n; k++)
            g[r] += (double)l->wh[r * n + k] * h[k];
    }
    for (int k = 0; k < n; k++) {
        c[k] = define(NN_SIGMOID, g[n + k]) * c[k] + define(NN_SIGMOID, g[k]) * tanh(g[2 * n + k]);
        h[k] = define(NN_SIGMOID, g[3 * n + k]) * tanh(c[k]);
    }
    free(g);
}

static void check_lstm(struct nn *nn, int in, int size, int steps, int rows)
{
    size_t n = (size_t)size, gates = 4 * n, each = (size_t)rows * n;
    struct cell d = {in,
                     size,
                     random_floats(gates * (size_t)in),
                     random_floats(gates * n),
                     random_floats(gates),
                     random_floats(gates)};
    float *x = random_floats((size_t)steps * (size_t)rows * (size_t)in);
    float *h = random_floats(each), *c = random_floats(each);
    float *out = malloc((size_t)steps * each * sizeof(float));
    double *hd = malloc(each * sizeof(double)), *cd = malloc(each * sizeof(double));
    struct nn_lstm l;

    for (size_t i = 0; i < gates * n; i++)
        d.wh[i] *= 0.1f;
    for (size_t i = 0; i < each; i++) {
        hd[i] = (double)h[i];
        cd[i] = (double)c[i];
    }
    assert_int_equal(nn_lstm_pack(&l, nn, d.wi, d.wh, d.bi, d.bh, in, size, NULL), 0);
    nn_lstm_run(nn, &l, x, steps, rows, h, c, out);
    for (int t = 0; t < steps; t++) {
        for (int r = 0; r < rows; r++) {
            size_t at = (size_t)r * n;

            define_step(&d, x + (size_t)(t * rows + r) * (size_t)in, hd + at, cd + at);
            for (size_t k = 0; k < n; k++)
                assert_true(fabs((double)out[(size_t)t * each + at + k] - hd[at + k]) < 2e-5);
        }
    }
    for (size_t i = 0; i < each; i++) {
        assert_true(fabs((double)h[i] - hd[i]) < 2e-5);
        assert_true(fabs((double)c[i] - cd[i]) < 5e-5);
    }
    nn_lstm_release(&l);
    free(d.wi);
    free(d.wh);
    free(d.bi);
    free(d.bh);
    free(x);
    free(h);
    free(c);
    free(out);
    free(hd);
    free(cd);
}

static void test_recurrent_layers_follow_their_definition(void **state)
{
    (void)state;
    for (int i = 0; nn_isa_available(i); i++) {
        struct nn *nn = open_kernels(nn_isa_available(i), 2);

        check_lstm(nn, 1, 16, 1, 1);
        check_lstm(nn, 40, 48, 7, 3);
        check_lstm(nn, 64, 32, 3, 11);
        nn_close(nn);
    }
}

static void test_a_recurrent_layer_of_an_odd_size_is_refused(void **state)
{
    static const float w[4 * 20 * 20];
    struct nn *nn = open_kernels("plain", 1);
    struct nn_lstm l;

    (void)state;
    assert_int_equal(nn_lstm_pack(&l, nn, w, w, w, w, 20, 20, NULL), UV_ENOTSUP);
    nn_close(nn);
}

/* More than any machine has addresses for: nothing is computed, and that is told once. */
static void test_arithmetic_without_memory_says_so(void **state)
{
    static const float w[4 * 16 * 16], bias[4 * 16];
    float x[16] = {0}, h[16] = {0}, c[16] = {0};
    struct nn *nn;
    struct nn_lstm l;

    (void)state;
    if (SANITIZED) /* its allocator ends the program instead */
        skip();
    nn = open_kernels("plain", 1);
    assert_int_equal(nn_lstm_pack(&l, nn, w, w, bias, bias, 16, 16, NULL), 0);
    assert_false(nn_starved(nn));
    nn_lstm_run(nn, &l, x, 1 << 24, 1 << 20, h, c, NULL);
    assert_true(nn_starved(nn));
    assert_false(nn_starved(nn));
    nn_lstm_run(nn, &l, x, 1, 1, h, c, NULL); /* and with less it goes on */
    assert_false(nn_starved(nn));
    nn_lstm_release(&l);
    nn_close(nn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curves_follow_their_definitions),
        cmocka_unit_test(test_softmax_adds_up_to_one),
        cmocka_unit_test(test_recurrent_layers_follow_their_definition),
        cmocka_unit_test(test_a_recurrent_layer_of_an_odd_size_is_refused),
        cmocka_unit_test(test_arithmetic_without_memory_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

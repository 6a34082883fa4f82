/**
 * @file nn/layers.c  Layers built from linear layers and curves: softmax, long short-term memory
 */
#include "nn/kernels_isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CURVE_STEP = 1 << 14 }; /* floats per chunk: a few microseconds */

struct curve_job {
    const struct nn_isa *isa;
    enum nn_curve which;
    float *x;
    size_t count;
};

static void curve_chunk(void *arg, int chunk, int worker)
{
    const struct curve_job *j = arg;
    size_t first = (size_t)chunk * CURVE_STEP, left = j->count - first;

    (void)worker;
    j->isa->curve(j->which, j->x + first, left < CURVE_STEP ? left : CURVE_STEP);
}

void nn_curve(struct nn *nn, enum nn_curve which, float *x, size_t count)
{
    struct curve_job j = {nn->isa, which, x, count};

    nn_pool_run(nn->pool, (int)((count + CURVE_STEP - 1) / CURVE_STEP), curve_chunk, &j);
}

void nn_softmax(float *x, size_t count)
{
    float max = -INFINITY, sum = 0;

    for (size_t i = 0; i < count; i++)
        max = x[i] > max ? x[i] : max;
    for (size_t i = 0; i < count; i++) {
        x[i] = expf(x[i] - max);
        sum += x[i];
    }
    for (size_t i = 0; i < count; i++)
        x[i] /= sum;
}

int nn_lstm_pack(struct nn_lstm *l, struct nn *nn, const float *w_ih, const float *w_hh,
                 const float *b_ih, const float *b_hh, int in, int size, struct errbuf *why)
{
    struct nn_part parts[] = {{NN_F32, w_ih, 4 * size}, {NN_F32, w_hh, 4 * size}};
    struct nn_lstm made = {.in = in, .size = size};
    int err;

    if (size % 16)
        return err_set(why, UV_ENOTSUP, "a recurrent layer of %d is no multiple of 16", size);
    made.bias = nn_floats(4 * (size_t)size);
    if (!made.bias)
        return err_set(why, UV_ENOMEM, "not enough memory for the model");
    for (int i = 0; i < 4 * size; i++)
        made.bias[i] = b_ih[i] + b_hh[i];
    err = nn_matrix_pack(&made.input, nn, &parts[0], 1, in, why);
    if (!err)
        err = nn_matrix_pack(&made.hidden, nn, &parts[1], 1, size, why);
    if (err)
        nn_lstm_release(&made);
    else
        *l = made;
    return err;
}

void nn_lstm_release(struct nn_lstm *l)
{
    nn_matrix_free(l->input);
    nn_matrix_free(l->hidden);
    free(l->bias);
    memset(l, 0, sizeof(*l));
}

void nn_lstm_run(struct nn *nn, const struct nn_lstm *l, const float *x, int steps, int rows,
                 float *h, float *c, float *out)
{
    size_t size = (size_t)l->size, step = (size_t)rows * 4 * size;
    float *gates = nn_scratch_need(nn, &nn->gates, (size_t)steps * step * sizeof(float));

    if (!gates)
        return;
    /* The input's contribution to all steps is one product; the state's is one product per step. */
    nn_linear(nn, &(struct nn_linear){
                      .w = l->input, .x = x, .n = steps * rows, .bias = l->bias, .y = gates});
    for (int t = 0; t < steps; t++, gates += step) {
        nn_linear(nn, &(struct nn_linear){
                          .w = l->hidden, .x = h, .n = rows, .residual = gates, .y = gates});
        for (size_t r = 0; r < (size_t)rows; r++)
            nn->isa->lstm_cell(gates + r * 4 * size, size, h + r * size, c + r * size);
        if (out)
            memcpy(out + (size_t)t * (size_t)rows * size, h, (size_t)rows * size * sizeof(float));
    }
}

/**
 * @file asr/turn/silero.c  Silero's network; see silero.h
 *
 * Rows are successive frames; a convolution of width 3 is a matrix applied to three successive
 * rows, padded with rows of zeros (nn_conv_pack).
 */
#include "asr/turn/silero.h"

#include "nn/nn.h"
#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FFT = 256, /* samples per spectrum */
    HOP = 128,
    BINS = FFT / 2 + 1,
    FRAMES = 4,
    INPUT = SILERO_CONTEXT + SILERO_WINDOW,
    REFLECTED = 64, /* samples mirrored at the end */
    CONVS = 4,
    WIDEST = BINS, /* most values in a row */
};

static const struct {
    int in, out, stride;
} shapes[CONVS] = {{BINS, 128, 1}, {128, 64, 2}, {64, 64, 2}, {64, SILERO_STATE, 1}};

struct silero_model {
    struct nn_matrix *spectrum; /* [2 * BINS, FFT]: real parts, then imaginary ones */
    struct nn_matrix *conv[CONVS];
    float bias[CONVS][SILERO_STATE];
    struct nn_lstm lstm;
    float out[SILERO_STATE];
    float out_bias;
};

/* ---- loading ------------------------------------------------------------------------------ */

struct loader {
    struct silero_model *m;
    const struct nn_weights *w;
    struct nn *nn;
    struct errbuf *why;
};

/** The numbers of a tensor; free them with free(). NULL: *err says why. */
static float *floats(struct loader *l, const char *name, size_t count, int *err)
{
    float *x = *err ? NULL : nn_floats(count);

    if (!x && !*err)
        *err = err_set(l->why, UV_ENOMEM, "not enough memory for the model");
    if (!*err)
        *err = nn_weights_floats(l->w, name, count, x, l->why);
    if (*err) {
        free(x);
        return NULL;
    }
    return x;
}

static int load_spectrum(struct loader *l)
{
    int err = 0;
    float *x = floats(l, "model.stft.forward_basis_buffer", 2 * BINS * FFT, &err);
    struct nn_part part = {NN_F32, x, 2 * BINS};

    if (!err)
        err = nn_matrix_pack(&l->m->spectrum, l->nn, &part, 1, FFT, l->why);
    free(x);
    return err;
}

static int load_conv(struct loader *l, int i)
{
    size_t in = (size_t)shapes[i].in, out = (size_t)shapes[i].out;
    char name[64];
    float *x;
    int err = 0;

    snprintf(name, sizeof(name), "model.encoder.%d.reparam_conv.weight", i);
    x = floats(l, name, out * in * 3, &err);
    if (!err)
        err = nn_conv_pack(&l->m->conv[i], l->nn, NN_F32, x, (int)out, (int)in, l->why);
    free(x);
    snprintf(name, sizeof(name), "model.encoder.%d.reparam_conv.bias", i);
    return err ? err : nn_weights_floats(l->w, name, out, l->m->bias[i], l->why);
}

static int load_lstm(struct loader *l)
{
    size_t n = SILERO_STATE;
    int err = 0;
    float *wi = floats(l, "model.decoder.rnn.weight_ih", 4 * n * n, &err);
    float *wh = floats(l, "model.decoder.rnn.weight_hh", 4 * n * n, &err);
    float *bi = floats(l, "model.decoder.rnn.bias_ih", 4 * n, &err);
    float *bh = floats(l, "model.decoder.rnn.bias_hh", 4 * n, &err);

    if (!err)
        err = nn_lstm_pack(&l->m->lstm, l->nn, wi, wh, bi, bh, (int)n, (int)n, l->why);
    free(wi);
    free(wh);
    free(bi);
    free(bh);
    return err;
}

static int load_all(struct loader *l)
{
    int err = load_spectrum(l);

    for (int i = 0; i < CONVS && !err; i++)
        err = load_conv(l, i);
    if (!err)
        err = load_lstm(l);
    if (!err)
        err = nn_weights_floats(l->w, "model.decoder.decoder.2.weight", SILERO_STATE, l->m->out,
                                l->why);
    return err ? err
               : nn_weights_floats(l->w, "model.decoder.decoder.2.bias", 1, &l->m->out_bias,
                                   l->why);
}

int silero_load(struct silero_model **mp, const char *path, struct nn *nn, struct errbuf *why)
{
    struct loader l = {.nn = nn, .why = why};
    struct nn_weights *w = NULL;
    int err = nn_weights_open(&w, path, why);

    if (err)
        return err;
    l.w = w;
    l.m = calloc(1, sizeof(*l.m));
    err = l.m ? load_all(&l) : err_set(why, UV_ENOMEM, "not enough memory for the model");
    nn_weights_close(w);
    if (err) {
        silero_unload(l.m);
        return err_prefix(why, err, "%.300s is not the voice activity network expected", path);
    }
    *mp = l.m;
    return 0;
}

void silero_unload(struct silero_model *m)
{
    if (!m)
        return;
    nn_matrix_free(m->spectrum);
    for (int i = 0; i < CONVS; i++)
        nn_matrix_free(m->conv[i]);
    nn_lstm_release(&m->lstm);
    free(m);
}

/* ---- running ------------------------------------------------------------------------------ */

void silero_reset(struct silero *s)
{
    memset(s, 0, sizeof(*s));
}

/** The previous samples, the new ones, and the end mirrored without its last sample. */
static void lay_out(struct silero *s, const float *pcm, float *x)
{
    memcpy(x, s->context, sizeof(s->context));
    memcpy(x + SILERO_CONTEXT, pcm, SILERO_WINDOW * sizeof(float));
    for (int i = 0; i < REFLECTED; i++)
        x[INPUT + i] = x[INPUT - 2 - i];
    memcpy(s->context, pcm + SILERO_WINDOW - SILERO_CONTEXT, sizeof(s->context));
}

float silero_step(const struct silero_model *m, struct nn *nn, struct silero *s,
                  const float pcm[SILERO_WINDOW])
{
    float x[INPUT + REFLECTED], parts[FRAMES][2 * BINS];
    float rows[2][(FRAMES + 2) * WIDEST] = {{0}}; /* padded with rows of zeros */
    int n = FRAMES;
    float sum;

    lay_out(s, pcm, x);
    nn_linear(
        nn, &(struct nn_linear){.w = m->spectrum, .x = x, .ldx = HOP, .n = FRAMES, .y = parts[0]});
    for (int t = 0; t < FRAMES; t++) {
        for (int k = 0; k < BINS; k++)
            rows[0][(t + 1) * BINS + k] =
                sqrtf(parts[t][k] * parts[t][k] + parts[t][BINS + k] * parts[t][BINS + k]);
    }
    for (int i = 0; i < CONVS; i++) {
        size_t in = (size_t)shapes[i].in, out = (size_t)shapes[i].out;
        float *from = rows[i % 2], *to = rows[(i + 1) % 2];

        memset(to, 0, sizeof(rows[0]));
        n = (n - 1) / shapes[i].stride + 1;
        nn_linear(nn, &(struct nn_linear){.w = m->conv[i],
                                          .x = from,
                                          .ldx = (size_t)shapes[i].stride * in,
                                          .n = n,
                                          .bias = m->bias[i],
                                          .y = to + out});
        nn_curve(nn, NN_RELU, to + out, (size_t)n * out);
    }
    nn_lstm_run(nn, &m->lstm, rows[CONVS % 2] + SILERO_STATE, 1, 1, s->h, s->c, NULL);
    sum = m->out_bias;
    for (int k = 0; k < SILERO_STATE; k++)
        sum += m->out[k] * (s->h[k] > 0 ? s->h[k] : 0);
    return 1 / (1 + expf(-sum));
}

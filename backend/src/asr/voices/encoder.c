/**
 * @file asr/voices/encoder.c  Resemblyzer's speaker encoder; see encoder.h
 */
#include "asr/voices/encoder.h"

#include "audio/mel.h"
#include "nn/nn.h"
#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BANDS = 40,
    LAYERS = 3,
    SIZE = VOICE_DIMENSIONS,
    PIECE = 160, /* frames */
    STEP = 80,
    EDGE = MEL_FRAME / 2, /* zeros before and after the audio */
    PIECES_AT_ONCE = 8,
};

static const float LOUDNESS = 0.0316227766f; /* -30 dBFS */

struct voice_encoder {
    struct mel_bank *mel;
    struct nn_lstm lstm[LAYERS];
    struct nn_matrix *out;
    float bias[SIZE];
};

/* ---- loading ------------------------------------------------------------------------------ */

static int load_layer(struct voice_encoder *e, int layer, const struct nn_weights *w, struct nn *nn,
                      struct errbuf *why)
{
    size_t in = layer ? SIZE : BANDS;
    const size_t gates = 4 * SIZE;
    const struct {
        const char *name;
        size_t count;
    } parts[] = {{"weight_ih", gates * in},
                 {"weight_hh", gates * SIZE},
                 {"bias_ih", gates},
                 {"bias_hh", gates}};
    float *x[4] = {NULL};
    char name[64];
    int err = 0;

    for (int i = 0; i < 4 && !err; i++) {
        snprintf(name, sizeof(name), "lstm.%s_l%d", parts[i].name, layer);
        x[i] = nn_floats(parts[i].count);
        err = x[i] ? nn_weights_floats(w, name, parts[i].count, x[i], why)
                   : err_set(why, UV_ENOMEM, "not enough memory for the model");
    }
    if (!err)
        err = nn_lstm_pack(&e->lstm[layer], nn, x[0], x[1], x[2], x[3], (int)in, SIZE, why);
    for (int i = 0; i < 4; i++)
        free(x[i]);
    return err;
}

static int load_out(struct voice_encoder *e, const struct nn_weights *w, struct nn *nn,
                    struct errbuf *why)
{
    float *x = nn_floats((size_t)SIZE * SIZE);
    struct nn_part part = {NN_F32, x, SIZE};
    int err = x ? nn_weights_floats(w, "linear.weight", (size_t)SIZE * SIZE, x, why)
                : err_set(why, UV_ENOMEM, "not enough memory for the model");

    if (!err)
        err = nn_matrix_pack(&e->out, nn, &part, 1, SIZE, why);
    free(x);
    return err ? err : nn_weights_floats(w, "linear.bias", SIZE, e->bias, why);
}

int voice_encoder_load(struct voice_encoder **ep, const char *path, struct nn *nn,
                       struct errbuf *why)
{
    struct voice_encoder *e = NULL;
    struct nn_weights *w = NULL;
    int err = nn_weights_open(&w, path, why);

    if (err)
        return err;
    e = calloc(1, sizeof(*e));
    if (!e || mel_bank_open(&e->mel, BANDS))
        err = err_set(why, UV_ENOMEM, "not enough memory for the model");
    for (int layer = 0; layer < LAYERS && !err; layer++)
        err = load_layer(e, layer, w, nn, why);
    if (!err)
        err = load_out(e, w, nn, why);
    nn_weights_close(w);
    if (err) {
        voice_encoder_unload(e);
        return err_prefix(why, err, "%.300s is not the network expected for voices", path);
    }
    *ep = e;
    return 0;
}

void voice_encoder_unload(struct voice_encoder *encoder)
{
    if (!encoder)
        return;
    mel_bank_close(encoder->mel);
    for (int i = 0; i < LAYERS; i++)
        nn_lstm_release(&encoder->lstm[i]);
    nn_matrix_free(encoder->out);
    free(encoder);
}

/* ---- encoding ----------------------------------------------------------------------------- */

/** Mel bands of all frames at the loudness that the network was trained on, padded with zeros to a
 *  whole piece. */
static float *bands_of(const struct voice_encoder *e, const int16_t *pcm, size_t n, size_t *frames)
{
    size_t whole = n / MEL_HOP + 1, cap = whole > PIECE ? whole : PIECE;
    float *x = calloc(n + 2 * EDGE, sizeof(*x));
    float *out = calloc(cap * BANDS, sizeof(*out));
    double sum = 0;
    float gain;

    if (!x || !out) {
        free(x);
        free(out);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        sum += (double)pcm[i] * pcm[i];
    gain = (float)(LOUDNESS / fmax(sqrt(sum / (double)n) / 32768, 1e-6) / 32768);
    for (size_t i = 0; i < n; i++)
        x[EDGE + i] = (float)pcm[i] * gain;
    mel_frames(e->mel, x, whole, out);
    free(x);
    *frames = cap;
    return out;
}

/** Adds the points of a few pieces, from frame `first` on, to the sum. */
static int add_pieces(const struct voice_encoder *e, struct nn *nn, const float *bands,
                      size_t first, int pieces, float *sum)
{
    size_t rows = (size_t)pieces, size = (size_t)PIECE * rows * SIZE;
    float *x = calloc(2 * size, sizeof(*x)), *y = x ? x + size : NULL;
    float h[PIECES_AT_ONCE * SIZE], c[PIECES_AT_ONCE * SIZE], point[SIZE];

    if (!x)
        return UV_ENOMEM;
    for (size_t t = 0; t < PIECE; t++) {
        for (size_t p = 0; p < rows; p++)
            memcpy(x + (t * rows + p) * BANDS, bands + (first + p * STEP + t) * BANDS,
                   BANDS * sizeof(*x));
    }
    for (int layer = 0; layer < LAYERS; layer++) {
        float *from = layer % 2 ? y : x, *to = layer % 2 ? x : y;

        memset(h, 0, sizeof(h));
        memset(c, 0, sizeof(c));
        nn_lstm_run(nn, &e->lstm[layer], from, PIECE, pieces, h, c, to);
    }
    for (size_t p = 0; p < rows; p++) {
        float length = 0;

        nn_linear(nn, &(struct nn_linear){
                          .w = e->out, .x = h + p * SIZE, .n = 1, .bias = e->bias, .y = point});
        nn_curve(nn, NN_RELU, point, SIZE);
        for (int i = 0; i < SIZE; i++)
            length += point[i] * point[i];
        for (int i = 0; i < SIZE && length > 0; i++)
            sum[i] += point[i] / sqrtf(length);
    }
    free(x);
    return 0;
}

int voice_encode(const struct voice_encoder *encoder, struct nn *nn, const int16_t *pcm, size_t n,
                 float voice[VOICE_DIMENSIONS])
{
    float sum[SIZE] = {0}, length = 0;
    size_t frames, pieces;
    float *bands = bands_of(encoder, pcm, n, &frames);
    int err = bands ? 0 : UV_ENOMEM;

    pieces = err ? 0 : (frames - PIECE) / STEP + 1;
    for (size_t at = 0, some; at < pieces && !err; at += some) {
        some = pieces - at < PIECES_AT_ONCE ? pieces - at : PIECES_AT_ONCE;
        err = add_pieces(encoder, nn, bands, at * STEP, (int)some, sum);
    }
    free(bands);
    if (err)
        return err;
    for (int i = 0; i < SIZE; i++)
        length += sum[i] * sum[i];
    for (int i = 0; i < SIZE; i++)
        voice[i] = length > 0 ? sum[i] / sqrtf(length) : 0;
    return 0;
}

float voice_alike(const float a[VOICE_DIMENSIONS], const float b[VOICE_DIMENSIONS])
{
    float sum = 0;

    for (int i = 0; i < VOICE_DIMENSIONS; i++)
        sum += a[i] * b[i];
    return sum;
}

/**
 * @file asr/whisper/silence.c  Encoding a window of silence and keeping it; see silence.h
 */
#include "asr/whisper/silence.h"

#include "asr/whisper/encoder.h"

#include <stdlib.h>

static const float SILENT_MEL = -0.60f;

/* Keeps the end of the encoded states, [1500][state]. */
static void keep_states(struct whisper_silence *s, const float *encoded)
{
    size_t state = (size_t)s->model->shape.n_audio_state;
    size_t first = WHISPER_AUDIO_CTX - WHISPER_SILENCE_HEARD;

    nn_f32_to_f16(encoded + first * state, s->states, WHISPER_SILENCE_HEARD * state);
}

static int encode_silence(struct whisper_silence *s, struct nn *nn, whisper_stop_fn *stop,
                          void *arg, struct errbuf *why)
{
    const struct whisper_shape *shape = &s->model->shape;
    size_t mel_len = 2 * (size_t)WHISPER_AUDIO_CTX * (size_t)shape->n_mels;
    size_t state = (size_t)shape->n_audio_state;
    float *mel = nn_floats(mel_len + WHISPER_AUDIO_CTX * state);
    struct whisper_compute c;
    int err;

    if (!mel)
        return err_set(why, UV_ENOMEM, "not enough memory to encode silence");
    whisper_compute_init(&c, s->model, nn);
    c.stop = stop;
    c.stop_arg = arg;
    for (size_t i = 0; i < mel_len; i++)
        mel[i] = SILENT_MEL;
    err = whisper_encode_keeping(&c, mel, WHISPER_AUDIO_CTX, mel + mel_len, s->layers, why);
    if (!err)
        keep_states(s, mel + mel_len);
    whisper_compute_release(&c);
    free(mel);
    return err;
}

int whisper_silence_open(struct whisper_silence **sp, const struct whisper_model *m, struct nn *nn,
                         whisper_stop_fn *stop, void *arg, struct errbuf *why)
{
    struct whisper_silence *s = calloc(1, sizeof(*s));
    int err = UV_ENOMEM;

    if (s) {
        s->model = m;
        s->layers = calloc((size_t)m->shape.n_audio_layer, sizeof(struct nn_kept *));
        s->states =
            malloc(WHISPER_SILENCE_HEARD * (size_t)m->shape.n_audio_state * sizeof(uint16_t));
    }
    if (!s || !s->layers || !s->states)
        err_set(why, err, "not enough memory to keep silence");
    else
        err = encode_silence(s, nn, stop, arg, why);
    if (err) {
        whisper_silence_close(s);
        return err;
    }
    *sp = s;
    return 0;
}

void whisper_silence_close(struct whisper_silence *s)
{
    if (!s)
        return;
    for (int i = 0; s->layers && i < s->model->shape.n_audio_layer; i++)
        nn_kept_close(s->layers[i]);
    free(s->layers);
    free(s->states);
    free(s);
}

size_t whisper_silence_bytes(const struct whisper_silence *s)
{
    size_t n = WHISPER_SILENCE_HEARD * (size_t)s->model->shape.n_audio_state * sizeof(uint16_t);

    for (int i = 0; i < s->model->shape.n_audio_layer; i++)
        n += nn_kept_bytes(s->layers[i]);
    return n;
}

int whisper_silence_heard(const struct whisper_silence *s, int ctx)
{
    int room = WHISPER_AUDIO_CTX - ctx;

    return !s ? ctx : ctx + (room < WHISPER_SILENCE_HEARD ? room : WHISPER_SILENCE_HEARD);
}

void whisper_silence_append(const struct whisper_silence *s, int ctx, float *out)
{
    size_t state = (size_t)s->model->shape.n_audio_state;
    size_t n = (size_t)(whisper_silence_heard(s, ctx) - ctx);

    nn_f16_to_f32(s->states + (WHISPER_SILENCE_HEARD - n) * state, out + (size_t)ctx * state,
                  n * state);
}

/**
 * @file asr/whisper/listen.c  Encoding one window; see listen.h
 */
#include "asr/whisper/listen.h"

#include <stdlib.h>

int whisper_trimmed_ctx(size_t frames, int pad_ms)
{
    size_t ctx = (frames + (size_t)pad_ms / 10 + 1) / 2;

    ctx = (ctx + WHISPER_CTX_STEP - 1) / WHISPER_CTX_STEP * WHISPER_CTX_STEP;
    if (ctx < WHISPER_CTX_MIN)
        return WHISPER_CTX_MIN;
    return ctx < WHISPER_AUDIO_CTX ? (int)ctx : WHISPER_AUDIO_CTX;
}

int whisper_listen(struct whisper_decoder *d, struct whisper_compute *c,
                   const struct whisper_mel *mel, int seek, int ctx)
{
    const struct whisper_shape *s = &d->model->shape;
    size_t mel_len = 2 * (size_t)ctx * (size_t)s->n_mels;
    int heard = whisper_silence_heard(c->silence, ctx);
    size_t need = mel_len + (size_t)heard * (size_t)s->n_audio_state;
    int err;

    if (need > c->window_len) {
        free(c->window);
        c->window_len = 0;
        c->window = nn_floats(need);
        if (!c->window)
            return UV_ENOMEM;
        c->window_len = need;
    }
    whisper_mel_window(mel, (size_t)seek, 2 * (size_t)ctx, c->window);
    err = whisper_encode(c, c->window, ctx, c->window + mel_len, NULL);
    if (!err && c->silence)
        whisper_silence_append(c->silence, ctx, c->window + mel_len);
    return err ? err : whisper_decoder_hear(d, c, c->window + mel_len, heard);
}

/**
 * @file whisper-probe/trim.c  What trimming the encoder's context changes
 *
 * The encoder was trained on 30-second windows. For several contexts: how far the encoded audio is
 * from that of the full window, and whether the decoder picks the same tokens when it is led along
 * the tokens of the full window.
 */
#include "whisper-probe/probe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 32 };

struct trim {
    struct probe *p;
    struct whisper_decoder d;
    float *mel;
    float *full; /* encoded */
    float *enc;
    int ids[TOKENS];
    float *logits; /* [TOKENS][n_vocab] of the full window */
};

static int top_of(const float *x, int n)
{
    int best = 0;

    for (int i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

/* Encode ctx positions and decode: freely into ids when keep, else along them. */
static int decode_with(struct trim *t, int ctx, bool keep, int *same, double *rms)
{
    const struct whisper_vocab *v = t->p->model->vocab;
    size_t n_vocab = (size_t)v->n_vocab;
    int ids[8];
    int n = whisper_prompt_init(v, 0, false, false, ids);
    int pos = 0;
    double squares = 0.0;
    int code = whisper_encode(&t->p->c, t->mel, ctx, keep ? t->full : t->enc, NULL);

    if (!code)
        code = whisper_decoder_hear(&t->d, &t->p->c, keep ? t->full : t->enc, ctx);
    *same = 0;
    for (int i = 0; i < TOKENS && !code; i++) {
        code =
            whisper_decode(&t->d, &t->p->c,
                           &(struct whisper_batch){.tokens = ids, .n = n, .pos = pos, .logits = 1});
        if (code)
            break;
        pos += n;
        if (keep) {
            t->ids[i] = top_of(t->p->c.logits, v->beg);
            memcpy(t->logits + (size_t)i * n_vocab, t->p->c.logits, n_vocab * sizeof(float));
        }
        *same += top_of(t->p->c.logits, v->beg) == t->ids[i];
        for (size_t k = 0; k < n_vocab; k++) {
            double diff = (double)(t->p->c.logits[k] - t->logits[(size_t)i * n_vocab + k]);

            squares += diff * diff;
        }
        ids[0] = t->ids[i];
        n = 1;
    }
    *rms = sqrt(squares / TOKENS / (double)n_vocab);
    return code;
}

static void encoded_diff(const struct trim *t, int positions, double *rms, double *max)
{
    size_t n = (size_t)positions * (size_t)t->p->model->shape.n_audio_state;
    double squares = 0.0;

    *max = 0.0;
    for (size_t i = 0; i < n; i++) {
        double diff = fabs((double)(t->enc[i] - t->full[i]));

        squares += diff * diff;
        *max = diff > *max ? diff : *max;
    }
    *rms = sqrt(squares / (double)n);
}

static int run(struct trim *t)
{
    static const int pads[] = {0, 250, 500, 1000, 2000, 5000, 10000};
    size_t frames = t->p->n / WHISPER_HOP;
    int audio = (int)(frames + 1) / 2;
    double rms, max, logits;
    int same;
    int code = decode_with(t, WHISPER_AUDIO_CTX, true, &same, &logits);

    printf("%s, %.2f s of audio: %d positions\n", t->p->model->name, (double)t->p->n / WHISPER_RATE,
           audio);
    for (size_t i = 0; i < sizeof(pads) / sizeof(pads[0]) && !code; i++) {
        int ctx = whisper_trimmed_ctx(frames, pads[i]);

        code = decode_with(t, ctx, false, &same, &logits);
        encoded_diff(t, audio < ctx ? audio : ctx, &rms, &max);
        if (!code)
            printf("pad %5d ms: context %4d  encoded rms %.4f max %.4f  logits rms %.4f  "
                   "tokens %d of %d\n",
                   pads[i], ctx, rms, max, logits, same, TOKENS);
    }
    return code;
}

int probe_trim(struct probe *p, struct errbuf *err)
{
    const struct whisper_shape *s = &p->model->shape;
    size_t wide = (size_t)WHISPER_AUDIO_CTX * (size_t)s->n_audio_state;
    struct trim t = {.p = p};
    struct whisper_mel mel;
    int code = whisper_decoder_init(&t.d, p->model, 1, false, err);

    if (code)
        return 2;
    t.mel = malloc(2 * (size_t)WHISPER_AUDIO_CTX * (size_t)s->n_mels * sizeof(float));
    t.full = malloc(wide * sizeof(float));
    t.enc = malloc(wide * sizeof(float));
    t.logits = malloc((size_t)TOKENS * (size_t)s->n_vocab * sizeof(float));
    code = t.mel && t.full && t.enc && t.logits ? 0 : UV_ENOMEM;
    whisper_mel_init(&mel, p->model->mel);
    if (!code)
        code = whisper_mel_feed(&mel, p->pcm, p->n);
    if (!code) {
        whisper_mel_window(&mel, 0, 2 * (size_t)WHISPER_AUDIO_CTX, t.mel);
        code = run(&t);
    }
    whisper_mel_release(&mel);
    whisper_decoder_release(&t.d);
    free(t.mel);
    free(t.full);
    free(t.enc);
    free(t.logits);
    return code ? err_set(err, code, "cannot compare: %s", uv_strerror(code)), 2 : 0;
}

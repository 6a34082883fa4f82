/**
 * @file asr/voices/phrase.c  The speech in a phrase; see phrase.h
 */
#include "asr/voices/phrase.h"

#include "audio/vad.h"

#include <string.h>

enum { ROUND_MS = 60 }; /* kept before and after a voice */

struct speech {
    int16_t *to;
    size_t n, max;
};

static void on_vad(const struct vad_event *e, void *arg)
{
    struct speech *s = arg;
    size_t some = e->n;

    if (e->kind != VAD_AUDIO)
        return;
    if (some > s->max - s->n)
        some = s->max - s->n;
    memcpy(s->to + s->n, e->pcm, some * sizeof(*s->to));
    s->n += some;
}

size_t voice_phrase(const int16_t *pcm, size_t n, int16_t *speech, size_t max)
{
    struct vad_params params = vad_params_defaults();
    struct speech s = {.to = speech, .max = max};
    struct vad *vad = NULL;

    params.pre_roll_ms = params.eager_ms = ROUND_MS;
    params.hangover_ms = 2 * ROUND_MS;
    if (vad_open(&vad, &params))
        return 0;
    for (size_t at = 0; at < n && s.n < max; at += VAD_FRAME)
        vad_feed(vad, pcm + at, n - at < VAD_FRAME ? n - at : VAD_FRAME, on_vad, &s);
    vad_flush(vad, on_vad, &s);
    vad_close(vad);
    return s.n;
}

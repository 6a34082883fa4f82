/**
 * @file asr/speakers.c  Who speaks in which segment; see speakers.h
 */
#include "asr/speakers.h"

#include "asr/voices/people.h"
#include "nn/nn.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    MS = 16,                /* samples */
    CLIP_MOST = 8000 * MS,  /* from the middle of a segment: more adds nothing */
    CLIP_LEAST = 300 * MS,  /* the least that says anything about a voice */
    CLIP_ALONE = 1600 * MS, /* the least that can show a new person: a whole piece */
};

static int hear(const struct voice_encoder *encoder, struct nn *nn,
                const struct transcript_segment *s, const int16_t *samples, size_t n,
                struct people_clip *clip)
{
    size_t from = (size_t)s->start_ms * MS, to = (size_t)s->end_ms * MS;

    to = to < n ? to : n;
    if (from >= to || to - from < CLIP_LEAST)
        return 0;
    if (to - from > CLIP_MOST) {
        from += (to - from - CLIP_MOST) / 2;
        to = from + CLIP_MOST;
    }
    clip->ms = to - from >= CLIP_ALONE ? (uint32_t)((to - from) / MS) : 0;
    return voice_encode(encoder, nn, samples + from, to - from, clip->voice);
}

static int tell(struct transcript *t, const struct voice_encoder *encoder, struct nn *nn,
                const int16_t *samples, size_t n)
{
    struct people_clip *clips = calloc(t->segment_count + 1, sizeof(*clips));
    int *who = calloc(t->segment_count + 1, sizeof(*who));
    int err = clips && who ? 0 : UV_ENOMEM;

    for (size_t i = 0; i < t->segment_count && !err; i++)
        err = hear(encoder, nn, &t->segments[i], samples, n, &clips[i]);
    if (!err)
        err = people_group(clips, t->segment_count, who);
    for (size_t i = 0; i < t->segment_count && !err; i++)
        t->segments[i].speaker = who[i];
    t->speakers = !err;
    free(clips);
    free(who);
    return err;
}

int transcript_speakers(struct transcript *t, const char *network, const int16_t *samples, size_t n,
                        struct errbuf *why)
{
    struct voice_encoder *encoder = NULL;
    struct nn *nn = NULL;
    int err;

    if (access(network, R_OK))
        return err_set(why, UV_ENOENT,
                       "the network of voices is not here; to get it (17 MB): "
                       "interviewd models get voices");
    err = nn_open(&nn, 1, NULL, why);
    if (!err)
        err = voice_encoder_load(&encoder, network, nn, why);
    if (!err)
        err = tell(t, encoder, nn, samples, n);
    voice_encoder_unload(encoder);
    nn_close(nn);
    return err;
}

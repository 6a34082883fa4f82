/**
 * @file asr/whisper/heads.c  The table of alignment heads; see heads.h
 *
 * To add a model: the shape, then its heads as "layer.head" pairs.
 */
#include "asr/whisper/heads.h"

#include <string.h>

#define PAIRS(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) / 2

static const struct table {
    int state, layers;
    bool english;
    bool bands128;
    const uint8_t *pairs;
    size_t n;
} tables[] = {
    {384, 4, true, false, PAIRS(1, 0, 2, 0, 2, 5, 3, 0, 3, 1, 3, 2, 3, 3, 3, 4)},
    {384, 4, false, false, PAIRS(2, 2, 3, 0, 3, 2, 3, 3, 3, 4, 3, 5)},
    {512, 6, true, false, PAIRS(3, 3, 4, 7, 5, 1, 5, 5, 5, 7)},
    {512, 6, false, false, PAIRS(3, 1, 4, 2, 4, 3, 4, 7, 5, 1, 5, 2, 5, 4, 5, 6)},
    {768, 12, true, false,
     PAIRS(6, 6, 7, 0, 7, 3, 7, 8, 8, 2, 8, 5, 8, 7, 9, 0, 9, 4, 9, 8, 9, 10, 10, 0, 10, 1, 10, 2,
           10, 3, 10, 6, 10, 11, 11, 2, 11, 4)},
    {768, 12, false, false, PAIRS(5, 3, 5, 9, 8, 0, 8, 4, 8, 7, 8, 8, 9, 0, 9, 7, 9, 9, 10, 5)},
    {1024, 24, true, false,
     PAIRS(11, 4, 14, 1, 14, 12, 14, 14, 15, 4, 16, 0, 16, 4, 16, 9, 17, 12, 17, 14, 18, 7, 18, 10,
           18, 15, 20, 0, 20, 3, 20, 9, 20, 14, 21, 12)},
    {1024, 24, false, false, PAIRS(13, 15, 15, 4, 15, 15, 16, 1, 20, 0, 23, 4)},
    /* large-v2; large-v1 has the same shape and cannot be told from it */
    {1280, 32, false, false,
     PAIRS(10, 12, 13, 17, 16, 11, 16, 12, 16, 13, 17, 15, 17, 16, 18, 4, 18, 11, 18, 19, 19, 11,
           21, 2, 21, 3, 22, 3, 22, 9, 22, 12, 23, 5, 23, 7, 23, 13, 25, 5, 26, 1, 26, 12, 27, 15)},
    {1280, 32, false, true,
     PAIRS(7, 0, 10, 17, 12, 18, 13, 12, 16, 1, 17, 14, 19, 11, 21, 4, 24, 1, 25, 6)},
    {1280, 4, false, true, PAIRS(2, 4, 2, 11, 3, 3, 3, 6, 3, 11, 3, 14)},
};

static int upper_half(const struct whisper_shape *s, struct whisper_align_head *heads)
{
    int per_layer = s->n_text_head < 8 ? s->n_text_head : 8;
    int first = s->n_text_layer / 2;
    int n = 0;

    if ((s->n_text_layer - first) * per_layer > WHISPER_ALIGN_HEADS_MAX)
        first = s->n_text_layer - WHISPER_ALIGN_HEADS_MAX / per_layer;
    for (int layer = first; layer < s->n_text_layer; layer++) {
        for (int head = 0; head < per_layer; head++)
            heads[n++] = (struct whisper_align_head){(uint8_t)layer, (uint8_t)head};
    }
    return n;
}

int whisper_align_heads(const struct whisper_shape *s, struct whisper_align_head *heads)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        const struct table *t = &tables[i];

        if (t->state != s->n_text_state || t->layers != s->n_text_layer ||
            t->english != (s->n_vocab < 51865) || t->bands128 != (s->n_mels == 128))
            continue;
        for (size_t k = 0; k < t->n; k++)
            heads[k] = (struct whisper_align_head){t->pairs[2 * k], t->pairs[2 * k + 1]};
        return (int)t->n;
    }
    return upper_half(s, heads);
}

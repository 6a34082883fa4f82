/**
 * @file tools/speechlm/lm.c  Looking things up in a back-off model (Katz 1987)
 *
 *     P(w | u v) = p(u v w) if it is listed, else bow(u v) P(w | v); the same one word shorter.
 */
#include "lm.h"

#include <stdlib.h>

void lm_release(struct lm *lm)
{
    for (size_t i = 0; i < lm->v.count; i++)
        free(lm->v.word[i]);
    free(lm->v.word);
    free(lm->v.slot);
    free(lm->uni);
    free(lm->bow);
    free(lm->bi);
    free(lm->tri);
}

const struct gram *gram_find(const struct gram *g, size_t n, uint64_t key)
{
    size_t low = 0;

    while (n) {
        size_t half = n / 2;

        if (g[low + half].key < key) {
            low += half + 1;
            n -= half + 1;
        } else if (g[low + half].key > key) {
            n = half;
        } else {
            return &g[low + half];
        }
    }
    return NULL;
}

double lm_score2(const struct lm *lm, int32_t a, int32_t b)
{
    const struct gram *g = gram_find(lm->bi, lm->bis, key2(a, b));

    return g ? (double)g->prob : (double)lm->bow[a] + (double)lm->uni[b];
}

double lm_score3(const struct lm *lm, int32_t a, int32_t b, int32_t c)
{
    const struct gram *g = gram_find(lm->tri, lm->tris, key3(a, b, c));

    if (g)
        return (double)g->prob;
    g = gram_find(lm->bi, lm->bis, key2(a, b));
    return (g ? (double)g->bow : 0.0) + lm_score2(lm, b, c);
}

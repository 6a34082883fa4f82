/**
 * @file tools/speechlm/mix.c  One model out of the general one and the bank's counts
 *
 * The bank is small, so its counts correct the general model instead of standing beside it: the
 * general probability is the prior of a Bayesian estimate (MAP adaptation; with T, the number of
 * different followers, as the weight of the prior this is the smoothing of Witten and Bell 1991):
 *
 *     P1(w)     = (1 - a) G(w) + a c(w) / N                            a: unigram
 *     P2(w|v)   = (c(vw)  + k2 G(w|v))   / (c(v)  + k2)                k2 = prior2 T(v)
 *     P3(w|uv)  = (c(uvw) + k3 Q(w|uv))  / (c(uv) + k3)                k3 = prior3 T(uv)
 *     Q(w|uv)   = b P2(w|v) + (1 - b) G(w|uv)                          b: shorter
 *
 * Reserved words, which neither has seen, are each as likely as a word of V equally likely ones,
 * and the rest share what is left.
 *
 * Where the bank never was, the general model speaks almost unchanged: this is what a mixture with
 * one fixed weight cannot do, and why that one loses on ordinary speech. Back-off weights are
 * computed anew so that each distribution sums to one (Katz 1987).
 */
#include "lm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double MASS_MIN = 1e-6; /* a context keeps at least this for what it has not seen */

static const struct counted *counted_find(const struct counted *g, size_t n, uint64_t key)
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

/* Keys of both lists, each once, in order. */
static struct gram *merged(const struct gram *g, size_t n, const struct counted *c, size_t m,
                           size_t *count)
{
    struct gram *out = calloc(n + m + 1, sizeof(*out));
    size_t i = 0;
    size_t j = 0;

    if (!out)
        die("no memory for the mixed model");
    *count = 0;
    while (i < n || j < m) {
        uint64_t key = i < n && (j == m || g[i].key <= c[j].key) ? g[i].key : c[j].key;

        out[(*count)++].key = key;
        i += i < n && g[i].key == key;
        j += j < m && c[j].key == key;
    }
    return out;
}

struct context {
    double total; /* of the bank's counts after it */
    double types;
};

/* The bank's counts after a context: a run in the sorted list, found and passed by. */
static struct context context_of(const struct counted *c, size_t n, size_t *at, uint64_t context)
{
    struct context x = {0, 0};

    while (*at < n && c[*at].key >> WORD_BITS < context)
        (*at)++;
    for (; *at < n && c[*at].key >> WORD_BITS == context; (*at)++) {
        x.total += c[*at].n;
        x.types += c[*at].n < 1 ? c[*at].n : 1;
    }
    return x;
}

static double adapted(double n, double prior, const struct context *x, double weight)
{
    double k = weight * x->types;

    return x->total > 0 ? (n + k * prior) / (x->total + k) : prior;
}

static double left_over(double mass, double lower)
{
    double p = 1 - mass > MASS_MIN ? 1 - mass : MASS_MIN;
    double q = 1 - lower > MASS_MIN ? 1 - lower : MASS_MIN;

    return log(p / q);
}

static bool is_reserved(const char *word)
{
    return strncmp(word, RESERVED_PREFIX, strlen(RESERVED_PREFIX)) == 0;
}

static void mix_unigrams(struct lm *out, const struct lm *g, const struct counts *c,
                         const struct mix_params *params)
{
    int32_t start = vocabulary_find(&out->v, "<s>");
    double each = 1 / (double)out->v.count;
    double rest = 1 - (double)params->reserve * each;
    double a = params->unigram;

    for (size_t i = 0; i < out->v.count; i++) {
        double p = rest * ((1 - a) * exp((double)g->uni[i]) + a * c->uni[i] / c->words);

        if (is_reserved(out->v.word[i]))
            p = each;
        out->uni[i] = (int32_t)i == start ? (float)LOG_ZERO : (float)log(p);
    }
}

static void mix_bigrams(struct lm *out, const struct lm *g, const struct counts *c,
                        const struct mix_params *p)
{
    size_t seen = 0;

    for (size_t i = 0, j; i < out->bis; i = j) {
        uint64_t v = out->bi[i].key >> WORD_BITS;
        struct context x = context_of(c->bi, c->bis, &seen, v);
        double mass = 0;
        double lower = 0;

        for (j = i; j < out->bis && out->bi[j].key >> WORD_BITS == v; j++) {
            struct gram *gram = &out->bi[j];
            int32_t w = key_word(gram->key, 0);
            const struct counted *n = counted_find(c->bi, c->bis, gram->key);
            double q = exp(lm_score2(g, (int32_t)v, w));
            double prob = adapted(n ? n->n : 0, q, &x, p->prior2);

            gram->prob = (float)log(prob);
            mass += prob;
            lower += exp((double)out->uni[w]);
        }
        out->bow[v] = (float)left_over(mass, lower);
    }
}

static void mix_trigrams(struct lm *out, const struct lm *g, const struct counts *c,
                         const struct mix_params *p)
{
    size_t seen = 0;

    for (size_t i = 0, j; i < out->tris; i = j) {
        uint64_t uv = out->tri[i].key >> WORD_BITS;
        int32_t u = key_word(uv, 1);
        int32_t v = key_word(uv, 0);
        struct context x = context_of(c->tri, c->tris, &seen, uv);
        struct gram *parent = (struct gram *)(uintptr_t)gram_find(out->bi, out->bis, uv);
        double mass = 0;
        double lower = 0;

        for (j = i; j < out->tris && out->tri[j].key >> WORD_BITS == uv; j++) {
            struct gram *gram = &out->tri[j];
            int32_t w = key_word(gram->key, 0);
            const struct counted *n = counted_find(c->tri, c->tris, gram->key);
            double p2 = exp(lm_score2(out, v, w));
            double q = p->shorter * p2 + (1 - p->shorter) * exp(lm_score3(g, u, v, w));
            double prob = adapted(n ? n->n : 0, q, &x, p->prior3);

            gram->prob = (float)log(prob);
            mass += prob;
            lower += p2;
        }
        if (parent)
            parent->bow = (float)left_over(mass, lower);
    }
}

void lm_mix(struct lm *out, const struct lm *g, const struct counts *c, const struct mix_params *p)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < g->v.count; i++)
        vocabulary_add(&out->v, g->v.word[i]);
    out->uni = calloc(out->v.count, sizeof(*out->uni));
    out->bow = calloc(out->v.count, sizeof(*out->bow));
    if (!out->uni || !out->bow)
        die("no memory for the mixed model");
    out->bi = merged(g->bi, g->bis, c->bi, c->bis, &out->bis);
    out->tri = merged(g->tri, g->tris, c->tri, c->tris, &out->tris);
    mix_unigrams(out, g, c, p);
    mix_bigrams(out, g, c, p);
    mix_trigrams(out, g, c, p);
}

/**
 * @file question-train/kinds.c  Train the classifier of the kinds of questions
 *
 * Multinomial logistic regression (softmax; C. Bishop, "Pattern Recognition and Machine Learning",
 * 2006, section 4.3.4) over the features of ground/question_features.h, fitted by AdaGrad
 * (J. Duchi, E. Hazan, Y. Singer, JMLR 12, 2011) with L2 decay. Copies
 * with noise stand for what a recogniser gets wrong. Weights leave as 8-bit numbers with one scale.
 */
#include "ground/question.h"
#include "ground/question_features.h"
#include "question-train/train.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLASSES = QUESTION_OTHER + 1,
    PATTERN_SAMPLES = 90, /* texts made of one pattern */
    EPOCHS = 8,
    FEATURE_MIN = 2, /* a feature seen fewer times is noise */
};

static const double RATE = 0.25;
static const double DECAY = 2e-6;

struct example {
    uint32_t *features; /* hashes first, indices later */
    size_t n;
    int class;
    float weight;
};

struct set {
    struct example *items;
    size_t n;
    size_t cap;
};

struct model {
    uint32_t *hashes; /* sorted */
    size_t n;
    float (*w)[CLASSES];
    float (*g)[CLASSES];
};

static void add_example(struct set *s, const char *text, int class, float weight)
{
    uint32_t hashes[QUESTION_FEATURES_MAX];
    size_t n = question_features(text, strlen(text), hashes);
    struct example *e;

    if (n == 0)
        return;
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 1024;
        s->items = realloc(s->items, s->cap * sizeof(*s->items));
        if (!s->items)
            die("out of memory");
    }
    e = &s->items[s->n++];
    e->features = malloc(n * sizeof(*hashes));
    if (!e->features)
        die("out of memory");
    memcpy(e->features, hashes, n * sizeof(*hashes));
    e->n = n;
    e->class = class;
    e->weight = weight;
}

/** Once as it is, once as a recogniser may hear it. */
static void add_text(struct set *s, char text[TEXT_MAX_BYTES], int class, float weight)
{
    add_example(s, text, class, weight);
    grammar_noise(text);
    add_example(s, text, class, weight / 2);
}

/* Parts carry a question on: with them it is of the same kind. */
static void add_pattern(struct set *s, const struct pattern *p, int class)
{
    size_t count = strpbrk(p->text, "{<") ? PATTERN_SAMPLES : 1;
    char part_name[64];

    snprintf(part_name, sizeof(part_name), "part.%s",
             question_kind_name((enum question_kind) class));
    for (size_t i = 0; i < count; i++) {
        char text[TEXT_MAX_BYTES];
        char part[TEXT_MAX_BYTES];

        grammar_expand(p, text);
        if (percent(12) && grammar_make(part_name, part) &&
            strlen(text) + strlen(part) + 2 < TEXT_MAX_BYTES)
            strcat(strcat(text, " "), part);
        add_text(s, text, class, p->weight);
    }
}

static int class_of(const char *name)
{
    enum question_kind kind;

    return question_kind_find(name, &kind) ? (int)kind : -1;
}

static void add_patterns(struct set *s)
{
    size_t n;
    const struct pattern *patterns = grammar_patterns(&n);

    for (size_t i = 0; i < n; i++) {
        int class = class_of(patterns[i].name);

        if (class >= 0)
            add_pattern(s, &patterns[i], class);
    }
}

static int compare_hash(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/** Give every feature that is frequent enough an index, and let examples hold indices. */
static void index_features(struct model *m, struct set *s)
{
    size_t total = 0;
    size_t at = 0;
    uint32_t *all;

    for (size_t i = 0; i < s->n; i++)
        total += s->items[i].n;
    all = malloc(total * sizeof(*all));
    m->hashes = malloc(total * sizeof(*all));
    if (!all || !m->hashes)
        die("out of memory");
    for (size_t i = 0; i < s->n; i++) {
        memcpy(all + at, s->items[i].features, s->items[i].n * sizeof(*all));
        at += s->items[i].n;
    }
    qsort(all, total, sizeof(*all), compare_hash);
    for (size_t i = 0; i < total;) {
        size_t k = i;

        while (k < total && all[k] == all[i])
            k++;
        if (k - i >= FEATURE_MIN)
            m->hashes[m->n++] = all[i];
        i = k;
    }
    free(all);
    for (size_t i = 0; i < s->n; i++) {
        struct example *e = &s->items[i];
        size_t n = 0;

        for (size_t j = 0; j < e->n; j++) {
            uint32_t *hit =
                bsearch(&e->features[j], m->hashes, m->n, sizeof(*m->hashes), compare_hash);

            if (hit)
                e->features[n++] = (uint32_t)(hit - m->hashes);
        }
        e->n = n;
    }
}

static void predict(const struct model *m, const struct example *e, double p[CLASSES])
{
    double x = 1 / sqrt((double)e->n + 1);
    double top = -1e9;
    double sum = 0;

    for (int k = 0; k < CLASSES; k++) {
        p[k] = 0;
        for (size_t i = 0; i < e->n; i++)
            p[k] += m->w[e->features[i]][k];
        p[k] *= x;
        top = p[k] > top ? p[k] : top;
    }
    for (int k = 0; k < CLASSES; k++)
        sum += p[k] = exp(p[k] - top);
    for (int k = 0; k < CLASSES; k++)
        p[k] /= sum;
}

static void learn(struct model *m, const struct example *e)
{
    double x = 1 / sqrt((double)e->n + 1);
    double p[CLASSES];

    predict(m, e, p);
    for (int k = 0; k < CLASSES; k++) {
        float slope = (float)(x * e->weight * (p[k] - (k == e->class)));

        for (size_t i = 0; i < e->n; i++) {
            uint32_t f = e->features[i];
            float g = slope + (float)(DECAY * m->w[f][k]);

            m->g[f][k] += g * g;
            m->w[f][k] -= (float)RATE * g / (sqrtf(m->g[f][k]) + 1e-3f);
        }
    }
}

/** Kinds with few examples weigh as much as the others (to the power of a half). */
static void balance(struct set *s)
{
    double count[CLASSES] = {0};

    for (size_t i = 0; i < s->n; i++)
        count[s->items[i].class]++;
    for (size_t i = 0; i < s->n; i++)
        s->items[i].weight *= (float)sqrt((double)s->n / CLASSES / count[s->items[i].class]);
}

static void train(struct model *m, struct set *s)
{
    m->w = calloc(m->n, sizeof(*m->w));
    m->g = calloc(m->n, sizeof(*m->g));
    if (!m->w || !m->g)
        die("out of memory");
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        for (size_t i = s->n - 1; i > 0; i--) {
            size_t k = chance((uint32_t)i + 1);
            struct example e = s->items[i];

            s->items[i] = s->items[k];
            s->items[k] = e;
        }
        for (size_t i = 0; i < s->n; i++)
            learn(m, &s->items[i]);
    }
}

static void write_header(const struct model *m, const char *path)
{
    FILE *f = fopen(path, "w");
    float top = 0;
    size_t kept = 0;

    if (!f)
        die(path);
    for (size_t i = 0; i < m->n; i++)
        for (int k = 0; k < CLASSES; k++)
            top = fmaxf(top, fabsf(m->w[i][k]));
    fprintf(f, "/* Written by tools/question-train; do not edit. */\n");
    fprintf(f, "static const float model_scale = %.9gf;\n", (double)top / 127);
    fprintf(f, "static const struct model_row model_rows[] = {\n");
    for (size_t i = 0; i < m->n; i++) {
        int q[CLASSES];
        bool any = false;

        for (int k = 0; k < CLASSES; k++) {
            q[k] = (int)lrintf(m->w[i][k] / top * 127);
            any |= q[k] != 0;
        }
        if (!any)
            continue;
        kept++;
        fprintf(f, "{%uu,{", m->hashes[i]);
        for (int k = 0; k < CLASSES; k++)
            fprintf(f, "%d,", q[k]);
        fprintf(f, "}},\n");
    }
    fprintf(f, "};\n/* %zu features */\n", kept);
    if (fclose(f))
        die(path);
}

void train_kinds(const char *path)
{
    struct set s = {.n = 0};
    struct model m = {.n = 0};

    add_patterns(&s);
    if (s.n < 2)
        die("nothing to learn from");
    balance(&s);
    index_features(&m, &s);
    train(&m, &s);
    write_header(&m, path);
    for (size_t i = 0; i < s.n; i++)
        free(s.items[i].features);
    free(s.items);
    free(m.hashes);
    free(m.w);
    free(m.g);
}

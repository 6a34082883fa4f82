/**
 * @file question-train/spans.c  Train the tagger that finds questions in what was said
 *
 * A linear-chain conditional random field (J. Lafferty, A. McCallum, F. Pereira, "Conditional
 * Random Fields", ICML 2001) over words with the labels of ground/span_features.h. Its likelihood
 * is climbed by AdaGrad (J. Duchi, E. Hazan, Y. Singer, JMLR 12, 2011) one text after the other,
 * with L2 decay. Words of open classes are hidden now and then, so that the classes around them
 * have to tell what is asked, not the topics of our patterns.
 */
#include "ground/span_table.h"
#include "question-train/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXTS = 60000,
    EPOCHS = 3,
    FEATURE_MIN = 3,  /* a feature seen fewer times is noise */
    ROWS_MAX = 92000, /* of SPAN_TABLE_SIZE: seven in ten places are taken */
    SLOTS = 1 << 23,  /* of the table that counts features */
    HIDDEN = 45,      /* words of open classes that are hidden, in percent */
};

static const uint32_t NONE = 0xffffffffu; /* no number of a feature */
static const double RATE = 0.12;
static const double DECAY = 3e-6;
static const double CLIP = 3.0; /* the largest weight that is kept as it is */

struct token {
    uint32_t first; /* of its features */
    uint8_t count;
    uint8_t label;
};

struct text {
    uint32_t first; /* of its tokens */
    uint32_t n;
};

static struct {
    struct text *texts;
    struct token *tokens;
    uint32_t *features; /* hashes, later numbers of weights */
    size_t token_count;
    size_t token_cap;
    size_t feature_count;
    size_t feature_cap;
} set;

static struct {
    uint32_t *hashes; /* of each weight */
    float (*w)[SPAN_LABELS];
    float (*g)[SPAN_LABELS];
    size_t n;
    double step[SPAN_LABELS][SPAN_LABELS];
    double step_g[SPAN_LABELS][SPAN_LABELS];
} model;

static void *need(void *p)
{
    if (!p)
        die("out of memory");
    return p;
}

/* ------------------------------------------------------------------------ the texts */

static uint8_t label_of(const struct composition *c, size_t at, size_t before)
{
    for (size_t i = 0; i < c->count; i++) {
        if (at < c->spans[i].start || at >= c->spans[i].end)
            continue;
        return before < c->spans[i].start || before == SIZE_MAX ? SPAN_BEGINS : SPAN_INSIDE;
    }
    return SPAN_OUTSIDE;
}

static void keep_token(const uint32_t *hashes, size_t n, uint8_t label)
{
    if (set.token_count == set.token_cap) {
        set.token_cap = set.token_cap ? 2 * set.token_cap : 1 << 16;
        set.tokens = need(realloc(set.tokens, set.token_cap * sizeof(*set.tokens)));
    }
    if (set.feature_count + n > set.feature_cap) {
        set.feature_cap = set.feature_cap ? 2 * set.feature_cap : 1 << 22;
        set.features = need(realloc(set.features, set.feature_cap * sizeof(*set.features)));
    }
    set.tokens[set.token_count++] =
        (struct token){.first = (uint32_t)set.feature_count, .count = (uint8_t)n, .label = label};
    memcpy(set.features + set.feature_count, hashes, n * sizeof(*hashes));
    set.feature_count += n;
}

static void hide_words(struct span_word *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_word_open(&words[i]) && percent(HIDDEN))
            words[i].hash = ~words[i].hash;
}

/* What is seen of a hidden word, alone or with others, is left out: it differs. */
static size_t leave_out(uint32_t *hashes, const uint32_t *hidden, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (hashes[i] == hidden[i])
            hashes[kept++] = hashes[i];
    return kept;
}

static void add_text(struct text *text)
{
    static struct composition c;
    static struct span_word words[SPAN_WORDS_MAX];
    static struct span_word some[SPAN_WORDS_MAX];
    uint32_t hashes[SPAN_FEATURES_MAX];
    uint32_t hidden[SPAN_FEATURES_MAX];
    size_t before = SIZE_MAX;
    size_t n;

    compose(&c);
    n = span_words(c.text, c.len, words);
    memcpy(some, words, sizeof(some));
    hide_words(some, n);
    text->first = (uint32_t)set.token_count;
    text->n = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        size_t k = span_features(words, n, i, hashes);

        span_features(some, n, i, hidden);
        keep_token(hashes, leave_out(hashes, hidden, k), label_of(&c, words[i].at, before));
        before = words[i].at;
    }
}

/* Every feature that is frequent enough gets a number; the others go. */
static void number_features(void)
{
    uint32_t *keys = need(calloc(SLOTS, sizeof(*keys)));
    uint32_t *counts = need(calloc(SLOTS, sizeof(*counts)));
    uint32_t *numbers = need(malloc(SLOTS * sizeof(*numbers)));
    size_t distinct = 0;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < set.feature_count; i++) {
            uint32_t hash = set.features[i];
            uint32_t slot = hash & (SLOTS - 1);

            while (counts[slot] && keys[slot] != hash)
                slot = (slot + 1) & (SLOTS - 1);
            if (!counts[slot] && ++distinct > SLOTS / 8 * 7)
                die("too many features: make fewer texts");
            keys[slot] = hash;
            if (pass == 0)
                counts[slot]++;
            else
                set.features[i] = numbers[slot];
        }
        if (pass)
            break;
        model.hashes = need(malloc(SLOTS / 4 * sizeof(*model.hashes)));
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            numbers[slot] = NONE;
            if (counts[slot] < FEATURE_MIN || model.n == SLOTS / 4)
                continue;
            model.hashes[model.n] = keys[slot];
            numbers[slot] = (uint32_t)model.n++;
        }
    }
    free(keys);
    free(counts);
    free(numbers);
}

/* ------------------------------------------------------------------------- learning */

enum { TOKENS_MAX = SPAN_WORDS_MAX };

static double emit[TOKENS_MAX][SPAN_LABELS];
static double alpha[TOKENS_MAX][SPAN_LABELS]; /* scaled to sum up to 1 */
static double beta[TOKENS_MAX][SPAN_LABELS];

static bool possible(int from, int to)
{
    return to != SPAN_INSIDE || from != SPAN_OUTSIDE;
}

static void score(const struct text *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        const struct token *tok = &set.tokens[t->first + i];
        double sums[SPAN_LABELS] = {0};

        for (uint32_t k = 0; k < tok->count; k++) {
            uint32_t f = set.features[tok->first + k];

            for (int y = 0; f != NONE && y < SPAN_LABELS; y++)
                sums[y] += (double)model.w[f][y];
        }
        for (int y = 0; y < SPAN_LABELS; y++)
            emit[i][y] = exp(sums[y]);
    }
}

static void scale(double p[SPAN_LABELS])
{
    double sum = 0;

    for (int y = 0; y < SPAN_LABELS; y++)
        sum += p[y];
    for (int y = 0; y < SPAN_LABELS; y++)
        p[y] /= sum;
}

static void forward_backward(uint32_t n, double step[SPAN_LABELS][SPAN_LABELS])
{
    for (int y = 0; y < SPAN_LABELS; y++) {
        alpha[0][y] = possible(SPAN_OUTSIDE, y) ? emit[0][y] : 0;
        beta[n - 1][y] = 1;
    }
    scale(alpha[0]);
    for (uint32_t i = 1; i < n; i++) {
        for (int y = 0; y < SPAN_LABELS; y++) {
            alpha[i][y] = 0;
            for (int x = 0; x < SPAN_LABELS; x++)
                alpha[i][y] += alpha[i - 1][x] * step[x][y];
            alpha[i][y] *= emit[i][y];
        }
        scale(alpha[i]);
    }
    for (uint32_t i = n - 1; i-- > 0;) {
        for (int x = 0; x < SPAN_LABELS; x++) {
            beta[i][x] = 0;
            for (int y = 0; y < SPAN_LABELS; y++)
                beta[i][x] += step[x][y] * emit[i + 1][y] * beta[i + 1][y];
        }
        scale(beta[i]);
    }
}

static void move_weights(const struct token *tok, const double p[SPAN_LABELS])
{
    for (uint32_t k = 0; k < tok->count; k++) {
        uint32_t f = set.features[tok->first + k];

        for (int y = 0; f != NONE && y < SPAN_LABELS; y++) {
            float g = (float)(p[y] - (y == tok->label) + DECAY * (double)model.w[f][y]);

            model.g[f][y] += g * g;
            model.w[f][y] -= (float)RATE * g / (sqrtf(model.g[f][y]) + 1e-2f);
        }
    }
}

/* How often one label follows another in this text, by the model, less what is so. */
static void move_steps(const struct text *t, double step[SPAN_LABELS][SPAN_LABELS])
{
    double g[SPAN_LABELS][SPAN_LABELS] = {{0}};

    for (uint32_t i = 1; i < t->n; i++) {
        double p[SPAN_LABELS][SPAN_LABELS];
        double sum = 0;

        for (int x = 0; x < SPAN_LABELS; x++)
            for (int y = 0; y < SPAN_LABELS; y++)
                sum += p[x][y] = alpha[i - 1][x] * step[x][y] * emit[i][y] * beta[i][y];
        for (int x = 0; x < SPAN_LABELS; x++)
            for (int y = 0; y < SPAN_LABELS; y++)
                g[x][y] += p[x][y] / sum;
        g[set.tokens[t->first + i - 1].label][set.tokens[t->first + i].label] -= 1;
    }
    for (int x = 0; x < SPAN_LABELS; x++)
        for (int y = 0; y < SPAN_LABELS; y++) {
            model.step_g[x][y] += g[x][y] * g[x][y];
            model.step[x][y] -= RATE * g[x][y] / (sqrt(model.step_g[x][y]) + 1e-2);
        }
}

static void learn(const struct text *t)
{
    double step[SPAN_LABELS][SPAN_LABELS];

    for (int x = 0; x < SPAN_LABELS; x++)
        for (int y = 0; y < SPAN_LABELS; y++)
            step[x][y] = possible(x, y) ? exp(model.step[x][y]) : 0;
    score(t);
    forward_backward(t->n, step);
    move_steps(t, step);
    for (uint32_t i = 0; i < t->n; i++) {
        double p[SPAN_LABELS];

        for (int y = 0; y < SPAN_LABELS; y++)
            p[y] = alpha[i][y] * beta[i][y];
        scale(p);
        move_weights(&set.tokens[t->first + i], p);
    }
}

/* -------------------------------------------------------------------------- writing */

static float size_of(uint32_t f)
{
    return fmaxf(fmaxf(fabsf(model.w[f][0]), fabsf(model.w[f][1])), fabsf(model.w[f][2]));
}

static int compare_size(const void *a, const void *b)
{
    float x = size_of(*(const uint32_t *)a);
    float y = size_of(*(const uint32_t *)b);

    return x > y ? -1 : x < y ? 1 : *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

static int8_t small(float w)
{
    double q = (double)w / CLIP * 127;

    return (int8_t)lrint(fmax(-127, fmin(127, q)));
}

static struct span_row *make_table(size_t *kept)
{
    struct span_row *rows = need(calloc(SPAN_TABLE_SIZE, sizeof(*rows)));
    uint32_t *order = need(malloc(model.n * sizeof(*order)));

    for (uint32_t i = 0; i < model.n; i++)
        order[i] = i;
    qsort(order, model.n, sizeof(*order), compare_size);
    for (*kept = 0; *kept < model.n && *kept < ROWS_MAX; (*kept)++) {
        uint32_t f = order[*kept];
        uint32_t at = span_row_at(model.hashes[f]);

        if (lrint((double)size_of(f) / CLIP * 127) == 0)
            break;
        while (rows[at].check)
            at = (at + 1) & (SPAN_TABLE_SIZE - 1);
        rows[at] = (struct span_row){
            .check = span_row_check(model.hashes[f]),
            .w = {small(model.w[f][0]), small(model.w[f][1]), small(model.w[f][2])}};
    }
    free(order);
    return rows;
}

static void write_header(const char *path)
{
    FILE *f = fopen(path, "w");
    size_t kept;
    struct span_row *rows = make_table(&kept);

    if (!f)
        die(path);
    fprintf(f, "/* Written by tools/question-train; do not edit. %zu of %zu features. */\n", kept,
            model.n);
    fprintf(f, "static const float span_scale = %.9ef;\n", CLIP / 127);
    fprintf(f, "static const float span_steps[SPAN_LABELS][SPAN_LABELS] = {\n");
    for (int x = 0; x < SPAN_LABELS; x++)
        fprintf(f, "{%.9ef,%.9ef,%.9ef},\n", model.step[x][0], model.step[x][1], model.step[x][2]);
    fprintf(f, "};\nstatic const struct span_row span_rows[SPAN_TABLE_SIZE] = {\n");
    for (size_t i = 0; i < SPAN_TABLE_SIZE; i++)
        fprintf(f, "{%d,{%d,%d,%d}},%s", rows[i].check, rows[i].w[0], rows[i].w[1], rows[i].w[2],
                i % 8 == 7 ? "\n" : "");
    fprintf(f, "};\n");
    if (fclose(f))
        die(path);
    free(rows);
}

void train_spans(const char *path)
{
    set.texts = need(malloc(TEXTS * sizeof(*set.texts)));
    for (size_t i = 0; i < TEXTS; i++)
        add_text(&set.texts[i]);
    number_features();
    model.w = need(calloc(model.n, sizeof(*model.w)));
    model.g = need(calloc(model.n, sizeof(*model.g)));
    for (int epoch = 0; epoch < EPOCHS; epoch++)
        for (size_t i = 0; i < TEXTS; i++)
            if (set.texts[i].n)
                learn(&set.texts[i]);
    write_header(path);
    free(set.texts);
    free(set.tokens);
    free(set.features);
    free(model.hashes);
    free(model.w);
    free(model.g);
}

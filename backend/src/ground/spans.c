/**
 * @file ground/spans.c  Finding the question in what was said
 *
 * A linear-chain conditional random field over words (tools/question-train/spans.c trains it and
 * names the paper); its weights are the generated span_model.h. Each word is outside, begins a
 * question or is inside one. The best path is used (A. Viterbi, IEEE Trans. Information Theory
 * 13(2), 1967); its probability comes from the forward and backward sums of the same chain.
 */
#include "ground/spans.h"

#include "ground/question_kinds.h"
#include "ground/span_table.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "span_model.h"

enum {
    OUTSIDE_WORDS_MAX = 3, /* "so", "okay then": not worth cutting off */
    CLOSE_WORDS_MAX = 4,   /* to the mark that ends a question */
};

static const float ASKED_MIN = 0.5f; /* below it nothing was asked */
static const float KIND_SURE = 0.8f;
static const float BESIDE_MIN = 0.9f; /* a second question is rarer than a remark that looks like
                                         one */

struct chain {
    struct span_word words[SPAN_WORDS_MAX];
    float sums[SPAN_WORDS_MAX][SPAN_LABELS];
    double step[SPAN_LABELS][SPAN_LABELS];
    double before[SPAN_WORDS_MAX][SPAN_LABELS];
    double behind[SPAN_WORDS_MAX][SPAN_LABELS];
    double scale[SPAN_WORDS_MAX];
    uint8_t from[SPAN_WORDS_MAX][SPAN_LABELS];
    uint8_t labels[SPAN_WORDS_MAX];
    size_t n;
    size_t known; /* words that occurred in training */
};

static const struct span_row *find_row(uint32_t hash)
{
    uint8_t check = span_row_check(hash);
    uint32_t at = span_row_at(hash);

    while (span_rows[at].check && span_rows[at].check != check)
        at = (at + 1) & (SPAN_TABLE_SIZE - 1);
    return span_rows[at].check ? &span_rows[at] : NULL;
}

static void score(struct chain *c)
{
    uint32_t hashes[SPAN_FEATURES_MAX];

    for (size_t i = 0; i < c->n; i++) {
        size_t count = span_features(c->words, c->n, i, hashes);
        int sums[SPAN_LABELS] = {0};

        for (size_t k = 0; k < count; k++) {
            const struct span_row *row = find_row(hashes[k]);

            c->known += k == 0 && row; /* the first is the word itself */
            for (int y = 0; row && y < SPAN_LABELS; y++)
                sums[y] += row->w[y];
        }
        for (int y = 0; y < SPAN_LABELS; y++)
            c->sums[i][y] = (float)sums[y] * span_scale;
    }
    for (int x = 0; x < SPAN_LABELS; x++)
        for (int y = 0; y < SPAN_LABELS; y++)
            c->step[x][y] = exp((double)span_steps[x][y]);
}

static bool possible(int from, int to)
{
    return to != SPAN_INSIDE || from != SPAN_OUTSIDE;
}

/* Sums over all labellings of the words up to a word and after it, scaled so that together they are
 * 1 at each word (L. Rabiner, Proceedings of the IEEE 77(2), 1989, section V.A). */
static void sum_paths(struct chain *c)
{
    for (size_t i = 0; i < c->n; i++) {
        c->scale[i] = 0;
        for (int y = 0; y < SPAN_LABELS; y++) {
            double p = 0;

            for (int x = 0; x < SPAN_LABELS; x++)
                p += !possible(x, y) ? 0
                     : i             ? c->before[i - 1][x] * c->step[x][y]
                                     : (double)(x == SPAN_OUTSIDE);
            c->before[i][y] = p * exp((double)c->sums[i][y]);
            c->scale[i] += c->before[i][y];
        }
        for (int y = 0; y < SPAN_LABELS; y++)
            c->before[i][y] /= c->scale[i];
    }
    for (size_t i = c->n; i-- > 0;)
        for (int x = 0; x < SPAN_LABELS; x++) {
            c->behind[i][x] = i + 1 == c->n;
            for (int y = 0; i + 1 < c->n && y < SPAN_LABELS; y++)
                if (possible(x, y))
                    c->behind[i][x] += c->step[x][y] * exp((double)c->sums[i + 1][y]) *
                                       c->behind[i + 1][y] / c->scale[i + 1];
        }
}

/* Probability that something is asked in these words. */
static float asked(const struct chain *c, size_t from, size_t to)
{
    double silent = 1; /* all of them are outside */

    if (from) {
        silent = 0;
        for (int x = 0; x < SPAN_LABELS; x++)
            silent += c->before[from - 1][x] * c->step[x][SPAN_OUTSIDE];
    }
    for (size_t i = from; i < to; i++)
        silent *= (i > from ? c->step[SPAN_OUTSIDE][SPAN_OUTSIDE] : 1) *
                  exp((double)c->sums[i][SPAN_OUTSIDE]) / c->scale[i];
    silent *= c->behind[to - 1][SPAN_OUTSIDE];
    return (float)(1 - fmin(1, silent));
}

static void best_path(struct chain *c)
{
    float best[SPAN_LABELS] = {0, -1e9f, -1e9f};

    for (size_t i = 0; i < c->n; i++) {
        float next[SPAN_LABELS];

        for (int y = 0; y < SPAN_LABELS; y++) {
            next[y] = -1e9f;
            for (int x = 0; x < SPAN_LABELS; x++) {
                float s = best[x] + (i ? span_steps[x][y] : 0);

                if (!possible(x, y) || s <= next[y])
                    continue;
                next[y] = s;
                c->from[i][y] = (uint8_t)x;
            }
            next[y] += c->sums[i][y];
        }
        memcpy(best, next, sizeof(best));
    }
    for (size_t i = c->n, y = best[0] >= best[1] && best[0] >= best[2] ? 0
                              : best[1] >= best[2]                     ? 1
                                                                       : 2;
         i-- > 0; y = c->from[i][y])
        c->labels[i] = (uint8_t)y;
}

static void keep(const char *text, const struct chain *c, size_t from, size_t to, float p,
                 struct question_span *span)
{
    *span = (struct question_span){.start = c->words[from].at, .end = c->words[to - 1].end, .p = p};
    span->kind = question_kind_of(text + span->start, span->end - span->start, NULL);
}

/* Where another question begins after a question mark: both are surely of a kind, and of different
 * ones. to: there is none. */
static size_t another(const char *text, const struct chain *c, size_t from, size_t to)
{
    for (size_t i = from + 1; i < to; i++) {
        const struct span_word *first = &c->words[from];
        const struct span_word *next = &c->words[i];
        size_t end = c->words[to - 1].end;
        enum question_kind a, b;
        float sure_a, sure_b;

        if (next[-1].mark != SPAN_MARK_ASKS)
            continue;
        a = question_kind_of(text + first->at, next[-1].end - first->at, &sure_a);
        b = question_kind_of(text + next->at, end - next->at, &sure_b);
        if (a != b && a != QUESTION_OTHER && b != QUESTION_OTHER && sure_a >= KIND_SURE &&
            sure_b >= KIND_SURE)
            return i;
    }
    return to;
}

/* For languages that the model does not know: sentences with a question mark. */
static size_t marked(const char *text, const struct chain *c, struct question_span *spans,
                     size_t max)
{
    size_t count = 0;

    if (c->known * 2 > c->n)
        return 0;
    for (size_t i = 0; i < c->n && count < max; i++)
        if (c->words[i].mark == SPAN_MARK_ASKS)
            keep(text, c, c->words[i].first, i + 1, 1, &spans[count++]);
    return count;
}

/* In a punctuated sentence a question ends only at a mark: at its question mark, else at the next
 * mark. */
static size_t to_mark(const struct chain *c, size_t to)
{
    size_t end = to;

    if (c->words[to - 1].closes == SPAN_MARK_NONE)
        return to;
    while (
        end < c->n && end < to + CLOSE_WORDS_MAX && c->labels[end] != SPAN_BEGINS &&
        (c->words[end - 1].mark == SPAN_MARK_NONE ||
         (c->words[end - 1].mark == SPAN_MARK_COMMA && c->words[end - 1].closes == SPAN_MARK_ASKS)))
        end++;
    return end < c->n && c->words[end - 1].mark < SPAN_MARK_COMMA ? to : end;
}

/* The most likely one is always kept; others only if they are certain. */
static size_t drop_weak(struct question_span *spans, size_t count, float top)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (spans[i].p >= fminf(top, BESIDE_MIN))
            spans[kept++] = spans[i];
    return kept;
}

size_t question_spans(const char *text, size_t len, struct question_span *spans, size_t max)
{
    struct chain c;
    size_t count = 0;
    float top = 0;

    c.known = 0;
    c.n = span_words(text, len, c.words);
    if (!c.n)
        return 0;
    score(&c);
    sum_paths(&c);
    if (asked(&c, 0, c.n) < ASKED_MIN)
        return marked(text, &c, spans, max);
    best_path(&c);
    for (size_t i = 0, to; i < c.n && count < max; i = to) {
        float p;

        for (to = i + 1; to < c.n && c.labels[to] == SPAN_INSIDE && c.labels[i] != SPAN_OUTSIDE;)
            to++;
        if (c.labels[i] == SPAN_OUTSIDE)
            continue;
        to = another(text, &c, i, to_mark(&c, to));
        p = asked(&c, i, to);
        top = fmaxf(top, p);
        keep(text, &c, i, to, p, &spans[count++]);
    }
    count = drop_weak(spans, count, top);
    return count ? count : marked(text, &c, spans, max);
}

void question_asked(const char *text, size_t len, size_t *start, size_t *end, float *p)
{
    struct question_span spans[QUESTION_SPANS_MAX];
    size_t n = question_spans(text, len, spans, QUESTION_SPANS_MAX);
    size_t outside;

    *start = 0;
    *end = len;
    if (p)
        *p = 0;
    for (size_t i = 0; p && i < n; i++)
        *p = fmaxf(*p, spans[i].p);
    if (!n)
        return;
    outside = span_count(text, spans[0].start) +
              span_count(text + spans[n - 1].end, len - spans[n - 1].end);
    if (outside <= OUTSIDE_WORDS_MAX)
        return;
    *start = spans[0].start;
    *end = spans[n - 1].end;
}

bool question_hangs(const char *text, size_t len)
{
    struct span_word words[SPAN_WORDS_MAX];
    size_t n = span_words(text, len, words);

    return n && (span_word_leads_on(&words[n - 1]) || span_supposes(words, n));
}

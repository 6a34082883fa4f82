/**
 * @file ground/question.c  Is it a question, and of what kind?
 *
 * ground/spans.h decides whether it is one, and which of its words. The kind comes from a linear
 * model over words and our own cues, trained at build time (tools/question-train/kinds.c); its
 * weights are the generated question_model.h.
 */
#include "ground/question.h"

#include "ground/question_features.h"
#include "ground/question_kinds.h"
#include "ground/spans.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = QUESTION_OTHER + 1 };

struct model_row {
    uint32_t hash;
    int8_t w[CLASSES];
};

#include "question_model.h"

static int compare_row(const void *key, const void *item)
{
    uint32_t a = *(const uint32_t *)key;
    uint32_t b = ((const struct model_row *)item)->hash;

    return a < b ? -1 : a > b;
}

static void probabilities(const uint32_t *hashes, size_t n, double p[CLASSES])
{
    double sums[CLASSES] = {0};
    double known = 0;
    double top = -1e9;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        const struct model_row *row =
            bsearch(&hashes[i], model_rows, sizeof(model_rows) / sizeof(model_rows[0]),
                    sizeof(model_rows[0]), compare_row);

        if (!row)
            continue;
        known++;
        for (int k = 0; k < CLASSES; k++)
            sums[k] += row->w[k];
    }
    for (int k = 0; k < CLASSES; k++) {
        p[k] = sums[k] * (double)model_scale / sqrt(known + 1);
        top = fmax(top, p[k]);
    }
    for (int k = 0; k < CLASSES; k++)
        sum += p[k] = exp(p[k] - top);
    for (int k = 0; k < CLASSES; k++)
        p[k] /= sum;
}

enum question_kind question_kind_of(const char *text, size_t len, float *sure)
{
    uint32_t hashes[QUESTION_FEATURES_MAX];
    double p[CLASSES];
    size_t n = question_features(text, len, hashes);
    int kind = QUESTION_OTHER;

    if (sure)
        *sure = 0;
    if (!n)
        return QUESTION_OTHER;
    probabilities(hashes, n, p);
    for (int k = 0; k < CLASSES; k++)
        if (p[k] > p[kind])
            kind = k;
    if (sure)
        *sure = (float)p[kind];
    return (enum question_kind)kind;
}

struct question question_classify(const char *text)
{
    struct question_span spans[QUESTION_SPANS_MAX];
    size_t len = strlen(text);
    size_t n = question_spans(text, len, spans, QUESTION_SPANS_MAX);
    struct question q = {.is_question = n > 0, .kind = QUESTION_OTHER, .certainty = 0};

    if (n)
        q.kind = question_kind_of(text + spans[0].start, spans[n - 1].end - spans[0].start,
                                  &q.certainty);
    else
        q.kind = question_kind_of(text, len, NULL);
    return q;
}

/**
 * @file ground/question.c  Is it a question, and of what kind?
 *
 * A linear model over words and our own cues, trained at build time (tools/question_train.c); its
 * weights are the generated question_model.h. A question mark, where there is one, is believed
 * unless the model is quite sure of the opposite.
 */
#include "ground/question.h"

#include "ground/question_features.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = QUESTION_OTHER + 2, STATEMENT = CLASSES - 1 };

struct model_row {
    uint32_t hash;
    int8_t w[CLASSES];
};

#include "question_model.h"

static const double MARK_MIN = 0.02; /* with "?", a statement needs 50 to 1 against it */

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

/** Ends with a question mark of any script? */
static bool marked(const char *text, size_t len)
{
    static const char *const marks[] = {"?", "？",       "؟",
                                        "⸮", "\xcd\xbe", "՞"}; /* the fifth: Greek U+037E */

    while (len && strchr(" \t\r\n\"')", text[len - 1]))
        len--;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t n = strlen(marks[i]);

        if (len >= n && memcmp(text + len - n, marks[i], n) == 0)
            return true;
    }
    return false;
}

struct question question_classify(const char *text)
{
    struct question q = {.is_question = false, .kind = QUESTION_OTHER, .certainty = 0};
    uint32_t hashes[QUESTION_FEATURES_MAX];
    double p[CLASSES];
    size_t len = strlen(text);
    size_t n = question_features(text, len, hashes);
    double asked;
    bool mark;

    if (n == 0)
        return q;
    probabilities(hashes, n, p);
    asked = 1 - p[STATEMENT];
    mark = marked(text, len);
    q.is_question = asked >= (mark ? MARK_MIN : 0.5);
    for (int k = 0; k < STATEMENT; k++)
        if (p[k] > p[q.kind])
            q.kind = (enum question_kind)k;
    q.certainty = (float)(q.is_question ? p[q.kind] / fmax(asked, 1e-9) : p[STATEMENT]);
    return q;
}

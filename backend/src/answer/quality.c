/**
 * @file answer/quality.c  The score of an answer, part by part
 *
 * structure (25)    sentences: 3..12 give 10, fewer or more give less in proportion; 15 by what
 *                   the kind wants: behavioral: 5 each for a cue of situation, of action, of
 *                   result; others: 5 for a short first sentence (at most 25 words), 5 for an
 *                   example or reason ("for example", "because", "when I" …), 5 for a list or
 *                   order word ("first", "then", "also" …).
 * specificity (25)  5 for each number up to 3; 10 for names: capitalised words inside sentences
 *                   and words with digits, 2 each up to 5.
 * grounding (35)    share of the cited points' content words (up to the best four points) that the
 *                   answer uses: 35 x min(1, mean share / 0.6). Without a cited point: 12, neither
 *                   punished nor praised.
 * length (15)       15 for 40..220 words, falling in proportion to 0 at 0 and at 500.
 */
#include "answer/quality.h"

#include "ground/terms.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    TERMS_MAX = 2048, /* words of an answer that are compared; later ones are not */
    BEST_POINTS = 4,
};

struct facts {
    uint64_t hashes[TERMS_MAX];
    size_t terms;
    int words;
    int numbers;
    int names;
    bool situation;
    bool action;
    bool result;
    bool reason;
    bool order;
    const char *text;
};

static bool one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

/** Capitalised, and not only because a sentence begins here. */
static bool is_name(const struct term *t, const char *text)
{
    const char *p = text + t->at;
    const char *before = p;

    if (!(*p >= 'A' && *p <= 'Z') || t->len < 2)
        return false;
    while (before > text && (before[-1] == ' ' || before[-1] == '\n'))
        before--;
    return before > text && !strchr(".!?:*-\"", before[-1]);
}

static void see_term(const struct term *t, void *arg)
{
    static const char *const scene[] = {"when", "while", "during", "at", "was", "had", "in", NULL};
    static const char *const deed[] = {"i", "we", "my", NULL};
    static const char *const outcome[] = {"result", "outcome", "reduced", "increased", "improved",
                                          "saved",  "cut",     "learned", "finally",   "led",
                                          "grew",   "shipped", "percent", "dropped",   NULL};
    static const char *const reasons[] = {"because", "example", "instance", "since",
                                          "so",      "why",     NULL};
    static const char *const orders[] = {"first", "then",    "second", "next",
                                         "also",  "finally", "after",  NULL};
    struct facts *f = arg;

    f->words++;
    if (f->terms < TERMS_MAX)
        f->hashes[f->terms++] = t->hash;
    f->numbers += t->number;
    f->names += is_name(t, f->text);
    f->situation |= one_of(t->word, scene);
    f->action |= one_of(t->word, deed);
    f->result |= one_of(t->word, outcome);
    f->reason |= one_of(t->word, reasons);
    f->order |= one_of(t->word, orders);
}

static int compare_hash(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int count_sentences(const char *text, int *first_words)
{
    int sentences = 0;
    int words = 0;
    bool in_word = false;

    *first_words = 0;
    for (const char *p = text;; p++) {
        bool space = *p == '\0' || strchr(" \n\t", *p) != NULL;

        words += in_word && space;
        in_word = !space;
        if (*p == '\0' || *p == '\n' || (strchr(".!?", *p) && strchr(" \n", p[1]))) {
            words += in_word;
            in_word = false;
            sentences += words > 0;
            if (sentences == 1 && words)
                *first_words = words;
            words = 0;
        }
        if (*p == '\0')
            return sentences;
    }
}

static int score_structure(const struct facts *f, enum question_kind kind)
{
    int first = 0;
    int n = count_sentences(f->text, &first);
    double score = n < 3 ? n * 10 / 3.0 : n <= 12 ? 10 : 10 - 0.7 * (n - 12);

    score = score < 0 ? 0 : score;
    if (kind == QUESTION_BEHAVIORAL)
        score += 5 * f->situation + 5 * f->action + 5 * f->result;
    else
        score += 5 * (first > 0 && first <= 25) + 5 * f->reason + 5 * f->order;
    return (int)lrint(score);
}

static int score_specificity(const struct facts *f)
{
    int numbers = f->numbers > 3 ? 3 : f->numbers;
    int names = f->names > 5 ? 5 : f->names;

    return 5 * numbers + 2 * names;
}

struct share {
    const struct facts *f;
    int words;
    int found;
};

static void share_term(const struct term *t, void *arg)
{
    struct share *s = arg;

    if (term_stopword(t->word))
        return;
    s->words++;
    s->found += bsearch(&t->hash, s->f->hashes, s->f->terms, sizeof(t->hash), compare_hash) != NULL;
}

static int score_grounding(const struct facts *f, const struct llm_point *points, size_t n)
{
    double best[BEST_POINTS] = {0};
    int cited = 0;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        struct share s = {.f = f};
        double part;

        if (!points[i].quote)
            continue;
        terms_each(points[i].quote, strlen(points[i].quote), share_term, &s);
        part = s.words ? (double)s.found / s.words : 0;
        cited++;
        for (int k = 0; k < BEST_POINTS; k++) {
            if (part > best[k]) {
                double t = best[k];

                best[k] = part;
                part = t;
            }
        }
    }
    if (!cited)
        return 12;
    cited = cited > BEST_POINTS ? BEST_POINTS : cited;
    for (int k = 0; k < cited; k++)
        sum += best[k];
    return (int)lrint(35 * fmin(1, sum / cited / 0.6));
}

static int score_length(int words)
{
    if (words < 40)
        return words * 15 / 40;
    if (words <= 220)
        return 15;
    return words >= 500 ? 0 : (500 - words) * 15 / 280;
}

struct quality quality_score(const char *answer, enum question_kind kind,
                             const struct llm_point *points, size_t point_count)
{
    struct quality q = {0};
    struct facts f;

    memset(&f, 0, sizeof(f));
    f.text = answer;
    terms_each(answer, strlen(answer), see_term, &f);
    if (f.words == 0)
        return q;
    qsort(f.hashes, f.terms, sizeof(f.hashes[0]), compare_hash);
    q.structure = score_structure(&f, kind);
    q.specificity = score_specificity(&f);
    q.grounding = score_grounding(&f, points, point_count);
    q.length = score_length(f.words);
    q.total = q.structure + q.specificity + q.grounding + q.length;
    return q;
}

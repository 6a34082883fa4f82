/**
 * @file answer/question_match.c  Do two hearings of a question mean the same?
 *
 * Two texts are the same question when the words that ask (why, when, who …) and the numbers and
 * negations agree, and at least SAME_PERCENT of all other words that carry meaning, compared by
 * stem, stand in both. Fillers, articles and politeness do not count.
 */
#include "answer/answer.h"
#include "ground/terms.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 512, SAME_PERCENT = 75 };

struct bag {
    size_t strict_count;
    size_t free_count;
    uint64_t strict[WORDS_MAX]; /* must agree exactly */
    uint64_t free[WORDS_MAX];
};

static bool strict_word(const struct term *t)
{
    static const char *const words[] = {"what",  "why",   "how",     "when", "where",
                                        "who",   "which", "not",     "dont", "didnt",
                                        "never", "no",    "without", "whom"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(t->word, words[i]) == 0)
            return true;
    return t->number;
}

static void put(uint64_t *list, size_t *n, uint64_t hash)
{
    for (size_t i = 0; i < *n; i++)
        if (list[i] == hash)
            return;
    if (*n < WORDS_MAX)
        list[(*n)++] = hash;
}

static void add(const struct term *t, void *arg)
{
    struct bag *b = arg;

    if (strict_word(t))
        put(b->strict, &b->strict_count, t->hash);
    else if (!term_stopword(t->word))
        put(b->free, &b->free_count, t->hash);
}

static size_t shared(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
    size_t both = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m; k++)
            both += a[i] == b[k];
    return both;
}

bool answer_same_question(const char *older, const char *newer)
{
    struct bag a = {.strict_count = 0};
    struct bag b = {.strict_count = 0};
    size_t both;
    size_t all;

    terms_each(older, strlen(older), add, &a);
    terms_each(newer, strlen(newer), add, &b);
    both = shared(a.strict, a.strict_count, b.strict, b.strict_count);
    if (both != a.strict_count || both != b.strict_count)
        return false;
    both = shared(a.free, a.free_count, b.free, b.free_count);
    all = a.free_count + b.free_count - both;
    return both * 100 >= all * SAME_PERCENT;
}

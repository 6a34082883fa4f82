/**
 * @file answer/question_match.c  Do two versions of a recognised question mean the same?
 *
 * Two texts are the same question if the question words (why, when, who …), numbers and negations
 * agree, at least SAME_PERCENT of all other words that carry meaning, compared by stem, are in
 * both, and the newer has none that the older lacks: "an inner join" is not "an inner join and a
 * left join". A word that was first recognised a little differently ("co-worker") is not new.
 * Fillers, articles and politeness do not count.
 */
#include "answer/answer.h"
#include "ground/terms.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 512, SAME_PERCENT = 75, AGAIN_PERCENT = 60, WORD_BYTES = 16 };

struct bag {
    size_t strict_count;
    size_t free_count;
    uint64_t strict[WORDS_MAX]; /* must agree exactly */
    uint64_t free[WORDS_MAX];
    char words[WORDS_MAX][WORD_BYTES]; /* those of free, truncated */
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
    else if (!term_stopword(t->word)) {
        size_t before = b->free_count;

        put(b->free, &b->free_count, t->hash);
        if (b->free_count > before)
            snprintf(b->words[before], WORD_BYTES, "%s", t->word);
    }
}

/* Are two words similar enough to be two recognitions of one? They begin the same way, and half of
 * the longer one agrees. */
static bool alike(const char *a, const char *b)
{
    size_t n = 0;
    size_t longer = strlen(a) > strlen(b) ? strlen(a) : strlen(b);

    while (a[n] && a[n] == b[n])
        n++;
    return n >= 3 && n * 2 >= longer;
}

/* Has the newer a word that the older lacks? */
static bool adds_a_word(const struct bag *older, const struct bag *newer)
{
    for (size_t i = 0; i < newer->free_count; i++) {
        bool had = false;

        for (size_t k = 0; k < older->free_count && !had; k++)
            had = newer->free[i] == older->free[k] || alike(newer->words[i], older->words[k]);
        if (!had)
            return true;
    }
    return false;
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
    return both * 100 >= all * SAME_PERCENT && !adds_a_word(&a, &b);
}

bool answer_asks_again(const char *older, const char *newer)
{
    struct bag a = {.strict_count = 0};
    struct bag b = {.strict_count = 0};

    terms_each(older, strlen(older), add, &a);
    terms_each(newer, strlen(newer), add, &b);
    return a.free_count > 0 &&
           shared(a.free, a.free_count, b.free, b.free_count) * 100 >= a.free_count * AGAIN_PERCENT;
}

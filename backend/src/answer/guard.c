/**
 * @file answer/guard.c  Runs of words, counted by their hashes
 *
 * Hashes are FNV-1a, 32 bits (Fowler, Noll, Vo), of words and again of runs of words.
 */
#include "answer/guard.h"

#include "base/error.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    TIMES = 4,         /* repetitions that make a run a loop */
    SINGLE_TIMES = 12, /* for a single word: "very, very" is speech */
    RUN_WORDS = 6,     /* in a run that may recur anywhere */
    RULE_WORDS = 8,    /* in an echo */
    QUESTION_WORDS = 10,
};

static const uint32_t basis = 2166136261u;
static const uint32_t prime = 16777619u;

static uint32_t hash_run(const uint32_t *words, size_t n)
{
    uint32_t hash = basis;

    for (size_t i = 0; i < n; i++)
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ (words[i] >> shift & 0xff)) * prime;
    return hash;
}

static bool in_word(unsigned char c)
{
    return isalnum(c) || c >= 0x80 || c == '\'';
}

/** Feeds one byte of a word. 0: the word has ended or none has begun. */
static uint32_t hash_byte(uint32_t word, unsigned char c)
{
    if (!in_word(c))
        return 0;
    word = ((word ? word : basis) ^ (unsigned char)tolower(c)) * prime;
    return word ? word : 1;
}

/* ---- the instructions
 * -------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static size_t words_of(const char *text, uint32_t *words, size_t max)
{
    uint32_t word = 0;
    size_t n = 0;

    for (const char *p = text; n < max; p++) {
        uint32_t next = hash_byte(word, (unsigned char)*p);

        if (word && !next)
            words[n++] = word;
        word = next;
        if (!*p)
            break;
    }
    return n;
}

static void tell(struct guard *g, const char *text, size_t run, size_t max)
{
    size_t n = words_of(text, g->words, GUARD_WORDS_MAX);

    for (size_t i = 0; i + run <= n && g->told_count < max; i++)
        g->told[g->told_count++] = hash_run(g->words + i, run);
}

int guard_open(struct guard *g, const char *rules, const char *question)
{
    const size_t max = 2 * (size_t)GUARD_WORDS_MAX;

    *g = (struct guard){.count = 0};
    g->words = calloc(GUARD_WORDS_MAX, sizeof(*g->words));
    g->seen = calloc(GUARD_TABLE, sizeof(*g->seen));
    g->told = calloc(max, sizeof(*g->told));
    if (!g->words || !g->seen || !g->told) {
        guard_close(g);
        return UV_ENOMEM;
    }
    tell(g, rules, RULE_WORDS, max);
    tell(g, question, QUESTION_WORDS, max);
    qsort(g->told, g->told_count, sizeof(*g->told), compare);
    return 0;
}

void guard_close(struct guard *g)
{
    free(g->words);
    free(g->seen);
    free(g->told);
    *g = (struct guard){.count = 0};
}

/* --------------------------------------------------------------------------------- the answer */

static bool was_told(const struct guard *g, size_t run)
{
    uint32_t hash;

    if (g->count < run)
        return false;
    hash = hash_run(g->words + g->count - run, run);
    return bsearch(&hash, g->told, g->told_count, sizeof(hash), compare) != NULL;
}

/** How often has this run occurred, including now? */
static int times(struct guard *g, uint32_t hash)
{
    for (size_t i = 0; i < GUARD_TABLE; i++) {
        struct guard_run *r = &g->seen[(hash + i) % GUARD_TABLE];

        if (!r->count)
            r->hash = hash;
        if (r->hash == hash)
            return ++r->count;
    }
    return 0;
}

static bool loops(struct guard *g)
{
    size_t n = g->count;

    for (size_t p = 1; p <= GUARD_PERIOD && p < n; p++) {
        size_t wanted = p == 1 ? SINGLE_TIMES - 1 : (TIMES - 1) * p;

        g->runs[p] = g->words[n - 1] == g->words[n - 1 - p] ? g->runs[p] + 1 : 0;
        if ((size_t)g->runs[p] < wanted)
            continue;
        g->kept = n - wanted - p;
        return true;
    }
    if (n < RUN_WORDS || times(g, hash_run(g->words + n - RUN_WORDS, RUN_WORDS)) < TIMES)
        return false;
    g->kept = n / TIMES;
    return true;
}

static enum guard_finding next_word(struct guard *g)
{
    if (g->count == GUARD_WORDS_MAX)
        return GUARD_FINE;
    g->words[g->count++] = g->word;
    if (g->fenced)
        return GUARD_FINE;
    if (was_told(g, RULE_WORDS) || was_told(g, QUESTION_WORDS)) {
        g->kept = 0;
        return GUARD_ECHO;
    }
    return loops(g) ? GUARD_LOOP : GUARD_FINE;
}

enum guard_finding guard_feed(struct guard *g, const char *text, size_t len)
{
    for (size_t i = 0; g->words && i < len; i++) {
        uint32_t next = hash_byte(g->word, (unsigned char)text[i]);
        enum guard_finding found = g->word && !next ? next_word(g) : GUARD_FINE;

        g->word = next;
        g->ticks = text[i] == '`' ? g->ticks + 1 : 0;
        if (g->ticks == 3)
            g->fenced = !g->fenced;
        if (found != GUARD_FINE)
            return found;
    }
    return GUARD_FINE;
}

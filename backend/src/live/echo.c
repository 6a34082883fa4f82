/**
 * @file live/echo.c  Detecting the same words on two lines; see echo.h
 */
#include "live/echo.h"

#include <ctype.h>
#include <string.h>

enum {
    WORDS_MAX = 96,       /* words compared: nobody says more in 30 s */
    TOGETHER_US = 400000, /* an echo begins at most this long after the end of what it repeats */
    CALL_US = 250000,     /* an echo through a call takes longer than this */
    ALIKE = 60,           /* percentage of words that must occur in the same order */
    FEW = 3,              /* with fewer words, all must be the same */
};

struct word {
    const char *at;
    size_t len;
};

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == '\'';
}

static size_t cut(const char *text, struct word *words)
{
    size_t n = 0;

    while (*text && n < WORDS_MAX) {
        const char *begin;

        while (*text && !in_word(*text))
            text++;
        begin = text;
        while (in_word(*text))
            text++;
        if (text > begin)
            words[n++] = (struct word){begin, (size_t)(text - begin)};
    }
    return n;
}

static bool same(const struct word *a, const struct word *b)
{
    return a->len == b->len && !strncasecmp(a->at, b->at, a->len);
}

/* Length of the longest common subsequence, row by row. */
static size_t in_order(const struct word *a, size_t n, const struct word *b, size_t m)
{
    size_t row[WORDS_MAX + 1] = {0};

    for (size_t i = 0; i < n; i++) {
        size_t before = 0;

        for (size_t k = 0; k < m; k++) {
            size_t above = row[k + 1];

            if (same(&a[i], &b[k]))
                row[k + 1] = before + 1;
            else if (row[k] > above)
                row[k + 1] = row[k];
            before = above;
        }
    }
    return row[m];
}

static bool says_the_same(const struct echo_span *span, const struct echo_span *other)
{
    struct word a[WORDS_MAX], b[WORDS_MAX];
    size_t n = cut(span->words, a), m = cut(other->words, b), of = n;

    if (!n || !m)
        return false;
    if (n < FEW)
        return in_order(a, n, b, m) == n;
    if (other->running && m < n && m >= FEW) /* compares with as much as it has so far */
        of = m;
    return in_order(a, n, b, m) * 100 >= of * ALIKE;
}

bool echo_is_of(const struct echo_span *span, const struct echo_span *other)
{
    uint64_t from = other->start_us;

    if (span->start_us > other->end_us + TOGETHER_US || other->start_us > span->end_us)
        return false;
    if (span->microphone == other->microphone)
        return false;
    if (span->microphone ? from >= span->start_us + CALL_US : from + CALL_US > span->start_us)
        return false;
    return says_the_same(span, other);
}

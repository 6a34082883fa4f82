/**
 * @file ground/stem.c  The Porter stemmer, step by step as in the paper
 *
 * Rules are tables of (suffix, replacement); each step takes the longest suffix that matches and
 * applies it only if the stem before it is long enough in the paper's measure m, the number of
 * vowel-consonant sequences.
 */
#include "ground/stem.h"

#include <stdbool.h>
#include <string.h>

struct rule {
    const char *suffix;
    const char *to;
};

struct word {
    char *w;
    size_t n;
};

static bool consonant(const struct word *s, size_t i)
{
    switch (s->w[i]) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u':
        return false;
    case 'y':
        return i == 0 || !consonant(s, i - 1);
    default:
        return true;
    }
}

/** Vowel-consonant sequences in the first n letters. */
static int measure(const struct word *s, size_t n)
{
    int m = 0;
    bool vowel = false;

    for (size_t i = 0; i < n; i++) {
        bool c = consonant(s, i);

        if (c && vowel)
            m++;
        vowel = !c;
    }
    return m;
}

static bool has_vowel(const struct word *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!consonant(s, i))
            return true;
    return false;
}

static bool double_consonant(const struct word *s)
{
    return s->n >= 2 && s->w[s->n - 1] == s->w[s->n - 2] && consonant(s, s->n - 1);
}

/** Consonant-vowel-consonant at the end of the first n letters, the last not w, x or y. */
static bool cvc(const struct word *s, size_t n)
{
    if (n < 3 || !consonant(s, n - 1) || consonant(s, n - 2) || !consonant(s, n - 3))
        return false;
    return !strchr("wxy", s->w[n - 1]);
}

static bool ends(const struct word *s, const char *suffix)
{
    size_t k = strlen(suffix);

    return s->n >= k && memcmp(s->w + s->n - k, suffix, k) == 0;
}

static void swap(struct word *s, const char *suffix, const char *to)
{
    size_t at = s->n - strlen(suffix);
    size_t k = strlen(to);

    memcpy(s->w + at, to, k);
    s->n = at + k;
}

/** The first rule whose suffix matches decides; true if one was applied. Longest first. */
static bool apply(struct word *s, const struct rule *rules, int m_over)
{
    for (; rules->suffix; rules++) {
        if (!ends(s, rules->suffix))
            continue;
        if (measure(s, s->n - strlen(rules->suffix)) <= m_over)
            return false;
        swap(s, rules->suffix, rules->to);
        return true;
    }
    return false;
}

static void step1a(struct word *s)
{
    if (ends(s, "sses"))
        swap(s, "sses", "ss");
    else if (ends(s, "ies"))
        swap(s, "ies", "i");
    else if (ends(s, "s") && !ends(s, "ss") && s->n > 1)
        swap(s, "s", "");
}

static void mend1b(struct word *s)
{
    if (ends(s, "at") || ends(s, "bl") || ends(s, "iz"))
        s->w[s->n++] = 'e'; /* fits: at least two letters were just taken away */
    else if (double_consonant(s) && !strchr("lsz", s->w[s->n - 1]))
        s->n--;
    else if (measure(s, s->n) == 1 && cvc(s, s->n))
        s->w[s->n++] = 'e';
}

static void step1b(struct word *s)
{
    if (ends(s, "eed")) {
        if (measure(s, s->n - 3) > 0)
            swap(s, "eed", "ee");
    } else if (ends(s, "ed") && has_vowel(s, s->n - 2)) {
        swap(s, "ed", "");
        mend1b(s);
    } else if (ends(s, "ing") && has_vowel(s, s->n - 3)) {
        swap(s, "ing", "");
        mend1b(s);
    }
}

static void step1c(struct word *s)
{
    if (ends(s, "y") && has_vowel(s, s->n - 1))
        s->w[s->n - 1] = 'i';
}

static const struct rule step2[] = {
    {"ational", "ate"}, {"ization", "ize"}, {"iveness", "ive"}, {"fulness", "ful"},
    {"ousness", "ous"}, {"tional", "tion"}, {"biliti", "ble"},  {"entli", "ent"},
    {"ousli", "ous"},   {"ation", "ate"},   {"alism", "al"},    {"aliti", "al"},
    {"iviti", "ive"},   {"enci", "ence"},   {"anci", "ance"},   {"izer", "ize"},
    {"alli", "al"},     {"ator", "ate"},    {"logi", "log"},    {"bli", "ble"},
    {"eli", "e"},       {NULL, NULL}};

static const struct rule step3[] = {{"icate", "ic"}, {"ative", ""},  {"alize", "al"},
                                    {"iciti", "ic"}, {"ical", "ic"}, {"ness", ""},
                                    {"ful", ""},     {NULL, NULL}};

static const struct rule step4[] = {{"ement", ""}, {"ance", ""}, {"ence", ""}, {"able", ""},
                                    {"ible", ""},  {"ment", ""}, {"ant", ""},  {"ent", ""},
                                    {"ism", ""},   {"ate", ""},  {"iti", ""},  {"ous", ""},
                                    {"ive", ""},   {"ize", ""},  {"al", ""},   {"er", ""},
                                    {"ic", ""},    {"ou", ""},   {NULL, NULL}};

static void do_step4(struct word *s)
{
    if (ends(s, "ion")) {
        if (s->n > 3 && strchr("st", s->w[s->n - 4]) && measure(s, s->n - 3) > 1)
            swap(s, "ion", "");
        return;
    }
    apply(s, step4, 1);
}

static void step5(struct word *s)
{
    if (ends(s, "e")) {
        int m = measure(s, s->n - 1);

        if (m > 1 || (m == 1 && !cvc(s, s->n - 1)))
            s->n--;
    }
    if (ends(s, "ll") && measure(s, s->n) > 1)
        s->n--;
}

size_t stem_english(char *word, size_t len)
{
    struct word s = {.w = word, .n = len};

    if (len < 3)
        return len;
    for (size_t i = 0; i < len; i++)
        if (word[i] < 'a' || word[i] > 'z')
            return len;
    step1a(&s);
    step1b(&s);
    step1c(&s);
    apply(&s, step2, 0);
    apply(&s, step3, 0);
    do_step4(&s);
    step5(&s);
    if (s.n < len)
        word[s.n] = '\0';
    return s.n;
}

/**
 * @file ground/terms.c  Tokens of text in any language
 *
 * libunistring (the Unicode character database) says what is a letter, its lower case and its
 * decomposition; libstemmer stems English words. Text of a-z, which is nearly all of it, does not
 * need libunistring.
 */
#include "ground/terms.h"

#include "base/text.h"
#include "ground/stem.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

struct range {
    uint32_t first;
    uint32_t last;
};

/* Scripts written without spaces between words. */
static const struct range unspaced[] = {
    {0x0e00, 0x0eff}, {0x1000, 0x109f}, {0x1780, 0x17ff}, {0x3005, 0x3007}, {0x3040, 0x30ff},
    {0x31f0, 0x31ff}, {0x3400, 0x9fff}, {0xf900, 0xfaff}, {0xff66, 0xff9f}, {0x20000, 0x3ffff}};

static bool is_unspaced(uint32_t c)
{
    if (c < 0x0e00)
        return false;
    for (size_t i = 0; i < sizeof(unspaced) / sizeof(unspaced[0]); i++)
        if (c >= unspaced[i].first && c <= unspaced[i].last)
            return true;
    return false;
}

/* Letters, digits, and the marks that belong to a letter (vowel signs, accents). */
bool rune_is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M |
                                                   UC_CATEGORY_MASK_N);
}

/* For Unicode, Latin letters with a stroke are separate letters; people type them without it. */
static uint32_t without_stroke(uint32_t c)
{
    static const uint32_t plain[][2] = {{0xf8, 'o'},  {0x111, 'd'}, {0x127, 'h'},
                                        {0x131, 'i'}, {0x142, 'l'}, {0x167, 't'}};

    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (c == plain[i][0])
            return plain[i][1];
    return c;
}

uint32_t rune_fold(uint32_t c)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    int tag = UC_DECOMP_CANONICAL;

    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    c = uc_tolower(c);
    if (c == 0x3c2) /* final sigma */
        return 0x3c3;
    while (c >= 0x80 && uc_decomposition(c, &tag, parts) > 0) {
        bool latin = parts[0] < 0x250;

        if (tag != UC_DECOMP_WIDE && !(tag == UC_DECOMP_CANONICAL && latin))
            break;
        c = uc_tolower(parts[0]);
    }
    return without_stroke(c);
}

/* 0 if it does not fit. */
static size_t put_rune(char *to, size_t room, uint32_t c)
{
    int n = u8_uctomb((uint8_t *)to, c, (ptrdiff_t)room);

    return n > 0 ? (size_t)n : 0;
}

static uint64_t hash_bytes(const char *s, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, 64 bit */

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
    return h;
}

/* Irregular past forms, in strcmp() order of the first. */
static const char *const irregular[][2] = {{"began", "begin"},     {"bought", "buy"},
                                           {"broke", "break"},     {"broken", "break"},
                                           {"brought", "bring"},   {"built", "build"},
                                           {"chose", "choose"},    {"chosen", "choose"},
                                           {"dealt", "deal"},      {"drove", "drive"},
                                           {"fell", "fall"},       {"felt", "feel"},
                                           {"found", "find"},      {"gave", "give"},
                                           {"given", "give"},      {"grew", "grow"},
                                           {"grown", "grow"},      {"held", "hold"},
                                           {"kept", "keep"},       {"learnt", "learn"},
                                           {"led", "lead"},        {"lost", "lose"},
                                           {"made", "make"},       {"meant", "mean"},
                                           {"met", "meet"},        {"mistaken", "mistake"},
                                           {"oversaw", "oversee"}, {"ran", "run"},
                                           {"rewrote", "rewrite"}, {"sent", "send"},
                                           {"sold", "sell"},       {"spent", "spend"},
                                           {"spoke", "speak"},     {"taught", "teach"},
                                           {"thought", "think"},   {"told", "tell"},
                                           {"took", "take"},       {"understood", "understand"},
                                           {"went", "go"},         {"won", "win"},
                                           {"written", "write"},   {"wrote", "write"}};

static int compare_irregular(const void *key, const void *item)
{
    return strcmp(key, ((const char *const *)item)[0]);
}

/** Stem in place; room for TERM_MAX bytes. */
static size_t stem_word(char *word, size_t n)
{
    const char *const *hit = bsearch(word, irregular, sizeof(irregular) / sizeof(irregular[0]),
                                     sizeof(irregular[0]), compare_irregular);

    if (hit)
        n = text_copy(word, TERM_MAX, hit[1], strlen(hit[1]));
    return stem_english(word, n, TERM_MAX);
}

uint64_t term_hash(const char *word)
{
    char stem[TERM_MAX];
    size_t n = text_copy(stem, sizeof(stem), word, strlen(word));

    n = stem_word(stem, n);
    return hash_bytes(stem, n);
}

uint64_t term_exact(const char *word)
{
    return ~hash_bytes(word, strlen(word));
}

struct out {
    const char *text;
    term_fn *fn;
    void *arg;
    bool stems;
};

/** word has room for a NUL at word[n]. */
static void emit(const struct out *o, char *word, size_t n, size_t at, size_t len)
{
    char stem[TERM_MAX];
    struct term t = {.word = word, .at = at, .len = len};

    word[n] = '\0';
    t.number = word[0] >= '0' && word[0] <= '9';
    if (o->stems) {
        memcpy(stem, word, n + 1);
        t.hash = hash_bytes(stem, stem_word(stem, n));
        t.stem = stem;
    }
    o->fn(&t, o->arg);
}

/** An apostrophe with a letter on both sides does not end a word. */
static bool inner_apostrophe(uint32_t c, const char *p, const char *end)
{
    if (c != '\'' && c != 0x2019)
        return false;
    return p < end && rune_is_letter(utf8_next(&p, end));
}

/** Does c continue the word so far (and become part of it, unless it is an apostrophe)? */
static bool word_goes_on(uint32_t c, const char *word, size_t n)
{
    if (rune_is_letter(c))
        return !is_unspaced(c);
    return n && (c == '+' || c == '#') && (word[n - 1] == 'c' || word[n - 1] == '+'); /* C++, C# */
}

static const char *take_word(const struct out *o, const char *start, const char *end)
{
    char word[TERM_MAX];
    size_t n = 0;
    const char *p = start;

    while (p < end) {
        const char *next = p;
        unsigned char b = (unsigned char)*p;
        uint32_t c;

        if ((b >= 'a' && b <= 'z') || (b >= '0' && b <= '9')) { /* nearly always */
            if (n < sizeof(word) - 1)
                word[n++] = (char)b;
            p++;
            continue;
        }
        c = utf8_next(&next, end);
        if (word_goes_on(c, word, n))
            n += put_rune(word + n, sizeof(word) - 1 - n, rune_fold(c));
        else if (!inner_apostrophe(c, next, end))
            break;
        p = next;
    }
    emit(o, word, n, (size_t)(start - o->text), (size_t)(p - start));
    return p;
}

/** Pairs of characters; a single one counts only if it has no neighbour. */
static const char *take_unspaced(const struct out *o, const char *start, const char *end)
{
    const char *p = start;
    bool paired = false;

    while (p < end) {
        const char *second = p;
        const char *after;
        char word[TERM_MAX];
        size_t n;
        uint32_t a = utf8_next(&second, end);
        uint32_t b;

        if (!is_unspaced(a) || !rune_is_letter(a))
            break;
        after = second;
        b = after < end ? utf8_next(&after, end) : ' ';
        n = put_rune(word, sizeof(word) - 1, a);
        if (is_unspaced(b) && rune_is_letter(b)) {
            n += put_rune(word + n, sizeof(word) - 1 - n, b);
            emit(o, word, n, (size_t)(p - o->text), (size_t)(after - p));
            paired = true;
        } else if (!paired) {
            emit(o, word, n, (size_t)(p - o->text), (size_t)(second - p));
        }
        p = second;
    }
    return p;
}

static void each(const struct out *o, size_t len)
{
    const char *p = o->text;
    const char *end = p + len;

    while (p < end) {
        const char *next = p;
        uint32_t c = utf8_next(&next, end);

        if (c == 0xfffd || !rune_is_letter(c))
            p = next;
        else if (is_unspaced(c))
            p = take_unspaced(o, p, end);
        else
            p = take_word(o, p, end);
    }
}

void terms_each(const char *text, size_t len, term_fn *fn, void *arg)
{
    each(&(struct out){.text = text, .fn = fn, .arg = arg, .stems = true}, len);
}

void words_each(const char *text, size_t len, term_fn *fn, void *arg)
{
    each(&(struct out){.text = text, .fn = fn, .arg = arg, .stems = false}, len);
}

/* In strcmp order, for bsearch(). */
static const char *const stopwords[] = {
    "a",         "about",   "actually", "after",    "again",      "all",       "also",    "am",
    "an",        "and",     "any",      "anything", "are",        "as",        "ask",     "at",
    "be",        "because", "been",     "before",   "being",      "bit",       "both",    "but",
    "by",        "can",     "company",  "could",    "describe",   "did",       "do",      "does",
    "doing",     "done",    "down",     "each",     "everything", "example",   "explain", "few",
    "first",     "for",     "from",     "further",  "gave",       "get",       "give",    "given",
    "going",     "got",     "had",      "has",      "have",       "having",    "he",      "hello",
    "her",       "here",    "hi",       "him",      "his",        "how",       "i",       "id",
    "if",        "im",      "in",       "into",     "is",         "it",        "its",     "ive",
    "job",       "just",    "kind",     "know",     "last",       "let",       "lets",    "like",
    "little",    "lot",     "make",     "many",     "maybe",      "me",        "more",    "most",
    "much",      "my",      "no",       "not",      "now",        "of",        "off",     "oh",
    "ok",        "okay",    "on",       "once",     "one",        "only",      "or",      "other",
    "our",       "out",     "over",     "own",      "please",     "question",  "quickly", "really",
    "right",     "role",    "same",     "say",      "see",        "share",     "she",     "should",
    "situation", "so",      "some",     "somebody", "someone",    "something", "such",    "sure",
    "take",      "tell",    "than",     "thank",    "thanks",     "that",      "thats",   "the",
    "their",     "them",    "then",     "there",    "these",      "they",      "thing",   "things",
    "think",     "this",    "those",    "through",  "time",       "times",     "to",      "too",
    "uh",        "um",      "under",    "up",       "us",         "used",      "very",    "want",
    "was",       "way",     "we",       "well",     "were",       "what",      "whats",   "when",
    "where",     "which",   "while",    "who",      "whom",       "why",       "will",    "with",
    "work",      "worked",  "working",  "works",    "would",      "yeah",      "yes",     "you",
    "your",      "youre",   "yours",    "youve"};

static int compare_word(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

bool term_stopword(const char *word)
{
    return bsearch(word, stopwords, sizeof(stopwords) / sizeof(stopwords[0]), sizeof(stopwords[0]),
                   compare_word);
}

bool term_among(const char *word, const char *const *words)
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

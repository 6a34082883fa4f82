/**
 * @file ground/terms.c  Tokens of text in any language
 *
 * There is no character database here: what is no letter is listed by block (Unicode 15, chapter
 * "Blocks"), everything else past ASCII counts as one. That errs on the side of keeping words
 * whole, which is harmless for search.
 */
#include "ground/terms.h"

#include "base/text.h"
#include "ground/stem.h"

#include <stdlib.h>
#include <string.h>

struct range {
    uint32_t first;
    uint32_t last;
};

/* Spaces, punctuation, symbols, private use and emoji past ASCII. */
static const struct range not_letters[] = {
    {0x0080, 0x00a9}, {0x00ab, 0x00b4}, {0x00b6, 0x00b9}, {0x00bb, 0x00bf},   {0x00d7, 0x00d7},
    {0x00f7, 0x00f7}, {0x02c2, 0x02df}, {0x037e, 0x037e}, {0x0387, 0x0387},   {0x055a, 0x055f},
    {0x0589, 0x058f}, {0x05be, 0x05be}, {0x05c0, 0x05c0}, {0x05c3, 0x05c3},   {0x05f3, 0x05f4},
    {0x0600, 0x060f}, {0x061b, 0x061f}, {0x066a, 0x066d}, {0x06d4, 0x06d4},   {0x0964, 0x0965},
    {0x0e3f, 0x0e3f}, {0x0e4f, 0x0e4f}, {0x0e5a, 0x0e5b}, {0x104a, 0x104f},   {0x1360, 0x1368},
    {0x17d4, 0x17db}, {0x1800, 0x180a}, {0x2000, 0x2bff}, {0x2e00, 0x2e7f},   {0x2ff0, 0x3004},
    {0x3008, 0x3020}, {0x3030, 0x3030}, {0x303d, 0x303f}, {0x30a0, 0x30a0},   {0x30fb, 0x30fb},
    {0xe000, 0xf8ff}, {0xfe10, 0xfe1f}, {0xfe30, 0xfe6f}, {0xfeff, 0xff0f},   {0xff1a, 0xff20},
    {0xff3b, 0xff40}, {0xff5b, 0xff65}, {0xffe0, 0xffff}, {0x1f000, 0x1faff}, {0xe0000, 0x10ffff}};

/* Scripts written without spaces between words. */
static const struct range unspaced[] = {
    {0x0e00, 0x0eff}, {0x1000, 0x109f}, {0x1780, 0x17ff}, {0x3005, 0x3007}, {0x3040, 0x30ff},
    {0x31f0, 0x31ff}, {0x3400, 0x9fff}, {0xf900, 0xfaff}, {0xff66, 0xff9f}, {0x20000, 0x3ffff}};

/* U+00C0..U+017F to ASCII; ' ' keeps the (lower-cased) letter: those are letters of their own. */
static const char latin[] = "aaaaaa ceeeeiiii nooooo ouuuuy  aaaaaa ceeeeiiii nooooo ouuuuy y"
                            "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkkklllllll"
                            "lllnnnnnnn  oooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static bool in_ranges(const struct range *r, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n && c >= r[i].first; i++)
        if (c <= r[i].last)
            return true;
    return false;
}

static bool is_unspaced(uint32_t c)
{
    return c >= 0x0e00 && in_ranges(unspaced, sizeof(unspaced) / sizeof(unspaced[0]), c);
}

bool rune_is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return !in_ranges(not_letters, sizeof(not_letters) / sizeof(not_letters[0]), c);
}

static uint32_t fold_latin(uint32_t c)
{
    char base = latin[c - 0xc0];

    if (base != ' ')
        return (uint32_t)base;
    if (c >= 0xc0 && c <= 0xde)
        return c + 0x20;
    if (c == 0x132 || c == 0x152)
        return c + 1;
    return c == 0x14a ? 0x14b : c;
}

uint32_t rune_fold(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c >= 0xc0 && c <= 0x17f)
        return fold_latin(c);
    if (c >= 0x391 && c <= 0x3ab) /* Greek */
        return c + 32;
    if (c == 0x3c2)
        return 0x3c3;
    if (c >= 0x400 && c <= 0x40f) /* Cyrillic */
        return c + 80;
    if (c >= 0x410 && c <= 0x42f)
        return c + 32;
    if ((c >= 0x460 && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) || (c >= 0x1e00 && c <= 0x1eff))
        return c | 1;
    if (c >= 0x531 && c <= 0x556) /* Armenian */
        return c + 48;
    if (c >= 0xff21 && c <= 0xff3a) /* full-width Latin */
        return c - 0xff21 + 'a';
    if (c >= 0xff41 && c <= 0xff5a)
        return c - 0xff41 + 'a';
    if (c >= 0xff10 && c <= 0xff19)
        return c - 0xff10 + '0';
    return c;
}

static size_t put_rune(char *to, size_t room, uint32_t c)
{
    unsigned char b[4];
    size_t n;

    if (c < 0x80) {
        b[0] = (unsigned char)c;
        n = 1;
    } else if (c < 0x800) {
        b[0] = (unsigned char)(0xc0 | c >> 6);
        b[1] = (unsigned char)(0x80 | (c & 0x3f));
        n = 2;
    } else if (c < 0x10000) {
        b[0] = (unsigned char)(0xe0 | c >> 12);
        b[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        b[2] = (unsigned char)(0x80 | (c & 0x3f));
        n = 3;
    } else {
        b[0] = (unsigned char)(0xf0 | c >> 18);
        b[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
        b[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        b[3] = (unsigned char)(0x80 | (c & 0x3f));
        n = 4;
    }
    if (n > room)
        return 0;
    memcpy(to, b, n);
    return n;
}

static uint64_t hash_bytes(const char *s, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, 64 bit */

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
    return h;
}

/* Past forms that no suffix rule reaches, in strcmp order of the first. */
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
    return stem_english(word, n);
}

uint64_t term_hash(const char *word)
{
    char stem[TERM_MAX];
    size_t n = text_copy(stem, sizeof(stem), word, strlen(word));

    n = stem_word(stem, n);
    return hash_bytes(stem, n);
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

/** c after the word so far: goes on (and in, unless it is an apostrophe) or ends it. */
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

/** Pairs of characters; a single one stands alone only if it has no neighbour. */
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

/**
 * @file answer/claims.c  The set of known numbers and words, and a scan for others
 */
#include "answer/claims.h"

#include "base/error.h"
#include "base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORD = 48,
    SMALL = 3,        /* numbers in words up to this only count things */
    TABLE_MIN = 1024, /* slots in the set of known items */
    FRACTION = 1000,  /* numbers are kept in thousandths */
};

struct claims {
    uint64_t *known; /* open addressing; 0 is empty */
    size_t mask;
    size_t used;
};

const char *claim_kind_name(enum claim_kind kind)
{
    static const char *const names[] = {"number", "name", "employer"};

    return names[kind];
}

/* ----------------------------------------------------------------------------------- the set */

static uint64_t hash_text(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, 64 bit */

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h | 1;
}

static uint64_t hash_number(int64_t thousandths)
{
    return ((uint64_t)thousandths * 0x9e3779b97f4a7c15u) | 1;
}

static bool knows(const struct claims *c, uint64_t hash)
{
    for (size_t i = hash & c->mask; c->known[i]; i = (i + 1) & c->mask)
        if (c->known[i] == hash)
            return true;
    return false;
}

static void put(struct claims *c, uint64_t hash)
{
    size_t i = hash & c->mask;

    while (c->known[i] && c->known[i] != hash)
        i = (i + 1) & c->mask;
    c->used += c->known[i] == 0;
    c->known[i] = hash;
}

static int learn(struct claims *c, uint64_t hash)
{
    if (c->used * 2 > c->mask) {
        struct claims bigger = {.mask = c->mask * 2 + 1};

        bigger.known = calloc(bigger.mask + 1, sizeof(*bigger.known));
        if (!bigger.known)
            return UV_ENOMEM;
        for (size_t i = 0; i <= c->mask; i++)
            if (c->known[i])
                put(&bigger, c->known[i]);
        explicit_bzero(c->known, (c->mask + 1) * sizeof(*c->known));
        free(c->known);
        *c = bigger;
    }
    put(c, hash);
    return 0;
}

/* --------------------------------------------------------------------------------- the tokens */

struct token {
    size_t start;
    size_t end;
    char word[WORD]; /* in lower case */
    bool capital;
    bool coded;    /* a capital or a digit inside: "NEWS2", "iOS" */
    bool number;   /* has a value */
    bool digits;   /* written in digits */
    bool starts;   /* a sentence */
    int64_t value; /* in thousandths */
};

/** Length of a sign that is not a letter (quotes, dashes, €, £); 0: none. */
static size_t sign_at(const char *text, size_t len, size_t i)
{
    size_t n = (unsigned char)text[i] == 0xe2 ? 3 : (unsigned char)text[i] == 0xc2 ? 2 : 0;

    return i + n <= len ? n : len - i;
}

static bool in_word(const char *text, size_t len, size_t i)
{
    char c = text[i];

    return isalnum((unsigned char)c) || c == '+' || c == '#' ||
           ((unsigned char)c >= 0x80 && !sign_at(text, len, i));
}

/** A dot, comma or apostrophe between two parts of one word or number. */
static bool joins(const char *text, size_t len, size_t i)
{
    bool digits = i && isdigit((unsigned char)text[i - 1]);

    if (i + 1 >= len || !isalnum((unsigned char)text[i + 1]))
        return false;
    if (strchr(".,", text[i]))
        return (digits && isdigit((unsigned char)text[i + 1])) ||
               (text[i] == '.' && i && isalpha((unsigned char)text[i - 1]) &&
                islower((unsigned char)text[i + 1]));
    return text[i] == '\'';
}

static int64_t number_word(const char *word)
{
    static const char *const words[] = {"zero",    "one",     "two",       "three",    "four",
                                        "five",    "six",     "seven",     "eight",    "nine",
                                        "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    static const char *const tens[] = {"twenty", "thirty",  "forty",  "fifty",
                                       "sixty",  "seventy", "eighty", "ninety"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i]) == 0)
            return (int64_t)i;
    for (size_t i = 0; i < sizeof(tens) / sizeof(tens[0]); i++)
        if (strcmp(word, tens[i]) == 0)
            return (int64_t)(i + 2) * 10;
    if (strcmp(word, "hundred") == 0)
        return 100;
    return -1;
}

/** "4,200", "3.5", "40k", "1.2M", "83%": the value in thousandths; -1: not a number. */
static int64_t value_of(const char *word)
{
    double value = 0;
    double part = 0;
    size_t i = 0;

    if (!isdigit((unsigned char)word[0]))
        return -1;
    for (;
         isdigit((unsigned char)word[i]) || (word[i] == ',' && isdigit((unsigned char)word[i + 1]));
         i++)
        value = word[i] == ',' ? value : value * 10 + (word[i] - '0');
    if (word[i] == '.' && isdigit((unsigned char)word[i + 1])) {
        for (part = 0.1, i++; isdigit((unsigned char)word[i]); i++, part /= 10)
            value += (word[i] - '0') * part;
    }
    if (strcmp(word + i, "k") == 0)
        value *= 1e3;
    else if (strcmp(word + i, "m") == 0 || strcmp(word + i, "mn") == 0)
        value *= 1e6;
    return value < 1e15 ? (int64_t)(value * FRACTION + 0.5) : -1;
}

static void read_value(struct token *t)
{
    int64_t small;

    t->value = value_of(t->word);
    t->digits = t->number = t->value >= 0;
    small = t->number ? -1 : number_word(t->word);
    if (small >= 0) {
        t->number = true;
        t->value = small * FRACTION;
    }
}

/** The next token from *at on; false: none is left. */
static bool next_token(const char *text, size_t len, size_t *at, struct token *t)
{
    size_t i = *at;
    size_t n = 0;

    memset(t, 0, sizeof(*t));
    t->starts = i == 0;
    while (i < len && !in_word(text, len, i)) {
        size_t sign = sign_at(text, len, i);

        t->starts |= (strchr(".!?\n", text[i]) && text[i]) || text[i] == '*';
        i += sign ? sign : 1;
    }
    t->start = i;
    for (; i < len && (in_word(text, len, i) || joins(text, len, i)); i++) {
        if (text[i] == '\'') /* a name's genitive */
            break;
        t->coded |= i > t->start &&
                    (isupper((unsigned char)text[i]) ||
                     (isdigit((unsigned char)text[i]) && isalpha((unsigned char)text[t->start])));
        if (n < WORD - 1)
            t->word[n++] = (char)tolower((unsigned char)text[i]);
    }
    t->end = i < len ? i : len;
    t->capital = t->start < len && isupper((unsigned char)text[t->start]);
    while (i < len && (isalpha((unsigned char)text[i]) || text[i] == '\''))
        i++;
    *at = i;
    read_value(t);
    return t->end > t->start && t->start < len;
}

/* ---- known items
 * ------------------------------------------------------------------------------- */

int claims_add(struct claims *c, const char *text, size_t len)
{
    struct token t;
    struct token before = {.number = false};
    int err = 0;

    for (size_t at = 0; !err && next_token(text, len, &at, &t); before = t) {
        err = learn(c, hash_text(t.word));
        if (!err && t.number)
            err = learn(c, hash_number(t.value));
        if (!err && t.number && before.number && !before.digits && !t.digits &&
            before.value >= 20 * FRACTION && t.value < 10 * FRACTION) /* "forty-one" */
            err = learn(c, hash_number(before.value + t.value));
    }
    return err;
}

int claims_open(struct claims **cp, const struct grounding *g)
{
    const struct grounding_input *in = g ? grounding_input(g) : NULL;
    struct claims *c = calloc(1, sizeof(*c));
    int err = 0;

    if (!c)
        return UV_ENOMEM;
    c->mask = TABLE_MIN - 1;
    c->known = calloc(TABLE_MIN, sizeof(*c->known));
    if (!c->known)
        err = UV_ENOMEM;
    if (in && !err) {
        const char *const texts[] = {in->name,     in->candidate, in->interview,      in->role,
                                     in->industry, in->context,   in->job_description};

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !err; i++)
            err = claims_add(c, texts[i], strlen(texts[i]));
        for (size_t i = 0; i < in->skill_count && !err; i++)
            err = claims_add(c, in->skills[i], strlen(in->skills[i]));
        if (in->years_experience >= 0 && !err)
            err = learn(c, hash_number((int64_t)in->years_experience * FRACTION));
    }
    if (err)
        claims_close(c);
    else
        *cp = c;
    return err;
}

void claims_close(struct claims *c)
{
    if (!c)
        return;
    if (c->known)
        explicit_bzero(c->known, (c->mask + 1) * sizeof(*c->known));
    free(c->known);
    free(c);
}

/* ------------------------------------------------------------------------------------ checking */

static bool one_of(const char *word, const char *list)
{
    size_t n = strlen(word);

    for (const char *at = list; n && (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

/** Capitalised words that name nothing that could be made up. */
static bool is_common(const char *word)
{
    return one_of(
        word, "i im id ive ill a an the my we our you your it he she they this that in on at "
              "so and but or if when then as to for of from with by not no yes monday "
              "tuesday wednesday thursday friday saturday sunday january february march "
              "april may june july august september october november december christmas "
              "easter new year english ok mr mrs ms dr prof cv hr it ai star tv pdf url "
              "usa uk eu us ceo cto cfo coo vp day eve street context role skills jobdescription");
}

/** The sentence that contains byte at: does the speaker talk about themselves in it? */
static bool is_own(const char *text, size_t len, size_t at)
{
    size_t from = at;
    size_t to = at;
    struct token t;

    while (from && !(strchr(".!?\n", text[from - 1]) && text[from - 1] &&
                     (from == len || isspace((unsigned char)text[from]) || text[from - 1] == '\n')))
        from--;
    while (to < len &&
           !(strchr(".!?\n", text[to]) && (to + 1 == len || isspace((unsigned char)text[to + 1]))))
        to++;
    for (size_t i = 0; next_token(text + from, to - from, &i, &t);)
        if (one_of(t.word, "i we my our me us im ive id weve"))
            return true;
    return false;
}

static bool is_number_claim(const struct token *t)
{
    return t->number && (t->digits || t->value > SMALL * FRACTION) &&
           !(t->digits && t->value <= FRACTION && t->end - t->start == 1);
}

/** "2." or "3)" at the beginning of a line is a list number. Text that begins with a space
 *  continues a line. */
static bool is_list_number(const char *text, size_t len, const struct token *t)
{
    size_t at = t->start;

    while (at && (text[at - 1] == ' ' || text[at - 1] == '*'))
        at--;
    return t->digits && (at ? text[at - 1] == '\n' : *text != ' ') && t->end + 1 < len &&
           (text[t->end] == '.' || text[t->end] == ')') &&
           (isspace((unsigned char)text[t->end + 1]) || text[t->end + 1] == '*');
}

static bool is_name_token(const struct token *t)
{
    if (t->number || is_common(t->word) || t->end - t->start < 2)
        return false;
    return t->coded ? t->capital || !t->starts : t->capital && !t->starts;
}

/** A run of name words from t on is one claim; *at moves past it. */
static struct claim take_name(const struct claims *c, const char *text, size_t len, size_t *at,
                              const struct token *t, const struct token *before)
{
    struct claim claim = {t->start, t->end, CLAIM_NAME, knows(c, hash_text(t->word))};
    struct token next;

    for (size_t ahead = *at; next_token(text, len, &ahead, &next);) {
        if (!is_name_token(&next) || next.starts || next.start > claim.end + 1)
            break;
        claim.supported &= knows(c, hash_text(next.word));
        claim.end = next.end;
        *at = ahead;
    }
    if (one_of(before->word, "at for joined from with left to") && !t->coded)
        claim.kind = CLAIM_EMPLOYER;
    return claim;
}

size_t claims_find(const struct claims *c, const char *text, size_t len, bool own,
                   struct claim *found, size_t max)
{
    struct token before = {.number = false};
    struct token t;
    size_t n = 0;

    for (size_t at = 0; n < max && next_token(text, len, &at, &t); before = t) {
        bool number = is_number_claim(&t) && !is_list_number(text, len, &t);
        bool joined = t.number && before.number && !before.digits && !t.digits &&
                      before.value >= 20 * FRACTION && t.value < 10 * FRACTION && n;

        if (joined) { /* "forty-one" is one number */
            found[n - 1].end = t.end;
            found[n - 1].supported = knows(c, hash_number(before.value + t.value));
            continue;
        }
        if ((!number && !is_name_token(&t)) || (own && !is_own(text, len, t.start)))
            continue;
        found[n++] =
            number ? (struct claim){t.start, t.end, CLAIM_NUMBER,
                                    knows(c, hash_number(t.value)) || knows(c, hash_text(t.word))}
                   : take_name(c, text, len, &at, &t, &before);
    }
    return n;
}

size_t claims_check(const struct claims *c, const char *text, size_t len, bool own,
                    struct claim *found, size_t max)
{
    size_t n = claims_find(c, text, len, own, found, max);
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!found[i].supported)
            found[kept++] = found[i];
    return kept;
}

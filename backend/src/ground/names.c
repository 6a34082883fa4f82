/**
 * @file ground/names.c  Tokens with their signs: "C++", ".NET", "Node.js", "A/B"
 */
#include "ground/names.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { TOKENS_MAX = 96 };

struct token {
    const char *text;
    size_t len;
    bool starts; /* at the beginning of a sentence */
};

static bool is_part(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == '+' || c == '#';
}

/** The next token from *at on; false: none is left. A dot or a slash stays inside a name, and a dot
 *  stays before one (".NET"); a dot after it ends a sentence. */
static bool next_token(const char *text, size_t len, size_t *at, struct token *t)
{
    size_t i = *at;
    size_t start;

    t->starts = i == 0;
    for (; i < len && !is_part(text[i]); i++) {
        if (text[i] == '.' && i + 1 < len && isalpha((unsigned char)text[i + 1]) &&
            (i == 0 || text[i - 1] == ' '))
            break;
        t->starts |= strchr(".!?:\n", text[i]) != NULL;
    }
    start = i;
    if (i < len)
        i++;
    while (i < len && (is_part(text[i]) || (strchr("./-&", text[i]) && text[i] && i + 1 < len &&
                                            isalnum((unsigned char)text[i + 1]))))
        i++;
    t->text = text + start;
    t->len = i - start;
    *at = i;
    return t->len > 0;
}

static bool one_of(const struct token *t, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == t->len && strncasecmp(*words, t->text, t->len) == 0)
            return true;
    return false;
}

/** Names that are also ordinary words. */
static bool is_ordinary(const struct token *t)
{
    static const char *const words[] = {
        "go",     "rust",    "swift",  "spark",  "node",    "react",  "dart",  "julia",
        "ruby",   "scratch", "flask",  "spring", "express", "pandas", "chef",  "puppet",
        "salt",   "oracle",  "excel",  "access", "word",    "teams",  "slack", "notion",
        "square", "basic",   "scheme", "elm",    "crystal", "hive",   "beam",  NULL};

    return t->len == 1 || one_of(t, words);
}

/** Words before a name: "in Go", "used R", "with C". */
static bool takes_name(const struct token *t)
{
    static const char *const words[] = {"in",      "with",  "using",   "used",  "use",   "know",
                                        "knows",   "learn", "learned", "write", "wrote", "writing",
                                        "written", "of",    "about",   NULL};

    return one_of(t, words);
}

/** Capitalised for another reason than being a name: "I", days, spoken languages, forms of
 *  address. */
static bool is_capital_word(const struct token *t)
{
    static const char *const words[] = {
        "I",         "I'm",    "I'd",     "I've",      "I'll",      "CV",       "OK",
        "Mr",        "Mrs",    "Ms",      "Dr",        "HR",        "TV",       "UK",
        "US",        "EU",     "Monday",  "Tuesday",   "Wednesday", "Thursday", "Friday",
        "Saturday",  "Sunday", "January", "February",  "March",     "April",    "May",
        "June",      "July",   "August",  "September", "October",   "November", "December",
        "Christmas", "Easter", NULL};

    return one_of(t, words) || (t->len > 2 && memcmp(t->text, "I'", 2) == 0);
}

static bool has_sign(const struct token *t)
{
    for (size_t i = 0; i < t->len; i++)
        if (strchr("+#", t->text[i]) || (i == 0 && t->text[i] == '.'))
            return true;
    return false;
}

/** Capitals inside, or letters with digits: "NEWS2", "SAP", "IPv6", "S3". */
static bool is_coded(const struct token *t)
{
    int capitals = 0;
    int digits = 0;
    int letters = 0;

    for (size_t i = 0; i < t->len; i++) {
        capitals += isupper((unsigned char)t->text[i]) != 0;
        digits += isdigit((unsigned char)t->text[i]) != 0;
        letters += isalpha((unsigned char)t->text[i]) != 0;
    }
    return (capitals > 1 && capitals * 2 >= letters) ||
           (digits && letters && digits < 4 && capitals);
}

static bool is_skill(const struct token *t, const struct grounding *g)
{
    const struct grounding_input *in = g ? grounding_input(g) : NULL;

    for (size_t i = 0; in && i < in->skill_count; i++)
        if (strlen(in->skills[i]) == t->len && strncasecmp(in->skills[i], t->text, t->len) == 0)
            return true;
    return false;
}

static bool is_name(const struct token *t, const struct token *before, const struct grounding *g)
{
    bool capital = isupper((unsigned char)t->text[0]) != 0;

    if (has_sign(t) && t->len > 1)
        return true;
    if (is_capital_word(t) || !isalpha((unsigned char)t->text[0]))
        return false;
    if (is_coded(t))
        return true;
    if (is_ordinary(t)) /* "A" and "I" are never names */
        return !(t->len == 1 && strchr("AaIi", t->text[0])) &&
               ((capital && !t->starts) ||
                (before && takes_name(before) && (t->len == 1 || is_skill(t, g))));
    return (capital && !t->starts) || (is_skill(t, g) && t->len > 1);
}

size_t names_asked(const char *question, const struct grounding *g,
                   struct asked_name names[NAMES_MAX])
{
    size_t len = strlen(question);
    struct token t;
    struct token before = {.len = 0};
    size_t n = 0;

    for (size_t at = 0; n < NAMES_MAX && next_token(question, len, &at, &t); before = t) {
        while (t.len > 2 && t.text[t.len - 2] == '\'') /* "Amazon's" */
            t.len -= 2;
        if (t.len >= NAME_BYTES || !is_name(&t, before.len ? &before : NULL, g))
            continue;
        text_copy(names[n].text, NAME_BYTES, t.text, t.len);
        names[n++].ordinary = is_ordinary(&t);
    }
    return n;
}

bool names_held(const struct asked_name *name, const char *text, size_t len)
{
    size_t want = strlen(name->text);
    struct token t;

    for (size_t at = 0; next_token(text, len, &at, &t);) {
        if (t.len != want || strncasecmp(t.text, name->text, want) != 0)
            continue;
        if (!name->ordinary || isupper((unsigned char)t.text[0]))
            return true;
    }
    return false;
}

/**
 * @file question-train/grammar.c  Patterns, and texts made of them
 *
 * A line of a file is name<TAB>pattern. In a pattern {a|b} is a choice, also within a choice, and
 * <name> stands for any pattern of that name.
 */
#include "ground/question.h"
#include "question-train/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 16384, PATTERNS_MAX = 8192, NAMES_MAX = 256, DEPTH_MAX = 12 };

static struct pattern patterns[PATTERNS_MAX];
static size_t pattern_count;

/* Patterns of one name follow each other once they are sorted. */
static struct {
    const char *name;
    size_t from;
    size_t count;
} names[NAMES_MAX];
static size_t name_count;

static uint32_t seed = 20260101;

void die(const char *what)
{
    fprintf(stderr, "question-train: %s\n", what);
    exit(1);
}

uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(seed >> 8) * below) >> 24);
}

bool percent(uint32_t p)
{
    return chance(100) < p;
}

/* ------------------------------------------------------------------------- reading */

static char *copy(const char *text)
{
    char *c = strdup(text);

    if (!c)
        die("out of memory");
    return c;
}

static int compare_pattern(const void *a, const void *b)
{
    const struct pattern *x = a;
    const struct pattern *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : strcmp(x->text, y->text);
}

static void name_patterns(void)
{
    qsort(patterns, pattern_count, sizeof(patterns[0]), compare_pattern);
    name_count = 0;
    for (size_t i = 0; i < pattern_count; i++) {
        if (!i || strcmp(patterns[i].name, patterns[i - 1].name) != 0) {
            if (name_count == NAMES_MAX)
                die("too many names");
            names[name_count].name = patterns[i].name;
            names[name_count].from = i;
            names[name_count++].count = 0;
        }
        names[name_count - 1].count++;
    }
}

void grammar_read(const char *path)
{
    static char line[LINE_MAX_BYTES];
    bool bank = strstr(path, "/speech/") != NULL; /* the recogniser's: labelled for other ends */
    FILE *f = fopen(path, "r");

    if (!f)
        die(path);
    while (fgets(line, sizeof(line), f)) {
        char *tab = strchr(line, '\t');

        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '#' || !tab)
            continue;
        if (pattern_count == PATTERNS_MAX)
            die("too many patterns");
        *tab = '\0';
        patterns[pattern_count++] =
            (struct pattern){.name = copy(line), .text = copy(tab + 1), .weight = bank ? 0.5f : 1};
    }
    fclose(f);
    name_patterns();
}

const struct pattern *grammar_patterns(size_t *n)
{
    *n = pattern_count;
    return patterns;
}

/* ------------------------------------------------------------------------- expanding */

static size_t find_name(const char *name, size_t len)
{
    for (size_t i = 0; i < name_count; i++)
        if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0)
            return i;
    return NAMES_MAX;
}

/* The bracket that closes the one at p. */
static const char *closing(const char *p, const char *end)
{
    int depth = 0;

    for (; p < end; p++) {
        depth += (*p == '{') - (*p == '}');
        if (depth == 0)
            return p;
    }
    die("'{' without '}'");
}

struct output {
    char *text;
    size_t n;
};

static void put(struct output *out, const char *p, const char *end, int depth);

static void put_choice(struct output *out, const char *p, const char *end, int depth)
{
    const char *starts[256];
    size_t n = 0;
    size_t pick;
    int inner = 0;

    starts[n++] = p;
    for (const char *q = p; q < end; q++) {
        inner += (*q == '{') - (*q == '}');
        if (*q == '|' && inner == 0 && n < 255)
            starts[n++] = q + 1;
    }
    starts[n] = end + 1;
    pick = chance((uint32_t)n);
    put(out, starts[pick], starts[pick + 1] - 1, depth);
}

static void put_name(struct output *out, const char *name, size_t len, int depth)
{
    size_t k = find_name(name, len);
    const struct pattern *p;

    if (k == NAMES_MAX) {
        fprintf(stderr, "question-train: <%.*s> is not known\n", (int)len, name);
        exit(1);
    }
    if (depth > DEPTH_MAX)
        die("a pattern that never ends");
    p = &patterns[names[k].from + chance((uint32_t)names[k].count)];
    put(out, p->text, p->text + strlen(p->text), depth + 1);
}

static void put(struct output *out, const char *p, const char *end, int depth)
{
    while (p < end && out->n + 1 < TEXT_MAX_BYTES) {
        if (*p == '{') {
            const char *close = closing(p, end);

            put_choice(out, p + 1, close, depth);
            p = close + 1;
        } else if (*p == '<') {
            const char *close = memchr(p, '>', (size_t)(end - p));

            if (!close)
                die("'<' without '>'");
            put_name(out, p + 1, (size_t)(close - p - 1), depth);
            p = close + 1;
        } else {
            out->text[out->n++] = *p++;
        }
    }
}

/* Single spaces, none before a mark, none at the ends; no mark twice. */
static void tidy(char *text)
{
    size_t n = 0;

    for (const char *p = text; *p; p++) {
        bool mark = strchr(",.?!", *p) != NULL;

        while (mark && n && strchr(" ,", text[n - 1]))
            n--;
        if ((*p == ' ' && (!n || text[n - 1] == ' ')) ||
            (mark && (!n || strchr(".?!", text[n - 1]))))
            continue;
        text[n++] = *p;
    }
    while (n && strchr(" ,", text[n - 1]))
        n--;
    text[n] = '\0';
}

void grammar_expand(const struct pattern *p, char text[TEXT_MAX_BYTES])
{
    struct output out = {.text = text, .n = 0};

    put(&out, p->text, p->text + strlen(p->text), 0);
    text[out.n] = '\0';
    tidy(text);
}

bool grammar_make(const char *name, char text[TEXT_MAX_BYTES])
{
    size_t k = find_name(name, strlen(name));

    if (k == NAMES_MAX)
        return false;
    grammar_expand(&patterns[names[k].from + chance((uint32_t)names[k].count)], text);
    return text[0] != '\0';
}

/* The bank of the recogniser has many plain sentences: patterns come first. */
void grammar_question(int kind, char text[TEXT_MAX_BYTES])
{
    size_t k = find_name(question_kind_name((enum question_kind)kind),
                         strlen(question_kind_name((enum question_kind)kind)));
    const struct pattern *p;
    int tries = 0;

    do {
        p = &patterns[names[k].from + chance((uint32_t)names[k].count)];
    } while (!strchr(p->text, '{') && percent(85) && tries++ < 50);
    grammar_expand(p, text);
}

/* -------------------------------------------------------------------------- noise */

static const char *any_word(void)
{
    static const char *const others[] = {
        "the", "a",    "in",   "and",  "to",    "of",   "it",    "that",  "or",   "on",   "two",
        "for", "then", "your", "one",  "new",   "way",  "male",  "team",  "wall", "tame", "rate",
        "eye", "won",  "no",   "were", "there", "four", "table", "thing", "say",  "by",   "let"};

    return others[chance(sizeof(others) / sizeof(others[0]))];
}

void grammar_noise(char text[TEXT_MAX_BYTES])
{
    static const char *const fillers[] = {"um", "uh",      "like",   "you know",
                                          "er", "sort of", "kind of"};
    static char noisy[TEXT_MAX_BYTES];
    size_t n = 0;

    for (const char *p = text; *p;) {
        size_t k = strcspn(p, " ");
        uint32_t what = chance(1000);

        if (n + k + 32 > TEXT_MAX_BYTES)
            break;
        if (what < 20 && n) { /* a word that was not heard */
        } else {
            const char *word = what < 40 && k > 1 ? any_word() : NULL;

            n += (size_t)sprintf(noisy + n, "%.*s ", word ? (int)strlen(word) : (int)k,
                                 word ? word : p);
            if (what >= 40 && what < 52)
                n += (size_t)sprintf(noisy + n, "%s ",
                                     fillers[chance(sizeof(fillers) / sizeof(fillers[0]))]);
            else if (what >= 52 && what < 60 && k < 20 && !strpbrk(p, ",.?!"))
                n += (size_t)sprintf(noisy + n, "%.*s ", (int)k, p);
        }
        p += k;
        p += *p == ' ';
    }
    while (n && noisy[n - 1] == ' ')
        n--;
    if (!n)
        return;
    memcpy(text, noisy, n);
    text[n] = '\0';
}

/**
 * @file tools/speechlm/text.c  From written questions to weighted n-gram counts
 *
 * A question is counted as it stands and, with a small weight, the way people say it: after a
 * lead-in ("okay so ..."), and with "what's" for "what is". Templates stand for many questions that
 * differ in one technical term; together they weigh as much as their number says, not more.
 */
#include "lm.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1024, SENTENCE_WORDS = 128, FILLERS_MAX = 2048, PARTNERS = 3 };

static const double LEAD_WEIGHT = 0.04;     /* of each lead-in: a question in four has one */
static const double CONTRACT_WEIGHT = 0.35; /* "what's" next to "what is" */

static const char *const leads[] = {"so",  "okay",      "okay so",  "and",
                                    "now", "all right", "great so", "well"};

const char *text_word(const char *p, char word[WORD_TEXT_MAX])
{
    size_t n = 0;

    while (*p && !isalnum((unsigned char)*p))
        p++;
    if (!*p)
        return NULL;
    for (; isalnum((unsigned char)*p) || (*p == '\'' && isalpha((unsigned char)p[1])); p++)
        if (n < WORD_TEXT_MAX - 1)
            word[n++] = (char)tolower((unsigned char)*p);
    word[n] = '\0';
    return p;
}

void counts_init(struct counts *c)
{
    memset(c, 0, sizeof(*c));
    c->uni = calloc(WORD_LIMIT, sizeof(*c->uni));
    if (!c->uni)
        die("no memory to count words");
}

void counts_release(struct counts *c)
{
    free(c->uni);
    free(c->bi);
    free(c->tri);
}

static void count2(struct counts *c, uint64_t key, double n)
{
    c->bi = grow(c->bi, &c->bi_cap, c->bis + 1, sizeof(*c->bi));
    c->bi[c->bis++] = (struct counted){key, n};
}

static void count3(struct counts *c, uint64_t key, double n)
{
    c->tri = grow(c->tri, &c->tri_cap, c->tris + 1, sizeof(*c->tri));
    c->tri[c->tris++] = (struct counted){key, n};
}

void counts_sentence(struct counts *c, struct vocabulary *v, const char *text, double weight)
{
    int32_t id[SENTENCE_WORDS];
    char word[WORD_TEXT_MAX];
    size_t n = 0;

    id[n++] = vocabulary_add(v, "<s>");
    while (n < SENTENCE_WORDS - 1 && (text = text_word(text, word)))
        id[n++] = vocabulary_add(v, word);
    id[n++] = vocabulary_add(v, "</s>");
    for (size_t i = 1; i < n; i++) {
        c->uni[id[i]] += weight;
        c->words += weight;
        count2(c, key2(id[i - 1], id[i]), weight);
        if (i > 1)
            count3(c, key3(id[i - 2], id[i - 1], id[i]), weight);
    }
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct counted *)a)->key;
    uint64_t y = ((const struct counted *)b)->key;

    return x < y ? -1 : x > y;
}

static size_t join_equal(struct counted *g, size_t n)
{
    size_t out = 0;

    qsort(g, n, sizeof(*g), by_key);
    for (size_t i = 0; i < n; i++) {
        if (out && g[out - 1].key == g[i].key)
            g[out - 1].n += g[i].n;
        else
            g[out++] = g[i];
    }
    return out;
}

void counts_finish(struct counts *c)
{
    c->bis = join_equal(c->bi, c->bis);
    c->tris = join_equal(c->tri, c->tris);
}

static void contracted(struct counts *c, struct vocabulary *v, const char *text)
{
    char line[LINE_MAX_BYTES];
    const char *at = strstr(text, "hat is ");

    if (!at)
        return;
    snprintf(line, sizeof(line), "%.*s's %s", (int)(at + 3 - text), text, at + 7);
    counts_sentence(c, v, line, CONTRACT_WEIGHT);
}

void counts_bank(struct counts *c, struct vocabulary *v, const char *path)
{
    char line[LINE_MAX_BYTES];
    FILE *f = fopen(path, "r");

    if (!f)
        die("cannot open %s", path);
    while (fgets(line, sizeof(line), f)) {
        char spoken[LINE_MAX_BYTES + 32];
        const char *text = strchr(line, '\t');

        if (!text)
            die("%s: a line without a tab: %s", path, line);
        counts_sentence(c, v, ++text, 1);
        contracted(c, v, text);
        for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
            snprintf(spoken, sizeof(spoken), "%s %s", leads[i], text);
            counts_sentence(c, v, spoken, LEAD_WEIGHT);
        }
    }
    fclose(f);
}

/* ---- templates ---- */

struct filler {
    char slot[WORD_TEXT_MAX];
    char text[WORD_TEXT_MAX * 2];
};

static size_t read_slots(struct filler *fill, const char *path)
{
    char line[LINE_MAX_BYTES];
    size_t n = 0;
    FILE *f = fopen(path, "r");

    if (!f)
        die("cannot open %s", path);
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        if (n == FILLERS_MAX)
            die("%s has more than %d lines", path, FILLERS_MAX);
        if (sscanf(line, "%63[^\t]\t%127[^\t]", fill[n].slot, fill[n].text) == 2)
            n++;
    }
    fclose(f);
    return n;
}

/* Puts the filler into the first {slot} of from; false when there is none of that name. */
static bool fill_one(char *to, size_t size, const char *from, const struct filler *fill)
{
    const char *open = strchr(from, '{');
    const char *end = open ? strchr(open, '}') : NULL;
    size_t n = strlen(fill->slot);

    if (!end || (size_t)(end - open - 1) != n || memcmp(open + 1, fill->slot, n) != 0)
        return false;
    snprintf(to, size, "%.*s%s%s", (int)(open - from), from, fill->text, end + 1);
    return true;
}

/* Two slots: each first filler meets a few partners, spread over the list. */
static double expand(struct counts *c, struct vocabulary *v, const char *text,
                     const struct filler *fill, size_t n, double weight, bool count)
{
    char once[LINE_MAX_BYTES];
    char twice[LINE_MAX_BYTES];
    double number = 0;

    for (size_t i = 0; i < n; i++) {
        if (!fill_one(once, sizeof(once), text, &fill[i]))
            continue;
        if (!strchr(once, '{')) {
            if (count)
                counts_sentence(c, v, once, weight);
            number++;
            continue;
        }
        for (size_t k = 1, found = 0; k < n && found < PARTNERS; k++) {
            if (!fill_one(twice, sizeof(twice), once, &fill[(i + 7 * k) % n]))
                continue;
            if (count)
                counts_sentence(c, v, twice, weight);
            number++;
            found++;
        }
    }
    return number;
}

void counts_templates(struct counts *c, struct vocabulary *v, const char *templates,
                      const char *slots, double weight)
{
    struct filler *fill = calloc(FILLERS_MAX, sizeof(*fill));
    char line[LINE_MAX_BYTES];
    FILE *f = fopen(templates, "r");
    size_t n;

    if (!f || !fill)
        die("cannot open %s", templates);
    n = read_slots(fill, slots);
    while (fgets(line, sizeof(line), f)) {
        double number = expand(c, v, line, fill, n, 0, false);

        if (!strchr(line, '{'))
            continue;
        if (number <= 0)
            die("no filler for: %s", line);
        expand(c, v, line, fill, n, weight / number, true);
    }
    fclose(f);
    free(fill);
}

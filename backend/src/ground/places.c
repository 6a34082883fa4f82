/**
 * @file ground/places.c  Bullets, paragraphs and stated facts
 */
#include "ground/places.h"

#include "ground/terms.h"

#include <string.h>

enum {
    LABEL_MAX = 40, /* a longer run before a colon is no label, in [bytes] */
    LABEL_WORDS = 5,
    BULLET_LABEL_WORDS = 2, /* "The first try failed: …" is a story */
    TITLE_WORDS = 2,        /* a sentence of no more states nothing */
    FACT_WORDS = 8,         /* a plain sentence of more words is no stated fact */
    REST_WORDS = 3,         /* "No bother since." belongs to the sentence before */
};

size_t passage_label(const struct passage *p)
{
    size_t most = p->bullet ? BULLET_LABEL_WORDS : LABEL_WORDS;
    size_t words = 1;

    for (size_t i = 0; i < p->len && i < LABEL_MAX; i++) {
        if (p->text[i] == ':')
            return i + 1 < p->len && p->text[i + 1] == ' ' && words <= most ? i + 1 : 0;
        if (strchr(".,;(", p->text[i]))
            return 0;
        words += p->text[i] == ' ';
    }
    return 0;
}

static bool same_place(const struct passage *a, const struct passage *b)
{
    return b->field == a->field && !b->is_heading && a->section == b->section &&
           a->block == b->block;
}

/** Does somebody do something in the block of passage i? */
static bool block_tells(const struct grounding *g, size_t i)
{
    const struct passage *p = grounding_passage(g, i);
    size_t k = i;

    while (k > 0 && same_place(p, grounding_passage(g, k - 1)))
        k--;
    for (; k < grounding_count(g) && same_place(p, grounding_passage(g, k)); k++)
        if (grounding_passage(g, k)->first_person || grounding_passage(g, k)->action)
            return true;
    return false;
}

struct opening {
    char word[2][TERM_MAX];
    size_t n;
};

static void see_opening(const struct term *t, void *arg)
{
    struct opening *o = arg;

    if (o->n < 2)
        memcpy(o->word[o->n++], t->word, strlen(t->word) + 1);
}

/** "I can do nights", "I would like to lead": says what is, can be or is wanted, not what was done.
 */
static bool speaks_of_now(const struct passage *p)
{
    static const char *const words[] = {
        "want", "can",  "cannot", "could",  "would", "do",    "dont",  "live", "look",   "speak",
        "am",   "like", "find",   "prefer", "need",  "have",  "enjoy", "tend", "hope",   "will",
        "must", "love", "work",   "expect", "may",   "might", "earn",  "hold", "should", "travel"};
    struct opening o = {.n = 0};

    if (p->bullet || p->len < 3)
        return false;
    words_each(p->text, p->len, see_opening, &o);
    if (o.n == 2 && strcmp(o.word[0], "im") == 0)
        return true;
    for (size_t i = 0;
         o.n == 2 && strcmp(o.word[0], "i") == 0 && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(o.word[1], words[i]) == 0)
            return true;
    return false;
}

/** Does passage i begin its bullet or paragraph? */
static bool opens_block(const struct grounding *g, size_t i)
{
    return i == 0 || grounding_passage(g, i - 1)->is_heading ||
           !same_place(grounding_passage(g, i - 1), grounding_passage(g, i));
}

/** "Free from 1 March.", "Strengths: calm." */
static bool states_fact(const struct grounding *g, size_t i)
{
    const struct passage *p = grounding_passage(g, i);

    if (p->action || p->is_heading)
        return false;
    if (passage_label(p))
        return !p->bullet || p->words <= 2 * FACT_WORDS;
    return !p->bullet && p->words <= FACT_WORDS && !block_tells(g, i);
}

/** "The first rehearsal failed", "It still runs": begins with what the bullet before told. */
static bool goes_on(const struct passage *before, const struct passage *p)
{
    static const char *const words[] = {"The ",  "This ",  "That ", "These ", "It ",
                                        "They ", "Later ", "Then ", "Both "};

    if (!p->bullet || !before->bullet || before->section != p->section)
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (p->len > strlen(words[i]) && memcmp(p->text, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/** A paragraph of several sentences that only begins with what is now tells a story all the same.
 */
enum { FACT_SENTENCES = 2 };

/** What is seen in its sentences. */
static void look(const struct grounding *g, struct place *place)
{
    place->wish = grounding_passage(g, place->first)->wish;
    for (size_t i = place->first; i < place->end; i++) {
        const struct passage *p = grounding_passage(g, i);

        place->learning |= p->learning;
        place->digits |= p->digits;
        place->action |= p->action;
        place->own |= p->first_person;
        place->setback |= p->setback;
        place->figures += p->figure;
        place->words += (float)p->words;
    }
    if (place->end - place->first > FACT_SENTENCES &&
        !passage_label(grounding_passage(g, place->first)))
        place->fact = false;
}

struct title {
    const char *text;
    bool capitals; /* every word begins with one */
};

static void see_capital(const struct term *t, void *arg)
{
    struct title *l = arg;

    l->capitals &= l->text[t->at] < 'a' || l->text[t->at] > 'z';
}

/** "Mara Lindqvist.": a name and nothing stated, in a block of its own or in front of one. */
static bool only_title(const struct grounding *g, size_t i)
{
    const struct passage *p = grounding_passage(g, i);
    struct title title = {p->text, true};

    if (p->words > TITLE_WORDS || !opens_block(g, i) || p->bullet || p->figure || p->action ||
        p->first_person || passage_label(p))
        return false;
    words_each(p->text, p->len, see_capital, &title);
    return title.capitals;
}

/** Does passage i go on with the place that passage first begins? A label opens a place of its own;
 *  what follows it in its paragraph belongs to it. */
static bool continues(const struct grounding *g, const struct place *last, size_t i)
{
    const struct passage *first = grounding_passage(g, last->first);
    const struct passage *p = grounding_passage(g, i);

    if (last->end != i || !same_place(first, p) || passage_label(p))
        return false;
    return p->words <= REST_WORDS || passage_label(first) || (last->fact && speaks_of_now(first)) ||
           (!last->fact && !states_fact(g, i));
}

size_t places_find(const struct grounding *g, struct place *places)
{
    size_t n = 0;

    for (size_t i = 0; i < grounding_count(g); i++) {
        const struct passage *p = grounding_passage(g, i);
        struct place *last = n ? &places[n - 1] : NULL;

        if (p->field != GROUND_CONTEXT || p->is_heading || only_title(g, i))
            continue;
        if (last && continues(g, last, i))
            last->end = i + 1;
        else
            places[n++] = (struct place){
                .first = i,
                .end = i + 1,
                .fact = states_fact(g, i) || (opens_block(g, i) && speaks_of_now(p)),
                .goes_on = last && last->end == i && goes_on(grounding_passage(g, i - 1), p)};
    }
    for (size_t k = 0; k < n; k++)
        look(g, &places[k]);
    return n;
}

/**
 * @file ground/evidence.c  Ranking the places of a profile for one question
 *
 * The question becomes groups of terms: one group a word (itself, and related words for less), one
 * a theme. In each group a place counts its best term and a little of the others, so that a theme
 * of twenty words does not drown the one word that was asked for. What is added up is then weighed
 * by the form of the place.
 */
#include "ground/evidence.h"

#include "ground/related.h"
#include "ground/terms.h"
#include "ground/themes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS_MAX = 96, /* of a question that are looked at */
    LABEL_MAX = 40, /* a longer run before a colon is no label, in [bytes] */
    LABEL_WORDS = 5,
    BULLET_LABEL_WORDS = 2, /* "The first try failed: …" is a story */
    FACT_WORDS = 8,         /* a plain sentence of more words is no stated fact */
};

static const float RELATED = 0.2f; /* of a word's own weight */
static const float EXACT = 1.5f;   /* a word of the question itself */
static const float WEAK = 0.35f;   /* words that nearly every question has */
static const float CUED = 0.5f;    /* words that name a theme: the theme speaks for them */
static const float THEME = 0.9f;   /* a theme's own words */
static const float MILD = 0.5f;    /* of that, for a theme that only qualifies another */
static const float BEFORE = 0.7f;  /* what a bullet that goes on takes over from the one before */
static const float KIN_COVER = 0.35f; /* a related word covers only so much of the asked one */
static const float OTHERS = 0.35f;    /* further terms of a group, further sentences of a place */
static const float HEADING = 0.25f;   /* a word that stands in the heading above */
static const float LENGTH_B = 0.2f;   /* how much a long place pays for its length */
static const float TERM_K = 0.8f;     /* how fast a repeated term stops counting */

struct ranking {
    const struct grounding *g;
    uint64_t stems[WORDS_MAX];
    float weight[WORDS_MAX]; /* 0: says how, not what */
    uint8_t cued[WORDS_MAX];
    size_t words;
    size_t themes[THEMES_FOUND_MAX];
    size_t theme_count;
    unsigned flags;
    struct evidence *places;
    size_t place_count;
    float *group; /* a passage's score in the group at hand */
    float *group_sum;
    float *total; /* a passage's score */
    float *cover; /* a place's: weight of the words it speaks of */
    float wanted; /* weight of all words */
};

/* ------------------------------------------------------------------------------------ places */

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

static void find_places(struct ranking *r)
{
    size_t n = grounding_count(r->g);

    for (size_t i = 0; i < n; i++) {
        const struct passage *p = grounding_passage(r->g, i);
        struct evidence *last = r->place_count ? &r->places[r->place_count - 1] : NULL;
        bool fact = states_fact(r->g, i);

        if (p->field != GROUND_CONTEXT || p->is_heading)
            continue;
        if (last && last->end == i && !fact && !last->fact &&
            same_place(grounding_passage(r->g, last->first), p))
            last->end = i + 1;
        else
            r->places[r->place_count++] = (struct evidence){
                .first = i,
                .end = i + 1,
                .best = i,
                .fact = fact,
                .goes_on = last && last->end == i && goes_on(grounding_passage(r->g, i - 1), p)};
    }
}

/* ------------------------------------------------------------------------------- the question */

/** Words that frame a question of any kind: they count, but little. */
static bool weak_word(const char *word)
{
    static const char *const weak[] = {
        "company",   "team",     "project",  "people",     "person", "last",     "current",
        "previous",  "case",     "moment",   "good",       "big",    "biggest",  "best",
        "great",     "greatest", "deal",     "dealt",      "handle", "handled",  "happen",
        "happened",  "position", "career",   "made",       "having", "done",     "important",
        "something", "anything", "ever",     "particular", "recent", "recently", "find",
        "found",     "go",       "went",     "going",      "part",   "resolve",  "resolved",
        "solve",     "solved",   "overcome", "overcame"};

    for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
        if (strcmp(word, weak[i]) == 0)
            return true;
    return false;
}

static void take_word(const struct term *t, void *arg)
{
    struct ranking *r = arg;

    if (r->words == WORDS_MAX)
        return;
    r->stems[r->words] = t->hash;
    r->weight[r->words] = term_stopword(t->word) || (t->len < 2 && !t->number) ? 0
                          : weak_word(t->word)                                 ? WEAK
                                                                               : EXACT;
    r->words++;
}

static void read_question(struct ranking *r, const char *question)
{
    terms_each(question, strlen(question), take_word, r);
    r->theme_count = themes_of(r->stems, r->words, r->cued, r->themes);
    for (size_t i = 0; i < r->theme_count; i++)
        r->flags |= theme_flags(r->themes[i]);
    for (size_t i = 0; i < r->words; i++)
        if (r->cued[i] && r->weight[i] > CUED)
            r->weight[i] = CUED;
}

unsigned evidence_themes(const char *question)
{
    struct ranking r = {.words = 0};

    read_question(&r, question);
    return r.flags;
}

/* ------------------------------------------------------------------------------------ scoring */

static void group_begin(struct ranking *r)
{
    memset(r->group, 0, grounding_count(r->g) * sizeof(*r->group));
    memset(r->group_sum, 0, grounding_count(r->g) * sizeof(*r->group_sum));
}

static void score_passage(struct ranking *r, size_t passage, float value)
{
    if (value > r->group[passage])
        r->group[passage] = value;
    r->group_sum[passage] += value;
}

/** A heading's words stand for everything below it, for less. */
static void score_below(struct ranking *r, size_t heading, float value)
{
    for (size_t i = heading + 1; i < grounding_count(r->g); i++) {
        const struct passage *p = grounding_passage(r->g, i);

        if (p->is_heading || p->heading != (int)heading)
            return;
        score_passage(r, i, value * HEADING);
    }
}

static void group_term(struct ranking *r, uint64_t hash, float weight)
{
    size_t df;
    const struct ground_posting *at = grounding_term(r->g, hash, &df);
    float idf = (float)grounding_idf(r->g, df);

    for (size_t i = 0; i < df; i++) {
        const struct passage *p = grounding_passage(r->g, at[i].passage);
        float tf = (float)at[i].count;
        float value = weight * idf * tf * (1 + TERM_K) / (tf + TERM_K);

        if (p->field != GROUND_CONTEXT)
            continue;
        if (p->is_heading)
            score_below(r, at[i].passage, value);
        else
            score_passage(r, at[i].passage, value);
    }
}

/** What the group says of a place. */
static float group_value(const struct ranking *r, const struct evidence *e)
{
    float top = 0;
    float sum = 0;

    for (size_t i = e->first; i < e->end; i++) {
        top = fmaxf(top, r->group[i]);
        sum += r->group_sum[i];
    }
    return top + OTHERS * (sum - top);
}

/** Let places that the group meets so far speak of weight more of the question. */
static void group_cover(struct ranking *r, float weight)
{
    for (size_t k = 0; k < r->place_count; k++)
        if (group_value(r, &r->places[k]) > 0)
            r->cover[k] += weight;
}

/** Fold the group into totals; weight is what it adds to the cover of places that it meets. */
static void group_end(struct ranking *r, float weight)
{
    for (size_t k = 0; k < r->place_count; k++) {
        struct evidence *e = &r->places[k];
        float value = group_value(r, e);

        for (size_t i = e->first; i < e->end; i++)
            r->total[i] += r->group[i] + OTHERS * (r->group_sum[i] - r->group[i]);
        e->score += value;
        if (e->goes_on)
            e->score += BEFORE * group_value(r, &r->places[k - 1]);
    }
    group_cover(r, weight);
}

struct relating {
    struct ranking *r;
    float weight;
};

static void add_related(uint64_t hash, void *arg)
{
    struct relating *a = arg;

    group_term(a->r, hash, a->weight);
}

static void score_words(struct ranking *r)
{
    for (size_t i = 0; i < r->words; i++) {
        struct relating a = {r, r->weight[i] * RELATED};
        bool again = false;
        float wanted;

        for (size_t k = 0; k < i; k++)
            again |= r->stems[k] == r->stems[i];
        if (r->weight[i] <= 0 || again)
            continue;
        group_begin(r);
        wanted = r->cued[i] ? 0 : r->weight[i];
        group_term(r, r->stems[i], r->weight[i]);
        group_cover(r, wanted * (1 - KIN_COVER));
        related_each(r->stems[i], add_related, &a);
        group_end(r, wanted * KIN_COVER);
        r->wanted += wanted;
    }
}

static void score_themes(struct ranking *r)
{
    bool strong = false;

    for (size_t t = 0; t < r->theme_count; t++)
        strong |= !(theme_flags(r->themes[t]) & THEME_MILD);
    for (size_t t = 0; t < r->theme_count; t++) {
        size_t n;
        const uint64_t *terms = theme_terms(r->themes[t], &n);
        float weight = strong && theme_flags(r->themes[t]) & THEME_MILD ? MILD : 1;

        group_begin(r);
        for (size_t i = 0; i < n; i++)
            group_term(r, terms[i], weight * THEME);
        group_end(r, weight);
        r->wanted += weight;
    }
}

/* ------------------------------------------------------------------------------------ weighing */

struct form {
    bool action;
    int figures; /* sentences with one */
    bool own;
    bool setback;
    float words;
};

static struct form form_of(const struct ranking *r, const struct evidence *e)
{
    struct form f = {.words = 0};

    for (size_t i = e->first; i < e->end; i++) {
        const struct passage *p = grounding_passage(r->g, i);

        f.action |= p->action;
        f.figures += p->figure;
        f.own |= p->first_person;
        f.setback |= p->setback;
        f.words += (float)p->words;
    }
    return f;
}

static float weigh_fact(const struct ranking *r, const struct evidence *e, const struct form *f)
{
    if (r->flags & THEME_FACT)
        return e->fact ? 1.6f : f->words > 30 ? 0.3f : 0.75f;
    return e->fact ? 0.35f : 1;
}

static float weigh_story(const struct ranking *r, const struct evidence *e, const struct form *f)
{
    float w = 1;

    if (e->fact || (r->flags & THEME_FACT))
        return 1;
    w += f->action || f->own ? 0.3f : 0;
    w += f->figures ? 0.15f : 0;
    w += e->end - e->first > 1 ? 0.15f : 0;
    if (r->flags & THEME_SETBACK)
        w *= f->setback ? 1.35f : 0.85f;
    else if (f->setback)
        w *= 0.5f;
    return w;
}

/** What a place is worth before anything was asked. */
static float prior(const struct ranking *r, const struct evidence *e, const struct form *f)
{
    float p = 0.02f * (float)(f->action || f->own) +
              0.03f * (float)(f->figures < 3 ? f->figures : 3) + 0.0004f * fminf(f->words, 60);

    if (e->fact)
        return 0.001f;
    return r->flags & THEME_PRIDE && !f->setback ? p * 40 : p;
}

static void weigh(struct ranking *r, enum question_kind kind, float mean_words)
{
    bool story = kind == QUESTION_BEHAVIORAL || kind == QUESTION_SITUATIONAL;

    for (size_t k = 0; k < r->place_count; k++) {
        struct evidence *e = &r->places[k];
        struct form f = form_of(r, e);

        e->score /= 1 - LENGTH_B + LENGTH_B * f.words / mean_words;
        e->score *= weigh_fact(r, e, &f) * weigh_story(r, e, &f);
        if (story && e->fact && !(r->flags & THEME_FACT))
            e->score *= 0.5f;
        e->score += prior(r, e, &f) * (story ? 1 : 0.5f);
        e->cover = r->wanted > 0 ? r->cover[k] / r->wanted : 0;
        for (size_t i = e->first; i < e->end; i++)
            if (r->total[i] > r->total[e->best])
                e->best = i;
    }
}

static float mean_place_words(const struct ranking *r)
{
    float words = 0;
    size_t stories = 0;

    for (size_t k = 0; k < r->place_count; k++) {
        if (r->places[k].fact)
            continue;
        for (size_t i = r->places[k].first; i < r->places[k].end; i++)
            words += (float)grounding_passage(r->g, i)->words;
        stories++;
    }
    return stories && words > 0 ? words / (float)stories : 1;
}

/* ------------------------------------------------------------------------------------ the whole */

static bool ranking_open(struct ranking *r, const struct grounding *g)
{
    size_t n = grounding_count(g) + 1;

    memset(r, 0, sizeof(*r));
    r->g = g;
    r->places = calloc(n, sizeof(*r->places));
    r->group = calloc(n * 4, sizeof(float));
    if (!r->places || !r->group)
        return false;
    r->group_sum = r->group + n;
    r->total = r->group + 2 * n;
    r->cover = r->group + 3 * n;
    return true;
}

static void ranking_release(struct ranking *r)
{
    free(r->places);
    free(r->group);
}

static size_t take_best(const struct ranking *r, struct evidence *found, size_t max)
{
    size_t n = 0;

    for (size_t k = 0; k < r->place_count; k++) {
        size_t at = n < max ? n : max - 1;

        if (r->places[k].score <= 0 || (n == max && found[at].score >= r->places[k].score))
            continue;
        for (; at > 0 && found[at - 1].score < r->places[k].score; at--)
            found[at] = found[at - 1];
        found[at] = r->places[k];
        n += n < max;
    }
    return n;
}

size_t evidence_find(const struct grounding *g, const char *question, enum question_kind kind,
                     struct evidence *found, size_t max)
{
    struct ranking r;
    size_t n = 0;

    if (!grounding_count(g) || !max)
        return 0;
    if (ranking_open(&r, g)) {
        find_places(&r);
        read_question(&r, question);
        score_words(&r);
        score_themes(&r);
        weigh(&r, kind, mean_place_words(&r));
        n = take_best(&r, found, max);
    }
    ranking_release(&r);
    return n;
}

/**
 * @file answer/outline_lead.c  What a prompter shows above the points: the lead, and key phrases
 */
#include "answer/outline_internal.h"
#include "answer/sentence.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { KEY_WORDS = 7, BEFORE_WORDS = 4, PHRASE_WORDS = 64, YEAR = 4 };

/* Leads for what the profile does not contain; true in any case. */
static const char nearest[] = "Not exactly that; the nearest I have is this.";
static const char unnamed[] = "Not that I can point to; the nearest is this.";

/* ---------------------------------------------------------------------------------------- lead */

/** Does the answer begin with the profile's own words? */
static bool is_told(const struct draft *d)
{
    switch (d->form) {
    case FORM_STORY:
    case FORM_FACT:
    case FORM_WEAKNESS:
    case FORM_EXPERIENCE:
    case FORM_MOTIVE:
    case FORM_STRENGTH:
        return d->story != NULL;
    default:
        return false;
    }
}

/** The first sentence, however many passages it was cut into. */
static size_t sentence_end(const struct draft *d, const struct place *p, size_t first)
{
    size_t i = first;

    while (i + 1 < p->end &&
           !strchr(".!?", grounding_passage(d->g, i)->text[grounding_passage(d->g, i)->len - 1]))
        i++;
    return i;
}

static void put_lead(const struct draft *d, struct outline *o)
{
    const struct form_plan *plan = form_plan(d->form);
    const char *frame = !d->named ? unnamed : !d->fits ? nearest : NULL;

    if (!is_told(d))
        frame = plan->lead;
    else if (!d->fits && (d->form == FORM_FACT || d->form == FORM_MOTIVE ||
                          d->form == FORM_STRENGTH || d->form == FORM_WEAKNESS))
        frame = plan->lead;
    if (frame) {
        text_copy(o->shown.lead, sizeof(o->shown.lead), frame, strlen(frame));
    } else {
        const struct passage *a = grounding_passage(d->g, d->story->place.first);
        const struct passage *b =
            grounding_passage(d->g, sentence_end(d, &d->story->place, d->story->place.first));

        sentence_lead(o->shown.lead, sizeof(o->shown.lead), a->text,
                      (size_t)(b->text + b->len - a->text), a->bullet, OUTLINE_LEAD_WORDS);
    }
}

/* ---------------------------------------------------------------------------------------- keys */

struct phrase {
    struct {
        size_t at;
        size_t end;
        bool number;
        bool clause; /* a clause ends after it */
    } words[PHRASE_WORDS];
    size_t n;
};

static bool is_year(const char *s, size_t n)
{
    return n == YEAR && (memcmp(s, "19", 2) == 0 || memcmp(s, "20", 2) == 0) &&
           isdigit((unsigned char)s[2]) && isdigit((unsigned char)s[3]);
}

/** "26", "4,200", "€40k", "+12%": a figure, not a name with a digit in it. */
static bool is_figure(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && (strchr("+-~<>$(", s[i]) || (unsigned char)s[i] >= 0x80))
        i++;
    return i < n && isdigit((unsigned char)s[i]);
}

static void split(struct phrase *p, const char *text, size_t len)
{
    size_t i = 0;

    p->n = 0;
    while (i < len && p->n < PHRASE_WORDS) {
        size_t at;

        while (i < len && isspace((unsigned char)text[i]))
            i++;
        at = i;
        while (i < len && !isspace((unsigned char)text[i]))
            i++;
        if (i == at)
            break;
        p->words[p->n].clause = strchr(",;:.!?)", text[i - 1]) != NULL;
        while (i > at + 1 && strchr(",;:.!?)", text[i - 1]))
            i--;
        p->words[p->n].at = at;
        p->words[p->n].end = i;
        p->words[p->n].number = is_figure(text + at, i - at);
        if (is_year(text + at, i - at))
            p->words[p->n].number = false;
        p->n++;
        while (i < len && !isspace((unsigned char)text[i]))
            i++;
    }
}

/** Words [*first, *end) around word k, in the same clause. */
static void around(const struct phrase *p, size_t k, size_t *first, size_t *end)
{
    *first = k;
    *end = k + 1;
    while (*first > 0 && k - *first < BEFORE_WORDS && !p->words[*first - 1].clause)
        (*first)--;
    while (*end < p->n && *end - *first < KEY_WORDS && !p->words[*end - 1].clause)
        (*end)++;
}

static bool is_unit(const char *text, size_t at, size_t end)
{
    for (size_t i = at; i < end; i++)
        if (!islower((unsigned char)text[i]))
            return false;
    return end - at > 1 && end - at < 14;
}

/** The figure at word k, with its unit. */
static void put_number(struct outline_key *key, const struct phrase *p, const char *text, size_t k)
{
    size_t end = p->words[k].end;

    if (k + 1 < p->n && !p->words[k].clause &&
        is_unit(text, p->words[k + 1].at, p->words[k + 1].end))
        end = p->words[k + 1].end;
    text_copy(key->number, sizeof(key->number), text + p->words[k].at, end - p->words[k].at);
}

/** A key phrase from one sentence: around its figure, else (any) its first clause. */
static bool put_key(struct outline *o, const struct passage *passage, bool any)
{
    struct outline_key *key = &o->shown.keys[o->shown.key_count];
    struct phrase p;
    size_t first = 0;
    size_t end = 0;
    size_t k = 0;

    split(&p, passage->text, passage->len);
    while (k < p.n && !p.words[k].number)
        k++;
    if (k == p.n && !any)
        return false;
    around(&p, k == p.n ? 0 : k, &first, &end);
    if (!p.n || p.words[end - 1].end - p.words[first].at >= OUTLINE_KEY_BYTES)
        return false;
    memset(key, 0, sizeof(*key));
    text_copy(key->text, sizeof(key->text), passage->text + p.words[first].at,
              p.words[end - 1].end - p.words[first].at);
    if (k < p.n)
        put_number(key, &p, passage->text, k);
    o->shown.key_count++;
    return true;
}

static void put_keys(const struct draft *d, struct outline *o)
{
    const struct place *p = &d->story->place;

    for (size_t i = p->first; i < p->end && o->shown.key_count < OUTLINE_KEYS_MAX; i++)
        put_key(o, grounding_passage(d->g, i), false);
    for (size_t i = p->first + 1; i < p->end && o->shown.key_count < 2; i++)
        if (!grounding_passage(d->g, i)->figure)
            put_key(o, grounding_passage(d->g, i), true);
}

void outline_lead(const struct draft *d, struct outline *o)
{
    put_lead(d, o);
    if (d->story && d->fits && d->form != FORM_SMALL_TALK && d->form != FORM_CLOSING)
        put_keys(d, o);
}

/**
 * @file answer/outline.c  Composing talking points: the parts that all forms share
 *
 * The forms themselves are in outline_story.c (a story) and outline_forms.c (the rest).
 */
#include "answer/outline.h"

#include "answer/outline_internal.h"
#include "base/error.h"
#include "base/text.h"
#include "ground/terms.h"
#include "ground/themes.h"

#include <stdlib.h>
#include <string.h>

/** A place with fewer words that does not begin with a deed proves little: "I earn 41,000". */
static const float PROOF_WORDS = 15;
/** A fact that says nothing about the theme must cover this much of the question. */
static const float COVER_MIN = 0.2f;
static const float COVER_DEED = 0.5f;   /* and a deed this much */
static const float FACT_WORDS_MAX = 30; /* a longer text is more than a fact */

typedef void form_fn(struct draft *d, const struct form_plan *plan);

/* Forms that are not listed here are told in steps. */
static form_fn *const forms[FORMS] = {
    [FORM_STORY] = form_story,           [FORM_FACT] = form_fact,
    [FORM_STRENGTH] = form_strength,     [FORM_WEAKNESS] = form_weakness,
    [FORM_MOTIVE] = form_motive,         [FORM_INTRO] = form_intro,
    [FORM_EXPERIENCE] = form_experience, [FORM_CLOSING] = form_closing};

/* ------------------------------------------------------------------------------------- points */

static struct draft_point *new_point(struct draft *d, const char *label)
{
    struct draft_point *p;

    if (d->count == OUTLINE_POINTS_MAX || d->memory.err)
        return NULL;
    p = &d->points[d->count];
    p->field = -1;
    p->quote = 0;
    p->label = d->memory.len;
    buf_append(&d->memory, label, strlen(label) + 1);
    p->text = d->memory.len;
    return p;
}

void draft_advise(struct draft *d, const char *label, const char *advice)
{
    struct draft_point *p = new_point(d, label);

    if (!p)
        return;
    buf_printf(&d->memory, "%s: %s", label, advice);
    buf_append(&d->memory, "", 1);
    d->count++;
}

/** The quote on one line: line breaks and runs of spaces become one space. */
static void put_line(struct buf *b, const char *text, size_t len)
{
    bool space = false;

    for (size_t i = 0; i < len; i++) {
        if (strchr(" \t\r\n\f\v", text[i]) && text[i]) {
            space = true;
            continue;
        }
        if (space)
            buf_putc(b, ' ');
        space = false;
        buf_putc(b, text[i]);
    }
}

void draft_cite(struct draft *d, const char *label, const char *advice, size_t i, size_t at,
                size_t len)
{
    const struct passage *passage = grounding_passage(d->g, i);
    struct draft_point *p = new_point(d, label);

    if (!p)
        return;
    buf_printf(&d->memory, "%s: %s%s“", label, advice ? advice : "", advice ? " " : "");
    put_line(&d->memory, passage->text + at, len);
    buf_puts(&d->memory, "”");
    if (passage->field == GROUND_YEARS)
        buf_puts(&d->memory, " years");
    buf_append(&d->memory, "", 1);
    p->quote = d->memory.len;
    buf_append(&d->memory, passage->text + at, len);
    buf_append(&d->memory, "", 1);
    p->field = (int)passage->field;
    d->used[i] = true;
    d->count++;
}

void draft_cite_whole(struct draft *d, const char *label, const char *advice, size_t i)
{
    draft_cite(d, label, advice, i, 0, grounding_passage(d->g, i)->len);
}

/* ----------------------------------------------------------------------------------- searching */

bool draft_find(const struct draft *d, const struct ground_query *q, unsigned fields, size_t *i)
{
    enum { LOOK = 12 };
    struct ground_hit hits[LOOK];
    size_t n = grounding_search(d->g, q, fields, hits, LOOK);

    for (size_t k = 0; k < n; k++) {
        if (d->used[hits[k].passage])
            continue;
        *i = hits[k].passage;
        return true;
    }
    return false;
}

bool draft_find_text(const struct draft *d, const char *text, unsigned fields, size_t *i)
{
    struct ground_query q;

    ground_query_init(&q);
    ground_query_text(&q, text, 1);
    return draft_find(d, &q, fields, i);
}

bool draft_field(const struct draft *d, enum ground_field field, size_t *i)
{
    for (size_t k = 0; k < grounding_count(d->g); k++) {
        if (grounding_passage(d->g, k)->field != field || d->used[k])
            continue;
        *i = k;
        return true;
    }
    return false;
}

struct asking {
    const char *question;
    bool found;
};

static void same_stem(const struct term *t, void *arg)
{
    uint64_t *wanted = arg;

    if (wanted[0] == t->hash)
        wanted[1] = 1;
}

static void asked_word(const struct term *t, void *arg)
{
    struct asking *a = arg;
    uint64_t wanted[2] = {t->hash, 0};

    terms_each(a->question, strlen(a->question), same_stem, wanted);
    a->found |= wanted[1] != 0;
}

bool draft_asks(const struct draft *d, const char *words)
{
    struct asking a = {.question = d->question};

    terms_each(words, strlen(words), asked_word, &a);
    return a.found;
}

/* ---- quality of a place
 * ------------------------------------------------------------------------ */

float passage_weight(const struct passage *p)
{
    float w = 0.7f;

    w += p->action ? 0.35f : 0;
    w += p->figure ? 0.35f : 0;
    w += p->first_person ? 0.2f : 0;
    if (p->words < 4)
        w *= 0.4f;
    return w;
}

static bool any_used(const struct draft *d, const struct evidence *e)
{
    for (size_t i = e->place.first; i < e->place.end; i++)
        if (d->used[i])
            return true;
    return false;
}

/** A story of what went wrong proves nothing to an interviewer who asks for strengths. */
static bool tells_setback(const struct draft *d, const struct evidence *e)
{
    bool setback = e->place.goes_on;

    for (size_t i = e->place.first; i < e->place.end; i++)
        setback |= grounding_passage(d->g, i)->setback;
    return setback;
}

/** A place that begins with a deed that went well. */
static bool strong(const struct draft *d, const struct evidence *e)
{
    return grounding_passage(d->g, e->place.first)->action && !e->place.fact &&
           !tells_setback(d, e);
}

/** Is this a plain fact of the kind asked for? Nearness in meaning alone is not enough: "Do you
 *  need a visa?" is not answered by a certificate, by a weakness or by a deed. */
static bool states_asked(const struct draft *d, const struct evidence *e)
{
    const struct passage *first = grounding_passage(d->g, e->place.first);
    bool deed =
        !e->place.fact && (e->place.action || first->bullet || e->place.words > FACT_WORDS_MAX);

    return e->cover >= (deed ? COVER_DEED : COVER_MIN) || (e->theme > 0 && !deed);
}

bool draft_best_proof(const struct draft *d, bool any, size_t *i)
{
    for (int pass = any ? 0 : 1; pass < 2; pass++) {
        for (size_t k = 0; k < d->evidence_count; k++) {
            const struct evidence *e = &d->evidence[k];
            bool fits = !any        ? e->fits >= evidence_fits
                        : pass == 0 ? strong(d, e)
                                    : !e->place.fact && !tells_setback(d, e) &&
                                          e->place.words >= PROOF_WORDS;

            if (!fits || any_used(d, e))
                continue;
            *i = any ? e->place.first : e->best;
            return true;
        }
    }
    return false;
}

bool draft_proof_elsewhere(const struct draft *d, size_t than, size_t *i)
{
    for (size_t k = 0; k < d->evidence_count; k++) {
        const struct evidence *e = &d->evidence[k];

        if (!strong(d, e) || any_used(d, e) ||
            grounding_passage(d->g, e->place.first)->heading ==
                grounding_passage(d->g, than)->heading)
            continue;
        *i = e->place.first;
        return true;
    }
    return draft_best_proof(d, true, i);
}

bool draft_best_fact(const struct draft *d, size_t *i)
{
    for (size_t k = 0; k < d->evidence_count; k++) {
        const struct evidence *e = &d->evidence[k];

        if (!e->place.fact || e->fits < evidence_fits || any_used(d, e) || !states_asked(d, e) ||
            evidence_tells_weakness(d->g, &e->place))
            continue;
        *i = e->best;
        return true;
    }
    return false;
}

/* ---------------------------------------------------------------------------------- composing */

static void choose_story(struct draft *d)
{
    d->fits = d->evidence_count && d->evidence[0].fits >= evidence_fits &&
              (d->form != FORM_FACT || (states_asked(d, &d->evidence[0]) &&
                                        !evidence_tells_weakness(d->g, &d->evidence[0].place)));
    d->named = !d->evidence_count || d->evidence[0].named;
    d->story = d->evidence_count ? &d->evidence[0] : NULL;
}

static int draft_open(struct draft *d, const struct grounding *g, const char *question,
                      enum question_kind kind)
{
    size_t n = grounding_count(g);

    memset(d, 0, sizeof(*d));
    d->g = g;
    d->question = question;
    d->kind = kind;
    d->candidate = grounding_has_candidate(g);
    buf_init(&d->memory, DRAFT_BYTES_MAX);
    d->used = calloc(n + 1, sizeof(*d->used));
    if (!d->used)
        return UV_ENOMEM;
    d->form = form_of(question, kind, evidence_themes(question), g);
    d->evidence_count = evidence_find(g, question, kind, d->evidence, EVIDENCE_MAX);
    choose_story(d);
    return 0;
}

/* Moves the wanted ones to the front, in that order. */
static void put_first(struct draft *d, size_t i)
{
    struct evidence e = d->evidence[i];

    memmove(&d->evidence[1], &d->evidence[0], i * sizeof(e));
    d->evidence[0] = e;
    choose_story(d);
}

static bool overlaps(const struct place *place, const struct memory_story *story)
{
    return place->first < story->end && story->first < place->end;
}

/* A follow-up question stays with its story, whatever else its words find. */
static void stay(struct draft *d, const struct memory_story *story)
{
    for (size_t i = 0; i < d->evidence_count; i++)
        if (overlaps(&d->evidence[i].place, story)) {
            put_first(d, i);
            return;
        }
}

/* A story is told once: another that fits comes first. It is only repeated if nothing else fits. */
static void pass_over_told(struct draft *d, const struct memory *memory, bool another)
{
    for (size_t i = 0; i < d->evidence_count; i++) {
        const struct evidence *e = &d->evidence[i];
        struct memory_story story = {.first = e->place.first, .end = e->place.end};

        if (!e->place.fact && memory_told(memory, &story))
            continue;
        if (i && (another || e->fits >= evidence_fits))
            put_first(d, i);
        return;
    }
}

static void draft_release(struct draft *d)
{
    if (d->memory.data)
        explicit_bzero(d->memory.data, d->memory.cap);
    buf_release(&d->memory);
    free(d->used);
}

static void fill_up(struct draft *d)
{
    static const char *const general[][2] = {
        {"First", "Answer in one sentence before you explain."},
        {"Example", "Give one concrete example, with a number if you have one."},
        {"Close", "Stop after a minute and ask whether to go on."},
    };

    if (!d->candidate && d->form != FORM_SMALL_TALK && d->form != FORM_CLOSING)
        draft_advise(d, "Your own words",
                     "Add a profile to get points from your own experience here.");
    for (size_t i = 0; d->count < OUTLINE_POINTS_MIN && i < 3; i++)
        draft_advise(d, general[i][0], general[i][1]);
}

static int hand_over(struct draft *d, struct outline *o)
{
    char *memory;
    size_t len;

    if (d->memory.err)
        return d->memory.err;
    memory = malloc(d->memory.len + 1);
    if (!memory)
        return UV_ENOMEM;
    len = d->memory.len;
    memcpy(memory, d->memory.data, len);
    memory[len] = '\0';
    memset(o, 0, sizeof(*o));
    for (size_t i = 0; i < d->count; i++) {
        const struct draft_point *p = &d->points[i];
        bool fact = p->field >= 0;

        o->points[i].text = memory + p->text;
        o->points[i].label = memory + p->label;
        o->points[i].field = fact ? ground_field_name((enum ground_field)p->field) : NULL;
        o->points[i].quote = fact ? memory + p->quote : NULL;
    }
    o->count = d->count;
    o->form = d->form;
    o->shown.fits = d->fits;
    o->named = d->named;
    o->told = d->story ? d->story->place : (struct place){.end = 0};
    o->memory = memory;
    o->memory_len = len + 1;
    return 0;
}

int outline_compose(struct outline *o, const struct grounding *g, const char *question,
                    enum question_kind kind)
{
    return outline_compose_after(o, g, question, kind, NULL, NULL);
}

int outline_compose_after(struct outline *o, const struct grounding *g, const char *question,
                          enum question_kind kind, const struct memory *memory,
                          const struct memory_follow *follow)
{
    struct draft d;
    int err = draft_open(&d, g, question, kind);

    if (err)
        goto out;
    if (follow && follow->is == FOLLOW_ON)
        stay(&d, &follow->story);
    else if (follow)
        pass_over_told(&d, memory, follow->is == FOLLOW_ANOTHER);
    (forms[d.form] ? forms[d.form] : form_steps)(&d, form_plan(d.form));
    fill_up(&d);
    err = hand_over(&d, o);
    if (!err)
        outline_lead(&d, o);
out:
    draft_release(&d);
    return err;
}

void outline_release(struct outline *o)
{
    if (o->memory)
        explicit_bzero(o->memory, o->memory_len);
    free(o->memory);
    memset(o, 0, sizeof(*o));
}

/**
 * @file answer/outline_forms.c  The form of an outline for everything but a story
 *
 * Most forms are a list of steps (answer/form.h) with an example of the candidate's own where it
 * belongs. Every sentence here is advice on form; what is said about the candidate or the job is
 * cited.
 */
#include "answer/outline_internal.h"
#include "ground/names.h"
#include "ground/terms.h"
#include "ground/themes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ADVICE_MAX = 256,
    NEEDS_MAX = 64,  /* passages of a job description that are weighed */
    PAIRS_MAX = 2,   /* needs that are matched with evidence */
    WANT_BYTES = 24, /* in which a sentence says that it is about a wish */
    ASKED_MAX = 3,   /* questions made of the job description */
    NEAR_MAX = 2,    /* further places that are offered beside the first */
};

static const float NEAR = 0.6f; /* of the first's score, to be offered beside it */

/* ------------------------------------------------------------------------------------- examples */

/** Say so when nothing in the profile answers it. */
static void advise_none(struct draft *d)
{
    if (d->candidate && !d->fits)
        draft_advise(d, "Careful",
                     "Your profile names nothing that fits this; say so, or use what you remember "
                     "yourself.");
}

/** The best place, under a label that says how far it fits, and what is nearly as good. */
static void cite_example(struct draft *d, const char *label)
{
    static const char *const further[NEAR_MAX] = {"Also", "Or"};
    size_t said = 0;

    if (!d->evidence_count)
        return;
    draft_cite_whole(d, d->fits ? label : "Nearest in your work", NULL, d->evidence[0].best);
    for (size_t k = 1; k < d->evidence_count && said < NEAR_MAX; k++)
        if (d->evidence[k].score >= d->evidence[0].score * NEAR)
            draft_cite_whole(d, further[said++], NULL, d->evidence[k].best);
}

void form_steps(struct draft *d, const struct form_plan *plan)
{
    bool told = false;

    for (int i = 0; i < FORM_STEPS_MAX && plan->steps[i].label; i++) {
        if (i == plan->proof && d->fits) {
            cite_example(d, "From your work");
            told = true;
        }
        draft_advise(d, plan->steps[i].label, plan->steps[i].advice);
    }
    if (!told && (d->fits || form_says(d->question, "you|your|yours")))
        cite_example(d, "From your work");
}

/* ----------------------------------------------------------------------------------- experience */

/** A skill of the profile that the question names. */
static bool find_skill(const struct draft *d, size_t *i)
{
    struct asked_name names[NAMES_MAX];
    size_t n = names_asked(d->question, d->g, names);

    for (size_t k = 0; k < grounding_count(d->g); k++) {
        const struct passage *p = grounding_passage(d->g, k);

        if (p->field != GROUND_SKILLS || d->used[k])
            continue;
        for (size_t m = 0; m < n; m++)
            if (names_held(&names[m], p->text, p->len)) {
                *i = k;
                return true;
            }
    }
    return false;
}

void form_experience(struct draft *d, const struct form_plan *plan)
{
    struct asked_name names[NAMES_MAX];
    char advice[ADVICE_MAX];
    size_t i;

    if (find_skill(d, &i))
        draft_cite_whole(d, "On your profile", "you list", i);
    if (d->candidate && !d->named && names_asked(d->question, d->g, names)) {
        snprintf(advice, sizeof(advice),
                 "No work in your profile names “%s”: say so, then what is nearest.",
                 names[0].text);
        draft_advise(d, "Careful", advice);
    } else {
        advise_none(d);
    }
    cite_example(d, d->named ? "Where you did it" : "Nearest in your work");
    draft_advise(d, plan->steps[0].label, plan->steps[0].advice);
    draft_advise(d, plan->steps[1].label, plan->steps[1].advice);
}

/* --------------------------------------------------------------------------------- motivational */

struct need {
    size_t job;
    size_t proof;
    float score;
    bool proven;
};

static void insert_need(struct need *best, size_t *n, size_t max, struct need x)
{
    size_t at;

    for (size_t i = 0; i < *n; i++)
        if (x.proven && best[i].proven && best[i].proof == x.proof && best[i].score >= x.score)
            return;
    if (*n == max && best[max - 1].score >= x.score)
        return;
    at = *n < max ? (*n)++ : max - 1;
    for (; at > 0 && best[at - 1].score < x.score; at--)
        best[at] = best[at - 1];
    best[at] = x;
}

/** Needs of the job description that the candidate can prove best, best first. */
static size_t match_needs(const struct draft *d, struct need *best, size_t max)
{
    size_t n = 0;
    size_t looked = 0;

    for (size_t k = 0; k < grounding_count(d->g) && looked < NEEDS_MAX; k++) {
        const struct passage *p = grounding_passage(d->g, k);
        struct need x = {.job = k};
        struct ground_query q;
        struct ground_hit hit;
        float need = (p->is_heading ? 0 : p->need);

        if (p->field != GROUND_JOB || need <= 0)
            continue;
        looked++;
        ground_query_init(&q);
        ground_query_bytes(&q, p->text, p->len, 1);
        x.proven = grounding_search(d->g, &q, GROUND_BIT(GROUND_CONTEXT), &hit, 1) == 1;
        if (x.proven) {
            x.proof = hit.passage;
            need *= 1 + hit.score * passage_weight(grounding_passage(d->g, hit.passage));
        }
        x.score = need;
        insert_need(best, &n, max, x);
    }
    return n;
}

static void cite_fit(struct draft *d, size_t pairs)
{
    struct need best[PAIRS_MAX];
    size_t n = match_needs(d, best, pairs);

    for (size_t k = 0; k < n; k++) {
        draft_cite_whole(d, k ? "They also want" : "They look for", NULL, best[k].job);
        if (best[k].proven && !d->used[best[k].proof])
            draft_cite_whole(d, "You bring", NULL, best[k].proof);
    }
    if (n == 0 && d->candidate)
        draft_advise(d, "The role",
                     "Name one thing of the posting that only this role has. (Add the job "
                     "description to the session to get it quoted here.)");
}

static void see_want(const struct term *t, void *arg)
{
    static const char *const words[] = {"look",    "looking", "drives", "motivates", "want",
                                        "seeking", "goal",    "hope",   "wish",      "dream",
                                        "like",    "moving",  "become", "enjoy"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        *(bool *)arg |= strcmp(t->word, words[i]) == 0;
}

/** Does the candidate say here what they want? A label says so in its words, a sentence in its
 *  first ones. */
static bool wants(const struct passage *p)
{
    size_t label = passage_label(p);
    size_t len = label ? label : p->len < WANT_BYTES ? p->len : WANT_BYTES;
    bool found = false;

    if (p->field != GROUND_CONTEXT || p->is_heading || p->bullet || (!label && !p->first_person))
        return false;
    words_each(p->text, len, see_want, &found);
    return found;
}

static bool find_want(const struct draft *d, size_t *i)
{
    for (size_t k = 0; k < d->evidence_count; k++) {
        if (!wants(grounding_passage(d->g, d->evidence[k].best)))
            continue;
        *i = d->evidence[k].best;
        return true;
    }
    for (size_t k = 0; k < grounding_count(d->g); k++) {
        if (!wants(grounding_passage(d->g, k)))
            continue;
        *i = k;
        return true;
    }
    return false;
}

/** The place that passage i is part of; NULL: it is none of the best. */
static const struct evidence *evidence_of(const struct draft *d, size_t i)
{
    for (size_t k = 0; k < d->evidence_count; k++)
        if (d->evidence[k].place.first <= i && i < d->evidence[k].place.end)
            return &d->evidence[k];
    return NULL;
}

void form_motive(struct draft *d, const struct form_plan *plan)
{
    bool told = d->fits && wants(grounding_passage(d->g, d->story->best));
    size_t i;

    if (told) {
        draft_cite_whole(d, "What you want", NULL, d->story->best);
    } else {
        if (d->fits && !d->story->place.action)
            draft_cite_whole(d, "Your profile says", NULL, d->story->best);
        d->story = NULL; /* it is no wish: not what is said first */
        if (!draft_asks(d, "hire choose") && find_want(d, &i)) {
            draft_cite_whole(d, "What you want", NULL, i);
            d->story = evidence_of(d, i);
        }
    }
    if (draft_asks(d, "leave leaving left change"))
        draft_advise(d, "Direction", "Speak of what you go to, not of what you leave.");
    else if (draft_asks(d, "years goals future"))
        draft_advise(d, "Direction", "Name what you want to be good at by then, not a title.");
    else if (draft_asks(d, "hire choose fit"))
        draft_advise(d, "In one line", "Name their need and your proof in the same sentence.");
    else
        draft_advise(d, plan->steps[0].label, plan->steps[0].advice);
    cite_fit(d, PAIRS_MAX);
    draft_advise(d, plan->steps[1].label, plan->steps[1].advice);
}

/* ----------------------------------------------------------------------------------- background */

void form_strength(struct draft *d, const struct form_plan *plan)
{
    size_t i;

    draft_advise(d, plan->steps[0].label, plan->steps[0].advice);
    if (draft_best_fact(d, &i))
        draft_cite_whole(d, "In your own words", NULL, i);
    for (int n = 0; n < 2 && draft_best_proof(d, true, &i); n++)
        draft_cite_whole(d, n ? "And" : "Proof", NULL, i);
    if (draft_field(d, GROUND_SKILLS, &i))
        draft_cite_whole(d, "Skill", NULL, i);
    draft_advise(d, plan->steps[1].label, plan->steps[1].advice);
}

/** Does a sentence say what is done about it? Its own or the second of its place. */
static void cite_weakness(struct draft *d, const struct form_plan *plan)
{
    const struct place *p = &d->evidence[0].place;

    draft_cite_whole(d, plan->steps[0].label, NULL, p->first);
    if (p->end - p->first == 1)
        draft_advise(d, plan->steps[1].label, plan->steps[1].advice);
    for (size_t i = p->first + 1; i < p->end && i < p->first + 3; i++)
        draft_cite_whole(d, plan->steps[1].label, NULL, i);
}

void form_weakness(struct draft *d, const struct form_plan *plan)
{
    if (d->fits) {
        cite_weakness(d, plan);
    } else {
        advise_none(d);
        draft_advise(d, plan->steps[0].label, plan->steps[0].advice);
        draft_advise(d, plan->steps[1].label, plan->steps[1].advice);
        cite_example(d, "Nearest in your work");
    }
    draft_advise(d, plan->steps[2].label, plan->steps[2].advice);
}

void form_intro(struct draft *d, const struct form_plan *plan)
{
    struct need need;
    size_t i;

    if (draft_field(d, GROUND_ROLE, &i))
        draft_cite_whole(d, plan->steps[0].label, NULL, i);
    if (draft_field(d, GROUND_YEARS, &i))
        draft_cite_whole(d, "Experience", NULL, i);
    if (d->count == 0)
        draft_advise(d, plan->steps[0].label, plan->steps[0].advice);
    if (draft_best_proof(d, true, &i)) {
        draft_cite_whole(d, "Proof", NULL, i);
        if (draft_proof_elsewhere(d, i, &i))
            draft_cite_whole(d, "And", NULL, i);
    }
    if (match_needs(d, &need, 1) == 1)
        draft_cite_whole(d, plan->steps[1].label, "they look for", need.job);
    else
        draft_advise(d, plan->steps[1].label, plan->steps[1].advice);
    if (draft_field(d, GROUND_SKILLS, &i))
        draft_cite_whole(d, "Skill", NULL, i);
}

/* ------------------------------------------------------------------------------------ logistics */

struct topic_advice {
    const char *asked;  /* words of the question */
    const char *search; /* what to look for in the posting */
    const char *first;
    const char *then;
};

static const struct topic_advice terms[] = {
    {"salary compensation pay earn range money rate wage", "salary compensation pay bonus range",
     "Give a range you researched, or ask for theirs first.",
     "Say that the whole package and the role count too."},
    {"visa sponsorship permit authorized eligible legally citizen clearance",
     "visa permit citizen sponsorship authorized clearance",
     "Answer yes or no, then the date it runs to.", "Offer to send proof of it."},
    {"relocate relocation move based live commute office remote hybrid site",
     "relocate remote hybrid office location based onsite",
     "Answer yes or no first, then your condition.", "Ask how the team works today."},
    {"start notice soon available begin join earliest", "start available availability",
     "Give a date, counting your notice period.", "Say whether there is room to move it."},
    {"travel weekends shifts hours nights call overtime",
     "travel weekend shift oncall hours schedule rotation", "Say what you can do without hedging.",
     "Ask how often it really happens."},
    {"references reference contact", "reference references",
     "Say whom they may ask, and after which step.", "Promise the contacts by a day you can keep."},
    {"offers interviewing companies else elsewhere", "interviewing offer",
     "Be honest about your stage, without names.",
     "Say why this role comes first for you, if it does."},
};

void form_fact(struct draft *d, const struct form_plan *plan)
{
    const struct topic_advice *t = NULL;
    size_t i;

    for (size_t k = 0; k < sizeof(terms) / sizeof(terms[0]) && !t; k++)
        if (draft_asks(d, terms[k].asked))
            t = &terms[k];
    advise_none(d);
    cite_example(d, "Your profile says");
    draft_advise(d, plan->steps[0].label, t ? t->first : plan->steps[0].advice);
    if (t && draft_find_text(d, t->search, GROUND_BIT(GROUND_JOB), &i))
        draft_cite_whole(d, "The posting says", NULL, i);
    draft_advise(d, plan->steps[1].label, t ? t->then : plan->steps[1].advice);
}

/* -------------------------------------------------------------------------------------- closing */

static const char *asking_for(const struct draft *d, size_t i)
{
    static const struct {
        const char *words;
        const char *advice;
    } forms[] = {
        {"team collaborate partner mentor lead manage coach",
         "Ask who you would work with most, and how, on"},
        {"build design develop implement ship deliver architect create",
         "Ask what the first milestone would be for"},
        {"improve optimize maintain scale reliability quality performance",
         "Ask how they measure success in"},
    };
    const struct passage *p = grounding_passage(d->g, i);
    char text[GROUND_PASSAGE_LONG + 8];
    struct draft of = {.question = text};

    snprintf(text, sizeof(text), "%.*s", (int)p->len, p->text);
    for (size_t k = 0; k < sizeof(forms) / sizeof(forms[0]); k++)
        if (draft_asks(&of, forms[k].words))
            return forms[k].advice;
    return "Ask what matters most to them in";
}

/** Passages of the posting that ask for most, best first. */
static size_t top_needs(const struct draft *d, struct need *best, size_t max)
{
    size_t n = 0;

    for (size_t k = 0; k < grounding_count(d->g); k++) {
        const struct passage *p = grounding_passage(d->g, k);
        struct need x = {.job = k, .score = (p->is_heading ? 0 : p->need)};

        if (p->field == GROUND_JOB && x.score > 0.5f && !p->credential)
            insert_need(best, &n, max, x);
    }
    return n;
}

void form_closing(struct draft *d, const struct form_plan *plan)
{
    struct need best[ASKED_MAX];
    size_t n = top_needs(d, best, ASKED_MAX);

    for (size_t k = 0; k < n; k++)
        draft_cite_whole(d, "Ask", asking_for(d, best[k].job), best[k].job);
    for (int i = 0; i < FORM_STEPS_MAX && plan->steps[i].label; i++)
        draft_advise(d, plan->steps[i].label, plan->steps[i].advice);
}

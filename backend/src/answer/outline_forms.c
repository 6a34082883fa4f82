/**
 * @file answer/outline_forms.c  The form of an outline for each kind but behavioral
 *
 * Every sentence here is advice on form; what is said about the candidate or the job is cited.
 */
#include "answer/outline_internal.h"
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
};

/* ------------------------------------------------------------------------------------ technical */

static void advise_topic(struct draft *d, const char *label, const char *before, const char *after,
                         const char *without)
{
    char topic[TOPIC_MAX];
    char advice[ADVICE_MAX];

    draft_topic(d, topic);
    snprintf(advice, sizeof(advice), "%s“%s”%s", before, topic, after);
    draft_advise(d, label, topic[0] ? advice : without);
}

/** Passages that hold a word of the question itself, not only a related one. */
static bool find_exact(const struct draft *d, unsigned fields, size_t *i)
{
    struct ground_query q;
    char topic[TOPIC_MAX];

    draft_topic(d, topic);
    ground_query_init(&q);
    ground_query_exact(&q, topic, strlen(topic), 1);
    return draft_find(d, &q, fields, i);
}

static void cite_use(struct draft *d)
{
    size_t i;
    bool cited = false;

    if (find_exact(d, GROUND_BIT(GROUND_SKILLS), &i)) {
        draft_cite_whole(d, "On your profile", "you list", i);
        cited = true;
    }
    for (int n = 0; n < 2 && find_exact(d, GROUND_BIT(GROUND_CONTEXT), &i); n++) {
        draft_cite_whole(d, n ? "Also" : "Where you used it", NULL, i);
        cited = true;
    }
    if (!cited && draft_best_proof(d, false, &i) && !grounding_passage(d->g, i)->setback)
        draft_cite_whole(d, "Nearest in your work", NULL, i);
    else if (!cited && d->candidate)
        draft_advise(d, "Where you used it",
                     "Your profile does not mention it: say so, name the nearest thing you know.");
}

void form_technical(struct draft *d)
{
    if (draft_asks(d, "experience familiar comfortable") || strstr(d->question, "have you ")) {
        draft_advise(d, "Answer first", "Say yes or no, for how long and at what size.");
        cite_use(d);
        draft_advise(d, "Depth", "Name one hard problem you solved with it and one limit you met.");
        return;
    }
    if (draft_asks(d, "difference compare versus"))
        advise_topic(d, "In one line", "Name each side of ",
                     " in a few words, then what divides them.",
                     "Name each side in a few words, then what divides them.");
    else
        advise_topic(d, "In one line", "Say what ", " comes down to before any detail.",
                     "Give the definition before any detail.");
    draft_advise(d, "How", "Walk through it in two or three steps, with one small example.");
    cite_use(d);
    draft_advise(d, "Trade-off", "Say when you would choose it, when not, and what it costs.");
}

/* --------------------------------------------------------------------------------------- design */

struct aspect {
    const char *label;
    const char *advice;
    const char *words; /* what counts as experience with it */
};

static const struct aspect aspects[] = {
    {"Requirements", "Ask who uses it, what it must do, what it may leave out.", NULL},
    {"Scale", "Estimate users, requests a second and growth before you draw.",
     "requests per second throughput traffic million concurrent peak load"},
    {"API", "Name the few calls it offers and what each returns.",
     "api endpoint rest grpc interface"},
    {"Data", "Choose what is stored where, the keys, and how it is partitioned.",
     "database schema storage postgres partition replication cache data"},
    {"Trade-offs", "Say what breaks first, and what you gave up for what.",
     "latency availability reliability outage cost consistency failover"},
};

void form_design(struct draft *d)
{
    size_t i;
    int cited = 0;

    for (size_t a = 0; a < sizeof(aspects) / sizeof(aspects[0]); a++) {
        const struct aspect *x = &aspects[a];

        if (x->words && cited < 3 && draft_find_text(d, x->words, GROUND_BIT(GROUND_CONTEXT), &i)) {
            char advice[ADVICE_MAX];

            snprintf(advice, sizeof(advice), "%s You know it from:", x->advice);
            draft_cite_whole(d, x->label, advice, i);
            cited++;
        } else {
            draft_advise(d, x->label, x->advice);
        }
    }
    if (!cited && draft_best_proof(d, false, &i))
        draft_cite_whole(d, "From your work", NULL, i);
}

/* ---------------------------------------------------------------------------------- situational */

void form_situational(struct draft *d)
{
    bool habit = draft_asks(d, "prioritize decide organize manage handle stay keep") &&
                 strstr(d->question, "do you");
    size_t i;

    if (habit) {
        draft_advise(d, "Your rule", "Say in one sentence how you go about it.");
    } else {
        draft_advise(d, "First", "Find out what happened and whom it touches before you act.");
        draft_advise(d, "Then", "Name the step you would take the same day, and why that one.");
    }
    if (draft_best_proof(d, false, &i)) {
        draft_cite_whole(d, "You have done it", NULL, i);
        if (draft_best_proof(d, false, &i))
            draft_cite_whole(d, "And", NULL, i);
    } else if (d->candidate) {
        draft_advise(d, "Example", "Your profile names no such case: tell one you remember.");
    }
    draft_advise(d, "Tell people", "Say who hears of it, when, and in what words.");
    draft_advise(d, "After", "Say what you would change so that it does not come back.");
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
    size_t i;

    for (size_t k = 0; k < n; k++) {
        draft_cite_whole(d, k ? "They also want" : "They look for", NULL, best[k].job);
        if (best[k].proven && !d->used[best[k].proof])
            draft_cite_whole(d, "You bring", NULL, best[k].proof);
    }
    for (int k = 0; n == 0 && k < 2 && draft_best_proof(d, true, &i); k++)
        draft_cite_whole(d, k ? "And" : "You bring", NULL, i);
    if (n == 0 && d->candidate)
        draft_advise(d, "The role",
                     "Name one thing of the posting that only this role has. (Add the job "
                     "description to the session to get it quoted here.)");
}

static void see_want(const struct term *t, void *arg)
{
    static const char *const words[] = {"look",    "looking", "drives", "motivates", "want",
                                        "seeking", "goal",    "hope",   "wish",      "dream"};

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

void form_motivational(struct draft *d)
{
    size_t i;

    if (d->themes & THEME_PRIDE && d->candidate) {
        form_behavioral(d);
        return;
    }
    if (draft_asks(d, "leave leaving left change"))
        draft_advise(d, "Direction", "Speak of what you go to, not of what you leave.");
    else if (draft_asks(d, "years goals future"))
        draft_advise(d, "Direction", "Name what you want to be good at by then, not a title.");
    else if (draft_asks(d, "hire choose fit"))
        draft_advise(d, "In one line", "Name their need and your proof in the same sentence.");
    else
        draft_advise(d, "In one line", "Name the one thing about this role that fits you best.");
    if (!draft_asks(d, "hire choose") && find_want(d, &i))
        draft_cite_whole(d, "What you want", NULL, i);
    cite_fit(d, PAIRS_MAX);
    draft_advise(d, "Close", "Say what you would like to achieve here in the first year.");
}

/* ----------------------------------------------------------------------------------- background */

static void form_strength(struct draft *d)
{
    size_t i;

    draft_advise(d, "In one line", "Name one strength that this job needs.");
    if (draft_best_fact(d, &i))
        draft_cite_whole(d, "In your own words", NULL, i);
    for (int n = 0; n < 2 && draft_best_proof(d, true, &i); n++)
        draft_cite_whole(d, n ? "And" : "Proof", NULL, i);
    if (draft_field(d, GROUND_SKILLS, &i))
        draft_cite_whole(d, "Skill", NULL, i);
    draft_advise(d, "Close", "Say how it would help in this team.");
}

static void form_weakness(struct draft *d)
{
    size_t i;

    if (draft_best_proof(d, false, &i))
        draft_cite_whole(d, "Name it", NULL, i);
    else
        draft_advise(d, "Name it", "One real weakness that is not the core of this job.");
    draft_advise(d, "Show it", "One sentence on when it cost something.");
    draft_advise(d, "What you do about it", "Name the habit or help that keeps it small.");
    draft_advise(d, "Close", "Say how it is better today than a year ago.");
}

static void cite_now(struct draft *d)
{
    size_t i;

    if (draft_field(d, GROUND_ROLE, &i))
        draft_cite_whole(d, "Now", NULL, i);
    if (draft_field(d, GROUND_YEARS, &i))
        draft_cite_whole(d, "Experience", NULL, i);
    if (d->count == 0)
        draft_advise(d, "Now", "Your role today in one sentence.");
}

void form_background(struct draft *d)
{
    struct need need;
    size_t i;

    bool whole = draft_asks(d, "yourself background resume cv introduce");

    if (d->themes & THEME_SELF) {
        form_weakness(d);
        return;
    }
    if (draft_asks(d, "strength strengths good")) {
        form_strength(d);
        return;
    }
    if (!whole && draft_best_proof(d, false, &i))
        draft_cite_whole(d, "Answer first", NULL, i);
    cite_now(d);
    if (draft_best_proof(d, true, &i)) {
        draft_cite_whole(d, "Proof", NULL, i);
        if (draft_proof_elsewhere(d, i, &i))
            draft_cite_whole(d, "And", NULL, i);
    }
    if (match_needs(d, &need, 1) == 1)
        draft_cite_whole(d, "Why this role", "they look for", need.job);
    else
        draft_advise(d, "Why this role", "End with what you want to do next, and why here.");
    if (draft_field(d, GROUND_SKILLS, &i))
        draft_cite_whole(d, "Skill", NULL, i);
}

/* ------------------------------------------------------------------------------------ logistics */

struct topic_advice {
    const char *asked;  /* words of the question */
    const char *search; /* what to look for in profile and posting */
    const char *first;
    const char *then;
};

static const struct topic_advice logistics[] = {
    {"salary compensation pay earn range money rate making wage",
     "salary compensation pay bonus range", "Give a range you researched, or ask for theirs first.",
     "Say that the whole package and the role count too."},
    {"visa sponsorship permit authorized eligible legally citizen clearance",
     "visa permit citizen sponsorship authorized clearance",
     "Answer yes or no, then the date it runs to.", "Offer to send the papers."},
    {"relocate relocation move based located live commute office remote hybrid site",
     "relocate remote hybrid office location based onsite",
     "Answer yes or no first, then your condition.", "Ask how the team works today."},
    {"start notice soon available begin join earliest", "notice start available availability",
     "Give a date, counting your notice period.", "Say whether there is room to move it."},
    {"travel weekends shifts hours nights call overtime",
     "travel weekend shift oncall hours schedule", "Say what you can do without hedging.",
     "Ask how often it really happens."},
    {"references reference contact", "reference references",
     "Say whom they may ask, and after which step.", "Promise the contacts by a day you can keep."},
    {"offers interviewing companies else elsewhere", "interviewing offer",
     "Be honest about your stage, without names.",
     "Say why this role comes first for you, if it does."},
};

static const struct topic_advice any_logistics = {
    "", "start notice salary location remote travel visa",
    "Answer with the plain fact in one sentence.",
    "Say if something could move, and ask what they need."};

void form_logistics(struct draft *d)
{
    const struct topic_advice *t = &any_logistics;
    size_t i;

    for (size_t k = 0; k < sizeof(logistics) / sizeof(logistics[0]); k++) {
        if (!draft_asks(d, logistics[k].asked))
            continue;
        t = &logistics[k];
        break;
    }
    draft_advise(d, "Answer first", t->first);
    if (draft_best_fact(d, &i) ||
        (draft_best_proof(d, false, &i) && !grounding_passage(d->g, i)->bullet))
        draft_cite_whole(d, "Your profile says", NULL, i);
    if (draft_find_text(d, t->search, GROUND_BIT(GROUND_JOB), &i))
        draft_cite_whole(d, "The posting says", NULL, i);
    draft_advise(d, "Then", t->then);
}

/* ------------------------------------------------------------------- small talk, closing, other */

void form_small_talk(struct draft *d)
{
    draft_advise(d, "Short", "Answer in one friendly sentence.");
    draft_advise(d, "True", "Add one small detail that is true today.");
    draft_advise(d, "Back", "Ask the same in return, then let them begin.");
}

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

void form_closing(struct draft *d)
{
    struct need best[ASKED_MAX];
    size_t n = top_needs(d, best, ASKED_MAX);

    for (size_t k = 0; k < n; k++)
        draft_cite_whole(d, "Ask", asking_for(d, best[k].job), best[k].job);
    draft_advise(d, "Ask", "What would make you say after six months that hiring me was right?");
    draft_advise(d, "Ask", "What is the hardest part of this job that the posting does not say?");
    draft_advise(d, "Ask", "What are the next steps, and when may I expect to hear from you?");
}

void form_other(struct draft *d)
{
    size_t i;

    draft_advise(d, "In one line", "Answer the question itself in one sentence.");
    for (int n = 0; n < 2 && draft_best_proof(d, false, &i); n++)
        draft_cite_whole(d, n ? "Also" : "From your work", NULL, i);
    draft_advise(d, "Because", "Give your reason, then one example you have seen yourself.");
    draft_advise(d, "Close", "Stop there, or offer to go into detail.");
}

/**
 * @file answer/outline_story.c  One story from the profile, told as situation, task, action,
 * result
 *
 * The story is one place of the profile: a bullet with its sentences, or a paragraph. It is the one
 * whose sentences match the question best and show deeds and results; lines of different places
 * are never mixed into one story. Its sentences get their parts in the order they stand, by the
 * words that usually announce each part; what the profile does not say becomes advice.
 */
#include "answer/outline_internal.h"
#include "ground/passages.h"
#include "ground/terms.h"

#include <stdlib.h>
#include <string.h>

enum part { SITUATION, TASK, ACTION, RESULT, PARTS, UNUSED = -1 };

enum {
    STORY_MAX = 8,   /* sentences of one story that are looked at */
    ACTIONS_MAX = 2, /* sentences told as action */
};

static const float OPENS = 4; /* fit of the sentence that the rest goes on from */

static const char *const part_names[] = {"Situation", "Task", "Action", "Result"};
static const char *const part_advice[] = {
    "Set the scene in one sentence: where, when, what was at stake.",
    "Say in one sentence what was yours to do.",
    "Say what you yourself did, step by step.",
    "Say what came of it, with a number if you have one, and what you learned.",
};

static const char *const cues[PARTS][48] = {
    {"when",      "during",   "was",     "were",    "had",    "inherited", "faced",
     "situation", "problem",  "old",     "legacy",  "before", "while",     "after",
     "at",        "suddenly", "morning", "growing", "kept",   NULL},
    {"needed", "asked", "task", "goal", "responsible", "target", "wanted", "required", "must",
     "challenge", "assigned", "expected", "deadline", "job", "objective", "should", "charge", NULL},
    {"i", "we", "proposed", "decided", "started", "talked", "then", "first", "myself", "together",
     "by", "using", "with", NULL},
    {"result",    "resulting", "reduced", "reducing", "increased", "increasing", "improved",
     "improving", "saved",     "saving",  "cut",      "cutting",   "dropped",    "grew",
     "outcome",   "finally",   "since",   "now",      "shipped",   "launched",   "won",
     "percent",   "fewer",     "faster",  "success",  "delivered", "from",       "end",
     "learned",   "halved",    "doubled", NULL},
};

struct story {
    size_t at[STORY_MAX]; /* passages in order */
    size_t n;
    float fit[STORY_MAX][PARTS];
};

struct search {
    const struct story *s;
    int now[STORY_MAX];
    int best[STORY_MAX];
    float best_score;
};

/* ------------------------------------------------------------------------------ finding a story */

/** The best story of the profile; NULL: it has none. */
static const struct evidence *find_story(const struct draft *d)
{
    for (size_t k = 0; k < d->evidence_count; k++)
        if (!d->evidence[k].place.fact)
            return &d->evidence[k];
    return d->evidence_count ? &d->evidence[0] : NULL;
}

/** Of a long paragraph, the run of sentences around the one that matches best. */
static void narrow(size_t anchor, size_t *first, size_t *end)
{
    if (*end - *first <= STORY_MAX)
        return;
    if (anchor > *first + 2)
        *first = anchor - 2;
    if (*end > *first + STORY_MAX)
        *end = *first + STORY_MAX;
}

/* ------------------------------------------------------------------------------ telling the parts
 */

struct cue_count {
    int n[PARTS];
};

static void count_cues(const struct term *t, void *arg)
{
    struct cue_count *c = arg;

    for (int part = 0; part < PARTS; part++)
        for (size_t i = 0; cues[part][i]; i++)
            if (strcmp(t->word, cues[part][i]) == 0)
                c->n[part]++;
}

static float few(int n, float each)
{
    return each * (float)(n > 2 ? 2 : n);
}

static bool begins_with_i(const struct passage *p)
{
    return p->len > 2 && memcmp(p->text, "I ", 2) == 0;
}

static void judge_sentence(struct story *s, const struct passage *p, size_t i)
{
    struct cue_count c = {.n = {0}};
    float *fit = s->fit[i];

    words_each(p->text, p->len, count_cues, &c);
    fit[SITUATION] = few(c.n[SITUATION], 0.3f) + (i == 0 ? 0.6f : 0) - (p->action ? 0.5f : 0) +
                     (p->setback ? 0.6f : 0);
    fit[TASK] = few(c.n[TASK], 0.6f) + (i == 1 ? 0.1f : 0) - (p->action ? 0.2f : 0);
    fit[ACTION] = 0.2f + few(c.n[ACTION], 0.2f) + (p->action ? 0.8f : 0);
    fit[RESULT] = few(c.n[RESULT], 0.4f) + (p->figure ? 0.5f : 0) +
                  (i + 1 < s->n       ? 0
                   : begins_with_i(p) ? 0.6f
                                      : 1.1f);
}

/** A scene has two sentences only when it opens with another bullet's. */
static bool may_repeat(const struct story *s, int part, int actions)
{
    if (part == SITUATION)
        return s->fit[0][SITUATION] >= OPENS;
    return part == ACTION && actions < ACTIONS_MAX;
}

/** Try every way to give the sentences parts in order; few enough to try them all. */
static void assign(struct search *x, size_t i, int last, int actions, float score)
{
    if (i == x->s->n) {
        if (score > x->best_score) {
            x->best_score = score;
            memcpy(x->best, x->now, sizeof(x->best));
        }
        return;
    }
    x->now[i] = UNUSED;
    assign(x, i + 1, last, actions, score);
    for (int part = last < 0 ? 0 : last; part < PARTS; part++) {
        bool again = part == last;

        if (again && !may_repeat(x->s, part, actions))
            continue;
        x->now[i] = part;
        assign(x, i + 1, part, actions + (part == ACTION),
               score + x->s->fit[i][part] * (again ? 0.6f : 1) + (again ? 0 : 0.15f));
    }
}

static void cite_heading(struct draft *d, size_t first)
{
    int heading = grounding_passage(d->g, first)->heading;
    const struct passage *h = heading >= 0 ? grounding_passage(d->g, (size_t)heading) : NULL;

    if (h && h->words > 1 && h->text[h->len - 1] != ':')
        draft_cite_whole(d, part_names[SITUATION], NULL, (size_t)heading);
    else
        draft_advise(d, part_names[SITUATION], part_advice[SITUATION]);
}

static void tell_parts(struct draft *d, const struct story *s)
{
    struct search x = {.s = s, .best_score = -1};

    assign(&x, 0, UNUSED, 0, 0);
    for (int part = 0; part < PARTS; part++) {
        bool told = false;

        for (size_t i = 0; i < s->n; i++) {
            if (x.best[i] != part)
                continue;
            draft_cite_whole(d, part_names[part], NULL, s->at[i]);
            told = true;
        }
        if (told)
            continue;
        if (part == SITUATION)
            cite_heading(d, s->at[0]);
        else
            draft_advise(d, part_names[part], part_advice[part]);
    }
}

/* ------------------------------------------------------------------- a story of one sentence only
 */

static bool begins_result(const char *p, size_t n)
{
    static const char *const starts[] = {
        "cutting",    "reducing",      "saving",       "increasing", "improving",   "resulting",
        "raising",    "bringing",      "growing",      "boosting",   "lowering",    "which",
        "leading",    "halving",       "doubling",     "so that",    "and cut",     "and reduced",
        "and saved",  "and increased", "and improved", "and raised", "and brought", "and grew",
        "and halved", "and doubled",   "dropping",     "shrinking",  "making",      "enabling",
        "allowing",   "generating",    "winning",      "achieving",  "speeding"};

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strlen(starts[i]) < n && strncasecmp(p, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/** Where in the passage does its result begin? 0: it names none apart. */
static size_t result_at(const struct passage *p)
{
    size_t comma = 0;

    for (size_t i = 8; i + 6 < p->len; i++) {
        const char *at = p->text + i;

        if (at[-1] != ' ')
            continue;
        if (begins_result(at, p->len - i) ||
            (memcmp(at, "from ", 5) == 0 && at[5] >= '0' && at[5] <= '9'))
            return i;
        if (!comma && strchr(",;", p->text[i - 2]))
            comma = i;
    }
    if (comma) {
        struct passage rest = {.text = p->text + comma, .len = p->len - comma};

        passage_look(&rest);
        if (rest.figure)
            return comma;
    }
    return 0;
}

static void tell_sentence(struct draft *d, size_t i)
{
    const struct passage *p = grounding_passage(d->g, i);
    size_t cut = result_at(p);
    size_t len = cut ? cut : p->len;

    while (cut && len && strchr(" ,;", p->text[len - 1]))
        len--;
    cite_heading(d, i);
    draft_advise(d, part_names[TASK], part_advice[TASK]);
    draft_cite(d, part_names[ACTION], NULL, i, 0, len);
    if (cut)
        draft_cite(d, part_names[RESULT], NULL, i, cut, p->len - cut);
    else if (p->figure)
        draft_advise(d, part_names[RESULT], "Name the number above and say why it mattered.");
    else
        draft_advise(d, part_names[RESULT], part_advice[RESULT]);
}

static void advise_story(struct draft *d)
{
    for (int part = 0; part < PARTS; part++)
        draft_advise(d, part_names[part], part_advice[part]);
}

/** The first sentence of the bullet before the one that begins at passage i. */
static size_t before(const struct draft *d, size_t i)
{
    uint32_t block = grounding_passage(d->g, i - 1)->block;

    while (i > 1 && grounding_passage(d->g, i - 2)->block == block &&
           !grounding_passage(d->g, i - 2)->is_heading)
        i--;
    return i - 1;
}

/** A story that goes on with the bullet before opens with that one's first sentence, and may end
 *  with its last: that is what came of it in the end. */
static void frame(const struct draft *d, struct story *s)
{
    size_t opening = s->at[0];
    size_t last = s->at[1] - 1;
    const struct passage *p = grounding_passage(d->g, last);

    s->fit[0][SITUATION] = OPENS;
    if (last == opening || !p->figure || s->n == STORY_MAX)
        return;
    s->at[s->n++] = last;
    judge_sentence(s, p, s->n - 1);
}

static void tell_story(struct draft *d, const struct evidence *e)
{
    struct story s = {.n = 0};
    size_t first = e->place.first;
    size_t end = e->place.end;

    narrow(e->best, &first, &end);
    if (e->place.goes_on)
        s.at[s.n++] = before(d, first);
    for (size_t i = first; i < end && s.n < STORY_MAX; i++)
        s.at[s.n++] = i;
    if (s.n == 1) {
        tell_sentence(d, s.at[0]);
        return;
    }
    for (size_t i = 0; i < s.n; i++)
        judge_sentence(&s, grounding_passage(d->g, s.at[i]), i);
    if (e->place.goes_on)
        frame(d, &s);
    tell_parts(d, &s);
}

static bool told(const struct draft *d, const struct evidence *e)
{
    for (size_t i = e->place.first; i < e->place.end; i++)
        if (d->used[i])
            return true;
    return false;
}

/** Other stories, for who would rather tell one of them. */
static void offer_others(struct draft *d)
{
    for (size_t k = 0; k < d->evidence_count; k++) {
        const struct evidence *e = &d->evidence[k];

        if (e == d->story || (e->place.fact && d->story->place.fact == false) || told(d, e))
            continue;
        draft_cite_whole(d, "Or tell", NULL, e->place.first);
    }
}

void form_story(struct draft *d, const struct form_plan *plan)
{
    (void)plan;
    d->story = find_story(d);
    if (!d->story) {
        advise_story(d);
        return;
    }
    if (d->fits) {
        tell_story(d, d->story);
    } else {
        draft_advise(d, "Careful",
                     "Your profile names no example that fits well; the nearest is below. "
                     "Use one you remember better if there is one.");
        draft_cite_whole(d, "Nearest", NULL, d->story->best);
        draft_advise(d, part_names[ACTION], part_advice[ACTION]);
        draft_advise(d, part_names[RESULT], part_advice[RESULT]);
    }
    offer_others(d);
}

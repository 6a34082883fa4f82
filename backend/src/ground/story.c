/**
 * @file ground/story.c  Which sentence tells which part
 */
#include "ground/story.h"

#include "base/text.h"
#include "ground/passages.h"
#include "ground/terms.h"

#include <string.h>
#include <strings.h>

enum {
    UNUSED = -1,
    ACTIONS_MAX = 2, /* most sentences told as action */
    BULLET_WORDS = 6,
    PARAGRAPH_WORDS = 15,
};

static const float OPENS = 4; /* score for the sentence that the rest continues from */

static const char *const cues[STORY_PARTS][48] = {
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

/* Sentences in order, and how well each fits each part. */
struct telling {
    size_t at[STORY_RUNS_MAX];
    size_t n;
    float fit[STORY_RUNS_MAX][STORY_PARTS];
};

struct search {
    const struct telling *s;
    int now[STORY_RUNS_MAX];
    int best[STORY_RUNS_MAX];
    float best_score;
};

struct cue_count {
    int n[STORY_PARTS];
};

static void count_cues(const struct term *t, void *arg)
{
    struct cue_count *c = arg;

    for (int part = 0; part < STORY_PARTS; part++)
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

/** Does it plainly say that something had to be done? */
static bool assigns(const struct passage *p)
{
    static const char *const phrases[] = {"was asked to", "were asked to", "was responsible",
                                          "my task",      "my job was",    "my goal"};
    char text[GROUND_PASSAGE_LONG + 8];

    text_copy(text, sizeof(text), p->text, p->len);
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (strcasestr(text, phrases[i]))
            return true;
    return false;
}

static void judge_sentence(struct telling *s, const struct passage *p, size_t i)
{
    struct cue_count c = {.n = {0}};
    float *fit = s->fit[i];

    words_each(p->text, p->len, count_cues, &c);
    fit[STORY_SITUATION] = few(c.n[STORY_SITUATION], 0.3f) + (i == 0 ? 0.6f : 0) -
                           (p->action ? 0.5f : 0) + (p->setback ? 0.6f : 0);
    fit[STORY_TASK] = few(c.n[STORY_TASK], 0.6f) + (assigns(p) ? 0.4f : 0) + (i == 1 ? 0.1f : 0) -
                      (p->action ? 0.2f : 0);
    fit[STORY_ACTION] = 0.2f + few(c.n[STORY_ACTION], 0.2f) + (p->action ? 0.8f : 0);
    fit[STORY_RESULT] = few(c.n[STORY_RESULT], 0.4f) + (p->figure ? 0.5f : 0) +
                        (i + 1 < s->n       ? 0
                         : begins_with_i(p) ? 0.6f
                                            : 1.1f);
}

/** A scene has two sentences only if it opens with another bullet's sentence. */
static bool may_repeat(const struct telling *s, int part, int actions)
{
    if (part == STORY_SITUATION)
        return s->fit[0][STORY_SITUATION] >= OPENS;
    return part == STORY_ACTION && actions < ACTIONS_MAX;
}

/** Tries every way to assign parts to the sentences in order; there are few enough. */
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
    for (int part = last < 0 ? 0 : last; part < STORY_PARTS; part++) {
        bool again = part == last;

        if (again && !may_repeat(x->s, part, actions))
            continue;
        x->now[i] = part;
        assign(x, i + 1, part, actions + (part == STORY_ACTION),
               score + x->s->fit[i][part] * (again ? 0.6f : 1) + (again ? 0 : 0.15f));
    }
}

static void add_run(struct story *s, enum story_part part, size_t passage, size_t at, size_t len)
{
    if (s->count < sizeof(s->runs) / sizeof(s->runs[0]))
        s->runs[s->count++] =
            (struct story_run){.part = part, .passage = passage, .at = at, .len = len};
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

/** Where in the passage does its result begin? 0: it names none separately. */
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

/** A last sentence with both the action and its result tells both, if no other tells the action:
 *  "Cut the cost by a third, saving 30,000 euros." */
static void add_result(struct story *out, const struct grounding *g, size_t i)
{
    const struct passage *p = grounding_passage(g, i);
    size_t cut = p->action && !story_tells(out, STORY_ACTION) ? result_at(p) : 0;
    size_t len = cut;

    while (len && strchr(" ,;", p->text[len - 1]))
        len--;
    if (cut)
        add_run(out, STORY_ACTION, i, 0, len);
    add_run(out, STORY_RESULT, i, cut, p->len - cut);
}

static void tell_parts(struct story *out, const struct grounding *g, const struct telling *s)
{
    struct search x = {.s = s, .best_score = -1};

    assign(&x, 0, UNUSED, 0, 0);
    for (int part = 0; part < STORY_PARTS; part++)
        for (size_t i = 0; i < s->n; i++) {
            if (x.best[i] != part)
                continue;
            if (part == STORY_RESULT)
                add_result(out, g, s->at[i]);
            else
                add_run(out, (enum story_part)part, s->at[i], 0,
                        grounding_passage(g, s->at[i])->len);
        }
}

static void tell_sentence(struct story *s, const struct grounding *g, size_t i)
{
    const struct passage *p = grounding_passage(g, i);
    size_t cut = result_at(p);
    size_t len = cut ? cut : p->len;

    while (cut && len && strchr(" ,;", p->text[len - 1]))
        len--;
    add_run(s, STORY_ACTION, i, 0, len);
    if (cut)
        add_run(s, STORY_RESULT, i, cut, p->len - cut);
}

/* ------------------------------------------------------------------------------------ the whole */

/** Of a long paragraph, the run of sentences around the one that matches best. */
static void narrow(size_t anchor, size_t *first, size_t *end)
{
    if (*end - *first <= STORY_RUNS_MAX)
        return;
    if (anchor > *first + 2)
        *first = anchor - 2;
    if (*end > *first + STORY_RUNS_MAX)
        *end = *first + STORY_RUNS_MAX;
}

/** The first sentence of the bullet before the one that begins at passage i. */
static size_t before(const struct grounding *g, size_t i)
{
    uint32_t block = grounding_passage(g, i - 1)->block;

    while (i > 1 && grounding_passage(g, i - 2)->block == block &&
           !grounding_passage(g, i - 2)->is_heading)
        i--;
    return i - 1;
}

/** A story that continues the bullet before opens with that bullet's first sentence, and may end
 *  with its last, which is the final result. */
static void frame(const struct grounding *g, struct telling *s)
{
    size_t opening = s->at[0];
    size_t last = s->at[1] - 1;
    const struct passage *p = grounding_passage(g, last);

    s->fit[0][STORY_SITUATION] = OPENS;
    if (last == opening || !p->figure || s->n == STORY_RUNS_MAX)
        return;
    s->at[s->n++] = last;
    judge_sentence(s, p, s->n - 1);
}

/** The heading of a story, if it has more than one word. */
static int scene(const struct grounding *g, size_t first)
{
    int heading = grounding_passage(g, first)->heading;
    const struct passage *h = heading >= 0 ? grounding_passage(g, (size_t)heading) : NULL;

    return h && h->words > 1 && h->text[h->len - 1] != ':' ? heading : -1;
}

void story_tell(struct story *s, const struct grounding *g, const struct place *place, size_t best)
{
    struct telling t = {.n = 0};
    size_t first = place->first;
    size_t end = place->end;

    narrow(best, &first, &end);
    if (place->goes_on)
        t.at[t.n++] = before(g, first);
    for (size_t i = first; i < end && t.n < STORY_RUNS_MAX; i++)
        t.at[t.n++] = i;
    *s = (struct story){.heading = scene(g, t.at[0]), .alone = t.n == 1};
    if (s->alone) {
        tell_sentence(s, g, t.at[0]);
        return;
    }
    for (size_t i = 0; i < t.n; i++)
        judge_sentence(&t, grounding_passage(g, t.at[i]), i);
    if (place->goes_on)
        frame(g, &t);
    tell_parts(s, g, &t);
}

bool story_tells(const struct story *s, enum story_part part)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->runs[i].part == part)
            return true;
    return part == STORY_SITUATION && s->heading >= 0;
}

static bool heads_no_stories(const struct passage *heading)
{
    static const char *const titles[] = {"education", "training",    "studies",    "certific",
                                         "qualific",  "skill",       "language",   "award",
                                         "reference", "interest",    "ausbildung", "kenntnis",
                                         "formation", "publication", "technolog",  "contact"};
    char text[GROUND_PASSAGE_LONG + 8];

    text_copy(text, sizeof(text), heading->text, heading->len);
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (strcasestr(text, titles[i]))
            return true;
    return false;
}

bool story_is(const struct grounding *g, const struct place *place)
{
    const struct passage *p = grounding_passage(g, place->first);

    if (place->fact)
        return false;
    if (place->action || place->own)
        return true;
    if (p->heading >= 0 && heads_no_stories(grounding_passage(g, (size_t)p->heading)))
        return false;
    return (p->bullet && place->words >= BULLET_WORDS) ||
           (place->end - place->first > 1 && place->words >= PARAGRAPH_WORDS);
}

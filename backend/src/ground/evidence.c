/**
 * @file ground/evidence.c  Ranking the places of a profile for one question
 *
 * The question becomes words, themes, names and points of meaning. Each word and each theme is
 * looked up in the index and leaves a mark at the places that it meets; then every place's signs
 * are added up.
 */
#include "ground/evidence.h"

#include "base/text.h"
#include "ground/names.h"
#include "ground/related.h"
#include "ground/similar.h"
#include "ground/terms.h"
#include "ground/themes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS_MAX = 96,   /* of a question that are looked at */
    FACT_LENGTH = 30, /* a place of fewer words may be the answer to a question of terms */
};

static const float EXACT = 1.0f;   /* a word of the question itself */
static const float WEAK = 0.3f;    /* words that nearly every question has */
static const float CUED = 0.5f;    /* words that name a theme: the theme speaks for them */
static const float KIN = 0.35f;    /* a related word, beside the very word */
static const float HEADING = 0.3f; /* a word that stands in the heading above */
static const float BEFORE = 0.7f;  /* what a bullet that goes on takes over from the one before */
static const float OTHERS = 0.35f; /* further words of a theme, beside the best */
static const float NAMED_FITS = 0.6f; /* "Have you used R?": at least, where R is named */
static const float SELF = 3; /* in the sum that orders: says what is bad, and that is asked for */
static const float MILD = 0.5f;      /* a theme that only qualifies another */
static const float RARE_FULL = 4.5f; /* idf of a word that nowhere stands, in a profile of a page */
static const float TERM_FULL = 9;    /* so much idf in a place's words is much */
static const float TOPIC_FULL = 3;   /* so much idf in what is asked is a topic */
static const float THEME_FULL = 10;  /* and in its words of a theme */

/* What speaks for a place. */
enum sign {
    S_COVER,   /* share of the asked words it speaks of */
    S_TERMS,   /* and how rare these are */
    S_THEME,   /* words in which such stories are told */
    S_LIKE,    /* cosine of the nearest sentence */
    S_WHOLE,   /* cosine of all its sentences together */
    S_LEAD,    /* how far the nearest sentence is ahead of what places have on average */
    S_FACT,    /* a fact, and one is asked for */
    S_SHORT,   /* a short text, and a fact is asked for */
    S_TOLD,    /* a fact, and a story is asked for */
    S_STORY,   /* deeds, and a story is asked for */
    S_RICH,    /* of several sentences, the same */
    S_SETBACK, /* something went wrong, and that is asked for */
    S_FAILED,  /* something went wrong, and that is not asked for */
    S_NAME,    /* holds the names that are asked for */
    S_TELLS,   /* cosine of the nearest sentence with what one says of such a theme */
    S_LONG,    /* how much longer than others it is */
    S_MISSING, /* share of the asked words, themes aside, that it does not speak of */
    SIGNS
};

#include "ground/evidence_weights.h"

struct ranking {
    const struct grounding *g;
    enum question_kind kind;
    uint64_t stems[WORDS_MAX];
    uint64_t exact[WORDS_MAX];
    float weight[WORDS_MAX]; /* 0: says how, not what */
    uint8_t cued[WORDS_MAX];
    size_t words;
    size_t themes[THEMES_FOUND_MAX];
    size_t theme_count;
    unsigned flags;
    struct asked_name names[NAMES_MAX];
    size_t name_count;
    struct place *places;
    size_t place_count;
    int *place_of; /* a passage's place; -1: none */
    float (*signs)[SIGNS];
    float *group;     /* a place's, for the word or theme at hand: its best */
    float *sum;       /* and all together */
    float *match;     /* a passage's: what of the question it holds */
    float scale;      /* brings the idf of a short and of a long profile to one measure */
    float mean_words; /* of a place */
    float asked;      /* weight of all words */
    float topic;      /* of those that no theme speaks for */
    bool fact;        /* a fact is asked for */
    bool story;       /* a story is */
    bool themed;      /* some place tells of a theme that is asked for */
    bool points;      /* there are points of meaning */
};

/* ------------------------------------------------------------------------------- the question */

/** Words that frame a question of any kind: they count, but little. */
static bool weak_word(const char *word)
{
    static const char *const weak[] = {
        "company",   "team",     "project",   "people",     "person",     "last",      "current",
        "previous",  "case",     "moment",    "good",       "big",        "biggest",   "best",
        "great",     "greatest", "deal",      "dealt",      "handle",     "handled",   "happen",
        "happened",  "position", "career",    "made",       "having",     "done",      "important",
        "something", "anything", "ever",      "particular", "recent",     "recently",  "find",
        "found",     "go",       "went",      "going",      "part",       "resolve",   "resolved",
        "solve",     "solved",   "overcome",  "overcame",   "experience", "example",   "use",
        "need",      "able",     "day",       "year",       "years",      "help",      "start",
        "feel",      "look",     "looking",   "come",       "keep",       "put",       "bring",
        "react",     "approach", "somewhere", "somehow",    "exactly",    "currently", "somebodys"};

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
    r->exact[r->words] = term_exact(t->word);
    r->weight[r->words] = term_stopword(t->word) || (t->len < 2 && !t->number) ? 0
                          : weak_word(t->word)                                 ? WEAK
                                                                               : EXACT;
    r->words++;
}

struct asking {
    char before[TERM_MAX]; /* the word before */
    bool deed;
};

static void see_deed(const struct term *t, void *arg)
{
    static const char *const pairs[][2] = {
        {"did", "you"},    {"have", "you"},  {"you", "had"},    {"you", "were"},  {"you", "have"},
        {"you", "did"},    {"a", "time"},    {"time", "when"},  {"time", "you"},  {"an", "example"},
        {"example", "of"}, {"you", "made"},  {"you", "led"},    {"you", "ran"},   {"you", "built"},
        {"you", "gave"},   {"you", "took"},  {"you", "won"},    {"you", "lost"},  {"you", "got"},
        {"you", "wrote"},  {"you", "sold"},  {"you", "taught"}, {"you", "dealt"}, {"you", "found"},
        {"you", "said"},   {"you", "broke"}, {"you", "saw"},    {"about", "a"},   {"about", "an"},
        {"me", "how"}};
    struct asking *a = arg;
    size_t len = strlen(t->word);

    for (size_t k = 0; k < sizeof(pairs) / sizeof(pairs[0]); k++)
        a->deed |= strcmp(a->before, pairs[k][0]) == 0 && strcmp(t->word, pairs[k][1]) == 0;
    a->deed |= strcmp(a->before, "you") == 0 && len > 4 && strcmp(t->word + len - 2, "ed") == 0;
    memcpy(a->before, t->word, len + 1);
}

/** Is asked what was done: "did you", "a time", "a trip you organised"? However it is classified.
 */
static bool asks_deed(const char *question)
{
    struct asking a = {.deed = false};

    words_each(question, strlen(question), see_deed, &a);
    return a.deed;
}

static void read_question(struct ranking *r, const char *question)
{
    bool strong = false;

    terms_each(question, strlen(question), take_word, r);
    r->theme_count = themes_of(r->stems, r->exact, r->words, r->cued, r->themes);
    for (size_t i = 0; i < r->theme_count; i++) {
        unsigned flags = theme_flags(r->themes[i]);

        r->flags |= flags;
        strong |= !(flags & (THEME_FACT | THEME_MILD));
        r->fact |= (flags & (THEME_FACT | THEME_MILD)) == THEME_FACT;
    }
    for (size_t i = 0; i < r->words; i++)
        if (r->cued[i] && r->weight[i] > CUED)
            r->weight[i] = CUED;
    r->story = r->kind == QUESTION_BEHAVIORAL || r->kind == QUESTION_SITUATIONAL ||
               (r->kind != QUESTION_LOGISTICS && asks_deed(question));
    r->fact = (r->fact && !(r->story && strong)) || r->kind == QUESTION_LOGISTICS ||
              r->flags & THEME_SELF;
    r->story &= !r->fact;
}

unsigned evidence_themes(const char *question)
{
    struct ranking r = {.words = 0};

    read_question(&r, question);
    return r.flags;
}

/* ------------------------------------------------------------------------------ words and themes
 */

static void mark_place(struct ranking *r, int place, float value)
{
    if (place < 0)
        return;
    r->group[place] = fmaxf(r->group[place], value);
    r->sum[place] += value;
}

/** A heading's words stand for everything below it, for less. */
static void mark_below(struct ranking *r, size_t heading, float value)
{
    for (size_t i = heading + 1; i < grounding_count(r->g); i++) {
        const struct passage *p = grounding_passage(r->g, i);

        if (p->is_heading || p->heading != (int)heading)
            return;
        if (r->place_of[i] >= 0 && r->places[r->place_of[i]].first == i)
            mark_place(r, r->place_of[i], value * HEADING);
    }
}

static void mark_term(struct ranking *r, uint64_t hash, float value)
{
    size_t df;
    const struct ground_posting *at = grounding_term(r->g, hash, &df);

    for (size_t i = 0; i < df; i++) {
        const struct passage *p = grounding_passage(r->g, at[i].passage);

        if (p->field != GROUND_CONTEXT)
            continue;
        if (p->is_heading)
            mark_below(r, at[i].passage, value);
        else
            mark_place(r, r->place_of[at[i].passage], value);
        r->match[at[i].passage] += value;
    }
}

static float idf_of(const struct ranking *r, uint64_t hash)
{
    size_t df;

    grounding_term(r->g, hash, &df);
    return (float)grounding_idf(r->g, df) * r->scale;
}

struct relating {
    struct ranking *r;
    float value;
};

static void mark_related(uint64_t hash, void *arg)
{
    struct relating *a = arg;

    mark_term(a->r, hash, a->value);
}

static void group_begin(struct ranking *r)
{
    memset(r->group, 0, r->place_count * sizeof(*r->group));
    memset(r->sum, 0, r->place_count * sizeof(*r->sum));
}

/** What the place before told counts for the bullet that goes on with it. */
static float with_before(const struct ranking *r, const float *values, size_t k)
{
    float before = k && r->places[k].goes_on ? values[k - 1] * BEFORE : 0;

    return fmaxf(values[k], before);
}

static void sign_words(struct ranking *r)
{
    for (size_t i = 0; i < r->words; i++) {
        struct relating kin = {r, r->weight[i] * KIN};
        float idf = idf_of(r, r->stems[i]);
        bool again = false;

        for (size_t k = 0; k < i; k++)
            again |= r->stems[k] == r->stems[i];
        if (r->weight[i] <= 0 || again)
            continue;
        group_begin(r);
        mark_term(r, r->stems[i], r->weight[i]);
        related_each(r->stems[i], mark_related, &kin);
        for (size_t k = 0; k < r->place_count; k++) {
            float value = with_before(r, r->group, k);

            r->signs[k][S_COVER] += value * idf;
            r->signs[k][S_TERMS] += value * idf / TERM_FULL;
            r->signs[k][S_MISSING] += r->cued[i] ? 0 : value * idf;
        }
        r->asked += r->weight[i] * idf;
        r->topic += r->cued[i] ? 0 : r->weight[i] * idf;
    }
    for (size_t k = 0; k < r->place_count; k++) {
        float *s = r->signs[k];

        s[S_COVER] = r->asked > 0 ? s[S_COVER] / r->asked : 0;
        s[S_MISSING] = (r->topic - s[S_MISSING]) / (r->topic + TOPIC_FULL);
    }
}

static void sign_themes(struct ranking *r)
{
    bool strong = false;
    float all = 0;

    for (size_t t = 0; t < r->theme_count; t++)
        strong |= !(theme_flags(r->themes[t]) & THEME_MILD);
    for (size_t t = 0; t < r->theme_count; t++) {
        size_t n;
        const uint64_t *terms = theme_terms(r->themes[t], &n);
        float weight = strong && theme_flags(r->themes[t]) & THEME_MILD ? MILD : 1;

        group_begin(r);
        for (size_t i = 0; i < n; i++)
            mark_term(r, terms[i], idf_of(r, terms[i]));
        for (size_t k = 0; k < r->place_count; k++)
            r->sum[k] = r->group[k] + OTHERS * (r->sum[k] - r->group[k]);
        for (size_t k = 0; k < r->place_count; k++)
            r->signs[k][S_THEME] += weight * with_before(r, r->sum, k) / THEME_FULL;
        for (size_t k = 0; k < r->place_count; k++)
            r->themed |= r->sum[k] > 0;
        all += weight;
    }
    for (size_t k = 0; k < r->place_count && all > 0; k++)
        r->signs[k][S_THEME] /= sqrtf(all);
}

/* -------------------------------------------------------------------------------------- meaning */

struct framing {
    size_t from; /* where the first word stands that says what is asked */
    bool found;
};

static void skip_frame(const struct term *t, void *arg)
{
    struct framing *f = arg;

    if (f->found || term_stopword(t->word) || weak_word(t->word))
        return;
    f->from = t->at;
    f->found = true;
}

/** The question, and the question without "Tell me about a time when you": the mean of both. */
static bool question_point(const char *question, float point[MEANING_SIZE])
{
    float both[2][MEANING_SIZE];
    size_t len = strlen(question);
    struct framing f = {0, false};
    struct meaning_text texts[2];

    terms_each(question, len, skip_frame, &f);
    texts[0] = (struct meaning_text){question, len};
    texts[1] = (struct meaning_text){question + f.from, len - f.from};
    if (!similar_points(texts, 2, both))
        return false;
    for (int i = 0; i < MEANING_SIZE; i++)
        point[i] = (both[0][i] + both[1][i]) / 2;
    return true;
}

static void sign_place_meaning(const struct ranking *r, const float *points,
                               const float point[MEANING_SIZE], size_t k)
{
    const struct place *p = &r->places[k];
    float sum[MEANING_SIZE] = {0};
    float length = 0;
    float best = -1;
    float tells = 0;

    for (size_t i = p->first; i < p->end; i++) {
        const float *at = points + i * MEANING_SIZE;
        float like = meaning_alike(at, point);

        best = fmaxf(best, like);
        for (size_t t = 0; t < r->theme_count; t++)
            if (!(theme_flags(r->themes[t]) & THEME_MILD))
                tells = fmaxf(tells, similar_told(r->themes[t], at));
        r->match[i] += 4 * like;
        for (int d = 0; d < MEANING_SIZE; d++)
            sum[d] += at[d];
    }
    for (int d = 0; d < MEANING_SIZE; d++)
        length += sum[d] * sum[d];
    r->signs[k][S_LIKE] = best;
    r->signs[k][S_TELLS] = tells;
    r->signs[k][S_WHOLE] = length > 0 ? meaning_alike(sum, point) / sqrtf(length) : 0;
}

static void sign_meaning(struct ranking *r, const char *question)
{
    const float *points = grounding_points(r->g);
    float point[MEANING_SIZE];
    float mean = 0;

    r->points = points && question_point(question, point);
    if (!r->points)
        return;
    for (size_t k = 0; k < r->place_count; k++) {
        sign_place_meaning(r, points, point, k);
        mean += r->signs[k][S_LIKE] / (float)r->place_count;
    }
    for (size_t k = 0; k < r->place_count; k++)
        r->signs[k][S_LEAD] = r->signs[k][S_LIKE] - mean;
}

/* ------------------------------------------------------------------------------ form and names */

static bool place_holds(const struct ranking *r, const struct place *p, const struct asked_name *n)
{
    for (size_t i = p->first; i < p->end; i++) {
        const struct passage *x = grounding_passage(r->g, i);

        if (names_held(n, x->text, x->len))
            return true;
    }
    return false;
}

bool evidence_tells_weakness(const struct grounding *g, const struct place *place)
{
    static const char *const words[] = {
        "weak",     "not good at", "working on",  "it hard",         "find hard",     "tend to",
        "used to",  "i am too",    "i'm too",     "impatient",       "have to watch", "better at",
        "struggle", "too much",    "hard for me", "difficult for me"};
    char text[GROUND_PASSAGE_LONG + 8];

    for (size_t i = place->first; i < place->end; i++) {
        const struct passage *p = grounding_passage(g, i);

        text_copy(text, sizeof(text), p->text, p->len);
        for (size_t k = 0; k < (place->fact ? sizeof(words) / sizeof(words[0]) : 1); k++)
            if (strcasestr(text, words[k]))
                return true;
    }
    return false;
}

static void sign_form(struct ranking *r, size_t k)
{
    const struct place *p = &r->places[k];
    float *s = r->signs[k];
    bool deeds = !p->fact && (p->action || p->own || p->end - p->first > 1);
    int held = 0;

    s[S_LONG] = logf((p->words + 1) / (r->mean_words + 1));
    s[S_FACT] = r->fact && p->fact;
    s[S_SHORT] = r->fact && p->end - p->first <= 2 && p->words < FACT_LENGTH;
    s[S_TOLD] = !r->fact && p->fact;
    s[S_STORY] = r->story && deeds;
    s[S_RICH] = r->story && p->end - p->first > 1;
    s[S_SETBACK] = r->flags & THEME_SETBACK && p->setback;
    s[S_FAILED] = !(r->flags & THEME_SETBACK) && p->setback;
    for (size_t i = 0; i < r->name_count; i++)
        held += place_holds(r, p, &r->names[i]);
    s[S_NAME] = r->name_count ? (float)held / (float)r->name_count : 0;
}

/* ------------------------------------------------------------------------------------- weighing */

const float evidence_fits = 0.35f;

static float weigh(const float *signs, const float *weights)
{
    float sum = 0;

    for (int i = 0; i < SIGNS; i++)
        sum += signs[i] * weights[i];
    return sum;
}

static float likely(float x)
{
    return 1 / (1 + expf(-x));
}

static struct evidence judge(const struct ranking *r, size_t k)
{
    const float *s = r->signs[k];
    struct evidence e = {
        .place = r->places[k],
        .best = r->places[k].first,
        .score = weigh(s, order_weights[r->points]) +
                 (r->flags & THEME_SELF && evidence_tells_weakness(r->g, &r->places[k]) ? SELF : 0),
        .cover = s[S_COVER],
        .theme = s[S_THEME],
        .named = !r->name_count || s[S_NAME] >= 1,
    };
    float fits = weigh(s, fits_weights[r->points]) + fits_bias[r->points] +
                 (e.score - s[S_NAME] * order_weights[r->points][S_NAME]) * fits_score[r->points];

    fits += e.named ? 0 : fits_unnamed[r->points];
    e.fits = likely(fits + (r->themed ? fits_themed[r->points] : 0));
    if (r->name_count && e.named && !r->fact)
        e.fits = fmaxf(e.fits, NAMED_FITS);

    for (size_t i = e.place.first; i < e.place.end; i++)
        if (r->match[i] > r->match[e.best])
            e.best = i;
    return e;
}

static size_t take_best(const struct ranking *r, struct evidence *found, size_t max)
{
    size_t n = 0;

    for (size_t k = 0; k < r->place_count; k++) {
        struct evidence e = judge(r, k);
        size_t at = n < max ? n : max - 1;

        if (n == max && found[at].score >= e.score)
            continue;
        for (; at > 0 && found[at - 1].score < e.score; at--)
            found[at] = found[at - 1];
        found[at] = e;
        n += n < max;
    }
    return n;
}

/* ------------------------------------------------------------------------------------ the whole */

static bool ranking_open(struct ranking *r, const struct grounding *g, enum question_kind kind)
{
    size_t n = grounding_count(g) + 1;

    memset(r, 0, sizeof(*r));
    r->g = g;
    r->kind = kind;
    r->places = calloc(n, sizeof(*r->places));
    r->place_of = calloc(n, sizeof(*r->place_of));
    r->signs = calloc(n, sizeof(*r->signs));
    r->group = calloc(3 * n, sizeof(*r->group));
    if (!r->places || !r->place_of || !r->signs || !r->group)
        return false;
    r->sum = r->group + n;
    r->match = r->group + 2 * n;
    r->place_count = places_find(g, r->places);
    r->scale = RARE_FULL / (float)grounding_idf(g, 0);
    for (size_t k = 0; k < r->place_count; k++)
        r->mean_words += r->places[k].words / (float)r->place_count;
    for (size_t i = 0; i < n; i++)
        r->place_of[i] = -1;
    for (size_t k = 0; k < r->place_count; k++)
        for (size_t i = r->places[k].first; i < r->places[k].end; i++)
            r->place_of[i] = (int)k;
    return true;
}

static void ranking_release(struct ranking *r)
{
    free(r->places);
    free(r->place_of);
    free(r->signs);
    free(r->group);
}

static void sign_all(struct ranking *r, const char *question)
{
    read_question(r, question);
    r->name_count = names_asked(question, r->g, r->names);
    sign_words(r);
    sign_themes(r);
    sign_meaning(r, question);
    for (size_t k = 0; k < r->place_count; k++)
        sign_form(r, k);
}

size_t evidence_find(const struct grounding *g, const char *question, enum question_kind kind,
                     struct evidence *found, size_t max)
{
    struct ranking r;
    size_t n = 0;

    if (!grounding_count(g) || !max)
        return 0;
    if (ranking_open(&r, g, kind)) {
        sign_all(&r, question);
        n = take_best(&r, found, max);
    }
    ranking_release(&r);
    return n;
}

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
    WORDS_MAX = 96,        /* of a question that are looked at */
    FACT_LENGTH = 30,      /* a place of fewer words may be the answer to a question of terms */
    EVIDENCE_ORDERED = 32, /* places that are judged at most */
};

static const float EXACT = 1.0f;   /* a word of the question itself */
static const float WEAK = 0.3f;    /* words that nearly every question has */
static const float CUED = 0.5f;    /* words that name a theme: the theme speaks for them */
static const float KIN = 0.35f;    /* a related word, beside the very word */
static const float HEADING = 0.3f; /* a word that stands in the heading above */
static const float BEFORE = 0.7f;  /* what a bullet that goes on takes over from the one before */
static const float OTHERS = 0.35f; /* further words of a theme, beside the best */
static const float NAMED_FITS = 0.6f; /* "Have you used R?": at least, where R is named */
static const float MILD = 0.5f;       /* a theme that only qualifies another */
static const float RARE_FULL = 4.5f; /* idf of a word that nowhere stands, in a profile of a page */
static const float TERM_FULL = 9;    /* so much idf in a place's words is much */
static const float TOPIC_FULL = 3;   /* so much idf in what is asked is a topic */
static const float THEME_FULL = 10;  /* and in its words of a theme */

/* What speaks for a place. */
enum sign {
    S_COVER,    /* share of the asked words it speaks of */
    S_TERMS,    /* and how rare these are */
    S_THEME,    /* words in which such stories are told */
    S_LIKE,     /* cosine of the nearest sentence */
    S_WHOLE,    /* cosine of all its sentences together */
    S_FACT,     /* a fact, and one is asked for */
    S_SHORT,    /* a short text, and a fact is asked for */
    S_TOLD,     /* a fact, and a story is asked for */
    S_STORY,    /* deeds, and a story is asked for */
    S_RICH,     /* of several sentences, the same */
    S_SETBACK,  /* something went wrong, and that is asked for */
    S_FAILED,   /* something went wrong, and that is not asked for */
    S_NAME,     /* holds the names that are asked for */
    S_TELLS,    /* cosine of the nearest sentence with what one says of such a theme */
    S_LONG,     /* how much longer than others it is */
    S_MISSING,  /* share of the asked words, themes aside, that it does not speak of */
    S_SELF,     /* says what somebody is bad at, and that is asked for */
    S_WISH,     /* says what is wanted, and that is asked for */
    S_WISHED,   /* says what is wanted */
    S_LEARNED,  /* names a degree, a course, a licence, and that is asked for */
    S_LEARNING, /* names one */
    S_COUNT,    /* holds a figure, and how much is asked for */
    S_FIGURE,   /* holds one */
    SIGNS
};

/* What says beside its signs whether the best place answers at all. */
enum clue {
    C_SCORE,   /* what orders the places, names aside */
    C_AHEAD,   /* how far it is ahead of the best of the others */
    C_ABOVE,   /* and of what they have on average */
    C_UNNAMED, /* a name is asked for that it does not hold */
    C_NAMED,   /* it holds all that are */
    C_THEMED,  /* some place tells of a theme that is asked for */
    C_THEMES,  /* how many themes are */
    C_COVERED, /* the most of the asked words that some place speaks of */
    C_NEAREST, /* the nearest that some sentence comes */
    C_UNKNOWN, /* asked words of no theme that no place speaks of */
    C_UNSAID,  /* plain themes that are asked for and that it says no word of */
    C_ABSENT,  /* whom or where is asked for that it says no word of */
    C_STORY_COVER,
    C_STORY_LIKE,
    C_FACT, /* a fact is asked for; and what speaks for the place then */
    C_FACT_COVER,
    C_FACT_THEME,
    C_FACT_LIKE,
    C_STORY, /* a story */
    C_STORY_THEME,
    C_BEHAVIORAL, /* the question's kind */
    C_MOTIVE,
    C_TERMS,
    C_TECHNICAL,
    C_TECHNICAL_MISSING,
    C_TECHNICAL_LIKE,
    C_TECHNICAL_WHOLE,
    CLUES
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
    float *group;  /* a place's, for the word or theme at hand: its best */
    float *sum;    /* and all together */
    float *match;  /* a passage's: what of the question it holds */
    float *score;  /* a place's: what orders them */
    float *unsaid; /* a place's: plain themes that it says no word of */
    float *absent; /* a place's: whom or where it says no word of */
    float unknown; /* asked words of no theme that stand nowhere, nor related ones */
    float mean_score;
    float most_cover; /* of all places */
    float most_like;
    float scale;      /* brings the idf of a short and of a long profile to one measure */
    float mean_words; /* of a place */
    float asked;      /* weight of all words */
    float topic;      /* of those that no theme speaks for */
    bool fact;        /* a fact is asked for */
    bool story;       /* a story is */
    bool wish;        /* what somebody wants is */
    bool learning;    /* what somebody learned is */
    bool count;       /* how much or how many */
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

struct listening {
    struct ranking *r;
    char before[TERM_MAX];
};

/** What a question wants to hear, as its words say: a wish, what was learned, how much. */
static void note_wanted(const struct term *t, void *arg)
{
    static const char *const learning[] = {
        "qualification", "qualifications", "qualified", "degree",        "study",
        "studied",       "school",         "schooling", "university",    "college",
        "certificate",   "certificates",   "certified", "certification", "licence",
        "license",       "licences",       "licenses",  "ticket",        "tickets",
        "registered",    "registration",   "chartered", "trained",       "train",
        "training",      "accredited",     "hold",      "education",     NULL};
    static const char *const amounts[] = {"many", "much", "big", "large", "long", NULL};
    static const char *const wishes[] = {"why", "looking", "ideal", "dream", "hoping", NULL};
    struct listening *l = arg;

    l->r->learning |= term_among(t->word, learning);
    l->r->count |= strcmp(l->before, "how") == 0 && term_among(t->word, amounts);
    l->r->wish |= term_among(t->word, wishes) ||
                  (strcmp(l->before, "want") == 0 && strcmp(t->word, "to") == 0) ||
                  (strcmp(l->before, "you") == 0 && strcmp(t->word, "like") == 0);
    memcpy(l->before, t->word, strlen(t->word) + 1);
}

static void read_question(struct ranking *r, const char *question)
{
    struct listening l = {.r = r};
    bool strong = false;

    terms_each(question, strlen(question), take_word, r);
    words_each(question, strlen(question), note_wanted, &l);
    r->wish |= r->kind == QUESTION_MOTIVATIONAL;
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

/** Does some place speak of the word at hand? */
static bool any_marked(const struct ranking *r)
{
    for (size_t k = 0; k < r->place_count; k++)
        if (r->group[k] > 0)
            return true;
    return false;
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
        r->unknown += !r->cued[i] && r->weight[i] >= EXACT && !any_marked(r);
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
        for (size_t k = 0; k < r->place_count; k++) {
            r->themed |= r->sum[k] > 0;
            r->unsaid[k] += theme_flags(r->themes[t]) & THEME_PLAIN && r->sum[k] <= 0;
            r->absent[k] += theme_flags(r->themes[t]) & THEME_MILD && r->sum[k] <= 0;
        }
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

/** What is left of a point, or of a sum of n, without what all texts of its sort have in common;
 *  of length 1. */
static void take_common(float *point, const float *common, float n)
{
    float length = 0;

    for (int i = 0; i < MEANING_SIZE; i++)
        point[i] -= n * common[i];
    for (int i = 0; i < MEANING_SIZE; i++)
        length += point[i] * point[i];
    for (int i = 0; i < MEANING_SIZE && length > 0; i++)
        point[i] /= sqrtf(length);
}

/** The question, and the question without "Tell me about a time when you": the mean of both,
 * without what questions have in common. */
static bool question_point(const char *question, float point[MEANING_SIZE])
{
    static const float none[MEANING_SIZE];
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
        point[i] = both[0][i] + both[1][i];
    take_common(point, none, 0);
    take_common(point, similar_common(SIMILAR_ASKED), 1);
    return true;
}

static void sign_place_meaning(const struct ranking *r, const float *points,
                               const float point[MEANING_SIZE], size_t k)
{
    const float *common = similar_common(SIMILAR_TOLD);
    const struct place *p = &r->places[k];
    float sum[MEANING_SIZE] = {0};
    float best = -1;
    float tells = 0;

    for (size_t i = p->first; i < p->end; i++) {
        const float *at = points + i * MEANING_SIZE;
        float own[MEANING_SIZE];
        float like;

        memcpy(own, at, sizeof(own));
        take_common(own, common, 1);
        like = meaning_alike(own, point);
        best = fmaxf(best, like);
        for (size_t t = 0; t < r->theme_count; t++)
            if (!(theme_flags(r->themes[t]) & THEME_MILD))
                tells = fmaxf(tells, similar_told(r->themes[t], at));
        r->match[i] += 4 * like;
        for (int d = 0; d < MEANING_SIZE; d++)
            sum[d] += at[d];
    }
    take_common(sum, common, (float)(p->end - p->first));
    r->signs[k][S_LIKE] = best;
    r->signs[k][S_TELLS] = tells;
    r->signs[k][S_WHOLE] = meaning_alike(sum, point);
}

static void sign_meaning(struct ranking *r, const char *question)
{
    const float *points = grounding_points(r->g);
    float point[MEANING_SIZE];

    r->points = points && question_point(question, point);
    for (size_t k = 0; k < r->place_count && r->points; k++)
        sign_place_meaning(r, points, point, k);
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
    s[S_SELF] = r->flags & THEME_SELF && evidence_tells_weakness(r->g, p);
    s[S_WISHED] = p->wish;
    s[S_WISH] = r->wish && p->wish;
    s[S_LEARNING] = p->learning;
    s[S_LEARNED] = r->learning && p->learning;
    s[S_FIGURE] = p->digits;
    s[S_COUNT] = r->count && p->digits;
}

/* ------------------------------------------------------------------------------------- weighing */

const float evidence_fits = 0.5f;

static float weigh(const float *values, const float *weights, int n)
{
    float sum = 0;

    for (int i = 0; i < n; i++)
        sum += values[i] * weights[i];
    return sum;
}

static float likely(float x)
{
    return 1 / (1 + expf(-x));
}

/** Add up what orders the places. */
static void score_all(struct ranking *r)
{
    for (size_t k = 0; k < r->place_count; k++) {
        r->score[k] = weigh(r->signs[k], order_weights[r->points], SIGNS);
        r->most_cover = fmaxf(r->most_cover, r->signs[k][S_COVER]);
        r->most_like = fmaxf(r->most_like, r->signs[k][S_LIKE]);
        r->mean_score += r->score[k] / (float)r->place_count;
    }
}

/** How far place k is ahead of the best of the others. */
static float ahead(const struct ranking *r, size_t k)
{
    float other = r->place_count > 1 ? -INFINITY : r->score[k];

    for (size_t i = 0; i < r->place_count; i++)
        if (i != k)
            other = fmaxf(other, r->score[i]);
    return r->score[k] - other;
}

static void find_clues(const struct ranking *r, size_t k, float clues[CLUES])
{
    const float *s = r->signs[k];
    bool named = s[S_NAME] >= 1;
    bool technical = r->kind == QUESTION_TECHNICAL;

    /* A name counts on its own: in the score it would drown the rest. */
    clues[C_SCORE] = r->score[k] - s[S_NAME] * order_weights[r->points][S_NAME];
    clues[C_AHEAD] = ahead(r, k);
    clues[C_ABOVE] = r->score[k] - r->mean_score;
    clues[C_UNNAMED] = r->name_count && !named;
    clues[C_NAMED] = r->name_count && named;
    clues[C_THEMED] = r->themed;
    clues[C_THEMES] = (float)r->theme_count;
    clues[C_COVERED] = r->most_cover;
    clues[C_NEAREST] = r->most_like;
    clues[C_UNKNOWN] = fminf(r->unknown, 3);
    clues[C_UNSAID] = r->unsaid[k];
    clues[C_ABSENT] = r->absent[k];
    clues[C_STORY_COVER] = r->story ? s[S_COVER] : 0;
    clues[C_STORY_LIKE] = r->story ? s[S_LIKE] : 0;
    clues[C_FACT] = r->fact;
    clues[C_FACT_COVER] = r->fact ? s[S_COVER] : 0;
    clues[C_FACT_THEME] = r->fact ? s[S_THEME] : 0;
    clues[C_FACT_LIKE] = r->fact ? s[S_LIKE] : 0;
    clues[C_STORY] = r->story;
    clues[C_STORY_THEME] = r->story ? s[S_THEME] : 0;
    clues[C_BEHAVIORAL] = r->kind == QUESTION_BEHAVIORAL;
    clues[C_MOTIVE] = r->kind == QUESTION_MOTIVATIONAL;
    clues[C_TERMS] = r->kind == QUESTION_LOGISTICS || r->kind == QUESTION_BACKGROUND;
    clues[C_TECHNICAL] = technical;
    clues[C_TECHNICAL_MISSING] = technical ? s[S_MISSING] : 0;
    clues[C_TECHNICAL_LIKE] = technical ? s[S_LIKE] : 0;
    clues[C_TECHNICAL_WHOLE] = technical ? s[S_WHOLE] : 0;
}

static struct evidence judge(const struct ranking *r, size_t k)
{
    const float *s = r->signs[k];
    float clues[CLUES];
    struct evidence e = {
        .place = r->places[k],
        .best = r->places[k].first,
        .score = r->score[k],
        .cover = s[S_COVER],
        .theme = s[S_THEME],
        .named = !r->name_count || s[S_NAME] >= 1,
    };

    find_clues(r, k, clues);
    e.fits = likely(weigh(s, fits_signs[r->points], SIGNS) +
                    weigh(clues, fits_clues[r->points], CLUES) + fits_bias[r->points]);
    if (r->name_count && e.named && !r->fact)
        e.fits = fmaxf(e.fits, NAMED_FITS);
    for (size_t i = e.place.first; i < e.place.end; i++)
        if (r->match[i] > r->match[e.best])
            e.best = i;
    return e;
}

static size_t take_best(const struct ranking *r, struct evidence *found, size_t max)
{
    size_t order[EVIDENCE_ORDERED];
    size_t n = 0;

    max = max < EVIDENCE_ORDERED ? max : EVIDENCE_ORDERED;
    for (size_t k = 0; k < r->place_count; k++) {
        size_t at = n < max ? n : max - 1;

        if (n == max && r->score[order[at]] >= r->score[k])
            continue;
        for (; at > 0 && r->score[order[at - 1]] < r->score[k]; at--)
            order[at] = order[at - 1];
        order[at] = k;
        n += n < max;
    }
    for (size_t i = 0; i < n; i++)
        found[i] = judge(r, order[i]);
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
    r->group = calloc(6 * n, sizeof(*r->group));
    if (!r->places || !r->place_of || !r->signs || !r->group)
        return false;
    r->sum = r->group + n;
    r->match = r->group + 2 * n;
    r->score = r->group + 3 * n;
    r->unsaid = r->group + 4 * n;
    r->absent = r->group + 5 * n;
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
    score_all(r);
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

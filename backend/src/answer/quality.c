/**
 * @file answer/quality.c  The score of an answer, part by part; see quality.h
 */
#include "answer/quality.h"

#include "answer/claims.h"
#include "answer/form.h"
#include "ground/evidence.h"
#include "ground/related.h"
#include "ground/similar.h"
#include "ground/terms.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TERMS_MAX = 1024, /* words of an answer that are compared; later ones are not */
    PLACES = 64,      /* places of the profile that an answer may stand on */
    SENTENCES_MAX = 64,
    SAYS_MAX = 12, /* figures and names after which more say nothing */
};

static const double OTHER_STORY = 0.35; /* of the best place's score: another story */

struct answer_words {
    uint64_t stems[TERMS_MAX];
    size_t n;
    int words;
    int content;
    int fillers;
    int own; /* "I", "we", "my" */
    int distinct;
};

static const int most[QUALITY_PARTS] = {25, 20, 30, 15, 10};

const char *quality_part_name(enum quality_part part)
{
    static const char *const names[] = {"relevance", "structure", "specificity", "length",
                                        "delivery"};

    return names[part];
}

int quality_part_most(enum quality_part part)
{
    return most[part];
}

static void give(struct quality *q, enum quality_part part, double share, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void give(struct quality *q, enum quality_part part, double share, const char *fmt, ...)
{
    va_list ap;

    share = share < 0 ? 0 : share > 1 ? 1 : share;
    q->parts[part].score = (int)lrint(share * most[part]);
    va_start(ap, fmt);
    vsnprintf(q->parts[part].why, sizeof(q->parts[part].why), fmt, ap);
    va_end(ap);
}

/* --------------------------------------------------------------------------------- the words */

static bool one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static void see_word(const struct term *t, void *arg)
{
    static const char *const fillers[] = {"um",        "uh",    "erm",   "er", "basically",
                                          "literally", "kinda", "sorta", NULL};
    static const char *const own[] = {"i", "we", "my", "our", "im", "ive", "me", NULL};
    struct answer_words *w = arg;
    bool again = false;

    w->words++;
    w->fillers += one_of(t->word, fillers);
    w->own += one_of(t->word, own);
    if (term_stopword(t->word))
        return;
    w->content++;
    for (size_t i = 0; i < w->n && !again; i++)
        again = w->stems[i] == t->hash;
    w->distinct += !again;
    if (!again && w->n < TERMS_MAX)
        w->stems[w->n++] = t->hash;
}

static bool has_stem(const struct answer_words *w, uint64_t stem)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->stems[i] == stem)
            return true;
    return false;
}

struct overlap {
    const struct answer_words *w;
    const struct grounding *g; /* what is rare counts more */
    double all;
    double shared;
};

struct kin {
    const struct answer_words *w;
    bool found;
};

static void see_kin(uint64_t hash, void *arg)
{
    struct kin *k = arg;

    k->found |= has_stem(k->w, hash);
}

static double rarity(const struct grounding *g, uint64_t stem)
{
    size_t df = 0;

    if (!g)
        return 1;
    grounding_term(g, stem, &df);
    return grounding_idf(g, df);
}

static void see_shared(const struct term *t, void *arg)
{
    struct overlap *o = arg;
    double weight;

    if (term_stopword(t->word))
        return;
    weight = rarity(o->g, t->hash);
    o->all += weight;
    if (has_stem(o->w, t->hash)) {
        o->shared += weight;
    } else {
        struct kin k = {o->w, false};

        related_each(t->hash, see_kin, &k);
        o->shared += k.found ? weight * 0.5 : 0;
    }
}

/** The share of a text's words that the answer uses, rare ones counting more. */
static double share_of(const struct answer_words *w, const struct grounding *g, const char *text,
                       size_t len)
{
    struct overlap o = {w, g, 0, 0};

    terms_each(text, len, see_shared, &o);
    return o.all > 0 ? o.shared / o.all : 0;
}

/* ---------------------------------------------------------------------------------- relevance */

static double place_share(const struct answer_words *w, const struct grounding *g,
                          const struct place *p)
{
    const struct passage *a = grounding_passage(g, p->first);
    const struct passage *b = grounding_passage(g, p->end - 1);

    return share_of(w, g, a->text, (size_t)(b->text + b->len - a->text));
}

/** How much the answer tells of a place of the profile that answers the question. A place that
 *  answers it less well than the best counts less, and hardly at all when it is another story. */
static double told_share(const struct answer_words *w, const struct quality_input *in, bool *fits)
{
    struct evidence found[PLACES];
    size_t n = evidence_find(in->grounding, in->question, in->kind, found, PLACES);
    double best = 0;
    double worth = 0;

    *fits = n && found[0].fits >= evidence_fits;
    for (size_t i = 0; i < n; i++) {
        double share = place_share(w, in->grounding, &found[i].place);

        if (share <= best)
            continue;
        best = share;
        worth = found[i].score / fmax(found[0].score, 0.1);
    }
    worth = fmax(0, fmin(1, (worth - OTHER_STORY) / (1 - OTHER_STORY)));
    return best * (*fits ? worth * worth : 0.6 * worth);
}

/** Cosine of question and answer; -1: there is no network. */
static double likeness(const struct quality_input *in)
{
    struct meaning_text texts[2] = {{in->question, strlen(in->question)},
                                    {in->answer, strlen(in->answer)}};
    float points[2][MEANING_SIZE];

    return similar_points(texts, 2, points) ? meaning_alike(points[0], points[1]) : -1;
}

static double score_relevance(struct quality *q, const struct quality_input *in,
                              const struct answer_words *w, enum answer_form form)
{
    bool fits = false;
    double words = share_of(w, in->grounding, in->question, strlen(in->question));
    double told = in->grounding ? told_share(w, in, &fits) : 0;
    double like = likeness(in);
    double said = like < 0 ? words : fmax(0, fmin(1, (like - 0.1) / 0.5)) * 0.7 + words * 0.3;
    bool own = form <= FORM_EXPERIENCE && form != FORM_MOTIVE && form != FORM_INTRO;
    double share = fits && own ? 0.45 * fmin(1, said * 1.6) + 0.55 * fmin(1, told / 0.45)
                               : 0.75 * fmin(1, said * 1.6) + 0.25 * fmin(1, told / 0.3);

    give(q, QUALITY_RELEVANCE, share, "%s",
         share > 0.7   ? "It speaks of what was asked."
         : share > 0.4 ? "It touches what was asked; say the asked-for thing first."
                       : "It hardly speaks of what was asked.");
    return told;
}

/* ---------------------------------------------------------------------------------- structure */

struct sentences {
    size_t n;
    int first_words;
    int repeated; /* sentences that say again what one before said */
    int bare;     /* runs of words without a verb or a pronoun */
};

static void see_glue(const struct term *t, void *arg)
{
    int *glue = arg;

    glue[0]++;
    glue[1] += term_stopword(t->word);
}

static void see_stem(const struct term *t, void *arg)
{
    struct answer_words *w = arg;

    if (!term_stopword(t->word) && w->n < TERMS_MAX)
        w->stems[w->n++] = t->hash;
}

/** Does one sentence say nearly what the other says? */
static bool says_again(const struct answer_words *a, const struct answer_words *b)
{
    size_t same = 0;

    for (size_t i = 0; i < b->n; i++)
        same += has_stem(a, b->stems[i]);
    return b->n >= 2 && same * 4 >= b->n * 3;
}

static void add_sentence(struct sentences *s, struct answer_words *seen, const char *text,
                         size_t len)
{
    struct answer_words *now = &seen[s->n];
    int glue[2] = {0, 0};

    words_each(text, len, see_glue, glue);
    if (!glue[0] || s->n == SENTENCES_MAX)
        return;
    now->n = 0;
    terms_each(text, len, see_stem, now);
    s->first_words = s->n ? s->first_words : glue[0];
    s->bare += glue[0] >= 4 && glue[1] * 5 < glue[0];
    for (size_t i = 0; i < s->n; i++)
        if (says_again(&seen[i], now)) {
            s->repeated++;
            break;
        }
    s->n++;
}

static struct sentences read_sentences(const char *text)
{
    struct answer_words *seen = calloc(SENTENCES_MAX, sizeof(*seen));
    struct sentences s = {.n = 0};
    const char *from = text;

    for (const char *p = text; seen; p++) {
        bool end = *p == '\0' || *p == '\n' || (strchr(".!?;", *p) && strchr(" \n", p[1]));

        if (!end)
            continue;
        add_sentence(&s, seen, from, (size_t)(p - from));
        from = *p ? p + 1 : p;
        if (*p == '\0')
            break;
    }
    free(seen);
    return s;
}

/** "… from 14 minutes to 4": what came of it may be a figure near the end. */
static bool ends_in_figure(const char *answer)
{
    return strpbrk(answer + strlen(answer) / 2, "0123456789") != NULL;
}

/** Share of what the form wants that the words announce. */
static double form_share(const char *answer, enum answer_form form, const struct sentences *s,
                         const struct answer_words *w)
{
    static const char scene[] = "when|while|during|at|was|were|had|in|one night|once|after|before";
    static const char outcome[] =
        "result|outcome|since then|since|now|later|went from|fell|rose|passed|saved|cut|reduced|"
        "improved|learned|finally|in the end|still|today|agreed|was in|worked|home|within|by|than";
    static const char remedy[] =
        "now|since|so i|agreed|write|set|started|have learned|instead|i ask|"
        "i stop|i use|every|help|better";
    static const char reason[] = "because|so that|since|for example|for instance|once|when|that is "
                                 "why|then|first|if|which|means|but|before|also|and i";

    switch (form) {
    case FORM_STORY:
        return (form_says(answer, scene) + (w->own > 1) +
                (form_says(answer, outcome) || ends_in_figure(answer))) /
               3.0;
    case FORM_WEAKNESS:
        return (1 + form_says(answer, remedy) + (w->own > 0)) / 3.0;
    case FORM_FACT:
        return s->n <= 3 ? 1 : 3.0 / (double)s->n;
    case FORM_CODING:
    case FORM_DESIGN:
    case FORM_ESTIMATE:
    case FORM_CASE:
    case FORM_CONCEPT:
    case FORM_FINANCE:
        return ((s->first_words <= 25) + form_says(answer, reason) + (s->n >= 2)) / 3.0;
    default:
        return ((s->first_words <= 30) + form_says(answer, reason) + (w->own > 0)) / 3.0;
    }
}

static void score_structure(struct quality *q, const struct quality_input *in,
                            const struct answer_words *w, enum answer_form form)
{
    struct sentences s = read_sentences(in->answer);
    double share = form_share(in->answer, form, &s, w);
    double again = s.n ? (double)s.repeated / (double)s.n : 0;
    double bare = s.n ? (double)s.bare / (double)s.n : 0;

    share *= 1 - fmin(1, 1.5 * again);
    share *= 1 - bare;
    give(q, QUALITY_STRUCTURE, share, "%s",
         bare > 0.3    ? "These are words in a row, not sentences."
         : again > 0.2 ? "It says the same thing again."
         : share > 0.7 ? "It has the parts that this kind of question wants."
                       : "A part is missing that this kind of question wants.");
}

/* -------------------------------------------------------------------------------------- truth */

struct sentence_source {
    const struct grounding *g;
    const char *text;
};

/** The passage of the profile that shares most with a sentence; -1: none shares anything. */
static int nearest_passage(const struct grounding *g, const char *text, size_t len, double *share)
{
    struct ground_query query;
    struct ground_hit hit;
    struct answer_words w = {.n = 0};

    ground_query_init(&query);
    ground_query_bytes(&query, text, len, 1);
    if (!grounding_search(g, &query, GROUND_BIT(GROUND_CONTEXT), &hit, 1))
        return -1;
    terms_each(grounding_passage(g, hit.passage)->text, grounding_passage(g, hit.passage)->len,
               see_word, &w);
    *share = share_of(&w, g, text, len);
    return (int)hit.passage;
}

/** Does the block of the profile that a claim's sentence is taken from hold the claim too? */
static bool in_block(const struct grounding *g, int passage, const char *claim, size_t len)
{
    const struct passage *p = grounding_passage(g, (size_t)passage);

    for (size_t i = 0; i < grounding_count(g); i++) {
        const struct passage *x = grounding_passage(g, i);
        bool here = x->field == p->field && x->block == p->block && x->section == p->section;

        if (!here && (int)i != p->heading)
            continue;
        for (size_t k = 0; k + len <= x->len; k++)
            if (strncasecmp(x->text + k, claim, len) == 0)
                return true;
    }
    return false;
}

/** Where it stands first; NULL: nowhere. */
static const char *find(const struct passage *p, const char *what, size_t len)
{
    for (size_t i = 0; i + len <= p->len; i++)
        if (memcmp(p->text + i, what, len) == 0)
            return p->text + i;
    return NULL;
}

/** Figures of one sentence stand in the passage in this order ("from 11 to 4"). */
static bool same_order(const struct grounding *g, int passage, const char *a, size_t a_len,
                       const char *b, size_t b_len)
{
    const struct passage *p = grounding_passage(g, (size_t)passage);
    const char *first = find(p, a, a_len);
    const char *second = find(p, b, b_len);

    return !first || !second || first <= second;
}

struct support {
    int held;    /* claims that something supports */
    int made_up; /* that nothing does */
    int moved;   /* that stand elsewhere in the profile than what is said of them */
};

static const char *sentence_end(const char *p)
{
    while (*p && !(strchr(".!?\n", *p) && strchr(" \n", p[1])))
        p++;
    return *p ? p + 1 : p;
}

static void weigh_sentence(struct support *s, const struct quality_input *in,
                           const struct claims *c, const char *text, size_t len, bool own)
{
    struct claim found[CLAIMS_MAX];
    size_t n = claims_find(c, text, len, own, found, CLAIMS_MAX);
    double share = 0;
    int from = in->grounding ? nearest_passage(in->grounding, text, len, &share) : -1;

    for (size_t i = 0; i < n; i++) {
        const char *at = text + found[i].start;
        size_t size = found[i].end - found[i].start;
        bool elsewhere = from >= 0 && share > 0.35 && !in_block(in->grounding, from, at, size);
        bool turned = i > 0 && from >= 0 && found[i].kind == CLAIM_NUMBER &&
                      found[i - 1].kind == CLAIM_NUMBER &&
                      !same_order(in->grounding, from, text + found[i - 1].start,
                                  found[i - 1].end - found[i - 1].start, at, size);

        s->made_up += !found[i].supported;
        s->moved += found[i].supported && (elsewhere || turned);
        s->held += found[i].supported && !elsewhere && !turned;
    }
}

/** "I have never made a mistake": nobody who has a story to tell should say so. */
static bool denies(const char *answer, enum answer_form form)
{
    return (form == FORM_STORY || form == FORM_WEAKNESS || form == FORM_EXPERIENCE) &&
           form_says(answer, "have never|never made|never had|i never|do not have any|dont have "
                             "any|do not really have|dont really have|have no weakness|no "
                             "weaknesses|not that i can think|cannot think of|cant think of|has "
                             "never happened|never happened|nothing comes to mind|always get along|"
                             "get along with everybody|get along with everyone|did not happen|"
                             "perfectionist|work too hard|care too much");
}

static void score_truth(struct quality *q, const struct quality_input *in,
                        const struct answer_words *w, enum answer_form form, double told)
{
    struct support s = {0, 0, 0};
    struct claims *c = NULL;
    bool own = form_explains(form);
    double detail;

    if (claims_open(&c, in->grounding) || claims_add(c, in->question, strlen(in->question)) ||
        (in->dialogue && claims_add(c, in->dialogue, strlen(in->dialogue)))) {
        claims_close(c);
        give(q, QUALITY_TRUTH, 0, "There was no memory to look.");
        return;
    }
    for (const char *p = in->answer; *p;) {
        const char *end = sentence_end(p);

        weigh_sentence(&s, in, c, p, (size_t)(end - p), own);
        p = end;
    }
    claims_close(c);
    detail = fmin(1, (s.held + 0.5) / 4.0) * 0.5 + fmin(1, told / 0.4) * 0.5;
    if (own || !in->grounding) /* what is explained has other details than the profile's */
        detail = fmax(detail, fmin(1, w->distinct / 28.0));
    if (form == FORM_FACT)
        detail = fmax(detail, told > 0.3 ? 1 : 0.3);
    detail -= 0.35 * s.made_up + 0.3 * s.moved;
    detail *= denies(in->answer, form) ? 0.15 : 1;
    give(q, QUALITY_TRUTH, detail, "%s",
         denies(in->answer, form) ? "It denies what was asked for instead of telling it."
         : s.made_up              ? "Some figures or names stand in nothing you brought."
         : s.moved      ? "Some figures or names belong to something else in your profile."
         : detail > 0.6 ? "Its details are those of your profile."
                        : "It has few details; name one figure, one place, one person's part.");
}

/* ------------------------------------------------------------------------ length and delivery */

static void score_length(struct quality *q, int words, const struct form_plan *plan)
{
    double share = 1;

    if (words < plan->least)
        share = (double)words / plan->least;
    else if (words > plan->most)
        share = fmax(0, 1 - (double)(words - plan->most) / plan->most);
    give(q, QUALITY_LENGTH, share, "%d words; %d to %d are good for this.", words, plan->least,
         plan->most);
}

static void score_delivery(struct quality *q, const struct quality_input *in,
                           const struct answer_words *w)
{
    const struct quality_speech *sp = in->speech;
    double fillers = w->words ? (double)w->fillers / w->words : 0;
    double share = 1 - fmin(1, fmax(0, fillers - 0.02) * 12);
    double pace = sp ? sp->words_per_minute : 0;

    if (pace > 0)
        share *= pace < 110 ? fmax(0.3, pace / 110) : pace > 175 ? fmax(0.3, 175 / pace) : 1;
    if (sp && sp->pause_share > 0.25)
        share *= fmax(0.4, 1 - (sp->pause_share - 0.25) * 2);
    if (pace > 0)
        give(q, QUALITY_DELIVERY, share, "%.0f words a minute, %d fillers.", pace, w->fillers);
    else
        give(q, QUALITY_DELIVERY, share, "%d fillers in %d words.", w->fillers, w->words);
}

void quality_score(struct quality *q, const struct quality_input *in)
{
    struct quality_input whole = *in;
    struct answer_words w = {.n = 0};
    enum answer_form form;
    double told;

    memset(q, 0, sizeof(*q));
    whole.question = in->question ? in->question : "";
    terms_each(in->answer, strlen(in->answer), see_word, &w);
    if (w.words == 0)
        return;
    form = form_of(whole.question, in->kind, evidence_themes(whole.question), in->grounding);
    told = score_relevance(q, &whole, &w, form);
    score_structure(q, &whole, &w, form);
    score_truth(q, &whole, &w, form, told);
    score_length(q, w.words, form_plan(form));
    score_delivery(q, &whole, &w);
    for (int i = 0; i < QUALITY_PARTS; i++)
        q->total += q->parts[i].score;
}

/**
 * @file ground/grounding.c  The searchable memory of one profile
 *
 * All text is copied into one block, cut into passages, and turned into an inverted index: one
 * sorted array of (term, passage, count). Everything is wiped before it is freed.
 */
#include "ground/grounding.h"

#include "base/error.h"
#include "base/text.h"
#include "ground/meaning.h"
#include "ground/passages.h"
#include "ground/related.h"
#include "ground/terms.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double BM25_K1 = 1.2; /* both as Robertson and Zaragoza suggest, section 3.5 */
static const double BM25_B = 0.75;
static const float RELATED_WEIGHT = 0.35f; /* relative to the word's own weight */

struct grounding {
    struct grounding_input in; /* points into memory and skills */
    const char **skills;
    char *memory;
    size_t memory_len;
    size_t memory_used;
    char years[16];
    struct passage *passages;
    size_t count;
    size_t passages_cap;
    struct ground_posting *postings; /* sorted by hash, then passage */
    size_t posting_count;
    size_t postings_cap;
    double mean_words;
    uint32_t section;
    int heading;  /* the heading above the current passages */
    bool negated; /* "no", "without": the next word was not there */
    atomic_uint refs;
    _Atomic(float *) points; /* published once, with grounding_set_points() */
    int err;
};

const char *ground_field_name(enum ground_field field)
{
    static const char *const names[] = {"role",     "yearsExperience", "skills",
                                        "industry", "context",         "jobDescription"};

    return names[field];
}

/* ------------------------------------------------------------------------------------ opening */

static size_t text_len(const char *s)
{
    size_t n;

    if (!s)
        return 0;
    n = strnlen(s, GROUND_TEXT_MAX + 1);
    return n > GROUND_TEXT_MAX ? utf8_floor(s, n, GROUND_TEXT_MAX) : n;
}

static const char *keep(struct grounding *g, const char *s)
{
    size_t n = text_len(s);
    char *to = g->memory + g->memory_used;

    if (n)
        memcpy(to, s, n);
    to[n] = '\0';
    g->memory_used += n + 1;
    return to;
}

static int copy_input(struct grounding *g, const struct grounding_input *in)
{
    const char *const texts[] = {in->name,     in->candidate, in->interview,      in->role,
                                 in->industry, in->context,   in->job_description};
    size_t skills = in->skill_count < GROUND_SKILLS_MAX ? in->skill_count : GROUND_SKILLS_MAX;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        g->memory_len += text_len(texts[i]) + 1;
    for (size_t i = 0; i < skills; i++)
        g->memory_len += text_len(in->skills[i]) + 1;
    g->memory = malloc(g->memory_len);
    g->skills = calloc(skills + 1, sizeof(*g->skills));
    if (!g->memory || !g->skills)
        return UV_ENOMEM;
    g->in.name = keep(g, in->name);
    g->in.candidate = keep(g, in->candidate);
    g->in.interview = keep(g, in->interview);
    g->in.role = keep(g, in->role);
    g->in.industry = keep(g, in->industry);
    g->in.context = keep(g, in->context);
    g->in.job_description = keep(g, in->job_description);
    for (size_t i = 0; i < skills; i++)
        g->skills[i] = keep(g, in->skills[i]);
    g->in.skills = g->skills;
    g->in.skill_count = skills;
    g->in.years_experience = in->years_experience;
    return 0;
}

/** Grows an array without leaving a copy of its contents behind. */
static void *grow(void *old, size_t *cap, size_t item)
{
    size_t n = *cap ? *cap * 2 : 128;
    void *p = calloc(n, item);

    if (!p)
        return NULL;
    if (old) {
        memcpy(p, old, *cap * item);
        explicit_bzero(old, *cap * item);
        free(old);
    }
    *cap = n;
    return p;
}

static void add_hash(struct grounding *g, uint64_t hash)
{
    if (g->posting_count == g->postings_cap) {
        struct ground_posting *p = grow(g->postings, &g->postings_cap, sizeof(*p));

        if (!p) {
            g->err = UV_ENOMEM;
            return;
        }
        g->postings = p;
    }
    g->postings[g->posting_count++] =
        (struct ground_posting){.hash = hash, .passage = (uint32_t)g->count, .count = 1};
}

/** A word is indexed both by its stem and as written. */
static void add_posting(const struct term *t, void *arg)
{
    struct grounding *g = arg;
    bool negated = g->negated;

    g->negated = strcmp(t->word, "no") == 0 || strcmp(t->word, "without") == 0;
    if (negated)
        return;
    add_hash(g, t->hash);
    add_hash(g, term_exact(t->word));
}

static int add_passage(const struct passage *p, void *arg)
{
    struct grounding *g = arg;

    if (g->count >= GROUND_PASSAGES_MAX)
        return 1;
    if (g->count == g->passages_cap) {
        struct passage *grown = grow(g->passages, &g->passages_cap, sizeof(*grown));

        if (!grown) {
            g->err = UV_ENOMEM;
            return 1;
        }
        g->passages = grown;
    }
    g->negated = false;
    terms_each(p->text, p->len, add_posting, g);
    if (g->err)
        return 1;
    if (p->is_heading)
        g->heading = (int)g->count;
    g->passages[g->count] = *p;
    g->passages[g->count].heading = p->is_heading ? -1 : g->heading;
    g->count++;
    return 0;
}

/** A field that is a single passage, whatever it contains. */
static void add_whole(struct grounding *g, enum ground_field field, const char *text)
{
    struct passage p = {.field = field, .text = text, .len = strlen(text), .heading = -1};

    passage_look(&p);
    if (p.words == 0 || g->err)
        return;
    p.section = g->section++;
    g->heading = -1;
    add_passage(&p, g);
}

static void add_text(struct grounding *g, enum ground_field field, const char *text)
{
    g->heading = -1;
    g->section = passages_cut(text, strlen(text), field, g->section, add_passage, g);
}

static int compare_posting(const void *a, const void *b)
{
    const struct ground_posting *x = a;
    const struct ground_posting *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->passage < y->passage ? -1 : x->passage > y->passage;
}

static void build_index(struct grounding *g)
{
    size_t n = 0;
    double words = 0;

    if (g->posting_count)
        qsort(g->postings, g->posting_count, sizeof(*g->postings), compare_posting);
    for (size_t i = 0; i < g->posting_count; i++) {
        if (n && compare_posting(&g->postings[n - 1], &g->postings[i]) == 0)
            g->postings[n - 1].count++;
        else
            g->postings[n++] = g->postings[i];
    }
    g->posting_count = n;
    for (size_t i = 0; i < g->count; i++)
        words += g->passages[i].words;
    g->mean_words = g->count ? words / (double)g->count : 1;
}

int grounding_open(struct grounding **gp, const struct grounding_input *input)
{
    struct grounding *g = calloc(1, sizeof(*g));
    int err;

    if (!g)
        return UV_ENOMEM;
    atomic_init(&g->refs, 1);
    err = copy_input(g, input);
    if (err)
        goto out;
    add_whole(g, GROUND_ROLE, g->in.role);
    if (g->in.years_experience >= 0) {
        snprintf(g->years, sizeof(g->years), "%d", g->in.years_experience);
        add_whole(g, GROUND_YEARS, g->years);
    }
    for (size_t i = 0; i < g->in.skill_count; i++)
        add_whole(g, GROUND_SKILLS, g->in.skills[i]);
    add_whole(g, GROUND_INDUSTRY, g->in.industry);
    add_text(g, GROUND_CONTEXT, g->in.context);
    add_text(g, GROUND_JOB, g->in.job_description);
    build_index(g);
    err = g->err;
out:
    if (err)
        grounding_free(g);
    else
        *gp = g;
    return err;
}

static void wipe(void *p, size_t n)
{
    if (p)
        explicit_bzero(p, n);
    free(p);
}

struct grounding *grounding_ref(struct grounding *g)
{
    atomic_fetch_add(&g->refs, 1);
    return g;
}

bool grounding_shared(const struct grounding *g)
{
    return g->refs > 1;
}

void grounding_set_points(struct grounding *g, float *points)
{
    atomic_store(&g->points, points);
}

const float *grounding_points(const struct grounding *g)
{
    return g ? g->points : NULL;
}

void grounding_free(struct grounding *g)
{
    if (!g || atomic_fetch_sub(&g->refs, 1) > 1)
        return;
    wipe(g->memory, g->memory_len);
    wipe(g->passages, g->passages_cap * sizeof(*g->passages));
    wipe(g->postings, g->postings_cap * sizeof(*g->postings));
    wipe(g->points, g->count * MEANING_SIZE * sizeof(*g->points));
    free(g->skills);
    wipe(g, sizeof(*g));
}

size_t grounding_count(const struct grounding *g)
{
    return g ? g->count : 0;
}

const struct passage *grounding_passage(const struct grounding *g, size_t i)
{
    return &g->passages[i];
}

const struct grounding_input *grounding_input(const struct grounding *g)
{
    return &g->in;
}

bool grounding_has_candidate(const struct grounding *g)
{
    for (size_t i = 0; i < grounding_count(g); i++) {
        enum ground_field field = g->passages[i].field;

        if (field == GROUND_CONTEXT || field == GROUND_SKILLS || field == GROUND_ROLE)
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------------------------ queries */

struct adding {
    struct ground_query *q;
    float weight;
};

void ground_query_init(struct ground_query *q)
{
    q->count = 0;
}

static void add_term(struct ground_query *q, uint64_t hash, float weight)
{
    for (size_t i = 0; i < q->count; i++) {
        if (q->terms[i].hash != hash)
            continue;
        if (q->terms[i].weight < weight)
            q->terms[i].weight = weight;
        return;
    }
    if (q->count < GROUND_QUERY_MAX) {
        q->terms[q->count].hash = hash;
        q->terms[q->count++].weight = weight;
    }
}

static void add_related(uint64_t hash, void *arg)
{
    struct adding *a = arg;

    add_term(a->q, hash, a->weight * RELATED_WEIGHT);
}

static void add_word(const struct term *t, void *arg)
{
    struct adding *a = arg;

    if (term_stopword(t->word) || (t->word[1] == '\0' && !t->number && t->len < 2))
        return;
    add_term(a->q, t->hash, a->weight);
    related_each(t->hash, add_related, a);
}

void ground_query_bytes(struct ground_query *q, const char *text, size_t len, float weight)
{
    struct adding a = {.q = q, .weight = weight};

    terms_each(text, len, add_word, &a);
}

void ground_query_text(struct ground_query *q, const char *text, float weight)
{
    ground_query_bytes(q, text, strlen(text), weight);
}

static size_t first_posting(const struct grounding *g, uint64_t hash)
{
    size_t lo = 0;
    size_t hi = g->posting_count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (g->postings[mid].hash < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct ground_posting *grounding_term(const struct grounding *g, uint64_t hash, size_t *n)
{
    size_t first = first_posting(g, hash);
    size_t last = first;

    while (last < g->posting_count && g->postings[last].hash == hash)
        last++;
    *n = last - first;
    return *n ? g->postings + first : NULL;
}

double grounding_idf(const struct grounding *g, size_t df)
{
    double n = (double)g->count;

    return log(1 + (n - (double)df + 0.5) / ((double)df + 0.5));
}

static void score_term(const struct grounding *g, uint64_t hash, double weight, float *scores)
{
    size_t df;
    const struct ground_posting *p = grounding_term(g, hash, &df);
    double idf = grounding_idf(g, df);

    for (size_t i = 0; i < df; i++) {
        double tf = p[i].count;
        double len = g->passages[p[i].passage].words / g->mean_words;

        scores[p[i].passage] += (float)(weight * idf * tf * (BM25_K1 + 1) /
                                        (tf + BM25_K1 * (1 - BM25_B + BM25_B * len)));
    }
}

void grounding_score(const struct grounding *g, const struct ground_query *q, float *scores)
{
    for (size_t i = 0; i < grounding_count(g); i++)
        scores[i] = 0;
    if (!g)
        return;
    for (size_t i = 0; i < q->count; i++)
        score_term(g, q->terms[i].hash, q->terms[i].weight, scores);
}

static void insert_hit(struct ground_hit *hits, size_t *n, size_t max, struct ground_hit hit)
{
    size_t at;

    if (*n == max && hits[max - 1].score >= hit.score)
        return;
    at = *n < max ? (*n)++ : max - 1;
    for (; at > 0 && hits[at - 1].score < hit.score; at--)
        hits[at] = hits[at - 1];
    hits[at] = hit;
}

size_t grounding_search(const struct grounding *g, const struct ground_query *q, unsigned fields,
                        struct ground_hit *hits, size_t max)
{
    float *scores;
    size_t n = 0;

    if (!grounding_count(g) || !max)
        return 0;
    scores = malloc(g->count * sizeof(*scores));
    if (!scores)
        return 0;
    grounding_score(g, q, scores);
    for (size_t i = 0; i < g->count; i++) {
        const struct passage *p = &g->passages[i];

        if (scores[i] > 0 && !p->is_heading && (fields & GROUND_BIT(p->field)))
            insert_hit(hits, &n, max, (struct ground_hit){.passage = i, .score = scores[i]});
    }
    free(scores);
    return n;
}

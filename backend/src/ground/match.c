/**
 * @file ground/match.c  Extracting requirements from a posting and comparing each with the profile
 *
 * First the posting is read from top to bottom: its headings say whether what follows asks
 * ("Requirements", "You will") or offers ("Benefits"). Then the profile is searched for each
 * requirement like for a question.
 */
#include "ground/match.h"

#include "base/text.h"
#include "ground/evidence.h"
#include "ground/names.h"
#include "ground/question.h"
#include "ground/story.h"
#include "ground/terms.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TEXT_BYTES = GROUND_PASSAGE_LONG + 8,
    ITEM_WORDS = 12, /* an item of a list has no more */
    ITEMS_MIN = 2,   /* fewer are not a list */
    WORDS_MAX = 48,  /* of a requirement that are examined */
    YEARS_MOST = 20, /* nobody is asked for more years */
    SEVERAL = 3,     /* "several years" */
    PLACES = 3,      /* examined for a requirement */
};

static const float LIKELY = 0.40f;     /* a requirement is shorter than a question: less evidence */
static const float SURE = 0.6f;        /* for a place without the names asked for */
static const float COVER_LEAST = 0.1f; /* share of the terms that a place covers */
static const float THEME_LEAST = 0.45f; /* or how much of it is in the words of such stories */
static const float ASKS = 0.5f;         /* passage.need above which a sentence in a posting is a
                                           requirement */

/* ------------------------------------------------------------------------- reading the posting */

enum tone { PLAIN, ASKING, OFFERING };

static bool holds(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

static enum tone tone_of(const struct passage *p, size_t len)
{
    static const char *const asks[] = {
        "require",      "qualif",    "you need",     "you bring",   "you have",    "you will",
        "we ask",       "we need",   "we expect",    "looking for", "must",        "essential",
        "needed",       "desirable", "nice to have", "useful",      "preferred",   "skills",
        "experience",   "responsib", "profile",      "duties",      "who you are", "your role",
        "the role",     "ideal",     "you'll",       "what you",    "tasks",       "advantage",
        "bonus points", "a plus",    "about you"};
    static const char *const offers[] = {
        "we offer",     "benefit",  "perks",        "we pay",       "salary",
        "compensation", "about us", "who we are",   "how to apply", "we can offer",
        "what you get", "why join", "equal opport", "our company",  "about the company",
        "what we give"};
    char text[TEXT_BYTES];

    text_copy(text, sizeof(text), p->text, len);
    if (holds(text, offers, sizeof(offers) / sizeof(offers[0])))
        return OFFERING;
    return holds(text, asks, sizeof(asks) / sizeof(asks[0])) ? ASKING : PLAIN;
}

/** "We are remote", "70,000 to 84,000 euros": what the company says about itself, and what it
 *  pays. */
static bool tells_of_company(const struct passage *p)
{
    static const char *const paid[] = {"salary", "euro", "pound", "dollar", "€",     "£",
                                       "$",      " usd", " eur",  "pay ",   "scale", "bonus"};
    static const char *const seeking[] = {"need",    "look", "expect", "ask",
                                          "require", "seek", "want"};
    char text[TEXT_BYTES];

    text_copy(text, sizeof(text), p->text, p->len);
    if (p->figure && holds(text, paid, sizeof(paid) / sizeof(paid[0])))
        return true;
    return (strncmp(text, "We ", 3) == 0 || strncmp(text, "Our ", 4) == 0) &&
           !holds(text, seeking, sizeof(seeking) / sizeof(seeking[0]));
}

/** A sentence in a posting that asks for something. */
static bool asks(const struct passage *p, enum tone tone)
{
    if (tone == OFFERING || p->words < 1 || (p->words < 2 && !p->bullet) || tells_of_company(p))
        return false;
    if (p->bullet || tone == ASKING)
        return p->need > 0 || p->words < 3; /* "- Go": too short to show that it asks */
    return p->need > ASKS;
}

struct matching {
    const struct grounding *g;
    struct match *found;
    size_t n;
    size_t max;
};

static void add(struct matching *m, size_t asked, size_t at, size_t end)
{
    const char *text = grounding_passage(m->g, asked)->text;

    while (at < end && strchr(" ,;", text[at]))
        at++;
    while (end > at && strchr(" ,;.", text[end - 1]))
        end--;
    if (end - at > 3 && strncasecmp(text + at, "and ", 4) == 0)
        at += 4;
    if (at < end && m->n < m->max)
        m->found[m->n++] = (struct match){.asked = asked, .at = at, .len = end - at};
}

static void count_word(const struct term *t, void *arg)
{
    (void)t;
    ++*(size_t *)arg;
}

static size_t words_in(const char *text, size_t len)
{
    size_t n = 0;

    words_each(text, len, count_word, &n);
    return n;
}

static bool ends_item(const struct passage *p, size_t i)
{
    return i == p->len ||
           ((p->text[i] == ',' || p->text[i] == ';') && i + 1 < p->len && p->text[i + 1] == ' ');
}

/** Does the text after the label list several things? Returns how many. */
static size_t items(const struct passage *p, size_t from)
{
    size_t n = 0;
    size_t start = from;

    for (size_t i = from; i <= p->len; i++) {
        if (!ends_item(p, i))
            continue;
        if (words_in(p->text + start, i - start) > ITEM_WORDS)
            return 0;
        n++;
        start = i;
    }
    return n;
}

static void add_passage(struct matching *m, size_t i)
{
    const struct passage *p = grounding_passage(m->g, i);
    size_t from = p->bullet ? 0 : passage_label(p);

    if (!from || items(p, from) < ITEMS_MIN) {
        add(m, i, from, p->len);
        return;
    }
    for (size_t k = from; k <= p->len; k++) {
        if (!ends_item(p, k))
            continue;
        add(m, i, from, k);
        from = k;
    }
}

static void read_posting(struct matching *m)
{
    enum tone tone = PLAIN;
    bool listed = false; /* bullets stood under the heading */

    for (size_t i = 0; i < grounding_count(m->g); i++) {
        const struct passage *p = grounding_passage(m->g, i);
        enum tone label;

        if (p->field != GROUND_JOB)
            continue;
        if (p->is_heading) {
            tone = tone_of(p, p->len);
            listed = false;
            continue;
        }
        if (listed && !p->bullet) /* the list is over, and so is the scope of its heading */
            tone = PLAIN;
        listed = p->bullet;
        label = passage_label(p) ? tone_of(p, passage_label(p)) : PLAIN;
        if (asks(p, label != PLAIN ? label : tone))
            add_passage(m, i);
    }
}

/* ---- comparing with the profile
 * --------------------------------------------------------------- */

struct wanted {
    uint64_t stems[WORDS_MAX]; /* its terms, without numbers and framing */
    size_t count;
    int years; /* asked for; 0: none */
    int number;
    struct asked_name names[NAMES_MAX];
    size_t name_count;
    bool any; /* one of the names is enough: "Go or Rust" */
};

static int number_of(const struct term *t)
{
    static const char *const words[] = {"one",   "two",   "three", "four", "five",   "six",
                                        "seven", "eight", "nine",  "ten",  "eleven", "twelve"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(t->word, words[i]) == 0)
            return (int)i + 1;
    return strcmp(t->word, "several") == 0 ? SEVERAL : t->number ? atoi(t->word) : 0;
}

/** Words with which postings of any trade ask. */
static bool frames(const char *word)
{
    static const char *const words[] = {
        "experience",  "experienced", "knowledge", "familiarity", "familiar",  "ability",
        "able",        "strong",      "solid",     "good",        "excellent", "proven",
        "least",       "more",        "plus",      "welcome",     "advantage", "required",
        "years",       "year",        "skills",    "skill",       "working",   "understanding",
        "proficiency", "proficient",  "record"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return term_stopword(word);
}

static void want(const struct term *t, void *arg)
{
    struct wanted *w = arg;
    int number = number_of(t);

    if (strncmp(t->word, "year", 4) == 0 && w->number > 0 && w->number <= YEARS_MOST)
        w->years = w->number;
    w->any |= strcmp(t->word, "or") == 0;
    if (number)
        w->number = number;
    else if (!frames(t->word) && w->count < WORDS_MAX)
        w->stems[w->count++] = t->hash;
}

/** Names in a requirement; one at its beginning may be an ordinary word ("Go or Rust"), unless it
 *  is a known skill. */
static void want_names(const struct grounding *g, const char *text, struct wanted *w)
{
    const struct grounding_input *in = grounding_input(g);
    char within[TEXT_BYTES + 8];
    bool skill = false;

    for (size_t i = 0; i < in->skill_count; i++) {
        size_t n = strlen(in->skills[i]);

        skill |= n && strncasecmp(text, in->skills[i], n) == 0 && strchr(" ,;/", text[n]);
    }
    snprintf(within, sizeof(within), "%s%s", skill ? "in " : "", text);
    w->name_count = names_asked(within, g, w->names);
}

/** The best passage of a field that contains the name: preferably one in a story. */
static bool find_name(const struct grounding *g, const struct asked_name *name, size_t *at)
{
    bool found = false;

    for (size_t i = 0; i < grounding_count(g); i++) {
        const struct passage *p = grounding_passage(g, i);

        if (p->field == GROUND_JOB || p->is_heading || !names_held(name, p->text, p->len))
            continue;
        if (!found || p->field == GROUND_CONTEXT)
            *at = i;
        found = true;
        if (p->field == GROUND_CONTEXT)
            return true;
    }
    return found;
}

static void mention(struct match *m, size_t passage)
{
    m->found = MATCH_MENTION;
    m->place = (struct place){.first = passage, .end = passage + 1, .fact = true};
}

/** Does the profile contain the names it asks for? Only if it asks for little else. */
static bool match_names(const struct grounding *g, const struct wanted *w, struct match *m)
{
    size_t held = 0;
    size_t at = 0;

    if (!w->name_count || 2 * w->name_count < w->count)
        return false;
    for (size_t i = 0; i < w->name_count; i++)
        held += find_name(g, &w->names[i], &at);
    if (!held || (held < w->name_count && !w->any))
        return false;
    mention(m, at);
    return true;
}

struct overlap {
    const struct wanted *w;
    bool shared[WORDS_MAX];
    size_t words;
    size_t in;
};

static void see_shared(const struct term *t, void *arg)
{
    struct overlap *o = arg;
    bool in = false;

    if (term_stopword(t->word))
        return;
    o->words++;
    for (size_t i = 0; i < o->w->count; i++)
        if (o->w->stems[i] == t->hash)
            o->shared[i] = in = true;
    o->in += in;
}

/** A skill all of whose words occur in the requirement. */
static bool match_skill(const struct grounding *g, const struct wanted *w, struct match *m)
{
    for (size_t i = 0; i < grounding_count(g); i++) {
        const struct passage *p = grounding_passage(g, i);
        struct overlap o = {.w = w};

        if (p->field != GROUND_SKILLS)
            continue;
        terms_each(p->text, p->len, see_shared, &o);
        if (o.words && o.in == o.words) {
            mention(m, i);
            return true;
        }
    }
    return false;
}

/** That many years, of work that the profile describes in the same words. */
static bool match_years(const struct grounding *g, const struct wanted *w, struct match *m)
{
    struct overlap o = {.w = w};
    size_t shared = 0;
    size_t years = 0;

    for (size_t i = 0; i < grounding_count(g); i++) {
        const struct passage *p = grounding_passage(g, i);

        if (p->field == GROUND_YEARS)
            years = i + 1;
        if (p->field == GROUND_ROLE || p->field == GROUND_CONTEXT)
            terms_each(p->text, p->len, see_shared, &o);
    }
    for (size_t i = 0; i < w->count; i++)
        shared += o.shared[i];
    if (!years || 2 * shared < w->count)
        return false;
    mention(m, years - 1);
    return true;
}

/** "I want to lead a team" is no proof of having led one. */
static bool only_wished(const struct grounding *g, const struct place *place)
{
    static const char *const wishes[] = {"i want",        "i would like", "i should like",
                                         "looking for",   "i hope",       "i wish",
                                         "would like to", "what i want",  "interested in"};
    const struct passage *p = grounding_passage(g, place->first);
    char text[TEXT_BYTES];

    text_copy(text, sizeof(text), p->text, p->len);
    return place->fact && holds(text, wishes, sizeof(wishes) / sizeof(wishes[0]));
}

/** Does the best place tell about it? A story may use the words of a theme, a fact has to name it;
 *  and a place without the names asked for needs a higher probability. */
static bool tells(const struct evidence *e)
{
    return e->fits >= (e->named ? LIKELY : SURE) &&
           (e->cover >= COVER_LEAST || (e->theme >= THEME_LEAST && !e->place.fact));
}

static bool match_place(const struct grounding *g, const char *text, struct match *m)
{
    struct evidence found[PLACES];
    size_t n = evidence_find(g, text, QUESTION_BEHAVIORAL, found, PLACES);
    size_t i = 0;

    while (i < n &&
           (only_wished(g, &found[i].place) || evidence_tells_weakness(g, &found[i].place)))
        i++;
    if (i == n || !tells(&found[i]))
        return false;
    m->place = found[i].place;
    m->found = story_is(g, &m->place) ? MATCH_STORY : MATCH_MENTION;
    return true;
}

static void hold_against(const struct grounding *g, struct match *m)
{
    const struct passage *p = grounding_passage(g, m->asked);
    int known = grounding_input(g)->years_experience;
    struct wanted w = {.count = 0};
    char text[TEXT_BYTES];

    text_copy(text, sizeof(text), p->text + m->at, m->len);
    terms_each(text, strlen(text), want, &w);
    want_names(g, text, &w);
    if (w.years && known >= 0 && known < w.years)
        return;
    if (match_place(g, text, m) || match_names(g, &w, m) || match_skill(g, &w, m))
        return;
    if (w.years)
        match_years(g, &w, m);
}

size_t match_posting(const struct grounding *g, struct match *found, size_t max)
{
    struct matching m = {.g = g, .found = found, .max = max};

    read_posting(&m);
    for (size_t i = 0; i < m.n; i++)
        hold_against(g, &found[i]);
    return m.n;
}

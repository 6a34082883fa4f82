/**
 * @file ground/memory.c  What was said in an interview so far, by whom, and which stories were told
 */
#include "ground/memory.h"

#include "base/text.h"
#include "ground/follow.h"
#include "ground/spans.h"
#include "ground/terms.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    STORY_TEXT_BYTES = 2000,
    ANSWER_WORDS_MIN = 8,  /* fewer words cannot be recognised as an answer */
    ANSWER_SHARED_MIN = 3, /* words shared with the offered story */
    TOLD_SHARED_PERCENT = 30,
    WORDS_MAX = 400,
};

static const float ASKED_SURE = 0.8f;

struct line {
    enum memory_who who;
    int question;
    char *text;
};

struct offer {
    struct memory_offer is; /* question and text owned */
    bool refuted;           /* the candidate was heard telling something else */
};

struct memory {
    struct line lines[MEMORY_LINES_MAX];
    size_t line_count;
    struct offer offers[MEMORY_STORIES_MAX];
    size_t offer_count;
    struct memory_fact facts[MEMORY_FACTS_MAX];
    size_t fact_count;
    char *since; /* what the candidate has said since the last offer; NULL: nothing */
};

/* --------------------------------------------------------------------------- texts */

static void drop(const char *text)
{
    char *mine = (char *)(uintptr_t)text;

    if (!mine)
        return;
    text_wipe(mine);
}

/* A copy of at most that many bytes, cut at a word. */
static char *copy_cut(const char *text, size_t max)
{
    size_t n = strlen(text);

    if (n > max) {
        n = max;
        while (n && text[n] != ' ')
            n--;
    }
    return strndup(text, n);
}

int memory_open(struct memory **mp)
{
    struct memory *m = calloc(1, sizeof(*m));

    if (!m)
        return UV_ENOMEM;
    *mp = m;
    return 0;
}

static void drop_offer(struct memory *m, size_t i)
{
    drop(m->offers[i].is.question);
    drop(m->offers[i].is.text);
    memmove(&m->offers[i], &m->offers[i + 1], (--m->offer_count - i) * sizeof(m->offers[0]));
}

static void drop_line(struct memory *m, size_t i)
{
    drop(m->lines[i].text);
    memmove(&m->lines[i], &m->lines[i + 1], (--m->line_count - i) * sizeof(m->lines[0]));
}

/* Removing lines one at a time would change the beginning of the prompt with every line. */
static void drop_older_half(struct memory *m)
{
    for (size_t n = m->line_count / 2; n; n--)
        drop_line(m, 0);
}

void memory_free(struct memory *m)
{
    if (!m)
        return;
    while (m->line_count)
        drop_line(m, m->line_count - 1);
    while (m->offer_count)
        drop_offer(m, m->offer_count - 1);
    while (m->fact_count)
        drop(m->facts[--m->fact_count].text);
    drop(m->since);
    free(m);
}

/* ------------------------------------------------------------------------ words */

struct bag {
    uint64_t hash[WORDS_MAX];
    size_t n;    /* words that carry meaning, without repetitions */
    size_t all;  /* all words */
    size_t self; /* I, we, my */
};

static void see(const struct term *t, void *arg)
{
    static const char *const selves[] = {"i",  "we", "my",  "our", "me",   "us",
                                         "im", "id", "ill", "ive", "weve", "myself"};
    struct bag *b = arg;

    b->all++;
    for (size_t i = 0; i < sizeof(selves) / sizeof(selves[0]); i++)
        b->self += strcmp(t->word, selves[i]) == 0;
    if (term_stopword(t->word) || b->n == WORDS_MAX)
        return;
    for (size_t i = 0; i < b->n; i++)
        if (b->hash[i] == t->hash)
            return;
    b->hash[b->n++] = t->hash;
}

static struct bag bag_of(const char *text)
{
    struct bag b = {.n = 0};

    if (text)
        terms_each(text, strlen(text), see, &b);
    return b;
}

static size_t shared(const struct bag *a, const struct bag *b)
{
    size_t both = 0;

    for (size_t i = 0; i < a->n; i++)
        for (size_t k = 0; k < b->n; k++)
            both += a->hash[i] == b->hash[k];
    return both;
}

/* ---- facts from the interviewer
 * --------------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

static bool holds(const char *text, const char *const *phrases)
{
    for (; *phrases; phrases++)
        if (strcasestr(text, *phrases))
            return true;
    return false;
}

static bool about_of(const char *text, enum memory_about *about)
{
    static const char *const names[] = {
        "my name is", "i'm the ", "i am the ",          "colleague",       "with me is",
        "i'm your",   "this is ", "your manager would", "you'd report to", "you would report to",
        NULL};
    static const char *const teams[] = {
        "the team",  "our team",  "people",  "engineers",  "nurses", "colleagues", "we're a ",
        "we are a ", "employees", "offices", "developers", "of us",  NULL};
    static const char *const stacks[] = {
        "we use ",     "we run ", "we're using ", "we work with ", "we deploy",  "our stack",
        "written in",  "runs on", "built on",     "we're on ",     "we are on ", "we moved to ",
        "we migrated", NULL};
    static const char *const limits[] = {
        "we need ",   "we have to ",  "deadline",      "budget",   "must ",       "we can't ",
        "we cannot ", "no more than", "by the end of", "at least", "days a week", "on site",
        "regulat",    "looking for",  "we want ",      "salary",   "the range",   NULL};

    if (holds(text, stacks))
        *about = MEMORY_STACK;
    else if (holds(text, limits))
        *about = MEMORY_CONSTRAINT;
    else if (holds(text, names) ||
             ((begins(text, "i'm ") || begins(text, "i am ")) && text[4] >= 'A' && text[4] <= 'Z'))
        *about = MEMORY_NAME;
    else if (holds(text, teams))
        *about = MEMORY_TEAM;
    else
        return false;
    return true;
}

static void keep_fact(struct memory *m, const char *text, size_t len)
{
    struct memory_fact fact;
    char *copy;

    if (len < 12 || len > 300 || m->fact_count == MEMORY_FACTS_MAX)
        return;
    copy = strndup(text, len);
    if (!copy || !about_of(copy, &fact.about)) {
        drop(copy);
        return;
    }
    fact.text = copy;
    for (size_t i = 0; i < m->fact_count; i++)
        if (strcmp(m->facts[i].text, copy) == 0) {
            drop(copy);
            return;
        }
    m->facts[m->fact_count++] = fact;
}

/* A sentence, without a question at its end. One that ends in a full stop may look like a question
 * as a whole; it counts as a statement all the same. */
static void keep_told(struct memory *m, const char *text, size_t len)
{
    struct question_span span;

    while (len && strchr(" \n\t", *text)) {
        text++;
        len--;
    }
    if (question_spans(text, len, &span, 1) && span.p >= ASKED_SURE && (span.start || !text[len]))
        len = span.start;
    keep_fact(m, text, len);
}

static void keep_facts(struct memory *m, const char *text)
{
    size_t from = 0;
    size_t i;

    for (i = 0; text[i]; i++) {
        if (!strchr(".!?", text[i]))
            continue;
        if (text[i] != '?')
            keep_told(m, text + from, i - from);
        from = i + 1;
    }
    keep_told(m, text + from, i - from);
}

/* ---- stories of the candidate
 * ------------------------------------------------------------------ */

/* If the words have little in common with the offered story, another one was told. */
static void candidate_said(struct memory *m, const char *text)
{
    struct offer *last = m->offer_count ? &m->offers[m->offer_count - 1] : NULL;
    size_t had = m->since ? strlen(m->since) : 0;
    size_t more = strlen(text);
    struct bag said;
    struct bag story;
    char *grown;

    if (!last || !last->is.text || had + more > STORY_TEXT_BYTES)
        return;
    grown = realloc(m->since, had + more + 2);
    if (!grown)
        return;
    m->since = grown;
    if (had)
        grown[had++] = ' ';
    memcpy(grown + had, text, more + 1);
    said = bag_of(m->since);
    story = bag_of(last->is.text);
    if (said.all >= 3 * ANSWER_WORDS_MIN)
        last->refuted = shared(&said, &story) * 100 < TOLD_SHARED_PERCENT * story.n &&
                        shared(&said, &story) < ANSWER_SHARED_MIN;
}

/* Appends a line, or replaces the one with this number. Returns its text; NULL: not kept. */
static const char *add_line(struct memory *m, enum memory_who who, const char *text, int number)
{
    char *copy = copy_cut(text, MEMORY_LINE_BYTES);

    if (!copy || !*copy) {
        drop(copy);
        return NULL;
    }
    for (size_t i = m->line_count; number && i-- > 0;)
        if (m->lines[i].question == number && m->lines[i].who == who)
            drop_line(m, i);
    if (m->line_count == MEMORY_LINES_MAX)
        drop_older_half(m);
    m->lines[m->line_count++] = (struct line){.who = who, .question = number, .text = copy};
    return copy;
}

void memory_heard(struct memory *m, enum memory_who who, const char *text, int number)
{
    const char *line = add_line(m, who, text, number);

    if (line && who == MEMORY_CANDIDATE)
        candidate_said(m, line);
    else if (line)
        keep_facts(m, line);
}

void memory_correct(struct memory *m, const char *before, const char *text, int number)
{
    char *was = copy_cut(before, MEMORY_LINE_BYTES);

    for (size_t i = 0; was && i < m->line_count; i++) {
        struct line *line = &m->lines[i];
        char *copy;

        if (line->who == MEMORY_SHOWN || line->question != number || strcmp(line->text, was) != 0)
            continue;
        copy = copy_cut(text, MEMORY_LINE_BYTES);
        if (!copy)
            break;
        drop(line->text);
        line->text = copy;
    }
    drop(was);
}

/* "Sure, one moment" says nothing about the answer. */
static bool has_answered(const struct memory *m, int number)
{
    size_t words = 0;

    for (size_t i = m->line_count; i-- > 0;) {
        if (number && m->lines[i].question == number && m->lines[i].who == MEMORY_INTERVIEWER)
            break;
        if (m->lines[i].who == MEMORY_CANDIDATE)
            words += bag_of(m->lines[i].text).all;
    }
    return words >= ANSWER_WORDS_MIN;
}

void memory_shown(struct memory *m, const char *text, int number)
{
    if (!has_answered(m, number))
        add_line(m, MEMORY_SHOWN, text, number);
}

void memory_offered(struct memory *m, const struct memory_offer *offer)
{
    struct offer o = {.is = *offer};

    o.is.question = copy_cut(offer->question, MEMORY_LINE_BYTES);
    o.is.text = offer->text ? copy_cut(offer->text, STORY_TEXT_BYTES) : NULL;
    if (!o.is.question) {
        drop(o.is.text);
        return;
    }
    for (size_t i = 0; i < m->offer_count; i++)
        if (m->offers[i].is.number == offer->number) {
            drop_offer(m, i);
            break;
        }
    if (m->offer_count == MEMORY_STORIES_MAX)
        drop_offer(m, 0);
    m->offers[m->offer_count++] = o;
    drop(m->since);
    m->since = NULL;
}

void memory_forget(struct memory *m, int number)
{
    for (size_t i = m->line_count; number && i-- > 0;)
        if (m->lines[i].question == number)
            drop_line(m, i);
    for (size_t i = m->offer_count; number && i-- > 0;)
        if (m->offers[i].is.number == number)
            drop_offer(m, i);
}

/* ------------------------------------------------------------------------- answers */

static bool has_story(const struct offer *o)
{
    return o->is.story.end > o->is.story.first;
}

struct memory_follow memory_follow(const struct memory *m, const char *question)
{
    const struct offer *last = m && m->offer_count ? &m->offers[m->offer_count - 1] : NULL;
    struct memory_follow f = {.is = FOLLOW_NOTHING};

    if (!last)
        return f;
    f.is = follow_of(question, last->refuted && m->since ? m->since : last->is.text);
    if (f.is == FOLLOW_NOTHING)
        return f;
    f.question = last->is.question;
    f.kind = last->is.kind;
    if (has_story(last) && !last->refuted) {
        f.story = last->is.story;
        f.text = last->is.text;
    }
    return f;
}

bool memory_told(const struct memory *m, const struct memory_story *story)
{
    for (size_t i = 0; m && i < m->offer_count; i++) {
        const struct offer *o = &m->offers[i];

        if (has_story(o) && !o->refuted && o->is.story.first < story->end &&
            story->first < o->is.story.end)
            return true;
    }
    return false;
}

size_t memory_dialogue(const struct memory *m, struct memory_line lines[MEMORY_LINES_MAX])
{
    for (size_t i = 0; i < m->line_count; i++)
        lines[i] = (struct memory_line){
            .who = m->lines[i].who, .text = m->lines[i].text, .question = m->lines[i].question};
    return m->line_count;
}

const struct memory_fact *memory_facts(const struct memory *m, size_t *count)
{
    *count = m->fact_count;
    return m->facts;
}

bool memory_answers(const struct memory *m, const char *text)
{
    const struct offer *last = m && m->offer_count ? &m->offers[m->offer_count - 1] : NULL;
    struct bag said = bag_of(text);
    struct bag story;

    if (!last || said.all < ANSWER_WORDS_MIN || !said.self)
        return false;
    story = bag_of(last->is.text);
    if (said.self * 6 < said.all && shared(&said, &story) < ANSWER_SHARED_MIN)
        return false; /* hardly any "I" and few of the story's words */
    return shared(&said, &story) >= ANSWER_SHARED_MIN || said.self * 8 >= said.all;
}

/**
 * @file ground/follow.c  Is a question a follow-up to what was just told?
 *
 * A question that can be understood by itself is not. One that cannot refers back: by a pronoun
 * that nothing in it explains ("how did she react"), by naming a part that every story has ("what
 * was the outcome"), by an opening that only continues ("and then?", "why not …"), or by words of
 * the story itself ("why Kubernetes").
 */
#include "ground/follow.h"

#include "ground/question_kinds.h"
#include "ground/terms.h"

#include <stdint.h>
#include <string.h>

enum { WORDS_MAX = 64, WORD_BYTES = 24, SHORT_WORDS = 14, STORY_WORDS_MAX = 512 };

struct words {
    char w[WORDS_MAX][WORD_BYTES];
    uint64_t hash[WORDS_MAX];
    size_t n;
    size_t first; /* the first that is not a filler */
};

struct story {
    uint64_t hash[STORY_WORDS_MAX];
    size_t n;
};

static void see(const struct term *t, void *arg)
{
    struct words *w = arg;

    if (w->n == WORDS_MAX)
        return;
    strncpy(w->w[w->n], t->word, WORD_BYTES - 1);
    w->w[w->n][WORD_BYTES - 1] = '\0';
    w->hash[w->n++] = t->hash;
}

static void see_story(const struct term *t, void *arg)
{
    struct story *s = arg;

    if (s->n < STORY_WORDS_MAX && !term_stopword(t->word) && strlen(t->word) > 3)
        s->hash[s->n++] = t->hash;
}

static bool in(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static const char *const fillers[] = {
    "so",    "okay", "ok", "um",   "uh",   "well", "right", "great",  "yeah",    "now", "hm",
    "sorry", "sure", "oh", "nice", "good", "cool", "thank", "thanks", "alright", NULL};

/* Do these words occur in order at i? "*" stands for any one word. */
static bool phrase_at(const struct words *w, size_t i, const char *phrase)
{
    while (*phrase) {
        size_t n = strcspn(phrase, " ");

        if (i >= w->n)
            return false;
        if (*phrase != '*' && (strlen(w->w[i]) != n || memcmp(w->w[i], phrase, n) != 0))
            return false;
        i++;
        phrase += n;
        phrase += *phrase == ' ';
    }
    return true;
}

static bool any_at(const struct words *w, size_t i, const char *const *phrases)
{
    for (; *phrases; phrases++)
        if (phrase_at(w, i, *phrases))
            return true;
    return false;
}

static bool any_within(const struct words *w, const char *const *phrases)
{
    for (size_t i = 0; i < w->n; i++)
        if (any_at(w, i, phrases))
            return true;
    return false;
}

/* -------------------------------------------------------------- another of the same */

static bool asks_another(const struct words *w)
{
    static const char *const phrases[] = {"another example",
                                          "another one",
                                          "another time",
                                          "another story",
                                          "another situation",
                                          "another case",
                                          "another instance",
                                          "another occasion",
                                          "a different example",
                                          "a different one",
                                          "a different story",
                                          "a second example",
                                          "a second one",
                                          "one more example",
                                          "one more story",
                                          "any other example",
                                          "any other examples",
                                          "other examples",
                                          "any others",
                                          "something else like that",
                                          "a more recent one",
                                          "a more recent example",
                                          "something more recent",
                                          "anything more recent",
                                          "one from *",
                                          "an example from *",
                                          "give me another",
                                          "got another",
                                          "have another",
                                          "a better example",
                                          "a fresh example",
                                          "a fresher one",
                                          "one where",
                                          "anything else like it",
                                          "a similar one",
                                          "a similar story",
                                          "second story",
                                          "different project",
                                          "another",
                                          "something like that again",
                                          "did something like that",
                                          "another project",
                                          NULL};

    return w->n <= 18 && any_within(w, phrases);
}

/* ---- follow-ups ---------------------------------------------------------------------------- */

/* Openings that could not begin a conversation. */
static bool opens_onward(const struct words *w)
{
    static const char *const openings[] = {"what happened",
                                           "and then",
                                           "then what",
                                           "what then",
                                           "what next",
                                           "and after that",
                                           "after that",
                                           "why not",
                                           "why didnt",
                                           "how so",
                                           "how come",
                                           "why is that",
                                           "why was that",
                                           "why that",
                                           "such as",
                                           "like what",
                                           "like who",
                                           "tell me more",
                                           "say more",
                                           "go on",
                                           "and the",
                                           "and your",
                                           "and his",
                                           "and her",
                                           "and their",
                                           "and how did",
                                           "and what did",
                                           "and did",
                                           "and was",
                                           "and were",
                                           "and who",
                                           "and when",
                                           "and where",
                                           "and why",
                                           "and what was",
                                           "in what way",
                                           "can you elaborate",
                                           "could you elaborate",
                                           "elaborate",
                                           "be more specific",
                                           "can you be more specific",
                                           "could you be more specific",
                                           "could you expand",
                                           "can you expand",
                                           "what do you mean",
                                           "what does that",
                                           "can you say more",
                                           "could you say more",
                                           "can you go deeper",
                                           "can you go into",
                                           "could you go into",
                                           "walk me through that",
                                           "talk me through that",
                                           "take me through that",
                                           "tell me more about",
                                           "lets go back to",
                                           "going back to",
                                           "you said",
                                           "you mentioned",
                                           "coming back to",
                                           "back to",
                                           "whose idea",
                                           "in hindsight",
                                           "looking back on",
                                           "with hindsight",
                                           "knowing what you know now",
                                           "but why",
                                           "but how",
                                           "but what",
                                           "but who",
                                           "but did",
                                           "did that",
                                           "did it",
                                           "did they",
                                           "did he",
                                           "did she",
                                           "did anyone",
                                           "did anybody",
                                           "was it",
                                           "was that",
                                           "were they",
                                           "was he",
                                           "was she",
                                           "were you",
                                           "is it",
                                           "is that",
                                           "how did that",
                                           "how did it",
                                           "how did they",
                                           "how did he",
                                           "how did she",
                                           "how long did",
                                           "how was that",
                                           "how was it",
                                           "how big was",
                                           "how many were",
                                           "how much of",
                                           "who else",
                                           "who was",
                                           "who were",
                                           "who made",
                                           "who decided",
                                           "who came up",
                                           "what exactly",
                                           "what specifically",
                                           "how exactly",
                                           "what about the",
                                           "what about your",
                                           "and in the end",
                                           "so in the end",
                                           "what else",
                                           "anything you would",
                                           "would you do it",
                                           "would you do that",
                                           "and now",
                                           "really",
                                           "why",
                                           NULL};

    return any_at(w, w->first, openings);
}

/* Parts that every story has. */
static bool names_a_part(const struct words *w)
{
    static const char *const parts[] = {"the result",
                                        "the results",
                                        "the outcome",
                                        "the reaction",
                                        "the end of it",
                                        "the impact",
                                        "the response",
                                        "the feedback",
                                        "the hardest part",
                                        "the hardest bit",
                                        "the most difficult part",
                                        "the trickiest part",
                                        "the worst part",
                                        "the best part",
                                        "the upshot",
                                        "the biggest obstacle",
                                        "your role in",
                                        "your part in",
                                        "your role there",
                                        "your contribution",
                                        "your share",
                                        "the deadline",
                                        "the team",
                                        "the others",
                                        "the rest of",
                                        "the numbers",
                                        "the root cause",
                                        "the cause",
                                        "the plan",
                                        "the fix",
                                        "the budget",
                                        "the final decision",
                                        "the turning point",
                                        "the lesson",
                                        "the alternative",
                                        "the alternatives",
                                        "the first thing you did",
                                        "the conversation",
                                        "do differently",
                                        "did you learn",
                                        "you learn from",
                                        "you take from",
                                        "you change afterwards",
                                        "change afterwards",
                                        "in the end",
                                        "at the time",
                                        "afterwards",
                                        "at that point",
                                        "turn out",
                                        "work out",
                                        "pay off",
                                        "end up",
                                        "involved",
                                        NULL};

    return any_within(w, parts);
}

static bool is_pronoun(const char *word)
{
    static const char *const pronouns[] = {"he",    "she",   "him",  "her", "they", "them",
                                           "their", "his",   "that", "it",  "this", "those",
                                           "these", "there", "then", NULL};

    return in(word, pronouns);
}

/* Is the pronoun at i explained in the question itself? "a customer who thinks they are right": a
 * noun with an article comes before. */
static bool explained(const struct words *w, size_t i)
{
    static const char *const articles[] = {
        "a",  "an",   "your",    "somebody", "someone", "people", "anyone", "anybody",
        "if", "when", "suppose", "imagine",  "say",     "two",    "who",    NULL};

    for (size_t k = w->first; k < i; k++)
        if (in(w->w[k], articles) && strcmp(w->w[k], "when") != 0 && !(k == w->first))
            return true;
    return false;
}

/* "that" before a clause or a noun phrase of its own is not a pronoun: "a time that you". */
static bool points_back(const struct words *w)
{
    static const char *const clause[] = {"you", "we",  "i",   "went", "was",  "had",
                                         "is",  "are", "has", "have", "your", NULL};

    for (size_t i = w->first; i < w->n; i++) {
        const char *next = i + 1 < w->n ? w->w[i + 1] : "";

        if (!is_pronoun(w->w[i]) || explained(w, i))
            continue;
        if (strcmp(w->w[i], "that") == 0 && i > w->first && in(next, clause) &&
            !phrase_at(w, w->first, "how") && !phrase_at(w, w->first, "why"))
            continue;
        if (strcmp(w->w[i], "this") == 0 || strcmp(w->w[i], "these") == 0)
            continue; /* "this role", "this company" */
        if (strcmp(w->w[i], "there") == 0 && i + 1 < w->n && phrase_at(w, i + 1, "anything"))
            continue;
        if (strcmp(w->w[i], "it") == 0 &&
            (phrase_at(w, i, "it like to") || phrase_at(w, i, "it about")))
            continue;
        return true;
    }
    return false;
}

static bool speaks_of(const struct words *w, const char *text)
{
    struct story s = {.n = 0};

    if (!text)
        return false;
    terms_each(text, strlen(text), see_story, &s);
    for (size_t i = w->first; i < w->n; i++)
        for (size_t k = 0; !term_stopword(w->w[i]) && strlen(w->w[i]) > 3 && k < s.n; k++)
            if (w->hash[i] == s.hash[k])
                return true;
    return false;
}

/* Whatever it refers to, it starts something new. */
static bool begins_anew(const struct words *w)
{
    static const char *const beginnings[] = {"a time",
                                             "an occasion",
                                             "a situation",
                                             "a moment when",
                                             "an instance",
                                             "have you ever",
                                             "yourself",
                                             "your career",
                                             "your cv",
                                             "your resume",
                                             "your background",
                                             "imagine",
                                             "suppose",
                                             "lets say",
                                             "what would you do if",
                                             "how would you",
                                             "why do you want",
                                             "why should",
                                             "questions for",
                                             "any questions",
                                             "notice period",
                                             "salary",
                                             "when could you start",
                                             "when can you start",
                                             "your strengths",
                                             "your weaknesses",
                                             "weakness",
                                             "strength",
                                             "design a",
                                             "difference between",
                                             "this role",
                                             "this job",
                                             "this company",
                                             "this position",
                                             "about us",
                                             "work here",
                                             "our company",
                                             "an example of a time",
                                             "the last time you",
                                             "what if",
                                             "next question",
                                             "moving on",
                                             "different topic",
                                             NULL};

    return any_within(w, beginnings);
}

/* He or she, and nobody in the question who that could be. */
static bool names_a_person(const struct words *w)
{
    static const char *const persons[] = {"he", "she", "him", "her", "they", "them", NULL};

    for (size_t i = w->first; i < w->n; i++)
        if (in(w->w[i], persons) && !explained(w, i))
            return true;
    return false;
}

/* Short and in the past tense: about what was just told. "Did you ever" asks for something new. */
static bool asks_of_the_past(const struct words *w)
{
    static const char *const past[] = {"did",   "was",    "were",  "had", "didnt",
                                       "wasnt", "werent", "hadnt", NULL};

    if (w->n - w->first > SHORT_WORDS - 2)
        return false;
    for (size_t i = w->first; i < w->n && i < w->first + 4; i++)
        if (in(w->w[i], past))
            return !any_within(w,
                               (const char *const[]){"you last", "you ever", "first time", NULL});
    return phrase_at(w, w->first, "could you have") ||
           any_within(w, (const char *const[]){"still", NULL});
}

static bool of_its_own(const struct words *w, enum question_kind kind)
{
    static const char *const roles[] = {"was your role", "was your part", "was your job", NULL};

    if (kind == QUESTION_LOGISTICS || kind == QUESTION_CLOSING || kind == QUESTION_SMALL_TALK)
        return true;
    return (kind == QUESTION_BACKGROUND || kind == QUESTION_MOTIVATIONAL) && !any_within(w, roles);
}

enum memory_follows follow_of(const char *question, const char *story)
{
    struct words w = {.n = 0};
    enum question_kind kind = question_kind_of(question, strlen(question), NULL);

    terms_each(question, strlen(question), see, &w);
    while (w.first + 1 < w.n && in(w.w[w.first], fillers))
        w.first++;
    if (!w.n)
        return FOLLOW_NOTHING;
    if (asks_another(&w))
        return FOLLOW_ANOTHER;
    if (begins_anew(&w))
        return FOLLOW_NOTHING;
    if (w.n - w.first > SHORT_WORDS)
        return kind == QUESTION_OTHER && points_back(&w) ? FOLLOW_ON : FOLLOW_NOTHING;
    if (names_a_person(&w))
        return FOLLOW_ON;
    if (opens_onward(&w) && (kind == QUESTION_OTHER || points_back(&w) || names_a_part(&w) ||
                             speaks_of(&w, story) || w.n - w.first <= 3))
        return FOLLOW_ON;
    if (of_its_own(&w, kind))
        return FOLLOW_NOTHING;
    if (points_back(&w) || names_a_part(&w) || asks_of_the_past(&w))
        return FOLLOW_ON;
    return FOLLOW_NOTHING;
}

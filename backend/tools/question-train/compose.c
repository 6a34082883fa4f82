/**
 * @file question-train/compose.c  What an interviewer says in one breath
 *
 *     [remark ...] [front] question [part] [another question] [tail]
 *
 * Some remarks and questions are plain English about anything (syntax.tsv): what asks is how a
 * sentence is built, not its topic.
 *
 * Nearly half of it is written with marks, as Whisper writes; most of the rest without, as other
 * recognisers do, or with some.
 */
#include "ground/question.h"
#include "question-train/train.h"

#include <stdio.h>
#include <string.h>

enum writing { WITH_MARKS, WITHOUT_MARKS, SOME_MARKS, MIXED };

/* How often a kind is asked, in percent; they sum up to 100. */
static const uint32_t shares[] = {
    [QUESTION_BEHAVIORAL] = 15,  [QUESTION_TECHNICAL] = 17,   [QUESTION_DESIGN] = 8,
    [QUESTION_SITUATIONAL] = 14, [QUESTION_MOTIVATIONAL] = 9, [QUESTION_BACKGROUND] = 11,
    [QUESTION_LOGISTICS] = 8,    [QUESTION_SMALL_TALK] = 4,   [QUESTION_CLOSING] = 4,
    [QUESTION_OTHER] = 10,
};

static int any_kind(void)
{
    uint32_t at = chance(100);
    int kind = 0;

    while (at >= shares[kind])
        at -= shares[kind++];
    return kind;
}

static void drop_marks(char *text)
{
    size_t n = 0;

    for (const char *p = text; *p; p++)
        if (!strchr(",.?!", *p))
            text[n++] = *p;
    text[n] = '\0';
}

static bool begins_with(const char *text, const char *word)
{
    size_t n = strlen(word);

    return strncmp(text, word, n) == 0 && (text[n] == ' ' || text[n] == '\0');
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t k = strlen(end);

    return n >= k && strcmp(text + n - k, end) == 0;
}

/* Something bidden ends in a full stop, a question in its mark; now and then it is the other. */
static char mark_of_question(const char *text)
{
    static const char *const bids[] = {
        "tell",    "describe", "explain",   "give",  "walk", "talk", "share",
        "design",  "write",    "implement", "think", "name", "take", "imagine",
        "picture", "let's",    "please",    "pick",  "i'd",  "your", "it"};

    for (size_t i = 0; i < sizeof(bids) / sizeof(bids[0]); i++)
        if (begins_with(text, bids[i]))
            return percent(85) ? '.' : '?';
    return percent(95) ? '?' : '.';
}

static char mark_of_remark(const char *text)
{
    static const char *const tags[] = {"right", "isn't it", "wasn't it", "doesn't it", "can you",
                                       "eh",    "you know", "really",    "can it"};

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        if (ends_with(text, tags[i]))
            return percent(70) ? '?' : '.';
    return percent(96) ? '.' : '!';
}

/* Append a piece with the mark behind it. Returns where it starts. */
static size_t append(struct composition *c, enum writing writing, char text[TEXT_MAX_BYTES],
                     char mark)
{
    size_t room = sizeof(c->text) - c->len;
    size_t start;

    if (writing == MIXED)
        writing = percent(50) ? WITH_MARKS : WITHOUT_MARKS;
    if (percent(35))
        grammar_noise(text);
    if (writing == WITHOUT_MARKS || (writing == SOME_MARKS && percent(40)))
        drop_marks(text);
    if (writing == WITHOUT_MARKS || (writing == SOME_MARKS && percent(60)))
        mark = '\0';
    if (strlen(text) + 4 > room)
        return c->len;
    if (c->len)
        c->text[c->len++] = ' ';
    start = c->len;
    c->len += (size_t)sprintf(c->text + c->len, "%s", text);
    if (mark && c->len > start && !strchr(",.?!", c->text[c->len - 1])) {
        c->text[c->len++] = mark;
        c->text[c->len] = '\0';
    }
    return start;
}

static void add_remark(struct composition *c, enum writing writing)
{
    char text[TEXT_MAX_BYTES];
    uint32_t which = chance(100);
    const char *name = which < 38   ? "say"
                       : which < 56 ? "tell"
                       : which < 66 ? "nod"
                       : which < 74 ? "statement"
                                    : "any.told";
    char mark;

    if (!grammar_make(name, text))
        return;
    mark = mark_of_remark(text);
    append(c, writing, text, mark == '.' && percent(12) ? ',' : mark);
}

/* "What was your, sorry, I mean what is ...": begun anew. */
static void begin_anew(char text[TEXT_MAX_BYTES])
{
    static const char *const turns[] = {
        "sorry, ",    "sorry i mean ",       "i mean ",    "no wait ", "let me rephrase ",
        "or rather ", "let me start over, ", "actually, ", "well, "};
    char again[TEXT_MAX_BYTES];
    size_t k = 0;
    int words = 2 + (int)chance(3);

    while (text[k] && words) {
        k++;
        words -= text[k] == ' ';
    }
    if (!text[k])
        return;
    snprintf(again, sizeof(again), "%.*s, %s%s", (int)k, text,
             turns[chance(sizeof(turns) / sizeof(turns[0]))], text);
    strcpy(text, again);
}

static void add_question(struct composition *c, enum writing writing, int kind, bool another)
{
    char text[TEXT_MAX_BYTES];
    char part[TEXT_MAX_BYTES];
    char name[64];
    size_t start;

    if (c->count == SPANS_OF_ONE_MAX)
        return;
    if (percent(82) || !grammar_make("any.asked", text))
        grammar_question(kind, text);
    if (another && percent(60)) {
        static const char *const links[] = {"and ", "and also ", "also ", "and then ", "plus "};

        snprintf(part, sizeof(part), "%s%s", links[chance(5)], text);
        strcpy(text, part);
    }
    if (percent(11) && grammar_make("any.rel", part) &&
        strlen(text) + strlen(part) + 2 < TEXT_MAX_BYTES)
        strcat(strcat(text, " "), part);
    if (percent(3))
        begin_anew(text);
    start = append(c, writing, text, mark_of_question(text));
    snprintf(name, sizeof(name), "part.%s", question_kind_name((enum question_kind)kind));
    if (percent(16) && grammar_make(name, part))
        append(c, writing, part, percent(80) ? '?' : '.');
    if (start == c->len)
        return;
    c->spans[c->count].start = start;
    c->spans[c->count].end = c->len;
    c->spans[c->count++].kind = kind;
}

static void add_front(struct composition *c, enum writing writing)
{
    char text[TEXT_MAX_BYTES];

    if (grammar_make("front", text))
        append(c, writing, text, percent(40) ? ',' : percent(15) ? '.' : '\0');
}

static void add_tail(struct composition *c, enum writing writing)
{
    char text[TEXT_MAX_BYTES];

    if (percent(45)) {
        add_remark(c, writing);
    } else if (grammar_make("tail", text)) {
        append(c, writing, text, '.');
        if (percent(15))
            add_remark(c, writing);
    }
}

void compose(struct composition *c)
{
    enum writing writing = percent(44)   ? WITH_MARKS
                           : percent(64) ? WITHOUT_MARKS
                           : percent(40) ? SOME_MARKS
                                         : MIXED;
    uint32_t form = chance(100);
    int kind = any_kind();
    int remarks = form < 24 ? 0 : 1 + (int)chance(3);

    *c = (struct composition){.len = 0};
    for (int i = 0; i < remarks; i++)
        add_remark(c, writing);
    if (form >= 76) /* nothing is asked */
        return;
    if (percent(remarks ? 35 : 25))
        add_front(c, writing);
    add_question(c, writing, kind, false);
    if (percent(6))
        add_question(c, writing, any_kind(), true);
    if (form < 8 || form >= 48)
        add_tail(c, writing);
}

/**
 * @file answer/spoken_sentence.c  From a line of a profile to a sentence in the first person
 *
 * Profiles are written without a subject ("Led the migration …"), as labels ("Notice period: two
 * months") and as posts ("On-call lead for 14 services"). Each form gets the few words that make
 * it speakable; a sentence that has its own subject stays as it is. The words of the profile are
 * never changed but for the case of the first letter.
 */
#include "answer/spoken_internal.h"

#include "base/text.h"
#include "ground/evidence.h"
#include "ground/passages.h"
#include "ground/terms.h"

#include <stdlib.h>
#include <string.h>

enum { WORD = 40, LABEL_BYTES = 48, POST_WORDS = 3 };

static bool listed(const char *word, const char *list)
{
    size_t n = strlen(word);

    for (const char *at = list; n && (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

/** The next word from at, folded; returns where it ends. */
static size_t word_at(const char *text, size_t len, size_t at, char word[static WORD])
{
    size_t n = 0;

    while (at < len && strchr(" -", text[at]))
        at++;
    for (; at < len && !strchr(" -,;:.", text[at]); at++)
        if (n < WORD - 1)
            word[n++] = text[at] >= 'A' && text[at] <= 'Z' ? (char)(text[at] + 32) : text[at];
    word[n] = '\0';
    return at;
}

/** "Led the …", "Mentor two …": a deed without its subject. */
static bool deed(const char *text, size_t len)
{
    static const char now[] = "lead mentor coach manage run own build write teach train maintain "
                              "support design head supervise organise organize help advise";
    static const char after[] =
        "the a an our my its their for with to from in on off out over about into all every each "
        "two three four five six seven eight nine ten along no back between up down both that";
    static const char odd[] =
        "rode lost caught felt drew rose stood swam drove flew chose sat said";
    char first[WORD];
    char second[WORD];
    size_t at = word_at(text, len, 0, first);
    size_t n = strlen(first);
    bool object;

    word_at(text, len, at, second);
    object = listed(second, after) || (second[0] >= '0' && second[0] <= '9');
    if (at < len && strchr(",:;", text[at]))
        return false;
    if (passage_action_verb(first))
        return true;
    if (listed(first, now))
        return !listed(second, "engineer developer designer nurse for of at on teacher architect "
                               "analyst scientist manager in");
    return object && (listed(first, odd) || (n > 4 && strcmp(first + n - 2, "ed") == 0));
}

/** "On-call lead for 14 services", "Preceptor for nine nurses": what somebody was. */
static bool post(const char *text, size_t len)
{
    static const char posts[] =
        "lead preceptor user manager head owner coordinator mentor member chair captain tutor "
        "trainer engineer developer nurse officer supervisor representative assistant volunteer "
        "deputy director founder cofounder instructor treasurer secretary organiser organizer";
    static const char after[] = "for of when at in on to and";
    char word[WORD];
    char next[WORD];
    size_t at = 0;

    for (int i = 0; i < POST_WORDS && at < len; i++) {
        at = word_at(text, len, at, word);
        word_at(text, len, at, next);
        if (listed(word, posts) && listed(next, after))
            return true;
    }
    return false;
}

struct label {
    const char *words; /* of the profile, folded */
    const char *say;
};

/* What is said in place of a label; what follows it is the profile's. */
static const struct label labels[] = {
    {"what i look for", "What I look for is "},
    {"what drives me", "What drives me is "},
    {"what motivates me", "What motivates me is "},
    {"why i am looking", "The reason I am looking: "},
    {"strengths", "My strengths: "},
    {"strength", "My strength: "},
    {"good at", "I am good at "},
    {"need to get better at", "I need to get better at "},
    {"working on", "I am working on "},
    {"weakness", "My weakness: "},
    {"weaknesses", "My weaknesses: "},
    {"weak spot", "My weak spot: "},
    {"education", "My education: "},
    {"languages", "I speak "},
    {"notice period", "My notice period is "},
    {"notice", "My notice period is "},
    {"salary", "My salary: "},
};

static void fold(char *to, size_t size, const char *text, size_t len)
{
    text_copy(to, size, text, len);
    for (char *c = to; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
}

static const char *label_said(const char *text, size_t len)
{
    char label[LABEL_BYTES];

    fold(label, sizeof(label), text, len);
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (strcmp(label, labels[i].words) == 0)
            return labels[i].say;
    return NULL;
}

/** Words that begin with a capital only because a sentence does. */
static bool common_start(const char *text, size_t len)
{
    static const char common[] =
        "the a an we it they he she this that these those two three four five six seven eight "
        "nine ten all both nobody everybody one some most many half each every our my in on at "
        "when after before over since within over there can super on preceptor senior junior";
    char word[WORD];

    word_at(text, len, 0, word);
    return listed(word, common);
}

/** The text on one line, without its stop; its first letter made small when lower is set. */
static void put_text(struct buf *out, const char *text, size_t len, bool lower)
{
    bool space = false;

    while (len && strchr(" .;,:\n\r\t", text[len - 1]))
        len--;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c && strchr(" \t\r\n\f\v", c)) {
            space = true;
            continue;
        }
        if (space)
            buf_putc(out, ' ');
        space = false;
        buf_putc(out, i == 0 && lower && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
    buf_puts(out, len && strchr("!?", text[len - 1]) ? "" : ".");
}

static void put_turn(struct buf *out, const char *turn)
{
    if (turn)
        buf_printf(out, "%s ", turn);
}

/** A place that is still held, by its heading ("2021 to now")? */
static bool still_there(const struct speech *s, size_t i)
{
    int heading = grounding_passage(s->g, i)->heading;
    const struct passage *h = heading < 0 ? NULL : grounding_passage(s->g, (size_t)heading);
    char text[GROUND_PASSAGE_LONG];

    if (!h)
        return false;
    fold(text, sizeof(text), h->text, h->len);
    return strstr(text, "now") || strstr(text, "present") || strstr(text, "today") ||
           strstr(text, "current");
}

/** "2.1 billion rows, no lost transaction": figures without a verb. */
static bool only_figures(const char *text, size_t len)
{
    static const char verbs[] = "is are was were has have had fell rose went ran won dropped grew "
                                "made became stayed left kept took moved came led cut said did "
                                "still i we showed gave saved";
    char word[WORD];

    if (!len || text[0] < '0' || text[0] > '9' || !memchr(text, ',', len))
        return false;
    for (size_t at = 0; at < len;) {
        at = word_at(text, len, at, word);
        if (listed(word, verbs))
            return false;
        while (at < len && strchr(" -,;:.", text[at]))
            at++;
    }
    return true;
}

/** "So" leads to what the speaker did, "In the end," to what came of it. */
static const char *fitting(const char *turn, bool own)
{
    if (turn && (strcmp(turn, "So") == 0 ? !own : strcmp(turn, "In the end,") == 0 && own))
        return NULL;
    return turn;
}

static void put_context(struct speech *s, const char *text, size_t len, const char *turn)
{
    struct passage p = {.text = text, .len = len, .field = GROUND_CONTEXT};
    size_t label = passage_label(&p);
    const char *said = label ? label_said(text, label - 1) : NULL;
    size_t i;

    if (said) {
        buf_puts(s->out, said);
        text += label + 1;
        put_text(s->out, text, len - label - 1, false);
    } else if (deed(text, len)) {
        put_turn(s->out, fitting(turn, true));
        buf_puts(s->out, "I ");
        put_text(s->out, text, len, true);
    } else if (post(text, len) && find_quote(s, text, &i)) {
        put_turn(s->out, turn);
        buf_puts(s->out, still_there(s, i) ? "I am " : "I was ");
        put_text(s->out, text, len, common_start(text, len));
    } else if (only_figures(text, len)) {
        buf_puts(s->out, "In numbers: ");
        put_text(s->out, text, len, false);
    } else if (len > 4 && memcmp(text, "Can ", 4) == 0) {
        buf_puts(s->out, "I ");
        put_text(s->out, text, len, true);
    } else {
        bool own = len > 2 && memcmp(text, "I ", 2) == 0;
        bool small = common_start(text, len);

        turn = fitting(turn, own);
        if (turn && (own || small))
            put_turn(s->out, turn);
        put_text(s->out, text, len, turn && small);
    }
}

static void begin(struct speech *s, const char *field)
{
    if (s->field && (!field || strcmp(s->field, field) != 0))
        say_mark(s);
    if (s->out->len && !strchr(" \n", s->out->data[s->out->len - 1]))
        buf_putc(s->out, ' ');
}

void say_mark(struct speech *s)
{
    if (s->field)
        buf_printf(s->out, " [%s]", s->field);
    s->field = NULL;
}

void say_frame(struct speech *s, const char *text)
{
    begin(s, NULL);
    buf_puts(s->out, text);
}

void say_lead(struct speech *s, const char *text)
{
    say_frame(s, text);
    buf_putc(s->out, ' ');
}

static void say_field(struct speech *s, const char *field, const char *text, size_t len,
                      const char *turn)
{
    begin(s, field);
    s->field = field;
    s->said++;
    if (strcmp(field, "context") == 0) {
        put_context(s, text, len, turn);
    } else if (strcmp(field, "jobDescription") == 0) {
        buf_puts(s->out, "Your posting says: “");
        put_text(s->out, text, len, false);
        buf_puts(s->out, "”");
    } else if (strcmp(field, "skills") == 0) {
        put_turn(s->out, "One of my skills is");
        put_text(s->out, text, len, false);
    } else {
        put_text(s->out, text, len, false);
    }
}

void say_point(struct speech *s, const struct llm_point *p, const char *turn)
{
    say_field(s, p->field, p->quote, strlen(p->quote), turn);
}

void say_passage(struct speech *s, size_t i, const char *turn)
{
    const struct passage *p = grounding_passage(s->g, i);

    say_field(s, ground_field_name(p->field), p->text, p->len, turn);
}

bool find_quote(const struct speech *s, const char *quote, size_t *i)
{
    size_t n = strcspn(quote, "\n");

    for (size_t k = 0; k < grounding_count(s->g); k++) {
        const struct passage *p = grounding_passage(s->g, k);
        size_t m = p->len < n ? p->len : n;

        if (p->field != GROUND_CONTEXT || m < 2 || memcmp(p->text, quote, m) != 0)
            continue;
        *i = k;
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------------------- headings */

static bool names_post(const char *text, size_t len)
{
    static const char posts[] =
        "engineer developer manager nurse designer analyst scientist lead teacher director "
        "representative consultant architect intern assistant head officer coordinator associate "
        "administrator specialist researcher accountant sales senior junior staff charge";
    char word[WORD];

    for (size_t at = 0; at < len;) {
        at = word_at(text, len, at, word);
        if (listed(word, posts) || (word[0] >= '0' && word[0] <= '9'))
            return true;
        while (at < len && strchr(" -,;:.", text[at]))
            at++;
    }
    return false;
}

/** "Projects:" is over a part of the profile, and no place. */
static bool names_part(const char *text, size_t len)
{
    static const char parts[] =
        "projects experience employment achievements highlights summary profile about education "
        "skills career responsibilities accomplishments";
    char word[WORD];

    return word_at(text, len, 0, word) == len && listed(word, parts);
}

size_t heading_place(const char *heading, size_t len, const char **at)
{
    for (size_t i = 0; i < len;) {
        size_t start = i;
        size_t end;

        while (i < len && !strchr(",|(:", heading[i]))
            i++;
        end = i++;
        while (start < end && strchr(" )\t", heading[start]))
            start++;
        while (end > start && strchr(" \t", heading[end - 1]))
            end--;
        if (end - start < 3 || names_post(heading + start, end - start) ||
            names_part(heading + start, end - start))
            continue;
        *at = heading + start;
        return end - start;
    }
    return 0;
}

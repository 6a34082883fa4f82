/**
 * @file answer/sentence.c  Deeds, labels, sentences and fragments
 */
#include "answer/sentence.h"

#include "base/text.h"
#include "ground/passages.h"
#include "ground/places.h"

#include <ctype.h>
#include <string.h>

enum { WORD = 40, LABEL_BYTES = 48, SENTENCE_WORDS = 3, CLAUSE_WORDS = 4, LINE_BYTES = 1024 };

static bool listed(const char *word, const char *list)
{
    size_t n = strlen(word);

    for (const char *at = list; n && (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

static bool is_space(char c)
{
    return c && strchr(" \t\r\n\f\v", c);
}

/** The next word from at, in lower case; returns where it ends. */
static size_t word_at(const char *text, size_t len, size_t at, char word[static WORD])
{
    size_t n = 0;

    while (at < len && (is_space(text[at]) || strchr("-“\"'(", text[at])))
        at++;
    for (; at < len && !is_space(text[at]) && !strchr("-,;:.!?()", text[at]); at++)
        if (n < WORD - 1)
            word[n++] = (char)tolower((unsigned char)text[at]);
    word[n] = '\0';
    return at;
}

/* --------------------------------------------------------------------------------------- deeds */

/* Said of today: "Look after bays of six", "Run the night shift". */
static const char now[] =
    "lead manage run own build write teach train maintain support design head supervise organise "
    "organize help advise look take handle coordinate plan prepare review mentor coach operate "
    "deliver develop oversee provide ensure work speak serve sell install repair inspect test "
    "audit "
    "analyse analyze create drive keep monitor negotiate present produce report represent research "
    "schedule treat assess cook drive translate edit publish";
/* Past forms that are none of passage_action_verb(). */
static const char then[] =
    "rode lost caught drew rose flew chose said swapped wired retrained mapped replaced misread "
    "planned priced cut put let laid paid looked sat stood spent told swam drove met made saw "
    "thought understood read wrote lent brought bought sought felt fell filled noticed overbooked "
    "took cared nursed treated drafted installed repaired served covered owned rescued scored "
    "reworked recovered reversed spoke swept had went";
/* Deeds of others when a preposition follows: "Promoted to lead", "Trained in triage". */
static const char done_to[] =
    "promoted awarded certified trained recognised recognized elected appointed selected named "
    "chosen published used known rated based nominated invited asked sent taught given hired "
    "seconded supervised mentored funded licensed registered qualified accredited born educated "
    "employed headed led supported required involved assigned raised";
static const char prepositions[] = "to by as in at for from on of with under over since after";
/* Nouns behind which a verb of today is one too: "Lead developer", "Test engineer". */
static const char posts[] =
    "engineer developer designer nurse teacher architect analyst scientist manager officer "
    "consultant technician assistant desk staff worker driver chef clerk administrator for of at "
    "times time day days experience and";

/* Said of a person, not of what was done: "Experienced nurse", "Advanced Life Support". */
static const char adjectives[] =
    "experienced skilled motivated dedicated detailed advanced certified registered qualified "
    "chartered accredited licensed talented committed focused seasoned trusted proven limited "
    "related supposed united need speed embedded distributed applied varied used good need indeed";

/** "Disagreed with", "Caused an outage": any regular past form that is none of the others. */
static bool is_past(const char *word)
{
    size_t n = strlen(word);

    return n > 4 && strcmp(word + n - 2, "ed") == 0 && !listed(word, adjectives);
}

static bool is_deed(const char *text, size_t len, bool bullet)
{
    char first[WORD];
    char second[WORD];
    size_t at = word_at(text, len, 0, first);

    word_at(text, len, at, second);
    if (!len || !isupper((unsigned char)text[0]) || (at < len && strchr(",:;", text[at])) ||
        !second[0])
        return false;
    if (listed(first, done_to) && listed(second, prepositions))
        return false;
    if (listed(first, adjectives) && !listed(second, "a an the our my two three four five"))
        return false;
    if (passage_action_verb(first) || listed(first, then) || is_past(first))
        return bullet || !listed(second, "i we he she it they");
    if (strcmp(first, "can") == 0)
        return true;
    return bullet && listed(first, now) && !listed(second, posts);
}

/* ------------------------------------------------------------------------------------ sentences */

static const char subjects[] =
    "i we he she it they you who nobody everybody someone somebody there "
    "this that these those i'm i've i'd we've it's that's there's";
static const char verbs[] =
    "is are was were am has have had do does did can could will would should may might must went "
    "came took made got gave fell rose ran won grew became stayed left kept held told said saw "
    "found led built wrote sold met paid read put let cut set sent brought thought taught felt "
    "began knew lost spent stood won't don't didn't wasn't isn't can't went wants want like enjoy "
    "look need hate hated works work threw broke hit drew woke shook hid struck rang sang swore "
    "tore "
    "wore bit blew caught crept dealt drank ate fought froze hung hurt laid lent meant rode sank "
    "shot "
    "shut slept spread stole stuck swam swung burst fled forgot chose drove flew spoke stood sat "
    "rose";

/** Has it a verb, as far as words can tell? */
static bool has_verb(const char *text, size_t len)
{
    char word[WORD];
    bool after_comma = false; /* "…, renewed 2025": what is said of a thing, no verb */
    int words = 0;

    for (size_t at = 0; at < len;) {
        size_t end = word_at(text, len, at, word);
        size_t n = strlen(word);

        if (listed(word, verbs) ||
            (words && !after_comma && n > 4 && strcmp(word + n - 2, "ed") == 0))
            return true;
        after_comma = end < len && text[end] == ',';
        words += n > 0;
        at = end + 1;
    }
    return false;
}

/** "2.1 billion rows, no lost transaction": figures without a verb that has a subject. */
static bool only_figures(const char *text, size_t len)
{
    char word[WORD];

    if (!len || !isdigit((unsigned char)text[0]) || !memchr(text, ',', len))
        return false;
    for (size_t at = 0; at < len;) {
        at = word_at(text, len, at, word) + 1;
        if (listed(word, "is are was were has have had fell rose went ran won grew became stayed "
                         "took came led said i we can will"))
            return false;
    }
    return true;
}

static bool is_whole(const char *text, size_t len)
{
    char word[WORD];
    int words = 0;
    bool subject = false;

    if (only_figures(text, len))
        return false;

    for (size_t at = 0; at < len && words < 200;) {
        size_t end = word_at(text, len, at, word);

        words += word[0] != '\0';
        subject |= words < 4 && listed(word, subjects);
        at = end + 1;
    }
    return words >= SENTENCE_WORDS && (subject || has_verb(text, len));
}

/* --------------------------------------------------------------------------------------- labels */

/* What is said in place of a label; what follows it is the profile's. */
static const struct {
    const char *words; /* of the profile, in lower case */
    const char *say;
} labels[] = {
    {"what i look for", "What I look for is "},
    {"what drives me", "What drives me is "},
    {"what motivates me", "What motivates me is "},
    {"strengths", "My strengths: "},
    {"strength", "My strength: "},
    {"good at", "I am good at "},
    {"working on", "I am working on "},
    {"weakness", "My weakness: "},
    {"weaknesses", "My weaknesses: "},
    {"weak spot", "My weak spot: "},
    {"education", "My education: "},
    {"languages", "My languages: "},
    {"notice period", "My notice period is "},
    {"notice", "My notice period is "},
    {"salary", "My salary: "},
    {"salary expectation", "My salary expectation: "},
};

static size_t label_of(const char *text, size_t len, bool bullet)
{
    struct passage p = {.text = text, .len = len, .field = GROUND_CONTEXT, .bullet = bullet};

    return passage_label(&p);
}

static const char *label_said(const char *text, size_t label)
{
    char word[LABEL_BYTES];

    text_copy(word, sizeof(word), text, label - 1);
    for (char *c = word; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (strcmp(word, labels[i].words) == 0)
            return labels[i].say;
    return NULL;
}

/* --------------------------------------------------------------------------------------- saying */

enum sentence_form sentence_form(const char *text, size_t len, bool bullet)
{
    if (label_of(text, len, bullet))
        return SENTENCE_LABEL;
    if (is_deed(text, len, bullet))
        return SENTENCE_DEED;
    return is_whole(text, len) ? SENTENCE_WHOLE : SENTENCE_FRAGMENT;
}

/** One line: hard breaks and runs of spaces become one space. */
static void put_line(struct buf *out, const char *text, size_t len, bool small)
{
    bool space = false;

    while (len && is_space(text[len - 1]))
        len--;
    for (size_t i = 0; i < len; i++) {
        if (is_space(text[i])) {
            space = true;
            continue;
        }
        if (space && i)
            buf_putc(out, ' ');
        space = false;
        buf_putc(out, i == 0 && small ? (char)tolower((unsigned char)text[i]) : text[i]);
    }
}

static void put_stop(struct buf *out)
{
    while (buf_last(out) && strchr(" ,;:", buf_last(out)))
        buf_chop(out, 1);
    if (buf_last(out) && !strchr(".!?”\"", buf_last(out)))
        buf_putc(out, '.');
}

void sentence_say(struct buf *out, const char *text, size_t len, bool bullet)
{
    size_t label = label_of(text, len, bullet);
    const char *said = label ? label_said(text, label) : NULL;

    switch (sentence_form(text, len, bullet)) {
    case SENTENCE_DEED:
        buf_puts(out, "I ");
        put_line(out, text, len, true);
        break;
    case SENTENCE_LABEL:
        if (said && !is_whole(text + label, len - label)) {
            buf_puts(out, said);
            while (label < len && is_space(text[label]))
                label++;
            put_line(out, text + label, len - label, false);
            break;
        }
        put_line(out, text, len, false);
        break;
    case SENTENCE_WHOLE:
        put_line(out, text, len, false);
        break;
    case SENTENCE_FRAGMENT:
        buf_puts(out, "As my profile has it: “");
        put_line(out, text, len, false);
        put_stop(out);
        buf_puts(out, "”");
        return;
    }
    put_stop(out);
}

/** May a clause end before this word? Not where what follows takes something back. */
static bool ends_clause(const char *text, size_t len, size_t at)
{
    char word[WORD];

    word_at(text, len, at, word);
    return listed(word, "and because so which when while where who after before until as");
}

/** Of a sentence that is cut at end, without marks and words that want something behind them. */
static size_t drop_loose(const char *line, size_t len, size_t end)
{
    static const char loose[] = "about of in to for with the a an on at by from and or who which "
                                "that because so but is was were are my our their his her into as";
    char word[WORD];

    while (end && end < len) {
        size_t start;

        while (end && strchr(" ,;:–-", line[end - 1]))
            end--;
        for (start = end; start && line[start - 1] != ' ';)
            start--;
        word_at(line, end, start, word);
        if (!start || !listed(word, loose))
            break;
        end = start;
    }
    return end;
}

void sentence_lead(char *to, size_t size, const char *text, size_t len, bool bullet, int words)
{
    struct buf line;
    size_t clause = 0;
    size_t end = 0;
    int n = 0;

    buf_init(&line, LINE_BYTES);
    sentence_say(&line, text, len, bullet);
    for (size_t at = 0; line.data && at < line.len && n < words; n++) {
        while (at < line.len && line.data[at] == ' ')
            at++;
        while (at < line.len && line.data[at] != ' ')
            at++;
        end = at;
        if (n + 1 >= CLAUSE_WORDS && at < line.len &&
            (strchr(",;.", line.data[at - 1]) || ends_clause(line.data, line.len, at)))
            clause = at;
    }
    if (end < line.len && clause)
        end = clause;
    end = drop_loose(line.data, line.len, end);
    text_copy(to, size, line.data ? line.data : "", end);
    if (line.data)
        explicit_bzero(line.data, line.cap);
    buf_release(&line);
}

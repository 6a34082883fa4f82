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

/** The next word from at, in lower case; returns its end. */
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

/* ------------------------------------------------------------------------------------- clauses */

/* Words that begin a clause about somebody else, or about when and where. */
static const char joins[] =
    "when while because since after before until if unless although as that "
    "which who whom whose where so and but or once whenever";

/** Where the main clause at the beginning of the text ends: at a mark, or before a word that joins
 *  another clause. */
static size_t clause_end(const char *text, size_t len)
{
    char word[WORD];
    size_t at = 0;

    for (bool first = true; at < len; first = false) {
        char next[WORD];
        size_t end = word_at(text, len, at, word);

        word_at(text, len, end, next);
        if (!first && listed(word, joins) && strcmp(next, "i") != 0)
            return at;
        if (end >= len || strchr(",:;(", text[end]))
            return end;
        at = end + 1;
    }
    return len;
}

/* --------------------------------------------------------------------------------------- deeds */

/* Present-tense verbs: "Look after bays of six", "Run the night shift". */
static const char now[] =
    "lead manage run own build write teach train maintain support design head supervise organise "
    "organize help advise look take handle coordinate plan prepare review mentor coach operate "
    "deliver develop oversee provide ensure work speak serve sell install repair inspect test "
    "audit "
    "analyse analyze create drive keep monitor negotiate present produce report represent research "
    "schedule treat assess cook drive translate edit publish";
/* Past forms that passage_action_verb() does not know. */
static const char then[] =
    "rode lost caught drew rose flew chose said swapped wired retrained mapped replaced misread "
    "planned priced cut put let laid paid looked sat stood spent told swam drove met made saw "
    "thought understood read wrote lent brought bought sought felt fell filled noticed overbooked "
    "took cared nursed treated drafted installed repaired served covered owned rescued scored "
    "reworked recovered reversed spoke swept had went";
/* Deeds of others if a preposition follows: "Promoted to lead", "Trained in triage". */
static const char done_to[] =
    "promoted awarded certified trained recognised recognized elected appointed selected named "
    "chosen published used known rated based nominated invited asked sent taught given hired "
    "seconded supervised mentored funded licensed registered qualified accredited born educated "
    "employed headed led supported required involved assigned raised";
static const char prepositions[] =
    "to by as in at for from on of with under over since after into against during until within";
/* Past forms that need no object: "Worked in", "Disagreed with". With any other verb a preposition
 * makes it something done to somebody: "Admitted in 2015", "Renewed in May". */
static const char without_object[] =
    "worked moved lived studied travelled traveled volunteered participated specialised "
    "specialized "
    "graduated served acted reported returned relocated helped disagreed pushed coped dealt "
    "responded complied contributed collaborated argued campaigned catered cared stepped checked "
    "listened talked waited stayed switched migrated interned partnered negotiated liaised "
    "competed "
    "invested succeeded focused insisted looked advised lectured belonged climbed walked drove "
    "rode "
    "arrived started began stopped failed apologised apologized agreed asked called phoned written "
    "complained experimented learned learnt trained coached mentored sold wrote ran rose grew sat "
    "stood spoke went came fell flew swam took rolled joined prepared consulted progressed";
/* Nouns after which a present-tense verb form is a noun too: "Lead developer", "Test engineer". */
static const char posts[] =
    "engineer developer designer nurse teacher architect analyst scientist manager officer "
    "consultant technician assistant desk staff worker driver chef clerk administrator for of at "
    "times time day days experience and salary";
/* What can follow a present-tense verb; before anything else it may be a noun ("Test automation",
 * "Report writing"). */
static const char takes[] =
    "a an the our my their all every each two three four five six seven eight nine ten eleven "
    "twelve "
    "some several new young after at into on up over with to in bays shifts teams people students "
    "trainees pupils patients customers clients junior juniors apprentices colleagues meetings "
    "workshops projects reports classes courses lessons systems tools services accounts budgets";

/* Describing a person, not a deed: "Experienced nurse", "Advanced Life Support". */
static const char adjectives[] =
    "experienced skilled motivated dedicated detailed advanced certified registered qualified "
    "chartered accredited licensed talented committed focused seasoned trusted proven limited "
    "related supposed united need speed embedded distributed applied varied used good need indeed "
    "enhanced extended";

/** "Disagreed with", "Caused an outage": any regular past form that is none of the others. */
static bool is_past(const char *word)
{
    size_t n = strlen(word);

    return n > 4 && strcmp(word + n - 2, "ed") == 0 && !listed(word, adjectives);
}

/** Does it continue like a present-tense verb? */
static bool goes_on(const char *second)
{
    return listed(second, takes) || isdigit((unsigned char)second[0]);
}

/** "Missed screenings fell": another verb has the first word's noun as its subject. */
static bool has_other_verb(const char *text, size_t len)
{
    static const char finite[] = "is are was were fell rose went came grew became";
    char word[WORD];
    size_t end = clause_end(text, len);
    size_t at = word_at(text, len, 0, word);

    while (at < end) {
        at = word_at(text, end, at, word);
        if (listed(word, finite))
            return true;
        at++;
    }
    return false;
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
    if (listed(second, prepositions) &&
        (listed(first, done_to) || (is_past(first) && !listed(first, without_object))))
        return false;
    if (listed(first, adjectives) && !listed(second, "a an the our my two three four five"))
        return false;
    if (is_past(first) && !listed(second, takes) && has_other_verb(text, len))
        return false;
    if (passage_action_verb(first) || listed(first, then) || is_past(first))
        return bullet || !listed(second, "i we he she it they");
    if (strcmp(first, "can") == 0)
        return true;
    return bullet && listed(first, now) && !listed(second, posts) && goes_on(second);
}

/* ------------------------------------------------------------------------------------ sentences */

static const char subjects[] =
    "i we he she it they you who nobody everybody someone somebody there "
    "this that these those i'm i've i'd we've it's that's there's";
static const char verbs[] =
    "is are was were am has have had do does did can could will would should may might must went "
    "came took made got gave fell rose ran won grew became stayed left kept held told said saw "
    "found led built wrote sold met paid read put let cut set sent brought thought taught felt "
    "began knew lost spent stood won't don't didn't wasn't isn't can't went wants want enjoy "
    "hate hated threw broke hit drew woke shook hid struck rang sang swore "
    "tore "
    "wore bit blew caught crept dealt drank ate fought froze hung hurt laid lent meant rode sank "
    "shot "
    "shut slept spread stole stuck swam swung burst fled forgot chose drove flew spoke stood sat "
    "rose";

/* Words that may open a sentence before its subject. */
static const char openers[] =
    "when while because since after before until if although as once whenever in on at during for "
    "from with by within over under between through last next one later then there here now today "
    "when and but so every each two three this that these those for because without against about "
    "today yesterday recently usually normally often sometimes afterwards eventually finally first";

/* Present-tense verbs that are also nouns: verbs only before an object ("eight teams use it"). */
static const char either[] =
    "work works look looks need needs like likes use uses run runs keep keeps take takes make "
    "makes give gives fix fixes call calls help helps "
    "start starts stop stops pay pays buy buys sell sells read reads write writes meet meets lead "
    "leads fill fills train trains plan plans check checks send sends show shows cover covers own "
    "owns share shares handle handles visit visits save saves cost costs hold holds ask asks tell "
    "tells know knows see sees get gets find finds think thinks say says come comes go goes live "
    "lives open opens close closes eat eats cook cooks teach teaches bring brings put puts";
static const char objects[] =
    "it them him her us me the a an this that their our my his its two three "
    "four five six seven eight nine ten all every each";

static bool is_verb(const char *word, const char *next, bool first)
{
    size_t n = strlen(word);

    if (first)
        return listed(word, verbs);
    return listed(word, verbs) || (n > 4 && strcmp(word + n - 2, "ed") == 0) ||
           (listed(word, either) && (listed(next, objects) || isdigit((unsigned char)next[0])));
}

static const char determiners[] =
    "the a an my our his her their its this that these those one two three "
    "four five six seven eight nine ten some many most all both each "
    "every no another";

/** Is there a verb in text[0, len) with a subject of its own, as far as words can tell? "the rate I
 *  want" has none: a subject right after a noun describes that noun, where that is possible
 *  (relative). */
static bool verb_within(const char *text, size_t len, bool participles, bool relative)
{
    char before[WORD] = "";
    char word[WORD];
    bool beside = false;
    size_t at = 0;

    while (at < len) {
        char next[WORD];
        size_t end = word_at(text, len, at, word);
        size_t n = strlen(word);

        word_at(text, len, end, next);
        if (listed(word, "i we they he she you"))
            beside = relative && before[0] && !listed(before, joins) && !listed(before, openers);
        else if (!beside && is_verb(word, next, !before[0]) &&
                 (participles || n < 2 || strcmp(word + n - 2, "ed") != 0))
            return true;
        if (listed(word, "i we they") && !beside && next[0])
            return true;
        if (end < len && strchr(",;:", text[end]))
            text_copy(before, sizeof(before), "and", strlen("and"));
        else
            memcpy(before, word, sizeof(before));
        at = end + 1;
    }
    return false;
}

/** Does it have a verb for what it is about? A side remark ("…, renewed in 2025", "the ward that
 *  closed") does not count; behind a determiner a comma does not end the clause ("The first, Dean,
 *  could …"). */
static bool has_verb(const char *text, size_t len)
{
    char word[WORD];

    word_at(text, len, 0, word);
    if (verb_within(text, clause_end(text, len), true, !listed(word, openers)))
        return true;
    if (listed(word, openers)) /* "First aid certificate, renewed": it may be no opener */
        return verb_within(text, len, !listed(word, "first one next last"), false);
    return listed(word, determiners) && verb_within(text, len, false, true);
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

static int count_words(const char *text, size_t len)
{
    char word[WORD];
    int words = 0;

    for (size_t at = 0; at < len && words < 200;) {
        at = word_at(text, len, at, word) + 1;
        words += word[0] != '\0';
    }
    return words;
}

/** Does it begin with its subject: "I", "nobody", "it's"? */
static bool opens_with_subject(const char *text, size_t len)
{
    char word[WORD];

    word_at(text, len, 0, word);
    return listed(word, subjects);
}

static bool is_whole(const char *text, size_t len)
{
    if (only_figures(text, len) || count_words(text, len) < SENTENCE_WORDS)
        return false;
    return opens_with_subject(text, len) || has_verb(text, len);
}

/* --------------------------------------------------------------------------------------- labels */

/* What is said instead of a label; the text after it is the profile's. */
static const struct {
    const char *words; /* of the profile, in lower case */
    const char *say;
} labels[] = {
    {"what i look for", "What I look for is "},
    {"what i am looking for", "What I am looking for is "},
    {"what i want", "What I want is "},
    {"what i enjoy", "What I enjoy is "},
    {"what drives me", "What drives me is "},
    {"what motivates me", "What motivates me is "},
    {"strengths", "My strengths are "},
    {"strength", "My strength is "},
    {"good at", "I am good at "},
    {"not good at", "I am not good at "},
    {"working on", "I am working on "},
    {"need to get better at", "I need to get better at "},
    {"weakness", "My weakness is "},
    {"weaknesses", "My weaknesses are "},
    {"weak spot", "My weak spot is "},
    {"weak point", "My weak point is "},
    {"notice period", "My notice period is "},
    {"notice", "My notice period is "},
    {"salary", "My salary is "},
    {"present salary", "My present salary is "},
    {"current salary", "My current salary is "},
    {"salary expectation", "My salary expectation is "},
    {"salary expectations", "My salary expectation is "},
    {"day rate", "My day rate is "},
    {"pay", "My pay is "},
};

static size_t label_of(const char *text, size_t len, bool bullet)
{
    struct passage p = {.text = text, .len = len, .field = GROUND_CONTEXT, .bullet = bullet};

    return passage_label(&p);
}

/** The replacement for a known label; NULL: unknown. */
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

enum first_case { CASE_KEPT, CASE_LOWER, CASE_UPPER };

/** On one line: line breaks and runs of spaces become one space. first: the case of its first
 *  letter. */
static void put_line(struct buf *out, const char *text, size_t len, enum first_case first)
{
    bool space = false;

    while (len && is_space(text[len - 1]))
        len--;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (is_space(c)) {
            space = true;
            continue;
        }
        if (space && i)
            buf_putc(out, ' ');
        space = false;
        if (i == 0 && first == CASE_LOWER)
            c = (char)tolower((unsigned char)c);
        else if (i == 0 && first == CASE_UPPER)
            c = (char)toupper((unsigned char)c);
        buf_putc(out, c);
    }
}

static void put_stop(struct buf *out)
{
    while (buf_last(out) && strchr(" ,;:", buf_last(out)))
        buf_chop(out, 1);
    if (buf_last(out) && !strchr(".!?”\"", buf_last(out)))
        buf_putc(out, '.');
}

/** The text after a label: a sentence of its own ("Hours: I work five days"), the completion of a
 *  known label, or else a quote. */
static void say_label(struct buf *out, const char *text, size_t len, size_t label)
{
    const char *said = label_said(text, label);
    char word[WORD];
    size_t at = label;
    bool asks; /* "Why I am looking: …" */

    while (at < len && is_space(text[at]))
        at++;
    word_at(text, label, 0, word);
    asks = listed(word, "why what where how");
    if (has_verb(text, label - 1) && !said && !asks) {
        put_line(out, text, len, CASE_KEPT);
    } else if (opens_with_subject(text + at, len - at) ||
               (asks && !said && is_whole(text + at, len - at))) {
        put_line(out, text + at, len - at, CASE_UPPER);
    } else if (said) {
        buf_puts(out, said);
        put_line(out, text + at, len - at, CASE_KEPT);
    } else if (is_whole(text + at, len - at)) {
        put_line(out, text, len, CASE_KEPT);
    } else {
        buf_puts(out, "Under “");
        put_line(out, text, label - 1, CASE_KEPT);
        buf_puts(out, "” my profile has “");
        put_line(out, text + at, len - at, CASE_KEPT);
        put_stop(out);
        buf_puts(out, "”");
        return;
    }
    put_stop(out);
}

void sentence_say(struct buf *out, const char *text, size_t len, bool bullet)
{
    switch (sentence_form(text, len, bullet)) {
    case SENTENCE_DEED:
        buf_puts(out, "I ");
        put_line(out, text, len, CASE_LOWER);
        break;
    case SENTENCE_LABEL:
        say_label(out, text, len, label_of(text, len, bullet));
        return;
    case SENTENCE_WHOLE:
        put_line(out, text, len, CASE_KEPT);
        break;
    case SENTENCE_FRAGMENT:
        buf_puts(out, "As my profile has it: “");
        put_line(out, text, len, CASE_KEPT);
        put_stop(out);
        buf_puts(out, "”");
        return;
    }
    put_stop(out);
}

/** May a clause end before this word? Not if the rest takes something back. */
static bool ends_clause(const char *text, size_t len, size_t at)
{
    char word[WORD];

    word_at(text, len, at, word);
    return listed(word, "and because so which when while where who after before until as");
}

/** For a sentence that is cut at end: removes punctuation and words that need something after
 *  them. */
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

/**
 * @file asr/turn/policy.c  When a turn is over; see policy.h
 */
#include "asr/turn/policy.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 16 }; /* longest word in the lists below, with its end, [bytes] */

static const struct {
    const char *name;
    struct turn_policy policy;
} paces[] = {
    [TURN_QUICK] = {"quick",
                    {.look_ms = 128,
                     .eager_p = 0.5f,
                     .asks_p = 0.1f,
                     .sure_p = 0.9f,
                     .likely_p = 0.3f,
                     .mark_p = 0.1f,
                     .maybe_p = 0.05f,
                     .sure_ms = 128,
                     .likely_ms = 450,
                     .maybe_ms = 700,
                     .asks_ms = 300,
                     .open_ms = 700,
                     .else_ms = 1000,
                     .unfinished_ms = 1500,
                     .alone_ms = 350}},
    [TURN_BALANCED] = {"balanced",
                       {.look_ms = 128,
                        .eager_p = 0.5f,
                        .asks_p = 0.1f,
                        .sure_p = 0.95f,
                        .likely_p = 0.3f,
                        .mark_p = 0.2f,
                        .maybe_p = 0.1f,
                        .sure_ms = 160,
                        .likely_ms = 600,
                        .maybe_ms = 1000,
                        .asks_ms = 400,
                        .open_ms = 1000,
                        .else_ms = 1500,
                        .unfinished_ms = 2500,
                        .alone_ms = 450}},
    [TURN_PATIENT] = {"patient",
                      {.look_ms = 128,
                       .eager_p = 0.5f,
                       .asks_p = 0.1f,
                       .sure_p = 0.97f,
                       .likely_p = 0.3f,
                       .mark_p = 0.25f,
                       .maybe_p = 0.15f,
                       .sure_ms = 320,
                       .likely_ms = 1000,
                       .maybe_ms = 1400,
                       .asks_ms = 600,
                       .open_ms = 1500,
                       .else_ms = 2000,
                       .unfinished_ms = 3000,
                       .alone_ms = 800}},
};
enum { PACES = sizeof(paces) / sizeof(paces[0]) };

bool turn_pace_read(const char *name, enum turn_pace *pace)
{
    for (int i = 0; name && i < PACES; i++) {
        if (!strcmp(paces[i].name, name)) {
            *pace = (enum turn_pace)i;
            return true;
        }
    }
    return false;
}

struct turn_policy turn_policy_of(enum turn_pace pace)
{
    return paces[pace].policy;
}

/* ---- words -------------------------------------------------------------------------------- */

/* Words after which a sentence goes on; between spaces. A question can end with a word of the
 * second list ("what are you looking for?"), and does if it has a question mark; without one it
 * hardly ever does. */
static const struct {
    const char *language;
    const char *never;
    const char *rarely;
} going_on[] = {
    {
        "en",
        " a an the and or but nor because although though unless whereas if while whether than as "
        "my your"
        " our their its his every into onto upon very ",
        " of to in on at for from with by about over under through between against during without "
        "within"
        " after before since until that which who whom whose when where how why what this these "
        "those is"
        " are was were am be been being has have had do does did will would can could should shall "
        "may"
        " might must i we you they he she it's i'm we're you're they're so like um uh er not ",
    },
    {
        "de",
        " der die das den dem des ein eine einen einem einer eines und oder aber denn weil obwohl "
        "dass ob"
        " wenn als wie mein meine dein deine ihr ihre sein seine unser unsere sehr zum zur im am "
        "vom ",
        " von zu in an auf für mit bei aus nach über unter durch zwischen gegen ohne um bis vor "
        "seit ist"
        " sind war waren hat haben hatte wird werden kann können soll sollte muss ich wir sie er "
        "es du äh"
        " ähm also nicht ",
    },
    {
        "es",
        " el la los las un una unos unas y e o u pero porque aunque si como que mi mis tu tus su "
        "sus muy del"
        " al ",
        " de a en por para con sin sobre entre hasta desde hacia según es son era eran fue ha han "
        "había"
        " puede debe yo nosotros ellos ella él eh no ",
    },
};
enum { LANGUAGES = sizeof(going_on) / sizeof(going_on[0]) };

static bool listed(const char *list, const char *word)
{
    char between[WORD_MAX + 2];
    size_t n = strlen(word);

    if (!n || n >= WORD_MAX)
        return false;
    between[0] = ' ';
    memcpy(between + 1, word, n);
    between[n + 1] = ' ';
    between[n + 2] = '\0';
    return strstr(list, between) != NULL;
}

/** The last word in lower case (ASCII only); "" if there is none that short. */
static void last_word(const char *text, size_t len, char word[WORD_MAX])
{
    size_t from = len;

    while (from > 0 && !strchr(" ,;:-", text[from - 1]))
        from--;
    word[0] = '\0';
    if (len - from >= WORD_MAX)
        return;
    for (size_t i = from; i < len; i++)
        word[i - from] = (char)tolower((unsigned char)text[i]);
    word[len - from] = '\0';
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);

    return len >= n && !memcmp(text + len - n, end, n);
}

/** Length without a mark at the end, including the one-character ellipsis and the question marks
 *  and full stops of other scripts; *mark: '?', '.', ',' (and its kind), '-' for text that breaks
 *  off, or 0. */
static size_t without_mark(const char *text, size_t len, char *mark)
{
    static const struct {
        const char *text;
        char mark;
    } marks[] = {{"...", '-'}, {"…", '-'},  {"?", '?'},  {"？", '?'}, {"؟", '?'},  {".", '.'},
                 {"!", '.'},   {"。", '.'}, {"！", '.'}, {",", ','},  {"，", ','}, {"-", '-'},
                 {"–", '-'},   {"—", '-'},  {";", ','},  {":", ','}};

    *mark = 0;
    while (len > 0 && strchr(" \t\n\"')", text[len - 1]))
        len--;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (ends_with(text, len, marks[i].text)) {
            *mark = marks[i].mark;
            return len - strlen(marks[i].text);
        }
    }
    return len;
}

enum turn_words turn_words_of(const char *text, const char *language, bool marks)
{
    char mark, word[WORD_MAX];
    size_t len = without_mark(text, strlen(text), &mark);

    if (!len)
        return TURN_WORDS_NONE;
    last_word(text, len, word);
    for (int i = 0; i < LANGUAGES && mark != '?'; i++) {
        if (strncasecmp(going_on[i].language, language ? language : "", 2))
            continue;
        if (listed(going_on[i].never, word) || (mark != '.' && listed(going_on[i].rarely, word)))
            return TURN_WORDS_UNFINISHED;
    }
    switch (mark) {
    case '?':
        return TURN_WORDS_ASK;
    case '.':
        return TURN_WORDS_COMPLETE;
    case ',':
        return TURN_WORDS_COMMA;
    case '-':
        return TURN_WORDS_UNFINISHED;
    default:
        return marks ? TURN_WORDS_OPEN : TURN_WORDS_NONE;
    }
}

/* ---- the end ------------------------------------------------------------------------------ */

/** Do the words say that more must come? A comma does if the sound is not that of an end. */
static bool must_go_on(const struct turn_policy *policy, const struct turn_pause *pause)
{
    return pause->words == TURN_WORDS_UNFINISHED ||
           (pause->words == TURN_WORDS_COMMA && pause->p <= policy->eager_p);
}

static bool looks_over(const struct turn_policy *policy, const struct turn_pause *pause)
{
    if (pause->words == TURN_WORDS_AWAITED || must_go_on(policy, pause))
        return false;
    if (!pause->network)
        return true;
    return pause->p > policy->eager_p ||
           (pause->words == TURN_WORDS_ASK && pause->p > policy->asks_p);
}

/** Is an end likely, by sound and words together? A final mark counts for much: it is written at
 *  one of eight pauses inside a sentence, and at five of six ends. */
static bool is_likely(const struct turn_policy *policy, const struct turn_pause *pause)
{
    return pause->p > policy->likely_p ||
           (pause->words == TURN_WORDS_ASK && pause->p > policy->asks_p) ||
           (pause->words == TURN_WORDS_COMPLETE && pause->p > policy->mark_p);
}

/** Do the words say that this is the end, although it hardly sounds like it? */
static bool is_possible(const struct turn_policy *policy, const struct turn_pause *pause)
{
    return pause->words == TURN_WORDS_ASK ||
           (pause->words == TURN_WORDS_COMPLETE && pause->p > policy->maybe_p);
}

/** The silence that ends the turn, given what is known now. */
static uint32_t enough(const struct turn_policy *policy, const struct turn_pause *pause)
{
    uint32_t ms = policy->else_ms;

    if (must_go_on(policy, pause))
        return policy->unfinished_ms;
    if (!pause->network)
        ms = policy->alone_ms;
    else if (pause->p > policy->sure_p)
        ms = policy->sure_ms;
    else if (pause->words == TURN_WORDS_ASK && pause->p > policy->likely_p)
        ms = policy->asks_ms;
    else if (is_likely(policy, pause))
        ms = policy->likely_ms;
    else if (is_possible(policy, pause))
        ms = policy->maybe_ms;
    if ((pause->words == TURN_WORDS_OPEN || pause->words == TURN_WORDS_COMMA) &&
        ms < policy->open_ms)
        ms = policy->open_ms;
    /* Until the words arrive they might say that more must come; and a busy machine, which delivers
     * them late, would be late with the final too. */
    if (pause->words == TURN_WORDS_AWAITED && ms < policy->else_ms)
        ms = policy->else_ms;
    return ms;
}

enum turn_step turn_step(const struct turn_policy *policy, struct turn_pause *pause)
{
    if (!pause->looked) {
        if (pause->silence_ms < policy->look_ms)
            return TURN_STEP_WAIT;
        pause->looked = true;
        return TURN_STEP_LOOK;
    }
    if (!pause->eager && !pause->over && looks_over(policy, pause)) {
        pause->eager = true;
        return TURN_STEP_EAGER;
    }
    if (!pause->over && pause->silence_ms >= enough(policy, pause)) {
        pause->over = true;
        return TURN_STEP_OVER;
    }
    return TURN_STEP_WAIT;
}

/**
 * @file asr/openai_text.c  Telling speech from a recogniser's hallucinations
 */
#include "asr/openai_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
    NOTE_MAX = 200,   /* bytes in brackets; longer text is not a note */
    WORDS_MAX = 4096, /* examined for loops */
    PHRASE_MAX = 8,   /* most words in a phrase that is repeated */
    TIMES = 4,        /* repetitions that make a loop */
    ECHO_WORDS = 3,
    PLAIN_MAX = 1024,
};

/* ---------------------------------------------------------------- cleaning */

struct pair {
    const char *open, *close;
};

/** Bytes of the note that begins here; 0: none does. */
static size_t note_at(const char *text, size_t len)
{
    static const struct pair pairs[] = {
        {"<|", "|>"},
        {"[", "]"},
        {"(", ")"},
        {"{", "}"},
        {"*", "*"},
        {"\xef\xbc\x88", "\xef\xbc\x89"}, /* the full-width ( ) and [ ] of Chinese and Japanese */
        {"\xe3\x80\x90", "\xe3\x80\x91"},
    };
    static const char *const symbols[] = {"\xe2\x99\xaa", "\xe2\x99\xab", "\xe2\x99\xac",
                                          "\xe2\x99\xa9"}; /* musical notes */

    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
        if (len >= 3 && memcmp(text, symbols[i], 3) == 0)
            return 3;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        size_t n = strlen(pairs[i].open), room = len < NOTE_MAX ? len : NOTE_MAX;
        const char *end;

        if (room <= n || memcmp(text, pairs[i].open, n) != 0)
            continue;
        end = memmem(text + n, room - n, pairs[i].close, strlen(pairs[i].close));
        if (end)
            return (size_t)(end - text) + strlen(pairs[i].close);
    }
    return 0;
}

/** Bytes of the white space or control character here; 0: it is neither. */
static size_t space_at(const char *text, size_t len)
{
    unsigned char c = (unsigned char)*text;

    if (c <= 0x20 || c == 0x7f)
        return 1;
    if (len >= 2 && c == 0xc2 && ((unsigned char)text[1] <= 0xa0)) /* C1, no-break space */
        return 2;
    if (len >= 3 && (memcmp(text, "\xe3\x80\x80", 3) == 0 || memcmp(text, "\xef\xbb\xbf", 3) == 0 ||
                     (memcmp(text, "\xe2\x80", 2) == 0 && (unsigned char)text[2] <= 0x8f)))
        return 3; /* ideographic space, byte-order mark, spaces and marks of U+2000 .. U+200F */
    return 0;
}

static bool has_words(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (isalnum((unsigned char)text[i]) ||
            ((unsigned char)text[i] >= 0xc3 &&
             (unsigned char)text[i] != 0xe2)) /* E2: punctuation */
            return true;
    return false;
}

int openai_text_clean(struct buf *out, const char *text, size_t len)
{
    size_t from = out->len;
    bool gap = false;

    for (size_t at = 0; at < len;) {
        size_t skip = space_at(text + at, len - at);

        skip = skip ? skip : note_at(text + at, len - at);
        if (skip) {
            gap = true;
            at += skip;
            continue;
        }
        if (gap && out->len > from)
            buf_putc(out, ' ');
        gap = false;
        buf_putc(out, text[at++]);
    }
    if (!out->err && out->len > from && !has_words(out->data + from, out->len - from)) {
        out->len = from;
        buf_seal(out);
    }
    return out->err;
}

/* ---------------------------------------------------------------- loops */

struct span {
    size_t at, len;
};

static size_t split(const char *text, struct span *to)
{
    size_t n = 0;

    for (size_t at = 0; text[at] && n < WORDS_MAX;) {
        size_t len = strcspn(text + at, " ");

        if (len)
            to[n++] = (struct span){at, len};
        at += len + (text[at + len] == ' ');
    }
    return n;
}

static bool same(const char *text, const struct span *a, const struct span *b)
{
    return a->len == b->len && strncasecmp(text + a->at, text + b->at, a->len) == 0;
}

size_t openai_text_before_loop(const char *text)
{
    static _Thread_local struct span word[WORDS_MAX];
    size_t n = split(text, word);

    for (size_t from = 0; from < n; from++) {
        for (size_t phrase = 1; phrase <= PHRASE_MAX; phrase++) {
            size_t run = 0; /* words in a row that equal the one a phrase earlier */

            while (from + phrase + run < n &&
                   same(text, &word[from + run], &word[from + phrase + run]))
                run++;
            if (run >= (TIMES - 1) * phrase)
                return from ? word[from].at - 1 : 0;
        }
    }
    return strlen(text);
}

/* ---------------------------------------------------------------- phrases */

/** Letters and digits in lower case, single spaces between words; false if it does not fit. */
static bool plain(const char *text, char to[PLAIN_MAX])
{
    size_t n = 0;

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool part = isalnum(c) || c >= 0x80 || c == '\'' || c == '.';

        if (n + 2 >= PLAIN_MAX)
            return false;
        if (part && c != '.')
            to[n++] = (char)tolower(c);
        else if (c != '.' && n && to[n - 1] != ' ')
            to[n++] = ' ';
    }
    while (n && to[n - 1] == ' ')
        n--;
    to[n] = '\0';
    return true;
}

bool openai_text_is_invented(const char *text, bool sure)
{
    static const char *const never[] = {"thank you for watching",
                                        "thanks for watching",
                                        "thank you so much for watching",
                                        "thanks for watching and i'll see you in the next video",
                                        "please subscribe",
                                        "please subscribe to my channel",
                                        "like and subscribe",
                                        "subtitles by the amaraorg community",
                                        NULL};
    static const char *const doubtful[] = {
        "you", "thank you", "thanks", "thank you very much", "bye",  "bye bye", "okay", "oh",
        "so",  "the",       "hmm",    "i'm sorry",           "yeah", "um",      "uh",   NULL};
    char form[PLAIN_MAX];

    if (!plain(text, form))
        return false;
    for (const char *const *p = sure ? never : doubtful; *p; p++)
        if (strcmp(form, *p) == 0)
            return true;
    return false;
}

bool openai_text_is_echo(const char *text, const char *prompt)
{
    char said[PLAIN_MAX + 2] = " ", expected[PLAIN_MAX + 2] = " ";
    size_t words = 1;

    if (!plain(text, said + 1) || !plain(prompt, expected + 1))
        return false;
    for (const char *p = said + 1; *p; p++)
        words += *p == ' ';
    strcat(said, " ");
    strcat(expected, " ");
    return words >= ECHO_WORDS && strstr(expected, said) != NULL;
}

/**
 * @file asr/whisper/said.c  Removing notes from a text, and agreement on words; see said.h
 */
#include "asr/whisper/said.h"

#include "base/error.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- notes -------------------------------------------------------------------------------- */

/* Marks that open something nobody said, and what closes it. */
static const struct {
    const char *open, *close;
} notes[] = {
    {"(", ")"},           {"[", "]"},           {"*", "*"},
    {"\u3010", "\u3011"}, {"\uff08", "\uff09"}, {"\u2669", "\u2669"},
    {"\u266a", "\u266a"}, {"\u266b", "\u266b"}, {"\u266c", "\u266c"},
};

static bool begins(const char *text, size_t len, const char *sign)
{
    size_t n = strlen(sign);

    return len >= n && !memcmp(text, sign, n);
}

/* Length of the note that begins here; 0: none does. */
static size_t note_length(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        size_t open = strlen(notes[i].open), most = len;

        if (!begins(text, len, notes[i].open))
            continue;
        if (most > WHISPER_NOTE_MAX)
            most = WHISPER_NOTE_MAX;
        for (size_t at = open; at < most; at++) {
            if (begins(text + at, len - at, notes[i].close))
                return at + strlen(notes[i].close);
        }
        return most == len ? len : open;
    }
    return begins(text, len, ">>") ? 2 : 0;
}

void whisper_said(const char *text, size_t len, uint8_t *keep)
{
    for (size_t at = 0; at < len;) {
        size_t n = note_length(text + at, len - at);

        memset(keep + at, n == 0, n ? n : 1);
        at += n ? n : 1;
    }
}

/* ---- words -------------------------------------------------------------------------------- */

/* The role of a character in a word. */
enum kind { APART, WITHIN, NOTHING, ALONE };

static enum kind kind_of(uint32_t c)
{
    if (c == '\'' || c == 0x2019)
        return NOTHING; /* don't, dont */
    if (c < 0x80)
        return isalnum((int)c) ? WITHIN : APART;
    if (c < 0xc0 || (c >= 0x2000 && c < 0x2e80) || (c >= 0x3000 && c < 0x3040) ||
        (c >= 0xff00 && c < 0xff10))
        return APART;
    return c >= 0x2e80 ? ALONE : WITHIN; /* scripts without spaces: each character is a word */
}

/* Lower case for Latin, Greek and Cyrillic, good enough for comparing. */
static uint32_t lower(uint32_t c)
{
    if (c < 0x80)
        return (uint32_t)tolower((int)c);
    if ((c >= 0xc0 && c < 0xdf) || (c >= 0x391 && c < 0x3aa) || (c >= 0x410 && c < 0x430))
        return c + 0x20;
    return c;
}

bool whisper_is_word(const char *text, size_t len)
{
    for (const char *p = text, *end = text + len; p < end;) {
        enum kind kind = kind_of(utf8_next(&p, end));

        if (kind == WITHIN || kind == ALONE)
            return true;
    }
    return false;
}

/* The hash of the next word; *p moves past it. False: there is none. */
static bool next_word(const char **p, const char *end, uint64_t *hash)
{
    bool any = false;

    *hash = 0xcbf29ce484222325u; /* FNV-1a */
    while (*p < end) {
        const char *before = *p;
        uint32_t c = utf8_next(p, end);
        enum kind kind = kind_of(c);

        if (any && (kind == APART || kind == ALONE)) {
            *p = before;
            return true;
        }
        if (kind == APART || kind == NOTHING)
            continue;
        any = true;
        *hash = (*hash ^ lower(c)) * 0x100000001b3u;
        if (kind == ALONE)
            return true;
    }
    return any;
}

static int set_word(struct whisper_agreement *a, size_t i, uint64_t hash, int times)
{
    if (i == a->cap) {
        size_t cap = a->cap ? a->cap * 2 : 64;
        struct whisper_agreed_word *words = realloc(a->words, cap * sizeof(*words));

        if (!words)
            return UV_ENOMEM;
        a->words = words;
        a->cap = cap;
    }
    a->words[i] = (struct whisper_agreed_word){hash, times};
    return 0;
}

int whisper_agree(struct whisper_agreement *a, const char *text, size_t len, size_t *stable)
{
    const char *p = text, *end = text + len;
    size_t n = 0, before = 0; /* where the last agreed word ends, and the one before it */
    bool same = true, agreed = true;
    uint64_t hash;

    *stable = 0;
    while (next_word(&p, end, &hash)) {
        int times;

        same = same && n < a->n && a->words[n].hash == hash;
        times = same ? a->words[n].times + 1 : 1;
        if (set_word(a, n++, hash, times))
            return UV_ENOMEM;
        if (agreed)
            *stable = before; /* another word follows, so everything before this one is stable */
        agreed = agreed && times >= WHISPER_AGREE_TIMES;
        before = (size_t)(p - text);
    }
    a->n = n;
    return 0;
}

void whisper_agree_clear(struct whisper_agreement *a)
{
    a->n = 0;
}

void whisper_agree_release(struct whisper_agreement *a)
{
    free(a->words);
    *a = (struct whisper_agreement){0};
}

/**
 * @file base/subtitles.c  Splitting speech into subtitles
 *
 * The text is split into tokens (words; a word longer than a line is split into pieces that fit).
 * Each gets a time: from the recogniser's words if their number is the same, else by its share of
 * the letters. Then a cue is filled with tokens until it is full, and those after the best breaking
 * point go back.
 */
#include "base/subtitles.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SENTENCE_LEAST = SUBTITLE_LETTERS / 2, /* least letters in a cue before the end of a sentence
                                              ends it */
    PAUSE_MS = 1000,                       /* between two words: always starts a new cue */
};

struct token {
    const char *text;
    size_t len, letters;
    bool glued; /* continues the previous one without a space */
    struct subtitle_span span;
};

/* ---------------------------------------------------------------- tokens */

static size_t cut_tokens(const char *text, struct token *to)
{
    size_t n = 0;

    while (*text) {
        size_t len = strcspn(text, " ");
        bool glued = false;

        for (size_t done = 0; done < len; glued = true) {
            const char *at = text + done, *end = at;
            size_t letters = 0;

            while (letters < SUBTITLE_LETTERS && end < text + len) {
                utf8_next(&end, text + len);
                letters++;
            }
            to[n++] = (struct token){at, (size_t)(end - at), letters, glued, {0, 0}};
            done += (size_t)(end - at);
        }
        text += len;
        text += strspn(text, " ");
    }
    return n;
}

static void share_time(const struct subtitle_speech *s, struct token *t, size_t n)
{
    size_t all = 0, before = 0;

    for (size_t i = 0; i < n; i++)
        all += t[i].letters;
    for (size_t i = 0; i < n; i++) {
        uint64_t length = s->span.end_ms - s->span.start_ms;

        t[i].span.start_ms = s->span.start_ms + length * before / all;
        before += t[i].letters;
        t[i].span.end_ms = s->span.start_ms + length * before / all;
    }
}

static void take_times(const struct subtitle_speech *s, struct token *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        t[i].span = s->words[i];
        if (i && t[i].span.start_ms < t[i - 1].span.end_ms)
            t[i].span.start_ms = t[i - 1].span.end_ms;
        if (t[i].span.end_ms < t[i].span.start_ms)
            t[i].span.end_ms = t[i].span.start_ms;
    }
}

/* ---------------------------------------------------------------- cues */

/** Breaks tokens into lines. Returns how many fit; writes their text to `text` if that is not
 *  NULL. */
static size_t lay_out(const struct token *t, size_t n, char *text)
{
    size_t line = 1, letters = 0, i;

    for (i = 0; i < n; i++) {
        size_t gap = letters && !t[i].glued;

        if (letters + gap + t[i].letters > SUBTITLE_LETTERS) {
            if (line == SUBTITLE_LINES)
                break;
            line++;
            letters = gap = 0;
            if (text)
                *text++ = '\n';
        }
        if (text && gap)
            *text++ = ' ';
        if (text) {
            memcpy(text, t[i].text, t[i].len);
            text += t[i].len;
        }
        letters += gap + t[i].letters;
    }
    if (text)
        *text = '\0';
    return i;
}

static bool ends_with(const struct token *t, const char *marks)
{
    return t->len && strchr(marks, t->text[t->len - 1]) != NULL;
}

/** The best end for a cue that could hold n tokens. `rest`: more tokens follow. */
static size_t break_at(const struct token *t, size_t n, bool rest)
{
    size_t letters = 0, clause = 0;

    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n && !rest;

        letters += t[i].letters + 1;
        if (!last && i + 1 < n && t[i + 1].span.start_ms > t[i].span.end_ms + PAUSE_MS)
            return i + 1;
        if (letters > SENTENCE_LEAST && ends_with(&t[i], ".?!"))
            return i + 1;
        if (letters > SUBTITLE_LETTERS && ends_with(&t[i], ",;:"))
            clause = i + 1;
    }
    return rest && clause ? clause : n;
}

static size_t next_cue(const struct token *t, size_t n, struct subtitle *cue)
{
    size_t fit = lay_out(t, n, NULL), take = 1;

    while (take < fit && t[take].span.end_ms <= t[0].span.start_ms + SUBTITLE_MS)
        take++;
    take = break_at(t, take, take < n);
    lay_out(t, take, cue->text);
    cue->span.start_ms = t[0].span.start_ms;
    cue->span.end_ms = t[take - 1].span.end_ms;
    if (cue->span.end_ms > cue->span.start_ms + SUBTITLE_MS)
        cue->span.end_ms = cue->span.start_ms + SUBTITLE_MS;
    return take;
}

int subtitles_each(const struct subtitle_speech *s,
                   void (*take)(const struct subtitle *cue, void *arg), void *arg)
{
    size_t len = strlen(s->text), n;
    struct token *t = calloc(len + 1, sizeof(*t));

    if (!t)
        return UV_ENOMEM;
    n = cut_tokens(s->text, t);
    if (n == s->word_count)
        take_times(s, t, n);
    else
        share_time(s, t, n);
    for (size_t at = 0; at < n;) {
        struct subtitle cue;

        at += next_cue(t + at, n - at, &cue);
        take(&cue, arg);
    }
    free(t);
    return 0;
}

void subtitle_time(struct buf *out, uint64_t ms, char point)
{
    buf_printf(out, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "%c%03" PRIu64, ms / 3600000,
               ms / 60000 % 60, ms / 1000 % 60, point, ms % 1000);
}

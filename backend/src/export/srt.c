/**
 * @file export/srt.c  What was said in a session, as subtitles (SubRip)
 *
 * For a recording that somebody made of the interview: time zero is the beginning of the session. A
 * line begins when its first words were stored, which is within a second of when they were said,
 * and lasts as long as they took to say. Answers that were only displayed are left out, because
 * nobody said them.
 */
#include "base/json.h"
#include "base/subtitles.h"
#include "export/formats.h"
#include "export/story.h"

#include <stdlib.h>
#include <string.h>

enum {
    LETTERS_PER_S = 15, /* for text that was typed, or whose duration is unknown: a reader's pace
                           (BBC Subtitle Guidelines: 160 to 180 words a minute) */
    LINE_LEAST_MS = 1000,
};

struct line {
    const struct store_transcript *said;
    const char *speaker;
    uint64_t start_ms;
};

struct cues {
    struct buf *out;
    size_t count;
    const char *speaker; /* to be named in the next cue; NULL: the same as before */
    uint64_t free_ms;    /* end of the previous cue: cues never overlap */
};

static void write_cue(const struct subtitle *cue, void *arg)
{
    struct cues *cues = arg;

    buf_printf(cues->out, "%zu\n", ++cues->count);
    subtitle_time(cues->out, cue->span.start_ms, ',');
    buf_puts(cues->out, " --> ");
    subtitle_time(cues->out, cue->span.end_ms, ',');
    buf_putc(cues->out, '\n');
    if (cues->speaker)
        buf_printf(cues->out, "[%s] ", cues->speaker);
    cues->speaker = NULL;
    cues->free_ms = cue->span.end_ms;
    buf_printf(cues->out, "%s\n\n", cue->text);
}

/** As one line of text: subtitles separate words by spaces. */
static char *flat(const char *text)
{
    char *copy = strdup(text);

    for (char *p = copy; p && *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    return copy;
}

static uint64_t length_ms(const struct store_transcript *said)
{
    json_t *metrics = said->metrics ? json_parse(said->metrics, strlen(said->metrics)) : NULL;
    double ms = json_num(metrics, "speechMs", 0);
    double read_ms = 1000.0 * (double)strlen(said->question) / LETTERS_PER_S;

    json_decref(metrics);
    if (ms <= 0)
        ms = read_ms;
    return ms < LINE_LEAST_MS ? LINE_LEAST_MS : (uint64_t)ms;
}

static int by_time(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    return (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

/** Collects what was said, in order. Returns the number of lines. */
static size_t collect(const struct export_doc *doc, const struct story *story, struct line *lines)
{
    size_t n = 0;

    for (size_t i = 0; i < doc->transcript_count; i++) {
        const struct store_transcript *t = &doc->transcripts[i];
        int64_t since = t->timestamp - doc->session->created_at;

        if (!t->question || !*t->question)
            continue;
        lines[n++] = (struct line){.said = t,
                                   .speaker = story->pairs[i].speaker ? story->pairs[i].speaker
                                                                      : "Interviewer",
                                   .start_ms = since > 0 ? (uint64_t)since : 0};
    }
    qsort(lines, n, sizeof(*lines), by_time);
    return n;
}

static int write_lines(const struct line *lines, size_t n, struct buf *out)
{
    struct cues cues = {.out = out};
    const char *before = "";
    int err = 0;

    for (size_t i = 0; i < n && !err; i++) {
        char *text = flat(lines[i].said->question);
        uint64_t start = lines[i].start_ms > cues.free_ms ? lines[i].start_ms : cues.free_ms;
        struct subtitle_speech speech = {.text = text,
                                         .span = {start, start + length_ms(lines[i].said)}};

        cues.speaker = strcmp(lines[i].speaker, before) != 0 ? lines[i].speaker : NULL;
        before = lines[i].speaker;
        err = text ? subtitles_each(&speech, write_cue, &cues) : UV_ENOMEM;
        free(text);
    }
    return err;
}

int export_srt(const struct export_doc *doc, struct buf *out, struct errbuf *why)
{
    struct line *lines = calloc(doc->transcript_count + 1, sizeof(*lines));
    struct story *story = NULL;
    int err = lines ? story_open(&story, doc) : UV_ENOMEM;

    if (!err)
        err = write_lines(lines, collect(doc, story, lines), out);
    story_close(story);
    free(lines);
    if (err)
        return err_set(why, err, "out of memory");
    return out->err ? err_set(why, out->err, "the file would be too large") : 0;
}

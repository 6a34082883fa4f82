/**
 * @file asr/transcript.c  The transcript of a recording, written in three formats
 */
#include "asr/transcribe.h"
#include "base/json.h"
#include "base/subtitles.h"

#include <stdlib.h>
#include <string.h>

void transcript_release(struct transcript *t)
{
    for (size_t i = 0; i < t->segment_count; i++) {
        struct transcript_segment *s = &t->segments[i];

        for (size_t w = 0; w < s->word_count; w++)
            free((void *)(uintptr_t)s->words[w].text);
        free(s->words);
        free(s->text);
    }
    free(t->segments);
    t->segments = NULL;
    t->segment_count = 0;
}

/* Names the speaker where it changes. */
static void put_speaker(const struct transcript *t, size_t i, struct buf *out, const char *before,
                        const char *behind)
{
    int who = t->segments[i].speaker;

    if (t->speakers && who && (!i || who != t->segments[i - 1].speaker))
        buf_printf(out, "%sSpeaker %d%s ", before, who, behind);
}

int transcript_text(const struct transcript *t, struct buf *out)
{
    for (size_t i = 0; i < t->segment_count; i++) {
        put_speaker(t, i, out, "", ":");
        buf_printf(out, "%s\n", t->segments[i].text);
    }
    return out->err;
}

/* Cues: the separator before their milliseconds, and whether they are numbered. */
struct cues {
    struct buf *out;
    size_t count;
    char point;
    bool numbered;
    const struct transcript *t;
    size_t segment; /* the segment that the cues belong to */
    bool begun;     /* one of its cues was written */
};

static void write_cue(const struct subtitle *cue, void *arg)
{
    struct cues *cues = arg;

    if (cues->numbered)
        buf_printf(cues->out, "%zu\n", ++cues->count);
    subtitle_time(cues->out, cue->span.start_ms, cues->point);
    buf_puts(cues->out, " --> ");
    subtitle_time(cues->out, cue->span.end_ms, cues->point);
    buf_putc(cues->out, '\n');
    /* WebVTT has a tag for the speaker, which every cue carries; elsewhere the speaker is named at
     * each change. */
    if (!cues->numbered && cues->t->speakers && cues->t->segments[cues->segment].speaker)
        buf_printf(cues->out, "<v Speaker %d>", cues->t->segments[cues->segment].speaker);
    else if (cues->numbered && !cues->begun)
        put_speaker(cues->t, cues->segment, cues->out, "[", "]");
    cues->begun = true;
    buf_printf(cues->out, "%s\n\n", cue->text);
}

static int write_segment(const struct transcript_segment *s, struct cues *cues)
{
    struct subtitle_span *words = calloc(s->word_count + 1, sizeof(*words));
    struct subtitle_speech speech = {
        .text = s->text, .span = {s->start_ms, s->end_ms}, words, s->word_count};
    int err;

    if (!words)
        return UV_ENOMEM;
    for (size_t i = 0; i < s->word_count; i++)
        words[i] = (struct subtitle_span){s->words[i].start_ms, s->words[i].end_ms};
    err = subtitles_each(&speech, write_cue, cues);
    free(words);
    return err;
}

static int write_cues(const struct transcript *t, struct cues *cues)
{
    int err = 0;

    cues->t = t;
    for (size_t i = 0; i < t->segment_count && !err; i++) {
        cues->segment = i;
        cues->begun = false;
        err = write_segment(&t->segments[i], cues);
    }
    return err ? err : cues->out->err;
}

int transcript_srt(const struct transcript *t, struct buf *out)
{
    return write_cues(t, &(struct cues){.out = out, .point = ',', .numbered = true});
}

int transcript_vtt(const struct transcript *t, struct buf *out)
{
    buf_puts(out, "WEBVTT\n\n");
    return write_cues(t, &(struct cues){.out = out, .point = '.'});
}

static json_t *words_json(const struct transcript_segment *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->word_count; i++) {
        const struct asr_word *w = &s->words[i];
        json_t *word = json_object();

        json_set_text(word, "text", w->text, strlen(w->text));
        json_object_set_new(word, "startMs", json_integer(w->start_ms));
        json_object_set_new(word, "endMs", json_integer(w->end_ms));
        json_object_set_new(word, "confidence", json_confidence((double)w->confidence));
        json_array_append_new(list, word);
    }
    return list;
}

/** engine: the transcript's; a segment names its own if it differs. */
static json_t *segment_json(const struct transcript_segment *s, const char *engine, bool words)
{
    json_t *obj = json_object();

    json_object_set_new(obj, "startMs", json_integer((json_int_t)s->start_ms));
    json_object_set_new(obj, "endMs", json_integer((json_int_t)s->end_ms));
    json_set_text(obj, "text", s->text, strlen(s->text));
    json_object_set_new(obj, "confidence", json_confidence((double)s->confidence));
    if (strcmp(s->engine, engine) != 0)
        json_set_str(obj, "engine", s->engine);
    if (s->speaker)
        json_object_set_new(obj, "speaker", json_integer(s->speaker));
    if (words)
        json_object_set_new(obj, "words", words_json(s));
    return obj;
}

static void set_whole_text(json_t *obj, const struct transcript *t)
{
    struct buf text;

    buf_init(&text, (size_t)16 << 20);
    for (size_t i = 0; i < t->segment_count; i++)
        buf_printf(&text, "%s%s", i ? " " : "", t->segments[i].text);
    json_set_text(obj, "text", text.data ? text.data : "", text.len);
    buf_release(&text);
}

json_t *transcript_json(const struct transcript *t, bool words)
{
    json_t *obj = json_object(), *segments = json_array();

    set_whole_text(obj, t);
    json_set_str(obj, "engine", t->engine);
    json_set_str(obj, "model", t->model);
    json_set_text(obj, "language", t->language, strlen(t->language));
    json_object_set_new(obj, "durationMs", json_integer((json_int_t)t->duration_ms));
    json_object_set_new(obj, "confidence", json_confidence((double)t->confidence));
    for (size_t i = 0; i < t->segment_count; i++)
        json_array_append_new(segments, segment_json(&t->segments[i], t->engine, words));
    json_object_set_new(obj, "segments", segments);
    return obj;
}

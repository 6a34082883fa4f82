/**
 * @file asr/transcribe.h  A whole recording to text: passages, words, times, confidence
 *
 *     struct pcm pcm;
 *     audio_decode_file(path, &pcm, why);
 *     transcribe_start(&job, hub, &pcm, &params, &handlers, arg, why);   // loop thread
 *     ... on_progress(0.4) ... on_segment ... on_done(0, &transcript, NULL)
 *
 * The recording is cut at its pauses (passages.h), and lines of the hub recognise the passages: one
 * line or, if the recogniser works best on long passages (asr_engine.passage_ms), one per core side
 * by side. Segments are reported in the order of the recording; they end at pauses and at the end
 * of sentences. The result depends only on the recording, not on how busy the machine is.
 *
 * Threads    Loop thread only.
 * Errors     0 or negative UV_E* with a sentence. UV_EAGAIN: no line is free.
 * Ownership  transcribe_start() takes the samples out of pcm. The transcript in on_done is the
 *            caller's: transcript_release().
 */
#ifndef ASR_TRANSCRIBE_H
#define ASR_TRANSCRIBE_H

#include "asr/hub.h"
#include "audio/decode.h"
#include "base/buffer.h"

#include <jansson.h>

struct transcribe;

struct transcript_segment {
    uint64_t start_ms;
    uint64_t end_ms;
    char *text;
    char engine[32]; /**< The engine that recognised it */
    float confidence;
    struct asr_figures figures; /**< Of its passage, as given by the recogniser */
    int speaker;                /**< 1, 2 … in order of appearance; 0: unknown */
    struct asr_word *words;     /**< Times since the start of the recording */
    size_t word_count;
};

struct transcript {
    char engine[32]; /**< The engine that recognised everything, or the chosen one: segments name
                          their own */
    char model[128]; /**< Of that engine; "": another one recognised everything */
    char format[64]; /**< "matroska,webm / opus" */
    char language[ASR_LANGUAGE_MAX];
    uint64_t duration_ms;
    float confidence; /**< Mean over the segments, weighted by length */
    struct transcript_segment *segments;
    size_t segment_count;
    bool speakers; /**< Speakers were identified: every format shows them */
};

struct transcribe_handlers {
    void (*on_progress)(double done, void *arg); /**< (optional) 0..1 of the audio done */
    /** (optional) Each segment as soon as it is final. */
    void (*on_segment)(const struct transcript_segment *segment, void *arg);
    /** Exactly once unless cancelled. transcript is NULL if err is not 0. */
    void (*on_done)(int err, const char *message, struct transcript *transcript, void *arg);
    /** (optional) A problem that was worked around, for example by using another engine. */
    void (*on_trouble)(const char *message, void *arg);
};

/** jp may be NULL: the job then only ends by itself. */
int transcribe_start(struct transcribe **jp, struct asr_hub *hub, struct pcm *pcm,
                     const struct asr_params *params, const struct transcribe_handlers *h,
                     void *arg, struct errbuf *why);
void transcribe_cancel(struct transcribe *job); /**< No handler is called any more */

/** Stop now: on_done follows soon, with the results up to the first passage that was not
 *  recognised. */
void transcribe_stop(struct transcribe *job);

void transcript_release(struct transcript *t); /**< Frees its contents */

/** All segments' text, one per line. */
int transcript_text(const struct transcript *t, struct buf *out);
/** SubRip: numbered blocks with "00:00:01,320 --> 00:00:03,040", split as subtitles.h says. */
int transcript_srt(const struct transcript *t, struct buf *out);
/** WebVTT (W3C, 2019): a header, then blocks as above with a dot before the milliseconds. */
int transcript_vtt(const struct transcript *t, struct buf *out);
/** As `POST /api/v1/transcribe` answers; with words if requested. */
json_t *transcript_json(const struct transcript *t, bool words);

#endif

/**
 * @file asr/transcribe.h  A whole recording to text: passages, words, times, confidence
 *
 *     struct pcm pcm;
 *     audio_decode_file(path, &pcm, why);
 *     transcribe_start(&job, hub, &pcm, &params, &handlers, arg, why);   // loop thread
 *     ... on_progress(0.4) ... on_segment ... on_done(0, &transcript, NULL)
 *
 * The recording is cut at its pauses (passages.h) and lines of the hub hear the passages: one line,
 * or, where the recogniser hears long passages best (asr_engine.passage_ms), one a core, side by
 * side. Segments are told in the order of the recording; they end where somebody pauses, and with
 * sentences. What is heard depends on the recording alone, not on how busy the machine is.
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
    char engine[32]; /**< That heard it */
    float confidence;
    struct asr_figures figures; /**< Of the passage it stands in, as the recogniser heard it */
    int speaker;            /**< 1, 2 … in the order in which they appear; 0: not told apart */
    struct asr_word *words; /**< Times since the start of the recording */
    size_t word_count;
};

struct transcript {
    char engine[32]; /**< The engine that heard it all, or was meant to: segments name the one that
                        heard them */
    char model[128]; /**< Of that engine, "" when another heard it all */
    char format[64]; /**< "matroska,webm / opus" */
    char language[ASR_LANGUAGE_MAX];
    uint64_t duration_ms;
    float confidence; /**< Mean over the segments, each weighed by its length */
    struct transcript_segment *segments;
    size_t segment_count;
    bool speakers; /**< Who speaks was looked for: every form says it */
};

struct transcribe_handlers {
    void (*on_progress)(double done, void *arg); /**< (optional) 0..1 of the audio heard */
    /** (optional) Each segment as soon as it is known. */
    void (*on_segment)(const struct transcript_segment *segment, void *arg);
    /** Exactly once unless cancelled. transcript is NULL when err is not 0. */
    void (*on_done)(int err, const char *message, struct transcript *transcript, void *arg);
    /** (optional) Something went wrong and was mended, as by hearing with another engine. */
    void (*on_trouble)(const char *message, void *arg);
};

/** jp may be NULL: then it ends by itself only. */
int transcribe_start(struct transcribe **jp, struct asr_hub *hub, struct pcm *pcm,
                     const struct asr_params *params, const struct transcribe_handlers *h,
                     void *arg, struct errbuf *why);
void transcribe_cancel(struct transcribe *job); /**< No handler runs any more */

/** Stop here: on_done comes soon, with what was heard so far, up to the first passage that was
 *  not. */
void transcribe_stop(struct transcribe *job);

void transcript_release(struct transcript *t); /**< What is inside */

/** All segments' text, one a line. */
int transcript_text(const struct transcript *t, struct buf *out);
/** SubRip: numbered blocks with "00:00:01,320 --> 00:00:03,040", cut as subtitles.h says. */
int transcript_srt(const struct transcript *t, struct buf *out);
/** WebVTT (W3C, 2019): a header, then blocks as above with a point before the milliseconds. */
int transcript_vtt(const struct transcript *t, struct buf *out);
/** As `POST /api/v1/transcribe` answers; with words when asked for. */
json_t *transcript_json(const struct transcript *t, bool words);

#endif

/**
 * @file audio/vad.h  Voice activity and endpointing: where speech begins and ends
 *
 *     struct vad *vad;
 *     vad_open(&vad, &params);
 *     while (more)
 *         vad_feed(vad, pcm, n, on_event, arg);    // events come from inside feed
 *     vad_flush(vad, on_event, arg);               // ends an open utterance
 *     vad_close(vad);
 *
 * 10 ms frames at 16 kHz. Spectral features against an adaptive noise floor, hysteresis, pre-roll:
 * see docs/architecture/voice-activity.md for what they are and where they come from.
 *
 * Threads    One at a time; less than 0.1 ms per frame of 10 ms, so the loop thread may call it.
 * Ownership  The audio in an event is borrowed until the handler returns.
 */
#ifndef AUDIO_VAD_H
#define AUDIO_VAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vad;

enum {
    VAD_RATE = 16000, /**< [Hz] */
    VAD_FRAME = 160,  /**< Samples per decision, 10 ms */
};

struct vad_params {
    uint32_t pre_roll_ms; /**< Audio passed on before the first voiced frame; default 300 */
    uint32_t open_ms;     /**< Voiced audio needed to open an utterance; default 80 */
    uint32_t eager_ms;    /**< Silence until "looks finished"; default 160 */
    uint32_t hangover_ms; /**< Silence until it is finished; default 350 */
    uint32_t longest_ms;  /**< Beyond this an utterance is cut at the best pause; default 30,000 */
    bool push_to_talk;    /**< Everything is one utterance until vad_flush() */
};

struct vad_params vad_params_defaults(void);

enum vad_kind {
    VAD_BEGIN,   /**< An utterance begins; VAD_AUDIO with its pre-roll follows */
    VAD_AUDIO,   /**< Audio of the open utterance, in order, without gaps */
    VAD_EAGER,   /**< It looks finished */
    VAD_RESUMED, /**< It was not finished: speech goes on */
    VAD_END,     /**< It is finished */
};

struct vad_event {
    enum vad_kind kind;
    uint32_t utterance; /**< Counted from 1 */
    const int16_t *pcm; /**< VAD_AUDIO only */
    size_t n;
    uint64_t audio_ms; /**< VAD_BEGIN, VAD_AUDIO: where the (next) audio begins, since the first
                            sample fed */
    uint64_t start_ms; /**< Of the first voiced frame, since the first sample fed */
    uint64_t end_ms;   /**< Of the last voiced frame */
    uint64_t now_ms;   /**< Audio fed so far */
};

typedef void vad_fn(const struct vad_event *event, void *arg);

int vad_open(struct vad **vp, const struct vad_params *params);
void vad_feed(struct vad *vad, const int16_t *pcm, size_t n, vad_fn *fn, void *arg);
void vad_flush(struct vad *vad, vad_fn *fn, void *arg);
void vad_close(struct vad *vad);

#endif

/**
 * @file asr/turn/turn.h  Takes one voice's audio; says where it speaks, pauses and has finished
 *
 *     struct turn *turn;
 *     turn_open(&turn, nets, &params, on_event, arg);
 *     turn_feed(turn, pcm, n);                  // as it arrives; events come from inside
 *     turn_heard(turn, utterance, text, "en");  // after TURN_PAUSES: the words up to there
 *     turn_flush(turn);                         // ends an open utterance
 *     turn_close(turn);
 *
 * With the networks (asr/nets.h): Silero says where somebody speaks, and smart-turn and the words
 * say whether they have finished (asr/turn/policy.h). Without them, or with push to talk, our own
 * voice activity detection and a fixed silence decide (audio/vad.h), although the words may still
 * say that more must come.
 *
 * For one utterance the events are
 *
 *     BEGINS  AUDIO ...  { PAUSES  [LOOKS_OVER]  GOES_ON  AUDIO ... }  PAUSES  [LOOKS_OVER]  ENDS
 *
 * An utterance that is cut (flushed, or longer than it may be) ends without a pause. Audio begins
 * just before the voice; after TURN_TAIL_MS of silence it is held back until speech goes on, so
 * that the text decoded at the pause is still right when the turn ends.
 *
 * Threads    Loop thread. While p is awaited, events also come from the loop, until turn_close().
 * Errors     UV_ENOMEM, UV_EINVAL for params that contradict each other.
 * Ownership  The audio in an event is borrowed until the handler returns. Do not call turn_close()
 *            inside a handler: its owner passes the turn to loop_free_later(), and ignores events
 *            until then.
 */
#ifndef ASR_TURN_TURN_H
#define ASR_TURN_TURN_H

#include "asr/turn/policy.h"
#include "audio/vad.h"

#include <stddef.h>

struct asr_nets;
struct turn;

enum {
    TURN_TAIL_MS = 200,  /**< Silence passed on after a voice */
    TURN_KEPT_MS = 9000, /**< Audio that is kept [ms] */
};

struct turn_params {
    struct vad_params vad; /**< Settings; pre_roll_ms, longest_ms and push_to_talk apply to both
                                ways */
    enum turn_pace pace;
};

enum turn_kind {
    TURN_BEGINS,     /**< An utterance begins; AUDIO follows, starting just before it */
    TURN_AUDIO,      /**< Audio of the open utterance, in order, without gaps */
    TURN_PAUSES,     /**< A silence: all audio up to here was passed on. What are the words? */
    TURN_LOOKS_OVER, /**< Worth preparing an answer */
    TURN_GOES_ON,    /**< It was not over: speech goes on */
    TURN_ENDS,       /**< It is over */
};

struct turn_event {
    enum turn_kind kind;
    uint32_t utterance; /**< Counted from 1 */
    const int16_t *pcm; /**< TURN_AUDIO only */
    size_t n;
    uint64_t audio_ms; /**< BEGINS, AUDIO: where the (next) audio begins, since the first sample */
    uint64_t start_ms; /**< Of the voice */
    uint64_t end_ms;   /**< Of the last voice so far */
    float p;           /**< LOOKS_OVER, ENDS: probability that the turn is over; -1: unknown */
};

typedef void turn_fn(const struct turn_event *event, void *arg);

int turn_open(struct turn **tp, struct asr_nets *nets, const struct turn_params *params,
              turn_fn *fn, void *arg);
void turn_feed(struct turn *turn, const int16_t *pcm, size_t n);

/** What the recogniser made of this utterance up to its pause, and in which language ("":
 *  unknown). */
void turn_heard(struct turn *turn, uint32_t utterance, const char *text, const char *language);
void turn_flush(struct turn *turn);

/** Copies the latest samples of the current (else the last) utterance, up to the end of its voice,
 *  at most max. Returns how many. */
size_t turn_voice(const struct turn *turn, int16_t *to, size_t max);

void turn_close(struct turn *turn); /**< NULL is allowed */

#endif

/**
 * @file asr/voices/phrase.h  The speech in a phrase that somebody spoke so that their voice is
 * known
 *
 *     n = voice_phrase(pcm, count, speech, VOICE_PHRASE_MOST);
 *     if (n >= VOICE_PHRASE_LEAST) ... asr_nets_judge(nets, speech, n, JUDGE_VOICE, ...)
 *
 * Pauses say nothing of a voice, and the silence before a phrase may be longer than the phrase.
 *
 * Threads    Any; pure.
 */
#ifndef ASR_VOICES_PHRASE_H
#define ASR_VOICES_PHRASE_H

#include <stddef.h>
#include <stdint.h>

enum {
    VOICE_PHRASE_LEAST = 3 * 16000, /**< Samples of speech that are enough: 3 s */
    VOICE_PHRASE_MOST = 8 * 16000,  /**< As much as is judged at once */
};

/** The first `max` samples at 16 kHz of what is spoken in there; how many. */
size_t voice_phrase(const int16_t *pcm, size_t n, int16_t *speech, size_t max);

#endif

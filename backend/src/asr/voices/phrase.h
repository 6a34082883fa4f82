/**
 * @file asr/voices/phrase.h  Extracts the speech from a phrase that somebody spoke to make their
 * voice known
 *
 *     n = voice_phrase(pcm, count, speech, VOICE_PHRASE_MOST);
 *     if (n >= VOICE_PHRASE_LEAST) ... asr_nets_judge(nets, speech, n, JUDGE_VOICE, ...)
 *
 * Pauses say nothing about a voice, and the silence before a phrase may be longer than the phrase.
 *
 * Threads    Any; pure.
 */
#ifndef ASR_VOICES_PHRASE_H
#define ASR_VOICES_PHRASE_H

#include <stddef.h>
#include <stdint.h>

enum {
    VOICE_PHRASE_LEAST = 3 * 16000, /**< Samples of speech that are enough: 3 s */
    VOICE_PHRASE_MOST = 8 * 16000,  /**< Most that is judged at once */
};

/** Copies the first `max` samples of speech, at 16 kHz; returns how many. */
size_t voice_phrase(const int16_t *pcm, size_t n, int16_t *speech, size_t max);

#endif

/**
 * @file asr/whisper/words.h  From tokens to words, with times and confidence
 *
 * Times are found by dynamic time warping over the cross-attention of the alignment heads
 * (openai/whisper timing.py, find_alignment(): weights normalised per head over tokens, a median
 * filter of 7 over time, the mean of the heads, then the cheapest monotonic path); confidence is
 * the geometric mean of the probabilities of a word's tokens.
 *
 * Threads    One owner at a time.
 * Errors     UV_ENOMEM.
 */
#ifndef ASR_WHISPER_WORDS_H
#define ASR_WHISPER_WORDS_H

#include "asr/whisper/search.h"

struct whisper_word {
    int first; /**< Index of its first token in the given array */
    int n;     /**< Number of tokens; special ones between words belong to none */
    int t0;    /**< Since the beginning of the window [10 ms] */
    int t1;
    float confidence; /**< 0..1 */
    size_t text;      /**< Offset of its text, if there is a text */
    size_t text_len;
};

/**
 * Group text tokens into words: a token that begins with a space begins a word; where a language
 * is written without spaces, every whole character does.
 * @return How many words; at most n are written
 */
int whisper_words_group(const struct whisper_vocab *v, const struct whisper_pick *tokens, int n,
                        int language, struct whisper_word *words);

/**
 * Sets the times of words.
 *
 * @param d      its align holds the attention of the tokens (see whisper_search_params.align)
 * @param prompt tokens before tokens[0] in the sequence
 * @param from   where in the window they are said [10 ms]
 * @param frames length of the audio in the window [10 ms]: no word ends later
 */
int whisper_words_time(const struct whisper_decoder *d, const struct whisper_pick *tokens, int n,
                       int prompt, int from, int frames, struct whisper_word *words, int n_words);

/** Cheapest monotonic path through cost[rows][cols]: start[i] is the column where row i begins. */
int whisper_dtw(const float *cost, int rows, int cols, int *start);

#endif

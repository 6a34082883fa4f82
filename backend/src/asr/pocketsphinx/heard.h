/**
 * @file asr/pocketsphinx/heard.h  Words with their times, and the promise that some of them stay
 *
 * A partial says which of its leading words will not change. The first pass may think otherwise
 * later, the lattice reads the utterance anew, and the two searches may take each other's place;
 * the promised words stand all the same, and what was heard after them follows.
 *
 * Threads    Any, each its own words.
 */
#ifndef ASR_POCKETSPHINX_HEARD_H
#define ASR_POCKETSPHINX_HEARD_H

#include <stddef.h>
#include <stdint.h>

enum { HEARD_WORDS_MAX = 2048 /**< In one utterance; the rest is dropped */ };

struct heard {
    char text[48];
    uint32_t start_ms;
    uint32_t end_ms;
};

/** Makes the first `promised` words of word those at kept. Where they differ already, the words
 *  that lie (by their middle) after the last promised one follow. word has room for
 *  HEARD_WORDS_MAX. Returns the new number of words. */
size_t heard_keep(const struct heard *kept, size_t promised, struct heard *word, size_t count);

#endif

/**
 * @file asr/pocketsphinx/heard.h  Words with their times, and which of them are stable
 *
 * A partial says which of its leading words will not change. The first pass may change its mind
 * later, the lattice decodes the utterance again, and the lead may pass from one search to the
 * other; the promised words stay all the same, and later words follow them.
 *
 * Threads    Any, each with its own words.
 */
#ifndef ASR_POCKETSPHINX_HEARD_H
#define ASR_POCKETSPHINX_HEARD_H

#include <stddef.h>
#include <stdint.h>

enum { HEARD_WORDS_MAX = 2048 /**< For one utterance; the rest is dropped */ };

struct heard {
    char text[48];
    uint32_t start_ms;
    uint32_t end_ms;
};

/** Replaces the first `promised` words of word by those of kept. If they differ, they are followed
 *  by the words whose middle lies after the last promised one. word has room for HEARD_WORDS_MAX.
 *  Returns the new number of words. */
size_t heard_keep(const struct heard *kept, size_t promised, struct heard *word, size_t count);

#endif

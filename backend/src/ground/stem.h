/**
 * @file ground/stem.h  English suffix stripping
 *
 * libstemmer's "english" algorithm (M. F. Porter, Porter2, snowballstem.org/algorithms/english).
 *
 * Threads    Any; each thread has a stemmer of its own, made when it first stems a word.
 */
#ifndef GROUND_STEM_H
#define GROUND_STEM_H

#include <stddef.h>

/** Stems a lower-case word in place; words with anything but a-z are unchanged, and so are all if
 *  memory is short. `size` is the room for word and NUL. Returns the new length; the result is
 *  terminated. */
size_t stem_english(char *word, size_t len, size_t size);

#endif

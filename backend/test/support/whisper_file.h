/**
 * @file test/support/whisper_file.h  A generated tiny Whisper model file
 *
 * One encoder and one decoder layer, 32 wide, two heads, f16, pseudo-random weights; the vocabulary
 * is the 256 single bytes and some words. Complete: it opens, loads and transcribes. Its output
 * means nothing.
 */
#ifndef TEST_WHISPER_FILE_H
#define TEST_WHISPER_FILE_H

#include <stddef.h>
#include <stdint.h>

enum {
    TINY_STATE = 32,
    TINY_HEADS = 2,
    TINY_VOCAB = 51864,
    TINY_HEADER = 4 + 11 * 4,                      /* offset of the filters */
    TINY_VOCAB_AT = TINY_HEADER + 8 + 80 * 201 * 4 /* offset of the vocabulary */
};

struct tiny_file {
    uint8_t *data; /**< free() */
    size_t len;
    size_t tensors_at; /**< Offset of the first tensor */
};

/** seed: for the weights. multilingual: 51865 tokens instead of 51864. */
void tiny_file_make(struct tiny_file *f, uint32_t seed, int multilingual);

/** The same, written to a file. */
void tiny_file_write(const char *path, uint32_t seed, int multilingual);

/** n samples of something like speech: two voiced stretches with a pause between. */
void tiny_speech(int16_t *pcm, size_t n);

#endif

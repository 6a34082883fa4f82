/**
 * @file models/reader.h  Bytes of a model file, one after the other (private to models/)
 *
 * What is asked for behind the end, or after something impossible, is NULL or 0, and `bad` stays
 * true: a caller looks at it once, when it has read what belongs together.
 */
#ifndef MODELS_READER_H
#define MODELS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct models_reader {
    const uint8_t *data;
    size_t len, at;
    bool bad; /**< It ended too soon, or said something impossible */
};

const uint8_t *models_reader_take(struct models_reader *r, size_t n);

/** A little-endian number of 1 to 4 bytes. */
uint32_t models_reader_number(struct models_reader *r, size_t size);

#endif

/**
 * @file models/reader.h  Bytes of a model file, one after the other (private to models/)
 *
 * A read past the end, or after an impossible value, returns NULL or 0 and `bad` stays true, so
 * that a caller can read what belongs together and check once.
 */
#ifndef MODELS_READER_H
#define MODELS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct models_reader {
    const uint8_t *data;
    size_t len, at;
    bool bad; /**< It ended too early, or held an impossible value */
};

const uint8_t *models_reader_take(struct models_reader *r, size_t n);

/** A little-endian number of 1 to 4 bytes. */
uint32_t models_reader_number(struct models_reader *r, size_t size);

#endif

/**
 * @file ground/span_table.h  The layout of the tagger's table, shared by the code that writes it
 *                            and the code that reads it
 *
 * Private to ground/ and the tool that trains. Open addressing with linear probing: the low bits of
 * a feature's hash give the position of its row, the top byte confirms it. An unknown feature
 * matches a wrong row once in a few hundred times.
 */
#ifndef GROUND_SPAN_TABLE_H
#define GROUND_SPAN_TABLE_H

#include "ground/span_features.h"

#include <stdint.h>

enum { SPAN_TABLE_BITS = 17, SPAN_TABLE_SIZE = 1 << SPAN_TABLE_BITS };

struct span_row {
    uint8_t check; /* 0: no row */
    int8_t w[SPAN_LABELS];
};

static inline uint32_t span_row_at(uint32_t hash)
{
    return hash & (SPAN_TABLE_SIZE - 1);
}

static inline uint8_t span_row_check(uint32_t hash)
{
    uint8_t check = (uint8_t)(hash >> 24);

    return check ? check : 1;
}

#endif

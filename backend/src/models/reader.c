/**
 * @file models/reader.c  See reader.h
 */
#include "models/reader.h"

const uint8_t *models_reader_take(struct models_reader *r, size_t n)
{
    const uint8_t *p = r->data + r->at;

    if (r->bad || n > r->len - r->at) {
        r->bad = true;
        return NULL;
    }
    r->at += n;
    return p;
}

uint32_t models_reader_number(struct models_reader *r, size_t size)
{
    const uint8_t *p = models_reader_take(r, size);
    uint32_t n = 0;

    for (size_t i = 0; p && i < size; i++)
        n |= (uint32_t)p[i] << (8 * i);
    return n;
}

/**
 * @file tools/speechlm/vocabulary.c  Words to numbers and back
 */
#include "lm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("speechlm: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

void *grow(void *p, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return p;
    *cap = need > 2 * *cap ? need : 2 * *cap;
    p = realloc(p, *cap * size);
    if (!p)
        die("no memory for %zu items", *cap);
    return p;
}

/* FNV-1a, 64 bit (Fowler, Noll, Vo). */
static uint64_t hash(const char *word)
{
    uint64_t h = 0xcbf29ce484222325;

    for (; *word; word++)
        h = (h ^ (unsigned char)*word) * 0x100000001b3;
    return h;
}

static size_t slot_of(const struct vocabulary *v, const char *word)
{
    size_t i = hash(word) & (v->slots - 1);

    while (v->slot[i] && strcmp(v->word[v->slot[i] - 1], word) != 0)
        i = (i + 1) & (v->slots - 1);
    return i;
}

static void enlarge(struct vocabulary *v)
{
    size_t slots = v->slots ? 2 * v->slots : 1024;

    free(v->slot);
    v->slots = slots;
    v->slot = calloc(slots, sizeof(*v->slot));
    if (!v->slot)
        die("no memory for the vocabulary");
    for (size_t i = 0; i < v->count; i++)
        v->slot[slot_of(v, v->word[i])] = (int32_t)i + 1;
}

int32_t vocabulary_find(const struct vocabulary *v, const char *word)
{
    return v->slots ? v->slot[slot_of(v, word)] - 1 : WORD_NONE;
}

int32_t vocabulary_add(struct vocabulary *v, const char *word)
{
    int32_t id = vocabulary_find(v, word);

    if (id != WORD_NONE)
        return id;
    if (v->count + 1 >= WORD_LIMIT)
        die("more than %d words", WORD_LIMIT);
    if (2 * (v->count + 1) > v->slots)
        enlarge(v);
    v->word = grow(v->word, &v->cap, v->count + 1, sizeof(*v->word));
    v->word[v->count] = strdup(word);
    v->slot[slot_of(v, word)] = (int32_t)++v->count;
    return (int32_t)v->count - 1;
}

/**
 * @file asr/pocketsphinx/heard.c  Words with their times, and which of them are stable
 */
#include "asr/pocketsphinx/heard.h"

#include <stdbool.h>
#include <string.h>

static bool holds(const struct heard *kept, size_t promised, const struct heard *word, size_t count)
{
    for (size_t i = 0; i < promised; i++)
        if (i == count || strcmp(kept[i].text, word[i].text) != 0)
            return false;
    return true;
}

static uint32_t middle(const struct heard *w)
{
    return w->start_ms + (w->end_ms - w->start_ms) / 2;
}

size_t heard_keep(const struct heard *kept, size_t promised, struct heard *word, size_t count)
{
    size_t from = 0, rest;

    if (holds(kept, promised, word, count))
        return count;
    while (from < count && middle(&word[from]) < kept[promised - 1].end_ms)
        from++;
    rest = count - from;
    if (rest > HEARD_WORDS_MAX - promised)
        rest = HEARD_WORDS_MAX - promised;
    memmove(word + promised, word + from, rest * sizeof(*word));
    memcpy(word, kept, promised * sizeof(*word));
    return promised + rest;
}

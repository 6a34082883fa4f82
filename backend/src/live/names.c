/**
 * @file live/names.c  The names in a text; see names.h
 */
#include "live/names.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Length of a dash, bullet, quotation mark or similar (U+2000 to U+206F); 0: none. An apostrophe
 * inside a word ("O\u2019Brien") is not one. */
static size_t mark_at(const char *p)
{
    const unsigned char *c = (const unsigned char *)p;

    return c[0] == 0xe2 && (c[1] == 0x80 || c[1] == 0x81) && c[2] >= 0x80 &&
                   !(c[1] == 0x80 && c[2] == 0x99)
               ? 3
               : 0;
}

static bool begins_word(const char *p)
{
    return isalnum((unsigned char)*p) || ((unsigned char)*p >= 0x80 && !mark_at(p));
}

static bool in_word(const char *p)
{
    return begins_word(p) || (*p && strchr("+#-'", *p));
}

void names_each(const char *text, void (*fn)(const char *word, size_t len, void *arg), void *arg)
{
    bool beginning = true;

    for (const char *p = text; p && *p;) {
        const char *word = p;
        bool stands_out = false;

        if (!begins_word(p)) {
            beginning |= strchr(".\n?!:", *p) != NULL;
            p += mark_at(p) ? mark_at(p) : 1;
            continue;
        }
        for (; in_word(p); p++)
            stands_out |= (isupper((unsigned char)*p) || isdigit((unsigned char)*p)) &&
                          (p > word || !beginning);
        if (stands_out && isalpha((unsigned char)*word))
            fn(word, (size_t)(p - word), arg);
        beginning = false;
    }
}

/**
 * @file asr/pocketsphinx/display.c  From decoder words to text that people read
 */
#include "asr/pocketsphinx/display.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

enum { FORMS_MAX = 4096, FORM_MAX = 64, SENTENCE_ASKS = 3 };

struct display {
    char form[FORMS_MAX][FORM_MAX]; /* sorted, ignoring case */
    size_t count;
};

static int by_form(const void *a, const void *b)
{
    return strcasecmp(a, b);
}

int display_load(struct display **dp, const char *path)
{
    struct display *d = calloc(1, sizeof(*d));
    FILE *f;

    if (!d)
        return UV_ENOMEM;
    f = fopen(path, "r");
    while (f && d->count < FORMS_MAX && fgets(d->form[d->count], FORM_MAX, f)) {
        char *form = d->form[d->count];

        form[strcspn(form, "\n")] = '\0';
        d->count += *form != '\0';
    }
    if (f)
        fclose(f);
    qsort(d->form, d->count, FORM_MAX, by_form);
    *dp = d;
    return 0;
}

void display_free(struct display *d)
{
    free(d);
}

void display_add(struct display *d, const char *form)
{
    if (d->count == FORMS_MAX || strlen(form) >= FORM_MAX || display_word(d, form) != form)
        return;
    strcpy(d->form[d->count++], form);
    qsort(d->form, d->count, FORM_MAX, by_form);
}

const char *display_word(const struct display *d, const char *word)
{
    const char *form = d ? bsearch(word, d->form, d->count, FORM_MAX, by_form) : NULL;

    return form ? form : word;
}

/* A spelled letter: "x." in the dictionary. */
static bool is_letter(const char *word)
{
    return isalpha((unsigned char)word[0]) && word[1] == '.' && !word[2];
}

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

/* Is it a question? A question word, or a verb before its subject, at the start or after a
 * lead-in. */
static bool asks(const char *const *word, size_t count)
{
    static const char *const lead[] = {"so",    "okay",  "and",     "now",  "well", "but", "then",
                                       "great", "right", "alright", "also", "um",   NULL};
    static const char *const open[] = {
        "what",  "what's", "why",   "how",   "how's",  "when", "where", "where's", "who",
        "who's", "which",  "whose", "do",    "does",   "did",  "can",   "could",   "would",
        "will",  "should", "is",    "isn't", "aren't", "are",  "was",   "were",    "have",
        "has",   "had",    "may",   "shall", "any",    "am",   "don't", "didn't",  NULL};
    size_t i = 0;

    while (i + 1 < count && i < SENTENCE_ASKS && is_one_of(word[i], lead))
        i++;
    return i < count && count - i > 1 && is_one_of(word[i], open);
}

static void put_word(struct buf *out, const struct display *d, const char *word, bool first)
{
    const char *form = display_word(d, word);
    bool i = word[0] == 'i' && (!word[1] || word[1] == '\'');

    if (first || i) {
        buf_putc(out, (char)toupper((unsigned char)form[0]));
        form++;
    }
    buf_puts(out, form);
}

int display_text(const struct display *d, const char *const *word, size_t count, bool final,
                 struct buf *out, size_t *ends)
{
    for (size_t i = 0; i < count; i++) {
        bool joined = i && is_letter(word[i]) && is_letter(word[i - 1]);

        if (i && !joined)
            buf_putc(out, ' ');
        if (is_letter(word[i]))
            buf_putc(out, (char)toupper((unsigned char)word[i][0]));
        else
            put_word(out, d, word[i], i == 0);
        if (ends)
            ends[i] = out->len;
    }
    if (final && count)
        buf_putc(out, asks(word, count) ? '?' : '.');
    return out->err;
}

/**
 * @file answer/check.c  Checking a model's claims while its answer streams
 *
 * A complete sentence is checked once; the current one is checked again with every word. The list
 * of unsupported statements is reported as a whole whenever it has changed.
 */
#include "answer/answer_internal.h"

#include "base/clock.h"

#include <ctype.h>
#include <string.h>

enum { SENTENCE_MAX = 2000 }; /* a longer one is checked in pieces [bytes] */

static int learn_what_is_known(struct answer *x)
{
    int err = claims_open(&x->known, x->b ? x->b->g : NULL);

    if (!err)
        err = claims_add(x->known, x->question, strlen(x->question));
    for (size_t i = 0; !err && i < x->said.line_count; i++)
        if (x->said.lines[i].who != MEMORY_SHOWN)
            err = claims_add(x->known, x->said.lines[i].text, strlen(x->said.lines[i].text));
    for (size_t i = 0; !err && i < x->said.fact_count; i++)
        err = claims_add(x->known, x->said.facts[i], strlen(x->said.facts[i]));
    if (err) {
        claims_close(x->known);
        x->known = NULL;
    }
    return err;
}

/** Where the sentence that begins at `from` ends in text[0, len); 0: it does not end yet. The
 *  number of a list item is not a sentence by itself. */
static size_t sentence_end(const char *text, size_t len, size_t from)
{
    bool words = false;

    for (size_t i = from; i + 1 < len; i++) {
        words |= isalpha((unsigned char)text[i]) || (text[i] & 0x80);
        if (text[i] == '\n' ||
            (words && text[i] && strchr(".!?", text[i]) && isspace((unsigned char)text[i + 1])))
            return i + 1;
    }
    return len - from > SENTENCE_MAX ? len : 0;
}

/** Where the last word ends that is certainly complete. */
static size_t whole_words(const char *text, size_t len)
{
    while (len && !isspace((unsigned char)text[len - 1]))
        len--;
    return len;
}

/** Appends the unsupported claims in text[from, to) to the first n of found. Returns the new
 *  number. */
static size_t look_at(const struct answer *x, size_t from, size_t to, struct claim *found, size_t n)
{
    size_t more = claims_check(x->known, x->text.data + from, to - from,
                               form_explains(x->outline.form), found + n, CLAIMS_MAX - n);

    for (size_t i = n; i < n + more; i++) {
        found[i].start += from;
        found[i].end += from;
    }
    return n + more;
}

static bool is_news(const struct answer *x, const struct claim *found, size_t n)
{
    if (n != x->unsupported_count)
        return true;
    for (size_t i = 0; i < n; i++)
        if (found[i].start != x->unsupported[i].start || found[i].end != x->unsupported[i].end ||
            found[i].kind != x->unsupported[i].kind)
            return true;
    return false;
}

void check_words(struct answer *x, bool whole)
{
    const char *text = x->text.data;
    size_t len = text ? x->text.len : 0;
    struct claim found[CLAIMS_MAX];
    size_t n, end;

    if (!whole)
        len = len ? whole_words(text, len) : 0;
    if (len <= x->looked_at || (!x->known && learn_what_is_known(x)))
        return;
    n = x->certain;
    memcpy(found, x->unsupported, n * sizeof(*found));
    for (; (end = sentence_end(text, len, x->looked_at)) != 0; x->looked_at = end)
        n = x->certain = look_at(x, x->looked_at, end, found, n);
    n = look_at(x, x->looked_at, len, found, n);
    if (!is_news(x, found, n))
        return;
    memcpy(x->unsupported, found, n * sizeof(*found));
    x->unsupported_count = n;
    answer_tell(x, (struct answer_event){
                       .kind = ANSWER_CHECK,
                       .at_us = clock_mono_us(),
                       .check = {.unsupported = x->unsupported, .count = x->unsupported_count}});
}

void check_void(struct answer *x)
{
    x->looked_at = x->certain = x->unsupported_count = 0;
}

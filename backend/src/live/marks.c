/**
 * @file live/marks.c  Marks of unsure words and of seams
 */
#include "live/marks.h"

#include <string.h>

static const float UNSURE_BELOW = 0.5f; /* of a word: another one is equally likely */

static void add(struct marks *m, size_t at, bool seam)
{
    if (m->count == MARKS_MAX)
        return;
    m->of[m->count].at = at;
    m->of[m->count++].seam = seam;
}

void marks_note(struct marks *m, const char *text, const struct asr_word *words, size_t n)
{
    const char *from = text;

    m->count = 0;
    for (size_t i = 0; i < n; i++) {
        const char *at = words[i].text[0] ? strstr(from, words[i].text) : NULL;

        if (!at)
            continue;
        from = at + strlen(words[i].text);
        if (words[i].confidence > 0 && words[i].confidence < UNSURE_BELOW)
            add(m, (size_t)(from - text), false);
    }
}

void marks_join(struct marks *m, const struct marks *before, size_t len, const struct marks *own)
{
    struct marks both = {.count = 0};

    for (size_t i = 0; i < before->count && before->of[i].at <= len; i++)
        add(&both, before->of[i].at, before->of[i].seam);
    add(&both, len, true);
    for (size_t i = 0; i < own->count; i++)
        add(&both, len + 1 + own->of[i].at, own->of[i].seam);
    *m = both;
}

bool marks_put(const struct marks *m, const char *text, size_t start, size_t end, struct buf *out)
{
    size_t put = start;

    for (size_t i = 0; i < m->count; i++) {
        size_t at = m->of[i].at;

        if (at <= start || at > end || (m->of[i].seam && at == end))
            continue;
        buf_append(out, text + put, at - put);
        buf_puts(out, m->of[i].seam ? " …" : "(?)");
        put = at;
    }
    if (put == start)
        return false;
    buf_append(out, text + put, end - put);
    return !out->err;
}

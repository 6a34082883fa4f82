/**
 * @file api/stop_words.c  Cutting a streamed text before the first stop word
 */
#include "api/stop_words.h"

#include <string.h>

/* Does the held text end with a stop word? */
static size_t whole_at_end(const struct stop_words *s)
{
    size_t longest = 0;

    for (size_t i = 0; i < s->count; i++) {
        size_t n = strlen(s->words[i]);

        if (n <= s->held_len && n > longest && !memcmp(s->held + s->held_len - n, s->words[i], n))
            longest = n;
    }
    return longest;
}

/* How many bytes at the end of the held text may begin a stop word. */
static size_t begun_at_end(const struct stop_words *s)
{
    size_t longest = 0;

    for (size_t i = 0; i < s->count; i++) {
        size_t n = strlen(s->words[i]) - 1;

        n = n < s->held_len ? n : s->held_len;
        while (n > longest && memcmp(s->held + s->held_len - n, s->words[i], n) != 0)
            n--;
        longest = n > longest ? n : longest;
    }
    return longest;
}

static void let_go(struct stop_words *s, size_t keep, struct buf *out)
{
    size_t n = s->held_len - keep;

    buf_append(out, s->held, n);
    memmove(s->held, s->held + n, keep);
    s->held_len = keep;
}

bool stop_words_feed(struct stop_words *s, const char *text, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        size_t found;

        s->held[s->held_len++] = text[i];
        found = whole_at_end(s);
        if (found) {
            s->held_len -= found;
            let_go(s, 0, out);
            return true;
        }
        let_go(s, begun_at_end(s), out);
    }
    return false;
}

void stop_words_end(struct stop_words *s, struct buf *out)
{
    let_go(s, 0, out);
}

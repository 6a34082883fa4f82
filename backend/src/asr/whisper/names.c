/**
 * @file asr/whisper/names.c  Names in the prompt; see names.h
 */
#include "asr/whisper/names.h"

#include "base/buffer.h"

#include <ctype.h>
#include <string.h>

enum {
    SENTENCE_MAX = 2048, /* bytes */
    WORD_MAX = 48,
};

static const struct {
    const char *language, *before, *last;
} sentences[] = {
    {"en", " We talk about", " and"},
    {"de", " Es geht um", " und"},
    {"es", " Hablamos de", " y"},
};
enum { SENTENCES = sizeof(sentences) / sizeof(sentences[0]) };

/* The sentence for that language; -1: there is none. */
static int sentence_of(const struct whisper_vocab *v, int language)
{
    const char *code = v->multilingual ? whisper_language_code(language) : "en";

    for (int i = 0; i < SENTENCES && (language >= 0 || !v->multilingual); i++) {
        if (!strcmp(sentences[i].language, code))
            return i;
    }
    return -1;
}

static void write_sentence(struct buf *out, int which, const char *const *terms, size_t count)
{
    buf_clear(out);
    buf_puts(out, sentences[which].before);
    for (size_t i = 0; i < count; i++) {
        const char *between = i == 0 ? "" : i + 1 == count ? sentences[which].last : ",";

        buf_printf(out, "%s %s", between, terms[i]);
    }
    buf_putc(out, '.');
}

/* Lower-cases the letters of a word; returns how many. Non-ASCII characters are unchanged. */
static size_t fold(const char *word, size_t len, char to[WORD_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < WORD_MAX; i++) {
        unsigned char c = (unsigned char)word[i];

        if (isalnum(c) || c >= 0x80)
            to[n++] = (char)tolower(c);
    }
    to[n] = '\0';
    return n;
}

static void add_words(struct buf *words, const char *term)
{
    while (*term) {
        size_t len = strcspn(term, " ");
        char folded[WORD_MAX];

        if (fold(term, len, folded))
            buf_printf(words, "\n%s", folded);
        term += len;
        term += strspn(term, " ");
    }
}

int whisper_names_tell(const struct whisper_vocab *v, int language, const char *const *terms,
                       size_t count, int *ids, int max, struct buf *words)
{
    int which = sentence_of(v, language);
    struct buf text;
    size_t fit = 0;
    int n = 0;

    if (which < 0)
        return 0;
    buf_init(&text, SENTENCE_MAX);
    for (size_t i = 1; i <= count; i++) {
        size_t tokens;

        write_sentence(&text, which, terms, i);
        tokens = text.err ? (size_t)max + 1 : whisper_tokenize(v, text.data, text.len, NULL, 0);
        if (tokens > (size_t)max)
            break;
        fit = i;
    }
    text.err = 0;
    write_sentence(&text, which, terms, fit);
    for (size_t i = 0; i < fit; i++)
        add_words(words, terms[i]);
    if (fit && !buf_putc(words, '\n') && !text.err)
        n = (int)whisper_tokenize(v, text.data, text.len, ids, (size_t)max);
    buf_seal(words);
    buf_release(&text);
    return n;
}

bool whisper_names_has(const char *words, const char *word, size_t len)
{
    char wanted[WORD_MAX + 2];
    size_t n = fold(word, len, wanted + 1);

    wanted[0] = '\n';
    wanted[n + 1] = '\n';
    wanted[n + 2] = '\0';
    return words && n && strstr(words, wanted);
}

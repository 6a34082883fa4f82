/**
 * @file asr/pocketsphinx/vocabulary.c  Adding the words of a profile to a search
 */
#include "asr/pocketsphinx/vocabulary.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The names that tools/speechlm/lm.h uses. */
static const char reserved[] = "reserved-";

static bool knows(ps_decoder_t *ps, const char *word)
{
    char *phones = ps_lookup_word(ps, word);

    if (phones)
        ckd_free(phones);
    return phones != NULL;
}

static bool has(const struct vocabulary *v, const char *lower)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->word[i], lower) == 0)
            return true;
    return false;
}

/* Phones of a word: from the general dictionary, which has many more words than the interview's,
 * else derived from the spelling. */
static bool find_phones(ps_decoder_t *general, const char *word, const char *lower,
                        char to[PRONOUNCE_MAX])
{
    char *known = ps_lookup_word(general, lower);
    bool fits = known && strlen(known) < PRONOUNCE_MAX;

    if (fits)
        strcpy(to, known);
    if (known)
        ckd_free(known);
    return fits || pronounce(word, to);
}

static void take_word(struct vocabulary *v, ps_decoder_t *interview, ps_decoder_t *general,
                      const char *word, struct buf *dict)
{
    char lower[PRONOUNCE_WORD_MAX];
    char phones[PRONOUNCE_MAX];
    size_t n = strlen(word);

    if (v->count == VOCABULARY_MAX || n < 2)
        return;
    for (size_t i = 0; i <= n; i++)
        lower[i] = (char)tolower((unsigned char)word[i]);
    if (knows(interview, lower) || has(v, lower) || !find_phones(general, word, lower, phones))
        return;
    buf_printf(dict, "%s%03zu %s\n", reserved, v->count, phones);
    strcpy(v->word[v->count], lower);
    strcpy(v->written[v->count], word);
    v->count++;
}

int vocabulary_choose(struct vocabulary *v, ps_decoder_t *interview, ps_decoder_t *general,
                      const char *const *lines, size_t count, struct buf *dict)
{
    v->count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *at = lines[i] ? lines[i] : "";

        while (*at) {
            char word[PRONOUNCE_WORD_MAX];
            size_t n = 0;

            while (*at && !isalnum((unsigned char)*at))
                at++;
            for (; isalnum((unsigned char)*at) || (*at == '\'' && n); at++)
                if (n < sizeof(word) - 1)
                    word[n++] = *at;
            word[n] = '\0';
            take_word(v, interview, general, word, dict);
        }
    }
    return dict->err;
}

const char *vocabulary_word(const struct vocabulary *v, const char *word)
{
    char *end;
    unsigned long i;

    if (!v || strncmp(word, reserved, sizeof(reserved) - 1) != 0)
        return word;
    i = strtoul(word + sizeof(reserved) - 1, &end, 10);
    return i < v->count ? v->word[i] : word;
}

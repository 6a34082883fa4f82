/**
 * @file asr/pocketsphinx/vocabulary.c  Words of a profile join a search
 */
#include "asr/pocketsphinx/vocabulary.h"

#include "asr/pocketsphinx/pronounce.h"

#include <ctype.h>
#include <string.h>

enum { VOCABULARY_MAX = 300 }; /* words a stream may add */

/* Phones of a word: from the general dictionary, which has many more words than the interview's,
 * else as the spelling suggests. */
static bool find_phones(const struct search *general, const char *word, const char *lower,
                        char to[PRONOUNCE_MAX])
{
    char *known = ps_lookup_word(general->ps, lower);
    bool fits = known && strlen(known) < PRONOUNCE_MAX;

    if (fits)
        strcpy(to, known);
    if (known)
        ckd_free(known);
    return fits || pronounce(word, to);
}

/* One word of the profile: known already, or added. */
static bool add_word(struct search *s, const struct search *general, const char *word)
{
    char lower[PRONOUNCE_WORD_MAX];
    char phones[PRONOUNCE_MAX];
    size_t n = strlen(word);
    char *known;

    if (n < 2 || n >= sizeof(lower))
        return false;
    for (size_t i = 0; i <= n; i++)
        lower[i] = (char)tolower((unsigned char)word[i]);
    known = ps_lookup_word(s->ps, lower);
    if (known) {
        ckd_free(known);
        return false;
    }
    return find_phones(general, word, lower, phones) &&
           ps_add_word(s->ps, lower, phones, FALSE) >= 0;
}

static bool add_line(struct search *s, const struct search *general, const char *line, size_t *left)
{
    char word[PRONOUNCE_WORD_MAX];
    bool added = false;

    while (*left && *line) {
        size_t n = 0;

        while (*line && !isalnum((unsigned char)*line))
            line++;
        for (; isalnum((unsigned char)*line) || (*line == '\'' && n); line++)
            if (n < sizeof(word) - 1)
                word[n++] = *line;
        word[n] = '\0';
        if (n && add_word(s, general, word)) {
            added = true;
            (*left)--;
        }
    }
    return added;
}

bool vocabulary_add(struct search *s, const struct search *general, const char *const *words,
                    size_t count)
{
    size_t left = VOCABULARY_MAX;
    bool added = false;
    char *phones;

    for (size_t i = 0; i < count; i++)
        if (words[i] && add_line(s, general, words[i], &left))
            added = true;
    phones = added ? ps_lookup_word(s->ps, "a") : NULL;
    /* Any word, once more with update: the lexicon tree is built anew. */
    if (phones) {
        ps_add_word(s->ps, "a(9)", phones, TRUE);
        ckd_free(phones);
    }
    return added;
}

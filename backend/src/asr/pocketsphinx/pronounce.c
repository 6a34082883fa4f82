/**
 * @file asr/pocketsphinx/pronounce.c  English letter-to-sound rules
 *
 * A rule applies at a place in the word: letters, what must precede, what must follow, phones. In
 * contexts "#" is the word's edge, "@" a vowel letter, "^" a consonant letter, "" anything. The
 * first matching rule in the list of its first letter is used; longer rules come first.
 */
#include "asr/pocketsphinx/pronounce.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { SPELLED_MAX = 4 };

struct rule {
    const char *letters;
    const char *before;
    const char *after;
    const char *phones;
};

static const struct rule rules[] = {
    {"ation", "", "", "EY SH AH N"},
    {"augh", "", "", "AO"},
    {"air", "", "", "EH R"},
    {"ai", "", "", "EY"},
    {"ay", "", "", "EY"},
    {"au", "", "", "AO"},
    {"aw", "", "", "AO"},
    {"all", "", "#", "AO L"},
    {"al", "", "#", "AH L"},
    {"ar", "", "^", "AA R"},
    {"ar", "", "#", "AA R"},
    {"age", "@", "#", "AH JH"},
    {"able", "", "#", "AH B AH L"},
    {"ae", "", "", "IY"},
    {"a", "", "#", "AH"},
    {"a", "", "^e#", "EY"},
    {"a", "", "^i", "EY"},
    {"a", "#", "#", "AH"},
    {"a", "", "", "AE"},
    {"bb", "", "", "B"},
    {"b", "m", "#", ""},
    {"b", "", "", "B"},
    {"cch", "", "", "K"},
    {"chr", "", "", "K R"},
    {"ch", "", "", "CH"},
    {"ck", "", "", "K"},
    {"cc", "", "e", "K S"},
    {"cc", "", "", "K"},
    {"cia", "", "", "SH AH"},
    {"cious", "", "", "SH AH S"},
    {"c", "", "e", "S"},
    {"c", "", "i", "S"},
    {"c", "", "y", "S"},
    {"c", "", "", "K"},
    {"dge", "", "", "JH"},
    {"dd", "", "", "D"},
    {"d", "", "", "D"},
    {"eigh", "", "", "EY"},
    {"eer", "", "", "IH R"},
    {"ear", "", "", "IH R"},
    {"ee", "", "", "IY"},
    {"ea", "", "", "IY"},
    {"ei", "", "", "IY"},
    {"eu", "", "", "UW"},
    {"ew", "", "", "UW"},
    {"ey", "", "#", "IY"},
    {"er", "", "#", "ER"},
    {"er", "", "^", "ER"},
    {"ed", "t", "#", "IH D"},
    {"ed", "d", "#", "IH D"},
    {"ed", "^", "#", "D"},
    {"es", "s", "#", "IH Z"},
    {"es", "h", "#", "IH Z"},
    {"es", "x", "#", "IH Z"},
    {"es", "^", "#", "Z"},
    {"e", "#^", "#", "IY"},
    {"e", "", "#", ""},
    {"e", "", "^e#", "IY"},
    {"e", "", "", "EH"},
    {"ff", "", "", "F"},
    {"f", "", "", "F"},
    {"gh", "#", "", "G"},
    {"gh", "", "", ""},
    {"gg", "", "", "G"},
    {"gn", "#", "", "N"},
    {"g", "", "e", "JH"},
    {"g", "", "i", "JH"},
    {"g", "", "y", "JH"},
    {"g", "", "", "G"},
    {"h", "", "@", "HH"},
    {"h", "", "y", "HH"},
    {"h", "", "", ""},
    {"ight", "", "", "AY T"},
    {"igh", "", "", "AY"},
    {"ing", "", "#", "IH NG"},
    {"ious", "", "", "IY AH S"},
    {"ir", "", "^", "ER"},
    {"ir", "", "#", "ER"},
    {"ie", "", "#", "IY"},
    {"ie", "", "", "IY"},
    {"i", "", "#", "IY"},
    {"i", "", "^e#", "AY"},
    {"i", "#", "^e", "AY"},
    {"i", "", "@", "IY"},
    {"i", "", "", "IH"},
    {"j", "", "", "JH"},
    {"kn", "#", "", "N"},
    {"kk", "", "", "K"},
    {"k", "", "", "K"},
    {"le", "^", "#", "AH L"},
    {"ll", "", "", "L"},
    {"l", "", "", "L"},
    {"mm", "", "", "M"},
    {"m", "", "", "M"},
    {"ng", "", "#", "NG"},
    {"ng", "", "^", "NG G"},
    {"nk", "", "", "NG K"},
    {"nn", "", "", "N"},
    {"n", "", "", "N"},
    {"ould", "", "", "UH D"},
    {"ough", "", "", "OW"},
    {"our", "", "", "AO R"},
    {"ous", "", "#", "AH S"},
    {"oor", "", "", "AO R"},
    {"oo", "", "", "UW"},
    {"ou", "", "", "AW"},
    {"ow", "", "#", "OW"},
    {"ow", "", "", "AW"},
    {"oi", "", "", "OY"},
    {"oy", "", "", "OY"},
    {"oa", "", "", "OW"},
    {"oe", "", "#", "OW"},
    {"or", "", "", "AO R"},
    {"o", "", "#", "OW"},
    {"o", "", "^e#", "OW"},
    {"o", "", "", "AA"},
    {"ph", "", "", "F"},
    {"pp", "", "", "P"},
    {"ps", "#", "", "S"},
    {"p", "", "", "P"},
    {"qu", "", "", "K W"},
    {"q", "", "", "K"},
    {"rr", "", "", "R"},
    {"rh", "", "", "R"},
    {"r", "", "", "R"},
    {"sch", "", "", "SH"},
    {"sion", "@", "", "ZH AH N"},
    {"sion", "", "", "SH AH N"},
    {"sh", "", "", "SH"},
    {"ss", "", "", "S"},
    {"s", "@", "@", "Z"},
    {"s", "@", "#", "Z"},
    {"s", "", "", "S"},
    {"tion", "", "", "SH AH N"},
    {"tial", "", "", "SH AH L"},
    {"tch", "", "", "CH"},
    {"th", "", "", "TH"},
    {"ture", "", "", "CH ER"},
    {"tt", "", "", "T"},
    {"t", "", "", "T"},
    {"ue", "", "#", "UW"},
    {"ui", "", "", "UW"},
    {"ur", "", "^", "ER"},
    {"ur", "", "#", "ER"},
    {"u", "", "#", "UW"},
    {"u", "", "^e#", "UW"},
    {"u", "#", "^@", "Y UW"},
    {"u", "#", "@", "Y UW"},
    {"u", "", "", "AH"},
    {"vv", "", "", "V"},
    {"v", "", "", "V"},
    {"wh", "", "", "W"},
    {"wr", "#", "", "R"},
    {"w", "", "@", "W"},
    {"w", "", "", ""},
    {"x", "#", "", "Z"},
    {"x", "", "", "K S"},
    {"y", "#", "", "Y"},
    {"y", "^", "#", "IY"},
    {"y", "", "^e#", "AY"},
    {"y", "", "", "IH"},
    {"zz", "", "", "Z"},
    {"z", "", "", "Z"},
};

static const char *const letter_names[26] = {"EY",
                                             "B IY",
                                             "S IY",
                                             "D IY",
                                             "IY",
                                             "EH F",
                                             "JH IY",
                                             "EY CH",
                                             "AY",
                                             "JH EY",
                                             "K EY",
                                             "EH L",
                                             "EH M",
                                             "EH N",
                                             "OW",
                                             "P IY",
                                             "K Y UW",
                                             "AA R",
                                             "EH S",
                                             "T IY",
                                             "Y UW",
                                             "V IY",
                                             "D AH B AH L Y UW",
                                             "EH K S",
                                             "W AY",
                                             "Z IY"};

static const char *const digit_names[10] = {"Z IH R OW", "W AH N", "T UW",     "TH R IY",
                                            "F AO R",    "F AY V", "S IH K S", "S EH V AH N",
                                            "EY T",      "N AY N"};

static bool is_vowel(char c)
{
    return c && strchr("aeiouy", c);
}

/* Matches one context symbol with one letter of the word; '\0' is the word's edge. */
static bool fits(char sign, char c)
{
    if (sign == '#')
        return !c;
    if (sign == '@')
        return is_vowel(c);
    if (sign == '^')
        return isalpha((unsigned char)c) && !is_vowel(c);
    return sign == c;
}

static bool rule_fits(const struct rule *r, const char *word, size_t at)
{
    size_t len = strlen(r->letters);
    size_t size = strlen(word);
    size_t back = strlen(r->before);

    if (strncmp(word + at, r->letters, len) != 0)
        return false;
    for (size_t i = 0; i < back; i++) {
        size_t ago = back - i;

        if (!fits(r->before[i], ago > at ? '\0' : word[at - ago]))
            return false;
    }
    for (size_t i = 0; r->after[i]; i++)
        if (!fits(r->after[i], at + len + i < size ? word[at + len + i] : '\0'))
            return false;
    return true;
}

static size_t count_phones(const char *phones)
{
    size_t n = *phones != '\0';

    for (; *phones; phones++)
        n += *phones == ' ';
    return n;
}

static size_t put_phones(char to[PRONOUNCE_MAX], const char *phones)
{
    size_t len = strlen(to);

    if (!*phones || len + strlen(phones) + 2 > PRONOUNCE_MAX)
        return 0;
    snprintf(to + len, PRONOUNCE_MAX - len, "%s%s", len ? " " : "", phones);
    return count_phones(phones);
}

static bool is_acronym(const char *word)
{
    size_t upper = 0;
    size_t vowels = 0;

    for (size_t i = 0; word[i]; i++) {
        if (islower((unsigned char)word[i]))
            return false;
        upper += isupper((unsigned char)word[i]) != 0;
        vowels += is_vowel((char)tolower((unsigned char)word[i]));
    }
    return upper > 0 && (upper <= SPELLED_MAX || !vowels);
}

static size_t spell(const char *word, char to[PRONOUNCE_MAX])
{
    size_t n = 0;

    for (; *word; word++) {
        if (isalpha((unsigned char)*word))
            n += put_phones(to, letter_names[tolower((unsigned char)*word) - 'a']);
        else if (isdigit((unsigned char)*word))
            n += put_phones(to, digit_names[*word - '0']);
    }
    return n;
}

static size_t say(const char *word, char to[PRONOUNCE_MAX])
{
    size_t n = 0;

    for (size_t at = 0; word[at];) {
        const struct rule *r = NULL;

        for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && !r; i++)
            if (rules[i].letters[0] == word[at] && rule_fits(&rules[i], word, at))
                r = &rules[i];
        if (!r && isdigit((unsigned char)word[at]))
            n += put_phones(to, digit_names[word[at] - '0']);
        else if (r)
            n += put_phones(to, r->phones);
        at += r ? strlen(r->letters) : 1;
    }
    return n;
}

size_t pronounce(const char *word, char to[PRONOUNCE_MAX])
{
    char lower[PRONOUNCE_WORD_MAX];
    size_t n = 0;

    to[0] = '\0';
    if (strlen(word) >= PRONOUNCE_WORD_MAX)
        return 0;
    if (is_acronym(word))
        return spell(word, to);
    for (; word[n]; n++)
        lower[n] = (char)tolower((unsigned char)word[n]);
    lower[n] = '\0';
    n = say(lower, to);
    return n ? n : spell(lower, to);
}

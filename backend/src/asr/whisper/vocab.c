/**
 * @file asr/whisper/vocab.c  Special ids, tokenizer, languages; see vocab.h
 *
 * Ids: the order is that of OpenAI's whisper/tokenizer.py; the tokenizer's regular expression
 * splits words like GPT-2's, over ASCII classes, with bytes above 127 counting as "other".
 */
#include "asr/whisper/vocab.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

/* In the order of their tokens. Written by hand from ISO 639 codes in the model's training
 * order. */
static const char languages[WHISPER_LANGUAGES_MAX][4] = {
    "en", "zh", "de", "es",  "ru", "ko", "fr", "ja", "pt", "tr",  "pl", "ca", "nl", "ar", "sv",
    "it", "id", "hi", "fi",  "vi", "he", "uk", "el", "ms", "cs",  "ro", "da", "hu", "ta", "no",
    "th", "ur", "hr", "bg",  "lt", "la", "mi", "ml", "cy", "sk",  "te", "fa", "lv", "bn", "sr",
    "az", "sl", "kn", "et",  "mk", "br", "eu", "is", "hy", "ne",  "mn", "bs", "kk", "sq", "sw",
    "gl", "mr", "pa", "si",  "km", "sn", "yo", "so", "af", "oc",  "ka", "be", "tg", "sd", "gu",
    "am", "yi", "lo", "uz",  "fo", "ht", "ps", "tk", "nn", "mt",  "sa", "lb", "my", "bo", "tl",
    "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue",
};

/* ---- special ids -------------------------------------------------------------------------- */

static void number_specials(struct whisper_vocab *v, int n_vocab)
{
    v->n_vocab = n_vocab;
    v->multilingual = n_vocab >= 51865;
    v->n_languages = n_vocab - 51765 - (v->multilingual ? 1 : 0);
    v->eot = 50256 + (v->multilingual ? 1 : 0);
    v->sot = v->eot + 1;
    v->language0 = v->sot + 1;
    v->translate = v->language0 + v->n_languages;
    v->transcribe = v->translate + 1;
    v->solm = v->translate + 2;
    v->prev = v->translate + 3;
    v->nosp = v->translate + 4;
    v->no_timestamps = v->translate + 5;
    v->beg = v->translate + 6;
}

/* ---- hash of token bytes ------------------------------------------------------------------ */

static uint32_t hash_bytes(const uint8_t *p, size_t n)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    while (n--)
        h = (h ^ *p++) * 16777619u;
    return h ^ h >> 15;
}

static struct whisper_bytes word(const struct whisper_vocab *v, int id)
{
    uint32_t begin = id ? v->ends[id - 1] : 0;

    return (struct whisper_bytes){v->pool + begin, v->ends[id] - begin};
}

static bool is_word(const struct whisper_vocab *v, int id, const uint8_t *p, size_t n)
{
    struct whisper_bytes w = word(v, id);

    return w.len == n && !memcmp(w.data, p, n);
}

static int find_token(const struct whisper_vocab *v, const uint8_t *p, size_t n)
{
    for (uint32_t i = hash_bytes(p, n);; i++) {
        int id = v->hash[i & v->hash_mask];

        if (id < 0)
            return -1;
        if (is_word(v, id, p, n))
            return id;
    }
}

/* If a token occurs twice, the last one counts, as in whisper.cpp. */
static void hash_token(struct whisper_vocab *v, int id)
{
    struct whisper_bytes w = word(v, id);
    uint32_t i = hash_bytes(w.data, w.len);

    for (;; i++) {
        int32_t *slot = &v->hash[i & v->hash_mask];

        if (*slot < 0 || is_word(v, *slot, w.data, w.len)) {
            *slot = id;
            return;
        }
    }
}

static int copy_words(struct whisper_vocab *v, const struct whisper_file *f)
{
    size_t total = 0;

    v->n_words = f->n_tokens < v->eot ? f->n_tokens : v->eot;
    for (int i = 0; i < v->n_words; i++)
        total += f->tokens[i].len;
    v->ends = calloc((unsigned)v->n_words, sizeof(*v->ends));
    v->pool = malloc(total + 1);
    if (!v->ends || !v->pool)
        return UV_ENOMEM;
    total = 0;
    for (int i = 0; i < v->n_words; i++) {
        size_t len = f->tokens[i].len;

        if (len)
            memcpy(v->pool + total, f->tokens[i].data, len);
        total += len;
        v->ends[i] = (uint32_t)total;
    }
    return 0;
}

static int build_hash(struct whisper_vocab *v)
{
    uint32_t size = 1u << 17; /* more than twice the largest possible number of tokens */

    v->hash_mask = size - 1;
    v->hash = malloc(size * sizeof(*v->hash));
    if (!v->hash)
        return UV_ENOMEM;
    memset(v->hash, 0xff, size * sizeof(*v->hash));
    for (int i = 0; i < v->n_words; i++) {
        if (word(v, i).len)
            hash_token(v, i);
    }
    return 0;
}

int whisper_vocab_open(struct whisper_vocab **vp, const struct whisper_file *f, struct errbuf *why)
{
    struct whisper_vocab *v = calloc(1, sizeof(*v));
    int err = v ? 0 : UV_ENOMEM;

    if (!err) {
        number_specials(v, f->shape.n_vocab);
        err = copy_words(v, f);
    }
    if (!err)
        err = build_hash(v);
    if (err) {
        whisper_vocab_close(v);
        return err_set(why, err, "not enough memory for the vocabulary");
    }
    v->blank = find_token(v, (const uint8_t *)" ", 1);
    *vp = v;
    return 0;
}

void whisper_vocab_close(struct whisper_vocab *v)
{
    if (!v)
        return;
    free(v->ends);
    free(v->pool);
    free(v->hash);
    free(v);
}

/* ---- text to ids -------------------------------------------------------------------------- */

enum kind { SPACE, LETTER, DIGIT, OTHER };

static enum kind kind_of(uint8_t c)
{
    if (c == ' ' || (c >= '\t' && c <= '\r'))
        return SPACE;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return LETTER;
    return c >= '0' && c <= '9' ? DIGIT : OTHER;
}

static size_t contraction(const uint8_t *p, size_t n)
{
    static const char *const ends[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t len = strlen(ends[i]);

        if (n >= len && !memcmp(p, ends[i], len))
            return len;
    }
    return 0;
}

static size_t run_of(const uint8_t *p, size_t n, size_t at)
{
    enum kind kind = kind_of(p[at]);

    while (at < n && kind_of(p[at]) == kind)
        at++;
    return at;
}

/* Length of the next word: 's|'t|'re|'ve|'m|'ll|'d| ?letters| ?digits| ?others|spaces; the last of
 * several spaces belongs to the next word. */
static size_t next_word(const uint8_t *p, size_t n)
{
    size_t len = contraction(p, n);
    size_t spaces;

    if (len)
        return len;
    if (kind_of(p[0]) != SPACE)
        return run_of(p, n, 0);
    if (p[0] == ' ' && n > 1 && kind_of(p[1]) != SPACE)
        return run_of(p, n, 1);
    spaces = run_of(p, n, 0);
    return spaces == n || spaces == 1 ? spaces : spaces - 1;
}

/* The longest token that the word begins with; *id is -1 and the length 1 if there is none. */
static size_t longest_token(const struct whisper_vocab *v, const uint8_t *p, size_t n, int *id)
{
    for (size_t len = n < WHISPER_TOKEN_BYTES_MAX ? n : WHISPER_TOKEN_BYTES_MAX; len; len--) {
        *id = find_token(v, p, len);
        if (*id >= 0)
            return len;
    }
    *id = -1;
    return 1;
}

size_t whisper_tokenize(const struct whisper_vocab *v, const char *text, size_t len, int *ids,
                        size_t max)
{
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *end = p + len;
    size_t count = 0;

    while (p < end) {
        const uint8_t *word_end = p + next_word(p, (size_t)(end - p));

        while (p < word_end) {
            int id;

            p += longest_token(v, p, (size_t)(word_end - p), &id);
            if (id >= 0 && count++ < max)
                ids[count - 1] = id;
        }
    }
    return count;
}

/* ---- ids to text -------------------------------------------------------------------------- */

struct whisper_bytes whisper_vocab_bytes(const struct whisper_vocab *v, int id)
{
    return id >= 0 && id < v->n_words ? word(v, id) : (struct whisper_bytes){v->pool, 0};
}

int whisper_vocab_append(const struct whisper_vocab *v, const int *ids, size_t n, struct buf *b)
{
    for (size_t i = 0; i < n; i++) {
        struct whisper_bytes w = whisper_vocab_bytes(v, ids[i]);

        if (w.len)
            buf_append(b, w.data, w.len);
    }
    return b->err;
}

/* ---- languages ---------------------------------------------------------------------------- */

static int find_language(const char *code, int n)
{
    size_t len = strcspn(code, "-_");

    for (int i = 0; i < n && i < WHISPER_LANGUAGES_MAX; i++) {
        if (strlen(languages[i]) == len && !memcmp(languages[i], code, len))
            return i;
    }
    return -1;
}

int whisper_language_find(const struct whisper_vocab *v, const char *code)
{
    return find_language(code, v->multilingual ? v->n_languages : 1); /* English comes first */
}

bool whisper_language_known(const char *code)
{
    return find_language(code, WHISPER_LANGUAGES_MAX) >= 0;
}

const char *whisper_language_code(int language)
{
    return language >= 0 && language < WHISPER_LANGUAGES_MAX ? languages[language] : "en";
}

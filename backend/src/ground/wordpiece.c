/**
 * @file ground/wordpiece.c  A table of word pieces, and greedy longest-match encoding
 */
#include "ground/wordpiece.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistd.h>
#include <unistr.h>

enum {
    FILE_MAX = 16 << 20,  /* largest file [bytes] */
    PIECES_MAX = 1 << 20, /* most pieces */
    WORD_RUNES_MAX = 100, /* a longer word is unknown as a whole (max_input_chars_per_word) */
    WORD_BYTES_MAX = 4 * WORD_RUNES_MAX,
    DECOMPOSED_MAX = 8, /* most letters that one letter may decompose into */
};

struct piece {
    uint32_t at; /* in the text of all pieces; the first byte is unused, so that 0 means none */
    uint32_t len;
    int32_t id;
};

struct wordpiece {
    struct piece *table; /* open addressing; its size is a power of two */
    size_t mask;
    char *text;
    size_t text_used;
    size_t count;
    int32_t unknown, begin, end;
};

/* ---------------------------------------------------------------------------------- the table */

/** FNV-1a, 32 bit; a word's pieces begin with "##", which is hashed without being copied. */
static uint32_t hash_piece(bool inside, const char *s, size_t n)
{
    uint32_t h = 2166136261u;

    if (inside)
        h = (((h ^ '#') * 16777619u) ^ '#') * 16777619u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 16777619u;
    return h;
}

static bool same_piece(const struct wordpiece *w, const struct piece *p, bool inside, const char *s,
                       size_t n)
{
    const char *text = w->text + p->at;
    size_t skip = inside ? 2 : 0;

    return p->len == n + skip && (!inside || memcmp(text, "##", 2) == 0) &&
           memcmp(text + skip, s, n) == 0;
}

/** Number of a piece; -1: there is none. */
static int32_t find_piece(const struct wordpiece *w, bool inside, const char *s, size_t n)
{
    for (size_t i = hash_piece(inside, s, n) & w->mask; w->table[i].at; i = (i + 1) & w->mask)
        if (same_piece(w, &w->table[i], inside, s, n))
            return w->table[i].id;
    return -1;
}

static void add_piece(struct wordpiece *w, const char *s, int32_t id)
{
    size_t n = strlen(s);
    size_t i = hash_piece(false, s, n) & w->mask;

    while (w->table[i].at)
        i = (i + 1) & w->mask;
    memcpy(w->text + w->text_used, s, n);
    w->table[i] = (struct piece){.at = (uint32_t)w->text_used, .len = (uint32_t)n, .id = id};
    w->text_used += n;
}

/* ------------------------------------------------------------------------------------- opening */

static int read_file(const char *path, char **text, size_t *len, struct errbuf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    size_t got = 0;
    int err = 0;

    if (fd < 0)
        return err_set(why, -errno, "%.300s cannot be opened: %s", path, strerror(errno));
    if (fstat(fd, &st) || st.st_size > FILE_MAX)
        err = err_set(why, UV_EINVAL, "%.300s is no list of words", path);
    *text = err ? NULL : malloc((size_t)st.st_size + 1);
    if (!err && !*text)
        err = err_set(why, UV_ENOMEM, "not enough memory for the words");
    while (!err && got < (size_t)st.st_size) {
        ssize_t n = read(fd, *text + got, (size_t)st.st_size - got);

        if (n <= 0)
            err = err_set(why, n ? -errno : UV_EINVAL, "%.300s cannot be read", path);
        else
            got += (size_t)n;
    }
    close(fd);
    *len = got;
    return err;
}

static int reserve(struct wordpiece *w, const json_t *vocab)
{
    size_t size = 1024;
    size_t bytes = 1;
    const char *piece;
    json_t *id;

    json_object_foreach((json_t *)(uintptr_t)vocab, piece, id) bytes += strlen(piece);
    w->count = json_object_size(vocab);
    while (size < w->count * 2)
        size *= 2;
    w->mask = size - 1;
    w->table = calloc(size, sizeof(*w->table));
    w->text = malloc(bytes);
    w->text_used = 1;
    return w->table && w->text ? 0 : UV_ENOMEM;
}

static int take_words(struct wordpiece *w, const json_t *root, struct errbuf *why)
{
    json_t *model = json_object_get(root, "model");
    json_t *vocab = json_object_get(model, "vocab");
    const char *piece;
    json_t *id;

    if (!json_is_object(vocab) || !json_object_size(vocab) || json_object_size(vocab) > PIECES_MAX)
        return err_set(why, UV_EINVAL, "it has no model.vocab");
    if (reserve(w, vocab))
        return err_set(why, UV_ENOMEM, "not enough memory for the words");
    json_object_foreach(vocab, piece, id)
    {
        json_int_t n = json_is_integer(id) ? json_integer_value(id) : -1;

        if (n < 0 || (size_t)n >= w->count)
            return err_set(why, UV_EINVAL, "a number in model.vocab is out of range");
        add_piece(w, piece, (int32_t)n);
    }
    w->unknown = find_piece(w, false, "[UNK]", 5);
    w->begin = find_piece(w, false, "[CLS]", 5);
    w->end = find_piece(w, false, "[SEP]", 5);
    if (w->unknown < 0 || w->begin < 0 || w->end < 0)
        return err_set(why, UV_EINVAL, "[UNK], [CLS] or [SEP] is missing");
    return 0;
}

int wordpiece_open(struct wordpiece **wp, const char *path, struct errbuf *why)
{
    struct wordpiece *w = calloc(1, sizeof(*w));
    json_t *root = NULL;
    char *text = NULL;
    size_t len = 0;
    int err = w ? read_file(path, &text, &len, why)
                : err_set(why, UV_ENOMEM, "not enough memory for the words");

    if (!err) {
        root = json_parse(text, len);
        err = root ? take_words(w, root, why) : err_set(why, UV_EINVAL, "it is no JSON");
        if (err)
            err_prefix(why, err, "%.300s is not the list of words expected for meaning", path);
    }
    json_decref(root);
    free(text);
    if (err)
        wordpiece_close(w);
    else
        *wp = w;
    return err;
}

void wordpiece_close(struct wordpiece *w)
{
    if (!w)
        return;
    free(w->table);
    free(w->text);
    free(w);
}

size_t wordpiece_count(const struct wordpiece *w)
{
    return w->count;
}

/* ------------------------------------------------------------------------------------ encoding */

struct encoding {
    const struct wordpiece *w;
    int32_t *ids;
    size_t n;
    size_t max; /* room, less one that is kept for [SEP] */
    char word[WORD_BYTES_MAX + 8];
    size_t len;
    size_t runes;
    size_t starts[WORD_RUNES_MAX + 1]; /* where each rune of the word begins */
};

static void put_id(struct encoding *e, int32_t id)
{
    if (e->n < e->max)
        e->ids[e->n++] = id;
}

/** Encodes the current word as the longest pieces; one that cannot be composed is unknown. */
static void end_word(struct encoding *e)
{
    size_t first = e->n;
    size_t at = 0;

    if (e->runes > WORD_RUNES_MAX) {
        put_id(e, e->w->unknown);
        at = e->runes;
    }
    e->starts[e->runes > WORD_RUNES_MAX ? 0 : e->runes] = e->len;
    while (at < e->runes) {
        size_t end = e->runes;
        int32_t id = -1;

        for (; end > at && id < 0; end--)
            id = find_piece(e->w, at > 0, e->word + e->starts[at], e->starts[end] - e->starts[at]);
        if (id < 0) {
            e->n = first;
            put_id(e, e->w->unknown);
            break;
        }
        put_id(e, id);
        at = end + 1;
    }
    e->len = e->runes = 0;
}

static void add_rune(struct encoding *e, ucs4_t c)
{
    if (e->runes < WORD_RUNES_MAX) {
        int n = u8_uctomb((uint8_t *)e->word + e->len, c, 6);

        e->starts[e->runes] = e->len;
        e->len += n > 0 ? (size_t)n : 0;
    }
    e->runes++;
}

/** Blocks of Chinese characters, as in BERT's own tokenizer. */
static bool is_chinese(ucs4_t c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
           (c >= 0x20000 && c <= 0x2ceaf) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0x2f800 && c <= 0x2fa1f);
}

static bool is_mark(ucs4_t c)
{
    return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
           (c >= 123 && c <= 126) ||
           (c >= 0x80 && uc_is_general_category_withtable(c, UC_CATEGORY_MASK_P));
}

/** A lower-case, decomposed rune. */
static void take_part(struct encoding *e, ucs4_t c)
{
    if (c >= 0x80 && uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Mn))
        return;
    if (!is_mark(c) && !is_chinese(c)) {
        add_rune(e, c);
        return;
    }
    end_word(e);
    add_rune(e, c);
    end_word(e);
}

static void take_rune(struct encoding *e, ucs4_t c)
{
    ucs4_t apart[DECOMPOSED_MAX];
    size_t n = DECOMPOSED_MAX;

    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' ||
        (c >= 0x80 && uc_is_property_white_space(c))) {
        end_word(e);
    } else if (c < 0x80) {
        if (c >= 32 && c != 127)
            take_part(e, c >= 'A' && c <= 'Z' ? c + 32 : c);
    } else if (c != 0xfffd && !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_C)) {
        if (!u32_normalize(UNINORM_NFD, &c, 1, apart, &n)) {
            apart[0] = c;
            n = 1;
        }
        for (size_t i = 0; i < n; i++)
            take_part(e, uc_tolower(apart[i]));
    }
}

size_t wordpiece_encode(const struct wordpiece *w, const char *text, size_t len, int32_t *ids,
                        size_t max)
{
    struct encoding e = {.w = w, .ids = ids, .max = max - 1};
    const char *end = text + len;

    put_id(&e, w->begin);
    for (const char *p = text; p < end && e.n < e.max;)
        take_rune(&e, utf8_next(&p, end));
    end_word(&e);
    ids[e.n++] = w->end;
    return e.n;
}

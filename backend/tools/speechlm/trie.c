/**
 * @file tools/speechlm/trie.c  The binary trigram format that the recogniser loads
 *
 * Little endian throughout; scores are logarithms to the base 1.0001:
 *
 *     "Trie Language Model"                     no NUL
 *     u8  order (3);  u32 number of 1-, 2-, 3-grams
 *     u32 1
 *     f32[65536] bigram probabilities, f32[65536] bigram back-offs, f32[65536] trigram
 * probabilities { f32 probability, f32 back-off, u32 first bigram } for each word and one more for
 * the end bigrams, bit-packed:  word, 16 bit back-off, 16 bit probability, first trigram; one more
 *     trigrams, bit-packed: word, 16 bit probability; one more
 *     u32 bytes of text; the words, each with its NUL
 *
 * The trie is walked from the last word backwards: below word w lie the bigrams "v w" ordered by v,
 * below each of those the trigrams "u v w" ordered by u. A 16-bit field is an index into its table
 * of f32. Each bit-packed part is padded by 8 bytes.
 */
#include "lm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE = 1 << 16, ORDER = 3, PAD = 8 };

static const char magic[] = "Trie Language Model";
static const double LOG_BASE = 9.9995000333308e-05; /* ln 1.0001 */

struct node {
    float prob;
    float bow;
    uint32_t next;
};

struct layout {
    unsigned word_bits;
    unsigned next_bits;
    unsigned bi_bits;  /* of one bigram */
    unsigned tri_bits; /* of one trigram */
    size_t bi_bytes;
    size_t tri_bytes;
};

static unsigned bits_for(uint32_t max)
{
    unsigned n = 0;

    for (; max; max >>= 1)
        n++;
    return n;
}

static struct layout layout_of(const uint32_t counts[ORDER])
{
    struct layout l = {.word_bits = bits_for(counts[0]), .next_bits = bits_for(counts[2])};

    l.bi_bits = l.word_bits + 32 + l.next_bits;
    l.tri_bits = l.word_bits + 16;
    l.bi_bytes = ((size_t)(counts[1] + 1) * l.bi_bits + 7) / 8 + PAD;
    l.tri_bytes = ((size_t)(counts[2] + 1) * l.tri_bits + 7) / 8 + PAD;
    return l;
}

static uint32_t bits_get(const uint8_t *mem, size_t bit, unsigned n)
{
    uint64_t x;

    memcpy(&x, mem + bit / 8, sizeof(x));
    return (uint32_t)(x >> (bit & 7) & ((UINT64_C(1) << n) - 1));
}

static void bits_put(uint8_t *mem, size_t bit, unsigned n, uint32_t value)
{
    uint64_t x;

    memcpy(&x, mem + bit / 8, sizeof(x));
    x &= ~(((UINT64_C(1) << n) - 1) << (bit & 7));
    x |= (uint64_t)value << (bit & 7);
    memcpy(mem + bit / 8, &x, sizeof(x));
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct gram *)a)->key;
    uint64_t y = ((const struct gram *)b)->key;

    return x < y ? -1 : x > y;
}

/* ---- reading ---- */

static void take(FILE *f, void *to, size_t n, const char *what)
{
    if (fread(to, 1, n, f) != n)
        die("the language model ends inside its %s", what);
}

static void *take_new(FILE *f, size_t n, const char *what)
{
    void *p = malloc(n);

    if (!p)
        die("no memory for the %s", what);
    take(f, p, n, what);
    return p;
}

static void unpack(struct lm *lm, const struct node *uni, const uint8_t *bi, const uint8_t *tri,
                   const float *table, const struct layout *l)
{
    size_t n = 0;
    size_t m = 0;

    for (int32_t w = 0; w < (int32_t)lm->v.count; w++) {
        for (uint32_t i = uni[w].next; i < uni[w + 1].next; i++) {
            size_t at = (size_t)i * l->bi_bits;
            int32_t v = (int32_t)bits_get(bi, at, l->word_bits);
            uint32_t bow = bits_get(bi, at + l->word_bits, 16);
            uint32_t prob = bits_get(bi, at + l->word_bits + 16, 16);
            uint32_t from = bits_get(bi, at + l->word_bits + 32, l->next_bits);
            uint32_t to = bits_get(bi, at + l->bi_bits + l->word_bits + 32, l->next_bits);

            if (n >= lm->bis || to < from || to > lm->tris)
                die("the language model is damaged");
            lm->bi[n++] = (struct gram){key2(v, w), table[prob] * (float)LOG_BASE,
                                        table[TABLE + bow] * (float)LOG_BASE};
            for (uint32_t j = from; j < to && m < lm->tris; j++) {
                size_t here = (size_t)j * l->tri_bits;
                int32_t u = (int32_t)bits_get(tri, here, l->word_bits);

                prob = bits_get(tri, here + l->word_bits, 16);
                lm->tri[m++] =
                    (struct gram){key3(u, v, w), table[2 * TABLE + prob] * (float)LOG_BASE, 0};
            }
        }
    }
    lm->bis = n;
    lm->tris = m;
}

static void read_words(struct lm *lm, FILE *f, size_t count)
{
    uint32_t bytes;
    char *text;
    const char *p;

    take(f, &bytes, sizeof(bytes), "vocabulary");
    text = take_new(f, bytes, "vocabulary");
    if (!bytes || text[bytes - 1])
        die("the language model's vocabulary is damaged");
    for (p = text; lm->v.count < count && p < text + bytes; p += strlen(p) + 1)
        vocabulary_add(&lm->v, p);
    if (lm->v.count != count)
        die("the language model's vocabulary has %zu words, not %zu", lm->v.count, count);
    free(text);
}

static FILE *open_model(const char *path, uint32_t counts[ORDER])
{
    char head[sizeof(magic) - 1];
    uint8_t order;
    FILE *f = fopen(path, "rb");

    if (!f)
        die("cannot open %s", path);
    take(f, head, sizeof(head), "header");
    take(f, &order, 1, "header");
    if (memcmp(head, magic, sizeof(head)) != 0 || order != ORDER)
        die("%s is not a trigram model in sphinxbase's trie format", path);
    take(f, counts, ORDER * sizeof(*counts), "header");
    if (counts[0] >= WORD_LIMIT || counts[1] >= 1 << 25 || counts[2] >= 1 << 25)
        die("%s is larger than this tool reads", path);
    return f;
}

void lm_read(struct lm *lm, const char *path)
{
    uint32_t counts[ORDER];
    uint32_t kind;
    FILE *f = open_model(path, counts);
    struct layout l = layout_of(counts);
    float *table;
    struct node *uni;
    uint8_t *bi;
    uint8_t *tri;

    memset(lm, 0, sizeof(*lm));
    take(f, &kind, sizeof(kind), "header");
    table = take_new(f, 3 * TABLE * sizeof(*table), "tables");
    uni = take_new(f, (counts[0] + 1) * sizeof(*uni), "unigrams");
    bi = take_new(f, l.bi_bytes, "bigrams");
    tri = take_new(f, l.tri_bytes, "trigrams");
    read_words(lm, f, counts[0]);
    fclose(f);

    lm->uni = calloc(counts[0], sizeof(*lm->uni));
    lm->bow = calloc(counts[0], sizeof(*lm->bow));
    lm->bi = calloc(counts[1] + 1, sizeof(*lm->bi));
    lm->tri = calloc(counts[2] + 1, sizeof(*lm->tri));
    if (!lm->uni || !lm->bow || !lm->bi || !lm->tri)
        die("no memory for the language model");
    lm->bis = counts[1];
    lm->tris = counts[2];
    for (size_t i = 0; i < counts[0]; i++) {
        lm->uni[i] = uni[i].prob * (float)LOG_BASE;
        lm->bow[i] = uni[i].bow * (float)LOG_BASE;
    }
    unpack(lm, uni, bi, tri, table, &l);
    qsort(lm->bi, lm->bis, sizeof(*lm->bi), by_key);
    qsort(lm->tri, lm->tris, sizeof(*lm->tri), by_key);
    free(table);
    free(uni);
    free(bi);
    free(tri);
}

/* ---- writing ---- */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return x < y ? -1 : x > y;
}

/* 65,536 ascending centres, each the mean of an equal share of the values. */
static void make_table(float *table, const struct gram *g, size_t n, bool bow)
{
    float *value = malloc((n + 1) * sizeof(*value));

    if (!value)
        die("no memory for a table");
    for (size_t i = 0; i < n; i++)
        value[i] = (bow ? g[i].bow : g[i].prob) / (float)LOG_BASE;
    qsort(value, n, sizeof(*value), by_value);
    for (size_t t = 0, from = 0; t < TABLE; t++) {
        size_t to = n * (t + 1) / TABLE;
        double sum = 0;

        for (size_t i = from; i < to; i++)
            sum += (double)value[i];
        if (to > from)
            table[t] = (float)(sum / (double)(to - from));
        else
            table[t] = t ? table[t - 1] : n ? value[0] : 0;
        from = to;
    }
    free(value);
}

static uint32_t nearest(const float *table, float ln)
{
    float value = ln / (float)LOG_BASE;
    size_t low = 0;
    size_t high = TABLE;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (table[mid] < value)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == 0)
        return 0;
    if (low == TABLE)
        return TABLE - 1;
    return (uint32_t)(value - table[low - 1] < table[low] - value ? low - 1 : low);
}

static uint64_t reversed(uint64_t key, int words)
{
    return words == 2 ? key2(key_word(key, 0), key_word(key, 1))
                      : key3(key_word(key, 0), key_word(key, 1), key_word(key, 2));
}

/* A copy ordered from the last word backwards; keys are reversed. */
static struct gram *backwards(const struct gram *g, size_t n, int words)
{
    struct gram *copy = malloc((n + 1) * sizeof(*copy));

    if (!copy)
        die("no memory to write the model");
    for (size_t i = 0; i < n; i++) {
        copy[i] = g[i];
        copy[i].key = reversed(g[i].key, words);
    }
    qsort(copy, n, sizeof(*copy), by_key);
    return copy;
}

struct packed {
    struct node *uni;
    uint8_t *bi;
    uint8_t *tri;
};

static void pack_bigrams(struct packed *out, const struct lm *lm, const struct gram *bi,
                         const struct gram *tri, const float *table, const struct layout *l)
{
    size_t n = 0;
    size_t m = 0;

    for (int32_t w = 0; w <= (int32_t)lm->v.count; w++) {
        out->uni[w].next = (uint32_t)n;
        for (; n < lm->bis && key_word(bi[n].key, 1) == w; n++) {
            size_t at = n * l->bi_bits;

            bits_put(out->bi, at, l->word_bits, (uint32_t)key_word(bi[n].key, 0));
            bits_put(out->bi, at + l->word_bits, 16, nearest(table + TABLE, bi[n].bow));
            bits_put(out->bi, at + l->word_bits + 16, 16, nearest(table, bi[n].prob));
            bits_put(out->bi, at + l->word_bits + 32, l->next_bits, (uint32_t)m);
            while (m < lm->tris && tri[m].key >> WORD_BITS == bi[n].key)
                m++;
        }
    }
    bits_put(out->bi, n * l->bi_bits + l->word_bits + 32, l->next_bits, (uint32_t)m);
    if (n != lm->bis || m != lm->tris)
        die("a trigram without its bigram: %zu of %zu, %zu of %zu", n, lm->bis, m, lm->tris);
}

static void pack_trigrams(struct packed *out, const struct lm *lm, const struct gram *tri,
                          const float *table, const struct layout *l)
{
    for (size_t i = 0; i < lm->tris; i++) {
        size_t at = i * l->tri_bits;

        bits_put(out->tri, at, l->word_bits, (uint32_t)key_word(tri[i].key, 0));
        bits_put(out->tri, at + l->word_bits, 16, nearest(table + 2 * TABLE, tri[i].prob));
    }
}

static struct packed pack(const struct lm *lm, const float *table, const struct layout *l)
{
    struct gram *bi = backwards(lm->bi, lm->bis, 2);
    struct gram *tri = backwards(lm->tri, lm->tris, 3);
    struct packed out = {.uni = calloc(lm->v.count + 1, sizeof(*out.uni)),
                         .bi = calloc(1, l->bi_bytes),
                         .tri = calloc(1, l->tri_bytes)};

    if (!out.uni || !out.bi || !out.tri)
        die("no memory to write the model");
    for (size_t i = 0; i < lm->v.count; i++) {
        out.uni[i].prob = lm->uni[i] / (float)LOG_BASE;
        out.uni[i].bow = lm->bow[i] / (float)LOG_BASE;
    }
    pack_bigrams(&out, lm, bi, tri, table, l);
    pack_trigrams(&out, lm, tri, table, l);
    free(bi);
    free(tri);
    return out;
}

static void put(FILE *f, const void *from, size_t n)
{
    if (fwrite(from, 1, n, f) != n)
        die("cannot write the language model");
}

static void write_words(FILE *f, const struct vocabulary *v)
{
    uint32_t bytes = 0;

    for (size_t i = 0; i < v->count; i++)
        bytes += (uint32_t)strlen(v->word[i]) + 1;
    put(f, &bytes, sizeof(bytes));
    for (size_t i = 0; i < v->count; i++)
        put(f, v->word[i], strlen(v->word[i]) + 1);
}

void lm_write(const struct lm *lm, const char *path)
{
    uint32_t counts[ORDER] = {(uint32_t)lm->v.count, (uint32_t)lm->bis, (uint32_t)lm->tris};
    struct layout l = layout_of(counts);
    float *table = malloc(3 * TABLE * sizeof(*table));
    uint8_t order = ORDER;
    uint32_t kind = 1;
    struct packed p;
    FILE *f = fopen(path, "wb");

    if (!f || !table)
        die("cannot write %s", path);
    make_table(table, lm->bi, lm->bis, false);
    make_table(table + TABLE, lm->bi, lm->bis, true);
    make_table(table + 2 * TABLE, lm->tri, lm->tris, false);
    p = pack(lm, table, &l);
    put(f, magic, sizeof(magic) - 1);
    put(f, &order, 1);
    put(f, counts, sizeof(counts));
    put(f, &kind, sizeof(kind));
    put(f, table, 3 * TABLE * sizeof(*table));
    put(f, p.uni, (lm->v.count + 1) * sizeof(*p.uni));
    put(f, p.bi, l.bi_bytes);
    put(f, p.tri, l.tri_bytes);
    write_words(f, &lm->v);
    if (fclose(f) != 0)
        die("cannot write %s", path);
    free(table);
    free(p.uni);
    free(p.bi);
    free(p.tri);
}

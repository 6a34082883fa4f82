/**
 * @file tools/speechlm/main.c  Build the interview language model and its dictionary
 *
 *     speechlm general=en-us.lm.bin dict=cmudict-en-us.dict extra=technical.dict
 *              bank=questions.tsv templates=templates.txt slots=slots.tsv
 *              lm=interview.lm.bin words=interview.dict
 *
 * The result knows the most frequent `keep` words of the general model and every word of the bank,
 * as far as they have a pronunciation. A word of the bank without one ends the build: it belongs
 * into technical.dict. `test=FILE` (one sentence a line) prints the perplexity of both models.
 * `reserve` words more are in the model and not in the dictionary: a recogniser that is given a
 * dictionary with some of them hears names that nobody knew at build time.
 */
#include "lm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DICT_LINE_MAX = 512 };

struct args {
    const char *general, *dict, *extra, *bank, *templates, *slots, *lm, *words, *test;
    double template_weight;
    struct mix_params mix;
};

static const char *value_of(const char *arg, const char *name)
{
    size_t n = strlen(name);

    return strncmp(arg, name, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

static void take_args(struct args *a, int argc, char **argv)
{
    const struct {
        const char *name;
        const char **to;
    } files[] = {{"general", &a->general}, {"dict", &a->dict},   {"extra", &a->extra},
                 {"bank", &a->bank},       {"lm", &a->lm},       {"templates", &a->templates},
                 {"slots", &a->slots},     {"words", &a->words}, {"test", &a->test}};
    const struct {
        const char *name;
        double *to;
    } numbers[] = {{"unigram", &a->mix.unigram},
                   {"prior2", &a->mix.prior2},
                   {"prior3", &a->mix.prior3},
                   {"shorter", &a->mix.shorter},
                   {"template-weight", &a->template_weight}};

    for (int i = 1; i < argc; i++) {
        const char *value = value_of(argv[i], "keep");
        bool known = value != NULL;

        if (value)
            a->mix.keep = strtoul(value, NULL, 10);
        if ((value = value_of(argv[i], "reserve")) && (known = true))
            a->mix.reserve = strtoul(value, NULL, 10);
        for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++)
            if ((value = value_of(argv[i], files[k].name)) && (known = true))
                *files[k].to = value;
        for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
            if ((value = value_of(argv[i], numbers[k].name)) && (known = true))
                *numbers[k].to = strtod(value, NULL);
        if (!known)
            die("unknown argument %s", argv[i]);
    }
    if (!a->general || !a->dict || !a->extra || !a->bank || !a->templates || !a->slots)
        die("general, dict, extra, bank, templates and slots are needed");
}

/* "word(2) PH ON ES" -> "word"; the line must have phones after it. */
static bool dict_word(const char *line, char word[WORD_TEXT_MAX])
{
    size_t n = strcspn(line, " \t(\n");

    if (!n || n >= WORD_TEXT_MAX || !strpbrk(line, " \t"))
        return false;
    memcpy(word, line, n);
    word[n] = '\0';
    return true;
}

static void each_entry(const char *path, void (*fn)(const char *word, const char *line, void *arg),
                       void *arg)
{
    char line[DICT_LINE_MAX];
    char word[WORD_TEXT_MAX];
    FILE *f = fopen(path, "r");

    if (!f)
        die("cannot open %s", path);
    while (fgets(line, sizeof(line), f))
        if (dict_word(line, word))
            fn(word, line, arg);
    fclose(f);
}

static void add_entry(const char *word, const char *line, void *arg)
{
    (void)line;
    vocabulary_add(arg, word);
}

struct ranked {
    float prob;
    int32_t word;
};

static int by_prob(const void *a, const void *b)
{
    float x = ((const struct ranked *)a)->prob;
    float y = ((const struct ranked *)b)->prob;

    return x > y ? -1 : x < y;
}

static void count_all(struct counts *c, struct vocabulary *v, const struct args *a)
{
    counts_init(c);
    counts_bank(c, v, a->bank);
    counts_templates(c, v, a->templates, a->slots, a->template_weight);
    counts_finish(c);
}

static bool is_marker(const char *word)
{
    return word[0] == '<';
}

static void release_words(struct vocabulary *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->word[i]);
    free(v->word);
    free(v->slot);
}

/* The words of the result: the bank's, then the most frequent of the general model. */
static void choose_words(struct vocabulary *v, const struct lm *g, const struct args *a)
{
    struct vocabulary said = {0};
    struct ranked *r = malloc((g->v.count + 1) * sizeof(*r));
    struct counts c;
    size_t n = 0;
    size_t missing = 0;

    if (!r)
        die("no memory to rank the words");
    each_entry(a->dict, add_entry, &said);
    each_entry(a->extra, add_entry, &said);
    count_all(&c, v, a);
    counts_release(&c);
    for (size_t i = 0; i < v->count; i++) {
        if (is_marker(v->word[i]) || vocabulary_find(&said, v->word[i]) != WORD_NONE)
            continue;
        fprintf(stderr, "speechlm: no pronunciation of \"%s\"\n", v->word[i]);
        missing++;
    }
    if (missing)
        die("%zu words of the bank are not in the dictionary", missing);
    for (size_t i = 0; i < g->v.count; i++)
        if (is_marker(g->v.word[i]) || vocabulary_find(&said, g->v.word[i]) != WORD_NONE)
            r[n++] = (struct ranked){g->uni[i], (int32_t)i};
    qsort(r, n, sizeof(*r), by_prob);
    for (size_t i = 0; i < n; i++)
        if (i < a->mix.keep || is_marker(g->v.word[r[i].word]))
            vocabulary_add(v, g->v.word[r[i].word]);
    for (size_t i = 0; i < a->mix.reserve; i++) {
        char name[WORD_TEXT_MAX];

        snprintf(name, sizeof(name), RESERVED_FORMAT, i);
        vocabulary_add(v, name);
    }
    release_words(&said);
    free(r);
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct gram *)a)->key;
    uint64_t y = ((const struct gram *)b)->key;

    return x < y ? -1 : x > y;
}

static size_t renumber(struct gram *to, const struct gram *from, size_t n, int words,
                       const int32_t *map)
{
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t key = 0;
        bool kept = true;

        for (int k = words - 1; k >= 0; k--) {
            int32_t id = map[key_word(from[i].key, k)];

            kept = kept && id != WORD_NONE;
            key = key << WORD_BITS | (uint64_t)(uint32_t)(kept ? id : 0);
        }
        if (kept)
            to[out++] = (struct gram){key, from[i].prob, from[i].bow};
    }
    qsort(to, out, sizeof(*to), by_key);
    return out;
}

/* The general model over another vocabulary; words it lacks get the share of its rarest. */
static void restrict_to(struct lm *out, const struct lm *g, const struct vocabulary *v)
{
    int32_t *map = malloc(g->v.count * sizeof(*map));

    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < v->count; i++)
        vocabulary_add(&out->v, v->word[i]);
    out->uni = malloc(v->count * sizeof(*out->uni));
    out->bow = calloc(v->count, sizeof(*out->bow));
    out->bi = calloc(g->bis + 1, sizeof(*out->bi));
    out->tri = calloc(g->tris + 1, sizeof(*out->tri));
    if (!map || !out->uni || !out->bow || !out->bi || !out->tri)
        die("no memory for the general model");
    for (size_t i = 0; i < v->count; i++)
        out->uni[i] = (float)log(1e-8);
    for (size_t i = 0; i < g->v.count; i++) {
        map[i] = vocabulary_find(&out->v, g->v.word[i]);
        if (map[i] == WORD_NONE)
            continue;
        out->uni[map[i]] = g->uni[i];
        out->bow[map[i]] = g->bow[i];
    }
    out->bis = renumber(out->bi, g->bi, g->bis, 2, map);
    out->tris = renumber(out->tri, g->tri, g->tris, 3, map);
    free(map);
}

struct dict_out {
    FILE *f;
    const struct vocabulary *v;
};

static void write_entry(const char *word, const char *line, void *arg)
{
    struct dict_out *out = arg;

    if (vocabulary_find(out->v, word) != WORD_NONE)
        fputs(line, out->f);
}

static void write_dict(const struct args *a, const struct vocabulary *v)
{
    struct dict_out out = {fopen(a->words, "w"), v};

    if (!out.f)
        die("cannot write %s", a->words);
    each_entry(a->dict, write_entry, &out);
    each_entry(a->extra, write_entry, &out);
    if (fclose(out.f) != 0)
        die("cannot write %s", a->words);
}

static double score_line(const struct lm *lm, const char *text, size_t *words, size_t *unknown)
{
    int32_t u = WORD_NONE;
    int32_t v = vocabulary_find(&lm->v, "<s>");
    char word[WORD_TEXT_MAX];
    double sum = 0;

    for (;;) {
        int32_t w;

        text = text ? text_word(text, word) : NULL;
        w = vocabulary_find(&lm->v, text ? word : "</s>");
        if (w == WORD_NONE) {
            (*unknown)++;
            u = v = vocabulary_find(&lm->v, "<UNK>");
            continue;
        }
        sum += u == WORD_NONE ? lm_score2(lm, v, w) : lm_score3(lm, u, v, w);
        (*words)++;
        u = v;
        v = w;
        if (!text)
            return sum;
    }
}

static void print_perplexity(const struct lm *lm, const char *path, const char *name)
{
    char line[4096];
    double sum = 0;
    size_t words = 0;
    size_t unknown = 0;
    FILE *f = fopen(path, "r");

    if (!f)
        die("cannot open %s", path);
    while (fgets(line, sizeof(line), f)) {
        const char *tab = strrchr(line, '\t');

        sum += score_line(lm, tab ? tab + 1 : line, &words, &unknown);
    }
    fclose(f);
    printf("%-8s perplexity %7.1f over %zu words, %zu unknown\n", name,
           exp(-sum / (double)(words ? words : 1)), words, unknown);
}

int main(int argc, char **argv)
{
    struct args a = {.template_weight = 3,
                     .mix = {.unigram = 0.1,
                             .prior2 = 2,
                             .prior3 = 2,
                             .shorter = 0.2,
                             .keep = 15000,
                             .reserve = 300}};
    struct vocabulary v = {0};
    struct lm full, general, mixed;
    struct counts c;

    take_args(&a, argc, argv);
    lm_read(&full, a.general);
    choose_words(&v, &full, &a);
    restrict_to(&general, &full, &v);
    count_all(&c, &v, &a);
    lm_mix(&mixed, &general, &c, &a.mix);
    if (a.test) {
        print_perplexity(&full, a.test, "general");
        print_perplexity(&mixed, a.test, "mixed");
    }
    if (a.lm)
        lm_write(&mixed, a.lm);
    if (a.words)
        write_dict(&a, &mixed.v);
    lm_release(&full);
    lm_release(&general);
    lm_release(&mixed);
    counts_release(&c);
    release_words(&v);
    return 0;
}

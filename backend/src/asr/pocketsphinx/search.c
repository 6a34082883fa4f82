/**
 * @file asr/pocketsphinx/search.c  One decoder with one language model, fed frame by frame
 */
#include "asr/pocketsphinx/search.h"

#include <stdio.h>
#include <string.h>

/* Words that may end in one frame. Without a limit the lattice of 11 s takes four times as long,
 * and the text is the same. */
#define WORD_ENDS "20"

/* The library's own choice for its lattice: language weight 9.5 after a first pass with 6.5. */
static const float LATTICE_WEIGHT = 9.5f / 6.5f;
static const float LATTICE_SCALE = 1.0f / 20;

static cmd_ln_t *config_of(const struct search_files *files)
{
    char alive[16];

    snprintf(alive, sizeof(alive), "%d", files->alive);
    /* One pass over the lexicon tree and no second pass. We request the lattice ourselves
     * (search_refine): the library would make it only after the end, and for both searches.
     * compallsen makes the path scores of two searches comparable. */
    return cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", files->acoustic, "-featparams",
                       files->features, "-lm", files->lm, "-dict", files->dict, "-fwdflat", "no",
                       "-bestpath", "no", "-compallsen", "yes", "-maxwpf", WORD_ENDS, "-maxhmmpf",
                       alive, NULL);
}

int search_open(struct search *s, const struct search_files *files, struct errbuf *why)
{
    memset(s, 0, sizeof(*s));
    s->config = config_of(files);
    if (s->config)
        s->ps = ps_init(s->config);
    if (s->ps)
        return 0;
    search_close(s);
    return err_set(why, UV_EINVAL, "PocketSphinx could not load %s with %s", files->acoustic,
                   files->lm);
}

void search_close(struct search *s)
{
    if (s->ps)
        ps_free(s->ps);
    if (s->config)
        cmd_ln_free_r(s->config);
    memset(s, 0, sizeof(*s));
}

int search_begin(struct search *s, struct errbuf *why)
{
    search_end(s);
    if (ps_start_utt(s->ps) < 0)
        return err_set(why, UV_EINVAL, "PocketSphinx could not begin an utterance");
    s->fed = 0;
    s->running = true;
    return 0;
}

int search_advance(struct search *s, const struct front *f, struct errbuf *why)
{
    mfcc_t block[FRONT_FIRST_BLOCK][FRONT_DIM];
    mfcc_t *row[FRONT_FIRST_BLOCK];
    size_t n;

    for (size_t i = 0; i < FRONT_FIRST_BLOCK; i++)
        row[i] = block[i];
    while (s->running && (n = front_ready(f, s->fed, block)) > 0) {
        if (ps_process_cep(s->ps, row, (int)n, FALSE, FALSE) < 0)
            return err_set(why, UV_EINVAL, "PocketSphinx could not decode");
        s->fed += n;
    }
    return 0;
}

int32_t search_score(struct search *s)
{
    int32 score = INT32_MIN;

    if (!s->fed || !ps_get_hyp(s->ps, &score))
        return INT32_MIN;
    return score;
}

/* "word(2)" -> "word", and a reserved word becomes the name it stands for; silence and noise have
 * no text. */
static bool spoken(const struct search *s, const char *word, struct heard *to)
{
    size_t n;

    word = vocabulary_word(s->names, word);
    n = strcspn(word, "(");
    if (!n || word[0] == '<' || word[0] == '[' || word[0] == '+' || n >= sizeof(to->text))
        return false;
    memcpy(to->text, word, n);
    to->text[n] = '\0';
    return true;
}

static uint32_t time_at(const struct front *f, int frame)
{
    size_t i = frame < 0 ? 0 : (size_t)frame;

    if (!f->frames)
        return 0;
    return f->time_ms[i < f->frames ? i : f->frames - 1];
}

size_t search_words(struct search *s, const struct front *f, struct heard *to, size_t max)
{
    size_t n = 0;

    if (!s->fed)
        return 0;
    for (ps_seg_t *seg = ps_seg_iter(s->ps); seg; seg = ps_seg_next(seg)) {
        int from;
        int last;

        if (n == max || !spoken(s, ps_seg_word(seg), &to[n]))
            continue;
        ps_seg_frames(seg, &from, &last);
        to[n].start_ms = from > 0 ? time_at(f, from - 1) : 0;
        to[n].end_ms = time_at(f, last);
        n++;
    }
    return n;
}

/* Prepends one word of the lattice to those at to[n..max): the path is walked from its end. */
static size_t take_word(const struct search *s, ps_lattice_t *dag, ps_latnode_t *node, int last,
                        const struct front *f, struct heard *to, size_t n)
{
    int16 ends;
    int from = ps_latnode_times(node, &ends, NULL);
    struct heard *w = n ? &to[n - 1] : NULL;

    if (!w || !spoken(s, ps_latnode_word(dag, node), w))
        return n;
    w->start_ms = from > 0 ? time_at(f, from - 1) : 0;
    w->end_ms = time_at(f, last);
    return n - 1;
}

bool search_refine(struct search *s, const struct front *f, struct heard *to, size_t max,
                   size_t *count)
{
    bool may = !s->running && s->fed && s->fed <= SEARCH_REFINE_FRAMES;
    ps_lattice_t *dag = may ? ps_get_lattice(s->ps) : NULL;
    ps_latlink_t *link = dag ? ps_lattice_bestpath(dag, ps_get_lm(s->ps, ps_get_search(s->ps)),
                                                   LATTICE_WEIGHT, LATTICE_SCALE)
                             : NULL;
    size_t n = max;

    if (!link)
        return false;
    n = take_word(s, dag, ps_latlink_nodes(link, NULL), ps_lattice_n_frames(dag) - 1, f, to, n);
    for (; link; link = ps_latlink_pred(link)) {
        ps_latnode_t *source;
        int16 from;
        int last = ps_latlink_times(link, &from);

        ps_latlink_nodes(link, &source);
        n = take_word(s, dag, source, last, f, to, n);
    }
    *count = max - n;
    memmove(to, to + n, *count * sizeof(*to));
    return true;
}

void search_end(struct search *s)
{
    if (s->running)
        ps_end_utt(s->ps);
    s->running = false;
}

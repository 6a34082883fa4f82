/**
 * @file asr/pocketsphinx/engine.c  Engine "pocketsphinx": two searches that compete
 *
 * Every stream decodes the same frames twice: once with the interview language model (sharp and of
 * few words), once with the general one. A language model is a probability over sentences, so the
 * two best paths can be compared: whichever explains the audio better is what was said. Interview
 * questions win with the first, everything else with the second, and neither pays for the other
 * (docs/architecture/speech-pocketsphinx.md has the figures).
 *
 * Decoders cost tens of megabytes and half a second to make, so closed streams leave theirs to the
 * next one, unless words of a profile were added to them.
 */
#include "asr/pocketsphinx/display.h"
#include "asr/pocketsphinx/mate.h"
#include "asr/pocketsphinx/module.h"
#include "asr/pocketsphinx/search.h"
#include "asr/pocketsphinx/vocabulary.h"
#include "base/buffer.h"
#include "base/text.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <sphinxbase/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    STREAMS_MAX = 8,        /* decoders take about 150 MB a stream */
    POOL_MAX = 2,           /* pairs of decoders kept for the next stream */
    TEXT_MAX_BYTES = 65536, /* of one utterance */
    STABLE_LAG_MS = 900,    /* words younger than this may still change */
};

enum { INTERVIEW, GENERAL, SEARCHES };

/* Phone models alive in one frame. The library's 30000 costs a quarter more time for the same text;
 * of the general search, 4000 loses words, of the interview's few words 3000 do not. */
static const int alive[SEARCHES] = {[INTERVIEW] = 3000, [GENERAL] = 8000};

/* How often a word was right: both searches heard it, or only the winning one. A guess
 * that orders words by certainty; no recordings were counted for it. */
static const float CONFIDENCE_BOTH = 0.88f;
static const float CONFIDENCE_ONE = 0.55f;

struct pair {
    struct search search[SEARCHES];
    struct front front;
    struct mate *mate;   /* hears with the general search while the caller does with the other */
    int general_rc;      /* of the mate's last call */
    struct errbuf error; /* the same */
};

struct asr_model {
    pthread_mutex_t lock;
    struct pair *pool[POOL_MAX]; /* {lock} */
    size_t pooled;               /* {lock} */
    size_t streams;              /* {lock} */
    struct display *display;
    char folder[PATH_MAX]; /* of the acoustic model and the general language model */
    char built[PATH_MAX];  /* of what our build made */
};

struct asr_stream {
    struct asr_model *model;
    struct pair *pair;
    bool changed; /* words were added: not for the pool */
    struct heard heard[SEARCHES][HEARD_WORDS_MAX];
    size_t count[SEARCHES];
    struct heard refined[HEARD_WORDS_MAX];  /* of the lattice, while it is read */
    struct heard promised[HEARD_WORDS_MAX]; /* what a partial said will not change */
    size_t promised_count;
    const char *text_of[HEARD_WORDS_MAX];
    size_t ends[HEARD_WORDS_MAX];
    struct asr_word word[HEARD_WORDS_MAX];
    struct buf text;
    struct buf said; /* words in their written form, each with its NUL */
    struct buf last; /* text of the partial before */
};

/* ---------------------------------------------------------------- decoders */

static void pair_free(struct pair *p)
{
    if (!p)
        return;
    mate_close(p->mate);
    for (int i = 0; i < SEARCHES; i++)
        search_close(&p->search[i]);
    front_release(&p->front);
    free(p);
}

static int join_path(char to[PATH_MAX], const char *folder, const char *name, struct errbuf *err)
{
    if (snprintf(to, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
        return 0;
    return err_set(err, UV_ENAMETOOLONG, "the path of %s is too long", name);
}

static int pair_open(struct pair **pp, const struct asr_model *m, struct errbuf *err)
{
    struct pair *p = calloc(1, sizeof(*p));
    char acoustic[PATH_MAX], features[PATH_MAX], lm[SEARCHES][PATH_MAX], dict[SEARCHES][PATH_MAX];
    int rc = p ? 0 : err_set(err, UV_ENOMEM, "no memory for a decoder");

    rc = rc ? rc : join_path(acoustic, m->folder, "en-us", err);
    rc = rc ? rc : join_path(features, m->built, "feat.params", err);
    rc = rc ? rc : join_path(lm[INTERVIEW], m->built, "interview.lm.bin", err);
    rc = rc ? rc : join_path(dict[INTERVIEW], m->built, "interview.dict", err);
    rc = rc ? rc : join_path(lm[GENERAL], m->folder, "en-us.lm.bin", err);
    rc = rc ? rc : join_path(dict[GENERAL], m->folder, "cmudict-en-us.dict", err);
    for (int i = 0; i < SEARCHES && !rc; i++)
        rc = search_open(&p->search[i],
                         &(struct search_files){acoustic, features, lm[i], dict[i], alive[i]}, err);
    if (!rc && front_init(&p->front, p->search[INTERVIEW].config))
        rc = err_set(err, UV_ENOMEM, "no memory for the front end");
    if (!rc && mate_open(&p->mate))
        p->mate = NULL; /* no thread to be had: one search after the other */
    if (rc)
        pair_free(p);
    else
        *pp = p;
    return rc;
}

static int pair_take(struct pair **pp, struct asr_model *m, struct errbuf *err)
{
    int rc = 0;

    *pp = NULL;
    pthread_mutex_lock(&m->lock);
    if (m->streams >= STREAMS_MAX)
        rc = err_set(err, UV_ENOBUFS,
                     "PocketSphinx hears %d streams at the same time, and all are taken",
                     STREAMS_MAX);
    else
        m->streams++;
    if (!rc && m->pooled)
        *pp = m->pool[--m->pooled];
    pthread_mutex_unlock(&m->lock);
    if (rc || *pp)
        return rc;
    rc = pair_open(pp, m, err);
    if (rc) {
        pthread_mutex_lock(&m->lock);
        m->streams--;
        pthread_mutex_unlock(&m->lock);
    }
    return rc;
}

static void pair_give(struct pair *p, struct asr_model *m, bool reusable)
{
    for (int i = 0; i < SEARCHES; i++)
        search_end(&p->search[i]);
    front_forget(&p->front); /* another speaker, another microphone */
    pthread_mutex_lock(&m->lock);
    m->streams--;
    if (reusable && m->pooled < POOL_MAX) {
        m->pool[m->pooled++] = p;
        p = NULL;
    }
    pthread_mutex_unlock(&m->lock);
    pair_free(p);
}

/* ---------------------------------------------------------------- model */

static void model_unload(struct asr_model *m)
{
    if (!m)
        return;
    while (m->pooled)
        pair_free(m->pool[--m->pooled]);
    display_free(m->display);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* What the build made lies beside this module, or where the build tree keeps it. */
static int find_built(struct asr_model *m, struct errbuf *err)
{
    static const char *const below[] = {"", "/src/asr/pocketsphinx"};
    char file[PATH_MAX];
    const char *slash;
    Dl_info info;

    if (!dladdr((void *)(uintptr_t)&find_built, &info) || !info.dli_fname ||
        !(slash = strrchr(info.dli_fname, '/')))
        return err_set(err, UV_ENOENT, "cannot tell where the PocketSphinx module lies");
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        snprintf(m->built, sizeof(m->built), "%.*s%s", (int)(slash - info.dli_fname),
                 info.dli_fname, below[i]);
        if (!join_path(file, m->built, "interview.lm.bin", err) && !access(file, R_OK))
            return 0;
    }
    return err_set(err, UV_ENOENT, "the interview language model is not beside %s", info.dli_fname);
}

static int model_load(struct asr_model **mp, const struct asr_model_params *params,
                      struct errbuf *err)
{
    const char *folder = params->path ? params->path : ASR_POCKETSPHINX_MODEL;
    struct asr_model *m = calloc(1, sizeof(*m));
    char casing[PATH_MAX];
    int rc;

    if (!m)
        return err_set(err, UV_ENOMEM, "no memory for the model");
    err_set_logfp(NULL); /* the library writes pages to stderr otherwise */
    pthread_mutex_init(&m->lock, NULL);
    text_copy(m->folder, sizeof(m->folder), folder, strlen(folder));
    rc = find_built(m, err);
    rc = rc ? rc : join_path(casing, m->built, "casing.txt", err);
    if (!rc && display_load(&m->display, casing))
        rc = err_set(err, UV_ENOMEM, "no memory for the model");
    if (params->progress)
        params->progress(0.1, params->progress_arg);
    if (!rc)
        rc = pair_open(&m->pool[0], m, err);
    if (rc) {
        model_unload(m);
        return rc;
    }
    m->pooled = 1;
    if (params->progress)
        params->progress(1, params->progress_arg);
    *mp = m;
    return 0;
}

static const char *model_describe(const struct asr_model *m)
{
    (void)m;
    return "en-us with interview questions";
}

/* ---------------------------------------------------------------- stream */

static void stream_close(struct asr_stream *st)
{
    if (!st)
        return;
    if (st->pair)
        pair_give(st->pair, st->model, !st->changed);
    buf_release(&st->text);
    buf_release(&st->said);
    buf_release(&st->last);
    free(st);
}

static int stream_open(struct asr_stream **sp, struct asr_model *m, const struct asr_params *params,
                       struct errbuf *err)
{
    struct asr_stream *st;
    int rc;

    if (params && params->language && strcmp(params->language, "auto") != 0 &&
        strncmp(params->language, "en", 2) != 0)
        return err_set(err, UV_ENOTSUP, "PocketSphinx hears English only, not \"%s\"",
                       params->language);
    st = calloc(1, sizeof(*st));
    if (!st)
        return err_set(err, UV_ENOMEM, "no memory for a stream");
    st->model = m;
    buf_init(&st->text, TEXT_MAX_BYTES);
    buf_init(&st->said, TEXT_MAX_BYTES);
    buf_init(&st->last, TEXT_MAX_BYTES);
    rc = pair_take(&st->pair, m, err);
    if (rc) {
        stream_close(st);
        return rc;
    }
    if (params)
        st->changed = vocabulary_add(&st->pair->search[INTERVIEW], &st->pair->search[GENERAL],
                                     params->vocabulary, params->vocabulary_count);
    *sp = st;
    return 0;
}

static int stream_begin(struct asr_stream *st, struct errbuf *err)
{
    int rc = 0;

    front_begin(&st->pair->front);
    buf_clear(&st->last);
    st->promised_count = 0;
    for (int i = 0; i < SEARCHES && !rc; i++)
        rc = search_begin(&st->pair->search[i], err);
    return rc;
}

static void advance_general(void *arg)
{
    struct pair *p = arg;

    p->general_rc = search_advance(&p->search[GENERAL], &p->front, &p->error);
}

/* Both searches, each on its core: one after the other they would be behind the speaker for the
 * first three seconds. */
static int advance(struct asr_stream *st, struct errbuf *err)
{
    struct pair *p = st->pair;
    int rc;

    mate_start(p->mate, advance_general, p);
    rc = search_advance(&p->search[INTERVIEW], &p->front, err);
    mate_wait(p->mate);
    return rc || !p->general_rc ? rc : err_set(err, p->general_rc, "%s", p->error.text);
}

static int front_error(int rc, struct errbuf *err)
{
    return rc == UV_ENOBUFS
               ? err_set(err, rc, "an utterance of more than %d minutes", FRONT_FRAMES_MAX / 6000)
               : err_set(err, rc, "the audio could not be analysed");
}

static int stream_feed(struct asr_stream *st, const int16_t *pcm, size_t n, struct errbuf *err)
{
    int rc = front_feed(&st->pair->front, pcm, n);

    return rc ? front_error(rc, err) : advance(st, err);
}

static int winner(struct asr_stream *st)
{
    int32_t interview = search_score(&st->pair->search[INTERVIEW]);

    return interview >= search_score(&st->pair->search[GENERAL]) ? INTERVIEW : GENERAL;
}

static void read_words(struct asr_stream *st)
{
    for (int i = 0; i < SEARCHES; i++)
        st->count[i] =
            search_words(&st->pair->search[i], &st->pair->front, st->heard[i], HEARD_WORDS_MAX);
}

/* Only the winner's lattice is made: it is what costs time after the end. */
static void refine(struct asr_stream *st, int who)
{
    size_t n;

    if (!search_refine(&st->pair->search[who], &st->pair->front, st->refined, HEARD_WORDS_MAX, &n))
        return;
    st->count[who] = n;
    memcpy(st->heard[who], st->refined, n * sizeof(st->refined[0]));
}

/* Did the other search hear the same word at the same time? */
static bool confirmed(const struct heard *w, const struct heard *other, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (other[i].start_ms < w->end_ms && w->start_ms < other[i].end_ms &&
            strcmp(other[i].text, w->text) == 0)
            return true;
    return false;
}

/* Written forms into st->said. Their places are found at the end: the buffer may move. */
static int write_words(struct asr_stream *st, int who)
{
    size_t at = 0;

    buf_clear(&st->said);
    for (size_t i = 0; i < st->count[who]; i++) {
        buf_puts(&st->said, display_word(st->model->display, st->heard[who][i].text));
        buf_append(&st->said, "", 1);
        st->text_of[i] = st->heard[who][i].text;
    }
    for (size_t i = 0; i < st->count[who] && !st->said.err; i++) {
        st->word[i].text = st->said.data + at;
        at += strlen(st->said.data + at) + 1;
    }
    return st->said.err;
}

static float weigh_words(struct asr_stream *st, int who)
{
    int other = who == INTERVIEW ? GENERAL : INTERVIEW;
    float sum = 0;

    for (size_t i = 0; i < st->count[who]; i++) {
        const struct heard *w = &st->heard[who][i];

        st->word[i].start_ms = w->start_ms;
        st->word[i].end_ms = w->end_ms;
        st->word[i].confidence =
            confirmed(w, st->heard[other], st->count[other]) ? CONFIDENCE_BOTH : CONFIDENCE_ONE;
        sum += st->word[i].confidence;
    }
    return st->count[who] ? sum / (float)st->count[who] : 0;
}

static bool is_settled(const struct asr_stream *st, size_t i)
{
    uint32_t now = (uint32_t)(st->pair->front.samples / 16);

    return st->word[i].confidence >= CONFIDENCE_BOTH && st->ends[i] <= st->last.len &&
           st->word[i].end_ms + STABLE_LAG_MS <= now &&
           memcmp(st->text.data, st->last.data, st->ends[i]) == 0;
}

/* Words that both searches agree on, that this and the last partial share, and that are old are
 * promised to stay. Returns how many bytes of the text they take. */
static size_t promise(struct asr_stream *st, int who)
{
    size_t n = st->promised_count;

    while (n < st->count[who] && is_settled(st, n))
        n++;
    memcpy(st->promised, st->heard[who], n * sizeof(st->promised[0]));
    st->promised_count = n;
    return n ? st->ends[n - 1] : 0;
}

static int tell(struct asr_stream *st, bool final, struct asr_result *res, struct errbuf *err)
{
    int who = winner(st);
    int rc;

    read_words(st);
    if (final)
        refine(st, who);
    st->count[who] = heard_keep(st->promised, st->promised_count, st->heard[who], st->count[who]);
    rc = write_words(st, who);
    buf_clear(&st->text);
    if (!rc)
        rc = display_text(st->model->display, st->text_of, st->count[who], final, &st->text,
                          st->ends);
    if (rc)
        return err_set(err, rc, "the text of the utterance is too long");
    memset(res, 0, sizeof(*res));
    res->text = st->text.len ? st->text.data : "";
    res->confidence = weigh_words(st, who);
    res->words = st->word;
    res->word_count = st->count[who];
    res->stable = final ? st->text.len : promise(st, who);
    strcpy(res->language, "en");
    buf_clear(&st->last);
    buf_append(&st->last, st->text.data ? st->text.data : "", st->text.len);
    return 0;
}

static int stream_partial(struct asr_stream *st, struct asr_result *res, struct errbuf *err)
{
    return tell(st, false, res, err);
}

/* All that can be done before the end is known. The lattice is not: see search_refine(). */
static int stream_settle(struct asr_stream *st, struct errbuf *err)
{
    return advance(st, err);
}

static int stream_finish(struct asr_stream *st, struct asr_result *res, struct errbuf *err)
{
    int rc = front_end(&st->pair->front);

    if (rc)
        return front_error(rc, err);
    rc = advance(st, err);
    if (rc)
        return rc;
    for (int i = 0; i < SEARCHES; i++)
        search_end(&st->pair->search[i]);
    return tell(st, true, res, err);
}

const struct asr_engine *asr_pocketsphinx_module(void)
{
    static const struct asr_engine engine = {
        .name = "pocketsphinx",
        .load = model_load,
        .unload = model_unload,
        .describe = model_describe,
        .open = stream_open,
        .begin = stream_begin,
        .feed = stream_feed,
        .partial = stream_partial,
        .settle = stream_settle,
        .finish = stream_finish,
        .close = stream_close,
    };

    return &engine;
}

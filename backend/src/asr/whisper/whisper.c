/**
 * @file asr/whisper/whisper.c  The engine "whisper": our own implementation, for ggml model files
 *
 * One model with one set of compute threads, which all streams of the process share. The gate lets
 * one of them compute at a time, with all threads: finals before pauses before partials, each in
 * order of arrival. A partial gives up if it does not get in soon, or if a final or a pause is
 * waiting on any stream, and the previous text is reported again: under load partials become rare
 * and finals stay quick.
 */
#include "asr/engine.h"
#include "asr/whisper/passage.h"
#include "asr/whisper/timing.h"
#include "base/text.h"
#include "loop/wait.h"
#include "models/models.h"
#include "models/speed.h"
#include "observe/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAD_MAX_MS = 30000,
    STREAMS_MAX = 64,     /* open at a time */
    PARTIAL_WAIT_MS = 60, /* a partial waits this long for its turn */
    NAMES_MAX = 2048,     /* bytes of terms given as names */
    HUB_WORKERS = 8,      /* most of them wait at the gate */
};

/* In order of priority. */
enum turn { TURN_FINAL, TURN_PREFETCH_FINAL, TURN_PARTIAL, TURNS };

struct asr_model {
    struct whisper_model *model;
    struct nn *nn;
    struct whisper_silence *silence;
    struct whisper_compute compute; /* {gate} */
    char name[64];
    char *path; /* the file it was loaded from; NULL: no memory, and the model is never outdated */
    int pad_ms; /* 0: the stream decides */
    atomic_int streams;

    uv_mutex_t lock;
    uv_cond_t moved;
    bool busy;               /* {lock} */
    uint64_t tickets[TURNS]; /* {lock} handed out */
    uint64_t serving[TURNS]; /* {lock} next to be let in */
    atomic_int pressing;     /* finals and pauses that are waiting; written under {lock} */
};

struct asr_stream {
    struct asr_model *model;
    struct whisper_stream *stream;
    struct whisper_passage *passage; /* used instead if nobody is waiting */
    atomic_bool interrupted;
    atomic_bool hurried; /* A pause or a final of this stream comes next */
    bool partial;        /* The current computation may be abandoned */
    struct asr_word *words;
    char *word_text;
};

/* ---- the gate ----------------------------------------------------------------------------- */

static bool first_in_line(const struct asr_model *m, enum turn turn, uint64_t ticket)
{
    if (m->busy || m->serving[turn] != ticket)
        return false;
    for (int before = 0; before < (int)turn; before++) {
        if (m->serving[before] != m->tickets[before])
            return false;
    }
    return true;
}

/* Waits to be let in: for a final or a pause. */
static void gate_enter(struct asr_model *m, enum turn turn)
{
    uint64_t ticket;

    uv_mutex_lock(&m->lock);
    ticket = m->tickets[turn]++;
    atomic_fetch_add(&m->pressing, 1);
    while (!first_in_line(m, turn, ticket))
        wait_on(&m->moved, &m->lock, WAIT_OTHERS, "a turn to compute", 0);
    atomic_fetch_sub(&m->pressing, 1);
    m->serving[turn]++;
    m->busy = true;
    uv_mutex_unlock(&m->lock);
}

/* Lets a partial in if nothing else waits, within a short time or not at all. */
static bool gate_try(struct asr_model *m)
{
    uint64_t until = uv_hrtime() + PARTIAL_WAIT_MS * UINT64_C(1000000);
    bool in = false;

    uv_mutex_lock(&m->lock);
    for (;;) {
        in = first_in_line(m, TURN_PARTIAL, m->serving[TURN_PARTIAL]);
        if (in || atomic_load(&m->pressing) ||
            wait_on(&m->moved, &m->lock, WAIT_OTHERS, "a turn for a partial", until))
            break;
    }
    m->busy |= in;
    uv_mutex_unlock(&m->lock);
    return in;
}

static void gate_leave(struct asr_model *m)
{
    uv_mutex_lock(&m->lock);
    m->busy = false;
    uv_cond_broadcast(&m->moved);
    uv_mutex_unlock(&m->lock);
}

/* Called between layers during a computation. */
static bool give_up(void *arg)
{
    const struct asr_stream *s = arg;

    return atomic_load(&s->interrupted) ||
           (s->partial && (atomic_load(&s->hurried) || atomic_load(&s->model->pressing) > 0));
}

/* ---- models ------------------------------------------------------------------------------- */

static bool whisper_available(const struct asr_model_params *params, struct errbuf *why)
{
    char path[MODELS_PATH_MAX];

    return models_find(path, params->path, params->data_dir, params->name, params->language, why) ==
           0;
}

static void whisper_unload(struct asr_model *m)
{
    if (!m)
        return;
    whisper_compute_release(&m->compute);
    whisper_silence_close(m->silence);
    whisper_model_free(m->model);
    nn_close(m->nn);
    free(m->path);
    uv_cond_destroy(&m->moved);
    uv_mutex_destroy(&m->lock);
    free(m);
}

static bool whisper_outdated(const struct asr_model *m, const struct asr_model_params *params)
{
    char path[MODELS_PATH_MAX];

    if (m && !m->path)
        return false;
    return !models_find(path, params->path, params->data_dir, params->name, params->language,
                        NULL) &&
           (!m || strcmp(path, m->path) != 0);
}

/* At the first use of a model in the models folder, measures how fast this machine is. */
static void measure(struct asr_model *m, const struct asr_model_params *params)
{
    const char *name = strrchr(m->path, '/') ? strrchr(m->path, '/') + 1 : m->path;
    char folder[MODELS_PATH_MAX];
    double factor;

    if (!params->data_dir ||
        snprintf(folder, sizeof(folder), "%s/models", params->data_dir) >= (int)sizeof(folder) ||
        strncmp(m->path, folder, strlen(folder)) != 0 || strncmp(name, "ggml-", 5) != 0 ||
        !models_speed_wanted(folder))
        return;
    m->compute.stop = params->stop;
    m->compute.stop_arg = params->stop_arg;
    if (!whisper_real_time_factor(&m->compute, &factor)) {
        models_speed_keep(folder, name + 5, factor);
        log_info("whisper", "%s: a second of speech takes %.3f s here", m->name, factor);
    }
    m->compute.stop = NULL;
}

static int whisper_load(struct asr_model **mp, const struct asr_model_params *params,
                        struct errbuf *why)
{
    char path[MODELS_PATH_MAX];
    struct asr_model *m;
    int err =
        models_find(path, params->path, params->data_dir, params->name, params->language, why);

    if (err)
        return err;
    m = calloc(1, sizeof(*m));
    if (!m)
        return err_set(why, UV_ENOMEM, "not enough memory for the recogniser");
    uv_mutex_init(&m->lock);
    uv_cond_init(&m->moved);
    err = nn_open(&m->nn, params->threads, NULL, why);
    if (!err)
        err = whisper_model_load(&m->model, path, m->nn, params->stop, params->stop_arg, why);
    if (!err)
        err =
            whisper_silence_open(&m->silence, m->model, m->nn, params->stop, params->stop_arg, why);
    if (err) {
        whisper_unload(m);
        return err;
    }
    whisper_compute_init(&m->compute, m->model, m->nn);
    m->pad_ms = params->pad_ms;
    m->path = strdup(path);
    snprintf(m->name, sizeof(m->name), "%s", m->model->name);
    if (m->path)
        measure(m, params);
    m->compute.silence = m->silence;
    log_info("whisper", "%s: kept silence takes %.0f MB", m->name,
             (double)whisper_silence_bytes(m->silence) / 1e6);
    *mp = m;
    return 0;
}

static const char *whisper_describe(const struct asr_model *m)
{
    return m->name;
}

/* ---- streams ------------------------------------------------------------------------------ */

static int language_of(const struct whisper_vocab *v, const char *name, int *language,
                       struct errbuf *why)
{
    *language = -1;
    if (!name || !*name || !strcmp(name, "auto"))
        return 0;
    *language = whisper_language_find(v, name);
    if (*language >= 0)
        return 0;
    return err_set(why, UV_EINVAL, "the model does not know the language \"%.20s\"", name);
}

/* Says before anybody speaks whether the language is supported, and how to get a model for it. */
static int whisper_accepts(struct asr_model *m, const struct asr_params *params, struct errbuf *why)
{
    int language;

    if (!language_of(m->model->vocab, params->language, &language, why))
        return 0;
    if (m->model->vocab->multilingual || !whisper_language_known(params->language))
        return err_set(why, UV_ENOTSUP, "\"%.20s\" is no language that this recogniser knows",
                       params->language);
    return err_set(why, UV_ENOTSUP,
                   "%.60s hears English only; for \"%.20s\": interviewd models get base-q8_0 (82 "
                   "MB), and the next interview uses it",
                   m->name, params->language);
}

static void whisper_close(struct asr_stream *s)
{
    if (!s)
        return;
    whisper_stream_close(s->stream);
    whisper_passage_close(s->passage);
    atomic_fetch_sub(&s->model->streams, 1);
    free(s->words);
    free(s->word_text);
    free(s);
}

static int open_stream(struct asr_stream *s, int language, const struct asr_params *params,
                       struct errbuf *why)
{
    struct whisper_stream_params p = whisper_stream_defaults();
    int ids[WHISPER_STREAM_PROMPT_MAX];
    struct buf names;
    int err;

    p.language = language;
    if (s->model->pad_ms > 0)
        p.pad_ms = s->model->pad_ms < PAD_MAX_MS ? s->model->pad_ms : PAD_MAX_MS;
    buf_init(&names, NAMES_MAX);
    p.prompt = ids;
    p.n_prompt =
        whisper_names_tell(s->model->model->vocab, language, params->vocabulary,
                           params->vocabulary_count, ids, WHISPER_STREAM_PROMPT_MAX, &names);
    p.names = p.n_prompt ? names.data : NULL;
    err = whisper_stream_open(&s->stream, s->model->model, &p, why);
    buf_release(&names);
    return err;
}

static bool is_interrupted(void *arg)
{
    const struct asr_stream *s = arg;

    return atomic_load(&s->interrupted);
}

static int open_passage(struct asr_stream *s, int language, const struct asr_params *params,
                        struct errbuf *why)
{
    int ids[WHISPER_PROMPT_MAX];
    struct whisper_passage_params p = {.language = language,
                                       .translate = params->translate,
                                       .prompt = ids,
                                       .stop = is_interrupted,
                                       .stop_arg = s};
    size_t n = 0;

    if (params->prompt)
        n = whisper_tokenize(s->model->model->vocab, params->prompt, strlen(params->prompt), ids,
                             WHISPER_PROMPT_MAX);
    p.n_prompt = n < WHISPER_PROMPT_MAX ? (int)n : WHISPER_PROMPT_MAX;
    return whisper_passage_open(&s->passage, s->model->model, s->model->silence, &p, why);
}

static int whisper_open(struct asr_stream **sp, struct asr_model *m,
                        const struct asr_params *params, struct errbuf *why)
{
    struct asr_stream *s;
    int language;
    int err = language_of(m->model->vocab, params->language, &language, why);

    if (err)
        return err;
    if (atomic_fetch_add(&m->streams, 1) >= STREAMS_MAX) {
        atomic_fetch_sub(&m->streams, 1);
        return err_set(why, UV_ENOBUFS, "no more than %d streams at a time", STREAMS_MAX);
    }
    s = calloc(1, sizeof(*s));
    if (!s) {
        atomic_fetch_sub(&m->streams, 1);
        return err_set(why, UV_ENOBUFS, "not enough memory for another stream");
    }
    s->model = m;
    err = params->patient ? open_passage(s, language, params, why)
                          : open_stream(s, language, params, why);
    if (err) {
        whisper_close(s);
        return err == UV_ENOMEM ? UV_ENOBUFS : err;
    }
    *sp = s;
    return 0;
}

static int whisper_begin(struct asr_stream *s, struct errbuf *why)
{
    (void)why;
    atomic_store(&s->hurried, false);
    if (s->passage)
        whisper_passage_begin(s->passage);
    else
        whisper_stream_begin(s->stream);
    return 0;
}

static int whisper_feed(struct asr_stream *s, const int16_t *pcm, size_t n, struct errbuf *why)
{
    int err = s->passage ? whisper_passage_feed(s->passage, pcm, n)
                         : whisper_stream_feed(s->stream, pcm, n);

    return err ? err_set(why, err, "cannot take more audio: %s", uv_strerror(err)) : 0;
}

/* ---- computing ---------------------------------------------------------------------------- */

static int failed(const struct asr_stream *s, int err, struct errbuf *why)
{
    if (!err)
        return 0;
    if (atomic_load(&s->interrupted))
        return err_set(why, UV_ECANCELED, "interrupted");
    return err_set(why, err, "the recogniser failed: %s", uv_strerror(err));
}

static const struct whisper_heard *heard_of(const struct asr_stream *s)
{
    return s->passage ? whisper_passage_heard(s->passage) : whisper_stream_heard(s->stream);
}

static void fill(struct asr_stream *s, struct asr_result *res)
{
    const struct whisper_heard *h = heard_of(s);

    *res = (struct asr_result){
        .text = h->text, .stable = h->stable, .confidence = h->confidence, .figures = h->figures};
    snprintf(res->language, sizeof(res->language), "%s", whisper_language_code(h->language));
}

/* The words of a final, each as a NUL-terminated string. */
static int fill_words(struct asr_stream *s, struct asr_result *res)
{
    const struct whisper_heard *h = heard_of(s);
    struct asr_word *words = realloc(s->words, (h->n_words + 1) * sizeof(*words));
    char *text;

    if (!words)
        return UV_ENOMEM;
    s->words = words;
    text = realloc(s->word_text, h->len + h->n_words + 1);
    if (!text)
        return UV_ENOMEM;
    s->word_text = text;
    for (size_t i = 0; i < h->n_words; i++) {
        const struct whisper_heard_word *w = &h->words[i];

        if (!w->text_len) /* a single space is not a word */
            continue;
        memcpy(text, h->text + w->text, w->text_len);
        text[w->text_len] = '\0';
        words[res->word_count++] = (struct asr_word){text, w->start_ms, w->end_ms, w->confidence};
        text += w->text_len + 1;
    }
    res->words = words;
    return 0;
}

static void take_compute(struct asr_stream *s, bool partial)
{
    s->partial = partial;
    s->model->compute.stop = give_up;
    s->model->compute.stop_arg = s;
}

static int whisper_partial(struct asr_stream *s, struct asr_result *res, struct errbuf *why)
{
    int err = 0;

    if (!s->passage && !atomic_load(&s->hurried) && whisper_stream_has_news(s->stream) &&
        gate_try(s->model)) {
        take_compute(s, true);
        err = whisper_stream_update(s->stream, &s->model->compute, false);
        gate_leave(s->model);
    }
    if (err == UV_ECANCELED && !atomic_load(&s->interrupted))
        err = 0; /* something more urgent came first: the previous text stays */
    fill(s, res);
    return failed(s, err, why);
}

static int whisper_prefetch_final(struct asr_stream *s, struct errbuf *why)
{
    int err;

    if (s->passage)
        return 0;
    atomic_store(&s->hurried, false);
    gate_enter(s->model, TURN_PREFETCH_FINAL);
    take_compute(s, false);
    err = whisper_stream_update(s->stream, &s->model->compute, true);
    gate_leave(s->model);
    return failed(s, err, why);
}

/* A passage is computed outside the gate, on a thread of its own. */
static int finish_stream(struct asr_stream *s)
{
    int err;

    if (s->passage)
        return whisper_passage_finish(s->passage);
    atomic_store(&s->hurried, false);
    gate_enter(s->model, TURN_FINAL);
    take_compute(s, false);
    err = whisper_stream_finish(s->stream, &s->model->compute);
    gate_leave(s->model);
    return err;
}

static int whisper_finish(struct asr_stream *s, struct asr_result *res, struct errbuf *why)
{
    int err = finish_stream(s);

    if (!err) {
        fill(s, res);
        err = fill_words(s, res);
    }
    return failed(s, err, why);
}

static void whisper_hurry(struct asr_stream *s)
{
    atomic_store(&s->hurried, true);
}

static void whisper_interrupt(struct asr_stream *s)
{
    atomic_store(&s->interrupted, true);
}

extern const struct asr_engine asr_whisper;

const struct asr_engine asr_whisper = {
    .name = "whisper",
    .remote = false,
    .workers = HUB_WORKERS,
    .pace_ms = 300,
    .passage_ms = WHISPER_PASSAGE_MS,
    .available = whisper_available,
    .load = whisper_load,
    .unload = whisper_unload,
    .outdated = whisper_outdated,
    .describe = whisper_describe,
    .accepts = whisper_accepts,
    .open = whisper_open,
    .begin = whisper_begin,
    .feed = whisper_feed,
    .partial = whisper_partial,
    .prefetch_final = whisper_prefetch_final,
    .hurry = whisper_hurry,
    .finish = whisper_finish,
    .interrupt = whisper_interrupt,
    .close = whisper_close,
};

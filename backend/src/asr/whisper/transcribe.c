/**
 * @file asr/whisper/transcribe.c  Window after window; see transcribe.h
 */
#include "asr/whisper/transcribe.h"

#include <stdlib.h>
#include <string.h>

enum {
    SHORTEST = 10, /* a remainder shorter than this is not decoded [10 ms] */
};

struct whisper_transcribe_params whisper_transcribe_defaults(void)
{
    struct whisper_transcribe_params p = {
        .search = whisper_search_defaults(), .audio_ctx = -1, .language = -1};

    p.search.rules.timestamps = true;
    return p;
}

void whisper_transcript_release(struct whisper_transcript *t)
{
    buf_release(&t->text);
    free(t->segments);
    free(t->tokens);
    free(t->words);
    memset(t, 0, sizeof(*t));
}

int whisper_prompt_init(const struct whisper_vocab *v, int language, bool translate,
                        bool timestamps, int *ids)
{
    int n = 0;

    ids[n++] = v->sot;
    if (v->multilingual) {
        ids[n++] = v->language0 + language;
        ids[n++] = translate ? v->translate : v->transcribe;
    }
    if (!timestamps)
        ids[n++] = v->no_timestamps;
    return n;
}

/* ---- growing arrays ----------------------------------------------------------------------- */

static int grow(void **p, int *cap, int need, size_t size)
{
    int next = *cap ? *cap : 64;
    void *bigger;

    while (next < need)
        next *= 2;
    if (next == *cap)
        return 0;
    bigger = realloc(*p, (size_t)next * size);
    if (!bigger)
        return UV_ENOMEM;
    *p = bigger;
    *cap = next;
    return 0;
}

#define GROW(t, what, n)                                                                           \
    grow((void **)&(t)->what, &(t)->what##_cap, (t)->n_##what + (n), sizeof(*(t)->what))

/* ---- one window --------------------------------------------------------------------------- */

struct job {
    struct whisper_transcript *t;
    struct whisper_decoder *d;
    struct whisper_compute *c;
    const struct whisper_mel *mel;
    const struct whisper_transcribe_params *p;
    const struct whisper_vocab *v;
    struct whisper_search s;
    float step; /* temperature step */
    int seek;
    int seek_end;
    int past[WHISPER_PROMPT_MAX]; /* context: the last tokens before this window */
    int n_past;
    size_t text_at[WHISPER_STEPS_MAX + 1]; /* where the text of each token of the window begins */
};

static void remember(struct job *j, const int *ids, int n)
{
    int over;

    if (n > WHISPER_PROMPT_MAX) {
        ids += n - WHISPER_PROMPT_MAX;
        n = WHISPER_PROMPT_MAX;
    }
    over = j->n_past + n - WHISPER_PROMPT_MAX;
    if (over > 0) {
        memmove(j->past, j->past + over, (size_t)(j->n_past - over) * sizeof(int));
        j->n_past -= over;
    }
    if (n > 0)
        memcpy(j->past + j->n_past, ids, (size_t)n * sizeof(int));
    j->n_past += n;
}

/* Number of positions to encode for the window at j->seek. */
static int wanted_ctx(const struct job *j)
{
    int ctx = j->p->audio_ctx ? j->p->audio_ctx : WHISPER_AUDIO_CTX;

    return ctx > 0 ? ctx : whisper_trimmed_ctx((size_t)(j->seek_end - j->seek), WHISPER_PAD_MS);
}

/* [prev past] and the start tokens. Returns the length; *sot is the index of the start. */
static int make_prompt(const struct job *j, int *ids, int *sot)
{
    int n = 0;

    if (j->n_past) {
        ids[n++] = j->v->prev;
        memcpy(ids + n, j->past, (size_t)j->n_past * sizeof(int));
        n += j->n_past;
    }
    *sot = n;
    return n + whisper_prompt_init(j->v, j->t->language, j->p->translate,
                                   j->s.params.rules.timestamps, ids + n);
}

static int begin_segment(struct job *j, int t0)
{
    const struct whisper_hypothesis *h = whisper_search_best(&j->s);
    struct whisper_transcript *t = j->t;

    if (GROW(t, segments, 1))
        return UV_ENOMEM;
    t->segments[t->n_segments] = (struct whisper_segment){.t0 = t0,
                                                          .seek = j->seek,
                                                          .text = t->text.len,
                                                          .first = t->n_tokens,
                                                          .no_speech = j->s.no_speech,
                                                          .logprob = (float)h->mean,
                                                          .temperature = j->s.temperature};
    return 0;
}

/* Completes the open segment; one without text is dropped together with its tokens. */
static void end_segment(struct job *j, int t1)
{
    struct whisper_transcript *t = j->t;
    struct whisper_segment *s = &t->segments[t->n_segments];

    s->t1 = t1;
    s->text_len = t->text.len - s->text;
    s->n = t->n_tokens - s->first;
    if (s->text_len)
        t->n_segments++;
    else
        t->n_tokens = s->first;
}

static int add_token(struct job *j, const struct whisper_pick *pick)
{
    struct whisper_transcript *t = j->t;

    if (GROW(t, tokens, 1))
        return UV_ENOMEM;
    t->tokens[t->n_tokens++] = *pick;
    return pick->id < j->v->eot ? whisper_vocab_append(j->v, &pick->id, 1, &t->text) : 0;
}

static int time_of(const struct job *j, const struct whisper_pick *pick)
{
    return j->seek + (pick->stamp >= j->v->beg ? 2 * (pick->stamp - j->v->beg) : 0);
}

/* Splits the tokens of the window into segments at its timestamps. */
static int add_segments(struct job *j, const struct whisper_hypothesis *h)
{
    bool cut = !j->s.params.single_segment;
    int err = begin_segment(j, time_of(j, &h->tokens[0]));

    for (int i = 0; !err && i < h->n; i++) {
        j->text_at[i] = j->t->text.len;
        err = add_token(j, &h->tokens[i]);
        if (err || !cut || h->tokens[i].id <= j->v->beg)
            continue;
        end_segment(j, time_of(j, &h->tokens[i]));
        while (i + 1 < h->n && h->tokens[i + 1].id > j->v->beg)
            j->text_at[++i] = j->t->text.len;
        err = begin_segment(j, time_of(j, &h->tokens[i]));
    }
    if (!err)
        end_segment(j, j->seek + h->seek_delta);
    j->text_at[h->n] = j->t->text.len;
    return err;
}

static int add_words(struct job *j, const struct whisper_hypothesis *h, int n_prompt)
{
    struct whisper_transcript *t = j->t;
    int frames = j->seek_end - j->seek;
    struct whisper_word *w;
    int err;
    int n;

    if (!j->p->words || GROW(t, words, h->n))
        return j->p->words ? UV_ENOMEM : 0;
    w = t->words + t->n_words;
    n = whisper_words_group(j->v, h->tokens, h->n, t->language, w);
    err = whisper_words_time(j->d, h->tokens, h->n, n_prompt, 0,
                             frames < WHISPER_WINDOW ? frames : WHISPER_WINDOW, w, n);
    for (int i = 0; i < n; i++) {
        w[i].t0 += j->seek;
        w[i].t1 += j->seek;
        w[i].text = j->text_at[w[i].first];
        w[i].text_len = j->text_at[w[i].first + w[i].n] - w[i].text;
    }
    t->n_words += n;
    return err;
}

/* Where the next window begins. */
static int next_seek(const struct job *j, const struct whisper_hypothesis *h)
{
    int delta = h->seek_delta;
    const struct whisper_rules *rules = &j->s.params.rules;
    bool forced = rules->stamp_from && h->n > rules->stamp_from;

    if (h->n > 1 && !forced && h->tokens[h->n - 2].id < j->v->beg &&
        h->tokens[h->n - 1].id > j->v->beg) { /* text, timestamp, end: nothing is said after it */
        delta = j->seek_end - j->seek;
        delta = delta < WHISPER_WINDOW ? delta : WHISPER_WINDOW;
    }
    return j->seek + (delta > 0 ? delta : WHISPER_WINDOW); /* always advance */
}

static int take_result(struct job *j, int n_prompt)
{
    const struct whisper_hypothesis *h = whisper_search_best(&j->s);
    bool silent = whisper_search_silent(&j->s);
    int ids[WHISPER_STEPS_MAX];
    int err = 0;

    for (int i = 0; i < h->kept; i++)
        ids[i] = h->tokens[i].id;
    if (!silent)
        remember(j, ids, h->kept);
    if (h->n > 0 && !silent) {
        err = add_segments(j, h);
        if (!err)
            err = add_words(j, h, n_prompt);
    }
    j->seek = next_seek(j, h);
    return err;
}

static int one_window(struct job *j)
{
    int ids[WHISPER_PROMPT_MAX + 8];
    struct whisper_search_job job = {.prompt = ids, .seek = j->seek, .seek_end = j->seek_end};
    int ctx = wanted_ctx(j);
    bool again = j->c->silence && ctx < WHISPER_AUDIO_CTX;
    int err = whisper_listen(j->d, j->c, j->mel, j->seek, ctx);

    if (!err && j->t->language < 0)
        err = whisper_detect_language(j->d, j->c, &j->t->language, NULL, NULL);
    if (err)
        return err;
    if (j->seek > 0 && j->seek + WHISPER_LAST_WINDOW >= j->seek_end)
        j->n_past = 0;
    job.n_prompt = make_prompt(j, ids, &job.sot);
    j->s.params.temperature_step = again ? 0.0f : j->step;
    err = whisper_search_run(&j->s, j->d, j->c, &job);
    if (!err && again && j->s.doubtful) { /* precomputed silence is an approximation: try without
                                             it */
        j->s.params.temperature_step = j->step;
        err = whisper_listen(j->d, j->c, j->mel, j->seek, WHISPER_AUDIO_CTX);
        if (!err)
            err = whisper_search_run(&j->s, j->d, j->c, &job);
    }
    if (err)
        return err;
    /* At a high temperature the context was left out of the prompt. */
    return take_result(j, j->s.temperature >= 0.5f ? job.n_prompt - job.sot : job.n_prompt);
}

/* ---- transcribe ------------------------------------------------------------------------------ */

struct whisper_search_params
whisper_transcribe_search(const struct whisper_model *m,
                          const struct whisper_transcribe_params *params)
{
    struct whisper_search_params p = params->search;

    /* The first distilled models were trained without timestamps (recognised as in whisper.cpp: two
     * decoder layers, and not the vocabulary of large-v3). */
    if (m->shape.n_text_layer == 2 && m->shape.n_vocab != 51866)
        p.rules.timestamps = false;
    if (p.rules.timestamps && !p.single_segment && p.tokens_max > 0)
        p.rules.stamp_from = p.tokens_max;
    p.align = params->words;
    return p;
}

int whisper_transcribe(struct whisper_transcript *t, struct whisper_decoder *d,
                       struct whisper_compute *c, const struct whisper_mel *mel,
                       const struct whisper_transcribe_params *params)
{
    struct job j = {.t = t, .d = d, .c = c, .mel = mel, .p = params, .v = d->model->vocab};
    struct whisper_search_params search = whisper_transcribe_search(d->model, params);
    int err;

    memset(t, 0, sizeof(*t));
    buf_init(&t->text, WHISPER_TRANSCRIPT_TEXT_MAX);
    t->language = d->model->vocab->multilingual ? params->language : 0;
    if (t->language >= d->model->vocab->n_languages || params->audio_ctx > WHISPER_AUDIO_CTX)
        return UV_EINVAL;
    j.seek_end = (int)whisper_mel_length(mel);
    j.step = search.temperature_step;
    err = whisper_search_init(&j.s, &search);
    if (params->n_prompt > 0)
        remember(&j, params->prompt, params->n_prompt);
    while (!err && j.seek + SHORTEST < j.seek_end) {
        err = one_window(&j);
        if (!err && params->progress)
            params->progress(j.seek < j.seek_end ? (double)j.seek / j.seek_end : 1.0, params->arg);
    }
    whisper_search_release(&j.s);
    if (err)
        whisper_transcript_release(t);
    return err;
}

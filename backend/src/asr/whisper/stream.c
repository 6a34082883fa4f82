/**
 * @file asr/whisper/stream.c  Partials, agreement, final; see stream.h
 *
 * The tokens of an utterance are `done` (behind a cut, no longer heard) and `hyp` (of the present
 * window); of hyp the first `agreed` will not change. update() may be cancelled at any point, so
 * it works on the search's own memory and stores only at its end.
 */
#include "asr/whisper/stream_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHORTEST = 20,        /* frames of audio before anything is decoded */
    DETECT_FROM = 100,    /* frames from which a detected language is believed */
    CUT_AT = 2600,        /* frames in the window at which it is cut */
    CUT_KEEP = 100,       /* at least so many frames must go when it is cut */
    LEVEL_STEP = 320,     /* samples whose loudness is looked at together */
    TOKENS_AT_LEAST = 16, /* more than this and as many a second is not speech but a loop */
    TOKENS_A_SECOND = 10,
    SILENT_MAX_MS = 1500,   /* of silence that finish() need not hear */
    FALLBACK_MAX_MS = 1000, /* for sampling after a doubtful result: a final may not wait longer */
    FALLBACK_PATIENT_MS = 10000, /* and none for this long: others want the worker */
};

/* Below this nothing is said at all, in units of full scale (-66 dB). */
static const float LEVEL_NOTHING = 0.0005f;

struct whisper_stream_params whisper_stream_defaults(void)
{
    return (struct whisper_stream_params){.language = -1, .pad_ms = WHISPER_PAD_MS};
}

static struct whisper_search_params search_params(bool patient)
{
    struct whisper_search_params p = whisper_search_defaults();

    p.best_of = 2; /* sampling is the last resort of a live transcript: keep it cheap */
    p.temperature_step = 0.4f;
    p.fallback_ms = patient ? FALLBACK_PATIENT_MS : FALLBACK_MAX_MS;
    return p;
}

int whisper_stream_open(struct whisper_stream **sp, const struct whisper_model *m,
                        const struct whisper_stream_params *params, struct errbuf *err)
{
    struct whisper_search_params search = search_params(params->patient);
    struct whisper_stream *s = calloc(1, sizeof(*s));
    int code;

    if (!s)
        return err_set(err, UV_ENOMEM, "not enough memory for another stream");
    s->model = m;
    s->params = *params;
    if (params->n_prompt > WHISPER_STREAM_PROMPT_MAX)
        s->params.n_prompt = WHISPER_STREAM_PROMPT_MAX;
    if (s->params.n_prompt > 0)
        memcpy(s->prompt, params->prompt, (size_t)s->params.n_prompt * sizeof(int));
    s->params.prompt = s->prompt;
    buf_init(&s->text, WHISPER_TRANSCRIPT_TEXT_MAX);
    whisper_mel_init(&s->mel, m->mel);
    code = whisper_decoder_init(&s->d, m, 1, false, err);
    if (!code)
        code = whisper_search_init(&s->search, &search);
    if (code) {
        whisper_stream_close(s);
        return err_set(err, code, "not enough memory for another stream");
    }
    whisper_stream_begin(s);
    *sp = s;
    return 0;
}

void whisper_stream_close(struct whisper_stream *s)
{
    if (!s)
        return;
    whisper_decoder_release(&s->d);
    whisper_search_release(&s->search);
    whisper_mel_release(&s->mel);
    buf_release(&s->text);
    free(s->done);
    free(s->words);
    free(s->out);
    free(s);
}

void whisper_stream_begin(struct whisper_stream *s)
{
    whisper_mel_clear(&s->mel);
    s->language = s->model->vocab->multilingual ? s->params.language : 0;
    s->seek = s->heard_seek = 0;
    s->heard = 0;
    s->heard_whole = s->timed = false;
    s->n_hyp = s->agreed = s->n_done = s->n_words = s->n_done_words = 0;
    s->level = s->level_new = s->level_sum = 0.0f;
    s->level_n = 0;
    buf_clear(&s->text);
    memset(&s->result, 0, sizeof(s->result));
    memset(&s->counts, 0, sizeof(s->counts));
    s->result.text = "";
}

/* ---- audio -------------------------------------------------------------------------------- */

static void measure(struct whisper_stream *s, const int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float x = (float)pcm[i] * (1.0f / 32768.0f);

        s->level_sum += x * x;
        if (++s->level_n < LEVEL_STEP)
            continue;
        x = sqrtf(s->level_sum / LEVEL_STEP);
        s->level = fmaxf(s->level, x);
        s->level_new = fmaxf(s->level_new, x);
        s->level_sum = 0.0f;
        s->level_n = 0;
    }
}

int whisper_stream_feed(struct whisper_stream *s, const int16_t *pcm, size_t n)
{
    measure(s, pcm, n);
    return whisper_mel_feed(&s->mel, pcm, n);
}

static bool nothing_said(const struct whisper_stream *s)
{
    return s->level < LEVEL_NOTHING;
}

/* Was only silence fed since the decoder last heard? */
static bool silent_since(const struct whisper_stream *s)
{
    size_t since = s->mel.samples - s->heard;

    return s->heard && since <= SILENT_MAX_MS * (size_t)WHISPER_RATE / 1000 &&
           s->level_new < fmaxf(0.1f * s->level, LEVEL_NOTHING);
}

static int hear(struct whisper_stream *s, struct whisper_compute *c)
{
    size_t frames = whisper_mel_length(&s->mel) - (size_t)s->seek;
    int ctx = whisper_trimmed_ctx(frames, s->params.pad_ms);
    int code = whisper_listen(&s->d, c, &s->mel, s->seek, ctx);

    s->heard = 0; /* what the decoder held is gone, whatever happens */
    s->heard_whole = false;
    if (code)
        return code;
    s->counts.encoded++;
    s->heard = s->mel.samples;
    s->heard_seek = s->seek;
    s->level_new = 0.0f;
    if (s->language < 0) {
        int language = 0;

        code = whisper_detect_language(&s->d, c, &language, NULL);
        s->result.language = language;
        if (!code && frames >= DETECT_FROM)
            s->language = language;
    } else {
        s->result.language = s->language;
    }
    return code;
}

/* ---- decoding ----------------------------------------------------------------------------- */

/* Context, then the start tokens. */
static int make_prompt(const struct whisper_stream *s, int *ids, int *sot)
{
    const struct whisper_vocab *v = s->model->vocab;
    int past = s->n_done < WHISPER_STREAM_PROMPT_MAX ? s->n_done : WHISPER_STREAM_PROMPT_MAX;
    int n = 0;

    if (past + s->params.n_prompt)
        ids[n++] = v->prev;
    for (int i = 0; i < s->params.n_prompt; i++)
        ids[n++] = s->prompt[i];
    for (int i = s->n_done - past; i < s->n_done; i++)
        ids[n++] = s->done[i].id;
    *sot = n;
    return n + whisper_prompt_init(v, s->result.language, false, false, ids + n);
}

static int decode(struct whisper_stream *s, struct whisper_compute *c, bool whole)
{
    int prompt[2 * WHISPER_STREAM_PROMPT_MAX + 8];
    int draft[WHISPER_STEPS_MAX];
    struct whisper_search_job job = {.prompt = prompt, .draft = draft, .n_forced = s->agreed};
    int code;

    for (int i = 0; i < s->n_hyp; i++)
        draft[job.n_draft++] = s->hyp[i].id;
    job.n_prompt = make_prompt(s, prompt, &job.sot);
    job.seek_end = (int)whisper_mel_length(&s->mel) - s->seek;
    s->search.params.align = whole;
    s->search.params.temperature_step = whole ? 0.4f : 0.0f;
    s->search.params.tokens_max = TOKENS_AT_LEAST + job.seek_end * TOKENS_A_SECOND / 100;
    code = whisper_search_run(&s->search, &s->d, c, &job);
    s->counts.steps += s->search.steps;
    s->counts.drafted += job.n_draft;
    s->counts.accepted += s->search.accepted;
    s->n_prompt = s->search.temperature >= 0.5f ? job.n_prompt - job.sot : job.n_prompt;
    return code;
}

/* Take over the best hypothesis; what it shares with the one before is agreed upon, but for the
 * last word of that, which may still grow. */
static void adopt(struct whisper_stream *s)
{
    const struct whisper_hypothesis *h = whisper_search_best(&s->search);
    int eot = s->model->vocab->eot;
    int n = 0;
    int same = 0;

    while (n < h->n && h->tokens[n].id < eot)
        n++;
    while (same < n && same < s->n_hyp && s->hyp[same].id == h->tokens[same].id)
        same++;
    while (same > s->agreed && (same == n || !whisper_stream_begins_word(s, h->tokens[same].id)))
        same--;
    memcpy(s->hyp, h->tokens, (size_t)n * sizeof(*s->hyp));
    s->n_hyp = n;
    s->agreed = same > s->agreed ? same : s->agreed;
    s->agreed = s->agreed < n ? s->agreed : n;
}

/* ---- long utterances ---------------------------------------------------------------------- */

static int move_done(struct whisper_stream *s, int n)
{
    struct whisper_pick *done;

    if (s->n_done + n > WHISPER_STREAM_TOKENS_MAX)
        return UV_ENOBUFS;
    if (s->n_done + n > s->cap_done) {
        done = realloc(s->done, (size_t)(s->n_done + n) * 2 * sizeof(*done));
        if (!done)
            return UV_ENOMEM;
        s->done = done;
        s->cap_done = (s->n_done + n) * 2;
    }
    memcpy(s->done + s->n_done, s->hyp, (size_t)n * sizeof(*s->hyp));
    memmove(s->hyp, s->hyp + n, (size_t)(s->n_hyp - n) * sizeof(*s->hyp));
    s->n_done += n;
    s->n_hyp -= n;
    s->agreed = s->agreed > n ? s->agreed - n : 0;
    return 0;
}

/* The window is nearly full: cut it behind the last agreed word, or else behind the last word but
 * one. The decoder's attention must be there. */
static int cut(struct whisper_stream *s)
{
    int keep = s->n_done_words;
    int code = whisper_stream_find_words(s);
    int end = (int)whisper_mel_length(&s->mel);

    if (code)
        return code;
    while (keep < s->n_words && s->words[keep].first + s->words[keep].n <= s->n_done + s->agreed)
        keep++;
    if (keep == s->n_done_words || s->words[keep - 1].t1 < s->seek + CUT_KEEP)
        keep = s->n_words - 1 > s->n_done_words ? s->n_words - 1 : s->n_words;
    if (keep > s->n_done_words && s->words[keep - 1].t1 >= s->seek + CUT_KEEP)
        end = s->words[keep - 1].t1;
    code = move_done(s, keep > 0 ? s->words[keep - 1].first + s->words[keep - 1].n - s->n_done : 0);
    if (code)
        return code;
    s->n_done_words = keep;
    s->seek = end;
    return 0;
}

/* ---- update and finish -------------------------------------------------------------------- */

static int decode_and_adopt(struct whisper_stream *s, struct whisper_compute *c, bool whole)
{
    int code = decode(s, c, whole);

    if (code)
        return code;
    s->heard_whole = whole;
    s->timed = false;
    adopt(s);
    return 0;
}

static bool changed(const struct whisper_stream *s)
{
    return s->heard != s->mel.samples || s->heard_seek != s->seek;
}

/* Hear and decode, cutting the window as often as needed. */
static int refresh(struct whisper_stream *s, struct whisper_compute *c, bool whole)
{
    int code = 0;

    for (;;) {
        bool full = (int)whisper_mel_length(&s->mel) - s->seek > CUT_AT;

        if (changed(s))
            code = hear(s, c);
        if (!code)
            code = decode_and_adopt(s, c, whole || full);
        if (code || !full)
            return code;
        code = cut(s);
        if (code || (int)whisper_mel_length(&s->mel) - s->seek < SHORTEST)
            return code;
    }
}

int whisper_stream_update(struct whisper_stream *s, struct whisper_compute *c, bool whole)
{
    int code;

    if ((int)whisper_mel_length(&s->mel) - s->seek < SHORTEST || nothing_said(s))
        return 0;
    if (!changed(s) && (s->heard_whole || !whole))
        return 0;
    code = refresh(s, c, whole);
    if (!code && whole)
        code = whisper_stream_find_words(s);
    return code ? code : whisper_stream_write_text(s);
}

/* Nobody spoke, says the model: nothing of this window was said. What is agreed stays. */
static void drop_silence(struct whisper_stream *s)
{
    if (s->n_hyp && !s->agreed && whisper_search_silent(&s->search))
        s->n_hyp = s->n_words = 0;
}

int whisper_stream_finish(struct whisper_stream *s, struct whisper_compute *c)
{
    int code = 0;

    if (!nothing_said(s) && (int)whisper_mel_length(&s->mel) - s->seek >= SHORTEST &&
        !(s->heard_whole && (!changed(s) || silent_since(s)))) {
        if (silent_since(s) && s->n_hyp)
            code = decode_and_adopt(s, c, true); /* only the attention is missing */
        else
            code = refresh(s, c, true);
    }
    if (code)
        return code;
    drop_silence(s);
    if (!s->timed)
        code = whisper_stream_find_words(s);
    if (!code)
        code = whisper_stream_write_text(s);
    if (!code)
        code = whisper_stream_write_words(s);
    s->result.stable = s->result.len;
    return code;
}

const struct whisper_heard *whisper_stream_heard(const struct whisper_stream *s)
{
    return &s->result;
}

const struct whisper_stream_counts *whisper_stream_counted(const struct whisper_stream *s)
{
    return &s->counts;
}

size_t whisper_stream_bytes(const struct whisper_stream *s)
{
    return sizeof(*s) + whisper_decoder_bytes(&s->d) +
           s->mel.cap * (size_t)s->mel.n_mels * sizeof(float) +
           (size_t)s->search.n_hyps * sizeof(*s->search.hyps);
}

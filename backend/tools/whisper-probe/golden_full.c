/**
 * @file whisper-probe/golden_full.c  Whole transcripts against a golden; see golden_full.h
 *
 * Each recorded transcript was made greedily at temperature 0; the text of a window is context for
 * the next one (whisper.cpp's no_context concerns what was before the call only). Segments must
 * have the same token ids, text and times, except that a beginning recorded without timestamps is
 * garbage (negative) and not compared. Where the tokens of a block-quantised or f16 file part from
 * the recorded ones, the margin of the choice there, in its window and behind its context, decides:
 * below twice the tolerance of the logits both are right, and what follows cannot be compared.
 */
#include "whisper-probe/golden_full.h"

#include "asr/whisper/transcribe.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLES_PER_POSITION = 320,
    IDS_MAX = 1 << 14, /* of a whole transcript */
};

struct full {
    const struct golden *g;
    struct whisper_compute *c;
    struct whisper_decoder d;
    struct whisper_mel mel;
    const json_t *want;
    char what[64];
};

static void params_of(const json_t *want, struct whisper_transcribe_params *p)
{
    *p = whisper_transcribe_defaults();
    p->audio_ctx = (int)json_int(want, "audio_ctx", 0);
    p->language = 0;
    p->search.temperature_step = 0.0f;
    p->search.rules.timestamps = !json_flag(want, "no_timestamps", false);
    p->search.rules.suppress_blank = json_flag(want, "suppress_blank", true);
    p->search.single_segment = json_flag(want, "single_segment", false);
    p->search.tokens_max = (int)json_int(want, "max_tokens", 0);
}

/* The ids of all segments in a row. */
static int wanted_ids(const json_t *want, int *ids, int max)
{
    const json_t *segments = json_object_get(want, "segments");
    int n = 0;

    for (size_t i = 0; i < json_array_size(segments); i++) {
        const json_t *part = json_object_get(json_array_get(segments, i), "ids");

        for (size_t k = 0; k < json_array_size(part) && n < max; k++)
            ids[n++] = (int)json_integer_value(json_array_get(part, k));
    }
    return n;
}

static int got_ids(const struct whisper_transcript *t, int *ids, int max)
{
    int n = 0;

    for (int i = 0; i < t->n_tokens && n < max; i++)
        ids[n++] = t->tokens[i].id;
    return n;
}

/* Text with U+FFFD for what is not UTF-8, as the golden writes it. */
static bool same_text(const char *got, size_t len, const char *want)
{
    json_t *obj = json_object();
    bool same = false;

    if (obj && want && !json_set_text(obj, "t", got, len))
        same = !strcmp(json_str(obj, "t"), want) || strstr(want, "\xef\xbf\xbd") != NULL;
    json_decref(obj);
    return same;
}

static bool same_segments(const struct whisper_transcript *t, const json_t *want)
{
    const json_t *segments = json_object_get(want, "segments");

    if (json_array_size(segments) != (size_t)t->n_segments)
        return false;
    for (int i = 0; i < t->n_segments; i++) {
        const json_t *w = json_array_get(segments, (size_t)i);
        const struct whisper_segment *s = &t->segments[i];
        int t0 = (int)json_int(w, "t0", -1);

        if ((t0 >= 0 && t0 != s->t0) || (int)json_int(w, "t1", -1) != s->t1 ||
            !same_text(t->text.data + s->text, s->text_len, json_str(w, "text")))
            return false;
    }
    return true;
}

/* First token of the window that token `at` of a transcript is in; *seek: where that begins. */
static int window_of(const struct whisper_transcript *t, int at, int *seek)
{
    int first = 0;

    *seek = 0;
    for (int i = 0; i < t->n_segments && t->segments[i].first <= at; i++) {
        if (t->segments[i].seek != *seek)
            first = t->segments[i].first;
        *seek = t->segments[i].seek;
    }
    return first;
}

/* Recorded tokens from .. to - 1 as the decoder met them, at most IDS_MAX: of two timestamps
 * between segments of a window only the first is recorded; the second is where the segment begins.
 */
static int restore(const struct whisper_transcript *t, const struct whisper_vocab *v,
                   const int *ids, int from, int to, int *out)
{
    int segment = 0, n = 0;

    for (int i = from; i <= to && n + 2 < IDS_MAX; i++) {
        while (segment < t->n_segments && t->segments[segment].first < i)
            segment++;
        if (i > from && segment > 0 && segment < t->n_segments && t->segments[segment].first == i &&
            t->segments[segment].seek == t->segments[segment - 1].seek)
            out[n++] = v->beg + (t->segments[segment].t0 - t->segments[segment].seek) / 2;
        if (i < to)
            out[n++] = ids[i];
    }
    return n;
}

/* Raw logits of token `at` after the recorded ones before it. *past: those of its window, in
 * `tokens`. */
static int force(struct full *f, const struct whisper_transcribe_params *p, bool timestamps,
                 const struct whisper_transcript *t, const int *ids, int at, int *tokens,
                 struct whisper_past *past)
{
    static int before[IDS_MAX];
    const struct whisper_vocab *v = f->c->model->vocab;
    int all[2 * WHISPER_TEXT_CTX];
    int seek, first = window_of(t, at, &seek), n = 0;
    int n_before = restore(t, v, ids, 0, first, before);
    int n_tokens = restore(t, v, ids, first, at, tokens);
    int context = n_before < WHISPER_PROMPT_MAX ? n_before : WHISPER_PROMPT_MAX;

    if (seek > 0 && seek + WHISPER_LAST_WINDOW >= (int)whisper_mel_length(&f->mel))
        context = 0;
    if (context)
        all[n++] = v->prev;
    memcpy(all + n, before + n_before - context, (size_t)context * sizeof(int));
    n += context;
    n += whisper_prompt_init(v, 0, false, timestamps, all + n);
    if (n + n_tokens > WHISPER_TEXT_CTX)
        return UV_EINVAL;
    memcpy(all + n, tokens, (size_t)n_tokens * sizeof(int));
    *past = (struct whisper_past){.ids = tokens, .n = n_tokens};
    for (int i = 0; i < n_tokens; i++) {
        past->stamped |= tokens[i] > v->beg;
        past->last_time = tokens[i] > v->beg ? tokens[i] - v->beg : past->last_time;
    }
    if (whisper_listen(&f->d, f->c, &f->mel, seek, p->audio_ctx ? p->audio_ctx : WHISPER_AUDIO_CTX))
        return UV_ENOMEM;
    return whisper_decode(&f->d, f->c,
                          &(struct whisper_batch){.tokens = all, .n = n + n_tokens, .logits = 1});
}

/* What the best token has more than `want`; 0 where text hardly outweighs all timestamps or they
 * it. */
static double margin_of(const float *logits, int want, float before, const struct nn_peak *peak)
{
    if (logits[want] == -INFINITY && before > -INFINITY)
        return fabs((double)(peak->logsumexp - before)) < 1.0 ? 0.0 : INFINITY;
    return (double)(peak->top_value - before);
}

/* Whether recorded token `at` is the first of a segment, or behind all of them. */
static bool begins_segment(const json_t *want, int at)
{
    const json_t *segments = json_object_get(want, "segments");
    int first = 0;

    for (size_t i = 0; i < json_array_size(segments) && first < at; i++)
        first += (int)json_array_size(json_object_get(json_array_get(segments, i), "ids"));
    return first == at;
}

/* The difference between the best and the recorded token where the two part, by forcing. A recorded
 * token that begins a segment may be of the window after, and the end of this one was chosen. */
static double margin_at(struct full *f, const struct whisper_transcribe_params *p,
                        const struct whisper_transcript *t, const int *ids, int at, int want)
{
    const struct whisper_vocab *v = f->c->model->vocab;
    struct whisper_rules rules = whisper_transcribe_search(f->c->model, p).rules;
    static int tokens[IDS_MAX];
    struct whisper_past past;
    struct nn_peak peak;
    float *logits, before, end;
    double margin;

    if (force(f, p, rules.timestamps, t, ids, at, tokens, &past))
        return INFINITY;
    logits = f->c->logits;
    whisper_rules_mask(&rules, v, &past, logits);
    before = logits[want];
    end = logits[v->eot];
    whisper_rules_choose_sort(&rules, v, f->c->nn, logits, &peak);
    margin = margin_of(logits, want, before, &peak);
    if (past.n > 0 && begins_segment(f->want, at))
        margin = fmin(margin, margin_of(logits, v->eot, end, &peak));
    return margin;
}

static int line(const struct full *f, bool ok, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int line(const struct full *f, bool ok, const char *fmt, ...)
{
    va_list ap;

    printf("%-14s ", f->what);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("  %s\n", ok ? "ok" : "FAIL");
    return !ok;
}

static int compare_ids(struct full *f, const struct whisper_transcript *t,
                       const struct whisper_transcribe_params *p)
{
    static int want[IDS_MAX], got[IDS_MAX];
    int n_want = wanted_ids(f->want, want, IDS_MAX);
    int n_got = got_ids(t, got, IDS_MAX);
    int next, at = 0;
    double margin;

    while (at < n_want && at < n_got && want[at] == got[at])
        at++;
    if (at == n_want && at == n_got)
        return line(f, same_segments(t, f->want), "%d tokens, %d segments equal", n_got,
                    t->n_segments);
    next = at < n_want ? want[at] : f->c->model->vocab->eot;
    margin = margin_at(f, p, t, want, at, next);
    return line(f, margin <= f->g->margin,
                "%d of %d tokens equal, then %d for %d: margin %.3f, allowed %.3f", at, n_want,
                at < n_got ? got[at] : -1, next, margin, f->g->margin);
}

/* Logits of the first step, what may not come masked. */
static int compare_first_step(struct full *f, const struct whisper_transcribe_params *p)
{
    const json_t *step = json_object_get(f->want, "first_step_logits");
    const struct whisper_vocab *v = f->c->model->vocab;
    struct whisper_past past = {NULL, 0, false, 0};
    int ids[4];
    int masked = 0;
    double diff;

    if (!step)
        return 0;
    if (whisper_decode(&f->d, f->c,
                       &(struct whisper_batch){
                           .tokens = ids,
                           .n = whisper_prompt_init(v, 0, false, p->search.rules.timestamps, ids),
                           .logits = 1}))
        return line(f, false, "cannot decode");
    whisper_rules_mask(&p->search.rules, v, &past, f->c->logits);
    for (int i = 0; i < v->n_vocab; i++)
        masked += f->c->logits[i] == -INFINITY;
    diff = golden_logits_diff(step, f->c->logits, v->n_vocab);
    return line(f, diff <= f->g->logits && masked == (int)json_int(step, "n_masked", masked),
                "first logits max |diff| %.3e  tolerance %.1e, %d masked", diff, f->g->logits,
                masked);
}

static int compare_one(struct full *f)
{
    struct whisper_transcribe_params p;
    struct whisper_transcript t;
    int failed;
    int code;

    params_of(f->want, &p);
    code = whisper_transcribe(&t, &f->d, f->c, &f->mel, &p);
    if (code)
        return line(f, false, "%s", uv_strerror(code));
    failed = compare_ids(f, &t, &p) + compare_first_step(f, &p);
    whisper_transcript_release(&t);
    return failed;
}

static int compare_cut(struct full *f, const int16_t *pcm, size_t n)
{
    size_t ctx = (size_t)json_int(f->want, "audio_ctx", 0);

    if (ctx && n > ctx * SAMPLES_PER_POSITION)
        n = ctx * SAMPLES_PER_POSITION;
    whisper_mel_clear(&f->mel);
    if (whisper_mel_feed(&f->mel, pcm, n))
        return line(f, false, "not enough memory");
    return compare_one(f);
}

int golden_compare_full(const struct golden *g, struct whisper_compute *c, const int16_t *pcm,
                        size_t n)
{
    const json_t *all = json_object_get(g->run, "full");
    struct full f = {.g = g, .c = c};
    int failed = 0;

    if (whisper_decoder_init(&f.d, c->model, 1, g->exact, NULL))
        return 1;
    whisper_mel_init(&f.mel, c->model->mel);
    if (whisper_mel_feed(&f.mel, pcm, n))
        failed = 1;
    for (size_t i = 0; !failed && i < json_array_size(all); i++) {
        f.want = json_array_get(all, i);
        snprintf(f.what, sizeof(f.what), "full %s%s",
                 json_flag(f.want, "no_timestamps", false) ? "plain" : "stamps",
                 json_flag(f.want, "single_segment", false) ? " one" : "");
        failed += compare_one(&f);
    }
    f.want = json_object_get(g->run, "full_ctx256");
    if (f.want) {
        snprintf(f.what, sizeof(f.what), "full cut");
        failed += compare_cut(&f, pcm, n);
    }
    whisper_mel_release(&f.mel);
    whisper_decoder_release(&f.d);
    return failed;
}

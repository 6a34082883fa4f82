/**
 * @file asr/whisper/search.c  Judging the result of a decoding round, and falling back; see
 * search.h
 */
#include "asr/whisper/search.h"

#include "asr/whisper/round.h"

#include "base/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    ENTROPY_OVER = 32,  /* tokens examined for repetition */
    PERIOD_MAX = 24,    /* longest repeating group of tokens */
    TEXT_MAX = 64 << 10 /* of a window [bytes] */
};

struct whisper_search_params whisper_search_defaults(void)
{
    return (struct whisper_search_params){
        .rules = {.suppress_blank = true, .first_stamp_max = 50},
        .beams = 1,
        .best_of = 5,
        .temperature_step = 0.2f,
        .length_penalty = -1.0f,
        .entropy_min = 2.4f,
        .compression_max = 2.4f,
        .plog_min = -1.0f,
        .no_speech_max = 0.6f,
    };
}

int whisper_search_init(struct whisper_search *s, const struct whisper_search_params *params)
{
    int n = params->beams > params->best_of ? params->beams : params->best_of;

    memset(s, 0, sizeof(*s));
    s->params = *params;
    n = n < 1 ? 1 : n;
    s->n_hyps = n < WHISPER_BEAMS_MAX ? n : WHISPER_BEAMS_MAX;
    s->random = 0x9e3779b97f4a7c15u;
    s->hyps = calloc((size_t)s->n_hyps, sizeof(*s->hyps));
    return s->hyps ? 0 : UV_ENOMEM;
}

void whisper_search_release(struct whisper_search *s)
{
    free(s->hyps);
    memset(s, 0, sizeof(*s));
}

const struct whisper_hypothesis *whisper_search_best(const struct whisper_search *s)
{
    return &s->hyps[s->best];
}

bool whisper_search_silent(const struct whisper_search *s)
{
    return s->no_speech > s->params.no_speech_max && s->hyps[s->best].mean < s->params.plog_min;
}

/* ---- judging ------------------------------------------------------------------------------ */

/* Entropy of the last tokens [nats]: low if they repeat. */
static double entropy_of(const struct whisper_hypothesis *h)
{
    int first = h->n > ENTROPY_OVER ? h->n - ENTROPY_OVER : 0;
    double total = h->n - first;
    double entropy = 0.0;

    for (int i = first; i < h->n; i++) {
        int same = 0;

        for (int k = first; k < h->n; k++)
            same += h->tokens[k].id == h->tokens[i].id;
        entropy -= log(same / total) / total; /* each of the `same` tokens adds its share */
    }
    return entropy;
}

bool whisper_repeats(const struct whisper_pick *tokens, int n)
{
    for (int period = 1; period <= PERIOD_MAX; period++) {
        int run = 0;

        for (int i = period; i < n; i++) {
            run = tokens[i].id == tokens[i - period].id ? run + 1 : 0;
            if (run >= 2 * period && run + period >= (period == 1 ? 4 : 6))
                return true;
        }
    }
    return false;
}

static void judge(const struct whisper_search_params *p, struct whisper_hypothesis *h)
{
    double sum = 0.0;
    double penalty;

    h->n = h->kept;
    for (int i = 0; i < h->n; i++)
        sum += (double)h->tokens[i].plog;
    penalty = h->n;
    if (p->length_penalty > 0.0f)
        penalty = pow((5.0 + h->n) / 6.0, (double)p->length_penalty);
    h->mean = h->n ? sum / h->n : -INFINITY;
    h->score = h->n ? sum / penalty : -INFINITY;
    h->entropy = entropy_of(h);
    if (h->n > ENTROPY_OVER && h->entropy < (double)p->entropy_min)
        h->failed = true;
}

static void choose_best(struct whisper_round *r)
{
    double best = -INFINITY;

    r->s->best = 0;
    for (int i = 0; i < r->n; i++) {
        struct whisper_hypothesis *h = &r->s->hyps[i];

        if (h->failed)
            continue;
        judge(&r->s->params, h);
        if (!h->failed && h->score > best) {
            best = h->score;
            r->s->best = i;
        }
    }
}

double whisper_compression(const char *text, size_t len)
{
    uLongf n = compressBound(len);
    Bytef *out = len ? malloc(n) : NULL;
    double ratio = 0.0;

    if (out && compress2(out, &n, (const Bytef *)text, len, 6) == Z_OK && n)
        ratio = (double)len / (double)n;
    free(out);
    return ratio;
}

static bool too_compressible(const struct whisper_round *r, const struct whisper_hypothesis *h)
{
    int ids[WHISPER_STEPS_MAX];
    struct buf text;
    double ratio;

    if (r->s->params.compression_max <= 0.0f)
        return false;
    whisper_round_ids(h, ids);
    buf_init(&text, TEXT_MAX);
    whisper_vocab_append(r->v, ids, (size_t)h->n, &text);
    ratio = whisper_compression(text.data, text.len);
    buf_release(&text);
    return ratio > (double)r->s->params.compression_max;
}

/* Should it be tried again at a higher temperature? */
static bool doubtful(const struct whisper_round *r)
{
    const struct whisper_hypothesis *h = whisper_search_best(r->s);

    if (h->failed || h->capped || too_compressible(r, h))
        return true;
    return h->mean < (double)r->s->params.plog_min && r->s->no_speech < r->s->params.no_speech_max;
}

/* ---- run ------------------------------------------------------------------------------------ */

/* The most positions that a hypothesis can take behind so many of the prompt: a token past
 * tokens_max completes it. */
static int positions_of(const struct whisper_round *r, int n_prompt)
{
    int most = r->s->params.tokens_max;
    int tokens = most > 0 && most < WHISPER_STEPS_MAX ? most + 1 : WHISPER_STEPS_MAX;

    return n_prompt + tokens < WHISPER_TEXT_CTX ? n_prompt + tokens : WHISPER_TEXT_CTX;
}

static int run_once(struct whisper_round *r)
{
    const struct whisper_search_params *p = &r->s->params;
    const struct whisper_search_job *job = r->job;
    int skip = r->temperature >= 0.5f ? job->sot : 0; /* leaves out the context, which may have
                                                         misled the model */
    bool beam = r->temperature == 0.0f && p->beams > 1;
    int want = beam ? p->beams : r->temperature > 0.0f ? p->best_of : 1;
    int err;

    whisper_round_reset(r, want < 1 ? 1 : want);
    err = whisper_decoder_reserve(r->d, r->n, positions_of(r, job->n_prompt - skip), NULL);
    if (!err)
        err = whisper_round_start(r, job->prompt + skip, job->n_prompt - skip, job->sot - skip);
    if (!err)
        err = beam ? whisper_round_beam(r) : whisper_round_choose(r);
    if (!err)
        choose_best(r);
    return err;
}

/* Decodes the best hypothesis again in sequence 0, for the attention that beams do not keep. */
static int align_best(struct whisper_round *r, bool lost)
{
    const struct whisper_hypothesis *h = whisper_search_best(r->s);
    int ids[WHISPER_TEXT_CTX];
    int n = r->n_prompt;

    if (!r->s->params.align || (r->n == 1 && !lost) || h->n < 1)
        return 0;
    memcpy(ids, r->job->prompt + (r->job->n_prompt - n), (size_t)n * sizeof(int));
    for (int i = 0; i < h->n && n < WHISPER_TEXT_CTX; i++)
        ids[n++] = h->tokens[i].id;
    return whisper_decode(r->d, r->c,
                          &(struct whisper_batch){.tokens = ids, .n = n, .align = true});
}

/* What to return to when the budget is used up. */
struct fallback {
    struct whisper_hypothesis best;
    float temperature;
    int n_prompt;
};

static void remember(struct fallback *f, const struct whisper_round *r)
{
    f->best = *whisper_search_best(r->s);
    f->temperature = r->temperature;
    f->n_prompt = r->n_prompt;
}

static void go_back(const struct fallback *f, struct whisper_round *r)
{
    r->s->hyps[0] = f->best;
    r->s->best = 0;
    r->s->temperature = r->temperature = f->temperature;
    r->n_prompt = f->n_prompt;
}

/* Samples at rising temperatures until a result is good or the budget is used up. */
static int fall_back(struct whisper_round *r, struct fallback *f, bool *lost)
{
    const struct whisper_search_params *p = &r->s->params;
    int err = 0;

    if (p->fallback_steps > 0)
        r->steps_end = r->s->steps + p->fallback_steps;
    for (int i = 1; !err && p->temperature_step > 0.0f && doubtful(r); i++) {
        float temperature = p->temperature + (float)i * p->temperature_step;

        if (temperature > 1.0f + 1e-4f || (r->steps_end && r->s->steps >= r->steps_end))
            break;
        remember(f, r);
        r->s->temperature = r->temperature = temperature;
        err = run_once(r);
        *lost = !err && whisper_round_spent(r);
        if (*lost) {
            go_back(f, r);
            break;
        }
    }
    return err;
}

int whisper_search_run(struct whisper_search *s, struct whisper_decoder *d,
                       struct whisper_compute *c, const struct whisper_search_job *job)
{
    struct whisper_round r = {.s = s, .d = d, .c = c, .job = job, .v = d->model->vocab};
    struct fallback f;
    bool lost = false;
    int err;

    s->steps = s->accepted = 0;
    if (job->n_prompt < 1 || job->n_prompt > WHISPER_PROMPT_MAX + 5 || job->sot >= job->n_prompt)
        return UV_EINVAL;
    s->temperature = r.temperature = s->params.temperature;
    err = run_once(&r);
    if (!err)
        err = fall_back(&r, &f, &lost);
    if (!err) {
        const struct whisper_hypothesis *h = whisper_search_best(s);

        s->doubtful = doubtful(&r) || whisper_repeats(h->tokens, h->n);
    }
    return err ? err : align_best(&r, lost);
}

int whisper_detect_language(struct whisper_decoder *d, struct whisper_compute *c, int *language,
                            float *p, int *second)
{
    const struct whisper_vocab *v = d->model->vocab;
    struct nn_peak peak;
    int err;

    *language = 0;
    if (p)
        *p = 1.0f;
    if (second)
        *second = -1;
    if (!v->multilingual)
        return 0;
    err = whisper_decode(d, c, &(struct whisper_batch){.tokens = &v->sot, .n = 1, .logits = 1});
    if (err)
        return err;
    nn_logits_peak(c->nn, c->logits + v->language0, v->n_languages, &peak);
    *language = peak.top;
    if (p)
        *p = expf(peak.top_value - peak.logsumexp);
    if (second && v->n_languages > 1) {
        c->logits[v->language0 + peak.top] = -INFINITY;
        nn_logits_peak(c->nn, c->logits + v->language0, v->n_languages, &peak);
        *second = peak.top;
    }
    return 0;
}

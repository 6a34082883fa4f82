/**
 * @file asr/whisper/search.c  Greedy, beam, sampling and falling back; see search.h
 *
 * A round of decoding at one temperature: start() decodes prompt and draft, then rounds of
 * choose (greedy or random) or spread (beam), settle (is a hypothesis complete?), advance.
 */
#include "asr/whisper/search.h"

#include "base/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    WINDOW = 3000,      /* a window, in 10 ms */
    SHORTEST = 10,      /* less audio than this is not decoded, in 10 ms */
    ENTROPY_OVER = 32,  /* tokens looked at for repetition */
    TEXT_MAX = 64 << 10 /* of a window, in bytes */
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

/* xorshift64*, Vigna 2016 */
static double random_unit(struct whisper_search *s)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return (double)((s->random * 0x2545f4914f6cdd1du) >> 11) / 9007199254740992.0;
}

/* ---- one temperature ---------------------------------------------------------------------- */

struct run {
    struct whisper_search *s;
    struct whisper_decoder *d;
    struct whisper_compute *c;
    const struct whisper_search_job *job;
    const struct whisper_vocab *v;
    float temperature;
    int n;        /* hypotheses in use */
    int n_prompt; /* tokens before the first decoded one */
    int n_forced; /* tokens of the draft every hypothesis begins with, above temperature 0 */
    struct whisper_pick forced[WHISPER_STEPS_MAX];
    float *rows[WHISPER_BEAMS_MAX]; /* logits of each hypothesis' next token; may be shared */
};

static bool live(const struct whisper_hypothesis *h)
{
    return !h->completed && !h->failed;
}

static void ids_of(const struct whisper_hypothesis *h, int *ids)
{
    for (int i = 0; i < h->n; i++)
        ids[i] = h->tokens[i].id;
}

/* Apply temperature and rules to the logits of a hypothesis. */
static void prepare(struct run *r, const struct whisper_hypothesis *h, float *logits,
                    struct wk_peak *peak)
{
    int ids[WHISPER_STEPS_MAX];
    struct whisper_past past = {ids, h->n, h->stamped, h->seek_delta / 2};

    ids_of(h, ids);
    for (int i = 0; r->temperature > 0.0f && i < r->v->n_vocab; i++)
        logits[i] /= r->temperature;
    whisper_rules_mask(&r->s->params.rules, r->v, &past, logits);
    whisper_rules_settle(&r->s->params.rules, r->v, r->c->wk, logits, peak);
}

static void append(struct run *r, struct whisper_hypothesis *h, const float *logits,
                   const struct wk_peak *peak, int id)
{
    struct whisper_pick pick = whisper_pick_id(&r->s->params.rules, r->v, logits, peak, id);

    if (pick.plog == -INFINITY || isnan(pick.plog)) /* forced against the rules */
        pick.plog = -10.0f;
    h->tokens[h->n++] = pick;
    h->sum += (double)pick.plog;
}

/* A timestamp moves the end of what is kept. False: it went back in time. */
static bool take_stamp(const struct run *r, struct whisper_hypothesis *h, int id)
{
    int delta = 2 * (id - r->v->beg);

    if (id <= r->v->beg)
        return true;
    if (h->stamped && h->seek_delta > delta && h->kept < h->n - 1)
        return false;
    h->seek_delta = delta;
    h->kept = h->n;
    h->stamped = true;
    return true;
}

/* After a token was appended: is the hypothesis complete, or has it failed? */
static void settle(const struct run *r, struct whisper_hypothesis *h)
{
    const struct whisper_search_params *p = &r->s->params;
    int id = h->tokens[h->n - 1].id;
    int i = h->n - 1;
    bool at_end;

    if (!take_stamp(r, h, id)) {
        h->failed = true;
        return;
    }
    at_end = r->job->seek + h->seek_delta + SHORTEST >= r->job->seek_end;
    if (id == r->v->eot || (p->tokens_max > 0 && i >= p->tokens_max) || (h->stamped && at_end)) {
        if (!h->kept && p->rules.timestamps) {
            h->failed = !at_end;
            h->kept = at_end ? h->n : 0;
        }
        if (h->failed)
            return;
        if (p->single_segment || !p->rules.timestamps) {
            h->kept = h->n;
            h->seek_delta = WINDOW;
        }
        h->completed = true;
    } else if (i == WHISPER_STEPS_MAX - 1) {
        if (!h->kept || h->seek_delta < WINDOW / 2)
            h->failed = true;
        h->completed = !h->failed;
    }
}

static void reset(struct run *r, int n)
{
    r->n = n < r->s->n_hyps ? n : r->s->n_hyps;
    for (int i = 0; i < r->n; i++) {
        struct whisper_hypothesis *h = &r->s->hyps[i];

        h->n = h->kept = 0;
        h->stamped = h->failed = h->completed = false;
        h->seek_delta = WINDOW;
        h->sum = h->entropy = 0.0;
        h->mean = h->score = -INFINITY;
        for (int k = 0; k < r->n_forced; k++) {
            h->tokens[h->n++] = r->forced[k];
            h->sum += (double)r->forced[k].plog;
        }
    }
}

/* What may not change is kept when the greedy hypothesis is given up. */
static void keep_forced(struct run *r)
{
    const struct whisper_hypothesis *h = &r->s->hyps[0];
    int n = r->job->n_forced;

    if (r->temperature > 0.0f || r->n_forced || r->s->params.beams > 1)
        return;
    n = n < r->job->n_draft ? n : r->job->n_draft;
    r->n_forced = n < h->n ? n : h->n;
    memcpy(r->forced, h->tokens, (size_t)r->n_forced * sizeof(*r->forced));
}

/* Decode prompt and draft as one batch; logits of sot and of everything that predicts a token. */
static int start(struct run *r, const int *prompt, int n_prompt, int sot, int n_draft)
{
    int ids[WHISPER_TEXT_CTX];
    int rows = n_prompt - sot + n_draft;
    struct wk_peak peak;
    int code;

    if (n_prompt + n_draft > WHISPER_TEXT_CTX)
        return UV_EINVAL;
    memcpy(ids, prompt, (size_t)n_prompt * sizeof(int));
    if (n_draft)
        memcpy(ids + n_prompt, r->job->draft, (size_t)n_draft * sizeof(int));
    r->n_prompt = n_prompt;
    r->s->steps++;
    code = whisper_decode(
        r->d, r->c,
        &(struct whisper_batch){
            .tokens = ids, .n = n_prompt + n_draft, .logits = rows, .align = r->s->params.align});
    if (code)
        return code;
    wk_logits_peak(r->c->wk, r->c->logits, r->v->n_vocab, &peak);
    r->s->no_speech = expf(r->c->logits[r->v->nosp] - peak.logsumexp);
    for (int i = 0; i < r->n; i++)
        r->rows[i] =
            r->c->logits + (size_t)(n_prompt - sot - 1 + r->n_forced) * (size_t)r->v->n_vocab;
    for (int i = 1; i < r->n; i++)
        whisper_decoder_copy(r->d, i, 0, n_prompt + r->n_forced);
    return 0;
}

/* The next token of every hypothesis. */
static int advance(struct run *r)
{
    int tokens[WHISPER_BEAMS_MAX];
    int beams[WHISPER_BEAMS_MAX];
    int n = 0;
    int pos = 0;

    for (int i = 0; i < r->n; i++) {
        struct whisper_hypothesis *h = &r->s->hyps[i];

        if (!live(h))
            continue;
        pos = r->n_prompt + h->n - 1;
        tokens[n] = h->tokens[h->n - 1].id;
        beams[n] = i;
        n++;
    }
    if (pos >= WHISPER_TEXT_CTX)
        return UV_EINVAL;
    r->s->steps++;
    struct whisper_batch batch = {.tokens = tokens,
                                  .n = n,
                                  .pos = pos,
                                  .seq = beams[0],
                                  .beams = r->n > 1 ? beams : NULL,
                                  .logits = n,
                                  .align = r->s->params.align};
    int code = whisper_decode(r->d, r->c, &batch);

    for (int i = 0; i < n && !code; i++)
        r->rows[beams[i]] = r->c->logits + (size_t)i * (size_t)r->v->n_vocab;
    return code;
}

static bool any_live(const struct run *r)
{
    for (int i = 0; i < r->n; i++) {
        if (live(&r->s->hyps[i]))
            return true;
    }
    return false;
}

/* ---- greedy and random -------------------------------------------------------------------- */

/* Walk along the draft while the model agrees with it. The first token it disagrees on is its
 * own. Leaves rows[0] at the logits of the next token when the whole draft was kept. */
static void follow_draft(struct run *r, int n_draft)
{
    struct whisper_hypothesis *h = &r->s->hyps[0];
    struct wk_peak peak;

    r->s->accepted = 0;
    for (int i = 0; i < n_draft && live(h); i++) {
        int want = r->job->draft[i];

        prepare(r, h, r->rows[0], &peak);
        if (i >= r->job->n_forced && want != peak.top) {
            append(r, h, r->rows[0], &peak, peak.top);
            settle(r, h);
            r->rows[0] = NULL; /* what follows in the batch followed another token */
            return;
        }
        append(r, h, r->rows[0], &peak, want);
        settle(r, h);
        r->rows[0] += r->v->n_vocab;
        r->s->accepted++;
    }
}

static void choose(struct run *r, struct whisper_hypothesis *h, float *logits,
                   const struct wk_peak *peak)
{
    int id = peak->top;

    if (r->temperature > 0.0f)
        id = whisper_pick_random(r->v, logits, random_unit(r->s));
    append(r, h, logits, peak, id);
    settle(r, h);
}

static int run_choices(struct run *r, int n_draft)
{
    struct wk_peak peak;
    int code = 0;

    if (n_draft)
        follow_draft(r, n_draft);
    if (!r->rows[0] && any_live(r))
        code = advance(r);
    while (!code && any_live(r)) {
        float *shared = NULL; /* at the first token all hypotheses look at the same logits */

        for (int i = 0; i < r->n; i++) {
            if (!live(&r->s->hyps[i]))
                continue;
            if (r->rows[i] != shared)
                prepare(r, &r->s->hyps[i], r->rows[i], &peak);
            shared = r->rows[i];
            choose(r, &r->s->hyps[i], r->rows[i], &peak);
        }
        if (any_live(r))
            code = advance(r);
    }
    return code;
}

/* ---- beam --------------------------------------------------------------------------------- */

struct candidate {
    int from; /* hypothesis */
    int id;
    double sum;
    struct whisper_pick pick;
};

static int by_sum(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;

    if (x->sum != y->sum)
        return x->sum < y->sum ? 1 : -1;
    return x->from - y->from;
}

static int find_candidates(struct run *r, struct candidate *out)
{
    int ids[WHISPER_BEAMS_MAX];
    struct wk_peak peak;
    int n = 0;

    for (int i = 0; i < r->n; i++) {
        struct whisper_hypothesis *h = &r->s->hyps[i];
        int k;

        if (!live(h))
            continue;
        prepare(r, h, r->rows[i], &peak);
        k = whisper_pick_top(r->v, r->rows[i], r->n, ids);
        for (int j = 0; j < k; j++, n++) {
            out[n].from = i;
            out[n].id = ids[j];
            out[n].pick = whisper_pick_id(&r->s->params.rules, r->v, r->rows[i], &peak, ids[j]);
            out[n].sum = h->sum + (double)out[n].pick.plog;
        }
        if (h->n == 0) /* at the first token they are all the same */
            break;
    }
    qsort(out, (size_t)n, sizeof(*out), by_sum);
    return n;
}

/* Give each live place the next best candidate; caches move along through spare sequences. */
static void spread(struct run *r, const struct candidate *cands, int n,
                   struct whisper_hypothesis *old)
{
    int from[WHISPER_BEAMS_MAX];
    int next = 0;

    memcpy(old, r->s->hyps, (size_t)r->n * sizeof(*old));
    for (int i = 0; i < r->n; i++) {
        struct whisper_hypothesis *h = &r->s->hyps[i];

        from[i] = i;
        if (!live(h))
            continue;
        const struct candidate *c = &cands[next++ % n];

        *h = old[c->from];
        h->tokens[h->n++] = c->pick;
        h->sum = c->sum;
        from[i] = c->from;
    }
    for (int i = 0; i < r->n; i++) {
        if (from[i] != i)
            whisper_decoder_copy(r->d, r->n + i, from[i], r->n_prompt + old[from[i]].n);
    }
    for (int i = 0; i < r->n; i++) {
        if (from[i] != i)
            whisper_decoder_swap(r->d, i, r->n + i);
        if (live(&r->s->hyps[i]))
            settle(r, &r->s->hyps[i]);
    }
}

static int run_beam(struct run *r)
{
    struct candidate cands[WHISPER_BEAMS_MAX * WHISPER_BEAMS_MAX];
    struct whisper_hypothesis *old = malloc((size_t)r->n * sizeof(*old));
    int code = old ? 0 : UV_ENOMEM;

    while (!code && any_live(r)) {
        int n = find_candidates(r, cands);

        if (n == 0)
            break;
        spread(r, cands, n, old);
        if (any_live(r))
            code = advance(r);
    }
    free(old);
    return code;
}

/* ---- judging ------------------------------------------------------------------------------ */

/* Entropy of the tokens at the end: low when they repeat, in [nats]. */
static double entropy_of(const struct whisper_hypothesis *h)
{
    int first = h->n > ENTROPY_OVER ? h->n - ENTROPY_OVER : 0;
    double total = h->n - first;
    double entropy = 0.0;

    for (int i = first; i < h->n; i++) {
        int same = 0;

        for (int k = first; k < h->n; k++)
            same += h->tokens[k].id == h->tokens[i].id;
        entropy -= log(same / total) / total; /* each of the `same` ones adds its share */
    }
    return entropy;
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

static void choose_best(struct run *r)
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

static bool too_compressible(const struct run *r, const struct whisper_hypothesis *h)
{
    int ids[WHISPER_STEPS_MAX];
    struct buf text;
    double ratio;

    if (r->s->params.compression_max <= 0.0f)
        return false;
    ids_of(h, ids);
    buf_init(&text, TEXT_MAX);
    whisper_vocab_append(r->v, ids, (size_t)h->n, &text);
    ratio = whisper_compression(text.data, text.len);
    buf_release(&text);
    return ratio > (double)r->s->params.compression_max;
}

/* Is it to be tried again at a higher temperature? */
static bool doubtful(const struct run *r)
{
    const struct whisper_hypothesis *h = whisper_search_best(r->s);

    if (h->failed || too_compressible(r, h))
        return true;
    return h->mean < (double)r->s->params.plog_min && r->s->no_speech < r->s->params.no_speech_max;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int run_once(struct run *r)
{
    const struct whisper_search_params *p = &r->s->params;
    const struct whisper_search_job *job = r->job;
    int skip = r->temperature >= 0.5f ? job->sot : 0; /* what led astray is left out */
    bool beam = r->temperature == 0.0f && p->beams > 1;
    int want = beam ? p->beams : r->temperature > 0.0f ? p->best_of : 1;
    int n_draft = want == 1 && r->temperature == 0.0f ? job->n_draft : r->n_forced;
    int code;

    reset(r, want < 1 ? 1 : want);
    n_draft = n_draft < WHISPER_STEPS_MAX - 1 ? n_draft : WHISPER_STEPS_MAX - 1;
    code = whisper_decoder_reserve(r->d, beam ? 2 * r->n : r->n, NULL);
    if (!code)
        code = start(r, job->prompt + skip, job->n_prompt - skip, job->sot - skip, n_draft);
    if (!code)
        code = beam ? run_beam(r) : run_choices(r, r->temperature > 0.0f ? 0 : n_draft);
    if (!code)
        choose_best(r);
    return code;
}

/* Decode the best once more in sequence 0, for the attention that beams do not keep. */
static int align_best(struct run *r)
{
    const struct whisper_hypothesis *h = whisper_search_best(r->s);
    int ids[WHISPER_TEXT_CTX];
    int n = r->n_prompt;

    if (!r->s->params.align || r->n == 1 || h->n < 1)
        return 0;
    memcpy(ids, r->job->prompt + (r->job->n_prompt - n), (size_t)n * sizeof(int));
    for (int i = 0; i < h->n && n < WHISPER_TEXT_CTX; i++)
        ids[n++] = h->tokens[i].id;
    return whisper_decode(r->d, r->c,
                          &(struct whisper_batch){.tokens = ids, .n = n, .align = true});
}

int whisper_search_run(struct whisper_search *s, struct whisper_decoder *d,
                       struct whisper_compute *c, const struct whisper_search_job *job)
{
    const struct whisper_search_params *p = &s->params;
    struct run r = {.s = s, .d = d, .c = c, .job = job, .v = d->model->vocab};
    int code = 0;

    s->steps = s->accepted = 0;
    if (job->n_prompt < 1 || job->n_prompt > WHISPER_PROMPT_MAX + 5 || job->sot >= job->n_prompt)
        return UV_EINVAL;
    for (int i = 0; !code; i++) {
        bool last = p->temperature_step <= 0.0f ||
                    p->temperature + (float)(i + 1) * p->temperature_step > 1.0f + 1e-4f;

        r.temperature = p->temperature + (float)i * p->temperature_step;
        code = run_once(&r);
        s->temperature = r.temperature;
        if (code || last || !doubtful(&r))
            break;
        keep_forced(&r);
    }
    return code ? code : align_best(&r);
}

int whisper_detect_language(struct whisper_decoder *d, struct whisper_compute *c, int *language,
                            float *p)
{
    const struct whisper_vocab *v = d->model->vocab;
    struct wk_peak peak;
    int code;

    *language = 0;
    if (p)
        *p = 1.0f;
    if (!v->multilingual)
        return 0;
    code = whisper_decode(d, c, &(struct whisper_batch){.tokens = &v->sot, .n = 1, .logits = 1});
    if (code)
        return code;
    wk_logits_peak(c->wk, c->logits + v->language0, v->n_languages, &peak);
    *language = peak.top;
    if (p)
        *p = expf(peak.top_value - peak.logsumexp);
    return 0;
}

/**
 * @file asr/whisper/round.c  Greedy, random and beam decoding at one temperature; see round.h
 *
 * start() decodes the prompt, then rounds of choose (greedy or random) or spread (beam),
 * note_completion (is a hypothesis complete?), advance.
 */
#include "asr/whisper/round.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 3000, /* a window [10 ms] */
    SHORTEST = 10, /* less audio than this is not decoded [10 ms] */
};

/* xorshift64*, Vigna 2016 */
static double random_unit(struct whisper_search *s)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return (double)((s->random * 0x2545f4914f6cdd1du) >> 11) / 9007199254740992.0;
}

static bool live(const struct whisper_hypothesis *h)
{
    return !h->completed && !h->failed;
}

void whisper_round_ids(const struct whisper_hypothesis *h, int *ids)
{
    for (int i = 0; i < h->n; i++)
        ids[i] = h->tokens[i].id;
}

/* Applies temperature and rules to the logits of a hypothesis. */
static void prepare(struct whisper_round *r, const struct whisper_hypothesis *h, float *logits,
                    struct nn_peak *peak)
{
    int ids[WHISPER_STEPS_MAX];
    struct whisper_past past = {ids, h->n, h->stamped, h->seek_delta / 2};

    whisper_round_ids(h, ids);
    for (int i = 0; r->temperature > 0.0f && i < r->v->n_vocab; i++)
        logits[i] /= r->temperature;
    whisper_rules_mask(&r->s->params.rules, r->v, &past, logits);
    whisper_rules_choose_sort(&r->s->params.rules, r->v, r->c->nn, logits, peak);
}

static void append(struct whisper_round *r, struct whisper_hypothesis *h, const float *logits,
                   const struct nn_peak *peak, int id)
{
    struct whisper_pick pick = whisper_pick_id(&r->s->params.rules, r->v, logits, peak, id);

    if (pick.plog == -INFINITY || isnan(pick.plog)) /* nothing was allowed */
        pick.plog = -10.0f;
    h->tokens[h->n++] = pick;
    h->sum += (double)pick.plog;
}

/* A timestamp moves the end of the kept part. False: it went back in time. */
static bool take_stamp(const struct whisper_round *r, struct whisper_hypothesis *h, int id)
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
static void note_completion(const struct whisper_round *r, struct whisper_hypothesis *h)
{
    const struct whisper_search_params *p = &r->s->params;
    int id = h->tokens[h->n - 1].id;
    int i = h->n - 1;
    bool at_end, capped;

    if (!take_stamp(r, h, id)) {
        h->failed = true;
        return;
    }
    at_end = r->job->seek + h->seek_delta + SHORTEST >= r->job->seek_end;
    capped = p->tokens_max > 0 && i >= p->tokens_max;
    if (id == r->v->eot || capped || (h->stamped && at_end)) {
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
        h->capped = capped && id != r->v->eot && !p->rules.timestamps;
    } else if (i == WHISPER_STEPS_MAX - 1) {
        if (!h->kept || h->seek_delta < WINDOW / 2)
            h->failed = true;
        h->completed = !h->failed;
    }
}

void whisper_round_reset(struct whisper_round *r, int n)
{
    r->n = n < r->s->n_hyps ? n : r->s->n_hyps;
    for (int i = 0; i < r->n; i++) {
        struct whisper_hypothesis *h = &r->s->hyps[i];

        h->n = h->kept = 0;
        h->stamped = h->failed = h->completed = h->capped = false;
        h->seek_delta = WINDOW;
        h->sum = h->entropy = 0.0;
        h->mean = h->score = -INFINITY;
    }
}

int whisper_round_start(struct whisper_round *r, const int *prompt, int n_prompt, int sot)
{
    struct whisper_batch batch = {.tokens = prompt, .n = sot, .align = r->s->params.align};
    struct nn_peak peak;
    int err = 0;

    r->n_prompt = n_prompt;
    if (sot) { /* the context is decoded separately, so that the rest does not depend on its
                  length */
        r->s->steps++;
        err = whisper_decode(r->d, r->c, &batch);
    }
    r->s->steps++;
    batch.tokens += sot;
    batch.pos = sot;
    batch.n = batch.logits = n_prompt - sot - r->job->n_prefix;
    if (!err)
        err = whisper_decode(r->d, r->c, &batch);
    if (err)
        return err;
    nn_logits_peak(r->c->nn, r->c->logits, r->v->n_vocab, &peak);
    r->s->no_speech = expf(r->c->logits[r->v->nosp] - peak.logsumexp);
    if (r->job->n_prefix) {
        r->s->steps++;
        batch.tokens += batch.n;
        batch.pos += batch.n;
        batch.n = r->job->n_prefix;
        batch.logits = 1;
        err = whisper_decode(r->d, r->c, &batch);
    }
    if (err)
        return err;
    for (int i = 0; i < r->n; i++)
        r->rows[i] = r->c->logits + (size_t)(batch.logits - 1) * (size_t)r->v->n_vocab;
    for (int i = 1; i < r->n; i++)
        whisper_decoder_copy(r->d, i, 0, n_prompt);
    return 0;
}

/* Decodes the next token of every hypothesis. */
static int advance(struct whisper_round *r)
{
    int tokens[WHISPER_BEAMS_MAX];
    int beams[WHISPER_BEAMS_MAX] = {0};
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
    int err = whisper_decode(r->d, r->c, &batch);

    for (int i = 0; i < n && !err; i++)
        r->rows[beams[i]] = r->c->logits + (size_t)i * (size_t)r->v->n_vocab;
    return err;
}

static bool any_live(const struct whisper_round *r)
{
    for (int i = 0; i < r->n; i++) {
        if (live(&r->s->hyps[i]))
            return true;
    }
    return false;
}

bool whisper_round_spent(const struct whisper_round *r)
{
    return r->steps_end && any_live(r) && r->s->steps >= r->steps_end;
}

/* ---- greedy and random -------------------------------------------------------------------- */

/* Decodes the draft's tokens from `from` on, as many as are multiplied in the same way as one. */
static int decode_draft(struct whisper_round *r, int from)
{
    int left = r->job->n_draft - from;
    int n = left < NN_SMALL_BATCH ? left : NN_SMALL_BATCH;
    struct whisper_batch batch = {.tokens = r->job->draft + from,
                                  .n = n,
                                  .pos = r->n_prompt + from,
                                  .logits = n,
                                  .align = r->s->params.align};

    if (batch.pos + n > WHISPER_TEXT_CTX)
        return UV_EINVAL;
    r->s->steps++;
    return whisper_decode(r->d, r->c, &batch);
}

/* Walks along the draft as long as the model chooses the same tokens. Leaves rows[0] at the logits
 * of the next token, or at NULL if those of the last token are not known yet. */
static int follow_draft(struct whisper_round *r)
{
    struct whisper_hypothesis *h = &r->s->hyps[0];
    int most = WHISPER_STEPS_MAX - 1;
    int n_draft = r->job->n_draft < most ? r->job->n_draft : most;
    struct nn_peak peak;
    int err = 0;

    r->s->accepted = 0;
    for (int i = 0; i < n_draft && live(h) && !err; i++) {
        prepare(r, h, r->rows[0], &peak);
        append(r, h, r->rows[0], &peak, peak.top);
        note_completion(r, h);
        if (peak.top != r->job->draft[i]) {
            r->rows[0] = NULL;
            return 0;
        }
        r->s->accepted++;
        if (!live(h))
            break;
        if (i % NN_SMALL_BATCH == 0)
            err = decode_draft(r, i);
        r->rows[0] = r->c->logits + (size_t)(i % NN_SMALL_BATCH) * (size_t)r->v->n_vocab;
    }
    return err;
}

static void choose(struct whisper_round *r, struct whisper_hypothesis *h, float *logits,
                   const struct nn_peak *peak)
{
    int id = peak->top;

    if (r->temperature > 0.0f)
        id = whisper_pick_random(r->v, logits, random_unit(r->s));
    append(r, h, logits, peak, id);
    note_completion(r, h);
}

int whisper_round_choose(struct whisper_round *r)
{
    struct nn_peak peak;
    int err = 0;

    if (r->n == 1 && r->temperature == 0.0f)
        err = follow_draft(r);
    if (!err && !r->rows[0] && any_live(r))
        err = advance(r);
    while (!err && any_live(r) && !whisper_round_spent(r)) {
        float *shared = NULL; /* for the first token all hypotheses share the same logits */

        for (int i = 0; i < r->n; i++) {
            if (!live(&r->s->hyps[i]))
                continue;
            if (r->rows[i] != shared)
                prepare(r, &r->s->hyps[i], r->rows[i], &peak);
            shared = r->rows[i];
            choose(r, &r->s->hyps[i], r->rows[i], &peak);
        }
        if (any_live(r))
            err = advance(r);
    }
    return err;
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

static int find_candidates(struct whisper_round *r, struct candidate *out)
{
    int ids[WHISPER_BEAMS_MAX];
    struct nn_peak peak;
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
        if (h->n == 0) /* for the first token they are all the same */
            break;
    }
    qsort(out, (size_t)n, sizeof(*out), by_sum);
    return n;
}

/* Give each live place one of the best candidates. The first that follows a hypothesis takes its
 * place and its caches; the others take the places of hypotheses that nothing follows. */
static void spread(struct whisper_round *r, const struct candidate *cands, int n,
                   struct whisper_hypothesis *old)
{
    const struct candidate *in[WHISPER_BEAMS_MAX] = {NULL}, *others[WHISPER_BEAMS_MAX];
    int next = 0, n_others = 0;

    memcpy(old, r->s->hyps, (size_t)r->n * sizeof(*old));
    for (int i = 0; i < r->n; i++) {
        const struct candidate *c = &cands[next % n];

        if (!live(&old[i]))
            continue;
        next++;
        if (in[c->from])
            others[n_others++] = c;
        else
            in[c->from] = c;
    }
    for (int i = 0, k = 0; i < r->n; i++) {
        struct whisper_hypothesis *h = &r->s->hyps[i];

        if (!live(h))
            continue;
        if (!in[i]) {
            in[i] = others[k++];
            whisper_decoder_copy(r->d, i, in[i]->from, r->n_prompt + old[in[i]->from].n);
        }
        *h = old[in[i]->from];
        h->tokens[h->n++] = in[i]->pick;
        h->sum = in[i]->sum;
        note_completion(r, h);
    }
}

int whisper_round_beam(struct whisper_round *r)
{
    struct candidate cands[WHISPER_BEAMS_MAX * WHISPER_BEAMS_MAX];
    struct whisper_hypothesis *old = malloc((size_t)r->n * sizeof(*old));
    int err = old ? 0 : UV_ENOMEM;

    while (!err && any_live(r)) {
        int n = find_candidates(r, cands);

        if (n == 0)
            break;
        spread(r, cands, n, old);
        if (any_live(r))
            err = advance(r);
    }
    free(old);
    return err;
}

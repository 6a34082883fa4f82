/**
 * @file asr/whisper/rules.c  Masking and picking; see rules.h
 */
#include "asr/whisper/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PICK_STEP = 64 }; /* logits looked at together */

static void mask(float *logits, int from, int to)
{
    for (int i = from; i < to; i++)
        logits[i] = -INFINITY;
}

static void mask_specials(const struct whisper_vocab *v, float *logits)
{
    mask(logits, v->sot, v->beg); /* start, languages, tasks, solm, prev, nosp, no-timestamps */
}

/* Timestamps come in pairs, except right before the end. */
static void mask_pairs(const struct whisper_vocab *v, const struct whisper_past *past,
                       float *logits)
{
    bool last = past->n > 0 && past->ids[past->n - 1] >= v->beg;
    bool before = past->n < 2 || past->ids[past->n - 2] >= v->beg;

    if (last && before)
        mask(logits, v->beg, v->n_vocab);
    else if (last)
        mask(logits, 0, v->eot);
}

void whisper_rules_mask(const struct whisper_rules *r, const struct whisper_vocab *v,
                        const struct whisper_past *past, float *logits)
{
    if (r->suppress_blank && past->n == 0) {
        logits[v->eot] = -INFINITY;
        if (v->blank >= 0)
            logits[v->blank] = -INFINITY;
    }
    mask_specials(v, logits);
    if (!r->timestamps)
        mask(logits, v->beg, v->n_vocab);
    if (!r->timestamps)
        return;
    if (r->stamp_from && past->n >= r->stamp_from)
        mask(logits, 0, v->beg);
    mask_pairs(v, past, logits);
    if (past->n == 0 && r->first_stamp_max)
        mask(logits, v->beg + r->first_stamp_max + 1, v->n_vocab);
    if (past->stamped)
        mask(logits, v->beg, v->beg + past->last_time);
}

void whisper_rules_choose_sort(const struct whisper_rules *r, const struct whisper_vocab *v,
                               struct nn *nn, float *logits, struct nn_peak *peak)
{
    struct nn_peak stamps;

    nn_logits_peak(nn, logits, v->n_vocab, peak);
    if (peak->top < 0 || logits[peak->top] == -INFINITY) {
        peak->top = v->eot; /* everything is masked: only the end is left */
        peak->logsumexp = 0.0f;
        return;
    }
    if (!r->timestamps)
        return;
    nn_logits_peak(nn, logits + v->beg, v->n_vocab - v->beg, &stamps);
    if (peak->top < v->beg && !(stamps.logsumexp > peak->top_value))
        return;
    mask(logits, 0, v->beg);
    peak->top = v->beg + stamps.top;
    peak->top_value = stamps.top_value;
}

struct whisper_pick whisper_pick_id(const struct whisper_rules *r, const struct whisper_vocab *v,
                                    const float *logits, const struct nn_peak *peak, int id)
{
    struct whisper_pick pick = {.id = id, .plog = logits[id] - peak->logsumexp};
    float best = -INFINITY;

    if (id >= v->beg)
        pick.stamp = id;
    for (int i = v->beg; r->timestamps && id < v->beg && i < v->n_vocab; i++) {
        if (logits[i] > best) {
            best = logits[i];
            pick.stamp = i;
        }
    }
    return pick;
}

int whisper_pick_random(const struct whisper_vocab *v, const float *logits, double u)
{
    float max = -INFINITY;
    double sum = 0.0;
    int last = v->eot;

    for (int i = 0; i < v->n_vocab; i++)
        max = logits[i] > max ? logits[i] : max;
    for (int i = 0; i < v->n_vocab; i++)
        sum += max > -INFINITY ? (double)expf(logits[i] - max) : 0.0;
    u *= sum;
    for (int i = 0; i < v->n_vocab; i++) {
        if (logits[i] == -INFINITY)
            continue;
        last = i;
        u -= (double)expf(logits[i] - max);
        if (u < 0.0)
            break;
    }
    return last;
}

/* ids[0 .. n - 1] are sorted by their logits; id takes its place among them, after its equals. */
static void insert(const float *logits, int *ids, int n, int id)
{
    int at = n;

    for (; at > 0 && logits[ids[at - 1]] < logits[id]; at--)
        ids[at] = ids[at - 1];
    ids[at] = id;
}

/* Is one of PICK_STEP logits above the least? Nearly always none is. */
static bool any_above(const float *logits, float least)
{
    int above = 0;

    for (int i = 0; i < PICK_STEP; i++)
        above |= logits[i] > least;
    return above;
}

int whisper_pick_top(const struct whisper_vocab *v, const float *logits, int k, int *ids)
{
    int n = 0;

    for (int i = 0; i < v->n_vocab; i++) {
        float least = n == k ? logits[ids[n - 1]] : -INFINITY;

        while (i + PICK_STEP <= v->n_vocab && !any_above(logits + i, least))
            i += PICK_STEP;
        if (i == v->n_vocab || !(logits[i] > least))
            continue;
        n -= n == k;
        insert(logits, ids, n++, i);
    }
    return n;
}

/**
 * @file asr/pocketsphinx/front.c  From samples to normalised cepstra
 */
#include "asr/pocketsphinx/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* Deviation in the voiced frames of six human recordings and of flite's voices (recorded people),
 * over about a second; all of them are between 0.74 and 1.01 times this, espeak-ng's voices between
 * 1.7 and 1.96. */
static const float speech_deviation[FRONT_DIM] = {19,    21,    16,    21,    18.5f, 14.5f, 16.5f,
                                                  15.5f, 13.5f, 14.5f, 11.5f, 11,    10};
static const double WIDER = 1.25; /* times that: a kind of voice that the model was not trained
                                     on */
static const double DEVIATION_LEAST = 1e-3;
enum { FINER = 3 }; /* the first cepstra, loudness and slope, differ little between voices */

enum { STEP = 160, STEP_FRAMES_MAX = 256, MS = 10, SAMPLES_PER_MS = 16 };

int front_init(struct front *f, cmd_ln_t *config)
{
    memset(f, 0, sizeof(*f));
    f->fe = fe_init_auto_r(config);
    return f->fe ? 0 : UV_ENOMEM;
}

void front_release(struct front *f)
{
    if (f->fe)
        fe_free(f->fe);
    free(f->cep);
    free(f->time_ms);
    memset(f, 0, sizeof(*f));
}

/* to += from, weighted so that `from` counts as at most `frames` frames. */
static void add_moments(struct moments *to, const struct moments *from, double frames)
{
    double share = from->frames > frames ? frames / from->frames : 1;

    to->frames += share * from->frames;
    for (int k = 0; k < FRONT_DIM; k++) {
        to->sum[k] += share * from->sum[k];
        to->square[k] += share * from->square[k];
    }
}

void front_begin(struct front *f)
{
    if (f->voice.frames >= FRONT_LEAST) {
        add_moments(&f->voice, &f->before, FRONT_MEMORY);
        f->before = f->voice;
    }
    memset(&f->voice, 0, sizeof(f->voice));
    f->frames = f->samples = f->carried = 0;
    f->ended = f->known = false;
    fe_start_stream(f->fe);
    fe_start_utt(f->fe);
}

static int make_room(struct front *f)
{
    size_t cap = f->cap ? 2 * f->cap : 1024;
    mfcc_t *cep;
    uint32_t *time_ms;

    if (f->frames + STEP_FRAMES_MAX <= f->cap)
        return 0;
    if (f->frames + STEP_FRAMES_MAX > FRONT_FRAMES_MAX)
        return UV_ENOBUFS;
    cep = realloc(f->cep, cap * FRONT_DIM * sizeof(*cep));
    if (cep)
        f->cep = cep;
    time_ms = realloc(f->time_ms, cap * sizeof(*time_ms));
    if (time_ms)
        f->time_ms = time_ms;
    if (!cep || !time_ms)
        return UV_ENOMEM;
    f->cap = cap;
    return 0;
}

/* Frames produced by one step: the last ends where the audio ends. The first frames of an utterance
 * come in a burst, because silence before it was held back. */
static void count_frames(struct front *f, int32_t n)
{
    uint32_t end = (uint32_t)(f->samples / SAMPLES_PER_MS);

    for (int32_t i = 0; i < n; i++) {
        const mfcc_t *c = f->cep + (f->frames + (size_t)i) * FRONT_DIM;
        uint32_t back = (uint32_t)(n - 1 - i) * MS;

        f->time_ms[f->frames + (size_t)i] = end > back ? end - back : 0;
        if (c[0] < 0) /* less energy than any speech */
            continue;
        for (int k = 0; k < FRONT_DIM; k++) {
            f->voice.sum[k] += (double)c[k];
            f->voice.square[k] += (double)c[k] * (double)c[k];
        }
        f->voice.frames++;
    }
    f->frames += (size_t)n;
}

/* If the voice varies more widely than normal speech, scales it down. */
static void set_gains(struct front *f, const double deviation[FRONT_DIM])
{
    double wide = 0; /* logarithm of the mean ratio over the finer cepstra */

    for (int k = FINER; k < FRONT_DIM; k++)
        wide += log(deviation[k] / (double)speech_deviation[k]) / (FRONT_DIM - FINER);
    for (int k = 0; k < FRONT_DIM; k++) {
        double gain = WIDER * (double)speech_deviation[k] / deviation[k];

        f->gain[k] = wide > log(WIDER) && gain < 1 ? (float)gain : 1;
    }
}

/* Uses what is known of the voice once there is enough of it, or when no more will come. */
static void refine_mean(struct front *f)
{
    struct moments all = f->voice;
    double deviation[FRONT_DIM];

    add_moments(&all, &f->before, FRONT_PRIOR_FRAMES);
    if (f->known || all.frames <= 0 || (!f->ended && f->voice.frames < FRONT_MEAN_FRAMES))
        return;
    for (int k = 0; k < FRONT_DIM; k++) {
        double mean = all.sum[k] / all.frames;

        f->mean[k] = (float)mean;
        deviation[k] = sqrt(fmax(all.square[k] / all.frames - mean * mean, DEVIATION_LEAST));
    }
    set_gains(f, deviation);
    f->known = true;
}

static void rows_of(struct front *f, mfcc_t *row[STEP_FRAMES_MAX])
{
    for (size_t i = 0; i < STEP_FRAMES_MAX; i++)
        row[i] = f->cep + (f->frames + i) * FRONT_DIM;
}

static int take_step(struct front *f, const int16_t *pcm)
{
    mfcc_t *row[STEP_FRAMES_MAX];
    size_t left = STEP;
    int err = make_room(f);

    if (err)
        return err;
    f->samples += STEP;
    while (left) {
        int32_t n = STEP_FRAMES_MAX;
        int32_t first;

        if ((err = make_room(f)))
            return err;
        rows_of(f, row);
        if (fe_process_frames(f->fe, &pcm, &left, row, &n, &first) < 0)
            return UV_EINVAL;
        count_frames(f, n);
        refine_mean(f);
    }
    return 0;
}

int front_feed(struct front *f, const int16_t *pcm, size_t n)
{
    while (n) {
        size_t take = n < STEP - f->carried ? n : STEP - f->carried;
        int err;

        memcpy(f->carry + f->carried, pcm, take * sizeof(*pcm));
        f->carried += take;
        pcm += take;
        n -= take;
        if (f->carried < STEP)
            break;
        f->carried = 0;
        err = take_step(f, f->carry);
        if (err)
            return err;
    }
    return 0;
}

int front_end(struct front *f)
{
    mfcc_t *row[STEP_FRAMES_MAX];
    int32_t n = 0;
    int err = make_room(f);

    if (err)
        return err;
    if (f->carried) {
        memset(f->carry + f->carried, 0, (STEP - f->carried) * sizeof(f->carry[0]));
        f->carried = 0;
        err = take_step(f, f->carry);
        if (!err)
            err = make_room(f);
        if (err)
            return err;
    }
    rows_of(f, row);
    if (fe_end_utt(f->fe, row[0], &n) < 0)
        return UV_EINVAL;
    count_frames(f, n);
    f->ended = true;
    refine_mean(f);
    return 0;
}

size_t front_ready(const struct front *f, size_t from, mfcc_t block[FRONT_FIRST_BLOCK][FRONT_DIM])
{
    size_t most = from ? FRONT_BLOCK : FRONT_FIRST_BLOCK;
    size_t n = f->frames - from < most ? f->frames - from : most;

    if (!f->known || (!f->ended && n < most && !from))
        return 0;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < FRONT_DIM; k++)
            block[i][k] = f->gain[k] * (f->cep[(from + i) * FRONT_DIM + (size_t)k] - f->mean[k]);
    return n;
}

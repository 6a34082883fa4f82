/**
 * @file bench/vad.c  How much of the speech is kept, and what noise opens
 *
 * Every recording of the shared folder goes through voice activity, alone and with noise mixed in.
 * The reference is made from the clean recording by a method that shares nothing with the
 * detector: a 10 ms frame is voiced when the plain autocorrelation of the 40 ms around it has a
 * peak of at least 0.5 between 60 and 400 Hz and its level is within 28 dB of the recording's loud
 * frames (95th percentile). "Kept" are the voiced frames inside an utterance, pre-roll included.
 *
 * With MODELS, a folder that vad.onnx lies in, the same through Silero (asr/turn/turn.h) as well.
 *
 *     backend/build/bench/bench-vad [--clips] [FOLDER [MODELS]]
 */
#include "asr/nets.h"
#include "asr/turn/turn.h"
#include "base/clock.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "support/sound.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STILL = 30 /* frames each side */, STILL_SHARE = 60 /* [%] */ };

enum { RATE = VAD_RATE, CLIPS_MAX = 256, SPANS_MAX = 128, SECONDS_MAX = 120, PAD = RATE };

struct clip {
    char name[128];
    int16_t *pcm; /* one second of silence after the recording, so that its end is seen */
    size_t n;
    bool *voiced; /* a frame */
    size_t frames;
};

struct heard {
    struct {
        uint64_t from, to;         /* samples given out */
        uint64_t start_ms, end_ms; /* of the voice */
    } spans[SPANS_MAX];
    size_t count;
};

static struct asr_nets *nets; /* NULL: voice activity of our own */

static void on_event(const struct turn_event *e, void *arg)
{
    struct heard *h = arg;

    if (e->kind == TURN_BEGINS && h->count < SPANS_MAX) {
        h->spans[h->count].start_ms = e->start_ms;
        h->spans[h->count++].from = e->audio_ms * 16;
    }
    if (h->count == 0)
        return;
    if (e->kind == TURN_AUDIO)
        h->spans[h->count - 1].to = e->audio_ms * 16 + e->n;
    h->spans[h->count - 1].end_ms = e->end_ms;
}

static void hear(const int16_t *pcm, size_t n, struct heard *h)
{
    struct turn_params params = {.pace = TURN_QUICK};
    struct turn *turn;

    memset(h, 0, sizeof(*h));
    if (turn_open(&turn, nets, &params, on_event, h))
        abort();
    for (size_t at = 0; at < n; at += 320)
        turn_feed(turn, pcm + at, n - at < 320 ? n - at : 320);
    turn_flush(turn);
    turn_close(turn);
}

/* ---------------------------------------------------------------- the reference */

static double frame_db(const int16_t *pcm)
{
    double sum = 1e-3;

    for (int i = 0; i < VAD_FRAME; i++)
        sum += (double)pcm[i] * pcm[i];
    return 10 * log10(sum / VAD_FRAME / 32768 / 32768);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double loud_db(const struct clip *c)
{
    double *db = calloc(c->frames, sizeof(*db)), loud;

    for (size_t f = 0; f < c->frames; f++)
        db[f] = frame_db(c->pcm + f * VAD_FRAME);
    qsort(db, c->frames, sizeof(*db), by_value);
    loud = db[c->frames * 95 / 100];
    free(db);
    return loud;
}

/** The period, in samples, of what repeats between 60 and 400 Hz; 0 when nothing does. */
static size_t period_of(const int16_t *x, size_t n)
{
    double best = 0;
    size_t at = 0;

    for (size_t lag = RATE / 400; lag <= RATE / 60; lag++) {
        double ab = 0, aa = 1, bb = 1;

        for (size_t i = lag; i < n; i++) {
            ab += (double)x[i] * x[i - lag];
            aa += (double)x[i] * x[i];
            bb += (double)x[i - lag] * x[i - lag];
        }
        if (ab / sqrt(aa * bb) > best) {
            best = ab / sqrt(aa * bb);
            at = lag;
        }
    }
    return best >= 0.5 ? at : 0;
}

/** Is the frame part of a tone that stands still: hum of the mains, a held note? In most frames
 *  of the 600 ms around it the period is the same. No voice does that. */
static bool stands_still(const size_t *period, size_t frames, size_t f)
{
    size_t same = 0, from = f < STILL ? 0 : f - STILL;
    size_t to = f + STILL < frames ? f + STILL : frames - 1;

    for (size_t i = from; i <= to; i++)
        same += fabs((double)period[i] / (double)period[f] - 1) <= 0.015;
    return same * 100 >= (to - from + 1) * STILL_SHARE;
}

static void label(struct clip *c)
{
    enum { WINDOW = RATE / 25 };
    double loud = loud_db(c);
    size_t *period = calloc(c->frames, sizeof(*period));

    c->voiced = calloc(c->frames, sizeof(*c->voiced));
    for (size_t f = 0; f < c->frames; f++) {
        size_t middle = f * VAD_FRAME + VAD_FRAME / 2;

        if (middle >= WINDOW / 2)
            period[f] = period_of(c->pcm + middle - WINDOW / 2, WINDOW);
    }
    for (size_t f = 0; f < c->frames; f++)
        c->voiced[f] = period[f] && frame_db(c->pcm + f * VAD_FRAME) >= loud - 28 &&
                       !stands_still(period, c->frames, f);
    free(period);
}

/* ---------------------------------------------------------------- recordings */

static bool load(struct clip *c, const char *folder, const char *name)
{
    char path[1024];
    FILE *f;

    snprintf(c->name, sizeof(c->name), "%s", name);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "rb");
    if (!f)
        return false;
    c->pcm = calloc((size_t)SECONDS_MAX * RATE + PAD, sizeof(*c->pcm));
    fseek(f, 44, SEEK_SET);
    c->n = fread(c->pcm, sizeof(*c->pcm), (size_t)SECONDS_MAX * RATE, f);
    fclose(f);
    c->frames = c->n / VAD_FRAME;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct clip *)a)->name, ((const struct clip *)b)->name);
}

static size_t load_folder(struct clip *clips, const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t n = 0;

    while (dir && (entry = readdir(dir)) && n < CLIPS_MAX / 2) {
        const char *dot = strrchr(entry->d_name, '.');

        if (dot && strcmp(dot, ".wav") == 0)
            n += load(&clips[n], folder, entry->d_name);
    }
    if (dir)
        closedir(dir);
    qsort(clips, n, sizeof(*clips), by_name);
    return n;
}

static const char *set_of(const char *name)
{
    if (strncmp(name, "night", 5) == 0)
        return "film";
    if (strncmp(name, "espk", 4) == 0)
        return "espeak-ng";
    return strncmp(name, "flite", 5) == 0 ? "flite" : "human";
}

/* ---------------------------------------------------------------- the table */

struct row {
    size_t clips, voiced, kept, utterances, missed, outside, frames;
    double lag[CLIPS_MAX]; /* end of speech as heard minus that of the reference, [ms] */
    size_t lags;
};

static bool inside(const struct heard *h, size_t frame)
{
    for (size_t i = 0; i < h->count; i++) {
        if (frame * VAD_FRAME >= h->spans[i].from && (frame + 1) * VAD_FRAME <= h->spans[i].to)
            return true;
    }
    return false;
}

static void count(struct row *row, const struct clip *c, const struct heard *h, bool print)
{
    size_t voiced = 0, kept = 0, last = 0;

    for (size_t f = 0; f < c->frames; f++) {
        row->outside += !c->voiced[f] && inside(h, f);
        if (!c->voiced[f])
            continue;
        voiced++;
        kept += inside(h, f);
        last = f + 1;
    }
    row->clips++;
    row->voiced += voiced;
    row->kept += kept;
    row->frames += c->frames;
    row->utterances += h->count;
    row->missed += h->count == 0;
    if (h->count)
        row->lag[row->lags++] = (double)h->spans[h->count - 1].end_ms - (double)last * 10;
    if (print)
        printf("    %-52s %5zu voiced, %6.2f %% kept, %zu utterances\n", c->name, voiced,
               voiced ? 100.0 * (double)kept / (double)voiced : 100, h->count);
}

static void print_row(struct row *row, const char *set, const char *noise)
{
    qsort(row->lag, row->lags, sizeof(*row->lag), by_value);
    printf("%-10s %-12s %5zu %8zu  %6.2f %%  %5.2f  %4zu   %4.0f / %4.0f\n", set, noise, row->clips,
           row->voiced, row->voiced ? 100.0 * (double)row->kept / (double)row->voiced : 100,
           (double)row->utterances / (double)row->clips, row->missed,
           row->lags ? row->lag[row->lags / 2] : 0, row->lags ? row->lag[row->lags * 95 / 100] : 0);
}

/** Mix noise so that the loud frames of the clip stand `ratio` dB above it. */
static int16_t *mixed(const struct clip *c, int colour, double ratio)
{
    int16_t *pcm = calloc(c->n + PAD, sizeof(*pcm));
    double speech = 0;
    size_t voiced = 0;

    for (size_t f = 0; f < c->frames; f++) {
        if (!c->voiced[f])
            continue;
        speech += pow(10, frame_db(c->pcm + f * VAD_FRAME) / 10);
        voiced++;
    }
    memcpy(pcm, c->pcm, c->n * sizeof(*pcm));
    if (colour >= 0 && voiced)
        sound_noise(pcm, c->n + PAD, (enum sound_colour)colour,
                    10 * log10(speech / (double)voiced) - ratio, 7);
    return pcm;
}

static void run_set(struct clip *clips, size_t n, const char *set, int colour, double ratio,
                    bool print)
{
    static const char *const colours[] = {"white", "pink", "brown"};
    struct row *row = calloc(1, sizeof(*row));
    char noise[32] = "clean";

    for (size_t i = 0; i < n; i++) {
        struct heard h;
        int16_t *pcm;

        if (strcmp(set_of(clips[i].name), set) != 0)
            continue;
        pcm = mixed(&clips[i], colour, ratio);
        hear(pcm, clips[i].n + PAD, &h);
        count(row, &clips[i], &h, print);
        free(pcm);
    }
    if (colour >= 0)
        snprintf(noise, sizeof(noise), "%s %.0f dB", colours[colour], ratio);
    if (row->clips)
        print_row(row, set, noise);
    free(row);
}

/* Whose sounds these are; voices without words may be taken for speech. */
static const char *sound_of(const char *name)
{
    static const char *const music[] = {"jazz", "piano", "moh_"};
    static const char *const voices[] = {"laugh", "baby", "crowd", "cafe", "coffee", "sneeze"};

    for (size_t i = 0; i < sizeof(music) / sizeof(music[0]); i++) {
        if (strstr(name, music[i]))
            return "music";
    }
    for (size_t i = 0; i < sizeof(voices) / sizeof(voices[0]); i++) {
        if (strstr(name, voices[i]))
            return "voices";
    }
    return "noise";
}

/** Seconds a minute that were taken for speech. */
static void run_sounds(const char *folder, const char *below, const char *sound, bool print)
{
    static struct clip clips[CLIPS_MAX];
    double speech = 0, all = 0;
    char path[1024];
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", folder, below);
    n = load_folder(clips, path);
    for (size_t i = 0; i < n; i++) {
        struct heard h;
        double ms = 0;

        if (strcmp(sound_of(clips[i].name), sound) != 0)
            continue;
        hear(clips[i].pcm, clips[i].n + PAD, &h);
        for (size_t k = 0; k < h.count; k++)
            ms += (double)(h.spans[k].end_ms - h.spans[k].start_ms);
        speech += ms / 1000;
        all += (double)clips[i].n / RATE;
        if (print)
            printf("    %-48s %5.2f s of %5.2f\n", clips[i].name, ms / 1000,
                   (double)clips[i].n / RATE);
    }
    for (size_t i = 0; i < n; i++)
        free(clips[i].pcm);
    if (all > 0)
        printf("%-10s %-8s %5.1f s, taken for speech: %6.2f s a minute\n", below, sound, all,
               60 * speech / all);
}

static void run_speed(const struct clip *clips, size_t n)
{
    uint64_t best = UINT64_MAX;
    size_t frames = 0;

    for (int round = 0; round < 3; round++) {
        uint64_t start = clock_mono_us(), took;

        frames = 0;
        for (size_t i = 0; i < n; i++) {
            struct heard h;

            hear(clips[i].pcm, clips[i].n, &h);
            frames += clips[i].frames;
        }
        took = clock_mono_us() - start;
        best = took < best ? took : best;
    }
    printf("\nspeed: %.1f us a frame of 10 ms (best of 3)\n", (double)best / (double)frames);
}

static void run_all(struct clip *clips, size_t n, const char *folder, bool print)
{
    static const char *const sets[] = {"human", "flite", "espeak-ng", "film"};

    run_sounds(folder, "noise", "noise", print);
    run_sounds(folder, "nonspeech", "noise", print);
    run_sounds(folder, "nonspeech", "music", print);
    run_sounds(folder, "nonspeech", "voices", print);
    printf(
        "\nset        noise        clips   voiced      kept  utt/clip missed end p50/p95 [ms]\n");
    for (size_t s = 0; s < 4; s++) {
        run_set(clips, n, sets[s], -1, 0, print);
        for (int colour = 0; colour < 3; colour++) {
            for (double ratio = 20; ratio >= 10; ratio -= 5)
                run_set(clips, n, sets[s], colour, ratio, false);
        }
    }
    run_speed(clips, n);
}

static void stop_when_loaded(void *arg)
{
    if (asr_nets_gate(nets))
        loop_stop(arg);
}

/** Silero from that folder; the rest is left out, so that nothing is awaited. */
static bool open_nets(struct loop **loop, struct lanes **lanes, const char *models)
{
    struct loop_timer *timer;

    if (loop_open(loop, NULL) || lanes_open(lanes, *loop, NULL) ||
        asr_nets_open(&nets, *lanes, models, NULL) ||
        timer_open(&timer, *loop, stop_when_loaded, *loop))
        abort();
    asr_nets_look(nets);
    timer_start(timer, 10, 10);
    loop_run(*loop);
    timer_close(timer);
    return asr_nets_gate(nets) != NULL;
}

int main(int argc, char **argv)
{
    static struct clip clips[CLIPS_MAX];
    bool print = argc > 1 && strcmp(argv[1], "--clips") == 0;
    const char *folder = argc > 1 + print ? argv[1 + print] : "../shared/speech";
    size_t n = load_folder(clips, folder);
    char human[1024];

    snprintf(human, sizeof(human), "%s/human", folder);
    n += load_folder(clips + n, human);
    if (!n) {
        printf("no recordings in %s\n", folder);
        return 77;
    }
    for (size_t i = 0; i < n; i++)
        label(&clips[i]);
    printf("voice activity of our own\n");
    run_all(clips, n, folder, print);
    if (argc > 2 + print) {
        struct lanes *lanes;
        struct loop *loop;

        printf("\nSilero\n");
        if (open_nets(&loop, &lanes, argv[2 + print]))
            run_all(clips, n, folder, print);
        lanes_close(lanes);
        asr_nets_close(nets);
        loop_close(loop);
    }
    return 0;
}

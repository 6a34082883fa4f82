/**
 * @file bench/voices.c  How often the own voice is taken for an interviewer's, and the reverse
 *
 * Clips of people, `speaker sex file` a line on standard input. Every pair of two speakers of one
 * sex is an interview: the candidate's voice is learned from their first clip, then both speak
 * their clips in turn, twice. Noise is mixed in when a ratio is given.
 *
 *     backend/build/bench/bench-voices voices.pt [SNR_DB] < LIST
 */
#include "asr/voices/book.h"
#include "nn/nn.h"
#include "support/kit.h"
#include "support/sound.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIPS_MAX = 256 };

struct clip {
    char speaker[32], sex;
    float voice[VOICE_DIMENSIONS];
    uint32_t ms;
    bool first;
};

static struct clip clips[CLIPS_MAX];
static int n_clips;

static bool take(struct voice_encoder *e, struct nn *nn, struct clip *c, const char *path,
                 double ratio)
{
    size_t n;
    int16_t *pcm = kit_wav(path, &n);
    double sum = 1;

    if (!pcm)
        return false;
    n = n < 128000 ? n : 128000; /* as much as is judged */
    for (size_t i = 0; i < n; i++)
        sum += (double)pcm[i] * pcm[i];
    if (ratio < 99)
        sound_noise(pcm, n, SOUND_PINK, 10 * log10(sum / (double)n / 32768 / 32768) - ratio, 7);
    c->ms = (uint32_t)(n / 16);
    if (voice_encode(e, nn, pcm, n, c->voice))
        abort();
    free(pcm);
    return true;
}

static int same_speaker(const struct clip *a, const struct clip *b)
{
    return !strcmp(a->speaker, b->speaker);
}

/* who[0]: candidate's clips by judgement; who[1]: the interviewer's. */
static void interview(int own, int other, int who[2][VOICE_WHOS])
{
    struct voice_book book = {0};
    float likeness;

    voice_learn(&book, VOICE_CANDIDATE, clips[own].voice, clips[own].ms);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < n_clips; i++) {
            bool is_own = same_speaker(&clips[i], &clips[own]);

            if (i == own || clips[i].ms < 1000 ||
                (!is_own && !same_speaker(&clips[i], &clips[other])))
                continue;
            who[!is_own][voice_judge(&book, clips[i].voice, clips[i].ms, &likeness)]++;
        }
    }
}

int main(int argc, char **argv)
{
    struct voice_encoder *e = NULL;
    int who[2][VOICE_WHOS] = {{0}}, pairs = 0;
    struct nn *nn = NULL;
    char path[512];

    if (argc < 2 || nn_open(&nn, 1, NULL, NULL) || voice_encoder_load(&e, argv[1], nn, NULL))
        return 77;
    while (n_clips < CLIPS_MAX &&
           scanf("%31s %c %511s", clips[n_clips].speaker, &clips[n_clips].sex, path) == 3)
        n_clips += take(e, nn, &clips[n_clips], path, argc > 2 ? atof(argv[2]) : 99);
    for (int i = 0; i < n_clips; i++) {
        clips[i].first = true;
        for (int k = 0; k < i; k++)
            clips[i].first &= !same_speaker(&clips[i], &clips[k]);
    }
    for (int a = 0; a < n_clips; a++) {
        for (int b = 0; b < n_clips; b++) {
            if (clips[a].first && clips[b].first && a != b && clips[a].sex == clips[b].sex) {
                interview(a, b, who);
                pairs++;
            }
        }
    }
    printf("%d pairs\n", pairs);
    for (int i = 0; i < 2; i++) {
        int all = who[i][0] + who[i][1] + who[i][2] + who[i][3];

        printf("%-11s of %d: unknown %.1f %%, candidate %.1f %%, interviewer %.1f %%, second %.1f "
               "%%\n",
               i ? "interviewer" : "candidate", all, 100.0 * who[i][0] / all,
               100.0 * who[i][1] / all, 100.0 * who[i][2] / all, 100.0 * who[i][3] / all);
    }
    voice_encoder_unload(e);
    nn_close(nn);
    return 0;
}

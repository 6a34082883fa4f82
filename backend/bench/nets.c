/**
 * @file bench/nets.c  Processor time of the small networks, beside what their products cost at best
 *
 * Silero for a window of 32 ms, smart-turn for a pause, the speaker encoder for a second of speech:
 * the least of several rounds, on one thread. "Of the peak" is the time that the network's
 * multiplications would take at the rate of a register-only loop in f32, measured in the same run.
 *
 *     backend/build/bench/bench-nets MODELS
 */
#include "asr/turn/silero.h"
#include "asr/turn/smart_turn.h"
#include "asr/voices/encoder.h"
#include "nn/nn.h"
#include "support/sound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 7, SECONDS = 8, SAMPLES = SECONDS * 16000 };

/* Multiplications, in millions: of a window, of a pause, of a second (a piece of 1.6 s every 0.8).
 */
static const double SILERO_MMAC = 0.68;
static const double TURN_MMAC = 3610;
static const double VOICE_MMAC = 216 / 0.8;

static struct nn *nn;
static struct silero_model *gate;
static struct smart_turn_model *turn;
static struct voice_encoder *voices;
static int16_t pcm[SAMPLES];

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void run_gate(void)
{
    struct silero s;
    float x[SILERO_WINDOW];

    silero_reset(&s);
    for (size_t at = 0; at + SILERO_WINDOW <= SAMPLES; at += SILERO_WINDOW) {
        for (size_t i = 0; i < SILERO_WINDOW; i++)
            x[i] = (float)pcm[at + i] / 32768;
        silero_step(gate, nn, &s, x);
    }
}

static void run_turn(void)
{
    float p;

    if (smart_turn_probability(turn, nn, pcm, SAMPLES, &p))
        abort();
}

static void run_voice(void)
{
    float voice[VOICE_DIMENSIONS];

    if (voice_encode(voices, nn, pcm, SAMPLES, voice))
        abort();
}

static void measure(const char *what, void (*run)(void), double times, double mmac,
                    const struct nn_peaks *peaks)
{
    double best = 1e9;

    for (int i = 0; i < ROUNDS; i++) {
        double from = cpu_ms(), took;

        run();
        took = (cpu_ms() - from) / times;
        best = took < best ? took : best;
    }
    printf("%-36s %8.3f ms, %3.0f %% of the peak in f32\n", what, best,
           100 * 2 * mmac / 1e3 / peaks->f32_gops * 1e3 / best);
}

int main(int argc, char **argv)
{
    char path[3][512];
    struct nn_peaks peaks;
    struct errbuf why = {""};

    if (argc < 2 || nn_open(&nn, 1, NULL, &why))
        return 77;
    snprintf(path[0], sizeof(path[0]), "%s/vad.onnx", argv[1]);
    snprintf(path[1], sizeof(path[1]), "%s/turn.onnx", argv[1]);
    snprintf(path[2], sizeof(path[2]), "%s/voices.pt", argv[1]);
    if (silero_load(&gate, path[0], nn, &why) || smart_turn_load(&turn, path[1], nn, false, &why) ||
        voice_encoder_load(&voices, path[2], nn, &why)) {
        printf("%s\n", why.text);
        return 77;
    }
    sound_voice(pcm, SAMPLES, -22, 5);
    nn_measure_peaks(nn, 50, &peaks);
    printf("%s, one thread, f32 at %.0f GFLOP/s\n", nn_isa(nn), peaks.f32_gops);
    measure("Silero, 32 ms of audio", run_gate, SAMPLES / SILERO_WINDOW, SILERO_MMAC, &peaks);
    measure("smart-turn, a pause", run_turn, 1, TURN_MMAC, &peaks);
    measure("speaker encoder, 1 s of speech", run_voice, SECONDS, VOICE_MMAC, &peaks);
    silero_unload(gate);
    smart_turn_unload(turn);
    voice_encoder_unload(voices);
    nn_close(nn);
    return 0;
}

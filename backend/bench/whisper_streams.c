/**
 * @file bench/whisper_streams.c  Many speakers on one model: how long after the end is the final?
 *
 *     bench-whisper_streams MODEL [STREAMS [SECONDS [UTTERANCES]]]
 *
 * Every speaker is a thread that feeds 100 ms of audio each 100 ms, asks for a partial each 300 ms
 * and prefetches the final in the pause that an endpointer waits for, as the hub's workers do; the
 * speakers begin one after the other. Prints p50 and p95 of the time from the end of the pause to
 * the final, and how many of the partials that were due could be made.
 */
#include "asr/engine.h"
#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAMS_MAX = 32, RATE = 16000, STEP_MS = 100, PACE = 3, PAUSE_MS = 300 };

struct speaker {
    const struct asr_engine *engine;
    struct asr_model *model;
    int number;
    int seconds;
    int utterances;
    uint64_t start_us;
    double finals[64]; /* [ms] */
    int n_finals;
    int due, made;
    bool failed;
};

static void wait_until(uint64_t us)
{
    uint64_t now = clock_mono_us();

    if (now < us)
        uv_sleep((unsigned)((us - now) / 1000));
}

static void fill(int16_t *pcm, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++) {
        double t = (double)(at + i) / RATE;
        double phase = t * (150.0 + 20.0 * sin(2.0 * t));

        pcm[i] = (int16_t)(6000.0 * fabs(sin(9.0 * t)) * (2.0 * (phase - floor(phase)) - 1.0));
    }
}

/* One utterance in real time; the time of its final, or a negative number. */
static double utter(struct speaker *s, struct asr_stream *stream, uint64_t *now)
{
    int16_t pcm[STEP_MS * RATE / 1000];
    struct asr_result res;
    struct errbuf err;
    int steps = s->seconds * 1000 / STEP_MS;
    uint64_t start;
    char before[4096] = "";

    if (s->engine->begin(stream, &err))
        return -1.0;
    for (int i = 0; i < steps; i++) {
        fill(pcm, sizeof(pcm) / 2, (size_t)i * (sizeof(pcm) / 2) + (size_t)s->number * 777);
        wait_until(*now += STEP_MS * 1000);
        if (s->engine->feed(stream, pcm, sizeof(pcm) / 2, &err))
            return -1.0;
        if (i % PACE || clock_mono_us() > *now + 300000) /* behind: catch up first, as the hub */
            continue;
        s->due++;
        if (s->engine->partial(stream, &res, &err))
            return -1.0;
        s->made += strcmp(before, res.text) != 0;
        snprintf(before, sizeof(before), "%s", res.text);
    }
    memset(pcm, 0, sizeof(pcm));
    s->engine->feed(stream, pcm, sizeof(pcm) / 2, &err);
    if (s->engine->prefetch_final(stream, &err))
        return -1.0;
    for (int i = 0; i < PAUSE_MS / STEP_MS; i++)
        s->engine->feed(stream, pcm, sizeof(pcm) / 2, &err);
    wait_until(*now += PAUSE_MS * 1000);
    start = *now; /* a final that takes longer than the pause counts */
    if (s->engine->finish(stream, &res, &err))
        return -1.0;
    return fmax(0.0, ((double)clock_mono_us() - (double)start) / 1000.0);
}

static void speak(void *arg)
{
    struct speaker *s = arg;
    struct asr_params params = {.language = "en"};
    struct asr_stream *stream = NULL;
    uint64_t now = s->start_us;

    s->failed = s->engine->open(&stream, s->model, &params, NULL) != 0;
    wait_until(now);
    for (int i = 0; i < s->utterances && !s->failed; i++) {
        double ms = utter(s, stream, &now);

        s->failed = ms < 0.0;
        s->finals[s->n_finals++] = ms;
        if (clock_mono_us() > now)
            now = clock_mono_us();
    }
    s->engine->close(stream);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static int report(const struct speaker *s, int streams, const char *model)
{
    double all[STREAMS_MAX * 64];
    int n = 0, due = 0, made = 0;

    for (int i = 0; i < streams; i++) {
        if (s[i].failed) {
            fprintf(stderr, "a stream failed\n");
            return 1;
        }
        memcpy(all + n, s[i].finals, (size_t)s[i].n_finals * sizeof(double));
        n += s[i].n_finals;
        due += s[i].due;
        made += s[i].made;
    }
    qsort(all, (size_t)n, sizeof(double), by_value);
    printf("%s: %d streams, %d finals: p50 %.0f ms, p95 %.0f ms, worst %.0f ms; %d of %d partials "
           "were new\n",
           model, streams, n, all[n / 2], all[n * 95 / 100], all[n - 1], made, due);
    return 0;
}

int main(int argc, char **argv)
{
    struct asr_model_params params = {.path = argc > 1 ? argv[1] : NULL};
    int streams = argc > 2 ? atoi(argv[2]) : 8;
    static struct speaker s[STREAMS_MAX];
    uv_thread_t threads[STREAMS_MAX];
    struct asr_model *m = NULL;
    struct errbuf err = {""};
    int status;

    if (argc < 2 || streams < 1 || streams > STREAMS_MAX) {
        fprintf(stderr, "usage: %s MODEL [STREAMS [SECONDS [UTTERANCES]]]\n", argv[0]);
        return argc < 2 ? 77 : 2;
    }
    const struct asr_engine *e = asr_engine_find("whisper");

    if (!e || e->load(&m, &params, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    for (int i = 0; i < streams; i++) {
        s[i] = (struct speaker){.engine = e,
                                .model = m,
                                .number = i,
                                .seconds = argc > 3 ? atoi(argv[3]) : 5,
                                .utterances = argc > 4 ? atoi(argv[4]) : 3,
                                .start_us = clock_mono_us() + 200000 + (uint64_t)i * 370000};
        uv_thread_create(&threads[i], speak, &s[i]);
    }
    for (int i = 0; i < streams; i++)
        uv_thread_join(&threads[i]);
    status = report(s, streams, e->describe(m));
    e->unload(m);
    return status;
}

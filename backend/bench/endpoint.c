/**
 * @file bench/endpoint.c  From the end of speech to the final text, at the pace of real speech
 *
 * Recordings are played through hearing 20 ms at a time, as they would arrive, each followed by a
 * few seconds of silence. Latency runs from the arrival of the last voiced sample (as voice
 * activity sees it) to the final; the part of it that is waiting for silence is the hangover. With
 * --nets turns end as in an interview, by asr/turn/turn.h with the networks in that folder.
 *
 *     backend/build/bench/bench-endpoint FOLDER [ENGINE [COUNT]] [list]
 *                                               [--model GGML_FILE] [--nets FOLDER]
 *
 * `list` prints a line a final: how long after the last voiced sample the pause was heard (eager),
 * the end was heard and the final came.
 */
#include "asr/nets.h"
#include "audio/decode.h"
#include "base/clock.h"
#include "live/asr_session.h"
#include "loop/lanes.h"
#include "loop/loop.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 320, FRAME_MS = 20, TAIL_MS = 3000, FINALS_MAX = 1024, COUNT_DEFAULT = 24 };

struct play {
    struct loop *loop;
    struct lanes *lanes;
    struct asr_nets *nets; /* NULL: voice activity alone */
    struct asr_session *session;
    double latency[FINALS_MAX];
    size_t finals;
    unsigned eager, resumed, partials;
    uint64_t eager_at_us;
    bool list, ready, done;
};

static void on_ready(const char *engine, const char *model, void *arg)
{
    struct play *p = arg;

    if (!p->finals)
        printf("engine %s, model %s\n", engine, model);
    p->ready = true;
}

static void on_partial(uint32_t u, const struct asr_result *res, uint64_t start, uint64_t end,
                       void *arg)
{
    (void)u;
    (void)res;
    (void)start;
    (void)end;
    ((struct play *)arg)->partials++;
}

static void on_final(const struct asr_session_final *final, void *arg)
{
    struct play *p = arg;

    if (p->list) {
        printf("  final %4.0f ms after speech (%5.2f s)", (double) final->latency_ms,
               (double) final->end_ms / 1000);
        if (p->eager_at_us)
            printf(", eager turn %4.0f ms before it",
                   (double)(clock_mono_us() - p->eager_at_us) / 1000);
        printf(": %s\n", final->result->text);
    }
    p->eager_at_us = 0;
    if (p->finals < FINALS_MAX)
        p->latency[p->finals++] = (double) final->latency_ms;
}

static void on_turn(const struct asr_session_turn *turn, void *arg)
{
    enum turn_state state = turn->state;
    struct play *p = arg;

    p->eager += state == TURN_EAGER;
    p->resumed += state == TURN_RESUMED;
    if (state == TURN_EAGER)
        p->eager_at_us = clock_mono_us();
    else if (state == TURN_RESUMED)
        p->eager_at_us = 0;
}

static void on_error(int err, const char *message, void *arg)
{
    (void)err;
    (void)arg;
    fprintf(stderr, "%s\n", message);
}

static void on_done(void *arg)
{
    ((struct play *)arg)->done = true;
}

static const struct asr_session_handlers handlers = {.on_ready = on_ready,
                                                     .on_partial = on_partial,
                                                     .on_final = on_final,
                                                     .on_turn = on_turn,
                                                     .on_error = on_error,
                                                     .on_done = on_done};

static void run_until(struct play *p, uint64_t at_us)
{
    do {
        uv_run(loop_uv(p->loop), UV_RUN_NOWAIT);
        if (clock_mono_us() < at_us)
            uv_sleep(1);
    } while (clock_mono_us() < at_us);
}

static void play(struct play *p, const struct pcm *pcm)
{
    static const int16_t silence[FRAME];
    uint64_t start;
    size_t frames = pcm->n / FRAME + TAIL_MS / FRAME_MS;

    while (!p->ready) {
        uv_run(loop_uv(p->loop), UV_RUN_NOWAIT);
        uv_sleep(1);
    }
    start = clock_mono_us();
    for (size_t i = 0; i < frames; i++) {
        bool sound = (i + 1) * FRAME <= pcm->n;

        run_until(p, start + (i + 1) * FRAME_MS * 1000);
        asr_session_feed(p->session, sound ? pcm->samples + i * FRAME : silence, FRAME);
    }
    asr_session_stop(p->session);
    while (!p->done) {
        uv_run(loop_uv(p->loop), UV_RUN_NOWAIT);
        uv_sleep(1);
    }
}

static void play_file(struct play *p, struct asr_hub *hub, const char *path)
{
    struct asr_session_params params = {.asr = {.language = "en"}, .nets = p->nets};
    struct errbuf err = {{0}};
    struct pcm pcm = {0};

    p->ready = p->done = false;
    if (audio_decode_file(path, &pcm, &err) ||
        asr_session_open(&p->session, hub, &params, &handlers, p, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    play(p, &pcm);
    asr_session_close(p->session);
    pcm_release(&pcm);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void report(struct play *p)
{
    if (!p->finals)
        return;
    qsort(p->latency, p->finals, sizeof(*p->latency), by_value);
    printf("%zu finals, %u partials, %u eager turns of which %u were resumed\n", p->finals,
           p->partials, p->eager, p->resumed);
    printf("end of speech -> final: p50 %.0f ms, p90 %.0f ms, p95 %.0f ms, worst %.0f ms",
           p->latency[p->finals / 2], p->latency[p->finals * 9 / 10],
           p->latency[p->finals * 95 / 100], p->latency[p->finals - 1]);
    if (!p->nets)
        printf(" (%u of it silence)", vad_params_defaults().hangover_ms);
    printf("\n");
}

static int is_wav(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot && strcmp(dot, ".wav") == 0 && strncmp(entry->d_name, "night", 5) != 0;
}

static void open_nets(struct play *p, const char *folder)
{
    struct errbuf err = {{0}};

    if (lanes_open(&p->lanes, p->loop, NULL) || asr_nets_open(&p->nets, p->lanes, folder, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    asr_nets_look(p->nets);
    while (asr_nets_loading(p->nets))
        uv_run(loop_uv(p->loop), UV_RUN_ONCE);
    if (!asr_nets_turn(p->nets)) {
        fprintf(stderr, "%s: no turn.onnx\n", folder);
        exit(1);
    }
}

/* The value of an option, which is taken out of the arguments. */
static const char *option(int *argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < *argc; i++) {
        if (!strcmp(argv[i], name)) {
            const char *value = argv[i + 1];

            memmove(argv + i, argv + i + 2, (size_t)(*argc - i - 2) * sizeof(*argv));
            *argc -= 2;
            return value;
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char *model = option(&argc, argv, "--model"), *nets = option(&argc, argv, "--nets");
    const char *folder = argc > 1 ? argv[1] : "../shared/speech";
    struct asr_hub_config config = {.engine = argc > 2 ? argv[2] : NULL, .model.path = model};
    int want = argc > 3 ? atoi(argv[3]) : COUNT_DEFAULT, found;
    static struct play p;
    struct dirent **entries;
    struct errbuf err = {{0}};
    struct asr_hub *hub;

    p.list = argc > 4 && strcmp(argv[4], "list") == 0;
    found = scandir(folder, &entries, is_wav, alphasort);
    if (found <= 0 || want <= 0) {
        printf("no recordings in %s\n", folder);
        return 77;
    }
    if (loop_open(&p.loop, &err) || asr_hub_open(&hub, p.loop, &config, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 77;
    }
    if (nets)
        open_nets(&p, nets);
    for (int i = 0; i < want && i < found; i++) {
        char path[1024]; /* evenly over the alphabet, so that every voice has its turn */

        snprintf(path, sizeof(path), "%s/%s", folder,
                 entries[want < found ? i * found / want : i]->d_name);
        if (p.list)
            printf("%s\n", strrchr(path, '/') + 1);
        play_file(&p, hub, path);
    }
    report(&p);
    asr_hub_close(hub);
    lanes_close(p.lanes);
    asr_nets_close(p.nets);
    loop_close(p.loop);
    return 0;
}

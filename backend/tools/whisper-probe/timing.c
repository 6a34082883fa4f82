/**
 * @file whisper-probe/timing.c  One JSON line about the speed of a model
 */
#include "asr/whisper/timing.h"

#include "whisper-probe/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The utterance: the beginning of the recording, repeated when that is shorter. */
static int16_t *utterance(const struct probe *p, size_t *n)
{
    int16_t *pcm;

    *n = (size_t)(p->o->seconds * WHISPER_RATE);
    pcm = malloc(*n * sizeof(*pcm));
    for (size_t i = 0; pcm && i < *n; i++)
        pcm[i] = p->n ? p->pcm[i % p->n] : 0;
    return pcm;
}

static void print_json(const struct probe *p, const struct whisper_timing *t, long loaded_kb)
{
    printf("{\"model\":\"%s\",\"isa\":\"%s\",\"threads\":%d,\"seconds\":%g,\"tokens\":%d,"
           "\"ctx\":%d,\"melMs\":%.2f,\"encodeMs\":%.2f,\"decodeMsPerToken\":%.3f,"
           "\"totalMs\":%.2f,\"arithmetic\":\"%s\",\"gops\":%.1f,\"peakGops\":%.1f,"
           "\"typePeakGops\":%.1f,"
           "\"bandwidth\":%.2f,\"peakBandwidth\":%.2f,\"rssMb\":%.1f,\"loadPeakMb\":%.1f,"
           "\"fileMb\":%.1f,\"loadMs\":%.0f}\n",
           p->model->name, nn_isa(p->nn), nn_pool_threads(nn_pool_of(p->nn)), p->o->seconds,
           p->o->tokens, t->ctx, t->mel_ms, t->encode_ms, t->token_ms, t->total_ms, t->arithmetic,
           t->gops, t->peak_gops, t->type_gops, t->bandwidth, t->peak_bandwidth,
           (double)probe_memory("VmRSS") / 1024.0, (double)loaded_kb / 1024.0,
           (double)p->model->file_bytes / 1048576.0, p->load_ms);
}

int probe_time(struct probe *p, struct errbuf *err)
{
    long loaded_kb = probe_memory("VmHWM"); /* before memory bandwidth is measured */
    struct whisper_timing t;
    size_t n = 0;
    int16_t *pcm = utterance(p, &n);
    int code = UV_ENOMEM;

    if (pcm)
        code = whisper_time(
            &p->c, pcm, n,
            &(struct whisper_timing_params){.tokens = p->o->tokens,
                                            .ctx = p->o->ctx,
                                            .rounds = p->o->rounds ? p->o->rounds : PROBE_ROUNDS},
            &t);
    free(pcm);
    if (code)
        return err_set(err, code, "cannot time it: %s", uv_strerror(code)), 2;
    print_json(p, &t, loaded_kb);
    return 0;
}

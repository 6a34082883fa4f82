/**
 * @file whisper-probe/probe.h  What whisper-probe can do
 */
#ifndef ASR_WHISPER_PROBE_PROBE_H
#define ASR_WHISPER_PROBE_PROBE_H

#include "asr/whisper/transcribe.h"

enum { PROBE_ROUNDS = 1000 }; /**< --time: as many as there is time for */

struct probe_options {
    enum { PROBE_TRANSCRIBE, PROBE_GOLDEN, PROBE_TIME, PROBE_TRIM, PROBE_STREAM, PROBE_EACH } mode;
    const char *model, *wav;
    const char *golden, *run;
    const char *isa;
    const char *language, *prompt;
    const char *quantize; /**< Write the model in this type to `wav` */
    double seconds;       /**< Of the utterance that is timed */
    int tokens;           /**< Decoded for it, exactly */
    int threads;          /**< 0: one a core */
    int rounds;           /**< Most; 0: PROBE_ROUNDS */
    int ctx;              /**< 0: as much as is there */
    int beams;
    bool no_silence;  /**< Nothing is kept behind short contexts */
    bool kept;        /**< It is, in PROBE_TIME too */
    bool whole;       /**< Always encode the whole window */
    bool finals_only; /**< --each: no partials */
    bool alone;       /**< --each: nothing that was said before is heard with an utterance */
    int eager_ms, hangover_ms;
    const char *names; /**< --each: between commas, told to the recogniser */
    const char *nets;  /**< --each: folder of the networks beside the recogniser */
    int late_ms;       /**< --each: a pause is answered so much later */
};

/** A loaded model with what a run needs. */
struct probe {
    const struct probe_options *o;
    struct nn *nn;
    struct whisper_model *model;
    struct whisper_silence *silence;
    struct whisper_compute c;
    int16_t *pcm;
    size_t n; /**< Samples */
    double load_ms;
};

/** Exit status: 0, 1 a comparison failed, 2 it could not run (err says why). */
int probe_run(const struct probe_options *o, struct errbuf *err);

/** The modes; the same status. */
int probe_time(struct probe *p, struct errbuf *err);
int probe_trim(struct probe *p, struct errbuf *err);
int probe_stream(struct probe *p, struct errbuf *err);
int probe_each(struct probe *p, struct errbuf *err);
int probe_quantize(const struct probe_options *o, struct errbuf *err);

/** Highest and present resident memory of this process, in [kB] (/proc/self/status). */
long probe_memory(const char *field);

#endif

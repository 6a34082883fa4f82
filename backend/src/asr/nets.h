/**
 * @file asr/nets.h  The networks used beside a recogniser: found, loaded once, shared
 *
 *     struct asr_nets *nets;
 *     asr_nets_open(&nets, lanes, "data/models", &why);
 *     asr_nets_look(nets);                    // before each session: is there a new file?
 *     gate = asr_nets_gate(nets);             // NULL: not (yet) loaded
 *     asr_nets_judge(nets, pcm, n, JUDGE_TURN | JUDGE_VOICE, judged, arg, &job);
 *     asr_nets_forget(job);                   // the caller went away
 *     asr_nets_close(nets);                   // after the lanes
 *
 * The folder may hold three files, each useful without the others:
 *
 *     vad.onnx      Silero: is somebody speaking?       (asr/turn/silero.h)
 *     turn.onnx     smart-turn: have they finished?     (asr/turn/smart_turn.h; needs vad.onnx)
 *     voices.pt     the speaker encoder: whose voice?   (asr/voices/encoder.h)
 *
 * They are loaded on a worker, so the first session after a file was added may still run without
 * it. A file that cannot be read is logged once and ignored until it changes.
 *
 * Threads    Loop thread. Silero runs there (0.03 ms for 32 ms of audio), the others on LANE_SOUND.
 * Errors     0 or negative UV_E*.
 * Ownership  The audio is copied. `judged` is called exactly once on the loop thread, unless the
 *            job is forgotten; asr_nets_forget() may be called from inside it.
 */
#ifndef ASR_NETS_H
#define ASR_NETS_H

#include "asr/voices/encoder.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct asr_nets;
struct lanes;
struct nets_job;
struct nn;
struct silero_model;

int asr_nets_open(struct asr_nets **np, struct lanes *lanes, const char *folder,
                  struct errbuf *why);
void asr_nets_close(struct asr_nets *nets); /**< NULL is allowed */

/** Start to load files that are new since the last call. NULL is allowed. */
void asr_nets_look(struct asr_nets *nets);

/** Is a file being read now? That does not take long, so a caller that wants it may wait. */
bool asr_nets_loading(const struct asr_nets *nets);

/** Is the network loaded? If nets is NULL, none is. */
const struct silero_model *asr_nets_gate(const struct asr_nets *nets);
bool asr_nets_turn(const struct asr_nets *nets);
bool asr_nets_voices(const struct asr_nets *nets);

/** The computing context for the loop thread. */
struct nn *asr_nets_nn(struct asr_nets *nets);

enum { JUDGE_TURN = 1, JUDGE_VOICE = 2 };

struct judgement {
    float p;        /**< JUDGE_TURN: probability that the turn is over; -1: unknown */
    bool has_voice; /**< JUDGE_VOICE: a voice was found */
    float voice[VOICE_DIMENSIONS];
};

typedef void judged_fn(const struct judgement *j, void *arg);

/** Judge these samples. UV_EAGAIN: too many jobs are waiting. */
int asr_nets_judge(struct asr_nets *nets, const int16_t *pcm, size_t n, int what, judged_fn *judged,
                   void *arg, struct nets_job **job);
void asr_nets_forget(struct nets_job *job); /**< NULL is allowed */

#endif

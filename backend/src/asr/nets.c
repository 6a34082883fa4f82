/**
 * @file asr/nets.c  The networks beside a recogniser: found, loaded once, shared; see nets.h
 *
 * A model is loaded on the worker and handed over on the loop thread. From then on it is read-only
 * until asr_nets_close(), when the lanes are closed and nothing runs any more. The worker is a
 * single thread, so its computations need no lock.
 */
#include "asr/nets.h"

#include "asr/turn/silero.h"
#include "asr/turn/smart_turn.h"
#include "loop/lanes.h"
#include "models/models.h"
#include "nn/nn.h"
#include "observe/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum net { NET_GATE, NET_TURN, NET_VOICES, NETS };

enum { SAMPLES_MAX = SMART_TURN_SAMPLES }; /* for one judgement: 8 s */

/* A file in the folder, and which state of it was tried. */
struct source {
    char path[MODELS_PATH_MAX];
    uint64_t tried; /* 0: never */
    bool loading;
};

struct asr_nets {
    struct lanes *lanes;
    struct source sources[NETS];
    struct silero_model *gate;
    struct smart_turn_model *turn;
    struct voice_encoder *voices;
    struct nn *nn;        /* for the loop thread */
    struct nn *worker_nn; /* for the worker */
};

static const enum model_kind kinds[NETS] = {MODEL_VAD, MODEL_TURN, MODEL_VOICES};

int asr_nets_open(struct asr_nets **np, struct lanes *lanes, const char *folder, struct errbuf *why)
{
    struct asr_nets *nets = calloc(1, sizeof(*nets));
    int err;

    if (!nets)
        return err_set(why, UV_ENOMEM, "not enough memory for the networks beside the recogniser");
    nets->lanes = lanes;
    for (int i = 0; i < NETS; i++)
        models_network(nets->sources[i].path, folder, kinds[i]);
    err = nn_open(&nets->nn, 1, NULL, why);
    if (!err)
        err = nn_open(&nets->worker_nn, 1, NULL, why);
    if (err)
        asr_nets_close(nets);
    else
        *np = nets;
    return err;
}

void asr_nets_close(struct asr_nets *nets)
{
    if (!nets)
        return;
    silero_unload(nets->gate);
    smart_turn_unload(nets->turn);
    voice_encoder_unload(nets->voices);
    nn_close(nets->nn);
    nn_close(nets->worker_nn);
    free(nets);
}

const struct silero_model *asr_nets_gate(const struct asr_nets *nets)
{
    return nets ? nets->gate : NULL;
}

bool asr_nets_turn(const struct asr_nets *nets)
{
    return nets && nets->turn;
}

bool asr_nets_voices(const struct asr_nets *nets)
{
    return nets && nets->voices;
}

struct nn *asr_nets_nn(struct asr_nets *nets)
{
    return nets->nn;
}

/* ---- loading ------------------------------------------------------------------------------ */

struct loading {
    struct asr_nets *nets;
    enum net net;
    union {
        struct silero_model *gate;
        struct smart_turn_model *turn;
        struct voice_encoder *voices;
    } made;
    int err;
    struct errbuf why;
};

static void load(void *arg)
{
    struct loading *l = arg;
    const char *path = l->nets->sources[l->net].path;
    struct nn *nn = l->nets->worker_nn;

    switch (l->net) {
    case NET_GATE:
        l->err = silero_load(&l->made.gate, path, nn, &l->why);
        break;
    case NET_TURN:
        l->err = smart_turn_load(&l->made.turn, path, nn, false, &l->why);
        break;
    default:
        l->err = voice_encoder_load(&l->made.voices, path, nn, &l->why);
    }
}

static void loaded(int err, void *arg)
{
    struct loading *l = arg;
    struct asr_nets *nets = l->nets;

    nets->sources[l->net].loading = false;
    if (!err && l->err) {
        log_warn("asr", "%s; going on without it", l->why.text);
    } else if (!err) {
        if (l->net == NET_GATE)
            nets->gate = l->made.gate;
        else if (l->net == NET_TURN)
            nets->turn = l->made.turn;
        else
            nets->voices = l->made.voices;
        log_info("asr", "heard with %s from now on", models_kind_name(kinds[l->net]));
    }
    free(l);
}

static bool is_loaded(const struct asr_nets *nets, int net)
{
    return net == NET_GATE   ? nets->gate != NULL
           : net == NET_TURN ? nets->turn != NULL
                             : nets->voices != NULL;
}

bool asr_nets_loading(const struct asr_nets *nets)
{
    bool loading = false;

    for (int i = 0; nets && i < NETS; i++)
        loading |= nets->sources[i].loading;
    return loading;
}

/** Changes when the file changes; 0: there is no file. */
static uint64_t state_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return 0;
    return (uint64_t)st.st_ino ^ (uint64_t)st.st_size << 20 ^ (uint64_t)st.st_mtim.tv_sec << 8 ^
           (uint64_t)st.st_mtim.tv_nsec ^ 1;
}

void asr_nets_look(struct asr_nets *nets)
{
    for (int i = 0; nets && i < NETS; i++) {
        struct source *source = &nets->sources[i];
        uint64_t state = is_loaded(nets, i) || source->loading ? 0 : state_of(source->path);
        struct loading *l;

        if (!state || state == source->tried)
            continue;
        l = calloc(1, sizeof(*l));
        if (!l)
            return;
        l->nets = nets;
        l->net = (enum net)i;
        if (lane_submit(nets->lanes, LANE_SOUND, load, loaded, l)) {
            free(l);
            continue;
        }
        source->tried = state;
        source->loading = true;
    }
}

/* ---- judging ------------------------------------------------------------------------------ */

struct nets_job {
    struct asr_nets *nets;
    judged_fn *judged; /* NULL: the caller forgot the job */
    void *arg;
    int what;
    struct judgement result;
    size_t n;
    int16_t pcm[];
};

static void judge(void *arg)
{
    struct nets_job *job = arg;
    struct asr_nets *nets = job->nets;
    struct judgement *r = &job->result;

    if (job->what & JUDGE_TURN &&
        smart_turn_probability(nets->turn, nets->worker_nn, job->pcm, job->n, &r->p))
        r->p = -1;
    if (job->what & JUDGE_VOICE)
        r->has_voice = !voice_encode(nets->voices, nets->worker_nn, job->pcm, job->n, r->voice);
}

static void judged(int err, void *arg)
{
    struct nets_job *job = arg;

    if (!err && job->judged)
        job->judged(&job->result, job->arg);
    free(job);
}

int asr_nets_judge(struct asr_nets *nets, const int16_t *pcm, size_t n, int what, judged_fn *fn,
                   void *arg, struct nets_job **jp)
{
    struct nets_job *job;
    int err;

    if (n > SAMPLES_MAX) {
        pcm += n - SAMPLES_MAX;
        n = SAMPLES_MAX;
    }
    if (n == 0 || ((what & JUDGE_TURN) && !nets->turn) || ((what & JUDGE_VOICE) && !nets->voices))
        return UV_EINVAL;
    job = malloc(sizeof(*job) + n * sizeof(*pcm));
    if (!job)
        return UV_ENOMEM;
    *job = (struct nets_job){
        .nets = nets, .judged = fn, .arg = arg, .what = what, .result = {.p = -1}, .n = n};
    memcpy(job->pcm, pcm, n * sizeof(*pcm));
    err = lane_submit(nets->lanes, LANE_SOUND, judge, judged, job);
    if (err)
        free(job);
    else
        *jp = job;
    return err;
}

void asr_nets_forget(struct nets_job *job)
{
    if (job)
        job->judged = NULL;
}

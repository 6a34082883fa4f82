/**
 * @file audio/vad.c  Voice activity and endpointing: where speech begins and ends
 *
 * Two questions are asked about each frame (audio/features.h measures it). "Is there sound?": the
 * strongest bands are above the noise floor. "Is it a voice?": it has a pitch, the pitch glides,
 * and the spectrum moves. Only voice opens an utterance, which then reaches back to where the sound
 * began; it is held open by voice and, for a short while after voice, by any sound (the fricatives
 * and bursts at the ends of words). docs/architecture/voice-activity.md has the figures behind the
 * thresholds.
 */
#include "audio/vad.h"

#include "audio/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    RING = 200 * VAD_FRAME,  /* samples kept, 2 s: more than BACK_MAX and any pre-roll */
    EMIT_AT = 8 * VAD_FRAME, /* samples collected for one VAD_AUDIO, 80 ms */
    PRE_ROLL_MAX_MS = 600,
    BACK_MAX = 100,    /* frames an opening may reach back before its first voiced frame */
    GAP_MAX = 12,      /* frames without sound that end a run of activity */
    EVIDENCE = 64,     /* frames examined for evidence of voice, 640 ms */
    RECENT = 32,       /* frames that must contain the voice that opens an utterance */
    UNVOICED_MAX = 28, /* frames for which sound without voice may hold an utterance open */
    RUN_MIN = 4,       /* voiced frames in a row, somewhere: a key click rings for less */
    RESUME_MIN = 5,    /* voiced frames in a row after a pause that continue the utterance */
    CLOSURE_MAX = 10,  /* frames of silence inside a word: after more, only voice continues it */
    LINGER = 12,       /* frames that the end is delayed if there is sound just then */
    LINGER_RUN = 5,
    CUT_PAUSE_MS = 60,  /* beyond longest_ms, a pause of this length ends the utterance */
    CUT_HARD_MS = 5000, /* and this far beyond it, it is cut even during speech */
};

static const float LEVEL_LEAST_DB = -62.0f;
static const float ACTIVE_SNR_DB = 5.0f; /* steady noise: 1 on average, 3.5 at most */
static const float HOLD_SNR_DB = 4.0f;   /* in an open utterance */
static const float VOICING_MIN = 0.48f;  /* noise: 0.22 on average, 0.45 at most in 20 s */
static const float VOICING_HOLD = 0.45f;
static const float GLIDE_LEAST = 0.0012f; /* of the period, from frame to frame: a musical note does
                                             not move */
static const float GLIDE_MOST = 0.12f;    /* more is a jump */
static const float GLIDING_MIN = 0.25f; /* share of voiced frames; speech: 0.4 to 0.9, notes: 0.1 */
static const float MOVING_MIN = 0.05f;  /* mean over the voiced frames; hum and notes: 0.00 */
static const float TONAL_MAX = 0.992f;  /* mean over the voiced frames: a lone sine, a whistle */

enum state { IDLE, SPEAKING };

/** What is remembered about a frame as evidence. */
struct sound {
    bool voiced;
    unsigned run; /**< Voiced frames in a row up to here */
    bool glides;
    float moving;
    float tonal;
};

struct vad {
    struct vad_params params;
    struct features_state features;
    struct features now;
    enum state state;

    int16_t ring[RING];
    uint64_t fed;     /**< Samples that went into frames */
    uint64_t emitted; /**< Samples passed on or skipped so far */
    int16_t part[VAD_FRAME];
    size_t part_n;

    uint64_t frame;       /**< Frames so far */
    uint64_t run_start;   /**< First frame of the current activity */
    uint64_t active_last; /**< Last frame with sound */
    unsigned active_run;  /**< Frames in a row with sound */
    unsigned voiced_run;
    bool running;
    float period_last;
    struct sound evidence[EVIDENCE];

    uint32_t utterance;
    uint64_t speech_first; /**< First frame of the utterance */
    uint64_t speech_last;  /**< Last frame that counted as speech */
    uint64_t voiced_last;
    uint64_t opened;
    uint64_t closed; /**< Frame after the speech of the previous utterance */
    bool eager_sent;
    bool voiced_now;
};

struct vad_params vad_params_defaults(void)
{
    return (struct vad_params){
        .pre_roll_ms = 300,
        .open_ms = 80,
        .eager_ms = 160,
        .hangover_ms = 350,
        .longest_ms = 30000,
    };
}

int vad_open(struct vad **vp, const struct vad_params *params)
{
    struct vad_params p = params ? *params : vad_params_defaults();
    struct vad *vad;

    if (p.pre_roll_ms > PRE_ROLL_MAX_MS || p.open_ms < 10 || p.open_ms > 10 * RECENT ||
        p.hangover_ms < 50 || p.eager_ms > p.hangover_ms || p.longest_ms < 1000)
        return UV_EINVAL;
    vad = calloc(1, sizeof(*vad));
    if (!vad)
        return UV_ENOMEM;
    vad->params = p;
    features_init(&vad->features);
    *vp = vad;
    return 0;
}

void vad_close(struct vad *vad)
{
    free(vad);
}

/* ---- events ---- */

static uint64_t frame_ms(uint64_t frame)
{
    return frame * 1000 * VAD_FRAME / VAD_RATE;
}

static void tell(struct vad *vad, enum vad_kind kind, const int16_t *pcm, size_t n, vad_fn *fn,
                 void *arg)
{
    struct vad_event event = {
        .kind = kind,
        .utterance = vad->utterance,
        .pcm = pcm,
        .n = n,
        .audio_ms = (vad->emitted - n) * 1000 / VAD_RATE,
        .start_ms = frame_ms(vad->speech_first),
        .end_ms = frame_ms(vad->speech_last + 1),
        .now_ms = vad->fed * 1000 / VAD_RATE,
    };

    fn(&event, arg);
}

/** Passes on everything heard so far; the ring may wrap once. */
static void emit(struct vad *vad, vad_fn *fn, void *arg)
{
    while (vad->emitted < vad->fed) {
        size_t at = vad->emitted % RING, n = (size_t)(vad->fed - vad->emitted);

        if (n > RING - at)
            n = RING - at;
        vad->emitted += n;
        tell(vad, VAD_AUDIO, vad->ring + at, n, fn, arg);
    }
}

/* ---- is it a voice? ---- */

static bool is_active(const struct vad *vad)
{
    float need = vad->state == SPEAKING ? HOLD_SNR_DB : ACTIVE_SNR_DB;

    return vad->now.snr_db >= need && vad->now.level_db > LEVEL_LEAST_DB;
}

static void judge(struct vad *vad, bool active)
{
    struct sound *s = &vad->evidence[vad->frame % EVIDENCE];
    const struct features *f = &vad->now;
    float need = vad->state == SPEAKING ? VOICING_HOLD : VOICING_MIN;
    float glide = vad->period_last > 0 ? fabsf(f->period / vad->period_last - 1) : 1;

    s->voiced = active && f->voicing >= need && f->period > 0;
    vad->voiced_run = s->voiced ? vad->voiced_run + 1 : 0;
    s->run = vad->voiced_run;
    s->glides = s->voiced && glide >= GLIDE_LEAST && glide <= GLIDE_MOST;
    s->moving = f->moving;
    s->tonal = f->tonal;
    vad->period_last = s->voiced ? f->period : 0;
    vad->voiced_now = s->voiced;
}

static bool is_voice(const struct vad *vad)
{
    unsigned voiced = 0, recent = 0, run = 0;
    float glides = 0, moves = 0, tones = 0;

    for (unsigned back = 0; back < EVIDENCE; back++) {
        const struct sound *s = &vad->evidence[(vad->frame + EVIDENCE - back) % EVIDENCE];

        if (!s->voiced)
            continue;
        voiced++;
        recent += back < RECENT;
        run = s->run > run && back < RECENT ? s->run : run;
        glides += s->glides;
        moves += s->moving;
        tones += s->tonal;
    }
    return recent * 10 >= vad->params.open_ms && run >= RUN_MIN &&
           glides >= GLIDING_MIN * (float)voiced && moves >= MOVING_MIN * (float)voiced &&
           tones <= TONAL_MAX * (float)voiced;
}

/** The oldest voiced frame still in the evidence. */
static uint64_t first_voiced(const struct vad *vad)
{
    for (uint64_t back = EVIDENCE - 1; back > 0; back--) {
        if (back <= vad->frame && vad->evidence[(vad->frame - back) % EVIDENCE].voiced)
            return vad->frame - back;
    }
    return vad->frame;
}

static void follow_activity(struct vad *vad, bool active)
{
    if (active) {
        if (!vad->running || vad->frame - vad->active_last > GAP_MAX)
            vad->run_start = vad->frame;
        vad->running = true;
        vad->active_last = vad->frame;
        vad->active_run++;
    } else {
        vad->active_run = 0;
        if (vad->frame - vad->active_last > GAP_MAX)
            vad->running = false;
    }
}

/* ---- utterances ---- */

static void open_utterance(struct vad *vad, uint64_t first, vad_fn *fn, void *arg)
{
    uint64_t roll = vad->params.pre_roll_ms * VAD_RATE / 1000;
    uint64_t start = first * VAD_FRAME;

    vad->state = SPEAKING;
    vad->utterance++;
    vad->speech_first = first;
    vad->speech_last = vad->voiced_last = vad->frame;
    vad->opened = vad->frame;
    vad->eager_sent = false;
    start = start > roll ? start - roll : 0;
    if (start < vad->closed * VAD_FRAME)
        start = vad->closed * VAD_FRAME;
    vad->emitted = start;
    tell(vad, VAD_BEGIN, NULL, 0, fn, arg);
}

static void maybe_open(struct vad *vad, vad_fn *fn, void *arg)
{
    uint64_t first;

    if (!vad->voiced_now || !is_voice(vad))
        return;
    first = first_voiced(vad);
    if (vad->running && vad->run_start < first)
        first = vad->run_start + BACK_MAX > first ? vad->run_start : first - BACK_MAX;
    if (first < vad->closed)
        first = vad->closed;
    open_utterance(vad, first, fn, arg);
    emit(vad, fn, arg);
}

static void close_utterance(struct vad *vad, vad_fn *fn, void *arg)
{
    emit(vad, fn, arg);
    tell(vad, VAD_END, NULL, 0, fn, arg);
    vad->state = IDLE;
    vad->closed = vad->speech_last + 1;
    memset(vad->evidence, 0, sizeof(vad->evidence));
    vad->running = false;
}

/** Does this frame hold the utterance open? After a pause only voice does; right after voice any
 *  sound does. */
static bool is_speech(struct vad *vad, bool active)
{
    bool pause = vad->frame - vad->speech_last > CLOSURE_MAX;

    if (vad->voiced_now && (!pause || vad->voiced_run >= RESUME_MIN)) {
        vad->voiced_last = vad->frame;
        return true;
    }
    return active && !pause && vad->active_run >= 2 &&
           vad->frame - vad->voiced_last <= UNVOICED_MAX;
}

/** The silence has lasted long enough; but a sound in progress may be the hiss before a voice. */
static bool is_over(const struct vad *vad, uint64_t silence_ms)
{
    return silence_ms >= vad->params.hangover_ms &&
           (vad->active_run < LINGER_RUN || silence_ms >= vad->params.hangover_ms + LINGER * 10);
}

static void cut(struct vad *vad, vad_fn *fn, void *arg)
{
    vad->speech_last = vad->frame;
    close_utterance(vad, fn, arg);
    vad->closed = vad->frame + 1;
    vad->frame++; /* the next utterance begins with the next frame: nothing twice, nothing lost */
    open_utterance(vad, vad->frame, fn, arg);
    vad->frame--;
}

static bool too_long(const struct vad *vad, uint64_t silence_ms)
{
    uint64_t length_ms = frame_ms(vad->frame - vad->speech_first);

    return length_ms >= vad->params.longest_ms &&
           (silence_ms >= CUT_PAUSE_MS || length_ms >= vad->params.longest_ms + CUT_HARD_MS);
}

static void follow_utterance(struct vad *vad, bool active, vad_fn *fn, void *arg)
{
    uint64_t silence_ms;

    if (is_speech(vad, active)) {
        vad->speech_last = vad->frame;
        if (vad->eager_sent) {
            vad->eager_sent = false;
            emit(vad, fn, arg);
            tell(vad, VAD_RESUMED, NULL, 0, fn, arg);
        }
    }
    silence_ms = frame_ms(vad->frame - vad->speech_last);
    if (vad->params.eager_ms && !vad->eager_sent && silence_ms >= vad->params.eager_ms) {
        emit(vad, fn, arg);
        vad->eager_sent = true;
        tell(vad, VAD_EAGER, NULL, 0, fn, arg);
    }
    if (is_over(vad, silence_ms))
        close_utterance(vad, fn, arg);
    else if (too_long(vad, silence_ms))
        cut(vad, fn, arg);
    else if (vad->fed - vad->emitted >= EMIT_AT)
        emit(vad, fn, arg);
}

static void push_to_talk(struct vad *vad, vad_fn *fn, void *arg)
{
    if (vad->state == IDLE)
        open_utterance(vad, vad->frame, fn, arg);
    if (vad->voiced_now)
        vad->speech_last = vad->frame;
    if (vad->fed - vad->emitted >= EMIT_AT)
        emit(vad, fn, arg);
}

static void take_frame(struct vad *vad, const int16_t *pcm, vad_fn *fn, void *arg)
{
    bool active;

    memcpy(vad->ring + vad->fed % RING, pcm, VAD_FRAME * sizeof(*pcm));
    vad->fed += VAD_FRAME;
    features_push(&vad->features, pcm, &vad->now);
    active = is_active(vad);
    judge(vad, active);
    follow_activity(vad, active);
    if (vad->params.push_to_talk)
        push_to_talk(vad, fn, arg);
    else if (vad->state == IDLE)
        maybe_open(vad, fn, arg);
    else
        follow_utterance(vad, active, fn, arg);
    vad->frame++;
}

void vad_feed(struct vad *vad, const int16_t *pcm, size_t n, vad_fn *fn, void *arg)
{
    while (n > 0) {
        size_t take = VAD_FRAME - vad->part_n;

        if (take > n)
            take = n;
        memcpy(vad->part + vad->part_n, pcm, take * sizeof(*pcm));
        vad->part_n += take;
        pcm += take;
        n -= take;
        if (vad->part_n == VAD_FRAME) {
            vad->part_n = 0;
            take_frame(vad, vad->part, fn, arg);
        }
    }
    if (vad->state == SPEAKING)
        emit(vad, fn, arg);
}

void vad_flush(struct vad *vad, vad_fn *fn, void *arg)
{
    if (vad->part_n > 0) {
        static const int16_t silence[VAD_FRAME];

        vad_feed(vad, silence, VAD_FRAME - vad->part_n, fn, arg);
    }
    if (vad->state == SPEAKING) {
        if (vad->frame > 0)
            vad->frame--; /* speech_last is never after the last frame heard */
        close_utterance(vad, fn, arg);
        vad->frame++;
    }
}

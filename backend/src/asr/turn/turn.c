/**
 * @file asr/turn/turn.c  Where one voice speaks, pauses and has finished; see turn.h
 *
 * The same events are produced in two ways. With Silero, the audio goes through it in windows of 32
 * ms and is kept in a ring, from which utterances are passed on. Without it, audio/vad.h finds the
 * utterances and its events are passed on; the ring is then only a memory.
 *
 * A pause is a silence in an open utterance. turn_step() examines it with every window, and
 * whenever a result of the network or the words arrive.
 */
#include "asr/turn/turn.h"

#include "asr/nets.h"
#include "asr/turn/silero.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    MS = VAD_RATE / 1000, /* samples */
    RING = TURN_KEPT_MS * MS,
    WINDOW = SILERO_WINDOW,
    EMIT_AT = 80 * MS, /* samples collected for one TURN_AUDIO */
    TAIL = TURN_TAIL_MS * MS,
    JUDGED = 8000 * MS, /* as far back as the network looks */
    OPEN_OF = 8,        /* of this many windows, OPEN_MIN must surely be voiced to open an
                           utterance */
    OPEN_MIN = 3,
    RESUME_MIN = 2,     /* successive voiced windows after a pause that mean speech goes on */
    CUT_PAUSE = 2,      /* silent windows that end an utterance that is too long */
    CUT_HARD = 5000,    /* [ms] beyond the maximum length: cut even during speech */
    BLOCK = WINDOW / 4, /* samples per level measurement: 8 ms */
    LEVELS = 256,       /* blocks remembered, 2 s */
    TRAILS = 24,        /* blocks for which the network may stay on after a voice ends */
};

/* Silero's own thresholds: speech begins, and goes on. */
static const float BEGINS_AT = 0.5f;
static const float GOES_ON_AT = 0.35f;
static const float SURELY = 0.7f; /* music reaches 0.8 briefly, and 0.6 for longer */

/* A voice's end is louder than the quietest of the last 2 s by the first, and quieter than the
 * loudest by at most the second. */
static const float ABOVE_FLOOR_DB = 6;
static const float BELOW_LOUD_DB = 28;

struct turn {
    turn_fn *fn;
    void *arg;
    struct turn_params params;
    struct turn_policy policy;
    bool marks; /* the recogniser has written punctuation */

    struct asr_nets *nets;
    const struct silero_model *gate; /* NULL: our own voice activity detection */
    struct vad *vad;
    struct silero state;

    int16_t ring[RING];
    uint64_t fed;     /* samples */
    uint64_t heard;   /* of those, processed in windows */
    uint64_t emitted; /* of those, passed on or skipped */
    uint64_t begun;   /* first sample of the utterance that was passed on */

    unsigned recent;      /* the last windows, the newest in bit 0: voiced or not */
    unsigned surely;      /* likewise: surely voiced or not */
    unsigned run;         /* successive voiced windows */
    float levels[LEVELS]; /* of the last blocks [dB] */
    bool speaking;        /* an utterance is open */
    uint32_t utterance;
    uint64_t speech_first, speech_last; /* samples; speech_last is one past the end */
    uint64_t sound_last;                /* where the network last heard the utterance */
    uint64_t closed;                    /* end of the previous utterance */

    bool pausing; /* TURN_PAUSES was sent and speech has not gone on */
    struct turn_pause pause;
    struct nets_job *job; /* the network is judging this pause */
};

/* ---- events ------------------------------------------------------------------------------- */

static void tell(struct turn *t, enum turn_kind kind, const int16_t *pcm, size_t n, uint64_t at)
{
    struct turn_event event = {
        .kind = kind,
        .utterance = t->utterance,
        .pcm = pcm,
        .n = n,
        .audio_ms = at / MS,
        .start_ms = t->speech_first / MS,
        .end_ms = t->speech_last / MS,
        .p = t->pause.p,
    };

    t->fn(&event, t->arg);
}

/** Passes on the audio up to there; the ring may wrap once. */
static void emit(struct turn *t, uint64_t upto)
{
    while (t->emitted < upto) {
        size_t at = t->emitted % RING, n = (size_t)(upto - t->emitted);
        uint64_t from = t->emitted;

        if (n > RING - at)
            n = RING - at;
        t->emitted += n;
        tell(t, TURN_AUDIO, t->ring + at, n, from);
    }
}

static void remember(struct turn *t, const int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t at = (t->fed + i) % RING, some = RING - at < n - i ? RING - at : n - i;

        memcpy(t->ring + at, pcm + i, some * sizeof(*pcm));
        i += some;
    }
    t->fed += n;
}

/** The last samples of the utterance up to `end`, at most max. */
static size_t recent(const struct turn *t, uint64_t end, int16_t *to, size_t max)
{
    uint64_t from = t->fed > RING && t->begun < t->fed - RING ? t->fed - RING : t->begun;
    size_t n = end > from ? (size_t)(end - from) : 0;

    n = n < max ? n : max;
    for (size_t i = 0; i < n; i++)
        to[i] = t->ring[(end - n + i) % RING];
    return n;
}

/* ---- a pause ------------------------------------------------------------------------------ */

static void end_utterance(struct turn *t);
static void consider(struct turn *t);

static void forget_pause(struct turn *t)
{
    asr_nets_forget(t->job);
    t->job = NULL;
    t->pausing = false;
    t->pause = (struct turn_pause){.p = -1};
}

static void on_judged(const struct judgement *j, void *arg)
{
    struct turn *t = arg;

    t->job = NULL;
    t->pause.p = j->p;
    if (j->p < 0) /* it failed: only silence and words decide */
        t->pause.network = false;
    consider(t);
}

/** Asks the network about the whole utterance, including its silence. */
static void ask_network(struct turn *t)
{
    int16_t *pcm = asr_nets_turn(t->nets) ? malloc(JUDGED * sizeof(*pcm)) : NULL;
    size_t n;

    t->pause.network = false;
    if (!pcm)
        return;
    n = recent(t, t->fed, pcm, JUDGED);
    t->pause.network = !asr_nets_judge(t->nets, pcm, n, JUDGE_TURN, on_judged, t, &t->job);
    free(pcm);
}

static void begin_pause(struct turn *t)
{
    t->pausing = true;
    t->pause.network = asr_nets_turn(t->nets);
    emit(t, t->fed);
    tell(t, TURN_PAUSES, NULL, 0, t->emitted);
    ask_network(t); /* after what the pause made others ask, such as whose voice it is */
}

/** Acts on what is known about the silence. */
static void consider(struct turn *t)
{
    enum turn_step step;

    while (t->speaking && (step = turn_step(&t->policy, &t->pause)) != TURN_STEP_WAIT) {
        if (step == TURN_STEP_LOOK)
            begin_pause(t);
        else if (step == TURN_STEP_EAGER)
            tell(t, TURN_LOOKS_OVER, NULL, 0, t->emitted);
        else
            end_utterance(t);
    }
}

void turn_heard(struct turn *t, uint32_t utterance, const char *text, const char *language)
{
    t->marks |= strpbrk(text, ".?!,") != NULL;
    if (t->pausing && utterance == t->utterance && t->pause.words == TURN_WORDS_AWAITED) {
        t->pause.words = t->gate ? turn_words_of(text, language, t->marks) : TURN_WORDS_NONE;
        consider(t);
    }
}

static void speech_goes_on(struct turn *t)
{
    bool told = t->pausing;

    forget_pause(t);
    if (told) {
        tell(t, TURN_GOES_ON, NULL, 0, t->emitted);
        emit(t, t->heard);
    }
}

/* ---- utterances, by the network ----------------------------------------------------------- */

static void begin_utterance(struct turn *t, uint64_t first)
{
    uint64_t roll = (uint64_t)t->params.vad.pre_roll_ms * MS;
    uint64_t start = first > roll ? first - roll : 0;

    if (start < t->closed)
        start = t->closed;
    if (start + RING < t->fed)
        start = t->fed - RING;
    t->speaking = true;
    t->utterance++;
    t->speech_first = first;
    t->speech_last = t->sound_last = t->heard;
    t->emitted = t->begun = start;
    forget_pause(t);
    tell(t, TURN_BEGINS, NULL, 0, start);
}

static void end_utterance(struct turn *t)
{
    uint64_t tail = t->speech_last + TAIL;

    emit(t, tail < t->heard ? tail : t->heard);
    t->speaking = false;
    t->closed = t->emitted;
    t->recent = t->surely = t->run = 0;
    asr_nets_forget(t->job);
    t->job = NULL;
    tell(t, TURN_ENDS, NULL, 0, t->emitted);
    t->pausing = false;
}

/** Where the voice really ended: the network stays on for about 100 ms after it. */
static uint64_t voice_end(const struct turn *t)
{
    float loud = -INFINITY, floor = INFINITY;
    uint64_t end = t->sound_last / BLOCK, from = t->heard / BLOCK;

    from = from > LEVELS ? from - LEVELS : 0;
    for (uint64_t b = from; b < t->heard / BLOCK; b++) {
        float db = t->levels[b % LEVELS];

        loud = db > loud ? db : loud;
        floor = db < floor ? db : floor;
    }
    for (int back = 0; back < TRAILS && end > from; back++, end--) {
        float db = t->levels[(end - 1) % LEVELS];

        if (db > floor + ABOVE_FLOOR_DB && db > loud - BELOW_LOUD_DB)
            return end * BLOCK;
    }
    return t->sound_last;
}

static unsigned bits(unsigned x)
{
    return (unsigned)__builtin_popcount(x & ((1u << OPEN_OF) - 1));
}

static void maybe_begin(struct turn *t, bool voiced)
{
    unsigned back = 0;

    if (!voiced || bits(t->surely) < OPEN_MIN)
        return;
    for (unsigned i = 0; i < OPEN_OF; i++) {
        if (t->recent >> i & 1)
            back = i + 1;
    }
    begin_utterance(t, t->heard > back * WINDOW ? t->heard - back * WINDOW : 0);
}

static void cut(struct turn *t)
{
    uint64_t at = t->heard;

    t->speech_last = at;
    end_utterance(t);
    t->closed = at;
    begin_utterance(t, at); /* no audio twice, none lost */
}

static void follow(struct turn *t, bool voiced)
{
    uint64_t silence, length;

    t->run = voiced ? t->run + 1 : 0;
    if (voiced && (!t->pausing || t->run >= RESUME_MIN)) {
        t->speech_last = t->sound_last = t->heard;
        speech_goes_on(t);
    } else if (!t->pausing) {
        t->speech_last = voice_end(t);
    }
    silence = t->heard - t->speech_last;
    length = (t->heard - t->speech_first) / MS;
    if (length >= t->params.vad.longest_ms &&
        (silence >= CUT_PAUSE * WINDOW || length >= t->params.vad.longest_ms + CUT_HARD)) {
        cut(t);
        return;
    }
    t->pause.silence_ms = (uint32_t)(silence / MS);
    if (!voiced)
        consider(t);
    if (t->speaking && !t->pausing && t->heard >= t->emitted + EMIT_AT)
        emit(t, t->heard);
}

static void measure(struct turn *t, const float *x)
{
    for (int b = 0; b < WINDOW / BLOCK; b++) {
        float sum = 1e-10f;

        for (int i = 0; i < BLOCK; i++)
            sum += x[b * BLOCK + i] * x[b * BLOCK + i];
        t->levels[(t->heard / BLOCK + (uint64_t)b) % LEVELS] = 10 * log10f(sum / BLOCK);
    }
}

/** Passes the next window through the network. */
static void take_window(struct turn *t)
{
    float x[WINDOW], p;
    bool voiced;

    for (size_t i = 0; i < WINDOW; i++)
        x[i] = (float)t->ring[(t->heard + i) % RING] / 32768;
    measure(t, x);
    p = silero_step(t->gate, asr_nets_nn(t->nets), &t->state, x);
    t->heard += WINDOW;
    voiced = p >= (t->speaking && !t->pausing ? GOES_ON_AT : BEGINS_AT);
    t->recent = t->recent << 1 | voiced;
    t->surely = t->surely << 1 | (p >= SURELY);
    if (t->speaking)
        follow(t, voiced);
    else
        maybe_begin(t, voiced);
}

/* ---- utterances, by voice activity -------------------------------------------------------- */

/** Passes its events on; one that looks over waits for the words, so that they can be answered. */
static void on_vad(const struct vad_event *e, void *arg)
{
    struct turn *t = arg;

    t->utterance = e->utterance;
    t->speech_first = e->start_ms * MS;
    t->speech_last = e->end_ms * MS;
    switch (e->kind) {
    case VAD_BEGIN:
        t->speaking = true;
        t->begun = e->audio_ms * MS;
        forget_pause(t);
        tell(t, TURN_BEGINS, NULL, 0, e->audio_ms * MS);
        break;
    case VAD_AUDIO:
        tell(t, TURN_AUDIO, e->pcm, e->n, e->audio_ms * MS);
        break;
    case VAD_EAGER:
        t->pausing = true;
        t->pause.looked = true;
        tell(t, TURN_PAUSES, NULL, 0, 0);
        break;
    case VAD_RESUMED:
        forget_pause(t);
        tell(t, TURN_GOES_ON, NULL, 0, 0);
        break;
    case VAD_END:
        t->speaking = false;
        tell(t, TURN_ENDS, NULL, 0, 0);
        forget_pause(t);
        break;
    }
}

/* ---- open, feed, close --------------------------------------------------------------------- */

int turn_open(struct turn **tp, struct asr_nets *nets, const struct turn_params *params,
              turn_fn *fn, void *arg)
{
    struct turn *t = calloc(1, sizeof(*t));
    int err;

    if (!t)
        return UV_ENOMEM;
    t->params = *params;
    if (!t->params.vad.open_ms)
        t->params.vad = vad_params_defaults();
    t->fn = fn;
    t->arg = arg;
    t->nets = nets;
    t->policy = turn_policy_of(params->pace);
    t->pause.p = -1;
    if (!t->params.vad.push_to_talk)
        t->gate = asr_nets_gate(nets);
    silero_reset(&t->state);
    err = vad_open(&t->vad, &t->params.vad);
    if (err) {
        free(t);
        return err;
    }
    if (!t->gate) { /* pauses then come from voice activity detection */
        t->policy.look_ms = t->policy.else_ms = t->policy.unfinished_ms = UINT32_MAX;
        t->policy.alone_ms = t->policy.open_ms = UINT32_MAX;
    }
    *tp = t;
    return 0;
}

void turn_feed(struct turn *t, const int16_t *pcm, size_t n)
{
    while (n > 0) {
        size_t some = n < WINDOW ? n : WINDOW;

        remember(t, pcm, some);
        if (!t->gate)
            vad_feed(t->vad, pcm, some, on_vad, t);
        while (t->gate && t->fed - t->heard >= WINDOW)
            take_window(t);
        pcm += some;
        n -= some;
    }
}

void turn_flush(struct turn *t)
{
    static const int16_t silence[WINDOW];

    if (!t->gate) {
        vad_flush(t->vad, on_vad, t);
    } else if (t->fed > t->heard) {
        remember(t, silence, (size_t)(t->heard + WINDOW - t->fed));
        take_window(t);
    }
    if (t->gate && t->speaking)
        end_utterance(t);
}

size_t turn_voice(const struct turn *t, int16_t *to, size_t max)
{
    return recent(t, t->speech_last < t->fed ? t->speech_last : t->fed, to, max);
}

void turn_close(struct turn *t)
{
    if (!t)
        return;
    asr_nets_forget(t->job);
    vad_close(t->vad);
    free(t);
}

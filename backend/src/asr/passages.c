/**
 * @file asr/passages.c  Grouping stretches of speech into passages; see passages.h
 */
#include "asr/passages.h"

#include "asr/turn/silero.h"
#include "audio/vad.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLES_PER_MS = VAD_RATE / 1000,
    CUT_LATE_MS = 5500, /* beyond its maximum length, voice activity waits this long for a pause */
    VOICED_OF = 8,      /* look at this many windows, some of which must surely be voiced */
    VOICED_MIN = 3,
};

/* As in live use: music reaches 0.8 briefly, and 0.6 for longer. */
static const float SURELY = 0.7f;

struct passages {
    struct vad *vad;
    uint32_t longest_ms;
    size_t fed; /* samples */
    struct stretch *stretches;
    size_t n, cap;
    bool open; /* the last stretch is still being spoken */
    bool over;
    struct passage next;
    int err;

    const struct silero_model *gate; /* NULL: only voice activity decides */
    struct nn *nn;
    struct silero state;
    int16_t window[SILERO_WINDOW];
    size_t in_window;
    unsigned surely;    /* the latest windows, the newest in bit 0: surely voiced or not */
    uint64_t voiced_ms; /* when enough of them were last voiced; 0: never */
};

int passages_open(struct passages **pp, uint32_t longest_ms)
{
    struct vad_params params = vad_params_defaults();
    struct passages *p = calloc(1, sizeof(*p));
    int err;

    if (!p)
        return UV_ENOMEM;
    p->longest_ms = longest_ms;
    params.eager_ms = 0;
    params.hangover_ms = PASSAGES_HANGOVER_MS;
    if (longest_ms)
        params.longest_ms = longest_ms - params.pre_roll_ms - PASSAGES_TAIL_MS - CUT_LATE_MS;
    err = vad_open(&p->vad, &params);
    if (err) {
        passages_close(p);
        return err;
    }
    *pp = p;
    return 0;
}

void passages_close(struct passages *p)
{
    if (!p)
        return;
    vad_close(p->vad);
    free(p->stretches);
    free(p);
}

static int begin(struct passages *p, const struct vad_event *event)
{
    if (p->n >= PASSAGES_MAX)
        return UV_E2BIG;
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        struct stretch *more = realloc(p->stretches, cap * sizeof(*more));

        if (!more)
            return UV_ENOMEM;
        p->stretches = more;
        p->cap = cap;
    }
    p->stretches[p->n++] = (struct stretch){.start_ms = event->start_ms,
                                            .end_ms = event->end_ms,
                                            .from = (size_t)event->audio_ms * SAMPLES_PER_MS};
    p->open = true;
    return 0;
}

void passages_gate(struct passages *p, const struct silero_model *gate, struct nn *nn)
{
    p->gate = gate;
    p->nn = nn;
    silero_reset(&p->state);
}

/* The network gets the same samples; an incomplete window waits for more. */
static void hear(struct passages *p, const int16_t *pcm, size_t n)
{
    float x[SILERO_WINDOW];
    unsigned voiced;

    memcpy(p->window + p->in_window, pcm, n * sizeof(*pcm));
    p->in_window += n;
    if (p->in_window < SILERO_WINDOW)
        return;
    p->in_window = 0;
    for (size_t i = 0; i < SILERO_WINDOW; i++)
        x[i] = (float)p->window[i] / 32768;
    p->surely = p->surely << 1 | (silero_step(p->gate, p->nn, &p->state, x) >= SURELY);
    voiced = p->surely & ((1u << VOICED_OF) - 1);
    if (__builtin_popcount(voiced) >= VOICED_MIN)
        p->voiced_ms = (p->fed + n) / SAMPLES_PER_MS;
}

static bool has_voice(const struct passages *p, const struct stretch *s)
{
    return !p->gate || (p->voiced_ms && p->voiced_ms >= s->start_ms);
}

static void on_voice(const struct vad_event *event, void *arg)
{
    struct passages *p = arg;

    if (p->err)
        return;
    if (event->kind == VAD_BEGIN) {
        p->err = begin(p, event);
    } else if (event->kind == VAD_END) {
        p->stretches[p->n - 1].end_ms = event->end_ms;
        p->n -= !has_voice(p, &p->stretches[p->n - 1]);
        p->open = false;
    }
}

int passages_feed(struct passages *p, const int16_t *pcm, size_t n)
{
    while (n > 0 && !p->err) {
        size_t some = p->gate ? SILERO_WINDOW - p->in_window : n;

        some = some < n ? some : n;
        if (p->gate)
            hear(p, pcm, some);
        vad_feed(p->vad, pcm, some, on_voice, p);
        p->fed += some;
        pcm += some;
        n -= some;
    }
    return p->err;
}

int passages_end(struct passages *p)
{
    vad_flush(p->vad, on_voice, p);
    p->over = true;
    return p->err;
}

static size_t end_of(const struct passages *p, const struct stretch *s)
{
    size_t end = (size_t)(s->end_ms + PASSAGES_TAIL_MS) * SAMPLES_PER_MS;

    return end < p->fed ? end : p->fed;
}

/* Does this stretch still belong to the passage? */
static bool fits(const struct passages *p, const struct passage *to, const struct stretch *s)
{
    const struct stretch *last = &p->stretches[to->first + to->n - 1];

    return end_of(p, s) - to->from <= (size_t)p->longest_ms * SAMPLES_PER_MS &&
           s->start_ms < last->end_ms + PASSAGES_PAUSE_MS;
}

const struct passage *passages_next(struct passages *p, const struct stretch **stretches)
{
    struct passage next = {.first = p->next.first + p->next.n};
    size_t closed = p->n - p->open;
    bool complete = p->over;

    *stretches = p->stretches;
    for (size_t i = next.first; i < closed; i++) {
        const struct stretch *s = &p->stretches[i];

        if (next.n && !fits(p, &next, s)) {
            complete = true;
            break;
        }
        if (!next.n)
            next.from = s->from;
        next.to = end_of(p, s);
        next.n++;
    }
    if (next.n && !complete) { /* nothing yet to come can belong to it */
        size_t silent = p->fed > next.to ? p->fed - next.to : 0;

        complete =
            !p->longest_ms || (!p->open && silent > (size_t)PASSAGES_PAUSE_MS * SAMPLES_PER_MS);
    }
    if (!next.n || !complete)
        return NULL;
    if (!p->longest_ms)
        next.n = 1, next.to = end_of(p, &p->stretches[next.first]);
    p->next = next;
    return &p->next;
}

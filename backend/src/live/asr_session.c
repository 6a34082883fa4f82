/**
 * @file live/asr_session.c  From a socket's frames to utterances, partials, finals and turns
 *
 * Two clocks meet here: the audio's (milliseconds since the first sample) and the wall's. The
 * arrival time of every frame is noted, so that a final can say how long after its last voiced
 * sample it came. Several utterances may be under way at once: one being spoken, and others whose
 * finals the recogniser still owes.
 */
#include "live/asr_session.h"

#include "asr/nets.h"
#include "audio/resample.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEED_MAX = 4096,          /* samples per channel resampled at a time */
    ARRIVALS = 256,           /* frames whose arrival time is remembered: more than a hangover's
                                 worth */
    UNFINISHED_MAX = 1 << 20, /* words of open utterances [bytes] */
};

/** Audio up to this sample time had arrived by that moment. */
struct arrival {
    uint64_t upto_ms;
    uint64_t at_us;
};

struct utterance {
    struct utterance *next;
    uint32_t number;
    uint64_t start_ms;
    uint64_t end_ms;
    uint64_t audio_ms;  /**< Where its pre-roll begins: word times are relative to it */
    uint64_t voiced_us; /**< When its last voiced sample arrived */
    bool ended;
    bool eager_told;             /**< on_turn(TURN_EAGER) was called for this pause */
    bool eager_held;             /**< ... or will be, once it is known whose voice it is */
    bool end_held;               /**< Its final is here, and waits with the end of its turn for
                                      that: */
    struct asr_result held;      /**< the text is `text` */
    struct asr_word *held_words; /**< and their texts, stored after them */
    float p;                     /**< Probability that the turn is over; -1: unknown */
    char *text;                  /**< Best so far; NULL if none */
    enum voice_who who;
    float likeness; /**< -1: no voice was judged */
};

struct asr_session {
    struct loop *loop;
    struct asr_line *line;
    struct resampler *resampler; /**< NULL: already 16 kHz mono */
    struct turn *turn;
    struct loop_timer *done_timer;
    struct asr_session_handlers h;
    void *arg;
    bool push_to_talk;

    struct asr_nets *nets;
    struct voice_book *voices;
    bool candidate;
    struct nets_job *voice_job; /**< A voice is being judged: */
    uint32_t voice_of;          /**< that of this utterance, */
    uint32_t voice_ms;          /**< this much of it */

    struct arrival arrivals[ARRIVALS];
    size_t arrival_count;
    uint64_t fed; /**< Samples at 16 kHz */
    int16_t *out; /**< Room for FEED_MAX resampled */

    struct utterance *first; /**< Oldest one whose final has not come */
    struct buf unfinished;
    int feed_error; /**< Of the line, from inside a voice activity event */
    bool ready;
    bool stopping;
    bool broken; /**< An error was reported */
    bool done;
    bool closed; /**< Nothing is reported any more; freed at the end of the turn */
};

/* ---------------------------------------------------------------- handlers */

static void tell_turn(struct asr_session *h, const struct utterance *u, enum turn_state state,
                      const char *text)
{
    if (!h->closed && h->h.on_turn)
        h->h.on_turn(&(struct asr_session_turn){.utterance = u->number,
                                                .state = state,
                                                .text = text ? text : "",
                                                .end_ms = u->end_ms,
                                                .p = u->p},
                     h->arg);
}

static void maybe_done(struct asr_session *h)
{
    if (h->stopping && !h->done && !h->first && (h->ready || h->broken))
        timer_start(h->done_timer, 0, 0);
}

static void on_done_timer(void *arg)
{
    struct asr_session *h = arg;

    if (h->done)
        return;
    h->done = true;
    if (h->h.on_done)
        h->h.on_done(h->arg);
}

static void break_off(struct asr_session *h, int err, const char *message)
{
    if (h->broken || h->closed)
        return;
    h->broken = true;
    h->stopping = true;
    if (h->h.on_error)
        h->h.on_error(err, message, h->arg);
    if (!h->closed)
        timer_start(h->done_timer, 0, 0);
}

/* ---------------------------------------------------------------- utterances */

static struct utterance *find(struct asr_session *h, uint32_t number)
{
    struct utterance *u = h->first;

    while (u && u->number != number)
        u = u->next;
    return u;
}

static void utterance_free(struct utterance *u)
{
    free(u->held_words);
    free(u->text);
    free(u);
}

static void forget(struct asr_session *h, struct utterance *u)
{
    struct utterance **at = &h->first;

    while (*at != u)
        at = &(*at)->next;
    *at = u->next;
    utterance_free(u);
}

static struct utterance *add(struct asr_session *h, const struct turn_event *event)
{
    struct utterance *u = calloc(1, sizeof(*u)), **at = &h->first;

    if (!u)
        return NULL;
    u->number = event->utterance;
    u->start_ms = event->start_ms;
    u->end_ms = event->end_ms;
    u->audio_ms = event->audio_ms;
    u->p = u->likeness = -1;
    while (*at)
        at = &(*at)->next;
    *at = u;
    return u;
}

static void keep_text(struct utterance *u, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        return;
    free(u->text);
    u->text = copy;
}

/** When the sample at ms arrived. */
static uint64_t arrival_of(const struct asr_session *h, uint64_t ms)
{
    size_t n = h->arrival_count < ARRIVALS ? h->arrival_count : ARRIVALS;
    uint64_t at = clock_mono_us();

    for (size_t back = 1; back <= n; back++) {
        const struct arrival *a = &h->arrivals[(h->arrival_count - back) % ARRIVALS];

        if (a->upto_ms < ms)
            break;
        at = a->at_us;
    }
    return at;
}

/* ---------------------------------------------------------------- the recogniser's side */

static void on_ready(const char *engine, const char *model, void *arg)
{
    struct asr_session *h = arg;

    h->ready = true;
    if (h->h.on_ready)
        h->h.on_ready(engine, model, h->arg);
    if (!h->closed)
        maybe_done(h);
}

/** The result with its words in stream time; *words is to be freed. */
static struct asr_result in_stream_time(const struct utterance *u, const struct asr_result *res,
                                        struct asr_word **words)
{
    struct asr_result shifted = *res;

    *words = res->word_count ? calloc(res->word_count, sizeof(**words)) : NULL;
    if (!*words)
        shifted.word_count = 0;
    for (size_t i = 0; i < shifted.word_count; i++) {
        (*words)[i] = res->words[i];
        (*words)[i].start_ms += (uint32_t)u->audio_ms;
        (*words)[i].end_ms += (uint32_t)u->audio_ms;
    }
    shifted.words = *words;
    return shifted;
}

static void tell_partial(struct asr_session *h, const struct utterance *u,
                         const struct asr_result *res)
{
    struct asr_word *words;
    struct asr_result shifted = in_stream_time(u, res, &words);

    if (h->h.on_partial)
        h->h.on_partial(u->number, &shifted, u->start_ms, u->end_ms, h->arg);
    free(words);
}

/* ---- waiting for a voice -------------------------------------------------------------------- */

/** Is it being judged whose voice this is, and would that make a difference? */
static bool is_judged(const struct asr_session *h, const struct utterance *u)
{
    return h->voice_job && h->voice_of == u->number && !h->candidate &&
           voice_known(h->voices, VOICE_CANDIDATE);
}

static void tell_eager(struct asr_session *h, struct utterance *u)
{
    u->eager_held = false;
    u->eager_told = true;
    tell_turn(h, u, TURN_EAGER, u->text);
}

/** Reports its final, and the end of its turn. */
static void tell_end(struct asr_session *h, struct utterance *u, const struct asr_result *res)
{
    struct asr_session_final final = {.utterance = u->number,
                                      .start_ms = u->start_ms,
                                      .end_ms = u->end_ms,
                                      .final_us = clock_mono_us()};
    struct asr_word *words;
    struct asr_result shifted = in_stream_time(u, res, &words);

    u->end_held = false;
    final.result = &shifted;
    final.speech_end_us = u->voiced_us < final.final_us ? u->voiced_us : final.final_us;
    final.latency_ms = (final.final_us - final.speech_end_us) / 1000;
    if (h->h.on_final)
        h->h.on_final(&final, h->arg);
    free(words);
    if (h->closed)
        return;
    tell_turn(h, u, TURN_ENDED, u->text);
    if (!h->closed)
        forget(h, u);
    if (!h->closed)
        maybe_done(h);
}

/** Keeps a copy of the result until it is known whose voice it is. If memory is short it has no
 *  words. */
static void hold_end(struct utterance *u, const struct asr_result *res)
{
    size_t size = res->word_count * sizeof(*res->words);
    char *text;

    for (size_t i = 0; i < res->word_count; i++)
        size += strlen(res->words[i].text) + 1;
    u->end_held = true;
    u->held = *res;
    u->held.text = u->text ? u->text : "";
    u->held_words = res->word_count ? malloc(size) : NULL;
    u->held.words = u->held_words;
    if (!u->held_words) {
        u->held.word_count = 0;
        return;
    }
    text = (char *)(u->held_words + u->held.word_count);
    for (size_t i = 0; i < u->held.word_count; i++) {
        u->held_words[i] = res->words[i];
        u->held_words[i].text = strcpy(text, res->words[i].text);
        text += strlen(text) + 1;
    }
}

/** Nothing about a later utterance is reported before the end of this one. */
static void release_before(struct asr_session *h, uint32_t number)
{
    struct utterance *u = h->first;

    while (u && u->number < number && !u->end_held)
        u = u->next;
    if (u && u->number < number)
        tell_end(h, u, &u->held);
}

/** The utterance with this number; NULL once it is over, or once nothing is reported any more: the
 *  line may still report something after an error has ended this session. */
static struct utterance *open_utterance(struct asr_session *h, uint32_t number)
{
    return h->closed || h->done ? NULL : find(h, number);
}

static void on_partial(uint32_t number, const struct asr_result *res, void *arg)
{
    struct asr_session *h = arg;
    struct utterance *u;

    release_before(h, number);
    u = open_utterance(h, number);
    if (!u)
        return;
    keep_text(u, res->text);
    tell_partial(h, u, res);
}

static void on_prefetched(uint32_t number, const struct asr_result *res, void *arg)
{
    struct asr_session *h = arg;
    struct utterance *u;

    release_before(h, number);
    u = open_utterance(h, number);
    if (!u)
        return;
    if (res->text[0]) {
        keep_text(u, res->text);
        tell_partial(h, u, res);
    }
    if (!h->closed)
        turn_heard(h->turn, number, res->text, res->language);
}

static void on_final(uint32_t number, const struct asr_result *res, void *arg)
{
    struct asr_session *h = arg;
    struct utterance *u;

    release_before(h, number);
    u = open_utterance(h, number);
    if (!u)
        return;
    keep_text(u, res->text);
    if (is_judged(h, u))
        hold_end(u, res);
    else
        tell_end(h, u, res);
}

static void on_error(int err, const char *message, void *arg)
{
    struct asr_session *h = arg;

    break_off(h, err, message);
}

static void on_trouble(uint32_t number, int err, const char *message, void *arg)
{
    struct asr_session *h = arg;

    (void)number;
    if (h->h.on_trouble)
        h->h.on_trouble(err, message, h->arg);
}

static const struct asr_line_handlers line_handlers = {
    .on_ready = on_ready,
    .on_partial = on_partial,
    .on_final = on_final,
    .on_error = on_error,
    .on_prefetched = on_prefetched,
    .on_trouble = on_trouble,
};

/* ---------------------------------------------------------------- whose voice */

/** u: NULL if it is gone; what its voice taught is kept all the same. */
static void take_voice(struct asr_session *h, struct utterance *u, const float *voice)
{
    float likeness;
    enum voice_who who = h->candidate ? voice_hear_own(h->voices, voice, h->voice_ms, &likeness)
                                      : voice_judge(h->voices, voice, h->voice_ms, &likeness);

    if (!u || !voice_known(h->voices, VOICE_CANDIDATE))
        return;
    u->who = who;
    u->likeness = likeness;
}

static void on_voice(const struct judgement *j, void *arg)
{
    struct asr_session *h = arg;
    struct utterance *u = find(h, h->voice_of);

    h->voice_job = NULL;
    if (j->has_voice)
        take_voice(h, u, j->voice);
    if (u && u->eager_held)
        tell_eager(h, u);
    if (u && u->end_held && !h->closed)
        tell_end(h, u, &u->held);
}

/** Once per utterance, as soon as enough of it was heard; again as long as nobody is recognised. */
static void judge_voice(struct asr_session *h, const struct utterance *u)
{
    enum { VOICE_MOST = 8 * VAD_RATE };
    int16_t *pcm;
    size_t n = 0;

    if (!h->voices || !asr_nets_voices(h->nets) || h->voice_job || u->who != VOICE_UNKNOWN ||
        (h->candidate && h->voice_of == u->number))
        return;
    pcm = malloc(VOICE_MOST * sizeof(*pcm));
    if (pcm)
        n = turn_voice(h->turn, pcm, VOICE_MOST);
    if (n >= VOICE_LEAST &&
        !asr_nets_judge(h->nets, pcm, n, JUDGE_VOICE, on_voice, h, &h->voice_job)) {
        h->voice_of = u->number;
        h->voice_ms = (uint32_t)(n * 1000 / VAD_RATE);
    }
    free(pcm);
}

enum voice_who asr_session_who(const struct asr_session *h, uint32_t utterance, float *likeness)
{
    const struct utterance *u = h->first;

    while (u && u->number != utterance)
        u = u->next;
    *likeness = u ? u->likeness : -1;
    return u ? u->who : VOICE_UNKNOWN;
}

/* ---------------------------------------------------------------- the side of turns */

static int begin(struct asr_session *h, const struct turn_event *event)
{
    int err = add(h, event) ? asr_line_begin(h->line, event->utterance) : UV_ENOMEM;

    if (!err && h->h.on_begin)
        h->h.on_begin(event->utterance, event->audio_ms, h->arg);
    return err;
}

static int end(struct asr_session *h, struct utterance *u)
{
    int err;

    judge_voice(h, u);
    u->eager_held = false; /* the end includes it */
    u->ended = true;
    u->voiced_us = h->push_to_talk ? clock_mono_us() : arrival_of(h, u->end_ms);
    err = asr_line_end(h->line);
    if (!err && h->h.on_end)
        h->h.on_end(u->number, u->end_ms, h->arg);
    return err;
}

static int follow(struct asr_session *h, struct utterance *u, const struct turn_event *event)
{
    bool told;

    switch (event->kind) {
    case TURN_BEGINS:
        return begin(h, event);
    case TURN_AUDIO:
        return asr_line_feed(h->line, event->pcm, event->n);
    case TURN_PAUSES:
        judge_voice(h, u);
        return asr_line_prefetch_final(h->line);
    case TURN_LOOKS_OVER:
        if (is_judged(h, u))
            u->eager_held = true;
        else
            tell_eager(h, u);
        return 0;
    case TURN_GOES_ON:
        told = u->eager_told;
        u->eager_told = u->eager_held = false;
        u->p = -1;
        if (told)
            tell_turn(h, u, TURN_RESUMED, u->text);
        return 0;
    case TURN_ENDS:
        return end(h, u);
    }
    return 0;
}

static int prefetch_feed(struct asr_session *h);

static void on_turn_event(const struct turn_event *event, void *arg)
{
    struct asr_session *h = arg;
    struct utterance *u = find(h, event->utterance);

    if (h->feed_error || h->closed || (!u && event->kind != TURN_BEGINS))
        return;
    if (u) {
        u->start_ms = event->start_ms;
        u->end_ms = event->end_ms;
        u->p = event->p;
    }
    h->feed_error = follow(h, u, event);
    prefetch_feed(h);
}

/** If the line refused something, that becomes this session's error. */
static int prefetch_feed(struct asr_session *h)
{
    int err = h->feed_error;

    if (!err || h->broken || h->closed)
        return err;
    if (err == UV_ENOBUFS)
        break_off(h, err,
                  "the recogniser is more than a minute behind what is being said; this "
                  "machine is too busy to go on hearing");
    else if (err != UV_ECANCELED) /* the line is gone: its own error is on its way */
        break_off(h, err, "no memory to go on hearing");
    return err;
}

/* ---------------------------------------------------------------- the caller's side */

static int open_parts(struct asr_session *h, const struct asr_session_params *params,
                      struct errbuf *why)
{
    int rate = params->sample_rate ? params->sample_rate : VAD_RATE;
    int channels = params->channels ? params->channels : 1;
    struct turn_params turn = {.vad = params->vad, .pace = params->pace};

    if (!turn.vad.open_ms)
        turn.vad = vad_params_defaults();
    turn.vad.push_to_talk |= params->push_to_talk;
    h->push_to_talk = turn.vad.push_to_talk;
    h->nets = params->nets;
    h->voices = params->voices;
    h->candidate = params->candidate;
    if (rate != VAD_RATE || channels != 1) {
        if (resampler_open(&h->resampler, rate, channels))
            return err_set(why, UV_EINVAL,
                           "audio at %d Hz in %d channels cannot be taken: %d to %d Hz, 1 to %d "
                           "channels can",
                           rate, channels, RESAMPLE_RATE_MIN, RESAMPLE_RATE_MAX,
                           RESAMPLE_CHANNELS_MAX);
        h->out = calloc(resampler_room(h->resampler, FEED_MAX), sizeof(*h->out));
        if (!h->out)
            return err_set(why, UV_ENOMEM, "no memory to hear another voice");
    }
    if (turn_open(&h->turn, params->nets, &turn, on_turn_event, h))
        return err_set(why, UV_EINVAL, "these settings of voice activity contradict each other");
    return 0;
}

int asr_session_open(struct asr_session **hp, struct asr_hub *hub,
                     const struct asr_session_params *params,
                     const struct asr_session_handlers *handlers, void *arg, struct errbuf *why)
{
    struct asr_session *h = calloc(1, sizeof(*h));
    int err;

    if (!h)
        return err_set(why, UV_ENOMEM, "no memory to hear another voice");
    h->loop = asr_hub_loop(hub);
    h->h = *handlers;
    h->arg = arg;
    buf_init(&h->unfinished, UNFINISHED_MAX);
    err = open_parts(h, params, why);
    if (!err && timer_open(&h->done_timer, asr_hub_loop(hub), on_done_timer, h))
        err = err_set(why, UV_ENOMEM, "no memory to hear another voice");
    if (!err)
        err = asr_line_open(&h->line, hub, &params->asr, &line_handlers, h, why);
    if (err) {
        asr_session_close(h);
        return err;
    }
    *hp = h;
    return 0;
}

static void feed_16k(struct asr_session *h, const int16_t *pcm, size_t n)
{
    if (h->h.on_sound && n)
        h->h.on_sound(h->fed, pcm, n, h->arg);
    h->fed += n;
    h->arrivals[h->arrival_count++ % ARRIVALS] =
        (struct arrival){.upto_ms = h->fed * 1000 / VAD_RATE, .at_us = clock_mono_us()};
    turn_feed(h->turn, pcm, n);
}

static void feed_any(struct asr_session *h, const int16_t *pcm, size_t n, int channels)
{
    while (n > 0 && !h->feed_error && !h->closed) {
        size_t take = n < FEED_MAX ? n : FEED_MAX;

        feed_16k(h, h->out, resampler_feed(h->resampler, pcm, take, h->out));
        pcm += take * (size_t)channels;
        n -= take;
    }
}

int asr_session_feed(struct asr_session *h, const int16_t *pcm, size_t n)
{
    int err;

    if (h->stopping || h->closed)
        return UV_EPIPE;
    if (h->resampler)
        feed_any(h, pcm, n, resampler_channels(h->resampler));
    else
        feed_16k(h, pcm, n);
    err = prefetch_feed(h);
    return err;
}

static void flush(struct asr_session *h)
{
    if (h->resampler && !h->feed_error) {
        size_t n = resampler_flush(h->resampler, h->out, resampler_room(h->resampler, 0));

        feed_16k(h, h->out, n);
    }
    turn_flush(h->turn);
    prefetch_feed(h);
}

void asr_session_end_utterance(struct asr_session *h)
{
    if (!h->stopping && !h->closed)
        flush(h);
}

void asr_session_stop(struct asr_session *h)
{
    if (h->stopping || h->closed)
        return;
    flush(h);
    h->stopping = true;
    if (!h->closed)
        maybe_done(h);
}

const char *asr_session_unfinished(const struct asr_session *h)
{
    struct buf *b = (struct buf *)(uintptr_t)&h->unfinished;

    buf_clear(b);
    for (const struct utterance *u = h->first; u; u = u->next) {
        if (u->text && u->text[0])
            buf_printf(b, "%s%s", b->len ? " " : "", u->text);
    }
    return b->len ? b->data : "";
}

static void session_free(void *arg)
{
    struct asr_session *h = arg;

    while (h->first) {
        struct utterance *u = h->first;

        h->first = u->next;
        utterance_free(u);
    }
    resampler_close(h->resampler);
    turn_close(h->turn);
    buf_release(&h->unfinished);
    free(h->out);
    free(h);
}

void asr_session_close(struct asr_session *h)
{
    if (!h || h->closed)
        return;
    h->closed = true;
    asr_nets_forget(h->voice_job);
    h->voice_job = NULL;
    timer_close(h->done_timer);
    asr_line_close(h->line);
    h->done_timer = NULL;
    h->line = NULL;
    loop_free_later(h->loop, h, session_free);
}

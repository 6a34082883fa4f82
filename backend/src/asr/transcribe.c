/**
 * @file asr/transcribe.c  A whole recording to text: utterances, words, times, confidence
 *
 * A timer feeds the recording through voice activity into a line, in slices short enough for the
 * loop and never further ahead of the recogniser than AHEAD_MS. transcript.c holds the result.
 */
#include "asr/transcribe.h"

#include "audio/vad.h"
#include "base/text.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLICE = 2 * VAD_RATE, /* samples a turn of the loop: voice activity takes about 5 ms for it */
    AHEAD_MS = 20000,     /* audio queued for the recogniser; less than ASR_BACKLOG_MAX_MS */
    TICK_MS = 10,
    HANGOVER_MS = 500,     /* nobody waits: segments may be a little longer than turns */
    SEGMENTS_MAX = 100000, /* more than 6 h of shortest utterances */
};

struct open_segment {
    uint64_t audio_ms, start_ms, end_ms;
};

struct transcribe {
    struct loop *loop;
    bool closed;
    struct asr_line *line;
    struct vad *vad;
    struct loop_timer *timer;
    struct pcm pcm;
    size_t at;
    struct transcribe_handlers h;
    void *arg;
    struct transcript transcript;
    struct open_segment *open; /**< By utterance number - 1 */
    size_t open_cap;
    uint32_t begun, finished;
    int failed;
    bool fed_all;
    double weight; /**< Of the mean confidence */
};

static void job_free(void *arg)
{
    struct transcribe *job = arg;

    vad_close(job->vad);
    pcm_release(&job->pcm);
    transcript_release(&job->transcript);
    free(job->open);
    free(job);
}

void transcribe_cancel(struct transcribe *job)
{
    if (!job || job->closed)
        return;
    job->closed = true;
    asr_line_close(job->line);
    timer_close(job->timer);
    loop_free_later(job->loop, job, job_free);
}

/** Whatever was meant to hear it: named is what did, where one engine heard all. */
static void name_engine(struct transcript *t)
{
    const char *first = t->segment_count ? t->segments[0].engine : t->engine;

    for (size_t i = 1; i < t->segment_count; i++)
        if (strcmp(t->segments[i].engine, first) != 0)
            return;
    if (strcmp(first, t->engine) == 0)
        return;
    snprintf(t->engine, sizeof(t->engine), "%s", first);
    t->model[0] = '\0';
}

/** The job is over: hand out what there is and be gone. */
static void end(struct transcribe *job, int err, const char *message)
{
    struct transcript result = job->transcript;
    struct transcribe_handlers h = job->h;
    void *arg = job->arg;

    if (job->weight > 0)
        result.confidence /= (float)job->weight;
    if (!err)
        name_engine(&result);
    if (!err)
        memset(&job->transcript, 0, sizeof(job->transcript));
    transcribe_cancel(job);
    h.on_done(err, message, err ? NULL : &result, arg);
}

/* ---------------------------------------------------------------- the recogniser's side */

static struct asr_word *copy_words(const struct asr_result *res, uint64_t offset_ms, size_t *count)
{
    struct asr_word *words = res->word_count ? calloc(res->word_count, sizeof(*words)) : NULL;

    *count = 0;
    for (size_t i = 0; words && i < res->word_count; i++) {
        words[i] = res->words[i];
        words[i].text = strdup(res->words[i].text);
        words[i].start_ms += (uint32_t)offset_ms;
        words[i].end_ms += (uint32_t)offset_ms;
        if (words[i].text)
            ++*count;
    }
    return words;
}

static struct transcript_segment *add_segment(struct transcript *t)
{
    size_t n = t->segment_count;

    if ((n & (n - 1)) == 0) {
        size_t cap = n ? n * 2 : 1;
        struct transcript_segment *more = realloc(t->segments, cap * sizeof(*more));

        if (!more)
            return NULL;
        t->segments = more;
    }
    memset(&t->segments[n], 0, sizeof(t->segments[n]));
    t->segment_count++;
    return &t->segments[n];
}

static void take_segment(struct transcribe *job, const struct open_segment *open,
                         const struct asr_result *res)
{
    struct transcript_segment *s = add_segment(&job->transcript);
    double length = (double)(open->end_ms - open->start_ms);

    if (s)
        s->text = strdup(res->text);
    if (!s || !s->text) {
        job->failed = UV_ENOMEM;
        return;
    }
    s->start_ms = open->start_ms;
    s->end_ms = open->end_ms;
    s->confidence = res->confidence;
    snprintf(s->engine, sizeof(s->engine), "%s", res->engine ? res->engine : "");
    s->words = copy_words(res, open->audio_ms, &s->word_count);
    job->transcript.confidence += (float)(length * (double)res->confidence);
    job->weight += length;
    if (res->language[0])
        text_copy(job->transcript.language, sizeof(job->transcript.language), res->language,
                  strlen(res->language));
    if (job->h.on_segment)
        job->h.on_segment(s, job->arg);
}

static void report_progress(const struct transcribe *job, uint64_t heard_ms)
{
    if (job->h.on_progress && job->transcript.duration_ms)
        job->h.on_progress((double)heard_ms / (double)job->transcript.duration_ms, job->arg);
}

static void on_ready(const char *engine, const char *model, void *arg)
{
    struct transcribe *job = arg;

    snprintf(job->transcript.engine, sizeof(job->transcript.engine), "%s", engine);
    snprintf(job->transcript.model, sizeof(job->transcript.model), "%s", model);
}

static void on_partial(uint32_t utterance, const struct asr_result *res, void *arg)
{
    (void)utterance;
    (void)res;
    (void)arg;
}

static void on_final(uint32_t utterance, const struct asr_result *res, void *arg)
{
    struct transcribe *job = arg;
    const struct open_segment *open = &job->open[utterance - 1];

    job->finished++;
    if (res->text[0])
        take_segment(job, open, res);
    report_progress(job, open->end_ms);
}

static void on_trouble(uint32_t utterance, int code, const char *message, void *arg)
{
    struct transcribe *job = arg;

    (void)utterance;
    (void)code;
    if (job->h.on_trouble)
        job->h.on_trouble(message, job->arg);
}

static void on_error(int code, const char *message, void *arg)
{
    end(arg, code, message);
}

static const struct asr_line_handlers line_handlers = {.on_ready = on_ready,
                                                       .on_partial = on_partial,
                                                       .on_final = on_final,
                                                       .on_error = on_error,
                                                       .on_trouble = on_trouble};

/* ---------------------------------------------------------------- voice activity's side */

static int begin(struct transcribe *job, const struct vad_event *event)
{
    if (event->utterance > SEGMENTS_MAX)
        return UV_E2BIG;
    if (event->utterance > job->open_cap) {
        size_t cap = job->open_cap ? job->open_cap * 2 : 64;
        struct open_segment *more = realloc(job->open, cap * sizeof(*more));

        if (!more)
            return UV_ENOMEM;
        job->open = more;
        job->open_cap = cap;
    }
    job->open[event->utterance - 1] =
        (struct open_segment){event->audio_ms, event->start_ms, event->end_ms};
    job->begun++;
    return asr_line_begin(job->line, event->utterance);
}

static void on_voice(const struct vad_event *event, void *arg)
{
    struct transcribe *job = arg;
    int rc = 0;

    if (job->failed)
        return;
    if (event->kind == VAD_BEGIN) {
        rc = begin(job, event);
    } else if (event->kind == VAD_AUDIO) {
        rc = asr_line_feed(job->line, event->pcm, event->n);
    } else if (event->kind == VAD_END) {
        job->open[event->utterance - 1].end_ms = event->end_ms;
        rc = asr_line_end(job->line);
    }
    if (rc && rc != UV_ECANCELED) /* the line's own error is on its way */
        job->failed = rc;
}

/* ---------------------------------------------------------------- feeding */

static void feed(struct transcribe *job)
{
    size_t left = job->pcm.n - job->at, n = left < SLICE ? left : SLICE;

    vad_feed(job->vad, job->pcm.samples + job->at, n, on_voice, job);
    job->at += n;
    if (job->at == job->pcm.n) {
        vad_flush(job->vad, on_voice, job);
        job->fed_all = true;
    }
}

static void on_tick(void *arg)
{
    struct transcribe *job = arg;

    if (!job->failed && !job->fed_all && asr_line_backlog_ms(job->line) < AHEAD_MS)
        feed(job);
    if (asr_line_gone(job->line))
        end(job, UV_ECANCELED, "the server is shutting down");
    else if (job->failed)
        end(job, job->failed, "there is not enough memory to transcribe this recording");
    else if (job->fed_all && job->finished == job->begun)
        end(job, 0, NULL);
}

static int open_parts(struct transcribe *job, struct asr_hub *hub, const struct asr_params *params,
                      struct errbuf *err)
{
    struct vad_params vad = vad_params_defaults();

    vad.eager_ms = 0;
    vad.hangover_ms = HANGOVER_MS;
    if (vad_open(&job->vad, &vad) || timer_open(&job->timer, asr_hub_loop(hub), on_tick, job) ||
        timer_start(job->timer, 0, TICK_MS))
        return err_set(err, UV_ENOMEM, "no memory to transcribe");
    return asr_line_open(&job->line, hub, params, &line_handlers, job, err);
}

int transcribe_start(struct transcribe **jp, struct asr_hub *hub, struct pcm *pcm,
                     const struct asr_params *params, const struct transcribe_handlers *h,
                     void *arg, struct errbuf *err)
{
    struct transcribe *job = calloc(1, sizeof(*job));
    int rc;

    if (!job)
        return err_set(err, UV_ENOMEM, "no memory to transcribe");
    job->loop = asr_hub_loop(hub);
    job->h = *h;
    job->arg = arg;
    rc = open_parts(job, hub, params, err);
    if (rc) {
        transcribe_cancel(job);
        return rc;
    }
    job->pcm = *pcm;
    memset(pcm, 0, sizeof(*pcm));
    job->transcript.duration_ms = job->pcm.duration_ms;
    snprintf(job->transcript.format, sizeof(job->transcript.format), "%s", job->pcm.format);
    if (params && params->language && strcmp(params->language, "auto") != 0)
        text_copy(job->transcript.language, sizeof(job->transcript.language), params->language,
                  strlen(params->language));
    if (jp)
        *jp = job;
    return 0;
}

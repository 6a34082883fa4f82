/**
 * @file asr/transcribe.c  A whole recording to text: passages, words, times, confidence
 *
 * A timer feeds the recording through voice activity, in slices short enough for the loop, until
 * every lane has a passage. A lane is a line of the hub that recognises one passage after another;
 * a recogniser that works best on long passages has one lane per core. Results come back in any
 * order and are reported in the order of the recording. transcript.c formats them.
 */
#include "asr/transcribe.h"

#include "asr/nets.h"
#include "asr/passages.h"
#include "base/text.h"
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { /* the tick also ends the job, so that no handler frees its caller */
       SLICE =
           2 * ASR_SAMPLE_RATE, /* samples per turn of the loop: voice activity takes about 5 ms */
       TICK_MS = 10,
       LANES_MAX = 8,
       SENTENCE_MS = 1500,     /* a segment shorter than this does not end at the end of a
                                  sentence */
       PAUSE_MS = 1000,        /* this much silence ends a segment, */
       LONG_SEGMENT_MS = 5000, /* and any pause ends one of this length */
       END_SLACK_MS = 300,     /* a word ends at most this long after the last voiced frame */
       BRIEF_MS = 700,         /* a sound as short as a sneeze, */
};

/* ... which a recogniser writes as one word ("Here.", at 0.77): it is dropped unless the recogniser
 * is surer than this. */
static const float BRIEF_SURE = 0.85f;

/** A line of the hub, and what it is working on. */
struct lane {
    struct transcribe *job;
    struct asr_line *line;
    struct part *part; /**< NULL: nothing */
};

/** A passage and what was said in it. */
struct part {
    struct passage passage;
    struct stretch *stretches; /**< A copy */
    struct transcript heard;   /**< Its segments, once recognised */
    bool done;
};

struct transcribe {
    struct loop *loop;
    bool closed;
    struct passages *passages;
    struct asr_nets *nets; /**< NULL: only voice activity decides where somebody speaks */
    bool gated;            /**< The passages use them */
    struct lane lanes[LANES_MAX];
    size_t lane_count;
    bool whole_utterances; /**< The recogniser takes one utterance at a time: each is a segment */
    struct loop_timer *timer;
    struct pcm pcm;
    size_t at;
    struct transcribe_handlers h;
    void *arg;
    struct transcript transcript;
    struct part **parts; /**< In the order of the recording */
    size_t part_count, part_cap, told;
    int failed;
    bool fed_all, stopping;
    double weight; /**< Total weight of the mean confidence */
};

static void part_free(struct part *part)
{
    if (!part)
        return;
    transcript_release(&part->heard);
    free(part->stretches);
    free(part);
}

static void job_free(void *arg)
{
    struct transcribe *job = arg;

    for (size_t i = 0; i < job->part_count; i++)
        part_free(job->parts[i]);
    free(job->parts);
    passages_close(job->passages);
    pcm_release(&job->pcm);
    transcript_release(&job->transcript);
    free(job);
}

void transcribe_cancel(struct transcribe *job)
{
    if (!job || job->closed)
        return;
    job->closed = true;
    for (size_t i = 0; i < job->lane_count; i++)
        asr_line_close(job->lanes[i].line);
    timer_close(job->timer);
    loop_free_later(job->loop, job, job_free);
}

void transcribe_stop(struct transcribe *job)
{
    job->stopping = true;
}

/** Names the engine that recognised everything, if it was a single one, whichever was chosen. */
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

/** The job is over: hands out the result and frees itself. */
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

/* ---------------------------------------------------------------- what was said */

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

/* Turns words first .. first + n - 1 of a result, and their text, into a segment. */
static int add_words(struct transcript *t, const struct asr_result *res, size_t first, size_t n,
                     const char *text, size_t len, uint64_t offset_ms)
{
    struct transcript_segment *s = add_segment(t);
    float sum = 0;

    if (!s)
        return UV_ENOMEM;
    s->text = strndup(text, len);
    s->words = n ? calloc(n, sizeof(*s->words)) : NULL;
    if (!s->text || (n && !s->words))
        return UV_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct asr_word *w = &s->words[i];

        *w = res->words[first + i];
        w->text = strdup(w->text);
        w->start_ms += (uint32_t)offset_ms;
        w->end_ms += (uint32_t)offset_ms;
        if (!w->text)
            return UV_ENOMEM;
        s->word_count++;
        sum += w->confidence;
    }
    s->confidence = n ? sum / (float)n : res->confidence;
    s->figures = res->figures;
    snprintf(s->engine, sizeof(s->engine), "%s", res->engine ? res->engine : "");
    return 0;
}

/* Everything recognised in an utterance is one segment. */
static int take_utterance(struct part *part, const struct asr_result *res, uint64_t offset_ms)
{
    int err = 0;

    if (!res->text[0])
        return 0;
    err = add_words(&part->heard, res, 0, res->word_count, res->text, strlen(res->text), offset_ms);
    if (!err) {
        part->heard.segments[0].confidence = res->confidence;
        part->heard.segments[0].start_ms = part->stretches[0].start_ms;
        part->heard.segments[0].end_ms = part->stretches[0].end_ms;
    }
    return err;
}

static bool ends_sentence(const char *word)
{
    static const char *const marks[] = {".", "?", "!", "\u3002", "\uff1f", "\uff01"};
    size_t len = strlen(word);

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t n = strlen(marks[i]);

        if (len >= n && !strcmp(word + len - n, marks[i]))
            return true;
    }
    return false;
}

/* The last stretch that begins before this time. */
static size_t stretch_at(const struct part *part, uint64_t ms)
{
    size_t i = 0;

    while (i + 1 < part->passage.n && part->stretches[i + 1].start_ms <= ms + END_SLACK_MS / 2)
        i++;
    return i;
}

/* A segment ends at the end of a sentence and at a long silence; a long segment at any pause. */
static bool ends_segment(const struct part *part, const struct asr_result *res, size_t first,
                         size_t i, uint64_t offset_ms)
{
    const struct asr_word *w = res->words;
    uint32_t length = w[i].end_ms - w[first].start_ms;
    size_t here, next;

    if (i + 1 == res->word_count)
        return true;
    here = stretch_at(part, w[i].start_ms + offset_ms);
    next = stretch_at(part, w[i + 1].start_ms + offset_ms);
    if (here < next && (part->stretches[next].start_ms - part->stretches[here].end_ms >= PAUSE_MS ||
                        length >= LONG_SEGMENT_MS))
        return true;
    return ends_sentence(w[i].text) && length >= SENTENCE_MS;
}

/* Words end no later than the speech that contains them. */
static void clamp_ends(const struct part *part, struct transcript_segment *s)
{
    for (size_t i = 0; i < s->word_count; i++) {
        struct asr_word *w = &s->words[i];
        uint64_t end = part->stretches[stretch_at(part, w->start_ms)].end_ms + END_SLACK_MS;

        if (w->end_ms > end && end > w->start_ms)
            w->end_ms = (uint32_t)end;
    }
    s->start_ms = s->words[0].start_ms;
    s->end_ms = s->words[s->word_count - 1].end_ms;
}

/* A single word in a passage of one short sound. */
static bool is_no_speech(const struct part *part, const struct asr_result *res)
{
    const struct stretch *s = part->stretches;

    return res->word_count == 1 && part->passage.n == 1 && s->end_ms - s->start_ms < BRIEF_MS &&
           res->words[0].confidence < BRIEF_SURE;
}

/* The segments of a passage: its words, split at pauses and sentences. */
static int take_passage(struct part *part, const struct asr_result *res, uint64_t offset_ms)
{
    const char *at = res->text, *from = at;
    size_t first = 0;
    int err = 0;

    if (is_no_speech(part, res))
        return 0;
    for (size_t i = 0; !err && i < res->word_count; i++) {
        const char *found = strstr(at, res->words[i].text);

        if (found) {
            from = i == first ? found : from;
            at = found + strlen(res->words[i].text);
        }
        if (!ends_segment(part, res, first, i, offset_ms))
            continue;
        err = add_words(&part->heard, res, first, i + 1 - first, from, (size_t)(at - from),
                        offset_ms);
        if (!err)
            clamp_ends(part, &part->heard.segments[part->heard.segment_count - 1]);
        first = i + 1;
    }
    return err;
}

/* ---- in the order of the recording --------------------------------------------------------- */

static void tell_segment(struct transcribe *job, struct transcript_segment *from)
{
    struct transcript_segment *s = add_segment(&job->transcript);
    double length = (double)(from->end_ms - from->start_ms);

    if (!s) {
        job->failed = UV_ENOMEM;
        return;
    }
    *s = *from;
    *from = (struct transcript_segment){.text = NULL};
    job->transcript.confidence += (float)(length * (double)s->confidence);
    job->weight += length;
    if (job->h.on_segment)
        job->h.on_segment(s, job->arg);
}

/* Reports the results up to the first passage that is still being recognised. */
static void tell(struct transcribe *job)
{
    while (job->told < job->part_count && job->parts[job->told]->done) {
        struct part *part = job->parts[job->told++];

        for (size_t i = 0; i < part->heard.segment_count; i++)
            tell_segment(job, &part->heard.segments[i]);
        if (part->heard.language[0] && part->heard.segment_count)
            text_copy(job->transcript.language, sizeof(job->transcript.language),
                      part->heard.language, strlen(part->heard.language));
    }
}

static void report_progress(const struct transcribe *job)
{
    size_t heard = 0, part = 0;

    for (size_t i = 0; i < job->part_count; i++) {
        part = job->parts[i]->passage.to - job->parts[i]->passage.from;
        heard += job->parts[i]->done ? part : 0;
    }
    part = 0;
    for (size_t i = 0; i < job->part_count; i++)
        part += job->parts[i]->passage.to - job->parts[i]->passage.from;
    if (job->h.on_progress && job->pcm.n && part) /* skipped silence counts as done */
        job->h.on_progress((double)heard / (double)part * (double)job->at / (double)job->pcm.n,
                           job->arg);
}

/* ---------------------------------------------------------------- the recogniser's side */

static void pump(struct transcribe *job);

static void on_ready(const char *engine, const char *model, void *arg)
{
    struct transcribe *job = ((struct lane *)arg)->job;

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
    struct lane *lane = arg;
    struct transcribe *job = lane->job;
    struct part *part = lane->part;
    uint64_t offset_ms;
    int err;

    (void)utterance;
    if (!part)
        return;
    lane->part = NULL;
    offset_ms = part->passage.from / (ASR_SAMPLE_RATE / 1000);
    err = job->whole_utterances || !res->word_count ? take_utterance(part, res, offset_ms)
                                                    : take_passage(part, res, offset_ms);
    if (err)
        job->failed = err;
    snprintf(part->heard.language, sizeof(part->heard.language), "%s", res->language);
    part->done = true;
    tell(job);
    report_progress(job);
    pump(job);
}

static void on_trouble(uint32_t utterance, int err, const char *message, void *arg)
{
    const struct lane *lane = arg;
    struct transcribe *job = lane->job;

    (void)err;
    if (!utterance && lane != job->lanes)
        return; /* concerns the model, not this lane: reported once */
    if (job->h.on_trouble)
        job->h.on_trouble(message, job->arg);
}

static void on_error(int err, const char *message, void *arg)
{
    struct lane *lane = arg;

    end(lane->job, err, message);
}

static const struct asr_line_handlers line_handlers = {.on_ready = on_ready,
                                                       .on_partial = on_partial,
                                                       .on_final = on_final,
                                                       .on_error = on_error,
                                                       .on_trouble = on_trouble};

/* ---- cutting and distributing -------------------------------------------------------------- */

static struct part *add_part(struct transcribe *job, const struct passage *passage,
                             const struct stretch *stretches)
{
    struct part *part = calloc(1, sizeof(*part));

    if (!part)
        return NULL;
    part->passage = *passage;
    part->stretches = calloc(passage->n, sizeof(*part->stretches));
    if (part->stretches && job->part_count == job->part_cap) {
        size_t cap = job->part_cap ? job->part_cap * 2 : 64;
        struct part **more = realloc(job->parts, cap * sizeof(struct part *));

        if (more) {
            job->parts = more;
            job->part_cap = cap;
        }
    }
    if (!part->stretches || job->part_count == job->part_cap) {
        part_free(part);
        return NULL;
    }
    memcpy(part->stretches, stretches + passage->first, passage->n * sizeof(*stretches));
    return job->parts[job->part_count++] = part;
}

/* Feeds until there is another passage, at most one slice: voice activity must not block the
 * loop. */
static struct part *next_part(struct transcribe *job, size_t *budget)
{
    for (;;) {
        const struct stretch *stretches;
        const struct passage *passage = passages_next(job->passages, &stretches);
        size_t left = job->pcm.n - job->at, n = left < SLICE ? left : SLICE;
        struct part *part;

        if (passage) {
            part = add_part(job, passage, stretches);
            if (!part)
                job->failed = UV_ENOMEM;
            return part;
        }
        if (job->fed_all || job->failed || !*budget)
            return NULL;
        job->failed = passages_feed(job->passages, job->pcm.samples + job->at, n);
        job->at += n;
        *budget -= n < *budget ? n : *budget;
        if (!job->failed && job->at == job->pcm.n) {
            job->failed = passages_end(job->passages);
            job->fed_all = true;
        }
    }
}

static int give(struct transcribe *job, struct lane *lane, struct part *part)
{
    const struct passage *p = &part->passage;
    int err = asr_line_begin(lane->line, (uint32_t)job->part_count);

    if (!err)
        err = asr_line_feed(lane->line, job->pcm.samples + p->from, p->to - p->from);
    if (!err)
        err = asr_line_end(lane->line);
    lane->part = part;
    return err;
}

/* Gives every idle lane the next passage. */
static void pump(struct transcribe *job)
{
    size_t budget = SLICE;

    for (size_t i = 0; i < job->lane_count && !job->failed && !job->stopping; i++) {
        struct lane *lane = &job->lanes[i];
        struct part *part = lane->part ? NULL : next_part(job, &budget);
        int err = part ? give(job, lane, part) : 0;

        if (err && err != UV_ECANCELED) /* otherwise the line reports its own error */
            job->failed = err;
    }
}

static bool any_busy(const struct transcribe *job)
{
    for (size_t i = 0; i < job->lane_count; i++) {
        if (job->lanes[i].part)
            return true;
    }
    return false;
}

/* Waits for networks that are being loaded. */
static bool is_gated(struct transcribe *job)
{
    if (job->gated)
        return true;
    if (asr_nets_loading(job->nets))
        return false;
    if (asr_nets_gate(job->nets))
        passages_gate(job->passages, asr_nets_gate(job->nets), asr_nets_nn(job->nets));
    return job->gated = true;
}

static void on_tick(void *arg)
{
    struct transcribe *job = arg;

    if (is_gated(job))
        pump(job);
    if (asr_line_gone(job->lanes[0].line))
        end(job, UV_ECANCELED, "the server is shutting down");
    else if (job->failed)
        end(job, job->failed, "there is not enough memory to transcribe this recording");
    else if (job->stopping || (job->fed_all && !any_busy(job) && job->told == job->part_count))
        end(job, 0, NULL);
}

/* ---------------------------------------------------------------- beginning */

/* The first lane is required; the others are optional. */
static int open_lanes(struct transcribe *job, struct asr_hub *hub, const struct asr_params *params,
                      struct errbuf *why)
{
    size_t want = job->whole_utterances ? 1 : uv_available_parallelism();
    struct errbuf unneeded;
    int err;

    want = want < LANES_MAX ? want : LANES_MAX;
    do {
        struct lane *lane = &job->lanes[job->lane_count];

        lane->job = job;
        err = asr_line_open(&lane->line, hub, params, &line_handlers, lane,
                            job->lane_count ? &unneeded : why);
        job->lane_count += err == 0;
    } while (!err && job->lane_count < want);
    return job->lane_count ? 0 : err;
}

static int open_parts(struct transcribe *job, struct asr_hub *hub, const struct asr_params *params,
                      struct errbuf *why)
{
    uint32_t longest_ms = asr_hub_engine(hub)->passage_ms;

    if (!params || !params->patient)
        longest_ms = 0;
    job->whole_utterances = !longest_ms;
    if (passages_open(&job->passages, longest_ms) ||
        timer_open(&job->timer, asr_hub_loop(hub), on_tick, job) ||
        timer_start(job->timer, 0, TICK_MS))
        return err_set(why, UV_ENOMEM, "no memory to transcribe");
    return open_lanes(job, hub, params, why);
}

int transcribe_start(struct transcribe **jp, struct asr_hub *hub, struct pcm *pcm,
                     const struct asr_params *params, const struct transcribe_handlers *h,
                     void *arg, struct errbuf *why)
{
    struct transcribe *job = calloc(1, sizeof(*job));
    int err;

    if (!job)
        return err_set(why, UV_ENOMEM, "no memory to transcribe");
    job->loop = asr_hub_loop(hub);
    job->nets = asr_hub_nets(hub);
    asr_nets_look(job->nets);
    job->h = *h;
    job->arg = arg;
    err = open_parts(job, hub, params, why);
    if (err) {
        transcribe_cancel(job);
        return err;
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

/**
 * @file live/speaker_hear.c  The recogniser's reports for a speaker, without echoes of other lines
 */
#include "live/speaker_internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "observe/metrics.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------- echoes */

/* What it is saying now, with times; false: nothing. */
static bool running_span(const struct speaker *speaker, struct echo_span *span)
{
    const struct conversation_speaker *s =
        conversation_speaker(&speaker->live->conversation, speaker->id);
    uint64_t fed_ms = speaker->fed * 1000 / (uint64_t)speaker->sample_rate;
    uint64_t now = clock_mono_us();

    *span = (struct echo_span){.words = asr_session_unfinished(speaker->session),
                               .end_us = now,
                               .microphone = speaker->candidate,
                               .running = true};
    if (!s || !span->words[0] || fed_ms < s->start_ms || now < (fed_ms - s->start_ms) * 1000)
        return false;
    span->start_us = now - (fed_ms - s->start_ms) * 1000;
    return true;
}

static bool is_echo(struct speaker *speaker, const struct echo_span *span)
{
    struct echo_span running;

    for (struct speaker *other = speaker->live->speakers; other; other = other->next) {
        if (other == speaker)
            continue;
        for (size_t i = 0; i < HEARD; i++) {
            if (other->heard[i] && echo_is_of(span, &other->spans[i]))
                return true;
        }
        if (running_span(other, &running) && echo_is_of(span, &running))
            return true;
    }
    return false;
}

static void note_heard(struct speaker *speaker, const struct echo_span *span)
{
    size_t at = speaker->heard_count++ % HEARD;

    free(speaker->heard[at]);
    speaker->heard[at] = span->words[0] ? strdup(span->words) : NULL;
    speaker->spans[at] = *span;
    speaker->spans[at].words = speaker->heard[at];
}

/* The result, without words if it is the echo of another line. */
static struct asr_result without_echo(struct speaker *speaker,
                                      const struct asr_session_final *final)
{
    struct asr_result res = *final->result;
    uint64_t length_us = (final->end_ms - final->start_ms) * 1000;
    struct echo_span span = {.words = res.text,
                             .start_us = final->speech_end_us - length_us,
                             .end_us = final->speech_end_us,
                             .microphone = speaker->candidate};

    if (final->speech_end_us < length_us)
        span.start_us = 0;
    if (res.text[0] && is_echo(speaker, &span)) {
        res.text = "";
        res.stable = res.word_count = 0;
    } else {
        note_heard(speaker, &span);
    }
    return res;
}

/* ------------------------------------------------------------------------------ reports */

static void on_ready(const char *engine, const char *model, void *arg)
{
    struct speaker *speaker = arg;

    text_copy(speaker->engine, sizeof(speaker->engine), engine, strlen(engine));
    text_copy(speaker->model, sizeof(speaker->model), model, strlen(model));
    if (!speaker->quiet_ready)
        speaker_tell_listening(speaker);
}

static void on_partial(uint32_t utterance, const struct asr_result *res, uint64_t start_ms,
                       uint64_t end_ms, void *arg)
{
    struct speaker *speaker = arg;
    float voice;
    enum voice_who who = speaker_who_says(speaker, utterance, &voice);

    speaker_happened(speaker, (struct conversation_event){.kind = CONVERSATION_PARTIAL,
                                                          .utterance = utterance,
                                                          .start_ms = start_ms,
                                                          .at_us = clock_mono_us(),
                                                          .said = {.words = res->text[0] != '\0'}});
    speaker_tell_all(speaker, &(struct live_event){.kind = LIVE_PARTIAL,
                                                   .words = {.utterance = utterance,
                                                             .result = res,
                                                             .start_ms = start_ms,
                                                             .end_ms = end_ms,
                                                             .who = who,
                                                             .voice = voice}});
}

static void on_final(const struct asr_session_final *final, void *arg)
{
    struct speaker *speaker = arg;
    struct asr_result res = without_echo(speaker, final);
    const char *engine = asr_hub_engine(live_deps(speaker->live)->hub)->name;
    float voice;
    enum voice_who who = speaker_who_says(speaker, final->utterance, &voice);

    speaker_happened(speaker, (struct conversation_event){.kind = CONVERSATION_FINAL,
                                                          .utterance = final->utterance,
                                                          .start_ms = final->start_ms});
    metric_add(METRIC_UTTERANCES, 1, engine);
    metric_observe(METRIC_FINAL_SECONDS, (double) final->latency_ms / 1000, engine);
    speaker->words = (struct said_words){.confidence = final->result->confidence,
                                         .speech_end_us = final->speech_end_us,
                                         .final_us = final->final_us,
                                         .own_ms = final->end_ms - final->start_ms,
                                         .line = speaker->id,
                                         .own_span = {final->start_ms, final->end_ms},
                                         .who = who,
                                         .voice = voice};
    buf_clear(&speaker->final_text);
    buf_puts(&speaker->final_text, res.text);
    marks_note(&speaker->own_marks, res.text, res.words, res.word_count);
    speaker_tell_lasting(speaker, &(struct live_event){.kind = LIVE_FINAL,
                                                       .words = {.utterance = final->utterance,
                                                                 .result = &res,
                                                                 .start_ms = final->start_ms,
                                                                 .end_ms = final->end_ms,
                                                                 .latency_ms = final->latency_ms,
                                                                 .who = who,
                                                                 .voice = voice}});
}

static void on_turn(const struct asr_session_turn *turn, void *arg)
{
    static const enum conversation_event_kind kinds[] = {[TURN_EAGER] = CONVERSATION_EAGER,
                                                         [TURN_ENDED] = CONVERSATION_ENDED,
                                                         [TURN_RESUMED] = CONVERSATION_RESUMED};
    struct speaker *speaker = arg;
    struct conversation_event event = {
        .kind = kinds[turn->state], .utterance = turn->utterance, .end_ms = turn->end_ms};
    const char *text = turn->text;
    struct echo_span running;
    bool alone;
    float voice;
    enum voice_who who = speaker_who_says(speaker, turn->utterance, &voice);

    if (turn->state == TURN_ENDED)
        text = speaker->final_text.len ? speaker->final_text.data : "";
    else
        speaker->own_marks.count = 0;
    speaker->words.who = who;
    speaker->words.voice = voice;
    event.said = speaker_facts(speaker, turn->state == TURN_RESUMED ? "" : text);
    if (turn->state == TURN_EAGER && running_span(speaker, &running) && is_echo(speaker, &running))
        event.said.question = false;
    alone = speaker->words.whole == speaker->words.own;
    speaker_tell_lasting(speaker, &(struct live_event){.kind = LIVE_TURN,
                                                       .turn = {.utterance = turn->utterance,
                                                                .state = turn->state,
                                                                .question = speaker->words.question,
                                                                .p = turn->p,
                                                                .who = who,
                                                                .voice = voice}});
    if (speaker_happened(speaker, event) && turn->state == TURN_ENDED && event.said.words &&
        !event.said.own)
        speaker_lengthen_turn(speaker, alone ? text : speaker_join(speaker, text));
}

static enum live_error error_of(int err)
{
    switch (err) {
    case UV_EAGAIN:
    case UV_ENOBUFS:
        return LIVE_OVERLOADED;
    case UV_ENOENT:
    case UV_ENOSYS:
        return LIVE_UNAVAILABLE;
    case UV_EINVAL:
        return LIVE_BAD_AUDIO;
    default:
        return LIVE_INTERNAL;
    }
}

static void on_error(int err, const char *why, void *arg)
{
    struct speaker *speaker = arg;

    speaker_tell_error(speaker, error_of(err), why);
    speaker->err = err;
    speaker->why = why;
    speaker_happened(speaker, (struct conversation_event){.kind = CONVERSATION_BROKE});
    speaker->why = NULL;
}

/* A problem that was worked around: the line goes on. */
static void on_trouble(int err, const char *why, void *arg)
{
    (void)err;
    speaker_tell_error(arg, LIVE_PROVIDER_FAILED, why);
}

static void on_done(void *arg)
{
    struct speaker *speaker = arg;

    speaker_happened(speaker,
                     (struct conversation_event){.kind = CONVERSATION_HEARD_ALL,
                                                 .said = speaker_facts_of_unfinished(speaker)});
}

static void on_sound(uint64_t at, const int16_t *pcm, size_t n, void *arg)
{
    const struct speaker *speaker = arg;

    recording_hear(speaker->live, speaker->id, at, pcm, n);
}

const struct asr_session_handlers speaker_hears = {
    .on_sound = on_sound,
    .on_ready = on_ready,
    .on_partial = on_partial,
    .on_final = on_final,
    .on_turn = on_turn,
    .on_error = on_error,
    .on_trouble = on_trouble,
    .on_done = on_done,
};

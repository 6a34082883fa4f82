/**
 * @file live/speaker.c  One speaker's socket: what is heard, and what is told of it
 *
 * asr_session.h gives utterances; people ask questions, and a question may pause. So what is heard
 * goes through a turn: utterances that follow one another closely belong to the same turn when the
 * first was a question or only a few words ("so ..."). conversation.c decides what is asked,
 * confirmed and kept; here are the words themselves.
 *
 * A speaker and its socket part in three ways: stopped (on_done), closed (what was said is heard to
 * its end and kept), or vanished: then it is parked, and another socket may resume it.
 */
#include "live/live_internal.h"

#include "asr/nets.h"
#include "base/clock.h"
#include "base/text.h"
#include "ground/follow.h"
#include "ground/spans.h"
#include "live/echo.h"
#include "live/marks.h"
#include "live/resume.h"
#include "loop/loop.h"
#include "observe/log.h"
#include "observe/metrics.h"

#include <stdlib.h>
#include <string.h>

enum { HEARD = 4 }; /* finals that an echo is looked for in */
static const float ANSWER_ASKS_MAX =
    0.9f;                            /* an answer that looks like a question this much is one */
static const float APART_MIN = 0.8f; /* with less, words go on with those before them */

struct speaker {
    struct speaker *next;
    struct live *live;
    uint64_t id;
    struct asr_session *session;
    struct speaker_handlers h;
    void *arg;
    bool candidate;
    bool quiet_ready;
    struct loop_timer *park_timer; /* NULL without a key */
    struct resume memory;
    uint64_t fed;        /* samples a channel */
    uint64_t fed_before; /* of those, on sockets before this one */
    char engine[32];     /* of its LIVE_LISTENING; "" before */
    char model[96];
    struct buf turn;            /* words of the finished utterances of its turn */
    struct said_words finished; /* who said them, and how long it took */
    struct row row;             /* of those that are no question */
    struct buf said;            /* the running utterance joined to them */
    struct buf asked;           /* the question in that */
    struct buf aside;           /* and the rest */
    struct buf final_text;
    struct buf marked;        /* the question with what is doubtful in it */
    struct marks own_marks;   /* of final_text */
    struct marks turn_marks;  /* of turn */
    struct marks whole_marks; /* of what is being taken */
    int sample_rate;
    char *heard[HEARD]; /* its last finals, and when they were said; of echoes nothing */
    struct echo_span spans[HEARD];
    size_t heard_count;
    struct said_words words; /* of the event that is being taken */
    const char *why;         /* of on_error, likewise */
    int err;
};

struct speaker *speaker_find(struct live *live, uint64_t id)
{
    struct speaker *speaker = id ? live->speakers : NULL;

    while (speaker && speaker->id != id)
        speaker = speaker->next;
    return speaker;
}

const struct said_words *speaker_words(const struct speaker *speaker)
{
    return &speaker->words;
}

struct row *speaker_row(struct speaker *speaker)
{
    return &speaker->row;
}

/* ------------------------------------------------------------------------ telling */

static enum presence presence_of(const struct speaker *speaker)
{
    const struct conversation_speaker *s =
        conversation_speaker(&speaker->live->conversation, speaker->id);

    return s ? s->presence : SPEAKER_NONE;
}

static void tell(struct speaker *speaker, const struct live_event *event)
{
    switch (presence_of(speaker)) {
    case SPEAKER_PRESENT:
    case SPEAKER_STOPPING:
    case SPEAKER_DONE:
        speaker->h.on_event(event, speaker->arg);
        break;
    default:
        break;
    }
}

/* What a client that comes back must not have missed. */
static void tell_lasting(struct speaker *speaker, const struct live_event *event)
{
    resume_note(&speaker->memory, event);
    tell(speaker, event);
}

void speaker_tell_error(struct speaker *speaker, enum live_error code, const char *why)
{
    tell(speaker, &(struct live_event){.kind = LIVE_ERROR, .error = {.code = code, .why = why}});
}

static void tell_listening(struct speaker *speaker)
{
    tell(speaker,
         &(struct live_event){
             .kind = LIVE_LISTENING,
             .listening = {.engine = speaker->engine,
                           .model = speaker->model,
                           .heard = speaker->memory.key[0] ? (int64_t)speaker->fed_before : -1}});
}

/* -------------------------------------------------------------------------- words */

/* Whose words they are as long as no voice says otherwise. */
static enum voice_who who_by_start(const struct speaker *speaker)
{
    return speaker->candidate ? VOICE_CANDIDATE : VOICE_INTERVIEWER;
}

/* Whose words an utterance is: what the client said, or what the voice says once the candidate's is
 * known. voice: -1 when it is not by voice. */
static enum voice_who who_says(const struct speaker *speaker, uint32_t utterance, float *voice)
{
    enum voice_who who = asr_session_who(speaker->session, utterance, voice);

    if (who == VOICE_UNKNOWN || *voice <= 0)
        *voice = -1;
    if (who == VOICE_UNKNOWN &&
        (speaker->candidate || !voice_known(speaker->live->voices, VOICE_CANDIDATE)))
        who = who_by_start(speaker);
    return who;
}

static int count_words(const char *text)
{
    int words = *text != '\0';

    for (; *text; text++)
        words += *text == ' ';
    return words;
}

/* Bytes of the turn's words without the marks at their end. */
static size_t turn_len(const struct speaker *speaker)
{
    size_t len = speaker->turn.len;

    while (len > 0 && strchr("?.! ", speaker->turn.data[len - 1]))
        len--;
    return len;
}

/* The words of the turn with those of the running utterance: "Tell me about a time" + "you led". */
static const char *join(struct speaker *speaker, const char *own)
{
    size_t len = turn_len(speaker);

    buf_clear(&speaker->said);
    if (len > 0) {
        buf_append(&speaker->said, speaker->turn.data, len);
        buf_putc(&speaker->said, ' ');
    }
    buf_puts(&speaker->said, own);
    return speaker->said.err || !speaker->said.data ? own : speaker->said.data;
}

const char *speaker_running_words(struct speaker *speaker)
{
    return join(speaker, asr_session_unfinished(speaker->session));
}

/* The question in these words, and what was said around it. */
static void find_question(struct speaker *speaker, struct said_words *words)
{
    const char *text = words->whole;
    size_t len = strlen(text);
    size_t start, end, from, to;

    question_asked(text, len, &start, &end, &words->p);
    buf_clear(&speaker->asked);
    buf_clear(&speaker->aside);
    buf_append(&speaker->asked, text + start, end - start);
    from = start;
    to = end;
    while (start && text[start - 1] == ' ')
        start--;
    while (text[end] == ' ')
        end++;
    buf_append(&speaker->aside, text, start);
    if (start && end < len)
        buf_puts(&speaker->aside, " … ");
    buf_append(&speaker->aside, text + end, len - end);
    words->asked = speaker->asked.err || !speaker->asked.data ? text : speaker->asked.data;
    words->aside = speaker->aside.err || !speaker->aside.data ? "" : speaker->aside.data;
    buf_clear(&speaker->marked);
    words->heard = marks_put(&speaker->whole_marks, text, from, to, &speaker->marked)
                       ? speaker->marked.data
                       : NULL;
}

/* Words of a question that needs no others, and is surely one. */
static bool stands_alone(const char *text)
{
    size_t start, end;
    float p;

    question_asked(text, strlen(text), &start, &end, &p);
    return p >= APART_MIN && !question_hangs(text, strlen(text));
}

/* What these words are to the finished ones of their turn: they go on with them, say them again, or
 * are another question. */
static void relate(struct speaker *speaker, struct said *said)
{
    struct said_words *words = &speaker->words;
    const char *before = speaker->turn.len ? speaker->turn.data : "";
    bool alone = *before && stands_alone(words->own) && stands_alone(before);

    speaker->whole_marks = speaker->own_marks;
    if (alone && answer_asks_again(before, words->own)) {
        words->whole = words->own;
    } else if (alone && question_classify(words->own).kind != QUESTION_OTHER &&
               follow_of(words->own, NULL) == FOLLOW_NOTHING) {
        words->whole = words->own;
        said->apart = true;
    } else {
        words->whole = join(speaker, words->own);
        words->whole_ms += speaker->finished.whole_ms;
        if (speaker->finished.whole_span.to_ms)
            words->whole_span.from_ms = speaker->finished.whole_span.from_ms;
        if (turn_len(speaker))
            marks_join(&speaker->whole_marks, &speaker->turn_marks, turn_len(speaker),
                       &speaker->own_marks);
    }
}

static bool candidate_has_a_line(const struct live *live)
{
    for (size_t i = 0; i < CONVERSATION_SPEAKERS_MAX; i++) {
        const struct conversation_speaker *s = &live->conversation.speakers[i];

        if (s->presence != SPEAKER_NONE && s->candidate)
            return true;
    }
    return false;
}

/* One microphone hears both, and no voice says whose words these are: those of an answer to the
 * question that stands are the candidate's. */
static bool likely_answer(const struct speaker *speaker, const char *own)
{
    const struct said_words *words = &speaker->words;
    const struct live *live = speaker->live;
    size_t start, end;
    float p;

    if (speaker->candidate || words->voice > 0 || candidate_has_a_line(live) ||
        !memory_answers(live->context.memory, own))
        return false;
    question_asked(own, strlen(own), &start, &end, &p);
    return p < ANSWER_ASKS_MAX;
}

/* What the step needs to know of these words; they are classified here, once. */
static struct said facts_of(struct speaker *speaker, const char *own)
{
    struct said_words *words = &speaker->words;
    uint64_t id = conversation_turn_exchange(&speaker->live->conversation, speaker->id);
    const struct exchange *exchange = id ? exchange_find(speaker->live, id) : NULL;
    struct said said = {.words = *own != '\0'};

    if (likely_answer(speaker, own))
        words->who = VOICE_CANDIDATE;
    said.own = words->who == VOICE_CANDIDATE && !speaker->candidate;
    said.unsure = words->who == VOICE_UNKNOWN;

    words->own = own;
    words->whole = words->asked = own;
    words->aside = "";
    words->heard = NULL;
    words->p = 0;
    words->question = (struct question){0};
    if (!said.words)
        return said;
    words->whole_ms = words->own_ms;
    words->whole_span = words->own_span;
    if (said.own)
        return said;
    relate(speaker, &said);
    find_question(speaker, words);
    words->question = question_classify(words->whole);
    said.question = words->question.is_question;
    said.hanging = question_hangs(words->whole, strlen(words->whole));
    said.count = count_words(words->whole);
    said.same = exchange && answer_same_question(exchange->question, words->asked);
    said.changed = exchange && strcmp(exchange->question, words->asked) != 0;
    return said;
}

/* Of utterances that nobody will finish: now is when they were said. */
static struct said facts_of_unfinished(struct speaker *speaker)
{
    uint64_t now = clock_mono_us();

    speaker->words = (struct said_words){
        .speech_end_us = now, .final_us = now, .who = who_by_start(speaker), .voice = -1};
    return facts_of(speaker, asr_session_unfinished(speaker->session));
}

static bool happened(struct speaker *speaker, struct conversation_event event)
{
    event.speaker = speaker->id;
    return conversation_speaker(&speaker->live->conversation, speaker->id) &&
           live_step(speaker->live, &event);
}

/* ---------------------------------------------------------- what the recogniser reports */

static void on_ready(const char *engine, const char *model, void *arg)
{
    struct speaker *speaker = arg;

    text_copy(speaker->engine, sizeof(speaker->engine), engine, strlen(engine));
    text_copy(speaker->model, sizeof(speaker->model), model, strlen(model));
    if (!speaker->quiet_ready)
        tell_listening(speaker);
}

static void on_partial(uint32_t utterance, const struct asr_result *res, uint64_t start_ms,
                       uint64_t end_ms, void *arg)
{
    struct speaker *speaker = arg;
    float voice;
    enum voice_who who = who_says(speaker, utterance, &voice);

    happened(speaker, (struct conversation_event){.kind = CONVERSATION_PARTIAL,
                                                  .utterance = utterance,
                                                  .start_ms = start_ms,
                                                  .at_us = clock_mono_us(),
                                                  .said = {.words = res->text[0] != '\0'}});
    tell(speaker, &(struct live_event){.kind = LIVE_PARTIAL,
                                       .words = {.utterance = utterance,
                                                 .result = res,
                                                 .start_ms = start_ms,
                                                 .end_ms = end_ms,
                                                 .who = who,
                                                 .voice = voice}});
}

/* ------------------------------------------------------------------------- echoes */

/* What it is saying now, by the clock; false: nothing. */
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

static void on_final(const struct asr_session_final *final, void *arg)
{
    struct speaker *speaker = arg;
    struct asr_result res = without_echo(speaker, final);
    const char *engine = asr_hub_engine(live_deps(speaker->live)->hub)->name;
    float voice;
    enum voice_who who = who_says(speaker, final->utterance, &voice);

    happened(speaker, (struct conversation_event){.kind = CONVERSATION_FINAL,
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
    tell_lasting(speaker, &(struct live_event){.kind = LIVE_FINAL,
                                               .words = {.utterance = final->utterance,
                                                         .result = &res,
                                                         .start_ms = final->start_ms,
                                                         .end_ms = final->end_ms,
                                                         .latency_ms = final->latency_ms,
                                                         .who = who,
                                                         .voice = voice}});
}

/* The words of its finished utterances are these now. */
static void lengthen_turn(struct speaker *speaker, const char *whole)
{
    struct buf text;

    buf_init(&text, WORDS_MAX);
    buf_puts(&text, whole);
    buf_release(&speaker->turn);
    speaker->turn = text;
    speaker->turn_marks = speaker->whole_marks;
    speaker->finished = speaker->words;
    speaker->finished.own = speaker->finished.whole = NULL; /* borrowed for the event */
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
    enum voice_who who = who_says(speaker, turn->utterance, &voice);

    if (turn->state == TURN_ENDED)
        text = speaker->final_text.len ? speaker->final_text.data : "";
    else
        speaker->own_marks.count = 0;
    speaker->words.who = who;
    speaker->words.voice = voice;
    event.said = facts_of(speaker, turn->state == TURN_RESUMED ? "" : text);
    if (turn->state == TURN_EAGER && running_span(speaker, &running) && is_echo(speaker, &running))
        event.said.question = false;
    alone = speaker->words.whole == speaker->words.own;
    tell_lasting(speaker, &(struct live_event){.kind = LIVE_TURN,
                                               .turn = {.utterance = turn->utterance,
                                                        .state = turn->state,
                                                        .question = speaker->words.question,
                                                        .p = turn->p,
                                                        .who = who,
                                                        .voice = voice}});
    if (happened(speaker, event) && turn->state == TURN_ENDED && event.said.words &&
        !event.said.own)
        lengthen_turn(speaker, alone ? text : join(speaker, text));
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
    happened(speaker, (struct conversation_event){.kind = CONVERSATION_BROKE});
    speaker->why = NULL;
}

/* Something went wrong and was mended: the line goes on. */
static void on_trouble(int err, const char *why, void *arg)
{
    (void)err;
    speaker_tell_error(arg, LIVE_PROVIDER_FAILED, why);
}

static void on_done(void *arg)
{
    struct speaker *speaker = arg;

    happened(speaker, (struct conversation_event){.kind = CONVERSATION_HEARD_ALL,
                                                  .said = facts_of_unfinished(speaker)});
}

static void on_sound(uint64_t at, const int16_t *pcm, size_t n, void *arg)
{
    const struct speaker *speaker = arg;

    recording_hear(speaker->live, speaker->id, at, pcm, n);
}

static const struct asr_session_handlers session_events = {
    .on_sound = on_sound,
    .on_ready = on_ready,
    .on_partial = on_partial,
    .on_final = on_final,
    .on_turn = on_turn,
    .on_error = on_error,
    .on_trouble = on_trouble,
    .on_done = on_done,
};

/* ----------------------------------------------------------------- what is performed */

/* Of the running utterance. */
static struct said_span span_so_far(const struct speaker *speaker)
{
    const struct conversation_speaker *s =
        conversation_speaker(&speaker->live->conversation, speaker->id);

    return (struct said_span){.from_ms = s ? s->start_ms : 0,
                              .to_ms = speaker->fed * 1000 / (uint64_t)speaker->sample_rate};
}

/* In the turn's row; behind the words that are in it already, or by themselves. */
static void write_remark(struct speaker *speaker, const struct said_words *said, const char *words,
                         bool unfinished)
{
    struct live *live = speaker->live;
    struct row *row = &speaker->row;
    char url[RECORDING_URL_MAX];
    struct transcript_pair pair = {
        .session_id = live->context.session_id,
        .number = live->conversation.questions + 1, /* of the question that follows */
        .question = words,
        .answer = "",
        .quality = -1,
        .confidence = said->confidence,
        .line = said->who == VOICE_CANDIDATE ? STORE_CANDIDATE : STORE_INTERVIEWER,
        .speaker = voice_who_name(said->who),
        .voice = said->voice,
        .speech_ms = words == said->own ? said->own_ms : said->whole_ms,
        .audio_url = recording_url(live, said, words != said->own, url),
        .unfinished = unfinished,
    };

    if (!live_deps(live)->keep)
        return;
    if (!row->transcript_id[0]) {
        id_new(row->transcript_id);
        row->timestamp = clock_unix_ms();
    }
    pair.transcript_id = row->transcript_id;
    pair.timestamp = row->timestamp;
    if (transcript_write(live->writer, &pair, NULL, NULL))
        log_error("live", "words could not be kept: no memory");
}

static void speaker_free(void *arg)
{
    struct speaker *speaker = arg;

    resume_release(&speaker->memory);
    for (size_t i = 0; i < HEARD; i++)
        free(speaker->heard[i]);
    buf_release(&speaker->turn);
    buf_release(&speaker->said);
    buf_release(&speaker->final_text);
    buf_release(&speaker->marked);
    buf_release(&speaker->asked);
    buf_release(&speaker->aside);
    free(speaker);
}

void speaker_unhook(struct speaker *speaker)
{
    struct speaker **at = &speaker->live->speakers;

    while (*at != speaker)
        at = &(*at)->next;
    *at = speaker->next;
    asr_session_close(speaker->session);
    timer_close(speaker->park_timer);
    loop_free_later(live_deps(speaker->live)->loop, speaker, speaker_free);
}

void speaker_perform(struct live *live, const struct conversation_action *action)
{
    struct speaker *speaker = speaker_find(live, action->speaker);
    struct said_words running = {.voice = -1};

    if (!speaker)
        return;
    running.who = who_by_start(speaker);
    running.line = speaker->id;
    running.own_span = running.whole_span = span_so_far(speaker);
    switch (action->kind) {
    case DO_BEGIN_TURN:
        buf_clear(&speaker->turn);
        speaker->turn_marks.count = 0;
        speaker->finished = (struct said_words){0};
        speaker->row.transcript_id[0] = '\0';
        break;
    case DO_REMARK:
        memory_heard(live->context.memory,
                     speaker->words.who == VOICE_CANDIDATE ? MEMORY_CANDIDATE : MEMORY_INTERVIEWER,
                     speaker->words.own, 0);
        write_remark(speaker, &speaker->words,
                     action->row ? speaker->words.whole : speaker->words.own, false);
        break;
    case DO_KEEP_WORDS:
        write_remark(speaker, &running,
                     action->row ? speaker_running_words(speaker)
                                 : asr_session_unfinished(speaker->session),
                     true);
        break;
    case DO_RESTORE_REMARK:
        write_remark(speaker, &speaker->finished, speaker->turn.len ? speaker->turn.data : "",
                     false);
        break;
    case DO_ERASE_REMARK:
        transcript_erase(live->writer, live->context.session_id, speaker->row.transcript_id);
        speaker->row.transcript_id[0] = '\0';
        break;
    case DO_LEAVE_REMARK:
        speaker->row.transcript_id[0] = '\0';
        break;
    case DO_STOP_HEARING:
        asr_session_stop(speaker->session);
        break;
    case DO_PARK:
        timer_start(speaker->park_timer, LIVE_PARK_MS, 0);
        break;
    case DO_UNPARK:
        timer_stop(speaker->park_timer);
        break;
    case DO_TELL_TAKEN:
        if (speaker->h.on_taken)
            speaker->h.on_taken(speaker->arg);
        break;
    case DO_TELL_DONE:
        speaker->h.on_done(speaker->arg);
        break;
    case DO_TELL_FATAL:
        speaker->h.on_fatal(speaker->err, speaker->why, speaker->arg);
        break;
    case DO_DROP_SPEAKER:
        speaker_unhook(speaker);
        break;
    case DO_REFUSE:
        speaker_tell_error(speaker, LIVE_OVERLOADED, "too many questions at once");
        break;
    default:
        log_error("live", "an action (%d) that no speaker performs", (int)action->kind);
        break;
    }
}

/* ------------------------------------------------------------------------ its socket */

static void nobody_came(void *arg)
{
    struct speaker *speaker = arg;

    happened(speaker, (struct conversation_event){.kind = CONVERSATION_NOBODY_CAME,
                                                  .said = facts_of_unfinished(speaker)});
}

static struct speaker *speaker_make(struct live *live, const struct speaker_params *params,
                                    const struct speaker_handlers *h, void *arg)
{
    struct speaker *speaker = calloc(1, sizeof(*speaker));

    if (!speaker)
        return NULL;
    speaker->live = live;
    speaker->h = *h;
    speaker->arg = arg;
    speaker->candidate = params->candidate;
    speaker->sample_rate = params->sample_rate ? params->sample_rate : ASR_SAMPLE_RATE;
    speaker->quiet_ready = params->quiet_ready;
    buf_init(&speaker->turn, WORDS_MAX);
    buf_init(&speaker->said, 2 * WORDS_MAX);
    buf_init(&speaker->final_text, WORDS_MAX);
    buf_init(&speaker->asked, 2 * WORDS_MAX);
    buf_init(&speaker->aside, 2 * WORDS_MAX);
    if (params->key &&
        !timer_open(&speaker->park_timer, live_deps(live)->loop, nobody_came, speaker))
        resume_init(&speaker->memory, params->key);
    return speaker;
}

int speaker_open(uint64_t *idp, struct live *live, const struct speaker_params *params,
                 const struct speaker_handlers *h, void *arg, struct errbuf *why)
{
    const struct session_context *b = &live->context;
    const char *language = params->language ? params->language
                           : b->language[0] ? b->language
                                            : live_deps(live)->language;
    struct asr_session_params session = {
        .sample_rate = params->sample_rate,
        .channels = params->channels,
        .push_to_talk = params->push_to_talk,
        .vad = params->vad,
        .pace = params->pace,
        .nets = live_deps(live)->nets,
        .voices = live->voices,
        .candidate = params->candidate,
        .asr = {.language = language,
                .vocabulary = (const char *const *)b->vocabulary,
                .vocabulary_count = b->vocabulary_count},
    };
    struct conversation_event opened = {.kind = CONVERSATION_OPENED,
                                        .candidate = params->candidate};
    struct speaker *speaker;
    int err;

    if (live->conversation.life != CONVERSATION_OPEN)
        return err_set(why, UV_ECANCELED, "the server is going away");
    if (!live_deps(live)->hub)
        return err_set(why, UV_ENOENT, "no recogniser is available: interviewd doctor says why");
    if (conversation_is_full(&live->conversation))
        return err_set(why, UV_EAGAIN, "as many as can be are heard in this interview already");
    asr_nets_look(live_deps(live)->nets);
    speaker = speaker_make(live, params, h, arg);
    if (!speaker)
        return UV_ENOMEM;
    err = asr_session_open(&speaker->session, live_deps(live)->hub, &session, &session_events,
                           speaker, why);
    opened.keyed = speaker->memory.key[0] != '\0';
    if (!err && !live_step(live, &opened))
        err = err_set(why, UV_ECANCELED, "the interview is over");
    speaker->next = live->speakers;
    live->speakers = speaker;
    if (err) {
        speaker_unhook(speaker);
        return err;
    }
    *idp = speaker->id = live->conversation.last_id;
    return 0;
}

int speaker_feed(struct live *live, uint64_t id, const int16_t *pcm, size_t n)
{
    struct speaker *speaker = speaker_find(live, id);

    if (!speaker)
        return UV_ECANCELED;
    speaker->fed += n;
    return asr_session_feed(speaker->session, pcm, n);
}

void speaker_stop(struct live *live, uint64_t id)
{
    struct speaker *speaker = speaker_find(live, id);

    if (speaker)
        happened(speaker, (struct conversation_event){.kind = CONVERSATION_STOP});
}

void speaker_give_up(struct speaker *speaker)
{
    if (!happened(speaker, (struct conversation_event){.kind = CONVERSATION_GIVE_UP,
                                                       .said = facts_of_unfinished(speaker)}))
        speaker_unhook(speaker);
}

void speaker_close(struct live *live, uint64_t id)
{
    struct speaker *speaker = speaker_find(live, id);

    if (speaker)
        happened(speaker, (struct conversation_event){.kind = CONVERSATION_CLOSE,
                                                      .said = facts_of_unfinished(speaker)});
}

void speaker_vanish(struct live *live, uint64_t id)
{
    struct speaker *speaker = speaker_find(live, id);

    if (speaker)
        happened(speaker, (struct conversation_event){.kind = CONVERSATION_VANISH,
                                                      .at_us = clock_mono_us(),
                                                      .said = facts_of_unfinished(speaker)});
}

static struct speaker *find_key(const struct live *live, const char *key)
{
    struct speaker *speaker = live->speakers;

    while (speaker && (presence_of(speaker) == SPEAKER_LEAVING || !speaker->memory.key[0] ||
                       strcmp(speaker->memory.key, key) != 0))
        speaker = speaker->next;
    return speaker;
}

uint64_t speaker_resume(struct live *live, const char *key, uint32_t seen,
                        const struct speaker_handlers *h, void *arg)
{
    struct speaker *speaker = find_key(live, key);

    if (!speaker || !happened(speaker, (struct conversation_event){.kind = CONVERSATION_COME_BACK}))
        return 0;
    speaker->quiet_ready = false;
    speaker->fed_before = speaker->fed;
    speaker->h = *h;
    speaker->arg = arg;
    if (speaker->engine[0])
        tell_listening(speaker);
    resume_tell(&speaker->memory, seen, h->on_event, arg);
    return speaker->id;
}

bool speaker_finished(struct live *live, uint64_t id)
{
    struct speaker *speaker = speaker_find(live, id);

    return !speaker || presence_of(speaker) == SPEAKER_DONE;
}

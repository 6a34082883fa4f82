/**
 * @file live/speaker.c  One speaker's socket: what is heard, and what of it wants an answer
 *
 * asr_session.h gives utterances; people ask questions, and a question may pause. So what is heard
 * goes through a turn: utterances that follow one another within LIVE_JOIN_GAP_MS belong to the
 * same turn when the first was a question or only a few words ("so ..."). A turn that looks
 * finished is asked at once (eager); its final text confirms that answer, or takes its place.
 * What is said and wants no answer is kept as a remark; when it began a question, that question
 * takes over the line's row.
 *
 * A speaker and its socket part in three ways: stopped (on_done), closed (what was said is heard
 * to its end and kept), or vanished: then it is parked, and another socket may resume it.
 */
#include "live/live_internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "live/resume.h"
#include "loop/loop.h"
#include "observe/metrics.h"

#include <stdlib.h>
#include <string.h>

enum {
    TURN_TEXT_MAX = 8192,  /* longest joined question, [bytes] */
    LEAD_IN_WORDS_MAX = 4, /* "okay so next one" still belongs to what follows */
};

struct turn {
    struct buf text; /* of its finished utterances */
    uint64_t end_ms; /* of the last one */
    int utterances;
    bool question;                   /* its text so far is one */
    char generation_id[ID_TEXT_MAX]; /* "" until asked */
    struct remark remark;            /* its words, as long as they are no question */
};

struct speaker {
    struct speaker *next;
    struct live *live;
    struct asr_session *session;
    struct speaker_handlers h;
    void *arg;
    bool candidate;
    bool quiet_ready;
    bool gone; /* its socket is: nothing is sent, and on_done frees it */
    bool done;
    bool stopped; /* speaker_stop() */
    bool parked;  /* its socket vanished and may come back: nothing is sent, but remembered */
    struct loop_timer *park_timer; /* NULL without a key */
    struct resume memory;
    uint64_t fed;        /* samples a channel */
    uint64_t fed_before; /* of those, on sockets before this one */
    char engine[32];     /* of its `ready`; "" before */
    char model[96];
    struct turn turn;
    struct buf said; /* the running utterance joined to its turn */
    uint32_t utterance;
    uint64_t start_ms; /* of the running utterance */
    uint64_t end_ms;
    struct exchange_words words; /* of its final; question stays in final_text */
    struct buf final_text;
};

static void tell(struct speaker *speaker, const struct live_event *event)
{
    if (!speaker->gone && !speaker->parked)
        speaker->h.on_event(event, speaker->arg);
}

/* What a client that comes back must not have missed. */
static void tell_lasting(struct speaker *speaker, const struct live_event *event)
{
    resume_note(&speaker->memory, event);
    tell(speaker, event);
}

static void tell_error(struct speaker *speaker, enum live_error code, const char *why)
{
    tell(speaker, &(struct live_event){.kind = LIVE_ERROR, .error = {.code = code, .why = why}});
}

/* ------------------------------------------------------------------------- the turn */

static void turn_clear(struct turn *turn)
{
    buf_clear(&turn->text);
    turn->utterances = 0;
    turn->question = false;
    turn->generation_id[0] = '\0';
    turn->remark.transcript_id[0] = '\0';
}

static int count_words(const struct buf *text)
{
    int words = text->len > 0;

    for (size_t i = 0; i < text->len; i++)
        words += text->data[i] == ' ';
    return words;
}

/* Does what is said now belong to the turn before? */
static bool turn_goes_on(const struct speaker *speaker)
{
    const struct turn *turn = &speaker->turn;

    if (turn->utterances == 0 || turn->utterances >= LIVE_JOINS_MAX)
        return false;
    if (speaker->start_ms > turn->end_ms + LIVE_JOIN_GAP_MS)
        return false;
    return turn->question || count_words(&turn->text) <= LEAD_IN_WORDS_MAX;
}

/* The words of the turn with those of the running utterance: "Tell me about a time" + "you led". */
static const char *turn_with(struct speaker *speaker, const char *text)
{
    const struct turn *turn = &speaker->turn;
    size_t len = turn->text.len;

    buf_clear(&speaker->said);
    while (len > 0 && strchr("?.! ", turn->text.data[len - 1]))
        len--;
    if (len > 0) {
        buf_append(&speaker->said, turn->text.data, len);
        buf_putc(&speaker->said, ' ');
    }
    buf_puts(&speaker->said, text);
    return speaker->said.err || !speaker->said.data ? text : speaker->said.data;
}

/* Was it asked? */
static bool ask(struct speaker *speaker, const char *text, bool eager)
{
    struct exchange_input in = {
        .question = text,
        .eager = eager,
        .confidence = speaker->words.confidence,
        .speech_end_us = eager ? 0 : speaker->words.speech_end_us,
        .final_us = eager ? 0 : speaker->words.final_us,
        .replaces = speaker->turn.generation_id,
        .remark = &speaker->turn.remark,
    };
    struct errbuf err = {""};
    struct exchange *exchange;

    if (!exchange_start(speaker->live, &in, &exchange, &err)) {
        memcpy(speaker->turn.generation_id, exchange->generation_id, ID_TEXT_MAX);
        return true;
    }
    tell_error(speaker, LIVE_PROVIDER_FAILED, err.text);
    return false;
}

/* It looks finished: answer ahead, unless that is what is being answered already. */
static void looks_finished(struct speaker *speaker, const char *text,
                           const struct question *question)
{
    const struct exchange *exchange = live_current(speaker->live, speaker->turn.generation_id);

    if (!question->is_question || speaker->candidate)
        return;
    if (!exchange || !answer_same_question(exchange->question, text))
        ask(speaker, text, true);
}

/* They want no answer: kept as they are, with the words before them in the same turn unless those
 * are kept as a question. */
static void keep_remark(struct speaker *speaker, const char *own)
{
    struct turn *turn = &speaker->turn;
    struct remark_words words = {
        .text = turn->remark.transcript_id[0] ? turn_with(speaker, own) : own,
        .confidence = speaker->words.confidence,
        .candidate = speaker->candidate,
    };

    if (*own)
        live_keep_remark(speaker->live, &words, &turn->remark);
}

/* The words of an utterance that nobody will finish: of a question that was looked ahead to, it
 * becomes the text; else they are kept as they are. */
static void keep_unfinished(struct speaker *speaker, const char *words)
{
    struct exchange *exchange = live_current(speaker->live, speaker->turn.generation_id);
    struct exchange_words known = {.speech_end_us = clock_mono_us(), .final_us = clock_mono_us()};

    if (!words || !*words)
        return;
    if (exchange && !exchange->confirmed) {
        known.question = turn_with(speaker, words);
        exchange_confirm(exchange, &known);
    } else {
        keep_remark(speaker, words);
    }
}

static void is_no_question(struct speaker *speaker, struct exchange *exchange, const char *own)
{
    if (speaker->gone && exchange && !exchange->confirmed) {
        keep_unfinished(speaker, own);
        return;
    }
    if (exchange && !exchange->confirmed)
        exchange_withdraw(exchange);
    keep_remark(speaker, own);
}

/* text: of the whole turn; own: of its last utterance. */
static void is_finished(struct speaker *speaker, const char *text, const char *own,
                        const struct question *question)
{
    struct exchange *exchange = live_current(speaker->live, speaker->turn.generation_id);
    struct exchange_words words = speaker->words;

    words.question = text;
    if (speaker->candidate || !question->is_question) {
        is_no_question(speaker, exchange, own);
        return;
    }
    if (exchange && answer_same_question(exchange->question, text)) {
        exchange_confirm(exchange, &words);
    } else if (!ask(speaker, text, false)) {
        keep_remark(speaker, own);
        return;
    }
    speaker->turn.remark.transcript_id[0] = '\0'; /* its row is the question's now */
}

/* --------------------------------------------------------------- what the recogniser reports */

static void send_ready(struct speaker *speaker)
{
    tell(speaker,
         &(struct live_event){
             .kind = LIVE_LISTENING,
             .listening = {.engine = speaker->engine,
                           .model = speaker->model,
                           .heard = speaker->memory.key[0] ? (int64_t)speaker->fed_before : -1}});
}

static void on_ready(const char *engine, const char *model, void *arg)
{
    struct speaker *speaker = arg;

    text_copy(speaker->engine, sizeof(speaker->engine), engine, strlen(engine));
    text_copy(speaker->model, sizeof(speaker->model), model, strlen(model));
    if (!speaker->quiet_ready)
        send_ready(speaker);
}

static void begin_utterance(struct speaker *speaker, uint32_t utterance, uint64_t start_ms)
{
    if (speaker->utterance == utterance)
        return;
    speaker->utterance = utterance;
    speaker->start_ms = start_ms;
    if (!turn_goes_on(speaker))
        turn_clear(&speaker->turn);
}

static void on_partial(uint32_t utterance, const struct asr_result *res, uint64_t start_ms,
                       uint64_t end_ms, void *arg)
{
    struct speaker *speaker = arg;

    begin_utterance(speaker, utterance, start_ms);
    tell(speaker, &(struct live_event){.kind = LIVE_PARTIAL,
                                       .words = {.utterance = utterance,
                                                 .result = res,
                                                 .start_ms = start_ms,
                                                 .end_ms = end_ms}});
}

static void on_final(uint32_t utterance, const struct asr_result *res, uint64_t start_ms,
                     uint64_t end_ms, uint64_t latency_ms, void *arg)
{
    struct speaker *speaker = arg;

    begin_utterance(speaker, utterance, start_ms);
    metric_add(METRIC_UTTERANCES, asr_hub_engine(live_deps(speaker->live)->hub)->name, 1);
    metric_observe(METRIC_FINAL_SECONDS, asr_hub_engine(live_deps(speaker->live)->hub)->name,
                   (double)latency_ms / 1000);
    speaker->end_ms = end_ms;
    speaker->words.final_us = clock_mono_us();
    speaker->words.speech_end_us = speaker->words.final_us - latency_ms * 1000;
    speaker->words.confidence = res->confidence;
    buf_clear(&speaker->final_text);
    buf_puts(&speaker->final_text, res->text);

    tell_lasting(speaker, &(struct live_event){.kind = LIVE_FINAL,
                                               .words = {.utterance = utterance,
                                                         .result = res,
                                                         .start_ms = start_ms,
                                                         .end_ms = end_ms,
                                                         .latency_ms = latency_ms}});
}

static void end_utterance(struct speaker *speaker, const char *text, bool question)
{
    struct turn *turn = &speaker->turn;
    struct buf whole;

    buf_init(&whole, TURN_TEXT_MAX);
    buf_puts(&whole, text);
    buf_release(&turn->text);
    turn->text = whole;
    turn->end_ms = speaker->end_ms;
    turn->utterances++;
    turn->question = question;
}

static void on_turn(uint32_t utterance, enum turn_state state, const char *text, void *arg)
{
    struct speaker *speaker = arg;
    const char *own =
        state == TURN_ENDED && speaker->final_text.data ? speaker->final_text.data : text;
    const char *said;
    struct question question = {0};

    if (state == TURN_ENDED && !speaker->final_text.len)
        own = "";
    said = own;
    if (state != TURN_RESUMED && *own) {
        said = turn_with(speaker, own);
        question = question_classify(said);
    }
    tell_lasting(speaker,
                 &(struct live_event){
                     .kind = LIVE_TURN,
                     .turn = {.utterance = utterance, .state = state, .question = question}});

    if (state == TURN_EAGER && *said && speaker->utterance == utterance) {
        looks_finished(speaker, said, &question);
    } else if (state == TURN_ENDED) {
        is_finished(speaker, said, own, &question);
        if (*said)
            end_utterance(speaker, said, question.is_question);
    }
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

    tell_error(speaker, error_of(err), why);
    if (speaker->parked)
        speaker->gone = true; /* who comes back begins anew */
    else if (!speaker->gone)
        speaker->h.on_fatal(err, why, speaker->arg);
}

/* Something went wrong and was mended: the line goes on. */
static void on_trouble(int err, const char *why, void *arg)
{
    (void)err;
    tell_error(arg, LIVE_PROVIDER_FAILED, why);
}

static void leave(struct speaker *speaker);

static void on_done(void *arg)
{
    struct speaker *speaker = arg;

    speaker->done = true;
    if (speaker->gone)
        leave(speaker);
    else if (!speaker->parked)
        speaker->h.on_done(speaker->arg);
}

static const struct asr_session_handlers session_events = {
    .on_ready = on_ready,
    .on_partial = on_partial,
    .on_final = on_final,
    .on_turn = on_turn,
    .on_error = on_error,
    .on_trouble = on_trouble,
    .on_done = on_done,
};

/* -------------------------------------------------------------------------- the speaker */

static void nobody_came(void *arg);

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
    speaker->quiet_ready = params->quiet_ready;
    buf_init(&speaker->turn.text, TURN_TEXT_MAX);
    buf_init(&speaker->said, 2 * TURN_TEXT_MAX);
    buf_init(&speaker->final_text, TURN_TEXT_MAX);
    if (params->key &&
        !timer_open(&speaker->park_timer, live_deps(live)->loop, nobody_came, speaker))
        resume_init(&speaker->memory, params->key);
    return speaker;
}

static void speaker_free(struct speaker *speaker)
{
    asr_session_close(speaker->session);
    timer_close(speaker->park_timer);
    resume_release(&speaker->memory);
    buf_release(&speaker->turn.text);
    buf_release(&speaker->said);
    buf_release(&speaker->final_text);
    free(speaker);
}

int speaker_open(struct speaker **ep, struct live *live, const struct speaker_params *params,
                 const struct speaker_handlers *h, void *arg, struct errbuf *err)
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
        .asr = {.language = language,
                .vocabulary = (const char *const *)b->vocabulary,
                .vocabulary_count = b->vocabulary_count},
    };
    struct speaker *speaker;
    int code;

    if (!live_deps(live)->hub)
        return err_set(err, UV_ENOENT, "no recogniser is available: interviewd doctor says why");
    speaker = speaker_make(live, params, h, arg);
    if (!speaker)
        return UV_ENOMEM;
    code = asr_session_open(&speaker->session, live_deps(live)->hub, &session, &session_events,
                            speaker, err);
    if (code) {
        speaker_free(speaker);
        return code;
    }
    live->joined++;
    speaker->next = live->speakers;
    live->speakers = speaker;
    *ep = speaker;
    return 0;
}

int speaker_feed(struct speaker *speaker, const int16_t *pcm, size_t n)
{
    speaker->fed += n;
    return asr_session_feed(speaker->session, pcm, n);
}

void speaker_stop(struct speaker *speaker)
{
    if (!speaker->stopped)
        asr_session_stop(speaker->session);
    speaker->stopped = true;
}

static void unlink_speaker(struct speaker *speaker)
{
    struct speaker **at = &speaker->live->speakers;

    while (*at != speaker)
        at = &(*at)->next;
    *at = speaker->next;
}

static void leave(struct speaker *speaker)
{
    struct live *live = speaker->live;

    unlink_speaker(speaker);
    speaker_free(speaker);
    live_leave(live);
}

void speaker_give_up(struct speaker *speaker)
{
    keep_unfinished(speaker, asr_session_unfinished(speaker->session));
    leave(speaker);
}

/* Nobody listens any more, but what was said is still heard to its end and kept. */
void speaker_close(struct speaker *speaker)
{
    if (!speaker)
        return;
    if (speaker->park_timer)
        timer_stop(speaker->park_timer);
    speaker->gone = true;
    if (speaker->done || speaker->live->stopping)
        speaker_give_up(speaker);
    else
        speaker_stop(speaker);
}

/* -------------------------------------------------------------- vanishing and coming back */

static void nobody_came(void *arg)
{
    speaker_close(arg);
}

/* Of too many that wait the one that has waited longest gives up: it is nearest the list's end. */
static void limit_parked(const struct live *live)
{
    struct speaker *oldest = NULL;
    int parked = 0;

    for (struct speaker *speaker = live->speakers; speaker; speaker = speaker->next) {
        if (speaker->parked && !speaker->gone) {
            oldest = speaker;
            parked++;
        }
    }
    if (parked > LIVE_PARKED_MAX)
        speaker_close(oldest);
}

void speaker_vanish(struct speaker *speaker)
{
    if (!speaker)
        return;
    if (!speaker->memory.key[0] || speaker->live->stopping ||
        timer_start(speaker->park_timer, LIVE_PARK_MS, 0)) {
        speaker_close(speaker);
        return;
    }
    speaker->parked = true;
    limit_parked(speaker->live);
}

static struct speaker *find_key(const struct live *live, const char *key)
{
    struct speaker *speaker = live->speakers;

    while (speaker &&
           (speaker->gone || !speaker->memory.key[0] || strcmp(speaker->memory.key, key) != 0))
        speaker = speaker->next;
    return speaker;
}

struct speaker *speaker_resume(struct live *live, const char *key, uint32_t seen,
                               const struct speaker_handlers *h, void *arg)
{
    struct speaker *speaker = find_key(live, key);

    if (!speaker)
        return NULL;
    timer_stop(speaker->park_timer);
    if (!speaker->parked && speaker->h.on_taken)
        speaker->h.on_taken(speaker->arg); /* its old socket has not noticed yet that it is dead */
    speaker->parked = false;
    speaker->quiet_ready = false;
    speaker->fed_before = speaker->fed;
    speaker->h = *h;
    speaker->arg = arg;
    if (speaker->engine[0])
        send_ready(speaker);
    resume_tell(&speaker->memory, seen, h->on_event, arg);
    return speaker;
}

bool speaker_finished(const struct speaker *speaker)
{
    return speaker->done;
}

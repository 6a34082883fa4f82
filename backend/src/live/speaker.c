/**
 * @file live/speaker.c  One speaker's socket: what is heard, and what of it wants an answer
 *
 * hearing.h gives utterances; people ask questions, and a question may pause. So what is heard
 * goes through a turn: utterances that follow one another within LIVE_JOIN_GAP_MS belong to the
 * same turn when the first was a question or only a few words ("so ..."). A turn that looks
 * finished is asked at once (eager); its final text confirms that answer, or takes its place.
 * What is said and wants no answer is kept as a line; when it began a question, that question takes
 * over the line's row.
 *
 * An ear and its socket part in three ways: stopped (on_done), closed (what was said is heard to
 * its end and kept), or vanished: then it is parked, and another socket may resume it.
 */
#include "live/live_internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "live/messages.h"
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
    struct kept_line line;           /* its words, as long as they are no question */
};

struct live_ear {
    struct live_ear *next;
    struct live *live;
    struct hearing *hearing;
    struct live_ear_handlers h;
    void *arg;
    bool candidate;
    bool quiet_ready;
    bool gone; /* its socket is: nothing is sent, and on_done frees it */
    bool done;
    bool stopped; /* live_ear_stop() */
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
    struct asked_words words; /* of its final; question stays in final_text */
    struct buf final_text;
};

static void send_message(struct live_ear *ear, struct buf *msg, enum ws_kind kind, uint32_t key)
{
    if (!msg->err && !ear->gone && !ear->parked)
        ear->h.send(msg->data, msg->len, kind, key, ear->arg);
    buf_release(msg);
}

/* What a client that comes back must not have missed. */
static void send_lasting(struct live_ear *ear, uint32_t utterance, struct buf *msg, uint32_t key)
{
    resume_note(&ear->memory, utterance, msg);
    send_message(ear, msg, WS_KEEP, key);
}

/* ------------------------------------------------------------------------- the turn */

static void turn_clear(struct turn *turn)
{
    buf_clear(&turn->text);
    turn->utterances = 0;
    turn->question = false;
    turn->generation_id[0] = '\0';
    turn->line.transcript_id[0] = '\0';
}

static int count_words(const struct buf *text)
{
    int words = text->len > 0;

    for (size_t i = 0; i < text->len; i++)
        words += text->data[i] == ' ';
    return words;
}

/* Does what is said now belong to the turn before? */
static bool turn_goes_on(const struct live_ear *ear)
{
    const struct turn *turn = &ear->turn;

    if (turn->utterances == 0 || turn->utterances >= LIVE_JOINS_MAX)
        return false;
    if (ear->start_ms > turn->end_ms + LIVE_JOIN_GAP_MS)
        return false;
    return turn->question || count_words(&turn->text) <= LEAD_IN_WORDS_MAX;
}

/* The words of the turn with those of the running utterance: "Tell me about a time" + "you led". */
static const char *turn_with(struct live_ear *ear, const char *text)
{
    const struct turn *turn = &ear->turn;
    size_t len = turn->text.len;

    buf_clear(&ear->said);
    while (len > 0 && strchr("?.! ", turn->text.data[len - 1]))
        len--;
    if (len > 0) {
        buf_append(&ear->said, turn->text.data, len);
        buf_putc(&ear->said, ' ');
    }
    buf_puts(&ear->said, text);
    return ear->said.err || !ear->said.data ? text : ear->said.data;
}

/* Was it asked? */
static bool ask(struct live_ear *ear, const char *text, bool eager)
{
    struct asked_input in = {
        .question = text,
        .eager = eager,
        .confidence = ear->words.confidence,
        .speech_end_us = eager ? 0 : ear->words.speech_end_us,
        .final_us = eager ? 0 : ear->words.final_us,
        .replaces = ear->turn.generation_id,
        .line = &ear->turn.line,
    };
    struct errbuf err = {""};
    struct asked *asked;
    struct buf msg;

    if (!asked_start(ear->live, &in, &asked, &err)) {
        memcpy(ear->turn.generation_id, asked->generation_id, ID_TEXT_MAX);
        return true;
    }
    buf_init(&msg, MESSAGE_MAX);
    message_error(&msg, "provider_failed", err.text);
    send_message(ear, &msg, WS_KEEP, 0);
    return false;
}

/* It looks finished: answer ahead, unless that is what is being answered already. */
static void looks_finished(struct live_ear *ear, const char *text, const struct question *question)
{
    const struct asked *asked = live_current(ear->live, ear->turn.generation_id);

    if (!question->is_question || ear->candidate)
        return;
    if (!asked || !answer_same_question(asked->question, text))
        ask(ear, text, true);
}

/* They want no answer: kept as they are, with the words before them in the same turn unless those
 * are kept as a question. */
static void keep_line(struct live_ear *ear, const char *own)
{
    struct turn *turn = &ear->turn;
    struct line_words words = {
        .text = turn->line.transcript_id[0] ? turn_with(ear, own) : own,
        .confidence = ear->words.confidence,
        .candidate = ear->candidate,
    };

    if (*own)
        live_keep_line(ear->live, &words, &turn->line);
}

/* The words of an utterance that nobody will finish: of a question that was looked ahead to, it
 * becomes the text; else they are kept as they are. */
static void keep_unfinished(struct live_ear *ear, const char *words)
{
    struct asked *asked = live_current(ear->live, ear->turn.generation_id);
    struct asked_words known = {.speech_end_us = clock_mono_us(), .final_us = clock_mono_us()};

    if (!words || !*words)
        return;
    if (asked && !asked->confirmed) {
        known.question = turn_with(ear, words);
        asked_confirm(asked, &known);
    } else {
        keep_line(ear, words);
    }
}

static void is_no_question(struct live_ear *ear, struct asked *asked, const char *own)
{
    if (ear->gone && asked && !asked->confirmed) {
        keep_unfinished(ear, own);
        return;
    }
    if (asked && !asked->confirmed)
        asked_withdraw(asked);
    keep_line(ear, own);
}

/* text: of the whole turn; own: of its last utterance. */
static void is_finished(struct live_ear *ear, const char *text, const char *own,
                        const struct question *question)
{
    struct asked *asked = live_current(ear->live, ear->turn.generation_id);
    struct asked_words words = ear->words;

    words.question = text;
    if (ear->candidate || !question->is_question) {
        is_no_question(ear, asked, own);
        return;
    }
    if (asked && answer_same_question(asked->question, text)) {
        asked_confirm(asked, &words);
    } else if (!ask(ear, text, false)) {
        keep_line(ear, own);
        return;
    }
    ear->turn.line.transcript_id[0] = '\0'; /* its row is the question's now */
}

/* --------------------------------------------------------------- what hearing reports */

static void send_ready(struct live_ear *ear)
{
    struct buf msg;

    buf_init(&msg, MESSAGE_MAX);
    message_ready(&msg, ear->engine, ear->model,
                  ear->memory.key[0] ? (int64_t)ear->fed_before : -1);
    send_message(ear, &msg, WS_KEEP, 0);
}

static void on_ready(const char *engine, const char *model, void *arg)
{
    struct live_ear *ear = arg;

    text_copy(ear->engine, sizeof(ear->engine), engine, strlen(engine));
    text_copy(ear->model, sizeof(ear->model), model, strlen(model));
    if (!ear->quiet_ready)
        send_ready(ear);
}

static void begin_utterance(struct live_ear *ear, uint32_t utterance, uint64_t start_ms)
{
    if (ear->utterance == utterance)
        return;
    ear->utterance = utterance;
    ear->start_ms = start_ms;
    if (!turn_goes_on(ear))
        turn_clear(&ear->turn);
}

static void on_partial(uint32_t utterance, const struct asr_result *res, uint64_t start_ms,
                       uint64_t end_ms, void *arg)
{
    struct live_ear *ear = arg;
    struct buf msg;

    begin_utterance(ear, utterance, start_ms);
    buf_init(&msg, MESSAGE_MAX);
    message_partial(&msg, utterance, res, start_ms, end_ms);
    send_message(ear, &msg, WS_REPLACE, utterance);
}

static void on_final(uint32_t utterance, const struct asr_result *res, uint64_t start_ms,
                     uint64_t end_ms, uint64_t latency_ms, void *arg)
{
    struct live_ear *ear = arg;
    struct buf msg;

    begin_utterance(ear, utterance, start_ms);
    metric_add(METRIC_UTTERANCES, asr_hub_engine(live_deps(ear->live)->hub)->name, 1);
    metric_observe(METRIC_FINAL_SECONDS, asr_hub_engine(live_deps(ear->live)->hub)->name,
                   (double)latency_ms / 1000);
    ear->end_ms = end_ms;
    ear->words.final_us = clock_mono_us();
    ear->words.speech_end_us = ear->words.final_us - latency_ms * 1000;
    ear->words.confidence = res->confidence;
    buf_clear(&ear->final_text);
    buf_puts(&ear->final_text, res->text);

    /* The same key as its partials: an unsent one is not worth sending after this. */
    buf_init(&msg, MESSAGE_MAX);
    message_final(&msg, utterance, res, start_ms, end_ms, latency_ms);
    send_lasting(ear, utterance, &msg, utterance);
}

static void send_turn(struct live_ear *ear, uint32_t utterance, enum turn_state state,
                      const struct question *question)
{
    struct buf msg;

    buf_init(&msg, MESSAGE_MAX);
    message_turn(&msg, utterance, state, question);
    send_lasting(ear, utterance, &msg, 0);
}

static void end_utterance(struct live_ear *ear, const char *text, bool question)
{
    struct turn *turn = &ear->turn;
    struct buf whole;

    buf_init(&whole, TURN_TEXT_MAX);
    buf_puts(&whole, text);
    buf_release(&turn->text);
    turn->text = whole;
    turn->end_ms = ear->end_ms;
    turn->utterances++;
    turn->question = question;
}

static void on_turn(uint32_t utterance, enum turn_state state, const char *text, void *arg)
{
    struct live_ear *ear = arg;
    const char *own = state == TURN_ENDED && ear->final_text.data ? ear->final_text.data : text;
    const char *said;
    struct question question = {0};

    if (state == TURN_ENDED && !ear->final_text.len)
        own = "";
    said = own;
    if (state != TURN_RESUMED && *own) {
        said = turn_with(ear, own);
        question = question_classify(said);
    }
    send_turn(ear, utterance, state, &question);

    if (state == TURN_EAGER && *said && ear->utterance == utterance) {
        looks_finished(ear, said, &question);
    } else if (state == TURN_ENDED) {
        is_finished(ear, said, own, &question);
        if (*said)
            end_utterance(ear, said, question.is_question);
    }
}

static const char *wire_code(int code)
{
    switch (code) {
    case UV_EAGAIN:
    case UV_ENOBUFS:
        return "overloaded";
    case UV_ENOENT:
    case UV_ENOSYS:
        return "unavailable";
    case UV_EINVAL:
        return "bad_audio";
    default:
        return "internal";
    }
}

static void on_error(int code, const char *message, void *arg)
{
    struct live_ear *ear = arg;
    struct buf msg;

    buf_init(&msg, MESSAGE_MAX);
    message_error(&msg, wire_code(code), message);
    send_message(ear, &msg, WS_KEEP, 0);
    if (ear->parked)
        ear->gone = true; /* who comes back begins anew */
    else if (!ear->gone)
        ear->h.on_fatal(code, message, ear->arg);
}

/* Something went wrong and was mended: the line goes on. */
static void on_trouble(int code, const char *message, void *arg)
{
    struct live_ear *ear = arg;
    struct buf msg;

    (void)code;
    buf_init(&msg, MESSAGE_MAX);
    message_error(&msg, "provider_failed", message);
    send_message(ear, &msg, WS_KEEP, 0);
}

static void leave(struct live_ear *ear);

static void on_done(void *arg)
{
    struct live_ear *ear = arg;

    ear->done = true;
    if (ear->gone)
        leave(ear);
    else if (!ear->parked)
        ear->h.on_done(ear->arg);
}

static const struct hearing_handlers hearing_events = {
    .on_ready = on_ready,
    .on_partial = on_partial,
    .on_final = on_final,
    .on_turn = on_turn,
    .on_error = on_error,
    .on_trouble = on_trouble,
    .on_done = on_done,
};

/* -------------------------------------------------------------------------- the ear */

static void nobody_came(void *arg);

static struct live_ear *ear_make(struct live *live, const struct live_ear_params *params,
                                 const struct live_ear_handlers *h, void *arg)
{
    struct live_ear *ear = calloc(1, sizeof(*ear));

    if (!ear)
        return NULL;
    ear->live = live;
    ear->h = *h;
    ear->arg = arg;
    ear->candidate = params->candidate;
    ear->quiet_ready = params->quiet_ready;
    buf_init(&ear->turn.text, TURN_TEXT_MAX);
    buf_init(&ear->said, 2 * TURN_TEXT_MAX);
    buf_init(&ear->final_text, TURN_TEXT_MAX);
    if (params->key && !timer_open(&ear->park_timer, live_deps(live)->loop, nobody_came, ear))
        resume_init(&ear->memory, params->key);
    return ear;
}

static void ear_free(struct live_ear *ear)
{
    hearing_close(ear->hearing);
    timer_close(ear->park_timer);
    resume_release(&ear->memory);
    buf_release(&ear->turn.text);
    buf_release(&ear->said);
    buf_release(&ear->final_text);
    free(ear);
}

int live_ear_open(struct live_ear **ep, struct live *live, const struct live_ear_params *params,
                  const struct live_ear_handlers *h, void *arg, struct errbuf *err)
{
    const struct live_brief *b = &live->brief;
    const char *language = params->language ? params->language
                           : b->language[0] ? b->language
                                            : live_deps(live)->language;
    struct hearing_params hearing = {
        .sample_rate = params->sample_rate,
        .channels = params->channels,
        .push_to_talk = params->push_to_talk,
        .vad = params->vad,
        .asr = {.language = language,
                .vocabulary = (const char *const *)b->vocabulary,
                .vocabulary_count = b->vocabulary_count},
    };
    struct live_ear *ear;
    int code;

    if (!live_deps(live)->hub)
        return err_set(err, UV_ENOENT, "no recogniser is available: interviewd doctor says why");
    ear = ear_make(live, params, h, arg);
    if (!ear)
        return UV_ENOMEM;
    code = hearing_open(&ear->hearing, live_deps(live)->hub, &hearing, &hearing_events, ear, err);
    if (code) {
        ear_free(ear);
        return code;
    }
    live->joined++;
    ear->next = live->ears;
    live->ears = ear;
    *ep = ear;
    return 0;
}

int live_ear_feed(struct live_ear *ear, const int16_t *pcm, size_t n)
{
    ear->fed += n;
    return hearing_feed(ear->hearing, pcm, n);
}

void live_ear_stop(struct live_ear *ear)
{
    if (!ear->stopped)
        hearing_stop(ear->hearing);
    ear->stopped = true;
}

static void unlink_ear(struct live_ear *ear)
{
    struct live_ear **at = &ear->live->ears;

    while (*at != ear)
        at = &(*at)->next;
    *at = ear->next;
}

static void leave(struct live_ear *ear)
{
    struct live *live = ear->live;

    unlink_ear(ear);
    ear_free(ear);
    live_leave(live);
}

void live_ear_give_up(struct live_ear *ear)
{
    keep_unfinished(ear, hearing_unfinished(ear->hearing));
    leave(ear);
}

/* Nobody listens any more, but what was said is still heard to its end and kept. */
void live_ear_close(struct live_ear *ear)
{
    if (!ear)
        return;
    if (ear->park_timer)
        timer_stop(ear->park_timer);
    ear->gone = true;
    if (ear->done || ear->live->stopping)
        live_ear_give_up(ear);
    else
        live_ear_stop(ear);
}

/* -------------------------------------------------------------- vanishing and coming back */

static void nobody_came(void *arg)
{
    live_ear_close(arg);
}

/* Of too many that wait the one that has waited longest gives up: it is nearest the list's end. */
static void limit_parked(const struct live *live)
{
    struct live_ear *oldest = NULL;
    int parked = 0;

    for (struct live_ear *ear = live->ears; ear; ear = ear->next) {
        if (ear->parked && !ear->gone) {
            oldest = ear;
            parked++;
        }
    }
    if (parked > LIVE_PARKED_MAX)
        live_ear_close(oldest);
}

void live_ear_vanish(struct live_ear *ear)
{
    if (!ear)
        return;
    if (!ear->memory.key[0] || ear->live->stopping ||
        timer_start(ear->park_timer, LIVE_PARK_MS, 0)) {
        live_ear_close(ear);
        return;
    }
    ear->parked = true;
    limit_parked(ear->live);
}

static struct live_ear *find_key(const struct live *live, const char *key)
{
    struct live_ear *ear = live->ears;

    while (ear && (ear->gone || !ear->memory.key[0] || strcmp(ear->memory.key, key) != 0))
        ear = ear->next;
    return ear;
}

struct live_ear *live_ear_resume(struct live *live, const char *key, uint32_t seen,
                                 const struct live_ear_handlers *h, void *arg)
{
    struct live_ear *ear = find_key(live, key);

    if (!ear)
        return NULL;
    timer_stop(ear->park_timer);
    if (!ear->parked && ear->h.on_taken)
        ear->h.on_taken(ear->arg); /* its old socket has not noticed yet that it is dead */
    ear->parked = false;
    ear->quiet_ready = false;
    ear->fed_before = ear->fed;
    ear->h = *h;
    ear->arg = arg;
    if (ear->engine[0])
        send_ready(ear);
    resume_tell(&ear->memory, seen, h->send, arg);
    return ear;
}

bool live_ear_finished(const struct live_ear *ear)
{
    return ear->done;
}

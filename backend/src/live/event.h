/**
 * @file live/event.h  The events of a live interview
 *
 * Everything sent to a page, a terminal or a stream is a struct live_event. Modules pass these on;
 * api/messages.h turns them into the JSON of docs/api/openapi.yaml.
 *
 *     static void on_event(const struct live_event *event, void *arg)
 *     {
 *         if (event->kind == LIVE_DELTA)
 *             fwrite(event->delta.text, 1, event->delta.len, stdout);
 *     }
 *
 * More kinds may be added (a model that thinks before it answers): a handler must ignore those that
 * it does not know.
 *
 * Threads    Loop thread only.
 * Ownership  An event's pointers are borrowed for the call.
 */
#ifndef LIVE_EVENT_H
#define LIVE_EVENT_H

#include "answer/answer.h"
#include "live/asr_session.h"

enum live_event_kind {
    /* of one speaker */
    LIVE_LISTENING, /**< The recogniser is ready, before anything else */
    LIVE_PARTIAL,   /**< Words so far; the next one replaces it */
    LIVE_FINAL,     /**< The words of an utterance */
    LIVE_TURN,      /**< The turn looks finished, is finished, or goes on after all */

    /* of one answer, for everybody in the interview */
    LIVE_STARTED,
    LIVE_OUTLINE,
    LIVE_DELTA,
    LIVE_CHECK,    /**< Statements in the answer so far that nothing supports */
    LIVE_THINKING, /**< The model is thinking; no word of the answer yet */
    LIVE_FINISHED, /**< The answer has ended; nothing more of it comes */

    LIVE_RECORDING, /**< Recording begins or ends; sent to everybody */
    LIVE_LINES,     /**< All lines that listen now; sent to everybody */

    LIVE_ERROR,
};

enum live_error {
    LIVE_PROVIDER_FAILED, /**< A service failed; the interview goes on */
    LIVE_OVERLOADED,
    LIVE_UNAVAILABLE,
    LIVE_BAD_AUDIO,
    LIVE_INTERNAL,
};

/** A line that listens. */
struct live_line {
    uint64_t id; /**< The same as live_event.line */
    bool candidate;
    const char *listener; /**< Which page or program listens; "": not given */
};

struct live_event {
    enum live_event_kind kind;
    uint64_t line; /**< For a speaker's events sent to everybody: the line; 0: sent to its own
                        socket */
    union {
        struct {
            const char *engine;
            const char *model;
            int64_t heard; /**< Samples per channel so far; -1: no line to resume */
        } listening;
        struct live_words {
            uint32_t utterance;
            const struct asr_result *result; /**< Its times are also relative to the first sample
                                                  fed */
            uint64_t start_ms;
            uint64_t end_ms;
            uint64_t latency_ms; /**< LIVE_FINAL: since the last voiced sample arrived */
            enum voice_who who;
            float voice; /**< Likeness to that voice; -1: not recognised by voice */
        } words;         /**< LIVE_PARTIAL, LIVE_FINAL */
        struct live_turn {
            uint32_t utterance;
            enum turn_state state;
            struct question question;
            float p; /**< Probability that the turn is over; -1: unknown */
            enum voice_who who;
            float voice;
        } turn;
        struct {
            const char *generation_id;
            int question_number; /**< 0: no session */
            const char *question;
            const char *provider;
            const char *model;
            bool eager;                /**< Begun before it was certain that the turn was over */
            float p;                   /**< How certain it is that this is a question; 0: typed */
            const char *transcript_id; /**< Its row; if it is asked again, the row that it replaces.
                                            NULL: not stored */
            const char *heard;         /**< The recognised text if it was corrected; else NULL */
            const struct answer_left *left; /**< The providers tried before, and why each failed */
            size_t left_count;
        } started;
        struct {
            const char *generation_id;
            const char *question;
            enum question_kind kind;
            const struct llm_point *points;
            size_t count;
            const struct outline_shown *shown; /**< What a prompter shows above the points */
        } outline;
        struct {
            const char *generation_id;
            const char *text;
            size_t len;
        } delta;
        struct {
            const char *generation_id;
            const struct claim *unsupported; /**< All so far, as byte ranges of the answer so far */
            size_t count;
        } check;
        struct {
            const char *generation_id;
        } thinking;
        struct {
            const char *generation_id;
            enum answer_finish finish;
            const char *transcript_id; /**< NULL: nothing was stored */
            int discarded; /**< Answers begun ahead in this session that were not needed */
            struct answer_latency latency;
        } finished;
        struct {
            const char *audio_id;
            bool on;
            uint64_t duration_ms; /**< So far */
            const char *why;      /**< It ended by itself: a sentence; else NULL */
        } recording;
        struct {
            const struct live_line *at;
            size_t count;
        } lines;
        struct {
            enum live_error code;
            const char *why; /**< A sentence for the person */
        } error;
    };
};

typedef void live_event_fn(const struct live_event *event, void *arg);

#endif

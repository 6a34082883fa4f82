/**
 * @file live/event.h  What happens in a live interview, told to whoever listens
 *
 * Everything that a page, a terminal or a stream is told is one struct live_event. The rooms pass
 * these on; api/messages.h makes them the JSON of docs/api/openapi.yaml.
 *
 *     static void on_event(const struct live_event *event, void *arg)
 *     {
 *         if (event->kind == LIVE_DELTA)
 *             fwrite(event->delta.text, 1, event->delta.len, stdout);
 *     }
 *
 * More kinds may come (a model that thinks before it answers): a handler ignores those it does not
 * know.
 *
 * Threads    Loop thread only.
 * Ownership  What an event points to is borrowed for the call.
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
    LIVE_CHECK,    /**< What nothing supports in the answer so far */
    LIVE_THINKING, /**< The model is thinking; no word of the answer yet */
    LIVE_FINISHED, /**< The answer has ended; nothing more of it comes */

    LIVE_RECORDING, /**< Recording begins or ends; told to everybody too */
    LIVE_LINES,     /**< Who is listened to now, all of them; told to everybody too */

    LIVE_ERROR,
};

enum live_error {
    LIVE_PROVIDER_FAILED, /**< A service failed; the interview goes on */
    LIVE_OVERLOADED,
    LIVE_UNAVAILABLE,
    LIVE_BAD_AUDIO,
    LIVE_INTERNAL,
};

/** One that is listened to. */
struct live_line {
    uint64_t id; /**< As live_event.line has it */
    bool candidate;
    const char *listener; /**< Which page or program listens; "": it did not say */
};

struct live_event {
    enum live_event_kind kind;
    uint64_t line; /**< Of a speaker's events told to everybody: whose; 0: told to its own socket */
    union {
        struct {
            const char *engine;
            const char *model;
            int64_t heard; /**< Samples per channel so far; -1: no line to resume */
        } listening;
        struct live_words {
            uint32_t utterance;
            const struct asr_result *result; /**< Its times too count from the first sample fed */
            uint64_t start_ms;
            uint64_t end_ms;
            uint64_t latency_ms; /**< LIVE_FINAL: since the last voiced sample arrived */
            enum voice_who who;
            float voice; /**< Likeness with that voice; -1: it was not known by voice */
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
            int question_number; /**< 0: of no session */
            const char *question;
            const char *provider;
            const char *model;
            bool eager;                /**< Begun before the turn was surely over */
            float p;                   /**< How certain it is that something is asked; 0: typed */
            const char *transcript_id; /**< The row it is kept in; when it is asked again, the one
                                            that it replaces. NULL: it is not kept */
            const char *heard;         /**< What was heard, where that was corrected; else NULL */
            const struct answer_left *left; /**< Who was asked before and why it was left */
            size_t left_count;
        } started;
        struct {
            const char *generation_id;
            const char *question;
            enum question_kind kind;
            const struct llm_point *points;
            size_t count;
            const struct outline_shown *shown; /**< What a prompter shows above them */
        } outline;
        struct {
            const char *generation_id;
            const char *text;
            size_t len;
        } delta;
        struct {
            const char *generation_id;
            const struct claim *unsupported; /**< All of it, in bytes of the answer so far */
            size_t count;
        } check;
        struct {
            const char *generation_id;
        } thinking;
        struct {
            const char *generation_id;
            enum answer_finish finish;
            const char *transcript_id; /**< NULL: nothing was kept */
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

/**
 * @file answer/answer.h  From a question to an outline at once and an answer that streams
 *
 *     answerer_open(&a, loop, client, &config, why);
 *     profile_index_open(&b, profile fields, job description);     // index in memory, per session
 *     answer_ask(a, b, &ask, on_event, arg, &answer, why);
 *         ANSWER_STARTED -> ANSWER_OUTLINE -> ANSWER_DELTA, ANSWER_CHECK ... -> ANSWER_FINISHED
 *     answer_interrupt(answer)  or  answer_supersede(answer)
 *
 * Each question is classified, the profile index searched, the outline composed (< 20 ms, on this
 * thread: a few hundred microseconds), then the providers of the chain are tried in order until
 * one gives its first token; after that a failure ends the answer with what arrived. A provider
 * that failed several times in a row is left out for a while (circuit breaker). When nothing else
 * is configured, or nothing else works, the built-in outline is the answer.
 *
 * A provider on this machine may take a minute to its first word: meanwhile the built-in answer is
 * put up, and replaced when the word comes. It never rests: asking it costs nobody anything, and
 * after a restart it is noticed at the next question. A model that thinks is waited for.
 *
 * What a model writes is checked while it streams: numbers, names and employers that neither
 * profile, posting nor dialogue holds are told (answer/claims.h). The built-in answer is not: it
 * consists of the profile's sentences.
 *
 * Each event says when it happened: nobody who hears of it needs to read the clock again.
 *
 * Threads    Loop thread only. No event comes from inside answer_ask().
 * Errors     answer_ask: UV_EINVAL (empty or oversized question, unknown provider).
 * Ownership  The caller owns answer until it was told ANSWER_FINISHED: then it is gone (no
 *            answer_close()). A profile index is reference counted; what is asked is copied.
 *            What an event points to is borrowed.
 */
#ifndef ANSWER_ANSWER_H
#define ANSWER_ANSWER_H

#include "answer/claims.h"
#include "base/error.h"
#include "ground/grounding.h"
#include "ground/memory.h"
#include "ground/question.h"
#include "llm/driver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct http_client;
struct answerer;
struct outline_shown;
struct answer;
struct profile_index;
struct user_chain;

int profile_index_open(struct profile_index **bp, const struct grounding_input *input);
struct profile_index *profile_index_ref(struct profile_index *b);
void profile_index_unref(struct profile_index *b); /**< NULL is allowed; wipes the text */
/** The place of the profile that this quote of its context is from; empty: none. */
struct memory_story profile_index_place(const struct profile_index *b, const char *quote);

struct answer_ask {
    struct user_chain *chain; /**< Whose providers answer (answer/user_chain.h); NULL: the
                                   operator's */
    const char *question;
    const char *provider;              /**< NULL: the chain */
    const char *model;                 /**< NULL: the provider's */
    const char *owner;                 /**< User id, for answerer_interrupt(); NULL: nobody's */
    const char *session;               /**< Session id, the same; NULL: none */
    const struct question *classified; /**< What the question is; NULL: find out */
    const struct memory *memory;       /**< Of the conversation, read while asking; NULL: none */
    const char *preamble;              /**< Said in the same breath, not in memory; NULL: nothing */
    const char *heard;                 /**< With its unsure words marked; NULL: as it is */
    bool unsure;                       /**< The recogniser was unsure of the question as a whole */
    int number;                        /**< Number of the question in its session; 0: none */
};

/** When an answer reached its stages, clock_mono_us(); 0: not reached. */
struct answer_times {
    uint64_t asked_us;
    uint64_t outline_us;
    uint64_t first_us;
    uint64_t end_us;
};

struct answer_latency {
    int64_t final_ms;       /**< Last voiced sample -> final text; -1: not spoken */
    int64_t outline_ms;     /**< Last voiced sample (typed: ask) -> outline */
    int64_t first_token_ms; /**< The same -> first token; -1: none came */
    int64_t total_ms;       /**< The same -> end; -1: it has not ended */
};
/** speech_end_us: when the last voiced sample arrived, final_us: when the final text was known;
 *  both 0 when the question was typed. */
struct answer_latency answer_latency(const struct answer_times *times, uint64_t speech_end_us,
                                     uint64_t final_us);

enum answer_finish {
    ANSWER_STOP,
    ANSWER_LENGTH,
    ANSWER_INTERRUPTED,
    ANSWER_SUPERSEDED,
    ANSWER_ERROR
};
const char *answer_finish_name(enum answer_finish finish); /**< As on the wire */

struct answer_result {
    enum answer_finish finish;
    const char *why;  /**< With ANSWER_ERROR: a sentence for the person */
    const char *text; /**< All that arrived */
    size_t len;
    const char *provider;
    const char *model;
    const struct llm_point *points;
    size_t point_count;
    enum question_kind kind;
    struct answer_times times;
    int quality; /**< 0..100, answer/quality.h; -1: not scored */
};

/** A provider that was asked before, and why it was left: a sentence for the person. */
struct answer_left {
    const char *provider;
    const char *why;
};

enum answer_event_kind {
    /** Told again when another provider takes over: the chain moved on, the built-in answer stands
     *  in for a slow local model, or that model replaces it. Words told before are void then. */
    ANSWER_STARTED,
    ANSWER_OUTLINE,
    ANSWER_DELTA,
    ANSWER_CHECK, /**< What nothing supports in the words so far; replaces what was told before */
    ANSWER_THINKING, /**< The model is thinking; told again every two seconds */
    ANSWER_FINISHED, /**< The last one: the answer is gone when the handler returns */
};

struct answer_event {
    enum answer_event_kind kind;
    const char *generation_id;
    uint64_t at_us; /**< clock_mono_us() when it happened */
    union {
        struct {
            const char *provider;
            const char *model;
            const struct answer_left *left; /**< Who was asked before, in that order */
            size_t left_count;
        } started;
        struct {
            enum question_kind kind;
            const struct llm_point *points;
            size_t count;
            struct memory_story told; /**< The place of the profile it stands on; empty: none */
            const struct outline_shown *shown; /**< What a prompter shows above them */
        } outline;
        struct {
            const char *text;
            size_t len;
        } delta;
        struct {
            const struct claim *unsupported; /**< In bytes of all words so far, in order */
            size_t count;
        } check;
        const struct answer_result *finished;
    };
};
typedef void answer_event_fn(const struct answer_event *event, void *arg);

struct answerer_config {
    const struct llm_provider *providers; /**< In chain order; "outline" is added at the end */
    size_t provider_count;
    const struct llm_provider *usual; /**< Where others are asked by who has a key of their own */
    size_t usual_count;
    int breaker_failures;        /**< Failures in a row after which a provider rests; 0: 3 */
    uint64_t breaker_rest_ms;    /**< 0: 30,000 */
    uint64_t first_token_max_ms; /**< Without a word for so long: the next is tried; 0: 8,000 */
    uint64_t local_first_token_max_ms; /**< The same for one on this machine; 0: 60,000 */
    uint64_t stand_ms;                 /**< Then the built-in answer stands in for it; 0: 2,500 */
    uint64_t stall_ms; /**< Longest silence between two words; then the answer ends; 0: 10,000 */
    int max_tokens;    /**< 0: 400 */
};

int answerer_open(struct answerer **ap, struct loop *loop, struct http_client *client,
                  const struct answerer_config *config, struct errbuf *why);
/** Closes every answer that still runs; no event comes. NULL is allowed. */
void answerer_close(struct answerer *a);

/** The chain in order, "outline" last. */
const struct llm_provider *answerer_providers(const struct answerer *a, size_t *count);

/** The i-th provider has answered and has this model. If it had to be found first, it joins the
 *  chain now; if nobody chose a model for it, this one is used. */
void answerer_learn(struct answerer *a, size_t i, const struct llm_facts *facts);

/** How long a provider takes to its first word, measured on the questions it was asked. */
struct answer_pace {
    int64_t last_ms;
    int64_t typical_ms; /**< Moving mean, each new one counting a quarter; -1: none was measured */
    int64_t at;         /**< When the last one was, [ms] since 1970 */
    uint32_t count;
};

/** Is it in the chain? A provider that has to be found first is not, until it has been. */
bool answerer_has(const struct answerer *a, size_t i);

/** May this provider be tried now, or does its circuit breaker let it rest? */
bool answerer_available(const struct answerer *a, const char *provider);

/** An interview begins: get the first provider of the chain ready. One on this machine loads its
 *  model and reads the beginning that all prompts of this profile share; a question that comes
 *  meanwhile waits for that, so that it is not read twice. To a distant one a connection is opened.
 *  chain and b may be NULL. */
void answerer_warm(struct answerer *a, struct user_chain *chain, struct profile_index *b);

/** Interrupt what runs for this owner and matches; a NULL id matches all. Returns how many. */
size_t answerer_interrupt(struct answerer *a, const char *owner, const char *generation_id,
                          const char *session);

int answer_ask(struct answerer *a, struct profile_index *b, const struct answer_ask *ask,
               answer_event_fn *on_event, void *arg, struct answer **answerp, struct errbuf *why);
const char *answer_id(const struct answer *answer);

/** Stop now: the provider's connection is closed before this returns, ANSWER_FINISHED follows. */
void answer_interrupt(struct answer *answer);
void answer_supersede(struct answer *answer);
void answer_close(struct answer *answer); /**< As interrupt, but no event comes; NULL is allowed */

/** Would asking `newer` mean the same as `older`? Then a running eager answer is kept. It would not
 *  if `newer` brings in a new word that carries meaning. */
bool answer_same_question(const char *older, const char *newer);
/** Does `newer`, which stands alone, say again what `older` asks, in a longer or better form? */
bool answer_asks_again(const char *older, const char *newer);

#endif

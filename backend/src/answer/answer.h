/**
 * @file answer/answer.h  From a question to an immediate outline and a streamed answer
 *
 *     answerer_open(&a, loop, client, &config, why);
 *     profile_index_open(&b, profile fields, job description);     // index in memory, per session
 *     answer_ask(a, b, &ask, on_event, arg, &answer, why);
 *         ANSWER_STARTED -> ANSWER_OUTLINE -> ANSWER_DELTA, ANSWER_CHECK ... -> ANSWER_FINISHED
 *     answer_interrupt(answer)  or  answer_supersede(answer)
 *
 * Each question is classified, the profile index searched, the outline composed (< 20 ms, on this
 * thread: a few hundred microseconds), then the providers of the chain are tried in order until one
 * gives its first token; after that a failure ends the answer with what has arrived. A provider
 * that failed several times in a row is skipped for a while (circuit breaker). If nothing else is
 * configured, or nothing else works, the built-in outline is the answer.
 *
 * A provider on this machine may take a minute to its first word: meanwhile the built-in answer is
 * shown, and replaced when the word comes. It is never skipped: asking it costs nothing, and after
 * a restart it works again with the next question. A model that thinks is given time.
 *
 * What a model writes is checked while it streams: numbers, names and employers that are in neither
 * the profile, the posting nor the dialogue are reported (answer/claims.h). The built-in answer is
 * not checked: it consists of the profile's sentences.
 *
 * Each event contains its time, so that no receiver needs to read the clock.
 *
 * Threads    Loop thread only. No event comes from inside answer_ask().
 * Errors     answer_ask: UV_EINVAL (empty or oversized question, unknown provider).
 * Ownership  The caller owns answer until ANSWER_FINISHED: then it is gone (no answer_close()). A
 *            profile index is reference counted; the ask is copied. An event's pointers are
 *            borrowed.
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
/** The place in the profile that this quote of its context is from; empty: none. */
struct memory_story profile_index_place(const struct profile_index *b, const char *quote);

struct answer_ask {
    struct user_chain *chain; /**< The user's chain (answer/user_chain.h); NULL: the operator's */
    const char *question;
    const char *provider;              /**< NULL: the chain */
    const char *model;                 /**< NULL: the provider's */
    const char *owner;                 /**< User id, for answerer_interrupt(); NULL: none */
    const char *session;               /**< Session id, the same; NULL: none */
    const struct question *classified; /**< The classified question; NULL: classify it */
    const struct memory *memory;       /**< The conversation so far, read during the call; NULL:
                                            none */
    const char *preamble;              /**< Said in the same breath, not in memory; NULL: none */
    const char *heard;                 /**< The question with its unsure words marked; NULL: none
                                            are */
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
    int64_t first_token_ms; /**< The same -> first token; -1: none yet */
    int64_t total_ms;       /**< The same -> end; -1: still running */
};
/** speech_end_us: when the last voiced sample arrived; final_us: when the final text was known;
 *  both 0 if the question was typed. */
struct answer_latency answer_latency(const struct answer_times *times, uint64_t speech_end_us,
                                     uint64_t final_us);

enum answer_finish {
    ANSWER_STOP,
    ANSWER_LENGTH,
    ANSWER_INTERRUPTED,
    ANSWER_SUPERSEDED,
    ANSWER_ERROR
};
const char *answer_finish_name(enum answer_finish finish); /**< As in the API */

struct answer_result {
    enum answer_finish finish;
    const char *why;  /**< With ANSWER_ERROR: a sentence for the person */
    const char *text; /**< Everything that arrived */
    size_t len;
    const char *provider;
    const char *model;
    const struct llm_point *points;
    size_t point_count;
    enum question_kind kind;
    struct answer_times times;
    int quality; /**< 0..100, answer/quality.h; -1: not scored */
};

/** A provider that was tried before, and why it failed: a sentence for the person. */
struct answer_left {
    const char *provider;
    const char *why;
};

enum answer_event_kind {
    /** Sent again when another provider takes over: the chain moved on, the built-in answer stands
     *  in for a slow local model, or that model replaces it. Earlier words are then void. */
    ANSWER_STARTED,
    ANSWER_OUTLINE,
    ANSWER_DELTA,
    ANSWER_CHECK, /**< Statements in the words so far that nothing supports; replaces the previous
                       list */
    ANSWER_THINKING, /**< The model is thinking; repeated every two seconds */
    ANSWER_FINISHED, /**< The last event: the answer is gone when the handler returns */
};

struct answer_event {
    enum answer_event_kind kind;
    const char *generation_id;
    uint64_t at_us; /**< clock_mono_us() when it happened */
    union {
        struct {
            const char *provider;
            const char *model;
            const struct answer_left *left; /**< The providers tried before, in order */
            size_t left_count;
        } started;
        struct {
            enum question_kind kind;
            const struct llm_point *points;
            size_t count;
            struct memory_story told; /**< The place in the profile that it is based on; empty:
                                           none */
            const struct outline_shown *shown; /**< What a prompter shows above the points */
        } outline;
        struct {
            const char *text;
            size_t len;
        } delta;
        struct {
            const struct claim *unsupported; /**< As byte ranges of all words so far, in order */
            size_t count;
        } check;
        const struct answer_result *finished;
    };
};
typedef void answer_event_fn(const struct answer_event *event, void *arg);

struct answerer_config {
    const struct llm_provider *providers; /**< In chain order; "outline" is added at the end */
    size_t provider_count;
    const struct llm_provider *usual; /**< Addresses of further providers, for users with a key of
                                           their own */
    size_t usual_count;
    int breaker_failures;        /**< Failures in a row after which a provider is skipped; 0: 3 */
    uint64_t breaker_rest_ms;    /**< 0: 30,000 */
    uint64_t first_token_max_ms; /**< After this long without a word the next one is tried; 0:
                                      8,000 */
    uint64_t local_first_token_max_ms; /**< The same for one on this machine; 0: 60,000 */
    uint64_t stand_ms;                 /**< After this long the built-in answer stands in for it; 0:
                                            2,500 */
    uint64_t stall_ms; /**< Longest silence between two words; then the answer ends; 0: 10,000 */
    int max_tokens;    /**< 0: 400 */
};

int answerer_open(struct answerer **ap, struct loop *loop, struct http_client *client,
                  const struct answerer_config *config, struct errbuf *why);
/** Closes every running answer; no events are sent. NULL is allowed. */
void answerer_close(struct answerer *a);

/** The chain in order, "outline" last. */
const struct llm_provider *answerer_providers(const struct answerer *a, size_t *count);

/** The i-th provider has answered and has this model. If it had to be found first, it now joins the
 *  chain; if nobody chose a model for it, this one is used. */
void answerer_learn(struct answerer *a, size_t i, const struct llm_facts *facts);

/** How long a provider takes to its first word, measured on its questions. */
struct answer_pace {
    int64_t last_ms;
    int64_t typical_ms; /**< Moving mean, each new one counting a quarter; -1: not measured yet */
    int64_t at;         /**< Time of the last one [ms since 1970] */
    uint32_t count;
};

/** Is it in the chain? A provider that has to be found first is not, until it is found. */
bool answerer_has(const struct answerer *a, size_t i);

/** May this provider be tried now, or does its circuit breaker skip it? */
bool answerer_available(const struct answerer *a, const char *provider);

/** An interview begins: prepares the first provider of the chain. One on this machine loads its
 *  model and reads the beginning that all prompts of this profile share; a question that comes
 *  meanwhile waits for that, so that it is not read twice. To a remote one a connection is opened.
 *  chain and b may be NULL. */
void answerer_warm(struct answerer *a, struct user_chain *chain, struct profile_index *b);

/** Interrupts the running answers of this owner that match; a NULL id matches all. Returns how
 *  many. */
size_t answerer_interrupt(struct answerer *a, const char *owner, const char *generation_id,
                          const char *session);

int answer_ask(struct answerer *a, struct profile_index *b, const struct answer_ask *ask,
               answer_event_fn *on_event, void *arg, struct answer **answerp, struct errbuf *why);
const char *answer_id(const struct answer *answer);

/** Stops now: the provider's connection is closed before this returns, and ANSWER_FINISHED
 *  follows. */
void answer_interrupt(struct answer *answer);
void answer_supersede(struct answer *answer);
void answer_close(struct answer *answer); /**< Like interrupt, but no event follows; NULL is
                                               allowed */

/** Would `newer` ask the same as `older`? Then a running eager answer is kept. Not if `newer`
 *  contains a new word that carries meaning. */
bool answer_same_question(const char *older, const char *newer);
/** Does `newer`, taken alone, repeat what `older` asks, in a longer or better form? */
bool answer_asks_again(const char *older, const char *newer);

#endif

/**
 * @file llm/driver.h  Answer providers: what every language model service provides
 *
 *     llm_start(client, provider, &request, &handlers, arg, &gen);
 *         on_start -> on_delta ... -> on_end           (or on_end alone)
 *     llm_cancel(gen);   // the provider's connection is closed before this returns
 *
 * A driver knows one protocol; a provider is a configured instance of it (name, address, key,
 * model). answer/answer.h has the chain, the circuit breaker and the timing.
 *
 * Threads    Loop thread only. No handler runs from inside llm_start().
 * Errors     llm_end.err: 0, UV_ECONNREFUSED, UV_ETIMEDOUT, UV_ECONNRESET (stream broke off),
 *            UV_EPROTO (not the protocol), UV_EACCES (key refused), UV_EAGAIN (rate limited or
 *            overloaded; retry_after_ms says how long), UV_EINVAL (request refused),
 *            UV_ENOENT (no such model), UV_E2BIG (longer than the model's context; also at the end
 *            of an answer to a prompt that was cut without a word).
 * Ownership  The request is copied as far as it is needed. gen is the caller's until on_end or
 *            llm_cancel(). Keys never reach a message or a log.
 */
#ifndef LLM_DRIVER_H
#define LLM_DRIVER_H

#include "base/about.h"
#include "base/error.h"
#include "llm/filter.h"
#include "llm/habits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_client;
struct loop;
struct llm_gen;

enum llm_role { LLM_SYSTEM, LLM_USER, LLM_ASSISTANT };

struct llm_message {
    enum llm_role role;
    const char *text;
};

/** One talking point, as composed from the profile and job description. */
struct llm_point {
    const char *text;  /**< Whole and readable by itself: label and quote, or advice */
    const char *label; /**< "Situation", "Result" …: the part of text before the colon; or NULL */
    const char *field; /**< "context", "skills", "jobDescription" …; NULL: structure, no fact */
    const char *quote; /**< Exact words of the source; NULL with field */
};

struct llm_request {
    const struct llm_message *messages; /**< Stable prefix first: provider-side caches hit */
    size_t message_count;
    const char *draft;    /**< What the built-in outline driver says */
    const char *kind;     /**< Question kind, e.g. "behavioral" */
    const char *question; /**< As asked; the last message holds it too */
    const char *model;    /**< NULL: the provider's configured one */
    int max_tokens;       /**< 0: driver's default */
    int context;          /**< Tokens to make room for, where the server lets us say; 0: its own */
    double temperature;
};

enum llm_finish { LLM_STOP, LLM_LENGTH, LLM_FAILED };

struct llm_end {
    int err;         /**< 0 or a UV_E* of the list above */
    const char *why; /**< A sentence for the person, "" when err is 0 */
    enum llm_finish finish;
    uint64_t retry_after_ms; /**< 0: not said */
    int context;             /**< With UV_E2BIG: tokens that fit; 0: not said */
    int prompt_tokens;       /**< As the provider counts them; 0: not said */
    int answer_tokens;       /**< The same */
};

struct llm_handlers {
    void (*on_start)(const char *model, void *arg);            /**< Accepted; headers are in */
    void (*on_delta)(const char *text, size_t len, void *arg); /**< Well-formed UTF-8 pieces */
    /** (optional) The model is thinking; called again while it goes on. The thoughts are never
     *  passed on. */
    void (*on_thinking)(void *arg);
    /** (optional) Bytes came, but no word: the server keeps the connection open while it waits
     *  itself. */
    void (*on_alive)(void *arg);
    /** (optional) All that on_delta brought so far was a thought: take it back. */
    void (*on_take_back)(void *arg);
    void (*on_end)(const struct llm_end *end, void *arg); /**< Exactly once unless cancelled */
};

/** What a list of models says about the configured model, or about the first one where none is
 *  configured. */
struct llm_facts {
    char model[LLM_HABIT_NAME_MAX]; /**< ""; nothing is known */
    bool chosen;  /**< It is the one that will be asked, not just the first listed */
    int context;  /**< Tokens that fit; 0: not said */
    int millions; /**< Of parameters; 0: not said */
};

/** A configured provider. Strings are borrowed from the settings and outlive it. */
struct llm_provider {
    const char *name; /**< "groq", "openai", "ollama", "outline" … as on the wire */
    const struct llm_driver *driver;
    const char *url;     /**< Base, e.g. "https://api.groq.com/openai/v1" */
    const char *api_key; /**< NULL when none is needed */
    const char *model;
    bool local;                /**< On this machine: nothing leaves it, and it may be slow */
    bool any_model;            /**< Nobody chose .model: the first of its list takes the place */
    bool finds;                /**< It is there only once it was found */
    struct llm_habits *habits; /**< What is learnt of it; NULL: nothing is remembered */
    struct llm_facts *facts;   /**< (optional) Filled by the driver's .models */
};

struct llm_driver {
    const char *name;        /**< "openai", "ollama", "outline" */
    bool plain;              /**< Its words are ours: nothing is filtered */
    uint64_t first_token_ms; /**< It may need this long to its first token (loads a model); 0: no */
    bool lists_all;          /**< A model that .models does not list cannot be used */
    int (*start)(struct llm_gen *gen, const struct llm_request *req, struct errbuf *why);
    /** Close connection and timers: nothing is reported any more. Once; the state stays. */
    void (*cancel)(struct llm_gen *gen);
    void (*release)(void *state); /**< At the end of the turn in which it was closed */
    /** (optional) List models: fn gets each name, then NULL once (err says how it went;
     *  UV_ECANCELED: the client was closed, and p may be gone). */
    int (*models)(struct http_client *client, const struct llm_provider *p,
                  void (*fn)(const char *name, int err, void *arg), void *arg);
};

/** One running generation. A driver hangs its own state on .state when .start succeeds, and
 *  reports through llm_emit_*() of llm/driver_internal.h. It is closed when it is cancelled or has
 *  reported its end; memory goes by the rule of loop/loop.h. */
struct llm_gen {
    struct loop *loop;
    struct http_client *client;
    const struct llm_provider *provider;
    const struct llm_driver *driver; /* for the end of the turn: the provider may be gone then */
    struct llm_handlers h;
    void *arg;
    void *state;
    struct llm_filter filter;
    struct llm_habit own;       /* where the provider remembers nothing */
    struct llm_habit *habit;    /* of the model that is asked; NULL until that is known */
    size_t shown;               /* bytes of words that were given */
    struct trace_context trace; /* what its requests are sent in */
    int fits;                   /* of llm_end.context */
    int prompt_tokens;          /* of llm_end */
    int answer_tokens;
    bool thought;
    bool closed;
};

extern const struct llm_driver *const llm_drivers[]; /**< NULL-terminated */
const struct llm_driver *llm_driver_find(const char *name);

int llm_start(struct loop *loop, struct http_client *client, const struct llm_provider *provider,
              const struct llm_request *req, const struct llm_handlers *h, void *arg,
              struct llm_gen **genp, struct errbuf *why);
void llm_cancel(struct llm_gen *gen); /**< NULL is allowed */

#endif

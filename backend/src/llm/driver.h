/**
 * @file llm/driver.h  Answer providers: the interface of every language model service
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
 *            overloaded; retry_after_ms says how long), UV_EINVAL (request refused), UV_ENOENT (no
 *            such model), UV_E2BIG (longer than the model's context; also at the end of an answer
 *            to a prompt that was silently truncated).
 * Ownership  The request is copied as far as needed. gen belongs to the caller until on_end or
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

/** One talking point, composed from the profile and job description. */
struct llm_point {
    const char *text;  /**< Complete and readable by itself: label and quote, or advice */
    const char *label; /**< "Situation", "Result" …: the part of text before the colon; or NULL */
    const char *field; /**< "context", "skills", "jobDescription" …; NULL: advice on structure, not
                            a fact */
    const char *quote; /**< Exact words of the source; NULL if field is */
};

struct llm_request {
    const struct llm_message *messages; /**< Stable prefix first: provider-side caches hit */
    size_t message_count;
    const char *draft;    /**< The text for the built-in outline driver */
    const char *kind;     /**< Question kind, e.g. "behavioral" */
    const char *question; /**< The question; the last message contains it too */
    const char *model;    /**< NULL: the provider's configured one */
    int max_tokens;       /**< 0: driver's default */
    int context;          /**< Tokens to make room for, if the server allows that; 0: its default */
    double temperature;
};

enum llm_finish { LLM_STOP, LLM_LENGTH, LLM_FAILED };

struct llm_end {
    int err;         /**< 0 or one of the errors above */
    const char *why; /**< A sentence for the person; "" if err is 0 */
    enum llm_finish finish;
    uint64_t retry_after_ms; /**< 0: not given */
    int context;             /**< With UV_E2BIG: tokens that fit; 0: not given */
    int prompt_tokens;       /**< As counted by the provider; 0: not given */
    int answer_tokens;       /**< The same */
};

struct llm_handlers {
    void (*on_start)(const char *model, void *arg);            /**< Accepted; the headers have
                                                                    arrived */
    void (*on_delta)(const char *text, size_t len, void *arg); /**< Well-formed UTF-8 pieces */
    /** (optional) The model is thinking; called again while that continues. The thoughts are never
     *  passed on. */
    void (*on_thinking)(void *arg);
    /** (optional) Bytes arrived, but no words: the server keeps the connection open while it waits
     *  itself. */
    void (*on_alive)(void *arg);
    /** (optional) The text of on_delta so far was a thought: take it back. */
    void (*on_take_back)(void *arg);
    void (*on_end)(const struct llm_end *end, void *arg); /**< Exactly once unless cancelled */
};

/** What a list of models says about the configured model, or about the first one if none is
 *  configured. */
struct llm_facts {
    char model[LLM_HABIT_NAME_MAX]; /**< "": nothing is known */
    bool chosen;  /**< It is the model that will be used, not just the first in the list */
    int context;  /**< Tokens that fit; 0: not given */
    int millions; /**< Millions of parameters; 0: not given */
};

/** A configured provider. Strings are borrowed from the settings, which outlive it. */
struct llm_provider {
    const char *name; /**< "groq", "openai", "ollama", "outline" … as in the API */
    const struct llm_driver *driver;
    const char *url;     /**< Base, e.g. "https://api.groq.com/openai/v1" */
    const char *api_key; /**< NULL if none is needed */
    const char *model;
    bool local;                /**< On this machine: no data leaves it, and it may be slow */
    bool any_model;            /**< Nobody chose .model: the first in its list is used instead */
    bool finds;                /**< It only counts as available once it was found */
    struct llm_habits *habits; /**< What is learnt about it; NULL: nothing is remembered */
    struct llm_facts *facts;   /**< (optional) Filled by the driver's .models */
};

struct llm_driver {
    const char *name;        /**< "openai", "ollama", "outline" */
    bool plain;              /**< Its text is ours: nothing is filtered */
    uint64_t first_token_ms; /**< It may need this long to its first token (loads a model); 0: no */
    bool lists_all;          /**< A model that .models does not list cannot be used */
    int (*start)(struct llm_gen *gen, const struct llm_request *req, struct errbuf *why);
    /** Closes connection and timers: nothing is reported any more. Called once; the state stays. */
    void (*cancel)(struct llm_gen *gen);
    void (*release)(void *state); /**< At the end of the turn in which it was closed */
    /** (optional) Lists models: fn gets each name, then NULL once (err is the result; UV_ECANCELED:
     *  the client was closed, and p may be gone). */
    int (*models)(struct http_client *client, const struct llm_provider *p,
                  void (*fn)(const char *name, int err, void *arg), void *arg);
};

/** A running generation. A driver stores its own state in .state if .start succeeds, and reports
 *  through llm_emit_*() of llm/driver_internal.h. It is closed when it is cancelled or has reported
 *  its end; it is freed by the rule of loop/loop.h. */
struct llm_gen {
    struct loop *loop;
    struct http_client *client;
    const struct llm_provider *provider;
    const struct llm_driver *driver; /* for the end of the turn: by then the provider may be gone */
    struct llm_handlers h;
    void *arg;
    void *state;
    struct llm_filter filter;
    struct llm_habit own;       /* used if the provider remembers nothing */
    struct llm_habit *habit;    /* of the model in use; NULL until that is known */
    size_t shown;               /* bytes of text passed on */
    struct trace_context trace; /* the trace of its requests */
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

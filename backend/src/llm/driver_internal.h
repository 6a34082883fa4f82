/**
 * @file llm/driver_internal.h  Shared by the drivers (private to llm/)
 *
 * A driver calls llm_emit_start() and llm_emit_delta() while it runs and llm_emit_end() once, last,
 * which closes the generation. A handler may cancel from inside: each emit returns whether the
 * generation is still open, and a driver must stop if it is not. Its state exists until the end of
 * the turn.
 */
#ifndef LLM_DRIVER_INTERNAL_H
#define LLM_DRIVER_INTERNAL_H

#include "base/buffer.h"
#include "llm/driver.h"

#include <jansson.h>

enum {
    LLM_MAX_TOKENS_DEFAULT = 400,
    LLM_BODY_MAX = 2 << 20,        /**< Largest request body [bytes] */
    LLM_ERROR_BODY_MAX = 16 << 10, /**< Most that is kept of an error's body [bytes] */
    LLM_LINE_MAX = 1 << 20,        /**< Longest line of a stream [bytes] */
    LLM_CONNECT_TIMEOUT_MS = 4000,
    LLM_IDLE_TIMEOUT_MS = 60000, /**< Without a byte */
    /** The same for one on this machine, which loads its model and reads for minutes; the chain
     *  decides how long a question waits, never longer than this. */
    LLM_LOCAL_IDLE_TIMEOUT_MS = 600000,
    LLM_LIST_TIMEOUT_MS = 5000, /**< For model lists, in total */
    LLM_URL_MAX = 1024,
    LLM_KEY_HEADER_MAX = 1024,
    LLM_MODEL_MAX = 256,
};

/** The model in use: what is known about it controls the filter. */
struct llm_habit *llm_gen_model(struct llm_gen *gen, const char *model);

bool llm_emit_start(struct llm_gen *gen, const char *model);
/** Text as the model wrote it: thoughts and control tokens are filtered out here, for every driver.
 *  Ends the generation if the model ended its turn. */
bool llm_emit_delta(struct llm_gen *gen, const char *text, size_t len);
bool llm_emit_thinking(struct llm_gen *gen);
bool llm_emit_alive(struct llm_gen *gen);
/** Passes on text that was held back. llm_emit_end() also does this after success. */
bool llm_emit_rest(struct llm_gen *gen);
void llm_emit_end(struct llm_gen *gen, int err, enum llm_finish finish, uint64_t retry_after_ms,
                  const char *why);

/** The content of one piece of a provider's stream. Parsers fill it and know nothing else. */
struct llm_chunk {
    const char *text; /**< New words or NULL; borrowed from json */
    size_t len;
    enum llm_finish finish;
    bool done;         /**< The answer is complete */
    bool thought;      /**< It contains thoughts */
    bool refused;      /**< The model refuses to answer */
    bool filtered;     /**< With .done: a content filter ended it */
    const char *error; /**< The provider's own sentence, or NULL */
    const char *code;  /**< And its own code, or NULL */
    int status;        /**< With .error: an HTTP status in it; 0: none */
    int prompt_tokens; /**< Counted by the provider; 0: not given */
    int answer_tokens; /**< The same */
    int cached_tokens; /**< Of those in the prompt, the ones in its cache */
    json_t *json;      /**< Owns the strings; llm_chunk_release() */
    char *own;         /**< Owns text, if it had to be composed */
};

/** The data of one server-sent event of chat/completions. 0, or UV_EPROTO: not the protocol. */
int openai_parse_chunk(const char *data, size_t len, struct llm_chunk *chunk);
/** One line of Ollama's /api/chat. The same. */
int ollama_parse_line(const char *line, size_t len, struct llm_chunk *chunk);
void llm_chunk_release(struct llm_chunk *chunk);

/** The provider's own sentence in an error body of either protocol; false: none. */
bool llm_error_sentence(const char *body, size_t len, char *to, size_t size);

/** Parses a Retry-After or x-ratelimit-reset-* value ("7", "2.5", "7m12s", "850ms", an HTTP date)
 *  to [ms]; 0: unreadable. now_ms is the time of day, for dates. */
uint64_t llm_retry_ms(const char *value, int64_t now_ms);

/** Maps an HTTP status to one of the errors of llm_end. */
int llm_status_error(int status);

/** Messages as the JSON array for both protocols. NULL: out of memory. */
json_t *llm_messages_json(const struct llm_request *req);

/** Replaces every byte of text that is not valid UTF-8. 0 or the buffer's error. */
int llm_put_clean(struct buf *out, const char *text, size_t len);

/** The same for JSON, also for what JSON strings allow but text cannot contain: NUL is removed, and
 *  half of a surrogate pair becomes U+10F800 and up, which llm/filter.h joins again or replaces. */
int llm_mend_json(struct buf *out, const char *text, size_t len);

/** Is the listed name the wanted model? Ollama's "llama3.2" is its "llama3.2:latest". */
bool llm_same_model(const char *listed, const char *wanted);

/** GET a list of models, {"<array>": [{"<member>": "name"}]}. For a driver's .models. */
int llm_list_start(struct http_client *client, const struct llm_provider *p, const char *path,
                   const char *const *headers, const char *array, const char *member,
                   void (*fn)(const char *name, int err, void *arg), void *arg);

/* ------------------------------------------------------------ one request to a remote provider */

struct http_call;
struct http_call_handlers;

/** The first member of the state of a driver that uses HTTP. It keeps the request, which is
 *  repeated if it is refused for a field, or redirected. */
struct llm_wire {
    struct llm_gen *gen;
    struct http_call *call;
    char model[LLM_MODEL_MAX];
    int status;
    json_t *messages;
    size_t bytes; /**< Of all texts in messages */
    size_t last;  /**< Of the last one */
    int max_tokens;
    int context;
    double temperature;
    char url[LLM_URL_MAX];    /**< Of the current request */
    int tries;                /**< Requests repeated so far */
    int hops;                 /**< Redirections followed so far */
    bool well;                /**< Everything arrived: the connection is worth keeping */
    struct loop_timer *after; /**< For data that may follow the last word */
    struct buf body;          /**< Of an error, or of an answer that is not a stream */
};

enum {
    LLM_TRIES_MAX = 6,
    LLM_HOPS_MAX = 3,
    LLM_THINKING_TOKENS = 2048,
    LLM_AFTER_DONE_MS = 100, /**< Wait for the end of the body, so that its connection can serve the
                                next question */
};

/** Creates a driver's state of that many bytes; *wp (a pointer to that struct) is set on success.
 *  after: called by .after, with that state. */
int llm_wire_new(void *wp, size_t size, struct llm_gen *gen, const struct llm_request *req,
                 void (*after)(void *state), struct errbuf *why);
void llm_wire_release(struct llm_wire *w); /**< Frees its contents, except .after */

/** Messages in the form that the model accepts: without a system message if it knows none. */
json_t *llm_wire_messages(const struct llm_wire *w);

/** POST obj (taken) to the provider's address and path; the handlers get the wire. */
int llm_wire_post(struct llm_wire *w, const char *path, const char *const *headers, json_t *obj,
                  const struct http_call_handlers *handlers, struct errbuf *why);

/** The length was used up by thoughts: true once, with room for both in w->max_tokens from now
 *  on. */
bool llm_wire_needs_room(struct llm_wire *w, enum llm_finish finish);

/** Was less read than was sent? Servers that truncate a prompt to their context do not say so, but
 *  they count what they read (Ollama's prompt_eval_count); 0: not given. A server that only counts
 *  what it had not read before is recognised, and remembered. */
bool llm_wire_was_cut(const struct llm_wire *w, int read);

/** A redirection: *w->url is the new address, or false if it must not be followed. */
bool llm_wire_redirect(struct llm_wire *w, const struct http_call *call);

/** A driver's .cancel: closes the connection, or keeps it for the next question if everything has
 *  arrived. */
void llm_wire_cancel(struct llm_gen *gen);

/* --------------------------------------------------------------------------------- addresses */

/** Address of path ("/chat/completions", "/models", "/api/chat") at the provider: accepts what
 *  people paste (a whole endpoint, a query, a missing /v1). 0 or UV_ENAMETOOLONG. */
int llm_endpoint(char *to, size_t size, const struct llm_provider *p, const char *path);

/** After a 404 that does not mention a model: true if the address was now completed in the other
 *  way, so that it makes sense to ask again. */
bool llm_endpoint_other(const struct llm_provider *p);

/** The header with the provider's key ("Authorization: Bearer …", "api-key: …" at Azure).
 *  UV_EINVAL: no key looks like that. */
int llm_key_header(char *to, size_t size, const struct llm_provider *p);

/** The target of a redirection of `from` to `location`: UV_EACCES if that is another server. */
int llm_follow(char *to, size_t size, const char *from, const char *location);

extern const struct llm_driver llm_driver_openai;
extern const struct llm_driver llm_driver_ollama;
extern const struct llm_driver llm_driver_outline;

#endif

/**
 * @file llm/driver_internal.h  What drivers share (private to llm/)
 *
 * A driver calls llm_emit_start() and llm_emit_delta() while it runs and llm_emit_end() once, last,
 * which closes the generation. A handler may cancel from inside: each emit says whether the
 * generation is still open, and a driver goes no further when it is not. Its state is there until
 * the end of the turn.
 */
#ifndef LLM_DRIVER_INTERNAL_H
#define LLM_DRIVER_INTERNAL_H

#include "base/buffer.h"
#include "llm/driver.h"

#include <jansson.h>

enum {
    LLM_MAX_TOKENS_DEFAULT = 400,
    LLM_BODY_MAX = 2 << 20,        /**< Largest request body, in [bytes] */
    LLM_ERROR_BODY_MAX = 16 << 10, /**< What is kept of an error's body, in [bytes] */
    LLM_LINE_MAX = 1 << 20,        /**< Longest line of a stream, in [bytes] */
    LLM_CONNECT_TIMEOUT_MS = 4000,
    LLM_IDLE_TIMEOUT_MS = 60000, /**< Without a byte */
    /** The same of one on this machine, which loads its model and reads for minutes; the chain
     *  decides how long a question waits, never longer than this. */
    LLM_LOCAL_IDLE_TIMEOUT_MS = 600000,
    LLM_LIST_TIMEOUT_MS = 5000, /**< For model lists, in all */
    LLM_URL_MAX = 1024,
    LLM_KEY_HEADER_MAX = 1024,
    LLM_MODEL_MAX = 256,
};

/** The model that is asked: what is known of it steers the filter. */
struct llm_habit *llm_gen_model(struct llm_gen *gen, const char *model);

bool llm_emit_start(struct llm_gen *gen, const char *model);
/** As the model wrote it: thoughts and control tokens are taken out here, for every driver. Ends
 *  the generation when the model ended its turn. */
bool llm_emit_delta(struct llm_gen *gen, const char *text, size_t len);
bool llm_emit_thinking(struct llm_gen *gen);
bool llm_emit_alive(struct llm_gen *gen);
/** Give what was held back to be sure. llm_emit_end() does it too when all went well. */
bool llm_emit_rest(struct llm_gen *gen);
void llm_emit_end(struct llm_gen *gen, int err, enum llm_finish finish, uint64_t retry_after_ms,
                  const char *why);

/** What one piece of a provider's stream says. Parsers fill it and know nothing else. */
struct llm_chunk {
    const char *text; /**< New words or NULL; borrowed from json */
    size_t len;
    enum llm_finish finish;
    bool done;         /**< The answer is complete */
    bool thought;      /**< It holds thoughts */
    bool refused;      /**< The model says that it will not answer */
    bool filtered;     /**< With .done: a content filter ended it */
    const char *error; /**< The provider's own sentence, or NULL */
    const char *code;  /**< And its own code, or NULL */
    int status;        /**< With .error: an HTTP status in it; 0: none */
    int prompt_tokens; /**< Counted by the provider; 0: not said */
    int answer_tokens; /**< The same */
    int cached_tokens; /**< Of the first, those that it still knew */
    json_t *json;      /**< Owns the strings; llm_chunk_release() */
    char *own;         /**< And text, where it had to be put together */
};

/** data of one server-sent event of chat/completions. 0, or UV_EPROTO: not the protocol. */
int openai_parse_chunk(const char *data, size_t len, struct llm_chunk *chunk);
/** One line of Ollama's /api/chat. The same. */
int ollama_parse_line(const char *line, size_t len, struct llm_chunk *chunk);
void llm_chunk_release(struct llm_chunk *chunk);

/** The provider's own sentence in an error body of either protocol; false: none was found. */
bool llm_error_sentence(const char *body, size_t len, char *to, size_t size);

/** A Retry-After or x-ratelimit-reset-* value ("7", "2.5", "7m12s", "850ms", an HTTP date) in
 *  [ms]; 0: cannot be read. now_ms is the time of day, for dates. */
uint64_t llm_retry_ms(const char *value, int64_t now_ms);

/** An HTTP status as one of the errors of llm_end. */
int llm_status_error(int status);

/** Messages as the JSON array both protocols take. NULL: out of memory. */
json_t *llm_messages_json(const struct llm_request *req);

/** text with every byte that is no UTF-8 replaced. 0 or the buffer's error. */
int llm_put_clean(struct buf *out, const char *text, size_t len);

/** The same of JSON, and with what JSON allows in strings but no text can hold: NUL goes, half of a
 *  surrogate pair becomes U+10F800 and on, which llm/filter.h joins again or replaces. */
int llm_mend_json(struct buf *out, const char *text, size_t len);

/** Is the listed name the model that is wanted? Ollama's "llama3.2" is its "llama3.2:latest". */
bool llm_same_model(const char *listed, const char *wanted);

/** GET a list of models, {"<array>": [{"<member>": "name"}]}. For a driver's .models. */
int llm_list_start(struct http_client *client, const struct llm_provider *p, const char *path,
                   const char *const *headers, const char *array, const char *member,
                   void (*fn)(const char *name, int err, void *arg), void *arg);

/* ------------------------------------------------------------ one request to a remote provider */

struct http_call;
struct http_call_handlers;

/** The first member of what a driver that speaks HTTP hangs on gen->state. It keeps what was asked:
 *  a request that is refused for a field, or sent on, is made again. */
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
    char url[LLM_URL_MAX];    /**< Of the request that is under way */
    int tries;                /**< Requests made anew so far */
    int hops;                 /**< Redirections followed so far */
    bool well;                /**< All arrived: the connection is worth keeping */
    struct loop_timer *after; /**< For what may follow the last word */
    struct buf body;          /**< Of an error, or of what is no stream */
};

enum {
    LLM_TRIES_MAX = 6,
    LLM_HOPS_MAX = 3,
    LLM_THINKING_TOKENS = 2048,
    LLM_AFTER_DONE_MS =
        100, /**< For the end of the body: then its connection serves the next question */
};

/** Make a driver's state of so many bytes; *wp (a pointer to that struct) is set on success. after:
 *  what .after calls, with that state. */
int llm_wire_new(void *wp, size_t size, struct llm_gen *gen, const struct llm_request *req,
                 void (*after)(void *state), struct errbuf *why);
void llm_wire_release(struct llm_wire *w); /**< What is inside, but .after */

/** Messages as the model takes them: without a system message where it knows none. */
json_t *llm_wire_messages(const struct llm_wire *w);

/** POST obj (taken) to the provider's address and path; the handlers get the wire. */
int llm_wire_post(struct llm_wire *w, const char *path, const char *const *headers, json_t *obj,
                  const struct http_call_handlers *handlers, struct errbuf *why);

/** The length was spent on thoughts: true once, with room for both in w->max_tokens from now on. */
bool llm_wire_needs_room(struct llm_wire *w, enum llm_finish finish);

/** Was less read than was sent? Servers that cut a prompt to their context do not say so, but they
 *  count what they read (Ollama's prompt_eval_count); 0: not said. A server that counts only what
 *  it had not read before is recognised, and remembered. */
bool llm_wire_was_cut(const struct llm_wire *w, int read);

/** A redirection came: *w->url is where to, or false when it must not be followed. */
bool llm_wire_redirect(struct llm_wire *w, const struct http_call *call);

/** A driver's .cancel: closes the connection, or keeps it for the next question when all is in. */
void llm_wire_cancel(struct llm_gen *gen);

/* --------------------------------------------------------------------------------- addresses */

/** Address of path ("/chat/completions", "/models", "/api/chat") at the provider: what people paste
 *  (a whole endpoint, a query, a forgotten /v1) is understood. 0 or UV_ENAMETOOLONG. */
int llm_endpoint(char *to, size_t size, const struct llm_provider *p, const char *path);

/** After a 404 that speaks of no model: was the address completed in the other way now, so that
 *  asking again makes sense? */
bool llm_endpoint_other(const struct llm_provider *p);

/** The header that carries the provider's key ("Authorization: Bearer …", "api-key: …" at Azure).
 *  UV_EINVAL: no key looks like that. */
int llm_key_header(char *to, size_t size, const struct llm_provider *p);

/** Where a redirection of `from` to `location` leads: UV_EACCES when that is another server. */
int llm_follow(char *to, size_t size, const char *from, const char *location);

extern const struct llm_driver llm_driver_openai;
extern const struct llm_driver llm_driver_ollama;
extern const struct llm_driver llm_driver_outline;

#endif

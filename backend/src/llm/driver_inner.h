/**
 * @file llm/driver_inner.h  What drivers share (private to llm/)
 *
 * A driver calls llm_emit_start() and llm_emit_delta() while it runs and llm_emit_end() once, last,
 * which closes the generation. A handler may cancel from inside: each emit says whether the
 * generation is still open, and a driver goes no further when it is not. Its state is there until
 * the end of the turn.
 */
#ifndef LLM_DRIVER_INNER_H
#define LLM_DRIVER_INNER_H

#include "base/buffer.h"
#include "llm/driver.h"

#include <jansson.h>

enum {
    LLM_MAX_TOKENS_DEFAULT = 400,
    LLM_BODY_MAX = 2 << 20,        /**< Largest request body, in [bytes] */
    LLM_ERROR_BODY_MAX = 16 << 10, /**< What is kept of an error's body, in [bytes] */
    LLM_LINE_MAX = 1 << 20,        /**< Longest line of a stream, in [bytes] */
    LLM_CONNECT_TIMEOUT_MS = 4000,
    LLM_IDLE_TIMEOUT_MS = 60000, /**< Without a byte; a model that loads may take this long */
    LLM_LIST_TIMEOUT_MS = 5000,  /**< For model lists, in all */
    LLM_URL_MAX = 1024,
    LLM_MODEL_MAX = 256,
};

bool llm_emit_start(struct llm_gen *gen, const char *model);
bool llm_emit_delta(struct llm_gen *gen, const char *text, size_t len);
void llm_emit_end(struct llm_gen *gen, int err, enum llm_finish finish, uint64_t retry_after_ms,
                  const char *why);

/** What one piece of a provider's stream says. Parsers fill it and know nothing else. */
struct llm_chunk {
    const char *text; /**< New words or NULL; borrowed from json */
    size_t len;
    enum llm_finish finish;
    bool done;         /**< The answer is complete */
    const char *error; /**< The provider's own sentence, or NULL */
    const char *code;  /**< And its own code, or NULL */
    json_t *json;      /**< Owns the strings; llm_chunk_release() */
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

/** GET a list of models, {"<array>": [{"<member>": "name"}]}. For a driver's .models. */
int llm_list_start(struct http_client *client, const struct llm_provider *p, const char *path,
                   const char *const *headers, const char *array, const char *member,
                   void (*fn)(const char *name, int err, void *arg), void *arg);

/* ------------------------------------------------------------ one request to a remote provider */

struct http_call;
struct http_call_handlers;

/** The first member of what a driver that speaks HTTP hangs on gen->state. */
struct llm_wire {
    struct llm_gen *gen;
    struct http_call *call;
    char model[LLM_MODEL_MAX];
    int status;
};

/** Make a driver's state of so many bytes; *wp (a pointer to that struct) is set on success. */
int llm_wire_new(void *wp, size_t size, struct llm_gen *gen, const struct llm_request *req,
                 struct errbuf *err);

/** POST obj (taken) to the provider's address and path; the handlers get the wire. */
int llm_wire_post(struct llm_wire *w, const char *path, const char *const *headers, json_t *obj,
                  const struct http_call_handlers *handlers, struct errbuf *err);

/** A driver's .cancel: closes the connection. */
void llm_wire_cancel(struct llm_gen *gen);

/** url of the provider and path, one slash between. */
int llm_join_url(char *to, size_t size, const struct llm_provider *p, const char *path);

extern const struct llm_driver llm_driver_openai;
extern const struct llm_driver llm_driver_ollama;
extern const struct llm_driver llm_driver_outline;

#endif

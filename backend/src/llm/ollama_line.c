/**
 * @file llm/ollama_line.c  One line of Ollama's /api/chat stream (pure, fuzzed)
 *
 * Newline-delimited JSON, Ollama API documentation, "Generate a chat completion": message.content
 * per line, thoughts in message.thinking, a last line with "done": true and "done_reason" ("load":
 * the model was loaded and nothing said); {"error": "..."} when it fails.
 */
#include "llm/driver_internal.h"

#include "base/json.h"

#include <string.h>

int ollama_parse_line(const char *line, size_t len, struct llm_chunk *chunk)
{
    json_t *message;
    json_t *text;
    const char *reason;

    memset(chunk, 0, sizeof(*chunk));
    chunk->json = json_parse(line, len);
    if (!json_is_object(chunk->json)) {
        llm_chunk_release(chunk);
        return UV_EPROTO;
    }
    chunk->error = json_str(chunk->json, "error");
    message = json_object_get(chunk->json, "message");
    text = json_object_get(message, "content");
    if (json_is_string(text)) {
        chunk->text = json_string_value(text);
        chunk->len = json_string_length(text);
    }
    text = json_object_get(message, "thinking");
    chunk->thought = json_is_string(text) && json_string_length(text);
    chunk->done = json_flag(chunk->json, "done", false);
    chunk->prompt_tokens = (int)json_int(chunk->json, "prompt_eval_count", 0);
    chunk->answer_tokens = (int)json_int(chunk->json, "eval_count", 0);
    reason = json_str(chunk->json, "done_reason");
    if (reason && strcmp(reason, "length") == 0)
        chunk->finish = LLM_LENGTH;
    return 0;
}

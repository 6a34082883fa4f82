/**
 * @file llm/ollama_line.c  One line of Ollama's /api/chat stream (pure, fuzzed)
 *
 * Newline-delimited JSON, Ollama API documentation, "Generate a chat completion": message.content
 * per line, a last line with "done": true and "done_reason"; {"error": "..."} when it fails.
 */
#include "llm/driver_inner.h"

#include "base/json.h"

#include <string.h>

int ollama_parse_line(const char *line, size_t len, struct llm_chunk *chunk)
{
    json_t *text;
    const char *reason;

    memset(chunk, 0, sizeof(*chunk));
    chunk->json = json_parse(line, len);
    if (!json_is_object(chunk->json)) {
        llm_chunk_release(chunk);
        return UV_EPROTO;
    }
    chunk->error = json_str(chunk->json, "error");
    text = json_object_get(json_object_get(chunk->json, "message"), "content");
    if (json_is_string(text)) {
        chunk->text = json_string_value(text);
        chunk->len = json_string_length(text);
    }
    chunk->done = json_flag(chunk->json, "done", false);
    reason = json_str(chunk->json, "done_reason");
    if (reason && strcmp(reason, "length") == 0)
        chunk->finish = LLM_LENGTH;
    return 0;
}

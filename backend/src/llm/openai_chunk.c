/**
 * @file llm/openai_chunk.c  One event of a chat/completions stream (pure, fuzzed)
 *
 * The object "chat.completion.chunk" of the OpenAI API reference, "Chat Completions: streaming",
 * which Groq and the others follow: choices[0].delta.content, choices[0].finish_reason, a last
 * one with empty choices and "usage"; "[DONE]" ends. A server that fails in the middle sends
 * {"error": {...}} as an event.
 */
#include "llm/driver_inner.h"

#include "base/json.h"

#include <string.h>

static void read_error(json_t *error, struct llm_chunk *chunk)
{
    if (json_is_string(error)) {
        chunk->error = json_string_value(error);
        return;
    }
    chunk->error = json_str(error, "message");
    chunk->code = json_str(error, "code") ? json_str(error, "code") : json_str(error, "type");
    if (!chunk->error)
        chunk->error = "the provider reported an error without saying which";
}

static void read_choice(json_t *choice, struct llm_chunk *chunk)
{
    json_t *delta = json_object_get(choice, "delta");
    json_t *text;
    const char *finish = json_str(choice, "finish_reason");

    if (!delta)
        delta = json_object_get(choice, "message"); /* a server that does not stream */
    text = json_object_get(delta, "content");
    if (json_is_string(text)) {
        chunk->text = json_string_value(text);
        chunk->len = json_string_length(text);
    }
    if (!finish)
        return;
    chunk->done = true;
    if (strcmp(finish, "length") == 0)
        chunk->finish = LLM_LENGTH;
    else if (strcmp(finish, "content_filter") == 0)
        chunk->finish = LLM_FAILED;
}

int openai_parse_chunk(const char *data, size_t len, struct llm_chunk *chunk)
{
    json_t *error;

    memset(chunk, 0, sizeof(*chunk));
    while (len && strchr(" \t\r\n", data[len - 1]))
        len--;
    while (len && *data && strchr(" \t\r\n", *data)) {
        data++;
        len--;
    }
    if (len == 6 && memcmp(data, "[DONE]", 6) == 0) {
        chunk->done = true;
        return 0;
    }
    chunk->json = json_parse(data, len);
    if (!json_is_object(chunk->json)) {
        llm_chunk_release(chunk);
        return UV_EPROTO;
    }
    error = json_object_get(chunk->json, "error");
    if (error && !json_is_null(error))
        read_error(error, chunk);
    else
        read_choice(json_array_get(json_object_get(chunk->json, "choices"), 0), chunk);
    return 0;
}

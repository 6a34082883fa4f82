/**
 * @file llm/openai_chunk.c  One event of a chat/completions stream (pure, fuzzed)
 *
 * The object "chat.completion.chunk" of the OpenAI API reference, "Chat Completions: streaming",
 * which the others follow more or less: choices[0].delta.content, choices[0].finish_reason, a last
 * one with empty choices and "usage"; "[DONE]" ends. Seen elsewhere and understood: content as a
 * list of parts (Mistral), thoughts in reasoning_content, reasoning or thinking (DeepSeek,
 * OpenRouter, Groq, vLLM), a text beside the choice (completions), a message that is whole, choices
 * of a second answer, and {"error": {...}} in the middle, with a number or a word as its code.
 */
#include "llm/driver_internal.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void read_error(json_t *error, struct llm_chunk *chunk)
{
    int64_t status = json_int(error, "code", json_int(error, "status", 0));

    if (json_is_string(error)) {
        chunk->error = json_string_value(error);
        return;
    }
    chunk->error = json_str(error, "message");
    chunk->code = json_str(error, "code") ? json_str(error, "code") : json_str(error, "type");
    chunk->status = status >= 400 && status < 600 ? (int)status : 0;
    if (!chunk->error)
        chunk->error = "the provider reported an error without saying which";
}

static bool is_set(const json_t *text)
{
    return json_is_string(text) && json_string_length(text);
}

/** A list of parts: joins the text, notices thoughts. */
static void read_parts(json_t *parts, struct llm_chunk *chunk)
{
    struct buf b;
    json_t *part;
    size_t i;

    buf_init(&b, LLM_LINE_MAX);
    json_array_foreach(parts, i, part)
    {
        const char *type = json_str(part, "type");
        json_t *text = json_is_string(part) ? part : json_object_get(part, "text");

        if (type && strcmp(type, "text") != 0 && strcmp(type, "output_text") != 0)
            chunk->thought = true;
        else if (json_is_string(text))
            buf_append(&b, json_string_value(text), json_string_length(text));
    }
    if (b.len && !b.err) {
        chunk->own = buf_steal(&b, &chunk->len);
        chunk->text = chunk->own;
    }
    buf_release(&b);
}

static void read_content(json_t *content, struct llm_chunk *chunk)
{
    if (json_is_string(content)) {
        chunk->text = json_string_value(content);
        chunk->len = json_string_length(content);
    } else if (json_is_array(content)) {
        read_parts(content, chunk);
    }
}

static void read_finish(const char *finish, struct llm_chunk *chunk)
{
    if (!finish || !*finish)
        return;
    chunk->done = true;
    if (!strcmp(finish, "length") || !strcmp(finish, "max_tokens"))
        chunk->finish = LLM_LENGTH;
    else if (!strcmp(finish, "content_filter") || !strcmp(finish, "error"))
        chunk->finish = LLM_FAILED;
    chunk->filtered = !strcmp(finish, "content_filter");
}

static void read_choice(json_t *choice, struct llm_chunk *chunk)
{
    static const char *const thoughts[] = {"reasoning_content", "reasoning", "thinking"};
    json_t *delta = json_object_get(choice, "delta");

    if (!json_is_object(delta))
        delta = json_object_get(choice, "message"); /* a server that does not stream */
    read_content(json_object_get(delta, "content"), chunk);
    if (!chunk->text)
        read_content(json_object_get(choice, "text"), chunk);
    for (size_t i = 0; i < sizeof(thoughts) / sizeof(thoughts[0]); i++)
        chunk->thought |= is_set(json_object_get(delta, thoughts[i]));
    chunk->thought |= json_array_size(json_object_get(delta, "reasoning_details")) > 0;
    chunk->refused = is_set(json_object_get(delta, "refusal"));
    read_finish(json_str(choice, "finish_reason"), chunk);
}

/** The first choice: a server may send several. */
static json_t *first_choice(json_t *root)
{
    json_t *choice;
    size_t i;

    json_array_foreach(json_object_get(root, "choices"), i, choice)
    {
        if (json_int(choice, "index", 0) == 0)
            return choice;
    }
    return NULL;
}

static void read_usage(const json_t *root, struct llm_chunk *chunk)
{
    const json_t *usage = json_object_get(root, "usage");
    const json_t *timings = json_object_get(root, "timings"); /* llama.cpp */
    const json_t *details = json_object_get(usage, "prompt_tokens_details");

    chunk->prompt_tokens = (int)json_int(usage, "prompt_tokens", 0);
    chunk->answer_tokens = (int)json_int(usage, "completion_tokens", 0);
    chunk->cached_tokens = (int)json_int(details, "cached_tokens", json_int(timings, "cache_n", 0));
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
    if (error && !json_is_null(error) && !json_is_false(error))
        read_error(error, chunk);
    else
        read_choice(first_choice(chunk->json), chunk);
    read_usage(chunk->json, chunk);
    return 0;
}

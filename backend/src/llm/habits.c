/**
 * @file llm/habits.c  What was learnt about a provider's models, and reading it from error bodies
 *
 * Forms of refusals: OpenAI {"error": {"message", "param", "code"}}, FastAPI and vLLM {"detail":
 * [{"loc": ["body", "stream_options"], "msg"}]}, llama.cpp {"error": {"type":
 * "exceed_context_size_error", "n_ctx"}}, and plain sentences.
 */
#include "llm/habits.h"

#include "base/json.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SENTENCE_MAX = 2048 };

struct llm_habit *llm_habit_of(struct llm_habits *h, const char *model)
{
    struct llm_habit *oldest = &h->of[0];

    h->count++;
    for (size_t i = 0; i < LLM_HABITS_MODELS; i++) {
        struct llm_habit *x = &h->of[i];

        if (x->used && !strcmp(x->model, model)) {
            x->used = h->count;
            return x;
        }
        if (x->used < oldest->used)
            oldest = x;
    }
    *oldest = (struct llm_habit){.used = h->count};
    text_copy(oldest->model, sizeof(oldest->model), model, strlen(model));
    oldest->millions = llm_millions_of(model);
    return oldest;
}

int llm_millions_of(const char *model)
{
    for (const char *p = model; *p; p++) {
        char *unit;
        double n;

        if (!isdigit((unsigned char)*p) ||
            (p > model && (isalnum((unsigned char)p[-1]) || p[-1] == '.')))
            continue;
        n = strtod(p, &unit);
        if (isalnum((unsigned char)unit[0]) && isalnum((unsigned char)unit[1]))
            continue;
        if ((*unit | 0x20) == 'b' && n < 2000)
            return (int)(n * 1000);
        if ((*unit | 0x20) == 'm' && n >= 10)
            return (int)n;
    }
    return 0;
}

bool llm_name_thinks(const char *model)
{
    static const char *const names[] = {
        "think", "reason", "r1",        "qwq",     "qwen3",   "gpt-oss",  "gpt-5",      "o1",
        "o3",    "o4",     "magistral", "glm-4.5", "glm-4.6", "nemotron", "deepcogito", "phi-4-r"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *at = strcasestr(model, names[i]);

        /* "o1" and "r1" only as words of their own */
        if (at && (strlen(names[i]) > 2 || ((at == model || !isalnum((unsigned char)at[-1])) &&
                                            !isalnum((unsigned char)at[2]))))
            return true;
    }
    return false;
}

/* ---------------------------------------------------------------------------------- refusals */

static const struct {
    const char *name;
    unsigned field;
} fields[] = {
    {"stream_options", LLM_FIELD_STREAM_OPTIONS},
    {"include_usage", LLM_FIELD_STREAM_OPTIONS},
    {"max_tokens", LLM_FIELD_MAX},
    {"max_completion_tokens", LLM_FIELD_MAX},
    {"temperature", LLM_FIELD_TEMPERATURE},
    {"reasoning", LLM_FIELD_REASONING},
    {"reasoning_format", LLM_FIELD_REASONING},
    {"reasoning_effort", LLM_FIELD_REASONING},
    {"include_reasoning", LLM_FIELD_REASONING},
    {"chat_template_kwargs", LLM_FIELD_REASONING},
    {"enable_thinking", LLM_FIELD_REASONING},
    {"think", LLM_FIELD_REASONING},
    {"thinking", LLM_FIELD_REASONING},
    {"stream", LLM_FIELD_STREAM},
    {"streaming", LLM_FIELD_STREAM},
};

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = text; (at = strcasestr(at, word)); at += n)
        if ((at == text || !in_word(at[-1])) && !in_word(at[n]))
            return true;
    return false;
}

static unsigned named_in(const char *text, unsigned sent)
{
    unsigned found = 0;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if ((sent & fields[i].field) && has_word(text, fields[i].name))
            found |= fields[i].field;
    if (found & ~(unsigned)LLM_FIELD_STREAM)
        found &= ~(unsigned)LLM_FIELD_STREAM; /* "stream_options needs stream" */
    return found;
}

static bool has_any(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

static bool refuses_system(const char *text)
{
    static const char *const roles[] = {"alternate", "only user and assistant",
                                        "developer instruction is not"};

    return (has_word(text, "system") &&
            (has_word(text, "role") || strcasestr(text, "not support") ||
             strcasestr(text, "not allowed"))) ||
           has_any(text, roles, sizeof(roles) / sizeof(roles[0]));
}

static bool refuses_something(const char *text)
{
    static const char *const words[] = {
        "extra",       "unknown",     "unrecognized",  "unexpected",    "unsupported", "not permit",
        "not support", "not allowed", "invalid param", "invalid field", "invalid arg"};

    return has_any(text, words, sizeof(words) / sizeof(words[0]));
}

/** The field that the error names outside its sentence; NULL: none. */
static const char *parameter(const json_t *root)
{
    const json_t *error = json_object_get(root, "error");
    const json_t *detail = json_object_get(json_is_object(error) ? error : root, "detail");
    const json_t *loc = json_object_get(json_array_get(detail, 0), "loc");
    const char *param =
        json_str(error, "param") ? json_str(error, "param") : json_str(root, "param");

    if (param && *param)
        return param;
    return json_string_value(json_array_get(loc, json_array_size(loc) ? 1 : 0));
}

/** The body as a C string. */
static const char *as_text(const char *body, size_t len, char text[static SENTENCE_MAX])
{
    text_copy(text, SENTENCE_MAX, body, len);
    return text;
}

unsigned llm_refused_fields(const char *body, size_t len, unsigned sent)
{
    const unsigned optional =
        LLM_FIELD_STREAM_OPTIONS | LLM_FIELD_TEMPERATURE | LLM_FIELD_REASONING;
    char text[SENTENCE_MAX];
    json_t *root = json_parse(body, len);
    const char *param = root ? parameter(root) : NULL;
    unsigned found = param ? named_in(param, sent) : 0;

    as_text(body, len, text);
    json_decref(root); /* this also frees param */
    if (!found)
        found = named_in(text, sent);
    if (!found && (sent & LLM_FIELD_SYSTEM) && refuses_system(text))
        found = LLM_FIELD_SYSTEM;
    if (!found && refuses_something(text))
        found = sent & optional;
    return found;
}

/** The number after "context length is", or the first one that could be it. */
static int number_in(const char *text)
{
    static const char *const before[] = {"context length is ", "context size (",
                                         "context length of ", "context window of ",
                                         "n_ctx = ",           "n_ctx: "};

    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        const char *at = strcasestr(text, before[i]);

        if (at && isdigit((unsigned char)at[strlen(before[i])]))
            return atoi(at + strlen(before[i]));
    }
    return 0;
}

bool llm_overflowed(const char *body, size_t len, int *context)
{
    static const char *const words[] = {
        "exceed_context_size", "context_length_exceeded", "context length",
        "context window",      "maximum context",         "context size",
        "prompt is too long",  "too many tokens",         "input is too long"};
    char text[SENTENCE_MAX];
    json_t *root = json_parse(body, len);
    const json_t *error = json_object_get(root, "error");
    int64_t told = json_int(error, "n_ctx", 0);

    as_text(body, len, text);
    *context = told > 0 && told < 1 << 30 ? (int)told : number_in(text);
    json_decref(root);
    return has_any(text, words, sizeof(words) / sizeof(words[0]));
}

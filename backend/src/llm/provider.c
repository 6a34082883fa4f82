/**
 * @file llm/provider.c  The answer services we know by name
 *
 * Addresses and model names as their own documentation gives them; each can be overridden.
 */
#include "llm/provider.h"

#include <string.h>

#define SERVICE(n, t, u, m, k, page)                                                               \
    {                                                                                              \
        .name = (n), .title = (t), .driver = "openai", .url = (u), .model = (m), .key_env = (k),   \
        .key_page = (page), .needs_key = true                                                      \
    }
#define SERVER(n, t, u, k)                                                                         \
    {                                                                                              \
        .name = (n), .title = (t), .driver = "openai", .url = (u), .key_env = (k),                 \
        .local = (u) != NULL                                                                       \
    }

const struct llm_preset llm_presets[] = {
    SERVICE("groq", "Groq", "https://api.groq.com/openai/v1", "llama-3.3-70b-versatile",
            "GROQ_API_KEY", "https://console.groq.com/keys"),
    SERVICE("openai", "OpenAI", "https://api.openai.com/v1", "gpt-4o-mini", "OPENAI_API_KEY",
            "https://platform.openai.com/api-keys"),
    SERVICE("openrouter", "OpenRouter", "https://openrouter.ai/api/v1",
            "meta-llama/llama-3.3-70b-instruct", "OPENROUTER_API_KEY",
            "https://openrouter.ai/settings/keys"),
    SERVICE("together", "Together AI", "https://api.together.xyz/v1",
            "meta-llama/Llama-3.3-70B-Instruct-Turbo", "TOGETHER_API_KEY",
            "https://api.together.ai/settings/api-keys"),
    SERVICE("azure", "Azure OpenAI", NULL, "gpt-4o-mini", "AZURE_OPENAI_API_KEY",
            "https://ai.azure.com"),
    {.name = "ollama",
     .title = "Ollama",
     .driver = "ollama",
     .url = "http://127.0.0.1:11434",
     .model = "llama3.2",
     .local = true,
     .found = true},
    {.name = "lmstudio",
     .title = "LM Studio",
     .driver = "openai",
     .url = "http://127.0.0.1:1234/v1",
     .local = true,
     .found = true},
    {.name = "llamacpp",
     .title = "llama.cpp",
     .driver = "openai",
     .url = "http://127.0.0.1:8080/v1",
     .local = true,
     .found = true},
    {.name = "vllm",
     .title = "vLLM",
     .driver = "openai",
     .url = "http://127.0.0.1:8000/v1",
     .local = true,
     .found = true},
    SERVER("litellm", "LiteLLM", "http://127.0.0.1:4000/v1", NULL),
    SERVER("compatible", "OpenAI-compatible server", NULL, "INTERVIEWD_COMPATIBLE_URL"),
    {.name = "outline",
     .title = "Built-in outline",
     .driver = "outline",
     .model = "outline",
     .local = true},
    {.name = NULL}};

const struct llm_preset *llm_preset_find(const char *name)
{
    for (const struct llm_preset *p = llm_presets; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

static const char *either(const char *given, const char *otherwise)
{
    return given && *given ? given : otherwise;
}

int llm_provider_fill(struct llm_provider *p, const char *name, const char *url, const char *key,
                      const char *model, struct errbuf *why)
{
    const struct llm_preset *preset = llm_preset_find(name);

    if (!preset)
        return err_set(why, UV_EINVAL, "no answer provider is called %s", name);
    url = either(url, preset->url);
    model = either(model, preset->model);
    key = either(key, NULL);
    if (preset->needs_key && !key)
        return err_set(why, UV_EINVAL, "%s needs a key: set %s", preset->title, preset->key_env);
    if (strcmp(preset->driver, "outline") != 0 &&
        (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)))
        return err_set(why, UV_EINVAL, "%s needs an address that begins with http:// or https://",
                       preset->title);
    if (!model)
        return err_set(why, UV_EINVAL, "%s needs the name of a model", preset->title);
    *p = (struct llm_provider){.name = preset->name,
                               .driver = llm_driver_find(preset->driver),
                               .url = url,
                               .api_key = key,
                               .model = model};
    return 0;
}

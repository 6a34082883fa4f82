/**
 * @file llm/provider.c  The answer services we know by name
 *
 * Addresses and model names as their own documentation gives them; each can be overridden.
 */
#include "llm/provider.h"

#include <string.h>

const struct llm_preset llm_presets[] = {{.name = "groq",
                                          .title = "Groq",
                                          .driver = "openai",
                                          .url = "https://api.groq.com/openai/v1",
                                          .model = "llama-3.3-70b-versatile",
                                          .key_env = "GROQ_API_KEY",
                                          .needs_key = true},
                                         {.name = "openai",
                                          .title = "OpenAI",
                                          .driver = "openai",
                                          .url = "https://api.openai.com/v1",
                                          .model = "gpt-4o-mini",
                                          .key_env = "OPENAI_API_KEY",
                                          .needs_key = true},
                                         {.name = "ollama",
                                          .title = "Ollama",
                                          .driver = "ollama",
                                          .url = "http://127.0.0.1:11434",
                                          .model = "llama3.2",
                                          .local = true},
                                         {.name = "compatible",
                                          .title = "OpenAI-compatible server",
                                          .driver = "openai",
                                          .key_env = "INTERVIEWD_COMPATIBLE_KEY"},
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
                      const char *model, struct errbuf *err)
{
    const struct llm_preset *preset = llm_preset_find(name);

    if (!preset)
        return err_set(err, UV_EINVAL, "no answer provider is called %s", name);
    url = either(url, preset->url);
    model = either(model, preset->model);
    key = either(key, NULL);
    if (preset->needs_key && !key)
        return err_set(err, UV_EINVAL, "%s needs a key: set %s", preset->title, preset->key_env);
    if (strcmp(preset->driver, "outline") != 0 &&
        (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)))
        return err_set(err, UV_EINVAL, "%s needs an address that begins with http:// or https://",
                       preset->title);
    if (!model)
        return err_set(err, UV_EINVAL, "%s needs the name of a model", preset->title);
    *p = (struct llm_provider){.name = preset->name,
                               .driver = llm_driver_find(preset->driver),
                               .url = url,
                               .api_key = key,
                               .model = model};
    return 0;
}

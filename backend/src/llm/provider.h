/**
 * @file llm/provider.h  Known answer services: addresses and default models by name
 *
 *     struct llm_provider p;
 *     llm_provider_fill(&p, "groq", NULL, key, NULL, why);   // the rest comes from the preset
 *
 * "compatible" is any other server with the chat/completions protocol (vLLM, llama.cpp's server,
 * LM Studio …): it needs an address and a model name.
 *
 * Threads    Any.
 * Errors     UV_EINVAL: unknown name, missing key or address, address that is not an http(s) URL.
 * Ownership  Strings given to llm_provider_fill() are borrowed and must outlive the provider.
 */
#ifndef LLM_PROVIDER_H
#define LLM_PROVIDER_H

#include "llm/driver.h"

struct llm_preset {
    const char *name;     /**< As in the API and in the settings */
    const char *title;    /**< For people: "Groq" */
    const char *driver;   /**< "openai", "ollama", "outline" */
    const char *url;      /**< NULL: required */
    const char *model;    /**< NULL: required */
    const char *key_env;  /**< Usual environment variable for the key; NULL: none */
    const char *key_page; /**< Web page where people create a key; NULL: none */
    bool needs_key;
    bool local; /**< Data stays on this machine, unless the address is changed */
    bool found; /**< Looked for at .url if nobody chose a chain */
};

/** All presets, ending with a NULL name; their order is the default chain. */
extern const struct llm_preset llm_presets[];
const struct llm_preset *llm_preset_find(const char *name);

/** Any of url, key and model may be NULL or "": then the preset's is used. */
int llm_provider_fill(struct llm_provider *p, const char *name, const char *url, const char *key,
                      const char *model, struct errbuf *why);

#endif

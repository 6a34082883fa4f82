/**
 * @file config/providers.c  Which providers answer, in which order, and which remote recogniser is
 * used
 */
#include "config/settings.h"

#include <string.h>

static bool openai_is_elsewhere(const struct config_whole *w)
{
    return strcmp(w->openai_url, "https://api.openai.com/v1") != 0;
}

/* ---------------------------------------------------------------- the remote recogniser */

void config_derive_remote_asr(struct config_whole *w)
{
    struct config *c = &w->c;
    bool groq = !c->asr_url && w->groq_key && !c->asr_key;

    if (c->asr_url && !c->asr_name)
        c->asr_name = "whisper-1";
    else if (groq)
        c->asr_url = w->groq_url;
    else if (!c->asr_url && (c->asr_key || w->openai_key || openai_is_elsewhere(w)))
        c->asr_url = w->openai_url;
    if (!c->asr_key && c->asr_url == w->groq_url)
        c->asr_key = w->groq_key;
    if (!c->asr_key && c->asr_url == w->openai_url)
        c->asr_key = w->openai_key;
    if (!c->asr_name)
        c->asr_name = groq ? "whisper-large-v3-turbo" : "whisper-1";
}

/* ------------------------------------------------------------------- a provider by name */

/** In the order of config_whole.services and its settings. */
static const struct service {
    const char *name;
    const char *url;   /* NULL: it must be set */
    const char *model; /* NULL: the first that the server lists */
    bool needs_key;
} services[] = {
    {"openrouter", "https://openrouter.ai/api/v1", "meta-llama/llama-3.3-70b-instruct", true},
    {"together", "https://api.together.xyz/v1", "meta-llama/Llama-3.3-70B-Instruct-Turbo", true},
    {"azure", NULL, "gpt-4o-mini", true},
    {"lmstudio", "http://127.0.0.1:1234/v1", NULL, false},
    {"llamacpp", "http://127.0.0.1:8080/v1", NULL, false},
    {"vllm", "http://127.0.0.1:8000/v1", NULL, false},
    {"litellm", "http://127.0.0.1:4000/v1", NULL, false},
    {"compatible", NULL, NULL, false},
};

/** Servers with a single model accept any name, so one is sent until their list is known. */
static const char some_model[] = "default";

_Static_assert(sizeof(services) / sizeof(services[0]) == SETTINGS_SERVICES, "one row a service");

static int service_named(const struct config_whole *w, const char *name, struct config_provider *p)
{
    for (size_t i = 0; i < SETTINGS_SERVICES; i++) {
        const struct setting_service *set = &w->services[i];
        const struct service *usual = &services[i];
        const char *model = set->model ? set->model : usual->model;

        if (strcmp(usual->name, name) != 0)
            continue;
        *p = (struct config_provider){.name = usual->name,
                                      .driver = "openai",
                                      .url = set->url ? set->url : usual->url,
                                      .key = set->key,
                                      .model = model ? model : some_model,
                                      .any_model = !model,
                                      .missing_key = usual->needs_key && !set->key};
        return p->url ? 0 : UV_ENOENT;
    }
    return UV_EINVAL;
}

static bool is_default(const struct config_whole *w, const char *flag)
{
    const struct setting *s = setting_by_flag(flag, strlen(flag));

    return s && !strcmp(w->values[s - config_settings].where, "default");
}

/** 0; UV_EINVAL: no provider has that name; UV_ENOENT: its address is not set. */
static int provider_named(const struct config_whole *w, const char *name, struct config_provider *p)
{
    bool elsewhere = openai_is_elsewhere(w);
    int err = 0;

    if (strcmp(name, "groq") == 0)
        *p = (struct config_provider){.name = "groq",
                                      .driver = "openai",
                                      .url = w->groq_url,
                                      .key = w->groq_key,
                                      .model = w->groq_model,
                                      .missing_key = !w->groq_key};
    else if (strcmp(name, "openai") == 0)
        *p = (struct config_provider){.name = "openai",
                                      .driver = "openai",
                                      .url = w->openai_url,
                                      .key = w->openai_key,
                                      .model = w->openai_model,
                                      .missing_key = !w->openai_key && !elsewhere};
    else if (strcmp(name, "ollama") == 0)
        *p = (struct config_provider){.name = "ollama",
                                      .driver = "ollama",
                                      .url =
                                          w->ollama_url ? w->ollama_url : "http://127.0.0.1:11434",
                                      .model = w->ollama_model};
    else if (strcmp(name, "outline") == 0)
        *p = (struct config_provider){.name = "outline", .driver = "outline", .model = "outline"};
    else
        err = service_named(w, name, p);
    p->local = !err && config_url_is_local(p->url);
    if (p->local && ((strcmp(name, "openai") == 0 && is_default(w, "openai-model")) ||
                     (strcmp(name, "ollama") == 0 && is_default(w, "ollama-model"))))
        p->any_model = true; /* none was named: whichever the server has */
    return err;
}

/* ---------------------------------------------------------------------------- the chain */

static int derive_given_chain(struct config_whole *w, struct errbuf *why)
{
    if (w->chain_count > CONFIG_PROVIDERS_MAX)
        return err_set(why, UV_EINVAL, "INTERVIEWD_PROVIDERS: at most %d providers",
                       CONFIG_PROVIDERS_MAX);
    for (size_t i = 0; i < w->chain_count; i++) {
        int err = provider_named(w, w->chain[i], &w->c.providers[i]);

        if (err == UV_ENOENT)
            return err_set(why, UV_EINVAL,
                           "INTERVIEWD_PROVIDERS names %s, which needs its address: set "
                           "%s-url (INTERVIEWD_%s_URL)",
                           w->chain[i], w->chain[i],
                           strcmp(w->chain[i], "azure") ? "COMPATIBLE" : "AZURE");
        if (err)
            return err_set(why, UV_EINVAL,
                           "INTERVIEWD_PROVIDERS: there is no provider \"%.40s\"; there are groq, "
                           "openai, openrouter, together, azure, lmstudio, llamacpp, vllm, "
                           "litellm, compatible, ollama and outline",
                           w->chain[i]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(w->chain[i], w->chain[j]) == 0)
                return err_set(why, UV_EINVAL, "INTERVIEWD_PROVIDERS names %s twice", w->chain[i]);
    }
    w->c.provider_count = w->chain_count;
    return 0;
}

/** Did somebody configure it? */
static bool is_configured(const struct config_whole *w, const char *name)
{
    for (size_t i = 0; i < SETTINGS_SERVICES; i++)
        if (strcmp(services[i].name, name) == 0)
            return services[i].needs_key ? w->services[i].key != NULL : w->services[i].url != NULL;
    return strcmp(name, "ollama") != 0 || w->ollama_url;
}

static const char *const usual_order[] = {"groq",     "openai",     "openrouter", "together",
                                          "azure",    "compatible", "litellm",    "vllm",
                                          "lmstudio", "llamacpp",   "ollama"};

/* Their keys stay in the chain: users do not get them. */
static void derive_known(struct config_whole *w)
{
    for (size_t i = 0; i < sizeof(usual_order) / sizeof(usual_order[0]); i++) {
        struct config_provider *p = &w->c.usual[w->c.usual_count];

        if (provider_named(w, usual_order[i], p))
            continue;
        p->key = NULL;
        w->c.usual_count++;
    }
}

/* If the person gave no chain: fast remote ones first, if there is a key for them. */
static void derive_usual_chain(struct config_whole *w)
{
    for (size_t i = 0; i < sizeof(usual_order) / sizeof(usual_order[0]); i++) {
        struct config_provider p;

        if (provider_named(w, usual_order[i], &p) || p.missing_key ||
            !is_configured(w, usual_order[i]))
            continue;
        w->c.providers[w->c.provider_count++] = p;
    }
}

int config_derive_chain(struct config_whole *w, struct errbuf *why)
{
    derive_known(w);
    if (w->chain) {
        w->c.find_local = false;
        return derive_given_chain(w, why);
    }
    derive_usual_chain(w);
    return 0;
}

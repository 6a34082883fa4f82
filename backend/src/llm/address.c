/**
 * @file llm/address.c  Provider addresses as people paste them, and their redirections
 *
 * A base address in the documentation's sense is https://host/v1. People also give the whole
 * endpoint, the bare host, or Azure's with its query, and servers redirect to other addresses. A
 * key is only ever sent to the server that it was given for.
 */
#include "llm/driver_internal.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** Azure OpenAI, "API version lifecycle": the latest generally available version of the old
 *  form. */
static const char azure_version[] = "api-version=2024-10-21";

static const char *const openai_endings[] = {"/chat/completions", "/completions", "/responses",
                                             "/models", NULL};
static const char *const ollama_endings[] = {"/v1/chat/completions",
                                             "/v1/models",
                                             "/api/chat",
                                             "/api/generate",
                                             "/api/tags",
                                             "/api",
                                             "/v1",
                                             NULL};

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);

    return len >= n && !strncasecmp(text + len - n, end, n);
}

/** Length of the base address: without query, trailing slashes and the name of an endpoint. */
static size_t base_of(const char *url, const char *const *endings)
{
    size_t n = strcspn(url, "?#");

    while (n && url[n - 1] == '/')
        n--;
    for (size_t i = 0; endings[i]; i++) {
        if (!ends_with(url, n, endings[i]))
            continue;
        n -= strlen(endings[i]);
        while (n && url[n - 1] == '/')
            n--;
        break;
    }
    return n;
}

/** Azure's own host, or a gateway to it that was configured as azure. */
static bool is_azure(const struct llm_provider *p)
{
    const char *url = p->url ? p->url : "";
    size_t n = strcspn(url, "?#");
    const char *at = strstr(url, "//");
    const char *path = at ? strchr(at + 2, '/') : NULL;
    size_t host = path ? (size_t)(path - url) : n;

    return (p->name && !strcmp(p->name, "azure")) || ends_with(url, host, ".azure.com");
}

/** For a deployment at Azure, models are listed one level up, at the resource. */
static size_t list_base(const char *url, size_t n)
{
    for (const char *at = strstr(url, "/deployments/"); at && at < url + n;)
        return (size_t)(at - url);
    return n;
}

static bool has_path(const char *url, size_t n)
{
    const char *at = strstr(url, "//");

    at = at ? strchr(at + 2, '/') : NULL;
    return at && at < url + n;
}

static const char *v1_of(const struct llm_provider *p, const char *url, size_t n)
{
    enum llm_v1 v1 = p->habits ? p->habits->v1 : LLM_V1_AS_GIVEN;

    if (!strcmp(p->driver->name, "ollama") || ends_with(url, n, "/v1") || v1 == LLM_V1_LEFT_OUT)
        return "";
    if (is_azure(p) && (!has_path(url, n) || ends_with(url, n, "/openai")))
        return has_path(url, n) ? "/v1" : "/openai/v1";
    return v1 == LLM_V1_ADDED || !has_path(url, n) ? "/v1" : "";
}

int llm_endpoint(char *to, size_t size, const struct llm_provider *p, const char *path)
{
    bool ollama = !strcmp(p->driver->name, "ollama");
    const char *url = p->url ? p->url : "";
    size_t n = base_of(url, ollama ? ollama_endings : openai_endings);
    const char *v1 = v1_of(p, url, n);
    const char *query = strchr(url, '?');
    size_t query_len = query ? strcspn(query, "#") : 0;
    bool lacks = !query && is_azure(p) && strstr(url, "/deployments/");

    if (!strcmp(path, "/models"))
        n = list_base(url, n);
    if (!strcmp(path, "/props")) { /* llama.cpp's own path, outside /v1 */
        n -= ends_with(url, n, "/v1") ? strlen("/v1") : 0;
        v1 = "";
    }
    return snprintf(to, size, "%.*s%s%s%.*s%s%s", (int)n, url, v1, path, (int)query_len,
                    query ? query : "", lacks ? "?" : "", lacks ? azure_version : "") < (int)size
               ? 0
               : UV_ENAMETOOLONG;
}

bool llm_endpoint_other(const struct llm_provider *p)
{
    const char *url = p->url ? p->url : "";
    size_t n = base_of(url, openai_endings);

    if (!p->habits || p->habits->v1 != LLM_V1_AS_GIVEN || ends_with(url, n, "/v1") || is_azure(p))
        return false;
    p->habits->v1 = has_path(url, n) ? LLM_V1_ADDED : LLM_V1_LEFT_OUT;
    return true;
}

int llm_key_header(char *to, size_t size, const struct llm_provider *p)
{
    const char *key = p->api_key ? p->api_key : "";

    for (const char *c = key; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return UV_EINVAL; /* another header could hide in it */
    if (is_azure(p))
        return snprintf(to, size, "api-key: %s", key) < (int)size ? 0 : UV_EINVAL;
    return snprintf(to, size, "Authorization: Bearer %s", key) < (int)size ? 0 : UV_EINVAL;
}

/* ----------------------------------------------------------------------------- redirections */

static char *part(CURLU *url, CURLUPart which)
{
    char *text = NULL;

    curl_url_get(url, which, &text, CURLU_DEFAULT_PORT);
    return text;
}

static bool same(CURLU *a, CURLU *b, CURLUPart which)
{
    char *one = part(a, which);
    char *two = part(b, which);
    bool equal = one && two && !strcasecmp(one, two);

    curl_free(one);
    curl_free(two);
    return equal;
}

/** The same server, or the same host now with TLS. */
static bool may_follow(CURLU *from, CURLU *to)
{
    char *scheme = part(to, CURLUPART_SCHEME);
    bool upgraded = scheme && !strcmp(scheme, "https") && !same(from, to, CURLUPART_SCHEME);

    curl_free(scheme);
    return same(from, to, CURLUPART_HOST) &&
           (upgraded || (same(from, to, CURLUPART_SCHEME) && same(from, to, CURLUPART_PORT)));
}

int llm_follow(char *to, size_t size, const char *from, const char *location)
{
    CURLU *old = curl_url();
    CURLU *new = curl_url();
    char *whole = NULL;
    int err = UV_EINVAL;

    if (old && new && !curl_url_set(old, CURLUPART_URL, from, 0) &&
        !curl_url_set(new, CURLUPART_URL, from, 0) &&
        !curl_url_set(new, CURLUPART_URL, location, 0) &&
        !curl_url_get(new, CURLUPART_URL, &whole, 0)) {
        err = may_follow(old, new) ? 0 : UV_EACCES;
        if (!err && snprintf(to, size, "%s", whole) >= (int)size)
            err = UV_ENAMETOOLONG;
    }
    curl_free(whole);
    curl_url_cleanup(old);
    curl_url_cleanup(new);
    return err;
}

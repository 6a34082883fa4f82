/**
 * @file llm/wire.c  One request to a remote provider: starting it, giving it up
 *
 * The same for every driver that speaks HTTP; what comes back is theirs to read.
 */
#include "llm/driver_inner.h"

#include "base/json.h"
#include "base/text.h"
#include "net/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int llm_join_url(char *to, size_t size, const struct llm_provider *p, const char *path)
{
    size_t n = p->url ? strlen(p->url) : 0;

    while (n && p->url[n - 1] == '/')
        n--;
    return snprintf(to, size, "%.*s%s", (int)n, p->url ? p->url : "", path) < (int)size
               ? 0
               : UV_ENAMETOOLONG;
}

int llm_wire_new(void *wp, size_t size, struct llm_gen *gen, const struct llm_request *req,
                 struct errbuf *err)
{
    const char *model = req->model && *req->model ? req->model : gen->provider->model;
    struct llm_wire *w;

    if (!gen->client || !gen->provider->url || !model || !*model)
        return err_set(err, UV_EINVAL, "%s has no address or no model", gen->provider->name);
    w = calloc(1, size);
    if (!w)
        return err_set(err, UV_ENOMEM, "out of memory");
    w->gen = gen;
    text_copy(w->model, sizeof(w->model), model, strlen(model));
    memcpy(wp, &w, sizeof(w));
    return 0;
}

int llm_wire_post(struct llm_wire *w, const char *path, const char *const *headers, json_t *obj,
                  const struct http_call_handlers *handlers, struct errbuf *err)
{
    const char *name = w->gen->provider->name;
    char url[LLM_URL_MAX];
    struct buf body;
    int rc;

    if (llm_join_url(url, sizeof(url), w->gen->provider, path)) {
        json_decref(obj);
        return err_set(err, UV_EINVAL, "the address of %s is too long", name);
    }
    buf_init(&body, LLM_BODY_MAX);
    json_write(&body, obj);
    json_decref(obj);
    rc = body.err;
    if (!rc)
        rc = http_call_start(
            w->gen->client,
            &(struct http_call_request){.method = "POST",
                                        .url = url,
                                        .headers = headers,
                                        .body = body.data,
                                        .body_len = body.len,
                                        .connect_timeout_ms = LLM_CONNECT_TIMEOUT_MS,
                                        .idle_timeout_ms = LLM_IDLE_TIMEOUT_MS},
            handlers, w, &w->call);
    if (body.data)
        explicit_bzero(body.data, body.len);
    buf_release(&body);
    return rc ? err_set(err, rc, "%s cannot be asked: %s", name, uv_strerror(rc)) : 0;
}

void llm_wire_cancel(struct llm_gen *gen)
{
    struct llm_wire *w = gen->state;

    if (w)
        http_call_cancel(w->call);
}

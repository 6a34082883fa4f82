/**
 * @file config/config.c  From four sources to one checked struct
 *
 * collect (sources.c: file, environment, flags) -> convert each by its kind -> derive settings from
 * others (accounts; providers.c: provider chain, remote recogniser) -> check that they fit
 * together.
 */
#include "config/config.h"

#include "base/network.h"
#include "base/text.h"
#include "config/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

struct config_inner {
    struct config_whole *whole;
};

/* ------------------------------------------------------------------------------- memory */

/* All memory of a config is registered here, so that config_free() need not know the members. */
void *config_keep(struct config_whole *w, void *p)
{
    if (!p)
        return NULL;
    if (w->memory_count == sizeof(w->memory) / sizeof(w->memory[0])) {
        free(p);
        return NULL;
    }
    w->memory[w->memory_count++] = p;
    return p;
}

void config_free(struct config *config)
{
    struct config_whole *w = (struct config_whole *)config;

    if (!w)
        return;
    for (size_t i = 0; i < w->memory_count; i++)
        free(w->memory[i]);
    for (size_t i = 0; i < config_setting_count; i++) {
        if (w->values[i].text && config_settings[i].secret)
            explicit_bzero(w->values[i].text, strlen(w->values[i].text));
        free(w->values[i].text);
    }
    free(w);
}

const char *config_path(const struct config *config, const char *name)
{
    struct config_whole *w = config->inner->whole;
    char *path;

    if (asprintf(&path, "%s/%s", config->data_dir, name) < 0)
        return NULL;
    return config_keep(w, path);
}

/* --------------------------------------------------------------------------- conversion */

enum { AS_WRITTEN_MAX = 160 };

/* "INTERVIEWD_LISTEN (environment)" or "--listen": as the person wrote it. */
static const char *as_written(const struct setting *s, const struct setting_value *v,
                              char to[static AS_WRITTEN_MAX])
{
    char env[64];

    if (strcmp(v->where, "command line") == 0)
        snprintf(to, AS_WRITTEN_MAX, "--%s", s->name);
    else
        snprintf(to, AS_WRITTEN_MAX, "%s (%s)", setting_env(s, env), v->where);
    return to;
}

static int refuse(const struct setting *s, const struct setting_value *v, struct errbuf *why,
                  const char *must)
{
    char name[AS_WRITTEN_MAX];

    as_written(s, v, name);
    if (s->secret)
        return err_set(why, UV_EINVAL, "%s must be %s", name, must);
    return err_set(why, UV_EINVAL, "%s must be %s, not \"%.80s\"", name, must, v->text);
}

static int convert_number(void *to, const struct setting *s, const struct setting_value *v,
                          struct errbuf *why)
{
    char must[96];
    int64_t n;

    if (!text_to_int64(v->text, s->min, s->max, &n)) {
        snprintf(must, sizeof(must), "a whole number from %lld to %lld", (long long)s->min,
                 (long long)s->max);
        return refuse(s, v, why, must);
    }
    *(int *)to = (int)n;
    return 0;
}

/* "on", "off", or NULL, for all usual spellings. */
static const char *on_or_off(const char *text)
{
    static const char *const yes[] = {"on", "true", "yes", "1"};
    static const char *const no[] = {"off", "false", "no", "0"};

    for (size_t i = 0; i < 4; i++) {
        if (text_equal_nocase(text, yes[i]) || text_equal_nocase(text, no[i]))
            return text_equal_nocase(text, yes[i]) ? yes[0] : no[0];
    }
    return NULL;
}

static int convert_switch(bool *to, const struct setting *s, const struct setting_value *v,
                          struct errbuf *why)
{
    const char *word = on_or_off(v->text);

    if (!word)
        return refuse(s, v, why, "on or off");
    *to = strcmp(word, "on") == 0;
    return 0;
}

static bool choose(const char **to, const char *choices, const char *text)
{
    size_t len = strlen(text);

    for (const char *p = choices; *p; p += strcspn(p, "|"), p += *p == '|') {
        if (strcspn(p, "|") == len && strncmp(p, text, len) == 0) {
            *to = text;
            return true;
        }
    }
    return false;
}

static int convert_choice(const char **to, const struct setting *s, const struct setting_value *v,
                          struct errbuf *why)
{
    const char *word = on_or_off(v->text);
    struct buf must;
    int err;

    for (char *c = v->text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (choose(to, s->choices, v->text) || (word && choose(to, s->choices, word)))
        return 0;
    buf_init(&must, 512);
    for (const char *p = s->choices; *p; p++)
        *p == '|' ? buf_puts(&must, strchr(p + 1, '|') ? ", " : " or ") : buf_putc(&must, *p);
    err = refuse(s, v, why, must.err ? s->choices : must.data);
    buf_release(&must);
    return err;
}

/* Items are separated by commas and spaces; the array and its strings share one block. */
static int convert_list(struct config_whole *w, void *to, const char *text, struct errbuf *why)
{
    size_t most = strlen(text) / 2 + 2;
    char **items = config_keep(w, calloc(1, most * sizeof(*items) + strlen(text) + 1));
    size_t n = 0;
    char *copy;
    char *save;

    if (!items)
        return err_set(why, UV_ENOMEM, "out of memory");
    copy = (char *)(items + most);
    memcpy(copy, text, strlen(text) + 1);
    for (char *p = strtok_r(copy, ", \t", &save); p; p = strtok_r(NULL, ", \t", &save))
        items[n++] = p;

    memcpy(to, &items, sizeof(items));
    memcpy((char *)to + sizeof(items), &n, sizeof(n));
    return 0;
}

static int convert_url(const char **to, const struct setting *s, const struct setting_value *v,
                       struct errbuf *why)
{
    size_t len = strlen(v->text);

    if (!config_url_valid(v->text))
        return refuse(s, v, why, "an address such as https://host:port/path");
    while (len && v->text[len - 1] == '/')
        v->text[--len] = '\0';
    *to = v->text;
    return 0;
}

static int convert_ollama(struct config_whole *w, const char **to, const struct setting *s,
                          const struct setting_value *v, struct errbuf *why)
{
    char *url;

    if (config_ollama_url(v->text, &url))
        return refuse(s, v, why, "HOST, HOST:PORT or an http address");
    *to = config_keep(w, url);
    return *to ? 0 : err_set(why, UV_ENOMEM, "out of memory");
}

static int convert(struct config_whole *w, const struct setting *s, const struct setting_value *v,
                   struct errbuf *why)
{
    void *to = (char *)w + s->offset;

    switch (s->kind) {
    case SETTING_NUMBER:
        return convert_number(to, s, v, why);
    case SETTING_SWITCH:
        return convert_switch(to, s, v, why);
    case SETTING_CHOICE:
        return convert_choice(to, s, v, why);
    case SETTING_LIST:
        return convert_list(w, to, v->text, why);
    case SETTING_URL:
        return convert_url(to, s, v, why);
    case SETTING_OLLAMA:
        return convert_ollama(w, to, s, v, why);
    case SETTING_TEXT:
        break;
    }
    *(const char **)to = v->text;
    return 0;
}

static int convert_all(struct config_whole *w, struct errbuf *why)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        const struct setting *s = &config_settings[i];
        int err = w->values[i].text ? convert(w, s, &w->values[i], why) : 0;

        if (err)
            return err;
    }
    return 0;
}

/* ---- derived settings ------------------------------------------------------------------- */

static int derive_listen(struct config_whole *w, struct errbuf *why)
{
    const struct setting *s = setting_by_flag("listen", 6);
    char *host = NULL;

    if (config_parse_listen(w->listen, &host, &w->c.listen_port))
        return refuse(s, &w->values[s - config_settings], why,
                      "ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080");
    w->c.listen_host = config_keep(w, host);
    w->c.beyond_loopback = !config_is_loopback(host);
    w->c.accounts = w->accounts ? strcmp(w->accounts, "on") == 0
                                : w->c.beyond_loopback || w->c.behind_proxy_count;
    if (w->c.beyond_loopback && !w->c.accounts)
        return err_set(why, UV_EINVAL,
                       "accounts are off but %s is reachable from other machines, where anyone "
                       "could read everything: listen on 127.0.0.1, or set accounts on",
                       w->listen);
    if (w->c.behind_proxy_count && !w->c.accounts)
        return err_set(why, UV_EINVAL,
                       "accounts are off, but those who come through the proxy could not sign in: "
                       "set accounts on, or leave out behind-proxy");
    return 0;
}

int config_may_serve(const struct config *c, struct errbuf *why)
{
    if (!c->beyond_loopback || c->tls_cert || c->behind_proxy_count)
        return 0;
    return err_set(why, UV_EINVAL,
                   "%s is reachable from other machines, and without TLS passwords and interviews "
                   "would cross the network in clear: set tls-cert and tls-key, or behind-proxy "
                   "with the address of the proxy that ends TLS, or listen on 127.0.0.1",
                   *c->listen_host ? c->listen_host : "every address");
}

static int derive_redirect(struct config_whole *w, struct errbuf *why)
{
    const struct setting *s = setting_by_flag("redirect-listen", 15);
    char *host = NULL;

    if (!w->redirect_listen)
        return 0;
    if (!w->c.tls_cert)
        return err_set(why, UV_EINVAL,
                       "redirect-listen sends browsers on to https, which is not served here: set "
                       "tls-cert and tls-key");
    if (config_parse_listen(w->redirect_listen, &host, &w->c.redirect_port))
        return refuse(s, &w->values[s - config_settings], why,
                      "ADDRESS:PORT such as 0.0.0.0:80 or [::]:80");
    w->c.redirect_host = config_keep(w, host);
    return 0;
}

/* postgres://user:password@host…, or …?password=… */
static bool has_password(const char *url)
{
    const char *from = strstr(url, "://") + 3;
    const char *at = memchr(from, '@', strcspn(from, "/?"));

    return (at && memchr(from, ':', (size_t)(at - from))) || strcasestr(url, "password=");
}

/* It may have a password, so it is not quoted. */
static int derive_store(struct config_whole *w, struct errbuf *why)
{
    const struct setting *s = setting_by_flag("store", 5);
    const char *url = w->c.store;

    if (!url || !strcmp(url, "sqlite")) {
        w->c.store = NULL;
        return 0;
    }
    if (strncmp(url, "postgres://", 11) != 0 && strncmp(url, "postgresql://", 13) != 0)
        return err_set(why, UV_EINVAL,
                       "INTERVIEWD_STORE must be sqlite, or begin with postgres://, such as "
                       "postgres://interview@db.example.com/interview?sslmode=verify-full");
    if (has_password(url) && !strcmp(w->values[s - config_settings].where, "command line"))
        return err_set(why, UV_EINVAL,
                       "--store with a password is not taken from the command line, where others "
                       "could read it; put it into INTERVIEWD_STORE or the config file");
    return 0;
}

static int derive_trace_share(struct config_whole *w, struct errbuf *why)
{
    char *end;

    w->c.trace_share = strtod(w->trace_share, &end);
    if (end == w->trace_share || *end || !(w->c.trace_share >= 0 && w->c.trace_share <= 1))
        return err_set(why, UV_EINVAL,
                       "OTEL_TRACES_SAMPLER_ARG (trace-share) is a number from 0 to 1, not "
                       "\"%.40s\"",
                       w->trace_share);
    return 0;
}

/* ---- checks ----------------------------------------------------------------------------- */

static const char *setting_as_written(const struct config_whole *w, const char *flag,
                                      char to[static AS_WRITTEN_MAX])
{
    const struct setting *s = setting_by_flag(flag, strlen(flag));

    return as_written(s, &w->values[s - config_settings], to);
}

static int check_file(const struct config_whole *w, const char *flag, const char *path, mode_t kind,
                      struct errbuf *why)
{
    char name[AS_WRITTEN_MAX];
    struct stat st;

    if (!path)
        return 0;
    setting_as_written(w, flag, name);
    if (stat(path, &st) || access(path, R_OK))
        return err_set(why, -errno, "%s: cannot read %s: %s", name, path, strerror(errno));
    if ((st.st_mode & S_IFMT) != kind)
        return err_set(why, UV_EINVAL, "%s: %s is not a %s", name, path,
                       kind == S_IFDIR ? "folder" : "file");
    return 0;
}

static int check_origins(const struct config_whole *w, struct errbuf *why)
{
    const struct config *c = &w->c;
    char name[AS_WRITTEN_MAX];

    for (size_t i = 0; i < c->origin_count; i++) {
        const char *host = strstr(c->origins[i], "://");

        if (!config_url_valid(c->origins[i]) || strchr(host + 3, '/'))
            return err_set(why, UV_EINVAL,
                           "%s: \"%.80s\" is not an origin such as https://app.example.com",
                           setting_as_written(w, "origins", name), c->origins[i]);
    }
    return 0;
}

static int check_proxies(const struct config_whole *w, struct errbuf *why)
{
    const struct config *c = &w->c;
    char name[AS_WRITTEN_MAX];
    struct network n;

    for (size_t i = 0; i < c->behind_proxy_count; i++)
        if (network_parse(c->behind_proxy[i], &n))
            return err_set(why, UV_EINVAL,
                           "%s: \"%.80s\" is neither an address (10.0.0.2) nor a network "
                           "(10.0.0.0/8)",
                           setting_as_written(w, "behind-proxy", name), c->behind_proxy[i]);
    return 0;
}

/* The address contains a password, so it is not quoted. */
static int check_mail(const struct config *c, struct errbuf *why)
{
    const char *at = c->smtp_from ? strchr(c->smtp_from, '@') : NULL;

    if (!c->smtp_url)
        return 0;
    if (strncmp(c->smtp_url, "smtp://", 7) != 0 && strncmp(c->smtp_url, "smtps://", 8) != 0)
        return err_set(why, UV_EINVAL,
                       "INTERVIEWD_SMTP_URL must begin with smtp:// or smtps://, such as "
                       "smtps://user:password@mail.example.com");
    if (!at || at == c->smtp_from || !at[1] || strpbrk(c->smtp_from, " \t\r\n<>"))
        return err_set(why, UV_EINVAL,
                       "INTERVIEWD_SMTP_FROM must be the address that mails come from, such as "
                       "interview@example.com");
    return 0;
}

static int check(const struct config_whole *w, struct errbuf *why)
{
    const struct config *c = &w->c;
    char name[AS_WRITTEN_MAX];
    int err;

    if (!c->tls_cert != !c->tls_key)
        return err_set(why, UV_EINVAL, "tls-cert and tls-key go together; only %s is set",
                       setting_as_written(w, c->tls_cert ? "tls-cert" : "tls-key", name));
    if ((err = check_file(w, "tls-cert", c->tls_cert, S_IFREG, why)) ||
        (err = check_file(w, "tls-key", c->tls_key, S_IFREG, why)) ||
        (err = check_file(w, "web-root", c->web_root, S_IFDIR, why)) ||
        (err = check_origins(w, why)) || (err = check_proxies(w, why)) ||
        (err = check_mail(c, why)))
        return err;
    if (c->vad_eager_ms > c->vad_hangover_ms)
        return err_set(why, UV_EINVAL,
                       "vad-eager-ms (%d) must not be longer than vad-hangover-ms (%d): a question "
                       "looks finished before it is",
                       c->vad_eager_ms, c->vad_hangover_ms);
    return 0;
}

/* ---- load ------------------------------------------------------------------------------- */

static int derive(struct config_whole *w, struct errbuf *why)
{
    static const char *const nothing[] = {NULL};
    int err;

    if (!w->c.origins)
        w->c.origins = nothing;
    if (!w->c.operators)
        w->c.operators = nothing;
    if (!w->c.behind_proxy)
        w->c.behind_proxy = nothing;
    if ((err = derive_listen(w, why)) || (err = derive_redirect(w, why)) ||
        (err = derive_store(w, why)) || (err = derive_trace_share(w, why)))
        return err;
    config_derive_remote_asr(w);
    if ((err = config_derive_chain(w, why)))
        return err;
    return check(w, why);
}

int config_load(struct config **cp, int argc, char *const *argv, char *const *env,
                struct errbuf *why)
{
    struct config_whole *w = calloc(1, sizeof(*w));
    int err;

    if (!w)
        return err_set(why, UV_ENOMEM, "out of memory");
    w->c.args = config_keep(w, calloc((size_t)argc + 1, sizeof(*w->c.args)));
    w->c.inner = config_keep(w, malloc(sizeof(*w->c.inner)));
    if (!w->c.args || !w->c.inner) {
        config_free(&w->c);
        return err_set(why, UV_ENOMEM, "out of memory");
    }
    w->c.inner->whole = w;

    if ((err = config_collect(w, argc, argv, env ? env : environ, why)) ||
        (err = convert_all(w, why)) || (err = derive(w, why))) {
        config_free(&w->c);
        return err;
    }
    *cp = &w->c;
    return 0;
}

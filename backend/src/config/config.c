/**
 * @file config/config.c  From four sources to one checked struct
 *
 * collect (file, environment, flags: last one wins) -> convert each by its kind -> derive what
 * follows from several (accounts, provider chain, remote recogniser) -> check what must fit.
 */
#include "config/config.h"

#include "base/network.h"
#include "base/text.h"
#include "config/settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

struct config_inner {
    struct config_whole *whole;
};

static int convert(struct config_whole *w, const struct setting *s, const struct setting_value *v,
                   struct errbuf *why);

/* ------------------------------------------------------------------------------- memory */

/* Everything a config points to hangs on it, so that config_free() needs no knowledge. */
static void *keep(struct config_whole *w, void *p)
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
    return keep(w, path);
}

/* ------------------------------------------------------------------------------ sources */

/* "docker run --env-file" keeps the quotes of its lines, and $(cat key) a line end of Windows. */
static char *bare(const char *text)
{
    size_t len;

    text += strspn(text, " \t\r\n");
    len = strlen(text);
    while (len && strchr(" \t\r\n", text[len - 1]))
        len--;
    if (len >= 2 && (text[0] == '"' || text[0] == '\'') && text[len - 1] == text[0])
        return strndup(text + 1, len - 2);
    return strndup(text, len);
}

/* Only a shell knows ~ and $HOME; a folder of that name is never meant. */
static char *expand_home(const char *text)
{
    static const char *const spellings[] = {"~/", "$HOME/", "${HOME}/"};
    const char *home = getenv("HOME");
    char *path;

    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]) && home; i++) {
        size_t n = strlen(spellings[i]);

        if (strncmp(text, spellings[i], n) == 0)
            return asprintf(&path, "%s/%s", home, text + n) < 0 ? NULL : path;
    }
    return strdup(text);
}

static int put(struct config_whole *w, const struct setting *s, const char *text, const char *where,
               struct errbuf *why)
{
    struct setting_value *v = &w->values[s - config_settings];
    char *copy = expand_home(text);

    if (!copy)
        return err_set(why, UV_ENOMEM, "out of memory");
    free(v->text);
    v->text = copy;
    snprintf(v->where, sizeof(v->where), "%s", where);
    return 0;
}

static int from_environment(struct config_whole *w, char *const *env, struct errbuf *why)
{
    char text[64];
    int err;

    for (size_t i = 0; i < config_setting_count; i++) {
        const char *name = setting_env(&config_settings[i], text);
        size_t len = strlen(name);

        for (char *const *p = env; *p; p++) {
            char *value;

            if (strncmp(*p, name, len) != 0 || (*p)[len] != '=')
                continue;
            value = bare(*p + len + 1);
            if (!value)
                return err_set(why, UV_ENOMEM, "out of memory");
            err = value[0] ? put(w, &config_settings[i], value, "environment", why) : 0;
            explicit_bzero(value, strlen(value));
            free(value);
            if (err)
                return err;
        }
    }
    return 0;
}

struct flags {
    int argc;
    char *const *argv;
    int at;
};

/* --name value, --name=value, and --name alone for a switch. */
static int take_flag(struct config_whole *w, struct flags *f, const struct setting *s,
                     const char *equals, struct errbuf *why)
{
    const char *value = equals ? equals + 1 : NULL;
    bool last = f->at + 1 >= f->argc;

    if (s->secret)
        return err_set(why, UV_EINVAL,
                       "--%s is not taken from the command line, where others could read it; put "
                       "it into the environment or the config file",
                       s->name);
    if (!value && s->kind == SETTING_SWITCH &&
        (last || (strcmp(f->argv[f->at + 1], "on") != 0 && strcmp(f->argv[f->at + 1], "off") != 0)))
        value = "on";
    if (!value && last)
        return err_set(why, UV_EINVAL, "--%s needs a value", s->name);
    return put(w, s, value ? value : f->argv[++f->at], "command line", why);
}

static int from_flags(struct config_whole *w, int argc, char *const *argv, struct errbuf *why)
{
    struct flags f = {argc, argv, 0};
    bool only_files = false;
    int err;

    w->c.arg_count = 0;
    for (; f.at < argc; f.at++) {
        const char *arg = argv[f.at];
        const char *equals = strchr(arg, '=');
        const struct setting *s = NULL;

        if (!only_files && strcmp(arg, "--") == 0) {
            only_files = true;
            continue;
        }
        if (!only_files && strncmp(arg, "--", 2) == 0)
            s = setting_by_flag(arg + 2, equals ? (size_t)(equals - arg - 2) : strlen(arg + 2));
        if (!s)
            w->c.args[w->c.arg_count++] = arg;
        else if ((err = take_flag(w, &f, s, equals, why)))
            return err;
    }
    return 0;
}

struct file_arg {
    struct config_whole *whole;
    const char *name;
    int lines[SETTINGS_MAX]; /* where each setting was set; 0: not yet */
};

/* A name that nobody knows, with the one that may be meant. */
static int unknown_key(const char *key, int line, struct errbuf *why)
{
    char meant[64];

    if (setting_nearest(key, meant))
        return err_set(why, UV_EINVAL, "line %d: there is no setting %s; did you mean %s?", line,
                       key, meant);
    return err_set(why, UV_EINVAL,
                   "line %d: there is no setting %s; docs/guides/configuration.md lists what there "
                   "is",
                   line, key);
}

static int on_line(const char *key, const char *value, int line, void *arg, struct errbuf *why)
{
    struct file_arg *f = arg;
    const struct setting *s = setting_by_env(key);
    char where[64];

    if (!s)
        return unknown_key(key, line, why);
    if (f->lines[s - config_settings])
        return err_set(why, UV_EINVAL,
                       "line %d sets %s again, which line %d sets already: keep one", line, key,
                       f->lines[s - config_settings]);
    f->lines[s - config_settings] = line;
    if (s->offset == offsetof(struct config_whole, config_file))
        return err_set(why, UV_EINVAL, "line %d: a config file cannot name another", line);
    if (!value[0])
        return 0;
    snprintf(where, sizeof(where), "%.40s line %d", f->name, line);
    return put(f->whole, s, value, where, why);
}

static int read_file(const char *path, struct buf *text, struct errbuf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 1;

    if (fd < 0)
        return err_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    while (got > 0 && !text->err) {
        char *to = buf_reserve(text, 4096);

        if (!to)
            break;
        got = read(fd, to, 4096);
        if (got > 0)
            text->len += (size_t)got;
    }
    close(fd);
    buf_seal(text);
    if (got < 0)
        return err_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    if (text->err)
        return err_set(why, UV_E2BIG, "%s is longer than a config file can be (%d bytes)", path,
                       CONFIG_FILE_MAX);
    return 0;
}

static int from_file(struct config_whole *w, const char *path, struct errbuf *why)
{
    const char *slash = strrchr(path, '/');
    struct file_arg arg = {w, slash ? slash + 1 : path, {0}};
    struct buf text;
    int err;

    buf_init(&text, CONFIG_FILE_MAX + 4096);
    err = read_file(path, &text, why);
    if (!err && config_parse_file(text.data ? text.data : "", text.len, on_line, &arg, why))
        err = err_prefix(why, UV_EINVAL, "%s", path);
    if (text.data)
        explicit_bzero(text.data, text.len);
    buf_release(&text);
    return err;
}

/* The value a setting has so far, before conversion. */
static const char *so_far(const struct config_whole *w, size_t offset)
{
    for (size_t i = 0; i < config_setting_count; i++)
        if (config_settings[i].offset == offset)
            return w->values[i].text ? w->values[i].text : config_settings[i].otherwise;
    return NULL;
}

/* Environment and flags name the file and the data folder, so they are read before and after. */
static int collect(struct config_whole *w, int argc, char *const *argv, char *const *env,
                   struct errbuf *why)
{
    enum { AT_DATA = offsetof(struct config_whole, c.data_dir) };
    const char *named;
    const char *base;
    char *path = NULL;
    int err;

    if ((err = from_environment(w, env, why)) || (err = from_flags(w, argc, argv, why)))
        return err;

    named = so_far(w, offsetof(struct config_whole, config_file));
    base = named ? named : so_far(w, AT_DATA);
    if (!base || asprintf(&path, "%s%s", base, named ? "" : "/interviewd.conf") < 0)
        return err_set(why, UV_ENOMEM, "out of memory");
    if (named || access(path, F_OK) == 0) {
        w->c.file = keep(w, path);
        if (!w->c.file)
            return err_set(why, UV_ENOMEM, "out of memory");
        if ((err = from_file(w, path, why)) || (err = from_environment(w, env, why)) ||
            (err = from_flags(w, argc, argv, why)))
            return err;
    } else {
        free(path);
    }
    return 0;
}

/* --------------------------------------------------------------------------- conversion */

/* "INTERVIEWD_LISTEN (environment)" or "--listen": how the person wrote it. */
static int bad(const struct setting *s, const struct setting_value *v, struct errbuf *why,
               const char *must)
{
    char env[64];
    char name[160];

    if (strcmp(v->where, "command line") == 0)
        snprintf(name, sizeof(name), "--%s", s->name);
    else
        snprintf(name, sizeof(name), "%s (%s)", setting_env(s, env), v->where);
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
        return bad(s, v, why, must);
    }
    *(int *)to = (int)n;
    return 0;
}

static int convert_switch(bool *to, const struct setting *s, const struct setting_value *v,
                          struct errbuf *why)
{
    static const char *const yes[] = {"on", "true", "yes", "1"};
    static const char *const no[] = {"off", "false", "no", "0"};

    for (size_t i = 0; i < 4; i++) {
        if (text_equal_nocase(v->text, yes[i]) || text_equal_nocase(v->text, no[i])) {
            *to = text_equal_nocase(v->text, yes[i]);
            return 0;
        }
    }
    return bad(s, v, why, "on or off");
}

static int convert_choice(const char **to, const struct setting *s, const struct setting_value *v,
                          struct errbuf *why)
{
    const char *p = s->choices;
    size_t len = strlen(v->text);
    struct buf must;
    int err;

    for (; *p; p += strcspn(p, "|"), p += *p == '|') {
        if (strcspn(p, "|") == len && strncmp(p, v->text, len) == 0) {
            *to = v->text;
            return 0;
        }
    }
    buf_init(&must, 512);
    for (p = s->choices; *p; p++)
        *p == '|' ? buf_puts(&must, strchr(p + 1, '|') ? ", " : " or ") : buf_putc(&must, *p);
    err = bad(s, v, why, must.err ? s->choices : must.data);
    buf_release(&must);
    return err;
}

/* Commas and spaces part the items; the array and its strings share one block. */
static int convert_list(struct config_whole *w, void *to, const char *text, struct errbuf *why)
{
    size_t most = strlen(text) / 2 + 2;
    char **items = keep(w, calloc(1, most * sizeof(*items) + strlen(text) + 1));
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
        return bad(s, v, why, "an address such as https://host:port/path");
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
        return bad(s, v, why, "HOST, HOST:PORT or an http address");
    *to = keep(w, url);
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
        int err = 0;

        if (!w->values[i].text && s->otherwise)
            err = put(w, s, s->otherwise, "default", why);
        if (!err && w->values[i].text)
            err = convert(w, s, &w->values[i], why);
        if (err)
            return err;
    }
    return 0;
}

/* --------------------------------------------------------------------------- derivation */

static int derive_listen(struct config_whole *w, struct errbuf *why)
{
    const struct setting *s = setting_by_flag("listen", 6);
    char *host = NULL;

    if (config_parse_listen(w->listen, &host, &w->c.listen_port))
        return bad(s, &w->values[s - config_settings], why,
                   "ADDRESS:PORT such as 127.0.0.1:8080 or [::1]:8080");
    w->c.listen_host = keep(w, host);
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
        return bad(s, &w->values[s - config_settings], why,
                   "ADDRESS:PORT such as 0.0.0.0:80 or [::]:80");
    w->c.redirect_host = keep(w, host);
    return 0;
}

static int check_file(const char *setting, const char *path, mode_t kind, struct errbuf *why)
{
    struct stat st;

    if (!path)
        return 0;
    if (stat(path, &st) || access(path, R_OK))
        return err_set(why, -errno, "%s: cannot read %s: %s", setting, path, strerror(errno));
    if ((st.st_mode & S_IFMT) != kind)
        return err_set(why, UV_EINVAL, "%s: %s is not a %s", setting, path,
                       kind == S_IFDIR ? "folder" : "file");
    return 0;
}

static int check_origins(const struct config *c, struct errbuf *why)
{
    for (size_t i = 0; i < c->origin_count; i++) {
        const char *host = strstr(c->origins[i], "://");

        if (!config_url_valid(c->origins[i]) || strchr(host + 3, '/'))
            return err_set(why, UV_EINVAL,
                           "INTERVIEWD_ORIGINS: \"%.80s\" is not an origin such as "
                           "https://app.example.com",
                           c->origins[i]);
    }
    return 0;
}

static int check_proxies(const struct config *c, struct errbuf *why)
{
    struct network n;

    for (size_t i = 0; i < c->behind_proxy_count; i++)
        if (network_parse(c->behind_proxy[i], &n))
            return err_set(why, UV_EINVAL,
                           "INTERVIEWD_BEHIND_PROXY: \"%.80s\" is neither an address (10.0.0.2) "
                           "nor a network (10.0.0.0/8)",
                           c->behind_proxy[i]);
    return 0;
}

/* The address has a password, so it is not quoted. */
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

static int check(const struct config *c, struct errbuf *why)
{
    int err;

    if (!c->tls_cert != !c->tls_key)
        return err_set(why, UV_EINVAL, "tls-cert and tls-key go together; only one is set");
    if ((err = check_file("tls-cert", c->tls_cert, S_IFREG, why)) ||
        (err = check_file("tls-key", c->tls_key, S_IFREG, why)) ||
        (err = check_file("web-root", c->web_root, S_IFDIR, why)) ||
        (err = check_origins(c, why)) || (err = check_proxies(c, why)) ||
        (err = check_mail(c, why)))
        return err;
    if (c->vad_eager_ms > c->vad_hangover_ms)
        return err_set(why, UV_EINVAL,
                       "vad-eager-ms (%d) must not be longer than vad-hangover-ms (%d): a question "
                       "looks finished before it is",
                       c->vad_eager_ms, c->vad_hangover_ms);
    return 0;
}

static bool openai_is_elsewhere(const struct config_whole *w)
{
    return strcmp(w->openai_url, "https://api.openai.com/v1") != 0;
}

/* Which remote recogniser: the address that was set, or the usual one of a key that is there, or
 * none. A key goes to no other server than its own. */
static void derive_remote_asr(struct config_whole *w)
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

_Static_assert(sizeof(services) / sizeof(services[0]) == SETTINGS_SERVICES, "one row a service");

/** Servers of one model take any name, so one is sent until their list is known. */
static const char some_model[] = "default";

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

/** 0, UV_EINVAL: nobody is called so, UV_ENOENT: its address is not set. */
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
        p->any_model = true; /* nobody named one: whichever is there */
    return err;
}

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

/** Did somebody say anything of it? */
static bool is_configured(const struct config_whole *w, const char *name)
{
    for (size_t i = 0; i < SETTINGS_SERVICES; i++)
        if (strcmp(services[i].name, name) == 0)
            return services[i].needs_key ? w->services[i].key != NULL : w->services[i].url != NULL;
    return strcmp(name, "ollama") != 0 || w->ollama_url;
}

/* Without a chain of the person's own: fast and remote first, where there is a key for it. */
static void derive_usual_chain(struct config_whole *w)
{
    static const char *const usual[] = {"groq",     "openai",     "openrouter", "together",
                                        "azure",    "compatible", "litellm",    "vllm",
                                        "lmstudio", "llamacpp",   "ollama"};

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        struct config_provider p;

        if (provider_named(w, usual[i], &p) || p.missing_key || !is_configured(w, usual[i]))
            continue;
        w->c.providers[w->c.provider_count++] = p;
    }
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
        (err = derive_trace_share(w, why)))
        return err;
    derive_remote_asr(w);
    if (!w->chain)
        derive_usual_chain(w);
    else
        w->c.find_local = false;
    if (w->chain && (err = derive_given_chain(w, why)))
        return err;
    return check(&w->c, why);
}

int config_load(struct config **cp, int argc, char *const *argv, char *const *env,
                struct errbuf *why)
{
    struct config_whole *w = calloc(1, sizeof(*w));
    int err;

    if (!w)
        return err_set(why, UV_ENOMEM, "out of memory");
    w->c.args = keep(w, calloc((size_t)argc + 1, sizeof(*w->c.args)));
    w->c.inner = keep(w, malloc(sizeof(*w->c.inner)));
    if (!w->c.args || !w->c.inner) {
        config_free(&w->c);
        return err_set(why, UV_ENOMEM, "out of memory");
    }
    w->c.inner->whole = w;

    if ((err = collect(w, argc, argv, env ? env : environ, why)) || (err = convert_all(w, why)) ||
        (err = derive(w, why))) {
        config_free(&w->c);
        return err;
    }
    *cp = &w->c;
    return 0;
}

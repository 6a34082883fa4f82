/**
 * @file models.c  interviewd models: see models/models.h
 */
#include "models/models.h"

#include "asr/whisper/file.h"
#include "models_bench.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: interviewd models list\n"
                            "       interviewd models get NAME [--unverified]\n"
                            "       interviewd models remove NAME\n"
                            "       interviewd models bench [--latency MS]\n";

static int told(int code, const struct errbuf *err)
{
    if (!code)
        return 0;
    fprintf(stderr, "interviewd models: %s\n", err->text[0] ? err->text : uv_strerror(code));
    return 1;
}

/* Can our engine read it? */
static int check_file(const char *path, struct errbuf *err)
{
    struct whisper_file *file = NULL;
    int code = whisper_file_open(&file, path, err);

    whisper_file_close(file);
    return code;
}

static int run_verb(const struct models_config *config, int argc, const char *const *argv)
{
    struct errbuf err = {""};
    const char *verb = argc > 0 ? argv[0] : "list";
    const char *name = argc > 1 ? argv[1] : NULL;

    if (!strcmp(verb, "list") && argc <= 1) {
        models_list(config);
        return 0;
    }
    if (!strcmp(verb, "get") && name && name[0] != '-')
        return told(models_get(config, name, argc > 2 && !strcmp(argv[2], "--unverified"), &err),
                    &err);
    if (!strcmp(verb, "remove") && argc == 2)
        return told(models_remove(config, name, &err), &err);
    if (!strcmp(verb, "bench")) {
        double latency = argc > 2 && !strcmp(name, "--latency") ? atof(argv[2]) : 1000.0;

        return told(models_bench(config, latency, &err), &err);
    }
    fputs(usage, stderr);
    return 2;
}

int command_models(int argc, char **argv)
{
    struct models_config models = {.check = check_file};
    struct program p;
    int status = program_open(&p, argc, argv, 0);

    if (status)
        return status;
    models.data_dir = p.config->data_dir;
    models.url = p.config->model_url;
    /* config_load() leaves what is no setting; the verbs take their words as they are. */
    status = run_verb(&models, (int)p.config->arg_count, p.config->args);
    program_close(&p);
    return status;
}

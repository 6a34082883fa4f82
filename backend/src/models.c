/**
 * @file models.c  interviewd models: see asr/models.h
 */
#include "asr/models.h"
#include "program.h"

int command_models(int argc, char **argv)
{
    struct models_config models = {0};
    struct program p;
    int status = program_open(&p, argc, argv, 0);

    if (status)
        return status;
    models.data_dir = p.config->data_dir;
    models.url = p.config->model_url;
    /* config_load() leaves what is no setting; the verbs take their words as they are. */
    status = models_main(&models, (int)p.config->arg_count, (char **)(uintptr_t)p.config->args);
    program_close(&p);
    return status;
}

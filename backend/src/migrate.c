/**
 * @file migrate.c  interviewd migrate: bring the store to the current schema, and say so
 */
#include "program.h"

#include <stdio.h>
#include <sys/stat.h>
#include <uv.h>

int command_migrate(int argc, char **argv)
{
    struct store_params params = {0};
    struct store *store = NULL;
    struct program p;
    struct errbuf err = {""};
    int from = 0;
    int to = 0;
    int code = program_open(&p, argc, argv, 0);

    if (!code)
        code = program_no_arguments(&p);
    if (code) {
        program_close(&p);
        return code;
    }
    mkdir(p.config->data_dir, 0700);
    params.path = config_path(p.config, "interview.db");
    code = store_open(&store, "sqlite", &params, &err);
    if (!code)
        code = store_migrate(store, &from, &to, &err);
    if (code)
        program_fail("%s", err.text);
    else if (from == to)
        printf("%s is at schema %d already.\n", params.path, to);
    else
        printf("%s was brought from schema %d to %d.\n", params.path, from, to);
    if (store)
        store_close(store);
    program_close(&p);
    return code ? EXIT_FAILED : EXIT_OK;
}

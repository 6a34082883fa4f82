/**
 * @file migrate.c  interviewd migrate: bring the store to the current schema, and say so
 */
#include "program.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

/* Something was stored while the clock was wrong; the clock is right now. */
static int accept_clock(struct store *store, struct errbuf *why)
{
    char now[24];

    snprintf(now, sizeof(now), "%lld", (long long)clock_unix_ms());
    return store_fact_put(store, STORE_FACT_CLOCK, now, why);
}

/* Accepts one of these or nothing; anything else is reported. */
static int read_arguments(const struct program *p, bool *clock, bool *forget, bool *recount)
{
    *clock = p->config->arg_count == 1 && !strcmp(p->config->args[0], "--accept-clock");
    *forget =
        p->config->arg_count == 1 && !strcmp(p->config->args[0], "--erase-unknown-recordings");
    *recount = p->config->arg_count == 1 && !strcmp(p->config->args[0], "--recount");
    return *clock || *forget || *recount ? EXIT_OK : program_no_arguments(p);
}

int command_migrate(int argc, char **argv)
{
    const struct store_params params = {.path = NULL};
    const char *what;
    struct store *store = NULL;
    struct program p;
    struct errbuf why = {""};
    bool clock = false, forget = false, recount = false;
    int from = 0;
    int to = 0;
    int err = program_open(&p, argc, argv, 0);

    if (!err)
        err = read_arguments(&p, &clock, &forget, &recount);
    if (err) {
        program_close(&p);
        return err;
    }
    what = p.config->store ? "The database" : config_path(p.config, "interview.db");
    err = folder_open(p.config->data_dir, &why);
    if (!err)
        err = program_open_store(p.config, &params, &store, &why);
    if (!err)
        err = store_migrate(store, &from, &to, &why);
    if (!err && clock)
        err = accept_clock(store, &why);
    if (!err && forget)
        err = store_fact_put(store, STORE_FACT_FORGET_AUDIO, "yes", &why);
    if (!err && recount)
        err = store_figures_recount(store, &why);
    if (err)
        program_fail("%s", why.text);
    else if (recount)
        puts("The figures of all days are made anew.");
    else if (from == to)
        printf("%s is at schema %d already.\n", what, to);
    else
        printf("%s was brought from schema %d to %d.\n", what, from, to);
    if (!err && clock)
        puts("The clock of this machine is taken as right.");
    if (!err && forget)
        puts("Recordings that this database does not know are erased at the next start.");
    store_close(store);
    program_close(&p);
    return !err ? EXIT_OK : err == UV_ENOTCONN ? EXIT_FAILED : EXIT_DATA;
}

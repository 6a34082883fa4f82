/**
 * @file keys.c  interviewd keys: making a new master key, and retiring old ones
 *
 * If a server is running, this changes the key file, signals the server (SIGHUP) and watches it
 * reseal everything. Otherwise it reseals everything itself, as the only process in the data
 * folder.
 */
#include "program.h"

#include "api/resealing.h"
#include "auth/seal.h"
#include "blob/blob.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    WATCH_MS = 200,
    SILENT_MS = 15000, /* a server checks the file every 5 s even without a signal */
};

struct keys {
    struct program program;
    struct blob_store *blobs; /* NULL: no recordings yet */
    long server;              /* its process id; 0: none runs, -1: one of unknown id */
};

static const char *key_path(const struct keys *k)
{
    return config_path(k->program.config, KEY_FILE);
}

/* Either a server has the recordings open, or this is the only process here. */
static int open_blobs(struct keys *k, struct errbuf *why)
{
    const struct blob_params params = {.folder = config_path(k->program.config, "audio"),
                                       .beside = k->server != 0};

    if (access(params.folder, F_OK))
        return 0;
    return blob_store_open(&k->blobs, "files", &params, k->program.app.seal, why);
}

static int find_server(struct keys *k, struct errbuf *why)
{
    const char *path = config_path(k->program.config, FOLDER_LOCK);
    int err = folder_lock(path, &k->program.lock, why);

    if (err != UV_EBUSY)
        return err;
    k->server = folder_holder(path);
    return 0;
}

static void tell_server(const struct keys *k)
{
    if (k->server > 0)
        kill((pid_t)k->server, SIGHUP); /* otherwise it notices by itself */
}

/* ------------------------------------------------------------------------------- status */

static int look(struct keys *k, struct resealing_need *need, struct errbuf *why)
{
    return resealing_look(k->program.app.store, k->blobs, k->program.app.seal, need, why);
}

static int show_status(struct keys *k, struct errbuf *why)
{
    char ids[SEAL_KEYS_MAX][SEAL_ID_LEN + 1];
    size_t count = seal_ids(k->program.app.seal, ids);
    struct resealing_need need;
    int err = look(k, &need, why);

    if (err)
        return err;
    for (size_t i = 0; i < count; i++)
        printf("%s  %s\n", ids[i], i ? "opens what it sealed before" : "seals");
    if (count == 1)
        puts("There is one key.");
    else if (need.fields || need.recordings)
        printf("The older keys are still needed: by %" PRId64 " fields and %" PRId64
               " recordings.\n",
               need.fields, need.recordings);
    else
        puts("Nothing needs the older keys any more: interviewd keys retire ends them.");
    if (need.damaged)
        printf("%" PRId64 " fields and recordings cannot be opened by any key.\n", need.damaged);
    return 0;
}

/* ------------------------------------------------------------------------------ sealing */

static void show_left(int64_t left)
{
    if (isatty(STDOUT_FILENO))
        printf("\r%" PRId64 " left to be sealed anew   ", left);
    fflush(stdout);
}

static void show_end(size_t damaged)
{
    if (isatty(STDOUT_FILENO))
        putchar('\n');
    puts("Everything is sealed by the new key. Backups from before need the old one: keep a copy "
         "of the key file with them, then run interviewd keys retire.");
    if (damaged)
        printf("%zu fields and recordings cannot be opened by any key, and are as they were.\n",
               damaged);
}

static int reseal_here(struct keys *k, struct errbuf *why)
{
    struct resealing_need need = {0};
    struct resealing r;
    bool over = false;
    int err = look(k, &need, why);

    resealing_begin(&r, k->program.app.store, k->blobs, k->program.app.seal);
    while (!err && !over) {
        err = resealing_step(&r, &over, why);
        show_left(need.fields + need.recordings - (int64_t)r.done);
    }
    if (!err)
        show_end(r.damaged);
    resealing_end(&r);
    return err;
}

/* The server does it; this shows its progress. */
static int watch_server(struct keys *k, struct errbuf *why)
{
    struct resealing_need need = {0};
    int64_t before = -1;
    int64_t left = 0;
    int still_ms = 0;
    int err;

    tell_server(k);
    while (!(err = look(k, &need, why))) {
        left = need.fields + need.recordings;
        show_left(left);
        if (!left && need.taken_up)
            break;
        still_ms = left == before ? still_ms + WATCH_MS : 0;
        before = left;
        if (still_ms >= SILENT_MS)
            return err_set(why, UV_ETIMEDOUT,
                           "the server does not go on: its log says why; it takes the new key up "
                           "at the next start at the latest, and nothing is lost meanwhile");
        usleep(WATCH_MS * 1000);
    }
    if (!err)
        show_end((size_t)need.damaged);
    return err;
}

static int reseal(struct keys *k, struct errbuf *why)
{
    return k->server ? watch_server(k, why) : reseal_here(k, why);
}

/* ------------------------------------------------------------------------- new and old */

/* A key in the environment can only be changed by whoever set it. */
static int refuse_text(const struct keys *k, const char *how, struct errbuf *why)
{
    return k->program.config->master_key ? err_set(why, UV_EINVAL, "%s", how) : 0;
}

static int rotate(struct keys *k, struct errbuf *why)
{
    char ids[SEAL_KEYS_MAX][SEAL_ID_LEN + 1];
    int err = refuse_text(k,
                          "the key comes from INTERVIEWD_MASTER_KEY: put a new one before it there "
                          "(NEW,OLD; openssl rand -hex 32 makes one) and restart the server, which "
                          "seals everything anew; interviewd keys status says how far it is",
                          why);

    if (!err)
        err = seal_rotate(key_path(k), why);
    if (!err)
        err = seal_again(k->program.app.seal, why);
    if (err)
        return err;
    seal_ids(k->program.app.seal, ids);
    printf("The key %s seals from now on, no longer %s.\n", ids[0], ids[1]);
    return reseal(k, why);
}

static int refuse_need(const struct keys *k, const struct resealing_need *need, struct errbuf *why)
{
    if (folder_shared(&k->program.seals))
        return err_set(why, UV_EBUSY,
                       "another interviewd command works in this folder and may seal with an old "
                       "key: wait for its end");
    if (need->unknown)
        return err_set(why, UV_EBUSY,
                       "%" PRId64 " texts are sealed by an old key where this version knows of no "
                       "sealed field: the keys stay",
                       need->unknown);
    if (need->fields || need->recordings)
        return err_set(why, UV_EBUSY,
                       "%" PRId64 " fields and %" PRId64 " recordings still need an old key: "
                       "interviewd keys reseal seals them anew",
                       need->fields, need->recordings);
    if (!need->taken_up)
        return err_set(why, UV_EBUSY,
                       "nothing was sealed anew by the newest key yet: run interviewd keys reseal");
    return 0;
}

static int retire(struct keys *k, struct errbuf *why)
{
    char ids[SEAL_KEYS_MAX][SEAL_ID_LEN + 1];
    size_t count = seal_ids(k->program.app.seal, ids);
    struct resealing_need need;
    int err = 0;

    if (count == 1) {
        printf("There is one key, %s, and it stays.\n", ids[0]);
        return 0;
    }
    err = look(k, &need, why);
    if (!err)
        err = refuse_need(k, &need, why);
    if (!err)
        err = refuse_text(k,
                          "nothing needs the old keys any more: take them out of "
                          "INTERVIEWD_MASTER_KEY, the first one stays, and restart the server",
                          why);
    if (!err)
        err = seal_retire(key_path(k), why);
    if (err)
        return err;
    tell_server(k);
    for (size_t i = 1; i < count; i++)
        printf("The key %s is gone.\n", ids[i]);
    return 0;
}

/* ----------------------------------------------------------------------------- command */

static const struct {
    const char *name;
    int (*run)(struct keys *k, struct errbuf *why);
} actions[] = {{"status", show_status}, {"rotate", rotate}, {"reseal", reseal}, {"retire", retire}};

static int find_action(const struct program *p, size_t *action)
{
    const char *name = p->config->arg_count ? p->config->args[0] : "status";

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].name, name) != 0)
            continue;
        *action = i;
        return p->config->arg_count > 1 ? program_unknown(p->config->args[1]) : EXIT_OK;
    }
    program_fail("there is no 'keys %s': interviewd keys status, rotate, reseal or retire", name);
    return EXIT_USAGE;
}

int command_keys(int argc, char **argv)
{
    struct keys k = {.server = 0};
    struct errbuf why = {""};
    size_t action = 0;
    int status = program_open(&k.program, argc, argv, PROGRAM_STORE);

    if (status)
        return status;
    status = find_action(&k.program, &action);
    if (!status && (find_server(&k, &why) || open_blobs(&k, &why) || actions[action].run(&k, &why)))
        status = program_fail("%s", why.text);
    blob_store_close(k.blobs);
    program_close(&k.program);
    return status;
}

/**
 * @file backup.c  interviewd backup FILE: everything that is stored, in one file, even while a
 * server runs
 *
 * The database as of one moment, and the recordings that it knows. A recording that is erased
 * during the copying is erased from the copied database too, so that the two match.
 */
#include "program.h"

#include "auth/key_copy.h"
#include "backup_file.h"
#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_LEN = 64, PATH_LEN = 4096 };

struct job {
    struct program program;
    const char *file;
    const char *passphrase_file;
    bool with_key;
    unsigned char keys[KEY_COPY_MAX];
    size_t keys_len;
    char copy[PATH_LEN]; /* of the database */
    struct store *store; /* that copy */
    struct backup *to;
    int64_t recordings;
    int64_t gone;
};

static int read_arguments(struct job *job)
{
    const struct config *c = job->program.config;

    for (size_t i = 0; i < c->arg_count; i++) {
        if (!strcmp(c->args[i], "--with-key"))
            job->with_key = true;
        else if (!strcmp(c->args[i], "--passphrase-file") && i + 1 < c->arg_count)
            job->passphrase_file = c->args[++i];
        else if (c->args[i][0] == '-' || job->file)
            return program_unknown(c->args[i]);
        else
            job->file = c->args[i];
    }
    if (!job->file) {
        program_fail("which file? interviewd backup FILE");
        return EXIT_USAGE;
    }
    if (job->passphrase_file && !job->with_key) {
        program_fail("--passphrase-file is for --with-key");
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

/* ------------------------------------------------------------------------------ the copy */

static void remove_copy(struct job *job)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

    for (size_t i = 0; job->copy[0] && i < sizeof(ends) / sizeof(ends[0]); i++) {
        char path[PATH_LEN + 16];

        snprintf(path, sizeof(path), "%s%s", job->copy, ends[i]);
        unlink(path);
    }
}

static int copy_store(struct job *job, struct errbuf *why)
{
    struct store_params params = {.path = job->copy};
    int err;

    if (snprintf(job->copy, sizeof(job->copy), "%s.part.db", job->file) >= (int)sizeof(job->copy))
        return err_set(why, UV_ENAMETOOLONG, "the name of the backup is too long");
    remove_copy(job); /* a leftover of an interrupted backup */
    err = store_copy(job->program.app.store, job->copy, why);
    return err ? err : store_open(&job->store, "sqlite", &params, why);
}

/* ---- contents ----------------------------------------------------------------------------- */

static int add_file(struct job *job, const char *name, const char *path, struct errbuf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int err;

    if (fd < 0)
        return err_set(why, -errno, "cannot read %s: %s", path, strerror(errno));
    err = backup_add(job->to, name, fd, why);
    close(fd);
    return err;
}

/* Adds a recording under whichever name it has. One that is still growing may be finished
 * meanwhile, so the names are tried a second time. */
static int add_sound(struct job *job, const char *id, struct errbuf *why)
{
    int err = UV_ENOENT;

    for (int again = 0; err == UV_ENOENT && again < 2; again++) {
        for (const char *const *e = backup_endings; *e && err == UV_ENOENT; e++) {
            char name[NAME_LEN];

            snprintf(name, sizeof(name), BACKUP_AUDIO "%s%s", id, *e);
            err = add_file(job, name, config_path(job->program.config, name), why);
        }
    }
    return err;
}

static int add_recording(const struct store_recording *r, void *arg, struct errbuf *why)
{
    struct job *job = arg;
    int err = add_sound(job, r->id, why);

    if (err == UV_ENOENT) { /* erased meanwhile */
        err = store_recording_erase(job->store, r->user_id, r->id, why);
        job->gone++;
    }
    job->recordings++;
    return err;
}

static int add_audit(struct job *job, struct errbuf *why)
{
    int err = 0;

    for (int i = 0; i < 10 && !err; i++) {
        char name[NAME_LEN] = "audit.jsonl";

        if (i)
            snprintf(name, sizeof(name), "audit.%d.jsonl", i);
        err = add_file(job, name, config_path(job->program.config, name), why);
        err = err == UV_ENOENT ? 0 : err;
    }
    return err;
}

/* ---------------------------------------------------------------------------- the command */

static int copy_keys(struct job *job, struct errbuf *why)
{
    const struct config *c = job->program.config;
    char passphrase[PASSPHRASE_MAX];
    int err = passphrase_read(passphrase, job->passphrase_file, true, why);

    if (!err)
        err = key_copy_make(config_path(c, KEY_FILE), c->master_key, passphrase, job->keys,
                            &job->keys_len, why);
    explicit_bzero(passphrase, sizeof(passphrase));
    return err;
}

static int save(struct job *job, uint64_t *size, struct errbuf *why)
{
    int err = job->with_key ? copy_keys(job, why) : 0;

    if (!err)
        err = backup_create(&job->to, job->file, why);
    if (!err)
        err = copy_store(job, why);
    if (!err)
        err = store_recording_each(job->store, add_recording, job, why);
    if (!err)
        err = add_audit(job, why);
    if (!err && job->with_key)
        err = backup_add_bytes(job->to, BACKUP_KEYS, job->keys, job->keys_len, why);
    store_close(job->store); /* afterwards the whole database is in one file */
    job->store = NULL;
    if (!err)
        err = add_file(job, BACKUP_STORE, job->copy, why);
    if (err)
        backup_abandon(job->to);
    else
        err = backup_finish(job->to, size, why);
    remove_copy(job);
    return err;
}

/* Without a database there is nothing to save, and none is created. */
static int open_folder(struct job *job, int argc, char **argv)
{
    int status = program_open(&job->program, argc, argv, 0);

    if (!status && job->program.config->store) {
        program_fail("the database is on a PostgreSQL server: copy it with pg_dump, and keep the "
                     "keys and the recordings of the data folder (docs/guides/postgresql.md)");
        status = EXIT_USAGE;
    } else if (!status && access(config_path(job->program.config, BACKUP_STORE), F_OK)) {
        program_fail("there is no interview.db in %s: name the data folder with --data",
                     job->program.config->data_dir);
        status = EXIT_DATA;
    }
    program_close(&job->program);
    return status ? status : program_open(&job->program, argc, argv, PROGRAM_STORE);
}

int command_backup(int argc, char **argv)
{
    static struct job job;
    struct errbuf why = {""};
    uint64_t size = 0;
    int status = open_folder(&job, argc, argv);

    if (status)
        return status;
    status = read_arguments(&job);
    if (!status && save(&job, &size, &why))
        status = program_fail("%s", why.text);
    if (!status) {
        printf("%s: %.1f MB, with %" PRId64 " recordings.\n", job.file, (double)size / 1e6,
               job.recordings - job.gone);
        puts(job.with_key ? "The master keys are in it, under the passphrase."
                          : "The master key is not in it: keep keys/master.key too, and apart; "
                            "nobody can read the backup without it.");
    }
    program_close(&job.program);
    return status;
}

/**
 * @file restore.c  interviewd restore FILE: a data folder from a backup
 *
 * Everything is extracted into restoring/ inside the folder, checked, and then moved into place,
 * the database last. While restoring/ exists nothing else starts in the folder (folder.h), so
 * either all of it is visible or nothing; an interrupted restore starts again from the beginning.
 */
#include "observe/audit.h"
#include "program.h"

#include "auth/key_copy.h"
#include "auth/seal.h"
#include "backup_file.h"
#include "passphrase.h"
#include "store/sealed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_LEN = 4096,
    KEEP_OPEN = 16,
    INSPECT_MS = 600000, /* enough to check the whole database */
};

struct job {
    struct program program;
    const char *file;
    const char *passphrase_file;
    char from[PATH_LEN]; /* restoring/ */
    struct store *store; /* the store inside it */
    int64_t recordings;
    bool key; /* is there a key that opens the stored data? */
};

static int read_arguments(struct job *job)
{
    const struct config *c = job->program.config;

    for (size_t i = 0; i < c->arg_count; i++) {
        if (!strcmp(c->args[i], "--passphrase-file") && i + 1 < c->arg_count)
            job->passphrase_file = c->args[++i];
        else if (c->args[i][0] == '-' || job->file)
            return program_unknown(c->args[i]);
        else
            job->file = c->args[i];
    }
    if (job->file)
        return EXIT_OK;
    program_fail("which file? interviewd restore FILE");
    return EXIT_USAGE;
}

static void name_inside(const struct job *job, const char *name, char path[static PATH_LEN])
{
    snprintf(path, PATH_LEN, "%.*s/%s", PATH_LEN - 128, job->from, name);
}

static const char *place(const struct job *job, const char *name)
{
    return config_path(job->program.config, name);
}

/* -------------------------------------------------------------------------- an empty folder */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, KEEP_OPEN, FTW_DEPTH | FTW_PHYS);
}

/* After an interrupted restore only its own files are there: the folder was empty before. */
static void clean(const struct job *job)
{
    static const char *const brought[] = {"audio", "interview.db", "audit.jsonl"};
    char name[32];

    if (access(place(job, FOLDER_RESTORING), F_OK))
        return;
    for (size_t i = 0; i < sizeof(brought) / sizeof(brought[0]); i++)
        remove_tree(place(job, brought[i]));
    for (int i = 1; i < AUDIT_FILES; i++) {
        snprintf(name, sizeof(name), "audit.%d.jsonl", i);
        remove_tree(place(job, name));
    }
    remove_tree(place(job, FOLDER_RESTORING));
}

/* A key, settings and models may already be there. */
static bool may_be_there(const char *name)
{
    static const char *const names[] = {".",         "..",     FOLDER_LOCK,       KEYS_LOCK,
                                        "keys",      "models", "interviewd.conf", FOLDER_RESTORING,
                                        "lost+found"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

static int check_empty(const struct job *job, struct errbuf *why)
{
    const char *folder = job->program.config->data_dir;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int err = 0;

    if (!dir)
        return err_set(why, -errno, "the folder %s cannot be read: %s", folder, strerror(errno));
    while (!err && (entry = readdir(dir)))
        if (!may_be_there(entry->d_name))
            err = err_set(why, UV_ENOTEMPTY,
                          "%s is not empty (there is %.64s): choose another folder with --data, or "
                          "move what is in it away",
                          folder, entry->d_name);
    closedir(dir);
    return err;
}

static int prepare(struct job *job, struct errbuf *why)
{
    const char *folder = job->program.config->data_dir;
    int err = 0;

    if (mkdir(folder, 0700) && errno != EEXIST)
        return err_set(why, -errno, "the folder %s cannot be made: %s", folder, strerror(errno));
    err = folder_lock(place(job, FOLDER_LOCK), &job->program.lock, why);
    if (!err)
        clean(job);
    if (!err)
        err = check_empty(job, why);
    if (!err)
        err = folder_open(folder, why);
    snprintf(job->from, sizeof(job->from), "%s", place(job, FOLDER_RESTORING));
    if (!err && mkdir(job->from, 0700))
        err = err_set(why, -errno, "%s cannot be made: %s", job->from, strerror(errno));
    return err;
}

/* ---- checking it --------------------------------------------------------------------------- */

static bool has_sound(const struct job *job, const char *id)
{
    for (const char *const *e = backup_endings; *e; e++) {
        char name[64], path[PATH_LEN];

        snprintf(name, sizeof(name), BACKUP_AUDIO "%s%s", id, *e);
        name_inside(job, name, path);
        if (!access(path, R_OK))
            return true;
    }
    return false;
}

static int check_recording(const struct store_recording *r, void *arg, struct errbuf *why)
{
    struct job *job = arg;

    job->recordings++;
    return has_sound(job, r->id)
               ? 0
               : err_set(
                     why, UV_EILSEQ,
                     "the backup is not whole: a recording that its database knows is not in it");
}

static int open_store(struct job *job, struct errbuf *why)
{
    char path[PATH_LEN];
    struct store_params params = {.path = path, .inspect_ms = INSPECT_MS};
    struct store_health health;
    int err;

    name_inside(job, BACKUP_STORE, path);
    if (access(path, R_OK))
        return err_set(why, UV_EILSEQ, "the backup is not whole: there is no database in it");
    err = store_open(&job->store, "sqlite", &params, why);
    if (err)
        return err;
    store_health(job->store, &health);
    if (health.fault && health.fault != STORE_OUTDATED)
        return err_set(why, UV_EIO, "the database in the backup is damaged: %s", health.what);
    return store_migrate(job->store, NULL, NULL, why);
}

/* The copy sealed with a passphrase, if there is one, becomes the key file. */
static int take_keys(struct job *job, struct errbuf *why)
{
    char path[PATH_LEN], passphrase[PASSPHRASE_MAX];
    unsigned char copy[KEY_COPY_MAX + 1];
    FILE *from;
    size_t len;
    int err;

    name_inside(job, BACKUP_KEYS, path);
    from = fopen(path, "r");
    if (!from)
        return 0;
    len = fread(copy, 1, sizeof(copy), from);
    fclose(from);
    err = passphrase_read(passphrase, job->passphrase_file, false, why);
    if (!err)
        err = key_copy_open(copy, len, passphrase, place(job, KEY_FILE), why);
    explicit_bzero(passphrase, sizeof(passphrase));
    return err;
}

/* Is it the right key? If there is none, it can be added later. */
static int check_key(struct job *job, struct errbuf *why)
{
    const char *text = job->program.config->master_key;
    struct seal *seal = NULL;
    bool any = false;
    int err = sealed_any(job->store, &any, why);

    if (err || !any || (!text && access(place(job, KEY_FILE), F_OK))) {
        job->key = !any;
        return err;
    }
    err = seal_open(&seal, place(job, KEY_FILE), text, SEAL_KEY_IN_USE, why);
    if (!err)
        err = sealed_check(job->store, seal, why);
    seal_close(seal);
    job->key = !err;
    return err;
}

static int look(struct job *job, struct errbuf *why)
{
    int err = open_store(job, why);

    if (!err)
        err = store_recording_each(job->store, check_recording, job, why);
    if (!err)
        err = take_keys(job, why);
    if (!err)
        err = check_key(job, why);
    store_close(job->store);
    job->store = NULL;
    return err;
}

/* ---- moving into place ---------------------------------------------------------------------- */

static int sync_data(const struct job *job)
{
    int fd = open(job->program.config->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        close(fd);
    return rc;
}

static int move(struct job *job, struct errbuf *why)
{
    static const char *const names[] = {"audio",         "audit.jsonl",   "audit.1.jsonl",
                                        "audit.2.jsonl", "audit.3.jsonl", BACKUP_STORE};
    int err = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !err; i++) {
        char path[PATH_LEN];

        name_inside(job, names[i], path);
        if (!access(path, F_OK) && rename(path, place(job, names[i])))
            err = err_set(why, -errno, "%s cannot be moved to its place: %s", names[i],
                          strerror(errno));
    }
    if (!err && sync_data(job))
        err = err_set(why, -errno, "the folder cannot be written: %s", strerror(errno));
    if (!err)
        remove_tree(job->from); /* from now on the restored data is in use */
    return err;
}

int command_restore(int argc, char **argv)
{
    static struct job job;
    struct errbuf why = {""};
    uint64_t bytes = 0;
    int err = 0;
    int status = program_open(&job.program, argc, argv, 0);

    if (!status)
        status = read_arguments(&job);
    if (!status && job.program.config->store) {
        program_fail("the database is on a PostgreSQL server, and a backup holds one for the data "
                     "folder: pg_restore puts a dump back (docs/guides/postgresql.md)");
        status = EXIT_USAGE;
    }
    if (!status && !(err = prepare(&job, &why))) {
        err = backup_extract(job.file, job.from, &bytes, &why);
        if (!err)
            err = look(&job, &why);
        if (!err)
            err = move(&job, &why);
        if (err)
            clean(&job);
    }
    if (err)
        status = program_fail("%s", why.text);
    if (!status) {
        printf("%s holds what %s had: %.1f MB, with %" PRId64 " recordings.\n",
               job.program.config->data_dir, job.file, (double)bytes / 1e6, job.recordings);
        if (!job.key)
            printf("Put the master key back before the server starts: %s, mode 0600, or "
                   "INTERVIEWD_MASTER_KEY.\n",
                   place(&job, KEY_FILE));
    }
    program_close(&job.program);
    return status;
}

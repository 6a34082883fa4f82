/**
 * @file folder.h  The data folder: private to its owner, used by one server at a time
 *
 *     folder_open(dir, why);
 *     folder_lock(path, &lock, why);       // path: <data>/interviewd.lock
 *     ...
 *     folder_unlock(&lock);
 *
 * The lock is the kernel's (fcntl): it is released however the process ends, and children do not
 * inherit it. The file contains the process id, for people and for containers.
 *
 * Threads    Main thread only.
 * Errors     UV_EBUSY another server has it, whose process id is given; others from the system.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FOLDER_FULL_MIB = 20
}; /**< Below this the disk counts as full: the rest is kept for deletions */

struct folder_lock {
    bool held;
    int fd;
};

#define FOLDER_RESTORING "restoring" /**< Exists while a restore runs, or after it was cut off */

/** Create the folder, mode 0700, if it does not exist, and check that it can be written. UV_EBUSY:
 *  there is a FOLDER_RESTORING. */
int folder_open(const char *dir, struct errbuf *why);

/** Is there a file of that name, with something in it? A copy that was cut off can leave an empty
 *  one. */
bool folder_has(const char *path);
/** May everybody on this machine put files into the folder, and others in place of ours? */
bool folder_is_open_to_all(const char *dir);

int folder_lock(const char *path, struct folder_lock *lock, struct errbuf *why);
void folder_unlock(struct folder_lock *lock);

/** Process id of the server that holds the lock; 0: none; -1: one whose id is unknown. */
long folder_holder(const char *path);

/** Announce that this process seals data in that folder, until it ends; path: <data>/keys.lock. */
int folder_share(const char *path, struct folder_lock *lock, struct errbuf *why);
/** Has another process announced it? */
bool folder_shared(const struct folder_lock *lock);

/** Free disk space for the current user [MiB]; UINT64_MAX: unknown. */
uint64_t folder_free_mib(const char *dir);

#endif

/**
 * @file folder.h  The data folder: made for its owner alone, served by one server at a time
 *
 *     folder_open(dir, why);
 *     folder_lock(path, &lock, why);       // path: <data>/interviewd.lock
 *     ...
 *     folder_unlock(&lock);
 *
 * The lock is the kernel's (fcntl), so it ends with the process however that ends, and children do
 * not inherit it. Inside the file stands the process id, for people and for containers.
 *
 * Threads    Main thread only.
 * Errors     UV_EBUSY another server has it, with its process id; others as the system says.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FOLDER_FULL_MIB = 20
}; /**< With less the disk is called full: what is kept for deletions needs it */

struct folder_lock {
    bool held;
    int fd;
};

#define FOLDER_RESTORING "restoring" /**< Inside: a backup is being put back, or was cut off */

/** Make it, mode 0700, when it is not there; see that it can be written. UV_EBUSY: there is a
 *  FOLDER_RESTORING. */
int folder_open(const char *dir, struct errbuf *why);

int folder_lock(const char *path, struct folder_lock *lock, struct errbuf *why);
void folder_unlock(struct folder_lock *lock);

/** The process id of the server that holds it; 0: none does; -1: one does, but its id is not
 *  known. */
long folder_holder(const char *path);

/** Say that this process seals in that folder, until it ends; path: <data>/keys.lock. */
int folder_share(const char *path, struct folder_lock *lock, struct errbuf *why);
/** Does another process say so? */
bool folder_shared(const struct folder_lock *lock);

/** Room on its disk for the user who runs this, [MiB]; UINT64_MAX: it cannot be told. */
uint64_t folder_free_mib(const char *dir);

#endif

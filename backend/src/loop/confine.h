/**
 * @file loop/confine.h  Dropping rights that a process does not need
 *
 *     struct confine c = {0};
 *     confine_allow(&c, CONFINE_WRITE, "/var/lib/interviewd");
 *     confine_allow(&c, CONFINE_READ, "/etc");
 *     confine_process(&c, &done);           // before the first thread is made
 *
 * Landlock (landlock(7)): files outside the named folders cannot be read, written or run by this
 * process or anything it starts. seccomp(2): system calls that no part of the program ever makes
 * are refused with EPERM: inspecting other processes, mounting, namespaces, kernel modules, bpf,
 * the kernel's keyrings, setting the clock, io_uring. Both are permanent. What the kernel does not
 * support is left out, and reported.
 *
 * A worker (loop/child.h) gives up more: it keeps only the system calls that decoding needs, makes
 * no connections, and opens only the files that are named.
 *
 *     confine_worker(CONFINE_ALONE, &c);    // after reading what it needs at start
 *
 * Threads    The first thread, while there is no other: Landlock applies to threads started later.
 * Errors     None: *done says what was achieved; less than everything is no reason not to serve.
 * Ownership  Paths are borrowed until confine_process() returns; paths that do not exist are
 *            skipped.
 */
#ifndef LOOP_CONFINE_H
#define LOOP_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

enum { CONFINE_PATHS_MAX = 64 };

enum confine_use {
    CONFINE_READ,  /**< Read anything below it */
    CONFINE_RUN,   /**< Read and run it */
    CONFINE_WRITE, /**< Read, create, change and remove anything below it */
};

struct confine {
    size_t count;
    struct {
        const char *path;
        enum confine_use use;
    } paths[CONFINE_PATHS_MAX];
};

struct confine_done {
    bool files; /**< Landlock is active */
    bool calls; /**< seccomp is active */
};

/** Ignores path if it is NULL, or if there are more than CONFINE_PATHS_MAX. */
void confine_allow(struct confine *c, enum confine_use use, const char *path);
void confine_process(const struct confine *c, struct confine_done *done);

enum confine_worker {
    CONFINE_ALONE, /**< It starts no other process and opens nothing: c is empty */
    CONFINE_FORKS, /**< It forks and starts threads, and reads files */
};
void confine_worker(enum confine_worker kind, const struct confine *c);

/** What the kernel supports, without giving anything up. */
struct confine_done confine_can(void);

#endif

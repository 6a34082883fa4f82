/**
 * @file loop/confine.h  What a process gives up once it knows what it needs
 *
 *     struct confine c = {0};
 *     confine_allow(&c, CONFINE_WRITE, "/var/lib/interviewd");
 *     confine_allow(&c, CONFINE_READ, "/etc");
 *     confine_process(&c, &done);           // before the first thread is made
 *
 * Landlock (landlock(7)): files outside of the named folders can be neither read, written nor run,
 * by this process and by all it starts. seccomp(2): calls that no part of the program ever makes
 * are refused with EPERM: looking into other processes, mounting, namespaces, kernel modules, bpf,
 * raw keys of the kernel, setting the clock, io_uring. Both are for good. What the kernel does not
 * have is left out, and reported.
 *
 * A worker (loop/child.h) gives up more: only the calls that decoding needs are left to it, it
 * makes no connection, and opens no file but what is named.
 *
 *     confine_worker(CONFINE_ALONE, &c);    // after what it reads at its start
 *
 * Threads    The first thread, while there is no other: Landlock holds for those made later.
 * Errors     None: less than everything is told in *done, and is no reason not to serve.
 * Ownership  Paths are borrowed until confine_process() returns; those that are not there are
 *            passed over.
 */
#ifndef LOOP_CONFINE_H
#define LOOP_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

enum { CONFINE_PATHS_MAX = 64 };

enum confine_use {
    CONFINE_READ,  /**< Read what is below */
    CONFINE_RUN,   /**< Read and run it */
    CONFINE_WRITE, /**< Read, make, change and remove what is below */
};

struct confine {
    size_t count;
    struct {
        const char *path;
        enum confine_use use;
    } paths[CONFINE_PATHS_MAX];
};

struct confine_done {
    bool files; /**< Landlock holds */
    bool calls; /**< seccomp holds */
};

/** path: NULL and what is beyond CONFINE_PATHS_MAX are passed over. */
void confine_allow(struct confine *c, enum confine_use use, const char *path);
void confine_process(const struct confine *c, struct confine_done *done);

enum confine_worker {
    CONFINE_ALONE, /**< It makes no other process and opens nothing: c is empty */
    CONFINE_FORKS, /**< It makes copies of itself and threads, and reads files */
};
void confine_worker(enum confine_worker kind, const struct confine *c);

/** What the kernel has, without giving anything up. */
struct confine_done confine_can(void);

#endif

/**
 * @file loop/child.h  Our child processes, which may die
 *
 * Third-party code that decodes untrusted input (PocketSphinx, libav*) can crash, and a crash in
 * our process would end every interview. So it runs in small programs that are installed beside the
 * executable. We talk to each over a socket (loop/frame.h), where its death shows as UV_EOF, and
 * then start another.
 *
 *     child_start(&child, "interviewd-media", why);
 *     frame_send(child_socket(child), ...);
 *     child_await(child_pid(child), child_socket(child), &patience);     // before each
 *     frame_receive(child_socket(child), ...);
 *     child_close(child);
 *
 * and in the program itself, first thing in main():
 *
 *     int fd = worker_begin(&(struct worker_limits){.memory_bytes = 2 << 30, .cpu_s = 600});
 *
 * A child gets the socket as descriptor 3 and no other open file, and an environment of a few
 * harmless variables (no keys, addresses or passwords). It ignores our signals SIGINT and SIGTERM
 * and ends when its socket closes. It dies with us, because the kernel kills it (PR_SET_PDEATHSIG,
 * prctl(2)); since that signal is tied to the thread that started the child, a single thread that
 * lives as long as the process starts them all.
 *
 * Wait for a child's answer with child_await(). It can tell a child that hangs (stopped, or waiting
 * for something that never comes) from one that takes long on a busy machine, because the former
 * uses no processor time. A hanging child is treated as dead.
 *
 * Threads    Any but the loop thread; a call blocks for some milliseconds, child_await() for as
 *            long as allowed. Each child has one owner.
 * Errors     UV_ENOSYS: the program is not beside ours (the sentence names it). Others from
 *            posix_spawn(3) and socketpair(2).
 * Ownership  The caller owns the child until child_close(), which kills and reaps it.
 */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct child;

int child_start(struct child **cp, const char *program, struct errbuf *why);
int child_socket(const struct child *c);
int child_pid(const struct child *c);
void child_close(struct child *c); /**< NULL is allowed */

/** How long an answer may take. */
struct child_patience {
    int still_ms;            /**< Without computing: then it counts as hanging */
    int at_most_ms;          /**< In total, computing or not */
    bool (*stop)(void *arg); /**< (optional) Is the answer no longer wanted? Called often */
    void *arg;
};

/** Waits until there is something to read on fd, or its end. UV_EOF: the process hangs and should
 *  be closed. UV_ETIMEDOUT: it computes, but for too long. UV_ECANCELED: stop() returned true. pid
 *  may be a grandchild. */
int child_await(int pid, int fd, const struct child_patience *patience);

/** Is a program installed? 0 or UV_ENOSYS. */
int child_find(const char *program, struct errbuf *why);

/** A child died or hung at work, and its task goes to another one. */
void child_lost(const char *program);

enum { CHILD_PROGRAMS_MAX = 8 }; /**< Most programs that are counted */

struct child_count {
    const char *program;
    uint64_t started;
    uint64_t lost;
};
/** Counts for each program since the start of this one; returns how many programs. Any thread. */
size_t child_counts(struct child_count counts[static CHILD_PROGRAMS_MAX]);

/* ---------------------------------------------------------------- inside the program */

/** Limits of a worker (setrlimit(2)). No core is ever written, because it would contain what was
 *  said; sanitizers, which map terabytes, get no memory limit. */
struct worker_limits {
    uint64_t memory_bytes; /**< Address space; 0: no limit */
    uint64_t cpu_s;        /**< Of the whole process; 0: no limit */
    uint64_t file_bytes;   /**< Longest file it may write */
    uint64_t files;        /**< Open descriptors; 0: no limit */
    bool alone;            /**< No further processes or threads (no effect as root) */
    bool low;              /**< Computes only when nobody else wants to (loop/priority.h) */
};

/** The socket to our program that started this one; negative: there is none. */
int worker_begin(const struct worker_limits *limits);

/** Was it built with a sanitizer, which needs many mappings and system calls? */
bool worker_is_instrumented(void);

/** For a process that a worker forked: makes it die with the worker, too. False: the worker is
 *  already dead. */
bool worker_follow(int parent_pid);

/** Kills this process (SIGPROF) if it computes longer than that before the next call, to end
 *  endless loops in third-party code. 0: no limit. */
void worker_allow_cpu(unsigned seconds);

#endif

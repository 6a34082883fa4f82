/**
 * @file loop/child.h  Programs of ours that run beside us and may die
 *
 * Third-party code that decodes what strangers send (PocketSphinx, libav*) can crash, and a crash
 * in our process ends every interview. So it runs in small programs that lie beside the executable;
 * we talk to each over a socket (loop/frame.h), see its death as UV_EOF there, and start another.
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
 * A child gets the socket as descriptor 3 and nothing else that is open here; an environment of a
 * few harmless names (no key, no address, no password is handed on); no signal that is meant for us
 * (it ignores SIGINT and SIGTERM, and leaves at the end of its socket), and it dies with us: the
 * kernel kills it (PR_SET_PDEATHSIG, prctl(2)). That signal is tied to the thread that made the
 * child, so one thread, which lives as long as the process, makes them all.
 *
 * Who asks a child something waits with child_await(), which knows a child that hangs (stopped, or
 * waiting for what never comes) from one that computes for long on a busy machine: the first uses
 * no processor. It is as good as dead, and is treated so.
 *
 * Threads    Any but the loop thread; a call blocks for some milliseconds, child_await() for as
 *            long as it is told. Each child has one owner.
 * Errors     UV_ENOSYS: the program is not beside ours (the sentence names it). Others as
 *            posix_spawn(3) and socketpair(2) give them.
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

/** How long a process may owe an answer. */
struct child_patience {
    int still_ms;            /**< Without computing: then it is taken to hang */
    int at_most_ms;          /**< In all, computing or not */
    bool (*stop)(void *arg); /**< (optional) Does nobody want the answer any more? Asked often */
    void *arg;
};

/** Until there is something to read on fd, its end included. UV_EOF: the process hangs and is best
 *  closed. UV_ETIMEDOUT: it computes, but for too long. UV_ECANCELED: stop() said so. pid may be a
 *  grandchild. */
int child_await(int pid, int fd, const struct child_patience *patience);

/** Whether a program is there: 0 or UV_ENOSYS. */
int child_find(const char *program, struct errbuf *why);

/** It died or hung at work, and its task is given to another one. */
void child_lost(const char *program);

enum { CHILD_PROGRAMS_MAX = 8 }; /**< That are counted */

struct child_count {
    const char *program;
    uint64_t started;
    uint64_t lost;
};
/** Of each program since the start of this one; returns how many there are. Any thread. */
size_t child_counts(struct child_count counts[static CHILD_PROGRAMS_MAX]);

/* ---------------------------------------------------------------- inside the program */

/** What the system takes away from a worker (setrlimit(2)). No core is ever written, for it would
 *  hold what was said; sanitizers, which map terabytes, are left without the limit of memory. */
struct worker_limits {
    uint64_t memory_bytes; /**< Address space; 0: as it is */
    uint64_t cpu_s;        /**< Of the whole process; 0: as it is */
    uint64_t file_bytes;   /**< Longest file it may write */
    uint64_t files;        /**< Descriptors; 0: as it is */
    bool alone;            /**< No further processes or threads (as root this has no effect) */
    bool low;              /**< Computes when nobody else wants to (loop/priority.h) */
};

/** The socket to the program of ours that started this one, or negative when none did. */
int worker_begin(const struct worker_limits *limits);

/** Was it built with a sanitizer, which maps and calls what it likes? */
bool worker_is_instrumented(void);

/** For a process that a worker forked: dies with it, too. False: it has died already. */
bool worker_follow(int parent_pid);

/** This process is killed (SIGPROF) when it computes longer than that before the next call, so that
 *  an endless loop in third-party code ends. 0: no limit. */
void worker_allow_cpu(unsigned seconds);

#endif

/**
 * @file test/support/processes.h  The descendants of a process, from /proc (proc(5))
 *
 *     pid_t found[64];
 *     size_t n = processes_below(getpid(), found, 64);
 *
 * Threads    Any; the only state is the system's.
 */
#ifndef TEST_PROCESSES_H
#define TEST_PROCESSES_H

#include <stddef.h>
#include <sys/types.h>

/** Children, their children and so on of root, nearest first; zombies are left out. */
size_t processes_below(pid_t root, pid_t *to, size_t max);

/** Private memory of this process: what would be freed if it ended [bytes]. */
size_t process_private_bytes(pid_t pid);

#endif

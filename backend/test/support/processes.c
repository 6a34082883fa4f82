/**
 * @file test/support/processes.c  The descendants of a process, from /proc
 */
#include "support/processes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_MAX = 4096 };

struct process {
    pid_t pid, parent;
};

/* "pid (name) state parent ...": the name may hold anything, so the last ')' ends it. */
static int read_parent(pid_t pid, pid_t *parent)
{
    char path[64], line[512];
    const char *after;
    int number;
    char state;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (!f)
        return -1;
    after = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
    fclose(f);
    if (!after || sscanf(after + 1, " %c %d", &state, &number) != 2 || state == 'Z' || state == 'X')
        return -1;
    *parent = number;
    return 0;
}

static size_t read_all(struct process *to)
{
    DIR *dir = opendir("/proc");
    struct dirent *e;
    size_t n = 0;

    while (dir && n < ALL_MAX && (e = readdir(dir))) {
        to[n].pid = (pid_t)atoi(e->d_name);
        n += to[n].pid > 0 && !read_parent(to[n].pid, &to[n].parent);
    }
    if (dir)
        closedir(dir);
    return n;
}

size_t processes_below(pid_t root, pid_t *to, size_t max)
{
    struct process *all = calloc(ALL_MAX, sizeof(*all));
    size_t n = all ? read_all(all) : 0, found = 0;

    for (size_t done = 0; done <= found; done++) {
        pid_t parent = done ? to[done - 1] : root;

        for (size_t i = 0; i < n && found < max; i++)
            if (all[i].parent == parent)
                to[found++] = all[i].pid;
    }
    free(all);
    return found;
}

size_t process_private_bytes(pid_t pid)
{
    char path[64], line[128];
    size_t kb, sum = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "Private_Clean: %zu", &kb) == 1 ||
            sscanf(line, "Private_Dirty: %zu", &kb) == 1)
            sum += kb;
    if (f)
        fclose(f);
    return sum << 10;
}

/**
 * @file observe/process.c  What the system says about this process, and which build it is
 */
#include "observe/process.h"

#include "observe/metrics.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef INTERVIEWD_VERSION
#define INTERVIEWD_VERSION "0.0.0"
#endif

enum { PROC_TEXT_MAX = 4096 };

/* ------------------------------------------------------------------------------- build */

static char id_text[BUILD_ID_MAX];

static void take_id(const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n && 2 * i + 2 < BUILD_ID_MAX; i++) {
        id_text[2 * i] = digits[bytes[i] >> 4];
        id_text[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/* The first object is the program itself; no other is needed. */
static int look_at(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const char *at = (const char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        const char *end = at + info->dlpi_phdr[i].p_memsz;

        if (info->dlpi_phdr[i].p_type != PT_NOTE)
            continue;
        while (at + sizeof(ElfW(Nhdr)) <= end) {
            const ElfW(Nhdr) *note = (const void *)at;
            const char *name = at + sizeof(*note);
            const char *bytes = name + ((note->n_namesz + 3u) & ~3u);

            if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && !memcmp(name, "GNU", 4))
                take_id((const unsigned char *)bytes, note->n_descsz);
            at = bytes + ((note->n_descsz + 3u) & ~3u);
        }
    }
    return 1;
}

static void find_id(void)
{
    dl_iterate_phdr(look_at, NULL);
}

const char *build_id(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, find_id);
    return id_text;
}

const char *build_compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

const char *build_version(void)
{
    return INTERVIEWD_VERSION;
}

/* ------------------------------------------------------------------------------ numbers */

static bool read_proc(const char *path, char text[static PROC_TEXT_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, PROC_TEXT_MAX - 1);

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static double boot_time(void)
{
    static double seconds;
    char text[PROC_TEXT_MAX];
    FILE *f = seconds > 0 ? NULL : fopen("/proc/stat", "re");

    while (f && fgets(text, sizeof(text), f))
        if (sscanf(text, "btime %lf", &seconds) == 1)
            break;
    if (f)
        fclose(f);
    return seconds;
}

static size_t count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n > 3 ? n - 3 : 0; /* minus ".", ".." and the descriptor that reads this folder */
}

void process_measure(void)
{
    double tick = (double)sysconf(_SC_CLK_TCK);
    unsigned long user, system, threads, size;
    unsigned long long began;
    struct rlimit files;
    char text[PROC_TEXT_MAX];
    const char *rest = read_proc("/proc/self/stat", text) ? strrchr(text, ')') : NULL;
    long pages;

    metric_set(METRIC_BUILD, 1, build_version(), build_id(), build_compiler());
    if (rest && sscanf(rest + 2,
                       "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %lu "
                       "%*d %llu %lu %ld",
                       &user, &system, &threads, &began, &size, &pages) == 6) {
        metric_set(METRIC_CPU_SECONDS, (double)(user + system) / tick, NULL);
        metric_set(METRIC_THREADS, (double)threads, NULL);
        metric_set(METRIC_START_TIME, boot_time() + (double)began / tick, NULL);
        metric_set(METRIC_VIRTUAL_BYTES, (double)size, NULL);
        metric_set(METRIC_RESIDENT_BYTES, (double)pages * (double)sysconf(_SC_PAGESIZE), NULL);
    }
    metric_set(METRIC_OPEN_FDS, (double)count_fds(), NULL);
    if (!getrlimit(RLIMIT_NOFILE, &files))
        metric_set(METRIC_MAX_FDS, (double)files.rlim_cur, NULL);
}

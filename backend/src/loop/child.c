/**
 * @file loop/child.c  Our child processes, which may die
 */
#include "loop/child.h"

#include "base/module.h"
#include "base/sanitized.h"
#include "loop/priority.h"
#include "loop/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SOCKET_FD = 3,
    NAMES_MAX = 32,
    LOOK_MS = 100, /* interval for checking on a child that owes an answer */
};

struct child {
    pid_t pid;
    int fd;
};

/* ---- the thread that starts them ------------------------------------------------------- */

struct order {
    struct order *next;
    const char *path;
    int fd; /* the child's end */
    pid_t pid;
    int rc;
    bool done;
};

static struct {
    uv_mutex_t lock;
    uv_cond_t changed;
    struct order *first; /* {lock} */
    bool running;        /* {lock} */
} maker = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/** Variables that are passed on: where files are, how text is encoded, how a sanitizer reports. */
static bool is_harmless(const char *entry)
{
    static const char *const names[] = {"PATH=",         "LANG=",         "LC_ALL=",
                                        "LC_CTYPE=",     "TMPDIR=",       "INTERVIEWD_MODULES=",
                                        "ASAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS=",
                                        "UBSAN_OPTIONS="};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void choose_environment(char *to[NAMES_MAX])
{
    static char one_thread[] = "OPENBLAS_NUM_THREADS=1"; /* so that fork() finds no other threads */
    size_t n = 0;

    to[n++] = one_thread;
    for (char **e = environ; *e && n < NAMES_MAX - 1; e++)
        if (is_harmless(*e))
            to[n++] = *e;
    to[n] = NULL;
}

static int prepare_descriptors(posix_spawn_file_actions_t *acts, int fd)
{
    int err = posix_spawn_file_actions_init(acts);

    err = err ? err : posix_spawn_file_actions_addopen(acts, 0, "/dev/null", O_RDONLY, 0);
    err = err ? err : posix_spawn_file_actions_addopen(acts, 1, "/dev/null", O_WRONLY, 0);
    err = err ? err : posix_spawn_file_actions_adddup2(acts, fd, SOCKET_FD);
    return err ? err : posix_spawn_file_actions_addclosefrom_np(acts, SOCKET_FD + 1);
}

static int prepare_signals(posix_spawnattr_t *attr)
{
    sigset_t all, none;
    int err = posix_spawnattr_init(attr);

    sigfillset(&all);
    sigemptyset(&none);
    err = err ? err : posix_spawnattr_setsigdefault(attr, &all);
    err = err ? err : posix_spawnattr_setsigmask(attr, &none);
    return err ? err
               : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int make(struct order *o)
{
    posix_spawn_file_actions_t acts;
    posix_spawnattr_t attr;
    char *names[NAMES_MAX];
    char *argv[] = {(char *)(uintptr_t)o->path, NULL};
    int err = prepare_descriptors(&acts, o->fd);

    if (err)
        return -err;
    err = prepare_signals(&attr);
    if (!err) {
        choose_environment(names);
        err = posix_spawn(&o->pid, o->path, &acts, &attr, argv, names);
        posix_spawnattr_destroy(&attr);
    }
    posix_spawn_file_actions_destroy(&acts);
    return -err;
}

static void *make_all(void *arg)
{
    (void)arg;
    uv_mutex_lock(&maker.lock);
    for (;;) {
        struct order *o = maker.first;

        if (!o) {
            wait_for_work(&maker.changed, &maker.lock, 0);
            continue;
        }
        maker.first = o->next;
        uv_mutex_unlock(&maker.lock);
        o->rc = make(o);
        uv_mutex_lock(&maker.lock);
        o->done = true;
        uv_cond_broadcast(&maker.changed);
    }
    return NULL;
}

/** {lock} */
static int start_maker(void)
{
    sigset_t all, before;
    pthread_attr_t attr;
    pthread_t thread;
    int err;

    if (maker.running)
        return 0;
    sigfillset(&all); /* signals are for the loop thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    err = pthread_create(&thread, &attr, make_all, NULL);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    maker.running = err == 0;
    return -err;
}

static int place(struct order *o)
{
    int err;

    uv_mutex_lock(&maker.lock);
    err = start_maker();
    if (!err) {
        o->next = maker.first;
        maker.first = o;
        uv_cond_broadcast(&maker.changed);
        while (!o->done)
            wait_on(&maker.changed, &maker.lock, WAIT_OTHERS, "a process to be started", 0);
        err = o->rc;
    }
    uv_mutex_unlock(&maker.lock);
    return err;
}

/* ---------------------------------------------------------------- counting */

static struct {
    pthread_mutex_t lock;
    struct child_count at[CHILD_PROGRAMS_MAX]; /* {lock} */
    size_t n;                                  /* {lock} */
} counted = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Names are string constants. */
static void count(const char *program, uint64_t started, uint64_t lost)
{
    size_t i = 0;

    pthread_mutex_lock(&counted.lock);
    while (i < counted.n && strcmp(counted.at[i].program, program) != 0)
        i++;
    if (i == counted.n && i < CHILD_PROGRAMS_MAX)
        counted.at[counted.n++] = (struct child_count){.program = program};
    if (i < counted.n) {
        counted.at[i].started += started;
        counted.at[i].lost += lost;
    }
    pthread_mutex_unlock(&counted.lock);
}

void child_lost(const char *program)
{
    count(program, 0, 1);
}

size_t child_counts(struct child_count counts[static CHILD_PROGRAMS_MAX])
{
    size_t n;

    pthread_mutex_lock(&counted.lock);
    n = counted.n;
    memcpy(counts, counted.at, sizeof(counted.at));
    pthread_mutex_unlock(&counted.lock);
    return n;
}

/* ---------------------------------------------------------------- a child */

int child_find(const char *program, struct errbuf *why)
{
    char path[PATH_MAX];

    return program_find(program, path, why);
}

int child_start(struct child **cp, const char *program, struct errbuf *why)
{
    char path[PATH_MAX];
    struct child *c = calloc(1, sizeof(*c));
    struct order o = {.path = path};
    int pair[2];
    int err = c ? program_find(program, path, why) : err_set(why, UV_ENOMEM, "no memory");

    if (!err && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        err = err_set(why, -errno, "%s could not be started: %s", program, strerror(errno));
    if (err) {
        free(c);
        return err;
    }
    o.fd = pair[1];
    err = place(&o);
    close(pair[1]);
    if (err) {
        close(pair[0]);
        free(c);
        return err_set(why, err, "%s could not be started: %s", program, strerror(-err));
    }
    count(program, 1, 0);
    c->pid = o.pid;
    c->fd = pair[0];
    *cp = c;
    return 0;
}

int child_socket(const struct child *c)
{
    return c->fd;
}

int child_pid(const struct child *c)
{
    return (int)c->pid;
}

void child_close(struct child *c)
{
    if (!c)
        return;
    close(c->fd);
    kill(c->pid, SIGKILL); /* it is not reaped yet, so the number cannot belong to another
                              process */
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(c);
}

/* ---- waiting for an answer -------------------------------------------------------------- */

/** Processor time that a process has used, including all its threads [ns]; 0 if it is gone. */
static uint64_t computed_ns(int pid)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/** 1: there is something to read; 0: nothing within LOOK_MS. */
static int look(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = poll(&p, 1, LOOK_MS);

    if (n < 0 && errno != EINTR)
        return -errno;
    return n > 0;
}

/* While the whole machine stands still, including us, the child is not to blame: so this counts
 * checks, not time. */
int child_await(int pid, int fd, const struct child_patience *p)
{
    uint64_t before = computed_ns(pid);
    int still_ms = 0, waited_ms = 0;

    wait_check(WAIT_OTHERS, "a child process");
    for (;;) {
        int there = look(fd);
        uint64_t now;

        if (there)
            return there < 0 ? there : 0;
        if (p->stop && p->stop(p->arg))
            return UV_ECANCELED;
        now = computed_ns(pid);
        still_ms = now != before ? 0 : still_ms + LOOK_MS;
        before = now;
        waited_ms += LOOK_MS;
        if (still_ms >= p->still_ms)
            return UV_EOF;
        if (waited_ms >= p->at_most_ms)
            return UV_ETIMEDOUT;
    }
}

/* ---- in the child ----------------------------------------------------------------------- */

static void limit(int what, uint64_t value)
{
    struct rlimit was, now = {value, value};

    if (getrlimit(what, &was) == 0 && was.rlim_max != RLIM_INFINITY && was.rlim_max < value)
        now.rlim_cur = now.rlim_max = was.rlim_max;
    setrlimit(what, &now);
}

int worker_begin(const struct worker_limits *limits)
{
    static const int not_for_us[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    int type;
    socklen_t len = sizeof(type);

    if (getsockopt(SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &len) || type != SOCK_STREAM)
        return UV_ENOTSOCK;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC);
    for (size_t i = 0; i < sizeof(not_for_us) / sizeof(not_for_us[0]); i++)
        signal(not_for_us[i], SIG_IGN);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, limits->file_bytes);
    if (limits->files)
        limit(RLIMIT_NOFILE, limits->files);
    if (limits->alone)
        limit(RLIMIT_NPROC, 0);
    if (limits->cpu_s)
        limit(RLIMIT_CPU, limits->cpu_s);
    if (limits->memory_bytes && !SANITIZED)
        limit(RLIMIT_AS, limits->memory_bytes);
    if (limits->low)
        priority_low();
    return SOCKET_FD;
}

bool worker_is_instrumented(void)
{
    return SANITIZED;
}

bool worker_follow(int parent_pid)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent_pid;
}

void worker_allow_cpu(unsigned seconds)
{
    struct itimerval t = {.it_value = {.tv_sec = (time_t)seconds}};

    setitimer(ITIMER_PROF, &t, NULL);
}

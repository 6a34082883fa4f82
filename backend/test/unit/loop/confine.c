/**
 * @file test/unit/loop/confine.c  What was given up is gone, for threads and programs that come
 * later too
 *
 * Each test gives something up for good, so it works in a child. Where the kernel has not what it
 * needs it is skipped.
 */
#include "cmocka_all.h"

#include "loop/child.h"
#include "loop/confine.h"
#include "support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[SCRATCH_MAX];

/* What a child said in its end: the line of the first thing that was not so, 0 none. */
static int in_child(int (*work)(void))
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(work());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

#define WANT(what)                                                                                 \
    do {                                                                                           \
        if (!(what))                                                                               \
            return __LINE__ & 255 ? __LINE__ & 255 : 254;                                          \
    } while (0)

static bool fails(long rc, int code)
{
    return rc < 0 && errno == code;
}

static int open_for(const char *name, int how)
{
    int fd = open(scratch_path(dir, name), how | O_CLOEXEC, 0600);
    int was = errno;

    if (fd >= 0)
        close(fd);
    errno = was;
    return fd;
}

static struct confine_done give_up(void)
{
    struct confine c = {0};
    struct confine_done done = {false, false};

    confine_allow(&c, CONFINE_WRITE, scratch_path(dir, "ours"));
    confine_allow(&c, CONFINE_READ, scratch_path(dir, "theirs"));
    confine_allow(&c, CONFINE_READ, scratch_path(dir, "not there"));
    confine_allow(&c, CONFINE_RUN, "/bin/true");
    confine_allow(&c, CONFINE_RUN, "/lib64");
    confine_allow(&c, CONFINE_RUN, "/lib");
    confine_allow(&c, CONFINE_READ, "/usr");
    confine_allow(&c, CONFINE_READ, "/etc");
    confine_process(&c, &done);
    return done;
}

static int run(const char *program)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        execl(program, program, (char *)NULL);
        _exit(errno == EACCES ? 77 : 78);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void *open_beyond(void *arg)
{
    *(bool *)arg = fails(open_for("beyond/secret", O_RDONLY), EACCES);
    return NULL;
}

static int files_beyond(void)
{
    bool thread_too = false;
    pthread_t thread;

    WANT(give_up().files);
    WANT(open_for("ours/made", O_RDWR | O_CREAT) >= 0);
    WANT(!rename(scratch_path(dir, "ours/made"), scratch_path(dir, "ours/renamed")));
    WANT(!unlink(scratch_path(dir, "ours/renamed")));
    WANT(!mkdir(scratch_path(dir, "ours/folder"), 0700));
    WANT(open_for("theirs/text", O_RDONLY) >= 0);
    WANT(fails(open_for("theirs/text", O_WRONLY), EACCES));
    WANT(fails(open_for("theirs/new", O_WRONLY | O_CREAT), EACCES));
    WANT(fails(unlink(scratch_path(dir, "theirs/text")), EACCES));
    WANT(fails(open_for("beyond/secret", O_RDONLY), EACCES));
    WANT(fails(open_for("ours/way", O_RDONLY), EACCES)); /* a link to it */
    WANT(!pthread_create(&thread, NULL, open_beyond, &thread_too));
    WANT(!pthread_join(thread, NULL));
    WANT(thread_too);
    WANT(run("/bin/true") == 0);
    WANT(run("/bin/false") == 77);
    WANT(run("/bin/sh") == 77);
    return 0;
}

static int calls_nobody_makes(void)
{
    WANT(give_up().calls);
    WANT(worker_is_instrumented() || fails(ptrace(PTRACE_TRACEME, 0, NULL, NULL), EPERM));
    WANT(fails(mount("none", scratch_path(dir, "ours"), "tmpfs", 0, NULL), EPERM));
    WANT(fails(unshare(CLONE_NEWUSER), EPERM));
    WANT(fails(syscall(SYS_bpf, 0, NULL, 0), EPERM));
    WANT(fails(syscall(SYS_kexec_load, 0, 0, NULL, 0), EPERM));
    WANT(fails(syscall(SYS_add_key, "user", "a", "b", 1, -2), EPERM));
    WANT(fails(syscall(SYS_io_uring_setup, 1, NULL), EPERM));
    WANT(getpid() > 0 && access("/usr", R_OK) == 0);
    return 0;
}

static int a_worker(enum confine_worker kind)
{
    struct confine c = {0};
    void *memory;
    pid_t pid;
    char byte = 'x';
    int ends[2], status;

    WANT(!pipe(ends));
    confine_allow(&c, CONFINE_READ, scratch_path(dir, "theirs"));
    confine_worker(kind, &c);
    WANT(open("/etc/hostname", O_RDONLY) < 0);
    WANT(open_for("beyond/secret", O_RDONLY) < 0);
    WANT((open_for("theirs/text", O_RDONLY) >= 0) == (kind == CONFINE_FORKS));
    WANT(open_for("theirs/text", O_WRONLY) < 0);
    WANT(fails(socket(AF_INET, SOCK_STREAM, 0), EPERM));
    WANT(fails(execl("/bin/true", "true", (char *)NULL), EPERM));
    memory = malloc(8 << 20);
    WANT(memory);
    memset(memory, 1, 8 << 20);
    free(memory);
    WANT(write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1);
    pid = fork();
    if (pid == 0)
        _exit(0);
    WANT(kind == CONFINE_FORKS ? waitpid(pid, &status, 0) == pid : pid < 0);
    return 0;
}

static int alone(void)
{
    return a_worker(CONFINE_ALONE);
}

static int forks(void)
{
    return a_worker(CONFINE_FORKS);
}

static void files_beyond_what_was_named_are_gone(void **state)
{
    (void)state;
    if (!confine_can().files)
        skip();
    assert_int_equal(in_child(files_beyond), 0);
}

static void calls_that_nobody_makes_are_refused(void **state)
{
    (void)state;
    if (!confine_can().calls)
        skip();
    assert_int_equal(in_child(calls_nobody_makes), 0);
}

static void a_worker_opens_nothing_and_reaches_nobody(void **state)
{
    (void)state;
    if (!confine_can().calls || worker_is_instrumented())
        skip();
    assert_int_equal(in_child(alone), 0);
    assert_int_equal(in_child(forks), 0);
}

static int setup(void **state)
{
    (void)state;
    scratch_make(dir);
    mkdir(scratch_path(dir, "ours"), 0700);
    mkdir(scratch_path(dir, "theirs"), 0700);
    mkdir(scratch_path(dir, "beyond"), 0700);
    scratch_write(scratch_path(dir, "theirs/text"), "text");
    scratch_write(scratch_path(dir, "beyond/secret"), "secret");
    return symlink("../beyond/secret", scratch_path(dir, "ours/way"));
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_beyond_what_was_named_are_gone),
        cmocka_unit_test(calls_that_nobody_makes_are_refused),
        cmocka_unit_test(a_worker_opens_nothing_and_reaches_nobody),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

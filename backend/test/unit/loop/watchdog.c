/**
 * @file test/unit/loop/watchdog.c  A loop that hangs is told of and ended; a service manager is
 * told
 *
 * Each death is died by a child that makes everything itself: a process that forks keeps none of
 * its threads.
 */
#include "cmocka_all.h"

#include "loop/loop.h"
#include "loop/service.h"
#include "loop/watchdog.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STUCK_MS = 300, STOP_MS = 400 };

struct life {
    uint64_t stuck_ms;
    bool hangs;     /* the loop */
    bool deaf;      /* the log hangs too */
    int signals;    /* SIGTERM that come */
    bool slow_stop; /* the loop turns, but does not end when it is asked to */
};

static struct loop *loop;
static const struct life *life;

static void say(const char *line)
{
    while (life->deaf)
        pause();
    fprintf(stderr, "%s\n", line);
}

static void on_stop(int number, void *arg)
{
    (void)arg;
    if (!life->slow_stop)
        loop_stop(loop);
    fprintf(stderr, "asked to stop by %d\n", number);
}

static void hang(void *arg)
{
    volatile bool for_ever = true;

    (void)arg;
    for (int i = 0; i < life->signals; i++)
        kill(getpid(), SIGTERM);
    while (for_ever)
        usleep(1000);
}

static void be_told_to_stop(void *arg)
{
    (void)arg;
    kill(getpid(), SIGTERM);
}

static void __attribute__((noreturn)) live(void)
{
    const struct watchdog_config config = {
        .stuck_ms = life->stuck_ms, .stop_within_ms = STOP_MS, .on_stop = on_stop, .say = say};
    struct watchdog *dog;
    struct loop_timer *timer;

    signal(SIGABRT, SIG_DFL);
    alarm(30);
    watchdog_take_signals();
    if (loop_open(&loop, NULL) || watchdog_open(&dog, loop, &config, NULL))
        _exit(99);
    for (int i = 0; i < life->signals && !life->hangs; i++) {
        timer_open(&timer, loop, be_told_to_stop, NULL);
        timer_start(timer, 10 + 50 * (uint64_t)i, 0);
    }
    if (life->hangs) {
        timer_open(&timer, loop, hang, NULL);
        timer_start(timer, 20, 0);
    }
    loop_run(loop);
    watchdog_leave_loop(dog);
    watchdog_close(dog);
    _exit(0);
}

/* The status of waitpid(), and what it said. */
static int end_of(const struct life *l, char *said, size_t size)
{
    size_t n = 0;
    ssize_t got;
    int status;
    int ends[2];
    pid_t pid;

    life = l;
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        dup2(ends[1], STDERR_FILENO);
        live();
    }
    close(ends[1]);
    while (n < size - 1 && (got = read(ends[0], said + n, size - 1 - n)) > 0)
        n += (size_t)got;
    said[n] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void assert_says(const char *said, const char *what)
{
    if (!strstr(said, what))
        fail_msg("it did not say \"%s\", but: %s", what, said);
}

static void a_loop_that_hangs_says_where_and_aborts(void **state)
{
    const struct life l = {.stuck_ms = STUCK_MS, .hangs = true};
    char said[8192];
    int status = end_of(&l, said, sizeof(said));

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_says(said, "the loop has not turned for ");
    assert_says(said, "  at test-loop-watchdog");
}

static void a_log_that_hangs_too_is_not_waited_for(void **state)
{
    const struct life l = {.stuck_ms = STUCK_MS, .hangs = true, .deaf = true};
    char said[8192];
    int status = end_of(&l, said, sizeof(said));

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_says(said, "the loop has not turned for ");
}

static void a_loop_with_nothing_to_do_is_no_loop_that_hangs(void **state)
{
    const struct life l = {.stuck_ms = 40};
    char said[8192];
    pid_t pid = fork();
    int status;

    (void)state;
    (void)said;
    life = &l;
    assert_true(pid >= 0);
    if (!pid)
        live();
    usleep(400000); /* ten times as long as it may stand still */
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_first_signal_stops_the_loop(void **state)
{
    const struct life l = {.signals = 1};
    char said[8192];
    int status = end_of(&l, said, sizeof(said));

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_says(said, "asked to stop by 15");
}

static void the_second_leaves_at_once(void **state)
{
    const struct life l = {.signals = 2, .slow_stop = true};
    char said[8192];
    int status = end_of(&l, said, sizeof(said));

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
}

static void a_signal_is_honoured_though_the_loop_hangs(void **state)
{
    const struct life l = {.hangs = true, .signals = 1};
    char said[8192];
    int status = end_of(&l, said, sizeof(said));

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), WATCHDOG_EXIT_HUNG);
    assert_says(said, "the server was to stop and has not for ");
    assert_says(said, "  at test-loop-watchdog");
}

static void a_stop_that_takes_too_long_is_cut_short(void **state)
{
    const struct life l = {.signals = 1, .slow_stop = true};
    char said[8192];
    int status = end_of(&l, said, sizeof(said));

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), WATCHDOG_EXIT_HUNG);
}

/* ----------------------------------------------------------------- the service manager */

static void stop(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void listen_as_manager(int *fd)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char name[64];
    int n = snprintf(name, sizeof(name), "@interviewd-test-%d", (int)getpid());

    memcpy(at.sun_path + 1, name + 1, (size_t)n - 1);
    *fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(*fd >= 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
}

static const char *told(int fd)
{
    static char text[64];
    ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void a_service_manager_hears_ready_alive_and_stopping(void **state)
{
    struct service *service;
    struct loop_timer *timer;
    int alive = 0;
    int fd;

    (void)state;
    listen_as_manager(&fd);
    setenv("WATCHDOG_USEC", "20000", 1);
    assert_int_equal(loop_open(&loop, NULL), 0);
    assert_int_equal(service_open(&service, loop, NULL), 0);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    service_ready(service);
    assert_int_equal(timer_open(&timer, loop, stop, NULL), 0);
    assert_int_equal(timer_start(timer, 60, 0), 0);
    loop_run(loop); /* not longer: the kernel keeps ten datagrams for who does not read */
    service_stopping(service);

    assert_string_equal(told(fd), "READY=1");
    for (const char *text = told(fd); strcmp(text, "STOPPING=1"); text = told(fd)) {
        assert_string_equal(text, "WATCHDOG=1");
        alive++;
    }
    assert_true(alive >= 2);
    service_close(service);
    timer_close(timer);
    assert_int_equal(loop_close(loop), 0);
    close(fd);
}

static void without_a_service_manager_nothing_is_said(void **state)
{
    struct service *service;

    (void)state;
    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "nonsense", 1);
    assert_int_equal(loop_open(&loop, NULL), 0);
    assert_int_equal(service_open(&service, loop, NULL), 0);
    service_ready(service);
    service_stopping(service);
    service_close(service);
    service_close(NULL);
    assert_int_equal(loop_close(loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_that_hangs_says_where_and_aborts),
        cmocka_unit_test(a_log_that_hangs_too_is_not_waited_for),
        cmocka_unit_test(a_loop_with_nothing_to_do_is_no_loop_that_hangs),
        cmocka_unit_test(the_first_signal_stops_the_loop),
        cmocka_unit_test(the_second_leaves_at_once),
        cmocka_unit_test(a_signal_is_honoured_though_the_loop_hangs),
        cmocka_unit_test(a_stop_that_takes_too_long_is_cut_short),
        cmocka_unit_test(a_service_manager_hears_ready_alive_and_stopping),
        cmocka_unit_test(without_a_service_manager_nothing_is_said),
    };

    return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}

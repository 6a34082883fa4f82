/**
 * @file test/unit/loop/child.c  Programs of ours that run beside us
 *
 * The program is the recogniser's or the decoder's, whichever was built: what is looked at is true
 * of each, and neither is asked for anything.
 */
#include "cmocka_all.h"

#include "loop/child.h"
#include "loop/frame.h"
#include "support/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON_MS = 10000, SECRET_BYTES = 65536 };

static const char *program;

static int choose(void **state)
{
    static const char *const programs[] = {"interviewd-media", "interviewd-pocketsphinx"};

    (void)state;
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (!child_find(programs[i], NULL))
            program = programs[i];
    return program ? 0 : -1;
}

static struct child *start(void)
{
    struct child *c = NULL;
    struct errbuf err = {""};

    if (child_start(&c, program, &err))
        fail_msg("%s", err.text);
    return c;
}

static bool is_alive(pid_t pid)
{
    pid_t found[256];
    size_t n = processes_below(getpid(), found, 256);

    for (size_t i = 0; i < n; i++)
        if (found[i] == pid)
            return true;
    return false;
}

static void wait_until_settled(const struct child *c)
{
    char path[64], line[128];

    for (int i = 0; i < SOON_MS / 5; i++) { /* no_new_privs is set by worker_begin() */
        FILE *f;
        int set = 0;

        snprintf(path, sizeof(path), "/proc/%d/status", child_pid(c));
        f = fopen(path, "r");
        while (f && fgets(line, sizeof(line), f))
            if (sscanf(line, "NoNewPrivs: %d", &set) == 1)
                break;
        if (f)
            fclose(f);
        if (set)
            return;
        usleep(5000);
    }
    fail_msg("the program does not settle");
}

static void a_program_that_is_missing_is_named(void **state)
{
    struct child *c = NULL;
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(child_find("interviewd-nobody", &err), UV_ENOSYS);
    assert_non_null(strstr(err.text, "interviewd-nobody"));
    assert_int_equal(child_start(&c, "interviewd-nobody", &err), UV_ENOSYS);
    assert_null(c);
    child_close(NULL);
}

static void it_lives_until_it_is_closed(void **state)
{
    struct child *c = start();
    pid_t pid = child_pid(c);

    (void)state;
    assert_true(is_alive(pid));
    child_close(c);
    assert_false(is_alive(pid));
    assert_int_equal(waitpid(pid, NULL, WNOHANG), -1); /* reaped */
}

static void its_death_is_the_end_of_its_socket(void **state)
{
    struct child *c = start();
    struct frame_inbox inbox;
    struct frame f;

    (void)state;
    frame_inbox_init(&inbox);
    kill(child_pid(c), SIGKILL);
    assert_int_equal(frame_receive(child_socket(c), &inbox, &f, SOON_MS), UV_EOF);
    frame_inbox_release(&inbox);
    child_close(c);
}

static void signals_that_are_meant_for_us_do_not_end_it(void **state)
{
    struct child *c = start();

    (void)state;
    wait_until_settled(c);
    kill(child_pid(c), SIGINT);
    kill(child_pid(c), SIGTERM);
    kill(child_pid(c), SIGHUP);
    usleep(100000);
    assert_true(is_alive(child_pid(c)));
    child_close(c);
}

static void no_secret_is_handed_on(void **state)
{
    char path[64], *all = calloc(1, SECRET_BYTES);
    struct child *c;
    size_t n;
    FILE *f;

    (void)state;
    setenv("INTERVIEWD_ASR_KEY", "sk-very-secret", 1);
    setenv("GROQ_API_KEY", "gsk-very-secret", 1);
    setenv("LANG", "C.UTF-8", 1);
    c = start();
    wait_until_settled(c);
    snprintf(path, sizeof(path), "/proc/%d/environ", child_pid(c));
    f = fopen(path, "r");
    assert_non_null(f);
    n = fread(all, 1, SECRET_BYTES - 1, f);
    fclose(f);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++)
        all[i] = all[i] ? all[i] : '\n';
    assert_null(strstr(all, "secret"));
    assert_non_null(strstr(all, "LANG=C.UTF-8"));
    free(all);
    child_close(c);
}

static void nothing_that_is_open_here_is_open_there(void **state)
{
    int leaky = open("/dev/zero", O_RDONLY); /* without O_CLOEXEC, as a careless library has it */
    struct child *c = start();
    char path[64], to[256];
    struct dirent *e;
    DIR *dir;

    (void)state;
    wait_until_settled(c);
    snprintf(path, sizeof(path), "/proc/%d/fd", child_pid(c));
    dir = opendir(path);
    assert_non_null(dir);
    while ((e = readdir(dir))) {
        ssize_t n = readlinkat(dirfd(dir), e->d_name, to, sizeof(to) - 1);

        to[n > 0 ? n : 0] = '\0';
        assert_string_not_equal(to, "/dev/zero");
    }
    closedir(dir);
    close(leaky);
    child_close(c);
}

/* A process between us and it: when that is killed outright, what it started goes as well. */
static void it_dies_with_who_started_it(void **state)
{
    int report[2];
    pid_t between, its = 0;

    (void)state;
    assert_int_equal(pipe(report), 0);
    between = fork();
    if (between == 0) {
        struct child *c = NULL;
        int pid = child_start(&c, program, NULL) ? 0 : child_pid(c);
        ssize_t n = write(report[1], &pid, sizeof(pid));

        pause();
        _exit(n != sizeof(pid));
    }
    assert_int_equal(read(report[0], &its, sizeof(its)), sizeof(its));
    assert_true(its > 0);
    assert_int_equal(kill(its, 0), 0);
    kill(between, SIGKILL);
    assert_int_equal(waitpid(between, NULL, 0), between);
    for (int i = 0; i < SOON_MS / 10 && kill(its, 0) == 0; i++) {
        char path[64], line[256] = "";
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/stat", (int)its);
        f = fopen(path, "r"); /* where nobody reaps orphans it stays a zombie, which is dead */
        if (f && fgets(line, sizeof(line), f) && strstr(line, ") Z")) {
            fclose(f);
            return;
        }
        if (f)
            fclose(f);
        usleep(10000);
    }
    assert_int_equal(kill(its, 0), -1);
    close(report[0]);
    close(report[1]);
}

/* ------------------------------------------------------------------ waiting for an answer */

static bool count_to_two(void *arg)
{
    int *asked = arg;

    return ++*asked == 2;
}

static void one_that_neither_computes_nor_answers_hangs(void **state)
{
    const struct child_patience short_one = {.still_ms = 300, .at_most_ms = SOON_MS};
    struct child *c = start();

    (void)state;
    wait_until_settled(c);
    assert_int_equal(child_await(child_pid(c), child_socket(c), &short_one), UV_EOF);
    kill(child_pid(c), SIGSTOP);
    assert_int_equal(child_await(child_pid(c), child_socket(c), &short_one), UV_EOF);
    child_close(c); /* which ends one that is stopped, too */
}

static void its_end_is_seen_without_waiting(void **state)
{
    const struct child_patience for_ever = {.still_ms = 3600000, .at_most_ms = 3600000};
    struct child *c = start();

    (void)state;
    kill(child_pid(c), SIGKILL);
    assert_int_equal(child_await(child_pid(c), child_socket(c), &for_ever), 0);
    child_close(c);
}

static void who_wants_it_no_more_waits_no_more(void **state)
{
    int asked = 0;
    const struct child_patience p = {3600000, 3600000, count_to_two, &asked};
    struct child *c = start();

    (void)state;
    assert_int_equal(child_await(child_pid(c), child_socket(c), &p), UV_ECANCELED);
    assert_int_equal(asked, 2);
    child_close(c);
}

static void one_that_computes_is_given_its_time(void **state)
{
    const struct child_patience p = {.still_ms = 300, .at_most_ms = 1500};
    int pair[2];
    pid_t busy;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    busy = fork();
    if (busy == 0) {
        volatile unsigned n = 0;

        for (;;)
            n = n + 1;
    }
    assert_int_equal(child_await(busy, pair[0], &p), UV_ETIMEDOUT);
    assert_int_equal(write(pair[1], "x", 1), 1);
    assert_int_equal(child_await(busy, pair[0], &p), 0);
    kill(busy, SIGKILL);
    assert_int_equal(waitpid(busy, NULL, 0), busy);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            it_dies_with_who_started_it), /* first: it forks, and no thread is here yet */
        cmocka_unit_test(a_program_that_is_missing_is_named),
        cmocka_unit_test(it_lives_until_it_is_closed),
        cmocka_unit_test(its_death_is_the_end_of_its_socket),
        cmocka_unit_test(signals_that_are_meant_for_us_do_not_end_it),
        cmocka_unit_test(no_secret_is_handed_on),
        cmocka_unit_test(nothing_that_is_open_here_is_open_there),
        cmocka_unit_test(one_that_neither_computes_nor_answers_hangs),
        cmocka_unit_test(its_end_is_seen_without_waiting),
        cmocka_unit_test(who_wants_it_no_more_waits_no_more),
        cmocka_unit_test(one_that_computes_is_given_its_time),
    };

    return cmocka_run_group_tests(tests, choose, NULL);
}

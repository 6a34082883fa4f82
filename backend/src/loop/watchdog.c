/**
 * @file loop/watchdog.c  A second thread that checks that the loop runs, and handles signals
 *
 * It sleeps in sigtimedwait(): a signal wakes it, otherwise the next tick. At every tick it posts a
 * call that does nothing, so that an idle loop turns too, and compares the number of turns.
 *
 * To see where the loop thread is, it is sent a signal whose handler walks its own stack. The
 * frames are turned into text here, because the loop thread may hold malloc's lock.
 */
#include "loop/watchdog.h"

#include "loop/loop.h"
#include "loop/loop_internal.h"
#include "loop/wait.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK_MAX_MS = 1000,
    SHORT_TICK_MS = 50, /* once it was asked to stop */
    TICKS = 8,          /* in the time after which the loop counts as stuck */
    FRAMES_MAX = 48,
    OWN_FRAMES = 2, /* of a stack: the signal handler and its caller */
    LOOK_MS = 1000, /* for the loop thread to report where it is */
    SAY_MS = 2000,  /* for the log to accept the report */
};

struct watchdog {
    struct watchdog_config config;
    uint64_t tick_ms;
    uv_thread_t thread;
    uv_mutex_t lock;
    struct loop *loop; /* {lock} NULL: the loop was left */
    bool closing;      /* {lock} */
    int signal;        /* the first signal received; the loop thread reads it after a post */
    uint64_t asked_ns; /* when it was received */
    struct wait said;
};

/* Filled by the loop thread's signal handler; a process watches only one loop at a time. */
static struct {
    void *frame[FRAMES_MAX];
    atomic_int count;
    sem_t done;
} stack;

static int look_signal(void)
{
    return SIGRTMIN + 3;
}

/* ---- where it is -------------------------------------------------------------------------- */

static void on_look(int number)
{
    int saved = errno;

    (void)number;
    stack.count = backtrace(stack.frame, FRAMES_MAX);
    sem_post(&stack.done);
    errno = saved;
}

static struct timespec after_ms(clockid_t clock, uint64_t ms)
{
    struct timespec t;

    clock_gettime(clock, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* Fills `stack`; false: even the signal does not reach the thread (it hangs in the kernel). */
static bool look(struct loop *loop)
{
    struct timespec until = after_ms(CLOCK_MONOTONIC, LOOK_MS);

    stack.count = 0;
    if (pthread_kill((pthread_t)loop_thread(loop), look_signal()))
        return false;
    while (sem_clockwait(&stack.done, CLOCK_MONOTONIC, &until)) {
        if (errno != EINTR)
            return false;
    }
    return true;
}

static void say_stack(void (*say)(const char *line))
{
    char **names = backtrace_symbols(stack.frame, stack.count);
    char line[WATCHDOG_LINE_MAX];

    for (int i = OWN_FRAMES; i < stack.count; i++) {
        const char *name = names ? strrchr(names[i], '/') : NULL;

        snprintf(line, sizeof(line), "  at %s", name ? name + 1 : names ? names[i] : "?");
        say(line);
    }
    free(names);
}

/* The report is printed by a thread of its own: the loop may be hanging in the log. */
struct report {
    struct watchdog *w;
    char line[WATCHDOG_LINE_MAX];
    bool seen;
};

static void tell(void *arg)
{
    struct report *r = arg;

    r->w->config.say(r->line);
    if (r->seen)
        say_stack(r->w->config.say);
    else
        r->w->config.say("  at an unknown place: the thread does not answer");
    wait_end(&r->w->said);
}

static void report(struct watchdog *w, struct loop *loop, const char *what, uint64_t ms)
{
    static struct report r; /* outlives this call, because its thread may hang */
    uv_thread_t teller;

    r.w = w;
    snprintf(r.line, sizeof(r.line), "%s for %llu ms; it stands here:", what,
             (unsigned long long)ms);
    r.seen = look(loop);
    if (!uv_thread_create(&teller, tell, &r)) {
        pthread_detach((pthread_t)teller); /* nobody joins it: the process is about to end */
        if (!wait_for(&w->said, WAIT_OTHERS, "the log", SAY_MS))
            return;
    }
    fprintf(stderr, "interviewd: %s\n", r.line);
    if (r.seen)
        backtrace_symbols_fd(stack.frame, stack.count, STDERR_FILENO);
}

/* --------------------------------------------------------------------------- signals */

static void stop_on_loop(void *arg)
{
    struct watchdog *w = arg;

    w->config.on_stop(w->signal, w->config.arg);
}

static void __attribute__((noreturn)) give_up(struct watchdog *w)
{
    uv_mutex_lock(&w->lock); /* never unlocked */
    if (w->loop)
        report(w, w->loop, "the server was to stop and has not", w->config.stop_within_ms);
    else
        w->config.say("the server was to stop and its threads have not ended");
    _exit(WATCHDOG_EXIT_HUNG);
}

static void on_signal(struct watchdog *w, int number)
{
    if (w->signal)
        _exit(128 + number);
    w->signal = number;
    w->asked_ns = uv_hrtime();
    uv_mutex_lock(&w->lock); /* so that the loop is not freed */
    if (w->loop)
        loop_post(w->loop, stop_on_loop, w);
    uv_mutex_unlock(&w->lock);
}

/* ---- watching ------------------------------------------------------------------------------ */

static void nothing(void *arg)
{
    (void)arg; /* it is only meant to make the loop turn */
}

/* turns: its value one tick ago. True: the loop seems to have stood still. */
static bool stands_still(struct watchdog *w, uint64_t *turns)
{
    bool still = false;

    uv_mutex_lock(&w->lock);
    if (w->loop && loop_is_running(w->loop)) {
        uint64_t now = loop_turns(w->loop);

        still = now == *turns;
        *turns = now;
        loop_post(w->loop, nothing, NULL);
    }
    uv_mutex_unlock(&w->lock);
    return still;
}

static void __attribute__((noreturn)) bite(struct watchdog *w, uint64_t ms)
{
    uv_mutex_lock(&w->lock); /* never unlocked */
    report(w, w->loop, "the loop has not turned", ms);
    abort();
}

static bool is_closing(struct watchdog *w)
{
    bool closing;

    uv_mutex_lock(&w->lock);
    closing = w->closing;
    uv_mutex_unlock(&w->lock);
    return closing;
}

static void signals_of(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

static bool stops_too_long(const struct watchdog *w)
{
    return w->signal && uv_hrtime() - w->asked_ns >= w->config.stop_within_ms * 1000000;
}

static void watch(void *arg)
{
    struct watchdog *w = arg;
    struct timespec tick = {(time_t)(w->tick_ms / 1000), (long)(w->tick_ms % 1000) * 1000000};
    struct timespec short_tick = {0, SHORT_TICK_MS * 1000000};
    uint64_t still_ms = 0;
    uint64_t turns = 0;
    sigset_t signals;

    pthread_setname_np(pthread_self(), "watchdog");
    signals_of(&signals);
    while (!is_closing(w)) {
        int number = sigtimedwait(&signals, NULL, w->signal ? &short_tick : &tick);

        if (number > 0 && !is_closing(w))
            on_signal(w, number);
        if (number > 0)
            continue;
        /* This counts ticks, not time: while the whole process is stopped, so are we. */
        still_ms = stands_still(w, &turns) ? still_ms + w->tick_ms : 0;
        if (w->config.stuck_ms && still_ms >= w->config.stuck_ms && !w->signal)
            bite(w, still_ms);
        if (stops_too_long(w))
            give_up(w);
    }
}

/* -------------------------------------------------------------------------- lifetime */

void watchdog_take_signals(void)
{
    sigset_t set;

    signals_of(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void answer_looks(void)
{
    struct sigaction action = {.sa_handler = on_look, .sa_flags = SA_RESTART};
    void *first[1];

    backtrace(first, 1); /* loads now what a signal handler may not load */
    sem_init(&stack.done, 0, 0);
    sigaction(look_signal(), &action, NULL);
}

int watchdog_open(struct watchdog **wp, struct loop *loop, const struct watchdog_config *config,
                  struct errbuf *why)
{
    struct watchdog *w = calloc(1, sizeof(*w));
    int err;

    if (!w)
        return err_set(why, UV_ENOMEM, "no memory for the watchdog");
    w->config = *config;
    if (!w->config.stop_within_ms)
        w->config.stop_within_ms = WATCHDOG_STOP_MS;
    w->tick_ms = config->stuck_ms / TICKS + 1;
    if (!config->stuck_ms || w->tick_ms > TICK_MAX_MS)
        w->tick_ms = TICK_MAX_MS;
    w->loop = loop;
    answer_looks();
    watchdog_take_signals();
    err = uv_mutex_init(&w->lock);
    if (!err)
        err = wait_open(&w->said);
    if (!err)
        err = uv_thread_create(&w->thread, watch, w);
    if (err) {
        free(w);
        return err_set(why, err, "the watchdog cannot start: %s", uv_strerror(err));
    }
    *wp = w;
    return 0;
}

void watchdog_leave_loop(struct watchdog *w)
{
    if (!w)
        return;
    uv_mutex_lock(&w->lock);
    w->loop = NULL;
    uv_mutex_unlock(&w->lock);
}

void watchdog_close(struct watchdog *w)
{
    if (!w)
        return;
    uv_mutex_lock(&w->lock);
    w->closing = true;
    uv_mutex_unlock(&w->lock);
    pthread_kill((pthread_t)w->thread, SIGTERM); /* SIGTERM is blocked there: it only ends the
                                                    sleep */
    wait_gone(&w->thread, "the watchdog to leave");
    wait_close(&w->said);
    uv_mutex_destroy(&w->lock);
    free(w);
}

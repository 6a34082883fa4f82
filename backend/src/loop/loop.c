/**
 * @file loop/loop.c  The loop thread: posts from other threads, and its timers
 *
 * One uv_async_t wakes the loop for posts and for stopping. Posts are a list under a lock; the
 * wake-up takes the whole list at once, so a burst of posts costs one wake-up.
 *
 * The end of a turn is a uv_check_t: libuv runs it after the timers and sockets of the turn. While
 * memory waits to be freed, an idle handle keeps libuv from sleeping first.
 */
#include "loop/loop.h"

#include "base/about.h"

#include "loop/loop_internal.h"
#include "loop/priority.h"

#include <stdatomic.h>
#include <stdlib.h>

struct post {
    struct post *next;
    void (*fn)(void *arg);
    void *arg;
    struct trace_context trace;
};

/* Memory to be freed at the end of the turn. */
struct remains {
    void *ptr;
    void (*free_fn)(void *ptr);
};

struct remains_list {
    struct remains *at;
    size_t n;
    size_t cap;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_check_t turn_ends;
    uv_idle_t stay_awake;        /* active while memory waits to be freed */
    struct remains_list remains; /* of this turn */
    struct remains_list freeing; /* of the previous turn; kept for its memory */
    uv_mutex_t lock;
    struct post *first; /* {lock} */
    struct post **last; /* {lock} */
    bool shut;          /* {lock} no more posts */
    bool stop;          /* {lock} */
    atomic_uintptr_t owner;
    atomic_bool running;
    atomic_uint_fast64_t turns;
};

struct loop_timer {
    uv_timer_t uv;
    void (*fn)(void *arg);
    void *arg;
};

/* ---------------------------------------------------------------- posts */

static struct post *take_posts(struct loop *loop, bool *stop)
{
    struct post *list;

    uv_mutex_lock(&loop->lock);
    list = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    *stop = loop->stop;
    uv_mutex_unlock(&loop->lock);
    return list;
}

static bool run_posts(struct post *list)
{
    bool any = list != NULL;
    struct about before;

    while (list) {
        struct post *p = list;

        list = p->next;
        before = about_set((struct about){.trace = p->trace});
        p->fn(p->arg);
        about_set(before);
        free(p);
    }
    return any;
}

static void on_wake(uv_async_t *wake)
{
    struct loop *loop = wake->data;
    bool stop;

    run_posts(take_posts(loop, &stop));
    if (stop)
        uv_stop(&loop->uv);
}

int loop_post(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct post *p = malloc(sizeof(*p));
    int err = 0;

    if (!p)
        return UV_ENOMEM;
    *p = (struct post){.fn = fn, .arg = arg, .trace = about_get().trace};

    uv_mutex_lock(&loop->lock);
    if (loop->shut) {
        err = UV_ECANCELED;
    } else {
        *loop->last = p;
        loop->last = &p->next;
        uv_async_send(&loop->wake);
    }
    uv_mutex_unlock(&loop->lock);
    if (err)
        free(p);
    return err;
}

/* Runs the posts until there are none, then stops accepting them under the same lock. */
static void shut_door(struct loop *loop)
{
    bool empty = false;
    bool stop;

    while (!empty) {
        run_posts(take_posts(loop, &stop));
        uv_mutex_lock(&loop->lock);
        empty = !loop->first;
        if (empty)
            loop->shut = true;
        uv_mutex_unlock(&loop->lock);
    }
}

/* ------------------------------------------------- the end of the turn */

static void free_remains(struct loop *loop)
{
    struct remains_list now = loop->remains;

    loop->remains = loop->freeing; /* empty: what is added meanwhile waits for the next turn */
    for (size_t i = 0; i < now.n; i++)
        now.at[i].free_fn(now.at[i].ptr);
    now.n = 0;
    loop->freeing = now;
}

static void on_turn_end(uv_check_t *check)
{
    struct loop *loop = check->data;

    atomic_fetch_add_explicit(&loop->turns, 1, memory_order_relaxed);
    free_remains(loop);
    if (!loop->remains.n)
        uv_idle_stop(&loop->stay_awake);
}

static void on_stay_awake(uv_idle_t *idle)
{
    (void)idle; /* it only has to be active */
}

void loop_free_later(struct loop *loop, void *ptr, void (*free_fn)(void *ptr))
{
    enum { FIRST = 16 };
    struct remains_list *list = &loop->remains;

    if (!ptr)
        return;
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : FIRST;
        struct remains *at = realloc(list->at, cap * sizeof(*at));

        if (!at)
            return;
        list->at = at;
        list->cap = cap;
    }
    list->at[list->n++] = (struct remains){ptr, free_fn};
    if (!uv_is_closing((uv_handle_t *)&loop->stay_awake))
        uv_idle_start(&loop->stay_awake, on_stay_awake);
}

/* While the loop is not running, so no handler is on the stack. */
static void free_all_remains(struct loop *loop)
{
    while (loop->remains.n)
        free_remains(loop);
}

/* ---- open and close ------------------------------------------------------------------- */

static void own(struct loop *loop)
{
    atomic_store_explicit(&loop->owner, (uintptr_t)uv_thread_self(), memory_order_release);
}

int loop_open(struct loop **lp, struct errbuf *why)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    int err;

    if (!loop)
        return err_set(why, UV_ENOMEM, "no memory for the event loop");
    err = uv_loop_init(&loop->uv);
    if (err)
        goto no_loop;
    err = uv_mutex_init(&loop->lock);
    if (err)
        goto no_lock;
    err = uv_async_init(&loop->uv, &loop->wake, on_wake);
    if (err)
        goto no_wake;
    loop->wake.data = loop;
    loop->last = &loop->first;
    uv_check_init(&loop->uv, &loop->turn_ends); /* this and the next three cannot fail */
    uv_check_start(&loop->turn_ends, on_turn_end);
    uv_idle_init(&loop->uv, &loop->stay_awake);
    loop->turn_ends.data = loop;
    uv_unref((uv_handle_t *)&loop->turn_ends);
    uv_unref((uv_handle_t *)&loop->stay_awake);
    own(loop);
    *lp = loop;
    return 0;

no_wake:
    uv_mutex_destroy(&loop->lock);
no_lock:
    uv_loop_close(&loop->uv);
no_loop:
    free(loop);
    return err_set(why, err, "the event loop cannot start: %s", uv_strerror(err));
}

uv_loop_t *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

bool loop_is_current(const struct loop *loop)
{
    return atomic_load_explicit(&loop->owner, memory_order_acquire) == (uintptr_t)uv_thread_self();
}

bool loop_is_running(const struct loop *loop)
{
    return atomic_load(&loop->running);
}

uint64_t loop_turns(const struct loop *loop)
{
    return atomic_load_explicit(&loop->turns, memory_order_relaxed);
}

uintptr_t loop_thread(const struct loop *loop)
{
    return atomic_load_explicit(&loop->owner, memory_order_acquire);
}

/* Closing handles need at most a few turns; nothing here waits. */
static void run_out(struct loop *loop)
{
    enum { TURNS = 8 };

    for (int i = 0; i < TURNS; i++)
        uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void loop_run(struct loop *loop)
{
    int before = here_set(HERE_LOOP);

    own(loop);
    priority_prompt();
    atomic_store(&loop->running, true);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    atomic_store(&loop->running, false);
    here_set(before);
    uv_mutex_lock(&loop->lock);
    loop->stop = false; /* so that it can be run again */
    uv_mutex_unlock(&loop->lock);
    run_out(loop);
}

void loop_run_until_idle(struct loop *loop)
{
    own(loop);
    run_out(loop);
}

void loop_stop(struct loop *loop)
{
    uv_mutex_lock(&loop->lock);
    loop->stop = true;
    uv_async_send(&loop->wake);
    uv_mutex_unlock(&loop->lock);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Handles that somebody forgot to close must not keep us waiting. */
static void let_go(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_unref(handle);
}

int loop_close(struct loop *loop)
{
    int err;

    if (!loop)
        return 0;
    own(loop);
    shut_door(loop);
    free_all_remains(loop);
    close_handle((uv_handle_t *)&loop->wake);
    close_handle((uv_handle_t *)&loop->turn_ends);
    close_handle((uv_handle_t *)&loop->stay_awake);
    uv_walk(&loop->uv, let_go, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    free_all_remains(loop); /* freed by the last close callbacks */
    err = uv_loop_close(&loop->uv);
    if (err)
        return err; /* a handle is still open: its memory must stay */
    free(loop->remains.at);
    free(loop->freeing.at);
    uv_mutex_destroy(&loop->lock);
    free(loop);
    return 0;
}

/* -------------------------------------------------------------- timers */

static void on_timer(uv_timer_t *uv)
{
    struct loop_timer *t = uv->data;

    t->fn(t->arg);
}

int timer_open(struct loop_timer **tp, struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct loop_timer *t = calloc(1, sizeof(*t));

    if (!t)
        return UV_ENOMEM;
    uv_timer_init(&loop->uv, &t->uv); /* cannot fail */
    t->uv.data = t;
    t->fn = fn;
    t->arg = arg;
    *tp = t;
    return 0;
}

int timer_start(struct loop_timer *t, uint64_t after_ms, uint64_t repeat_ms)
{
    uv_update_time(t->uv.loop); /* the loop's cached time may be a long callback behind */
    return uv_timer_start(&t->uv, on_timer, after_ms, repeat_ms);
}

void timer_stop(struct loop_timer *t)
{
    uv_timer_stop(&t->uv);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void timer_close(struct loop_timer *t)
{
    if (t)
        uv_close((uv_handle_t *)&t->uv, on_timer_closed);
}

/**
 * @file loop/lanes.c  Lanes: worker threads with bounded queues, and their results on the loop
 *
 * An item is in exactly one place: waiting, with a worker, or finished. Finished items come back in
 * bulk: one wake-up of the loop calls `done` for everything that is ready.
 */
#include "loop/lanes.h"

#include "base/about.h"
#include "loop/loop.h"
#include "loop/loop_internal.h"
#include "loop/priority.h"
#include "loop/wait.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STACK_SIZE = 1 << 20 };

/* Number of threads: at least min, plus per_2_cores for each two processors. */
static const struct {
    const char *name;
    int min;
    int per_2_cores;
    int max;
    size_t queue_max;
    void (*go)(void); /* sets the priority of its threads; NULL: normal */
} table[LANE_COUNT] = {
    [LANE_REQUEST] = {"request", 4, 4, 64, 1024, priority_prompt},
    [LANE_READ] = {"read", 2, 2, 16, 4096, NULL}, /* all sockets of a busy server, reconnecting */
    [LANE_INTAKE] = {"intake", 2, 1, 8, 256, NULL},
    [LANE_DECODE] = {"decode", 2, 1, 8, 64, priority_low}, /* net/ limits the size of the bodies */
    [LANE_HASH] = {"hash", 1, 1, 4, 64, priority_low},     /* each job takes 19 MiB */
    [LANE_STORE] = {"store", 1, 0, 1, 1024, priority_prompt},
    [LANE_SOUND] = {"sound", 1, 0, 1, 64, NULL},
};

struct item {
    struct item *next;
    void (*work)(void *arg);
    void (*done)(int err, void *arg);
    void *arg;
    struct wait *wait;  /* the caller of lane_call() that waits; the item is theirs */
    struct about about; /* and what that caller is working on */
    uint64_t since_ns;  /* waiting since, then running since */
    int err;
};

struct list {
    struct item *first;
    struct item **last;
};

struct pool {
    struct lanes *lanes;
    enum lane lane;
    uv_cond_t more;
    struct list waiting;     /* {lock} */
    struct lane_stats stats; /* {lock} */
    int threads;
    uv_thread_t *thread;
};

struct lanes {
    uv_async_t wake;
    uv_mutex_t lock;
    struct list finished;    /* {lock} of all lanes, in order of completion */
    bool closed[LANE_COUNT]; /* {lock} accepts nothing any more */
    struct pool pool[LANE_COUNT];
};

static void list_init(struct list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void list_push(struct list *l, struct item *it)
{
    it->next = NULL;
    *l->last = it;
    l->last = &it->next;
}

static struct item *list_pop(struct list *l)
{
    struct item *it = l->first;

    if (it) {
        l->first = it->next;
        if (!l->first)
            l->last = &l->first;
    }
    return it;
}

static struct item *list_take(struct list *l)
{
    struct item *all = l->first;

    list_init(l);
    return all;
}

const char *lane_name(enum lane lane)
{
    return table[lane].name;
}

/* ----------------------------------------------------------------------------- workers */

/* {lock} */
static void begin(struct pool *pool, struct item *it)
{
    uint64_t now = uv_hrtime();

    pool->stats.queued--;
    pool->stats.running++;
    histogram_add(&pool->stats.waited, (double)(now - it->since_ns) / 1e9);
    it->since_ns = now;
}

/* {lock} */
static void end(struct pool *pool, struct item *it)
{
    pool->stats.running--;
    pool->stats.done++;
    histogram_add(&pool->stats.worked, (double)(uv_hrtime() - it->since_ns) / 1e9);
    if (!it->wait)
        list_push(&pool->lanes->finished, it);
}

static void worker(void *arg)
{
    struct pool *pool = arg;
    struct lanes *lanes = pool->lanes;

    here_set((int)pool->lane);
    pthread_setname_np(pthread_self(), table[pool->lane].name);
    if (table[pool->lane].go)
        table[pool->lane].go();
    uv_mutex_lock(&lanes->lock);
    for (;;) {
        struct item *it;
        struct wait *wait;

        while (!pool->waiting.first && !lanes->closed[pool->lane])
            wait_for_work(&pool->more, &lanes->lock, 0);
        if (lanes->closed[pool->lane])
            break;
        it = list_pop(&pool->waiting);
        begin(pool, it);
        uv_mutex_unlock(&lanes->lock);

        about_set(it->about);
        it->work(it->arg);
        about_set((struct about){0});

        wait = it->wait;
        uv_mutex_lock(&lanes->lock);
        end(pool, it);
        uv_mutex_unlock(&lanes->lock);
        /* Whoever is woken may be chosen at once, and this thread put aside: not with the lock. */
        if (wait)
            wait_end(wait); /* the item may be gone after this */
        else
            uv_async_send(&lanes->wake);
        uv_mutex_lock(&lanes->lock);
    }
    uv_mutex_unlock(&lanes->lock);
}

static void run_done(struct item *all)
{
    struct about before = about_get();

    while (all) {
        struct item *it = all;

        all = it->next;
        about_set((struct about){.trace = it->about.trace});
        if (it->done)
            it->done(it->err, it->arg);
        free(it);
    }
    about_set(before);
}

static struct item *take_finished(struct lanes *lanes)
{
    struct item *all;

    uv_mutex_lock(&lanes->lock);
    all = list_take(&lanes->finished);
    uv_mutex_unlock(&lanes->lock);
    return all;
}

static void on_wake(uv_async_t *wake)
{
    run_done(take_finished(wake->data));
}

/* ---- submit ---------------------------------------------------------------------------- */

static int push(struct lanes *lanes, enum lane lane, struct item *it)
{
    struct pool *pool = &lanes->pool[lane];
    int err = 0;

    it->since_ns = uv_hrtime();
    uv_mutex_lock(&lanes->lock);
    if (lanes->closed[lane]) {
        err = UV_ECANCELED;
    } else if (pool->stats.queued >= pool->stats.queue_max) {
        pool->stats.refused++;
        err = UV_EAGAIN;
    } else {
        list_push(&pool->waiting, it);
        pool->stats.queued++;
    }
    uv_mutex_unlock(&lanes->lock);
    if (!err)
        uv_cond_signal(&pool->more);
    return err;
}

int lane_submit(struct lanes *lanes, enum lane lane, void (*work)(void *arg),
                void (*done)(int err, void *arg), void *arg)
{
    struct item *it = malloc(sizeof(*it));
    int err;

    if (!it)
        return UV_ENOMEM;
    *it = (struct item){
        .work = work, .done = done, .arg = arg, .about = {.trace = about_get().trace}};
    err = push(lanes, lane, it);
    if (err)
        free(it);
    return err;
}

int lane_call(struct lanes *lanes, enum lane lane, void (*work)(void *arg), void *arg,
              const char *what)
{
    struct wait wait;
    struct item it = {.work = work, .arg = arg, .wait = &wait, .about = about_get()};
    int err = wait_open(&wait);

    if (err)
        return err;
    wait_check(WAIT_LANE(lane), what); /* checked even if there is no need to wait */
    err = push(lanes, lane, &it);
    if (!err)
        wait_for(&wait, WAIT_LANE(lane), what, 0);
    wait_close(&wait);
    return err ? err : it.err;
}

static bool is_closed(struct lanes *lanes, enum lane lane)
{
    bool closed;

    uv_mutex_lock(&lanes->lock);
    closed = lanes->closed[lane];
    uv_mutex_unlock(&lanes->lock);
    return closed;
}

int lane_run(struct lanes *lanes, enum lane lane, void (*work)(void *arg), void *arg,
             const char *what)
{
    if (lanes && here() != (int)lane && !is_closed(lanes, lane))
        return lane_call(lanes, lane, work, arg, what);
    work(arg);
    return 0;
}

/* ---- statistics ------------------------------------------------------------------------ */

struct lane_stats lane_stats(struct lanes *lanes, enum lane lane)
{
    struct lane_stats stats;

    uv_mutex_lock(&lanes->lock);
    stats = lanes->pool[lane].stats;
    uv_mutex_unlock(&lanes->lock);
    return stats;
}

size_t lanes_busy(struct lanes *lanes)
{
    size_t n = 0;

    for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
        struct lane_stats stats = lane_stats(lanes, lane);

        n += stats.queued + stats.running;
    }
    return n;
}

/* ---- open and close -------------------------------------------------------------------- */

static int thread_count(enum lane lane)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int n = (int)cores * table[lane].per_2_cores / 2;

    if (n > table[lane].max)
        n = table[lane].max;
    return n < table[lane].min ? table[lane].min : n;
}

static int start_pool(struct lanes *lanes, enum lane lane, const struct lane_size *size)
{
    uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = STACK_SIZE};
    struct pool *pool = &lanes->pool[lane];
    int threads = size && size->threads ? size->threads : thread_count(lane);
    int err = 0;

    if (threads < 1)
        return UV_EINVAL;
    pool->stats.queue_max = size && size->queue_max ? size->queue_max : table[lane].queue_max;
    pool->thread = calloc((size_t)threads, sizeof(*pool->thread));
    if (!pool->thread)
        return UV_ENOMEM;
    while (pool->threads < threads && !err) {
        err = uv_thread_create_ex(&pool->thread[pool->threads], &options, worker, pool);
        pool->threads += !err;
    }
    pool->stats.threads = pool->threads;
    return err;
}

static void lanes_free(struct lanes *lanes, enum lane conditions)
{
    for (enum lane lane = 0; lane < conditions; lane++) {
        uv_cond_destroy(&lanes->pool[lane].more);
        free(lanes->pool[lane].thread);
    }
    uv_mutex_destroy(&lanes->lock);
    free(lanes);
}

/* Everything but the threads. */
static int lanes_new(struct lanes **lp, struct loop *loop)
{
    struct lanes *lanes = calloc(1, sizeof(*lanes));
    enum lane lane = 0;
    int err = lanes ? uv_mutex_init(&lanes->lock) : UV_ENOMEM;

    if (err) {
        free(lanes);
        return err;
    }
    list_init(&lanes->finished);
    while (lane < LANE_COUNT && !err) {
        struct pool *pool = &lanes->pool[lane];

        pool->lanes = lanes;
        pool->lane = lane;
        list_init(&pool->waiting);
        err = uv_cond_init(&pool->more);
        lane += !err;
    }
    if (!err)
        err = uv_async_init(loop_uv(loop), &lanes->wake, on_wake);
    if (err) {
        lanes_free(lanes, lane);
        return err;
    }
    lanes->wake.data = lanes;
    uv_unref((uv_handle_t *)&lanes->wake); /* the loop's own async handle keeps it running */
    *lp = lanes;
    return 0;
}

int lanes_open(struct lanes **lp, struct loop *loop, const struct lane_size *sizes)
{
    struct lanes *lanes;
    int err = lanes_new(&lanes, loop);

    if (err)
        return err;
    for (enum lane lane = 0; lane < LANE_COUNT && !err; lane++)
        err = start_pool(lanes, lane, sizes ? &sizes[lane] : NULL);
    if (err)
        lanes_close(lanes);
    else
        *lp = lanes;
    return err;
}

static void on_closed(uv_handle_t *handle)
{
    lanes_free(handle->data, LANE_COUNT);
}

/* Callers waiting in lane_call() continue; work from lane_submit() is reported as cancelled. */
static void cancel(struct item *waiting)
{
    struct item *next;

    for (struct item *it = waiting; it; it = next) {
        next = it->next;
        it->err = UV_ECANCELED;
        if (it->wait) {
            wait_end(it->wait);
            continue;
        }
        if (it->done)
            it->done(UV_ECANCELED, it->arg);
        free(it);
    }
}

/* The lanes before this one have no workers left, so nobody waits for it any more. */
static void close_pool(struct lanes *lanes, enum lane lane)
{
    struct pool *pool = &lanes->pool[lane];
    struct item *waiting;

    uv_mutex_lock(&lanes->lock);
    lanes->closed[lane] = true;
    waiting = list_take(&pool->waiting);
    pool->stats.queued = 0;
    uv_cond_broadcast(&pool->more);
    uv_mutex_unlock(&lanes->lock);

    for (int i = 0; i < pool->threads; i++)
        wait_gone(&pool->thread[i], "a worker to leave");
    run_done(take_finished(lanes));
    cancel(waiting);
}

void lanes_close(struct lanes *lanes)
{
    if (!lanes)
        return;
    for (enum lane lane = 0; lane < LANE_COUNT; lane++)
        close_pool(lanes, lane);
    uv_close((uv_handle_t *)&lanes->wake, on_closed);
}

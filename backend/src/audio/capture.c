/**
 * @file audio/capture.c  Capturing sound on this machine
 *
 * The thread starts with the first capture and stays. The wanted capture is set under the lock,
 * with a number: the thread leaves a device as soon as the number changes, and the loop discards
 * what it still sends for an old one.
 */
#include "audio/capture.h"

#include "audio/capture_door.h"
#include "base/module.h"
#include "base/text.h"
#include "loop/loop.h"
#include "loop/wait.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct capture {
    struct loop *loop;
    struct capture_handlers h; /* loop thread only, like the next two */
    void *arg;                 /* NULL: no capture */
    uint64_t current;
    bool has_thread;
    uv_thread_t thread;
    atomic_int backlog;

    uv_mutex_t lock;
    uv_cond_t more;
    uint64_t wanted;             /* {lock} 0: none */
    bool quit;                   /* {lock} */
    char name[CAPTURE_NAME_MAX]; /* {lock} */
};

/** A message from the thread to the loop. */
struct block {
    struct capture *capture;
    uint64_t number;
    int err; /* 0: it carries sound */
    char why[CAPTURE_WHY_MAX];
    int n;
    int16_t pcm[CAPTURE_BLOCK_MAX];
};

/* ---- modules ---------------------------------------------------------------------------- */

static const char *const modules[] = {"interviewd-pulse", "interviewd-alsa"};

static const struct capture_door *door_at(size_t i, struct errbuf *why)
{
    const struct capture_door *door = module_open(modules[i], "capture_door", why);

    if (door && door->abi != CAPTURE_DOOR_ABI) {
        err_set(why, UV_ENOSYS, "%s.so belongs to another version of the program", modules[i]);
        return NULL;
    }
    return door;
}

int capture_devices(void (*fn)(const struct capture_device *device, void *arg), void *arg,
                    const char **system, struct errbuf *why)
{
    char text[CAPTURE_WHY_MAX] = "";

    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        const struct capture_door *door = door_at(i, NULL);

        if (!door || door->list(fn, arg, text) == CAPTURE_NO_SERVER)
            continue;
        if (system)
            *system = door->system;
        return 0;
    }
    return err_set(why, UV_ENOSYS,
                   "no sound server can be asked here: neither PulseAudio or PipeWire, nor ALSA");
}

/* ---- the capturing thread --------------------------------------------------------------- */

static void take_block(void *arg)
{
    struct block *b = arg;
    struct capture *c = b->capture;
    struct capture_handlers h = c->h;
    void *to = c->arg;

    atomic_fetch_sub(&c->backlog, 1);
    if (to && b->number == c->current) {
        if (!b->err) {
            h.on_sound(b->pcm, (size_t)b->n, to);
        } else {
            capture_end(c, to);
            h.on_over(b->err, b->why, to);
        }
    }
    explicit_bzero(b->pcm, sizeof(b->pcm));
    free(b);
}

static void post(struct capture *c, struct block *b)
{
    if (!b->err && atomic_load(&c->backlog) >= CAPTURE_BACKLOG_MAX) {
        free(b);
        return;
    }
    b->capture = c;
    atomic_fetch_add(&c->backlog, 1);
    if (loop_post(c->loop, take_block, b)) {
        atomic_fetch_sub(&c->backlog, 1);
        free(b);
    }
}

static bool is_wanted(struct capture *c, uint64_t number)
{
    bool is;

    uv_mutex_lock(&c->lock);
    is = !c->quit && c->wanted == number;
    uv_mutex_unlock(&c->lock);
    return is;
}

static int code_of(int end)
{
    return end == CAPTURE_NO_DEVICE ? UV_ENODEV : end == CAPTURE_NO_SERVER ? UV_ENOSYS : UV_EIO;
}

/* The first sound server that is running must have the device. */
static void *open_device(const struct capture_door **door, const char *name, struct block *b)
{
    enum capture_end end = CAPTURE_NO_SERVER;
    void *stream = NULL;

    text_copy(b->why, sizeof(b->why), "no sound server can be reached here", 35);
    for (size_t i = 0; !stream && i < sizeof(modules) / sizeof(modules[0]); i++) {
        *door = door_at(i, NULL);
        if (*door && end == CAPTURE_NO_SERVER)
            stream = (*door)->open(name, &end, b->why);
        if (stream)
            return stream;
    }
    b->err = code_of((int)end);
    return NULL;
}

static void listen_to(struct capture *c, uint64_t number, const char *name)
{
    const struct capture_door *door = NULL;
    struct block *b = calloc(1, sizeof(*b));
    void *stream = b ? open_device(&door, name, b) : NULL;

    while (stream && b && is_wanted(c, number)) {
        b->number = number;
        b->n = door->read(stream, b->pcm, b->why);
        if (b->n < 0) {
            b->err = code_of(b->n);
            break;
        }
        if (b->n == 0)
            continue;
        post(c, b);
        b = calloc(1, sizeof(*b));
    }
    if (stream)
        door->close(stream);
    if (!b)
        return;
    b->number = number;
    if (b->err)
        post(c, b);
    else
        free(b);
}

static void run(void *arg)
{
    struct capture *c = arg;
    char name[CAPTURE_NAME_MAX];
    uint64_t done = 0;

    uv_mutex_lock(&c->lock);
    while (!c->quit) {
        uint64_t number = c->wanted;

        if (!number || number == done) {
            wait_for_work(&c->more, &c->lock, 0);
            continue;
        }
        memcpy(name, c->name, sizeof(name));
        uv_mutex_unlock(&c->lock);
        listen_to(c, number, name);
        done = number;
        uv_mutex_lock(&c->lock);
    }
    uv_mutex_unlock(&c->lock);
}

/* ---------------------------------------------------------------------------- on the loop */

int capture_open(struct capture **cp, struct loop *loop)
{
    struct capture *c = calloc(1, sizeof(*c));

    if (!c)
        return UV_ENOMEM;
    c->loop = loop;
    if (uv_mutex_init(&c->lock) || uv_cond_init(&c->more)) {
        free(c);
        return UV_ENOMEM;
    }
    *cp = c;
    return 0;
}

static void want(struct capture *c, uint64_t number, const char *name)
{
    uv_mutex_lock(&c->lock);
    c->wanted = number;
    text_copy(c->name, sizeof(c->name), name, strlen(name));
    uv_cond_signal(&c->more);
    uv_mutex_unlock(&c->lock);
}

int capture_begin(struct capture *c, const char *name, const struct capture_handlers *h, void *arg,
                  struct errbuf *why)
{
    if (c->arg)
        return err_set(why, UV_EBUSY, "this machine's sound is captured for another interview");
    if (strlen(name) >= CAPTURE_NAME_MAX)
        return err_set(why, UV_EINVAL, "no device has so long a name");
    if (!c->has_thread && uv_thread_create(&c->thread, run, c))
        return err_set(why, UV_ENOMEM, "no thread for the device");
    c->has_thread = true;
    c->h = *h;
    c->arg = arg;
    want(c, ++c->current, name);
    return 0;
}

void capture_end(struct capture *c, const void *arg)
{
    if (!c || !arg || c->arg != arg)
        return;
    c->arg = NULL;
    want(c, 0, "");
}

void capture_close(struct capture *c)
{
    if (!c)
        return;
    uv_mutex_lock(&c->lock);
    c->quit = true;
    c->wanted = 0;
    uv_cond_signal(&c->more);
    uv_mutex_unlock(&c->lock);
    if (c->has_thread)
        wait_gone(&c->thread, "capturing");
    c->arg = NULL;
    loop_run_until_idle(c->loop); /* what it has already sent refers to c */
    uv_cond_destroy(&c->more);
    uv_mutex_destroy(&c->lock);
    free(c);
}

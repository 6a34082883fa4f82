/**
 * @file audio/media_worker.c  The program interviewd-media: one recording, then it ends
 */
#include "audio/media.h"
#include "loop/child.h"
#include "loop/confine.h"
#include "loop/frame.h"

#include <stdio.h>
#include <string.h>

enum {
    WAIT_MS = 60000, /* for the server to answer or to take samples */
};

/* Six hours of sound take a minute or two. The largest tables of libav* need far less memory than
 * this. */
static const struct worker_limits limits = {
    .memory_bytes = 1 << 30, .cpu_s = 600, .files = 16, .alone = true, .low = true};

struct link {
    int fd;
    struct frame_inbox inbox;
};

static int64_t read_there(void *arg, uint64_t offset, void *to, size_t n)
{
    struct link *l = arg;
    uint32_t want = n < MEDIA_READ_MAX ? (uint32_t)n : MEDIA_READ_MAX;
    uint8_t ask[12];
    struct frame f;

    memcpy(ask, &offset, 8);
    memcpy(ask + 8, &want, 4);
    if (frame_send(l->fd, MEDIA_READ, ask, sizeof(ask), WAIT_MS) ||
        frame_receive(l->fd, &l->inbox, &f, WAIT_MS) || f.kind != MEDIA_BYTES || f.len > want)
        return -1;
    if (f.len)
        memcpy(to, f.data, f.len);
    return (int64_t)f.len;
}

static int give(void *arg, const int16_t *samples, size_t n)
{
    struct link *l = arg;
    int err = 0;

    for (size_t at = 0; at < n && !err; at += MEDIA_SAMPLES_MAX) {
        size_t take = n - at < MEDIA_SAMPLES_MAX ? n - at : MEDIA_SAMPLES_MAX;

        err = frame_send(l->fd, MEDIA_SAMPLES, samples + at, take * sizeof(*samples), WAIT_MS);
    }
    return err != 0;
}

static int serve(struct link *l, const struct media_order *order)
{
    struct media_source source = {.read = read_there, .size = order->bytes, .arg = l};
    struct media_sink sink = {.take = give, .arg = l};
    char format[MEDIA_FORMAT_MAX] = "", why[MEDIA_TEXT_MAX] = "";
    int err = media_decode(&source, (int)order->rate, &sink, format, why);
    struct buf b;

    buf_init(&b, FRAME_MAX);
    pack_text(&b, err ? why : format);
    err = frame_send(l->fd, err ? MEDIA_FAILED : MEDIA_DONE, b.data, b.len, WAIT_MS);
    buf_release(&b);
    return err;
}

int main(void)
{
    static const struct confine nothing;
    struct link l = {.fd = worker_begin(&limits)};
    struct media_order order;
    struct frame f;
    int err = 1;

    if (l.fd < 0) {
        fputs("interviewd-media is started by interviewd, not by hand\n", stderr);
        return 2;
    }
    confine_worker(CONFINE_ALONE, &nothing);
    frame_inbox_init(&l.inbox);
    if (!frame_receive(l.fd, &l.inbox, &f, -1) && f.kind == MEDIA_DECODE &&
        f.len == sizeof(order)) {
        memcpy(&order, f.data, sizeof(order));
        err = serve(&l, &order) != 0;
    }
    frame_inbox_release(&l.inbox);
    return err;
}

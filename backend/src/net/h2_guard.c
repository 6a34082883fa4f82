/**
 * @file net/h2_guard.c  What comes in on an HTTP/2 connection, frame by frame
 */
#include "net/h2_guard.h"

#include <string.h>

enum type { /* section 6 */
            DATA = 0,
            HEADERS = 1,
            PRIORITY = 2,
            RST_STREAM = 3,
            SETTINGS = 4,
            PING = 6,
            WINDOW_UPDATE = 8,
            CONTINUATION = 9,
};

enum { END_STREAM = 0x1, END_HEADERS = 0x4, PREFACE = 24 /* bytes, section 3.4 */ };

enum { PROTOCOL_ERROR = 0x1, FRAME_SIZE_ERROR = 0x6 }; /* section 7 */

enum { PRIORITY_SIZE = 5, UPDATE_SIZE = 4 }; /* of their payloads */

void h2_guard_init(struct h2_guard *g, uint64_t now_ms)
{
    *g = (struct h2_guard){.preface = PREFACE};
    g->noise.at_ms = g->resets.at_ms = now_ms;
    buf_init(&g->held, H2_BLOCK_MAX + (H2_CONTINUATION_MAX + 1) * H2_FRAME_HEAD);
}

void h2_guard_release(struct h2_guard *g)
{
    buf_release(&g->held);
}

/* ------------------------------------------------------------------ counting */

static bool pour(struct h2_bucket *b, uint64_t now_ms, unsigned a_second, unsigned most)
{
    uint64_t gone = (now_ms - b->at_ms) * a_second / 1000;

    if (gone) {
        b->level = b->level > gone ? b->level - gone : 0;
        b->at_ms = now_ms;
    }
    return ++b->level <= most;
}

bool h2_guard_noise(struct h2_guard *g, uint64_t now_ms)
{
    return pour(&g->noise, now_ms, H2_NOISE_A_SECOND, H2_NOISE_MAX);
}

void h2_guard_sent(struct h2_guard *g)
{
    if (g->updates < H2_UPDATES_MAX)
        g->updates += H2_UPDATES_A_FRAME;
}

static bool is_update_earned(struct h2_guard *g)
{
    if (!g->updates)
        return false;
    g->updates--;
    return true;
}

/* Is it one too many? */
static bool floods(struct h2_guard *g, uint64_t now_ms)
{
    switch (g->type) {
    case HEADERS:
        h2_guard_sent(g); /* some widen the window of each stream at once */
        return false;
    case DATA:
    case CONTINUATION:
        return !g->left && !(g->flags & (g->type == DATA ? END_STREAM : END_HEADERS)) &&
               !h2_guard_noise(g, now_ms);
    case WINDOW_UPDATE:
        return !is_update_earned(g) && !h2_guard_noise(g, now_ms);
    case RST_STREAM:
        return !pour(&g->resets, now_ms, H2_RESETS_A_SECOND, H2_RESETS_MAX);
    default:
        return !h2_guard_noise(g, now_ms);
    }
}

/* ------------------------------------------------------- headers in pieces */

/* Nobody will read this header, nor any after it. */
static enum h2_event give_up(struct h2_guard *g)
{
    g->headless = g->dropping = true;
    g->holding = false;
    g->last_id = g->held_id;
    g->flags = g->first_flags;
    buf_release(&g->held);
    return H2_HUGE;
}

static enum h2_event hold(struct h2_guard *g)
{
    if (g->continuations > H2_CONTINUATION_MAX || g->held.len + g->left > H2_BLOCK_MAX)
        return give_up(g);
    return buf_append(&g->held, g->head, H2_FRAME_HEAD) ? H2_ENOMEM : H2_MORE;
}

/* Of a header that is whole, the frames go out together. */
static void check_whole(struct h2_guard *g)
{
    if (!g->holding || g->left || !(g->flags & END_HEADERS))
        return;
    g->holding = false;
    g->release = true;
}

/* ----------------------------------------------------- faults of one stream */

static enum h2_event fault(struct h2_guard *g, uint8_t code)
{
    g->fault = code;
    return H2_FAULT;
}

static enum h2_event priority(struct h2_guard *g)
{
    g->dropping = true;
    return g->left == PRIORITY_SIZE ? H2_MORE : fault(g, FRAME_SIZE_ERROR);
}

/* It goes on when it is known by how much. */
static enum h2_event widen(struct h2_guard *g)
{
    g->widening = true;
    return buf_append(&g->held, g->head, H2_FRAME_HEAD) ? H2_ENOMEM : H2_MORE;
}

static enum h2_event widened(struct h2_guard *g)
{
    const unsigned char *by = (const unsigned char *)g->held.data + H2_FRAME_HEAD;

    g->widening = false;
    g->release = (by[0] & 0x7f) | by[1] | by[2] | by[3];
    if (g->release)
        return H2_MORE;
    buf_release(&g->held);
    return fault(g, PROTOCOL_ERROR);
}

/* ------------------------------------------------------------------ frames */

static enum h2_event head_read(struct h2_guard *g, uint64_t now_ms, struct piece *piece)
{
    const unsigned char *b = (const unsigned char *)g->head;
    bool goes_on;

    g->have = 0;
    g->left = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
    g->type = b[3];
    g->flags = b[4];
    g->id = (uint32_t)(b[5] & 0x7f) << 24 | (uint32_t)b[6] << 16 | (uint32_t)b[7] << 8 | b[8];
    if (floods(g, now_ms))
        return H2_FLOOD;
    g->dropping =
        g->headless && (g->type == HEADERS || g->type == CONTINUATION || g->id > g->last_id);
    if (g->dropping)
        return H2_MORE;
    if (!g->holding && g->type == HEADERS && !(g->flags & END_HEADERS)) {
        g->holding = true;
        g->held_id = g->id;
        g->first_flags = g->flags;
        g->continuations = 0;
        return hold(g);
    }
    goes_on = g->type == CONTINUATION && g->id == g->held_id;
    if (g->holding && goes_on) {
        g->continuations++;
        return hold(g);
    }
    if (g->holding) { /* nothing may come between (section 4.3): nghttp2 has the answer to that */
        g->holding = false;
        g->release = g->behind = true;
        return H2_MORE;
    }
    if (g->type == PRIORITY && g->id)
        return priority(g);
    if (g->type == WINDOW_UPDATE && g->id && g->left == UPDATE_SIZE)
        return widen(g);
    *piece = (struct piece){g->head, H2_FRAME_HEAD};
    return H2_BYTES;
}

static enum h2_event next_head(struct h2_guard *g, uint64_t now_ms, const char **at,
                               const char *end, struct piece *piece)
{
    size_t n = (size_t)(end - *at);
    enum h2_event event;

    if (n > (size_t)(H2_FRAME_HEAD - g->have))
        n = (size_t)(H2_FRAME_HEAD - g->have);
    memcpy(g->head + g->have, *at, n);
    g->have += (uint8_t)n;
    *at += n;
    if (g->have < H2_FRAME_HEAD)
        return H2_MORE;
    event = head_read(g, now_ms, piece);
    check_whole(g);
    return event;
}

static enum h2_event next_payload(struct h2_guard *g, const char **at, const char *end,
                                  struct piece *piece)
{
    size_t n = (size_t)(end - *at) < g->left ? (size_t)(end - *at) : g->left;
    const char *from = *at;

    *at += n;
    g->left -= (uint32_t)n;
    if (g->dropping)
        return H2_MORE;
    if (!g->holding && !g->widening) {
        *piece = (struct piece){from, n};
        return H2_BYTES;
    }
    if (buf_append(&g->held, from, n))
        return H2_ENOMEM;
    if (g->widening)
        return g->left ? H2_MORE : widened(g);
    check_whole(g);
    return H2_MORE;
}

/* What was kept here goes out before anything else is read. */
static bool is_kept(struct h2_guard *g, struct piece *piece)
{
    if (g->given)
        buf_release(&g->held);
    g->given = false;
    if (g->release) {
        *piece = (struct piece){g->held.data, g->held.len};
        g->release = false;
        g->given = true;
    } else if (g->behind) {
        *piece = (struct piece){g->head, H2_FRAME_HEAD};
        g->behind = false;
    } else {
        return false;
    }
    return true;
}

enum h2_event h2_guard_next(struct h2_guard *g, uint64_t now_ms, const char **at, const char *end,
                            struct piece *piece)
{
    enum h2_event event = H2_MORE;

    while (event == H2_MORE) {
        if (is_kept(g, piece))
            return H2_BYTES;
        if (*at == end)
            return H2_MORE;
        if (g->preface) {
            size_t n = (size_t)(end - *at) < g->preface ? (size_t)(end - *at) : g->preface;

            *piece = (struct piece){*at, n};
            *at += n;
            g->preface -= (uint8_t)n;
            return H2_BYTES;
        }
        event = g->left ? next_payload(g, at, end, piece) : next_head(g, now_ms, at, end, piece);
    }
    return event;
}

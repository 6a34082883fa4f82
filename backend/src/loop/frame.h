/**
 * @file loop/frame.h  Messages over a socket between two of our processes
 *
 *     frame_send(fd, KIND_FEED, pcm, bytes, WAIT_MS);
 *     frame_receive(fd, &inbox, &frame, WAIT_MS);      // frame.data points into the inbox
 *
 * A frame is a header of 8 bytes (u32 length of the payload, u16 kind, u16 zero; in the machine's
 * byte order, because both ends are the same build on the same machine) and a payload. Payloads are
 * written with pack_*() and read with take_*(): after a mismatch a reader stays failed and every
 * further take returns zeros, so that one check of .bad at the end is enough.
 *
 * What a child sends is as untrusted as network input, because the data that it decodes may have
 * taken it over. So every length has a maximum, and everything is checked.
 *
 * Threads    Each direction of a socket has one owner at a time. Calls block, at most wait_ms.
 * Errors     UV_EOF: the other end is gone. UV_ETIMEDOUT, UV_EPROTO (not a frame), UV_ENOBUFS
 *            (longer than FRAME_MAX), UV_ENOMEM, or an error of the system. After any of them the
 *            socket can only be closed.
 * Ownership  An inbox owns its bytes: frame_inbox_release().
 */
#ifndef LOOP_FRAME_H
#define LOOP_FRAME_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_HEAD = 8,      /**< [bytes] */
    FRAME_MAX = 1 << 20, /**< Longest payload; more is sent in pieces [bytes] */
};

struct frame {
    uint16_t kind;
    const uint8_t *data;
    size_t len;
};

struct frame_inbox {
    uint8_t *data;
    size_t cap;
    int passed; /**< A descriptor that came with the last frame, to be closed by whoever takes it;
                     -1: none */
};

/** Parses a frame at the start of n bytes: returns its length, 0 if more bytes are needed, or
 *  UV_EPROTO, UV_ENOBUFS. Pure. */
int64_t frame_parse(const uint8_t *bytes, size_t n, struct frame *out);

void frame_inbox_init(struct frame_inbox *in);
void frame_inbox_release(struct frame_inbox *in); /**< Closes a descriptor that nobody took */

int frame_send(int fd, uint16_t kind, const void *data, size_t len, int wait_ms);
/** The same with a copy of a descriptor (SCM_RIGHTS, unix(7)); passed remains the caller's. */
int frame_send_with(int fd, uint16_t kind, const void *data, size_t len, int passed, int wait_ms);
/** Waits for the next complete frame; wait_ms negative: without limit. */
int frame_receive(int fd, struct frame_inbox *in, struct frame *out, int wait_ms);

/* ---------------------------------------------------------------- payloads */

struct taking {
    const uint8_t *at;
    size_t left;
    bool bad;
};

void pack_u32(struct buf *b, uint32_t value);
void pack_text(struct buf *b, const char *text); /**< u32 length, bytes, NUL */
void pack_blob(struct buf *b, const void *data, size_t len);

void taking_init(struct taking *t, const struct frame *f);
uint32_t take_u32(struct taking *t);
/** Points into the frame, NUL-terminated, with no NUL inside; "" once bad. */
const char *take_text(struct taking *t);
const uint8_t *take_blob(struct taking *t, size_t *len); /**< NULL and 0 once bad */

#endif

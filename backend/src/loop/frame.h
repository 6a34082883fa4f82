/**
 * @file loop/frame.h  Messages over a socket between two processes of ours
 *
 *     frame_send(fd, KIND_FEED, pcm, bytes, WAIT_MS);
 *     frame_receive(fd, &inbox, &frame, WAIT_MS);      // frame.data lies in the inbox
 *
 * A frame is a head of 8 bytes (u32 length of what follows it, u16 kind, u16 zero; byte order of
 * the machine, because both ends are one build on one machine) and its payload. Payloads are packed
 * with pack_*() and read with take_*(): after anything that does not fit, a reader stays failed and
 * every further take gives zeros, so that one look at .bad at the end is enough.
 *
 * What a child sends is trusted no more than what a stranger sends: it runs code that may have been
 * taken over by what it decodes. So every length has a maximum and everything is checked.
 *
 * Threads    Each direction of a socket has one owner at a time. Calls block, at most wait_ms.
 * Errors     UV_EOF: the other end is gone. UV_ETIMEDOUT, UV_EPROTO (no frame of ours),
 *            UV_ENOBUFS (longer than FRAME_MAX), UV_ENOMEM, or what the system said. After any of
 *            them the socket is good for closing only.
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
    FRAME_MAX = 1 << 20, /**< Longest payload; longer ones are sent in pieces [bytes] */
};

struct frame {
    uint16_t kind;
    const uint8_t *data;
    size_t len;
};

struct frame_inbox {
    uint8_t *data;
    size_t cap;
    int passed; /**< A descriptor that came with the last frame; whoever takes it closes it; -1:
                   none */
};

/** One frame at the start of n bytes: how many it takes, 0 if more are needed, or negative
 *  UV_EPROTO, UV_ENOBUFS. Pure. */
int64_t frame_parse(const uint8_t *bytes, size_t n, struct frame *out);

void frame_inbox_init(struct frame_inbox *in);
void frame_inbox_release(struct frame_inbox *in); /**< Closes a descriptor nobody took */

int frame_send(int fd, uint16_t kind, const void *data, size_t len, int wait_ms);
/** The same with a copy of a descriptor (SCM_RIGHTS, unix(7)); passed stays the caller's. */
int frame_send_with(int fd, uint16_t kind, const void *data, size_t len, int passed, int wait_ms);
/** The next whole frame; wait_ms negative: however long it takes. */
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
/** Lies in the frame, NUL-terminated, without a NUL inside; "" once bad. */
const char *take_text(struct taking *t);
const uint8_t *take_blob(struct taking *t, size_t *len); /**< NULL and 0 once bad */

#endif

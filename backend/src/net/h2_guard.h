/**
 * @file net/h2_guard.h  What comes in on an HTTP/2 connection, frame by frame, before nghttp2 reads
 *                       it
 *
 *     struct h2_guard g;
 *
 *     h2_guard_init(&g, now_ms);
 *     for (;;)
 *         switch (h2_guard_next(&g, now_ms, &at, end, &piece)) {
 *         case H2_MORE:  return;   // every byte was taken; come back with more
 *         case H2_BYTES: ...       // piece is to be read, before the next call
 *         case H2_HUGE:  ...       // the header of stream g.id is larger than anyone's: answer 431
 *         case H2_FAULT: ...       // wrong for stream g.id alone: reset that with code g.fault
 *         case H2_FLOOD: ...       // it sends little else than what asks for nothing: end it
 *         case H2_ENOMEM: ...
 *         }
 *
 * Frames that ask for nothing are free for a client and work for a server, so they are counted and
 * run off in time (RFC 9113 section 10.5): pings, settings, priorities, resets, empty frames,
 * unknown ones, and window updates beyond what the answers gave reason for. nghttp2 does not tell
 * of all of them.
 *
 * A header that comes in several frames is held back until it is whole. One that grows beyond
 * H2_BLOCK_MAX is not read at all, and because what the client's compressor learned from it is lost
 * then, no header is read on this connection any more: other frames of its streams still are, so
 * that those are answered before it ends (section 10.5.1).
 *
 * Two kinds of frames for which nghttp2 ends the connection are looked at here, since they are
 * faults of their stream (sections 6.3 and 6.9): a window that grows by nothing, and a priority of
 * the wrong size. Other priorities are read by nobody: they mean nothing any more (section 5.3.2).
 *
 * Threads    None of its own.
 * Errors     H2_ENOMEM.
 * Ownership  A piece points into the caller's bytes, or into the guard.
 */
#ifndef NET_H2_GUARD_H
#define NET_H2_GUARD_H

#include "base/buffer.h"
#include "net/http1.h"

enum {
    H2_FRAME_HEAD = 9,       /**< Bytes before each frame's payload (section 4.1) */
    H2_BLOCK_MAX = 64 << 10, /**< One header, still compressed, [bytes] */
    H2_CONTINUATION_MAX = 8, /**< Frames that go on with one header */
    H2_NOISE_MAX = 1000,     /**< Frames that ask for nothing, at once */
    H2_NOISE_A_SECOND = 50,  /**< And all the time */
    H2_RESETS_MAX = 200,     /**< Resets of streams, at once */
    H2_RESETS_A_SECOND = 20, /**< And all the time */
    H2_UPDATES_A_FRAME = 4,  /**< Window updates that one frame of an answer may bring */
    H2_UPDATES_MAX = 10000,  /**< As many of those may be saved up */
};

/** So much at once, and so much a second. */
struct h2_bucket {
    uint64_t level;
    uint64_t at_ms;
};

struct h2_guard {
    char head[H2_FRAME_HEAD];
    uint8_t have;    /* bytes of head */
    uint8_t preface; /* bytes of the client's preface that are still to come */
    uint8_t type;
    uint8_t flags; /**< Of the frame; after H2_HUGE of the header's first one */
    bool holding;  /* a header is not whole yet: held has its frames */
    bool release;  /* held goes out next */
    bool behind;   /* and then this frame's head */
    bool given;    /* held has gone out, and is freed at the next call */
    bool headless; /* after H2_HUGE */
    bool dropping; /* this frame is read by nobody */
    bool widening; /* held has a window update that is not whole yet */
    uint8_t fault; /**< After H2_FAULT: the code (section 7) */
    uint8_t continuations;
    uint8_t first_flags; /* of what is held */
    uint32_t id;         /**< Stream of the frame */
    uint32_t held_id;
    uint32_t last_id; /* after H2_HUGE: streams above it are not there */
    uint32_t left;    /* of the frame's payload */
    uint32_t updates; /* window updates that were earned */
    struct buf held;
    struct h2_bucket noise;
    struct h2_bucket resets;
};

enum h2_event { H2_MORE, H2_BYTES, H2_HUGE, H2_FAULT, H2_FLOOD, H2_ENOMEM };

void h2_guard_init(struct h2_guard *g, uint64_t now_ms);
void h2_guard_release(struct h2_guard *g);
enum h2_event h2_guard_next(struct h2_guard *g, uint64_t now_ms, const char **at, const char *end,
                            struct piece *piece);
/** One more frame that asks for nothing. False: too many. */
bool h2_guard_noise(struct h2_guard *g, uint64_t now_ms);
/** A frame of an answer goes out, or a request came in: its client may widen windows for it. */
void h2_guard_sent(struct h2_guard *g);

#endif

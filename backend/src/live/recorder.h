/**
 * @file live/recorder.h  Mixing the lines of an interview into one recording
 *
 *     recorder_open(&r, &deps, &params, &handlers, arg, why);
 *     recorder_hear(r, line, at, pcm, n);             // of each line, as it comes
 *     recorder_place(r, line, from, to, &place);      // where that is in the recording
 *     recorder_close(r);                              // completes it; on_gone is the last call
 *
 * Each line has its own clock. The audio of all active lines is added; a line that has sent nothing
 * for RECORDER_ABSENT_MS counts as silent. The sum is encoded as Opus in an Ogg file
 * (audio/opus_file.h), and appended to a log (blob/blob.h) every RECORDER_EVERY_MS, whole pages at
 * a time: a kill only costs what came since, and the rest can be played.
 *
 * The record is in the store before the first sample is on disk, and is marked as growing. It is
 * finished when the recording is complete; after an interruption recorder_mend() does that at the
 * next start.
 *
 * Threads    Loop thread; encoding and the disk are on LANE_READ. recorder_mend(): any worker, or
 *            before the loop turns.
 * Errors     on_over says why it cannot continue: UV_ERANGE: the user's limit for recordings is
 *            reached; UV_ENOENT: it was erased; UV_ENOBUFS: the disk is too slow; and those of the
 *            store, blobs and Opus. What was recorded so far is kept, unless it was erased.
 * Limits     AUDIO_LENGTH_MAX_S of sound; RECORDER_LINE_MAX of a line that waits for another;
 *            RECORDER_WAITING_MAX that wait for the disk.
 */
#ifndef LIVE_RECORDER_H
#define LIVE_RECORDER_H

#include "base/error.h"
#include "base/id.h"
#include "store/store.h"

#include <stdbool.h>

struct blob_store;
struct lanes;
struct loop;
struct recorder;

enum {
    RECORDER_RATE = 16000,
    RECORDER_BITRATE = 24000, /**< At this rate speech at 16 kHz cannot be told from the original */
    RECORDER_EVERY_MS = 500,
    RECORDER_ABSENT_MS = 300,
    RECORDER_LINE_MAX = 5 * RECORDER_RATE,
    RECORDER_WAITING_MAX = 120 * RECORDER_RATE,
};

struct recorder_deps {
    struct loop *loop;
    struct lanes *lanes;
    struct store *store;
    struct blob_store *blobs;
    int64_t bytes_max; /**< Most that a user's recordings take together */
    /** When a recording that begins now will be erased [ms since 1970]; called on a worker. */
    int64_t (*keep_until)(void *arg, const char *user_id, int64_t now);
    void *arg;
};

struct recorder_params {
    const char *user_id;
    const char *session_id;
    const char *wording; /**< The consent text */
};

struct recorder_handlers {
    void (*on_begun)(void *arg); /**< Its record exists: from now on it can be requested */
    /** It cannot continue; close it. With a sentence. */
    void (*on_over)(int err, const char *why, void *arg);
    void (*on_gone)(void *arg); /**< After recorder_close(): complete, or left for the next start */
};

/** Part of a recording. */
struct recorder_place {
    char recording[ID_TEXT_MAX];
    uint64_t from_ms;
    uint64_t to_ms;
};

int recorder_open(struct recorder **rp, const struct recorder_deps *deps,
                  const struct recorder_params *params, const struct recorder_handlers *h,
                  void *arg, struct errbuf *why);
const char *recorder_id(const struct recorder *r);
uint64_t recorder_ms(const struct recorder *r); /**< Its length so far */
/** n samples, 16 kHz mono; at: number of samples of this line before them. */
void recorder_hear(struct recorder *r, uint64_t line, uint64_t at, const int16_t *pcm, size_t n);
/** from_ms, to_ms: of the line's audio. false: that was not recorded. */
bool recorder_place(const struct recorder *r, uint64_t line, uint64_t from_ms, uint64_t to_ms,
                    struct recorder_place *place);
void recorder_close(struct recorder *r);
/** No handler is called any more; what can still be done is done. */
void recorder_forget(struct recorder *r);

/** Finishes a growing record whose recorder is gone: its log becomes a recording or, if the log is
 *  empty, the record is erased. */
int recorder_mend(struct store *store, struct blob_store *blobs,
                  const struct store_recording *recording, struct errbuf *why);

#endif

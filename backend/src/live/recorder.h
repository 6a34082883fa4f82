/**
 * @file live/recorder.h  What the lines of an interview hear, mixed into one recording
 *
 *     recorder_open(&r, &deps, &params, &handlers, arg, why);
 *     recorder_hear(r, line, at, pcm, n);             // of each line, as it comes
 *     recorder_place(r, line, from, to, &place);      // where that is in the recording
 *     recorder_close(r);                              // it is made whole; on_gone is the last word
 *
 * The lines have clocks of their own. What has come of all that speak is added up; a line that has
 * sent nothing for RECORDER_ABSENT_MS is silent. The sum becomes Opus in an Ogg file
 * (audio/opus_file.h), and goes into a log (blob/blob.h) each RECORDER_EVERY_MS, whole pages at a
 * time: a kill costs what has come since, and what is there plays.
 *
 * The record is in the store before the first sample is on the disk, and says that it grows. It is
 * finished when the recording is whole; of one that was cut off, recorder_mend() does that at the
 * next start.
 *
 * Threads    Loop thread; encoding and the disk are on LANE_READ. recorder_mend(): any worker, or
 *            before the loop turns.
 * Errors     on_over tells why it cannot go on: UV_ERANGE the user has as many recordings as there
 *            may be; UV_ENOENT it was erased; UV_ENOBUFS the disk is too slow; and those of the
 *            store, blobs and Opus. What was recorded till then stays, unless it was erased.
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
    /** When a recording that begins now is to be erased, [ms] since 1970; called on a worker. */
    int64_t (*keep_until)(void *arg, const char *user_id, int64_t now);
    void *arg;
};

struct recorder_params {
    const char *user_id;
    const char *session_id;
    const char *wording; /**< What was agreed to */
};

struct recorder_handlers {
    void (*on_begun)(void *arg); /**< Its record is there: from now on it can be asked for */
    /** It can't go on; close it. With a sentence. */
    void (*on_over)(int err, const char *why, void *arg);
    void (*on_gone)(void *arg); /**< After recorder_close(): whole, or left for the next start */
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
uint64_t recorder_ms(const struct recorder *r); /**< How long it is */
/** n samples, 16 kHz mono; at: how many of this line came before them. */
void recorder_hear(struct recorder *r, uint64_t line, uint64_t at, const int16_t *pcm, size_t n);
/** from_ms, to_ms: of the line's sound. false: that was not recorded. */
bool recorder_place(const struct recorder *r, uint64_t line, uint64_t from_ms, uint64_t to_ms,
                    struct recorder_place *place);
void recorder_close(struct recorder *r);
/** No handler runs any more; what can still be done is done. */
void recorder_forget(struct recorder *r);

/** Finish a record that still grows though its recorder is gone: its log becomes a recording, or,
 *  when the log is empty, the record is erased. */
int recorder_mend(struct store *store, struct blob_store *blobs,
                  const struct store_recording *recording, struct errbuf *why);

#endif

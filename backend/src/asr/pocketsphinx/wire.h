/**
 * @file asr/pocketsphinx/wire.h  The messages between the engine (driver.c) and its child process
 * (worker.c)
 *
 * Two kinds of sockets, both carrying frames (loop/frame.h). The nursery's, one per model:
 *
 *     ->  LOAD folder                 <-  READY | FAIL
 *     ->  STREAM and a descriptor     the nursery forks; the copy serves that socket from here on,
 *                                     and the nursery sends on it which process to kill if it
 *                                     hangs:
 *
 *                                     <-  COPY pid, with its pidfd (pidfd_open(2)) | FAIL
 *     ->  OPEN voice, lines           <-  DONE | FAIL
 *     ->  BEGIN promised              <-  DONE | FAIL
 *     ->  FEED samples                <-  DONE | FAIL
 *     ->  PREFETCH_FINAL              <-  DONE | FAIL
 *     ->  PARTIAL                     <-  RESULT | FAIL
 *     ->  FINISH                      <-  RESULT | FAIL
 *
 * `voice` and `promised` are the child's own state: the speaker's voice, and the words it called
 * stable. The engine keeps them without reading them, and passes them to the child that replaces a
 * dead one.
 *
 * Threads    Pure functions.
 * Errors     Readers return UV_EPROTO for anything that a working child would not send.
 */
#ifndef ASR_POCKETSPHINX_WIRE_H
#define ASR_POCKETSPHINX_WIRE_H

#include "asr/engine.h"
#include "loop/frame.h"

enum ear_kind {
    EAR_LOAD = 1,
    EAR_READY,
    EAR_FAIL,
    EAR_STREAM,
    EAR_OPEN,
    EAR_BEGIN,
    EAR_FEED,
    EAR_PREFETCH_FINAL,
    EAR_PARTIAL,
    EAR_FINISH,
    EAR_DONE,
    EAR_RESULT,
    EAR_COPY,
};

enum {
    EAR_WORDS_MAX = 2048,       /**< In one result */
    EAR_VOICE_MAX = 1024,       /**< [bytes] */
    EAR_PROMISED_MAX = 1 << 17, /**< [bytes] */
    EAR_PIECE = 16000,          /**< Most samples in a FEED */
};

/** A result inside a frame. */
struct ear_result {
    struct asr_result res; /**< res.words points to words; texts point into the frame */
    struct asr_word words[EAR_WORDS_MAX];
    const uint8_t *promised, *voice;
    size_t promised_len, voice_len;
};

void ear_result_write(struct buf *out, const struct asr_result *res, const void *promised,
                      size_t promised_len, const void *voice, size_t voice_len);
int ear_result_read(struct ear_result *r, const struct frame *f);

void ear_fail_write(struct buf *out, int err, const char *text);
/** Returns the code, which is always negative; the sentence goes to why. */
int ear_fail_read(const struct frame *f, struct errbuf *why);

#endif

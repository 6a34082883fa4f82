/**
 * @file api/hear.h  Transcribing a recording while the client waits
 *
 *     return hear_bytes(req, res, file.data, file.len, &(struct hear_ask){
 *         .language = "en", .reply = reply_transcript});
 *
 * It is decoded on the decoding lane, then transcribed by the hub without holding a worker: the
 * answer comes later. Nothing is stored. If the client leaves, its transcription ends.
 * HEAR_RUNNING_MAX run at the same time, because each takes recogniser lines and memory for its
 * samples; further ones get 503 with Retry-After.
 *
 * Threads    Called on a worker of LANE_DECODE; the functions of an ask are called on the loop
 *            thread.
 * Errors     Answered here: 413 and 415 for the recording, 422 /language, 503.
 * Ownership  The ask is copied, except arg, which is taken and always released.
 */
#ifndef API_HEAR_H
#define API_HEAR_H

#include "asr/transcribe.h"
#include "audio/media.h"
#include "net/http.h"

struct events;

enum {
    HEAR_UPLOAD_MAX = 64 << 20,       /**< [bytes] */
    HEAR_LENGTH_MAX_MS = 2 * 3600000, /**< As docs/api/openapi.yaml says */
    HEAR_RUNNING_MAX = 2,
    HEAR_LANGUAGE_MAX = 16, /**< Of the form field; a language is shorter */
    HEAR_PROMPT_MAX = 4096, /**< [bytes]; a recogniser uses as much as it has room for */
};

struct hear_ask {
    const char *language;
    const char *prompt; /**< (optional) Text that could have come before */
    bool translate;     /**< Into English */
    int (*reply)(const struct http_request *req, struct http_response *res,
                 const struct transcript *t, void *arg);
    /** (optional, both) Each segment when it is known, and then the whole, as events; no reply. t
     *  is NULL if it broke off, with a sentence. */
    void (*on_segment)(struct events *events, const struct transcript_segment *s, void *arg);
    void (*on_done)(struct events *events, const struct transcript *t, const char *why, void *arg);
    void *arg;
    void (*release)(void *arg); /**< (optional) */
};

int hear_bytes(const struct http_request *req, struct http_response *res, const void *data,
               size_t len, const struct hear_ask *ask);
int hear_source(const struct http_request *req, struct http_response *res,
                const struct media_source *source, const struct hear_ask *ask);

#endif

/**
 * @file live/transcript_writer.h  Writing exchanges to the store, in order, from the loop
 *
 * A queue of its own for each live interview: writes of one interview happen one after the other,
 * in the order they were asked for, on the store lane.
 *
 *     transcript_writer_open(&writer, &deps, idle, arg);
 *     transcript_write(writer, &pair, stored, arg); // copies; stored(err) comes later
 *     transcript_writer_close(writer);              // once transcript_writer_busy() is false; or
 *                                                   // earlier, when all of the program ends
 *
 * Threads    Loop thread only.
 * Errors     A failed write is repeated TRANSCRIPT_TRIES times if the store was busy; after that it
 *            is logged (without its text) and stored() gets the code. If the store's server is away
 *            it is repeated until that is back (once the program is to end, TRANSCRIPT_HURRY_MS);
 *            stored() gets UV_ENOTCONN meanwhile and is not called again. Once the lanes have
 *            closed, or the writer is closed early, it is UV_ECANCELED for everything queued.
 */
#ifndef LIVE_TRANSCRIPT_WRITER_H
#define LIVE_TRANSCRIPT_WRITER_H

#include "answer/answer.h"
#include "base/id.h"
#include "store/store.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct transcript_writer;
struct live_deps;

enum {
    TRANSCRIPT_TRIES = 5,
    TRANSCRIPT_HURRY_MS = 3000,
};

/** In the session's metadata: answers begun ahead that were not needed. */
#define SESSION_DISCARDED "eagerDiscarded"

struct transcript_pair {
    const char *transcript_id;
    const char *session_id;
    int number;
    const char *question;
    const char *heard;     /**< What was recognised, if it was corrected; NULL: it was not */
    bool outdated;         /**< The answer belongs to the words before their correction */
    const char *answer;    /**< "" until there is one */
    int64_t timestamp;     /**< [ms] since 1970 */
    float confidence;      /**< The recogniser's; 1 if typed */
    enum store_line line;  /**< The kind of remark, if it is not an exchange */
    const char *speaker;   /**< Who said it, as in the API; NULL: it was typed */
    float voice;           /**< Likeness to that voice; < 0: not recognised by voice */
    uint64_t speech_ms;    /**< How long it took to say; 0: unknown */
    const char *audio_url; /**< URL of its recording; NULL: none */
    const struct claim *unsupported; /**< Byte ranges of answer */
    size_t unsupported_count;
    const struct outline_shown *shown; /**< NULL: no outline */
    bool unfinished;                   /**< More follows: after a kill it counts as cut off */

    /* Once the answer has ended: */
    bool ended;
    double response_s; /**< From the end of the question to the end of the answer [s] */
    int quality;       /**< -1: not scored */
    enum question_kind kind;
    const struct llm_point *points;
    size_t point_count;
    const char *provider;
    const char *model;
    enum answer_finish finish;
    struct answer_latency latency;
};

int transcript_writer_open(struct transcript_writer **wp, const struct live_deps *deps,
                           void (*idle)(void *arg), void *arg);
int transcript_write(struct transcript_writer *writer, const struct transcript_pair *pair,
                     void (*stored)(int err, void *arg), void *arg);
void transcript_erase(struct transcript_writer *writer, const char *session_id,
                      const char *transcript_id);
/** Answers begun ahead in this session that were not needed, in total. */
void transcript_count_discarded(struct transcript_writer *writer, const char *user_id,
                                const char *session_id, int discarded);
/** Parts of a transcript as JSON, the same in the store and in the API. New references. */
json_t *transcript_points(const char *question, const struct llm_point *points, size_t count);
json_t *transcript_latency(const struct answer_latency *latency);
json_t *transcript_unsupported(const struct claim *unsupported, size_t count);
/** lead, keys and fits: what a prompter shows above the points. */
void transcript_set_shown(json_t *to, const struct outline_shown *shown);

/** The program is to end: what waits for a database that is away waits a little longer only. */
void transcript_writer_hurry(struct transcript_writer *writer);
bool transcript_writer_busy(const struct transcript_writer *writer);
void transcript_writer_close(struct transcript_writer *writer);

#endif

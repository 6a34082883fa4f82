/**
 * @file live/transcript_writer.h  Writing pairs to the store, in order, from the loop
 *
 * A queue of its own for each live interview: writes of one interview happen one after the other,
 * in the order they were asked for, on the store lane.
 *
 *     keep_open(&keep, &deps, idle, arg);
 *     keep_pair(keep, &pair, stored, arg);          // copies; stored(err) comes later
 *     keep_close(keep);                             // once keep_busy() is false
 *
 * Threads    Loop thread only.
 * Errors     A failed write is tried again KEEP_TRIES times when the store was busy; then it is
 *            logged (without its text) and stored() gets the code.
 */
#ifndef LIVE_TRANSCRIPT_WRITER_H
#define LIVE_TRANSCRIPT_WRITER_H

#include "answer/answer.h"
#include "base/id.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct keep;
struct live_deps;

enum { KEEP_TRIES = 5 };

struct keep_pair {
    const char *transcript_id;
    const char *session_id;
    int number;
    const char *question;
    const char *answer;                 /**< "" while it is not there yet */
    int64_t timestamp;                  /**< [ms] since 1970 */
    float confidence;                   /**< The recogniser's; 1 when typed */
    double response_s;                  /**< End of the question to the end of the answer, [s] */
    const struct answer_result *result; /**< NULL while it is not there yet */
    const struct answer_latency *latency;
    enum store_line line; /**< What it is when it is no pair: words without an answer */
};

int keep_open(struct keep **kp, const struct live_deps *deps, void (*idle)(void *arg), void *arg);
int keep_pair(struct keep *keep, const struct keep_pair *pair, void (*stored)(int err, void *arg),
              void *arg);
bool keep_busy(const struct keep *keep);
void keep_close(struct keep *keep);

#endif

/**
 * @file test/support/asr_script.h  A scripted recogniser: its words depend only on the amount of
 * audio
 *
 * One word of the script for every `ms_per_word` of audio, whatever the audio contains and however
 * long the calls take, so a test never depends on the clock. It also checks its caller: calls of
 * one stream must not overlap and must come in the legal order, and when `ramp` is set each sample
 * must be one more than the sample before it, so that lost, doubled or swapped audio is noticed.
 *
 *     struct asr_script script = {.words = "tell me about yourself", .ms_per_word = 100};
 *     config.driver = &asr_script_local;
 *     config.model.http = &script;
 */
#ifndef TEST_SUPPORT_ASR_SCRIPT_H
#define TEST_SUPPORT_ASR_SCRIPT_H

#include "asr/engine.h"

#include <stdatomic.h>

enum script_call {
    SCRIPT_LOAD,
    SCRIPT_BEGIN,
    SCRIPT_FEED,
    SCRIPT_PARTIAL,
    SCRIPT_PREFETCH_FINAL,
    SCRIPT_FINISH
};

struct asr_script {
    const char *words; /**< Repeated endlessly; "": no words at all */
    uint32_t ms_per_word;
    bool ramp;
    bool missing;              /**< available() says no */
    _Atomic bool outdated;     /**< The loaded model is no longer the best */
    bool by_language;          /**< Each language has its own model */
    _Atomic bool load_waits;   /**< A load lasts until this is false, or it is told to stop */
    _Atomic int fail_loads;    /**< Number of loads still to fail */
    _Atomic int fail_finishes; /**< Number of finishes still to fail ... */
    _Atomic int fail_feeds;
    int fail_code; /**< ... with this */
    /** Runs on the worker before each call; may block. */
    void (*hook)(enum script_call call, void *arg);
    void *hook_arg;

    _Atomic int loads, unloads, opens, closes, begins, partials, prefetches, finishes, interrupts,
        hurries;
    _Atomic int breaks;   /**< Gaps in the ramp */
    _Atomic int overlaps; /**< Calls that overlapped or came in an illegal order */
    _Atomic long samples;
};

extern const struct asr_engine asr_script_local;          /**< As many workers as cores */
extern const struct asr_engine asr_script_single;         /**< One worker */
extern const struct asr_engine asr_script_remote;         /**< Remote, four workers */
extern const struct asr_engine asr_script_remote_partial; /**< The same, with partials */

#endif

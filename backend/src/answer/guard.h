/**
 * @file answer/guard.h  Detecting in a stream that a model only repeats itself or its instructions
 *
 *     struct guard g;
 *     guard_open(&g, rules, question);
 *     if (guard_feed(&g, text, len) != GUARD_FINE)  ...   // cut here; guard_kept() words were good
 *     guard_close(&g);
 *
 * Small models fall into loops, and repeat their instructions. A run of up to GUARD_PERIOD words
 * that occurs four times in a row, or six words that occur four times anywhere, is a loop; eight
 * successive words of the rules, or ten of the question, are an echo. Case and punctuation are
 * ignored. Text in a code fence is not checked, because code repeats by nature.
 *
 * Threads    Not thread-safe.
 * Errors     guard_open: UV_ENOMEM.
 * Ownership  Only hashes of words are kept.
 */
#ifndef ANSWER_GUARD_H
#define ANSWER_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_PERIOD = 16,
    GUARD_WORDS_MAX = 4096, /**< Further words are not checked */
    GUARD_TABLE = 8192,     /**< Runs of words counted */
};

enum guard_finding { GUARD_FINE, GUARD_LOOP, GUARD_ECHO };

struct guard_run {
    uint32_t hash;
    uint16_t count;
};

struct guard {
    uint32_t *words; /**< Hash of each word so far */
    size_t count;
    size_t kept;                /**< Words before the loop or echo began */
    int runs[GUARD_PERIOD + 1]; /**< For each distance: words in a row that equal the one that far
                                     back */
    struct guard_run *seen;     /**< Runs in the answer */
    uint32_t *told;             /**< Runs in its instructions, sorted */
    size_t told_count;
    uint32_t word; /**< Of the current word; 0: none */
    int ticks;     /**< Backticks in a row */
    bool fenced;
};

int guard_open(struct guard *g, const char *rules, const char *question);
enum guard_finding guard_feed(struct guard *g, const char *text, size_t len);
void guard_close(struct guard *g); /**< Also for a zeroed one */

#endif

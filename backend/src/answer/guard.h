/**
 * @file answer/guard.h  Notices while it streams that a model only repeats itself, or what it was
 * told
 *
 *     struct guard g;
 *     guard_open(&g, rules, question);
 *     if (guard_feed(&g, text, len) != GUARD_FINE)  ...   // cut here; guard_kept() words were good
 *     guard_close(&g);
 *
 * Small models fall into loops, and give back their instructions. A run of up to GUARD_PERIOD words
 * that comes four times in a row, or six words that come four times at all, is a loop; eight words
 * of the rules, or ten of the question, in their order are an echo. Words are compared without case
 * and punctuation. What stands in a code fence is left alone: code repeats by nature.
 *
 * Threads    None of its own.
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
    GUARD_WORDS_MAX = 4096, /**< Further words are not looked at */
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
    int runs[GUARD_PERIOD + 1]; /**< Words in a row that equal the one so many before */
    struct guard_run *seen;     /**< Runs of the answer */
    uint32_t *told;             /**< Runs of what it was told, sorted */
    size_t told_count;
    uint32_t word; /**< Of the word that is being read; 0: none */
    int ticks;     /**< Backticks in a row */
    bool fenced;
};

int guard_open(struct guard *g, const char *rules, const char *question);
enum guard_finding guard_feed(struct guard *g, const char *text, size_t len);
void guard_close(struct guard *g); /**< Of a zeroed one too */

#endif

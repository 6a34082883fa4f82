/**
 * @file asr/pocketsphinx/display.h  From decoder words to text that people read
 *
 * "what is the difference between tcp and u. d. p." becomes "What is the difference between TCP and
 * UDP?": a capital first letter, "I", names in their written form, spelled letters joined, and a
 * question mark if it is a question.
 *
 * Threads    Any, once loaded.
 * Ownership  The caller owns the table until display_free().
 */
#ifndef ASR_POCKETSPHINX_DISPLAY_H
#define ASR_POCKETSPHINX_DISPLAY_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

struct display;

/** path: one written form per line ("JavaScript"). A file that cannot be read gives an empty
 *  table. */
int display_load(struct display **dp, const char *path);
void display_free(struct display *d);

/** Adds a written form; ignored if the table is full. */
void display_add(struct display *d, const char *form);

/** The written form of a word; the word itself if there is none. */
const char *display_word(const struct display *d, const char *word);

/** Writes the text of count words to out; it ends with ? or . only if final. ends[i], if not NULL,
 *  is how many bytes of out the first i + 1 words take. */
int display_text(const struct display *d, const char *const *word, size_t count, bool final,
                 struct buf *out, size_t *ends);

#endif

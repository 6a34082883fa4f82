/**
 * @file asr/pocketsphinx/display.h  From decoder words to text that people read
 *
 * "what is the difference between tcp and u. d. p." becomes "What is the difference between TCP and
 * UDP?": a capital first letter, I, names as they are written, letters that were spelled joined,
 * and a question mark where the words ask.
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

/** path: one written form a line ("JavaScript"). A file that cannot be read is an empty table. */
int display_load(struct display **dp, const char *path);
void display_free(struct display *d);

/** One more written form; beyond the table's room it is left out. */
void display_add(struct display *d, const char *form);

/** The written form of one word; itself when there is none. */
const char *display_word(const struct display *d, const char *word);

/** Whole text of count words into out; ends with ? or . only when final. ends[i], if not NULL, is
 *  how many bytes of out the first i + 1 words take. */
int display_text(const struct display *d, const char *const *word, size_t count, bool final,
                 struct buf *out, size_t *ends);

#endif

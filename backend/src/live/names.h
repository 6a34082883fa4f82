/**
 * @file live/names.h  The names in a text, which a recogniser may not know
 *
 *     names_each(profile->context, add, list);
 *
 * Names and technical terms stand out: a capital or a digit in a word that does not begin a
 * sentence, a line or a list item. A word that begins one is skipped, because most such words are
 * ordinary ("- Led a team").
 *
 * Threads    Any.
 */
#ifndef LIVE_NAMES_H
#define LIVE_NAMES_H

#include <stddef.h>

/** Calls fn(word, its length, arg) for each, in order, including repetitions. text: UTF-8; NULL has
 *  none. */
void names_each(const char *text, void (*fn)(const char *word, size_t len, void *arg), void *arg);

#endif

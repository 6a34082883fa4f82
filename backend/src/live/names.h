/**
 * @file live/names.h  The names in a text: what a recogniser has perhaps never heard
 *
 *     names_each(profile->context, add, list);
 *
 * Names and technical terms stand out: a capital or a digit that does not begin a sentence, a line
 * or a point of a list. A word that begins one is left out, because most such words are ordinary
 * ("- Led a team").
 *
 * Threads    Any.
 */
#ifndef LIVE_NAMES_H
#define LIVE_NAMES_H

#include <stddef.h>

/** fn(word, its bytes, arg) for each, in order, repeated ones too. text: UTF-8; NULL has none. */
void names_each(const char *text, void (*fn)(const char *word, size_t len, void *arg), void *arg);

#endif

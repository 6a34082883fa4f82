/**
 * @file ground/passages.h  Splitting a text into passages (part of grounding)
 *
 * Finds lines, bullets, headings and sentences in what people paste: résumés with bullets, prose,
 * hard-wrapped text, Markdown, in any language. Every passage is a verbatim run of the text.
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_PASSAGES_H
#define GROUND_PASSAGES_H

#include "ground/grounding.h"

/** Called for each passage with .text, .len, .at, .section, .bullet, .is_heading set; .section
 *  counts up from the given number. A non-zero result stops the splitting. */
typedef int passage_fn(const struct passage *p, void *arg);

/** Returns the number of the next free section. */
uint32_t passages_cut(const char *text, size_t len, enum ground_field field, uint32_t section,
                      passage_fn *fn, void *arg);

/** Fills in .words and all properties that depend on the words. */
void passage_look(struct passage *p);

/** Is this folded word a verb for a deed ("led", "designed")? */
bool passage_action_verb(const char *word);

#endif

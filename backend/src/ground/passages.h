/**
 * @file ground/passages.h  Cutting a text into passages (part of grounding)
 *
 * Lines, bullets, headings and sentences of what people paste: résumés with bullets, prose,
 * hard-wrapped text, Markdown, any language. Every passage is a verbatim run of the text.
 *
 * Threads    Any; pure.
 */
#ifndef GROUND_PASSAGES_H
#define GROUND_PASSAGES_H

#include "ground/grounding.h"

/** Gets each passage with .text, .len, .at, .section, .bullet, .is_heading set; .section counts
 *  up from what was given. A non-zero return stops the cutting. */
typedef int passage_fn(const struct passage *p, void *arg);

/** Returns the number of the next free section. */
uint32_t passages_cut(const char *text, size_t len, enum ground_field field, uint32_t section,
                      passage_fn *fn, void *arg);

/** Fill .words and all that is seen in the words from the text. */
void passage_look(struct passage *p);

/** Is this folded word a verb for what somebody did ("led", "designed")? */
bool passage_action_verb(const char *word);

#endif

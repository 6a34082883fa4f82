/**
 * @file answer/spoken.h  A short answer to say aloud, made from the profile's own sentences
 *
 *     struct buf text;
 *     buf_init(&text, SPOKEN_BYTES_MAX);
 *     spoken_compose(&text, grounding, question, &outline);
 *
 * This is the built-in answer. The outline is a checklist; this is what a person would say: the
 * place in the profile that answers best, from its beginning and in its own order, with our frames
 * around it. Every sentence is a complete one from a field (answer/sentence.h), or a frame that is
 * true whatever the facts are; "[context]" after one or more sentences names the field. If the
 * profile has nothing, the frame has blanks ("___ (your range)") for the candidate to fill.
 *
 * Threads    Any; the grounding is only read.
 * Errors     UV_ENOMEM, UV_ENOBUFS (the buffer's).
 */
#ifndef ANSWER_SPOKEN_H
#define ANSWER_SPOKEN_H

#include "answer/outline.h"
#include "base/buffer.h"

struct grounding;

enum { SPOKEN_BYTES_MAX = 16 * 1024 };

/** g may be NULL: no profile. The outline is of the same question and grounding. */
int spoken_compose(struct buf *out, const struct grounding *g, const char *question,
                   const struct outline *o);

#endif

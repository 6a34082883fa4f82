/**
 * @file answer/spoken.h  A short answer to say aloud, made of the profile's own sentences
 *
 *     struct buf text;
 *     buf_init(&text, SPOKEN_BYTES_MAX);
 *     spoken_compose(&text, grounding, question, &outline);
 *
 * This is the built-in answer. The outline is a checklist; this is what a person would say: the
 * quotes of the outline's points turned into the first person, with the openings and turns that
 * the kind of question wants. Every statement about the candidate or the job is a run of a field;
 * "[context]" behind one or more sentences names it. Before the run stand at most a few words of
 * form ("I", "So I", "My notice period is"). Where the profile has nothing, an honest frame is
 * offered whose blanks ("___ (your range)") are the candidate's to fill.
 *
 * Threads    Any; the grounding is only read.
 * Errors     UV_ENOMEM, UV_ENOBUFS (the buffer's).
 */
#ifndef ANSWER_SPOKEN_H
#define ANSWER_SPOKEN_H

#include "answer/outline.h"
#include "base/buffer.h"
#include "ground/question.h"

struct grounding;

enum { SPOKEN_BYTES_MAX = 16 * 1024 };

/** g may be NULL: no profile. The outline is of the same question and grounding. */
int spoken_compose(struct buf *out, const struct grounding *g, const char *question,
                   enum question_kind kind, const struct outline *o);

#endif

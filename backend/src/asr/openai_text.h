/**
 * @file asr/openai_text.h  Telling speech from a recogniser's hallucinations
 *
 * Threads    Any; pure functions over UTF-8.
 * Errors     Those of the buffer written to.
 */
#ifndef ASR_OPENAI_TEXT_H
#define ASR_OPENAI_TEXT_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/** Append text as one line: white space and control characters become single spaces; notes in
 *  brackets or between asterisks, `<|tokens|>` and musical notes are left out. Appends nothing if
 *  no letter or digit remains. */
int openai_text_clean(struct buf *out, const char *text, size_t len);

/** Number of bytes before a phrase of up to eight words that occurs four or more times in a row;
 *  the whole length if there is no such loop. The cut removes the first occurrence too. */
size_t openai_text_before_loop(const char *text);

/** Is the whole text a phrase that Whisper learned from subtitles in its training data? sure: one
 *  that nobody says in a conversation; otherwise one that people do say, but that is also
 *  hallucinated when nobody speaks. */
bool openai_text_is_invented(const char *text, bool sure);

/** Is the whole text part of the expected words, three or more of them? */
bool openai_text_is_echo(const char *text, const char *prompt);

#endif

/**
 * @file asr/openai_text.h  What was said and what a recogniser made up
 *
 * Threads    Any; pure functions over UTF-8.
 * Errors     Those of the buffer written to.
 */
#ifndef ASR_OPENAI_TEXT_H
#define ASR_OPENAI_TEXT_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/** Append text in one line: white space and control characters are single spaces, and notes in
 *  brackets, between asterisks, `<|tokens|>` and musical notes are left out. Nothing is appended
 *  when no letter or digit is left. */
int openai_text_clean(struct buf *out, const char *text, size_t len);

/** Bytes before a phrase of up to eight words is said for the fourth time in a row or oftener; all
 *  of the text when none is. What is cut off begins with the phrase's first time. */
size_t openai_text_before_loop(const char *text);

/** Is all of it a phrase that Whisper takes from its training's subtitles? sure: one that nobody
 *  says in a conversation; else one that is said, too, and made up where nobody spoke. */
bool openai_text_is_invented(const char *text, bool sure);

/** Is all of it part of the words that were to be expected, three or more of them? */
bool openai_text_is_echo(const char *text, const char *prompt);

#endif

/**
 * @file asr/whisper/said.h  What of a text was said, and which of its words are sure to stay
 *
 * A model writes down more than speech: "(people chattering)", "[BLANK_AUDIO]", "*sighs*" and notes
 * of music. Forbidding such tokens makes it invent words in their place ("Thank you."), so they are
 * let through and taken out of the text afterwards; where nothing is left, nothing was said.
 *
 * While somebody speaks one hypothesis follows the other. A word is stable when it and all words
 * before it were the same in WHISPER_AGREE_TIMES successive hypotheses, case and punctuation
 * aside, and it is not the last one, which may still grow. Nothing is forced: a later hypothesis
 * may think better of it, which happens to about 2 % of utterances. (Two in a row, and forcing what
 * was agreed upon, as in Macháček, Dabre, Bojar, "Turning Whisper into Real-Time Transcription
 * System", 2023, makes one utterance in five wrong.)
 *
 * Threads    One owner at a time.
 * Errors     UV_ENOMEM.
 */
#ifndef ASR_WHISPER_SAID_H
#define ASR_WHISPER_SAID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WHISPER_AGREE_TIMES = 4,
    WHISPER_NOTE_MAX = 80, /**< An opened bracket is closed within so many bytes, or is just one */
};

/**
 * keep[i] = 0 for bytes that nobody said: (...), [...], *...*, what stands between notes, ">>".
 * What is not closed yet, at the end of a text, is not said either.
 */
void whisper_said(const char *text, size_t len, uint8_t *keep);

/** Is there a letter or a digit in it? */
bool whisper_is_word(const char *text, size_t len);

/** The words of the last hypothesis; zero: none yet. */
struct whisper_agreement {
    struct whisper_agreed_word {
        uint64_t hash;
        int times;
    } * words;
    size_t n, cap;
};

/** Another hypothesis. *stable: leading bytes of it that are sure to stay. */
int whisper_agree(struct whisper_agreement *a, const char *text, size_t len, size_t *stable);
void whisper_agree_clear(struct whisper_agreement *a); /**< A new utterance */
void whisper_agree_release(struct whisper_agreement *a);

#endif

/**
 * @file asr/whisper/said.h  Which parts of a text were said, and which words are stable
 *
 * A model writes more than speech: "(people chattering)", "[BLANK_AUDIO]", "*sighs*" and musical
 * notes. If such tokens are forbidden it makes up words instead ("Thank you."), so they are allowed
 * and removed from the text afterwards; if nothing is left, nothing was said.
 *
 * While somebody speaks one hypothesis follows another. A word is stable if it and all words before
 * it were the same in WHISPER_AGREE_TIMES successive hypotheses, ignoring case and punctuation, and
 * it is not the last word, which may still grow. Nothing is forced: a later hypothesis may still
 * differ, which happens in about 2 % of utterances. (Requiring only two in a row, and forcing what
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
    WHISPER_NOTE_MAX = 80, /**< A bracket that is not closed within this many bytes is just a
                                bracket */
};

/**
 * Sets keep[i] = 0 for bytes that nobody said: (...), [...], *...*, text between musical notes,
 * ">>". A note that is still open at the end of a text was not said either.
 */
void whisper_said(const char *text, size_t len, uint8_t *keep);

/** Does it contain a letter or a digit? */
bool whisper_is_word(const char *text, size_t len);

/** The words of the last hypothesis; zero: none yet. */
struct whisper_agreement {
    struct whisper_agreed_word {
        uint64_t hash;
        int times;
    } * words;
    size_t n, cap;
};

/** Adds a hypothesis. *stable: leading bytes of it that will not change. */
int whisper_agree(struct whisper_agreement *a, const char *text, size_t len, size_t *stable);
void whisper_agree_clear(struct whisper_agreement *a); /**< For a new utterance */
void whisper_agree_release(struct whisper_agreement *a);

#endif

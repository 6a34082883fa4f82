/**
 * @file asr/voices/book.h  Who speaks: compares a voice with the known ones
 *
 *     struct voice_book book = {0};
 *     voice_learn(&book, VOICE_CANDIDATE, voice, 4000);     // a phrase, or a line that is theirs
 *     who = voice_judge(&book, voice, 2500, &likeness);           // and learns from sure ones
 *     who = voice_hear_own(&book, voice, 2500, &likeness);        // where only they should speak
 *
 * No voice is judged before the candidate's is known from VOICE_KNOWN_MS of speech: until then, and
 * if two voices are about equally near, the answer is VOICE_UNKNOWN. Interviewers are learned as
 * they speak, two at most. Comparing one clip with one other of the same sex is wrong in 6.5 %
 * (Resemblyzer on 16 people of TIMIT), with voices known from 6 s in 0.2 %: so every sure utterance
 * makes the next judgement better.
 *
 * Voices live as long as the book. If a person asks to keep a voice, voice_write() turns it into
 * text; the caller must seal it when storing it.
 *
 * Threads    Any, one at a time: a book is a plain value.
 */
#ifndef ASR_VOICES_BOOK_H
#define ASR_VOICES_BOOK_H

#include "asr/voices/encoder.h"

#include <stdbool.h>

enum voice_who {
    VOICE_UNKNOWN,
    VOICE_CANDIDATE,
    VOICE_INTERVIEWER,
    VOICE_INTERVIEWER2,
    VOICE_WHOS
};

enum {
    VOICE_KNOWN_MS = 2000, /**< Speech after which a voice is known */
    VOICE_LEARNS_MS = 1500 /**< Least speech in an utterance to learn from */
};

struct voice_book {
    struct {
        float sum[VOICE_DIMENSIONS]; /**< Sum of its clips, weighted by length */
        uint64_t ms;
    } voices[VOICE_WHOS];
};

/** Has enough of this voice been heard? */
bool voice_known(const struct voice_book *book, enum voice_who who);

/** Learns a voice that is surely theirs. */
void voice_learn(struct voice_book *book, enum voice_who who, const float voice[VOICE_DIMENSIONS],
                 uint32_t ms);

void voice_forget(struct voice_book *book, enum voice_who who);

/** Whose voice it is; likeness: to the voice it was taken for, -1..1. */
enum voice_who voice_judge(struct voice_book *book, const float voice[VOICE_DIMENSIONS],
                           uint32_t ms, float *likeness);

/** The same where only the candidate should be heard: the voice counts as theirs, and is learned as
 *  theirs, unless it is surely an interviewer's (from a loudspeaker). */
enum voice_who voice_hear_own(struct voice_book *book, const float voice[VOICE_DIMENSIONS],
                              uint32_t ms, float *likeness);

enum { VOICE_TEXT_MAX = 16 + 8 * VOICE_DIMENSIONS + 1 };

/** A voice as text for storing, and back: false if it is malformed, or from another network. */
void voice_write(const float voice[VOICE_DIMENSIONS], char text[VOICE_TEXT_MAX]);
bool voice_read(const char *text, float voice[VOICE_DIMENSIONS]);

const char *voice_who_name(enum voice_who who); /**< "unknown", "candidate" ... as sent to the
                                                     client */

#endif

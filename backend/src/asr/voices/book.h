/**
 * @file asr/voices/book.h  Who speaks: voices that are known, and a new one held against them
 *
 *     struct voice_book book = {0};
 *     voice_learn(&book, VOICE_CANDIDATE, voice, 4000);     // a phrase, or a line that is theirs
 *     who = voice_judge(&book, voice, 2500, &likeness);           // and learns from what is sure
 *     who = voice_hear_own(&book, voice, 2500, &likeness);        // where only they should speak
 *
 * Nobody is judged before the candidate's voice is known from VOICE_KNOWN_MS: until then, and where
 * two voices are about as near, the answer is VOICE_UNKNOWN. Interviewers are learned as they
 * speak, two at most. Of one clip held against one other of the same sex 6.5 % are mistaken
 * (Resemblyzer on 16 people of TIMIT); of voices known from 6 s 0.2 %: so every sure utterance
 * makes the next judgement better.
 *
 * Voices live as long as the book. A voice that a person asks to keep is written by voice_write();
 * whoever stores it seals it.
 *
 * Threads    Any, one at a time: it is a value.
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
    VOICE_KNOWN_MS = 2000, /**< Speech from which a voice is known */
    VOICE_LEARNS_MS = 1500 /**< Speech of an utterance from which something is learned */
};

struct voice_book {
    struct {
        float sum[VOICE_DIMENSIONS]; /**< Of its clips, each by its length */
        uint64_t ms;
    } voices[VOICE_WHOS];
};

/** Has enough of this voice been heard? */
bool voice_known(const struct voice_book *book, enum voice_who who);

/** It is surely theirs. */
void voice_learn(struct voice_book *book, enum voice_who who, const float voice[VOICE_DIMENSIONS],
                 uint32_t ms);

void voice_forget(struct voice_book *book, enum voice_who who);

/** Whose it is; likeness: with the voice it was taken for, -1..1. */
enum voice_who voice_judge(struct voice_book *book, const float voice[VOICE_DIMENSIONS],
                           uint32_t ms, float *likeness);

/** The same where only the candidate should be heard: the voice counts as theirs, and is learned as
 *  theirs, unless it surely is an interviewer's (out of a loudspeaker). */
enum voice_who voice_hear_own(struct voice_book *book, const float voice[VOICE_DIMENSIONS],
                              uint32_t ms, float *likeness);

enum { VOICE_TEXT_MAX = 16 + 8 * VOICE_DIMENSIONS + 1 };

/** A voice as text that can be kept, and back: false when it is none, or of another network. */
void voice_write(const float voice[VOICE_DIMENSIONS], char text[VOICE_TEXT_MAX]);
bool voice_read(const char *text, float voice[VOICE_DIMENSIONS]);

const char *voice_who_name(enum voice_who who); /**< "unknown", "candidate" ... as on the wire */

#endif

/**
 * @file asr/whisper/lead.h  What was said just before, heard once more in front of what is said now
 *
 *     whisper_lead_add(&lead, id, at); ...        // tokens of an utterance that is over
 *     lead.frames = frames;                       // all audio there is now: the next begins here
 *     gone = whisper_lead_cut(&lead, frames - most);   // forget what is too far back
 *     first = whisper_lead_from(&lead, frame);    // the next utterance: what has room before it?
 *
 * Live speech comes in utterances of a few seconds, and a few seconds tell little of a voice, of a
 * room, of a telephone line and of what is talked about: base has 13 of 81 words wrong in ten short
 * sentences at 8 kHz, heard one by one, and 4 when it hears them as one recording. So the audio of
 * what was said before stays in front of an utterance, as far as both together are not longer than
 * WHISPER_LEAD_FRAMES, and its text is given as the beginning of what the window says ("prefix" in
 * OpenAI's whisper/decoding.py): only what follows is decoded.
 *
 * Threads    One owner at a time.
 */
#ifndef ASR_WHISPER_LEAD_H
#define ASR_WHISPER_LEAD_H

#include <stdbool.h>

enum {
    WHISPER_LEAD_TOKENS = 96,  /**< Most of its text */
    WHISPER_LEAD_FRAMES = 800, /**< Most of it and of what is said now, in [10 ms] */
};

/** Zero: there is none. */
struct whisper_lead {
    int ids[WHISPER_LEAD_TOKENS];
    int at[WHISPER_LEAD_TOKENS]; /**< Where its word begins, in [10 ms]; -1: no word begins here */
    int n;
    int frames; /**< Of audio */
    int language;
};

/** Another token; the first word is forgotten where there is no room. */
void whisper_lead_add(struct whisper_lead *l, int id, int at);

/** Forget all words that begin before frame `from`, and the audio before those that stay. Returns
 *  how many frames of it go: all, where no word stays. */
int whisper_lead_cut(struct whisper_lead *l, int from);

/** The first token of a word that begins at that frame or later; l->n: there is none. */
int whisper_lead_from(const struct whisper_lead *l, int frame);

/** Where the audio of that token's word begins. */
int whisper_lead_start(const struct whisper_lead *l, int token);

/** Are these tokens nothing but something said before? */
bool whisper_lead_echoed(const struct whisper_lead *l, const int *ids, int n);

#endif

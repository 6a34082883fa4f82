/**
 * @file asr/whisper/lead.h  The lead: audio and text of what was just said, put in front of the
 * next utterance
 *
 *     whisper_lead_add(&lead, id, at); ...        // tokens of the last utterance
 *     lead.frames = frames;                       // all audio so far: the next one begins
 *     gone = whisper_lead_cut(&lead, frames - most);   // drop what is too old
 *     first = whisper_lead_from(&lead, frame);    // how much fits before the next utterance?
 *
 * Live speech comes in utterances of a few seconds, which say little about the voice, the room, the
 * telephone line and the topic: base gets 13 of 81 words wrong in ten short sentences at 8 kHz if
 * it decodes them one by one, and 4 if it decodes them as one recording. So the audio of what was
 * said before stays in front of an utterance, as long as both together are no longer than
 * WHISPER_LEAD_FRAMES, and its text is given as the beginning of the window's text ("prefix" in
 * OpenAI's whisper/decoding.py): only the rest is decoded.
 *
 * Threads    One owner at a time.
 */
#ifndef ASR_WHISPER_LEAD_H
#define ASR_WHISPER_LEAD_H

#include <stdbool.h>

enum {
    WHISPER_LEAD_TOKENS = 96,  /**< Most tokens of the lead */
    WHISPER_LEAD_FRAMES = 800, /**< Most frames of the lead and the utterance together [10 ms] */
};

/** Zero: empty. */
struct whisper_lead {
    int ids[WHISPER_LEAD_TOKENS];
    int at[WHISPER_LEAD_TOKENS]; /**< Start of the word that begins with this token [10 ms]; -1: no
                                      word begins here */
    int n;
    int frames; /**< Of the lead's audio */
    int language;
};

/** Adds a token; the first word is dropped if there is no room. */
void whisper_lead_add(struct whisper_lead *l, int id, int at);

/** Drops all words that begin before frame `from`, and the audio before the rest. Returns how many
 *  frames were dropped: all, if no word remains. */
int whisper_lead_cut(struct whisper_lead *l, int from);

/** The first token of a word that begins at that frame or later; l->n: none. */
int whisper_lead_from(const struct whisper_lead *l, int frame);

/** Where the audio of that token's word begins [10 ms]. */
int whisper_lead_start(const struct whisper_lead *l, int token);

/** Do these tokens merely repeat part of the lead? */
bool whisper_lead_echoed(const struct whisper_lead *l, const int *ids, int n);

#endif

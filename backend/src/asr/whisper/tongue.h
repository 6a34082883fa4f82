/**
 * @file asr/whisper/tongue.h  Which language does this speaker speak?
 *
 * Every utterance gives a vote: the most probable language token and its probability. Short and
 * unclear utterances are often wrong, and people do not change languages between two sentences. So
 * a speaker's language is settled by the first sure utterances, holds for all that follow, and
 * changes only when utterances are surely in another one. Before it is settled, a guess whose text
 * is doubtful is replaced by the next guess (stream.c): English was taken for Welsh.
 *
 * Threads    One owner at a time.
 */
#ifndef ASR_WHISPER_TONGUE_H
#define ASR_WHISPER_TONGUE_H

#define WHISPER_TONGUE_SURE 0.8f /**< With less probability, a vote is only a guess */

/** Initialise with zeros and settled -1. */
struct whisper_tongue {
    int settled; /**< -1: not yet */
    int other;   /**< The other language of the last sure utterances, if any */
    int times;   /**< How many of them in a row */
};

/** The language to write an utterance in that seems to be in `language` with probability p.
 *  @param frames its length, in [10 ms] */
int whisper_tongue_choose(const struct whisper_tongue *t, int language, float p, int frames);

/** The utterance is over: learn from it. */
void whisper_tongue_learn(struct whisper_tongue *t, int language, float p, int frames);

#endif

/**
 * @file asr/whisper/stream_state.h  What a stream holds: private to stream*.c
 *
 * The tokens of an utterance are `done` (behind a cut, no longer heard) and `hyp` (of the present
 * window); of hyp the first `agreed` will not change.
 *
 * Threads    As struct whisper_stream.
 * Errors     UV_ENOMEM.
 */
#ifndef ASR_WHISPER_STREAM_STATE_H
#define ASR_WHISPER_STREAM_STATE_H

#include "asr/whisper/stream.h"

struct whisper_stream {
    const struct whisper_model *model;
    struct whisper_stream_params params;
    int prompt[WHISPER_STREAM_PROMPT_MAX];
    struct whisper_decoder d;
    struct whisper_search search;
    struct whisper_mel mel;

    int language;     /* -1: not yet known */
    int seek;         /* where the window begins, in frames */
    size_t heard;     /* samples the decoder has heard (the mel's count), 0: none */
    int heard_seek;   /* with the window at */
    bool heard_whole; /* and decoded with alignment */
    bool timed;       /* and its words have their times */
    struct whisper_pick hyp[WHISPER_STEPS_MAX];
    int n_hyp;
    int agreed;
    int n_prompt; /* tokens before hyp when it was decoded */

    struct whisper_pick *done;
    int n_done, cap_done;
    int *done_words; /* pairs: times of words in done, see struct whisper_word */

    float level;     /* loudest stretch so far */
    float level_new; /* loudest stretch since the last time it was heard */
    float level_sum; /* of the open stretch: squares */
    int level_n;

    struct buf text;
    struct whisper_word *words; /* of done and hyp */
    int n_words, cap_words;     /* those of done are at the front: */
    int n_done_words;
    struct whisper_heard_word *out;
    struct whisper_heard result;
    struct whisper_stream_counts counts;
};

/** The token begins with a space. */
bool whisper_stream_begins_word(const struct whisper_stream *s, int id);

/** Words of hyp behind those of done, with times when the decoder kept its attention. */
int whisper_stream_find_words(struct whisper_stream *s);

/** The result's text. Malformed bytes, as of a character not complete yet, are left out. */
int whisper_stream_write_text(struct whisper_stream *s);

/** The words of the result, cut out of its text (whose leading space is gone). */
int whisper_stream_write_words(struct whisper_stream *s);

#endif

/**
 * @file asr/whisper/stream_state.h  What a stream holds: private to stream*.c
 *
 * The tokens of an utterance are `done` (behind a cut, no longer heard) and `hyp` (of the present
 * window).
 *
 * Threads    As struct whisper_stream.
 * Errors     UV_ENOMEM.
 */
#ifndef ASR_WHISPER_STREAM_STATE_H
#define ASR_WHISPER_STREAM_STATE_H

#include "asr/whisper/stream.h"

enum { WHISPER_STREAM_TAIL = 5 }; /* stretches of 20 ms that tell what a pause sounds like */

struct whisper_stream {
    const struct whisper_model *model;
    struct whisper_stream_params params;
    int prompt[WHISPER_STREAM_PROMPT_MAX];
    char *names;  /* the words of the prompt, or NULL */
    bool unnamed; /* this window is heard without them */
    struct whisper_decoder d;
    struct whisper_search search;
    struct whisper_mel mel;

    struct whisper_tongue tongue; /* of the speaker, over utterances */
    int spoken;                   /* what this window seems to be in, */
    float spoken_p;               /* and how surely, */
    int spoken_else;              /* and what else it might be in; -1: nothing */

    struct whisper_lead lead; /* what was said before this utterance; its audio is in front of it */
    int led;                  /* the first token of it that this window begins with; lead.n: none */

    int seek;         /* where the window begins, in frames */
    int window;       /* how many frames of it the decoder has heard; 0: none */
    size_t heard;     /* samples there were then (the mel's count) */
    int heard_seek;   /* with the window at */
    int heard_ctx;    /* in so many positions */
    bool heard_whole; /* and decoded with alignment */
    bool heard_alone; /* and its language asked without what was said before */
    bool timed;       /* and its words have their times */
    bool fresh;       /* hyp is another one than the text was written of */
    struct whisper_pick hyp[WHISPER_STEPS_MAX];
    int n_hyp;
    int n_prompt; /* tokens before hyp when it was decoded */

    struct whisper_pick *done;
    int n_done, cap_done;
    int *done_words; /* pairs: times of words in done, see struct whisper_word */

    float level;                     /* loudest stretch so far */
    float level_new;                 /* loudest stretch since the last time it was heard */
    float tail[WHISPER_STREAM_TAIL]; /* the last stretches, a ring */
    int tail_at;
    float quiet;     /* loudest of those when it was heard: what a pause sounds like here */
    float level_sum; /* of the open stretch: squares */
    int level_n;

    struct buf raw;  /* text of all tokens */
    struct buf text; /* of it, what was said */
    size_t *at;      /* where byte i of raw has its place in text */
    uint8_t *keep;
    size_t cap_at;
    struct whisper_agreement agreement;
    struct whisper_word *words; /* of done and hyp */
    int n_words, cap_words;     /* those of done are at the front: */
    int n_done_words;
    struct whisper_heard_word *out;
    struct whisper_heard result;
    struct whisper_stream_counts counts;
};

/** Words of hyp behind those of done, with times when the decoder kept its attention. */
int whisper_stream_find_words(struct whisper_stream *s);

/** The result's text: what was said of all tokens. Malformed bytes, as of a character not complete
 *  yet, are left out. */
int whisper_stream_write_text(struct whisper_stream *s);

/** The words of the result, cut out of its text. */
int whisper_stream_write_words(struct whisper_stream *s);

#endif

/**
 * @file asr/whisper/stream_state.h  The state of a stream: private to stream*.c
 *
 * The tokens of an utterance are `done` (before a cut, no longer decoded) and `hyp` (in the current
 * window).
 *
 * Threads    Those of struct whisper_stream.
 * Errors     UV_ENOMEM.
 */
#ifndef ASR_WHISPER_STREAM_STATE_H
#define ASR_WHISPER_STREAM_STATE_H

#include "asr/whisper/stream.h"

enum { WHISPER_STREAM_TAIL = 5 }; /* measurements of 20 ms that show what a pause sounds like */

struct whisper_stream {
    const struct whisper_model *model;
    struct whisper_stream_params params;
    int prompt[WHISPER_STREAM_PROMPT_MAX];
    char *names;  /* the words in the prompt, or NULL */
    bool unnamed; /* this window is decoded without them */
    struct whisper_decoder d;
    struct whisper_search search;
    struct whisper_mel mel;

    struct whisper_tongue tongue; /* the speaker's language, over utterances */
    int spoken;                   /* the language this window seems to be in, */
    float spoken_p;               /* with which probability, */
    int spoken_else;              /* and the next likely one; -1: none */

    struct whisper_lead lead; /* what was said before this utterance; its audio is in front */
    int led;                  /* first token of the lead in this window; lead.n: none */

    int seek;         /* where the window begins [frames] */
    int window;       /* frames of it that are encoded for the decoder; 0: none */
    size_t heard;     /* samples at that time (the mel's count) */
    int heard_seek;   /* `seek` at that time */
    int heard_ctx;    /* number of positions at that time */
    bool heard_whole; /* decoded with alignment */
    bool heard_alone; /* language detected without the lead */
    bool timed;       /* the words have their times */
    bool fresh;       /* hyp is newer than the text */
    struct whisper_pick hyp[WHISPER_STEPS_MAX];
    int n_hyp;
    int n_prompt; /* tokens before hyp when it was decoded */

    struct whisper_pick *done;
    int n_done, cap_done;
    int *done_words; /* pairs of times for the words in done, see struct whisper_word */

    float level;                     /* loudest measurement so far */
    float level_new;                 /* loudest measurement since the decoder last ran */
    float tail[WHISPER_STREAM_TAIL]; /* the last measurements, a ring */
    int tail_at;
    float quiet;     /* the loudest of those when the decoder last ran: what a pause sounds like
                        here */
    float level_sum; /* sum of squares of the current measurement */
    int level_n;

    struct buf raw;  /* text of all tokens */
    struct buf text; /* the part of it that was said */
    size_t *at;      /* offset in text of byte i of raw */
    uint8_t *keep;
    size_t cap_at;
    struct whisper_agreement agreement;
    struct whisper_word *words; /* of done and hyp; those of done come first */
    int n_words, cap_words;     /* total; capacity */
    int n_done_words;
    struct whisper_heard_word *out;
    struct whisper_heard result;
    struct whisper_stream_counts counts;
};

/** Finds the words of hyp, after those of done, with times if the decoder kept its attention. */
int whisper_stream_find_words(struct whisper_stream *s);

/** Writes the result's text: what was said in all tokens. Malformed bytes, such as an incomplete
 *  character, are left out. */
int whisper_stream_write_text(struct whisper_stream *s);

/** Splits the result's text into its words. */
int whisper_stream_write_words(struct whisper_stream *s);

#endif

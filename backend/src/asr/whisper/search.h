/**
 * @file asr/whisper/search.h  Finding the tokens of one window of audio
 *
 *     struct whisper_search s;
 *
 *     whisper_search_init(&s, &params);
 *     err = whisper_search_run(&s, &decoder, compute, &job);     // after whisper_decoder_hear()
 *     ... whisper_search_best(&s) ...
 *     whisper_search_release(&s);
 *
 * Greedy or beam search at temperature 0; if the result looks wrong (too improbable, or
 * repetitive), sampling at rising temperatures, the best of several: Radford et al. (2022), section
 * 4.5, with the details of whisper.cpp's whisper_full(). A greedy search may be given a draft, the
 * previous hypothesis: its tokens are decoded in batches of NN_SMALL_BATCH and kept up to the first
 * that the model would not choose now, so resuming costs little. Such batches are computed exactly
 * like single tokens, so the result is bit for bit that of decoding from scratch: neither a draft
 * nor the number of drafts ever changes the text. For the same reason falling back is limited by
 * decoder runs and not by time.
 *
 * Threads    One owner at a time.
 * Errors     UV_ENOMEM, UV_ECANCELED, UV_EINVAL for a prompt that does not fit.
 */
#ifndef ASR_WHISPER_SEARCH_H
#define ASR_WHISPER_SEARCH_H

#include "asr/whisper/decoder.h"
#include "asr/whisper/rules.h"

enum {
    WHISPER_STEPS_MAX = WHISPER_TEXT_CTX / 2 - 4, /**< Most tokens in one window */
    WHISPER_BEAMS_MAX = WHISPER_SEQS_MAX / 2,
    WHISPER_PROMPT_MAX = WHISPER_TEXT_CTX / 2 - 1, /**< Most tokens of context before a window; with
                                                        the token that marks context this is half of
                                                        all */
};

struct whisper_search_params {
    struct whisper_rules rules;
    int tokens_max;         /**< Most tokens of a segment; 0: as many as fit */
    bool single_segment;    /**< Timestamps do not end the window early */
    int beams;              /**< 1: greedy */
    int best_of;            /**< Samples at a temperature above 0 */
    float temperature;      /**< To begin with */
    float temperature_step; /**< Up to 1; 0: never fall back */
    int fallback_steps;     /**< Decoder runs, then falling back is given up and the best so far
                                 stays; 0: never */
    float length_penalty;   /**< As in Google's NMT; negative: plain mean of log-probabilities */
    float entropy_min;      /**< Of the last 32 tokens; below: it repeats itself */
    float compression_max;  /**< zlib ratio of the text; above: it repeats itself; 0: not used */
    float plog_min;         /**< Mean log-probability below which it falls back */
    float no_speech_max;    /**< Above, and improbable: there is no speech */
    bool align;             /**< Keep the attention of the alignment heads of the best */
};

/** Greedy with the thresholds of the paper, no timestamps. */
struct whisper_search_params whisper_search_defaults(void);

struct whisper_hypothesis {
    struct whisper_pick tokens[WHISPER_STEPS_MAX];
    int n;
    int kept;       /**< Of them, belong to the result: up to the last timestamp, or all */
    bool stamped;   /**< Had a timestamp past zero */
    int seek_delta; /**< Where the next window begins, from this one, in [10 ms] */
    bool failed;
    bool completed;
    bool capped; /**< Completed by tokens_max, not by the model */
    double sum;  /**< Of log-probabilities */
    double mean; /**< Over the kept tokens */
    double entropy;
    double score;
};

/** A window to decode. */
struct whisper_search_job {
    const int *prompt; /**< [prev, past ...] sot [language task] [no-timestamps] [text] */
    int n_prompt;
    int sot;          /**< Index of sot in it */
    int n_prefix;     /**< This many of its last tokens are already known text of this window */
    int seek;         /**< Where this window begins [10 ms] */
    int seek_end;     /**< Where the audio ends [10 ms] */
    const int *draft; /**< (optional) The expected tokens */
    int n_draft;
};

struct whisper_search {
    struct whisper_search_params params;
    struct whisper_hypothesis *hyps; /**< [n_hyps] */
    int n_hyps;
    int best;
    float no_speech;   /**< Probability that nobody speaks */
    float temperature; /**< At which the best was found */
    int accepted;      /**< Draft tokens that were kept */
    int steps;         /**< Decoder runs */
    bool doubtful;     /**< The best still looks wrong: improbable, repetitive or capped */
    uint64_t random;
};

int whisper_search_init(struct whisper_search *s, const struct whisper_search_params *params);
void whisper_search_release(struct whisper_search *s);

int whisper_search_run(struct whisper_search *s, struct whisper_decoder *d,
                       struct whisper_compute *c, const struct whisper_search_job *job);

const struct whisper_hypothesis *whisper_search_best(const struct whisper_search *s);

/** Nobody speaks here: the text is to be dropped. */
bool whisper_search_silent(const struct whisper_search *s);

/** Do the same tokens (up to 24) come three times in a row, six in all, or one token four times?
 *  That is no proof: people do say "I don't know, I don't know". */
bool whisper_repeats(const struct whisper_pick *tokens, int n);

/**
 * Which language is spoken: the most probable language token after a lone sot. The audio must
 * have been heard. Positions of sequence 0 are overwritten.
 * @param p      (optional) its probability among languages
 * @param second (optional) the next probable one; -1: there is none
 */
int whisper_detect_language(struct whisper_decoder *d, struct whisper_compute *c, int *language,
                            float *p, int *second);

/** Length of text over its length after zlib's deflate; 0 for empty text. */
double whisper_compression(const char *text, size_t len);

#endif

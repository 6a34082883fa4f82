/**
 * @file asr/whisper/stream.h  One speaker, heard while speaking
 *
 *     whisper_stream_open(&s, model, &params, &why);
 *     whisper_stream_begin(s);
 *     whisper_stream_feed(s, pcm, n) ...  whisper_stream_update(s, c, false) ...
 *     whisper_stream_finish(s, c);  ... whisper_stream_heard(s) ...
 *
 * Every update encodes the audio there is, with kept silence behind it (silence.h), and decodes it
 * with the hypothesis before as a draft, so only what changed is decoded token by token. Nothing is
 * ever forced: what words are sure to stay is a matter of agreement (said.h).
 *
 * A final is held back when it is doubtful. Improbable text, text that repeats itself or does not
 * end is heard again with the whole window and without a draft; what nobody said (the model's own
 * "no speech", words of a mean confidence below WHISPER_SAID_MIN, notes in brackets) is no text.
 * A name that was told and is heard without certainty has the final heard without names (names.h).
 * finish() has nothing left to do when only silence came after update(.., true): an utterance whose
 * pauses were told by that is decoded once, up to the pause, however long its end was waited for.
 * An utterance longer than a window is cut behind a sentence.
 *
 * What comes out depends on the audio and on where update(.., true) was called, not on how many
 * partials there was time for.
 *
 * Threads    One owner at a time, together with a compute.
 * Errors     UV_ENOMEM; UV_ECANCELED when compute->stop() said so: the stream is as before the
 *            call and may be updated again.
 */
#ifndef ASR_WHISPER_STREAM_H
#define ASR_WHISPER_STREAM_H

#include "asr/engine.h"
#include "asr/whisper/lead.h"
#include "asr/whisper/names.h"
#include "asr/whisper/said.h"
#include "asr/whisper/tongue.h"
#include "asr/whisper/transcribe.h"

enum {
    WHISPER_STREAM_PROMPT_MAX = 64,   /**< Tokens of vocabulary given as context */
    WHISPER_STREAM_TOKENS_MAX = 8192, /**< Of one utterance */
    WHISPER_STREAM_FIRST = 100,       /**< Frames before the first partial: less is guessed at */
};

/** Mean confidence of words below which nobody said them, and of a word that stands alone: a sneeze
 *  is "Cute!" to tiny at 0.37. Of 100 utterances of people none lies below. */
#define WHISPER_SAID_MIN       0.30f
#define WHISPER_SAID_ALONE_MIN 0.45f

struct whisper_stream_params {
    int language;      /**< -1: find out which one is spoken, see tongue.h */
    int pad_ms;        /**< Silence encoded after the audio */
    int lead_frames;   /**< Most of what was said before and now, see lead.h; 0: each utterance is
                            heard alone */
    bool trusting;     /**< Whatever the model writes was said: nothing is heard again or dropped */
    const int *prompt; /**< Tokens of context that tell names; copied */
    int n_prompt;
    const char *names; /**< Its words, see names.h; copied. NULL: they are not looked after */
};

/** A word of what was heard. */
struct whisper_heard_word {
    size_t text; /**< In .text */
    size_t text_len;
    uint32_t start_ms; /**< From the first sample of the utterance */
    uint32_t end_ms;
    float confidence;
};

struct whisper_heard {
    const char *text; /**< UTF-8, NUL-terminated */
    size_t len;
    size_t stable; /**< Leading bytes that are sure to stay */
    float confidence;
    int language;
    const struct whisper_heard_word *words; /**< Only after finish() */
    size_t n_words;
    struct asr_figures figures; /**< Of a passage (passage.h) alone */
};

/** What the stream did so far in this utterance, for benchmarks and tests. */
struct whisper_stream_counts {
    int encoded;  /**< Windows */
    int steps;    /**< Decoder runs */
    int drafted;  /**< Tokens offered as drafts */
    int accepted; /**< Of them kept */
    int again;    /**< Doubtful finals heard again with the whole window */
    int beams;    /**< Improbable finals decoded with a beam */
    int dropped;  /**< Finals that nobody said */
    int unnamed;  /**< Finals heard without the names, for one that was told but hardly said */
};

struct whisper_stream;

struct whisper_stream_params whisper_stream_defaults(void);

int whisper_stream_open(struct whisper_stream **sp, const struct whisper_model *m,
                        const struct whisper_stream_params *params, struct errbuf *why);
void whisper_stream_close(struct whisper_stream *s); /**< NULL is allowed */

void whisper_stream_begin(struct whisper_stream *s);
int whisper_stream_feed(struct whisper_stream *s, const int16_t *pcm, size_t n);

/** Hear what is there. whole: as finish() would, because a pause suggests that it follows. */
int whisper_stream_update(struct whisper_stream *s, struct whisper_compute *c, bool whole);
int whisper_stream_finish(struct whisper_stream *s, struct whisper_compute *c);

/** Would update(.., false) have anything to do? Needs no compute. */
bool whisper_stream_has_news(const struct whisper_stream *s);

/** What was heard by the last update or finish; lives until the next call. */
const struct whisper_heard *whisper_stream_heard(const struct whisper_stream *s);
const struct whisper_stream_counts *whisper_stream_counted(const struct whisper_stream *s);

/** Memory of this stream, in [bytes]. */
size_t whisper_stream_bytes(const struct whisper_stream *s);

#endif

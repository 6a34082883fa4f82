/**
 * @file asr/turn/policy.h  When a turn is over: silence, sound and words, joined by a pure function
 *
 *     struct turn_policy policy = turn_policy_of(TURN_BALANCED);
 *     struct turn_pause pause = {.p = -1};
 *
 *     every so often, while nobody speaks:
 *         pause.silence_ms = ...;                       // on the audio's clock
 *         pause.p = ...;                                // smart_turn.h, when it is known
 *         pause.words = turn_words_of(text, "en", true);  // when they are known
 *         switch (turn_step(&policy, &pause)) ...
 *
 * Silence alone cuts a fifth of the pauses people make inside a sentence, or answers late. So the
 * first silence only asks (TURN_STEP_LOOK): the network whether the sound is that of an end, the
 * recogniser for the words. Then
 *
 *     looks over (TURN_STEP_EAGER)   p > 0.5, or the words ask and p > 0.1: worth answering ahead
 *     is over (TURN_STEP_OVER)       soon when p says it is sure; later when it is likely; later
 *                                    still when only the words say so; much later else
 *
 * and words that say that more must come ("... and the", no final mark) wait whatever the sound
 * says, as words without a final mark wait a little. An end is not told before the words of the
 * pause are known, up to else_ms: they are decoded for the final anyhow, so that costs nothing, and
 * a busy machine cuts no sentence that a quiet one does not.
 *
 * p is -1 while it is awaited; without a network it never comes, and silence and words decide.
 *
 * The figures are tuned on 732 windows of people's speech (timit, arctic, libri-voices and others):
 * docs/architecture/turns.md has what they cut and how long they wait.
 */
#ifndef ASR_TURN_POLICY_H
#define ASR_TURN_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/** What the person prefers: to be answered soon, or never to be cut short; balanced by default. */
enum turn_pace { TURN_BALANCED, TURN_QUICK, TURN_PATIENT };

/** "quick", "balanced", "patient"; false for anything else. */
bool turn_pace_read(const char *name, enum turn_pace *pace);

/** Silences in [ms], probabilities that the turn is over. */
struct turn_policy {
    uint32_t look_ms; /**< Ask the network and the recogniser */
    float eager_p;    /**< Looks over above it */
    float asks_p;     /**< ... when the words ask */
    float sure_p;     /**< Over after sure_ms above it */
    float likely_p;   /**< Over after likely_ms above it */
    float mark_p;     /**< ... when the words have a final mark */
    float maybe_p;    /**< Over after maybe_ms above it when they have, and always when they ask */
    uint32_t sure_ms;
    uint32_t likely_ms;
    uint32_t maybe_ms;
    uint32_t asks_ms;       /**< Over when the words ask and it is likely */
    uint32_t open_ms;       /**< Over when the words have no final mark, at the earliest */
    uint32_t else_ms;       /**< Over whatever p says */
    uint32_t unfinished_ms; /**< Over though the words say that more must come */
    uint32_t alone_ms;      /**< Over where no network hears the sound */
};

struct turn_policy turn_policy_of(enum turn_pace pace);

enum turn_words {
    TURN_WORDS_AWAITED,
    TURN_WORDS_NONE,       /**< Nothing is known of them, or nothing follows from them */
    TURN_WORDS_ASK,        /**< "... ?" */
    TURN_WORDS_COMPLETE,   /**< A final mark */
    TURN_WORDS_OPEN,       /**< No final mark, from a recogniser that writes them */
    TURN_WORDS_COMMA,      /**< "...,": more must come, unless it sounds like an end */
    TURN_WORDS_UNFINISHED, /**< They end where no sentence ends */
};

/**
 * What the words say about their end.
 *
 * @param language "en", "de", "es" know the words at which no sentence ends; others look at marks
 * only
 * @param marks    the recogniser writes punctuation
 */
enum turn_words turn_words_of(const char *text, const char *language, bool marks);

/** What is known of a pause. */
struct turn_pause {
    uint32_t silence_ms; /**< Since the last voiced sample */
    bool network;        /**< p will come */
    float p;             /**< -1: not yet */
    enum turn_words words;
    bool looked; /**< TURN_STEP_LOOK was told; and so on. Kept by turn_step() */
    bool eager;
    bool over;
};

enum turn_step { TURN_STEP_WAIT, TURN_STEP_LOOK, TURN_STEP_EAGER, TURN_STEP_OVER };

/** What follows from it; call again at once until it returns TURN_STEP_WAIT. Each step is returned
 *  once a pause. */
enum turn_step turn_step(const struct turn_policy *policy, struct turn_pause *pause);

#endif

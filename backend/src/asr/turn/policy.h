/**
 * @file asr/turn/policy.h  When a turn is over: silence, sound and words, combined by a pure
 * function
 *
 *     struct turn_policy policy = turn_policy_of(TURN_BALANCED);
 *     struct turn_pause pause = {.p = -1};
 *
 *     every so often, while nobody speaks:
 *         pause.silence_ms = ...;                       // on the audio's clock
 *         pause.p = ...;                                // smart_turn.h, once known
 *         pause.words = turn_words_of(text, "en", true);  // once known
 *         switch (turn_step(&policy, &pause)) ...
 *
 * Silence alone takes a fifth of the pauses inside sentences for the end, or answers late. So the
 * first silence only starts two questions (TURN_STEP_LOOK): to the network, whether it sounds like
 * an end, and to the recogniser, for the words. Then
 *
 *     looks over (TURN_STEP_EAGER)   p > 0.5, or the words ask and p > 0.1: worth answering ahead
 *     is over (TURN_STEP_OVER)       soon when p says it is sure; later when it is likely; later
 *                                    still when only the words say so; much later else
 *
 * and words that say that more must come ("... and the", no final mark) delay the end whatever the
 * sound says; words without a final mark delay it a little. An end is not reported before the words
 * at the pause are known, up to else_ms: they are decoded for the final anyway, so this costs
 * nothing, and a busy machine cuts no sentence that an idle one would not.
 *
 * p is -1 until it is known; without a network it stays unknown, and silence and words decide.
 *
 * The figures are tuned on 732 windows of people's speech (timit, arctic, libri-voices and others):
 * docs/architecture/turns.md says how often they cut and how long they wait.
 */
#ifndef ASR_TURN_POLICY_H
#define ASR_TURN_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/** What the person prefers: a quick answer, or never to be cut off; balanced by default. */
enum turn_pace { TURN_BALANCED, TURN_QUICK, TURN_PATIENT };

/** "quick", "balanced", "patient"; false for anything else. */
bool turn_pace_read(const char *name, enum turn_pace *pace);

/** Silences in [ms], probabilities that the turn is over. */
struct turn_policy {
    uint32_t look_ms; /**< Start the network and the recogniser */
    float eager_p;    /**< Above it: looks over */
    float asks_p;     /**< ... if the words ask */
    float sure_p;     /**< Above it: over after sure_ms */
    float likely_p;   /**< Above it: over after likely_ms */
    float mark_p;     /**< ... if the words have a final mark */
    float maybe_p;    /**< Above it: over after maybe_ms if there is a final mark; always if the
                           words ask */
    uint32_t sure_ms;
    uint32_t likely_ms;
    uint32_t maybe_ms;
    uint32_t asks_ms;       /**< Over if the words ask and the end is likely */
    uint32_t open_ms;       /**< Over at the earliest if the words have no final mark */
    uint32_t else_ms;       /**< Over, whatever p is */
    uint32_t unfinished_ms; /**< Over, although the words say that more must come */
    uint32_t alone_ms;      /**< Over if there is no network */
};

struct turn_policy turn_policy_of(enum turn_pace pace);

enum turn_words {
    TURN_WORDS_AWAITED,
    TURN_WORDS_NONE,       /**< Nothing is known of the words, or nothing follows from them */
    TURN_WORDS_ASK,        /**< "... ?" */
    TURN_WORDS_COMPLETE,   /**< A final mark */
    TURN_WORDS_OPEN,       /**< No final mark, from a recogniser that writes them */
    TURN_WORDS_COMMA,      /**< "...,": more must come, unless it sounds like an end */
    TURN_WORDS_UNFINISHED, /**< They stop at a word that ends no sentence */
};

/**
 * What the words say about their end.
 *
 * @param language "en", "de", "es" know the words that end no sentence; for other languages only
 *                 punctuation counts
 * @param marks    the recogniser writes punctuation
 */
enum turn_words turn_words_of(const char *text, const char *language, bool marks);

/** What is known about a pause. */
struct turn_pause {
    uint32_t silence_ms; /**< Since the last voiced sample */
    bool network;        /**< p will come */
    float p;             /**< -1: not yet */
    enum turn_words words;
    bool looked; /**< TURN_STEP_LOOK was returned; and so on. Maintained by turn_step() */
    bool eager;
    bool over;
};

enum turn_step { TURN_STEP_WAIT, TURN_STEP_LOOK, TURN_STEP_EAGER, TURN_STEP_OVER };

/** The next step; call again at once until it returns TURN_STEP_WAIT. Each step is returned once
 *  per pause. */
enum turn_step turn_step(const struct turn_policy *policy, struct turn_pause *pause);

#endif

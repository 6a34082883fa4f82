/**
 * @file api/realtime.h  What a client of /v1/realtime sets, read and told again
 *
 *     struct realtime_settings settings = realtime_defaults();
 *     if (!realtime_read(app, session, REALTIME_GA, &settings, &why))
 *         ...                                          // settings are as before
 *     json_t *told = realtime_write(&settings, REALTIME_GA, &who);
 *
 * The session of OpenAI's realtime transcription (OpenAI API reference, "Realtime: Client events"),
 * in the two forms that are in use: `session.update` (session.type "transcription", all of it under
 * audio.input) and the one before it, `transcription_session.update` (input_audio_format, …). Only
 * what an update names changes.
 *
 * Threads    Any; pure but for the model's name, which is asked of the hub.
 * Errors     false, with what is wrong of which member.
 * Ownership  Values are copied.
 */
#ifndef API_REALTIME_H
#define API_REALTIME_H

#include "api/compat.h"
#include "api/hear.h"
#include "live/asr_session.h"

#include <jansson.h>
#include <stdbool.h>

enum realtime_dialect { REALTIME_GA, REALTIME_BETA };

enum realtime_format { REALTIME_PCM16, REALTIME_MU_LAW, REALTIME_A_LAW };

/** What ends an utterance: a silence of so long; what sound and words say; the client's commit. */
enum realtime_turns { REALTIME_SILENCE, REALTIME_MEANING, REALTIME_COMMIT };

struct realtime_settings {
    enum realtime_format format;
    char model[COMPAT_MODEL_MAX];     /**< As the client called it */
    char language[HEAR_LANGUAGE_MAX]; /**< "": detected */
    char prompt[HEAR_PROMPT_MAX + 1];
    enum realtime_turns turns;
    double threshold;         /**< Told again, and not used: the noise says where a voice begins */
    uint32_t prefix_ms;       /**< Of REALTIME_SILENCE */
    uint32_t silence_ms;      /**< The same */
    enum turn_pace eagerness; /**< Of REALTIME_MEANING */
    bool eagerness_is_auto;
};

struct realtime_complaint {
    const char *param; /**< "session.audio.input.format" … */
    char text[160];
};

struct realtime_settings realtime_defaults(void);

/** app: NULL where any model may be named. */
bool realtime_read(const struct app *app, const json_t *session, enum realtime_dialect dialect,
                   struct realtime_settings *settings, struct realtime_complaint *why);

/** The session as events tell it. expires_at: [s] since 1970; 0: it does not. */
json_t *realtime_write(const struct realtime_settings *settings, enum realtime_dialect dialect,
                       const char *id, int64_t expires_at);

/** Of the samples that come. [Hz] */
int realtime_rate(const struct realtime_settings *settings);

/** How they are heard. Borrows from settings. */
struct asr_session_params realtime_hearing(const struct realtime_settings *settings,
                                           struct asr_nets *nets);

#endif

/**
 * @file store/record.c  The records of store.h as tables of columns
 */
#include "store/record.h"

#include <stdlib.h>
#include <string.h>

#define INLINE(type, m)                                                                            \
    {                                                                                              \
        COLUMN_INLINE, offsetof(struct type, m), sizeof(((struct type *)0)->m)                     \
    }
#define TEXT(type, m)                                                                              \
    {                                                                                              \
        COLUMN_TEXT, offsetof(struct type, m), 0                                                   \
    }
#define INT(type, m)                                                                               \
    {                                                                                              \
        COLUMN_INT, offsetof(struct type, m), 0                                                    \
    }
#define INT64(type, m)                                                                             \
    {                                                                                              \
        COLUMN_INT64, offsetof(struct type, m), 0                                                  \
    }
#define DOUBLE(type, m)                                                                            \
    {                                                                                              \
        COLUMN_DOUBLE, offsetof(struct type, m), 0                                                 \
    }
#define RECORD(type)                                                                               \
    {                                                                                              \
        sizeof(struct type), sizeof(type##_columns) / sizeof(type##_columns[0]), type##_columns    \
    }

_Static_assert(sizeof(enum store_status) == sizeof(int), "status is read and written as an int");
_Static_assert(sizeof(enum store_role) == sizeof(int), "role is read and written as an int");
_Static_assert(sizeof(enum store_line) == sizeof(int), "line is read and written as an int");
_Static_assert(sizeof(enum store_work) == sizeof(int), "state is read and written as an int");
_Static_assert(sizeof(enum store_quality) == sizeof(int), "quality is read and written as an int");

static const struct column store_user_columns[] = {
    INLINE(store_user, id),         TEXT(store_user, email),       TEXT(store_user, display_name),
    TEXT(store_user, photo_url),    TEXT(store_user, password),    TEXT(store_user, settings),
    TEXT(store_user, subscription), INT64(store_user, created_at), INT(store_user, role),
    INT64(store_user, disabled_at),
};

static const struct column store_refresh_columns[] = {
    INLINE(store_refresh, hash),    INLINE(store_refresh, family),
    INLINE(store_refresh, user_id), INT64(store_refresh, expires_at),
    INT64(store_refresh, used_at),  INT64(store_refresh, began_at),
    INT64(store_refresh, seen_at),  INLINE(store_refresh, address),
    INLINE(store_refresh, program),
};

static const struct column store_reset_columns[] = {
    INLINE(store_reset, user_id),
    INLINE(store_reset, hash),
    INT64(store_reset, expires_at),
};

static const struct column store_photo_columns[] = {
    INLINE(store_photo, user_id),
    TEXT(store_photo, type),
    TEXT(store_photo, photo),
    INT64(store_photo, updated_at),
};

static const struct column store_choice_columns[] = {
    INLINE(store_choice, user_id),
    TEXT(store_choice, choice),
    INT64(store_choice, updated_at),
};

static const struct column store_api_key_columns[] = {
    INLINE(store_api_key, id),     INLINE(store_api_key, user_id), INLINE(store_api_key, hash),
    INLINE(store_api_key, prefix), TEXT(store_api_key, label),     INT64(store_api_key, created_at),
    INT64(store_api_key, used_at),
};

static const struct column store_passkey_columns[] = {
    INLINE(store_passkey, id),   INLINE(store_passkey, user_id),   TEXT(store_passkey, credential),
    TEXT(store_passkey, rp_id),  INT(store_passkey, alg),          TEXT(store_passkey, public_key),
    INT64(store_passkey, count), INT(store_passkey, synced),       TEXT(store_passkey, transports),
    TEXT(store_passkey, name),   INT64(store_passkey, created_at), INT64(store_passkey, used_at),
};

static const struct column store_ended_columns[] = {
    INLINE(store_ended, family),
    INT64(store_ended, expires_at),
};

static const struct column store_profile_columns[] = {
    INLINE(store_profile, id),
    INLINE(store_profile, user_id),
    TEXT(store_profile, name),
    TEXT(store_profile, role),
    DOUBLE(store_profile, years_experience),
    TEXT(store_profile, skills),
    TEXT(store_profile, industry),
    TEXT(store_profile, context),
    INT64(store_profile, created_at),
    INT64(store_profile, updated_at),
    INT(store_profile, clear),
};

static const struct column store_profile_owner_columns[] = {
    INLINE(store_profile, id),
    INLINE(store_profile, user_id),
};

static const struct column store_session_columns[] = {
    INLINE(store_session, id),          INLINE(store_session, user_id),
    INLINE(store_session, profile_id),  TEXT(store_session, job_description),
    INT(store_session, status),         INT64(store_session, created_at),
    INT64(store_session, completed_at), INT(store_session, duration),
    INT(store_session, question_count), TEXT(store_session, metadata),
    TEXT(store_session, title),
};

static const struct column store_transcript_columns[] = {
    INLINE(store_transcript, id),           INLINE(store_transcript, session_id),
    INT(store_transcript, question_number), TEXT(store_transcript, question),
    TEXT(store_transcript, answer),         INT64(store_transcript, timestamp),
    TEXT(store_transcript, metrics),        TEXT(store_transcript, detail),
    TEXT(store_transcript, audio_url),      INT(store_transcript, line),
    INT64(store_transcript, ended_at),      TEXT(store_transcript, provider),
};

static const struct column store_voice_columns[] = {
    INLINE(store_voice, user_id),  TEXT(store_voice, wording), INT64(store_voice, agreed_at),
    INT64(store_voice, speech_ms), TEXT(store_voice, voice),
};

static const struct column store_recording_columns[] = {
    INLINE(store_recording, id),         INLINE(store_recording, user_id),
    INLINE(store_recording, session_id), TEXT(store_recording, format),
    INT64(store_recording, bytes),       INT64(store_recording, duration_ms),
    INT(store_recording, quality),       INT64(store_recording, created_at),
    INT64(store_recording, expires_at),  TEXT(store_recording, wording),
    INT64(store_recording, agreed_at),   INT(store_recording, growing),
};

static const struct column store_day_columns[] = {
    INT64(store_day, day),  INT64(store_day, sessions), INT64(store_day, users),
    INT64(store_day, said), INT64(store_day, seconds),  INT64(store_day, questions),
};

static const struct column store_share_columns[] = {
    INT64(store_share, day),
    INLINE(store_share, user_id),
    INLINE(store_share, name),
    INT64(store_share, count),
};

static const struct column store_erased_columns[] = {
    INLINE(store_erased, id),
};

static const struct column store_transcription_columns[] = {
    INLINE(store_transcription, id),           INLINE(store_transcription, user_id),
    INLINE(store_transcription, recording_id), TEXT(store_transcription, language),
    INT(store_transcription, state),           TEXT(store_transcription, result),
    TEXT(store_transcription, error),          INT64(store_transcription, created_at),
    INT64(store_transcription, finished_at),
};

const struct record store_record_user = RECORD(store_user);
const struct record store_record_refresh = RECORD(store_refresh);
const struct record store_record_reset = RECORD(store_reset);
const struct record store_record_photo = RECORD(store_photo);
const struct record store_record_choice = RECORD(store_choice);
const struct record store_record_api_key = RECORD(store_api_key);
const struct record store_record_passkey = RECORD(store_passkey);
const struct record store_record_ended = RECORD(store_ended);
const struct record store_record_profile = RECORD(store_profile);
const struct record store_record_profile_owner = {sizeof(struct store_profile),
                                                  sizeof(store_profile_owner_columns) /
                                                      sizeof(store_profile_owner_columns[0]),
                                                  store_profile_owner_columns};
const struct record store_record_session = RECORD(store_session);
const struct record store_record_transcript = RECORD(store_transcript);
const struct record store_record_voice = RECORD(store_voice);
const struct record store_record_recording = RECORD(store_recording);
const struct record store_record_day = RECORD(store_day);
const struct record store_record_share = RECORD(store_share);
const struct record store_record_erased = RECORD(store_erased);
const struct record store_record_transcription = RECORD(store_transcription);

void record_release(const struct record *record, void *data)
{
    if (!data)
        return;
    for (size_t i = 0; i < record->count; i++) {
        char **text = (char **)((char *)data + record->columns[i].offset);

        if (record->columns[i].kind != COLUMN_TEXT)
            continue;
        free(*text);
        *text = NULL;
    }
}

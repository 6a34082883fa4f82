/**
 * @file store/postgres/recordings.c  Voices, recordings, and their transcriptions in the background
 */
#include "store/postgres/records.h"
#include "store/postgres/rows.h"

/* ------------------------------------------------------------------------------- voices */

int postgres_voice_put(void *db, const struct store_voice *voice, struct errbuf *why)
{
    return rows_put(db, VOICE_PUT, &store_record_voice, voice, 0, why);
}

int postgres_voice_get(void *db, const char *user_id, struct store_voice *voice, struct errbuf *why)
{
    return rows_get(db, VOICE_GET, user_id, NULL, &store_record_voice, voice, why);
}

int postgres_voice_erase(void *db, const char *user_id, struct errbuf *why)
{
    return rows_run(db, VOICE_ERASE, user_id, NULL, UV_ENOENT, why);
}

/* --------------------------------------------------------------------------- recordings */

int postgres_recording_add(void *db, const struct store_recording *recording, int64_t bytes_max,
                           struct errbuf *why)
{
    return rows_put_within(db, RECORDING_ADD, recording->user_id, &store_record_recording,
                           recording, bytes_max, "the user has as many recordings as there may be",
                           why);
}

int postgres_recording_get(void *db, const char *user_id, const char *id,
                           struct store_recording *recording, struct errbuf *why)
{
    return rows_get(db, RECORDING_GET, id, user_id, &store_record_recording, recording, why);
}

int postgres_recording_list(void *db, const char *user_id, const char *session_id, size_t limit,
                            struct store_list *list, struct errbuf *why)
{
    struct call call;

    call_begin(&call, RECORDING_LIST);
    call_text(&call, user_id);
    call_text(&call, session_id);
    return rows_list(db, false, &call, &store_record_recording, limit, list, why);
}

int postgres_recording_finish(void *db, const struct store_recording *recording, struct errbuf *why)
{
    return rows_put(db, RECORDING_FINISH, &store_record_recording, recording, UV_ENOENT, why);
}

int postgres_recording_growing(void *db, size_t limit, struct store_list *list, struct errbuf *why)
{
    struct call call;

    call_begin(&call, RECORDING_GROWING);
    return rows_list(db, false, &call, &store_record_recording, limit, list, why);
}

int postgres_recording_of_user(void *db, const char *user_id, size_t limit, const char *cursor,
                               struct store_list *list, struct errbuf *why)
{
    return rows_list_newest(db, RECORDING_OF_USER, &store_record_recording, user_id, limit, cursor,
                            list, why);
}

int postgres_recording_bytes(void *db, const char *user_id, int64_t *bytes, struct errbuf *why)
{
    return rows_number(db, RECORDING_BYTES, user_id, bytes, why);
}

int postgres_recording_known(void *db, const char *id, struct errbuf *why)
{
    struct store_erased same;

    return rows_get(db, RECORDING_KNOWN, id, NULL, &store_record_erased, &same, why);
}

int postgres_recording_all(void *db, const char *after, size_t limit, struct store_list *list,
                           struct errbuf *why)
{
    struct call call;

    call_begin(&call, RECORDING_ALL);
    call_text(&call, after);
    return rows_list(db, false, &call, &store_record_recording, limit, list, why);
}

int postgres_recording_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return rows_run(db, RECORDING_ERASE, id, user_id, UV_ENOENT, why);
}

int postgres_recording_expire(void *db, int64_t now, size_t limit, struct store_list *list,
                              struct errbuf *why)
{
    struct call call;

    call_begin(&call, RECORDING_EXPIRE);
    call_int(&call, now);
    return rows_list(db, true, &call, &store_record_recording, limit, list, why);
}

int postgres_erased_list(void *db, size_t limit, struct store_list *list, struct errbuf *why)
{
    struct call call;

    call_begin(&call, ERASED_LIST);
    return rows_list(db, false, &call, &store_record_erased, limit, list, why);
}

int postgres_erased_gone(void *db, const char *id, struct errbuf *why)
{
    return rows_run(db, ERASED_GONE, id, NULL, UV_ENOENT, why);
}

/* ----------------------------------------------------------------------- transcriptions */

int postgres_transcription_add(void *db, const struct store_transcription *t, size_t waiting_max,
                               struct errbuf *why)
{
    return rows_put_within(db, TRANSCRIPTION_ADD, t->user_id, &store_record_transcription, t,
                           (int64_t)waiting_max,
                           "the user has as many transcriptions waiting as there may be", why);
}

int postgres_transcription_get(void *db, const char *user_id, const char *id,
                               struct store_transcription *t, struct errbuf *why)
{
    return rows_get(db, TRANSCRIPTION_GET, id, user_id, &store_record_transcription, t, why);
}

int postgres_transcription_list(void *db, const char *user_id, size_t limit, const char *cursor,
                                struct store_list *list, struct errbuf *why)
{
    return rows_list_newest(db, TRANSCRIPTION_LIST, &store_record_transcription, user_id, limit,
                            cursor, list, why);
}

int postgres_transcription_next(void *db, struct store_transcription *t, struct errbuf *why)
{
    return rows_get(db, TRANSCRIPTION_NEXT, NULL, NULL, &store_record_transcription, t, why);
}

int postgres_transcription_finish(void *db, const struct store_transcription *t, struct errbuf *why)
{
    return rows_put(db, TRANSCRIPTION_FINISH, &store_record_transcription, t, UV_ENOENT, why);
}

int postgres_transcription_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return rows_run(db, TRANSCRIPTION_ERASE, id, user_id, UV_ENOENT, why);
}

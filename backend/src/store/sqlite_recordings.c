/**
 * @file store/sqlite_recordings.c  Voices, recordings, and their transcriptions in the background
 */
#include "store/sqlite_records.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_statements.h"

#include <string.h>

/* ------------------------------------------------------------------------------- voices */

int sqlite_voice_put(void *db, const struct store_voice *voice, struct errbuf *why)
{
    return sql_put(db, VOICE_PUT, &store_record_voice, voice, 0, why);
}

int sqlite_voice_get(void *db, const char *user_id, struct store_voice *voice, struct errbuf *why)
{
    return sql_get(db, VOICE_GET, user_id, NULL, &store_record_voice, voice, why);
}

int sqlite_voice_erase(void *db, const char *user_id, struct errbuf *why)
{
    return sql_erase(db, VOICE_ERASE, user_id, NULL, why);
}

/* --------------------------------------------------------------------------- recordings */

int sqlite_recording_add(void *db, const struct store_recording *recording, int64_t bytes_max,
                         struct errbuf *why)
{
    return sql_put_within(db, RECORDING_ADD, &store_record_recording, recording, bytes_max,
                          "the user has as many recordings as there may be", why);
}

int sqlite_recording_get(void *db, const char *user_id, const char *id,
                         struct store_recording *recording, struct errbuf *why)
{
    return sql_get(db, RECORDING_GET, id, user_id, &store_record_recording, recording, why);
}

int sqlite_recording_of_user(void *db, const char *user_id, size_t limit, const char *cursor,
                             struct store_list *list, struct errbuf *why)
{
    return sql_list_newest(db, RECORDING_OF_USER, &store_record_recording, user_id, limit, cursor,
                           list, why);
}

int sqlite_transcription_list(void *db, const char *user_id, size_t limit, const char *cursor,
                              struct store_list *list, struct errbuf *why)
{
    return sql_list_newest(db, TRANSCRIPTION_LIST, &store_record_transcription, user_id, limit,
                           cursor, list, why);
}

int sqlite_recording_bytes(void *db, const char *user_id, int64_t *bytes, struct errbuf *why)
{
    return sql_number(db, RECORDING_BYTES, user_id, bytes, why);
}

int sqlite_recording_known(void *db, const char *id, struct errbuf *why)
{
    struct store_erased same;

    return sql_get(db, RECORDING_KNOWN, id, NULL, &store_record_erased, &same, why);
}

int sqlite_recording_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return sql_erase(db, RECORDING_ERASE, id, user_id, why);
}

int sqlite_recording_all(void *db, const char *after, size_t limit, struct store_list *list,
                         struct errbuf *why)
{
    const struct sql_few few = {
        .index = RECORDING_ALL, .record = &store_record_recording, .limit = limit, .a = after};

    return sql_list_few(db, &few, list, why);
}

int sqlite_recording_expire(void *db, int64_t now, size_t limit, struct store_list *list,
                            struct errbuf *why)
{
    const struct sql_few few = {.index = RECORDING_EXPIRE,
                                .record = &store_record_recording,
                                .limit = limit,
                                .number = &now,
                                .writes = true};

    return sql_list_few(db, &few, list, why);
}

int sqlite_recording_list(void *db, const char *user_id, const char *session_id, size_t limit,
                          struct store_list *list, struct errbuf *why)
{
    const struct sql_few few = {.index = RECORDING_LIST,
                                .record = &store_record_recording,
                                .limit = limit,
                                .a = user_id,
                                .b = session_id};

    return sql_list_few(db, &few, list, why);
}

int sqlite_recording_finish(void *db, const struct store_recording *recording, struct errbuf *why)
{
    return sql_put(db, RECORDING_FINISH, &store_record_recording, recording, UV_ENOENT, why);
}

int sqlite_recording_growing(void *db, size_t limit, struct store_list *list, struct errbuf *why)
{
    const struct sql_few few = {
        .index = RECORDING_GROWING, .record = &store_record_recording, .limit = limit};

    return sql_list_few(db, &few, list, why);
}

int sqlite_erased_list(void *db, size_t limit, struct store_list *list, struct errbuf *why)
{
    const struct sql_few few = {
        .index = ERASED_LIST, .record = &store_record_erased, .limit = limit};

    return sql_list_few(db, &few, list, why);
}

int sqlite_erased_gone(void *db, const char *id, struct errbuf *why)
{
    return sql_erase(db, ERASED_GONE, id, NULL, why);
}

/* ----------------------------------------------------------------------- transcriptions */

int sqlite_transcription_add(void *db, const struct store_transcription *t, size_t waiting_max,
                             struct errbuf *why)
{
    return sql_put_within(db, TRANSCRIPTION_ADD, &store_record_transcription, t,
                          (int64_t)waiting_max,
                          "the user has as many transcriptions waiting as there may be", why);
}

int sqlite_transcription_get(void *db, const char *user_id, const char *id,
                             struct store_transcription *t, struct errbuf *why)
{
    return sql_get(db, TRANSCRIPTION_GET, id, user_id, &store_record_transcription, t, why);
}

int sqlite_transcription_next(void *db, struct store_transcription *t, struct errbuf *why)
{
    return sql_get(db, TRANSCRIPTION_NEXT, NULL, NULL, &store_record_transcription, t, why);
}

int sqlite_transcription_finish(void *db, const struct store_transcription *t, struct errbuf *why)
{
    return sql_put(db, TRANSCRIPTION_FINISH, &store_record_transcription, t, UV_ENOENT, why);
}

int sqlite_transcription_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return sql_erase(db, TRANSCRIPTION_ERASE, id, user_id, why);
}

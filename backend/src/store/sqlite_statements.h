/**
 * @file store/sqlite_statements.h  Every statement of the SQLite driver; private to store/sqlite*.c
 *
 * One table, so that what is asked of the database can be read in one place; each is prepared once
 * a connection (conn_stmt()). Columns are listed in the order of store/record.c, so binding and
 * reading a record is one loop. Whatever belongs to a user is asked for with the user's id in the
 * statement itself.
 */
#ifndef STORE_SQLITE_STATEMENTS_H
#define STORE_SQLITE_STATEMENTS_H

enum {
    USER_PUT,
    USER_GET,
    USER_BY_EMAIL,
    USER_LOCAL,
    USER_LIST,
    USER_ERASE,
    USER_PASSWORD,
    RESET_PUT,
    RESET_WHOSE,
    RESET_GONE,
    PHOTO_PUT,
    PHOTO_GET,
    PHOTO_ERASE,
    REFRESH_PUT,
    REFRESH_GET,
    REFRESH_USE,
    REFRESH_REVOKE,
    REFRESH_REVOKE_USER,
    REFRESH_REVOKE_ONE,
    SIGN_IN_LIST,
    REFRESH_PRUNE,
    ENDED_PUT,
    ENDED_PUT_USER,
    ENDED_PUT_ONE,
    ENDED_PRUNE,
    ENDED_LIST,
    PROFILE_PUT,
    PROFILE_ADD,
    PROFILE_GET,
    PROFILE_LIST,
    PROFILE_IDS,
    PROFILE_COUNT,
    PROFILE_ERASE,
    SESSION_PUT,
    SESSION_GET,
    SESSION_LIST,
    SESSION_LIST_STATUS,
    SESSION_IDS,
    SESSION_IDS_STATUS,
    SESSION_OWNED,
    SESSION_ERASE,
    SESSION_COUNT_QUESTIONS,
    TRANSCRIPT_NUMBER,
    TRANSCRIPT_PUT,
    TRANSCRIPT_ERASE,
    TRANSCRIPT_GET,
    TRANSCRIPT_LIST,
    TRANSCRIPT_LIST_NEWEST,
    TRANSCRIPT_IDS,
    TRANSCRIPT_IDS_NEWEST,
    TRANSCRIPT_ONE,
    VOICE_PUT,
    VOICE_GET,
    VOICE_ERASE,
    RECORDING_ADD,
    RECORDING_GET,
    RECORDING_BYTES,
    RECORDING_KNOWN,
    RECORDING_ERASE,
    RECORDING_EXPIRE,
    ERASED_LIST,
    ERASED_GONE,
    TRANSCRIPTION_ADD,
    TRANSCRIPTION_GET,
    TRANSCRIPTION_NEXT,
    TRANSCRIPTION_FINISH,
    TRANSCRIPTION_ERASE,
    FACT_GET,
    FACT_PUT,
    FACT_CLAIM,
    SAMPLES,
    STATEMENTS,
};

extern const char *const sqlite_statements[STATEMENTS];

#endif

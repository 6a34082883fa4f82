/**
 * @file store/record.h  The records of store.h as tables of columns
 *
 * With these a driver can bind and read every kind of record with one function each, and the store
 * can free them. The order is that of the column lists in the drivers' statements. Private to
 * store/.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "store/store.h"

enum column_kind {
    COLUMN_INLINE, /**< char[]: "" is NULL in the database */
    COLUMN_TEXT,   /**< char *: owned; NULL is NULL */
    COLUMN_INT,
    COLUMN_INT64,
    COLUMN_DOUBLE,
};

struct column {
    enum column_kind kind;
    size_t offset;
    size_t size; /**< COLUMN_INLINE: size of the array [bytes] */
};

struct record {
    size_t size;
    size_t count;
    const struct column *columns;
};

extern const struct record store_record_user;
extern const struct record store_record_refresh;
extern const struct record store_record_reset;
extern const struct record store_record_photo;
extern const struct record store_record_choice;
extern const struct record store_record_api_key;
extern const struct record store_record_passkey;
extern const struct record store_record_ended;
extern const struct record store_record_profile;
extern const struct record store_record_profile_owner; /**< only id and user_id */
extern const struct record store_record_session;
extern const struct record store_record_transcript;
extern const struct record store_record_voice;
extern const struct record store_record_recording;
extern const struct record store_record_day;
extern const struct record store_record_share;
extern const struct record store_record_erased;
extern const struct record store_record_transcription;

/** Frees the texts and zeroes the record. */
void record_release(const struct record *record, void *data);

#endif

/**
 * @file store/recordings.c  Voices, recordings, and their transcriptions in the background
 */
#include "store/store_internal.h"

#include <string.h>

/* ------------------------------------------------------------------------------- voices */

int store_voice_put(struct store *store, const struct store_voice *voice, struct errbuf *why)
{
    int err = store_check_own_id(voice->user_id, "user", why);

    if (!err && (!voice->wording || !voice->voice || voice->speech_ms <= 0))
        err = err_set(why, UV_EINVAL, "a voice needs its speech and what was agreed to");
    return err ? err : store->writer->voice_put(store->writer_db, voice, why);
}

int store_voice_get(struct store *store, const char *user_id, struct store_voice *voice,
                    struct errbuf *why)
{
    int err = store_check_id(user_id, "user", why);

    return err ? err : store->driver->voice_get(store->db, user_id, voice, why);
}

int store_voice_erase(struct store *store, const char *user_id, struct errbuf *why)
{
    int err = store_check_id(user_id, "user", why);

    return err ? err : store->writer->voice_erase(store->writer_db, user_id, why);
}

void store_voice_release(struct store_voice *voice)
{
    record_release(&store_record_voice, voice);
}

/* --------------------------------------------------------------------------- recordings */

int store_recording_add(struct store *store, const struct store_recording *recording,
                        int64_t bytes_max, struct errbuf *why)
{
    int err = store_check_own_id(recording->id, "recording", why);

    if (!err)
        err = store_check_id(recording->user_id, "user", why);
    if (!err && recording->session_id[0])
        err = store_check_id(recording->session_id, "session", why);
    if (!err && (!recording->format || recording->bytes <= 0 || recording->duration_ms < 0 ||
                 recording->quality < STORE_SOUND_GOOD || recording->quality > STORE_SOUND_CLIPPED))
        err = err_set(why, UV_EINVAL, "a recording has a format and a length");
    return err ? err : store->writer->recording_add(store->writer_db, recording, bytes_max, why);
}

int store_recording_get(struct store *store, const char *user_id, const char *id,
                        struct store_recording *recording, struct errbuf *why)
{
    int err = store_check_id(id, "recording", why);

    return err ? err : store->driver->recording_get(store->db, user_id, id, recording, why);
}

int store_recording_list(struct store *store, const char *user_id, const char *session_id,
                         size_t limit, struct store_list *list, struct errbuf *why)
{
    int err = store_check_page(limit, why);

    if (!err)
        err = store_check_id(session_id, "session", why);
    return err ? err
               : store->driver->recording_list(store->db, user_id, session_id, limit, list, why);
}

int store_recording_finish(struct store *store, const struct store_recording *recording,
                           struct errbuf *why)
{
    return store->writer->recording_finish(store->writer_db, recording, why);
}

int store_recording_growing(struct store *store, size_t limit, struct store_list *list,
                            struct errbuf *why)
{
    int err = store_check_page(limit, why);

    return err ? err : store->driver->recording_growing(store->db, limit, list, why);
}

int store_recording_of_user(struct store *store, const char *user_id, size_t limit,
                            const char *cursor, struct store_list *list, struct errbuf *why)
{
    int err = store_check_id(user_id, "user", why);

    if (!err)
        err = store_check_page(limit, why);
    if (!err)
        err = store_check_cursor(cursor, why);
    return err ? err
               : store->driver->recording_of_user(store->db, user_id, limit,
                                                  cursor && cursor[0] ? cursor : NULL, list, why);
}

int store_recording_bytes(struct store *store, const char *user_id, int64_t *bytes,
                          struct errbuf *why)
{
    return store->driver->recording_bytes(store->db, user_id, bytes, why);
}

int store_recording_known(struct store *store, const char *id, struct errbuf *why)
{
    int err = store_check_id(id, "recording", why);

    return err ? err : store->driver->recording_known(store->db, id, why);
}

int store_recording_all(struct store *store, const char *after, size_t limit,
                        struct store_list *list, struct errbuf *why)
{
    int err = store_check_page(limit, why);

    return err ? err : store->driver->recording_all(store->db, after, limit, list, why);
}

int store_recording_each(struct store *store,
                         int (*fn)(const struct store_recording *recording, void *arg,
                                   struct errbuf *why),
                         void *arg, struct errbuf *why)
{
    char after[ID_TEXT_MAX] = "";
    size_t last = STORE_PAGE_MAX;
    int err = 0;

    while (!err && last == STORE_PAGE_MAX) {
        struct store_list list = {0};

        err = store_recording_all(store, after, STORE_PAGE_MAX, &list, why);
        if (err)
            break;
        last = list.count;
        for (size_t i = 0; i < list.count && !err; i++) {
            const struct store_recording *r = (const struct store_recording *)list.items + i;

            memcpy(after, r->id, sizeof(after));
            err = fn(r, arg, why);
        }
        store_list_release(&list, STORE_KIND_RECORDING);
    }
    return err;
}

int store_recording_erase(struct store *store, const char *user_id, const char *id,
                          struct errbuf *why)
{
    int err = store_check_id(id, "recording", why);

    return err ? err : store->writer->recording_erase(store->writer_db, user_id, id, why);
}

int store_recording_expire(struct store *store, int64_t now, size_t limit, struct store_list *list,
                           struct errbuf *why)
{
    int err = store_check_page(limit, why);

    return err ? err : store->writer->recording_expire(store->writer_db, now, limit, list, why);
}

int store_erased_list(struct store *store, size_t limit, struct store_list *list,
                      struct errbuf *why)
{
    int err = store_check_page(limit, why);

    return err ? err : store->driver->erased_list(store->db, limit, list, why);
}

int store_erased_gone(struct store *store, const char *id, struct errbuf *why)
{
    return store->writer->erased_gone(store->writer_db, id, why);
}

void store_recording_release(struct store_recording *recording)
{
    record_release(&store_record_recording, recording);
}

/* ----------------------------------------------------------------------- transcriptions */

int store_transcription_add(struct store *store, const struct store_transcription *t,
                            size_t waiting_max, struct errbuf *why)
{
    int err = store_check_own_id(t->id, "transcription", why);

    if (!err)
        err = store_check_id(t->user_id, "user", why);
    if (!err)
        err = store_check_id(t->recording_id, "recording", why);
    if (!err && (!t->language || t->state != STORE_WAITING))
        err =
            err_set(why, UV_EINVAL, "a transcription that is asked for waits, and has a language");
    return err ? err : store->writer->transcription_add(store->writer_db, t, waiting_max, why);
}

int store_transcription_get(struct store *store, const char *user_id, const char *id,
                            struct store_transcription *t, struct errbuf *why)
{
    int err = store_check_id(id, "transcription", why);

    return err ? err : store->driver->transcription_get(store->db, user_id, id, t, why);
}

int store_transcription_list(struct store *store, const char *user_id, size_t limit,
                             const char *cursor, struct store_list *list, struct errbuf *why)
{
    int err = store_check_id(user_id, "user", why);

    if (!err)
        err = store_check_page(limit, why);
    if (!err)
        err = store_check_cursor(cursor, why);
    return err ? err
               : store->driver->transcription_list(store->db, user_id, limit,
                                                   cursor && cursor[0] ? cursor : NULL, list, why);
}

int store_transcription_next(struct store *store, struct store_transcription *t, struct errbuf *why)
{
    return store->driver->transcription_next(store->db, t, why);
}

int store_transcription_finish(struct store *store, const struct store_transcription *t,
                               struct errbuf *why)
{
    bool whole = t->state == STORE_DONE ? t->result != NULL : t->error != NULL;
    int err = store_check_id(t->id, "transcription", why);

    if (!err && (t->state <= STORE_WAITING || t->state > STORE_FAILED || !whole))
        err = err_set(why, UV_EINVAL, "a transcription ends with a result or an error");
    return err ? err : store->writer->transcription_finish(store->writer_db, t, why);
}

int store_transcription_erase(struct store *store, const char *user_id, const char *id,
                              struct errbuf *why)
{
    int err = store_check_id(id, "transcription", why);

    return err ? err : store->writer->transcription_erase(store->writer_db, user_id, id, why);
}

void store_transcription_release(struct store_transcription *t)
{
    record_release(&store_record_transcription, t);
}

/**
 * @file store/postgres/users.c  Users, their sign-ins, and the sign-ins that were ended
 */
#include "store/postgres/records.h"
#include "store/postgres/rows.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------- users */

int postgres_user_put(void *db, const struct store_user *user, struct errbuf *why)
{
    return rows_put(db, USER_PUT, &store_record_user, user, 0, why);
}

int postgres_user_get(void *db, const char *id, struct store_user *user, struct errbuf *why)
{
    return rows_get(db, USER_GET, id, NULL, &store_record_user, user, why);
}

int postgres_user_by_email(void *db, const char *email, struct store_user *user, struct errbuf *why)
{
    return rows_get(db, USER_BY_EMAIL, email, NULL, &store_record_user, user, why);
}

int postgres_user_local(void *db, struct store_user *user, struct errbuf *why)
{
    return rows_get(db, USER_LOCAL, NULL, NULL, &store_record_user, user, why);
}

int postgres_user_list(void *db, size_t limit, const char *cursor, struct store_list *list,
                       struct errbuf *why)
{
    return rows_list_newest(db, USER_LIST, &store_record_user, NULL, limit, cursor, list, why);
}

/* Which sign-ins end: of the user, the one `family` or every other ("": all). */
static void end_sign_ins(struct call *call, int index, const char *user_id, const char *family,
                         int64_t expires_at)
{
    call_begin(call, index);
    call_text(call, user_id);
    call_text(call, family);
    call_int(call, expires_at);
}

/* Of a user who is not there nothing ends either. */
static int change_and_end(struct pg_db *db, struct call calls[static 3], const char *id,
                          struct store_list *ended, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    bool more = false;
    int err;

    call_begin(&calls[0], USER_LOCK_ALL);
    call_text(&calls[0], id);
    err = db_ask(db, true, calls, 3, &replies, why);
    if (!err && reply_changed(&replies, 2) == 0)
        err = err_set(why, UV_ENOENT, "there is no such record");
    if (!err)
        err = read_list(&replies, 1, &store_record_ended, SIZE_MAX, ended, &more, why);
    replies_release(&replies);
    return err;
}

int postgres_user_erase(void *db, const char *id, int64_t expires_at, struct store_list *ended,
                        struct errbuf *why)
{
    struct call calls[3];

    end_sign_ins(&calls[1], SIGN_IN_END_OTHERS, id, "", expires_at);
    call_begin(&calls[2], USER_ERASE);
    call_text(&calls[2], id);
    return change_and_end(db, calls, id, ended, why);
}

int postgres_user_password(void *db, const char *id, const char *password, const char *keep,
                           int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    struct call calls[3];

    end_sign_ins(&calls[1], SIGN_IN_END_OTHERS, id, keep, expires_at);
    call_begin(&calls[2], USER_PASSWORD);
    call_text(&calls[2], id);
    call_text(&calls[2], password);
    return change_and_end(db, calls, id, ended, why);
}

/* The server overwrites what was erased in its own time (vacuum); what is private was sealed. */
int postgres_scrub(void *db, struct errbuf *why)
{
    (void)db;
    (void)why;
    return 0;
}

/* --------------------------------------------------------------------- another password */

int postgres_reset_put(void *db, const struct store_reset *reset, struct errbuf *why)
{
    return rows_put(db, RESET_PUT, &store_record_reset, reset, 0, why);
}

/* A row for each sign-in that ended; one without any where there was none. */
int postgres_reset_use(void *db, const char *hash, int64_t now, const char *password,
                       int64_t expires_at, char *user_id, struct store_list *ended,
                       struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct store_list list = {0};
    struct call call;
    bool more = false;
    int err;

    call_begin(&call, RESET_USE);
    call_text(&call, hash);
    call_int(&call, now);
    call_text(&call, password);
    call_int(&call, expires_at);
    err = db_ask(db, true, &call, 1, &replies, why);
    if (!err && !reply_rows(&replies, 0))
        err = err_set(why, UV_ENOENT, "there is no such token");
    if (!err)
        err = read_list(&replies, 0, &store_record_ended, SIZE_MAX, &list, &more, why);
    if (!err) {
        snprintf(user_id, ID_TEXT_MAX, "%s", reply_text(&replies, 0, 0, 2));
        if (!reply_text(&replies, 0, 0, 0))
            list.count = 0;
        *ended = list;
    }
    replies_release(&replies);
    return err;
}

/* ------------------------------------------------------------------- photos, and choices */

int postgres_photo_put(void *db, const struct store_photo *photo, struct errbuf *why)
{
    return rows_put(db, PHOTO_PUT, &store_record_photo, photo, 0, why);
}

int postgres_photo_get(void *db, const char *user_id, struct store_photo *photo, struct errbuf *why)
{
    return rows_get(db, PHOTO_GET, user_id, NULL, &store_record_photo, photo, why);
}

int postgres_photo_erase(void *db, const char *user_id, struct errbuf *why)
{
    return rows_run(db, PHOTO_ERASE, user_id, NULL, UV_ENOENT, why);
}

int postgres_choice_put(void *db, const struct store_choice *choice, struct errbuf *why)
{
    return rows_put(db, CHOICE_PUT, &store_record_choice, choice, 0, why);
}

int postgres_choice_get(void *db, const char *user_id, struct store_choice *choice,
                        struct errbuf *why)
{
    return rows_get(db, CHOICE_GET, user_id, NULL, &store_record_choice, choice, why);
}

/* ----------------------------------------------------------------------- refresh tokens */

int postgres_refresh_get(void *db, const char *hash, struct store_refresh *token,
                         struct errbuf *why)
{
    return rows_get(db, REFRESH_GET, hash, NULL, &store_record_refresh, token, why);
}

/* The token's nine columns and how late it is. */
static void begin_sign_in(struct call *call, int index, const struct store_refresh *token,
                          char clock[static 24])
{
    snprintf(clock, 24, "%" PRId64, clock_unix_ms());
    call_begin(call, index);
    call_record(call, &store_record_refresh, token);
    call_text(call, clock);
}

int postgres_refresh_put(void *db, const struct store_refresh *token, struct errbuf *why)
{
    char clock[24];
    struct call call;

    begin_sign_in(&call, REFRESH_PUT, token, clock);
    return rows_write(db, &call, 0, why);
}

int postgres_refresh_rotate(void *db, const char *old, const struct store_refresh *fresh,
                            int64_t now, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    char clock[24];
    struct call call;
    int err;

    begin_sign_in(&call, REFRESH_ROTATE, fresh, clock);
    call_text(&call, old);
    call_int(&call, now);
    err = db_ask(db, true, &call, 1, &replies, why);
    if (!err && !reply_int(&replies, 0, 0, 0))
        err = reply_int(&replies, 0, 0, 1)
                  ? err_set(why, UV_EEXIST, "the refresh token was used before")
                  : err_set(why, UV_ENOENT, "there is no such refresh token");
    replies_release(&replies);
    return err;
}

int postgres_refresh_revoke(void *db, const char *family, int64_t expires_at, struct errbuf *why)
{
    struct call call;

    call_begin(&call, REFRESH_REVOKE);
    call_text(&call, family);
    call_int(&call, expires_at);
    return rows_write(db, &call, 0, why);
}

int postgres_refresh_prune(void *db, int64_t now, struct errbuf *why)
{
    struct replies replies = {.count = 0};
    struct call calls[2];
    int err;

    call_begin(&calls[0], REFRESH_PRUNE);
    call_int(&calls[0], now);
    call_begin(&calls[1], ENDED_PRUNE);
    call_int(&calls[1], now);
    err = db_ask(db, true, calls, 2, &replies, why);
    replies_release(&replies);
    return err;
}

int postgres_sign_in_list(void *db, const char *user_id, int64_t now, struct store_list *list,
                          struct errbuf *why)
{
    struct call call;

    call_begin(&call, SIGN_IN_LIST);
    call_text(&call, user_id);
    call_int(&call, now);
    return rows_list(db, false, &call, &store_record_refresh, STORE_PAGE_MAX, list, why);
}

int postgres_sign_in_end(void *db, const char *user_id, const char *family, int64_t expires_at,
                         struct store_list *ended, struct errbuf *why)
{
    struct call call;

    end_sign_ins(&call, SIGN_IN_END, user_id, family, expires_at);
    return rows_list_all(db, true, &call, 1, 0, &store_record_ended, ended, why);
}

int postgres_sign_in_end_others(void *db, const char *user_id, const char *keep, int64_t expires_at,
                                struct store_list *ended, struct errbuf *why)
{
    struct call call;

    end_sign_ins(&call, SIGN_IN_END_OTHERS, user_id, keep, expires_at);
    return rows_list_all(db, true, &call, 1, 0, &store_record_ended, ended, why);
}

int postgres_ended_list(void *db, int64_t now, struct store_list *ended, struct errbuf *why)
{
    struct call call;

    call_begin(&call, ENDED_LIST);
    call_int(&call, now);
    return rows_list_all(db, false, &call, 1, 0, &store_record_ended, ended, why);
}

/* ----------------------------------------------------------------------- personal keys */

int postgres_api_key_add(void *db, const struct store_api_key *key, size_t most, struct errbuf *why)
{
    return rows_put_within(db, API_KEY_ADD, key->user_id, &store_record_api_key, key, (int64_t)most,
                           "the user has as many keys as there may be", why);
}

int postgres_api_key_get(void *db, const char *hash, struct store_api_key *key, struct errbuf *why)
{
    return rows_get(db, API_KEY_GET, hash, NULL, &store_record_api_key, key, why);
}

int postgres_api_key_list(void *db, const char *user_id, struct store_list *list,
                          struct errbuf *why)
{
    struct call call;

    call_begin(&call, API_KEY_LIST);
    call_text(&call, user_id);
    return rows_list(db, false, &call, &store_record_api_key, STORE_PAGE_MAX, list, why);
}

int postgres_api_key_used(void *db, const char *hash, int64_t now, struct errbuf *why)
{
    struct call call;

    call_begin(&call, API_KEY_USED);
    call_text(&call, hash);
    call_int(&call, now);
    return rows_write(db, &call, 0, why);
}

int postgres_api_key_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return rows_run(db, API_KEY_ERASE, user_id, id, UV_ENOENT, why);
}

/* ----------------------------------------------------------------------------- passkeys */

int postgres_passkey_add(void *db, const struct store_passkey *passkey, size_t most,
                         struct errbuf *why)
{
    return rows_put_within(db, PASSKEY_ADD, passkey->user_id, &store_record_passkey, passkey,
                           (int64_t)most, "the user has as many passkeys as there may be", why);
}

int postgres_passkey_get(void *db, const char *credential, struct store_passkey *passkey,
                         struct errbuf *why)
{
    return rows_get(db, PASSKEY_GET, credential, NULL, &store_record_passkey, passkey, why);
}

int postgres_passkey_list(void *db, const char *user_id, struct store_list *list,
                          struct errbuf *why)
{
    struct call call;

    call_begin(&call, PASSKEY_LIST);
    call_text(&call, user_id);
    return rows_list(db, false, &call, &store_record_passkey, STORE_PAGE_MAX, list, why);
}

int postgres_passkey_used(void *db, const char *id, int64_t count, int64_t now, struct errbuf *why)
{
    struct call call;

    call_begin(&call, PASSKEY_USED);
    call_text(&call, id);
    call_int(&call, count);
    call_int(&call, now);
    return rows_write(db, &call, UV_ENOENT, why);
}

int postgres_passkey_rename(void *db, const char *user_id, const char *id, const char *name,
                            struct errbuf *why)
{
    struct call call;

    call_begin(&call, PASSKEY_RENAME);
    call_text(&call, user_id);
    call_text(&call, id);
    call_text(&call, name);
    return rows_write(db, &call, UV_ENOENT, why);
}

int postgres_passkey_erase(void *db, const char *user_id, const char *id, struct errbuf *why)
{
    return rows_run(db, PASSKEY_ERASE, user_id, id, UV_ENOENT, why);
}

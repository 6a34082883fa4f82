/**
 * @file store/users.c  Users and what belongs to them: passwords, photos, sign-ins, personal keys
 */
#include "store/store_internal.h"

#include <string.h>

/* -------------------------------------------------------------------------------- users */

int store_user_put(struct store *store, const struct store_user *user, struct errbuf *why)
{
    int err = store_check_own_id(user->id, "user", why);

    if (!err && (!user->display_name || !user->settings || !user->subscription))
        err = err_set(why, UV_EINVAL, "a user has a name, settings and a subscription");
    return err ? err : store->writer->user_put(store->writer_db, user, why);
}

int store_user_get(struct store *store, const char *id, struct store_user *user, struct errbuf *why)
{
    int err = store_check_id(id, "user", why);

    return err ? err : store->driver->user_get(store->db, id, user, why);
}

int store_user_by_email(struct store *store, const char *email, struct store_user *user,
                        struct errbuf *why)
{
    return store->driver->user_by_email(store->db, email, user, why);
}

int store_user_local(struct store *store, struct store_user *user, struct errbuf *why)
{
    return store->driver->user_local(store->db, user, why);
}

int store_user_list(struct store *store, size_t limit, const char *cursor, struct store_list *list,
                    struct errbuf *why)
{
    int err = store_check_page(limit, why);

    if (!err)
        err = store_check_cursor(cursor, why);
    return err ? err
               : store->driver->user_list(store->db, limit, cursor && cursor[0] ? cursor : NULL,
                                          list, why);
}

int store_user_erase(struct store *store, const char *id, int64_t expires_at,
                     struct store_list *ended, struct errbuf *why)
{
    int err = store_check_id(id, "user", why);

    if (!err)
        err = store->writer->user_erase(store->writer_db, id, expires_at, ended, why);
    return store_tell(store, err, id, NULL);
}

/* A driver changes any kind of record with one function; here a user gets its own type back, and
 * its required texts are checked. */
struct change {
    int (*fn)(struct store_user *user, void *arg);
    void *arg;
};

static int change_user(void *record, void *arg)
{
    const struct change *change = arg;
    struct store_user *user = record;
    int err = change->fn(user, change->arg);

    return err || (user->display_name && user->settings && user->subscription) ? err : UV_ENOMEM;
}

int store_user_change(struct store *store, const char *id,
                      int (*fn)(struct store_user *user, void *arg), void *arg,
                      struct store_user *user, struct errbuf *why)
{
    struct change change = {.fn = fn, .arg = arg};
    int err = store_check_id(id, "user", why);

    return err ? err
               : store->writer->change(store->writer_db, STORE_KIND_USER, NULL, id, change_user,
                                       &change, user, why);
}

void store_user_release(struct store_user *user)
{
    record_release(&store_record_user, user);
}

/* ---- password resets ------------------------------------------------------------------------ */

int store_user_password(struct store *store, const char *id, const char *password, const char *keep,
                        int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    int err = store_check_id(id, "user", why);

    if (!err && !password)
        err = err_set(why, UV_EINVAL, "there is no password");
    return err ? err
               : store->writer->user_password(store->writer_db, id, password, keep, expires_at,
                                              ended, why);
}

int store_reset_put(struct store *store, const struct store_reset *reset, struct errbuf *why)
{
    int err = store_check_id(reset->user_id, "user", why);

    if (!err && strlen(reset->hash) != sizeof(reset->hash) - 1)
        err = err_set(why, UV_EINVAL, "there is no hash");
    return err ? err : store->writer->reset_put(store->writer_db, reset, why);
}

int store_reset_use(struct store *store, const char *hash, int64_t now, const char *password,
                    int64_t expires_at, char user_id[static ID_TEXT_MAX], struct store_list *ended,
                    struct errbuf *why)
{
    if (!password)
        return err_set(why, UV_EINVAL, "there is no password");
    return store->writer->reset_use(store->writer_db, hash, now, password, expires_at, user_id,
                                    ended, why);
}

/* ------------------------------------------------------------------------------- photos */

int store_photo_put(struct store *store, const struct store_photo *photo, struct errbuf *why)
{
    int err = store_check_id(photo->user_id, "user", why);

    if (!err && (!photo->type || !photo->photo))
        err = err_set(why, UV_EINVAL, "a photo has a type and its bytes");
    return err ? err : store->writer->photo_put(store->writer_db, photo, why);
}

int store_photo_get(struct store *store, const char *user_id, struct store_photo *photo,
                    struct errbuf *why)
{
    int err = store_check_id(user_id, "photo", why);

    return err ? err : store->driver->photo_get(store->db, user_id, photo, why);
}

int store_photo_erase(struct store *store, const char *user_id, struct errbuf *why)
{
    int err = store_check_id(user_id, "photo", why);

    return err ? err : store->writer->photo_erase(store->writer_db, user_id, why);
}

int store_choice_put(struct store *store, const struct store_choice *choice, struct errbuf *why)
{
    int err = store_check_id(choice->user_id, "user", why);

    if (!err && !choice->choice)
        err = err_set(why, UV_EINVAL, "there is nothing chosen");
    return err ? err : store->writer->choice_put(store->writer_db, choice, why);
}

int store_choice_get(struct store *store, const char *user_id, struct store_choice *choice,
                     struct errbuf *why)
{
    int err = store_check_id(user_id, "choice", why);

    return err ? err : store->driver->choice_get(store->db, user_id, choice, why);
}

void store_choice_release(struct store_choice *choice)
{
    record_release(&store_record_choice, choice);
}

void store_photo_release(struct store_photo *photo)
{
    record_release(&store_record_photo, photo);
}

/* ----------------------------------------------------------------------- refresh tokens */

static int check_refresh(const struct store_refresh *token, struct errbuf *why)
{
    if (strlen(token->hash) != sizeof(token->hash) - 1 || !id_valid(token->family))
        return err_set(why, UV_EINVAL, "a refresh token has a hash and a family");
    return store_check_id(token->user_id, "user", why);
}

int store_refresh_put(struct store *store, const struct store_refresh *token, struct errbuf *why)
{
    int err = check_refresh(token, why);

    return err ? err : store->writer->refresh_put(store->writer_db, token, why);
}

int store_refresh_get(struct store *store, const char *hash, struct store_refresh *token,
                      struct errbuf *why)
{
    return store->driver->refresh_get(store->db, hash, token, why);
}

int store_refresh_rotate(struct store *store, const char *old, const struct store_refresh *fresh,
                         int64_t now, struct errbuf *why)
{
    int err = check_refresh(fresh, why);

    return err ? err : store->writer->refresh_rotate(store->writer_db, old, fresh, now, why);
}

int store_refresh_revoke(struct store *store, const char *family, int64_t expires_at,
                         struct errbuf *why)
{
    return store->writer->refresh_revoke(store->writer_db, family, expires_at, why);
}

int store_refresh_prune(struct store *store, int64_t now, struct errbuf *why)
{
    return store->writer->refresh_prune(store->writer_db, now, why);
}

int store_sign_in_list(struct store *store, const char *user_id, int64_t now,
                       struct store_list *list, struct errbuf *why)
{
    int err = store_check_id(user_id, "user", why);

    return err ? err : store->driver->sign_in_list(store->db, user_id, now, list, why);
}

int store_sign_in_end(struct store *store, const char *user_id, const char *family,
                      int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    int err = store_check_id(user_id, "user", why);

    if (!err)
        err = store_check_id(family, "sign-in", why);
    return err ? err
               : store->writer->sign_in_end(store->writer_db, user_id, family, expires_at, ended,
                                            why);
}

int store_sign_in_end_others(struct store *store, const char *user_id, const char *keep,
                             int64_t expires_at, struct store_list *ended, struct errbuf *why)
{
    int err = store_check_id(user_id, "user", why);

    return err ? err
               : store->writer->sign_in_end_others(store->writer_db, user_id, keep, expires_at,
                                                   ended, why);
}

int store_ended_list(struct store *store, int64_t now, struct store_list *ended, struct errbuf *why)
{
    return store->driver->ended_list(store->db, now, ended, why);
}

/* ------------------------------------------------------------------------ personal keys */

int store_api_key_add(struct store *store, const struct store_api_key *key, size_t most,
                      struct errbuf *why)
{
    int err = store_check_id(key->id, "key", why);

    if (!err && (!key->label || !key->hash[0]))
        err = err_set(why, UV_EINVAL, "a key has a label and a hash");
    return err ? err : store->writer->api_key_add(store->writer_db, key, most, why);
}

int store_api_key_get(struct store *store, const char *hash, struct store_api_key *key,
                      struct errbuf *why)
{
    return store->driver->api_key_get(store->db, hash, key, why);
}

int store_api_key_list(struct store *store, const char *user_id, struct store_list *list,
                       struct errbuf *why)
{
    int err = store_check_id(user_id, "user", why);

    return err ? err : store->driver->api_key_list(store->db, user_id, list, why);
}

int store_api_key_used(struct store *store, const char *hash, int64_t now, struct errbuf *why)
{
    return store->writer->api_key_used(store->writer_db, hash, now, why);
}

int store_api_key_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why)
{
    int err = store_check_id(id, "key", why);

    return err ? err : store->writer->api_key_erase(store->writer_db, user_id, id, why);
}

void store_api_key_release(struct store_api_key *key)
{
    record_release(&store_record_api_key, key);
}

/**
 * @file store/passkeys.c  Public keys that browsers sign in with
 */
#include "store/store_internal.h"

int store_passkey_add(struct store *store, const struct store_passkey *passkey, size_t most,
                      struct errbuf *why)
{
    int err = store_check_own_id(passkey->id, "passkey", why);

    if (!err && (!passkey->credential || !passkey->rp_id || !passkey->public_key ||
                 !passkey->transports || !passkey->name))
        err = err_set(why, UV_EINVAL, "a passkey has a credential, a site, a key and a name");
    return err ? err : store->writer->passkey_add(store->writer_db, passkey, most, why);
}

int store_passkey_get(struct store *store, const char *credential, struct store_passkey *passkey,
                      struct errbuf *why)
{
    return store->driver->passkey_get(store->db, credential, passkey, why);
}

int store_passkey_list(struct store *store, const char *user_id, struct store_list *list,
                       struct errbuf *why)
{
    int err = store_check_id(user_id, "user", why);

    return err ? err : store->driver->passkey_list(store->db, user_id, list, why);
}

int store_passkey_used(struct store *store, const char *id, int64_t count, int64_t now,
                       struct errbuf *why)
{
    return store->writer->passkey_used(store->writer_db, id, count, now, why);
}

int store_passkey_rename(struct store *store, const char *user_id, const char *id, const char *name,
                         struct errbuf *why)
{
    int err = store_check_id(id, "passkey", why);

    return err ? err : store->writer->passkey_rename(store->writer_db, user_id, id, name, why);
}

int store_passkey_erase(struct store *store, const char *user_id, const char *id,
                        struct errbuf *why)
{
    int err = store_check_id(id, "passkey", why);

    return err ? err : store->writer->passkey_erase(store->writer_db, user_id, id, why);
}

void store_passkey_release(struct store_passkey *passkey)
{
    record_release(&store_record_passkey, passkey);
}

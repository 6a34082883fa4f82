/**
 * @file auth/api_keys.c  Personal keys: for programs that sign in with a permanent key
 */
#include "auth/api_keys.h"

#include "auth/accounts_internal.h"
#include "observe/log.h"

#include <stdlib.h>
#include <string.h>

enum { PREFIX_LEN = 9, USED_EVERY_MS = 600000 /* its last use is recorded at most this often */ };

/* Like a refresh token, with another prefix so that neither can be taken for the other. */
static int hash_of(const char *key, char hash[static REFRESH_HASH_MAX])
{
    char text[API_KEY_TEXT_MAX];

    if (!api_key_is(key) || strlen(key) != API_KEY_TEXT_MAX - 1)
        return UV_EINVAL;
    memcpy(text, key, sizeof(text));
    memcpy(text, "rt_", 3);
    return refresh_hash(text, hash);
}

bool api_key_is(const char *text)
{
    return strncmp(text, "ik_", 3) == 0;
}

void api_key_new(const char *user_id, int64_t now, struct api_key_made *made)
{
    struct store_api_key *key = &made->key;

    *made = (struct api_key_made){.key = {.created_at = now}};
    refresh_new(made->text);
    memcpy(made->text, "ik_", 3);
    id_new(key->id);
    memcpy(key->user_id, user_id, strlen(user_id) + 1);
    memcpy(key->prefix, made->text, PREFIX_LEN);
    hash_of(made->text, key->hash);
}

int api_key_verify(struct accounts *a, const char *text, size_t len, int64_t now,
                   struct token_claims *claims)
{
    char hash[REFRESH_HASH_MAX];
    struct store_api_key key;
    struct errbuf why = {""};
    int err = len == strlen(text) ? hash_of(text, hash) : UV_EINVAL;

    if (!err)
        err = store_api_key_get(a->store, hash, &key, &why);
    if (err)
        return err == UV_EINVAL || err == UV_ENOENT ? UV_EACCES : err;
    *claims =
        (struct token_claims){.issued_at = now, .expires_at = now + TOKEN_LIFE_MAX_S * 1000LL};
    memcpy(claims->user, key.user_id, sizeof(claims->user));
    memcpy(claims->family, key.id, sizeof(claims->family));
    if (now - key.used_at > USED_EVERY_MS && store_api_key_used(a->store, hash, now, &why))
        log_warn("auth", "the use of a key cannot be written down: %s", why.text);
    store_api_key_release(&key);
    return 0;
}

int api_key_revoke(struct accounts *a, const char *user_id, const char *id, int64_t now,
                   struct errbuf *why)
{
    int err = store_api_key_erase(a->store, user_id, id, why);
    struct store_ended *ended = err ? NULL : calloc(1, sizeof(*ended));

    if (!ended)
        return err;
    memcpy(ended->family, id, strlen(id) + 1);
    ended->expires_at = now + TOKEN_LIFE_MAX_S * 1000LL;
    accounts_all_ended(a, user_id, &(struct store_list){.items = ended, .count = 1}, now);
    return 0;
}

/**
 * @file auth/passkeys.c  The passkeys of accounts: adding one, and signing in with one
 */
#include "auth/passkeys.h"

#include "auth/accounts_internal.h"
#include "auth/base64url.h"
#include "auth/password.h"
#include "observe/log.h"

#include <stdlib.h>
#include <string.h>

static const char add_purpose[] = "add a passkey";
static const char sign_in_purpose[] = "sign in with a passkey";

int passkeys_challenge(struct accounts *a, const char *user_id, int64_t now,
                       char text[static CHALLENGE_TEXT_MAX])
{
    return challenge_new(a->challenges, user_id[0] ? add_purpose : sign_in_purpose, user_id, now,
                         text);
}

int passkeys_may_add(struct accounts *a, const char *user_id, const char *family,
                     const char *password, int64_t now, struct errbuf *why)
{
    struct store_list list = {0};
    const struct store_refresh *sign_in;
    bool recent = false;
    int err;

    if (password)
        return accounts_check_password(a, user_id, password, why);
    if ((err = accounts_sign_ins(a, user_id, now, &list, why)))
        return err;
    sign_in = list.items;
    for (size_t i = 0; i < list.count; i++)
        recent = recent || (!strcmp(sign_in[i].family, family) &&
                            sign_in[i].began_at > now - PASSKEYS_RECENT_MS);
    free(list.items);
    return recent ? 0 : err_set(why, UV_EPERM, "Type your password once more for that.");
}

/* ------------------------------------------------------------------------------ the answer */

/* Decodes a part of the answer to bytes; 0 or UV_EINVAL. */
static int decode(const char *text, unsigned char *to, size_t max, size_t *len, struct errbuf *why)
{
    long n = base64url_decode(text, strlen(text), to, max);

    *len = n < 0 ? 0 : (size_t)n;
    return n < 0 ? err_set(why, UV_EINVAL, "The passkey's answer cannot be read.") : 0;
}

static int read_client(struct accounts *a, const char *user_id, const char *client_data,
                       int64_t now, struct passkey_client *client, struct errbuf *why)
{
    unsigned char json[PASSKEY_CLIENT_MAX];
    size_t len;
    int err = decode(client_data, json, sizeof(json), &len, why);

    if (err || (err = passkey_client_read(json, len, client, why)))
        return err;
    err = challenge_spend(a->challenges, client->challenge,
                          user_id[0] ? add_purpose : sign_in_purpose, user_id, now);
    if (err == UV_EACCES)
        return err_set(why, err, "This was answered before, or not asked here; try again.");
    if (err == UV_ETIMEDOUT)
        return err_set(why, err, "That took longer than five minutes; try again.");
    return err ? err_set(why, err, "Too many use a passkey at this moment; try again.") : 0;
}

static char *encode(const unsigned char *data, size_t len)
{
    char *text = malloc(BASE64URL_LEN(len) + 1);

    if (text)
        base64url_encode(data, len, text);
    return text;
}

int passkeys_check_new(struct accounts *a, const char *user_id, const struct passkey_rp *rp,
                       const struct passkeys_answer *answer, int64_t now,
                       struct store_passkey *made, struct errbuf *why)
{
    unsigned char attestation[PASSKEY_ATTESTATION_MAX];
    struct passkey_client client;
    struct passkey_key key;
    size_t len;
    int err = read_client(a, user_id, answer->client_data, now, &client, why);

    if (err || (err = decode(answer->attestation, attestation, sizeof(attestation), &len, why)) ||
        (err = passkey_made(rp, &client, attestation, len, &key, why)))
        return err;
    *made = (struct store_passkey){
        .alg = key.alg, .count = key.count, .synced = key.synced, .created_at = now};
    id_new(made->id);
    memcpy(made->user_id, user_id, strlen(user_id) + 1);
    made->credential = encode(key.id, key.id_len);
    made->public_key = encode(key.key, key.key_len);
    made->rp_id = strdup(rp->id);
    if (made->credential && made->public_key && made->rp_id)
        return 0;
    store_passkey_release(made);
    return err_set(why, UV_ENOMEM, "out of memory");
}

/* ------------------------------------------------------------------------------ signing in */

static int not_known(struct errbuf *why)
{
    return err_set(why, UV_EACCES,
                   "This passkey is not known here (any more); sign in with your password.");
}

/* The user handle is the user's id, which the device got together with the key. */
static bool is_owner(const struct store_passkey *kept, const char *user_handle)
{
    char id[ID_TEXT_MAX] = "";
    long n = base64url_decode(user_handle, strlen(user_handle), id, sizeof(id) - 1);

    return n == (long)strlen(kept->user_id) && !memcmp(id, kept->user_id, (size_t)n);
}

static int check_signature(const struct passkey_rp *rp, const struct passkey_client *client,
                           const struct store_passkey *kept, const struct passkeys_answer *answer,
                           uint32_t *count, struct errbuf *why)
{
    unsigned char auth_data[PASSKEY_AUTH_DATA_MAX], signature[PASSKEY_SIGNATURE_MAX];
    struct passkey_signature s = {.auth_data = auth_data, .signature = signature};
    struct passkey_key key = {.alg = kept->alg};
    int err;

    if ((err = decode(kept->public_key, key.key, sizeof(key.key), &key.key_len, why)) ||
        (err = decode(answer->auth_data, auth_data, sizeof(auth_data), &s.auth_data_len, why)) ||
        (err = decode(answer->signature, signature, sizeof(signature), &s.signature_len, why)) ||
        (err = passkey_signed(rp, client, &key, &s, count, why)))
        return err;
    if (passkey_count_rises((uint32_t)kept->count, *count))
        return 0;
    log_warn("auth", "a passkey says a count that it has said before: there may be a copy of it");
    return err_set(why, UV_EACCES,
                   "There seems to be a copy of this passkey, so it does not sign in; sign in with "
                   "your password and remove it.");
}

static int find_user(struct accounts *a, const char *user_id, struct grant *grant,
                     struct errbuf *why)
{
    int err = store_user_get(a->store, user_id, &grant->user, why);

    if (err)
        return err == UV_ENOENT ? not_known(why) : err;
    return grant->user.disabled_at ? accounts_refuse_disabled(why) : 0;
}

/* The passkey may have been removed, or the user disabled, before this sign-in existed. */
static int still_may(struct accounts *a, const char *credential, const struct grant *grant,
                     int64_t now, struct errbuf *why)
{
    struct store_passkey kept;
    struct grant again = {0};
    int err = store_passkey_get(a->store, credential, &kept, why);

    if (!err) {
        store_passkey_release(&kept);
        err = find_user(a, grant->user.id, &again, why);
        grant_release(&again);
    }
    if (err)
        accounts_end(a, grant->user.id, grant->family, now, NULL);
    return err == UV_ENOENT ? not_known(why) : err;
}

int passkeys_login(struct accounts *a, const struct passkey_rp *rp,
                   const struct passkeys_answer *answer, int64_t now,
                   const struct sign_in_from *from, struct grant *grant, struct errbuf *why)
{
    struct passkey_client client;
    struct store_passkey kept;
    uint32_t count;
    int err = read_client(a, "", answer->client_data, now, &client, why);

    *grant = (struct grant){0};
    if (err)
        return err;
    if ((err = store_passkey_get(a->store, answer->credential, &kept, why)))
        return err == UV_ENOENT ? not_known(why) : err;
    memcpy(grant->user.id, kept.user_id, sizeof(grant->user.id));
    if (!is_owner(&kept, answer->user_handle))
        err = not_known(why);
    if (!err)
        err = check_signature(rp, &client, &kept, answer, &count, why);
    if (!err)
        err = find_user(a, kept.user_id, grant, why);
    if (!err && (err = store_passkey_used(a->store, kept.id, count, now, why)) == UV_ENOENT)
        err = not_known(why);
    if (!err && !(err = accounts_begin(a, now, from, grant, why)))
        err = still_may(a, answer->credential, grant, now, why);
    store_passkey_release(&kept);
    return accounts_finish(grant, err);
}

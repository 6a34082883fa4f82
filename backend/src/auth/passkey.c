/**
 * @file auth/passkey.c  Passkeys: verifying what a browser answers
 */
#include "auth/passkey.h"

#include "auth/cbor.h"
#include "base/json.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Authenticator data (section 6.1). */
enum {
    FLAGS_AT = 32,
    COUNT_AT = 33,
    HEAD_LEN = 37,
    AAGUID_LEN = 16,
    PRESENT = 1 << 0,
    VERIFIED = 1 << 2,
    MAY_BE_BACKED_UP = 1 << 3,
    IS_BACKED_UP = 1 << 4,
    HAS_KEY = 1 << 6,
    HAS_EXTENSIONS = 1 << 7,
};

const int passkey_algs[] = {COSE_ES256, COSE_EDDSA, COSE_RS256, 0};

static int not_read(const char *what, struct errbuf *why)
{
    return err_set(why, UV_EINVAL, "The %s cannot be read.", what);
}

/* ---- relying party ------------------------------------------------------------------------- */

static bool is_name(const char *host)
{
    struct in_addr v4;
    bool letters = false;

    for (const char *p = host; *p; p++) {
        if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
            return false;
        letters = letters || isalpha((unsigned char)*p);
    }
    return letters && *host && inet_pton(AF_INET, host, &v4) != 1;
}

static bool is_this_machine(const char *host)
{
    size_t len = strlen(host);

    return !strcmp(host, "localhost") || (len > 10 && !strcmp(host + len - 10, ".localhost"));
}

int passkey_rp(const char *origin, struct passkey_rp *rp, struct errbuf *why)
{
    bool secure = strncasecmp(origin, "https://", 8) == 0;
    struct passkey_rp made = {.id = ""};
    const char *host = origin + (secure ? 8 : 7);
    size_t len;

    if ((!secure && strncasecmp(origin, "http://", 7) != 0) ||
        strlen(origin) >= sizeof(made.origin))
        return err_set(why, UV_EINVAL, "That is no origin of a page.");
    for (size_t i = 0; origin[i]; i++)
        made.origin[i] = (char)tolower((unsigned char)origin[i]);
    host = made.origin + (host - origin);
    len = *host == '[' ? strlen(host) : strcspn(host, ":");
    if (!len || len >= sizeof(made.id))
        return err_set(why, UV_EINVAL, "That is no origin of a page.");
    memcpy(made.id, host, len);
    if (!is_name(made.id))
        return err_set(why, UV_ENOTSUP,
                       "Browsers have passkeys for names, not for addresses: open this page under "
                       "its name, on this machine as localhost.");
    if (!secure && !is_this_machine(made.id))
        return err_set(why, UV_ENOTSUP,
                       "Browsers have passkeys only over HTTPS, or on this machine as localhost.");
    *rp = made;
    return 0;
}

/* ------------------------------------------------------------------------- the client data */

static bool copy_text(const json_t *data, const char *key, char *to, size_t size)
{
    const char *text = json_str(data, key);
    size_t len = text ? strlen(text) : 0;

    if (!text || len >= size)
        return false;
    memcpy(to, text, len + 1);
    return true;
}

int passkey_client_read(const void *json, size_t len, struct passkey_client *client,
                        struct errbuf *why)
{
    struct passkey_client read = {.framed = false};
    json_t *data =
        len <= PASSKEY_CLIENT_MAX ? json_read(json, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    bool whole = copy_text(data, "type", read.type, sizeof(read.type)) &&
                 copy_text(data, "challenge", read.challenge, sizeof(read.challenge)) &&
                 copy_text(data, "origin", read.origin, sizeof(read.origin));
    const json_t *crossed = json_object_get(data, "crossOrigin");

    /* Anything but false, or a page around ours (L3), means a frame. */
    read.framed = (crossed && !json_is_false(crossed)) || json_object_get(data, "topOrigin");
    json_decref(data);
    if (!data && json_starved())
        return err_set(why, UV_ENOMEM, "out of memory");
    if (!whole)
        return not_read("client data", why);
    SHA256(json, len, read.hash);
    *client = read;
    return 0;
}

static int check_client(const struct passkey_rp *rp, const struct passkey_client *client,
                        const char *type, struct errbuf *why)
{
    if (strcmp(client->type, type) != 0)
        return err_set(why, UV_EACCES, "The browser was asked for something else.");
    if (strcmp(client->origin, rp->origin) != 0)
        return err_set(why, UV_EACCES, "The passkey was used on another page than this one.");
    if (client->framed)
        return err_set(why, UV_EACCES, "The passkey was used inside a page of another site.");
    return 0;
}

/* -------------------------------------------------------------------- the authenticator data */

static int check_auth_data(const struct passkey_rp *rp, const unsigned char *data, size_t len,
                           struct errbuf *why)
{
    unsigned char rp_hash[SHA256_DIGEST_LENGTH];
    unsigned flags;

    if (len < HEAD_LEN || len > PASSKEY_AUTH_DATA_MAX)
        return not_read("authenticator data", why);
    SHA256((const unsigned char *)rp->id, strlen(rp->id), rp_hash);
    if (memcmp(data, rp_hash, sizeof(rp_hash)) != 0)
        return err_set(why, UV_EACCES, "The passkey is one of another site.");
    flags = data[FLAGS_AT];
    if (!(flags & PRESENT))
        return err_set(why, UV_EACCES, "The passkey was used with nobody there.");
    if (!(flags & VERIFIED))
        return err_set(why, UV_EACCES,
                       "The device did not ask who you are; a fingerprint, a face or a PIN is "
                       "needed.");
    if (flags & IS_BACKED_UP && !(flags & MAY_BE_BACKED_UP))
        return not_read("authenticator data", why);
    return 0;
}

/* After the header there must be exactly what the flags announce, so that libfido2 only gets
 * well-formed CBOR. */
static int check_rest(const unsigned char *data, size_t len, bool made, struct errbuf *why)
{
    bool has_key = data[FLAGS_AT] & HAS_KEY;
    size_t at = HEAD_LEN;
    struct cbor_value value;

    if (has_key != made)
        return not_read("authenticator data", why);
    if (has_key) {
        size_t id_len;

        if (len - at < AAGUID_LEN + 2)
            return not_read("authenticator data", why);
        at += AAGUID_LEN + 2;
        id_len = (size_t)data[at - 2] << 8 | data[at - 1];
        if (!id_len || id_len > PASSKEY_ID_MAX)
            return err_set(why, UV_EINVAL, "The passkey's id has no or more than 1023 bytes.");
        if (id_len > len - at)
            return not_read("authenticator data", why);
        at += id_len;
        if (cbor_next(data, len, &at, &value) || value.kind != CBOR_MAP)
            return not_read("passkey's public key", why);
    }
    if (data[FLAGS_AT] & HAS_EXTENSIONS &&
        (cbor_next(data, len, &at, &value) || value.kind != CBOR_MAP))
        return not_read("authenticator data", why);
    return at == len ? 0 : not_read("authenticator data", why);
}

/* ---- registration -------------------------------------------------------------------------- */

struct attestation {
    struct cbor_value fmt, statement, auth_data;
    const unsigned char *map; /* the statement, including its head */
    size_t map_len;
};

static bool is_text(const struct cbor_value *value, const char *text)
{
    return value->kind == CBOR_TEXT && value->number == strlen(text) &&
           memcmp(value->data, text, strlen(text)) == 0;
}

/* {"fmt": text, "attStmt": map, "authData": bytes} and nothing after it (section 6.5.4). */
static int read_attestation(const unsigned char *data, size_t len, struct attestation *a)
{
    struct cbor_value object, name, value;
    size_t at = 0;

    if (cbor_next(data, len, &at, &object) || at != len || object.kind != CBOR_MAP)
        return UV_EINVAL;
    *a = (struct attestation){.fmt = {.kind = CBOR_SIMPLE}};
    at = (size_t)(object.data - data);
    for (uint64_t i = 0; i < object.number; i++) {
        size_t value_at;

        if (cbor_next(data, len, &at, &name))
            return UV_EINVAL;
        value_at = at;
        if (cbor_next(data, len, &at, &value))
            return UV_EINVAL;
        if (is_text(&name, "fmt")) {
            a->fmt = value;
        } else if (is_text(&name, "attStmt")) {
            a->statement = value;
            a->map = data + value_at;
            a->map_len = at - value_at;
        } else if (is_text(&name, "authData")) {
            a->auth_data = value;
        }
    }
    return a->fmt.kind == CBOR_TEXT && a->statement.kind == CBOR_MAP &&
                   a->auth_data.kind == CBOR_BYTES
               ? 0
               : UV_EINVAL;
}

/* Refuses points that are not on the curve, and invalid moduli, before the key is stored. */
static int load_key(int alg, const unsigned char *data, size_t len, void **key)
{
    es256_pk_t *es256;
    eddsa_pk_t *eddsa;
    rs256_pk_t *rs256;
    int err;

    switch (alg) {
    case COSE_ES256:
        *key = es256 = es256_pk_new();
        err = es256 ? es256_pk_from_ptr(es256, data, len) : FIDO_ERR_INTERNAL;
        break;
    case COSE_EDDSA:
        *key = eddsa = eddsa_pk_new();
        err = eddsa ? eddsa_pk_from_ptr(eddsa, data, len) : FIDO_ERR_INTERNAL;
        break;
    case COSE_RS256:
        *key = rs256 = rs256_pk_new();
        err = rs256 ? rs256_pk_from_ptr(rs256, data, len) : FIDO_ERR_INTERNAL;
        break;
    default:
        *key = NULL;
        return UV_ENOTSUP;
    }
    if (!*key)
        return UV_ENOMEM;
    return err ? UV_EINVAL : 0;
}

static void free_key(int alg, void *key)
{
    if (alg == COSE_ES256)
        es256_pk_free((es256_pk_t **)&key);
    else if (alg == COSE_EDDSA)
        eddsa_pk_free((eddsa_pk_t **)&key);
    else if (alg == COSE_RS256)
        rs256_pk_free((rs256_pk_t **)&key);
}

/* libfido2 only reads authenticator data after it was given the algorithm. UV_ENOTSUP: not one of
 * ours. */
static int read_cred(const struct cbor_value *auth_data, fido_cred_t **cred)
{
    for (size_t i = 0; passkey_algs[i]; i++) {
        if (!(*cred = fido_cred_new()))
            return UV_ENOMEM;
        if (!fido_cred_set_type(*cred, passkey_algs[i]) &&
            !fido_cred_set_authdata_raw(*cred, auth_data->data, (size_t)auth_data->number))
            return 0;
        fido_cred_free(cred);
    }
    return UV_ENOTSUP;
}

/* A self-attested key only shows that the sender has it. A manufacturer's certificate was not
 * requested, and could not be checked. */
static int check_statement(const struct attestation *a, const struct passkey_rp *rp,
                           const struct passkey_client *client, fido_cred_t *cred,
                           struct errbuf *why)
{
    if (is_text(&a->fmt, "none"))
        return a->statement.number ? not_read("attestation", why) : 0;
    if (!is_text(&a->fmt, "packed"))
        return err_set(why, UV_ENOTSUP,
                       "The device vouches for the passkey in a way that was not asked for.");
    if (fido_cred_set_clientdata_hash(cred, client->hash, sizeof(client->hash)) ||
        fido_cred_set_rp(cred, rp->id, NULL) || fido_cred_set_fmt(cred, "packed") ||
        fido_cred_set_attstmt(cred, a->map, a->map_len))
        return not_read("attestation", why);
    if (fido_cred_x5c_ptr(cred))
        return err_set(why, UV_ENOTSUP,
                       "The device vouches for the passkey in a way that was not asked for.");
    if (fido_cred_verify_self(cred))
        return err_set(why, UV_EACCES, "The passkey's signature does not hold.");
    return 0;
}

static int take_key(const fido_cred_t *cred, struct passkey_key *key, struct errbuf *why)
{
    struct passkey_key made = {.alg = fido_cred_type(cred)};
    void *loaded;
    int err;

    made.id_len = fido_cred_id_len(cred);
    made.key_len = fido_cred_pubkey_len(cred);
    if (!made.id_len || made.id_len > sizeof(made.id) || !made.key_len ||
        made.key_len > sizeof(made.key))
        return not_read("passkey's public key", why);
    memcpy(made.id, fido_cred_id_ptr(cred), made.id_len);
    memcpy(made.key, fido_cred_pubkey_ptr(cred), made.key_len);
    made.count = fido_cred_sigcount(cred);
    made.synced = fido_cred_flags(cred) & MAY_BE_BACKED_UP;

    err = load_key(made.alg, made.key, made.key_len, &loaded);
    free_key(made.alg, loaded);
    if (err)
        return err == UV_ENOMEM ? err_set(why, err, "out of memory")
                                : not_read("passkey's public key", why);
    *key = made;
    return 0;
}

int passkey_made(const struct passkey_rp *rp, const struct passkey_client *client,
                 const unsigned char *attestation, size_t len, struct passkey_key *key,
                 struct errbuf *why)
{
    const unsigned char *auth_data;
    struct attestation a;
    fido_cred_t *cred;
    int err = check_client(rp, client, "webauthn.create", why);

    if (err)
        return err;
    if (len > PASSKEY_ATTESTATION_MAX || read_attestation(attestation, len, &a))
        return not_read("attestation", why);
    auth_data = a.auth_data.data;
    if ((err = check_auth_data(rp, auth_data, (size_t)a.auth_data.number, why)) ||
        (err = check_rest(auth_data, (size_t)a.auth_data.number, true, why)))
        return err;
    if ((err = read_cred(&a.auth_data, &cred)))
        return err_set(why, err,
                       err == UV_ENOMEM ? "out of memory"
                                        : "The passkey's key is of a kind that is not taken here: "
                                          "ES256, EdDSA and RS256 are.");
    err = check_statement(&a, rp, client, cred, why);
    if (!err)
        err = take_key(cred, key, why);
    fido_cred_free(&cred);
    return err;
}

/* -------------------------------------------------------------------------------- signing in */

static int verify(const struct passkey_rp *rp, const struct passkey_client *client,
                  const struct passkey_key *key, const struct passkey_signature *s, void *public)
{
    fido_assert_t *assert = fido_assert_new();
    int err = assert ? FIDO_ERR_INVALID_ARGUMENT : FIDO_ERR_INTERNAL;

    if (assert && !fido_assert_set_clientdata_hash(assert, client->hash, sizeof(client->hash)) &&
        !fido_assert_set_rp(assert, rp->id) && !fido_assert_set_count(assert, 1) &&
        !fido_assert_set_up(assert, FIDO_OPT_TRUE) && !fido_assert_set_uv(assert, FIDO_OPT_TRUE) &&
        !fido_assert_set_authdata_raw(assert, 0, s->auth_data, s->auth_data_len) &&
        !fido_assert_set_sig(assert, 0, s->signature, s->signature_len))
        err = fido_assert_verify(assert, 0, key->alg, public);
    fido_assert_free(&assert);
    if (err)
        return err == FIDO_ERR_INTERNAL ? UV_ENOMEM : UV_EACCES; /* a valid signature must not be
                                                                    called wrong */
    return 0;
}

int passkey_signed(const struct passkey_rp *rp, const struct passkey_client *client,
                   const struct passkey_key *key, const struct passkey_signature *s,
                   uint32_t *count, struct errbuf *why)
{
    const unsigned char *c = s->auth_data + COUNT_AT;
    void *public;
    int err = check_client(rp, client, "webauthn.get", why);

    if (err || (err = check_auth_data(rp, s->auth_data, s->auth_data_len, why)) ||
        (err = check_rest(s->auth_data, s->auth_data_len, false, why)))
        return err;
    if (!s->signature_len || s->signature_len > PASSKEY_SIGNATURE_MAX)
        return not_read("signature", why);
    err = load_key(key->alg, key->key, key->key_len, &public);
    if (err)
        err_set(why, err, "The passkey that is kept cannot be read.");
    else if ((err = verify(rp, client, key, s, public)))
        err_set(why, err,
                err == UV_ENOMEM ? "out of memory" : "The passkey's signature does not hold.");
    else
        *count = (uint32_t)c[0] << 24 | (uint32_t)c[1] << 16 | (uint32_t)c[2] << 8 | c[3];
    free_key(key->alg, public);
    return err;
}

bool passkey_count_rises(uint32_t kept, uint32_t now)
{
    return now > kept || (!now && !kept);
}

/**
 * @file test/unit/auth/passkey.c  Which passkeys are believed: a device made of software answers,
 * rightly and wrongly
 */
#include "cmocka_all.h"

#include "auth/cbor.h"
#include "auth/challenge.h"
#include "auth/passkey.h"
#include "support/authenticator.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define ORIGIN "https://interview.example"

static const int algs[] = {-7, -8, -257};

/* One device, and what it answered last. */
struct ceremony {
    struct device device;
    struct passkey_rp rp;
    struct passkey_client client;
    struct passkey_key key;
    struct device_bytes attestation, auth_data, signature;
    struct errbuf why;
};

static void begin(struct ceremony *c, int alg)
{
    memset(c, 0, sizeof(*c));
    device_open(&c->device, alg);
    assert_int_equal(passkey_rp(ORIGIN, &c->rp, &c->why), 0);
}

static void see(struct ceremony *c, const char *type, const char *origin, const char *more)
{
    char json[1024];
    size_t len = device_client(json, sizeof(json), type, "abc", origin, more);

    assert_int_equal(passkey_client_read(json, len, &c->client, &c->why), 0);
    assert_string_equal(c->client.challenge, "abc");
}

static int take(struct ceremony *c)
{
    return passkey_made(&c->rp, &c->client, c->attestation.data, c->attestation.len, &c->key,
                        &c->why);
}

static int make(struct ceremony *c, const char *fmt)
{
    see(c, "webauthn.create", ORIGIN, "");
    device_attest(&c->device, fmt, c->client.hash, &c->attestation);
    return take(c);
}

static int check(struct ceremony *c, uint32_t *count)
{
    struct passkey_signature s = {c->auth_data.data, c->auth_data.len, c->signature.data,
                                  c->signature.len};

    return passkey_signed(&c->rp, &c->client, &c->key, &s, count, &c->why);
}

static int sign(struct ceremony *c, uint32_t *count)
{
    see(c, "webauthn.get", ORIGIN, ",\"crossOrigin\":false");
    device_auth_data(&c->device, 0, &c->auth_data);
    device_sign(&c->device, &c->auth_data, c->client.hash, &c->signature);
    return check(c, count);
}

static void a_passkey_is_made_and_signs(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        static const char *const fmts[] = {"none", "packed"};

        for (size_t f = 0; f < 2; f++) {
            struct ceremony c;
            uint32_t count = 0;

            begin(&c, algs[i]);
            c.device.count = 6;
            assert_int_equal(make(&c, fmts[f]), 0);
            assert_int_equal(c.key.alg, algs[i]);
            assert_int_equal(c.key.id_len, 32);
            assert_memory_equal(c.key.id, "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii", 32);
            assert_int_equal(c.key.count, 6);
            assert_false(c.key.synced);
            c.device.count = 7;
            assert_int_equal(sign(&c, &count), 0);
            assert_int_equal(count, 7);
            device_close(&c.device);
        }
    }
}

static void a_signature_of_another_key_or_text_does_not_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ceremony c, other;
        uint32_t count = 99;

        begin(&c, algs[i]);
        begin(&other, algs[i]);
        assert_int_equal(make(&c, "none"), 0);
        assert_int_equal(make(&other, "none"), 0);
        assert_int_equal(sign(&c, &count), 0);
        count = 99;
        c.auth_data.data[36] ^= 1; /* the counter */
        assert_int_equal(check(&c, &count), UV_EACCES);
        assert_string_equal(c.why.text, "The passkey's signature does not hold.");
        c.auth_data.data[36] ^= 1;
        c.client.hash[0] ^= 1;
        assert_int_equal(check(&c, &count), UV_EACCES);
        c.client.hash[0] ^= 1;
        c.signature.data[c.signature.len - 1] ^= 1;
        assert_int_equal(check(&c, &count), UV_EACCES);
        c.signature.data[c.signature.len - 1] ^= 1;
        assert_int_equal(check(&c, &count), 0);
        count = 99;
        c.key = other.key;
        assert_int_equal(check(&c, &count), UV_EACCES);
        c.key.alg = algs[(i + 1) % 3]; /* a key is not read as one of another kind */
        assert_int_not_equal(check(&c, &count), 0);
        c.signature.len = 0;
        assert_int_equal(check(&c, &count), UV_EINVAL);
        assert_int_equal(count, 99);
        device_close(&c.device);
        device_close(&other.device);
    }
}

static void the_packed_statement_must_hold(void **state)
{
    struct ceremony c;

    (void)state;
    begin(&c, -7);
    see(&c, "webauthn.create", ORIGIN, "");
    device_attest(&c.device, "packed", c.client.hash, &c.attestation);
    c.client.hash[0] ^= 1;
    assert_int_equal(take(&c), UV_EACCES);
    assert_int_equal(make(&c, "android-key"), UV_ENOTSUP);
    c.device.vouches = 1; /* "none" has nothing to say */
    assert_int_equal(make(&c, "none"), UV_EINVAL);
    device_close(&c.device);
}

static void where_it_was_used_is_told(void **state)
{
    static const struct {
        const char *type, *origin, *more;
    } wrong[] = {
        {"webauthn.get", ORIGIN, ""},
        {"payment.get", ORIGIN, ""},
        {"webauthn.create", "https://interview.example.evil.example", ""},
        {"webauthn.create", "https://evil.interview.example", ""},
        {"webauthn.create", "http://interview.example", ""},
        {"webauthn.create", ORIGIN ":8443", ""},
        {"webauthn.create", ORIGIN, ",\"crossOrigin\":true"},
        {"webauthn.create", ORIGIN, ",\"crossOrigin\":\"no\""},
        {"webauthn.create", ORIGIN, ",\"topOrigin\":\"https://evil.example\""},
    };
    struct ceremony c;
    uint32_t count;

    (void)state;
    begin(&c, -7);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        see(&c, wrong[i].type, wrong[i].origin, wrong[i].more);
        device_attest(&c.device, "none", c.client.hash, &c.attestation);
        assert_int_equal(take(&c), UV_EACCES);
    }
    assert_int_equal(make(&c, "none"), 0);
    for (size_t i = 2; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        see(&c, "webauthn.get", wrong[i].origin, wrong[i].more);
        device_auth_data(&c.device, 0, &c.auth_data);
        device_sign(&c.device, &c.auth_data, c.client.hash, &c.signature);
        assert_int_equal(check(&c, &count), UV_EACCES);
    }
    see(&c, "webauthn.create", ORIGIN, "");
    assert_int_equal(check(&c, &count), UV_EACCES);
    device_close(&c.device);
}

static void client_data_is_json(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "null",
        "{\"type\":\"webauthn.get\",\"challenge\":\"abc\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":7,\"origin\":\"https://a.example\"}",
        "{\"type\":\"a\",\"type\":\"a\",\"challenge\":\"a\",\"origin\":\"b\"}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"abc\",\"origin\":\"https://a.example\"",
        "{\"type\":\"webauthn.get\",\"challenge\":\"abc\",\"origin\":\"https://\xff.example\"}",
    };
    struct passkey_client client;
    char long_one[PASSKEY_CLIENT_MAX + 200];
    char more[PASSKEY_CLIENT_MAX];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(passkey_client_read(wrong[i], strlen(wrong[i]), &client, NULL), UV_EINVAL);
    memset(more, ' ', sizeof(more));
    more[sizeof(more) - 1] = '\0';
    len = device_client(long_one, sizeof(long_one), "webauthn.get", "abc", ORIGIN, more);
    assert_int_equal(passkey_client_read(long_one, len, &client, NULL), UV_EINVAL);
    len = device_client(long_one, sizeof(long_one), "webauthn.get", "abc", ORIGIN,
                        ",\"other_keys_can_be_added_here\":\"do not compare\"");
    assert_int_equal(passkey_client_read(long_one, len, &client, NULL), 0);
}

static void the_flags_and_the_site_are_looked_at(void **state)
{
    static const unsigned wrong[] = {0, 1, 4, 5 | 16};
    struct ceremony c;
    uint32_t count;

    (void)state;
    begin(&c, -7);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        c.device.flags = wrong[i];
        assert_int_not_equal(make(&c, "none"), 0);
    }
    c.device.flags = 5;
    c.device.rp_id = "evil.example";
    assert_int_equal(make(&c, "none"), UV_EACCES);
    c.device.rp_id = "interview.example";
    c.device.flags = 5 | 8 | 16;
    assert_int_equal(make(&c, "none"), 0);
    assert_true(c.key.synced);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        c.device.flags = wrong[i];
        assert_int_not_equal(sign(&c, &count), 0);
    }
    c.device.flags = 5;
    c.device.rp_id = "evil.example";
    assert_int_equal(sign(&c, &count), UV_EACCES);
    device_close(&c.device);
}

/* However it is cut, and whatever byte is doubled at its end. */
static void what_is_cut_off_is_refused(void **state)
{
    struct ceremony c;
    uint32_t count;
    size_t len;

    (void)state;
    begin(&c, -7);
    assert_int_equal(make(&c, "packed"), 0);
    len = c.attestation.len;
    for (size_t i = 0; i < len; i++) {
        unsigned char *exact = malloc(i + 1); /* so that a sanitizer sees one byte too far */

        memcpy(exact, c.attestation.data, i);
        assert_int_equal(passkey_made(&c.rp, &c.client, exact, i, &c.key, NULL), UV_EINVAL);
        free(exact);
    }
    c.attestation.data[len] = 0;
    c.attestation.len = len + 1;
    assert_int_equal(take(&c), UV_EINVAL);

    assert_int_equal(sign(&c, &count), 0);
    len = c.auth_data.len;
    for (c.auth_data.len = 0; c.auth_data.len < len; c.auth_data.len++)
        assert_int_equal(check(&c, &count), UV_EINVAL);
    c.auth_data.len = len + 1;
    assert_int_equal(check(&c, &count), UV_EINVAL);
    device_auth_data(&c.device, 1, &c.auth_data); /* a key where none belongs */
    device_sign(&c.device, &c.auth_data, c.client.hash, &c.signature);
    assert_int_equal(check(&c, &count), UV_EINVAL);
    device_close(&c.device);
}

static void ids_have_a_length(void **state)
{
    struct ceremony c;

    (void)state;
    begin(&c, -8);
    c.device.id_len = 1023;
    assert_int_equal(make(&c, "none"), 0);
    assert_int_equal(c.key.id_len, 1023);
    c.device.id_len = 1024;
    assert_int_equal(make(&c, "none"), UV_EINVAL);
    assert_string_equal(c.why.text, "The passkey's id has no or more than 1023 bytes.");
    c.device.id_len = 32;
    c.device.id_said = 65535;
    assert_int_equal(make(&c, "none"), UV_EINVAL);
    c.device.id_said = 31;
    assert_int_not_equal(make(&c, "none"), 0);
    c.device.id_len = 0;
    c.device.id_said = 0;
    assert_int_equal(make(&c, "none"), UV_EINVAL);
    device_close(&c.device);
}

static void keys_of_other_kinds_are_refused(void **state)
{
    struct ceremony c;

    (void)state;
    begin(&c, -7);
    c.device.alg_said = -35; /* ES384 */
    assert_int_equal(make(&c, "none"), UV_ENOTSUP);
    c.device.alg_said = -257; /* says RSA, is a point */
    assert_int_equal(make(&c, "none"), UV_ENOTSUP);
    c.device.alg_said = 0;
    assert_int_equal(make(&c, "none"), 0);
    c.attestation.data[c.attestation.len - 1] ^= 1; /* a point beside the curve */
    assert_int_equal(take(&c), UV_EINVAL);
    device_close(&c.device);
}

static void extensions_that_nobody_asked_for_are_ignored(void **state)
{
    struct ceremony c;
    uint32_t count;

    (void)state;
    begin(&c, -7);
    c.device.extensions = "\xa1\x63"
                          "xyz"
                          "\xf5";
    assert_int_equal(make(&c, "none"), 0);
    assert_int_equal(sign(&c, &count), 0);
    c.device.extensions = "\xa1\x63"
                          "xyz";
    assert_int_equal(make(&c, "none"), UV_EINVAL);
    c.device.extensions = "\x63"
                          "xyz";
    assert_int_equal(make(&c, "none"), UV_EINVAL);
    device_close(&c.device);
}

static void a_counter_rises_or_there_is_none(void **state)
{
    (void)state;
    assert_true(passkey_count_rises(0, 0));
    assert_true(passkey_count_rises(0, 1));
    assert_true(passkey_count_rises(1, 4000000000u));
    assert_false(passkey_count_rises(7, 7));
    assert_false(passkey_count_rises(7, 6));
    assert_false(passkey_count_rises(7, 0));
}

static void whom_passkeys_are_for(void **state)
{
    static const struct {
        const char *origin, *id;
        int err;
    } cases[] = {
        {"https://interview.example", "interview.example", 0},
        {"https://Interview.Example:8443", "interview.example", 0},
        {"http://localhost:8080", "localhost", 0},
        {"http://page.localhost", "page.localhost", 0},
        {"http://interview.example", NULL, UV_ENOTSUP},
        {"http://127.0.0.1:8080", NULL, UV_ENOTSUP},
        {"https://192.168.1.7", NULL, UV_ENOTSUP},
        {"https://1.2.3", NULL, UV_ENOTSUP}, /* browsers take it for an address */
        {"https://[::1]:8080", NULL, UV_ENOTSUP},
        {"http://notlocalhost", NULL, UV_ENOTSUP},
        {"ftp://interview.example", NULL, UV_EINVAL},
        {"https://", NULL, UV_EINVAL},
        {"null", NULL, UV_EINVAL},
    };
    struct passkey_rp rp;
    char long_one[400] = "https://";

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(passkey_rp(cases[i].origin, &rp, NULL), cases[i].err);
        if (cases[i].id)
            assert_string_equal(rp.id, cases[i].id);
    }
    assert_int_equal(passkey_rp("https://Interview.Example:8443", &rp, NULL), 0);
    assert_string_equal(rp.origin, "https://interview.example:8443");
    memset(long_one + 8, 'a', 260);
    assert_int_equal(passkey_rp(long_one, &rp, NULL), UV_EINVAL);
    memset(long_one + 8, 'a', 390);
    assert_int_equal(passkey_rp(long_one, &rp, NULL), UV_EINVAL);
}

static void cbor_has_one_form(void **state)
{
    static const struct {
        const char *data;
        size_t len;
        int err;
    } cases[] = {
        {"\x00", 1, 0},
        {"\x18\x18", 2, 0},
        {"\x18\x17", 2, UV_EINVAL},                             /* not the shortest */
        {"\x19\x01", 2, UV_EINVAL},                             /* cut off */
        {"\x1b\x00\x00\x00\x01\x00\x00\x00\x00", 9, 0},         /* 2^32 */
        {"\x1b\x00\x00\x00\x00\xff\xff\xff\xff", 9, UV_EINVAL}, /* not the shortest */
        {"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 9, UV_EINVAL}, /* more than there is */
        {"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 9, UV_EINVAL},
        {"\xbb\x80\x00\x00\x00\x00\x00\x00\x00", 9, UV_EINVAL},
        {"\xa1\x01", 2, UV_EINVAL},     /* a name without a value */
        {"\x9f\xff", 2, UV_EINVAL},     /* no length */
        {"\xd4\x00", 2, UV_EINVAL},     /* a tag that has the number of false */
        {"\xc0\x00", 2, UV_EINVAL},     /* a tag */
        {"\xf9\x00\x00", 3, UV_EINVAL}, /* a float */
        {"\xf6", 1, UV_EINVAL},         /* null */
        {"\xf4", 1, 0},                 /* false */
        {"\x81\x81\x81\x81\x00", 5, 0}, /* four levels */
        {"\x81\x81\x81\x81\x81\x00", 6, UV_EINVAL},
        {"\x1c", 1, UV_EINVAL},
        {"", 0, UV_EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t at = 0;

        assert_int_equal(cbor_next((const unsigned char *)cases[i].data, cases[i].len, &at, NULL),
                         cases[i].err);
        assert_int_equal(at, cases[i].err ? 0 : cases[i].len);
    }
}

static void a_challenge_is_good_once_for_one_purpose(void **state)
{
    struct challenges *c = NULL, *other = NULL;
    char text[CHALLENGE_TEXT_MAX], again[CHALLENGE_TEXT_MAX];
    const int64_t now = 1700000000000;

    (void)state;
    assert_int_equal(challenges_open(&c), 0);
    assert_int_equal(challenges_open(&other), 0);
    assert_int_equal(challenge_new(c, "add", "u1", now, text), 0);
    assert_int_equal(challenge_new(c, "add", "u1", now, again), 0);
    assert_string_not_equal(text, again);
    assert_int_equal(challenge_spend(c, text, "sign in", "u1", now), UV_EACCES);
    assert_int_equal(challenge_spend(c, text, "add", "u2", now), UV_EACCES);
    assert_int_equal(challenge_spend(c, text, "addu", "1", now), UV_EACCES);
    assert_int_equal(challenge_spend(other, text, "add", "u1", now), UV_EACCES);
    assert_int_equal(challenge_spend(c, "abc", "add", "u1", now), UV_EACCES);
    assert_int_equal(challenge_spend(c, text, "add", "u1", now), 0);
    assert_int_equal(challenge_spend(c, text, "add", "u1", now), UV_EACCES);
    assert_int_equal(challenge_spend(c, again, "add", "u1", now + CHALLENGE_S * 1000),
                     UV_ETIMEDOUT);
    assert_int_equal(challenge_spend(c, again, "add", "u1", now + CHALLENGE_S * 1000 - 1), 0);
    challenges_close(c);
    challenges_close(other);
    challenges_close(NULL);
}

static void spent_challenges_are_bounded_and_forgotten(void **state)
{
    struct challenges *c = NULL;
    char text[CHALLENGE_TEXT_MAX];
    int64_t now = 1700000000000;

    (void)state;
    assert_int_equal(challenges_open(&c), 0);
    for (int i = 0; i < CHALLENGES_MAX; i++) {
        assert_int_equal(challenge_new(c, "p", "", now, text), 0);
        assert_int_equal(challenge_spend(c, text, "p", "", now), 0);
    }
    assert_int_equal(challenge_new(c, "p", "", now + 1, text), 0);
    assert_int_equal(challenge_spend(c, text, "p", "", now + 1), UV_EBUSY);
    now += CHALLENGE_S * 1000;
    assert_int_equal(challenge_spend(c, text, "p", "", now), 0);
    assert_int_equal(challenge_spend(c, text, "p", "", now), UV_EACCES);
    challenges_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_passkey_is_made_and_signs),
        cmocka_unit_test(a_signature_of_another_key_or_text_does_not_hold),
        cmocka_unit_test(the_packed_statement_must_hold),
        cmocka_unit_test(where_it_was_used_is_told),
        cmocka_unit_test(client_data_is_json),
        cmocka_unit_test(the_flags_and_the_site_are_looked_at),
        cmocka_unit_test(what_is_cut_off_is_refused),
        cmocka_unit_test(ids_have_a_length),
        cmocka_unit_test(keys_of_other_kinds_are_refused),
        cmocka_unit_test(extensions_that_nobody_asked_for_are_ignored),
        cmocka_unit_test(a_counter_rises_or_there_is_none),
        cmocka_unit_test(whom_passkeys_are_for),
        cmocka_unit_test(cbor_has_one_form),
        cmocka_unit_test(a_challenge_is_good_once_for_one_purpose),
        cmocka_unit_test(spent_challenges_are_bounded_and_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

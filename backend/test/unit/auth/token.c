/**
 * @file test/unit/auth/token.c  Which tokens are believed
 */
#include "cmocka_all.h"

#include "auth/base64url.h"
#include "auth/token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

static const unsigned char raw[TOKEN_KEY_LEN] = "0123456789abcdef0123456789abcde";
enum { NOW = 1700000000 };
#define NOW_MS (NOW * 1000LL)
#define OURS   "{\"alg\":\"HS256\",\"kid\":\"1\",\"typ\":\"JWT\"}"

static struct token_key *open_key(void)
{
    struct token_key *key = NULL;

    assert_int_equal(token_key_open(&key, raw, "1"), 0);
    return key;
}

static struct token_claims make_claims(void)
{
    struct token_claims claims = {.issued_at = NOW_MS, .expires_at = NOW_MS + 900000};

    id_new(claims.user);
    id_new(claims.family);
    return claims;
}

/* A token of any header and payload, rightly signed. */
static size_t forge(const char *header, const char *payload, char text[static 1024])
{
    unsigned char mac[32];
    unsigned n = 0;
    size_t len = base64url_encode(header, strlen(header), text);

    text[len++] = '.';
    len += base64url_encode(payload, strlen(payload), text + len);
    HMAC(EVP_sha256(), raw, sizeof(raw), (unsigned char *)text, len, mac, &n);
    text[len++] = '.';
    return len + base64url_encode(mac, 32, text + len);
}

static void a_token_says_who_and_until_when(void **state)
{
    struct token_key *key = open_key();
    struct token_claims claims = make_claims();
    struct token_claims read;
    char text[TOKEN_TEXT_MAX];

    (void)state;
    assert_int_equal(token_issue(key, &claims, text), 0);
    assert_int_equal(token_verify(key, text, strlen(text), NOW_MS, &read), 0);
    assert_string_equal(read.user, claims.user);
    assert_string_equal(read.family, claims.family);
    assert_int_equal(read.issued_at, claims.issued_at);
    assert_int_equal(read.expires_at, claims.expires_at);
    token_key_close(key);
}

static void a_token_expires_to_the_second(void **state)
{
    struct token_key *key = open_key();
    struct token_claims claims = make_claims();
    char text[TOKEN_TEXT_MAX];

    (void)state;
    assert_int_equal(token_issue(key, &claims, text), 0);
    assert_int_equal(token_verify(key, text, strlen(text), NOW_MS + 899999, &claims), 0);
    assert_int_equal(token_verify(key, text, strlen(text), NOW_MS + 900000, &claims), UV_ETIMEDOUT);
    assert_int_equal(token_verify(key, text, strlen(text), NOW_MS - 3600000, &claims), UV_EACCES);
    token_key_close(key);
}

static void a_changed_or_cut_token_is_refused(void **state)
{
    struct token_key *key = open_key();
    struct token_claims claims = make_claims();
    char text[TOKEN_TEXT_MAX];
    size_t len;

    (void)state;
    assert_int_equal(token_issue(key, &claims, text), 0);
    len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char was = text[i];

        text[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(token_verify(key, text, len, NOW_MS, &claims), UV_EACCES);
        text[i] = was;
        assert_int_equal(token_verify(key, text, i, NOW_MS, &claims), UV_EACCES);
    }
    token_key_close(key);
}

static void another_algorithm_is_refused_even_when_signed(void **state)
{
    static const char *const headers[] = {"{\"alg\":\"none\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
                                          "{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
                                          "{\"alg\":\"hs256\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"HS256\",\"kid\":\"2\",\"typ\":\"JWT\"}",
                                          "{\"alg\":\"HS256\",\"kid\":\"../../x\",\"typ\":\"JWT\"}",
                                          ""};
    struct token_key *key = open_key();
    struct token_claims claims = make_claims();
    char payload[512];
    char text[1024];

    (void)state;
    snprintf(payload, sizeof(payload),
             "{\"iss\":\"interviewd\",\"aud\":\"interviewd\",\"sub\":\"%s\",\"sid\":\"%s\","
             "\"iat\":%d,\"nbf\":%d,\"exp\":%d}",
             claims.user, claims.family, NOW, NOW, NOW + 900);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        size_t len = forge(headers[i], payload, text);

        assert_int_equal(token_verify(key, text, len, NOW_MS, &claims), UV_EACCES);
    }
    /* the same payload under our own header is good: it was the header that was refused */
    assert_int_equal(token_verify(key, text, forge(OURS, payload, text), NOW_MS, &claims), 0);
    token_key_close(key);
}

#define ID "0123456789abcdefghjkmnpqrs"
#define CLAIMS                                                                                     \
    "{\"iss\":\"interviewd\",\"aud\":\"interviewd\",\"sub\":\"" ID "\",\"sid\":\"" ID "\","
#define GOOD_TIMES "\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700000900}"

static void other_claims_are_refused_even_when_signed(void **state)
{
    static const char *const payloads[] = {
        "",
        "{}",
        "null",
        "{\"iss\":\"other\",\"aud\":\"interviewd\",\"sub\":\"" ID "\",\"sid\":\"" ID
        "\"," GOOD_TIMES,
        "{\"iss\":\"interviewd\",\"aud\":\"other\",\"sub\":\"" ID "\",\"sid\":\"" ID
        "\"," GOOD_TIMES,
        "{\"iss\":\"interviewd\",\"aud\":\"interviewd\",\"sub\":\"\",\"sid\":\"" ID
        "\"," GOOD_TIMES,
        "{\"iss\":\"interviewd\",\"aud\":\"interviewd\",\"sub\":\"" ID
        "\",\"sid\":\"\"," GOOD_TIMES,
        "{\"iss\":\"interviewd\",\"aud\":\"interviewd\",\"sub\":\"../../../../../../etc/"
        "pass\",\"sid\":\"" ID "\"," GOOD_TIMES,
        CLAIMS GOOD_TIMES " ",
        CLAIMS "\"iat\":1700000000,\"exp\":1700000900}",
        CLAIMS "\"iat\":1700000000,\"nbf\":1700000000}",
        CLAIMS "\"iat\":1700000000,\"nbf\":1700000000,\"exp\":-1}",
        CLAIMS "\"iat\":1700000000,\"nbf\":1700000000,\"exp\":99999999999999999999}",
        CLAIMS "\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700000900.5}",
        CLAIMS "\"iat\":1700000011,\"nbf\":1700000000,\"exp\":1700000900}", /* issued later */
        CLAIMS "\"iat\":1700000000,\"nbf\":1700000011,\"exp\":1700000900}", /* not yet */
        CLAIMS "\"iat\":1700000010,\"nbf\":1700000000,\"exp\":1700000010}", /* no life */
        CLAIMS "\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700086401}", /* over a day */
    };
    struct token_key *key = open_key();
    struct token_claims claims;
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        size_t len = forge(OURS, payloads[i], text);

        assert_int_equal(token_verify(key, text, len, NOW_MS, &claims), UV_EACCES);
    }
    assert_int_equal(token_verify(key, text, forge(OURS, CLAIMS GOOD_TIMES, text), NOW_MS, &claims),
                     0);
    assert_int_equal(/* our own clock may be ten seconds behind itself */
                     token_verify(key, text, forge(OURS, CLAIMS GOOD_TIMES, text), NOW_MS - 10000,
                                  &claims),
                     0);
    token_key_close(key);
}

static void a_key_has_a_name_and_knows_its_own_tokens(void **state)
{
    struct token_key *one = open_key(), *two = NULL;
    struct token_claims claims = make_claims();
    char text[TOKEN_TEXT_MAX];

    (void)state;
    assert_int_equal(token_key_open(&two, raw, "2"), 0);
    assert_int_equal(token_issue(two, &claims, text), 0);
    assert_int_equal(token_verify(two, text, strlen(text), NOW_MS, &claims), 0);
    assert_int_equal(token_verify(one, text, strlen(text), NOW_MS, &claims), UV_EACCES);
    token_key_close(one);
    token_key_close(two);
    assert_int_equal(token_key_open(&two, raw, ""), UV_EINVAL);
    assert_int_equal(token_key_open(&two, raw, "a\"b"), UV_EINVAL);
    assert_int_equal(token_key_open(&two, raw, "123456789012"), UV_EINVAL);
}

static void another_servers_key_is_refused(void **state)
{
    static const unsigned char other_raw[TOKEN_KEY_LEN] = "another";
    struct token_key *key = open_key();
    struct token_key *other = NULL;
    struct token_claims claims = make_claims();
    char text[TOKEN_TEXT_MAX];

    (void)state;
    assert_int_equal(token_key_open(&other, other_raw, "1"), 0);
    assert_int_equal(token_issue(other, &claims, text), 0);
    assert_int_equal(token_verify(key, text, strlen(text), NOW_MS, &claims), UV_EACCES);
    token_key_close(key);
    token_key_close(other);
    token_key_close(NULL);
}

static void only_the_hash_of_a_refresh_token_is_for_keeping(void **state)
{
    char a[REFRESH_TEXT_MAX];
    char b[REFRESH_TEXT_MAX];
    char hash[REFRESH_HASH_MAX];

    (void)state;
    refresh_new(a);
    refresh_new(b);
    assert_string_not_equal(a, b);
    assert_int_equal(strlen(a), REFRESH_TEXT_MAX - 1);
    assert_int_equal(refresh_hash(a, hash), 0);
    assert_int_equal(strlen(hash), 64);
    assert_null(strstr(hash, a + 3));
    assert_int_equal(refresh_hash("rt_short", hash), UV_EINVAL);
    assert_int_equal(refresh_hash("", hash), UV_EINVAL);
    b[10] = '!';
    assert_int_equal(refresh_hash(b, hash), UV_EINVAL);
}

static void the_limits_of_time_are_exact(void **state)
{
    static const struct {
        const char *times;
        int64_t at;
        int verdict;
    } cases[] = {
        {GOOD_TIMES, NOW_MS - TOKEN_LEEWAY_MS, 0},
        {GOOD_TIMES, NOW_MS - TOKEN_LEEWAY_MS - 1, UV_EACCES},
        {"\"iat\":1700000010,\"nbf\":1700000000,\"exp\":1700000900}", NOW_MS, 0},
        {"\"iat\":1700000010,\"nbf\":1700000000,\"exp\":1700000900}", NOW_MS - 1, UV_EACCES},
        {"\"iat\":1700000000,\"nbf\":1700000010,\"exp\":1700000900}", NOW_MS, 0},
        {"\"iat\":1700000000,\"nbf\":1700000010,\"exp\":1700000900}", NOW_MS - 1, UV_EACCES},
        {"\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700086400}", NOW_MS, 0},
        {"\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700000001}", NOW_MS, 0},
        {"\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700000000}", NOW_MS, UV_EACCES},
        {"\"iat\":1700000000,\"nbf\":1700000000,\"exp\":01700000900}", NOW_MS, 0},
        {"\"iat\":1700000000,\"nbf\":1700000000,\"exp\":001700000900}", NOW_MS, UV_EACCES},
        {"\"iat\":,\"nbf\":1700000000,\"exp\":1700000900}", NOW_MS, UV_EACCES},
    };
    struct token_key *key = open_key();
    struct token_claims claims;
    char payload[512];
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(payload, sizeof(payload), CLAIMS "%s", cases[i].times);
        if (token_verify(key, text, forge(OURS, payload, text), cases[i].at, &claims) !=
            cases[i].verdict)
            fail_msg("%s", cases[i].times);
    }
    token_key_close(key);
}

static void a_token_is_written_as_the_header_says(void **state)
{
    struct token_key *key = open_key();
    struct token_claims claims = {
        .user = ID, .family = ID, .issued_at = NOW_MS + 999, .expires_at = NOW_MS + 900999};
    char text[TOKEN_TEXT_MAX];
    char want[1024];

    (void)state;
    assert_int_equal(token_issue(key, &claims, text), 0);
    assert_int_equal(forge(OURS, CLAIMS GOOD_TIMES, want), strlen(text));
    assert_string_equal(text, want);
    memcpy(claims.user, "../", 3);
    assert_int_equal(token_issue(key, &claims, text), UV_EINVAL);
    claims = (struct token_claims){.user = ID, .expires_at = 1};
    assert_int_equal(token_issue(key, &claims, text), UV_EINVAL);
    token_key_close(key);
    assert_int_equal(token_key_open(&key, raw, "12345678901"), 0);
    token_key_close(key);
}

static void what_follows_the_claims_is_not_overlooked(void **state)
{
    static const char payload[] = CLAIMS GOOD_TIMES "\0,\"admin\":true}";
    struct token_key *key = open_key();
    struct token_claims claims;
    unsigned char mac[32];
    char text[1024];
    unsigned n = 0;
    size_t len = base64url_encode(OURS, strlen(OURS), text);

    (void)state;
    text[len++] = '.';
    len += base64url_encode(payload, sizeof(payload) - 1, text + len);
    HMAC(EVP_sha256(), raw, sizeof(raw), (unsigned char *)text, len, mac, &n);
    text[len++] = '.';
    len += base64url_encode(mac, 32, text + len);
    assert_int_equal(token_verify(key, text, len, NOW_MS, &claims), UV_EACCES);
    token_key_close(key);
}

static void a_refresh_token_is_kept_as_its_sha256(void **state)
{
    char hash[REFRESH_HASH_MAX];

    (void)state;
    assert_int_equal(refresh_hash("rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", hash), 0);
    assert_string_equal(hash, "619682011001d94f7385b7c459e6e3b08711d130160b5e9cf037095c78f7016f");
    assert_int_equal(refresh_hash("at_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", hash),
                     UV_EINVAL);
    assert_int_equal(refresh_hash("rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", hash),
                     UV_EINVAL);
    assert_int_equal(refresh_hash("rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", hash),
                     UV_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_says_who_and_until_when),
        cmocka_unit_test(a_token_expires_to_the_second),
        cmocka_unit_test(a_changed_or_cut_token_is_refused),
        cmocka_unit_test(another_algorithm_is_refused_even_when_signed),
        cmocka_unit_test(other_claims_are_refused_even_when_signed),
        cmocka_unit_test(a_key_has_a_name_and_knows_its_own_tokens),
        cmocka_unit_test(another_servers_key_is_refused),
        cmocka_unit_test(only_the_hash_of_a_refresh_token_is_for_keeping),
        cmocka_unit_test(the_limits_of_time_are_exact),
        cmocka_unit_test(a_token_is_written_as_the_header_says),
        cmocka_unit_test(what_follows_the_claims_is_not_overlooked),
        cmocka_unit_test(a_refresh_token_is_kept_as_its_sha256),
    };

    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}

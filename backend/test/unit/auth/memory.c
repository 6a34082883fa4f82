/**
 * @file test/unit/auth/memory.c  Keys, tokens and accounts when memory runs out, at each allocation
 *
 * Whichever fails: nothing crashes or leaks (the sanitizer looks), what was not done is said by a
 * code, nobody is signed in by it, and nobody who should be signed out stays in.
 */
#include "cmocka_all.h"

#include "auth/accounts.h"
#include "auth/base64url.h"
#include "auth/ended.h"
#include "auth/passkeys.h"
#include "auth/ratelimit.h"
#include "auth/seal.h"
#include "auth/token.h"
#include "base/clock.h"
#include "support/authenticator.h"
#include "support/failing.h"
#include "support/sealed_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER "0123456789abcdefghjkmnpqrs"

static const char password[] = "correct horse battery";

struct fixture {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct seal *seal;
    struct accounts *accounts;
    int64_t now;
    int round;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->now = clock_unix_ms();
    sealed_store_make(f->dir, SEALED_STORE_KEY, &f->store, &f->seal);
    assert_int_equal(accounts_open(&f->accounts, f->store, f->seal, NULL, NULL), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    accounts_close(f->accounts);
    sealed_store_remove(f->dir, f->store, f->seal);
    free(f);
    return 0;
}

/* ---------------------------------------------------------------------------------- parts */

static void open_parts(void *arg)
{
    struct fixture *f = arg;
    struct seal *seal = NULL;
    struct token_key *key = NULL;
    struct ended *ended = NULL;
    struct ratelimit *limit = NULL;
    int e = seal_open(&seal, scratch_path(f->dir, "keys/master.key"), NULL, SEAL_FIRST_START, NULL);

    assert_true(e == 0 || e == UV_ENOMEM);
    if (!e)
        e = token_key_open(&key, (const unsigned char *)SEALED_STORE_KEY, "1");
    if (!e)
        e = ended_open(&ended);
    if (!e)
        e = ratelimit_open(&limit, "requests", 10, 60);
    assert_true(e == 0 || e == UV_ENOMEM);
    ratelimit_close(limit);
    ended_close(ended);
    token_key_close(key);
    seal_close(seal);
}

static void opening_fails_with_a_code(void **state)
{
    assert_true(failing_each(open_parts, *state) >= 6);
}

static void seal_and_back(void *arg)
{
    struct fixture *f = arg;
    char *sealed = NULL;
    char *text = NULL;
    int e = seal_text(f->seal, USER, "context", "a secret", &sealed);

    assert_true(e == UV_ENOMEM || (e == 0 && sealed));
    if (e)
        return;
    e = unseal_text(f->seal, USER, "context", sealed, &text);
    assert_true(e == UV_ENOMEM || e == 0);
    if (!e)
        assert_string_equal(text, "a secret");
    free(text);
    free(sealed);
    text = NULL;
    e = unseal_text(f->seal, USER, "context", "", &text);
    assert_true(e == UV_ENOMEM || (e == 0 && !*text));
    free(text);
}

static void a_text_is_sealed_whole_or_not_at_all(void **state)
{
    assert_int_equal(failing_each(seal_and_back, *state), 5);
}

/* A table that cannot grow refuses everybody rather than letting one in who is out. */
static void end_many(void *arg)
{
    enum { MANY = 1000 };
    struct fixture *f = arg;
    struct ended *ended = NULL;
    char family[ID_TEXT_MAX];

    if (ended_open(&ended))
        return;
    for (int i = 0; i < MANY; i++) {
        snprintf(family, sizeof(family), "family%d", i);
        ended_add(ended, family, f->now + 60000, f->now);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(family, sizeof(family), "family%d", i);
        assert_true(ended_has(ended, family, f->now));
    }
    ended_close(ended);
}

static void who_was_ended_stays_ended(void **state)
{
    assert_true(failing_each(end_many, *state) >= 4);
}

/* ------------------------------------------------------------------------------- accounts */

static void open_accounts(void *arg)
{
    struct fixture *f = arg;
    const struct accounts_params params = {.token_key = 2};
    struct accounts *accounts = NULL;
    struct errbuf why = {""};
    int e = accounts_open(&accounts, f->store, f->seal, &params, &why);

    assert_true(e == 0 || (e == UV_ENOMEM && why.text[0]));
    assert_true(!e == (accounts != NULL));
    accounts_close(accounts);
}

static void accounts_open_or_say_why_not(void **state)
{
    assert_true(failing_each(open_accounts, *state) >= 5);
}

static bool is_in(struct fixture *f, const struct grant *grant)
{
    struct token_claims claims;

    return accounts_verify(f->accounts, grant->access, strlen(grant->access), f->now, &claims) == 0;
}

/* Nothing of a grant is there when it was not given. */
static void check_grant(struct fixture *f, int e, const struct grant *grant)
{
    failing_hold();
    assert_true(e == 0 || e == UV_ENOMEM);
    if (e) {
        assert_string_equal(grant->access, "");
        assert_string_equal(grant->refresh, "");
        assert_null(grant->user.password);
        assert_null(grant->user.display_name);
    } else {
        assert_true(is_in(f, grant));
        assert_non_null(grant->user.display_name);
    }
    failing_go_on();
}

static void sign_up(void *arg)
{
    struct fixture *f = arg;
    struct errbuf why = {""};
    struct grant grant;
    char email[64];
    int e;

    snprintf(email, sizeof(email), "ada%d@example.com", f->round++);
    e = accounts_signup(f->accounts, email, password, "Ada", f->now, NULL, &grant, &why);
    check_grant(f, e, &grant);
    assert_true(!e == !why.text[0]);
    if (!e)
        grant_release(&grant);
}

static void signing_up_is_done_or_not(void **state)
{
    assert_true(failing_each(sign_up, *state) >= 5);
}

static void local(void *arg)
{
    struct fixture *f = arg;
    struct grant grant;
    int e = accounts_local(f->accounts, f->now, NULL, &grant, NULL);

    check_grant(f, e, &grant);
    if (!e)
        grant_release(&grant);
}

static void the_local_owner_is_one_however_often_it_failed(void **state)
{
    struct fixture *f = *state;
    struct store_user user;

    assert_true(failing_each(local, f) >= 3);
    assert_int_equal(store_user_local(f->store, &user, NULL), 0);
    assert_string_equal(user.display_name, "You");
    store_user_release(&user);
}

static struct grant signed_up(struct fixture *f, const char *email)
{
    struct grant grant;

    failing_hold();
    assert_int_equal(
        accounts_signup(f->accounts, email, password, "Ada", f->now, NULL, &grant, NULL), 0);
    failing_go_on();
    return grant;
}

static void log_in(void *arg)
{
    struct fixture *f = arg;
    struct grant grant;
    int e = accounts_login(f->accounts, "ada@example.com", password, f->now, NULL, &grant, NULL);

    check_grant(f, e, &grant);
    if (!e)
        grant_release(&grant);
    e = accounts_login(f->accounts, "ada@example.com", "wrong", f->now, NULL, &grant, NULL);
    assert_true(e == UV_EACCES || e == UV_ENOMEM);
    e = accounts_login(f->accounts, "nobody@example.com", "wrong", f->now, NULL, &grant, NULL);
    assert_true(e == UV_EACCES || e == UV_ENOMEM);
}

static void a_right_password_is_never_called_wrong(void **state)
{
    struct fixture *f = *state;
    struct grant grant = signed_up(f, "ada@example.com");

    assert_true(failing_each(log_in, f) > 10);
    grant_release(&grant);
}

/* Renewed, used again, and out: in that order, each step as far as memory goes. */
static void renew_and_reuse(void *arg)
{
    struct fixture *f = arg;
    struct grant first;
    struct grant second;
    char email[64];
    int e;

    snprintf(email, sizeof(email), "bob%d@example.com", f->round++);
    first = signed_up(f, email);
    e = accounts_refresh(f->accounts, first.refresh, f->now, clock_mono_us(), NULL, &second, NULL);
    check_grant(f, e, &second);
    if (!e) {
        int reuse;

        reuse = accounts_refresh(f->accounts, first.refresh, f->now, clock_mono_us() + 1000000,
                                 NULL, &(struct grant){0}, NULL);
        assert_true(reuse == UV_EALREADY || reuse == UV_ENOMEM);
        failing_hold();
        assert_true(reuse == UV_ENOMEM || !is_in(f, &second));
        failing_go_on();
        grant_release(&second);
    }
    grant_release(&first);
}

static void a_token_is_renewed_or_kept(void **state)
{
    assert_true(failing_each(renew_and_reuse, *state) >= 5);
}

static void leave(void *arg)
{
    struct fixture *f = arg;
    struct grant grant;
    char email[64];
    bool in;
    int e;

    snprintf(email, sizeof(email), "eve%d@example.com", f->round++);
    grant = signed_up(f, email);
    e = accounts_erase(f->accounts, grant.user.id, f->now, NULL);
    failing_hold();
    in = is_in(f, &grant);
    failing_go_on();
    assert_true(e == 0 || e == UV_ENOMEM);
    assert_int_equal(in, e != 0); /* out when it says so, and else in, to try again */
    grant_release(&grant);
}

static void who_is_erased_is_out(void **state)
{
    assert_true(failing_each(leave, *state) > 0);
}

static void change_password(void *arg)
{
    struct fixture *f = arg;
    struct grant here;
    struct grant there;
    struct grant other;
    char email[64];
    bool in[2];
    int e;

    snprintf(email, sizeof(email), "kim%d@example.com", f->round++);
    here = signed_up(f, email);
    failing_hold();
    assert_int_equal(accounts_login(f->accounts, email, password, f->now, NULL, &there, NULL), 0);
    failing_go_on();
    e = accounts_password(f->accounts, here.user.id, here.family, password, "another password",
                          f->now, NULL);
    assert_true(e == 0 || e == UV_ENOMEM);
    failing_hold();
    in[0] = is_in(f, &here);
    in[1] = is_in(f, &there);
    assert_true(in[0]);
    assert_int_equal(in[1], e != 0);
    assert_int_equal(accounts_login(f->accounts, email, e ? password : "another password", f->now,
                                    NULL, &other, NULL),
                     0);
    failing_go_on();
    grant_release(&other);
    grant_release(&here);
    grant_release(&there);
}

static void another_password_ends_the_others_or_is_none(void **state)
{
    assert_true(failing_each(change_password, *state) >= 5);
}

/* --------------------------------------------------------------------------------- passkeys */

struct passkey_scene {
    struct fixture *f;
    struct passkey_rp rp;
    struct device device;
    char user[ID_TEXT_MAX];
    char credential[64];
    char client[1024], attestation[2048], auth_data[512], signature[512], handle[64];
};

static void encode(const struct device_bytes *bytes, char *text)
{
    base64url_encode(bytes->data, bytes->len, text);
}

/* What the device answers to a challenge; nothing of it is the product's. */
static struct passkeys_answer answer(struct passkey_scene *s, bool made, const char *challenge)
{
    struct device_bytes client, auth_data, signature, attestation;
    struct passkey_client read;

    failing_hold();
    client.len = device_client((char *)client.data, sizeof(client.data),
                               made ? "webauthn.create" : "webauthn.get", challenge,
                               "https://interview.example", "");
    assert_int_equal(passkey_client_read(client.data, client.len, &read, NULL), 0);
    s->device.count++;
    device_attest(&s->device, "none", read.hash, &attestation);
    device_auth_data(&s->device, 0, &auth_data);
    device_sign(&s->device, &auth_data, read.hash, &signature);
    encode(&client, s->client);
    encode(&attestation, s->attestation);
    encode(&auth_data, s->auth_data);
    encode(&signature, s->signature);
    failing_go_on();
    return (struct passkeys_answer){s->client,    s->attestation, s->credential,
                                    s->auth_data, s->signature,   s->handle};
}

static int make_passkey(struct passkey_scene *s, struct store_passkey *made)
{
    char challenge[CHALLENGE_TEXT_MAX];
    struct passkeys_answer a;
    int err = passkeys_challenge(s->f->accounts, s->user, s->f->now, challenge);

    if (err)
        return err;
    a = answer(s, true, challenge);
    return passkeys_check_new(s->f->accounts, s->user, &s->rp, &a, s->f->now, made, NULL);
}

static void use_passkey(void *arg)
{
    struct passkey_scene *s = arg;
    char challenge[CHALLENGE_TEXT_MAX];
    struct passkeys_answer a;
    struct store_passkey made;
    struct grant grant;
    int err = make_passkey(s, &made);

    assert_true(err == 0 || err == UV_ENOMEM);
    if (!err)
        store_passkey_release(&made);
    err = passkeys_challenge(s->f->accounts, "", s->f->now, challenge);
    assert_int_equal(err, 0);
    a = answer(s, false, challenge);
    err = passkeys_login(s->f->accounts, &s->rp, &a, s->f->now, NULL, &grant, NULL);
    assert_true(err == 0 || err == UV_ENOMEM);
    check_grant(s->f, err, &grant);
    if (!err)
        grant_release(&grant);
}

static void a_right_passkey_is_never_called_wrong(void **state)
{
    struct passkey_scene s = {.f = *state};
    struct grant grant = signed_up(s.f, "ada@example.com");
    struct store_passkey made;

    memcpy(s.user, grant.user.id, sizeof(s.user));
    grant_release(&grant);
    base64url_encode(s.user, strlen(s.user), s.handle);
    device_open(&s.device, -7);
    assert_int_equal(passkey_rp("https://interview.example", &s.rp, NULL), 0);
    assert_int_equal(make_passkey(&s, &made), 0);
    snprintf(s.credential, sizeof(s.credential), "%s", made.credential);
    made.transports = strdup("");
    made.name = strdup("v1.x");
    assert_int_equal(store_passkey_add(s.f->store, &made, 9, NULL), 0);
    store_passkey_release(&made);
    assert_true(failing_each(use_passkey, &s) > 10);
    device_close(&s.device);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(opening_fails_with_a_code),
        T(a_text_is_sealed_whole_or_not_at_all),
        T(who_was_ended_stays_ended),
        T(accounts_open_or_say_why_not),
        T(signing_up_is_done_or_not),
        T(the_local_owner_is_one_however_often_it_failed),
        T(a_right_password_is_never_called_wrong),
        T(a_token_is_renewed_or_kept),
        T(who_is_erased_is_out),
        T(another_password_ends_the_others_or_is_none),
        T(a_right_passkey_is_never_called_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

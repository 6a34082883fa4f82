/**
 * @file test/conformance/store.c  What every store driver must do
 *
 * To run it on a further driver, add how one is opened to open_store(). Nothing else here may
 * depend on which it is. With the argument `lane` every write goes over to the lane that writes, as
 * in the server; with `postgres` all of it is on a PostgreSQL server of its own.
 */
#include "cmocka_all.h"

#include "base/clock.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "store/store.h"
#include "support/postgres.h"
#include "support/scratch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *driver = "sqlite";
static struct lanes *lanes; /* NULL: writes run where they are called */

struct fixture {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct store_user ada;
    struct store_user bob;
};

/* A database of a server is a schema: its name is that of the folder, in letters that need no
 * quotes. */
static void name_schema(const char *dir, char name[static 32])
{
    const char *letters = strrchr(dir, '-') + 1;
    size_t n = 0;

    name[n++] = 's';
    for (; *letters && n < 28; letters++)
        n += (size_t)snprintf(name + n, 32 - n, "%02x", (unsigned char)*letters);
}

static struct store *open_store(const char *dir)
{
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    char url[POSTGRES_URL_MAX] = "";
    char schema[32] = "";
    struct store_params params = {.path = scratch_path(dir, "interview.db"), .url = url};
    struct store *store = NULL;
    struct errbuf err = {""};

    if (!strcmp(driver, "postgres")) {
        name_schema(dir, schema);
        pthread_mutex_lock(&one);
        postgres_url(schema, url);
        pthread_mutex_unlock(&one);
    }
    if (store_open(&store, driver, &params, &err))
        fail_msg("%s", err.text);
    assert_int_equal(store_use_lanes(store, lanes), 0);
    return store;
}

static struct store_user make_user(struct store *store, const char *email)
{
    struct store_user user = {.display_name = LITERAL("Somebody"),
                              .password = LITERAL("$argon2id$x"),
                              .settings = LITERAL("{}"),
                              .subscription = LITERAL("{}"),
                              .created_at = clock_unix_ms()};

    user.email = LITERAL(email);
    id_new(user.id);
    assert_int_equal(store_user_put(store, &user, NULL), 0);
    return user;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    scratch_make(f->dir);
    f->store = open_store(f->dir);
    assert_int_equal(store_migrate(f->store, NULL, NULL, NULL), 0);
    f->ada = make_user(f->store, "ada@example.com");
    f->bob = make_user(f->store, "bob@example.com");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    scratch_remove(f->dir);
    free(f);
    return 0;
}

static struct store_profile make_profile(const struct store_user *user, const char *name)
{
    struct store_profile p = {.role = LITERAL("Engineer"),
                              .years_experience = 7.5,
                              .skills = LITERAL("[\"C\",\"SQL\"]"),
                              .industry = LITERAL(""),
                              .context = LITERAL("v1.sealed"),
                              .created_at = 1000,
                              .updated_at = 2000};

    p.name = LITERAL(name);
    id_new(p.id);
    memcpy(p.user_id, user->id, sizeof(p.user_id));
    return p;
}

static struct store_session make_session(const struct store_user *user)
{
    struct store_session s = {.metadata = LITERAL("{\"language\":\"en\"}"),
                              .created_at = clock_unix_ms()};

    id_new(s.id);
    memcpy(s.user_id, user->id, sizeof(s.user_id));
    return s;
}

static struct store_transcript make_transcript(const struct store_session *session)
{
    struct store_transcript t = {
        .question = LITERAL("v1.q"), .metrics = LITERAL("{}"), .timestamp = clock_unix_ms()};

    id_new(t.id);
    memcpy(t.session_id, session->id, sizeof(t.session_id));
    return t;
}

static struct store_session put_session(struct fixture *f, const struct store_user *user)
{
    struct store_session s = make_session(user);

    assert_int_equal(store_session_put(f->store, &s, NULL), 0);
    return s;
}

/* -------------------------------------------------------------------------------- schema */

static void migrating_twice_changes_nothing(void **state)
{
    struct fixture *f = *state;
    int from = -1;
    int to = -1;

    assert_int_equal(store_migrate(f->store, &from, &to, NULL), 0);
    assert_int_equal(from, to);
    assert_true(to > 0);
    assert_int_equal(store_ping(f->store, NULL), 0);
}

static void *migrate_alone(void *arg)
{
    struct store *store = open_store(arg);
    intptr_t e = store_migrate(store, NULL, NULL, NULL);

    store_close(store);
    return (void *)e;
}

static void migrate_at_once(void)
{
    char dir[SCRATCH_MAX];
    pthread_t threads[4];

    scratch_make(dir);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_alone, dir), 0);
    for (int i = 0; i < 4; i++) {
        void *e;

        pthread_join(threads[i], &e);
        assert_int_equal((intptr_t)e, 0);
    }
    scratch_remove(dir);
}

static void four_that_migrate_at_once_all_succeed(void **state)
{
    (void)state;
    for (int round = 0; round < 25; round++)
        migrate_at_once();
}

static void a_store_that_was_not_migrated_is_not_ready(void **state)
{
    char dir[SCRATCH_MAX];
    struct errbuf err = {""};
    struct store *store;

    (void)state;
    scratch_make(dir);
    store = open_store(dir);
    assert_int_not_equal(store_ping(store, &err), 0);
    assert_non_null(strstr(err.text, "migrate"));
    store_close(store);
    scratch_remove(dir);
}

static void records_are_there_after_closing_and_opening(void **state)
{
    struct fixture *f = *state;
    struct store_user user;

    store_close(f->store);
    f->store = open_store(f->dir);
    assert_int_equal(store_user_get(f->store, f->ada.id, &user, NULL), 0);
    assert_string_equal(user.email, "ada@example.com");
    store_user_release(&user);
}

/* --------------------------------------------------------------------------------- users */

static void a_user_comes_back_as_it_was_put(void **state)
{
    struct fixture *f = *state;
    struct store_user user;

    f->ada.photo_url = LITERAL("https://example.com/a.png");
    f->ada.display_name = LITERAL("Ada \xe2\x9c\x93");
    assert_int_equal(store_user_put(f->store, &f->ada, NULL), 0);
    assert_int_equal(store_user_by_email(f->store, "ada@example.com", &user, NULL), 0);
    assert_string_equal(user.id, f->ada.id);
    assert_string_equal(user.display_name, "Ada \xe2\x9c\x93");
    assert_string_equal(user.photo_url, "https://example.com/a.png");
    assert_string_equal(user.password, "$argon2id$x");
    assert_int_equal(user.created_at, f->ada.created_at);
    store_user_release(&user);
}

static void an_email_belongs_to_one_user(void **state)
{
    struct fixture *f = *state;
    struct store_user other = f->bob;
    struct errbuf err = {""};

    other.email = f->ada.email;
    assert_int_equal(store_user_put(f->store, &other, &err), UV_EEXIST);
    id_new(other.id);
    assert_int_equal(store_user_put(f->store, &other, &err), UV_EEXIST);
    assert_int_equal(store_user_by_email(f->store, "nobody@example.com", &other, &err), UV_ENOENT);
}

static void there_is_one_local_owner_at_most(void **state)
{
    struct fixture *f = *state;
    struct store_user owner;
    struct store_user found;

    assert_int_equal(store_user_local(f->store, &found, NULL), UV_ENOENT);
    owner = make_user(f->store, NULL);
    assert_int_equal(store_user_local(f->store, &found, NULL), 0);
    assert_string_equal(found.id, owner.id);
    assert_null(found.email);
    store_user_release(&found);

    id_new(owner.id);
    assert_int_equal(store_user_put(f->store, &owner, NULL), UV_EEXIST);
}

static void users_are_listed_newest_first_with_role_and_state(void **state)
{
    struct fixture *f = *state;
    struct store_user *users;
    struct store_list list;

    f->bob.role = STORE_ROLE_ADMIN;
    f->bob.disabled_at = 17;
    assert_int_equal(store_user_put(f->store, &f->bob, NULL), 0);
    assert_int_equal(store_user_list(f->store, 1, "", &list, NULL), 0);
    users = list.items;
    assert_int_equal(list.count, 1);
    assert_string_equal(users[0].id, f->bob.id);
    assert_string_equal(users[0].email, "bob@example.com");
    assert_int_equal(users[0].role, STORE_ROLE_ADMIN);
    assert_int_equal(users[0].disabled_at, 17);
    assert_string_equal(list.next, f->bob.id);
    store_list_release(&list, STORE_KIND_USER);
    assert_int_equal(store_user_list(f->store, 1, f->bob.id, &list, NULL), 0);
    users = list.items;
    assert_string_equal(users[0].id, f->ada.id);
    assert_int_equal(users[0].role, STORE_ROLE_USER);
    assert_string_equal(list.next, "");
    store_list_release(&list, STORE_KIND_USER);
    assert_int_equal(store_user_list(f->store, 1, "no cursor", &list, NULL), UV_EINVAL);
    assert_int_equal(store_user_list(f->store, 0, "", &list, NULL), UV_EINVAL);
}

static void keys_are_found_by_their_hash_until_they_are_erased(void **state)
{
    struct fixture *f = *state;
    struct store_api_key key = {
        .hash = "aa", .prefix = "ik_abc", .label = LITERAL("v1.x"), .created_at = 5};
    struct store_api_key found;
    struct store_list list;

    id_new(key.id);
    memcpy(key.user_id, f->ada.id, ID_TEXT_MAX);
    assert_int_equal(store_api_key_get(f->store, "aa", &found, NULL), UV_ENOENT);
    assert_int_equal(store_api_key_add(f->store, &key, 1, NULL), 0);
    assert_int_equal(store_api_key_used(f->store, "aa", 7, NULL), 0);
    assert_int_equal(store_api_key_used(f->store, "aa", 6, NULL), 0); /* of before: passed over */
    assert_int_equal(store_api_key_get(f->store, "aa", &found, NULL), 0);
    assert_string_equal(found.user_id, f->ada.id);
    assert_string_equal(found.label, "v1.x");
    assert_int_equal(found.used_at, 7);
    store_api_key_release(&found);
    id_new(key.id);
    snprintf(key.hash, sizeof(key.hash), "bb");
    assert_int_equal(store_api_key_add(f->store, &key, 1, NULL), UV_ERANGE);
    assert_int_equal(store_api_key_add(f->store, &key, 2, NULL), 0);
    assert_int_equal(store_api_key_list(f->store, f->ada.id, &list, NULL), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(((struct store_api_key *)list.items)->hash, "bb"); /* newest first */
    store_list_release(&list, STORE_KIND_API_KEY);
    assert_int_equal(store_api_key_erase(f->store, f->bob.id, key.id, NULL), UV_ENOENT);
    assert_int_equal(store_api_key_erase(f->store, f->ada.id, key.id, NULL), 0);
    assert_int_equal(store_api_key_erase(f->store, f->ada.id, key.id, NULL), UV_ENOENT);
    key.label = NULL;
    assert_int_equal(store_api_key_add(f->store, &key, 9, NULL), UV_EINVAL);
}

static void passkeys_are_found_by_credential_counted_renamed_and_erased(void **state)
{
    struct fixture *f = *state;
    struct store_passkey key = {.credential = LITERAL("aWlp"),
                                .rp_id = LITERAL("localhost"),
                                .alg = -257,
                                .public_key = LITERAL("AQAB"),
                                .count = 4000000000,
                                .synced = 1,
                                .transports = LITERAL("internal hybrid"),
                                .name = LITERAL("v1.x"),
                                .created_at = 5};
    struct store_passkey found;
    struct store_list list;
    struct store_list ended;
    struct store_sample samples[2];
    size_t field = 0, n = 0;

    id_new(key.id);
    memcpy(key.user_id, f->ada.id, ID_TEXT_MAX);
    assert_int_equal(store_passkey_get(f->store, "aWlp", &found, NULL), UV_ENOENT);
    assert_int_equal(store_passkey_add(f->store, &key, 1, NULL), 0);
    assert_int_equal(store_passkey_used(f->store, key.id, 4000000000, 7, NULL), UV_ENOENT);
    assert_int_equal(store_passkey_used(f->store, key.id, 4000000001, 8, NULL), 0);
    assert_int_equal(store_passkey_used(f->store, key.id, 0, 9, NULL), UV_ENOENT);
    assert_int_equal(store_passkey_get(f->store, "aWlp", &found, NULL), 0);
    assert_string_equal(found.user_id, f->ada.id);
    assert_string_equal(found.rp_id, "localhost");
    assert_string_equal(found.public_key, "AQAB");
    assert_string_equal(found.transports, "internal hybrid");
    assert_string_equal(found.name, "v1.x");
    assert_int_equal(found.alg, -257);
    assert_int_equal(found.synced, 1);
    assert_true(found.count == 4000000001);
    assert_int_equal(found.created_at, 5);
    assert_int_equal(found.used_at, 8);
    store_passkey_release(&found);

    id_new(key.id);
    assert_int_equal(store_passkey_add(f->store, &key, 9, NULL), UV_EEXIST); /* that credential */
    key.credential = LITERAL("ampq");
    key.count = 0;
    assert_int_equal(store_passkey_add(f->store, &key, 1, NULL), UV_ERANGE);
    assert_int_equal(store_passkey_add(f->store, &key, 2, NULL), 0);
    assert_int_equal(store_passkey_used(f->store, key.id, 0, 9, NULL), 0); /* it does not count */
    assert_int_equal(store_passkey_used(f->store, key.id, 0, 10, NULL), 0);
    assert_int_equal(store_passkey_rename(f->store, f->bob.id, key.id, "v1.y", NULL), UV_ENOENT);
    assert_int_equal(store_passkey_rename(f->store, f->ada.id, key.id, "v1.y", NULL), 0);
    assert_int_equal(store_passkey_list(f->store, f->ada.id, &list, NULL), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(((struct store_passkey *)list.items)->name, "v1.y"); /* newest first */
    store_list_release(&list, STORE_KIND_PASSKEY);

    while (store_sealed_field(f->store, field) &&
           strcmp(store_sealed_field(f->store, field), "passkey.name") != 0)
        field++;
    assert_int_equal(store_sealed_stale(f->store, field, "v2.", "", 2, samples, &n, NULL), 0);
    assert_int_equal(n, 2); /* a new key seals names anew */
    for (size_t i = 0; i < n; i++)
        free(samples[i].text);

    assert_int_equal(store_passkey_erase(f->store, f->bob.id, key.id, NULL), UV_ENOENT);
    assert_int_equal(store_passkey_erase(f->store, f->ada.id, key.id, NULL), 0);
    assert_int_equal(store_passkey_erase(f->store, f->ada.id, key.id, NULL), UV_ENOENT);
    assert_int_equal(store_passkey_used(f->store, key.id, 0, 11, NULL), UV_ENOENT);
    key.name = NULL;
    assert_int_equal(store_passkey_add(f->store, &key, 9, NULL), UV_EINVAL);
    assert_int_equal(store_user_erase(f->store, f->ada.id, 1, &ended, NULL), 0);
    free(ended.items);
    assert_int_equal(store_passkey_get(f->store, "aWlp", &found, NULL), UV_ENOENT);
}

static void a_choice_is_kept_one_a_user_and_goes_with_them(void **state)
{
    struct fixture *f = *state;
    struct store_choice choice = {.choice = LITERAL("v1.x"), .updated_at = 1};
    struct store_list ended;
    struct store_choice found;

    memcpy(choice.user_id, f->ada.id, ID_TEXT_MAX);
    assert_int_equal(store_choice_get(f->store, f->ada.id, &found, NULL), UV_ENOENT);
    assert_int_equal(store_choice_put(f->store, &choice, NULL), 0);
    choice.choice = LITERAL("v1.y");
    choice.updated_at = 2;
    assert_int_equal(store_choice_put(f->store, &choice, NULL), 0);
    assert_int_equal(store_choice_get(f->store, f->ada.id, &found, NULL), 0);
    assert_string_equal(found.choice, "v1.y");
    assert_int_equal(found.updated_at, 2);
    store_choice_release(&found);
    assert_int_equal(store_choice_get(f->store, f->bob.id, &found, NULL), UV_ENOENT);
    assert_int_equal(store_user_erase(f->store, f->ada.id, 1, &ended, NULL), 0);
    free(ended.items);
    assert_int_equal(store_choice_get(f->store, f->ada.id, &found, NULL), UV_ENOENT);
    assert_int_equal(store_choice_put(f->store, &choice, NULL), UV_ENOENT); /* nobody's */
    choice.choice = NULL;
    assert_int_equal(store_choice_put(f->store, &choice, NULL), UV_EINVAL);
}

static void a_photo_is_kept_one_a_user_until_it_is_erased(void **state)
{
    struct fixture *f = *state;
    struct store_photo photo = {.type = LITERAL("image/png"), .photo = LITERAL("v1.x")};
    struct store_photo found;
    struct store_list ended;

    memcpy(photo.user_id, f->ada.id, ID_TEXT_MAX);
    assert_int_equal(store_photo_get(f->store, f->ada.id, &found, NULL), UV_ENOENT);
    assert_int_equal(store_photo_erase(f->store, f->ada.id, NULL), UV_ENOENT);
    assert_int_equal(store_photo_put(f->store, &photo, NULL), 0);
    photo.photo = LITERAL("v1.y");
    assert_int_equal(store_photo_put(f->store, &photo, NULL), 0);
    assert_int_equal(store_photo_get(f->store, f->ada.id, &found, NULL), 0);
    assert_string_equal(found.photo, "v1.y");
    store_photo_release(&found);
    assert_int_equal(store_photo_get(f->store, f->bob.id, &found, NULL), UV_ENOENT);
    assert_int_equal(store_user_erase(f->store, f->ada.id, 1, &ended, NULL), 0);
    free(ended.items);
    assert_int_equal(store_photo_get(f->store, f->ada.id, &found, NULL), UV_ENOENT);
    assert_int_equal(store_photo_put(f->store, &photo, NULL), UV_ENOENT); /* nobody's */
    photo.type = NULL;
    assert_int_equal(store_photo_put(f->store, &photo, NULL), UV_EINVAL);
}

static struct store_reset make_reset(const struct store_user *user, char letter)
{
    struct store_reset reset = {.expires_at = 2000};

    memcpy(reset.user_id, user->id, ID_TEXT_MAX);
    memset(reset.hash, letter, sizeof(reset.hash) - 1);
    return reset;
}

static void a_reset_sets_a_password_once_while_it_is_the_newest(void **state)
{
    struct fixture *f = *state;
    struct store_reset first = make_reset(&f->ada, 'a');
    struct store_reset second = make_reset(&f->ada, 'b');
    struct store_list ended;
    struct store_user user;
    char whose[ID_TEXT_MAX];

    assert_int_equal(store_reset_put(f->store, &first, NULL), 0);
    assert_int_equal(store_reset_put(f->store, &second, NULL), 0);
    assert_int_equal(store_reset_use(f->store, first.hash, 1000, "new", 9, whose, &ended, NULL),
                     UV_ENOENT);
    assert_int_equal(store_reset_use(f->store, second.hash, 2000, "new", 9, whose, &ended, NULL),
                     UV_ENOENT);
    assert_int_equal(store_reset_use(f->store, second.hash, 1999, NULL, 9, whose, &ended, NULL),
                     UV_EINVAL);
    assert_int_equal(store_reset_use(f->store, second.hash, 1999, "new", 9, whose, &ended, NULL),
                     0);
    free(ended.items);
    assert_string_equal(whose, f->ada.id);
    assert_int_equal(store_user_get(f->store, f->ada.id, &user, NULL), 0);
    assert_string_equal(user.password, "new");
    store_user_release(&user);
    assert_int_equal(store_reset_use(f->store, second.hash, 1999, "newer", 9, whose, &ended, NULL),
                     UV_ENOENT);

    f->bob.disabled_at = 1;
    assert_int_equal(store_user_put(f->store, &f->bob, NULL), 0);
    first = make_reset(&f->bob, 'c');
    assert_int_equal(store_reset_put(f->store, &first, NULL), 0);
    assert_int_equal(store_reset_use(f->store, first.hash, 1000, "new", 9, whose, &ended, NULL),
                     UV_ENOENT);
    first.hash[3] = '\0';
    assert_int_equal(store_reset_put(f->store, &first, NULL), UV_EINVAL);
}

static struct store_refresh make_sign_in(const struct store_user *user, char letter, int64_t seen)
{
    struct store_refresh t = {
        .expires_at = 5000, .began_at = 100, .seen_at = seen, .address = "::1", .program = "curl"};

    memset(t.hash, letter, sizeof(t.hash) - 1);
    id_new(t.family);
    memcpy(t.user_id, user->id, ID_TEXT_MAX);
    return t;
}

static void sign_ins_are_listed_by_their_newest_token_and_ended_by_name(void **state)
{
    struct fixture *f = *state;
    struct store_refresh phone = make_sign_in(&f->ada, '1', 200);
    struct store_refresh laptop = make_sign_in(&f->ada, '2', 300);
    struct store_refresh theirs = make_sign_in(&f->bob, '3', 400);
    struct store_refresh renewed = phone;
    const struct store_refresh *s;
    struct store_list list;

    memset(renewed.hash, '4', sizeof(renewed.hash) - 1);
    renewed.seen_at = 500;
    assert_int_equal(store_refresh_put(f->store, &phone, NULL), 0);
    assert_int_equal(store_refresh_put(f->store, &laptop, NULL), 0);
    assert_int_equal(store_refresh_put(f->store, &theirs, NULL), 0);
    assert_int_equal(store_refresh_rotate(f->store, phone.hash, &renewed, 500, NULL), 0);
    assert_int_equal(store_sign_in_list(f->store, f->ada.id, 1000, &list, NULL), 0);
    s = list.items;
    assert_int_equal(list.count, 2);
    assert_string_equal(s[0].family, phone.family);
    assert_int_equal(s[0].seen_at, 500);
    assert_int_equal(s[0].began_at, 100);
    assert_string_equal(s[0].address, "::1");
    assert_string_equal(s[0].program, "curl");
    assert_string_equal(s[1].family, laptop.family);
    free(list.items);
    assert_int_equal(store_sign_in_list(f->store, f->ada.id, 5000, &list, NULL), 0);
    assert_int_equal(list.count, 0);
    free(list.items);

    assert_int_equal(store_sign_in_end(f->store, f->bob.id, phone.family, 9000, &list, NULL), 0);
    assert_int_equal(list.count, 0); /* not Bob's */
    free(list.items);
    assert_int_equal(store_sign_in_end(f->store, f->ada.id, phone.family, 9000, &list, NULL), 0);
    assert_int_equal(list.count, 1);
    assert_string_equal(((struct store_ended *)list.items)->family, phone.family);
    free(list.items);
    assert_int_equal(store_sign_in_end_others(f->store, f->ada.id, "", 9000, &list, NULL), 0);
    assert_int_equal(list.count, 1);
    free(list.items);
    assert_int_equal(store_sign_in_list(f->store, f->ada.id, 1000, &list, NULL), 0);
    assert_int_equal(list.count, 0);
    free(list.items);
    assert_int_equal(store_sign_in_list(f->store, f->bob.id, 1000, &list, NULL), 0);
    assert_int_equal(list.count, 1);
    free(list.items);
}

static void a_voice_is_kept_one_a_user_until_it_is_erased(void **state)
{
    struct fixture *f = *state;
    struct store_voice voice = {
        .wording = LITERAL("Yes."), .agreed_at = 7, .speech_ms = 6000, .voice = LITERAL("v1.x")};
    struct store_voice found;
    struct store_list ended;

    memcpy(voice.user_id, f->ada.id, ID_TEXT_MAX);
    assert_int_equal(store_voice_get(f->store, f->ada.id, &found, NULL), UV_ENOENT);
    assert_int_equal(store_voice_erase(f->store, f->ada.id, NULL), UV_ENOENT);
    assert_int_equal(store_voice_put(f->store, &voice, NULL), 0);
    voice.wording = LITERAL("Yes, again.");
    assert_int_equal(store_voice_put(f->store, &voice, NULL), 0);
    assert_int_equal(store_voice_get(f->store, f->ada.id, &found, NULL), 0);
    assert_string_equal(found.wording, "Yes, again.");
    assert_string_equal(found.voice, "v1.x");
    assert_int_equal(found.agreed_at, 7);
    assert_int_equal(found.speech_ms, 6000);
    store_voice_release(&found);
    assert_int_equal(store_voice_get(f->store, f->bob.id, &found, NULL), UV_ENOENT);
    assert_int_equal(store_voice_erase(f->store, f->ada.id, NULL), 0);
    assert_int_equal(store_voice_get(f->store, f->ada.id, &found, NULL), UV_ENOENT);

    assert_int_equal(store_voice_put(f->store, &voice, NULL), 0);
    assert_int_equal(store_user_erase(f->store, f->ada.id, 99, &ended, NULL), 0);
    free(ended.items);
    assert_int_equal(store_voice_get(f->store, f->ada.id, &found, NULL), UV_ENOENT);
    assert_int_equal(store_voice_put(f->store, &voice, NULL), UV_ENOENT); /* nobody's */
    voice.wording = NULL;
    assert_int_equal(store_voice_put(f->store, &voice, NULL), UV_EINVAL);
}

static struct store_recording make_recording(const struct store_user *user,
                                             const struct store_session *session)
{
    struct store_recording r = {.format = LITERAL("wav / pcm"),
                                .bytes = 100,
                                .duration_ms = 2000,
                                .quality = STORE_SOUND_CLIPPED,
                                .created_at = 5,
                                .expires_at = 1000};

    id_new(r.id);
    memcpy(r.user_id, user->id, ID_TEXT_MAX);
    if (session)
        memcpy(r.session_id, session->id, ID_TEXT_MAX);
    return r;
}

/* How many are erased and not yet told to be gone, and whether this one is among them. */
static size_t erased(struct fixture *f, const char *id, bool *found)
{
    struct store_list list = {0};
    size_t n;

    *found = false;
    assert_int_equal(store_erased_list(f->store, 100, &list, NULL), 0);
    for (size_t i = 0; i < list.count; i++)
        *found = *found || !strcmp(((struct store_erased *)list.items)[i].id, id);
    n = list.count;
    free(list.items);
    return n;
}

static void a_recording_comes_back_as_it_was_put(void **state)
{
    struct fixture *f = *state;
    struct store_session session = put_session(f, &f->ada);
    struct store_recording r = make_recording(&f->ada, &session);
    struct store_recording got;
    bool found;

    assert_int_equal(store_recording_known(f->store, r.id, NULL), UV_ENOENT);
    assert_int_equal(store_recording_add(f->store, &r, 1000, NULL), 0);
    assert_int_equal(store_recording_add(f->store, &r, 1000, NULL), UV_EEXIST);
    assert_int_equal(store_recording_known(f->store, r.id, NULL), 0);
    assert_int_equal(store_recording_get(f->store, f->bob.id, r.id, &got, NULL), UV_ENOENT);
    assert_int_equal(store_recording_get(f->store, f->ada.id, r.id, &got, NULL), 0);
    assert_string_equal(got.session_id, session.id);
    assert_string_equal(got.format, "wav / pcm");
    assert_int_equal(got.bytes, 100);
    assert_int_equal(got.duration_ms, 2000);
    assert_int_equal(got.quality, STORE_SOUND_CLIPPED);
    assert_int_equal(got.created_at, 5);
    assert_int_equal(got.expires_at, 1000);
    store_recording_release(&got);

    assert_int_equal(store_recording_erase(f->store, f->bob.id, r.id, NULL), UV_ENOENT);
    assert_int_equal(erased(f, r.id, &found), 0);
    assert_int_equal(store_recording_erase(f->store, f->ada.id, r.id, NULL), 0);
    assert_int_equal(store_recording_erase(f->store, f->ada.id, r.id, NULL), UV_ENOENT);
    assert_int_equal(erased(f, r.id, &found), 1);
    assert_true(found);
    assert_int_equal(store_erased_gone(f->store, r.id, NULL), 0);
    assert_int_equal(store_erased_gone(f->store, r.id, NULL), UV_ENOENT);
    assert_int_equal(erased(f, r.id, &found), 0);
}

/* One of a session that is heard in a row of it. */
static void a_live_recording_grows_is_whole_and_is_unheard_when_it_is_erased(void **state)
{
    struct fixture *f = *state;
    struct store_session session = put_session(f, &f->ada);
    struct store_recording live = make_recording(&f->ada, &session);
    struct store_recording upload = make_recording(&f->ada, &session);
    struct store_transcript t = {.question = LITERAL("Why?"),
                                 .answer = LITERAL(""),
                                 .metrics = LITERAL("{}"),
                                 .detail = LITERAL("{}")};
    struct store_list list = {0};
    struct store_recording *found;
    char url[64];

    live.growing = 1;
    live.wording = LITERAL("I agree.");
    live.agreed_at = 7;
    assert_int_equal(store_recording_add(f->store, &live, 1000, NULL), 0);
    assert_int_equal(store_recording_add(f->store, &upload, 1000, NULL), 0);
    assert_int_equal(store_recording_growing(f->store, 10, &list, NULL), 0);
    assert_int_equal(list.count, 1);
    found = list.items;
    assert_string_equal(found->id, live.id);
    assert_string_equal(found->wording, "I agree.");
    assert_int_equal(found->agreed_at, 7);
    store_list_release(&list, STORE_KIND_RECORDING);

    live.growing = 0;
    live.bytes = 500;
    live.duration_ms = 60000;
    assert_int_equal(store_recording_finish(f->store, &live, NULL), 0);
    assert_int_equal(store_recording_growing(f->store, 10, &list, NULL), 0);
    assert_int_equal(list.count, 0);
    store_list_release(&list, STORE_KIND_RECORDING);
    assert_int_equal(store_recording_list(f->store, f->bob.id, session.id, 10, &list, NULL), 0);
    assert_int_equal(list.count, 0);
    store_list_release(&list, STORE_KIND_RECORDING);
    assert_int_equal(store_recording_list(f->store, f->ada.id, session.id, 10, &list, NULL), 0);
    assert_int_equal(list.count, 2);
    found = list.items;
    found += strcmp(found->id, live.id) != 0;
    assert_int_equal(found->bytes, 500);
    assert_int_equal(found->growing, 0);
    store_list_release(&list, STORE_KIND_RECORDING);

    snprintf(url, sizeof(url), "/api/v1/audio/%s#t=1.000,2.500", live.id);
    id_new(t.id);
    memcpy(t.session_id, session.id, ID_TEXT_MAX);
    t.audio_url = url;
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    assert_int_equal(store_recording_erase(f->store, f->ada.id, upload.id, NULL), 0);
    assert_int_equal(store_transcript_get(f->store, f->ada.id, t.id, &t, NULL), 0);
    assert_string_equal(t.audio_url, url);
    store_transcript_release(&t);
    assert_int_equal(store_recording_erase(f->store, f->ada.id, live.id, NULL), 0);
    assert_int_equal(store_recording_finish(f->store, &live, NULL), UV_ENOENT);
    assert_int_equal(store_transcript_get(f->store, f->ada.id, t.id, &t, NULL), 0);
    assert_null(t.audio_url);
    store_transcript_release(&t);
}

static void recordings_have_a_bound_a_user(void **state)
{
    struct fixture *f = *state;
    struct store_recording r = make_recording(&f->ada, NULL);
    int64_t bytes = 7;

    assert_int_equal(store_recording_bytes(f->store, f->ada.id, &bytes, NULL), 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(store_recording_add(f->store, &r, 99, NULL), UV_ERANGE);
    assert_int_equal(store_recording_add(f->store, &r, 150, NULL), 0);
    r = make_recording(&f->ada, NULL);
    assert_int_equal(store_recording_add(f->store, &r, 199, NULL), UV_ERANGE);
    assert_int_equal(store_recording_add(f->store, &r, 200, NULL), 0);
    r = make_recording(&f->bob, NULL);
    assert_int_equal(store_recording_add(f->store, &r, 150, NULL), 0);
    assert_int_equal(store_recording_bytes(f->store, f->ada.id, &bytes, NULL), 0);
    assert_int_equal(bytes, 200);
}

static void recordings_are_listed_newest_first_page_by_page(void **state)
{
    struct fixture *f = *state;
    struct store_recording first = make_recording(&f->ada, NULL);
    struct store_recording second = make_recording(&f->ada, NULL);
    struct store_recording theirs = make_recording(&f->bob, NULL);
    struct store_list list;

    assert_int_equal(store_recording_add(f->store, &first, 1000, NULL), 0);
    assert_int_equal(store_recording_add(f->store, &second, 1000, NULL), 0);
    assert_int_equal(store_recording_add(f->store, &theirs, 1000, NULL), 0);
    assert_int_equal(store_recording_of_user(f->store, f->ada.id, 1, "", &list, NULL), 0);
    assert_int_equal(list.count, 1);
    assert_string_equal(((struct store_recording *)list.items)->id, second.id);
    assert_string_equal(list.next, second.id);
    store_list_release(&list, STORE_KIND_RECORDING);
    assert_int_equal(store_recording_of_user(f->store, f->ada.id, 1, second.id, &list, NULL), 0);
    assert_string_equal(((struct store_recording *)list.items)->id, first.id);
    assert_string_equal(list.next, "");
    store_list_release(&list, STORE_KIND_RECORDING);
    assert_int_equal(store_recording_of_user(f->store, f->ada.id, 101, "", &list, NULL), UV_EINVAL);
    assert_int_equal(store_scrub(f->store, NULL), 0);
}

static void what_erases_a_recording_always_says_whose_sound_is_to_go(void **state)
{
    struct fixture *f = *state;
    struct store_session session = put_session(f, &f->ada);
    struct store_recording of_session = make_recording(&f->ada, &session);
    struct store_recording of_user = make_recording(&f->ada, NULL);
    struct store_recording of_bob = make_recording(&f->bob, NULL);
    struct store_list ended;
    bool found;

    assert_int_equal(store_recording_add(f->store, &of_session, 1000, NULL), 0);
    assert_int_equal(store_recording_add(f->store, &of_user, 1000, NULL), 0);
    assert_int_equal(store_recording_add(f->store, &of_bob, 1000, NULL), 0);
    assert_int_equal(store_session_erase(f->store, f->ada.id, session.id, NULL), 0);
    assert_int_equal(erased(f, of_session.id, &found), 1);
    assert_true(found);
    assert_int_equal(store_user_erase(f->store, f->ada.id, 99, &ended, NULL), 0);
    free(ended.items);
    assert_int_equal(erased(f, of_user.id, &found), 2);
    assert_true(found);
    assert_int_equal(store_recording_known(f->store, of_user.id, NULL), UV_ENOENT);
    assert_int_equal(store_recording_known(f->store, of_bob.id, NULL), 0);
    assert_int_equal(store_recording_add(f->store, &of_user, 1000, NULL), UV_ENOENT); /* nobody's */
}

static void recordings_go_when_their_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct store_list list = {0};
    struct store_recording r;
    bool found;

    for (int i = 0; i < 5; i++) {
        r = make_recording(&f->ada, NULL);
        r.expires_at = 1000 + i;
        assert_int_equal(store_recording_add(f->store, &r, 1000, NULL), 0);
    }
    assert_int_equal(store_recording_expire(f->store, 999, 100, &list, NULL), 0);
    assert_int_equal(list.count, 0);
    store_list_release(&list, STORE_KIND_RECORDING);
    assert_int_equal(store_recording_expire(f->store, 1003, 3, &list, NULL), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(((struct store_recording *)list.items)->user_id, f->ada.id);
    assert_int_equal(((struct store_recording *)list.items)->bytes, 100);
    store_list_release(&list, STORE_KIND_RECORDING);
    assert_int_equal(store_recording_expire(f->store, 1003, 3, &list, NULL), 0);
    assert_int_equal(list.count, 1);
    store_list_release(&list, STORE_KIND_RECORDING);
    assert_int_equal(erased(f, r.id, &found), 4);
    assert_false(found);
    assert_int_equal(store_recording_known(f->store, r.id, NULL), 0);
    assert_int_equal(store_recording_expire(f->store, 1003, 0, &list, NULL), UV_EINVAL);
}

static void a_recording_without_its_parts_is_none(void **state)
{
    struct fixture *f = *state;
    struct store_recording good = make_recording(&f->ada, NULL);
    struct store_recording r = good;

    r.format = NULL;
    assert_int_equal(store_recording_add(f->store, &r, 1000, NULL), UV_EINVAL);
    r = good;
    r.bytes = 0;
    assert_int_equal(store_recording_add(f->store, &r, 1000, NULL), UV_EINVAL);
    r = good;
    r.quality = (enum store_quality)7;
    assert_int_equal(store_recording_add(f->store, &r, 1000, NULL), UV_EINVAL);
    r = good;
    snprintf(r.session_id, sizeof(r.session_id), "no id");
    assert_int_not_equal(store_recording_add(f->store, &r, 1000, NULL), 0);
    r = good;
    r.id[0] = '\0';
    assert_int_equal(store_recording_add(f->store, &r, 1000, NULL), UV_EINVAL);
}

static struct store_transcription make_transcription(const struct store_recording *r)
{
    struct store_transcription t = {.language = LITERAL("en"), .created_at = 3};

    id_new(t.id);
    memcpy(t.user_id, r->user_id, ID_TEXT_MAX);
    memcpy(t.recording_id, r->id, ID_TEXT_MAX);
    return t;
}

static void a_transcription_waits_until_it_is_done(void **state)
{
    struct fixture *f = *state;
    struct store_list list;
    struct store_recording r = make_recording(&f->ada, NULL);
    struct store_transcription first, second, got;

    assert_int_equal(store_recording_add(f->store, &r, 1000, NULL), 0);
    assert_int_equal(store_transcription_next(f->store, &got, NULL), UV_ENOENT);
    first = make_transcription(&r);
    second = make_transcription(&r);
    assert_int_equal(store_transcription_add(f->store, &first, 2, NULL), 0);
    assert_int_equal(store_transcription_add(f->store, &second, 2, NULL), 0);
    got = make_transcription(&r);
    assert_int_equal(store_transcription_add(f->store, &got, 2, NULL), UV_ERANGE);
    assert_int_equal(store_transcription_next(f->store, &got, NULL), 0);
    assert_string_equal(got.id, first.id);
    assert_string_equal(got.language, "en");
    assert_int_equal(got.state, STORE_WAITING);
    store_transcription_release(&got);

    first.state = STORE_DONE;
    assert_int_equal(store_transcription_finish(f->store, &first, NULL), UV_EINVAL); /* no result */
    first.result = LITERAL("v1.r");
    first.finished_at = 9;
    assert_int_equal(store_transcription_finish(f->store, &first, NULL), 0);
    assert_int_equal(store_transcription_finish(f->store, &first, NULL), UV_ENOENT);
    assert_int_equal(store_transcription_get(f->store, f->bob.id, first.id, &got, NULL), UV_ENOENT);
    assert_int_equal(store_transcription_get(f->store, f->ada.id, first.id, &got, NULL), 0);
    assert_string_equal(got.result, "v1.r");
    assert_int_equal(got.finished_at, 9);
    store_transcription_release(&got);
    assert_int_equal(store_transcription_list(f->store, f->ada.id, 1, second.id, &list, NULL), 0);
    assert_int_equal(list.count, 1);
    assert_string_equal(((struct store_transcription *)list.items)->id, first.id);
    store_list_release(&list, STORE_KIND_TRANSCRIPTION);
    assert_int_equal(store_transcription_next(f->store, &got, NULL), 0);
    assert_string_equal(got.id, second.id);
    store_transcription_release(&got);

    second.state = STORE_FAILED;
    second.error = LITERAL("It is no language.");
    assert_int_equal(store_transcription_finish(f->store, &second, NULL), 0);
    assert_int_equal(store_transcription_erase(f->store, f->bob.id, second.id, NULL), UV_ENOENT);
    assert_int_equal(store_transcription_erase(f->store, f->ada.id, second.id, NULL), 0);
    assert_int_equal(store_recording_erase(f->store, f->ada.id, r.id, NULL), 0); /* it goes too */
    assert_int_equal(store_transcription_get(f->store, f->ada.id, first.id, &got, NULL), UV_ENOENT);
    got = make_transcription(&r);
    assert_int_equal(store_transcription_add(f->store, &got, 2, NULL), UV_ENOENT); /* of none */
    got.language = NULL;
    assert_int_equal(store_transcription_add(f->store, &got, 2, NULL), UV_EINVAL);
}

static void erasing_a_user_erases_everything_of_it_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct store_profile profile = make_profile(&f->ada, "mine");
    struct store_session mine = put_session(f, &f->ada);
    struct store_session his = put_session(f, &f->bob);
    struct store_transcript t = make_transcript(&mine);
    struct store_refresh token = {.expires_at = 5};
    struct store_session session;
    struct store_list ended;
    struct store_user user;

    memset(token.hash, 'a', 64);
    id_new(token.family);
    memcpy(token.user_id, f->ada.id, ID_TEXT_MAX);
    assert_int_equal(store_refresh_put(f->store, &token, NULL), 0);
    assert_int_equal(store_profile_put(f->store, &profile, NULL), 0);
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);

    assert_int_equal(store_user_erase(f->store, f->ada.id, 99, &ended, NULL), 0);
    assert_int_equal(ended.count, 1);
    assert_string_equal(((struct store_ended *)ended.items)->family, token.family);
    free(ended.items);
    assert_int_equal(store_user_get(f->store, f->ada.id, &user, NULL), UV_ENOENT);
    assert_int_equal(store_session_get(f->store, f->ada.id, mine.id, &session, NULL), UV_ENOENT);
    assert_int_equal(store_transcript_get(f->store, f->ada.id, t.id, &t, NULL), UV_ENOENT);
    assert_int_equal(store_profile_get(f->store, f->ada.id, profile.id, &profile, NULL), UV_ENOENT);
    assert_int_equal(store_refresh_get(f->store, token.hash, &token, NULL), UV_ENOENT);
    assert_int_equal(store_user_erase(f->store, f->ada.id, 99, &ended, NULL), UV_ENOENT);

    assert_int_equal(store_session_get(f->store, f->bob.id, his.id, &session, NULL), 0);
    store_session_release(&session);
}

/* ------------------------------------------------------------------------ refresh tokens */

static struct store_refresh make_refresh(const struct store_user *user, const char *family, char c)
{
    struct store_refresh token = {.expires_at = 1000};

    memset(token.hash, c, 64);
    snprintf(token.family, sizeof(token.family), "%s", family);
    memcpy(token.user_id, user->id, ID_TEXT_MAX);
    return token;
}

static void a_refresh_token_rotates_once(void **state)
{
    struct fixture *f = *state;
    char family[ID_TEXT_MAX];
    struct store_refresh a, b, c, found;

    id_new(family);
    a = make_refresh(&f->ada, family, 'a');
    b = make_refresh(&f->ada, family, 'b');
    c = make_refresh(&f->ada, family, 'c');
    assert_int_equal(store_refresh_put(f->store, &a, NULL), 0);
    assert_int_equal(store_refresh_rotate(f->store, a.hash, &b, 77, NULL), 0);
    assert_int_equal(store_refresh_get(f->store, a.hash, &found, NULL), 0);
    assert_int_equal(found.used_at, 77);

    assert_int_equal(store_refresh_rotate(f->store, a.hash, &c, 78, NULL), UV_EEXIST);
    assert_int_equal(store_refresh_get(f->store, c.hash, &found, NULL), UV_ENOENT);
    memset(a.hash, 'z', 64);
    assert_int_equal(store_refresh_rotate(f->store, a.hash, &c, 78, NULL), UV_ENOENT);

    assert_int_equal(store_refresh_revoke(f->store, family, 99, NULL), 0);
    assert_int_equal(store_refresh_get(f->store, b.hash, &found, NULL), UV_ENOENT);
}

static bool is_ended(struct fixture *f, const char *family, int64_t now)
{
    struct store_list ended;
    bool found = false;

    assert_int_equal(store_ended_list(f->store, now, &ended, NULL), 0);
    for (size_t i = 0; i < ended.count; i++)
        found = found || !strcmp(((struct store_ended *)ended.items)[i].family, family);
    free(ended.items);
    return found;
}

static void an_ended_sign_in_is_known_until_it_expires(void **state)
{
    struct fixture *f = *state;
    char family[ID_TEXT_MAX];
    struct store_refresh a;

    id_new(family);
    a = make_refresh(&f->ada, family, 'a');
    assert_int_equal(store_refresh_put(f->store, &a, NULL), 0);
    assert_false(is_ended(f, family, 0));
    assert_int_equal(store_refresh_revoke(f->store, family, 500, NULL), 0);
    assert_int_equal(store_refresh_revoke(f->store, family, 900, NULL), 0); /* nothing to end */
    assert_true(is_ended(f, family, 500));
    assert_false(is_ended(f, family, 501));
    assert_int_equal(store_refresh_prune(f->store, 501, NULL), 0);
    assert_false(is_ended(f, family, 0));
    assert_int_equal(store_refresh_revoke(f->store, "01made0up0made0up0made0up0", 500, NULL), 0);
    assert_false(is_ended(f, "01made0up0made0up0made0up0", 0));
}

/* More sign-ins than one growth of the list. */
static void a_new_password_ends_the_other_sign_ins_of_this_user_only(void **state)
{
    enum { SIGN_INS = 40 };
    struct fixture *f = *state;
    char families[SIGN_INS][ID_TEXT_MAX], bobs[ID_TEXT_MAX];
    struct store_refresh token, found;
    struct store_list ended;
    struct store_user user;

    for (int i = 0; i < SIGN_INS; i++) {
        id_new(families[i]);
        token = make_refresh(&f->ada, families[i], (char)('0' + i));
        assert_int_equal(store_refresh_put(f->store, &token, NULL), 0);
    }
    id_new(bobs);
    token = make_refresh(&f->bob, bobs, '~');
    assert_int_equal(store_refresh_put(f->store, &token, NULL), 0);

    assert_int_equal(
        store_user_password(f->store, f->ada.id, "$argon2id$new", families[7], 99, &ended, NULL),
        0);
    assert_int_equal(ended.count, SIGN_INS - 1);
    free(ended.items);
    for (int i = 0; i < SIGN_INS; i++) {
        token = make_refresh(&f->ada, families[i], (char)('0' + i));
        assert_int_equal(is_ended(f, families[i], 99), i != 7);
        assert_int_equal(store_refresh_get(f->store, token.hash, &found, NULL),
                         i == 7 ? 0 : UV_ENOENT);
    }
    assert_false(is_ended(f, bobs, 99));
    assert_int_equal(store_user_get(f->store, f->ada.id, &user, NULL), 0);
    assert_string_equal(user.password, "$argon2id$new");
    store_user_release(&user);
    assert_int_equal(store_user_password(f->store, families[0], "$", "", 99, &ended, NULL),
                     UV_ENOENT);
}

static void expired_refresh_tokens_are_forgotten(void **state)
{
    struct fixture *f = *state;
    char family[ID_TEXT_MAX];
    struct store_refresh a, found;

    id_new(family);
    a = make_refresh(&f->ada, family, 'a');
    assert_int_equal(store_refresh_put(f->store, &a, NULL), 0);
    assert_int_equal(store_refresh_prune(f->store, 1000, NULL), 0);
    assert_int_equal(store_refresh_get(f->store, a.hash, &found, NULL), 0);
    assert_int_equal(store_refresh_prune(f->store, 1001, NULL), 0);
    assert_int_equal(store_refresh_get(f->store, a.hash, &found, NULL), UV_ENOENT);
}

/* ------------------------------------------------------------------------------ profiles */

static void a_profile_comes_back_as_it_was_put(void **state)
{
    struct fixture *f = *state;
    struct store_profile p = make_profile(&f->ada, "one");
    struct store_profile back;

    assert_int_equal(store_profile_put(f->store, &p, NULL), 0);
    assert_int_equal(store_profile_get(f->store, f->ada.id, p.id, &back, NULL), 0);
    assert_string_equal(back.name, "one");
    assert_string_equal(back.skills, "[\"C\",\"SQL\"]");
    assert_string_equal(back.context, "v1.sealed");
    assert_true(back.years_experience == 7.5);
    assert_int_equal(back.updated_at, 2000);
    store_profile_release(&back);

    p.name = LITERAL("two");
    p.context = NULL;
    assert_int_equal(store_profile_put(f->store, &p, NULL), 0);
    assert_int_equal(store_profile_get(f->store, f->ada.id, p.id, &back, NULL), 0);
    assert_string_equal(back.name, "two");
    assert_null(back.context);
    store_profile_release(&back);
}

static void profiles_in_clear_are_listed_by_id(void **state)
{
    struct fixture *f = *state;
    struct store_profile p;
    struct store_list list;
    char ids[3][ID_TEXT_MAX];

    for (int i = 0; i < 3; i++) {
        p = make_profile(&f->ada, "p");
        p.clear = i != 1;
        memcpy(ids[i], p.id, ID_TEXT_MAX);
        assert_int_equal(store_profile_put(f->store, &p, NULL), 0);
    }
    assert_int_equal(store_profile_list_clear(f->store, "", &list, NULL), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(((struct store_profile *)list.items)[0].id, ids[0]);
    assert_string_equal(((struct store_profile *)list.items)[1].id, ids[2]);
    assert_string_equal(((struct store_profile *)list.items)[1].user_id, f->ada.id);
    free(list.items);
    assert_int_equal(store_profile_list_clear(f->store, ids[0], &list, NULL), 0);
    assert_int_equal(list.count, 1);
    free(list.items);
    assert_int_equal(store_profile_list_clear(f->store, ids[2], &list, NULL), 0);
    assert_int_equal(list.count, 0);
    free(list.items);
}

static void what_is_somebody_elses_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct store_profile p = make_profile(&f->ada, "hers");
    struct store_session s = make_session(&f->ada);
    struct store_session stolen;
    struct store_transcript t;
    struct store_list list;

    assert_int_equal(store_profile_put(f->store, &p, NULL), 0);
    memcpy(s.profile_id, p.id, ID_TEXT_MAX);
    assert_int_equal(store_session_put(f->store, &s, NULL), 0);
    t = make_transcript(&s);
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);

    assert_int_equal(store_profile_get(f->store, f->bob.id, p.id, &p, NULL), UV_ENOENT);
    assert_int_equal(store_profile_erase(f->store, f->bob.id, p.id, NULL), UV_ENOENT);
    assert_int_equal(store_session_get(f->store, f->bob.id, s.id, &s, NULL), UV_ENOENT);
    assert_int_equal(store_session_erase(f->store, f->bob.id, s.id, NULL), UV_ENOENT);
    assert_int_equal(store_transcript_get(f->store, f->bob.id, t.id, &t, NULL), UV_ENOENT);
    assert_int_equal(store_transcript_list(f->store, f->bob.id, s.id, false, 10, NULL, &list, NULL),
                     UV_ENOENT);

    stolen = s;
    memcpy(stolen.user_id, f->bob.id, ID_TEXT_MAX);
    assert_int_equal(store_session_put(f->store, &stolen, NULL), UV_ENOENT);
    memcpy(p.user_id, f->bob.id, ID_TEXT_MAX);
    assert_int_equal(store_profile_put(f->store, &p, NULL), UV_ENOENT);

    stolen = make_session(&f->bob); /* a session of his own, with her profile */
    memcpy(stolen.profile_id, p.id, ID_TEXT_MAX);
    assert_int_equal(store_session_put(f->store, &stolen, NULL), UV_ENOENT);
}

static void erasing_a_profile_keeps_its_sessions(void **state)
{
    struct fixture *f = *state;
    struct store_profile p = make_profile(&f->ada, "p");
    struct store_session s = make_session(&f->ada);
    size_t count = 9;

    assert_int_equal(store_profile_put(f->store, &p, NULL), 0);
    memcpy(s.profile_id, p.id, ID_TEXT_MAX);
    assert_int_equal(store_session_put(f->store, &s, NULL), 0);
    assert_int_equal(store_profile_count(f->store, f->ada.id, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(store_profile_erase(f->store, f->ada.id, p.id, NULL), 0);
    assert_int_equal(store_profile_count(f->store, f->ada.id, &count, NULL), 0);
    assert_int_equal(count, 0);

    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &s, NULL), 0);
    assert_string_equal(s.profile_id, "");
    store_session_release(&s);
}

/* ------------------------------------------------------------------------------ sessions */

static void a_session_comes_back_as_it_was_put(void **state)
{
    struct fixture *f = *state;
    struct store_session s = make_session(&f->ada);
    struct store_session back;

    s.job_description = LITERAL("v1.jd");
    s.title = LITERAL("v1.title");
    s.status = STORE_COMPLETED;
    s.completed_at = 123456;
    s.duration = 61; /* the store keeps these two itself */
    s.question_count = 99;
    assert_int_equal(store_session_put(f->store, &s, NULL), 0);
    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &back, NULL), 0);
    assert_string_equal(back.job_description, "v1.jd");
    assert_int_equal(back.status, STORE_COMPLETED);
    assert_int_equal(back.completed_at, 123456);
    assert_int_equal(back.duration, 0);
    assert_int_equal(back.question_count, 0);
    assert_string_equal(back.metadata, "{\"language\":\"en\"}");
    assert_string_equal(back.title, "v1.title");
    store_session_release(&back);

    s.title = NULL;
    assert_int_equal(store_session_put(f->store, &s, NULL), 0);
    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &back, NULL), 0);
    assert_null(back.title);
    store_session_release(&back);
}

static size_t walk_filter(struct fixture *f, const struct store_session_filter *filter,
                          size_t limit, char (*ids)[27])
{
    char cursor[STORE_CURSOR_MAX] = "";
    struct store_list list;
    size_t n = 0;

    do {
        const struct store_session *items;

        assert_int_equal(
            store_session_list(f->store, f->ada.id, filter, limit, cursor, &list, NULL), 0);
        items = list.items;
        assert_true(list.count <= limit);
        for (size_t i = 0; i < list.count; i++)
            memcpy(ids[n++], items[i].id, 27);
        memcpy(cursor, list.next, sizeof(cursor));
        store_list_release(&list, STORE_KIND_SESSION);
    } while (cursor[0]);
    return n;
}

static size_t walk(struct fixture *f, enum store_status status, size_t limit, char (*ids)[27])
{
    const struct store_session_filter filter = {.status = status};

    return walk_filter(f, status == STORE_ANY ? NULL : &filter, limit, ids);
}

static void pages_hold_every_session_once_newest_first(void **state)
{
    struct fixture *f = *state;
    char made[25][27];
    char seen[64][27];

    for (int i = 0; i < 25; i++) {
        struct store_session s = make_session(&f->ada);

        s.status = i % 5 ? STORE_ACTIVE : STORE_ABANDONED;
        assert_int_equal(store_session_put(f->store, &s, NULL), 0);
        memcpy(made[24 - i], s.id, 27);
        put_session(f, &f->bob);
    }
    for (size_t limit = 1; limit <= 26; limit += 5) {
        assert_int_equal(walk(f, STORE_ANY, limit, seen), 25);
        assert_memory_equal(seen, made, sizeof(made));
    }
    assert_int_equal(walk(f, STORE_ABANDONED, 2, seen), 5);
    assert_int_equal(walk(f, STORE_COMPLETED, 2, seen), 0);
    assert_int_equal(walk(f, STORE_ACTIVE, 20, seen), 20);
}

/* Every filter alone and all together, over pages of each size. */
static void filters_leave_out_the_others_on_every_page(void **state)
{
    struct fixture *f = *state;
    struct store_profile p = make_profile(&f->ada, "p"), q = make_profile(&f->ada, "q");
    const char *const one[] = {p.id}, *const both[] = {q.id, p.id};
    const struct {
        struct store_session_filter filter;
        size_t count;
    } cases[] = {
        {{.status = STORE_ANY, .from = 10000}, 20},
        {{.status = STORE_ANY, .until = 10000}, 10},
        {{.status = STORE_ANY, .from = 5000, .until = 6000}, 1},
        {{.status = STORE_ANY, .profiles = one, .profile_count = 1}, 10},
        {{.status = STORE_ANY, .profiles = both, .profile_count = 2}, 20},
        {{.status = STORE_ANY, .profiles = both, .profile_count = 0}, 0},
        {{.status = STORE_COMPLETED, .from = 10000, .profiles = one, .profile_count = 1}, 4},
        {{.status = STORE_ANY, .from = 29000, .until = 30000}, 1},
        {{.status = STORE_ANY, .from = 30000}, 0},
        {{.status = STORE_ANY, .provider = "groq"}, 3},
        {{.status = STORE_ANY, .provider = "outline"}, 5},
        {{.status = STORE_COMPLETED, .from = 10000, .provider = "groq"}, 2},
        {{.status = STORE_ANY, .provider = "gro"}, 0},
    };
    char all[64][27], seen[64][27];

    assert_int_equal(store_profile_put(f->store, &p, NULL), 0);
    assert_int_equal(store_profile_put(f->store, &q, NULL), 0);
    for (int i = 0; i < 30; i++) {
        struct store_session s = make_session(&f->ada);

        s.created_at = 1000 * i;
        s.status = i % 2 ? STORE_ACTIVE : STORE_COMPLETED;
        if (i % 3)
            memcpy(s.profile_id, i % 3 == 1 ? p.id : q.id, ID_TEXT_MAX);
        assert_int_equal(store_session_put(f->store, &s, NULL), 0);
        if (i % 10 == 0 || i % 6 == 1) {
            struct store_transcript t = make_transcript(&s);

            t.provider = i % 10 == 0 ? LITERAL("groq") : LITERAL("outline");
            assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
        }
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(walk_filter(f, &cases[i].filter, 100, all), cases[i].count);
        for (size_t limit = 1; limit < 8; limit += 3) {
            assert_int_equal(walk_filter(f, &cases[i].filter, limit, seen), cases[i].count);
            assert_memory_equal(seen, all, cases[i].count * sizeof(all[0]));
        }
    }
}

static int64_t duration_of(struct fixture *f, const struct store_session *s)
{
    struct store_session back;
    int duration;

    assert_int_equal(store_session_get(f->store, f->ada.id, s->id, &back, NULL), 0);
    duration = back.duration;
    store_session_release(&back);
    return duration;
}

static struct store_transcript say(struct fixture *f, const struct store_session *s, int64_t from_s,
                                   int64_t to_s)
{
    struct store_transcript t = make_transcript(s);

    t.timestamp = 1000 * from_s;
    t.ended_at = 1000 * to_s;
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    return t;
}

static void a_session_is_as_long_as_what_was_said_in_it(void **state)
{
    enum { PAUSE_S = STORE_PAUSE_MS / 1000, LATER_S = 100000 };
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);
    struct store_transcript t;

    assert_int_equal(duration_of(f, &s), 0);
    say(f, &s, 1000, 1010);
    assert_int_equal(duration_of(f, &s), 10);
    t = say(f, &s, 1060, 1090); /* a silence between is part of it */
    assert_int_equal(duration_of(f, &s), 90);
    say(f, &s, 1070, 1075); /* at the same time as another */
    assert_int_equal(duration_of(f, &s), 90);
    say(f, &s, 1090 + PAUSE_S, 1100 + PAUSE_S); /* one that is just not too long, too */
    assert_int_equal(duration_of(f, &s), 100 + PAUSE_S);
    say(f, &s, LATER_S, LATER_S + 20); /* gone on with the next day */
    assert_int_equal(duration_of(f, &s), 120 + PAUSE_S);
    t.ended_at += 5000;
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    assert_int_equal(duration_of(f, &s), 120 + PAUSE_S);
    assert_int_equal(store_transcript_erase(f->store, s.id, t.id, NULL), 0);
    assert_int_equal(duration_of(f, &s), 75 + 10 + 20); /* and now the silence is too long */
    t.ended_at = 0;                                     /* not known */
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    assert_int_equal(duration_of(f, &s), 75 + 10 + 20);
}

static enum store_status status_of(struct fixture *f, const char *id, int64_t *completed_at)
{
    struct store_session back;
    enum store_status status;

    assert_int_equal(store_session_get(f->store, f->ada.id, id, &back, NULL), 0);
    status = back.status;
    *completed_at = back.completed_at;
    store_session_release(&back);
    return status;
}

static void one_that_nothing_happens_in_is_given_up_until_somebody_comes_back(void **state)
{
    struct fixture *f = *state;
    struct store_session silent = put_session(f, &f->ada), said = put_session(f, &f->ada);
    struct store_session done = make_session(&f->ada);
    int64_t soon = clock_unix_ms() + 60000, at;
    struct store_list list;

    done.status = STORE_COMPLETED;
    assert_int_equal(store_session_put(f->store, &done, NULL), 0);
    say(f, &said, said.created_at / 1000 + 5, said.created_at / 1000 + 9);
    assert_int_equal(store_session_abandon(f->store, said.created_at - 1000, 10, &list, NULL), 0);
    assert_int_equal(list.count, 0);
    store_list_release(&list, STORE_KIND_SESSION);

    assert_int_equal(store_session_abandon(f->store, soon, 1, &list, NULL), 0);
    assert_int_equal(list.count, 1);
    store_list_release(&list, STORE_KIND_SESSION);
    assert_int_equal(store_session_abandon(f->store, soon, 10, &list, NULL), 0);
    assert_int_equal(list.count, 1);
    store_list_release(&list, STORE_KIND_SESSION);
    assert_int_equal(status_of(f, silent.id, &at), STORE_ABANDONED);
    assert_int_equal(at, silent.created_at);
    assert_int_equal(status_of(f, said.id, &at), STORE_ABANDONED);
    assert_int_equal(at, (said.created_at / 1000 + 9) * 1000);
    assert_int_equal(status_of(f, done.id, &at), STORE_COMPLETED);

    assert_int_equal(store_session_resume(f->store, f->bob.id, said.id, NULL), UV_ENOENT);
    assert_int_equal(store_session_resume(f->store, f->ada.id, said.id, NULL), 0);
    assert_int_equal(status_of(f, said.id, &at), STORE_ACTIVE);
    assert_int_equal(at, 0);
    assert_int_equal(store_session_resume(f->store, f->ada.id, done.id, NULL), 0);
    assert_int_equal(status_of(f, done.id, &at), STORE_COMPLETED);
}

struct told {
    int count;
    char user[ID_TEXT_MAX];
    char session[ID_TEXT_MAX];
};

static void hear_of(const struct store_written *written, void *arg)
{
    struct told *told = arg;

    told->count++;
    snprintf(told->user, sizeof(told->user), "%s", written->user_id);
    snprintf(told->session, sizeof(told->session), "%s",
             written->session_id ? written->session_id : "");
}

static int rename_it(struct store_session *session, void *arg)
{
    free(session->title);
    session->title = strdup(arg);
    return 0;
}

/* What one user writes, whoever is told of it by which call. */
static void whoever_watches_is_told_whose_session_was_written(void **state)
{
    struct fixture *f = *state;
    struct store_session s = make_session(&f->ada), back;
    struct store_list ended = {0};
    struct store_transcript t;
    struct told told = {0};
    int n = 0;

#define TOLD(of)                                                                                   \
    assert_int_equal(told.count, ++n);                                                             \
    assert_string_equal(told.user, f->ada.id);                                                     \
    assert_string_equal(told.session, of)

    store_watch(f->store, hear_of, &told);
    assert_int_equal(store_session_put(f->store, &s, NULL), 0);
    TOLD(s.id);
    t = say(f, &s, 1, 2);
    TOLD(s.id);
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0); /* of the same length */
    TOLD(s.id);
    assert_int_equal(
        store_session_change(f->store, f->ada.id, s.id, rename_it, (char[]){"x"}, &back, NULL), 0);
    store_session_release(&back);
    TOLD(s.id);
    assert_int_equal(store_transcript_erase(f->store, s.id, t.id, NULL), 0);
    TOLD(s.id);
    assert_int_equal(store_transcript_erase(f->store, s.id, t.id, NULL), UV_ENOENT);
    assert_int_equal(store_session_erase(f->store, f->ada.id, s.id, NULL), 0);
    TOLD(s.id);
    assert_int_equal(store_user_erase(f->store, f->ada.id, 1, &ended, NULL), 0);
    free(ended.items);
    TOLD("");
    store_watch(f->store, NULL, NULL);
    put_session(f, &f->bob);
    assert_int_equal(told.count, n);
}

static void a_page_that_cannot_be_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store_list list;

    assert_int_equal(store_session_list(f->store, f->ada.id, NULL, 0, NULL, &list, NULL),
                     UV_EINVAL);
    assert_int_equal(store_session_list(f->store, f->ada.id, NULL, 101, NULL, &list, NULL),
                     UV_EINVAL);
    assert_int_equal(store_session_list(f->store, f->ada.id, NULL, 5, "' OR 1=1", &list, NULL),
                     UV_EINVAL);
    assert_int_equal(store_session_get(f->store, f->ada.id, "../x", NULL, NULL), UV_ENOENT);
}

/* What is no id, or lacks what every such record has, is refused before a driver is asked: by the
 * sentence one knows that. */
static struct errbuf why;

static void refused(int is, int e, const char *sentence, int line)
{
    if (is != e || strcmp(why.text, sentence) != 0)
        fail_msg("line %d: %d, \"%s\"", line, is, why.text);
    why.text[0] = '\0';
}

#define REFUSED(e, sentence, call) refused(call, e, sentence, __LINE__)
#define NO_ID                      "../x"

static int change_nothing_user(struct store_user *u, void *arg)
{
    (void)u;
    (void)arg;
    return 0;
}

static int change_nothing_profile(struct store_profile *p, void *arg)
{
    (void)p;
    (void)arg;
    return 0;
}

static int change_nothing_session(struct store_session *s, void *arg)
{
    (void)s;
    (void)arg;
    return 0;
}

static int change_nothing_transcript(struct store_transcript *t, void *arg)
{
    (void)t;
    (void)arg;
    return 0;
}

static void what_is_no_id_names_nothing(void **state)
{
    struct fixture *f = *state;
    struct store *s = f->store;
    const char *ada = f->ada.id;
    struct store_transcript transcript;
    struct store_session session;
    struct store_profile profile;
    struct store_list list;
    struct store_user user;

    REFUSED(UV_ENOENT, "there is no such user", store_user_get(s, NO_ID, &user, &why));
    REFUSED(UV_ENOENT, "there is no such user", store_user_erase(s, NO_ID, 9, &list, &why));
    REFUSED(UV_ENOENT, "there is no such user",
            store_user_password(s, NO_ID, "$x", "", 9, &list, &why));
    REFUSED(UV_EINVAL, "there is no password",
            store_user_password(s, ada, NULL, "", 9, &list, &why));
    REFUSED(UV_ENOENT, "there is no such user",
            store_user_change(s, NO_ID, change_nothing_user, NULL, &user, &why));
    REFUSED(UV_ENOENT, "there is no such profile",
            store_profile_get(s, ada, NO_ID, &profile, &why));
    REFUSED(UV_ENOENT, "there is no such profile", store_profile_erase(s, ada, NO_ID, &why));
    REFUSED(UV_ENOENT, "there is no such profile",
            store_profile_change(s, ada, NO_ID, change_nothing_profile, NULL, &profile, &why));
    REFUSED(UV_ENOENT, "there is no such session",
            store_session_get(s, ada, NO_ID, &session, &why));
    REFUSED(UV_ENOENT, "there is no such session", store_session_erase(s, ada, NO_ID, &why));
    REFUSED(UV_ENOENT, "there is no such session",
            store_session_change(s, ada, NO_ID, change_nothing_session, NULL, &session, &why));
    REFUSED(UV_ENOENT, "there is no such transcript",
            store_transcript_get(s, ada, NO_ID, &transcript, &why));
    REFUSED(
        UV_ENOENT, "there is no such transcript",
        store_transcript_change(s, ada, NO_ID, change_nothing_transcript, NULL, &transcript, &why));
    REFUSED(UV_ENOENT, "there is no such transcript",
            store_transcript_erase(s, ada, NO_ID, &why)); /* a session's id that is one */
    REFUSED(UV_ENOENT, "there is no such session", store_transcript_erase(s, NO_ID, ada, &why));
    REFUSED(UV_ENOENT, "there is no such session",
            store_transcript_list(s, ada, NO_ID, true, 5, NULL, &list, &why));
}

static void a_list_wants_a_page_of_its_size_and_a_cursor_that_is_one(void **state)
{
    static const char size[] = "a page has 1 to 100 records",
                      cursor[] = "that is not a cursor of a page before";
    struct fixture *f = *state;
    struct store *s = f->store;
    const char *ada = f->ada.id;
    struct store_list list;

    for (size_t limit = 0; limit <= STORE_PAGE_MAX + 1; limit += STORE_PAGE_MAX + 1) {
        REFUSED(UV_EINVAL, size, store_profile_list(s, ada, limit, NULL, &list, &why));
        REFUSED(UV_EINVAL, size, store_session_list(s, ada, NULL, limit, NULL, &list, &why));
        REFUSED(UV_EINVAL, size,
                store_transcript_list(s, ada, ada, true, limit, NULL, &list, &why));
    }
    REFUSED(UV_EINVAL, cursor, store_profile_list(s, ada, 5, NO_ID, &list, &why));
    REFUSED(UV_EINVAL, cursor, store_session_list(s, ada, NULL, 5, NO_ID, &list, &why));
    REFUSED(UV_EINVAL, cursor, store_transcript_list(s, ada, ada, true, 5, NO_ID, &list, &why));
    assert_int_equal(store_profile_list(s, ada, STORE_PAGE_MAX, "", &list, NULL), 0);
    store_list_release(&list, STORE_KIND_PROFILE);
    assert_int_equal(store_profile_list(s, ada, 1, ada, &list, NULL), 0);
    store_list_release(&list, STORE_KIND_PROFILE);
}

static void a_profile_or_user_without_its_parts_is_none(void **state)
{
    static const char parts[] = "a profile has a name, role, skills and industry";
    struct fixture *f = *state;
    struct store *s = f->store;
    const struct store_profile good = make_profile(&f->ada, "p");
    struct store_profile p = good;
    struct store_user u = f->ada;

    memcpy(p.id, NO_ID, sizeof(NO_ID));
    REFUSED(UV_EINVAL, "the profile has no id", store_profile_put(s, &p, &why));
    REFUSED(UV_EINVAL, "the profile has no id", store_profile_add(s, &p, 9, &why));
    p = good;
    memcpy(p.user_id, NO_ID, sizeof(NO_ID));
    REFUSED(UV_ENOENT, "there is no such user", store_profile_put(s, &p, &why));
    for (int i = 0; i < 4; i++) {
        p = good;
        *(i == 0 ? &p.name : i == 1 ? &p.role : i == 2 ? &p.skills : &p.industry) = NULL;
        REFUSED(UV_EINVAL, parts, store_profile_put(s, &p, &why));
        REFUSED(UV_EINVAL, parts, store_profile_add(s, &p, 9, &why));
    }
    memcpy(u.id, NO_ID, sizeof(NO_ID));
    REFUSED(UV_EINVAL, "the user has no id", store_user_put(s, &u, &why));
    for (int i = 0; i < 3; i++) {
        u = f->ada;
        *(i == 0 ? &u.display_name : i == 1 ? &u.settings : &u.subscription) = NULL;
        REFUSED(UV_EINVAL, "a user has a name, settings and a subscription",
                store_user_put(s, &u, &why));
    }
}

static void a_session_without_its_parts_is_none(void **state)
{
    static const char parts[] = "a session has metadata and a status";
    struct fixture *f = *state;
    struct store *s = f->store;
    const struct store_session good = make_session(&f->ada);
    struct store_session x = good;

    memcpy(x.id, NO_ID, sizeof(NO_ID));
    REFUSED(UV_EINVAL, "the session has no id", store_session_put(s, &x, &why));
    x = good;
    memcpy(x.user_id, NO_ID, sizeof(NO_ID));
    REFUSED(UV_ENOENT, "there is no such user", store_session_put(s, &x, &why));
    x = good;
    memcpy(x.profile_id, NO_ID, sizeof(NO_ID));
    REFUSED(UV_ENOENT, "there is no such profile", store_session_put(s, &x, &why));
    x = good;
    x.metadata = NULL;
    REFUSED(UV_EINVAL, parts, store_session_put(s, &x, &why));
    x = good;
    x.status = (enum store_status)(STORE_ABANDONED + 1);
    REFUSED(UV_EINVAL, parts, store_session_put(s, &x, &why));
    x.status = (enum store_status)(STORE_ACTIVE - 1);
    REFUSED(UV_EINVAL, parts, store_session_put(s, &x, &why));
}

static void a_transcript_without_its_parts_is_none(void **state)
{
    static const char parts[] = "a transcript has metrics and no negative number";
    struct fixture *f = *state;
    struct store *s = f->store;
    const struct store_session session = put_session(f, &f->ada);
    const struct store_transcript good = make_transcript(&session);
    struct store_transcript x = good;

    memcpy(x.id, NO_ID, sizeof(NO_ID));
    REFUSED(UV_EINVAL, "the transcript has no id", store_transcript_put(s, &x, &why));
    x = good;
    memcpy(x.session_id, NO_ID, sizeof(NO_ID));
    REFUSED(UV_ENOENT, "there is no such session", store_transcript_put(s, &x, &why));
    x = good;
    x.metrics = NULL;
    REFUSED(UV_EINVAL, parts, store_transcript_put(s, &x, &why));
    x = good;
    x.question_number = -1;
    REFUSED(UV_EINVAL, parts, store_transcript_put(s, &x, &why));
    for (int i = 0; i < 2; i++) {
        x = good;
        x.line = (enum store_line)(i ? STORE_CANDIDATE + 1 : STORE_QUESTION - 1);
        REFUSED(UV_EINVAL, "that is no kind of transcript", store_transcript_put(s, &x, &why));
    }
}

/* All of it or nothing: what fails in the middle leaves no profile and no session behind. */
static void a_session_is_imported_whole_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    struct store *s = f->store;
    struct store_profile profile = make_profile(&f->ada, "Ada");
    struct store_session session = make_session(&f->ada);
    struct store_transcript said[3];
    struct store_session kept;
    struct store_list list;
    size_t profiles;

    memcpy(session.profile_id, profile.id, sizeof(profile.id));
    for (int i = 0; i < 3; i++) {
        said[i] = make_transcript(&session);
        said[i].question_number = 7 + i;
    }
    said[1].line = STORE_CANDIDATE;
    said[2].question_number = 7;
    assert_int_equal(store_session_import(s, &profile, 10, &session, said, 3, NULL), UV_EEXIST);
    said[2].question_number = 0;
    REFUSED(UV_EINVAL, "a transcript is imported with its session and number",
            store_session_import(s, &profile, 10, &session, said, 3, &why));
    said[2].question_number = 9;
    assert_int_equal(store_session_import(s, &profile, 0, &session, said, 3, NULL), UV_ERANGE);
    assert_int_equal(store_session_get(s, f->ada.id, session.id, &kept, NULL), UV_ENOENT);
    assert_int_equal(store_profile_count(s, f->ada.id, &profiles, NULL), 0);
    assert_int_equal(profiles, 0);

    assert_int_equal(store_session_import(s, &profile, 10, &session, said, 3, NULL), 0);
    assert_int_equal(store_session_get(s, f->ada.id, session.id, &kept, NULL), 0);
    assert_int_equal(kept.question_count, 2);
    assert_string_equal(kept.profile_id, profile.id);
    store_session_release(&kept);
    assert_int_equal(store_transcript_list(s, f->ada.id, session.id, false, 10, NULL, &list, NULL),
                     0);
    assert_int_equal(list.count, 3);
    assert_int_equal(((struct store_transcript *)list.items)[1].line, STORE_CANDIDATE);
    assert_int_equal(((struct store_transcript *)list.items)[2].question_number, 9);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
    assert_int_equal(store_session_get(s, f->bob.id, session.id, &kept, NULL), UV_ENOENT);

    id_new(session.id); /* a profile of somebody else's */
    session.user_id[0] = '\0';
    memcpy(session.user_id, f->bob.id, sizeof(session.user_id));
    assert_int_equal(store_session_import(s, NULL, 0, &session, NULL, 0, NULL), UV_ENOENT);
}

static void a_refresh_token_without_its_parts_is_none(void **state)
{
    static const char parts[] = "a refresh token has a hash and a family";
    struct fixture *f = *state;
    struct store *s = f->store;
    struct store_refresh good = {.expires_at = 9};
    struct store_refresh x;

    memset(good.hash, 'a', sizeof(good.hash) - 1);
    id_new(good.family);
    memcpy(good.user_id, f->ada.id, ID_TEXT_MAX);
    x = good;
    x.hash[sizeof(x.hash) - 2] = '\0';
    REFUSED(UV_EINVAL, parts, store_refresh_put(s, &x, &why));
    REFUSED(UV_EINVAL, parts, store_refresh_rotate(s, good.hash, &x, 1, &why));
    x = good;
    memcpy(x.family, NO_ID, sizeof(NO_ID));
    REFUSED(UV_EINVAL, parts, store_refresh_put(s, &x, &why));
    x = good;
    memcpy(x.user_id, NO_ID, sizeof(NO_ID));
    REFUSED(UV_ENOENT, "there is no such user", store_refresh_put(s, &x, &why));
    REFUSED(UV_ENOENT, "there is no such user", store_refresh_rotate(s, good.hash, &x, 1, &why));
    assert_int_equal(store_refresh_put(s, &good, NULL), 0);
}

/* --------------------------------------------------------------------------- transcripts */

static void questions_are_numbered_and_counted(void **state)
{
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);
    struct store_transcript first;

    for (int i = 1; i <= 3; i++) {
        struct store_transcript t = make_transcript(&s);

        assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
        assert_int_equal(t.question_number, i);
        if (i == 1)
            first = t;
    }
    first.answer = LITERAL("v1.a"); /* the pair again, now with its answer */
    assert_int_equal(store_transcript_put(f->store, &first, NULL), 0);
    first.question_number = 0; /* put once more without saying its number: it keeps it */
    assert_int_equal(store_transcript_put(f->store, &first, NULL), 0);
    assert_int_equal(first.question_number, 1);

    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &s, NULL), 0);
    assert_int_equal(s.question_count, 3);
    store_session_release(&s);
    assert_int_equal(store_transcript_get(f->store, f->ada.id, first.id, &first, NULL), 0);
    assert_string_equal(first.answer, "v1.a");
    assert_null(first.audio_url);
    store_transcript_release(&first);
}

static void a_number_is_given_once(void **state)
{
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);
    struct store_session other = put_session(f, &f->ada);
    struct store_transcript t = make_transcript(&s);
    struct store_transcript same = make_transcript(&s);

    t.question_number = same.question_number = 4;
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    assert_int_equal(store_transcript_put(f->store, &same, NULL), UV_EEXIST);
    same.question_number = 0;
    assert_int_equal(store_transcript_put(f->store, &same, NULL), 0);
    assert_int_equal(same.question_number, 5);

    memcpy(t.session_id, other.id, ID_TEXT_MAX); /* cannot move to another session */
    t.question_number = 1;
    assert_int_equal(store_transcript_put(f->store, &t, NULL), UV_ENOENT);
    id_new(t.session_id); /* nor to one that is not there */
    id_new(t.id);
    assert_int_equal(store_transcript_put(f->store, &t, NULL), UV_ENOENT);
}

static void a_transcript_is_erased_and_no_longer_counted(void **state)
{
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);
    struct store_session other = put_session(f, &f->ada);
    struct store_transcript t = make_transcript(&s);

    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    assert_int_equal(store_transcript_erase(f->store, other.id, t.id, NULL), UV_ENOENT);
    assert_int_equal(store_transcript_erase(f->store, s.id, t.id, NULL), 0);
    assert_int_equal(store_transcript_erase(f->store, s.id, t.id, NULL), UV_ENOENT);
    assert_int_equal(store_transcript_get(f->store, f->ada.id, t.id, &t, NULL), UV_ENOENT);
    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &s, NULL), 0);
    assert_int_equal(s.question_count, 0);
    store_session_release(&s);
}

static void a_question_that_was_none_becomes_a_line_again(void **state)
{
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);
    struct store_transcript t = make_transcript(&s);

    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    t.line = STORE_INTERVIEWER;
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &s, NULL), 0);
    assert_int_equal(s.question_count, 0);
    store_session_release(&s);
}

static void transcripts_are_listed_either_way_round(void **state)
{
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);

    for (int i = 0; i < 7; i++) {
        struct store_transcript t = make_transcript(&s);

        assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    }
    for (int newest = 0; newest < 2; newest++) {
        char cursor[STORE_CURSOR_MAX] = "";
        int expect = newest ? 7 : 1;
        struct store_list list;

        do {
            const struct store_transcript *items;

            assert_int_equal(
                store_transcript_list(f->store, f->ada.id, s.id, newest, 3, cursor, &list, NULL),
                0);
            items = list.items;
            for (size_t i = 0; i < list.count; i++, expect += newest ? -1 : 1)
                assert_int_equal(items[i].question_number, expect);
            memcpy(cursor, list.next, sizeof(cursor));
            store_list_release(&list, STORE_KIND_TRANSCRIPT);
        } while (cursor[0]);
        assert_int_equal(expect, newest ? 0 : 8);
    }
}

static void lines_stand_where_they_were_said_and_do_not_count(void **state)
{
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);
    struct store_transcript line = make_transcript(&s);
    struct store_transcript reply = make_transcript(&s);
    struct store_transcript question = make_transcript(&s);
    const struct store_transcript *items;
    struct store_list list;

    line.line = STORE_INTERVIEWER;
    reply.line = STORE_CANDIDATE;
    line.question_number = reply.question_number = question.question_number = 1;
    line.timestamp = 1000;
    reply.timestamp = 2000;
    question.timestamp = 3000;
    assert_int_equal(store_transcript_put(f->store, &question, NULL), 0);
    assert_int_equal(store_transcript_put(f->store, &reply, NULL), 0);
    assert_int_equal(store_transcript_put(f->store, &line, NULL), 0);

    assert_int_equal(store_transcript_list(f->store, f->ada.id, s.id, false, 2, NULL, &list, NULL),
                     0);
    items = list.items;
    assert_int_equal(list.count, 2);
    assert_string_equal(items[0].id, line.id);
    assert_int_equal(items[1].line, STORE_CANDIDATE);
    memcpy(s.profile_id, list.next, ID_TEXT_MAX);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);
    assert_int_equal(
        store_transcript_list(f->store, f->ada.id, s.id, false, 2, s.profile_id, &list, NULL), 0);
    items = list.items;
    assert_int_equal(list.count, 1);
    assert_string_equal(items[0].id, question.id);
    store_list_release(&list, STORE_KIND_TRANSCRIPT);

    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &s, NULL), 0);
    assert_int_equal(s.question_count, 1);
    store_session_release(&s);
}

static void a_line_can_become_a_question(void **state)
{
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);
    struct store_transcript t = make_transcript(&s);
    struct store_transcript next = make_transcript(&s);

    t.line = STORE_INTERVIEWER;
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    assert_int_equal(t.question_number, 1);
    t.line = STORE_QUESTION;
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    assert_int_equal(store_transcript_put(f->store, &next, NULL), 0);
    assert_int_equal(next.question_number, 2);
    t.line = (enum store_line)7;
    assert_int_equal(store_transcript_put(f->store, &t, NULL), UV_EINVAL);
    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &s, NULL), 0);
    assert_int_equal(s.question_count, 2);
    store_session_release(&s);
}

/* ------------------------------------------------------------------------------- threads */

struct writer {
    struct fixture *f;
    const struct store_session *session;
    int failed;
};

static void *write_many(void *arg)
{
    struct writer *w = arg;

    for (int i = 0; i < 25; i++) {
        struct store_transcript t = make_transcript(w->session);
        struct store_transcript back;

        if (store_transcript_put(w->f->store, &t, NULL) ||
            store_transcript_get(w->f->store, w->f->ada.id, t.id, &back, NULL)) {
            w->failed++;
            continue;
        }
        store_transcript_release(&back);
    }
    return NULL;
}

static void threads_that_write_at_once_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);
    struct writer writers[4];
    pthread_t threads[4];

    for (int i = 0; i < 4; i++) {
        writers[i] = (struct writer){f, &s, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].failed, 0);
    }
    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &s, NULL), 0);
    assert_int_equal(s.question_count, 100);
    store_session_release(&s);
}

/* Each thread owns one field of a record and changes only that: what the other one wrote a moment
 * ago must still be there afterwards. */
enum { CHANGES = 60 };

struct changer {
    struct fixture *f;
    const char *id;
    bool first; /* the first field or the other one */
    int value;
    int (*change)(struct changer *c);
    int failed;
};

static char *numbered(const char *what, int n)
{
    char *text = NULL;

    assert_true(asprintf(&text, "%s%d", what, n) > 0);
    return text;
}

static void set_numbered(char **field, const char *what, int n)
{
    free(*field);
    *field = numbered(what, n);
}

static int set_user(struct store_user *user, void *arg)
{
    const struct changer *c = arg;

    set_numbered(c->first ? &user->display_name : &user->settings, "v", c->value);
    return 0;
}

static int change_user(struct changer *c)
{
    struct store_user user;
    int e = store_user_change(c->f->store, c->id, set_user, c, &user, NULL);

    if (!e)
        store_user_release(&user);
    return e;
}

static int set_profile(struct store_profile *profile, void *arg)
{
    const struct changer *c = arg;

    set_numbered(c->first ? &profile->name : &profile->context, "v", c->value);
    return 0;
}

static int change_profile(struct changer *c)
{
    struct store_profile profile;
    int e = store_profile_change(c->f->store, c->f->ada.id, c->id, set_profile, c, &profile, NULL);

    if (!e)
        store_profile_release(&profile);
    return e;
}

static int set_session(struct store_session *session, void *arg)
{
    const struct changer *c = arg;

    if (c->first)
        session->completed_at = c->value;
    else
        set_numbered(&session->title, "v", c->value);
    return 0;
}

static int change_session(struct changer *c)
{
    struct store_session session;
    int e = store_session_change(c->f->store, c->f->ada.id, c->id, set_session, c, &session, NULL);

    if (!e)
        store_session_release(&session);
    return e;
}

static int set_transcript(struct store_transcript *transcript, void *arg)
{
    const struct changer *c = arg;

    set_numbered(c->first ? &transcript->answer : &transcript->metrics, "v", c->value);
    return 0;
}

static int change_transcript(struct changer *c)
{
    struct store_transcript t;
    int e = store_transcript_change(c->f->store, c->f->ada.id, c->id, set_transcript, c, &t, NULL);

    if (!e)
        store_transcript_release(&t);
    return e;
}

static void *change_often(void *arg)
{
    struct changer *c = arg;

    for (c->value = 1; c->value <= CHANGES; c->value++)
        c->failed += c->change(c) != 0;
    return NULL;
}

/* Two threads change the two fields of the record at once. */
static void change_at_once(struct fixture *f, const char *id, int (*change)(struct changer *c))
{
    struct changer changers[2] = {{f, id, true, 0, change, 0}, {f, id, false, 0, change, 0}};
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, change_often, &changers[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(changers[i].failed, 0);
    }
}

static void two_fields_of_a_record_change_at_once(void **state)
{
    struct fixture *f = *state;
    struct store_profile profile = make_profile(&f->ada, "p");
    struct store_session session = put_session(f, &f->ada);
    struct store_transcript t = make_transcript(&session);
    struct store_user user;
    char *last = numbered("v", CHANGES);

    assert_int_equal(store_profile_put(f->store, &profile, NULL), 0);
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    change_at_once(f, f->ada.id, change_user);
    change_at_once(f, profile.id, change_profile);
    change_at_once(f, session.id, change_session);
    change_at_once(f, t.id, change_transcript);

    assert_int_equal(store_user_get(f->store, f->ada.id, &user, NULL), 0);
    assert_string_equal(user.display_name, last);
    assert_string_equal(user.settings, last);
    store_user_release(&user);
    assert_int_equal(store_profile_get(f->store, f->ada.id, profile.id, &profile, NULL), 0);
    assert_string_equal(profile.name, last);
    assert_string_equal(profile.context, last);
    assert_string_equal(profile.role, "Engineer");
    store_profile_release(&profile);
    assert_int_equal(store_session_get(f->store, f->ada.id, session.id, &session, NULL), 0);
    assert_int_equal(session.completed_at, CHANGES);
    assert_string_equal(session.title, last);
    assert_int_equal(session.question_count, 1);
    store_session_release(&session);
    assert_int_equal(store_transcript_get(f->store, f->ada.id, t.id, &t, NULL), 0);
    assert_string_equal(t.answer, last);
    assert_string_equal(t.metrics, last);
    store_transcript_release(&t);
    free(last);
}

static int refuse(struct store_session *session, void *arg)
{
    (void)arg;
    session->completed_at = 12345;
    return UV_EPERM;
}

static void a_change_that_gives_up_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_session s = put_session(f, &f->ada);

    assert_int_equal(store_session_change(f->store, f->ada.id, s.id, refuse, NULL, &s, NULL),
                     UV_EPERM);
    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &s, NULL), 0);
    assert_int_equal(s.completed_at, 0);
    store_session_release(&s);
}

static void a_change_neither_brings_back_nor_takes(void **state)
{
    struct store_list ended;
    struct fixture *f = *state;
    struct store_profile p = make_profile(&f->ada, "p");
    struct store_session s = put_session(f, &f->ada);
    struct changer c = {.f = f, .first = true, .value = 3};

    assert_int_equal(store_session_change(f->store, f->bob.id, s.id, set_session, &c, &s, NULL),
                     UV_ENOENT);
    assert_int_equal(store_session_erase(f->store, f->ada.id, s.id, NULL), 0);
    c.id = s.id;
    assert_int_equal(change_session(&c), UV_ENOENT);
    c.id = p.id; /* never put */
    assert_int_equal(change_profile(&c), UV_ENOENT);
    assert_int_equal(store_user_erase(f->store, f->ada.id, 99, &ended, NULL), 0);
    free(ended.items);
    c.id = f->ada.id;
    assert_int_equal(change_user(&c), UV_ENOENT);
    assert_int_equal(store_session_get(f->store, f->ada.id, s.id, &s, NULL), UV_ENOENT);
}

static void *add_profiles(void *arg)
{
    struct writer *w = arg;

    for (int i = 0; i < 20; i++) {
        struct store_profile p = make_profile(&w->f->ada, "p");
        int e = store_profile_add(w->f->store, &p, 30, NULL);

        w->failed += e == UV_ERANGE;
        if (e && e != UV_ERANGE)
            w->failed += 1000;
    }
    return NULL;
}

static void nobody_gets_more_profiles_than_the_most(void **state)
{
    struct fixture *f = *state;
    struct writer writers[2] = {{f, NULL, 0}, {f, NULL, 0}};
    pthread_t threads[2];
    size_t count = 0;

    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_profiles, &writers[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(store_profile_count(f->store, f->ada.id, &count, NULL), 0);
    assert_int_equal(count, 30);
    assert_int_equal(writers[0].failed + writers[1].failed, 10);
}

/* ------------------------------------------------------------------------------- figures */

/* All figures of the days 0 to 9 as one line, to be compared. */
static const char *figures_of(struct fixture *f, const char *user_id)
{
    static char text[4096];
    size_t n = 0;

    text[0] = '\0';
    for (enum store_figures what = STORE_DAYS; what <= STORE_PROFILES; what++) {
        struct store_list list;

        assert_int_equal(store_figures(f->store, what, user_id, 0, 9, &list, NULL), 0);
        for (size_t i = 0; i < list.count; i++) {
            const struct store_day *d = (const struct store_day *)list.items + i;
            const struct store_share *s = (const struct store_share *)list.items + i;

            if (what == STORE_DAYS)
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%d:%d/%d/%d/%d/%d ", (int)d->day,
                                      (int)d->sessions, (int)d->users, (int)d->said,
                                      (int)d->seconds, (int)d->questions);
            else
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%d:%s=%d ", (int)s->day,
                                      what == STORE_PROVIDERS ? s->name : "profile", (int)s->count);
        }
        free(list.items);
    }
    return text;
}

/* What is kept is what is counted anew. */
static void figures_are(struct fixture *f, const char *all, const char *adas)
{
    assert_string_equal(figures_of(f, NULL), all);
    assert_string_equal(figures_of(f, f->ada.id), adas);
    assert_int_equal(store_figures_recount(f->store, NULL), 0);
    assert_string_equal(figures_of(f, NULL), all);
    assert_string_equal(figures_of(f, f->ada.id), adas);
}

static struct store_session begin_on(struct fixture *f, const struct store_user *user, int day,
                                     const char *profile_id)
{
    struct store_session s = make_session(user);

    s.created_at = 86400000LL * day + 5;
    snprintf(s.profile_id, sizeof(s.profile_id), "%s", profile_id);
    assert_int_equal(store_session_put(f->store, &s, NULL), 0);
    return s;
}

static void figures_of_days_follow_what_is_written_and_erased(void **state)
{
    struct fixture *f = *state;
    struct store_profile p = make_profile(&f->ada, "p");
    struct store_session one, two, other, back;
    struct store_transcript t;
    struct store_list ended = {0};

    figures_are(f, "", "");
    assert_int_equal(store_profile_put(f->store, &p, NULL), 0);
    one = begin_on(f, &f->ada, 1, p.id);
    two = begin_on(f, &f->ada, 1, "");
    other = begin_on(f, &f->bob, 1, "");
    begin_on(f, &f->bob, 2, "");
    figures_are(f, "2:1/1/0/0/0 1:3/2/0/0/0 1:profile=1 ", "1:2/1/0/0/0 1:profile=1 ");

    t = say(f, &one, 86400, 86500); /* and then it is answered, by another in the end */
    t.provider = LITERAL("groq");
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    t.provider = LITERAL("ollama");
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    t = say(f, &other, 86400, 86410);
    t.provider = LITERAL("groq");
    assert_int_equal(store_transcript_put(f->store, &t, NULL), 0);
    figures_are(f, "2:1/1/0/0/0 1:3/2/2/110/2 1:groq=1 1:ollama=1 1:profile=1 ",
                "1:2/1/1/100/1 1:ollama=1 1:profile=1 ");

    assert_int_equal(store_profile_erase(f->store, f->ada.id, p.id, NULL), 0);
    assert_int_equal(
        store_session_change(f->store, f->ada.id, two.id, rename_it, (char[]){"x"}, &back, NULL),
        0);
    store_session_release(&back);
    figures_are(f, "2:1/1/0/0/0 1:3/2/2/110/2 1:groq=1 1:ollama=1 ", "1:2/1/1/100/1 1:ollama=1 ");
    assert_int_equal(store_transcript_erase(f->store, other.id, t.id, NULL), 0);
    figures_are(f, "2:1/1/0/0/0 1:3/2/1/100/1 1:ollama=1 ", "1:2/1/1/100/1 1:ollama=1 ");
    assert_int_equal(store_session_erase(f->store, f->ada.id, one.id, NULL), 0);
    figures_are(f, "2:1/1/0/0/0 1:2/2/0/0/0 ", "1:1/1/0/0/0 ");
    one = begin_on(f, &f->ada, 3, "");
    say(f, &one, 1, 2);
    assert_int_equal(store_user_erase(f->store, f->ada.id, 1, &ended, NULL), 0);
    free(ended.items);
    figures_are(f, "2:1/1/0/0/0 1:1/1/0/0/0 ", "");
}

static void figures_are_of_days_that_can_be(void **state)
{
    struct fixture *f = *state;
    struct store_list list;

    assert_int_equal(store_figures(f->store, STORE_DAYS, NULL, 5, 4, &list, NULL), UV_EINVAL);
    assert_int_equal(store_figures(f->store, STORE_DAYS, NULL, -1, 4, &list, NULL), UV_EINVAL);
    assert_int_equal(
        store_figures(f->store, STORE_DAYS, NULL, 0, STORE_FIGURE_DAYS_MAX, &list, NULL),
        UV_EINVAL);
}

/* --------------------------------------------------------------------------------- facts */

static void a_fact_is_claimed_once(void **state)
{
    struct fixture *f = *state;
    char *is = NULL;

    assert_int_equal(store_fact_get(f->store, "colour", &is, NULL), UV_ENOENT);
    assert_int_equal(store_fact_claim(f->store, "colour", "red", &is, NULL), 0);
    assert_string_equal(is, "red");
    free(is);
    assert_int_equal(store_fact_claim(f->store, "colour", "blue", &is, NULL), 0);
    assert_string_equal(is, "red");
    free(is);
    assert_int_equal(store_fact_put(f->store, "colour", "green", NULL), 0);
    assert_int_equal(store_fact_get(f->store, "colour", &is, NULL), 0);
    assert_string_equal(is, "green");
    free(is);
}

/* ------------------------------------------------------------------------- sealed texts */

enum { SAMPLES_MAX = 8 };

#define OLD_KEY "v2.0a1b2c3d."
#define NEW_KEY "v2.ffffffff."

static size_t field_of(struct fixture *f, const char *name)
{
    size_t field = 0;

    while (strcmp(store_sealed_field(f->store, field), name) != 0)
        field++;
    return field;
}

static int64_t rest_of(struct fixture *f)
{
    int64_t rest = -1;

    assert_int_equal(store_sealed_rest(f->store, NEW_KEY, &rest, NULL), 0);
    return rest;
}

static void sealed_texts_are_found_counted_and_replaced_all_or_none(void **state)
{
    struct fixture *f = *state;
    struct store_profile p = make_profile(&f->ada, OLD_KEY "name"), back;
    struct store_session s = make_session(&f->ada);
    struct store_sample samples[SAMPLES_MAX], was[2];
    char *now[2] = {LITERAL(NEW_KEY "context"), LITERAL(NEW_KEY "title")};
    size_t n = 0;

    p.context = LITERAL(OLD_KEY "context");
    s.title = LITERAL("v1.abcdefghijklmnopqrstuvwxyz0123456789-_ABCD"); /* before keys had names */
    assert_int_equal(store_profile_put(f->store, &p, NULL), 0);
    assert_int_equal(store_session_put(f->store, &s, NULL), 0);
    assert_int_equal(store_samples(f->store, SAMPLES_MAX, samples, &n, NULL), 0);
    assert_int_equal(n, 2);
    assert_string_equal(samples[0].field, "profile.context");
    assert_string_equal(samples[0].id, p.id);
    assert_string_equal(samples[0].text, p.context);
    assert_string_equal(samples[1].field, "session.title");
    was[0] = samples[0];
    was[1] = samples[1];
    assert_int_equal(rest_of(f), 3);

    was[1].text =
        LITERAL("v1.another"); /* written meanwhile: it stays, and the other one goes on */
    assert_int_equal(store_sealed_replace(f->store, was, now, 2, NULL), 0);
    assert_int_equal(rest_of(f), 2);
    was[1].text = samples[1].text;
    snprintf(was[1].field, sizeof(was[1].field), "session.nothing");
    was[0].text = now[0];
    now[0] = LITERAL("v2.00000000.x");
    assert_int_equal(store_sealed_replace(f->store, was, now, 2, NULL), UV_EINVAL);
    assert_int_equal(rest_of(f), 2);
    assert_int_equal(store_profile_get(f->store, f->ada.id, p.id, &back, NULL), 0);
    assert_string_equal(back.context, NEW_KEY "context");
    store_profile_release(&back);
    for (size_t i = 0; i < n; i++)
        free(samples[i].text);

    assert_int_equal(store_sealed_stale(f->store, field_of(f, "profile.context"), NEW_KEY, "",
                                        SAMPLES_MAX, samples, &n, NULL),
                     0);
    assert_int_equal(n, 0);
    assert_int_equal(store_sealed_stale(f->store, field_of(f, "profile.name"), NEW_KEY, "",
                                        SAMPLES_MAX, samples, &n, NULL),
                     0);
    assert_int_equal(n, 1);
    assert_string_equal(samples[0].text, p.name);
    free(samples[0].text);
    assert_int_equal(store_sealed_stale(f->store, field_of(f, "profile.name"), NEW_KEY, p.id,
                                        SAMPLES_MAX, samples, &n, NULL),
                     0);
    assert_int_equal(n, 0); /* from there on */
}

/* Whatever a field is called, the driver finds its column. */
static void every_sealed_field_can_be_asked_for_and_replaced(void **state)
{
    struct fixture *f = *state;
    struct store_sample samples[SAMPLES_MAX];
    const char *name;
    size_t fields = 0, n;

    for (; (name = store_sealed_field(f->store, fields)); fields++) {
        struct store_sample was = {.text = LITERAL("x")};
        char *now[] = {LITERAL("y")};

        n = 9;
        assert_int_equal(
            store_sealed_stale(f->store, fields, NEW_KEY, "", SAMPLES_MAX, samples, &n, NULL), 0);
        assert_int_equal(n, 0);
        snprintf(was.field, sizeof(was.field), "%s", name);
        id_new(was.id);
        assert_int_equal(store_sealed_replace(f->store, &was, now, 1, NULL), 0);
    }
    assert_true(fields > 10);
}

int main(int argc, char **argv)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(migrating_twice_changes_nothing),
        cmocka_unit_test(four_that_migrate_at_once_all_succeed),
        cmocka_unit_test(a_store_that_was_not_migrated_is_not_ready),
        EACH(records_are_there_after_closing_and_opening),
        EACH(a_user_comes_back_as_it_was_put),
        EACH(an_email_belongs_to_one_user),
        EACH(there_is_one_local_owner_at_most),
        EACH(erasing_a_user_erases_everything_of_it_and_nothing_else),
        EACH(users_are_listed_newest_first_with_role_and_state),
        EACH(keys_are_found_by_their_hash_until_they_are_erased),
        EACH(passkeys_are_found_by_credential_counted_renamed_and_erased),
        EACH(a_photo_is_kept_one_a_user_until_it_is_erased),
        EACH(a_choice_is_kept_one_a_user_and_goes_with_them),
        EACH(a_reset_sets_a_password_once_while_it_is_the_newest),
        EACH(sign_ins_are_listed_by_their_newest_token_and_ended_by_name),
        EACH(a_voice_is_kept_one_a_user_until_it_is_erased),
        EACH(a_recording_comes_back_as_it_was_put),
        EACH(a_live_recording_grows_is_whole_and_is_unheard_when_it_is_erased),
        EACH(recordings_have_a_bound_a_user),
        EACH(recordings_are_listed_newest_first_page_by_page),
        EACH(what_erases_a_recording_always_says_whose_sound_is_to_go),
        EACH(recordings_go_when_their_time_is_over),
        EACH(a_recording_without_its_parts_is_none),
        EACH(a_transcription_waits_until_it_is_done),
        EACH(a_refresh_token_rotates_once),
        EACH(an_ended_sign_in_is_known_until_it_expires),
        EACH(a_new_password_ends_the_other_sign_ins_of_this_user_only),
        EACH(expired_refresh_tokens_are_forgotten),
        EACH(a_profile_comes_back_as_it_was_put),
        EACH(profiles_in_clear_are_listed_by_id),
        EACH(what_is_somebody_elses_is_not_there),
        EACH(erasing_a_profile_keeps_its_sessions),
        EACH(a_session_comes_back_as_it_was_put),
        EACH(a_session_is_imported_whole_or_not_at_all),
        EACH(pages_hold_every_session_once_newest_first),
        EACH(filters_leave_out_the_others_on_every_page),
        EACH(a_session_is_as_long_as_what_was_said_in_it),
        EACH(one_that_nothing_happens_in_is_given_up_until_somebody_comes_back),
        EACH(whoever_watches_is_told_whose_session_was_written),
        EACH(a_page_that_cannot_be_is_refused),
        EACH(what_is_no_id_names_nothing),
        EACH(a_list_wants_a_page_of_its_size_and_a_cursor_that_is_one),
        EACH(a_profile_or_user_without_its_parts_is_none),
        EACH(a_session_without_its_parts_is_none),
        EACH(a_transcript_without_its_parts_is_none),
        EACH(a_refresh_token_without_its_parts_is_none),
        EACH(questions_are_numbered_and_counted),
        EACH(a_number_is_given_once),
        EACH(a_transcript_is_erased_and_no_longer_counted),
        EACH(a_question_that_was_none_becomes_a_line_again),
        EACH(transcripts_are_listed_either_way_round),
        EACH(lines_stand_where_they_were_said_and_do_not_count),
        EACH(a_line_can_become_a_question),
        EACH(threads_that_write_at_once_lose_nothing),
        EACH(two_fields_of_a_record_change_at_once),
        EACH(a_change_that_gives_up_changes_nothing),
        EACH(a_change_neither_brings_back_nor_takes),
        EACH(nobody_gets_more_profiles_than_the_most),
        EACH(figures_of_days_follow_what_is_written_and_erased),
        EACH(figures_are_of_days_that_can_be),
        EACH(a_fact_is_claimed_once),
        EACH(sealed_texts_are_found_counted_and_replaced_all_or_none),
        EACH(every_sealed_field_can_be_asked_for_and_replaced),
    };
    struct loop *loop = NULL;
    int failed = 0;

    if (argc > 1 && !strcmp(argv[1], "lane") &&
        (loop_open(&loop, NULL) || lanes_open(&lanes, loop, NULL)))
        return 1;
    if (argc > 1 && !strcmp(argv[1], "postgres")) {
        driver = argv[1];
        if (!postgres_start()) {
            puts("1..0 # SKIP no PostgreSQL server is installed");
            return 0;
        }
    }
    failed = cmocka_run_group_tests_name(driver, tests, NULL, NULL);
    postgres_stop();
    lanes_close(lanes);
    return loop_close(loop) ? 1 : failed;
}

/**
 * @file test/unit/store/sealed.c  What lies sealed in the store, what is seen of it, and whose key
 */
#include "cmocka_all.h"

#include "store/sealed.h"
#include "support/scratch.h"

#include <stdlib.h>
#include <string.h>

#define KEY   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

struct fixture {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct seal *seal;
    struct seal *other;
    struct store_profile profile;
    struct store_session session;
    char user[ID_TEXT_MAX];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct store_params params = {0};
    struct store_user user = {
        .display_name = LITERAL("You"), .settings = LITERAL("{}"), .subscription = LITERAL("{}")};

    scratch_make(f->dir);
    params.path = scratch_path(f->dir, "i.db");
    assert_int_equal(store_open(&f->store, "sqlite", &params, NULL), 0);
    assert_int_equal(store_migrate(f->store, NULL, NULL, NULL), 0);
    assert_int_equal(seal_open(&f->seal, NULL, KEY, SEAL_FIRST_START, NULL), 0);
    assert_int_equal(seal_open(&f->other, NULL, OTHER, SEAL_FIRST_START, NULL), 0);
    id_new(user.id);
    memcpy(f->user, user.id, ID_TEXT_MAX);
    assert_int_equal(store_user_put(f->store, &user, NULL), 0);
    f->profile = (struct store_profile){.name = LITERAL("p"),
                                        .role = LITERAL("Engineer"),
                                        .skills = LITERAL("[]"),
                                        .industry = LITERAL(""),
                                        .context = LITERAL("Led a team.")};
    f->session = (struct store_session){
        .job_description = LITERAL("A job"), .title = LITERAL("Monday"), .metadata = LITERAL("{}")};
    id_new(f->profile.id);
    id_new(f->session.id);
    memcpy(f->profile.user_id, f->user, ID_TEXT_MAX);
    memcpy(f->session.user_id, f->user, ID_TEXT_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    seal_close(f->seal);
    seal_close(f->other);
    store_close(f->store);
    scratch_remove(f->dir);
    free(f);
    return 0;
}

static void add_both(struct fixture *f)
{
    assert_int_equal(sealed_profile_add(f->store, f->seal, &f->profile, 10, NULL), 0);
    assert_int_equal(sealed_session_put(f->store, f->seal, &f->session, NULL), 0);
    assert_string_equal(f->profile.context, "Led a team."); /* what is given is left alone */
    assert_string_equal(f->session.title, "Monday");
}

static struct store_session raw_session(struct fixture *f)
{
    struct store_session s;

    assert_int_equal(store_session_get(f->store, f->user, f->session.id, &s, NULL), 0);
    return s;
}

static void fields_lie_sealed_and_come_back_in_clear(void **state)
{
    struct fixture *f = *state;
    struct store_profile p;
    struct store_session s;

    add_both(f);
    assert_int_equal(store_profile_get(f->store, f->user, f->profile.id, &p, NULL), 0);
    assert_memory_equal(p.context, "v2.", 3);
    assert_memory_equal(p.name, "v2.", 3);
    assert_memory_equal(p.role, "v2.", 3);
    assert_memory_equal(p.skills, "v2.", 3);
    assert_memory_equal(p.industry, "v2.", 3); /* it is empty, which nobody can tell */
    assert_int_equal(p.clear, 0);
    store_profile_release(&p);
    s = raw_session(f);
    assert_memory_equal(s.job_description, "v2.", 3);
    assert_memory_equal(s.title, "v2.", 3);
    assert_string_equal(s.metadata, "{}");
    assert_int_equal(sealed_session_open(f->seal, &s, NULL), 0);
    assert_string_equal(s.title, "Monday");
    store_session_release(&s);

    assert_int_equal(sealed_profile_get(f->store, f->seal, f->user, f->profile.id, &p, NULL), 0);
    assert_string_equal(p.context, "Led a team.");
    assert_string_equal(p.name, "p");
    assert_string_equal(p.role, "Engineer");
    assert_string_equal(p.skills, "[]");
    assert_string_equal(p.industry, "");
    assert_false(p.unreadable);
    store_profile_release(&p);
    assert_int_equal(sealed_session_get(f->store, f->seal, f->user, f->session.id, &s, NULL), 0);
    assert_string_equal(s.job_description, "A job");
    assert_string_equal(s.title, "Monday");
    assert_false(s.unreadable);
    store_session_release(&s);
    assert_int_equal(sealed_session_get(f->store, f->seal, f->user, f->profile.id, &s, NULL),
                     UV_ENOENT);
    assert_int_equal(sealed_profile_get(f->store, f->seal, f->user, f->session.id, &p, NULL),
                     UV_ENOENT);
    id_new(f->profile.id);
    assert_int_equal(sealed_profile_add(f->store, f->seal, &f->profile, 1, NULL), UV_ERANGE);
}

static void nothing_is_sealed_as_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_session s;

    f->session.title = NULL;
    f->session.job_description = LITERAL("");
    assert_int_equal(sealed_session_put(f->store, f->seal, &f->session, NULL), 0);
    s = raw_session(f);
    assert_null(s.title);
    assert_null(s.job_description);
    store_session_release(&s);
    assert_int_equal(sealed_session_get(f->store, f->seal, f->user, f->session.id, &s, NULL), 0);
    assert_string_equal(s.title, "");
    assert_string_equal(s.job_description, "");
    store_session_release(&s);
}

static void a_transcript_has_three_sealed_fields(void **state)
{
    struct fixture *f = *state;
    struct store_transcript t = {.question = LITERAL("Why?"),
                                 .answer = LITERAL("So."),
                                 .detail = LITERAL("{\"a\":1}"),
                                 .metrics = LITERAL("{}")};
    struct store_transcript back;

    add_both(f);
    id_new(t.id);
    memcpy(t.session_id, f->session.id, ID_TEXT_MAX);
    assert_int_equal(sealed_transcript_put(f->store, f->seal, &t, NULL), 0);
    assert_int_equal(t.question_number, 1);
    assert_string_equal(t.question, "Why?");
    assert_int_equal(store_transcript_get(f->store, f->user, t.id, &back, NULL), 0);
    assert_memory_equal(back.question, "v2.", 3);
    assert_memory_equal(back.answer, "v2.", 3);
    assert_memory_equal(back.detail, "v2.", 3);
    assert_int_equal(sealed_transcript_open(f->seal, &back, NULL), 0);
    assert_string_equal(back.question, "Why?");
    assert_string_equal(back.answer, "So.");
    assert_string_equal(back.detail, "{\"a\":1}");
    store_transcript_release(&back);

    id_new(t.id);
    id_new(t.session_id);
    t.question_number = 0;
    assert_int_equal(sealed_transcript_put(f->store, f->seal, &t, NULL), UV_ENOENT);
    assert_int_equal(t.question_number, 0);
}

/* ---------------------------------------------------------------------------- changing */

struct change {
    const char *saw; /* what fn must see as title */
    const char *title;
    int code;
};

static int change_title(struct store_session *s, void *arg)
{
    const struct change *c = arg;

    if (c->saw)
        assert_string_equal(s->title, c->saw);
    else
        assert_null(s->title);
    if (c->title) {
        free(s->title);
        s->title = strdup(c->title);
    }
    return c->code;
}

static int change(struct fixture *f, const struct seal *seal, struct change c,
                  struct store_session *back)
{
    return sealed_session_change(f->store, seal, f->user, f->session.id, change_title, &c, back,
                                 NULL);
}

static void only_what_was_changed_is_sealed_anew(void **state)
{
    struct fixture *f = *state;
    struct store_session was, is, back;

    add_both(f);
    was = raw_session(f);
    assert_int_equal(change(f, f->seal, (struct change){"Monday", "Tuesday", 0}, &back), 0);
    assert_string_equal(back.title, "Tuesday");
    assert_string_equal(back.job_description, "A job");
    store_session_release(&back);
    is = raw_session(f);
    assert_string_equal(is.job_description, was.job_description);
    assert_string_not_equal(is.title, was.title);
    store_session_release(&was);

    assert_int_equal(change(f, f->seal, (struct change){"Tuesday", NULL, UV_EPERM}, &back),
                     UV_EPERM);
    was = is;
    is = raw_session(f);
    assert_string_equal(is.title, was.title);
    store_session_release(&was);
    store_session_release(&is);

    assert_int_equal(change(f, f->seal, (struct change){"Tuesday", "", 0}, &back), 0);
    assert_string_equal(back.title, "");
    store_session_release(&back);
    is = raw_session(f);
    assert_null(is.title);
    store_session_release(&is);
}

/* What one key cannot open stays as it lies there, for the day the right one is back. */
static void what_cannot_be_opened_is_left_alone_by_a_change(void **state)
{
    struct fixture *f = *state;
    struct store_session was, is, back;

    add_both(f);
    was = raw_session(f);
    assert_int_equal(change(f, f->other, (struct change){NULL, NULL, 0}, &back), 0);
    assert_true(back.unreadable);
    assert_null(back.title);
    store_session_release(&back);
    is = raw_session(f);
    assert_string_equal(is.title, was.title);
    assert_string_equal(is.job_description, was.job_description);
    store_session_release(&is);
    store_session_release(&was);

    assert_int_equal(change(f, f->other, (struct change){NULL, "New", 0}, &back), 0);
    assert_string_equal(back.title, "New");
    assert_true(back.unreadable); /* the other field is */
    store_session_release(&back);
    assert_int_equal(sealed_session_get(f->store, f->seal, f->user, f->session.id, &back, NULL), 0);
    assert_true(back.unreadable);
    assert_null(back.title);
    assert_string_equal(back.job_description, "A job");
    store_session_release(&back);
}

static int rewrite(struct store_profile *p, void *arg)
{
    assert_string_equal(p->context, "Led a team.");
    free(p->context);
    p->context = strdup(arg);
    return 0;
}

static int give_up(struct store_profile *p, void *arg)
{
    (void)arg;
    free(p->context);
    p->context = strdup("lost");
    return UV_EPERM;
}

static void a_profile_is_changed_in_clear(void **state)
{
    struct fixture *f = *state;
    struct store_profile p;

    add_both(f);
    assert_int_equal(
        sealed_profile_change(f->store, f->seal, f->user, f->profile.id, give_up, NULL, &p, NULL),
        UV_EPERM);
    assert_int_equal(sealed_profile_change(f->store, f->seal, f->user, f->profile.id, rewrite,
                                           LITERAL("Led two."), &p, NULL),
                     0);
    assert_string_equal(p.context, "Led two.");
    store_profile_release(&p);
    assert_int_equal(store_profile_get(f->store, f->user, f->profile.id, &p, NULL), 0);
    assert_memory_equal(p.context, "v2.", 3);
    assert_int_equal(sealed_profile_open(f->seal, &p, NULL), 0);
    assert_string_equal(p.context, "Led two.");
    store_profile_release(&p);
}

static int rename_profile(struct store_profile *p, void *arg)
{
    free(p->name);
    p->name = strdup(arg);
    return 0;
}

/* Moved here from another record: nobody is shown it, and the rest of the profile is. */
static void a_role_that_cannot_be_opened_hides_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct store_profile p, raw;

    add_both(f);
    assert_int_equal(store_profile_get(f->store, f->user, f->profile.id, &raw, NULL), 0);
    free(raw.role);
    raw.role = strdup(raw.name);
    assert_int_equal(store_profile_put(f->store, &raw, NULL), 0);
    assert_int_equal(sealed_profile_get(f->store, f->seal, f->user, f->profile.id, &p, NULL), 0);
    assert_true(p.unreadable);
    assert_string_equal(p.role, "");
    assert_string_equal(p.name, "p");
    store_profile_release(&p);

    assert_int_equal(sealed_profile_change(f->store, f->seal, f->user, f->profile.id,
                                           rename_profile, LITERAL("q"), &p, NULL),
                     0);
    assert_string_equal(p.name, "q");
    store_profile_release(&p);
    assert_int_equal(store_profile_get(f->store, f->user, f->profile.id, &p, NULL), 0);
    assert_string_equal(p.role, raw.role); /* as it lay there */
    store_profile_release(&p);
    store_profile_release(&raw);
}

/* -------------------------------------------------------------- what older versions wrote */

/* As they wrote it: the context alone is sealed. */
static void add_older(struct fixture *f)
{
    struct store_profile raw = f->profile;

    assert_int_equal(
        seal_text(f->seal, raw.id, "profile.context", f->profile.context, &raw.context), 0);
    raw.clear = 1;
    assert_int_equal(store_profile_put(f->store, &raw, NULL), 0);
    free(raw.context);
}

static void assert_sealed(struct fixture *f, const char *name)
{
    struct store_profile p;

    assert_int_equal(store_profile_get(f->store, f->user, f->profile.id, &p, NULL), 0);
    assert_int_equal(p.clear, 0);
    assert_memory_equal(p.name, "v2.", 3);
    assert_memory_equal(p.role, "v2.", 3);
    assert_int_equal(sealed_profile_open(f->seal, &p, NULL), 0);
    assert_false(p.unreadable);
    assert_string_equal(p.name, name);
    assert_string_equal(p.role, "Engineer");
    assert_string_equal(p.skills, "[]");
    assert_string_equal(p.context, "Led a team.");
    store_profile_release(&p);
}

static void what_is_in_clear_yet_is_read_and_a_change_seals_it(void **state)
{
    struct fixture *f = *state;
    struct store_profile p;

    f->profile.name = LITERAL("v2.00000000.looks sealed");
    add_older(f);
    assert_int_equal(sealed_profile_get(f->store, f->seal, f->user, f->profile.id, &p, NULL), 0);
    assert_string_equal(p.name, "v2.00000000.looks sealed");
    assert_string_equal(p.context, "Led a team.");
    assert_false(p.unreadable);
    store_profile_release(&p);

    assert_int_equal(sealed_profile_change(f->store, f->seal, f->user, f->profile.id,
                                           rename_profile, LITERAL("q"), &p, NULL),
                     0);
    assert_string_equal(p.name, "q");
    assert_string_equal(p.role, "Engineer");
    store_profile_release(&p);
    assert_sealed(f, "q");
}

static void all_that_is_in_clear_is_sealed_once(void **state)
{
    enum { MORE = STORE_PAGE_MAX + 5 }; /* than one page */
    struct fixture *f = *state;
    size_t done = 9;

    assert_int_equal(sealed_profiles_finish(f->store, f->seal, &done, NULL), 0);
    assert_int_equal(done, 0);
    for (int i = 0; i < MORE; i++) {
        id_new(f->profile.id);
        add_older(f);
    }
    assert_int_equal(sealed_profiles_finish(f->store, f->seal, &done, NULL), 0);
    assert_int_equal(done, MORE);
    assert_sealed(f, "p");
    assert_int_equal(sealed_profiles_finish(f->store, f->seal, &done, NULL), 0);
    assert_int_equal(done, 0);
}

/* ----------------------------------------------------------------------------- the key */

static bool any(struct fixture *f)
{
    bool found = true;

    assert_int_equal(sealed_any(f->store, &found, NULL), 0);
    return found;
}

static void the_first_key_that_asks_is_the_key(void **state)
{
    struct fixture *f = *state;
    struct errbuf err = {""};

    assert_false(any(f));
    assert_int_equal(sealed_check(f->store, f->seal, NULL), 0);
    assert_true(any(f));
    assert_int_equal(sealed_check(f->store, f->seal, NULL), 0);
    assert_int_equal(sealed_check(f->store, f->other, &err), UV_EILSEQ);
    assert_non_null(strstr(err.text, "put the right key file back"));
    assert_int_equal(sealed_check(f->store, f->seal, NULL), 0);
}

/* From before the key wrote down whose the store is. */
static void what_is_sealed_says_which_key_it_was(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(sealed_session_put(f->store, f->seal, &f->session, NULL), 0);
    assert_true(any(f));
    assert_int_equal(sealed_check(f->store, f->other, NULL), UV_EILSEQ);
    assert_int_equal(sealed_check(f->store, f->seal, NULL), 0);
    assert_int_equal(sealed_check(f->store, f->other, NULL), UV_EILSEQ);
}

static void one_that_cannot_be_opened_does_not_speak_for_all(void **state)
{
    struct fixture *f = *state;

    f->profile.context = LITERAL("v1.damaged");
    assert_int_equal(store_profile_put(f->store, &f->profile, NULL), 0);
    assert_true(any(f));
    assert_int_equal(sealed_check(f->store, f->seal, NULL), UV_EILSEQ); /* nothing else is there */
    assert_int_equal(sealed_session_put(f->store, f->seal, &f->session, NULL), 0);
    assert_int_equal(sealed_check(f->store, f->seal, NULL), 0);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(fields_lie_sealed_and_come_back_in_clear),
        EACH(nothing_is_sealed_as_nothing),
        EACH(a_transcript_has_three_sealed_fields),
        EACH(only_what_was_changed_is_sealed_anew),
        EACH(what_cannot_be_opened_is_left_alone_by_a_change),
        EACH(a_profile_is_changed_in_clear),
        EACH(a_role_that_cannot_be_opened_hides_nothing_else),
        EACH(what_is_in_clear_yet_is_read_and_a_change_seals_it),
        EACH(all_that_is_in_clear_is_sealed_once),
        EACH(the_first_key_that_asks_is_the_key),
        EACH(what_is_sealed_says_which_key_it_was),
        EACH(one_that_cannot_be_opened_does_not_speak_for_all),
    };

    return cmocka_run_group_tests_name("sealed", tests, NULL, NULL);
}

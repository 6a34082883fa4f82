/**
 * @file test/unit/api/presence.c  Which sockets hear that their sign-in has ended
 */
#include "cmocka_all.h"

#include "api/presence.h"
#include "loop/loop.h"

#include <stdio.h>
#include <string.h>

enum { SOCKETS = 5 };

struct visit {
    struct presence_entry entry;
    int told;
    struct visit *takes_along; /* leaves when this one is told */
};

struct fixture {
    struct loop *loop;
    struct presence *presence;
    struct visit visits[SOCKETS];
};

static void on_signed_out(void *arg)
{
    struct visit *v = arg;

    v->told++;
    presence_leave(&v->entry);
    if (v->takes_along)
        presence_leave(&v->takes_along->entry);
}

static void enter(struct fixture *f, int sockets_max, int lines_max)
{
    struct presence_limits limits = {sockets_max, lines_max};

    *f = (struct fixture){0};
    assert_int_equal(loop_open(&f->loop, NULL), 0);
    assert_int_equal(presence_open(&f->presence, f->loop, &limits), 0);
}

static void leave(struct fixture *f)
{
    for (int i = 0; i < SOCKETS; i++)
        presence_leave(&f->visits[i].entry);
    presence_close(f->presence);
    assert_int_equal(loop_close(f->loop), 0);
}

static int join(struct fixture *f, int i, const char *user, const char *family)
{
    struct visit *v = &f->visits[i];

    snprintf(v->entry.user, sizeof(v->entry.user), "%s", user);
    snprintf(v->entry.family, sizeof(v->entry.family), "%s", family);
    v->entry.on_signed_out = on_signed_out;
    v->entry.arg = v;
    return presence_join(f->presence, &v->entry);
}

static void stop(void *arg)
{
    loop_stop(arg);
}

static void turn(struct fixture *f)
{
    assert_int_equal(loop_post(f->loop, stop, f->loop), 0);
    loop_run(f->loop);
}

static void the_sockets_of_the_sign_in_hear_and_no_others(void **state)
{
    struct fixture f;

    (void)state;
    enter(&f, 0, 0);
    join(&f, 0, "ada", "phone");
    join(&f, 1, "ada", "laptop");
    join(&f, 2, "ada", "phone");
    join(&f, 3, "bob", "phone"); /* cannot be, and is no matter */
    presence_signed_out("ada", "phone", f.presence);
    assert_int_equal(f.visits[0].told, 0); /* on the loop thread, not here */
    turn(&f);
    for (int i = 0; i < 4; i++)
        assert_int_equal(f.visits[i].told, i == 0 || i == 2);
    leave(&f);
}

static void one_that_is_told_may_take_others_along(void **state)
{
    struct fixture f;

    (void)state;
    enter(&f, 0, 0);
    for (int i = 0; i < SOCKETS; i++)
        join(&f, i, "ada", "phone");
    for (int i = 0; i < SOCKETS; i++)
        f.visits[i].takes_along = &f.visits[(i + 1) % SOCKETS];
    presence_signed_out("ada", "phone", f.presence);
    turn(&f);
    for (int i = 0, told = 0; i < SOCKETS; i++) {
        told += f.visits[i].told;
        assert_in_range(f.visits[i].told, 0, 1);
        assert_null(f.visits[i].entry.in);
        if (i == SOCKETS - 1)
            assert_in_range(told, 1, SOCKETS);
    }
    presence_signed_out("ada", "phone", f.presence); /* nobody is left */
    turn(&f);
    leave(&f);
}

static void a_user_has_so_many_sockets_and_so_many_streams(void **state)
{
    struct fixture f;

    (void)state;
    enter(&f, 2, 1);
    assert_int_equal(presence_listen(&f.visits[0].entry), UV_EMFILE); /* is not here */
    assert_int_equal(join(&f, 0, "ada", "phone"), 0);
    assert_int_equal(join(&f, 1, "ada", "laptop"), 0);
    assert_int_equal(join(&f, 2, "ada", "laptop"), UV_EMFILE);
    assert_int_equal(join(&f, 3, "bob", "laptop"), 0);
    assert_int_equal(presence_listen(&f.visits[0].entry), 0);
    assert_int_equal(presence_listen(&f.visits[0].entry), 0); /* it has it already */
    assert_int_equal(presence_listen(&f.visits[1].entry), UV_EMFILE);
    assert_int_equal(presence_listen(&f.visits[3].entry), 0);
    presence_leave(&f.visits[0].entry);
    assert_int_equal(join(&f, 2, "ada", "laptop"), 0);
    assert_int_equal(presence_listen(&f.visits[2].entry), 0);
    leave(&f);
}

static void what_only_follows_a_sign_in_hears_and_is_not_counted(void **state)
{
    struct fixture f;

    (void)state;
    enter(&f, 1, 0);
    for (int i = 1; i < 4; i++) {
        struct presence_entry *e = &f.visits[i].entry;

        snprintf(e->user, sizeof(e->user), "ada");
        snprintf(e->family, sizeof(e->family), "phone");
        e->on_signed_out = on_signed_out;
        e->arg = &f.visits[i];
        presence_follow(f.presence, e);
    }
    assert_int_equal(join(&f, 0, "ada", "phone"), 0);
    presence_signed_out("ada", "phone", f.presence);
    turn(&f);
    for (int i = 0; i < 4; i++)
        assert_int_equal(f.visits[i].told, 1);
    leave(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sockets_of_the_sign_in_hear_and_no_others),
        cmocka_unit_test(one_that_is_told_may_take_others_along),
        cmocka_unit_test(what_only_follows_a_sign_in_hears_and_is_not_counted),
        cmocka_unit_test(a_user_has_so_many_sockets_and_so_many_streams),
    };

    return cmocka_run_group_tests_name("presence", tests, NULL, NULL);
}

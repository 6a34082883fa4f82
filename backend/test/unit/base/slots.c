/**
 * @file test/unit/base/slots.c  Ids for things that may go before who knows them
 */
#include "cmocka_all.h"

#include "base/slots.h"

static void an_id_finds_its_thing_until_it_is_dropped(void **state)
{
    struct slots s = {0};
    int things[100];
    uint64_t ids[100];

    (void)state;
    for (int i = 0; i < 100; i++) {
        ids[i] = slots_add(&s, &things[i]);
        assert_true(ids[i] != 0);
    }
    assert_int_equal(s.count, 100);
    for (int i = 0; i < 100; i += 2)
        assert_ptr_equal(slots_drop(&s, ids[i]), &things[i]);
    for (int i = 0; i < 100; i++)
        assert_ptr_equal(slots_get(&s, ids[i]), i % 2 ? &things[i] : NULL);
    assert_int_equal(s.count, 50);
    slots_release(&s);
}

static void a_place_is_used_again_and_its_id_never(void **state)
{
    struct slots s = {0};
    int old = 1;
    int fresh = 2;
    uint64_t first = slots_add(&s, &old);
    uint64_t second;

    (void)state;
    assert_ptr_equal(slots_drop(&s, first), &old);
    assert_null(slots_drop(&s, first));
    second = slots_add(&s, &fresh);
    assert_int_equal((uint32_t)first, (uint32_t)second);
    assert_true(first != second);
    assert_null(slots_get(&s, first));
    assert_ptr_equal(slots_get(&s, second), &fresh);
    slots_release(&s);
}

static void nonsense_finds_nothing(void **state)
{
    struct slots s = {0};
    int thing;

    (void)state;
    assert_null(slots_get(&s, 0));
    assert_null(slots_get(&s, UINT64_MAX));
    assert_null(slots_any(&s));
    slots_add(&s, &thing);
    assert_null(slots_get(&s, 0));
    assert_null(slots_get(&s, UINT64_MAX));
    assert_ptr_equal(slots_any(&s), &thing);
    slots_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_finds_its_thing_until_it_is_dropped),
        cmocka_unit_test(a_place_is_used_again_and_its_id_never),
        cmocka_unit_test(nonsense_finds_nothing),
    };

    return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}

/**
 * @file test/unit/audio/g711.c  The ends of the tables of ITU-T G.711, and their order
 */
#include "cmocka_all.h"

#include "audio/g711.h"

static int16_t one(enum g711_law law, unsigned char byte)
{
    int16_t pcm;

    g711_decode(law, &byte, 1, &pcm);
    return pcm;
}

/* 8031 of 14 bits, and 4032 of 13, at the scale of 16. */
static void the_loudest_and_the_quietest_are_those_of_the_tables(void **state)
{
    (void)state;
    assert_int_equal(one(G711_MU, 0x80), 8031 * 4);
    assert_int_equal(one(G711_MU, 0x00), -8031 * 4);
    assert_int_equal(one(G711_MU, 0xff), 0);
    assert_int_equal(one(G711_MU, 0x7f), 0);
    assert_int_equal(one(G711_MU, 0xfe), 2 * 4);
    assert_int_equal(one(G711_A, 0xaa), 4032 * 8);
    assert_int_equal(one(G711_A, 0x2a), -4032 * 8);
    assert_int_equal(one(G711_A, 0xd5), 8);
    assert_int_equal(one(G711_A, 0x55), -8);
}

/* Steps grow with loudness, and never turn back. */
static void louder_codes_are_louder(void **state)
{
    (void)state;
    for (int i = 1; i < 128; i++) {
        assert_true(one(G711_MU, (unsigned char)(0xff - i)) >
                    one(G711_MU, (unsigned char)(0x100 - i)));
        assert_true(one(G711_A, (unsigned char)(0x80 | (i ^ 0x55))) >
                    one(G711_A, (unsigned char)(0x80 | ((i - 1) ^ 0x55))));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loudest_and_the_quietest_are_those_of_the_tables),
        cmocka_unit_test(louder_codes_are_louder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

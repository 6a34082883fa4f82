/**
 * @file test/unit/base/base.c  The floor everything else stands on
 */
#include "cmocka_all.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void buffer_refuses_to_grow_past_its_maximum(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 10);
    assert_int_equal(buf_puts(&b, "12345"), 0);
    assert_int_equal(buf_puts(&b, "123456"), UV_ENOBUFS);
    assert_int_equal(buf_putc(&b, 'x'), UV_ENOBUFS);
    assert_string_equal(b.data, "12345");
    buf_clear(&b);
    assert_int_equal(buf_printf(&b, "%d", 1234567890), 0);
    assert_int_equal(b.len, 10);
    buf_consume(&b, 4);
    assert_string_equal(b.data, "567890");
    buf_release(&b);
}

static void times_survive_a_round_trip(void **state)
{
    static const char *const same[] = {"1970-01-01T00:00:00.000Z", "2026-02-28T23:59:59.999Z",
                                       "1969-12-31T23:59:59.500Z"};
    char text[CLOCK_TEXT_MAX];
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_int_equal(clock_parse(same[i], &ms), 0);
        clock_format(ms, text);
        assert_string_equal(text, same[i]);
    }
    assert_int_equal(clock_parse("2026-01-01T02:00:00+02:00", &ms), 0);
    clock_format(ms, text);
    assert_string_equal(text, "2026-01-01T00:00:00.000Z");
    assert_int_equal(clock_parse("2026-01-01", &ms), UV_EINVAL);
    assert_int_equal(clock_parse("2026-01-01T00:00:00", &ms), UV_EINVAL);
}

static void times_are_days_that_the_calendar_has(void **state)
{
    static const char *const good[] = {
        "2024-02-29T00:00:00Z",           "2000-02-29T00:00:00Z", "2026-04-30T23:59:59Z",
        "2026-12-31T23:59:59.9999+00:00", "2016-12-31T23:59:60Z", "2015-06-30T23:59:60.5Z",
        "2017-01-01T08:59:60+09:00",      "2026-05-14t09:26:53z", "2026-05-14T09:26:53-23:59",
    };
    static const char *const bad[] = {
        "2026-02-30T00:00:00Z",      "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",      "2026-04-31T00:00:00Z",
        "2026-00-10T00:00:00Z",      "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",      "2026-01-32T00:00:00Z",
        "2026-01-01T24:00:00Z",      "2026-01-01T23:60:00Z",
        "2026-01-01T00:00:60Z",      "2026-12-31T23:59:61Z",
        "2026-12-31T22:59:60Z",      "2026-05-31T23:59:60Z",
        "2026-12-31T23:59:60+01:00", "26-01-01T00:00:00Z",
        "2026-1-01T00:00:00Z",       "2026- 1-01T00:00:00Z",
        " 2026-01-01T00:00:00Z",     "2026-01-01 00:00:00Z",
        "2026-01-01T00:00Z",         "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+1:00",  "2026-01-01T00:00:00+01:00x",
        "2026-01-01T00:00:00+0100",  "2026-01-01T00:00:00ZZ",
        "+2026-01-01T00:00:00Z",     "",
    };
    char text[CLOCK_TEXT_MAX];
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (clock_parse(good[i], &ms))
            fail_msg("%s is a time", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (!clock_parse(bad[i], &ms))
            fail_msg("%s is no time", bad[i]);
    assert_int_equal(clock_parse("2016-12-31T23:59:60Z", &ms), 0);
    clock_format(ms, text);
    assert_string_equal(text, "2017-01-01T00:00:00.000Z");
    assert_int_equal(clock_parse("2024-02-29T12:00:00+02:00", &ms), 0);
    clock_format(ms, text);
    assert_string_equal(text, "2024-02-29T10:00:00.000Z");
}

static void ids_sort_in_the_order_they_were_made(void **state)
{
    char before[ID_TEXT_MAX];
    char after[ID_TEXT_MAX];

    (void)state;
    id_new(before);
    for (int i = 0; i < 10000; i++) {
        id_new(after);
        assert_true(id_valid(after));
        assert_true(strcmp(before, after) < 0);
        memcpy(before, after, sizeof(before));
    }
    assert_false(id_valid("../../etc/passwd0000000000"));
    assert_false(id_valid(""));
}

/* The last one: the clock of this process is ahead from here on. */
static void time_never_goes_back_behind_what_was_written_down(void **state)
{
    int64_t now = clock_unix_ms();
    char before[ID_TEXT_MAX];
    char after[ID_TEXT_MAX];

    (void)state;
    id_new(before);
    assert_in_range(id_time(before), now, now + 10000);
    assert_true(clock_behind_ms() < 1000);
    clock_not_before(now - 3600000); /* nothing new */
    assert_true(clock_unix_ms() < now + 10000);

    clock_not_before(now + 3600000);
    assert_in_range(clock_unix_ms(), now + 3600000, now + 3610000);
    assert_in_range(clock_behind_ms(), 3590000, 3610000);
    id_new(after);
    assert_true(strcmp(before, after) < 0);
    assert_true(id_time(after) >= now + 3600000);
    clock_not_before(now); /* and it stays */
    assert_true(clock_unix_ms() >= now + 3600000);
}

static void malformed_utf8_is_noticed(void **state)
{
    static const char *const bad[] = {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80",
                                      "\xe2\x82"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
    assert_true(utf8_valid("h\xc3\xa9llo \xf0\x9f\x8e\xa4", 11));
    assert_int_equal(utf8_floor("h\xc3\xa9", 3, 2), 1);
    assert_int_equal(utf8_count("h\xc3\xa9", 3), 2);
}

static void json_text_is_always_valid(void **state)
{
    json_t *obj = json_object();

    (void)state;
    assert_int_equal(json_set_text(obj, "t",
                                   "a\xff"
                                   "b",
                                   3),
                     0);
    assert_string_equal(json_str(obj, "t"), "a\xef\xbf\xbd"
                                            "b");
    assert_null(json_str(obj, "missing"));
    assert_int_equal(json_int(obj, "t", 7), 7);
    json_decref(obj);
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
    int64_t n = 42;

    (void)state;
    assert_false(text_to_int64("12x", 0, 100, &n));
    assert_false(text_to_int64("", 0, 100, &n));
    assert_false(text_to_int64("101", 0, 100, &n));
    assert_false(text_to_int64("99999999999999999999", 0, INT64_MAX, &n));
    assert_int_equal(n, 42);
    assert_true(text_to_int64("100", 0, 100, &n));
    assert_int_equal(n, 100);
}

static void an_error_keeps_its_code_and_gains_context(void **state)
{
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(err_set(&err, UV_ENOENT, "no file %s", "x"), UV_ENOENT);
    assert_int_equal(err_prefix(&err, UV_ENOENT, "model %d", 1), UV_ENOENT);
    assert_string_equal(err.text, "model 1: no file x");
    assert_int_equal(err_set(NULL, UV_EIO, "ignored"), UV_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_refuses_to_grow_past_its_maximum),
        cmocka_unit_test(times_survive_a_round_trip),
        cmocka_unit_test(times_are_days_that_the_calendar_has),
        cmocka_unit_test(ids_sort_in_the_order_they_were_made),
        cmocka_unit_test(malformed_utf8_is_noticed),
        cmocka_unit_test(json_text_is_always_valid),
        cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
        cmocka_unit_test(an_error_keeps_its_code_and_gains_context),
        cmocka_unit_test(time_never_goes_back_behind_what_was_written_down),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

/**
 * @file test/unit/telemetry/sentry.c  Where reports go
 */
#include "cmocka_all.h"

#include "telemetry/sentry.h"

#include <stdlib.h>
#include <string.h>

static void a_dsn_says_where_reports_go(void **state)
{
    static const struct {
        const char *dsn, *url, *key;
    } good[] = {
        {"https://ab12@sentry.example/42", "https://sentry.example/api/42/envelope/", "ab12"},
        {"http://ab12:secret@127.0.0.1:9000/7", "http://127.0.0.1:9000/api/7/envelope/", "ab12"},
        {"https://ab12@example.org/sentry/42", "https://example.org/sentry/api/42/envelope/",
         "ab12"},
    };
    struct sentry_dsn dsn;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(sentry_parse_dsn(&dsn, good[i].dsn), 0);
        assert_string_equal(dsn.url, good[i].url);
        assert_string_equal(dsn.key, good[i].key);
    }
}

static void what_is_none_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "sentry.example/42",
        "https://sentry.example/42",
        "https://@example/42",
        "ftp://a@b/1",
        "https://ab12@example.org",
        "https://ab12@example/",
        "https://ab12@/42",
        "https://ab12@exa mple/42",
        "https://ab12@example/42?x",
        "https://ab12@example/4\r\n2",
    };
    struct sentry_dsn dsn;
    char *long_one = malloc(2000);

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (sentry_parse_dsn(&dsn, wrong[i]) != UV_EINVAL)
            fail_msg("taken: %s", wrong[i]);
    memset(long_one, 'a', 1999);
    memcpy(long_one, "https://", 8);
    long_one[1999] = '\0';
    long_one[300] = '@';
    long_one[1990] = '/';
    assert_int_equal(sentry_parse_dsn(&dsn, long_one), UV_EINVAL);
    long_one[20] = '@';
    assert_int_equal(sentry_parse_dsn(&dsn, long_one), UV_EINVAL);
    free(long_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dsn_says_where_reports_go),
        cmocka_unit_test(what_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

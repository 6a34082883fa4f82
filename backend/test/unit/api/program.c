/**
 * @file test/unit/api/program.c  What a sign-in is used with, in words
 */
#include "cmocka_all.h"

#include "api/auth.h"

#include <string.h>

static void programs_are_called_by_their_names(void **state)
{
    static const struct {
        const char *agent, *name;
    } cases[] = {
        {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Firefox on Linux"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/140.0.0.0 Safari/537.36",
         "Chrome on Windows"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
         "Edge on Windows"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/18.0 Safari/605.1.15",
         "Safari on macOS"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1",
         "Chrome on iPhone"},
        {"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
         "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
         "Samsung Internet on Android"},
        {"curl/8.5.0", "curl"},
        {"python-requests/2.32", "python-requests"},
        {"a-very-long-name-of-a-program-that-goes-on/1", "a-very-long-name-of-a-pr"},
        {"<script>", ""},
        {"\x1b[2J", ""},
        {"", ""},
        {NULL, ""},
    };
    char name[64];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        auth_program(cases[i].agent, name, sizeof(name));
        assert_string_equal(name, cases[i].name);
    }
}

static void a_name_is_cut_where_the_room_ends(void **state)
{
    char name[8];

    (void)state;
    auth_program("Firefox/1 Linux", name, sizeof(name));
    assert_string_equal(name, "Firefox");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_called_by_their_names),
        cmocka_unit_test(a_name_is_cut_where_the_room_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/**
 * @file test/unit/live/names.c  Which words of a text are names
 */
#include "cmocka_all.h"

#include "live/names.h"

#include <stdio.h>
#include <string.h>

static void add(const char *word, size_t len, void *arg)
{
    char *list = arg;
    size_t n = strlen(list);

    snprintf(list + n, 512 - n, "%s%.*s", n ? " " : "", (int)len, word);
}

static void names_stand_out(void **state)
{
    static const struct {
        const char *text, *names;
    } rows[] = {
        {"I moved Siemens to Kubernetes in Berlin. Then we used gRPC and C++.",
         "Siemens Kubernetes Berlin gRPC C++"},
        {"- Led a team at Ravenport\n- Built Terraform modules\n", "Ravenport Terraform"},
        {"* Led a team\n• Wrote Go\n – Ran Postgres", "Go Postgres"},
        {"Skills: Python, Kafka", "Kafka"},
        {"1. Worked with O’Brien", "O’Brien"},
        {"“Tell me” was all", ""},
        {"- - -", ""},
        {"", ""},
        {NULL, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char found[512] = "";

        names_each(rows[i].text, add, found);
        assert_string_equal(found, rows[i].names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_stand_out)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

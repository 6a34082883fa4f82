/**
 * @file test/unit/pocketsphinx/bank.c  The question bank is large, well formed and honest
 *
 * Honest: the questions that recognisers are measured with must not be in the text that the
 * language model learns from, nor anything close to them.
 */
#include "cmocka_all.h"

#include "ground/question.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 4096, LINE_BYTES = 512, WORDS = 64, BANK_MIN = 700 };

static char bank[LINES_MAX][LINE_BYTES];
static size_t bank_size;

static int read_bank(void **state)
{
    char path[512];
    FILE *f;

    (void)state;
    snprintf(path, sizeof(path), "%s/backend/data/speech/questions.tsv",
             getenv("INTERVIEWD_SOURCE_ROOT"));
    f = fopen(path, "r");
    if (!f)
        return -1;
    while (bank_size < LINES_MAX && fgets(bank[bank_size], LINE_BYTES, f)) {
        bank[bank_size][strcspn(bank[bank_size], "\n")] = '\0';
        bank_size++;
    }
    fclose(f);
    return 0;
}

static bool kind_is_known(const char *line, size_t n)
{
    for (int k = 0; k <= QUESTION_OTHER; k++) {
        const char *name = question_kind_name((enum question_kind)k);

        if (strlen(name) == n && memcmp(line, name, n) == 0)
            return true;
    }
    return false;
}

static void every_line_has_a_kind_and_a_question(void **state)
{
    (void)state;
    assert_true(bank_size >= BANK_MIN);
    for (size_t i = 0; i < bank_size; i++) {
        size_t n = strcspn(bank[i], "\t");

        assert_true(bank[i][n] == '\t' && !strchr(bank[i] + n + 1, '\t'));
        assert_true(kind_is_known(bank[i], n));
        assert_true(isupper((unsigned char)bank[i][n + 1]));
        assert_non_null(strchr(".?", bank[i][strlen(bank[i]) - 1]));
    }
}

static void no_question_stands_there_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < bank_size; i++)
        for (size_t j = i + 1; j < bank_size; j++)
            assert_string_not_equal(strchr(bank[i], '\t'), strchr(bank[j], '\t'));
}

static size_t words_of(const char *text, char word[WORDS][32])
{
    size_t n = 0;

    while (*text && n < WORDS) {
        size_t len = 0;

        while (*text && !isalnum((unsigned char)*text))
            text++;
        for (; isalnum((unsigned char)*text) || *text == '\''; text++)
            if (len < 31)
                word[n][len++] = (char)tolower((unsigned char)*text);
        word[n][len] = '\0';
        n += len > 0;
    }
    return n;
}

/* Longest run of words that both have. */
static size_t shared_run(const char *a, const char *b)
{
    char x[WORDS][32], y[WORDS][32];
    size_t n = words_of(a, x), m = words_of(b, y), best = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) {
            size_t k = 0;

            while (i + k < n && j + k < m && strcmp(x[i + k], y[j + k]) == 0)
                k++;
            best = k > best ? k : best;
        }
    return best;
}

static size_t word_count(const char *text)
{
    char word[WORDS][32];

    return words_of(text, word);
}

/* A copy shares a run of three quarters of the measured question's words. */
static void expect_unlike_bank(const char *measured)
{
    size_t most = word_count(measured) * 3 / 4;

    for (size_t i = 0; i < bank_size; i++) {
        const char *ours = strchr(bank[i], '\t') + 1;

        if (shared_run(ours, measured) <= most)
            continue;
        fail_msg("\"%s\" is close to the measured \"%s\"", ours, measured);
    }
}

static void no_measured_question_is_in_the_bank(void **state)
{
    const char *shared = getenv("INTERVIEWD_TEST_SHARED");
    char path[512], line[4096];
    size_t seen = 0;
    FILE *f;

    (void)state;
    snprintf(path, sizeof(path), "%s%s/speech/manifest.tsv",
             shared ? shared : getenv("INTERVIEWD_SOURCE_ROOT"), shared ? "" : "/../shared");
    f = fopen(path, "r");
    if (!f) {
        print_message("skipped: %s is not there\n", path);
        return;
    }
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        if (!strstr(line, "synth-interview"))
            continue;
        expect_unlike_bank(strrchr(line, '\t') + 1);
        seen++;
    }
    fclose(f);
    assert_true(seen > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_has_a_kind_and_a_question),
        cmocka_unit_test(no_question_stands_there_twice),
        cmocka_unit_test(no_measured_question_is_in_the_bank),
    };

    return cmocka_run_group_tests(tests, read_bank, NULL);
}

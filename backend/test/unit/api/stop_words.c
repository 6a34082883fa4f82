/* Stop words are found wherever the pieces of a text are cut. */
#include "cmocka_all.h"

#include "api/stop_words.h"

#include <string.h>

/* What goes out of text, fed in pieces of n bytes. */
static bool feed(struct stop_words *s, const char *text, size_t n, struct buf *out)
{
    size_t len = strlen(text);

    s->held_len = 0;
    buf_clear(out);
    for (size_t at = 0; at < len; at += n)
        if (stop_words_feed(s, text + at, at + n < len ? n : len - at, out))
            return true;
    stop_words_end(s, out);
    return false;
}

static void cut(struct stop_words *s, const char *text, const char *wanted, bool found)
{
    struct buf out;

    buf_init(&out, 4096);
    for (size_t n = 1; n <= strlen(text); n++) {
        assert_int_equal(feed(s, text, n, &out), found);
        assert_int_equal(out.len, strlen(wanted));
        if (out.len)
            assert_memory_equal(out.data, wanted, out.len);
    }
    buf_release(&out);
}

static void test_a_word_over_any_cut(void **state)
{
    struct stop_words s = {.count = 2, .words = {"aab", "\n\n"}};

    (void)state;
    cut(&s, "xaaab rest", "xa", true);
    cut(&s, "one\n\ntwo", "one", true);
    cut(&s, "aa aa \n x", "aa aa \n x", false);
    cut(&s, "ends with aa", "ends with aa", false);
    cut(&s, "aab", "", true);
}

static void test_the_longer_of_two_that_end_together(void **state)
{
    struct stop_words s = {.count = 2, .words = {"b", "aab"}};

    (void)state;
    cut(&s, "xxaab", "xx", true);
    cut(&s, "xxab", "xxa", true);
}

static void test_letters_of_several_bytes(void **state)
{
    struct stop_words s = {.count = 1, .words = {"é!"}};

    (void)state;
    cut(&s, "café! no", "caf", true);
    cut(&s, "café?", "café?", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_over_any_cut),
        cmocka_unit_test(test_the_longer_of_two_that_end_together),
        cmocka_unit_test(test_letters_of_several_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

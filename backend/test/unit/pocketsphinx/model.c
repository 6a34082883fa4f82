/**
 * @file test/unit/pocketsphinx/model.c  The language model that the build made is one
 */
#include "cmocka_all.h"

#include "../../../tools/speechlm/lm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct lm lm;

static int read_built(void **state)
{
    char path[512];

    (void)state;
    snprintf(path, sizeof(path), "%s/src/asr/pocketsphinx/interview.lm.bin",
             getenv("INTERVIEWD_BUILD_ROOT"));
    lm_read(&lm, path);
    return 0;
}

static int release_built(void **state)
{
    (void)state;
    lm_release(&lm);
    return 0;
}

static int32_t id(const char *word)
{
    int32_t w = vocabulary_find(&lm.v, word);

    assert_int_not_equal(w, WORD_NONE);
    return w;
}

static double sum_after(int32_t u, int32_t v)
{
    int32_t start = id("<s>");
    double sum = 0;

    for (int32_t w = 0; w < (int32_t)lm.v.count; w++)
        if (w != start)
            sum += exp(u == WORD_NONE ? lm_score2(&lm, v, w) : lm_score3(&lm, u, v, w));
    return sum;
}

/* Words the general model knows and we left out take a little of a few contexts with them, and
 * scores are quantised to 16 bits. */
static void what_may_follow_adds_up_to_one(void **state)
{
    (void)state;
    assert_float_equal(sum_after(WORD_NONE, id("<s>")), 1, 0.03);
    assert_float_equal(sum_after(WORD_NONE, id("the")), 1, 0.03);
    assert_float_equal(sum_after(WORD_NONE, id("kubernetes")), 1, 0.03);
    assert_float_equal(sum_after(id("tell"), id("me")), 1, 0.03);
    assert_float_equal(sum_after(id("what"), id("is")), 1, 0.03);
}

static void interview_words_follow_interview_words(void **state)
{
    (void)state;
    assert_true(lm_score3(&lm, id("tell"), id("me"), id("about")) >
                lm_score3(&lm, id("tell"), id("me"), id("above")) + 3);
    assert_true(lm_score2(&lm, id("salary"), id("expectations")) > log(0.05));
    assert_true(lm_score3(&lm, id("what"), id("is"), id("recursion")) > log(1e-5));
}

static void a_model_survives_writing_and_reading(void **state)
{
    char path[] = "/tmp/speechlm-XXXXXX";
    int fd = mkstemp(path);
    struct lm again;
    size_t off = 0;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    lm_write(&lm, path);
    lm_read(&again, path);
    unlink(path);
    assert_int_equal(again.v.count, lm.v.count);
    assert_int_equal(again.bis, lm.bis);
    assert_int_equal(again.tris, lm.tris);
    for (size_t i = 0; i < lm.tris; i++) {
        assert_true(again.tri[i].key == lm.tri[i].key);
        off += fabs((double)again.tri[i].prob - (double)lm.tri[i].prob) > 0.01;
    }
    for (size_t i = 0; i < lm.bis; i++) {
        assert_true(again.bi[i].key == lm.bi[i].key);
        off += fabs((double)again.bi[i].bow - (double)lm.bi[i].bow) > 0.01;
    }
    /* Rare values at both ends of a table share one entry. */
    assert_true(off < (lm.bis + lm.tris) / 1000);
    lm_release(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_follow_adds_up_to_one),
        cmocka_unit_test(interview_words_follow_interview_words),
        cmocka_unit_test(a_model_survives_writing_and_reading),
    };

    return cmocka_run_group_tests(tests, read_built, release_built);
}

/**
 * @file test/unit/audio/opus_file.c  Samples into an Ogg Opus file, read back by another decoder
 */
#include "cmocka_all.h"

#include "audio/decode.h"
#include "audio/opus_file.h"

#include <math.h>
#include <string.h>

enum { RATE = 16000, SECONDS = 2, TOTAL = SECONDS * RATE + 77, TONE_HZ = 440 };

static const struct opus_file_params speech = {RATE, 24000};

static void tone(int16_t *pcm, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pcm[i] = (int16_t)(9000 * sin(2 * M_PI * TONE_HZ * (double)i / RATE));
}

static struct opus_file *open_file(void)
{
    struct opus_file *f = NULL;
    struct errbuf why = {""};

    if (opus_file_open(&f, &speech, &why))
        fail_msg("%s", why.text);
    return f;
}

static size_t decoded(const struct buf *file, int *ups)
{
    struct errbuf why = {""};
    struct pcm pcm = {0};
    size_t n;

    if (audio_decode_bytes(file->data, file->len, &pcm, &why))
        fail_msg("%s", why.text);
    assert_string_equal(pcm.format, OPUS_FILE_FORMAT);
    *ups = 0;
    for (size_t i = 1; i < pcm.n; i++)
        *ups += pcm.samples[i - 1] < 0 && pcm.samples[i] >= 0;
    n = pcm.n;
    pcm_release(&pcm);
    return n;
}

static void what_is_written_is_heard_to_the_sample(void **state)
{
    static int16_t pcm[TOTAL];
    struct opus_file *f = open_file();
    struct buf out;
    int ups;

    (void)state;
    tone(pcm, TOTAL);
    buf_init(&out, 1 << 20);
    for (size_t at = 0; at < TOTAL; at += 1001) {
        size_t n = TOTAL - at < 1001 ? TOTAL - at : 1001;

        assert_int_equal(
            opus_file_write(f, pcm + at, n, at % 3 ? OPUS_FILE_MORE : OPUS_FILE_FLUSH, &out), 0);
    }
    assert_int_equal(opus_file_write(f, NULL, 0, OPUS_FILE_END, &out), 0);
    assert_in_range(decoded(&out, &ups), TOTAL - 1, TOTAL + 1);
    assert_in_range(ups, TONE_HZ * SECONDS - 5, TONE_HZ * SECONDS + 5);
    assert_true(out.len < 24000 / 8 * SECONDS * 3 / 2);
    opus_file_close(f);
    buf_release(&out);
}

/* As after a kill: everything that was flushed is heard, and the file is ended like any other. */
static void one_that_was_cut_off_is_mended(void **state)
{
    static int16_t pcm[TOTAL];
    struct opus_file *f = open_file();
    struct buf whole, last;
    uint64_t ms = 0;
    int ups;

    (void)state;
    tone(pcm, TOTAL);
    buf_init(&whole, 1 << 20);
    buf_init(&last, 1 << 20);
    for (size_t at = 0; at + 8000 <= TOTAL; at += 8000) {
        buf_clear(&last);
        assert_int_equal(opus_file_write(f, pcm + at, 8000, OPUS_FILE_FLUSH, &last), 0);
        assert_int_equal(buf_append(&whole, last.data, last.len), 0);
    }
    opus_file_close(f);
    assert_in_range(decoded(&whole, &ups), SECONDS * RATE - 400, SECONDS * RATE);

    assert_int_equal(opus_file_mend(last.data, last.len, &whole, &ms, NULL), 0);
    assert_in_range(ms, SECONDS * 1000 - 25, SECONDS * 1000);
    assert_in_range(decoded(&whole, &ups), SECONDS * RATE - 400, SECONDS * RATE);

    buf_clear(&last); /* it is ended now: nothing more is added */
    assert_int_equal(opus_file_mend(whole.data, whole.len, &last, &ms, NULL), 0);
    assert_int_equal(last.len, 0);
    assert_int_equal(opus_file_mend(whole.data, whole.len - 5, &last, &ms, NULL), UV_EILSEQ);
    assert_int_equal(opus_file_mend("OggS", 4, &last, &ms, NULL), UV_EILSEQ);
    assert_int_equal(opus_file_mend("", 0, &last, &ms, NULL), UV_EILSEQ);
    buf_release(&whole);
    buf_release(&last);
}

static void a_file_without_sound_is_one_too(void **state)
{
    struct opus_file *f = open_file();
    struct opus_file_params odd = {44100, 24000};
    struct errbuf why = {""};
    struct opus_file *none = NULL;
    struct buf out;
    uint64_t ms = 1;

    (void)state;
    buf_init(&out, 1 << 20);
    assert_int_equal(opus_file_write(f, NULL, 0, OPUS_FILE_FLUSH, &out), 0);
    assert_int_equal(opus_file_mend(out.data, out.len, &out, &ms, NULL), 0);
    assert_int_equal(ms, 0);
    assert_int_equal(opus_file_open(&none, &odd, &why), UV_EINVAL);
    assert_true(why.text[0]);
    opus_file_close(f);
    opus_file_close(NULL);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_heard_to_the_sample),
        cmocka_unit_test(one_that_was_cut_off_is_mended),
        cmocka_unit_test(a_file_without_sound_is_one_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

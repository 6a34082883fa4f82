/**
 * @file test/unit/audio/opus.c  Opus packets to samples
 *
 * The packets are those of the fuzzer's corpus: 150 ms of a tone of 300 Hz.
 */
#include "cmocka_all.h"

#include "audio/opus.h"

#include <stdio.h>
#include <stdlib.h>

static size_t read_packets(uint8_t *to, size_t room)
{
    char path[1024];
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "%s/backend/fuzz/corpus/opus/voice",
             getenv("INTERVIEWD_SOURCE_ROOT"));
    f = fopen(path, "rb");
    assert_non_null(f);
    n = fread(to, 1, room, f);
    fclose(f);
    return n;
}

/* Cycles of the sound, by its way up through zero. */
static int cycles(const int16_t *pcm, size_t n)
{
    int up = 0;

    for (size_t i = 1; i < n; i++)
        up += pcm[i - 1] < 0 && pcm[i] >= 0;
    return up;
}

static void packets_become_16_khz_mono(void **state)
{
    static uint8_t data[1 << 16];
    static int16_t pcm[16000 + OPUS_SAMPLES_MAX];
    size_t size = read_packets(data, sizeof(data)), total = 0;
    struct opus_stream *o = NULL;
    struct errbuf err = {""};

    (void)state;
    if (opus_stream_open(&o, &err))
        fail_msg("%s", err.text);
    for (size_t at = 0; at + 2 <= size;) {
        size_t len = (size_t)(data[at] | data[at + 1] << 8);
        int n = opus_stream_decode(o, data + at + 2, len, pcm + total);

        assert_true(n > 0 && n <= OPUS_SAMPLES_MAX);
        total += (size_t)n;
        at += 2 + len;
        assert_true(total <= 16000);
    }
    assert_in_range(total, 2400, 3200); /* 150 ms and the encoder's delay, in whole packets */
    assert_in_range(cycles(pcm, total), 40, 60);
    opus_stream_close(o);
}

static void what_is_no_packet_is_refused_and_the_next_one_heard(void **state)
{
    static uint8_t data[1 << 16];
    int16_t pcm[OPUS_SAMPLES_MAX];
    struct opus_stream *o = NULL;
    uint8_t bad[] = {0x03, 0xff, 0, 0};

    (void)state;
    read_packets(data, sizeof(data));
    assert_int_equal(opus_stream_open(&o, NULL), 0);
    assert_int_equal(opus_stream_decode(o, bad, sizeof(bad), pcm), UV_EINVAL);
    assert_int_equal(opus_stream_decode(o, data, OPUS_PACKET_MAX + 1, pcm), UV_EINVAL);
    assert_int_equal(opus_stream_decode(o, data, 0, pcm), 0);
    assert_int_equal(opus_stream_decode(o, data + 2, (size_t)(data[0] | data[1] << 8), pcm), 320);
    opus_stream_close(o);
    opus_stream_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_become_16_khz_mono),
        cmocka_unit_test(what_is_no_packet_is_refused_and_the_next_one_heard),
    };

    return cmocka_run_group_tests_name("audio/opus", tests, NULL, NULL);
}

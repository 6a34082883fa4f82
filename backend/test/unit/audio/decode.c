/**
 * @file test/unit/audio/decode.c  Recordings of many kinds, and files that are none
 */
#include "audio/decode.h"

#include "cmocka_all.h"
#include "support/processes.h"
#include "support/sanitized.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADER = 44, SECONDS = 2 };

static void le(uint8_t *p, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

struct kind {
    unsigned tag, bits, rate, channels;
};

static void put_sample(uint8_t *p, const struct kind *k, double value)
{
    if (k->tag == 3 && k->bits == 32)
        memcpy(p, &(float){(float)value}, 4);
    else if (k->tag == 3)
        memcpy(p, &value, 8);
    else if (k->bits == 8)
        p[0] = (uint8_t)lrint(value * 127 + 128);
    else
        le(p, (uint32_t)(int32_t)lrint(value * (pow(2, k->bits - 1) - 1)), (int)k->bits / 8);
}

/** A WAV file with a 440 Hz sine at half scale on every channel. */
static uint8_t *make_wav(const struct kind *k, size_t *len)
{
    size_t block = (size_t)k->channels * k->bits / 8, frames = (size_t)k->rate * SECONDS;
    uint8_t *wav = calloc(1, HEADER + frames * block), *p = wav + HEADER;

    memcpy(wav, "RIFF____WAVEfmt ", 16);
    le(wav + 4, (uint32_t)(HEADER - 8 + frames * block), 4);
    le(wav + 16, 16, 4);
    le(wav + 20, k->tag, 2);
    le(wav + 22, k->channels, 2);
    le(wav + 24, k->rate, 4);
    le(wav + 28, (uint32_t)(k->rate * block), 4);
    le(wav + 32, (uint32_t)block, 2);
    le(wav + 34, k->bits, 2);
    memcpy(wav + 36, "data", 4);
    le(wav + 40, (uint32_t)(frames * block), 4);
    for (size_t i = 0; i < frames; i++) {
        for (unsigned c = 0; c < k->channels; c++, p += k->bits / 8)
            put_sample(p, k, 0.5 * sin(2 * M_PI * 440 * (double)i / k->rate));
    }
    *len = HEADER + frames * block;
    return wav;
}

static double rms(const struct pcm *pcm)
{
    double sum = 0;

    for (size_t i = 0; i < pcm->n; i++)
        sum += (double)pcm->samples[i] * pcm->samples[i];
    return sqrt(sum / (double)pcm->n) / 32768;
}

static void expect_sine(const struct pcm *pcm, double tolerance)
{
    size_t crossings = 0;

    assert_in_range(pcm->n, SECONDS * 16000 - 1700, SECONDS * 16000 + 1700);
    assert_in_range(pcm->duration_ms, SECONDS * 1000 - 110, SECONDS * 1000 + 110);
    assert_true(fabs(rms(pcm) - 0.5 / sqrt(2)) < tolerance);
    for (size_t i = 1; i < pcm->n; i++)
        crossings += pcm->samples[i - 1] < 0 && pcm->samples[i] >= 0;
    assert_in_range(crossings, 440 * SECONDS - 50, 440 * SECONDS + 5);
}

static void wav_of_every_width_rate_and_channel_count_is_read(void **state)
{
    static const struct kind kinds[] = {
        {1, 16, 16000, 1},  {1, 8, 8000, 1},   {1, 24, 48000, 2},
        {1, 32, 44100, 2},  {3, 32, 48000, 2}, {3, 64, 22050, 1},
        {1, 16, 192000, 1}, {1, 16, 11025, 2}, {1, 16, 44100, 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct pcm pcm = {0};
        struct errbuf err = {{0}};
        size_t len;
        uint8_t *wav = make_wav(&kinds[i], &len);

        assert_int_equal(0, audio_decode_bytes(wav, len, &pcm, &err));
        expect_sine(&pcm, 0.01);
        assert_memory_equal(pcm.format, "wav / pcm_", 10);
        pcm_release(&pcm);
        free(wav);
    }
}

static void a_wav_that_was_never_finished_is_read_to_its_end(void **state)
{
    struct kind k = {1, 16, 16000, 1};
    struct pcm pcm = {0};
    size_t len;
    uint8_t *wav = make_wav(&k, &len);

    (void)state;
    le(wav + 4, 0xFFFFFFFF, 4);
    le(wav + 40, 0xFFFFFFFF, 4);
    assert_int_equal(0, audio_decode_bytes(wav, len, &pcm, NULL));
    expect_sine(&pcm, 0.01);
    pcm_release(&pcm);
    le(wav + 40, (uint32_t)(len - HEADER), 4);
    assert_int_equal(0, audio_decode_bytes(wav, len / 2 + 1, &pcm, NULL)); /* and half a sample */
    assert_in_range(pcm.n, 15900, 16100);
    pcm_release(&pcm);
    free(wav);
}

static void expect_refusal(const void *data, size_t len, const char *sentence)
{
    struct pcm pcm = {0};
    struct errbuf err = {{0}};

    assert_int_equal(UV_EINVAL, audio_decode_bytes(data, len, &pcm, &err));
    if (!strstr(err.text, sentence))
        fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
    assert_null(pcm.samples);
}

static void what_is_no_recording_is_called_by_its_name(void **state)
{
    static const char pdf[] = "%PDF-1.7 and so on", png[] = "\x89PNG\r\n\x1a\n....";
    static const char text[] = "Dear Sir or Madam, I apply for the position of";
    uint8_t noise[4096];

    (void)state;
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)(i * 7919 >> 3 ^ i * 31);
    noise[0] = 1;
    expect_refusal("", 0, "is empty");
    expect_refusal(pdf, sizeof(pdf) - 1, "a PDF document, not a recording");
    expect_refusal(png, sizeof(png) - 1, "a picture");
    expect_refusal(text, sizeof(text) - 1, "this is text");
    expect_refusal(noise, sizeof(noise), "cannot be read");
}

static void a_wav_header_without_sound_is_refused(void **state)
{
    struct kind k = {1, 16, 16000, 1};
    size_t len;
    uint8_t *wav = make_wav(&k, &len);

    (void)state;
    expect_refusal(wav, HEADER, "no sound in it");
    free(wav);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct pcm pcm = {0};
    struct errbuf err = {{0}};

    (void)state;
    assert_int_equal(UV_ENOENT, audio_decode_file("/nonexistent/a.wav", &pcm, &err));
    assert_non_null(strstr(err.text, "/nonexistent/a.wav"));
    assert_int_equal(UV_EINVAL, audio_decode_file("/tmp", &pcm, &err));
    assert_non_null(strstr(err.text, "not a file"));
}

/** ffmpeg and sox write what browsers and people write; where they are missing this is skipped. */
static bool encode(const uint8_t *wav, size_t len, const char *folder, const char *file)
{
    char in[256], command[1024];
    FILE *f;

    snprintf(in, sizeof(in), "%s/in.wav", folder);
    f = fopen(in, "wb");
    assert_int_equal(len, fwrite(wav, 1, len, f));
    fclose(f);
    snprintf(command, sizeof(command),
             "cd %s && (ffmpeg -loglevel quiet -y -i in.wav %s || sox -q in.wav %s) 2>/dev/null",
             folder, file, file);
    return system(command) == 0;
}

static void what_browsers_and_people_record_is_read(void **state)
{
    static const char *const files[] = {"a.webm", "a.ogg",  "a.m4a", "a.mp4", "a.mp3",
                                        "a.flac", "a.aiff", "a.au",  "a.caf"};
    struct kind k = {1, 16, 48000, 2};
    char folder[] = "/tmp/interviewd-decode-XXXXXX", path[300], remove[300];
    size_t len, read = 0;
    uint8_t *wav = make_wav(&k, &len);

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct pcm pcm = {0};
        struct errbuf err = {{0}};

        if (!encode(wav, len, folder, files[i]))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        if (audio_decode_file(path, &pcm, &err))
            fail_msg("%s", err.text);
        expect_sine(&pcm, 0.05);
        pcm_release(&pcm);
        read++;
    }
    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    assert_int_equal(0, system(remove));
    free(wav);
    print_message("# %zu encoded formats read\n", read);
    if (!read)
        skip();
}

static void a_cut_recording_gives_what_is_there_or_a_sentence(void **state)
{
    char folder[] = "/tmp/interviewd-decode-XXXXXX", path[300], remove[300];
    static uint8_t data[1 << 20];
    struct kind k = {1, 16, 48000, 2};
    size_t len, n = 0;
    uint8_t *wav = make_wav(&k, &len);
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a.ogg", folder);
    if (encode(wav, len, folder, "a.ogg") && (f = fopen(path, "rb"))) {
        n = fread(data, 1, sizeof(data), f);
        fclose(f);
    }
    for (size_t cut = 1; cut < n; cut += n / 37 + 1) {
        struct pcm pcm = {0};
        struct errbuf err = {{0}};
        int rc = audio_decode_bytes(data, cut, &pcm, &err);

        assert_true(rc == 0 ? pcm.n > 0 : err.text[0] != '\0');
        pcm_release(&pcm);
    }
    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    assert_int_equal(0, system(remove));
    free(wav);
    if (!n)
        skip();
}

struct killer {
    atomic_bool stop;
    atomic_int killed;
    int signal; /* 0: SIGKILL */
    int most;   /* processes, 0: all */
};

/* Not before it is that program: who makes it waits for that, whatever becomes of it. */
static bool is_decoder(pid_t pid)
{
    char path[64], name[32] = "";
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    f = fopen(path, "r");
    if (f && !fgets(name, sizeof(name), f))
        name[0] = '\0';
    if (f)
        fclose(f);
    return strncmp(name, "interviewd-medi", 15) == 0;
}

static void *kill_decoders(void *arg)
{
    struct killer *k = arg;
    pid_t below[8], last = 0;

    while (!atomic_load(&k->stop) && (!k->most || atomic_load(&k->killed) < k->most)) {
        size_t n = processes_below(getpid(), below, 8);

        for (size_t i = 0; i < n && (!k->most || below[i] != last); i++) {
            if (!is_decoder(below[i]))
                continue;
            last = below[i];
            atomic_fetch_add(&k->killed, kill(last, k->signal ? k->signal : SIGKILL) == 0);
        }
    }
    return NULL;
}

/* What the system ends, or what hangs, is no fault of the recording. */
static void a_decoder_that_is_killed_or_stopped_is_followed_by_another(void **state)
{
    static const int signals[] = {SIGKILL, SIGSTOP};
    char folder[] = "/tmp/interviewd-decode-XXXXXX", path[300], remove[300];
    struct kind kind = {1, 16, 48000, 2};
    size_t len;
    uint8_t *wav = make_wav(&kind, &len);
    bool encoded;

    (void)state;
    assert_non_null(mkdtemp(folder));
    encoded = encode(wav, len, folder, "a.ogg");
    snprintf(path, sizeof(path), "%s/a.ogg", folder);
    for (size_t i = 0; encoded && i < 2; i++) {
        struct killer k = {.signal = signals[i], .most = 1};
        struct pcm calm = {0}, hunted = {0};
        struct errbuf err = {{0}};
        pthread_t thread;

        assert_int_equal(audio_decode_file(path, &calm, &err), 0);
        assert_int_equal(pthread_create(&thread, NULL, kill_decoders, &k), 0);
        while (!atomic_load(&k.killed)) { /* it may be done before it is found */
            pcm_release(&hunted);
            if (audio_decode_file(path, &hunted, &err))
                fail_msg("%s", err.text);
        }
        pthread_join(thread, NULL);
        assert_int_equal(hunted.n, calm.n);
        assert_memory_equal(hunted.samples, calm.samples, calm.n * sizeof(*calm.samples));
        pcm_release(&calm);
        pcm_release(&hunted);
    }
    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    assert_int_equal(0, system(remove));
    free(wav);
    if (!encoded)
        skip();
}

/* A file that would be read well, were its decoder left alive. */
static void a_decoder_that_dies_is_a_sentence(void **state)
{
    static const uint8_t junk[4096] = "OggS";
    struct killer k = {0};
    struct pcm pcm = {0};
    struct errbuf err = {{0}};
    pthread_t thread;
    int rc = 0;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, kill_decoders, &k), 0);
    for (int i = 0; i < 1000 && !atomic_load(&k.killed); i++) {
        rc = audio_decode_bytes(junk, sizeof(junk), &pcm, &err);
        assert_int_equal(rc, UV_EINVAL);
    }
    atomic_store(&k.stop, true);
    pthread_join(thread, NULL);
    assert_true(atomic_load(&k.killed) > 0);
    assert_non_null(strstr(err.text, "cannot be read"));
    assert_int_equal(audio_decode_bytes(junk, sizeof(junk), &pcm, &err), UV_EINVAL);
}

/* The recording is damaged at random places; each comes back with sound or with a sentence. */
static void damage_is_borne(void **state)
{
    static const char *const files[] = {"a.ogg", "a.mp4", "a.webm", "a.mp3", "a.flac"};
    char folder[] = "/tmp/interviewd-decode-XXXXXX", path[300], remove[300];
    static uint8_t data[1 << 20], hurt[1 << 20];
    struct kind k = {1, 16, 48000, 2};
    unsigned seed = 5;
    size_t len, tried = 0;
    uint8_t *wav = make_wav(&k, &len);

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        size_t n = 0;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        if (encode(wav, len, folder, files[i]) && (f = fopen(path, "rb"))) {
            n = fread(data, 1, sizeof(data), f);
            fclose(f);
        }
        for (int round = 0; n && round < (SANITIZED ? 2 : 12); round++, tried++) {
            struct pcm pcm = {0};
            struct errbuf err = {{0}};
            int rc;

            memcpy(hurt, data, n);
            for (int hits = 0; hits < 1 << (round % 8); hits++)
                hurt[(size_t)rand_r(&seed) % (hits % 2  ? n
                                              : n < 512 ? n
                                                        : 512)] = (uint8_t)rand_r(&seed);
            rc = audio_decode_bytes(hurt, n, &pcm, &err);
            assert_true(rc == 0 ? pcm.n > 0 : err.text[0] != '\0');
            pcm_release(&pcm);
        }
    }
    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    assert_int_equal(0, system(remove));
    free(wav);
    if (!tried)
        skip();
}

static int64_t read_memory(void *arg, uint64_t offset, void *to, size_t n)
{
    memcpy(to, (const uint8_t *)arg + offset, n);
    return (int64_t)n;
}

/* What examining says of two seconds of samples as a WAV file, made by fn. */
static struct audio_facts examined(int16_t (*fn)(size_t i))
{
    struct kind k = {1, 16, 48000, 1};
    struct audio_facts facts = {0};
    struct errbuf why = {""};
    size_t len;
    uint8_t *wav = make_wav(&k, &len);
    struct media_source source = {read_memory, len, wav};

    for (size_t i = 0; fn && HEADER + 2 * i < len; i++)
        le(wav + HEADER + 2 * i, (uint16_t)fn(i), 2);
    if (audio_examine(&source, NULL, &facts, &why))
        fail_msg("%s", why.text);
    free(wav);
    return facts;
}

static int16_t nothing(size_t i)
{
    return (int16_t)(i % 3); /* what a converter adds by itself */
}

static int16_t whisper(size_t i)
{
    return (int16_t)lrint(100 * sin((double)i / 30));
}

static int16_t overdriven(size_t i)
{
    double value = 90000 * sin((double)i / 30);

    return value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : (int16_t)value;
}

static void a_recording_says_how_long_and_how_good_it_is(void **state)
{
    struct audio_facts facts = examined(NULL);

    (void)state;
    assert_in_range(facts.duration_ms, SECONDS * 1000 - 2, SECONDS * 1000 + 2);
    assert_true(facts.format[0]);
    assert_false(facts.silent || facts.clipped);
    assert_true(examined(nothing).silent);
    facts = examined(whisper);
    assert_false(facts.silent || facts.clipped);
    facts = examined(overdriven);
    assert_true(facts.clipped);
    assert_false(facts.silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wav_of_every_width_rate_and_channel_count_is_read),
        cmocka_unit_test(a_wav_that_was_never_finished_is_read_to_its_end),
        cmocka_unit_test(what_is_no_recording_is_called_by_its_name),
        cmocka_unit_test(a_wav_header_without_sound_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(what_browsers_and_people_record_is_read),
        cmocka_unit_test(a_cut_recording_gives_what_is_there_or_a_sentence),
        cmocka_unit_test(a_decoder_that_dies_is_a_sentence),
        cmocka_unit_test(a_decoder_that_is_killed_or_stopped_is_followed_by_another),
        cmocka_unit_test(damage_is_borne),
        cmocka_unit_test(a_recording_says_how_long_and_how_good_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

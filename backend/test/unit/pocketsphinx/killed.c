/**
 * @file test/unit/pocketsphinx/killed.c  The recogniser's processes are killed, and no word is lost
 *
 * With three profiles, UTTERANCES recordings each are heard twice: in peace, and while a thread
 * kills the processes that hear, or makes them hang, at random. INTERVIEWD_TEST_UTTERANCES sets how
 * many (the whole is 300; a slice is heard by default), INTERVIEWD_TEST_PROFILE=0, 1 or 2 hears one
 * profile alone, so that the whole can go over several cores. The text must be the same, except of
 * an utterance that lost two processes, which is heard without the profile's words and says so.
 */
#include "cmocka_all.h"

#include "asr/engine.h"
#include "base/clock.h"
#include "support/processes.h"
#include "support/sanitized.h"

#include <dirent.h>
#include <jansson.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    AUDIO_MAX = 1 << 20,
    PIECE = 1600,
    TEXT_BYTES = 4096,
    BELOW_MAX = 64,
    CLIPS_MAX = 512,
    LINES_MAX = 400,
    CALM_CLIP_S = 12, /* longer recordings are for other tests */
    STREAMS = 50,
};

static const struct asr_engine *engine;
static struct asr_model *model;

static int load(void **state)
{
    struct asr_model_params params = {0};
    struct errbuf err = {""};

    (void)state;
    engine = asr_engine_find("pocketsphinx");
    if (!engine || !engine->available(&params, &err) || engine->load(&model, &params, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    return 0;
}

static int unload(void **state)
{
    pid_t below[BELOW_MAX];

    (void)state;
    engine->unload(model);
    return processes_below(getpid(), below, BELOW_MAX) == 0 ? 0 : -1;
}

/* ------------------------------------------------------------------------- recordings */

struct clip {
    char path[512];
    int16_t *pcm;
    size_t n;
};

static const char *speech_folder(char to[512])
{
    const char *shared = getenv("INTERVIEWD_TEST_SHARED");

    snprintf(to, 512, "%s%s/speech", shared ? shared : getenv("INTERVIEWD_SOURCE_ROOT"),
             shared ? "" : "/../shared");
    return to;
}

static bool read_clip(struct clip *c)
{
    FILE *f = fopen(c->path, "rb");

    if (!f)
        return false;
    c->pcm = malloc(AUDIO_MAX);
    assert_non_null(c->pcm);
    fseek(f, 44, SEEK_SET);
    c->n = fread(c->pcm, 2, AUDIO_MAX / 2, f);
    fclose(f);
    return true;
}

static bool open_clip(struct clip *c, const char *name)
{
    char folder[512];

    if (snprintf(c->path, sizeof(c->path), "%s/%s", speech_folder(folder), name) >=
            (int)sizeof(c->path) ||
        !read_clip(c)) {
        print_message("skipped: %s is not there\n", c->path);
        return false;
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct clip *)a)->path, ((const struct clip *)b)->path);
}

static size_t list_clips(struct clip *to)
{
    char folder[512];
    DIR *dir = opendir(speech_folder(folder));
    struct dirent *e;
    size_t n = 0;

    while (dir && n < CLIPS_MAX && (e = readdir(dir))) {
        size_t len = strlen(e->d_name);

        if (len > 4 && strcmp(e->d_name + len - 4, ".wav") == 0 &&
            snprintf(to[n].path, sizeof(to[n].path), "%s/%s", folder, e->d_name) <
                (int)sizeof(to[n].path))
            n++;
    }
    if (dir)
        closedir(dir);
    qsort(to, n, sizeof(*to), by_name);
    return n;
}

/* --------------------------------------------------------------------------- profiles */

struct lines {
    const char *at[LINES_MAX];
    size_t n;
    json_t *profile;
};

static void take_strings(struct lines *to, const json_t *value)
{
    const char *key;
    json_t *item;
    size_t i;

    if (json_is_string(value) && to->n < LINES_MAX)
        to->at[to->n++] = json_string_value(value);
    json_array_foreach(value, i, item) take_strings(to, item);
    json_object_foreach((json_t *)(uintptr_t)value, key, item) take_strings(to, item);
}

static void read_profile(struct lines *to, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/profiles/%s.json", getenv("INTERVIEWD_SOURCE_ROOT"), name);
    to->n = 0;
    to->profile = json_load_file(path, 0, NULL);
    assert_non_null(to->profile);
    take_strings(to, to->profile);
    assert_true(to->n > 5);
}

/* --------------------------------------------------------------------------- hearing */

static struct asr_stream *open_stream(const struct lines *lines)
{
    struct asr_params params = {.vocabulary = lines ? lines->at : NULL,
                                .vocabulary_count = lines ? lines->n : 0};
    struct asr_stream *st = NULL;
    struct errbuf err = {""};

    if (engine->open(&st, model, &params, &err))
        fail_msg("%s", err.text);
    return st;
}

static void feed(struct asr_stream *st, const int16_t *pcm, size_t n)
{
    struct errbuf err = {""};

    for (size_t i = 0; i < n; i += PIECE)
        if (engine->feed(st, pcm + i, n - i < PIECE ? n - i : PIECE, &err))
            fail_msg("%s", err.text);
}

static void begin(struct asr_stream *st)
{
    struct errbuf err = {""};

    if (engine->begin(st, &err))
        fail_msg("%s", err.text);
}

static void finish(struct asr_stream *st, char text[TEXT_BYTES])
{
    struct asr_result res;
    struct errbuf err = {""};

    if (engine->finish(st, &res, &err))
        fail_msg("%s", err.text);
    assert_int_equal(res.stable, strlen(res.text));
    snprintf(text, TEXT_BYTES, "%s", res.text);
}

static void partial(struct asr_stream *st, char text[TEXT_BYTES])
{
    struct asr_result res;
    struct errbuf err = {""};

    if (engine->partial(st, &res, &err))
        fail_msg("%s", err.text);
    snprintf(text, TEXT_BYTES, "%s", res.text);
}

static void hear(struct asr_stream *st, const struct clip *c, char text[TEXT_BYTES])
{
    begin(st);
    feed(st, c->pcm, c->n);
    finish(st, text);
}

static bool was_noted(struct asr_stream *st)
{
    char note[512];

    return engine->note(st, note, sizeof(note)) != NULL;
}

/* --------------------------------------------------------------------------- killing */

/* The nursery is the first below us, its copies the rest. One that has ended is below it until it
 * has seen it go, so there may be more than there should be for a moment. */
static size_t kill_copies(size_t most)
{
    pid_t below[BELOW_MAX];
    size_t n = processes_below(getpid(), below, BELOW_MAX);

    for (int i = 0; i < 500 && n > most + 1; i++) {
        usleep(10000);
        n = processes_below(getpid(), below, BELOW_MAX);
    }
    for (size_t i = 1; i < n; i++)
        kill(below[i], SIGKILL);
    return n ? n - 1 : 0;
}

static void kill_nursery(void)
{
    pid_t below[BELOW_MAX];

    assert_true(processes_below(getpid(), below, BELOW_MAX) > 0);
    kill(below[0], SIGKILL);
}

static void stop_all(size_t first)
{
    pid_t below[BELOW_MAX];
    size_t n = processes_below(getpid(), below, BELOW_MAX);

    for (size_t i = first; i < n; i++)
        kill(below[i], SIGSTOP);
}

static void until_only_the_nursery_is_left(void)
{
    pid_t below[BELOW_MAX];

    for (int i = 0; i < 1000 && processes_below(getpid(), below, BELOW_MAX) > 1; i++)
        usleep(10000);
    assert_int_equal(processes_below(getpid(), below, BELOW_MAX), 1);
}

/* ----------------------------------------------------------------------------- tests */

static void a_process_killed_in_the_middle_costs_no_word(void **state)
{
    struct asr_stream *st;
    char want[TEXT_BYTES], text[TEXT_BYTES];
    struct clip c;

    (void)state;
    if (!open_clip(&c, "fliteslt__q12.wav"))
        return;
    st = open_stream(NULL);
    hear(st, &c, want);
    assert_true(strlen(want) > 20);
    engine->close(st);
    for (int call = 0; call < 4;
         call += SANITIZED ? 3 : 1) { /* before feed, prefetch_final, partial, finish */
        struct errbuf err = {""};

        st = open_stream(NULL);
        begin(st);
        feed(st, c.pcm, c.n / 2);
        assert_int_equal(call == 0 ? kill_copies(1) : 1, 1);
        feed(st, c.pcm + c.n / 2, c.n - c.n / 2);
        assert_int_equal(call == 1 ? kill_copies(1) : 1, 1);
        assert_int_equal(engine->prefetch_final(st, &err), 0);
        assert_int_equal(call == 2 ? kill_copies(1) : 1, 1);
        partial(st, text);
        assert_true(strlen(text) > 10);
        assert_int_equal(call == 3 ? kill_copies(1) : 1, 1);
        finish(st, text);
        assert_string_equal(text, want);
        assert_false(was_noted(st));
        engine->close(st);
    }
    free(c.pcm);
}

static void the_voice_is_known_to_the_process_that_takes_over(void **state)
{
    struct asr_stream *calm, *killed;
    char want[TEXT_BYTES], text[TEXT_BYTES];
    struct clip first, second;

    (void)state;
    if (!open_clip(&first, "fliteslt__q12.wav") || !open_clip(&second, "goforward.wav"))
        return;
    calm = open_stream(NULL);
    killed = open_stream(NULL);
    hear(calm, &first, want);
    hear(killed, &first, text);
    assert_string_equal(text, want);
    assert_int_equal(kill_copies(2), 2);
    hear(killed, &second, text);
    hear(calm, &second, want); /* it died as well */
    assert_string_equal(text, want);
    engine->rest(calm);
    hear(calm, &second, want);
    hear(killed, &second, text);
    assert_string_equal(text, want);
    engine->close(calm);
    engine->close(killed);
    free(first.pcm);
    free(second.pcm);
}

static void a_nursery_that_dies_is_started_again(void **state)
{
    struct asr_stream *st = open_stream(NULL);
    char want[TEXT_BYTES], text[TEXT_BYTES];
    struct clip c;

    (void)state;
    if (open_clip(&c, "goforward.wav")) {
        hear(st, &c, want);
        engine->close(st);
        st = open_stream(NULL);
        begin(st);
        feed(st, c.pcm, c.n / 2);
        kill_nursery(); /* and its copies with it */
        feed(st, c.pcm + c.n / 2, c.n - c.n / 2);
        finish(st, text);
        assert_string_equal(text, want);
        free(c.pcm);
    }
    engine->close(st);
}

/* It neither dies nor answers: it is ended, and another hears all of it. */
static void a_process_that_hangs_is_ended_and_costs_no_word(void **state)
{
    struct asr_stream *st = open_stream(NULL);
    char want[TEXT_BYTES], text[TEXT_BYTES];
    struct clip c;

    (void)state;
    if (open_clip(&c, "goforward.wav")) {
        uint64_t began;

        hear(st, &c, want);
        engine->close(st);
        until_only_the_nursery_is_left();
        st = open_stream(NULL);
        begin(st);
        feed(st, c.pcm, c.n / 2);
        stop_all(1);
        began = clock_mono_ms();
        feed(st, c.pcm + c.n / 2, c.n - c.n / 2);
        finish(st, text);
        assert_string_equal(text, want);
        assert_true(SANITIZED || clock_mono_ms() - began < 30000);
        stop_all(1); /* and one that hangs when its stream closes goes as well */
        engine->close(st);
        until_only_the_nursery_is_left();
        st = open_stream(NULL);
        free(c.pcm);
    }
    engine->close(st);
}

static void a_nursery_that_hangs_is_started_again(void **state)
{
    struct asr_stream *st = open_stream(NULL);
    char want[TEXT_BYTES], text[TEXT_BYTES];
    struct clip c;

    (void)state;
    if (open_clip(&c, "goforward.wav")) {
        hear(st, &c, want);
        engine->close(st);
        st = open_stream(NULL);
        stop_all(0);
        hear(st, &c, text);
        assert_string_equal(text, want);
        free(c.pcm);
    }
    engine->close(st);
}

static bool at_once(void *arg)
{
    (void)arg;
    return true;
}

static void a_load_that_nobody_wants_any_more_is_given_up(void **state)
{
    const struct asr_model_params params = {.stop = at_once};
    struct asr_model *other = NULL;
    struct errbuf err = {""};

    (void)state;
    assert_int_equal(engine->load(&other, &params, &err), UV_ECANCELED);
    assert_null(other);
    until_only_the_nursery_is_left();
}

static void two_deaths_leave_the_profiles_words_out_and_say_so(void **state)
{
    static const struct lines lines = {.at = {"Zyntrix Quorvane"}, .n = 1};
    struct asr_stream *st = open_stream(&lines);
    char text[TEXT_BYTES];
    struct clip c;

    (void)state;
    if (open_clip(&c, "fliteslt__q12.wav")) {
        begin(st);
        for (int i = 0; i < 2; i++) {
            feed(st, c.pcm + (size_t)i * (c.n / 2), c.n / 2);
            assert_int_equal(kill_copies(1), 1);
        }
        finish(st, text);
        assert_non_null(strstr(text, "five years"));
        assert_true(was_noted(st));
        assert_false(was_noted(st));
        hear(st, &c, text); /* the next has them again */
        assert_non_null(strstr(text, "five years"));
        assert_false(was_noted(st));
        free(c.pcm);
    }
    engine->close(st);
}

struct killer {
    atomic_bool stop;
    uint64_t every_us; /* 0: all the time */
    int most;          /* rounds, 0: until it is stopped */
    unsigned seed;
    atomic_int killed;
};

static void *kill_on(void *arg)
{
    struct killer *k = arg;

    for (int round = 0; !atomic_load(&k->stop) && (!k->most || round < k->most); round++) {
        if (k->every_us)
            usleep((useconds_t)(k->every_us / 2 + (uint64_t)rand_r(&k->seed) % k->every_us));
        if (k->every_us && rand_r(&k->seed) % 10 == 0)
            kill_nursery();
        if (k->every_us && rand_r(&k->seed) % 20 == 0) {
            stop_all(1);
            break; /* what hangs is to be noticed by others */
        }
        atomic_fetch_add(&k->killed, (int)kill_copies(BELOW_MAX));
    }
    return NULL;
}

static void one_that_never_survives_is_given_up_with_what_was_heard(void **state)
{
    struct asr_stream *st;
    char before[TEXT_BYTES], text[TEXT_BYTES];
    struct killer k = {.every_us = 0};
    pthread_t thread;
    struct clip c;

    (void)state;
    if (!open_clip(&c, "fliteslt__q12.wav"))
        return;
    st = open_stream(NULL);
    begin(st);
    feed(st, c.pcm, 3 * c.n / 4);
    partial(st, before);
    assert_true(strlen(before) > 5);
    assert_int_equal(pthread_create(&thread, NULL, kill_on, &k), 0);
    feed(st, c.pcm + 3 * c.n / 4, c.n - 3 * c.n / 4);
    finish(st, text);
    atomic_store(&k.stop, true);
    pthread_join(thread, NULL);
    assert_string_equal(text, before);
    assert_true(was_noted(st));
    hear(st, &c, text); /* and the next is heard as ever */
    assert_non_null(strstr(text, "five years"));
    engine->close(st);
    free(c.pcm);
}

static void memory_of_streams_that_went_is_given_back(void **state)
{
    pid_t below[BELOW_MAX];
    size_t before, after;
    int streams = SANITIZED ? 5 : getenv("INTERVIEWD_TEST_UTTERANCES") ? STREAMS : STREAMS / 3;
    int16_t *noise = calloc(8000, sizeof(*noise));
    struct asr_stream *warm;
    char text[TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < 8000; i++)
        noise[i] = (int16_t)(i * 7919 % 4001 - 2000);
    warm = open_stream(NULL); /* stays open */
    hear(warm, &(struct clip){.pcm = noise, .n = 8000}, text);
    before = process_private_bytes(getpid());
    for (int i = 0; i < streams; i++) {
        struct asr_stream *st = open_stream(NULL);

        hear(st, &(struct clip){.pcm = noise, .n = 8000}, text);
        engine->close(st);
    }
    after = process_private_bytes(getpid());
    print_message("%d streams came and went: %zu KB before, %zu KB after, nursery %zu KB\n",
                  streams, before >> 10, after >> 10,
                  processes_below(getpid(), below, 1) ? process_private_bytes(below[0]) >> 10 : 0);
    if (!SANITIZED) /* those keep what was freed in quarantine */
        assert_true(after < before + (2 << 20));
    for (int i = 0; i < 2000 && processes_below(getpid(), below, BELOW_MAX) > 2; i++)
        usleep(10000);
    assert_int_equal(processes_below(getpid(), below, BELOW_MAX),
                     2); /* nursery, and the one left */
    engine->close(warm);
    free(noise);
}

static size_t words_in(const char *text)
{
    size_t n = 0;

    for (const char *p = text; *p; p++)
        n += *p != ' ' && (p == text || p[-1] == ' ');
    return n;
}

static void hear_in_peace(const struct lines *lines, const struct clip *c, char text[TEXT_BYTES])
{
    struct asr_stream *st = open_stream(lines);

    hear(st, c, text);
    engine->close(st);
}

/* While processes are killed. Returns how many were. */
static int hear_hunted(const struct lines *lines, const struct clip *c, const char *want,
                       unsigned seed)
{
    struct asr_stream *hunted = open_stream(lines);
    struct killer k = {.every_us = 800000, .most = 3, .seed = seed};
    char text[TEXT_BYTES];
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, kill_on, &k), 0);
    hear(hunted, c, text);
    atomic_store(&k.stop, true);
    pthread_join(thread, NULL);
    if (!was_noted(hunted))
        assert_string_equal(text, want);
    else
        assert_true(words_in(text) + 3 >= words_in(want) * 2 / 3);
    engine->close(hunted);
    return atomic_load(&k.killed);
}

static void profiles_and_random_deaths_lose_no_word(void **state)
{
    static const char *const profiles[] = {"platform-engineer", "nurse-team-lead",
                                           "product-manager"};
    const char *many = getenv("INTERVIEWD_TEST_UTTERANCES");
    const char *only = getenv("INTERVIEWD_TEST_PROFILE");
    size_t want = many ? strtoul(many, NULL, 10) : 1;
    struct clip *clips = calloc(CLIPS_MAX, sizeof(*clips));
    char(*calm)[TEXT_BYTES] = calloc(CLIPS_MAX, TEXT_BYTES); /* what is heard in peace */
    size_t n = list_clips(clips), heard = 0;
    int killed = 0;

    (void)state;
    if (!n)
        print_message("skipped: no recordings in ../shared/speech\n");
    for (size_t p = 0; n && p < 3; p++) {
        struct lines lines;

        if (only && strtoul(only, NULL, 10) != p)
            continue;
        read_profile(&lines, profiles[p]);
        memset(calm, 0, CLIPS_MAX * sizeof(*calm));
        for (size_t i = 0; i < want; i++) {
            /* Slices of each profile are other recordings: the steps share no divisor. */
            size_t at = (i * 37 + p * 13) % n;
            struct clip *c = &clips[at];

            if (!read_clip(c))
                continue;
            if (c->n < CALM_CLIP_S * ASR_SAMPLE_RATE) {
                if (!calm[at][0])
                    hear_in_peace(&lines, c, calm[at]);
                killed += hear_hunted(&lines, c, calm[at], (unsigned)(1 + p * 1000 + i));
                heard++;
            }
            free(c->pcm);
        }
        json_decref(lines.profile);
    }
    print_message("%zu utterances with %s, %d processes killed\n", heard,
                  only ? "one profile" : "3 profiles", killed);
    free(calm);
    free(clips);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_killed_in_the_middle_costs_no_word),
        cmocka_unit_test(the_voice_is_known_to_the_process_that_takes_over),
        cmocka_unit_test(a_nursery_that_dies_is_started_again),
        cmocka_unit_test(a_process_that_hangs_is_ended_and_costs_no_word),
        cmocka_unit_test(a_nursery_that_hangs_is_started_again),
        cmocka_unit_test(a_load_that_nobody_wants_any_more_is_given_up),
        cmocka_unit_test(two_deaths_leave_the_profiles_words_out_and_say_so),
        cmocka_unit_test(one_that_never_survives_is_given_up_with_what_was_heard),
        cmocka_unit_test(memory_of_streams_that_went_is_given_back),
        cmocka_unit_test(profiles_and_random_deaths_lose_no_word),
    };

    return cmocka_run_group_tests(tests, load, unload);
}

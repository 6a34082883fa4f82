/**
 * @file test/unit/live/recorder.c  Lines mixed into one recording, over a real store and real blobs
 */
#include "live/recorder.h"

#include "audio/decode.h"
#include "auth/seal.h"
#include "blob/blob.h"
#include "cmocka_all.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "support/sealed_store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RATE = RECORDER_RATE, FRAME = RATE / 25, LOW_HZ = 300, HIGH_HZ = 1100 };

struct world {
    char dir[SCRATCH_MAX];
    struct store *store;
    struct seal *seal;
    struct blob_store *blobs;
    struct loop *loop;
    struct lanes *lanes;
    struct recorder *recorder;
    struct recorder_deps deps;
    char user[ID_TEXT_MAX], session[ID_TEXT_MAX], id[ID_TEXT_MAX];
    uint64_t fed[3]; /* samples of each line */
    int begun, gone, over;
};

static int64_t keep_until(void *arg, const char *user_id, int64_t now)
{
    (void)arg;
    (void)user_id;
    return now + 1000;
}

static void on_begun(void *arg)
{
    ((struct world *)arg)->begun++;
}

static void on_over(int err, const char *why, void *arg)
{
    struct world *w = arg;

    assert_true(why[0]);
    w->over = err;
}

static void on_gone(void *arg)
{
    ((struct world *)arg)->gone++;
}

static void run_until(struct world *w, const int *what)
{
    while (!*what)
        uv_run(loop_uv(w->loop), UV_RUN_ONCE);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct store_user user = {.email = NULL,
                              .display_name = strdup("Ada"),
                              .settings = strdup("{}"),
                              .subscription = strdup("{}"),
                              .created_at = 1};
    struct store_session session = {.created_at = 1, .metadata = strdup("{}")};
    struct blob_params params;

    sealed_store_make(w->dir, SEALED_STORE_KEY, &w->store, &w->seal);
    params = (struct blob_params){.folder = scratch_path(w->dir, "audio")};
    assert_int_equal(blob_store_open(&w->blobs, "files", &params, w->seal, NULL), 0);
    assert_int_equal(loop_open(&w->loop, NULL), 0);
    assert_int_equal(lanes_open(&w->lanes, w->loop, NULL), 0);
    id_new(user.id);
    id_new(session.id);
    memcpy(w->user, user.id, ID_TEXT_MAX);
    memcpy(session.user_id, user.id, ID_TEXT_MAX);
    memcpy(w->session, session.id, ID_TEXT_MAX);
    assert_int_equal(store_user_put(w->store, &user, NULL), 0);
    assert_int_equal(store_session_put(w->store, &session, NULL), 0);
    store_user_release(&user);
    store_session_release(&session);
    w->deps = (struct recorder_deps){.loop = w->loop,
                                     .lanes = w->lanes,
                                     .store = w->store,
                                     .blobs = w->blobs,
                                     .bytes_max = INT64_MAX,
                                     .keep_until = keep_until};
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    lanes_close(w->lanes);
    loop_run_until_idle(w->loop);
    assert_int_equal(loop_close(w->loop), 0);
    blob_store_close(w->blobs);
    sealed_store_remove(w->dir, w->store, w->seal);
    free(w);
    return 0;
}

static void begin(struct world *w)
{
    static const struct recorder_handlers handlers = {on_begun, on_over, on_gone};
    const struct recorder_params params = {w->user, w->session, "Everybody agrees."};

    assert_int_equal(recorder_open(&w->recorder, &w->deps, &params, &handlers, w, NULL), 0);
    memcpy(w->id, recorder_id(w->recorder), ID_TEXT_MAX);
}

static void say(struct world *w, int line, int hz, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        int16_t pcm[FRAME];

        for (size_t k = 0; k < FRAME; k++)
            pcm[k] = (int16_t)(6000 * sin(2 * M_PI * hz * (double)(w->fed[line] + k) / RATE));
        recorder_hear(w->recorder, (uint64_t)line, w->fed[line], pcm, FRAME);
        w->fed[line] += FRAME;
    }
}

static void end(struct world *w)
{
    recorder_close(w->recorder);
    run_until(w, &w->gone);
}

static int64_t read_blob(void *arg, uint64_t offset, void *to, size_t n)
{
    return blob_read(arg, offset, to, n, NULL);
}

/* The recording as another decoder hears it. */
static struct pcm heard(const struct world *w)
{
    struct media_source source = {.read = read_blob};
    struct blob_reader *r = NULL;
    struct errbuf why = {""};
    struct pcm pcm = {0};

    assert_int_equal(blob_open(&r, w->blobs, w->id, NULL), 0);
    source.arg = r;
    source.size = blob_size(r);
    if (audio_decode(&source, &pcm, &why))
        fail_msg("%s", why.text);
    blob_close(r);
    return pcm;
}

/* How much of a tone is in it (Goertzel), as an amplitude. */
static double tone(const struct pcm *pcm, size_t from, size_t n, int hz)
{
    double re = 0, im = 0;

    assert_true(from + n <= pcm->n);
    for (size_t i = 0; i < n; i++) {
        re += pcm->samples[from + i] * cos(2 * M_PI * hz * (double)i / RATE);
        im += pcm->samples[from + i] * sin(2 * M_PI * hz * (double)i / RATE);
    }
    return 2 * sqrt(re * re + im * im) / (double)n;
}

static void two_who_speak_at_once_are_both_heard(void **state)
{
    struct world *w = *state;
    struct store_recording r;
    struct pcm pcm;

    begin(w);
    run_until(w, &w->begun);
    for (int i = 0; i < 50; i++) { /* two seconds of each, as they come */
        say(w, 1, LOW_HZ, 1);
        say(w, 2, HIGH_HZ, 1);
    }
    end(w);
    assert_int_equal(w->begun, 1);
    pcm = heard(w);
    assert_in_range(pcm.duration_ms, 1995, 2005);
    assert_true(tone(&pcm, RATE / 2, RATE, LOW_HZ) > 3000);
    assert_true(tone(&pcm, RATE / 2, RATE, HIGH_HZ) > 3000);
    assert_true(tone(&pcm, RATE / 2, RATE, 700) < 600);
    pcm_release(&pcm);
    assert_int_equal(store_recording_get(w->store, w->user, w->id, &r, NULL), 0);
    assert_int_equal(r.growing, 0);
    assert_int_equal(r.quality, STORE_SOUND_GOOD);
    assert_string_equal(r.wording, "Everybody agrees.");
    assert_int_equal(r.expires_at, r.created_at + 1000);
    assert_in_range(r.duration_ms, 1995, 2005);
    store_recording_release(&r);
}

/* The second begins when the first has been silent for long; then the first goes on. */
static void each_piece_of_a_line_is_found_where_it_lies(void **state)
{
    struct recorder_place place;
    struct world *w = *state;
    struct pcm pcm;

    begin(w);
    run_until(w, &w->begun);
    say(w, 1, LOW_HZ, 25);
    while (recorder_ms(w->recorder) < 1000)
        uv_run(loop_uv(w->loop), UV_RUN_ONCE);
    assert_false(recorder_place(w->recorder, 2, 0, 500, &place));
    say(w, 2, HIGH_HZ, 25);
    while (recorder_ms(w->recorder) < 2000)
        uv_run(loop_uv(w->loop), UV_RUN_ONCE);
    say(w, 1, LOW_HZ, 25);
    assert_true(recorder_place(w->recorder, 1, 200, 900, &place));
    assert_string_equal(place.recording, w->id);
    assert_int_equal(place.from_ms, 200);
    assert_int_equal(place.to_ms, 900);
    assert_true(recorder_place(w->recorder, 2, 100, 600, &place));
    assert_int_equal(place.from_ms, 1100);
    assert_int_equal(place.to_ms, 1600);
    assert_true(recorder_place(w->recorder, 1, 1100, 1700, &place));
    assert_int_equal(place.from_ms, 2100);
    assert_int_equal(place.to_ms, 2700);
    assert_false(recorder_place(w->recorder, 3, 0, 500, &place));
    assert_false(recorder_place(w->recorder, 1, 500, 500, &place));
    end(w);
    pcm = heard(w);
    assert_in_range(pcm.duration_ms, 2995, 3005);
    assert_true(tone(&pcm, RATE + RATE / 8, RATE / 2, HIGH_HZ) > 3000);
    assert_true(tone(&pcm, RATE + RATE / 8, RATE / 2, LOW_HZ) < 600);
    assert_true(tone(&pcm, 2 * RATE + RATE / 8, RATE / 2, LOW_HZ) > 3000);
    pcm_release(&pcm);
}

static void what_there_is_no_room_for_ends_it_and_what_was_heard_stays(void **state)
{
    struct world *w = *state;
    struct pcm pcm;

    w->deps.bytes_max = 9000;
    begin(w);
    while (!w->over) {
        say(w, 1, LOW_HZ, 25);
        uv_run(loop_uv(w->loop), UV_RUN_ONCE);
    }
    assert_int_equal(w->over, UV_ERANGE);
    end(w);
    pcm = heard(w);
    assert_true(pcm.duration_ms >= 1000);
    pcm_release(&pcm);
}

static void nothing_heard_leaves_nothing(void **state)
{
    struct blob_reader *r = NULL;
    struct store_recording record;
    struct world *w = *state;

    begin(w);
    end(w);
    assert_int_equal(w->over, 0);
    assert_int_equal(store_recording_get(w->store, w->user, w->id, &record, NULL), UV_ENOENT);
    assert_int_equal(blob_open(&r, w->blobs, w->id, NULL), UV_ENOENT);
}

static void of_whom_nothing_is_known_any_more_nothing_is_kept(void **state)
{
    struct blob_reader *r = NULL;
    struct world *w = *state;

    begin(w);
    run_until(w, &w->begun);
    say(w, 1, LOW_HZ, 25);
    assert_int_equal(store_recording_erase(w->store, w->user, w->id, NULL), 0);
    assert_int_equal(blob_erase(w->blobs, w->id, NULL), 0);
    while (!w->over) {
        say(w, 1, LOW_HZ, 1);
        uv_run(loop_uv(w->loop), UV_RUN_ONCE);
    }
    assert_int_equal(w->over, UV_ENOENT);
    end(w);
    assert_int_equal(blob_open(&r, w->blobs, w->id, NULL), UV_ENOENT);
}

/* As when the server was killed: the record grows, and nobody writes any more. */
static void one_that_was_cut_off_is_mended(void **state)
{
    struct store_recording r;
    struct world *w = *state;
    struct pcm pcm;

    begin(w);
    run_until(w, &w->begun);
    for (uint64_t second = 1; second <= 2;
         second++) { /* the second is mixed once the first is kept */
        say(w, 1, LOW_HZ, 25);
        while (recorder_ms(w->recorder) < second * 1000)
            uv_run(loop_uv(w->loop), UV_RUN_ONCE);
    }
    lanes_close(w->lanes); /* what waits for the worker is not written */
    recorder_forget(w->recorder);
    loop_run_until_idle(w->loop);
    assert_int_equal(store_recording_get(w->store, w->user, w->id, &r, NULL), 0);
    assert_int_equal(r.growing, 1);
    assert_int_equal(recorder_mend(w->store, w->blobs, &r, NULL), 0);
    store_recording_release(&r);
    assert_int_equal(store_recording_get(w->store, w->user, w->id, &r, NULL), 0);
    assert_int_equal(r.growing, 0);
    pcm = heard(w);
    assert_in_range(r.duration_ms, 975, 2000);
    assert_in_range(pcm.duration_ms, r.duration_ms - 1, r.duration_ms + 1);
    pcm_release(&pcm);
    store_recording_release(&r);
    assert_int_equal(lanes_open(&w->lanes, w->loop, NULL), 0);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(two_who_speak_at_once_are_both_heard),
        EACH(each_piece_of_a_line_is_found_where_it_lies),
        EACH(what_there_is_no_room_for_ends_it_and_what_was_heard_stays),
        EACH(nothing_heard_leaves_nothing),
        EACH(of_whom_nothing_is_known_any_more_nothing_is_kept),
        EACH(one_that_was_cut_off_is_mended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

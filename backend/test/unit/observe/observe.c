/**
 * @file test/unit/observe/observe.c  Numbers and the audit log
 */
#include "cmocka_all.h"

#include "base/json.h"
#include "observe/audit.h"
#include "observe/metrics.h"
#include "support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREADS = 4, ADDS = 1000 };

static char *written(void)
{
    struct buf out;

    buf_init(&out, METRIC_TEXT_MAX);
    assert_int_equal(metrics_write(&out, METRICS_TEXT), 0);
    return buf_steal(&out, NULL);
}

static void add_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < ADDS; i++)
        metric_add(METRIC_UTTERANCES, 1, "whisper");
}

static void counts_from_many_threads_add_up(void **state)
{
    uv_thread_t thread[THREADS];
    char *text;

    (void)state;
    metrics_reset();
    for (int i = 0; i < THREADS; i++)
        uv_thread_create(&thread[i], add_many, NULL);
    for (int i = 0; i < THREADS; i++)
        uv_thread_join(&thread[i]);
    text = written();
    assert_non_null(strstr(text, "interviewd_utterances_total{engine=\"whisper\"} 4000\n"));
    free(text);
}

static void buckets_are_cumulative(void **state)
{
    char *text;

    (void)state;
    metrics_reset();
    metric_observe(METRIC_FINAL_SECONDS, 0.3, "whisper");
    metric_observe(METRIC_FINAL_SECONDS, 70, "whisper");
    text = written();
    assert_non_null(strstr(text, "_bucket{engine=\"whisper\",le=\"0.25\"} 0\n"));
    assert_non_null(strstr(text, "_bucket{engine=\"whisper\",le=\"0.5\"} 1\n"));
    assert_non_null(strstr(text, "_bucket{engine=\"whisper\",le=\"+Inf\"} 2\n"));
    assert_non_null(
        strstr(text, "interviewd_speech_to_final_seconds_sum{engine=\"whisper\"} 70.3\n"));
    assert_non_null(
        strstr(text, "interviewd_speech_to_final_seconds_count{engine=\"whisper\"} 2\n"));
    free(text);
}

static void what_has_no_labels_is_there_from_the_start(void **state)
{
    char *text;

    (void)state;
    metrics_reset();
    text = written();
    assert_non_null(strstr(text, "\ninterviewd_log_dropped_lines_total 0\n"));
    assert_non_null(strstr(text, "\ninterviewd_store_write_seconds_bucket{le=\"60\"} 0\n"));
    assert_null(strstr(text, "\ninterviewd_utterances_total{"));
    free(text);
}

static void openmetrics_names_families_and_ends(void **state)
{
    struct buf out;

    (void)state;
    metrics_reset();
    metric_set(METRIC_BUILD, 1, "0.1.0", "ab", "gcc");
    buf_init(&out, METRIC_TEXT_MAX);
    assert_int_equal(metrics_write(&out, METRICS_OPEN), 0);
    assert_non_null(strstr(out.data, "# TYPE interviewd_log_dropped_lines counter\n"
                                     "interviewd_log_dropped_lines_total 0\n"));
    assert_non_null(strstr(out.data, "# TYPE interviewd_build info\n"
                                     "interviewd_build_info{version=\"0.1.0\","));
    assert_non_null(strstr(out.data, "_bucket{le=\"60.0\"} 0\n"));
    assert_string_equal(out.data + out.len - 7, "\n# EOF\n");
    buf_release(&out);
}

static void a_histogram_that_is_kept_elsewhere_is_shown(void **state)
{
    struct histogram times = {0};
    char *text;

    (void)state;
    metrics_reset();
    histogram_add(&times, 0.0005); /* a bound belongs to what is below it */
    histogram_add(&times, 0.3);
    metric_take(METRIC_LANE_WAIT, &times, "store");
    text = written();
    assert_non_null(
        strstr(text, "interviewd_lane_wait_seconds_bucket{lane=\"store\",le=\"0.0005\"} 1\n"));
    assert_non_null(strstr(text, "interviewd_lane_wait_seconds_count{lane=\"store\"} 2\n"));
    free(text);
}

static void labels_cannot_break_out_or_grow_without_end(void **state)
{
    char label[32];
    char *text;
    size_t lines = 0;

    (void)state;
    metrics_reset();
    metric_http("GET", "/a\"b\n", 200, 1000);
    metric_set(METRIC_LANE_QUEUE, 3, "request");
    metric_set(METRIC_LANE_QUEUE, 2, "request");
    for (int i = 0; i < 1000; i++) {
        snprintf(label, sizeof(label), "engine%d", i);
        metric_add(METRIC_UTTERANCES, 1, label);
    }
    text = written();
    assert_non_null(strstr(text, "{method=\"GET\",route=\"/a\\\"b \",status=\"200\"} 1\n"));
    assert_non_null(strstr(text, "interviewd_lane_queue_depth{lane=\"request\"} 2\n"));
    assert_non_null(strstr(text, "{engine=\"other\"} 488\n"));
    for (const char *p = text; (p = strstr(p, "utterances_total{")) != NULL; p++)
        lines++;
    assert_int_equal(lines, METRIC_SERIES_MAX + 1);
    free(text);
    metrics_reset();
}

static const char ADA[] = "0000000000000000000000000a", BOB[] = "0000000000000000000000000b",
                  EVE[] = "0000000000000000000000000e";

struct journal {
    char dir[SCRATCH_MAX];
    char path[SCRATCH_MAX + 16];
};

static void open_journal(struct journal *j)
{
    struct errbuf err = {""};

    if (audit_open(j->path, &err))
        fail_msg("%s", err.text);
}

static int make_journal(void **state)
{
    struct journal *j = calloc(1, sizeof(*j));

    scratch_make(j->dir);
    snprintf(j->path, sizeof(j->path), "%s/audit.jsonl", j->dir);
    open_journal(j);
    *state = j;
    return 0;
}

static int remove_journal(void **state)
{
    struct journal *j = *state;

    audit_close();
    scratch_remove(j->dir);
    free(j);
    return 0;
}

static void did(const char *user, const char *action, const char *id)
{
    assert_int_equal(audit(&(struct audit_event){.user = user,
                                                 .action = action,
                                                 .kind = "session",
                                                 .id = id,
                                                 .status = 200,
                                                 .address = "127.0.0.1"}),
                     0);
}

static void the_audit_log_is_private_and_tells_nothing_it_should_not(void **state)
{
    struct journal *j = *state;
    struct errbuf err = {""};
    struct stat st;
    char *text;

    did(ADA, "re\"ad", "s1\n{\"number\":7}\n");
    assert_int_equal(stat(j->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    text = scratch_read(j->path, NULL);
    assert_null(strstr(text, "re\"ad"));
    assert_int_equal(strchr(text, '\n') - text, (ptrdiff_t)strlen(text) - 1);
    free(text);
    assert_int_equal(chmod(j->path, 0644), 0);
    open_journal(j); /* closes the one that is open */
    assert_int_equal(stat(j->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(audit_open("/nowhere/audit.jsonl", &err) < 0);
    did(ADA, "read", "s2"); /* not open: nothing */
}

static void who_asks_sees_its_own_events_newest_first(void **state)
{
    struct audit_entry page[10];
    size_t n = 10;
    bool more;

    (void)state;
    for (int i = 0; i < 25; i++) {
        char id[8];

        snprintf(id, sizeof(id), "s%d", i);
        did(i % 5 ? ADA : BOB, "read", id);
    }
    assert_int_equal(audit_read(ADA, 0, page, &n, &more), 0);
    assert_int_equal(n, 10);
    assert_true(more);
    assert_string_equal(page[0].id, "s24");
    assert_string_equal(page[0].address, "127.0.0.1");
    assert_int_equal(page[0].status, 200);
    assert_int_equal(audit_read(ADA, page[9].number, page, &n, &more), 0);
    assert_int_equal(n, 10);
    assert_false(more);
    assert_string_equal(page[9].id, "s1");
    assert_int_equal(audit_read(ADA, page[9].number, page, &n, &more), 0);
    assert_int_equal(n, 0);
    n = 5;
    assert_int_equal(audit_read(BOB, 0, page, &n, &more), 0);
    assert_int_equal(n, 5);
    assert_false(more);
    n = 5;
    assert_int_equal(audit_read("0000000000000000000000000c", 0, page, &n, &more), 0);
    assert_int_equal(n, 0);
}

static void its_order_goes_on_after_a_restart_and_a_torn_line(void **state)
{
    struct journal *j = *state;
    struct audit_entry page[10];
    size_t n = 10;
    bool more;
    FILE *f;

    did(ADA, "read", "s1");
    did(ADA, "read", "s2");
    audit_close();
    f = fopen(j->path, "a");
    fputs("{\"number\":3,\"time\":\"2026-", f);
    fclose(f);
    open_journal(j);
    did(ADA, "read", "s3");
    assert_int_equal(audit_read(ADA, 0, page, &n, &more), 0);
    assert_int_equal(n, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(page[i].number, 3 - i);
    assert_string_equal(page[0].id, "s3");
}

static void a_line_that_is_not_ours_is_read_over(void **state)
{
    struct journal *j = *state;
    struct audit_entry page[10];
    char *junk = malloc(200000);
    size_t n = 10;
    bool more;
    FILE *f;

    did(ADA, "read", "s1");
    audit_close();
    memset(junk, 'x', 199999);
    junk[199999] = '\0';
    f = fopen(j->path, "a");
    fprintf(f, "%s\n{\"user\":\"%s\"}\n\n\n[\n", junk, ADA);
    fclose(f);
    free(junk);
    open_journal(j);
    did(ADA, "read", "s2");
    assert_int_equal(audit_read(ADA, 0, page, &n, &more), 0);
    assert_int_equal(n, 2);
    assert_string_equal(page[0].id, "s2");
    assert_int_equal(page[0].number, 2);
    assert_string_equal(page[1].id, "s1");
}

/* All of the journal's files in one text. */
static char *journal_text(const struct journal *j)
{
    char *all = calloc(1, 1);

    for (int i = 0; i < AUDIT_FILES; i++) {
        char name[32], *text, *joined;

        snprintf(name, sizeof(name), i ? "audit.%d.jsonl" : "audit.jsonl", i);
        if (access(scratch_path(j->dir, name), F_OK))
            continue;
        text = scratch_read(scratch_path(j->dir, name), NULL);
        assert_true(asprintf(&joined, "%s%s", all, text) >= 0);
        free(text);
        free(all);
        all = joined;
    }
    return all;
}

static void who_is_forgotten_is_named_nowhere(void **state)
{
    struct journal *j = *state;
    struct audit_entry page[10];
    size_t n = 10;
    bool more;
    char *text;

    did(EVE, "read", "s1");
    did(BOB, "read", "s2");
    audit_close();
    assert_int_equal(rename(j->path, scratch_path(j->dir, "audit.2.jsonl")), 0);
    open_journal(j);
    did("", "login", EVE); /* tried by nobody who is known */
    did(BOB, "read", ADA);
    did(EVE, "erase", EVE);
    assert_int_equal(audit_forget(EVE), 0);
    did(EVE, "read", "s4"); /* was under way */
    did(BOB, "read", "s5");

    text = journal_text(j);
    assert_null(strstr(text, EVE));
    assert_non_null(strstr(text, "\"user\":\"**************************\",\"action\":\"erase\","
                                 "\"kind\":\"session\",\"id\":\"**************************\","
                                 "\"status\":200,\"requestId\":\"\",\"address\":\"*********\""));
    assert_null(strstr(text, "s1\""));
    assert_null(strstr(text, "s4\""));
    assert_non_null(strstr(text, "s5\""));
    free(text);
    assert_int_equal(audit_read(EVE, 0, page, &n, &more), 0);
    assert_int_equal(n, 0);
    n = 10;
    assert_int_equal(audit_read(BOB, 0, page, &n, &more), 0); /* whole, and in order */
    assert_int_equal(n, 3);
    assert_string_equal(page[0].id, "s5");
    assert_string_equal(page[0].address, "127.0.0.1");
    assert_string_equal(page[1].id, ADA);
    assert_string_equal(page[2].id, "s2");
    audit_close();
    open_journal(j);
    did(BOB, "read", "s6");
    n = 1;
    assert_int_equal(audit_read(BOB, 0, page, &n, &more), 0);
    assert_true(page[0].number > page[1].number);
}

static void it_is_bounded_and_the_newest_stay(void **state)
{
    enum { LINE = 200, EVENTS = (AUDIT_FILES + 1) * (AUDIT_FILE_MAX / LINE) };
    struct journal *j = *state;
    struct audit_entry page[100];
    size_t n = 100, total = 0;
    int64_t before = 0;
    bool more = true;
    struct stat st;
    char path[SCRATCH_MAX + 32];
    off_t bytes = 0;

    for (int i = 0; i < EVENTS; i++)
        did(i % 1000 ? BOB : ADA, "read", "0123456789abcdefghjkmnpqrs");
    for (int i = 0; i < AUDIT_FILES + 2; i++) {
        snprintf(path, sizeof(path), i ? "%s/audit.%d.jsonl" : "%s/audit.jsonl", j->dir, i);
        if (stat(path, &st)) {
            assert_true(i >= AUDIT_FILES);
            continue;
        }
        assert_true(i < AUDIT_FILES && st.st_size <= AUDIT_FILE_MAX);
        assert_int_equal(st.st_mode & 0777, 0600);
        bytes += st.st_size;
    }
    assert_true(bytes > (AUDIT_FILES - 1) * (off_t)AUDIT_FILE_MAX);
    while (more) {
        n = 100;
        assert_int_equal(audit_read(ADA, before, page, &n, &more), 0);
        for (size_t i = 0; i < n; i++) {
            assert_true(!before || before - page[i].number == 1000);
            before = page[i].number;
        }
        total += n;
    }
    assert_in_range(total, EVENTS / 1000 / 2, EVENTS / 1000);
    audit_close();
    open_journal(j);
    did(ADA, "read", "s1");
    n = 1;
    assert_int_equal(audit_read(ADA, 0, page, &n, &more), 0);
    assert_int_equal(page[0].number, EVENTS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_from_many_threads_add_up),
        cmocka_unit_test(buckets_are_cumulative),
        cmocka_unit_test(what_has_no_labels_is_there_from_the_start),
        cmocka_unit_test(openmetrics_names_families_and_ends),
        cmocka_unit_test(a_histogram_that_is_kept_elsewhere_is_shown),
        cmocka_unit_test(labels_cannot_break_out_or_grow_without_end),
#define JOURNAL(test) cmocka_unit_test_setup_teardown(test, make_journal, remove_journal)
        JOURNAL(the_audit_log_is_private_and_tells_nothing_it_should_not),
        JOURNAL(who_asks_sees_its_own_events_newest_first),
        JOURNAL(its_order_goes_on_after_a_restart_and_a_torn_line),
        JOURNAL(a_line_that_is_not_ours_is_read_over),
        JOURNAL(who_is_forgotten_is_named_nowhere),
        JOURNAL(it_is_bounded_and_the_newest_stay),
    };

    return cmocka_run_group_tests_name("observe", tests, NULL, NULL);
}

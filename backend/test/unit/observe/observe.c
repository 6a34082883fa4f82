/**
 * @file test/unit/observe/observe.c  Numbers and the audit log
 */
#include "cmocka_all.h"

#include "base/json.h"
#include "observe/audit.h"
#include "observe/metrics.h"

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
    assert_int_equal(metrics_write(&out), 0);
    return buf_steal(&out, NULL);
}

static void add_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < ADDS; i++)
        metric_add(METRIC_UTTERANCES, "whisper", 1);
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
    metric_observe(METRIC_FINAL_SECONDS, "whisper", 0.3);
    metric_observe(METRIC_FINAL_SECONDS, "whisper", 20);
    text = written();
    assert_non_null(strstr(text, "_bucket{engine=\"whisper\",le=\"0.25\"} 0\n"));
    assert_non_null(strstr(text, "_bucket{engine=\"whisper\",le=\"0.5\"} 1\n"));
    assert_non_null(strstr(text, "_bucket{engine=\"whisper\",le=\"+Inf\"} 2\n"));
    assert_non_null(strstr(text, "interviewd_final_seconds_sum{engine=\"whisper\"} 20.3"));
    assert_non_null(strstr(text, "interviewd_final_seconds_count{engine=\"whisper\"} 2\n"));
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
    metric_set(METRIC_QUEUE, "request", 3);
    metric_set(METRIC_QUEUE, "request", 2);
    for (int i = 0; i < 1000; i++) {
        snprintf(label, sizeof(label), "engine%d", i);
        metric_add(METRIC_UTTERANCES, label, 1);
    }
    text = written();
    assert_non_null(strstr(text, "{route=\"GET /a\\\"b \",status=\"200\"} 1\n"));
    assert_non_null(strstr(text, "interviewd_queue_depth{lane=\"request\"} 2\n"));
    assert_non_null(strstr(text, "{engine=\"other\"} 872\n"));
    for (const char *p = text; (p = strstr(p, "utterances_total{")) != NULL; p++)
        lines++;
    assert_int_equal(lines, METRIC_SERIES_MAX + 1);
    free(text);
    metrics_reset();
}

static void the_audit_log_only_grows_and_is_private(void **state)
{
    char path[] = "/tmp/auditXXXXXX";
    struct errbuf err = {""};
    struct stat st;
    char line[512];
    json_t *obj;
    FILE *f;

    (void)state;
    assert_int_equal(audit("u", "read", "session", "s", "r"), 0); /* not open: nothing */
    close(mkstemp(path));
    unlink(path);
    assert_int_equal(audit_open(path, &err), 0);
    assert_int_equal(audit("user1", "read", "session", "s1", "r1"), 0);
    audit_close();
    assert_int_equal(audit_open(path, &err), 0);
    assert_int_equal(audit("user1", "delete", "session", "s1\n{", NULL), 0);
    audit_close();
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    f = fopen(path, "r");
    assert_non_null(fgets(line, sizeof(line), f));
    assert_non_null(fgets(line, sizeof(line), f));
    obj = json_parse(line, strlen(line));
    assert_string_equal(json_str(obj, "action"), "delete");
    assert_string_equal(json_str(obj, "id"), "s1\n{");
    json_decref(obj);
    assert_null(fgets(line, sizeof(line), f));
    fclose(f);
    unlink(path);
    assert_true(audit_open("/nowhere/audit", &err) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_from_many_threads_add_up),
        cmocka_unit_test(buckets_are_cumulative),
        cmocka_unit_test(labels_cannot_break_out_or_grow_without_end),
        cmocka_unit_test(the_audit_log_only_grows_and_is_private),
    };

    return cmocka_run_group_tests_name("observe", tests, NULL, NULL);
}

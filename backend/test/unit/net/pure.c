/**
 * @file test/unit/net/pure.c  The parsers: events, forms, ranges, paths, origins
 */
#include "cmocka_all.h"

#include "net/address.h"
#include "net/multipart.h"
#include "net/range.h"
#include "net/sse.h"
#include "net/static.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

/* ------------------------------------------------------------- events */

struct seen {
    char text[512];
    size_t len;
};

static void on_event(const char *event, const char *data, size_t len, void *arg)
{
    struct seen *s = arg;

    s->len += (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len, "[%s:%.*s]", event,
                               (int)len, data);
}

static void feed_in_pieces(const char *text, size_t piece, struct seen *seen)
{
    struct sse s;
    size_t len = strlen(text);

    *seen = (struct seen){.len = 0};
    sse_init(&s);
    for (size_t i = 0; i < len; i += piece)
        assert_int_equal(sse_feed(&s, text + i, len - i < piece ? len - i : piece, on_event, seen),
                         0);
    sse_release(&s);
}

static void events_are_the_same_however_they_are_cut(void **state)
{
    static const char text[] = "\xef\xbb\xbf"
                               ": hello\r\ndata: one\r\n\r\nevent: delta\ndata:two\ndata: three\n\n"
                               "data\r\rid: 7\nretry: 10\n\nevent: x\n\ndata:  spaced\n\ndata: cut";

    (void)state;
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        struct seen seen;

        feed_in_pieces(text, piece, &seen);
        assert_string_equal(seen.text,
                            "[message:one][delta:two\nthree][message:][message: spaced]");
    }
}

static void an_endless_event_is_refused_for_good(void **state)
{
    static char big[SSE_EVENT_MAX];
    struct seen seen = {.len = 0};
    struct sse s;

    (void)state;
    memset(big, 'x', sizeof(big));
    sse_init(&s);
    assert_int_equal(sse_feed(&s, "data: ", 6, on_event, &seen), 0);
    assert_int_equal(sse_feed(&s, big, sizeof(big), on_event, &seen), 0);
    assert_int_equal(sse_feed(&s, big, sizeof(big), on_event, &seen), UV_ENOBUFS);
    assert_int_equal(sse_feed(&s, "\n\n", 2, on_event, &seen), UV_ENOBUFS);
    assert_int_equal(seen.len, 0);
    sse_release(&s);
}

/* -------------------------------------------------------------- forms */

static const char form[] = "preamble\r\n--xYz\r\nContent-Disposition: form-data; name=\"file\"; "
                           "filename=\"a;b.wav\"\r\nContent-Type: audio/wav\r\n\r\nRI\r\n--xY\r\n"
                           "--xYz\r\ncontent-disposition: form-data; name=sessionId\r\n\r\n\r\n"
                           "--xYz--\r\nepilogue";

static void a_form_gives_its_parts_in_order(void **state)
{
    struct multipart mp;
    struct raw_part part;

    (void)state;
    assert_int_equal(multipart_init(&mp, "multipart/form-data; charset=utf-8; boundary=\"xYz\"",
                                    form, sizeof(form) - 1),
                     0);
    assert_int_equal(multipart_next(&mp, &part), 0);
    assert_memory_equal(part.filename.at, "a;b.wav", part.filename.len);
    assert_memory_equal(part.type.at, "audio/wav", 9);
    assert_int_equal(part.data.len, 8);
    assert_memory_equal(part.data.at, "RI\r\n--xY", 8);
    assert_int_equal(multipart_next(&mp, &part), 0);
    assert_memory_equal(part.name.at, "sessionId", 9);
    assert_null(part.filename.at);
    assert_int_equal(part.data.len, 0);
    assert_int_equal(multipart_next(&mp, &part), UV_EOF);
}

static void a_form_cut_anywhere_is_refused(void **state)
{
    size_t whole = (size_t)(strstr(form, "--xYz--") - form) + 7;

    (void)state;
    for (size_t len = 0; len < whole; len++) {
        struct multipart mp;
        struct raw_part part;
        int rc = multipart_init(&mp, "multipart/form-data; boundary=xYz", form, len);

        while (rc == 0)
            rc = multipart_next(&mp, &part);
        assert_int_equal(rc, UV_EINVAL);
    }
}

static int note_part(const struct raw_part *part, void *arg)
{
    on_event("part", part->name.at, part->name.len, arg);
    return 0;
}

static int note_data(const char *data, size_t len, void *arg)
{
    struct seen *s = arg;

    memcpy(s->text + s->len, data, len);
    s->len += len;
    s->text[s->len] = '\0';
    return 0;
}

static int give_up(const char *data, size_t len, void *arg)
{
    (void)data;
    (void)len;
    (void)arg;
    return UV_ENOSPC;
}

static void a_form_in_pieces_of_any_size_is_the_same_form(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= sizeof(form); piece++) {
        struct seen seen = {.len = 0};
        struct form reader;

        assert_int_equal(
            form_init(&reader, "multipart/form-data; boundary=xYz", note_part, note_data, &seen),
            0);
        for (size_t at = 0; at < sizeof(form) - 1; at += piece) {
            size_t left = sizeof(form) - 1 - at;

            assert_int_equal(form_feed(&reader, form + at, left < piece ? left : piece), 0);
        }
        assert_int_equal(form_end(&reader), 0);
        assert_string_equal(seen.text, "[part:file]RI\r\n--xY[part:sessionId]");
    }
}

static void a_form_in_pieces_that_is_cut_is_told_at_its_end(void **state)
{
    size_t whole = (size_t)(strstr(form, "--xYz--") - form) + 7;

    (void)state;
    for (size_t len = 0; len < whole; len++) {
        struct seen seen = {.len = 0};
        struct form reader;

        assert_int_equal(
            form_init(&reader, "multipart/form-data; boundary=xYz", note_part, note_data, &seen),
            0);
        assert_int_equal(form_feed(&reader, form, len), 0);
        assert_int_equal(form_end(&reader), UV_EINVAL);
    }
}

/* Found by fuzzing: white space may follow a delimiter, but then it is not the last one. */
static void dashes_behind_white_space_end_no_form(void **state)
{
    static const char body[] = "--x\t--";
    struct seen seen = {.len = 0};
    struct multipart mp;
    struct raw_part part;
    struct form reader;

    (void)state;
    assert_int_equal(multipart_init(&mp, "multipart/form-data; boundary=x", body, 7), 0);
    assert_int_equal(multipart_next(&mp, &part), UV_EINVAL);
    assert_int_equal(
        form_init(&reader, "multipart/form-data; boundary=x", note_part, note_data, &seen), 0);
    assert_int_equal(form_feed(&reader, body, 7), UV_EINVAL);
}

/* Found by fuzzing: a preamble exactly as long as the boundary with its dashes hid the first part.
 */
static void a_preamble_may_have_any_length(void **state)
{
    char body[128];

    (void)state;
    for (int preamble = 0; preamble < 20; preamble++) {
        struct multipart mp;
        struct raw_part part;

        snprintf(body, sizeof(body),
                 "%.*s\r\n--xYz\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--xYz--",
                 preamble, "pppppppppppppppppppp");
        assert_int_equal(
            multipart_init(&mp, "multipart/form-data; boundary=xYz", body, strlen(body)), 0);
        assert_int_equal(multipart_next(&mp, &part), 0);
        assert_memory_equal(part.data.at, "1", 1);
        assert_int_equal(multipart_next(&mp, &part), UV_EOF);
    }
}

static void who_reads_a_form_may_end_it(void **state)
{
    struct seen seen = {.len = 0};
    struct form reader;

    (void)state;
    assert_int_equal(
        form_init(&reader, "multipart/form-data; boundary=xYz", note_part, give_up, &seen), 0);
    assert_int_equal(form_feed(&reader, form, sizeof(form) - 1), UV_ENOSPC);
    assert_int_equal(form_feed(&reader, form, 1), UV_ENOSPC);
    assert_int_equal(form_end(&reader), UV_ENOSPC);
    assert_int_equal(form_init(&reader, "text/plain", note_part, give_up, &seen), UV_EINVAL);
}

static void the_header_of_a_part_has_a_bound(void **state)
{
    static char long_form[PART_HEADER_MAX + 200];
    struct seen seen = {.len = 0};
    struct multipart mp;
    struct raw_part part;
    struct form reader;
    size_t n = (size_t)snprintf(long_form, sizeof(long_form), "--x\r\nX-Long: ");

    (void)state;
    memset(long_form + n, 'a', PART_HEADER_MAX);
    snprintf(long_form + n + PART_HEADER_MAX, 150,
             "\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--x--");
    assert_int_equal(
        multipart_init(&mp, "multipart/form-data; boundary=x", long_form, strlen(long_form)), 0);
    assert_int_equal(multipart_next(&mp, &part), UV_EINVAL);
    assert_int_equal(
        form_init(&reader, "multipart/form-data; boundary=x", note_part, note_data, &seen), 0);
    assert_int_equal(form_feed(&reader, long_form, strlen(long_form)), UV_EINVAL);
}

static void a_form_needs_a_boundary(void **state)
{
    struct multipart mp;

    (void)state;
    assert_int_equal(multipart_init(&mp, "application/json", form, 10), UV_EINVAL);
    assert_int_equal(multipart_init(&mp, "multipart/form-data", form, 10), UV_EINVAL);
    assert_int_equal(multipart_init(&mp, "multipart/form-data; boundary=", form, 10), UV_EINVAL);
    assert_int_equal(multipart_init(&mp, NULL, NULL, 0), UV_EINVAL);
    assert_int_equal(multipart_init(&mp, "multipart/form-data; boundary=x", NULL, 0), UV_EINVAL);
}

/* ------------------------------------------------------------- ranges */

static void ranges_mean_what_the_rfc_says(void **state)
{
    static const struct {
        const char *header;
        int rc;
        uint64_t first;
        uint64_t last;
    } cases[] = {
        {"bytes=0-0", 0, 0, 0},
        {"bytes=10-", 0, 10, 99},
        {"bytes=-10", 0, 90, 99},
        {"bytes=-1000", 0, 0, 99},
        {"bytes=5-1000", 0, 5, 99},
        {"Bytes=1-2", 0, 1, 2},
        {"bytes=100-", UV_ERANGE, 0, 0},
        {"bytes=-0", UV_ERANGE, 0, 0},
        {"bytes=5-4", UV_ENOENT, 0, 0},
        {"bytes=1-2,4-5", UV_ENOENT, 0, 0},
        {"bytes=", UV_ENOENT, 0, 0},
        {"lines=1-2", UV_ENOENT, 0, 0},
        {"bytes=a-b", UV_ENOENT, 0, 0},
        {"bytes=99999999999999999999-", UV_ERANGE, 0, 0},
        {NULL, UV_ENOENT, 0, 0},
        {"bytes=7-99999999999999999999", 0, 7, 99},
        {"bytes=-99999999999999999999", 0, 0, 99},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t first = 0;
        uint64_t last = 0;

        assert_int_equal(range_parse(cases[i].header, 100, &first, &last), cases[i].rc);
        assert_int_equal(first, cases[i].first);
        assert_int_equal(last, cases[i].last);
    }
}

/* -------------------------------------------------------------- paths */

static enum site_kind look(const char *rel, void *arg)
{
    static const char *const folders[] = {"", "login", "interview", "interview/placeholder",
                                          "_next"};
    static const char *const files[] = {"index.html",
                                        "login/index.html",
                                        "login/index.txt",
                                        "interview/placeholder/index.html",
                                        "interview/placeholder/index.txt",
                                        "_next/a.js"};

    (void)arg;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (strcmp(rel, folders[i]) == 0)
            return SITE_FOLDER;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (strcmp(rel, files[i]) == 0)
            return SITE_FILE;
    }
    return SITE_NOTHING;
}

static void addresses_find_their_files(void **state)
{
    static const struct {
        const char *path;
        const char *rel;
    } cases[] = {
        {"/", "index.html"},
        {"/login", "login/index.html"},
        {"/login/", "login/index.html"},
        {"/login/index.txt", "login/index.txt"},
        {"/interview/s_01/", "interview/placeholder/index.html"},
        {"/interview/s_01", "interview/placeholder/index.html"},
        {"/interview/s_01/index.txt", "interview/placeholder/index.txt"},
        {"/_next/a.js", "_next/a.js"},
    };
    char rel[SITE_PATH_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(site_resolve(cases[i].path, look, NULL, rel), 0);
        assert_string_equal(rel, cases[i].rel);
    }
}

static void addresses_never_leave_the_site(void **state)
{
    static const char *const bad[] = {
        "/../etc/passwd", "/login/../../x", "/.env",  "/a\\..\\b",
        "/_next/.git/x",  "/x\ny",          "/..",    "/login/..",
        "/nothing",       "/_next/b.js",    "/_next", "/index.html/x"};
    char rel[SITE_PATH_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_true(site_resolve(bad[i], look, NULL, rel) < 0);
}

static void gzip_is_sent_only_to_those_who_take_it(void **state)
{
    (void)state;
    assert_true(accepts_gzip("gzip"));
    assert_true(accepts_gzip("br, GZIP;q=0.5"));
    assert_false(accepts_gzip("gzip;q=0"));
    assert_false(accepts_gzip("gzip; q=0.0, br"));
    assert_false(accepts_gzip("gzipped"));
    assert_false(accepts_gzip(NULL));
    assert_string_equal(site_type("a/b.JS"), "text/javascript; charset=utf-8");
    assert_string_equal(site_type("a"), "application/octet-stream");
}

/* ------------------------------------------------------------ origins */

static void only_this_machine_is_loopback(void **state)
{
    (void)state;
    assert_true(address_is_loopback("127.0.0.1"));
    assert_true(address_is_loopback("127.255.0.9"));
    assert_true(address_is_loopback("::1"));
    assert_true(address_is_loopback("::ffff:127.0.0.1"));
    assert_false(address_is_loopback("128.0.0.1"));
    assert_false(address_is_loopback("127.0.0.1.evil.example"));
    assert_true(host_is_loopback("localhost:8080"));
    assert_true(host_is_loopback("[::1]:80"));
    assert_true(host_is_loopback("127.0.0.1"));
    assert_false(host_is_loopback("localhost.evil.example"));
    assert_false(host_is_loopback("evil.example:8080"));
    assert_false(host_is_loopback("localhost:"));
    assert_false(host_is_loopback("[::1"));
    assert_false(host_is_loopback(NULL));
}

static void an_ipv6_network_is_one_client(void **state)
{
    static const char *const networks[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:2::9", "2001:db8:1:2::"},
        {"2001:db8:1:3::9", "2001:db8:1:3::"},
        {"unknown", "unknown"},
    };
    char to[64];

    (void)state;
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        address_network(networks[i][0], to);
        assert_string_equal(to, networks[i][1]);
    }
}

static void origins_are_compared_whole(void **state)
{
    static const char *const list[] = {"https://app.example", NULL};

    (void)state;
    assert_true(origin_is_same("http://localhost:8080", "localhost:8080", false));
    assert_true(origin_is_same("https://a.example", "A.example:443", true));
    assert_false(origin_is_same("http://a.example", "a.example", true));
    assert_false(origin_is_same("http://localhost:8081", "localhost:8080", false));
    assert_false(origin_is_same("http://localhost:8080.evil.example", "localhost:8080", false));
    assert_false(origin_is_same("null", "localhost", false));
    assert_true(origin_is_listed("https://APP.example", list));
    assert_false(origin_is_listed("https://app.example.evil", list));
    assert_false(origin_is_listed("null", list));
    assert_false(origin_is_listed(NULL, list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_the_same_however_they_are_cut),
        cmocka_unit_test(an_endless_event_is_refused_for_good),
        cmocka_unit_test(a_form_gives_its_parts_in_order),
        cmocka_unit_test(a_form_cut_anywhere_is_refused),
        cmocka_unit_test(a_form_needs_a_boundary),
        cmocka_unit_test(a_form_in_pieces_of_any_size_is_the_same_form),
        cmocka_unit_test(a_form_in_pieces_that_is_cut_is_told_at_its_end),
        cmocka_unit_test(who_reads_a_form_may_end_it),
        cmocka_unit_test(a_preamble_may_have_any_length),
        cmocka_unit_test(dashes_behind_white_space_end_no_form),
        cmocka_unit_test(the_header_of_a_part_has_a_bound),
        cmocka_unit_test(ranges_mean_what_the_rfc_says),
        cmocka_unit_test(addresses_find_their_files),
        cmocka_unit_test(addresses_never_leave_the_site),
        cmocka_unit_test(gzip_is_sent_only_to_those_who_take_it),
        cmocka_unit_test(only_this_machine_is_loopback),
        cmocka_unit_test(an_ipv6_network_is_one_client),
        cmocka_unit_test(origins_are_compared_whole),
    };

    return cmocka_run_group_tests_name("net/pure", tests, NULL, NULL);
}

/**
 * @file test/unit/net/http1.c  HTTP/1 requests: what is taken, what is refused, cut at every byte
 *
 * Every case is read whole, cut in two at each byte, and byte by byte; what comes out must be the
 * same. The right values are those of RFC 9112, and where it leaves a choice, the strict one.
 */
#include "cmocka_all.h"

#include "net/http1.h"
#include "net/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------- reading */

struct seen {
    char text[4096];
    size_t len;
};

static void note(struct seen *s, const char *text, size_t len)
{
    assert_true(s->len + len < sizeof(s->text));
    memcpy(s->text + s->len, text, len);
    s->len += len;
    s->text[s->len] = '\0';
}

/* "GET /x 1 [host=h][a=b] " for a header. */
static void note_head(struct seen *s, const struct http1 *p, const struct head *h)
{
    char line[2048];

    note(s, line,
         (size_t)snprintf(line, sizeof(line), "%s %s %d ", h->text + h->method, h->text + h->target,
                          p->minor));
    for (int i = 0; i < h->count; i++)
        note(s, line,
             (size_t)snprintf(line, sizeof(line), "[%s=%s]", h->text + h->field[i].name,
                              h->text + h->field[i].value));
    note(s, " ", 1);
}

struct reader {
    struct http1 p;
    struct head head;
    struct seen seen;
    bool bad;
};

static void feed(struct reader *r, const char *at, size_t len)
{
    const char *end = at + len;
    struct piece piece;
    char text[16];

    while (!r->bad) {
        switch (http1_next(&r->p, &r->head, &at, end, &piece)) {
        case HTTP1_MORE:
            assert_ptr_equal(at, end);
            return;
        case HTTP1_HEAD:
            note_head(&r->seen, &r->p, &r->head);
            break;
        case HTTP1_BODY:
            note(&r->seen, piece.at, piece.len);
            break;
        case HTTP1_END:
            note(&r->seen, ".", 1);
            http1_reset(&r->p);
            head_release(&r->head);
            break;
        case HTTP1_BAD:
            note(&r->seen, text, (size_t)snprintf(text, sizeof(text), "!%d", r->p.status));
            assert_non_null(r->p.why);
            r->bad = true;
            break;
        }
    }
}

static void read_cut(struct reader *r, const char *text, size_t len, size_t cut)
{
    memset(r, 0, sizeof(*r));
    http1_reset(&r->p);
    feed(r, text, cut);
    feed(r, text + cut, len - cut);
    head_release(&r->head);
}

static void expect_bytes(const char *text, size_t len, const char *wanted)
{
    static struct reader r;

    for (size_t cut = 0; cut <= len; cut++) {
        read_cut(&r, text, len, cut);
        if (strcmp(r.seen.text, wanted) != 0)
            fail_msg("cut at %zu: %s, not %s, of %s", cut, r.seen.text, wanted, text);
    }
    memset(&r, 0, sizeof(r));
    http1_reset(&r.p);
    for (size_t i = 0; i < len; i++)
        feed(&r, text + i, 1);
    head_release(&r.head);
    assert_string_equal(r.seen.text, wanted);
}

static void expect(const char *text, const char *wanted)
{
    expect_bytes(text, strlen(text), wanted);
}

/* A header with one line in question, after a good first line and Host. */
static void expect_field(const char *line, const char *wanted)
{
    char text[512];

    snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n", line);
    expect(text, wanted);
}

static void expect_body(const char *fields, const char *body, const char *wanted)
{
    char text[1024];

    snprintf(text, sizeof(text), "POST / HTTP/1.1\r\nHost: h\r\n%s\r\n\r\n%s", fields, body);
    expect(text, wanted);
}

/* ------------------------------------------------------------ first line */

static void a_request_is_its_line_and_its_fields(void **state)
{
    (void)state;
    expect("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b 1 [host=h] .");
    expect("GET / HTTP/1.0\r\n\r\n", "GET / 0  .");
    expect("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 1 [host=h] .");
    expect("M-SEARCH * HTTP/1.1\r\nHOST:h\r\n\r\n", "M-SEARCH * 1 [host=h] .");
    expect("GET / HTTP/1.1\r\nhost: h\r\n\r\nGET /2 HTTP/1.1\r\nhost: h\r\n\r\n",
           "GET / 1 [host=h] .GET /2 1 [host=h] .");
}

static void another_first_line_is_refused(void **state)
{
    static const struct {
        const char *line;
        const char *wanted;
    } cases[] = {
        {"GET /", "!400"}, /* HTTP/0.9 */
        {"GET", "!400"},
        {"GET  / HTTP/1.1", "!400"},
        {"GET /  HTTP/1.1", "!400"},
        {"GET / HTTP/1.1 ", "!400"},
        {"GET\t/ HTTP/1.1", "!400"},
        {"GET / a HTTP/1.1", "!400"},
        {"GET / http/1.1", "!400"},
        {"GET / HTTQ/1.1", "!400"},
        {"GET / HTTP/11", "!400"},
        {"GET / HTTP/1.11", "!400"},
        {"GET / HTTP/1.", "!400"},
        {"GET / HTTP/2.0", "!505"},
        {"GET / HTTP/0.9", "!505"},
        {"GET / HTTP/1.2", "!505"},
        {"GET /\x01 HTTP/1.1", "!400"},
        {"GET /\xc3\xa9 HTTP/1.1", "!400"},
        {"GET /a#b HTTP/1.1", "!400"},
        {"GET /\" HTTP/1.1", "!400"},
        {"G(T / HTTP/1.1", "!400"},
        {"{} / HTTP/1.1", "!400"},
        {" GET / HTTP/1.1", "!400"},
        {"GET /\rx HTTP/1.1", "!400"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "%s\r\nHost: h\r\n\r\n", cases[i].line);
        expect(text, cases[i].wanted);
    }
    expect("GET / HTTP/1.1\nHost: h\r\n\r\n", "!400"); /* a bare LF */
    expect("\nGET / HTTP/1.1\r\n", "!400");
    expect("\r\rGET / HTTP/1.1\r\n", "!400");
    expect("\x16\x03\x01\x02", "!400"); /* TLS, at its first byte */
    expect_bytes("GET /\0 HTTP/1.1\r\n\r\n", 19, "!400");
    expect_bytes("G\0T / HTTP/1.1\r\n\r\n", 18, "!400");
    expect_bytes("GET / HTTP/1.1\0\r\n\r\n", 19, "!400");
}

/* ---------------------------------------------------------------- fields */

static void a_field_is_a_name_a_colon_and_a_value(void **state)
{
    (void)state;
    expect_field("X-A:  b c\t ", "GET / 1 [host=h][x-a=b c] .");
    expect_field("X-A:", "GET / 1 [host=h][x-a=] .");
    expect_field("X: a:b", "GET / 1 [host=h][x=a:b] .");
    expect_field("X: \xc3\xa9", "GET / 1 [host=h][x=\xc3\xa9] .");
    expect_field("X: 1\r\nx: 2", "GET / 1 [host=h][x=1][x=2] .");
    expect_field("X-Auth: 1\r\nAuthorization: t", "GET / 1 [host=h][x-auth=1][authorization=t] .");
    expect_field("!#$%&'*+-.^_`|~09: v", "GET / 1 [host=h][!#$%&'*+-.^_`|~09=v] .");
}

static void another_line_of_the_header_is_refused(void **state)
{
    static const char *const lines[] = {
        "nonsense", ": v",       "X : v",    "X\t: v",  " X: v",    "X: a\r\n b", "X: a\r\n\tb",
        "X(: v",    "X: a\x01z", "X: a\x7f", "X: a\rb", "X\x80: v", "Host: h",    "host: other",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        expect_field(lines[i], "!400");
    expect("GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", "!400");
    expect("GET / HTTP/1.1\r\n Host: h\r\n\r\n", "!400");
    expect("GET / HTTP/1.1\r\n\r\n", "!400"); /* no Host */
    expect_bytes("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 35, "!400");
    expect_bytes("GET / HTTP/1.1\r\nHost: h\r\nX\0: b\r\n\r\n", 34, "!400");
}

static void what_is_too_long_is_refused_before_its_end(void **state)
{
    static char big[HEAD_TARGET_MAX + HEAD_FIELDS_MAX + 100];
    static struct reader r;
    static const char line[] = "GET / HTTP/1.1\r\nHost: h\r\n";
    size_t len;

    (void)state;
    memset(big, 'a', sizeof(big));
    memcpy(big, "GET /", 5);
    read_cut(&r, big, sizeof(big), 4000);
    assert_string_equal(r.seen.text, "!414");
    memcpy(big, line, sizeof(line) - 1);
    read_cut(&r, big, sizeof(big), 4000);
    assert_string_equal(r.seen.text, "!431");
    memset(big, 'a', sizeof(big));
    memcpy(big, line, sizeof(line) - 1);
    memcpy(big + sizeof(line) - 1, "X: ", 3);
    memcpy(big + HEAD_FIELDS_MAX + 40, "\r\n\r\n",
           4); /* more than fields may have, less than all */
    read_cut(&r, big, sizeof(big), 4000);
    assert_string_equal(r.seen.text, "!431");
    len = (size_t)snprintf(big, sizeof(big), "%s", line);
    for (int i = 0; i < HEAD_COUNT_MAX; i++)
        len += (size_t)snprintf(big + len, sizeof(big) - len, "A: b\r\n");
    read_cut(&r, big, len, 100);
    assert_string_equal(r.seen.text, "!431");
}

/* ---------------------------------------------------------------- bodies */

static void a_body_is_as_long_as_it_says(void **state)
{
    (void)state;
    expect_body("Content-Length: 5", "helloGET", "POST / 1 [host=h][content-length=5] hello.");
    expect_body("Content-Length: 0", "", "POST / 1 [host=h][content-length=0] .");
    expect_body("X: y", "", "POST / 1 [host=h][x=y] .");
}

static void a_length_said_otherwise_is_refused(void **state)
{
    static const char *const lengths[] = {
        "-1", "+1", "5x", "0x5", "", "5 5", "5, 5", "99999999999999999999", "1e3", "5.0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char field[64];

        snprintf(field, sizeof(field), "Content-Length: %s", lengths[i]);
        expect_body(field, "hello", "!400");
    }
    expect_body("Content-Length: 5\r\nContent-Length: 5", "hello", "!400");
    expect_body("Content-Length: 5\r\nContent-Length: 6", "hello", "!400");
    expect_body("Content-Length: 2\r\nTransfer-Encoding: chunked", "0\r\n\r\n", "!400");
    expect_body("Transfer-Encoding: chunked\r\nContent-Length: 2", "0\r\n\r\n", "!400");
    expect_body("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "", "!400");
    expect_body("Transfer-Encoding: chunked, chunked", "", "!400");
    expect_body("Transfer-Encoding: chunked, gzip", "", "!400");
    expect_body("Transfer-Encoding:", "", "!400");
    expect_body("Transfer-Encoding: gzip, chunked", "", "!501");
    expect_body("Transfer-Encoding: identity", "", "!501");
    expect_body("Transfer-Encoding: xchunked", "", "!501");
    expect("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400");
}

static void expect_chunks(const char *body, const char *wanted)
{
    char all[512];

    snprintf(all, sizeof(all), "POST / 1 [host=h][transfer-encoding=chunked] %s", wanted);
    expect_body("Transfer-Encoding: chunked", body, all);
}

static void chunks_are_put_together(void **state)
{
    (void)state;
    expect_chunks("0\r\n\r\n", ".");
    expect_chunks("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello.");
    expect_chunks("A\r\n0123456789\r\n00b\r\n0123456789x\r\n000\r\n\r\n", "01234567890123456789x.");
    expect_chunks("2;a=b;c=\"d\"\r\nhe\r\n0;x\r\n\r\n", "he.");
    expect_chunks("2\r\nhe\r\n0\r\nX-T: v\r\nY:\r\n\r\n", "he.");
}

static void chunks_of_another_form_are_refused(void **state)
{
    static const struct {
        const char *body;
        const char *wanted;
    } cases[] = {
        {"x\r\n", "!400"},
        {"\r\n", "!400"},
        {" 2\r\nhe", "!400"},
        {"2 \r\nhe", "!400"},
        {"-2\r\nhe", "!400"},
        {"0x2\r\nhe", "!400"},
        {"2\nhe", "!400"},
        {"2\r\rhe", "!400"},
        {"1234567890123456\r\n", "!400"},
        {"2;a\x01\r\nhe", "!400"},
        {"2\r\nhex", "he!400"},
        {"2\r\nhe\n0\r\n\r\n", "he!400"},
        {"2\r\nhe\r0", "he!400"},
        {"0\r\nX\r\n\r\n", "!400"},
        {"0\r\n X: y\r\n\r\n", "!400"},
        {"0\r\nX : y\r\n\r\n", "!400"},
        {"0\r\nX: y\n\r\n", "!400"},
        {"0\r\nX: y\r\n\n", "!400"},
        {"0\r\n\rx", "!400"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_chunks(cases[i].body, cases[i].wanted);
}

static void extensions_and_trailers_have_an_end(void **state)
{
    static char big[TRAILER_MAX + 400];
    static struct reader r;
    size_t len = (size_t)snprintf(
        big, sizeof(big), "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2;");

    (void)state;
    memset(big + len, 'a', sizeof(big) - len);
    read_cut(&r, big, sizeof(big), 100);
    assert_non_null(strstr(r.seen.text, "!431"));
    memcpy(big + len - 2, "0\r\nA:", 5);
    read_cut(&r, big, sizeof(big), 100);
    assert_non_null(strstr(r.seen.text, "!431"));
}

/* --------------------------------------------------------------- addresses */

static void expect_target(const char *text, const char *path, const char *name, const char *value)
{
    char copy[256];
    struct target t;
    const char *found;

    snprintf(copy, sizeof(copy), "%s", text);
    assert_int_equal(target_read(copy, &t), 0);
    assert_string_equal(t.path, path);
    found = name ? target_query(&t, name) : NULL;
    if (value)
        assert_string_equal(found, value);
    else
        assert_null(found);
}

static void an_address_is_decoded_once(void **state)
{
    (void)state;
    expect_target("/", "/", "a", NULL);
    expect_target("/a%20b/%C3%A9", "/a b/\xc3\xa9", NULL, NULL);
    expect_target("/%2525", "/%25", NULL, NULL);
    expect_target("/a/../b//c/.", "/a/../b//c/.", NULL, NULL);
    expect_target("/x?a=1&b=2", "/x", "b", "2");
    expect_target("/x?a=1&a=2", "/x", "a", "1");
    expect_target("/x?a", "/x", "a", "");
    expect_target("/x?a=", "/x", "a", "");
    expect_target("/x?&&a=b=c&", "/x", "a", "b=c");
    expect_target("/x?a%3Db=c", "/x", "a=b", "c");
    expect_target("/x?a=%26%2B+%2525", "/x", "a", "&+ %25");
    expect_target("/x?ab=1", "/x", "a", NULL);
    expect_target("/x?", "/x", "a", NULL);
    expect_target("/x?a=1?2/3", "/x", "a", "1?2/3");
    expect_target("http://h:80/x?a=1", "/x", "a", "1");
    expect_target("HTTPS://[::1]:8443/x", "/x", NULL, NULL);
    expect_target("http://h", "/", NULL, NULL);
    expect_target("http://h?a=1", "/", "a", "1");
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const bad[] = {
        "/%00",         "/%0",          "/%",
        "/%zz",         "/%0a",         "/%7f",
        "/%ff",         "/%c3",         "/?x=%00",
        "/?%zz",        "/?x=%",        "/?x=%ff",
        "?x",           "healthz",      "http://",
        "http:///",     "http://a b",   "http://u@h/",
        "http://h:x/",  "ftp://h/",     "//",
        "/a b",         "/a#b",         "h:80",
        "http://h/%00", "http://[::1/", "http://h:123456/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char copy[64];
        struct target t;
        int err;

        snprintf(copy, sizeof(copy), "%s", bad[i]);
        err = target_read(copy, &t);
        if (strcmp(bad[i], "//") == 0)
            assert_int_equal(err, 0); /* a path of two slashes, which names nothing here */
        else if (!err)
            fail_msg("%s was taken as %s", bad[i], t.path);
    }
}

static void a_hidden_slash_is_seen(void **state)
{
    char upper[] = "/a%2Fb";
    char lower[] = "/a%2fb?x=%2f";
    char none[] = "/a/b?x=%2f";
    struct target t;

    (void)state;
    assert_int_equal(target_read(upper, &t), 0);
    assert_true(t.slash_hidden);
    assert_int_equal(target_read(lower, &t), 0);
    assert_true(t.slash_hidden);
    assert_int_equal(target_read(none, &t), 0);
    assert_false(t.slash_hidden);
}

static void a_host_is_a_name_and_a_port(void **state)
{
    static const char *const good[] = {"h",  "a.example:8080", "127.0.0.1",  "[::1]", "[::1]:80",
                                       "h:", "h:65535",        "xn--a_b-c~d"};
    static const char *const bad[] = {
        "",    " h",    "a b", "a/b",  "a,b",   "u@h",    "h:x",      ":80",      "[::1",   "[]",
        "[g]", "h:1:2", "a?b", "h:-1", "a%20b", "[::1]x", "\xc3\xa9", "h:123456", "h:65536"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(authority_valid(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(authority_valid(bad[i]));
}

static void a_list_is_searched_by_its_elements(void **state)
{
    (void)state;
    assert_true(list_has("keep-alive, Upgrade", "upgrade"));
    assert_true(list_has(" ,close , x", "close"));
    assert_false(list_has("closed", "close"));
    assert_false(list_has("close x", "close"));
    assert_false(list_has(NULL, "close"));
    assert_false(list_has("", "close"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_its_line_and_its_fields),
        cmocka_unit_test(another_first_line_is_refused),
        cmocka_unit_test(a_field_is_a_name_a_colon_and_a_value),
        cmocka_unit_test(another_line_of_the_header_is_refused),
        cmocka_unit_test(what_is_too_long_is_refused_before_its_end),
        cmocka_unit_test(a_body_is_as_long_as_it_says),
        cmocka_unit_test(a_length_said_otherwise_is_refused),
        cmocka_unit_test(chunks_are_put_together),
        cmocka_unit_test(chunks_of_another_form_are_refused),
        cmocka_unit_test(extensions_and_trailers_have_an_end),
        cmocka_unit_test(an_address_is_decoded_once),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_hidden_slash_is_seen),
        cmocka_unit_test(a_host_is_a_name_and_a_port),
        cmocka_unit_test(a_list_is_searched_by_its_elements),
    };

    return cmocka_run_group_tests_name("net/http1", tests, NULL, NULL);
}

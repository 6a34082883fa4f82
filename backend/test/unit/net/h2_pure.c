/**
 * @file test/unit/net/h2_pure.c  HTTP/2 without a connection: fields of a request, frames that come
 *                                in
 */
#include "cmocka_all.h"

#include "net/h2_guard.h"
#include "net/h2_head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------- fields */

/* "name", "value", … NULL: the status it is refused with, or 0. */
static int read_head(struct h2_head *p, struct head *h, const char *const *fields)
{
    *p = (struct h2_head){.status = 0};
    head_init(h);
    for (; *fields; fields += 2)
        h2_head_field(p, h, fields[0], strlen(fields[0]), fields[1], strlen(fields[1]));
    h2_head_end(p, h);
    assert_true(!p->status == !p->why);
    return p->status;
}

#define GET ":method", "GET", ":scheme", "https", ":path", "/a", ":authority", "h"

static void a_request_is_whole_or_refused(void **state)
{
    static const struct {
        int status;
        const char *fields[20];
    } cases[] = {
        {0, {GET}},
        {0, {GET, "te", "trailers", "x-a", "", "x-b", "a\tb \xff"}},
        {0, {":path", "/", ":authority", "h", ":scheme", "a1+-.", ":method", "PATCH"}},
        {0, {":method", "GET", ":scheme", "https", ":path", "/", "host", "h:80"}},
        {0, {GET, "host", "H"}},
        {0, {":method", "CONNECT", ":authority", "h:1"}},
        {0,
         {":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":path", "/",
          ":authority", "h"}},
        {0, {":method", "OPTIONS", ":scheme", "https", ":path", "*", ":authority", "h"}},
        {400, {NULL}},
        {400, {":scheme", "https", ":path", "/", ":authority", "h"}},
        {400, {":method", "GET", ":path", "/", ":authority", "h"}},
        {400, {":method", "GET", ":scheme", "https", ":authority", "h"}},
        {400, {":method", "GET", ":scheme", "https", ":path", "/"}},
        {400, {":method", "G T", ":scheme", "https", ":path", "/", ":authority", "h"}},
        {400, {":method", "", ":scheme", "https", ":path", "/", ":authority", "h"}},
        {400, {":method", "GET", ":scheme", "", ":path", "/", ":authority", "h"}},
        {400, {":method", "GET", ":scheme", "1a", ":path", "/", ":authority", "h"}},
        {400, {":method", "GET", ":scheme", "a b", ":path", "/", ":authority", "h"}},
        {400, {":method", "GET", ":scheme", "https", ":path", "", ":authority", "h"}},
        {400, {":method", "GET", ":scheme", "https", ":path", "a", ":authority", "h"}},
        {400, {":method", "GET", ":scheme", "https", ":path", "https://h/", ":authority", "h"}},
        {400, {":method", "GET", ":scheme", "https", ":path", "/", ":authority", "a@h"}},
        {400, {":method", "GET", ":scheme", "https", ":path", "/", ":authority", ""}},
        {400, {GET, ":method", "GET"}},
        {400, {GET, ":scheme", "https"}},
        {400, {GET, ":path", "/a"}},
        {400, {GET, ":authority", "h"}},
        {400, {GET, ":status", "200"}},
        {400, {GET, ":", "x"}},
        {400, {":method", "GET", "x-a", "b", ":scheme", "https", ":path", "/", ":authority", "h"}},
        {400, {GET, ":protocol", "websocket"}},
        {400, {":method", "CONNECT", ":authority", "h:1", ":path", "/"}},
        {400, {":method", "CONNECT", ":authority", "h:1", ":scheme", "https"}},
        {400, {":method", "CONNECT", ":authority", "h", ":protocol", "websocket"}},
        {400, {":method", "CONNECT"}},
        {400, {GET, "", "x"}},
        {400, {GET, "x a", "x"}},
        {400, {GET, "x:a", "x"}},
        {400, {GET, "x-A", "x"}},
        {400, {GET, "x-Z", "x"}},
        {400, {GET, "x", " a"}},
        {400, {GET, "x", "a\t"}},
        {400, {GET, "x", "a\nb"}},
        {400, {GET, "x", "a\x7f"}},
        {400, {GET, "connection", "x"}},
        {400, {GET, "keep-alive", "x"}},
        {400, {GET, "proxy-connection", "x"}},
        {400, {GET, "transfer-encoding", "chunked"}},
        {400, {GET, "upgrade", "websocket"}},
        {400, {GET, "te", "gzip"}},
        {400, {GET, "host", "other"}},
        {400, {GET, "host", "hh"}},
        {400, {":method", "GET", ":scheme", "https", ":path", "/", "host", "h", "host", "h"}},
        {400, {GET, "content-length", "-1"}},
        {400, {GET, "content-length", ""}},
        {400, {GET, "content-length", "5", "content-length", "5"}},
        {400, {GET, "content-length", "99999999999999999999"}},
    };
    struct h2_head p;
    struct head h;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = read_head(&p, &h, cases[i].fields);

        if (status != cases[i].status)
            fail_msg("case %zu: %d (%s)", i, status, p.why ? p.why : "");
        head_release(&h);
    }
}

static void a_nul_is_in_no_field(void **state)
{
    static const char *const names[] = {"x", ":path", ":method", ":scheme", ":authority"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct h2_head p = {.status = 0};
        struct head h;

        head_init(&h);
        h2_head_field(&p, &h, names[i], strlen(names[i]), "/\0x", 3);
        assert_int_equal(p.status, 400);
        head_release(&h);
    }
}

static void what_was_asked_is_kept(void **state)
{
    static const char *const fields[] = {GET,      "cookie", "a=1",    "x-one", "1",
                                         "cookie", "b=2",    "cookie", "c=3",   "content-length",
                                         "17",     "accept", "*/*",    NULL};
    struct h2_head p;
    struct head h;

    (void)state;
    assert_int_equal(read_head(&p, &h, fields), 0);
    assert_string_equal(h.text + h.method, "GET");
    assert_string_equal(h.text + h.target, "/a");
    assert_string_equal(head_get(&h, "host"), "h");
    assert_string_equal(head_get(&h, "cookie"), "a=1; b=2; c=3");
    assert_string_equal(head_get(&h, "x-one"), "1");
    assert_string_equal(head_get(&h, "accept"), "*/*");
    assert_true(p.has_length && p.length == 17);
    assert_false(p.socket);
    assert_int_equal(h.count, 5);
    head_release(&h);
}

static void what_is_too_large_is_named(void **state)
{
    static char text[HEAD_TARGET_MAX + HEAD_FIELDS_MAX];
    static const char *const get[] = {GET, NULL};
    struct h2_head p = {.status = 0};
    struct head h;

    (void)state;
    memset(text, 'a', sizeof(text));
    text[0] = '/';
    head_init(&h);
    h2_head_field(&p, &h, ":path", 5, text, HEAD_TARGET_MAX + 1);
    assert_int_equal(p.status, 414);
    head_release(&h);

    p = (struct h2_head){.status = 0};
    head_init(&h);
    h2_head_field(&p, &h, ":path", 5, text, HEAD_TARGET_MAX);
    assert_int_equal(p.status, 0);
    h2_head_field(&p, &h, "x", 1, text, HEAD_FIELDS_MAX);
    assert_int_equal(p.status, 431);
    head_release(&h);

    read_head(&p, &h, get);
    while (h.count < HEAD_COUNT_MAX)
        h2_head_field(&p, &h, "x", 1, "y", 1);
    assert_int_equal(p.status, 0);
    h2_head_field(&p, &h, "x", 1, "y", 1);
    assert_int_equal(p.status, 431);
    h2_head_field(&p, &h, "x", 1, "\n", 1); /* the first one stays */
    assert_int_equal(p.status, 431);
    head_release(&h);
}

static void trailers_are_fields_and_few(void **state)
{
    static char text[TRAILER_MAX];
    struct h2_head p = {.status = 0};

    (void)state;
    h2_head_trailer(&p, "x-sum", 5, "1", 1);
    assert_int_equal(p.status, 0);
    memset(text, 'a', sizeof(text));
    h2_head_trailer(&p, "x", 1, text, TRAILER_MAX - 7);
    assert_int_equal(p.status, 0);
    h2_head_trailer(&p, "y", 1, "", 0);
    assert_int_equal(p.status, 431);
    p = (struct h2_head){.status = 0};
    h2_head_trailer(&p, ":path", 5, "/", 1);
    assert_int_equal(p.status, 400);
}

/* -------------------------------------------------------------- frames */

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct wire {
    struct h2_guard g;
    char out[1 << 18]; /* what came through */
    size_t len;
    enum h2_event end; /* H2_MORE: none yet */
};

static struct wire w;

static void begin(void)
{
    h2_guard_init(&w.g, 1000);
    w.len = 0;
    w.end = H2_MORE;
}

/* Until all is taken, or it is a flood. What is told of a header stays in w.end. */
static void feed(const void *data, size_t len, size_t piece_len)
{
    const char *at = data;
    const char *end = at + len;

    while (at < end && w.end != H2_FLOOD) {
        const char *until = (size_t)(end - at) < piece_len ? end : at + piece_len;
        struct piece piece = {NULL, 0};
        enum h2_event event;

        while ((event = h2_guard_next(&w.g, 1000, &at, until, &piece)) == H2_BYTES) {
            assert_true(w.len + piece.len <= sizeof(w.out));
            memcpy(w.out + w.len, piece.at, piece.len);
            w.len += piece.len;
        }
        if (event != H2_MORE)
            w.end = event;
        else
            assert_ptr_equal(at, until);
    }
}

static size_t frame(char *to, size_t len, int type, int flags, uint32_t id)
{
    const unsigned char head[H2_FRAME_HEAD] = {
        (unsigned char)(len >> 16), (unsigned char)(len >> 8), (unsigned char)len,
        (unsigned char)type,        (unsigned char)flags,      (unsigned char)(id >> 24),
        (unsigned char)(id >> 16),  (unsigned char)(id >> 8),  (unsigned char)id};

    memcpy(to, head, sizeof(head));
    for (size_t i = 0; i < len; i++)
        to[H2_FRAME_HEAD + i] = (char)('a' + (int)(i % 26));
    return H2_FRAME_HEAD + len;
}

enum { T_DATA = 0, T_HEADERS = 1, T_RST = 3, T_SETTINGS = 4, T_PING = 6, T_UPDATE = 8, T_MORE = 9 };
enum { F_END = 1, F_WHOLE = 4 };

static void all_comes_through_however_it_is_cut(void **state)
{
    char in[512];
    size_t len = sizeof(preface) - 1;

    (void)state;
    memcpy(in, preface, len);
    len += frame(in + len, 0, T_SETTINGS, 0, 0);
    len += frame(in + len, 20, T_HEADERS, F_WHOLE, 1);
    len += frame(in + len, 30, T_DATA, F_END, 1);
    len += frame(in + len, 20, T_HEADERS, 0, 3);
    len += frame(in + len, 0, T_MORE, 0, 3);
    len += frame(in + len, 7, T_MORE, F_WHOLE, 3);
    len += frame(in + len, 9, T_HEADERS, 0, 5);
    len += frame(in + len, 0, T_MORE, F_WHOLE, 5);
    len += frame(in + len, 0, T_HEADERS, F_WHOLE | F_END, 0x7fffffff);
    for (size_t piece = 1; piece <= len; piece++) {
        begin();
        feed(in, len, piece);
        assert_int_equal(w.end, H2_MORE);
        assert_int_equal(w.len, len);
        assert_memory_equal(w.out, in, len);
        h2_guard_release(&w.g);
    }
}

static void a_header_is_held_until_it_is_whole(void **state)
{
    char in[256];
    size_t len, all;

    (void)state;
    begin();
    feed(preface, sizeof(preface) - 1, 64);
    len = frame(in, 5, T_HEADERS, F_END, 1);
    len += frame(in + len, 5, T_MORE, 0, 1);
    feed(in, len, len);
    assert_int_equal(w.len, sizeof(preface) - 1);
    all = len + frame(in + len, 5, T_MORE, F_WHOLE, 1);
    feed(in + len, all - len, all);
    assert_int_equal(w.len, sizeof(preface) - 1 + all);
    assert_memory_equal(w.out + sizeof(preface) - 1, in, all);
    /* One that something else comes into goes out as it is, and so does that. */
    w.len = 0;
    len = frame(in, 5, T_HEADERS, F_END, 3);
    len += frame(in + len, 5, T_MORE, 0, 5);
    len += frame(in + len, 5, T_DATA, 0, 1);
    feed(in, len, 3);
    assert_int_equal(w.len, len);
    assert_memory_equal(w.out, in, len);
    h2_guard_release(&w.g);
}

/* The header of stream 3 in frames of `size`, the last one whole or not. */
static void feed_header(size_t size, int frames, int first_flags)
{
    static char in[H2_FRAME_HEAD + H2_BLOCK_MAX + 1];

    for (int i = 0; i < frames && w.end == H2_MORE; i++) {
        int flags = (i ? 0 : first_flags) | (i + 1 == frames ? F_WHOLE : 0);

        feed(in, frame(in, size, i ? T_MORE : T_HEADERS, flags, 3), 1000);
    }
}

static void a_header_has_a_largest_size(void **state)
{
    enum { QUARTER = H2_BLOCK_MAX / 4 };
    static const struct {
        size_t size;
        int frames;
        enum h2_event end;
    } cases[] = {{QUARTER - 27, 4, H2_MORE},
                 {QUARTER + 1, 4, H2_HUGE},
                 {QUARTER - 27, 6, H2_HUGE},
                 {1, H2_CONTINUATION_MAX + 1, H2_MORE},
                 {1, H2_CONTINUATION_MAX + 2, H2_HUGE}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        feed(preface, sizeof(preface) - 1, 64);
        feed_header(cases[i].size, cases[i].frames, F_END);
        assert_int_equal(w.end, cases[i].end);
        if (w.end == H2_HUGE) {
            assert_int_equal(w.g.id, 3);
            assert_int_equal(w.g.flags, F_END);
            assert_int_equal(w.len, sizeof(preface) - 1);
        }
        h2_guard_release(&w.g);
    }
}

static void after_one_that_was_too_large_no_header_is_read(void **state)
{
    char in[256];
    size_t len, data;

    (void)state;
    begin();
    feed(preface, sizeof(preface) - 1, 64);
    feed_header(H2_BLOCK_MAX / 2 + 1, 2, 0);
    assert_int_equal(w.end, H2_HUGE);
    w.end = H2_MORE;
    w.len = 0;
    len = frame(in, 5, T_HEADERS, F_WHOLE, 5);
    len += frame(in + len, 5, T_DATA, F_END, 5);
    len += frame(in + len, 5, T_MORE, F_WHOLE, 3);
    len += frame(in + len, 5, T_HEADERS, F_WHOLE | F_END, 1); /* trailers */
    data = len;
    len += frame(in + len, 5, T_DATA, F_END, 1);
    len += frame(in + len, 4, T_UPDATE, 0, 0);
    len += frame(in + len, 4, T_RST, 0, 3);
    feed(in, len, 7);
    assert_int_equal(w.end, H2_MORE);
    assert_int_equal(w.len, len - data);
    assert_memory_equal(w.out, in + data, len - data);
    h2_guard_release(&w.g);
}

/* How many of a frame are taken before it is a flood; at most `most`. */
static int taken(size_t size, int type, int flags, int most)
{
    char in[64];
    size_t len = frame(in, size, type, flags, 1);
    int n = 0;

    for (; n < most; n++) {
        feed(in, len, len);
        if (w.end != H2_MORE)
            break;
    }
    if (n < most)
        assert_int_equal(w.end, H2_FLOOD);
    return n;
}

static void frames_that_ask_for_nothing_are_counted(void **state)
{
    enum { MANY = 5000 };
    static const struct {
        int type;
        size_t size;
        int flags;
        int taken;
    } cases[] = {{T_PING, 8, 0, H2_NOISE_MAX},
                 {T_PING, 8, 1, H2_NOISE_MAX},
                 {T_SETTINGS, 0, 0, H2_NOISE_MAX},
                 {2, 5, 0, H2_NOISE_MAX},
                 {T_UPDATE, 4, 0, H2_NOISE_MAX},
                 {T_DATA, 0, 0, H2_NOISE_MAX},
                 {0x42, 3, 0, H2_NOISE_MAX},
                 {T_RST, 4, 0, H2_RESETS_MAX},
                 {T_DATA, 1, 0, MANY},
                 {T_DATA, 0, F_END, MANY},
                 {T_HEADERS, 1, F_WHOLE, MANY}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        w.g.preface = 0;
        if (taken(cases[i].size, cases[i].type, cases[i].flags, MANY) != cases[i].taken)
            fail_msg("frames of type %d", cases[i].type);
        h2_guard_release(&w.g);
    }
}

static void answers_give_reason_to_widen_a_window(void **state)
{
    enum { FRAMES = 500 };

    (void)state;
    begin();
    w.g.preface = 0;
    for (int i = 0; i < FRAMES; i++)
        h2_guard_sent(&w.g);
    assert_int_equal(taken(4, T_UPDATE, 0, 100000), FRAMES * H2_UPDATES_A_FRAME + H2_NOISE_MAX);
    h2_guard_release(&w.g);
    begin();
    for (int i = 0; i < 2 * H2_UPDATES_MAX; i++)
        h2_guard_sent(&w.g);
    assert_in_range(w.g.updates, H2_UPDATES_MAX, H2_UPDATES_MAX + H2_UPDATES_A_FRAME);
    h2_guard_release(&w.g);
}

static void what_was_counted_runs_off(void **state)
{
    enum { LATER_MS = 3000 };
    int n = 0;

    (void)state;
    begin();
    while (h2_guard_noise(&w.g, 1000))
        n++;
    assert_int_equal(n, H2_NOISE_MAX);
    assert_false(h2_guard_noise(&w.g, 1000 + 10));
    for (n = 0; h2_guard_noise(&w.g, 1000 + LATER_MS); n++)
        ;
    assert_in_range(n, LATER_MS / 1000 * H2_NOISE_A_SECOND - 3,
                    LATER_MS / 1000 * H2_NOISE_A_SECOND);
    assert_true(h2_guard_noise(&w.g, 1000 + 100 * 1000)); /* and never below nothing */
    assert_int_equal(w.g.noise.level, 1);
    h2_guard_release(&w.g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_whole_or_refused),
        cmocka_unit_test(a_nul_is_in_no_field),
        cmocka_unit_test(what_was_asked_is_kept),
        cmocka_unit_test(what_is_too_large_is_named),
        cmocka_unit_test(trailers_are_fields_and_few),
        cmocka_unit_test(all_comes_through_however_it_is_cut),
        cmocka_unit_test(a_header_is_held_until_it_is_whole),
        cmocka_unit_test(a_header_has_a_largest_size),
        cmocka_unit_test(after_one_that_was_too_large_no_header_is_read),
        cmocka_unit_test(frames_that_ask_for_nothing_are_counted),
        cmocka_unit_test(answers_give_reason_to_widen_a_window),
        cmocka_unit_test(what_was_counted_runs_off),
    };

    return cmocka_run_group_tests_name("net/h2_pure", tests, NULL, NULL);
}

/**
 * @file test/unit/loop/frame.c  Messages between two processes of ours
 */
#include "cmocka_all.h"

#include "loop/frame.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { SOON_MS = 2000 };

struct ends {
    int a, b;
    struct frame_inbox inbox;
};

static int set_up(void **state)
{
    static struct ends e;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return -1;
    e.a = pair[0];
    e.b = pair[1];
    frame_inbox_init(&e.inbox);
    *state = &e;
    return 0;
}

static int tear_down(void **state)
{
    struct ends *e = *state;

    if (e->a >= 0)
        close(e->a);
    close(e->b);
    frame_inbox_release(&e->inbox);
    return 0;
}

static void close_first(struct ends *e)
{
    close(e->a);
    e->a = -1;
}

static void what_is_sent_arrives_one_by_one(void **state)
{
    struct ends *e = *state;
    struct frame f;

    assert_int_equal(frame_send(e->a, 7, "hello", 5, SOON_MS), 0);
    assert_int_equal(frame_send(e->a, 8, NULL, 0, SOON_MS), 0);
    assert_int_equal(frame_receive(e->b, &e->inbox, &f, SOON_MS), 0);
    assert_int_equal(f.kind, 7);
    assert_int_equal(f.len, 5);
    assert_memory_equal(f.data, "hello", 5);
    assert_int_equal(frame_receive(e->b, &e->inbox, &f, SOON_MS), 0);
    assert_int_equal(f.kind, 8);
    assert_int_equal(f.len, 0);
}

static void it_arrives_whole_however_it_is_cut(void **state)
{
    struct ends *e = *state;
    uint8_t bytes[FRAME_HEAD + 300] = {44, 1, 0, 0, 9, 0};
    struct frame f;

    for (size_t i = FRAME_HEAD; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    for (size_t n = 0; n < sizeof(bytes); n++)
        assert_int_equal(frame_parse(bytes, n, &f), 0);
    assert_int_equal(frame_parse(bytes, sizeof(bytes), &f), sizeof(bytes));
    assert_int_equal(f.len, 300);
    for (size_t cut = 1; cut < sizeof(bytes); cut += 13) {
        assert_int_equal(write(e->a, bytes, cut), cut);
        assert_int_equal(frame_receive(e->b, &e->inbox, &f, 0), UV_ETIMEDOUT);
        tear_down(state); /* a frame that was given up is the end of its socket */
        set_up(state);
    }
    assert_int_equal(write(e->a, bytes, sizeof(bytes)), sizeof(bytes));
    assert_int_equal(frame_receive(e->b, &e->inbox, &f, SOON_MS), 0);
    assert_memory_equal(f.data, bytes + FRAME_HEAD, 300);
}

static void what_is_no_frame_is_refused(void **state)
{
    static const uint8_t other[FRAME_HEAD] = "HTTP/1.1", many[FRAME_HEAD] = {0, 0, 0, 1, 9};
    static const uint8_t longest[FRAME_HEAD] = {0, 0, 16, 0, 9},
                         over[FRAME_HEAD] = {1, 0, 16, 0, 9};
    struct ends *e = *state;
    struct frame f;

    assert_int_equal(frame_parse(other, sizeof(other), &f), UV_EPROTO);
    assert_int_equal(frame_parse(many, sizeof(many), &f), UV_ENOBUFS);
    assert_int_equal(frame_parse(longest, sizeof(longest), &f), 0);
    assert_int_equal(frame_parse(over, sizeof(over), &f), UV_ENOBUFS);
    assert_int_equal(frame_send(e->a, 1, "", FRAME_MAX + 1, 0), UV_ENOBUFS);
    assert_int_equal(write(e->a, many, sizeof(many)), sizeof(many));
    assert_int_equal(frame_receive(e->b, &e->inbox, &f, SOON_MS), UV_ENOBUFS);
}

struct sending {
    int fd;
    uint8_t *data;
    int rc;
};

static void send_longest(void *arg)
{
    struct sending *s = arg;

    s->rc = frame_send(s->fd, 3, s->data, FRAME_MAX, 20 * SOON_MS);
}

static void the_longest_frame_goes_through_a_full_socket(void **state)
{
    struct ends *e = *state;
    struct sending s = {.fd = e->a, .data = malloc(FRAME_MAX)};
    uv_thread_t thread;
    struct frame f;

    for (size_t i = 0; i < FRAME_MAX; i++)
        s.data[i] = (uint8_t)(i * 31 >> 3);
    assert_int_equal(uv_thread_create(&thread, send_longest, &s), 0);
    assert_int_equal(frame_receive(e->b, &e->inbox, &f, 20 * SOON_MS), 0);
    uv_thread_join(&thread);
    assert_int_equal(s.rc, 0);
    assert_int_equal(f.len, FRAME_MAX);
    assert_memory_equal(f.data, s.data, FRAME_MAX);
    free(s.data);
}

static void an_end_that_is_gone_is_told(void **state)
{
    struct ends *e = *state;
    struct frame f;

    assert_int_equal(write(e->a, "\5\0\0", 3), 3); /* in the middle of a head */
    close_first(e);
    assert_int_equal(frame_receive(e->b, &e->inbox, &f, SOON_MS), UV_EOF);
    assert_int_equal(frame_send(e->b, 1, "x", 1, SOON_MS), UV_EOF);
}

static void one_that_does_not_take_is_left(void **state)
{
    struct ends *e = *state;
    uint8_t *data = calloc(1, FRAME_MAX);
    int rc = 0;

    for (int i = 0; !rc && i < 64; i++)
        rc = frame_send(e->a, 1, data, FRAME_MAX, 20);
    assert_int_equal(rc, UV_ETIMEDOUT);
    free(data);
}

static void a_descriptor_comes_with_its_frame(void **state)
{
    struct ends *e = *state;
    struct frame f;
    char got[3] = "";
    int pipe_ends[2];
    int came;

    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    assert_int_equal(frame_send_with(e->a, 4, "with", 4, pipe_ends[1], SOON_MS), 0);
    assert_int_equal(frame_send(e->a, 5, NULL, 0, SOON_MS), 0);
    close(pipe_ends[1]);
    assert_int_equal(frame_receive(e->b, &e->inbox, &f, SOON_MS), 0);
    assert_memory_equal(f.data, "with", 4);
    came = e->inbox.passed;
    assert_true(came >= 0);
    assert_int_equal(write(came, "ok", 2), 2);
    assert_int_equal(read(pipe_ends[0], got, 2), 2);
    assert_string_equal(got, "ok");
    assert_int_equal(frame_receive(e->b, &e->inbox, &f, SOON_MS), 0);
    assert_int_equal(e->inbox.passed, -1);
    assert_int_equal(fcntl(came, F_GETFD), -1); /* nobody took it: closed */
    close(pipe_ends[0]);
}

static void payloads_read_back_and_never_past_their_end(void **state)
{
    struct taking t;
    struct buf b;
    struct frame f;
    const uint8_t *blob;
    size_t n;

    (void)state;
    buf_init(&b, 1024);
    pack_u32(&b, 4000000000u);
    pack_text(&b, "words");
    pack_blob(&b, "\0\1\2", 3);
    f = (struct frame){1, (const uint8_t *)b.data, b.len};
    taking_init(&t, &f);
    assert_int_equal(take_u32(&t), 4000000000u);
    assert_string_equal(take_text(&t), "words");
    blob = take_blob(&t, &n);
    assert_int_equal(n, 3);
    assert_memory_equal(blob, "\0\1\2", 3);
    assert_false(t.bad);
    assert_int_equal(t.left, 0);
    assert_int_equal(take_u32(&t), 0);
    assert_true(t.bad);
    for (size_t cut = 0; cut < b.len; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1); /* so that a sanitizer sees one byte too many */

        memcpy(exact, b.data, cut);
        f = (struct frame){1, exact, cut};
        taking_init(&t, &f);
        take_u32(&t);
        take_text(&t);
        take_blob(&t, &n);
        assert_true(t.bad);
        free(exact);
    }
    buf_clear(&b);
    pack_blob(&b, "a\0b", 4); /* a NUL inside a text */
    f = (struct frame){1, (const uint8_t *)b.data, b.len};
    taking_init(&t, &f);
    assert_string_equal(take_text(&t), "");
    assert_true(t.bad);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_sent_arrives_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_arrives_whole_however_it_is_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_frame_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_longest_frame_goes_through_a_full_socket, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_end_that_is_gone_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_does_not_take_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_descriptor_comes_with_its_frame, set_up, tear_down),
        cmocka_unit_test(payloads_read_back_and_never_past_their_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

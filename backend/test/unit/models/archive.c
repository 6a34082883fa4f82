/**
 * @file test/unit/models/archive.c  Zip archives: read, or refused with a sentence
 */
#include "cmocka_all.h"

#include "base/buffer.h"
#include "models/archive.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* An archive of one member, as one would be written by hand. */
struct hand {
    const char *name;
    const void *data;
    size_t len;
    bool deflate;
    uint32_t claim; /* of unpacked bytes; 0: the truth */
    uint32_t crc;   /* 0: the truth */
    unsigned flags;
    unsigned count; /* of members; 0: one */
};

static void put(struct buf *b, uint32_t n, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_putc(b, (char)(n >> (8 * i)));
}

static void put_both(struct buf *b, const struct hand *h, uint32_t packed)
{
    put(b, h->flags, 2);
    put(b, h->deflate ? 8 : 0, 2);
    put(b, 0, 4);
    put(b, h->crc ? h->crc : (uint32_t)crc32(0, h->data, (uInt)h->len), 4);
    put(b, packed, 4);
    put(b, h->claim ? h->claim : (uint32_t)h->len, 4);
    put(b, (uint32_t)strlen(h->name), 2);
}

static struct buf make(const struct hand *h)
{
    uint8_t packed[4096];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)h->data,
                  .avail_in = (uInt)h->len,
                  .next_out = packed,
                  .avail_out = sizeof(packed)};
    struct buf b;
    size_t directory;
    uint32_t n = (uint32_t)h->len;

    buf_init(&b, 1 << 20);
    deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    if (h->deflate)
        n = (uint32_t)z.total_out;
    deflateEnd(&z);
    put(&b, 0x04034b50, 4);
    put(&b, 20, 2);
    put_both(&b, h, n);
    put(&b, 0, 2);
    buf_puts(&b, h->name);
    buf_append(&b, h->deflate ? (const void *)packed : h->data, n);
    directory = b.len;
    put(&b, 0x02014b50, 4);
    put(&b, 20, 2);
    put(&b, 20, 2);
    put_both(&b, h, n);
    for (int i = 0; i < 4; i++) /* more, a comment, the disk, two kinds of attributes; its place */
        put(&b, 0, 4);
    buf_puts(&b, h->name);
    put(&b, 0x06054b50, 4);
    put(&b, 0, 4);
    put(&b, h->count ? h->count : 1, 2);
    put(&b, h->count ? h->count : 1, 2);
    put(&b, (uint32_t)(b.len - 12 - directory), 4);
    put(&b, (uint32_t)directory, 4);
    put(&b, 0, 2);
    return b;
}

static int take(const void *data, size_t n, void *arg)
{
    return buf_append(arg, data, n);
}

/* Opens it and reads its first member into *out. */
static int read_all(const void *data, size_t len, uint64_t most, struct buf *out,
                    struct errbuf *err)
{
    struct archive *a = NULL;
    int code;

    err->text[0] = '\0';
    buf_clear(out);
    code = archive_open(&a, data, len, err);
    if (!code && archive_count(a))
        code = archive_read(a, archive_at(a, 0), most, take, out, err);
    archive_close(a);
    return code;
}

static int read_hand(const struct hand *h, uint64_t most, struct buf *out, struct errbuf *err)
{
    struct buf b = make(h);
    int code = read_all(b.data, b.len, most, out, err);

    buf_release(&b);
    return code;
}

static const char text[] = "to be, or not to be, to be, or not to be, that is the question";

static void members_come_out_as_they_went_in(void **state)
{
    struct hand h = {.name = "a/b.txt", .data = text, .len = sizeof(text)};
    struct errbuf err;
    struct archive *a = NULL;
    struct buf out, b;

    (void)state;
    buf_init(&out, 1 << 16);
    for (int i = 0; i < 2; i++) {
        h.deflate = i;
        assert_int_equal(read_hand(&h, sizeof(text), &out, &err), 0);
        assert_int_equal(out.len, sizeof(text));
        assert_memory_equal(out.data, text, sizeof(text));
    }
    b = make(&h);
    assert_int_equal(archive_open(&a, b.data, b.len, &err), 0);
    assert_non_null(archive_find(a, "b.txt"));
    assert_non_null(archive_find(a, "a/b.txt"));
    assert_null(archive_find(a, ".txt")); /* the end of a name, not of a word */
    assert_null(archive_find(a, "x/a/b.txt"));
    archive_close(a);
    buf_release(&b);
    buf_release(&out);
}

static void what_harms_is_refused(void **state)
{
    static const char *const names[] = {"../x", "a/../../x", "/etc/x", "a\\b", "C:x", "..", ""};
    struct hand h = {.name = "x", .data = text, .len = sizeof(text), .deflate = true};
    struct hand bad;
    struct errbuf err;
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bad = h;
        bad.name = names[i];
        assert_int_equal(read_hand(&bad, 1000, &out, &err), UV_EINVAL);
        assert_non_null(strstr(err.text, "leads out"));
    }
    bad = h;
    bad.claim = 10; /* it is longer */
    assert_int_equal(read_hand(&bad, 1000, &out, &err), UV_EINVAL);
    assert_true(out.len <= 10);
    bad.claim = 100; /* it is shorter */
    assert_int_equal(read_hand(&bad, 1000, &out, &err), UV_EINVAL);
    bad.claim = 1001;
    assert_int_equal(read_hand(&bad, 1000, &out, &err), UV_ENOBUFS);
    bad = h;
    bad.crc = 1;
    assert_int_equal(read_hand(&bad, 1000, &out, &err), UV_EINVAL);
    bad = h;
    bad.flags = 1;
    assert_int_equal(read_hand(&bad, 1000, &out, &err), UV_ENOTSUP);
    bad = h;
    bad.count = 3; /* its directory has one */
    assert_int_equal(read_hand(&bad, 1000, &out, &err), UV_EINVAL);
    buf_release(&out);
}

static void every_cut_is_noticed(void **state)
{
    struct hand h = {.name = "x", .data = text, .len = sizeof(text), .deflate = true};
    struct buf b = make(&h);
    struct errbuf err;
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 16);
    for (size_t len = 0; len < b.len; len++) {
        char *cut = malloc(len + 1);

        memcpy(cut, b.data, len);
        assert_int_equal(read_all(cut, len, 1000, &out, &err), UV_EINVAL);
        assert_true(err.text[0]);
        free(cut);
    }
    buf_release(&out);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_out_as_they_went_in),
        cmocka_unit_test(what_harms_is_refused),
        cmocka_unit_test(every_cut_is_noticed),
    };

    return cmocka_run_group_tests_name("models/archive", tests, NULL, NULL);
}

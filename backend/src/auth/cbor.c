/**
 * @file auth/cbor.c  Validates the CBOR that an authenticator may write
 */
#include "auth/cbor.h"

#include <uv.h>

enum { DEPTH_MAX = 4, TAG = 6, FLOATS_AND_SIMPLE = 7, TRUE_OR_FALSE = 20 };

/* The argument of a head (RFC 8949 section 3), in its shortest form. */
static int read_number(const unsigned char *data, size_t len, size_t *at, uint64_t *number)
{
    static const uint64_t least[] = {24, 1 << 8, 1 << 16, (uint64_t)1 << 32};
    unsigned info = data[(*at)++] & 31;
    size_t bytes;

    *number = info;
    if (info < 24)
        return 0;
    if (info > 27) /* 31: indefinite length; 28 to 30 are reserved */
        return UV_EINVAL;
    bytes = (size_t)1 << (info - 24);
    if (len - *at < bytes)
        return UV_EINVAL;
    *number = 0;
    while (bytes--)
        *number = *number << 8 | data[(*at)++];
    return *number < least[info - 24] ? UV_EINVAL : 0;
}

static int step(const unsigned char *data, size_t len, size_t *at, struct cbor_value *value,
                int depth)
{
    size_t here = *at;
    unsigned major;
    int err;

    if (here >= len)
        return UV_EINVAL;
    major = data[here] >> 5;
    if (major == TAG || (err = read_number(data, len, &here, &value->number)))
        return UV_EINVAL;
    value->kind = major == FLOATS_AND_SIMPLE ? CBOR_SIMPLE : (enum cbor_kind)major;
    value->data = data + here;

    if (value->kind == CBOR_SIMPLE && value->number / 2 != TRUE_OR_FALSE / 2)
        return UV_EINVAL;
    if (value->kind == CBOR_BYTES || value->kind == CBOR_TEXT) {
        if (value->number > len - here)
            return UV_EINVAL;
        here += (size_t)value->number;
    }
    if (value->kind == CBOR_ARRAY || value->kind == CBOR_MAP) {
        struct cbor_value inside;

        if (depth == DEPTH_MAX || value->number > len - here) /* each item takes at least one
                                                                 byte */
            return UV_EINVAL;
        for (uint64_t i = 0; i < value->number << (value->kind == CBOR_MAP); i++)
            if (step(data, len, &here, &inside, depth + 1))
                return UV_EINVAL;
    }
    *at = here;
    return 0;
}

int cbor_next(const unsigned char *data, size_t len, size_t *at, struct cbor_value *value)
{
    struct cbor_value unused;

    return step(data, len, at, value ? value : &unused, 0);
}

/**
 * @file fuzz/forwarded.c  What proxies say: lines of `name: value`
 *
 * Whatever is written: a client that is named can be written and read again, and a host that is
 * taken is one.
 */
#include "net/forwarded.h"

#include "net/target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char names[][20] = {"forwarded",
                                     "x-forwarded-for",
                                     "x-forwarded-proto",
                                     "x-forwarded-host",
                                     "x-forwarded-port",
                                     "x-real-ip",
                                     "via",
                                     "host"};
    struct network proxy;
    struct forwarded f;
    struct head h;

    if (size > 4096 || network_parse("10.0.0.0/8", &proxy))
        return 0;
    head_init(&h);
    while (size > 1) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t len = end ? (size_t)(end - data) : size;
        const char *name = names[data[0] % 8];

        if (len > 1) {
            int at = head_text(&h, name, strlen(name));
            int value = head_text(&h, (const char *)data + 1, len - 1);

            if (at < 0 || value < 0 || head_add(&h, (uint16_t)at, (uint16_t)value))
                break;
        }
        data += end ? len + 1 : len;
        size -= end ? len + 1 : len;
    }
    forwarded_read(&f, &h, &proxy, 1);
    head_release(&h);
    if (f.has_client) {
        char text[IP_ADDRESS_TEXT_MAX];
        struct ip_address again;

        ip_address_text(&f.client, text);
        if (ip_address_parse(text, strlen(text), &again) ||
            memcmp(&again, &f.client, sizeof(again)) != 0)
            abort();
    }
    if (*f.host && !authority_valid(f.host))
        abort();
    if (f.https && !f.has_scheme)
        abort();
    return 0;
}

/**
 * @file fuzz/config.c  Config files and addresses as people write them
 *
 * Held: what is taken has a key, and a value that fits; an address that was taken is one that can
 * be called.
 */
#include "config/settings.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_line(const char *key, const char *value, int line, void *arg, struct errbuf *err)
{
    (void)arg;
    (void)err;
    if (!key[0] || strlen(value) >= CONFIG_VALUE_MAX || line < 1)
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct errbuf err = {""};
    char *text = malloc(size + 1);
    char *url = NULL;
    char *host = NULL;
    int port = -1;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (config_parse_file(text, size, on_line, NULL, &err) && !err.text[0])
        abort();
    if (!config_parse_listen(text, &host, &port) && (port < 0 || port > 65535 || !host[0]))
        abort();
    if (!config_ollama_url(text, &url) && strncmp(url, "http", 4) != 0)
        abort();
    config_url_valid(text);
    config_is_loopback(text);
    free(host);
    free(url);
    free(text);
    return 0;
}

/**
 * @file fuzz/whisper_tokens.c  Any text becomes tokens; with all bytes in the vocabulary, and back
 */
#include "asr/whisper/vocab.h"
#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

static struct whisper_vocab *vocab(void)
{
    static const char *const more[] = {" the", "ing", "'s", "  ", "123", " he", "\xe2\x99\xaa"};
    static uint8_t bytes[256];
    struct whisper_bytes tokens[256 + 7];
    struct whisper_file f = {.shape = {.n_vocab = 51865}, .n_tokens = 263, .tokens = tokens};
    struct whisper_vocab *v = NULL;

    for (int i = 0; i < 256; i++) {
        bytes[i] = (uint8_t)i;
        tokens[i] = (struct whisper_bytes){&bytes[i], 1};
    }
    for (int i = 0; i < 7; i++)
        tokens[256 + i] = (struct whisper_bytes){(const uint8_t *)more[i], strlen(more[i])};
    if (whisper_vocab_open(&v, &f, NULL))
        abort();
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct whisper_vocab *v;
    struct buf back;
    int *ids;
    size_t n;

    if (!v)
        v = vocab();
    if (size > 10000)
        return 0;
    ids = malloc((size + 1) * sizeof(int));
    n = whisper_tokenize(v, (const char *)data, size, ids, size);
    if (n > size)
        abort();
    buf_init(&back, 20000);
    whisper_vocab_append(v, ids, n, &back);
    if (back.len != size || (size && memcmp(back.data, data, size) != 0))
        abort();
    buf_release(&back);
    free(ids);
    return 0;
}

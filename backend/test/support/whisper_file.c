/**
 * @file test/support/whisper_file.c  Writing a tiny model; see whisper_file.h
 */
#include "support/whisper_file.h"

#include "nn/nn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {" hello", " there", " quick", "ly",    " tell", " me", " about",
                                    " a",     " time",  "hel",    "hello", "lo",    "'s",  " 42"};

enum { N_WORDS = sizeof(words) / sizeof(words[0]), CAP = 16 << 20 };

struct writer {
    uint8_t *data;
    size_t len;
    uint32_t seed;
};

static void put(struct writer *w, const void *data, size_t n)
{
    if (w->len + n > CAP)
        abort();
    memcpy(w->data + w->len, data, n);
    w->len += n;
}

static void put_int(struct writer *w, int32_t v)
{
    put(w, &v, 4);
}

static float random_float(struct writer *w)
{
    w->seed = w->seed * 1664525u + 1013904223u;
    return (float)(w->seed >> 8) / 8388608.0f - 1.0f;
}

static void tensor(struct writer *w, const char *name, int half, float gain, float mean, int n_dims,
                   const int *ne)
{
    size_t n = 1;

    put_int(w, n_dims);
    put_int(w, (int32_t)strlen(name));
    put_int(w, half);
    for (int i = 0; i < n_dims; i++) {
        put_int(w, ne[i]);
        n *= (size_t)ne[i];
    }
    put(w, name, strlen(name));
    for (size_t i = 0; i < n; i++) {
        float x = random_float(w) * gain + mean;
        uint16_t h;

        if (half) {
            nn_f32_to_f16(&x, &h, 1);
            put(w, &h, 2);
        } else {
            put(w, &x, 4);
        }
    }
}

static void vector(struct writer *w, const char *prefix, const char *name, float mean, int n)
{
    char full[128];

    snprintf(full, sizeof(full), "%s%s", prefix, name);
    tensor(w, full, 0, 0.1f, mean, 1, &n);
}

static void linear(struct writer *w, const char *prefix, const char *name, int in, int out,
                   int bias)
{
    char full[128];

    snprintf(full, sizeof(full), "%s%s.weight", prefix, name);
    tensor(w, full, 1, 2.0f / sqrtf((float)in), 0.0f, 2, (int[]){in, out});
    snprintf(full, sizeof(full), "%s.bias", name);
    if (bias)
        vector(w, prefix, full, 0.0f, out);
}

static void norm(struct writer *w, const char *prefix, const char *name)
{
    char full[128];

    snprintf(full, sizeof(full), "%s.weight", name);
    vector(w, prefix, full, 1.0f, TINY_STATE);
    snprintf(full, sizeof(full), "%s.bias", name);
    vector(w, prefix, full, 0.0f, TINY_STATE);
}

static void attention(struct writer *w, const char *prefix, const char *name)
{
    static const char *const parts[] = {"query", "key", "value", "out"};
    char full[128];

    for (int i = 0; i < 4; i++) {
        snprintf(full, sizeof(full), "%s.%s", name, parts[i]);
        linear(w, prefix, full, TINY_STATE, TINY_STATE, i != 1);
    }
    snprintf(full, sizeof(full), "%s_ln", name);
    norm(w, prefix, full);
}

static void block(struct writer *w, const char *prefix, int cross)
{
    attention(w, prefix, "attn");
    if (cross)
        attention(w, prefix, "cross_attn");
    linear(w, prefix, "mlp.0", TINY_STATE, 4 * TINY_STATE, 1);
    linear(w, prefix, "mlp.2", 4 * TINY_STATE, TINY_STATE, 1);
    norm(w, prefix, "mlp_ln");
}

static void header(struct writer *w, int n_vocab)
{
    int fields[] = {n_vocab,    1500,       TINY_STATE, TINY_HEADS, 1, 448,
                    TINY_STATE, TINY_HEADS, 1,          80,         1};

    put(w, "lmgg", 4);
    for (int i = 0; i < 11; i++)
        put_int(w, fields[i]);
    put_int(w, 80);
    put_int(w, 201);
    for (int band = 0; band < 80; band++) {
        for (int bin = 0; bin < 201; bin++) {
            float x = bin >= 2 * band && bin < 2 * band + 6 ? 0.02f : 0.0f;

            put(w, &x, 4);
        }
    }
    put_int(w, 256 + N_WORDS);
    for (int i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;

        put_int(w, 1);
        put(w, &byte, 1);
    }
    for (int i = 0; i < N_WORDS; i++) {
        put_int(w, (int32_t)strlen(words[i]));
        put(w, words[i], strlen(words[i]));
    }
}

void tiny_file_make(struct tiny_file *f, uint32_t seed, int multilingual)
{
    struct writer w = {.data = malloc(CAP), .seed = seed};
    int n_vocab = TINY_VOCAB + (multilingual != 0);

    if (!w.data)
        abort();
    header(&w, n_vocab);
    f->tensors_at = w.len;
    tensor(&w, "encoder.positional_embedding", 0, 1.0f, 0.0f, 2, (int[]){TINY_STATE, 1500});
    tensor(&w, "encoder.conv1.weight", 1, 0.2f, 0.0f, 3, (int[]){3, 80, TINY_STATE});
    tensor(&w, "encoder.conv1.bias", 0, 0.1f, 0.0f, 2, (int[]){1, TINY_STATE});
    tensor(&w, "encoder.conv2.weight", 1, 0.3f, 0.0f, 3, (int[]){3, TINY_STATE, TINY_STATE});
    tensor(&w, "encoder.conv2.bias", 0, 0.1f, 0.0f, 2, (int[]){1, TINY_STATE});
    block(&w, "encoder.blocks.0.", 0);
    norm(&w, "encoder.", "ln_post");
    tensor(&w, "decoder.positional_embedding", 0, 1.0f, 0.0f, 2, (int[]){TINY_STATE, 448});
    linear(&w, "decoder.", "token_embedding", TINY_STATE, n_vocab, 0);
    block(&w, "decoder.blocks.0.", 1);
    norm(&w, "decoder.", "ln");
    f->data = w.data;
    f->len = w.len;
}

void tiny_file_write(const char *path, uint32_t seed, int multilingual)
{
    struct tiny_file t;
    FILE *f = fopen(path, "wb");

    tiny_file_make(&t, seed, multilingual);
    if (!f || fwrite(t.data, 1, t.len, f) != t.len || fclose(f))
        abort();
    free(t.data);
}

void tiny_speech(int16_t *pcm, size_t n)
{
    double phase = 0.0;
    uint32_t noise = 7;

    for (size_t i = 0; i < n; i++) {
        double t = (double)i / 16000.0;
        double loud = fmod(t, 1.0) < 0.8 ? 6000.0 * fabs(sin(8.0 * t)) : 0.0;

        noise = noise * 1664525u + 1013904223u;
        phase += (140.0 + 50.0 * sin(2.0 * t)) / 16000.0;
        pcm[i] = (int16_t)(loud * (2.0 * (phase - floor(phase)) - 1.0) + (double)(noise >> 27));
    }
}

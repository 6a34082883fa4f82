/**
 * @file test/support/kit.c  Recordings, weights and recorded numbers; see kit.h
 */
#include "support/kit.h"

#include "nn/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *kit_path(const char *name)
{
    static char path[1024];
    const char *shared = getenv("INTERVIEWD_TEST_SHARED"), *root = getenv("INTERVIEWD_SOURCE_ROOT");

    if (shared)
        snprintf(path, sizeof(path), "%s/%s", shared, name);
    else
        snprintf(path, sizeof(path), "%s/../shared/%s", root ? root : ".", name);
    return path;
}

const char *kit_weights(const char *name)
{
    static char path[1024];
    const char *folder = getenv("INTERVIEWD_WEIGHTS"), *home = getenv("HOME");
    const char *build = getenv("INTERVIEWD_BUILD_ROOT");

    if (folder) {
        snprintf(path, sizeof(path), "%s/%s", folder, name);
        return path;
    }
    snprintf(path, sizeof(path), "%s/weights/%s", build ? build : ".", name);
    if (access(path, R_OK))
        snprintf(path, sizeof(path), "%s/.cache/interviewd-weights/%s", home ? home : "", name);
    return path;
}

bool kit_has(const char *path)
{
    if (!access(path, R_OK))
        return true;
    printf("# there is no %s\n", path);
    return false;
}

static void *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;

    if (f && !fseek(f, 0, SEEK_END))
        size = ftell(f);
    if (size > 0)
        data = malloc((size_t)size);
    if (data) {
        rewind(f);
        *len = fread(data, 1, (size_t)size, f);
    }
    if (f)
        fclose(f);
    return data;
}

int16_t *kit_wav(const char *path, size_t *n)
{
    size_t len = 0, at = 12;
    uint8_t *data = read_file(path, &len);
    uint32_t size = 0;

    while (data && at + 8 <= len) {
        memcpy(&size, data + at + 4, 4);
        if (!memcmp(data + at, "data", 4))
            break;
        at += 8 + (size_t)size + size % 2;
    }
    if (!data || at + 8 > len) {
        free(data);
        return NULL;
    }
    *n = (len - at - 8 < size ? len - at - 8 : size) / 2;
    memmove(data, data + at + 8, *n * 2);
    return (int16_t *)(void *)data;
}

bool kit_golden_open(struct kit_golden *g, const char *path)
{
    size_t len = 0, at = 8;
    int32_t kind = 0, numbers = 0;

    *g = (struct kit_golden){.data = read_file(path, &len)};
    if (!g->data || len < 16)
        return false;
    memcpy(&kind, (uint8_t *)g->data + 4, 4);
    at += (size_t)kind;
    if (kind < 0 || at + 4 > len)
        return false;
    memcpy(&numbers, (uint8_t *)g->data + at, 4);
    at += 4 + 4 * (size_t)numbers;
    return numbers >= 0 && at <= len &&
           !nn_weights_records(&g->w, (uint8_t *)g->data + at, len - at, NULL);
}

void kit_golden_close(struct kit_golden *g)
{
    nn_weights_close(g->w);
    free(g->data);
}

float kit_difference(const struct kit_golden *g, const char *name, const float *x, size_t count)
{
    float *expected = malloc(count * sizeof(float)), worst = 0;

    if (nn_weights_floats(g->w, name, count, expected, NULL))
        worst = INFINITY;
    for (size_t i = 0; i < count && worst < INFINITY; i++) {
        float d = fabsf(x[i] - expected[i]);

        worst = d <= worst ? worst : d; /* a NaN counts as a difference */
    }
    free(expected);
    return worst;
}

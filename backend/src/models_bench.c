/**
 * @file models_bench.c  How fast each model is on this machine, and which to use
 *
 * Times the final of a 5-second utterance of 20 tokens as if no work had been done while it was
 * spoken; in live use it takes about half of that. Writes the recommendation next to the models,
 * where models_find() reads it.
 */
#include "models_bench.h"

#include "asr/whisper/timing.h"
#include "models/models.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BENCH_MODELS_MAX = 64, SECONDS = 5, TOKENS = 20 };

struct row {
    char name[80];
    long long bytes;
    struct whisper_timing t;
};

static int measure(const char *path, struct nn *nn, struct row *row, struct errbuf *why)
{
    static int16_t pcm[SECONDS * WHISPER_RATE];
    struct whisper_model *m = NULL;
    struct whisper_compute c;
    int err = whisper_model_load(&m, path, nn, NULL, NULL, why);

    if (err)
        return err;
    whisper_time_audio(pcm, SECONDS * WHISPER_RATE);
    whisper_compute_init(&c, m, nn);
    err = whisper_time(&c, pcm, SECONDS * WHISPER_RATE,
                       &(struct whisper_timing_params){.tokens = TOKENS, .rounds = 3}, &row->t);
    row->bytes = (long long)m->file_bytes;
    whisper_compute_release(&c);
    whisper_model_free(m);
    return err ? err_set(why, err, "cannot time %.300s", path) : 0;
}

static int by_size(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;

    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static int measure_all(const char *dir, struct row *rows, int *n, struct errbuf *why)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    struct nn *nn = NULL;
    int err = d ? nn_open(&nn, 0, NULL, why) : 0;

    while (!err && d && (e = readdir(d)) != NULL && *n < BENCH_MODELS_MAX) {
        size_t len = strlen(e->d_name);
        char path[MODELS_PATH_MAX];

        if (len < 10 || len > 80 || strncmp(e->d_name, "ggml-", 5) != 0 ||
            strcmp(e->d_name + len - 4, ".bin") != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        snprintf(rows[*n].name, sizeof(rows[*n].name), "%.*s", (int)(len - 9), e->d_name + 5);
        fprintf(stderr, "measuring %s ...\n", rows[*n].name);
        err = measure(path, nn, &rows[*n], why);
        if (err == UV_EINVAL) { /* not a model: report it and go on */
            fprintf(stderr, "%s\n", why->text);
            err = 0;
            continue;
        }
        *n += !err;
    }
    if (d)
        closedir(d);
    nn_close(nn);
    return err;
}

/* Among those that are fast enough: the largest size, which is the most accurate, and of that size
 * the largest file. */
static const struct row *choose(const struct row *rows, int n, double latency_ms)
{
    const struct row *best = NULL;
    double best_work = 0.0;

    for (int i = 0; i < n; i++) {
        if (rows[i].t.total_ms > latency_ms)
            continue;
        if (!best || rows[i].t.encoder_gop > best_work * 1.01 ||
            (rows[i].t.encoder_gop > best_work * 0.99 && rows[i].bytes > best->bytes)) {
            best = &rows[i];
            best_work = rows[i].t.encoder_gop;
        }
    }
    return best;
}

static void write_down(const char *dir, const char *name)
{
    char path[MODELS_PATH_MAX];
    FILE *f;

    if (snprintf(path, sizeof(path), "%s/recommended", dir) >= (int)sizeof(path))
        return;
    f = fopen(path, "w");
    if (!f)
        return;
    fprintf(f, "%s\n", name);
    fclose(f);
}

int models_bench(const struct models_config *config, double latency_ms, struct errbuf *why)
{
    struct row *rows = calloc(BENCH_MODELS_MAX, sizeof(*rows));
    char dir[MODELS_PATH_MAX];
    const struct row *best;
    int n = 0;
    int err;

    if (!rows)
        return err_set(why, UV_ENOMEM, "not enough memory");
    if (snprintf(dir, sizeof(dir), "%.3800s/models", config->data_dir) < 0)
        dir[0] = '\0';
    err = measure_all(dir, rows, &n, why);
    if (!err && n == 0)
        err = err_set(why, UV_ENOENT,
                      "no model in %.300s; to get one: interviewd models get base.en-q8_0", dir);
    if (!err) {
        qsort(rows, (size_t)n, sizeof(*rows), by_size);
        printf("%-24s %8s %10s %10s %12s %10s\n", "model", "file", "encoder", "a token",
               "final of 5 s", "of peak");
        for (int i = 0; i < n; i++)
            printf("%-24s %5lld MB %7.0f ms %7.1f ms %9.0f ms %8.0f %%\n", rows[i].name,
                   rows[i].bytes / 1000000, rows[i].t.encode_ms, rows[i].t.token_ms,
                   rows[i].t.total_ms,
                   rows[i].t.peak_gops > 0 ? 100.0 * rows[i].t.gops / rows[i].t.peak_gops : 0.0);
        best = choose(rows, n, latency_ms);
        if (best) {
            printf("For %.0f ms take %s. It will be used from now on.\n", latency_ms, best->name);
            write_down(dir, best->name);
        } else {
            printf("None is done within %.0f ms.\n", latency_ms);
        }
    }
    free(rows);
    return err;
}

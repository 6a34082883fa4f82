/**
 * @file asr/whisper/words.c  Words and their times; see words.h
 */
#include "asr/whisper/words.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MEDIAN = 7,
    SHORTEST = 2,   /* least length of a word [10 ms] */
    USUAL_MAX = 70, /* and its usual maximum */
};

/* ---- grouping ----------------------------------------------------------------------------- */

static bool spaceless(int language)
{
    static const char *const codes[] = {"zh", "ja", "th", "lo", "my", "yue", "bo", "km"};
    const char *code = whisper_language_code(language);

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (!strcmp(codes[i], code))
            return true;
    }
    return false;
}

static bool begins_word(struct whisper_bytes w, bool whole, bool by_character)
{
    if (!w.len)
        return false;
    if (by_character)
        return whole && w.data[0] >= 0x80 && (w.data[0] & 0xc0) != 0x80;
    return w.data[0] == ' ';
}

/* Do the bytes of tokens[from..to) form whole characters? */
static bool whole_characters(const struct whisper_vocab *v, const struct whisper_pick *tokens,
                             int from, int to)
{
    char text[256];
    size_t len = 0;

    for (int i = from; i < to; i++) {
        struct whisper_bytes w = whisper_vocab_bytes(v, tokens[i].id);

        if (len + w.len > sizeof(text))
            return true;
        if (w.len)
            memcpy(text + len, w.data, w.len);
        len += w.len;
    }
    return utf8_valid(text, len);
}

static float confidence(const struct whisper_pick *tokens, const struct whisper_word *w)
{
    double sum = 0.0;

    for (int i = w->first; i < w->first + w->n; i++)
        sum += (double)tokens[i].plog;
    return w->n ? (float)exp(sum / w->n) : 0.0f;
}

int whisper_words_group(const struct whisper_vocab *v, const struct whisper_pick *tokens, int n,
                        int language, struct whisper_word *words)
{
    bool by_character = spaceless(language);
    int count = 0;
    int open = -1; /* the word being built */

    for (int i = 0; i < n; i++) {
        struct whisper_bytes w = whisper_vocab_bytes(v, tokens[i].id);

        if (tokens[i].id >= v->eot) {
            open = -1;
            continue;
        }
        if (open < 0 ||
            begins_word(w, whole_characters(v, tokens, words[open].first, i), by_character)) {
            open = count++;
            words[open] = (struct whisper_word){.first = i};
        }
        words[open].n = i + 1 - words[open].first;
    }
    for (int i = 0; i < count; i++)
        words[i].confidence = confidence(tokens, &words[i]);
    return count;
}

/* ---- the matrix --------------------------------------------------------------------------- */

static inline void order(float *a, float *b)
{
    float low = *a < *b ? *a : *b;

    *b = *a < *b ? *b : *a;
    *a = low;
}

/* Median of seven with 13 exchanges (Devillard, "Fast median search", 1998). */
static inline float median7(float *p)
{
    order(&p[0], &p[5]);
    order(&p[0], &p[3]);
    order(&p[1], &p[6]);
    order(&p[2], &p[4]);
    order(&p[0], &p[1]);
    order(&p[3], &p[5]);
    order(&p[2], &p[6]);
    order(&p[2], &p[3]);
    order(&p[3], &p[6]);
    order(&p[4], &p[5]);
    order(&p[1], &p[4]);
    order(&p[1], &p[3]);
    order(&p[3], &p[4]);
    return p[3];
}

/* Median of the values around column i, mirrored at the edges. */
static float median_at(const float *row, int cols, int i)
{
    float near[MEDIAN];

    for (int k = 0; k < MEDIAN; k++) {
        int at = abs(i + k - MEDIAN / 2);

        near[k] = row[at < cols ? at : 2 * cols - 2 - at];
    }
    return median7(near);
}

/* One head: normalises each column over the rows, filters, subtracts from cost. */
static void add_head(const struct whisper_decoder *d, int head, int first, int rows, int first_col,
                     int cols, float *tmp, float *cost)
{
    size_t stride = (size_t)d->model->n_align * (size_t)d->align_ctx;
    const float *from =
        d->align + (size_t)first * stride + (size_t)head * (size_t)d->align_ctx + (size_t)first_col;

    for (int c = 0; c < cols; c++) {
        double sum = 0.0, squares = 0.0;
        double mean, deviation;

        for (int r = 0; r < rows; r++) {
            double x = (double)from[(size_t)r * stride + (size_t)c];

            sum += x;
            squares += x * x;
        }
        mean = sum / rows;
        deviation = sqrt(fmax(squares / rows - mean * mean, 1e-18));
        for (int r = 0; r < rows; r++)
            tmp[r * cols + c] =
                (float)(((double)from[(size_t)r * stride + (size_t)c] - mean) / deviation);
    }
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < cols; c++)
            cost[r * cols + c] -=
                cols > MEDIAN ? median_at(tmp + r * cols, cols, c) : tmp[r * cols + c];
    }
}

/* ---- the path ----------------------------------------------------------------------------- */

int whisper_dtw(const float *cost, int rows, int cols, int *start)
{
    size_t n = (size_t)rows * (size_t)cols;
    float *sum = malloc(n * sizeof(float));
    uint8_t *step = malloc(n); /* 0: diagonal, 1: from the row above, 2: from the column before */
    int r = rows - 1;
    int c = cols - 1;

    if (!sum || !step) {
        free(sum);
        free(step);
        return UV_ENOMEM;
    }
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < cols; j++) {
            float diagonal = i && j ? sum[(i - 1) * cols + j - 1] : i || j ? INFINITY : 0.0f;
            float above = i ? sum[(i - 1) * cols + j] : INFINITY;
            float before = j ? sum[i * cols + j - 1] : INFINITY;
            uint8_t way = diagonal <= above && diagonal <= before ? 0 : above <= before ? 1 : 2;

            step[i * cols + j] = way;
            sum[i * cols + j] = cost[i * cols + j] + (way == 0   ? diagonal
                                                      : way == 1 ? above
                                                                 : before);
        }
    }
    while (r >= 0 && c >= 0) {
        start[r] = c;
        if (step[r * cols + c] == 2) {
            c--;
            continue;
        }
        c -= step[r * cols + c] == 0;
        r--;
    }
    for (; r >= 0; r--)
        start[r] = 0;
    free(sum);
    free(step);
    return 0;
}

static int by_length(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* The usual length of a word in this audio. */
static int usual_length(const struct whisper_word *words, int n)
{
    int *lengths = malloc((size_t)n * sizeof(int));
    int usual = USUAL_MAX;

    if (!lengths)
        return usual;
    for (int i = 0; i < n; i++)
        lengths[i] = words[i].t1 - words[i].t0;
    qsort(lengths, (size_t)n, sizeof(int), by_length);
    if (lengths[n / 2] < usual)
        usual = lengths[n / 2];
    free(lengths);
    return usual;
}

/* A pause after a word is not part of it: a word that ends a clause, and the last word, take at
 * most twice the usual length (OpenAI's whisper/timing.py does the same for sentences); a word of
 * many tokens ("www.example.org.") takes that for each pair of tokens. */
static void clamp_ends(const struct whisper_vocab *v, const struct whisper_pick *tokens, int frames,
                       struct whisper_word *words, int n)
{
    int most = 2 * usual_length(words, n);

    for (int i = 0; i < n; i++) {
        struct whisper_word *w = &words[i];
        struct whisper_bytes b = whisper_vocab_bytes(v, tokens[w->first + w->n - 1].id);
        int longest = w->n > 3 ? most * (w->n / 2) : most;

        if (most > SHORTEST && w->t1 - w->t0 > longest &&
            (i + 1 == n || (b.len && strchr(".,?!;:", b.data[b.len - 1]))))
            w->t1 = w->t0 + longest;
        if (w->t1 < w->t0 + SHORTEST)
            w->t1 = w->t0 + SHORTEST < frames ? w->t0 + SHORTEST : frames;
        if (w->t0 > w->t1 - SHORTEST && w->t1 >= SHORTEST)
            w->t0 = w->t1 - SHORTEST;
    }
}

int whisper_words_time(const struct whisper_decoder *d, const struct whisper_pick *tokens, int n,
                       int prompt, int from, int frames, struct whisper_word *words, int n_words)
{
    int end_col = (frames + 1) / 2 < d->align_ctx ? (frames + 1) / 2 : d->align_ctx;
    int first_col = from / 2;
    int cols = end_col - first_col;
    int rows = n + 1; /* the row before a token attends to it; one more for the end */
    size_t cells;
    float *cost;
    int *start;
    int err = 0;

    if (n_words < 1 || cols < 1 || prompt < 1 || !d->align)
        return 0;
    if (prompt - 1 + rows > d->align_cap)
        rows = d->align_cap - prompt + 1;
    cells = (size_t)rows * (size_t)cols;
    cost = calloc(2 * cells, sizeof(float));
    start = calloc((size_t)n + 2, sizeof(int));
    if (cost && start) {
        for (int h = 0; h < d->model->n_align; h++)
            add_head(d, h, prompt - 1, rows, first_col, cols, cost + cells, cost);
        err = whisper_dtw(cost, rows, cols, start);
    } else {
        err = UV_ENOMEM;
    }
    for (int i = 0; !err && i < n_words; i++) {
        int end = words[i].first + words[i].n;

        words[i].t0 = 2 * (first_col + start[words[i].first < rows ? words[i].first : rows - 1]);
        words[i].t1 = end < rows ? 2 * (first_col + start[end]) : frames;
        if (words[i].t1 > frames)
            words[i].t1 = frames;
        if (words[i].t0 > words[i].t1)
            words[i].t0 = words[i].t1;
    }
    if (!err)
        clamp_ends(d->model->vocab, tokens, frames, words, n_words);
    free(cost);
    free(start);
    return err;
}

/**
 * @file bench/wer.c  Word error rate, speed and delay of the offline recogniser
 *
 *     wer FOLDER [stock-live|stock-whole|ours|ours-vad] ... [list] [only=TEXT]
 *
 * FOLDER holds manifest.tsv (file, seconds, set, source, licence, transcript) and 16 kHz mono WAVs.
 * stock-*: the library with Debian's model and its defaults, fed in 100 ms pieces or whole.
 * ours:     engine "pocketsphinx" as the server drives it, 100 ms pieces, a partial every 300 ms.
 * ours-vad: the same behind voice activity; an utterance it cuts in two counts as one text.
 *
 * One line a set: word error rate (substitutions, deletions and insertions over reference words),
 * CPU time over audio time, and the median and 90th percentile of the CPU time between the last
 * audio and the final text. For ours-vad that is after the silence that ends an utterance.
 */
#include "asr/engine.h"
#include "audio/vad.h"
#include "base/text.h"
#include "support/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <pocketsphinx.h>
#include <sphinxbase/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODEL "/usr/share/pocketsphinx/model/en-us/"

enum {
    WORDS_MAX = 512,
    WORD_MAX = 40,
    SETS_MAX = 16,
    CLIPS_MAX = 512,
    PIECE = 1600,        /* 100 ms, what a browser sends */
    PARTIAL_PIECES = 3,  /* a partial every 300 ms */
    AUDIO_MAX = 1 << 22, /* bytes of one file */
    TEXT_MAX_BYTES = 8192,
    COLUMNS = 6,
};

struct clip {
    int16_t *pcm;
    size_t n;
};

struct set {
    char name[48];
    int errors, words;
    double cpu, audio;
    double after[CLIPS_MAX];
    int clips;
};

struct hearer {
    const char *name;
    /** Text of the clip into text; returns the CPU seconds after its last sample. */
    double (*hear)(struct hearer *h, const struct clip *clip, char text[TEXT_MAX_BYTES]);
    bool whole;
    ps_decoder_t *ps;
    const struct asr_engine *engine;
    struct asr_model *model;
    struct asr_stream *stream;
};

/* Nanoseconds on a core of every thread of a process (/proc/PID/task/TID/schedstat). */
static double cpu_of(pid_t pid)
{
    char path[300];
    struct dirent *e;
    double sum = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    dir = opendir(path);
    while (dir && (e = readdir(dir))) {
        double ns;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid, e->d_name);
        f = fopen(path, "r");
        if (f && fscanf(f, "%lf", &ns) == 1)
            sum += ns;
        if (f)
            fclose(f);
    }
    if (dir)
        closedir(dir);
    return sum;
}

/* Ours, and of the processes that hear for us; one that has ended is not counted any more, so what
 * is measured lies within the life of a stream. Looking takes milliseconds, which do not count. */
static double cpu_s(void)
{
    static double looking;
    double own = cpu_of(getpid()), ns = own - looking;
    pid_t below[64];
    size_t n = processes_below(getpid(), below, 64);

    for (size_t i = 0; i < n; i++)
        ns += cpu_of(below[i]);
    looking += cpu_of(getpid()) - own;
    return ns * 1e-9;
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "wer: %s: %s\n", what, why);
    exit(1);
}

/* ---------------------------------------------------------------- words */

static int split(const char *text, char word[WORDS_MAX][WORD_MAX])
{
    int n = 0;

    while (n < WORDS_MAX) {
        int len = 0;

        while (*text && !isalnum((unsigned char)*text))
            text++;
        if (!*text)
            break;
        for (; isalnum((unsigned char)*text) || *text == '\''; text++)
            if (len < WORD_MAX - 1)
                word[n][len++] = (char)tolower((unsigned char)*text);
        word[n++][len] = '\0';
    }
    return n;
}

/* Levenshtein's distance over words. */
static int distance(char a[][WORD_MAX], int n, char b[][WORD_MAX], int m)
{
    static int row[WORDS_MAX + 1];

    for (int j = 0; j <= m; j++)
        row[j] = j;
    for (int i = 1; i <= n; i++) {
        int diagonal = row[0];

        row[0] = i;
        for (int j = 1; j <= m; j++) {
            int best = diagonal + (strcmp(a[i - 1], b[j - 1]) != 0);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[m];
}

/* ---------------------------------------------------------------- audio */

static struct clip read_wav(const char *path)
{
    static unsigned char bytes[AUDIO_MAX];
    struct clip clip = {0};
    size_t size, at = 12;
    FILE *f = fopen(path, "rb");

    if (!f)
        fail(path, "cannot open");
    size = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    while (at + 8 < size) {
        uint32_t n;

        memcpy(&n, bytes + at + 4, sizeof(n));
        if (n > size - at - 8)
            n = (uint32_t)(size - at - 8);
        if (memcmp(bytes + at, "data", 4) == 0) {
            clip.n = n / 2;
            clip.pcm = malloc(clip.n * 2 + 2);
            if (!clip.pcm)
                fail(path, "no memory");
            memcpy(clip.pcm, bytes + at + 8, clip.n * 2);
            return clip;
        }
        at += 8 + n + (n & 1);
    }
    fail(path, "no audio in it");
    return clip;
}

/* ---------------------------------------------------------------- stock */

static double hear_stock(struct hearer *h, const struct clip *clip, char text[TEXT_MAX_BYTES])
{
    const char *hyp;
    double end;

    if (h->whole)
        ps_start_stream(h->ps);
    ps_start_utt(h->ps);
    if (h->whole) {
        ps_process_raw(h->ps, clip->pcm, clip->n, FALSE, TRUE);
    } else {
        for (size_t i = 0; i < clip->n; i += PIECE)
            ps_process_raw(h->ps, clip->pcm + i, clip->n - i < PIECE ? clip->n - i : PIECE, FALSE,
                           FALSE);
    }
    end = cpu_s();
    ps_end_utt(h->ps);
    hyp = ps_get_hyp(h->ps, NULL);
    text_copy(text, TEXT_MAX_BYTES, hyp ? hyp : "", hyp ? strlen(hyp) : 0);
    return cpu_s() - end;
}

static void open_stock(struct hearer *h, bool whole)
{
    cmd_ln_t *config;

    err_set_logfp(NULL);
    config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", MODEL "en-us", "-lm", MODEL "en-us.lm.bin",
                         "-dict", MODEL "cmudict-en-us.dict", NULL);
    h->ps = ps_init(config);
    if (!h->ps)
        fail("PocketSphinx", "cannot load its model");
    cmd_ln_free_r(config);
    h->whole = whole;
    h->hear = hear_stock;
}

/* ---------------------------------------------------------------- ours */

struct listening {
    const struct asr_engine *engine;
    struct asr_stream *stream;
    char *text;
    size_t pieces;
    double after;
};

static void check(int rc, const struct errbuf *err)
{
    if (rc)
        fail("engine", err->text);
}

static void take_final(struct listening *l)
{
    struct asr_result res;
    struct errbuf err;
    double end = cpu_s();
    size_t len = strlen(l->text);

    check(l->engine->finish(l->stream, &res, &err), &err);
    l->after = cpu_s() - end;
    snprintf(l->text + len, TEXT_MAX_BYTES - len, "%s%s", len ? " " : "", res.text);
}

static void take_audio(struct listening *l, const int16_t *pcm, size_t n)
{
    struct asr_result res;
    struct errbuf err;

    check(l->engine->feed(l->stream, pcm, n, &err), &err);
    if (++l->pieces % PARTIAL_PIECES == 0)
        check(l->engine->partial(l->stream, &res, &err), &err);
}

static void on_voice(const struct vad_event *e, void *arg)
{
    struct listening *l = arg;
    struct errbuf err;

    if (e->kind == VAD_BEGIN)
        check(l->engine->begin(l->stream, &err), &err);
    else if (e->kind == VAD_AUDIO)
        take_audio(l, e->pcm, e->n);
    else if (e->kind == VAD_EAGER)
        check(l->engine->prefetch_final(l->stream, &err), &err);
    else if (e->kind == VAD_END)
        take_final(l);
}

static struct listening listen_to(struct hearer *h, char text[TEXT_MAX_BYTES])
{
    struct listening l = {.engine = h->engine, .text = text};
    struct errbuf err;

    text[0] = '\0';
    check(h->engine->open(&l.stream, h->model, &(struct asr_params){.language = "en"}, &err), &err);
    return l;
}

static double hear_ours(struct hearer *h, const struct clip *clip, char text[TEXT_MAX_BYTES])
{
    struct listening l = listen_to(h, text);
    struct errbuf err;

    check(l.engine->begin(l.stream, &err), &err);
    for (size_t i = 0; i < clip->n; i += PIECE)
        take_audio(&l, clip->pcm + i, clip->n - i < PIECE ? clip->n - i : PIECE);
    take_final(&l);
    h->stream = l.stream; /* closed when its time was read */
    return l.after;
}

static double hear_ours_vad(struct hearer *h, const struct clip *clip, char text[TEXT_MAX_BYTES])
{
    static const int16_t silence[16000];
    struct listening l = listen_to(h, text);
    struct vad_params params = vad_params_defaults();
    struct vad *vad;

    if (vad_open(&vad, &params))
        fail("voice activity", "cannot open");
    vad_feed(vad, silence, 8000, on_voice, &l);
    for (size_t i = 0; i < clip->n; i += PIECE)
        vad_feed(vad, clip->pcm + i, clip->n - i < PIECE ? clip->n - i : PIECE, on_voice, &l);
    vad_feed(vad, silence, 16000, on_voice, &l);
    vad_flush(vad, on_voice, &l);
    vad_close(vad);
    h->stream = l.stream; /* closed when its time was read */
    return l.after;
}

static void open_ours(struct hearer *h, bool vad)
{
    struct asr_model_params params = {0};
    struct errbuf err = {""};

    h->engine = asr_engine_find("pocketsphinx");
    if (!h->engine || !h->engine->available(&params, &err))
        fail("engine pocketsphinx", err.text);
    check(h->engine->load(&h->model, &params, &err), &err);
    h->hear = vad ? hear_ours_vad : hear_ours;
}

/* ---------------------------------------------------------------- a run */

static struct set *set_of(struct set *sets, size_t *count, const char *file, const char *name)
{
    char full[48];

    if (strncmp(name, "synth", 5) == 0)
        name = strncmp(file, "flite", 5) == 0 ? "interview, flite" : "interview, espeak";
    text_copy(full, sizeof(full), name, strlen(name));
    for (size_t i = 0; i < *count; i++)
        if (strcmp(sets[i].name, full) == 0)
            return &sets[i];
    if (*count == SETS_MAX)
        fail("manifest", "too many sets");
    strcpy(sets[*count].name, full);
    return &sets[(*count)++];
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void print_set(const char *hearer, struct set *s)
{
    qsort(s->after, (size_t)s->clips, sizeof(s->after[0]), by_value);
    printf("%-12s %-18s WER %5.1f %% (%d of %d words)  CPU/audio %.2f  after the end p50 %.0f ms "
           "p90 %.0f ms\n",
           hearer, s->name, 100.0 * s->errors / s->words, s->errors, s->words, s->cpu / s->audio,
           1000 * s->after[s->clips / 2], 1000 * s->after[s->clips * 9 / 10]);
}

static void hear_clip(struct hearer *h, struct set *s, const char *path, const char *said,
                      bool list)
{
    static char a[WORDS_MAX][WORD_MAX], b[WORDS_MAX][WORD_MAX];
    struct clip clip = read_wav(path);
    char text[TEXT_MAX_BYTES];
    double start = cpu_s();
    double after = h->hear(h, &clip, text);
    int n = split(said, a);
    int errors = distance(a, n, b, split(text, b));

    s->errors += errors;
    s->words += n;
    s->cpu += cpu_s() - start;
    if (h->stream)
        h->engine->close(h->stream);
    h->stream = NULL;
    s->audio += (double)clip.n / 16000;
    if (s->clips < CLIPS_MAX)
        s->after[s->clips++] = after;
    if (list)
        printf("%2d/%2d %s\n      %s\n", errors, n, said, text);
    free(clip.pcm);
}

static void run(struct hearer *h, const char *folder, const char *only, bool list)
{
    static struct set sets[SETS_MAX];
    char path[1024], line[4096];
    size_t count = 0;
    FILE *f;

    memset(sets, 0, sizeof(sets));
    snprintf(path, sizeof(path), "%s/manifest.tsv", folder);
    f = fopen(path, "r");
    if (!f)
        fail(path, "cannot open");
    while (fgets(line, sizeof(line), f)) {
        char *rest = line, *column[COLUMNS];

        for (int i = 0; i < COLUMNS; i++)
            column[i] = strsep(&rest, "\t\n");
        if (!column[COLUMNS - 1] || strcmp(column[0], "file") == 0)
            continue;
        if (only && !strstr(column[0], only) && !strstr(column[2], only))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, column[0]);
        hear_clip(h, set_of(sets, &count, column[0], column[2]), path, column[5], list);
    }
    fclose(f);
    for (size_t i = 0; i < count; i++)
        print_set(h->name, &sets[i]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool list = false;
    const char *only = NULL;

    if (argc < 3)
        fail("usage", "wer FOLDER [stock-live|stock-whole|ours|ours-vad] ... [list] [only=TEXT]");
    for (int i = 2; i < argc; i++) {
        list = list || strcmp(argv[i], "list") == 0;
        if (strncmp(argv[i], "only=", 5) == 0)
            only = argv[i] + 5;
    }
    for (int i = 2; i < argc; i++) {
        struct hearer h = {.name = argv[i]};

        if (strncmp(argv[i], "stock-", 6) == 0)
            open_stock(&h, strcmp(argv[i], "stock-whole") == 0);
        else if (strncmp(argv[i], "ours", 4) == 0)
            open_ours(&h, strcmp(argv[i], "ours-vad") == 0);
        else
            continue;
        run(&h, argv[1], only, list);
        if (h.ps)
            ps_free(h.ps);
        if (h.engine)
            h.engine->unload(h.model);
    }
    return 0;
}

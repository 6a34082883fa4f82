/**
 * @file asr/pocketsphinx/decoder.c  PocketSphinx decoding one stream: two searches that compete
 */
#include "asr/pocketsphinx/decoder.h"

#include "asr/pocketsphinx/display.h"
#include "asr/pocketsphinx/mate.h"
#include "asr/pocketsphinx/search.h"
#include "asr/pocketsphinx/vocabulary.h"
#include "base/buffer.h"
#include "base/module.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <sphinxbase/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    TEXT_MAX_BYTES = 65536, /* for one utterance */
    STABLE_LAG_MS = 900,    /* words younger than this may still change */
    DICT_MAX = 4 << 20,     /* a dictionary with a profile's words [bytes] */
};

enum { INTERVIEW, GENERAL, SEARCHES };

/* Phone models alive in one frame. The library's 30000 takes a quarter more time for the same text;
 * the general search loses words at 4000, while 3000 are enough for the small vocabulary of
 * interviews. */
static const int alive[SEARCHES] = {[INTERVIEW] = 3000, [GENERAL] = 8000};

/* Confidence of a word that both searches found, or only the winning one. A guess that ranks words
 * by certainty; it was not measured on recordings. */
static const float CONFIDENCE_BOTH = 0.88f;
static const float CONFIDENCE_ONE = 0.55f;

struct files {
    char acoustic[PATH_MAX], features[PATH_MAX], casing[PATH_MAX];
    char lm[SEARCHES][PATH_MAX], dict[SEARCHES][PATH_MAX];
};

struct decoder {
    struct files files;
    struct search search[SEARCHES];
    struct front front;
    struct display *display;
    struct vocabulary names;
    struct mate *mate;   /* runs the general search while the caller runs the other */
    int general_rc;      /* of the mate's last call */
    struct errbuf error; /* likewise */
    struct heard heard[SEARCHES][HEARD_WORDS_MAX];
    size_t count[SEARCHES];
    struct heard refined[HEARD_WORDS_MAX];  /* words of the lattice while it is read */
    struct heard promised[HEARD_WORDS_MAX]; /* words that a partial called stable */
    size_t promised_count;
    const char *text_of[HEARD_WORDS_MAX];
    size_t ends[HEARD_WORDS_MAX];
    struct asr_word word[HEARD_WORDS_MAX];
    struct buf text;
    struct buf said; /* words in their written form, each with its NUL */
    struct buf last; /* text of the previous partial */
};

/* ---------------------------------------------------------------- loading */

static int join_path(char to[PATH_MAX], const char *folder, const char *name, struct errbuf *why)
{
    if (snprintf(to, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
        return 0;
    return err_set(why, UV_ENAMETOOLONG, "the path of %s is too long", name);
}

/* The build's files are next to this program, or where the build tree keeps them. */
static int find_built(char built[PATH_MAX], struct errbuf *why)
{
    static const char *const below[] = {"", "/src/asr/pocketsphinx"};
    char beside[PATH_MAX], file[PATH_MAX];

    if (exe_folder(beside, sizeof(beside)))
        return err_set(why, UV_ENOENT, "cannot tell where PocketSphinx's program lies");
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        if (snprintf(built, PATH_MAX, "%s%s", beside, below[i]) < PATH_MAX &&
            !join_path(file, built, "interview.lm.bin", why) && !access(file, R_OK))
            return 0;
    }
    return err_set(why, UV_ENOENT, "the interview language model is not in %s", beside);
}

static int find_files(struct files *f, const char *folder, struct errbuf *why)
{
    char built[PATH_MAX];
    int err = find_built(built, why);

    err = err ? err : join_path(f->acoustic, folder, "en-us", why);
    err = err ? err : join_path(f->features, built, "feat.params", why);
    err = err ? err : join_path(f->casing, built, "casing.txt", why);
    err = err ? err : join_path(f->lm[INTERVIEW], built, "interview.lm.bin", why);
    err = err ? err : join_path(f->dict[INTERVIEW], built, "interview.dict", why);
    err = err ? err : join_path(f->lm[GENERAL], folder, "en-us.lm.bin", why);
    return err ? err : join_path(f->dict[GENERAL], folder, "cmudict-en-us.dict", why);
}

static int open_search(struct decoder *d, int which, const char *dict, struct errbuf *why)
{
    return search_open(&d->search[which],
                       &(struct search_files){d->files.acoustic, d->files.features,
                                              d->files.lm[which], dict, alive[which]},
                       why);
}

int decoder_load(struct decoder **dp, const char *folder, struct errbuf *why)
{
    struct decoder *d = calloc(1, sizeof(*d));
    int err;

    if (!d)
        return err_set(why, UV_ENOMEM, "no memory for the model");
    err_set_logfp(NULL); /* otherwise the library writes pages to stderr */
    buf_init(&d->text, TEXT_MAX_BYTES);
    buf_init(&d->said, TEXT_MAX_BYTES);
    buf_init(&d->last, TEXT_MAX_BYTES);
    err = find_files(&d->files, folder, why);
    if (!err && display_load(&d->display, d->files.casing))
        err = err_set(why, UV_ENOMEM, "no memory for the model");
    for (int i = 0; i < SEARCHES && !err; i++)
        err = open_search(d, i, d->files.dict[i], why);
    if (!err && front_init(&d->front, d->search[INTERVIEW].config))
        err = err_set(why, UV_ENOMEM, "no memory for the front end");
    if (err)
        decoder_free(d);
    else
        *dp = d;
    return err;
}

void decoder_free(struct decoder *d)
{
    if (!d)
        return;
    mate_close(d->mate);
    for (int i = 0; i < SEARCHES; i++)
        search_close(&d->search[i]);
    front_release(&d->front);
    display_free(d->display);
    buf_release(&d->text);
    buf_release(&d->said);
    buf_release(&d->last);
    free(d);
}

/* ---------------------------------------------------------------- words of a profile */

static int append_file(struct buf *to, const char *path)
{
    FILE *f = fopen(path, "r");
    char block[16384];
    size_t n;

    if (!f)
        return -errno;
    while ((n = fread(block, 1, sizeof(block), f)) > 0)
        buf_append(to, block, n);
    fclose(f);
    return to->err;
}

static int write_all(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t done = write(fd, data, n);

        if (done < 0 && errno != EINTR)
            return -errno;
        data += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

/* Opens the interview search again, with a dictionary that exists only in memory. */
static int reopen_with(struct decoder *d, const struct buf *dict, struct errbuf *why)
{
    struct search plain = d->search[INTERVIEW];
    char path[64];
    int fd = memfd_create("dictionary", MFD_CLOEXEC);
    int err = fd < 0 ? -errno : write_all(fd, dict->data, dict->len);

    if (err)
        err =
            err_set(why, err, "the profile's words could not be written down: %s", strerror(-err));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (!err)
        err = open_search(d, INTERVIEW, path, why);
    if (fd >= 0)
        close(fd);
    if (err) {
        d->search[INTERVIEW] = plain;
        return err;
    }
    /* The plain search is not freed: its pages are shared with the parent process, and freeing them
     * would copy them. */
    d->search[INTERVIEW].names = &d->names;
    return 0;
}

/* Capital letters inside a word, and digits, are deliberate spelling. */
static bool is_spelt_its_way(const char *word)
{
    for (word++; *word; word++)
        if (isupper((unsigned char)*word))
            return true;
    return false;
}

static int take_words(struct decoder *d, const char *const *lines, size_t count, struct errbuf *why)
{
    struct buf dict;
    int err;

    buf_init(&dict, DICT_MAX);
    err = append_file(&dict, d->files.dict[INTERVIEW]);
    err = err ? err
              : vocabulary_choose(&d->names, d->search[INTERVIEW].ps, d->search[GENERAL].ps, lines,
                                  count, &dict);
    if (err)
        err_set(why, err, "the profile's words could not be added to the dictionary");
    else if (d->names.count)
        err = reopen_with(d, &dict, why);
    for (size_t i = 0; !err && i < d->names.count; i++)
        if (is_spelt_its_way(d->names.written[i]))
            display_add(d->display, d->names.written[i]);
    buf_release(&dict);
    return err;
}

int decoder_open(struct decoder *d, const char *const *lines, size_t count,
                 const struct voice *voice, struct errbuf *why)
{
    int err = count ? take_words(d, lines, count, why) : 0;

    if (err)
        return err;
    if (voice) {
        d->front.voice = voice->last;
        d->front.before = voice->before;
    }
    if (mate_open(&d->mate))
        d->mate = NULL; /* no thread is available: one search after the other */
    return 0;
}

struct voice decoder_voice(const struct decoder *d)
{
    return (struct voice){d->front.voice, d->front.before};
}

const struct heard *decoder_promised(const struct decoder *d, size_t *count)
{
    *count = d->promised_count;
    return d->promised;
}

/* ---------------------------------------------------------------- an utterance */

int decoder_begin(struct decoder *d, const struct heard *promised, size_t count, struct errbuf *why)
{
    int err = 0;

    front_begin(&d->front);
    buf_clear(&d->last);
    d->promised_count = count < HEARD_WORDS_MAX ? count : HEARD_WORDS_MAX;
    if (d->promised_count)
        memcpy(d->promised, promised, d->promised_count * sizeof(d->promised[0]));
    for (int i = 0; i < SEARCHES && !err; i++)
        err = search_begin(&d->search[i], why);
    return err;
}

static void advance_general(void *arg)
{
    struct decoder *d = arg;

    d->general_rc = search_advance(&d->search[GENERAL], &d->front, &d->error);
}

/* Runs both searches, each on its own core: one after the other they would lag behind the speaker
 * for the first three seconds. */
static int advance(struct decoder *d, struct errbuf *why)
{
    int err;

    mate_start(d->mate, advance_general, d);
    err = search_advance(&d->search[INTERVIEW], &d->front, why);
    mate_wait(d->mate);
    return err || !d->general_rc ? err : err_set(why, d->general_rc, "%s", d->error.text);
}

static int front_error(int err, struct errbuf *why)
{
    return err == UV_ENOBUFS
               ? err_set(why, err, "an utterance of more than %d minutes", FRONT_FRAMES_MAX / 6000)
               : err_set(why, err, "the audio could not be analysed");
}

int decoder_feed(struct decoder *d, const int16_t *pcm, size_t n, struct errbuf *why)
{
    int err = front_feed(&d->front, pcm, n);

    return err ? front_error(err, why) : advance(d, why);
}

static int winner(struct decoder *d)
{
    int32_t interview = search_score(&d->search[INTERVIEW]);

    return interview >= search_score(&d->search[GENERAL]) ? INTERVIEW : GENERAL;
}

/* Only the winner's lattice is made: that is what takes time after the end. */
static void refine(struct decoder *d, int who)
{
    size_t n;

    if (!search_refine(&d->search[who], &d->front, d->refined, HEARD_WORDS_MAX, &n))
        return;
    d->count[who] = n;
    memcpy(d->heard[who], d->refined, n * sizeof(d->refined[0]));
}

/* Did the other search find the same word at the same time? */
static bool confirmed(const struct heard *w, const struct heard *other, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (other[i].start_ms < w->end_ms && w->start_ms < other[i].end_ms &&
            strcmp(other[i].text, w->text) == 0)
            return true;
    return false;
}

/* Collects the written forms in d->said. Pointers are set at the end, because the buffer may
 * move. */
static int write_words(struct decoder *d, int who)
{
    size_t at = 0;

    buf_clear(&d->said);
    for (size_t i = 0; i < d->count[who]; i++) {
        buf_puts(&d->said, display_word(d->display, d->heard[who][i].text));
        buf_append(&d->said, "", 1);
        d->text_of[i] = d->heard[who][i].text;
    }
    for (size_t i = 0; i < d->count[who] && !d->said.err; i++) {
        d->word[i].text = d->said.data + at;
        at += strlen(d->said.data + at) + 1;
    }
    return d->said.err;
}

static float weigh_words(struct decoder *d, int who)
{
    int other = who == INTERVIEW ? GENERAL : INTERVIEW;
    float sum = 0;

    for (size_t i = 0; i < d->count[who]; i++) {
        const struct heard *w = &d->heard[who][i];

        d->word[i].start_ms = w->start_ms;
        d->word[i].end_ms = w->end_ms;
        d->word[i].confidence =
            confirmed(w, d->heard[other], d->count[other]) ? CONFIDENCE_BOTH : CONFIDENCE_ONE;
        sum += d->word[i].confidence;
    }
    return d->count[who] ? sum / (float)d->count[who] : 0;
}

static bool is_decided(const struct decoder *d, size_t i)
{
    uint32_t now = (uint32_t)(d->front.samples / 16);

    return d->word[i].confidence >= CONFIDENCE_BOTH && d->ends[i] <= d->last.len &&
           d->word[i].end_ms + STABLE_LAG_MS <= now &&
           memcmp(d->text.data, d->last.data, d->ends[i]) == 0;
}

/* Old words that both searches agree on and that this partial shares with the previous one are
 * promised to stay. Returns how many bytes of the text they take. */
static size_t promise(struct decoder *d, int who)
{
    size_t n = d->promised_count;

    while (n < d->count[who] && is_decided(d, n))
        n++;
    memcpy(d->promised, d->heard[who], n * sizeof(d->promised[0]));
    d->promised_count = n;
    return n ? d->ends[n - 1] : 0;
}

static int tell(struct decoder *d, bool final, struct asr_result *res, struct errbuf *why)
{
    int who = winner(d);
    int err;

    for (int i = 0; i < SEARCHES; i++)
        d->count[i] = search_words(&d->search[i], &d->front, d->heard[i], HEARD_WORDS_MAX);
    if (final)
        refine(d, who);
    d->count[who] = heard_keep(d->promised, d->promised_count, d->heard[who], d->count[who]);
    err = write_words(d, who);
    buf_clear(&d->text);
    if (!err)
        err = display_text(d->display, d->text_of, d->count[who], final, &d->text, d->ends);
    if (err)
        return err_set(why, err, "the text of the utterance is too long");
    memset(res, 0, sizeof(*res));
    res->text = d->text.len ? d->text.data : "";
    res->confidence = weigh_words(d, who);
    res->words = d->word;
    res->word_count = d->count[who];
    res->stable = final ? d->text.len : promise(d, who);
    strcpy(res->language, "en");
    buf_clear(&d->last);
    buf_append(&d->last, d->text.data ? d->text.data : "", d->text.len);
    return 0;
}

int decoder_partial(struct decoder *d, struct asr_result *res, struct errbuf *why)
{
    return tell(d, false, res, why);
}

/* Everything that can be done before the end is known. The lattice cannot: see search_refine(). */
int decoder_prefetch_final(struct decoder *d, struct errbuf *why)
{
    return advance(d, why);
}

int decoder_finish(struct decoder *d, struct asr_result *res, struct errbuf *why)
{
    int err = front_end(&d->front);

    if (err)
        return front_error(err, why);
    err = advance(d, why);
    if (err)
        return err;
    for (int i = 0; i < SEARCHES; i++)
        search_end(&d->search[i]);
    return tell(d, true, res, why);
}

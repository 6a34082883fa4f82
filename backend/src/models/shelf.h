/**
 * @file models/shelf.h  The models of a running server: what is here, and what is being fetched
 *
 *     models_shelf_open(&shelf, &config, &why);
 *     models_shelf_get(shelf, "base.en-q8_0", &why);   // returns at once
 *     models_shelf_bring(shelf, "de", &why);           // what hearing German needs, if anything
 *     models_shelf_look(shelf, entry, &state);         // "getting", 12 of 82 MB
 *     models_shelf_cancel(shelf, "base.en-q8_0");      // what has arrived is kept
 *     models_shelf_close(shelf);                       // stops what is running
 *
 * A thread of its own does one thing after another: a download is bound by the network and a
 * checksum by the disk, so two at once would only delay each other. Only names from the catalogue
 * are accepted, never a path or an address.
 *
 * Threads    Any; models_shelf_close() once, after all other calls have ended.
 * Errors     0 or a negative UV_E* with a sentence. UV_ENOENT: no model has this name; UV_EALREADY:
 *            it is here; UV_EBUSY: it is being fetched or verified; UV_EAGAIN: the queue is full.
 */
#ifndef MODELS_SHELF_H
#define MODELS_SHELF_H

#include "models/models.h"

struct models_shelf;

enum { MODELS_SHELF_WAITING_MAX = 16 }; /**< Length of the queue */

enum models_state {
    MODELS_ABSENT,
    MODELS_WAITING, /**< For another one to be fetched */
    MODELS_GETTING,
    MODELS_VERIFYING,
    MODELS_READY,
    MODELS_FAILED, /**< The last attempt failed; see why */
};

struct models_shelf_state {
    enum models_state state;
    struct models_progress progress; /**< MODELS_GETTING, MODELS_VERIFYING: .name is not set */
    int64_t part;                    /**< [bytes] from an interrupted download; 0: none */
    char why[ERR_TEXT_MAX]; /**< MODELS_FAILED, or the result of the last verification; "": none */
};

/** config: check, url and data_dir are used; its strings must outlive the shelf. */
int models_shelf_open(struct models_shelf **sp, const struct models_config *config,
                      struct errbuf *why);
void models_shelf_close(struct models_shelf *shelf); /**< NULL is allowed */

void models_shelf_look(struct models_shelf *shelf, const struct model_entry *entry,
                       struct models_shelf_state *state);

/** Start to fetch it, or resume where it was interrupted. */
int models_shelf_get(struct models_shelf *shelf, const char *name, struct errbuf *why);
/** A language was chosen: start to fetch what is missing for it (models/advice.h). UV_ENOENT:
 *  nothing is missing. UV_EAGAIN for ten minutes after a failed attempt, unless a person asks for
 *  the model by name. */
int models_shelf_bring(struct models_shelf *shelf, const char *language, struct errbuf *why);
/** Is the file on disk the published one? The result appears later in state.why. UV_ENOENT also if
 *  there is no file. */
int models_shelf_verify(struct models_shelf *shelf, const char *name, struct errbuf *why);
/** Cancel what is running or queued; UV_ENOENT: there was nothing. */
int models_shelf_cancel(struct models_shelf *shelf, const char *name, struct errbuf *why);
/** Remove the file and what is left of an interrupted download. */
int models_shelf_remove(struct models_shelf *shelf, const char *name, struct errbuf *why);

#endif

/**
 * @file models/shelf.h  The models of a running server: what is here, what is coming, who asked
 *
 *     models_shelf_open(&shelf, &config, &why);
 *     models_shelf_get(shelf, "base.en-q8_0", &why);   // at once; it comes meanwhile
 *     models_shelf_bring(shelf, "de", &why);           // what hearing German needs, if anything
 *     models_shelf_look(shelf, entry, &state);         // "getting", 12 of 82 MB
 *     models_shelf_cancel(shelf, "base.en-q8_0");      // what has come stays for the next time
 *     models_shelf_close(shelf);                       // ends what is under way
 *
 * One thing after the other, on a thread of its own: a download is bound by the network and a
 * checksum by the disk, so two at once would only both be late. Only names of the catalogue are
 * taken: never a path or an address.
 *
 * Threads    Any; models_shelf_close() once, when nobody calls any more.
 * Errors     0 or a negative UV_E* with a sentence. UV_ENOENT: no model has this name; UV_EALREADY:
 *            it is here; UV_EBUSY: it is being got or verified; UV_EAGAIN: too much waits.
 */
#ifndef MODELS_SHELF_H
#define MODELS_SHELF_H

#include "models/models.h"

struct models_shelf;

enum { MODELS_SHELF_WAITING_MAX = 16 }; /**< Wishes that wait at the same time */

enum models_state {
    MODELS_ABSENT,
    MODELS_WAITING, /**< For another that is being got */
    MODELS_GETTING,
    MODELS_VERIFYING,
    MODELS_READY,
    MODELS_FAILED, /**< The last try: why says what happened */
};

struct models_shelf_state {
    enum models_state state;
    struct models_progress progress; /**< MODELS_GETTING, MODELS_VERIFYING: .name is not set */
    int64_t part;                    /**< [bytes] that came before it was interrupted; 0: none */
    char why[ERR_TEXT_MAX]; /**< MODELS_FAILED, or what the last verification said; "": nothing */
};

/** config: check, url and data_dir are used; its texts must outlive the shelf. */
int models_shelf_open(struct models_shelf **sp, const struct models_config *config,
                      struct errbuf *why);
void models_shelf_close(struct models_shelf *shelf); /**< NULL is allowed */

void models_shelf_look(struct models_shelf *shelf, const struct model_entry *entry,
                       struct models_shelf_state *state);

/** Begin to get it, or go on where it was interrupted. */
int models_shelf_get(struct models_shelf *shelf, const char *name, struct errbuf *why);
/** A language was chosen: what is missing to hear it (models/advice.h) begins to come. UV_ENOENT:
 *  nothing is missing. After a try that failed UV_EAGAIN for ten minutes, unless a person asks for
 *  it by name. */
int models_shelf_bring(struct models_shelf *shelf, const char *language, struct errbuf *why);
/** Is the file that is here the published one? state.why says so later. UV_ENOENT also when it is
 *  not here. */
int models_shelf_verify(struct models_shelf *shelf, const char *name, struct errbuf *why);
/** End what was begun or waits; UV_ENOENT: nothing was. */
int models_shelf_cancel(struct models_shelf *shelf, const char *name, struct errbuf *why);
/** The file goes, and what came of one that was interrupted. */
int models_shelf_remove(struct models_shelf *shelf, const char *name, struct errbuf *why);

#endif

/**
 * @file api/resealing.h  Resealing with the newest key what older keys sealed
 *
 *     struct resealing r;
 *     resealing_begin(&r, store, blobs, seal);
 *     while (!(err = resealing_step(&r, &over, why)) && !over)
 *         ... r.done ...                                  // may be stopped and restarted at any
 *                                                         time
 *     resealing_end(&r);
 *
 * One pass goes over every sealed field of the store and over every recording. A step handles a few
 * texts in one transaction, or one recording, whose file is replaced atomically: so a pass that is
 * interrupted, even by kill -9, leaves everything readable, and the next one does the rest. What no
 * key opens is damaged already, and is left alone. At the end the check value of the right key
 * (sealed_check_renew()) is resealed.
 *
 * In a server, a resealer checks every few seconds, and at resealer_look(), whether the key file
 * has changed. It loads new keys and makes its passes on a worker, step by step, so that nobody
 * waits for it.
 *
 *     resealer_open(&resealer, app, why);
 *     resealer_close(resealer);                           // after the lanes, before the loop
 *
 * Threads    A struct resealing belongs to one thread at a time. Open, close and look: the loop
 *            thread; resealer_state(): any.
 * Errors     Those of the store and of the recordings, with a sentence.
 */
#ifndef API_RESEALING_H
#define API_RESEALING_H

#include "blob/blob.h"
#include "store/store.h"

struct app;
struct resealer;
struct seal;

struct resealing {
    struct store *store;
    struct blob_store *blobs; /* NULL: there are none */
    const struct seal *seal;
    size_t field;
    char after[ID_TEXT_MAX];
    bool listed;
    char (*ids)[ID_TEXT_MAX]; /* of the recordings */
    size_t id_count;
    size_t id_room;
    size_t id_at;

    size_t done;    /**< Texts and recordings resealed so far */
    size_t damaged; /**< Those that no key opens */
};

/** blobs may be NULL. Everything is borrowed. */
void resealing_begin(struct resealing *r, struct store *store, struct blob_store *blobs,
                     const struct seal *seal);
int resealing_step(struct resealing *r, bool *over, struct errbuf *why);
void resealing_end(struct resealing *r);

/** What is still sealed with older keys. */
struct resealing_need {
    int64_t fields;
    int64_t recordings;
    int64_t damaged; /**< Not opened by any key; not counted in the others */
    int64_t unknown; /**< Sealed texts in places that this version does not know */
    bool taken_up;   /**< Has a pass with the newest key been completed? */
};
/** Reads everything; changes nothing. */
int resealing_look(struct store *store, struct blob_store *blobs, const struct seal *seal,
                   struct resealing_need *need, struct errbuf *why);

enum resealing_state {
    RESEALING_DONE,    /**< Nothing is left */
    RESEALING_RUNNING, /**< A pass is running */
    RESEALING_FAILED,  /**< It was stopped by an error, and is tried again */
};

int resealer_open(struct resealer **rp, struct app *app, struct errbuf *why);
void resealer_close(struct resealer *r); /**< NULL is allowed */
void resealer_stop(struct resealer *r);  /**< Starts no further step; NULL is allowed */
/** Check now, and make a pass even if the last one was completed. NULL is allowed. */
void resealer_look(struct resealer *r);
/** done: resealed since the pass began. NULL is RESEALING_DONE. */
enum resealing_state resealer_state(const struct resealer *r, size_t *done);

#endif

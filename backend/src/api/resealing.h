/**
 * @file api/resealing.h  What older keys sealed is sealed anew by the newest
 *
 *     struct resealing r;
 *     resealing_begin(&r, store, blobs, seal);
 *     while (!(err = resealing_step(&r, &over, why)) && !over)
 *         ... r.done ...                                  // stop and begin anew at any time
 *     resealing_end(&r);
 *
 * One pass goes over every sealed field of the store and over every recording. A step takes a few
 * texts, in one transaction, or one recording, whose file is replaced whole: so a pass that is cut
 * off, by kill -9 too, leaves everything readable, and the next one does what is left. What cannot
 * be opened by any key is damaged already; it is left as it is. At the end what tells the right key
 * (sealed_check_renew()) is sealed anew.
 *
 * In a server, a resealer looks every few seconds, and at resealer_look(), whether the key file has
 * changed. It takes up what is new there and makes its passes on a worker, step by step, so that
 * nobody waits for it.
 *
 *     resealer_open(&resealer, app, why);
 *     resealer_close(resealer);                           // after the lanes, before the loop
 *
 * Threads    A struct resealing belongs to one thread at a time. Open, close and look: the loop
 *            thread; resealer_state(): any.
 * Errors     Of the store and of the recordings, with a sentence.
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

    size_t done;    /**< Texts and recordings that were sealed anew */
    size_t damaged; /**< Those that no key opens */
};

/** blobs may be NULL. All is borrowed. */
void resealing_begin(struct resealing *r, struct store *store, struct blob_store *blobs,
                     const struct seal *seal);
int resealing_step(struct resealing *r, bool *over, struct errbuf *why);
void resealing_end(struct resealing *r);

/** What a key but the newest is needed for. */
struct resealing_need {
    int64_t fields;
    int64_t recordings;
    int64_t damaged; /**< What no key opens; not in the others */
    int64_t unknown; /**< Sealed texts where this version knows of none */
    bool taken_up;   /**< Has a pass by the newest key come to its end? */
};
/** Reads everything; changes nothing. */
int resealing_look(struct store *store, struct blob_store *blobs, const struct seal *seal,
                   struct resealing_need *need, struct errbuf *why);

enum resealing_state {
    RESEALING_DONE,    /**< Nothing is left */
    RESEALING_RUNNING, /**< A pass is under way */
    RESEALING_FAILED,  /**< It was cut off by an error, and is tried again */
};

int resealer_open(struct resealer **rp, struct app *app, struct errbuf *why);
void resealer_close(struct resealer *r); /**< NULL is allowed */
void resealer_stop(struct resealer *r);  /**< No further step is begun; NULL is allowed */
/** Now, and a pass even where the last one came to its end. NULL is allowed. */
void resealer_look(struct resealer *r);
/** done: sealed anew since the pass began. NULL is RESEALING_DONE. */
enum resealing_state resealer_state(const struct resealer *r, size_t *done);

#endif

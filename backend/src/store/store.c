/**
 * @file store/store.c  The store itself: its driver, its health, its facts
 */
#include "store/store_internal.h"

#include "base/module.h"
#include "store/on_lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One that costs much by being linked lies in a module, under the symbol store_<name>. */
static const struct {
    const char *name;
    const struct store_driver *driver;
    const char *module;
} drivers[] = {
    {"sqlite", &store_sqlite, NULL},
    {"postgres", NULL, "interviewd-postgres"},
};

static int find_driver(const char *name, const struct store_driver **driver, struct errbuf *why)
{
    char symbol[32];

    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
        if (strcmp(drivers[i].name, name) != 0)
            continue;
        snprintf(symbol, sizeof(symbol), "store_%s", name);
        *driver =
            drivers[i].module ? module_open(drivers[i].module, symbol, why) : drivers[i].driver;
        return *driver ? 0 : UV_ENOSYS;
    }
    return err_set(why, UV_ENOENT, "there is no store \"%s\"", name);
}

int store_open(struct store **sp, const char *driver, const struct store_params *params,
               struct errbuf *why)
{
    const struct store_driver *found = NULL;
    struct store *store;
    int err = find_driver(driver, &found, why);

    if (err)
        return err;
    store = calloc(1, sizeof(*store));
    if (!store)
        return err_set(why, UV_ENOMEM, "out of memory");
    store->driver = found;
    err = found->open(&store->db, params, why);
    if (err) {
        free(store);
        return err;
    }
    store->writer = store->driver;
    store->writer_db = store->db;
    *sp = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_use_lanes(store, NULL);
    store->driver->close(store->db);
    free(store);
}

int store_use_lanes(struct store *store, struct lanes *lanes)
{
    on_lane_close(store->on_lane);
    store->on_lane = NULL;
    store->writer = store->driver;
    store->writer_db = store->db;
    if (!lanes)
        return 0;
    if (on_lane_open(&store->on_lane, store->driver, store->db, lanes))
        return UV_ENOMEM;
    store->writer = &store_on_lane;
    store->writer_db = store->on_lane;
    return 0;
}

void store_watch(struct store *store, void (*fn)(const struct store_written *written, void *arg),
                 void *arg)
{
    store->watcher = fn;
    store->watcher_arg = arg;
}

/* Returns err; a failed write changed nothing. */
int store_tell(struct store *store, int err, const char *user_id, const char *session_id)
{
    if (!err && store->watcher)
        store->watcher(&(struct store_written){user_id, session_id}, store->watcher_arg);
    return err;
}

int store_migrate(struct store *store, int *from, int *to, struct errbuf *why)
{
    int was = 0;
    int is = 0;
    int err = store->driver->migrate(store->db, &was, &is, why);

    if (!err && from)
        *from = was;
    if (!err && to)
        *to = is;
    return err;
}

int store_ping(struct store *store, struct errbuf *why)
{
    return store->driver->ping(store->db, why);
}

void store_health(struct store *store, struct store_health *health)
{
    static const struct store_health healths[] = {
        [STORE_SOUND] = {STORE_SOUND, "ok", "", ""},
        [STORE_FULL] = {STORE_FULL, "storage_full",
                        "There is no room left for the database: nothing new is stored.",
                        "Free some space on the disk of the data folder; deleting interviews and "
                        "profiles works meanwhile, and storing goes on by itself."},
        [STORE_READ_ONLY] = {STORE_READ_ONLY, "read_only",
                             "The database may not be written: nothing new is stored.",
                             "Give the data folder and its files back to the user who runs the "
                             "server, or mount its disk writable."},
        [STORE_FAILING] = {STORE_FAILING, "disk_failing",
                           "The disk of the database reports errors.",
                           "Make a backup of the data folder now, and look at the disk "
                           "(dmesg, smartctl)."},
        [STORE_DAMAGED] = {STORE_DAMAGED, "damaged",
                           "Some of the database is damaged and cannot be read.",
                           "Stop the server and put a backup of interview.db back, or rescue what "
                           "can be read: docs/guides/backup.md says how."},
        [STORE_LOST] = {STORE_LOST, "lost",
                        "The database was deleted or replaced while the server runs: nothing new "
                        "is stored.",
                        "Put the right files back into the data folder and restart the server."},
        [STORE_OUTDATED] = {STORE_OUTDATED, "schema",
                            "The database has not the schema that this version needs.",
                            "Run interviewd migrate, or the version that wrote the database."},
        [STORE_AWAY] = {STORE_AWAY, "away",
                        "The database server cannot be reached: nothing is read or stored.",
                        "Start it, or look at the network between it and this server; everything "
                        "goes on by itself when it is there again."},
    };

    *health = healths[store->driver->fault(store->db)];
}

uint64_t store_round_trips(struct store *store)
{
    return store->driver->round_trips ? store->driver->round_trips(store->db) : 0;
}

int store_scrub(struct store *store, struct errbuf *why)
{
    return store->writer->scrub(store->writer_db, why);
}

int store_probe(struct store *store, struct errbuf *why)
{
    return store_fact_put(store, "probe", "", why);
}

/* ------------------------------------------------------------------------------- checks */

int store_check_id(const char *id, const char *what, struct errbuf *why)
{
    return id_valid(id) ? 0 : err_set(why, UV_ENOENT, "there is no such %s", what);
}

int store_check_own_id(const char *id, const char *what, struct errbuf *why)
{
    return id_valid(id) ? 0 : err_set(why, UV_EINVAL, "the %s has no id", what);
}

int store_check_page(size_t limit, struct errbuf *why)
{
    if (limit < 1 || limit > STORE_PAGE_MAX)
        return err_set(why, UV_EINVAL, "a page has 1 to %d records", STORE_PAGE_MAX);
    return 0;
}

int store_check_cursor(const char *cursor, struct errbuf *why)
{
    if (!cursor || !cursor[0] || id_valid(cursor))
        return 0;
    return err_set(why, UV_EINVAL, "that is not a cursor of a page before");
}

/* ------------------------------------------------------------------------------ figures */

int store_figures(struct store *store, enum store_figures what, const char *user_id, int64_t from,
                  int64_t to, struct store_list *list, struct errbuf *why)
{
    if (from < 0 || to < from || to - from >= STORE_FIGURE_DAYS_MAX)
        return err_set(why, UV_EINVAL, "figures are of 1 to %d days", STORE_FIGURE_DAYS_MAX);
    return store->driver->figures(store->db, what, user_id, from, to, list, why);
}

int store_figures_recount(struct store *store, struct errbuf *why)
{
    return store->writer->figures_recount(store->writer_db, why);
}

/* -------------------------------------------------------------------------------- facts */

int store_fact_get(struct store *store, const char *name, char **value, struct errbuf *why)
{
    return store->driver->fact_get(store->db, name, value, why);
}

int store_fact_put(struct store *store, const char *name, const char *value, struct errbuf *why)
{
    return store->writer->fact_put(store->writer_db, name, value, why);
}

int store_fact_claim(struct store *store, const char *name, const char *value, char **is,
                     struct errbuf *why)
{
    return store->writer->fact_claim(store->writer_db, name, value, is, why);
}

int store_samples(struct store *store, size_t limit, struct store_sample *samples, size_t *n,
                  struct errbuf *why)
{
    return store->driver->samples(store->db, limit, samples, n, why);
}

int store_copy(struct store *store, const char *path, struct errbuf *why)
{
    return store->driver->copy(store->db, path, why);
}

/* ---- resealing --------------------------------------------------------------------------- */

const char *store_sealed_field(struct store *store, size_t i)
{
    return store->driver->sealed_field(i);
}

int store_sealed_stale(struct store *store, size_t i, const char *fresh, const char *after,
                       size_t limit, struct store_sample *samples, size_t *n, struct errbuf *why)
{
    if (!store->driver->sealed_field(i) || limit < 1 || limit > STORE_RESEAL_MAX)
        return err_set(why, UV_EINVAL, "there is no such field, or it is too much at once");
    return store->driver->sealed_stale(store->db, i, fresh, after, limit, samples, n, why);
}

int store_sealed_rest(struct store *store, const char *fresh, int64_t *rest, struct errbuf *why)
{
    return store->driver->sealed_rest(store->db, fresh, rest, why);
}

int store_sealed_replace(struct store *store, const struct store_sample *was, char *const *now,
                         size_t n, struct errbuf *why)
{
    if (n > STORE_RESEAL_MAX)
        return err_set(why, UV_EINVAL, "it is too much at once");
    return store->writer->sealed_replace(store->writer_db, was, now, n, why);
}

/* ------------------------------------------------------------------------------- memory */

void store_list_release(struct store_list *list, enum store_kind kind)
{
    static const struct record *const records[] = {
        [STORE_KIND_PROFILE] = &store_record_profile,
        [STORE_KIND_SESSION] = &store_record_session,
        [STORE_KIND_TRANSCRIPT] = &store_record_transcript,
        [STORE_KIND_USER] = &store_record_user,
        [STORE_KIND_RECORDING] = &store_record_recording,
        [STORE_KIND_API_KEY] = &store_record_api_key,
        [STORE_KIND_PASSKEY] = &store_record_passkey,
        [STORE_KIND_TRANSCRIPTION] = &store_record_transcription,
    };

    for (size_t i = 0; i < list->count; i++)
        record_release(records[kind], (char *)list->items + i * records[kind]->size);
    free(list->items);
    *list = (struct store_list){0};
}

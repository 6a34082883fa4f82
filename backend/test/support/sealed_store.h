/**
 * @file test/support/sealed_store.h  An empty database and its seal, in their own folder
 *
 *     sealed_store_make(dir, NULL, &store, &seal);  ...  sealed_store_remove(dir, store, seal);
 */
#ifndef TEST_SEALED_STORE_H
#define TEST_SEALED_STORE_H

#include "support/scratch.h"

struct store;
struct seal;

/** A master key in the form of the setting. */
#define SEALED_STORE_KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/** SQLite with the current schema, in dir/i.db. key: the master key; NULL: one is generated in a
 *  file of the folder. */
void sealed_store_make(char dir[static SCRATCH_MAX], const char *key, struct store **store,
                       struct seal **seal);
void sealed_store_remove(const char *dir, struct store *store, struct seal *seal);

#endif

/**
 * @file test/support/sealed_store.c  See sealed_store.h
 */
#include "support/sealed_store.h"

#include "auth/seal.h"
#include "cmocka_all.h"
#include "store/store.h"

void sealed_store_make(char dir[static SCRATCH_MAX], const char *key, struct store **store,
                       struct seal **seal)
{
    struct store_params params = {0};
    const char *file;

    scratch_make(dir);
    params.path = scratch_path(dir, "i.db");
    assert_int_equal(store_open(store, "sqlite", &params, NULL), 0);
    assert_int_equal(store_migrate(*store, NULL, NULL, NULL), 0);
    file = key ? NULL : scratch_path(dir, "master.key");
    assert_int_equal(seal_open(seal, file, key, SEAL_FIRST_START, NULL), 0);
}

void sealed_store_remove(const char *dir, struct store *store, struct seal *seal)
{
    seal_close(seal);
    store_close(store);
    scratch_remove(dir);
}

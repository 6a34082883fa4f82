/**
 * @file fuzz/page.c  Cursors of lists, against a store with something in it
 *
 * First byte: which list and how many. Held: a page, or UV_EINVAL with a sentence; never more than
 * asked for; the cursor of a page leads on to others and not to the same again.
 */
#include "base/clock.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 7 };

static char path[64];
static struct store *store;
static struct store_user ada;
static struct store_session session;

static char *own(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void must(int rc)
{
    if (rc)
        abort();
}

/* The last connection takes the files beside it away. */
static void remove_store(void)
{
    store_close(store);
    unlink(path);
}

static void fill(void)
{
    snprintf(path, sizeof(path), "/tmp/fuzz-page-%d.db", (int)getpid());
    atexit(remove_store);
    must(store_open(&store, "sqlite", &(struct store_params){.path = path}, NULL));
    must(store_migrate(store, NULL, NULL, NULL));
    ada = (struct store_user){
        .display_name = own("Ada"), .settings = own("{}"), .subscription = own("{}")};
    id_new(ada.id);
    must(store_user_put(store, &ada, NULL));
    for (int i = 0; i < ROWS; i++) {
        session = (struct store_session){.metadata = own("{}"), .created_at = clock_unix_ms()};
        id_new(session.id);
        memcpy(session.user_id, ada.id, ID_TEXT_MAX);
        must(store_session_put(store, &session, NULL));
    }
    for (int i = 0; i < ROWS; i++) {
        struct store_transcript t = {.metrics = own("{}"), .timestamp = i};

        id_new(t.id);
        memcpy(t.session_id, session.id, ID_TEXT_MAX);
        must(store_transcript_put(store, &t, NULL));
    }
}

static int list(int which, size_t limit, const char *cursor, struct store_list *to,
                struct errbuf *err)
{
    switch (which) {
    case 0:
        return store_profile_list(store, ada.id, limit, cursor, to, err);
    case 1:
        return store_session_list(store, ada.id, NULL, limit, cursor, to, err);
    default:
        return store_transcript_list(store, ada.id, session.id, which == 2, limit, cursor, to, err);
    }
}

static const enum store_kind kinds[] = {STORE_KIND_PROFILE, STORE_KIND_SESSION,
                                        STORE_KIND_TRANSCRIPT, STORE_KIND_TRANSCRIPT};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char cursor[256];
    size_t limit;
    int which;

    if (!store)
        fill();
    if (!size || size > sizeof(cursor))
        return 0;
    which = data[0] & 3;
    limit = 1 + (data[0] >> 2) % 5;
    memcpy(cursor, data + 1, size - 1);
    cursor[size - 1] = '\0';
    for (int pages = 0;; pages++) {
        struct errbuf err = {""};
        struct store_list page;
        int rc = list(which, limit, cursor, &page, &err);

        if (rc && (rc != UV_EINVAL || !err.text[0] || pages))
            abort();
        if (rc)
            return 0;
        if (page.count > limit || pages > ROWS)
            abort();
        memcpy(cursor, page.next, sizeof(page.next));
        store_list_release(&page, kinds[which]);
        if (!cursor[0])
            return 0;
    }
}

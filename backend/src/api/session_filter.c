/**
 * @file api/session_filter.c  The filter for lists and searches of sessions
 *
 * The role belongs to the profile, where it may be sealed: the user's profiles are searched for it,
 * and the store is queried for those that match.
 */
#include "api/reply.h"
#include "api/sessions.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/text.h"
#include "search/index.h"
#include "store/sealed.h"

#include <stdio.h>
#include <string.h>

enum {
    DAY_MS = 86400000,
    DATE_LENGTH = 10,
    ROLE_MAX = 120, /* [characters] */
    PROVIDER_MAX = 64,
};

/* A time, or a UTC day: its beginning or its end. 1: answered. */
static int read_time(const struct http_request *req, struct http_response *res, const char *name,
                     bool to_end, int64_t *time)
{
    const char *text = http_query(req, name);
    char day[32];

    if (!text)
        return 0;
    if (strlen(text) == DATE_LENGTH) {
        snprintf(day, sizeof(day), "%sT00:00:00Z", text);
        if (!clock_parse(day, time) && *time >= 0) {
            *time += to_end ? DAY_MS : 0;
            *time += *time == 0; /* 0 means any time */
            return 0;
        }
    } else if (!clock_parse(text, time) && *time >= 0) {
        *time += to_end || *time == 0; /* inclusive */
        return 0;
    }
    return validate_refuse(req, res, name,
                           "must be a day (2026-05-14) or a time (2026-05-14T09:26:53Z)");
}

struct role {
    const struct index_query *query;
    bool has[INDEX_WORDS_MAX];
};

static void take_role_word(const struct term *term, void *arg)
{
    struct role *role = arg;

    for (size_t i = 0; i < role->query->count; i++) {
        const char *wanted = role->query->words[i];
        bool last = i + 1 == role->query->count;

        role->has[i] |=
            last ? !strncmp(term->word, wanted, strlen(wanted)) : !strcmp(term->word, wanted);
    }
}

static bool has_role(const struct index_query *query, const char *text)
{
    struct role role = {.query = query};

    words_each(text, strlen(text), take_role_word, &role);
    for (size_t i = 0; i < query->count; i++)
        if (!role.has[i])
            return false;
    return query->count > 0;
}

static void add_profile(struct session_filter *filter, const char *id)
{
    size_t n = filter->store.profile_count;

    if (n == FILTER_PROFILES_MAX)
        return;
    snprintf(filter->ids[n], ID_TEXT_MAX, "%s", id);
    filter->profiles[n] = filter->ids[n];
    filter->store.profile_count++;
}

static int find_role(const struct http_request *req, const char *role,
                     struct session_filter *filter, struct errbuf *why)
{
    const struct app *app = app_of(req);
    const char *only = filter->store.profile_count ? filter->ids[0] : NULL;
    char cursor[STORE_CURSOR_MAX] = "";
    struct index_query query;
    int err;

    index_query_read(&query, role);
    filter->store.profile_count = 0;
    do {
        struct store_list list = {0};

        err = store_profile_list(app->store, req->user, STORE_PAGE_MAX, cursor, &list, why);
        for (size_t i = 0; i < list.count && !err; i++) {
            struct store_profile *p = (struct store_profile *)list.items + i;

            err = sealed_profile_open(app->seal, p, why);
            if (!err && p->role && has_role(&query, p->role) && (!only || !strcmp(only, p->id)))
                add_profile(filter, p->id);
        }
        memcpy(cursor, list.next, sizeof(cursor));
        store_list_release(&list, STORE_KIND_PROFILE);
    } while (!err && cursor[0]);
    return err;
}

int session_filter_read(const struct http_request *req, struct http_response *res,
                        struct session_filter *filter)
{
    const char *status = http_query(req, "status");
    const char *profile = http_query(req, "profileId");
    const char *role = http_query(req, "role");
    const char *provider = http_query(req, "provider");
    struct errbuf why = {""};
    int err;

    filter->store = (struct store_session_filter){.status = STORE_ANY};
    if (status && !session_read_status(status, &filter->store.status))
        return validate_refuse(req, res, "status", "must be one of active, completed, abandoned");
    if (read_time(req, res, "from", false, &filter->store.from) ||
        read_time(req, res, "to", true, &filter->store.until))
        return 1;
    if (profile && !id_valid(profile))
        return validate_refuse(req, res, "profileId", "must be the id of a profile");
    if (role && (!role[0] || utf8_count(role, strlen(role)) > ROLE_MAX))
        return validate_refuse(req, res, "role", "must have 1 to 120 characters");
    if (provider && (!provider[0] || utf8_count(provider, strlen(provider)) > PROVIDER_MAX))
        return validate_refuse(req, res, "provider", "must have 1 to 64 characters");
    filter->store.provider = provider;
    if (profile || role)
        filter->store.profiles = filter->profiles;
    if (profile)
        add_profile(filter, profile);
    err = role ? find_role(req, role, filter, &why) : 0;
    if (!err)
        return 0;
    reply_failed(req, res, err, &why, "profile");
    return 1;
}

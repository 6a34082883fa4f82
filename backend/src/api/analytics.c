/**
 * @file api/analytics.c  GET /api/v1/analytics: what happened each day
 *
 * The store maintains the daily figures. The roles are looked up in the profiles, which are sealed.
 */
#include "api/reply.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/json.h"
#include "export/record.h"
#include "store/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAY_MS = 86400000,
    DAYS = 30, /* if `from` is absent */
    ROLES_MAX = 512,
    TOP_ROLES = 5,
};

/* ---- range ------------------------------------------------------------------------------- */

struct days {
    int64_t from, to; /* both inclusive */
    const char *user; /* NULL: everybody */
};

static void day_name(int64_t day, char text[static CLOCK_TEXT_MAX])
{
    clock_format(day * DAY_MS, text);
    text[10] = '\0';
}

/* 1: answered. */
static int read_day(const struct http_request *req, struct http_response *res, const char *name,
                    int64_t *day)
{
    const char *text = http_query(req, name);
    char whole[32];
    int64_t ms;

    if (!text)
        return 0;
    snprintf(whole, sizeof(whole), "%sT00:00:00Z", text);
    if (strlen(text) != 10 || clock_parse(whole, &ms) || ms < 0)
        return validate_refuse(req, res, name, "must be a day, such as 2026-05-14");
    *day = ms / DAY_MS;
    return 0;
}

static int read_days(const struct http_request *req, struct http_response *res, struct days *days)
{
    const char *scope = http_query(req, "scope");

    days->to = clock_unix_ms() / DAY_MS;
    if (read_day(req, res, "to", &days->to))
        return 1;
    days->from = days->to >= DAYS ? days->to - DAYS + 1 : 0;
    if (read_day(req, res, "from", &days->from))
        return 1;
    if (days->from > days->to || days->to - days->from >= STORE_FIGURE_DAYS_MAX)
        return validate_refuse(req, res, "from", "must be at most 365 days before to");
    if (scope && strcmp(scope, "own") != 0 && strcmp(scope, "all") != 0)
        return validate_refuse(req, res, "scope", "must be one of own, all");
    days->user = scope && scope[0] == 'a' ? NULL : req->user;
    if (days->user || request_is_operator(req))
        return 0;
    http_problem(res, req, 403, "not_operator",
                 "Only an operator of this server may see the figures of everybody.", NULL);
    return 1;
}

/* -------------------------------------------------------------------------------- roles */

struct role {
    char *name;
    int64_t sessions;
    char user_id[ID_TEXT_MAX]; /* the user who had it first */
    bool told;
};

struct roles {
    struct role at[ROLES_MAX];
    size_t n;
};

static void roles_release(struct roles *roles)
{
    for (size_t i = 0; i < roles->n; i++)
        free(roles->at[i].name);
    roles->n = 0;
}

/* The contents of a profile are private: an operator only sees roles that at least two people have,
 * and their own (docs/architecture/decisions/0033). */
static void add_role(struct roles *roles, const char *name, const struct store_share *share,
                     const char *viewer)
{
    bool own = !strcmp(share->user_id, viewer);
    struct role *role;

    for (size_t i = 0; i < roles->n; i++) {
        role = &roles->at[i];
        if (strcasecmp(role->name, name) != 0)
            continue;
        role->sessions += share->count;
        role->told |= own || strcmp(role->user_id, share->user_id) != 0;
        return;
    }
    if (roles->n == ROLES_MAX)
        return;
    role = &roles->at[roles->n];
    role->name = strdup(name);
    role->sessions = share->count;
    role->told = own;
    memcpy(role->user_id, share->user_id, sizeof(role->user_id));
    roles->n += role->name != NULL;
}

static int most_first(const void *a, const void *b)
{
    const struct role *x = a, *y = b;

    return x->sessions != y->sessions ? (x->sessions < y->sessions) - (x->sessions > y->sessions)
                                      : strcmp(x->name, y->name);
}

static json_t *top_roles(struct roles *roles)
{
    json_t *list = json_array();

    qsort(roles->at, roles->n, sizeof(roles->at[0]), most_first);
    for (size_t i = 0; i < roles->n && json_array_size(list) < TOP_ROLES; i++)
        if (roles->at[i].told)
            json_array_append_new(list, json_string(roles->at[i].name));
    return list;
}

/* The role of the profile in a share; NULL: it is gone, or has none. */
static char *role_of(const struct app *app, const struct store_share *share)
{
    struct store_profile p;
    char *role = NULL;

    if (store_profile_get(app->store, share->user_id, share->name, &p, NULL))
        return NULL;
    if (!sealed_profile_open(app->seal, &p, NULL) && p.role && p.role[0])
        role = strdup(p.role);
    store_profile_release(&p);
    return role;
}

/* ------------------------------------------------------------------------------ figures */

struct figures {
    struct store_list days, providers, profiles;
    const char *viewer; /* the viewer */
};

static int load(const struct app *app, const struct days *days, struct figures *f,
                struct errbuf *why)
{
    struct store_list *const lists[] = {&f->days, &f->providers, &f->profiles};
    int err = 0;

    for (enum store_figures what = STORE_DAYS; what <= STORE_PROFILES && !err; what++)
        err = store_figures(app->store, what, days->user, days->from, days->to, lists[what], why);
    return err;
}

static void set_average(json_t *to, int64_t seconds, int64_t said)
{
    json_object_set_new(to, "averageSessionDuration",
                        said ? json_thousandths((double)seconds / (double)said) : json_integer(0));
}

/* Providers and roles of one day, or of all days (day < 0). */
static void set_shares(json_t *to, const struct app *app, const struct figures *f, int64_t day)
{
    json_t *usage = json_object();
    struct roles *roles = calloc(1, sizeof(*roles));

    for (size_t i = 0; i < f->providers.count; i++) {
        const struct store_share *s = (const struct store_share *)f->providers.items + i;
        int64_t before = json_int(usage, s->name, 0);

        if (day < 0 || s->day == day)
            json_object_set_new(usage, s->name, json_integer((json_int_t)(before + s->count)));
    }
    for (size_t i = 0; roles && i < f->profiles.count; i++) {
        const struct store_share *s = (const struct store_share *)f->profiles.items + i;
        char *role = day < 0 || s->day == day ? role_of(app, s) : NULL;

        if (role)
            add_role(roles, role, s, f->viewer);
        free(role);
    }
    json_object_set_new(to, "topRoles", roles ? top_roles(roles) : json_array());
    json_object_set_new(to, "llmProviderUsage", usage);
    if (roles)
        roles_release(roles);
    free(roles);
}

static json_t *day_json(const struct app *app, const struct figures *f, const struct store_day *d)
{
    char date[CLOCK_TEXT_MAX];
    json_t *day = json_object();

    day_name(d->day, date);
    json_set_str(day, "date", date);
    json_object_set_new(day, "totalSessions", json_integer((json_int_t)d->sessions));
    json_object_set_new(day, "totalUsers", json_integer((json_int_t)d->users));
    json_object_set_new(day, "totalQuestions", json_integer((json_int_t)d->questions));
    set_average(day, d->seconds, d->said);
    set_shares(day, app, f, d->day);
    return day;
}

static json_t *whole_json(const struct app *app, const struct days *days, const struct figures *f)
{
    json_t *root = json_object(), *items = json_array(), *total = json_object();
    int64_t sessions = 0, questions = 0, said = 0, seconds = 0;
    char date[CLOCK_TEXT_MAX];

    for (size_t i = 0; i < f->days.count; i++) {
        const struct store_day *d = (const struct store_day *)f->days.items + i;

        sessions += d->sessions;
        questions += d->questions;
        said += d->said;
        seconds += d->seconds;
        json_array_append_new(items, day_json(app, f, d));
    }
    json_object_set_new(total, "totalSessions", json_integer((json_int_t)sessions));
    json_object_set_new(total, "totalQuestions", json_integer((json_int_t)questions));
    set_average(total, seconds, said);
    set_shares(total, app, f, -1);
    day_name(days->from, date);
    json_set_str(root, "from", date);
    day_name(days->to, date);
    json_set_str(root, "to", date);
    json_set_str(root, "scope", days->user ? "own" : "all");
    json_object_set_new(root, "total", total);
    json_object_set_new(root, "days", items);
    return root;
}

static int get_analytics(const struct http_request *req, struct http_response *res)
{
    const struct app *app = app_of(req);
    struct figures f = {.viewer = req->user};
    struct errbuf why = {""};
    struct days days;
    int err;

    if (read_days(req, res, &days))
        return 0;
    err = load(app, &days, &f, &why);
    err = err ? reply_failed(req, res, err, &why, "figure")
              : http_reply_json(res, 200, whole_json(app, &days, &f));
    free(f.days.items);
    free(f.providers.items);
    free(f.profiles.items);
    return err;
}

const struct http_route api_analytics_routes[] = {
    {"GET", "/api/v1/analytics", get_analytics, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};

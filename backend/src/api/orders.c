/**
 * @file api/orders.c  `interviewd admin`: executing its commands
 *
 * In the command itself or in the running server (api/door.h): the arguments arrive as typed, and
 * the answer is the text to print.
 */
#include "api/admin.h"
#include "api/auth.h"
#include "auth/recovery.h"
#include "base/clock.h"
#include "base/text.h"
#include "export/record.h"

#include <stdlib.h>
#include <string.h>

struct order {
    const struct app *app;
    const char *const *words; /* after the verb */
    size_t count;
    struct buf *out;
};

/* Replaces the output so far by a sentence. */
static int refuse(const struct order *o, int err, const char *sentence)
{
    buf_clear(o->out);
    buf_puts(o->out, sentence[0] ? sentence : uv_strerror(err));
    return err;
}

/* By id or by e-mail. */
static int find(const struct order *o, struct store_user *user)
{
    char email[ACCOUNTS_EMAIL_MAX];
    struct errbuf why = {""};
    int err = UV_ENOENT;

    if (id_valid(o->words[0]))
        err = store_user_get(o->app->store, o->words[0], user, &why);
    else if (!accounts_email(o->words[0], email))
        err = store_user_by_email(o->app->store, email, user, &why);
    if (err == UV_ENOENT)
        return refuse(o, err, "There is no such account; `interviewd admin list` shows them all.");
    return err ? refuse(o, err, why.text) : 0;
}

static void print_time(struct buf *out, int64_t ms)
{
    char text[CLOCK_TEXT_MAX];

    clock_format(ms, text);
    buf_printf(out, "%.16s", text); /* to the minute */
}

/* Names are chosen by users: they must not move a terminal's cursor. */
static void print_text(struct buf *out, const char *text)
{
    const char *end = text + strlen(text);

    while (text < end) {
        const char *from = text;
        uint32_t c = utf8_next(&text, end);

        if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0xfffd)
            buf_putc(out, '?');
        else
            buf_append(out, from, (size_t)(text - from));
    }
}

/* ---- queries ------------------------------------------------------------------------------ */

static void print_row(struct buf *out, const struct store_user *user)
{
    print_time(out, user->created_at);
    buf_printf(out, "  %-5s  %-8s  %s  ", record_role(user), user->disabled_at ? "disabled" : "",
               user->id);
    print_text(out, user->email ? user->email : "(local owner)");
    buf_puts(out, "  ");
    print_text(out, user->display_name);
    buf_putc(out, '\n');
}

static int list(const struct order *o)
{
    char cursor[STORE_CURSOR_MAX] = "";
    size_t count = 0;

    buf_puts(o->out,
             "since             role   state     id                          e-mail  name\n");
    do {
        struct store_list page = {0};
        struct errbuf why = {""};
        int err = store_user_list(o->app->store, STORE_PAGE_MAX, cursor, &page, &why);

        if (err)
            return refuse(o, err, why.text);
        for (size_t i = 0; i < page.count; i++)
            print_row(o->out, (const struct store_user *)page.items + i);
        count += page.count;
        memcpy(cursor, page.next, sizeof(cursor));
        store_list_release(&page, STORE_KIND_USER);
    } while (cursor[0]);
    if (!count) {
        buf_clear(o->out);
        buf_puts(o->out, "There are no accounts yet: `interviewd admin add EMAIL` makes one.\n");
    }
    return 0;
}

static int print_sign_ins(const struct order *o, const struct store_user *user)
{
    struct store_list all = {0};
    struct errbuf why = {""};
    int err = accounts_sign_ins(o->app->accounts, user->id, clock_unix_ms(), &all, &why);

    if (err)
        return refuse(o, err, why.text);
    buf_printf(o->out, "signed in  %zu times\n", all.count);
    for (size_t i = 0; i < all.count; i++) {
        const struct store_refresh *s = (const struct store_refresh *)all.items + i;

        buf_puts(o->out, "           ");
        print_time(o->out, s->seen_at);
        buf_printf(o->out, "  %s  %s\n", s->address, s->program);
    }
    free(all.items);
    return 0;
}

static int show(const struct order *o)
{
    struct store_user user;
    size_t profiles = 0;
    int64_t bytes = 0;
    int err = find(o, &user);

    if (err)
        return err;
    print_row(o->out, &user);
    store_profile_count(o->app->store, user.id, &profiles, NULL);
    store_recording_bytes(o->app->store, user.id, &bytes, NULL);
    buf_printf(o->out, "password   %s\nprofiles   %zu\nrecordings %.1f MB\n",
               user.password ? "set" : "not set: reset-password makes a link", profiles,
               (double)bytes / 1e6);
    err = print_sign_ins(o, &user);
    store_user_release(&user);
    return err;
}

/* ---- changes ------------------------------------------------------------------------------ */

static int print_link(const struct order *o, const struct store_user *user, int life_s)
{
    char link[MAILER_LINK_MAX];
    struct errbuf why = {""};
    int err = admin_link(o->app, user, life_s, link, &why);

    if (err)
        return refuse(o, err, why.text);
    buf_printf(
        o->out,
        "This link sets the password, once, within %d %s. Give it to nobody else:\n\n  %s\n\n",
        life_s >= 86400 ? life_s / 86400 : life_s / 60, life_s >= 86400 ? "days" : "minutes", link);
    explicit_bzero(link, sizeof(link));
    return 0;
}

static int add(const struct order *o)
{
    bool admin = o->count > 1 && strcmp(o->words[o->count - 1], "--admin") == 0;
    const char *name = o->count - admin > 1 ? o->words[1] : o->words[0];
    struct errbuf why = {""};
    struct store_user user;
    int err;

    if (!strchr(o->words[0], '@'))
        return refuse(o, UV_EINVAL, "That is not an e-mail address.");
    err = accounts_add(o->app->accounts, o->words[0], name,
                       admin ? STORE_ROLE_ADMIN : STORE_ROLE_USER, clock_unix_ms(), &user, &why);
    if (err == UV_EEXIST)
        return refuse(o, err, "There is an account with this e-mail address already.");
    if (err)
        return refuse(o, err, why.text);
    admin_tell(user.id, "signup", "");
    buf_puts(o->out, "Made: ");
    print_row(o->out, &user);
    err = print_link(o, &user, RECOVERY_INVITE_S);
    store_user_release(&user);
    return err;
}

static int reset_password(const struct order *o)
{
    struct store_user user;
    int err = find(o, &user);

    if (err)
        return err;
    err = print_link(o, &user, RECOVERY_S);
    if (!err)
        admin_tell(user.id, "reset_link", "");
    store_user_release(&user);
    return err;
}

static int set_disabled(const struct order *o, bool disabled)
{
    struct store_user user, changed;
    struct errbuf why = {""};
    int err = find(o, &user);

    if (err)
        return err;
    err = accounts_disable(o->app->accounts, user.id, disabled, clock_unix_ms(), &changed, &why);
    if (err) {
        refuse(o, err, why.text);
    } else {
        admin_tell(user.id, disabled ? "disable" : "enable", "");
        print_row(o->out, &changed);
        store_user_release(&changed);
    }
    store_user_release(&user);
    return err;
}

static int disable(const struct order *o)
{
    return set_disabled(o, true);
}

static int enable(const struct order *o)
{
    return set_disabled(o, false);
}

static int role(const struct order *o)
{
    bool admin = strcmp(o->words[1], "admin") == 0;
    struct store_user user, changed;
    struct errbuf why = {""};
    int err;

    if (!admin && strcmp(o->words[1], "user") != 0)
        return refuse(o, UV_EINVAL, "A role is user or admin.");
    if ((err = find(o, &user)))
        return err;
    err = accounts_set_role(o->app->accounts, user.id, admin ? STORE_ROLE_ADMIN : STORE_ROLE_USER,
                            &changed, &why);
    if (err) {
        refuse(o, err, why.text);
    } else {
        admin_tell(user.id, admin ? "made_admin" : "made_user", "");
        print_row(o->out, &changed);
        store_user_release(&changed);
    }
    store_user_release(&user);
    return err;
}

static int sign_out(const struct order *o)
{
    struct errbuf why = {""};
    struct store_user user;
    size_t count = 0;
    int err = find(o, &user);

    if (err)
        return err;
    err = accounts_sign_out_others(o->app->accounts, user.id, "", clock_unix_ms(), &count, &why);
    if (err) {
        refuse(o, err, why.text);
    } else {
        admin_tell(user.id, "sign_out", "");
        buf_printf(o->out, "%zu sign-ins were ended.\n", count);
    }
    store_user_release(&user);
    return err;
}

static int erase(const struct order *o)
{
    struct errbuf why = {""};
    struct store_user user;
    int err;

    if (o->count < 2 || strcmp(o->words[1], "--yes") != 0)
        return refuse(
            o, UV_EINVAL,
            "This erases the account and everything in it for good. If that is meant, add "
            "--yes.");
    if ((err = find(o, &user)))
        return err;
    err = auth_erase(o->app, user.id, &why);
    if (err)
        refuse(o, err, why.text);
    else
        buf_puts(o->out, "Erased, with everything in it.\n");
    store_user_release(&user);
    return err;
}

/* ---- dispatch ----------------------------------------------------------------------------- */

static const struct {
    const char *verb;
    int (*run)(const struct order *o);
    size_t least, most; /* number of arguments after it */
    const char *usage;
} orders[] = {
    {"list", list, 0, 0, "list"},
    {"show", show, 1, 1, "show EMAIL"},
    {"add", add, 1, 3, "add EMAIL [NAME] [--admin]"},
    {"reset-password", reset_password, 1, 1, "reset-password EMAIL"},
    {"disable", disable, 1, 1, "disable EMAIL"},
    {"enable", enable, 1, 1, "enable EMAIL"},
    {"role", role, 2, 2, "role EMAIL user|admin"},
    {"sign-out", sign_out, 1, 1, "sign-out EMAIL"},
    {"erase", erase, 1, 2, "erase EMAIL --yes"},
};

enum { ORDERS = sizeof(orders) / sizeof(orders[0]) };

int order_run(const struct app *app, const char *const *words, size_t count, struct buf *out)
{
    struct order o = {.app = app, .out = out};
    size_t users = count && strcmp(words[0], "users") == 0; /* may precede any of them */

    for (size_t i = 0; i < ORDERS && count > users; i++) {
        if (strcmp(orders[i].verb, words[users]) != 0)
            continue;
        o.words = words + users + 1;
        o.count = count - users - 1;
        if (o.count >= orders[i].least && o.count <= orders[i].most)
            return orders[i].run(&o);
        buf_printf(out, "It takes: interviewd admin %s", orders[i].usage);
        return UV_EINVAL;
    }
    buf_puts(out, "interviewd admin takes one of:\n");
    for (size_t i = 0; i < ORDERS; i++)
        buf_printf(out, "  %s%s", orders[i].usage, i + 1 < ORDERS ? "\n" : "");
    return UV_EINVAL;
}

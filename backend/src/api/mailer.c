/**
 * @file api/mailer.c  Mails that the server sends
 *
 * A message is RFC 5322 with a UTF-8 text; libcurl does dot-stuffing and talks to the server.
 */
#include "api/mailer.h"

#include "api/app.h"
#include "base/buffer.h"
#include "base/id.h"
#include "config/config.h"
#include "loop/loop.h"
#include "net/client.h"
#include "observe/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAIL_WITHIN_MS = 60000 };

static atomic_int on_their_way;

struct mail {
    const struct app *app;
    char to[ACCOUNTS_EMAIL_MAX];
    struct buf text;
};

static void mail_free(void *arg)
{
    struct mail *mail = arg;

    if (mail->text.data)
        explicit_bzero(mail->text.data, mail->text.len); /* the link is as good as a password */
    buf_release(&mail->text);
    free(mail);
    atomic_fetch_sub(&on_their_way, 1);
}

static void sent(struct http_call *call, int err, const char *why, void *arg)
{
    (void)call;
    if (err)
        log_error("mail", "a mail could not be sent: %s", why ? why : uv_strerror(err));
    mail_free(arg);
}

static void ignore_data(struct http_call *call, const char *data, size_t len, void *arg)
{
    (void)call;
    (void)data;
    (void)len;
    (void)arg;
}

static void send_mail(void *arg)
{
    static const struct http_call_handlers handlers = {
        .on_data = ignore_data, .on_done = sent, .on_dropped = mail_free};
    struct mail *mail = arg;
    const struct config *c = mail->app->config;
    const struct http_call_request request = {
        .url = c->smtp_url,
        .mail_from = c->smtp_from,
        .mail_to = mail->to,
        .body = mail->text.data,
        .body_len = mail->text.len,
        .total_timeout_ms = MAIL_WITHIN_MS,
    };
    int err = http_call_start(mail->app->client, &request, &handlers, mail, NULL);

    if (err)
        sent(NULL, err, NULL, mail);
}

static void write_head(struct mail *mail, const char *subject)
{
    const char *from = mail->app->config->smtp_from;
    char date[40], id[ID_TEXT_MAX];
    time_t now = time(NULL);
    struct tm tm;

    id_new(id);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &tm));
    buf_printf(&mail->text,
               "From: Interview Assistant <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\n"
               "Message-ID: <%s%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
               "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
               from, mail->to, subject, date, id, strchr(from, '@'));
}

void mailer_link(const struct app *app, const char *token, char to[static MAILER_LINK_MAX])
{
    snprintf(to, MAILER_LINK_MAX, "%s/reset/#%s", app->url, token);
}

bool mailer_is_there(const struct app *app)
{
    return app->config->smtp_url && app->client;
}

/* A mail that may be written and sent; NULL with *err. */
static struct mail *begin(const struct app *app, const char *email, int *err)
{
    struct mail *mail;

    *err = UV_ENOTSUP;
    if (!mailer_is_there(app))
        return NULL;
    *err = UV_EAGAIN;
    if (atomic_fetch_add(&on_their_way, 1) >= MAILS_MAX) {
        atomic_fetch_sub(&on_their_way, 1);
        log_warn("mail", "a mail is not sent: %d are on their way already", MAILS_MAX);
        return NULL;
    }
    *err = UV_ENOMEM;
    mail = calloc(1, sizeof(*mail));
    if (!mail) {
        atomic_fetch_sub(&on_their_way, 1);
        return NULL;
    }
    mail->app = app;
    buf_init(&mail->text, MAIL_TEXT_MAX);
    snprintf(mail->to, sizeof(mail->to), "%s", email);
    return mail;
}

static int end(struct mail *mail)
{
    int err = mail->text.err ? mail->text.err : loop_post(mail->app->loop, send_mail, mail);

    if (err)
        mail_free(mail);
    return err;
}

int mailer_send_link(const struct app *app, const char *email, const char *name, const char *token)
{
    char link[MAILER_LINK_MAX];
    int err;
    struct mail *mail = begin(app, email, &err);

    if (!mail)
        return err;
    mailer_link(app, token, link);
    write_head(mail, "Set another password");
    buf_printf(&mail->text,
               "Hello %s,\r\n\r\nsomebody, hopefully you, asked to set another "
               "password for your account of Interview Assistant. Within %d minutes "
               "this link does that, once:\r\n\r\n%s\r\n\r\n"
               "You are signed out everywhere then. If it was not you, nothing has "
               "changed and nothing needs to be done.\r\n",
               name, RECOVERY_S / 60, link);
    explicit_bzero(link, sizeof(link));
    return end(mail);
}

int mailer_send_signup(const struct app *app, const char *email, const char *token)
{
    int err;
    struct mail *mail = begin(app, email, &err);

    if (!mail)
        return err;
    write_head(mail, "Make your account");
    buf_printf(&mail->text,
               "Hello,\r\n\r\nsomebody, hopefully you, wants to make an account of Interview "
               "Assistant with this address. Within %d minutes this link does that, once:\r\n\r\n"
               "%s/signup/#%s\r\n\r\n"
               "If it was not you, nothing needs to be done: without the link there is no "
               "account.\r\n",
               SIGNUP_LINK_S / 60, app->url, token);
    return end(mail);
}

int mailer_send_known(const struct app *app, const char *email, const char *name)
{
    int err;
    struct mail *mail = begin(app, email, &err);

    if (!mail)
        return err;
    write_head(mail, "You have an account already");
    buf_printf(&mail->text,
               "Hello %s,\r\n\r\nsomebody, hopefully you, wanted to make an account of Interview "
               "Assistant with this address. You have one. Sign in:\r\n\r\n%s/login/\r\n\r\n"
               "or, where the password is forgotten, set another one:\r\n\r\n%s/forgot/\r\n\r\n"
               "If it was not you, nothing has changed and nothing needs to be done; whoever asked "
               "was not told that you have an account.\r\n",
               name, app->url, app->url);
    return end(mail);
}

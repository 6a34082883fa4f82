/**
 * @file program.c  The parts of interviewd put together
 */
#include "program.h"

#include "answer/answer.h"
#include "api/presence.h"
#include "asr/engine.h"
#include "auth/accounts.h"
#include "auth/ratelimit.h"
#include "auth/seal.h"
#include "base/module.h"
#include "base/text.h"
#include "llm/driver.h"
#include "llm/reach.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "net/client.h"
#include "observe/audit.h"
#include "observe/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_TEXT_MAX = 4096,
    SIGN_INS_OF_MANY = 6, /* times as many from one address to all, and to one from everywhere */
};

int program_fail(const char *fmt, ...)
{
    va_list ap;

    fputs("interviewd: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return EXIT_FAILED;
}

int program_unknown(const char *arg)
{
    struct errbuf err = {""};

    if (arg[0] == '-')
        config_unknown_flag(arg, &err);
    else
        err_set(&err, UV_EINVAL, "'%s' is too much here; this command takes settings only", arg);
    program_fail("%s", err.text);
    return EXIT_USAGE;
}

int program_no_arguments(const struct program *p)
{
    if (!p->config->arg_count)
        return EXIT_OK;
    return program_unknown(p->config->args[0]);
}

/* ------------------------------------------------------------------ store and accounts */

static int make_folder(const char *path, struct errbuf *err)
{
    if (!mkdir(path, 0700) || errno == EEXIST)
        return 0;
    return err_set(err, -errno, "the folder %s cannot be made: %s", path, strerror(errno));
}

static int open_store(struct program *p, struct errbuf *err)
{
    const struct config *c = p->config;
    struct store_params params = {.path = config_path(c, "interview.db")};
    struct accounts_params accounts = {.access_token_s = c->access_token_s,
                                       .refresh_token_s = c->refresh_token_s,
                                       .token_key = c->token_key};
    int from;
    int to;
    int code;

    code = make_folder(c->data_dir, err);
    if (!code)
        code = make_folder(config_path(c, "keys"), err);
    if (!code)
        code = seal_open(&p->app.seal, config_path(c, "keys/master.key"), c->master_key, err);
    if (!code)
        code = store_open(&p->app.store, "sqlite", &params, err);
    if (!code)
        code = store_migrate(p->app.store, &from, &to, err);
    if (!code)
        code = accounts_open(&p->app.accounts, p->app.store, p->app.seal, &accounts, err);
    if (!code)
        code = audit_open(config_path(c, "audit.jsonl"), err);
    return code;
}

/* Of sign-ins the setting says how many for one e-mail from one address. */
static int open_limits(struct program *p)
{
    const struct config *c = p->config;
    struct app *app = &p->app;
    int code = 0;

    if (c->accounts && c->requests_per_minute)
        code = ratelimit_open(&app->user_limit, "user", c->requests_per_minute, 60);
    if (code || !c->accounts || !c->sign_ins_per_minute)
        return code;
    code = ratelimit_open(&app->sign_in_limit, "sign-in", c->sign_ins_per_minute, 60);
    if (!code)
        code = ratelimit_open(&app->address_limit, "address",
                              c->sign_ins_per_minute * SIGN_INS_OF_MANY, 60);
    if (!code)
        code = ratelimit_open(&app->account_limit, "account",
                              c->sign_ins_per_minute * SIGN_INS_OF_MANY, 60);
    return code;
}

/* ---------------------------------------------------------------- loop and recogniser */

struct asr_model_params program_asr_params(const struct program *p, bool remote)
{
    return app_asr_params(&p->app, remote);
}

/* The owner of the machine is not limited on it. */
static int open_presence(struct program *p)
{
    const struct config *c = p->config;
    struct presence_limits limits = {0};
    int code;

    if (c->accounts)
        limits = (struct presence_limits){c->sockets_per_user, c->lines_per_user};
    code = presence_open(&p->app.presence, p->app.loop, &limits);
    if (!code && p->app.accounts)
        accounts_watch(p->app.accounts, presence_signed_out, p->app.presence);
    return code;
}

static int open_loop(struct program *p, struct errbuf *err)
{
    struct app *app = &p->app;
    const struct lane_size sizes[LANE_COUNT] = {
        [LANE_REQUEST] = {.threads = p->config->request_workers},
    };
    int code = loop_open(&app->loop, err);

    if (!code)
        code = lanes_open(&app->lanes, app->loop, sizes);
    if (!code)
        code = http_client_open(&app->client, app->loop, err);
    return code ? code : open_presence(p);
}

static int open_hearing(struct program *p, struct errbuf *err)
{
    const struct config *c = p->config;
    const struct asr_engine *engine;
    struct app *app = &p->app;

    p->hub.engine = c->asr_engine;
    p->hub.lines_max = c->asr_lines_max;
    p->hub.preload = c->asr_preload;
    engine = asr_engine_find(c->asr_engine);
    p->hub.model = program_asr_params(p, engine && engine->remote);
    p->hub.fallback_model = program_asr_params(p, false);
    return asr_hub_open(&app->hub, app->loop, &p->hub, err);
}

/* --------------------------------------------------------------------------- answers */

static void list_providers(struct program *p)
{
    const struct config *c = p->config;

    for (size_t i = 0; i < c->provider_count; i++) {
        const struct config_provider *from = &c->providers[i];

        if (from->missing_key) /* said at the start, by serve and doctor */
            continue;
        p->providers[p->provider_count++] = (struct llm_provider){
            .name = from->name,
            .driver = llm_driver_find(from->driver),
            .url = from->url,
            .api_key = from->key,
            .model = from->model,
        };
    }
}

/* Of the chain, or of what it would be made of where there is none. */
static int open_reach(struct program *p)
{
    const struct llm_provider *chain = p->providers;
    size_t count = p->provider_count;

    if (p->app.answerer)
        chain = answerer_providers(p->app.answerer, &count);
    return llm_reach_open(&p->app.reach, p->app.loop, p->app.client, chain, count);
}

static int open_answers(struct program *p, unsigned parts, struct errbuf *err)
{
    const struct config *c = p->config;
    struct answerer_config config = {
        .first_token_max_ms = (uint64_t)c->first_token_max_ms,
        .max_tokens = c->answer_max_tokens,
    };
    struct live_deps deps = {
        .loop = p->app.loop,
        .lanes = p->app.lanes,
        .store = p->app.store,
        .seal = p->app.seal,
        .hub = p->app.hub,
        .language = c->asr_language,
        .keep = !(parts & PROGRAM_NO_KEEP),
    };
    int code;

    config.providers = p->providers;
    config.provider_count = p->provider_count;
    code = answerer_open(&p->app.answerer, p->app.loop, p->app.client, &config, err);
    if (code)
        return code;
    deps.answerer = p->app.answerer;
    code = open_reach(p);
    return code ? code : live_registry_open(&p->app.live, &deps);
}

/* ------------------------------------------------------------------------- the whole */

static int open_parts(struct program *p, unsigned parts, struct errbuf *err)
{
    int code = 0;

    if (parts & PROGRAM_STORE)
        code = open_store(p, err);
    if (!code)
        code = open_limits(p);
    if (!code && (parts & (PROGRAM_HEARING | PROGRAM_ENGINES)))
        code = open_loop(p, err);
    list_providers(p);
    if (!code && (parts & PROGRAM_HEARING))
        code = open_hearing(p, err);
    if (code == UV_ENOENT && (parts & PROGRAM_DEAF_TOO)) {
        log_warn("serve", "%s", err->text);
        code = 0;
    }
    if (!code && (parts & PROGRAM_ANSWERS))
        code = open_answers(p, parts, err);
    else if (!code && (parts & PROGRAM_ENGINES))
        code = open_reach(p);
    return code;
}

int program_open(struct program *p, int argc, char **argv, unsigned parts)
{
    struct errbuf err = {""};
    int code;

    *p = (struct program){0};
    code = config_load(&p->config, argc, argv, NULL, &err);
    if (code) {
        program_fail("%s", err.text);
        return EXIT_USAGE;
    }
    log_open(p->config->log_level, p->config->log_format);
    p->app.config = p->config;
    code = open_parts(p, parts, &err);
    if (!code)
        return EXIT_OK;
    program_fail("%s", err.text[0] ? err.text : uv_strerror(code));
    program_close(p);
    return EXIT_FAILED;
}

void program_close(struct program *p)
{
    struct app *app = &p->app;

    live_registry_close(app->live);
    if (app->answerer)
        answerer_close(app->answerer);
    if (app->client)
        http_client_stop(app->client); /* nobody is waited for who waits for the network */
    if (app->hub)
        asr_hub_close(app->hub);
    lanes_close(app->lanes);
    if (app->client)
        http_client_close(app->client);
    llm_reach_close(app->reach);
    if (app->accounts)
        accounts_watch(app->accounts, NULL, NULL);
    if (app->loop)
        loop_close(app->loop);
    presence_close(app->presence);
    ratelimit_close(app->user_limit);
    ratelimit_close(app->sign_in_limit);
    ratelimit_close(app->address_limit);
    ratelimit_close(app->account_limit);
    accounts_close(app->accounts);
    if (app->store)
        store_close(app->store);
    seal_close(app->seal);
    config_free(p->config);
    audit_close();
    log_close();
    *p = (struct program){0};
}

/* Built in the source tree, installed beside share/, or told by a setting. */
const char *program_web_root(struct program *p)
{
    static const char *const places[] = {"../../frontend/out", "../share/interview-assistant/web"};
    static char found[PATH_TEXT_MAX];
    char folder[PATH_TEXT_MAX / 2];

    if (p->config->web_root)
        return p->config->web_root;
    if (exe_folder(folder, sizeof(folder)))
        return NULL;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(found, sizeof(found), "%s/%s/index.html", folder, places[i]);
        if (!access(found, R_OK)) {
            *strrchr(found, '/') = '\0';
            return found;
        }
    }
    return NULL;
}

/**
 * @file program.c  Opening and closing the parts of interviewd
 */
#include "program.h"

#include "answer/answer.h"
#include "api/disk_watch.h"
#include "api/presence.h"
#include "api/recordings.h"
#include "api/resealing.h"
#include "api/transcriber.h"
#include "api/upkeep.h"
#include "asr/engine.h"
#include "asr/nets.h"
#include "audio/capture.h"
#include "auth/accounts.h"
#include "auth/ratelimit.h"
#include "auth/seal.h"
#include "base/clock.h"
#include "base/module.h"
#include "base/text.h"
#include "blob/blob.h"
#include "ground/similar.h"
#include "llm/driver.h"
#include "llm/provider.h"
#include "llm/provider_probe.h"
#include "loop/lanes.h"
#include "loop/loop.h"
#include "models/shelf.h"
#include "models_check.h"
#include "net/client.h"
#include "observe/audit.h"
#include "observe/crash.h"
#include "observe/log.h"
#include "observe/trace.h"
#include "search/search.h"
#include "store/sealed.h"
#include "telemetry/otlp.h"
#include "telemetry/sentry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_TEXT_MAX = 4096,
    REFUSALS_PER_MINUTE = 60, /* from one address in the audit log */
    SIGN_INS_OF_MANY = 6, /* this many times as many: from one address for all e-mails, and for one
                             e-mail from everywhere */
    AUDIO_RESERVE = 256 << 20, /* disk space left for the database [bytes] */
    INSPECT_MS = 1500,         /* to look for damage at the start; doctor takes longer */
    STORE_WRITERS = 4,         /* threads that write, where the database is a server */
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
    struct errbuf why = {""};

    if (arg[0] == '-')
        config_unknown_flag(arg, &why);
    else
        err_set(&why, UV_EINVAL, "'%s' is too much here; this command takes settings only", arg);
    program_fail("%s", why.text);
    return EXIT_USAGE;
}

int program_no_arguments(const struct program *p)
{
    if (!p->config->arg_count)
        return EXIT_OK;
    return program_unknown(p->config->args[0]);
}

/* ------------------------------------------------------------------ store and accounts */

/* If the clock was set back, times continue from the latest stored one. */
static void check_clock(struct store *store)
{
    enum { TOLD_FROM_MS = 60000 };
    char *text = NULL;
    int64_t newest = 0;
    int64_t behind;

    if (store_fact_get(store, STORE_FACT_CLOCK, &text, NULL))
        return;
    if (text_to_int64(text, 0, INT64_MAX / 2, &newest))
        clock_not_before(newest);
    free(text);
    behind = clock_behind_ms();
    if (behind > TOLD_FROM_MS)
        log_warn("serve",
                 "the clock of this machine is %lld minutes behind what is stored already, so "
                 "times go on from there: set the clock right and start again; if it is right now, "
                 "interviewd migrate --accept-clock says so",
                 (long long)behind / 60000);
}

static void remember_clock(struct store *store)
{
    char now[24];

    snprintf(now, sizeof(now), "%lld", (long long)clock_unix_ms());
    store_fact_put(store, STORE_FACT_CLOCK, now, NULL); /* full disk: next time */
}

/* A key is made only if nothing was ever sealed, and used only if it is the right one. */
static int open_seal(struct program *p, unsigned parts, struct errbuf *why)
{
    const struct config *c = p->config;
    bool in_use = false;
    int err = sealed_any(p->app.store, &in_use, why);

    if (!err && !(parts & PROGRAM_SERVES)) /* before the keys are read: they do not change while it
                                              is held */
        err = folder_share(config_path(c, KEYS_LOCK), &p->seals, why);
    if (!err)
        err = seal_open(&p->app.seal, config_path(c, KEY_FILE), c->master_key,
                        in_use ? SEAL_KEY_IN_USE : SEAL_FIRST_START, why);
    return err ? err : sealed_check(p->app.store, p->app.seal, why);
}

/* Needed once, after an update. If there is no room for it, the profiles stay readable until the
 * next start. */
static void finish_sealing(const struct program *p)
{
    struct errbuf why = {""};
    size_t done = 0;
    int err = sealed_profiles_finish(p->app.store, p->app.seal, &done, &why);

    if (done)
        log_info("store", "%zu profiles of an older version are sealed", done);
    if (err)
        log_error("store",
                  "some profiles of an older version could not be sealed, which the next start "
                  "tries again: %s",
                  why.text);
}

static int open_folder(struct program *p, unsigned parts, struct errbuf *why)
{
    const struct config *c = p->config;
    int err = folder_open(c->data_dir, why);

    if (!err && folder_is_open_to_all(c->data_dir))
        log_warn("store", "everybody on this machine may put files into the data folder, and "
                          "others in place of its own: run chmod 700 on it");
    if (!err && (parts & PROGRAM_SERVES))
        err = folder_lock(config_path(c, FOLDER_LOCK), &p->lock, why);
    return err;
}

int program_open_store(const struct config *c, const struct store_params *params,
                       struct store **store, struct errbuf *why)
{
    struct store_params all = *params;

    all.path = config_path(c, "interview.db");
    all.url = c->store;
    return store_open(store, c->store ? "postgres" : "sqlite", &all, why);
}

static int open_store(struct program *p, unsigned parts, struct errbuf *why)
{
    const struct config *c = p->config;
    struct store_params params = {.path = NULL};
    struct accounts_params accounts = {.access_token_s = c->access_token_s,
                                       .refresh_token_s = c->refresh_token_s,
                                       .token_key = c->token_key};
    struct store_health health;
    int from;
    int to;
    int err;

    if (parts & PROGRAM_SERVES) {
        params.reserve_bytes = STORE_RESERVE;
        params.inspect_ms = INSPECT_MS;
    }
    err = open_folder(p, parts, why);
    if (!err && (parts & PROGRAM_SERVES) && folder_free_mib(c->data_dir) < FOLDER_FULL_MIB)
        log_error("store", "there is no room left on the disk of the data folder: free some space; "
                           "deleting interviews works meanwhile");
    if (!err && !c->store && !folder_has(config_path(c, "interview.db")) &&
        folder_has(config_path(c, "audit.jsonl")))
        log_warn("store", "interview.db is missing or empty, though this folder was used before: "
                          "begun anew, empty; if you have a copy, stop the server and put it back");
    if (!err)
        err = program_open_store(c, &params, &p->app.store, why);
    if (!err)
        err = store_migrate(p->app.store, &from, &to, why);
    if (!err)
        err = open_seal(p, parts, why);
    if (err)
        return err;
    finish_sealing(p);
    check_clock(p->app.store);
    remember_clock(p->app.store);
    store_health(p->app.store, &health); /* a full disk shows only when something is written */
    if (health.fault)
        log_error("store", "%s %s", health.what, health.help);
    err = accounts_open(&p->app.accounts, p->app.store, p->app.seal, &accounts, why);
    if (!err)
        err = audit_open(config_path(c, "audit.jsonl"), why);
    if (!err && (parts & PROGRAM_SERVES))
        err = search_open(&p->app.search, p->app.store, p->app.seal);
    if (p->app.search)
        store_watch(p->app.store, search_written, p->app.search);
    return err;
}

/* The setting is the number of sign-ins for one e-mail from one address. */
static int open_limits(struct program *p)
{
    const struct config *c = p->config;
    struct app *app = &p->app;
    int err = ratelimit_open(&app->audit_limit, "audit", REFUSALS_PER_MINUTE, 60);

    if (!err && c->accounts && c->requests_per_minute)
        err = ratelimit_open(&app->user_limit, "user", c->requests_per_minute, 60);
    if (!err && c->accounts && c->strangers_per_minute)
        err = ratelimit_open(&app->stranger_limit, "stranger", c->strangers_per_minute, 60);
    if (err || !c->accounts || !c->sign_ins_per_minute)
        return err;
    err = ratelimit_open(&app->sign_in_limit, "sign-in", c->sign_ins_per_minute, 60);
    if (!err)
        err = ratelimit_open(&app->address_limit, "address",
                             c->sign_ins_per_minute * SIGN_INS_OF_MANY, 60);
    if (!err)
        err = ratelimit_open(&app->account_limit, "account",
                             c->sign_ins_per_minute * SIGN_INS_OF_MANY, 60);
    return err;
}

void program_set_url(struct program *p, int port)
{
    const struct config *c = p->config;
    bool any = !strcmp(c->listen_host, "0.0.0.0") || !strcmp(c->listen_host, "::");
    const char *host = any ? "localhost" : c->listen_host;
    bool v6 = strchr(host, ':') != NULL;
    size_t n;

    if (c->public_url)
        snprintf(p->app.url, sizeof(p->app.url), "%s", c->public_url);
    else
        snprintf(p->app.url, sizeof(p->app.url), "%s://%s%s%s:%d", c->tls_cert ? "https" : "http",
                 v6 ? "[" : "", host, v6 ? "]" : "", port);
    n = strlen(p->app.url);
    if (n && p->app.url[n - 1] == '/')
        p->app.url[n - 1] = '\0';
}

/* ---------------------------------------------------------------- loop and recogniser */

struct asr_model_params program_asr_params(const struct program *p, bool remote)
{
    return app_asr_params(&p->app, remote);
}

/* Closes their sockets and drops the search index from memory. */
static void on_signed_out(const char *user_id, const char *family, void *arg)
{
    const struct program *p = arg;

    presence_signed_out(user_id, family, p->app.presence);
    if (p->app.search)
        search_forget(p->app.search, user_id);
}

/* The owner of the machine is not limited on it. */
static int open_presence(struct program *p)
{
    const struct config *c = p->config;
    struct presence_limits limits = {0};
    int err;

    if (c->accounts)
        limits = (struct presence_limits){c->sockets_per_user, c->lines_per_user};
    err = presence_open(&p->app.presence, p->app.loop, &limits);
    if (!err && p->app.accounts)
        accounts_watch(p->app.accounts, on_signed_out, p);
    return err;
}

static int open_loop(struct program *p, struct errbuf *why)
{
    struct app *app = &p->app;
    const struct lane_size sizes[LANE_COUNT] = {
        [LANE_REQUEST] = {.threads = p->config->request_workers},
        [LANE_STORE] = {.threads = p->config->store ? STORE_WRITERS : 0},
    };
    int err = loop_open(&app->loop, why);

    if (!err)
        err = lanes_open(&app->lanes, app->loop, sizes);
    if (!err)
        err = http_client_open(&app->client, app->loop, why);
    return err ? err : open_presence(p);
}

/* The server works without the networks for turns and voices too. */
static void open_nets(struct program *p)
{
    const char *folder = config_path(p->config, "models");
    struct errbuf why = {""};

    if (!folder || asr_nets_open(&p->app.nets, p->app.lanes, folder, &why))
        log_warn("asr", "%s", why.text[0] ? why.text : "no memory for the networks of turns");
    asr_nets_look(p->app.nets);
    similar_use(folder);
}

/* Everything else works without recordings too. */
static void open_recordings(struct program *p)
{
    const struct blob_params params = {.folder = config_path(p->config, "audio"),
                                       .reserve = AUDIO_RESERVE};
    struct errbuf why = {""};
    int err = params.folder ? blob_store_open(&p->app.blobs, "files", &params, p->app.seal, &why)
                            : UV_ENOMEM;

    if (!err)
        err = recordings_open(&p->app.recordings, &p->app, &why);
    if (!err)
        return;
    log_warn("audio", "no recordings are kept: %s", why.text[0] ? why.text : uv_strerror(err));
    blob_store_close(p->app.blobs);
    p->app.blobs = NULL;
}

/* Models are fetched while the server runs; if that fails it uses those that are here. */
static void open_shelf(struct program *p)
{
    const struct models_config config = {
        .data_dir = p->config->data_dir, .url = p->config->model_url, .check = models_check};
    struct errbuf why = {""};

    if (models_shelf_open(&p->app.shelf, &config, &why))
        log_warn("models", "%s", why.text);
}

static int open_hearing(struct program *p, struct errbuf *why)
{
    struct app *app = &p->app;
    int err = 0;

    open_nets(p);
    if (app->store)
        err = recogniser_open(&app->recogniser, app->store, app->seal, why);
    if (err)
        return err;
    app_hub_config(app, &p->hub);
    err = asr_hub_open(&app->hub, app->loop, &p->hub, why);
    if (err != UV_ENOENT || !recogniser_now(app->recogniser)->chosen)
        return err;
    log_warn("asr", "the recogniser that was chosen on the page: %s; the settings count",
             why->text);
    err = recogniser_set_aside(app->recogniser);
    if (err)
        return err;
    app_hub_config(app, &p->hub);
    return asr_hub_open(&app->hub, app->loop, &p->hub, why);
}

/* ---- reports to other servers -------------------------------------------------------------- */

static void log_crash(const struct crash_record *c, void *arg)
{
    const struct config *config = arg;

    log_warn("crash", "the server crashed before: %s in thread %s, build %s; %s has the rest",
             c->signal, c->thread, c->build, c->file);
    if (!config->sentry_dsn)
        crash_told(config->data_dir, c->file);
}

static int open_telemetry(struct program *p, struct errbuf *why)
{
    const struct config *c = p->config;
    const struct sentry_config sentry = {
        .dsn = c->sentry_dsn, .environment = c->sentry_environment, .folder = c->data_dir};
    const struct otlp_config otlp = {
        .endpoint = c->otlp_endpoint, .headers = c->otlp_headers, .service = c->service_name};
    int err = 0;

    crash_watch(c->data_dir);
    crash_each(c->data_dir, log_crash, p->config);
    if (c->sentry_dsn)
        err = sentry_open(&p->sentry, p->app.loop, p->app.client, &sentry, why);
    if (err || !c->otlp_endpoint)
        return err;
    trace_open(c->trace_share);
    return otlp_open(&p->otlp, p->app.loop, p->app.client, &otlp, why);
}

void program_stopping(struct program *p)
{
    otlp_flush(p->otlp);
}

/* --------------------------------------------------------------------------- answers */

static struct llm_provider provider_of(const struct config_provider *from)
{
    return (struct llm_provider){
        .name = from->name,
        .driver = llm_driver_find(from->driver),
        .url = from->url,
        .api_key = from->key,
        .model = from->model,
        .local = from->local,
        .any_model = from->any_model,
    };
}

static void list_providers(struct program *p)
{
    const struct config *c = p->config;

    for (size_t i = 0; i < c->provider_count; i++)
        if (!c->providers[i].missing_key) /* those with a missing key are reported at the start, by
                                             serve and doctor */
            p->providers[p->provider_count++] = provider_of(&c->providers[i]);
    for (size_t i = 0; i < c->usual_count; i++)
        p->usual[i] = provider_of(&c->usual[i]);
}

static bool is_listed(const struct program *p, const struct llm_preset *preset)
{
    for (size_t i = 0; i < p->provider_count; i++)
        if (!strcmp(p->providers[i].name, preset->name) ||
            !strcmp(p->providers[i].url ? p->providers[i].url : "", preset->url))
            return true;
    return false;
}

/* Our own address is not that of a model server. */
static bool is_own(const struct config *c, const struct llm_preset *preset)
{
    char port[16];

    snprintf(port, sizeof(port), ":%d/", c->listen_port);
    return c->listen_port && strstr(preset->url, port);
}

/* Model servers on this machine, each of which joins the chain once it is found. */
static void list_findable(struct program *p)
{
    if (!p->config->find_local)
        return;
    for (const struct llm_preset *preset = llm_presets; preset->name; preset++) {
        if (!preset->found || is_listed(p, preset) || is_own(p->config, preset))
            continue;
        p->providers[p->provider_count++] = (struct llm_provider){
            .name = preset->name,
            .driver = llm_driver_find(preset->driver),
            .url = preset->url,
            .model = preset->model ? preset->model : "default",
            .local = true,
            .any_model = true,
            .finds = true,
        };
    }
}

static void on_learnt(size_t i, const struct llm_probed *known, const struct llm_facts *facts,
                      void *arg)
{
    const struct program *p = arg;

    if (p->app.answerer && known->state == LLM_PROBE_ANSWERS)
        answerer_learn(p->app.answerer, i, facts);
}

/* The providers of the chain or, if there is none, those that would form it. */
static int open_probe(struct program *p)
{
    const struct llm_provider *chain = p->providers;
    size_t count = p->provider_count;
    int err;

    if (p->app.answerer)
        chain = answerer_providers(p->app.answerer, &count);
    err = llm_probe_open(&p->app.probe, p->app.loop, p->app.client, chain, count);
    if (!err)
        llm_probe_on_learnt(p->app.probe, on_learnt, p);
    return err;
}

static int64_t keep_until(void *app, const char *user, int64_t now)
{
    return recordings_keep_until(app, user, now);
}

static int open_answers(struct program *p, unsigned parts, struct errbuf *why)
{
    const struct config *c = p->config;
    struct answerer_config config = {
        .first_token_max_ms = (uint64_t)c->first_token_max_ms,
        .local_first_token_max_ms = (uint64_t)c->local_first_token_max_ms,
        .max_tokens = c->answer_max_tokens,
    };
    struct live_deps deps = {
        .loop = p->app.loop,
        .lanes = p->app.lanes,
        .store = p->app.store,
        .seal = p->app.seal,
        .hub = p->app.hub,
        .nets = p->app.nets,
        .language = c->asr_language,
        .keep = !(parts & PROGRAM_NO_KEEP),
        .blobs = p->app.blobs,
        .recordings_max = recordings_quota(p->config),
        .recordings_keep_until = keep_until,
        .recordings_arg = &p->app,
    };
    int err;

    config.providers = p->providers;
    config.provider_count = p->provider_count;
    config.usual = p->usual;
    config.usual_count = c->usual_count;
    err = answerer_open(&p->app.answerer, p->app.loop, p->app.client, &config, why);
    if (err)
        return err;
    deps.answerer = p->app.answerer;
    err = open_probe(p);
    if (!err)
        err = capture_open(&p->app.capture, p->app.loop);
    return err ? err : live_registry_open(&p->app.live, &deps);
}

/* ---- all parts ----------------------------------------------------------------------------- */

static int open_parts(struct program *p, unsigned parts, struct errbuf *why)
{
    int err = 0;

    if (parts & PROGRAM_STORE) {
        err = open_store(p, parts, why);
        if (err)
            p->status = err == UV_ENOMEM || err == UV_ENOTCONN ? EXIT_FAILED : EXIT_DATA;
    }
    if (!err)
        err = open_limits(p);
    if (!err && (parts & (PROGRAM_HEARING | PROGRAM_ENGINES)))
        err = open_loop(p, why);
    if (!err && p->app.store && p->app.lanes)
        err = store_use_lanes(p->app.store, p->app.lanes);
    list_providers(p);
    if (!err && (parts & PROGRAM_SERVES))
        err = open_telemetry(p, why);
    if (!err && (parts & PROGRAM_SERVES))
        err = disk_watch_open(&p->disk_watch, &p->app);
    if (!err && (parts & PROGRAM_SERVES)) {
        open_shelf(p);
        open_recordings(p);
        err = resealer_open(&p->app.resealer, &p->app, why);
    }
    list_findable(p);
    if (!err && (parts & PROGRAM_HEARING)) {
        err = open_hearing(p, why);
        if (err == UV_ENOENT && (parts & PROGRAM_DEAF_TOO)) {
            log_warn("serve", "%s", why->text);
            err = 0;
        }
    }
    if (!err && p->app.hub && p->app.blobs)
        err = transcriber_open(&p->app.transcriber, &p->app, why);
    if (!err && (parts & PROGRAM_ANSWERS))
        err = open_answers(p, parts, why);
    else if (!err && (parts & PROGRAM_ENGINES))
        err = open_probe(p);
    if (!err && (parts & PROGRAM_SERVES))
        err = upkeep_open(&p->upkeep, &p->app, why);
    return err;
}

int program_open(struct program *p, int argc, char **argv, unsigned parts)
{
    struct errbuf why = {""};
    int status;
    int err;

    *p = (struct program){0};
    err = config_load(&p->config, argc, argv, NULL, &why);
    if (err) {
        program_fail("%s", why.text);
        return EXIT_USAGE;
    }
    p->app.config = p->config;
    if (parts & PROGRAM_SERVES) /* from here on there is a log thread */
        program_confine(p);
    log_open(p->config->log_level, p->config->log_format);
    if (parts & PROGRAM_SERVES)
        program_say_confined(p);
    program_set_url(p, p->config->listen_port);
    err = open_parts(p, parts, &why);
    if (!err)
        return EXIT_OK;
    program_fail("%s", why.text[0] ? why.text : uv_strerror(err));
    status = p->status ? p->status : EXIT_FAILED;
    program_close(p);
    return status;
}

void program_close(struct program *p)
{
    struct app *app = &p->app;

    live_registry_close(app->live);
    capture_close(app->capture);
    if (app->answerer)
        answerer_close(app->answerer);
    if (app->client)
        http_client_stop(app->client); /* so that no worker waiting for the network delays us */
    transcriber_stop(app->transcriber);
    if (app->hub)
        asr_hub_close(app->hub);
    lanes_close(app->lanes);
    transcriber_close(app->transcriber);
    resealer_close(app->resealer);
    recordings_close(app->recordings);
    disk_watch_close(p->disk_watch);
    upkeep_close(p->upkeep);
    blob_store_close(app->blobs);
    models_shelf_close(app->shelf);
    similar_close();
    asr_nets_close(app->nets);
    recogniser_close(app->recogniser);
    if (app->store)
        store_use_lanes(app->store, NULL);
    sentry_close(p->sentry);
    otlp_close(p->otlp);
    trace_close();
    if (app->client)
        http_client_close(app->client);
    llm_probe_close(app->probe);
    if (app->accounts)
        accounts_watch(app->accounts, NULL, NULL);
    if (app->loop)
        loop_close(app->loop);
    presence_close(app->presence);
    ratelimit_close(app->user_limit);
    ratelimit_close(app->stranger_limit);
    ratelimit_close(app->sign_in_limit);
    ratelimit_close(app->address_limit);
    ratelimit_close(app->account_limit);
    if (app->accounts)
        remember_clock(app->store);
    ratelimit_close(app->audit_limit);
    accounts_close(app->accounts);
    if (app->store)
        store_watch(app->store, NULL, NULL);
    search_close(app->search);
    if (app->store)
        store_close(app->store);
    folder_unlock(&p->lock);
    folder_unlock(&p->seals);
    seal_close(app->seal);
    slots_release(&app->sockets);
    config_free(p->config);
    audit_close();
    log_close();
    *p = (struct program){0};
}

/* In the source tree, installed in share/, or given by a setting. */
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

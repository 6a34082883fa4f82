/**
 * @file doctor.c  interviewd doctor: what works here, and how to fix what does not
 *
 * Every check is one line: a mark, what was looked at, what was found; below it, when something is
 * wrong or could be better, the way out. The exit status is 0 when nothing that is needed fails.
 */
#include "program.h"

#include "asr/engine.h"
#include "auth/seal.h"
#include "base/clock.h"
#include "base/text.h"
#include "llm/reach.h"
#include "loop/loop.h"
#include "loop/wait.h"
#include "models/models.h"
#include "store/sealed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    SPACE_WANTED_MIB = 500,
    SPACE_FULL_MIB = 20,
    INSPECT_MS = 20000, /* to look for damage */
};

enum mark { GOOD, COULD_BE_BETTER, BROKEN };

struct doctor {
    struct program program;
    bool colour;
    int broken;
};

static void report(struct doctor *d, enum mark mark, const char *what, const char *found)
{
    static const char *const marks[] = {"ok  ", "note", "FAIL"};
    static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};

    printf("%s%s%s  %-12s %s\n", d->colour ? colours[mark] : "", marks[mark],
           d->colour ? "\033[0m" : "", what, found);
    d->broken += mark == BROKEN;
}

static void advise(const char *how)
{
    printf("                    -> %s\n", how);
}

/* ----------------------------------------------------------------------------- data */

static void check_data(struct doctor *d)
{
    const struct config *c = d->program.config;
    struct errbuf why = {""};
    struct statvfs fs;
    char text[512];

    if (folder_open(c->data_dir, &why)) {
        report(d, BROKEN, "data", why.text);
        advise("choose a folder of yours: --data DIR or INTERVIEWD_DATA");
        return;
    }
    if (statvfs(c->data_dir, &fs))
        return;
    snprintf(text, sizeof(text), "%s, %llu MiB free", c->data_dir,
             (unsigned long long)fs.f_bavail * fs.f_frsize >> 20);
    if (((unsigned long long)fs.f_bavail * fs.f_frsize >> 20) < SPACE_FULL_MIB) {
        report(d, BROKEN, "data", text);
        advise("the disk is full: free some space; deleting interviews in the page works "
               "meanwhile");
    } else if (((unsigned long long)fs.f_bavail * fs.f_frsize >> 20) < SPACE_WANTED_MIB) {
        report(d, COULD_BE_BETTER, "data", text);
        advise("free some space: recordings and models need more than that");
    } else {
        report(d, GOOD, "data", text);
    }
}

static void check_server(struct doctor *d)
{
    long pid = folder_holder(config_path(d->program.config, FOLDER_LOCK));
    char text[96];

    if (!pid)
        return;
    if (pid > 0)
        snprintf(text, sizeof(text), "process %ld serves this data folder now", pid);
    else
        snprintf(text, sizeof(text), "another process serves this data folder now");
    report(d, GOOD, "server", text);
}

/* Is it the key that sealed what is stored? */
static void check_key(struct doctor *d, struct store *store)
{
    const struct config *c = d->program.config;
    const char *path = config_path(c, "keys/master.key");
    struct seal *seal = NULL;
    struct errbuf why = {""};
    bool in_use = false;
    int err = sealed_any(store, &in_use, &why);

    if (!err && !in_use)
        return; /* made at the first start */
    if (!err)
        err = seal_open(&seal, path, c->master_key, SEAL_KEY_IN_USE, &why);
    if (!err)
        err = sealed_check(store, seal, &why);
    report(d, err ? BROKEN : GOOD, "key",
           err             ? why.text
           : c->master_key ? "the one of INTERVIEWD_MASTER_KEY"
                           : path);
    seal_close(seal);
}

static void check_clock(struct doctor *d, struct store *store)
{
    enum { TOLD_FROM_MS = 60000 };
    char *fact = NULL;
    int64_t newest = 0;
    int64_t now = clock_unix_ms();
    char text[96];

    if (store_fact_get(store, STORE_FACT_CLOCK, &fact, NULL))
        return;
    text_to_int64(fact, 0, INT64_MAX / 2, &newest);
    free(fact);
    if (newest - now <= TOLD_FROM_MS)
        return;
    snprintf(text, sizeof(text), "%lld minutes behind what is stored already",
             (long long)(newest - now) / 60000);
    report(d, BROKEN, "clock", text);
    advise("set the clock of this machine right; when it is right now: interviewd migrate "
           "--accept-clock");
}

static void check_store(struct doctor *d)
{
    struct store_params params = {.path = config_path(d->program.config, "interview.db"),
                                  .inspect_ms = INSPECT_MS};
    struct store_health health;
    struct store *store = NULL;
    struct errbuf why = {""};

    if (access(params.path, F_OK)) {
        report(d, GOOD, "store", "will be made at the first start");
        return;
    }
    if (store_open(&store, "sqlite", &params, &why)) {
        report(d, BROKEN, "store", why.text);
        advise("put back a copy of the data folder, or move the file away to begin anew");
        return;
    }
    store_health(store, &health);
    if (health.fault == STORE_OUTDATED) {
        report(d, COULD_BE_BETTER, "store", "of an older version; the next start brings it up");
    } else if (health.fault) {
        report(d, BROKEN, "store", health.what);
        advise(health.help);
    } else {
        report(d, GOOD, "store", params.path);
    }
    if (health.fault != STORE_OUTDATED) {
        check_key(d, store);
        check_clock(d, store);
    }
    store_close(store);
}

/* ----------------------------------------------------------------------------- port */

static void check_port(struct doctor *d)
{
    const struct config *c = d->program.config;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    char port[8];
    char text[256];
    int one = 1;
    int fd;

    snprintf(port, sizeof(port), "%d", c->listen_port);
    if (getaddrinfo(c->listen_host, port, &hints, &found)) {
        snprintf(text, sizeof(text), "%s is no address of this machine", c->listen_host);
        report(d, BROKEN, "address", text);
        advise("--listen 127.0.0.1:8080");
        return;
    }
    snprintf(text, sizeof(text), "%s:%s", c->listen_host, port);
    fd = socket(found->ai_family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (!bind(fd, found->ai_addr, found->ai_addrlen)) {
        report(d, GOOD, "address", text);
    } else {
        snprintf(text, sizeof(text), "%s:%s is taken: %s", c->listen_host, port, strerror(errno));
        report(d, COULD_BE_BETTER, "address", text);
        advise("Interview Assistant may be running already; else choose another: --listen "
               "127.0.0.1:9090");
    }
    close(fd);
    freeaddrinfo(found);
}

static void check_page(struct doctor *d)
{
    const char *root = program_web_root(&d->program);

    if (root) {
        report(d, GOOD, "page", root);
        return;
    }
    report(d, COULD_BE_BETTER, "page", "not built");
    advise("scripts/setup_dev.sh builds it");
}

/* ----------------------------------------------------------------------- recognisers */

/** A recogniser far away is given a second of next to nothing: does it answer, and how soon? */
struct asking {
    const struct asr_engine *engine;
    struct asr_model_params params;
    struct loop *loop;
    struct errbuf why;
    uint64_t took_ms;
    int rc;
};

static void stop_loop(void *loop)
{
    loop_stop(loop);
}

static int ask_once(struct asking *a)
{
    static const struct asr_params english = {.language = "en"};
    static int16_t sound[ASR_SAMPLE_RATE];
    struct asr_model *model = NULL;
    struct asr_stream *stream = NULL;
    struct asr_result res;
    int err = a->engine->load(&model, &a->params, &a->why);

    for (size_t i = 0; i < ASR_SAMPLE_RATE; i++) /* a soft hiss: nothing to hear, and no silence */
        sound[i] = (int16_t)(i * 7919 % 65 - 32);
    err = err ? err : a->engine->open(&stream, model, &english, &a->why);
    err = err ? err : a->engine->begin(stream, &a->why);
    err = err ? err : a->engine->feed(stream, sound, ASR_SAMPLE_RATE, &a->why);
    err = err ? err : a->engine->finish(stream, &res, &a->why);
    a->engine->close(stream);
    a->engine->unload(model);
    return err;
}

static void ask_recogniser(void *arg)
{
    struct asking *a = arg;
    uint64_t begun = clock_mono_ms();

    a->rc = ask_once(a);
    a->took_ms = clock_mono_ms() - begun;
    loop_post(a->loop, stop_loop, a->loop);
}

static void check_distant(struct doctor *d, const struct asr_engine *engine,
                          const struct asr_model_params *params)
{
    struct asking a = {.engine = engine, .params = *params, .loop = d->program.app.loop};
    char text[ERR_TEXT_MAX + 96];
    uv_thread_t thread;

    if (uv_thread_create(&thread, ask_recogniser, &a))
        return;
    loop_run(a.loop);
    wait_gone(&thread, "the recogniser's answer");
    if (a.rc) {
        snprintf(text, sizeof(text), "%s: %s", engine->name,
                 a.why.text[0] ? a.why.text : uv_strerror(a.rc));
        report(d, BROKEN, "recogniser", text);
        advise(
            "set INTERVIEWD_ASR_URL, INTERVIEWD_ASR_KEY and INTERVIEWD_ASR_NAME to a service that "
            "answers; meanwhile the local recogniser hears instead");
        return;
    }
    snprintf(text, sizeof(text), "%s: answers (%.0f ms for a second of audio)", engine->name,
             (double)a.took_ms);
    report(d, GOOD, "recogniser", text);
}

/* Which ear is heard with, and what a better one costs. */
static void check_ear(struct doctor *d)
{
    const struct config *c = d->program.config;
    char path[MODELS_PATH_MAX];
    const char *name;
    char text[256];
    int rank;

    if (models_find(path, c->asr_model, c->data_dir, NULL, NULL, NULL))
        return; /* said above, with the way to one */
    name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    rank = strncmp(name, "ggml-", 5) ? 0 : models_rank(name + 5);
    snprintf(text, sizeof(text), "whisper hears with %.200s", name);
    report(d, GOOD, "ear", text);
    if (rank == 1)
        advise("better: interviewd models get base.en-q8_0 (82 MB)");
    else if (rank == 2)
        advise("better where the machine is quick: interviewd models get small.en-q5_1 (190 MB), "
               "then interviewd models bench");
}

static void check_networks(struct doctor *d)
{
    const struct models_config models = {.data_dir = d->program.config->data_dir};

    for (const struct model_entry *e = models_known; e->name; e++) {
        char text[160];
        bool here = models_here(models.data_dir, e);

        if (e->kind == MODEL_EAR || e->kind == MODEL_MEANING)
            continue;
        snprintf(text, sizeof(text), "%s (%s) %s", e->name, e->what,
                 here ? "is here" : "is absent");
        report(d, here ? GOOD : COULD_BE_BETTER, "network", text);
        snprintf(text, sizeof(text), "interviewd models get %s (%.0f MB)", e->name,
                 (double)e->bytes / 1e6);
        if (!here)
            advise(text);
    }
}

static void check_recognisers(struct doctor *d)
{
    const char *wanted = d->program.config->asr_engine;
    bool any = false;

    for (size_t i = 0; asr_engines[i]; i++) {
        const struct asr_engine *engine = asr_engines[i];
        struct asr_model_params params = program_asr_params(&d->program, engine->remote);
        struct errbuf why = {""};
        bool there = engine->available(&params, &why);
        bool asked = !engine->remote || !strcmp(wanted, engine->name);
        char text[ERR_TEXT_MAX + 96];

        if (engine->remote && there && asked) {
            check_distant(d, engine, &params);
            any = true;
            continue;
        }
        snprintf(text, sizeof(text), "%s: %s", engine->name,
                 !there  ? why.text
                 : asked ? "ready"
                         : "could be used, but audio would leave this machine: only if you say "
                           "--asr-engine openai");
        report(d, there && asked ? GOOD : COULD_BE_BETTER, "recogniser", text);
        any |= there && asked;
    }
    if (!any) {
        report(d, BROKEN, "recogniser", "none can be used");
        advise("apt install pocketsphinx-en-us, or: interviewd models get base.en-q8_0");
    }
}

/* ------------------------------------------------------------------------- providers */

static void on_prefetched(void *arg)
{
    loop_stop(arg);
}

static void check_provider(struct doctor *d, size_t i)
{
    const struct llm_provider *p = llm_reach_provider(d->program.app.reach, i);
    struct llm_reached known = llm_reach_get(d->program.app.reach, i);
    bool good = known.state == LLM_REACH_ANSWERS;
    char say[256];
    char text[512];

    if (!p->driver->models || (p->finds && known.state == LLM_REACH_SILENT))
        return;
    if (good && p->any_model)
        snprintf(text, sizeof(text), "%s%s at %s: %zu models, %.120s answers", p->name,
                 p->finds ? ", found on this machine" : "", p->url, known.models, p->facts->model);
    else if (good)
        snprintf(text, sizeof(text), "%s: %zu models", p->name, known.models);
    else
        snprintf(text, sizeof(text), "%s %s", p->name, llm_reach_say(&known, p, say, sizeof(say)));
    report(d, good ? GOOD : COULD_BE_BETTER, "answers", text);
    if (!good)
        advise(llm_reach_advise(&known, p, text, sizeof(text)));
}

static void check_providers(struct doctor *d)
{
    const struct config *c = d->program.config;

    llm_reach_look(d->program.app.reach, on_prefetched, d->program.app.loop);
    loop_run(d->program.app.loop); /* each list has a limit of its own */
    for (size_t i = 0; i < d->program.provider_count; i++)
        check_provider(d, i);
    for (size_t i = 0; i < c->provider_count; i++) {
        char text[256];

        if (!c->providers[i].missing_key)
            continue;
        snprintf(text, sizeof(text), "%s is asked for, but its key is not set",
                 c->providers[i].name);
        report(d, BROKEN, "answers", text);
        advise("set its key in the environment or in the config file");
    }
    report(d, GOOD, "answers", "outline: built in, needs no key and no network");
    if (!d->program.provider_count)
        advise("for written-out answers: set GROQ_API_KEY, or start Ollama and set "
               "INTERVIEWD_PROVIDERS=ollama");
}

int command_doctor(int argc, char **argv)
{
    static struct doctor d;
    int status = program_open(&d.program, argc, argv, PROGRAM_ENGINES);

    if (!status)
        status = program_no_arguments(&d.program);
    if (status) {
        program_close(&d.program);
        return status;
    }
    d.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    check_data(&d);
    check_server(&d);
    check_store(&d);
    check_port(&d);
    check_page(&d);
    check_recognisers(&d);
    check_ear(&d);
    check_networks(&d);
    check_providers(&d);
    printf("\n%s\n", d.broken ? "Something that is needed does not work; see FAIL above."
                              : "Everything that is needed works.");
    program_close(&d.program);
    return d.broken ? EXIT_FAILED : EXIT_OK;
}

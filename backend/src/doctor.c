/**
 * @file doctor.c  interviewd doctor: what works here, and how to fix what does not work
 *
 * Every check is one line: a mark, what was checked, what was found; below it, if something is
 * wrong or could be better, how to fix it. The exit status is 0 if nothing essential fails.
 */
#include "doctor.h"

#include "auth/seal.h"
#include "base/clock.h"
#include "base/text.h"
#include "llm/provider_probe.h"
#include "loop/confine.h"
#include "loop/loop.h"
#include "store/sealed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SPACE_WANTED_MIB = 500,
    INSPECT_MS = 20000, /* time to look for damage */
};

void doctor_report(struct doctor *d, enum mark mark, const char *what, const char *found)
{
    static const char *const marks[] = {"ok  ", "note", "FAIL"};
    static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};

    printf("%s%s%s  %-12s %s\n", d->colour ? colours[mark] : "", marks[mark],
           d->colour ? "\033[0m" : "", what, found);
    d->broken += mark == BROKEN;
}

void doctor_advise(const char *how)
{
    printf("                    -> %s\n", how);
}

/* ----------------------------------------------------------------------------- data */

static void check_data(struct doctor *d)
{
    const struct config *c = d->program.config;
    struct errbuf why = {""};
    uint64_t free_mib;
    char text[512];

    if (folder_open(c->data_dir, &why)) {
        doctor_report(d, BROKEN, "data", why.text);
        doctor_advise("choose a folder of yours: --data DIR or INTERVIEWD_DATA");
        return;
    }
    if (folder_is_open_to_all(c->data_dir)) {
        doctor_report(d, COULD_BE_BETTER, "data",
                      "everybody on this machine may put files into the data folder");
        doctor_advise("close it to others: chmod 700, and look whether its files are yours");
    }
    free_mib = folder_free_mib(c->data_dir);
    if (free_mib == UINT64_MAX)
        return;
    snprintf(text, sizeof(text), "%s, %llu MiB free", c->data_dir, (unsigned long long)free_mib);
    if (free_mib < FOLDER_FULL_MIB) {
        doctor_report(d, BROKEN, "data", text);
        doctor_advise("the disk is full: free some space; deleting interviews in the page works "
                      "meanwhile");
    } else if (free_mib < SPACE_WANTED_MIB) {
        doctor_report(d, COULD_BE_BETTER, "data", text);
        doctor_advise("free some space: recordings and models need more than that");
    } else {
        doctor_report(d, GOOD, "data", text);
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
    doctor_report(d, GOOD, "server", text);
}

/* Is this the key that sealed the stored data? */
static void check_key(struct doctor *d, struct store *store)
{
    const struct config *c = d->program.config;
    const char *path = config_path(c, KEY_FILE);
    struct seal *seal = NULL;
    struct errbuf why = {""};
    bool in_use = false;
    int err = sealed_any(store, &in_use, &why);

    if (!err && !in_use)
        return; /* it will be made at the first start */
    if (!err)
        err = seal_open(&seal, path, c->master_key, SEAL_KEY_IN_USE, &why);
    if (!err)
        err = sealed_check(store, seal, &why);
    doctor_report(d, err ? BROKEN : GOOD, "key",
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
    doctor_report(d, BROKEN, "clock", text);
    doctor_advise("set the clock of this machine right; when it is right now: interviewd migrate "
                  "--accept-clock");
}

/* Reports what the last start found. */
static void check_recordings(struct doctor *d, struct store *store)
{
    char *fact = NULL;
    int64_t unknown = 0;
    char text[96];

    if (store_fact_get(store, STORE_FACT_UNKNOWN_AUDIO, &fact, NULL))
        return;
    text_to_int64(fact, 0, INT64_MAX, &unknown);
    free(fact);
    if (!unknown)
        return;
    snprintf(text, sizeof(text), "%lld are not known to the database; they are kept",
             (long long)unknown);
    doctor_report(d, BROKEN, "recordings", text);
    doctor_advise("the database seems older than they are: put back the one that belongs to them; "
                  "or erase them: interviewd migrate --erase-unknown-recordings, then start again");
}

static void check_no_store(struct doctor *d)
{
    if (folder_holder(config_path(d->program.config, FOLDER_LOCK))) {
        doctor_report(d, BROKEN, "store", "interview.db is gone or empty, and a server uses it");
        doctor_advise(
            "put it back while that server runs, and it goes on with it; what was stored is "
            "lost when it stops");
    } else if (folder_has(config_path(d->program.config, "audit.jsonl"))) {
        doctor_report(d, COULD_BE_BETTER, "store",
                      "interview.db is missing or empty, though this folder was used before");
        doctor_advise(
            "put it back from a copy of the folder; else the next start begins anew, empty");
    } else {
        doctor_report(d, GOOD, "store", "will be made at the first start");
    }
}

static void check_store(struct doctor *d)
{
    const struct config *c = d->program.config;
    const struct store_params params = {.inspect_ms = INSPECT_MS};
    const char *path = config_path(c, "interview.db");
    struct store_health health;
    struct store *store = NULL;
    struct errbuf why = {""};
    int err;

    if (!c->store && !folder_has(path)) {
        check_no_store(d);
        return;
    }
    err = program_open_store(c, &params, &store, &why);
    if (err) {
        doctor_report(d, BROKEN, "store", why.text);
        doctor_advise(c->store ? "look at the address in INTERVIEWD_STORE, and whether psql with "
                                 "it gets through: docs/guides/postgresql.md"
                      : err == UV_ENOSPC
                          ? "nothing of it is lost: the server can be started, and with it "
                            "interviews can be deleted"
                          : "put back a copy of the data folder, or move the file away to "
                            "begin anew");
        return;
    }
    store_health(store, &health);
    if (health.fault == STORE_OUTDATED) {
        doctor_report(d, COULD_BE_BETTER, "store",
                      "of an older version; the next start brings it up");
    } else if (health.fault) {
        doctor_report(d, BROKEN, "store", health.what);
        doctor_advise(health.help);
    } else {
        doctor_report(d, GOOD, "store", c->store ? "the PostgreSQL server answers" : path);
    }
    if (health.fault != STORE_OUTDATED) {
        check_key(d, store);
        check_clock(d, store);
        check_recordings(d, store);
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
        doctor_report(d, BROKEN, "address", text);
        doctor_advise("--listen 127.0.0.1:8080");
        return;
    }
    snprintf(text, sizeof(text), "%s:%s", c->listen_host, port);
    fd = socket(found->ai_family, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (!bind(fd, found->ai_addr, found->ai_addrlen)) {
        doctor_report(d, GOOD, "address", text);
    } else {
        snprintf(text, sizeof(text), "%s:%s is taken: %s", c->listen_host, port, strerror(errno));
        doctor_report(d, COULD_BE_BETTER, "address", text);
        doctor_advise("Interview Assistant may be running already; else choose another: --listen "
                      "127.0.0.1:9090");
    }
    close(fd);
    freeaddrinfo(found);
}

static void check_confinement(struct doctor *d)
{
    struct confine_done can = confine_can();

    if (!d->program.config->confine) {
        doctor_report(d, COULD_BE_BETTER, "confined", "no: the setting confine is off");
        doctor_advise("--confine on, and name what the server has to reach in its settings");
    } else if (can.files && can.calls) {
        doctor_report(d, GOOD, "confined", "the server writes its data folder alone");
    } else {
        doctor_report(d, COULD_BE_BETTER, "confined",
                      can.calls ? "this kernel has no Landlock, or it is off"
                                : "this kernel filters no system calls");
        doctor_advise("Linux 5.13 or newer with landlock among its modules (lsm=)");
    }
}

static void check_page(struct doctor *d)
{
    const char *root = program_web_root(&d->program);

    if (root) {
        doctor_report(d, GOOD, "page", root);
        return;
    }
    doctor_report(d, COULD_BE_BETTER, "page", "not built");
    doctor_advise("scripts/setup_dev.sh builds it");
}

/* ------------------------------------------------------------------------- providers */

static void on_probed(void *arg)
{
    loop_stop(arg);
}

static void check_provider(struct doctor *d, size_t i)
{
    const struct llm_provider *p = llm_probe_provider(d->program.app.probe, i);
    struct llm_probed known = llm_probe_get(d->program.app.probe, i);
    bool good = known.state == LLM_PROBE_ANSWERS;
    char say[256];
    char text[512];

    if (!p->driver->models || (p->finds && known.state == LLM_PROBE_SILENT))
        return;
    if (good && p->any_model)
        snprintf(text, sizeof(text), "%s%s at %s: %zu models, %.120s answers", p->name,
                 p->finds ? ", found on this machine" : "", p->url, known.models, p->facts->model);
    else if (good)
        snprintf(text, sizeof(text), "%s: %zu models", p->name, known.models);
    else
        snprintf(text, sizeof(text), "%s %s", p->name, llm_probe_say(&known, p, say, sizeof(say)));
    doctor_report(d, good ? GOOD : COULD_BE_BETTER, "answers", text);
    if (!good)
        doctor_advise(llm_probe_advise(&known, p, text, sizeof(text)));
}

static void check_providers(struct doctor *d)
{
    const struct config *c = d->program.config;

    llm_probe_look(d->program.app.probe, on_probed, d->program.app.loop);
    loop_run(d->program.app.loop); /* each list has a time limit of its own */
    for (size_t i = 0; i < d->program.provider_count; i++)
        check_provider(d, i);
    for (size_t i = 0; i < c->provider_count; i++) {
        char text[256];

        if (!c->providers[i].missing_key)
            continue;
        snprintf(text, sizeof(text), "%s is asked for, but its key is not set",
                 c->providers[i].name);
        doctor_report(d, BROKEN, "answers", text);
        doctor_advise("set its key in the environment or in the config file");
    }
    doctor_report(d, GOOD, "answers", "outline: built in, needs no key and no network");
    if (!d->program.provider_count)
        doctor_advise("for written-out answers: set GROQ_API_KEY, or start Ollama and set "
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
    check_confinement(&d);
    doctor_hearing(&d);
    check_providers(&d);
    printf("\n%s\n", d.broken ? "Something that is needed does not work; see FAIL above."
                              : "Everything that is needed works.");
    program_close(&d.program);
    return d.broken ? EXIT_FAILED : EXIT_OK;
}

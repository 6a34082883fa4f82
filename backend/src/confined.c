/**
 * @file confined.c  What a server may access, fixed before it opens anything
 *
 * It writes only its data folder. It reads what libraries need (certificates, fonts, time zones,
 * host names), the page, its certificate and its model. It runs its own workers, and Python if
 * models are fetched as packages. See loop/confine.h.
 */
#include "program.h"

#include "base/module.h"
#include "base/sanitized.h"
#include "loop/confine.h"
#include "observe/log.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXTS_MAX = 32 };

/* Paths that are built here; the rules borrow them. */
struct places {
    struct confine rules;
    char texts[TEXTS_MAX][PATH_MAX];
    size_t count;
};

static char *place(struct places *p)
{
    return p->count < TEXTS_MAX ? p->texts[p->count++] : NULL;
}

static void allow_below(struct places *p, enum confine_use use, const char *folder,
                        const char *name)
{
    char *path = folder && *folder ? place(p) : NULL;

    if (path && snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
        confine_allow(&p->rules, use, path);
}

static void allow_folder(struct places *p, const char *file)
{
    char *path = place(p);
    char *slash;

    if (!path || snprintf(path, PATH_MAX, "%s", file) >= PATH_MAX)
        return;
    slash = strrchr(path, '/');
    if (slash)
        slash[1] = '\0';
    confine_allow(&p->rules, CONFINE_READ, slash ? path : ".");
}

/* A file that is renewed by renaming another over it, or a link to such a file. */
static void allow_renewed(struct places *p, const char *file)
{
    char real[PATH_MAX];

    if (!file)
        return;
    allow_folder(p, file);
    if (realpath(file, real))
        allow_folder(p, real);
}

/* ------------------------------------------------------------------------------- running */

/* Finds the loader, which the kernel runs first: every program on this machine starts with it. */
static int find_loader(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_INTERP)
            *(const char **)arg = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    return 1; /* the first object is the program itself */
}

static bool is_program(const char *path)
{
    char magic[SELFMAG] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && read(fd, magic, SELFMAG) == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG);

    if (fd >= 0)
        close(fd);
    return is;
}

/* The first python3 in PATH that is a binary; a shell wrapper would need a shell. */
static bool find_python(char real[static PATH_MAX])
{
    const char *paths = getenv("PATH");

    while (paths && *paths) {
        char path[PATH_MAX];
        size_t len = strcspn(paths, ":");

        snprintf(path, sizeof(path), "%.*s/python3", (int)len, paths);
        if (is_program(path) && realpath(path, real))
            return true;
        paths += len;
        paths += *paths == ':';
    }
    return false;
}

/* Python finds its modules relative to its own path. */
static void allow_python(struct places *p)
{
    char real[PATH_MAX];
    char *program = place(p);

    if (!program || !find_python(real))
        return;
    snprintf(program, PATH_MAX, "%s", real);
    confine_allow(&p->rules, CONFINE_RUN, program);
    *strrchr(real, '/') = '\0';
    allow_below(p, CONFINE_READ, real, "..");
}

static void allow_running(struct places *p, const struct config *c)
{
    static const char *const workers[] = {"interviewd-media", "interviewd-pocketsphinx"};
    const char *loader = NULL;

    dl_iterate_phdr(find_loader, &loader);
    confine_allow(&p->rules, CONFINE_RUN, loader);
    for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
        char *path = place(p);

        if (path && !program_find(workers[i], path, NULL))
            confine_allow(&p->rules, CONFINE_RUN, path);
    }
    if (c->fetch_models)
        allow_python(p);
}

/* ------------------------------------------------------------------------------- reading */

static void allow_reading(struct places *p)
{
    static const char *const system[] = {
        "/usr",
        "/lib",
        "/lib64",
        "/lib32",
        "/etc",
        "/proc",
        "/sys",
        "/dev",
        "/run",
        "/opt",
        "/var/cache/fontconfig",
        "/var/lib/ca-certificates",
        "/nix/store",
    };
    static const char *const at_home[] = {
        ".config/pip",
        ".pip",
        ".netrc",
        ".local/lib",
        ".config/fontconfig",
        ".cache/fontconfig",
        ".fonts",
        ".local/share/fonts",
        ".config/pulse",
        ".config/pipewire",
        ".asoundrc",
    };
    static const char *const named[] = {
        "SSL_CERT_FILE",   "SSL_CERT_DIR",    "CURL_CA_BUNDLE",     "REQUESTS_CA_BUNDLE",
        "PIP_CERT",        "PIP_CONFIG_FILE", "INTERVIEWD_MODULES", "FONTCONFIG_FILE",
        "FONTCONFIG_PATH", "OPENSSL_CONF",
    };

    for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
        confine_allow(&p->rules, CONFINE_READ, system[i]);
    for (size_t i = 0; i < sizeof(at_home) / sizeof(at_home[0]); i++)
        allow_below(p, CONFINE_READ, getenv("HOME"), at_home[i]);
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        confine_allow(&p->rules, CONFINE_READ, getenv(named[i]));
}

/* Modules and models are next to the program; in the build tree the page is a little further
 * away. */
static void allow_own(struct places *p, struct program *program)
{
    const struct config *c = program->config;
    char folder[PATH_MAX];

    if (!exe_folder(folder, sizeof(folder))) {
        allow_below(p, CONFINE_READ, folder, ".");
        allow_below(p, CONFINE_READ, folder, "../lib/interviewd");
        allow_below(p, CONFINE_READ, folder, "../share/interview-assistant");
    }
    confine_allow(&p->rules, CONFINE_READ, program_web_root(program));
    confine_allow(&p->rules, CONFINE_READ, c->asr_model);
    allow_renewed(p, c->tls_cert);
    allow_renewed(p, c->tls_key);
}

static void allow_writing(struct places *p, const struct config *c)
{
    static const char *const devices[] = {"/dev/null", "/dev/shm", "/dev/snd", "/dev/tty"};

    confine_allow(&p->rules, CONFINE_WRITE, c->data_dir);
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        confine_allow(&p->rules, CONFINE_WRITE, devices[i]);
}

void program_confine(struct program *program)
{
    const struct config *c = program->config;
    struct confine_done done = {false, false};
    struct places *p;

    program->app.confined = "none";
    if (SANITIZED || !c->confine ||
        folder_open(c->data_dir, NULL)) /* the next one to open it reports why */
        return;
    p = calloc(1, sizeof(*p));
    if (!p)
        return;
    allow_writing(p, c);
    allow_own(p, program);
    allow_running(p, c);
    allow_reading(p);
    confine_process(&p->rules, &done);
    free(p);
    if (done.files && done.calls)
        program->app.confined = "full";
    else if (done.files || done.calls)
        program->app.confined = "partial";
}

void program_say_confined(const struct program *program)
{
    struct confine_done can = confine_can();

    if (!program->config->confine)
        log_warn("serve", "not confined to the data folder, as the setting confine says");
    else if (!can.files)
        log_warn("serve", "this kernel has no Landlock, or it is off: files beyond the data folder "
                          "are kept from the server by its user's rights alone");
    else if (!can.calls)
        log_warn("serve", "this kernel filters no system calls (seccomp)");
    log_info("serve", "confined to the data folder: %s", program->app.confined);
}

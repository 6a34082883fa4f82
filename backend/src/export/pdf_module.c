/**
 * @file export/pdf_module.c  Finds and loads interviewd-pdf at the first PDF
 *
 * It lies beside the executable (interviewd-pdf.so), where the build leaves it, in
 * ../lib/interviewd/, or where the library path says. Once loaded it stays.
 */
#include "export/formats.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char file[] = "interviewd-pdf.so";

static struct {
    pthread_mutex_t lock;
    export_write_fn *write; /* {lock} NULL: not loaded yet */
    char why[256];          /* {lock} */
} module = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* dir of the executable, then up. */
static void *open_beside(void)
{
    static const char *const below[] = {"", "../lib/interviewd/", "src/export/", "../src/export/",
                                        "../../src/export/"};
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    char *slash;

    if (n <= 0)
        return NULL;
    exe[n] = '\0';
    slash = strrchr(exe, '/');
    if (!slash)
        return NULL;
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
        char path[PATH_MAX + 64];
        void *handle;

        snprintf(path, sizeof(path), "%s%s%s", exe, below[i], file);
        if (access(path, R_OK))
            continue;
        handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (handle)
            return handle;
    }
    return NULL;
}

static export_write_fn *load(struct errbuf *err)
{
    export_write_fn *write;
    void *symbol = NULL;
    void *handle;

    pthread_mutex_lock(&module.lock);
    if (!module.write) {
        handle = open_beside();
        if (!handle)
            handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
        if (handle)
            symbol = dlsym(handle, EXPORT_PDF_SYMBOL);
        if (symbol)
            memcpy(&module.write, &symbol, sizeof(symbol));
        else
            snprintf(module.why, sizeof(module.why), "%s", dlerror());
    }
    write = module.write;
    if (!write)
        err_set(err, UV_ENOSYS,
                "the PDF writer interviewd-pdf.so is not beside the program or lacks a library "
                "(%s): install libpangocairo-1.0-0, or export as Markdown",
                module.why);
    pthread_mutex_unlock(&module.lock);
    return write;
}

int export_pdf(const struct export_doc *doc, struct buf *out, struct errbuf *err)
{
    export_write_fn *write = load(err);

    return write ? write(doc, out, err) : UV_ENOSYS;
}

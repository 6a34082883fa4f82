/**
 * @file models.c  The catalogue, finding a file, and the command line; see models.h
 */
#include "models/models.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_MAX_LEN = 64,
    QUICK_BYTES = 700000000 /* larger files are slow on two cores, unless bench says otherwise */
};

const struct model_entry models_known[] = {
    {"tiny.en-q5_1", 32, "English, smallest"},
    {"tiny.en-q8_0", 44, NULL},
    {"tiny.en", 78, NULL},
    {"tiny-q5_1", 32, "99 languages, smallest"},
    {"tiny-q8_0", 44, NULL},
    {"tiny", 78, NULL},
    {"base.en-q5_1", 60, "English, quick on any machine"},
    {"base.en-q8_0", 82, NULL},
    {"base.en", 148, NULL},
    {"base-q5_1", 60, NULL},
    {"base-q8_0", 82, NULL},
    {"base", 148, NULL},
    {"small.en-q5_1", 190, "English, good and still quick"},
    {"small.en-q8_0", 264, NULL},
    {"small.en", 488, NULL},
    {"small-q5_1", 190, NULL},
    {"small-q8_0", 264, NULL},
    {"small", 488, NULL},
    {"medium.en-q5_0", 539, NULL},
    {"medium.en-q8_0", 823, NULL},
    {"medium.en", 1534, NULL},
    {"medium-q5_0", 539, NULL},
    {"medium-q8_0", 823, NULL},
    {"medium", 1534, NULL},
    {"large-v1", 3095, NULL},
    {"large-v2-q5_0", 1081, NULL},
    {"large-v2-q8_0", 1656, NULL},
    {"large-v2", 3095, NULL},
    {"large-v3-q5_0", 1081, "100 languages, most accurate"},
    {"large-v3", 3095, NULL},
    {"large-v3-turbo-q5_0", 574, "100 languages, nearly as accurate, much quicker"},
    {"large-v3-turbo-q8_0", 874, NULL},
    {"large-v3-turbo", 1625, NULL},
    {NULL, 0, NULL},
};

const struct model_entry *models_entry(const char *name)
{
    for (const struct model_entry *e = models_known; e->name; e++) {
        if (!strcmp(e->name, name))
            return e;
    }
    return NULL;
}

const char *models_hint(void)
{
    return "for much better hearing: interviewd models get base.en-q5_1 (60 MB), or "
           "large-v3-turbo-q5_0 (574 MB)";
}

/* ---- finding ------------------------------------------------------------------------------ */

static bool is_file(const char *path, int64_t *size)
{
    struct stat st;

    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return false;
    *size = st.st_size;
    return true;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* <dir>/ggml-<name><tail>.bin, if there is such a file. */
static bool try_name(char *path, const char *dir, const char *name, const char *tail)
{
    int64_t size;
    int n = snprintf(path, MODELS_PATH_MAX, "%s/ggml-%s%s.bin", dir, name, tail);

    return n > 0 && n < MODELS_PATH_MAX && is_file(path, &size);
}

static bool find_named(char *path, const char *dir, const char *name)
{
    static const char *const tails[] = {"", "-q8_0", "-q5_1", "-q5_0", "-q4_1", "-q4_0"};

    if (strchr(name, '/') || strlen(name) > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        if (try_name(path, dir, name, tails[i]))
            return true;
    }
    return false;
}

/* What bench wrote down. */
static bool find_recommended(char *path, const char *dir)
{
    char file[MODELS_PATH_MAX];
    char name[NAME_MAX_LEN + 1] = "";
    FILE *f;

    if (snprintf(file, sizeof(file), "%s/recommended", dir) >= (int)sizeof(file))
        return false;
    f = fopen(file, "r");
    if (!f)
        return false;
    if (!fgets(name, sizeof(name), f))
        name[0] = '\0';
    fclose(f);
    name[strcspn(name, "\n")] = '\0';
    return name[0] && find_named(path, dir, name);
}

static bool model_name(const char *file)
{
    size_t n = strlen(file);

    return n > 9 && n < 128 && !strncmp(file, "ggml-", 5) && !strcmp(file + n - 4, ".bin");
}

/* The largest quick one, else the smallest. */
static bool find_best(char *path, const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    int64_t best = -1;

    while (d && (e = readdir(d)) != NULL) {
        char file[MODELS_PATH_MAX];
        int64_t size;

        if (!model_name(e->d_name) ||
            snprintf(file, sizeof(file), "%s/%s", dir, e->d_name) >= (int)sizeof(file) ||
            !is_file(file, &size))
            continue;
        if (best < 0 || (size <= QUICK_BYTES ? best > QUICK_BYTES || size > best : size < best)) {
            best = size;
            strcpy(path, file);
        }
    }
    if (d)
        closedir(d);
    return best >= 0;
}

int models_find(char path[static MODELS_PATH_MAX], const char *file, const char *data_dir,
                const char *name, struct errbuf *err)
{
    char dir[MODELS_PATH_MAX];
    int64_t size;
    int n;

    if (file && is_file(file, &size)) {
        if (strlen(file) >= MODELS_PATH_MAX)
            return err_set(err, UV_ENAMETOOLONG, "the path of the model is too long");
        strcpy(path, file);
        return 0;
    }
    if (file && !is_folder(file))
        return err_set(err, UV_ENOENT, "no model at %.300s", file);
    n = snprintf(dir, sizeof(dir), "%s%s",
                 file       ? file
                 : data_dir ? data_dir
                            : "./data",
                 file ? "" : "/models");
    if (n >= (int)sizeof(dir))
        return err_set(err, UV_ENAMETOOLONG, "the path of the models is too long");
    if (name && *name && strcmp(name, "auto") != 0) {
        if (find_named(path, dir, name))
            return 0;
        return err_set(err, UV_ENOENT,
                       "no model %.60s in %.200s; to get it: interviewd models get %.60s", name,
                       dir, name);
    }
    if (find_recommended(path, dir) || find_best(path, dir))
        return 0;
    return err_set(err, UV_ENOENT,
                   "no Whisper model in %.200s; to get one: interviewd models get base.en-q5_1",
                   dir);
}

/* ---- list and remove ---------------------------------------------------------------------- */

void models_list(const struct models_config *config)
{
    char dir[MODELS_PATH_MAX];
    char chosen[MODELS_PATH_MAX] = "";
    char path[MODELS_PATH_MAX];
    int present = 0;

    snprintf(dir, sizeof(dir), "%s/models", config->data_dir);
    models_find(chosen, NULL, config->data_dir, NULL, NULL);
    printf("%-22s %8s   %s\n", "name", "size", "");
    for (const struct model_entry *e = models_known; e->name; e++) {
        bool here = try_name(path, dir, e->name, "");

        printf("%-22s %5d MB   %s%s%s%s\n", e->name, e->mb, here ? "here" : "",
               here && !strcmp(path, chosen) ? ", in use" : "", here && e->what ? ": " : "",
               e->what ? e->what : "");
        present += here;
    }
    printf("%d of them in %s\n", present, dir);
}

int models_remove(const struct models_config *config, const char *name, struct errbuf *err)
{
    char dir[MODELS_PATH_MAX];
    char path[MODELS_PATH_MAX];
    char part[MODELS_PATH_MAX];
    int n = snprintf(dir, sizeof(dir), "%s/models", config->data_dir);
    bool removed;

    if (strchr(name, '/') || strlen(name) > NAME_MAX_LEN || n >= (int)sizeof(dir) - 128)
        return err_set(err, UV_EINVAL, "\"%.60s\" is not the name of a model", name);
    snprintf(part, sizeof(part), "%.3900s/ggml-%s.bin.part", dir, name);
    removed = !unlink(part);
    if (try_name(path, dir, name, "")) {
        if (unlink(path))
            return err_set(err, uv_translate_sys_error(errno), "cannot remove %.300s: %s", path,
                           strerror(errno));
        removed = true;
    }
    return removed ? 0 : err_set(err, UV_ENOENT, "no model %s in %.300s", name, dir);
}

/**
 * @file models/models.c  Where model files are, and which speech model to load; see models.h
 */
#include "models/models.h"

#include "models/speed.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    NAME_MAX_LEN = 64,
    RANK_TINY = 1,
    RANK_ANY = 9,
    QUICK_BYTES = 700000000 /* larger models are slow on two cores, unless bench says otherwise */
};

const char *models_hint(void)
{
    return "for much better hearing: interviewd models get base.en-q8_0 (82 MB), or "
           "large-v3-turbo-q5_0 (574 MB)";
}

const struct model_entry *models_find_entry(const struct models_config *config, const char *name)
{
    if (!config->catalogue)
        return models_entry(name);
    for (const struct model_entry *e = config->catalogue; e->name; e++) {
        if (!strcmp(e->name, name))
            return e;
    }
    return NULL;
}

int models_path(char path[static MODELS_PATH_MAX], const char *data_dir,
                const struct model_entry *entry)
{
    int n = entry->file
                ? snprintf(path, MODELS_PATH_MAX, "%s/models/%s", data_dir, entry->file)
                : snprintf(path, MODELS_PATH_MAX, "%s/models/ggml-%s.bin", data_dir, entry->name);

    return n > 0 && n < MODELS_PATH_MAX ? 0 : UV_ENAMETOOLONG;
}

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

bool models_here(const char *data_dir, const struct model_entry *entry)
{
    char path[MODELS_PATH_MAX];
    int64_t size;

    return !models_path(path, data_dir, entry) && is_file(path, &size) &&
           (!entry->sha256 || size == entry->bytes);
}

int models_network(char path[static MODELS_PATH_MAX], const char *folder, enum model_kind kind)
{
    for (const struct model_entry *e = models_known; e->name; e++) {
        if (e->kind == kind && e->file)
            return snprintf(path, MODELS_PATH_MAX, "%s/%s", folder, e->file) < MODELS_PATH_MAX
                       ? 0
                       : UV_ENAMETOOLONG;
    }
    return UV_ENOENT;
}

/* ---- which speech model ------------------------------------------------------------------- */

/* Finds <dir>/ggml-<name><tail>.bin. */
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

/* The name that bench wrote down; "": none. */
static void read_recommended(char name[NAME_MAX_LEN + 1], const char *dir)
{
    char file[MODELS_PATH_MAX];
    FILE *f = NULL;

    name[0] = '\0';
    if (snprintf(file, sizeof(file), "%s/recommended", dir) < (int)sizeof(file))
        f = fopen(file, "r");
    if (!f)
        return;
    if (!fgets(name, NAME_MAX_LEN + 1, f))
        name[0] = '\0';
    fclose(f);
    name[strcspn(name, "\n")] = '\0';
}

static bool model_name(const char *file)
{
    size_t n = strlen(file);

    return n > 9 && n < 128 && !strncmp(file, "ggml-", 5) && !strcmp(file + n - 4, ".bin");
}

struct ear {
    int64_t size;
    int rank;
    bool english;
};

/* Files that are quick on most machines come first; of them the larger kind wins (for English, the
 * English variant), then the larger file of one kind. Of the slow ones, the smallest file wins. */
static bool is_better(const struct ear *a, const struct ear *b)
{
    bool quick = a->size <= QUICK_BYTES;

    if (quick != (b->size <= QUICK_BYTES))
        return quick;
    if (!quick)
        return a->size < b->size;
    if (a->rank != b->rank)
        return a->rank > b->rank;
    if (a->english != b->english)
        return a->english;
    return a->size > b->size;
}

static bool find_best(char *path, const char *dir, const char *language, int rank_max)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    struct ear best = {0};
    bool found = false;

    while (d && (e = readdir(d)) != NULL) {
        struct ear ear = {.english = strstr(e->d_name, ".en") != NULL};
        char file[MODELS_PATH_MAX];

        if (!model_name(e->d_name))
            continue; /* it may be shorter than "ggml-" */
        ear.rank = models_rank(e->d_name + 5);
        if (ear.rank > rank_max || !models_hears(e->d_name, language) ||
            snprintf(file, sizeof(file), "%s/%s", dir, e->d_name) >= (int)sizeof(file) ||
            !is_file(file, &ear.size))
            continue;
        if (!found || is_better(&ear, &best)) {
            best = ear;
            found = true;
            strcpy(path, file);
        }
    }
    if (d)
        closedir(d);
    return found;
}

/* The recommended one; if it does not know the language, one that is not larger. On a machine that
 * was measured to be slow, a tiny one if there is one. */
static bool find_unnamed(char *path, const char *dir, const char *language)
{
    char name[NAME_MAX_LEN + 1];
    int rank;

    read_recommended(name, dir);
    if (name[0] && models_hears(name, language) && find_named(path, dir, name))
        return true;
    rank = models_rank(name);
    if (!rank && models_pace(dir) == MODELS_PACE_SLOW)
        rank = RANK_TINY;
    return (rank && find_best(path, dir, language, rank)) ||
           find_best(path, dir, language, RANK_ANY);
}

static int find_in(char *path, const char *dir, const char *name, const char *language,
                   struct errbuf *why)
{
    if (name && *name && strcmp(name, "auto") != 0) {
        if (find_named(path, dir, name))
            return 0;
        return err_set(why, UV_ENOENT,
                       "no model %.60s in %.200s; to get it: interviewd models get %.60s", name,
                       dir, name);
    }
    if (find_unnamed(path, dir, language))
        return 0;
    return err_set(
        why, UV_ENOENT, "no Whisper model%s%.16s in %.200s; to get one: interviewd models get %s",
        models_hears(".en", language) ? "" : " for ", models_hears(".en", language) ? "" : language,
        dir, models_hears(".en", language) ? "base.en-q8_0" : "base-q8_0");
}

int models_find(char path[static MODELS_PATH_MAX], const char *file, const char *data_dir,
                const char *name, const char *language, struct errbuf *why)
{
    char dir[MODELS_PATH_MAX];
    int64_t size;
    int n;

    if (file && is_file(file, &size)) {
        if (strlen(file) >= MODELS_PATH_MAX)
            return err_set(why, UV_ENAMETOOLONG, "the path of the model is too long");
        strcpy(path, file);
        return 0;
    }
    if (file && !is_folder(file) && strchr(file, '/'))
        return err_set(why, UV_ENOENT, "no model at %.300s", file);
    if (file && !is_folder(file)) {
        name = file;
        file = NULL;
    }
    n = snprintf(dir, sizeof(dir), "%s%s",
                 file       ? file
                 : data_dir ? data_dir
                            : "./data",
                 file ? "" : "/models");
    if (n >= (int)sizeof(dir))
        return err_set(why, UV_ENAMETOOLONG, "the path of the models is too long");
    return find_in(path, dir, name, language, why);
}

/**
 * @file models/advice.c  Which speech model a language has here, and which to fetch; see advice.h
 */
#include "models/advice.h"

#include "models/speed.h"

#include <stdio.h>
#include <string.h>

enum { TINY = 1, BASE = 2 }; /* models_rank() */

/* "base.en-q8_0" of ".../ggml-base.en-q8_0.bin". */
static void name_of(const char *path, char *name, size_t size)
{
    const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t n = strlen(file);

    if (n > 9 && !strncmp(file, "ggml-", 5))
        snprintf(name, size, "%.*s", (int)(n - 9), file + 5);
}

static const struct model_entry *absent(const struct models_config *config, const char *name)
{
    const struct model_entry *entry = models_find_entry(config, name);

    return entry && !models_here(config->data_dir, entry) ? entry : NULL;
}

/* One size up on a quick machine, one down on a slow one; the usual size if there is no model, or
 * only a smaller one. */
static const struct model_entry *offer(const struct models_config *config, int rank, bool english,
                                       enum models_pace pace)
{
    if (pace == MODELS_PACE_SLOW)
        return rank == TINY ? NULL : absent(config, english ? "tiny.en-q8_0" : "tiny-q5_1");
    if (rank < BASE)
        return absent(config, english ? "base.en-q8_0" : "base-q8_0");
    return rank == BASE && pace == MODELS_PACE_QUICK
               ? absent(config, english ? "small.en-q5_1" : "small-q5_1")
               : NULL;
}

void models_advise(struct models_advice *a, const struct models_config *config,
                   const char *language)
{
    char path[MODELS_PATH_MAX], folder[MODELS_PATH_MAX], tongue[16] = "en";
    bool english;
    int rank;

    *a = (struct models_advice){.heard = ""};
    if (language && *language)
        snprintf(tongue, sizeof(tongue), "%.*s", (int)strcspn(language, "-_"), language);
    english = !strcmp(tongue, "en");
    if (snprintf(folder, sizeof(folder), "%s/models", config->data_dir) >= (int)sizeof(folder))
        return;
    if (!models_find(path, NULL, config->data_dir, NULL, tongue, NULL))
        name_of(path, a->heard, sizeof(a->heard));
    rank = models_rank(a->heard);
    a->factor = a->heard[0] ? models_speed_of(folder, a->heard) : 0.0;
    if (!english && rank < BASE && models_pace(folder) != MODELS_PACE_SLOW)
        a->bring = absent(config, "base-q8_0");
    else if (!english && !rank)
        a->bring = absent(config, "tiny-q5_1");
    if (!a->bring)
        a->offer = offer(config, rank, english, models_pace(folder));
    a->offer_factor = a->offer ? models_speed_of(folder, a->offer->name) : 0.0;
}

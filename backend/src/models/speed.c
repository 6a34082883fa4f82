/**
 * @file models/speed.c  How fast this machine recognises speech; see speed.h
 */
#include "models/speed.h"

#include "models/catalogue.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum {
    PATH_TEXT_MAX = 4096,
    PROCESSOR_MAX = 160,
    ROUNDS_SURE = 3, /* number of measurements before a machine counts as slow */
};

/* From the final of a 5 s utterance, about half of which is done while it is spoken
 * (docs/SPEED.md): with base, up to a second is acceptable; small is offered where it takes half a
 * second. */
static const double SLOW_FACTOR = 1.0 / 5.0;
static const double QUICK_FACTOR = 0.5 / 5.0; /* for a small model */

struct speed {
    double factor; /* for base */
    int rounds;    /* 0: unknown for this processor */
};

/* Cost of each size relative to base, from docs/SPEED.md: tiny 16, base 32, small 125, medium
 * (interpolated), large 870, turbo 450 ms. Index 0: not a size. */
static double cost_of(const char *ear)
{
    static const double costs[] = {0.0, 0.5, 1.0, 4.0, 12.0, 27.0};

    return strstr(ear, "turbo") ? 14.0 : costs[models_rank(ear)];
}

/* As in "Intel(R) Xeon(R) Platinum 8481C, 2 cores". */
static void processor(char text[static PROCESSOR_MAX])
{
    uv_cpu_info_t *cpus = NULL;
    int n = 0;

    if (uv_cpu_info(&cpus, &n))
        n = 0;
    snprintf(text, PROCESSOR_MAX, "%.120s, %u cores", n > 0 && cpus[0].model ? cpus[0].model : "?",
             uv_available_parallelism());
    if (cpus)
        uv_free_cpu_info(cpus, n);
}

static bool file_of(char path[static PATH_TEXT_MAX], const char *folder, const char *tail)
{
    return snprintf(path, PATH_TEXT_MAX, "%s/speed%s", folder, tail) < PATH_TEXT_MAX;
}

static struct speed read_speed(const char *folder)
{
    char path[PATH_TEXT_MAX], here[PROCESSOR_MAX], there[PROCESSOR_MAX] = "";
    struct speed s = {0.0, 0};
    FILE *f = file_of(path, folder, "") ? fopen(path, "r") : NULL;

    if (!f)
        return s;
    processor(here);
    if (fscanf(f, "%lf %d ", &s.factor, &s.rounds) != 2 || !fgets(there, sizeof(there), f))
        there[0] = '\0';
    there[strcspn(there, "\n")] = '\0';
    fclose(f);
    return !strcmp(here, there) && s.factor > 0.0 && s.rounds > 0 ? s : (struct speed){0.0, 0};
}

double models_speed_of(const char *folder, const char *ear)
{
    return read_speed(folder).factor * cost_of(ear);
}

enum models_pace models_pace(const char *folder)
{
    struct speed s = read_speed(folder);

    if (!s.rounds)
        return MODELS_PACE_UNKNOWN;
    if (s.factor > SLOW_FACTOR)
        return s.rounds >= ROUNDS_SURE ? MODELS_PACE_SLOW : MODELS_PACE_USUAL;
    return s.factor * cost_of("small") <= QUICK_FACTOR ? MODELS_PACE_QUICK : MODELS_PACE_USUAL;
}

bool models_speed_wanted(const char *folder)
{
    return models_pace(folder) != MODELS_PACE_QUICK && read_speed(folder).rounds < ROUNDS_SURE;
}

void models_speed_keep(const char *folder, const char *ear, double factor)
{
    char path[PATH_TEXT_MAX], part[PATH_TEXT_MAX], here[PROCESSOR_MAX];
    struct speed s = read_speed(folder);
    double cost = cost_of(ear);
    FILE *f;

    if (cost <= 0.0 || factor <= 0.0 || !file_of(path, folder, "") ||
        !file_of(part, folder, ".part"))
        return;
    if (!s.rounds || factor / cost < s.factor)
        s.factor = factor / cost;
    f = fopen(part, "w");
    if (!f)
        return;
    processor(here);
    fprintf(f, "%.6f %d %s\n", s.factor, s.rounds + 1, here);
    if (fclose(f) || rename(part, path))
        unlink(part);
}

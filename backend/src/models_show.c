/**
 * @file models_show.c  What `interviewd models` prints; see models_show.h
 */
#include "models_show.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 24, EVERY_MS = 100 };

static const char *const steps[] = {
    [MODELS_DOWNLOADING] = "downloading",
    [MODELS_UNPACKING] = "unpacking",
    [MODELS_QUANTISING] = "quantising",
    [MODELS_CHECKING] = "checking",
};

static void draw(struct models_bar *b, const struct models_progress *p)
{
    uint64_t now = clock_mono_ms();
    double seconds = (double)(now - b->started + 1) / 1000.0;
    double speed = (double)(p->done - b->at_start) / seconds / 1e6;
    double part = p->total > 0 ? (double)p->done / (double)p->total : 0.0;
    int full = part < 1.0 ? (int)(part * BAR) : BAR;
    int left =
        speed > 0.01 && p->total > p->done ? (int)((double)(p->total - p->done) / 1e6 / speed) : 0;

    if (now - b->drawn < EVERY_MS)
        return;
    b->drawn = now;
    fprintf(stderr, "\r%s: %s [%.*s%*s] %3.0f %%  %.1f of %.1f MB  %.1f MB/s  %d:%02d left \033[K",
            p->name, steps[p->step], full, "########################", BAR - full, "",
            (part < 1.0 ? part : 1.0) * 100.0, (double)p->done / 1e6,
            (double)(p->total > 0 ? p->total : p->done) / 1e6, speed, left / 60, left % 60);
    b->open = true;
}

static void begin_step(struct models_bar *b, const struct models_progress *p)
{
    models_show_end(b);
    snprintf(b->name, sizeof(b->name), "%s", p->name);
    b->step = p->step;
    b->started = clock_mono_ms();
    b->at_start = p->done;
    b->tenth = -1;
}

int models_show_progress(const struct models_progress *p, void *bar)
{
    struct models_bar *b = bar;
    int tenth = p->total > 0 ? (int)(p->done * 10 / p->total) : 0;

    if (strcmp(b->name, p->name) != 0 || b->step != p->step)
        begin_step(b, p);
    if (isatty(STDERR_FILENO)) {
        draw(b, p);
    } else if (tenth > b->tenth && p->step == MODELS_DOWNLOADING && p->done > 0) {
        b->tenth = tenth;
        fprintf(stderr, "%s: %s, %.1f of %.1f MB\n", p->name, steps[p->step], (double)p->done / 1e6,
                (double)(p->total > 0 ? p->total : p->done) / 1e6);
    }
    return 0;
}

void models_show_end(struct models_bar *b)
{
    if (b->open)
        fputs("\r\033[K", stderr);
    b->open = false;
}

/* "English", "99 languages", "". */
static const char *languages(const struct model_entry *e, char *text, size_t size)
{
    if (!e->languages)
        return "";
    if (!strcmp(e->languages, "en"))
        return "English";
    snprintf(text, size, "%s languages", e->languages);
    return text;
}

void models_show_list(const struct models_config *config)
{
    char chosen[MODELS_PATH_MAX] = "";
    char path[MODELS_PATH_MAX];
    int present = 0;

    models_find(chosen, NULL, config->data_dir, NULL, NULL, NULL);
    printf("%-22s %-8s %8s  %-14s %-13s %s\n", "name", "kind", "size", "languages", "licence", "");
    for (const struct model_entry *e = models_known; e->name; e++) {
        bool here = models_here(config->data_dir, e);
        bool used = here && !models_path(path, config->data_dir, e) && !strcmp(path, chosen);
        char text[32];

        printf("%-22s %-8s %5.0f MB  %-14s %-13s %s%s%s%s\n", e->name, models_kind_name(e->kind),
               (double)e->bytes / 1e6, languages(e, text, sizeof(text)), e->licence,
               here ? "here" : "", used ? ", in use" : "", here && e->what ? ": " : "",
               e->what ? e->what : "");
        present += here;
    }
    printf("%d of them in %s/models\n", present, config->data_dir);
}

/**
 * @file models_show.h  What `interviewd models` prints: the table, and a progress bar
 *
 * Threads    One.
 */
#ifndef MODELS_SHOW_H
#define MODELS_SHOW_H

#include "models/models.h"

struct models_bar {
    char name[80];
    enum models_step step;
    uint64_t started; /**< Start of this step [ms] */
    int64_t at_start;
    uint64_t drawn; /**< Last update [ms] */
    int tenth;      /**< Last tenth printed if stderr is not a terminal */
    bool open;      /**< The current line is unfinished */
};

/** A function for models_config.progress: on a terminal it rewrites one line, otherwise it prints a
 *  line for each tenth. */
int models_show_progress(const struct models_progress *p, void *bar);
void models_show_end(struct models_bar *bar);

/** Print what is known, what is here, and which speech model is in use. */
void models_show_list(const struct models_config *config);

#endif

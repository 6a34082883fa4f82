/**
 * @file models_show.h  What `interviewd models` prints: the table, and a bar while something comes
 *
 * Threads    One.
 */
#ifndef MODELS_SHOW_H
#define MODELS_SHOW_H

#include "models/models.h"

struct models_bar {
    char name[80];
    enum models_step step;
    uint64_t started; /**< [ms] of this step */
    int64_t at_start;
    uint64_t drawn; /**< [ms] */
    int tenth;      /**< Last one told when stderr is no terminal */
    bool open;      /**< There is an unfinished line */
};

/** As models_config.progress: a line that is rewritten on a terminal, a line for each tenth else.
 */
int models_show_progress(const struct models_progress *p, void *bar);
void models_show_end(struct models_bar *bar);

/** Print what is known, what is here, and which ear is heard with. */
void models_show_list(const struct models_config *config);

#endif

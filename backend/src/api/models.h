/**
 * @file api/models.h  What can be heard with, as the wire has it, and what a chosen language brings
 *
 * Threads    Request workers.
 */
#ifndef API_MODELS_H
#define API_MODELS_H

#include "models/catalogue.h"
#include "net/http.h"

#include <jansson.h>

struct app;
struct models_shelf;

/** HearingModel; in_use is told as ready. */
json_t *models_item(struct models_shelf *shelf, const struct model_entry *entry);

/** A session is in this language: what hearing it needs begins to come, if that is set so. */
void hearing_chosen(const struct app *app, const char *language);

#endif

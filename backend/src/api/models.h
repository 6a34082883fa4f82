/**
 * @file api/models.h  Speech models as JSON, and fetching one for a chosen language
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

/** HearingModel; in_use is reported as ready. */
json_t *models_item(struct models_shelf *shelf, const struct model_entry *entry);

/** A session is in this language: starts to fetch what is missing for it, if configured. */
void hearing_chosen(const struct app *app, const char *language);

#endif

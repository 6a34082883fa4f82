/**
 * @file models_check.h  Can the engines here read a model file? A function for models_config.check
 */
#ifndef MODELS_CHECK_H
#define MODELS_CHECK_H

#include "models/models.h"

int models_check(const struct model_entry *entry, const char *path, struct errbuf *why);

#endif

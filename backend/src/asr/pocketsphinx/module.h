/**
 * @file asr/pocketsphinx/module.h  What the shared module gives the program
 *
 * libpocketsphinx brings LAPACK and Fortran with it, too much for a server that only waits. So the
 * recogniser is a shared module; driver.c opens it when a model is loaded.
 */
#ifndef ASR_POCKETSPHINX_MODULE_H
#define ASR_POCKETSPHINX_MODULE_H

#include "asr/engine.h"

#define ASR_POCKETSPHINX_MODULE "asr-pocketsphinx"
#define ASR_POCKETSPHINX_SYMBOL "asr_pocketsphinx_module"

/** Where Debian's pocketsphinx-en-us puts the model; params->path stands for another folder. */
#define ASR_POCKETSPHINX_MODEL "/usr/share/pocketsphinx/model/en-us"

/** The engine inside the module; available() is left to driver.c. */
const struct asr_engine *asr_pocketsphinx_module(void);

#endif

/**
 * @file asr/engine.c  The list of recognisers, best first
 *
 * To add one: a folder asr/NAME with a meson.build that does `asr_built += 'NAME'`, a
 * `const struct asr_engine asr_NAME`, and a line in each of the two places below. It is done when
 * test/conformance/asr.c passes with it.
 */
#include "asr/engine.h"

#include "asr/built.h"

#include <string.h>

#ifdef ASR_HAS_WHISPER
extern const struct asr_engine asr_whisper;
#endif
#ifdef ASR_HAS_POCKETSPHINX
extern const struct asr_engine asr_pocketsphinx;
#endif
#ifdef ASR_HAS_OPENAI
extern const struct asr_engine asr_openai;
#endif

const struct asr_engine *const asr_engines[] = {
#ifdef ASR_HAS_WHISPER
    &asr_whisper,
#endif
#ifdef ASR_HAS_POCKETSPHINX
    &asr_pocketsphinx,
#endif
#ifdef ASR_HAS_OPENAI
    &asr_openai,
#endif
    NULL,
};

const struct asr_engine *asr_engine_find(const char *name)
{
    for (size_t i = 0; name && asr_engines[i]; i++) {
        if (strcmp(asr_engines[i]->name, name) == 0)
            return asr_engines[i];
    }
    return NULL;
}

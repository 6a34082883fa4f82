/**
 * @file models_check.c  Can the engines here read a model file? See models_check.h
 */
#include "models_check.h"

#include "asr/whisper/file.h"

int models_check(const struct model_entry *entry, const char *path, struct errbuf *why)
{
    struct whisper_file *file = NULL;
    int err;

    if (entry->kind != MODEL_EAR)
        return 0; /* its SHA-256 shows that it is the file that was tested */
    err = whisper_file_open(&file, path, why);
    whisper_file_close(file);
    return err;
}

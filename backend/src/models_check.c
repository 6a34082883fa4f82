/**
 * @file models_check.c  Can the engines here read a model file? See models_check.h
 */
#include "models_check.h"

#include "asr/whisper/file.h"

int models_check(const struct model_entry *entry, const char *path, struct errbuf *err)
{
    struct whisper_file *file = NULL;
    int code;

    if (entry->kind != MODEL_EAR)
        return 0; /* its SHA-256 says that it is the file that was tried */
    code = whisper_file_open(&file, path, err);
    whisper_file_close(file);
    return code;
}

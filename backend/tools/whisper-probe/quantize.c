/**
 * @file whisper-probe/quantize.c  A model file in fewer bytes, for measuring
 */
#include "whisper-probe/probe.h"

#include "models/quantize.h"

#include <stdio.h>
#include <stdlib.h>

static void *read_all(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    void *data = NULL;

    if (f && !fseek(f, 0, SEEK_END)) {
        *len = (size_t)ftell(f);
        rewind(f);
        data = malloc(*len + 1);
        if (data && fread(data, 1, *len, f) != *len) {
            free(data);
            data = NULL;
        }
    }
    if (f)
        fclose(f);
    return data;
}

int probe_quantize(const struct probe_options *o, struct errbuf *err)
{
    enum models_type type;
    size_t len = 0;
    void *from = models_type_find(o->quantize, &type) ? read_all(o->model, &len) : NULL;
    struct buf out;
    FILE *f = NULL;
    int code =
        from ? 0 : err_set(err, UV_EINVAL, "%s, %s: no such file or type", o->model, o->quantize);

    buf_init(&out, len + (1 << 20));
    if (!code)
        code = models_quantize(from, len, type, &out, err);
    if (!code && !(f = fopen(o->wav, "wb")))
        code = err_set(err, UV_EIO, "%s: cannot be written", o->wav);
    if (!code && fwrite(out.data, 1, out.len, f) != out.len)
        code = err_set(err, UV_EIO, "%s: cannot be written", o->wav);
    if (f)
        fclose(f);
    buf_release(&out);
    free(from);
    return code ? 2 : 0;
}

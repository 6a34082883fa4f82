/**
 * @file export/pdf_module.c  The PDF writer, loaded at the first PDF (base/module.h)
 */
#include "base/module.h"
#include "export/formats.h"

#include <string.h>

int export_pdf(const struct export_doc *doc, struct buf *out, struct errbuf *why)
{
    void *symbol = module_open("interviewd-pdf", EXPORT_PDF_SYMBOL, why);
    export_write_fn *write;

    if (!symbol)
        return UV_ENOSYS;
    memcpy(&write, &symbol, sizeof(write)); /* ISO C has no cast from data to function */
    return write(doc, out, why);
}

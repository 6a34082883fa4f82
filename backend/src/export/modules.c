/**
 * @file export/modules.c  The writers that are loaded for their first document (base/module.h)
 */
#include "base/module.h"
#include "export/formats.h"

#include <string.h>

static int write_with(const char *module, const char *name, const struct export_doc *doc,
                      struct buf *out, struct errbuf *why)
{
    void *symbol = module_open(module, name, why);
    export_write_fn *write;

    if (!symbol)
        return UV_ENOSYS;
    memcpy(&write, &symbol, sizeof(write)); /* ISO C has no cast from data to function pointers */
    return write(doc, out, why);
}

int export_pdf(const struct export_doc *doc, struct buf *out, struct errbuf *why)
{
    return write_with("interviewd-pdf", EXPORT_PDF_SYMBOL, doc, out, why);
}

int export_docx(const struct export_doc *doc, struct buf *out, struct errbuf *why)
{
    return write_with("interviewd-docx", EXPORT_DOCX_SYMBOL, doc, out, why);
}

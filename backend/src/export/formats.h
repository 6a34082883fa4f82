/**
 * @file export/formats.h  The writers behind export/export.h; private to export/
 */
#ifndef EXPORT_FORMATS_H
#define EXPORT_FORMATS_H

#include "export/export.h"

int export_json(const struct export_doc *doc, struct buf *out, struct errbuf *why);
int export_markdown(const struct export_doc *doc, struct buf *out, struct errbuf *why);
/** Loads interviewd-pdf at the first call. */
int export_pdf(const struct export_doc *doc, struct buf *out, struct errbuf *why);

/** The one symbol of the module interviewd-pdf. */
#define EXPORT_PDF_SYMBOL "interviewd_pdf_write"
typedef int export_write_fn(const struct export_doc *doc, struct buf *out, struct errbuf *why);
int interviewd_pdf_write(const struct export_doc *doc, struct buf *out, struct errbuf *why);

#endif

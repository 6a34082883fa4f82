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

/** Loads interviewd-docx at the first call. */
int export_docx(const struct export_doc *doc, struct buf *out, struct errbuf *why);
int export_srt(const struct export_doc *doc, struct buf *out, struct errbuf *why);

/** The only symbol of each module. */
#define EXPORT_PDF_SYMBOL  "interviewd_pdf_write"
#define EXPORT_DOCX_SYMBOL "interviewd_docx_write"
typedef int export_write_fn(const struct export_doc *doc, struct buf *out, struct errbuf *why);
int interviewd_pdf_write(const struct export_doc *doc, struct buf *out, struct errbuf *why);
int interviewd_docx_write(const struct export_doc *doc, struct buf *out, struct errbuf *why);

#endif

/**
 * @file export/export.h  Exporting an interview to a file
 *
 *     const struct export_format *format = export_find("pdf");
 *     format->write(&doc, &out, why);
 *
 * The formats are listed in one table (export/export.c). PDF and Word are shared modules,
 * interviewd-pdf and interviewd-docx, which are loaded at first use, because pango, cairo and
 * libzip would cost memory at every start that few need. Except for JSON, which contains the time
 * of the export, the same document always gives the same bytes.
 *
 * Threads    Request workers; calls may overlap.
 * Errors     UV_ENOSYS with a sentence if a format's module is missing; UV_ENOBUFS beyond
 *            EXPORT_MAX; UV_ENOMEM.
 * Ownership  The document is borrowed: records as in store/store.h, their texts in clear.
 */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include "base/buffer.h"
#include "base/error.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

enum { EXPORT_MAX = 64 << 20 }; /**< Largest file, [bytes] */

struct export_doc {
    const struct store_session *session;        /**< job_description in clear */
    const struct store_profile *profile;        /**< context in clear; NULL: none */
    const struct store_transcript *transcripts; /**< Oldest first; question, answer, detail clear */
    size_t transcript_count;
    int64_t exported_at; /**< [ms] since 1970 */
    int utc_offset;      /**< Of the reader's clock at the time of the interview, east positive
                              [min] */
    const char *process; /**< id_of_process(): answers left unfinished by another process were cut
                              off */
};

struct export_format {
    const char *name; /**< "json", "md", "pdf", "docx", "srt" */
    const char *type; /**< Media type */
    const char *extension;
    int (*write)(const struct export_doc *doc, struct buf *out, struct errbuf *why);
};

const struct export_format *export_find(const char *name); /**< NULL if there is none */

/** "interview-2026-05-14.pdf" */
void export_filename(const struct export_doc *doc, const struct export_format *format, char *name,
                     size_t size);

#endif

/**
 * @file export/json.c  A session as JSON: SessionExport in docs/api/openapi.yaml
 */
#include "export/formats.h"
#include "export/record.h"

int export_json(const struct export_doc *doc, struct buf *out, struct errbuf *why)
{
    buf_puts(out, "{\"exportedAt\":");
    record_time(out, doc->exported_at);
    buf_puts(out, ",\"session\":");
    record_session(out, doc->session);
    buf_puts(out, ",\"profile\":");
    if (doc->profile)
        record_profile(out, doc->profile);
    else
        buf_puts(out, "null");
    buf_puts(out, ",\"transcripts\":[");
    for (size_t i = 0; i < doc->transcript_count; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        record_transcript(out, &doc->transcripts[i]);
    }
    buf_puts(out, "]}\n");
    return out->err ? err_set(why, out->err, "the file would be too large") : 0;
}

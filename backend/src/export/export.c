/**
 * @file export/export.c  The formats that a session can be exported to
 */
#include "export/export.h"

#include "base/clock.h"
#include "export/formats.h"

#include <stdio.h>
#include <string.h>

static const struct export_format formats[] = {
    {"json", "application/json", "json", export_json},
    {"md", "text/markdown; charset=utf-8", "md", export_markdown},
    {"pdf", "application/pdf", "pdf", export_pdf},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx",
     export_docx},
    {"srt", "application/x-subrip; charset=utf-8", "srt", export_srt},
};

const struct export_format *export_find(const char *name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

void export_filename(const struct export_doc *doc, const struct export_format *format, char *name,
                     size_t size)
{
    char day[CLOCK_TEXT_MAX];

    clock_format(doc->session->created_at, day);
    snprintf(name, size, "interview-%.10s.%s", day, format->extension);
}

/**
 * @file api/forms.c  Transcripts as JSON, text or subtitles, as the client requests
 */
#include "api/forms.h"

#include "api/validate.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { FORM_MAX = 32 << 20 }; /* [bytes] */

static const struct {
    const char *name;
    const char *type; /* in the request */
    const char *full; /* in the answer */
    int (*write)(const struct transcript *t, struct buf *out);
} forms[] = {
    [FORM_JSON] = {"json", "application/json", NULL, NULL},
    [FORM_SRT] = {"srt", "application/x-subrip", "application/x-subrip", transcript_srt},
    [FORM_VTT] = {"vtt", "text/vtt", "text/vtt", transcript_vtt},
    [FORM_TEXT] = {"txt", "text/plain", "text/plain; charset=utf-8", transcript_text},
};

int read_form(const struct http_request *req, struct http_response *res, enum transcript_form *form)
{
    const char *name = http_query(req, "format");
    const char *accept = http_header(req, "accept");

    *form = FORM_JSON;
    for (enum transcript_form f = FORM_JSON; f <= FORM_TEXT; f++) {
        if (name ? !strcmp(name, forms[f].name) : accept && strstr(accept, forms[f].type)) {
            *form = f;
            return 0;
        }
    }
    return name ? validate_refuse(req, res, "format", "must be one of json, srt, vtt, txt") : 0;
}

int reply_form(struct http_response *res, const struct transcript *t, enum transcript_form form)
{
    res->status = 200;
    res->type = forms[form].full;
    http_set_header(res, "Vary", "Accept");
    buf_clear(&res->body);
    buf_init(&res->body, FORM_MAX);
    return forms[form].write(t, &res->body);
}

static int read_segments(struct transcript *t, const json_t *list)
{
    t->segments = calloc(json_array_size(list) + 1, sizeof(*t->segments));
    if (!t->segments)
        return UV_ENOMEM;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *from = json_array_get(list, i);
        struct transcript_segment *s = &t->segments[t->segment_count];

        s->start_ms = (uint64_t)json_num(from, "startMs", 0);
        s->end_ms = (uint64_t)json_num(from, "endMs", 0);
        s->text = strdup(json_str(from, "text") ? json_str(from, "text") : "");
        if (!s->text)
            return UV_ENOMEM;
        t->segment_count++;
    }
    return 0;
}

int reply_stored_form(struct http_response *res, const char *json, enum transcript_form form)
{
    json_t *whole = json_parse(json, strlen(json));
    struct transcript t = {.segments = NULL};
    int err = whole ? read_segments(&t, json_object_get(whole, "segments")) : UV_EILSEQ;

    if (!err)
        err = reply_form(res, &t, form);
    transcript_release(&t);
    json_decref(whole);
    return err;
}

/**
 * @file api/forms.h  What was said as JSON, text or subtitles, as a client asks for it
 *
 * `?format=` names the form; without it `Accept: text/vtt`, `application/x-subrip` or `text/plain`
 * do, where JSON is not accepted as well.
 *
 * Threads    Request workers, and where an answer is filled later.
 */
#ifndef API_FORMS_H
#define API_FORMS_H

#include "asr/transcribe.h"
#include "net/http.h"

enum transcript_form { FORM_JSON, FORM_SRT, FORM_VTT, FORM_TEXT };

/** 1: answered. */
int read_form(const struct http_request *req, struct http_response *res,
              enum transcript_form *form);

/** Not FORM_JSON. */
int reply_form(struct http_response *res, const struct transcript *t, enum transcript_form form);

/** As stored by a transcription in the background: what transcript_json() wrote. UV_EILSEQ. */
int reply_stored_form(struct http_response *res, const char *json, enum transcript_form form);

#endif

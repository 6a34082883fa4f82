/**
 * @file api/forms.h  Transcripts as JSON, text or subtitles, as the client requests
 *
 * `?format=` selects the form; without it `Accept: text/vtt`, `application/x-subrip` or
 * `text/plain` does, unless JSON is accepted as well.
 *
 * Threads    Request workers, and threads that answer later.
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

/** From the stored result of a background transcription, as written by transcript_json().
 *  UV_EILSEQ. */
int reply_stored_form(struct http_response *res, const char *json, enum transcript_form form);

#endif

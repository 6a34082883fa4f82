/**
 * @file api/takeout.c  All of a user's data as one archive, produced while it is sent
 *
 * The answer is pulled: whenever the receiver has taken a piece, the next few items are read,
 * opened and packed. So nothing is on disk in clear, and memory holds only one session or one chunk
 * of a recording, plus what is being sent, however large the archive is.
 */
#include "api/progress.h"
#include "api/providers.h"
#include "api/recordings.h"
#include "api/reply.h"
#include "api/sessions.h"
#include "auth/base64url.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "blob/blob.h"
#include "export/export.h"
#include "export/pack.h"
#include "export/record.h"
#include "observe/audit.h"
#include "observe/log.h"
#include "store/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 96, TEXT_FILE_MAX = 64 << 20 };

struct takeout {
    const struct app *app;
    char user[ID_TEXT_MAX];
    int64_t now;
    const struct pack_door *door;
    struct pack *pack;
    size_t part; /* which of parts[] is being packed */
    char cursor[STORE_CURSOR_MAX];
    int64_t before; /* of the audit log */
    bool begun;     /* the list of this part has been started */
    struct store_list recordings;
    size_t recording; /* the recording being packed */
    struct blob_reader *sound;
    uint64_t sound_at;
    struct errbuf why;
};

static const char readme[] =
    "This is everything that Interview Assistant keeps of you.\r\n"
    "\r\n"
    "account.json        your name, e-mail, role and settings\r\n"
    "photo.*             your photo\r\n"
    "sign-ins.json       where you are signed in\r\n"
    "passkeys.json       your passkeys: their names and public keys; no one can sign in with "
    "those\r\n"
    "keys.json           your personal keys: what you call them, and when they were used\r\n"
    "providers.json      which language models you chose, and for which a key of yours is kept\r\n"
    "profiles/           each profile that answers are grounded in\r\n"
    "sessions/           each interview, with all that was said: .json can be imported again\r\n"
    "                    (Import in the history), .md is for reading\r\n"
    "progress.json       how you came along, interview by interview: pace, fillers, scores\r\n"
    "recordings/         the sound that is kept, and index.json, which says what is what\r\n"
    "transcriptions/     what was heard in recordings\r\n"
    "voice.json          your voice, as numbers, if you asked to keep it, and what you agreed "
    "to\r\n"
    "audit.json          what was done to your account and records, the newest first\r\n"
    "\r\n"
    "Not in here: your password, of which only a hash is kept that nobody can turn back, the\r\n"
    "tokens of your sign-ins and your personal keys, of which only hashes are kept either, and\r\n"
    "your keys at providers, which are for answering you and are told to nobody.\r\n"
    "\r\n"
    "Nobody protects this file now but you.\r\n";

/* ------------------------------------------------------------------------------- packing */

static int failed(struct takeout *t)
{
    return err_set(&t->why, UV_EIO, "the archive could not be made");
}

static int pack_file(struct takeout *t, const char *name, int64_t time, const void *data,
                     size_t len)
{
    if (t->door->begin(t->pack, name, time, PACK_DEFLATE) || t->door->write(t->pack, data, len))
        return failed(t);
    return 0;
}

/* Packs the buffer's content, and releases it even on failure. */
static int pack_buf(struct takeout *t, const char *name, int64_t time, struct buf *text)
{
    int err =
        text->err ? text->err : pack_file(t, name, time, text->data ? text->data : "", text->len);

    if (text->data)
        explicit_bzero(text->data, text->len);
    buf_release(text);
    return err;
}

static int pack_json(struct takeout *t, const char *name, int64_t time, json_t *value)
{
    struct buf text;

    buf_init(&text, TEXT_FILE_MAX);
    json_write(&text, value);
    json_decref(value);
    return pack_buf(t, name, time, &text);
}

/* ---------------------------------------------------------------------------- small parts */

/* Each part packs some of its content and says whether that was all. */
typedef int part_fn(struct takeout *t, bool *done);

static int pack_readme(struct takeout *t, bool *done)
{
    *done = true;
    return pack_file(t, "README.txt", t->now, readme, sizeof(readme) - 1);
}

static int pack_account(struct takeout *t, bool *done)
{
    struct store_user user;
    struct buf text;
    int err = store_user_get(t->app->store, t->user, &user, &t->why);

    *done = true;
    if (err)
        return err;
    buf_init(&text, TEXT_FILE_MAX);
    record_user(&text, &user);
    store_user_release(&user);
    return pack_buf(t, "account.json", t->now, &text);
}

static int pack_photo(struct takeout *t, bool *done)
{
    struct store_photo photo;
    char name[NAME_MAX_LEN];
    size_t len;
    char *data;
    long n;
    int err = sealed_photo_get(t->app->store, t->app->seal, t->user, &photo, &t->why);

    *done = true;
    if (err)
        return err == UV_ENOENT ? 0 : err;
    snprintf(name, sizeof(name), "photo.%.8s", strchr(photo.type, '/') + 1);
    len = strlen(photo.photo);
    data = malloc(len + 1);
    n = data ? base64url_decode(photo.photo, len, data, len) : UV_ENOMEM;
    err = n < 0 ? (int)n : pack_file(t, name, photo.updated_at, data, (size_t)n);
    free(data);
    store_photo_release(&photo);
    return err;
}

static json_t *order_json(const struct choice *c)
{
    json_t *order = json_array();

    for (size_t i = 0; i < c->order_count; i++)
        json_array_append_new(order, json_string(c->order[i]));
    if (c->ordered)
        return order;
    json_decref(order);
    return json_null();
}

/* That there is a key, not the key itself. */
static int pack_providers(struct takeout *t, bool *done)
{
    struct choice *c = NULL;
    json_t *own = json_array();
    json_t *order;
    int err = providers_choice(t->app, t->user, &c, &t->why);

    *done = true;
    if (err || !c || !c->version) {
        providers_choice_free(c);
        json_decref(own);
        return err;
    }
    for (size_t i = 0; i < c->own_count; i++)
        json_array_append_new(own, json_pack("{s:s, s:b, s:s?, s:s?}", "name", c->own[i].name,
                                             "keyIsSet", c->own[i].key != NULL, "model",
                                             c->own[i].model, "url", c->own[i].url));
    order = order_json(c);
    providers_choice_free(c);
    return pack_json(t, "providers.json", t->now,
                     json_pack("{s:o, s:o}", "order", order, "own", own));
}

static int pack_sign_ins(struct takeout *t, bool *done)
{
    struct store_list list = {0};
    json_t *items = json_array();
    int err = store_sign_in_list(t->app->store, t->user, t->now, &list, &t->why);

    *done = true;
    for (size_t i = 0; i < list.count; i++) {
        const struct store_refresh *s = (const struct store_refresh *)list.items + i;
        char began[CLOCK_TEXT_MAX], seen[CLOCK_TEXT_MAX];

        clock_format(s->began_at, began);
        clock_format(s->seen_at, seen);
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:s, s:s}", "program", s->program, "address",
                                        s->address, "beganAt", began, "lastSeenAt", seen));
    }
    free(list.items);
    if (err) {
        json_decref(items);
        return err;
    }
    return pack_json(t, "sign-ins.json", t->now, items);
}

static int pack_passkeys(struct takeout *t, bool *done)
{
    struct store_list list = {0};
    json_t *items = json_array();
    int err = sealed_passkey_list(t->app->store, t->app->seal, t->user, &list, &t->why);

    *done = true;
    for (size_t i = 0; i < list.count; i++) {
        const struct store_passkey *p = (const struct store_passkey *)list.items + i;
        char made[CLOCK_TEXT_MAX], used[CLOCK_TEXT_MAX];

        clock_format(p->created_at, made);
        clock_format(p->used_at, used);
        json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:i, s:s, s:b, s:s, s:s?}", "name",
                                               p->name, "site", p->rp_id, "credential",
                                               p->credential, "algorithm", p->alg, "publicKey",
                                               p->public_key, "synced", p->synced, "createdAt",
                                               made, "lastUsedAt", p->used_at ? used : NULL));
    }
    store_list_release(&list, STORE_KIND_PASSKEY);
    if (err) {
        json_decref(items);
        return err;
    }
    return pack_json(t, "passkeys.json", t->now, items);
}

static int pack_keys(struct takeout *t, bool *done)
{
    struct store_list list = {0};
    json_t *items = json_array();
    int err = sealed_api_key_list(t->app->store, t->app->seal, t->user, &list, &t->why);

    *done = true;
    for (size_t i = 0; i < list.count; i++) {
        const struct store_api_key *k = (const struct store_api_key *)list.items + i;
        char made[CLOCK_TEXT_MAX], used[CLOCK_TEXT_MAX];

        clock_format(k->created_at, made);
        clock_format(k->used_at, used);
        json_array_append_new(items, json_pack("{s:s, s:s?, s:s, s:s, s:s?}", "id", k->id, "label",
                                               k->label, "prefix", k->prefix, "createdAt", made,
                                               "lastUsedAt", k->used_at ? used : NULL));
    }
    store_list_release(&list, STORE_KIND_API_KEY);
    if (!err && json_array_size(items))
        return pack_json(t, "keys.json", t->now, items);
    json_decref(items);
    return err;
}

static int pack_voice(struct takeout *t, bool *done)
{
    struct store_voice voice;
    char agreed[CLOCK_TEXT_MAX];
    json_t *value;
    int err = sealed_voice_get(t->app->store, t->app->seal, t->user, &voice, &t->why);

    *done = true;
    if (err)
        return err == UV_ENOENT ? 0 : err;
    clock_format(voice.agreed_at, agreed);
    value = json_pack("{s:s, s:s, s:I, s:s}", "agreedTo", voice.wording, "agreedAt", agreed,
                      "speechMs", (json_int_t)voice.speech_ms, "voice", voice.voice);
    store_voice_release(&voice);
    return pack_json(t, "voice.json", t->now, value);
}

static int pack_audit(struct takeout *t, bool *done)
{
    struct audit_entry entries[STORE_PAGE_MAX];
    size_t n = STORE_PAGE_MAX;
    struct buf text;
    bool more = false;
    int err = audit_read(t->user, t->before, entries, &n, &more);

    if (err)
        return err_set(&t->why, err, "the audit log cannot be read");
    if (!t->begun && t->door->begin(t->pack, "audit.json", t->now, PACK_DEFLATE))
        return failed(t);
    buf_init(&text, TEXT_FILE_MAX);
    if (!t->begun)
        buf_putc(&text, '[');
    for (size_t i = 0; i < n; i++) {
        buf_puts(&text, t->begun || i ? ",\n" : "\n");
        api_audit_write(&text, &entries[i]);
    }
    t->begun = true;
    *done = !more || !n;
    if (*done)
        buf_puts(&text, "\n]\n");
    else
        t->before = entries[n - 1].number;
    err = text.err || t->door->write(t->pack, text.data, text.len) ? failed(t) : 0;
    buf_release(&text);
    return err;
}

/* ------------------------------------------------------------------- profiles and sessions */

static int pack_profiles(struct takeout *t, bool *done)
{
    struct store_list list = {0};
    int err = store_profile_list(t->app->store, t->user, 1, t->cursor, &list, &t->why);

    for (size_t i = 0; i < list.count && !err; i++) {
        struct store_profile *p = (struct store_profile *)list.items + i;
        char name[NAME_MAX_LEN];
        struct buf text;

        if ((err = sealed_profile_open(t->app->seal, p, &t->why)))
            break;
        buf_init(&text, TEXT_FILE_MAX);
        record_profile(&text, p);
        snprintf(name, sizeof(name), "profiles/%s.json", p->id);
        err = pack_buf(t, name, p->updated_at, &text);
    }
    memcpy(t->cursor, list.next, sizeof(t->cursor));
    *done = !list.next[0];
    store_list_release(&list, STORE_KIND_PROFILE);
    return err;
}

static int pack_form(struct takeout *t, const struct export_doc *doc, const char *form)
{
    const struct export_format *format = export_find(form);
    char name[NAME_MAX_LEN];
    struct buf text;
    int err;

    buf_init(&text, EXPORT_MAX);
    snprintf(name, sizeof(name), "sessions/%s.%s", doc->session->id, format->extension);
    err = format->write(doc, &text, &t->why);
    if (err) {
        buf_release(&text);
        return err;
    }
    return pack_buf(t, name, doc->session->created_at, &text);
}

static int pack_session(struct takeout *t, struct store_session *session)
{
    struct store_profile profile = {.id = ""};
    struct session_said said = {NULL, 0};
    struct export_doc doc = {.session = session, .exported_at = t->now, .process = id_of_process()};
    int err = sealed_session_open(t->app->seal, session, &t->why);

    if (!err && session->profile_id[0])
        err = sealed_profile_get(t->app->store, t->app->seal, t->user, session->profile_id,
                                 &profile, &t->why);
    if (err == UV_ENOENT)
        err = 0; /* deleted in between */
    if (!err)
        err = session_said_load(t->app, t->user, session->id, &said, &t->why);
    doc.profile = profile.id[0] ? &profile : NULL;
    doc.transcripts = said.at;
    doc.transcript_count = said.n;
    if (!err)
        err = pack_form(t, &doc, "json");
    if (!err)
        err = pack_form(t, &doc, "md");
    session_said_release(&said);
    store_profile_release(&profile);
    return err == UV_ENOENT ? 0 : err; /* the session itself was deleted in between */
}

static int pack_sessions(struct takeout *t, bool *done)
{
    struct store_list list = {0};
    int err = store_session_list(t->app->store, t->user, NULL, 1, t->cursor, &list, &t->why);

    for (size_t i = 0; i < list.count && !err; i++)
        err = pack_session(t, (struct store_session *)list.items + i);
    memcpy(t->cursor, list.next, sizeof(t->cursor));
    *done = !list.next[0];
    store_list_release(&list, STORE_KIND_SESSION);
    return err;
}

/* The item of one session, after those before it. */
static int pack_progress_item(struct takeout *t, struct store_session *session)
{
    json_t *item = NULL;
    struct buf text;
    int err = progress_of(t->app, session, &item, &t->why);

    if (err)
        return err;
    buf_init(&text, TEXT_FILE_MAX);
    buf_puts(&text, t->begun ? ",\n" : "[\n");
    json_write(&text, item);
    json_decref(item);
    if (!t->begun && t->door->begin(t->pack, "progress.json", t->now, PACK_DEFLATE))
        err = failed(t);
    t->begun = true;
    if (!err && (text.err || t->door->write(t->pack, text.data, text.len)))
        err = failed(t);
    buf_release(&text);
    return err;
}

static int pack_progress(struct takeout *t, bool *done)
{
    static const char end[] = "\n]\n";
    struct store_list list = {0};
    int err = store_session_list(t->app->store, t->user, NULL, 1, t->cursor, &list, &t->why);

    for (size_t i = 0; i < list.count && !err; i++)
        err = pack_progress_item(t, (struct store_session *)list.items + i);
    memcpy(t->cursor, list.next, sizeof(t->cursor));
    *done = !list.next[0];
    store_list_release(&list, STORE_KIND_SESSION);
    if (!err && *done && t->begun && t->door->write(t->pack, end, sizeof(end) - 1))
        err = failed(t);
    return err;
}

/* ------------------------------------------------------------------------------ recordings */

/* The common file extension for "matroska,webm / opus" and so on. */
static const char *extension(const char *format)
{
    static const char *const known[][2] = {
        {"webm", "webm"}, {"matroska", "mkv"}, {"ogg", "ogg"}, {"mov,mp4", "m4a"}, {"mp3", "mp3"},
        {"flac", "flac"}, {"wav", "wav"},      {"aac", "aac"}, {"amr", "amr"},     {"aiff", "aiff"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strstr(format, known[i][0]))
            return known[i][1];
    return "bin";
}

static json_t *recording_json(const struct store_recording *r)
{
    char made[CLOCK_TEXT_MAX], expires[CLOCK_TEXT_MAX], agreed[CLOCK_TEXT_MAX], file[NAME_MAX_LEN];
    json_t *value;

    clock_format(r->created_at, made);
    clock_format(r->expires_at, expires);
    snprintf(file, sizeof(file), "%s.%s", r->id, extension(r->format));
    value = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "file", file, "format", r->format,
                      "sessionId", r->session_id, "bytes", (json_int_t)r->bytes, "durationMs",
                      (json_int_t)r->duration_ms, "createdAt", made, "expiresAt", expires);
    if (r->wording) {
        clock_format(r->agreed_at, agreed);
        json_set_str(value, "agreedTo", r->wording);
        json_set_str(value, "agreedAt", agreed);
    }
    return value;
}

static int pack_index(struct takeout *t, bool *done)
{
    char cursor[STORE_CURSOR_MAX] = "";
    json_t *items = json_array();
    int err = 0;

    do {
        struct store_list list = {0};

        err =
            store_recording_of_user(t->app->store, t->user, STORE_PAGE_MAX, cursor, &list, &t->why);
        for (size_t i = 0; i < list.count && !err; i++)
            json_array_append_new(items, recording_json((struct store_recording *)list.items + i));
        memcpy(cursor, list.next, sizeof(cursor));
        store_list_release(&list, STORE_KIND_RECORDING);
    } while (!err && cursor[0]);
    *done = true;
    if (!err && json_array_size(items))
        return pack_json(t, "recordings/index.json", t->now, items);
    json_decref(items);
    return err;
}

/* The next recording's name, and its audio opened; if there is none, *done. */
static int begin_sound(struct takeout *t, bool *done)
{
    struct store_list list = {0};
    const struct store_recording *r;
    char name[NAME_MAX_LEN];
    int err = store_recording_of_user(t->app->store, t->user, 1, t->cursor, &list, &t->why);

    if (err)
        return err;
    r = list.items;
    *done = !list.count;
    t->begun = list.next[0] != '\0'; /* more follow */
    memcpy(t->cursor, list.next, sizeof(t->cursor));
    if (list.count && t->app->blobs && !r->growing) /* a growing one is not complete yet */
        err = blob_open(&t->sound, t->app->blobs, r->id, &t->why);
    if (err == UV_ENOENT)
        err = 0; /* erased in between */
    t->sound_at = 0;
    if (list.count && t->sound) {
        snprintf(name, sizeof(name), "recordings/%s.%s", r->id, extension(r->format));
        if (t->door->begin(t->pack, name, r->created_at, PACK_STORE))
            err = failed(t);
    }
    store_list_release(&list, STORE_KIND_RECORDING);
    return err;
}

static int pack_sounds(struct takeout *t, bool *done)
{
    char *piece;
    int64_t n;
    int err = t->sound ? 0 : begin_sound(t, done);

    if (err || *done || !t->sound) {
        *done = *done || (!err && !t->begun);
        return err;
    }
    piece = malloc(BLOB_CHUNK);
    if (!piece)
        return UV_ENOMEM;
    n = blob_read(t->sound, t->sound_at, piece, BLOB_CHUNK, &t->why);
    if (n > 0 && t->door->write(t->pack, piece, (size_t)n))
        n = failed(t);
    explicit_bzero(piece, BLOB_CHUNK);
    free(piece);
    if (n < 0)
        return (int)n;
    t->sound_at += (uint64_t)n;
    if (n == 0) {
        blob_close(t->sound);
        t->sound = NULL;
        *done = !t->begun;
    }
    return 0;
}

static int pack_transcriptions(struct takeout *t, bool *done)
{
    struct store_list list = {0};
    int err = store_transcription_list(t->app->store, t->user, 1, t->cursor, &list, &t->why);

    for (size_t i = 0; i < list.count && !err; i++) {
        struct store_transcription clear;
        char name[NAME_MAX_LEN];

        err = sealed_transcription_get(t->app->store, t->app->seal, t->user,
                                       ((struct store_transcription *)list.items)[i].id, &clear,
                                       &t->why);
        if (err == UV_ENOENT) {
            err = 0;
            continue;
        }
        if (!err && clear.result) {
            snprintf(name, sizeof(name), "transcriptions/%s.json", clear.id);
            err = pack_file(t, name, clear.finished_at, clear.result, strlen(clear.result));
        }
        if (!err)
            store_transcription_release(&clear);
    }
    memcpy(t->cursor, list.next, sizeof(t->cursor));
    *done = !list.next[0];
    store_list_release(&list, STORE_KIND_TRANSCRIPTION);
    return err;
}

static int pack_end(struct takeout *t, bool *done)
{
    *done = true;
    return t->door->end(t->pack) ? failed(t) : 0;
}

/* -------------------------------------------------------------------------------- sending */

static part_fn *const parts[] = {
    pack_readme,         pack_account,  pack_photo,    pack_sign_ins, pack_passkeys, pack_keys,
    pack_providers,      pack_profiles, pack_sessions, pack_progress, pack_index,    pack_sounds,
    pack_transcriptions, pack_voice,    pack_audit,    pack_end,
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static int pack_more(struct takeout *t)
{
    bool done = false;
    int err = parts[t->part](t, &done);

    if (!err && done) {
        t->part++;
        t->cursor[0] = '\0';
        t->begun = false;
    }
    return err;
}

static int64_t next_piece(void *arg, void *to, size_t len)
{
    struct takeout *t = arg;
    const void *ready;
    size_t n;
    int err;

    for (ready = t->door->ready(t->pack, &n); n < len && t->part < PARTS;
         ready = t->door->ready(t->pack, &n)) {
        if ((err = pack_more(t))) {
            log_error("export", "%s", t->why.text[0] ? t->why.text : uv_strerror(err));
            return err;
        }
    }
    n = n < len ? n : len;
    memcpy(to, ready, n);
    t->door->took(t->pack, n);
    return (int64_t)n;
}

static void release(void *arg)
{
    struct takeout *t = arg;

    blob_close(t->sound);
    t->door->close(t->pack);
    free(t);
}

static int get_export(const struct http_request *req, struct http_response *res)
{
    struct http_source source = {.next = next_piece, .release = release};
    struct takeout *t = calloc(1, sizeof(*t));
    char disposition[96], date[CLOCK_TEXT_MAX];
    struct errbuf why = {""};

    if (!t)
        return UV_ENOMEM;
    t->app = app_of(req);
    t->now = clock_unix_ms();
    text_copy(t->user, sizeof(t->user), req->user, strlen(req->user));
    t->door = pack_load(&why);
    t->pack = t->door ? t->door->open() : NULL;
    if (!t->pack) {
        free(t);
        log_error("export", "%s", why.text);
        return UV_ENOMEM;
    }
    clock_format(t->now, date);
    snprintf(disposition, sizeof(disposition),
             "attachment; filename=\"interview-assistant-%.10s.zip\"", date);
    http_set_header(res, "Content-Disposition", disposition);
    source.arg = t;
    return http_reply_source(res, "application/zip", &source);
}

const struct http_route api_takeout_routes[] = {
    {"GET", "/api/v1/auth/me/export", get_export, .flags = ROUTE_AUTH | ROUTE_LANE_READ},
    {.method = NULL},
};

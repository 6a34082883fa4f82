/**
 * @file asr/pocketsphinx/wire.c  The messages between the engine and its child process
 */
#include "asr/pocketsphinx/wire.h"

#include "base/text.h"

#include <string.h>

enum { SHARE = 1 << 16 }; /* stands for a confidence of 1 */

static uint32_t share_of(float confidence)
{
    return confidence > 0 ? (uint32_t)(confidence * SHARE) : 0;
}

void ear_result_write(struct buf *out, const struct asr_result *res, const void *promised,
                      size_t promised_len, const void *voice, size_t voice_len)
{
    pack_text(out, res->text);
    pack_u32(out, (uint32_t)res->stable);
    pack_u32(out, share_of(res->confidence));
    pack_u32(out, (uint32_t)res->word_count);
    for (size_t i = 0; i < res->word_count; i++) {
        pack_text(out, res->words[i].text);
        pack_u32(out, res->words[i].start_ms);
        pack_u32(out, res->words[i].end_ms);
        pack_u32(out, share_of(res->words[i].confidence));
    }
    pack_blob(out, promised, promised_len);
    pack_blob(out, voice, voice_len);
}

/** 0..1, else the frame is bad. */
static float take_share(struct taking *t)
{
    uint32_t share = take_u32(t);

    t->bad = t->bad || share > SHARE;
    return (float)share / SHARE;
}

static const char *take_words(struct taking *t)
{
    const char *text = take_text(t);

    if (!utf8_valid(text, strlen(text)))
        t->bad = true;
    return text;
}

static void take_word(struct taking *t, struct asr_word *w)
{
    w->text = take_words(t);
    w->start_ms = take_u32(t);
    w->end_ms = take_u32(t);
    w->confidence = take_share(t);
    t->bad = t->bad || !w->text[0] || w->end_ms < w->start_ms;
}

int ear_result_read(struct ear_result *r, const struct frame *f)
{
    struct taking t;
    size_t count;

    if (f->kind != EAR_RESULT)
        return UV_EPROTO;
    taking_init(&t, f);
    memset(&r->res, 0, sizeof(r->res));
    r->res.text = take_words(&t);
    r->res.stable = take_u32(&t);
    r->res.confidence = take_share(&t);
    count = take_u32(&t);
    if (count > EAR_WORDS_MAX || r->res.stable > strlen(r->res.text))
        t.bad = true;
    for (size_t i = 0; i < count && !t.bad; i++)
        take_word(&t, &r->words[i]);
    r->promised = take_blob(&t, &r->promised_len);
    r->voice = take_blob(&t, &r->voice_len);
    if (t.bad || t.left || r->promised_len > EAR_PROMISED_MAX || r->voice_len > EAR_VOICE_MAX)
        return UV_EPROTO;
    strcpy(r->res.language, "en");
    r->res.words = r->words;
    r->res.word_count = count;
    return 0;
}

void ear_fail_write(struct buf *out, int err, const char *text)
{
    pack_u32(out, (uint32_t)-err);
    pack_text(out, text);
}

int ear_fail_read(const struct frame *f, struct errbuf *why)
{
    struct taking t;
    uint32_t code;
    const char *text;

    taking_init(&t, f);
    code = take_u32(&t);
    text = take_words(&t);
    if (t.bad || t.left || !code || code > 0xffff)
        return err_set(why, UV_EPROTO, "the recogniser's process said something unknown");
    return err_set(why, -(int)code, "%s", text);
}

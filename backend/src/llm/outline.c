/**
 * @file llm/outline.c  The built-in driver: the outline as an answer to read out
 *
 * Facts come first, as sentences in the first person made of the points' own quotes: a quote that
 * begins with a deed gets "I", one that speaks of itself stays as it is. What the profile does not
 * say is listed below as advice. Not one word about the candidate that is not quoted. Words leave
 * a few at a time from a timer, so that it can be interrupted like any other provider.
 */
#include "llm/driver_inner.h"

#include "base/text.h"
#include "loop/loop.h"

#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 64 * 1024,
    STEP_MS = 8,    /* between two pieces: reads as writing, ends within half a second */
    STEP_WORDS = 3, /* words of a piece */
};

struct writer {
    struct llm_gen *gen;
    struct loop_timer *timer;
    struct buf text;
    size_t sent;
    bool started;
    bool inside;
    bool cancelled;
};

static void writer_free(struct writer *w)
{
    timer_close(w->timer);
    if (w->text.data)
        explicit_bzero(w->text.data, w->text.cap);
    buf_release(&w->text);
    free(w);
}

/* --------------------------------------------------------------------------------- sentences */

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static size_t first_word(const char *s, char *word, size_t size)
{
    size_t n = strcspn(s, " ,.;:");

    text_copy(word, size, s, n);
    for (char *p = word; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return n;
}

/** A past form that wants "I" before it: "Led …", "Migrated …". */
static bool past_verb(const char *word)
{
    static const char *const strong[] = {
        "led",   "built", "wrote",   "ran",     "made",    "grew",   "cut",     "drove",
        "won",   "took",  "sold",    "taught",  "kept",    "held",   "brought", "set",
        "gave",  "began", "rebuilt", "rewrote", "oversaw", "became", "spoke",   "met",
        "found", "sent",  "chose",   "got",     "went",    "split"};
    size_t n = strlen(word);

    for (size_t i = 0; i < sizeof(strong) / sizeof(strong[0]); i++)
        if (strcmp(word, strong[i]) == 0)
            return true;
    return n > 4 && strcmp(word + n - 2, "ed") == 0 && strcmp(word, "need") != 0;
}

/** The quote on one line, without its last stop. */
static void put_quote(struct buf *out, const char *quote, bool lower)
{
    size_t len = strlen(quote);
    bool space = false;

    while (len && strchr(" .;,:\n\r\t", quote[len - 1]))
        len--;
    for (size_t i = 0; i < len; i++) {
        char c = quote[i];

        if (strchr(" \t\r\n", c)) {
            space = true;
            continue;
        }
        if (space)
            buf_putc(out, ' ');
        space = false;
        buf_putc(out, i == 0 && lower && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
}

/** "before", the quote, and a stop unless the quote brings its own. */
static void say(struct buf *out, const char *before, const char *quote, const char *after)
{
    size_t n = strlen(quote);

    buf_puts(out, before);
    put_quote(out, quote, false);
    buf_puts(out, after);
    buf_puts(out, n && !*after && strchr("!?", quote[n - 1]) ? " " : ". ");
}

static void say_own(struct buf *out, const struct llm_point *p)
{
    char word[32];

    first_word(p->quote, word, sizeof(word));
    if (past_verb(word)) {
        buf_puts(out, "I ");
        put_quote(out, p->quote, true);
        buf_puts(out, ". ");
    } else if (is(p->label, "Result")) {
        say(out, strlen(word) > 4 && is(word + strlen(word) - 3, "ing") ? "The result: " : "",
            p->quote, "");
    } else {
        say(out, "", p->quote, "");
    }
}

static void say_fact(struct buf *out, const struct llm_point *p)
{
    if (is(p->field, "yearsExperience"))
        say(out, "I have ", p->quote,
            is(p->quote, "1") ? " year of experience" : " years of experience");
    else if (is(p->field, "role"))
        say(out, "My role: ", p->quote, "");
    else if (is(p->field, "industry"))
        say(out, "My industry: ", p->quote, "");
    else if (is(p->field, "skills"))
        say(out, "On my list of skills: ", p->quote, "");
    else if (is(p->field, "jobDescription"))
        say(out, "The posting says: “", p->quote, "”");
    else
        say_own(out, p);
}

/* ----------------------------------------------------------------------------------- writing */

static void write_facts(struct buf *out, const struct llm_request *req)
{
    for (size_t i = 0; i < req->point_count; i++)
        if (req->points[i].quote)
            say_fact(out, &req->points[i]);
    while (out->len && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
}

static void write_advice(struct buf *out, const struct llm_request *req)
{
    bool first = true;

    for (size_t i = 0; i < req->point_count; i++) {
        const struct llm_point *p = &req->points[i];

        if (p->quote)
            continue;
        if (first)
            buf_puts(out, out->len ? "\n\nTo add in your own words:" : "A way to answer:");
        first = false;
        buf_printf(out, "\n- %s", p->text);
    }
}

/** Questions to ask back are the answer themselves; their quotes stay inside them. */
static void write_list(struct buf *out, const struct llm_request *req)
{
    for (size_t i = 0; i < req->point_count; i++)
        buf_printf(out, "%s- %s", i ? "\n" : "", req->points[i].text);
}

static void compose(struct buf *out, const struct llm_request *req)
{
    if (is(req->kind, "closing") || is(req->kind, "design")) {
        write_list(out, req);
    } else {
        write_facts(out, req);
        write_advice(out, req);
    }
    if (!out->len)
        buf_puts(out, "There is nothing to say this from yet: add a profile.");
}

static size_t next_piece(const struct writer *w)
{
    size_t at = w->sent;

    for (int i = 0; i < STEP_WORDS && at < w->text.len; i++) {
        while (at < w->text.len && strchr(" \n", w->text.data[at]))
            at++;
        while (at < w->text.len && !strchr(" \n", w->text.data[at]))
            at++;
    }
    return at - w->sent;
}

static void on_step(void *arg)
{
    struct writer *w = arg;
    struct llm_gen *gen = w->gen;
    size_t n = next_piece(w);

    w->inside = true;
    if (!w->started) {
        w->started = true;
        llm_emit_start(gen, "outline");
    }
    if (n && !w->cancelled) {
        w->sent += n;
        llm_emit_delta(gen, w->text.data + w->sent - n, n);
    }
    w->inside = false;
    if (w->cancelled) {
        writer_free(w);
    } else if (w->sent == w->text.len) {
        gen->state = NULL;
        writer_free(w);
        llm_emit_end(gen, 0, LLM_STOP, 0, NULL);
    }
}

static int outline_start(struct llm_gen *gen, const struct llm_request *req, struct errbuf *err)
{
    struct writer *w = calloc(1, sizeof(*w));
    int rc;

    if (!w)
        return err_set(err, UV_ENOMEM, "out of memory");
    w->gen = gen;
    buf_init(&w->text, TEXT_MAX);
    compose(&w->text, req);
    rc = w->text.err;
    if (!rc)
        rc = timer_open(&w->timer, gen->loop, on_step, w);
    if (!rc)
        rc = timer_start(w->timer, 0, STEP_MS);
    if (rc) {
        writer_free(w);
        return err_set(err, rc, "the outline cannot be written: %s", uv_strerror(rc));
    }
    gen->state = w;
    return 0;
}

static void outline_cancel(struct llm_gen *gen)
{
    struct writer *w = gen->state;

    gen->state = NULL;
    if (!w)
        return;
    w->cancelled = true;
    timer_stop(w->timer);
    if (!w->inside)
        writer_free(w);
}

const struct llm_driver llm_driver_outline = {
    .name = "outline",
    .start = outline_start,
    .cancel = outline_cancel,
};

/**
 * @file export/markdown.c  A session as Markdown (CommonMark)
 *
 * Everything a person said is text, not markup, so characters with a meaning are escaped; line
 * breaks are kept.
 */
#include "export/formats.h"
#include "export/story.h"

#include <string.h>

/* prefix begins every line ("> " for quotes, "" otherwise). */
static void text(struct buf *out, const char *prefix, const char *s)
{
    bool start = true;

    buf_puts(out, prefix);
    for (; *s; s++) {
        if (*s == '\n') {
            buf_putc(out, '\n');
            buf_puts(out, prefix);
            start = true;
            continue;
        }
        if (*s == '\r')
            continue;
        if (strchr("\\`*_[]<>", *s) || (start && strchr("#+-=~|", *s)))
            buf_putc(out, '\\');
        else if (start && *s >= '0' && *s <= '9' && strspn(s, "0123456789") < strlen(s) &&
                 strchr(".)", s[strspn(s, "0123456789")])) {
            size_t n = strspn(s, "0123456789");

            buf_append(out, s, n); /* "1. " would start a list */
            buf_putc(out, '\\');
            s += n;
        }
        buf_putc(out, *s);
        start = start && *s == ' ';
    }
}

static void heading(struct buf *out, const struct story *s)
{
    buf_puts(out, "# ");
    text(out, "", s->title);
    buf_printf(out, "\n\n%s", s->date);
    if (s->duration[0])
        buf_printf(out, " \xc2\xb7 %s", s->duration);
    buf_printf(out, " \xc2\xb7 %s\n", s->questions);
    if (s->who[0]) {
        buf_puts(out, "\n**Profile:** ");
        text(out, "", s->who);
        buf_putc(out, '\n');
    }
    if (s->skills) {
        buf_puts(out, "\n**Skills:** ");
        text(out, "", s->skills);
        buf_putc(out, '\n');
    }
    if (s->job) {
        buf_puts(out, "\n## Job description\n\n");
        text(out, "> ", s->job);
        buf_putc(out, '\n');
    }
}

static void point(struct buf *out, const struct story_point *p)
{
    buf_puts(out, "- ");
    if (p->label) {
        buf_puts(out, "**");
        text(out, "", p->label);
        buf_puts(out, ":** ");
    }
    text(out, "", p->text);
    if (p->field && p->quote) {
        buf_printf(out, "  \n  *%s:* \xe2\x80\x9c", p->field);
        text(out, "", p->quote);
        buf_puts(out, "\xe2\x80\x9d");
    }
    buf_putc(out, '\n');
}

static void line(struct buf *out, const struct story_pair *p)
{
    buf_printf(out, "\n*%s:* ", p->speaker);
    text(out, "", p->question);
    buf_putc(out, '\n');
}

static void pair(struct buf *out, const struct story_pair *p)
{
    if (p->speaker) {
        line(out, p);
        return;
    }
    buf_printf(out, "\n## %d. ", p->number);
    text(out, "", p->question);
    buf_putc(out, '\n');
    buf_printf(out, "\n*%s%s%s*\n", p->time, p->kind ? " \xc2\xb7 " : "", p->kind ? p->kind : "");
    if (p->answer[0]) {
        buf_putc(out, '\n');
        text(out, "", p->answer);
        buf_putc(out, '\n');
    }
    if (p->doubts) {
        buf_puts(out, "\n*");
        text(out, "", p->doubts);
        buf_puts(out, "*\n");
    }
    if (p->point_count)
        buf_puts(out, "\n**Talking points**\n\n");
    for (size_t i = 0; i < p->point_count; i++)
        point(out, &p->points[i]);
    if (p->line[0]) {
        buf_puts(out, "\n<small>");
        text(out, "", p->line);
        buf_puts(out, "</small>\n");
    }
}

int export_markdown(const struct export_doc *doc, struct buf *out, struct errbuf *why)
{
    struct story *s = NULL;
    int err = story_open(&s, doc);

    if (err)
        return err_set(why, err, "out of memory");
    heading(out, s);
    for (size_t i = 0; i < s->pair_count; i++)
        pair(out, &s->pairs[i]);
    story_close(s);
    return out->err ? err_set(why, out->err, "the file would be too large") : 0;
}

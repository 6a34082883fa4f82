/**
 * @file export/pdf.c  The module interviewd-pdf: a session laid out on A4 pages
 *
 * pango breaks lines and orders scripts of either direction, cairo draws. Text flows line by line,
 * so anything can continue over any number of pages; a heading is never alone at the bottom of one.
 * The document is laid out twice: the first time only to count the pages.
 */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "export/formats.h"
#include "export/story.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* A4 in points (1/72 inch). The gutter to the left of the text holds the numbers. */
#define PAGE_W  595.28
#define PAGE_H  841.89
#define LEFT    76.0
#define RIGHT   56.0
#define TOP     60.0
#define BOTTOM  64.0
#define TEXT_W  (PAGE_W - LEFT - RIGHT)
#define KEEP    96.0 /* room that a heading needs, including itself */
#define BAR_GAP 12.0 /* between a bar on the left and the text beside it */

struct colour {
    double r, g, b;
};

static const struct colour ink = {0.09, 0.10, 0.13};
static const struct colour soft = {0.42, 0.45, 0.50};
static const struct colour accent = {0.25, 0.27, 0.76};
static const struct colour pale = {0.80, 0.82, 0.94};
static const struct colour paper_rule = {0.87, 0.88, 0.90};

struct style {
    const char *font; /* for pango_font_description_from_string() */
    double spacing;   /* line height as a multiple */
    const struct colour *colour;
};

static const struct style title_style = {"Noto Sans Bold 23", 1.1, &ink};
static const struct style label_style = {"Noto Sans Bold 8", 1.2, &accent};
static const struct style meta_style = {"Noto Sans 9.5", 1.3, &soft};
static const struct style body_style = {"Noto Sans 10.5", 1.38, &ink};
static const struct style small_style = {"Noto Sans 9.5", 1.32, &ink};
static const struct style question_style = {"Noto Sans SemiBold 12.5", 1.22, &ink};
static const struct style point_style = {"Noto Sans 9.5", 1.3, &ink};
static const struct style quote_style = {"Noto Sans Italic 9", 1.3, &soft};
static const struct style line_style = {"Noto Sans 8", 1.2, &soft};

struct page {
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoContext *pango;
    const struct story *story;
    double y;
    int number;
    int total; /* number of pages; 0 while counting */
    bool started;
};

/* ---------------------------------------------------------------------------------- text */

static void set_colour(struct page *p, const struct colour *c)
{
    cairo_set_source_rgb(p->cr, c->r, c->g, c->b);
}

/* Removes control characters, which have no glyphs; tabs and newlines stay. */
static char *clean(const char *text)
{
    char *to = strdup(text);
    char *out = to;

    if (!to)
        return NULL;
    for (const char *s = to; *s; s++)
        if ((unsigned char)*s >= 0x20 || *s == '\n' || *s == '\t')
            *out++ = *s;
    while (out > to && strchr(" \n\t", out[-1]))
        out--;
    *out = '\0';
    return to;
}

static PangoLayout *lay_out(struct page *p, const struct style *style, const char *text,
                            double width)
{
    PangoFontDescription *font = pango_font_description_from_string(style->font);
    PangoLayout *layout = pango_layout_new(p->pango);
    char *safe = clean(text);

    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(layout, (float)style->spacing);
    pango_layout_set_text(layout, safe ? safe : "", -1);
    free(safe);
    return layout;
}

static double height_of(PangoLayout *layout)
{
    int h;

    pango_layout_get_size(layout, NULL, &h);
    return (double)h / PANGO_SCALE;
}

static void draw_at(struct page *p, const struct style *style, const char *text, double x, double y,
                    double width, PangoAlignment align)
{
    PangoLayout *layout = lay_out(p, style, text, width);

    pango_layout_set_alignment(layout, align);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    set_colour(p, style->colour);
    cairo_move_to(p->cr, x, y);
    pango_cairo_show_layout(p->cr, layout);
    g_object_unref(layout);
}

/* --------------------------------------------------------------------------------- pages */

static void foot(struct page *p)
{
    char number[48];
    double y = PAGE_H - BOTTOM + 24;

    set_colour(p, &paper_rule);
    cairo_set_line_width(p->cr, 0.6);
    cairo_move_to(p->cr, LEFT, y - 8);
    cairo_line_to(p->cr, PAGE_W - RIGHT, y - 8);
    cairo_stroke(p->cr);
    snprintf(number, sizeof(number), "Page %d of %d", p->number, p->total);
    draw_at(p, &line_style, p->story->title, LEFT, y, TEXT_W * 0.55, PANGO_ALIGN_LEFT);
    draw_at(p, &line_style, number, PAGE_W - RIGHT - 120, y, 120, PANGO_ALIGN_RIGHT);
}

static void next_page(struct page *p)
{
    if (p->started) {
        foot(p);
        cairo_show_page(p->cr);
    }
    p->started = true;
    p->number++;
    p->y = TOP;
}

static double room(const struct page *p)
{
    return PAGE_H - BOTTOM - p->y;
}

static void want(struct page *p, double height)
{
    if (room(p) < height && p->y > TOP)
        next_page(p);
}

static void bar(struct page *p, double x, double from, double to, const struct colour *colour)
{
    set_colour(p, colour);
    cairo_rectangle(p->cr, x, from, 2, to - from);
    cairo_fill(p->cr);
}

/* Draws the layout from the current height on, over as many pages as it takes. */
static void flow_layout(struct page *p, const struct style *style, PangoLayout *layout,
                        double indent, const struct colour *bar_colour)
{
    double text_x = LEFT + indent;
    PangoLayoutIter *iter = pango_layout_get_iter(layout);

    do {
        PangoLayoutLine *line = pango_layout_iter_get_line_readonly(iter);
        PangoRectangle rect;
        int from, to;
        double height;

        pango_layout_iter_get_line_yrange(iter, &from, &to);
        pango_layout_iter_get_line_extents(iter, NULL, &rect);
        height = (double)(to - from) / PANGO_SCALE;
        if (room(p) < height)
            next_page(p);
        if (bar_colour)
            bar(p, text_x - BAR_GAP, p->y, p->y + height, bar_colour);
        set_colour(p, style->colour);
        cairo_move_to(p->cr, text_x + (double)rect.x / PANGO_SCALE,
                      p->y + (double)(pango_layout_iter_get_baseline(iter) - from) / PANGO_SCALE);
        pango_cairo_show_layout_line(p->cr, line);
        p->y += height;
    } while (pango_layout_iter_next_line(iter));
    pango_layout_iter_free(iter);
    g_object_unref(layout);
}

/* The same for a text. bar_colour: of a bar on its left; NULL: none. */
static void flow(struct page *p, const struct style *style, const char *text, double indent,
                 const struct colour *bar_colour)
{
    flow_layout(p, style, lay_out(p, style, text, TEXT_W - indent), indent, bar_colour);
}

/* With its first bytes bold. */
static void flow_bold(struct page *p, const struct style *style, const char *text, size_t bold,
                      double indent, const struct colour *bar_colour)
{
    PangoLayout *layout = lay_out(p, style, text, TEXT_W - indent);
    PangoAttrList *attrs = pango_attr_list_new();
    PangoAttribute *weight = pango_attr_weight_new(PANGO_WEIGHT_BOLD);

    weight->start_index = 0;
    weight->end_index = (guint)bold;
    pango_attr_list_insert(attrs, weight);
    pango_layout_set_attributes(layout, attrs);
    pango_attr_list_unref(attrs);
    flow_layout(p, style, layout, indent, bar_colour);
}

/* ------------------------------------------------------------------------------- heading */

static void label(struct page *p, const char *text)
{
    want(p, KEEP / 2);
    flow(p, &label_style, text, 0, NULL);
    p->y += 2;
}

static void head(struct page *p)
{
    const struct story *s = p->story;
    char line[256];

    label(p, "INTERVIEW");
    flow(p, &title_style, s->title, 0, NULL);
    p->y += 4;
    snprintf(line, sizeof(line), "%s%s%s \xc2\xb7 %s", s->date, s->duration[0] ? " \xc2\xb7 " : "",
             s->duration, s->questions);
    flow(p, &meta_style, line, 0, NULL);
    p->y += 12;
    set_colour(p, &accent);
    cairo_rectangle(p->cr, LEFT, p->y, 36, 3);
    cairo_fill(p->cr);
    p->y += 18;
}

static void brief(struct page *p)
{
    const struct story *s = p->story;

    if (s->who[0]) {
        label(p, "PROFILE");
        flow(p, &small_style, s->who, 0, NULL);
        if (s->skills)
            flow(p, &meta_style, s->skills, 0, NULL);
        p->y += 12;
    }
    if (s->job) {
        label(p, "JOB DESCRIPTION");
        p->y += 2;
        flow(p, &small_style, s->job, BAR_GAP, &paper_rule);
        p->y += 12;
    }
}

/* ----------------------------------------------------------------------------- questions */

static void number_badge(struct page *p, int number, double y)
{
    char text[16];
    PangoLayout *layout;
    PangoRectangle rect;
    static const struct colour white = {1, 1, 1};
    static const struct style style = {"Noto Sans Bold 9", 1.0, &white};

    snprintf(text, sizeof(text), "%d", number);
    set_colour(p, &accent);
    cairo_new_path(p->cr);
    cairo_arc(p->cr, LEFT - 22, y + 9.5, 11, 0, 6.2832);
    cairo_fill(p->cr);
    layout = lay_out(p, &style, text, 60);
    pango_layout_set_width(layout, -1);
    pango_layout_get_extents(layout, &rect, NULL);
    set_colour(p, &white);
    cairo_move_to(p->cr, LEFT - 22 - ((double)rect.x + (double)rect.width / 2) / PANGO_SCALE,
                  y + 9.5 - ((double)rect.y + (double)rect.height / 2) / PANGO_SCALE);
    pango_cairo_show_layout(p->cr, layout);
    g_object_unref(layout);
}

static void bookmark(struct page *p, const struct story_pair *pair)
{
    char title[128];
    char place[64];
    size_t cut = utf8_floor(pair->question, strlen(pair->question), 90);

    snprintf(title, sizeof(title), "%d. %.*s%s", pair->number, (int)cut, pair->question,
             pair->question[cut] ? " \xe2\x80\xa6" : "");
    snprintf(place, sizeof(place), "page=%d pos=[%.1f %.1f]", p->number, LEFT, p->y);
    cairo_pdf_surface_add_outline(p->surface, CAIRO_PDF_OUTLINE_ROOT, title, place,
                                  CAIRO_PDF_OUTLINE_FLAG_OPEN);
}

static void point(struct page *p, const struct story_point *point)
{
    char *text = NULL;
    char *quote = NULL;

    if (asprintf(&text, "%s%s%s", point->label ? point->label : "", point->label ? ": " : "",
                 point->text) < 0)
        return;
    flow_bold(p, &point_style, text, point->label ? strlen(point->label) + 1 : 0, BAR_GAP, &pale);
    free(text);
    if (point->field && point->quote && point->quote[0] &&
        asprintf(&quote, "%s: \xe2\x80\x9c%s\xe2\x80\x9d", point->field, point->quote) >= 0) {
        flow(p, &quote_style, quote, BAR_GAP, &pale);
        free(quote);
    }
    if (room(p) > 5) {
        bar(p, LEFT, p->y, p->y + 5, &pale);
        p->y += 5;
    }
}

/* Something said that needed no answer: small, in the order of the conversation. */
static void line(struct page *p, const struct story_pair *pair)
{
    char *text = NULL;

    if (asprintf(&text, "%s: %s", pair->speaker, pair->question) < 0)
        return;
    flow_bold(p, &small_style, text, strlen(pair->speaker) + 1, 0, NULL);
    free(text);
    p->y += 12;
}

static void question(struct page *p, const struct story_pair *pair)
{
    PangoLayout *layout = lay_out(p, &question_style, pair->question, TEXT_W);
    double height = height_of(layout);
    char kind[64];

    g_object_unref(layout);
    want(p, height < 300 ? height + KEEP - 30 : KEEP);
    if (p->total)
        bookmark(p, pair);
    number_badge(p, pair->number, p->y);
    flow(p, &question_style, pair->question[0] ? pair->question : "(no words)", 0, NULL);
    p->y += 1;
    snprintf(kind, sizeof(kind), "%s%s%s", pair->time, pair->kind ? " \xc2\xb7 " : "",
             pair->kind ? pair->kind : "");
    flow(p, &label_style, kind, 0, NULL);
    p->y += 5;
    if (pair->answer[0]) {
        flow(p, &body_style, pair->answer, 0, NULL);
        p->y += 9;
    }
    if (pair->doubts) {
        flow(p, &line_style, pair->doubts, 0, NULL);
        p->y += 6;
    }
    if (pair->point_count) {
        want(p, 50);
        label(p, "TALKING POINTS");
        p->y += 1;
    }
    for (size_t i = 0; i < pair->point_count; i++)
        point(p, &pair->points[i]);
    if (pair->line[0]) {
        p->y += 4;
        flow(p, &line_style, pair->line, 0, NULL);
    }
    p->y += 24;
}

/* ------------------------------------------------------------------------------ document */

static void draw(struct page *p)
{
    next_page(p);
    head(p);
    brief(p);
    p->y += 12;
    for (size_t i = 0; i < p->story->pair_count; i++)
        (p->story->pairs[i].speaker ? line : question)(p, &p->story->pairs[i]);
    foot(p);
    cairo_show_page(p->cr);
}

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned int length)
{
    struct buf *out = closure;

    if (out && buf_append(out, data, length))
        return CAIRO_STATUS_WRITE_ERROR;
    return CAIRO_STATUS_SUCCESS;
}

static void describe(cairo_surface_t *surface, const struct story *s)
{
    char when[CLOCK_TEXT_MAX];

    clock_format(s->made_at, when);
    memcpy(when + 19, "Z", 2); /* cairo accepts no fraction */
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, s->title);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Interview Assistant");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, when);
}

/* Lays everything out once. out NULL: only counts. Returns the number of pages, or an error. */
static int render(const struct story *s, PangoFontMap *fonts, int total, struct buf *out)
{
    struct page p = {.story = s, .total = total};
    cairo_font_options_t *exact;
    cairo_status_t status;

    p.surface = cairo_pdf_surface_create_for_stream(write_bytes, out, PAGE_W, PAGE_H);
    describe(p.surface, s);
    p.cr = cairo_create(p.surface);
    p.pango = pango_font_map_create_context(fonts);
    pango_context_set_round_glyph_positions(p.pango, FALSE); /* paper has no pixels */
    exact = cairo_font_options_create();
    cairo_font_options_set_hint_style(exact, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(exact, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(p.pango, exact);
    cairo_font_options_destroy(exact);
    pango_cairo_update_context(p.cr, p.pango);
    draw(&p);
    g_object_unref(p.pango);
    cairo_destroy(p.cr);
    cairo_surface_finish(p.surface);
    status = cairo_surface_status(p.surface);
    cairo_surface_destroy(p.surface);
    return status ? UV_ENOBUFS : p.number;
}

__attribute__((visibility("default"))) int interviewd_pdf_write(const struct export_doc *doc,
                                                                struct buf *out, struct errbuf *why)
{
    static uv_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one at a time: bounds memory */
    static PangoFontMap *fonts;                         /* {lock} */
    struct story *story = NULL;
    int pages;

    if (story_open(&story, doc))
        return err_set(why, UV_ENOMEM, "out of memory");
    uv_mutex_lock(&lock);
    if (!fonts)
        fonts = pango_cairo_font_map_new();
    pages = render(story, fonts, 0, NULL);
    if (pages > 0)
        pages = render(story, fonts, pages, out);
    uv_mutex_unlock(&lock);
    story_close(story);
    return pages < 0 ? err_set(why, pages, "the PDF could not be written") : 0;
}

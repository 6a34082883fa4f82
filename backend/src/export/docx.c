/**
 * @file export/docx.c  The module interviewd-docx: a session as a word processor document
 *
 * Office Open XML (ECMA-376, 5th edition, part 1): a zip archive of a few parts, of which
 * word/document.xml contains the text and word/styles.xml the look of each kind of paragraph. The
 * archive is made by libzip. The same document gives the same bytes: every time in it is the
 * session's.
 */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "export/formats.h"
#include "export/story.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unictype.h>
#include <zip.h>

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define WORD_NS  "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#define TYPES    "application/vnd.openxmlformats-officedocument.wordprocessingml."
#define RELATES  "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE  "http://schemas.openxmlformats.org/package/2006"

/* ------------------------------------------------------------------------------ fixed parts */

static const char content_types[] = XML_HEAD
    "<Types xmlns=\"" PACKAGE "/content-types\">"
    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package."
    "relationships+xml\"/>"
    "<Override PartName=\"/word/document.xml\" ContentType=\"" TYPES "document.main+xml\"/>"
    "<Override PartName=\"/word/styles.xml\" ContentType=\"" TYPES "styles+xml\"/>"
    "<Override PartName=\"/word/footer1.xml\" ContentType=\"" TYPES "footer+xml\"/>"
    "<Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-"
    "package.core-properties+xml\"/>"
    "</Types>";

static const char package_relations[] = XML_HEAD
    "<Relationships xmlns=\"" PACKAGE "/relationships\">"
    "<Relationship Id=\"rId1\" Type=\"" RELATES "/officeDocument\" Target=\"word/document.xml\"/>"
    "<Relationship Id=\"rId2\" Type=\"" PACKAGE "/relationships/metadata/core-properties\" "
    "Target=\"docProps/core.xml\"/>"
    "</Relationships>";

static const char document_relations[] =
    XML_HEAD "<Relationships xmlns=\"" PACKAGE "/relationships\">"
             "<Relationship Id=\"rId1\" Type=\"" RELATES "/styles\" Target=\"styles.xml\"/>"
             "<Relationship Id=\"rId2\" Type=\"" RELATES "/footer\" Target=\"footer1.xml\"/>"
             "</Relationships>";

#define FIELD(name) "<w:fldSimple w:instr=\" " name " \"><w:r><w:t>1</w:t></w:r></w:fldSimple>"

static const char footer[] = XML_HEAD
    "<w:ftr xmlns:w=\"" WORD_NS "\"><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr>"
    "<w:r><w:t xml:space=\"preserve\">Page </w:t></w:r>" FIELD(
        "PAGE") "<w:r><w:t xml:space=\"preserve\"> of </w:t></w:r>" FIELD("NUMPAGES") "</w:p></"
                                                                                      "w:ftr>";

/* Sizes are in half points, distances in twentieths of one. */
#define STYLE(id, name, paragraph, run)                                                            \
    "<w:style w:type=\"paragraph\" w:styleId=\"" id "\"><w:name w:val=\"" name "\"/>"              \
    "<w:basedOn w:val=\"Normal\"/><w:pPr>" paragraph "</w:pPr><w:rPr>" run "</w:rPr></w:style>"
#define SPACING(before, after) "<w:spacing w:before=\"" before "\" w:after=\"" after "\"/>"
#define SIZE(half)             "<w:sz w:val=\"" half "\"/><w:szCs w:val=\"" half "\"/>"
#define COLOUR(rgb)            "<w:color w:val=\"" rgb "\"/>"
#define BOLD                   "<w:b/><w:bCs/>"
#define BAR(rgb)                                                                                   \
    "<w:pBdr><w:left w:val=\"single\" w:sz=\"18\" w:space=\"10\" w:color=\"" rgb "\"/></w:pBdr>"

/* One style per line. clang-format takes the macros for operands. */
/* clang-format off */
static const char styles[] = XML_HEAD
    "<w:styles xmlns:w=\"" WORD_NS "\"><w:docDefaults><w:rPrDefault><w:rPr>"
    "<w:rFonts w:ascii=\"Calibri\" w:hAnsi=\"Calibri\" w:cs=\"Arial\"/>" SIZE("21")
    "</w:rPr></w:rPrDefault></w:docDefaults>"
    "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/>"
    "<w:pPr><w:spacing w:after=\"120\" w:line=\"288\" w:lineRule=\"auto\"/></w:pPr></w:style>"
    STYLE("Title", "Title", SPACING("0", "60"), BOLD COLOUR("17191F") SIZE("46"))
    STYLE("Subtitle", "Subtitle", SPACING("0", "240"), COLOUR("6B7280") SIZE("19"))
    STYLE("Heading1", "heading 1", "<w:keepNext/>" SPACING("240", "80") "<w:outlineLvl w:val=\"0\"/>",
          BOLD COLOUR("4045C2") SIZE("19"))
    STYLE("Heading2", "heading 2", "<w:keepNext/>" SPACING("360", "60") "<w:outlineLvl w:val=\"1\"/>",
          BOLD COLOUR("17191F") SIZE("25"))
    STYLE("Kind", "Question kind", "<w:keepNext/>" SPACING("0", "80"), COLOUR("4045C2") SIZE("17"))
    STYLE("Quote", "Quote", BAR("DEE0E3") SPACING("0", "120"), COLOUR("42454D") SIZE("19"))
    STYLE("Point", "Talking point", BAR("CCD1F0") SPACING("0", "40"), SIZE("19"))
    STYLE("Source", "Source of a point", BAR("CCD1F0") SPACING("0", "60"),
          "<w:i/><w:iCs/>" COLOUR("6B7280") SIZE("18"))
    STYLE("Remark", "Remark", SPACING("120", "120"), SIZE("19"))
    STYLE("Figures", "Figures", SPACING("60", "120"), COLOUR("6B7280") SIZE("16"))
    STYLE("Footer", "footer", "<w:jc w:val=\"center\"/>", COLOUR("6B7280") SIZE("16"))
    "</w:styles>";
/* clang-format on */

/* -------------------------------------------------------------------------------- paragraphs */

/** Characters that XML 1.0 cannot contain (section 2.2, Char) are left out. */
static void escape(struct buf *out, const char *s, const char *end)
{
    while (s < end) {
        const char *from = s;
        uint32_t c = utf8_next(&s, end);

        if (c == '&')
            buf_puts(out, "&amp;");
        else if (c == '<')
            buf_puts(out, "&lt;");
        else if (c == '>')
            buf_puts(out, "&gt;");
        else if (c == '"')
            buf_puts(out, "&quot;");
        else if (c == '\t')
            buf_putc(out, ' ');
        else if (c >= 0x20 && c != 0xfffe && c != 0xffff)
            buf_append(out, from, (size_t)(s - from));
    }
}

/** Is its first strong directional character right-to-left? (Unicode Annex 9, rule P2) */
static bool is_right_to_left(const char *s)
{
    const char *end = s + strlen(s);

    while (s < end) {
        int class = uc_bidi_class(utf8_next(&s, end));

        if (class == UC_BIDI_R || class == UC_BIDI_AL)
            return true;
        if (class == UC_BIDI_L)
            return false;
    }
    return false;
}

static void run(struct buf *out, const char *s, size_t len, bool bold, bool right_to_left)
{
    buf_puts(out, "<w:r>");
    if (bold || right_to_left)
        buf_printf(out, "<w:rPr>%s%s</w:rPr>", bold ? BOLD : "", right_to_left ? "<w:rtl/>" : "");
    buf_puts(out, "<w:t xml:space=\"preserve\">");
    escape(out, s, s + len);
    buf_puts(out, "</w:t></w:r>");
}

/** A newline in the text is a line break in the paragraph. The first `bold` bytes are bold. */
static void paragraph(struct buf *out, const char *style, const char *text, size_t bold)
{
    bool right_to_left = is_right_to_left(text + bold);

    buf_printf(out, "<w:p><w:pPr><w:pStyle w:val=\"%s\"/>%s</w:pPr>", style,
               right_to_left ? "<w:bidi/>" : "");
    if (bold)
        run(out, text, bold, true, right_to_left);
    text += bold;
    while (*text) {
        size_t len = strcspn(text, "\n");

        if (len)
            run(out, text, len, false, right_to_left);
        text += len;
        if (*text == '\n' && *++text)
            buf_puts(out, "<w:r><w:br/></w:r>");
    }
    buf_puts(out, "</w:p>\n");
}

/** A bold label, and the text after it. */
static void labelled(struct buf *out, const char *style, const char *label, const char *text)
{
    struct buf both;

    if (!label) {
        paragraph(out, style, text, 0);
        return;
    }
    buf_init(&both, EXPORT_MAX);
    buf_printf(&both, "%s: %s", label, text);
    if (both.err)
        out->err = both.err;
    else
        paragraph(out, style, both.data, strlen(label) + 1);
    buf_release(&both);
}

/** Empty lines separate paragraphs. */
static void paragraphs(struct buf *out, const char *style, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t len = end ? (size_t)(end - text) : strlen(text);
        struct buf one;

        buf_init(&one, EXPORT_MAX);
        buf_append(&one, text, len);
        buf_putc(&one, '\0');
        if (one.err)
            out->err = one.err;
        else if (len)
            paragraph(out, style, one.data, 0);
        buf_release(&one);
        text += len;
        text += strspn(text, "\n");
    }
}

/* ---- content --------------------------------------------------------------------------- */

static void head(struct buf *out, const struct story *s)
{
    char line[256];

    paragraph(out, "Title", s->title, 0);
    snprintf(line, sizeof(line), "%s%s%s \xc2\xb7 %s", s->date, s->duration[0] ? " \xc2\xb7 " : "",
             s->duration, s->questions);
    paragraph(out, "Subtitle", line, 0);
    if (s->who[0]) {
        paragraph(out, "Heading1", "Profile", 0);
        paragraph(out, "Normal", s->who, 0);
        if (s->skills)
            paragraph(out, "Normal", s->skills, 0);
    }
    if (s->job) {
        paragraph(out, "Heading1", "Job description", 0);
        paragraphs(out, "Quote", s->job);
    }
}

static void point(struct buf *out, const struct story_point *p)
{
    labelled(out, "Point", p->label, p->text);
    if (p->field && p->quote && p->quote[0]) {
        struct buf quote;

        buf_init(&quote, EXPORT_MAX);
        buf_printf(&quote, "%s: \xe2\x80\x9c%s\xe2\x80\x9d", p->field, p->quote);
        if (quote.err)
            out->err = quote.err;
        else
            paragraph(out, "Source", quote.data, 0);
        buf_release(&quote);
    }
}

static void pair(struct buf *out, const struct story_pair *p)
{
    struct buf heading;
    char kind[64];

    if (p->speaker) {
        labelled(out, "Remark", p->speaker, p->question);
        return;
    }
    buf_init(&heading, EXPORT_MAX);
    buf_printf(&heading, "%d. %s", p->number, p->question[0] ? p->question : "(no words)");
    if (heading.err)
        out->err = heading.err;
    else
        paragraph(out, "Heading2", heading.data, 0);
    buf_release(&heading);
    snprintf(kind, sizeof(kind), "%s%s%s", p->time, p->kind ? " \xc2\xb7 " : "",
             p->kind ? p->kind : "");
    paragraph(out, "Kind", kind, 0);
    paragraphs(out, "Normal", p->answer);
    if (p->point_count)
        paragraph(out, "Heading1", "Talking points", 0);
    for (size_t i = 0; i < p->point_count; i++)
        point(out, &p->points[i]);
    if (p->line[0])
        paragraph(out, "Figures", p->line, 0);
}

/* A4 with margins of 2.5 cm, in twentieths of a point. */
static void document(struct buf *out, const struct story *s)
{
    buf_puts(out,
             XML_HEAD "<w:document xmlns:w=\"" WORD_NS "\" xmlns:r=\"" RELATES "\"><w:body>\n");
    head(out, s);
    for (size_t i = 0; i < s->pair_count; i++)
        pair(out, &s->pairs[i]);
    buf_puts(out, "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId2\"/>"
                  "<w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1418\" w:right=\"1418\" "
                  "w:bottom=\"1418\" w:left=\"1418\" w:header=\"709\" w:footer=\"709\" "
                  "w:gutter=\"0\"/></w:sectPr></w:body></w:document>\n");
}

static void properties(struct buf *out, const struct story *s)
{
    char when[CLOCK_TEXT_MAX];

    clock_format(s->made_at, when);
    buf_puts(out, XML_HEAD
             "<cp:coreProperties xmlns:cp=\"" PACKAGE "/metadata/core-properties\" "
             "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/"
             "terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>");
    escape(out, s->title, s->title + strlen(s->title));
    buf_printf(out,
               "</dc:title><dc:creator>Interview Assistant</dc:creator><dcterms:created "
               "xsi:type=\"dcterms:W3CDTF\">%.19sZ</dcterms:created></cp:coreProperties>",
               when);
}

/* -------------------------------------------------------------------------------- the archive */

/* The date of an entry in FAT format (APPNOTE 4.4.6), in UTC: libzip itself would use local
 * time. */
static void set_time(zip_t *zip, zip_uint64_t entry, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    if (tm.tm_year < 80) /* FAT dates begin in 1980 */
        tm = (struct tm){.tm_year = 80, .tm_mday = 1};
    zip_file_set_dostime(
        zip, entry, (zip_uint16_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2),
        (zip_uint16_t)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday), 0);
}

/* text is borrowed until the archive is closed. */
static int add_part(zip_t *zip, const char *name, const char *text, size_t len, int64_t made_at)
{
    zip_source_t *source = zip_source_buffer(zip, text, len, 0);
    zip_int64_t entry = source ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;

    if (entry < 0) {
        zip_source_free(source);
        return UV_ENOMEM;
    }
    set_time(zip, (zip_uint64_t)entry, made_at);
    return 0;
}

static int add_parts(zip_t *zip, const struct buf *core, const struct buf *text, int64_t made_at)
{
    const struct {
        const char *name, *text;
        size_t len;
    } parts[] = {
        {"[Content_Types].xml", content_types, sizeof(content_types) - 1},
        {"_rels/.rels", package_relations, sizeof(package_relations) - 1},
        {"word/_rels/document.xml.rels", document_relations, sizeof(document_relations) - 1},
        {"word/styles.xml", styles, sizeof(styles) - 1},
        {"word/footer1.xml", footer, sizeof(footer) - 1},
        {"docProps/core.xml", core->data, core->len},
        {"word/document.xml", text->data, text->len},
    };
    int err = core->err ? core->err : text->err;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++)
        err = add_part(zip, parts[i].name, parts[i].text, parts[i].len, made_at);
    return err;
}

/* Reads what libzip wrote. */
static int read_back(zip_source_t *archive, struct buf *out)
{
    char piece[16 << 10];
    zip_int64_t n;

    if (zip_source_open(archive))
        return UV_EIO;
    while ((n = zip_source_read(archive, piece, sizeof(piece))) > 0)
        buf_append(out, piece, (size_t)n);
    zip_source_close(archive);
    return n < 0 ? UV_EIO : out->err;
}

static int write_archive(const struct story *s, const struct buf *core, const struct buf *text,
                         struct buf *out)
{
    zip_source_t *archive = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip = archive ? zip_open_from_source(archive, ZIP_TRUNCATE, NULL) : NULL;
    int err;

    if (!zip) {
        zip_source_free(archive);
        return UV_ENOMEM;
    }
    zip_source_keep(archive);
    err = add_parts(zip, core, text, s->made_at);
    if (err)
        zip_discard(zip);
    else if (zip_close(zip)) {
        zip_discard(zip);
        err = UV_ENOMEM;
    }
    if (!err)
        err = read_back(archive, out);
    zip_source_free(archive);
    return err;
}

__attribute__((visibility("default"))) int
interviewd_docx_write(const struct export_doc *doc, struct buf *out, struct errbuf *why)
{
    struct story *story = NULL;
    struct buf core, text;
    int err = story_open(&story, doc);

    if (err)
        return err_set(why, err, "out of memory");
    buf_init(&core, EXPORT_MAX);
    buf_init(&text, EXPORT_MAX);
    properties(&core, story);
    document(&text, story);
    err = write_archive(story, &core, &text, out);
    buf_release(&core);
    buf_release(&text);
    story_close(story);
    return err ? err_set(why, err, "the document could not be written") : 0;
}

/**
 * @file test/unit/export/export.c  A session in each format, in any script
 *
 * With INTERVIEWD_KEEP=DIR the PDFs are left there to be looked at.
 */
#include "cmocka_all.h"

#include "base/json.h"
#include "export/export.h"
#include "export/record.h"
#include "support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char long_answer[] =
    "At Northwind Pay I led the move of the ledger from a single MySQL server to PostgreSQL 15. "
    "The "
    "nightly close took four hours, and each quarter it came closer to the opening of business, so "
    "doing nothing was not a choice. My task was to move 1.2 billion rows without a day of "
    "downtime "
    "and without asking six product teams to change their code at the same time.\n\n"
    "I began with a shadow: every write went to both, and a job compared them hour by hour. It "
    "found "
    "two rounding errors that had been there for years. When the comparison had been clean for a "
    "month, we moved the readers team by team, and only then the writers. The close takes 35 "
    "minutes "
    "now. What I would do differently: I would write the comparison first and the migration "
    "second.";

static const char detail[] =
    "{\"kind\":\"behavioral\",\"provider\":\"groq\",\"model\":\"llama-3.3-70b\",\"finishReason\":"
    "\"stop\",\"outline\":[{\"text\":\"The nightly close was getting too "
    "long\",\"label\":\"Situation\","
    "\"source\":{\"field\":\"context\",\"quote\":\"nightly close from 4 h to 35 min\"}},{\"text\":"
    "\"Move the ledger without downtime\",\"label\":\"Task\",\"source\":{\"field\":\"context\","
    "\"quote\":\"I led the move of the ledger to PostgreSQL 15\"}},{\"text\":\"Compare both sides "
    "until nothing "
    "differs\",\"label\":\"Action\",\"source\":{\"field\":\"jobDescription\",\"quote\":"
    "\"experience with zero-downtime migrations\"}},{\"text\":\"Say what you learned\",\"source\":"
    "{\"field\":\"question\",\"quote\":\"a difficult migration\"}}],\"latency\":{\"finalMs\":184,"
    "\"outlineMs\":3,\"firstTokenMs\":412,\"totalMs\":1893}}";

static const char metrics[] = "{\"responseTime\":1.893,\"wordCount\":130,\"confidence\":0.93,"
                              "\"qualityScore\":82}";

/* fontconfig and cairo keep their caches to the end; 240 PDFs in a row do not grow the process. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libcairo\nleak:libpango\n";
}

struct doc {
    struct store_session session;
    struct store_profile profile;
    struct store_transcript pairs[12];
    struct export_doc doc;
};

static void add(struct doc *d, const char *question, const char *answer, const char *more)
{
    struct store_transcript *t = &d->pairs[d->doc.transcript_count++];

    id_new(t->id);
    t->question_number = (int)d->doc.transcript_count;
    t->question = LITERAL(question);
    t->answer = LITERAL(answer);
    t->timestamp = 1778750813589 + t->question_number * 60000;
    t->metrics = LITERAL(metrics);
    t->detail = LITERAL(more);
}

static struct doc *make_doc(void)
{
    struct doc *d = calloc(1, sizeof(*d));

    id_new(d->session.id);
    id_new(d->session.user_id);
    id_new(d->profile.id);
    memcpy(d->session.profile_id, d->profile.id, ID_TEXT_MAX);
    d->session.job_description = LITERAL(
        "We run payments for 40,000 shops. You will own the ledger and its services, plan and "
        "carry "
        "out zero-downtime migrations, and help four teams to write software that stays up.\n\nYou "
        "bring experience with zero-downtime migrations, PostgreSQL or something like it in "
        "production, and the patience to write things down.");
    d->session.status = STORE_COMPLETED;
    d->session.created_at = 1778750813589;
    d->session.completed_at = 1778750813589 + 2523000;
    d->session.duration = 2523;
    d->session.question_count = 12;
    d->session.metadata = LITERAL("{\"llmProvider\":null,\"model\":null,\"language\":\"en\"}");
    d->profile.name = LITERAL("Ada Example");
    d->profile.role = LITERAL("Senior platform engineer");
    d->profile.years_experience = 8;
    d->profile.skills = LITERAL("[\"PostgreSQL\",\"Kubernetes\",\"Go\",\"Incident response\"]");
    d->profile.industry = LITERAL("Payments");
    d->profile.context = LITERAL("I led the move.");
    d->profile.created_at = d->profile.updated_at = 1778750813589;
    d->doc = (struct export_doc){.session = &d->session,
                                 .profile = &d->profile,
                                 .transcripts = d->pairs,
                                 .exported_at = 1778850813589,
                                 .process = id_of_process()};
    return d;
}

static struct doc *make_world(void)
{
    struct doc *d = make_doc();

    add(d, "Tell me about a time you led a difficult migration.", long_answer, detail);
    add(d, "What is the difference between a process and a thread?",
        "A process has an address space of its own; threads share one.\n\n- Isolation: a crash "
        "stays "
        "in its process\n- Cost: switching threads is cheaper\n- Sharing: threads need locks",
        "{\"kind\":\"technical\",\"provider\":\"outline\"}");
    add(d,
        "Erz\xc3\xa4hlen Sie von einem Fehler. \xd0\xa0\xd0\xb0\xd1\x81\xd1\x81\xd0\xba\xd0\xb0"
        "\xd0\xb6\xd0\xb8\xd1\x82\xd0\xb5 \xd0\xbe\xd0\xb1 \xd0\xbe\xd1\x88\xd0\xb8\xd0\xb1\xd0"
        "\xba\xd0\xb5.",
        "Gr\xc3\xb6\xc3\x9f"
        "e z\xc3\xa4hlt nicht. \xce\x9a\xce\xb1\xce\xbb\xce\xb7\xce\xbc\xce\xad"
        "\xcf\x81\xce\xb1. \xd0\xaf "
        "\xd0\xb8\xd1\x81\xd0\xbf\xd1\x80\xd0\xb0\xd0\xb2\xd0\xb8\xd0\xbb "
        "\xd0\xb5\xd1\x91.",
        NULL);
    add(d,
        "\xd8\xad\xd8\xaf\xd8\xab\xd9\x86\xd9\x8a \xd8\xb9\xd9\x86 \xd9\x86\xd9\x81\xd8\xb3\xd9"
        "\x83 (CV)\xd8\x9f",
        "\xd8\xa3\xd9\x86\xd8\xa7 \xd9\x85\xd9\x87\xd9\x86\xd8\xaf\xd8\xb3 \xd9\x85\xd9\x86\xd8\xb5"
        "\xd8\xa7\xd8\xaa. \xd8\xb9\xd9\x85\xd9\x84\xd8\xaa \xd8\xb9\xd9\x84\xd9\x89 PostgreSQL 15 "
        "\xd9\x84\xd9\x85\xd8\xaf\xd8\xa9 8 \xd8\xb3\xd9\x86\xd9\x88\xd8\xa7\xd8\xaa.",
        NULL);
    add(d,
        "\xd7\xa1\xd7\xa4\xd7\xa8 \xd7\x9c\xd7\x99 \xd7\xa2\xd7\x9c "
        "\xd7\xa2\xd7\xa6\xd7\x9e\xd7\x9a",
        "\xd7\x90\xd7\xa0\xd7\x99 \xd7\x9e\xd7\x94\xd7\xa0\xd7\x93\xd7\xa1 \xd7\xaa\xd7\x95\xd7\x9b"
        "\xd7\xa0\xd7\x94 (Go, C).",
        NULL);
    add(d,
        "\xe8\x87\xaa\xe5\xb7\xb1\xe7\xb4\xb9\xe4\xbb\x8b\xe3\x82\x92\xe3\x81\x8a\xe9\xa1\x98\xe3"
        "\x81\x84\xe3\x81\x97\xe3\x81\xbe\xe3\x81\x99\xe3\x80\x82 \xec\x9e\x90\xea\xb8\xb0\xec\x86"
        "\x8c\xea\xb0\x9c",
        "\xe7\xa7\x81\xe3\x81\xaf\xe3\x83\x97\xe3\x83\xa9\xe3\x83\x83\xe3\x83\x88\xe3\x83\x95\xe3"
        "\x82"
        "\xa9\xe3\x83\xbc\xe3\x83\xa0\xe3\x82\xa8\xe3\x83\xb3\xe3\x82\xb8\xe3\x83\x8b\xe3\x82\xa2"
        "\xe3"
        "\x81\xa7\xe3\x81\x99\xe3\x80\x82\xe6\x88\x91\xe6\x98\xaf\xe5\xb9\xb3\xe5\x8f\xb0\xe5\xb7"
        "\xa5"
        "\xe7\xa8\x8b\xe5\xb8\x88\xe3\x80\x82",
        NULL);
    add(d,
        "\xe0\xa4\x86\xe0\xa4\xaa\xe0\xa4\xa8\xe0\xa5\x87 \xe0\xa4\xac\xe0\xa4\xbe\xe0\xa4\xb0\xe0"
        "\xa5\x87 \xe0\xa4\xae\xe0\xa5\x87\xe0\xa4\x82 \xe0\xa4\xac\xe0\xa4\xa4\xe0\xa4\xbe\xe0\xa4"
        "\x87\xe0\xa4\x8f",
        "\xe0\xa4\xae\xe0\xa5\x88\xe0\xa4\x82 "
        "\xe0\xa4\x87\xe0\xa4\x82\xe0\xa4\x9c\xe0\xa5\x80\xe0\xa4"
        "\xa8\xe0\xa4\xbf\xe0\xa4\xaf\xe0\xa4\xb0 \xe0\xa4\xb9\xe0\xa5\x82\xe0\xa4\x81\xe0\xa5\xa4",
        NULL);
    add(d, "Words that were kept when the connection dropped", "", NULL);
    return d;
}

static char *long_text(size_t bytes)
{
    struct buf out;

    buf_init(&out, bytes + sizeof(long_answer) + 2);
    while (out.len < bytes)
        buf_printf(&out, "%s\n\n", long_answer);
    return buf_steal(&out, NULL);
}

/* "interview-2026-05-14.pdf" and its bytes. */
static struct buf written(const struct doc *d, const char *format, const char *keep_as)
{
    const char *keep = getenv("INTERVIEWD_KEEP");
    const struct export_format *f = export_find(format);
    struct errbuf err = {""};
    struct buf out;

    assert_non_null(f);
    buf_init(&out, EXPORT_MAX);
    if (f->write(&d->doc, &out, &err))
        fail_msg("%s", err.text);
    if (keep) {
        FILE *file = fopen(scratch_path(keep, keep_as), "w");

        assert_non_null(file);
        fwrite(out.data, 1, out.len, file);
        fclose(file);
    }
    return out;
}

static void json_has_everything_and_is_json(void **state)
{
    struct doc *d = make_world();
    struct buf out = written(d, "json", "world.json");
    json_t *root = json_parse(out.data, out.len);
    json_t *pairs = json_object_get(root, "transcripts");
    json_t *first = json_array_get(pairs, 0);

    (void)state;
    assert_non_null(root);
    assert_string_equal(json_str(root, "exportedAt"), "2026-05-15T13:13:33.589Z");
    assert_int_equal(json_array_size(pairs), 8);
    assert_string_equal(json_str(first, "answer"), long_answer);
    assert_string_equal(json_str(first, "kind"), "behavioral");
    assert_int_equal(json_array_size(json_object_get(first, "outline")), 4);
    assert_string_equal(json_str(json_object_get(root, "profile"), "context"), "I led the move.");
    assert_true(json_num(json_object_get(first, "metrics"), "qualityScore", 0) == 82);
    json_decref(root);
    buf_release(&out);
    free(d);
}

static void json_without_profile_and_pairs_is_fine(void **state)
{
    struct doc *d = make_doc();
    struct buf out;
    json_t *root;

    (void)state;
    d->doc.profile = NULL;
    out = written(d, "json", "empty.json");
    root = json_parse(out.data, out.len);
    assert_true(json_is_null(json_object_get(root, "profile")));
    assert_int_equal(json_array_size(json_object_get(root, "transcripts")), 0);
    json_decref(root);
    buf_release(&out);
    free(d);
}

static void markdown_keeps_what_was_said_from_becoming_markup(void **state)
{
    struct doc *d = make_doc();
    struct buf out;

    (void)state;
    add(d, "Is it *really* <b>so</b>?", "# no heading\n1. no list\n- nor this\n[x](y) `z` 10. 2",
        detail);
    out = written(d, "md", "odd.md");
    assert_non_null(strstr(out.data, "# Senior platform engineer\n"));
    assert_non_null(strstr(out.data, "## 1. Is it \\*really\\* \\<b\\>so\\</b\\>?\n"));
    assert_non_null(
        strstr(out.data, "\\# no heading\n1\\. no list\n\\- nor this\n\\[x\\](y) \\`z\\`"));
    assert_non_null(strstr(out.data, "14 May 2026, 09:26 UTC"));
    assert_non_null(strstr(out.data, "42 minutes"));
    assert_non_null(strstr(out.data, "- **Situation:** The nightly close"));
    assert_non_null(strstr(out.data, "\xe2\x80\x9cnightly close from 4 h to 35 min\xe2\x80\x9d"));
    assert_non_null(strstr(out.data, "Answered in 1.9 s"));
    buf_release(&out);
    free(d);
}

static void what_nothing_supports_is_named_once(void **state)
{
    static const char answer[] = "I saved 40 percent at Acme, yes, 40 percent.";
    static const char doubts[] =
        "{\"unsupported\":[{\"start\":8,\"end\":10,\"why\":\"number\"},{\"start\":22,\"end\":26,"
        "\"why\":\"employer\"},{\"start\":33,\"end\":35,\"why\":\"number\"},{\"start\":40,\"end\":"
        "99,"
        "\"why\":\"name\"}]}";
    struct doc *d = make_doc();
    struct buf out;
    json_t *root;

    (void)state;
    add(d, "What did you do?", answer, doubts);
    add(d, "And before?", "I led a team.", NULL);
    out = written(d, "md", "doubts.md");
    assert_non_null(
        strstr(out.data, "\n*Neither the profile, the posting nor the talk says: 40, Acme*\n"));
    assert_null(strstr(strstr(out.data, "And before?"), "Neither the profile"));
    buf_release(&out);
    out = written(d, "json", "doubts.json");
    root = json_parse(out.data, out.len);
    assert_int_equal(json_array_size(json_object_get(
                         json_array_get(json_object_get(root, "transcripts"), 0), "unsupported")),
                     4);
    json_decref(root);
    buf_release(&out);
    free(d);
}

/* pdftotext of poppler-utils reads it back. */
static char *text_of(const struct buf *pdf)
{
    static char text[1 << 20];
    char dir[SCRATCH_MAX];
    char command[512];
    FILE *file;
    size_t n;

    if (system("command -v pdftotext >/dev/null") != 0)
        skip();
    scratch_make(dir);
    file = fopen(scratch_path(dir, "x.pdf"), "w");
    fwrite(pdf->data, 1, pdf->len, file);
    fclose(file);
    snprintf(command, sizeof(command), "pdftotext -layout %s -", scratch_path(dir, "x.pdf"));
    file = popen(command, "r");
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    assert_int_equal(pclose(file), 0);
    scratch_remove(dir);
    return text;
}

static void pdf_holds_every_script(void **state)
{
    static const char *const words[] = {"Senior platform engineer",
                                        "14 May 2026, 09:26 UTC",
                                        "42 minutes",
                                        "8 questions",
                                        "Ada Example",
                                        "35 minutes now",
                                        "Situation: The nightly close",
                                        "nightly close from 4 h to 35 min",
                                        "Behavioral",
                                        "quality 82 of 100",
                                        "Page 1 of 3",
                                        "Page 2 of 3",
                                        "Erz\xc3\xa4hlen",
                                        "\xd0\xbe\xd1\x88\xd0\xb8\xd0\xb1\xd0\xba\xd0\xb5",
                                        "\xce\x9a\xce\xb1\xce\xbb\xce\xb7\xce\xbc",
                                        "\xe8\x87\xaa\xe5\xb7\xb1\xe7\xb4\xb9\xe4\xbb\x8b",
                                        "PostgreSQL 15"};
    struct doc *d = make_world();
    struct buf out = written(d, "pdf", "world.pdf");
    char *text;

    (void)state;
    assert_memory_equal(out.data, "%PDF-", 5);
    text = text_of(&out);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!strstr(text, words[i]))
            fail_msg("\"%s\" is not in the PDF", words[i]);
    buf_release(&out);
    free(d);
}

static void pdf_breaks_long_texts_across_pages(void **state)
{
    struct doc *d = make_doc();
    char *answer = long_text(64 << 10);
    struct buf out;
    char *text;
    int pages = 0;

    (void)state;
    add(d, "And then?", answer, detail);
    add(d, answer, "Short.", NULL); /* a question nobody asked, but somebody may paste */
    out = written(d, "pdf", "long.pdf");
    text = text_of(&out);
    for (char *p = text; (p = strchr(p, '\f')); p++)
        pages++;
    assert_in_range(pages, 25, 120);
    assert_non_null(strstr(text, "Short."));
    buf_release(&out);
    free(answer);
    free(d);
}

static void pdf_of_nothing_is_one_page(void **state)
{
    struct doc *d = make_doc();
    struct buf out;

    (void)state;
    d->doc.profile = NULL;
    d->session.job_description = NULL;
    d->session.duration = 0;
    out = written(d, "pdf", "empty.pdf");
    assert_non_null(strstr(text_of(&out), "Page 1 of 1"));
    buf_release(&out);
    free(d);
}

/* A pair, a remark and a candidate's words that a killed server left, and what is said just now. */
static struct doc *make_cut_off(void)
{
    struct doc *d = make_doc();
    static char now[64]; /* outlives this call: the document points at it */

    add(d, "Why did you", "Because it", "{\"unfinished\":\"06f0000000000000000000000a\"}");
    add(d, "Let me show you the", "", "{\"unfinished\":\"06f0000000000000000000000a\"}");
    d->pairs[1].line = STORE_INTERVIEWER;
    add(d, "And then I", "", "{\"unfinished\":\"06f0000000000000000000000a\"}");
    d->pairs[2].line = STORE_CANDIDATE;
    snprintf(now, sizeof(now), "{\"unfinished\":\"%s\"}", id_of_process());
    add(d, "What is said just now", "", now);
    d->pairs[3].line = STORE_INTERVIEWER;
    add(d, "What is answered just now", "And", now);
    for (size_t i = 0; i < d->doc.transcript_count; i++)
        d->pairs[i].metrics = NULL;
    return d;
}

static void every_format_tells_what_was_cut_off(void **state)
{
    static const bool cut[] = {true, true, true, false, false};
    struct doc *d = make_cut_off();
    const char *text;
    struct buf out = written(d, "json", "cut.json");
    json_t *root = json_parse(out.data, out.len);

    (void)state;
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
        assert_int_equal(json_is_true(json_object_get(
                             json_array_get(json_object_get(root, "transcripts"), i), "cutOff")),
                         cut[i]);
    json_decref(root);
    buf_release(&out);
    out = written(d, "md", "cut.md");
    assert_non_null(strstr(out.data, "\nBecause it\n\n<small>Cut off: the server stopped in the "
                                     "middle. What had arrived is kept.</small>\n"));
    assert_non_null(strstr(out.data, "*Interviewer, cut off:* Let me show you the\n"));
    assert_non_null(strstr(out.data, "*Candidate, cut off:* And then I\n"));
    assert_non_null(strstr(out.data, "*Interviewer:* What is said just now\n"));
    assert_null(strstr(strstr(out.data, "just now"), "ut off"));
    buf_release(&out);
    out = written(d, "pdf", "cut.pdf");
    text = text_of(&out);
    assert_non_null(strstr(text, "Cut off: the server stopped in the middle."));
    assert_non_null(strstr(text, "Interviewer, cut off: Let me show you the"));
    assert_non_null(strstr(text, "Candidate, cut off: And then I"));
    assert_null(strstr(strstr(text, "just now"), "ut off"));
    buf_release(&out);
    free(d);
}

static void what_was_said_becomes_subtitles(void **state)
{
    struct doc *d = make_doc();
    struct buf out;

    (void)state;
    add(d, "Tell me about a time you had a conflict with a coworker.", "Shown, not said.", NULL);
    add(d, "And then?", "", NULL);
    add(d, "Then we moved it.", "", NULL);
    add(d, "", "A question without a word", NULL);
    d->pairs[2].line = STORE_CANDIDATE;
    d->pairs[0].timestamp = d->session.created_at + 61234;
    d->pairs[1].timestamp = d->session.created_at + 62000; /* before the one before has ended */
    d->pairs[2].timestamp = d->session.created_at + 5000;  /* said first */
    d->pairs[0].metrics = LITERAL("{\"speechMs\":3000}");
    d->pairs[1].metrics = LITERAL("{}");
    out = written(d, "srt", "said.srt");
    assert_string_equal(out.data,
                        "1\n00:00:05,000 --> 00:00:06,133\n[Candidate] Then we moved it.\n\n"
                        "2\n00:01:01,234 --> 00:01:04,234\n[Interviewer] Tell me about a "
                        "time you had a conflict\nwith a coworker.\n\n"
                        "3\n00:01:04,234 --> 00:01:05,234\nAnd then?\n\n");
    buf_release(&out);
    free(d);
}

/* unzip's place is taken by Python, which the build needs anyway: it also says whether each part
 * is XML, and which words stand in the document. */
static char *text_of_docx(const struct buf *docx)
{
    static char text[1 << 20];
    char dir[SCRATCH_MAX];
    char command[1024];
    FILE *file;
    size_t n;

    scratch_make(dir);
    file = fopen(scratch_path(dir, "x.docx"), "w");
    fwrite(docx->data, 1, docx->len, file);
    fclose(file);
    snprintf(
        command, sizeof(command),
        "python3 -c 'import sys, zipfile, xml.etree.ElementTree as tree\n"
        "z = zipfile.ZipFile(sys.argv[1])\n"
        "assert z.testzip() is None and z.namelist()[0] == \"[Content_Types].xml\"\n"
        "parts = {n: tree.fromstring(z.read(n)) for n in z.namelist()}\n"
        "w = \"{http://schemas.openxmlformats.org/wordprocessingml/2006/main}\"\n"
        "known = {s.get(w + \"styleId\") for s in parts[\"word/styles.xml\"].iter(w + \"style\")}\n"
        "for p in parts[\"word/document.xml\"].iter(w + \"p\"):\n"
        "    style = p.find(w + \"pPr/\" + w + \"pStyle\").get(w + \"val\")\n"
        "    assert style in known, style\n"
        "    way = \"<\" if p.find(w + \"pPr/\" + w + \"bidi\") is not None else \"\"\n"
        "    print(style + way + \": \" + \"\".join(t.text or \"\" for t in p.iter(w + \"t\")))' "
        "%s",
        scratch_path(dir, "x.docx"));
    file = popen(command, "r");
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    assert_int_equal(pclose(file), 0);
    scratch_remove(dir);
    return text;
}

static void docx_holds_every_script(void **state)
{
    static const char *const words[] = {
        "Title: Senior platform engineer\n",
        "14 May 2026, 14:56 UTC+05:30 \xc2\xb7 42 minutes \xc2\xb7 8 questions\n",
        "Heading2: 1. Tell me about a time you led a difficult migration.\n",
        "Kind: 14:57 \xc2\xb7 Behavioral\n",
        "Point: Situation: The nightly close was getting too long\n",
        "Source: Background: \xe2\x80\x9cnightly close from 4 h to 35 min\xe2\x80\x9d\n",
        "Normal: I began with a shadow:",
        "Normal<: \xd7\x90\xd7\xa0\xd7\x99",
        "Heading2<: 4. \xd8\xad",
        "Normal: \xe7\xa7\x81\xe3\x81\xaf",
    };
    struct doc *d = make_world();
    struct buf out;
    char *text;

    (void)state;
    d->doc.utc_offset = 330;
    out = written(d, "docx", "world.docx");
    text = text_of_docx(&out);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!strstr(text, words[i]))
            fail_msg("\"%s\" is not in\n%s", words[i], text);
    buf_release(&out);
    free(d);
}

static void docx_takes_text_that_xml_cannot_hold(void **state)
{
    struct doc *d = make_doc();
    struct buf out;

    (void)state;
    add(d, "Is a < b && b > \"c\"?\x01", "\x0b]]>\n\nline\nline\xef\xbf\xbf", NULL);
    out = written(d, "docx", "odd.docx");
    assert_non_null(strstr(text_of_docx(&out), "Heading2: 1. Is a < b && b > \"c\"?\n"));
    buf_release(&out);
    free(d);
}

static void the_same_session_gives_the_same_bytes(void **state)
{
    static const char *const names[] = {"md", "pdf", "docx", "srt"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct doc *d = make_world();
        struct buf first = written(d, names[i], "first"), again;

        d->doc.exported_at += 86400000;
        again = written(d, names[i], "again");
        assert_int_equal(first.len, again.len);
        assert_memory_equal(first.data, again.data, first.len);
        buf_release(&first);
        buf_release(&again);
        free(d);
    }
}

static void a_source_is_named_once(void **state)
{
    struct doc *d = make_doc();
    struct buf out;
    const char *first;

    (void)state;
    add(d, "Why?", "Because.",
        "{\"outline\":[{\"text\":\"One\",\"source\":{\"field\":\"skills\",\"quote\":\"PostgreSQL\"}"
        "},"
        "{\"text\":\"Two\",\"source\":{\"field\":\"skills\",\"quote\":\"PostgreSQL\"}}]}");
    out = written(d, "md", "once.md");
    first = strstr(out.data, "\n  *Skills:* ");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\n  *Skills:* "));
    assert_non_null(strstr(first, "- Two\n"));
    buf_release(&out);
    free(d);
}

static void a_file_that_grows_too_large_is_an_error(void **state)
{
    struct doc *d = make_world();
    struct errbuf err = {""};
    struct buf out;

    (void)state;
    for (int i = 0; i < 5; i++) {
        static const char *const names[] = {"json", "md", "pdf", "docx", "srt"};

        buf_init(&out, 200);
        assert_int_not_equal(export_find(names[i])->write(&d->doc, &out, &err), 0);
        assert_true(err.text[0] != '\0');
        buf_release(&out);
    }
    assert_null(export_find("odt"));
    free(d);
}

static void texts_become_valid_json_whatever_they_hold(void **state)
{
    struct buf out;
    json_t *value;

    (void)state;
    buf_init(&out, 1000);
    record_text(&out, "a\"\\\n\r\t\x01\x7f \xe2\x82\xac \xff\xc3");
    value = json_parse(out.data, out.len);
    assert_non_null(value);
    assert_string_equal(json_string_value(value),
                        "a\"\\\n\r\t\x01\x7f \xe2\x82\xac \xef\xbf\xbd\xef\xbf\xbd");
    json_decref(value);
    buf_clear(&out);
    record_text(&out, NULL);
    assert_string_equal(out.data, "null");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_everything_and_is_json),
        cmocka_unit_test(json_without_profile_and_pairs_is_fine),
        cmocka_unit_test(markdown_keeps_what_was_said_from_becoming_markup),
        cmocka_unit_test(what_nothing_supports_is_named_once),
        cmocka_unit_test(pdf_holds_every_script),
        cmocka_unit_test(pdf_breaks_long_texts_across_pages),
        cmocka_unit_test(pdf_of_nothing_is_one_page),
        cmocka_unit_test(every_format_tells_what_was_cut_off),
        cmocka_unit_test(what_was_said_becomes_subtitles),
        cmocka_unit_test(docx_holds_every_script),
        cmocka_unit_test(docx_takes_text_that_xml_cannot_hold),
        cmocka_unit_test(the_same_session_gives_the_same_bytes),
        cmocka_unit_test(a_source_is_named_once),
        cmocka_unit_test(a_file_that_grows_too_large_is_an_error),
        cmocka_unit_test(texts_become_valid_json_whatever_they_hold),
    };

    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}

/**
 * @file ground/passages.c  Lines, blocks, sentences
 *
 * A text is read line by line. Lines join into a block while they look hard-wrapped; a bullet, a
 * heading or a blank line ends the block. A block is cut into sentences, a very long sentence into
 * clauses. Nothing is copied or changed: every passage is a run of the text.
 */
#include "ground/passages.h"

#include "base/text.h"
#include "ground/terms.h"

#include <stdlib.h>
#include <string.h>

enum {
    WRAP_MIN = 56,      /* a line at least this long may continue in the next one [bytes] */
    HEADING_MAX = 96,   /* a longer line is not a heading [bytes] */
    HEADING_WORDS = 14, /* nor is one with more words */
    TITLE_WORDS = 3,    /* "LANGUAGES", "Education and training" */
    WISH_BYTES = 48,    /* in which a passage says that it is about a wish */
};

struct cutter {
    const char *text;
    size_t len;
    enum ground_field field;
    uint32_t section;
    uint32_t block;
    passage_fn *fn;
    void *arg;
    int stopped;
    bool fresh;        /* nothing was output in this section yet */
    bool only_heading; /* only a heading was output in it */
    bool titled;       /* the previous line is a title of few words */
};

struct line {
    size_t start; /* of the visible text, after bullet and indentation */
    size_t end;   /* before trailing space */
    size_t next;  /* start of the next line */
    bool blank;
    bool bullet;
    bool marked; /* "# heading" */
    bool indented;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

/** Length of a usual bullet at s, including the space after it; 0: none. */
static size_t bullet_at(const char *s, size_t n)
{
    static const char *const marks[] = {"-", "*", "+", "•", "·", "‣", "▪", "●", "○",
                                        "◦", "–", "—", "→", "▸", "►", "✓", "✔", "■"};
    size_t i = 0;

    for (size_t k = 0; k < sizeof(marks) / sizeof(marks[0]); k++) {
        size_t m = strlen(marks[k]);

        if (n > m && memcmp(s, marks[k], m) == 0 && (is_space(s[m]) || m > 1))
            return m;
    }
    while (i < n && i < 3 && s[i] >= '0' && s[i] <= '9')
        i++;
    if (i && i + 1 < n && (s[i] == '.' || s[i] == ')') && is_space(s[i + 1]))
        return i + 1;
    return 0;
}

static void read_line(const struct cutter *c, size_t at, struct line *l)
{
    const char *nl = memchr(c->text + at, '\n', c->len - at);
    size_t hashes = 0;
    size_t bullet;

    memset(l, 0, sizeof(*l));
    l->end = nl ? (size_t)(nl - c->text) : c->len;
    l->next = nl ? l->end + 1 : c->len;
    l->start = at;
    while (l->start < l->end && is_space(c->text[l->start]))
        l->start++;
    l->indented = l->start > at;
    while (l->end > l->start && is_space(c->text[l->end - 1]))
        l->end--;
    while (l->start + hashes < l->end && c->text[l->start + hashes] == '#')
        hashes++;
    if (hashes && l->start + hashes < l->end && is_space(c->text[l->start + hashes])) {
        l->marked = true;
        l->start += hashes;
    }
    bullet = bullet_at(c->text + l->start, l->end - l->start);
    l->bullet = bullet > 0 && !l->marked;
    if (l->bullet)
        l->start += bullet;
    while (l->start < l->end && is_space(c->text[l->start]))
        l->start++;
    l->blank = l->start >= l->end;
}

/** Does the text before end finish a sentence? */
static bool terminated(const char *text, size_t start, size_t end)
{
    static const char *const stops[] = {".", "!", "?", ";", "。", "！", "？", "।", "؟"};

    while (end > start && strchr(")\"'*_", text[end - 1]))
        end--;
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        size_t n = strlen(stops[i]);

        if (end - start >= n && memcmp(text + end - n, stops[i], n) == 0)
            return true;
    }
    return false;
}

struct first_words {
    char word[2][TERM_MAX];
    size_t n;
};

static void see_word(const struct term *t, void *arg)
{
    struct first_words *f = arg;

    if (f->n < 2)
        memcpy(f->word[f->n], t->word, TERM_MAX);
    f->n++;
}

static bool begins_with_action(const struct first_words *f)
{
    if (f->n == 0)
        return false;
    if (passage_action_verb(f->word[0]))
        return true;
    return f->n > 1 && (strcmp(f->word[0], "i") == 0 || strcmp(f->word[0], "we") == 0) &&
           passage_action_verb(f->word[1]);
}

/** A short line by itself that names what follows. */
static bool heading(const struct cutter *c, const struct line *l)
{
    struct first_words f = {.n = 0};
    char last;

    if (l->marked)
        return true;
    if (l->bullet || l->end - l->start > HEADING_MAX)
        return false;
    last = c->text[l->end - 1];
    if (last == ':')
        return true;
    if (last == ',' || terminated(c->text, l->start, l->end))
        return false;
    words_each(c->text + l->start, l->end - l->start, see_word, &f);
    if (f.n == 0 || f.n > HEADING_WORDS)
        return false;
    return !begins_with_action(&f) && strcmp(f.word[0], "i") != 0 && strcmp(f.word[0], "we") != 0 &&
           strcmp(f.word[0], "my") != 0;
}

static bool is_title(const struct cutter *c, const struct line *l)
{
    struct first_words f = {.n = 0};

    words_each(c->text + l->start, l->end - l->start, see_word, &f);
    return f.n <= TITLE_WORDS;
}

/** "LANGUAGES" and below it, alone, "French, English": a line under a title is not a title
 *  itself. */
static bool stands_under_title(const struct cutter *c, const struct line *l)
{
    struct line next = {.blank = true};

    if (l->next < c->len)
        read_line(c, l->next, &next);
    return c->titled && next.blank && !l->marked;
}

static void emit(struct cutter *c, size_t start, size_t end, bool bullet, bool is_heading)
{
    struct passage p = {.field = c->field, .heading = -1};

    while (start < end && is_space(c->text[start]))
        start++;
    while (end > start && is_space(c->text[end - 1]))
        end--;
    if (start >= end || c->stopped)
        return;
    p.text = c->text + start;
    p.len = end - start;
    p.at = start;
    p.section = c->section;
    p.block = c->block;
    p.bullet = bullet;
    p.is_heading = is_heading;
    passage_look(&p);
    if (p.words == 0)
        return;
    c->only_heading = is_heading && (c->fresh || c->only_heading);
    c->fresh = false;
    c->stopped = c->fn(&p, c->arg);
}

/** Breaks a sentence that is too long to be displayed, after a comma or else between words. */
static void emit_long(struct cutter *c, size_t start, size_t end, bool bullet)
{
    while (end - start > GROUND_PASSAGE_LONG && !c->stopped) {
        size_t cut = utf8_floor(c->text + start, end - start, GROUND_PASSAGE_LONG);
        size_t word = 0;
        size_t clause = 0;

        for (size_t i = 1; i < cut; i++) {
            if (!is_space(c->text[start + i]))
                continue;
            word = i;
            if (i > GROUND_PASSAGE_LONG / 3 && strchr(",;:", c->text[start + i - 1]))
                clause = i;
        }
        cut = clause ? clause : word ? word : cut ? cut : end - start;
        emit(c, start, start + cut, bullet, false);
        start += cut;
    }
    emit(c, start, end, bullet, false);
}

static bool abbreviation(const char *text, size_t start, size_t dot)
{
    static const char *const known[] = {
        "e.g",  "i.e", "mr", "mrs",    "ms", "dr", "prof", "vs",   "etc", "inc", "ltd", "co",
        "corp", "st",  "no", "approx", "sr", "jr", "dept", "univ", "ca",  "cf",  "fig", "u.s"};
    size_t at = dot;
    char word[8];

    while (at > start && !is_space(text[at - 1]) && text[at - 1] != '(')
        at--;
    if (dot - at == 1 && text[at] >= 'A' && text[at] <= 'Z' && text[at] != 'I')
        return true;
    if (dot - at >= sizeof(word))
        return false;
    text_copy(word, sizeof(word), text + at, dot - at);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (text_equal_nocase(word, known[i]))
            return true;
    return false;
}

/** Where does a sentence whose stop is at i end? 0: it is not the end. */
static size_t sentence_end(const char *text, size_t start, size_t i, size_t end)
{
    static const char *const wide[] = {"。", "！", "？", "।"};
    size_t k = i + 1;

    for (size_t w = 0; w < sizeof(wide) / sizeof(wide[0]); w++) {
        size_t n = strlen(wide[w]);

        if (end - i >= n && memcmp(text + i, wide[w], n) == 0)
            return i + n;
    }
    if (!strchr(".!?", text[i]) || text[i] == '\0')
        return 0;
    while (k < end && strchr(".!?)\"'", text[k]) && text[k])
        k++;
    if (k >= end)
        return end;
    if (!is_space(text[k]) || (text[i] == '.' && abbreviation(text, start, i)))
        return 0;
    while (k < end && is_space(text[k]))
        k++;
    return k < end && text[k] >= 'a' && text[k] <= 'z' ? 0 : k;
}

static void emit_block(struct cutter *c, size_t start, size_t end, bool bullet)
{
    size_t from = start;

    c->block++;
    for (size_t i = start; i < end && !c->stopped; i++) {
        size_t stop = sentence_end(c->text, from, i, end);

        if (!stop)
            continue;
        emit_long(c, from, stop, bullet);
        from = stop;
        i = stop - 1;
    }
    if (from < end)
        emit_long(c, from, end, bullet);
}

/** How far a block that begins with this line continues. */
static size_t join(const struct cutter *c, struct line *l, bool bullet)
{
    size_t end = l->end;
    size_t line_len = l->end - l->start;

    while (l->next < c->len) {
        struct line n;

        read_line(c, l->next, &n);
        if (n.blank || n.bullet || n.marked || terminated(c->text, l->start, l->end))
            break;
        if (line_len < WRAP_MIN && !(bullet && n.indented))
            break;
        line_len = n.end - n.start;
        end = n.end;
        *l = n;
    }
    return end;
}

static void new_section(struct cutter *c)
{
    if (c->fresh)
        return;
    c->section++;
    c->fresh = true;
    c->only_heading = false;
}

uint32_t passages_cut(const char *text, size_t len, enum ground_field field, uint32_t section,
                      passage_fn *fn, void *arg)
{
    struct cutter c = {.text = text,
                       .len = len,
                       .field = field,
                       .section = section,
                       .fn = fn,
                       .arg = arg,
                       .fresh = true};
    struct line l;

    for (size_t at = 0; at < len && !c.stopped; at = l.next) {
        size_t start;
        bool bullet;

        read_line(&c, at, &l);
        if (l.blank) {
            c.titled = false;
            if (!c.only_heading)
                new_section(&c);
            continue;
        }
        start = l.start;
        bullet = l.bullet;
        if (heading(&c, &l) && !stands_under_title(&c, &l)) {
            if (!c.only_heading)
                new_section(&c);
            emit(&c, l.start, l.end, false, true);
            c.titled = is_title(&c, &l);
            continue;
        }
        c.titled = false;
        emit_block(&c, start, join(&c, &l, bullet), bullet);
    }
    return c.section + (c.fresh ? 0 : 1);
}

/* ---- properties of a passage
 * -------------------------------------------------------------------- */

/* In strcmp() order. */
static const char *const action_verbs[] = {
    "accelerated",  "achieved",     "acted",        "adapted",      "added",        "addressed",
    "administered", "advised",      "agreed",       "aligned",      "analysed",     "analyzed",
    "apologised",   "apologized",   "architected",  "asked",        "assembled",    "assisted",
    "attended",     "audited",      "authored",     "automated",    "averted",      "balanced",
    "became",       "began",        "boosted",      "brought",      "built",        "calculated",
    "called",       "captured",     "chaired",      "championed",   "changed",      "chose",
    "closed",       "coached",      "coded",        "collaborated", "collected",    "communicated",
    "compared",     "completed",    "conceived",    "conducted",    "configured",   "consolidated",
    "contributed",  "converted",    "convinced",    "coordinated",  "created",      "cut",
    "debugged",     "decided",      "decreased",    "defined",      "delegated",    "delivered",
    "demonstrated", "deployed",     "designed",     "detected",     "developed",    "devised",
    "diagnosed",    "directed",     "discovered",   "documented",   "doubled",      "drafted",
    "drove",        "earned",       "edited",       "eliminated",   "enabled",      "encouraged",
    "engineered",   "enhanced",     "ensured",      "escalated",    "established",  "evaluated",
    "exceeded",     "executed",     "expanded",     "explained",    "facilitated",  "finished",
    "fixed",        "formed",       "found",        "founded",      "gathered",     "gave",
    "generated",    "got",          "grew",         "guided",       "halved",       "handled",
    "headed",       "held",         "helped",       "hired",        "hosted",       "identified",
    "implemented",  "improved",     "increased",    "influenced",   "initiated",    "instituted",
    "integrated",   "interviewed",  "introduced",   "invented",     "investigated", "joined",
    "kept",         "launched",     "learned",      "led",          "listened",     "lowered",
    "made",         "maintained",   "managed",      "measured",     "mentored",     "met",
    "migrated",     "modelled",     "modernised",   "modernized",   "monitored",    "moved",
    "negotiated",   "onboarded",    "opened",       "operated",     "optimised",    "optimized",
    "orchestrated", "organised",    "organized",    "oversaw",      "owned",        "participated",
    "partnered",    "performed",    "persuaded",    "piloted",      "pioneered",    "planned",
    "ported",       "prepared",     "presented",    "prevented",    "prioritised",  "prioritized",
    "processed",    "produced",     "programmed",   "promoted",     "proposed",     "prototyped",
    "provided",     "published",    "raised",       "ran",          "rebuilt",      "received",
    "recommended",  "recruited",    "redesigned",   "reduced",      "refactored",   "removed",
    "reorganised",  "reorganized",  "replaced",     "reported",     "represented",  "researched",
    "resolved",     "restructured", "reviewed",     "rewrote",      "rolled",       "saved",
    "scaled",       "secured",      "sent",         "served",       "set",          "shipped",
    "shortened",    "simplified",   "sold",         "solved",       "spearheaded",  "sped",
    "split",        "standardised", "standardized", "started",      "steered",      "stopped",
    "streamlined",  "strengthened", "studied",      "suggested",    "supervised",   "supported",
    "talked",       "taught",       "tested",       "took",         "tracked",      "trained",
    "transformed",  "translated",   "trimmed",      "tripled",      "tuned",        "turned",
    "unified",      "updated",      "upgraded",     "used",         "volunteered",  "went",
    "won",          "worked",       "wrote"};

static int compare_word(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

bool passage_action_verb(const char *word)
{
    return bsearch(word, action_verbs, sizeof(action_verbs) / sizeof(action_verbs[0]),
                   sizeof(action_verbs[0]), compare_word);
}

/* What a word says about its passage. */
enum {
    OWN = 1 << 0,        /* first person */
    COUNT = 1 << 1,      /* a figure without digits */
    SETBACK = 1 << 2,    /* something went wrong */
    CREDENTIAL = 1 << 3, /* years, degrees, knowledge */
    WANT = 1 << 4,       /* a job description asks */
    OFFER = 1 << 5,      /* or offers */
};

struct marked {
    const char *word;
    unsigned marks;
};

/* In strcmp order. */
static const struct marked marked[] = {
    {"401k", OFFER},
    {"ability", WANT},
    {"apply", OFFER},
    {"bachelor", CREDENTIAL},
    {"benefits", OFFER},
    {"bonus", OFFER},
    {"build", WANT},
    {"certification", CREDENTIAL},
    {"collaborate", WANT},
    {"days", OFFER},
    {"degree", CREDENTIAL | WANT},
    {"deliver", WANT},
    {"dental", OFFER},
    {"design", WANT},
    {"develop", WANT},
    {"disability", OFFER},
    {"doubled", COUNT},
    {"employer", OFFER},
    {"equal", OFFER},
    {"equity", OFFER},
    {"experience", CREDENTIAL | WANT},
    {"failed", SETBACK},
    {"failure", SETBACK},
    {"familiar", CREDENTIAL},
    {"familiarity", CREDENTIAL | WANT},
    {"founded", OFFER},
    {"gender", OFFER},
    {"half", COUNT},
    {"halved", COUNT},
    {"holidays", OFFER},
    {"hybrid", OFFER},
    {"i", OWN},
    {"id", OWN},
    {"im", OWN},
    {"improve", WANT},
    {"insurance", OFFER},
    {"ive", OWN},
    {"knowledge", CREDENTIAL | WANT},
    {"lead", WANT},
    {"looking", WANT},
    {"loss", SETBACK},
    {"lost", SETBACK},
    {"maintain", WANT},
    {"manage", WANT},
    {"me", OWN},
    {"missed", SETBACK},
    {"mistake", SETBACK},
    {"must", WANT},
    {"my", OWN},
    {"need", WANT},
    {"needs", WANT},
    {"office", OFFER},
    {"opportunity", OFFER},
    {"our", OWN},
    {"outage", SETBACK},
    {"own", WANT},
    {"pension", OFFER},
    {"perks", OFFER},
    {"proficiency", CREDENTIAL | WANT},
    {"proficient", CREDENTIAL},
    {"proven", WANT},
    {"pto", OFFER},
    {"quadrupled", COUNT},
    {"regret", SETBACK},
    {"religion", OFFER},
    {"required", WANT},
    {"requires", WANT},
    {"responsible", WANT},
    {"salary", OFFER},
    {"skills", WANT},
    {"strong", WANT},
    {"tripled", COUNT},
    {"twice", COUNT},
    {"underestimated", SETBACK},
    {"us", OWN},
    {"vacation", OFFER},
    {"we", OWN},
    {"weve", OWN},
    {"will", WANT},
    {"work", WANT},
    {"wrong", SETBACK},
    {"years", CREDENTIAL | WANT},
    {"you", WANT},
    {"your", WANT},
};

static int compare_marked(const void *key, const void *item)
{
    return strcmp(key, ((const struct marked *)item)->word);
}

struct look {
    struct passage *p;
    bool negated; /* "no", "without" stood before */
    struct first_words first;
    int wants;
    int offers;
};

static bool year(const char *word)
{
    return strlen(word) == 4 && (memcmp(word, "19", 2) == 0 || memcmp(word, "20", 2) == 0);
}

static void look_at(const struct term *t, void *arg)
{
    struct look *l = arg;
    const struct marked *m;
    bool negated;

    see_word(t, &l->first);
    l->p->words++;
    if (t->number && !year(t->word))
        l->p->figure = true;
    negated = l->negated;
    l->negated = strcmp(t->word, "no") == 0 || strcmp(t->word, "without") == 0;
    m = bsearch(t->word, marked, sizeof(marked) / sizeof(marked[0]), sizeof(marked[0]),
                compare_marked);
    if (!m)
        return;
    l->p->first_person |= (m->marks & OWN) != 0;
    l->p->figure |= (m->marks & COUNT) != 0;
    l->p->setback |= (m->marks & SETBACK) != 0 && !negated;
    l->p->credential |= (m->marks & CREDENTIAL) != 0;
    l->wants += (m->marks & WANT) != 0;
    l->offers += (m->marks & OFFER) != 0;
}

static float need(const struct passage *p, const struct look *l)
{
    float n = 0.3f + (p->bullet ? 0.6f : 0) + 0.35f * (float)(l->wants > 3 ? 3 : l->wants) -
              0.8f * (float)l->offers;

    return p->words < 3 || n < 0 ? 0 : n;
}

static void see_wish(const struct term *t, void *arg)
{
    static const char *const words[] = {"want",   "looking",   "hope",     "dream",   "draws",
                                        "drives", "motivates", "prefer",   "enjoy",   "goal",
                                        "ideal",  "rather",    "draw",     "next",    "like",
                                        "aim",    "become",    "ambition", "excites", NULL};

    *(bool *)arg |= term_among(t->word, words);
}

/** "What I want next is …", "Looking for a team that …". */
static bool tells_wish(const struct passage *p)
{
    bool found = false;

    if (!p->action)
        words_each(p->text, p->len < WISH_BYTES ? p->len : WISH_BYTES, see_wish, &found);
    return found;
}

struct learning {
    const char *text;
    bool found;
};

static void see_learning(const struct term *t, void *arg)
{
    static const char *const words[] = {
        "bsc",           "msc",       "phd",        "beng",           "meng",        "llb",
        "nvq",           "diploma",   "degree",     "university",     "college",     "gcse",
        "gcses",         "course",    "certified",  "apprenticeship", "certificate", "licence",
        "license",       "chartered", "registered", "registration",   "qualified",   "accredited",
        "admitted",      "bachelor",  "master",     "institute",      "membership",  "certificates",
        "certification", NULL};
    static const char *const degrees[] = {"ba", "ma", "bs", "ms", "md", "rn", NULL};
    struct learning *l = arg;

    l->found |= term_among(t->word, words) ||
                (term_among(t->word, degrees) && memchr("BMR", l->text[t->at], 3) &&
                 memchr("ASDN", l->text[t->at + 1], 4));
}

/** Does a passage name a degree, a course, a licence? */
static bool names_learning(const struct passage *p)
{
    struct learning l = {p->text, false};

    words_each(p->text, p->len, see_learning, &l);
    return l.found;
}

static bool holds_digit(const struct passage *p)
{
    for (size_t i = 0; i < p->len; i++)
        if (p->text[i] >= '0' && p->text[i] <= '9')
            return true;
    return false;
}

void passage_look(struct passage *p)
{
    struct look l = {.p = p};

    p->words = 0;
    words_each(p->text, p->len, look_at, &l);
    p->action = begins_with_action(&l.first);
    p->wish = tells_wish(p);
    p->learning = names_learning(p);
    p->digits = holds_digit(p);
    p->need = need(p, &l);
}

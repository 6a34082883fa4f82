/**
 * @file ground/resume.c  The usual form of a résumé, line by line
 */
#include "ground/resume.h"

#include "base/text.h"
#include "ground/terms.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    LINE_BYTES = 512,
    TOP_LINES = 8, /* that contain name and role */
    NAME_WORDS = 5,
    NAME_BYTES = 60,
    ROLE_WORDS = 8,
    SKILL_WORDS = 5,
    TITLE_WORDS = 4, /* most words in the heading of a section */
    YEAR_FIRST = 1950,
    YEARS_MOST = 60,
};

/* ----------------------------------------------------------------------------------- lines */

struct lines {
    const char *rest;
    char text[LINE_BYTES]; /* the line, without bullet and surrounding space */
    bool bullet;
};

static bool next_line(struct lines *l)
{
    static const char *const marks[] = {"#", "*", "-", "+", "•", "·", "▪", "●", "–", "—"};
    size_t len;
    const char *s = l->rest;

    if (!*s)
        return false;
    len = strcspn(s, "\n");
    l->rest = s + len + (s[len] == '\n');
    l->bullet = false;
    for (bool more = true; more;) {
        more = false;
        while (len && isspace((unsigned char)*s)) {
            s++;
            len--;
        }
        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) && !more; i++) {
            size_t n = strlen(marks[i]);

            if (len > n && strncmp(s, marks[i], n) == 0) {
                l->bullet |= *marks[i] != '#';
                s += n;
                len -= n;
                more = true;
            }
        }
    }
    while (len && (isspace((unsigned char)s[len - 1]) || s[len - 1] == '*'))
        len--;
    text_copy(l->text, sizeof(l->text), s, len);
    return true;
}

static bool holds_any(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasestr(text, *words))
            return true;
    return false;
}

static void count_word(const struct term *t, void *arg)
{
    (void)t;
    ++*(size_t *)arg;
}

static size_t words_of(const char *text)
{
    size_t n = 0;

    words_each(text, strlen(text), count_word, &n);
    return n;
}

/** "EXPERIENCE", "Personal statement", "Ausbildung": the name of a section, not of a person. */
static bool is_section(const char *line)
{
    static const char *const sections[] = {
        "experience", "employment", "career",     "education", "skills",       "summary",
        "profile",    "about me",   "statement",  "training",  "studies",      "languages",
        "projects",   "objective",  "curriculum", "resume",    "résumé",       "lebenslauf",
        "contact",    "berufs",     "ausbildung", "formation", "expérience",   "compéten",
        "educación",  "habilidad",  "references", "interests", "work history", "certific",
        "qualific",   "awards",     "publicat",   "volunteer", "kenntnisse",   "technolog",
        "competenc",  "kompetenz",  NULL};

    return words_of(line) <= TITLE_WORDS && holds_any(line, sections);
}

/* ---- name and role
 * -------------------------------------------------------------------------------- */

static bool has_title(const char *text)
{
    static const char *const titles[] = {
        "engineer",     "developer",     "manager",     "director",    "nurse",
        "teacher",      "designer",      "analyst",     "consultant",  "accountant",
        "chef",         "officer",       "architect",   "scientist",   "planner",
        "controller",   "solicitor",     "lawyer",      "technician",  "assistant",
        "specialist",   "administrator", "coordinator", "programmer",  "researcher",
        "professor",    "lecturer",      "electrician", "foreman",     "head of",
        "lead ",        "team lead",     "supervisor",  "executive",   "associate",
        "intern ",      "writer",        "editor",      "doctor",      "physician",
        "pharmacist",   "therapist",     "recruiter",   "buyer",       "dispatcher",
        "operator",     "mechanic",      "founder",     "president",   "product owner",
        "scrum master", "paralegal",     "counsel",     "secretary",   "ingenieur",
        "entwickler",   "leiter",        "berater",     "lehrer",      "ingeniero",
        "ingénieur",    "gerente",       "directeur",   "responsable", "sre",
        "qa ",          "marketer",      "sales rep",   "trainee",     "apprentice",
        "barista",      "waiter",        "driver",      "carpenter",   NULL};
    char padded[LINE_BYTES + 2];

    snprintf(padded, sizeof(padded), "%s ", text);
    return holds_any(padded, titles);
}

/** Length of the first part: up to a comma, a bar, a dash between spaces, a full stop, … */
static size_t piece(const char *s)
{
    size_t word = 0;
    size_t i = 0;

    for (; s[i]; i++) {
        if (strchr(",|;(\t", s[i]) || (s[i] == ':' && s[i + 1] == ' '))
            return i;
        if (s[i] == ' ')
            word = i + 1;
        if (s[i] == '.' && i - word > 2 && (!s[i + 1] || s[i + 1] == ' ')) /* not "J.", "Dr." */
            return i;
        if (i && s[i - 1] == ' ' &&
            ((s[i] == '-' && s[i + 1] == ' ') || strncmp(s + i, "–", 3) == 0 ||
             strncmp(s + i, "—", 3) == 0 || strncmp(s + i, "•", 3) == 0 ||
             strncmp(s + i, "·", 2) == 0 || strncmp(s + i, "at ", 3) == 0 ||
             strncmp(s + i, "with ", 5) == 0 || strncmp(s + i, "for ", 4) == 0))
            return i;
    }
    return i;
}

static const char *behind_piece(const char *s)
{
    const char *end = s + strlen(s);

    for (s += piece(s); s < end;) {
        const char *next = s;
        uint32_t rune = utf8_next(&next, end);

        if (rune_is_letter(rune) && strncmp(s, "at ", 3) != 0)
            break;
        s = rune_is_letter(rune) ? s + 3 : next;
    }
    return s;
}

static void copy_piece(char *to, size_t size, const char *s)
{
    size_t len = piece(s);

    while (len && s[len - 1] == ' ')
        len--;
    text_copy(to, size, s, len);
}

struct casing {
    size_t words;
    size_t capitals;
    const char *text;
};

static void see_case(const struct term *t, void *arg)
{
    static const char *const particles[] = {"van", "von", "de", "der", "da",  "di",  "du",  "la",
                                            "le",  "al",  "el", "bin", "ibn", "dos", "den", "ter"};
    struct casing *c = arg;
    const char *p = c->text + t->at;
    uint32_t rune;
    bool small = true;

    rune = utf8_next(&p, c->text + t->at + t->len);
    if (rune < 'a' || rune > 'z')
        small = false;
    for (size_t i = 0; small && i < sizeof(particles) / sizeof(particles[0]); i++)
        small = strcmp(t->word, particles[i]) != 0;
    c->words++;
    c->capitals += !small;
}

static bool is_name(const char *text)
{
    struct casing c = {.text = text};

    if (!*text || strlen(text) > NAME_BYTES || strpbrk(text, "@/\\0123456789<>{}[]=_") ||
        has_title(text) || is_section(text))
        return false;
    words_each(text, strlen(text), see_case, &c);
    return c.words >= 2 && c.words <= NAME_WORDS && c.capitals == c.words;
}

static bool is_role(const char *text)
{
    return has_title(text) && words_of(text) <= ROLE_WORDS && !strpbrk(text, "@0123456789");
}

/** The first part of a line that names a role. */
static bool find_role(const char *line, char role[static RESUME_NAME_BYTES])
{
    char text[RESUME_NAME_BYTES];

    for (const char *s = line; *s; s = behind_piece(s)) {
        copy_piece(text, sizeof(text), s);
        if (is_role(text)) {
            memcpy(role, text, sizeof(text));
            return true;
        }
        if (!s[piece(s)])
            break;
    }
    return false;
}

/** A short line under the name is the role, even if no such role is known. */
static bool could_be_role(const char *line)
{
    size_t spaces = 0;

    for (const char *s = line; *s; s++)
        spaces += *s == ' ';
    return spaces < TITLE_WORDS && strlen(line) <= NAME_BYTES && words_of(line) > 0 &&
           !is_section(line) && !strpbrk(line, "@0123456789/+,");
}

static void read_top(struct resume *r, const char *text)
{
    struct lines l = {.rest = text};
    int seen = 0;
    int named = 0;

    while (seen < TOP_LINES && next_line(&l)) {
        char first[RESUME_NAME_BYTES];

        if (!*l.text)
            continue;
        seen++;
        copy_piece(first, sizeof(first), l.text);
        if (!*r->name && !l.bullet && is_name(first)) {
            memcpy(r->name, first, sizeof(first));
            named = seen;
            find_role(behind_piece(l.text), r->role);
        } else if (!*r->role && !l.bullet && !find_role(l.text, r->role) && named &&
                   seen == named + 1 && could_be_role(l.text)) {
            text_copy(r->role, sizeof(r->role), l.text, strlen(l.text));
        }
    }
}

/* --------------------------------------------------------------------------------- the years */

static int number_at(const char *s)
{
    static const char *const words[] = {"one",     "two",       "three",    "four",     "five",
                                        "six",     "seven",     "eight",    "nine",     "ten",
                                        "eleven",  "twelve",    "thirteen", "fourteen", "fifteen",
                                        "sixteen", "seventeen", "eighteen", "nineteen", "twenty"};

    if (isdigit((unsigned char)*s))
        return atoi(s);
    for (size_t i = sizeof(words) / sizeof(words[0]); i-- > 0;)
        if (strncasecmp(s, words[i], strlen(words[i])) == 0)
            return (int)i + 1;
    return 0;
}

/** "Eight years building platforms", "10+ years": a number right before "year". -1: none. */
static int said_years(const char *line)
{
    const char *at = strcasestr(line, " year");
    const char *s = at;

    if (!at)
        return -1;
    while (s > line && (s[-1] == '+' || s[-1] == ' '))
        s--;
    while (s > line && isalnum((unsigned char)s[-1]))
        s--;
    return number_at(s) > 0 && number_at(s) <= YEARS_MOST ? number_at(s) : -1;
}

static int year_at(const char *s, int this_year)
{
    int year;

    for (int i = 0; i < 4; i++)
        if (!isdigit((unsigned char)s[i]))
            return 0;
    year = atoi(s);
    return !isdigit((unsigned char)s[4]) && year >= YEAR_FIRST && year <= this_year ? year : 0;
}

struct span {
    int from;
    int to;
};

/** "2017 to 2021", "since 2020", "03/2019 – now". */
static void see_dates(const char *line, int this_year, struct span *span)
{
    static const char *const open[] = {"now",  "present", "today",  "current", "to date", "since",
                                       "seit", "heute",   "depuis", "desde",   "actual",  NULL};
    int first = 0;
    int last = 0;

    for (const char *s = line; *s; s++) {
        int year = (s == line || !isdigit((unsigned char)s[-1])) ? year_at(s, this_year) : 0;

        if (year && !first)
            first = year;
        last = year ? year : last;
    }
    if (!first)
        return;
    if (holds_any(line, open))
        last = this_year;
    else if (first == last)
        return; /* a single year is not a job */
    span->from = !span->from || first < span->from ? first : span->from;
    span->to = last > span->to ? last : span->to;
}

static void read_years(struct resume *r, const char *text, int this_year)
{
    static const char *const learning[] = {"education", "studies",   "training", "ausbildung",
                                           "formation", "educación", "academic", NULL};
    static const char *const degrees[] = {"university", "bachelor", "master of", "bsc", "msc",
                                          "diploma",    "college",  "ph.d",      "phd", NULL};
    struct lines l = {.rest = text};
    struct span span = {0, 0};
    bool studies = false;
    int seen = 0;

    while (next_line(&l)) {
        if (!*l.text)
            continue;
        if (seen++ < TOP_LINES && r->years < 0 && !l.bullet)
            r->years = said_years(l.text);
        if (is_section(l.text))
            studies = holds_any(l.text, learning);
        if (!studies && !l.bullet && !holds_any(l.text, degrees))
            see_dates(l.text, this_year, &span);
    }
    if (r->years < 0 && span.from)
        r->years = span.to - span.from;
}

/* -------------------------------------------------------------------------------- the skills */

static bool names_skills(const char *title)
{
    static const char *const titles[] = {"skill",     "technolog",  "competenc",
                                         "kompetenz", "kenntnisse", "compéten",
                                         "habilidad", "tech stack", NULL};

    return words_of(title) <= TITLE_WORDS && holds_any(title, titles);
}

static void add_skill(struct resume *r, const char *s, size_t len)
{
    char *to;

    while (len && strchr(" \t.-", *s)) {
        s++;
        len--;
    }
    while (len && strchr(" \t.", s[len - 1]))
        len--;
    if (!len || len >= RESUME_SKILL_BYTES || r->skill_count == RESUME_SKILLS_MAX)
        return;
    to = r->skills[r->skill_count];
    text_copy(to, RESUME_SKILL_BYTES, s, len);
    if (words_of(to) == 0 || words_of(to) > SKILL_WORDS)
        return;
    for (size_t i = 0; i < r->skill_count; i++)
        if (strcasecmp(r->skills[i], to) == 0)
            return;
    r->skill_count++;
}

static size_t separator(const char *s)
{
    return strchr(",;|\t", *s) ? 1 : strncmp(s, "•", 3) == 0 ? 3 : strncmp(s, "·", 2) == 0 ? 2 : 0;
}

/** "Languages: Go, Python | Docker": the items after the label. */
static void add_skills(struct resume *r, const char *list)
{
    const char *label = strstr(list, ": ");
    const char *from = label && words_of(list) > 1 ? label + 2 : list;
    int depth = 0;

    for (const char *s = from;; s++) {
        size_t n = *s ? separator(s) : 1;

        depth += *s == '(' ? 1 : *s == ')' && depth ? -1 : 0;
        if (!n || (*s && depth))
            continue;
        add_skill(r, from, (size_t)(s - from));
        if (!*s)
            return;
        from = s + n;
        s += n - 1;
    }
}

static void read_skills(struct resume *r, const char *text)
{
    struct lines l = {.rest = text};
    bool listing = false;
    int listed = 0;

    while (next_line(&l)) {
        char title[LINE_BYTES];
        const char *colon = strchr(l.text, ':');

        text_copy(title, sizeof(title), l.text, colon ? (size_t)(colon - l.text) : strlen(l.text));
        if (names_skills(title)) {
            listing = !colon || !colon[1];
            listed = 0;
            if (!listing)
                add_skills(r, colon + 1);
        } else if (listing && (is_section(title) || (!*l.text && listed))) {
            listing = false;
        } else if (listing && *l.text) {
            add_skills(r, l.text);
            listed++;
        }
    }
}

void resume_read(struct resume *r, const char *text, int this_year)
{
    struct lines l = {.rest = text};

    memset(r, 0, sizeof(*r));
    r->years = -1;
    read_top(r, text);
    while (!*r->role && next_line(&l)) /* the newest job */
        if (!l.bullet && words_of(l.text) <= 2 * ROLE_WORDS)
            find_role(l.text, r->role);
    read_years(r, text, this_year);
    read_skills(r, text);
}

/**
 * @file answer/spoken.c  The text for each form, and telling a place of the profile
 *
 * See spoken.h for the rules. The frames here are the only text of our own: none of them states
 * anything about the candidate that could be untrue for another profile.
 */
#include "answer/spoken.h"

#include "answer/sentence.h"
#include "base/error.h"
#include "ground/grounding.h"
#include "ground/names.h"
#include "ground/places.h"

#include <stdio.h>
#include <string.h>

enum {
    STORY_SENTENCES = 7,
    SHORT_SENTENCES = 3,
    FACT_SENTENCES = 2,
    SKILLS_SAID = 4,
    BARE_WORDS = 8, /* a weakness in so few words does not say what is done about it */
    NAME_WORDS = 4, /* a shorter run without a verb is a name or a title, not a sentence */
};

struct speech {
    struct buf *out;
    const struct grounding *g; /* may be NULL */
    const char *question;
    const struct outline *o;
    const char *field; /* of the sentences since the last mark; NULL: no mark is due */
    int said;          /* number of sentences that quote */
};

/* --------------------------------------------------------------------------------- sentences */

static void say_mark(struct speech *s)
{
    if (s->field)
        buf_printf(s->out, " [%s]", s->field);
    s->field = NULL;
}

static void begin(struct speech *s, const char *field)
{
    if (s->field && (!field || strcmp(s->field, field) != 0))
        say_mark(s);
    if (s->out->len && !strchr(" \n", buf_last(s->out)))
        buf_putc(s->out, ' ');
}

/** A sentence of form, without facts. */
static void say_frame(struct speech *s, const char *text)
{
    begin(s, NULL);
    buf_puts(s->out, text);
}

static bool ends_sentence(const struct passage *p)
{
    size_t n = p->len;

    while (n && strchr(")\"'”", p->text[n - 1]))
        n--;
    return n && strchr(".!?", p->text[n - 1]);
}

static bool same_block(const struct passage *a, const struct passage *b)
{
    return a->field == b->field && a->block == b->block && a->section == b->section &&
           !b->is_heading;
}

/** Where the sentence that begins with passage i ends: long ones were split into several
 *  passages. */
static size_t sentence_last(const struct speech *s, size_t i)
{
    const struct passage *p = grounding_passage(s->g, i);

    while (!ends_sentence(grounding_passage(s->g, i)) && i + 1 < grounding_count(s->g) &&
           same_block(p, grounding_passage(s->g, i + 1)))
        i++;
    return i;
}

/** The sentence that begins with passage i; returns the passage after it. */
static size_t say_sentence(struct speech *s, size_t i)
{
    const struct passage *a = grounding_passage(s->g, i);
    size_t last = sentence_last(s, i);
    const struct passage *b = grounding_passage(s->g, last);

    begin(s, "context");
    s->field = "context";
    s->said++;
    sentence_say(s->out, a->text, (size_t)(b->text + b->len - a->text), a->bullet);
    return last + 1;
}

/** The beginning of the bullet that contains passage i. */
static size_t block_first(const struct speech *s, size_t i)
{
    const struct passage *p = grounding_passage(s->g, i);

    while (i && same_block(grounding_passage(s->g, i - 1), p) &&
           !grounding_passage(s->g, i - 1)->is_heading)
        i--;
    return i;
}

/** "Mara Lindqvist." before her statement. */
static bool is_title(const struct passage *p)
{
    return p->words < NAME_WORDS && sentence_form(p->text, p->len, p->bullet) == SENTENCE_FRAGMENT;
}

/** A place of the profile from its beginning, at most this many sentences. */
static void say_place(struct speech *s, const struct place *p, int most)
{
    size_t i = p->first;

    if (p->goes_on && i)
        say_sentence(s, block_first(s, i - 1));
    while (i + 1 < p->end && is_title(grounding_passage(s->g, i)))
        i++;
    for (int n = 0; i < p->end && n < most; n++)
        i = say_sentence(s, i);
}

/** The passage that a point of the outline quotes, or begins with; false: none from the context. */
static bool find_passage(const struct speech *s, const char *label, size_t *i)
{
    const char *quote = NULL;

    for (size_t k = 0; k < s->o->count && !quote; k++)
        if (strcmp(s->o->points[k].label, label) == 0 && s->o->points[k].field &&
            strcmp(s->o->points[k].field, "context") == 0)
            quote = s->o->points[k].quote;
    for (size_t k = 0; quote && k < grounding_count(s->g); k++) {
        const struct passage *p = grounding_passage(s->g, k);

        if (p->field != GROUND_CONTEXT || p->is_heading || strncmp(p->text, quote, p->len) != 0)
            continue;
        *i = k;
        return true;
    }
    return false;
}

/** The point with this label: its bullet or paragraph up to the quote, if that can be said. */
static bool say_labelled(struct speech *s, const char *label)
{
    const struct passage *p;
    size_t first;
    size_t i;
    bool scene;

    if (!s->g || !find_passage(s, label, &i))
        return false;
    first = block_first(s, i);
    while (first < i && is_title(grounding_passage(s->g, first)))
        first++;
    p = grounding_passage(s->g, first);
    if (sentence_form(p->text, p->len, p->bullet) == SENTENCE_FRAGMENT)
        return false;
    /* a place that begins with a scene says nothing until it tells what the candidate did */
    scene = sentence_form(p->text, p->len, p->bullet) == SENTENCE_WHOLE && !p->first_person;
    for (int n = 0; n < SHORT_SENTENCES && first < grounding_count(s->g) &&
                    (first <= i || (scene && same_block(p, grounding_passage(s->g, first))));
         n++)
        first = say_sentence(s, first);
    return true;
}

static bool say_posting(struct speech *s)
{
    for (size_t i = 0; i < s->o->count; i++) {
        const struct llm_point *p = &s->o->points[i];

        if (!p->field || strcmp(p->field, "jobDescription") != 0)
            continue;
        begin(s, "jobDescription");
        buf_puts(s->out, "Your posting says: “");
        for (const char *c = p->quote; *c; c++)
            buf_putc(s->out, strchr("\r\n\t", *c) ? ' ' : *c);
        buf_puts(s->out, "”");
        s->field = "jobDescription";
        say_mark(s);
        return true;
    }
    return false;
}

static bool has_place(const struct speech *s)
{
    return s->g && s->o->told.end > s->o->told.first;
}

/* -------------------------------------------------------------------------------------- forms */

static const char none_yet[] = "Nothing I have noted is exactly that; the nearest is this.";

static void speak_story(struct speech *s)
{
    if (has_place(s)) {
        if (!s->o->shown.fits)
            say_frame(s, none_yet);
        say_place(s, &s->o->told, STORY_SENTENCES);
        return;
    }
    say_frame(s, "One time was at ___ (where), when ___ (what was at stake). It was mine to ___ "
                 "(your task), so I ___ (what you did, step by step). In the end ___ (what came of "
                 "it, with a number), and what I took from it is ___ (your lesson).");
}

struct terms_frame {
    const char *asked;
    const char *frame;
};

static const struct terms_frame terms_frames[] = {
    {"salary|compensation|pay|earn|money|package|rate",
     "I would like to understand the role and the range you have for it first; mine is ___ (your "
     "range)."},
    {"visa|sponsorship|permit|authorized|eligible|legally|citizen",
     "___ (Yes or no), and the date it runs to is ___ (the date)."},
    {"relocate|move|based|live|commute|office|remote|hybrid|site",
     "___ (Yes or no). What I would need is ___ (your condition). How does the team work today?"},
    {"start|notice|soon|available|begin|join|earliest",
     "I could start on ___ (the date); my notice period is ___ (how long)."},
    {"travel|weekends|shifts|hours|nights|overtime",
     "What I can do is ___ (your hours). How often does it happen here?"},
};

static void speak_fact(struct speech *s)
{
    if (has_place(s) && s->o->shown.fits) {
        if (!s->o->named)
            say_frame(s, "Not that I can point to; the nearest is this.");
        say_place(s, &s->o->told, FACT_SENTENCES);
        return;
    }
    for (size_t i = 0; i < sizeof(terms_frames) / sizeof(terms_frames[0]); i++) {
        if (!form_says(s->question, terms_frames[i].asked))
            continue;
        say_frame(s, terms_frames[i].frame);
        return;
    }
    say_frame(s, "___ (The plain fact in one sentence.)");
}

static void say_skills(struct speech *s)
{
    const struct grounding_input *in = grounding_input(s->g);
    size_t n = in->skill_count < SKILLS_SAID ? in->skill_count : SKILLS_SAID;

    if (!n)
        return;
    begin(s, "skills");
    buf_puts(s->out, "My skills include ");
    for (size_t i = 0; i < n; i++)
        buf_printf(s->out, "%s%s", i == 0 ? "" : i + 1 == n ? " and " : ", ", in->skills[i]);
    buf_puts(s->out, ".");
    s->field = "skills";
    s->said++;
}

/** A frame and the point that proves it; neither if that cannot be said. */
static void say_proof(struct speech *s, const char *frame, const char *label)
{
    size_t len;

    say_mark(s);
    len = s->out->len;
    say_frame(s, frame);
    if (!say_labelled(s, label))
        buf_chop(s->out, s->out->len - len);
}

static void speak_strength(struct speech *s)
{
    if (!say_labelled(s, "In your own words") && s->g)
        say_skills(s);
    if (s->said && s->g)
        say_proof(s, "What I would point to:", "Proof");
    if (!s->said)
        say_frame(s, "I am at my best when ___ (the work you do best). One proof is ___ (what you "
                     "did, with a number).");
}

static void speak_weakness(struct speech *s)
{
    if (has_place(s) && s->o->shown.fits) {
        say_place(s, &s->o->told, STORY_SENTENCES);
        if (s->o->told.words <= BARE_WORDS)
            say_frame(s, "What I do about it is ___ (your habit).");
        return;
    }
    say_frame(s, "One thing I am working on is ___ (a real weakness). It cost me ___ (when it "
                 "did), and what I do about it is ___ (your habit).");
}

static void speak_motive(struct speech *s)
{
    bool want = say_labelled(s, "What you want");

    if (say_posting(s) || want) {
        say_proof(s, "What I would bring:", "You bring");
        if (want)
            return;
    }
    say_frame(s, "What draws me to this role is ___ (the one thing only it has).");
    if (!s->said)
        say_frame(s, "It fits because ___ (your proof), and in the first year I would like to ___ "
                     "(what you want to achieve here).");
}

static void say_post(struct speech *s)
{
    const struct grounding_input *in = grounding_input(s->g);

    if (in->role && *in->role) {
        begin(s, "role");
        buf_printf(s->out, "My role is %s.", in->role);
        s->field = "role";
        s->said++;
    }
    if (in->years_experience > 0) {
        begin(s, "yearsExperience");
        buf_printf(s->out, "I have %d year%s of experience.", in->years_experience,
                   in->years_experience == 1 ? "" : "s");
        s->field = "yearsExperience";
        s->said++;
    }
}

static void speak_intro(struct speech *s)
{
    if (s->g && grounding_has_candidate(s->g)) {
        say_post(s);
        say_labelled(s, "Proof");
        say_labelled(s, "And");
        say_skills(s);
    }
    if (!s->said)
        say_frame(s, "I am ___ (your role) with ___ years in ___ (your field). The work I would "
                     "name first is ___ (what you did, with a number). Next I want to ___ (and why "
                     "here).");
}

/** A skill that the question names. */
static const char *named_skill(const struct speech *s)
{
    const struct grounding_input *in = s->g ? grounding_input(s->g) : NULL;
    struct asked_name names[NAMES_MAX];
    size_t n = names_asked(s->question, s->g, names);

    for (size_t i = 0; in && i < in->skill_count; i++)
        for (size_t k = 0; k < n; k++)
            if (names_held(&names[k], in->skills[i], strlen(in->skills[i])))
                return in->skills[i];
    return NULL;
}

static void speak_experience(struct speech *s)
{
    const char *skill = named_skill(s);

    if (skill) {
        begin(s, "skills");
        buf_printf(s->out, "One of my skills is %s.", skill);
        s->field = "skills";
        s->said++;
    }
    if (has_place(s) && s->o->shown.fits && s->o->named) {
        say_place(s, &s->o->told, STORY_SENTENCES);
        return;
    }
    if (skill)
        say_frame(s, "Where I used it: ___ (one project, and how far you went).");
    else
        say_frame(s, "I have no project with it that I can point to. The nearest I know is ___ (a "
                     "neighbour of it), and I would start by ___ (your first step).");
}

static void speak_small_talk(struct speech *s)
{
    if (form_says(s->question, "hear|see|audio|screen|connection"))
        say_frame(s, "___ (Yes or no.) And how is it on your side?");
    else if (form_says(s->question, "ready|shall we"))
        say_frame(s, "Thank you for making the time. Please go ahead.");
    else
        say_frame(s, "Thank you for asking. ___ (One true thing in a sentence.) And how are you?");
}

static void speak_closing(struct speech *s)
{
    say_frame(s, "Thank you, yes.");
    if (say_posting(s))
        say_frame(s, "What would a good first step there look like?");
    say_frame(s, "What would make you say after six months that hiring me was right? And what are "
                 "the next steps from here?");
}

/* The text for a form with steps; an example of the candidate's own follows where it fits. */
static const char *const scripts[FORMS] = {
    [FORM_CONCEPT] = "In one line: ___ (the definition or the step that decides). It is for ___ "
                     "(the case it helps in), and what it costs is ___ (its price).",
    [FORM_CODING] =
        "Before I write anything: how large is the input, can it be empty, and may values repeat? "
        "The plain way is ___ (its steps and what they cost). Better is ___ (the structure that "
        "helps), in ___ (time and memory). I would write it in small steps and then run one normal "
        "case and the edge cases by hand.",
    [FORM_DESIGN] =
        "I would start with who uses it, what it must do and how much of it there will be. Then "
        "come the few calls it offers, the data with its keys, and what breaks first. Shall I "
        "begin with the numbers?",
    [FORM_ESTIMATE] =
        "I would write it as a product: ___ (how many there are) times ___ (the share that counts) "
        "times ___ (how often). With round numbers that is ___ (your result). The number I trust "
        "least is ___ (which), so I would check that one first.",
    [FORM_CASE] =
        "Let me repeat the goal: ___ (in one sentence). I would look at ___, ___ and ___ (parts "
        "that leave nothing out), and I expect the reason in ___ (which), because ___ (why). Which "
        "figures do you have for that?",
    [FORM_CLINICAL] =
        "I would go to the patient and assess first: airway, breathing, circulation, and what has "
        "changed. At once I would ___ (what you do within your competence). I would call ___ "
        "(whom) when ___ (the limit), and write down ___ (what).",
    [FORM_SALES] =
        "First I would ask what it costs them today and who decides. Then I would answer that one "
        "need with ___ (the benefit, in their numbers). To ___ (the likely objection) I would say "
        "___ (your answer), and we would part with a date for ___ (the next step).",
    [FORM_FINANCE] = "In one line: ___ (the result or the definition). Step by step: ___ (the "
                     "statements or the formula). With round numbers: ___ (one case). What moves "
                     "it most is ___ (which assumption).",
    [FORM_TEACHING] =
        "Afterwards they should be able to ___ (the aim). I would begin with ___ (the first five "
        "minutes). Who is behind gets ___ (what), who is ahead ___ (what), and I would see who has "
        "got it by ___ (your check).",
    [FORM_TRADE] = "First I would make it safe: ___ (isolate, prove, secure). Then I would check "
                   "___ (what, and what it rules out) and do ___ (the steps, to which standard). "
                   "Afterwards I would measure ___ (what) and write it down.",
    [FORM_LEADERSHIP] = "My rule is ___ (one sentence).",
    [FORM_WHAT_IF] = "First I would find out what happened and whom it touches, and tell the "
                     "people who have to know the same day. Then I would ___ (your first step), "
                     "because ___ (why that one).",
    [FORM_OTHER] = "In one sentence: ___ (your view). The reason is ___ (one reason).",
};

/** Then it is introduced as a quote from the profile. */
static bool opens_with_fragment(const struct speech *s, const struct place *p)
{
    const struct passage *first = grounding_passage(s->g, p->first);

    return sentence_form(first->text, first->len, first->bullet) == SENTENCE_FRAGMENT;
}

static void speak_script(struct speech *s)
{
    say_frame(s, scripts[s->o->form]);
    if (!has_place(s) || !s->o->shown.fits || !s->o->named)
        return;
    if (!opens_with_fragment(s, &s->o->told))
        say_frame(s, "From my own work:");
    say_place(s, &s->o->told, s->o->form == FORM_CODING ? FACT_SENTENCES : STORY_SENTENCES);
}

typedef void speak_fn(struct speech *s);

/* Forms that are not listed here follow their script. */
static speak_fn *const forms[FORMS] = {
    [FORM_STORY] = speak_story,           [FORM_FACT] = speak_fact,
    [FORM_STRENGTH] = speak_strength,     [FORM_WEAKNESS] = speak_weakness,
    [FORM_MOTIVE] = speak_motive,         [FORM_INTRO] = speak_intro,
    [FORM_EXPERIENCE] = speak_experience, [FORM_SMALL_TALK] = speak_small_talk,
    [FORM_CLOSING] = speak_closing};

int spoken_compose(struct buf *out, const struct grounding *g, const char *question,
                   const struct outline *o)
{
    struct speech s = {.out = out, .g = g, .question = question, .o = o};

    (forms[o->form] ? forms[o->form] : speak_script)(&s);
    say_mark(&s);
    return out->err;
}

/**
 * @file answer/spoken.c  The form of the spoken answer for each kind of question
 *
 * See spoken.h for what may be said. The frames here are the only words of our own.
 */
#include "answer/spoken_internal.h"

#include "base/error.h"
#include "ground/evidence.h"
#include "ground/terms.h"
#include "ground/themes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    SENTENCES_MAX = 5,
    SKILLS_SAID = 4,
    NAME_WORDS = 4,
    TURN_BYTES = 128,
    SHORT_BYTES = 60, /* a weakness in fewer says nothing of what is done about it, in [bytes] */
};

/* --------------------------------------------------------------------------------- helpers */

static bool labelled(const struct llm_point *p, const char *label)
{
    return p->label && strcmp(p->label, label) == 0;
}

static const struct llm_point *point(const struct speech *s, const char *label)
{
    for (size_t i = 0; i < s->o->count; i++)
        if (labelled(&s->o->points[i], label))
            return &s->o->points[i];
    return NULL;
}

struct asking {
    uint64_t wanted;
    bool found;
};

static void same_word(const struct term *t, void *arg)
{
    struct asking *a = arg;

    a->found |= t->hash == a->wanted;
}

/** Does the question hold one of these words? Compared by stem. */
static bool asks(const struct speech *s, const char *words)
{
    struct asking a = {0, false};
    char word[32];

    while (*words && !a.found) {
        size_t n = strcspn(words, " ");

        snprintf(word, sizeof(word), "%.*s", (int)n, words);
        a.wanted = term_hash(word);
        terms_each(s->question, strlen(s->question), same_word, &a);
        words += n + (words[n] == ' ');
    }
    return a.found;
}

static bool from(const struct llm_point *p, const char *field)
{
    return p->field && strcmp(p->field, field) == 0;
}

/** What the context says in these points, in order, some sentences of it. turn: before the first.
 */
static int say_context(struct speech *s, const char *turn)
{
    int said = 0;

    for (size_t i = 0; i < s->o->count && s->said < SENTENCES_MAX; i++) {
        if (!from(&s->o->points[i], "context"))
            continue;
        say_point(s, &s->o->points[i], said ? NULL : turn);
        said++;
    }
    return said;
}

/** Where the story of a quote begins: a bullet at its start, a paragraph a sentence before. */
static size_t story_start(const struct speech *s, size_t i)
{
    const struct passage *p = grounding_passage(s->g, i);
    size_t back = p->bullet ? i : 1;

    if (passage_label(p))
        return i;
    for (; back && i; back--, i--) {
        const struct passage *before = grounding_passage(s->g, i - 1);

        if (before->block != p->block || before->is_heading || before->field != p->field ||
            passage_label(before))
            break;
    }
    return i;
}

/** The bullet or paragraph of a quote, some sentences of it. */
static void say_story(struct speech *s, const char *quote, const char *turn, int most)
{
    size_t i;
    uint32_t block;

    if (!find_quote(s, quote, &i))
        return;
    i = story_start(s, i);
    if (s->told == i + 1)
        return; /* another sentence of the story just told */
    s->told = i + 1;
    block = grounding_passage(s->g, i)->block;
    for (int n = 0; n < most && i < grounding_count(s->g); n++, i++) {
        const struct passage *p = grounding_passage(s->g, i);

        if (p->block != block || p->is_heading || p->field != GROUND_CONTEXT ||
            s->said >= SENTENCES_MAX)
            return;
        if (n == 0 && p->words < NAME_WORDS && !p->action && !p->first_person) {
            n--; /* a name, "Summary.": no sentence */
            block = p->block;
            continue;
        }
        say_passage(s, i, n ? NULL : turn);
    }
}

/** Where a quote's heading says it was; the length of its name in *at, 0: it does not say. */
static size_t place_of(const struct speech *s, const char *quote, const char **at)
{
    const struct passage *h;
    size_t i;

    if (!s->g || !find_quote(s, quote, &i))
        return 0;
    h = grounding_passage(s->g, i);
    if (!h->is_heading && h->heading >= 0)
        h = grounding_passage(s->g, (size_t)h->heading);
    return h->is_heading ? heading_place(h->text, h->len, at) : 0;
}

/** "One example is from Northwind Pay." */
static void say_place(struct speech *s, const char *before, const char *quote)
{
    const char *at;
    size_t len = place_of(s, quote, &at);

    if (!len)
        return;
    say_lead(s, before);
    buf_append(s->out, at, len);
    buf_putc(s->out, '.');
    s->field = "context";
}

/** "At Northwind Pay, I led …" */
static void say_there(struct speech *s, const struct llm_point *p)
{
    const char *at = "";
    size_t len = place_of(s, p->quote, &at);
    char turn[TURN_BYTES];

    snprintf(turn, sizeof(turn), "At %.*s,", (int)len, at);
    say_point(s, p, len && len < TURN_BYTES - 8 ? turn : NULL);
}

/* ------------------------------------------------------------------------------- behavioral */

static bool is_part(const struct llm_point *p)
{
    return labelled(p, "Situation") || labelled(p, "Task") || labelled(p, "Action") ||
           labelled(p, "Result");
}

static const char *turn_for(const struct llm_point *p, const struct llm_point *before)
{
    if (labelled(p, "Result"))
        return before && strncmp(p->quote, "It ", 3) != 0 ? "In the end," : NULL;
    if (labelled(p, "Action") && before && labelled(before, "Situation"))
        return "So";
    return NULL;
}

/** A heading that stands for the situation was said with the place. */
static bool is_heading_quote(const struct speech *s, const char *quote)
{
    size_t i;

    return find_quote(s, quote, &i) && grounding_passage(s->g, i)->is_heading;
}

/** A part that begins in the middle of its sentence goes on with the part before. */
static bool goes_on(const struct llm_point *p)
{
    return islower((unsigned char)p->quote[0]) || strchr("&–-", p->quote[0]);
}

static void speak_story(struct speech *s)
{
    const struct llm_point *before = NULL;
    bool placed = false;

    if (point(s, "Careful"))
        say_frame(s, "Nothing I have noted is exactly that; this comes closest.");
    for (size_t i = 0; i < s->o->count; i++) {
        const struct llm_point *p = &s->o->points[i];

        if (!p->quote || !is_part(p) || s->said >= SENTENCES_MAX)
            continue;
        if (!placed)
            say_place(s, "One example is from", p->quote);
        placed = true;
        if (is_heading_quote(s, p->quote))
            continue;
        if (before && goes_on(p) && buf_last(s->out) == '.') {
            buf_chop(s->out, 1);
            buf_printf(s->out, ", %s", p->quote);
            while (s->out->len && strchr(". \n", buf_last(s->out)))
                buf_chop(s->out, 1);
            buf_putc(s->out, '.');
        } else {
            say_point(s, p, turn_for(p, before));
        }
        before = p;
    }
}

static void speak_behavioral(struct speech *s)
{
    speak_story(s);
    if (!s->said)
        say_frame(s,
                  "One time was at ___ (where), when ___ (what was at stake). It was mine to ___ "
                  "(your task), so I ___ (what you did, step by step). In the end ___ (what came "
                  "of it, with a number), and what I took from it is ___ (your lesson).");
}

/* -------------------------------------------------------------------------------- technical */

static bool asks_experience(const struct speech *s)
{
    return asks(s, "experience familiar comfortable") || strstr(s->question, "ave you ");
}

static void speak_technical(struct speech *s)
{
    const struct llm_point *skill = point(s, "On your profile");
    const struct llm_point *used = point(s, "Where you used it");
    const struct llm_point *near = point(s, "Nearest in your work");
    bool known = skill || (used && used->quote);

    if (!asks_experience(s))
        say_frame(s,
                  known || (near && near->quote)
                      ? "In one line: ___ (the definition or the step that decides). From my own "
                        "work:"
                      : "In one line: ___ (the definition or the step that decides). I would "
                        "use it when ___ (the case it is for), and what it costs is ___ (its "
                        "price).");
    else if (known)
        say_frame(s, "Yes.");
    else if (near && near->quote)
        say_frame(s, "Not that I can point to; the nearest in my work is this.");
    else
        say_frame(s, "I have no project with it that I can point to. The nearest I know is ___ "
                     "(a neighbour of it), and I would start by ___ (your first step).");
    if (skill)
        say_point(s, skill, NULL);
    if (used && used->quote)
        say_story(s, used->quote, skill ? "In practice," : NULL, 2);
    if (point(s, "Also") && point(s, "Also")->quote)
        say_story(s, point(s, "Also")->quote, NULL, 2);
    if (!known && near && near->quote)
        say_story(s, near->quote, NULL, 2);
}

static void speak_design(struct speech *s)
{
    static const char *const aspects[] = {"Scale", "API", "Data", "Trade-offs", "From your work"};
    bool led = false;

    say_frame(s,
              "I would start with who uses it, what it must do and how much of it there will be. "
              "Then come the few calls it offers, the data with its keys, and what breaks first.");
    for (size_t i = 0; i < sizeof(aspects) / sizeof(aspects[0]); i++) {
        const struct llm_point *p = point(s, aspects[i]);

        if (!p || !p->quote || s->said >= 3)
            continue;
        if (!led)
            say_frame(s, "I have met parts of this in practice.");
        led = true;
        say_story(s, p->quote, NULL, 1);
    }
    say_frame(s, "Shall I begin with the numbers?");
}

static void speak_situational(struct speech *s)
{
    const struct llm_point *done = point(s, "You have done it");
    bool habit = point(s, "Your rule") != NULL;

    if (done && done->quote) {
        say_frame(s, habit ? "I can best show you how I go about it by an example."
                           : "First I would find out what happened and whom it touches. I have "
                             "been close to that.");
        say_story(s, done->quote, NULL, 4);
        say_frame(s, habit ? "That is still how I do it." : "I would go about it the same way.");
        return;
    }
    say_frame(s, habit
                     ? "My rule is ___ (one sentence). The last time I needed it was ___ (when), "
                       "and it went ___ (how)."
                     : "First I would find out what happened and whom it touches, and tell the "
                       "people who have to know the same day. Then I would ___ (your first step), "
                       "because ___ (why that one).");
}

/* ----------------------------------------------------------------------------- motivational */

static void speak_motivational(struct speech *s)
{
    const struct llm_point *want = point(s, "What you want");
    const struct llm_point *need = point(s, "They look for");
    bool turned = false;

    if (point(s, "Action") || point(s, "Situation")) { /* "what are you proud of" */
        speak_behavioral(s);
        return;
    }
    if (want)
        say_point(s, want, NULL);
    if (need) {
        say_point(s, need, NULL);
        say_mark(s);
    }
    for (size_t i = 0; i < s->o->count && s->said < SENTENCES_MAX; i++) {
        const struct llm_point *p = &s->o->points[i];

        if (!p->quote || !(labelled(p, "You bring") || (labelled(p, "And") && !need)))
            continue;
        if (!turned)
            say_frame(s, need ? "I have done that." : "What I would bring:");
        turned = true;
        say_story(s, p->quote, NULL, 2);
    }
    if (!s->said)
        say_frame(s, "What draws me is ___ (the one thing only this role has). It fits because I "
                     "have ___ (your proof), and in the first year I would like to ___ (what you "
                     "want to achieve here).");
    else if (!want && !need)
        say_frame(s, "What draws me to this role is ___ (the one thing only it has).");
}

/* ------------------------------------------------------------------------------- background */

static bool is_vowel(char c)
{
    return c && strchr("aeiouAEIOU", c);
}

/** "Senior platform engineer" is no name: it may be written small inside a sentence. */
static bool small_role(const char *role)
{
    static const char *const words[] = {
        "Senior ",   "Junior ",  "Staff ",  "Principal ", "Lead ",     "Head ",     "Product ",
        "Software ", "Backend ", "Charge ", "Chief ",     "Data ",     "Project ",  "Regional ",
        "Platform ", "Sales ",   "Nurse",   "Teacher",    "Engineer",  "Designer",  "Manager",
        "Web ",      "Mobile ",  "Team ",   "Secondary ", "Primary ",  "Full-",     "Frontend ",
        "Security ", "Site ",    "Account", "Marketing ", "Customer ", "Business ", "Registered "};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncmp(role, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/** "I am a senior platform engineer. [role] I have 8 years of experience. [yearsExperience]" */
static void say_post(struct speech *s)
{
    const struct grounding_input *in = grounding_input(s->g);

    if (in->role && *in->role) {
        bool small = small_role(in->role);

        say_frame(s, "");
        buf_printf(s->out, "I am %s %c%s.", is_vowel(in->role[0]) ? "an" : "a",
                   small ? tolower((unsigned char)in->role[0]) : in->role[0], in->role + 1);
        s->field = "role";
        s->said++;
    }
    if (in->years_experience > 0) {
        say_frame(s, "");
        buf_printf(s->out, "I have %d year%s of experience.", in->years_experience,
                   in->years_experience == 1 ? "" : "s");
        s->field = "yearsExperience";
        s->said++;
    }
}

static void say_skills(struct speech *s)
{
    const struct grounding_input *in = grounding_input(s->g);
    size_t n = in->skill_count < SKILLS_SAID ? in->skill_count : SKILLS_SAID;

    if (!n)
        return;
    say_lead(s, "My skills include");
    for (size_t i = 0; i < n; i++)
        buf_printf(s->out, "%s%s", i == 0 ? "" : i + 1 == n ? " and " : ", ", in->skills[i]);
    buf_puts(s->out, ".");
    s->field = "skills";
}

/** The fact under one of these labels; false: the profile has none. */
static bool say_label(struct speech *s, const char *begins)
{
    for (size_t i = 0; i < grounding_count(s->g); i++) {
        const struct passage *p = grounding_passage(s->g, i);

        if (p->field != GROUND_CONTEXT || !passage_label(p) || p->len < strlen(begins) ||
            strncasecmp(p->text, begins, strlen(begins)) != 0)
            continue;
        say_passage(s, i, NULL);
        return true;
    }
    return false;
}

static void speak_yourself(struct speech *s)
{
    const struct llm_point *proof = point(s, "Proof");
    const struct llm_point *also = point(s, "And");

    say_post(s);
    if (proof && proof->quote)
        say_there(s, proof);
    if (also && also->quote) {
        const char *here = "";
        const char *there = "";
        size_t n = proof ? place_of(s, proof->quote, &here) : 0;

        if (n && place_of(s, also->quote, &there) == n && here == there)
            say_point(s, also, NULL);
        else
            say_there(s, also);
    }
    if (!say_label(s, "What I look for") && !say_label(s, "What drives me"))
        say_skills(s);
}

static void speak_weakness(struct speech *s)
{
    const struct llm_point *named = point(s, "Name it");

    if (named && named->quote) {
        say_point(s, named, NULL);
        if (strlen(named->quote) < SHORT_BYTES)
            say_frame(s, "What helps me with it is ___ (your habit).");
    } else {
        say_frame(s, "One thing I am working on is ___ (a real weakness). It cost me ___ (when it "
                     "did), and what I do about it is ___ (your habit).");
    }
}

static void speak_strength(struct speech *s)
{
    const struct llm_point *own = point(s, "In your own words");
    const struct llm_point *proof = point(s, "Proof");

    if (own && own->quote)
        say_point(s, own, NULL);
    else if (s->g && grounding_input(s->g)->skill_count)
        say_skills(s);
    if (proof && proof->quote) {
        say_frame(s, "One proof of that:");
        say_story(s, proof->quote, NULL, 2);
    }
    if (!s->said)
        say_frame(s, "I am at my best when ___ (the work you do best). One proof is ___ (what you "
                     "did, with a number).");
}

static void speak_background(struct speech *s)
{
    const struct llm_point *first = point(s, "Answer first");

    if (point(s, "Show it")) {
        speak_weakness(s);
    } else if (point(s, "In one line")) {
        speak_strength(s);
    } else if (first && first->quote) {
        say_story(s, first->quote, NULL, 3);
    } else if (s->g && grounding_has_candidate(s->g)) {
        speak_yourself(s);
    } else {
        say_frame(s, "I am ___ (your role) with ___ years in ___ (your field). The work I would "
                     "name first is ___ (what you did, with a number). Next I want to ___ (and why "
                     "here).");
    }
}

/* -------------------------------------------------------------------------------- logistics */

struct terms_frame {
    const char *asked;
    const char *frame;
};

static const struct terms_frame terms_frames[] = {
    {"salary compensation pay earn money package expectations",
     "I would like to understand the role and the range you have for it first; mine is ___ (your "
     "range)."},
    {"visa sponsorship permit authorized eligible legally citizen",
     "___ (Yes or no). My permit runs to ___ (the date), and I can send the papers."},
    {"relocate move based live commute office remote hybrid site",
     "___ (Yes or no). What I would need is ___ (your condition). How does the team work today?"},
    {"start notice soon available begin join earliest",
     "I could start on ___ (the date); my notice period is ___ (how long)."},
    {"travel weekends shifts hours nights overtime",
     "I can do ___ (what you can). How often does it happen here?"},
};

static void speak_logistics(struct speech *s)
{
    if (say_context(s, NULL))
        return;
    for (size_t i = 0; i < sizeof(terms_frames) / sizeof(terms_frames[0]); i++) {
        if (!asks(s, terms_frames[i].asked))
            continue;
        say_frame(s, terms_frames[i].frame);
        return;
    }
    say_frame(s, "___ (The plain fact in one sentence.) If that is a difficulty, what would you "
                 "need?");
}

/* ------------------------------------------------------------- small talk, closing, the rest */

static void speak_small_talk(struct speech *s)
{
    if (asks(s, "hear see audio screen"))
        say_frame(s, "Yes, that works well here. And on your side?");
    else if (asks(s, "ready start begin"))
        say_frame(s, "Yes, I am ready. Thank you for making the time.");
    else if (asks(s, "weekend hobbies fun holiday"))
        say_frame(s, "___ (One true thing in a sentence.) And yours?");
    else if (asks(s, "find traffic journey drink"))
        say_frame(s, "Thank you, that is kind. ___ (One true thing about the way here.)");
    else
        say_frame(s, "I am well, thank you, and I have been looking forward to this. How are you?");
}

static void speak_closing(struct speech *s)
{
    const struct llm_point *job = NULL;

    for (size_t i = 0; i < s->o->count && !job; i++)
        if (from(&s->o->points[i], "jobDescription"))
            job = &s->o->points[i];
    say_frame(s, job ? "Yes, thank you, three." : "Yes, thank you, two.");
    if (job) {
        say_point(s, job, NULL);
        say_frame(s, "What would a good first step there look like?");
    }
    say_frame(s, "What would make you say after six months that hiring me was right? And what are "
                 "the next steps from here?");
}

static const char anything[] = "In one sentence: ___ (your view). The reason is ___ (one reason), "
                               "and an example I have seen is ___ (where).";

static void speak_other(struct speech *s)
{
    if (asks(s, "repeat again elaborate specific detail expand")) {
        say_frame(s, "Of course. The part that matters most is ___ (one sentence), and the detail "
                     "behind it is ___ (a number, a name, a step).");
        return;
    }
    for (size_t i = 0; i < s->o->count && !s->said; i++)
        if (from(&s->o->points[i], "context"))
            say_story(s, s->o->points[i].quote, "From my own work:", 3);
    if (!s->said)
        say_frame(s, anything);
}

typedef void speak_fn(struct speech *s);

/* In the order of enum question_kind. */
static speak_fn *const forms[] = {
    speak_behavioral, speak_technical, speak_design,     speak_situational, speak_motivational,
    speak_background, speak_logistics, speak_small_talk, speak_closing,     speak_other};

/** The outline chose its form by what was asked for; follow it. */
static speak_fn *choose_form(const struct speech *s)
{
    if (point(s, "Show it") || point(s, "In your own words") ||
        (s->kind == QUESTION_BEHAVIORAL && point(s, "Why this role")))
        return speak_background;
    return forms[s->kind];
}

int spoken_compose(struct buf *out, const struct grounding *g, const char *question,
                   enum question_kind kind, const struct outline *o)
{
    struct speech s = {.out = out, .g = g, .question = question, .kind = kind, .o = o};

    choose_form (&s)(&s);
    if (!out->len) /* what it stands on has no word that can be said */
        say_frame(&s, anything);
    say_mark(&s);
    return out->err;
}

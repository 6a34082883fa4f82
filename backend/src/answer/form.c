/**
 * @file answer/form.c  The table of forms, and the words that choose among them
 */
#include "answer/form.h"

#include "ground/terms.h"
#include "ground/themes.h"

#include <string.h>

enum { TEXT_WORDS = 192, WORD_BYTES = 32, PHRASE_WORDS = 6 };

/* Leads have at most 12 words. Advice is about form; it states nothing about anybody. */
static const struct form_plan plans[FORMS] = {
    [FORM_STORY] = {"story",
                    "Let me take one example and say how it ended.",
                    0,
                    {{"Situation",
                      "Set the scene in one sentence: where, when, what was at stake."},
                     {"Task", "Say in one sentence what was yours to do."},
                     {"Action", "Say what you yourself did, step by step."},
                     {"Result", "Say what came of it, with a number if you have one, and what you "
                                "learned."}},
                    60,
                    220},
    [FORM_FACT] = {"fact",
                   "In one line: ___ (the plain fact).",
                   0,
                   {{"Answer first", "Give the plain fact in one sentence."},
                    {"Then", "Say if something could move, and ask what they need."}},
                   2,
                   45},
    [FORM_STRENGTH] = {"strength",
                       "The one I would name first is ___.",
                       1,
                       {{"In one line", "Name one strength that this job needs."},
                        {"Close", "Say how it would help in this team."}},
                       30,
                       150},
    [FORM_WEAKNESS] = {"weakness",
                       "One thing I am working on is ___.",
                       1,
                       {{"Name it", "One real weakness that is not the core of this job."},
                        {"What you do about it", "Name the habit or help that keeps it small."},
                        {"Close", "Say how it is better today than a year ago."}},
                       25,
                       130},
    [FORM_MOTIVE] = {"motive",
                     "What draws me to this role is ___.",
                     1,
                     {{"In one line", "Name the one thing about this role that fits you best."},
                      {"Close", "Say what you would like to achieve here in the first year."}},
                     35,
                     170},
    [FORM_INTRO] = {"introduction",
                    "In three sentences: now, before, and why I am here.",
                    1,
                    {{"Now", "Your role today in one sentence."},
                     {"Why this role", "End with what you want to do next, and why here."}},
                    45,
                    200},
    [FORM_EXPERIENCE] =
        {"experience",
         "Let me say plainly how far my experience goes.",
         1,
         {{"Answer first", "Say for how long and at what size, or that you have not."},
          {"Depth", "Name one hard problem you solved with it and one limit you met."}},
         25,
         180},
    [FORM_CONCEPT] = {"concept",
                      "In one sentence first, then how it works.",
                      2,
                      {{"In one line", "Give the definition before any detail."},
                       {"How", "Walk through it in two or three steps, with one small example."},
                       {"Trade-off", "Say when you would choose it, when not, and what it costs."}},
                      40,
                      220},
    [FORM_CODING] =
        {"coding",
         "Let me check the input and the edge cases first.",
         5,
         {{"Clarify", "Ask for size, duplicates, order, empty input, and what to return."},
          {"Approach", "Say the plain solution, then the better one and the structure it "
                       "needs."},
          {"Complexity", "Give time and memory of both before you write."},
          {"Code", "Write it in small named steps and say what each is for."},
          {"Tests", "Run one normal case by hand, then empty, one element, the largest."}},
         40,
         400},
    [FORM_DESIGN] = {"design",
                     "Let me settle who uses it and how much first.",
                     3,
                     {{"Requirements", "Ask who uses it, what it must do, what it may leave out."},
                      {"Scale", "Estimate users, requests a second and growth before you draw."},
                      {"API", "Name the few calls it offers and what each returns."},
                      {"Data", "Choose what is stored where, the keys, and how it is partitioned."},
                      {"Trade-offs", "Say what breaks first, and what you gave up for what."}},
                     60,
                     400},
    [FORM_ESTIMATE] = {"estimation",
                       "Let me break it into parts and multiply.",
                       5,
                       {{"Clarify", "Ask what is counted, where, and over what time."},
                        {"Break down", "Write it as a product of three or four numbers."},
                        {"Assumptions", "Give each a round number and say why it is about right."},
                        {"Calculate", "Multiply aloud, with powers of ten."},
                        {"Check", "Compare with something you know, and say what would change it "
                                  "most."}},
                       50,
                       260},
    [FORM_CASE] = {"case",
                   "Let me repeat the goal, then lay out a structure.",
                   5,
                   {{"Goal", "Repeat the question and ask what success would be, and by when."},
                    {"Structure", "Split it into three or four parts that leave nothing out."},
                    {"Hypothesis",
                     "Say where you expect the reason, and which number would show it."},
                    {"Numbers", "Ask for the figures, compute aloud, say what each tells you."},
                    {"Recommend", "Give the answer first, then reasons, risks and the next step."}},
                   60,
                   320},
    [FORM_CLINICAL] = {"clinical",
                       "Safety first: I would assess, act and escalate early.",
                       3,
                       {{"Assess",
                         "Go through airway, breathing, circulation, and what has changed."},
                        {"Act", "Say what you do at once, within your competence."},
                        {"Escalate", "Say whom you call, when, and in what words (SBAR)."},
                        {"Record", "Say what is written down, and what the patient and family are "
                                   "told."}},
                       45,
                       220},
    [FORM_SALES] = {"sales",
                    "I would ask about their need before I speak.",
                    3,
                    {{"Need", "Ask what hurts, what it costs them, and who decides."},
                     {"Value", "Answer that need with one benefit, in their words and numbers."},
                     {"Objection", "Repeat it, ask what is behind it, then answer that."},
                     {"Next step", "Agree on one step with a date before you part."}},
                    45,
                    220},
    [FORM_FINANCE] = {"finance",
                      "The answer in one line, then the mechanics.",
                      3,
                      {{"In one line", "Give the result or the definition before any detail."},
                       {"Mechanics", "Walk through the statements or the formula step by step."},
                       {"Example", "Take round numbers and compute one case aloud."},
                       {"Limits", "Say which assumption moves it most, and when it misleads."}},
                      45,
                      260},
    [FORM_TEACHING] =
        {"teaching",
         "I begin with what they should be able to do.",
         3,
         {{"Aim", "Say what the learners can do afterwards that they could not before."},
          {"Way in", "Name the first five minutes and the one task that carries it."},
          {"Every learner", "Say what you change for who is behind and who is ahead."},
          {"Check", "Say how you see during the lesson who has got it, and what then."}},
         45,
         240},
    [FORM_TRADE] = {"trade",
                    "First I make it safe, then I look.",
                    3,
                    {{"Safe", "Say how you isolate, prove and secure before a tool comes out."},
                     {"Find", "Say what you check first and how it narrows the cause."},
                     {"Do", "Name the steps, the part and the rule or standard it follows."},
                     {"Test",
                      "Say what you measure afterwards, write down and tell the customer."}},
                    40,
                    220},
    [FORM_LEADERSHIP] = {"leadership",
                         "My rule in one sentence, then an example.",
                         1,
                         {{"Your rule", "Say in one sentence how you go about it."},
                          {"With people", "Name who did what differently because of it."},
                          {"Limits", "Say where it did not work, and what you changed."}},
                         45,
                         220},
    [FORM_WHAT_IF] = {"what if",
                      "First I would find out what happened and to whom.",
                      2,
                      {{"First", "Find out what happened and whom it touches before you act."},
                       {"Then", "Name the step you would take the same day, and why that one."},
                       {"Tell people", "Say who hears of it, when, and in what words."},
                       {"After", "Say what you would change so that it does not come back."}},
                      40,
                      220},
    [FORM_SMALL_TALK] = {"small talk",
                         "Thank you for asking.",
                         0,
                         {{"Short", "Answer in one friendly sentence."},
                          {"True", "Add one small detail that is true today."},
                          {"Back", "Ask the same in return, then let them begin."}},
                         2,
                         50},
    [FORM_CLOSING] =
        {"closing",
         "Thank you, yes: may I ask you something?",
         0,
         {{"Ask", "What would make you say after six months that hiring me was right?"},
          {"Ask", "What is the hardest part of this job that the posting does not say?"},
          {"Ask", "What are the next steps, and when may I expect to hear from you?"}},
         8,
         120},
    [FORM_OTHER] = {"other",
                    "In one sentence: ___ (your view).",
                    1,
                    {{"In one line", "Answer the question itself in one sentence."},
                     {"Because", "Give your reason, then one example you have seen yourself."},
                     {"Close", "Stop there, or offer to go into detail."}},
                    20,
                    180},
};

const struct form_plan *form_plan(enum answer_form form)
{
    return &plans[form];
}

/* --------------------------------------------------------------------------- phrases in a text */

struct words {
    char w[TEXT_WORDS][WORD_BYTES];
    size_t n;
};

static void see(const struct term *t, void *arg)
{
    struct words *w = arg;
    size_t n = strlen(t->word);

    if (w->n == TEXT_WORDS)
        return;
    n = n < WORD_BYTES - 1 ? n : WORD_BYTES - 1;
    memcpy(w->w[w->n], t->word, n);
    w->w[w->n++][n] = '\0';
}

static bool phrase_at(const struct words *w, size_t i, const char *phrase, size_t len)
{
    for (size_t at = 0; at < len; i++) {
        size_t n = strcspn(phrase + at, " |");

        if (i == w->n || strlen(w->w[i]) != n || memcmp(w->w[i], phrase + at, n) != 0)
            return false;
        at += n + 1;
    }
    return true;
}

static bool says(const struct words *w, const char *phrases)
{
    while (phrases && *phrases) {
        size_t len = strcspn(phrases, "|");

        for (size_t i = 0; i < w->n; i++)
            if (phrase_at(w, i, phrases, len))
                return true;
        phrases += len + (phrases[len] == '|');
    }
    return false;
}

bool form_explains(enum answer_form form)
{
    return form >= FORM_CONCEPT && form <= FORM_WHAT_IF;
}

bool form_says(const char *text, const char *phrases)
{
    struct words w = {.n = 0};

    words_each(text, strlen(text), see, &w);
    return says(&w, phrases);
}

/* ------------------------------------------------------------------------------------- choosing */

struct trade {
    enum answer_form form;
    const char *asked; /* phrases of a question that belong to no other trade */
    const char *role;  /* words of a role or an industry */
};

static const struct trade trades[] = {
    {FORM_CASE,
     "our client|your client is|a client wants|profits have|profitability|enter the market|new "
     "market|should they acquire|market entry|declining sales|falling profits|competitor enters|"
     "profits fell|profit fell|revenue fell|sales fell|revenue dropped|is losing money|wants "
     "to "
     "cut|wants to grow|wants to double|wants to reduce|market share|should the company",
     NULL},
    {FORM_CODING,
     "write a function|write a program|write code|given an array|given a string|given a list|"
     "reverse a|linked list|binary tree|binary search|implement a function|implement an algorithm|"
     "algorithm to|algorithm that|two numbers|palindrome|in code|whiteboard|fizzbuzz|sort an|sort "
     "a list|find the duplicate|find duplicates|substring|recursion|recursive|write a query|write "
     "an sql|write sql|latest order|write a method|write a class|write me a|write some code|write "
     "a "
     "script|code something|code up|code this|implement a|implement an|sorted array|sorted arrays|"
     "sorted list|an array|two arrays|in a string|of a string|a matrix|in a grid|hash map|anagram|"
     "anagrams|first non|time complexity|space complexity|pseudocode|sql statement|sql query|"
     "regular expression|code a|program that|function that|small program|nested list|if a string|"
     "balanced brackets|two pointers|linked lists|big o|min operation|in place",
     NULL},
    {FORM_ESTIMATE,
     "how many|estimate how|estimate the|market size|size of the market|how much does a|ballpark|"
     "back of the envelope|guess how",
     NULL},
    {FORM_CLINICAL,
     "patient|patients|sepsis|signs of|symptoms|vital signs|diagnosis|medication|dose|wound|ward|"
     "triage|chest pain|deteriorating|resuscitation|infection|blood pressure|catheter|clinical|"
     "resident falls|safeguarding|insulin|fever|pressure ulcer|pressure ulcers|a resident|resident "
     "is|"
     "pain relief|breathless|allergic reaction",
     "nurse|nursing|doctor|physician|paramedic|midwife|healthcare|hospital|clinical|carer|"
     "physiotherapist|pharmacist|dentist|radiographer"},
    {FORM_TEACHING,
     "pupil|pupils|lesson|lessons|classroom|your class|a class of|students who|teach a|teach the|"
     "would you teach|behaviour in class|curriculum|differentiate|homework|phonics|learners|good "
     "lesson|your lesson|year olds|in your lesson",
     "teacher|teaching|lecturer|tutor|education|trainer|school"},
    {FORM_SALES,
     "sell me|sell this|prospect|prospects|objection|objections|close a deal|close the deal|cold "
     "call|pipeline|discount|quota|upsell|best account|key account|lead generation|win back|"
     "qualify a lead|qualify leads|price is too high|too expensive|the buyer says|first call with",
     "sales|account executive|account manager|business development"},
    {FORM_FINANCE,
     "dcf|valuation|three statements|balance sheet|cash flow|income statement|depreciation|ebitda|"
     "working capital|goodwill|accrual|accruals|hedge|hedging|wacc|net present value|npv|irr|"
     "consolidate|consolidation|ifrs|gaap|provision|revenue recognition|forecast|variance|budget|"
     "deferred tax|reconcile|bank account|value a company|trial balance|journal entry|break even|"
     "cost of capital",
     "accountant|accounting|controller|finance|auditor|banker|banking|treasury|actuary"},
    {FORM_TRADE,
     "circuit|breaker|wiring|wire a|boiler|pipe|leak|install a|fit a|fault "
     "finding|isolate|isolation|"
     "site safety|scaffold|ladder|weld|concrete|brick|plaster|motor|pump|compressor|engine|"
     "commission a|earth fault|power tools|regulations|radiator|radiators|heating system|socket|"
     "sockets|rcd|gearbox|brakes|up a ladder|cranks",
     "electrician|electrical|plumber|mechanic|carpenter|joiner|bricklayer|welder|construction|"
     "technician|fitter|roofer|hvac|foreman"},
    {FORM_LEADERSHIP,
     "how do you lead|how do you manage|how do you motivate|how do you delegate|leadership style|"
     "management style|how do you develop people|how do you give feedback|build a team|how do you "
     "handle underperformance|your team is|one of your team|direct report|your staff|member of "
     "your team|style as a|as a manager|as a leader|your style|one to ones|one to one|motivate a "
     "team|"
     "motivate your|motivate people|run a team|lead a team|lead people|manage people|delegate",
     NULL},
};

/** What the words ask of; FORM_OTHER: they leave it open. */
static enum answer_form asked_trade(const struct words *w)
{
    for (size_t i = 0; i < sizeof(trades) / sizeof(trades[0]); i++)
        if (says(w, trades[i].asked))
            return trades[i].form;
    return FORM_OTHER;
}

static enum answer_form own_trade(const struct grounding *g)
{
    const struct grounding_input *in = g ? grounding_input(g) : NULL;
    struct words w = {.n = 0};

    if (!in)
        return FORM_OTHER;
    words_each(in->role, strlen(in->role), see, &w);
    words_each(in->industry, strlen(in->industry), see, &w);
    for (size_t i = 0; i < sizeof(trades) / sizeof(trades[0]); i++)
        if (trades[i].role && says(&w, trades[i].role))
            return trades[i].form;
    return FORM_OTHER;
}

static const char experience[] = "experience|familiar|comfortable|have you used|have you worked|"
                                 "have you done|have you built|have you ever|have you any|do you "
                                 "know|what have you|much have you|how long have you|worked with|"
                                 "do you use|did you use|your knowledge";
static const char deeds[] =
    "have you ever|have you led|have you managed|have you run|have you worked|"
    "tell me about a|a time when|a time you";
/* What is between people is not answered by the steps of a trade. */
static const char people[] = "customer|customers|colleague|colleagues|conflict|angry|upset|boss|"
                             "manager|parent|parents|relative|"
                             "relatives|team|staff|employee|client|clients|complains|complaint|"
                             "complaints|people|somebody|someone|"
                             "disagree|disagreement|deadline|mistake|criticism|pressure|feedback";
static const char strengths[] =
    "strength|strengths|good at|best at|strong suit|superpower|sets you "
    "apart|stand out|what do you bring|bring to the|want to work with you|enjoy working with you";
static const char whole[] =
    "me about yourself|us about yourself|bit about yourself|little about yourself|more about "
    "yourself|something about yourself|introduce yourself|your background|your resume|your cv|"
    "walk me through your career|your career so far|who are you";
static const char proud[] = "proud|proudest|achievement|accomplishment|greatest success";
static const char wants[] =
    "why do you want|why us|why this|why are you|looking for|motivates|see "
    "yourself|next role|next job|attracts|why should we|what draws|your goals|"
    "your ambition|like about|enjoy about|enjoy most";

static bool asks_fact(unsigned themes)
{
    return (themes & (THEME_FACT | THEME_SELF)) == THEME_FACT;
}

static enum answer_form technical_form(const struct words *w, unsigned themes,
                                       const struct grounding *g)
{
    enum answer_form trade = asked_trade(w);

    if (trade == FORM_CODING)
        return trade;
    if (says(w, experience))
        return FORM_EXPERIENCE;
    if (says(w, "tell me about a|tell me about an|tell us about a|describe a time|an example of a"))
        return FORM_STORY;
    if (trade != FORM_OTHER)
        return trade;
    if (asks_fact(themes))
        return FORM_FACT;
    trade = own_trade(g);
    return trade == FORM_CLINICAL || trade == FORM_FINANCE ? trade : FORM_CONCEPT;
}

static enum answer_form background_form(const struct words *w, unsigned themes)
{
    if (says(w, whole))
        return FORM_INTRO;
    if (says(w, strengths))
        return FORM_STRENGTH;
    if (says(w, proud))
        return FORM_STORY;
    if (says(w, wants))
        return FORM_MOTIVE;
    return asks_fact(themes) ? FORM_FACT : FORM_EXPERIENCE;
}

static enum answer_form situation_form(const struct words *w, const struct grounding *g)
{
    enum answer_form trade = asked_trade(w);

    if (trade != FORM_OTHER)
        return trade;
    trade = says(w, people) ? FORM_OTHER : own_trade(g);
    return trade == FORM_OTHER || trade == FORM_FINANCE ? FORM_WHAT_IF : trade;
}

/** Kinds of what is asked of somebody's own life or terms: its words decide nothing there. */
static bool personal(enum question_kind kind)
{
    return kind == QUESTION_BEHAVIORAL || kind == QUESTION_LOGISTICS ||
           kind == QUESTION_SMALL_TALK || kind == QUESTION_CLOSING;
}

/** A form that the words ask for whatever the kind is taken for; FORM_OTHER: they ask for none. */
static enum answer_form worded_form(const struct words *w, enum question_kind kind,
                                    const struct grounding *g)
{
    enum answer_form trade = asked_trade(w);
    bool how =
        says(w, "how do you|how would you|how should|what is your|whats your|what do you|what "
                "would you|where do you|where would you|what checks|what now|what does");

    if (trade == FORM_LEADERSHIP && how && kind != QUESTION_LOGISTICS)
        return trade;
    if (personal(kind))
        return FORM_OTHER;
    if (trade == FORM_ESTIMATE) /* not "How many people report to you?" */
        return says(w, "you|your|yours|us|our") ? FORM_OTHER : trade;
    if (trade == FORM_CODING)
        return trade;
    if (trade == FORM_CASE)
        return kind == QUESTION_MOTIVATIONAL ? FORM_OTHER : trade;
    return trade != FORM_OTHER && how && !says(w, experience) && trade == own_trade(g) ? trade
                                                                                       : FORM_OTHER;
}

enum answer_form form_of(const char *question, enum question_kind kind, unsigned themes,
                         const struct grounding *g)
{
    struct words w = {.n = 0};
    enum answer_form worded;

    words_each(question, strlen(question), see, &w);
    worded = worded_form(&w, kind, g);
    if (themes & THEME_SELF && kind != QUESTION_DESIGN &&
        (kind != QUESTION_BEHAVIORAL || says(&w, "weakness|weaknesses")))
        return FORM_WEAKNESS;
    if (worded != FORM_OTHER)
        return worded;
    switch (kind) {
    case QUESTION_BEHAVIORAL:
        return says(&w, strengths) ? FORM_STRENGTH : FORM_STORY;
    case QUESTION_TECHNICAL:
        return technical_form(&w, themes, g);
    case QUESTION_DESIGN:
        return asked_trade(&w) == FORM_CODING     ? FORM_CODING
               : asked_trade(&w) == FORM_TEACHING ? FORM_TEACHING
                                                  : FORM_DESIGN;
    case QUESTION_SITUATIONAL:
        return situation_form(&w, g);
    case QUESTION_MOTIVATIONAL:
        return says(&w, proud) ? FORM_STORY : says(&w, strengths) ? FORM_STRENGTH : FORM_MOTIVE;
    case QUESTION_BACKGROUND:
        return background_form(&w, themes);
    case QUESTION_LOGISTICS:
        return !asks_fact(themes) && says(&w, deeds) ? FORM_STORY : FORM_FACT;
    case QUESTION_SMALL_TALK:
        return FORM_SMALL_TALK;
    case QUESTION_CLOSING:
        return FORM_CLOSING;
    case QUESTION_OTHER:
        break;
    }
    return says(&w, experience) ? FORM_EXPERIENCE : asked_trade(&w);
}

/**
 * @file ground/question_features.c  Features of an utterance
 *
 * A cue is a phrase with gaps: words in order, "*" for up to three words between. All cues with the
 * same name are one feature, so that even a phrase that never occurred in training counts.
 */
#include "ground/question_features.h"

#include "ground/terms.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUE_GAP_MAX = 3 };

struct words {
    char w[QUESTION_WORDS_MAX][24];
    size_t n;
    size_t first; /* the first that is not a filler */
};

struct features {
    uint32_t *hashes;
    size_t n;
};

struct cue {
    const char *name;
    const char *phrase;
};

/* clang-format off */
static const struct cue cues[] = {
    {"ask", "tell me"}, {"ask", "tell us"}, {"ask", "can you"}, {"ask", "could you"}, {"ask", "would you"},
    {"ask", "do you"}, {"ask", "did you"}, {"ask", "have you"}, {"ask", "are you"}, {"ask", "what is your"},
    {"ask", "what are your"}, {"ask", "how do you"}, {"ask", "how did you"}, {"ask", "how would you"},
    {"ask", "why do you"}, {"ask", "why did you"}, {"ask", "walk me through"}, {"ask", "talk me through"},
    {"ask", "give me an example"}, {"ask", "id like to hear"}, {"ask", "describe * time"}, {"ask", "i want to hear"},
    {"ask", "im curious"}, {"ask", "i wonder"}, {"ask", "id love to hear"}, {"ask", "what would you"},
    {"ask", "were you"}, {"ask", "will you"}, {"ask", "has your"}, {"ask", "what did you"}, {"ask", "what do you"},
    {"past", "a time"}, {"past", "a situation"}, {"past", "an example of * time"}, {"past", "have you ever"},
    {"past", "an instance"}, {"past", "an occasion"}, {"past", "the last time"}, {"past", "example of when"},
    {"past", "a project"}, {"past", "you had to"}, {"past", "you faced"}, {"past", "most proud"}, {"past", "proudest"},
    {"past", "how did you handle"}, {"past", "have had to"}, {"past", "a moment"}, {"past", "a decision you"},
    {"past", "you made"}, {"past", "in the past"}, {"past", "you disagreed"}, {"past", "you failed"},
    {"what if", "what would you do"}, {"what if", "how would you handle"}, {"what if", "how would you deal"},
    {"what if", "how would you react"}, {"what if", "how would you respond"}, {"what if", "imagine"},
    {"what if", "suppose"}, {"what if", "lets say"}, {"what if", "hypothetically"}, {"what if", "if you were"},
    {"what if", "how would you approach"}, {"what if", "how would you convince"}, {"what if", "your first step"},
    {"habit", "how do you handle"}, {"habit", "how do you deal"}, {"habit", "how do you prioritize"},
    {"habit", "how do you decide"}, {"habit", "how do you stay"}, {"habit", "how do you manage"},
    {"habit", "how do you approach"}, {"habit", "how do you make sure"}, {"habit", "how do you ensure"},
    {"design", "design"}, {"design", "how would you build"}, {"design", "how would you scale"}, {"design", "architect"},
    {"design", "how would you implement a"}, {"design", "architecture"}, {"design", "system that"}, {"design", "schema"},
    {"design", "high level"}, {"design", "service that"},
    {"concept", "difference between"}, {"concept", "how does * work"}, {"concept", "what is a"}, {"concept", "what is an"},
    {"concept", "what is the purpose"}, {"concept", "explain"}, {"concept", "define"}, {"concept", "when would you use"},
    {"concept", "trade offs"}, {"concept", "tradeoffs"}, {"concept", "pros and cons"}, {"concept", "complexity"},
    {"concept", "what happens when"}, {"concept", "experience with"}, {"concept", "familiar with"},
    {"concept", "how do * work"}, {"concept", "advantages"}, {"concept", "why would you use"}, {"concept", "under the hood"},
    {"concept", "have you used"}, {"concept", "what does * mean"}, {"concept", "what does * do"}, {"concept", "compare"},
    {"tech", "database"}, {"tech", "sql"}, {"tech", "api"}, {"tech", "python"}, {"tech", "java"}, {"tech", "javascript"},
    {"tech", "thread"}, {"tech", "threads"}, {"tech", "memory"}, {"tech", "algorithm"}, {"tech", "kubernetes"},
    {"tech", "docker"}, {"tech", "cache"}, {"tech", "http"}, {"tech", "function"}, {"tech", "class"}, {"tech", "query"},
    {"tech", "index"}, {"tech", "code"}, {"tech", "model"}, {"tech", "deploy"}, {"tech", "server"}, {"tech", "git"},
    {"tech", "react"}, {"tech", "array"}, {"tech", "tree"}, {"tech", "protocol"}, {"tech", "transaction"},
    {"tech", "queue"}, {"tech", "kafka"}, {"tech", "regression"}, {"tech", "encryption"}, {"tech", "compiler"},
    {"tech", "linux"}, {"tech", "aws"}, {"tech", "rust"}, {"tech", "typescript"}, {"tech", "pointer"}, {"tech", "async"},
    {"why us", "why do you want"}, {"why us", "why are you interested"}, {"why us", "why should we"},
    {"why us", "why this"}, {"why us", "why us"}, {"why us", "why our"}, {"why us", "why here"},
    {"why us", "see yourself"}, {"why us", "motivates you"}, {"why us", "drives you"}, {"why us", "leaving your"},
    {"why us", "leave your"}, {"why us", "looking for in"}, {"why us", "attracted you"}, {"why us", "interests you"},
    {"why us", "excites you"}, {"why us", "career goals"}, {"why us", "good fit"}, {"why us", "ideal job"},
    {"why us", "passionate"}, {"why us", "know about us"}, {"why us", "know about our company"}, {"why us", "drew you"},
    {"why us", "looking for a new"}, {"why us", "did you apply"}, {"why us", "want to join"}, {"why us", "dream job"},
    {"why us", "sets you apart"}, {"why us", "why did you choose"}, {"why us", "career move"},
    {"about you", "about yourself"}, {"about you", "introduce yourself"}, {"about you", "your resume"},
    {"about you", "your background"}, {"about you", "your cv"}, {"about you", "your strengths"},
    {"about you", "your weaknesses"}, {"about you", "greatest strength"}, {"about you", "greatest weakness"},
    {"about you", "biggest weakness"}, {"about you", "biggest strength"}, {"about you", "your current role"},
    {"about you", "describe you"}, {"about you", "describe yourself"}, {"about you", "your responsibilities"},
    {"about you", "your experience"}, {"about you", "would * say about you"}, {"about you", "years of experience"},
    {"about you", "your career so far"}, {"about you", "your education"}, {"about you", "typical day"},
    {"about you", "work history"}, {"about you", "your style"}, {"about you", "your career path"},
    {"terms", "salary"}, {"terms", "compensation"}, {"terms", "notice period"}, {"terms", "start date"},
    {"terms", "can you start"}, {"terms", "relocate"}, {"terms", "visa"}, {"terms", "sponsorship"}, {"terms", "available"},
    {"terms", "availability"}, {"terms", "travel"}, {"terms", "work permit"}, {"terms", "on site"}, {"terms", "other offers"},
    {"terms", "authorized to work"}, {"terms", "references"}, {"terms", "where are you based"}, {"terms", "commute"},
    {"terms", "how soon"}, {"terms", "pay range"}, {"terms", "weekends"}, {"terms", "hybrid"}, {"terms", "earliest"},
    {"terms", "shifts"}, {"terms", "interviewing with"}, {"terms", "interviewing elsewhere"}, {"terms", "expect to earn"},
    {"terms", "hourly"}, {"terms", "legally"}, {"terms", "full time"}, {"terms", "relocating"},
    {"chat", "how are you"}, {"chat", "hows it going"}, {"chat", "how is your day"}, {"chat", "your weekend"},
    {"chat", "hear me"}, {"chat", "see my screen"}, {"chat", "the weather"}, {"chat", "shall we"}, {"chat", "to drink"},
    {"chat", "for fun"}, {"chat", "your hobbies"}, {"chat", "free time"}, {"chat", "the traffic"}, {"chat", "outside of work"},
    {"chat", "are you ready"}, {"chat", "find us"}, {"chat", "good time to talk"}, {"chat", "hows your"},
    {"end", "questions for me"}, {"end", "questions for us"}, {"end", "any questions"}, {"end", "ask us"},
    {"end", "ask me"}, {"end", "like to add"}, {"end", "final questions"}, {"end", "before we finish"},
    {"end", "before we wrap"}, {"end", "questions do you have"}, {"end", "want to know about"}, {"end", "like to know about"},
    {"end", "your questions"}, {"end", "anything else"}, {"end", "before we end"}, {"end", "before we close"},
    {"follow", "what do you mean"}, {"follow", "elaborate"}, {"follow", "more specific"}, {"follow", "more detail"},
    {"follow", "say that again"}, {"follow", "repeat that"}, {"follow", "why is that"}, {"follow", "what happened next"},
    {"follow", "how so"}, {"follow", "expand on that"}, {"follow", "do differently"}, {"follow", "such as"},
    {"opinion", "do you think about"}, {"opinion", "your opinion"}, {"opinion", "your thoughts on"},
    {"opinion", "your favorite"}, {"opinion", "your take on"}, {"opinion", "do you feel about"},
    {"told", "i led"}, {"told", "i was"}, {"told", "i worked"}, {"told", "we were"}, {"told", "i built"}, {"told", "we had"},
    {"told", "i think"}, {"told", "my team"}, {"told", "i have"}, {"told", "i had"}, {"told", "we are"}, {"told", "ill"},
    {"told", "i managed"}, {"told", "i talked"}, {"told", "we decided"}, {"told", "it was"}, {"told", "there was"},
    {"told", "i would"}, {"told", "i really"}, {"told", "i am"}, {"told", "im"}, {"told", "i learned"}, {"told", "we used"},
    {"thanks", "thank you"}, {"thanks", "thanks"}, {"thanks", "sounds good"}, {"thanks", "makes sense"},
    {"thanks", "got it"}, {"thanks", "i see"}, {"thanks", "take your time"}, {"thanks", "in touch"}, {"thanks", "that was"},
};
/* clang-format on */

static const char *const fillers[] = {
    "so",    "okay",  "ok",     "um",    "uh",   "well",    "and",  "now",   "alright",
    "right", "great", "thanks", "thank", "you",  "yeah",    "hi",   "hello", "good",
    "all",   "then",  "but",    "yes",   "cool", "perfect", "very", "much"};

static void see(const struct term *t, void *arg)
{
    struct words *w = arg;

    if (w->n == QUESTION_WORDS_MAX) { /* keep the end: that is where the question is */
        memmove(w->w[0], w->w[1], sizeof(w->w) - sizeof(w->w[0]));
        w->n--;
    }
    snprintf(w->w[w->n++], sizeof(w->w[0]), "%.23s", t->word);
}

static bool is_filler(const char *word)
{
    for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
        if (strcmp(word, fillers[i]) == 0)
            return true;
    return false;
}

static uint32_t mix(uint32_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return (h ^ 0x1f) * 16777619u; /* separates words */
}

static void add(struct features *f, uint32_t h)
{
    if (f->n < QUESTION_FEATURES_MAX)
        f->hashes[f->n++] = h;
}

/** Does the cue's phrase begin at word i? */
static bool matches(const struct words *w, size_t i, const char *phrase)
{
    bool gap = false;

    while (*phrase) {
        size_t n = strcspn(phrase, " ");

        if (*phrase == '*') {
            gap = true;
        } else {
            size_t last = i + (gap ? CUE_GAP_MAX : 0);

            while (i < w->n && i <= last &&
                   (strlen(w->w[i]) != n || memcmp(w->w[i], phrase, n) != 0))
                i++;
            if (i >= w->n || i > last)
                return false;
            i++;
            gap = false;
        }
        phrase += n;
        phrase += *phrase == ' ';
    }
    return true;
}

static void add_cues(struct features *f, const struct words *w)
{
    for (size_t c = 0; c < sizeof(cues) / sizeof(cues[0]); c++) {
        uint32_t h = mix(mix(2166136261u, "cue"), cues[c].name);

        for (size_t i = 0; i < w->n; i++) {
            if (w->w[i][0] != cues[c].phrase[0] || !matches(w, i, cues[c].phrase))
                continue;
            add(f, h);
            if (i == w->first)
                add(f, mix(h, "first"));
            break;
        }
    }
}

static void add_words(struct features *f, const struct words *w)
{
    uint32_t start = mix(2166136261u, "start");

    for (size_t i = 0; i < w->n; i++) {
        uint32_t h = mix(2166136261u, w->w[i]);

        add(f, h);
        if (i + 1 < w->n)
            add(f, mix(h, w->w[i + 1]));
    }
    for (size_t i = w->first; i < w->n && i < w->first + 3; i++) {
        start = mix(start, w->w[i]);
        add(f, start);
    }
    if (w->n)
        add(f, mix(mix(2166136261u, "end"), w->w[w->n - 1]));
    add(f, mix(mix(2166136261u, "length"), w->n < 3    ? "1"
                                           : w->n < 6  ? "2"
                                           : w->n < 16 ? "3"
                                                       : "4"));
}

static int compare_hash(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

size_t question_features(const char *text, size_t len, uint32_t hashes[QUESTION_FEATURES_MAX])
{
    struct words w = {.n = 0};
    struct features f = {.hashes = hashes};
    size_t n = 0;

    words_each(text, len, see, &w);
    if (w.n == 0)
        return 0;
    while (w.first + 1 < w.n && is_filler(w.w[w.first]))
        w.first++;
    add_words(&f, &w);
    add_cues(&f, &w);
    qsort(hashes, f.n, sizeof(hashes[0]), compare_hash);
    for (size_t i = 0; i < f.n; i++)
        if (!n || hashes[i] != hashes[n - 1])
            hashes[n++] = hashes[i];
    return n;
}

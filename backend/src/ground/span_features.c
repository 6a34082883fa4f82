/**
 * @file ground/span_features.c  The features of the question tagger
 */
#include "ground/span_features.h"

#include "ground/terms.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Classes of function words, followed by those of content words, by their ending. */
enum word_class {
    CLASS_EDGE, /* before the first word, after the last */
    CLASS_ASK,  /* tell, describe: an interviewer's requests */
    CLASS_AUX,
    CLASS_AUX_I, /* id, ive, im: including the pronoun */
    CLASS_AUX_YOU,
    CLASS_AUX_WE,
    CLASS_AUX_THEY,
    CLASS_BE,
    CLASS_CONJUNCTION,
    CLASS_DETERMINER,
    CLASS_HE,
    CLASS_I,
    CLASS_IF,
    CLASS_IT,
    CLASS_LET,
    CLASS_ME,
    CLASS_MY,
    CLASS_NOD,
    CLASS_NOT,
    CLASS_OUR,
    CLASS_PREPOSITION,
    CLASS_SUPPOSE,
    CLASS_THAT,
    CLASS_THERE,
    CLASS_THEY,
    CLASS_TO,
    CLASS_UH,
    CLASS_US,
    CLASS_WE,
    CLASS_WH,
    CLASS_WH_BE, /* whats, hows */
    CLASS_YOU,
    CLASS_YOUR,
    CLASS_OPEN,
    CLASS_ING = CLASS_OPEN,
    CLASS_ED,
    CLASS_LY,
    CLASS_S,
    CLASS_NUMBER,
    CLASS_SHORT, /* up to four letters */
    CLASS_LONG,
};

struct closed_word {
    const char *word;
    uint8_t class;
};

/* clang-format off */
/* Sorted, for searching. */
static const struct closed_word closed[] = {
    {"a", CLASS_DETERMINER}, {"about", CLASS_PREPOSITION}, {"absolutely", CLASS_NOD}, {"after", CLASS_PREPOSITION},
    {"alright", CLASS_NOD}, {"although", CLASS_CONJUNCTION}, {"am", CLASS_BE}, {"an", CLASS_DETERMINER},
    {"and", CLASS_CONJUNCTION}, {"any", CLASS_DETERMINER}, {"are", CLASS_BE}, {"arent", CLASS_BE}, {"as", CLASS_PREPOSITION},
    {"assume", CLASS_SUPPOSE}, {"at", CLASS_PREPOSITION}, {"because", CLASS_CONJUNCTION}, {"before", CLASS_PREPOSITION},
    {"build", CLASS_ASK}, {"but", CLASS_CONJUNCTION}, {"by", CLASS_PREPOSITION}, {"can", CLASS_AUX}, {"cannot", CLASS_AUX},
    {"cant", CLASS_AUX}, {"compare", CLASS_ASK}, {"cool", CLASS_NOD}, {"could", CLASS_AUX}, {"couldnt", CLASS_AUX},
    {"describe", CLASS_ASK}, {"design", CLASS_ASK}, {"did", CLASS_AUX}, {"didnt", CLASS_AUX}, {"do", CLASS_AUX},
    {"does", CLASS_AUX}, {"doesnt", CLASS_AUX}, {"dont", CLASS_AUX}, {"eh", CLASS_UH}, {"er", CLASS_UH}, {"erm", CLASS_UH},
    {"ever", CLASS_NOT}, {"every", CLASS_DETERMINER}, {"explain", CLASS_ASK}, {"fine", CLASS_NOD}, {"for", CLASS_PREPOSITION},
    {"from", CLASS_PREPOSITION}, {"give", CLASS_ASK}, {"given", CLASS_SUPPOSE}, {"great", CLASS_NOD}, {"had", CLASS_AUX},
    {"has", CLASS_AUX}, {"hasnt", CLASS_AUX}, {"have", CLASS_AUX}, {"havent", CLASS_AUX}, {"he", CLASS_HE}, {"hed", CLASS_AUX_THEY},
    {"her", CLASS_HE}, {"hes", CLASS_AUX_THEY}, {"him", CLASS_HE}, {"his", CLASS_HE}, {"hm", CLASS_UH}, {"hmm", CLASS_UH},
    {"how", CLASS_WH}, {"howd", CLASS_WH_BE}, {"hows", CLASS_WH_BE}, {"i", CLASS_I}, {"id", CLASS_AUX_I}, {"if", CLASS_IF},
    {"ill", CLASS_AUX_I}, {"im", CLASS_AUX_I}, {"imagine", CLASS_SUPPOSE}, {"implement", CLASS_ASK}, {"in", CLASS_PREPOSITION},
    {"into", CLASS_PREPOSITION}, {"is", CLASS_BE}, {"isnt", CLASS_BE}, {"it", CLASS_IT}, {"itll", CLASS_AUX_THEY},
    {"its", CLASS_AUX_THEY}, {"ive", CLASS_AUX_I}, {"lets", CLASS_LET}, {"like", CLASS_PREPOSITION}, {"list", CLASS_ASK},
    {"may", CLASS_AUX}, {"me", CLASS_ME}, {"might", CLASS_AUX}, {"mine", CLASS_MY}, {"mm", CLASS_UH}, {"must", CLASS_AUX},
    {"my", CLASS_MY}, {"myself", CLASS_ME}, {"name", CLASS_ASK}, {"never", CLASS_NOT}, {"no", CLASS_NOD}, {"not", CLASS_NOT},
    {"of", CLASS_PREPOSITION}, {"oh", CLASS_UH}, {"ok", CLASS_NOD}, {"okay", CLASS_NOD}, {"on", CLASS_PREPOSITION},
    {"or", CLASS_CONJUNCTION}, {"our", CLASS_OUR}, {"out", CLASS_PREPOSITION}, {"over", CLASS_PREPOSITION},
    {"perfect", CLASS_NOD}, {"picture", CLASS_SUPPOSE}, {"please", CLASS_NOD}, {"right", CLASS_NOD}, {"say", CLASS_SUPPOSE},
    {"share", CLASS_ASK}, {"she", CLASS_HE}, {"shed", CLASS_AUX_THEY}, {"shes", CLASS_AUX_THEY}, {"should", CLASS_AUX},
    {"shouldnt", CLASS_AUX}, {"sketch", CLASS_ASK}, {"so", CLASS_CONJUNCTION}, {"some", CLASS_DETERMINER}, {"sorry", CLASS_NOD},
    {"suppose", CLASS_SUPPOSE}, {"sure", CLASS_NOD}, {"take", CLASS_ASK}, {"talk", CLASS_ASK}, {"tell", CLASS_ASK},
    {"thanks", CLASS_NOD}, {"that", CLASS_THAT}, {"thats", CLASS_AUX_THEY}, {"the", CLASS_DETERMINER}, {"their", CLASS_THEY},
    {"them", CLASS_THEY}, {"then", CLASS_CONJUNCTION}, {"there", CLASS_THERE}, {"theres", CLASS_AUX_THEY}, {"these", CLASS_THAT},
    {"they", CLASS_THEY}, {"theyd", CLASS_AUX_THEY}, {"theyre", CLASS_AUX_THEY}, {"theyve", CLASS_AUX_THEY}, {"think", CLASS_ASK},
    {"this", CLASS_THAT}, {"those", CLASS_THAT}, {"though", CLASS_CONJUNCTION}, {"to", CLASS_TO}, {"uh", CLASS_UH},
    {"um", CLASS_UH}, {"unless", CLASS_IF}, {"us", CLASS_US}, {"walk", CLASS_ASK}, {"was", CLASS_BE}, {"wasnt", CLASS_BE},
    {"we", CLASS_WE}, {"wed", CLASS_AUX_WE}, {"well", CLASS_AUX_WE}, {"were", CLASS_BE}, {"werent", CLASS_BE},
    {"weve", CLASS_AUX_WE}, {"what", CLASS_WH}, {"whatd", CLASS_WH_BE}, {"whats", CLASS_WH_BE}, {"when", CLASS_WH},
    {"whens", CLASS_WH_BE}, {"where", CLASS_WH}, {"wheres", CLASS_WH_BE}, {"whether", CLASS_IF}, {"which", CLASS_WH},
    {"while", CLASS_CONJUNCTION}, {"who", CLASS_WH}, {"whom", CLASS_WH}, {"whos", CLASS_WH_BE}, {"whose", CLASS_WH},
    {"why", CLASS_WH}, {"whyd", CLASS_WH_BE}, {"whys", CLASS_WH_BE}, {"will", CLASS_AUX}, {"with", CLASS_PREPOSITION},
    {"without", CLASS_PREPOSITION}, {"wont", CLASS_AUX}, {"would", CLASS_AUX}, {"wouldnt", CLASS_AUX}, {"write", CLASS_ASK},
    {"yeah", CLASS_NOD}, {"yes", CLASS_NOD}, {"you", CLASS_YOU}, {"youd", CLASS_AUX_YOU}, {"youll", CLASS_AUX_YOU},
    {"your", CLASS_YOUR}, {"youre", CLASS_AUX_YOU}, {"yours", CLASS_YOUR}, {"yourself", CLASS_YOU}, {"youve", CLASS_AUX_YOU},
};
/* clang-format on */

static int compare_word(const void *key, const void *item)
{
    return strcmp(key, ((const struct closed_word *)item)->word);
}

static bool ends_in(const char *word, size_t n, const char *ending)
{
    size_t k = strlen(ending);

    return n > k + 1 && memcmp(word + n - k, ending, k) == 0;
}

static uint8_t class_of(const char *word, bool number)
{
    const struct closed_word *hit =
        bsearch(word, closed, sizeof(closed) / sizeof(closed[0]), sizeof(closed[0]), compare_word);
    size_t n = strlen(word);

    if (hit)
        return hit->class;
    if (number)
        return CLASS_NUMBER;
    if (ends_in(word, n, "ing"))
        return CLASS_ING;
    if (ends_in(word, n, "ed"))
        return CLASS_ED;
    if (ends_in(word, n, "ly"))
        return CLASS_LY;
    if (ends_in(word, n, "s") && !ends_in(word, n, "ss"))
        return CLASS_S;
    return n <= 4 ? CLASS_SHORT : CLASS_LONG;
}

int span_word_open(const struct span_word *word)
{
    return word->class >= CLASS_OPEN;
}

bool span_word_leads_on(const struct span_word *word)
{
    switch (word->class) {
    case CLASS_CONJUNCTION:
    case CLASS_DETERMINER:
    case CLASS_IF:
    case CLASS_MY:
    case CLASS_OUR:
    case CLASS_PREPOSITION:
    case CLASS_TO:
    case CLASS_UH:
    case CLASS_WH_BE:
        return word->mark < SPAN_MARK_STOP;
    case CLASS_YOUR:
    case CLASS_AUX_YOU:
        return word->mark < SPAN_MARK_STOP;
    default:
        return word->mark == SPAN_MARK_COMMA;
    }
}

bool span_supposes(const struct span_word *words, size_t n)
{
    bool supposed = false;

    for (size_t i = 0; i < n; i++) {
        if (words[i].class == CLASS_SUPPOSE && (i < 3 || words[i - 1].class == CLASS_LET))
            supposed = true;
        else if (supposed && words[i].opener == (int)i && words[i].class != CLASS_SUPPOSE &&
                 (words[i].class != CLASS_WH || (i + 1 < n && (words[i + 1].class == CLASS_AUX ||
                                                               words[i + 1].class == CLASS_BE))))
            return false;
    }
    return supposed && words[n - 1].mark != SPAN_MARK_ASKS;
}

/* ------------------------------------------------------------------------- the words */

/* FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), with the last step of MurmurHash3 to spread the bits.
 */
static uint32_t mix(uint32_t h, uint32_t x)
{
    h = (h ^ x) * 16777619u;
    return h ^ h >> 15;
}

static uint32_t finish(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}

static uint32_t hash_word(const char *word)
{
    uint32_t h = 2166136261u;

    while (*word)
        h = (h ^ (unsigned char)*word++) * 16777619u;
    return h;
}

struct reading {
    struct span_word *words;
    size_t n;
};

/* Of a long text only the last words are kept: the older half is dropped if there is no room. */
static void see(const struct term *t, void *arg)
{
    struct reading *r = arg;

    if (r->n == SPAN_WORDS_MAX) {
        r->n = SPAN_WORDS_MAX / 2;
        memmove(r->words, r->words + SPAN_WORDS_MAX - r->n, r->n * sizeof(*r->words));
    }
    r->words[r->n++] = (struct span_word){.at = t->at,
                                          .len = t->len,
                                          .hash = hash_word(t->word),
                                          .class = class_of(t->word, t->number)};
}

/* The strongest punctuation mark between two words, and where that text ends. */
static void read_mark(const char *text, size_t to, struct span_word *w)
{
    static const struct {
        const char *mark;
        enum span_mark is;
    } marks[] = {
        {"?", SPAN_MARK_ASKS},   {"？", SPAN_MARK_ASKS}, {"؟", SPAN_MARK_ASKS},
        {"⸮", SPAN_MARK_ASKS},   {"՞", SPAN_MARK_ASKS},  {"\xcd\xbe", SPAN_MARK_ASKS}, /* Greek */
        {".", SPAN_MARK_STOP},   {"!", SPAN_MARK_STOP},  {"…", SPAN_MARK_STOP},
        {"。", SPAN_MARK_STOP},  {"！", SPAN_MARK_STOP}, {"\n", SPAN_MARK_STOP},
        {",", SPAN_MARK_COMMA},  {";", SPAN_MARK_COMMA}, {":", SPAN_MARK_COMMA},
        {" -", SPAN_MARK_COMMA}, {"–", SPAN_MARK_COMMA}, {"—", SPAN_MARK_COMMA},
    };
    size_t i = w->at + w->len;

    w->end = i;
    w->mark = SPAN_MARK_NONE;
    while (i < to) {
        size_t step = 1;

        for (size_t k = 0; k < sizeof(marks) / sizeof(marks[0]); k++) {
            size_t len = strlen(marks[k].mark);

            if (len > to - i || memcmp(text + i, marks[k].mark, len) != 0)
                continue;
            if (marks[k].is > w->mark)
                w->mark = (uint8_t)marks[k].is;
            if (marks[k].is >= SPAN_MARK_STOP && *marks[k].mark != '\n')
                w->end = i + len;
            step = len;
            break;
        }
        i += step;
    }
}

/* A question can begin with a question word, with an auxiliary before a pronoun ("do you", "is
 * it"), and with a request ("tell me", "imagine"). */
static bool opens(const struct span_word *words, size_t n, size_t i)
{
    int next = i + 1 < n ? words[i + 1].class : CLASS_EDGE;

    switch (words[i].class) {
    case CLASS_WH:
    case CLASS_WH_BE:
    case CLASS_SUPPOSE:
        return true;
    case CLASS_AUX:
    case CLASS_BE:
        return next == CLASS_YOU || next == CLASS_IT || next == CLASS_WE || next == CLASS_THERE ||
               next == CLASS_HE || next == CLASS_THEY || next == CLASS_THAT || next == CLASS_I ||
               next == CLASS_YOUR;
    case CLASS_ASK:
        return next == CLASS_ME || next == CLASS_US || next == CLASS_DETERMINER ||
               next == CLASS_PREPOSITION || next == CLASS_WH;
    default:
        return false;
    }
}

static void link_words(struct span_word *words, size_t n)
{
    int opener = -1;
    uint16_t first = 0;

    for (size_t i = 0; i < n; i++) {
        if (i && words[i - 1].mark >= SPAN_MARK_STOP)
            first = (uint16_t)i;
        words[i].first = first;
        if (opens(words, n, i))
            opener = (int)i;
        words[i].opener = (int16_t)opener;
    }
    opener = -1;
    for (size_t i = n; i-- > 0;) {
        words[i].next = (int16_t)opener;
        if (words[i].opener == (int)i)
            opener = (int)i;
        words[i].closes =
            words[i].mark >= SPAN_MARK_STOP || i + 1 == n ? words[i].mark : words[i + 1].closes;
    }
}

static void count(const struct term *t, void *arg)
{
    (void)t;
    ++*(size_t *)arg;
}

size_t span_count(const char *text, size_t len)
{
    size_t n = 0;

    words_each(text, len, count, &n);
    return n;
}

size_t span_words(const char *text, size_t len, struct span_word words[SPAN_WORDS_MAX])
{
    struct reading r = {.words = words};

    words_each(text, len, see, &r);
    for (size_t i = 0; i < r.n; i++)
        read_mark(text, i + 1 < r.n ? words[i + 1].at : len, &words[i]);
    link_words(words, r.n);
    return r.n;
}

/* ---------------------------------------------------------------------- the features */

struct seen {
    const struct span_word *words;
    ptrdiff_t n;
    ptrdiff_t i;
    uint32_t *hashes;
    size_t count;
};

static uint32_t word_at(const struct seen *s, ptrdiff_t k)
{
    k += s->i;
    return k < 0 ? 1 : k >= s->n ? 2 : s->words[k].hash;
}

static uint32_t class_at(const struct seen *s, ptrdiff_t k)
{
    k += s->i;
    return k < 0 || k >= s->n ? (uint32_t)CLASS_EDGE : s->words[k].class;
}

static uint32_t mark_at(const struct seen *s, ptrdiff_t k)
{
    k += s->i;
    return k < 0 || k >= s->n ? 9 : s->words[k].mark;
}

static void add(struct seen *s, uint32_t h)
{
    s->hashes[s->count++] = finish(h);
}

/* The words from one offset to another. Each call has its own number. */
static uint32_t run_of_words(const struct seen *s, uint32_t number, ptrdiff_t from, ptrdiff_t to)
{
    uint32_t h = 2166136261u + number * 0x9e3779b9u;

    for (ptrdiff_t k = from; k <= to; k++)
        h = mix(h, word_at(s, k));
    return h;
}

static uint32_t run_of_classes(const struct seen *s, uint32_t h, ptrdiff_t from, ptrdiff_t to)
{
    for (ptrdiff_t k = from; k <= to; k++)
        h = mix(h, class_at(s, k) + 1);
    return h;
}

static uint32_t numbered(uint32_t number)
{
    return run_of_words(NULL, number, 0, -1);
}

static uint32_t bucket(ptrdiff_t distance)
{
    return distance < 1 ? 0 : distance < 4 ? 1 : distance < 9 ? 2 : distance < 20 ? 3 : 4;
}

static void add_words(struct seen *s)
{
    static const int8_t runs[][2] = {{0, 0}, {-1, -1}, {1, 1},  {-2, -2}, {2, 2},  {-1, 0}, {0, 1},
                                     {0, 2}, {-2, -1}, {-2, 0}, {1, 2},   {-1, 1}, {0, 3}};

    for (size_t k = 0; k < sizeof(runs) / sizeof(runs[0]); k++)
        add(s, run_of_words(s, (uint32_t)k + 1, runs[k][0], runs[k][1]));
}

static void add_classes(struct seen *s)
{
    static const int8_t runs[][2] = {{-1, 1}, {0, 2}, {0, 3}, {0, 4}, {-2, 0}, {-3, 0}, {-1, 2}};

    for (size_t k = 0; k < sizeof(runs) / sizeof(runs[0]); k++)
        add(s, run_of_classes(s, numbered(20 + (uint32_t)k), runs[k][0], runs[k][1]));
    add(s, run_of_classes(s, run_of_words(s, 30, 0, 0), 1, 2));
    add(s, run_of_classes(s, run_of_words(s, 31, 0, 0), 1, 3));
    add(s, run_of_classes(s, run_of_words(s, 32, -1, -1), 0, 1));
    add(s, run_of_classes(s, run_of_words(s, 33, 0, 1), 2, 3));
    add(s, run_of_classes(s, run_of_words(s, 34, 0, 0), -2, -1));
}

static void add_marks(struct seen *s)
{
    const struct span_word *w = &s->words[s->i];
    uint32_t before = mark_at(s, -1);

    add(s, mix(run_of_classes(s, numbered(40), 0, 1), before));
    add(s, mix(run_of_words(s, 41, 0, 0), before));
    add(s, mix(run_of_words(s, 42, 0, 1), before));
    add(s, mix(run_of_classes(s, numbered(43), 0, 1), mark_at(s, 0)));
    add(s, mix(mix(numbered(44), w->closes), before));
    add(s, mix(run_of_classes(s, numbered(45), 0, 1), w->closes));
    add(s, mix(mix(numbered(46), w->closes), s->words[w->first].hash));
    add(s, mix(run_of_classes(s, numbered(47), w->first - s->i, w->first - s->i + 2), w->closes));
}

static void add_places(struct seen *s)
{
    const struct span_word *w = &s->words[s->i];
    ptrdiff_t last = w->opener - s->i; /* as an offset */
    ptrdiff_t next = w->next - s->i;
    uint32_t you = 0;

    for (ptrdiff_t k = 1; k <= 6 && !you; k++)
        you = class_at(s, k) == CLASS_YOU || class_at(s, k) == CLASS_YOUR ||
              class_at(s, k) == CLASS_AUX_YOU;
    add(s, mix(run_of_words(s, 50, 0, 0), s->i < 4 ? (uint32_t)s->i : 4));
    add(s, mix(run_of_classes(s, numbered(51), 0, 0), bucket(s->n - 1 - s->i)));
    add(s, mix(mix(numbered(52), s->n < 3    ? 1
                                 : s->n < 8  ? 2
                                 : s->n < 20 ? 3
                                             : 4),
               s->i < 2 ? (uint32_t)s->i : 2));
    add(s, mix(run_of_classes(s, numbered(53), 0, 0), you));
    if (w->opener >= 0) {
        add(s, mix(run_of_classes(s, numbered(54), last, last + 2), bucket(-last)));
        add(s, mix(run_of_words(s, 55, last, last + 1), bucket(-last)));
        add(s, run_of_classes(s, run_of_classes(s, numbered(56), last, last + 2), 0, 1));
    }
    if (w->next >= 0) {
        add(s, mix(run_of_classes(s, numbered(57), next, next + 2), bucket(next)));
        add(s, run_of_classes(s, run_of_words(s, 58, next, next + 1), 0, 0));
        add(s, mix(run_of_words(s, 59, next, next + 2), bucket(next)));
    } else {
        add(s, run_of_classes(s, numbered(60), 0, 0));
    }
}

size_t span_features(const struct span_word *words, size_t n, size_t i,
                     uint32_t hashes[SPAN_FEATURES_MAX])
{
    struct seen s = {
        .words = words, .n = (ptrdiff_t)n, .i = (ptrdiff_t)i, .hashes = hashes, .count = 0};

    add_words(&s);
    add_classes(&s);
    add_marks(&s);
    add_places(&s);
    return s.count;
}

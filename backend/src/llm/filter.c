/**
 * @file llm/filter.c  Thoughts and control tokens, found byte by byte
 *
 * Bytes that may begin a mark are held until it is clear. The marks are those of the chat templates
 * by the models' publishers; harmony is described in OpenAI's "harmony response format" (2025).
 */
#include "llm/filter.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

enum mark_kind { OPENS, CLOSES, ENDS_TURN, MAY_END, CHANNEL, MESSAGE, START, DROP, HALF };

/** Compared ignoring case; no mark is a prefix of another, so the first match is the longest. */
static const struct {
    const char *text;
    enum mark_kind kind;
} marks[] = {
    {"<think>", OPENS},
    {"</think>", CLOSES},
    {"<thinking>", OPENS},
    {"</thinking>", CLOSES},
    {"<thought>", OPENS},
    {"</thought>", CLOSES},
    {"<reasoning>", OPENS},
    {"</reasoning>", CLOSES},
    {"<reflection>", OPENS},
    {"</reflection>", CLOSES},
    {"<seed:think>", OPENS},
    {"</seed:think>", CLOSES},
    {"[think]", OPENS},
    {"[/think]", CLOSES},
    {"<|begin_of_thought|>", OPENS},
    {"<|end_of_thought|>", CLOSES},
    {"<|thinking|>", OPENS},
    {"<|/thinking|>", CLOSES},
    {"<|think|>", OPENS},
    {"<|/think|>", CLOSES},
    {"\xe2\x97\x81think\xe2\x96\xb7", OPENS},
    {"\xe2\x97\x81/think\xe2\x96\xb7", CLOSES},
    {"<|eot_id|>", ENDS_TURN},
    {"<|eom_id|>", ENDS_TURN},
    {"<|im_end|>", ENDS_TURN},
    {"<|eot|>", ENDS_TURN},
    {"<|endoftext|>", ENDS_TURN},
    {"<|end_of_text|>", ENDS_TURN},
    {"<|endofresponse|>", ENDS_TURN},
    {"<|return|>", ENDS_TURN},
    {"<|call|>", ENDS_TURN},
    {"<|user|>", ENDS_TURN},
    {"<|end_of_turn|>", ENDS_TURN},
    {"<end_of_turn>", ENDS_TURN},
    {"<turn|>", ENDS_TURN},
    {"<|end\xe2\x96\x81of\xe2\x96\x81sentence|>", ENDS_TURN},
    {"<\xef\xbd\x9c"
     "end\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>",
     ENDS_TURN},
    {"<\xef\xbd\x9cUser\xef\xbd\x9c>", ENDS_TURN},
    {"<\xef\xbd\x9c"
     "Assistant\xef\xbd\x9c>",
     DROP},
    {"</s>", MAY_END},
    {"<|end|>", DROP}, /* of a message in harmony; of the turn in Phi, where nothing follows */
    {"<|channel|>", CHANNEL},
    {"<|message|>", MESSAGE},
    {"<|start|>", START},
    {"<|im_start|>", START},
    {"<|start_header_id|>", START},
    {"<|end_header_id|>", MESSAGE},
    {"<start_of_turn>", START},
    {"<bos>", DROP},
    {"<eos>", ENDS_TURN},
    {"[inst]", DROP},
    {"[/inst]", DROP},
};

/** Beginnings of a monologue about the question, and signs of one: it talks about the participants
 *  in the third person. Lower case. */
static const char *const openings[] = {
    "okay",           "ok,",        "alright",  "hmm",      "we need",     "we have",
    "the user",       "let me",     "let's",    "first,",   "so,",         "so the",
    "so i",           "i need",     "i should", "got it",   "the candida", "the inte",
    "the question",   "the prompt", "analysis", "thinking", "they ",       "wait",
    "here's a think", "right,"};
static const char *const betrays[] = {
    "the user",          "user asks",         "user wants",       "the candidate should",
    "candidate can say", "candidate needs",   "candidate's prof", "interviewer asks",
    "interviewer is as", "interviewer wants", "we need to",       "i need to answer",
    "i need to respond", "i should answer",   "i should respond", "i should write",
    "i should keep",     "i should give",     "i should craft",   "the prompt",
    "need to respond",   "need to answer",    "thinking process", "they want",
    "they ask",          "analysiswe",        "analysisthe",      "analysisuser",
    "analysisneed"};
static const char after_channels[] = "assistantfinal"; /* harmony without its marks */

void llm_filter_init(struct llm_filter *f, bool unopened)
{
    memset(f, 0, sizeof(*f));
    buf_init(&f->held, LLM_FILTER_HELD_MAX + LLM_FILTER_MARK_MAX);
    f->holding = unopened ? LLM_HOLDS_MONOLOGUE : LLM_HOLDS_SUSPECT;
}

void llm_filter_release(struct llm_filter *f)
{
    if (f->held.data)
        explicit_bzero(f->held.data, f->held.cap);
    buf_release(&f->held);
}

/* -------------------------------------------------------------------------- possible monologues */

static bool holds(const struct buf *b, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= b->len; i++)
        if (!strncasecmp(b->data + i, word, n))
            return true;
    return false;
}

/** Does the held text match the beginning of word, as far as it goes? */
static bool may_open(const struct buf *b, const char *word)
{
    size_t n = strlen(word);

    return !b->len || !strncasecmp(b->data, word, b->len < n ? b->len : n);
}

static void let_go(struct llm_filter *f, struct buf *out)
{
    if (f->held.err)
        out->err = f->held.err; /* words are missing */
    if (f->held.len) {
        buf_append(out, f->held.data, f->held.len);
        f->told = true;
    }
    buf_clear(&f->held);
    f->holding = LLM_HOLDS_NOT;
}

static void decide(struct llm_filter *f, struct buf *out)
{
    bool suspect = false;

    for (size_t i = 0; !suspect && i < sizeof(openings) / sizeof(openings[0]); i++)
        suspect = may_open(&f->held, openings[i]);
    if (!suspect || f->held.len > LLM_FILTER_SUSPECT_MAX) {
        let_go(f, out);
        return;
    }
    for (size_t i = 0; i < sizeof(betrays) / sizeof(betrays[0]); i++)
        if (holds(&f->held, betrays[i]))
            f->holding = LLM_HOLDS_MONOLOGUE;
}

/** In a monologue: its end, for servers that strip harmony's marks. */
static void look_for_final(struct llm_filter *f)
{
    size_t n = sizeof(after_channels) - 1;

    if (f->held.len < n || strncasecmp(f->held.data + f->held.len - n, after_channels, n) != 0 ||
        !may_open(&f->held, "analysis"))
        return;
    buf_clear(&f->held);
    f->holding = LLM_HOLDS_NOT;
    f->begun = false;
}

/** One byte for the reader. */
static void show(struct llm_filter *f, char c, struct buf *out)
{
    if (!f->begun && strchr(" \t\r\n", c))
        return;
    f->begun = true;
    if (f->holding == LLM_HOLDS_NOT) {
        buf_putc(out, c);
        f->told = true;
        return;
    }
    buf_putc(&f->held, c);
    if (f->holding == LLM_HOLDS_SUSPECT)
        decide(f, out);
    else
        look_for_final(f);
    if (f->held.len >= LLM_FILTER_HELD_MAX)
        let_go(f, out);
}

/* -------------------------------------------------------------------------------- the marks */

/** <|anything_in_this_form|>: 1: it is one, 0: it may become one, -1: neither. */
static int general(const char *mark, size_t len)
{
    if (len < 2 || mark[0] != '<' || mark[1] != '|')
        return len < 2 && mark[0] == '<' ? 0 : -1;
    for (size_t i = 2; i < len; i++) {
        bool word = (mark[i] >= 'a' && mark[i] <= 'z') || (mark[i] >= '0' && mark[i] <= '9') ||
                    mark[i] == '_' || mark[i] == '-';

        if (mark[i] == '|' && i > 2)
            return i + 1 == len ? 0 : i + 2 == len && mark[i + 1] == '>' ? 1 : -1;
        if (!word)
            return -1;
    }
    return len < LLM_FILTER_MARK_MAX ? 0 : -1;
}

/** Half of a surrogate pair as llm_mend_json() writes it: U+10F800 and on. */
static bool may_be_half(const char *mark, size_t len)
{
    const unsigned char *m = (const unsigned char *)mark;

    return m[0] == 0xf4 && (len < 2 || m[1] == 0x8f) && (len < 3 || m[2] >= 0xa0);
}

/** 1: *kind is the mark. 0: it may become one. -1: it is none. */
static int recognise(const char *mark, size_t len, enum mark_kind *kind)
{
    int best = general(mark, len);

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t n = strlen(marks[i].text);

        if (len > n || strncasecmp(marks[i].text, mark, len) != 0)
            continue;
        if (len == n) {
            *kind = marks[i].kind;
            return 1;
        }
        best = 0;
    }
    if (best == 1)
        *kind = DROP;
    if (may_be_half(mark, len)) {
        *kind = HALF;
        best = len == 4;
    }
    return best;
}

/** Everything so far was thought without an opening mark. */
static unsigned take_back(struct llm_filter *f, struct buf *out)
{
    unsigned said = LLM_FILTER_THOUGHT | (f->told_before ? LLM_FILTER_TAKE_BACK : 0u);

    f->unopened = true;
    buf_clear(out);
    buf_clear(&f->held);
    f->holding = LLM_HOLDS_NOT;
    f->begun = f->told = f->told_before = false;
    return said;
}

static unsigned at_mark(struct llm_filter *f, enum mark_kind kind, struct buf *out)
{
    switch (kind) {
    case OPENS:
        if (f->where == LLM_SHOWN && f->holding != LLM_HOLDS_NOT && !f->held.len)
            f->holding = LLM_HOLDS_SUSPECT; /* it opens them after all */
        f->where = LLM_THINKING;
        return LLM_FILTER_THOUGHT;
    case CLOSES:
        if (f->where == LLM_THINKING) {
            f->where = LLM_SHOWN;
            return 0;
        }
        return f->where == LLM_SHOWN ? take_back(f, out) : 0;
    case ENDS_TURN:
        f->over = f->where == LLM_SHOWN && f->begun;
        return f->over ? LLM_FILTER_OVER : 0;
    case CHANNEL:
        f->where = LLM_CHANNEL_NAME;
        f->name_len = 0;
        return 0;
    case MESSAGE:
        if (f->where == LLM_CHANNEL_NAME)
            f->where = f->name_len >= 5 && !memcmp(f->name, "final", 5) ? LLM_SHOWN : LLM_DROPPED;
        else if (f->where == LLM_HEADER)
            f->where = LLM_SHOWN;
        return f->where == LLM_DROPPED ? LLM_FILTER_THOUGHT : 0;
    case START:
        f->where = LLM_HEADER;
        return 0;
    default:
        if (f->where == LLM_DROPPED) /* the end of a message that was skipped */
            f->where = LLM_SHOWN;
        return 0;
    }
}

static unsigned plain(struct llm_filter *f, char c, struct buf *out)
{
    switch (f->where) {
    case LLM_SHOWN:
        show(f, c, out);
        return f->holding == LLM_HOLDS_MONOLOGUE ? LLM_FILTER_THOUGHT : 0;
    case LLM_CHANNEL_NAME:
        if (f->name_len < sizeof(f->name))
            f->name[f->name_len++] = c;
        return 0;
    case LLM_HEADER:
        if (c == '\n') /* in ChatML and Gemma this ends the header */
            f->where = LLM_SHOWN;
        return 0;
    default:
        return LLM_FILTER_THOUGHT;
    }
}

static unsigned feed_byte(struct llm_filter *f, char c, struct buf *out);

/** The held text is not a mark: its first byte is text, the rest may begin another mark. */
static unsigned reject(struct llm_filter *f, struct buf *out)
{
    char kept[LLM_FILTER_MARK_MAX];
    size_t n = f->mark_len;
    unsigned said;

    memcpy(kept, f->mark, n);
    f->mark_len = 0;
    said = plain(f, kept[0], out);
    for (size_t i = 1; i < n; i++)
        said |= feed_byte(f, kept[i], out);
    return said;
}

static uint32_t half_of(const char *mark)
{
    const char *p = mark;

    return utf8_next(&p, mark + 4) - 0x10f800 + 0xd800;
}

static unsigned put_point(struct llm_filter *f, uint32_t c, struct buf *out)
{
    const char text[] = {(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 0x3f)),
                         (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))};
    unsigned said = 0;

    for (size_t i = 0; i < sizeof(text); i++)
        said |= plain(f, text[i], out);
    return said;
}

static unsigned put_replacement(struct llm_filter *f, struct buf *out)
{
    return plain(f, '\xef', out) | plain(f, '\xbf', out) | plain(f, '\xbd', out);
}

/** mark contains one half, or both. A first half waits for the next. */
static unsigned halves(struct llm_filter *f, struct buf *out)
{
    uint32_t first = half_of(f->mark);
    uint32_t second;
    unsigned said;

    if (first < 0xdc00 && f->mark_len == 4)
        return 0;
    if (f->mark_len == 4) {
        f->mark_len = 0;
        return put_replacement(f, out);
    }
    second = half_of(f->mark + 4);
    f->mark_len = 0;
    if (second >= 0xdc00)
        return put_point(f, 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), out);
    said = put_replacement(f, out);
    for (uint32_t c = 0x10f800 + second - 0xd800, i = 0; i < 4; i++) {
        static const unsigned shift[] = {18, 12, 6, 0};

        said |= feed_byte(f, (char)(i ? 0x80 | (c >> shift[i] & 0x3f) : 0xf0 | c >> 18), out);
    }
    return said;
}

/** After a complete first half: the bytes of the second, or something else. */
static unsigned after_half(struct llm_filter *f, struct buf *out)
{
    char kept[4];
    size_t n = f->mark_len - 4;
    unsigned said;

    if (may_be_half(f->mark + 4, n))
        return n == 4 ? halves(f, out) : 0;
    memcpy(kept, f->mark + 4, n);
    f->mark_len = 0;
    said = put_replacement(f, out);
    for (size_t i = 0; i < n; i++)
        said |= feed_byte(f, kept[i], out);
    return said;
}

/** </s> ends an answer, but also occurs in one that shows HTML: only what follows decides. */
static unsigned after_may_end(struct llm_filter *f, struct buf *out)
{
    char next = f->mark[f->mark_len - 1];
    unsigned said = 0;

    if (strchr(" \t\r\n", next) && f->mark_len < LLM_FILTER_MARK_MAX)
        return 0;
    for (size_t i = 0, n = f->mark_len - 1; i < n; i++)
        said |= plain(f, f->mark[i], out);
    f->mark_len = 0;
    return said | feed_byte(f, next, out);
}

static unsigned feed_byte(struct llm_filter *f, char c, struct buf *out)
{
    enum mark_kind kind = DROP;

    if (f->over)
        return 0;
    if (!f->mark_len && c != '<' && c != '[' && c != '\xe2' && c != '\xf4')
        return plain(f, c, out);
    f->mark[f->mark_len++] = c;
    if (f->mark_len > 4 && f->mark[0] == '\xf4')
        return after_half(f, out);
    if (f->mark_len > 4 && !strncasecmp(f->mark, "</s>", 4))
        return after_may_end(f, out);
    switch (recognise(f->mark, f->mark_len, &kind)) {
    case 0:
        return 0;
    case 1:
        if (kind == HALF)
            return halves(f, out);
        if (kind == MAY_END)
            return 0;
        f->mark_len = 0;
        return at_mark(f, kind, out);
    default:
        return reject(f, out);
    }
}

unsigned llm_filter_feed(struct llm_filter *f, const char *text, size_t len, struct buf *out)
{
    unsigned said = 0;

    f->told_before = f->told;
    for (size_t i = 0; i < len; i++)
        said |= feed_byte(f, text[i], out);
    return said;
}

void llm_filter_end(struct llm_filter *f, struct buf *out)
{
    char kept[LLM_FILTER_MARK_MAX];
    size_t n = f->mark_len;

    memcpy(kept, f->mark, n);
    f->mark_len = 0;
    if (n >= 4 && kept[0] == '\xf4')
        put_replacement(f, out);
    else if (n < 4 || strncasecmp(kept, "</s>", 4) != 0)
        for (size_t i = 0; i < n; i++)
            plain(f, kept[i], out);
    let_go(f, out);
}

/**
 * @file ground/grounding.h  The candidate's material, split into searchable passages
 *
 *     struct grounding *g;
 *     grounding_open(&g, &input);
 *     ground_query_init(&q);
 *     ground_query_text(&q, "a conflict with a coworker", 1.0f);
 *     n = grounding_search(g, &q, GROUND_BIT(GROUND_CONTEXT), hits, 5);
 *     grounding_passage(g, hits[0].passage)->text ...
 *     grounding_free(g);                       // the text and the index are wiped
 *
 * A passage is a sentence, a bullet, a skill: a verbatim run of bytes of its field. Passages of one
 * paragraph or one job share a section, so that a story can be taken from one place. Ranking is
 * Okapi BM25 (S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and
 * Beyond", Foundations and Trends in Information Retrieval 3(4), 2009, equation 3.15) with the idf
 * of its section 3.3 kept above zero, over stemmed terms (ground/terms.h); a question's words are
 * expanded by related words with less weight (ground/related.h).
 *
 * Everything is in memory only: material that is stored encrypted never reaches the disk in clear,
 * not even in an index.
 *
 * Threads    Any, once opened: searching only reads.
 * Errors     UV_ENOMEM.
 * Ownership  Strings of the input are copied. Passages live as long as the grounding.
 */
#ifndef GROUND_GROUNDING_H
#define GROUND_GROUNDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grounding;

enum {
    GROUND_TEXT_MAX = 256 * 1024, /**< Of one field; text beyond it is not searched [bytes] */
    GROUND_SKILLS_MAX = 256,      /**< Further skills are not searched */
    GROUND_PASSAGES_MAX = 8192,   /**< Further text is not searched */
    GROUND_PASSAGE_LONG = 280,    /**< Longer sentences are split at a comma or word [bytes] */
    GROUND_QUERY_MAX = 192,       /**< Terms of a query; further ones are dropped */
};

/** The candidate's material, in clear. Any string may be NULL or "". */
struct grounding_input {
    const char *name;      /**< The profile's name; not a fact about the person */
    const char *candidate; /**< Name of the person; NULL: unknown */
    const char *interview; /**< The owner's title: often the company, or the round */
    const char *role;
    int years_experience; /**< < 0: unknown */
    const char *const *skills;
    size_t skill_count;
    const char *industry;
    const char *context;
    const char *job_description;
};

enum ground_field {
    GROUND_ROLE,
    GROUND_YEARS,
    GROUND_SKILLS,
    GROUND_INDUSTRY,
    GROUND_CONTEXT,
    GROUND_JOB,
    GROUND_FIELDS
};

#define GROUND_BIT(field) (1u << (field))
#define GROUND_CANDIDATE  (GROUND_BIT(GROUND_CONTEXT) | GROUND_BIT(GROUND_SKILLS))

const char *ground_field_name(enum ground_field field); /**< "context" …, as on the wire */

struct passage {
    enum ground_field field;
    const char *text; /**< Not NUL-terminated: a run of the field */
    size_t len;
    size_t at;        /**< Offset in the field (in the skill, for skills) [bytes] */
    uint32_t section; /**< Same number: same paragraph or job */
    uint32_t block;   /**< Same number: same bullet, or same run of prose lines */
    int heading;      /**< Index of the heading above it; -1: none */
    uint32_t words;
    bool is_heading;
    bool bullet;
    bool figure;       /**< Contains a number that is not a year */
    bool first_person; /**< I, we, my, our */
    bool action;       /**< Begins with a deed: "Led …", "I built …" */
    bool setback;      /**< Tells about something that went wrong */
    bool wish;         /**< Says what is wanted: "Looking for …" */
    bool learning;     /**< Names a degree, a course or a licence */
    bool digits;       /**< Contains a digit, in a year too */
    bool credential;   /**< Asks for years, degrees or knowledge */
    float need;        /**< How strongly it asks for something, 0 .. 2 (job descriptions) */
};

/** An occurrence of a term. */
struct ground_posting {
    uint64_t hash;
    uint32_t passage;
    uint32_t count;
};

struct ground_query {
    struct {
        uint64_t hash;
        float weight;
    } terms[GROUND_QUERY_MAX];
    size_t count;
};

struct ground_hit {
    size_t passage;
    float score;
};

int grounding_open(struct grounding **gp, const struct grounding_input *input);
void grounding_free(struct grounding *g); /**< Releases one reference; NULL is allowed */

/** Takes another reference: it is freed when all are released. */
struct grounding *grounding_ref(struct grounding *g);
bool grounding_shared(const struct grounding *g); /**< Is there another reference? */

/** A point of meaning (ground/meaning.h) for every passage, MEANING_SIZE numbers each, which the
 *  grounding then owns; all zeros for a passage without one. Once, from any thread. */
void grounding_set_points(struct grounding *g, float *points);
const float *grounding_points(const struct grounding *g); /**< NULL: there are none (yet) */

size_t grounding_count(const struct grounding *g); /**< 0 for NULL */
const struct passage *grounding_passage(const struct grounding *g, size_t i);
const struct grounding_input *grounding_input(const struct grounding *g); /**< The copies */

/** Is there anything about the candidate, not counting a job description? */
bool grounding_has_candidate(const struct grounding *g);

/** The passages that contain a term, in order; n is set to their number. NULL: none. */
const struct ground_posting *grounding_term(const struct grounding *g, uint64_t hash, size_t *n);
/** How much a term that occurs in df passages says: Robertson and Zaragoza's idf. */
double grounding_idf(const struct grounding *g, size_t df);

/** A query is a weighted set of terms; text adds its words (no stopwords) and related ones. */
void ground_query_init(struct ground_query *q);
void ground_query_text(struct ground_query *q, const char *text, float weight);
void ground_query_bytes(struct ground_query *q, const char *text, size_t len, float weight);

/** Score of every passage (grounding_count() floats); 0: no term in common. */
void grounding_score(const struct grounding *g, const struct ground_query *q, float *scores);

/** The best passages of the fields in bits, best first, without headings. Returns how many. */
size_t grounding_search(const struct grounding *g, const struct ground_query *q, unsigned fields,
                        struct ground_hit *hits, size_t max);

#endif

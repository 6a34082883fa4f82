/**
 * @file ground/themes.c  The table of themes
 *
 * One entry a theme: cues (phrases of the question, | between, words in a row) and words of the
 * profile. Our own, from reading interview guides and résumés; relevance.tsv among the test data
 * measures what they are worth. A new theme needs nothing but a line here.
 */
#include "ground/themes.h"

#include "ground/terms.h"

#include <pthread.h>
#include <string.h>

enum {
    PHRASES_MAX = 768, /* in all themes; a test checks that the tables are large enough */
    PHRASE_WORDS = 4,
    TERMS_MAX = 1536,
};

struct theme {
    const char *cues;
    const char *words;
    unsigned flags;
};

/* clang-format off */
static const struct theme themes[] = {
    {"went wrong|go wrong|going wrong|gone wrong|mistake|mistakes|failed|fail|failure|error you made|your fault|regret|did not work|didnt work|"
     "not succeed|unsuccessful|hard way|setback|not go as planned|not go well|screwed up|messed up|broke|outage|disaster|wrong",
     "failed failure mistake error wrong outage incident caused broke lost loss missed postmortem mortem regret underestimated fault "
     "bug refunds mine tested worse failing rehearsal rollback", THEME_SETBACK},
    {"missed a deadline|miss a deadline|missed deadline|behind schedule|fall behind|falls behind|fell behind|late|delay|delayed|slipped|slips",
     "date moved late delay delayed slipped deadline schedule weeks months postponed stopped", THEME_SETBACK},
    {"pressure|deadline|deadlines|tight|stress|stressful|stressed|overwhelmed|hardest|toughest|crisis|emergency|urgent|busy|busiest|short notice|"
     "time pressure|difficult|challenging|biggest challenge|too much on your plate",
     "deadline days weeks urgent night date launch closed weekend recall crisis waiting peak emergency overnight corridors winter early scope stopped "
     "within hours shift", 0},
    {"conflict|conflicts|disagree|disagreed|disagreement|argument|argued|difficult person|difficult colleague|difficult coworker|did not get along|"
     "didnt get along|push back|pushed back|tension|clash|dispute|angry|difficult people|upset|rude|complaint",
     "disagreed disagreement conflict conflicts argued argument furious angry rude refused speaking wanted against quarrel complaint instead both alone "
     "privately upset trial", 0},
    {"manager|boss|your lead|leadership|senior|director|executive|superior|supervisor|management|your superior|higher up|stakeholder|stakeholders",
     "lead manager director directors boss head chief doctor consultant executive vp ceo superior senior legal finance", THEME_MILD},
    {"said no|say no|saying no|no to|push back|pushed back|refuse|refused|decline|not to build|not to do|turn down|turned down",
     "no refused declined instead stopped against deleted dropped rejected", 0},
    {"convince|convinced|persuade|persuaded|influence|influenced|buy in|trust|evidence|win over|won over|sceptical|skeptical",
     "convinced persuaded showed comparison trial agreed won trust trusted reason believed proved notebook demonstrated pushed", 0},
    {"bad news|deliver bad news|break bad news|difficult conversation|hard conversation|difficult feedback|difficult message|tell a customer|honest feedback|tough feedback|negative feedback|"
     "things are going badly|going badly|communicate bad",
     "told plainly honestly honest privately phoned informed heard apologised apologized rude examples same", 0},
    {"feedback|criticism|critique", "feedback told privately examples appraisal review taught criticism heard", 0},
    {"led a team|lead a team|leading a team|managed a team|people have you managed|your leadership|leadership|you led|team you|how many people|direct reports|"
     "managed people|managing people|team lead|results of your team",
     "lead led managed head team shifts department colleagues reports charge owned representatives engineers nurses quota", THEME_MILD},
    {"junior|mentor|mentored|mentoring|coach|coached|coaching|help others|develop people|train|trained|training|teach|taught|teaching|new staff|new hires|"
     "onboard|people grow|grow people|others grow|less experienced|new people|newcomers",
     "mentor mentored mentoring coach coached taught teach trained train preceptor onboarded newly junior juniors student promoted apprentice intern "
     "colleagues qualified", 0},
    {"learn something|learn quickly|had to learn|new skill|new field|new technology|new topic|picked up|steep|unfamiliar|learn a|learn about|"
     "never done|out of your depth|outside your comfort",
     "learned learnt learn taught never first evenings course read studied asked myself", 0},
    {"initiative|above and beyond|beyond your|from nothing|from scratch|from zero|own idea|without being asked|proactive|you started|self starter|volunteered|"
     "something new|side project",
     "started introduced proposed founded without zero pushed volunteered budget created", 0},
    {"get used to|used to a new|adopt|adoption|rollout|roll out|new system|change management|introduced a change|big change|adapt|adapted|adapting|ambiguity|"
     "ambiguous|uncertain|uncertainty|moved online|reorganisation|reorganization|unexpected",
     "moved change changed changing electronic super user switched online closed introduced rollout transition trained", 0},
    {"save money|saved money|saved your company|save costs|cost|costs|budget|saving|savings|cheaper|spending|company money",
     "cost costs cut percent saved euros dollars budget spend cheaper reduced savings million", 0},
    {"faster|performance|slow|speed|speed up|sped up|latency|optimise|optimize|efficient|efficiency|quicker",
     "faster fast minutes hours seconds ms latency fell nightly cut moved halved p99 speed fifty", 0},
    {"traffic|scale|scaled|scaling|high load|large scale|throughput|many users|volume|millions",
     "requests second peak million billion users load throughput p99 rows traffic stores", 0},
    {"reliability|reliable|uptime|on call|oncall|incident|incidents|availability|stability|stable|recover|recovery",
     "call recover incident incidents median runbooks services uptime pager alerts outage reliable", 0},
    {"improved|improve a|improve the|improved a|made better|better|increase|increased|raise|raised|process improvement",
     "fell rose went percent improved dropped cut raised from reduced grew halved doubled introduced rebuilt", THEME_MILD},
    {"customer|customers|client|clients|parents|parent|relatives|users|user|patient|patients|guests|account|buyers",
     "customer customers client clients clinics users relatives father mother parents patient patients account hospital family people interviews", THEME_MILD},
    {"research|interviews|survey|user research|customer research|talk to users|data driven|use data|used data|make a decision",
     "interviews interview survey users showed asked experiments tested data measured research", 0},
    {"price|pricing|set a price", "price priced pricing plan revenue survey paid discount", 0},
    {"experiment|experiments|a b test|hypothesis|tested an idea|trial", "experiments experiment won test trial tested loss", 0},
    {"conversion|activation|retention|growth|onboarding|sign ups|signups|churn",
     "completion onboarding conversion activation retention churn trial starts rose growth people", 0},
    {"decide|decided|decision|choose|chose|choice|trade off|tradeoff|prioritise|prioritize|priorities|judgment|simpler|simple solution|simplest",
     "chose decided decision simpler simple instead trial comparison bet kept scope cut deleted no", THEME_MILD},
    {"risk|risks|risky|bet|gamble|bold", "risk risky bet trial pushed chance first own", 0},
    {"changed your mind|change your mind|you were wrong|wrong about|changed your opinion", "now before used longer learned loss changed", THEME_SETBACK},
    {"proud|proudest|achievement|accomplishment|biggest success|greatest success|best work|measurable|business impact|biggest impact|most successful|"
     "accomplished|most impact", "led built rebuilt rewrote launched founded", THEME_PRIDE},
    {"different teams|cross functional|other teams|other departments|together|across teams|collaborate|collaborated|collaboration|teamwork|work in a team",
     "design legal engineering finance together room colleagues departments marketing everybody both joint", 0},
    {"mess|legacy|clean up|cleaned up|cleaned|left behind|somebody else left|someone else left|technical debt|inherited|took over|take over",
     "inherited undocumented deleted rewrote documented tested took legacy old owner", 0},
    {"caught an error|caught a|prevented|prevent|noticed|spotted|before it did harm|safety|near miss|quality problem|avoid harm",
     "stopped caught prevented noticed spotted corrected safety reported", 0},
    {"what you learned|did you learn|what you learnt|learn from it|learned from it|take away from|lesson", "now since learned learnt lesson taught rule before", THEME_MILD},
    {"challenge someone|challenge somebody|challenged|stand up to|stood up|speak up|spoke up|senior to you|someone senior|somebody senior",
     "stopped doctor manager lead director directors wanted refused no disagreed showed boss order ordered", 0},
    {"gave an order|an order|unethical|ethical|integrity|thought was wrong|asked you to do something",
     "stopped ordered order refused reported honest honestly blame", 0},
    {"leaving your team|turnover|keep people|retain|retention of staff|morale|motivate your team|motivate people|sick leave|sick days|absence|motivate others",
     "turnover stayed sick days fell rota territories left fairness promoted nobody weekend", 0},
    {"lost a customer|lost an important|lost a deal|losing a customer|lost a client", "lost group contact account customer deal left refunds", THEME_SETBACK},
    {"model of yours|your model|machine learning|forecast|prediction|predict|predictive", "model forecast version score boosting regression predicted tested network", 0},
    {"happen again|happens again|come back|never again|prevent it", "rule since then post mortem limit now check lint added", 0},
    {"your results|trust your", "numbers reason screen overrides trust showed", 0},
    /* facts */
    {"strength|strengths|good at|best at|describe yourself|describe you|sets you apart|three words|bring to", "strengths strength good strong patient known say am calm", THEME_FACT},
    {"weakness|weaknesses|get better at|should you improve|could you improve|need to improve|development area|working on yourself|trying to get better|"
     "areas for improvement|not good at|struggle with|growth area",
     "weakness weaknesses weak working better improve spot struggle delegating good extra", THEME_FACT | THEME_SELF},
    {"leave your|you leaving|leaving your current|leaving your job|looking for|why us|why here|join us|join our|join this|want this|want to work|work for us|next role|next job|"
     "interested in this|why are you looking|why do you want|apply|applied|attracts you|like to join|ideal job|see yourself|years from now",
     "look looking want next leaving seeking hope interested moving", THEME_FACT},
    {"motivates|motivate you|drives you|kind of work|passionate|excites|excite|energises|energizes|enjoy most|like most about",
     "drives motivates enjoy love passion passionate want like building", THEME_FACT},
    {"way you work|working style|how do you work|work style|your approach|management style|leadership style|organise yourself|organize yourself|typical day",
     "how work write talk decide every style first", THEME_FACT},
    {"study|studied|education|degree|qualification|qualifications|university|college|school did|certificate|certification|certified|academic|graduate|graduated",
     "education degree msc bsc ba ma mba phd studied certificate university college diploma bachelor master instructor", THEME_FACT},
    {"languages|language do you speak|languages do you speak|do you speak|fluent", "languages language english german french spanish portuguese swedish arabic italian", THEME_FACT},
    {"notice|notice period|could you join|can you join|start|available|availability|how soon|begin|earliest|when could you|when can you", "notice period start begin free available months month march september immediately", THEME_FACT},
    {"relocate|office|remote|remotely|on site|onsite|hybrid|based|commute|travel|move to|where do you live|work from", "remote remotely based berlin office hybrid relocate city travel work", THEME_FACT},
    {"salary|compensation|pay|earn|package|money do you|expectations", "salary euros pay compensation package earn rate car", THEME_FACT},
    {"visa|permit|sponsorship|eligible|citizen|right to work", "visa permit citizen citizenship sponsorship passport eligible", THEME_FACT},
    {"hobbies|free time|outside of work|for fun|outside work", "hobbies hobby volunteer club music sport run outside", THEME_FACT},
};
/* clang-format on */

enum { THEMES = sizeof(themes) / sizeof(themes[0]) };

struct phrase {
    uint64_t words[PHRASE_WORDS];
    uint8_t count;
    uint8_t theme;
};

static struct phrase phrases[PHRASES_MAX];
static size_t phrase_count;
static uint64_t terms[TERMS_MAX];
static size_t first_term[THEMES + 1];
static size_t term_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add_cue_word(const struct term *t, void *arg)
{
    struct phrase *p = arg;

    if (p->count < PHRASE_WORDS)
        p->words[p->count++] = t->hash;
}

static void add_cues(uint8_t theme)
{
    for (const char *cue = themes[theme].cues; *cue;) {
        size_t len = strcspn(cue, "|");
        struct phrase *p = &phrases[phrase_count];

        if (phrase_count == PHRASES_MAX)
            return;
        p->theme = theme;
        terms_each(cue, len, add_cue_word, p);
        phrase_count += p->count > 0;
        cue += len + (cue[len] == '|');
    }
}

static void add_term(const struct term *t, void *arg)
{
    (void)arg;
    for (size_t i = term_count; i > 0 && i > *(const size_t *)arg; i--)
        if (terms[i - 1] == t->hash)
            return;
    if (term_count < TERMS_MAX)
        terms[term_count++] = t->hash;
}

static void build(void)
{
    for (uint8_t i = 0; i < THEMES; i++) {
        first_term[i] = term_count;
        add_cues(i);
        terms_each(themes[i].words, strlen(themes[i].words), add_term, &first_term[i]);
    }
    first_term[THEMES] = term_count;
}

static bool begins(const struct phrase *p, const uint64_t *stems, size_t count)
{
    return p->count <= count && memcmp(p->words, stems, p->count * sizeof(*stems)) == 0;
}

/** Index in found, added when it is new; THEMES_FOUND_MAX: no room. */
static size_t note(size_t theme, size_t found[THEMES_FOUND_MAX], size_t *n)
{
    size_t i = 0;

    while (i < *n && found[i] != theme)
        i++;
    if (i == *n && i < THEMES_FOUND_MAX)
        found[(*n)++] = theme;
    return i;
}

size_t themes_of(const uint64_t *stems, size_t count, uint8_t *cued, size_t found[THEMES_FOUND_MAX])
{
    size_t n = 0;

    pthread_once(&once, build);
    memset(cued, 0, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < phrase_count; k++) {
            size_t at;

            if (!begins(&phrases[k], stems + i, count - i))
                continue;
            at = note(phrases[k].theme, found, &n);
            if (at < THEMES_FOUND_MAX)
                memset(cued + i, (int)at + 1, phrases[k].count);
        }
    }
    return n;
}

unsigned theme_flags(size_t theme)
{
    return themes[theme].flags;
}

const uint64_t *theme_terms(size_t theme, size_t *count)
{
    pthread_once(&once, build);
    *count = first_term[theme + 1] - first_term[theme];
    return terms + first_term[theme];
}

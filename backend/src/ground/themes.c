/**
 * @file ground/themes.c The table of themes
 *
 * One entry a theme: cues (phrases of the question, | between, words in a row), words in which
 * people of any trade tell such stories or state such facts, and sentences that somebody might say
 * who tells one, for the network of meanings. Words are compared by stem; what
 * begins with "=" only as it stands, because "notice" and "noticed" have one stem and nothing to do
 * with each other. The words are those of the language, not of any profile that is measured with.
 */
#include "ground/themes.h"

#include "base/text.h"
#include "ground/terms.h"

#include <pthread.h>
#include <string.h>

enum {
    PHRASES_MAX = 1024, /* in all themes; a test checks that the tables are large enough */
    PHRASE_WORDS = 4,
    TERMS_MAX = 2048,
};

struct theme {
    const char *cues;
    const char *words;
    const char *told; /* or NULL */
    unsigned flags;
};

/* clang-format off */
static const struct theme themes[] = {
    /* what went wrong */
    {"mistake|mistakes|error|errors|failed|fail|failure|fault|your fault|regret|went wrong|go wrong|going wrong|gone wrong|badly wrong|got wrong|wrong about|did not work|didnt work|"
     "did not go as planned|not succeed|unsuccessful|hard way|setback|screwed up|messed up|broke|break something|broken|disappointed|let somebody down|breaking|"
     "do differently|most expensive|lost a|embarrassing|costly|slip|oversight|at fault|missed at|got it wrong|own up|owned up|proven wrong|proved wrong|were wrong|mess up|bad decision|went off the rails|off the rails|fell short|hurt users|quality failure",
     "mistake error wrong fail failure regret forgot forgotten overlooked missed misread misjudged misunderstood underestimated overestimated accidentally fault blame blamed broke "
     "broken caused cost lost loss lose damage damaged harm spilled deleted wiped dropped trusted assumed apologised apologise apologize sorry admitted told reported since incident outage "
     "complaint refund refunded fined fine penalty thought =was left out mistaken mislaid mislabelled wrongly typed entered twice owned mess crashed spilt overran overcharged undercharged overbooked misjudgement expired",
     "I made a mistake and it cost us money.|I got it wrong, told my boss straight away and changed how I work.", THEME_SETBACK},
    {"crisis|emergency|worst|disaster|incident|outage|went down|unexpected|unforeseen|chaos|under pressure|pressure|stress|stressful|stressed|hardest|toughest|most difficult|challenging|"
     "challenge|overwhelmed|everything went wrong|out of your depth|calm|last minute|improvise|improvised|broke down|equipment failed|power cut|at a bad time|unexpected problem",
     "failed broke fell night weekend urgent suddenly hours minutes within closed shut stopped collapsed crashed down fire flood storm strike power crisis emergency alarm overnight waiting "
     "everybody everyone evacuated moved called phoned rang sick double critical peak stuck burst froze leaked smoke outage storm hottest packed evacuated improvised generator backup midnight abandoned lorries",
     "Everything failed at once and we had to act within hours.|It was an emergency in the middle of the night.", 0},
    {"deadline|deadlines|late|delay|delayed|behind schedule|on time|short notice|time pressure|tight|ahead of schedule|early|slipped|missed a deadline|urgent|urgently|at once|fast turnaround|in a hurry|time was short",
     "late delayed delay early deadline schedule days weeks handed handover date finished ready completed overdue postponed overnight within ahead time night programme before day step earlier rush rushed tonight slipped delivered programme monday",
     "We were running late and I still got it finished on time.|The delivery came days too late, so I changed the plan.", 0},
    /* people against each other */
    {"conflict|conflicts|disagree|disagreed|disagreeing|disagreement|argument|argued|clash|dispute|friction|tension|get along|got along|getting along|fell out|difficult colleague|difficult person|"
     "difficult coworker|difficult people|rivalry|did not speak|trouble with|fight|fights|quarrel|butted heads|bullying|pulling their weight|not pulling|clashed|bad blood|standing up",
     "disagreed disagree argued argue argument conflict dispute fell out speak speaking talk shouted opposite against instead insisted annoyed upset angry blamed complained kept both "
     " alone privately listened between each other agreed agree wanted happy blows quarrel quarrelled quarreled fight fought scrap butted heads clashed tension resented separate apart peace civil coffee desk lunch",
     "A colleague and I disagreed and I talked to them alone.|Two people on my team did not get along.", 0},
    {"boss|manager|senior|superior|director|supervisor|leadership|doctor|higher up|executive|head|authority|stakeholder|owner|challenge someone|stand up|stood up|speak up|spoke up|consultant",
     "boss manager director head chief lead owner senior doctor consultant registrar partner executive ceo cfo cto vp president principal captain ",
     "My manager wanted something that I thought was wrong.", THEME_MILD},
    {"say no|said no|saying no|refuse|refused|push back|pushed back|principles|ethical|unethical|ethics|integrity|honest|honesty|bribe|dishonest|turn down|turned down|pressure to|asked you to do something|"
     "against the rules|your values|stood your ground|stand your ground|refused an|cut corners|hide|cover up|unreasonable|unpopular|took a stand",
     "refused refuse no not declined rejected wanted offered rule rules law standard policy honest insisted instead money cash explained showed principle against would reported told him told her unsafe skip",
     "They wanted me to do something that was not right, and I refused.", 0},
    {"safety|unsafe|safe|danger|dangerous|hazard|near miss|risk assessment|stopped a job|stopped work|prevented|caught|spotted|noticed|raised a concern|escalate|escalated|deteriorating|quality failure|safeguard",
     "stopped stop unsafe safe danger dangerous near miss prevented caught spotted noticed checked proved escalated reported alarm raised concern repeated incident pairs worried injured injury ambulance registrar",
     "I noticed that something was dangerous and stopped it.|I was worried and raised the alarm.", 0},
    {"convince|convinced|persuade|persuaded|influence|influenced|buy in|win over|won over|get people on board|get teams|adopt|adoption|sceptical|skeptical|resist|resistance|"
     "believe in|did not believe|new technology|introduce a change|led a change|change management|get used to|try something new|gain the respect|respect of|change their minds|taken seriously|earn the trust|gain the trust",
     "convinced persuaded showed show proved offered suggested trial pilot agreed agree against resisted thought followed adopted along example evidence graph paper "
     "month tried moved migrated switched came round figures modelled modeled doubted feared sceptical skeptical myself themselves deputy alone",
     "They were against it at first; I showed them and they came round.|I persuaded people to use the new way of working.", 0},
    {"negotiate|negotiated|negotiating|negotiation|bargain|deal|contract|supplier|vendor|price",
     "negotiated negotiate percent discount price agreed signed offered wanted contract deal terms renewed years leave table owner agreement supplier",
     "We negotiated the price and agreed on a contract.", THEME_PLAIN},
    /* people helped */
    {"customer|customers|client|clients|guest|guests|patient|patients|user|users|parent|parents|relative|relatives|family|families|key account|account",
     "customer client guest patient user parent mother father daughter son relative family buyer resident tenant passenger account couple",
     NULL, THEME_MILD},
    {"angry|upset|complaint|complain|complained|unhappy|furious|difficult customer|difficult client|dissatisfied|rude|shouted|aggressive|demanding",
     "angry furious shouted complained complaint wrote upset rude unhappy apologised apologise apologize listened finish calm promised letter rang card thanked waited refund",
     "Somebody was angry and complained; I listened and apologised.", 0},
    {"above and beyond|extra mile|out of your way|go out of your way|went beyond|more than expected|beyond your role|exceeded",
     "own myself home drove weekend saturday sunday evening night lent gave brought stayed free later phone not job hours cost",
     "It was not my job, but I went there in my own time to help.", 0},
    {"help a colleague|helped someone|help someone|struggling|give up|mentor|mentored|mentoring|coach|coached|coaching|train|trained|training|teach|taught|teaching|junior|apprentice|students|new staff|bring on|"
     "onboard|newcomers|new starters|develop people|develop others|people grow|less experienced|supported|induct|hard start|young person|personal issue|progress of|bring up",
     "mentored mentor trained train taught teach coached coach helped help apprentice student trainee intern junior beginner starter practised practiced passed course learned new sat evenings lead department "
     "promoted qualified showed sat patience deputy read alone",
     "I trained new people and helped one who was struggling until they passed.|I mentor juniors and teach apprentices.", 0},
    {"underperforming|poor performer|performance issue|often off sick|off sick|absence|absent|sick|personal problems|morale|motivate|motivated|motivation of|turnover|team member who|"
     "member of staff|discretion|confidential|difficult employee|difficult staff",
     "sick absent late asked found out heard because wife husband child mother back pain ill illness shift swapped moved walk told nobody quiet home warning stayed referred",
     "A member of my team was not doing well, so I asked what was wrong at home.", 0},
    {"bad news|deliver bad news|difficult conversation|hard conversation|difficult message|honest feedback|tough feedback|negative feedback|feedback|criticism|criticised|apology|apologise|apologize",
     "told tell rang phoned wrote apologised apologise apologize explained honest privately same day said feedback sorry heard before",
     "I told them honestly what had happened and apologised.", THEME_PLAIN},
    {"led a team|lead a team|leading a team|managed a team|people have you managed|led other|led adults|leadership|direct reports|managed people|managing people|manage people|supervised|run a team|delegate|"
     "delegated|responsible for people",
     "led lead managed ran running team crew crews charge reports staff people trained department shift headed supervised assistants",
     "I lead a team of several people.", THEME_MILD},
    {"worked in a team|teamwork|collaborate|collaborated|collaboration|cross functional|other departments|different teams|other teams|together|partnership",
     "together with both joint team colleague departments shared partner every morning agreed crew design",
     "We worked together with another department.", THEME_MILD},
    /* things made better */
    {"improve|improved|improvement|better|quality improvement|made a difference|change you made|process you|efficient|efficiency|streamline|optimise|optimize|faster|quicker|speed|raised attainment|raise standards|quality|accuracy|attainment|standards|brought about|waiting time|waste",
     "from to fell rose went cut reduced dropped improved improvement brought down up faster minutes hours days percent halved doubled half year instead replaced introduced started rule points wait accuracy errors scrap defects turnaround waiting weekly",
     "I changed how it was done and the figures became much better.|It now takes half the time.", 0},
    {"save money|saved money|saved energy|saves|cost|costs|reduce costs|cut costs|savings|cheaper|spending|waste|budget|responsible for a budget|managed a budget|financial responsibility|cost control",
     "cost costs saved save saves savings cheaper bill budget euros pounds dollars percent less reduced cut below million spend spent money power payback threw",
     "I cut the costs by a third and saved a lot of money.|I managed a budget and came in below it.", 0},
    {"revenue|sales|grow the business|increase sales|new business|income|profit|bookings|target|targets|quota|upsell",
     "revenue sales sold raised rose percent bookings growth grew target quota profit margin customers signed million won",
     "I increased sales and won new customers.", THEME_PLAIN},
    {"automate|automated|automation|tool|script|built something|technical project|build",
     "wrote built automated tool script program software macro freed lines created service",
     "I wrote a program that does it automatically.", THEME_PLAIN},
    {"migration|migrate|changeover|system change|new system|rollout|roll out|transition|go live|cut over|moved to",
     "migration migrated moved migrate live cutover rehearsed switched rollout introduced system items old new months",
     "I moved everything from the old system to a new one.", THEME_PLAIN},
    {"data|analyse|analyze|analysis|real cause|root cause|evidence|numbers|investigate|figure out|uncovered|discovered|fraud|audit",
     "found find measured counted looked saw mapped analysed analyzed data reason cause turned out because pattern asked twice",
     "I measured it and found out what the real reason was.|I found an error in the bills.", 0},
    {"initiative|from scratch|own idea|ideas|proactive|started something|creative|innovative|innovation|something new|self starter|volunteered|founded|from nothing|idea|taken up|new technology|introduced|introduce|new service|your own initiative|built up",
     "started introduced proposed suggested founded built set created opened idea first own volunteered pilot invented began scheme idea suggested proposal adopted copied everywhere service",
     "I had an idea and started it myself.", 0},
    {"decision|decide|decided|choose|chose|judgement|judgment|trade off|prioritise|prioritize|priorities|organise|organize|several things at once|workload|unpopular decision|hard choice|shut down|stop a project|stopped a project|killed",
     "decided chose first instead split kept priority sent because before order list killed chose dropped shut ended closed",
     "I had to choose between two ways and decided.", THEME_MILD},
    {"changed your mind|change your mind|adapt|adapted|flexible|ambiguity|uncertain|pandemic|lockdown|covid|remote",
     "covid lockdown pandemic changed moved adapted switched both online instead ",
     "Everything changed from one day to the next and we had to adapt.", THEME_MILD},
    {"biggest|largest|proud|proudest|achievement|accomplishment|success|best work|most successful|impact|accomplished",
     "led built ran won million percent award opened launched largest biggest",
     "The biggest thing I have done, of which I am proud.", THEME_PRIDE},
    {"present|presented|presentation|audience|public speaking|speech|conference",
     "presented present presentation spoke audience conference talk board slides",
     "I gave a presentation to a large audience.", THEME_PLAIN},
    {"hire|hired|hiring|recruit|recruited|recruiting|recruitment", "hired hire recruited recruit interviewed applicants candidates",
     "I interviewed and hired new people.", THEME_PLAIN},
    {"dismiss|dismissed|fire|fired|let go|redundant|redundancy|lay off|laid off", "dismissed fired redundant redundancy dismissal laid job whose",
     "I had to dismiss somebody.", THEME_PLAIN},
    {"inclusion|include|diversity|diverse|excluded|left out|equality|inclusive|accessible", "included include inclusive excluded allowed join everybody abroad language families",
     "Some people were left out, so I made a place for everybody.", 0},
    /* facts */
    {"strength|strengths|good at|best at|describe yourself|three words|sets you apart|superpower|strong suit", "strength strengths good strong best known calm",
     "My strengths are that I am calm and careful.", THEME_FACT},
    {"weakness|weaknesses|weak point|weak spot|biggest fault|struggle with|you struggle|not good at|get better at|improve about yourself|should you improve|could you improve|need to improve|"
     "should work on|need to work on|needs work|have to improve|still improve|get wrong about yourself|trying to develop|try to develop|working on yourself|development area|areas for improvement|growth area|bad habit|habit of yours|find difficult|find hard|you find hard|annoys|shortcoming|downside|working on about|point of criticism|criticise|criticised|criticize|feedback have you|would your colleagues say|people say about you|be better at|as a leader need|change about",
     "weakness weaknesses weak spot hard difficult struggle tend improve working watch careful improving better bad habit learning now instead blunt impatient told too quiet",
     "What I find hard is to hand work over, and I am working on it.|My weak spot is that I do too much myself; now I do something about it.", THEME_FACT | THEME_SELF},
    {"why do you want|why us|why here|why this|why our|why are you leaving|leave your|leaving your|looking for in|looking for a new|you looking for|next role|next job|next step|interested in this|apply|applied|"
     "attracts you|attract you|join us|join our|want to join|want to manage|want to leave|want to become|ideal job|see yourself|years from now|five years|career goal|ambition|sort of team|motivates|drives you|"
     "passionate|excites|dream job|like about your|enjoy about|enjoy most|what draws|want to move",
     "want look looking next become move because enjoy like motivates drives love hope goal role would interested dream rather yet",
     "I want to move into another role because I like that part of the work best.|I am looking for a place where I can lead a team of my own.", THEME_FACT},
    {"approach to|your approach|way you work|working style|how do you work|work style|management style|leadership style|style|typical day|philosophy|your method",
     "style approach plan first always every how backwards write talk method believe",
     "This is how I like to work.", THEME_FACT | THEME_MILD},
    {"study|studied|education|degree|qualification|qualifications|qualified|university|college|schooling|where did you study|graduate|graduated|academic|school did|train as|school|schooling|admitted",
     "education degree msc bsc ba ma mba phd bed beng meng llb bachelor master diploma nvq university college institute school studied graduated chartered honours class gcse apprenticeship trained qualified admitted a level",
     "I have a bachelor degree from a university.", THEME_FACT | THEME_PLAIN},
    {"certificate|certificates|certification|certified|accredited|accreditation|card|registration|registered|ticket|do you hold|qualified|up to date|award|training have you had|courses|licences|licenses|tickets|are you a|are you registered",
     "certificate certificates certified certification licence license card registration registered valid renewed course courses level passed expires until aid award accredited qualified training ticket tickets renewed refresher member registration",
     "My certificate is valid until next year.|I hold a licence.", THEME_FACT},
    {"driving|driving licence|driving license|do you drive|can you drive|own a car|have a car|your own car|licence|license|licences",
     "driving driver drive licence license car van lorry motorbike forklift pilot category",
     "I have a full driving licence and a car.", THEME_FACT | THEME_PLAIN},
    {"first aid|first aider|life support|resuscitation", "aid aider aiders paediatric resuscitation life support",
     "I hold a first aid certificate.", THEME_FACT | THEME_PLAIN},
    {"languages|language do you speak|what languages|do you speak|speak any|fluent|fluency|bilingual|your german|your english|your french|your spanish|how good is your",
     "languages language fluent fluently speak mother tongue native english german french spanish portuguese italian dutch polish arabic hindi urdu mandarin chinese russian turkish welsh a1 a2 b1 b2 c1 c2",
     "I speak English, French and some German.", THEME_FACT | THEME_PLAIN},
    {"=notice|notice period|could you join|can you join|could you start|can you start|soon could you|soon can you|how soon|start date|available from|are you free|earliest|when could you|when can you|"
     "availability|could you leave|begin work|you available|come to us|begin|when are you able|free from",
     "=notice start available free weeks months month days immediately january february march april =may june july august september october november december easter summer quarter begin leave end signing months",
     "My notice period is one month.|I can start in May.", THEME_FACT | THEME_PLAIN},
    {"relocate|relocation|move to another|would you move|where do you live|where are you based|live|based|commute|travel|away from home|stay away|country|get to work|get here|distance|journey|on site every",
     "relocate relocation move live based commute travel away flat city within home abroad minutes miles drive near junction",
     "I live in another city and would move for the job.", THEME_FACT},
    {"office|remote|remotely|hybrid|on site|onsite|work from home|home office|days in the office|come to the office|come into",
     "office remote remotely hybrid home days site onsite week",
     "I work from home two days a week.", THEME_FACT},
    {"salary|compensation|pay|paid|earn|package|remuneration|day rate|rate|wage|money expect|pay scale|pay expectations|salary expectation|pay expectation|expect to earn|bonus|what money|after in terms of money|figure in mind|you on at the moment",
     "salary pay euros pounds dollars rate scale earn compensation package gross bonus expectation including wage currently grand hour hourly k band base gross net",
     "I am looking for a salary of 60,000 a year.", THEME_FACT | THEME_PLAIN},
    {"visa|work permit|sponsorship|eligible|citizen|right to work|authorised to work|authorized to work|legally",
     "visa permit citizen citizenship sponsorship passport eligible card settled status residence",
     "I have a work permit and need no visa.", THEME_FACT | THEME_PLAIN},
    {"nights|night shifts|weekends|work weekends|shifts|rota|rotating|overtime|hours|on call|oncall|part time|full time|flexible hours|bank holidays",
     "nights night weekend weekends shift shifts rotating hours overtime call part time sundays saturdays",
     "I can work nights and weekends, but not on Fridays.", THEME_FACT | THEME_PLAIN},
    {"reference|references|contact your previous", "reference references referee contact",
     "My former manager will give a reference.", THEME_FACT | THEME_PLAIN},
    {"hobbies|hobby|free time|outside of work|for fun|outside work|spare time", "hobby hobbies volunteer club music sport run play coach choir outside free",
     "In my free time I play music and do sports.", THEME_FACT | THEME_PLAIN},
};
/* clang-format on */

enum { THEMES = sizeof(themes) / sizeof(themes[0]) };

struct phrase {
    uint64_t words[PHRASE_WORDS];
    uint8_t count;
    uint8_t theme;
    bool exact; /* these very words, not their other forms */
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
        p->words[p->count++] = p->exact ? term_exact(t->word) : t->hash;
}

static void add_cues(uint8_t theme)
{
    for (const char *cue = themes[theme].cues; *cue;) {
        size_t len = strcspn(cue, "|");
        struct phrase *p = &phrases[phrase_count];

        if (phrase_count == PHRASES_MAX)
            return;
        p->theme = theme;
        p->exact = *cue == '=';
        terms_each(cue, len, add_cue_word, p);
        phrase_count += p->count > 0;
        cue += len + (cue[len] == '|');
    }
}

static void add_term(uint64_t hash, size_t first)
{
    for (size_t i = term_count; i > first; i--)
        if (terms[i - 1] == hash)
            return;
    if (term_count < TERMS_MAX)
        terms[term_count++] = hash;
}

static void add_terms(const char *words, size_t first)
{
    char word[TERM_MAX];

    while (*words) {
        size_t len = strcspn(words, " ");
        bool exact = *words == '=';

        text_copy(word, sizeof(word), words + exact, len - exact);
        if (*word)
            add_term(exact ? term_exact(word) : term_hash(word), first);
        words += len + (words[len] == ' ');
    }
}

static void build(void)
{
    for (uint8_t i = 0; i < THEMES; i++) {
        first_term[i] = term_count;
        add_cues(i);
        add_terms(themes[i].words, term_count);
    }
    first_term[THEMES] = term_count;
}

static bool begins(const struct phrase *p, const uint64_t *words, size_t count)
{
    return p->count <= count && memcmp(p->words, words, p->count * sizeof(*words)) == 0;
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

size_t themes_of(const uint64_t *stems, const uint64_t *exact, size_t count, uint8_t *cued,
                 size_t found[THEMES_FOUND_MAX])
{
    size_t n = 0;

    pthread_once(&once, build);
    memset(cued, 0, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < phrase_count; k++) {
            size_t at;

            if (!begins(&phrases[k], (phrases[k].exact ? exact : stems) + i, count - i))
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

size_t themes_count(void)
{
    return THEMES;
}

const char *theme_told(size_t theme)
{
    return themes[theme].told;
}

/**
 * @file ground/related.c  Groups of related words
 *
 * One line per group; a word may be in several. Words are listed in their usual spelling; the table
 * stores hashes of their stems (ground/terms.h).
 */
#include "ground/related.h"

#include "ground/terms.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { RELATED_MAX = 2048 }; /* words in all groups; a test checks that it is enough */

/* clang-format off */
static const char *const groups[] = {
    /* what people did together */
    "lead led leadership manage managed manager head headed supervise supervised direct directed mentor coach",
    "team colleague coworker peer teammate group squad crew collaborate collaborated",
    "conflict disagree disagreed disagreement argue argument dispute tension pushback objection clash friction difficult",
    "coworker colleague teammate peer stakeholder manager boss",
    "convince convinced persuade persuaded influence influenced buy-in negotiate negotiated agree agreed align aligned",
    "mentor mentored coach coached teach taught train trained onboard onboarded junior grew",
    "delegate delegated assign assigned distribute hand",
    "feedback criticism review critique retro retrospective comment",
    "customer client user stakeholder account buyer guest patient",
    "communicate communicated explain explained present presented presentation wrote document documented report",
    "hire hired hiring recruit recruited interview interviewed",
    "remote distributed hybrid offshore timezone home office",
    "diverse diversity inclusion inclusive culture multicultural",
    /* what happened */
    "fail failed failure mistake error wrong outage incident bug broke broken regret missed lost postmortem lesson learned",
    "challenge challenging difficult hard tough obstacle problem complex complicated struggle",
    "problem issue bug defect incident trouble",
    "solve solved solution fix fixed resolve resolved debug debugged diagnose diagnosed root troubleshoot",
    "pressure stress stressful deadline urgent tight crunch overtime weekend night",
    "deadline schedule late delay delayed slip slipped time timeline launch",
    "prioritize prioritized priority priorities backlog triage tradeoff roadmap",
    "change changed adapt adapted pivot shift shifted reorganization ambiguity ambiguous uncertain unclear unknown flexible",
    "risk risky bet gamble uncertain",
    "decide decided decision choose chose choice judgment tradeoff",
    "initiative proactive volunteer volunteered proposed started founded introduced pioneered ownership owned beyond",
    "proud achievement accomplish accomplished accomplishment success successful award won biggest",
    "goal target objective okr kpi quota",
    "learn learned taught course study studied new certification certified",
    "ethic ethical integrity honest values principle compliance",
    "innovate innovative creative idea invent invented novel prototype prototyped patent",
    "improve improved improvement optimize optimized increase increased raise raised better grow grew growth boosted",
    "reduce reduced cut decrease decreased lower lowered shrink save saved saving halve halved",
    "result outcome impact effect delivered achieved",
    "build built create created develop developed implement implemented write wrote ship shipped launch launched deliver delivered",
    "design designed architect architected architecture plan planned model modeled",
    "migrate migrated migration move moved port ported replace replaced rewrite rewrote modernize legacy upgrade",
    "automate automated automation script scripted pipeline",
    "analyze analyzed analysis measure measured metric metrics data investigate research researched experiment",
    "budget cost costs spend expense money savings",
    "sell sold sales revenue deal quota pipeline prospect upsell",
    "strength strong skill skilled expert expertise good best",
    "weakness weak improve development area",
    /* the trade */
    "scale scaled scaling scalable scalability throughput traffic load requests users million capacity concurrent",
    "performance latency speed fast slow slower faster optimize optimized profiling profiled milliseconds throughput",
    "reliable reliability availability uptime outage failover resilience resilient redundancy sre slo",
    "monitor monitoring observability alert alerting metrics logging grafana prometheus datadog tracing",
    "database db sql postgres postgresql mysql oracle sqlite schema query queries index indexes storage mongodb",
    "nosql mongodb dynamodb cassandra redis document",
    "cache cached caching redis memcached cdn",
    "queue queues kafka rabbitmq event events message messaging stream streaming sqs pubsub async asynchronous",
    "api apis rest restful graphql grpc endpoint endpoints interface contract",
    "service services microservice microservices soa monolith modular",
    "cloud aws azure gcp google amazon ec2 lambda serverless",
    "container containers docker kubernetes k8s helm pod orchestration",
    "deploy deployed deployment release released rollout ci cd pipeline continuous jenkins github",
    "test tests tested testing unit integration qa quality coverage tdd pytest junit selenium",
    "security secure securing authentication authorization oauth encryption vulnerability tls audit auth jwt",
    "payment payments billing checkout invoice transaction transactions stripe card",
    "frontend ui ux react vue angular javascript typescript css html web browser component components",
    "backend server api service",
    "mobile ios android swift kotlin flutter app",
    "javascript js node nodejs typescript ts",
    "python django flask fastapi pandas numpy",
    "java spring jvm kotlin scala",
    "golang go",
    "machine learning ml ai model models training inference neural deep classifier prediction tensorflow pytorch",
    "data pipeline etl warehouse spark airflow snowflake bigquery analytics dashboard",
    "thread threads concurrency concurrent parallel lock locks race mutex async deadlock",
    "memory heap leak garbage gc allocation",
    "network networking tcp http dns socket protocol websocket",
    "search elasticsearch lucene index ranking solr",
    "consistency consistent transaction acid replication replica shard sharding partition",
    "infrastructure terraform ansible iac devops platform",
    "agile scrum sprint kanban standup",
    "process processes procedure workflow",
    "code codebase refactor refactored refactoring clean technical debt legacy",
    "review reviews reviewed pull request pr",
    "version git branch merge commit",
    "support ticket tickets helpdesk escalation escalated oncall",
    "project program initiative rollout launch",
    "product feature roadmap requirement requirements backlog",
    "school university degree study studied graduated bachelor master phd education college",
    "nurse nursing patient patients clinical ward hospital care",
    "student students teach teacher class classroom pupils lesson curriculum",
    "warehouse inventory logistics shipping supply procurement vendor supplier",
    "finance financial accounting audit ledger forecast budget reconciliation",
    "marketing campaign brand content seo audience conversion",
    /* the terms of work */
    "salary pay compensation wage money rate expectation package bonus equity",
    "notice start available availability begin immediately earliest",
    "relocate relocation move location commute travel onsite office based",
    "visa sponsorship permit citizen citizenship authorization authorized eligible clearance",
    "hours shift shifts overtime weekend fulltime parttime schedule contract",
};
/* clang-format on */

struct entry {
    uint64_t hash;
    uint16_t group;
};

static struct entry by_hash[RELATED_MAX];  /* sorted by hash */
static struct entry by_group[RELATED_MAX]; /* sorted by group */
static size_t entries;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int compare_hash(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (int)x->group - (int)y->group;
}

static void add_word(const struct term *t, void *arg)
{
    if (entries < RELATED_MAX)
        by_group[entries++] = (struct entry){t->hash, *(uint16_t *)arg};
}

static void build(void)
{
    for (uint16_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
        terms_each(groups[g], strlen(groups[g]), add_word, &g);
    memcpy(by_hash, by_group, entries * sizeof(by_hash[0]));
    qsort(by_hash, entries, sizeof(by_hash[0]), compare_hash);
}

static size_t first_with_hash(uint64_t hash)
{
    size_t lo = 0;
    size_t hi = entries;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (by_hash[mid].hash < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static size_t first_of_group(uint16_t group)
{
    size_t lo = 0;
    size_t hi = entries;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (by_group[mid].group < group)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

void related_each(uint64_t hash, void (*fn)(uint64_t hash, void *arg), void *arg)
{
    pthread_once(&once, build);
    for (size_t i = first_with_hash(hash); i < entries && by_hash[i].hash == hash; i++) {
        uint16_t group = by_hash[i].group;

        for (size_t k = first_of_group(group); k < entries && by_group[k].group == group; k++)
            if (by_group[k].hash != hash)
                fn(by_group[k].hash, arg);
    }
}

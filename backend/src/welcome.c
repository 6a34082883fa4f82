/**
 * @file welcome.c  In plain words: what was found here, and how to improve it
 */
#include "welcome.h"

#include "answer/answer.h"
#include "asr/engine.h"
#include "llm/provider_probe.h"
#include "models/models.h"

#include <string.h>

static const struct {
    const char *engine;
    const char *is;
    bool best;
} hearing[] = {
    {"whisper", "Whisper, on this machine", true},
    {"pocketsphinx", "PocketSphinx, on this machine (gets the gist of clear speech)", false},
    {"openai", "a remote service (audio leaves this machine)", true},
};

void welcome_hearing(FILE *to, const struct program *p)
{
    const struct asr_engine *engine = p->app.hub ? asr_hub_engine(p->app.hub) : NULL;

    if (!engine) {
        fputs("  Hearing    no recogniser is available: run `interviewd doctor`\n", to);
        return;
    }
    for (size_t i = 0; i < sizeof(hearing) / sizeof(hearing[0]); i++) {
        if (strcmp(hearing[i].engine, engine->name))
            continue;
        fprintf(to, "  Hearing    %s\n", hearing[i].is);
        if (!hearing[i].best)
            fprintf(to, "             %s; the next interview uses it\n", models_hint());
        return;
    }
    fprintf(to, "  Hearing    %s\n", engine->name);
}

/* Providers that are configured but do not answer, and how to fix that. */
static void unreached(FILE *to, const struct program *p)
{
    char say[256];
    char advice[512];

    for (size_t i = 0; p->app.probe && i < p->provider_count; i++) {
        struct llm_probed known = llm_probe_get(p->app.probe, i);

        llm_probe_say(&known, llm_probe_provider(p->app.probe, i), say, sizeof(say));
        if (*say && !p->providers[i].finds)
            fprintf(to, "             just now %s %s\n             -> %s\n", p->providers[i].name,
                    say,
                    llm_probe_advise(&known, llm_probe_provider(p->app.probe, i), advice,
                                     sizeof(advice)));
    }
}

static void missing_key(FILE *to, const struct config_provider *provider)
{
    fprintf(to, "             %s is asked for, but its key is not set\n", provider->name);
}

void welcome_answering(FILE *to, const struct program *p)
{
    const struct llm_provider *chain = p->providers;
    size_t count = p->provider_count;
    bool first = true;

    if (p->app.answerer)
        chain = answerer_providers(p->app.answerer, &count);
    fputs("  Answering  ", to);
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(chain[i].name, "outline") ||
            (p->app.answerer && !answerer_has(p->app.answerer, i)))
            continue;
        fprintf(to, "%s%s (%s%s)", first ? "" : ", then ", chain[i].name,
                chain[i].model ? chain[i].model : "its default model",
                chain[i].finds ? ", found on this machine" : "");
        first = false;
    }
    fprintf(to, "%sthe built-in outline from your profile\n", first ? "" : ", then ");
    if (first)
        fputs("             for written-out answers: set GROQ_API_KEY, or start Ollama and set "
              "INTERVIEWD_PROVIDERS=ollama\n",
              to);
    unreached(to, p);
    for (size_t i = 0; i < p->config->provider_count; i++) {
        if (p->config->providers[i].missing_key)
            missing_key(to, &p->config->providers[i]);
    }
}

static void print_address(FILE *to, struct program *p, int port)
{
    const struct config *c = p->config;
    const char *host = c->listen_host;
    bool any = !strcmp(host, "0.0.0.0") || !strcmp(host, "::");
    bool v6 = strchr(host, ':') != NULL;

    fprintf(to, "\nInterview Assistant is ready: %s://%s%s%s:%d\n\n",
            c->tls_cert ? "https" : "http", v6 && !any ? "[" : "", any ? "localhost" : host,
            v6 && !any ? "]" : "", port);
}

/* Without a mail server nobody can sign up on the page, so the first person is told how. */
static void print_first_account(FILE *to, const struct program *p)
{
    struct store_list list;
    size_t count;

    if (!p->config->accounts || store_user_list(p->app.store, 1, NULL, &list, NULL))
        return;
    count = list.count;
    store_list_release(&list, STORE_KIND_USER);
    if (!count)
        fprintf(to,
                "  Accounts   none yet: interviewd admin add you@example.com --data %s prints a "
                "link for the first\n",
                p->config->data_dir);
}

void welcome_print(struct program *p, int port)
{
    print_address(stdout, p, port);
    welcome_hearing(stdout, p);
    welcome_answering(stdout, p);
    if (!program_web_root(p))
        puts("  Page       not built: run scripts/setup_dev.sh (the API works without it)");
    printf("  Data       %s (%s)\n", p->config->data_dir,
           p->config->accounts ? "accounts are on" : "one local owner, no account needed");
    print_first_account(stdout, p);
    puts("\nIt hears only while the page says so. Stop with Ctrl-C.");
    fflush(stdout);
}

/**
 * @file config/settings.c  The table of settings
 */
#include "config/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define AT(member)          offsetof(struct config_whole, member)
#define TEXT(m)             .kind = SETTING_TEXT, .offset = AT(m)
#define LIST(m)             .kind = SETTING_LIST, .offset = AT(m)
#define URL(m)              .kind = SETTING_URL, .offset = AT(m)
#define SWITCH(m)           .kind = SETTING_SWITCH, .offset = AT(m)
#define CHOICE(m, a)        .kind = SETTING_CHOICE, .offset = AT(m), .choices = (a)
#define NUMBER(m, from, to) .kind = SETTING_NUMBER, .offset = AT(m), .min = (from), .max = (to)

/** Address, key and model of a further service. */
#define SERVICE(i, name, key_env, title, url_help, model_help)                                     \
    {NULL,           name "-key",                                                                  \
     key_env,        TEXT(services[i].key),                                                        \
     .secret = true, .help = "Key of " title "."},                                                 \
        {NULL, name "-url", NULL, URL(services[i].url), .help = url_help},                         \
    {                                                                                              \
        NULL, name "-model", NULL, TEXT(services[i].model), .help = model_help                     \
    }
#define FIRST_LISTED "Otherwise the first that it lists."

const struct setting config_settings[] = {
    {"Serving", "listen", NULL, TEXT(listen), .otherwise = "127.0.0.1:8080",
     .help = "Address and port to listen on; port 0 takes any free one. Beyond loopback "
             "(0.0.0.0:8080) accounts are on."},
    {NULL, "data", NULL, TEXT(c.data_dir), .otherwise = "./data",
     .help = "Folder of the database, keys, models and audio. Made when it is not there."},
    {NULL, "store", NULL, TEXT(c.store),
     .help = "Address of a PostgreSQL database (postgres://user@host/database?sslmode=verify-full) "
             "in place of the file in the data folder; with a password in it not on the command "
             "line. docs/guides/postgresql.md."},
    {NULL, "config", NULL, TEXT(config_file),
     .help = "Config file; otherwise <data>/interviewd.conf when there is one."},
    {NULL, "accounts", NULL, CHOICE(accounts, "on|off"),
     .help = "Sign up and in with e-mail and password (on), or one local owner without a password "
             "(off). Off while listening on loopback only, on otherwise; off beyond loopback is "
             "refused."},
    {NULL, "web-root", NULL, TEXT(c.web_root),
     .help = "Folder of the web page's files; otherwise the one that was built beside the "
             "program."},
    {NULL, "tls-cert", NULL, TEXT(c.tls_cert),
     .help = "Certificate chain (PEM); with tls-key, serves https."},
    {NULL, "tls-key", NULL, TEXT(c.tls_key), .help = "Private key of tls-cert (PEM)."},
    {NULL, "behind-proxy", NULL, LIST(c.behind_proxy),
     .help = "Addresses or networks of the proxies in front, comma-separated (10.0.0.2, "
             "172.16.0.0/12): they end TLS, and what their Forwarded and X-Forwarded-* fields say "
             "of a client is believed. Of this machine's own proxies it always is. Accounts are "
             "on."},
    {NULL, "redirect-listen", NULL, TEXT(redirect_listen),
     .help = "Another address and port (0.0.0.0:80) that only sends browsers on to https."},
    {NULL, "origins", NULL, LIST(c.origins),
     .help = "Other sites whose pages may call this server, comma-separated: "
             "https://app.example.com"},
    {NULL, "operators", NULL, LIST(c.operators),
     .help = "With accounts: ids of the users (`id` of GET auth/me) who may fetch and remove the "
             "models that everybody is heard with, comma-separated."},
    {NULL, "max-connections", NULL, NUMBER(c.connections_max, 1, 100000), .otherwise = "2000",
     .help = "Connections at the same time; more are answered 503."},
    {NULL, "idle-timeout-ms", NULL, NUMBER(c.idle_timeout_ms, 1000, 3600000), .otherwise = "60000",
     .help = "A connection without a request is closed after this long."},
    {NULL, "request-workers", NULL, NUMBER(c.request_workers, 0, 256), .otherwise = "0",
     .help = "Threads that answer requests; 0 chooses from the cores."},
    {NULL, "watchdog-ms", NULL, NUMBER(c.watchdog_ms, 0, 3600000), .otherwise = "10000",
     .help = "When the server has not come round for this long, it says in the log where it stands "
             "and ends itself, to be started again; 0: never."},

    {NULL, "confine", NULL, SWITCH(c.confine), .otherwise = "on",
     .help = "The server gives up what it does not need (Landlock, seccomp): it writes the data "
             "folder alone. off: where something that it should reach is beyond that."},

    {"Keys and limits", "master-key", NULL, TEXT(c.master_key), .secret = true,
     .help = "Key that encrypts profiles, job descriptions and transcripts: 64 hex digits or "
             "base64 of 32 bytes, old keys behind it with commas between. Otherwise "
             "<data>/keys/master.key, made at the first start."},
    {NULL, "access-token-s", NULL, NUMBER(c.access_token_s, 5, 86400), .otherwise = "900",
     .help = "Life of an access token in seconds."},
    {NULL, "refresh-token-s", NULL, NUMBER(c.refresh_token_s, 60, 31536000), .otherwise = "2592000",
     .help = "Life of a sign-in that is not used, in seconds."},
    {NULL, "token-key", NULL, NUMBER(c.token_key, 1, 1000000), .otherwise = "1",
     .help = "Number of the key that signs access tokens, derived from the master key. One more "
             "makes a new one: tokens of the number before still count until they expire."},
    {NULL, "requests-per-minute", NULL, NUMBER(c.requests_per_minute, 0, 1000000),
     .otherwise = "100",
     .help = "Requests a signed-in user may make in a minute; 0: no limit. The local owner has "
             "none."},
    {NULL, "sign-ins-per-minute", NULL, NUMBER(c.sign_ins_per_minute, 0, 100000), .otherwise = "10",
     .help = "Sign-in attempts for one e-mail from one address in a minute, and six times as many "
             "for one e-mail from everywhere or from one address for all; 0: no limit."},
    {NULL, "strangers-per-minute", NULL, NUMBER(c.strangers_per_minute, 0, 1000000),
     .otherwise = "600",
     .help = "Requests from one address in a minute that nobody is signed in for, with accounts "
             "on; 0: no limit. The page itself is not counted."},
    {NULL, "sockets-per-user", NULL, NUMBER(c.sockets_per_user, 0, 100000), .otherwise = "32",
     .help = "WebSockets that a signed-in user may have open at the same time; 0: no limit. The "
             "local owner has none."},
    {NULL, "lines-per-user", NULL, NUMBER(c.lines_per_user, 0, 1000), .otherwise = "4",
     .help = "Streams of a signed-in user that are heard at the same time; 0: no limit. The local "
             "owner has none."},

    {NULL, "sign-ups", NULL, CHOICE(c.sign_ups, "mail|on|off"),
     .help = "Who may make an account: mail: whoever has an e-mail address, by a link that is sent "
             "there (without a mail server: nobody); on: anybody, at once, and everybody can find "
             "out who has an account; off: only whoever runs the server, with `interviewd admin "
             "add`. Otherwise mail where a mail server is set, and on where none is."},

    {"Mail", "public-url", NULL, URL(c.public_url),
     .help = "Where people reach this server (https://interview.example.com): links in mails begin "
             "with it. Otherwise the address it listens on."},
    {NULL, "smtp-url", NULL, TEXT(c.smtp_url), .secret = true,
     .help =
         "Mail server for links that set a forgotten password: "
         "smtps://user:password@mail.example.com, or smtp://…:587, which must offer TLS unless "
         "it is on this machine. Without it, `interviewd admin reset-password` makes such links."},
    {NULL, "smtp-from", NULL, TEXT(c.smtp_from),
     .help = "Sender of those mails: interview@example.com."},

    {"Sessions", "abandon-hours", NULL, NUMBER(c.abandon_hours, 1, 8760), .otherwise = "12",
     .help = "Hours after which a session in which nothing happened any more is marked as "
             "abandoned. Coming back to it makes it active again."},

    {"Recordings", "audio-keep-days", NULL, NUMBER(c.audio_keep_days, 1, 3650), .otherwise = "30",
     .help = "Days after which a recording is erased."},
    {NULL, "audio-quota-mb", NULL, NUMBER(c.audio_quota_mb, 0, 100000000), .otherwise = "2000",
     .help = "Megabytes that all recordings of a user may have together; 0: no limit."},

    {"This machine's sound", "capture", NULL, TEXT(c.capture),
     .help = "Device that the page offers first as what this machine hears, as GET audio/devices "
             "names it: the monitor of the output that a meeting program plays on. Otherwise that "
             "of the usual output."},
    {NULL, "capture-accounts", NULL, SWITCH(c.capture_accounts), .otherwise = "off",
     .help = "With accounts on: whoever signs in may have this machine's sound captured. Off: only "
             "the local owner may, with accounts off."},

    {"Log", "log-level", NULL, CHOICE(c.log_level, "error|warn|info|debug"), .otherwise = "info",
     .help = "Least severe lines that are written."},
    {NULL, "log-format", NULL, CHOICE(c.log_format, "auto|text|json"), .otherwise = "auto",
     .help = "Text for people, JSON lines for machines; auto: text on a terminal."},
    {NULL, "log-requests", NULL, SWITCH(c.log_requests), .otherwise = "off",
     .help = "A line at level info for each request: method, pattern of the route, status, "
             "milliseconds, bytes and request id. Never an address or what is asked in it."},

    {"Watching", "metrics-token", NULL, TEXT(c.metrics_token), .secret = true,
     .help =
         "With accounts, /metrics is for programs on this machine, and for those that send this "
         "as Authorization: Bearer."},
    {NULL, "sentry-dsn", "SENTRY_DSN", TEXT(c.sentry_dsn), .secret = true,
     .help = "Errors and crashes are told to this Sentry project (https://KEY@HOST/PROJECT): the "
             "line of the log, ids, version and build, nothing of a person or an interview. "
             "Otherwise to nobody."},
    {NULL, "sentry-environment", "SENTRY_ENVIRONMENT", TEXT(c.sentry_environment),
     .otherwise = "production", .help = "What these reports are sorted under."},
    {NULL, "otlp-endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", URL(c.otlp_endpoint),
     .help =
         "Requests and questions are traced, and the spans sent to this OpenTelemetry collector "
         "(http://127.0.0.1:4318, OTLP over HTTP in JSON). Otherwise nothing is traced."},
    {NULL, "otlp-headers", "OTEL_EXPORTER_OTLP_HEADERS", TEXT(c.otlp_headers), .secret = true,
     .help = "Header fields for the collector: name=value, comma-separated, values "
             "percent-encoded."},
    {NULL, "trace-share", "OTEL_TRACES_SAMPLER_ARG", TEXT(trace_share), .otherwise = "1",
     .help =
         "Share of the traces that begin here which are kept, 0 to 1. A request that comes with "
         "a traceparent is kept as that says."},
    {NULL, "service-name", "OTEL_SERVICE_NAME", TEXT(c.service_name), .otherwise = "interviewd",
     .help = "Name of this server in traces."},

    {"Hearing", "asr-engine", NULL, CHOICE(c.asr_engine, "auto|whisper|pocketsphinx|openai"),
     .otherwise = "auto",
     .help = "Recogniser. auto takes the best that is here and keeps the audio on this machine; "
             "openai sends it to a server that speaks POST /v1/audio/transcriptions."},
    {NULL, "asr-model", NULL, TEXT(c.asr_model),
     .help = "Model of a local recogniser: a file, a folder, or a name such as base.en."},
    {NULL, "asr-language", NULL, TEXT(c.asr_language), .otherwise = "en",
     .help = "Language that is spoken unless the session says otherwise; auto detects it where "
             "the recogniser can."},
    {NULL, "asr-lines", NULL, NUMBER(c.asr_lines_max, 0, 1000), .otherwise = "0",
     .help = "Streams that are heard at the same time; 0: four a core."},
    {NULL, "asr-preload", NULL, SWITCH(c.asr_preload), .otherwise = "on",
     .help = "Load the model at start rather than at the first word."},
    {NULL, "asr-url", NULL, URL(c.asr_url),
     .help = "Base address for asr-engine openai. Otherwise Groq's or OpenAI's, whichever key "
             "is set."},
    {NULL, "asr-key", NULL, TEXT(c.asr_key), .secret = true, .help = "Key for asr-url."},
    {NULL, "asr-name", NULL, TEXT(c.asr_name),
     .help = "Model name at asr-url, such as whisper-large-v3-turbo."},
    {NULL, "whisper-threads", NULL, NUMBER(c.whisper_threads, 0, 256), .otherwise = "0",
     .help = "Threads for one decode of the whisper recogniser; 0: chosen from the cores."},
    {NULL, "whisper-pad-ms", NULL, NUMBER(c.whisper_pad_ms, 0, 30000), .otherwise = "0",
     .help = "Silence that the whisper recogniser hears behind the audio; 30000: a whole window "
             "of 30 s, slow and exactly as trained; 0: its default, 500."},
    {NULL, "model-url", NULL, URL(c.model_url), .help = "Mirror for `interviewd models get`."},
    {NULL, "fetch-models", NULL, SWITCH(c.fetch_models), .otherwise = "on",
     .help = "When somebody chooses a language that no model here hears, fetch one that does "
             "(base-q8_0, 82 MB)."},
    {NULL, "turn", NULL, CHOICE(c.turn, "quick|balanced|patient"), .otherwise = "balanced",
     .help = "When somebody has finished speaking: quick answers sooner and cuts more pauses, "
             "patient lets people think. Needs the models vad and turn; without them "
             "vad-hangover-ms decides."},
    {NULL, "vad-pre-roll-ms", NULL, NUMBER(c.vad_pre_roll_ms, 0, 2000), .otherwise = "300",
     .help = "Audio kept from before speech was noticed, so that no first word is clipped."},
    {NULL, "vad-eager-ms", NULL, NUMBER(c.vad_eager_ms, 40, 5000), .otherwise = "160",
     .help = "Silence after which a question looks finished and its answer is begun, where "
             "the model vad is absent."},
    {NULL, "vad-hangover-ms", NULL, NUMBER(c.vad_hangover_ms, 60, 10000), .otherwise = "350",
     .help = "Silence after which it is finished, likewise."},

    {"Answering", "providers", NULL, LIST(chain),
     .help = "Chain of answer providers in the order they are tried, from: groq, openai, "
             "openrouter, together, azure, lmstudio, llamacpp, vllm, litellm, compatible, ollama, "
             "outline. Otherwise those that are configured, then what find-local finds; the "
             "built-in outline is always last."},
    {NULL, "find-local", NULL, SWITCH(c.find_local), .otherwise = "on",
     .help = "Without providers: use a language model that is served on this machine at the usual "
             "address of Ollama (11434), LM Studio (1234), llama.cpp (8080) or vLLM (8000)."},
    {NULL, "own-keys", NULL, SWITCH(c.own_keys), .otherwise = "on",
     .help = "Whoever is signed in may choose among the providers and bring keys of their own, in "
             "the settings of the page. Off: everybody is answered by what is set here."},
    {NULL, "groq-key", "GROQ_API_KEY", TEXT(groq_key), .secret = true,
     .help = "Key of Groq (https://console.groq.com)."},
    {NULL, "groq-model", NULL, TEXT(groq_model), .otherwise = "llama-3.3-70b-versatile",
     .help = "Model at Groq."},
    {NULL, "groq-url", NULL, URL(groq_url), .otherwise = "https://api.groq.com/openai/v1",
     .help = "Address of Groq."},
    {NULL, "openai-key", "OPENAI_API_KEY", TEXT(openai_key), .secret = true,
     .help = "Key of OpenAI, or of the server at openai-url."},
    {NULL, "openai-model", NULL, TEXT(openai_model), .otherwise = "gpt-4o-mini",
     .help = "Model at OpenAI, or at openai-url."},
    {NULL, "openai-url", NULL, URL(openai_url), .otherwise = "https://api.openai.com/v1",
     .help = "Address of OpenAI, or of any server that speaks its protocol. Elsewhere than at "
             "OpenAI the key may be left out."},
    {NULL, "ollama-host", "OLLAMA_HOST", .kind = SETTING_OLLAMA, .offset = AT(ollama_url),
     .help = "Where Ollama listens, as Ollama spells it: 127.0.0.1:11434. Setting it puts Ollama "
             "into the chain."},
    {NULL, "ollama-model", NULL, TEXT(ollama_model), .otherwise = "llama3.2",
     .help = "Model at Ollama."},
    SERVICE(0, "openrouter", "OPENROUTER_API_KEY", "OpenRouter (https://openrouter.ai)",
            "Address of OpenRouter. Otherwise https://openrouter.ai/api/v1.",
            "Model at OpenRouter. Otherwise meta-llama/llama-3.3-70b-instruct."),
    SERVICE(1, "together", "TOGETHER_API_KEY", "Together AI (https://together.ai)",
            "Address of Together AI. Otherwise https://api.together.xyz/v1.",
            "Model at Together AI. Otherwise meta-llama/Llama-3.3-70B-Instruct-Turbo."),
    SERVICE(2, "azure", "AZURE_OPENAI_API_KEY", "Azure OpenAI",
            "Address of your resource: https://NAME.openai.azure.com/openai/v1, or that of a "
            "deployment with its api-version as Azure shows it.",
            "Name of the deployment. Otherwise gpt-4o-mini."),
    SERVICE(3, "lmstudio", NULL, "LM Studio, where it asks for one",
            "Address of LM Studio's server. Otherwise http://127.0.0.1:1234/v1.",
            "Model at LM Studio. " FIRST_LISTED),
    SERVICE(4, "llamacpp", NULL, "llama.cpp's server, where it asks for one",
            "Address of llama.cpp's server. Otherwise http://127.0.0.1:8080/v1.",
            "Model at llama.cpp's server. " FIRST_LISTED),
    SERVICE(5, "vllm", NULL, "vLLM, where it asks for one",
            "Address of vLLM. Otherwise http://127.0.0.1:8000/v1.", "Model at vLLM. " FIRST_LISTED),
    SERVICE(6, "litellm", NULL, "LiteLLM's proxy, where it asks for one",
            "Address of LiteLLM's proxy. Otherwise http://127.0.0.1:4000/v1.",
            "Model at LiteLLM's proxy. " FIRST_LISTED),
    SERVICE(7, "compatible", NULL, "the server at compatible-url, where it asks for one",
            "Address of any other server that speaks OpenAI's chat/completions. Setting it puts "
            "it into the chain.",
            "Model at compatible-url. " FIRST_LISTED),
    {NULL, "answer-max-tokens", NULL, NUMBER(c.answer_max_tokens, 16, 8192), .otherwise = "400",
     .help = "Longest answer."},
    {NULL, "first-token-max-ms", NULL, NUMBER(c.first_token_max_ms, 100, 120000),
     .otherwise = "8000",
     .help = "A provider that has not begun to answer by then is replaced by the next."},
    {NULL, "local-first-token-max-ms", NULL, NUMBER(c.local_first_token_max_ms, 100, 600000),
     .otherwise = "60000",
     .help = "The same of a model on this machine; the built-in answer stands meanwhile."},
};

const size_t config_setting_count = sizeof(config_settings) / sizeof(config_settings[0]);

_Static_assert(sizeof(config_settings) / sizeof(config_settings[0]) <= SETTINGS_MAX,
               "make SETTINGS_MAX larger");

const char *setting_env(const struct setting *s, char text[static 64])
{
    size_t n;

    if (s->env)
        return s->env;
    n = (size_t)snprintf(text, 64, "INTERVIEWD_%s", s->name);
    for (size_t i = 0; i < n && i < 63; i++)
        text[i] = text[i] == '-' ? '_' : (char)toupper((unsigned char)text[i]);
    return text;
}

const struct setting *setting_by_env(const char *env)
{
    char text[64];

    for (size_t i = 0; i < config_setting_count; i++)
        if (strcmp(setting_env(&config_settings[i], text), env) == 0)
            return &config_settings[i];
    return NULL;
}

const struct setting *setting_by_flag(const char *name, size_t len)
{
    for (size_t i = 0; i < config_setting_count; i++)
        if (strlen(config_settings[i].name) == len &&
            strncmp(config_settings[i].name, name, len) == 0)
            return &config_settings[i];
    return NULL;
}

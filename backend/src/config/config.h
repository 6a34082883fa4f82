/**
 * @file config/config.h  Every setting, read once at start and checked
 *
 *     struct config *config;
 *     if (config_load(&config, argc - 2, argv + 2, NULL, &why))    // what follows the command
 *         ...                                                      // err.text is for the person
 *     config->listen_port, config->providers[0].url, config->arg_count ...
 *     config_free(config);
 *
 * One static table (config/settings.c) names each setting with its variable, default, range and
 * help line; .env.example and docs/guides/configuration.md are printed from it. A later source
 * wins over an earlier one:
 *
 *     default  <  config file  <  environment  <  command line
 *
 * The config file is --config FILE (or INTERVIEWD_CONFIG), otherwise <data>/interviewd.conf when
 * it exists: lines of KEY=value with the variables' names, # comments (config/file.c). Keys and
 * passwords are refused on the command line, where every user of the machine could read them.
 *
 * Threads    config_load() once at start; then read-only, any thread.
 * Errors     UV_EINVAL with "<where>: <setting> ...", UV_ENOENT for a --config file that is not
 *            there. Never the value of a secret.
 * Ownership  Every string in struct config lives until config_free().
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONFIG_PROVIDERS_MAX = 11,  /**< Answer providers in one chain */
    CONFIG_FILE_MAX = 64 << 10, /**< Largest config file, [bytes] */
    CONFIG_VALUE_MAX = 4096,    /**< Longest value, [bytes] */
};

/** One answer provider of the chain, in the order in which it is tried. */
struct config_provider {
    const char *name;   /**< "groq", "openai", "ollama", "compatible", "outline" … */
    const char *driver; /**< "openai", "ollama", "outline" (llm/driver.h) */
    const char *url;    /**< Base address without trailing slash; NULL for outline */
    const char *key;    /**< NULL when there is none */
    const char *model;
    bool local;       /**< Its address is of this machine */
    bool any_model;   /**< No model was named: .model is used until the server's list is known */
    bool missing_key; /**< Asked for by INTERVIEWD_PROVIDERS, but its key is not set */
};

struct config {
    /* serving */
    const char *listen_host; /**< "127.0.0.1", "::1" (no brackets), "0.0.0.0", a name */
    int listen_port;         /**< 0: any free port */
    bool beyond_loopback;    /**< Other machines can connect */
    bool accounts;           /**< Accounts on; off: one local owner */
    const char *data_dir;
    const char *web_root; /**< NULL: found beside the executable, see main.c */
    const char *tls_cert; /**< NULL: plain HTTP */
    const char *tls_key;
    const char *const *origins; /**< Allowed cross-site origins, NULL-terminated, never NULL */
    size_t origin_count;
    const char *const *operators; /**< Users who may change what everybody hears with; likewise */
    size_t operator_count;
    const char *const *behind_proxy; /**< Proxies in front, NULL-terminated, never NULL */
    size_t behind_proxy_count;
    const char *redirect_host; /**< Plain HTTP that only sends people to https; NULL: none */
    int redirect_port;
    int connections_max;
    int idle_timeout_ms;
    int request_workers; /**< 0: chosen from the cores */
    int watchdog_ms;     /**< 0: off */

    /* keys and limits */
    const char *master_key;   /**< NULL: the key file <data>/keys/master.key */
    int access_token_s;       /**< Life of an access token, [s] */
    int refresh_token_s;      /**< Life of a refresh token, [s] */
    int token_key;            /**< Number of the key that signs access tokens */
    int requests_per_minute;  /**< Per signed-in user; 0: no limit */
    int strangers_per_minute; /**< Requests without a sign-in, per address; 0: no limit */
    int sign_ins_per_minute;  /**< Per address and e-mail; 0: no limit */
    const char *sign_ups;     /**< "mail", "on" or "off": who may make an account */
    int sockets_per_user;     /**< WebSockets of a signed-in user at a time; 0: no limit */
    int lines_per_user;       /**< Recogniser streams of the same; 0: no limit */

    /* mail */
    const char *public_url; /**< Where people reach the server; NULL: where it listens */
    const char *smtp_url;   /**< smtp://… or smtps://…, with user and password; NULL: no mail */
    const char *smtp_from;  /**< Sender */

    /* sessions */
    int abandon_hours; /**< A session in which nothing happens for so long is abandoned */

    /* recordings */
    int audio_keep_days;   /**< Then one is erased */
    int audio_quota_mb;    /**< Most that a user's recordings take; 0: no limit */
    const char *capture;   /**< Device of this machine that is heard unless another one is named;
                              NULL:   what its usual output plays */
    bool capture_accounts; /**< With accounts on, their owners may have it captured too */

    /* log */
    const char *log_level;  /**< "error", "warn", "info", "debug" */
    const char *log_format; /**< "auto", "text", "json" */
    bool log_requests;      /**< A line for each request */

    /* watching */
    const char *metrics_token; /**< Opens /metrics to others than this machine; NULL: none */
    const char *sentry_dsn;    /**< NULL: errors are not reported */
    const char *sentry_environment;
    const char *otlp_endpoint; /**< Without trailing slash; NULL: nothing is traced */
    const char *otlp_headers;
    const char *service_name;
    double trace_share; /**< Of what begins here, 0 to 1 */

    /* hearing */
    const char *asr_engine;   /**< "auto", "whisper", "pocketsphinx", "openai" */
    const char *asr_model;    /**< File, folder or name of a local model; NULL: the engine looks */
    const char *asr_url;      /**< Remote engine: base address */
    const char *asr_key;      /**< Remote engine; NULL: none */
    const char *asr_name;     /**< Remote engine: model name */
    const char *asr_language; /**< "en", "de" …, "auto" */
    int asr_lines_max;        /**< Streams at the same time; 0: 4 a core */
    bool asr_preload;         /**< Load the model at start */
    int whisper_threads;      /**< 0: the engine decides */
    int whisper_pad_ms;       /**< Silence heard behind the audio; 0: the engine decides */
    const char *model_url;    /**< Mirror for `models get`; NULL: the usual one */
    bool confine;             /**< Files beyond the data folder are given up */
    bool fetch_models;        /**< The model that a chosen language needs is fetched by itself */
    const char *turn;         /**< "quick", "balanced", "patient" */
    int vad_pre_roll_ms;
    int vad_eager_ms;
    int vad_hangover_ms;

    /* answering */
    struct config_provider providers[CONFIG_PROVIDERS_MAX]; /**< "outline" is not in it unless
                                                                 named: it is always the last */
    size_t provider_count;
    struct config_provider usual[CONFIG_PROVIDERS_MAX]; /**< All whose address is known, in no
                                                             chain, for who has a key for one */
    size_t usual_count;
    bool own_keys;   /**< Users may choose providers and bring keys of their own */
    bool find_local; /**< No chain was given: look for servers of models on this machine */
    int answer_max_tokens;
    int first_token_max_ms;       /**< Then the next provider is tried */
    int local_first_token_max_ms; /**< The same for one on this machine */

    /* what was left on the command line, in order: files, and flags of the command itself */
    const char **args;
    size_t arg_count;
    const char *file; /**< The config file that was read; NULL if none */

    struct config_inner *inner;
};

/** argv: what follows the command's name. env: NULL for the process's own. */
int config_load(struct config **cp, int argc, char *const *argv, char *const *env,
                struct errbuf *why);
void config_free(struct config *config); /**< NULL is allowed */

/** <data>/name, in memory of the config. NULL when out of memory. */
const char *config_path(const struct config *config, const char *name);

/** The sentence for an unknown flag, with the nearest one that exists. */
int config_unknown_flag(const char *flag, struct errbuf *why);

/* Printed from the table: tests hold the files in the repository to it. */
/** May a server be started with this? Beyond loopback it needs TLS, its own or a proxy's. */
int config_may_serve(const struct config *c, struct errbuf *why);

int config_write_env(struct buf *out);  /**< .env.example */
int config_write_docs(struct buf *out); /**< docs/guides/configuration.md */
int config_write_help(struct buf *out); /**< The flags, for --help */

/** OLLAMA_HOST as Ollama spells it ("host", ":port", "0.0.0.0", "https://host/path" …) as the
 *  address to call: http://127.0.0.1:11434. 0 or UV_EINVAL. Caller frees *url. */
int config_ollama_url(const char *text, char **url);

/** Is it a name or address of this machine only: 127.0.0.0/8, ::1, localhost? */
bool config_is_loopback(const char *host);
/** The same for the host of this http(s) address. */
bool config_url_is_local(const char *url);

#endif

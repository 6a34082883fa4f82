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
 * overrides an earlier one:
 *
 *     default  <  config file  <  environment  <  command line
 *
 * The config file is --config FILE (or INTERVIEWD_CONFIG), otherwise <data>/interviewd.conf if it
 * exists: lines of KEY=value with the variables' names, # comments (config/file.c). Keys and
 * passwords are refused on the command line, where every user of the machine could read them.
 *
 * Threads    config_load() once at start; then read-only, any thread.
 * Errors     UV_EINVAL with "<where>: <setting> ...", UV_ENOENT for a --config file that does not
 *            exist. The sentence never contains a secret.
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
    CONFIG_FILE_MAX = 64 << 10, /**< Largest config file [bytes] */
    CONFIG_VALUE_MAX = 4096,    /**< Longest value [bytes] */
};

/** One answer provider of the chain; they are tried in order. */
struct config_provider {
    const char *name;   /**< "groq", "openai", "ollama", "compatible", "outline" … */
    const char *driver; /**< "openai", "ollama", "outline" (llm/driver.h) */
    const char *url;    /**< Base address without trailing slash; NULL for outline */
    const char *key;    /**< NULL: none */
    const char *model;
    bool local;       /**< Its address is on this machine */
    bool any_model;   /**< No model was named: .model is used until the server's list is known */
    bool missing_key; /**< Named in INTERVIEWD_PROVIDERS, but its key is not set */
};

struct config {
    /* serving */
    const char *listen_host; /**< "127.0.0.1", "::1" (no brackets), "0.0.0.0", a name */
    int listen_port;         /**< 0: any free port */
    bool beyond_loopback;    /**< Other machines can connect */
    bool accounts;           /**< Accounts on; off: one local owner */
    const char *data_dir;
    const char *store;    /**< postgres://…; NULL: a file in the data folder */
    const char *web_root; /**< NULL: found beside the executable, see main.c */
    const char *tls_cert; /**< NULL: plain HTTP */
    const char *tls_key;
    const char *const *origins; /**< Allowed cross-site origins, NULL-terminated, never NULL */
    size_t origin_count;
    const char *const *operators; /**< Users who may change the recogniser for everybody;
                                       likewise */
    size_t operator_count;
    const char *const *behind_proxy; /**< Proxies in front, NULL-terminated, never NULL */
    size_t behind_proxy_count;
    const char *redirect_host; /**< Where plain HTTP redirects to https; NULL: nowhere */
    int redirect_port;
    int connections_max;
    int idle_timeout_ms;
    int request_workers; /**< 0: depends on the cores */
    int watchdog_ms;     /**< 0: off */

    /* keys and limits */
    const char *master_key;   /**< NULL: the key file <data>/keys/master.key */
    int access_token_s;       /**< Lifetime of an access token [s] */
    int refresh_token_s;      /**< Lifetime of a refresh token [s] */
    int token_key;            /**< Number of the key that signs access tokens */
    int requests_per_minute;  /**< Per signed-in user; 0: no limit */
    int strangers_per_minute; /**< Requests without sign-in, per address; 0: no limit */
    int sign_ins_per_minute;  /**< Per address and e-mail; 0: no limit */
    const char *sign_ups;     /**< "mail", "on" or "off": who may create an account; NULL: by
                                   whether there is a mail server */
    int sockets_per_user;     /**< Most open WebSockets of a signed-in user; 0: no limit */
    int lines_per_user;       /**< Most recogniser streams of a signed-in user; 0: no limit */

    /* mail */
    const char *public_url; /**< Public address of the server; NULL: where it listens */
    const char *smtp_url;   /**< smtp://… or smtps://…, with user and password; NULL: no mail */
    const char *smtp_from;  /**< Sender */

    /* sessions */
    int abandon_hours; /**< Idle time after which a session is abandoned */

    /* recordings */
    int audio_keep_days;   /**< A recording is erased after this time */
    int audio_quota_mb;    /**< Most that one user's recordings may take; 0: no limit */
    const char *capture;   /**< Default capture device on this machine; NULL: what its default
                                output plays */
    bool capture_accounts; /**< With accounts on, their owners may use it too */

    /* log */
    const char *log_level;  /**< "error", "warn", "info", "debug" */
    const char *log_format; /**< "auto", "text", "json" */
    bool log_requests;      /**< A line for each request */

    /* watching */
    const char *metrics_token; /**< Lets other machines read /metrics; NULL: none */
    const char *sentry_dsn;    /**< NULL: errors are not reported */
    const char *sentry_environment;
    const char *otlp_endpoint; /**< Without trailing slash; NULL: no tracing */
    const char *otlp_headers;
    const char *service_name;
    double trace_share; /**< Share of the traces begun here that is kept, 0 to 1 */

    /* hearing */
    const char *asr_engine;   /**< "auto", "whisper", "pocketsphinx", "openai" */
    const char *asr_model;    /**< File, folder or name of a local model; NULL: the engine
                                   chooses */
    const char *asr_url;      /**< Remote engine: base address */
    const char *asr_key;      /**< Remote engine; NULL: none */
    const char *asr_name;     /**< Remote engine: model name */
    const char *asr_language; /**< "en", "de" …, "auto" */
    int asr_lines_max;        /**< Streams at the same time; 0: 4 per core */
    bool asr_preload;         /**< Load the model at start */
    int whisper_threads;      /**< 0: the engine decides */
    int whisper_pad_ms;       /**< Silence appended to the audio; 0: the engine decides */
    const char *model_url;    /**< Mirror for `models get`; NULL: the usual one */
    bool confine;             /**< Access to files outside the data folder is given up */
    bool fetch_models;        /**< The model for a chosen language is fetched automatically */
    const char *turn;         /**< "quick", "balanced", "patient" */
    int vad_pre_roll_ms;
    int vad_eager_ms;
    int vad_hangover_ms;

    /* answering */
    struct config_provider providers[CONFIG_PROVIDERS_MAX]; /**< "outline" is only in it if named:
                                                                 it is always the last */
    size_t provider_count;
    struct config_provider usual[CONFIG_PROVIDERS_MAX]; /**< All providers whose address is known,
                                                             for users with a key of their own */
    size_t usual_count;
    bool own_keys;   /**< Users may choose providers and use their own keys */
    bool find_local; /**< No chain was given: look for model servers on this machine */
    int answer_max_tokens;
    int first_token_max_ms;       /**< Afterwards the next provider is tried */
    int local_first_token_max_ms; /**< The same for one on this machine */

    /* the rest of the command line, in order: files, and the command's own flags */
    const char **args;
    size_t arg_count;
    const char *file; /**< The config file that was read; NULL: none */

    struct config_inner *inner;
};

/** argv: what follows the command's name. env: NULL for the process's own environment. */
int config_load(struct config **cp, int argc, char *const *argv, char *const *env,
                struct errbuf *why);
void config_free(struct config *config); /**< NULL is allowed */

/** <data>/name, in memory that belongs to the config. NULL if out of memory. */
const char *config_path(const struct config *config, const char *name);

/** The error for an unknown flag, suggesting the nearest one. */
int config_unknown_flag(const char *flag, struct errbuf *why);

/* Printed from the table; tests compare the files in the repository with it. */
/** May a server start with this? Beyond loopback it needs TLS, its own or a proxy's. */
int config_may_serve(const struct config *c, struct errbuf *why);

int config_write_env(struct buf *out);  /**< .env.example */
int config_write_docs(struct buf *out); /**< docs/guides/configuration.md */
int config_write_help(struct buf *out); /**< The flags, for --help */

/** A setting as people are told of it. Texts belong to the table. */
struct config_shown {
    const char *group;     /**< Heading; NULL: as the one before */
    const char *flag;      /**< Without "--"; NULL: a secret, which has none */
    char env[64];          /**< Its variable */
    const char *choices;   /**< "auto|text|json"; NULL: anything */
    const char *otherwise; /**< Default; NULL: unset */
    const char *help;
};

/** The i-th setting, from 0; false past the last one. */
bool config_show(size_t i, struct config_shown *shown);

/** Parses OLLAMA_HOST in Ollama's syntax ("host", ":port", "0.0.0.0", "https://host/path" …) into
 *  the address to call: http://127.0.0.1:11434. 0 or UV_EINVAL. Caller frees *url. */
int config_ollama_url(const char *text, char **url);

/** Is it a loopback name or address: 127.0.0.0/8, ::1, localhost? */
bool config_is_loopback(const char *host);
/** The same for the host of this http(s) address. */
bool config_url_is_local(const char *url);

#endif

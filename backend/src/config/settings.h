/**
 * @file config/settings.h  The table of settings; private to config/
 *
 * To add a setting: a member in struct config (or in struct config_whole if the rest of the program
 * should not see it), a line in settings.c, then print .env.example and the guide again (the
 * failing test says how).
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "config/config.h"

enum setting_kind {
    SETTING_TEXT,   /**< Any line of text */
    SETTING_CHOICE, /**< One of a|b|c */
    SETTING_NUMBER, /**< Whole number in [min, max] */
    SETTING_SWITCH, /**< on or off (true, false, 1, 0, yes, no) */
    SETTING_LIST,   /**< Comma-separated; const char *const * and, right after it, size_t */
    SETTING_URL,    /**< http:// or https://, without trailing slash */
    SETTING_OLLAMA, /**< In Ollama's syntax for OLLAMA_HOST */
};

struct setting {
    const char *group; /**< Heading in the guide; NULL: the previous one */
    const char *name;  /**< Flag without "--"; the variable is INTERVIEWD_ plus it in capitals */
    const char *env;   /**< Another common name of the variable; NULL: derived from the name */
    enum setting_kind kind;
    size_t offset;         /**< In struct config_whole */
    const char *otherwise; /**< Default as text; NULL: unset */
    int64_t min;
    int64_t max;
    const char *choices;
    bool secret; /**< Never a flag, never printed */
    const char *help;
};

/** Where a value came from, for messages. */
struct setting_value {
    char *text;
    char where[64]; /**< "environment", "interviewd.conf line 3", "command line", "default" */
};

enum { SETTINGS_MAX = 112 };

/** Services besides Groq, OpenAI and Ollama, in the order of config/providers.c. */
enum { SETTINGS_SERVICES = 8 };

struct setting_service {
    const char *url, *key, *model;
};

/** What the table fills: the public struct comes first, so that the two pointers convert. */
struct config_whole {
    struct config c;
    const char *listen;
    const char *redirect_listen;
    const char *accounts;
    const char *trace_share;
    const char *const *chain; /* as given; NULL: derived from what is configured */
    size_t chain_count;
    const char *groq_url, *groq_key, *groq_model;
    const char *openai_url, *openai_key, *openai_model;
    const char *ollama_url, *ollama_model;
    struct setting_service services[SETTINGS_SERVICES];
    const char *config_file;
    struct setting_value values[SETTINGS_MAX]; /* indexed like config_settings */
    void *memory[2 * SETTINGS_MAX + 256];      /* everything to free */
    size_t memory_count;
};

extern const struct setting config_settings[];
extern const size_t config_setting_count;

/** The variable's name; in static memory of the table or in `text`. */
const char *setting_env(const struct setting *s, char text[static 64]);
const struct setting *setting_by_env(const char *env);
/** Writes the variable whose name is most like key to text; false if none is close. */
bool setting_nearest(const char *key, char text[static 64]);
const struct setting *setting_by_flag(const char *name, size_t len);

/** Hands p to the config, which will free it. NULL: p was NULL, or there is no room; p is then
 *  freed at once. */
void *config_keep(struct config_whole *w, void *p);

/** Fills w->values from every source, w->c.args and w->c.file; converts nothing yet. */
int config_collect(struct config_whole *w, int argc, char *const *argv, char *const *env,
                   struct errbuf *why);

/** Chooses the remote recogniser: the configured address, or the usual one for a configured key, or
 *  none. A key is only ever sent to its own server. */
void config_derive_remote_asr(struct config_whole *w);
/** The providers in order: the named ones, or all that are configured. */
int config_derive_chain(struct config_whole *w, struct errbuf *why);

/** Parses a config file. fn returns 0 or an error that stops the parsing. Pure: fuzzed. */
int config_parse_file(const char *text, size_t len,
                      int (*fn)(const char *key, const char *value, int line, void *arg,
                                struct errbuf *why),
                      void *arg, struct errbuf *why);

/** "127.0.0.1:8080", "[::1]:8080", "localhost:0", ":8080" (every address). Caller frees *host. */
int config_parse_listen(const char *text, char **host, int *port);
/** http(s)://host[:port][/path] without spaces or credentials. */
bool config_url_valid(const char *text);

#endif

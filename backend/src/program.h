/**
 * @file program.h  Opening and closing the parts of interviewd, and the commands that use them
 *
 *     struct program p;
 *     program_open(&p, argc, argv, PROGRAM_STORE | PROGRAM_HEARING | PROGRAM_ANSWERS);
 *     ... p.app is what request handlers and commands work with ...
 *     program_close(&p);
 *
 * Parts are opened in the order in which they need each other and closed in reverse.
 *
 * Threads    Main thread only; the loop runs on it too.
 * Errors     Printed on standard error; the return value is the exit status.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "api/app.h"
#include "asr/hub.h"
#include "config/config.h"
#include "folder.h"
#include "live/live.h"
#include "store/store.h"

enum {
    PROGRAM_STORE = 1 << 0,    /**< Store, keys and accounts */
    PROGRAM_HEARING = 1 << 1,  /**< Loop, workers, client and recogniser */
    PROGRAM_ANSWERS = 1 << 2,  /**< Providers and live interviews; needs both others */
    PROGRAM_NO_KEEP = 1 << 3,  /**< Questions and answers are not written to the store */
    PROGRAM_DEAF_TOO = 1 << 5, /**< Continue without a recogniser: typed questions still work */
    PROGRAM_SERVES = 1 << 6,   /**< The only server of its data folder */
    PROGRAM_ENGINES = 1 << 4,  /**< Only loop, client and providers, nothing loaded: for doctor */
};

enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,   /**< A wrong setting or argument */
    EXIT_NOTHING = 3, /**< Nothing was heard */
    EXIT_HUNG = 4,    /**< The server did not stop when asked to: loop/watchdog.h */
    EXIT_DATA = 5,    /**< A person must look at the data folder first; restarting does not help */
};

#define FOLDER_LOCK "interviewd.lock"
#define KEYS_LOCK   "keys.lock"
#define KEY_FILE    "keys/master.key"

enum { PROGRAM_FOUND_MAX = 4 }; /**< Model servers that are looked for on this machine */

struct program {
    struct app app;
    struct config *config;
    struct llm_provider providers[CONFIG_PROVIDERS_MAX + PROGRAM_FOUND_MAX];
    size_t provider_count;
    struct llm_provider usual[CONFIG_PROVIDERS_MAX]; /* of config.usual */
    struct asr_hub_config hub;
    struct folder_lock lock;
    struct folder_lock seals; /* held by a command that seals while a server runs */
    struct disk_watch *disk_watch;
    struct sentry *sentry;
    struct otlp *otlp;
    struct upkeep *upkeep;
    int status; /**< Exit status if opening failed; 0: EXIT_FAILED */
};

/** Opens the store that the settings name; of params only what does not say where it is. */
int program_open_store(const struct config *c, const struct store_params *params,
                       struct store **store, struct errbuf *why);

/** Sets app->url, the address for people: the setting public-url, or this port where it listens. */
void program_set_url(struct program *p, int port);

int program_open(struct program *p, int argc, char **argv, unsigned parts);
void program_close(struct program *p);

/** The program was asked to stop: sends pending reports now. */
void program_stopping(struct program *p);

/** The folder of the page's files: the configured one, else the one next to the executable; NULL:
 *  none. */
const char *program_web_root(struct program *p);

/** The settings for a local or a remote recogniser. */
struct asr_model_params program_asr_params(const struct program *p, bool remote);

/** Give up what a server does not need, before anything else is opened: sets app->confined. */
void program_confine(struct program *p);
void program_say_confined(const struct program *p); /**< Logs it, once there is a log */

/** For a command that takes only settings: EXIT_OK, or EXIT_USAGE after reporting an unknown
 *  argument. */
int program_no_arguments(const struct program *p);

/** Reports an argument that the command does not know and suggests what may be meant.
 *  EXIT_USAGE. */
int program_unknown(const char *arg);

/** Print "interviewd: <text>" to standard error and return EXIT_FAILED. */
int program_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** A command of the program, as main.c lists them and the manual tells of them. */
struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments; /**< "": settings only */
    const char *help;      /**< To be read behind "to" */
};

/* The commands: they take what follows the command's name and return the exit status. */
int command_serve(int argc, char **argv);
int command_transcribe(int argc, char **argv);
int command_ask(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_keys(int argc, char **argv);
int command_models(int argc, char **argv);
int command_admin(int argc, char **argv);

#endif

/**
 * @file api/app.h  The running server as its request handlers see it
 *
 * main.c fills one of these and gives it to http_server_open(); a handler finds it in req->app.
 * Everything is opened before the first request and closed after the last one, so a handler may use
 * any member without checking it, except those marked (optional).
 *
 * Threads    The members are fixed while requests run; each one's own header says who may call it.
 * Ownership  main.c opens and closes everything here.
 */
#ifndef API_APP_H
#define API_APP_H

#include "api/recogniser.h"
#include "asr/engine.h"
#include "base/error.h"
#include "base/slots.h"
#include "net/http.h"
#include "store/store.h"

#include <stdbool.h>

struct accounts;
struct answerer;
struct blob_store;
struct capture;
struct asr_hub;
struct asr_nets;
struct config;
struct http_client;
struct lanes;
struct live_registry;
struct models_shelf;
struct llm_probe;
struct loop;
struct presence;
struct ratelimit;
struct recordings;
struct resealer;
struct search;
struct seal;
struct transcriber;

enum { APP_URL_MAX = 320 };

struct app {
    const struct config *config;
    const char *confined;  /**< "full", "partial" or "none": loop/confine.h */
    char url[APP_URL_MAX]; /**< Public address for links in mails, without a trailing slash */
    struct loop *loop;
    struct lanes *lanes; /**< Workers for blocking work */
    struct http_client *client;
    struct store *store;
    struct seal *seal;
    struct accounts *accounts;
    struct search *search;            /**< (optional) Search in transcripts */
    struct blob_store *blobs;         /**< (optional) The audio of recordings */
    struct slots sockets;             /**< Open WebSockets by id; loop thread, api/socket.c */
    struct presence *presence;        /**< (optional) Who has a socket open */
    struct ratelimit *user_limit;     /**< Per signed-in user; NULL: none */
    struct ratelimit *sign_in_limit;  /**< Per address and e-mail; NULL: none */
    struct ratelimit *address_limit;  /**< Sign-ins per address; NULL: none */
    struct ratelimit *stranger_limit; /**< Requests without sign-in, per address; NULL: none */
    struct ratelimit *account_limit;  /**< Sign-ins per e-mail; NULL: none */
    struct ratelimit *audit_limit;    /**< Refusals that are logged per address; NULL: all */
    struct asr_hub *hub;              /**< (optional) */
    struct asr_nets *nets;            /**< (optional) */
    struct recogniser *recogniser;    /**< (optional) Which one was chosen; NULL: none ever */
    struct models_shelf *shelf;       /**< (optional) Models that are fetched while the server
                                           runs */
    struct answerer *answerer;        /**< (optional) */
    struct live_registry *live;       /**< (optional) Interviews in progress */
    struct capture *capture;          /**< (optional) Audio capture on this machine; used with
                                           live */
    struct llm_probe *probe;          /**< (optional) For answerer_providers(), in their order */
    struct resealer *resealer;        /**< (optional) Reseals what old keys sealed */
    struct transcriber *transcriber;  /**< (optional) Recordings that are transcribed in the
                                           background */
    struct recordings *recordings;    /**< (optional) Retention of recordings; with blobs */
};

/** The recogniser in use: the chosen one, else the configured one. */
struct recogniser_choice app_recogniser(const struct app *app);
struct asr_hub_config;
/** Settings of the hub for it; other fields of *hub are unchanged. */
void app_hub_config(const struct app *app, struct asr_hub_config *hub);
/** Its settings, for a local or a remote recogniser. */
struct asr_model_params app_asr_params(const struct app *app, bool remote);
/** The same for a choice that is not in effect. */
struct asr_model_params app_asr_params_of(const struct app *app,
                                          const struct recogniser_choice *choice, bool remote);

/** http_config.before: authenticates ROUTE_AUTH requests and applies their rate limits. */
int api_before(struct http_request *req, struct http_response *res);

/** http_config.handled: records what was done or refused in the audit log. */
void api_audit(const struct http_request *req, const struct http_response *res);
/** The same for a request that the before hook answered. */
void api_audit_refused(const struct http_request *req, const struct http_response *res);

/** The client in the form that the audit log keeps: its address, and a hash of the program. */
struct api_origin {
    char address[64];
    char agent[17];
};
void api_origin(const struct http_request *req, struct api_origin *origin);

/** Writes one event; a failure is logged. status: as in HTTP. Not on the loop thread. */
void api_audit_say(const struct api_origin *origin, const char *user, const char *action,
                   const char *kind, const char *id, int status, const char *request_id);

/** May this user do things that affect everybody? See request_is_operator(); it blocks. */
bool app_is_operator(const struct app *app, const char *id);

/** http_config.begin: sets the trace of the request. */
void api_begin(struct http_request *req);

/** http_config.after: counts the request and, if configured, logs it. */
void api_after(const struct http_request *req, const struct http_answered *how);

struct audit_entry;
struct buf;
/** AuditEvent. */
void api_audit_write(struct buf *out, const struct audit_entry *e);

/** The REST routes of this folder, each table ending with {NULL}; api/routes.c joins them. */
extern const struct http_route api_admin_routes[];
extern const struct http_route api_admin_hearing_routes[];
extern const struct http_route api_analytics_routes[];
extern const struct http_route api_audio_routes[];
extern const struct http_route api_audit_routes[];
extern const struct http_route api_auth_routes[];
extern const struct http_route api_engines_routes[];
extern const struct http_route api_health_routes[];
extern const struct http_route api_hearing_routes[];
extern const struct http_route api_compat_routes[];
extern const struct http_route api_compat_audio_routes[];
extern const struct http_route api_compat_chat_routes[];
extern const struct http_route api_keys_routes[];
extern const struct http_route api_llm_routes[];
extern const struct http_route api_me_routes[];
extern const struct http_route api_llm_models_routes[];
extern const struct http_route api_metrics_routes[];
extern const struct http_route api_models_routes[];
extern const struct http_route api_passkeys_routes[];
extern const struct http_route api_profiles_routes[];
extern const struct http_route api_profile_reading_routes[];
extern const struct http_route api_providers_routes[];
extern const struct http_route api_providers_test_routes[];
extern const struct http_route api_recover_routes[];
extern const struct http_route api_search_routes[];
extern const struct http_route api_sessions_routes[];
extern const struct http_route api_progress_routes[];
extern const struct http_route api_sign_ins_routes[];
extern const struct http_route api_signup_routes[];
extern const struct http_route api_takeout_routes[];
extern const struct http_route api_transcription_routes[];
extern const struct http_route api_transcripts_routes[];
extern const struct http_route api_voices_routes[];

/** All of them in one table ending with {NULL}. */
const struct http_route *api_routes(void);

#endif

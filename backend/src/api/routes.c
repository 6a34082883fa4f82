/**
 * @file api/routes.c  Every REST route in one table
 *
 * A new resource: its own file with its own table, a line in app.h and one here.
 */
#include "api/app.h"

#include <stdlib.h>

enum { ROUTES_MAX = 160 };

static const struct http_route *const tables[] = {
    api_health_routes,         api_auth_routes,
    api_profiles_routes,       api_profile_reading_routes,
    api_sessions_routes,       api_transcripts_routes,
    api_engines_routes,        api_llm_routes,
    api_transcription_routes,  api_metrics_routes,
    api_audit_routes,          api_voices_routes,
    api_models_routes,         api_hearing_routes,
    api_audio_routes,          api_me_routes,
    api_sign_ins_routes,       api_recover_routes,
    api_admin_routes,          api_llm_models_routes,
    api_compat_routes,         api_keys_routes,
    api_compat_audio_routes,   api_compat_chat_routes,
    api_search_routes,         api_analytics_routes,
    api_takeout_routes,        api_passkeys_routes,
    api_signup_routes,         api_progress_routes,
    api_admin_hearing_routes,  api_providers_routes,
    api_providers_test_routes,
};

const struct http_route *api_routes(void)
{
    static struct http_route all[ROUTES_MAX + 1];
    size_t n = 0;

    if (all[0].method)
        return all;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct http_route *r = tables[i]; r->method; r++) {
            if (n == ROUTES_MAX)
                abort(); /* make the table larger */
            all[n++] = *r;
        }
    return all;
}

/**
 * @file store/on_lane.c  The writes of a store, on the single writing thread
 *
 * A driver table whose write calls run another driver's on LANE_STORE and wait for them: callers of
 * store_*() see plain functions, on whatever thread they run, and only one thread ever waits for
 * the database's write lock. On that lane itself a call goes straight through.
 *
 * Each WRITE_n line defines a call with n arguments: the struct that carries them to the lane, the
 * function that runs there, and the table's function.
 */
#include "store/on_lane.h"

#include "base/clock.h"
#include "loop/lanes.h"
#include "observe/metrics.h"

#include <stdlib.h>

struct on_lane {
    const struct store_driver *driver;
    void *db;
    struct lanes *lanes;
};

/* The first member of the struct that carries a call over. */
struct call {
    const struct on_lane *to;
    struct errbuf *why;
    int result;
};

static int cross(struct call *call, void (*run)(void *arg))
{
    uint64_t began = clock_mono_us();
    int err = lane_run(call->to->lanes, LANE_STORE, run, call, "a write to the store");

    metric_observe(METRIC_STORE_SECONDS, (double)(clock_mono_us() - began) / 1e6, NULL);
    return err ? err_set(call->why, err, "too much is waiting to be stored") : call->result;
}

#define WRITE_0(fn)                                                                                \
    static void run_##fn(void *arg)                                                                \
    {                                                                                              \
        struct call *call = arg;                                                                   \
                                                                                                   \
        call->result = call->to->driver->fn(call->to->db, call->why);                              \
    }                                                                                              \
    static int fn(void *db, struct errbuf *why)                                                    \
    {                                                                                              \
        struct call call = {db, why, 0};                                                           \
                                                                                                   \
        return cross(&call, run_##fn);                                                             \
    }
#define WRITE_1(fn, A, a)                                                                          \
    struct fn {                                                                                    \
        struct call call;                                                                          \
        A a;                                                                                       \
    };                                                                                             \
    static void run_##fn(void *arg)                                                                \
    {                                                                                              \
        struct fn *w = arg;                                                                        \
                                                                                                   \
        w->call.result = w->call.to->driver->fn(w->call.to->db, w->a, w->call.why);                \
    }                                                                                              \
    static int fn(void *db, A a, struct errbuf *why)                                               \
    {                                                                                              \
        struct fn w = {{db, why, 0}, a};                                                           \
                                                                                                   \
        return cross(&w.call, run_##fn);                                                           \
    }
#define WRITE_2(fn, A, a, B, b)                                                                    \
    struct fn {                                                                                    \
        struct call call;                                                                          \
        A a;                                                                                       \
        B b;                                                                                       \
    };                                                                                             \
    static void run_##fn(void *arg)                                                                \
    {                                                                                              \
        struct fn *w = arg;                                                                        \
                                                                                                   \
        w->call.result = w->call.to->driver->fn(w->call.to->db, w->a, w->b, w->call.why);          \
    }                                                                                              \
    static int fn(void *db, A a, B b, struct errbuf *why)                                          \
    {                                                                                              \
        struct fn w = {{db, why, 0}, a, b};                                                        \
                                                                                                   \
        return cross(&w.call, run_##fn);                                                           \
    }
#define WRITE_3(fn, A, a, B, b, C, c)                                                              \
    struct fn {                                                                                    \
        struct call call;                                                                          \
        A a;                                                                                       \
        B b;                                                                                       \
        C c;                                                                                       \
    };                                                                                             \
    static void run_##fn(void *arg)                                                                \
    {                                                                                              \
        struct fn *w = arg;                                                                        \
                                                                                                   \
        w->call.result = w->call.to->driver->fn(w->call.to->db, w->a, w->b, w->c, w->call.why);    \
    }                                                                                              \
    static int fn(void *db, A a, B b, C c, struct errbuf *why)                                     \
    {                                                                                              \
        struct fn w = {{db, why, 0}, a, b, c};                                                     \
                                                                                                   \
        return cross(&w.call, run_##fn);                                                           \
    }
#define WRITE_4(fn, A, a, B, b, C, c, D, d)                                                        \
    struct fn {                                                                                    \
        struct call call;                                                                          \
        A a;                                                                                       \
        B b;                                                                                       \
        C c;                                                                                       \
        D d;                                                                                       \
    };                                                                                             \
    static void run_##fn(void *arg)                                                                \
    {                                                                                              \
        struct fn *w = arg;                                                                        \
                                                                                                   \
        w->call.result =                                                                           \
            w->call.to->driver->fn(w->call.to->db, w->a, w->b, w->c, w->d, w->call.why);           \
    }                                                                                              \
    static int fn(void *db, A a, B b, C c, D d, struct errbuf *why)                                \
    {                                                                                              \
        struct fn w = {{db, why, 0}, a, b, c, d};                                                  \
                                                                                                   \
        return cross(&w.call, run_##fn);                                                           \
    }
#define WRITE_5(fn, A, a, B, b, C, c, D, d, E, e)                                                  \
    struct fn {                                                                                    \
        struct call call;                                                                          \
        A a;                                                                                       \
        B b;                                                                                       \
        C c;                                                                                       \
        D d;                                                                                       \
        E e;                                                                                       \
    };                                                                                             \
    static void run_##fn(void *arg)                                                                \
    {                                                                                              \
        struct fn *w = arg;                                                                        \
                                                                                                   \
        w->call.result =                                                                           \
            w->call.to->driver->fn(w->call.to->db, w->a, w->b, w->c, w->d, w->e, w->call.why);     \
    }                                                                                              \
    static int fn(void *db, A a, B b, C c, D d, E e, struct errbuf *why)                           \
    {                                                                                              \
        struct fn w = {{db, why, 0}, a, b, c, d, e};                                               \
                                                                                                   \
        return cross(&w.call, run_##fn);                                                           \
    }
#define WRITE_6(fn, A, a, B, b, C, c, D, d, E, e, F, f)                                            \
    struct fn {                                                                                    \
        struct call call;                                                                          \
        A a;                                                                                       \
        B b;                                                                                       \
        C c;                                                                                       \
        D d;                                                                                       \
        E e;                                                                                       \
        F f;                                                                                       \
    };                                                                                             \
    static void run_##fn(void *arg)                                                                \
    {                                                                                              \
        struct fn *w = arg;                                                                        \
                                                                                                   \
        w->call.result = w->call.to->driver->fn(w->call.to->db, w->a, w->b, w->c, w->d, w->e,      \
                                                w->f, w->call.why);                                \
    }                                                                                              \
    static int fn(void *db, A a, B b, C c, D d, E e, F f, struct errbuf *why)                      \
    {                                                                                              \
        struct fn w = {{db, why, 0}, a, b, c, d, e, f};                                            \
                                                                                                   \
        return cross(&w.call, run_##fn);                                                           \
    }

typedef int change_fn(void *record, void *arg);

WRITE_6(change, enum store_kind, kind, const char *, user_id, const char *, id, change_fn *,
        change_record, void *, arg, void *, record)
WRITE_1(user_put, const struct store_user *, user)
WRITE_3(user_erase, const char *, id, int64_t, expires_at, struct store_list *, ended)
struct scrub {
    struct call call;
};
static void run_scrub(void *arg)
{
    struct scrub *w = arg;

    w->call.result = w->call.to->driver->scrub(w->call.to->db, w->call.why);
}
static int scrub(void *db, struct errbuf *why)
{
    struct scrub w = {{db, why, 0}};

    return cross(&w.call, run_scrub);
}
WRITE_5(user_password, const char *, id, const char *, password, const char *, keep, int64_t,
        expires_at, struct store_list *, ended)
WRITE_1(reset_put, const struct store_reset *, reset)
WRITE_6(reset_use, const char *, hash, int64_t, now, const char *, password, int64_t, expires_at,
        char *, user_id, struct store_list *, ended)
WRITE_1(photo_put, const struct store_photo *, photo)
WRITE_1(photo_erase, const char *, user_id)
WRITE_1(choice_put, const struct store_choice *, choice)
WRITE_2(api_key_add, const struct store_api_key *, key, size_t, most)
WRITE_2(api_key_used, const char *, hash, int64_t, now)
WRITE_2(api_key_erase, const char *, user_id, const char *, id)
WRITE_2(passkey_add, const struct store_passkey *, passkey, size_t, most)
WRITE_3(passkey_used, const char *, id, int64_t, count, int64_t, now)
WRITE_3(passkey_rename, const char *, user_id, const char *, id, const char *, name)
WRITE_2(passkey_erase, const char *, user_id, const char *, id)
WRITE_4(sign_in_end, const char *, user_id, const char *, family, int64_t, expires_at,
        struct store_list *, ended)
WRITE_4(sign_in_end_others, const char *, user_id, const char *, keep, int64_t, expires_at,
        struct store_list *, ended)
WRITE_1(refresh_put, const struct store_refresh *, token)
WRITE_3(refresh_rotate, const char *, old, const struct store_refresh *, fresh, int64_t, now)
WRITE_2(refresh_revoke, const char *, family, int64_t, expires_at)
WRITE_1(refresh_prune, int64_t, now)
WRITE_1(profile_put, const struct store_profile *, profile)
WRITE_2(profile_add, const struct store_profile *, profile, size_t, most)
WRITE_2(profile_erase, const char *, user_id, const char *, id)
WRITE_1(session_put, const struct store_session *, session)
WRITE_5(session_import, const struct store_profile *, profile, size_t, most,
        const struct store_session *, session, const struct store_transcript *, transcripts, size_t,
        count)
WRITE_2(session_resume, const char *, user_id, const char *, id)
WRITE_3(session_abandon, int64_t, before, size_t, limit, struct store_list *, list)
WRITE_2(session_erase, const char *, user_id, const char *, id)
WRITE_1(transcript_put, struct store_transcript *, transcript)
WRITE_3(transcript_erase, const char *, session_id, const char *, id, char *, user_id)
WRITE_1(voice_put, const struct store_voice *, voice)
WRITE_1(voice_erase, const char *, user_id)
WRITE_2(recording_add, const struct store_recording *, recording, int64_t, bytes_max)
WRITE_1(recording_finish, const struct store_recording *, recording)
WRITE_2(recording_erase, const char *, user_id, const char *, id)
WRITE_3(recording_expire, int64_t, now, size_t, limit, struct store_list *, list)
WRITE_1(erased_gone, const char *, id)
WRITE_2(transcription_add, const struct store_transcription *, t, size_t, waiting_max)
WRITE_1(transcription_finish, const struct store_transcription *, t)
WRITE_2(transcription_erase, const char *, user_id, const char *, id)
WRITE_0(figures_recount)
WRITE_2(fact_put, const char *, name, const char *, value)
WRITE_3(sealed_replace, const struct store_sample *, was, char *const *, now, size_t, n)
WRITE_3(fact_claim, const char *, name, const char *, value, char **, is)

const struct store_driver store_on_lane = {
    .name = "on lane",
    .change = change,
    .user_put = user_put,
    .user_erase = user_erase,
    .scrub = scrub,
    .user_password = user_password,
    .reset_put = reset_put,
    .reset_use = reset_use,
    .photo_put = photo_put,
    .photo_erase = photo_erase,
    .choice_put = choice_put,
    .api_key_add = api_key_add,
    .api_key_used = api_key_used,
    .api_key_erase = api_key_erase,
    .passkey_add = passkey_add,
    .passkey_used = passkey_used,
    .passkey_rename = passkey_rename,
    .passkey_erase = passkey_erase,
    .sign_in_end = sign_in_end,
    .sign_in_end_others = sign_in_end_others,
    .refresh_put = refresh_put,
    .refresh_rotate = refresh_rotate,
    .refresh_revoke = refresh_revoke,
    .refresh_prune = refresh_prune,
    .profile_put = profile_put,
    .profile_add = profile_add,
    .profile_erase = profile_erase,
    .session_put = session_put,
    .session_import = session_import,
    .session_resume = session_resume,
    .session_abandon = session_abandon,
    .session_erase = session_erase,
    .transcript_put = transcript_put,
    .transcript_erase = transcript_erase,
    .voice_put = voice_put,
    .voice_erase = voice_erase,
    .recording_add = recording_add,
    .recording_finish = recording_finish,
    .recording_erase = recording_erase,
    .recording_expire = recording_expire,
    .erased_gone = erased_gone,
    .transcription_add = transcription_add,
    .transcription_finish = transcription_finish,
    .transcription_erase = transcription_erase,
    .figures_recount = figures_recount,
    .fact_put = fact_put,
    .fact_claim = fact_claim,
    .sealed_replace = sealed_replace,
};

int on_lane_open(struct on_lane **op, const struct store_driver *driver, void *db,
                 struct lanes *lanes)
{
    struct on_lane *o = malloc(sizeof(*o));

    if (!o)
        return UV_ENOMEM;
    *o = (struct on_lane){driver, db, lanes};
    *op = o;
    return 0;
}

void on_lane_close(struct on_lane *o)
{
    free(o);
}

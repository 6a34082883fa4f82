/**
 * @file store/postgres/statements.c
 */
#include "store/postgres/statements.h"

#define USER_COLUMNS                                                                               \
    "id,email,display_name,photo_url,password,settings,subscription,created_at,role,disabled_at"
#define REFRESH_COLUMNS "hash,family,user_id,expires_at,used_at,began_at,seen_at,address,program"
#define API_KEY_COLUMNS "id,user_id,hash,prefix,label,created_at,used_at"
#define PASSKEY_COLUMNS                                                                            \
    "id,user_id,credential,rp_id,alg,public_key,count,synced,transports,name,created_at,used_at"
#define PHOTO_COLUMNS "user_id,type,photo,updated_at"
#define ENDED_COLUMNS "family,expires_at"
#define PROFILE_COLUMNS                                                                            \
    "id,user_id,name,role,years_experience,skills,industry,context,created_at,updated_at,clear"
#define SESSION_COLUMNS                                                                            \
    "id,user_id,profile_id,job_description,status,created_at,completed_at,duration,"               \
    "question_count,metadata,title"
#define TRANSCRIPT_COLUMNS                                                                         \
    "id,session_id,question_number,question,answer,timestamp,metrics,detail,audio_url,line,"       \
    "ended_at,provider"
#define TRANSCRIPT_OF_USER                                                                         \
    "SELECT t.id,session_id,question_number,question,answer,timestamp,metrics,detail,audio_url,"   \
    "line,ended_at,provider FROM transcripts t JOIN sessions s ON s.id=t.session_id "              \
    "WHERE t.id=$1 AND s.user_id=$2"
#define VOICE_COLUMNS "user_id,wording,agreed_at,speech_ms,voice"
#define RECORDING_COLUMNS                                                                          \
    "id,user_id,session_id,format,bytes,duration_ms,quality,created_at,expires_at,wording,"        \
    "agreed_at,growing"
#define TRANSCRIPTION_COLUMNS                                                                      \
    "id,user_id,recording_id,language,state,result,error,created_at,finished_at"
/* Each parameter that is NULL lets everything through; $7 is an array as text. */
#define SESSION_FILTER                                                                             \
    "($4 IS NULL OR status=$4) AND ($5 IS NULL OR created_at>=$5) AND "                            \
    "($6 IS NULL OR created_at<$6) AND ($7 IS NULL OR profile_id=ANY($7::text[])) AND "            \
    "($8 IS NULL OR EXISTS(SELECT 1 FROM transcripts WHERE session_id=sessions.id "                \
    "AND provider=$8))"
#define TRANSCRIPT_ORDER "question_number,timestamp,id"
#define TRANSCRIPT_BACK  "question_number DESC,timestamp DESC,id DESC"
#define TRANSCRIPT_AT    "(SELECT " TRANSCRIPT_ORDER " FROM transcripts WHERE id=$2 AND session_id=$1)"
/* Sign-ins whose tokens are taken are remembered until those that are out have expired. */
#define REMEMBER_ENDED(until)                                                                      \
    "INSERT INTO ended_sign_ins (" ENDED_COLUMNS ") SELECT DISTINCT family," until " FROM gone "   \
    "ON CONFLICT (family) DO UPDATE SET expires_at=excluded.expires_at RETURNING " ENDED_COLUMNS
/* A sign-in also says how late it is, so that no later start believes a clock that went back. */
#define TELL_CLOCK(from)                                                                           \
    "INSERT INTO facts (name,value) SELECT 'clock.newest',$10 FROM " from                          \
    " ON CONFLICT (name) DO UPDATE SET value=excluded.value "                                      \
    "WHERE facts.value::bigint<excluded.value::bigint"

const char *const postgres_statements[STATEMENTS] = {
    /* A server that hangs, or a program that does, holds up nobody else for longer. */
    [CONNECTED] = "SELECT set_config(name,'20s',false) FROM (VALUES ('statement_timeout'),"
                  "('idle_in_transaction_session_timeout')) v(name) "
                  "WHERE current_setting(name)='0'",
    [SCHEMA_THERE] = "SELECT (to_regclass('interviewd_schema') IS NOT NULL)::int",
    [SCHEMA_VERSION] = "SELECT coalesce(max(version),0) FROM interviewd_schema",
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",

    [USER_PUT] = "INSERT INTO users (" USER_COLUMNS ") VALUES "
                 "($1,$2,$3,$4,$5,$6,$7,$8,$9,$10) "
                 "ON CONFLICT (id) DO UPDATE SET email=$2,display_name=$3,photo_url=$4,"
                 "password=$5,settings=$6,subscription=$7,role=$9,disabled_at=$10",
    [USER_GET] = "SELECT " USER_COLUMNS " FROM users WHERE id=$1",
    [USER_HOLD] = "SELECT " USER_COLUMNS " FROM users WHERE id=$1 FOR NO KEY UPDATE",
    [USER_BY_EMAIL] = "SELECT " USER_COLUMNS " FROM users WHERE email=$1",
    [USER_LOCAL] = "SELECT " USER_COLUMNS " FROM users WHERE email IS NULL",
    [USER_LIST] = "SELECT " USER_COLUMNS " FROM users WHERE $1 IS NULL AND id<$2 "
                  "ORDER BY id DESC LIMIT $3",
    /* What is added unless there is too much of it is counted while nobody else adds. */
    [USER_LOCK] = "SELECT 1 FROM users WHERE id=$1 FOR NO KEY UPDATE",
    /* Nobody signs in any more either, or adds something that is the user's. */
    [USER_LOCK_ALL] = "SELECT 1 FROM users WHERE id=$1 FOR UPDATE",
    [USER_ERASE] = "DELETE FROM users WHERE id=$1",
    [USER_PASSWORD] = "UPDATE users SET password=$2 WHERE id=$1",

    [RESET_PUT] = "INSERT INTO resets (user_id,hash,expires_at) VALUES ($1,$2,$3) "
                  "ON CONFLICT (user_id) DO UPDATE SET hash=$2,expires_at=$3",
    [RESET_USE] =
        "WITH whose AS (DELETE FROM resets r USING users u WHERE u.id=r.user_id AND "
        "r.hash=$1 AND r.expires_at>$2 AND u.disabled_at=0 RETURNING r.user_id), "
        "changed AS (UPDATE users SET password=$3 FROM whose WHERE id=whose.user_id), "
        "gone AS (DELETE FROM refresh_tokens t USING whose WHERE "
        "t.user_id=whose.user_id RETURNING t.family), "
        "ended AS (" REMEMBER_ENDED(
            "$4::bigint") ") "
                          "SELECT family,expires_at,user_id FROM whose LEFT JOIN ended ON true",
    [PHOTO_PUT] = "INSERT INTO photos (" PHOTO_COLUMNS ") VALUES ($1,$2,$3,$4) "
                  "ON CONFLICT (user_id) DO UPDATE SET type=$2,photo=$3,updated_at=$4",
    [PHOTO_GET] = "SELECT " PHOTO_COLUMNS " FROM photos WHERE user_id=$1",
    [PHOTO_ERASE] = "DELETE FROM photos WHERE user_id=$1",
    [CHOICE_PUT] = "INSERT INTO choices (user_id,choice,updated_at) VALUES ($1,$2,$3) "
                   "ON CONFLICT (user_id) DO UPDATE SET choice=$2,updated_at=$3",
    [CHOICE_GET] = "SELECT user_id,choice,updated_at FROM choices WHERE user_id=$1",

    [API_KEY_ADD] = "INSERT INTO api_keys (" API_KEY_COLUMNS ") SELECT $1,$2,$3,$4,$5,$6,$7 "
                    "WHERE (SELECT count(*) FROM api_keys WHERE user_id=$2)<$8",
    [API_KEY_GET] = "SELECT " API_KEY_COLUMNS " FROM api_keys WHERE hash=$1 AND EXISTS "
                    "(SELECT 1 FROM users WHERE users.id=user_id AND disabled_at=0)",
    [API_KEY_LIST] = "SELECT " API_KEY_COLUMNS " FROM api_keys WHERE user_id=$1 ORDER BY id DESC "
                     "LIMIT $2",
    [API_KEY_USED] = "UPDATE api_keys SET used_at=$2 WHERE hash=$1 AND used_at<$2",
    [API_KEY_ERASE] = "DELETE FROM api_keys WHERE user_id=$1 AND id=$2",
    [PASSKEY_ADD] = "INSERT INTO passkeys (" PASSKEY_COLUMNS ") "
                    "SELECT $1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12 "
                    "WHERE (SELECT count(*) FROM passkeys WHERE user_id=$2)<$13",
    [PASSKEY_GET] = "SELECT " PASSKEY_COLUMNS " FROM passkeys WHERE credential=$1",
    [PASSKEY_LIST] = "SELECT " PASSKEY_COLUMNS " FROM passkeys WHERE user_id=$1 ORDER BY id DESC "
                     "LIMIT $2",
    [PASSKEY_USED] = "UPDATE passkeys SET count=$2,used_at=$3 "
                     "WHERE id=$1 AND (count<$2 OR (count=0 AND $2=0))",
    [PASSKEY_RENAME] = "UPDATE passkeys SET name=$3 WHERE user_id=$1 AND id=$2",
    [PASSKEY_ERASE] = "DELETE FROM passkeys WHERE user_id=$1 AND id=$2",

    [REFRESH_PUT] = "WITH put AS (INSERT INTO refresh_tokens (" REFRESH_COLUMNS ") "
                    "VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) RETURNING 1) " TELL_CLOCK("put"),
    /* The token before is used by one of two who come at once; the other sees it used. */
    [REFRESH_ROTATE] =
        "WITH used AS (UPDATE refresh_tokens SET used_at=$12 "
        "WHERE hash=$11 AND used_at=0 RETURNING 1), "
        "put AS (INSERT INTO refresh_tokens (" REFRESH_COLUMNS ") "
        "SELECT $1,$2,$3,$4,$5,$6,$7,$8,$9 FROM used RETURNING 1), "
        "told AS (" TELL_CLOCK("put") ") "
                                      "SELECT (SELECT count(*) FROM used),"
                                      "(SELECT count(*) FROM refresh_tokens WHERE hash=$11)",
    [REFRESH_GET] = "SELECT " REFRESH_COLUMNS " FROM refresh_tokens WHERE hash=$1",
    /* one whose refresh tokens are all gone has no access token out either, or was ended before */
    [REFRESH_REVOKE] = "WITH gone AS (DELETE FROM refresh_tokens WHERE family=$1 RETURNING family) "
                       "INSERT INTO ended_sign_ins (" ENDED_COLUMNS ") "
                       "SELECT DISTINCT family,$2::bigint FROM gone "
                       "ON CONFLICT (family) DO NOTHING",
    [REFRESH_PRUNE] = "DELETE FROM refresh_tokens WHERE expires_at<$1",
    [SIGN_IN_LIST] = "SELECT " REFRESH_COLUMNS " FROM refresh_tokens "
                     "WHERE user_id=$1 AND used_at=0 AND expires_at>$2 "
                     "ORDER BY seen_at DESC,family DESC LIMIT $3",
    [SIGN_IN_END] = "WITH gone AS (DELETE FROM refresh_tokens WHERE user_id=$1 AND family=$2 "
                    "RETURNING family) " REMEMBER_ENDED("$3::bigint"),
    [SIGN_IN_END_OTHERS] = "WITH gone AS (DELETE FROM refresh_tokens WHERE user_id=$1 AND "
                           "family<>$2 RETURNING family) " REMEMBER_ENDED("$3::bigint"),
    [ENDED_PRUNE] = "DELETE FROM ended_sign_ins WHERE expires_at<$1",
    [ENDED_LIST] = "SELECT " ENDED_COLUMNS " FROM ended_sign_ins WHERE expires_at>=$1",

    [PROFILE_PUT] = "INSERT INTO profiles (" PROFILE_COLUMNS ") "
                    "VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11) "
                    "ON CONFLICT (id) DO UPDATE SET name=$3,role=$4,years_experience=$5,"
                    "skills=$6,industry=$7,context=$8,created_at=$9,updated_at=$10,clear=$11 "
                    "WHERE profiles.user_id=$2",
    [PROFILE_ADD] = "INSERT INTO profiles (" PROFILE_COLUMNS ") "
                    "SELECT $1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11 "
                    "WHERE (SELECT count(*) FROM profiles WHERE user_id=$2)<$12",
    [PROFILE_GET] = "SELECT " PROFILE_COLUMNS " FROM profiles WHERE id=$1 AND user_id=$2",
    [PROFILE_HOLD] = "SELECT " PROFILE_COLUMNS " FROM profiles WHERE id=$1 AND user_id=$2 "
                     "FOR NO KEY UPDATE",
    [PROFILE_LIST] = "SELECT " PROFILE_COLUMNS " FROM profiles "
                     "WHERE user_id=$1 AND id<$2 ORDER BY id DESC LIMIT $3",
    [PROFILE_LIST_CLEAR] = "SELECT id,user_id FROM profiles WHERE clear=1 AND id>$1 "
                           "ORDER BY id LIMIT $2",
    [PROFILE_COUNT] = "SELECT count(*) FROM profiles WHERE user_id=$1",
    [PROFILE_ERASE] = "DELETE FROM profiles WHERE id=$1 AND user_id=$2",

    /* duration and question_count are the store's own: 0 at first, and left alone afterwards */
    [SESSION_PUT] = "INSERT INTO sessions (" SESSION_COLUMNS ",alive_at) "
                    "SELECT $1,$2,$3,$4,$5,$6,$7,0,0,$10,$11,greatest($6,now_ms()) "
                    "WHERE $3 IS NULL OR "
                    "EXISTS (SELECT 1 FROM profiles WHERE id=$3 AND user_id=$2) "
                    "ON CONFLICT (id) DO UPDATE SET profile_id=$3,job_description=$4,status=$5,"
                    "created_at=$6,completed_at=$7,metadata=$10,title=$11,alive_at=now_ms() "
                    "WHERE sessions.user_id=$2",
    [SESSION_GET] = "SELECT " SESSION_COLUMNS " FROM sessions WHERE id=$1 AND user_id=$2",
    [SESSION_HOLD] = "SELECT " SESSION_COLUMNS " FROM sessions WHERE id=$1 AND user_id=$2 "
                     "FOR NO KEY UPDATE",
    [SESSION_LIST] = "SELECT " SESSION_COLUMNS " FROM sessions "
                     "WHERE user_id=$1 AND id<$2 ORDER BY id DESC LIMIT $3",
    [SESSION_LIST_FILTERED] = "SELECT " SESSION_COLUMNS " FROM sessions WHERE user_id=$1 AND id<$2 "
                              "AND " SESSION_FILTER " ORDER BY id DESC LIMIT $3",
    [SESSION_OWNED] = "SELECT 1 FROM sessions WHERE id=$1 AND user_id=$2",
    [SESSION_RESUME] = "UPDATE sessions SET alive_at=now_ms(),"
                       "completed_at=CASE status WHEN 2 THEN 0 ELSE completed_at END,"
                       "status=CASE status WHEN 2 THEN 0 ELSE status END "
                       "WHERE id=$1 AND user_id=$2",
    /* Of two servers that look at once each gets others. */
    [SESSION_ABANDON] =
        "UPDATE sessions SET status=2,completed_at=greatest(created_at,coalesce("
        "(SELECT greatest(ended_at,timestamp) FROM transcripts WHERE session_id=sessions.id "
        "ORDER BY timestamp DESC LIMIT 1),0)) WHERE id IN (SELECT id FROM sessions "
        "WHERE status=0 AND alive_at<$1 ORDER BY alive_at LIMIT $2 FOR UPDATE SKIP LOCKED) "
        "RETURNING " SESSION_COLUMNS,
    [SESSION_ERASE] = "DELETE FROM sessions WHERE id=$1 AND user_id=$2",
    [SESSION_RECOUNT] = "SELECT recount_session($1)",

    /* numbers it and counts its session */
    [TRANSCRIPT_PUT] =
        "SELECT given,owner FROM put_transcript($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)",
    /* the row alone */
    [TRANSCRIPT_WRITE] =
        "INSERT INTO transcripts (" TRANSCRIPT_COLUMNS ") "
        "VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12) "
        "ON CONFLICT (id) DO UPDATE SET question_number=$3,question=$4,answer=$5,timestamp=$6,"
        "metrics=$7,detail=$8,audio_url=$9,line=$10,ended_at=$11,provider=$12 "
        "WHERE transcripts.session_id=$2",
    [TRANSCRIPT_ERASE] = "SELECT erase_transcript($1,$2)",
    [TRANSCRIPT_GET] = TRANSCRIPT_OF_USER,
    [TRANSCRIPT_HOLD] = TRANSCRIPT_OF_USER " FOR NO KEY UPDATE OF t",
    [TRANSCRIPT_LIST] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE session_id=$1 "
                        "AND $2 IS NULL ORDER BY " TRANSCRIPT_ORDER " LIMIT $3",
    [TRANSCRIPT_LIST_MORE] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE session_id=$1 "
                             "AND (" TRANSCRIPT_ORDER ") > " TRANSCRIPT_AT " "
                             "ORDER BY " TRANSCRIPT_ORDER " LIMIT $3",
    [TRANSCRIPT_NEWEST] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE session_id=$1 "
                          "AND $2 IS NULL ORDER BY " TRANSCRIPT_BACK " LIMIT $3",
    [TRANSCRIPT_NEWEST_MORE] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE session_id=$1 "
                               "AND (" TRANSCRIPT_ORDER ") < " TRANSCRIPT_AT " "
                               "ORDER BY " TRANSCRIPT_BACK " LIMIT $3",

    [VOICE_PUT] = "INSERT INTO voices (" VOICE_COLUMNS ") VALUES ($1,$2,$3,$4,$5) "
                  "ON CONFLICT (user_id) DO UPDATE SET wording=$2,agreed_at=$3,speech_ms=$4,"
                  "voice=$5",
    [VOICE_GET] = "SELECT " VOICE_COLUMNS " FROM voices WHERE user_id=$1",
    [VOICE_ERASE] = "DELETE FROM voices WHERE user_id=$1",

    [RECORDING_ADD] = "INSERT INTO recordings (" RECORDING_COLUMNS ") "
                      "SELECT $1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12 WHERE $5+(SELECT "
                      "coalesce(sum(bytes),0) FROM recordings WHERE user_id=$2)<=$13",
    [RECORDING_GET] = "SELECT " RECORDING_COLUMNS " FROM recordings WHERE id=$1 AND user_id=$2",
    [RECORDING_LIST] = "SELECT " RECORDING_COLUMNS " FROM recordings "
                       "WHERE user_id=$1 AND session_id=$2 ORDER BY id LIMIT $3",
    [RECORDING_FINISH] = "UPDATE recordings SET format=$4,bytes=$5,duration_ms=$6,quality=$7,"
                         "growing=$12 WHERE id=$1",
    [RECORDING_GROWING] = "SELECT " RECORDING_COLUMNS " FROM recordings WHERE growing=1 "
                          "ORDER BY id LIMIT $1",
    [RECORDING_OF_USER] = "SELECT " RECORDING_COLUMNS " FROM recordings "
                          "WHERE user_id=$1 AND id<$2 ORDER BY id DESC LIMIT $3",
    [RECORDING_BYTES] = "SELECT coalesce(sum(bytes),0)::bigint FROM recordings WHERE user_id=$1",
    [RECORDING_KNOWN] = "SELECT id FROM recordings WHERE id=$1",
    [RECORDING_ALL] =
        "SELECT " RECORDING_COLUMNS " FROM recordings WHERE id>$1 ORDER BY id LIMIT $2",
    [RECORDING_ERASE] = "DELETE FROM recordings WHERE id=$1 AND user_id=$2",
    [RECORDING_EXPIRE] = "DELETE FROM recordings WHERE id IN (SELECT id FROM recordings "
                         "WHERE expires_at<=$1 ORDER BY expires_at LIMIT $2 "
                         "FOR UPDATE SKIP LOCKED) RETURNING " RECORDING_COLUMNS,
    [ERASED_LIST] = "SELECT id FROM erased_recordings LIMIT $1",
    [ERASED_GONE] = "DELETE FROM erased_recordings WHERE id=$1",

    [TRANSCRIPTION_ADD] = "INSERT INTO transcriptions (" TRANSCRIPTION_COLUMNS ") "
                          "SELECT $1,$2,$3,$4,$5,$6,$7,$8,$9 WHERE (SELECT count(*) "
                          "FROM transcriptions WHERE user_id=$2 AND state=0)<$10",
    [TRANSCRIPTION_GET] =
        "SELECT " TRANSCRIPTION_COLUMNS " FROM transcriptions WHERE id=$1 AND user_id=$2",
    [TRANSCRIPTION_LIST] = "SELECT " TRANSCRIPTION_COLUMNS " FROM transcriptions "
                           "WHERE user_id=$1 AND id<$2 ORDER BY id DESC LIMIT $3",
    [TRANSCRIPTION_NEXT] =
        "SELECT " TRANSCRIPTION_COLUMNS " FROM transcriptions WHERE state=0 ORDER BY id LIMIT 1",
    [TRANSCRIPTION_FINISH] = "UPDATE transcriptions SET state=$5,result=$6,error=$7,finished_at=$9 "
                             "WHERE id=$1 AND state=0",
    [TRANSCRIPTION_ERASE] = "DELETE FROM transcriptions WHERE id=$1 AND user_id=$2",

    [FIGURES_DAYS] = "SELECT day,sum(sessions)::bigint,count(*),sum(said)::bigint,"
                     "sum(seconds)::bigint,sum(questions)::bigint "
                     "FROM analytics WHERE sessions>0 AND day BETWEEN $1 AND $2 "
                     "AND ($3 IS NULL OR user_id=$3) GROUP BY day ORDER BY day DESC LIMIT $4",
    [FIGURES_PROVIDERS] = "SELECT day,NULL,provider,sum(answers)::bigint FROM analytics_providers "
                          "WHERE answers>0 AND day BETWEEN $1 AND $2 "
                          "AND ($3 IS NULL OR user_id=$3) GROUP BY day,provider "
                          "ORDER BY day DESC,4 DESC,provider LIMIT $4",
    [FIGURES_PROFILES] = "SELECT day,user_id,profile_id,sessions FROM analytics_profiles "
                         "WHERE sessions>0 AND day BETWEEN $1 AND $2 "
                         "AND ($3 IS NULL OR user_id=$3) "
                         "ORDER BY day DESC,sessions DESC,profile_id LIMIT $4",
    [FACT_GET] = "SELECT value FROM facts WHERE name=$1",
    [FACT_PUT] = "INSERT INTO facts (name,value) VALUES ($1,$2) "
                 "ON CONFLICT (name) DO UPDATE SET value=$2",
    [FACT_CLAIM] = "INSERT INTO facts (name,value) VALUES ($1,$2) ON CONFLICT (name) DO NOTHING",
    [SAMPLES] = "(SELECT id,'profile.context',context FROM profiles "
                "WHERE context LIKE 'v_.%' LIMIT 4) UNION ALL "
                "(SELECT id,'session.jobDescription',job_description FROM sessions "
                "WHERE job_description LIKE 'v_.%' LIMIT 4) UNION ALL "
                "(SELECT id,'session.title',title FROM sessions "
                "WHERE title LIKE 'v_.%' LIMIT 4) UNION ALL "
                "(SELECT id,'transcript.question',question FROM transcripts "
                "WHERE question LIKE 'v_.%' LIMIT 4) LIMIT $1",
    [TEXT_COLUMNS] = "SELECT quote_ident(table_name),quote_ident(column_name) "
                     "FROM information_schema.columns WHERE table_schema=current_schema() "
                     "AND data_type='text' ORDER BY 1,2",
};

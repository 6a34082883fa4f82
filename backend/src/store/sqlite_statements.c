/**
 * @file store/sqlite_statements.c
 */
#include "store/sqlite_statements.h"

#include "store/sqlite_conn.h"

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
#define VOICE_COLUMNS "user_id,wording,agreed_at,speech_ms,voice"
#define RECORDING_COLUMNS                                                                          \
    "id,user_id,session_id,format,bytes,duration_ms,quality,created_at,expires_at,wording,"        \
    "agreed_at,growing"
#define TRANSCRIPTION_COLUMNS                                                                      \
    "id,user_id,recording_id,language,state,result,error,created_at,finished_at"
/* the current time [ms since 1970], within the transaction */
#define NOW "CAST((julianday('now')-2440587.5)*86400000 AS INTEGER)"
/* A parameter that is NULL matches everything. */
#define SESSION_FILTER                                                                             \
    "(?4 IS NULL OR status=?4) AND (?5 IS NULL OR created_at>=?5) AND "                            \
    "(?6 IS NULL OR created_at<?6) AND "                                                           \
    "(?7 IS NULL OR profile_id IN (SELECT value FROM json_each(?7))) AND "                         \
    "(?8 IS NULL OR EXISTS(SELECT 1 FROM transcripts WHERE session_id=sessions.id "                \
    "AND provider=?8))"
/* From the first word to the last, without long pauses: each row adds the time by which it extends
 * beyond all rows before it. */
#define SESSION_DURATION                                                                           \
    "(SELECT (coalesce(sum(CASE WHEN before IS NULL OR timestamp-before>" STORE_PAUSE              \
    " THEN ended-timestamp ELSE max(ended-before,0) END),0)+500)/1000 FROM "                       \
    "(SELECT timestamp,max(ended_at,timestamp) AS ended,max(max(ended_at,timestamp)) OVER "        \
    "(ORDER BY timestamp,id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before "          \
    "FROM transcripts WHERE session_id=?1))"
#define STORE_PAUSE      "600000"
#define TRANSCRIPT_ORDER "question_number,timestamp,id"
#define TRANSCRIPT_AT    "(SELECT " TRANSCRIPT_ORDER " FROM transcripts WHERE id=?2 AND session_id=?1)"

_Static_assert((int)STATEMENTS <= (int)CONN_STATEMENTS_MAX, "make CONN_STATEMENTS_MAX larger");

const char *const sqlite_statements[STATEMENTS] = {
    [USER_PUT] = "INSERT INTO users (" USER_COLUMNS ") VALUES "
                 "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) "
                 "ON CONFLICT (id) DO UPDATE SET email=?2,display_name=?3,photo_url=?4,"
                 "password=?5,settings=?6,subscription=?7,role=?9,disabled_at=?10",
    [USER_GET] = "SELECT " USER_COLUMNS " FROM users WHERE id=?1",
    [USER_BY_EMAIL] = "SELECT " USER_COLUMNS " FROM users WHERE email=?1",
    [USER_LOCAL] = "SELECT " USER_COLUMNS " FROM users WHERE email IS NULL",
    [USER_LIST] = "SELECT " USER_COLUMNS " FROM users WHERE id<?2 ORDER BY id DESC LIMIT ?3",
    [USER_ERASE] = "DELETE FROM users WHERE id=?1",
    [USER_PASSWORD] = "UPDATE users SET password=?2 WHERE id=?1",

    [RESET_PUT] = "INSERT INTO resets (user_id,hash,expires_at) VALUES (?1,?2,?3) "
                  "ON CONFLICT (user_id) DO UPDATE SET hash=?2,expires_at=?3",
    [RESET_WHOSE] = "SELECT user_id FROM resets JOIN users ON id=user_id "
                    "WHERE hash=?1 AND expires_at>?2 AND disabled_at=0",
    [RESET_GONE] = "DELETE FROM resets WHERE user_id=?1",
    [PHOTO_PUT] = "INSERT INTO photos (" PHOTO_COLUMNS ") VALUES (?1,?2,?3,?4) "
                  "ON CONFLICT (user_id) DO UPDATE SET type=?2,photo=?3,updated_at=?4",
    [PHOTO_GET] = "SELECT " PHOTO_COLUMNS " FROM photos WHERE user_id=?1",
    [PHOTO_ERASE] = "DELETE FROM photos WHERE user_id=?1",
    [CHOICE_PUT] = "INSERT INTO choices (user_id,choice,updated_at) VALUES (?1,?2,?3) "
                   "ON CONFLICT (user_id) DO UPDATE SET choice=?2,updated_at=?3",
    [CHOICE_GET] = "SELECT user_id,choice,updated_at FROM choices WHERE user_id=?1",

    [API_KEY_ADD] = "INSERT INTO api_keys (" API_KEY_COLUMNS ") SELECT ?1,?2,?3,?4,?5,?6,?7 "
                    "WHERE (SELECT count(*) FROM api_keys WHERE user_id=?2)<?8",
    [API_KEY_GET] = "SELECT " API_KEY_COLUMNS " FROM api_keys WHERE hash=?1 AND EXISTS "
                    "(SELECT 1 FROM users WHERE users.id=user_id AND disabled_at=0)",
    [API_KEY_LIST] = "SELECT " API_KEY_COLUMNS " FROM api_keys WHERE user_id=?1 ORDER BY id DESC "
                     "LIMIT ?2",
    [API_KEY_USED] = "UPDATE api_keys SET used_at=?2 WHERE hash=?1 AND used_at<?2",
    [API_KEY_ERASE] = "DELETE FROM api_keys WHERE user_id=?1 AND id=?2",
    [PASSKEY_ADD] = "INSERT INTO passkeys (" PASSKEY_COLUMNS ") "
                    "SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12 "
                    "WHERE (SELECT count(*) FROM passkeys WHERE user_id=?2)<?13",
    [PASSKEY_GET] = "SELECT " PASSKEY_COLUMNS " FROM passkeys WHERE credential=?1",
    [PASSKEY_LIST] = "SELECT " PASSKEY_COLUMNS " FROM passkeys WHERE user_id=?1 ORDER BY id DESC "
                     "LIMIT ?2",
    [PASSKEY_USED] = "UPDATE passkeys SET count=?2,used_at=?3 "
                     "WHERE id=?1 AND (count<?2 OR (count=0 AND ?2=0))",
    [PASSKEY_RENAME] = "UPDATE passkeys SET name=?3 WHERE user_id=?1 AND id=?2",
    [PASSKEY_ERASE] = "DELETE FROM passkeys WHERE user_id=?1 AND id=?2",

    [REFRESH_PUT] = "INSERT INTO refresh_tokens (" REFRESH_COLUMNS ") "
                    "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)",
    [REFRESH_GET] = "SELECT " REFRESH_COLUMNS " FROM refresh_tokens WHERE hash=?1",
    [REFRESH_USE] = "UPDATE refresh_tokens SET used_at=?2 WHERE hash=?1 AND used_at=0",
    [REFRESH_REVOKE] = "DELETE FROM refresh_tokens WHERE family=?1",
    [REFRESH_REVOKE_USER] = "DELETE FROM refresh_tokens WHERE user_id=?1 AND family<>?2",
    [REFRESH_REVOKE_ONE] = "DELETE FROM refresh_tokens WHERE user_id=?1 AND family=?2",
    [SIGN_IN_LIST] = "SELECT " REFRESH_COLUMNS " FROM refresh_tokens "
                     "WHERE user_id=?1 AND used_at=0 AND expires_at>?2 "
                     "ORDER BY seen_at DESC,family DESC LIMIT ?3",
    [REFRESH_PRUNE] = "DELETE FROM refresh_tokens WHERE expires_at<?1",

    /* a sign-in without refresh tokens has no valid access token either, or was ended before */
    [ENDED_PUT] = "INSERT INTO ended_sign_ins (" ENDED_COLUMNS ") "
                  "SELECT DISTINCT family,?2 FROM refresh_tokens WHERE family=?1 "
                  "ON CONFLICT (family) DO NOTHING",
    [ENDED_PUT_USER] = "INSERT INTO ended_sign_ins (" ENDED_COLUMNS ") "
                       "SELECT DISTINCT family,?3 FROM refresh_tokens "
                       "WHERE user_id=?1 AND family<>?2 "
                       "ON CONFLICT (family) DO UPDATE SET expires_at=?3 "
                       "RETURNING " ENDED_COLUMNS,
    [ENDED_PUT_ONE] = "INSERT INTO ended_sign_ins (" ENDED_COLUMNS ") "
                      "SELECT DISTINCT family,?3 FROM refresh_tokens "
                      "WHERE user_id=?1 AND family=?2 "
                      "ON CONFLICT (family) DO UPDATE SET expires_at=?3 "
                      "RETURNING " ENDED_COLUMNS,
    [ENDED_PRUNE] = "DELETE FROM ended_sign_ins WHERE expires_at<?1",
    [ENDED_LIST] = "SELECT " ENDED_COLUMNS " FROM ended_sign_ins WHERE expires_at>=?1",

    [PROFILE_PUT] = "INSERT INTO profiles (" PROFILE_COLUMNS ") "
                    "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11) "
                    "ON CONFLICT (id) DO UPDATE SET name=?3,role=?4,years_experience=?5,"
                    "skills=?6,industry=?7,context=?8,created_at=?9,updated_at=?10,clear=?11 "
                    "WHERE user_id=?2",
    [PROFILE_ADD] = "INSERT INTO profiles (" PROFILE_COLUMNS ") "
                    "SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11 "
                    "WHERE (SELECT count(*) FROM profiles WHERE user_id=?2)<?12",
    [PROFILE_GET] = "SELECT " PROFILE_COLUMNS " FROM profiles WHERE id=?1 AND user_id=?2",
    [PROFILE_LIST] = "SELECT " PROFILE_COLUMNS " FROM profiles "
                     "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    /* From the index alone: to read a table with a damaged page row by row. */
    [PROFILE_IDS] = "SELECT id FROM profiles INDEXED BY profiles_user "
                    "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    /* Also from the index alone. */
    [PROFILE_LIST_CLEAR] = "SELECT id,user_id FROM profiles INDEXED BY profiles_clear "
                           "WHERE clear AND id>?1 ORDER BY id LIMIT ?2",
    [PROFILE_COUNT] = "SELECT count(*) FROM profiles WHERE user_id=?1",
    [PROFILE_ERASE] = "DELETE FROM profiles WHERE id=?1 AND user_id=?2",

    /* the store maintains duration and question_count: 0 at first, and not changed afterwards */
    [SESSION_PUT] = "INSERT INTO sessions (" SESSION_COLUMNS ",alive_at) "
                    "SELECT ?1,?2,?3,?4,?5,?6,?7,0,0,?10,?11,max(?6," NOW ") WHERE ?3 IS NULL OR "
                    "EXISTS (SELECT 1 FROM profiles WHERE id=?3 AND user_id=?2) "
                    "ON CONFLICT (id) DO UPDATE SET profile_id=?3,job_description=?4,status=?5,"
                    "created_at=?6,completed_at=?7,metadata=?10,title=?11,alive_at=" NOW " "
                    "WHERE user_id=?2",
    [SESSION_GET] = "SELECT " SESSION_COLUMNS " FROM sessions WHERE id=?1 AND user_id=?2",
    [SESSION_LIST] = "SELECT " SESSION_COLUMNS " FROM sessions "
                     "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    [SESSION_LIST_STATUS] = "SELECT " SESSION_COLUMNS " FROM sessions "
                            "WHERE user_id=?1 AND id<?2 AND status=?4 ORDER BY id DESC LIMIT ?3",
    [SESSION_IDS] = "SELECT id FROM sessions INDEXED BY sessions_user "
                    "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    [SESSION_IDS_STATUS] = "SELECT id FROM sessions INDEXED BY sessions_user_status "
                           "WHERE user_id=?1 AND id<?2 AND status=?4 ORDER BY id DESC LIMIT ?3",
    [SESSION_OWNED] = "SELECT 1 FROM sessions INDEXED BY sessions_user WHERE id=?1 AND user_id=?2",
    [SESSION_ERASE] = "DELETE FROM sessions WHERE id=?1 AND user_id=?2",
    [SESSION_LIST_FILTERED] = "SELECT " SESSION_COLUMNS " FROM sessions WHERE user_id=?1 AND id<?2 "
                              "AND " SESSION_FILTER " ORDER BY id DESC LIMIT ?3",
    [SESSION_IDS_FILTERED] = "SELECT id FROM sessions WHERE user_id=?1 AND id<?2 "
                             "AND " SESSION_FILTER " ORDER BY id DESC LIMIT ?3",
    [SESSION_RESUME] = "UPDATE sessions SET alive_at=" NOW ","
                       "completed_at=CASE status WHEN 2 THEN 0 ELSE completed_at END,"
                       "status=CASE status WHEN 2 THEN 0 ELSE status END "
                       "WHERE id=?1 AND user_id=?2",
    [SESSION_ABANDON] =
        "UPDATE sessions SET status=2,completed_at=max(created_at,coalesce("
        "(SELECT max(ended_at,timestamp) FROM transcripts WHERE session_id=sessions.id "
        "ORDER BY timestamp DESC LIMIT 1),0)) WHERE id IN (SELECT id FROM sessions "
        "WHERE status=0 AND alive_at<?1 ORDER BY alive_at LIMIT ?2) RETURNING " SESSION_COLUMNS,
    [SESSION_COUNT] = "UPDATE sessions SET question_count="
                      "(SELECT count(*) FROM transcripts WHERE session_id=?1 AND line=0),"
                      "duration=" SESSION_DURATION ",alive_at=" NOW " WHERE id=?1 "
                      "RETURNING user_id",
    [SESSION_ALIVE] = "UPDATE sessions SET alive_at=" NOW " WHERE id=?1 RETURNING user_id",
    [TRANSCRIPT_SPAN] = "SELECT 1 FROM transcripts WHERE id=?1 AND session_id=?2 AND timestamp=?3 "
                        "AND ended_at=?4 AND line=?5",

    /* its existing number, or the next one of its session */
    [TRANSCRIPT_NUMBER] =
        "SELECT coalesce((SELECT question_number FROM transcripts WHERE id=?1 AND session_id=?2),"
        "(SELECT max(question_number)+1 FROM transcripts WHERE session_id=?2 AND line=0),1)",
    [TRANSCRIPT_PUT] =
        "INSERT INTO transcripts (" TRANSCRIPT_COLUMNS ") "
        "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12) "
        "ON CONFLICT (id) DO UPDATE SET question_number=?3,question=?4,answer=?5,timestamp=?6,"
        "metrics=?7,detail=?8,audio_url=?9,line=?10,ended_at=?11,provider=?12 WHERE session_id=?2",
    [TRANSCRIPT_ERASE] = "DELETE FROM transcripts WHERE id=?1 AND session_id=?2",
    [TRANSCRIPT_GET] = "SELECT t.id,session_id,question_number,question,answer,timestamp,metrics,"
                       "detail,audio_url,line,ended_at,provider FROM transcripts t JOIN sessions s "
                       "ON s.id=t.session_id "
                       "WHERE t.id=?1 AND s.user_id=?2",
    [TRANSCRIPT_LIST] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE session_id=?1 "
                        "AND (?2 IS NULL OR (" TRANSCRIPT_ORDER ") > " TRANSCRIPT_AT ") "
                        "ORDER BY " TRANSCRIPT_ORDER " LIMIT ?3",
    [TRANSCRIPT_LIST_NEWEST] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE session_id=?1 "
                               "AND (?2 IS NULL OR (" TRANSCRIPT_ORDER ") < " TRANSCRIPT_AT ") "
                               "ORDER BY question_number DESC,timestamp DESC,id DESC LIMIT ?3",
    [TRANSCRIPT_IDS] =
        "SELECT id FROM transcripts INDEXED BY transcripts_order WHERE session_id=?1 "
        "AND (?2 IS NULL OR (" TRANSCRIPT_ORDER ") > " TRANSCRIPT_AT ") "
        "ORDER BY " TRANSCRIPT_ORDER " LIMIT ?3",
    [TRANSCRIPT_IDS_NEWEST] =
        "SELECT id FROM transcripts INDEXED BY transcripts_order WHERE session_id=?1 "
        "AND (?2 IS NULL OR (" TRANSCRIPT_ORDER ") < " TRANSCRIPT_AT ") "
        "ORDER BY question_number DESC,timestamp DESC,id DESC LIMIT ?3",
    [TRANSCRIPT_ONE] = "SELECT " TRANSCRIPT_COLUMNS " FROM transcripts WHERE id=?1",

    [VOICE_PUT] = "INSERT INTO voices (" VOICE_COLUMNS ") VALUES (?1,?2,?3,?4,?5) "
                  "ON CONFLICT (user_id) DO UPDATE SET wording=?2,agreed_at=?3,speech_ms=?4,"
                  "voice=?5",
    [VOICE_GET] = "SELECT " VOICE_COLUMNS " FROM voices WHERE user_id=?1",
    [VOICE_ERASE] = "DELETE FROM voices WHERE user_id=?1",

    [RECORDING_ADD] = "INSERT INTO recordings (" RECORDING_COLUMNS ") "
                      "SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12 WHERE ?5+(SELECT "
                      "coalesce(sum(bytes),0) FROM recordings WHERE user_id=?2)<=?13",
    [RECORDING_GET] = "SELECT " RECORDING_COLUMNS " FROM recordings WHERE id=?1 AND user_id=?2",
    [RECORDING_LIST] = "SELECT " RECORDING_COLUMNS " FROM recordings "
                       "WHERE user_id=?1 AND session_id=?2 ORDER BY id LIMIT ?3",
    [RECORDING_FINISH] = "UPDATE recordings SET format=?4,bytes=?5,duration_ms=?6,quality=?7,"
                         "growing=?12 WHERE id=?1",
    [RECORDING_GROWING] = "SELECT " RECORDING_COLUMNS " FROM recordings WHERE growing=1 "
                          "ORDER BY id LIMIT ?1",
    [RECORDING_OF_USER] = "SELECT " RECORDING_COLUMNS " FROM recordings "
                          "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    [RECORDING_BYTES] = "SELECT coalesce(sum(bytes),0) FROM recordings WHERE user_id=?1",
    [RECORDING_KNOWN] = "SELECT id FROM recordings WHERE id=?1",
    [RECORDING_ALL] =
        "SELECT " RECORDING_COLUMNS " FROM recordings WHERE id>?1 ORDER BY id LIMIT ?2",
    [RECORDING_ERASE] = "DELETE FROM recordings WHERE id=?1 AND user_id=?2",
    [RECORDING_EXPIRE] = "DELETE FROM recordings WHERE id IN (SELECT id FROM recordings "
                         "WHERE expires_at<=?1 ORDER BY expires_at LIMIT ?2) "
                         "RETURNING " RECORDING_COLUMNS,
    [ERASED_LIST] = "SELECT id FROM erased_recordings LIMIT ?1",
    [ERASED_GONE] = "DELETE FROM erased_recordings WHERE id=?1",

    [TRANSCRIPTION_ADD] = "INSERT INTO transcriptions (" TRANSCRIPTION_COLUMNS ") "
                          "SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9 WHERE (SELECT count(*) "
                          "FROM transcriptions WHERE user_id=?2 AND state=0)<?10",
    [TRANSCRIPTION_GET] =
        "SELECT " TRANSCRIPTION_COLUMNS " FROM transcriptions WHERE id=?1 AND user_id=?2",
    [TRANSCRIPTION_LIST] = "SELECT " TRANSCRIPTION_COLUMNS " FROM transcriptions "
                           "WHERE user_id=?1 AND id<?2 ORDER BY id DESC LIMIT ?3",
    [TRANSCRIPTION_NEXT] =
        "SELECT " TRANSCRIPTION_COLUMNS " FROM transcriptions WHERE state=0 ORDER BY id LIMIT 1",
    [TRANSCRIPTION_FINISH] = "UPDATE transcriptions SET state=?5,result=?6,error=?7,finished_at=?9 "
                             "WHERE id=?1 AND state=0",
    [TRANSCRIPTION_ERASE] = "DELETE FROM transcriptions WHERE id=?1 AND user_id=?2",

    [FIGURES_DAYS] = "SELECT day,sum(sessions),count(*),sum(said),sum(seconds),sum(questions) "
                     "FROM analytics WHERE sessions>0 AND day BETWEEN ?1 AND ?2 "
                     "AND (?3 IS NULL OR user_id=?3) GROUP BY day ORDER BY day DESC LIMIT ?4",
    [FIGURES_PROVIDERS] = "SELECT day,'',provider,sum(answers) FROM analytics_providers "
                          "WHERE answers>0 AND day BETWEEN ?1 AND ?2 "
                          "AND (?3 IS NULL OR user_id=?3) GROUP BY day,provider "
                          "ORDER BY day DESC,4 DESC,provider LIMIT ?4",
    [FIGURES_PROFILES] = "SELECT day,user_id,profile_id,sessions FROM analytics_profiles "
                         "WHERE sessions>0 AND day BETWEEN ?1 AND ?2 "
                         "AND (?3 IS NULL OR user_id=?3) "
                         "ORDER BY day DESC,sessions DESC,profile_id LIMIT ?4",
    [FACT_GET] = "SELECT value FROM facts WHERE name=?1",
    [FACT_PUT] = "INSERT INTO facts (name,value) VALUES (?1,?2) "
                 "ON CONFLICT (name) DO UPDATE SET value=?2",
    [FACT_CLAIM] = "INSERT INTO facts (name,value) VALUES (?1,?2) ON CONFLICT (name) DO NOTHING",
    [SAMPLES] = "SELECT * FROM (SELECT id,'profile.context',context FROM profiles "
                "WHERE context LIKE 'v_.%' LIMIT 4) UNION ALL "
                "SELECT * FROM (SELECT id,'session.jobDescription',job_description FROM sessions "
                "WHERE job_description LIKE 'v_.%' LIMIT 4) UNION ALL "
                "SELECT * FROM (SELECT id,'session.title',title FROM sessions "
                "WHERE title LIKE 'v_.%' LIMIT 4) UNION ALL "
                "SELECT * FROM (SELECT id,'transcript.question',question FROM transcripts "
                "WHERE question LIKE 'v_.%' LIMIT 4) LIMIT ?1",
};

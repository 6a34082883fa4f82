-- All that is kept, as migrations/sqlite has it by its number 16. Times are milliseconds since 1970
-- UTC. Ids sort by the time they were made, so "newest first" is the index on (owner, id) read
-- backwards; COLLATE "C" compares them by their bytes, whatever the database's own collation.

CREATE TABLE users (
    id           text COLLATE "C" PRIMARY KEY,
    email        text COLLATE "C" UNIQUE, -- NULL: the local owner
    display_name text NOT NULL,
    photo_url    text,
    password     text,                    -- argon2id, encoded
    settings     text NOT NULL,           -- JSON object
    subscription text NOT NULL,           -- JSON object
    created_at   bigint NOT NULL,
    role         integer NOT NULL DEFAULT 0 CHECK (role BETWEEN 0 AND 1), -- 1: admin
    disabled_at  bigint NOT NULL DEFAULT 0
);
-- One local owner at most.
CREATE UNIQUE INDEX users_local ON users ((email IS NULL)) WHERE email IS NULL;

CREATE TABLE refresh_tokens (
    hash       text COLLATE "C" PRIMARY KEY, -- SHA-256 of the token
    family     text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at bigint NOT NULL,
    used_at    bigint NOT NULL DEFAULT 0,
    began_at   bigint NOT NULL DEFAULT 0,
    seen_at    bigint NOT NULL DEFAULT 0,
    address    text,
    program    text
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- Sign-ins that were ended while access tokens of theirs may still be out.
CREATE TABLE ended_sign_ins (
    family     text COLLATE "C" PRIMARY KEY,
    expires_at bigint NOT NULL               -- of the last access token of the family
);
CREATE INDEX ended_sign_ins_expiry ON ended_sign_ins (expires_at);

CREATE TABLE resets (
    user_id    text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash       text COLLATE "C" NOT NULL UNIQUE, -- SHA-256 of the token
    expires_at bigint NOT NULL
);

CREATE TABLE photos (
    user_id    text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    type       text NOT NULL,
    photo      text NOT NULL,                -- base64url, sealed
    updated_at bigint NOT NULL
);

-- Which language models answer a user, in which order, and with which keys of their own.
CREATE TABLE choices (
    user_id    text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    choice     text NOT NULL,                -- sealed
    updated_at bigint NOT NULL
);

CREATE TABLE voices (
    user_id   text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    wording   text NOT NULL,
    agreed_at bigint NOT NULL,
    speech_ms bigint NOT NULL CHECK (speech_ms > 0),
    voice     text NOT NULL                  -- sealed
);

CREATE TABLE api_keys (
    id         text COLLATE "C" PRIMARY KEY,
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       text COLLATE "C" NOT NULL UNIQUE, -- SHA-256 of the key
    prefix     text NOT NULL,                -- how it begins, to know it by
    label      text NOT NULL,                -- sealed
    created_at bigint NOT NULL,
    used_at    bigint NOT NULL DEFAULT 0
);
CREATE INDEX api_keys_by_user ON api_keys (user_id, id);

CREATE TABLE passkeys (
    id         text COLLATE "C" PRIMARY KEY,
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential text COLLATE "C" NOT NULL UNIQUE, -- the id that its device knows it by, base64url
    rp_id      text NOT NULL,                -- the name of the site it is for
    alg        integer NOT NULL,             -- COSE
    public_key text NOT NULL,                -- base64url
    count      bigint NOT NULL,              -- of signatures; 0: the device does not count
    synced     integer NOT NULL,             -- 1: it may be on several devices
    transports text NOT NULL,                -- how its device is reached
    name       text NOT NULL,                -- sealed
    created_at bigint NOT NULL,
    used_at    bigint NOT NULL DEFAULT 0
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

CREATE TABLE profiles (
    id               text COLLATE "C" PRIMARY KEY,
    user_id          text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name             text NOT NULL,          -- sealed, as role, skills, industry and context
    role             text NOT NULL,
    years_experience double precision NOT NULL,
    skills           text NOT NULL,
    industry         text NOT NULL,
    context          text,
    created_at       bigint NOT NULL,
    updated_at       bigint NOT NULL,
    clear            integer NOT NULL DEFAULT 0 -- 1: moved here from where it was not sealed
);
CREATE INDEX profiles_user ON profiles (user_id, id);
CREATE INDEX profiles_clear ON profiles (id, user_id) WHERE clear = 1;

CREATE TABLE sessions (
    id              text COLLATE "C" PRIMARY KEY,
    user_id         text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    profile_id      text COLLATE "C" REFERENCES profiles (id) ON DELETE SET NULL,
    job_description text,                    -- sealed
    status          integer NOT NULL CHECK (status BETWEEN 0 AND 2),
    created_at      bigint NOT NULL,
    completed_at    bigint NOT NULL DEFAULT 0,
    duration        integer NOT NULL DEFAULT 0,
    question_count  integer NOT NULL DEFAULT 0,
    metadata        text NOT NULL,           -- JSON object
    title           text,                    -- sealed
    alive_at        bigint NOT NULL DEFAULT 0
);
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_user_status ON sessions (user_id, status, id);
CREATE INDEX sessions_profile ON sessions (profile_id);
CREATE INDEX sessions_alive ON sessions (alive_at) WHERE status = 0;

-- A question with its answer, or words that wanted none; those carry the number of the question
-- that follows them.
CREATE TABLE transcripts (
    id              text COLLATE "C" PRIMARY KEY,
    session_id      text COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    question_number integer NOT NULL CHECK (question_number > 0),
    question        text,                    -- sealed
    answer          text,                    -- sealed
    timestamp       bigint NOT NULL,
    metrics         text NOT NULL,           -- JSON object
    detail          text,                    -- sealed JSON object
    audio_url       text,
    line            integer NOT NULL DEFAULT 0 CHECK (line BETWEEN 0 AND 2),
    ended_at        bigint NOT NULL DEFAULT 0,
    provider        text COLLATE "C"         -- who answered; NULL: nobody has
);
CREATE UNIQUE INDEX transcripts_number ON transcripts (session_id, question_number) WHERE line = 0;
CREATE INDEX transcripts_order ON transcripts (session_id, question_number, timestamp, id);
CREATE INDEX transcripts_time ON transcripts (session_id, timestamp, id, ended_at);

CREATE TABLE recordings (
    id          text COLLATE "C" PRIMARY KEY,
    user_id     text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id  text COLLATE "C" REFERENCES sessions (id) ON DELETE CASCADE,
    format      text NOT NULL,
    bytes       bigint NOT NULL CHECK (bytes > 0),
    duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
    quality     integer NOT NULL CHECK (quality BETWEEN 0 AND 2),
    created_at  bigint NOT NULL,
    expires_at  bigint NOT NULL,
    wording     text,
    agreed_at   bigint NOT NULL DEFAULT 0,
    growing     integer NOT NULL DEFAULT 0 CHECK (growing BETWEEN 0 AND 1)
);
CREATE INDEX recordings_user ON recordings (user_id, id, bytes);
CREATE INDEX recordings_session ON recordings (session_id);
CREATE INDEX recordings_expiry ON recordings (expires_at);
CREATE INDEX recordings_growing ON recordings (id) WHERE growing = 1;

-- Those whose sound is still to be erased, whatever erased the rest.
CREATE TABLE erased_recordings (
    id text COLLATE "C" PRIMARY KEY
);

CREATE TABLE transcriptions (
    id           text COLLATE "C" PRIMARY KEY,
    user_id      text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    recording_id text COLLATE "C" NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    language     text NOT NULL,
    state        integer NOT NULL CHECK (state BETWEEN 0 AND 2),
    result       text,                       -- sealed
    error        text,
    created_at   bigint NOT NULL,
    finished_at  bigint NOT NULL DEFAULT 0
);
CREATE INDEX transcriptions_user ON transcriptions (user_id, id);
CREATE INDEX transcriptions_recording ON transcriptions (recording_id);
CREATE INDEX transcriptions_waiting ON transcriptions (id) WHERE state = 0;

-- What the program remembers of itself.
CREATE TABLE facts (
    name  text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

-- Figures of each day and user, kept by the triggers below.
CREATE TABLE analytics (
    day       bigint NOT NULL,               -- since 1970
    user_id   text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sessions  bigint NOT NULL DEFAULT 0,
    said      bigint NOT NULL DEFAULT 0,     -- of those, in which something was said
    seconds   bigint NOT NULL DEFAULT 0,     -- how long those were
    questions bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (day, user_id)
);
CREATE TABLE analytics_profiles (
    day        bigint NOT NULL,
    user_id    text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    profile_id text COLLATE "C" NOT NULL,
    sessions   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (day, user_id, profile_id)
);
CREATE TABLE analytics_providers (
    day      bigint NOT NULL,
    user_id  text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider text COLLATE "C" NOT NULL,
    answers  bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (day, user_id, provider)
);
CREATE INDEX analytics_user ON analytics (user_id, day);
CREATE INDEX analytics_profiles_user ON analytics_profiles (user_id, day);
CREATE INDEX analytics_providers_user ON analytics_providers (user_id, day);

-- ------------------------------------------------------------------------------ functions

CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

-- How many questions a session has, and how long it was: from the first word to the last, without
-- pauses of ten minutes; each row adds what it goes beyond all before it.
CREATE FUNCTION recount_session(of_session text) RETURNS SETOF text LANGUAGE sql AS $$
    UPDATE sessions SET alive_at = now_ms(),
        question_count = (SELECT count(*) FROM transcripts WHERE session_id = of_session AND line = 0),
        duration = (SELECT (coalesce(sum(CASE WHEN before IS NULL OR said.timestamp - before > 600000
                                              THEN ended - said.timestamp
                                              ELSE greatest(ended - before, 0) END), 0) + 500)::bigint / 1000
                    FROM (SELECT t.timestamp, greatest(t.ended_at, t.timestamp) AS ended,
                                 max(greatest(t.ended_at, t.timestamp)) OVER
                                     (ORDER BY t.timestamp, t.id
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                          FROM transcripts t WHERE t.session_id = of_session) said)
    WHERE id = of_session RETURNING user_id
$$;

-- Insert or replace, number it and count its session, which is held meanwhile so that no two get
-- the same number. No row: there is no such session, or the transcript is of another one.
CREATE FUNCTION put_transcript(
    new_id text, of_session text, number integer, new_question text, new_answer text, began bigint,
    new_metrics text, new_detail text, new_audio_url text, new_line integer, ended bigint,
    new_provider text) RETURNS TABLE (given integer, owner text) LANGUAGE plpgsql AS $$
DECLARE
    was transcripts%ROWTYPE;
BEGIN
    SELECT user_id INTO owner FROM sessions WHERE id = of_session FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO was FROM transcripts t WHERE t.id = new_id;
    IF FOUND AND was.session_id <> of_session THEN
        RETURN;
    END IF;
    given := CASE WHEN number > 0 THEN number ELSE coalesce(was.question_number,
        (SELECT max(t.question_number) + 1 FROM transcripts t WHERE t.session_id = of_session AND t.line = 0),
        1) END;
    INSERT INTO transcripts AS t (id, session_id, question_number, question, answer, timestamp, metrics,
                                  detail, audio_url, line, ended_at, provider)
    VALUES (new_id, of_session, given, new_question, new_answer, began, new_metrics, new_detail,
            new_audio_url, new_line, ended, new_provider)
    ON CONFLICT (id) DO UPDATE SET question_number = given, question = new_question, answer = new_answer,
        timestamp = began, metrics = new_metrics, detail = new_detail, audio_url = new_audio_url,
        line = new_line, ended_at = ended, provider = new_provider
    WHERE t.session_id = of_session;
    IF NOT FOUND THEN
        owner := NULL; -- one that was put into another session a moment ago
        RETURN;
    END IF;
    IF was.timestamp = began AND was.ended_at = ended AND was.line = new_line THEN
        UPDATE sessions SET alive_at = now_ms() WHERE id = of_session;
    ELSE
        PERFORM recount_session(of_session);
    END IF;
    RETURN NEXT;
END
$$;

-- No row: there is none. Else whose session it was of.
CREATE FUNCTION erase_transcript(of_session text, old_id text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM sessions WHERE id = of_session FOR NO KEY UPDATE;
    DELETE FROM transcripts WHERE id = old_id AND session_id = of_session;
    IF FOUND THEN
        RETURN QUERY SELECT recount_session(of_session);
    END IF;
END
$$;

-- ------------------------------------------------------------------------------- triggers

CREATE FUNCTION recording_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO erased_recordings (id) VALUES (old.id) ON CONFLICT DO NOTHING;
    IF old.session_id IS NOT NULL THEN -- what is told to be heard there is not any more
        UPDATE transcripts SET audio_url = NULL WHERE session_id = old.session_id
            AND left(audio_url, length(old.id) + 15) = '/api/v1/audio/' || old.id || '#';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER recordings_erased AFTER DELETE ON recordings
    FOR EACH ROW EXECUTE FUNCTION recording_erased();

CREATE FUNCTION count_session(s sessions) RETURNS void LANGUAGE sql AS $$
    INSERT INTO analytics AS a (day, user_id, sessions, said, seconds, questions)
    VALUES (s.created_at / 86400000, s.user_id, 1, (s.duration > 0)::int, s.duration, s.question_count)
    ON CONFLICT (day, user_id) DO UPDATE SET sessions = a.sessions + 1, said = a.said + excluded.said,
        seconds = a.seconds + excluded.seconds, questions = a.questions + excluded.questions
$$;

CREATE FUNCTION discount_session(s sessions) RETURNS void LANGUAGE sql AS $$
    UPDATE analytics SET sessions = sessions - 1, said = said - (s.duration > 0)::int,
        seconds = seconds - s.duration, questions = questions - s.question_count
    WHERE day = s.created_at / 86400000 AND user_id = s.user_id
$$;

CREATE FUNCTION count_profile(s sessions) RETURNS void LANGUAGE sql AS $$
    INSERT INTO analytics_profiles AS a (day, user_id, profile_id, sessions)
    SELECT s.created_at / 86400000, s.user_id, s.profile_id, 1 WHERE s.profile_id IS NOT NULL
    ON CONFLICT (day, user_id, profile_id) DO UPDATE SET sessions = a.sessions + 1
$$;

CREATE FUNCTION discount_profile(s sessions) RETURNS void LANGUAGE sql AS $$
    UPDATE analytics_profiles SET sessions = sessions - 1
    WHERE day = s.created_at / 86400000 AND user_id = s.user_id AND profile_id = s.profile_id
$$;

CREATE FUNCTION discount_answers(s sessions) RETURNS void LANGUAGE sql AS $$
    UPDATE analytics_providers a SET answers = answers - (SELECT count(*) FROM transcripts t
        WHERE t.session_id = s.id AND t.provider = a.provider)
    WHERE day = s.created_at / 86400000 AND user_id = s.user_id
$$;

CREATE FUNCTION session_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_session(new);
    PERFORM count_profile(new);
    RETURN NULL;
END
$$;
CREATE TRIGGER analytics_session_begun AFTER INSERT ON sessions
    FOR EACH ROW EXECUTE FUNCTION session_begun();

CREATE FUNCTION session_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved boolean := old.created_at / 86400000 <> new.created_at / 86400000;
BEGIN
    IF moved OR old.duration <> new.duration OR old.question_count <> new.question_count THEN
        PERFORM discount_session(old);
        PERFORM count_session(new);
    END IF;
    IF moved OR old.profile_id IS DISTINCT FROM new.profile_id THEN
        PERFORM discount_profile(old);
        PERFORM count_profile(new);
    END IF;
    IF moved THEN
        PERFORM discount_answers(old);
        INSERT INTO analytics_providers AS a (day, user_id, provider, answers)
        SELECT new.created_at / 86400000, new.user_id, provider, count(*) FROM transcripts
        WHERE session_id = new.id AND provider IS NOT NULL GROUP BY provider
        ON CONFLICT (day, user_id, provider) DO UPDATE SET answers = a.answers + excluded.answers;
    END IF;
    RETURN NULL;
END
$$;
-- Most updates only say that it is alive.
CREATE TRIGGER analytics_session_changed AFTER UPDATE ON sessions
    FOR EACH ROW WHEN (old.duration <> new.duration OR old.question_count <> new.question_count
        OR old.created_at <> new.created_at OR old.profile_id IS DISTINCT FROM new.profile_id)
    EXECUTE FUNCTION session_changed();

-- Before it goes: what was said in it goes with it, and then nobody knows any more whose it was.
CREATE FUNCTION session_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM discount_session(old);
    PERFORM discount_profile(old);
    PERFORM discount_answers(old);
    DELETE FROM analytics WHERE day = old.created_at / 86400000 AND user_id = old.user_id AND sessions = 0;
    RETURN old;
END
$$;
CREATE TRIGGER analytics_session_erased BEFORE DELETE ON sessions
    FOR EACH ROW EXECUTE FUNCTION session_erased();

CREATE FUNCTION answer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE analytics_providers SET answers = answers - 1 WHERE provider = old.provider
            AND (day, user_id) = (SELECT created_at / 86400000, s.user_id FROM sessions s
                                  WHERE id = old.session_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO analytics_providers AS a (day, user_id, provider, answers)
        SELECT created_at / 86400000, user_id, new.provider, 1 FROM sessions
        WHERE id = new.session_id AND new.provider IS NOT NULL
        ON CONFLICT (day, user_id, provider) DO UPDATE SET answers = a.answers + 1;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER analytics_answered AFTER INSERT ON transcripts
    FOR EACH ROW WHEN (new.provider IS NOT NULL) EXECUTE FUNCTION answer_changed();
CREATE TRIGGER analytics_answered_anew AFTER UPDATE ON transcripts
    FOR EACH ROW WHEN (old.provider IS DISTINCT FROM new.provider) EXECUTE FUNCTION answer_changed();
CREATE TRIGGER analytics_answer_erased AFTER DELETE ON transcripts
    FOR EACH ROW WHEN (old.provider IS NOT NULL) EXECUTE FUNCTION answer_changed();

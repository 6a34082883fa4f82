-- Figures of each day and user, kept as sessions and answers are written and erased, so that nobody
-- has to read those to know them. Everything belongs to the day (of UTC) on which its session was
-- begun. What is erased leaves the figures too: they are always those of a recount.

ALTER TABLE transcripts ADD COLUMN provider TEXT; -- who answered; NULL: nobody has, or before this

CREATE TABLE analytics (
    day       INTEGER NOT NULL,          -- since 1970
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    sessions  INTEGER NOT NULL DEFAULT 0,
    said      INTEGER NOT NULL DEFAULT 0, -- of those, in which something was said
    seconds   INTEGER NOT NULL DEFAULT 0, -- how long those were
    questions INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE analytics_profiles (
    day        INTEGER NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    profile_id TEXT NOT NULL,
    sessions   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, user_id, profile_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE analytics_providers (
    day      INTEGER NOT NULL,
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    answers  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, user_id, provider)
) STRICT, WITHOUT ROWID;

CREATE INDEX analytics_user ON analytics (user_id, day);
CREATE INDEX analytics_profiles_user ON analytics_profiles (user_id, day);
CREATE INDEX analytics_providers_user ON analytics_providers (user_id, day);

INSERT INTO analytics (day, user_id, sessions, said, seconds, questions)
SELECT created_at / 86400000, user_id, count(*), sum(duration > 0), sum(duration), sum(question_count)
FROM sessions GROUP BY 1, 2;

INSERT INTO analytics_profiles (day, user_id, profile_id, sessions)
SELECT created_at / 86400000, user_id, profile_id, count(*)
FROM sessions WHERE profile_id IS NOT NULL GROUP BY 1, 2, 3;

CREATE TRIGGER analytics_session_begun AFTER INSERT ON sessions BEGIN
    INSERT INTO analytics (day, user_id, sessions, said, seconds, questions)
    VALUES (new.created_at / 86400000, new.user_id, 1, new.duration > 0, new.duration, new.question_count)
    ON CONFLICT (day, user_id) DO UPDATE SET sessions = sessions + 1, said = said + excluded.said,
        seconds = seconds + excluded.seconds, questions = questions + excluded.questions;
    INSERT INTO analytics_profiles (day, user_id, profile_id, sessions)
    SELECT new.created_at / 86400000, new.user_id, new.profile_id, 1 WHERE new.profile_id IS NOT NULL
    ON CONFLICT (day, user_id, profile_id) DO UPDATE SET sessions = sessions + 1;
END;

CREATE TRIGGER analytics_session_changed AFTER UPDATE ON sessions
WHEN old.duration <> new.duration OR old.question_count <> new.question_count
    OR old.created_at / 86400000 <> new.created_at / 86400000
BEGIN
    UPDATE analytics SET sessions = sessions - 1, said = said - (old.duration > 0),
        seconds = seconds - old.duration, questions = questions - old.question_count
    WHERE day = old.created_at / 86400000 AND user_id = old.user_id;
    INSERT INTO analytics (day, user_id, sessions, said, seconds, questions)
    VALUES (new.created_at / 86400000, new.user_id, 1, new.duration > 0, new.duration, new.question_count)
    ON CONFLICT (day, user_id) DO UPDATE SET sessions = sessions + 1, said = said + excluded.said,
        seconds = seconds + excluded.seconds, questions = questions + excluded.questions;
END;

CREATE TRIGGER analytics_profile_changed AFTER UPDATE ON sessions
WHEN old.profile_id IS NOT new.profile_id OR old.created_at / 86400000 <> new.created_at / 86400000
BEGIN
    UPDATE analytics_profiles SET sessions = sessions - 1
    WHERE day = old.created_at / 86400000 AND user_id = old.user_id AND profile_id = old.profile_id;
    INSERT INTO analytics_profiles (day, user_id, profile_id, sessions)
    SELECT new.created_at / 86400000, new.user_id, new.profile_id, 1 WHERE new.profile_id IS NOT NULL
    ON CONFLICT (day, user_id, profile_id) DO UPDATE SET sessions = sessions + 1;
END;

CREATE TRIGGER analytics_day_changed AFTER UPDATE ON sessions
WHEN old.created_at / 86400000 <> new.created_at / 86400000
BEGIN
    UPDATE analytics_providers SET answers = answers - (SELECT count(*) FROM transcripts
        WHERE session_id = new.id AND provider = analytics_providers.provider)
    WHERE day = old.created_at / 86400000 AND user_id = old.user_id;
    INSERT INTO analytics_providers (day, user_id, provider, answers)
    SELECT new.created_at / 86400000, new.user_id, provider, count(*) FROM transcripts
    WHERE session_id = new.id AND provider IS NOT NULL GROUP BY provider
    ON CONFLICT (day, user_id, provider) DO UPDATE SET answers = answers + excluded.answers;
END;

-- Before it goes: what was said in it goes with it, and then nobody knows any more whose it was.
CREATE TRIGGER analytics_session_erased BEFORE DELETE ON sessions BEGIN
    UPDATE analytics SET sessions = sessions - 1, said = said - (old.duration > 0),
        seconds = seconds - old.duration, questions = questions - old.question_count
    WHERE day = old.created_at / 86400000 AND user_id = old.user_id;
    UPDATE analytics_profiles SET sessions = sessions - 1
    WHERE day = old.created_at / 86400000 AND user_id = old.user_id AND profile_id = old.profile_id;
    UPDATE analytics_providers SET answers = answers - (SELECT count(*) FROM transcripts
        WHERE session_id = old.id AND provider = analytics_providers.provider)
    WHERE day = old.created_at / 86400000 AND user_id = old.user_id;
    DELETE FROM analytics WHERE day = old.created_at / 86400000 AND user_id = old.user_id AND sessions = 0;
END;

CREATE TRIGGER analytics_answered AFTER INSERT ON transcripts WHEN new.provider IS NOT NULL BEGIN
    INSERT INTO analytics_providers (day, user_id, provider, answers)
    SELECT created_at / 86400000, user_id, new.provider, 1 FROM sessions WHERE id = new.session_id
    ON CONFLICT (day, user_id, provider) DO UPDATE SET answers = answers + 1;
END;

CREATE TRIGGER analytics_answered_anew AFTER UPDATE ON transcripts WHEN old.provider IS NOT new.provider BEGIN
    UPDATE analytics_providers SET answers = answers - 1
    WHERE provider = old.provider AND (day, user_id) =
        (SELECT created_at / 86400000, user_id FROM sessions WHERE id = old.session_id);
    INSERT INTO analytics_providers (day, user_id, provider, answers)
    SELECT created_at / 86400000, user_id, new.provider, 1 FROM sessions
    WHERE id = new.session_id AND new.provider IS NOT NULL
    ON CONFLICT (day, user_id, provider) DO UPDATE SET answers = answers + 1;
END;

CREATE TRIGGER analytics_answer_erased AFTER DELETE ON transcripts WHEN old.provider IS NOT NULL BEGIN
    UPDATE analytics_providers SET answers = answers - 1
    WHERE provider = old.provider AND (day, user_id) =
        (SELECT created_at / 86400000, user_id FROM sessions WHERE id = old.session_id);
END;

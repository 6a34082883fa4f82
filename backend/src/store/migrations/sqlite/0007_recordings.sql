-- Recordings that are kept: what is said about each. The sound itself lies beside the database,
-- sealed, under the same id. With an interview or an account its recordings go too.

CREATE TABLE recordings (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id  TEXT REFERENCES sessions (id) ON DELETE CASCADE,
    format      TEXT NOT NULL,
    bytes       INTEGER NOT NULL CHECK (bytes > 0),
    duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
    quality     INTEGER NOT NULL CHECK (quality BETWEEN 0 AND 2),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX recordings_user ON recordings (user_id, id, bytes);
CREATE INDEX recordings_session ON recordings (session_id);
CREATE INDEX recordings_expiry ON recordings (expires_at);

-- Those whose sound is still to be erased, whatever erased the rest: written in the transaction
-- that did, so that a crash right after it forgets none.

CREATE TABLE erased_recordings (
    id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TRIGGER recordings_erased AFTER DELETE ON recordings BEGIN
    INSERT OR IGNORE INTO erased_recordings (id) VALUES (old.id);
END;

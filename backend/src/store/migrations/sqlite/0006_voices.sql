-- The voice of a person who asked to keep theirs, with what they agreed to and when.

CREATE TABLE voices (
    user_id   TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    wording   TEXT NOT NULL,
    agreed_at INTEGER NOT NULL,
    speech_ms INTEGER NOT NULL CHECK (speech_ms > 0),
    voice     TEXT NOT NULL             -- sealed
) STRICT, WITHOUT ROWID;

-- The seed's collections. Times are milliseconds since 1970 UTC. Ids sort by the time they were
-- made, so "newest first" is the index on (owner, id) read backwards.

CREATE TABLE users (
    id           TEXT PRIMARY KEY,
    email        TEXT UNIQUE,            -- NULL: the local owner
    display_name TEXT NOT NULL,
    photo_url    TEXT,
    password     TEXT,                   -- argon2id, encoded
    settings     TEXT NOT NULL,          -- JSON object
    subscription TEXT NOT NULL,          -- JSON object
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One local owner at most.
CREATE UNIQUE INDEX users_local ON users (email IS NULL) WHERE email IS NULL;

CREATE TABLE refresh_tokens (
    hash       TEXT PRIMARY KEY,         -- SHA-256 of the token
    family     TEXT NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

CREATE TABLE profiles (
    id               TEXT PRIMARY KEY,
    user_id          TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name             TEXT NOT NULL,
    role             TEXT NOT NULL,
    years_experience REAL NOT NULL,
    skills           TEXT NOT NULL,      -- JSON array of strings
    industry         TEXT NOT NULL,
    context          TEXT,               -- sealed
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX profiles_user ON profiles (user_id, id);
CREATE INDEX profiles_role ON profiles (user_id, role, created_at DESC);

CREATE TABLE sessions (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    profile_id      TEXT REFERENCES profiles (id) ON DELETE SET NULL,
    job_description TEXT,                -- sealed
    status          INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),
    created_at      INTEGER NOT NULL,
    completed_at    INTEGER NOT NULL DEFAULT 0,
    duration        INTEGER NOT NULL DEFAULT 0,
    question_count  INTEGER NOT NULL DEFAULT 0,
    metadata        TEXT NOT NULL        -- JSON object
) STRICT;

CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_user_status ON sessions (user_id, status, id);
CREATE INDEX sessions_status ON sessions (status, created_at DESC);
CREATE INDEX sessions_profile ON sessions (profile_id);

CREATE TABLE transcripts (
    id              TEXT PRIMARY KEY,
    session_id      TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    question_number INTEGER NOT NULL CHECK (question_number > 0),
    question        TEXT,                -- sealed
    answer          TEXT,                -- sealed
    timestamp       INTEGER NOT NULL,
    metrics         TEXT NOT NULL,       -- JSON object
    detail          TEXT,                -- sealed JSON object
    audio_url       TEXT
) STRICT;

CREATE UNIQUE INDEX transcripts_number ON transcripts (session_id, question_number);
CREATE INDEX transcripts_time ON transcripts (session_id, timestamp);

-- Recordings that are transcribed in the background: asked for, waiting through restarts, done or failed.
-- They go with their recording.

CREATE TABLE transcriptions (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    recording_id TEXT NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    language     TEXT NOT NULL,
    state        INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    result       TEXT,                   -- sealed
    error        TEXT,
    created_at   INTEGER NOT NULL,
    finished_at  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX transcriptions_user ON transcriptions (user_id);
CREATE INDEX transcriptions_recording ON transcriptions (recording_id);
CREATE INDEX transcriptions_waiting ON transcriptions (id) WHERE state = 0;

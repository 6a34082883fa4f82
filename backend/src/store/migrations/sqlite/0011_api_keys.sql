-- Personal keys: what programs sign in with. The key itself is never stored.

CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       TEXT NOT NULL UNIQUE,     -- SHA-256 of the key
    prefix     TEXT NOT NULL,            -- how it begins, to know it by
    label      TEXT NOT NULL,            -- sealed
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_user ON api_keys (user_id, id);

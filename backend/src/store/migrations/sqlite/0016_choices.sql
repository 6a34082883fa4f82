-- Which language models answer a user, in which order, and with which keys of their own.

CREATE TABLE choices (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    choice     TEXT NOT NULL,            -- sealed
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Roles and disabled accounts; where and when each sign-in was used; links that set a password; photos.

ALTER TABLE users ADD COLUMN role INTEGER NOT NULL DEFAULT 0 CHECK (role BETWEEN 0 AND 1); -- 1: admin
ALTER TABLE users ADD COLUMN disabled_at INTEGER NOT NULL DEFAULT 0;

-- Each rotation carries on when its sign-in began. Of sign-ins from before this is not known any more.
ALTER TABLE refresh_tokens ADD COLUMN began_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE refresh_tokens ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE refresh_tokens ADD COLUMN address TEXT;
ALTER TABLE refresh_tokens ADD COLUMN program TEXT;

CREATE TABLE resets (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash       TEXT NOT NULL UNIQUE,     -- SHA-256 of the token
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE photos (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    type       TEXT NOT NULL,
    photo      TEXT NOT NULL,            -- base64url, sealed
    updated_at INTEGER NOT NULL
) STRICT;

-- Passkeys: public keys that browsers sign in with (WebAuthn).

CREATE TABLE passkeys (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential TEXT NOT NULL UNIQUE,     -- the id that its device knows it by, base64url
    rp_id      TEXT NOT NULL,            -- the name of the site it is for
    alg        INTEGER NOT NULL,         -- COSE
    public_key TEXT NOT NULL,            -- base64url
    count      INTEGER NOT NULL,         -- of signatures; 0: the device does not count
    synced     INTEGER NOT NULL,         -- 1: it may be on several devices
    transports TEXT NOT NULL,            -- how its device is reached
    name       TEXT NOT NULL,            -- sealed
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

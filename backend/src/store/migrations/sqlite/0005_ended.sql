-- Sign-ins that were ended while access tokens of theirs may still be out: refused until those
-- have expired, also by a server that was started anew in between.

CREATE TABLE ended_sign_ins (
    family     TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL          -- of the last access token of the family
) STRICT, WITHOUT ROWID;

CREATE INDEX ended_sign_ins_expiry ON ended_sign_ins (expires_at);

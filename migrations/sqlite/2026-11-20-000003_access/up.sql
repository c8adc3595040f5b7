-- Who may ask: one-time login links, sessions and API tokens. Only digests of secrets are kept.
CREATE TABLE credential (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT
);

-- The ledger: what was received, in order, with the tree over it. Nothing here is ever changed; a redaction deletes a
-- body. Whatever can be derived from these tables stands in the graph's migration.

-- One row for each entry. `leaf` is the committed form (docs/LEDGER.md); the other columns are its opening.
CREATE TABLE entry (
    position BIGINT NOT NULL PRIMARY KEY,
    leaf BYTEA NOT NULL,
    salt BYTEA NOT NULL,
    kind SMALLINT NOT NULL,
    evidence SMALLINT NOT NULL,
    received BIGINT NOT NULL,
    stream BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    delivery_id TEXT COLLATE "C" NOT NULL,
    headers BYTEA NOT NULL,
    body_bytes BIGINT NOT NULL,
    fingerprint BYTEA NOT NULL,
    duplicate_of BIGINT,
    conflicting BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX entry_by_counter ON entry (stream, counter);
CREATE INDEX entry_by_delivery ON entry (source, delivery_id);
CREATE INDEX entry_by_fingerprint ON entry (source, fingerprint) WHERE duplicate_of IS NULL;

-- The exact bytes of each body, compressed or as they are (encoding 1 or 0). Apart from the entries, so that a scan over
-- those does not read these.
CREATE TABLE body (
    position BIGINT NOT NULL PRIMARY KEY,
    encoding SMALLINT NOT NULL,
    bytes BYTEA NOT NULL
);

-- Full tiles only (256 hashes of 32 bytes); what is right of them follows from the entries.
CREATE TABLE tile (
    level SMALLINT NOT NULL,
    number BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (level, number)
);

-- One signed head for each commit of a batch.
CREATE TABLE checkpoint (
    size BIGINT NOT NULL PRIMARY KEY,
    note TEXT COLLATE "C" NOT NULL
);

-- The one row that a writer locks for the length of a batch.
CREATE TABLE head (
    id SMALLINT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    received BIGINT NOT NULL
);

-- The last counter of each stream.
CREATE TABLE stream_end (
    stream BYTEA NOT NULL PRIMARY KEY,
    counter BIGINT NOT NULL
);

-- Who may deliver. The ledger has an entry for each change of this table, without the secrets.
CREATE TABLE source (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    provider TEXT COLLATE "C" NOT NULL,
    stream BYTEA NOT NULL,
    secrets TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL
);

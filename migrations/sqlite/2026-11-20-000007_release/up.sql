-- What people have decided about releases: derived from their entries, and emptied by a rebuild.
CREATE TABLE release_decision (
    entry BIGINT NOT NULL PRIMARY KEY,
    candidate TEXT NOT NULL,
    environment TEXT NOT NULL,
    what TEXT NOT NULL,
    gate TEXT,
    person TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    expires BIGINT
);
CREATE INDEX release_decision_by_candidate ON release_decision (candidate, environment, entry);

-- Which verdicts about releases stand in the ledger: derived in the same way.
CREATE TABLE release_verdict (
    entry BIGINT NOT NULL PRIMARY KEY,
    candidate TEXT NOT NULL,
    environment TEXT NOT NULL,
    outcome TEXT NOT NULL,
    policy TEXT NOT NULL,
    person TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX release_verdict_by_candidate ON release_verdict (candidate, environment, entry);

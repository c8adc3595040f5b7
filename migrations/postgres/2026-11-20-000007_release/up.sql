-- What people have decided about releases: derived from their entries, and emptied by a rebuild.
CREATE TABLE release_decision (
    entry BIGINT NOT NULL PRIMARY KEY,
    candidate TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    gate TEXT COLLATE "C",
    person TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    expires BIGINT
);
CREATE INDEX release_decision_by_candidate ON release_decision (candidate, environment, entry);

-- Which verdicts about releases stand in the ledger: derived in the same way.
CREATE TABLE release_verdict (
    entry BIGINT NOT NULL PRIMARY KEY,
    candidate TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    policy TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX release_verdict_by_candidate ON release_verdict (candidate, environment, entry);

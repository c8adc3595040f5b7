-- How far the history of each tool has been read. Only a convenience: without these rows everything is read once more,
-- and the ledger recognises what it has.
CREATE TABLE backfill_cursor (
    source TEXT COLLATE "C" NOT NULL,
    list TEXT COLLATE "C" NOT NULL,
    page TEXT COLLATE "C",
    since BIGINT NOT NULL,
    began BIGINT NOT NULL,
    complete_from BIGINT,
    complete_to BIGINT,
    PRIMARY KEY (source, list)
);

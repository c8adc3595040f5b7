-- How far the history of each tool has been read. Only a convenience: without these rows everything is read once more,
-- and the ledger recognises what it has.
CREATE TABLE backfill_cursor (
    source TEXT NOT NULL,
    list TEXT NOT NULL,
    page TEXT,
    since BIGINT NOT NULL,
    began BIGINT NOT NULL,
    complete_from BIGINT,
    complete_to BIGINT,
    PRIMARY KEY (source, list)
);

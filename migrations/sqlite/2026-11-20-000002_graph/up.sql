-- The graph: derived from the ledger, and derived again by `throughline rebuild`.

-- How far the ledger has been folded, and by whom. `revision` counts the batches; rows carry the one that changed them.
-- `epoch` counts the rebuilds: whoever follows begins again when it changes.
CREATE TABLE projection (
    id SMALLINT NOT NULL PRIMARY KEY,
    cursor BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    next_node BIGINT NOT NULL,
    next_link BIGINT NOT NULL,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL
);

CREATE TABLE node (
    id BIGINT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    stated BOOLEAN NOT NULL,
    live BOOLEAN NOT NULL,
    degree BIGINT NOT NULL,
    occurred BIGINT,
    outcome TEXT,
    revision BIGINT NOT NULL
);
CREATE UNIQUE INDEX node_by_key ON node (key);
CREATE INDEX node_by_revision ON node (revision);

CREATE TABLE node_attribute (
    node BIGINT NOT NULL,
    attribute TEXT NOT NULL,
    value TEXT NOT NULL,
    at BIGINT,
    entry BIGINT NOT NULL,
    content BIGINT NOT NULL,
    PRIMARY KEY (node, attribute)
);

-- Which text of each field holds; the text itself is in the ledger.
CREATE TABLE node_text (
    node BIGINT NOT NULL,
    field TEXT NOT NULL,
    at BIGINT,
    rank BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    content BIGINT NOT NULL,
    PRIMARY KEY (node, field)
);

-- The references in those texts, and the name that each waits for.
CREATE TABLE node_reference (
    node BIGINT NOT NULL,
    field TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    awaits TEXT NOT NULL,
    resource TEXT,
    intent TEXT NOT NULL,
    class TEXT NOT NULL,
    score SMALLINT NOT NULL,
    rule TEXT NOT NULL,
    version INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (node, field, ordinal)
);
CREATE INDEX node_reference_by_name ON node_reference (awaits);

-- What each name stands for: a node's key, or the pattern of a tracker's tickets.
CREATE TABLE node_name (
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (name, key)
);
CREATE INDEX node_name_by_key ON node_name (key);

CREATE TABLE link (
    id BIGINT NOT NULL PRIMARY KEY,
    origin BIGINT NOT NULL,
    kind TEXT NOT NULL,
    target BIGINT NOT NULL,
    class TEXT NOT NULL,
    live BOOLEAN NOT NULL,
    revision BIGINT NOT NULL
);
CREATE UNIQUE INDEX link_by_ends ON link (origin, kind, target);
CREATE INDEX link_by_revision ON link (revision);

-- Why each link is believed. `field` is empty where the provider asserts the relation itself.
CREATE TABLE link_assertion (
    link BIGINT NOT NULL,
    rule TEXT NOT NULL,
    field TEXT NOT NULL,
    class TEXT NOT NULL,
    score SMALLINT NOT NULL,
    version INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT,
    entry BIGINT NOT NULL,
    content BIGINT NOT NULL,
    PRIMARY KEY (link, rule, field)
);

CREATE TABLE node_event (
    id BLOB NOT NULL PRIMARY KEY,
    node BIGINT NOT NULL,
    at BIGINT NOT NULL,
    what TEXT NOT NULL,
    actor TEXT,
    summary TEXT NOT NULL,
    entry BIGINT NOT NULL,
    content BIGINT NOT NULL
);
CREATE INDEX node_event_by_node ON node_event (node, at);
CREATE INDEX node_event_by_time ON node_event (at);

-- What came of reading each delivery.
CREATE TABLE delivery_outcome (
    entry BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    event TEXT,
    detail TEXT
);
CREATE INDEX delivery_outcome_by_status ON delivery_outcome (status, entry);
CREATE INDEX delivery_outcome_by_source ON delivery_outcome (source, entry);

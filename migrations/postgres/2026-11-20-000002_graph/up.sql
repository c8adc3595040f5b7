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
    holder TEXT COLLATE "C" NOT NULL,
    held_until BIGINT NOT NULL
);

CREATE TABLE node (
    id BIGINT NOT NULL PRIMARY KEY,
    key TEXT COLLATE "C" NOT NULL,
    stated BOOLEAN NOT NULL,
    live BOOLEAN NOT NULL,
    degree BIGINT NOT NULL,
    occurred BIGINT,
    outcome TEXT COLLATE "C",
    revision BIGINT NOT NULL
);
CREATE UNIQUE INDEX node_by_key ON node (key);
CREATE INDEX node_by_revision ON node (revision);

CREATE TABLE node_attribute (
    node BIGINT NOT NULL,
    attribute TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    at BIGINT,
    entry BIGINT NOT NULL,
    content BIGINT NOT NULL,
    PRIMARY KEY (node, attribute)
);

-- Which text of each field holds; the text itself is in the ledger.
CREATE TABLE node_text (
    node BIGINT NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    at BIGINT,
    rank BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    content BIGINT NOT NULL,
    PRIMARY KEY (node, field)
);

-- The references in those texts, and the name that each waits for.
CREATE TABLE node_reference (
    node BIGINT NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    ordinal BIGINT NOT NULL,
    awaits TEXT COLLATE "C" NOT NULL,
    resource TEXT COLLATE "C",
    intent TEXT COLLATE "C" NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    score SMALLINT NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (node, field, ordinal)
);
CREATE INDEX node_reference_by_name ON node_reference (awaits);

-- What each name stands for: a node's key, or the pattern of a tracker's tickets.
CREATE TABLE node_name (
    name TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (name, key)
);
CREATE INDEX node_name_by_key ON node_name (key);

CREATE TABLE link (
    id BIGINT NOT NULL PRIMARY KEY,
    origin BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    target BIGINT NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    live BOOLEAN NOT NULL,
    revision BIGINT NOT NULL
);
CREATE UNIQUE INDEX link_by_ends ON link (origin, kind, target);
CREATE INDEX link_by_revision ON link (revision);

-- Why each link is believed. `field` is empty where the provider asserts the relation itself.
CREATE TABLE link_assertion (
    link BIGINT NOT NULL,
    rule TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    score SMALLINT NOT NULL,
    version INTEGER NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    at BIGINT,
    entry BIGINT NOT NULL,
    content BIGINT NOT NULL,
    PRIMARY KEY (link, rule, field)
);

CREATE TABLE node_event (
    id BYTEA NOT NULL PRIMARY KEY,
    node BIGINT NOT NULL,
    at BIGINT NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C",
    summary TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL,
    content BIGINT NOT NULL
);
CREATE INDEX node_event_by_node ON node_event (node, at);
CREATE INDEX node_event_by_time ON node_event (at);

-- What came of reading each delivery.
CREATE TABLE delivery_outcome (
    entry BIGINT NOT NULL PRIMARY KEY,
    source TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    event TEXT COLLATE "C",
    detail TEXT COLLATE "C"
);
CREATE INDEX delivery_outcome_by_status ON delivery_outcome (status, entry);
CREATE INDEX delivery_outcome_by_source ON delivery_outcome (source, entry);

-- What a search looks in: derived from the ledger with the rest of the graph. A row for each node that a delivery has
-- spoken of, with its words as the program cuts them: in small letters, without marks, a space between two. `head` holds
-- what people call it, `body` what else is said of it. The rows of an older graph are written when the program first
-- opens the database.
CREATE TABLE node_search (
    node BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    head TEXT NOT NULL,
    body TEXT NOT NULL
);

-- The index over these rows. It keeps no text of its own; the triggers keep it in line.
CREATE VIRTUAL TABLE node_search_index USING fts5 (
    kind,
    head,
    body,
    content = 'node_search',
    content_rowid = 'node',
    prefix = '2 3',
    tokenize = 'unicode61 remove_diacritics 2 tokenchars ''_'''
);
CREATE TRIGGER node_search_added AFTER INSERT ON node_search BEGIN
    INSERT INTO node_search_index (rowid, kind, head, body) VALUES (new.node, new.kind, new.head, new.body);
END;
CREATE TRIGGER node_search_changed AFTER UPDATE ON node_search BEGIN
    INSERT INTO node_search_index (node_search_index, rowid, kind, head, body)
        VALUES ('delete', old.node, old.kind, old.head, old.body);
    INSERT INTO node_search_index (rowid, kind, head, body) VALUES (new.node, new.kind, new.head, new.body);
END;
CREATE TRIGGER node_search_removed AFTER DELETE ON node_search BEGIN
    INSERT INTO node_search_index (node_search_index, rowid, kind, head, body)
        VALUES ('delete', old.node, old.kind, old.head, old.body);
END;

-- What a search looks in: derived from the ledger with the rest of the graph. A row for each node that a delivery has
-- spoken of, with its words as the program cuts them: in small letters, without marks, a space between two. `head` holds
-- what people call it, `body` what else is said of it. The rows of an older graph are written when the program first
-- opens the database.
--
-- PostgreSQL's parser would cut '1e5ab', which many commits begin like, into a number and a rest. With a letter
-- before each word it takes every word as it is; the program puts the same letter before the words that it looks for.
CREATE TABLE node_search (
    node BIGINT NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    head TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    document TSVECTOR NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', 'x' || replace(head, ' ', ' x')), 'A')
        || setweight(to_tsvector('simple', 'x' || replace(body, ' ', ' x')), 'C')
    ) STORED
);
CREATE INDEX node_search_by_word ON node_search USING gin (document);

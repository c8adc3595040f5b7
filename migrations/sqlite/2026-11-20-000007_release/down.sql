DROP TABLE release_verdict;
DROP TABLE release_decision;

DROP TABLE node_search;

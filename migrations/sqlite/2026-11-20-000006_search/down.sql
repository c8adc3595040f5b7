DROP TABLE node_search;
DROP /* VIRTUAL */ TABLE node_search_index;

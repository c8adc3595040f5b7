DROP TABLE source;
DROP TABLE stream_end;
DROP TABLE head;
DROP TABLE checkpoint;
DROP TABLE tile;
DROP TABLE body;
DROP TABLE entry;

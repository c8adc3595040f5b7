DROP TABLE backfill_cursor;

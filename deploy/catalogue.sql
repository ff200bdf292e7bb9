-- The tracks that the models learned from, into the table that deploy/score.sql has made: something to score.
-- They are added to what is there, and a second run may add them again: TRUNCATE TABLE catalogue starts afresh.
-- Run it in the project's folder with the same options; then run deploy/score.sql again.

PUT 'file://data/raw_tracks.csv' @hitcast_stage/catalogue AUTO_COMPRESS = TRUE OVERWRITE = TRUE;

COPY INTO catalogue
  FROM @hitcast_stage/catalogue
  FILE_FORMAT = (TYPE = CSV PARSE_HEADER = TRUE FIELD_OPTIONALLY_ENCLOSED_BY = '"' ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE)
  MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE;

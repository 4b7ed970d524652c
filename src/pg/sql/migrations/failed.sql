-- $1 pack, $2 schema, $3 number, $4 name, $5 checksum, $6 message, $7 seconds. A migration that was applied or is half
-- reverted keeps its state.
INSERT INTO arango2pg.migration_history AS h
  (pack, schema_name, number, name, checksum, state, message, seconds)
VALUES ($1, $2, $3::integer, $4, $5, 'failed', $6, $7::numeric)
ON CONFLICT (pack, schema_name, number) DO UPDATE
SET state = CASE WHEN h.state = 'applying' THEN 'failed' ELSE h.state END,
    name = CASE WHEN h.state IN ('applying', 'failed') THEN excluded.name ELSE h.name END,
    checksum = CASE WHEN h.state IN ('applying', 'failed') THEN excluded.checksum ELSE h.checksum END,
    applied_by = CASE WHEN h.state IN ('applying', 'failed') THEN current_user ELSE h.applied_by END,
    applied_at = CASE WHEN h.state IN ('applying', 'failed') THEN clock_timestamp() ELSE h.applied_at END,
    seconds = CASE WHEN h.state IN ('applying', 'failed') THEN excluded.seconds ELSE h.seconds END,
    message = excluded.message

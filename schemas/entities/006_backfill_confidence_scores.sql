-- Scores for the entities that have none: a data migration in batches. To keep it until the data is
-- there: schema up --to 5, migrate, verify, schema up.

-- migrate:no-transaction

-- migrate:up
-- migrate:batches 5000
SELECT last FROM backfill_confidence_batch($1::uuid, $2::integer) AS last WHERE last IS NOT NULL;

-- migrate:down
-- migrate:batches 5000
SELECT last FROM undo_confidence_batch($1::uuid, $2::integer) AS last WHERE last IS NOT NULL;

-- migrate:verify
SELECT count(*) = 0, count(*) || ' computed scores lie outside of 0 to 1'
FROM entities
WHERE confidence_source IS NOT NULL AND (confidence_score IS NULL OR confidence_score NOT BETWEEN 0 AND 1);

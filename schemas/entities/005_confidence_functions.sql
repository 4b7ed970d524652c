-- How much is known about an entity, as a score of 0 to 1. The original's backfill called a function
-- that existed nowhere.

-- migrate:up
CREATE FUNCTION confidence_of(description text, has_location boolean, has_canonical_key boolean,
                              metadata jsonb, has_relationship boolean) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (0.40 * (btrim(coalesce(description, ''), E' \t\r\n') <> '')::integer
        + 0.20 * has_location::integer
        + 0.20 * has_canonical_key::integer
        + 0.10 * (metadata NOT IN ('{}', '[]', 'null'))::integer
        + 0.10 * has_relationship::integer)::numeric(3,2);

CREATE FUNCTION calculate_confidence(wanted_id uuid) RETURNS numeric
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $function$
  SELECT confidence_of(description, location IS NOT NULL, canonical_key IS NOT NULL, metadata,
                       EXISTS (SELECT FROM entity_relationships r WHERE r.source_entity_id = e.id)
                       OR EXISTS (SELECT FROM entity_relationships r WHERE r.target_entity_id = e.id))
  FROM entities e
  WHERE id = wanted_id
$function$;

COMMENT ON FUNCTION calculate_confidence(uuid) IS
  '0.40 description + 0.20 location + 0.20 canonical key + 0.10 metadata + 0.10 any relationship';

-- One batch: looks at `size` entities behind `after`, returns the last of them, null at the end.
-- A score that was given stays; so does a computed one, even if it is 0.
CREATE FUNCTION backfill_confidence_batch(after uuid, size integer) RETURNS uuid
LANGUAGE sql
SET search_path FROM CURRENT
SET arango2pg.loading = 'on'  -- a computed score is no edit: updated_at stays
AS $function$
  WITH batch AS (
    SELECT id FROM entities WHERE after IS NULL OR id > after ORDER BY id LIMIT size
  ),
  changed AS (
    UPDATE entities e
    SET confidence_score =
          confidence_of(e.description, e.location IS NOT NULL, e.canonical_key IS NOT NULL, e.metadata,
                        EXISTS (SELECT FROM entity_relationships r WHERE r.source_entity_id = e.id)
                        OR EXISTS (SELECT FROM entity_relationships r WHERE r.target_entity_id = e.id)),
        confidence_source = CASE WHEN e.confidence_score IS NULL THEN 'computed'
                                 ELSE 'computed_over_zero' END
    FROM batch
    WHERE e.id = batch.id AND e.confidence_source IS NULL
      AND (e.confidence_score IS NULL OR e.confidence_score = 0)
  )
  SELECT id FROM batch ORDER BY id DESC LIMIT 1
$function$;

-- A batch of the way back: exactly what was there.
CREATE FUNCTION undo_confidence_batch(after uuid, size integer) RETURNS uuid
LANGUAGE sql
SET search_path FROM CURRENT
SET arango2pg.loading = 'on'
AS $function$
  WITH batch AS (
    SELECT id FROM entities WHERE after IS NULL OR id > after ORDER BY id LIMIT size
  ),
  changed AS (
    UPDATE entities e
    SET confidence_score = CASE e.confidence_source WHEN 'computed_over_zero' THEN 0 END,
        confidence_source = NULL
    FROM batch
    WHERE e.id = batch.id AND e.confidence_source IS NOT NULL
  )
  SELECT id FROM batch ORDER BY id DESC LIMIT 1
$function$;

-- The same by hand, for what was loaded after 006 had run. A procedure that commits can't carry a
-- search_path, so the schema is written into it.
DO $procedure$
BEGIN
  EXECUTE format($text$
    CREATE PROCEDURE backfill_confidence_scores(batch_size integer DEFAULT 5000)
    LANGUAGE plpgsql
    AS $body$
    DECLARE
      after uuid;
    BEGIN
      LOOP
        after := %I.backfill_confidence_batch(after, batch_size);
        EXIT WHEN after IS NULL;
        COMMIT;
      END LOOP;
    END
    $body$ $text$, current_schema());
END
$procedure$;

COMMENT ON PROCEDURE backfill_confidence_scores(integer) IS
  'computes the scores of entities that have none, or 0, in batches that commit; safe to run again';

-- migrate:down
DROP PROCEDURE backfill_confidence_scores(integer);
DROP FUNCTION undo_confidence_batch(uuid, integer);
DROP FUNCTION backfill_confidence_batch(uuid, integer);
DROP FUNCTION calculate_confidence(uuid);
DROP FUNCTION confidence_of(text, boolean, boolean, jsonb, boolean);

-- migrate:verify
SELECT to_regprocedure(name) IS NOT NULL, format('%s is missing', name)
FROM (VALUES
  ('confidence_of(text, boolean, boolean, jsonb, boolean)'),
  ('calculate_confidence(uuid)'),
  ('backfill_confidence_batch(uuid, integer)'),
  ('undo_confidence_batch(uuid, integer)'),
  ('backfill_confidence_scores(integer)')
) AS e (name);

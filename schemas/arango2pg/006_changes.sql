-- What a resync remembers of its source.

-- migrate:up
ALTER TABLE arango2pg.sync_state
  ADD COLUMN strategy text,
  ADD COLUMN source_tick text,
  ADD COLUMN guid text,
  ADD COLUMN watermark_value text,
  ADD COLUMN caught_up_at timestamptz;
COMMENT ON COLUMN arango2pg.sync_state.tick IS 'Log position: all changes up to here are in the target.';
COMMENT ON COLUMN arango2pg.sync_state.source_tick IS 'The newest log position of the source when it was last asked.';
COMMENT ON COLUMN arango2pg.sync_state.guid IS 'globallyUniqueId of the collection: tells a rename from a drop and a creation.';
COMMENT ON COLUMN arango2pg.sync_state.watermark_value IS 'JSON: the highest value of the watermark attribute seen.';
COMMENT ON COLUMN arango2pg.sync_state.caught_up_at IS 'When the target last held all that the source held.';

CREATE VIEW arango2pg.sync_lag AS
SELECT source_identity, collection, run_id, strategy, tick, source_tick,
       greatest(source_tick::numeric - tick::numeric, 0) AS lag_ticks,
       round(extract(epoch FROM clock_timestamp() - caught_up_at)::numeric, 1) AS lag_seconds,
       updated_at
FROM arango2pg.sync_state;
COMMENT ON VIEW arango2pg.sync_lag IS 'How far each collection is behind its source. The seconds count since both were last equal.';

-- migrate:down
DROP VIEW arango2pg.sync_lag;
ALTER TABLE arango2pg.sync_state
  DROP COLUMN strategy, DROP COLUMN source_tick, DROP COLUMN guid,
  DROP COLUMN watermark_value, DROP COLUMN caught_up_at;

-- migrate:verify
DO $$
BEGIN
  IF to_regclass('arango2pg.sync_lag') IS NULL THEN
    RAISE EXCEPTION 'a part of the sync bookkeeping is missing';
  END IF;
END $$;

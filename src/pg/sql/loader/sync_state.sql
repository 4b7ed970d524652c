INSERT INTO arango2pg.sync_state AS s
  (source_identity, collection, tick, source_tick, strategy, run_id, updated_at, caught_up_at)
SELECT $1, p.collection, nullif(p.tick, ''), nullif(p.source_tick, ''), $2, $3::bigint, clock_timestamp(),
       CASE WHEN $7::timestamptz IS NOT NULL THEN $7::timestamptz
            WHEN p.tick <> '' AND p.source_tick <> '' AND p.tick::numeric >= p.source_tick::numeric
            THEN clock_timestamp() END
FROM unnest($4::text[], $5::text[], $6::text[]) AS p (collection, tick, source_tick)
ON CONFLICT (source_identity, collection) DO UPDATE
SET tick = coalesce(excluded.tick, s.tick),
    source_tick = coalesce(excluded.source_tick, s.source_tick),
    strategy = excluded.strategy, run_id = excluded.run_id, updated_at = excluded.updated_at,
    caught_up_at = coalesce(excluded.caught_up_at, s.caught_up_at)

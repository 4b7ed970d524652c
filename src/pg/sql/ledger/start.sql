INSERT INTO arango2pg.run
  (start_token, correlation_id, command, source, source_identity, target, start_tick, plan, version, worker)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10)
ON CONFLICT (start_token) DO UPDATE SET worker = excluded.worker
RETURNING id

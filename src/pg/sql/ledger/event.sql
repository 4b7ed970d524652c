INSERT INTO arango2pg.run_event (run_id, severity, message, detail)
VALUES ($1::bigint, $2::arango2pg.event_severity, $3, $4::jsonb)

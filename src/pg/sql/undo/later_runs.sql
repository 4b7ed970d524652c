-- Later runs that wrote a table of run $1 and were not rolled back, newest first.
SELECT l.run_id, r.command, l.table_schema, l.table_name
FROM arango2pg.run_table t
JOIN arango2pg.run_table l USING (table_schema, table_name)
JOIN arango2pg.run r ON r.id = l.run_id
WHERE t.run_id = $1::bigint AND l.run_id > t.run_id AND r.status <> 'rolled_back'
  AND (r.status = 'running'
       OR EXISTS (SELECT FROM arango2pg.part p WHERE p.run_id = l.run_id AND r.command <> 'verify' AND p.read > 0)
       OR EXISTS (SELECT FROM arango2pg.audit_log a WHERE a.run_id = l.run_id AND a.action <> 'reject')
       OR EXISTS (SELECT FROM arango2pg.before_image b WHERE b.run_id = l.run_id))
ORDER BY l.run_id DESC, t.position

-- Columns of table $1 (oid), or of its partitions, whose long values are compressed by pglz although
-- this server knows lz4.
SELECT DISTINCT a.attname
FROM pg_catalog.pg_attribute a
JOIN (SELECT $1::oid AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree($1::oid)) t
  ON t.relid = a.attrelid
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attstorage IN ('x', 'm')
  AND a.atttypid IN ('jsonb'::regtype, 'json'::regtype)
  AND CASE a.attcompression WHEN '' THEN current_setting('default_toast_compression') = 'pglz'
                            ELSE a.attcompression = 'p' END
  AND EXISTS (SELECT FROM pg_catalog.pg_settings
              WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals))
ORDER BY 1

-- The hierarchy, ready to read: above, below and beside each active entity.
-- No refreshed_at column: it would make every row differ, and a concurrent refresh, which writes only
-- rows that differ, would rewrite them all. The time is in materialized_view_refresh_schedule (003).

-- migrate:up
CREATE MATERIALIZED VIEW hierarchy_mv AS
WITH RECURSIVE active AS (
  SELECT id, name, path, path_depth
  FROM entities
  WHERE is_active AND deleted_at IS NULL
),
near AS (
  SELECT e.id, e.name, e.path, up.id AS parent_id
  FROM active e
  LEFT JOIN active up ON nlevel(e.path) > 1 AND up.path = subpath(e.path, 0, -1)
),
far AS (
  -- Labels in between need not be entities: then the parent is the nearest ancestor that is one.
  SELECT DISTINCT ON (e.id) e.id, up.id AS parent_id
  FROM near e
  CROSS JOIN LATERAL generate_series(1, nlevel(e.path) - 2) AS n
  JOIN active up ON up.path = subpath(e.path, 0, n)
  WHERE e.parent_id IS NULL
  ORDER BY e.id, n DESC
),
parent AS (
  SELECT n.id, n.name, coalesce(n.parent_id, f.parent_id) AS parent_id
  FROM near n
  LEFT JOIN far f USING (id)
),
tree AS (
  SELECT id, name, parent_id, '{}'::uuid[] AS ancestor_ids, '{}'::text[] AS ancestor_names
  FROM parent
  WHERE parent_id IS NULL
  UNION ALL
  SELECT p.id, p.name, p.parent_id, t.ancestor_ids || t.id, t.ancestor_names || t.name
  FROM tree t
  JOIN parent p ON p.parent_id = t.id
),
below AS (
  SELECT a.id, count(*) AS descendants, count(*) FILTER (WHERE t.parent_id = a.id) AS children
  FROM tree t
  CROSS JOIN LATERAL unnest(t.ancestor_ids) AS a (id)
  GROUP BY a.id
)
SELECT e.id, e.name, e.path, e.path_depth,
       nlevel(e.path) AS computed_depth,
       coalesce(b.descendants, 0) AS descendant_count,
       t.parent_id,
       coalesce(b.children, 0) AS child_count,
       t.ancestor_ids, t.ancestor_names
FROM active e
JOIN tree t USING (id)
LEFT JOIN below b USING (id);

COMMENT ON MATERIALIZED VIEW hierarchy_mv IS
  'active entities; ancestors from the root down; descendants and children without the entity itself';

-- What REFRESH … CONCURRENTLY needs.
CREATE UNIQUE INDEX hierarchy_mv_id_idx ON hierarchy_mv (id);
CREATE INDEX hierarchy_mv_path_gist_idx ON hierarchy_mv USING gist (path);
CREATE INDEX hierarchy_mv_depth_idx ON hierarchy_mv (path_depth);

-- The original's other two views, which had ancestors and descendants swapped. They read hierarchy_mv,
-- so there is one thing to refresh.
CREATE VIEW mv_entity_ancestors AS
SELECT id AS entity_id, name AS entity_name, path, ancestor_names AS ancestors
FROM hierarchy_mv;

CREATE VIEW mv_descendant_counts AS
SELECT id AS entity_id, name AS entity_name, path, descendant_count
FROM hierarchy_mv;

-- Straight from the table, so that it is never stale.
CREATE FUNCTION get_entity_with_hierarchy(wanted_id uuid)
RETURNS TABLE (entity_id uuid, name text, entity_type text, description text, path ltree,
               path_depth integer, location geometry, ancestors text[], descendant_count bigint,
               created_at timestamptz)
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $function$
  SELECT e.id, e.name, e.entity_type, e.description, e.path, e.path_depth, e.location,
         coalesce((SELECT array_agg(a.name ORDER BY a.path_depth)
                   FROM entities a
                   WHERE a.path @> e.path AND a.id <> e.id AND a.is_active AND a.deleted_at IS NULL),
                  '{}'),
         (SELECT count(*)
          FROM entities d
          WHERE d.path <@ e.path AND d.id <> e.id AND d.is_active AND d.deleted_at IS NULL),
         e.created_at
  FROM entities e
  WHERE e.id = wanted_id AND e.is_active AND e.deleted_at IS NULL
$function$;

COMMENT ON FUNCTION get_entity_with_hierarchy(uuid) IS
  'an active entity, its ancestors from the root down, and how many are below it';

-- migrate:down
DROP FUNCTION get_entity_with_hierarchy(uuid);
DROP VIEW mv_descendant_counts;
DROP VIEW mv_entity_ancestors;
DROP MATERIALIZED VIEW hierarchy_mv;

-- migrate:verify
SELECT coalesce(p.columns = e.columns, false),
       format('%s: %s, expected %s', e.name, coalesce(p.columns, 'missing'), e.columns)
FROM (VALUES
  ('hierarchy_mv',
   'm id uuid, name text, path ltree, path_depth integer, computed_depth integer, '
   'descendant_count bigint, parent_id uuid, child_count bigint, ancestor_ids uuid[], '
   'ancestor_names text[]'),
  ('mv_entity_ancestors', 'v entity_id uuid, entity_name text, path ltree, ancestors text[]'),
  ('mv_descendant_counts', 'v entity_id uuid, entity_name text, path ltree, descendant_count bigint')
) AS e (name, columns)
LEFT JOIN LATERAL (
  SELECT c.relkind::text || ' '
         || string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS columns
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  WHERE c.oid = to_regclass(e.name)
  GROUP BY c.relkind
) AS p ON true;

SELECT coalesce(p.valid AND p.definition = e.definition, false),
       format('index %s is %s, expected %s', e.name,
              CASE WHEN p.valid THEN p.definition WHEN NOT p.valid THEN 'invalid' ELSE 'missing' END,
              e.definition)
FROM (VALUES
  ('hierarchy_mv_id_idx', 'unique btree (id)'),
  ('hierarchy_mv_path_gist_idx', 'gist (path)'),
  ('hierarchy_mv_depth_idx', 'btree (path_depth)')
) AS e (name, definition)
LEFT JOIN LATERAL (
  SELECT i.indisvalid AND i.indisready AS valid,
         CASE WHEN i.indisunique THEN 'unique ' ELSE '' END
           || substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = to_regclass('hierarchy_mv') AND c.relname = e.name
) AS p ON true;

SELECT relispopulated, 'hierarchy_mv was never refreshed: run SELECT refresh_hierarchy_views()'
FROM pg_class
WHERE oid = to_regclass('hierarchy_mv');

SELECT to_regprocedure('get_entity_with_hierarchy(uuid)') IS NOT NULL,
       'function get_entity_with_hierarchy(uuid) is missing';

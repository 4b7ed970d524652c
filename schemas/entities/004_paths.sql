-- Paths of entities whose documents carry none: built from their parents, by arango2pg after a load
-- and by rebuild_hierarchy() whenever you like.
--   a parent is named by an edge of parent_of (entity_parents) or by the document itself
--   (entities.declared_parent_id); nothing is guessed where that does not give exactly one place:
--   such entities go below root.unplaced with everything under them, and entity_path_problems says why.

-- migrate:up
-- No foreign keys: ends may dangle in ArangoDB, and then the child is reported, not the edge refused.
CREATE TABLE entity_parents (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  parent_id  uuid NOT NULL,
  child_id   uuid NOT NULL,
  source_key text,
  source_rev bigint
);

CREATE INDEX idx_entity_parents_child ON entity_parents (child_id);
CREATE INDEX idx_entity_parents_parent ON entity_parents (parent_id);

CREATE TABLE entity_path_problems (
  entity_id uuid PRIMARY KEY REFERENCES entities (id) ON DELETE CASCADE,
  problem   text NOT NULL,
  detail    text NOT NULL,
  CONSTRAINT entity_path_problems_problem_check
    CHECK (problem IN ('no_parent', 'missing_parent', 'several_parents', 'cycle', 'too_deep'))
);

COMMENT ON COLUMN entity_path_problems.problem IS
  'no_parent: neither a parent nor children; missing_parent: the one it names is not there; '
  'several_parents; cycle: its own ancestor; too_deep: the path would be longer than 2,000 bytes';

-- "Côte d'Ivoire" → cote_d_ivoire. Names without a Latin letter or digit take the id.
CREATE FUNCTION entity_label(name text, id uuid) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $function$
  SELECT coalesce(
    nullif(left(btrim(regexp_replace(regexp_replace(
      replace(replace(replace(replace(
        translate(lower(normalize(name, NFKD) COLLATE "C"), 'ÆŒÞØŁĐÐøłđðħıŧ', 'æœþolddolddhit'),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
      '[\u0300-\u036f]', '', 'g'), '[^a-z0-9]+', '_', 'g'), '_'), 240), ''),
    'entity_' || left(replace(id::text, '-', ''), 12))
$function$;

COMMENT ON FUNCTION entity_label(text, uuid) IS 'a name as a label of a path';

-- Where each entity of entity_place stands whose parent has a place, until nothing moves any more.
-- A label that a sibling has already gets a piece of the id.
CREATE FUNCTION place_entities() RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET jit = off  -- compiling takes longer than each of the many rounds
AS $function$
BEGIN
  LOOP
    WITH ready AS (
      SELECT w.id, w.label, w.problem,
             CASE WHEN w.parent_id IS NOT NULL THEN coalesce(up.path, given.path)
                  WHEN w.problem IS NOT NULL THEN 'root.unplaced'::ltree END AS above
      FROM pg_temp.entity_place w
      LEFT JOIN pg_temp.entity_place up ON up.id = w.parent_id
      LEFT JOIN entities given ON given.id = w.parent_id AND NOT given.path_derived
      WHERE w.path IS NULL AND (w.parent_id IS NULL OR coalesce(up.path, given.path) IS NOT NULL)
    ),
    fitting AS (
      SELECT id, label,
             octet_length(above::text) > 1700 AS too_deep,
             CASE WHEN octet_length(above::text) > 1700 THEN 'root.unplaced'::ltree ELSE above END AS above
      FROM ready
    ),
    numbered AS (
      SELECT *, row_number() OVER (PARTITION BY above, label ORDER BY id) AS n,
             CASE WHEN above IS NULL THEN text2ltree(label) ELSE above || label END AS wish
      FROM fitting
    )
    UPDATE pg_temp.entity_place w
    SET path = CASE
          WHEN n.n = 1
               AND NOT EXISTS (SELECT FROM pg_temp.entity_place o WHERE o.path = n.wish)
               AND NOT EXISTS (SELECT FROM entities g
                               WHERE g.path = n.wish AND NOT g.path_derived
                                 AND g.is_active AND g.deleted_at IS NULL)
          THEN n.wish
          ELSE text2ltree(n.wish::text || '_' || left(replace(n.id::text, '-', ''), 12))
        END,
        problem = CASE WHEN n.too_deep THEN 'too_deep' ELSE w.problem END,
        detail = CASE WHEN n.too_deep THEN 'the path above is longer than 1,700 bytes' ELSE w.detail END
    FROM numbered n
    WHERE w.id = n.id;
    EXIT WHEN NOT FOUND;
  END LOOP;
END
$function$;

CREATE FUNCTION build_entity_paths() RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET arango2pg.loading = 'on'  -- a path that follows from others is no edit: updated_at stays
SET client_min_messages = 'warning'
AS $function$
DECLARE
  walker  uuid;
  walked  uuid[];
  changed bigint;
BEGIN
  DROP TABLE IF EXISTS pg_temp.entity_place;
  CREATE TEMP TABLE entity_place (
    id uuid PRIMARY KEY, name text, label text, parent_id uuid, problem text, detail text, path ltree
  ) ON COMMIT DROP;
  CREATE INDEX ON pg_temp.entity_place (path);

  WITH named AS (
    SELECT child_id, parent_id FROM entity_parents
    UNION  -- a parent named twice is one parent
    SELECT id, declared_parent_id FROM entities WHERE declared_parent_id IS NOT NULL
  ),
  parents AS (
    SELECT e.id, e.name, e.entity_type,
           count(n.parent_id) AS named, count(p.id) AS known,
           min(n.parent_id::text)::uuid AS parent_id,
           string_agg(coalesce(p.name, n.parent_id::text), ', ' ORDER BY p.name, n.parent_id) AS names
    FROM entities e
    LEFT JOIN named n ON n.child_id = e.id
    LEFT JOIN entities p ON p.id = n.parent_id AND p.deleted_at IS NULL
    WHERE e.path_derived AND e.deleted_at IS NULL
    GROUP BY e.id
  ),
  judged AS (
    SELECT p.*,
           CASE WHEN named > 1 THEN 'several_parents'
                WHEN named = 1 AND known = 0 THEN 'missing_parent'
                WHEN parent_id = id THEN 'cycle'
                WHEN named = 0 AND entity_type <> 'global'
                     AND NOT EXISTS (SELECT FROM named n WHERE n.parent_id = p.id) THEN 'no_parent'
           END AS problem
    FROM parents p
  )
  INSERT INTO pg_temp.entity_place (id, name, label, parent_id, problem, detail)
  SELECT id, name, entity_label(name, id), CASE WHEN problem IS NULL THEN parent_id END, problem,
         CASE problem WHEN 'no_parent' THEN 'neither a parent nor children'
                      WHEN 'cycle' THEN name || ' → ' || name
                      ELSE names END
  FROM judged;
  ANALYZE pg_temp.entity_place;

  LOOP
    PERFORM place_entities();
    -- What has no place yet is in a circle or below one. Upwards from anywhere leads into the circle;
    -- it is cut at its smallest id, so the same data gives the same paths.
    SELECT id INTO walker FROM pg_temp.entity_place WHERE path IS NULL ORDER BY id LIMIT 1;
    EXIT WHEN NOT FOUND;
    walked := '{}';
    WHILE walker <> ALL (walked) LOOP
      walked := walked || walker;
      SELECT parent_id INTO walker FROM pg_temp.entity_place WHERE id = walker;
    END LOOP;
    walked := walked[array_position(walked, walker):];
    UPDATE pg_temp.entity_place w
    SET problem = 'cycle',
        detail = (SELECT string_agg(c.name, ' → ' ORDER BY s.n)
                  FROM unnest(walked || walked[1]) WITH ORDINALITY AS s (id, n)
                  JOIN pg_temp.entity_place c USING (id)),
        parent_id = CASE WHEN w.id = (SELECT id FROM unnest(walked) AS u (id) ORDER BY id LIMIT 1)
                         THEN NULL ELSE w.parent_id END
    WHERE w.id = ANY (walked);
  END LOOP;

  -- Paths may change places with each other: first away, then to where they belong.
  UPDATE entities e
  SET path = ('pending.' || replace(e.id::text, '-', '_'))::ltree
  FROM pg_temp.entity_place w
  WHERE w.id = e.id AND e.path <> w.path AND NOT e.path <@ 'pending';
  UPDATE entities e
  SET path = w.path
  FROM pg_temp.entity_place w
  WHERE w.id = e.id AND e.path <> w.path;
  GET DIAGNOSTICS changed = ROW_COUNT;

  DELETE FROM entity_path_problems p
  WHERE NOT EXISTS (SELECT FROM pg_temp.entity_place w WHERE w.id = p.entity_id AND w.problem IS NOT NULL);
  INSERT INTO entity_path_problems AS p (entity_id, problem, detail)
  SELECT id, problem, detail FROM pg_temp.entity_place WHERE problem IS NOT NULL
  ON CONFLICT (entity_id) DO UPDATE
  SET problem = excluded.problem, detail = excluded.detail
  WHERE (p.problem, p.detail) IS DISTINCT FROM (excluded.problem, excluded.detail);
  DROP TABLE pg_temp.entity_place;
  RETURN changed;
END
$function$;

COMMENT ON FUNCTION build_entity_paths() IS
  'sets the paths of entities with path_derived from their parents; returns how many changed';

CREATE FUNCTION rebuild_hierarchy() RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
  changed bigint := build_entity_paths();
BEGIN
  PERFORM refresh_hierarchy_views();
  RETURN changed;
END
$function$;

COMMENT ON FUNCTION rebuild_hierarchy() IS
  'build_entity_paths(), then a refresh of hierarchy_mv; returns how many paths changed';

-- Called by arango2pg after a load.
CREATE FUNCTION arango2pg_finalise(run_id bigint) RETURNS void
LANGUAGE sql
SET search_path FROM CURRENT
AS $function$
  SELECT rebuild_hierarchy()
$function$;

-- migrate:down
DROP FUNCTION arango2pg_finalise(bigint);
DROP FUNCTION rebuild_hierarchy();
DROP FUNCTION build_entity_paths();
DROP FUNCTION place_entities();
DROP FUNCTION entity_label(text, uuid);
DROP TABLE entity_path_problems;
DROP TABLE entity_parents;

-- migrate:verify
SELECT coalesce(p.columns = e.columns, false),
       format('%s: %s, expected %s', e.name, coalesce(p.columns, 'missing'), e.columns)
FROM (VALUES
  ('entity_parents', 'id uuid, parent_id uuid, child_id uuid, source_key text, source_rev bigint'),
  ('entity_path_problems', 'entity_id uuid, problem text, detail text')
) AS e (name, columns)
LEFT JOIN LATERAL (
  SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS columns
  FROM pg_attribute
  WHERE attrelid = to_regclass(e.name) AND attnum > 0 AND NOT attisdropped
) AS p ON true;

SELECT entity_label(name, '0f0e0d0c-0b0a-4908-8706-050403020100') = label,
       format('entity_label(%L) is %s, expected %s', name,
              entity_label(name, '0f0e0d0c-0b0a-4908-8706-050403020100'), label)
FROM (VALUES
  ('North America', 'north_america'),
  ('Côte d''Ivoire', 'cote_d_ivoire'),
  ('Łódź / Straße', 'lodz_strasse'),
  ('中国', 'entity_0f0e0d0c0b0a')
) AS e (name, label);

SELECT coalesce(pg_get_function_result(to_regprocedure(e.name)) = e.result, false),
       format('function %s returns %s, expected %s', e.name,
              coalesce(pg_get_function_result(to_regprocedure(e.name)), 'nothing: it is missing'),
              e.result)
FROM (VALUES
  ('build_entity_paths()', 'bigint'),
  ('rebuild_hierarchy()', 'bigint'),
  ('arango2pg_finalise(bigint)', 'void')
) AS e (name, result);

SELECT count(*) = 0,
       count(*) || ' entities still wait for their path: run SELECT rebuild_hierarchy()'
FROM entities
WHERE path <@ 'pending' AND path_derived AND deleted_at IS NULL;

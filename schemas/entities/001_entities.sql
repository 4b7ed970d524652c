-- Entities with their place in the hierarchy and on the map, how they relate, and feature flags.
--   source_key  the document's _key, source_rev its decoded _rev (lets resync skip and order changes)
--   deleted_at  set when the document is gone from the source

-- migrate:up
CREATE TABLE entities (
  id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name               text NOT NULL,
  entity_type        text NOT NULL,
  description        text,
  -- While arango2pg loads, an entity may come before its place is known: finalise puts it there (004).
  path               ltree NOT NULL DEFAULT
    CASE WHEN current_setting('arango2pg.loading', true) = 'on'
         THEN ('pending.' || replace(gen_random_uuid()::text, '-', '_'))::ltree END,
  -- Generated, so that they are right however a row comes in.
  path_depth         integer NOT NULL GENERATED ALWAYS AS (nlevel(path)) STORED,
  path_hash          varchar(64) NOT NULL
    GENERATED ALWAYS AS (encode(sha256(path::text::bytea), 'hex')) STORED,
  location           geometry(Point, 4326),
  metadata           jsonb COMPRESSION lz4 NOT NULL DEFAULT '{}',
  audit_trail        jsonb COMPRESSION lz4 NOT NULL DEFAULT '{}',
  confidence_score   numeric(3,2) DEFAULT 0.0,
  confidence_source  text,
  canonical_key      text,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  is_active          boolean NOT NULL DEFAULT true,
  path_derived       boolean NOT NULL DEFAULT false,
  declared_parent_id uuid,
  source_key         text,
  source_rev         bigint,
  deleted_at         timestamptz,
  -- An index entry holds at most 2,704 bytes.
  CONSTRAINT entities_path_check
    CHECK (octet_length(path::text) <= 2000),
  CONSTRAINT entities_location_check
    CHECK (NOT ST_IsEmpty(location) AND ST_X(location) BETWEEN -180 AND 180
           AND ST_Y(location) BETWEEN -90 AND 90),
  CONSTRAINT entities_confidence_score_check
    CHECK (confidence_score BETWEEN 0 AND 1),
  CONSTRAINT entities_confidence_source_check
    CHECK (confidence_source IN ('computed', 'computed_over_zero'))
);

COMMENT ON COLUMN entities.location IS 'longitude and latitude, WGS 84';
COMMENT ON COLUMN entities.path_hash IS 'SHA-256 of the path''s text, hexadecimal';
COMMENT ON COLUMN entities.path_derived IS
  'true: the path follows from the parents (build_entity_paths), false: it was given';
COMMENT ON COLUMN entities.declared_parent_id IS 'the parent that the document itself named';
COMMENT ON COLUMN entities.confidence_source IS
  'null: the score was given; computed, computed_over_zero: by the backfill, over null or over zero';

CREATE UNIQUE INDEX entities_active_path_key ON entities (path)
  WHERE is_active AND deleted_at IS NULL;
CREATE INDEX entities_path_gist_idx ON entities USING gist (path);
CREATE INDEX entities_location_gist_idx ON entities USING gist (location);
CREATE INDEX idx_entity_hierarchy_depth_path ON entities (path_depth, path);
CREATE INDEX idx_entity_type ON entities (entity_type);
CREATE INDEX idx_entity_active ON entities (is_active) WHERE is_active;
CREATE INDEX idx_entity_canonical_key ON entities (canonical_key) WHERE canonical_key IS NOT NULL;

CREATE FUNCTION update_entity_hierarchy_fields() RETURNS trigger
LANGUAGE plpgsql
AS $function$
BEGIN
  -- While arango2pg loads, rows carry the times of their documents. Depth and hash are generated.
  IF current_setting('arango2pg.loading', true) IS DISTINCT FROM 'on' THEN
    NEW.updated_at := now();
  END IF;
  RETURN NEW;
END
$function$;

CREATE TRIGGER trigger_update_hierarchy_fields
  BEFORE UPDATE ON entities
  FOR EACH ROW EXECUTE FUNCTION update_entity_hierarchy_fields();

CREATE TABLE entity_relationships (
  id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  source_entity_id  uuid NOT NULL,
  target_entity_id  uuid NOT NULL,
  relationship_type text NOT NULL,
  strength          numeric(3,2) NOT NULL DEFAULT 0.0,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  source_key        text,
  source_rev        bigint,
  CONSTRAINT entity_relationships_source_entity_id_fkey
    FOREIGN KEY (source_entity_id) REFERENCES entities (id) ON DELETE CASCADE,
  CONSTRAINT entity_relationships_target_entity_id_fkey
    FOREIGN KEY (target_entity_id) REFERENCES entities (id) ON DELETE CASCADE,
  CONSTRAINT entity_relationships_once_key
    UNIQUE (source_entity_id, target_entity_id, relationship_type),
  CONSTRAINT entity_relationships_strength_check
    CHECK (strength BETWEEN 0 AND 1)
);

COMMENT ON COLUMN entity_relationships.relationship_type IS 'subsidiary, ally, rival, …';

-- The unique constraint begins with the source, and serves look-ups by it.
CREATE INDEX idx_entity_relationships_target ON entity_relationships (target_entity_id);
CREATE INDEX idx_entity_relationships_type ON entity_relationships (relationship_type);

CREATE TABLE feature_flags (
  id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  flag_name          text NOT NULL UNIQUE,
  description        text,
  is_enabled         boolean NOT NULL DEFAULT false,
  rollout_percentage integer NOT NULL DEFAULT 0,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT feature_flags_rollout_percentage_check
    CHECK (rollout_percentage BETWEEN 0 AND 100)
);

INSERT INTO feature_flags (flag_name, description, is_enabled, rollout_percentage)
VALUES
  ('ff.hierarchy.optimized', 'Reads the hierarchy from hierarchy_mv', true, 100),
  ('ff.ws.realtime', 'Sends changes to browsers at once', true, 100),
  ('ff.geo.map', 'Shows entities on a map', true, 100),
  ('ff.ml.ab_routing', 'Routes requests between models', false, 0);

-- migrate:down
DROP TABLE feature_flags;
DROP TABLE entity_relationships;
DROP TABLE entities;
DROP FUNCTION update_entity_hierarchy_fields();

-- migrate:verify
SELECT coalesce(p.type = e.type, false),
       format('column %s.%s is %s, expected %s', e.tab, e.col, coalesce(p.type, 'missing'), e.type)
FROM (VALUES
  ('entities', 'id', 'uuid not null'),
  ('entities', 'name', 'text not null'),
  ('entities', 'entity_type', 'text not null'),
  ('entities', 'description', 'text'),
  ('entities', 'path', 'ltree not null'),
  ('entities', 'path_depth', 'integer not null generated'),
  ('entities', 'path_hash', 'character varying(64) not null generated'),
  ('entities', 'location', 'geometry(Point,4326)'),
  ('entities', 'metadata', 'jsonb not null'),
  ('entities', 'audit_trail', 'jsonb not null'),
  ('entities', 'confidence_score', 'numeric(3,2)'),
  ('entities', 'confidence_source', 'text'),
  ('entities', 'canonical_key', 'text'),
  ('entities', 'created_at', 'timestamp with time zone not null'),
  ('entities', 'updated_at', 'timestamp with time zone not null'),
  ('entities', 'is_active', 'boolean not null'),
  ('entities', 'path_derived', 'boolean not null'),
  ('entities', 'declared_parent_id', 'uuid'),
  ('entities', 'source_key', 'text'),
  ('entities', 'source_rev', 'bigint'),
  ('entities', 'deleted_at', 'timestamp with time zone'),
  ('entity_relationships', 'id', 'uuid not null'),
  ('entity_relationships', 'source_entity_id', 'uuid not null'),
  ('entity_relationships', 'target_entity_id', 'uuid not null'),
  ('entity_relationships', 'relationship_type', 'text not null'),
  ('entity_relationships', 'strength', 'numeric(3,2) not null'),
  ('entity_relationships', 'created_at', 'timestamp with time zone not null'),
  ('entity_relationships', 'updated_at', 'timestamp with time zone not null'),
  ('entity_relationships', 'source_key', 'text'),
  ('entity_relationships', 'source_rev', 'bigint'),
  ('feature_flags', 'id', 'uuid not null'),
  ('feature_flags', 'flag_name', 'text not null'),
  ('feature_flags', 'description', 'text'),
  ('feature_flags', 'is_enabled', 'boolean not null'),
  ('feature_flags', 'rollout_percentage', 'integer not null'),
  ('feature_flags', 'created_at', 'timestamp with time zone not null'),
  ('feature_flags', 'updated_at', 'timestamp with time zone not null')
) AS e (tab, col, type)
LEFT JOIN LATERAL (
  SELECT format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
         || CASE WHEN attgenerated <> '' THEN ' generated' ELSE '' END AS type
  FROM pg_attribute
  WHERE attrelid = to_regclass(e.tab) AND attname = e.col AND NOT attisdropped
) AS p ON true;

-- Constraints by what they say: brackets, blanks, quotes and casts are the server's way of printing.
SELECT coalesce(p.valid AND p.definition = e.definition, false),
       format('constraint %s on %s is %s, expected %s', e.name, e.tab,
              CASE WHEN p.valid THEN p.definition WHEN NOT p.valid THEN 'not validated'
                   ELSE 'missing' END, e.definition)
FROM (VALUES
  ('entities', 'entities_pkey', 'PRIMARYKEYid'),
  ('entities', 'entities_path_check', 'CHECKoctet_lengthpath<=2000'),
  ('entities', 'entities_location_check',
   'CHECKNOTst_isemptylocationANDst_xlocation>=-180ANDst_xlocation<=180'
   'ANDst_ylocation>=-90ANDst_ylocation<=90'),
  ('entities', 'entities_confidence_score_check', 'CHECKconfidence_score>=0ANDconfidence_score<=1'),
  ('entities', 'entities_confidence_source_check',
   'CHECKconfidence_source=ANYARRAY[computed,computed_over_zero]'),
  ('entity_relationships', 'entity_relationships_pkey', 'PRIMARYKEYid'),
  ('entity_relationships', 'entity_relationships_source_entity_id_fkey',
   'FOREIGNKEYsource_entity_idREFERENCESentitiesidONDELETECASCADE'),
  ('entity_relationships', 'entity_relationships_target_entity_id_fkey',
   'FOREIGNKEYtarget_entity_idREFERENCESentitiesidONDELETECASCADE'),
  ('entity_relationships', 'entity_relationships_once_key',
   'UNIQUEsource_entity_id,target_entity_id,relationship_type'),
  ('entity_relationships', 'entity_relationships_strength_check',
   'CHECKstrength>=0ANDstrength<=1'),
  ('feature_flags', 'feature_flags_pkey', 'PRIMARYKEYid'),
  ('feature_flags', 'feature_flags_flag_name_key', 'UNIQUEflag_name'),
  ('feature_flags', 'feature_flags_rollout_percentage_check',
   'CHECKrollout_percentage>=0ANDrollout_percentage<=100')
) AS e (tab, name, definition)
LEFT JOIN LATERAL (
  SELECT convalidated AS valid,
         regexp_replace(pg_get_constraintdef(oid),
                        '::(double precision|text|numeric|integer)(\[\])?|[()''\s]', '', 'g') AS definition
  FROM pg_constraint
  WHERE conrelid = to_regclass(e.tab) AND conname = e.name
) AS p ON true;

SELECT coalesce(p.valid AND p.definition = e.definition, false),
       format('index %s on %s is %s, expected %s', e.name, e.tab,
              CASE WHEN p.valid THEN p.definition WHEN NOT p.valid THEN 'invalid' ELSE 'missing' END,
              e.definition)
FROM (VALUES
  ('entities', 'entities_active_path_key',
   'unique btree (path) WHERE (is_active AND (deleted_at IS NULL))'),
  ('entities', 'entities_path_gist_idx', 'gist (path)'),
  ('entities', 'entities_location_gist_idx', 'gist (location)'),
  ('entities', 'idx_entity_hierarchy_depth_path', 'btree (path_depth, path)'),
  ('entities', 'idx_entity_type', 'btree (entity_type)'),
  ('entities', 'idx_entity_active', 'btree (is_active) WHERE is_active'),
  ('entities', 'idx_entity_canonical_key',
   'btree (canonical_key) WHERE (canonical_key IS NOT NULL)'),
  ('entity_relationships', 'idx_entity_relationships_target', 'btree (target_entity_id)'),
  ('entity_relationships', 'idx_entity_relationships_type', 'btree (relationship_type)')
) AS e (tab, name, definition)
LEFT JOIN LATERAL (
  SELECT i.indisvalid AND i.indisready AS valid,
         CASE WHEN i.indisunique THEN 'unique ' ELSE '' END
           || substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = to_regclass(e.tab) AND c.relname = e.name
) AS p ON true;

SELECT count(*) = 1, 'trigger trigger_update_hierarchy_fields is missing, disabled or calls another function'
FROM pg_trigger
WHERE tgrelid = to_regclass('entities') AND tgname = 'trigger_update_hierarchy_fields'
  AND tgfoid = to_regproc('update_entity_hierarchy_fields') AND tgenabled IN ('O', 'A');

SELECT count(*) = 4, 'feature_flags lacks one of the application''s four flags'
FROM feature_flags
WHERE flag_name IN ('ff.hierarchy.optimized', 'ff.ws.realtime', 'ff.geo.map', 'ff.ml.ab_routing');

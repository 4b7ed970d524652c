-- The four enumerations. A type that is there already is completed, not made again: the original
-- left types behind when it failed half-way, and its second run stumbled over them.
-- A new label can't be used in the transaction that adds it: the tables come in a step of their own.

-- migrate:up
DO $types$
DECLARE
  wanted   record;
  present  text[];
  label    text;
  previous text;
BEGIN
  FOR wanted IN
    SELECT *
    FROM (VALUES
      ('content_request_status',
       '{pending,validating,retrieving,generating_script,generating_video,processing_video,notifying,completed,failed,cancelled}'::text[],
       'Where a content request stands.'),
      ('content_stage_status', '{pending,in_progress,completed,failed,skipped}',
       'Where one stage of a request stands.'),
      ('user_role', '{student,teacher,admin,super_admin}', 'What a user may do.'),
      ('user_status', '{active,suspended,pending,archived}', 'Whether a user may log in.')
    ) AS w (name, labels, meaning)
  LOOP
    IF to_regtype(wanted.name) IS NULL THEN
      EXECUTE format('CREATE TYPE %I AS ENUM (%s)', wanted.name,
                     (SELECT string_agg(quote_literal(l), ', ' ORDER BY n)
                      FROM unnest(wanted.labels) WITH ORDINALITY AS u (l, n)));
      EXECUTE format('COMMENT ON TYPE %I IS %L', wanted.name,
                     wanted.meaning || ' Made by schema pack requests.');
      CONTINUE;
    END IF;

    SELECT array_agg(enumlabel::text ORDER BY enumsortorder)
    INTO present
    FROM pg_enum
    WHERE enumtypid = to_regtype(wanted.name);
    IF present IS NULL THEN
      RAISE EXCEPTION 'type % exists and is no enumeration', wanted.name
        USING HINT = 'Rename it, or apply the pack to a schema of its own (--schema).';
    END IF;
    IF (SELECT array_agg(l ORDER BY n) FROM unnest(present) WITH ORDINALITY AS u (l, n)
        WHERE l = ANY (wanted.labels))
       IS DISTINCT FROM
       (SELECT array_agg(l ORDER BY n) FROM unnest(wanted.labels) WITH ORDINALITY AS u (l, n)
        WHERE l = ANY (present)) THEN
      RAISE EXCEPTION 'type % exists with its labels in another order: %', wanted.name, present
        USING HINT = format('Expected the order %s. Labels are compared by their order: make the type '
                            'anew, or apply the pack to a schema of its own (--schema).', wanted.labels);
    END IF;

    previous := NULL;
    FOREACH label IN ARRAY wanted.labels LOOP
      IF label <> ALL (present) THEN
        EXECUTE format('ALTER TYPE %s ADD VALUE %L', to_regtype(wanted.name), label)
                || CASE WHEN previous IS NULL THEN format(' BEFORE %L', present[1])
                        ELSE format(' AFTER %L', previous) END;
      END IF;
      previous := label;
    END LOOP;
  END LOOP;
END
$types$;

-- migrate:down
-- Types that were there before stay, with the labels that up gave them: PostgreSQL can't take a
-- label out of an enumeration.
DO $types$
DECLARE
  made regtype;
BEGIN
  FOR made IN
    SELECT t.oid
    FROM pg_type t
    WHERE t.oid IN (to_regtype('content_request_status'), to_regtype('content_stage_status'),
                    to_regtype('user_role'), to_regtype('user_status'))
      AND obj_description(t.oid, 'pg_type') LIKE '%Made by schema pack requests.'
  LOOP
    EXECUTE format('DROP TYPE %s', made);
  END LOOP;
END
$types$;

-- migrate:verify
SELECT coalesce(p.labels = e.labels, false),
       format('labels of type %s: %s, expected %s in this order', e.name,
              coalesce(p.labels::text, 'missing'), e.labels)
FROM (VALUES
  ('content_request_status',
   '{pending,validating,retrieving,generating_script,generating_video,processing_video,notifying,completed,failed,cancelled}'::text[]),
  ('content_stage_status', '{pending,in_progress,completed,failed,skipped}'),
  ('user_role', '{student,teacher,admin,super_admin}'),
  ('user_status', '{active,suspended,pending,archived}')
) AS e (name, labels)
LEFT JOIN LATERAL (
  -- Further labels are the application's own affair.
  SELECT array_agg(enumlabel::text ORDER BY enumsortorder) AS labels
  FROM pg_enum
  WHERE enumtypid = to_regtype(e.name) AND enumlabel = ANY (e.labels)
) AS p ON true;

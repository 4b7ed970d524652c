-- Columns of table $1 (oid). Domains are followed down to their base type; of arrays, the element's.
WITH RECURSIVE columns AS (
  SELECT attnum, attname, atttypid, atttypmod, attnotnull, atthasdef, attgenerated, attidentity
  FROM pg_catalog.pg_attribute
  WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
),
base AS (
  SELECT attnum, atttypid AS type, atttypmod AS modifier, false AS not_null, false AS has_default
  FROM columns
  UNION ALL
  SELECT b.attnum, t.typbasetype, t.typtypmod, b.not_null OR t.typnotnull,
         b.has_default OR t.typdefault IS NOT NULL
  FROM base b
  JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype = 'd'
),
element AS (
  -- An array's element may be a domain again.
  SELECT b.attnum, b.type, b.modifier, b.not_null, b.has_default,
         e.oid IS NOT NULL AS is_array, coalesce(e.oid, b.type) AS element, coalesce(e.oid, b.type) AS kind
  FROM base b
  JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
  LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
  UNION ALL
  SELECT b.attnum, b.type, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE b.modifier END, b.not_null,
         b.has_default, b.is_array, b.element, t.typbasetype
  FROM element b
  JOIN pg_catalog.pg_type t ON t.oid = b.kind AND t.typtype = 'd'
)
SELECT c.attname, format_type(c.atttypid, c.atttypmod), k.oid, e.modifier, e.is_array, e.element,
       k.typtype = 'e' AS is_enum,
       c.attnotnull OR e.not_null AS not_null,
       c.atthasdef AND c.attgenerated = '' OR c.attidentity <> '' OR e.has_default AS has_default,
       c.attgenerated <> '' OR c.attidentity = 'a' AS generated
FROM columns c
JOIN element e USING (attnum)
JOIN pg_catalog.pg_type k ON k.oid = e.kind AND k.typtype <> 'd'
ORDER BY c.attnum

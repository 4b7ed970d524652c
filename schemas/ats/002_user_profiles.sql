-- Users and their profiles. Both lived in PostgreSQL before: "user" belongs to the login library
-- (better-auth) and is made here only where it is absent, so that an empty target can be loaded.

-- migrate:up
DO $user$
BEGIN
  -- Looked for along the whole search path: the pack may live in a schema of its own.
  IF to_regclass('"user"') IS NULL THEN
    CREATE TABLE "user" (
      id              text PRIMARY KEY,
      name            text NOT NULL,
      email           text NOT NULL UNIQUE,
      "emailVerified" boolean NOT NULL DEFAULT false,
      image           text,
      "createdAt"     timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
      "updatedAt"     timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
    );
  END IF;
END
$user$;

CREATE TABLE IF NOT EXISTS user_profiles (
  user_id    text PRIMARY KEY,
  phone      varchar(20),
  location   varchar(255),
  title      varchar(255),
  bio        text,
  resume_id  text,
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now()
);

COMMENT ON COLUMN user_profiles.resume_id IS 'set = onboarding finished; a uuid with a foreign key from 003 on';

CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger
LANGUAGE plpgsql
AS $function$
BEGIN
  -- While arango2pg loads, rows carry the times of their documents.
  IF coalesce(current_setting('arango2pg.loading', true), '') <> 'on' THEN
    NEW.updated_at := now();
  END IF;
  RETURN NEW;
END
$function$;

CREATE OR REPLACE TRIGGER update_user_profiles_updated_at
  BEFORE UPDATE ON user_profiles
  FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

-- migrate:down
-- "user" stays: logins depend on it, and it may be older than this pack.
DROP TABLE IF EXISTS user_profiles;

DO $function$
BEGIN
  -- The name is a common one: the application's own triggers may use the function.
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgfoid = to_regproc('update_updated_at_column')) THEN
    DROP FUNCTION IF EXISTS update_updated_at_column();
  END IF;
END
$function$;

-- migrate:verify
DO $verify$
DECLARE
  problems text;
BEGIN
  WITH expected (tab, col, type, required) AS (
    VALUES
      ('"user"', 'id', 'text', true),
      ('"user"', 'name', 'text', true),
      ('"user"', 'email', 'text', true),
      ('user_profiles', 'user_id', 'text', true),
      ('user_profiles', 'phone', 'character varying(20)', false),
      ('user_profiles', 'location', 'character varying(255)', false),
      ('user_profiles', 'title', 'character varying(255)', false),
      ('user_profiles', 'bio', 'text', false),
      ('user_profiles', 'created_at', 'timestamp with time zone', false),
      ('user_profiles', 'updated_at', 'timestamp with time zone', false)
  )
  SELECT string_agg(format('column %s.%s is %s, expected %s%s', e.tab, e.col,
           coalesce(format_type(a.atttypid, a.atttypmod)
                    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, 'missing'),
           e.type, CASE WHEN e.required THEN ' not null' ELSE '' END), '; ')
  INTO problems
  FROM expected e
  LEFT JOIN pg_attribute a
    ON a.attrelid = to_regclass(e.tab) AND a.attname = e.col AND NOT a.attisdropped
  WHERE a.attname IS NULL
     OR format_type(a.atttypid, a.atttypmod) <> e.type
     OR a.attnotnull <> e.required;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION '002_user_profiles: %', problems;
  END IF;

  -- resume_id is text here and a uuid after 003.
  IF NOT EXISTS (SELECT FROM pg_attribute
                 WHERE attrelid = to_regclass('user_profiles') AND attname = 'resume_id'
                   AND NOT attisdropped AND atttypid IN ('text'::regtype, 'uuid'::regtype)) THEN
    RAISE EXCEPTION '002_user_profiles: column user_profiles.resume_id is missing or of another type';
  END IF;

  WITH expected (tab, definition) AS (
    VALUES
      ('"user"', 'PRIMARY KEY (id)'),
      ('user_profiles', 'PRIMARY KEY (user_id)')
  )
  SELECT string_agg(format('%s has no %s', e.tab, e.definition), '; ')
  INTO problems
  FROM expected e
  WHERE NOT EXISTS (SELECT FROM pg_constraint c
                    WHERE c.conrelid = to_regclass(e.tab) AND pg_get_constraintdef(c.oid) = e.definition);
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION '002_user_profiles: %', problems;
  END IF;

  IF NOT EXISTS (SELECT FROM pg_trigger
                 WHERE tgrelid = to_regclass('user_profiles')
                   AND tgname = 'update_user_profiles_updated_at'
                   AND tgfoid = to_regproc('update_updated_at_column')
                   AND tgenabled IN ('O', 'A')) THEN
    RAISE EXCEPTION '002_user_profiles: trigger update_user_profiles_updated_at is missing, disabled or calls another function';
  END IF;
  IF position('arango2pg.loading' IN (SELECT prosrc FROM pg_proc
                                      WHERE oid = to_regproc('update_updated_at_column'))) = 0 THEN
    RAISE EXCEPTION '002_user_profiles: function update_updated_at_column does not stand back while arango2pg loads';
  END IF;
END
$verify$;

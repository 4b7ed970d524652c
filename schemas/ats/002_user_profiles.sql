-- Users and their profiles. Both lived in PostgreSQL before: "user" belongs to the login library
-- (better-auth) and is made here only where it is absent, so that an empty target can be loaded.
-- What is made here says so in its comment, and the way down removes only that.

-- migrate:up
DO $tables$
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
    COMMENT ON TABLE "user" IS 'Users, in the form of better-auth. Made by arango2pg pack ats.';
  END IF;

  IF to_regclass(format('%I.user_profiles', current_schema())) IS NULL THEN
    CREATE TABLE user_profiles (
      user_id    text PRIMARY KEY,
      phone      varchar(20),
      location   varchar(255),
      title      varchar(255),
      bio        text,
      resume_id  text,
      created_at timestamptz DEFAULT now(),
      updated_at timestamptz DEFAULT now()
    );
    COMMENT ON TABLE user_profiles IS 'Profiles of users. Made by arango2pg pack ats.';
    COMMENT ON COLUMN user_profiles.resume_id IS
      'set = onboarding finished; a uuid with a foreign key from 003 on';
  END IF;

  -- A common name: one that is there already is taken to do what it says.
  IF to_regprocedure(format('%I.update_updated_at_column()', current_schema())) IS NULL THEN
    CREATE FUNCTION update_updated_at_column() RETURNS trigger
    LANGUAGE plpgsql
    AS $function$
    BEGIN
      NEW.updated_at := now();
      RETURN NEW;
    END
    $function$;
    COMMENT ON FUNCTION update_updated_at_column() IS
      'Sets updated_at. Made by arango2pg pack ats.';
  END IF;

  IF NOT EXISTS (SELECT FROM pg_trigger
                 WHERE tgrelid = 'user_profiles'::regclass
                   AND tgname = 'update_user_profiles_updated_at') THEN
    CREATE TRIGGER update_user_profiles_updated_at
      BEFORE UPDATE ON user_profiles
      FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
    COMMENT ON TRIGGER update_user_profiles_updated_at ON user_profiles IS
      'Made by arango2pg pack ats.';
  END IF;
END
$tables$;

-- migrate:down
DO $made_here$
BEGIN
  IF EXISTS (SELECT FROM pg_trigger
             WHERE tgrelid = 'user_profiles'::regclass
               AND tgname = 'update_user_profiles_updated_at'
               AND obj_description(oid, 'pg_trigger') LIKE '%Made by arango2pg pack ats%') THEN
    DROP TRIGGER update_user_profiles_updated_at ON user_profiles;
  END IF;
  IF obj_description('user_profiles'::regclass, 'pg_class') LIKE '%Made by arango2pg pack ats%' THEN
    DROP TABLE user_profiles;
  END IF;
  -- Triggers of the application may have come to use the function.
  IF obj_description(to_regprocedure(format('%I.update_updated_at_column()', current_schema())),
                     'pg_proc') LIKE '%Made by arango2pg pack ats%'
     AND NOT EXISTS (SELECT FROM pg_trigger
                     WHERE tgfoid = to_regprocedure(format('%I.update_updated_at_column()',
                                                           current_schema()))) THEN
    DROP FUNCTION update_updated_at_column();
  END IF;
  -- Logins hang on "user" as soon as other tables point at it.
  IF obj_description(to_regclass(format('%I."user"', current_schema())), 'pg_class')
       LIKE '%Made by arango2pg pack ats%'
     AND NOT EXISTS (SELECT FROM pg_constraint
                     WHERE confrelid = to_regclass(format('%I."user"', current_schema()))) THEN
    DROP TABLE "user";
  END IF;
END
$made_here$;

-- migrate:verify
-- Columns: type, ! = not null. resume_id is text here and a uuid after 003.
WITH expected (tab, col, type) AS (
  VALUES
    ('"user"', 'id', 'text!'),
    ('"user"', 'name', 'text!'),
    ('"user"', 'email', 'text!'),
    ('user_profiles', 'user_id', 'text!'),
    ('user_profiles', 'phone', 'character varying(20)'),
    ('user_profiles', 'location', 'character varying(255)'),
    ('user_profiles', 'title', 'character varying(255)'),
    ('user_profiles', 'bio', 'text'),
    ('user_profiles', 'resume_id', '(text|uuid)'),
    ('user_profiles', 'created_at', 'timestamp with time zone'),
    ('user_profiles', 'updated_at', 'timestamp with time zone')
), present AS (
  SELECT attrelid, attname,
         format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN '!' ELSE '' END AS type
  FROM pg_attribute
  WHERE NOT attisdropped
)
SELECT CASE WHEN e.col = 'resume_id' THEN p.type IS NOT NULL AND p.type IN ('text', 'uuid')
            ELSE p.type IS NOT DISTINCT FROM e.type END AS ok,
       format('column %s.%s is %s, expected %s', e.tab, e.col, coalesce(p.type, 'missing'), e.type)
         AS what
FROM expected e
LEFT JOIN present p ON p.attrelid = to_regclass(e.tab) AND p.attname = e.col;

WITH expected (tab, definition) AS (
  VALUES
    ('"user"', 'PRIMARY KEY (id)'),
    ('user_profiles', 'PRIMARY KEY (user_id)')
)
SELECT EXISTS (SELECT FROM pg_constraint c
               WHERE c.conrelid = to_regclass(e.tab)
                 AND pg_get_constraintdef(c.oid) = e.definition) AS ok,
       format('%s has %s', e.tab, e.definition) AS what
FROM expected e;

SELECT EXISTS (SELECT FROM pg_trigger
               WHERE tgrelid = to_regclass('user_profiles')
                 AND tgname = 'update_user_profiles_updated_at'
                 AND tgfoid = to_regproc('update_updated_at_column')
                 AND tgenabled IN ('O', 'A')) AS ok,
       'trigger update_user_profiles_updated_at is there, enabled and calls update_updated_at_column'
         AS what;

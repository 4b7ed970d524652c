-- What the role may do with table $1 (oid), and whether row security would stop a COPY.
SELECT has_table_privilege($1::oid, 'INSERT') OR has_any_column_privilege($1::oid, 'INSERT'),
       has_table_privilege($1::oid, 'SELECT'),
       has_table_privilege($1::oid, 'UPDATE') OR has_any_column_privilege($1::oid, 'UPDATE'),
       has_table_privilege($1::oid, 'TRUNCATE'),
       has_database_privilege(current_database(), 'TEMPORARY'),
       row_security_active($1::oid),
       current_user

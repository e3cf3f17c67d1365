-- The audit of updates and deletes again, an order of magnitude cheaper: what it writes is the same. Functions of SQL that
-- aggregate are planned anew with every statement that fires a trigger, and were run four times a row; here each trigger
-- is one INSERT .. SELECT whose plan the session keeps. That is most of the time of a live change.

-- Columns that stand in the open: what mapping_columns says is not personal, and what apply itself writes. A column that
-- it does not know counts as personal.
CREATE FUNCTION ordersync.audit_open_columns(of_table text) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT array_agg(m.column_name) FROM ordersync.mapping_columns m
            WHERE m.table_name = of_table AND NOT m.personal) || '{customer_id,link_origin}'::text[];
END
$$;
COMMENT ON FUNCTION ordersync.audit_open_columns(text) IS 'Columns of a table that are not personal, for the audit';

CREATE OR REPLACE FUNCTION ordersync.audit_update() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    open_columns text[] := ordersync.audit_open_columns(TG_TABLE_NAME);
    keys text[] := TG_ARGV;
BEGIN
    INSERT INTO ordersync.order_audit
        (order_id, version, table_name, operation, row_key, changed, before_image, personal,
         run_id, plan_id, command_id, operator, origin, db_user, application_name)
    SELECT c.order_id, coalesce((c.after ->> 'version')::bigint, o.version), TG_TABLE_NAME,
           CASE WHEN c.after IS NULL THEN 'delete' WHEN c.before IS NULL THEN 'insert' ELSE 'update' END,
           nullif(c.row_key, '{}'),
           CASE WHEN c.before IS NOT NULL AND c.after IS NOT NULL THEN coalesce(u.open, '{}') END,
           CASE WHEN c.after IS NULL THEN coalesce(d.open, '{}') END,
           CASE WHEN c.after IS NULL THEN d.personal WHEN c.before IS NOT NULL THEN u.personal END,
           ordersync.audit_setting('run_id'), ordersync.audit_setting('plan_id'),
           ordersync.audit_setting('command_id'), ordersync.audit_setting('operator'),
           ordersync.audit_setting('origin'), session_user, current_setting('application_name')
    FROM (SELECT order_id, row_key, b.image AS before, a.image AS after
          FROM (SELECT r.order_id, i.image, (SELECT coalesce(jsonb_object_agg(k, i.image -> k), '{}')
                                             FROM unnest(keys) k) AS row_key
                FROM old_rows r, LATERAL (SELECT to_jsonb(r) AS image OFFSET 0) i) b
          FULL JOIN (SELECT r.order_id, i.image, (SELECT coalesce(jsonb_object_agg(k, i.image -> k), '{}')
                                                  FROM unnest(keys) k) AS row_key
                     FROM new_rows r, LATERAL (SELECT to_jsonb(r) AS image OFFSET 0) i) a
              USING (order_id, row_key)) c
    LEFT JOIN ordersync.orders o ON o.order_id = c.order_id
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(e.key, jsonb_build_array(c.before -> e.key, e.value))
                   FILTER (WHERE e.key = ANY (open_columns)) AS open,
               jsonb_object_agg(e.key, jsonb_build_array(c.before -> e.key, e.value))
                   FILTER (WHERE e.key <> ALL (open_columns)) AS personal
        FROM jsonb_each(c.after) e
        WHERE e.value IS DISTINCT FROM c.before -> e.key
          AND e.key <> ALL ('{order_id,version,applied_at}'::text[])) u ON c.before IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(e.key, e.value) FILTER (WHERE e.key = ANY (open_columns)) AS open,
               jsonb_object_agg(e.key, e.value) FILTER (WHERE e.key <> ALL (open_columns)) AS personal
        FROM jsonb_each(CASE WHEN c.after IS NULL THEN c.before END) e -- costs nothing where there is one
        WHERE e.value <> 'null' AND e.key <> ALL ('{order_id,version,applied_at}'::text[])) d
        ON true;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ordersync.audit_delete() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    open_columns text[] := ordersync.audit_open_columns(TG_TABLE_NAME);
    keys text[] := TG_ARGV;
BEGIN
    INSERT INTO ordersync.order_audit
        (order_id, version, table_name, operation, row_key, before_image, personal,
         run_id, plan_id, command_id, operator, origin, db_user, application_name)
    SELECT c.order_id, coalesce((c.image ->> 'version')::bigint + 1, o.version,
               (SELECT max(d.order_version) FROM ordersync.source_documents d WHERE d.order_id = c.order_id)),
           TG_TABLE_NAME, 'delete',
           nullif((SELECT coalesce(jsonb_object_agg(k, c.image -> k), '{}') FROM unnest(keys) k), '{}'),
           coalesce(d.open, '{}'), d.personal,
           ordersync.audit_setting('run_id'), ordersync.audit_setting('plan_id'),
           ordersync.audit_setting('command_id'), ordersync.audit_setting('operator'),
           ordersync.audit_setting('origin'), session_user, current_setting('application_name')
    FROM (SELECT r.order_id, to_jsonb(r) AS image FROM old_rows r OFFSET 0) c
    LEFT JOIN ordersync.orders o ON o.order_id = c.order_id
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(e.key, e.value) FILTER (WHERE e.key = ANY (open_columns)) AS open,
               jsonb_object_agg(e.key, e.value) FILTER (WHERE e.key <> ALL (open_columns)) AS personal
        FROM jsonb_each(c.image) e
        WHERE e.value <> 'null' AND e.key <> ALL ('{order_id,version,applied_at}'::text[])) d;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ordersync.audit_child_insert() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    keys text[] := TG_ARGV;
BEGIN
    INSERT INTO ordersync.order_audit
        (order_id, version, table_name, operation, row_key,
         run_id, plan_id, command_id, operator, origin, db_user, application_name)
    SELECT n.order_id, o.version, TG_TABLE_NAME, 'insert',
           (SELECT coalesce(jsonb_object_agg(k, i.image -> k), '{}') FROM unnest(keys) k),
           ordersync.audit_setting('run_id'), ordersync.audit_setting('plan_id'),
           ordersync.audit_setting('command_id'), ordersync.audit_setting('operator'),
           ordersync.audit_setting('origin'), session_user, current_setting('application_name')
    FROM new_rows n CROSS JOIN LATERAL (SELECT to_jsonb(n) AS image OFFSET 0) i
    LEFT JOIN ordersync.orders o ON o.order_id = n.order_id;
    RETURN NULL;
END
$$;

DROP FUNCTION ordersync.audit_columns(text, jsonb, boolean);
DROP FUNCTION ordersync.audit_changes(text, jsonb, jsonb, boolean);
DROP FUNCTION ordersync.audit_row_key(jsonb, text[]);

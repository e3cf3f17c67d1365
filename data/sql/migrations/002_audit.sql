-- The audit of the order tables: append-only, written by triggers, whoever writes the tables.
--
-- An insert leaves its key and the document's digest, an update the changed fields before and after, a delete
-- the before-image. Personal columns stand apart, so that they can be erased. Of an order's versions 1..n none
-- is missing and none is there twice: the unique index below refuses a repeated one. A deletion is a version too.
--
-- Who: the session settings ordersync.run_id, plan_id, command_id, operator and origin, which apply sets; plain
-- SQL shows as database user and application name.
--
-- A backfill inserts orders with all their children: the order's own row and digest cover them, so apply says
-- SET LOCAL ordersync.new_orders = 'on' and the children's insert triggers stay silent. Apply writes an order
-- before its children, so that their audit carries the new version.

CREATE TABLE ordersync.order_audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid NOT NULL,
    version bigint,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    table_name text NOT NULL,
    operation text NOT NULL,
    digest bytea,
    row_key jsonb,
    changed jsonb,
    before_image jsonb,
    personal jsonb,
    run_id text,
    plan_id text,
    command_id text,
    operator text,
    origin text,
    db_user text NOT NULL,
    application_name text,
    CONSTRAINT order_audit_operation CHECK (operation IN ('insert', 'update', 'delete'))
);
CREATE UNIQUE INDEX order_audit_version ON ordersync.order_audit (order_id, version) WHERE table_name = 'orders';
-- Children of new orders leave no rows, so a backfill does not pay for this one.
CREATE INDEX order_audit_children ON ordersync.order_audit (order_id, version) WHERE table_name <> 'orders';
CREATE INDEX order_audit_command ON ordersync.order_audit (command_id) WHERE command_id IS NOT NULL;
COMMENT ON TABLE ordersync.order_audit IS 'Every change of the order tables: what, when, by whom; append-only';
COMMENT ON COLUMN ordersync.order_audit.audit_id IS 'Counts up';
COMMENT ON COLUMN ordersync.order_audit.order_id IS 'The order';
COMMENT ON COLUMN ordersync.order_audit.version IS 'The order''s version that the change made';
COMMENT ON COLUMN ordersync.order_audit.at IS 'When';
COMMENT ON COLUMN ordersync.order_audit.table_name IS 'Table of the row';
COMMENT ON COLUMN ordersync.order_audit.operation IS 'insert, update or delete';
COMMENT ON COLUMN ordersync.order_audit.digest IS 'Of an order''s insert: digest of its document';
COMMENT ON COLUMN ordersync.order_audit.row_key IS 'Key of a child row, without order_id';
COMMENT ON COLUMN ordersync.order_audit.changed IS 'Of an update: {column: [before, after]}';
COMMENT ON COLUMN ordersync.order_audit.before_image IS 'Of a delete: the row as it was';
COMMENT ON COLUMN ordersync.order_audit.personal IS 'The personal columns of changed or before_image; NULL after erasure';
COMMENT ON COLUMN ordersync.order_audit.run_id IS 'Run that wrote';
COMMENT ON COLUMN ordersync.order_audit.plan_id IS 'Plan that was applied';
COMMENT ON COLUMN ordersync.order_audit.command_id IS 'Command that was carried out';
COMMENT ON COLUMN ordersync.order_audit.operator IS 'Operator or API client';
COMMENT ON COLUMN ordersync.order_audit.origin IS 'Terminal or address the operator came from';
COMMENT ON COLUMN ordersync.order_audit.db_user IS 'Database user';
COMMENT ON COLUMN ordersync.order_audit.application_name IS 'Application name of the session';

CREATE FUNCTION ordersync.audit_setting(name text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('ordersync.' || name, true), '')
$$;
COMMENT ON FUNCTION ordersync.audit_setting(text) IS 'A session setting ordersync.NAME, NULL when empty';

-- Columns of `row` that the audit keeps: all but order_id, version, applied_at and what is NULL. A column that
-- mapping_columns does not know counts as personal, so that a later one cannot leak by being forgotten.
CREATE FUNCTION ordersync.audit_columns(of_table text, image jsonb, want_personal boolean) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_object_agg(e.key, e.value)
    FROM jsonb_each(image) e
    LEFT JOIN ordersync.mapping_columns m ON m.table_name = of_table AND m.column_name = e.key
    WHERE e.value <> 'null' AND e.key <> ALL ('{order_id,version,applied_at}')
      AND coalesce(m.personal, e.key <> ALL ('{customer_id,link_origin}')) = want_personal
$$;
COMMENT ON FUNCTION ordersync.audit_columns(text, jsonb, boolean) IS 'The personal or the other columns of a row, for the audit';

CREATE FUNCTION ordersync.audit_changes(of_table text, before jsonb, after jsonb, want_personal boolean)
RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_object_agg(e.key, jsonb_build_array(before -> e.key, e.value))
    FROM jsonb_each(after) e
    LEFT JOIN ordersync.mapping_columns m ON m.table_name = of_table AND m.column_name = e.key
    WHERE e.value IS DISTINCT FROM before -> e.key AND e.key <> ALL ('{order_id,version,applied_at}')
      AND coalesce(m.personal, e.key <> ALL ('{customer_id,link_origin}')) = want_personal
$$;
COMMENT ON FUNCTION ordersync.audit_changes(text, jsonb, jsonb, boolean) IS 'The personal or the other changed columns, {column: [before, after]}';

CREATE FUNCTION ordersync.audit_row_key(image jsonb, key_columns text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(k, image -> k), '{}') FROM unnest(key_columns) k
$$;
COMMENT ON FUNCTION ordersync.audit_row_key(jsonb, text[]) IS 'The key columns of a child row without order_id; {} of an order';

-- The hot path of a backfill: one INSERT .. SELECT, no image of the row.
CREATE FUNCTION ordersync.audit_orders_insert() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ordersync.order_audit
        (order_id, version, table_name, operation, digest,
         run_id, plan_id, command_id, operator, origin, db_user, application_name)
    SELECT n.order_id, n.version, 'orders', 'insert', n.digest,
           w.run_id, w.plan_id, w.command_id, w.operator, w.origin, w.db_user, w.application_name
    FROM new_rows n,
         (SELECT ordersync.audit_setting('run_id') AS run_id, ordersync.audit_setting('plan_id') AS plan_id,
                 ordersync.audit_setting('command_id') AS command_id,
                 ordersync.audit_setting('operator') AS operator, ordersync.audit_setting('origin') AS origin,
                 session_user::text AS db_user, current_setting('application_name') AS application_name
          OFFSET 0) w;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ordersync.audit_orders_insert() IS 'Audit of inserted orders: key and digest';

-- Children: the trigger's arguments are the key columns after order_id.
CREATE FUNCTION ordersync.audit_child_insert() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ordersync.order_audit
        (order_id, version, table_name, operation, row_key,
         run_id, plan_id, command_id, operator, origin, db_user, application_name)
    SELECT n.order_id, o.version, TG_TABLE_NAME, 'insert', ordersync.audit_row_key(to_jsonb(n), TG_ARGV),
           ordersync.audit_setting('run_id'), ordersync.audit_setting('plan_id'),
           ordersync.audit_setting('command_id'), ordersync.audit_setting('operator'),
           ordersync.audit_setting('origin'), session_user, current_setting('application_name')
    FROM new_rows n
    LEFT JOIN ordersync.orders o ON o.order_id = n.order_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ordersync.audit_child_insert() IS 'Audit of child rows inserted into an existing order: key';

-- Orders and children alike. An update that moves a key shows as its two halves.
CREATE FUNCTION ordersync.audit_update() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ordersync.order_audit
        (order_id, version, table_name, operation, row_key, changed, before_image, personal,
         run_id, plan_id, command_id, operator, origin, db_user, application_name)
    SELECT c.order_id, coalesce((c.after ->> 'version')::bigint, o.version), TG_TABLE_NAME,
           CASE WHEN c.after IS NULL THEN 'delete' WHEN c.before IS NULL THEN 'insert' ELSE 'update' END,
           nullif(c.row_key, '{}'),
           CASE WHEN c.before IS NOT NULL AND c.after IS NOT NULL
                THEN coalesce(ordersync.audit_changes(TG_TABLE_NAME, c.before, c.after, false), '{}') END,
           CASE WHEN c.after IS NULL
                THEN coalesce(ordersync.audit_columns(TG_TABLE_NAME, c.before, false), '{}') END,
           CASE WHEN c.after IS NULL THEN ordersync.audit_columns(TG_TABLE_NAME, c.before, true)
                WHEN c.before IS NOT NULL
                THEN ordersync.audit_changes(TG_TABLE_NAME, c.before, c.after, true) END,
           ordersync.audit_setting('run_id'), ordersync.audit_setting('plan_id'),
           ordersync.audit_setting('command_id'), ordersync.audit_setting('operator'),
           ordersync.audit_setting('origin'), session_user, current_setting('application_name')
    FROM (SELECT order_id, row_key, b.image AS before, a.image AS after
          FROM (SELECT r.order_id, ordersync.audit_row_key(to_jsonb(r), TG_ARGV) AS row_key,
                       to_jsonb(r) AS image FROM old_rows r) b
          FULL JOIN (SELECT r.order_id, ordersync.audit_row_key(to_jsonb(r), TG_ARGV) AS row_key,
                            to_jsonb(r) AS image FROM new_rows r) a USING (order_id, row_key)) c
    LEFT JOIN ordersync.orders o ON o.order_id = c.order_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ordersync.audit_update() IS 'Audit of updated rows: changed fields before and after';

-- Of a deleted order (and of the children that go with it) orders_keep_version() has noted the version.
CREATE FUNCTION ordersync.audit_delete() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ordersync.order_audit
        (order_id, version, table_name, operation, row_key, before_image, personal,
         run_id, plan_id, command_id, operator, origin, db_user, application_name)
    SELECT c.order_id, coalesce((c.image ->> 'version')::bigint + 1, o.version,
               (SELECT max(d.order_version) FROM ordersync.source_documents d WHERE d.order_id = c.order_id)),
           TG_TABLE_NAME, 'delete', nullif(ordersync.audit_row_key(c.image, TG_ARGV), '{}'),
           coalesce(ordersync.audit_columns(TG_TABLE_NAME, c.image, false), '{}'),
           ordersync.audit_columns(TG_TABLE_NAME, c.image, true),
           ordersync.audit_setting('run_id'), ordersync.audit_setting('plan_id'),
           ordersync.audit_setting('command_id'), ordersync.audit_setting('operator'),
           ordersync.audit_setting('origin'), session_user, current_setting('application_name')
    FROM (SELECT r.order_id, to_jsonb(r) AS image FROM old_rows r) c
    LEFT JOIN ordersync.orders o ON o.order_id = c.order_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ordersync.audit_delete() IS 'Audit of deleted rows: the row as it was';

-- A statement that touched nothing (a cascade into an empty table) leaves nothing: the functions select from
-- empty sets.
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM (VALUES
        ('orders', ''),
        ('order_line_items', '''line_item_key'''),
        ('order_addresses', '''kind'''),
        ('order_shipping_lines', '''position'''),
        ('order_refunds', '''refund_id'', ''component'', ''position'''),
        ('order_returns', '''return_id'', ''position'''),
        ('order_discount_applications', '''position'''),
        ('order_tax_lines', '''scope'', ''parent_key'', ''position'''),
        ('order_fulfillments', '''source'', ''fulfillment_id''')) v (name, keys)
    LOOP
        IF t.name = 'orders' THEN
            CREATE TRIGGER audit_insert AFTER INSERT ON ordersync.orders REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION ordersync.audit_orders_insert();
        ELSE
            EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON ordersync.%I '
                'REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT '
                'WHEN (current_setting(''ordersync.new_orders'', true) IS DISTINCT FROM ''on'') '
                'EXECUTE FUNCTION ordersync.audit_child_insert(%s)', t.name, t.keys);
        END IF;
        EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON ordersync.%I '
            'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION ordersync.audit_update(%s)', t.name, t.keys);
        EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON ordersync.%I '
            'REFERENCING OLD TABLE AS old_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION ordersync.audit_delete(%s)', t.name, t.keys);
    END LOOP;
END
$$;

-- Append-only: the one change allowed is the erasure of personal data.
CREATE FUNCTION ordersync.audit_refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_LEVEL = 'ROW'
        AND current_setting('ordersync.erasing', true) = 'on'
        AND NEW.personal IS NULL
        AND to_jsonb(NEW) - 'personal' = to_jsonb(OLD) - 'personal' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'ordersync.order_audit is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Personal data is erased by ordersync.audit_erase_personal(order_ids).';
END
$$;
COMMENT ON FUNCTION ordersync.audit_refuse() IS 'Refuses changes of the audit, but for erasure of the personal column';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ordersync.order_audit
    FOR EACH ROW EXECUTE FUNCTION ordersync.audit_refuse();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON ordersync.order_audit
    FOR EACH STATEMENT EXECUTE FUNCTION ordersync.audit_refuse();

CREATE FUNCTION ordersync.audit_erase_personal(order_ids uuid[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    erased bigint;
BEGIN
    PERFORM set_config('ordersync.erasing', 'on', true);
    UPDATE ordersync.order_audit SET personal = NULL
    WHERE order_id = ANY (order_ids) AND personal IS NOT NULL;
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('ordersync.erasing', '', true);
    RETURN erased;
END
$$;
COMMENT ON FUNCTION ordersync.audit_erase_personal(uuid[]) IS 'Erases the personal data that the audit of these orders holds; returns the rows changed';

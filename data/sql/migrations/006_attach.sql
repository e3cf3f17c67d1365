-- Documents that attach to a sale (Printful), and how they find it.

-- Which of the Printful orders of a sale a row is of: one may be replaced without touching the others'.
ALTER TABLE ordersync.order_fulfillments ADD COLUMN parent_id text;

-- What a Printful order's external_id is compared with. Hashed where the value comes from outside and has no stated length:
-- a B-tree refuses long ones.
CREATE INDEX orders_client_reference_id ON ordersync.orders USING hash (client_reference_id)
    WHERE client_reference_id IS NOT NULL;
CREATE INDEX orders_payment_intent_id ON ordersync.orders USING hash (payment_intent_id)
    WHERE payment_intent_id IS NOT NULL;
CREATE INDEX orders_metadata ON ordersync.orders USING gin (metadata jsonb_path_ops) WHERE metadata IS NOT NULL;

-- What a look-back reads again. In byte order, because it walks them in pages.
CREATE INDEX source_documents_unsettled_stripe ON ordersync.source_documents (source_id COLLATE "C")
    WHERE source = 'stripe' AND deleted_at IS NULL AND version < 2
        AND document ->> 'status' IS DISTINCT FROM 'expired';
CREATE INDEX source_documents_unsettled_printful ON ordersync.source_documents (source_id COLLATE "C")
    WHERE source = 'printful' AND deleted_at IS NULL
        AND (order_id IS NULL OR (document ->> 'status') IN ('fulfilled', 'canceled', 'archived') IS NOT TRUE);

-- A document attached to an order that goes is without a sale again, until it is read once the sale is back. Who deleted
-- the order does not matter. Apply wrote order_version of it before: of such a document it means nothing.
CREATE FUNCTION ordersync.orders_detach_documents() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ordersync.source_documents d SET order_id = NULL, order_version = NULL
    FROM old_rows o
    WHERE d.order_id = o.order_id AND d.source <> o.origin;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ordersync.orders_detach_documents() IS 'Documents attached to a deleted order have none';
CREATE TRIGGER detach_documents AFTER DELETE ON ordersync.orders
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION ordersync.orders_detach_documents();

-- Sales whose customer nobody knew when they were written: a customer made later finds them.
CREATE INDEX orders_unlinked_email ON ordersync.orders (ordersync.match_email(coalesce(customer_email, email)))
    WHERE customer_id IS NULL AND origin = 'stripe';

-- What counts in figures about customers, in one place: neither tests nor cancelled orders, and of Stripe's sessions those
-- that were paid or free.
CREATE FUNCTION ordersync.order_counts(test boolean, cancelled_at timestamptz, origin text, financial_status text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT test IS NOT TRUE AND cancelled_at IS NULL
        AND (origin <> 'stripe' OR financial_status IN ('paid', 'no_payment_required'))
$$;
COMMENT ON FUNCTION ordersync.order_counts(boolean, timestamptz, text, text) IS 'Whether an order counts in its customer''s figures';

-- A Printful order's own row is no shipment.
CREATE OR REPLACE VIEW ordersync.order_overview AS
SELECT o.order_id, o.origin, o.origin_id, o.shop_order_id, o.name, o.order_number, o.status,
       o.financial_status, o.fulfillment_status, coalesce(o.test, false) AS test,
       o.created_at, coalesce(o.processed_at, o.created_at) AS placed_at, o.updated_at, o.cancelled_at,
       o.currency, o.total_price, o.current_total_price, o.total_outstanding, o.presentment_currency,
       o.presentment_total_price, coalesce(o.customer_email, o.email) AS email, o.customer_id, o.link_origin,
       (SELECT count(*) FROM ordersync.order_line_items l WHERE l.order_id = o.order_id) AS line_items,
       (SELECT sum(coalesce(l.current_quantity, l.quantity)) FROM ordersync.order_line_items l
        WHERE l.order_id = o.order_id) AS quantity,
       (SELECT count(*) FROM ordersync.order_fulfillments f
        WHERE f.order_id = o.order_id AND (f.source <> 'printful' OR f.position <> 0)) AS shipments,
       (SELECT sum(r.amount) FROM ordersync.order_refunds r
        WHERE r.order_id = o.order_id AND r.component = 'transaction' AND r.kind = 'refund'
          AND r.status = 'success') AS refunded,
       o.version, o.applied_at
FROM ordersync.orders o;

CREATE OR REPLACE VIEW ordersync.customer_orders AS
SELECT c.customer_id, o.order_id, o.name, o.order_number, o.status, o.financial_status, o.fulfillment_status,
       coalesce(o.test, false) AS test, o.created_at, coalesce(o.processed_at, o.created_at) AS placed_at,
       o.cancelled_at, o.currency, o.total_price,
       (SELECT sum(r.amount) FROM ordersync.order_refunds r
        WHERE r.order_id = o.order_id AND r.component = 'transaction' AND r.kind = 'refund'
          AND r.status = 'success') AS refunded,
       o.link_origin,
       ordersync.order_counts(o.test, o.cancelled_at, o.origin, o.financial_status) AS counted
FROM ordersync.customers c
JOIN ordersync.orders o ON o.customer_id = c.customer_id;
COMMENT ON COLUMN ordersync.customer_orders.counted IS 'Counts in the customer''s figures: neither test nor cancelled, and paid where Stripe made it';

CREATE OR REPLACE VIEW ordersync.order_timeline AS
SELECT order_id, created_at AS at, 'created' AS event, NULL::bigint AS version, NULL::text AS detail,
       NULL::text AS actor
FROM ordersync.orders WHERE created_at IS NOT NULL
UNION ALL
SELECT order_id, processed_at, 'placed', NULL, NULL, NULL
FROM ordersync.orders WHERE processed_at IS NOT NULL AND processed_at <> created_at
UNION ALL
SELECT order_id, cancelled_at, 'cancelled', NULL, cancel_reason, NULL
FROM ordersync.orders WHERE cancelled_at IS NOT NULL
UNION ALL
SELECT order_id, closed_at, 'closed', NULL, NULL, NULL
FROM ordersync.orders WHERE closed_at IS NOT NULL
UNION ALL
SELECT order_id, coalesce(shipped_at, created_at),
       CASE WHEN source = 'printful' AND position = 0 THEN 'production' ELSE 'shipment' END, NULL,
       concat_ws(' ', source, coalesce(shipment_status, status), tracking_company), NULL
FROM ordersync.order_fulfillments WHERE coalesce(shipped_at, created_at) IS NOT NULL
UNION ALL
SELECT order_id, coalesce(processed_at, created_at), 'refund', NULL,
       concat_ws(' ', amount::text, currency, status), NULL
FROM ordersync.order_refunds
WHERE component = 'transaction' AND kind = 'refund' AND coalesce(processed_at, created_at) IS NOT NULL
UNION ALL
SELECT order_id, at, 'audit', version, operation,
       concat_ws(' ', coalesce(operator, db_user), coalesce(origin, application_name))
FROM ordersync.order_audit WHERE table_name = 'orders'
UNION ALL
SELECT order_id, at, 'audit', version, concat_ws(' ', operation, table_name),
       concat_ws(' ', coalesce(operator, db_user), coalesce(origin, application_name))
FROM ordersync.order_audit WHERE table_name <> 'orders';

-- Views for a customer page, for reports and for the console: stable names over the tables.

CREATE VIEW ordersync.order_overview AS
SELECT o.order_id, o.origin, o.origin_id, o.shop_order_id, o.name, o.order_number, o.status,
       o.financial_status, o.fulfillment_status, coalesce(o.test, false) AS test,
       o.created_at, coalesce(o.processed_at, o.created_at) AS placed_at, o.updated_at, o.cancelled_at,
       o.currency, o.total_price, o.current_total_price, o.total_outstanding, o.presentment_currency,
       o.presentment_total_price, coalesce(o.customer_email, o.email) AS email, o.customer_id, o.link_origin,
       (SELECT count(*) FROM ordersync.order_line_items l WHERE l.order_id = o.order_id) AS line_items,
       (SELECT sum(coalesce(l.current_quantity, l.quantity)) FROM ordersync.order_line_items l
        WHERE l.order_id = o.order_id) AS quantity,
       (SELECT count(*) FROM ordersync.order_fulfillments f WHERE f.order_id = o.order_id) AS shipments,
       (SELECT sum(r.amount) FROM ordersync.order_refunds r
        WHERE r.order_id = o.order_id AND r.component = 'transaction' AND r.kind = 'refund'
          AND r.status = 'success') AS refunded,
       o.version, o.applied_at
FROM ordersync.orders o;
COMMENT ON VIEW ordersync.order_overview IS 'One row per order with its totals, counts and what was refunded';
COMMENT ON COLUMN ordersync.order_overview.placed_at IS 'processed_at, else created_at';
COMMENT ON COLUMN ordersync.order_overview.email IS 'The customer''s e-mail, else the order''s';
COMMENT ON COLUMN ordersync.order_overview.quantity IS 'Pieces after edits, else as ordered';
COMMENT ON COLUMN ordersync.order_overview.refunded IS 'Sum of successful refund transactions';

CREATE VIEW ordersync.customer_orders AS
SELECT c.customer_id, o.order_id, o.name, o.order_number, o.status, o.financial_status, o.fulfillment_status,
       coalesce(o.test, false) AS test, o.created_at, coalesce(o.processed_at, o.created_at) AS placed_at,
       o.cancelled_at, o.currency, o.total_price,
       (SELECT sum(r.amount) FROM ordersync.order_refunds r
        WHERE r.order_id = o.order_id AND r.component = 'transaction' AND r.kind = 'refund'
          AND r.status = 'success') AS refunded,
       o.link_origin,
       coalesce(o.test, false) = false AND o.cancelled_at IS NULL AS counted
FROM ordersync.customers c
JOIN ordersync.orders o ON o.customer_id = c.customer_id;
COMMENT ON VIEW ordersync.customer_orders IS 'The orders of each customer, for a customer page';
COMMENT ON COLUMN ordersync.customer_orders.counted IS 'Counts in the customer''s metrics: neither test nor cancelled';

CREATE VIEW ordersync.order_timeline AS
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
SELECT order_id, coalesce(shipped_at, created_at), 'shipment', NULL,
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
COMMENT ON VIEW ordersync.order_timeline IS 'What happened to an order, and who changed its rows; ask by order_id';

CREATE VIEW ordersync.customer_overview AS
SELECT c.customer_id, c.shop_customer_id, c.email, c.phone, c.first_name, c.last_name, c.state, c.segment,
       c.orders_count, c.average_order_value, c.average_currency, c.first_order_at, c.last_order_at,
       c.order_frequency_days, c.last_active_at, c.erased_at,
       (SELECT jsonb_object_agg(s.currency, s.net) FROM ordersync.customer_spend s
        WHERE s.customer_id = c.customer_id) AS spent,
       (SELECT count(*) FROM ordersync.customer_reviews r
        WHERE r.state = 'open' AND c.customer_id IN (r.customer_id, r.other_customer_id)) AS open_reviews
FROM ordersync.customers c
WHERE c.merged_into IS NULL;
COMMENT ON VIEW ordersync.customer_overview IS 'One row per living customer with what was spent, by currency';
COMMENT ON COLUMN ordersync.customer_overview.spent IS 'Net of refunds, {currency: amount}';
COMMENT ON COLUMN ordersync.customer_overview.open_reviews IS 'Matches that wait for a person';

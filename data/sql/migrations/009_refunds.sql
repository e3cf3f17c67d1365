-- What was refunded, in the order's own currency wherever it is summed, and in no fewer digits than that currency has.

-- The digits of a currency as stripe_currency_scale() knows them (a test compares the two). A total cannot say them: one
-- that came as the number 50 has none, and the buyer's total has those of the buyer's currency.
CREATE FUNCTION ordersync.currency_scale(currency text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN upper(currency) IN ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND',
                                         'VUV', 'XAF', 'XOF', 'XPF') THEN 0
                WHEN upper(currency) IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN 3
                ELSE 2 END
$$;
COMMENT ON FUNCTION ordersync.currency_scale(text) IS 'Digits after the point of a currency; 2 of one that is not listed';

-- As before, but converted amounts keep the digits of the shop's currency, or those of the total where it has more.
CREATE OR REPLACE VIEW ordersync.refund_payments AS
SELECT r.order_id, r.refund_id, r.position, coalesce(r.processed_at, r.created_at) AS at,
       CASE WHEN c.is_presentment THEN o.currency ELSE coalesce(c.currency, o.currency) END AS currency,
       CASE WHEN c.is_presentment
            THEN round(r.amount * o.total_price / o.presentment_total_price,
                       greatest(scale(o.total_price), ordersync.currency_scale(o.currency)))
            ELSE r.amount END AS amount
FROM ordersync.order_refunds r
JOIN ordersync.orders o ON o.order_id = r.order_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.presentment_amount IS NULL THEN r.currency END AS currency,
           r.presentment_amount IS NULL AND r.currency <> o.currency AND r.currency = o.presentment_currency
               AND o.presentment_total_price > 0 AND o.total_price IS NOT NULL AS is_presentment) c
WHERE r.component = 'transaction' AND r.kind = 'refund' AND r.status = 'success' AND r.test IS NOT TRUE
  AND r.amount IS NOT NULL;

-- refunded stands beside currency and total_price: what was paid back in another currency than the buyer's or the shop's
-- is not in it. Not distinct, so that an order without a currency keeps refunds that name none either.
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
       (SELECT sum(p.amount) FROM ordersync.refund_payments p
        WHERE p.order_id = o.order_id AND p.currency IS NOT DISTINCT FROM o.currency) AS refunded,
       o.version, o.applied_at
FROM ordersync.orders o;
COMMENT ON COLUMN ordersync.order_overview.refunded IS 'Sum of successful refund transactions in the order''s currency, those in the buyer''s converted at its own rate; without test transactions';

CREATE OR REPLACE VIEW ordersync.customer_orders AS
SELECT c.customer_id, o.order_id, o.name, o.order_number, o.status, o.financial_status, o.fulfillment_status,
       coalesce(o.test, false) AS test, o.created_at, coalesce(o.processed_at, o.created_at) AS placed_at,
       o.cancelled_at, o.currency, o.total_price,
       (SELECT sum(p.amount) FROM ordersync.refund_payments p
        WHERE p.order_id = o.order_id AND p.currency IS NOT DISTINCT FROM o.currency) AS refunded,
       o.link_origin,
       ordersync.order_counts(o.test, o.cancelled_at, o.origin, o.financial_status) AS counted
FROM ordersync.customers c
JOIN ordersync.orders o ON o.customer_id = c.customer_id;
COMMENT ON COLUMN ordersync.customer_orders.refunded IS 'As order_overview.refunded';

-- Spend that was summed from amounts with too few digits.
INSERT INTO ordersync.customer_dirty (customer_id, reason)
SELECT DISTINCT o.customer_id, 'recompute'
FROM ordersync.order_refunds r
JOIN ordersync.orders o ON o.order_id = r.order_id
WHERE o.customer_id IS NOT NULL AND r.component = 'transaction' AND r.presentment_amount IS NULL
  AND r.currency <> o.currency AND r.currency = o.presentment_currency
  AND scale(o.total_price) < ordersync.currency_scale(o.currency);

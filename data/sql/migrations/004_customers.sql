-- What is computed of customers: match keys, spend, activities, scores and segments. The statements that fill them
-- are data/sql/queries/customers_*.sql; every value is recomputed from the customer's orders, never counted up.

-- ---- match keys, as the transform makes them (a test compares the two) ----

CREATE FUNCTION ordersync.match_email(address text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(address) <= 320 AND position('@' IN m.address) BETWEEN 2 AND length(m.address) - 1
                THEN m.address END
    FROM (SELECT translate(btrim(address, E' \t\n\x0b\f\r'), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
                           'abcdefghijklmnopqrstuvwxyz') AS address) m
$$;
COMMENT ON FUNCTION ordersync.match_email(text) IS 'The match key of an e-mail address: trimmed, ASCII lower case; NULL of what is no address';

CREATE FUNCTION ordersync.match_phone(phone text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN left(ltrim(phone, ' '), 1) = '+' AND m.digits ~ '^[0-9]{7,15}$' THEN '+' || m.digits END
    FROM (SELECT translate(substr(ltrim(phone, ' '), 2), ' -().', '') AS digits) m
$$;
COMMENT ON FUNCTION ordersync.match_phone(text) IS 'The match key of a phone number: + and digits; NULL without a leading +, no country is guessed';

-- A key belongs to one living customer. Whoever wants one that another holds keeps the claim, and gets the key when
-- it becomes free. Of several the lowest customer_id holds it, so that the order of events does not matter.
ALTER TABLE ordersync.customers
    ADD COLUMN email_claim text,
    ADD COLUMN shop_customer_claim bigint;
CREATE INDEX customers_email_claim ON ordersync.customers (email_claim) WHERE email_claim IS NOT NULL;
CREATE INDEX customers_shop_customer_claim ON ordersync.customers (shop_customer_claim)
    WHERE shop_customer_claim IS NOT NULL;
COMMENT ON COLUMN ordersync.customers.email_claim IS 'The match key of its e-mail while another living customer holds it; else NULL';
COMMENT ON COLUMN ordersync.customers.shop_customer_claim IS 'Its Shopify customer id while another living customer holds it; else NULL';

-- ---- money that went back ----

CREATE VIEW ordersync.refund_payments AS
SELECT r.order_id, r.refund_id, r.position, coalesce(r.processed_at, r.created_at) AS at,
       CASE WHEN c.is_presentment THEN o.currency ELSE coalesce(c.currency, o.currency) END AS currency,
       CASE WHEN c.is_presentment
            THEN round(r.amount * o.total_price / o.presentment_total_price, scale(o.total_price))
            ELSE r.amount END AS amount
FROM ordersync.order_refunds r
JOIN ordersync.orders o ON o.order_id = r.order_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.presentment_amount IS NULL THEN r.currency END AS currency,
           r.presentment_amount IS NULL AND r.currency <> o.currency AND r.currency = o.presentment_currency
               AND o.presentment_total_price > 0 AND o.total_price IS NOT NULL AS is_presentment) c
WHERE r.component = 'transaction' AND r.kind = 'refund' AND r.status = 'success' AND r.test IS NOT TRUE
  AND r.amount IS NOT NULL;
COMMENT ON VIEW ordersync.refund_payments IS 'Successful refund transactions, in the order''s shop currency; what was paid in the buyer''s is converted at the order''s own rate';
COMMENT ON COLUMN ordersync.refund_payments.currency IS 'The order''s shop currency, or the transaction''s own where that is neither the shop''s nor the buyer''s';

-- ---- scores and segments ----

CREATE TABLE ordersync.segment_cutoffs (
    as_of timestamptz NOT NULL DEFAULT now(),
    customers bigint NOT NULL,
    currency text,
    recency timestamptz[] NOT NULL,
    frequency numeric[] NOT NULL,
    monetary numeric[] NOT NULL,
    PRIMARY KEY (as_of)
);
COMMENT ON TABLE ordersync.segment_cutoffs IS 'What a customer is scored against: the newest row counts, older ones explain older segments';
COMMENT ON COLUMN ordersync.segment_cutoffs.as_of IS 'When they were taken from the customers of that moment';
COMMENT ON COLUMN ordersync.segment_cutoffs.customers IS 'Customers with orders at that moment';
COMMENT ON COLUMN ordersync.segment_cutoffs.currency IS 'Money is scored in this currency alone; NULL: no spend yet';
COMMENT ON COLUMN ordersync.segment_cutoffs.recency IS 'Lowest last_order_at of scores 2, 3, 4, 5 (percent rank 0.2, 0.4, 0.6, 0.8); infinity: nobody reaches it';
COMMENT ON COLUMN ordersync.segment_cutoffs.frequency IS 'Lowest orders_count of scores 2, 3, 4, 5';
COMMENT ON COLUMN ordersync.segment_cutoffs.monetary IS 'Lowest net spend of scores 2, 3, 4, 5';

CREATE TABLE ordersync.segment_groups (
    position smallint NOT NULL,
    segment text NOT NULL,
    recency_low smallint NOT NULL,
    recency_high smallint NOT NULL,
    value_low numeric NOT NULL,
    value_high numeric NOT NULL,
    meaning text NOT NULL,
    PRIMARY KEY (position)
);
COMMENT ON TABLE ordersync.segment_groups IS 'Which scores make which segment; the first row that fits counts. A shop may change it: then ordersync customers recompute --all';
COMMENT ON COLUMN ordersync.segment_groups.position IS 'Order in which rows are tried';
COMMENT ON COLUMN ordersync.segment_groups.segment IS 'Name, as Shopify names its groups';
COMMENT ON COLUMN ordersync.segment_groups.recency_low IS 'Lowest recency score';
COMMENT ON COLUMN ordersync.segment_groups.recency_high IS 'Highest recency score';
COMMENT ON COLUMN ordersync.segment_groups.value_low IS 'Lowest mean of the frequency and monetary scores; the frequency score alone where money has none';
COMMENT ON COLUMN ordersync.segment_groups.value_high IS 'Highest mean of the two';
COMMENT ON COLUMN ordersync.segment_groups.meaning IS 'In words';
INSERT INTO ordersync.segment_groups (position, segment, recency_low, recency_high, value_low, value_high, meaning) VALUES
    (1, 'CHAMPIONS', 5, 5, 4, 5, 'bought very recently, many orders, most spend'),
    (2, 'LOYAL', 3, 4, 4, 5, 'bought recently, many orders, most spend'),
    (3, 'NEW', 5, 5, 1, 1.5, 'bought very recently, few orders, low spend'),
    (4, 'PROMISING', 3, 4, 1, 1.5, 'bought recently, few orders, low spend'),
    (5, 'ACTIVE', 4, 5, 2, 3.5, 'bought recently, some orders, moderate spend'),
    (6, 'NEEDS_ATTENTION', 3, 3, 2, 3.5, 'bought a while ago, some orders, moderate spend'),
    (7, 'PREVIOUSLY_LOYAL', 1, 2, 4.5, 5, 'not recently, but a very strong history'),
    (8, 'AT_RISK', 1, 2, 3, 4, 'not recently, but a strong history'),
    (9, 'ALMOST_LOST', 2, 2, 1, 2.5, 'not recently, few orders, low spend'),
    (10, 'DORMANT', 1, 1, 1, 2.5, 'not for long, few orders, low spend');

-- ---- edits by plain SQL ----

-- Apply notes its own changes; it and nobody else sets ordersync.noting_customers.
CREATE FUNCTION ordersync.customers_note_updated() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ordersync.customer_dirty (customer_id, reason)
    SELECT DISTINCT r.customer_id, 'edited'
    FROM (SELECT customer_id FROM old_rows UNION ALL SELECT customer_id FROM new_rows) r
    WHERE r.customer_id IS NOT NULL;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ordersync.customers_note_updated() IS 'Notes the customers of orders that plain SQL changed';
CREATE FUNCTION ordersync.customers_note_deleted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ordersync.customer_dirty (customer_id, reason)
    SELECT DISTINCT r.customer_id, 'edited' FROM old_rows r WHERE r.customer_id IS NOT NULL;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ordersync.customers_note_deleted() IS 'Notes the customers of orders that plain SQL deleted';
CREATE TRIGGER note_customers_update AFTER UPDATE ON ordersync.orders
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    WHEN (current_setting('ordersync.noting_customers', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION ordersync.customers_note_updated();
CREATE TRIGGER note_customers_delete AFTER DELETE ON ordersync.orders
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    WHEN (current_setting('ordersync.noting_customers', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION ordersync.customers_note_deleted();

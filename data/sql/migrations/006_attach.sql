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

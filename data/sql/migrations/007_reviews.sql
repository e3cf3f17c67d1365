-- What a merge of two customers moved, so that it can be undone.
CREATE TABLE ordersync.customer_merges (
    review_id bigint NOT NULL REFERENCES ordersync.customer_reviews ON DELETE CASCADE,
    kept uuid NOT NULL REFERENCES ordersync.customers ON DELETE CASCADE,
    gone uuid NOT NULL REFERENCES ordersync.customers ON DELETE CASCADE,
    orders uuid[] NOT NULL,
    led uuid[] NOT NULL,
    reviews bigint[] NOT NULL,
    merged_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (review_id)
);
CREATE INDEX customer_merges_kept ON ordersync.customer_merges (kept);
CREATE INDEX customer_merges_gone ON ordersync.customer_merges (gone);
COMMENT ON TABLE ordersync.customer_merges IS 'Merges of customers that stand, and what each moved';
COMMENT ON COLUMN ordersync.customer_merges.review_id IS 'The review that was decided';
COMMENT ON COLUMN ordersync.customer_merges.kept IS 'The customer that has the orders now';
COMMENT ON COLUMN ordersync.customer_merges.gone IS 'The customer that was merged into it';
COMMENT ON COLUMN ordersync.customer_merges.orders IS 'Orders that were moved';
COMMENT ON COLUMN ordersync.customer_merges.led IS 'Customers merged into the one that is gone before: they lead on';
COMMENT ON COLUMN ordersync.customer_merges.reviews IS 'Other reviews of the same two, decided with it';
COMMENT ON COLUMN ordersync.customer_merges.merged_at IS 'When';

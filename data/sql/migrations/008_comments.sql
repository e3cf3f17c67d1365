COMMENT ON COLUMN ordersync.customer_dirty.reason IS 'Why: made, linked, unlinked, order changed, order deleted, edited (by plain SQL), merged, merge undone, recompute, cut-offs';

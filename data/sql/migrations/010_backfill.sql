-- What a backfill waited for and worked at in vain.

-- An order may be written before the customer that it makes, whose row others who make the same person have to wait for:
-- checked when the transaction ends, where apply asks for that.
ALTER TABLE ordersync.orders ALTER CONSTRAINT orders_customer_id_fkey DEFERRABLE INITIALLY IMMEDIATE;

-- Figures and scores are written after the row, again and again, into the room that its page keeps: no index need change
-- then. The index on last_active_at was in the way, and the screen's order (newest first, none last) never used it.
DROP INDEX ordersync.customers_last_active_at;
ALTER TABLE ordersync.customers SET (fillfactor = 50);

-- As before, but one expression each and not STRICT: so the planner puts it into the query in place of a call, which took
-- thirty times as long.
CREATE OR REPLACE FUNCTION ordersync.match_email(address text) RETURNS text
LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(address) <= 320
                 AND position('@' IN btrim(address, E' \t\n\x0b\f\r'))
                     BETWEEN 2 AND length(btrim(address, E' \t\n\x0b\f\r')) - 1
                THEN translate(btrim(address, E' \t\n\x0b\f\r'), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
                               'abcdefghijklmnopqrstuvwxyz') END
$$;

CREATE OR REPLACE FUNCTION ordersync.match_phone(phone text) RETURNS text
LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE AS $$
    SELECT CASE WHEN left(ltrim(phone, ' '), 1) = '+'
                 AND translate(substr(ltrim(phone, ' '), 2), ' -().', '') ~ '^[0-9]{7,15}$'
                THEN '+' || translate(substr(ltrim(phone, ' '), 2), ' -().', '') END
$$;

COMMENT ON COLUMN ordersync.customer_dirty.reason IS 'Why: made, linked, unlinked, order changed, order deleted, edited (by plain SQL), merged, merge undone, recompute, cut-offs, first cut-offs';

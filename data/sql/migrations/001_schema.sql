-- The target schema (ordersync-schema(7)). `ordersync migrate` has made the schema `ordersync` and
-- `schema_migrations` before this runs, and applies it in one transaction.
--
-- Column names, order and types of the nine order tables agree with src/model/table.c (a test compares the
-- two). Their comments come from there too: migrate fills mapping_columns and calls
-- mapping_comment_columns(). orders.version, applied_at, customer_id and link_origin are not in table.c:
-- apply or PostgreSQL writes them, the transform never.

-- What the transform writes, as data: filled by `ordersync migrate` from the program's own table. The audit
-- triggers read `personal` here.
CREATE TABLE ordersync.mapping_columns (
    table_name text NOT NULL,
    column_name text NOT NULL,
    column_type text NOT NULL,
    owners text[] NOT NULL,
    personal boolean NOT NULL,
    comment text NOT NULL,
    PRIMARY KEY (table_name, column_name)
);
COMMENT ON TABLE ordersync.mapping_columns IS 'Columns of the order tables as the program knows them; filled by ordersync migrate';
COMMENT ON COLUMN ordersync.mapping_columns.table_name IS 'Table in schema ordersync';
COMMENT ON COLUMN ordersync.mapping_columns.column_name IS 'Column';
COMMENT ON COLUMN ordersync.mapping_columns.column_type IS 'Its type as the program writes it';
COMMENT ON COLUMN ordersync.mapping_columns.owners IS 'Who may write it: shopify, stripe, printful, derived, local';
COMMENT ON COLUMN ordersync.mapping_columns.personal IS 'Personal data: masked on screens, apart in the audit, erased on request';
COMMENT ON COLUMN ordersync.mapping_columns.comment IS 'What it holds; also the comment of the column itself';

CREATE FUNCTION ordersync.mapping_comment_columns() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT table_name, column_name, comment FROM ordersync.mapping_columns LOOP
        EXECUTE format('COMMENT ON COLUMN ordersync.%I.%I IS %L', c.table_name, c.column_name, c.comment);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ordersync.mapping_comment_columns() IS 'Writes mapping_columns.comment onto the columns themselves';

-- One row per document of a source: the guard against old versions, and the tombstone of a deleted one.
-- No foreign key to orders: a tombstone keeps its order_id while the order is gone, so that a document that
-- comes back continues the same order at order_version + 1.
CREATE TABLE ordersync.source_documents (
    source text NOT NULL,
    source_id text NOT NULL,
    order_id uuid,
    version bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    create_time timestamptz,
    update_time timestamptz,
    digest bytea,
    mapping_version integer NOT NULL,
    api_shape text,
    deleted_at timestamptz,
    order_version bigint,
    run_id text,
    plan_id text,
    command_id text,
    applied_at timestamptz NOT NULL DEFAULT now(),
    loss jsonb,
    document jsonb,
    PRIMARY KEY (source, source_id),
    CONSTRAINT source_documents_tombstone CHECK ((deleted_at IS NULL) = (document IS NOT NULL))
);
CREATE INDEX source_documents_order_id ON ordersync.source_documents (order_id);
COMMENT ON TABLE ordersync.source_documents IS 'The newest known version of every document of every source, with its content or its tombstone';
COMMENT ON COLUMN ordersync.source_documents.source IS 'firestore, stripe or printful';
COMMENT ON COLUMN ordersync.source_documents.source_id IS 'Id of the document in its source';
COMMENT ON COLUMN ordersync.source_documents.order_id IS 'The order it makes or is attached to; NULL until attached';
COMMENT ON COLUMN ordersync.source_documents.version IS 'Must grow; Firestore: update_time in nanoseconds, of a tombstone the read_time it was seen gone at';
COMMENT ON COLUMN ordersync.source_documents.observed_at IS 'When it was read, by the source''s clock';
COMMENT ON COLUMN ordersync.source_documents.create_time IS 'When the source created it';
COMMENT ON COLUMN ordersync.source_documents.update_time IS 'When the source last changed it; version has the nanoseconds';
COMMENT ON COLUMN ordersync.source_documents.digest IS 'SHA-256 of the canonical typed form of the content';
COMMENT ON COLUMN ordersync.source_documents.mapping_version IS 'Mapping that made the rows; ordersync reproject raises it';
COMMENT ON COLUMN ordersync.source_documents.api_shape IS 'Generation of the order shape that its keys show';
COMMENT ON COLUMN ordersync.source_documents.deleted_at IS 'Tombstone: when it was seen gone';
COMMENT ON COLUMN ordersync.source_documents.order_version IS 'Of a tombstone: last version of the order, its deletion counted; a re-created order begins one above';
COMMENT ON COLUMN ordersync.source_documents.run_id IS 'Run that last wrote it';
COMMENT ON COLUMN ordersync.source_documents.plan_id IS 'Plan that last wrote it';
COMMENT ON COLUMN ordersync.source_documents.command_id IS 'Command that last wrote it: after a crash own work counts as done';
COMMENT ON COLUMN ordersync.source_documents.applied_at IS 'When it was last written';
COMMENT ON COLUMN ordersync.source_documents.loss IS 'What jsonb cannot hold; document and loss together reproduce the content exactly';
COMMENT ON COLUMN ordersync.source_documents.document IS 'The content';

-- lz4 compresses documents several times faster than pglz, but a server may be built without it.
DO $$
BEGIN
    ALTER TABLE ordersync.source_documents ALTER COLUMN document SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
    NULL;
END
$$;

CREATE TABLE ordersync.customers (
    customer_id uuid NOT NULL,
    shop_customer_id bigint,
    email text,
    email_match text,
    phone text,
    phone_match text,
    first_name text,
    last_name text,
    state text,
    verified_email boolean,
    tax_exempt boolean,
    tags text[],
    note text,
    currency text,
    email_consent jsonb,
    sms_consent jsonb,
    default_address jsonb,
    shop_created_at timestamptz,
    shop_updated_at timestamptz,
    orders_count bigint NOT NULL DEFAULT 0,
    average_order_value numeric,
    average_currency text,
    first_order_at timestamptz,
    last_order_at timestamptz,
    order_frequency_days numeric,
    recency_score smallint,
    frequency_score smallint,
    monetary_score smallint,
    segment text,
    last_active_at timestamptz,
    merged_into uuid REFERENCES ordersync.customers,
    erased_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id),
    CONSTRAINT customers_match CHECK (email_match <> '' AND phone_match <> '')
);
-- A merged customer keeps its keys for the record; only living ones are matched.
CREATE UNIQUE INDEX customers_email_match ON ordersync.customers (email_match)
    WHERE email_match IS NOT NULL AND merged_into IS NULL;
CREATE UNIQUE INDEX customers_shop_customer_id ON ordersync.customers (shop_customer_id)
    WHERE shop_customer_id IS NOT NULL AND merged_into IS NULL;
CREATE INDEX customers_phone_match ON ordersync.customers (phone_match) WHERE phone_match IS NOT NULL;
CREATE INDEX customers_last_active_at ON ordersync.customers (last_active_at);
COMMENT ON TABLE ordersync.customers IS 'People who order, matched by e-mail, then Shopify customer id, then phone';
COMMENT ON COLUMN ordersync.customers.customer_id IS 'Our own id';
COMMENT ON COLUMN ordersync.customers.shop_customer_id IS 'Shopify customer id';
COMMENT ON COLUMN ordersync.customers.email IS 'E-mail as given';
COMMENT ON COLUMN ordersync.customers.email_match IS 'E-mail trimmed and in ASCII lower case; NULL, never empty';
COMMENT ON COLUMN ordersync.customers.phone IS 'Phone as given';
COMMENT ON COLUMN ordersync.customers.phone_match IS 'Digits with a leading +; NULL, never empty';
COMMENT ON COLUMN ordersync.customers.first_name IS 'First name';
COMMENT ON COLUMN ordersync.customers.last_name IS 'Last name';
COMMENT ON COLUMN ordersync.customers.state IS 'disabled (guest), invited, enabled, declined';
COMMENT ON COLUMN ordersync.customers.verified_email IS 'The e-mail is verified';
COMMENT ON COLUMN ordersync.customers.tax_exempt IS 'Exempt from taxes';
COMMENT ON COLUMN ordersync.customers.tags IS 'Tags';
COMMENT ON COLUMN ordersync.customers.note IS 'Note of the merchant';
COMMENT ON COLUMN ordersync.customers.currency IS 'Currency of the customer in the shop';
COMMENT ON COLUMN ordersync.customers.email_consent IS 'state, opt_in_level, consent_updated_at';
COMMENT ON COLUMN ordersync.customers.sms_consent IS 'state, opt_in_level, consent_updated_at, consent_collected_from';
COMMENT ON COLUMN ordersync.customers.default_address IS 'Default address as the newest document has it';
COMMENT ON COLUMN ordersync.customers.shop_created_at IS 'When Shopify created the customer';
COMMENT ON COLUMN ordersync.customers.shop_updated_at IS 'When Shopify last changed the customer';
COMMENT ON COLUMN ordersync.customers.orders_count IS 'Computed: orders without test and cancelled ones';
COMMENT ON COLUMN ordersync.customers.average_order_value IS 'Computed: average in average_currency, net of refunds';
COMMENT ON COLUMN ordersync.customers.average_currency IS 'The reporting currency at the time';
COMMENT ON COLUMN ordersync.customers.first_order_at IS 'Computed: first processed_at';
COMMENT ON COLUMN ordersync.customers.last_order_at IS 'Computed: last processed_at';
COMMENT ON COLUMN ordersync.customers.order_frequency_days IS 'Computed: mean days between orders';
COMMENT ON COLUMN ordersync.customers.recency_score IS 'RFM score 1..5, 5 best';
COMMENT ON COLUMN ordersync.customers.frequency_score IS 'RFM score 1..5, 5 best';
COMMENT ON COLUMN ordersync.customers.monetary_score IS 'RFM score 1..5, 5 best';
COMMENT ON COLUMN ordersync.customers.segment IS 'Segment by the scores, e.g. CHAMPIONS';
COMMENT ON COLUMN ordersync.customers.last_active_at IS 'Computed: newest activity';
COMMENT ON COLUMN ordersync.customers.merged_into IS 'The customer that took this one over';
COMMENT ON COLUMN ordersync.customers.erased_at IS 'Personal data erased: no document brings it back';
COMMENT ON COLUMN ordersync.customers.created_at IS 'When the row was made';
COMMENT ON COLUMN ordersync.customers.updated_at IS 'When the row last changed';

CREATE TABLE ordersync.orders (
    order_id uuid NOT NULL,
    origin text NOT NULL,
    origin_id text NOT NULL,
    digest bytea NOT NULL,
    status text NOT NULL,
    shop_order_id bigint,
    shop_gid text,
    name text,
    order_number bigint,
    number bigint,
    confirmation_number text,
    po_number text,
    token text,
    cart_token text,
    checkout_token text,
    checkout_id bigint,
    payment_intent_id text,
    client_reference_id text,
    reference text,
    source_identifier text,
    source_name text,
    source text,
    source_url text,
    app_id bigint,
    merchant_of_record_app_id bigint,
    merchant_business_entity_id text,
    location_id bigint,
    user_id bigint,
    device_id bigint,
    created_at timestamptz,
    updated_at timestamptz,
    processed_at timestamptz,
    closed_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason text,
    financial_status text,
    fulfillment_status text,
    confirmed boolean,
    test boolean,
    taxes_included boolean,
    tax_exempt boolean,
    estimated_taxes boolean,
    duties_included boolean,
    buyer_accepts_marketing boolean,
    currency text,
    presentment_currency text,
    subtotal_price numeric,
    presentment_subtotal_price numeric,
    total_price numeric,
    presentment_total_price numeric,
    total_tax numeric,
    presentment_total_tax numeric,
    total_discounts numeric,
    presentment_total_discounts numeric,
    total_line_items_price numeric,
    presentment_total_line_items_price numeric,
    total_shipping_price numeric,
    presentment_total_shipping_price numeric,
    original_total_duties numeric,
    presentment_original_total_duties numeric,
    original_total_additional_fees numeric,
    presentment_original_total_additional_fees numeric,
    current_subtotal_price numeric,
    presentment_current_subtotal_price numeric,
    current_total_price numeric,
    presentment_current_total_price numeric,
    current_total_tax numeric,
    presentment_current_total_tax numeric,
    current_total_discounts numeric,
    presentment_current_total_discounts numeric,
    current_total_duties numeric,
    presentment_current_total_duties numeric,
    current_total_additional_fees numeric,
    presentment_current_total_additional_fees numeric,
    current_shipping_price numeric,
    presentment_current_shipping_price numeric,
    cash_rounding_payment_adjustment numeric,
    presentment_cash_rounding_payment_adjustment numeric,
    cash_rounding_refund_adjustment numeric,
    presentment_cash_rounding_refund_adjustment numeric,
    total_tip_received numeric,
    total_outstanding numeric,
    total_price_usd numeric,
    total_weight bigint,
    shop_customer_id bigint,
    customer_gid text,
    email text,
    contact_email text,
    phone text,
    customer_email text,
    customer_phone text,
    customer_first_name text,
    customer_last_name text,
    customer_state text,
    customer_note text,
    customer_tags text[],
    customer_currency text,
    customer_verified_email boolean,
    customer_tax_exempt boolean,
    customer_tax_exemptions jsonb,
    customer_accepts_marketing boolean,
    customer_accepts_marketing_updated_at timestamptz,
    customer_marketing_opt_in_level text,
    customer_email_consent jsonb,
    customer_sms_consent jsonb,
    customer_orders_count bigint,
    customer_total_spent numeric,
    customer_last_order_id bigint,
    customer_last_order_name text,
    customer_multipass_identifier text,
    customer_addresses jsonb,
    customer_created_at timestamptz,
    customer_updated_at timestamptz,
    customer_locale text,
    browser_ip text,
    client_details jsonb,
    landing_site text,
    landing_site_ref text,
    referring_site text,
    order_status_url text,
    gateway text,
    processing_method text,
    payment_gateway_names text[],
    payment_terms jsonb,
    payment_details jsonb,
    company jsonb,
    tags text[],
    note text,
    note_attributes jsonb,
    discount_codes jsonb,
    transactions jsonb,
    fulfillment_orders jsonb,
    line_item_groups jsonb,
    metadata jsonb,
    local_note text,
    local_tags text[],
    extra jsonb,
    -- Not the transform's: written by apply and by PostgreSQL.
    customer_id uuid REFERENCES ordersync.customers,
    link_origin text,
    version bigint NOT NULL DEFAULT 1,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_status CHECK (status IN ('processing', 'shipped', 'delivered', 'failed', 'cancelled')),
    CONSTRAINT orders_link_origin CHECK (link_origin IN ('auto', 'manual')),
    PRIMARY KEY (order_id),
    CONSTRAINT orders_finite CHECK (
        abs(subtotal_price) < 'Infinity'
        AND abs(presentment_subtotal_price) < 'Infinity'
        AND abs(total_price) < 'Infinity'
        AND abs(presentment_total_price) < 'Infinity'
        AND abs(total_tax) < 'Infinity'
        AND abs(presentment_total_tax) < 'Infinity'
        AND abs(total_discounts) < 'Infinity'
        AND abs(presentment_total_discounts) < 'Infinity'
        AND abs(total_line_items_price) < 'Infinity'
        AND abs(presentment_total_line_items_price) < 'Infinity'
        AND abs(total_shipping_price) < 'Infinity'
        AND abs(presentment_total_shipping_price) < 'Infinity'
        AND abs(original_total_duties) < 'Infinity'
        AND abs(presentment_original_total_duties) < 'Infinity'
        AND abs(original_total_additional_fees) < 'Infinity'
        AND abs(presentment_original_total_additional_fees) < 'Infinity'
        AND abs(current_subtotal_price) < 'Infinity'
        AND abs(presentment_current_subtotal_price) < 'Infinity'
        AND abs(current_total_price) < 'Infinity'
        AND abs(presentment_current_total_price) < 'Infinity'
        AND abs(current_total_tax) < 'Infinity'
        AND abs(presentment_current_total_tax) < 'Infinity'
        AND abs(current_total_discounts) < 'Infinity'
        AND abs(presentment_current_total_discounts) < 'Infinity'
        AND abs(current_total_duties) < 'Infinity'
        AND abs(presentment_current_total_duties) < 'Infinity'
        AND abs(current_total_additional_fees) < 'Infinity'
        AND abs(presentment_current_total_additional_fees) < 'Infinity'
        AND abs(current_shipping_price) < 'Infinity'
        AND abs(presentment_current_shipping_price) < 'Infinity'
        AND abs(cash_rounding_payment_adjustment) < 'Infinity'
        AND abs(presentment_cash_rounding_payment_adjustment) < 'Infinity'
        AND abs(cash_rounding_refund_adjustment) < 'Infinity'
        AND abs(presentment_cash_rounding_refund_adjustment) < 'Infinity'
        AND abs(total_tip_received) < 'Infinity'
        AND abs(total_outstanding) < 'Infinity'
        AND abs(total_price_usd) < 'Infinity'
        AND abs(customer_total_spent) < 'Infinity')
);
COMMENT ON TABLE ordersync.orders IS 'One row per sale; a pure function of its newest document and the mapping version';

CREATE TABLE ordersync.order_line_items (
    order_id uuid NOT NULL,
    line_item_key bigint NOT NULL,
    position integer NOT NULL,
    shop_line_item_id bigint,
    source_line_id text,
    shop_gid text,
    product_id bigint,
    variant_id bigint,
    source_product_id text,
    source_price_id text,
    sku text,
    vendor text,
    title text,
    variant_title text,
    name text,
    quantity bigint,
    current_quantity bigint,
    fulfillable_quantity bigint,
    fulfillment_status text,
    fulfillment_service text,
    grams bigint,
    price numeric,
    presentment_price numeric,
    total_discount numeric,
    presentment_total_discount numeric,
    pre_tax_price numeric,
    presentment_pre_tax_price numeric,
    taxable boolean,
    gift_card boolean,
    requires_shipping boolean,
    product_exists boolean,
    variant_inventory_management text,
    sales_line_item_group_id bigint,
    tip jsonb,
    tip_payment_gateway text,
    tip_payment_method text,
    properties jsonb,
    discount_allocations jsonb,
    tax_lines jsonb,
    duties jsonb,
    attributed_staffs jsonb,
    origin_location jsonb,
    destination_location jsonb,
    supplier text,
    supplier_sku text,
    supply_price numeric,
    supply_currency text,
    handling_cost numeric,
    extra jsonb,
    PRIMARY KEY (order_id, line_item_key),
    CONSTRAINT order_line_items_finite CHECK (
        abs(price) < 'Infinity'
        AND abs(presentment_price) < 'Infinity'
        AND abs(total_discount) < 'Infinity'
        AND abs(presentment_total_discount) < 'Infinity'
        AND abs(pre_tax_price) < 'Infinity'
        AND abs(presentment_pre_tax_price) < 'Infinity'
        AND abs(supply_price) < 'Infinity'
        AND abs(handling_cost) < 'Infinity'),
    FOREIGN KEY (order_id) REFERENCES ordersync.orders ON DELETE CASCADE
);
COMMENT ON TABLE ordersync.order_line_items IS 'An order''s lines';

CREATE TABLE ordersync.order_addresses (
    order_id uuid NOT NULL,
    kind text NOT NULL,
    first_name text,
    last_name text,
    name text,
    company text,
    address1 text,
    address2 text,
    city text,
    province text,
    province_code text,
    country text,
    country_code text,
    zip text,
    phone text,
    latitude numeric,
    longitude numeric,
    shop_address_id bigint,
    shop_customer_id bigint,
    is_default boolean,
    extra jsonb,
    PRIMARY KEY (order_id, kind),
    CONSTRAINT order_addresses_finite CHECK (
        abs(latitude) < 'Infinity'
        AND abs(longitude) < 'Infinity'),
    FOREIGN KEY (order_id) REFERENCES ordersync.orders ON DELETE CASCADE
);
COMMENT ON TABLE ordersync.order_addresses IS 'An order''s billing, shipping and customer default address';

CREATE TABLE ordersync.order_shipping_lines (
    order_id uuid NOT NULL,
    position integer NOT NULL,
    shop_shipping_line_id bigint,
    title text,
    code text,
    source text,
    carrier_identifier text,
    requested_fulfillment_service_id text,
    delivery_category text,
    phone text,
    price numeric,
    presentment_price numeric,
    discounted_price numeric,
    presentment_discounted_price numeric,
    current_discounted_price numeric,
    presentment_current_discounted_price numeric,
    is_removed boolean,
    tax_lines jsonb,
    discount_allocations jsonb,
    extra jsonb,
    PRIMARY KEY (order_id, position),
    CONSTRAINT order_shipping_lines_finite CHECK (
        abs(price) < 'Infinity'
        AND abs(presentment_price) < 'Infinity'
        AND abs(discounted_price) < 'Infinity'
        AND abs(presentment_discounted_price) < 'Infinity'
        AND abs(current_discounted_price) < 'Infinity'
        AND abs(presentment_current_discounted_price) < 'Infinity'),
    FOREIGN KEY (order_id) REFERENCES ordersync.orders ON DELETE CASCADE
);
COMMENT ON TABLE ordersync.order_shipping_lines IS 'How an order ships, as charged';

CREATE TABLE ordersync.order_refunds (
    order_id uuid NOT NULL,
    refund_id bigint NOT NULL,
    component text NOT NULL,
    position integer NOT NULL,
    shop_component_id bigint,
    shop_gid text,
    created_at timestamptz,
    processed_at timestamptz,
    user_id bigint,
    note text,
    restock boolean,
    line_item_id bigint,
    line_item_key bigint,
    quantity bigint,
    restock_type text,
    full_refund boolean,
    location_id bigint,
    subtotal numeric,
    presentment_subtotal numeric,
    total_tax numeric,
    presentment_total_tax numeric,
    kind text,
    reason text,
    amount numeric,
    presentment_amount numeric,
    currency text,
    presentment_currency text,
    total_duties numeric,
    presentment_total_duties numeric,
    total_additional_fees numeric,
    presentment_total_additional_fees numeric,
    status text,
    gateway text,
    transaction_parent_id bigint,
    payment_id text,
    authorization_code text,
    message text,
    error_code text,
    source_name text,
    device_id bigint,
    test boolean,
    receipt jsonb,
    currency_exchange_adjustment jsonb,
    additional_fees jsonb,
    extra jsonb,
    PRIMARY KEY (order_id, refund_id, component, position),
    CONSTRAINT order_refunds_finite CHECK (
        abs(subtotal) < 'Infinity'
        AND abs(presentment_subtotal) < 'Infinity'
        AND abs(total_tax) < 'Infinity'
        AND abs(presentment_total_tax) < 'Infinity'
        AND abs(amount) < 'Infinity'
        AND abs(presentment_amount) < 'Infinity'
        AND abs(total_duties) < 'Infinity'
        AND abs(presentment_total_duties) < 'Infinity'
        AND abs(total_additional_fees) < 'Infinity'
        AND abs(presentment_total_additional_fees) < 'Infinity'),
    FOREIGN KEY (order_id) REFERENCES ordersync.orders ON DELETE CASCADE
);
COMMENT ON TABLE ordersync.order_refunds IS 'Refunds and their parts';

CREATE TABLE ordersync.order_returns (
    order_id uuid NOT NULL,
    return_id bigint NOT NULL,
    position integer NOT NULL,
    component text NOT NULL,
    shop_component_id bigint,
    shop_gid text,
    name text,
    status text,
    created_at timestamptz,
    closed_at timestamptz,
    line_item_id bigint,
    fulfillment_line_item_id bigint,
    quantity bigint,
    reason text,
    note text,
    fee_type text,
    amount numeric,
    presentment_amount numeric,
    extra jsonb,
    PRIMARY KEY (order_id, return_id, position),
    CONSTRAINT order_returns_finite CHECK (
        abs(amount) < 'Infinity'
        AND abs(presentment_amount) < 'Infinity'),
    FOREIGN KEY (order_id) REFERENCES ordersync.orders ON DELETE CASCADE
);
COMMENT ON TABLE ordersync.order_returns IS 'Returns: a header at position 0, then its lines and fees';

CREATE TABLE ordersync.order_discount_applications (
    order_id uuid NOT NULL,
    position integer NOT NULL,
    type text,
    code text,
    title text,
    description text,
    value numeric,
    value_type text,
    allocation_method text,
    target_selection text,
    target_type text,
    extra jsonb,
    PRIMARY KEY (order_id, position),
    CONSTRAINT order_discount_applications_finite CHECK (
        abs(value) < 'Infinity'),
    FOREIGN KEY (order_id) REFERENCES ordersync.orders ON DELETE CASCADE
);
COMMENT ON TABLE ordersync.order_discount_applications IS 'Discounts as they were applied; allocations refer to them by position';

CREATE TABLE ordersync.order_tax_lines (
    order_id uuid NOT NULL,
    scope text NOT NULL,
    parent_key text NOT NULL,
    position integer NOT NULL,
    title text,
    rate numeric,
    price numeric,
    presentment_price numeric,
    channel_liable boolean,
    source text,
    extra jsonb,
    PRIMARY KEY (order_id, scope, parent_key, position),
    CONSTRAINT order_tax_lines_finite CHECK (
        abs(rate) < 'Infinity'
        AND abs(price) < 'Infinity'
        AND abs(presentment_price) < 'Infinity'),
    FOREIGN KEY (order_id) REFERENCES ordersync.orders ON DELETE CASCADE
);
COMMENT ON TABLE ordersync.order_tax_lines IS 'Taxes of an order, its lines, shipping lines and duties';

CREATE TABLE ordersync.order_fulfillments (
    order_id uuid NOT NULL,
    source text NOT NULL,
    fulfillment_id text NOT NULL,
    position integer,
    shop_gid text,
    name text,
    status text,
    shipment_status text,
    created_at timestamptz,
    updated_at timestamptz,
    shipped_at timestamptz,
    service text,
    location_id bigint,
    tracking_company text,
    tracking_number text,
    tracking_numbers text[],
    tracking_url text,
    tracking_urls text[],
    reshipment boolean,
    origin_address jsonb,
    receipt jsonb,
    line_items jsonb,
    cost_currency text,
    cost_subtotal numeric,
    cost_discount numeric,
    cost_shipping numeric,
    cost_digitization numeric,
    cost_additional_fee numeric,
    cost_fulfillment_fee numeric,
    cost_retail_delivery_fee numeric,
    cost_tax numeric,
    cost_vat numeric,
    cost_total numeric,
    extra jsonb,
    PRIMARY KEY (order_id, source, fulfillment_id),
    CONSTRAINT order_fulfillments_finite CHECK (
        abs(cost_subtotal) < 'Infinity'
        AND abs(cost_discount) < 'Infinity'
        AND abs(cost_shipping) < 'Infinity'
        AND abs(cost_digitization) < 'Infinity'
        AND abs(cost_additional_fee) < 'Infinity'
        AND abs(cost_fulfillment_fee) < 'Infinity'
        AND abs(cost_retail_delivery_fee) < 'Infinity'
        AND abs(cost_tax) < 'Infinity'
        AND abs(cost_vat) < 'Infinity'
        AND abs(cost_total) < 'Infinity'),
    FOREIGN KEY (order_id) REFERENCES ordersync.orders ON DELETE CASCADE
);
COMMENT ON TABLE ordersync.order_fulfillments IS 'Shipments of an order, from Shopify and from Printful';

-- Two documents that claim one Shopify order are a conflict, never two orders.
CREATE UNIQUE INDEX orders_shop_order_id ON ordersync.orders (shop_order_id) WHERE shop_order_id IS NOT NULL;
CREATE INDEX orders_customer_email ON ordersync.orders (customer_email) WHERE customer_email IS NOT NULL;
CREATE INDEX orders_customer_id ON ordersync.orders (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX orders_order_number ON ordersync.orders (order_number);
CREATE INDEX orders_created_at ON ordersync.orders (created_at);
CREATE INDEX orders_financial_status ON ordersync.orders (financial_status);
CREATE INDEX orders_fulfillment_status ON ordersync.orders (fulfillment_status) WHERE fulfillment_status IS NOT NULL;
COMMENT ON COLUMN ordersync.orders.customer_id IS 'The customer it is linked to';
COMMENT ON COLUMN ordersync.orders.link_origin IS 'auto or manual; a later document never undoes a manual link';
COMMENT ON COLUMN ordersync.orders.version IS 'Counts 1..n, raised by a trigger with every change of the order or its children';
COMMENT ON COLUMN ordersync.orders.applied_at IS 'When apply last changed the order or its children';

-- Only a newer version may raise it; a new order is 1, a re-created one continues its tombstone's count.
CREATE FUNCTION ordersync.orders_raise_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ordersync.orders_raise_version() IS 'Raises orders.version by one, whatever the client wrote';
CREATE TRIGGER raise_version BEFORE UPDATE ON ordersync.orders
    FOR EACH ROW EXECUTE FUNCTION ordersync.orders_raise_version();

-- A deletion counts as a version of its own. The document remembers it before the order and its children go,
-- so that their audit can name it and a re-created order begins one above. Apply need not set order_version.
CREATE FUNCTION ordersync.orders_keep_version() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ordersync.source_documents SET order_version = OLD.version + 1 WHERE order_id = OLD.order_id;
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION ordersync.orders_keep_version() IS 'Keeps the last version of a deleted order in source_documents.order_version';
CREATE TRIGGER keep_version BEFORE DELETE ON ordersync.orders
    FOR EACH ROW EXECUTE FUNCTION ordersync.orders_keep_version();

CREATE TABLE ordersync.customer_spend (
    customer_id uuid NOT NULL REFERENCES ordersync.customers ON DELETE CASCADE,
    currency text NOT NULL,
    orders_count bigint NOT NULL,
    gross numeric NOT NULL,
    refunded numeric NOT NULL,
    net numeric NOT NULL,
    first_order_at timestamptz,
    last_order_at timestamptz,
    PRIMARY KEY (customer_id, currency)
);
COMMENT ON TABLE ordersync.customer_spend IS 'Spend of a customer by currency, without test and cancelled orders';
COMMENT ON COLUMN ordersync.customer_spend.customer_id IS 'The customer';
COMMENT ON COLUMN ordersync.customer_spend.currency IS 'Shop currency of the orders';
COMMENT ON COLUMN ordersync.customer_spend.orders_count IS 'Orders counted';
COMMENT ON COLUMN ordersync.customer_spend.gross IS 'Sum of total_price';
COMMENT ON COLUMN ordersync.customer_spend.refunded IS 'Sum of successful refund transactions';
COMMENT ON COLUMN ordersync.customer_spend.net IS 'gross less refunded';
COMMENT ON COLUMN ordersync.customer_spend.first_order_at IS 'First processed_at';
COMMENT ON COLUMN ordersync.customer_spend.last_order_at IS 'Last processed_at';

CREATE TABLE ordersync.customer_activities (
    customer_id uuid NOT NULL REFERENCES ordersync.customers ON DELETE CASCADE,
    activity text NOT NULL,
    order_id uuid NOT NULL,
    position integer NOT NULL DEFAULT 0,
    at timestamptz NOT NULL,
    amount numeric,
    currency text,
    PRIMARY KEY (customer_id, activity, order_id, position)
);
CREATE INDEX customer_activities_at ON ordersync.customer_activities (customer_id, at);
COMMENT ON TABLE ordersync.customer_activities IS 'What a customer did; the key makes replays idempotent';
COMMENT ON COLUMN ordersync.customer_activities.customer_id IS 'The customer';
COMMENT ON COLUMN ordersync.customer_activities.activity IS 'placed, paid, fulfilled, delivered, cancelled, refunded, returned';
COMMENT ON COLUMN ordersync.customer_activities.order_id IS 'The order';
COMMENT ON COLUMN ordersync.customer_activities.position IS 'Which refund, shipment or return of it, from 0';
COMMENT ON COLUMN ordersync.customer_activities.at IS 'When';
COMMENT ON COLUMN ordersync.customer_activities.amount IS 'Money moved, where there was any';
COMMENT ON COLUMN ordersync.customer_activities.currency IS 'Currency of amount';

-- Append-only with a key of its own: noting a customer as dirty never waits for another transaction.
CREATE TABLE ordersync.customer_dirty (
    dirty_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id uuid NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ordersync.customer_dirty IS 'Customers to recompute; a worker takes and deletes the rows';
COMMENT ON COLUMN ordersync.customer_dirty.dirty_id IS 'Counts up';
COMMENT ON COLUMN ordersync.customer_dirty.customer_id IS 'The customer';
COMMENT ON COLUMN ordersync.customer_dirty.reason IS 'Why: linked, unlinked, order changed, order deleted';
COMMENT ON COLUMN ordersync.customer_dirty.at IS 'When it was noted';

CREATE TABLE ordersync.customer_reviews (
    review_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid,
    customer_id uuid NOT NULL REFERENCES ordersync.customers ON DELETE CASCADE,
    other_customer_id uuid NOT NULL REFERENCES ordersync.customers ON DELETE CASCADE,
    reason text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    opened_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    decided_by text,
    note text,
    CONSTRAINT customer_reviews_state CHECK (state IN ('open', 'merged', 'kept_apart'))
);
CREATE UNIQUE INDEX customer_reviews_open ON ordersync.customer_reviews (customer_id, other_customer_id)
    WHERE state = 'open';
CREATE INDEX customer_reviews_other ON ordersync.customer_reviews (other_customer_id);
COMMENT ON TABLE ordersync.customer_reviews IS 'Two strategies named two customers: a person decides';
COMMENT ON COLUMN ordersync.customer_reviews.review_id IS 'Counts up';
COMMENT ON COLUMN ordersync.customer_reviews.order_id IS 'The order that raised the question';
COMMENT ON COLUMN ordersync.customer_reviews.customer_id IS 'Customer by the stronger match (e-mail); the order is linked to this one';
COMMENT ON COLUMN ordersync.customer_reviews.other_customer_id IS 'Customer by the weaker match';
COMMENT ON COLUMN ordersync.customer_reviews.reason IS 'Which strategies disagree';
COMMENT ON COLUMN ordersync.customer_reviews.state IS 'open, merged or kept_apart';
COMMENT ON COLUMN ordersync.customer_reviews.opened_at IS 'When it was opened';
COMMENT ON COLUMN ordersync.customer_reviews.decided_at IS 'When it was decided';
COMMENT ON COLUMN ordersync.customer_reviews.decided_by IS 'Operator who decided';
COMMENT ON COLUMN ordersync.customer_reviews.note IS 'Why';

CREATE TABLE ordersync.sync_origin (
    source text PRIMARY KEY,
    identity text NOT NULL,
    bound_at timestamptz NOT NULL DEFAULT now(),
    bound_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE ordersync.sync_origin IS 'What feeds this target; another origin is refused';
COMMENT ON COLUMN ordersync.sync_origin.source IS 'firestore, stripe or printful';
COMMENT ON COLUMN ordersync.sync_origin.identity IS 'project/database/collection, account and mode, or store';
COMMENT ON COLUMN ordersync.sync_origin.bound_at IS 'When it was bound';
COMMENT ON COLUMN ordersync.sync_origin.bound_by IS 'Database user who bound it';

CREATE TABLE ordersync.sync_fence (
    journal_id uuid NOT NULL,
    writer integer NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (journal_id, writer)
) WITH (fillfactor = 50);
COMMENT ON TABLE ordersync.sync_fence IS 'Raised by each batch: behind the journal means the target was restored or failed over';
COMMENT ON COLUMN ordersync.sync_fence.journal_id IS 'The journal that writes here';
COMMENT ON COLUMN ordersync.sync_fence.writer IS 'Its writer, from 0';
COMMENT ON COLUMN ordersync.sync_fence.seq IS 'Last committed batch';
COMMENT ON COLUMN ordersync.sync_fence.at IS 'When it was committed';

CREATE TABLE ordersync.schema_drift (
    source text NOT NULL,
    kind text NOT NULL,
    path text NOT NULL,
    detail text NOT NULL,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    count bigint NOT NULL DEFAULT 1,
    source_id text NOT NULL,
    PRIMARY KEY (source, kind, path, detail)
);
COMMENT ON TABLE ordersync.schema_drift IS 'Fields the mapping does not know, unexpected types, rules that had to step in';
COMMENT ON COLUMN ordersync.schema_drift.source IS 'firestore, stripe or printful';
COMMENT ON COLUMN ordersync.schema_drift.kind IS 'unknown_field, unexpected_type or value_rule';
COMMENT ON COLUMN ordersync.schema_drift.path IS 'Field path without values';
COMMENT ON COLUMN ordersync.schema_drift.detail IS 'Type seen, or the rule''s short name';
COMMENT ON COLUMN ordersync.schema_drift.first_seen IS 'First time';
COMMENT ON COLUMN ordersync.schema_drift.last_seen IS 'Last time';
COMMENT ON COLUMN ordersync.schema_drift.count IS 'How often';
COMMENT ON COLUMN ordersync.schema_drift.source_id IS 'An example';

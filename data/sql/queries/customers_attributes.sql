-- What is known of these customers ($1), each attribute from the newest of their documents that carries its key. The
-- order's columns say what a document carries; where one has nothing, the document itself is asked whether the key is
-- there and empty, but only documents newer than the newest that has something. A customer without orders keeps what
-- was known last; of an erased one nothing comes back.
--
-- Answers with the keys that somebody must be given or denied: e-mails and Shopify customer ids.
with who as (
    select c.customer_id, c.email_match, c.shop_customer_id
      from unnest($1::uuid[]) b (customer_id)
      join ordersync.customers c using (customer_id)
     where c.erased_at is null
       and c.merged_into is null
), documents as materialized (
    select o.customer_id, o.order_id, o.origin, o.origin_id, o.shop_customer_id,
           row_number() over (partition by o.customer_id
                              order by coalesce(d.update_time, d.observed_at) desc nulls last,
                                       d.version desc nulls last, o.order_id) as place,
           coalesce(o.customer_email, o.email, o.contact_email) as email,
           coalesce(o.customer_phone, o.phone) as phone,
           o.customer_first_name as first_name,
           o.customer_last_name as last_name,
           o.customer_state as state,
           o.customer_verified_email as verified_email,
           o.customer_tax_exempt as tax_exempt,
           o.customer_tags as tags,
           o.customer_note as note,
           o.customer_currency as currency,
           coalesce(o.customer_email_consent,
                    case when o.customer_accepts_marketing is not null
                         then jsonb_build_object(
                             'state', case when o.customer_accepts_marketing then 'subscribed'
                                           else 'not_subscribed' end,
                             'opt_in_level', o.customer_marketing_opt_in_level,
                             'consent_updated_at', o.customer_accepts_marketing_updated_at::text) end)
               as email_consent,
           o.customer_sms_consent as sms_consent,
           o.customer_created_at as created_at,
           o.customer_updated_at as updated_at,
           exists (select
                     from ordersync.order_addresses a
                    where a.order_id = o.order_id
                      and a.kind = 'customer_default') as has_address
      from who
      join ordersync.orders o using (customer_id)
      left join ordersync.source_documents d on d.source = o.origin and d.source_id = o.origin_id
), newest as materialized (
    select customer_id,
           min(place) filter (where shop_customer_id is not null) as shop_customer_id,
           min(place) filter (where email is not null) as email,
           min(place) filter (where phone is not null) as phone,
           min(place) filter (where first_name is not null) as first_name,
           min(place) filter (where last_name is not null) as last_name,
           min(place) filter (where state is not null) as state,
           min(place) filter (where verified_email is not null) as verified_email,
           min(place) filter (where tax_exempt is not null) as tax_exempt,
           min(place) filter (where tags is not null) as tags,
           min(place) filter (where note is not null) as note,
           min(place) filter (where currency is not null) as currency,
           min(place) filter (where email_consent is not null) as email_consent,
           min(place) filter (where sms_consent is not null) as sms_consent,
           min(place) filter (where created_at is not null) as created_at,
           min(place) filter (where updated_at is not null) as updated_at,
           min(place) filter (where has_address) as default_address
      from documents
     group by customer_id
), silent as materialized (
    select t.customer_id, t.place, s.document -> 'customer' as said
      from newest n
      join documents t on t.customer_id = n.customer_id
       and t.place < greatest(n.email, n.phone, n.first_name, n.last_name, n.state, n.verified_email, n.tax_exempt,
                              n.tags, n.note, n.currency, n.email_consent, n.sms_consent, n.created_at, n.updated_at,
                              n.default_address)
      join ordersync.source_documents s on s.source = t.origin and s.source_id = t.origin_id
     where jsonb_typeof(s.document -> 'customer') = 'object'
), emptied as (
    select n.customer_id,
           bool_or(s.place < n.email and s.said ? 'email') as email,
           bool_or(s.place < n.phone and s.said ? 'phone') as phone,
           bool_or(s.place < n.first_name and s.said ? 'first_name') as first_name,
           bool_or(s.place < n.last_name and s.said ? 'last_name') as last_name,
           bool_or(s.place < n.state and s.said ? 'state') as state,
           bool_or(s.place < n.verified_email and s.said ? 'verified_email') as verified_email,
           bool_or(s.place < n.tax_exempt and s.said ? 'tax_exempt') as tax_exempt,
           bool_or(s.place < n.tags and s.said ? 'tags') as tags,
           bool_or(s.place < n.note and s.said ? 'note') as note,
           bool_or(s.place < n.currency and s.said ? 'currency') as currency,
           bool_or(s.place < n.email_consent
                   and s.said ?| array['email_marketing_consent', 'accepts_marketing']) as email_consent,
           bool_or(s.place < n.sms_consent and s.said ? 'sms_marketing_consent') as sms_consent,
           bool_or(s.place < n.created_at and s.said ? 'created_at') as created_at,
           bool_or(s.place < n.updated_at and s.said ? 'updated_at') as updated_at,
           bool_or(s.place < n.default_address and s.said ? 'default_address') as default_address
      from newest n
      join silent s using (customer_id)
     group by n.customer_id
), said as (
    select t.customer_id,
           max(t.shop_customer_id) filter (where t.place = n.shop_customer_id) as shop_customer_id,
           max(t.email) filter (where t.place = n.email and e.email is not true) as email,
           max(t.phone) filter (where t.place = n.phone and e.phone is not true) as phone,
           max(t.first_name) filter (where t.place = n.first_name and e.first_name is not true) as first_name,
           max(t.last_name) filter (where t.place = n.last_name and e.last_name is not true) as last_name,
           max(t.state) filter (where t.place = n.state and e.state is not true) as state,
           bool_or(t.verified_email) filter (where t.place = n.verified_email and e.verified_email is not true)
               as verified_email,
           bool_or(t.tax_exempt) filter (where t.place = n.tax_exempt and e.tax_exempt is not true) as tax_exempt,
           max(t.tags) filter (where t.place = n.tags and e.tags is not true) as tags,
           max(t.note) filter (where t.place = n.note and e.note is not true) as note,
           max(t.currency) filter (where t.place = n.currency and e.currency is not true) as currency,
           (array_agg(t.email_consent)
               filter (where t.place = n.email_consent and e.email_consent is not true))[1] as email_consent,
           (array_agg(t.sms_consent)
               filter (where t.place = n.sms_consent and e.sms_consent is not true))[1] as sms_consent,
           max(t.created_at) filter (where t.place = n.created_at and e.created_at is not true) as created_at,
           max(t.updated_at) filter (where t.place = n.updated_at and e.updated_at is not true) as updated_at,
           max(t.origin) filter (where t.place = n.default_address and e.default_address is not true)
               as address_origin,
           max(t.origin_id) filter (where t.place = n.default_address and e.default_address is not true)
               as address_id
      from documents t
      join newest n using (customer_id)
      left join emptied e using (customer_id)
     group by t.customer_id
), fresh as materialized (
    select s.*, ordersync.match_email(s.email) as email_match, ordersync.match_phone(s.phone) as phone_match,
           nullif(d.document #> '{customer,default_address}', 'null') as default_address
      from said s
      left join ordersync.source_documents d on d.source = s.address_origin and d.source_id = s.address_id
), written as (
    update ordersync.customers c
       set email = f.email, phone = f.phone, first_name = f.first_name, last_name = f.last_name, state = f.state,
           verified_email = f.verified_email, tax_exempt = f.tax_exempt, tags = f.tags, note = f.note,
           currency = f.currency, email_consent = f.email_consent, sms_consent = f.sms_consent,
           default_address = f.default_address, shop_created_at = f.created_at, shop_updated_at = f.updated_at,
           phone_match = f.phone_match,
           -- A key that it does not hold yet is claimed first: the statements that follow decide.
           email_match = case when c.email_match = f.email_match then c.email_match end,
           email_claim = case when c.email_match is distinct from f.email_match then f.email_match end,
           shop_customer_id = case when c.shop_customer_id = f.shop_customer_id then c.shop_customer_id end,
           shop_customer_claim = case when c.shop_customer_id is distinct from f.shop_customer_id
                                      then f.shop_customer_id end,
           updated_at = now()
      from fresh f
     where c.customer_id = f.customer_id
       and c.erased_at is null
       and c.merged_into is null
       and (c.email, c.phone, c.first_name, c.last_name, c.state, c.verified_email, c.tax_exempt, c.tags, c.note,
            c.currency, c.email_consent, c.sms_consent, c.default_address, c.shop_created_at, c.shop_updated_at,
            c.phone_match, coalesce(c.email_match, c.email_claim),
            coalesce(c.shop_customer_id, c.shop_customer_claim))
           is distinct from
           (f.email, f.phone, f.first_name, f.last_name, f.state, f.verified_email, f.tax_exempt, f.tags, f.note,
            f.currency, f.email_consent, f.sms_consent, f.default_address, f.created_at, f.updated_at,
            f.phone_match, f.email_match, f.shop_customer_id)
)
select (select array_agg(distinct k.key)
          from fresh f
          join who w using (customer_id)
          cross join lateral (values (w.email_match), (f.email_match)) k (key)
         where w.email_match is distinct from f.email_match
           and k.key is not null),
       (select array_agg(distinct k.key)
          from fresh f
          join who w using (customer_id)
          cross join lateral (values (w.shop_customer_id), (f.shop_customer_id)) k (key)
         where w.shop_customer_id is distinct from f.shop_customer_id
           and k.key is not null)
